/*
 * select and WSAPoll.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define POLL_ALL (POLLRDNORM | POLLRDBAND | POLLWRNORM)

static struct timeval no_wait;
static struct timeval long_wait = { PATIENCE / 1000, 0 };

static void CALLBACK count_apc( ULONG_PTR param )
{
    ++*(unsigned int *)param;
}

/* A handle that was a socket and is nothing now. */
static SOCKET closed_socket( void )
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );

    closesocket( s );
    return s;
}

static int select_read( SOCKET s, struct timeval *timeout )
{
    fd_set set = { 1, { s } };
    return select( 0, &set, NULL, NULL, timeout );
}

/* select with the socket in all three sets; the letters of those it was left in. */
#define check_select( s, expect ) check_select_( __LINE__, s, expect, &no_wait )
#define wait_select( s, expect ) check_select_( __LINE__, s, expect, &long_wait )
static void check_select_( int line, SOCKET s, const char *expect, struct timeval *timeout )
{
    fd_set read = { 1, { s } }, write = { 1, { s } }, except = { 1, { s } };
    char got[4];
    int ret = select( 0, &read, &write, &except, timeout ), count = 0;

    if (FD_ISSET( s, &read )) got[count++] = 'r';
    if (FD_ISSET( s, &write )) got[count++] = 'w';
    if (FD_ISSET( s, &except )) got[count++] = 'e';
    got[count] = 0;
    ok_( __FILE__, line )( ret == (int)strlen( expect ), "select returned %d, error %d\n", ret,
                           WSAGetLastError() );
    ok_( __FILE__, line )( !strcmp( got, expect ), "got \"%s\"\n", got );
}

#define check_poll( s, events, expect ) check_poll_( __LINE__, s, events, expect, 0 )
#define wait_poll( s, events, expect ) check_poll_( __LINE__, s, events, expect, PATIENCE )
static void check_poll_( int line, SOCKET s, SHORT events, SHORT expect, int timeout )
{
    WSAPOLLFD fd = { s, events, 0x5555 };
    int ret = WSAPoll( &fd, 1, timeout );

    ok_( __FILE__, line )( ret == !!expect, "WSAPoll returned %d, error %d\n", ret, WSAGetLastError() );
    ok_( __FILE__, line )( fd.revents == expect, "got events %#x, expected %#x\n", fd.revents, expect );
}

