/*
 * Control codes that are more than one call: port reservations, time stamps, receiving all packets; and
 * those whose feature a machine does not have.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

/* Numbers, since not all headers have the names. */
#define CODE_ACQUIRE_PORTS      0x98000064
#define CODE_RELEASE_PORTS      0x98000065
#define CODE_ASSOCIATE_PORTS    0x98000066

struct port_range
{
    USHORT start, count;
};

struct port_reservation
{
    USHORT start, count;
    ULONG64 DECLSPEC_ALIGN(8) token;
};

static SOCKET make( int family, int type )
{
    SOCKET s = WSASocketW( family, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED );

    ok( s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    return s;
}

static int control( SOCKET s, DWORD code, const void *in, DWORD in_size, void *out, DWORD out_size,
                    DWORD *count )
{
    return WSAIoctl( s, code, (void *)in, in_size, out, out_size, count, NULL, NULL );
}

/*** port reservations ***/

static int acquire( SOCKET s, USHORT port, USHORT ports, struct port_reservation *reservation )
{
    struct port_range range = { htons( port ), ports };
    DWORD count = 0xdeadbeef;
    int ret;

    memset( reservation, 0xcc, sizeof(*reservation) );
    ret = control( s, CODE_ACQUIRE_PORTS, &range, sizeof(range), reservation, sizeof(*reservation), &count );
    ok( ret || count == sizeof(*reservation), "got %lu bytes\n", count );
    return ret;
}

static int give_token( SOCKET s, DWORD code, ULONG64 token )
{
    DWORD count = 0xdeadbeef;

    return control( s, code, &token, sizeof(token), NULL, 0, &count );
}

static int bind_to( SOCKET s, int family, USHORT port )
{
    struct sockaddr_storage addr;
    int len = any_loopback( family, &addr );

    ((struct sockaddr_in *)&addr)->sin_port = htons( port );    /* at the same place in both families */
    return bind( s, (struct sockaddr *)&addr, len );
}

static USHORT port_of( SOCKET s )
{
    struct sockaddr_storage addr;
    int len = sizeof(addr), ret;

    memset( &addr, 0, sizeof(addr) );
    ret = getsockname( s, (struct sockaddr *)&addr, &len );
    ok( !ret, "getsockname failed, error %d\n", WSAGetLastError() );
    return ntohs( ((struct sockaddr_in *)&addr)->sin_port );
}

/* Nobody else gets a port that is reserved: not this process, on no address of either family. */
static void check_held( int family, int type, USHORT port, BOOL held )
{
    SOCKET s = make( family, type );
    int ret = bind_to( s, family, port );

    if (held) ok( ret && (WSAGetLastError() == WSAEADDRINUSE || WSAGetLastError() == WSAEACCES),
                  "port %u: bind returned %d, error %d\n", port, ret, WSAGetLastError() );
    else ok( !ret, "port %u: error %d\n", port, WSAGetLastError() );
    closesocket( s );
}

/* MS: SIO_ACQUIRE_PORT_RESERVATION, SIO_RELEASE_PORT_RESERVATION, SIO_ASSOCIATE_PORT_RESERVATION */
static void test_reservation( int family, int type )
{
    struct port_reservation reservation, other;
    SOCKET owner, s[4];
    unsigned int i;
    USHORT first;

    owner = make( family, type );
    expect_success( acquire( owner, 0, 3, &reservation ));
    first = ntohs( reservation.start );
    ok( first && reservation.count == 3, "got %u ports from %u\n", reservation.count, first );
    ok( reservation.token, "no token\n" );
    for (i = 0; i < 3; i++) check_held( family, type, first + i, TRUE );
    expect_error( acquire( owner, first + 2, 1, &other ), WSAEADDRINUSE );
    expect_error( acquire( owner, first - 1, 2, &other ), WSAEADDRINUSE );

    /* each socket gets a port of the block, until there is none; addresses do not matter */
    for (i = 0; i < 4; i++)
    {
        s[i] = make( family, type );
        expect_success( give_token( s[i], CODE_ASSOCIATE_PORTS, reservation.token ));
    }
    expect_success( bind_to( s[0], family, first + 1 ));
    ok( port_of( s[0] ) == first + 1, "got port %u\n", port_of( s[0] ) );
    expect_error( bind_to( s[1], family, first + 1 ), WSAEADDRINUSE );
    expect_success( bind_to( s[1], family, 0 ));
    expect_success( bind_to( s[2], family, 0 ));
    ok( port_of( s[1] ) + port_of( s[2] ) == 2 * first + 2 && port_of( s[1] ) != port_of( s[2] ),
        "got ports %u and %u, reserved from %u\n", port_of( s[1] ), port_of( s[2] ), first );
    expect_error( bind_to( s[3], family, 0 ), WSAENOBUFS );
    expect_error( bind_to( s[1], family, 0 ), WSAEINVAL );      /* bound */
    expect_error( give_token( s[1], CODE_ASSOCIATE_PORTS, reservation.token ), WSAEINVAL );
    for (i = 0; i < 3; i++) check_held( family, type, first + i, TRUE );

    /* a port goes back to its reservation */
    closesocket( s[0] );
    check_held( family, type, first + 1, TRUE );
    expect_success( bind_to( s[3], family, 0 ));
    ok( port_of( s[3] ) == first + 1, "got port %u\n", port_of( s[3] ) );

    /* what is bound stays, the rest is anybody's */
    closesocket( s[3] );
    expect_success( give_token( s[1], CODE_RELEASE_PORTS, reservation.token ));
    check_held( family, type, first + 1, FALSE );
    check_held( family, type, port_of( s[1] ), TRUE );
    expect_error( give_token( owner, CODE_RELEASE_PORTS, reservation.token ), WSAEINVAL );
    closesocket( s[1] );
    closesocket( s[2] );
    check_held( family, type, first, FALSE );

    /* it lasts as long as the socket */
    expect_success( acquire( owner, first, 2, &reservation ));
    ok( ntohs( reservation.start ) == first, "got port %u\n", ntohs( reservation.start ));
    check_held( family, type, first + 1, TRUE );
    closesocket( owner );
    check_held( family, type, first + 1, FALSE );
    s[0] = make( family, type );
    expect_error( give_token( s[0], CODE_ASSOCIATE_PORTS, reservation.token ), WSAEINVAL );
    closesocket( s[0] );
}

/* Binding that nobody asked for takes a reserved port, too; data passes. */
static void test_reserved_connect( void )
{
    struct port_reservation reservation;
    struct sockaddr_storage addr;
    SOCKET owner, listener, s, peer;
    struct sockaddr_in from;
    char buffer[4];
    int len, ret;

    owner = make( AF_INET, SOCK_STREAM );
    expect_success( acquire( owner, 0, 2, &reservation ));
    listener = make( AF_INET, SOCK_STREAM );
    expect_success( give_token( listener, CODE_ASSOCIATE_PORTS, reservation.token ));
    expect_success( bind_to( listener, AF_INET, 0 ));
    expect_success( listen( listener, 1 ));
    len = sizeof(addr);
    getsockname( listener, (struct sockaddr *)&addr, &len );
    s = make( AF_INET, SOCK_STREAM );
    expect_success( give_token( s, CODE_ASSOCIATE_PORTS, reservation.token ));
    expect_success( connect( s, (struct sockaddr *)&addr, len ));
    peer = accept( listener, NULL, NULL );
    ok( peer != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    ok( port_of( s ) != port_of( listener ) && (USHORT)(port_of( s ) - ntohs( reservation.start )) < 2,
        "connected from port %u, reserved from %u\n", port_of( s ), ntohs( reservation.start ));
    check_transfer( s, peer );
    check_transfer( peer, s );
    closesocket( s );
    closesocket( peer );
    closesocket( listener );
    closesocket( owner );

    /* the token of TCP ports is not one of UDP ports */
    owner = make( AF_INET, SOCK_DGRAM );
    expect_success( acquire( owner, 0, 1, &reservation ));
    s = make( AF_INET, SOCK_STREAM );
    expect_error( give_token( s, CODE_ASSOCIATE_PORTS, reservation.token ), WSAEINVAL );
    closesocket( s );
    /* the reservation's own socket may use it: so does the example of Microsoft's page */
    expect_success( give_token( owner, CODE_ASSOCIATE_PORTS, reservation.token ));
    peer = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    ret = sendto( owner, "abc", 3, 0, (struct sockaddr *)&addr, len );
    ok( ret == 3, "sendto returned %d, error %d\n", ret, WSAGetLastError() );
    len = sizeof(from);
    ret = recvfrom( peer, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &len );
    ok( ret == 3, "recvfrom returned %d, error %d\n", ret, WSAGetLastError() );
    ok( from.sin_port == reservation.start, "from port %u, reserved %u\n", ntohs( from.sin_port ),
        ntohs( reservation.start ));
    from.sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    ret = sendto( peer, "abcd", 4, 0, (struct sockaddr *)&from, len );
    ok( ret == 4, "sendto returned %d, error %d\n", ret, WSAGetLastError() );
    ret = recv( owner, buffer, sizeof(buffer), 0 );
    ok( ret == 4, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    closesocket( peer );
    closesocket( owner );
}

static void test_reservation_errors( void )
{
    struct port_reservation reservation;
    struct port_range range = { 0, 1 };
    SOCKET s = make( AF_INET, SOCK_STREAM ), raw;
    ULONG64 token = 0;
    unsigned int i;
    DWORD count;

    count = 0xdeadbeef;         /* a short buffer: WSAEINVAL, and 0 bytes */
    expect_error( control( s, CODE_ACQUIRE_PORTS, &range, sizeof(range), &reservation,
                           sizeof(reservation) - 1, &count ), WSAEINVAL );
    ok( !count, "got %lu bytes\n", count );
    expect_error( control( s, CODE_ACQUIRE_PORTS, &range, sizeof(range) - 1, &reservation,
                           sizeof(reservation), &count ), WSAEINVAL );
    expect_error( control( s, CODE_ACQUIRE_PORTS, NULL, sizeof(range), &reservation, sizeof(reservation),
                           &count ), WSAEFAULT );
    expect_error( control( s, CODE_ACQUIRE_PORTS, bad_pointer(), sizeof(range), &reservation,
                           sizeof(reservation), &count ), WSAEFAULT );
    expect_error( control( s, CODE_ACQUIRE_PORTS, &range, sizeof(range), bad_pointer(),
                           sizeof(reservation), &count ), WSAEFAULT );
    expect_error( acquire( s, 0, 0, &reservation ), WSAEINVAL );
    expect_error( acquire( s, 65535, 2, &reservation ), WSAEINVAL );
    for (i = 0; i < 2; i++)
    {
        DWORD code = i ? CODE_RELEASE_PORTS : CODE_ASSOCIATE_PORTS;

        expect_error( give_token( s, code, 0 ), WSAEINVAL );
        expect_error( give_token( s, code, 0xdeadbeef ), WSAEINVAL );
        expect_error( control( s, code, &token, sizeof(token) - 1, NULL, 0, &count ), WSAEINVAL );
        expect_error( control( s, code, NULL, sizeof(token), NULL, 0, &count ), WSAEFAULT );
        expect_error( control( s, code, bad_pointer(), sizeof(token), NULL, 0, &count ), WSAEFAULT );
    }
    expect_error( control( 0xdead, CODE_ACQUIRE_PORTS, &range, sizeof(range), &reservation,
                           sizeof(reservation), &count ), WSAENOTSOCK );
    closesocket( s );

    raw = WSASocketW( AF_INET, SOCK_RAW, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED );
    if (raw == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege\n" );
        return;
    }
    expect_error( acquire( raw, 0, 1, &reservation ), WSAEOPNOTSUPP );
    expect_error( give_token( raw, CODE_RELEASE_PORTS, 1 ), WSAEOPNOTSUPP );
    expect_error( give_token( raw, CODE_ASSOCIATE_PORTS, 1 ), WSAEOPNOTSUPP );
    closesocket( raw );
}

START_TEST(codes)
{
    unsigned int i;

    start_sockets();
    for (i = 0; i < 4; i++)
    {
        int family = i & 1 ? AF_INET6 : AF_INET, type = i & 2 ? SOCK_DGRAM : SOCK_STREAM;

        if (family == AF_INET6 && !have_ipv6()) continue;
        winetest_push_context( "family %d, type %d", family, type );
        test_reservation( family, type );
        winetest_pop_context();
    }
    test_reserved_connect();
    test_reservation_errors();
    stop_sockets();
}
