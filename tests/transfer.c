/*
 * Sending and receiving: results, byte counts, flags, and what bad arguments answer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#ifndef MSG_WAITALL
#define MSG_WAITALL 8
#endif

static WSABUF wsabuf( void *data, ULONG len )
{
    WSABUF buf = { len, data };

    return buf;
}

/* Every form on what is no socket. MS: send, recv; Windows looks at the handle first. */
static void test_not_a_socket( void )
{
    struct sockaddr_in addr = loopback_address( 1 );
    char buffer[16];
    WSABUF buf = wsabuf( buffer, sizeof(buffer) );
    SOCKET bad[4], s;
    DWORD count, flags = 0;
    HANDLE event;
    unsigned int i;
    int len = sizeof(addr);

    event = CreateEventW( NULL, FALSE, FALSE, NULL );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    closesocket( s );
    bad[0] = 0;
    bad[1] = INVALID_SOCKET;
    bad[2] = (SOCKET)event;
    bad[3] = s;
    for (i = 0; i < ARRAY_SIZE(bad); i++)
    {
        winetest_push_context( "%u", i );
        expect_error( send( bad[i], "x", 1, 0 ), WSAENOTSOCK );
        expect_error( recv( bad[i], buffer, 1, 0 ), WSAENOTSOCK );
        expect_error( sendto( bad[i], "x", 1, 0, (struct sockaddr *)&addr, len ), WSAENOTSOCK );
        expect_error( recvfrom( bad[i], buffer, 1, 0, (struct sockaddr *)&addr, &len ), WSAENOTSOCK );
        expect_error( WSASend( bad[i], &buf, 1, &count, 0, NULL, NULL ), WSAENOTSOCK );
        expect_error( WSARecv( bad[i], &buf, 1, &count, &flags, NULL, NULL ), WSAENOTSOCK );
        expect_error( WSASendTo( bad[i], &buf, 1, &count, 0, (struct sockaddr *)&addr, len, NULL, NULL ),
                      WSAENOTSOCK );
        expect_error( WSARecvFrom( bad[i], &buf, 1, &count, &flags, (struct sockaddr *)&addr, &len,
                                   NULL, NULL ),
                      WSAENOTSOCK );
        winetest_pop_context();
    }
    CloseHandle( event );
}

/* MS: send, recv, "WSAENOTCONN"; reference 3.3 */
static void test_not_connected( void )
{
    struct sockaddr_storage addr;
    char buffer[16];
    SOCKET s;
    int len;

    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( send( s, "x", 1, 0 ), WSAENOTCONN );
    expect_error( recv( s, buffer, 1, 0 ), WSAENOTCONN );
    closesocket( s );
    s = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_blocking( s, FALSE );
    expect_error( send( s, "x", 1, 0 ), WSAENOTCONN );
    expect_error( recv( s, buffer, 1, 0 ), WSAENOTCONN );
    closesocket( s );
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    set_blocking( s, FALSE );
    expect_error( send( s, "x", 1, 0 ), WSAENOTCONN );
    expect_error( recv( s, buffer, 1, 0 ), WSAEINVAL );
    expect_error( recvfrom( s, buffer, 1, 0, NULL, NULL ), WSAEINVAL );
    closesocket( s );
}

