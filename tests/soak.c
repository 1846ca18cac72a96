/*
 * Many sockets one after the other: nothing may be left behind, neither handles nor host descriptors, and
 * every peer learns of the end at once, however its other side was closed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * WS2_SOAK_COUNT sets the number of sockets. A number of them is open at any time; each gets an option set,
 * a send, a receive and a select; half end by closesocket and half by CloseHandle. A child process starts
 * midway, while sockets are made and closed, and lives on to the end: what it held open would keep peers
 * from the end.
 */
#include "util.h"

#define DEFAULT_COUNT 2000
#define OPEN_PAIRS 50
#define LISTENERS 4
#define SAMPLES 20
#define SLACK 16            /* descriptors that come and go with threads and look-ups */

/* Of a socket that was used one more is kept while it is open: of few at the first sample. */
#define KEPT OPEN_PAIRS
#define END_LIMIT 1000      /* ms */

struct pair
{
    SOCKET ends[2];         /* the connecting one, the accepted one */
};

static SOCKET listeners[LISTENERS];
static struct sockaddr_in addresses[LISTENERS];
static unsigned int failures;
static DWORD longest_end, late_ends, lost_ends;
static HANDLE child_ready;  /* set by the child, which lives until child_done is */
static HANDLE child_done;

#define must( cond ) must_( __LINE__, !!(cond), #cond )

static BOOL must_( int line, BOOL good, const char *text )
{
    if (!good && !failures++) ok( 0, "line %d: %s, error %d\n", line, text, WSAGetLastError() );
    return good;
}

static unsigned int soak_count( void )
{
    const char *text = getenv( "WS2_SOAK_COUNT" );
    unsigned int count = text ? strtoul( text, NULL, 10 ) : 0;

    return count ? count : DEFAULT_COUNT;
}

/* The directory with the descriptors of our host process, which is the one with this text among its
 * arguments; none on Windows. */
static BOOL find_descriptors( const char *token, char *path )
{
    WIN32_FIND_DATAA entry;
    HANDLE find;
    BOOL found = FALSE;

    if ((find = FindFirstFileA( "\\\\?\\unix\\proc\\*", &entry )) == INVALID_HANDLE_VALUE) return FALSE;
    do
    {
        char arguments[1024];
        DWORD size = 0, i;
        HANDLE file;

        if (entry.cFileName[0] < '0' || entry.cFileName[0] > '9' || strlen( entry.cFileName ) > 20) continue;
        sprintf( path, "\\\\?\\unix\\proc\\%s\\cmdline", entry.cFileName );
        file = CreateFileA( path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                            0, NULL );
        if (file == INVALID_HANDLE_VALUE) continue;
        if (ReadFile( file, arguments, sizeof(arguments) - 1, &size, NULL ))
        {
            arguments[size] = 0;
            for (i = 0; i < size && !found; i += strlen( arguments + i ) + 1)
                found = !strcmp( arguments + i, token );
        }
        CloseHandle( file );
    } while (!found && FindNextFileA( find, &entry ));
    FindClose( find );
    sprintf( path, "\\\\?\\unix\\proc\\%s\\fd\\*", entry.cFileName );
    return found;
}

static unsigned int count_entries( const char *path )
{
    WIN32_FIND_DATAA entry;
    unsigned int count = 0;
    HANDLE find;

    if ((find = FindFirstFileA( path, &entry )) == INVALID_HANDLE_VALUE) return 0;
    do count++; while (FindNextFileA( find, &entry ));
    FindClose( find );
    return count;
}

static void make_listeners( void )
{
    unsigned int i;

    for (i = 0; i < LISTENERS; i++)
    {
        struct sockaddr_storage addr;

        listeners[i] = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, NULL );
        addresses[i] = *(struct sockaddr_in *)&addr;
    }
}

/* One end says something, the other waits for it with select and takes it; by turns plain, overlapped and
 * non-blocking. */
static BOOL pass( SOCKET from, SOCKET to, unsigned int turn )
{
    struct timeval patience = { PATIENCE / 1000, 0 };
    char data[64], buffer[64];
    DWORD moved = 0, flags = 0;
    fd_set set;

    memset( data, 'a' + turn % 26, sizeof(data) );
    if (turn % 3 == 1)
    {
        WSABUF buf = { sizeof(data), data };
        WSAOVERLAPPED overlapped = { 0 };

        overlapped.hEvent = WSACreateEvent();
        if (WSASend( from, &buf, 1, &moved, 0, &overlapped, NULL ) &&
            !must( WSAGetLastError() == WSA_IO_PENDING ))
            return FALSE;
        if (!must( WSAGetOverlappedResult( from, &overlapped, &moved, TRUE, &flags ) &&
                   moved == sizeof(data) ))
            return FALSE;
        WSACloseEvent( overlapped.hEvent );
    }
    else if (!must( send( from, data, sizeof(data), 0 ) == sizeof(data) )) return FALSE;

    FD_ZERO( &set );
    FD_SET( to, &set );
    if (!must( select( 0, &set, NULL, NULL, &patience ) == 1 && FD_ISSET( to, &set ))) return FALSE;
    if (turn % 3 == 2) set_blocking( to, FALSE );
    if (!must( recv( to, buffer, sizeof(buffer), 0 ) == sizeof(buffer) &&
               !memcmp( data, buffer, sizeof(data) )))
        return FALSE;
    if (turn % 3 == 2) set_blocking( to, TRUE );
    return TRUE;
}

