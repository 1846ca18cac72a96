/*
 * Overlapped sends and receives: every way in which they complete.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#ifndef FILE_SKIP_COMPLETION_PORT_ON_SUCCESS
#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 1
#endif

#define STATUS_PENDING_VALUE 0x103
#define STATUS_CANCELLED_VALUE ((ULONG_PTR)(ULONG)0xc0000120)
#define STATUS_CONNECTION_ABORTED_VALUE 0xc0000241

/* The status in an OVERLAPPED, in its 32 bits. */
static DWORD internal( const OVERLAPPED *ov )
{
    return (DWORD)ov->Internal;
}

struct operation
{
    OVERLAPPED ov;
    WSABUF wsabuf;
    char buffer[64];
    DWORD count, flags;
};

static void init_operation( struct operation *op, HANDLE event )
{
    memset( op, 0, sizeof(*op) );
    op->ov.hEvent = event;
    op->ov.Internal = 0xdeadbeef;
    op->ov.InternalHigh = 0xdeadbeef;
    op->wsabuf.buf = op->buffer;
    op->wsabuf.len = sizeof(op->buffer);
    op->count = 0xdeadbeef;
}

static int start_receive( SOCKET s, struct operation *op, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    WSASetLastError( 0xdeadbeef );
    return WSARecv( s, &op->wsabuf, 1, &op->count, &op->flags, &op->ov, routine );
}

/* How a receive ends that waits when its socket is closed (Wine T:iocp_async_read_closesocket; for datagrams
 * MS: closesocket). */
static DWORD closed_status( int type )
{
    return type == SOCK_STREAM ? STATUS_CONNECTION_ABORTED_VALUE : (DWORD)STATUS_CANCELLED_VALUE;
}

static DWORD closed_error( int type )
{
    return type == SOCK_STREAM ? ERROR_CONNECTION_ABORTED : ERROR_OPERATION_ABORTED;
}

/* Make sure that data is there to be received. */
static void make_ready( SOCKET src, SOCKET dst, const char *data )
{
    int ret = send( src, data, strlen( data ), 0 );

    ok( ret == (int)strlen( data ), "got %d, error %d\n", ret, WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "no data\n" );
}

#define check_done( op, status, size ) check_done_( __LINE__, op, status, size )
static void check_done_( int line, const struct operation *op, DWORD status, DWORD size )
{
    ok_( __FILE__, line )( internal( &op->ov ) == status, "got status %#lx\n", internal( &op->ov ));
    ok_( __FILE__, line )( op->ov.InternalHigh == size, "got size %lu\n", (DWORD)op->ov.InternalHigh );
}

/*** events ***/

