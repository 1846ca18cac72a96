/*
 * Packets of overlapped calls that succeed at once: none is lost, doubled, or out of its thread's order,
 * whatever the thread does next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends of one byte on a connection that is read meanwhile, or whose buffer has room, are over when WSASend
 * returns; the rest of what is said here holds for those that pend, too.
 */
#include "util.h"

#define SOCKET_KEY 0x1234
#define POSTED_KEY 0x5678
#define MANY 100

/* A socket with a port, and a peer that takes what is sent. */
struct fixture
{
    SOCKET src, dst;
    HANDLE port;
};

static void init_fixture( struct fixture *fixture )
{
    tcp_socketpair( &fixture->src, &fixture->dst );
    fixture->port = CreateIoCompletionPort( (HANDLE)fixture->src, NULL, SOCKET_KEY, 0 );
    ok( !!fixture->port, "error %lu\n", GetLastError() );
}

static void free_fixture( struct fixture *fixture )
{
    if (fixture->src != INVALID_SOCKET) closesocket( fixture->src );
    closesocket( fixture->dst );
    CloseHandle( fixture->port );
}

/* Send a byte. The OVERLAPPED is only an address and a place for the result. */
static BOOL send_byte( SOCKET s, OVERLAPPED *ov )
{
    WSABUF buffer = { 1, (char *)"x" };
    DWORD count;

    memset( ov, 0, sizeof(*ov) );
    return !WSASend( s, &buffer, 1, &count, 0, ov, NULL ) || WSAGetLastError() == WSA_IO_PENDING;
}

static void discard( SOCKET s, int count )
{
    char data[256];
    int ret;

    while (count > 0 && (ret = recv( s, data, min( count, (int)sizeof(data) ), 0 )) > 0) count -= ret;
    ok( !count, "%d bytes are missing\n", count );
}

#define expect_packet( port, key, ov ) expect_packet_( __LINE__, port, key, ov )
static void expect_packet_( int line, HANDLE port, ULONG_PTR key, OVERLAPPED *ov )
{
    OVERLAPPED *got = NULL;
    ULONG_PTR got_key = 0;
    DWORD count;
    BOOL ret = GetQueuedCompletionStatus( port, &count, &got_key, &got, PATIENCE );

    ok_( __FILE__, line )( ret && got == ov && got_key == key && (key == POSTED_KEY || count == 1),
                           "got %d, %p of %p, key %#lx, count %lu, error %lu\n", ret, got, ov,
                           (DWORD)got_key, count, GetLastError() );
}

/* What the thread does next comes after: its own packets, events, and answers of all kinds. */
static void test_order( void )
{
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL );
    OVERLAPPED ovs[MANY];
    struct fixture f;
    FILETIME time[4];
    DWORD type, len;
    int i, value;

    init_fixture( &f );
    for (i = 0; i < MANY; i++)
    {
        switch (i % 7)
        {
        case 1:
            ok( PostQueuedCompletionStatus( f.port, 5, POSTED_KEY, &ovs[i] ), "error %lu\n",
                GetLastError() );
            continue;
        case 3:
            ok( SetEvent( event ), "error %lu\n", GetLastError() );
            ok( !WaitForSingleObject( event, 0 ), "the event is not set\n" );
            ok( ResetEvent( event ), "error %lu\n", GetLastError() );
            ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "the event is set\n" );
            break;
        case 5:
            ok( GetThreadTimes( GetCurrentThread(), &time[0], &time[1], &time[2], &time[3] ), "error %lu\n",
                GetLastError() );
            ok( GetHandleInformation( event, &type ) && !type, "error %lu\n", GetLastError() );
            len = sizeof(value);
            ok( !getsockopt( f.dst, SOL_SOCKET, SO_ERROR, (char *)&value, (int *)&len ) && !value,
                "error %d\n", WSAGetLastError() );
            break;
        }
        ok( send_byte( f.src, &ovs[i] ), "error %d\n", WSAGetLastError() );
    }
    for (i = 0; i < MANY; i++) expect_packet( f.port, i % 7 == 1 ? POSTED_KEY : SOCKET_KEY, &ovs[i] );
    check_empty( f.port );

    /* one by one */
    for (i = 0; i < MANY; i++)
    {
        ok( send_byte( f.src, &ovs[i] ), "error %d\n", WSAGetLastError() );
        expect_packet( f.port, SOCKET_KEY, &ovs[i] );
        if (i % 10 == 0) check_empty( f.port );
    }
    free_fixture( &f );
    CloseHandle( event );
}

struct taker
{
    HANDLE port;
    OVERLAPPED *first;      /* of an array of the OVERLAPPEDs that are expected, */
    int count;              /* so many, */
    BYTE *seen;             /* each as often as this says then */
    int strangers;
    DWORD error;
};

