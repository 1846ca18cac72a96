/*
 * Services and protocols, also by window message.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define WM_FOUND (WM_USER + 1)

/* Ports of IANA's registry that Windows' services file has. */
static const struct
{
    const char *name, *protocol;
    unsigned short port;
}
services[] =
{
    { "echo", "tcp", 7 }, { "echo", "udp", 7 }, { "ftp", "tcp", 21 }, { "telnet", "tcp", 23 },
    { "smtp", "tcp", 25 }, { "domain", "tcp", 53 }, { "domain", "udp", 53 }, { "tftp", "udp", 69 },
    { "http", "tcp", 80 }, { "pop3", "tcp", 110 }, { "ntp", "udp", 123 },
    { "snmp", "udp", 161 }, { "ldap", "tcp", 389 }, { "https", "tcp", 443 }, { "microsoft-ds", "tcp", 445 },
    { "ms-sql-s", "tcp", 1433 }, { "ms-wbt-server", "tcp", 3389 },
};

static void test_services( void )
{
    struct servent *se, *again;
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE( services ); i++)
    {
        winetest_push_context( "%s/%s", services[i].name, services[i].protocol );
        se = getservbyname( services[i].name, services[i].protocol );
        ok( se != NULL, "by name: error %d\n", WSAGetLastError() );
        if (se)
        {
            ok( (u_short)se->s_port == htons( services[i].port ), "got port %u\n", ntohs( se->s_port ));
            ok( !strcmp( se->s_name, services[i].name ), "got name %s\n", se->s_name );
            ok( !strcmp( se->s_proto, services[i].protocol ), "got protocol %s\n", se->s_proto );
        }
        se = getservbyport( htons( services[i].port ), services[i].protocol );
        ok( se != NULL, "by port: error %d\n", WSAGetLastError() );
        if (se) ok( !strcmp( se->s_name, services[i].name ), "got name %s\n", se->s_name );
        winetest_pop_context();
    }

    /* aliases; any protocol; MS: getservbyname page, results live per thread until the next call */
    se = getservbyname( "mail", "tcp" );
    ok( se && se->s_port == htons( 25 ), "no service by alias\n" );
    ok( se && se->s_aliases[0] && !strcmp( se->s_aliases[0], "mail" ), "no alias in the result\n" );
    se = getservbyname( "telnet", NULL );
    ok( se && !strcmp( se->s_proto, "tcp" ), "no service for any protocol\n" );
    again = getservbyname( "http", "tcp" );
    ok( se == again, "the thread's buffer moved\n" );
    ok( !strcmp( se->s_name, "http" ), "the buffer holds %s\n", se->s_name );

    WSASetLastError( 0xdeadbeef );
    ok( !getservbyname( "no-such-service", NULL ), "found it\n" );
    ok( WSAGetLastError() == WSANO_DATA, "got error %d\n", WSAGetLastError() );
    ok( !getservbyname( "telnet", "udp" ), "found it\n" );
    ok( WSAGetLastError() == WSANO_DATA, "got error %d\n", WSAGetLastError() );
    ok( !getservbyport( htons( 2 ), "udp" ), "found it\n" );
    ok( WSAGetLastError() == WSANO_DATA, "got error %d\n", WSAGetLastError() );
    ok( getservbyname( "http", "tcp" ) && !WSAGetLastError(), "last error is %d\n", WSAGetLastError() );
}

