/*
 * Sockets that the program closes with CloseHandle, whose handle values others get (rules 1 and 3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A socket handle is a kernel handle on Windows too; MS: closesocket asks for itself, but programs do this.
 * The calls before the close matter: they are those for which ws2_32 keeps something. Nothing here is timed:
 * what has to happen is waited for.
 */
#include "util.h"

#define POLLED 8

/* Calls of each kind, many times. */
static void use( SOCKET s, SOCKET other )
{
    struct timeval no_wait = { 0, 0 };
    int i, type, len, on = 1;
    WSAPOLLFD fds[2];
    u_long count;
    char ch;

    for (i = 0; i < 20; i++)
    {
        fd_set set = { 2, { s, other } };

        len = sizeof(type);
        ok( !getsockopt( s, SOL_SOCKET, SO_TYPE, (char *)&type, &len ), "error %d\n", WSAGetLastError() );
        ok( !setsockopt( s, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof(on) ), "error %d\n",
            WSAGetLastError() );
        ok( !ioctlsocket( s, FIONREAD, &count ) && !count, "count %lu, error %d\n", count,
            WSAGetLastError() );
        ok( send( other, "x", 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
        ok( wait_socket( s, "r" ), "no byte\n" );
        ok( recv( s, &ch, 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
        fds[0].fd = s;
        fds[1].fd = other;
        fds[0].events = fds[1].events = POLLRDNORM;
        ok( !WSAPoll( fds, 2, 0 ), "something is ready\n" );
        ok( !select( 0, &set, NULL, NULL, &no_wait ), "something is ready\n" );
    }
}

#define expect_end( s ) expect_end_( __LINE__, s )
static void expect_end_( int line, SOCKET s )
{
    char ch;
    int ret;

    ok_( __FILE__, line )( wait_socket( s, "r" ), "no end\n" );
    ret = recv( s, &ch, 1, 0 );
    ok_( __FILE__, line )( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
}

/* The peer of either end sees the end, and can then have the address. */
static void test_end( void )
{
    struct sockaddr_in addr;
    int which, len, ret;
    SOCKET pair[2], s;

    for (which = 0; which < 2; which++)
    {
        tcp_socketpair( &pair[0], &pair[1] );
        use( pair[which], pair[!which] );
        CloseHandle( (HANDLE)pair[which] );
        expect_end( pair[!which] );
        closesocket( pair[!which] );
    }

    udp_socketpair( &pair[0], &pair[1] );
    use( pair[0], pair[1] );
    len = sizeof(addr);
    getsockname( pair[0], (struct sockaddr *)&addr, &len );
    CloseHandle( (HANDLE)pair[0] );
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    ret = bind( s, (struct sockaddr *)&addr, sizeof(addr) );
    ok( !ret, "the port is still in use, error %d\n", WSAGetLastError() );
    closesocket( s );
    closesocket( pair[1] );
}

/* The next socket with the same handle value is another socket from its first call on. */
static void test_next_socket( void )
{
    SOCKET pairs[64][2], old, peer;
    unsigned int i, reused = 0, count;
    char ch;

    tcp_socketpair( &old, &peer );
    use( peer, old );
    use( old, peer );
    CloseHandle( (HANDLE)peer );
    for (count = 0; count < 64 && !reused; count++)
    {
        tcp_socketpair( &pairs[count][0], &pairs[count][1] );
        for (i = 0; i < 2; i++)
        {
            if (pairs[count][i] != peer) continue;
            reused++;
            ok( send( pairs[count][i], "n", 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
            ok( wait_socket( pairs[count][!i], "r" ), "the byte went elsewhere\n" );
            ok( recv( pairs[count][!i], &ch, 1, 0 ) == 1 && ch == 'n', "error %d\n", WSAGetLastError() );
        }
    }
    if (!reused) win_skip( "the handle value did not come again\n" );
    expect_end( old );
    closesocket( old );
    while (count--)
    {
        closesocket( pairs[count][0] );
        closesocket( pairs[count][1] );
    }
}

/* Close a socket by its handle, in one of two ways, and make the same value a duplicate of another one, by
 * calls that ws2_32 does not see. FALSE: the value did not come again. */
static BOOL replace_handle( SOCKET old, SOCKET other )
{
    static unsigned int calls;
    HANDLE copies[64], copy = NULL, moved;
    unsigned int count;

    if (calls++ & 1) CloseHandle( (HANDLE)old );
    else
    {
        ok( DuplicateHandle( GetCurrentProcess(), (HANDLE)old, GetCurrentProcess(), &moved, 0, FALSE,
                             DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE ), "error %lu\n",
            GetLastError() );
        CloseHandle( moved );
    }
    for (count = 0; count < 64 && copy != (HANDLE)old; count++)
    {
        DuplicateHandle( GetCurrentProcess(), (HANDLE)other, GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS );
        copies[count] = copy;
    }
    if (copy == (HANDLE)old) count--;
    else win_skip( "the handle value did not come again\n" );
    while (count--) CloseHandle( copies[count] );
    return copy == (HANDLE)old;
}

/* The next byte, or 0. */
static char next_byte( SOCKET s )
{
    char ch;

    return wait_socket( s, "r" ) && recv( s, &ch, 1, 0 ) == 1 ? ch : 0;
}

/* What is sent on the handle goes where it leads now, at once; which end it was does not matter. */
static void test_next_duplicate( void )
{
    unsigned int which, round;
    SOCKET pair[2], s, other;

    for (which = 0; which < 2; which++)
    {
        for (round = 0; round < 20; round++)
        {
            tcp_socketpair( &pair[0], &pair[1] );
            tcp_socketpair( &s, &other );
            use( pair[which], pair[!which] );
            if (replace_handle( pair[which], s ))
            {
                ok( send( pair[which], "d", 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
                ok( next_byte( other ) == 'd', "the byte went elsewhere\n" );
                ok( send( other, "e", 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
                ok( next_byte( pair[which] ) == 'e', "no byte\n" );
                closesocket( pair[which] );
            }
            expect_end( pair[!which] );
            closesocket( pair[!which] );
            closesocket( s );
            closesocket( other );
        }
    }
}

/* Nothing that was known of the old socket holds for the new one. */
static void test_next_state( void )
{
    struct linger reset = { 1, 0 };
    SOCKET pair[2], s, other;
    unsigned int which;
    u_long on = 1;
    DWORD timeout;
    int type, len;
    char ch;

    for (which = 0; which < 2; which++)
    {
        /* a reset, which every later call reports */
        tcp_socketpair( &pair[0], &pair[1] );
        tcp_socketpair( &s, &other );
        use( pair[which], pair[!which] );
        setsockopt( pair[!which], SOL_SOCKET, SO_LINGER, (char *)&reset, sizeof(reset) );
        closesocket( pair[!which] );
        ok( wait_socket( pair[which], "r" ), "no reset\n" );
        ok( recv( pair[which], &ch, 1, 0 ) == -1 && WSAGetLastError() == WSAECONNRESET, "error %d\n",
            WSAGetLastError() );
        if (replace_handle( pair[which], s ))
        {
            ok( send( pair[which], "d", 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
            ok( next_byte( other ) == 'd', "the byte went elsewhere\n" );
            closesocket( pair[which] );
        }
        closesocket( s );
        closesocket( other );

        /* blocking mode and time-outs */
        tcp_socketpair( &pair[0], &pair[1] );
        tcp_socketpair( &s, &other );
        timeout = 50;
        ok( !setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) ), "error %d\n",
            WSAGetLastError() );
        use( pair[which], pair[!which] );
        ok( !ioctlsocket( pair[which], FIONBIO, &on ), "error %d\n", WSAGetLastError() );
        ok( recv( pair[which], &ch, 1, 0 ) == -1 && WSAGetLastError() == WSAEWOULDBLOCK, "error %d\n",
            WSAGetLastError() );
        if (replace_handle( pair[which], s ))
        {
            ok( recv( pair[which], &ch, 1, 0 ) == -1 && WSAGetLastError() == WSAETIMEDOUT, "error %d\n",
                WSAGetLastError() );
            timeout = 0;
            len = sizeof(timeout);
            ok( !getsockopt( pair[which], SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, &len ) && timeout == 50,
                "time-out %lu, error %d\n", timeout, WSAGetLastError() );
            closesocket( pair[which] );
        }
        closesocket( pair[!which] );
        closesocket( s );
        closesocket( other );
    }

    /* another type of socket */
    tcp_socketpair( &s, &other );
    udp_socketpair( &pair[0], &pair[1] );
    use( pair[0], pair[1] );
    if (replace_handle( pair[0], s ))
    {
        len = sizeof(type);
        ok( !getsockopt( pair[0], SOL_SOCKET, SO_TYPE, (char *)&type, &len ) && type == SOCK_STREAM,
            "type %d, error %d\n", type, WSAGetLastError() );
        on = 1;
        ok( !setsockopt( pair[0], IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof(on) ), "error %d\n",
            WSAGetLastError() );
        ok( send( pair[0], "", 0, 0 ) == 0, "error %d\n", WSAGetLastError() );
        ok( send( pair[0], "d", 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
        ok( next_byte( other ) == 'd', "the byte went elsewhere\n" );
        closesocket( pair[0] );
    }
    closesocket( pair[1] );
    closesocket( s );
    closesocket( other );
}

/* A socket that nothing was done with becomes another one: the first call finds out. */
static void test_next_of_unused( void )
{
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
    DWORD timeout, expected = 50;
    SOCKET unused, s, other;
    unsigned int i;
    char ch;
    int len;

    for (i = 0; i < ARRAY_SIZE( types ); i++)
    {
        tcp_socketpair( &s, &other );
        setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&expected, sizeof(expected) );
        unused = socket( AF_INET, types[i], 0 );
        if (replace_handle( unused, s ))
        {
            ok( send( unused, "d", 1, 0 ) == 1, "%u: error %d\n", i, WSAGetLastError() );
            ok( next_byte( other ) == 'd', "%u: the byte went elsewhere\n", i );
            timeout = 0;
            len = sizeof(timeout);
            ok( !getsockopt( unused, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, &len ) &&
                timeout == expected, "%u: time-out %lu, error %d\n", i, timeout, WSAGetLastError() );
            if (timeout == expected)
                ok( recv( unused, &ch, 1, 0 ) == -1 && WSAGetLastError() == WSAETIMEDOUT,
                    "%u: error %d\n", i, WSAGetLastError() );
            closesocket( unused );
        }
        closesocket( s );
        closesocket( other );
    }
}

/* The same where a poll of many sockets is the first call with the new one: receives of a socket whose data
 * is watched let FD_READ come again, which the old one's did not have to. */
static void test_polled_next_state( void )
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;
    SOCKET pair[2], s, other;
    unsigned int which, i;
    WSAPOLLFD fds[2];
    char ch;

    for (which = 0; which < 2; which++)
    {
        tcp_socketpair( &pair[0], &pair[1] );
        tcp_socketpair( &s, &other );
        use( pair[which], pair[!which] );
        ok( !WSAEventSelect( s, event, FD_READ ), "error %d\n", WSAGetLastError() );
        if (replace_handle( pair[which], s ))
        {
            fds[0].fd = pair[which];
            fds[1].fd = pair[!which];
            fds[0].events = POLLRDNORM;
            fds[1].events = POLLWRNORM;
            ok( WSAPoll( fds, 2, 0 ) == 1, "error %d\n", WSAGetLastError() );
            ok( send( other, "abc", 3, 0 ) == 3, "error %d\n", WSAGetLastError() );
            for (i = 0; i < 3; i++)
            {
                ok( WSAWaitForMultipleEvents( 1, &event, FALSE, PATIENCE, FALSE ) == WSA_WAIT_EVENT_0,
                    "no event for byte %u\n", i );
                ok( !WSAEnumNetworkEvents( s, event, &events ) && events.lNetworkEvents == FD_READ,
                    "events %#lx\n", events.lNetworkEvents );
                ok( recv( pair[which], &ch, 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
            }
            closesocket( pair[which] );
        }
        closesocket( pair[!which] );
        closesocket( s );
        closesocket( other );
    }
    WSACloseEvent( event );
}

/* A poll of many sockets notices both: that a socket is gone, and that its handle is another one. */
static void test_polled( void )
{
    SOCKET sockets[POLLED], sender, s, spare[64];
    struct sockaddr_storage addr;
    WSAPOLLFD fds[POLLED];
    unsigned int i, count;
    int len, ret;

    sender = bound_socket( AF_INET, SOCK_DGRAM, 0, NULL, NULL );
    for (i = 0; i < POLLED; i++)
    {
        fds[i].fd = sockets[i] = bound_socket( AF_INET, SOCK_DGRAM, 0, &addr, &len );
        fds[i].events = POLLRDNORM;
        ok( sendto( sender, "x", 1, 0, (struct sockaddr *)&addr, len ) == 1, "error %d\n",
            WSAGetLastError() );
        ok( wait_socket( sockets[i], "r" ), "no datagram\n" );
    }
    for (i = 0; i < 20; i++) ok( WSAPoll( fds, POLLED, 0 ) == POLLED, "not all are ready\n" );

    CloseHandle( (HANDLE)sockets[0] );
    for (count = 0; count < 64; count++)
    {
        s = spare[count] = bound_socket( AF_INET, SOCK_DGRAM, 0, NULL, NULL );
        if (s == sockets[0]) break;
    }
    if (count == 64) win_skip( "the handle value did not come again\n" );
    else
    {
        count++;
        ok( WSAPoll( fds, POLLED, 0 ) == POLLED - 1, "the new socket is ready\n" );
        ok( !fds[0].revents, "got %#x\n", fds[0].revents );
    }
    while (count--) closesocket( spare[count] );

    CloseHandle( (HANDLE)sockets[1] );
    ret = WSAPoll( fds + 1, POLLED - 1, 0 );
    ok( fds[1].revents == POLLNVAL, "got %d, events %#x\n", ret, fds[1].revents );
    for (i = 2; i < POLLED; i++) closesocket( sockets[i] );
    closesocket( sender );
}

/* What was looked up before AcceptEx is not the descriptor after it (rule 3). */
static void test_accept_target( void )
{
    GUID guid = WSAID_ACCEPTEX;
    SOCKET listener, target, client;
    struct sockaddr_storage addr;
    OVERLAPPED overlapped = { 0 };
    LPFN_ACCEPTEX accept_ex;
    DWORD size, flags;
    char buffer[256];
    int i, len, on;
    u_long count;
    BOOL ret;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    accept_ex = get_extension( listener, &guid );
    target = WSASocketW( AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED );
    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    for (i = 0; i < 20; i++)
    {
        on = 1;
        ok( !setsockopt( target, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof(on) ), "error %d\n",
            WSAGetLastError() );
        ok( !ioctlsocket( target, FIONREAD, &count ), "error %d\n", WSAGetLastError() );
    }
    ret = accept_ex( listener, target, buffer, 0, sizeof(struct sockaddr_in) + 16,
                     sizeof(struct sockaddr_in) + 16, &size, &overlapped );
    ok( !ret && WSAGetLastError() == ERROR_IO_PENDING, "error %d\n", WSAGetLastError() );
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    ok( !connect( client, (struct sockaddr *)&addr, len ), "error %d\n", WSAGetLastError() );
    ok( WSAGetOverlappedResult( target, &overlapped, &size, TRUE, &flags ), "error %d\n",
        WSAGetLastError() );
    ok( !setsockopt( target, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof(listener) ),
        "error %d\n", WSAGetLastError() );
    ok( send( client, "abc", 3, 0 ) == 3, "error %d\n", WSAGetLastError() );
    ok( wait_socket( target, "r" ), "no bytes\n" );
    ok( !ioctlsocket( target, FIONREAD, &count ) && count == 3, "count %lu\n", count );
    on = 0;
    len = sizeof(on);
    ok( !getsockopt( target, IPPROTO_TCP, TCP_NODELAY, (char *)&on, &len ) && on, "the option is lost\n" );
    ok( recv( target, buffer, sizeof(buffer), 0 ) == 3, "error %d\n", WSAGetLastError() );
    closesocket( target );
    expect_end( client );
    closesocket( client );
    closesocket( listener );
    CloseHandle( overlapped.hEvent );
}

/* A thread in a receive while another sets SO_LINGER, for which nothing may be kept: the call goes on. */
static DWORD CALLBACK receive_thread( void *arg )
{
    char ch = 0;
    int ret = recv( *(SOCKET *)arg, &ch, 1, 0 );

    ok( ret == 1 && ch == 'l', "got %d, error %d\n", ret, WSAGetLastError() );
    return 0;
}

static void test_linger( void )
{
    struct linger linger = { 1, 3 };
    SOCKET s, other;
    HANDLE thread;
    int i;

    tcp_socketpair( &other, &s );
    use( s, other );
    thread = CreateThread( NULL, 0, receive_thread, &s, 0, NULL );
    for (i = 0; i < 50; i++)
        ok( !setsockopt( s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) ), "error %d\n",
            WSAGetLastError() );
    ok( send( other, "l", 1, 0 ) == 1, "error %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( thread, PATIENCE ), "the receive does not end\n" );
    CloseHandle( thread );
    closesocket( s );
    expect_end( other );
    closesocket( other );
}

START_TEST(closehandle)
{
    start_sockets();
    test_end();
    test_next_socket();
    test_next_duplicate();
    test_next_state();
    test_next_of_unused();
    test_polled_next_state();
    test_polled();
    test_accept_target();
    test_linger();
    stop_sockets();
}
