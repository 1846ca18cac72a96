/*
 * One test for every rule by which the fast path and AFD share a socket (docs/data-plane.md), and for every
 * hand-over between them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#include <winioctl.h>
#include <winternl.h>

#define MEGABYTE (1024 * 1024)

static void set_timeout( SOCKET s, int option, DWORD timeout )
{
    expect_success( setsockopt( s, SOL_SOCKET, option, (char *)&timeout, sizeof(timeout) ));
}

static void set_linger( SOCKET s, u_short on, u_short seconds )
{
    struct linger linger = { on, seconds };

    expect_success( setsockopt( s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) ));
}

/* Request and answer, often enough that the fast path is warm. Both blocking. */
#define ping_pong( src, dst ) ping_pong_( __LINE__, src, dst )
static void ping_pong_( int line, SOCKET src, SOCKET dst )
{
    char byte;
    int i, ret;

    for (i = 0; i < 4; i++)
    {
        ret = send( src, "?", 1, 0 );
        ok_( __FILE__, line )( ret == 1, "send returned %d, error %d\n", ret, WSAGetLastError() );
        ret = recv( dst, &byte, 1, 0 );
        ok_( __FILE__, line )( ret == 1 && byte == '?', "recv returned %d, error %d\n", ret,
                               WSAGetLastError() );
        ret = send( dst, "!", 1, 0 );
        ok_( __FILE__, line )( ret == 1, "send returned %d, error %d\n", ret, WSAGetLastError() );
        ret = recv( src, &byte, 1, 0 );
        ok_( __FILE__, line )( ret == 1 && byte == '!', "recv returned %d, error %d\n", ret,
                               WSAGetLastError() );
    }
}

/* What byte i of a long stream is. */
static unsigned char pattern( SIZE_T i )
{
    return i ^ (i >> 8) * 7 ^ (i >> 16) * 13;
}

static char *make_pattern( SIZE_T size )
{
    char *data = malloc( size );
    SIZE_T i;

    for (i = 0; i < size; i++) data[i] = pattern( i );
    return data;
}

struct reader
{
    SOCKET s;
    DWORD delay;                /* milliseconds between reads */
    SIZE_T wanted;              /* 0: until the end */
    SIZE_T received;
    BOOL broken;                /* a byte was not the pattern's */
    int error;                  /* of the last receive, 0 for an end */
    HANDLE thread;
};

static DWORD WINAPI read_thread( void *arg )
{
    struct reader *reader = arg;
    char *buffer = malloc( 65536 );
    int ret, i;

    for (;;)
    {
        if (reader->delay) Sleep( reader->delay );
        WSASetLastError( 0 );
        ret = recv( reader->s, buffer, 65536, 0 );
        if (ret <= 0) break;
        for (i = 0; i < ret; i++)
            if ((unsigned char)buffer[i] != pattern( reader->received + i )) reader->broken = TRUE;
        reader->received += ret;
        if (reader->wanted && reader->received >= reader->wanted) break;
    }
    reader->error = ret < 0 ? WSAGetLastError() : 0;
    free( buffer );
    return 0;
}

static void start_reader( struct reader *reader, SOCKET s, DWORD delay, SIZE_T wanted )
{
    memset( reader, 0, sizeof(*reader) );
    reader->s = s;
    reader->delay = delay;
    reader->wanted = wanted;
    reader->thread = CreateThread( NULL, 0, read_thread, reader, 0, NULL );
}

#define finish_reader( reader, size ) finish_reader_( __LINE__, reader, size )
static void finish_reader_( int line, struct reader *reader, SIZE_T size )
{
    DWORD ret = WaitForSingleObject( reader->thread, 6 * PATIENCE );

    ok_( __FILE__, line )( !ret, "reader has not ended, it has %Iu bytes\n", reader->received );
    ok_( __FILE__, line )( reader->received == size, "got %Iu bytes of %Iu, error %d\n",
                           reader->received, size, reader->error );
    ok_( __FILE__, line )( !reader->broken, "data is not what was sent\n" );
    CloseHandle( reader->thread );
}

/*** descriptors, rules 1-4 ***/

/* Rule 1: a socket closed by CloseHandle is closed, whatever we did with it before. */
static void test_close_handle( void )
{
    struct sockaddr_storage addr;
    SOCKET src, dst, s, other;
    char buffer[8];
    int i, len;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    set_timeout( dst, SO_RCVTIMEO, PATIENCE );
    CloseHandle( (HANDLE)src );
    ok( !recv( dst, buffer, sizeof(buffer), 0 ), "got error %d\n", WSAGetLastError() );
    closesocket( dst );

    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( sendto( s, "x", 1, 0, (struct sockaddr *)&addr, len ) - 1 );
    expect_success( recv( s, buffer, 1, 0 ) - 1 );
    CloseHandle( (HANDLE)s );
    other = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_success( bind( other, (struct sockaddr *)&addr, len ));
    closesocket( other );

    /* a handle value that is used again is another socket */
    for (i = 0; i < 20; i++)
    {
        SOCKET old, peer, src2, dst2;

        tcp_socketpair( &old, &peer );
        ping_pong( old, peer );
        if (i & 1) closesocket( old );
        else CloseHandle( (HANDLE)old );
        tcp_socketpair( &src2, &dst2 );
        if (!i) trace( "handle value %s\n", src2 == old || dst2 == old ? "reused" : "new" );
        ping_pong( src2, dst2 );
        ok( !recv( peer, buffer, sizeof(buffer), 0 ), "the peer got something, or error %d\n",
            WSAGetLastError() );
        closesocket( peer );
        closesocket( src2 );
        closesocket( dst2 );
    }
}

static DWORD WINAPI accept_thread( void *arg )
{
    SOCKET s = accept( *(SOCKET *)arg, NULL, NULL );

    closesocket( s );
    return s != INVALID_SOCKET;
}

/* Rule 2: a blocking accept in one thread hinders nobody. */
static void test_blocking_accept( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, src, dst;
    HANDLE thread;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    thread = CreateThread( NULL, 0, accept_thread, &listener, 0, NULL );
    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    closesocket( src );
    src = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( src, (struct sockaddr *)&addr, len ));
    ok( !WaitForSingleObject( thread, PATIENCE ), "accept did not return\n" );
    CloseHandle( thread );
    closesocket( src );
    closesocket( dst );
    closesocket( listener );
}

/* Rule 3: AcceptEx and ConnectEx sockets carry data, with and without the update of their context. */
static void test_extension_sockets( void )
{
    static const GUID acceptex_guid = WSAID_ACCEPTEX, connectex_guid = WSAID_CONNECTEX;
    OVERLAPPED accept_ov = { 0 }, connect_ov = { 0 };
    struct sockaddr_storage addr;
    LPFN_CONNECTEX p_ConnectEx;
    LPFN_ACCEPTEX p_AcceptEx;
    SOCKET listener, src, dst;
    char buffer[2 * (sizeof(addr) + 16)];
    DWORD count, flags;
    int len, update, ret, on, on_len;

    for (update = 0; update < 2; update++)
    {
        winetest_push_context( "update %d", update );
        listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
        src = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
        dst = socket( AF_INET, SOCK_STREAM, 0 );
        p_AcceptEx = get_extension( listener, &acceptex_guid );
        p_ConnectEx = get_extension( src, &connectex_guid );
        accept_ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
        connect_ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );

        on = 1;
        expect_success( setsockopt( dst, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof(on) ));
        ret = p_AcceptEx( listener, dst, buffer, 0, sizeof(addr) + 16, sizeof(addr) + 16, &count,
                          &accept_ov );
        ok( !ret && WSAGetLastError() == ERROR_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
        ret = p_ConnectEx( src, (struct sockaddr *)&addr, len, NULL, 0, &count, &connect_ov );
        ok( ret || WSAGetLastError() == ERROR_IO_PENDING, "got error %d\n", WSAGetLastError() );
        ok( !WaitForSingleObject( accept_ov.hEvent, PATIENCE ), "AcceptEx did not complete\n" );
        ok( !WaitForSingleObject( connect_ov.hEvent, PATIENCE ), "ConnectEx did not complete\n" );
        ret = WSAGetOverlappedResult( src, &connect_ov, &count, FALSE, &flags );
        ok( ret, "got error %d\n", WSAGetLastError() );
        if (update)
        {
            expect_success( setsockopt( dst, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener,
                                        sizeof(listener) ));
            expect_success( setsockopt( src, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0 ));
            on = 0;
            on_len = sizeof(on);
            expect_success( getsockopt( dst, IPPROTO_TCP, TCP_NODELAY, (char *)&on, &on_len ));
            ok( on, "the option is lost\n" );
        }
        ping_pong( src, dst );
        ping_pong( dst, src );
        CloseHandle( accept_ov.hEvent );
        CloseHandle( connect_ov.hEvent );
        closesocket( src );
        closesocket( dst );
        closesocket( listener );
        winetest_pop_context();
    }
}

