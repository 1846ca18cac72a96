/*
 * Control codes: the rules that all share, and what each code answers. SIO_KEEPALIVE_VALS: keepalive.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"
#include <mstcpip.h>

/* Numbers, since not all headers have the names. */
#define CODE_FIND_ROUTE         0x48000003
#define CODE_UDP_CONNRESET      0x9800000c
#define CODE_UDP_NETRESET       0x9800000f
#define CODE_LOOPBACK_FAST_PATH 0x98000010
#define CODE_TCP_INITIAL_RTO    0x98000011
#define CODE_CPU_AFFINITY       0x98000015
#define CODE_TCP_INFO           0xd8000027
#define CODE_BASE_HANDLE        0x48000022
#define CODE_BSP_HANDLE         0x4800001b
#define CODE_BSP_HANDLE_SELECT  0x4800001c
#define CODE_BSP_HANDLE_POLL    0x4800001d
#define CODE_RSS_PROCESSOR      0x48000025
#define CODE_RSS_SCALABILITY    0x580000d2
#define CODE_ALE_ENDPOINT       0x580000cd
#define CODE_BACKLOG_QUERY      0x4004747b
#define CODE_COMPATIBILITY      0x9800012c
#define CODE_MULTIPLE_EXTENSION 0xc8000024
#define CODE_BROADCAST_ADDRESS  0x48000005

static int set_value( SOCKET s, DWORD code, DWORD value )
{
    DWORD count;

    return WSAIoctl( s, code, &value, sizeof(value), NULL, 0, &count, NULL, NULL );
}

static unsigned int routine_calls;
static DWORD routine_error, routine_count;

static void WINAPI routine( DWORD error, DWORD count, OVERLAPPED *overlapped, DWORD flags )
{
    routine_calls++;
    routine_error = error;
    routine_count = count;
}

/* Reference 1.2 rows 1-4. */
static void test_unknown( void )
{
    static const DWORD codes[] = { 0xdeadbeef, 0x8004667d /* FIOASYNC */, 0x667e,
                                   0x28000004 /* SIO_FLUSH */ };
    OVERLAPPED overlapped, *completed;
    HANDLE port;
    ULONG_PTR key;
    unsigned int i;
    DWORD count;
    SOCKET s;
    int ret;

    for (i = 0; i < ARRAY_SIZE(codes); i++)
    {
        winetest_push_context( "code %#lx", codes[i] );
        s = new_socket( AF_INET, SOCK_STREAM );
        memset( &overlapped, 0, sizeof(overlapped) );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, NULL, NULL, NULL ), WSAEFAULT );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, NULL, &overlapped, NULL ), WSAEFAULT );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, bad_pointer(), NULL, NULL ), WSAEFAULT );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, &count, bad_pointer(), NULL ), WSAEFAULT );
        count = 0xdeadbeef;
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, &count, NULL, NULL ), WSAEOPNOTSUPP );
        ok( !count, "got %lu bytes\n", count );

        count = 0xdeadbeef;
        routine_calls = 0;
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, &count, &overlapped, routine ),
                      WSA_IO_PENDING );
        ok( count == 0xdeadbeef, "got %lu bytes\n", count );
        ret = SleepEx( PATIENCE, TRUE );
        ok( ret == WAIT_IO_COMPLETION && routine_calls == 1, "got %d, %u calls\n", ret, routine_calls );
        ok( routine_error == WSAEOPNOTSUPP && !routine_count, "got error %lu, %lu bytes\n", routine_error,
            routine_count );

        /* pending, so the event tells the end (MS: WSAIoctl); Wine's own does not set it */
        overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, &count, &overlapped, NULL ), WSA_IO_PENDING );
        ret = WaitForSingleObject( overlapped.hEvent, PATIENCE / 10 );
        ok( !ret, "got %d from the wait for the event\n", ret );
        CloseHandle( overlapped.hEvent );
        overlapped.hEvent = NULL;

        port = CreateIoCompletionPort( (HANDLE)s, NULL, 123, 0 );
        count = 0xdeadbeef;
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, &count, &overlapped, NULL ), WSA_IO_PENDING );
        ok( count == 0xdeadbeef, "got %lu bytes\n", count );
        ret = GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
        ok( !ret && GetLastError() == ERROR_NOT_SUPPORTED, "got %d, error %lu\n", ret, GetLastError() );
        ok( !count && completed == &overlapped, "got %lu bytes, %p\n", count, completed );
        ok( (DWORD)overlapped.Internal == 0xc00000bb, "got %#lx\n", (DWORD)overlapped.Internal );
        CloseHandle( port );
        closesocket( s );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, 0, &count, NULL, NULL ), WSAENOTSOCK );
        winetest_pop_context();
    }
}

