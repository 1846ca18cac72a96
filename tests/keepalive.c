/*
 * SIO_KEEPALIVE_VALS to the letter, through WSAIoctl and through the provider's WSPIoctl, and SO_KEEPALIVE
 * with its TCP companions. What the host then does is asked from outside this program: tests/observer.sh.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "observer.h"
#include <mstcpip.h>
#include <ws2spi.h>

#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 3
#endif
#ifndef TCP_KEEPCNT
#define TCP_KEEPCNT 16
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL 17
#endif

#define STATUS_IS_PENDING 0x103

/*** both ways in ***/

typedef int (*ioctl_function)( SOCKET s, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
                               DWORD *returned, OVERLAPPED *overlapped,
                               LPWSAOVERLAPPED_COMPLETION_ROUTINE routine );

typedef int (WSPAPI *startup_function)( WORD version, WSPDATA *data, WSAPROTOCOL_INFOW *info,
                                        WSPUPCALLTABLE upcalls,
                                        WSPPROC_TABLE *table );

static WSPPROC_TABLE provider_table;
static ioctl_function do_ioctl;

static int api_ioctl( SOCKET s, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
                      DWORD *returned,
                      OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    return WSAIoctl( s, code, in, in_size, out, out_size, returned, overlapped, routine );
}

/* The provider tells its error by pointer; make it the last error, so that both are checked alike. */
static int provider_ioctl( SOCKET s, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
                           DWORD *returned,
                           OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    WSATHREADID thread = { 0 };
    int error = 0, ret;

    ret = provider_table.lpWSPIoctl( s, code, in, in_size, out, out_size, returned, overlapped, routine,
                                     &thread,
                                     &error );
    WSASetLastError( ret ? error : 0 );
    return ret;
}

static WSAPROTOCOL_INFOW tcp_info;

/* The provider of the TCP entry; on Windows it is another DLL. */
static BOOL start_provider( void )
{
    DWORD size = 0;
    WSAPROTOCOL_INFOW *list;
    WSPUPCALLTABLE upcalls;
    WCHAR path[MAX_PATH], expanded[MAX_PATH];
    startup_function start;
    WSPDATA data;
    HMODULE module;
    int count, i, error, len = MAX_PATH;

    WSAEnumProtocolsW( NULL, NULL, &size );
    list = malloc( size );
    count = WSAEnumProtocolsW( NULL, list, &size );
    for (i = 0; i < count; i++)
        if (list[i].iAddressFamily == AF_INET && list[i].iSocketType == SOCK_STREAM) break;
    if (i < count) tcp_info = list[i];
    free( list );
    if (i >= count || WSCGetProviderPath( &tcp_info.ProviderId, path, &len, &error )) return FALSE;
    ExpandEnvironmentStringsW( path, expanded, MAX_PATH );
    if (!(module = LoadLibraryW( expanded ))) return FALSE;
    if (!(start = (startup_function)(void *)GetProcAddress( module, "WSPStartup" ))) return FALSE;
    memset( &upcalls, 0, sizeof(upcalls) );
    return !start( MAKEWORD( 2, 2 ), &data, &tcp_info, upcalls, &provider_table );
}

static int keepalive_ioctl( SOCKET s, DWORD on, DWORD time, DWORD interval )
{
    struct tcp_keepalive values = { on, time, interval };
    DWORD returned;

    return do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned, NULL, NULL );
}