/* Wait for packets until one without an OVERLAPPED comes. */
static DWORD WINAPI take_thread( void *arg )
{
    struct taker *taker = arg;
    OVERLAPPED *ov;
    ULONG_PTR key;
    DWORD count;

    SetLastError( 0 );
    while (GetQueuedCompletionStatus( taker->port, &count, &key, &ov, 2 * PATIENCE ) && ov)
    {
        if (ov >= taker->first && ov < taker->first + taker->count) taker->seen[ov - taker->first]++;
        else taker->strangers++;
        ov = NULL;
    }
    taker->error = GetLastError();
    return 0;
}

static HANDLE start_thread( LPTHREAD_START_ROUTINE function, void *arg )
{
    HANDLE thread = CreateThread( NULL, 0, function, arg, 0, NULL );

    ok( !!thread, "error %lu\n", GetLastError() );
    return thread;
}

static void end_thread( HANDLE thread )
{
    ok( !WaitForSingleObject( thread, 3 * PATIENCE ), "the thread does not end\n" );
    CloseHandle( thread );
}

#define expect_once( taker ) expect_once_( __LINE__, taker )
static void expect_once_( int line, const struct taker *taker )
{
    int i, wrong = taker->strangers;

    for (i = 0; i < taker->count; i++) wrong += taker->seen[i] != 1;
    ok_( __FILE__, line )( !wrong, "%d of %d packets are missing, doubled or wrong, error %lu\n", wrong,
                           taker->count, taker->error );
}

/* Another thread waits for the packets while this one, after its last, asks nothing. */
static void test_other_thread( void )
{
    OVERLAPPED ovs[MANY];
    BYTE seen[MANY] = { 0 };
    struct fixture f;
    struct taker taker = { NULL, ovs, MANY, seen };
    DWORD start = GetTickCount();
    HANDLE thread;
    int i;

    init_fixture( &f );
    taker.port = f.port;
    thread = start_thread( take_thread, &taker );
    for (i = 0; i < MANY; i++) ok( send_byte( f.src, &ovs[i] ), "error %d\n", WSAGetLastError() );
    while (!*(volatile BYTE *)&seen[MANY - 1] && GetTickCount() - start < PATIENCE) {}
    PostQueuedCompletionStatus( f.port, 0, 0, NULL );
    end_thread( thread );
    expect_once( &taker );
    free_fixture( &f );
}

struct sender
{
    SOCKET s;
    OVERLAPPED *ovs;
    int count;
    SOCKET peer;
    volatile LONG sent;
};

static DWORD WINAPI send_thread( void *arg )
{
    struct sender *sender = arg;
    int i;

    for (i = 0; i < sender->count; i++)
        if (!send_byte( sender->s, &sender->ovs[i] )) return WSAGetLastError();
    return 0;
}

/* A thread that posts and ends. */
static void test_exit( void )
{
    OVERLAPPED ovs[MANY];
    BYTE seen[MANY];
    struct fixture f;
    int i, j;

    init_fixture( &f );
    for (i = 0; i < 20; i++)
    {
        struct sender sender = { f.src, ovs, 1 + i * 5 % 40 };
        struct taker taker = { f.port, ovs, sender.count, seen };

        memset( seen, 0, sizeof(seen) );
        end_thread( start_thread( send_thread, &sender ));
        PostQueuedCompletionStatus( f.port, 0, 0, NULL );
        take_thread( &taker );
        expect_once( &taker );
        discard( f.dst, sender.count );
    }
    /* nor does it matter that others use what it has left */
    for (i = 0; i < 8; i++)
    {
        for (j = 0; j < 10; j++) ok( send_byte( f.src, &ovs[j] ), "error %d\n", WSAGetLastError() );
        for (j = 0; j < 10; j++) expect_packet( f.port, SOCKET_KEY, &ovs[j] );
    }
    check_empty( f.port );
    free_fixture( &f );
}

static volatile LONG apcs;

static void CALLBACK count_apc( ULONG_PTR arg )
{
    (void)arg;
    InterlockedIncrement( &apcs );
}

static DWORD WINAPI send_and_wait_thread( void *arg )
{
    struct sender *sender = arg;
    int i;

    for (i = 0; i < sender->count; i++)
    {
        if (!send_byte( sender->s, &sender->ovs[i] )) break;
        sender->sent = i + 1;
        if (i % 16 == 15) SleepEx( 0, TRUE );
        if (i % 50 == 49) discard( sender->peer, 50 );
    }
    SleepEx( 0, TRUE );
    return i;
}