/* Reference 1.2 rows 6, 7, 15: codes that are over when the call returns. */
static void test_immediate( void )
{
    static const DWORD codes[] = { FIONREAD, SIOCATMARK };
    OVERLAPPED overlapped, *completed;
    DWORD count, value, bytes;
    u_long one = 1, zero = 0;
    ULONG_PTR key;
    HANDLE port, event;
    unsigned int i;
    SOCKET s;
    int ret;

    for (i = 0; i < ARRAY_SIZE(codes); i++)
    {
        winetest_push_context( "code %#lx", codes[i] );
        s = new_socket( AF_INET, SOCK_STREAM );
        expect_error( ioctlsocket( s, codes[i], (u_long *)1 ), WSAEFAULT );
        expect_error( ioctlsocket( s, codes[i], NULL ), WSAEFAULT );
        expect_error( ioctlsocket( s, codes[i], read_only_memory() ), WSAEFAULT );
        count = 0xdeadbeef;
        expect_error( WSAIoctl( s, codes[i], NULL, 0, &value, 3, &count, NULL, NULL ), WSAEFAULT );
        ok( count == 0xdeadbeef, "got %lu bytes\n", count );

        port = CreateIoCompletionPort( (HANDLE)s, NULL, 123, 0 );
        memset( &overlapped, 0, sizeof(overlapped) );
        count = 0xdeadbeef;
        expect_error( WSAIoctl( s, codes[i], NULL, 0, bad_pointer(), 4, &count, &overlapped, NULL ),
                      WSAEFAULT );
        value = 0xdeadbeef;
        expect_success( WSAIoctl( s, codes[i], NULL, 0, &value, sizeof(value), &count, &overlapped, NULL ) );
        ok( count == 4, "got %lu bytes\n", count );
        ok( value == (codes[i] == SIOCATMARK), "got %lu\n", value );
        ret = GetQueuedCompletionStatus( port, &bytes, &key, &completed, PATIENCE );
        ok( ret && !bytes && completed == &overlapped, "got %d, %lu bytes\n", ret, bytes );
        ret = GetQueuedCompletionStatus( port, &bytes, &key, &completed, 0 );
        ok( !ret && GetLastError() == WAIT_TIMEOUT, "the failure was queued too\n" );
        CloseHandle( port );
        closesocket( s );
        expect_error( ioctlsocket( s, codes[i], &one ), WSAENOTSOCK );
        winetest_pop_context();
    }

    /* T: test_fionbio */
    s = new_socket( AF_INET, SOCK_STREAM );
    expect_error( ioctlsocket( s, FIONBIO, (u_long *)1 ), WSAEFAULT );
    expect_error( ioctlsocket( s, FIONBIO, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( s, FIONBIO, &one, 3, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    count = 0xdeadbeef;
    expect_success( WSAIoctl( s, FIONBIO, &one, sizeof(one), bad_pointer(), 4, &count, NULL, NULL ) );
    ok( !count, "got %lu bytes\n", count );
    event = CreateEventA( NULL, FALSE, FALSE, NULL );
    expect_success( WSAEventSelect( s, event, FD_READ ) );
    count = 0xdeadbeef;
    expect_error( WSAIoctl( s, FIONBIO, &zero, sizeof(zero), NULL, 0, &count, NULL, NULL ), WSAEINVAL );
    ok( !count, "got %lu bytes\n", count );
    expect_success( ioctlsocket( s, FIONBIO, &one ) );
    expect_success( WSAEventSelect( s, NULL, 0 ) );
    expect_success( ioctlsocket( s, FIONBIO, &zero ) );
    CloseHandle( event );
    closesocket( s );

    /* T: test_fionread_siocatmark; a listener has nothing to read */
    s = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, NULL, NULL );
    one = 0xdeadbeef;
    expect_success( ioctlsocket( s, FIONREAD, &one ) );
    ok( !one, "got %lu\n", one );
    expect_success( ioctlsocket( s, SIOCATMARK, &one ) );
    ok( one == TRUE, "got %lu\n", one );
    closesocket( s );

    /* MS: Winsock IOCTLs: streams only; WSAIoctl: WSAEINVAL for other types */
    s = new_socket( AF_INET, SOCK_DGRAM );
    expect_error( ioctlsocket( s, SIOCATMARK, &one ), WSAEINVAL );
    closesocket( s );
}

/* T: test_fionread_siocatmark */
static void test_urgent( void )
{
    SOCKET client, server;
    fd_set except;
    struct timeval timeout = { PATIENCE / 1000, 0 };
    u_long value;
    int ret, on = 1;
    char buffer[8];

    tcp_socketpair( &client, &server );
    ret = send( server, "data", 5, 0 );
    ok( ret == 5, "got %d\n", ret );
    ok( wait_socket( client, "r" ), "nothing arrived\n" );
    ioctlsocket( client, SIOCATMARK, &value );
    ok( value == TRUE, "got %lu\n", value );
    ret = send( server, "a", 1, MSG_OOB );
    ok( ret == 1, "got %d\n", ret );
    FD_ZERO( &except );
    FD_SET( client, &except );
    ret = select( 0, NULL, NULL, &except, &timeout );
    ok( ret == 1, "got %d\n", ret );
    ioctlsocket( client, SIOCATMARK, &value );
    ok( value == FALSE, "got %lu\n", value );
    ioctlsocket( client, FIONREAD, &value );
    ok( value == 5, "got %lu\n", value );

    /* in line from now on, but what waits already is still urgent */
    expect_success( setsockopt( client, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof(on) ) );
    ioctlsocket( client, SIOCATMARK, &value );
    ok( value == FALSE, "got %lu\n", value );
    ok( recv_exactly( client, buffer, 6 ), "recv failed, error %d\n", WSAGetLastError() );
    ioctlsocket( client, SIOCATMARK, &value );
    ok( value == TRUE, "got %lu\n", value );
    ret = send( server, "b", 1, MSG_OOB );
    ok( ret == 1, "got %d\n", ret );
    ok( wait_socket( client, "r" ), "nothing arrived\n" );
    ioctlsocket( client, SIOCATMARK, &value );
    ok( value == TRUE, "got %lu\n", value );
    closesocket( client );
    closesocket( server );
}

/* T: test_base_handle; MS: Winsock IOCTLs for the LSP aids; field report 17 */
static void test_handles( void )
{
    static const DWORD codes[] = { CODE_BASE_HANDLE, CODE_BSP_HANDLE, CODE_BSP_HANDLE_SELECT,
                                   CODE_BSP_HANDLE_POLL };
    OVERLAPPED overlapped = { 0 };
    unsigned int i;
    DWORD count;
    SOCKET s = new_socket( AF_INET, SOCK_STREAM ), base;
    int ret;

    for (i = 0; i < ARRAY_SIZE(codes); i++)
    {
        winetest_push_context( "code %#lx", codes[i] );
        expect_success( WSAIoctl( s, codes[i], NULL, 0, &base, sizeof(base), &count, NULL, NULL ) );
        ok( count == sizeof(base) && base == s, "got %lu bytes, %p\n", count, (void *)base );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, &base, sizeof(base) - 1, &count, NULL, NULL ),
                      WSAEFAULT );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, NULL, sizeof(base), &count, NULL, NULL ), WSAEFAULT );
        expect_error( WSAIoctl( s, codes[i], NULL, 0, bad_pointer(), sizeof(base), &count, NULL, NULL ),
                      WSAEFAULT );
        winetest_pop_context();
    }
    base = 0xdeadbeef;
    routine_calls = 0;
    expect_error( WSAIoctl( s, CODE_BASE_HANDLE, NULL, 0, &base, sizeof(base), &count, &overlapped,
                            routine ),
                  WSA_IO_PENDING );
    ret = SleepEx( PATIENCE, TRUE );
    ok( ret == WAIT_IO_COMPLETION && routine_error == WSAEOPNOTSUPP, "got %d, error %lu\n", ret,
        routine_error );
    ok( base == 0xdeadbeef, "got %p\n", (void *)base );
    closesocket( s );
}

