/*
 * Message selection: WSAAsyncSelect, and how it and WSAEventSelect replace each other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define WM_SOCKET (WM_USER + 100)
#define STREAM_EVENTS (FD_READ | FD_WRITE | FD_OOB | FD_CONNECT | FD_CLOSE)

static HWND window;

/* The next message of the socket: WSAGETSELECTEVENT and WSAGETSELECTERROR in one, 0 if none comes. */
static LPARAM next_message( SOCKET s, DWORD timeout )
{
    DWORD start = GetTickCount();
    MSG msg;

    for (;;)
    {
        while (PeekMessageA( &msg, window, WM_SOCKET, WM_SOCKET, PM_REMOVE ))
            if (msg.wParam == s) return msg.lParam;
        if (GetTickCount() - start >= timeout) return 0;
        MsgWaitForMultipleObjects( 0, NULL, FALSE, timeout - (GetTickCount() - start), QS_POSTMESSAGE );
    }
}

#define wait_message( s, event, error ) wait_message_( __LINE__, s, event, error )
static void wait_message_( int line, SOCKET s, int event, int error )
{
    LPARAM lparam = next_message( s, PATIENCE );

    ok_( __FILE__, line )( WSAGETSELECTEVENT( lparam ) == event, "got event %#x, expected %#x\n",
                           WSAGETSELECTEVENT( lparam ), event );
    ok_( __FILE__, line )( WSAGETSELECTERROR( lparam ) == error, "got error %d, expected %d\n",
                           WSAGETSELECTERROR( lparam ), error );
}

#define no_message( s ) no_message_( __LINE__, s )
static void no_message_( int line, SOCKET s )
{
    LPARAM lparam = next_message( s, 0 );
    ok_( __FILE__, line )( !lparam, "got message %#lx\n", (long)lparam );
}

static void test_arguments( void )
{
    HWND gone = CreateWindowA( "Message", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL );
    SOCKET src, dst, closed;
    u_long value = 0;
    char byte;

    tcp_socketpair( &src, &dst );
    closed = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    closesocket( closed );
    DestroyWindow( gone );

    /* MS: WSAAsyncSelect */
    expect_error( WSAAsyncSelect( closed, window, WM_SOCKET, FD_READ ), WSAENOTSOCK );
    expect_error( WSAAsyncSelect( INVALID_SOCKET, window, WM_SOCKET, FD_READ ), WSAENOTSOCK );
    expect_error( WSAAsyncSelect( (SOCKET)GetCurrentProcess(), window, WM_SOCKET, FD_READ ), WSAENOTSOCK );
    expect_error( WSAAsyncSelect( src, (HWND)0xdead, WM_SOCKET, FD_READ ), WSAEINVAL );
    expect_error( WSAAsyncSelect( src, gone, WM_SOCKET, FD_READ ), WSAEINVAL );
    expect_error( WSAAsyncSelect( src, NULL, WM_SOCKET, FD_READ ), WSAEINVAL );
    expect_success( ioctlsocket( src, FIONBIO, &value ));

    expect_success( WSAAsyncSelect( src, window, WM_SOCKET, FD_READ ));
    expect_error( recv( src, &byte, 1, 0 ), WSAEWOULDBLOCK );
    /* reference 1.3: FIONBIO */
    value = 0;
    expect_error( ioctlsocket( src, FIONBIO, &value ), WSAEINVAL );

    expect_success( WSAAsyncSelect( src, window, 0, 0 ));
    ok( send( dst, "x", 1, 0 ) == 1, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( src, "r" ), "not readable\n" );
    no_message( src );
    value = 0;
    expect_success( ioctlsocket( src, FIONBIO, &value ));

    closesocket( src );
    closesocket( dst );
}