/* Rule 4 and MS: closesocket; what was sent arrives, however the socket lingers, unless it is told to
 * reset. */
static void test_linger( void )
{
    char *data = make_pattern( 4 * MEGABYTE ), byte;
    const int small_buffer = 4096;
    struct reader reader;
    SOCKET src, dst;
    int ret;

    tcp_socketpair( &src, &dst );
    set_linger( src, 1, 20 );
    start_reader( &reader, dst, 1, 0 );
    ret = send( src, data, 4 * MEGABYTE, 0 );
    ok( ret == 4 * MEGABYTE, "got %d, error %d\n", ret, WSAGetLastError() );
    closesocket( src );
    finish_reader( &reader, 4 * MEGABYTE );
    ok( !reader.error, "got error %d\n", reader.error );
    closesocket( dst );

    /* a socket that does not wait stays open, with its connection and what it has sent, until that is out or
     * it waits (MS: closesocket; boost.asio's socket_ops.ipp tells that Windows does so) */
    tcp_socketpair( &src, &dst );
    set_linger( src, 1, 20 );
    set_blocking( src, FALSE );
    expect_success( setsockopt( dst, SOL_SOCKET, SO_RCVBUF, (char *)&small_buffer, sizeof(small_buffer) ));
    ret = send( src, data, 4 * MEGABYTE, 0 );
    ok( ret == 4 * MEGABYTE, "got %d, error %d\n", ret, WSAGetLastError() );
    WSASetLastError( 0xdeadbeef );
    ret = closesocket( src );
    ok( ret == SOCKET_ERROR && WSAGetLastError() == WSAEWOULDBLOCK, "got %d, error %d\n", ret,
        WSAGetLastError() );
    if (ret && WSAGetLastError() == WSAEWOULDBLOCK) note_failure( "closesocket", WSAEWOULDBLOCK );
    if (ret)
    {
        ok( send( dst, "x", 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
        start_reader( &reader, dst, 1, 0 );
        set_blocking( src, TRUE );
        ok( recv( src, &byte, 1, 0 ) == 1 && byte == 'x', "got error %d\n", WSAGetLastError() );
        expect_success( closesocket( src ));
        finish_reader( &reader, 4 * MEGABYTE );
        ok( !reader.error, "got error %d\n", reader.error );
    }
    closesocket( dst );

    /* with nothing to wait for it closes */
    tcp_socketpair( &src, &dst );
    set_linger( src, 1, 20 );
    set_blocking( src, FALSE );
    expect_success( closesocket( src ));
    expect_error( closesocket( src ), WSAENOTSOCK );
    set_timeout( dst, SO_RCVTIMEO, PATIENCE );
    ok( !recv( dst, &byte, 1, 0 ), "the peer did not see the end\n" );
    closesocket( dst );

    /* a reset discards what has not gone, what the background has included */
    tcp_socketpair( &src, &dst );
    set_blocking( src, FALSE );
    ret = send( src, data, 4 * MEGABYTE, 0 );
    ok( ret > 0, "got %d, error %d\n", ret, WSAGetLastError() );
    close_with_rst( src );
    start_reader( &reader, dst, 0, 0 );
    ok( !WaitForSingleObject( reader.thread, PATIENCE ), "the peer did not see the reset\n" );
    ok( reader.error == WSAECONNRESET, "got error %d after %Iu bytes\n", reader.error, reader.received );
    CloseHandle( reader.thread );
    closesocket( dst );
    free( data );
}

/*** what is plain, and what is not, rules 5-11 ***/

/* Rule 5, A:recv: a datagram is gone after it was cut, an empty one is one. */
static void test_datagrams( void )
{
    struct sockaddr_storage addr, from;
    SOCKET src, dst;
    char buffer[16];
    int len, ret;

    src = socket( AF_INET, SOCK_DGRAM, 0 );
    dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_timeout( dst, SO_RCVTIMEO, PATIENCE );

    ret = sendto( src, "0123456789", 10, 0, (struct sockaddr *)&addr, len );
    ok( ret == 10, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = sendto( src, "", 0, 0, (struct sockaddr *)&addr, len );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = sendto( src, "next", 4, 0, (struct sockaddr *)&addr, len );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );

    memset( buffer, 0, sizeof(buffer) );
    len = sizeof(from);
    memset( &from, 0, sizeof(from) );
    expect_error( recvfrom( dst, buffer, 4, 0, (struct sockaddr *)&from, &len ), WSAEMSGSIZE );
    ok( !memcmp( buffer, "0123\0", 5 ), "got %s\n", buffer );
    ok( len == sizeof(struct sockaddr_in), "got length %d\n", len );
    ok( from.ss_family == AF_INET, "got family %d\n", from.ss_family );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 4 && !memcmp( buffer, "next", 4 ), "got %d, error %d\n", ret, WSAGetLastError() );

    closesocket( src );
    closesocket( dst );
}

/* Rule 6, reference 3.3: a receive of nothing on a stream waits for data and takes none. */
static void test_zero_length( void )
{
    WSAOVERLAPPED ov = { 0 };
    DWORD count, flags = 0;
    WSABUF empty = { 0, NULL };
    SOCKET src, dst;
    char byte;
    BOOL ret;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    expect_error( WSARecv( dst, &empty, 1, &count, &flags, &ov, NULL ), WSA_IO_PENDING );
    expect_false( WSAGetOverlappedResult( dst, &ov, &count, FALSE, &flags ), WSA_IO_INCOMPLETE );
    send( src, "x", 1, 0 );
    ok( !WaitForSingleObject( ov.hEvent, PATIENCE ), "did not complete\n" );
    count = 1;
    ret = WSAGetOverlappedResult( dst, &ov, &count, FALSE, &flags );
    ok( ret && !count, "got %d, %lu bytes, error %d\n", ret, count, WSAGetLastError() );
    ok( recv( dst, &byte, 1, 0 ) == 1 && byte == 'x', "the byte is gone, error %d\n", WSAGetLastError() );

    CloseHandle( ov.hEvent );
    closesocket( src );
    closesocket( dst );
}

/* Rule 6: urgent data after fast traffic, out of line and in line. */
static void test_urgent( void )
{
    SOCKET src, dst;
    char buffer[8];
    BOOL on = TRUE;
    int ret;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    expect_success( send( src, "ab", 2, 0 ) - 2 );
    expect_success( send( src, "!", 1, MSG_OOB ) - 1 );
    expect_success( send( src, "cd", 2, 0 ) - 2 );
    ok( wait_socket( dst, "e" ), "urgent data is not announced\n" );
    memset( buffer, 0, sizeof(buffer) );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 2 && !memcmp( buffer, "ab", 2 ), "got %d, %s, error %d\n", ret, buffer, WSAGetLastError() );
    ret = recv( dst, buffer, 1, MSG_OOB );
    ok( ret == 1 && buffer[0] == '!', "got %d, error %d\n", ret, WSAGetLastError() );
    ok( recv_exactly( dst, buffer, 2 ) && !memcmp( buffer, "cd", 2 ), "got error %d\n", WSAGetLastError() );
    closesocket( src );
    closesocket( dst );

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    expect_success( setsockopt( dst, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof(on) ));
    expect_success( send( src, "ab", 2, 0 ) - 2 );
    expect_success( send( src, "!", 1, MSG_OOB ) - 1 );
    expect_success( send( src, "cd", 2, 0 ) - 2 );
    set_timeout( dst, SO_RCVTIMEO, PATIENCE );
    memset( buffer, 0, sizeof(buffer) );
    ok( recv_exactly( dst, buffer, 5 ) && !strcmp( buffer, "ab!cd" ), "got %s, error %d\n", buffer,
        WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
}

static DWORD WINAPI send_parts_thread( void *arg )
{
    SOCKET s = *(SOCKET *)arg;
    int i;

    for (i = 0; i < 10; i++)
    {
        send( s, "0123456789" + i, 1, 0 );
        Sleep( 2 );
    }
    return 0;
}

/* Rule 6: MSG_PEEK and MSG_WAITALL. */
static void test_peek_and_waitall( void )
{
    SOCKET src, dst;
    char buffer[16];
    HANDLE thread;
    int ret;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    send( src, "peek", 4, 0 );
    ok( wait_socket( dst, "r" ), "no data\n" );
    ret = recv( dst, buffer, 2, MSG_PEEK );
    ok( ret == 2 && !memcmp( buffer, "pe", 2 ), "got %d, error %d\n", ret, WSAGetLastError() );
    ret = recv( dst, buffer, sizeof(buffer), MSG_PEEK );
    ok( ret == 4 && !memcmp( buffer, "peek", 4 ), "got %d, error %d\n", ret, WSAGetLastError() );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 4 && !memcmp( buffer, "peek", 4 ), "got %d, error %d\n", ret, WSAGetLastError() );

    thread = CreateThread( NULL, 0, send_parts_thread, &src, 0, NULL );
    memset( buffer, 0, sizeof(buffer) );
    ret = recv( dst, buffer, 10, MSG_WAITALL );
    ok( ret == 10 && !memcmp( buffer, "0123456789", 10 ), "got %d, %s, error %d\n", ret, buffer,
        WSAGetLastError() );
    WaitForSingleObject( thread, PATIENCE );
    CloseHandle( thread );

    /* an end cuts it short */
    send( src, "abc", 3, 0 );
    shutdown( src, SD_SEND );
    ret = recv( dst, buffer, 10, MSG_WAITALL );
    ok( ret == 3, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = recv( dst, buffer, 10, MSG_WAITALL );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
}

static DWORD WINAPI reset_thread( void *arg )
{
    close_with_rst( *(SOCKET *)arg );
    return 0;
}

/* Rule 7, reference 3.3: a reset is a reset, for ever after, whoever noticed it first. */
static void test_resets( void )
{
    unsigned int i, graceful = 0, wrong = 0, later = 0, sends = 0;
    char buffer[16];
    HANDLE thread;
    SOCKET src, dst;
    int ret, error;

    for (i = 0; i < 200; i++)
    {
        tcp_socketpair( &src, &dst );
        if (i % 4 == 1) set_blocking( dst, FALSE );
        send( src, "x", 1, 0 );
        ok( wait_socket( dst, "r" ), "no data\n" );
        recv( dst, buffer, 1, 0 );
        if (i % 4 == 2) set_timeout( dst, SO_RCVTIMEO, PATIENCE );

        thread = CreateThread( NULL, 0, reset_thread, &src, 0, NULL );
        for (;;)
        {
            ret = recv( dst, buffer, sizeof(buffer), 0 );
            error = WSAGetLastError();
            if (ret >= 0 || error != WSAEWOULDBLOCK) break;
            if (i % 8 == 1) wait_socket( dst, "r" );
        }
        WaitForSingleObject( thread, PATIENCE );
        CloseHandle( thread );
        if (!ret) graceful++;
        else if (ret > 0 || error != WSAECONNRESET) wrong++;

        ret = recv( dst, buffer, sizeof(buffer), 0 );
        if (ret != -1 || WSAGetLastError() != WSAECONNRESET) later++;
        ret = send( dst, "x", 1, 0 );
        if (ret != -1 || WSAGetLastError() != WSAECONNRESET) sends++;
        ret = recv( dst, buffer, sizeof(buffer), 0 );
        if (ret != -1 || WSAGetLastError() != WSAECONNRESET) later++;
        closesocket( dst );
    }
    ok( !graceful, "%u resets were reported as an end\n", graceful );
    ok( !wrong, "%u receives had another result\n", wrong );
    ok( !later, "%u later receives had another result\n", later );
    ok( !sends, "%u later sends had another result\n", sends );
}

/* Rule 7: the same while events are selected, where AFD receives. T:test_tcp_reset */
static void test_watched_reset( void )
{
    WSANETWORKEVENTS events;
    char buffer[16];
    SOCKET src, dst;
    WSAEVENT event;
    int i;

    for (i = 0; i < 10; i++)
    {
        tcp_socketpair( &src, &dst );
        ping_pong( src, dst );
        event = WSACreateEvent();
        expect_success( WSAEventSelect( dst, event, FD_READ | FD_CLOSE ));
        close_with_rst( src );
        ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
        expect_success( WSAEnumNetworkEvents( dst, event, &events ));
        ok( events.lNetworkEvents == FD_CLOSE, "got events %#lx\n", events.lNetworkEvents );
        expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAECONNRESET );
        expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAECONNRESET );
        expect_error( send( dst, buffer, 1, 0 ), WSAECONNRESET );
        WSACloseEvent( event );
        closesocket( dst );
    }
}