static void test_select_arguments( void )
{
    static struct timeval negative[] = { { -1, 0 }, { 0, -1 }, { -1, 999999 } };
    static struct timeval positive[] = { { 1, -1000000 }, { 0, 0 }, { 0, 2500 }, { -1, 1000001 } };
    SOCKET src, dst, gone = closed_socket();
    SOCKET handles[] = { INVALID_SOCKET, 0, gone, (SOCKET)GetCurrentProcess(), 0xabacab, 0 };
    fd_set read, write, except, empty = { 0 }, *edge;
    HANDLE event = CreateEventW( NULL, FALSE, FALSE, NULL );
    unsigned int i;

    tcp_socketpair( &src, &dst );
    handles[5] = (SOCKET)event;

    /* MS: select */
    expect_error( select( 0, NULL, NULL, NULL, &no_wait ), WSAEINVAL );
    expect_error( select( 0, NULL, NULL, NULL, NULL ), WSAEINVAL );
    expect_error( select( 0, &empty, NULL, &empty, &no_wait ), WSAEINVAL );
    expect_error( select( 0, &empty, &empty, &empty, NULL ), WSAEINVAL );

    /* Wine T:test_select: any non-socket, in any set, beside a good one */
    for (i = 0; i < ARRAY_SIZE(handles); i++)
    {
        winetest_push_context( "handle %#Ix", handles[i] );
        read.fd_count = 1;
        read.fd_array[0] = handles[i];
        expect_error( select( 0, &read, NULL, NULL, &no_wait ), WSAENOTSOCK );
        ok( read.fd_count == 1 && read.fd_array[0] == handles[i], "set was changed\n" );
        expect_error( select( 0, NULL, &read, NULL, &no_wait ), WSAENOTSOCK );
        expect_error( select( 0, NULL, NULL, &read, &no_wait ), WSAENOTSOCK );

        write.fd_count = 2;
        write.fd_array[0] = src;
        write.fd_array[1] = handles[i];
        expect_error( select( 0, NULL, &write, NULL, &no_wait ), WSAENOTSOCK );
        winetest_pop_context();
    }

    /* MS: select, WSAEFAULT */
    for (i = 0; i < 3; i++)
    {
        fd_set *bad = i == 0 ? bad_pointer() : i == 1 ? (fd_set *)1 : read_only_memory();

        if (i == 2) continue;
        read.fd_count = write.fd_count = except.fd_count = 1;
        read.fd_array[0] = write.fd_array[0] = except.fd_array[0] = src;
        expect_error( select( 0, bad, &write, &except, &no_wait ), WSAEFAULT );
        expect_error( select( 0, &read, bad, &except, &no_wait ), WSAEFAULT );
        expect_error( select( 0, &read, &write, bad, &no_wait ), WSAEFAULT );
        expect_error( select( 0, &read, &write, &except, (struct timeval *)bad ), WSAEFAULT );
        ok( read.fd_count == 1 && write.fd_count == 1 && except.fd_count == 1, "sets were changed\n" );
    }

    /* a set may end with its last socket (Wine T:test_select), but not before */
    edge = (fd_set *)memory_before_nothing( offsetof( fd_set, fd_array[1] ) );
    edge->fd_count = 1;
    edge->fd_array[0] = src;
    ok( select( 0, NULL, edge, NULL, &no_wait ) == 1, "select failed, error %d\n", WSAGetLastError() );
    for (i = 0; i < 3; i++)
    {
        static const u_int counts[] = { 2, 0x1000, 0x7fffffff };
        int ret;

        edge->fd_count = counts[i];
        WSASetLastError( 0xdeadbeef );
        ret = select( 0, NULL, edge, NULL, &no_wait );
        ok( ret == -1, "count %#x: got %d\n", counts[i], ret );
        ok( WSAGetLastError() == WSAEFAULT || (i == 2 && WSAGetLastError() == WSAENOBUFS),
            "count %#x: got error %d\n", counts[i], WSAGetLastError() );
    }

    /* MS: select, WSAEINVAL "the time-out value is not valid"; the sum counts */
    for (i = 0; i < ARRAY_SIZE(negative); i++)
    {
        read.fd_count = 1;
        read.fd_array[0] = src;
        winetest_push_context( "time-out %ld,%ld", negative[i].tv_sec, negative[i].tv_usec );
        expect_error( select( 0, &read, NULL, NULL, &negative[i] ), WSAEINVAL );
        winetest_pop_context();
    }
    for (i = 0; i < ARRAY_SIZE(positive); i++)
    {
        read.fd_count = 1;
        read.fd_array[0] = src;
        winetest_push_context( "time-out %ld,%ld", positive[i].tv_sec, positive[i].tv_usec );
        expect_success( select( 0, &read, NULL, NULL, &positive[i] ));
        ok( !read.fd_count, "got count %u\n", read.fd_count );
        winetest_pop_context();
    }

    CloseHandle( event );
    closesocket( src );
    closesocket( dst );
}

