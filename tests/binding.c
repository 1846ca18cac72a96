/*
 * Options that have their effect when a socket is bound or connected.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/tools/netreset.sh runs this behind a router, too: WS2_NETRESET_UNREACHABLE is then an address
 * that the router answers for with an ICMP error.
 */
#include "observer.h"

enum
{
    OPT_RANDOMIZE_PORT = 0x3005, OPT_PORT_SCALABILITY = 0x3006, OPT_REUSE_UNICASTPORT = 0x3007,
    OPT_REUSE_MULTICASTPORT = 0x3008, OPT_MAXSEG = 4, OPT_FASTOPEN = 15, OPT_FAIL_CONNECT_ON_ICMP_ERROR = 18,
    OPT_ICMP_ERROR_INFO = 19, OPT_USER_MTU = 76,
};

static LPFN_CONNECTEX p_ConnectEx;

static int set_number( SOCKET s, int level, int option, DWORD value )
{
    return setsockopt( s, level, option, (char *)&value, sizeof(value) );
}

static DWORD get_number( SOCKET s, int level, int option )
{
    DWORD value = 0xdeadbeef;
    int len = sizeof(value);

    ok( !getsockopt( s, level, option, (char *)&value, &len ), "option %#x: error %d\n", option,
        WSAGetLastError() );
    return value;
}

/* MS: SOL_SOCKET options */
static void test_port_choice( void )
{
    static const int choices[] = { OPT_RANDOMIZE_PORT, OPT_PORT_SCALABILITY, OPT_REUSE_UNICASTPORT };
    struct sockaddr_in addr;
    unsigned int i;
    SOCKET s;

    for (i = 0; i < ARRAY_SIZE(choices); i++)
    {
        winetest_push_context( "option %#x", choices[i] );
        s = socket( AF_INET, SOCK_STREAM, 0 );
        ok( get_number( s, SOL_SOCKET, choices[i] ) == 0, "set from the start\n" );
        expect_success( set_number( s, SOL_SOCKET, choices[i], 1 ));
        ok( get_number( s, SOL_SOCKET, choices[i] ) == 1, "not set\n" );
        addr = loopback_address( 0 );
        expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
        expect_error( set_number( s, SOL_SOCKET, choices[i], 1 ), WSAEINVAL );
        closesocket( s );
        winetest_pop_context();
    }
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( set_number( s, SOL_SOCKET, OPT_REUSE_UNICASTPORT, 1 ));
    expect_error( set_number( s, SOL_SOCKET, OPT_RANDOMIZE_PORT, 1 ), WSAEINVAL );
    closesocket( s );
}

/* A connection by ConnectEx with data, which the other side receives. */
static SOCKET connect_with_data( SOCKET s, SOCKET listener, const struct sockaddr_storage *to, int to_len )
{
    WSAOVERLAPPED overlapped = { .hEvent = WSACreateEvent() };
    DWORD sent = 0, flags;
    char data[16] = "";
    SOCKET server;
    int ret;

    ret = p_ConnectEx( s, (struct sockaddr *)to, to_len, (char *)"data", 4, NULL, &overlapped );
    ok( ret || WSAGetLastError() == WSA_IO_PENDING, "error %d\n", WSAGetLastError() );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "error %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "not completed\n" );
    ok( WSAGetOverlappedResult( s, &overlapped, &sent, FALSE, &flags ), "error %d\n", WSAGetLastError() );
    ok( sent == 4, "got %lu\n", sent );
    ok( recv_exactly( server, data, 4 ) && !memcmp( data, "data", 4 ), "got %s\n", data );
    expect_success( setsockopt( s, SOL_SOCKET, 0x7010 /* SO_UPDATE_CONNECT_CONTEXT */, NULL, 0 ));
    WSACloseEvent( overlapped.hEvent );
    return server;
}