/* T: test_get_extension_func */
static void test_extensions( void )
{
    static const GUID guids[] = { WSAID_ACCEPTEX, WSAID_CONNECTEX, WSAID_DISCONNECTEX,
                                  WSAID_GETACCEPTEXSOCKADDRS,
                                  WSAID_TRANSMITFILE, WSAID_WSARECVMSG, WSAID_WSASENDMSG };
    GUID unknown = { 0xdeadbeef, 0xdead, 0xbeef, { 0, 1, 2, 3, 4, 5, 6, 7 } }, guid;
    SOCKET s = new_socket( AF_INET, SOCK_STREAM );
    unsigned int i;
    void *function;
    DWORD count;

    for (i = 0; i < ARRAY_SIZE(guids); i++)
    {
        guid = guids[i];
        function = NULL;
        expect_success( WSAIoctl( s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof(guid), &function,
                                  sizeof(function), &count, NULL, NULL ) );
        ok( function && count == sizeof(function), "function %u: got %p, %lu bytes\n", i, function, count );
    }
    count = 0xdeadbeef;
    expect_error( WSAIoctl( s, SIO_GET_EXTENSION_FUNCTION_POINTER, &unknown, sizeof(unknown), &function,
                            sizeof(function), &count, NULL, NULL ), WSAEINVAL );
    ok( count == 0xdeadbeef, "got %lu bytes\n", count );
    expect_error( WSAIoctl( s, SIO_GET_EXTENSION_FUNCTION_POINTER, bad_pointer(), sizeof(guid), &function,
                            sizeof(function), &count, NULL, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof(guid), bad_pointer(),
                            sizeof(function), &count, NULL, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof(guid), NULL, 0, &count,
                            NULL, NULL ),
                  WSAEFAULT );
    expect_error( WSAIoctl( s, CODE_MULTIPLE_EXTENSION, &unknown, sizeof(unknown), &function,
                            sizeof(function), &count,
                            NULL, NULL ), WSAEINVAL );
    closesocket( s );
}

