/*
 * Registered I/O: SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER and the functions behind it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"
#include "rio.h"

#define SIZE 4096
#define HALF (SIZE / 2)

static struct rio_table rio;
static char *memory;            /* two halves: to receive into, to send from */
static void *buffer;

static int get_table( SOCKET s )
{
    GUID guid = RIO_GUID;
    DWORD count;

    memset( &rio, 0, sizeof(rio) );
    return WSAIoctl( s, RIO_CODE, &guid, sizeof(guid), &rio, sizeof(rio), &count, NULL,
                     NULL );
}

/* MS: RIO_EXTENSION_FUNCTION_TABLE */
static BOOL test_table( void )
{
    GUID guid = RIO_GUID, unknown = { 0x8509e081, 0x96dd, 0x4005, { 0 } };
    SOCKET s = WSASocketW( AF_INET, SOCK_STREAM, 0, NULL, 0, RIO_SOCKET_FLAG );
    void **function;
    DWORD count = 0;
    BOOL have;

    ok( s != INVALID_SOCKET, "no socket, error %d\n", WSAGetLastError() );
    have = !get_table( s );
    ok( have, "no functions, error %d\n", WSAGetLastError() );
    if (have)
    {
        expect_success( WSAIoctl( s, RIO_CODE, &guid, sizeof(guid), &rio, sizeof(rio), &count,
                                  NULL, NULL ) );
        ok( count == sizeof(rio) && rio.size == sizeof(rio), "got %lu, %lu\n", count, rio.size );
        for (function = (void **)&rio.receive; function <= (void **)&rio.resize_rq; function++)
            ok( *function != NULL, "no function\n" );
        expect_error( WSAIoctl( s, RIO_CODE, &unknown, sizeof(unknown), &rio, sizeof(rio),
                                &count, NULL, NULL ), WSAEINVAL );
        expect_error( WSAIoctl( s, RIO_CODE, &guid, sizeof(guid), bad_pointer(), sizeof(rio),
                                &count, NULL, NULL ), WSAEFAULT );
    }
    closesocket( s );
    return have;
}

static struct rio_slice slice( ULONG offset, ULONG length )
{
    struct rio_slice ret = { buffer, offset, length };

    return ret;
}

/* The next results of a queue, each of which must come. */
static void wait_results( void *cq, struct rio_result *results, ULONG count )
{
    DWORD end = GetTickCount() + PATIENCE;
    ULONG done = 0, ret;

    memset( results, 0xcc, count * sizeof(*results) );
    while (done < count && (LONG)(end - GetTickCount()) > 0)
    {
        ret = rio.dequeue( cq, results + done, count - done );
        if (ret == RIO_CORRUPT) break;
        done += ret;
        if (!ret) Sleep( 1 );
    }
    ok( done == count, "got %lu results, expected %lu\n", done, count );
}

#define check_result( result, status, transferred, context ) \
    check_result_( __LINE__, result, status, transferred, context )
static void check_result_( int line, const struct rio_result *result, LONG status, ULONG transferred,
                           ULONG_PTR context )
{
    ok_( __FILE__, line )( result->status == status, "got status %ld, expected %ld\n", result->status,
                           status );
    ok_( __FILE__, line )( result->transferred == transferred, "got %lu bytes, expected %lu\n",
                           result->transferred, transferred );
    ok_( __FILE__, line )( result->request_context == context, "got context %#lx, expected %#lx\n",
                           (long)result->request_context, (long)context );
}

#define expect_true( call ) ok( (call), "%s: error %d\n", #call, WSAGetLastError() )

/* MS: RIORegisterBuffer, RIOCreateCompletionQueue, RIOCreateRequestQueue, RIOResizeCompletionQueue,
 * RIOResizeRequestQueue */
