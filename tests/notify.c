/*
 * Changes of the host's addresses and routes: SIO_ADDRESS_LIST_CHANGE, SIO_ROUTING_INTERFACE_CHANGE and
 * WSANSPIoctl. What needs a change runs where tests/tools/notify.sh has made a network for it, with an
 * interface ws2a that is up.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define CODE_ADDRESSES 0x28000017   /* SIO_ADDRESS_LIST_CHANGE */
#define CODE_ROUTES 0x88000015      /* SIO_ROUTING_INTERFACE_CHANGE */
#define CODE_NSP 0x88000019         /* SIO_NSP_NOTIFY_CHANGE */

#define PENDING_VALUE 0x103
#define CANCELLED_VALUE 0xc0000120

static char tool[MAX_PATH];         /* WS2_NOTIFY_TOOL: "tool FILE ARGUMENTS" runs ip, then makes the file */

/* Change the network; returns when that is done. */
static void change( const char *arguments )
{
    STARTUPINFOA startup = { sizeof(startup) };
    PROCESS_INFORMATION info = { 0 };
    char command[256];
    unsigned int i;

    sprintf( command, "tool changed %s", arguments );
    DeleteFileA( "changed" );
    if (!CreateProcessA( tool, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info ))
    {
        ok( 0, "failed to start %s, error %lu\n", tool, GetLastError() );
        return;
    }
    /* a native process gives no handles, whatever info holds now */
    for (i = 0; i < PATIENCE / 10; i++)
    {
        if (GetFileAttributesA( "changed" ) != INVALID_FILE_ATTRIBUTES) break;
        Sleep( 10 );
    }
    ok( i < PATIENCE / 10, "\"%s\" takes too long\n", arguments );
}

struct request
{
    OVERLAPPED ov;
    DWORD count, error, calls;      /* of the routine */
};

static void CALLBACK routine( DWORD error, DWORD count, WSAOVERLAPPED *overlapped, DWORD flags )
{
    struct request *request = (struct request *)overlapped;

    (void)flags;
    request->error = error;
    request->count = count;
    request->calls++;
}

/* What a code is asked with, and what completes it. */
struct kind
{
    const char *name;
    int family;
    DWORD code;
    const char *destination;        /* NULL: no input */
    LONG event;
    unsigned int bit;
    const char *change;             /* completes it */
    const char *undo;
    struct { int family; const char *change; } others[2]; /* add a route, and do not complete it */
};

#define ADDRESSES CODE_ADDRESSES, NULL, FD_ADDRESS_LIST_CHANGE, FD_ADDRESS_LIST_CHANGE_BIT
#define ROUTES( to ) CODE_ROUTES, to, FD_ROUTING_INTERFACE_CHANGE, FD_ROUTING_INTERFACE_CHANGE_BIT
#define CHANGE( object, value ) object " add " value " dev ws2a", object " del " value " dev ws2a"

static const struct kind kinds[] =
{
    { "IPv4 addresses", AF_INET, ADDRESSES, CHANGE( "addr", "10.90.0.1/24" ),
      { { AF_INET, "route add 10.88.0.0/24 dev ws2a" }, { AF_INET6,
          "addr add fd00:88::1/64 dev ws2a nodad" } } },
    { "IPv6 addresses", AF_INET6, ADDRESSES, "addr add fd00:90::1/64 dev ws2a nodad",
      "addr del fd00:90::1/64 dev ws2a",
      { { AF_INET6, "-6 route add fd00:87::/64 dev ws2a" }, { AF_INET,
          "addr add 10.89.0.1/24 dev ws2a" } } },
    { "IPv4 route", AF_INET, ROUTES( "10.91.0.5" ), CHANGE( "route", "10.91.0.0/24" ),
      { { AF_INET, "route add 10.92.0.0/24 dev ws2a" }, { AF_INET6,
          "-6 route add fd00:92::/64 dev ws2a" } } },
    { "any IPv4 route", AF_INET, ROUTES( "0.0.0.0" ), CHANGE( "route", "10.93.0.0/24" ),
      { { AF_INET6, "-6 route add fd00:93::/64 dev ws2a" } } },
    { "IPv6 route", AF_INET6, ROUTES( "fd00:94::5" ), CHANGE( "-6 route", "fd00:94::/64" ),
      { { AF_INET6, "-6 route add fd00:95::/64 dev ws2a" }, { AF_INET,
          "route add 10.95.0.0/24 dev ws2a" } } },
    { "any IPv6 route", AF_INET6, ROUTES( "::" ), CHANGE( "-6 route", "fd00:96::/64" ),
      { { AF_INET, "route add 10.96.0.0/24 dev ws2a" } } },
};

