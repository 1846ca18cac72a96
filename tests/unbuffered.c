/*
 * SO_SNDBUF 0: a send lasts until the peer's TCP has acknowledged its bytes. Field report 18,
 * Gcenx/homebrew-wine#26.
 *
 * Source, where no other is named: Microsoft's KB 214397, "Design issues - Sending small data segments over
 * TCP with Winsock": a send ends when it is copied, whether a function returns or a completion comes, except
 * where SO_SNDBUF 0 has switched the buffer off; then each has to be acknowledged.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define PENDING_VALUE 0x103
#define CANCELLED_VALUE 0xc0000120
#define RESET_VALUE 0xc000020d

/* Time in which nothing happens is over then: acknowledgements are delayed by 200 ms at most. */
#define QUIET 400

#define BLOCK 4000
#define MANY 2000           /* blocks: more than the peer has room for */
#define BULK (1024 * 1024)

static char data[BULK], received[BULK];

/* Bytes that the peer of small_pair() has room for, as test_small() has seen it. */
static unsigned int room;

static void set_send_buffer( SOCKET s, int size )
{
    expect_success( setsockopt( s, SOL_SOCKET, SO_SNDBUF, (char *)&size, sizeof(size) ));
}

/* A connection whose receiver has little room. */
static void small_pair_flags( SOCKET *src, SOCKET *dst, DWORD flags )
{
    struct sockaddr_storage addr;
    int len, size = 8192;
    SOCKET listener;

    listener = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( setsockopt( listener, SOL_SOCKET, SO_RCVBUF, (char *)&size, sizeof(size) ));
    expect_success( listen( listener, 1 ));
    *src = WSASocketW( AF_INET, SOCK_STREAM, 0, NULL, 0, flags );
    set_send_buffer( *src, 0 );
    expect_success( connect( *src, (struct sockaddr *)&addr, len ));
    *dst = accept( listener, NULL, NULL );
    ok( *dst != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    closesocket( listener );
}

static void small_pair( SOCKET *src, SOCKET *dst )
{
    small_pair_flags( src, dst, WSA_FLAG_OVERLAPPED );
}

/* Bytes that the peer's TCP has got and the peer has not read: no more are acknowledged. */
static unsigned int arrived( SOCKET s )
{
    u_long count = 0;

    ioctlsocket( s, FIONREAD, &count );
    return count;
}

static void prepare( OVERLAPPED *overlapped )
{
    memset( overlapped, 0, sizeof(*overlapped) );
    overlapped->hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
}

static int start_send( SOCKET s, DWORD size, OVERLAPPED *overlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    WSABUF buffer = { size, data };

    return WSASend( s, &buffer, 1, NULL, 0, overlapped, routine );
}

/* A send of this size that has to wait. */
#define pend_send( s, size, overlapped, routine ) \
    expect_error( start_send( s, size, overlapped, routine ), WSA_IO_PENDING )

#define check_ended( overlapped, status, size ) check_ended_( __LINE__, overlapped, status, size )
static void check_ended_( int line, OVERLAPPED *overlapped, DWORD status, DWORD size )
{
    ok_( __FILE__, line )( !WaitForSingleObject( overlapped->hEvent, PATIENCE ), "does not end\n" );
    ok_( __FILE__, line )( (DWORD)overlapped->Internal == status && overlapped->InternalHigh == size,
                           "got status %#lx, %lu bytes\n", (DWORD)overlapped->Internal,
                           (DWORD)overlapped->InternalHigh );
    CloseHandle( overlapped->hEvent );
}

#define check_pending( overlapped ) check_pending_( __LINE__, overlapped )
static void check_pending_( int line, OVERLAPPED *overlapped )
{
    ok_( __FILE__, line )( (DWORD)overlapped->Internal == PENDING_VALUE, "got status %#lx, %lu bytes\n",
                           (DWORD)overlapped->Internal, (DWORD)overlapped->InternalHigh );
}

/* Overlapped sends until one lasts; *overlapped is the last one's. Answers how many bytes went before. */
static unsigned int fill( SOCKET s, OVERLAPPED *overlapped )
{
    unsigned int i;
    int ret;

    for (i = 0; i < MANY; i++)
    {
        prepare( overlapped );
        ret = start_send( s, BLOCK, overlapped, NULL );
        ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
        if (WaitForSingleObject( overlapped->hEvent, QUIET )) return i * BLOCK;
        check_ended( overlapped, 0, BLOCK );
    }
    ok( 0, "all sends have ended\n" );
    return 0;
}

/* The same size again and again: none ends before its bytes are there. */
static void test_small( void )
{
    OVERLAPPED overlapped;
    SOCKET src, dst;
    unsigned int sent;

    small_pair( &src, &dst );
    sent = fill( src, &overlapped );
    room = arrived( dst );
    ok( sent <= room, "%u bytes sent, %u have arrived\n", sent, room );
    ok( recv_exactly( dst, received, sent + BLOCK ), "receiving failed\n" );
    check_ended( &overlapped, 0, BLOCK );
    closesocket( src );
    closesocket( dst );
}

/* More than the peer has room for: it ends with all bytes, and not before they are there. */
static void test_large( unsigned int size )
{
    const unsigned int careful = size - min( size, 0x20000 );   /* before that in large steps */
    unsigned int i, total = 0, there, wait;
    OVERLAPPED overlapped;
    SOCKET src, dst;
    BOOL ended = FALSE;
    int ret;

    winetest_push_context( "%u bytes", size );
    for (i = 0; i < size; i++) data[i] = i * 7 + (i >> 8);
    small_pair( &src, &dst );
    prepare( &overlapped );
    pend_send( src, size, &overlapped, NULL );
    for (wait = QUIET; total < size; wait = total < careful ? 0 : 20)
    {
        if (!ended && !WaitForSingleObject( overlapped.hEvent, wait ))
        {
            ended = TRUE;
            there = total + arrived( dst );
            ok( there == size, "over when %u bytes are there\n", there );
        }
        ret = recv( dst, received + total, min( size - total, total < careful ? 0x10000 : BLOCK ), 0 );
        ok( ret > 0, "got %d, error %d\n", ret, WSAGetLastError() );
        if (ret <= 0) break;
        total += ret;
    }
    check_ended( &overlapped, 0, size );
    ok( !memcmp( data, received, size ), "other bytes have arrived\n" );
    closesocket( src );
    closesocket( dst );
    winetest_pop_context();
}

/* Several at once end in order, on a port and as routines. */
static void test_order( void )
{
    OVERLAPPED overlapped[5], *completed;
    unsigned int i, sent;
    SOCKET src, dst;
    ULONG_PTR key;
    HANDLE port;
    DWORD count;

    small_pair( &src, &dst );
    sent = fill( src, &overlapped[0] );
    port = CreateIoCompletionPort( (HANDLE)src, NULL, 7, 0 );
    for (i = 1; i < ARRAY_SIZE(overlapped); i++)
    {
        memset( &overlapped[i], 0, sizeof(overlapped[i]) );
        pend_send( src, i * 1000, &overlapped[i], NULL );
    }
    Sleep( QUIET );
    for (i = 0; i < ARRAY_SIZE(overlapped); i++) check_pending( &overlapped[i] );
    ok( recv_exactly( dst, received, sent + BLOCK + 10000 ), "receiving failed\n" );
    check_ended( &overlapped[0], 0, BLOCK );
    for (i = 1; i < ARRAY_SIZE(overlapped); i++)
    {
        completed = NULL;
        ok( GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE ), "%u: error %lu\n", i,
            GetLastError() );
        /* the first one belongs to no port, or to this one */
        if (completed == &overlapped[0])
            GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
        ok( completed == &overlapped[i] && key == 7 && count == i * 1000, "%u: got %d, %lu bytes\n", i,
            (int)(completed - overlapped), count );
    }
    CloseHandle( port );
    closesocket( src );
    closesocket( dst );

    small_pair( &src, &dst );
    sent = fill( src, &overlapped[0] );
    routine_seen.calls = 0;
    pend_send( src, 1000, &overlapped[1], note_routine );
    pend_send( src, 2000, &overlapped[2], note_routine );
    SleepEx( QUIET, TRUE );
    ok( !routine_seen.calls, "got %u calls\n", routine_seen.calls );
    ok( recv_exactly( dst, received, sent + BLOCK + 3000 ), "receiving failed\n" );
    check_routine( 2, 0, 2000, &overlapped[2] );
    check_ended( &overlapped[0], 0, BLOCK );
    closesocket( src );
    closesocket( dst );
}