/* T: test_get_interface_list, test_address_list_query, test_sioRoutingInterfaceQuery */
static void test_interfaces( void )
{
    char buffer[8192];
    INTERFACE_INFO *info = (INTERFACE_INFO *)buffer;
    SOCKET_ADDRESS_LIST *list = (SOCKET_ADDRESS_LIST *)buffer;
    struct sockaddr_in in = loopback_address( 0 ), out;
    OVERLAPPED overlapped = { 0 };
    DWORD count, needed, flags, i;
    BOOL loopback = FALSE;
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM ), s6;
    int ret;

    expect_success( WSAIoctl( s, SIO_GET_INTERFACE_LIST, NULL, 0, buffer, sizeof(buffer), &count, NULL,
                              NULL ) );
    ok( count && !(count % sizeof(*info)), "got %lu bytes\n", count );
    for (i = 0; i < count / sizeof(*info); i++)
    {
        if (info[i].iiFlags & IFF_LOOPBACK) loopback = TRUE;
        ok( info[i].iiAddress.AddressIn.sin_family == AF_INET && info[i].iiAddress.AddressIn.sin_addr.s_addr,
            "no address in %lu\n", i );
        ok( info[i].iiNetmask.AddressIn.sin_addr.s_addr, "no mask in %lu\n", i );
    }
    ok( loopback, "loopback is not listed\n" );
    needed = count;
    count = 0xdeadbeef;
    expect_error( WSAIoctl( s, SIO_GET_INTERFACE_LIST, NULL, 0, buffer, needed - 1, &count, NULL, NULL ),
                  WSAEFAULT );
    ok( !count, "got %lu bytes\n", count );
    expect_error( WSAIoctl( s, SIO_GET_INTERFACE_LIST, NULL, 0, bad_pointer(), 4096, &count, NULL, NULL ),
                  WSAEFAULT );
    overlapped.hEvent = CreateEventA( NULL, TRUE, FALSE, NULL );
    count = 0xdeadbeef;
    expect_error( WSAIoctl( s, SIO_GET_INTERFACE_LIST, NULL, 0, buffer, sizeof(buffer), &count, &overlapped,
                            NULL ),
                  WSA_IO_PENDING );
    ok( count == 0xdeadbeef, "got %lu bytes\n", count );
    ret = WSAGetOverlappedResult( s, &overlapped, &count, TRUE, &flags );
    ok( ret && count == needed, "got %d, %lu bytes, expected %lu\n", ret, count, needed );
    CloseHandle( overlapped.hEvent );

    needed = 0;
    expect_error( WSAIoctl( s, SIO_ADDRESS_LIST_QUERY, NULL, 0, NULL, 0, &needed, NULL, NULL ), WSAEFAULT );
    ok( needed >= FIELD_OFFSET( SOCKET_ADDRESS_LIST, Address ), "got %lu\n", needed );
    expect_success( WSAIoctl( s, SIO_ADDRESS_LIST_QUERY, NULL, 0, buffer, sizeof(buffer), &count, NULL,
                              NULL ) );
    ok( count == needed, "got %lu, expected %lu\n", count, needed );
    for (i = 0; i < (DWORD)list->iAddressCount; i++)
    {
        struct sockaddr_in *addr = (struct sockaddr_in *)list->Address[i].lpSockaddr;

        ok( (char *)addr > buffer && (char *)addr < buffer + count, "%lu: got %p\n", i, addr );
        ok( addr->sin_family == AF_INET && list->Address[i].iSockaddrLength == sizeof(*addr),
            "%lu: got family %u\n", i,
            addr->sin_family );
        ok( addr->sin_addr.s_addr != htonl( INADDR_LOOPBACK ), "loopback is listed\n" );
    }
    count = 0xdeadbeef;
    expect_error( WSAIoctl( s, SIO_ADDRESS_LIST_QUERY, NULL, 0, buffer, 1, &count, NULL, NULL ), WSAEINVAL );
    ok( !count, "got %lu\n", count );
    expect_error( WSAIoctl( s, SIO_ADDRESS_LIST_QUERY, NULL, 0, bad_pointer(), 4096, &count, NULL, NULL ),
                  WSAEFAULT );

    /* MS: Winsock IOCTLs */
    expect_success( WSAIoctl( s, CODE_FIND_ROUTE, &in, sizeof(in), NULL, 0, &count, NULL, NULL ) );
    ok( !count, "got %lu\n", count );
    expect_error( WSAIoctl( s, CODE_FIND_ROUTE, &in, sizeof(in) - 1, NULL, 0, &count, NULL, NULL ),
                  WSAEINVAL );
    expect_error( WSAIoctl( s, CODE_FIND_ROUTE, bad_pointer(), sizeof(in), NULL, 0, &count, NULL, NULL ),
                  WSAEFAULT );

    expect_success( WSAIoctl( s, SIO_ROUTING_INTERFACE_QUERY, &in, sizeof(in), &out, sizeof(out), &count,
                              NULL, NULL ) );
    ok( count == sizeof(out) && out.sin_family == AF_INET && !out.sin_port, "got %lu bytes\n", count );
    ok( out.sin_addr.s_addr == htonl( INADDR_LOOPBACK ), "got %#lx\n", out.sin_addr.s_addr );
    count = 0xdeadbeef;
    expect_error( WSAIoctl( s, SIO_ROUTING_INTERFACE_QUERY, &in, sizeof(in), &out, sizeof(out) - 1, &count,
                            NULL,
                            NULL ), WSAEFAULT );
    ok( count == sizeof(out), "got %lu\n", count );
    count = 0xdeadbeef;
    expect_error( WSAIoctl( s, SIO_ROUTING_INTERFACE_QUERY, &in, sizeof(in) - 1, &out, sizeof(out), &count,
                            NULL,
                            NULL ), WSAEINVAL );
    in.sin_addr.s_addr = 0;
    expect_error( WSAIoctl( s, SIO_ROUTING_INTERFACE_QUERY, &in, sizeof(in), &out, sizeof(out), &count, NULL,
                            NULL ),
                  WSAEINVAL );
    in.sin_family = 0;
    expect_error( WSAIoctl( s, SIO_ROUTING_INTERFACE_QUERY, &in, sizeof(in), &out, sizeof(out), &count, NULL,
                            NULL ),
                  WSAEAFNOSUPPORT );
    expect_error( WSAIoctl( s, CODE_FIND_ROUTE, &in, sizeof(in), NULL, 0, &count, NULL, NULL ),
                  WSAEAFNOSUPPORT );
    ok( count == 0xdeadbeef, "got %lu\n", count );

    expect_success( WSAIoctl( s, CODE_BROADCAST_ADDRESS, NULL, 0, &out, sizeof(out), &count, NULL, NULL ) );
    ok( count == sizeof(out) && out.sin_family == AF_INET, "got %lu bytes, family %u\n", count,
        out.sin_family );

    if (have_ipv6())
    {
        s6 = new_socket( AF_INET6, SOCK_DGRAM );
        expect_error( WSAIoctl( s6, SIO_GET_INTERFACE_LIST, NULL, 0, buffer, sizeof(buffer), &count, NULL,
                                NULL ),
                      WSAEINVAL );   /* libjuice#2: Windows 10 */
        expect_error( WSAIoctl( s6, CODE_BROADCAST_ADDRESS, NULL, 0, &out, sizeof(out), &count, NULL, NULL ),
                      WSAENOPROTOOPT );
        expect_success( WSAIoctl( s6, SIO_ADDRESS_LIST_QUERY, NULL, 0, buffer, sizeof(buffer), &count, NULL,
                                  NULL ) );
        closesocket( s6 );
    }

    /* T: test_sioAddressListChange */
    set_blocking( s, FALSE );
    expect_error( WSAIoctl( s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &count, NULL, NULL ),
                  WSAEWOULDBLOCK );
    closesocket( s );
}