/* MS: WSARecv, WSASend; an operation that is done at once sets the event as one that pends does. */
static void test_event( void )
{
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL );
    struct operation op;
    DWORD count, flags;
    SOCKET src, dst;
    unsigned int i;
    BOOL ret;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        winetest_push_context( "type %d", pair_types[i] );
        make_pair( pair_types[i], &src, &dst );

        /* at once */
        make_ready( src, dst, "data" );
        init_operation( &op, event );
        SetEvent( event );
        ret = start_receive( dst, &op, NULL );
        ok( !ret && !WSAGetLastError(), "got %d, error %d\n", ret, WSAGetLastError() );
        ok( op.count == 4, "got count %lu\n", op.count );
        check_done( &op, 0, 4 );
        ok( !WaitForSingleObject( event, 0 ), "event is not set\n" );
        count = flags = 0xdeadbeef;
        ret = WSAGetOverlappedResult( dst, &op.ov, &count, FALSE, &flags );
        ok( ret && count == 4 && !flags, "got %d, %lu, %#lx, error %d\n", ret, count, flags,
            WSAGetLastError() );
        ok( !memcmp( op.buffer, "data", 4 ), "got %s\n", op.buffer );

        /* later; the event is reset by the call */
        init_operation( &op, event );
        SetEvent( event );
        ret = start_receive( dst, &op, NULL );
        ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
        ok( internal( &op.ov ) == STATUS_PENDING_VALUE, "got status %#lx\n", internal( &op.ov ));
        ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "event is set\n" );
        expect_false( WSAGetOverlappedResult( dst, &op.ov, &count, FALSE, &flags ), WSA_IO_INCOMPLETE );
        send( src, "later", 5, 0 );
        ret = WSAGetOverlappedResult( dst, &op.ov, &count, TRUE, &flags );
        ok( ret && count == 5, "got %d, %lu, error %d\n", ret, count, WSAGetLastError() );
        check_done( &op, 0, 5 );
        ok( !WaitForSingleObject( event, 0 ), "event is not set\n" );

        /* without an event */
        init_operation( &op, NULL );
        make_ready( src, dst, "none" );
        ret = start_receive( dst, &op, NULL );
        ok( !ret, "got error %d\n", WSAGetLastError() );
        check_done( &op, 0, 4 );

        /* bit 0 of the event is not part of it */
        init_operation( &op, (HANDLE)((ULONG_PTR)event | 1) );
        ResetEvent( event );
        make_ready( src, dst, "odd" );
        ret = start_receive( dst, &op, NULL );
        ok( !ret, "got error %d\n", WSAGetLastError() );
        ok( !WaitForSingleObject( event, 0 ), "event is not set\n" );
        check_done( &op, 0, 3 );

        /* a send */
        init_operation( &op, event );
        ResetEvent( event );
        op.wsabuf.len = 3;
        ret = WSASend( src, &op.wsabuf, 1, &op.count, 0, &op.ov, NULL );
        ok( !ret && op.count == 3, "got %d, %lu, error %d\n", ret, op.count, WSAGetLastError() );
        ok( !WaitForSingleObject( event, PATIENCE ), "event is not set\n" );
        check_done( &op, 0, 3 );

        /* no place for the count: MS: WSASend, WSARecv allow NULL with an OVERLAPPED */
        init_operation( &op, event );
        ret = WSARecv( dst, &op.wsabuf, 1, NULL, &op.flags, &op.ov, NULL );
        ok( !ret, "got error %d\n", WSAGetLastError() );
        check_done( &op, 0, 3 );

        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
    CloseHandle( event );
}

/*** completion routines ***/

static void test_routine( void )
{
    struct operation op;
    SOCKET src, dst;
    unsigned int i;
    int ret;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        winetest_push_context( "type %d", pair_types[i] );
        make_pair( pair_types[i], &src, &dst );

        make_ready( src, dst, "data" );
        memset( &routine_seen, 0, sizeof(routine_seen) );
        init_operation( &op, (HANDLE)0xdeadbeef );  /* not an event then: MS: WSARecv */
        ret = start_receive( dst, &op, note_routine );
        ok( !ret && op.count == 4, "got %d, error %d\n", ret, WSAGetLastError() );
        ok( !routine_seen.calls, "called too early\n" );
        SleepEx( 0, FALSE );
        ok( !routine_seen.calls, "called in a wait that is not alertable\n" );
        ret = SleepEx( PATIENCE, TRUE );
        ok( ret == WAIT_IO_COMPLETION, "got %d\n", ret );
        check_routine( 1, 0, 4, &op.ov );
        ok( op.ov.hEvent == (HANDLE)0xdeadbeef, "the event is now %p\n", op.ov.hEvent );

        memset( &routine_seen, 0, sizeof(routine_seen) );
        init_operation( &op, NULL );
        ret = start_receive( dst, &op, note_routine );
        ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
        send( src, "later", 5, 0 );
        check_routine( 1, 0, 5, &op.ov );

        memset( &routine_seen, 0, sizeof(routine_seen) );
        init_operation( &op, NULL );
        op.wsabuf.len = 7;
        ret = WSASend( src, &op.wsabuf, 1, &op.count, 0, &op.ov, note_routine );
        ok( !ret && op.count == 7, "got %d, error %d\n", ret, WSAGetLastError() );
        check_routine( 1, 0, 7, &op.ov );
        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }

    /* a routine gets the Winsock error */
    tcp_socketpair( &src, &dst );
    memset( &routine_seen, 0, sizeof(routine_seen) );
    init_operation( &op, NULL );
    start_receive( dst, &op, note_routine );
    close_with_rst( src );
    check_routine( 1, WSAECONNRESET, 0, &op.ov );
    closesocket( dst );
}