static void test_late_port( void )
{
    struct sockaddr_storage to;
    struct sockaddr_in addr = loopback_address( 0 ), local, seen;
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 ), listener, server;
    int to_len, len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &to, &to_len );
    expect_success( set_number( s, SOL_SOCKET, OPT_REUSE_UNICASTPORT, 1 ));
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    server = connect_with_data( s, listener, &to, to_len );
    len = sizeof(local);
    expect_success( getsockname( s, (struct sockaddr *)&local, &len ));
    len = sizeof(seen);
    expect_success( getpeername( server, (struct sockaddr *)&seen, &len ));
    ok( local.sin_port && same_address( &local, &seen ), "got port %u, expected %u\n",
        ntohs( local.sin_port ), ntohs( seen.sin_port ));
    check_transfer( s, server );
    check_transfer( server, s );
    closesocket( server );
    closesocket( s );
    closesocket( listener );
}

/* MS: IPPROTO_TCP options, TCP_FASTOPEN: data arrives whether the network lets it go early or not */
static void test_fast_open( void )
{
    struct sockaddr_storage to;
    struct sockaddr_in addr;
    SOCKET s, listener, server;
    int to_len, i;

    listener = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, &to, &to_len );
    expect_success( set_number( listener, IPPROTO_TCP, OPT_FASTOPEN, 1 ));
    expect_success( listen( listener, 5 ));
    for (i = 0; i < 3; i++)     /* the first learns the other side's cookie */
    {
        s = socket( AF_INET, SOCK_STREAM, 0 );
        expect_success( set_number( s, IPPROTO_TCP, OPT_FASTOPEN, 1 ));
        ok( get_number( s, IPPROTO_TCP, OPT_FASTOPEN ) == 1, "not set\n" );
        addr = loopback_address( 0 );
        expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
        server = connect_with_data( s, listener, &to, to_len );
        check_transfer( s, server );
        check_transfer( server, s );
        closesocket( server );
        closesocket( s );
    }
    closesocket( listener );
}

/* MS: SOL_SOCKET options, SO_REUSE_MULTICASTPORT */
static void test_multicast_port( void )
{
    struct sockaddr_in addr, group;
    struct ip_mreq mreq;
    DWORD timeout = PATIENCE;
    SOCKET s[2], src;
    int len = sizeof(addr), i;
    char buffer[8];

    memset( &addr, 0, sizeof(addr) );
    addr.sin_family = AF_INET;
    mreq.imr_multiaddr.s_addr = inet_addr( "239.255.77.7" );
    mreq.imr_interface.s_addr = htonl( INADDR_LOOPBACK );
    for (i = 0; i < 2; i++)
    {
        s[i] = socket( AF_INET, SOCK_DGRAM, 0 );
        expect_success( set_number( s[i], SOL_SOCKET, OPT_REUSE_MULTICASTPORT, 1 ));
        ok( get_number( s[i], SOL_SOCKET, OPT_REUSE_MULTICASTPORT ) == 1, "not set\n" );
        expect_success( bind( s[i], (struct sockaddr *)&addr, sizeof(addr) ));
        if (!i) getsockname( s[i], (struct sockaddr *)&addr, &len );
        expect_success( setsockopt( s[i], IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&mreq, sizeof(mreq) ));
        setsockopt( s[i], SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    }
    src = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_success( setsockopt( src, IPPROTO_IP, IP_MULTICAST_IF, (char *)&mreq.imr_interface, 4 ));
    group = addr;
    group.sin_addr = mreq.imr_multiaddr;
    sendto( src, "group", 5, 0, (struct sockaddr *)&group, sizeof(group) );
    for (i = 0; i < 2; i++)
        ok( recv( s[i], buffer, sizeof(buffer), 0 ) == 5, "%d: error %d\n", i, WSAGetLastError() );
    for (i = 0; i < 2; i++) closesocket( s[i] );
    closesocket( src );
}

/* MS: IPPROTO_IP options, IP_USER_MTU: segments are not larger */
static void test_user_mtu( void )
{
    struct sockaddr_storage to;
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 ), listener;
    DWORD segment;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &to, &len );
    ok( get_number( s, IPPROTO_IP, OPT_USER_MTU ) == ~0u, "set from the start\n" );
    expect_success( set_number( s, IPPROTO_IP, OPT_USER_MTU, 1000 ));
    ok( get_number( s, IPPROTO_IP, OPT_USER_MTU ) == 1000, "not set\n" );
    expect_success( connect( s, (struct sockaddr *)&to, len ));
    segment = get_number( s, IPPROTO_TCP, OPT_MAXSEG );
    ok( segment && segment <= 960, "got segments of %lu\n", segment );
    closesocket( s );
    closesocket( listener );
}