/* What came before a reset is lost on Windows too, or is received first; never anything else. */
static void test_data_before_reset( void )
{
    char buffer[16];
    SOCKET src, dst;
    int ret;

    tcp_socketpair( &src, &dst );
    send( src, "data", 4, 0 );
    close_with_rst( src );
    do ret = send( dst, "x", 1, 0 );
    while (ret == 1);
    ok( WSAGetLastError() == WSAECONNRESET, "got error %d\n", WSAGetLastError() );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 4 || (ret == -1 && WSAGetLastError() == WSAECONNRESET), "got %d, error %d\n", ret,
        WSAGetLastError() );
    expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAECONNRESET );
    closesocket( dst );
}

/* Half closed both ways: what is open still carries data. T:test_shutdown */
static void test_half_close( void )
{
    char buffer[16];
    SOCKET src, dst;
    int i, ret;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    send( src, "last", 4, 0 );
    expect_success( shutdown( src, SD_SEND ));
    expect_error( send( src, "x", 1, 0 ), WSAESHUTDOWN );
    ok( recv_exactly( dst, buffer, 4 ), "got error %d\n", WSAGetLastError() );
    for (i = 0; i < 3; i++) expect_success( recv( dst, buffer, sizeof(buffer), 0 ));
    for (i = 0; i < 10; i++)
    {
        expect_success( send( dst, "y", 1, 0 ) - 1 );
        ret = recv( src, buffer, sizeof(buffer), 0 );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    }
    expect_success( shutdown( dst, SD_SEND ));
    for (i = 0; i < 3; i++) expect_success( recv( src, buffer, sizeof(buffer), 0 ));
    for (i = 0; i < 3; i++) expect_success( recv( dst, buffer, sizeof(buffer), 0 ));
    closesocket( src );
    closesocket( dst );

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    expect_success( shutdown( src, SD_RECEIVE ));
    expect_error( recv( src, buffer, sizeof(buffer), 0 ), WSAESHUTDOWN );
    expect_success( send( src, "x", 1, 0 ) - 1 );
    ok( recv_exactly( dst, buffer, 1 ), "got error %d\n", WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
}

/* Rule 8: a connected datagram socket hears on after a port was unreachable; stock goes deaf. */
static void test_port_unreachable( void )
{
    struct sockaddr_storage src_addr, dst_addr;
    int src_len, dst_len, ret, i, overlapped;
    SOCKET src, dst;
    char buffer[16];

    for (overlapped = 0; overlapped < 2; overlapped++)
    {
        winetest_push_context( "overlapped %d", overlapped );
        src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &src_addr, &src_len );
        dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &dst_addr, &dst_len );
        expect_success( connect( src, (struct sockaddr *)&dst_addr, dst_len ));
        closesocket( dst );
        expect_success( send( src, "x", 1, 0 ) - 1 );
        set_timeout( src, SO_RCVTIMEO, PATIENCE );
        /* A:recv: the ICMP message is the next receive's error */
        expect_error( recv( src, buffer, sizeof(buffer), 0 ), WSAECONNRESET );

        dst = socket( AF_INET, SOCK_DGRAM, 0 );
        expect_success( bind( dst, (struct sockaddr *)&dst_addr, dst_len ));
        for (i = 0; i < 3; i++)
        {
            ret = sendto( dst, "data", 4, 0, (struct sockaddr *)&src_addr, src_len );
            ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
            if (overlapped)
            {
                WSABUF wsabuf = { sizeof(buffer), buffer };
                WSAOVERLAPPED ov = { 0 };
                DWORD count, flags = 0;

                ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
                ret = WSARecv( src, &wsabuf, 1, &count, &flags, &ov, NULL );
                ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "got error %d\n", WSAGetLastError() );
                ok( !WaitForSingleObject( ov.hEvent, PATIENCE ), "deaf\n" );
                ret = WSAGetOverlappedResult( src, &ov, &count, FALSE, &flags );
                ok( ret && count == 4, "got %d, error %d\n", ret, WSAGetLastError() );
                CloseHandle( ov.hEvent );
            }
            else
            {
                ret = recv( src, buffer, sizeof(buffer), 0 );
                ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
            }
        }
        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
}

static DWORD WINAPI send_later_thread( void *arg )
{
    SOCKET *s = arg;
    char buffer[16];

    /* the port is found unreachable while a receive waits on s[0] */
    Sleep( 20 );
    send( s[0], "x", 1, 0 );
    Sleep( 50 );
    recv( s[1], buffer, 0, 0 );
    return 0;
}

/* The same while a receive waits. */
static void test_port_unreachable_waiting( void )
{
    struct sockaddr_storage dst_addr;
    SOCKET s[2];
    char buffer[16];
    HANDLE thread;
    int len;

    s[0] = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    s[1] = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &dst_addr, &len );
    expect_success( connect( s[0], (struct sockaddr *)&dst_addr, len ));
    closesocket( s[1] );
    set_timeout( s[0], SO_RCVTIMEO, PATIENCE );
    thread = CreateThread( NULL, 0, send_later_thread, s, 0, NULL );
    expect_error( recv( s[0], buffer, sizeof(buffer), 0 ), WSAECONNRESET );
    WaitForSingleObject( thread, PATIENCE );
    CloseHandle( thread );
    closesocket( s[0] );
}

