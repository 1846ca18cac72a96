/*
 * What options do to the host's socket, as others than this program see it: ss and the kernel's own values
 * (tests/observer.sh). SIO_KEEPALIVE_VALS and its kin are in keepalive.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "observer.h"

#define CODE_INITIAL_RTO 0x98000011 /* SIO_TCP_INITIAL_RTO */
#define CODE_PRIORITY_HINT 0x98000018 /* SIO_PRIORITY_HINT */

struct outside_option
{
    const char *name;
    int family, type, level, option;
    DWORD value;
    const char *expected;           /* of the observer's line */
};

#define TCP4 AF_INET, SOCK_STREAM
#define UDP4 AF_INET, SOCK_DGRAM
#define UDP6 AF_INET6, SOCK_DGRAM

/* The option does what its page says (MS: IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET options); how
 * the host says that is L: ip(7), ipv6(7), tcp(7), udp(7). */
static const struct outside_option outside_options[] =
{
    { "TCP_NODELAY", TCP4, IPPROTO_TCP, TCP_NODELAY, 1, "nodelay=1" },
    { "SO_OOBINLINE", TCP4, SOL_SOCKET, SO_OOBINLINE, 1, "oobinline=1" },
    { "TCP_MAXRT", TCP4, IPPROTO_TCP, 5, 9, "timeout=9000" },
    { "SO_LINGER", TCP4, SOL_SOCKET, SO_LINGER, MAKELONG( 1, 7 ), "linger=1,7" },
    { "SO_LINGER 0", TCP4, SOL_SOCKET, SO_LINGER, MAKELONG( 1, 0 ), "linger=1,0" },
    { "SO_DONTLINGER", TCP4, SOL_SOCKET, SO_DONTLINGER, 1, "linger=0" },
    { "IP_TTL", TCP4, IPPROTO_IP, IP_TTL, 33, "ttl=33" },
    { "IP_TOS", UDP4, IPPROTO_IP, IP_TOS, 0x10, "tos=16" },
    { "IP_TTL", UDP4, IPPROTO_IP, IP_TTL, 34, "ttl=34" },
    { "IP_MULTICAST_TTL", UDP4, IPPROTO_IP, IP_MULTICAST_TTL, 5, "mttl=5" },
    { "IP_DONTFRAGMENT", UDP4, IPPROTO_IP, IP_DONTFRAGMENT, 1, "discover=2" },
    { "IP_DONTFRAGMENT off", UDP4, IPPROTO_IP, IP_DONTFRAGMENT, 0, "discover=0" },
    { "SO_BROADCAST", UDP4, SOL_SOCKET, SO_BROADCAST, 1, "broadcast=1" },
    { "UDP_NOCHECKSUM", UDP4, IPPROTO_UDP, 1, 1, "nocheck=1" },
    { "UDP_SEND_MSG_SIZE", UDP4, IPPROTO_UDP, 2, 512, "segment=512" },
    { "IPV6_UNICAST_HOPS", UDP6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 44, "hops=44" },
    { "IPV6_MULTICAST_HOPS", UDP6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 6, "mhops=6" },
    { "IPV6_V6ONLY off", UDP6, IPPROTO_IPV6, IPV6_V6ONLY, 0, "only6=0" },
};

static BOOL has_option( const char *line, const char *expected )
{
    const char *end = line + strcspn( line, "\n" ), *found = line;
    char word[32];

    sprintf( word, " %s", expected );
    while ((found = strstr( found, word )) && found < end)
        if (strchr( " ,\n", (found += strlen( word ))[0] )) return TRUE;
    return FALSE;
}

/* FALSE: nobody can tell. */
static BOOL look( SOCKET s, int type, char *buffer, DWORD size, unsigned short *port, unsigned short *peer )
{
    return observed_ports( s, port, peer ) &&
           observe_port( type == SOCK_STREAM ? "tcp" : "udp", *port, buffer, size );
}