/* Pointers that are no memory: WSAEFAULT, and nothing is lost or sent. */
static void test_bad_pointers( void )
{
    char buffer[64], *edge = memory_before_nothing( 4 );
    WSABUF buf, *bad_bufs = bad_pointer();
    DWORD count, flags;
    SOCKET src, dst;
    unsigned int i;
    int ret;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        winetest_push_context( "type %d", pair_types[i] );
        make_pair( pair_types[i], &src, &dst );
        set_blocking( dst, FALSE );

        expect_error( send( src, bad_pointer(), 10, 0 ), WSAEFAULT );
        expect_error( send( src, NULL, 10, 0 ), WSAEFAULT );
        buf = wsabuf( buffer, 4 );
        expect_error( WSASend( src, &buf, 1, NULL, 0, NULL, NULL ), WSAEFAULT );
        expect_error( WSASend( src, &buf, 1, bad_pointer(), 0, NULL, NULL ), WSAEFAULT );
        expect_error( WSASend( src, bad_bufs, 1, &count, 0, NULL, NULL ), WSAEFAULT );
        expect_error( WSASend( src, &buf, 1, &count, 0, bad_pointer(), NULL ), WSAEFAULT );
        expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );

        send( src, "kept", 4, 0 );
        ok( wait_socket( dst, "r" ), "no data\n" );
        flags = 0;
        expect_error( recv( dst, bad_pointer(), 10, 0 ), WSAEFAULT );
        expect_error( recv( dst, read_only_memory(), 10, 0 ), WSAEFAULT );
        expect_error( WSARecv( dst, &buf, 1, NULL, &flags, NULL, NULL ), WSAEFAULT );
        expect_error( WSARecv( dst, &buf, 1, &count, NULL, NULL, NULL ), WSAEFAULT );
        expect_error( WSARecv( dst, &buf, 1, &count, bad_pointer(), NULL, NULL ), WSAEFAULT );
        expect_error( WSARecv( dst, &buf, 1, bad_pointer(), &flags, NULL, NULL ), WSAEFAULT );
        expect_error( WSARecv( dst, bad_bufs, 1, &count, &flags, NULL, NULL ), WSAEFAULT );
        expect_error( WSARecv( dst, &buf, 1, &count, &flags, bad_pointer(), NULL ), WSAEFAULT );
        ret = sizeof(struct sockaddr_in);
        if (pair_types[i] == SOCK_DGRAM)
            expect_error( recvfrom( dst, buffer, 4, 0, bad_pointer(), &ret ), WSAEFAULT );
        ret = recv( dst, edge, 4, 0 );
        ok( ret == 4 && !memcmp( edge, "kept", 4 ), "got %d, error %d\n", ret, WSAGetLastError() );

        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
}

