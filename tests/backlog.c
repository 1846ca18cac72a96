/*
 * The ideal send backlog of a connection: SIO_IDEAL_SEND_BACKLOG_QUERY, SIO_IDEAL_SEND_BACKLOG_CHANGE.
 * Source, where no other is named: Microsoft's pages on the two.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define CODE_CHANGE 0x2000747a
#define CODE_QUERY 0x4004747b

#define PENDING_VALUE 0x103
#define CANCELLED_VALUE 0xc0000120

#define FRESH 0x10000           /* T: test_backlog_query */
#define MOST 0x1000000
#define BULK (16 * 1024 * 1024)

static int query( SOCKET s, DWORD *value )
{
    DWORD count = 0xdeadbeef;
    int ret = WSAIoctl( s, CODE_QUERY, NULL, 0, value, sizeof(*value), &count, NULL, NULL );

    ok( ret || count == sizeof(*value), "got %lu bytes\n", count );
    return ret;
}

static int wait_change( SOCKET s, OVERLAPPED *overlapped )
{
    DWORD count = 0xdeadbeef;

    return WSAIoctl( s, CODE_CHANGE, NULL, 0, NULL, 0, &count, overlapped, NULL );
}

static void prepare( OVERLAPPED *overlapped )
{
    memset( overlapped, 0, sizeof(*overlapped) );
    overlapped->hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
}

static void check_event( OVERLAPPED *overlapped, DWORD status )
{
    ok( !WaitForSingleObject( overlapped->hEvent, PATIENCE ), "not completed\n" );
    ok( (DWORD)overlapped->Internal == status, "got status %#lx\n", (DWORD)overlapped->Internal );
    ok( !overlapped->InternalHigh, "got %lu bytes\n", (DWORD)overlapped->InternalHigh );
    CloseHandle( overlapped->hEvent );
}

static DWORD WINAPI reading_thread( void *arg )
{
    static char data[0x40000];
    unsigned int received;
    int ret = 1;

    for (received = 0; received < BULK && ret > 0; received += ret)
        ret = recv( *(SOCKET *)arg, data, sizeof(data), 0 );
    return 0;
}

/* Give the connection more than it can take at once. */
static void send_bulk( SOCKET src, SOCKET dst )
{
    static char data[0x10000];
    HANDLE thread = CreateThread( NULL, 0, reading_thread, &dst, 0, NULL );
    unsigned int sent;
    int ret = 0;

    for (sent = 0; sent < BULK && ret >= 0; sent += ret) ret = send( src, data, sizeof(data), 0 );
    ok( ret > 0, "send returned %d, error %d\n", ret, WSAGetLastError() );
    ok( !WaitForSingleObject( thread, PATIENCE ), "the peer has not got all\n" );
    CloseHandle( thread );
}

static void test_arguments( void )
{
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 ), client, server;
    DWORD count, value;
    char byte;

    expect_error( wait_change( s, NULL ), WSAEOPNOTSUPP );
    expect_error( query( s, &value ), WSAEOPNOTSUPP );
    closesocket( s );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( wait_change( s, NULL ), WSAENOTCONN );
    expect_error( query( s, &value ), WSAENOTCONN );
    closesocket( s );

    tcp_socketpair( &client, &server );
    expect_error( WSAIoctl( client, CODE_CHANGE, NULL, 0, &byte, 1, &count, NULL, NULL ), WSAEINVAL );
    expect_success( query( client, &value ));
    ok( value == FRESH, "got %#lx\n", value );
    closesocket( client );
    closesocket( server );
}

/* Ways to end the sending direction. */
static void end_shutdown( SOCKET s, SOCKET peer )
{
    (void)peer;
    expect_success( shutdown( s, SD_SEND ));
}

static void end_disconnect( SOCKET s, SOCKET peer )
{
    static const GUID guid = WSAID_DISCONNECTEX;
    LPFN_DISCONNECTEX disconnect_ex = (LPFN_DISCONNECTEX)get_extension( s, &guid );

    (void)peer;
    ok( disconnect_ex( s, NULL, 0, 0 ), "error %d\n", WSAGetLastError() );
}

static void end_reset( SOCKET s, SOCKET peer )
{
    char byte;

    close_with_rst( peer );
    expect_error( recv( s, &byte, 1, 0 ), WSAECONNRESET );
}

static const struct
{
    const char *name;
    void (*end)( SOCKET s, SOCKET peer );
    BOOL closes;
}
ends[] =
{
    { "shutdown", end_shutdown, FALSE },
    { "DisconnectEx", end_disconnect, FALSE },
    { "reset", end_reset, TRUE },
};

/* A request is aborted by the end of the sending direction, and so are those that come later. */
static void test_end( void )
{
    SOCKET client, server;
    OVERLAPPED overlapped, later;
    unsigned int i;
    DWORD value, count;

    for (i = 0; i < ARRAY_SIZE( ends ); i++)
    {
        winetest_push_context( "%s", ends[i].name );
        tcp_socketpair( &client, &server );
        prepare( &overlapped );
        expect_error( wait_change( client, &overlapped ), WSA_IO_PENDING );
        ok( overlapped.Internal == PENDING_VALUE, "got status %#lx\n", (DWORD)overlapped.Internal );
        ends[i].end( client, server );
        check_event( &overlapped, CANCELLED_VALUE );

        if (!ends[i].closes)
        {
            expect_error( query( client, &value ), WSAEINTR );
            expect_error( wait_change( client, NULL ), WSAEINTR );
            prepare( &later );
            expect_error( wait_change( client, &later ), WSA_OPERATION_ABORTED );
            expect_error( WSAIoctl( client, CODE_QUERY, NULL, 0, &value, sizeof(value), &count, &later,
                                    NULL ), WSA_OPERATION_ABORTED );
            CloseHandle( later.hEvent );
            closesocket( server );
        }
        closesocket( client );
        winetest_pop_context();
    }
}