/* Nothing is left on the host's socket that would end the connection with the next ICMP error. */
static void check_recverr( SOCKET s )
{
    unsigned short port, peer;
    char buffer[8192];
    const char *line;

    if (observed_ports( s, &port, &peer ) && observe_port( "tcp", port, buffer, sizeof(buffer) ) &&
        (line = observed_options( buffer, port, peer )))
        ok( strstr( line, " recverr=0 " ) != NULL, "got %s\n", line );
}

struct icmp_info { struct sockaddr_in source; BYTE rest[12]; INT protocol; BYTE type, code; };

static int get_icmp_info( SOCKET s, struct icmp_info *info, int len )
{
    memset( info, 0, sizeof(*info) );
    expect_success( getsockopt( s, IPPROTO_TCP, OPT_ICMP_ERROR_INFO, (char *)info, &len ));
    return len;
}

/* Ways to connect. They answer the error. */
static int connect_waiting( SOCKET s, const struct sockaddr *to, int len )
{
    return connect( s, to, len ) ? WSAGetLastError() : 0;
}

static int connect_polling( SOCKET s, const struct sockaddr *to, int len )
{
    struct timeval patience = { PATIENCE / 1000, 0 };
    fd_set written, failed;
    int error = 0, size = sizeof(error), ret;

    set_blocking( s, FALSE );
    expect_error( connect( s, to, len ), WSAEWOULDBLOCK );
    FD_ZERO( &written );
    FD_SET( s, &written );
    failed = written;
    ret = select( 0, NULL, &written, &failed, &patience );
    ok( ret == 1, "select returned %d\n", ret );
    expect_success( getsockopt( s, SOL_SOCKET, SO_ERROR, (char *)&error, &size ));
    set_blocking( s, TRUE );
    return error;
}

static int connect_event( SOCKET s, const struct sockaddr *to, int len )
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;

    expect_success( WSAEventSelect( s, event, FD_CONNECT ));
    expect_error( connect( s, to, len ), WSAEWOULDBLOCK );
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    expect_success( WSAEnumNetworkEvents( s, event, &events ));
    ok( events.lNetworkEvents == FD_CONNECT, "got events %#lx\n", events.lNetworkEvents );
    expect_success( WSAEventSelect( s, NULL, 0 ));
    set_blocking( s, TRUE );
    WSACloseEvent( event );
    return events.iErrorCode[FD_CONNECT_BIT];
}

static int connect_overlapped( SOCKET s, const struct sockaddr *to, int len )
{
    OVERLAPPED overlapped = { .hEvent = WSACreateEvent() };
    struct sockaddr_in any = { AF_INET };
    DWORD count, flags;
    int error = 0;

    expect_success( bind( s, (struct sockaddr *)&any, sizeof(any) ));
    ok( !p_ConnectEx( s, to, len, NULL, 0, NULL, &overlapped ) && WSAGetLastError() == WSA_IO_PENDING,
        "got error %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "not completed\n" );
    if (!WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags )) error = WSAGetLastError();
    else expect_success( setsockopt( s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0 ));
    WSACloseEvent( overlapped.hEvent );
    return error;
}