static BOOL open_pair( struct pair *pair, unsigned int turn )
{
    const struct sockaddr_in *addr = &addresses[turn % LISTENERS];
    BOOL on = TRUE;
    int size = 20000;

    pair->ends[0] = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    pair->ends[1] = INVALID_SOCKET;
    if (!must( pair->ends[0] != INVALID_SOCKET )) return FALSE;
    if (!must( !connect( pair->ends[0], (const struct sockaddr *)addr, sizeof(*addr) ))) return FALSE;
    pair->ends[1] = accept( listeners[turn % LISTENERS], NULL, NULL );
    if (!must( pair->ends[1] != INVALID_SOCKET )) return FALSE;
    must( !setsockopt( pair->ends[0], IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof(on) ));
    must( !setsockopt( pair->ends[1], SOL_SOCKET, turn % 2 ? SO_KEEPALIVE : SO_SNDBUF, (char *)&size,
                       sizeof(size) ));
    return pass( pair->ends[0], pair->ends[1], turn ) && pass( pair->ends[1], pair->ends[0], turn + 1 );
}

static void close_end( SOCKET s, BOOL as_handle )
{
    if (as_handle) must( CloseHandle( (HANDLE)s ));
    else must( !closesocket( s ));
}

static void close_pair( struct pair *pair, unsigned int turn )
{
    unsigned int first = turn & 1, as_handle = turn >> 1 & 1;
    struct timeval patience = { 3 * END_LIMIT / 1000, 0 };
    SOCKET other = pair->ends[!first];
    DWORD start, time;
    char buffer[8];
    fd_set set;

    FD_ZERO( &set );
    FD_SET( other, &set );
    start = GetTickCount();
    close_end( pair->ends[first], as_handle );
    if (select( 0, &set, NULL, NULL, &patience ) != 1 || recv( other, buffer, sizeof(buffer), 0 ))
        lost_ends++;
    time = GetTickCount() - start;
    if (time > END_LIMIT) late_ends++;
    longest_end = max( longest_end, time );
    close_end( other, !as_handle );
}

static void make_datagram_pair( unsigned int turn )
{
    struct sockaddr_storage addr;
    SOCKET a, b;
    int ttl = 7;

    a = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, NULL );
    b = socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP );
    must( !setsockopt( b, IPPROTO_IP, IP_TTL, (char *)&ttl, sizeof(ttl) ));
    must( !connect( b, (struct sockaddr *)&addr, sizeof(struct sockaddr_in) ));
    pass( b, a, turn );
    close_end( a, turn & 1 );
    close_end( b, !(turn & 1) );
}

static DWORD WINAPI child_starter( void *arg )
{
    PROCESS_INFORMATION *info = arg;
    STARTUPINFOA startup = { .cb = sizeof(startup) };
    char **argv, command[MAX_PATH + 50];

    winetest_get_mainargs( &argv );
    sprintf( command, "\"%s\" soak child", argv[0] );
    return CreateProcessA( NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, info );
}

/* lives until it is told; has sockets of its own */
static void child_main( void )
{
    HANDLE done = OpenEventA( SYNCHRONIZE, FALSE, "ws2_32 soak done" );
    HANDLE ready = OpenEventA( EVENT_MODIFY_STATE, FALSE, "ws2_32 soak ready" );
    SOCKET a, b;

    start_sockets();
    stream_socketpair( AF_INET, &a, &b, WSA_FLAG_OVERLAPPED );
    pass( a, b, 0 );
    if (ready) SetEvent( ready );
    if (done) WaitForSingleObject( done, 600000 );
    closesocket( a );
    closesocket( b );
}