/* The numbers that Windows knows and no others: Wine T:test_getprotobynumber. */
static void test_protocols( void )
{
    static const struct
    {
        int number;
        const char *name;
    }
    protocols[] =
    {
        { 0, "ip" }, { 1, "icmp" }, { 3, "ggp" }, { 6, "tcp" }, { 8, "egp" }, { 17, "udp" },
        { 41, "ipv6" }, { 58, "ipv6-icmp" },
    };
    struct protoent *pe;
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE( protocols ); i++)
    {
        winetest_push_context( "%s", protocols[i].name );
        pe = getprotobynumber( protocols[i].number );
        ok( pe && !strcmp( pe->p_name, protocols[i].name ), "by number: %s\n", pe ? pe->p_name : "none" );
        ok( pe && pe->p_aliases[0] && !lstrcmpiA( pe->p_aliases[0], protocols[i].name ), "no alias\n" );
        pe = getprotobyname( protocols[i].name );
        ok( pe && pe->p_proto == protocols[i].number, "by name: %d\n", pe ? pe->p_proto : -1 );
        winetest_pop_context();
    }
    pe = getprotobyname( "TCP" );
    ok( pe && pe->p_proto == IPPROTO_TCP, "no protocol by alias\n" );
    pe = getprotobyname( "tCp" );
    ok( pe && pe->p_proto == IPPROTO_TCP, "the case counts\n" );

    WSASetLastError( 0xdeadbeef );
    ok( !getprotobyname( "no-such-protocol" ), "found it\n" );
    ok( WSAGetLastError() == WSANO_DATA, "got error %d\n", WSAGetLastError() );
    ok( !getprotobynumber( 2 ), "found it\n" );
    ok( WSAGetLastError() == WSANO_DATA, "got error %d\n", WSAGetLastError() );
    ok( !getprotobynumber( -1 ), "found it\n" );
}

/*** by window message ***/

static LRESULT CALLBACK window_proc( HWND window, UINT message, WPARAM wparam, LPARAM lparam )
{
    return DefWindowProcA( window, message, wparam, lparam );
}

static HWND create_window( void )
{
    WNDCLASSA class = { 0 };

    class.lpfnWndProc = window_proc;
    class.lpszClassName = "ws2_32 services test";
    RegisterClassA( &class );
    return CreateWindowA( class.lpszClassName, NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL );
}

/* The message for this handle; answers the error, and stores the length. */
static int wait_message( HWND window, HANDLE handle, unsigned int *len )
{
    DWORD end = GetTickCount() + PATIENCE;
    MSG msg;

    *len = 0;
    while ((int)(end - GetTickCount()) > 0)
    {
        if (!PeekMessageA( &msg, window, WM_FOUND, WM_FOUND, PM_REMOVE ))
        {
            MsgWaitForMultipleObjects( 0, NULL, FALSE, 100, QS_POSTMESSAGE );
            continue;
        }
        ok( msg.wParam == (WPARAM)handle, "got handle %p, expected %p\n", (void *)msg.wParam, handle );
        *len = WSAGETASYNCBUFLEN( msg.lParam );
        return WSAGETASYNCERROR( msg.lParam );
    }
    ok( 0, "no message\n" );
    return -1;
}

