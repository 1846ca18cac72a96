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
#define CODE_APPLY_SETTING      0x98000013
#define CODE_QUERY_SETTING      0x98000014
#define CODE_CPU_AFFINITY       0x98000015
#define CODE_QUERY_RECORDS      0x980000dc
#define CODE_QUERY_CONTEXT      0x980000dd
#define CODE_SET_REDIRECTION    0x980000de
#define CODE_GET_TX_TIMESTAMP   0x980000ea
#define CODE_TIMESTAMPING       0x980000eb
#define CODE_RCVALL             0x98000001
#define CODE_RCVALL_MCAST       0x98000002
#define CODE_RCVALL_IGMPMCAST   0x98000003

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
    SOCKET s = make( family, type );
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

    owner = make( family, type );
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

/* A reservation is its process' own: others neither get the ports nor may use the token. */
static void test_reservation_child( char **argv )
{
    ULONG64 token = (ULONG64)strtoul( argv[4], NULL, 16 ) << 32 | strtoul( argv[5], NULL, 16 );
    SOCKET s = make( AF_INET, SOCK_DGRAM );

    check_held( AF_INET, SOCK_DGRAM, atoi( argv[3] ), OTHER_RESERVATION );
    check_held( AF_INET, SOCK_STREAM, atoi( argv[3] ), NOBODY );     /* it is for one protocol */
    expect_error( give_token( s, CODE_ASSOCIATE_PORTS, token ), WSAEINVAL );
    expect_error( give_token( s, CODE_RELEASE_PORTS, token ), WSAEINVAL );
    closesocket( s );
}

static void test_reservation_processes( void )
{
    struct port_reservation reservation;
    SOCKET s = make( AF_INET, SOCK_DGRAM );
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

/*** all packets of an interface ***/

static const char mark[] = "the packet that the test looks for";

struct ipv4_header
{
    BYTE version, tos;
    USHORT length, id, fragment;
    BYTE ttl, protocol;
    USHORT checksum;
    ULONG from, to;
};

static int set_value( SOCKET s, DWORD code, DWORD value )
{
    DWORD count;

    return control( s, code, &value, sizeof(value), NULL, 0, &count );
}

/* A raw socket bound to an address, INVALID_SOCKET without the privilege for one. */
static SOCKET raw_socket( int protocol, ULONG address )
{
    struct sockaddr_in addr = loopback_address( 0 );
    SOCKET s = WSASocketW( AF_INET, SOCK_RAW, protocol, NULL, 0, WSA_FLAG_OVERLAPPED );
    DWORD timeout = PATIENCE;

    if (s == INVALID_SOCKET)
    {
        ok( WSAGetLastError() == WSAEACCES, "got error %d\n", WSAGetLastError() );
        return s;
    }
    addr.sin_addr.s_addr = htonl( address );
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    return s;
}

/* Other programs use the interface, too. */
static BOOL is_marked( const char *packet, int len )
{
    const struct ipv4_header *header = (const struct ipv4_header *)packet;

    return len == sizeof(*header) + 8 + sizeof(mark) && header->version == 0x45 &&
           header->protocol == IPPROTO_UDP && !memcmp( packet + sizeof(*header) + 8, mark, sizeof(mark) );
}

static BOOL is_syn( const char *packet, int len, USHORT port )
{
    const struct ipv4_header *header = (const struct ipv4_header *)packet;
    const USHORT *ports = (const USHORT *)(header + 1);

    return len >= sizeof(*header) + 20 && header->version == 0x45 && header->protocol == IPPROTO_TCP &&
           ports[1] == port && (packet[sizeof(*header) + 13] & 0x12) == 2;
}

static void send_marked( SOCKET s, const struct sockaddr_in *to )
{
    int ret = sendto( s, mark, sizeof(mark), 0, (const struct sockaddr *)to, sizeof(*to) );

    ok( ret == sizeof(mark), "sendto returned %d, error %d\n", ret, WSAGetLastError() );
}

static unsigned int routine_calls;
static DWORD routine_error, routine_count;

static void WINAPI routine( DWORD error, DWORD count, OVERLAPPED *overlapped, DWORD flags )
{
    routine_calls++;
    routine_error = error;
    routine_count = count;
}

/* Other programs' packets come too: that many before one of ours. */
#define MAX_PACKETS 20000

/* Receive overlapped until the marked packet comes; how: 0 event, 1 completion routine, 2 port. */
static void receive_marked( SOCKET s, SOCKET sender, const struct sockaddr_in *to, int how, HANDLE port )
{
    OVERLAPPED overlapped, *completed;
    BOOL pended = FALSE, found = FALSE;
    struct sockaddr_in from;
    unsigned int i;
    INT len;
    ULONG_PTR key;
    DWORD count, flags;
    char buffer[65536];
    WSABUF buf = { sizeof(buffer), buffer };
    int ret;

    for (i = 0; i < MAX_PACKETS && !found; i++)
    {
        memset( &overlapped, 0, sizeof(overlapped) );
        if (!how) overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
        routine_calls = 0;
        flags = 0;
        len = sizeof(from);
        memset( &from, 0xcc, sizeof(from) );
        ret = WSARecvFrom( s, &buf, 1, NULL, &flags, (struct sockaddr *)&from, &len, &overlapped,
                           how == 1 ? routine : NULL );
        ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "WSARecvFrom returned %d, error %d\n", ret,
            WSAGetLastError() );
        /* where others send so much that nothing pends, the packet may also be one that was dropped */
        if ((ret && !pended) || i % 1000 == 999) send_marked( sender, to );
        if (ret) pended = TRUE;
        count = 0xdeadbeef;
        if (how == 1)
        {
            ret = SleepEx( PATIENCE, TRUE );
            ok( ret == WAIT_IO_COMPLETION && routine_calls == 1, "routine called %u times\n",
                routine_calls );
            ok( !routine_error, "got error %lu\n", routine_error );
            count = routine_count;
        }
        else if (how == 2)
        {
            ret = GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
            ok( ret && completed == &overlapped, "got %d, %p\n", ret, completed );
        }
        else
        {
            ret = WaitForSingleObject( overlapped.hEvent, PATIENCE );
            ok( !ret, "wait returned %d\n", ret );
            ret = WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags );
            ok( ret, "failed, error %d\n", WSAGetLastError() );
            CloseHandle( overlapped.hEvent );
        }
        found = is_marked( buffer, count );
        ok( from.sin_family == AF_INET && from.sin_addr.s_addr == ((struct ipv4_header *)buffer)->from,
            "from %#lx\n", from.sin_addr.s_addr );
        if (!ret && how != 1) break;
    }
    ok( found, "no packet in %u\n", i );
    ok( pended || i >= 1000, "no receive was pending\n" );
}