/* MS: CancelIoEx, closesocket: WSA_OPERATION_ABORTED */
static void test_cancel( void )
{
    OVERLAPPED overlapped[4];
    unsigned int i;
    SOCKET src, dst;
    DWORD count, flags;

    small_pair( &src, &dst );
    fill( src, &overlapped[0] );
    for (i = 1; i < ARRAY_SIZE(overlapped); i++)
    {
        prepare( &overlapped[i] );
        pend_send( src, BLOCK, &overlapped[i], NULL );
    }
    ok( CancelIoEx( (HANDLE)src, &overlapped[2] ), "error %lu\n", GetLastError() );
    ok( !WaitForSingleObject( overlapped[2].hEvent, PATIENCE ), "does not end\n" );
    ok( !WSAGetOverlappedResult( src, &overlapped[2], &count, FALSE, &flags ) &&
        WSAGetLastError() == WSA_OPERATION_ABORTED, "error %d\n", WSAGetLastError() );
    check_ended( &overlapped[2], CANCELLED_VALUE, 0 );
    check_pending( &overlapped[0] );
    check_pending( &overlapped[1] );
    check_pending( &overlapped[3] );
    ok( CancelIo( (HANDLE)src ), "error %lu\n", GetLastError() );
    check_ended( &overlapped[0], CANCELLED_VALUE, 0 );
    check_ended( &overlapped[1], CANCELLED_VALUE, 0 );
    check_ended( &overlapped[3], CANCELLED_VALUE, 0 );
    closesocket( src );
    closesocket( dst );

    small_pair( &src, &dst );
    fill( src, &overlapped[0] );
    prepare( &overlapped[1] );
    pend_send( src, BLOCK, &overlapped[1], NULL );
    expect_success( closesocket( src ));
    check_ended( &overlapped[0], CANCELLED_VALUE, 0 );
    check_ended( &overlapped[1], CANCELLED_VALUE, 0 );
    closesocket( dst );
}