static const struct
{
    const char *name;
    int (*connect)( SOCKET s, const struct sockaddr *to, int len );
}
ways[] =
{
    { "connect", connect_waiting },
    { "connect without waiting", connect_polling },
    { "FD_CONNECT", connect_event },
    { "ConnectEx", connect_overlapped },
};

/* MS: IPPROTO_TCP options */
static void test_icmp( unsigned int way )
{
    struct sockaddr_in refused = closed_port(), addr = refused;
    struct sockaddr_storage to;
    SOCKET s, listener, server;
    struct icmp_info info;
    static const struct { const char *variable; BYTE code; } unreachable[] =
    {
        { "WS2_NETRESET_UNREACHABLE", 1 /* host */ },
        { "WS2_NETRESET_NO_NETWORK", 0 /* network */ },
    };
    char name[32] = "";
    unsigned int i;
    int len, error;

    winetest_push_context( "%s", ways[way].name );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( set_number( s, IPPROTO_TCP, OPT_FAIL_CONNECT_ON_ICMP_ERROR, 1 ));
    len = get_icmp_info( s, &info, sizeof(info) );
    ok( !len, "got length %d\n", len );
    /* a refusal is no ICMP error */
    error = ways[way].connect( s, (struct sockaddr *)&refused, sizeof(refused) );
    ok( error == WSAECONNREFUSED, "got error %d\n", error );
    len = get_icmp_info( s, &info, sizeof(info) );
    ok( !len, "got length %d\n", len );
    closesocket( s );

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &to, &len );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( set_number( s, IPPROTO_TCP, OPT_FAIL_CONNECT_ON_ICMP_ERROR, 1 ));
    error = ways[way].connect( s, (struct sockaddr *)&to, len );
    ok( !error, "got error %d\n", error );
    server = accept( listener, NULL, NULL );
    check_transfer( s, server );
    check_transfer( server, s );
    check_recverr( s );
    len = get_icmp_info( s, &info, sizeof(info) );
    ok( !len, "got length %d\n", len );
    closesocket( s );
    closesocket( server );
    closesocket( listener );

    for (i = 0; i < ARRAY_SIZE( unreachable ); i++)
    {
        if (!GetEnvironmentVariableA( unreachable[i].variable, name, sizeof(name) )) continue;
        s = socket( AF_INET, SOCK_STREAM, 0 );
        addr.sin_addr.s_addr = inet_addr( name );
        expect_success( set_number( s, IPPROTO_TCP, OPT_FAIL_CONNECT_ON_ICMP_ERROR, 1 ));
        error = ways[way].connect( s, (struct sockaddr *)&addr, sizeof(addr) );
        ok( error == WSAEHOSTUNREACH, "%s: got error %d\n", name, error );
        len = 8;
        expect_error( getsockopt( s, IPPROTO_TCP, OPT_ICMP_ERROR_INFO, (char *)&info, &len ), WSAEFAULT );
        len = get_icmp_info( s, &info, sizeof(info) );
        ok( len == sizeof(info), "got length %d\n", len );
        ok( info.source.sin_family == AF_INET && info.source.sin_addr.s_addr == inet_addr( "10.77.0.2" ),
            "got family %d, address %s\n", info.source.sin_family, inet_ntoa( info.source.sin_addr ));
        ok( info.protocol == IPPROTO_ICMP && info.type == 3 && info.code == unreachable[i].code,
            "%s: got protocol %d, type %d, code %d\n", name, info.protocol, info.type, info.code );
        closesocket( s );
    }
    winetest_pop_context();
}

START_TEST(binding)
{
    static const GUID guid = WSAID_CONNECTEX;
    unsigned int i;
    SOCKET s;

    start_sockets();
    s = socket( AF_INET, SOCK_STREAM, 0 );
    p_ConnectEx = get_extension( s, &guid );
    closesocket( s );
    test_port_choice();
    test_late_port();
    test_fast_open();
    test_multicast_port();
    test_user_mtu();
    for (i = 0; i < ARRAY_SIZE( ways ); i++) test_icmp( i );
    stop_sockets();
}