/*** completion ports ***/

#define check_packet( port, key, op, size, error ) check_packet_( __LINE__, port, key, op, size, error )
static void check_packet_( int line, HANDLE port, ULONG_PTR key, struct operation *op, DWORD size,
                           DWORD error )
{
    OVERLAPPED *ov = NULL;
    ULONG_PTR got_key = 0;
    DWORD count = 0xdeadbeef;
    BOOL ret;

    SetLastError( 0xdeadbeef );
    ret = GetQueuedCompletionStatus( port, &count, &got_key, &ov, PATIENCE );
    ok_( __FILE__, line )( ret == !error, "got %d, error %lu\n", ret, GetLastError() );
    if (error) ok_( __FILE__, line )( GetLastError() == error, "got error %lu\n", GetLastError() );
    ok_( __FILE__, line )( ov == &op->ov, "got %p, expected %p\n", ov, &op->ov );
    ok_( __FILE__, line )( got_key == key, "got key %#lx\n", (DWORD)got_key );
    ok_( __FILE__, line )( count == size, "got %lu bytes, expected %lu\n", count, size );
}

/* Rules 16 and 17: each transfer posts its packet with its size; none with bit 0 of hEvent, or with the skip
 * flag when it succeeds at once. */
static void test_port( BOOL skip_port )
{
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL ), port;
    struct operation op, ops[8];
    SOCKET src, dst;
    unsigned int i, j;
    int ret;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        winetest_push_context( "type %d, skip %d", pair_types[i], skip_port );
        make_pair( pair_types[i], &src, &dst );
        port = CreateIoCompletionPort( (HANDLE)dst, NULL, 0x1234, 0 );
        ok( !!port, "got error %lu\n", GetLastError() );
        ok( CreateIoCompletionPort( (HANDLE)src, port, 0x5678, 0 ) == port, "got error %lu\n",
            GetLastError() );

        /* traffic before the flag is set, so that it is not known */
        make_ready( src, dst, "warm" );
        init_operation( &op, NULL );
        ret = start_receive( dst, &op, NULL );
        ok( !ret, "got error %d\n", WSAGetLastError() );
        check_packet( port, 0x1234, &op, 4, 0 );
        if (skip_port)
        {
            ret = SetFileCompletionNotificationModes( (HANDLE)dst, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS );
            ok( ret, "got error %lu\n", GetLastError() );
            ret = SetFileCompletionNotificationModes( (HANDLE)src, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS );
            ok( ret, "got error %lu\n", GetLastError() );
        }

        for (j = 0; j < 20; j++)
        {
            /* at once */
            make_ready( src, dst, "data" );
            init_operation( &op, j & 1 ? event : NULL );
            ResetEvent( event );
            ret = start_receive( dst, &op, NULL );
            ok( !ret && op.count == 4, "got %d, error %d\n", ret, WSAGetLastError() );
            check_done( &op, 0, 4 );
            if (j & 1) ok( !WaitForSingleObject( event, 0 ), "event is not set\n" );
            if (!skip_port) check_packet( port, 0x1234, &op, 4, 0 );
            check_empty( port );

            /* later */
            init_operation( &op, NULL );
            ret = start_receive( dst, &op, NULL );
            ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret,
                WSAGetLastError() );
            check_empty( port );
            send( src, "later", 5, 0 );
            check_packet( port, 0x1234, &op, 5, 0 );
            check_done( &op, 0, 5 );
            check_empty( port );

            /* a send */
            init_operation( &op, NULL );
            op.wsabuf.len = 9;
            ret = WSASend( src, &op.wsabuf, 1, &op.count, 0, &op.ov, NULL );
            ok( !ret && op.count == 9, "got %d, %lu, error %d\n", ret, op.count, WSAGetLastError() );
            if (!skip_port) check_packet( port, 0x5678, &op, 9, 0 );
            check_empty( port );

            /* no packet is wanted; MS: GetQueuedCompletionStatus */
            init_operation( &op, (HANDLE)((ULONG_PTR)event | 1) );
            ResetEvent( event );
            ret = start_receive( dst, &op, NULL );
            ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "got error %d\n", WSAGetLastError() );
            ok( !WaitForSingleObject( event, PATIENCE ), "event is not set\n" );
            check_done( &op, 0, 9 );
            check_empty( port );
        }

        /* several that pend complete in their order */
        for (j = 0; j < ARRAY_SIZE(ops); j++)
        {
            init_operation( &ops[j], NULL );
            ops[j].wsabuf.len = 1;
            ret = start_receive( dst, &ops[j], NULL );
            ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret,
                WSAGetLastError() );
        }
        for (j = 0; j < ARRAY_SIZE(ops); j++) send( src, &"01234567"[j], 1, 0 );
        for (j = 0; j < ARRAY_SIZE(ops); j++)
        {
            check_packet( port, 0x1234, &ops[j], 1, 0 );
            ok( ops[j].buffer[0] == '0' + (char)j, "%u: got %c\n", j, ops[j].buffer[0] );
        }
        check_empty( port );

        /* closing cancels, or ends the connection */
        init_operation( &op, NULL );
        start_receive( dst, &op, NULL );
        closesocket( dst );
        check_packet( port, 0x1234, &op, 0, closed_error( pair_types[i] ));
        check_empty( port );

        closesocket( src );
        CloseHandle( port );
        winetest_pop_context();
    }
    CloseHandle( event );
}