/* MS: send, recv: flags that do not apply are WSAEOPNOTSUPP. Reference 3.5 for MSG_WAITALL. */
static void test_flags( void )
{
    static const int waitall[] = { MSG_WAITALL | MSG_PEEK, MSG_WAITALL | MSG_OOB,
                                   MSG_WAITALL | MSG_PARTIAL };
    SOCKET src, dst;
    char buffer[16];
    unsigned int i;
    int ret;

    tcp_socketpair( &src, &dst );
    for (i = 0; i < ARRAY_SIZE(waitall); i++)
        expect_error( recv( dst, buffer, 4, waitall[i] ), WSAEOPNOTSUPP );
    expect_error( recv( dst, buffer, 4, 0x40000000 ), WSAEOPNOTSUPP );
    expect_error( send( src, buffer, 4, 0x40000000 ), WSAEOPNOTSUPP );
    ret = send( src, "route", 5, MSG_DONTROUTE );
    ok( ret == 5, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( recv_exactly( dst, buffer, 5 ), "got error %d\n", WSAGetLastError() );
    set_blocking( dst, FALSE );
    expect_error( recv( dst, buffer, 4, MSG_WAITALL ), WSAEOPNOTSUPP );
    closesocket( src );
    closesocket( dst );

    udp_socketpair( &src, &dst );
    expect_error( recv( dst, buffer, 4, MSG_WAITALL ), WSAEOPNOTSUPP );
    closesocket( src );
    closesocket( dst );
}

/* Several buffers, empty ones among them, more of them than most programs use. */
static void test_scatter_gather( void )
{
    char data[100], parts[100];
    WSABUF out[100], in[100];
    DWORD count, flags;
    SOCKET src, dst;
    unsigned int i, j, n;
    int ret;

    for (i = 0; i < ARRAY_SIZE(pair_types); i++)
    {
        static const unsigned int counts[] = { 1, 2, 15, 16, 17, 64, 100 };

        make_pair( pair_types[i], &src, &dst );
        for (n = 0; n < ARRAY_SIZE(counts); n++)
        {
            winetest_push_context( "type %d, %u buffers", pair_types[i], counts[n] );
            for (j = 0; j < counts[n]; j++)
            {
                data[j] = 'A' + j % 50;
                out[j] = wsabuf( &data[j], 1 );
                in[j] = wsabuf( &parts[j], 1 );
            }
            if (counts[n] == 15) out[3].len = out[14].len = in[0].len = 0;
            count = 0xdeadbeef;
            expect_success( WSASend( src, out, counts[n], &count, 0, NULL, NULL ));
            ok( count == (counts[n] == 15 ? 13 : counts[n]), "sent %lu\n", count );
            ok( wait_socket( dst, "r" ), "no data\n" );
            memset( parts, 0, sizeof(parts) );
            count = 0xdeadbeef;
            flags = 0;
            expect_success( WSARecv( dst, in, counts[n], &count, &flags, NULL, NULL ));
            ok( count == (counts[n] == 15 ? 13 : counts[n]), "received %lu\n", count );
            ok( !flags, "got flags %#lx\n", flags );
            if (counts[n] == 15)
                ok( !parts[0] && parts[1] == 'A' && parts[3] == 'C' && parts[4] == 'E', "got %s\n",
                    parts + 1 );
            else ok( !memcmp( parts, data, counts[n] ), "got %.*s\n", (int)counts[n], parts );
            winetest_pop_context();
        }

        /* no buffers: reference 3.3, T:test_empty_recv */
        flags = 0;
        expect_error( WSARecv( dst, in, 0, &count, &flags, NULL, NULL ), WSAEINVAL );
        ret = WSASend( src, out, 0, &count, 0, NULL, NULL );
        ok( !ret && !count, "got %d, %lu, error %d\n", ret, count, WSAGetLastError() );
        closesocket( src );
        closesocket( dst );
    }
}

/* What a receive leaves behind when it takes less than there is. */
static void test_partial( void )
{
    struct sockaddr_storage from;
    char buffer[16];
    WSABUF buf = wsabuf( buffer, 4 );
    DWORD count, flags = 0;
    SOCKET src, dst;
    int ret, len;

    tcp_socketpair( &src, &dst );
    send( src, "0123456789", 10, 0 );
    ok( wait_socket( dst, "r" ), "no data\n" );
    expect_success( WSARecv( dst, &buf, 1, &count, &flags, NULL, NULL ));
    ok( count == 4 && !memcmp( buffer, "0123", 4 ), "got %lu\n", count );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 6 && !memcmp( buffer, "456789", 6 ), "got %d\n", ret );
    ret = send( src, "", 0, 0 );
    ok( !ret, "got %d, error %d\n", ret, WSAGetLastError() );
    set_blocking( dst, FALSE );
    expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    count = 0xdeadbeef;
    expect_error( WSARecv( dst, &buf, 1, &count, &flags, NULL, NULL ), WSAEWOULDBLOCK );
    ok( count == 0xdeadbeef, "got %lu\n", count );
    closesocket( src );
    closesocket( dst );

    /* A:recv; MS: WSARecvFrom: MSG_PARTIAL tells that the datagram was longer */
    udp_socketpair( &src, &dst );
    send( src, "0123456789", 10, 0 );
    ok( wait_socket( dst, "r" ), "no data\n" );
    flags = MSG_PEEK;
    expect_error( WSARecv( dst, &buf, 1, &count, &flags, NULL, NULL ), WSAEMSGSIZE );
    ok( flags & MSG_PARTIAL, "got flags %#lx\n", flags );
    flags = 0;
    memset( buffer, 0, sizeof(buffer) );
    len = sizeof(from);
    expect_error( WSARecvFrom( dst, &buf, 1, &count, &flags, (struct sockaddr *)&from, &len, NULL, NULL ),
                  WSAEMSGSIZE );
    ok( flags == MSG_PARTIAL, "got flags %#lx\n", flags );
    ok( count == 4 && !memcmp( buffer, "0123\0", 5 ), "got %lu, %s\n", count, buffer );
    ok( len == sizeof(struct sockaddr_in), "got length %d\n", len );
    set_blocking( dst, FALSE );
    expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );

    /* nothing fits into nothing */
    send( src, "xy", 2, 0 );
    ok( wait_socket( dst, "r" ), "no data\n" );
    expect_error( recv( dst, buffer, 0, 0 ), WSAEMSGSIZE );
    expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    send( src, "", 0, 0 );
    ok( wait_socket( dst, "r" ), "no data\n" );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( !ret && !WSAGetLastError(), "got %d, error %d\n", ret, WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
}

