/*
 * SIO_UDP_NETRESET, and IP_RECVERR beside it: datagrams whose time to live ends on the way, and hosts that
 * are unreachable.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loopback has no routers. WS2_NETRESET_FAR names an address behind at least one, and
 * WS2_NETRESET_UNREACHABLE one that a router calls unreachable; tests/tools/netreset.sh builds such a
 * network. Routers do not answer each datagram, so that some are sent again.
 */
#include "util.h"

#define CODE_UDP_CONNRESET _WSAIOW( IOC_VENDOR, 12 )
#define CODE_UDP_NETRESET _WSAIOW( IOC_VENDOR, 15 )

#define TRIES 8
#define AGAIN 1500              /* milliseconds */

static BOOL get_address( const char *variable, struct sockaddr_in *addr )
{
    char value[32];

    memset( addr, 0, sizeof(*addr) );
    if (!GetEnvironmentVariableA( variable, value, sizeof(value) )) return FALSE;
    addr->sin_family = AF_INET;
    addr->sin_port = htons( 9999 );
    addr->sin_addr.s_addr = inet_addr( value );
    return TRUE;
}

static SOCKET open_socket( BOOL connected, const struct sockaddr_in *far_addr, DWORD ttl )
{
    struct sockaddr_in any = { 0 };
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );

    any.sin_family = AF_INET;
    expect_success( bind( s, (struct sockaddr *)&any, sizeof(any) ));
    if (connected) expect_success( connect( s, (struct sockaddr *)far_addr, sizeof(*far_addr) ));
    expect_success( setsockopt( s, IPPROTO_IP, IP_TTL, (char *)&ttl, sizeof(ttl) ));
    return s;
}

static void set_report( SOCKET s, DWORD code, BOOL on )
{
    DWORD count;

    expect_success( WSAIoctl( s, code, &on, sizeof(on), NULL, 0, &count, NULL, NULL ));
}

/* Reference 1.3, SIO_UDP_NETRESET: the report lands on the next receive, once per ICMP message. */
static void test_reports( BOOL connected, const struct sockaddr_in *far_addr, DWORD ttl )
{
    SOCKET s = open_socket( connected, far_addr, ttl );
    DWORD flags = 0, count, again = AGAIN;
    WSAOVERLAPPED ov[2];
    char buffer[2][16];
    WSABUF wsabuf;
    unsigned int i;
    int ret;

    winetest_push_context( "connected %d, ttl %lu", connected, ttl );
    memset( ov, 0, sizeof(ov) );
    for (i = 0; i < 2; i++)
    {
        ov[i].hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
        wsabuf.buf = buffer[i];
        wsabuf.len = sizeof(buffer[i]);
        ret = WSARecv( s, &wsabuf, 1, NULL, &flags, &ov[i], NULL );
        ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
    }
    for (i = 0; i < TRIES; i++)
    {
        ret = sendto( s, "x", 1, 0, (struct sockaddr *)far_addr, sizeof(*far_addr) );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
        if (!WaitForSingleObject( ov[0].hEvent, AGAIN )) break;
    }
    ok( i < TRIES, "not told\n" );
    expect_false( WSAGetOverlappedResult( s, &ov[0], &count, FALSE, &flags ), WSAENETRESET );
    expect_false( WSAGetOverlappedResult( s, &ov[1], &count, FALSE, &flags ), WSA_IO_INCOMPLETE );
    CancelIo( (HANDLE)s );
    WaitForSingleObject( ov[1].hEvent, PATIENCE );

    /* a receive that waits by itself, a send that is not disturbed */
    set_report( s, CODE_UDP_CONNRESET, FALSE );
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&again, sizeof(again) );
    for (i = 0; i < TRIES; i++)
    {
        ret = sendto( s, "x", 1, 0, (struct sockaddr *)far_addr, sizeof(*far_addr) );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
        ret = recv( s, buffer[0], sizeof(buffer[0]), 0 );
        if (ret != -1 || WSAGetLastError() != WSAETIMEDOUT) break;
    }
    ok( ret == -1 && WSAGetLastError() == WSAENETRESET, "got %d, error %d\n", ret, WSAGetLastError() );
    for (i = 0; i < 2; i++) CloseHandle( ov[i].hEvent );
    closesocket( s );
    winetest_pop_context();
}

