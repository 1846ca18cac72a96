/*
 * Overlapped datagram receives that wait (rule 18): ICMP errors, order, every way to complete and to cancel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define CODE_UDP_CONNRESET _WSAIOW( IOC_VENDOR, 12 )
#define CODE_UDP_NETRESET _WSAIOW( IOC_VENDOR, 15 )

#define STATUS_PENDING_VALUE 0x103
#define STATUS_BUFFER_OVERFLOW_VALUE 0x80000005
#define STATUS_CANCELLED_VALUE 0xc0000120
#define STATUS_PORT_UNREACHABLE_VALUE 0xc000023f

struct operation
{
    OVERLAPPED ov;
    WSABUF wsabuf;
    char buffer[64];
    DWORD count, flags;
    struct sockaddr_storage from;
    int from_len;
    DWORD error, calls;         /* of the routine */
};

static DWORD status( const struct operation *op )
{
    return (DWORD)*(volatile ULONG_PTR *)&op->ov.Internal;
}

static void init_operation( struct operation *op, HANDLE event )
{
    memset( op, 0, sizeof(*op) );
    op->ov.hEvent = event;
    op->wsabuf.buf = op->buffer;
    op->wsabuf.len = sizeof(op->buffer);
    op->from_len = sizeof(op->from);
}

static struct operation *new_operation( void )
{
    struct operation *op = malloc( sizeof(*op) );

    init_operation( op, CreateEventW( NULL, TRUE, FALSE, NULL ));
    return op;
}

static void free_operation( struct operation *op )
{
    CloseHandle( op->ov.hEvent );
    free( op );
}

#define start( s, op ) start_( __LINE__, s, op, NULL )
static void start_( int line, SOCKET s, struct operation *op, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    int ret;

    op->count = 0xdeadbeef;
    WSASetLastError( 0xdeadbeef );
    ret = WSARecvFrom( s, &op->wsabuf, 1, &op->count, &op->flags, (struct sockaddr *)&op->from,
                       &op->from_len, &op->ov, routine );
    ok_( __FILE__, line )( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret,
                           WSAGetLastError() );
}

#define check_pending( op ) ok( status( op ) == STATUS_PENDING_VALUE, "got status %#lx\n", status( op ))

#define check_event( op, expect, size ) check_event_( __LINE__, op, expect, size )
static void check_event_( int line, struct operation *op, DWORD expect, DWORD size )
{
    DWORD ret = WaitForSingleObject( op->ov.hEvent, PATIENCE );

    ok_( __FILE__, line )( !ret, "not completed\n" );
    ok_( __FILE__, line )( status( op ) == expect, "got status %#lx\n", status( op ));
    ok_( __FILE__, line )( op->ov.InternalHigh == size, "got size %lu\n", (DWORD)op->ov.InternalHigh );
}

static void send_to( SOCKET s, const struct sockaddr_storage *addr, int len, const char *data )
{
    int ret = sendto( s, data, strlen( data ), 0, (const struct sockaddr *)addr, len );

    ok( ret == (int)strlen( data ), "got %d, error %d\n", ret, WSAGetLastError() );
}

static void set_report( SOCKET s, DWORD code, BOOL on )
{
    DWORD count;

    expect_success( WSAIoctl( s, code, &on, sizeof(on), NULL, 0, &count, NULL, NULL ));
}

/* A bound socket, and one connected to the other's port; the port's own socket is closed. */
struct victim
{
    SOCKET s;
    struct sockaddr_storage addr, peer;
    int addr_len, peer_len;
};

static struct victim make_victim( int family, BOOL connected )
{
    struct victim v;
    SOCKET peer;

    v.s = bound_socket( family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &v.addr, &v.addr_len );
    peer = bound_socket( family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &v.peer, &v.peer_len );
    if (connected) expect_success( connect( v.s, (struct sockaddr *)&v.peer, v.peer_len ));
    closesocket( peer );
    return v;
}