/* Field reports 5, 6, 8 and what the pages of the codes say. */
static void test_tuning( void )
{
    SOCKET tcp = new_socket( AF_INET, SOCK_STREAM ), udp = new_socket( AF_INET, SOCK_DGRAM ), client, server;
    BYTE rto[4] = { 0xe8, 3, 2, 0 };
    char info[136], byte;
    DWORD value, count;
    UINT64 handle, other;
    USHORT cpu = 0;
    struct sockaddr_in addr = loopback_address( 0 );

    expect_success( set_value( tcp, CODE_LOOPBACK_FAST_PATH, 1 ) );
    expect_error( set_value( udp, CODE_LOOPBACK_FAST_PATH, 1 ), WSAEOPNOTSUPP );
    expect_error( WSAIoctl( tcp, CODE_LOOPBACK_FAST_PATH, NULL, 4, NULL, 0, &count, NULL, NULL ),
                  WSAEFAULT );
    expect_success( set_value( udp, CODE_UDP_CONNRESET, 0 ) );
    expect_success( set_value( udp, CODE_UDP_NETRESET, 0 ) );
    expect_error( WSAIoctl( udp, CODE_UDP_CONNRESET, bad_pointer(), 4, NULL, 0, &count, NULL, NULL ),
                  WSAEFAULT );
    expect_success( WSAIoctl( udp, SIO_ENABLE_CIRCULAR_QUEUEING, NULL, 0, NULL, 0, &count, NULL, NULL ) );
    expect_success( WSAIoctl( tcp, CODE_TCP_INITIAL_RTO, rto, sizeof(rto), NULL, 0, &count, NULL, NULL ) );
    expect_error( WSAIoctl( udp, CODE_TCP_INITIAL_RTO, rto, sizeof(rto), NULL, 0, &count, NULL, NULL ),
                  WSAEOPNOTSUPP );

    byte = 1;
    expect_success( WSAIoctl( tcp, CODE_RSS_SCALABILITY, NULL, 0, &byte, 1, &count, NULL, NULL ) );
    ok( count == 1 && !byte, "got %lu bytes, %d\n", count, byte );
    expect_error( WSAIoctl( tcp, CODE_RSS_SCALABILITY, NULL, 0, NULL, 1, &count, NULL, NULL ), WSAEINVAL );
    expect_error( WSAIoctl( tcp, CODE_RSS_PROCESSOR, NULL, 0, info, 8, &count, NULL, NULL ), WSAENOTCONN );
    expect_error( WSAIoctl( tcp, CODE_RSS_PROCESSOR, NULL, 0, info, 7, &count, NULL, NULL ), WSAEINVAL );
    ok( !count, "got %lu bytes\n", count );
    expect_success( WSAIoctl( tcp, CODE_ALE_ENDPOINT, NULL, 0, &handle, sizeof(handle), &count, NULL,
                              NULL ) );
    expect_success( WSAIoctl( udp, CODE_ALE_ENDPOINT, NULL, 0, &other, sizeof(other), &count, NULL, NULL ) );
    ok( count == sizeof(handle) && handle != other, "got %lu bytes\n", count );
    expect_error( WSAIoctl( udp, CODE_ALE_ENDPOINT, NULL, 0, &other, 7, &count, NULL, NULL ), WSAEINVAL );

    expect_success( WSAIoctl( udp, CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count, NULL, NULL ) );
    expect_success( bind( udp, (struct sockaddr *)&addr, sizeof(addr) ) );
    expect_error( WSAIoctl( udp, CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count, NULL, NULL ),
                  WSAEINVAL );

    /* MS: SIO_SET_COMPATIBILITY_MODE */
    handle = 1;
    expect_success( WSAIoctl( tcp, CODE_COMPATIBILITY, &handle, sizeof(handle), NULL, 0, &count, NULL,
                              NULL ) );
    expect_error( WSAIoctl( tcp, CODE_COMPATIBILITY, &handle, 7, NULL, 0, &count, NULL, NULL ), WSAEINVAL );
    ok( !count, "got %lu bytes\n", count );
    expect_error( WSAIoctl( udp, CODE_COMPATIBILITY, &handle, sizeof(handle), NULL, 0, &count, NULL, NULL ),
                  WSAEOPNOTSUPP );

    /* T: test_backlog_query; MS: SIO_IDEAL_SEND_BACKLOG_QUERY */
    expect_error( WSAIoctl( tcp, CODE_BACKLOG_QUERY, NULL, 0, &value, sizeof(value), &count, NULL, NULL ),
                  WSAENOTCONN );
    expect_error( WSAIoctl( udp, CODE_BACKLOG_QUERY, NULL, 0, &value, sizeof(value), &count, NULL, NULL ),
                  WSAEOPNOTSUPP );

    tcp_socketpair( &client, &server );
    expect_success( WSAIoctl( client, CODE_BACKLOG_QUERY, NULL, 0, &value, sizeof(value), &count, NULL,
                              NULL ) );
    ok( value == 0x10000 && count == 4, "got %#lx\n", value );
    expect_success( WSAIoctl( client, CODE_RSS_PROCESSOR, NULL, 0, info, 8, &count, NULL, NULL ) );
    ok( count == 8, "got %lu bytes\n", count );

    /* MS: SIO_TCP_INFO */
    check_transfer( client, server );
    value = 0;
    memset( info, 0xcc, sizeof(info) );
    expect_success( WSAIoctl( client, CODE_TCP_INFO, &value, sizeof(value), info, sizeof(info), &count, NULL,
                              NULL ) );
    ok( count == 88, "got %lu bytes\n", count );
    ok( *(DWORD *)info == 4, "got state %lu\n", *(DWORD *)info );
    ok( *(DWORD *)(info + 4) > 0, "got segment %lu\n", *(DWORD *)(info + 4) );
    ok( *(UINT64 *)(info + 48) == 1, "got %I64u bytes sent\n", *(UINT64 *)(info + 48) );
    ok( (BYTE)info[88] == 0xcc, "wrote too much\n" );
    value = 1;
    expect_success( WSAIoctl( server, CODE_TCP_INFO, &value, sizeof(value), info, sizeof(info), &count, NULL,
                              NULL ) );
    ok( count == 136, "got %lu bytes\n", count );
    ok( *(UINT64 *)(info + 56) == 1, "got %I64u bytes received\n", *(UINT64 *)(info + 56) );
    expect_error( WSAIoctl( server, CODE_TCP_INFO, &value, sizeof(value), info, 135, &count, NULL, NULL ),
                  WSAEINVAL );
    ok( !count, "got %lu bytes\n", count );
    expect_error( WSAIoctl( server, CODE_TCP_INFO, NULL, 4, info, sizeof(info), &count, NULL, NULL ),
                  WSAEMSGSIZE );
    expect_error( WSAIoctl( server, CODE_TCP_INFO, &value, 3, info, sizeof(info), &count, NULL, NULL ),
                  WSAEMSGSIZE );
    expect_error( WSAIoctl( udp, CODE_TCP_INFO, &value, 4, info, sizeof(info), &count, NULL, NULL ),
                  WSAEOPNOTSUPP );
    closesocket( client );
    closesocket( server );
    closesocket( tcp );
    closesocket( udp );
}