/* MS: WSASend: WSAECONNRESET, whatever else waits on the connection (SIO_IDEAL_SEND_BACKLOG_CHANGE) */
static void test_reset( void )
{
    OVERLAPPED overlapped[2], change;
    SOCKET src, dst;
    DWORD count, flags;

    small_pair( &src, &dst );
    fill( src, &overlapped[0] );
    prepare( &change );
    expect_error( WSAIoctl( src, 0x2000747a, NULL, 0, NULL, 0, &count, &change, NULL ), WSA_IO_PENDING );
    prepare( &overlapped[1] );
    pend_send( src, BLOCK, &overlapped[1], NULL );
    close_with_rst( dst );
    ok( !WaitForSingleObject( overlapped[1].hEvent, PATIENCE ), "does not end\n" );
    ok( !WSAGetOverlappedResult( src, &overlapped[1], &count, FALSE, &flags ) &&
        WSAGetLastError() == WSAECONNRESET, "error %d\n", WSAGetLastError() );
    check_ended( &overlapped[0], RESET_VALUE, 0 );
    check_ended( &overlapped[1], RESET_VALUE, 0 );
    check_ended( &change, CANCELLED_VALUE, 0 );
    expect_error( send( src, data, 1, 0 ), WSAECONNRESET );
    closesocket( src );
}