static void test_objects( void )
{
    struct rio_notification how = { 0 };
    struct rio_result result;
    void *id, *cq, *rq;
    SOCKET s, raw;

    id = rio.register_buffer( memory, 0 );
    ok( id == RIO_NO_BUFFER && WSAGetLastError() == WSAEINVAL, "got %p, error %d\n", id, WSAGetLastError() );
    id = rio.register_buffer( bad_pointer(), 1 );
    ok( id == RIO_NO_BUFFER && WSAGetLastError() == WSAEFAULT, "got %p, error %d\n", id, WSAGetLastError() );
    id = rio.register_buffer( memory_before_nothing( 16 ), 17 );
    ok( id == RIO_NO_BUFFER && WSAGetLastError() == WSAEFAULT, "got %p, error %d\n", id, WSAGetLastError() );
    rio.deregister( RIO_NO_BUFFER );

    ok( !rio.create_cq( 0, NULL ) && WSAGetLastError() == WSAEINVAL, "error %d\n", WSAGetLastError() );
    ok( !rio.create_cq( RIO_LARGEST_QUEUE + 1, NULL ) && WSAGetLastError() == WSAEINVAL, "error %d\n",
        WSAGetLastError() );
    ok( !rio.create_cq( 1, bad_pointer() ) && WSAGetLastError() == WSAEFAULT, "error %d\n",
        WSAGetLastError() );
    how.type = RIO_BY_PORT;
    how.u.port.handle = CreateIoCompletionPort( INVALID_HANDLE_VALUE, NULL, 0, 0 );
    ok( !rio.create_cq( 1, &how ) && WSAGetLastError() == WSAEINVAL, "error %d\n", WSAGetLastError() );
    CloseHandle( how.u.port.handle );
    cq = rio.create_cq( 4, NULL );
    ok( cq != NULL, "no queue, error %d\n", WSAGetLastError() );

    expect_answer_error( rio.notify( NULL ), WSAEINVAL );
    expect_answer_error( rio.notify( cq ), WSAEINVAL );
    expect_false( rio.resize_cq( NULL, 4 ), WSAEINVAL );
    ok( !rio.dequeue( cq, &result, 1 ), "got a result\n" );
    ok( rio.dequeue( NULL, &result, 1 ) == RIO_CORRUPT, "no error\n" );
    ok( rio.dequeue( memory, &result, 1 ) == RIO_CORRUPT, "no error\n" );

    s = WSASocketW( AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED );
    ok( !rio.create_rq( s, 1, 1, 1, 1, cq, cq, NULL ), "no WSA_FLAG_REGISTERED_IO was needed\n" );
    closesocket( s );
    s = WSASocketW( AF_INET, SOCK_DGRAM, 0, NULL, 0, RIO_SOCKET_FLAG );
    ok( !rio.create_rq( INVALID_SOCKET, 1, 1, 1, 1, cq, cq, NULL ) && WSAGetLastError() == WSAENOTSOCK,
        "error %d\n", WSAGetLastError() );
    ok( !rio.create_rq( s, 1, 1, 1, 1, NULL, cq, NULL ) && WSAGetLastError() == WSAEINVAL, "error %d\n",
        WSAGetLastError() );
    ok( !rio.create_rq( s, 1, 1, 1, 1, cq, memory, NULL ) && WSAGetLastError() == WSAEINVAL, "error %d\n",
        WSAGetLastError() );
    ok( !rio.create_rq( s, 0, 1, 0, 1, cq, cq, NULL ) && WSAGetLastError() == WSAEINVAL, "error %d\n",
        WSAGetLastError() );
    ok( !rio.create_rq( s, 3, 1, 2, 1, cq, cq, NULL ) && WSAGetLastError() == WSAENOBUFS, "error %d\n",
        WSAGetLastError() );
    raw = WSASocketW( AF_INET, SOCK_RAW, IPPROTO_ICMP, NULL, 0, RIO_SOCKET_FLAG );
    if (raw == INVALID_SOCKET) skip( "raw sockets need privilege\n" );
    else
        ok( !rio.create_rq( raw, 1, 1, 1, 1, cq, cq, NULL ) && WSAGetLastError() == WSAEOPNOTSUPP,
            "error %d\n", WSAGetLastError() );
    closesocket( raw );

    rq = rio.create_rq( s, 2, 1, 2, 1, cq, cq, NULL );
    ok( rq != NULL, "no queue, error %d\n", WSAGetLastError() );
    expect_false( rio.resize_cq( cq, 3 ), WSAETOOMANYREFS );
    expect_false( rio.resize_cq( cq, RIO_LARGEST_QUEUE + 1 ), WSAEINVAL );
    expect_false( rio.resize_rq( rq, 0, 0 ), WSAEINVAL );
    expect_false( rio.resize_rq( NULL, 1, 1 ), WSAEINVAL );
    expect_false( rio.resize_rq( cq, 1, 1 ), WSAEINVAL );
    expect_true( rio.resize_rq( rq, 1, 2 ) );
    expect_true( rio.resize_cq( cq, 3 ) );
    expect_true( rio.resize_cq( cq, 8 ) );
    expect_true( rio.resize_rq( rq, 4, 4 ) );

    expect_false( rio.receive( NULL, NULL, 0, 0, NULL ), WSAEINVAL );
    expect_false( rio.receive( (void *)(ULONG_PTR)0xdeadbeec, NULL, 0, 0, NULL ), WSAEINVAL );
    closesocket( s );
    /* a request queue goes with its socket */
    expect_false( rio.receive( rq, NULL, 0, 0, NULL ), WSAEINVAL );
    rio.close_cq( cq );
    rio.close_cq( cq );
    rio.close_cq( memory );
    ok( rio.dequeue( cq, &result, 1 ) == RIO_CORRUPT, "no error\n" );
}

