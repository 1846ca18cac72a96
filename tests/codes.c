/*
 * Control codes that are more than one call: port reservations, time stamps; and those whose feature a
 * machine does not have.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

/* Numbers, since not all headers have the names. */
#define CODE_ACQUIRE_PORTS      0x98000064
#define CODE_RELEASE_PORTS      0x98000065
#define CODE_ASSOCIATE_PORTS    0x98000066
#define CODE_APPLY_SETTING      0x98000013
#define CODE_QUERY_SETTING      0x98000014
#define CODE_CPU_AFFINITY       0x98000015
#define CODE_QUERY_RECORDS      0x980000dc
#define CODE_QUERY_CONTEXT      0x980000dd
#define CODE_SET_REDIRECTION    0x980000de
#define CODE_GET_TX_TIMESTAMP   0x980000ea
#define CODE_TIMESTAMPING       0x980000eb

struct port_range
{
    USHORT start, count;
};

struct port_reservation
{
    USHORT start, count;
    ULONG64 DECLSPEC_ALIGN(8) token;
};

/*** port reservations ***/

static int acquire( SOCKET s, USHORT port, USHORT ports, struct port_reservation *reservation )
{
    struct port_range range = { htons( port ), ports };
    DWORD count = 0xdeadbeef;
    int ret;

    memset( reservation, 0xcc, sizeof(*reservation) );
    ret = ioctl( s, CODE_ACQUIRE_PORTS, &range, sizeof(range), reservation, sizeof(*reservation), &count );
    ok( ret || count == sizeof(*reservation), "got %lu bytes\n", count );
    return ret;
}

