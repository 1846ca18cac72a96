/*
 * Threads that open, use, reset and close sockets against each other, by closesocket and by CloseHandle. No
 * byte may reach another connection, no reset may look like an end, nothing may be left open.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs 5 seconds, or WS2_STRESS_SECONDS.
 */
#include "util.h"

#define CLIENTS 4
#define SERVERS 4
#define MAX_SIZE 300000

enum ending
{
    END_SHUTDOWN,               /* the client ends its direction, then closes */
    END_CLOSE,                  /* closesocket */
    END_HANDLE,                 /* CloseHandle */
    END_RESET,                  /* after the server has acknowledged the data */
    END_COUNT
};

struct header
{
    DWORD id;
    DWORD size;
    DWORD ending;
    DWORD check;
};

static struct sockaddr_in server_addr;
static SOCKET listener;
static volatile LONG stop, next_id;

static LONG connections, wrong_bytes, wrong_ends, hidden_resets, failures, datagrams, wrong_datagrams,
            interrupted, wrong_interrupts;
static LONG endings[END_COUNT];

static unsigned char payload( DWORD id, DWORD i )
{
    return id * 31 + i + (i >> 8) * 5;
}

static DWORD check_of( const struct header *header )
{
    return header->id ^ header->size * 7 ^ header->ending * 0x01000193 ^ 0x5a5a5a5a;
}

static void failed( const char *what )
{
    /* the first few are enough to see what it is */
    if (InterlockedIncrement( &failures ) <= 5) trace( "%s: error %d\n", what, WSAGetLastError() );
}

static BOOL send_exactly( SOCKET s, const char *data, int len )
{
    while (len)
    {
        int ret = send( s, data, len, 0 );

        if (ret <= 0) return FALSE;
        data += ret;
        len -= ret;
    }
    return TRUE;
}

static void close_in_a_way( SOCKET s, BOOL handle )
{
    if (handle) CloseHandle( (HANDLE)s );
    else closesocket( s );
}

static DWORD random_number( DWORD *seed )
{
    return (*seed = *seed * 1664525 + 1013904223) >> 8;
}

static void be_client( DWORD *seed, char *buffer )
{
    struct header header;
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    DWORD i;
    char ack;

    if (s == INVALID_SOCKET || connect( s, (struct sockaddr *)&server_addr, sizeof(server_addr) ))
    {
        failed( "connect" );
        closesocket( s );
        return;
    }
    header.id = InterlockedIncrement( &next_id );
    header.size = random_number( seed ) % (random_number( seed ) % 8 ? 2000 : MAX_SIZE);
    header.ending = random_number( seed ) % END_COUNT;
    header.check = check_of( &header );
    for (i = 0; i < header.size; i++) buffer[i] = payload( header.id, i );

    if (!send_exactly( s, (char *)&header, sizeof(header) ) || !send_exactly( s, buffer, header.size ))
        failed( "send" );
    else if (!recv_exactly( s, &ack, 1 )) failed( "acknowledgement" );
    else if (ack != (char)header.id) InterlockedIncrement( &wrong_bytes );

    switch (header.ending)
    {
    case END_SHUTDOWN:
        if (shutdown( s, SD_SEND )) failed( "shutdown" );
        if (recv( s, &ack, 1, 0 )) InterlockedIncrement( &wrong_ends );
        close_in_a_way( s, header.id & 1 );
        break;
    case END_RESET:
        close_with_rst( s );
        break;
    default:
        close_in_a_way( s, header.ending == END_HANDLE );
    }
    InterlockedIncrement( &endings[header.ending] );
}

static DWORD WINAPI client_thread( void *arg )
{
    DWORD seed = (ULONG_PTR)arg;
    char *buffer = malloc( MAX_SIZE );

    while (!stop) be_client( &seed, buffer );
    free( buffer );
    return 0;
}