/* MS: shutdown: the end comes behind what was sent */
static void test_shutdown( void )
{
    OVERLAPPED overlapped[2];
    SOCKET src, dst;
    unsigned int sent;

    small_pair( &src, &dst );
    sent = fill( src, &overlapped[0] );
    prepare( &overlapped[1] );
    pend_send( src, 10 * BLOCK, &overlapped[1], NULL );
    expect_success( shutdown( src, SD_SEND ));
    expect_success( shutdown( dst, SD_SEND ));
    Sleep( QUIET );
    check_pending( &overlapped[0] );
    check_pending( &overlapped[1] );
    ok( recv_exactly( dst, received, sent + 11 * BLOCK ), "receiving failed\n" );
    expect_success( recv( dst, received, 1, 0 ));
    check_ended( &overlapped[0], 0, BLOCK );
    check_ended( &overlapped[1], 0, 10 * BLOCK );
    closesocket( src );
    closesocket( dst );
}

struct sender
{
    SOCKET s;
    OVERLAPPED overlapped;
    volatile LONG sent;
    int ret, error;
};

static DWORD WINAPI overlapped_thread( void *arg )
{
    struct sender *sender = arg;

    pend_send( sender->s, BLOCK, &sender->overlapped, NULL );
    return 0;
}

/* MS: WSASend: the end of the thread cancels; but not what a port tells of */
static void test_thread( BOOL with_port )
{
    OVERLAPPED overlapped, *completed = NULL;
    struct sender sender = { 0 };
    HANDLE thread, port = NULL;
    unsigned int sent;
    ULONG_PTR key;
    DWORD count;
    SOCKET dst;

    winetest_push_context( "port %d", with_port );
    small_pair( &sender.s, &dst );
    sent = fill( sender.s, &overlapped );
    if (with_port) port = CreateIoCompletionPort( (HANDLE)sender.s, NULL, 7, 0 );
    else prepare( &sender.overlapped );
    thread = CreateThread( NULL, 0, overlapped_thread, &sender, 0, NULL );
    ok( !WaitForSingleObject( thread, PATIENCE ), "the thread does not end\n" );
    CloseHandle( thread );
    if (!with_port) check_ended( &sender.overlapped, CANCELLED_VALUE, 0 );
    ok( recv_exactly( dst, received, sent + BLOCK ), "receiving failed\n" );
    check_ended( &overlapped, 0, BLOCK );
    while (with_port && completed != &sender.overlapped)
        if (!GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE )) break;
    if (with_port) ok( completed && count == BLOCK, "got %p, %lu bytes\n", completed, count );
    CloseHandle( port );
    closesocket( sender.s );
    closesocket( dst );
    winetest_pop_context();
}

static DWORD WINAPI blocking_thread( void *arg )
{
    struct sender *sender = arg;
    DWORD forever = 0;

    /* the server keeps it: what such a call leaves behind must not end the sends' waits */
    if (setsockopt( sender->s, SOL_SOCKET, SO_RCVTIMEO, (char *)&forever, sizeof(forever) )) return 1;
    do
    {
        sender->ret = send( sender->s, data, BLOCK, 0 );
        sender->error = WSAGetLastError();
        if (sender->ret > 0) InterlockedExchangeAdd( &sender->sent, sender->ret );
    }
    while (sender->ret > 0 && sender->sent < BULK);
    return 0;
}