/* MS: WSAAsyncGetServByName and its relatives; Wine T:test_WSAAsyncGetServByPort for what is not checked. */
static void test_async( void )
{
    HWND window = create_window();
    char buffer[MAXGETHOSTSTRUCT];
    struct in_addr loopback;
    struct protoent *pe = (struct protoent *)buffer;
    struct servent *se = (struct servent *)buffer;
    struct hostent *he = (struct hostent *)buffer;
    unsigned int len, need;
    HANDLE handle;
    int error;

    if (!window)
    {
        skip( "no window, error %lu\n", GetLastError() );
        return;
    }

    handle = WSAAsyncGetServByName( window, WM_FOUND, "http", "tcp", buffer, sizeof(buffer) );
    ok( handle != NULL, "error %d\n", WSAGetLastError() );
    error = wait_message( window, handle, &need );
    ok( !error, "got error %d\n", error );
    ok( !strcmp( se->s_name, "http" ) && se->s_port == htons( 80 ) && !strcmp( se->s_proto, "tcp" ),
        "wrong entry\n" );
    ok( se->s_name > buffer && se->s_name < buffer + sizeof(buffer), "the name is outside of the buffer\n" );

    /* exactly enough room, and one less: the length that is needed, nothing written */
    memset( buffer, 0xcc, sizeof(buffer) );
    handle = WSAAsyncGetServByName( window, WM_FOUND, "http", "tcp", buffer, need );
    error = wait_message( window, handle, &len );
    ok( !error && (len == need || !len), "got error %d, length %u\n", error, len );
    ok( buffer[need] == (char)0xcc, "written beyond the end\n" );
    memset( buffer, 0xcc, sizeof(buffer) );
    handle = WSAAsyncGetServByName( window, WM_FOUND, "http", "tcp", buffer, need - 1 );
    error = wait_message( window, handle, &len );
    ok( error == WSAENOBUFS && len == need, "got error %d, length %u\n", error, len );
    ok( buffer[need - 1] == (char)0xcc, "written beyond the end\n" );
    handle = WSAAsyncGetServByPort( window, WM_FOUND, htons( 80 ), NULL, NULL, 0 );
    error = wait_message( window, handle, &len );
    ok( error == WSAENOBUFS && len, "got error %d, length %u\n", error, len );

    handle = WSAAsyncGetServByPort( window, WM_FOUND, htons( 53 ), "udp", buffer, sizeof(buffer) );
    error = wait_message( window, handle, &len );
    ok( !error && !strcmp( se->s_name, "domain" ), "got error %d\n", error );
    handle = WSAAsyncGetServByName( window, WM_FOUND, "no-such-service", NULL, buffer, sizeof(buffer) );
    error = wait_message( window, handle, &len );
    ok( error == WSANO_DATA || error == WSAHOST_NOT_FOUND, "got error %d\n", error );

    handle = WSAAsyncGetProtoByName( window, WM_FOUND, "udp", buffer, sizeof(buffer) );
    error = wait_message( window, handle, &len );
    ok( !error && pe->p_proto == IPPROTO_UDP, "got error %d\n", error );
    handle = WSAAsyncGetProtoByNumber( window, WM_FOUND, IPPROTO_ICMP, buffer, sizeof(buffer) );
    error = wait_message( window, handle, &len );
    ok( !error && !strcmp( pe->p_name, "icmp" ), "got error %d\n", error );

    handle = WSAAsyncGetHostByName( window, WM_FOUND, "localhost", buffer, sizeof(buffer) );
    error = wait_message( window, handle, &len );
    ok( !error && he->h_addrtype == AF_INET && he->h_length == 4, "got error %d\n", error );
    if (!error) ok( *(u_long *)he->h_addr_list[0] == htonl( INADDR_LOOPBACK ), "wrong address\n" );
    loopback.s_addr = htonl( INADDR_LOOPBACK );
    handle = WSAAsyncGetHostByAddr( window, WM_FOUND, (char *)&loopback, 4, AF_INET, buffer,
                                    sizeof(buffer) );
    error = wait_message( window, handle, &len );
    ok( !error && he->h_name[0], "got error %d\n", error );

    /* a buffer that is not there must not end the program */
    handle = WSAAsyncGetProtoByName( window, WM_FOUND, "udp", bad_pointer(), MAXGETHOSTSTRUCT );
    error = wait_message( window, handle, &len );
    ok( error == WSAEFAULT, "got error %d\n", error );

    /* MS: WSACancelAsyncRequest: no handle is WSAEINVAL, one whose message has come WSAEALREADY */
    expect_error( WSACancelAsyncRequest( NULL ), WSAEINVAL );
    error = WSACancelAsyncRequest( handle );
    ok( error == -1, "got %d\n", error );
    ok( WSAGetLastError() == WSAEALREADY || broken( WSAGetLastError() == WSAEINVAL ), "got error %d\n",
        WSAGetLastError() );
    DestroyWindow( window );
}

static void test_bad_pointers( void )
{
    WSASetLastError( 0xdeadbeef );
    ok( !getservbyname( bad_pointer(), "tcp" ), "found it\n" );
    ok( WSAGetLastError() == WSAEFAULT, "got error %d\n", WSAGetLastError() );
    ok( !getservbyname( "http", bad_pointer() ), "found it\n" );
    ok( WSAGetLastError() == WSAEFAULT, "got error %d\n", WSAGetLastError() );
    ok( !getprotobyname( bad_pointer() ), "found it\n" );
    ok( WSAGetLastError() == WSAEFAULT, "got error %d\n", WSAGetLastError() );
}

/* MS: the pages of the four functions list WSANOTINITIALISED. */
static void test_without_startup( void )
{
    WSASetLastError( 0xdeadbeef );
    ok( !getservbyname( "http", "tcp" ), "found it\n" );
    ok( WSAGetLastError() == WSANOTINITIALISED, "got error %d\n", WSAGetLastError() );
    ok( !getprotobynumber( 6 ), "found it\n" );
    ok( WSAGetLastError() == WSANOTINITIALISED, "got error %d\n", WSAGetLastError() );
}

START_TEST( services )
{
    test_without_startup();
    start_sockets();
    test_services();
    test_protocols();
    test_async();
    test_bad_pointers();
    stop_sockets();
}