static SOCKET tcp_socket( void )
{
    SOCKET s = WSASocketW( AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED );

    ok( s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    return s;
}

#define check_option( s, level, name, expect ) check_option_( __LINE__, s, level, name, expect )
static void check_option_( int line, SOCKET s, int level, int name, int expect )
{
    int value = 0, len = sizeof(value), ret = getsockopt( s, level, name, (char *)&value, &len );

    ok_( __FILE__, line )( !ret, "getsockopt failed, error %d\n", WSAGetLastError() );
    ok_( __FILE__, line )( value == expect, "got %d, expected %d\n", value, expect );
}

/*** what the host has ***/

struct host_values
{
    int keepalive, idle, interval, count;
};

/* The kernel's values for the socket with this name and that peer. FALSE: nobody can tell. */
static BOOL observe( SOCKET s, struct host_values *values )
{
    unsigned short port, peer;
    char buffer[8192];
    const char *line;

    return observed_ports( s, &port, &peer ) && observe_port( "tcp", port, buffer, sizeof(buffer) ) &&
           (line = observed_options( buffer, port, peer )) &&
           sscanf( line, "options port=%*u peer=%*u keepalive=%d idle=%d interval=%d count=%d",
                   &values->keepalive, &values->idle, &values->interval, &values->count ) == 4;
}

/* Only the first missing answer is worth a line. */
static BOOL observer_missing;

#define check_host( s, keepalive, idle, interval, count ) \
    check_host_( __LINE__, s, (struct host_values){ keepalive, idle, interval, count } )
static void check_host_( int line, SOCKET s, struct host_values expect )
{
    struct host_values got;

    if (observer_missing) return;
    if (!observe( s, &got ))
    {
        observer_missing = TRUE;
        skip( "no observer: the host's values are not checked\n" );
        return;
    }
    ok_( __FILE__, line )( got.keepalive == expect.keepalive, "keepalive %d, expected %d\n", got.keepalive,
                           expect.keepalive );
    if (!expect.idle) return;
    ok_( __FILE__, line )( got.idle == expect.idle, "idle %d s, expected %d\n", got.idle, expect.idle );
    ok_( __FILE__, line )( got.interval == expect.interval, "interval %d s, expected %d\n", got.interval,
                           expect.interval );
    ok_( __FILE__, line )( got.count == expect.count, "count %d, expected %d\n", got.count, expect.count );
}

/*** results of the call ***/

static void test_arguments( void )
{
    struct tcp_keepalive values = { 1, 5000, 1000 };
    DWORD returned, size;
    SOCKET s = tcp_socket(), udp;
    OVERLAPPED overlapped;
    HANDLE file;
    char buffer[16];

    /* MS: WSAIoctl; reference 1.2 row 1: a missing lpcbBytesReturned comes before everything else */
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, NULL, NULL, NULL ),
                  WSAEFAULT );
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, NULL, 0, NULL, 0, NULL, NULL, NULL ), WSAEFAULT );
    memset( &overlapped, 0, sizeof(overlapped) );
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, NULL, &overlapped,
                            NULL ),
                  WSAEFAULT );
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, bad_pointer(), NULL,
                            NULL ),
                  WSAEFAULT );
    check_option( s, SOL_SOCKET, SO_KEEPALIVE, 0 );

    /* T: test_keepalive_vals */
    for (size = 0; size < sizeof(values); size++)
    {
        returned = 0xdeadbeef;
        expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, size, NULL, 0, &returned, NULL, NULL ),
                      WSAEFAULT );
        ok( !returned, "size %lu: got %lu bytes\n", size, returned );
    }
    returned = 0xdeadbeef;
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, NULL, sizeof(values), NULL, 0, &returned, NULL, NULL ),
                  WSAEFAULT );
    ok( !returned, "got %lu bytes\n", returned );
    returned = 0xdeadbeef;
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, bad_pointer(), sizeof(values), NULL, 0, &returned, NULL,
                            NULL ),
                  WSAEFAULT );
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, memory_before_nothing( sizeof(values) - 1 ),
                            sizeof(values), NULL, 0,
                            &returned, NULL, NULL ), WSAEFAULT );
    check_option( s, SOL_SOCKET, SO_KEEPALIVE, 0 );

    /* MS: lpOverlapped "not totally contained in a valid part of the user address space" */
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned,
                            bad_pointer(), NULL ),
                  WSAEFAULT );
    check_option( s, SOL_SOCKET, SO_KEEPALIVE, 0 );

    memset( &overlapped, 0xcc, sizeof(overlapped) );
    overlapped.hEvent = NULL;
    returned = 0xdeadbeef;
    expect_error( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values) - 1, NULL, 0, &returned,
                            &overlapped, NULL ),
                  WSAEFAULT );
    ok( returned == 0xdeadbeef, "got %lu bytes\n", returned );
    ok( overlapped.Internal == STATUS_IS_PENDING, "got status %#Ix\n", overlapped.Internal );
    ok( overlapped.InternalHigh == (ULONG_PTR)0xccccccccccccccccull, "got size %Ix\n",
        overlapped.InternalHigh );

    /* T: test_keepalive_vals; an output buffer is not looked at, as many programs pass one */
    returned = 0xdeadbeef;
    expect_success( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned, NULL,
                              NULL ) );
    ok( !returned, "got %lu bytes\n", returned );
    check_option( s, SOL_SOCKET, SO_KEEPALIVE, 1 );
    values.onoff = 0;
    returned = 0xdeadbeef;
    memset( buffer, 0xcc, sizeof(buffer) );
    expect_success( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), buffer, sizeof(buffer),
                              &returned, NULL,
                              NULL ) );
    ok( !returned, "got %lu bytes\n", returned );
    ok( buffer[0] == (char)0xcc, "output was written\n" );
    check_option( s, SOL_SOCKET, SO_KEEPALIVE, 0 );

    /* MS: SIO_KEEPALIVE_VALS: onoff is any nonzero value */
    expect_success( keepalive_ioctl( s, 0x80000000, 5000, 1000 ) );
    check_option( s, SOL_SOCKET, SO_KEEPALIVE, 1 );
    /* T: test_keepalive_vals: all accepted */
    expect_success( keepalive_ioctl( s, 1, 0, 0 ) );
    expect_success( keepalive_ioctl( s, 1, 100, 100 ) );
    expect_success( keepalive_ioctl( s, 0, 0, 0 ) );
    expect_success( keepalive_ioctl( s, 0, 100, 100 ) );
    expect_success( keepalive_ioctl( s, 1, ~0u, ~0u ) );

    /* MS: SIO_KEEPALIVE_VALS: a datagram socket */
    udp = WSASocketW( AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED );
    expect_error( keepalive_ioctl( udp, 1, 5000, 1000 ), WSAENOPROTOOPT );
    closesocket( udp );

    /* MS: not a socket */
    expect_error( keepalive_ioctl( INVALID_SOCKET, 1, 5000, 1000 ), WSAENOTSOCK );
    expect_error( keepalive_ioctl( 0, 1, 5000, 1000 ), WSAENOTSOCK );
    file = CreateEventA( NULL, FALSE, FALSE, NULL );
    expect_error( keepalive_ioctl( (SOCKET)file, 1, 5000, 1000 ), WSAENOTSOCK );
    CloseHandle( file );
    closesocket( s );
    expect_error( keepalive_ioctl( s, 1, 5000, 1000 ), WSAENOTSOCK );

    s = tcp_socket();
    CloseHandle( (HANDLE)s );
    expect_error( keepalive_ioctl( s, 1, 5000, 1000 ), WSAENOTSOCK );
}