/* A connected pair, the first one registered. */
static void registered_pair( SOCKET *s, SOCKET *peer )
{
    struct sockaddr_storage addr;
    SOCKET server;
    int len, ret;

    server = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED | RIO_SOCKET_FLAG, &addr, &len );
    *peer = socket( AF_INET, SOCK_STREAM, 0 );
    ret = connect( *peer, (struct sockaddr *)&addr, len );
    ok( !ret, "failed to connect, error %d\n", WSAGetLastError() );
    *s = accept( server, NULL, NULL );
    closesocket( server );
}

/* MS: RIOSend, RIOReceive, RIODequeueCompletion */
static void test_stream( void )
{
    struct rio_slice in = slice( 0, 16 ), out = slice( HALF, 4 ), bad;
    struct rio_result results[3];
    void *cq, *send_cq, *rq;
    char data[16];
    SOCKET s, peer;

    registered_pair( &s, &peer );
    cq = rio.create_cq( 4, NULL );
    send_cq = rio.create_cq( 4, NULL );
    rq = rio.create_rq( s, 2, 1, 2, 1, cq, send_cq, (void *)0x5151 );
    ok( rq != NULL, "no queue, error %d\n", WSAGetLastError() );

    memcpy( memory + HALF, "abcd", 4 );
    expect_true( rio.send( rq, &out, 1, 0, (void *)1 ) );
    ok( recv_exactly( peer, data, 4 ) && !memcmp( data, "abcd", 4 ), "wrong bytes\n" );
    wait_results( send_cq, results, 1 );
    check_result( &results[0], 0, 4, 1 );
    ok( results[0].socket_context == 0x5151, "got context %#lx\n", (long)results[0].socket_context );

    /* there already; then one that pends, whose bytes arrive without a call of ours */
    send( peer, "12345", 5, 0 );
    wait_socket( s, "r" );
    expect_true( rio.receive( rq, &in, 1, 0, (void *)2 ) );
    in = slice( 16, 16 );
    expect_true( rio.receive( rq, &in, 1, 0, (void *)3 ) );
    /* what is not dequeued counts */
    expect_false( rio.receive( rq, &in, 1, 0, (void *)4 ), WSAENOBUFS );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 5, 2 );
    ok( !memcmp( memory, "12345", 5 ), "wrong bytes\n" );
    ok( !rio.dequeue( cq, results, 1 ), "got a result\n" );
    send( peer, "678", 3, 0 );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 3, 3 );
    ok( !memcmp( memory + 16, "678", 3 ), "wrong bytes\n" );

    /* arguments */
    bad = slice( SIZE - 1, 2 );
    expect_false( rio.send( rq, &bad, 1, 0, NULL ), WSAEINVAL );
    bad = slice( 0xffffffff, 2 );
    expect_false( rio.send( rq, &bad, 1, 0, NULL ), WSAEINVAL );
    bad.buffer = RIO_NO_BUFFER;
    expect_false( rio.send( rq, &bad, 1, 0, NULL ), WSAEFAULT );
    bad.buffer = cq;
    expect_false( rio.receive( rq, &bad, 1, 0, NULL ), WSAEFAULT );
    expect_false( rio.receive( rq, bad_pointer(), 1, 0, NULL ), WSAEFAULT );
    expect_false( rio.receive( rq, &in, 2, 0, NULL ), WSAEINVAL );
    expect_false( rio.receive( rq, NULL, 0, 0, NULL ), WSAEINVAL );
    expect_false( rio.send( rq, &out, 1, RIO_FLAG_WAITALL, NULL ), WSAEINVAL );
    expect_false( rio.receive( rq, &in, 1, 0x10, NULL ), WSAEINVAL );
    expect_false( rio.send( rq, &out, 1, RIO_FLAG_COMMIT_ONLY, NULL ), WSAEINVAL );

    /* a result that has no place stays */
    expect_true( rio.send( rq, &out, 1, 0, (void *)5 ) );
    ok( recv_exactly( peer, data, 4 ), "no bytes\n" );
    ok( rio.dequeue( send_cq, bad_pointer(), 1 ) == RIO_CORRUPT, "no error\n" );
    wait_results( send_cq, results, 1 );
    check_result( &results[0], 0, 4, 5 );

    /* all of it; then the end of the connection, and a reset is an error */
    in = slice( 0, 8 );
    expect_true( rio.receive( rq, &in, 1, RIO_FLAG_WAITALL, (void *)6 ) );
    send( peer, "123", 3, 0 );
    in = slice( 8, 8 );
    expect_true( rio.receive( rq, &in, 1, 0, (void *)7 ) );
    Sleep( 10 );
    ok( !rio.dequeue( cq, results, 1 ), "got a result\n" );
    send( peer, "45678", 5, 0 );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 8, 6 );
    ok( !memcmp( memory, "12345678", 8 ), "wrong bytes\n" );
    shutdown( peer, SD_SEND );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 0, 7 );
    closesocket( peer );
    closesocket( s );
    rio.close_cq( cq );
    rio.close_cq( send_cq );

    registered_pair( &s, &peer );
    cq = rio.create_cq( 4, NULL );
    rq = rio.create_rq( s, 2, 1, 2, 1, cq, cq, NULL );
    expect_true( rio.receive( rq, &in, 1, 0, (void *)8 ) );
    expect_true( rio.receive( rq, &in, 1, 0, (void *)9 ) );
    close_with_rst( peer );
    wait_results( cq, results, 2 );
    check_result( &results[0], WSAECONNRESET, 0, 8 );
    closesocket( s );
    rio.close_cq( cq );
}