/* reference 3.1: the same reset seen three ways. A datagram that is cut is told as an error. */
static void test_port_errors( void )
{
    struct operation op;
    DWORD count, flags;
    SOCKET src, dst;
    HANDLE port;
    int ret;

    tcp_socketpair( &src, &dst );
    port = CreateIoCompletionPort( (HANDLE)dst, NULL, 1, 0 );
    init_operation( &op, NULL );
    ret = start_receive( dst, &op, NULL );
    ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
    close_with_rst( src );
    check_packet( port, 1, &op, 0, ERROR_NETNAME_DELETED );
    ok( internal( &op.ov ) == 0xc000020d, "got status %#lx\n", internal( &op.ov ));
    expect_false( WSAGetOverlappedResult( dst, &op.ov, &count, FALSE, &flags ), WSAECONNRESET );
    init_operation( &op, NULL );
    ret = start_receive( dst, &op, NULL );
    ok( ret == -1 && WSAGetLastError() == WSAECONNRESET, "got %d, error %d\n", ret, WSAGetLastError() );
    check_empty( port );
    CloseHandle( port );
    closesocket( dst );

    /* an end is a success of nothing */
    tcp_socketpair( &src, &dst );
    port = CreateIoCompletionPort( (HANDLE)dst, NULL, 1, 0 );
    init_operation( &op, NULL );
    start_receive( dst, &op, NULL );
    closesocket( src );
    check_packet( port, 1, &op, 0, 0 );
    init_operation( &op, NULL );
    ret = start_receive( dst, &op, NULL );
    ok( !ret && !op.count, "got %d, error %d\n", ret, WSAGetLastError() );
    check_packet( port, 1, &op, 0, 0 );
    CloseHandle( port );
    closesocket( dst );

    udp_socketpair( &src, &dst );
    port = CreateIoCompletionPort( (HANDLE)dst, NULL, 1, 0 );
    init_operation( &op, NULL );
    op.wsabuf.len = 4;
    start_receive( dst, &op, NULL );
    send( src, "too long", 8, 0 );
    check_packet( port, 1, &op, 4, ERROR_MORE_DATA );
    ok( !memcmp( op.buffer, "too ", 4 ), "got %s\n", op.buffer );
    expect_false( WSAGetOverlappedResult( dst, &op.ov, &count, FALSE, &flags ), WSAEMSGSIZE );
    ok( count == 4, "got %lu\n", count );
    CloseHandle( port );
    closesocket( src );
    closesocket( dst );
}