/* MS: SIO_UDP_CONNRESET FALSE */
static void test_udp_connreset_off( void )
{
    struct sockaddr_storage src_addr, dst_addr;
    int src_len, dst_len, ret;
    BOOL off = FALSE;
    SOCKET src, dst;
    char buffer[16];
    DWORD count;

    src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &src_addr, &src_len );
    dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &dst_addr, &dst_len );
    expect_success( WSAIoctl( src, _WSAIOW( IOC_VENDOR, 12 ), &off, sizeof(off), NULL, 0, &count,
                              NULL, NULL ));
    expect_success( connect( src, (struct sockaddr *)&dst_addr, dst_len ));
    closesocket( dst );
    expect_success( send( src, "x", 1, 0 ) - 1 );
    dst = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_success( bind( dst, (struct sockaddr *)&dst_addr, dst_len ));
    ret = sendto( dst, "data", 4, 0, (struct sockaddr *)&src_addr, src_len );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    set_timeout( src, SO_RCVTIMEO, PATIENCE );
    ret = recv( src, buffer, sizeof(buffer), 0 );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
}

/* Rule 9: the first send binds, and its name is known. Reference 3.3: receive before that is WSAEINVAL. */
static void test_first_send( void )
{
    struct sockaddr_in name, from;
    struct sockaddr_storage addr;
    SOCKET src, dst;
    char buffer[16];
    int len, ret, error, i;

    src = socket( AF_INET, SOCK_DGRAM, 0 );
    dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_blocking( src, FALSE );
    expect_error( recv( src, buffer, sizeof(buffer), 0 ), WSAEINVAL );
    expect_error( send( src, "x", 1, 0 ), WSAENOTCONN );
    set_blocking( src, TRUE );
    for (i = 0; i < 3; i++)
    {
        ret = sendto( src, "x", 1, 0, (struct sockaddr *)&addr, sizeof(struct sockaddr_in) );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
        len = sizeof(from);
        ret = recvfrom( dst, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &len );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
        len = sizeof(name);
        expect_success( getsockname( src, (struct sockaddr *)&name, &len ));
        ok( name.sin_port == from.sin_port, "got port %u and %u\n", name.sin_port, from.sin_port );
    }
    len = sizeof(error);
    expect_success( getsockopt( src, SOL_SOCKET, SO_ERROR, (char *)&error, &len ));
    ok( !error, "got %d\n", error );
    closesocket( src );
    closesocket( dst );
}

/* Rule 10: sendto with an address on connected sockets, IPv6, port 0. */
static void test_addresses( void )
{
    struct sockaddr_storage src_addr, dst_addr;
    struct sockaddr_in nowhere;
    int src_len, dst_len, len, ret, from_len;
    SOCKET src, dst;
    char buffer[16];

    /* a stream ignores it: T:test_tcp_sendto_recvfrom */
    tcp_socketpair( &src, &dst );
    nowhere = closed_port();
    ret = sendto( src, "x", 1, 0, (struct sockaddr *)&nowhere, sizeof(nowhere) );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    memset( &src_addr, 0xcc, sizeof(src_addr) );
    from_len = sizeof(src_addr);
    ret = recvfrom( dst, buffer, sizeof(buffer), 0, (struct sockaddr *)&src_addr, &from_len );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( from_len == sizeof(src_addr), "got length %d\n", from_len );
    ok( (u_short)src_addr.ss_family == 0xcccc, "got family %#x\n", src_addr.ss_family );
    closesocket( src );
    closesocket( dst );

    src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &src_addr, &src_len );
    nowhere.sin_port = 0;
    ret = sendto( src, "x", 1, 0, (struct sockaddr *)&nowhere, sizeof(nowhere) );
    ok( ret == 1 || (ret == -1 && WSAGetLastError() == WSAEADDRNOTAVAIL), "got %d, error %d\n", ret,
        WSAGetLastError() );
    closesocket( src );

    if (!have_ipv6())
    {
        skip( "no IPv6\n" );
        return;
    }
    tcp6_socketpair( &src, &dst );
    ping_pong( src, dst );
    closesocket( src );
    closesocket( dst );
    src = bound_socket( AF_INET6, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &src_addr, &src_len );
    dst = bound_socket( AF_INET6, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &dst_addr, &dst_len );
    ret = sendto( src, "six", 3, 0, (struct sockaddr *)&dst_addr, dst_len );
    ok( ret == 3, "got %d, error %d\n", ret, WSAGetLastError() );
    len = sizeof(dst_addr);
    ret = recvfrom( dst, buffer, sizeof(buffer), 0, (struct sockaddr *)&dst_addr, &len );
    ok( ret == 3, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( len == sizeof(struct sockaddr_in6), "got length %d\n", len );
    ok( same_address( &dst_addr, &src_addr ), "address does not match\n" );
    closesocket( src );
    closesocket( dst );
}

/* Rule 11: memory with a write watch, as that of .NET and Mono. */
static void test_write_watch( void )
{
    DWORD count, flags, i;
    WSAOVERLAPPED ov = { 0 };
    WSABUF wsabuf;
    SOCKET src, dst;
    char *buffer;
    int ret;

    buffer = VirtualAlloc( NULL, 0x10000, MEM_COMMIT | MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE );
    ok( !!buffer, "got error %lu\n", GetLastError() );
    wsabuf.buf = buffer;
    wsabuf.len = 0x10000;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    for (i = 0; i < 4; i++)
    {
        ResetWriteWatch( buffer, 0x10000 );
        send( src, "stream", 6, 0 );
        ok( wait_socket( dst, "r" ), "no data\n" );
        ret = recv( dst, buffer + 0xffe, 0x1000, 0 );
        ok( ret == 6 && !memcmp( buffer + 0xffe, "stream", 6 ), "got %d, error %d\n", ret,
            WSAGetLastError() );
    }
    ResetWriteWatch( buffer, 0x10000 );
    ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    flags = 0;
    expect_error( WSARecv( dst, &wsabuf, 1, &count, &flags, &ov, NULL ), WSA_IO_PENDING );
    send( src, "pending", 7, 0 );
    ok( !WaitForSingleObject( ov.hEvent, PATIENCE ), "did not complete\n" );
    ok( ov.InternalHigh == 7 && !memcmp( buffer, "pending", 7 ), "got %#Ix\n", ov.InternalHigh );
    closesocket( src );
    closesocket( dst );

    udp_socketpair( &src, &dst );
    set_timeout( dst, SO_RCVTIMEO, PATIENCE );
    for (i = 0; i < 4; i++)
    {
        ResetWriteWatch( buffer, 0x10000 );
        send( src, "datagram", 8, 0 );
        ret = recv( dst, buffer + 0x1ffc, 0x1000, 0 );
        ok( ret == 8 && !memcmp( buffer + 0x1ffc, "datagram", 8 ), "got %d, error %d\n", ret,
            WSAGetLastError() );
        send( src, "reply", 5, 0 );
        ResetWriteWatch( buffer, 0x10000 );
        ret = recvfrom( dst, buffer, 0x10000, 0, NULL, NULL );
        ok( ret == 5 && !memcmp( buffer, "reply", 5 ), "got %d, error %d\n", ret, WSAGetLastError() );
    }
    CloseHandle( ov.hEvent );
    closesocket( src );
    closesocket( dst );
    VirtualFree( buffer, 0, MEM_RELEASE );
}

/*** order and watching, rules 12-14 ***/

/* Rule 12: what is sent beside a pending 8 MB send comes behind it. */
static void test_order_of_sends( void )
{
    const SIZE_T size = 8 * MEGABYTE;
    char *data = make_pattern( size + 64 );
    WSABUF wsabuf = { size, data };
    WSAOVERLAPPED ov = { 0 };
    struct reader reader;
    DWORD count, flags;
    SOCKET src, dst;
    int i, ret;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    ret = WSASend( src, &wsabuf, 1, &count, 0, &ov, NULL );
    ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "got error %d\n", WSAGetLastError() );
    start_reader( &reader, dst, 0, size + 64 );
    for (i = 0; i < 64; i++)
    {
        ret = send( src, data + size + i, 1, 0 );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    }
    finish_reader( &reader, size + 64 );
    ok( !WaitForSingleObject( ov.hEvent, PATIENCE ), "did not complete\n" );
    ret = WSAGetOverlappedResult( src, &ov, &count, FALSE, &flags );
    ok( ret && count == size, "got %d, %lu bytes, error %d\n", ret, count, WSAGetLastError() );
    CloseHandle( ov.hEvent );
    closesocket( src );
    closesocket( dst );
    free( data );
}

struct big_sender
{
    SOCKET s;
    char tag;
    HANDLE thread;
};

#define BLOCK 300000