/* Requests that wait when their socket is closed, MS: RIOReceiveEx (WSA_OPERATION_ABORTED), and slots that
 * become free then, MS: RIOCreateRequestQueue */
static void test_close( void )
{
    struct rio_slice in = slice( 0, 16 );
    struct rio_result results[2];
    SOCKET s, peer, other;
    void *cq, *rq;

    registered_pair( &s, &peer );
    cq = rio.create_cq( 4, NULL );
    rq = rio.create_rq( s, 2, 1, 2, 1, cq, cq, (void *)7 );
    expect_true( rio.receive( rq, &in, 1, 0, (void *)1 ) );
    expect_true( rio.receive( rq, &in, 1, RIO_FLAG_DEFER, (void *)2 ) );
    closesocket( s );
    wait_results( cq, results, 2 );
    check_result( &results[0], WSA_OPERATION_ABORTED, 0, 1 );
    check_result( &results[1], WSA_OPERATION_ABORTED, 0, 2 );
    ok( results[1].socket_context == 7, "got context %#lx\n", (long)results[1].socket_context );

    other = WSASocketW( AF_INET, SOCK_DGRAM, 0, NULL, 0, RIO_SOCKET_FLAG );
    rq = rio.create_rq( other, 2, 1, 2, 1, cq, cq, NULL );
    ok( rq != NULL, "no queue, error %d\n", WSAGetLastError() );
    /* the completion queue before the socket */
    rio.close_cq( cq );
    expect_false( rio.receive( rq, &in, 1, 0, NULL ), WSAEINVAL );
    closesocket( other );
    closesocket( peer );
}

