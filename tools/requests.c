/*
 * Socket calls between marks, for tools/count-requests to count what wineserver is asked meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A mark is a look for an event that does not exist: its name shows in the server's log. Each row runs a few
 * times unmarked first, so that what is done once per process or thread is not counted.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARM 3
#define RUNS 8

static BOOL marking;

static void mark( const char *name, const char *edge )
{
    char text[80];

    if (!marking) return;
    snprintf( text, sizeof(text), "ws2mark:%s:%s", edge, name );
    OpenEventA( SYNCHRONIZE, FALSE, text );
}

static void check( BOOL good, const char *what, const char *row )
{
    if (good) return;
    fprintf( stderr, "%s: %s failed, error %d\n", row, what, WSAGetLastError() );
    exit( 1 );
}

#define CHECK( row, expr ) check( (expr), #expr, row )

/* One call, marked; expr is TRUE where it did what the row's name says. */
#define COUNT( row, expr ) do { \
        BOOL good_; \
        mark( row, "begin" ); \
        good_ = (expr); \
        mark( row, "end" ); \
        check( good_, #expr, row ); \
    } while (0)

/* The statements of a row: unmarked until what is cached is cached. */
#define TIMES for (int run_ = 0; marking = run_ >= WARM, run_ < WARM + RUNS; run_++)

static void make_address( struct sockaddr_in *addr )
{
    memset( addr, 0, sizeof(*addr) );
    addr->sin_family = AF_INET;
    addr->sin_addr.s_addr = htonl( INADDR_LOOPBACK );
}

static void make_pair( SOCKET pair[2] )
{
    SOCKET listener = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    struct sockaddr_in addr;
    int len = sizeof(addr), one = 1;

    make_address( &addr );
    CHECK( "pair", !bind( listener, (struct sockaddr *)&addr, sizeof(addr) ) );
    CHECK( "pair", !getsockname( listener, (struct sockaddr *)&addr, &len ) );
    CHECK( "pair", !listen( listener, 1 ) );
    pair[0] = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    CHECK( "pair", !connect( pair[0], (struct sockaddr *)&addr, sizeof(addr) ) );
    pair[1] = accept( listener, NULL, NULL );
    CHECK( "pair", pair[1] != INVALID_SOCKET );
    closesocket( listener );
    setsockopt( pair[0], IPPROTO_TCP, TCP_NODELAY, (char *)&one, sizeof(one) );
    setsockopt( pair[1], IPPROTO_TCP, TCP_NODELAY, (char *)&one, sizeof(one) );
}

static void close_pair( SOCKET pair[2] )
{
    closesocket( pair[0] );
    closesocket( pair[1] );
}

static SOCKET make_datagram( struct sockaddr_in *addr )
{
    SOCKET s = socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP );
    int len = sizeof(*addr);

    make_address( addr );
    CHECK( "datagram", !bind( s, (struct sockaddr *)addr, sizeof(*addr) ) );
    CHECK( "datagram", !getsockname( s, (struct sockaddr *)addr, &len ) );
    return s;
}

static void wait_readable( SOCKET s )
{
    WSAPOLLFD fd = { .fd = s, .events = POLLRDNORM };

    CHECK( "wait", WSAPoll( &fd, 1, -1 ) == 1 );
}

/*** making and closing ***/