/* Wine 10 T:test_WSAGetOverlappedResult: a wait is over when the event is set, whatever the status */
static void test_wait_for_event( void )
{
    WSAOVERLAPPED overlapped = { .Internal = 0x103 /* STATUS_PENDING */, .InternalHigh = 5 };
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    DWORD count = 0, flags;

    overlapped.hEvent = CreateEventW( NULL, TRUE, TRUE, NULL );
    expect_false( WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags ), WSA_IO_INCOMPLETE );
    ok( WSAGetOverlappedResult( s, &overlapped, &count, TRUE, &flags ), "got error %d\n",
        WSAGetLastError() );
    ok( WSAGetLastError() == WSA_IO_PENDING || !WSAGetLastError(), "got error %d\n", WSAGetLastError() );
    ok( count == 5, "got %lu\n", count );
    CloseHandle( overlapped.hEvent );
    closesocket( s );
}

/*** cancellation ***/

static void test_cancel( void )
{
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL );
    struct operation op, other;
    DWORD count, flags;
    SOCKET src, dst;
    unsigned int i;
    BOOL ret;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        winetest_push_context( "type %d", pair_types[i] );
        make_pair( pair_types[i], &src, &dst );

        /* one of two */
        init_operation( &op, event );
        init_operation( &other, NULL );
        start_receive( dst, &op, NULL );
        start_receive( dst, &other, NULL );
        ret = CancelIoEx( (HANDLE)dst, &op.ov );
        ok( ret, "got error %lu\n", GetLastError() );
        ok( !WaitForSingleObject( event, PATIENCE ), "did not complete\n" );
        expect_false( WSAGetOverlappedResult( dst, &op.ov, &count, FALSE, &flags ), WSA_OPERATION_ABORTED );
        ok( internal( &op.ov ) == (DWORD)STATUS_CANCELLED_VALUE, "got status %#lx\n", internal( &op.ov ));
        ok( internal( &other.ov ) == STATUS_PENDING_VALUE, "the other has status %#lx\n",
            internal( &other.ov ));
        send( src, "other", 5, 0 );
        ret = WSAGetOverlappedResult( dst, &other.ov, &count, TRUE, &flags );
        ok( ret && count == 5, "got %d, error %d\n", ret, WSAGetLastError() );

        /* after that the socket goes on, as if nothing had been */
        make_ready( src, dst, "data" );
        ok( recv( dst, op.buffer, 4, 0 ) == 4, "got error %d\n", WSAGetLastError() );

        /* all of this thread */
        init_operation( &op, event );
        init_operation( &other, NULL );
        start_receive( dst, &op, NULL );
        start_receive( dst, &other, NULL );
        ret = CancelIo( (HANDLE)dst );
        ok( ret, "got error %lu\n", GetLastError() );
        ok( !WaitForSingleObject( event, PATIENCE ), "did not complete\n" );
        expect_false( WSAGetOverlappedResult( dst, &op.ov, &count, FALSE, &flags ), WSA_OPERATION_ABORTED );
        expect_false( WSAGetOverlappedResult( dst, &other.ov, &count, TRUE, &flags ),
                      WSA_OPERATION_ABORTED );

        /* a cancelled receive took nothing */
        make_ready( src, dst, "kept" );
        ok( recv( dst, op.buffer, sizeof(op.buffer), 0 ) == 4, "got error %d\n", WSAGetLastError() );

        /* nothing to cancel */
        ret = CancelIoEx( (HANDLE)dst, &op.ov );
        ok( !ret && GetLastError() == ERROR_NOT_FOUND, "got %d, error %lu\n", ret, GetLastError() );

        /* closing the socket */
        init_operation( &op, event );
        start_receive( dst, &op, NULL );
        closesocket( dst );
        ok( !WaitForSingleObject( event, PATIENCE ), "did not complete\n" );
        ok( internal( &op.ov ) == closed_status( pair_types[i] ), "got status %#lx\n", internal( &op.ov ));
        closesocket( src );
        winetest_pop_context();
    }
    CloseHandle( event );
}