/* MS: RIOSendEx, RIOReceiveEx */
static void test_datagrams( void )
{
    struct sockaddr_storage addr, peer_addr;
    struct rio_slice in = slice( 0, 8 ), out = slice( HALF, 5 ), to = slice( HALF + 64, RIO_ADDRESS_SIZE );
    struct rio_slice from = slice( 64, RIO_ADDRESS_SIZE ), local = slice( 128, RIO_ADDRESS_SIZE );
    struct rio_slice small = slice( 64, 16 ), flags = slice( 192, 4 );
    struct rio_result results[3];
    SOCKET s, peer;
    char data[16];
    int len;
    void *cq, *rq;

    s = bound_socket( AF_INET, SOCK_DGRAM, RIO_SOCKET_FLAG, &addr, &len );
    peer = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &peer_addr, &len );
    cq = rio.create_cq( 8, NULL );
    rq = rio.create_rq( s, 4, 1, 4, 1, cq, cq, NULL );
    ok( rq != NULL, "no queue, error %d\n", WSAGetLastError() );

    memcpy( memory + HALF, "hello", 5 );
    memcpy( memory + to.offset, &peer_addr, RIO_ADDRESS_SIZE );
    ok( rio.send_ex( rq, &out, 1, NULL, &to, NULL, NULL, 0, (void *)1 ), "error %d\n", WSAGetLastError() );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 5, 1 );
    ok( recv( peer, data, sizeof(data), 0 ) == 5 && !memcmp( data, "hello", 5 ), "wrong datagram\n" );
    /* no payload */
    ok( rio.send_ex( rq, NULL, 0, NULL, &to, NULL, NULL, 0, (void *)2 ), "error %d\n", WSAGetLastError() );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 0, 2 );
    ok( !recv( peer, data, sizeof(data), 0 ), "wrong datagram\n" );

    expect_false( rio.receive_ex( rq, &in, 1, NULL, &small, NULL, NULL, 0, NULL ), WSAEINVAL );
    expect_false( rio.receive( rq, &in, 1, RIO_FLAG_WAITALL, NULL ), WSAEINVAL );
    memset( memory, 0xcc, HALF );
    expect_true( rio.receive_ex( rq, &in, 1, &local, &from, NULL, &flags, 0, (void *)3 ) );
    expect_true( rio.receive( rq, &in, 1, 0, (void *)4 ) );
    expect_true( rio.receive( rq, NULL, 0, 0, (void *)5 ) );
    ok( !rio.dequeue( cq, results, 1 ), "got a result\n" );
    sendto( peer, "12345678", 8, 0, (struct sockaddr *)&addr, len );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 8, 3 );
    ok( !memcmp( memory, "12345678", 8 ), "wrong bytes\n" );
    ok( same_address( memory + from.offset, &peer_addr ), "wrong source\n" );
    ok( same_address( memory + local.offset, &addr ), "wrong destination\n" );
    /* too long, and nothing */
    sendto( peer, "123456789", 9, 0, (struct sockaddr *)&addr, len );
    sendto( peer, NULL, 0, 0, (struct sockaddr *)&addr, len );
    wait_results( cq, results, 2 );
    check_result( &results[0], WSAEMSGSIZE, 8, 4 );
    check_result( &results[1], 0, 0, 5 );
    closesocket( s );
    closesocket( peer );
    rio.close_cq( cq );
}