static SOCKET revive_peer( const struct victim *v )
{
    SOCKET peer = socket( v->peer.ss_family, SOCK_DGRAM, 0 );

    expect_success( bind( peer, (const struct sockaddr *)&v->peer, v->peer_len ));
    return peer;
}

/* Reference 3.3, UDP port unreachable: one receive is told, the others wait on and receive (rule 8). */
static void test_port_unreachable( int family, BOOL connected )
{
    struct victim v = make_victim( family, connected );
    struct operation *ops[4];
    DWORD count, flags;
    unsigned int i;
    SOCKET peer;

    for (i = 0; i < 4; i++) start( v.s, ops[i] = new_operation() );
    send_to( v.s, &v.peer, v.peer_len, "x" );
    check_event( ops[0], STATUS_PORT_UNREACHABLE_VALUE, 0 );
    expect_false( WSAGetOverlappedResult( v.s, &ops[0]->ov, &count, FALSE, &flags ), WSAECONNRESET );
    for (i = 1; i < 4; i++) check_pending( ops[i] );

    send_to( v.s, &v.peer, v.peer_len, "x" );
    check_event( ops[1], STATUS_PORT_UNREACHABLE_VALUE, 0 );
    check_pending( ops[2] );

    peer = revive_peer( &v );
    send_to( peer, &v.addr, v.addr_len, "one" );
    check_event( ops[2], 0, 3 );
    ok( !memcmp( ops[2]->buffer, "one", 3 ), "wrong data\n" );
    ok( ops[2]->from_len == v.peer_len && ops[2]->from.ss_family == family &&
        !memcmp( &ops[2]->from, &v.peer, 8 ), "wrong name, %d bytes\n", ops[2]->from_len );
    check_pending( ops[3] );
    send_to( peer, &v.addr, v.addr_len, "three" );
    check_event( ops[3], 0, 5 );
    ok( !memcmp( ops[3]->buffer, "three", 5 ), "wrong data\n" );

    for (i = 0; i < 4; i++) free_operation( ops[i] );
    closesocket( peer );
    closesocket( v.s );
}

static void test_port_unreachable_all( void )
{
    test_port_unreachable( AF_INET, TRUE );
    test_port_unreachable( AF_INET, FALSE );
    test_port_unreachable( AF_INET6, TRUE );
}

/* MS: SIO_UDP_CONNRESET FALSE: nothing is told, data arrives. */
static void test_not_reported( void )
{
    struct victim v = make_victim( AF_INET, TRUE );
    struct operation *op = new_operation();
    DWORD patience = PATIENCE;
    unsigned int i;
    SOCKET peer;

    set_report( v.s, CODE_UDP_CONNRESET, FALSE );
    set_report( v.s, CODE_UDP_NETRESET, FALSE );
    start( v.s, op );
    for (i = 0; i < 3; i++) send_to( v.s, &v.peer, v.peer_len, "x" );
    peer = revive_peer( &v );
    send_to( peer, &v.addr, v.addr_len, "data" );
    check_event( op, 0, 4 );

    /* changed while a receive waits */
    set_report( v.s, CODE_UDP_CONNRESET, TRUE );
    start( v.s, op );
    set_report( v.s, CODE_UDP_CONNRESET, FALSE );
    closesocket( peer );
    send_to( v.s, &v.peer, v.peer_len, "x" );
    peer = revive_peer( &v );
    send_to( peer, &v.addr, v.addr_len, "more" );
    check_event( op, 0, 4 );

    /* receives that do not wait */
    closesocket( peer );
    set_report( v.s, CODE_UDP_CONNRESET, TRUE );
    start( v.s, op );
    CancelIo( (HANDLE)v.s );
    check_event( op, STATUS_CANCELLED_VALUE, 0 );
    send_to( v.s, &v.peer, v.peer_len, "x" );
    setsockopt( v.s, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience, sizeof(patience) );
    expect_error( recv( v.s, op->buffer, 10, 0 ), WSAECONNRESET );

    free_operation( op );
    closesocket( v.s );
}