/* Switch it on. FALSE: the test is over, without privilege. */
static BOOL receive_all( SOCKET s, DWORD code )
{
    int ret = set_value( s, code, 1 );

    if (ret && WSAGetLastError() == WSAEACCES)
    {
        skip( "receiving all packets needs privilege\n" );
        closesocket( s );
        return FALSE;
    }
    ok( !ret, "failed, error %d\n", WSAGetLastError() );
    return TRUE;
}

/* MS: SIO_RCVALL */
static void test_rcvall( void )
{
    struct sockaddr_storage to_addr, listener_addr;
    struct sockaddr_in *to = (struct sockaddr_in *)&to_addr, from;
    SOCKET s, sender, receiver, listener, client;
    BOOL found_udp = FALSE, found_syn = FALSE;
    struct timeval no_time = { 0 };
    WSANETWORKEVENTS events;
    OVERLAPPED overlapped, *completed = NULL;
    HANDLE event, port;
    ULONG_PTR key;
    char buffer[65536];
    WSABUF buf = { sizeof(buffer), buffer };
    DWORD count, flags;
    unsigned int i;
    fd_set set;
    int len, ret;

    s = make( AF_INET, SOCK_DGRAM );
    expect_error( set_value( s, CODE_RCVALL, 1 ), WSAEOPNOTSUPP );
    closesocket( s );

    if ((s = raw_socket( IPPROTO_IP, INADDR_LOOPBACK )) == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege\n" );
        return;
    }
    expect_error( set_value( s, CODE_RCVALL, 4 ), WSAEINVAL );
    expect_error( control( s, CODE_RCVALL, NULL, 0, NULL, 0, &count ), WSAEINVAL );
    expect_error( control( s, CODE_RCVALL, bad_pointer(), 4, NULL, 0, &count ), WSAEFAULT );
    client = WSASocketW( AF_INET, SOCK_RAW, IPPROTO_IP, NULL, 0, WSA_FLAG_OVERLAPPED );
    expect_error( set_value( client, CODE_RCVALL, 1 ), WSAEINVAL );     /* not bound */
    closesocket( client );
    client = raw_socket( IPPROTO_IP, INADDR_ANY );
    expect_error( set_value( client, CODE_RCVALL, 1 ), WSAEINVAL );
    closesocket( client );
    client = raw_socket( IPPROTO_UDP, INADDR_LOOPBACK );
    expect_error( set_value( client, CODE_RCVALL, 1 ), WSAENOPROTOOPT );
    closesocket( client );

    expect_success( set_value( s, CODE_RCVALL, 2 ));        /* does nothing */
    if (!receive_all( s, CODE_RCVALL )) return;

    /* datagrams and connections of others */
    receiver = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &to_addr, NULL );
    sender = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    send_marked( sender, to );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &listener_addr, &len );
    client = make( AF_INET, SOCK_STREAM );
    expect_success( connect( client, (struct sockaddr *)&listener_addr, len ));
    FD_ZERO( &set );
    FD_SET( s, &set );
    ret = select( 0, &set, NULL, NULL, &no_time );
    ok( ret == 1, "select returned %d\n", ret );
    for (i = 0; i < MAX_PACKETS && !(found_udp && found_syn); i++)
    {
        memset( &from, 0xcc, sizeof(from) );
        len = sizeof(from);
        ret = recvfrom( s, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &len );
        ok( ret >= (int)sizeof(struct ipv4_header), "recvfrom returned %d, error %d\n", ret,
            WSAGetLastError() );
        if (ret < 0) break;
        ok( from.sin_family == AF_INET && from.sin_addr.s_addr == ((struct ipv4_header *)buffer)->from,
            "from %#lx\n", from.sin_addr.s_addr );
        if (is_syn( buffer, ret, ((struct sockaddr_in *)&listener_addr)->sin_port )) found_syn = TRUE;
        if (!is_marked( buffer, ret )) continue;
        ok( !found_udp, "the packet came twice\n" );
        ok( ((struct ipv4_header *)buffer)->to == htonl( INADDR_LOOPBACK ), "to another address\n" );
        found_udp = TRUE;
    }
    ok( found_udp, "no datagram\n" );
    ok( found_syn, "no SYN\n" );
    closesocket( client );
    closesocket( listener );

    /* non-blocking; what is too long for the buffer is cut */
    set_blocking( s, FALSE );
    for (i = 0; i < 10000; i++) if (recv( s, buffer, sizeof(buffer), 0 ) < 0) break;
    ok( WSAGetLastError() == WSAEWOULDBLOCK, "got error %d\n", WSAGetLastError() );
    send_marked( sender, to );
    ok( wait_socket( s, "r" ), "not readable\n" );
    expect_error( recv( s, buffer, 4, 0 ), WSAEMSGSIZE );
    ok( buffer[0] == 0x45, "got %#x\n", buffer[0] );

    /* FD_READ, again after each receive */
    event = WSACreateEvent();
    expect_success( WSAEventSelect( s, event, FD_READ ));
    for (i = 0; i < 2; i++)
    {
        send_marked( sender, to );
        ret = WaitForSingleObject( event, PATIENCE );
        ok( !ret, "wait returned %d\n", ret );
        expect_success( WSAEnumNetworkEvents( s, event, &events ));
        ok( events.lNetworkEvents == FD_READ, "got events %#lx\n", events.lNetworkEvents );
        while (recv( s, buffer, sizeof(buffer), 0 ) >= 0) {}
    }
    expect_success( WSAEventSelect( s, NULL, 0 ));
    WSACloseEvent( event );
    set_blocking( s, TRUE );

    receive_marked( s, sender, to, 0, NULL );
    receive_marked( s, sender, to, 1, NULL );
    port = CreateIoCompletionPort( (HANDLE)s, NULL, 0x51, 0 );
    receive_marked( s, sender, to, 2, port );

    /* off: nothing waits any more */
    expect_success( set_value( s, CODE_RCVALL, 0 ));
    expect_success( set_value( s, CODE_RCVALL, 0 ));
    set_blocking( s, FALSE );
    send_marked( sender, to );
    expect_error( recv( s, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    expect_success( set_value( s, CODE_RCVALL, 3 ));
    receive_marked( s, sender, to, 2, port );
    for (i = 0; i < 10000; i++) if (recv( s, buffer, sizeof(buffer), 0 ) < 0) break;

    /* cancelled */
    memset( &overlapped, 0, sizeof(overlapped) );
    flags = 0;
    ret = WSARecv( s, &buf, 1, NULL, &flags, &overlapped, NULL );
    if (ret)
    {
        CancelIoEx( (HANDLE)s, &overlapped );
        ret = GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
        ok( completed == &overlapped, "got %p\n", completed );
        ok( ret || GetLastError() == ERROR_OPERATION_ABORTED, "got error %lu\n", GetLastError() );
    }
    else GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );

    /* a receive that pends ends with its socket; packets of others may come first */
    memset( &overlapped, 0, sizeof(overlapped) );
    flags = 0;
    ret = WSARecv( s, &buf, 1, NULL, &flags, &overlapped, NULL );
    closesocket( s );
    if (ret)
    {
        completed = NULL;
        ret = GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
        ok( completed == &overlapped, "got %p\n", completed );
        ok( ret || GetLastError() == ERROR_OPERATION_ABORTED, "got error %lu\n", GetLastError() );
    }
    CloseHandle( port );
    closesocket( sender );
    closesocket( receiver );
}