static void check_outside( SOCKET s, int type, const char *expected )
{
    unsigned short port, peer;
    char buffer[8192];
    const char *line;

    if (look( s, type, buffer, sizeof(buffer), &port, &peer ) &&
        (line = observed_options( buffer, port, peer )))
        ok( has_option( line, expected ), "expected %s in %s\n", expected, line );
    else skip( "no observer\n" );
}

static void test_option( const struct outside_option *row )
{
    BOOL is_linger = row->level == SOL_SOCKET && row->option == SO_LINGER;
    SOCKET s, other;

    make_pair( row->type, &s, &other );
    if (row->family == AF_INET6)
    {
        struct sockaddr_in6 any = { AF_INET6 };

        closesocket( s );
        s = socket( row->family, row->type, 0 );
        expect_success( setsockopt( s, row->level, row->option, (const char *)&row->value,
                                    sizeof(row->value) ));
        expect_success( bind( s, (struct sockaddr *)&any, sizeof(any) ));
    }
    else expect_success( setsockopt( s, row->level, row->option, (const char *)&row->value,
                                     is_linger ? sizeof(LINGER) : sizeof(row->value) ));
    check_outside( s, row->type, row->expected );
    closesocket( s );
    closesocket( other );
}

/* MS: SIO_TCP_INITIAL_RTO */
static void test_initial_rto( void )
{
    const BYTE values[4] = { 0xff, 0xff, 2, 0 };
    struct sockaddr_storage addr;
    SOCKET s, listener;
    DWORD count;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( WSAIoctl( s, CODE_INITIAL_RTO, (void *)values, sizeof(values), NULL, 0, &count, NULL,
                              NULL ));
    expect_success( connect( s, (struct sockaddr *)&addr, len ));
    check_outside( s, SOCK_STREAM, "syncnt=2" );
    closesocket( s );
    closesocket( listener );
}

/* MS: Winsock IOCTLs; how the host numbers what goes out last: L: tc-prio(8) */
static void test_priority( void )
{
    static const struct { DWORD hint; const char *expected; } hints[] =
    {
        { 0 /* very low */, "priority=1" }, { 1 /* low */, "priority=2" }, { 2 /* normal */, "priority=0" },
    };
    unsigned int i;
    SOCKET s, other;
    DWORD hint, count;

    tcp_socketpair( &s, &other );
    for (i = 0; i < ARRAY_SIZE( hints ); i++)
    {
        hint = hints[i].hint;
        expect_success( WSAIoctl( s, CODE_PRIORITY_HINT, &hint, sizeof(hint), NULL, 0, &count, NULL, NULL ));
        check_outside( s, SOCK_STREAM, hints[i].expected );
    }
    hint = 3;
    expect_error( WSAIoctl( s, CODE_PRIORITY_HINT, &hint, sizeof(hint), NULL, 0, &count, NULL, NULL ),
                  WSAEINVAL );
    closesocket( s );
    closesocket( other );
}

/* The host's buffers are twice what is set, half of that for its own needs (L: socket(7)); the program reads
 * what it has set (T: test_set_getsockopt). */