static DWORD WINAPI cancel_thread( void *arg )
{
    struct operation **ops = arg;

    start( (SOCKET)ops[1], ops[0] );
    return CancelIo( (HANDLE)ops[1] );
}

static DWORD WINAPI start_thread( void *arg )
{
    struct operation **ops = arg;

    start( (SOCKET)ops[1], ops[0] );
    return 0;
}

/* MS: CancelIo, CancelIoEx, closesocket; T:test_close_socket and others. */
static void test_cancel( void )
{
    struct sockaddr_storage addr;
    struct operation *ops[5], *args[2];
    DWORD count, flags, code;
    unsigned int i;
    HANDLE thread;
    SOCKET s;
    int len;

    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    for (i = 0; i < 5; i++) ops[i] = new_operation();

    /* one, out of order */
    for (i = 0; i < 3; i++) start( s, ops[i] );
    ok( CancelIoEx( (HANDLE)s, &ops[1]->ov ), "error %lu\n", GetLastError() );
    check_event( ops[1], STATUS_CANCELLED_VALUE, 0 );
    expect_false( WSAGetOverlappedResult( s, &ops[1]->ov, &count, FALSE, &flags ), WSA_OPERATION_ABORTED );
    check_pending( ops[0] );
    check_pending( ops[2] );
    SetLastError( 0xdeadbeef );
    ok( !CancelIoEx( (HANDLE)s, &ops[1]->ov ) && GetLastError() == ERROR_NOT_FOUND, "error %lu\n",
        GetLastError() );
    send_to( s, &addr, len, "a" );
    check_event( ops[0], 0, 1 );
    send_to( s, &addr, len, "b" );
    check_event( ops[2], 0, 1 );

    /* CancelIo: those of this thread only */
    start( s, ops[0] );
    args[0] = ops[1];
    args[1] = (struct operation *)s;
    thread = CreateThread( NULL, 0, cancel_thread, args, 0, NULL );
    WaitForSingleObject( thread, PATIENCE );
    GetExitCodeThread( thread, &code );
    CloseHandle( thread );
    ok( code == TRUE, "CancelIo failed\n" );
    check_event( ops[1], STATUS_CANCELLED_VALUE, 0 );
    check_pending( ops[0] );
    start( s, ops[1] );
    CancelIo( (HANDLE)s );
    check_event( ops[0], STATUS_CANCELLED_VALUE, 0 );
    check_event( ops[1], STATUS_CANCELLED_VALUE, 0 );

    /* the end of a thread cancels what it began */
    start( s, ops[0] );
    args[0] = ops[1];
    thread = CreateThread( NULL, 0, start_thread, args, 0, NULL );
    WaitForSingleObject( thread, PATIENCE );
    CloseHandle( thread );
    check_event( ops[1], STATUS_CANCELLED_VALUE, 0 );
    check_pending( ops[0] );
    CancelIoEx( (HANDLE)s, NULL );
    check_event( ops[0], STATUS_CANCELLED_VALUE, 0 );

    for (i = 0; i < 5; i++) start( s, ops[i] );
    closesocket( s );
    for (i = 0; i < 5; i++) check_event( ops[i], STATUS_CANCELLED_VALUE, 0 );

    /* CloseHandle; the port is free at once */
    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    for (i = 0; i < 5; i++) start( s, ops[i] );
    CloseHandle( (HANDLE)s );
    for (i = 0; i < 5; i++)
    {
        ok( !WaitForSingleObject( ops[i]->ov.hEvent, PATIENCE ), "not completed\n" );
        ok( status( ops[i] ) != STATUS_PENDING_VALUE && status( ops[i] ), "got status %#lx\n",
            status( ops[i] ));
    }
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_success( bind( s, (struct sockaddr *)&addr, len ));
    closesocket( s );
    for (i = 0; i < 5; i++) free_operation( ops[i] );
}