static DWORD WINAPI big_sender_thread( void *arg )
{
    struct big_sender *sender = arg;
    char *block = malloc( BLOCK );
    int i, ret, bad = 0;

    memset( block, sender->tag, BLOCK );
    for (i = 0; i < 20; i++)
    {
        ret = send( sender->s, block, BLOCK, 0 );
        if (ret != BLOCK) bad++;
    }
    free( block );
    return bad;
}

/* Rule 12: two threads that send blocks on one socket; each block arrives in one piece. */
static void test_concurrent_senders( void )
{
    struct big_sender senders[2];
    char *block = malloc( BLOCK );
    unsigned int i, j, torn = 0;
    SOCKET src, dst;
    DWORD bad;

    tcp_socketpair( &src, &dst );
    for (i = 0; i < 2; i++)
    {
        senders[i].s = src;
        senders[i].tag = 'a' + i;
        senders[i].thread = CreateThread( NULL, 0, big_sender_thread, &senders[i], 0, NULL );
    }
    for (i = 0; i < 40; i++)
    {
        if (!recv_exactly( dst, block, BLOCK )) break;
        for (j = 1; j < BLOCK; j++)
            if (block[j] != block[0]) break;
        if (j < BLOCK) torn++;
    }
    ok( i == 40, "got %u blocks\n", i );
    ok( !torn, "%u blocks are mixed\n", torn );
    for (i = 0; i < 2; i++)
    {
        WaitForSingleObject( senders[i].thread, PATIENCE );
        ok( GetExitCodeThread( senders[i].thread, &bad ) && !bad, "%lu sends failed\n", bad );
        CloseHandle( senders[i].thread );
    }
    closesocket( src );
    closesocket( dst );
    free( block );
}

struct steady_sender
{
    SOCKET s;
    char tag;
    volatile LONG *stop;
    int parts, error;
    HANDLE thread;
};

#define BIG_BLOCK (4 * MEGABYTE)

/* Until it is told to stop, or an error says so. */

static DWORD WINAPI steady_sender_thread( void *arg )
{
    struct steady_sender *sender = arg;
    char *block = malloc( BIG_BLOCK );
    int ret;

    memset( block, sender->tag, BIG_BLOCK );
    while (!*sender->stop && !sender->error)
    {
        ret = send( sender->s, block, BIG_BLOCK, 0 );
        if (ret == BIG_BLOCK) continue;
        if (ret != -1) sender->parts++;
        else if (WSAGetLastError() == WSAEWOULDBLOCK) wait_socket( sender->s, "w" );
        else sender->error = WSAGetLastError();
    }
    free( block );
    return 0;
}

static DWORD WINAPI suspend_thread( void *arg )
{
    struct steady_sender *senders = arg;
    unsigned int i;

    for (i = 0; i < 20; i++)
    {
        Sleep( i % 4 );
        SuspendThread( senders[i % 2].thread );
        Sleep( 60 );
        ResumeThread( senders[i % 2].thread );
    }
    *(volatile LONG *)senders->stop = TRUE;
    shutdown( senders->s, SD_SEND );
    return 0;
}

/* What two senders have sent, without blocking, until "disturb" has ended it: whole blocks. */
static void check_steady_senders( LPTHREAD_START_ROUTINE disturb )
{
    struct steady_sender senders[2] = { { 0 } };
    unsigned int i, torn = 0;
    char *data = malloc( 65536 ), tag = 0;
    volatile LONG stop = FALSE;
    SIZE_T received = 0;
    HANDLE disturber;
    SOCKET src, dst;
    int ret, j;

    tcp_socketpair( &src, &dst );
    set_blocking( src, FALSE );
    for (i = 0; i < 2; i++)
    {
        senders[i].s = src;
        senders[i].tag = 'a' + i;
        senders[i].stop = &stop;
        senders[i].thread = CreateThread( NULL, 0, steady_sender_thread, &senders[i], 0, NULL );
    }
    disturber = CreateThread( NULL, 0, disturb, senders, 0, NULL );
    while ((ret = recv( dst, data, 65536, 0 )) > 0)
    {
        for (j = 0; j < ret; j++)
        {
            if (!(received++ % BIG_BLOCK)) tag = data[j];
            else if (data[j] != tag)
            {
                torn++;
                tag = data[j];
            }
        }
    }
    ok( !ret, "got error %d\n", WSAGetLastError() );
    ok( !(received % BIG_BLOCK), "got %Iu bytes\n", received );
    ok( !torn, "blocks are mixed in %u places\n", torn );
    WaitForSingleObject( disturber, PATIENCE );
    CloseHandle( disturber );
    for (i = 0; i < 2; i++)
    {
        ok( !WaitForSingleObject( senders[i].thread, PATIENCE ), "sender %u goes on\n", i );
        CloseHandle( senders[i].thread );
        ok( !senders[i].parts, "%d sends took a part\n", senders[i].parts );
        /* the last send may come after the shutdown */
        ok( !senders[i].error || senders[i].error == WSAESHUTDOWN, "got error %d\n", senders[i].error );
    }
    closesocket( src );
    closesocket( dst );
    free( data );
}

/* The same without blocking, while the threads are suspended at any moment, as by a garbage collection: on
 * Windows that waits until the call is over. */
static void test_suspended_senders( void )
{
    check_steady_senders( suspend_thread );
}

static DWORD WINAPI shutdown_thread( void *arg )
{
    struct steady_sender *senders = arg;

    Sleep( 5 );
    shutdown( senders->s, SD_SEND );
    *(volatile LONG *)senders->stop = TRUE;
    return 0;
}

/* The end of sending beside sends that have begun: each of them is taken whole, or not at all. */
static void test_shutdown_beside_senders( void )
{
    unsigned int i;

    for (i = 0; i < 40; i++)
    {
        winetest_push_context( "%u", i );
        check_steady_senders( shutdown_thread );
        winetest_pop_context();
    }
}

#define PARTS 20
#define PART 100

/* Ways to send PARTS * PART bytes that are AFD's; each answers what it took, or -1. */
static int send_parts( SOCKET s, char *data, WSAOVERLAPPED *overlapped )
{
    WSABUF buffers[PARTS];
    DWORD count, flags;
    unsigned int i;

    for (i = 0; i < PARTS; i++)
    {
        buffers[i].buf = data + i * PART;
        buffers[i].len = PART;
    }
    if (!WSASend( s, buffers, PARTS, &count, 0, overlapped, NULL )) return count;
    if (WSAGetLastError() != WSA_IO_PENDING) return -1;
    return WSAGetOverlappedResult( s, overlapped, &count, TRUE, &flags ) ? (int)count : -1;
}

static int send_many_buffers( SOCKET s, char *data )
{
    return send_parts( s, data, NULL );
}

static int send_waiting( SOCKET s, char *data )
{
    set_blocking( s, TRUE );
    return send_parts( s, data, NULL );
}

static int send_overlapped( SOCKET s, char *data )
{
    WSAOVERLAPPED overlapped = { .hEvent = CreateEventW( NULL, TRUE, FALSE, NULL ) };
    int ret = send_parts( s, data, &overlapped );

    CloseHandle( overlapped.hEvent );
    return ret;
}

static int send_unrouted( SOCKET s, char *data )
{
    return send( s, data, PARTS * PART, MSG_DONTROUTE );
}

static int send_urgent( SOCKET s, char *data )
{
    if (send( s, "!", 1, MSG_OOB ) == -1) return -1;    /* is not in the stream */
    while (send( s, data, PARTS * PART, 0 ) == -1)
        if (WSAGetLastError() != WSAEWOULDBLOCK) return -1;
    return PARTS * PART;
}

static int send_file( SOCKET s, char *data )
{
    GUID guid = WSAID_TRANSMITFILE;
    LPFN_TRANSMITFILE transmit_file = (LPFN_TRANSMITFILE)get_extension( s, &guid );
    WSAOVERLAPPED overlapped = { .hEvent = CreateEventW( NULL, TRUE, FALSE, NULL ) };
    TRANSMIT_FILE_BUFFERS buffers = { data, PARTS * PART };
    DWORD count, flags;
    BOOL ret;

    ret = transmit_file( s, NULL, 0, 0, &overlapped, &buffers, 0 ) || WSAGetLastError() == WSA_IO_PENDING;
    ret = ret && WSAGetOverlappedResult( s, &overlapped, &count, TRUE, &flags );
    CloseHandle( overlapped.hEvent );
    return ret ? (int)count : -1;
}