static void test_buffers( int type )
{
    static const unsigned int sizes[] = { 0x14000, 0x18000 };
    unsigned int i, receive, send, value;
    int len;
    unsigned short port, peer;
    char buffer[8192];
    const char *line, *memory;
    SOCKET src, dst;

    make_pair( type, &src, &dst );
    for (i = 0; i < ARRAY_SIZE( sizes ); i++)
    {
        expect_success( setsockopt( src, SOL_SOCKET, SO_SNDBUF, (char *)&sizes[i], sizeof(sizes[i]) ));
        expect_success( setsockopt( src, SOL_SOCKET, SO_RCVBUF, (char *)&sizes[i], sizeof(sizes[i]) ));
        len = sizeof(value);
        expect_success( getsockopt( src, SOL_SOCKET, SO_SNDBUF, (char *)&value, &len ));
        ok( value == sizes[i], "got %u, expected %u\n", value, sizes[i] );
        expect_success( getsockopt( src, SOL_SOCKET, SO_RCVBUF, (char *)&value, &len ));
        ok( value == sizes[i], "got %u, expected %u\n", value, sizes[i] );
        if (!look( src, type, buffer, sizeof(buffer), &port, &peer ) ||
            !(line = observed_state( buffer, port, peer )))
        {
            skip( "no observer\n" );
            break;
        }
        memory = strstr( line, "skmem:(" );
        ok( memory && sscanf( memory, "skmem:(r%*u,rb%u,t%*u,tb%u", &receive, &send ) == 2,
            "no sizes in %s\n", line );
        if (!memory) break;
        ok( receive == 2 * sizes[i], "receive buffer is %u, expected twice %u\n", receive, sizes[i] );
        ok( send == 2 * sizes[i], "send buffer is %u, expected twice %u\n", send, sizes[i] );
    }
    closesocket( src );
    closesocket( dst );
}

/* Until the connection looks so from outside (NULL: it is gone), or for as long as patience lasts. */
static BOOL wait_state( unsigned short port, unsigned short peer, const char *state, char *buffer,
                        DWORD size )
{
    DWORD end = GetTickCount() + PATIENCE;
    const char *line;

    do
    {
        if (!observe_port( "tcp", port, buffer, size )) return FALSE;
        line = observed_state( buffer, port, peer );
        if (!state ? !line : line && !strncmp( line + 3, state, strlen( state ) )) return TRUE;
    }
    while ((int)(end - GetTickCount()) > 0);
    return FALSE;
}

/* MS: closesocket, SO_LINGER: which end the connection gets. */
static void test_close( void )
{
    static const struct
    {
        const char *name;
        LINGER linger;
        const char *own, *other;        /* states; NULL: the socket is gone */
        BOOL unread;
    }
    ways[] =
    {
        { "graceful", { 0, 0 }, "FIN-WAIT-2", "CLOSE-WAIT" },
        { "lingering", { 1, 30 }, "FIN-WAIT-2", "CLOSE-WAIT" },
        { "hard", { 1, 0 }, NULL, NULL },
        { "with data unread", { 0, 0 }, NULL, NULL, TRUE },
    };
    unsigned short port, peer;
    char buffer[8192], byte;
    unsigned int i;
    SOCKET src, dst;
    int ret;

    for (i = 0; i < ARRAY_SIZE( ways ); i++)
    {
        winetest_push_context( "%s", ways[i].name );
        tcp_socketpair( &src, &dst );
        expect_success( setsockopt( src, SOL_SOCKET, SO_LINGER, (const char *)&ways[i].linger,
                                    sizeof(LINGER) ));
        if (!look( src, SOCK_STREAM, buffer, sizeof(buffer), &port, &peer ))
        {
            skip( "no observer\n" );
            closesocket( src );
            closesocket( dst );
            winetest_pop_context();
            return;
        }
        if (ways[i].unread)
        {
            ret = send( dst, "x", 1, 0 );
            ok( ret == 1, "send returned %d\n", ret );
            ok( wait_socket( src, "r" ), "not readable\n" );
        }
        ok( !closesocket( src ), "error %d\n", WSAGetLastError() );
        ok( wait_state( port, peer, ways[i].own, buffer, sizeof(buffer) ), "no state %s: %s\n", ways[i].own,
            buffer );
        ok( wait_state( peer, port, ways[i].other, buffer, sizeof(buffer) ), "no state %s: %s\n",
            ways[i].other, buffer );
        if (ways[i].other)
        {
            ret = recv( dst, &byte, 1, 0 );
            ok( !ret, "recv returned %d, error %d\n", ret, WSAGetLastError() );
        }
        else expect_error( recv( dst, &byte, 1, 0 ), WSAECONNRESET );
        closesocket( dst );
        winetest_pop_context();
    }
}

struct closing
{
    SOCKET s;
    int ret, error;
};