/* Closing ends the connection of a stream, and with it all receives that wait, while what the program has
 * cancelled itself is cancelled; by the handle alone likewise (Wine T:iocp_async_read_closesocket). */
static void test_close( void )
{
    HANDLE port, event = CreateEventW( NULL, TRUE, FALSE, NULL );
    struct operation ops[3], with_event;
    unsigned int i, by_handle;
    SOCKET src, dst, later;
    OVERLAPPED *ov;
    ULONG_PTR key;
    DWORD count;
    BOOL ret;

    for (by_handle = 0; by_handle < 2; by_handle++)
    {
        winetest_push_context( "%s", by_handle ? "CloseHandle" : "closesocket" );
        tcp_socketpair( &src, &dst );
        port = CreateIoCompletionPort( (HANDLE)dst, NULL, 0x1234, 0 );
        for (i = 0; i < ARRAY_SIZE(ops); i++)
        {
            init_operation( &ops[i], NULL );
            start_receive( dst, &ops[i], NULL );
        }
        ret = CancelIoEx( (HANDLE)dst, &ops[1].ov );
        ok( ret, "got error %lu\n", GetLastError() );
        check_packet( port, 0x1234, &ops[1], 0, ERROR_OPERATION_ABORTED );
        ok( internal( &ops[1].ov ) == (DWORD)STATUS_CANCELLED_VALUE, "got status %#lx\n",
            internal( &ops[1].ov ));
        if (by_handle) CloseHandle( (HANDLE)dst );
        else closesocket( dst );
        for (i = 0; i < 2; i++)
        {
            ret = GetQueuedCompletionStatus( port, &count, &key, &ov, PATIENCE );
            ok( !ret && GetLastError() == ERROR_CONNECTION_ABORTED, "got %d, error %lu\n", ret,
                GetLastError() );
        }
        for (i = 0; i < ARRAY_SIZE(ops); i += 2)
            ok( internal( &ops[i].ov ) == STATUS_CONNECTION_ABORTED_VALUE, "got status %#lx\n",
                internal( &ops[i].ov ));
        check_empty( port );
        CloseHandle( port );
        closesocket( src );

        /* the next socket has nothing of it, whatever its handle value */
        tcp_socketpair( &src, &dst );
        init_operation( &with_event, event );
        start_receive( dst, &with_event, NULL );
        if (by_handle) CloseHandle( (HANDLE)dst );
        else closesocket( dst );
        ok( !WaitForSingleObject( event, PATIENCE ), "did not complete\n" );
        ok( internal( &with_event.ov ) == STATUS_CONNECTION_ABORTED_VALUE, "got status %#lx\n",
            internal( &with_event.ov ));
        closesocket( src );
        tcp_socketpair( &src, &later );
        init_operation( &with_event, event );
        start_receive( later, &with_event, NULL );
        send( src, "data", 4, 0 );
        ok( !WaitForSingleObject( event, PATIENCE ), "did not complete\n" );
        ok( !internal( &with_event.ov ) && with_event.ov.InternalHigh == 4, "got status %#lx, %u bytes\n",
            internal( &with_event.ov ), (unsigned int)with_event.ov.InternalHigh );
        closesocket( src );
        closesocket( later );
        winetest_pop_context();
    }
    CloseHandle( event );
}

struct thread_operation
{
    SOCKET s;
    struct operation op;
};

static DWORD WINAPI start_and_exit( void *arg )
{
    struct thread_operation *args = arg;

    return start_receive( args->s, &args->op, NULL );
}