static void be_server( SOCKET s, char *buffer )
{
    struct header header;
    char ack;
    int ret;
    DWORD i;

    if (!recv_exactly( s, &header, sizeof(header) ))
    {
        if (!stop) failed( "header" );
        return;
    }
    if (header.check != check_of( &header ))
    {
        InterlockedIncrement( &wrong_bytes );
        return;
    }
    if (!recv_exactly( s, buffer, header.size ))
    {
        failed( "payload" );
        return;
    }
    for (i = 0; i < header.size; i++)
        if ((unsigned char)buffer[i] != payload( header.id, i )) break;
    if (i < header.size) InterlockedIncrement( &wrong_bytes );

    if (header.id % 3 == 0) set_blocking( s, FALSE );
    ack = header.id;
    if (send( s, &ack, 1, 0 ) != 1) failed( "send of the acknowledgement" );
    do ret = recv( s, buffer, 1, 0 );
    while (ret == -1 && WSAGetLastError() == WSAEWOULDBLOCK && wait_socket( s, "r" ));
    if (ret > 0) InterlockedIncrement( &wrong_bytes );
    else if (header.ending != END_RESET)
    {
        if (ret) InterlockedIncrement( &wrong_ends );
    }
    else if (!ret) InterlockedIncrement( &hidden_resets );
    else if (WSAGetLastError() != WSAECONNRESET || send( s, &ack, 1, 0 ) != -1 ||
             recv( s, &ack, 1, 0 ) != -1)
        InterlockedIncrement( &wrong_ends );
    InterlockedIncrement( &connections );
}

static DWORD WINAPI server_thread( void *arg )
{
    char *buffer = malloc( MAX_SIZE );
    unsigned int count = 0;
    SOCKET s;

    (void)arg;
    while ((s = accept( listener, NULL, NULL )) != INVALID_SOCKET)
    {
        be_server( s, buffer );
        close_in_a_way( s, count++ & 1 );
    }
    free( buffer );
    return 0;
}

/* Datagram sockets come and go between the others, so that handle values change their kind. */
static DWORD WINAPI datagram_thread( void *arg )
{
    DWORD timeout = PATIENCE, seed = (ULONG_PTR)arg;

    while (!stop)
    {
        struct sockaddr_storage addr;
        DWORD id = random_number( &seed ), got = 0;
        int len = any_loopback( AF_INET, &addr ), i;
        SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );

        bind( s, (struct sockaddr *)&addr, len );
        getsockname( s, (struct sockaddr *)&addr, &len );
        setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
        for (i = 0; i < 5; i++)
        {
            if (sendto( s, (char *)&id, sizeof(id), 0, (struct sockaddr *)&addr, len ) != sizeof(id))
                failed( "sendto" );
            if (recv( s, (char *)&got, sizeof(got), 0 ) != sizeof(got)) failed( "recv of a datagram" );
            else if (got != id) InterlockedIncrement( &wrong_datagrams );
            InterlockedIncrement( &datagrams );
        }
        close_in_a_way( s, id & 1 );
    }
    return 0;
}

struct victim
{
    SOCKET s;
    HANDLE runs, waits;
};

static void CALLBACK waits_apc( ULONG_PTR arg )
{
    SetEvent( (HANDLE)arg );
}

static DWORD WINAPI victim_thread( void *arg )
{
    struct victim *victim = arg;
    char byte;
    int ret;

    SetEvent( victim->runs );
    ret = recv( victim->s, &byte, 1, 0 );
    if (ret != -1) InterlockedIncrement( &wrong_interrupts );
    InterlockedIncrement( &interrupted );
    return 0;
}