/* The codes that nothing above looks at: success and failure, see tests/tools/coverage.sh. */
static void test_remaining( void )
{
    SOCKET tcp = new_socket( AF_INET, SOCK_STREAM ), udp = new_socket( AF_INET, SOCK_DGRAM ), handle;
    BYTE frequency = 1;
    DWORD count, value;

    /* MS: Winsock IOCTLs: the options of the same meaning show them */
    expect_success( set_value( udp, 0x88000009 /* SIO_MULTIPOINT_LOOPBACK */, 0 ) );
    expect_success( getsockopt( udp, IPPROTO_IP, IP_MULTICAST_LOOP, (char *)&value,
                                &(int){ sizeof(value) } ) );
    ok( !value, "got %lu\n", value );
    expect_success( set_value( udp, 0x8800000a /* SIO_MULTICAST_SCOPE */, 7 ) );
    expect_success( getsockopt( udp, IPPROTO_IP, IP_MULTICAST_TTL, (char *)&value,
                                &(int){ sizeof(value) } ) );
    ok( value == 7, "got %lu\n", value );
    expect_error( set_value( udp, 0x8800000a, 256 ), WSAEINVAL );
    expect_error( WSAIoctl( udp, 0x88000009, NULL, 4, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( udp, 0x8800000a, &value, 3, NULL, 0, &count, NULL, NULL ), WSAEFAULT );

    /* MS: summary of socket IOCTL opcodes */
    expect_success( WSAIoctl( tcp, 0x48000018 /* SIO_QUERY_TARGET_PNP_HANDLE */, NULL, 0, &handle,
                              sizeof(handle), &count, NULL, NULL ) );
    ok( handle == tcp && count == sizeof(handle), "got %p, %lu bytes\n", (void *)handle, count );
    expect_error( WSAIoctl( tcp, 0x48000018, NULL, 0, &handle, 3, &count, NULL, NULL ), WSAEFAULT );

    /* reference 1.4, TCP tuning: lengths */
    expect_success( set_value( tcp, 0x98000016 /* SIO_TCP_SET_ICW */, 0 ) );
    expect_error( WSAIoctl( tcp, 0x98000016, &value, 3, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    expect_success( WSAIoctl( tcp, 0x98000017 /* SIO_TCP_SET_ACK_FREQUENCY */, &frequency, 1, NULL, 0,
                              &count, NULL, NULL ) );
    expect_error( WSAIoctl( tcp, 0x98000017, NULL, 1, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    expect_success( set_value( tcp, 0x98000018 /* SIO_PRIORITY_HINT */, 0 ) );
    /* A: WSAIoctl; mstcpip.h has these levels */
    expect_error( set_value( tcp, 0x98000018, 3 ), WSAEINVAL );
    expect_success( set_value( tcp, 0x98000016, 254 ) );
    expect_error( set_value( tcp, 0x98000016, 5 ), WSAEINVAL );
    expect_error( set_value( udp, 0x98000018, 0 ), WSAEOPNOTSUPP );
    expect_error( WSAIoctl( udp, CODE_UDP_NETRESET, &value, 3, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( udp, SIO_ENABLE_CIRCULAR_QUEUEING, NULL, 0, NULL, 0, NULL, NULL, NULL ),
                  WSAEFAULT );
    closesocket( tcp );
    closesocket( udp );
}

/* MS: setipv4sourcefilter, setsourcefilter: layouts and modes; RFC 3678: what a filter means, and that it
 * joins */
static void test_filters( void )
{
    struct { struct in_addr group, local; ULONG mode, count; struct in_addr sources[4]; } filter, got;
    struct { ULONG index; SOCKADDR_STORAGE group; ULONG mode, count; SOCKADDR_STORAGE sources[2]; } any;
    const DWORD get = 0x8004747c, set = 0x8004747d, set_any = 0x8004747e, get_any = 0x8004747f;
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM ), tcp = new_socket( AF_INET, SOCK_STREAM );
    struct sockaddr_in *group = (struct sockaddr_in *)&any.group,
                       *source = (struct sockaddr_in *)any.sources;
    DWORD count;

    memset( &filter, 0, sizeof(filter) );
    filter.group.s_addr = inet_addr( "239.1.2.8" );
    filter.local.s_addr = htonl( INADDR_LOOPBACK );
    filter.mode = 0;    /* include */
    filter.count = 2;
    filter.sources[0].s_addr = inet_addr( "127.0.0.2" );
    filter.sources[1].s_addr = inet_addr( "127.0.0.3" );
    expect_error( WSAIoctl( tcp, set, &filter, sizeof(filter), NULL, 0, &count, NULL, NULL ),
                  WSAEOPNOTSUPP );
    expect_error( WSAIoctl( s, set, &filter, 15, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( s, set, &filter, 16 + 4, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( s, set, bad_pointer(), sizeof(filter), NULL, 0, &count, NULL, NULL ),
                  WSAEFAULT );
    expect_success( WSAIoctl( s, set, &filter, 16 + 8, NULL, 0, &count, NULL, NULL ) );

    got = filter;
    got.mode = got.count = 0xcccc;
    memset( got.sources, 0xcc, sizeof(got.sources) );
    expect_success( WSAIoctl( s, get, &got, sizeof(got), &got, sizeof(got), &count, NULL, NULL ) );
    ok( count == 16 + 8 && got.mode == 0 && got.count == 2, "got %lu bytes, mode %lu, %lu sources\n", count,
        got.mode, got.count );
    ok( got.sources[0].s_addr == filter.sources[0].s_addr &&
        got.sources[1].s_addr == filter.sources[1].s_addr,
        "got %#lx, %#lx\n", got.sources[0].s_addr, got.sources[1].s_addr );
    ok( got.sources[2].s_addr == 0xcccccccc, "wrote too much\n" );
    expect_success( WSAIoctl( s, get, &got, 16, &got, 16 + 4, &count, NULL, NULL ) );
    ok( count == 16 + 4 && got.count == 2, "got %lu bytes, %lu sources\n", count, got.count );
    expect_error( WSAIoctl( s, get, &got, 16, &got, 15, &count, NULL, NULL ), WSAEFAULT );

    filter.mode = 1;    /* exclude */
    filter.count = 1;
    expect_success( WSAIoctl( s, set, &filter, sizeof(filter), NULL, 0, &count, NULL, NULL ) );
    expect_success( WSAIoctl( s, get, &got, sizeof(got), &got, sizeof(got), &count, NULL, NULL ) );
    ok( got.mode == 1 && got.count == 1, "got mode %lu, %lu sources\n", got.mode, got.count );
    filter.mode = 2;
    expect_error( WSAIoctl( s, set, &filter, sizeof(filter), NULL, 0, &count, NULL, NULL ), WSAEINVAL );
    filter.mode = filter.count = 0;     /* nobody: leaves the group */
    expect_success( WSAIoctl( s, set, &filter, sizeof(filter), NULL, 0, &count, NULL, NULL ) );
    expect_error( WSAIoctl( s, get, &got, sizeof(got), &got, sizeof(got), &count, NULL, NULL ),
                  WSAEADDRNOTAVAIL );

    memset( &any, 0, sizeof(any) );
    any.index = 1;
    *group = loopback_address( 0 );
    group->sin_addr.s_addr = inet_addr( "239.1.2.9" );
    any.mode = 1;
    any.count = 1;
    *source = loopback_address( 0 );
    expect_error( WSAIoctl( tcp, set_any, &any, sizeof(any), NULL, 0, &count, NULL, NULL ), WSAEOPNOTSUPP );
    expect_error( WSAIoctl( s, set_any, &any, 143, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    expect_success( WSAIoctl( s, set_any, &any, sizeof(any), NULL, 0, &count, NULL, NULL ) );
    any.mode = any.count = 0;
    memset( any.sources, 0, sizeof(any.sources) );
    expect_success( WSAIoctl( s, get_any, &any, sizeof(any), &any, sizeof(any), &count, NULL, NULL ) );
    ok( count == 144 + 128 && any.mode == 1 && any.count == 1,
        "got %lu bytes, mode %lu, %lu sources\n", count, any.mode, any.count );
    ok( source->sin_family == AF_INET && source->sin_addr.s_addr == htonl( INADDR_LOOPBACK ), "got %#lx\n",
        source->sin_addr.s_addr );
    expect_error( WSAIoctl( s, get_any, &any, sizeof(any), bad_pointer(), sizeof(any), &count, NULL, NULL ),
                  WSAEFAULT );
    any.mode = 2;
    expect_error( WSAIoctl( s, set_any, &any, sizeof(any), NULL, 0, &count, NULL, NULL ), WSAEINVAL );
    group->sin_addr.s_addr = inet_addr( "239.1.2.10" );     /* not joined */
    expect_error( WSAIoctl( s, get_any, &any, sizeof(any), &any, sizeof(any), &count, NULL, NULL ),
                  WSAEADDRNOTAVAIL );
    group->sin_family = AF_UNSPEC;
    expect_error( WSAIoctl( s, set_any, &any, sizeof(any), NULL, 0, &count, NULL, NULL ), WSAEINVAL );
    expect_error( WSAIoctl( s, get_any, &any, sizeof(any), &any, sizeof(any), &count, NULL, NULL ),
                  WSAEINVAL );
    closesocket( s );
    closesocket( tcp );
}

/* MS: Using SIO_ADDRESS_LIST_SORT; order by RFC 3484 */
static void test_sort( void )
{
    static const char * const names[] = { "2001:db8:7::1", "::ffff:127.0.0.1", "::1", "::" };
    struct { INT count; SOCKET_ADDRESS address[4]; struct sockaddr_in6 addrs[4]; } list;
    SOCKET s, s4 = new_socket( AF_INET, SOCK_DGRAM );
    const DWORD sort = 0xc8000019;
    unsigned int i;
    DWORD count;
    int len;

    memset( &list, 0, sizeof(list) );
    list.count = 4;
    for (i = 0; i < 4; i++)
    {
        len = sizeof(list.addrs[i]);
        list.addrs[i].sin6_family = AF_INET6;
        WSAStringToAddressA( (char *)names[i], AF_INET6, NULL, (struct sockaddr *)&list.addrs[i], &len );
        list.address[i].lpSockaddr = (struct sockaddr *)&list.addrs[i];
        list.address[i].iSockaddrLength = sizeof(list.addrs[i]);
    }
    expect_error( WSAIoctl( s4, sort, &list, sizeof(list), &list, sizeof(list), &count, NULL, NULL ),
                  WSAEOPNOTSUPP );
    closesocket( s4 );
    if (!have_ipv6()) return;
    s = new_socket( AF_INET6, SOCK_DGRAM );
    expect_error( WSAIoctl( s, sort, NULL, 0, &list, sizeof(list), &count, NULL, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( s, sort, bad_pointer(), sizeof(list), &list, sizeof(list), &count, NULL, NULL ),
                  WSAEFAULT );
    expect_error( WSAIoctl( s, sort, &list, sizeof(list), NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    list.count = -1;
    expect_error( WSAIoctl( s, sort, &list, sizeof(list), &list, sizeof(list), &count, NULL, NULL ),
                  WSAEINVAL );
    list.count = 4;
    expect_success( WSAIoctl( s, sort, &list, sizeof(list), &list, sizeof(list), &count, NULL, NULL ) );
    ok( list.count == 3, "got %d addresses\n", list.count );   /* :: is no destination */
    ok( count >= FIELD_OFFSET( SOCKET_ADDRESS_LIST, Address[3] ), "got %lu bytes\n", count );
    for (i = 0; i < 3; i++)
    {
        struct sockaddr_in6 *addr = (struct sockaddr_in6 *)list.address[i].lpSockaddr;

        if (i == 0) ok( addr->sin6_addr.s6_addr[15] == 1 && !addr->sin6_addr.s6_addr[0] &&
                        !addr->sin6_addr.s6_addr[12], "::1 is not the first\n" );
        ok( addr->sin6_addr.s6_addr[15] == 1, "%u: another address\n", i );
    }
    closesocket( s );
}

START_TEST(ioctl)
{
    start_sockets();
    test_unknown();
    test_immediate();
    test_urgent();
    test_handles();
    test_extensions();
    test_interfaces();
    test_tuning();
    test_remaining();
    test_filters();
    test_sort();
    stop_sockets();
}