static struct
{
    unsigned int calls;
    DWORD error, count;
    OVERLAPPED *overlapped;
}
routine_called;

static void WINAPI completion_routine( DWORD error, DWORD count, OVERLAPPED *overlapped, DWORD flags )
{
    routine_called.calls++;
    routine_called.error = error;
    routine_called.count = count;
    routine_called.overlapped = overlapped;
}

/* T: test_keepalive_vals */
static void test_completion( void )
{
    struct tcp_keepalive values = { 1, 5000, 1000 };
    OVERLAPPED overlapped, *completed;
    DWORD returned, count, flags;
    SOCKET s = tcp_socket();
    HANDLE port;
    ULONG_PTR key;
    int ret;

    /* event */
    memset( &overlapped, 0, sizeof(overlapped) );
    overlapped.hEvent = CreateEventA( NULL, TRUE, FALSE, NULL );
    returned = 0xdeadbeef;
    expect_success( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned,
                              &overlapped, NULL ) );
    ok( returned == 0xdeadbeef, "got %lu bytes\n", returned );
    ret = WaitForSingleObject( overlapped.hEvent, 0 );
    ok( !ret, "event is not signaled\n" );
    ok( !overlapped.Internal && !overlapped.InternalHigh, "got %#Ix, %Iu\n", overlapped.Internal,
        overlapped.InternalHigh );
    count = 0xdeadbeef;
    ret = WSAGetOverlappedResult( s, &overlapped, &count, TRUE, &flags );
    ok( ret && !count, "got %d, %lu bytes, error %d\n", ret, count, WSAGetLastError() );
    CloseHandle( overlapped.hEvent );

    /* routine */
    memset( &overlapped, 0, sizeof(overlapped) );
    memset( &routine_called, 0xcc, sizeof(routine_called) );
    routine_called.calls = 0;
    returned = 0xdeadbeef;
    expect_success( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned,
                              &overlapped, completion_routine ) );
    ok( !returned, "got %lu bytes\n", returned );
    ok( !routine_called.calls, "called before the wait\n" );
    ret = SleepEx( 0, TRUE );
    ok( ret == WAIT_IO_COMPLETION, "got %d\n", ret );
    ok( routine_called.calls == 1, "called %u times\n", routine_called.calls );
    ok( !routine_called.error && !routine_called.count, "got error %lu, %lu bytes\n", routine_called.error,
        routine_called.count );
    ok( routine_called.overlapped == &overlapped, "got %p\n", routine_called.overlapped );

    /* port */
    port = CreateIoCompletionPort( (HANDLE)s, NULL, 123, 0 );
    memset( &overlapped, 0, sizeof(overlapped) );
    returned = 0xdeadbeef;
    expect_success( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned,
                              &overlapped, NULL ) );
    ok( returned == 0xdeadbeef, "got %lu bytes\n", returned );
    count = 0xdeadbeef;
    ret = GetQueuedCompletionStatus( port, &count, &key, &completed, 0 );
    ok( ret && !count && key == 123 && completed == &overlapped, "got %d, %lu bytes, key %Iu, %p\n", ret,
        count, key,
        completed );

    /* a failure queues nothing */
    ret = do_ioctl( s, SIO_KEEPALIVE_VALS, &values, 3, NULL, 0, &returned, &overlapped, NULL );
    ok( ret == -1, "got %d\n", ret );
    ret = GetQueuedCompletionStatus( port, &count, &key, &completed, 0 );
    ok( !ret && GetLastError() == WAIT_TIMEOUT, "got %d, error %lu\n", ret, GetLastError() );

    /* no packet for an event with bit 0 set (MS: GetQueuedCompletionStatus) */
    memset( &overlapped, 0, sizeof(overlapped) );
    overlapped.hEvent = (HANDLE)((ULONG_PTR)CreateEventA( NULL, TRUE, FALSE, NULL ) | 1);
    expect_success( do_ioctl( s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned,
                              &overlapped, NULL ) );
    ret = GetQueuedCompletionStatus( port, &count, &key, &completed, 0 );
    ok( !ret && GetLastError() == WAIT_TIMEOUT, "got %d, error %lu\n", ret, GetLastError() );
    ret = WaitForSingleObject( overlapped.hEvent, 0 );
    ok( !ret, "event is not signaled\n" );
    CloseHandle( (HANDLE)((ULONG_PTR)overlapped.hEvent & ~(ULONG_PTR)1) );
    CloseHandle( port );
    closesocket( s );
}

