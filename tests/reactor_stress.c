/*
 * Many datagram receives that wait, with cancellations, closes and ICMP errors against each other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each receive completes exactly once; a socket's datagrams arrive in the order of their sending, none twice
 * and none lost, whatever is cancelled meanwhile. WS2_STRESS_ROUNDS says how often, by default 4.
 */
#include "util.h"

#define WORKERS 4
#define RECEIVES 8
#define DATAGRAMS 400
#define BATCH 100               /* after so many an error comes */
#define WINDOW 40               /* datagrams on their way, so that the host's buffer has room */

struct receive
{
    OVERLAPPED ov;
    DWORD flags;
    volatile LONG pending;
    WSABUF wsabuf;
    DWORD data[2];
    struct sockaddr_in from;
    int from_len;
};

struct worker
{
    unsigned int number;
    SOCKET s, peer;
    struct sockaddr_in addr, peer_addr;
    HANDLE port;
    struct receive receives[RECEIVES];
    volatile LONG stop;
    DWORD next;                 /* datagram to arrive */
    LONG cancelled, errors;
};

static LONG failures, total_cancelled, total_errors, total_received;

/* ok() would count too much. */
static void failed( const struct worker *w, const char *what, DWORD value )
{
    if (InterlockedIncrement( &failures ) <= 10) ok( 0, "worker %u: %s, %lu\n", w->number, what, value );
}

static void start( struct worker *w, struct receive *r )
{
    int ret;

    r->flags = 0;
    r->wsabuf.buf = (char *)r->data;
    r->wsabuf.len = sizeof(r->data);
    r->from_len = sizeof(r->from);
    if (InterlockedExchange( &r->pending, 1 )) failed( w, "started while it waits", 0 );
    ret = WSARecvFrom( w->s, &r->wsabuf, 1, NULL, &r->flags, (struct sockaddr *)&r->from, &r->from_len,
                       &r->ov, NULL );
    if (ret == -1 && WSAGetLastError() == WSAECONNRESET)
    {
        /* the error is told at once, and not on the port */
        w->errors++;
        r->pending = 0;
        start( w, r );
    }
    else if (ret == -1 && WSAGetLastError() != WSA_IO_PENDING) failed( w, "WSARecvFrom", WSAGetLastError() );
}

/* Take one packet; FALSE after the time. */
static BOOL take( struct worker *w, DWORD timeout, BOOL again )
{
    struct receive *r;
    OVERLAPPED *ov = NULL;
    ULONG_PTR key;
    DWORD count, error;
    BOOL ret = GetQueuedCompletionStatus( w->port, &count, &key, &ov, timeout );

    if (!ov) return FALSE;
    error = ret ? 0 : GetLastError();
    r = CONTAINING_RECORD( ov, struct receive, ov );
    if (InterlockedExchange( &r->pending, 0 ) != 1) failed( w, "completed twice", r - w->receives );
    if (!error)
    {
        if (count != sizeof(r->data)) failed( w, "size", count );
        if (r->data[0] != w->number) failed( w, "datagram of another", r->data[0] );
        if (r->data[1] != w->next) failed( w, "not the next datagram", r->data[1] );
        if (r->from.sin_port != w->peer_addr.sin_port) failed( w, "not its name", r->from.sin_port );
        w->next = r->data[1] + 1;
        InterlockedIncrement( &total_received );
    }
    else if (error == ERROR_OPERATION_ABORTED) w->cancelled++;
    else if (error == ERROR_PORT_UNREACHABLE) w->errors++;
    else failed( w, "error", error );
    memset( r->data, 0xcc, sizeof(r->data) );
    if (again) start( w, r );
    return TRUE;
}

static DWORD WINAPI canceller_thread( void *arg )
{
    struct worker *w = arg;
    unsigned int i = w->number;

    while (!w->stop)
    {
        i = i * 1103515245 + 12345;
        if ((i >> 16) % 16) CancelIoEx( (HANDLE)w->s, &w->receives[(i >> 16) % RECEIVES].ov );
        else CancelIoEx( (HANDLE)w->s, NULL );
        if (!((i >> 8) % 4)) Sleep( 1 );
    }
    return 0;
}

