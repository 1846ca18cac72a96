/*
 * Registered I/O from several threads that share completion queues, while others are killed in its midst.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A thread that is killed takes nothing with it: the queues go on for the rest, each request completes
 * exactly once, and in the end all places in the completion queues are free again. WS2_STRESS_ROUNDS says
 * how many threads are killed, by default 30.
 */
#include "util.h"
#include "rio.h"

#define WORKERS 3
#define VICTIMS 2
#define DEPTH 8                 /* requests of a direction */
#define SLOT 64                 /* bytes of one */
#define SHARE 4096              /* of the buffer, for one queue */

struct user
{
    SOCKET s, peer;             /* no peer: datagrams to itself */
    void *rq;
    ULONG base;                 /* its share of the buffer */
    volatile LONG turns;        /* of its loop */
    volatile LONG sent, received;       /* results */
    volatile LONG sending, receiving;   /* requests of a worker without a result */
    volatile LONG stop;
};

static struct rio_table rio;
static struct user users[WORKERS + VICTIMS];
static char *memory;
static void *buffer, *receive_cq, *send_cq, *victim_cq;
static LONG failures, aborted;

static void failed( const struct user *user, const char *what, LONG value )
{
    if (InterlockedIncrement( &failures ) <= 10)
        ok( 0, "%s %u: %s, %ld\n", user - users < WORKERS ? "worker" : "victim", (int)(user - users), what,
            value );
}

static BOOL request( struct user *user, BOOL send, unsigned int number )
{
    struct rio_slice slice = { buffer, user->base + (send ? SHARE / 2 : 0) + number % DEPTH * SLOT, SLOT };

    if (send) return rio.send( user->rq, &slice, 1, 0, (void *)1 );
    return rio.receive( user->rq, &slice, 1, 0, (void *)2 );
}

/* Keep both directions busy. */
static DWORD WINAPI worker_thread( void *arg )
{
    struct user *user = arg;
    unsigned int i;

    for (i = 0; !user->stop; i++)
    {
        if (user->receiving < DEPTH)
        {
            InterlockedIncrement( &user->receiving );
            if (!request( user, FALSE, i )) failed( user, "receive", WSAGetLastError() );
        }
        else if (user->sending < DEPTH / 2)
        {
            InterlockedIncrement( &user->sending );
            if (!request( user, TRUE, i )) failed( user, "send", WSAGetLastError() );
        }
        else Sleep( 1 );
        user->turns++;
    }
    return 0;
}

/* What another victim has begun with the same queue goes on; it may be full. */
static DWORD WINAPI victim_thread( void *arg )
{
    struct user *user = arg;
    struct rio_result results[4];
    unsigned int i;

    for (i = 0; !user->stop; i++)
    {
        if (!request( user, i & 1, i / 2 ) && WSAGetLastError() != WSAENOBUFS)
            failed( user, "request", WSAGetLastError() );
        rio.dequeue( victim_cq, results, ARRAY_SIZE(results) );
        rio.dequeue( receive_cq, NULL, 0 );
        user->turns++;
    }
    return 0;
}

/* Take what is there. */
static ULONG collect( void *cq )
{
    struct rio_result results[16];
    ULONG count = rio.dequeue( cq, results, ARRAY_SIZE(results) ), i;

    if (count == RIO_CORRUPT)
    {
        ok( 0, "the queue is corrupt\n" );
        return 0;
    }
    for (i = 0; i < count; i++)
    {
        struct user *user = (struct user *)(ULONG_PTR)results[i].socket_context;
        BOOL send = results[i].request_context == 1, closing = user->stop;

        if (results[i].status == WSA_OPERATION_ABORTED && user->peer != INVALID_SOCKET)
            aborted++;          /* a stream's, whose thread was killed in the midst of it */
        else if (results[i].status && !(closing && results[i].status == WSA_OPERATION_ABORTED))
            failed( user, send ? "send ended" : "receive ended", results[i].status );
        else if (!results[i].status && results[i].transferred != SLOT && user->peer == INVALID_SOCKET)
            failed( user, "bytes", results[i].transferred );
        InterlockedIncrement( send ? &user->sent : &user->received );
        if (user - users < WORKERS) InterlockedDecrement( send ? &user->sending : &user->receiving );
    }
    return count;
}

static ULONG collect_all( void )
{
    char data[256];
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(users); i++)
        if (users[i].peer != INVALID_SOCKET && recv( users[i].peer, data, sizeof(data), 0 ) > 0)
            send( users[i].peer, data, SLOT, 0 );
    return collect( receive_cq ) + collect( send_cq ) + collect( victim_cq );
}

/* Each user of the range makes a turn, and what it has asked for comes. */
static void check_progress( unsigned int first, unsigned int count, BOOL results )
{
    DWORD end = GetTickCount() + PATIENCE;
    LONG turns[ARRAY_SIZE(users)], received[ARRAY_SIZE(users)];
    unsigned int i;

    for (i = first; i < first + count; i++)
    {
        turns[i] = users[i].turns;
        received[i] = users[i].received;
    }
    for (i = first; i < first + count && (LONG)(end - GetTickCount()) > 0; )
    {
        collect_all();
        if (users[i].turns != turns[i] && (!results || users[i].received - received[i] > DEPTH)) i++;
    }
    if (i < first + count) failed( &users[i], "no progress", users[i].turns - turns[i] );
}