static void soak( const char *token )
{
    unsigned int count = soak_count(), turns, sample = 0, i, measured = 0, lowest = ~0u, highest = 0;
    unsigned int handles_at_first = 0;
    char own[MAX_PATH + 20] = "", server_path[] = "\\\\?\\unix\\proc\\self\\fd\\*";
    unsigned int server, server_first[2] = { 0 }, server_highest[2] = { 0 }, first = 0, with_child;
    static struct pair pairs[OPEN_PAIRS];
    PROCESS_INFORMATION child = { 0 };
    HANDLE starter = NULL;
    DWORD handles = 0, start, code;
    BOOL have_own;

    child_done = CreateEventA( NULL, TRUE, FALSE, "ws2_32 soak done" );
    child_ready = CreateEventA( NULL, TRUE, FALSE, "ws2_32 soak ready" );
    start_sockets();
    make_listeners();
    for (i = 0; i < OPEN_PAIRS; i++) open_pair( &pairs[i], i );
    have_own = find_descriptors( token, own );
    if (!have_own) skip( "the host's descriptors cannot be seen here, only handles are counted\n" );

    /* two stream sockets a turn, two more for datagrams every fourth */
    turns = max( count * 2 / 5, SAMPLES );
    start = GetTickCount();
    for (i = 0; i < turns && failures < 10 && lost_ends < 5; i++)
    {
        struct pair *pair = &pairs[i % OPEN_PAIRS];

        close_pair( pair, i );
        if (!open_pair( pair, i )) break;
        if (i % 4 == 3) make_datagram_pair( i );
        if (i == turns / 2) starter = CreateThread( NULL, 0, child_starter, &child, 0, NULL );
        if (i == turns - turns / 4)
            ok( !WaitForSingleObject( child_ready, 3 * PATIENCE ), "the child is not ready\n" );
        if (i < turns / SAMPLES * sample + min( turns / SAMPLES, 100 ) - 1 || sample >= SAMPLES) continue;

        sample++;
        if (!GetProcessHandleCount( GetCurrentProcess(), &handles )) handles = 0;
        if (!handles_at_first) handles_at_first = handles;
        if (!have_own) continue;
        measured = count_entries( own );
        if (!first) first = measured;
        lowest = min( lowest, measured );
        highest = max( highest, measured );
        /* wineserver holds what belongs to the child as well */
        with_child = starter != NULL;
        if (with_child && WaitForSingleObject( child_ready, 0 )) continue;
        server = count_entries( server_path );
        if (!server_first[with_child]) server_first[with_child] = server;
        server_highest[with_child] = max( server_highest[with_child], server );
    }
    trace( "%u sockets in %lu ms; handles %u to %lu; descriptors first %u, lowest %u, highest %u, last %u; "
           "wineserver %u to %u, with the child %u to %u; longest end %lu ms\n",
           i * 2 + i / 4 * 2, GetTickCount() - start,
           handles_at_first, handles, first, lowest, highest, measured, server_first[0], server_highest[0],
           server_first[1], server_highest[1], longest_end );
    ok( i == turns && !failures, "%u failures in %u of %u turns\n", failures, i, turns );
    ok( !lost_ends, "%lu peers never saw the end\n", lost_ends );
    ok( !late_ends, "%lu peers saw the end late, the last after %lu ms\n", late_ends, longest_end );
    ok( handles <= handles_at_first + SLACK, "handles grew from %u to %lu\n", handles_at_first, handles );
    if (have_own)
    {
        ok( first > 2 * OPEN_PAIRS / 4, "only %u descriptors, these are not ours\n", first );
        ok( highest <= first + KEPT + SLACK, "descriptors grew from %u to %u\n", first, highest );
        ok( measured <= first + KEPT + SLACK, "descriptors grew from %u to %u\n", first, measured );
        for (i = 0; i < 2; i++)
            ok( server_highest[i] <= server_first[i] + SLACK,
                "wineserver's descriptors grew from %u to %u, child %u\n",
                server_first[i], server_highest[i], i );
    }

    for (i = 0; i < OPEN_PAIRS && lost_ends < 5; i++) close_pair( &pairs[i], i );
    if (starter)
    {
        WaitForSingleObject( starter, INFINITE );
        GetExitCodeThread( starter, &code );
        CloseHandle( starter );
        ok( code, "no child was started\n" );
        SetEvent( child_done );
        if (code) wait_child_process( child.hProcess );
        CloseHandle( child.hThread );
        CloseHandle( child.hProcess );
    }
    for (i = 0; i < LISTENERS; i++) closesocket( listeners[i] );
    CloseHandle( child_done );
    CloseHandle( child_ready );
    if (have_own)
    {
        measured = count_entries( own );
        trace( "descriptors when all is closed: %u\n", measured );
        ok( measured + 2 * OPEN_PAIRS / 4 < first + SLACK, "descriptors %u after the end, %u before\n",
            measured, first );
    }
    stop_sockets();
}

START_TEST(soak)
{
    char **argv, command[MAX_PATH + 100], token[50];
    STARTUPINFOA startup = { .cb = sizeof(startup) };
    PROCESS_INFORMATION info;
    int argc = winetest_get_mainargs( &argv );

    if (argc > 2 && !strcmp( argv[2], "child" ))
    {
        child_main();
        return;
    }
    if (argc > 2)
    {
        soak( argv[2] );
        return;
    }
    /* again, with an argument by which the host process can be recognized */
    sprintf( token, "soak-%lx-%lx", GetCurrentProcessId(), GetTickCount() );
    sprintf( command, "\"%s\" soak %s", argv[0], token );
    if (CreateProcessA( NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &info ))
    {
        /* wait_child_process alone is less patient than large counts need */
        WaitForSingleObject( info.hProcess, INFINITE );
        wait_child_process( info.hProcess );
        CloseHandle( info.hThread );
        CloseHandle( info.hProcess );
    }
    else ok( 0, "no process, error %lu\n", GetLastError() );
}