/* The peer's port is closed: one ICMP error per datagram. */
static void provoke_error( struct worker *w )
{
    LONG before = w->errors;
    unsigned int i;

    closesocket( w->peer );
    sendto( w->s, "x", 1, 0, (struct sockaddr *)&w->peer_addr, sizeof(w->peer_addr) );
    for (i = 0; i < 1000 && w->errors == before; i++) take( w, 10, TRUE );
    if (w->errors != before + 1) failed( w, "errors told", w->errors - before );
    w->peer = socket( AF_INET, SOCK_DGRAM, 0 );
    if (bind( w->peer, (struct sockaddr *)&w->peer_addr, sizeof(w->peer_addr) ))
        failed( w, "bind", WSAGetLastError() );
}

static DWORD WINAPI worker_thread( void *arg )
{
    struct worker *w = arg;
    struct sockaddr_storage addr;
    unsigned int i, sent = 0;
    HANDLE canceller;
    BOOL connected = w->number & 1, progress = TRUE;

    w->s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, NULL );
    w->addr = *(struct sockaddr_in *)&addr;
    w->peer = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, NULL );
    w->peer_addr = *(struct sockaddr_in *)&addr;
    if (connected) connect( w->s, (struct sockaddr *)&w->peer_addr, sizeof(w->peer_addr) );
    w->port = CreateIoCompletionPort( (HANDLE)w->s, NULL, 0, 0 );
    for (i = 0; i < RECEIVES; i++) start( w, &w->receives[i] );
    canceller = CreateThread( NULL, 0, canceller_thread, w, 0, NULL );

    while (w->next < DATAGRAMS && progress)
    {
        DWORD batch = min( DATAGRAMS, (w->next / BATCH + 1) * BATCH );

        for (; sent < batch && sent - w->next < WINDOW; sent++)
        {
            DWORD data[2] = { w->number, sent };

            if (sendto( w->peer, (char *)data, sizeof(data), 0, (struct sockaddr *)&w->addr,
                        sizeof(w->addr) ) != sizeof(data))
                failed( w, "sendto", WSAGetLastError() );
        }
        progress = take( w, PATIENCE, TRUE );
        if (sent == w->next && sent == batch) provoke_error( w );
    }
    if (!progress) failed( w, "datagram lost", w->next );

    w->stop = 1;
    WaitForSingleObject( canceller, PATIENCE );
    CloseHandle( canceller );
    /* all that wait end with the socket, however it is closed */
    if (w->number & 2) closesocket( w->s );
    else
    {
        CancelIoEx( (HANDLE)w->s, NULL );
        CloseHandle( (HANDLE)w->s );
    }
    for (i = 0; i < RECEIVES; i++) if (!take( w, PATIENCE, FALSE )) failed( w, "never completed", i );
    for (i = 0; i < RECEIVES; i++) if (w->receives[i].pending) failed( w, "still waits", i );
    if (take( w, 0, FALSE )) failed( w, "packet too many", 0 );
    closesocket( w->peer );
    CloseHandle( w->port );
    InterlockedExchangeAdd( &total_cancelled, w->cancelled );
    InterlockedExchangeAdd( &total_errors, w->errors );
    return 0;
}

static void run( void )
{
    static struct worker workers[WORKERS];
    HANDLE threads[WORKERS];
    unsigned int i;

    memset( workers, 0, sizeof(workers) );
    for (i = 0; i < WORKERS; i++)
    {
        workers[i].number = i;
        threads[i] = CreateThread( NULL, 0, worker_thread, &workers[i], 0, NULL );
    }
    for (i = 0; i < WORKERS; i++)
    {
        ok( !WaitForSingleObject( threads[i], 6 * PATIENCE ), "worker %u hangs\n", i );
        CloseHandle( threads[i] );
    }
}

START_TEST( reactor_stress )
{
    unsigned int i, rounds = 4;
    int before, after;
    char value[16];

    if (GetEnvironmentVariableA( "WS2_STRESS_ROUNDS", value, sizeof(value) )) rounds = atoi( value );
    start_sockets();
    run();                      /* what is made once is made now */
    before = count_descriptors();
    for (i = 0; i < rounds; i++) run();
    after = count_descriptors();

    trace( "%ld received, %ld cancelled, %ld errors\n", total_received, total_cancelled, total_errors );
    ok( total_received == (LONG)(rounds + 1) * WORKERS * DATAGRAMS, "%ld received\n", total_received );
    ok( total_cancelled > 0 && total_errors > 0, "nothing happened\n" );
    if (before < 0) skip( "no descriptors to count\n" );
    else ok( after <= before + 8, "%d descriptors before, %d after\n", before, after );
    stop_sockets();
}