/* MS: SIO_RCVALL, the IPv6 half. Whether the header comes too is not documented. */
static void test_rcvall6( void )
{
    struct sockaddr_in6 addr = loopback_address6( 0 );
    struct sockaddr_storage to;
    SOCKET s, sender, receiver;
    DWORD timeout = PATIENCE;
    char buffer[65536];
    BOOL found = FALSE;
    int i, len, ret;

    s = WSASocketW( AF_INET6, SOCK_RAW, IPPROTO_IPV6, NULL, 0, WSA_FLAG_OVERLAPPED );
    if (s == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege\n" );
        return;
    }
    expect_error( set_value( s, CODE_RCVALL, 1 ), WSAEINVAL );
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    if (!receive_all( s, CODE_RCVALL )) return;
    expect_error( set_value( s, CODE_RCVALL_MCAST, 1 ), WSAENOPROTOOPT );
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    receiver = bound_socket( AF_INET6, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &to, &len );
    sender = bound_socket( AF_INET6, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    ret = sendto( sender, mark, sizeof(mark), 0, (struct sockaddr *)&to, len );
    ok( ret == sizeof(mark), "sendto returned %d, error %d\n", ret, WSAGetLastError() );
    for (i = 0; i < 1000 && !found; i++)
    {
        ret = recv( s, buffer, sizeof(buffer), 0 );
        if (ret < 0) break;
        found = ret >= (int)sizeof(mark) && !memcmp( buffer + ret - sizeof(mark), mark, sizeof(mark) );
    }
    ok( found, "no packet in %d, recv returned %d, error %d\n", i, ret, WSAGetLastError() );
    closesocket( s );
    closesocket( sender );
    closesocket( receiver );
}

/* MS: Winsock IOCTLs. A raw socket that receives groups goes on receiving what is its own. */
static void test_rcvall_groups( DWORD code, int protocol )
{
    struct sockaddr_storage to_addr;
    struct sockaddr_in *to = (struct sockaddr_in *)&to_addr, group = loopback_address( 9 );
    struct in_addr loopback = loopback_address( 0 ).sin_addr;
    SOCKET s, sender, receiver;
    unsigned int i, own = 0, groups = 0;
    char buffer[65536];
    DWORD count;
    int ret;

    s = make( AF_INET, SOCK_STREAM );
    expect_error( set_value( s, code, 1 ), WSAEOPNOTSUPP );
    closesocket( s );
    if ((s = raw_socket( protocol, INADDR_LOOPBACK )) == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege\n" );
        return;
    }
    expect_error( set_value( s, code, 4 ), WSAEINVAL );
    expect_error( control( s, code, NULL, 0, NULL, 0, &count ), WSAEINVAL );
    receiver = raw_socket( IPPROTO_ICMP, INADDR_LOOPBACK );
    expect_error( set_value( receiver, code, 1 ), WSAENOPROTOOPT );
    closesocket( receiver );
    receiver = raw_socket( protocol, INADDR_ANY );
    expect_error( set_value( receiver, code, 1 ), WSAEINVAL );
    closesocket( receiver );
    if (!receive_all( s, code )) return;

    receiver = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &to_addr, NULL );
    sender = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_success( setsockopt( sender, IPPROTO_IP, IP_MULTICAST_IF, (char *)&loopback, sizeof(loopback) ));
    group.sin_addr.s_addr = inet_addr( "239.77.3.9" );
    send_marked( sender, &group );
    send_marked( sender, to );
    /* on loopback a packet is there when its sending is over */
    set_blocking( s, FALSE );
    for (i = 0; i < 10000; i++)
    {
        ret = recv( s, buffer, sizeof(buffer), 0 );
        if (ret < 0) break;
        if (!is_marked( buffer, ret )) continue;
        if (((struct ipv4_header *)buffer)->to == group.sin_addr.s_addr) groups++;
        else own++;
    }
    ok( WSAGetLastError() == WSAEWOULDBLOCK, "got error %d\n", WSAGetLastError() );
    ok( groups == (protocol == IPPROTO_UDP), "got %u datagrams to a group\n", groups );
    ok( own == (protocol == IPPROTO_UDP), "got %u other datagrams\n", own );
    expect_success( set_value( s, code, 0 ));
    closesocket( s );
    closesocket( sender );
    closesocket( receiver );
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

    return control( s, CODE_TIMESTAMPING, &config, sizeof(config), NULL, 0, &count );
}