/* Only one request may pend. */
static void test_second( void )
{
    SOCKET client, server;
    OVERLAPPED overlapped, second;

    tcp_socketpair( &client, &server );
    prepare( &overlapped );
    prepare( &second );
    expect_error( wait_change( client, &overlapped ), WSA_IO_PENDING );
    expect_error( wait_change( client, &second ), WSA_OPERATION_ABORTED );
    expect_error( wait_change( client, NULL ), WSAEINTR );
    ok( overlapped.Internal == PENDING_VALUE, "got status %#lx\n", (DWORD)overlapped.Internal );
    /* those of the other end are its own */
    expect_error( wait_change( server, &second ), WSA_IO_PENDING );
    ok( CancelIoEx( (HANDLE)client, &overlapped ), "error %lu\n", GetLastError() );
    check_event( &overlapped, CANCELLED_VALUE );
    prepare( &overlapped );
    expect_error( wait_change( client, &overlapped ), WSA_IO_PENDING );
    closesocket( client );
    check_event( &overlapped, CANCELLED_VALUE );
    ok( second.Internal == PENDING_VALUE, "got status %#lx\n", (DWORD)second.Internal );
    closesocket( server );
    check_event( &second, CANCELLED_VALUE );
}

static void check_grown( SOCKET s )
{
    DWORD value;

    expect_success( query( s, &value ));
    ok( value > FRESH || broken( value == FRESH ), "got %#lx\n", value );
    ok( value <= MOST, "got %#lx\n", value );
}

/* A connection that carries much gets a larger value, which completes the request. How large is not
 * documented, nor whether loopback counts. */
static void test_growth( void )
{
    SOCKET client, server;
    OVERLAPPED overlapped, *completed = NULL;
    HANDLE port;
    ULONG_PTR key;
    DWORD count;
    int ret;

    tcp_socketpair( &client, &server );
    prepare( &overlapped );
    expect_error( wait_change( client, &overlapped ), WSA_IO_PENDING );
    send_bulk( client, server );
    ret = WaitForSingleObject( overlapped.hEvent, PATIENCE );
    ok( !ret || broken( ret ), "not completed\n" );
    if (!ret) check_event( &overlapped, 0 );
    check_grown( client );
    closesocket( client );
    closesocket( server );

    tcp_socketpair( &client, &server );
    port = CreateIoCompletionPort( (HANDLE)client, NULL, 123, 0 );
    memset( &overlapped, 0, sizeof(overlapped) );
    expect_error( wait_change( client, &overlapped ), WSA_IO_PENDING );
    send_bulk( client, server );
    ret = GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
    ok( ret || broken( !completed ), "not completed, error %lu\n", GetLastError() );
    if (ret) ok( completed == &overlapped && key == 123 && !count, "got %p, %lu bytes\n", completed, count );
    closesocket( client );
    closesocket( server );
    CloseHandle( port );
}

struct blocking
{
    SOCKET s;
    int ret, error;
};

static DWORD WINAPI blocking_thread( void *arg )
{
    struct blocking *call = arg;

    call->ret = wait_change( call->s, NULL );
    call->error = WSAGetLastError();
    return 0;
}

/* Without OVERLAPPED it blocks, on a non-blocking socket too. */
static void test_blocking( BOOL nonblocking, DWORD flags )
{
    struct blocking call;
    HANDLE thread;
    SOCKET server;
    int ret;

    winetest_push_context( "nonblocking %d, flags %lu", nonblocking, flags );
    tcp_socketpair_flags( &call.s, &server, flags );
    set_blocking( call.s, !nonblocking );
    thread = CreateThread( NULL, 0, blocking_thread, &call, 0, NULL );
    ret = WaitForSingleObject( thread, 100 );
    ok( ret == WAIT_TIMEOUT, "returned %d, error %d\n", call.ret, call.error );
    set_blocking( call.s, TRUE );
    send_bulk( call.s, server );
    ret = WaitForSingleObject( thread, PATIENCE );
    ok( !ret || broken( ret ), "did not return\n" );
    ok( ret || !call.ret, "got %d, error %d\n", call.ret, call.error );
    CloseHandle( thread );
    if (!ret)
    {
        thread = CreateThread( NULL, 0, blocking_thread, &call, 0, NULL );
        WaitForSingleObject( thread, 100 );
        shutdown( call.s, SD_SEND );
        ok( !WaitForSingleObject( thread, PATIENCE ), "did not return\n" );
        ok( call.ret == -1 && call.error == WSAEINTR, "got %d, error %d\n", call.ret, call.error );
        CloseHandle( thread );
    }
    closesocket( call.s );
    closesocket( server );
    winetest_pop_context();
}

START_TEST( backlog )
{
    start_sockets();
    test_arguments();
    test_end();
    test_second();
    test_growth();
    test_blocking( FALSE, WSA_FLAG_OVERLAPPED );
    test_blocking( TRUE, WSA_FLAG_OVERLAPPED );
    test_blocking( FALSE, 0 );
    stop_sockets();
}