static void test_messages( void )
{
    SOCKET listener, client, server;
    struct sockaddr_storage addr;
    struct sockaddr_in closed;
    char buffer[16];
    int len, ret;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    expect_success( WSAAsyncSelect( client, window, WM_SOCKET, STREAM_EVENTS ));
    ret = connect( client, (struct sockaddr *)&addr, len );
    ok( ret == -1 && WSAGetLastError() == WSAEWOULDBLOCK, "got %d, error %d\n", ret, WSAGetLastError() );
    wait_message( client, FD_CONNECT, 0 );
    wait_message( client, FD_WRITE, 0 );
    closesocket( client );

    /* one message for one connection, and for what waits already */
    expect_success( WSAAsyncSelect( listener, window, WM_SOCKET, FD_ACCEPT ));
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    ret = connect( client, (struct sockaddr *)&addr, len );
    ok( !ret, "connect failed, error %d\n", WSAGetLastError() );
    wait_message( listener, FD_ACCEPT, 0 );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    closesocket( server );
    wait_message( listener, FD_ACCEPT, 0 );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    no_message( listener );

    /* data; what is left is reported after each receive */
    expect_success( WSAAsyncSelect( server, window, WM_SOCKET, FD_READ | FD_OOB | FD_CLOSE ));
    ret = send( client, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    wait_message( server, FD_READ, 0 );
    no_message( server );
    ret = recv( server, buffer, 1, 0 );
    ok( ret == 1, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    wait_message( server, FD_READ, 0 );
    /* selecting again posts what is true, Wine T:test_read_events */
    expect_success( WSAAsyncSelect( server, window, WM_SOCKET, FD_READ | FD_OOB | FD_CLOSE ));
    wait_message( server, FD_READ, 0 );
    ret = recv( server, buffer, sizeof(buffer), 0 );
    ok( ret == 2, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    no_message( server );
    ret = send( client, "o", 1, MSG_OOB );
    ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
    wait_message( server, FD_OOB, 0 );
    ret = recv( server, buffer, 1, MSG_OOB );
    ok( ret == 1, "recv returned %d, error %d\n", ret, WSAGetLastError() );

    /* received while nothing was selected */
    expect_success( WSAAsyncSelect( server, window, 0, 0 ));
    ret = send( client, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( server, "r" ), "not readable\n" );
    ret = recv( server, buffer, sizeof(buffer), 0 );
    ok( ret == 3, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    expect_success( WSAAsyncSelect( server, window, WM_SOCKET, FD_READ | FD_CLOSE ));
    ret = send( client, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    wait_message( server, FD_READ, 0 );
    ret = recv( server, buffer, sizeof(buffer), 0 );
    ok( ret == 3, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    no_message( server );

    closesocket( client );
    wait_message( server, FD_CLOSE, 0 );
    closesocket( server );

    /* after a reset, also to who selects later (Wine T:test_close_events) */
    tcp_socketpair( &client, &server );
    expect_success( WSAEventSelect( server, NULL, 0 ));
    expect_success( WSAAsyncSelect( server, window, WM_SOCKET, FD_READ | FD_CLOSE ));
    close_with_rst( client );
    {
        LPARAM lparam = next_message( server, PATIENCE );
        ok( WSAGETSELECTEVENT( lparam ) == FD_CLOSE, "got event %#x\n", WSAGETSELECTEVENT( lparam ) );
        /* wineserver posts it, with the code since Wine 10 */
        todo_wine_if( !WSAGETSELECTERROR( lparam ) )
        ok( WSAGETSELECTERROR( lparam ) == WSAECONNABORTED, "got error %d\n", WSAGETSELECTERROR( lparam ) );
    }
    no_message( server );
    expect_success( WSAAsyncSelect( server, window, WM_SOCKET, FD_READ | FD_CLOSE ));
    wait_message( server, FD_CLOSE, WSAECONNABORTED );
    no_message( server );
    closesocket( server );

    /* a connection refused */
    closed = closed_port();
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    expect_success( WSAAsyncSelect( client, window, WM_SOCKET, STREAM_EVENTS ));
    ret = connect( client, (struct sockaddr *)&closed, sizeof(closed) );
    ok( ret == -1 && WSAGetLastError() == WSAEWOULDBLOCK, "got %d, error %d\n", ret, WSAGetLastError() );
    wait_message( client, FD_CONNECT, WSAECONNREFUSED );
    closesocket( client );
    closesocket( listener );
}

/* What is posted where nothing has happened on the wire. */
static void test_enabled( void )
{
    struct sockaddr_storage addr;
    SOCKET src, dst;
    char buffer[16];
    WSABUF bad = { 4, bad_pointer() };
    DWORD flags = 0, count;
    int len, ret;

    /* Wine T:test_read_events: a receive that fails for its buffer enables the message too */
    tcp_socketpair( &src, &dst );
    expect_success( WSAAsyncSelect( dst, window, WM_SOCKET, FD_READ | FD_OOB | FD_CLOSE ));
    ret = send( src, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    wait_message( dst, FD_READ, 0 );
    no_message( dst );
    expect_error( WSARecv( dst, &bad, 1, &count, &flags, NULL, NULL ), WSAEFAULT );
    wait_message( dst, FD_READ, 0 );
    no_message( dst );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 3, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    no_message( dst );
    WSARecv( dst, &bad, 1, &count, &flags, NULL, NULL );    /* nothing to announce */
    no_message( dst );

    /* Wine T:test_close_events: shutdown does not end the selection, and nothing comes twice */
    expect_success( WSAAsyncSelect( dst, window, WM_SOCKET, STREAM_EVENTS ));
    wait_message( dst, FD_WRITE, 0 );
    expect_success( shutdown( dst, SD_BOTH ));
    no_message( dst );
    expect_success( shutdown( src, SD_SEND ));
    wait_message( dst, FD_CLOSE, 0 );
    no_message( dst );
    closesocket( src );
    no_message( dst );
    closesocket( dst );

    /* Wine T:test_connect_events */
    dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    src = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_success( WSAAsyncSelect( src, window, WM_SOCKET, FD_CONNECT | FD_READ | FD_WRITE ));
    wait_message( src, FD_WRITE, 0 );
    no_message( src );
    expect_success( connect( src, (struct sockaddr *)&addr, len ));
    wait_message( src, FD_WRITE, 0 );
    no_message( src );
    closesocket( src );
    closesocket( dst );
}

/* MS: WSAAsyncSelect and WSAEventSelect: the later call cancels the earlier. */
static void test_replacement( void )
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;
    SOCKET src, dst;

    tcp_socketpair( &src, &dst );
    expect_success( WSAAsyncSelect( src, window, WM_SOCKET, FD_READ ));
    expect_success( WSAEventSelect( src, event, FD_READ ));
    ok( send( dst, "x", 1, 0 ) == 1, "send failed, error %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( event, PATIENCE ), "the event was not set\n" );
    expect_success( WSAEnumNetworkEvents( src, event, &events ));
    ok( events.lNetworkEvents == FD_READ, "got events %#lx\n", events.lNetworkEvents );
    no_message( src );

    expect_success( WSAAsyncSelect( src, window, WM_SOCKET, FD_READ | FD_CLOSE ));
    wait_message( src, FD_READ, 0 );
    closesocket( dst );
    ok( recv( src, (char *)&events, sizeof(events), 0 ) == 1, "recv failed, error %d\n", WSAGetLastError() );
    wait_message( src, FD_CLOSE, 0 );
    ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "the event was set\n" );
    expect_success( WSAEnumNetworkEvents( src, event, &events ));
    ok( !events.lNetworkEvents, "got events %#lx\n", events.lNetworkEvents );
    closesocket( src );
    WSACloseEvent( event );
}

/* A handle that is closed past Winsock while a receive waits: the window has selected still, and is told.
 * With closesocket it is not (Wine T:iocp_async_read_closesocket). */
static void test_closed_handle( void )
{
    OVERLAPPED overlapped = { 0 };
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL );
    unsigned int by_handle;
    DWORD count, flags = 0;
    SOCKET src, dst;
    char buffer[4];
    WSABUF wsabuf = { sizeof(buffer), buffer };

    for (by_handle = 0; by_handle < 2; by_handle++)
    {
        winetest_push_context( "%s", by_handle ? "CloseHandle" : "closesocket" );
        tcp_socketpair( &src, &dst );
        expect_success( WSAAsyncSelect( dst, window, WM_SOCKET, STREAM_EVENTS ));
        wait_message( dst, FD_WRITE, 0 );
        overlapped.hEvent = event;
        ResetEvent( event );
        expect_error( WSARecv( dst, &wsabuf, 1, &count, &flags, &overlapped, NULL ), WSA_IO_PENDING );
        no_message( dst );
        if (by_handle) CloseHandle( (HANDLE)dst );
        else closesocket( dst );
        ok( !WaitForSingleObject( event, PATIENCE ), "did not complete\n" );
        ok( (DWORD)overlapped.Internal == 0xc0000241, "got status %#lx\n", (DWORD)overlapped.Internal );
        if (by_handle) wait_message( dst, FD_CLOSE, 0 );
        no_message( dst );
        closesocket( src );
        winetest_pop_context();
    }
    CloseHandle( event );
}

START_TEST(asyncselect)
{
    expect_error( WSAAsyncSelect( 4, NULL, 0, 0 ), WSANOTINITIALISED );
    start_sockets();
    window = CreateWindowA( "Message", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL );
    ok( window != NULL, "failed to create a window, error %lu\n", GetLastError() );
    if (window)
    {
        test_arguments();
        test_messages();
        test_enabled();
        test_replacement();
        test_closed_handle();
        DestroyWindow( window );
    }
    stop_sockets();
}