/* MS: sendto, recvfrom: the addresses. */
static void test_addresses( void )
{
    struct sockaddr_storage src_addr, dst_addr;
    struct sockaddr_in from, unchanged;
    struct sockaddr_in6 addr6 = loopback_address6( 1 );
    char buffer[16], *big = calloc( 1, 70000 );
    SOCKET src, dst, client, server;
    int src_len, dst_len, len, ret;

    src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &src_addr, &src_len );
    dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &dst_addr, &dst_len );
    set_blocking( dst, FALSE );

    expect_error( sendto( src, "x", 1, 0, (struct sockaddr *)&dst_addr, 3 ), WSAEFAULT );
    expect_error( sendto( src, "x", 1, 0, bad_pointer(), dst_len ), WSAEFAULT );
    ret = sendto( src, "x", 1, 0, (struct sockaddr *)&addr6, sizeof(addr6) );
    ok( ret == -1 && (WSAGetLastError() == WSAEFAULT || WSAGetLastError() == WSAEAFNOSUPPORT),
        "got %d, error %d\n", ret, WSAGetLastError() );
    expect_error( sendto( src, big, 70000, 0, (struct sockaddr *)&dst_addr, dst_len ), WSAEMSGSIZE );
    expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );

    ret = sendto( src, "abc", 3, 0, (struct sockaddr *)&dst_addr, dst_len );
    ok( ret == 3 && !WSAGetLastError(), "got %d, error %d\n", ret, WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "no data\n" );
    len = sizeof(from) - 1;
    expect_error( recvfrom( dst, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &len ), WSAEFAULT );
    len = 100;
    memset( &from, 0xcc, sizeof(from) );
    ret = recvfrom( dst, buffer, sizeof(buffer), MSG_PEEK, (struct sockaddr *)&from, &len );
    ok( ret == 3, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( len == sizeof(from), "got length %d\n", len );
    ok( same_address( &from, &src_addr ), "got port %u\n", from.sin_port );
    ok( !from.sin_zero[0] && !from.sin_zero[7], "the padding is %02x\n", from.sin_zero[0] );
    ret = recvfrom( dst, buffer, sizeof(buffer), 0, NULL, NULL );
    ok( ret == 3, "got %d, error %d\n", ret, WSAGetLastError() );

    /* Wine 10 T:test_tcp_sendto_recvfrom: a stream has no senders and looks for no place for one */
    tcp_socketpair( &client, &server );
    ret = sendto( client, "abc", 3, 0, (struct sockaddr *)&dst_addr, dst_len );
    ok( ret == 3 && !WSAGetLastError(), "got %d, error %d\n", ret, WSAGetLastError() );
    memset( &from, 0xcc, sizeof(from) );
    memset( &unchanged, 0xcc, sizeof(unchanged) );
    len = -5;
    ret = recvfrom( server, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &len );
    ok( ret == 3 && !WSAGetLastError(), "got %d, error %d\n", ret, WSAGetLastError() );
    ok( len == -5 && !memcmp( &from, &unchanged, sizeof(from) ), "written, length %d\n", len );
    closesocket( client );
    closesocket( server );

    /* the largest datagram of IPv4 */
    ret = sendto( src, big, 65507, 0, (struct sockaddr *)&dst_addr, dst_len );
    ok( ret == 65507, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "no data\n" );
    ret = recv( dst, big, 70000, 0 );
    ok( ret == 65507, "got %d, error %d\n", ret, WSAGetLastError() );

    /* a connected socket only hears its peer, and may send elsewhere: MS: sendto */
    expect_success( connect( src, (struct sockaddr *)&dst_addr, dst_len ));
    ret = sendto( src, "self", 4, 0, (struct sockaddr *)&src_addr, src_len );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    set_blocking( src, FALSE );
    expect_error( recv( src, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    free( big );
    closesocket( src );
    closesocket( dst );
}

/* WSASendMsg and WSARecvMsg without ancillary data. MS: WSARecvMsg */
static void test_messages( void )
{
    static const GUID guid = WSAID_WSARECVMSG;
    struct sockaddr_storage src_addr, dst_addr;
    struct sockaddr_in from;
    LPFN_WSARECVMSG p_WSARecvMsg;
    char data[8] = "message", buffer[16];
    WSABUF bufs[2];
    SOCKET src, dst;
    int src_len, dst_len, ret;
    DWORD count;
    WSAMSG msg;

    src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &src_addr, &src_len );
    dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &dst_addr, &dst_len );
    p_WSARecvMsg = get_extension( dst, &guid );

    memset( &msg, 0, sizeof(msg) );
    bufs[0] = wsabuf( data, 3 );
    bufs[1] = wsabuf( data + 3, 4 );
    msg.name = (struct sockaddr *)&dst_addr;
    msg.namelen = dst_len;
    msg.lpBuffers = bufs;
    msg.dwBufferCount = 2;
    count = 0;
    expect_success( WSASendMsg( src, &msg, 0, &count, NULL, NULL ));
    ok( count == 7, "got %lu\n", count );

    bufs[0] = wsabuf( buffer, 2 );
    bufs[1] = wsabuf( buffer + 2, 14 );
    memset( &from, 0xcc, sizeof(from) );
    msg.name = (struct sockaddr *)&from;
    msg.namelen = sizeof(from);
    msg.dwFlags = 0;
    expect_success( p_WSARecvMsg( dst, &msg, &count, NULL, NULL ));
    ok( count == 7 && !memcmp( buffer, "message", 7 ), "got %lu\n", count );
    ok( msg.namelen == sizeof(from) && same_address( &from, &src_addr ), "got length %d\n", msg.namelen );
    ok( !msg.dwFlags, "got flags %#lx\n", msg.dwFlags );
    ok( !msg.Control.len, "got control length %lu\n", msg.Control.len );

    sendto( src, data, 7, 0, (struct sockaddr *)&dst_addr, dst_len );
    msg.dwBufferCount = 1;
    msg.dwFlags = 0;
    ret = p_WSARecvMsg( dst, &msg, &count, NULL, NULL );
    ok( ret == -1 && WSAGetLastError() == WSAEMSGSIZE, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( !memcmp( buffer, "me", 2 ), "got %s\n", buffer );

    expect_error( p_WSARecvMsg( dst, bad_pointer(), &count, NULL, NULL ), WSAEFAULT );
    expect_error( p_WSARecvMsg( dst, NULL, &count, NULL, NULL ), WSAEFAULT );
    expect_error( WSASendMsg( src, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    closesocket( src );
    closesocket( dst );

    /* T: test_WSASendMsg: a call that fails has bound the socket, unless it had no message at all */
    src = socket( AF_INET, SOCK_DGRAM, 0 );
    src_len = sizeof(src_addr);
    expect_error( WSASendMsg( src, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    expect_error( getsockname( src, (struct sockaddr *)&src_addr, &src_len ), WSAEINVAL );
    msg.name = (struct sockaddr *)&dst_addr;
    msg.namelen = dst_len;
    expect_error( WSASendMsg( src, &msg, 0, NULL, NULL, NULL ), WSAEFAULT );
    expect_success( getsockname( src, (struct sockaddr *)&src_addr, &src_len ));
    ok( ((struct sockaddr_in *)&src_addr)->sin_port, "no port\n" );
    ok( !((struct sockaddr_in *)&src_addr)->sin_addr.s_addr, "got an address\n" );
    closesocket( src );
    src = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( WSASendMsg( src, &msg, 0, &count, NULL, NULL ), WSAEINVAL );
    closesocket( src );
}

/* Urgent data: MS: recv, reference 1.3 SIOCATMARK */
static void test_urgent( void )
{
    SOCKET src, dst;
    char buffer[16];
    BOOL on = TRUE;
    int ret;

    tcp_socketpair( &src, &dst );
    set_blocking( dst, FALSE );
    expect_error( recv( dst, buffer, 1, MSG_OOB ), WSAEWOULDBLOCK );
    ret = send( src, "!", 1, MSG_OOB );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( wait_socket( dst, "e" ), "not announced\n" );
    ret = recv( dst, buffer, 1, MSG_OOB );
    ok( ret == 1 && buffer[0] == '!', "got %d, error %d\n", ret, WSAGetLastError() );
    expect_success( setsockopt( dst, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof(on) ));
    expect_error( recv( dst, buffer, 1, MSG_OOB ), WSAEINVAL );
    /* T: test_WSAPoll: what was received out of band does not come again in line */
    expect_error( recv( dst, buffer, 1, 0 ), WSAEWOULDBLOCK );
    ret = send( src, "?", 1, MSG_OOB );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "not announced\n" );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 1 && buffer[0] == '?', "got %d, error %d\n", ret, WSAGetLastError() );
    expect_error( recv( dst, buffer, 1, 0 ), WSAEWOULDBLOCK );
    closesocket( src );
    closesocket( dst );

    /* but what is still to be read does, with all that follows */
    tcp_socketpair( &src, &dst );
    ret = send( src, "!", 1, MSG_OOB );
    ok( ret == 1, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( wait_socket( dst, "e" ), "not announced\n" );
    expect_success( setsockopt( dst, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof(on) ));
    expect_success( setsockopt( dst, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof(on) ));
    ret = send( src, "ab", 2, 0 );
    ok( ret == 2, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( recv_exactly( dst, buffer, 3 ) && !memcmp( buffer, "!ab", 3 ), "wrong data\n" );
    closesocket( src );
    closesocket( dst );

    udp_socketpair( &src, &dst );
    expect_error( send( src, "!", 1, MSG_OOB ), WSAEOPNOTSUPP );
    set_blocking( dst, FALSE );
    expect_error( recv( dst, buffer, 1, MSG_OOB ), WSAEOPNOTSUPP );
    closesocket( src );
    closesocket( dst );
}

START_TEST( transfer )
{
    start_sockets();
    test_not_a_socket();
    test_not_connected();
    test_bad_pointers();
    test_flags();
    test_scatter_gather();
    test_partial();
    test_addresses();
    test_messages();
    test_urgent();
    stop_sockets();
}