static SOCKET make( int family )
{
    SOCKET s = socket( family, SOCK_DGRAM, 0 );

    ok( s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    return s;
}

static int ask( SOCKET s, const struct kind *kind, struct request *request,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE done )
{
    struct sockaddr_storage addr = { 0 };
    int len = sizeof(addr);
    DWORD count = 0xdeadbeef;

    if (kind->destination)
        ok( !WSAStringToAddressA( (char *)kind->destination, kind->family, NULL, (struct sockaddr *)&addr,
            &len ),
            "got error %d\n", WSAGetLastError() );
    return WSAIoctl( s, kind->code, kind->destination ? &addr : NULL, kind->destination ? len : 0, NULL, 0,
                     &count, request ? &request->ov : NULL, done );
}

static void prepare( struct request *request, BOOL event )
{
    memset( request, 0, sizeof(*request) );
    if (event) request->ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
}

static void check_event( struct request *request, DWORD status )
{
    ok( !WaitForSingleObject( request->ov.hEvent, PATIENCE ), "not completed\n" );
    ok( (DWORD)request->ov.Internal == status, "got status %#lx\n", (DWORD)request->ov.Internal );
    ok( !request->ov.InternalHigh, "got %lu bytes\n", (DWORD)request->ov.InternalHigh );
    CloseHandle( request->ov.hEvent );
}

/* Reference 1.2 rows 9 and 13, 1.3: it pends, and can be cancelled in every way. */
static void test_cancel( const struct kind *kind )
{
    struct request request;
    OVERLAPPED *ov;
    ULONG_PTR key;
    HANDLE port;
    DWORD count;
    SOCKET s;

    s = make( kind->family );
    prepare( &request, TRUE );
    expect_error( ask( s, kind, &request, NULL ), WSA_IO_PENDING );
    ok( request.ov.Internal == PENDING_VALUE, "got status %#lx\n", (DWORD)request.ov.Internal );
    ok( CancelIoEx( (HANDLE)s, &request.ov ), "error %lu\n", GetLastError() );
    check_event( &request, CANCELLED_VALUE );

    prepare( &request, TRUE );
    expect_error( ask( s, kind, &request, NULL ), WSA_IO_PENDING );
    ok( CancelIo( (HANDLE)s ), "error %lu\n", GetLastError() );
    check_event( &request, CANCELLED_VALUE );

    prepare( &request, TRUE );
    expect_error( ask( s, kind, &request, NULL ), WSA_IO_PENDING );
    closesocket( s );
    check_event( &request, CANCELLED_VALUE );

    s = make( kind->family );
    prepare( &request, TRUE );
    expect_error( ask( s, kind, &request, NULL ), WSA_IO_PENDING );
    CloseHandle( (HANDLE)s );
    ok( !WaitForSingleObject( request.ov.hEvent, PATIENCE ), "not completed\n" );
    ok( (DWORD)request.ov.Internal != PENDING_VALUE && request.ov.Internal, "got status %#lx\n",
        (DWORD)request.ov.Internal );
    CloseHandle( request.ov.hEvent );

    s = make( kind->family );
    port = CreateIoCompletionPort( (HANDLE)s, NULL, 123, 0 );
    prepare( &request, FALSE );
    expect_error( ask( s, kind, &request, NULL ), WSA_IO_PENDING );
    closesocket( s );
    ov = NULL;
    ok( !GetQueuedCompletionStatus( port, &count, &key, &ov, PATIENCE ), "got a success\n" );
    ok( GetLastError() == ERROR_OPERATION_ABORTED, "got error %lu\n", GetLastError() );
    if (GetLastError() == ERROR_OPERATION_ABORTED) note_failed_code( kind->code, WSA_OPERATION_ABORTED );
    ok( ov == &request.ov && key == 123, "got %p, %Iu\n", ov, key );
    CloseHandle( port );
}

struct asking
{
    SOCKET s;
    const struct kind *kind;
    struct request request;
};

static DWORD WINAPI asking_thread( void *arg )
{
    struct asking *asking = arg;

    expect_error( ask( asking->s, asking->kind, &asking->request, NULL ), WSA_IO_PENDING );
    return 0;
}

/* MS: "Canceling Pending I/O Operations": what a thread has asked for ends with it, unless the handle has a
 * completion port. */
static void test_thread_end( const struct kind *kind )
{
    struct asking asking = { make( kind->family ), kind };
    HANDLE thread, port;
    OVERLAPPED *ov = NULL;
    ULONG_PTR key;
    DWORD count;

    prepare( &asking.request, TRUE );
    thread = CreateThread( NULL, 0, asking_thread, &asking, 0, NULL );
    ok( !WaitForSingleObject( thread, PATIENCE ), "the thread did not end\n" );
    CloseHandle( thread );
    check_event( &asking.request, CANCELLED_VALUE );
    closesocket( asking.s );

    asking.s = make( kind->family );
    port = CreateIoCompletionPort( (HANDLE)asking.s, NULL, 123, 0 );
    prepare( &asking.request, FALSE );
    thread = CreateThread( NULL, 0, asking_thread, &asking, 0, NULL );
    ok( !WaitForSingleObject( thread, PATIENCE ), "the thread did not end\n" );
    CloseHandle( thread );
    ok( asking.request.ov.Internal == PENDING_VALUE, "got status %#lx\n",
        (DWORD)asking.request.ov.Internal );
    closesocket( asking.s );
    ok( !GetQueuedCompletionStatus( port, &count, &key, &ov, PATIENCE ), "got a success\n" );
    ok( ov == &asking.request.ov, "got %p\n", ov );
    CloseHandle( port );
}

/* Reference 1.2 row 11, 1.3 */
static void test_refused( void )
{
    struct sockaddr_in addr = { AF_INET };
    u_long nonblocking = 1;
    DWORD count;
    SOCKET s = make( AF_INET );
    unsigned int i;

    expect_success( ioctlsocket( s, FIONBIO, &nonblocking ));
    for (i = 0; i < ARRAY_SIZE( kinds ); i++)
        if (kinds[i].family == AF_INET) expect_error( ask( s, &kinds[i], NULL, NULL ), WSAEWOULDBLOCK );
    expect_error( WSAIoctl( s, CODE_ROUTES, NULL, 0, NULL, 0, &count, NULL, NULL ), WSAEINVAL );
    expect_error( WSAIoctl( s, CODE_ROUTES, NULL, sizeof(addr), NULL, 0, &count, NULL, NULL ), WSAEINVAL );
    expect_error( WSAIoctl( s, CODE_ROUTES, (void *)1, sizeof(addr), NULL, 0, &count, NULL, NULL ),
                  WSAEFAULT );
    addr.sin_family = 0;
    expect_error( WSAIoctl( s, CODE_ROUTES, &addr, sizeof(addr), NULL, 0, &count, NULL, NULL ),
                  WSAEAFNOSUPPORT );
    closesocket( s );
}

struct blocking
{
    SOCKET s;
    const struct kind *kind;
    HANDLE ready;
    int ret, error;
};

static DWORD WINAPI blocking_thread( void *arg )
{
    struct blocking *call = arg;

    SetEvent( call->ready );
    call->ret = ask( call->s, call->kind, NULL, NULL );
    call->error = WSAGetLastError();
    return 0;
}

/* MS: Winsock IOCTLs, SIO_GET_QOS and SIO_SET_QOS: no quality of service */
static void test_qos( void )
{
    SOCKET s = make( AF_INET );
    BYTE buffer[80] = { 0 };
    DWORD count;

    expect_error( WSAIoctl( s, 0xc8000007, NULL, 0, buffer, sizeof(buffer), &count, NULL, NULL ),
                  WSAENOPROTOOPT );
    expect_error( WSAIoctl( s, 0xc8000008, NULL, 0, buffer, sizeof(buffer), &count, NULL, NULL ),
                  WSAENOPROTOOPT );
    expect_error( WSAIoctl( s, 0x8800000b, buffer, sizeof(buffer), NULL, 0, &count, NULL, NULL ),
                  WSAENOPROTOOPT );
    closesocket( s );
}

/*** with a network to change ***/

static void test_overlapped( const struct kind *kind )
{
    struct request event, by_routine, by_port;
    SOCKET s = make( kind->family ), ported = make( kind->family );
    HANDLE port = CreateIoCompletionPort( (HANDLE)ported, NULL, 123, 0 );
    OVERLAPPED *ov = NULL;
    DWORD count, end;
    ULONG_PTR key;

    prepare( &event, TRUE );
    prepare( &by_routine, FALSE );
    prepare( &by_port, FALSE );
    expect_error( ask( s, kind, &event, NULL ), WSA_IO_PENDING );
    expect_error( ask( s, kind, &by_routine, routine ), WSA_IO_PENDING );
    expect_error( ask( ported, kind, &by_port, NULL ), WSA_IO_PENDING );
    change( kind->change );
    check_event( &event, 0 );
    end = GetTickCount() + PATIENCE;
    while (!by_routine.calls && (int)(end - GetTickCount()) > 0) SleepEx( 100, TRUE );
    ok( by_routine.calls == 1 && !by_routine.error && !by_routine.count, "got %lu calls, error %lu\n",
        by_routine.calls, by_routine.error );
    count = 0xdeadbeef;
    ok( GetQueuedCompletionStatus( port, &count, &key, &ov, PATIENCE ), "error %lu\n", GetLastError() );
    ok( ov == &by_port.ov && key == 123 && !count, "got %p, %Iu, %lu bytes\n", ov, key, count );

    /* and once more, by the opposite change */
    prepare( &event, TRUE );
    expect_error( ask( s, kind, &event, NULL ), WSA_IO_PENDING );
    change( kind->undo );
    check_event( &event, 0 );
    closesocket( s );
    closesocket( ported );
    CloseHandle( port );
}

static void test_events( const struct kind *kind )
{
    SOCKET s = make( kind->family ), idle = make( kind->family );
    HANDLE event = CreateEventW( NULL, FALSE, FALSE, NULL ), other = CreateEventW( NULL, FALSE, FALSE,
                                 NULL );
    WSANETWORKEVENTS events;

    expect_success( WSAEventSelect( s, event, kind->event | FD_READ ));
    expect_success( WSAEventSelect( idle, other, kind->event | FD_READ ));
    expect_error( ask( s, kind, NULL, NULL ), WSAEWOULDBLOCK );
    change( kind->change );
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    memset( &events, 0xcc, sizeof(events) );
    expect_success( WSAEnumNetworkEvents( s, NULL, &events ));
    ok( events.lNetworkEvents == kind->event, "got events %#lx\n", events.lNetworkEvents );
    ok( !events.iErrorCode[kind->bit], "got error %d\n", events.iErrorCode[kind->bit] );
    expect_success( WSAEnumNetworkEvents( s, NULL, &events ));
    ok( !events.lNetworkEvents, "got events %#lx\n", events.lNetworkEvents );
    /* only a socket that has asked is told (T: test_sioAddressListChange) */
    ok( WaitForSingleObject( other, 0 ) == WAIT_TIMEOUT, "an event\n" );
    expect_success( WSAEnumNetworkEvents( idle, NULL, &events ));
    ok( !events.lNetworkEvents, "got events %#lx\n", events.lNetworkEvents );

    expect_error( ask( s, kind, NULL, NULL ), WSAEWOULDBLOCK );
    change( kind->undo );
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    closesocket( s );
    closesocket( idle );
    CloseHandle( event );
    CloseHandle( other );
}

#define WM_CHANGE (WM_USER + 1)

static LPARAM next_message( HWND window, SOCKET s, DWORD timeout )
{
    DWORD end = GetTickCount() + timeout;
    MSG msg;

    for (;;)
    {
        while (PeekMessageA( &msg, window, WM_CHANGE, WM_CHANGE, PM_REMOVE ))
            if (msg.wParam == s) return msg.lParam;
        if ((int)(end - GetTickCount()) <= 0) return 0;
        MsgWaitForMultipleObjects( 0, NULL, FALSE, end - GetTickCount(), QS_POSTMESSAGE );
    }
}

/* MS: WSAAsyncSelect: the same as messages. */
static void test_messages( const struct kind *kind )
{
    HWND window = CreateWindowA( "Message", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL );
    SOCKET s = make( kind->family ), idle = make( kind->family );
    LPARAM message;

    if (!window)
    {
        skip( "no windows, error %lu\n", GetLastError() );
        return;
    }
    expect_success( WSAAsyncSelect( s, window, WM_CHANGE, kind->event | FD_READ ));
    expect_success( WSAAsyncSelect( idle, window, WM_CHANGE, kind->event | FD_READ ));
    expect_error( ask( s, kind, NULL, NULL ), WSAEWOULDBLOCK );
    change( kind->change );
    message = next_message( window, s, PATIENCE );
    ok( message == MAKELONG( kind->event, 0 ), "got message %#lx\n", (long)message );

    /* once for each question; and a selection that comes after the question counts */
    change( kind->undo );
    expect_success( WSAAsyncSelect( s, window, WM_CHANGE, FD_READ ));
    expect_error( ask( s, kind, NULL, NULL ), WSAEWOULDBLOCK );
    expect_success( WSAAsyncSelect( s, window, WM_CHANGE, kind->event ));
    ok( !next_message( window, s, 0 ), "a message before the change\n" );
    change( kind->change );
    message = next_message( window, s, PATIENCE );
    ok( message == MAKELONG( kind->event, 0 ), "got message %#lx\n", (long)message );
    ok( !next_message( window, s, 0 ), "a second message\n" );
    ok( !next_message( window, idle, 0 ), "a message without a question\n" );
    change( kind->undo );
    closesocket( s );
    closesocket( idle );
    DestroyWindow( window );
}

static void test_blocking( const struct kind *kind, DWORD flags )
{
    struct blocking call = { WSASocketW( kind->family, SOCK_DGRAM, 0, NULL, 0, flags ), kind };
    HANDLE thread;

    call.ready = CreateEventW( NULL, FALSE, FALSE, NULL );
    thread = CreateThread( NULL, 0, blocking_thread, &call, 0, NULL );
    WaitForSingleObject( call.ready, PATIENCE );
    ok( WaitForSingleObject( thread, 200 ) == WAIT_TIMEOUT, "returned %d, error %d\n", call.ret,
        call.error );
    change( kind->change );
    ok( !WaitForSingleObject( thread, PATIENCE ), "did not return\n" );
    ok( !call.ret, "got error %d\n", call.error );
    CloseHandle( thread );

    thread = CreateThread( NULL, 0, blocking_thread, &call, 0, NULL );
    WaitForSingleObject( call.ready, PATIENCE );
    WaitForSingleObject( thread, 200 );
    closesocket( call.s );
    ok( !WaitForSingleObject( thread, PATIENCE ), "did not return\n" );
    ok( call.ret == -1 && call.error == WSAEINTR, "got %d, error %d\n", call.ret, call.error );
    CloseHandle( thread );
    CloseHandle( call.ready );
    change( kind->undo );
}

/* A change of something else leaves it alone; a request that is completed later has passed it. */
static void test_others( const struct kind *kind )
{
    static const struct kind any4 = { .family = AF_INET, .code = CODE_ROUTES, .destination = "0.0.0.0" };
    static const struct kind any6 = { .family = AF_INET6, .code = CODE_ROUTES, .destination = "::" };
    const struct kind *barrier;
    struct request request, last;
    SOCKET s = make( kind->family );
    unsigned int i;

    prepare( &request, TRUE );
    expect_error( ask( s, kind, &request, NULL ), WSA_IO_PENDING );
    for (i = 0; i < ARRAY_SIZE( kind->others ) && kind->others[i].change; i++)
    {
        SOCKET last_socket;

        barrier = kind->others[i].family == AF_INET6 ? &any6 : &any4;
        last_socket = make( barrier->family );
        prepare( &last, TRUE );
        expect_error( ask( last_socket, barrier, &last, NULL ), WSA_IO_PENDING );
        change( kind->others[i].change );
        check_event( &last, 0 );
        ok( request.ov.Internal == PENDING_VALUE, "%s: got status %#lx\n", kind->others[i].change,
            (DWORD)request.ov.Internal );
        closesocket( last_socket );
    }
    closesocket( s );
    check_event( &request, CANCELLED_VALUE );
}

/* MS: WSANSPIoctl */
static void test_nsp( BOOL changes )
{
    GUID class = { 0x37e515, 0xb5c9, 0x4a43, { 0xba, 0xda, 0x8b, 0x48, 0xa8, 0x7a, 0xd2, 0x39 } };
    WSAQUERYSETW query = { sizeof(query) };
    WSACOMPLETION how;
    struct request request;
    HANDLE lookup;
    DWORD count;

    query.dwNameSpace = NS_NLA;
    query.lpServiceClassId = &class;
    if (WSALookupServiceBeginW( &query, LUP_RETURN_ALL, &lookup ))
    {
        skip( "no network location, error %d\n", WSAGetLastError() );
        return;
    }
    expect_error( WSANSPIoctl( lookup, CODE_NSP, NULL, 0, NULL, 0, &count, NULL ), WSAEWOULDBLOCK );
    memset( &how, 0, sizeof(how) );
    how.Type = NSP_NOTIFY_EVENT;
    how.Parameters.Event.lpOverlapped = &request.ov;
    prepare( &request, TRUE );
    expect_error( WSANSPIoctl( lookup, CODE_NSP, NULL, 0, NULL, 0, &count, &how ), WSA_IO_PENDING );
    ok( request.ov.Internal == PENDING_VALUE, "got status %#lx\n", (DWORD)request.ov.Internal );
    if (changes)
    {
        change( "addr add 10.98.0.1/24 dev ws2a" );
        check_event( &request, 0 );
        expect_success( WSANSPIoctl( lookup, CODE_NSP, NULL, 0, NULL, 0, &count, NULL ));
        expect_success( WSALookupServiceEnd( lookup ));
    }
    else
    {
        expect_success( WSALookupServiceEnd( lookup ));
        check_event( &request, CANCELLED_VALUE );
    }
}

START_TEST( notify )
{
    WSADATA data;
    unsigned int i;

    WSAStartup( MAKEWORD( 2, 2 ), &data );
    for (i = 0; i < ARRAY_SIZE( kinds ); i++)
    {
        winetest_push_context( "%s", kinds[i].name );
        test_cancel( &kinds[i] );
        test_thread_end( &kinds[i] );
        winetest_pop_context();
    }
    test_refused();
    test_qos();
    test_nsp( FALSE );
    if (GetEnvironmentVariableA( "WS2_NOTIFY_TOOL", tool, sizeof(tool) ))
    {
        for (i = 0; i < ARRAY_SIZE( kinds ); i++)
        {
            winetest_push_context( "%s", kinds[i].name );
            test_overlapped( &kinds[i] );
            test_events( &kinds[i] );
            test_messages( &kinds[i] );
            test_blocking( &kinds[i], WSA_FLAG_OVERLAPPED );
            test_blocking( &kinds[i], 0 );
            test_others( &kinds[i] );
            winetest_pop_context();
        }
        test_nsp( TRUE );
    }
    else skip( "no network to change\n" );
    WSACleanup();
}