/* Rule 19: what was taken and goes out in the background comes before any send that follows. */
static void test_behind_background( void )
{
    static const struct
    {
        const char *name;
        int (*send)( SOCKET s, char *data );
    }
    ways[] =
    {
        { "many buffers", send_many_buffers },
        { "waiting", send_waiting },
        { "overlapped", send_overlapped },
        { "unrouted", send_unrouted },
        { "urgent", send_urgent },
        { "file", send_file },
    };
    const SIZE_T size = 8 * MEGABYTE;
    char *data = make_pattern( size + PARTS * PART );
    struct reader reader;
    SOCKET src, dst;
    unsigned int i;
    int ret;

    for (i = 0; i < ARRAY_SIZE(ways) * 4; i++)
    {
        winetest_push_context( "%s", ways[i / 4].name );
        tcp_socketpair( &src, &dst );
        set_blocking( src, FALSE );
        ret = send( src, data, size, 0 );
        ok( ret == size, "got %d, error %d\n", ret, WSAGetLastError() );
        start_reader( &reader, dst, 0, 0 );
        while ((ret = ways[i / 4].send( src, data + size )) == -1 && WSAGetLastError() == WSAEWOULDBLOCK)
            /* again */;
        ok( ret == PARTS * PART, "got %d, error %d\n", ret, WSAGetLastError() );
        expect_success( shutdown( src, SD_SEND ));
        finish_reader( &reader, size + PARTS * PART );
        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
    free( data );
}

/* Rule 12: a blocking receive comes behind an overlapped one that pends. */
static void test_order_of_receives( void )
{
    char first[4] = "", second[4] = "";
    WSABUF wsabuf = { 1, first };
    WSAOVERLAPPED ov = { 0 };
    DWORD count, flags = 0;
    SOCKET src, dst;
    int ret;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    set_timeout( dst, SO_RCVTIMEO, PATIENCE );
    ov.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    expect_error( WSARecv( dst, &wsabuf, 1, &count, &flags, &ov, NULL ), WSA_IO_PENDING );
    send( src, "12", 2, 0 );
    ret = recv( dst, second, 1, 0 );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( !WaitForSingleObject( ov.hEvent, PATIENCE ), "did not complete\n" );
    ok( first[0] == '1' && second[0] == '2', "got %s and %s\n", first, second );
    ping_pong( src, dst );
    CloseHandle( ov.hEvent );
    closesocket( src );
    closesocket( dst );
}

#define wait_event( s, event, mask ) wait_event_( __LINE__, s, event, mask )
static void wait_event_( int line, SOCKET s, WSAEVENT event, LONG mask )
{
    WSANETWORKEVENTS events;
    DWORD ret = WaitForSingleObject( event, PATIENCE );

    ok_( __FILE__, line )( !ret, "no event\n" );
    memset( &events, 0, sizeof(events) );
    WSAEnumNetworkEvents( s, event, &events );
    ok_( __FILE__, line )( events.lNetworkEvents == mask, "got events %#lx, expected %#lx\n",
                           events.lNetworkEvents, mask );
}

/* Rule 13: event selection begun after fast traffic, ended, and begun again. */
static void test_event_selection( void )
{
    char buffer[16];
    SOCKET src, dst;
    WSAEVENT event;
    int i, ret;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );
    event = WSACreateEvent();
    for (i = 0; i < 3; i++)
    {
        winetest_push_context( "%d", i );
        expect_success( WSAEventSelect( dst, event,
                                        i ? FD_READ | FD_CLOSE : FD_READ | FD_WRITE | FD_CLOSE ));
        if (!i) wait_event( dst, event, FD_WRITE );
        send( src, "a", 1, 0 );
        wait_event( dst, event, FD_READ );
        ret = recv( dst, buffer, sizeof(buffer), 0 );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
        expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
        send( src, "b", 1, 0 );
        wait_event( dst, event, FD_READ );
        ret = recv( dst, buffer, sizeof(buffer), 0 );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
        expect_success( WSAEventSelect( dst, NULL, 0 ));
        set_blocking( dst, TRUE );
        ping_pong( src, dst );
        ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "an event after the end of the selection\n" );
        winetest_pop_context();
    }
    expect_success( WSAEventSelect( dst, event, FD_READ | FD_CLOSE ));
    closesocket( src );
    wait_event( dst, event, FD_CLOSE );
    ok( !recv( dst, buffer, sizeof(buffer), 0 ), "got error %d\n", WSAGetLastError() );
    WSACloseEvent( event );
    closesocket( dst );
}

/* Field report 3: a sender that fills, polls, finds no room, and waits for FD_WRITE. */
static void test_slow_reader( void )
{
    const SIZE_T size = 100 * MEGABYTE;
    char *data = make_pattern( size );
    struct reader reader;
    SIZE_T sent = 0;
    SOCKET src, dst;
    WSAEVENT event;
    int stalls = 0;

    tcp_socketpair( &src, &dst );
    set_blocking( src, FALSE );
    event = WSACreateEvent();
    start_reader( &reader, dst, 0, size );
    while (sent < size && stalls < 5)
    {
        WSANETWORKEVENTS events;
        WSAPOLLFD fd = { src, POLLWRNORM };
        int ret = send( src, data + sent, min( size - sent, 16384 ), 0 );

        if (ret > 0)
        {
            sent += ret;
            continue;
        }
        ok( WSAGetLastError() == WSAEWOULDBLOCK, "got error %d\n", WSAGetLastError() );
        if (WSAGetLastError() != WSAEWOULDBLOCK) break;
        /* as curl does */
        WSAEventSelect( src, event, FD_WRITE );
        if (WSAPoll( &fd, 1, 0 ) <= 0 && WaitForSingleObject( event, 1000 )) stalls++;
        WSAEnumNetworkEvents( src, event, &events );
        WSAEventSelect( src, event, 0 );
    }
    ok( stalls < 2, "%d stalls\n", stalls );
    ok( sent == size, "sent %Iu\n", sent );
    shutdown( src, SD_SEND );
    finish_reader( &reader, size );
    WSACloseEvent( event );
    closesocket( src );
    closesocket( dst );
    free( data );
}

/* Rule 14: what an accepted socket has from its listener. */
static void test_inheritance( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, src, dst;
    DWORD timeout = 30, start;
    WSANETWORKEVENTS events;
    char buffer[16];
    WSAEVENT event;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_timeout( listener, SO_RCVTIMEO, timeout );
    src = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( src, (struct sockaddr *)&addr, len ));
    dst = accept( listener, NULL, NULL );
    start = GetTickCount();
    expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAETIMEDOUT );
    ok( GetTickCount() - start < PATIENCE, "took too long\n" );
    closesocket( src );
    closesocket( dst );

    event = WSACreateEvent();
    expect_success( WSAEventSelect( listener, event, FD_ACCEPT | FD_READ ));
    src = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( src, (struct sockaddr *)&addr, len ));
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    expect_success( WSAEnumNetworkEvents( listener, event, &events ));
    dst = accept( listener, NULL, NULL );
    ok( dst != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    send( src, "x", 1, 0 );
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    expect_success( WSAEnumNetworkEvents( dst, event, &events ));
    ok( events.lNetworkEvents == FD_READ, "got events %#lx\n", events.lNetworkEvents );
    ok( recv( dst, buffer, sizeof(buffer), 0 ) == 1, "got error %d\n", WSAGetLastError() );
    WSACloseEvent( event );
    closesocket( src );
    closesocket( dst );
    closesocket( listener );
}

/*** waiting, rule 15 ***/

static LONG apc_runs;

static void CALLBACK count_apc( ULONG_PTR arg )
{
    (void)arg;
    InterlockedIncrement( &apc_runs );
}

struct waiter
{
    SOCKET s;
    HANDLE ready, thread;
    int ret, error;
    char byte;
    LONG apcs;
};

static DWORD WINAPI wait_thread( void *arg )
{
    struct waiter *waiter = arg;

    SetEvent( waiter->ready );
    waiter->ret = recv( waiter->s, &waiter->byte, 1, 0 );
    waiter->error = WSAGetLastError();
    waiter->apcs = apc_runs;
    return 0;
}

static void start_waiter( struct waiter *waiter, SOCKET s )
{
    memset( waiter, 0, sizeof(*waiter) );
    waiter->s = s;
    waiter->ready = CreateEventW( NULL, TRUE, FALSE, NULL );
    waiter->thread = CreateThread( NULL, 0, wait_thread, waiter, 0, NULL );
    WaitForSingleObject( waiter->ready, PATIENCE );
    CloseHandle( waiter->ready );
}

static void make_used_pair( int type, SOCKET *src, SOCKET *dst )
{
    make_pair( type, src, dst );
    ping_pong( *src, *dst );
}

/* APCs run while a receive blocks, and it goes on. */
static void test_apc( void )
{
    struct waiter waiter;
    unsigned int i, j;
    SOCKET src, dst;
    DWORD start;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        winetest_push_context( "type %d", pair_types[i] );
        make_used_pair( pair_types[i], &src, &dst );
        for (j = 0; j < 5; j++)
        {
            apc_runs = 0;
            start_waiter( &waiter, dst );
            if (j) Sleep( j * 3 );
            QueueUserAPC( count_apc, waiter.thread, 0 );
            start = GetTickCount();
            while (!apc_runs && GetTickCount() - start < PATIENCE) Sleep( 1 );
            ok( apc_runs == 1, "the APC did not run\n" );
            ok( WaitForSingleObject( waiter.thread, 0 ) == WAIT_TIMEOUT, "the receive has ended\n" );
            send( src, "x", 1, 0 );
            ok( !WaitForSingleObject( waiter.thread, PATIENCE ), "still blocked\n" );
            ok( waiter.ret == 1 && waiter.byte == 'x', "got %d, error %d\n", waiter.ret, waiter.error );
            CloseHandle( waiter.thread );
        }
        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
}