static void test_select_sets( void )
{
    SOCKET src, dst, listener, sockets[200];
    fd_set read, write, *large;
    unsigned int i;
    int ret;

    tcp_socketpair( &src, &dst );

    /* the same socket twice counts once (Wine T:test_select) */
    write.fd_count = 3;
    write.fd_array[0] = write.fd_array[1] = src;
    write.fd_array[2] = dst;
    ret = select( 0, NULL, &write, NULL, &no_wait );
    ok( ret == 2, "got %d\n", ret );
    ok( write.fd_count == 2 && write.fd_array[0] == src && write.fd_array[1] == dst, "got %u: %#Ix %#Ix\n",
        write.fd_count, write.fd_array[0], write.fd_array[1] );

    /* one set for two purposes (Wine T:test_select) */
    ret = send( src, "x", 1, 0 );
    ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "not readable\n" );
    read.fd_count = 2;
    read.fd_array[0] = src;
    read.fd_array[1] = dst;
    ret = select( 0, &read, &read, NULL, &no_wait );
    ok( ret == 2, "got %d\n", ret );
    ok( read.fd_count == 2 && FD_ISSET( src, &read ) && FD_ISSET( dst, &read ), "got count %u\n",
        read.fd_count );

    /* in two sets it counts twice */
    read = write = (fd_set){ 2, { src, dst } };
    ret = select( 0, &read, &write, NULL, NULL );
    ok( ret == 3, "got %d\n", ret );
    ok( read.fd_count == 1 && read.fd_array[0] == dst, "got count %u\n", read.fd_count );
    ok( write.fd_count == 2, "got count %u\n", write.fd_count );

    /* __WSAFDIsSet */
    ok( FD_ISSET( dst, &read ) == 1, "not in the set\n" );
    ok( !FD_ISSET( src, &read ), "in the set\n" );

    closesocket( src );
    closesocket( dst );

    /* more than FD_SETSIZE */
    large = malloc( offsetof( fd_set, fd_array[2 * ARRAY_SIZE(sockets)] ));
    for (i = 0; i < ARRAY_SIZE(sockets); i++)
        sockets[i] = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    memcpy( large->fd_array, sockets, sizeof(sockets) );
    large->fd_count = ARRAY_SIZE(sockets);
    ret = select( 0, NULL, large, NULL, &long_wait );
    ok( ret == ARRAY_SIZE(sockets), "got %d, error %d\n", ret, WSAGetLastError() );
    ok( !memcmp( large->fd_array, sockets, sizeof(sockets) ), "order has changed\n" );
    ok( FD_ISSET( sockets[ARRAY_SIZE(sockets) - 1], large ) == 1, "not in the set\n" );
    ret = select( 0, large, NULL, NULL, &no_wait );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( !large->fd_count, "got count %u\n", large->fd_count );

    /* each of them twice, alone and beside a socket that only AFD can tell of */
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, NULL, NULL );
    for (i = 0; i < 4; i++)
    {
        winetest_push_context( "%u", i );
        large->fd_count = 2 * ARRAY_SIZE(sockets);
        memcpy( large->fd_array, sockets, sizeof(sockets) );
        memcpy( large->fd_array + ARRAY_SIZE(sockets), sockets, sizeof(sockets) );
        read = (fd_set){ 1, { i & 1 ? listener : sockets[0] } };
        ret = i & 2 ? select( 0, large, large, &read, &no_wait ) : select( 0, &read, large, NULL, &no_wait );
        ok( ret == ARRAY_SIZE(sockets), "got %d, error %d\n", ret, WSAGetLastError() );
        ok( large->fd_count == ARRAY_SIZE(sockets), "got count %u\n", large->fd_count );
        ok( !memcmp( large->fd_array, sockets, sizeof(sockets) ), "order has changed\n" );
        ok( !read.fd_count, "got count %u\n", read.fd_count );
        winetest_pop_context();
    }
    closesocket( listener );
    for (i = 0; i < ARRAY_SIZE(sockets); i++) closesocket( sockets[i] );
    free( large );
}