/* Ancillary data, MS: RIOReceiveEx, RIO_CMSG_BUFFER */
static void test_control( void )
{
    struct rio_slice in = slice( 0, 8 ), out = slice( HALF, 5 ), to = slice( HALF + 64, RIO_ADDRESS_SIZE );
    struct rio_slice control = slice( 128, 128 ), from = slice( 64, RIO_ADDRESS_SIZE );
    struct sockaddr_storage addr;
    struct rio_result results[2];
    WSACMSGHDR *header;
    DWORD on = TRUE;
    ULONG *total;
    void *cq, *rq;
    SOCKET s;
    int len;

    s = bound_socket( AF_INET, SOCK_DGRAM, RIO_SOCKET_FLAG, &addr, &len );
    ok( !setsockopt( s, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof(on) ), "error %d\n", WSAGetLastError() );
    cq = rio.create_cq( 8, NULL );
    rq = rio.create_rq( s, 4, 1, 4, 1, cq, cq, NULL );
    memcpy( memory + to.offset, &addr, RIO_ADDRESS_SIZE );
    total = (ULONG *)(memory + control.offset);

    *total = sizeof(SIZE_T) - 1;
    expect_false( rio.send_ex( rq, &out, 1, NULL, &to, &control, NULL, 0, NULL ), WSAEINVAL );
    *total = control.length + 1;
    expect_false( rio.send_ex( rq, &out, 1, NULL, &to, &control, NULL, 0, NULL ), WSAEINVAL );
    *total = sizeof(SIZE_T);
    expect_true( rio.send_ex( rq, &out, 1, NULL, &to, &control, NULL, 0, (void *)1 ) );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 5, 1 );

    *total = 0xdeadbeef;
    expect_true( rio.receive_ex( rq, &in, 1, NULL, &from, &control, NULL, 0, (void *)2 ) );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 5, 2 );
    header = (WSACMSGHDR *)(memory + control.offset + sizeof(SIZE_T));
    ok( *total >= sizeof(SIZE_T) + WSA_CMSG_LEN( sizeof(IN_PKTINFO) ) && *total <= control.length,
        "got %lu bytes\n", *total );
    ok( header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO, "got level %d, type %d\n",
        header->cmsg_level, header->cmsg_type );
    ok( ((IN_PKTINFO *)WSA_CMSG_DATA( header ))->ipi_addr.s_addr == htonl( INADDR_LOOPBACK ),
        "wrong address\n" );
    ok( same_address( memory + from.offset, &addr ), "wrong source\n" );

    /* what was received is what can be sent; this receive pends */
    memset( memory + 64, 0xcc, 64 );
    expect_true( rio.receive_ex( rq, &in, 1, NULL, &from, &control, NULL, 0, (void *)3 ) );
    expect_true( rio.send( rq, &out, 1, RIO_FLAG_DEFER, (void *)4 ) );
    expect_true( rio.send_ex( rq, &out, 1, NULL, &to, &control, NULL, 0, (void *)5 ) );
    wait_results( cq, results, 2 );
    check_result( &results[0], WSAENOTCONN, 0, 4 );
    check_result( &results[1], 0, 5, 5 );
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 5, 3 );
    ok( header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO, "got level %d, type %d\n",
        header->cmsg_level, header->cmsg_type );
    closesocket( s );
    rio.close_cq( cq );
}

struct receiver
{
    void *rq;
    struct rio_slice in;
};

static DWORD WINAPI receiver_thread( void *arg )
{
    struct receiver *receiver = arg;

    return rio.receive( receiver->rq, &receiver->in, 1, 0, (void *)1 );
}

/* A request outlives the thread that made it: MS: RIOReceiveEx names what ends it. */
static void test_thread( int type )
{
    struct receiver receiver = { NULL, slice( 0, 16 ) };
    struct sockaddr_storage addr, peer_addr;
    struct rio_result result;
    SOCKET s, peer;
    HANDLE thread;
    DWORD code = 0;
    void *cq;
    int len;

    if (type == SOCK_STREAM) registered_pair( &s, &peer );
    else
    {
        s = bound_socket( AF_INET, type, RIO_SOCKET_FLAG, &addr, &len );
        peer = bound_socket( AF_INET, type, WSA_FLAG_OVERLAPPED, &peer_addr, &len );
        ok( !connect( peer, (struct sockaddr *)&addr, len ), "error %d\n", WSAGetLastError() );
    }
    cq = rio.create_cq( 8, NULL );
    receiver.rq = rio.create_rq( s, 4, 1, 4, 1, cq, cq, NULL );
    thread = CreateThread( NULL, 0, receiver_thread, &receiver, 0, NULL );
    ok( !WaitForSingleObject( thread, PATIENCE ), "the thread hangs\n" );
    ok( GetExitCodeThread( thread, &code ) && code == TRUE, "failed\n" );
    CloseHandle( thread );
    Sleep( 10 );
    ok( !rio.dequeue( cq, &result, 1 ), "type %d: got a result\n", type );
    send( peer, "123", 3, 0 );
    wait_results( cq, &result, 1 );
    check_result( &result, 0, 3, 1 );
    ok( !memcmp( memory, "123", 3 ), "wrong bytes\n" );
    closesocket( s );
    closesocket( peer );
    rio.close_cq( cq );
}