/* WSA_IO_PENDING and WSA_OPERATION_ABORTED, which SIO_KEEPALIVE_VALS itself never needs:
 * docs/keepalive.md */
static void test_pending( void )
{
    OVERLAPPED overlapped = { 0 };
    DWORD returned, count, flags;
    SOCKET s = tcp_socket();
    int ret;

    /* T: test_sioAddressListChange */
    overlapped.hEvent = CreateEventA( NULL, TRUE, FALSE, NULL );
    expect_error( do_ioctl( s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &returned, &overlapped, NULL ),
                  WSA_IO_PENDING );
    expect_false( WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags ), WSA_IO_INCOMPLETE );

    /* what pends is no obstacle */
    expect_success( keepalive_ioctl( s, 1, 5000, 1000 ) );
    check_option( s, SOL_SOCKET, SO_KEEPALIVE, 1 );

    /* MS: SIO_KEEPALIVE_VALS: "due to the closure of the socket" */
    closesocket( s );
    ret = WaitForSingleObject( overlapped.hEvent, PATIENCE );
    ok( !ret, "not completed\n" );
    ok( (DWORD)overlapped.Internal == 0xc0000120, "got status %#Ix\n", overlapped.Internal );
    CloseHandle( overlapped.hEvent );
}

/*** values ***/