/* MS: WSARecv; what a thread has started ends with it, unless a port tells of it: then it goes on. */
static void test_thread_exit( void )
{
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL ), thread;
    struct thread_operation args;
    SOCKET src, dst;

    tcp_socketpair( &src, &dst );
    init_operation( &args.op, event );
    args.s = dst;
    thread = CreateThread( NULL, 0, start_and_exit, &args, 0, NULL );
    ok( !WaitForSingleObject( thread, PATIENCE ), "thread has not ended\n" );
    ok( !WaitForSingleObject( event, PATIENCE ), "did not complete\n" );
    ok( internal( &args.op.ov ) == (DWORD)STATUS_CANCELLED_VALUE, "got status %#lx\n",
        internal( &args.op.ov ));
    CloseHandle( thread );

    /* and takes no data with it */
    make_ready( src, dst, "data" );
    ok( recv( dst, args.op.buffer, 4, 0 ) == 4, "got error %d\n", WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
    CloseHandle( event );
}

/*** large transfers ***/

struct sink
{
    SOCKET s;
    SIZE_T received;
    BOOL broken;
    HANDLE thread;
};

static DWORD WINAPI sink_thread( void *arg )
{
    struct sink *sink = arg;
    char *buffer = malloc( 65536 );
    int ret, i;

    while ((ret = recv( sink->s, buffer, 65536, 0 )) > 0)
    {
        for (i = 0; i < ret; i++)
            if (buffer[i] != (char)((sink->received + i) / 1000)) sink->broken = TRUE;
        sink->received += ret;
    }
    free( buffer );
    return ret;
}

/* Field report 4: sends of several MB complete with their full count, on blocking and non-blocking sockets,
 * and in their order. */
static void test_large_sends( void )
{
    const SIZE_T size = 5000000;
    const unsigned int parts = 4;
    char *data = malloc( size * parts );
    struct operation ops[4];
    struct sink sink;
    DWORD count, flags;
    SOCKET src, dst;
    SIZE_T i;
    int j, ret;

    for (i = 0; i < size * parts; i++) data[i] = i / 1000;
    for (j = 0; j < 2; j++)
    {
        winetest_push_context( "%s", j ? "non-blocking" : "blocking" );
        tcp_socketpair( &src, &dst );
        if (j) set_blocking( src, FALSE );
        for (i = 0; i < parts; i++)
        {
            init_operation( &ops[i], CreateEventW( NULL, TRUE, FALSE, NULL ));
            ops[i].wsabuf.buf = data + i * size;
            ops[i].wsabuf.len = size;
            ret = WSASend( src, &ops[i].wsabuf, 1, &ops[i].count, 0, &ops[i].ov, NULL );
            ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "got error %d\n", WSAGetLastError() );
            if (!ret) ok( ops[i].count == size, "got %lu\n", ops[i].count );
        }
        memset( &sink, 0, sizeof(sink) );
        sink.s = dst;
        sink.thread = CreateThread( NULL, 0, sink_thread, &sink, 0, NULL );
        for (i = 0; i < parts; i++)
        {
            ok( !WaitForSingleObject( ops[i].ov.hEvent, PATIENCE ), "send %lu did not complete\n",
                (DWORD)i );
            ret = WSAGetOverlappedResult( src, &ops[i].ov, &count, FALSE, &flags );
            ok( ret && count == size, "got %d, %lu bytes, error %d\n", ret, count, WSAGetLastError() );
            CloseHandle( ops[i].ov.hEvent );
        }
        shutdown( src, SD_SEND );
        ok( !WaitForSingleObject( sink.thread, PATIENCE ), "receiver has not ended\n" );
        ok( sink.received == size * parts, "got %lu bytes\n", (DWORD)sink.received );
        ok( !sink.broken, "not what was sent\n" );
        CloseHandle( sink.thread );
        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
    free( data );
}

/*** WSAGetOverlappedResult ***/

static void CALLBACK set_flag( ULONG_PTR flag )
{
    *(BOOL *)flag = TRUE;
}