static DWORD WINAPI closing_thread( void *arg )
{
    struct closing *closing = arg;

    closing->ret = closesocket( closing->s );
    closing->error = WSAGetLastError();
    return 0;
}

/* A blocking socket with more to send than the host has room for. */
static SOCKET filled_socket( u_short seconds, SOCKET *dst, unsigned int *size )
{
    static char data[0x40000];
    const LINGER linger = { 1, seconds };
    SOCKET s;
    int ret;

    tcp_socketpair( &s, dst );
    expect_success( setsockopt( s, SOL_SOCKET, SO_LINGER, (const char *)&linger, sizeof(linger) ));
    set_blocking( s, FALSE );
    for (*size = 0; (ret = send( s, data, sizeof(data), 0 )) > 0; *size += ret) {}
    ok( WSAGetLastError() == WSAEWOULDBLOCK, "got error %d\n", WSAGetLastError() );
    set_blocking( s, TRUE );
    return s;
}

static int receive_rest( SOCKET s, unsigned int *size )
{
    static char data[0x10000];
    int ret;

    for (*size = 0; (ret = recv( s, data, sizeof(data), 0 )) > 0; *size += ret) {}
    return ret;
}

/* MS: closesocket: with a time to linger a blocking socket's call returns when all is sent, or when the time
 * is over, which ends the connection. */
static void test_lingering( void )
{
    unsigned int size, received, queued = 0;
    struct closing closing;
    unsigned short port, peer;
    char buffer[8192];
    const char *line;
    HANDLE thread;
    SOCKET dst;
    int ret;

    closing.s = filled_socket( 60, &dst, &size );
    if (!look( closing.s, SOCK_STREAM, buffer, sizeof(buffer), &port, &peer ))
    {
        skip( "no observer\n" );
        closesocket( dst );
        closesocket( closing.s );
        return;
    }
    thread = CreateThread( NULL, 0, closing_thread, &closing, 0, NULL );
    observe_port( "tcp", port, buffer, sizeof(buffer) );
    line = observed_state( buffer, port, peer );
    ok( line && sscanf( line, "ss %*s %*u %u", &queued ) == 1 && queued, "nothing waits: %s\n", buffer );
    ok( WaitForSingleObject( thread, 0 ) == WAIT_TIMEOUT, "closesocket did not wait\n" );
    ret = receive_rest( dst, &received );
    ok( !ret && received == size, "recv returned %d, error %d, %u of %u bytes\n", ret, WSAGetLastError(),
        received, size );
    ok( !WaitForSingleObject( thread, PATIENCE ), "closesocket does not return\n" );
    ok( !closing.ret, "got error %d\n", closing.error );
    ok( wait_state( port, peer, "FIN-WAIT-2", buffer, sizeof(buffer) ), "got %s\n", buffer );
    CloseHandle( thread );
    closesocket( dst );

    closing.s = filled_socket( 1, &dst, &size );
    observed_ports( closing.s, &port, &peer );
    ok( !closesocket( closing.s ), "error %d\n", WSAGetLastError() );
    ok( wait_state( port, peer, NULL, buffer, sizeof(buffer) ), "got %s\n", buffer );
    ret = receive_rest( dst, &received );
    ok( ret && WSAGetLastError() == WSAECONNRESET, "got %d, error %d\n", ret, WSAGetLastError() );
    closesocket( dst );
}

START_TEST( outside )
{
    unsigned int i;

    start_sockets();
    for (i = 0; i < ARRAY_SIZE( outside_options ); i++)
    {
        if (outside_options[i].family == AF_INET6 && !have_ipv6()) continue;
        winetest_push_context( "%s", outside_options[i].name );
        test_option( &outside_options[i] );
        winetest_pop_context();
    }
    test_initial_rto();
    test_priority();
    test_buffers( SOCK_STREAM );
    test_buffers( SOCK_DGRAM );
    test_close();
    test_lingering();
    stop_sockets();
}