static void test_states( void )
{
    struct sockaddr_storage addr;
    struct sockaddr_in closed;
    SOCKET listener, src, dst;
    char buffer[16];
    int ret, len, error;

    /* never connected (Wine T:test_select) */
    src = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    check_select( src, "" );
    check_poll( src, POLL_ALL, 0 );

    /* connections: one waits, one is made */
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    check_select( listener, "" );
    check_poll( listener, POLL_ALL, 0 );
    set_blocking( src, FALSE );
    ret = connect( src, (struct sockaddr *)&addr, len );
    ok( ret == -1 && WSAGetLastError() == WSAEWOULDBLOCK, "got %d, error %d\n", ret, WSAGetLastError() );
    wait_select( listener, "r" );
    wait_poll( listener, POLL_ALL, POLLRDNORM );
    wait_select( src, "w" );
    wait_poll( src, POLL_ALL, POLLWRNORM );
    dst = accept( listener, NULL, NULL );
    ok( dst != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    check_select( listener, "" );
    check_select( dst, "w" );

    /* data */
    ret = send( src, "data", 4, 0 );
    ok( ret == 4, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "not readable\n" );
    check_select( dst, "rw" );
    wait_poll( dst, POLL_ALL, POLLRDNORM | POLLWRNORM );
    check_poll( dst, POLLRDNORM, POLLRDNORM );
    check_poll( dst, POLLWRNORM, POLLWRNORM );
    check_poll( dst, POLLRDBAND, 0 );
    check_poll( dst, 0, 0 );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 4, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    check_select( dst, "w" );
    check_poll( dst, POLL_ALL, POLLWRNORM );

    /* out-of-band data */
    ret = send( src, "o", 1, MSG_OOB );
    ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( dst, "e" ), "no out-of-band data\n" );
    check_select( dst, "we" );
    check_poll( dst, POLL_ALL, POLLWRNORM | POLLRDBAND );
    check_poll( dst, POLLRDNORM | POLLRDBAND, POLLRDBAND );
    ret = recv( dst, buffer, 1, MSG_OOB );
    ok( ret == 1 && buffer[0] == 'o', "recv returned %d, error %d\n", ret, WSAGetLastError() );
    check_select( dst, "w" );

    /* the end: readable, and POLLHUP without having asked (Wine T:test_WSAPoll) */
    closesocket( src );
    ok( wait_socket( dst, "r" ), "not readable\n" );
    check_select( dst, "rw" );
    check_poll( dst, POLL_ALL, POLLWRNORM | POLLHUP );
    check_poll( dst, 0, POLLHUP );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( !ret, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    check_select( dst, "rw" );
    closesocket( dst );
    closesocket( listener );

    /* out-of-band data in line is data */
    tcp_socketpair( &src, &dst );
    ret = 1;
    ret = setsockopt( dst, SOL_SOCKET, SO_OOBINLINE, (char *)&ret, sizeof(ret) );
    ok( !ret, "setsockopt failed, error %d\n", WSAGetLastError() );
    ret = send( src, "o", 1, MSG_OOB );
    ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "not readable\n" );
    check_select( dst, "rw" );
    check_poll( dst, POLL_ALL, POLLRDNORM | POLLWRNORM );
    closesocket( src );
    closesocket( dst );

    /* the end beside data (Wine T:test_WSAPoll) */
    tcp_socketpair( &src, &dst );
    ret = send( src, "data", 4, 0 );
    ok( ret == 4, "send failed, error %d\n", WSAGetLastError() );
    shutdown( src, SD_SEND );
    ok( wait_socket( dst, "r" ), "not readable\n" );
    wait_poll( dst, 0, POLLHUP );
    wait_poll( dst, POLL_ALL, POLLWRNORM | POLLRDNORM | POLLHUP );
    check_select( dst, "rw" );
    check_poll( src, POLL_ALL, POLLWRNORM );
    closesocket( src );
    closesocket( dst );

    /* a reset (Wine T:test_tcp_reset) */
    tcp_socketpair( &src, &dst );
    close_with_rst( src );
    ok( wait_socket( dst, "r" ), "not readable\n" );
    check_select( dst, "rw" );
    check_poll( dst, POLL_ALL, POLLERR | POLLHUP | POLLWRNORM );
    closesocket( dst );

    /* a failed connect is exceptional, not writable; the error stays (Wine T:test_select) */
    closed = closed_port();
    src = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    set_blocking( src, FALSE );
    ret = connect( src, (struct sockaddr *)&closed, sizeof(closed) );
    ok( ret == -1 && WSAGetLastError() == WSAEWOULDBLOCK, "got %d, error %d\n", ret, WSAGetLastError() );
    wait_select( src, "e" );
    check_select( src, "e" );
    /* Wine T:test_WSAPoll; versions before Windows 10 2004 report nothing */
    {
        WSAPOLLFD fd = { src, POLL_ALL };
        ret = WSAPoll( &fd, 1, 0 );
        ok( fd.revents == (POLLWRNORM | POLLHUP | POLLERR) || broken( !fd.revents ), "got events %#x\n",
            fd.revents );
    }
    len = sizeof(error);
    ret = getsockopt( src, SOL_SOCKET, SO_ERROR, (char *)&error, &len );
    ok( !ret && error == WSAECONNREFUSED, "got %d, error %d\n", ret, error );
    closesocket( src );

    /* and after a blocking connect (reference 3.3: select(write) is not signalled) */
    src = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    expect_error( connect( src, (struct sockaddr *)&closed, sizeof(closed) ), WSAECONNREFUSED );
    ok( !FD_ISSET( src, &((fd_set){ 0 }) ), "in an empty set\n" );
    {
        fd_set write = { 1, { src } };
        ret = select( 0, NULL, &write, NULL, &no_wait );
        ok( !ret && !write.fd_count, "got %d\n", ret );
    }
    closesocket( src );

    /* datagrams (Wine T:test_WSAPoll) */
    src = socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP );
    check_poll( src, POLL_ALL, POLLWRNORM );
    closesocket( src );
    udp_socketpair( &src, &dst );
    check_select( dst, "w" );
    check_poll( dst, POLL_ALL, POLLWRNORM );
    ret = send( src, "", 0, 0 );
    ok( !ret, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "not readable\n" );
    check_select( dst, "rw" );
    check_poll( dst, POLL_ALL, POLLRDNORM | POLLWRNORM );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( !ret, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    check_select( dst, "w" );
    closesocket( src );
    closesocket( dst );
}