static void test_result( void )
{
    struct operation op;
    DWORD count, flags;
    BOOL apc = FALSE;
    SOCKET src, dst;
    HANDLE dup;
    BOOL ret;

    tcp_socketpair( &src, &dst );
    make_ready( src, dst, "data" );
    init_operation( &op, CreateEventW( NULL, TRUE, FALSE, NULL ));
    start_receive( dst, &op, NULL );

    /* T:test_WSAGetOverlappedResult; bad sockets, then bad pointers */
    expect_false( WSAGetOverlappedResult( 0, &op.ov, &count, FALSE, &flags ), WSAENOTSOCK );
    expect_false( WSAGetOverlappedResult( INVALID_SOCKET, &op.ov, &count, FALSE, &flags ), WSAENOTSOCK );
    DuplicateHandle( GetCurrentProcess(), (HANDLE)dst, GetCurrentProcess(), &dup, 0, FALSE,
                     DUPLICATE_SAME_ACCESS );
    expect_false( WSAGetOverlappedResult( (SOCKET)dup, &op.ov, &count, FALSE, &flags ), WSAENOTSOCK );
    CloseHandle( dup );
    if (strcmp( winetest_platform, "wine" ))
        skip( "bad pointers end the process on Windows\n" );
    else
    {
        expect_false( WSAGetOverlappedResult( dst, bad_pointer(), &count, FALSE, &flags ), WSAEFAULT );
        expect_false( WSAGetOverlappedResult( dst, &op.ov, bad_pointer(), FALSE, &flags ), WSAEFAULT );
        expect_false( WSAGetOverlappedResult( dst, &op.ov, &count, FALSE, bad_pointer() ), WSAEFAULT );
    }

    /* the wait runs no APCs: reference 3.3 */
    init_operation( &op, op.ov.hEvent );
    start_receive( dst, &op, NULL );
    QueueUserAPC( set_flag, GetCurrentThread(), (ULONG_PTR)&apc );
    send( src, "later", 5, 0 );
    ret = WSAGetOverlappedResult( dst, &op.ov, &count, TRUE, &flags );
    ok( ret && count == 5, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( !apc, "an APC has run\n" );
    SleepEx( 0, TRUE );
    ok( apc, "the APC is lost\n" );
    CloseHandle( op.ov.hEvent );
    closesocket( src );
    closesocket( dst );
}

/* ReadFile and WriteFile on a socket do not pass ws2_32, but share the connection with it. */
static void test_files( void )
{
    struct operation op;
    SOCKET src, dst;
    DWORD count;
    BOOL ret;
    char c;

    tcp_socketpair( &src, &dst );
    check_transfer( src, dst );
    init_operation( &op, CreateEventW( NULL, TRUE, FALSE, NULL ));
    ret = ReadFile( (HANDLE)dst, op.buffer, 1, NULL, &op.ov );
    ok( !ret && GetLastError() == ERROR_IO_PENDING, "got %d, error %lu\n", ret, GetLastError() );
    send( src, "ab", 2, 0 );
    ret = GetOverlappedResult( (HANDLE)dst, &op.ov, &count, TRUE );
    ok( ret && count == 1 && op.buffer[0] == 'a', "got %d, %lu, error %lu\n", ret, count, GetLastError() );
    ok( recv( dst, &c, 1, 0 ) == 1 && c == 'b', "got error %d\n", WSAGetLastError() );
    ret = WriteFile( (HANDLE)src, "c", 1, NULL, &op.ov );
    ok( ret || GetLastError() == ERROR_IO_PENDING, "got %d, error %lu\n", ret, GetLastError() );
    ok( recv( dst, &c, 1, 0 ) == 1 && c == 'c', "got error %d\n", WSAGetLastError() );
    WaitForSingleObject( op.ov.hEvent, PATIENCE );
    CloseHandle( op.ov.hEvent );
    closesocket( src );
    closesocket( dst );
}

START_TEST( overlapped )
{
    start_sockets();
    test_event();
    test_routine();
    test_port( FALSE );
    test_port( TRUE );
    test_port_errors();
    test_wait_for_event();
    test_cancel();
    test_close();
    test_thread_exit();
    test_large_sends();
    test_result();
    test_files();
    stop_sockets();
}