/* closesocket ends a receive of another thread; a socket that gets the handle value is not received from. */
static void test_close_while_waiting( void )
{
    struct waiter waiter;
    SOCKET src, dst, src2, dst2;
    unsigned int i, j;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        winetest_push_context( "type %d", pair_types[i] );
        for (j = 0; j < 12; j++)
        {
            make_used_pair( pair_types[i], &src, &dst );
            start_waiter( &waiter, dst );
            Sleep( 10 + j );    /* the thread is in recv then, in one of its phases */
            closesocket( dst );
            if (pair_types[i] == SOCK_STREAM) tcp_socketpair( &dst2, &src2 );
            else udp_socketpair( &dst2, &src2 );
            send( src2, "z", 1, 0 );
            send( dst2, "z", 1, 0 );
            ok( !WaitForSingleObject( waiter.thread, PATIENCE ), "still blocked\n" );
            ok( waiter.ret == -1, "got %d, %c\n", waiter.ret, waiter.byte );
            ok( waiter.error == WSAEINTR || waiter.error == WSAENOTSOCK || waiter.error == WSAECONNABORTED ||
                waiter.error == WSA_OPERATION_ABORTED, "got error %d\n", waiter.error );
            CloseHandle( waiter.thread );
            closesocket( src );
            closesocket( src2 );
            closesocket( dst2 );
        }
        winetest_pop_context();
    }
}

/* SO_RCVTIMEO, T:test_timeout */
static void test_timeouts( void )
{
    static const DWORD timeouts[] = { 1, 20, 150 };
    DWORD count, flags, start, took;
    WSABUF wsabuf;
    unsigned int i, j;
    SOCKET src, dst;
    char buffer[16];

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        make_used_pair( pair_types[i], &src, &dst );
        for (j = 0; j < ARRAY_SIZE(timeouts); j++)
        {
            winetest_push_context( "type %d, %lu ms", pair_types[i], timeouts[j] );
            set_timeout( dst, SO_RCVTIMEO, timeouts[j] );
            start = GetTickCount();
            expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAETIMEDOUT );
            took = GetTickCount() - start;
            ok( took + 2 >= timeouts[j] && took < timeouts[j] + PATIENCE, "took %lu ms\n", took );
            wsabuf.buf = buffer;
            wsabuf.len = sizeof(buffer);
            count = 0xdeadbeef;
            flags = 0;
            expect_error( WSARecv( dst, &wsabuf, 1, &count, &flags, NULL, NULL ), WSAETIMEDOUT );
            ok( count == 0xdeadbeef, "got count %#lx\n", count );
            winetest_pop_context();
        }
        send( src, "x", 1, 0 );
        ok( recv( dst, buffer, sizeof(buffer), 0 ) == 1, "got error %d\n", WSAGetLastError() );
        closesocket( src );
        closesocket( dst );
    }

    tcp_socketpair( &src, &dst );
    set_timeout( src, SO_SNDTIMEO, 50 );
    {
        char *data = make_pattern( MEGABYTE );
        int ret;

        do ret = send( src, data, MEGABYTE, 0 );
        while (ret == MEGABYTE);
        ok( ret == -1 && WSAGetLastError() == WSAETIMEDOUT, "got %d, error %d\n", ret, WSAGetLastError() );
        free( data );
    }
    closesocket( src );
    closesocket( dst );
}

/* The blocking mode is changed between calls. */
static void test_toggle_blocking( void )
{
    struct waiter waiter;
    SOCKET src, dst;
    char buffer[16];
    unsigned int i, j;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        winetest_push_context( "type %d", pair_types[i] );
        make_used_pair( pair_types[i], &src, &dst );
        for (j = 0; j < 5; j++)
        {
            set_blocking( dst, FALSE );
            expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
            send( src, "a", 1, 0 );
            ok( wait_socket( dst, "r" ), "no data\n" );
            ok( recv( dst, buffer, sizeof(buffer), 0 ) == 1, "got error %d\n", WSAGetLastError() );
            set_blocking( dst, TRUE );
            start_waiter( &waiter, dst );
            if (j & 1) Sleep( 5 );
            send( src, "b", 1, 0 );
            ok( !WaitForSingleObject( waiter.thread, PATIENCE ), "still blocked\n" );
            ok( waiter.ret == 1 && waiter.byte == 'b', "got %d, error %d\n", waiter.ret, waiter.error );
            CloseHandle( waiter.thread );
        }
        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
}

/*** send buffering, rule 19 ***/

/* T:test_send_buffering: a non-blocking send is taken whole while there is any room, and outlives the
 * socket. */