static void test_timeouts( void )
{
    struct timeval timeout = { 0, 60000 };
    SOCKET src, dst;
    WSAPOLLFD fd;
    DWORD start;
    fd_set set;
    int ret;

    tcp_socketpair( &src, &dst );

    start = GetTickCount();
    set = (fd_set){ 1, { src } };
    ret = select( 0, &set, NULL, NULL, &timeout );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( GetTickCount() - start >= 40, "waited %lu ms\n", GetTickCount() - start );
    ok( !set.fd_count, "got count %u\n", set.fd_count );
    ok( !timeout.tv_sec && timeout.tv_usec == 60000, "time-out has changed\n" );

    start = GetTickCount();
    fd = (WSAPOLLFD){ src, POLLRDNORM, 0x5555 };
    ret = WSAPoll( &fd, 1, 60 );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( GetTickCount() - start >= 40, "waited %lu ms\n", GetTickCount() - start );
    ok( !fd.revents, "got events %#x\n", fd.revents );

    /* the longest time-outs there are, and none */
    timeout.tv_sec = timeout.tv_usec = 0x7fffffff;
    set = (fd_set){ 1, { src } };
    ret = select( 0, NULL, &set, NULL, &timeout );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = select( 0, NULL, &set, NULL, NULL );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    fd.events = POLLWRNORM;
    ret = WSAPoll( &fd, 1, 0x7fffffff );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = WSAPoll( &fd, 1, -5 );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );

    closesocket( src );
    closesocket( dst );
}

struct nested
{
    SOCKET ready;
    unsigned int count;
};

/* A wait inside the APC of a wait. */
static void CALLBACK nested_apc( ULONG_PTR param )
{
    struct nested *nested = (struct nested *)param;
    struct timeval timeout = { 0, 10000 };

    ok( !select_read( nested->ready, &timeout ), "nested select failed, error %d\n", WSAGetLastError() );
    check_select( nested->ready, "w" );
    nested->count++;
}

static void test_alertable( DWORD flags )
{
    struct timeval timeout = { 0, 30000 };
    struct nested nested = { 0 };
    unsigned int count = 0;
    WSAPOLLFD fd;
    SOCKET src, dst;
    DWORD start;
    int ret;

    winetest_push_context( "flags %#lx", flags );
    tcp_socketpair_flags( &src, &dst, flags );

    /* reference 3.3: the wait is alertable, and goes on afterwards */
    QueueUserAPC( count_apc, GetCurrentThread(), (ULONG_PTR)&count );
    start = GetTickCount();
    ret = select_read( src, &timeout );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( count == 1, "APC ran %u times\n", count );
    ok( GetTickCount() - start >= 15, "waited %lu ms\n", GetTickCount() - start );

    QueueUserAPC( count_apc, GetCurrentThread(), (ULONG_PTR)&count );
    fd = (WSAPOLLFD){ src, POLLRDNORM };
    ret = WSAPoll( &fd, 1, 30 );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( count == 2, "APC ran %u times\n", count );

    /* Wine T:test_select: not where nothing is waited for */
    QueueUserAPC( count_apc, GetCurrentThread(), (ULONG_PTR)&count );
    check_select( src, "w" );
    ok( count == 2, "APC ran %u times\n", count );
    SleepEx( 0, TRUE );
    ok( count == 3, "APC ran %u times\n", count );

    nested.ready = dst;
    QueueUserAPC( nested_apc, GetCurrentThread(), (ULONG_PTR)&nested );
    timeout.tv_usec = 100000;
    ret = select_read( src, &timeout );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( nested.count == 1, "APC ran %u times\n", nested.count );

    closesocket( src );
    closesocket( dst );
    winetest_pop_context();
}

struct waiter
{
    SOCKET s;
    char how;                   /* r, w, e: select; p: WSAPoll */
    HANDLE started, waiting;
    int ret, error;
    SHORT revents;
};

static DWORD WINAPI waiter_thread( void *arg )
{
    struct waiter *waiter = arg;
    fd_set set = { 1, { waiter->s } };
    WSAPOLLFD fd = { waiter->s, POLLRDNORM };

    SetEvent( waiter->started );
    if (waiter->how == 'p') waiter->ret = WSAPoll( &fd, 1, PATIENCE );
    else waiter->ret = select( 0, waiter->how == 'r' ? &set : NULL, waiter->how == 'w' ? &set : NULL,
                               waiter->how == 'e' ? &set : NULL, &long_wait );
    waiter->error = WSAGetLastError();
    waiter->revents = fd.revents;
    return 0;
}