static int give_token( SOCKET s, DWORD code, ULONG64 token )
{
    DWORD count = 0xdeadbeef;

    return ioctl( s, code, &token, sizeof(token), NULL, 0, &count );
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

enum holder
{
    NOBODY,
    RESERVATION,
    OTHER_RESERVATION,  /* of another process; Windows has the same error for it */
    SOCKET_BOUND,
};

/* Who has a port. A reserved one is WSAEACCES (observed with Windows' own reservations: microsoft/WSL#5514,
 * docker/docs#15452). */
static void check_held( int family, int type, USHORT port, enum holder holder )
{
    SOCKET s = new_socket( family, type );
    int ret = bind_to( s, family, port );

    if (holder == OTHER_RESERVATION) ok( ret, "port %u: bind returned %d\n", port, ret );
    else if (holder) ok( ret && WSAGetLastError() == (holder == SOCKET_BOUND ? WSAEADDRINUSE : WSAEACCES),
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

    owner = new_socket( family, type );
    expect_success( acquire( owner, 0, 3, &reservation ));
    first = ntohs( reservation.start );
    ok( first && reservation.count == 3, "got %u ports from %u\n", reservation.count, first );
    ok( reservation.token, "no token\n" );
    for (i = 0; i < 3; i++) check_held( family, type, first + i, RESERVATION );
    expect_error( acquire( owner, first + 2, 1, &other ), WSAEADDRINUSE );
    expect_error( acquire( owner, first - 1, 2, &other ), WSAEADDRINUSE );

    /* each socket gets a port of the block, until there is none; addresses do not matter */
    for (i = 0; i < 4; i++)
    {
        s[i] = new_socket( family, type );
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
    for (i = 0; i < 3; i++) check_held( family, type, first + i, SOCKET_BOUND );

    /* a port goes back to its reservation */
    closesocket( s[0] );
    check_held( family, type, first + 1, RESERVATION );
    expect_success( bind_to( s[3], family, 0 ));
    ok( port_of( s[3] ) == first + 1, "got port %u\n", port_of( s[3] ) );

    /* what is bound stays, the rest is anybody's */
    closesocket( s[3] );
    expect_success( give_token( s[1], CODE_RELEASE_PORTS, reservation.token ));
    check_held( family, type, first + 1, NOBODY );
    check_held( family, type, port_of( s[1] ), SOCKET_BOUND );
    expect_error( give_token( owner, CODE_RELEASE_PORTS, reservation.token ), WSAEINVAL );
    closesocket( s[1] );
    closesocket( s[2] );
    check_held( family, type, first, NOBODY );

    /* it lasts as long as the socket */
    expect_success( acquire( owner, first, 2, &reservation ));
    ok( ntohs( reservation.start ) == first, "got port %u\n", ntohs( reservation.start ));
    check_held( family, type, first + 1, RESERVATION );
    closesocket( owner );
    check_held( family, type, first + 1, NOBODY );
    s[0] = new_socket( family, type );
    expect_error( give_token( s[0], CODE_ASSOCIATE_PORTS, reservation.token ), WSAEINVAL );
    closesocket( s[0] );
}

/* Binding that nobody asked for takes a reserved port, too; data passes. */
/* A reservation ends with the handle that made it, however that is closed (MS:
 * SIO_ACQUIRE_PORT_RESERVATION). */
static void test_reservation_end( BOOL by_handle )
{
    SOCKET owner = new_socket( AF_INET, SOCK_DGRAM ), other = new_socket( AF_INET, SOCK_DGRAM );
    struct port_reservation reservation, again;
    USHORT first;

    expect_success( acquire( owner, 0, 2, &reservation ));
    first = ntohs( reservation.start );
    expect_error( acquire( other, first, 2, &again ), WSAEADDRINUSE );
    if (by_handle) CloseHandle( (HANDLE)owner );
    else closesocket( owner );
    expect_success( acquire( other, first, 2, &again ));
    closesocket( other );
}

static void test_reserved_connect( void )
{
    struct port_reservation reservation;
    struct sockaddr_storage addr;
    SOCKET owner, listener, s, peer;
    struct sockaddr_in from;
    char buffer[4];
    int len, ret;

    owner = new_socket( AF_INET, SOCK_STREAM );
    expect_success( acquire( owner, 0, 2, &reservation ));
    listener = new_socket( AF_INET, SOCK_STREAM );
    expect_success( give_token( listener, CODE_ASSOCIATE_PORTS, reservation.token ));
    expect_success( bind_to( listener, AF_INET, 0 ));
    expect_success( listen( listener, 1 ));
    len = sizeof(addr);
    getsockname( listener, (struct sockaddr *)&addr, &len );
    s = new_socket( AF_INET, SOCK_STREAM );
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
    owner = new_socket( AF_INET, SOCK_DGRAM );
    expect_success( acquire( owner, 0, 1, &reservation ));
    s = new_socket( AF_INET, SOCK_STREAM );
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

/* A reservation is its process' own: others neither get the ports nor may use the token. */
static void test_reservation_child( char **argv )
{
    ULONG64 token = (ULONG64)strtoul( argv[4], NULL, 16 ) << 32 | strtoul( argv[5], NULL, 16 );
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM );

    check_held( AF_INET, SOCK_DGRAM, atoi( argv[3] ), OTHER_RESERVATION );
    check_held( AF_INET, SOCK_STREAM, atoi( argv[3] ), NOBODY );     /* it is for one protocol */
    expect_error( give_token( s, CODE_ASSOCIATE_PORTS, token ), WSAEINVAL );
    expect_error( give_token( s, CODE_RELEASE_PORTS, token ), WSAEINVAL );
    closesocket( s );
}

static void test_reservation_processes( void )
{
    struct port_reservation reservation;
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM );
    PROCESS_INFORMATION info;

    expect_success( acquire( s, 0, 1, &reservation ));
    if (start_child( &info, TRUE, "codes", "reservation %u %lx %lx", ntohs( reservation.start ),
                     (DWORD)(reservation.token >> 32), (DWORD)reservation.token ))
        finish_child( &info );
    expect_success( give_token( s, CODE_RELEASE_PORTS, reservation.token ));
    closesocket( s );
}

static void test_reservation_errors( void )
{
    struct port_reservation reservation;
    struct port_range range = { 0, 1 };
    SOCKET s = new_socket( AF_INET, SOCK_STREAM ), raw;
    ULONG64 token = 0;
    unsigned int i;
    DWORD count;

    count = 0xdeadbeef;         /* a short buffer: WSAEINVAL, and 0 bytes */
    expect_error( ioctl( s, CODE_ACQUIRE_PORTS, &range, sizeof(range), &reservation,
                           sizeof(reservation) - 1, &count ), WSAEINVAL );
    ok( !count, "got %lu bytes\n", count );
    expect_error( ioctl( s, CODE_ACQUIRE_PORTS, &range, sizeof(range) - 1, &reservation,
                           sizeof(reservation), &count ), WSAEINVAL );
    expect_error( ioctl( s, CODE_ACQUIRE_PORTS, NULL, sizeof(range), &reservation, sizeof(reservation),
                           &count ), WSAEFAULT );
    expect_error( ioctl( s, CODE_ACQUIRE_PORTS, bad_pointer(), sizeof(range), &reservation,
                           sizeof(reservation), &count ), WSAEFAULT );
    expect_error( ioctl( s, CODE_ACQUIRE_PORTS, &range, sizeof(range), bad_pointer(),
                           sizeof(reservation), &count ), WSAEFAULT );
    expect_error( acquire( s, 0, 0, &reservation ), WSAEINVAL );
    expect_error( acquire( s, 65535, 2, &reservation ), WSAEINVAL );
    for (i = 0; i < 2; i++)
    {
        DWORD code = i ? CODE_RELEASE_PORTS : CODE_ASSOCIATE_PORTS;

        expect_error( give_token( s, code, 0 ), WSAEINVAL );
        expect_error( give_token( s, code, 0xdeadbeef ), WSAEINVAL );
        expect_error( ioctl( s, code, &token, sizeof(token) - 1, NULL, 0, &count ), WSAEINVAL );
        expect_error( ioctl( s, code, NULL, sizeof(token), NULL, 0, &count ), WSAEFAULT );
        expect_error( ioctl( s, code, bad_pointer(), sizeof(token), NULL, 0, &count ), WSAEFAULT );
    }
    expect_error( ioctl( 0xdead, CODE_ACQUIRE_PORTS, &range, sizeof(range), &reservation,
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

/*** time stamps ***/

struct timestamping
{
    ULONG flags;
    USHORT buffered;
};

static int configure_stamps( SOCKET s, ULONG flags, USHORT buffered )
{
    struct timestamping config = { flags, buffered };
    DWORD count = 0xdeadbeef;

    return ioctl( s, CODE_TIMESTAMPING, &config, sizeof(config), NULL, 0, &count );
}

static int get_stamp( SOCKET s, UINT32 id, ULONGLONG *stamp )
{
    DWORD count = 0xdeadbeef;
    int ret = ioctl( s, CODE_GET_TX_TIMESTAMP, &id, sizeof(id), stamp, sizeof(*stamp), &count );

    ok( ret || count == sizeof(*stamp), "got %lu bytes\n", count );
    return ret;
}

static ULONGLONG counter( void )
{
    LARGE_INTEGER now;

    QueryPerformanceCounter( &now );
    return now.QuadPart;
}

/* A stamp lies between two readings of the counter, but for the accuracy of clocks. */
static void check_stamp( ULONGLONG before, ULONGLONG stamp, ULONGLONG after )
{
    LARGE_INTEGER frequency;
    ULONGLONG slack;

    QueryPerformanceFrequency( &frequency );
    slack = frequency.QuadPart / 10000;
    ok( stamp + slack >= before, "stamp is %d ticks too early\n", (int)(before - stamp) );
    ok( stamp <= after + slack, "stamp is %d ticks too late\n", (int)(stamp - after) );
}

static int send_stamped( SOCKET s, UINT32 id )
{
    static const GUID guid = WSAID_WSASENDMSG;
    LPFN_WSASENDMSG send_msg = (LPFN_WSASENDMSG)get_extension( s, &guid );
    ULONGLONG space[8] = { 0 };
    WSABUF buf = { 4, (char *)"data" };
    WSAMSG msg = { NULL, 0, &buf, 1, { 0, (char *)space }, 0 };
    WSACMSGHDR *header = (WSACMSGHDR *)space;
    DWORD count;

    header->cmsg_len = WSA_CMSG_LEN( sizeof(id) );
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = 0x300b;     /* SO_TIMESTAMP_ID */
    memcpy( WSA_CMSG_DATA( header ), &id, sizeof(id) );
    msg.Control.len = WSA_CMSG_SPACE( sizeof(id) );
    return send_msg( s, &msg, 0, &count, NULL, NULL );
}

/* Receive a datagram with its stamp, at once (how 0) or after waiting (1). 0 when there is no stamp. */
static ULONGLONG receive_stamp( SOCKET s, SOCKET sender, int how )
{
    static const GUID guid = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG recv_msg = (LPFN_WSARECVMSG)get_extension( s, &guid );
    OVERLAPPED overlapped = { 0 };
    ULONGLONG space[32] = { 0 };
    char data[16];
    WSABUF buf = { sizeof(data), data };
    WSAMSG msg = { NULL, 0, &buf, 1, { sizeof(space), (char *)space }, 0 };
    WSACMSGHDR *header;
    DWORD count, flags;
    ULONGLONG stamp = 0;
    int ret;

    if (how)
    {
        overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
        expect_error( recv_msg( s, &msg, NULL, &overlapped, NULL ), WSA_IO_PENDING );
        ret = send( sender, "data", 4, 0 );
        ok( ret == 4, "send returned %d, error %d\n", ret, WSAGetLastError() );
        ret = WaitForSingleObject( overlapped.hEvent, PATIENCE );
        ok( !ret, "wait returned %d\n", ret );
        ret = WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags );
        ok( ret && count == 4, "got %d, %lu bytes, error %d\n", ret, count, WSAGetLastError() );
        CloseHandle( overlapped.hEvent );
    }
    else
    {
        ret = send( sender, "data", 4, 0 );
        ok( ret == 4, "send returned %d, error %d\n", ret, WSAGetLastError() );
        expect_success( recv_msg( s, &msg, &count, NULL, NULL ));
    }
    for (header = WSA_CMSG_FIRSTHDR( &msg ); header; header = WSA_CMSG_NXTHDR( &msg, header ))
    {
        ok( header->cmsg_level == SOL_SOCKET && header->cmsg_type == 0x300a, "got message %d %d\n",
            header->cmsg_level, header->cmsg_type );
        ok( header->cmsg_len == WSA_CMSG_LEN( sizeof(stamp) ), "got length %Iu\n", header->cmsg_len );
        memcpy( &stamp, WSA_CMSG_DATA( header ), sizeof(stamp) );
    }
    return stamp;
}

/* MS: Winsock timestamping. On Windows an interface may not make stamps: then there are none. */
static void test_timestamps( void )
{
    const UINT32 unknown = 77;
    UINT32 id;
    SOCKET s, src, dst;
    ULONGLONG before, stamp, stamps[3] = { 0 };
    struct timestamping config = { 0 };
    WSANETWORKEVENTS events;
    OVERLAPPED overlapped;
    char buffer[16];
    WSABUF buf = { sizeof(buffer), buffer };
    BOOL available;
    HANDLE event;
    unsigned int i;
    DWORD count, flags;
    int ret;

    s = new_socket( AF_INET, SOCK_STREAM );
    expect_error( configure_stamps( s, 1, 0 ), WSAEOPNOTSUPP );
    expect_error( get_stamp( s, 1, &stamp ), WSAEOPNOTSUPP );
    closesocket( s );

    udp_socketpair( &src, &dst );
    expect_error( ioctl( dst, CODE_TIMESTAMPING, NULL, 0, NULL, 0, &count ), WSAEFAULT );
    expect_error( ioctl( dst, CODE_TIMESTAMPING, bad_pointer(), sizeof(config), NULL, 0, &count ),
                  WSAEFAULT );
    expect_error( configure_stamps( dst, 4, 0 ), WSAEINVAL );
    ok( !receive_stamp( dst, src, 0 ), "got a stamp\n" );

    expect_success( configure_stamps( dst, 1, 0 ));
    for (i = 0; i < 2; i++)
    {
        before = counter();
        stamp = receive_stamp( dst, src, i );
        ok( stamp || broken( !stamp ), "%u: no stamp\n", i );
        if (stamp) check_stamp( before, stamp, counter() );
    }
    expect_success( configure_stamps( dst, 0, 0 ));
    ok( !receive_stamp( dst, src, 0 ), "got a stamp\n" );

    /* of sent datagrams: each is asked for by its number, and forgotten then; more than fit are dropped */
    expect_error( get_stamp( src, unknown, &stamp ), WSAEWOULDBLOCK );
    expect_success( send_stamped( src, 1 ));        /* nobody wants it */
    expect_success( configure_stamps( src, 2, 2 ));
    before = counter();
    for (id = 1; id <= 3; id++) expect_success( send_stamped( src, id ));
    expect_error( get_stamp( src, unknown, &stamp ), WSAEWOULDBLOCK );
    available = TRUE;
    for (id = 3; id; id--)
    {
        ret = get_stamp( src, id, &stamps[id - 1] );
        if (id < 3 && ret) available = FALSE;
        ok( !ret == (id < 3) || broken( ret ), "%u: returned %d\n", id, ret );
        ok( !ret || WSAGetLastError() == WSAEWOULDBLOCK, "%u: error %d\n", id, WSAGetLastError() );
    }
    if (available)
    {
        check_stamp( before, stamps[0], counter() );
        check_stamp( stamps[0], stamps[1], counter() );
        expect_error( get_stamp( src, 1, &stamp ), WSAEWOULDBLOCK );
        /* there is room again */
        expect_success( send_stamped( src, 4 ));
        expect_success( get_stamp( src, 4, &stamp ));
    }
    /* the host tells stamps as if they were errors: nobody may notice */
    event = WSACreateEvent();
    expect_success( WSAEventSelect( src, event, FD_READ | FD_CONNECT | FD_CLOSE ));
    for (i = 0; i < 50; i++) expect_success( send_stamped( src, 100 + i ));
    expect_success( WSAEnumNetworkEvents( src, event, &events ));
    ok( !events.lNetworkEvents, "got events %#lx\n", events.lNetworkEvents );
    expect_success( WSAEventSelect( src, NULL, 0 ));
    memset( &overlapped, 0, sizeof(overlapped) );
    overlapped.hEvent = event;
    flags = 0;
    expect_error( WSARecv( src, &buf, 1, NULL, &flags, &overlapped, NULL ), WSA_IO_PENDING );
    for (i = 0; i < 50; i++) expect_success( send_stamped( src, 200 + i ));
    ok( !HasOverlappedIoCompleted( &overlapped ), "receive is over, status %#lx\n",
        (DWORD)overlapped.Internal );
    ret = send( dst, "back", 4, 0 );
    ok( ret == 4, "send returned %d, error %d\n", ret, WSAGetLastError() );
    ret = WaitForSingleObject( event, PATIENCE );
    ok( !ret, "wait returned %d\n", ret );
    ret = WSAGetOverlappedResult( src, &overlapped, &count, FALSE, &flags );
    ok( ret && count == 4, "got %d, %lu bytes, error %d\n", ret, count, WSAGetLastError() );
    WSACloseEvent( event );

    expect_error( ioctl( src, CODE_GET_TX_TIMESTAMP, &id, sizeof(id) - 1, &stamp, sizeof(stamp), &count ),
                  WSAEFAULT );
    expect_error( ioctl( src, CODE_GET_TX_TIMESTAMP, &id, sizeof(id), &stamp, sizeof(stamp) - 1, &count ),
                  WSAEFAULT );
    expect_error( ioctl( src, CODE_GET_TX_TIMESTAMP, NULL, sizeof(id), &stamp, sizeof(stamp), &count ),
                  WSAEFAULT );
    expect_success( configure_stamps( src, 0, 0 ));
    closesocket( src );
    closesocket( dst );
}

/*** features that are not there ***/

static int query_setting( SOCKET s, const void *setting, DWORD *status, DWORD *count )
{
    return ioctl( s, CODE_QUERY_SETTING, setting, sizeof(GUID), status, sizeof(*status), count );
}

/* MS: SIO_APPLY_TRANSPORT_SETTING, SIO_QUERY_TRANSPORT_SETTING */
static void test_settings( void )
{
    static const GUID real_time =
        { 0x6b59819a, 0x5cae, 0x492d, { 0xa9, 0x01, 0x2a, 0x3c, 0x2c, 0x50, 0x16, 0x4f } };
    static const GUID nameres =
        { 0x59a38b67, 0xd4fe, 0x46e1, { 0xba, 0x3c, 0x87, 0xea, 0x74, 0xca, 0x30, 0x49 } };
    struct { GUID setting, event; } input;
    SOCKET src, dst, tcp = new_socket( AF_INET, SOCK_STREAM ), udp = new_socket( AF_INET, SOCK_DGRAM );
    DWORD count, status;

    memset( &input, 0, sizeof(input) );
    input.setting = real_time;
    tcp_socketpair( &src, &dst );
    status = 0xdeadbeef;
    expect_success( query_setting( src, &input, &status, &count ));
    ok( count == sizeof(status) && !status, "got %lu bytes, status %lu\n", count, status ); /* no trigger */
    count = 0xdeadbeef;
    expect_error( ioctl( src, CODE_QUERY_SETTING, &input, sizeof(GUID), &status, 3, &count ),
                  ERROR_INSUFFICIENT_BUFFER );
    ok( count == sizeof(status), "got %lu bytes\n", count );
    expect_error( ioctl( src, CODE_QUERY_SETTING, &input, sizeof(GUID) - 1, &status, sizeof(status),
                           &count ), WSAEINVAL );
    expect_error( query_setting( src, bad_pointer(), &status, &count ), WSAEFAULT );
    expect_error( query_setting( src, &input, bad_pointer(), &count ), WSAEFAULT );
    expect_error( query_setting( tcp, &input, &status, &count ), WSAENOTCONN );
    expect_error( query_setting( udp, &input, &status, &count ), WSAEOPNOTSUPP );
    expect_error( ioctl( tcp, CODE_APPLY_SETTING, &input, sizeof(input) - 1, NULL, 0, &count ),
                  WSAEINVAL );
    input.setting = nameres;
    expect_error( query_setting( src, &input, &status, &count ), WSAEINVAL );
    expect_success( ioctl( tcp, CODE_APPLY_SETTING, &input, 24, NULL, 0, &count ));
    expect_error( ioctl( tcp, CODE_APPLY_SETTING, &input, 23, NULL, 0, &count ), WSAEINVAL );
    expect_error( ioctl( tcp, CODE_APPLY_SETTING, NULL, 24, NULL, 0, &count ), WSAEFAULT );
    expect_error( ioctl( tcp, CODE_APPLY_SETTING, &input, 15, NULL, 0, &count ), WSAEINVAL );
    input.setting.Data1++;
    expect_error( ioctl( tcp, CODE_APPLY_SETTING, &input, sizeof(input), NULL, 0, &count ), WSAEINVAL );
    closesocket( src );
    closesocket( dst );
    closesocket( tcp );
    closesocket( udp );
}

/* MS: SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS, ..._CONTEXT, SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS */
static void test_redirection( DWORD code )
{
    SOCKET s = new_socket( AF_INET, SOCK_STREAM );
    char buffer[64] = { 0 };
    DWORD count;

    if (code == CODE_SET_REDIRECTION)
    {
        expect_error( ioctl( s, code, NULL, sizeof(buffer), NULL, 0, &count ), WSAEFAULT );
        expect_error( ioctl( s, code, bad_pointer(), sizeof(buffer), NULL, 0, &count ), WSAEFAULT );
        expect_error( ioctl( s, code, NULL, 0, NULL, 0, &count ), WSAEINVAL );
    }
    else
    {
        count = 0xdeadbeef;
        expect_error( ioctl( s, code, NULL, 0, buffer, 3, &count ), WSAEINVAL );
        ok( !count, "got %lu bytes\n", count );
        expect_error( ioctl( s, code, NULL, 0, bad_pointer(), sizeof(buffer), &count ), WSAEFAULT );
        expect_error( ioctl( s, code, NULL, 0, buffer, sizeof(buffer), &count ), WSAENOTCONN );
    }
    closesocket( s );
}

/* MS: Winsock IOCTLs, SIO_CPU_AFFINITY: sockets of several processors have one address. */
static void test_affinity( void )
{
    struct sockaddr_storage addr;
    SOCKET s[3], sender;
    BOOL one = TRUE;
    USHORT cpu = 0xfffe;
    unsigned int i, received = 0;
    char buffer[4];
    DWORD count;
    int len;

    for (i = 0; i < 3; i++) s[i] = new_socket( AF_INET, SOCK_DGRAM );
    expect_error( ioctl( s[0], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ), WSAEINVAL );
    cpu = 0;
    expect_error( ioctl( s[0], CODE_CPU_AFFINITY, &cpu, 1, NULL, 0, &count ), WSAEFAULT );
    expect_success( setsockopt( s[2], SOL_SOCKET, SO_REUSEADDR, (char *)&one, sizeof(one) ));
    expect_error( ioctl( s[2], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ), WSAEINVAL );
    expect_success( ioctl( s[0], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ));
    expect_success( ioctl( s[1], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ));
    expect_success( bind_to( s[0], AF_INET, 0 ));
    expect_success( bind_to( s[1], AF_INET, port_of( s[0] )));
    expect_error( ioctl( s[1], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ), WSAEINVAL );

    /* each datagram arrives at one of them */
    len = sizeof(addr);
    getsockname( s[0], (struct sockaddr *)&addr, &len );
    sender = new_socket( AF_INET, SOCK_DGRAM );
    for (i = 0; i < 10; i++) sendto( sender, "x", 1, 0, (struct sockaddr *)&addr, len );
    for (i = 0; i < 2; i++)
    {
        set_blocking( s[i], FALSE );
        while (recv( s[i], buffer, sizeof(buffer), 0 ) == 1) received++;
    }
    ok( received == 10, "received %u\n", received );
    closesocket( sender );
    for (i = 0; i < 3; i++) closesocket( s[i] );
}

START_TEST(codes)
{
    unsigned int i;
    char **argv;
    int argc = winetest_get_mainargs( &argv );

    start_sockets();
    if (argc > 5 && !strcmp( argv[2], "reservation" ))
    {
        test_reservation_child( argv );
        stop_sockets();
        return;
    }
    for (i = 0; i < 4; i++)
    {
        int family = i & 1 ? AF_INET6 : AF_INET, type = i & 2 ? SOCK_DGRAM : SOCK_STREAM;

        if (family == AF_INET6 && !have_ipv6()) continue;
        winetest_push_context( "family %d, type %d", family, type );
        test_reservation( family, type );
        winetest_pop_context();
    }
    test_reservation_end( FALSE );
    test_reservation_end( TRUE );
    test_reserved_connect();
    test_reservation_errors();
    test_reservation_processes();
    test_timestamps();
    test_settings();
    test_redirection( CODE_QUERY_RECORDS );
    test_redirection( CODE_QUERY_CONTEXT );
    test_redirection( CODE_SET_REDIRECTION );
    test_affinity();
    stop_sockets();
}