/* FALSE: nothing is told, and data arrives. */
static void test_not_reported( const struct sockaddr_in *far_addr, DWORD ttl )
{
    SOCKET s = open_socket( FALSE, far_addr, ttl ), watcher = open_socket( FALSE, far_addr, ttl );
    struct sockaddr_in addr = { 0 };
    WSAOVERLAPPED ov = { 0 };
    DWORD flags = 0, count;
    char buffer[16];
    WSABUF wsabuf = { sizeof(buffer), buffer };
    int ret, len = sizeof(addr);

    set_report( s, CODE_UDP_NETRESET, FALSE );
    ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    ret = WSARecv( s, &wsabuf, 1, NULL, &flags, &ov, NULL );
    ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = sendto( s, "x", 1, 0, (struct sockaddr *)far_addr, sizeof(*far_addr) );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    /* the same of another socket has come back by the time that its end is told */
    ret = sendto( watcher, "x", 1, 0, (struct sockaddr *)far_addr, sizeof(*far_addr) );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );

    expect_success( getsockname( s, (struct sockaddr *)&addr, &len ));
    addr.sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    ret = sendto( watcher, "data", 4, 0, (struct sockaddr *)&addr, sizeof(addr) );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( !WaitForSingleObject( ov.hEvent, PATIENCE ), "not received\n" );
    ok( WSAGetOverlappedResult( s, &ov, &count, FALSE, &flags ) && count == 4, "error %d\n",
        WSAGetLastError() );
    CloseHandle( ov.hEvent );
    closesocket( s );
    closesocket( watcher );
}

/* IP_RECVERR (ws2ipdef.h: IN_RECVERR): what a router said, as a message; it is not the datagram's
 * destination. */
static void test_message( const struct sockaddr_in *far_addr, DWORD ttl, unsigned int type )
{
    static const GUID guid = WSAID_WSARECVMSG;
    SOCKET s = open_socket( FALSE, far_addr, ttl );
    LPFN_WSARECVMSG p_WSARecvMsg = get_extension( s, &guid );
    struct { WSACMSGHDR header; int protocol; ULONG info; BYTE type, code; } control;
    DWORD count, again = AGAIN, on = 1;
    struct sockaddr_in from;
    char buffer[16];
    WSABUF wsabuf = { sizeof(buffer), buffer };
    WSAMSG msg;
    int ret = 0;
    unsigned int i;

    winetest_push_context( "ttl %lu", ttl );
    expect_success( setsockopt( s, IPPROTO_IP, 75 /* IP_RECVERR */, (char *)&on, sizeof(on) ));
    expect_success( setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&again, sizeof(again) ));
    for (i = 0; i < TRIES; i++)
    {
        ret = sendto( s, "x", 1, 0, (struct sockaddr *)far_addr, sizeof(*far_addr) );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
        memset( &control, 0, sizeof(control) );
        memset( &msg, 0, sizeof(msg) );
        msg.name = (struct sockaddr *)&from;
        msg.namelen = sizeof(from);
        msg.lpBuffers = &wsabuf;
        msg.dwBufferCount = 1;
        msg.Control.buf = (char *)&control;
        msg.Control.len = sizeof(control);
        ret = p_WSARecvMsg( s, &msg, &count, NULL, NULL );
        if (ret != -1 || WSAGetLastError() != WSAETIMEDOUT) break;
    }
    ok( !ret, "error %d\n", WSAGetLastError() );
    ok( same_address( &from, far_addr ), "not the destination\n" );
    ok( msg.dwFlags & 0x1000 /* MSG_ERRQUEUE */, "got flags %#lx\n", msg.dwFlags );
    ok( control.header.cmsg_type == 75 && control.header.cmsg_level == IPPROTO_IP, "got type %d\n",
        control.header.cmsg_type );
    ok( control.protocol == IPPROTO_ICMP && control.type == type, "got protocol %d, type %u, code %u\n",
        control.protocol, control.type, control.code );
    closesocket( s );
    winetest_pop_context();
}

START_TEST( netreset )
{
    struct sockaddr_in addr;

    start_sockets();
    if (!get_address( "WS2_NETRESET_FAR", &addr )) skip( "no router\n" );
    else
    {
        test_reports( TRUE, &addr, 1 );
        test_reports( FALSE, &addr, 1 );
        test_not_reported( &addr, 1 );
        test_message( &addr, 1, 11 /* time exceeded */ );
    }
    if (!get_address( "WS2_NETRESET_UNREACHABLE", &addr )) skip( "no router\n" );
    else
    {
        test_reports( TRUE, &addr, 64 );
        test_reports( FALSE, &addr, 64 );
        test_message( &addr, 64, 3 /* unreachable */ );
    }
    stop_sockets();
}