static void test_values( void )
{
    static const struct
    {
        DWORD time, interval;
        int idle, seconds;
    }
    tests[] =
    {
        { 5000, 1000, 5, 1 },
        { 1001, 999, 2, 1 },                /* up to whole seconds */
        { 1, 2500, 1, 3 },
        { 0, 0, 1, 1 },                     /* docs/keepalive.md */
        { 7200000, 75000, 7200, 75 },
        { ~0u, ~0u, 32767, 32767 },         /* the most that the host takes */
    };
    SOCKET client, server;
    unsigned int i;

    tcp_socketpair( &client, &server );
    check_option( client, SOL_SOCKET, SO_KEEPALIVE, 0 );
    for (i = 0; i < ARRAY_SIZE(tests); i++)
    {
        winetest_push_context( "%lu ms, %lu ms", tests[i].time, tests[i].interval );
        expect_success( keepalive_ioctl( client, 1, tests[i].time, tests[i].interval ) );
        check_option( client, SOL_SOCKET, SO_KEEPALIVE, 1 );
        check_host( client, 1, tests[i].idle, tests[i].seconds, 10 );
        winetest_pop_context();
    }
    expect_success( keepalive_ioctl( client, 1, 5000, 2000 ) );
    check_option( client, IPPROTO_TCP, TCP_KEEPIDLE, 5 );
    check_option( client, IPPROTO_TCP, TCP_KEEPINTVL, 2 );

    expect_success( keepalive_ioctl( client, 0, 0, 0 ) );
    check_option( client, SOL_SOCKET, SO_KEEPALIVE, 0 );
    check_host( client, 0, 0, 0, 0 );

    /* MS: SIO_KEEPALIVE_VALS: SO_KEEPALIVE uses the values that were set by the ioctl */
    i = 1;
    expect_success( setsockopt( client, SOL_SOCKET, SO_KEEPALIVE, (char *)&i, sizeof(i) ) );
    check_host( client, 1, 5, 2, 10 );
    check_transfer( client, server );

    /* and the defaults where none were */
    expect_success( setsockopt( server, SOL_SOCKET, SO_KEEPALIVE, (char *)&i, sizeof(i) ) );
    check_option( server, SOL_SOCKET, SO_KEEPALIVE, 1 );
    check_host( server, 1, 7200, 1, 10 );
    i = 0;
    expect_success( setsockopt( server, SOL_SOCKET, SO_KEEPALIVE, (char *)&i, sizeof(i) ) );
    check_host( server, 0, 0, 0, 0 );
    closesocket( client );
    closesocket( server );
}