static void test_send_buffering( void )
{
    const SIZE_T size = 50 * MEGABYTE;
    char *data = make_pattern( size ), *wiped;
    struct reader reader;
    SOCKET src, dst;
    int ret, how;

    for (how = 0; how < 3; how++)
    {
        winetest_push_context( "%d", how );
        wiped = malloc( size );
        memcpy( wiped, data, size );
        tcp_socketpair( &src, &dst );
        if (how == 1) ping_pong( src, dst );
        set_blocking( src, FALSE );
        ret = send( src, wiped, size, 0 );
        ok( ret == size, "got %d, error %d\n", ret, WSAGetLastError() );
        memset( wiped, 0xcc, size );
        free( wiped );
        expect_error( send( src, "x", 1, 0 ), WSAEWOULDBLOCK );
        if (how == 2)
        {
            expect_success( shutdown( src, SD_SEND ));
            expect_error( send( src, "x", 1, 0 ), WSAESHUTDOWN );
        }
        else closesocket( src );
        start_reader( &reader, dst, 0, 0 );
        finish_reader( &reader, size );
        ok( !reader.error, "got error %d\n", reader.error );
        if (how == 2) closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
    free( data );
}

/* The end of the process comes after that of its sends. */
static void test_exit( void )
{
    const SIZE_T size = 20 * MEGABYTE;
    PROCESS_INFORMATION child;
    struct sockaddr_storage addr;
    struct reader reader;
    SOCKET listener, s;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    if (!start_child( &child, FALSE, "rules", "exit_child %u",
                      ntohs( ((struct sockaddr_in *)&addr)->sin_port )))
        return;
    s = accept( listener, NULL, NULL );
    ok( s != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    start_reader( &reader, s, 1, 0 );
    finish_reader( &reader, size );
    ok( !reader.error, "got error %d\n", reader.error );
    finish_child( &child );
    closesocket( s );
    closesocket( listener );
}

static void exit_child( const char *port )
{
    struct sockaddr_in addr = loopback_address( atoi( port ));
    char *data = make_pattern( 20 * MEGABYTE );
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    int ret;

    expect_success( connect( s, (struct sockaddr *)&addr, sizeof(addr) ));
    set_blocking( s, FALSE );
    ret = send( s, data, 20 * MEGABYTE, 0 );
    ok( ret == 20 * MEGABYTE, "got %d, error %d\n", ret, WSAGetLastError() );
}

/* After such a send the socket goes on: writable when it is out, blocking sends come behind it. */
static void test_send_after_buffering( void )
{
    const SIZE_T size = 8 * MEGABYTE;
    char *data = make_pattern( size + 100000 );
    struct reader reader;
    SOCKET src, dst;
    int ret;

    tcp_socketpair( &src, &dst );
    set_blocking( src, FALSE );
    ret = send( src, data, size, 0 );
    ok( ret == size, "got %d, error %d\n", ret, WSAGetLastError() );
    set_blocking( src, TRUE );
    start_reader( &reader, dst, 0, size + 100000 );
    ret = send( src, data + size, 100000, 0 );
    ok( ret == 100000, "got %d, error %d\n", ret, WSAGetLastError() );
    finish_reader( &reader, size + 100000 );
    ok( wait_socket( src, "w" ), "not writable\n" );
    ping_pong( src, dst );
    closesocket( src );
    closesocket( dst );
    free( data );
}

/*** other ways to the socket ***/

/* Parent and child of WSADuplicateSocket both use the connection. */
static void test_duplicate( void )
{
    WSAPROTOCOL_INFOW info;
    PROCESS_INFORMATION child;
    HANDLE mapping, ready, done;
    WSAPROTOCOL_INFOW *shared;
    char name[64], buffer[16];
    SOCKET src, dst;
    int i;

    tcp_socketpair( &src, &dst );
    ping_pong( src, dst );

    sprintf( name, "ws2_rules_%lu", GetCurrentProcessId() );
    mapping = CreateFileMappingA( INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(info), name );
    shared = MapViewOfFile( mapping, FILE_MAP_ALL_ACCESS, 0, 0, sizeof(info) );
    strcat( name, "r" );
    ready = CreateEventA( NULL, FALSE, FALSE, name );
    name[strlen( name ) - 1] = 'd';
    done = CreateEventA( NULL, FALSE, FALSE, name );
    name[strlen( name ) - 1] = 0;

    if (!start_child( &child, FALSE, "rules", "duplicate_child %s", name )) return;
    expect_success( WSADuplicateSocketW( dst, child.dwProcessId, shared ));
    SetEvent( ready );
    set_timeout( dst, SO_RCVTIMEO, PATIENCE );
    set_timeout( src, SO_RCVTIMEO, PATIENCE );

    /* the child takes the first, third... byte */
    for (i = 0; i < 10; i++)
    {
        send( src, &"0123456789"[i], 1, 0 );
        if (i & 1)
        {
            ok( recv( dst, buffer, 1, 0 ) == 1 && buffer[0] == '0' + i, "got error %d\n",
                WSAGetLastError() );
            ok( send( dst, buffer, 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
        }
        ok( recv( src, buffer, 1, 0 ) == 1 && buffer[0] == '0' + i, "%d: got error %d\n", i,
            WSAGetLastError() );
        if (i & 1) SetEvent( ready );
        else WaitForSingleObject( done, PATIENCE );
    }
    finish_child( &child );
    send( src, "x", 1, 0 );
    ok( recv( dst, buffer, 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    closesocket( dst );
    ok( !recv( src, buffer, 1, 0 ), "got error %d\n", WSAGetLastError() );
    closesocket( src );
    UnmapViewOfFile( shared );
    CloseHandle( mapping );
    CloseHandle( ready );
    CloseHandle( done );
}

static void duplicate_child( const char *base )
{
    HANDLE mapping, ready, done;
    WSAPROTOCOL_INFOW *shared;
    char name[64], byte;
    SOCKET s;
    int i;

    strcpy( name, base );
    mapping = OpenFileMappingA( FILE_MAP_ALL_ACCESS, FALSE, name );
    shared = MapViewOfFile( mapping, FILE_MAP_ALL_ACCESS, 0, 0, sizeof(*shared) );
    ok( !!shared, "got error %lu\n", GetLastError() );
    strcat( name, "r" );
    ready = OpenEventA( EVENT_ALL_ACCESS, FALSE, name );
    name[strlen( name ) - 1] = 'd';
    done = OpenEventA( EVENT_ALL_ACCESS, FALSE, name );
    WaitForSingleObject( ready, PATIENCE );
    s = WSASocketW( FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, shared, 0,
                    WSA_FLAG_OVERLAPPED );
    ok( s != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    set_timeout( s, SO_RCVTIMEO, PATIENCE );
    for (i = 0; i < 10; i += 2)
    {
        ok( recv( s, &byte, 1, 0 ) == 1 && byte == '0' + i, "%d: got error %d\n", i, WSAGetLastError() );
        ok( send( s, &byte, 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
        SetEvent( done );
        WaitForSingleObject( ready, PATIENCE );
    }
    closesocket( s );
}

struct poll_handle
{
    HANDLE handle;
    ULONG events;
    NTSTATUS status;
};

struct poll_info
{
    LARGE_INTEGER timeout;
    ULONG count;
    ULONG exclusive;
    struct poll_handle handles[1];
};

/* Field report 17: mio, wepoll and libuv send IOCTL_AFD_POLL for the base handle while data moves. */
static void test_afd_poll( void )
{
    static WCHAR path[] = L"\\Device\\Afd\\ws2test";
    UNICODE_STRING name = { sizeof(path) - sizeof(WCHAR), sizeof(path), path };
    OBJECT_ATTRIBUTES attr = { .Length = sizeof(attr), .ObjectName = &name };
    NTSTATUS (WINAPI *p_NtCreateFile)( HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *,
                                       LARGE_INTEGER *, ULONG, ULONG, ULONG, ULONG, void *, ULONG );
    NTSTATUS (WINAPI *p_NtDeviceIoControlFile)( HANDLE, HANDLE, PIO_APC_ROUTINE, void *,
                                                IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *, ULONG );
    HANDLE afd, event = CreateEventW( NULL, TRUE, FALSE, NULL ), base;
    IO_STATUS_BLOCK io;
    struct poll_info info;
    NTSTATUS status;
    SOCKET src, dst;
    char buffer[16];
    DWORD count;
    int i;

    p_NtCreateFile = (void *)GetProcAddress( GetModuleHandleA( "ntdll.dll" ), "NtCreateFile" );
    p_NtDeviceIoControlFile = (void *)GetProcAddress( GetModuleHandleA( "ntdll.dll" ),
                                                      "NtDeviceIoControlFile" );
    status = p_NtCreateFile( &afd, SYNCHRONIZE, &attr, &io, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE,
                             1, 0, NULL, 0 );
    ok( !status, "got status %#lx\n", status );

    tcp_socketpair( &src, &dst );
    set_blocking( dst, FALSE );
    expect_success( WSAIoctl( dst, 0x48000022 /* SIO_BASE_HANDLE */, NULL, 0, &base, sizeof(base), &count,
                              NULL, NULL ));
    for (i = 0; i < 10; i++)
    {
        memset( &info, 0, sizeof(info) );
        info.timeout.QuadPart = (LONGLONG)PATIENCE * -10000;
        info.count = 1;
        info.handles[0].handle = base;
        info.handles[0].events = 0x1 | 0x8 | 0x10;     /* receive, disconnect, abort */
        ResetEvent( event );
        io.Status = STATUS_PENDING;
        status = p_NtDeviceIoControlFile( afd, event, NULL, NULL, &io, 0x12024, &info, sizeof(info), &info,
                                          sizeof(info) );
        ok( status == STATUS_PENDING, "%d: got status %#lx\n", i, status );
        expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
        send( src, "x", 1, 0 );
        ok( !WaitForSingleObject( event, PATIENCE ), "%d: not ready\n", i );
        ok( !io.Status, "got status %#lx\n", io.Status );
        ok( info.count == 1 && info.handles[0].events == 1, "got %lu, events %#lx\n", info.count,
            info.handles[0].events );
        ok( recv( dst, buffer, sizeof(buffer), 0 ) == 1, "got error %d\n", WSAGetLastError() );
    }
    closesocket( src );
    closesocket( dst );
    CloseHandle( afd );
    CloseHandle( event );
}

static const struct
{
    const char *name;
    void (*function)( void );
}
tests[] =
{
    { "close_handle", test_close_handle },
    { "blocking_accept", test_blocking_accept },
    { "extension_sockets", test_extension_sockets },
    { "linger", test_linger },
    { "datagrams", test_datagrams },
    { "zero_length", test_zero_length },
    { "urgent", test_urgent },
    { "peek_and_waitall", test_peek_and_waitall },
    { "resets", test_resets },
    { "watched_reset", test_watched_reset },
    { "data_before_reset", test_data_before_reset },
    { "half_close", test_half_close },
    { "port_unreachable", test_port_unreachable },
    { "port_unreachable_waiting", test_port_unreachable_waiting },
    { "udp_connreset_off", test_udp_connreset_off },
    { "first_send", test_first_send },
    { "addresses", test_addresses },
    { "write_watch", test_write_watch },
    { "order_of_sends", test_order_of_sends },
    { "concurrent_senders", test_concurrent_senders },
    { "suspended_senders", test_suspended_senders },
    { "shutdown_beside_senders", test_shutdown_beside_senders },
    { "behind_background", test_behind_background },
    { "order_of_receives", test_order_of_receives },
    { "event_selection", test_event_selection },
    { "slow_reader", test_slow_reader },
    { "inheritance", test_inheritance },
    { "apc", test_apc },
    { "close_while_waiting", test_close_while_waiting },
    { "timeouts", test_timeouts },
    { "toggle_blocking", test_toggle_blocking },
    { "send_buffering", test_send_buffering },
    { "exit", test_exit },
    { "send_after_buffering", test_send_after_buffering },
    { "duplicate", test_duplicate },
    { "afd_poll", test_afd_poll },
};

/* All, or the one that is named. */
START_TEST( rules )
{
    unsigned int i;
    char **argv;
    int argc = winetest_get_mainargs( &argv );

    start_sockets();
    if (argc >= 4 && !strcmp( argv[2], "duplicate_child" )) duplicate_child( argv[3] );
    else if (argc >= 4 && !strcmp( argv[2], "exit_child" ))
    {
        /* no WSACleanup */
        exit_child( argv[3] );
        return;
    }
    else for (i = 0; i < ARRAY_SIZE(tests); i++)
    {
        DWORD start = GetTickCount();

        if (argc >= 3 && strcmp( argv[2], tests[i].name )) continue;
        tests[i].function();
        if (winetest_debug > 1) trace( "%s: %lu ms\n", tests[i].name, GetTickCount() - start );
    }
    stop_sockets();
}