static void life(void)
{
    TIMES
    {
        SOCKET listener, client, server, datagram, other;
        struct linger linger = { 1, 0 };
        struct sockaddr_in addr;
        int len = sizeof(addr);

        COUNT( "socket, TCP", (listener = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP )) != INVALID_SOCKET );
        COUNT( "WSASocket, TCP", (client = WSASocketW( AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                                       WSA_FLAG_OVERLAPPED )) != INVALID_SOCKET );
        COUNT( "socket, UDP", (datagram = socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP )) != INVALID_SOCKET );
        make_address( &addr );
        COUNT( "bind, TCP port 0", !bind( listener, (struct sockaddr *)&addr, sizeof(addr) ) );
        COUNT( "bind, UDP port 0", !bind( datagram, (struct sockaddr *)&addr, sizeof(addr) ) );
        COUNT( "getsockname, first", !getsockname( listener, (struct sockaddr *)&addr, &len ) );
        COUNT( "listen", !listen( listener, 4 ) );
        COUNT( "connect", !connect( client, (struct sockaddr *)&addr, sizeof(addr) ) );
        COUNT( "accept", (server = accept( listener, NULL, NULL )) != INVALID_SOCKET );
        COUNT( "setsockopt SO_LINGER, connected",
               !setsockopt( client, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) ) );
        COUNT( "closesocket, connected", !closesocket( client ) );
        COUNT( "closesocket, accepted and unused", !closesocket( server ) );
        COUNT( "closesocket, listener", !closesocket( listener ) );
        COUNT( "closesocket, UDP", !closesocket( datagram ) );
        other = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
        COUNT( "closesocket, new TCP", !closesocket( other ) );
    }
}

/*** options and control codes ***/

static void options_of( SOCKET s, const char *state )
{
    struct tcp_keepalive keepalive = { 1, 5000, 1000 };
    char rows[8][64];
    u_long number;
    DWORD size;
    int value, len, i;
    static const char *const names[] =
    {
        "getsockopt SO_TYPE", "getsockopt TCP_NODELAY", "setsockopt TCP_NODELAY", "setsockopt SO_RCVBUF",
        "getsockopt SO_ERROR", "SIO_KEEPALIVE_VALS", "FIONBIO", "FIONREAD",
    };

    for (i = 0; i < 8; i++) snprintf( rows[i], sizeof(rows[i]), "%s, %s", names[i], state );
    TIMES
    {
        len = sizeof(value);
        COUNT( rows[0], !getsockopt( s, SOL_SOCKET, SO_TYPE, (char *)&value, &len ) );
        COUNT( rows[1], !getsockopt( s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &len ) );
        value = 1;
        COUNT( rows[2], !setsockopt( s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof(value) ) );
        value = 65536;
        COUNT( rows[3], !setsockopt( s, SOL_SOCKET, SO_RCVBUF, (char *)&value, sizeof(value) ) );
        len = sizeof(value);
        COUNT( rows[4], !getsockopt( s, SOL_SOCKET, SO_ERROR, (char *)&value, &len ) );
        COUNT( rows[5], !WSAIoctl( s, SIO_KEEPALIVE_VALS, &keepalive, sizeof(keepalive), NULL, 0, &size,
                                   NULL, NULL ) );
        number = 0;
        COUNT( rows[6], !ioctlsocket( s, FIONBIO, &number ) );
        COUNT( rows[7], !ioctlsocket( s, FIONREAD, &number ) );
    }
}

static void options(void)
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP ), pair[2];

    options_of( s, "new TCP" );
    closesocket( s );
    make_pair( pair );
    options_of( pair[0], "connected" );
    options_of( pair[1], "accepted" );
    close_pair( pair );
}

/*** blocking transfers ***/