static int get_stamp( SOCKET s, UINT32 id, ULONGLONG *stamp )
{
    DWORD count = 0xdeadbeef;
    int ret = control( s, CODE_GET_TX_TIMESTAMP, &id, sizeof(id), stamp, sizeof(*stamp), &count );

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

    s = make( AF_INET, SOCK_STREAM );
    expect_error( configure_stamps( s, 1, 0 ), WSAEOPNOTSUPP );
    expect_error( get_stamp( s, 1, &stamp ), WSAEOPNOTSUPP );
    closesocket( s );

    udp_socketpair( &src, &dst );
    expect_error( control( dst, CODE_TIMESTAMPING, NULL, 0, NULL, 0, &count ), WSAEFAULT );
    expect_error( control( dst, CODE_TIMESTAMPING, bad_pointer(), sizeof(config), NULL, 0, &count ),
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

    expect_error( control( src, CODE_GET_TX_TIMESTAMP, &id, sizeof(id) - 1, &stamp, sizeof(stamp), &count ),
                  WSAEFAULT );
    expect_error( control( src, CODE_GET_TX_TIMESTAMP, &id, sizeof(id), &stamp, sizeof(stamp) - 1, &count ),
                  WSAEFAULT );
    expect_error( control( src, CODE_GET_TX_TIMESTAMP, NULL, sizeof(id), &stamp, sizeof(stamp), &count ),
                  WSAEFAULT );
    expect_success( configure_stamps( src, 0, 0 ));
    closesocket( src );
    closesocket( dst );
}

/*** features that are not there ***/

static int query_setting( SOCKET s, const void *setting, DWORD *status, DWORD *count )
{
    return control( s, CODE_QUERY_SETTING, setting, sizeof(GUID), status, sizeof(*status), count );
}

/* MS: SIO_APPLY_TRANSPORT_SETTING, SIO_QUERY_TRANSPORT_SETTING */
static void test_settings( void )
{
    static const GUID real_time =
        { 0x6b59819a, 0x5cae, 0x492d, { 0xa9, 0x01, 0x2a, 0x3c, 0x2c, 0x50, 0x16, 0x4f } };
    static const GUID nameres =
        { 0x59a38b67, 0xd4fe, 0x46e1, { 0xba, 0x3c, 0x87, 0xea, 0x74, 0xca, 0x30, 0x49 } };
    struct { GUID setting, event; } input;
    SOCKET src, dst, tcp = make( AF_INET, SOCK_STREAM ), udp = make( AF_INET, SOCK_DGRAM );
    DWORD count, status;

    memset( &input, 0, sizeof(input) );
    input.setting = real_time;
    tcp_socketpair( &src, &dst );
    status = 0xdeadbeef;
    expect_success( query_setting( src, &input, &status, &count ));
    ok( count == sizeof(status) && !status, "got %lu bytes, status %lu\n", count, status ); /* no trigger */
    count = 0xdeadbeef;
    expect_error( control( src, CODE_QUERY_SETTING, &input, sizeof(GUID), &status, 3, &count ),
                  ERROR_INSUFFICIENT_BUFFER );
    ok( count == sizeof(status), "got %lu bytes\n", count );
    expect_error( control( src, CODE_QUERY_SETTING, &input, sizeof(GUID) - 1, &status, sizeof(status),
                           &count ), WSAEINVAL );
    expect_error( query_setting( src, bad_pointer(), &status, &count ), WSAEFAULT );
    expect_error( query_setting( src, &input, bad_pointer(), &count ), WSAEFAULT );
    expect_error( query_setting( tcp, &input, &status, &count ), WSAENOTCONN );
    expect_error( query_setting( udp, &input, &status, &count ), WSAEOPNOTSUPP );
    expect_error( control( tcp, CODE_APPLY_SETTING, &input, sizeof(input) - 1, NULL, 0, &count ),
                  WSAEINVAL );
    input.setting = nameres;
    expect_error( query_setting( src, &input, &status, &count ), WSAEINVAL );
    expect_success( control( tcp, CODE_APPLY_SETTING, &input, 24, NULL, 0, &count ));
    expect_error( control( tcp, CODE_APPLY_SETTING, &input, 23, NULL, 0, &count ), WSAEINVAL );
    expect_error( control( tcp, CODE_APPLY_SETTING, NULL, 24, NULL, 0, &count ), WSAEFAULT );
    expect_error( control( tcp, CODE_APPLY_SETTING, &input, 15, NULL, 0, &count ), WSAEINVAL );
    input.setting.Data1++;
    expect_error( control( tcp, CODE_APPLY_SETTING, &input, sizeof(input), NULL, 0, &count ), WSAEINVAL );
    closesocket( src );
    closesocket( dst );
    closesocket( tcp );
    closesocket( udp );
}

/* MS: SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS, ..._CONTEXT, SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS */
static void test_redirection( DWORD code )
{
    SOCKET s = make( AF_INET, SOCK_STREAM );
    char buffer[64] = { 0 };
    DWORD count;

    if (code == CODE_SET_REDIRECTION)
    {
        expect_error( control( s, code, NULL, sizeof(buffer), NULL, 0, &count ), WSAEFAULT );
        expect_error( control( s, code, bad_pointer(), sizeof(buffer), NULL, 0, &count ), WSAEFAULT );
    }
    else
    {
        count = 0xdeadbeef;
        expect_error( control( s, code, NULL, 0, buffer, 3, &count ), WSAEINVAL );
        ok( !count, "got %lu bytes\n", count );
        expect_error( control( s, code, NULL, 0, bad_pointer(), sizeof(buffer), &count ), WSAEFAULT );
        expect_error( control( s, code, NULL, 0, buffer, sizeof(buffer), &count ), WSAENOTCONN );
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

    for (i = 0; i < 3; i++) s[i] = make( AF_INET, SOCK_DGRAM );
    expect_error( control( s[0], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ), WSAEINVAL );
    cpu = 0;
    expect_error( control( s[0], CODE_CPU_AFFINITY, &cpu, 1, NULL, 0, &count ), WSAEFAULT );
    expect_success( setsockopt( s[2], SOL_SOCKET, SO_REUSEADDR, (char *)&one, sizeof(one) ));
    expect_error( control( s[2], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ), WSAEINVAL );
    expect_success( control( s[0], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ));
    expect_success( control( s[1], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ));
    expect_success( bind_to( s[0], AF_INET, 0 ));
    expect_success( bind_to( s[1], AF_INET, port_of( s[0] )));
    expect_error( control( s[1], CODE_CPU_AFFINITY, &cpu, sizeof(cpu), NULL, 0, &count ), WSAEINVAL );

    /* each datagram arrives at one of them */
    len = sizeof(addr);
    getsockname( s[0], (struct sockaddr *)&addr, &len );
    sender = make( AF_INET, SOCK_DGRAM );
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
    test_reserved_connect();
    test_reservation_errors();
    test_reservation_processes();
    test_timestamps();
    test_settings();
    test_redirection( CODE_QUERY_RECORDS );
    test_redirection( CODE_QUERY_CONTEXT );
    test_redirection( CODE_SET_REDIRECTION );
    test_affinity();
    test_rcvall();
    if (have_ipv6()) test_rcvall6();
    test_rcvall_groups( CODE_RCVALL_MCAST, IPPROTO_UDP );
    test_rcvall_groups( CODE_RCVALL_IGMPMCAST, IPPROTO_IGMP );
    stop_sockets();
}