/* MS: WSARecvFrom, completion routines */
static void test_routine( void )
{
    struct victim v = make_victim( AF_INET, TRUE );
    struct operation ops[3];
    unsigned int i;
    SOCKET peer;

    for (i = 0; i < 3; i++)
    {
        init_operation( &ops[i], NULL );
        start_( __LINE__, v.s, &ops[i], note_routine );
    }
    routine_seen.calls = 0;
    send_to( v.s, &v.peer, v.peer_len, "x" );
    check_routine( 1, WSAECONNRESET, 0, &ops[0].ov );
    peer = revive_peer( &v );
    send_to( peer, &v.addr, v.addr_len, "data" );
    check_routine( 2, 0, 4, &ops[1].ov );
    CancelIo( (HANDLE)v.s );
    check_routine( 3, WSA_OPERATION_ABORTED, 0, &ops[2].ov );
    closesocket( peer );
    closesocket( v.s );
}

#define check_packet( port, ov, err, size ) check_packet_( __LINE__, port, ov, err, size )
static void check_packet_( int line, HANDLE port, OVERLAPPED *expect, DWORD error, DWORD size )
{
    OVERLAPPED *ov = NULL;
    ULONG_PTR key = 0;
    DWORD count = 0xdeadbeef;
    BOOL ret;

    SetLastError( 0xdeadbeef );
    ret = GetQueuedCompletionStatus( port, &count, &key, &ov, PATIENCE );
    ok_( __FILE__, line )( ov == expect, "got %p, expected %p\n", ov, expect );
    ok_( __FILE__, line )( ret == !error && (ret || GetLastError() == error), "got %d, error %lu\n", ret,
                           GetLastError() );
    ok_( __FILE__, line )( key == 0x77 && count == size, "got key %Ix, %lu bytes\n", key, count );
}

static void check_no_packet( HANDLE port )
{
    OVERLAPPED *ov;
    ULONG_PTR key;
    DWORD count;

    ok( !GetQueuedCompletionStatus( port, &count, &key, &ov, 0 ) && GetLastError() == WAIT_TIMEOUT,
        "error %lu\n", GetLastError() );
}

/* MS: GetQueuedCompletionStatus; what pended is told on the port whatever the skip flag says. */
static void test_port( BOOL skips )
{
    struct victim v = make_victim( AF_INET, TRUE );
    struct operation ops[4];
    HANDLE port = CreateIoCompletionPort( (HANDLE)v.s, NULL, 0x77, 0 );
    struct operation *args[2] = { &ops[3], (struct operation *)v.s };
    HANDLE thread;
    unsigned int i;
    SOCKET peer;

    if (skips) ok( SetFileCompletionNotificationModes( (HANDLE)v.s, 1 ), "error %lu\n", GetLastError() );
    for (i = 0; i < 3; i++)
    {
        init_operation( &ops[i], NULL );
        start( v.s, &ops[i] );
    }
    /* a request with a port outlives its thread */
    init_operation( &ops[3], NULL );
    thread = CreateThread( NULL, 0, start_thread, args, 0, NULL );
    WaitForSingleObject( thread, PATIENCE );
    CloseHandle( thread );

    send_to( v.s, &v.peer, v.peer_len, "x" );
    check_packet( port, &ops[0].ov, ERROR_PORT_UNREACHABLE, 0 );
    peer = revive_peer( &v );
    send_to( peer, &v.addr, v.addr_len, "data" );
    check_packet( port, &ops[1].ov, 0, 4 );
    CancelIoEx( (HANDLE)v.s, &ops[2].ov );
    check_packet( port, &ops[2].ov, ERROR_OPERATION_ABORTED, 0 );
    check_no_packet( port );
    send_to( peer, &v.addr, v.addr_len, "more data" );
    check_packet( port, &ops[3].ov, 0, 9 );
    check_no_packet( port );

    /* no packet with bit 0 of the event */
    init_operation( &ops[0], CreateEventW( NULL, TRUE, FALSE, NULL ));
    ops[0].ov.hEvent = (HANDLE)((ULONG_PTR)ops[0].ov.hEvent | 1);
    start( v.s, &ops[0] );
    send_to( peer, &v.addr, v.addr_len, "data" );
    ops[0].ov.hEvent = (HANDLE)((ULONG_PTR)ops[0].ov.hEvent & ~(ULONG_PTR)1);
    check_event( &ops[0], 0, 4 );
    check_no_packet( port );
    CloseHandle( ops[0].ov.hEvent );

    closesocket( peer );
    closesocket( v.s );
    CloseHandle( port );
}