/* A blocking send returns when its bytes are acknowledged; SO_SNDTIMEO and closesocket end it before. */
static void test_blocking( DWORD flags, BOOL with_time )
{
    struct sender sender = { 0 };
    DWORD time = 3 * QUIET;
    LONG before;
    HANDLE thread;
    SOCKET dst;

    winetest_push_context( "flags %lu, time %d", flags, with_time );
    small_pair_flags( &sender.s, &dst, flags );
    if (with_time)
        expect_success( setsockopt( sender.s, SOL_SOCKET, SO_SNDTIMEO, (char *)&time, sizeof(time) ));
    thread = CreateThread( NULL, 0, blocking_thread, &sender, 0, NULL );
    do
    {
        before = sender.sent;
        Sleep( QUIET );
    }
    while (sender.sent != before);
    ok( before <= arrived( dst ), "%ld bytes sent, %u have arrived\n", before, arrived( dst ));
    if (!with_time)
    {
        ok( recv_exactly( dst, received, before + BLOCK ), "receiving failed\n" );
        Sleep( QUIET );
        ok( sender.sent > before, "the send does not return\n" );
        closesocket( sender.s );
    }
    ok( !WaitForSingleObject( thread, PATIENCE ), "the thread does not end\n" );
    ok( sender.ret == -1 && sender.error == (with_time ? WSAETIMEDOUT : WSAEINTR), "got %d, error %d\n",
        sender.ret, sender.error );
    CloseHandle( thread );
    if (with_time) closesocket( sender.s );
    closesocket( dst );
    winetest_pop_context();
}

/* Wine 10 T: test_set_getsockopt: a socket that may not wait takes the bytes of several sends, and does not
 * wait for the peer */
static void test_nonblocking( void )
{
    unsigned int i, sent;
    SOCKET src, dst;
    int ret;

    small_pair( &src, &dst );
    set_blocking( src, FALSE );
    for (i = 0; i < 3; i++)
    {
        ret = send( src, data, BLOCK, 0 );
        ok( ret == BLOCK, "got %d, error %d\n", ret, WSAGetLastError() );
    }
    for (sent = 3 * BLOCK; sent < 0x1000000; sent += ret)
        if ((ret = send( src, data, BLOCK, 0 )) <= 0) break;
    ok( sent > arrived( dst ), "%u bytes sent, %u have arrived\n", sent, arrived( dst ));
    closesocket( src );
    closesocket( dst );
}

/* With a buffer again a send is over when it is copied, even behind one that waits. */
static void test_buffer_again( void )
{
    OVERLAPPED overlapped, later;
    SOCKET src, dst;
    unsigned int sent;

    small_pair( &src, &dst );
    sent = fill( src, &overlapped );
    set_send_buffer( src, 0x10000 );
    prepare( &later );
    expect_success( start_send( src, 100, &later, NULL ));
    check_ended( &later, 0, 100 );
    check_pending( &overlapped );
    ok( recv_exactly( dst, received, sent + BLOCK + 100 ), "receiving failed\n" );
    check_ended( &overlapped, 0, BLOCK );
    closesocket( src );
    closesocket( dst );
}

/* MS: accept; the SDK's server for completion ports sets the option on its listener */
static void test_inherited( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, src, dst;
    OVERLAPPED overlapped;
    int len, size = 8192;
    unsigned int sent;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_send_buffer( listener, 0 );
    dst = new_socket( AF_INET, SOCK_STREAM );
    expect_success( setsockopt( dst, SOL_SOCKET, SO_RCVBUF, (char *)&size, sizeof(size) ));
    expect_success( connect( dst, (struct sockaddr *)&addr, len ));
    src = accept( listener, NULL, NULL );
    sent = fill( src, &overlapped );
    ok( sent <= arrived( dst ), "%u bytes sent, %u have arrived\n", sent, arrived( dst ));
    ok( recv_exactly( dst, received, sent + BLOCK ), "receiving failed\n" );
    check_ended( &overlapped, 0, BLOCK );
    closesocket( src );
    closesocket( dst );
    closesocket( listener );
}