/* Set before the connection exists, it holds afterwards. */
static void test_before_connection( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, client, server;
    LPFN_ACCEPTEX accept_ex;
    GUID guid = WSAID_ACCEPTEX;
    OVERLAPPED overlapped = { 0 };
    char buffer[2 * (sizeof(struct sockaddr_in) + 16)];
    DWORD count, flags;
    int len, on = 1, value, ret;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( keepalive_ioctl( listener, 1, 7000, 3000 ) );

    client = tcp_socket();
    expect_success( keepalive_ioctl( client, 1, 5000, 2000 ) );
    expect_success( connect( client, (struct sockaddr *)&addr, len ) );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "failed to accept, error %d\n", WSAGetLastError() );
    check_option( client, SOL_SOCKET, SO_KEEPALIVE, 1 );
    check_option( server, SOL_SOCKET, SO_KEEPALIVE, 1 );
    check_host( client, 1, 5, 2, 10 );
    check_host( server, 1, 7, 3, 10 );
    closesocket( server );
    closesocket( client );

    /* the target of AcceptEx keeps its own (DESIGN section 3 rule 3), also what it was not told */
    value = 5;
    expect_success( setsockopt( listener, IPPROTO_TCP, TCP_KEEPCNT, (char *)&value, sizeof(value) ) );
    accept_ex = get_extension( listener, &guid );
    if (accept_ex)
    {
        server = tcp_socket();
        expect_success( keepalive_ioctl( server, 1, 1000, 1000 ) );
        value = 0;
        expect_success( setsockopt( server, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof(value) ) );
        expect_success( keepalive_ioctl( server, 1, 11000, 4000 ) );
        expect_success( setsockopt( server, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof(on) ) );
        overlapped.hEvent = CreateEventA( NULL, TRUE, FALSE, NULL );
        ret = accept_ex( listener, server, buffer, 0, sizeof(struct sockaddr_in) + 16,
                         sizeof(struct sockaddr_in) + 16, &count, &overlapped );
        ok( !ret && WSAGetLastError() == ERROR_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
        client = tcp_socket();
        expect_success( connect( client, (struct sockaddr *)&addr, len ) );
        ret = WaitForSingleObject( overlapped.hEvent, PATIENCE );
        ok( !ret, "AcceptEx did not complete\n" );
        ret = WSAGetOverlappedResult( listener, &overlapped, &count, FALSE, &flags );
        ok( ret, "AcceptEx failed, error %d\n", WSAGetLastError() );
        expect_success( setsockopt( server, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener,
                                    sizeof(listener) ) );
        check_option( server, SOL_SOCKET, SO_KEEPALIVE, 1 );
        check_host( server, 1, 11, 4, 10 );
        CloseHandle( overlapped.hEvent );
        closesocket( server );
        closesocket( client );
    }
    closesocket( listener );
}