static void test_ports( void )
{
    test_port( FALSE );
    test_port( TRUE );
}

/* MS: WSARecvFrom: WSAEMSGSIZE, MSG_PEEK, names; several buffers */
static void test_forms( void )
{
    struct operation *op = new_operation(), *peek = new_operation();
    struct sockaddr_storage addr;
    WSABUF buffers[2];
    DWORD count, flags;
    char *watched;
    SOCKET s;
    int len, ret;

    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );

    op->wsabuf.len = 3;
    start( s, op );
    send_to( s, &addr, len, "long" );
    check_event( op, STATUS_BUFFER_OVERFLOW_VALUE, 3 );
    ok( !memcmp( op->buffer, "lon", 4 ), "wrong data\n" );
    expect_false( WSAGetOverlappedResult( s, &op->ov, &count, FALSE, &flags ), WSAEMSGSIZE );

    op->wsabuf.len = 0;
    start( s, op );
    send_to( s, &addr, len, "long" );
    check_event( op, STATUS_BUFFER_OVERFLOW_VALUE, 0 );
    start( s, op );
    send_to( s, &addr, len, "" );
    check_event( op, 0, 0 );
    op->wsabuf.len = sizeof(op->buffer);

    /* a peek leaves the datagram to the next */
    peek->flags = MSG_PEEK;
    peek->wsabuf.len = 0;
    start( s, peek );
    start( s, op );
    send_to( s, &addr, len, "peeked" );
    check_event( peek, STATUS_BUFFER_OVERFLOW_VALUE, 0 );
    check_event( op, 0, 6 );

    /* no name */
    op->flags = 0;
    ret = WSARecv( s, &op->wsabuf, 1, NULL, &op->flags, &op->ov, NULL );
    ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
    send_to( s, &addr, len, "plain" );
    check_event( op, 0, 5 );

    memset( op->buffer, 0, sizeof(op->buffer) );
    buffers[0].buf = op->buffer + 10;
    buffers[0].len = 2;
    buffers[1].buf = op->buffer;
    buffers[1].len = 10;
    ret = WSARecv( s, buffers, 2, NULL, &op->flags, &op->ov, NULL );
    ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
    memset( buffers, 0xcc, sizeof(buffers) );       /* the array is the program's again */
    send_to( s, &addr, len, "scatter" );
    check_event( op, 0, 7 );
    ok( !memcmp( op->buffer, "atter", 5 ) && !memcmp( op->buffer + 10, "sc", 2 ), "wrong data\n" );

    /* rule 11: the write watch is set again while the receive waits */
    watched = VirtualAlloc( NULL, 0x2000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE );
    ok( watched != NULL, "error %lu\n", GetLastError() );
    op->wsabuf.buf = watched + 0xffe;
    start( s, op );
    ok( !ResetWriteWatch( watched, 0x2000 ), "error %lu\n", GetLastError() );
    send_to( s, &addr, len, "watched" );
    check_event( op, 0, 7 );
    ok( !memcmp( watched + 0xffe, "watched", 7 ), "wrong data\n" );
    VirtualFree( watched, 0, MEM_RELEASE );

    closesocket( s );
    free_operation( op );
    free_operation( peek );
}

