/*
 * A server and its clients in one thread with a message loop: WSAAsyncSelect for accept, connect, read,
 * write and close, a transfer larger than the buffers, and WSAAsyncGetHostByName.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS 5
#define TOTAL (3 * 1024 * 1024)
#define WM_SOCKET (WM_USER + 1)
#define WM_HOST (WM_USER + 2)

static void fail_at( int line, const char *what )
{
    printf( "FAIL %s, line %d, error %d\n", what, line, WSAGetLastError() );
    fflush( stdout );
    ExitProcess( 1 );
}
#define need( cond ) do { if (!(cond)) fail_at( __LINE__, #cond ); } while (0)

struct end
{
    SOCKET s;
    int    server;   /* echoes */
    int    sent;     /* of TOTAL, or of what was received */
    int    received;
    int    closed;
};

static struct end ends[2 * CLIENTS];
static int end_count, accepted_count, finished_clients, finished_servers;
static SOCKET listening;
static char host_buffer[MAXGETHOSTSTRUCT];
static HANDLE host_task;
static int host_answered;
static unsigned char *echo_data[2 * CLIENTS];

static unsigned char pattern( int i ) { return (unsigned char)(i * 7 + (i >> 11)); }

static struct end *find( SOCKET s )
{
    int i;

    for (i = 0; i < end_count; i++) if (ends[i].s == s) return &ends[i];
    return NULL;
}

static struct end *add( SOCKET s, int server )
{
    struct end *end = &ends[end_count];

    need( end_count < 2 * CLIENTS );
    echo_data[end_count] = malloc( TOTAL );
    end_count++;
    end->s = s;
    end->server = server;
    return end;
}

static void pump( struct end *end )
{
    int limit = end->server ? end->received : TOTAL, ret, i;
    unsigned char *data = echo_data[end - ends];

    if (!end->server && !end->sent) for (i = 0; i < TOTAL; i++) data[i] = pattern( i );
    while (end->sent < limit)
    {
        ret = send( end->s, (char *)data + end->sent,
                    limit - end->sent > 50000 ? 50000 : limit - end->sent, 0 );
        if (ret < 0)
        {
            need( WSAGetLastError() == WSAEWOULDBLOCK );
            return;
        }
        end->sent += ret;
    }
    if (!end->server && end->sent == TOTAL)
    {
        end->sent++;
        need( !shutdown( end->s, SD_SEND ) );
    }
}

static void receive( struct end *end )
{
    char buf[16384];
    int ret = recv( end->s, buf, sizeof(buf), 0 ), i;

    if (ret < 0)
    {
        need( WSAGetLastError() == WSAEWOULDBLOCK );
        return;
    }
    if (end->server) memcpy( echo_data[end - ends] + end->received, buf, ret );
    else for (i = 0; i < ret; i++) need( (unsigned char)buf[i] == pattern( end->received + i ) );
    end->received += ret;
    if (end->server) pump( end );
}

static LRESULT CALLBACK window_proc( HWND window, UINT message, WPARAM wparam, LPARAM lparam )
{
    struct end *end;
    SOCKET s;

    if (message == WM_HOST)
    {
        struct hostent *host = (struct hostent *)host_buffer;

        need( (HANDLE)wparam == host_task && !WSAGETASYNCERROR( lparam ) );
        need( host->h_addrtype == AF_INET && *(DWORD *)host->h_addr_list[0] == htonl( INADDR_LOOPBACK ) );
        host_answered = 1;
        return 0;
    }
    if (message != WM_SOCKET) return DefWindowProcA( window, message, wparam, lparam );

    need( !WSAGETSELECTERROR( lparam ) );
    switch (WSAGETSELECTEVENT( lparam ))
    {
    case FD_ACCEPT:
        need( (SOCKET)wparam == listening );
        s = accept( listening, NULL, NULL );
        if (s == INVALID_SOCKET)
        {
            need( WSAGetLastError() == WSAEWOULDBLOCK );
            break;
        }
        add( s, 1 );
        accepted_count++;
        need( !WSAAsyncSelect( s, window, WM_SOCKET, FD_READ | FD_WRITE | FD_CLOSE ) );
        break;
    case FD_CONNECT:
        break;
    case FD_READ:
        if ((end = find( wparam ))) receive( end );
        break;
    case FD_WRITE:
        if ((end = find( wparam ))) pump( end );
        break;
    case FD_CLOSE:
        if (!(end = find( wparam )) || end->closed) break;
        for (;;)
        {
            int before = end->received;
            receive( end );
            if (end->received == before) break;
        }
        end->closed = 1;
        break;
    }
    return 0;
}

static void check_finished(void)
{
    int i;

    for (i = 0; i < end_count; i++)
    {
        struct end *end = &ends[i];

        if (end->s == INVALID_SOCKET || !end->closed) continue;
        if (end->server)
        {
            need( end->received == TOTAL );
            if (end->sent < end->received) continue;
            finished_servers++;
        }
        else
        {
            need( end->received == TOTAL );
            finished_clients++;
        }
        need( !closesocket( end->s ) );
        end->s = INVALID_SOCKET;
    }
}

int main(void)
{
    WNDCLASSA class = { 0, window_proc, 0, 0, NULL, NULL, NULL, NULL, NULL, "asyncselect" };
    struct sockaddr_in addr = { AF_INET };
    int len = sizeof(addr), i;
    WSADATA data;
    HWND window;
    DWORD start = GetTickCount();
    MSG msg;

    need( !WSAStartup( MAKEWORD( 1, 1 ), &data ) );
    class.hInstance = GetModuleHandleA( NULL );
    need( RegisterClassA( &class ) );
    window = CreateWindowExA( 0, "asyncselect", "", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, class.hInstance,
                              NULL );
    need( window );

    listening = socket( AF_INET, SOCK_STREAM, 0 );
    addr.sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    need( !bind( listening, (struct sockaddr *)&addr, sizeof(addr) ) && !listen( listening, 5 ) );
    need( !getsockname( listening, (struct sockaddr *)&addr, &len ) );
    need( !WSAAsyncSelect( listening, window, WM_SOCKET, FD_ACCEPT ) );
    host_task = WSAAsyncGetHostByName( window, WM_HOST, "localhost", host_buffer, sizeof(host_buffer) );
    need( host_task );
    for (i = 0; i < CLIENTS; i++)
    {
        SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );

        add( s, 0 );
        need( !WSAAsyncSelect( s, window, WM_SOCKET, FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE ) );
        need( connect( s, (struct sockaddr *)&addr, sizeof(addr) ) && WSAGetLastError() == WSAEWOULDBLOCK );
    }

    while (finished_clients < CLIENTS || finished_servers < CLIENTS || !host_answered)
    {
        if (GetTickCount() - start > 30000)
        {
            for (i = 0; i < end_count; i++)
                fprintf( stderr, "%s sent %d received %d closed %d\n", ends[i].server ? "server" : "client",
                         ends[i].sent, ends[i].received, ends[i].closed );
            need( !"finished in time" );
        }
        MsgWaitForMultipleObjects( 0, NULL, FALSE, 1000, QS_ALLINPUT );
        while (PeekMessageA( &msg, NULL, 0, 0, PM_REMOVE )) DispatchMessageA( &msg );
        for (i = 0; i < end_count; i++)
            if (ends[i].server && ends[i].closed && ends[i].s != INVALID_SOCKET &&
                ends[i].sent < ends[i].received)
                pump( &ends[i] );
        check_finished();
    }
    need( accepted_count == CLIENTS );
    printf( "ok\n" );
    return 0;
}