static void transfers(void)
{
    struct sockaddr_in addr, to, from;
    SOCKET pair[2], a, b;
    char byte = 0;
    int len;

    make_pair( pair );
    a = make_datagram( &addr );
    b = make_datagram( &to );
    TIMES
    {
        struct timeval zero = { 0, 0 };
        WSAPOLLFD fd = { .fd = pair[0], .events = POLLRDNORM };
        fd_set set;

        FD_ZERO( &set );
        FD_SET( pair[0], &set );
        COUNT( "select, nothing ready", !select( 0, &set, NULL, NULL, &zero ) );
        COUNT( "WSAPoll, nothing ready", !WSAPoll( &fd, 1, 0 ) );
        COUNT( "send, connected", send( pair[0], &byte, 1, 0 ) == 1 );
        wait_readable( pair[1] );
        COUNT( "recv, accepted, data ready", recv( pair[1], &byte, 1, 0 ) == 1 );
        COUNT( "send, accepted", send( pair[1], &byte, 1, 0 ) == 1 );
        wait_readable( pair[0] );
        FD_ZERO( &set );
        FD_SET( pair[0], &set );
        COUNT( "select, ready", select( 0, &set, NULL, NULL, &zero ) == 1 );
        COUNT( "recv, connected, data ready", recv( pair[0], &byte, 1, 0 ) == 1 );
        COUNT( "sendto", sendto( a, &byte, 1, 0, (struct sockaddr *)&to, sizeof(to) ) == 1 );
        wait_readable( b );
        len = sizeof(from);
        COUNT( "recvfrom, data ready", recvfrom( b, &byte, 1, 0, (struct sockaddr *)&from, &len ) == 1 );
    }
    close_pair( pair );
    closesocket( a );
    closesocket( b );
}

static DWORD WINAPI send_later( void *arg )
{
    Sleep( 30 );
    send( *(SOCKET *)arg, "x", 1, 0 );
    return 0;
}

/* The other thread's requests count too: those of a thread that starts, sleeps, sends and ends. */
static void blocking(void)
{
    SOCKET pair[2];
    HANDLE thread;
    char byte;

    make_pair( pair );
    TIMES
    {
        COUNT( "(a thread that sends after 30 ms)",
               (thread = CreateThread( NULL, 0, send_later, &pair[1], 0, NULL )) &&
               !WaitForSingleObject( thread, INFINITE ) );
        CloseHandle( thread );
        CHECK( "blocking", recv( pair[0], &byte, 1, 0 ) == 1 );
        COUNT( "(the same and) recv that waits 30 ms",
               (thread = CreateThread( NULL, 0, send_later, &pair[1], 0, NULL )) &&
               recv( pair[0], &byte, 1, 0 ) == 1 && !WaitForSingleObject( thread, INFINITE ) );
        CloseHandle( thread );
    }
    close_pair( pair );
}

/*** overlapped ***/

static BOOL result_is( int ret, BOOL pends )
{
    return pends ? ret == SOCKET_ERROR && WSAGetLastError() == WSA_IO_PENDING : !ret;
}

static void overlapped_on( SOCKET s, SOCKET peer, HANDLE event, HANDLE port, const char *how )
{
    char rows[4][80], byte = 0;
    WSABUF buffer = { 1, &byte };
    OVERLAPPED ov, *done;
    ULONG_PTR key;
    DWORD size, flags;
    BOOL skip = !!strstr( how, "skip" );

    snprintf( rows[0], 80, "WSASend, %s", how );
    snprintf( rows[1], 80, "WSARecv, data ready, %s", how );
    snprintf( rows[2], 80, "WSARecv that pends, %s", how );
    snprintf( rows[3], 80, "send that ends it, and the result, %s", how );
    TIMES
    {
        memset( &ov, 0, sizeof(ov) );
        ov.hEvent = event;
        COUNT( rows[0], result_is( WSASend( s, &buffer, 1, &size, 0, &ov, NULL ), FALSE ) );
        if (port && !skip) CHECK( how, GetQueuedCompletionStatus( port, &size, &key, &done, 1000 ) );
        wait_readable( peer );
        CHECK( how, recv( peer, &byte, 1, 0 ) == 1 );

        CHECK( how, send( peer, &byte, 1, 0 ) == 1 );
        wait_readable( s );
        memset( &ov, 0, sizeof(ov) );
        ov.hEvent = event;
        flags = 0;
        COUNT( rows[1], result_is( WSARecv( s, &buffer, 1, &size, &flags, &ov, NULL ), FALSE ) );
        if (port && !skip) CHECK( how, GetQueuedCompletionStatus( port, &size, &key, &done, 1000 ) );

        memset( &ov, 0, sizeof(ov) );
        ov.hEvent = event;
        flags = 0;
        COUNT( rows[2], result_is( WSARecv( s, &buffer, 1, &size, &flags, &ov, NULL ), TRUE ) );
        COUNT( rows[3], send( peer, &byte, 1, 0 ) == 1 &&
               (port ? GetQueuedCompletionStatus( port, &size, &key, &done, 1000 )
                     : WSAGetOverlappedResult( s, &ov, &size, TRUE, &flags )) );
    }
}