/* MS: WSARecvMsg: ancillary data and the message's flags come with the datagram. */
static void test_message( void )
{
    struct operation *op = new_operation();
    ULONGLONG control[16];
    struct sockaddr_storage addr;
    GUID guid = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG receive;
    DWORD count, on = 1;
    WSACMSGHDR *header;
    WSAMSG msg;
    SOCKET s;
    int len, ret, round;

    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( WSAIoctl( s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof(guid), &receive,
                              sizeof(receive), &count, NULL, NULL ));
    expect_success( setsockopt( s, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof(on) ));
    for (round = 0; round < 2; round++)
    {
        memset( control, 0, sizeof(control) );
        memset( &msg, 0, sizeof(msg) );
        msg.name = (SOCKADDR *)&op->from;
        msg.namelen = sizeof(op->from);
        msg.lpBuffers = &op->wsabuf;
        msg.dwBufferCount = 1;
        msg.Control.buf = (char *)control;
        msg.Control.len = sizeof(control);
        op->wsabuf.len = round ? 2 : sizeof(op->buffer);
        ret = receive( s, &msg, NULL, &op->ov, NULL );
        ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
        send_to( s, &addr, len, "message" );
        if (round) check_event( op, STATUS_BUFFER_OVERFLOW_VALUE, 2 );
        else check_event( op, 0, 7 );
        ok( msg.namelen == len && same_address( &op->from, &addr ), "wrong name\n" );
        ok( msg.dwFlags == (round ? MSG_TRUNC : 0), "got flags %#lx\n", msg.dwFlags );
        header = (WSACMSGHDR *)control;
        ok( msg.Control.len == WSA_CMSG_SPACE( sizeof(IN_PKTINFO) ), "got %lu bytes\n", msg.Control.len );
        ok( header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO &&
            header->cmsg_len == WSA_CMSG_LEN( sizeof(IN_PKTINFO) ), "got type %d\n", header->cmsg_type );
        ok( ((IN_PKTINFO *)WSA_CMSG_DATA( header ))->ipi_addr.s_addr == htonl( INADDR_LOOPBACK ),
            "wrong address\n" );
    }
    closesocket( s );
    free_operation( op );
}

static DWORD WINAPI blocking_thread( void *arg )
{
    char buffer[16];
    int ret = recv( (SOCKET)arg, buffer, sizeof(buffer), 0 );

    return ret == -1 ? WSAGetLastError() : ret;
}