/* A thread that is suspended and gets APCs meanwhile, so that signals come at any point. */
static void test_suspended( void )
{
    enum { COUNT = 5000 };
    OVERLAPPED *ovs = calloc( COUNT, sizeof(*ovs) );
    BYTE *seen = calloc( COUNT, 1 );
    struct taker taker = { NULL, ovs, COUNT, seen };
    struct sender sender = { 0, ovs, COUNT };
    DWORD sent = 0, start = GetTickCount();
    CONTEXT context = { .ContextFlags = CONTEXT_CONTROL };
    HANDLE threads[2];
    LONG queued = 0;
    struct fixture f;

    init_fixture( &f );
    taker.port = f.port;
    sender.s = f.src;
    sender.peer = f.dst;
    apcs = 0;
    threads[0] = start_thread( take_thread, &taker );
    threads[1] = start_thread( send_and_wait_thread, &sender );
    while (sender.sent < COUNT - 100 && GetTickCount() - start < 2 * PATIENCE)
    {
        LONG seen_sent = sender.sent;

        /* not at its next step, so that it gets on; nor an APC while one is due, which would never end */
        while (sender.sent < seen_sent + seen_sent % 5 && GetTickCount() - start < 2 * PATIENCE) {}
        if (SuspendThread( threads[1] ) == ~0u) break;
        GetThreadContext( threads[1], &context );
        ResumeThread( threads[1] );
        if (apcs == queued && QueueUserAPC( count_apc, threads[1], 0 )) queued++;
    }
    WaitForSingleObject( threads[1], 2 * PATIENCE );
    GetExitCodeThread( threads[1], &sent );
    ok( sent == COUNT, "sent %lu\n", sent );
    ok( queued && apcs, "%ld APCs of %ld\n", apcs, queued );
    PostQueuedCompletionStatus( f.port, 0, 0, NULL );
    end_thread( threads[0] );
    end_thread( threads[1] );
    expect_once( &taker );
    free_fixture( &f );
    free( ovs );
    free( seen );
}

/* A child process that is started right after. */
static void test_child( void )
{
    PROCESS_INFORMATION info;
    OVERLAPPED ovs[10];
    struct fixture f;
    int i, j;

    init_fixture( &f );
    for (i = 0; i < 3; i++)
    {
        for (j = 0; j < 10; j++) ok( send_byte( f.src, &ovs[j] ), "error %d\n", WSAGetLastError() );
        if (!start_child( &info, FALSE, "posts", "child" )) break;
        ok( send_byte( f.src, &ovs[0] ), "error %d\n", WSAGetLastError() );
        for (j = 0; j < 10; j++) expect_packet( f.port, SOCKET_KEY, &ovs[j] );
        expect_packet( f.port, SOCKET_KEY, &ovs[0] );
        finish_child( &info );
    }
    free_fixture( &f );
}

static void run_child( void )
{
    OVERLAPPED ov;
    struct fixture f;

    init_fixture( &f );
    ok( send_byte( f.src, &ov ), "error %d\n", WSAGetLastError() );
    expect_packet( f.port, SOCKET_KEY, &ov );
    free_fixture( &f );
}

/* The socket is closed right after, by the same thread. */
static void test_close( BOOL by_handle )
{
    OVERLAPPED ovs[20];
    struct fixture f;
    int i, j;

    for (i = 0; i < 20; i++)
    {
        init_fixture( &f );
        for (j = 0; j <= i; j++) ok( send_byte( f.src, &ovs[j] ), "error %d\n", WSAGetLastError() );
        if (by_handle) CloseHandle( (HANDLE)f.src );
        else closesocket( f.src );
        f.src = INVALID_SOCKET;
        for (j = 0; j <= i; j++) expect_packet( f.port, SOCKET_KEY, &ovs[j] );
        check_empty( f.port );
        free_fixture( &f );
    }
}

/* A thread that closes a socket as soon as it sees that another one has sent. */
struct closer
{
    volatile SOCKET s;
    volatile LONG ready, stop;
};

static DWORD WINAPI close_thread( void *arg )
{
    struct closer *closer = arg;

    while (!closer->stop)
    {
        if (!InterlockedExchange( &closer->ready, 0 )) continue;
        if (closer->s & 1) CloseHandle( (HANDLE)(closer->s & ~(SOCKET)1) );
        else closesocket( closer->s );
        closer->s = INVALID_SOCKET;
    }
    return 0;
}

