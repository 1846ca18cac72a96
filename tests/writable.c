/*
 * A socket that is called writable takes what is sent then, also after sends that the host had no room for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Windows takes a non-blocking send whole while there is any send space (T:test_send_buffering), and after
 * that calls the socket writable, by select, WSAPoll or FD_WRITE, when a send is taken again (MS: select,
 * WSAPoll, WSAEventSelect).
 */
#include "util.h"

#define MEGABYTE 0x100000
#define LARGE (12 * MEGABYTE)
#define ROUNDS 3

static char large[LARGE];

/*** the peer ***/

struct reader
{
    SOCKET s;
    HANDLE thread;
    ULONGLONG received;
};

static DWORD WINAPI read_thread( void *arg )
{
    static char buffer[0x4000];
    struct reader *reader = arg;
    int ret;

    while ((ret = recv( reader->s, buffer, sizeof(buffer), 0 )) > 0) reader->received += ret;
    return 0;
}

static void start_reader( struct reader *reader, SOCKET s )
{
    reader->s = s;
    reader->received = 0;
    reader->thread = CreateThread( NULL, 0, read_thread, reader, 0, NULL );
}

static void finish_reader( struct reader *reader, ULONGLONG sent )
{
    ok( !WaitForSingleObject( reader->thread, 2 * PATIENCE ), "the reader does not end\n" );
    ok( reader->received == sent, "received %I64u bytes of %I64u\n", reader->received, sent );
    CloseHandle( reader->thread );
    closesocket( reader->s );
}

/* Send until the socket takes no more: it has a large send before it then. Answers the bytes. */
static ULONGLONG fill( SOCKET s )
{
    ULONGLONG sent = 0;
    int ret;

    while ((ret = send( s, large, sizeof(large), 0 )) > 0) sent += ret;
    ok( WSAGetLastError() == WSAEWOULDBLOCK, "got error %d\n", WSAGetLastError() );
    return sent;
}

/*** the ways to wait ***/

static SOCKET listener;         /* in the same call: the wait is for sockets of different kinds */
static WSAEVENT event;
static HWND window;

#define WM_SOCKET (WM_USER + 100)

static BOOL wait_select( SOCKET s, int timeout )
{
    struct timeval time = { timeout / 1000, timeout % 1000 * 1000 };
    fd_set set = { 1, { s } };

    return select( 0, NULL, &set, NULL, &time ) == 1;
}

static BOOL wait_select_mixed( SOCKET s, int timeout )
{
    struct timeval time = { timeout / 1000, timeout % 1000 * 1000 };
    fd_set set = { 1, { s } }, read = { 1, { listener } };

    return select( 0, &read, &set, NULL, timeout < 0 ? NULL : &time ) == 1;
}

static BOOL wait_poll( SOCKET s, int timeout )
{
    WSAPOLLFD fds = { s, POLLWRNORM, 0 };

    return WSAPoll( &fds, 1, timeout ) == 1 && fds.revents == POLLWRNORM;
}

static BOOL wait_poll_mixed( SOCKET s, int timeout )
{
    WSAPOLLFD fds[] = { { listener, POLLRDNORM, 0 }, { s, POLLWRNORM, 0 } };

    return WSAPoll( fds, 2, timeout ) == 1 && fds[1].revents == POLLWRNORM;
}

static BOOL wait_event( SOCKET s, int timeout )
{
    WSANETWORKEVENTS events;

    do
    {
        if (WaitForSingleObject( event, timeout )) return FALSE;
        if (WSAEnumNetworkEvents( s, event, &events )) return FALSE;
    }
    while (timeout && !(events.lNetworkEvents & FD_WRITE));
    return !!(events.lNetworkEvents & FD_WRITE);
}

static BOOL wait_message( SOCKET s, int timeout )
{
    MSG message;

    do
    {
        while (PeekMessageA( &message, window, WM_SOCKET, WM_SOCKET, PM_REMOVE ))
            if (message.wParam == s) return WSAGETSELECTEVENT( message.lParam ) == FD_WRITE;
    }
    while (!MsgWaitForMultipleObjects( 0, NULL, FALSE, timeout, QS_POSTMESSAGE ));
    return FALSE;
}

static const struct way
{
    const char *name;
    BOOL (*wait)( SOCKET s, int timeout );
}
ways[] =
{
    { "select", wait_select },
    { "select, mixed", wait_select_mixed },
    { "WSAPoll", wait_poll },
    { "WSAPoll, mixed", wait_poll_mixed },
    { "FD_WRITE", wait_event },
    { "FD_WRITE message", wait_message },
};

static BOOL prepare( const struct way *way, SOCKET s )
{
    if (way->wait == wait_event)
    {
        expect_success( WSAEventSelect( s, event, FD_WRITE ));
        ok( wait_event( s, PATIENCE ), "a new socket is not writable\n" );
    }
    if (way->wait == wait_message)
    {
        if (!window) return FALSE;
        expect_success( WSAAsyncSelect( s, window, WM_SOCKET, FD_WRITE ));
        ok( wait_message( s, PATIENCE ), "a new socket is not writable\n" );
    }
    return TRUE;
}

/*** what is tested ***/

/* While the peer reads: each time the socket is writable, it takes a byte. */
static void test_while_read( const struct way *way )
{
    struct reader reader;
    ULONGLONG sent = 0;
    SOCKET src, dst;
    int i, ret;

    tcp_socketpair( &src, &dst );
    set_blocking( src, FALSE );
    if (prepare( way, src ))
    {
        sent = fill( src );
        ok( !way->wait( src, 0 ), "writable although a send blocks\n" );
        start_reader( &reader, dst );
        for (i = 0; i < ROUNDS; i++)
        {
            ok( way->wait( src, PATIENCE ), "%d: does not become writable\n", i );
            ret = send( src, "x", 1, 0 );
            ok( ret == 1, "%d: writable, but got error %d\n", i, WSAGetLastError() );
            sent += max( ret, 0 );
            sent += fill( src );
        }
        closesocket( src );
        finish_reader( &reader, sent );
    }
    else
    {
        skip( "there are no windows\n" );
        closesocket( src );
        closesocket( dst );
    }
}

/* The wait ends when the peer is gone, too; what is sent then fails. */
static void test_broken( const struct way *way )
{
    SOCKET src, dst;
    int ret;

    tcp_socketpair( &src, &dst );
    set_blocking( src, FALSE );
    if (way->wait == wait_event || way->wait == wait_message) return;   /* FD_CLOSE tells that */
    fill( src );
    ok( !way->wait( src, 0 ), "writable although a send blocks\n" );
    close_with_rst( dst );
    way->wait( src, PATIENCE );
    ret = send( src, "x", 1, 0 );
    ok( ret == -1 && (WSAGetLastError() == WSAECONNRESET || WSAGetLastError() == WSAECONNABORTED),
        "got %d, error %d\n", ret, WSAGetLastError() );
    closesocket( src );
}

START_TEST(writable)
{
    struct sockaddr_storage addr;
    unsigned int i;
    int len;

    start_sockets();
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    event = WSACreateEvent();
    window = CreateWindowA( "static", "", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL );
    for (i = 0; i < ARRAY_SIZE(ways); i++)
    {
        winetest_push_context( "%s", ways[i].name );
        test_while_read( &ways[i] );
        test_broken( &ways[i] );
        winetest_pop_context();
    }
    if (window) DestroyWindow( window );
    WSACloseEvent( event );
    closesocket( listener );
    stop_sockets();
}