static void make_user( struct user *user )
{
    u_long on = TRUE;
    struct sockaddr_storage addr;
    SOCKET server;
    int len;

    memset( user, 0, sizeof(*user) );
    user->base = (user - users) * SHARE;
    user->peer = INVALID_SOCKET;
    if (user - users < ARRAY_SIZE(users) - 1)
    {
        user->s = bound_socket( AF_INET, SOCK_DGRAM, RIO_SOCKET_FLAG, &addr, &len );
        ok( !connect( user->s, (struct sockaddr *)&addr, len ), "error %d\n", WSAGetLastError() );
    }
    else
    {
        /* not the accepted side: Wine 8.0 asks its server for that descriptor each time, under a lock of
         * ntdll's which a thread that is killed meanwhile keeps */
        server = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
        user->s = WSASocketW( AF_INET, SOCK_STREAM, 0, NULL, 0, RIO_SOCKET_FLAG );
        ok( !connect( user->s, (struct sockaddr *)&addr, len ), "error %d\n", WSAGetLastError() );
        user->peer = accept( server, NULL, NULL );
        closesocket( server );
        ioctlsocket( user->peer, FIONBIO, &on );
    }
    user->rq = rio.create_rq( user->s, DEPTH, 1, DEPTH, 1, receive_cq,
                              user - users < WORKERS ? send_cq : victim_cq, user );
    ok( user->rq != NULL, "no queue, error %d\n", WSAGetLastError() );
}

static void run( unsigned int kills )
{
    HANDLE workers[WORKERS], victims[VICTIMS];
    DWORD seed = GetTickCount(), end;
    unsigned int i, k;

    receive_cq = rio.create_cq( ARRAY_SIZE(users) * DEPTH, NULL );
    send_cq = rio.create_cq( WORKERS * DEPTH, NULL );
    victim_cq = rio.create_cq( VICTIMS * DEPTH, NULL );
    for (i = 0; i < ARRAY_SIZE(users); i++) make_user( &users[i] );
    for (i = 0; i < WORKERS; i++)
        workers[i] = CreateThread( NULL, 0, worker_thread, &users[i], 0, NULL );
    for (i = 0; i < VICTIMS; i++)
        victims[i] = CreateThread( NULL, 0, victim_thread, &users[WORKERS + i], 0, NULL );
    check_progress( 0, WORKERS, TRUE );

    for (k = 0; k < kills && !failures; k++)
    {
        /* not while it starts, and may hold locks of the loader */
        check_progress( WORKERS, VICTIMS, FALSE );
        seed = seed * 1103515245 + 12345;
        for (i = (seed >> 16) % 512; i; i--) if (!(i % 64)) collect_all(); else YieldProcessor();
        i = k % VICTIMS;
        TerminateThread( victims[i], 0 );
        WaitForSingleObject( victims[i], PATIENCE );
        CloseHandle( victims[i] );
        victims[i] = CreateThread( NULL, 0, victim_thread, &users[WORKERS + i], 0, NULL );
        check_progress( 0, WORKERS, TRUE );
    }
    trace( "%u killed, %ld requests aborted\n", k, aborted );

    for (i = 0; i < ARRAY_SIZE(users); i++) users[i].stop = TRUE;
    for (i = 0; i < ARRAY_SIZE(users); i++)
    {
        HANDLE thread = i < WORKERS ? workers[i] : victims[i - WORKERS];

        if (WaitForSingleObject( thread, PATIENCE )) failed( &users[i], "hangs", users[i].turns );
        CloseHandle( thread );
    }
    for (i = 0; i < ARRAY_SIZE(users); i++) closesocket( users[i].s );
    for (end = GetTickCount() + PATIENCE; (LONG)(end - GetTickCount()) > 0; )
    {
        collect_all();
        if (rio.resize_cq( receive_cq, 1 ) && rio.resize_cq( send_cq, 1 ) && rio.resize_cq( victim_cq, 1 ))
            break;
    }
    ok( rio.resize_cq( receive_cq, 1 ), "places are missing, error %d\n", WSAGetLastError() );
    ok( rio.resize_cq( send_cq, 1 ), "places are missing, error %d\n", WSAGetLastError() );
    ok( rio.resize_cq( victim_cq, 1 ), "places are missing, error %d\n", WSAGetLastError() );
    for (i = 0; i < WORKERS; i++)
        ok( !users[i].sending && !users[i].receiving, "worker %u: %ld sends, %ld receives never ended\n", i,
            users[i].sending, users[i].receiving );
    for (i = 0; i < ARRAY_SIZE(users); i++)
        if (users[i].peer != INVALID_SOCKET) closesocket( users[i].peer );
    rio.close_cq( receive_cq );
    rio.close_cq( send_cq );
    rio.close_cq( victim_cq );
}

START_TEST(rio_stress)
{
    GUID guid = RIO_GUID;
    unsigned int kills = 30;
    char value[16];
    DWORD count;
    SOCKET s;
    int ret;

    if (GetEnvironmentVariableA( "WS2_STRESS_ROUNDS", value, sizeof(value) )) kills = atoi( value );
    start_sockets();
    s = WSASocketW( AF_INET, SOCK_DGRAM, 0, NULL, 0, RIO_SOCKET_FLAG );
    ret = WSAIoctl( s, RIO_CODE, &guid, sizeof(guid), &rio, sizeof(rio), &count, NULL, NULL );
    ok( !ret, "no functions, error %d\n", WSAGetLastError() );
    closesocket( s );
    /* on Windows the program has to see to it that one thread at a time uses a queue, and who kills the
     * thread that does leaves it in disorder */
    if (!ret && !GetProcAddress( GetModuleHandleA( "ntdll.dll" ), "wine_get_version" )) kills = 0;
    if (!ret)
    {
        memory = VirtualAlloc( NULL, ARRAY_SIZE(users) * SHARE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE );
        buffer = rio.register_buffer( memory, ARRAY_SIZE(users) * SHARE );
        run( kills );
        rio.deregister( buffer );
    }
    stop_sockets();
}