static void overlapped(void)
{
    HANDLE event = CreateEventA( NULL, TRUE, FALSE, NULL ), port;
    SOCKET pair[2];

    make_pair( pair );
    overlapped_on( pair[0], pair[1], event, NULL, "event" );
    close_pair( pair );
    make_pair( pair );
    port = CreateIoCompletionPort( (HANDLE)pair[0], NULL, 0, 0 );
    overlapped_on( pair[0], pair[1], NULL, port, "port" );
    CloseHandle( port );
    close_pair( pair );
    make_pair( pair );
    port = CreateIoCompletionPort( (HANDLE)pair[0], NULL, 0, 0 );
    SetFileCompletionNotificationModes( (HANDLE)pair[0], FILE_SKIP_COMPLETION_PORT_ON_SUCCESS );
    overlapped_on( pair[0], pair[1], NULL, port, "port, skip" );
    CloseHandle( port );
    close_pair( pair );
}

static void overlapped_datagram(void)
{
    struct sockaddr_in addr, to;
    SOCKET a = make_datagram( &addr ), b = make_datagram( &to );
    HANDLE event = CreateEventA( NULL, TRUE, FALSE, NULL );
    char byte = 0;
    WSABUF buffer = { 1, &byte };
    DWORD size, flags;
    OVERLAPPED ov;

    TIMES
    {
        memset( &ov, 0, sizeof(ov) );
        ov.hEvent = event;
        flags = 0;
        COUNT( "WSARecv, UDP, that pends, event",
               result_is( WSARecv( b, &buffer, 1, &size, &flags, &ov, NULL ), TRUE ) );
        COUNT( "sendto and the result, UDP, event",
               sendto( a, &byte, 1, 0, (struct sockaddr *)&to, sizeof(to) ) == 1 &&
               WSAGetOverlappedResult( b, &ov, &size, TRUE, &flags ) );
    }
    closesocket( a );
    closesocket( b );
}

/*** events ***/

static void events(void)
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS what;
    SOCKET pair[2];
    char byte = 0;

    make_pair( pair );
    TIMES
    {
        COUNT( "WSAEventSelect", !WSAEventSelect( pair[0], event, FD_READ | FD_CLOSE ) );
    }
    TIMES
    {
        CHECK( "events", send( pair[1], &byte, 1, 0 ) == 1 );
        COUNT( "wait for the event", !WSAWaitForMultipleEvents( 1, &event, TRUE, WSA_INFINITE, FALSE ) );
        COUNT( "WSAEnumNetworkEvents", !WSAEnumNetworkEvents( pair[0], event, &what ) &&
               (what.lNetworkEvents & FD_READ) );
        COUNT( "recv, watched", recv( pair[0], &byte, 1, 0 ) == 1 );
        COUNT( "recv, watched, nothing there", recv( pair[0], &byte, 1, 0 ) == -1 );
        COUNT( "send, watched", send( pair[0], &byte, 1, 0 ) == 1 );
        wait_readable( pair[1] );
        CHECK( "events", recv( pair[1], &byte, 1, 0 ) == 1 );
    }
    WSAEventSelect( pair[0], NULL, 0 );
    close_pair( pair );
}

int main(void)
{
    WSADATA data;

    CHECK( "start", !WSAStartup( MAKEWORD( 2, 2 ), &data ) );
    life();
    options();
    transfers();
    blocking();
    overlapped();
    overlapped_datagram();
    events();
    return 0;
}