/* More than the connection takes at once goes on while nobody dequeues, and results come in order. */
static void test_many( void )
{
    enum { COUNT = 64, BLOCK = 0x40000 };
    struct rio_result results[COUNT];
    struct sockaddr_storage addr;
    char *large, *data, byte;
    struct rio_slice part;
    void *id, *cq, *rq;
    SOCKET s, peer;
    BOOL equal;
    int len, i;

    large = VirtualAlloc( NULL, BLOCK, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE );
    data = VirtualAlloc( NULL, BLOCK, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE );
    for (i = 0; i < BLOCK; i++) large[i] = i * 7 + (i >> 8);
    id = rio.register_buffer( large, BLOCK );
    registered_pair( &s, &peer );
    cq = rio.create_cq( COUNT * 2, NULL );
    rq = rio.create_rq( s, COUNT, 1, COUNT, 1, cq, cq, NULL );
    for (i = 0; i < COUNT; i++)
    {
        part.buffer = id;
        part.offset = 0;
        part.length = BLOCK;
        expect_true( rio.send( rq, &part, 1, 0, (void *)(ULONG_PTR)i ) );
    }
    expect_false( rio.send( rq, &part, 1, 0, NULL ), WSAENOBUFS );
    for (i = 0, equal = TRUE; i < COUNT && equal; i++)
        equal = recv_exactly( peer, data, BLOCK ) && !memcmp( data, large, BLOCK );
    ok( equal, "wrong bytes in block %d\n", i );
    wait_results( cq, results, COUNT );
    for (i = 0; i < COUNT; i++) check_result( &results[i], 0, BLOCK, i );
    closesocket( s );
    closesocket( peer );

    s = bound_socket( AF_INET, SOCK_DGRAM, RIO_SOCKET_FLAG, &addr, &len );
    peer = socket( AF_INET, SOCK_DGRAM, 0 );
    rq = rio.create_rq( s, COUNT, 1, 1, 1, cq, cq, NULL );
    memset( large, 0xcc, COUNT );
    for (i = 0; i < COUNT; i++)
    {
        part.offset = i;
        part.length = 1;
        expect_true( rio.receive( rq, &part, 1, 0, (void *)(ULONG_PTR)i ) );
    }
    for (i = 0; i < COUNT; i++)
    {
        byte = i;
        sendto( peer, &byte, 1, 0, (struct sockaddr *)&addr, len );
    }
    wait_results( cq, results, COUNT );
    for (i = 0; i < COUNT; i++)
    {
        check_result( &results[i], 0, 1, i );
        ok( large[i] == i, "got %d in datagram %d\n", large[i], i );
    }
    closesocket( s );
    closesocket( peer );
    rio.close_cq( cq );
    rio.deregister( id );
    VirtualFree( large, 0, MEM_RELEASE );
    VirtualFree( data, 0, MEM_RELEASE );
}

/* MS: RIOSend and RIOReceive, RIO_MSG_DEFER, RIO_MSG_COMMIT_ONLY */
static void test_defer( void )
{
    struct rio_slice out = slice( HALF, 2 ), in = slice( 0, 4 );
    struct rio_result results[3];
    SOCKET s, peer;
    void *cq, *rq;
    char data[8];

    registered_pair( &s, &peer );
    cq = rio.create_cq( 8, NULL );
    rq = rio.create_rq( s, 2, 1, 3, 1, cq, cq, NULL );
    memcpy( memory + HALF, "ab", 2 );
    expect_true( rio.send( rq, &out, 1, RIO_FLAG_DEFER, (void *)1 ) );
    expect_true( rio.send( rq, &out, 1, RIO_FLAG_DEFER, (void *)2 ) );
    expect_true( rio.send( rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL ) );
    ok( recv_exactly( peer, data, 4 ) && !memcmp( data, "abab", 4 ), "wrong bytes\n" );
    wait_results( cq, results, 2 );
    check_result( &results[0], 0, 2, 1 );
    check_result( &results[1], 0, 2, 2 );
    expect_true( rio.receive( rq, &in, 1, RIO_FLAG_DEFER, (void *)3 ) );
    expect_true( rio.receive( rq, &in, 1, 0, (void *)4 ) );
    expect_false( rio.receive( rq, &in, 1, RIO_FLAG_DEFER, (void *)5 ), WSAENOBUFS );
    send( peer, "12345678", 8, 0 );
    wait_results( cq, results, 2 );
    check_result( &results[0], 0, 4, 3 );
    check_result( &results[1], 0, 4, 4 );
    closesocket( s );
    closesocket( peer );
    rio.close_cq( cq );
}