/* Sockets that are closed while another thread receives from them. */
static DWORD WINAPI killer_thread( void *arg )
{
    unsigned int count = 0;

    (void)arg;
    while (!stop)
    {
        struct victim victim;
        SOCKET peer = INVALID_SOCKET;
        HANDLE thread;

        if (count++ & 1) tcp_socketpair( &victim.s, &peer );
        else victim.s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
        victim.runs = CreateEventW( NULL, TRUE, FALSE, NULL );
        victim.waits = CreateEventW( NULL, TRUE, FALSE, NULL );
        thread = CreateThread( NULL, 0, victim_thread, &victim, 0, NULL );
        WaitForSingleObject( victim.runs, PATIENCE );
        /* an APC runs when it waits, which it does in recv only (MS: recv) */
        QueueUserAPC( waits_apc, thread, (ULONG_PTR)victim.waits );
        if (WaitForSingleObject( victim.waits, PATIENCE )) failed( "a receive that waits runs no APC" );
        closesocket( victim.s );
        if (WaitForSingleObject( thread, PATIENCE )) failed( "a receive from a closed socket goes on" );
        CloseHandle( thread );
        CloseHandle( victim.runs );
        CloseHandle( victim.waits );
        if (peer != INVALID_SOCKET) closesocket( peer );
    }
    return 0;
}

static void run( DWORD seconds )
{
    HANDLE threads[CLIENTS + SERVERS + 4];
    unsigned int i, count = 0;
    struct sockaddr_storage addr;
    int len;

    stop = 0;
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    server_addr = *(struct sockaddr_in *)&addr;
    for (i = 0; i < SERVERS; i++) threads[count++] = CreateThread( NULL, 0, server_thread, NULL, 0, NULL );
    for (i = 0; i < CLIENTS; i++)
        threads[count++] = CreateThread( NULL, 0, client_thread, (void *)(ULONG_PTR)(i + 1), 0, NULL );
    for (i = 0; i < 2; i++)
        threads[count++] = CreateThread( NULL, 0, datagram_thread, (void *)(ULONG_PTR)(i + 100), 0, NULL );
    for (i = 0; i < 2; i++) threads[count++] = CreateThread( NULL, 0, killer_thread, NULL, 0, NULL );

    Sleep( seconds * 1000 );
    stop = 1;
    for (i = SERVERS; i < count; i++)
        ok( !WaitForSingleObject( threads[i], PATIENCE ), "thread %u hangs\n", i );
    closesocket( listener );
    for (i = 0; i < SERVERS; i++) ok( !WaitForSingleObject( threads[i], PATIENCE ), "server %u hangs\n", i );
    for (i = 0; i < count; i++) CloseHandle( threads[i] );
}

START_TEST( stress )
{
    char value[16];
    DWORD seconds = 5, handles_before = 0, handles = 0;
    int before, after;

    if (GetEnvironmentVariableA( "WS2_STRESS_SECONDS", value, sizeof(value) )) seconds = atoi( value );
    start_sockets();
    run( 1 );                   /* what is made once is made now */
    GetProcessHandleCount( GetCurrentProcess(), &handles_before );
    before = count_descriptors();
    run( seconds );
    GetProcessHandleCount( GetCurrentProcess(), &handles );
    after = count_descriptors();

    trace( "%ld connections (%ld shut down, %ld closed, %ld by CloseHandle, %ld reset), %ld datagrams, "
           "%ld interrupted\n", connections, endings[END_SHUTDOWN], endings[END_CLOSE], endings[END_HANDLE],
           endings[END_RESET], datagrams, interrupted );
    ok( connections > 0 && datagrams > 0, "nothing happened\n" );
    ok( !wrong_bytes, "%ld connections got bytes that are not theirs\n", wrong_bytes );
    ok( !wrong_ends, "%ld connections ended otherwise than they were ended\n", wrong_ends );
    ok( !hidden_resets, "%ld resets were reported as an end\n", hidden_resets );
    ok( !wrong_datagrams, "%ld datagrams are not what was sent\n", wrong_datagrams );
    ok( !wrong_interrupts, "%ld receives from closed sockets got something\n", wrong_interrupts );
    ok( !failures, "%ld calls failed\n", failures );
    ok( handles <= handles_before + 8, "%lu handles before, %lu after\n", handles_before, handles );
    if (before < 0) skip( "no descriptors to count\n" );
    else ok( after <= before + 8, "%d descriptors before, %d after\n", before, after );
    stop_sockets();
}