static void CALLBACK signal_apc( ULONG_PTR event )
{
    SetEvent( (HANDLE)event );
}

/* Start a thread and return when it waits inside select or WSAPoll: an APC runs only there. */
static HANDLE start_waiter( struct waiter *waiter )
{
    HANDLE thread;

    waiter->started = CreateEventW( NULL, TRUE, FALSE, NULL );
    waiter->waiting = CreateEventW( NULL, TRUE, FALSE, NULL );
    thread = CreateThread( NULL, 0, waiter_thread, waiter, 0, NULL );
    WaitForSingleObject( waiter->started, PATIENCE );
    QueueUserAPC( signal_apc, thread, (ULONG_PTR)waiter->waiting );
    ok( !WaitForSingleObject( waiter->waiting, PATIENCE ), "the thread does not wait\n" );
    return thread;
}

static void end_waiter( struct waiter *waiter, HANDLE thread )
{
    ok( !WaitForSingleObject( thread, PATIENCE ), "the thread does not end\n" );
    CloseHandle( thread );
    CloseHandle( waiter->started );
    CloseHandle( waiter->waiting );
}

static void test_close_while_waiting( void )
{
    struct waiter waiter;
    SOCKET src, dst;
    HANDLE thread;

    /* Wine T:test_select */
    tcp_socketpair( &src, &dst );
    waiter = (struct waiter){ src, 'r' };
    thread = start_waiter( &waiter );
    closesocket( src );
    end_waiter( &waiter, thread );
    ok( waiter.ret == 1, "select returned %d, error %d\n", waiter.ret, waiter.error );
    closesocket( dst );

    /* a set other than the read set */
    tcp_socketpair( &src, &dst );
    waiter = (struct waiter){ src, 'e' };
    thread = start_waiter( &waiter );
    closesocket( src );
    end_waiter( &waiter, thread );
    ok( waiter.ret == -1, "select returned %d\n", waiter.ret );
    ok( waiter.error == WSAENOTSOCK, "got error %d\n", waiter.error );
    closesocket( dst );

    /* Wine T:test_WSAPoll */
    tcp_socketpair( &src, &dst );
    waiter = (struct waiter){ src, 'p' };
    thread = start_waiter( &waiter );
    closesocket( src );
    end_waiter( &waiter, thread );
    ok( waiter.ret == 1, "WSAPoll returned %d, error %d\n", waiter.ret, waiter.error );
    ok( waiter.revents == POLLNVAL, "got events %#x\n", waiter.revents );
    closesocket( dst );

    /* and what they wait for */
    tcp_socketpair( &src, &dst );
    waiter = (struct waiter){ dst, 'r' };
    thread = start_waiter( &waiter );
    send( src, "x", 1, 0 );
    end_waiter( &waiter, thread );
    ok( waiter.ret == 1 && !waiter.error, "select returned %d, error %d\n", waiter.ret, waiter.error );
    closesocket( src );
    closesocket( dst );
}