/* A peer that reads: nothing waits for long, and nothing is left over. */
static void test_reading_peer( void )
{
    OVERLAPPED overlapped;
    int descriptors;
    unsigned int i;
    SOCKET src, dst;

    small_pair( &src, &dst );
    for (i = 0, descriptors = 0; i < 50; i++)
    {
        if (i == 10) descriptors = count_descriptors();
        prepare( &overlapped );
        start_send( src, i % 2 ? 1 : 10 * BLOCK, &overlapped, NULL );
        ok( recv_exactly( dst, received, i % 2 ? 1 : 10 * BLOCK ), "receiving failed\n" );
        check_ended( &overlapped, 0, i % 2 ? 1 : 10 * BLOCK );
    }
    Sleep( 100 );
    ok( count_descriptors() <= descriptors + 2, "%d descriptors, %d before\n", count_descriptors(),
        descriptors );
    closesocket( src );
    closesocket( dst );
}

/* Whatever happens to a connection and when, each send ends. */
static DWORD WINAPI mixed_thread( void *arg )
{
    static const unsigned int sizes[] = { 1, 500, 30000, 100000, 300000 };
    unsigned int turn = (ULONG_PTR)arg * 7, i, count;
    OVERLAPPED overlapped[12];
    char buffer[4096];
    SOCKET src, dst;

    for (count = 0; count < 20; count++, turn++)
    {
        small_pair( &src, &dst );
        for (i = 0; i < ARRAY_SIZE(overlapped); i++)
        {
            prepare( &overlapped[i] );
            if (start_send( src, sizes[(turn + i) % ARRAY_SIZE(sizes)], &overlapped[i], NULL ) &&
                WSAGetLastError() != WSA_IO_PENDING)
                ok( 0, "error %d\n", WSAGetLastError() );
            if (turn % 3) recv( dst, buffer, sizeof(buffer), 0 );
            if ((turn + i) % 5 == 4) CancelIoEx( (HANDLE)src, &overlapped[i] );
        }
        if (turn % 4 == 1) close_with_rst( dst );
        if (turn % 4 == 2) shutdown( src, SD_SEND );
        if (turn % 4 == 3)
            while (recv( dst, buffer, sizeof(buffer), MSG_PEEK ) > 0 && arrived( dst ) > sizeof(buffer))
                recv( dst, buffer, sizeof(buffer), 0 );
        closesocket( src );
        if (turn % 4 != 1) closesocket( dst );
        for (i = 0; i < ARRAY_SIZE(overlapped); i++)
        {
            ok( !WaitForSingleObject( overlapped[i].hEvent, PATIENCE ), "%u: send %u does not end\n", turn,
                i );
            ok( !overlapped[i].InternalHigh == !!overlapped[i].Internal, "got status %#lx, %lu bytes\n",
                (DWORD)overlapped[i].Internal, (DWORD)overlapped[i].InternalHigh );
            CloseHandle( overlapped[i].hEvent );
        }
    }
    return 0;
}

static void test_mixed( void )
{
    int descriptors = 0, i;
    HANDLE threads[4];
    unsigned int turn;

    for (turn = 0; turn < 2; turn++)
    {
        for (i = 0; i < 4; i++)
            threads[i] = CreateThread( NULL, 0, mixed_thread, (void *)(ULONG_PTR)i, 0, NULL );
        ok( !WaitForMultipleObjects( 4, threads, TRUE, 6 * PATIENCE ), "the threads do not end\n" );
        for (i = 0; i < 4; i++) CloseHandle( threads[i] );
        Sleep( QUIET );
        if (!turn) descriptors = count_descriptors();
    }
    ok( count_descriptors() <= descriptors + 10, "%d descriptors, %d before\n", count_descriptors(),
        descriptors );
}

START_TEST(unbuffered)
{
    start_sockets();
    test_small();
    test_large( room + 2000 );
    test_large( BULK );
    test_order();
    test_cancel();
    test_reset();
    test_shutdown();
    test_thread( FALSE );
    test_thread( TRUE );
    test_blocking( WSA_FLAG_OVERLAPPED, FALSE );
    test_blocking( 0, FALSE );
    test_blocking( WSA_FLAG_OVERLAPPED, TRUE );
    test_nonblocking();
    test_buffer_again();
    test_inherited();
    test_reading_peer();
    test_mixed();
    stop_sockets();
}