/* T: test_set_getsockopt; MS: IPPROTO_TCP socket options */
static void test_tcp_options( void )
{
    SOCKET client, server, udp;
    DWORD value;
    int len;

    tcp_socketpair( &client, &server );
    check_option( client, IPPROTO_TCP, TCP_KEEPIDLE, 7200 );
    check_option( client, IPPROTO_TCP, TCP_KEEPINTVL, 1 );
    check_option( client, IPPROTO_TCP, TCP_KEEPCNT, 10 );

    value = 20;
    expect_success( setsockopt( client, IPPROTO_TCP, TCP_KEEPIDLE, (char *)&value, sizeof(value) ) );
    check_option( client, IPPROTO_TCP, TCP_KEEPIDLE, 20 );
    check_option( client, IPPROTO_TCP, TCP_KEEPINTVL, 1 );
    value = 4;
    expect_success( setsockopt( client, IPPROTO_TCP, TCP_KEEPCNT, (char *)&value, sizeof(value) ) );
    check_option( client, SOL_SOCKET, SO_KEEPALIVE, 0 );
    value = 1;
    expect_success( setsockopt( client, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof(value) ) );
    check_host( client, 1, 20, 1, 4 );

    value = 100000;     /* more than the host takes reads back all the same */
    expect_success( setsockopt( client, IPPROTO_TCP, TCP_KEEPIDLE, (char *)&value, sizeof(value) ) );
    check_option( client, IPPROTO_TCP, TCP_KEEPIDLE, 100000 );
    value = 200;
    expect_success( setsockopt( client, IPPROTO_TCP, TCP_KEEPCNT, (char *)&value, sizeof(value) ) );
    check_option( client, IPPROTO_TCP, TCP_KEEPCNT, 200 );
    value = 256;
    expect_error( setsockopt( client, IPPROTO_TCP, TCP_KEEPCNT, (char *)&value, sizeof(value) ), WSAEINVAL );

    /* one byte comes back whatever the length */
    value = 0xdeadbeef;
    len = sizeof(value);
    expect_success( getsockopt( client, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &len ) );
    ok( value == 0xdeadbe01 && len == 1, "got %#lx, length %d\n", value, len );
    closesocket( client );
    closesocket( server );

    /* MS: SO_KEEPALIVE */
    udp = WSASocketW( AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED );
    value = 1;
    expect_error( setsockopt( udp, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof(value) ),
                  WSAENOPROTOOPT );
    len = sizeof(value);
    expect_error( getsockopt( udp, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &len ), WSAENOPROTOOPT );
    closesocket( udp );
}

/* The registry's defaults, in a process of its own: they are read once. */
static void check_registry_child( void )
{
    SOCKET client, server;
    DWORD value = 1;

    tcp_socketpair( &client, &server );
    expect_success( setsockopt( client, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof(value) ) );
    check_option( client, IPPROTO_TCP, TCP_KEEPIDLE, 301 );
    check_option( client, IPPROTO_TCP, TCP_KEEPINTVL, 6 );
    check_host( client, 1, 301, 6, 10 );
    closesocket( client );
    closesocket( server );
}

static void test_registry( void )
{
    PROCESS_INFORMATION info;
    DWORD time = 300500, interval = 6000;
    HKEY key;

    if (!GetProcAddress( GetModuleHandleA( "ntdll.dll" ), "wine_get_version" ))
    {
        skip( "Windows reads the registry when it starts\n" );
        return;
    }
    if (RegCreateKeyExA( HKEY_LOCAL_MACHINE, "System\\CurrentControlSet\\Services\\Tcpip\\Parameters", 0,
                         NULL, 0,
                         KEY_ALL_ACCESS, NULL, &key, NULL ))
    {
        skip( "the registry is not ours to change\n" );
        return;
    }
    RegSetValueExA( key, "KeepAliveTime", 0, REG_DWORD, (BYTE *)&time, sizeof(time) );
    RegSetValueExA( key, "KeepAliveInterval", 0, REG_DWORD, (BYTE *)&interval, sizeof(interval) );
    if (start_child( &info, FALSE, "keepalive", "registry" )) finish_child( &info );
    RegDeleteValueA( key, "KeepAliveTime" );
    RegDeleteValueA( key, "KeepAliveInterval" );
    RegCloseKey( key );
}

/*** errors of every Winsock call ***/

static struct
{
    SOCKET s;
    int calls, ret, error;
}
hook_state;

static BOOL WINAPI blocking_hook( void )
{
    struct tcp_keepalive values = { 1, 5000, 1000 };
    DWORD returned;

    if (hook_state.calls++) return FALSE;
    hook_state.ret = WSAIoctl( hook_state.s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned,
                               NULL,
                               NULL );
    hook_state.error = WSAGetLastError();
    WSACancelBlockingCall();
    return FALSE;
}