static void test_poll_arguments( void )
{
    static const SHORT bad_events[] = { POLLERR, POLLHUP, POLLNVAL, 0x8, POLLWRBAND, 0x40, 0x80, POLLPRI,
                                        0x800, 0x1000, 0x2000, 0x4000, (SHORT)0x8000 };
    SOCKET s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL ), gone = closed_socket();
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL );
    SOCKET handles[] = { INVALID_SOCKET, 0, gone, 0xabacab, (SOCKET)event };
    WSAPOLLFD fds[4], *edge;
    unsigned int i;
    int ret;

    /* reference 3.3 */
    expect_error( WSAPoll( NULL, 0, 0 ), WSAEINVAL );
    expect_error( WSAPoll( fds, 0, 0 ), WSAEINVAL );
    expect_error( WSAPoll( NULL, 1, 0 ), WSAEFAULT );
    expect_error( WSAPoll( bad_pointer(), 1, 0 ), WSAEFAULT );
    expect_error( WSAPoll( (WSAPOLLFD *)(ULONG_PTR)4, 1, 0 ), WSAEFAULT );

    edge = (WSAPOLLFD *)memory_before_nothing( sizeof(*edge) );
    *edge = (WSAPOLLFD){ s, POLLWRNORM };
    ok( WSAPoll( edge, 1, 0 ) == 1, "WSAPoll failed, error %d\n", WSAGetLastError() );
    expect_error( WSAPoll( edge, 2, 0 ), WSAEFAULT );
    WSASetLastError( 0xdeadbeef );
    ret = WSAPoll( edge, 0xffffffff, 0 );
    ok( ret == -1 && (WSAGetLastError() == WSAEFAULT || WSAGetLastError() == WSAENOBUFS),
        "got %d, error %d\n", ret, WSAGetLastError() );

    for (i = 0; i < ARRAY_SIZE(bad_events); i++)
    {
        winetest_push_context( "events %#x", bad_events[i] );
        fds[0] = (WSAPOLLFD){ s, bad_events[i] };
        expect_error( WSAPoll( fds, 1, 0 ), WSAEINVAL );
        fds[0] = (WSAPOLLFD){ s, POLLWRNORM };
        fds[1] = (WSAPOLLFD){ s, bad_events[i] | POLLIN };
        expect_error( WSAPoll( fds, 2, 0 ), WSAEINVAL );
        winetest_pop_context();
    }

    for (i = 0; i < ARRAY_SIZE(handles); i++)
    {
        winetest_push_context( "handle %#Ix", handles[i] );

        /* reference 3.3: nothing valid */
        fds[0] = (WSAPOLLFD){ handles[i], POLLIN, 0x5555 };
        fds[1] = (WSAPOLLFD){ INVALID_SOCKET, POLLERR, 0x5555 };
        expect_error( WSAPoll( fds, 2, 0 ), WSAENOTSOCK );
        ok( fds[0].revents == POLLNVAL && fds[1].revents == POLLNVAL, "got %#x, %#x\n",
            fds[0].revents, fds[1].revents );

        /* something valid: what is not gets POLLNVAL and does not count */
        fds[0] = (WSAPOLLFD){ handles[i], POLLIN, 0x5555 };
        fds[1] = (WSAPOLLFD){ s, POLLIN, 0x5555 };
        expect_success( WSAPoll( fds, 2, 0 ));
        ok( fds[0].revents == POLLNVAL && !fds[1].revents, "got %#x, %#x\n", fds[0].revents,
            fds[1].revents );
        fds[0] = (WSAPOLLFD){ s, POLLWRNORM, 0x5555 };
        fds[1] = (WSAPOLLFD){ handles[i], POLLIN, 0x5555 };
        ret = WSAPoll( fds, 2, 0 );
        ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
        ok( fds[0].revents == POLLWRNORM && fds[1].revents == POLLNVAL, "got %#x, %#x\n",
            fds[0].revents, fds[1].revents );
        winetest_pop_context();
    }

    /* Wine T:test_WSAPoll: a bad event beside a good socket, first in order */
    fds[0] = (WSAPOLLFD){ s, POLLIN, 0x5555 };
    fds[1] = (WSAPOLLFD){ 0xabacab, POLLERR, 0x5555 };
    expect_error( WSAPoll( fds, 2, 0 ), WSAEINVAL );
    ok( !fds[0].revents && !fds[1].revents, "got %#x, %#x\n", fds[0].revents, fds[1].revents );
    fds[0] = (WSAPOLLFD){ INVALID_SOCKET, POLLERR, 0x5555 };
    fds[1] = (WSAPOLLFD){ s, POLLIN, 0x5555 };
    expect_success( WSAPoll( fds, 2, 0 ));
    ok( fds[0].revents == POLLNVAL && !fds[1].revents, "got %#x, %#x\n", fds[0].revents, fds[1].revents );

    /* one socket several times: each entry has its own answer */
    fds[0] = (WSAPOLLFD){ s, POLLRDNORM, 0x5555 };
    fds[1] = (WSAPOLLFD){ s, POLLWRNORM, 0x5555 };
    fds[2] = (WSAPOLLFD){ s, POLLRDNORM | POLLWRNORM, 0x5555 };
    fds[3] = (WSAPOLLFD){ s, POLLRDBAND, 0x5555 };
    ret = WSAPoll( fds, 4, 0 );
    ok( ret == 2, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( !fds[0].revents && fds[1].revents == POLLWRNORM && fds[2].revents == POLLWRNORM && !fds[3].revents,
        "got %#x, %#x, %#x, %#x\n", fds[0].revents, fds[1].revents, fds[2].revents, fds[3].revents );

    CloseHandle( event );
    closesocket( s );
}