/* MS: RIONotify, RIO_NOTIFICATION_COMPLETION */
static void test_notify( BOOL by_port )
{
    struct rio_slice out = slice( HALF, 2 ), in = slice( 0, 4 );
    struct rio_notification how = { 0 };
    OVERLAPPED overlapped, *packet = NULL;
    struct rio_result results[2];
    HANDLE port = NULL, event = NULL;
    ULONG_PTR key = 0;
    SOCKET s, peer;
    void *cq, *rq;
    DWORD size;

    registered_pair( &s, &peer );
    if (by_port)
    {
        port = CreateIoCompletionPort( INVALID_HANDLE_VALUE, NULL, 0, 0 );
        how.type = RIO_BY_PORT;
        how.u.port.handle = port;
        how.u.port.key = (void *)0x1234;
        how.u.port.overlapped = &overlapped;
        /* the socket's own packets are no part of it */
        ok( CreateIoCompletionPort( (HANDLE)s, port, 0x77, 0 ) == port, "error %lu\n", GetLastError() );
    }
    else
    {
        event = CreateEventW( NULL, TRUE, TRUE, NULL );
        how.type = RIO_BY_EVENT;
        how.u.event.handle = event;
        how.u.event.reset = TRUE;
    }
    cq = rio.create_cq( 8, &how );
    rq = rio.create_rq( s, 3, 1, 3, 1, cq, cq, NULL );
    ok( rq != NULL, "no queue, error %d\n", WSAGetLastError() );

#define expect_notification() \
    do { \
        if (by_port) \
        { \
            BOOL got_ = GetQueuedCompletionStatus( port, &size, &key, &packet, PATIENCE ); \
            ok( got_ && key == 0x1234 && packet == &overlapped, "got %d, key %#lx, packet %p\n", got_, \
                (long)key, packet ); \
        } \
        else ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" ); \
    } while (0)
#define expect_quiet() \
    do { \
        if (by_port) ok( !GetQueuedCompletionStatus( port, &size, &key, &packet, 20 ), "a packet\n" ); \
        else ok( WaitForSingleObject( event, 20 ) == WAIT_TIMEOUT, "an event\n" ); \
    } while (0)

    ok( !rio.notify( cq ), "failed\n" );
    expect_answer_error( rio.notify( cq ), WSAEALREADY );
    expect_quiet();
    /* one that pends, while nobody looks */
    expect_true( rio.receive( rq, &in, 1, 0, (void *)1 ) );
    send( peer, "12", 2, 0 );
    expect_notification();
    ok( rio.dequeue( cq, results, 2 ) == 1, "wrong count\n" );
    check_result( &results[0], 0, 2, 1 );
    /* no notification without RIONotify; one at once when there is something already */
    if (event) ResetEvent( event );
    expect_true( rio.send( rq, &out, 1, 0, (void *)2 ) );
    expect_quiet();
    ok( !rio.notify( cq ), "failed\n" );
    expect_notification();
    wait_results( cq, results, 1 );
    check_result( &results[0], 0, 2, 2 );
    /* a request that does not want to be noticed */
    expect_true( rio.send( rq, &out, 1, RIO_FLAG_DONT_NOTIFY, (void *)3 ) );
    ok( !rio.notify( cq ), "failed\n" );
    expect_quiet();
    expect_true( rio.send( rq, &out, 1, RIO_FLAG_DONT_NOTIFY, (void *)4 ) );
    expect_quiet();
    expect_true( rio.receive( rq, &in, 1, 0, (void *)5 ) );
    closesocket( s );
    expect_notification();
    wait_results( cq, results, 2 );
    check_result( &results[0], 0, 2, 3 );
    check_result( &results[1], 0, 2, 4 );
    wait_results( cq, results, 1 );
    check_result( &results[0], WSA_OPERATION_ABORTED, 0, 5 );
    closesocket( peer );
    rio.close_cq( cq );
    if (port) CloseHandle( port );
    if (event) CloseHandle( event );
#undef expect_notification
#undef expect_quiet
}

START_TEST(rio)
{
    start_sockets();
    if (test_table())
    {
        memory = VirtualAlloc( NULL, SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE );
        buffer = rio.register_buffer( memory, SIZE );
        ok( buffer != RIO_NO_BUFFER, "no buffer, error %d\n", WSAGetLastError() );
        test_objects();
        test_stream();
        test_close();
        test_datagrams();
        test_control();
        test_thread( SOCK_STREAM );
        test_thread( SOCK_DGRAM );
        test_many();
        test_defer();
        test_notify( FALSE );
        test_notify( TRUE );
        rio.deregister( buffer );
        rio.deregister( buffer );
    }
    stop_sockets();
}