/* By another thread, which was not told by anything that the system has handled. */
static void test_close_elsewhere( void )
{
    struct closer closer = { INVALID_SOCKET };
    HANDLE thread = start_thread( close_thread, &closer );
    OVERLAPPED ovs[15];
    struct fixture f;
    int i, j;

    for (i = 0; i < 300; i++)
    {
        int count = 1 + i % ARRAY_SIZE(ovs);

        init_fixture( &f );
        for (j = 0; j < count; j++) ok( send_byte( f.src, &ovs[j] ), "error %d\n", WSAGetLastError() );
        closer.s = f.src | (i & 1);
        InterlockedExchange( &closer.ready, 1 );
        while (closer.s != INVALID_SOCKET) {}
        f.src = INVALID_SOCKET;
        for (j = 0; j < count; j++) expect_packet( f.port, SOCKET_KEY, &ovs[j] );
        check_empty( f.port );
        free_fixture( &f );
    }
    closer.stop = 1;
    end_thread( thread );
}

/*** stress ***/

#define STRESS_MS 2000
#define RING 512

static struct
{
    HANDLE port;
    volatile LONG stop, sent, received, wrong;
}
stress;

/* Each thread takes packets of all, and sends on. */
static DWORD WINAPI stress_thread( void *arg )
{
    struct fixture f;
    OVERLAPPED ovs[RING];
    unsigned int i = 0, total = 0, j, burst;
    HANDLE event = CreateEventW( NULL, FALSE, FALSE, NULL );
    WSABUF buffer = { 1, (char *)"x" };
    DWORD sent;

    (void)arg;
    tcp_socketpair( &f.src, &f.dst );
    CreateIoCompletionPort( (HANDLE)f.src, stress.port, SOCKET_KEY, 0 );
    memset( ovs, 0, sizeof(ovs) );
    while (!stress.stop)
    {
        burst = 1 + total % 20;
        for (j = 0; j < burst; j++)
        {
            /* Offset is ours: how often the packet is out */
            while (*(volatile DWORD *)&ovs[i].Offset && !stress.stop)
            {
                OVERLAPPED *ov;
                ULONG_PTR key;
                DWORD count;

                if (!GetQueuedCompletionStatus( stress.port, &count, &key, &ov, 1 )) continue;
                if (InterlockedDecrement( (LONG *)&ov->Offset ) || key != SOCKET_KEY || count != 1)
                    InterlockedIncrement( &stress.wrong );
                InterlockedIncrement( &stress.received );
            }
            if (stress.stop) break;
            InterlockedIncrement( &stress.sent );
            InterlockedIncrement( (LONG *)&ovs[i].Offset );
            if (WSASend( f.src, &buffer, 1, &sent, 0, &ovs[i], NULL )) InterlockedIncrement( &stress.wrong );
            i = (i + 1) % RING;
            total++;
        }
        discard( f.dst, j );
        SetEvent( event );
        if (WaitForSingleObject( event, 0 )) InterlockedIncrement( &stress.wrong );
    }
    /* what is on its way is taken by the main thread, which counts */
    while (stress.stop == 1) Sleep( 1 );
    closesocket( f.src );
    closesocket( f.dst );
    CloseHandle( event );
    return 0;
}

static void test_stress( void )
{
    HANDLE threads[3];
    OVERLAPPED *ov;
    ULONG_PTR key;
    DWORD count, start;
    unsigned int i;

    memset( (void *)&stress, 0, sizeof(stress) );
    stress.port = CreateIoCompletionPort( INVALID_HANDLE_VALUE, NULL, 0, 0 );
    for (i = 0; i < ARRAY_SIZE(threads); i++) threads[i] = start_thread( stress_thread, NULL );
    Sleep( STRESS_MS );
    InterlockedExchange( &stress.stop, 1 );
    start = GetTickCount();
    while (GetTickCount() - start < PATIENCE)
    {
        if (GetQueuedCompletionStatus( stress.port, &count, &key, &ov, 200 ))
        {
            if (InterlockedDecrement( (LONG *)&ov->Offset )) InterlockedIncrement( &stress.wrong );
            InterlockedIncrement( &stress.received );
        }
        else if (stress.sent == stress.received) break;
    }
    check_empty( stress.port );
    InterlockedExchange( &stress.stop, 2 );
    for (i = 0; i < ARRAY_SIZE(threads); i++) end_thread( threads[i] );
    ok( stress.sent == stress.received && stress.sent > 100 && !stress.wrong,
        "sent %ld, received %ld, wrong %ld\n", stress.sent, stress.received, stress.wrong );
    trace( "%ld packets\n", stress.sent );
    CloseHandle( stress.port );
}

START_TEST( posts )
{
    char **argv;
    int argc = winetest_get_mainargs( &argv );

    start_sockets();
    if (argc > 2) run_child();
    else
    {
        test_order();
        test_other_thread();
        test_exit();
        test_suspended();
        test_child();
        test_close( FALSE );
        test_close( TRUE );
        test_close_elsewhere();
        test_stress();
    }
    stop_sockets();
}