static void test_many( void )
{
    WSAPOLLFD fds[300];
    SOCKET src, dst;
    unsigned int i;
    int ret;

    for (i = 0; i < ARRAY_SIZE(fds); i++)
        fds[i] = (WSAPOLLFD){ bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL ), POLLIN };
    tcp_socketpair( &src, &dst );
    closesocket( fds[299].fd );
    fds[299].fd = dst;
    send( src, "x", 1, 0 );
    ret = WSAPoll( fds, ARRAY_SIZE(fds), PATIENCE );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( fds[299].revents == POLLRDNORM, "got events %#x\n", fds[299].revents );
    for (i = 0; i < ARRAY_SIZE(fds); i++)
    {
        if (i < 299) ok( !fds[i].revents, "%u: got events %#x\n", i, fds[i].revents );
        if (i & 1) fds[i].events |= POLLOUT;
    }
    ret = WSAPoll( fds, ARRAY_SIZE(fds), PATIENCE );
    ok( ret == 150, "got %d, error %d\n", ret, WSAGetLastError() );
    for (i = 0; i < ARRAY_SIZE(fds); i++) closesocket( fds[i].fd );
    closesocket( src );

    /* what is there before the call is not looked at, and entries between the others are skipped */
    src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    for (i = 0; i < ARRAY_SIZE(fds); i++)
        fds[i] = (WSAPOLLFD){ i & 1 ? INVALID_SOCKET : src, i & 2 ? POLLIN : POLLOUT, 0x5555 };
    ret = WSAPoll( fds, ARRAY_SIZE(fds), PATIENCE );
    ok( ret == 75, "got %d, error %d\n", ret, WSAGetLastError() );
    for (i = 0; i < ARRAY_SIZE(fds); i++)
        ok( fds[i].revents == (i & 1 ? POLLNVAL : i & 2 ? 0 : POLLWRNORM), "%u: got events %#x\n", i,
            fds[i].revents );
    closesocket( src );
}

/* Sockets come and go under a poll: an answer, an error, but no crash and no hang. */
static DWORD WINAPI churn_thread( void *arg )
{
    volatile SOCKET *shared = arg;
    unsigned int i;

    for (i = 0; i < 200; i++)
    {
        SOCKET s = socket( AF_INET, i & 1 ? SOCK_STREAM : SOCK_DGRAM, 0 );

        shared[i % 4] = s;
        if (i & 2) closesocket( s );
        else
        {
            SwitchToThread();
            CloseHandle( (HANDLE)s );
        }
    }
    shared[4] = 1;
    return 0;
}

static void test_churn( void )
{
    volatile SOCKET shared[5] = { 0 };
    HANDLE thread = CreateThread( NULL, 0, churn_thread, (void *)shared, 0, NULL );
    SOCKET own = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    unsigned int rounds = 0;

    while (!shared[4])
    {
        WSAPOLLFD fds[] = { { shared[0], POLLIN }, { shared[1], POLLIN }, { own, POLLIN },
                            { shared[2], POLLIN } };
        fd_set read = { 3, { shared[0], own, shared[3] } };
        struct timeval timeout = { 0, 100 };
        int ret;

        ret = WSAPoll( fds, ARRAY_SIZE(fds), 1 );
        ok( ret >= 0, "WSAPoll failed, error %d\n", WSAGetLastError() );
        ok( !fds[2].revents, "got events %#x\n", fds[2].revents );
        ret = select( 0, &read, NULL, NULL, &timeout );
        ok( ret >= 0 || WSAGetLastError() == WSAENOTSOCK, "select failed, error %d\n", WSAGetLastError() );
        rounds++;
    }
    ok( !WaitForSingleObject( thread, PATIENCE ), "the thread does not end\n" );
    trace( "%u rounds\n", rounds );
    CloseHandle( thread );
    closesocket( own );
}

static void test_before_startup( void )
{
    WSAPOLLFD fd = { 4, POLLIN };
    fd_set set = { 1, { 4 } };

    expect_error( select( 0, &set, NULL, NULL, &no_wait ), WSANOTINITIALISED );
    expect_error( WSAPoll( &fd, 1, 0 ), WSANOTINITIALISED );
}

START_TEST(poll)
{
    test_before_startup();
    start_sockets();
    test_select_arguments();
    test_select_sets();
    test_states();
    test_timeouts();
    test_alertable( WSA_FLAG_OVERLAPPED );
    test_alertable( 0 );
    test_close_while_waiting();
    test_poll_arguments();
    test_many();
    test_churn();
    stop_sockets();
}