/* MS: WSAEINPROGRESS, WSAEINTR; only Winsock 1.1 programs have hooks. */
static void test_blocking_hook( void )
{
    SOCKET client, server;
    WSADATA data;
    FARPROC old;
    char byte;
    int ret;

    ret = WSAStartup( MAKEWORD( 1, 1 ), &data );
    ok( !ret, "got %d\n", ret );
    stream_socketpair( AF_INET, &client, &server, WSA_FLAG_OVERLAPPED );
    old = WSASetBlockingHook( (FARPROC)(void *)blocking_hook );
    if (!old && WSAGetLastError() == WSAEOPNOTSUPP) skip( "no blocking hooks\n" );
    else
    {
        memset( &hook_state, 0, sizeof(hook_state) );
        hook_state.s = client;
        expect_error( recv( client, &byte, 1, 0 ), WSAEINTR );
        ok( hook_state.calls, "the hook was not called\n" );
        ok( hook_state.ret == -1 && hook_state.error == WSAEINPROGRESS, "got %d, error %d\n", hook_state.ret,
            hook_state.error );
        check_option( client, SOL_SOCKET, SO_KEEPALIVE, 0 );
        WSAUnhookBlockingHook();
        expect_success( keepalive_ioctl( client, 1, 5000, 1000 ) );
    }
    closesocket( client );
    closesocket( server );
    WSACleanup();
}

static int CALLBACK accept_condition( WSABUF *caller, WSABUF *caller_data, QOS *sqos, QOS *gqos,
                                      WSABUF *callee,
                                      WSABUF *callee_data, GROUP *group, DWORD_PTR context )
{
    struct tcp_keepalive values = { 1, 5000, 1000 };
    DWORD returned;

    hook_state.calls++;
    hook_state.ret = WSAIoctl( hook_state.s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned,
                               NULL,
                               NULL );
    hook_state.error = WSAGetLastError();
    return CF_ACCEPT;
}

/* MS: "invoked when a callback is in progress" */
static void test_callback( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, client, server;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    client = tcp_socket();
    expect_success( connect( client, (struct sockaddr *)&addr, len ) );
    memset( &hook_state, 0, sizeof(hook_state) );
    hook_state.s = client;
    server = WSAAccept( listener, NULL, NULL, accept_condition, 0 );
    ok( server != INVALID_SOCKET, "failed to accept, error %d\n", WSAGetLastError() );
    ok( hook_state.calls == 1, "called %d times\n", hook_state.calls );
    ok( (hook_state.ret == -1 && hook_state.error == WSAEINPROGRESS) || broken( !hook_state.ret ),
        "got %d, error %d\n", hook_state.ret, hook_state.error );
    closesocket( server );
    closesocket( client );
    closesocket( listener );
}

START_TEST(keepalive)
{
    static const struct
    {
        const char *name;
        ioctl_function function;
    }
    ways[] =
    {
        { "WSAIoctl", api_ioctl },
        { "WSPIoctl", provider_ioctl },
    };
    char **argv;
    int argc = winetest_get_mainargs( &argv );
    unsigned int i;

    start_sockets();
    do_ioctl = api_ioctl;
    if (argc > 2 && !strcmp( argv[2], "registry" ))
    {
        check_registry_child();
        stop_sockets();
        return;
    }
    for (i = 0; i < ARRAY_SIZE(ways); i++)
    {
        if (ways[i].function == provider_ioctl && !start_provider())
        {
            ok( 0, "the provider does not start\n" );
            continue;
        }
        do_ioctl = ways[i].function;
        winetest_push_context( "%s", ways[i].name );
        test_arguments();
        test_completion();
        test_pending();
        test_values();
        test_before_connection();
        winetest_pop_context();
    }
    do_ioctl = api_ioctl;
    test_tcp_options();
    test_callback();
    test_registry();
    stop_sockets();
    test_blocking_hook();

    /* MS: before WSAStartup, and after the last WSACleanup */
    expect_error( keepalive_ioctl( 4, 1, 5000, 1000 ), WSANOTINITIALISED );
}