/* Blocking and non-blocking receives come after those that wait already. */
static void test_mixed( void )
{
    struct operation *op = new_operation();
    struct sockaddr_storage addr;
    DWORD code, timeout = 50;
    HANDLE thread;
    char buffer[16];
    SOCKET s;
    int len, ret;

    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    start( s, op );
    set_blocking( s, FALSE );
    expect_error( recv( s, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    send_to( s, &addr, len, "first" );
    check_event( op, 0, 5 );
    expect_error( recv( s, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    send_to( s, &addr, len, "second" );
    ok( wait_socket( s, "r" ), "no data\n" );
    ret = recv( s, buffer, sizeof(buffer), 0 );
    ok( ret == 6, "got %d, error %d\n", ret, WSAGetLastError() );
    set_blocking( s, TRUE );

    start( s, op );
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    expect_error( recv( s, buffer, sizeof(buffer), 0 ), WSAETIMEDOUT );
    check_pending( op );
    timeout = 0;
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    thread = CreateThread( NULL, 0, blocking_thread, (void *)s, 0, NULL );
    send_to( s, &addr, len, "one" );
    check_event( op, 0, 3 );
    send_to( s, &addr, len, "three" );
    ok( !WaitForSingleObject( thread, PATIENCE ), "blocked\n" );
    GetExitCodeThread( thread, &code );
    ok( code == 5, "got %lu\n", code );
    CloseHandle( thread );

    /* closed while both wait: MS: closesocket */
    start( s, op );
    thread = CreateThread( NULL, 0, blocking_thread, (void *)s, 0, NULL );
    Sleep( 50 );        /* either order is right, this one is the interesting one */
    closesocket( s );
    check_event( op, STATUS_CANCELLED_VALUE, 0 );
    ok( !WaitForSingleObject( thread, PATIENCE ), "blocked\n" );
    GetExitCodeThread( thread, &code );
    ok( code == WSAEINTR || code == WSAENOTSOCK, "got %lu\n", code );
    CloseHandle( thread );
    free_operation( op );
}

static DWORD WINAPI select_thread( void *arg )
{
    struct timeval timeout = { PATIENCE / 1000, 0 };
    fd_set read;

    FD_ZERO( &read );
    FD_SET( (SOCKET)arg, &read );
    return select( 0, &read, NULL, NULL, &timeout );
}

/* select hears of the error that a receive will tell, and of what comes afterwards. */
static void test_select( void )
{
    struct victim v = make_victim( AF_INET, FALSE );
    struct operation *op = new_operation();
    HANDLE thread;
    SOCKET peer;
    DWORD code;

    start( v.s, op );
    CancelIo( (HANDLE)v.s );
    check_event( op, STATUS_CANCELLED_VALUE, 0 );
    send_to( v.s, &v.peer, v.peer_len, "x" );
    code = select_thread( (void *)v.s );
    ok( code == 1, "got %lu\n", code );
    expect_error( recv( v.s, op->buffer, 10, 0 ), WSAECONNRESET );
    thread = CreateThread( NULL, 0, select_thread, (void *)v.s, 0, NULL );
    peer = revive_peer( &v );
    send_to( peer, &v.addr, v.addr_len, "data" );
    WaitForSingleObject( thread, 2 * PATIENCE );
    GetExitCodeThread( thread, &code );
    ok( code == 1, "got %lu\n", code );
    CloseHandle( thread );
    closesocket( peer );
    closesocket( v.s );
    free_operation( op );
}

/* Receives wait on while events are selected and in spite of a duplicate; later ones wait in AFD. */
static void test_handed_over( void )
{
    struct operation *ops[3];
    WSAPROTOCOL_INFOW info;
    struct sockaddr_storage addr;
    SOCKET s, duplicate;
    unsigned int i;
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL );
    int len;

    for (i = 0; i < 3; i++) ops[i] = new_operation();
    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    start( s, ops[0] );
    expect_success( WSAEventSelect( s, event, FD_READ ));
    send_to( s, &addr, len, "one" );
    check_event( ops[0], 0, 3 );
    start( s, ops[1] );
    send_to( s, &addr, len, "three" );
    check_event( ops[1], 0, 5 );
    send_to( s, &addr, len, "event" );
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    ok( recv( s, ops[0]->buffer, 10, 0 ) == 5, "error %d\n", WSAGetLastError() );
    expect_success( WSAEventSelect( s, NULL, 0 ));
    start( s, ops[0] );
    send_to( s, &addr, len, "again" );
    check_event( ops[0], 0, 5 );

    start( s, ops[0] );
    expect_success( WSADuplicateSocketW( s, GetCurrentProcessId(), &info ));
    duplicate = WSASocketW( FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                            WSA_FLAG_OVERLAPPED );
    ok( duplicate != INVALID_SOCKET, "error %d\n", WSAGetLastError() );
    send_to( s, &addr, len, "one" );
    check_event( ops[0], 0, 3 );
    start( s, ops[1] );
    send_to( s, &addr, len, "three" );
    check_event( ops[1], 0, 5 );
    start( duplicate, ops[2] );
    send_to( s, &addr, len, "two" );
    check_event( ops[2], 0, 3 );
    closesocket( duplicate );
    closesocket( s );
    CloseHandle( event );
    for (i = 0; i < 3; i++) free_operation( ops[i] );
}

static const struct
{
    const char *name;
    void (*function)( void );
}
tests[] =
{
    { "port_unreachable", test_port_unreachable_all },
    { "not_reported", test_not_reported },
    { "cancel", test_cancel },
    { "routine", test_routine },
    { "port", test_ports },
    { "forms", test_forms },
    { "message", test_message },
    { "mixed", test_mixed },
    { "handed_over", test_handed_over },
    { "select", test_select },
};

START_TEST( reactor )
{
    unsigned int i;

    start_sockets();
    for (i = 0; i < ARRAY_SIZE(tests); i++)
    {
        winetest_push_context( "%s", tests[i].name );
        tests[i].function();
        winetest_pop_context();
    }
    stop_sockets();
}
