/*
 * Socket options: lengths, pointers, values, types, on every option that has a row in the table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"
#include <mstcpip.h>

#ifndef SO_BSP_STATE
#define SO_BSP_STATE 0x1009
#endif

/* Numbers, since not all headers have the names. */
enum
{
    OPT_IP_PKTINFO = 19, OPT_IP_DONTFRAGMENT = 14, OPT_IP_RECVTOS = 40, OPT_IP_ECN = 50,
    OPT_IP_MTU_DISCOVER = 71,
    OPT_IP_MTU = 73, OPT_IP_USER_MTU = 76, OPT_IP_UNICAST_IF = 31, OPT_IP_RECEIVE_BROADCAST = 22,
    OPT_IPV6_PKTINFO = 19, OPT_IPV6_DONTFRAG = 14, OPT_IPV6_RECVTCLASS = 40, OPT_IPV6_ECN = 50,
    OPT_UDP_SEND_MSG_SIZE = 2, OPT_UDP_RECV_MAX_COALESCED_SIZE = 3,
};

static int set_number( SOCKET s, int level, int option, DWORD value )
{
    return setsockopt( s, level, option, (char *)&value, sizeof(value) );
}

static int get_number( SOCKET s, int level, int option, DWORD *value )
{
    int len = sizeof(*value);

    return getsockopt( s, level, option, (char *)value, &len );
}

/* The option reads this value. */
#define check_number( s, level, option, expect ) check_number_( __LINE__, s, level, option, expect )
static void check_number_( int line, SOCKET s, int level, int option, DWORD expect )
{
    DWORD value = 0;
    int ret = get_number( s, level, option, &value );

    ok_( __FILE__, line )( !ret, "getsockopt failed, error %d\n", WSAGetLastError() );
    ok_( __FILE__, line )( value == expect, "got %#lx, expected %#lx\n", value, expect );
}

/* Length classes, T: test_set_getsockopt. */
enum length { A, B, C, D, E, F };

static const struct
{
    int family, type, level, option;
    enum length length;
    BOOL boolean;
}
options[] =
{
    { AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_BROADCAST, A, TRUE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_DONTLINGER, A, TRUE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_OOBINLINE, A, TRUE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, A, TRUE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, A, TRUE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_DEBUG, A, TRUE },    /* by analogy with the other booleans */
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_KEEPALIVE, B, TRUE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_DONTROUTE, B, TRUE },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_NODELAY, B, TRUE },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_V6ONLY, B, TRUE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_RCVBUF, C, FALSE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_SNDBUF, C, FALSE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_LINGER, C, FALSE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_RCVTIMEO, D, FALSE },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, SO_SNDTIMEO, D, FALSE },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 3 /* TCP_KEEPIDLE */, E, FALSE },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 17 /* TCP_KEEPINTVL */, E, FALSE },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, OPT_IP_PKTINFO, E, TRUE },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, OPT_IP_RECVTOS, E, TRUE },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, OPT_IPV6_PKTINFO, E, TRUE },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, OPT_IPV6_RECVTCLASS, E, TRUE },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_MULTICAST_LOOP, F, TRUE },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_MULTICAST_TTL, F, FALSE },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TTL, F, FALSE },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TOS, F, FALSE },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_UNICAST_HOPS, F, FALSE },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, F, FALSE },
};

static void test_lengths( void )
{
    unsigned int i;
    UINT64 wide;
    DWORD value;
    int len, ret, size;

    for (i = 0; i < ARRAY_SIZE(options); i++)
    {
        int level = options[i].level, option = options[i].option;
        enum length length = options[i].length;
        SOCKET s;

        if (options[i].family == AF_INET6 && !have_ipv6()) continue;
        winetest_push_context( "level %#x option %#x", level, option );
        s = new_socket( options[i].family, options[i].type );

        for (size = 1; size <= 2; size++)
        {
            value = 1;
            ret = setsockopt( s, level, option, (char *)&value, size );
            if (length == A || length == B || length == F) ok( !ret, "size %d: error %d\n", size,
                                                               WSAGetLastError() );
            else ok( ret && WSAGetLastError() == WSAEFAULT, "size %d: got %d, error %d\n", size, ret,
                     WSAGetLastError() );

            value = 0xdeadbeef;
            len = size;
            ret = getsockopt( s, level, option, (char *)&value, &len );
            switch (length)
            {
            case A:
                ok( !ret && len == 1, "size %d: got %d, length %d\n", size, ret, len );
                ok( value == (size == 1 ? 0xdeadbe01 : 0xdead0001), "size %d: got %#lx\n", size, value );
                break;
            case B:
            case F:
                ok( !ret && len == 1, "size %d: got %d, length %d\n", size, ret, len );
                ok( value == 0xdeadbe01, "size %d: got %#lx\n", size, value );
                break;
            case C:
                ok( ret && WSAGetLastError() == WSAEFAULT && len == size, "size %d: got %d, length %d\n",
                    size, ret,
                    len );
                ok( value == (size == 1 ? 0xdeadbe00 : 0xdead0000), "size %d: got %#lx\n", size, value );
                break;
            case D:
                ok( ret && WSAGetLastError() == WSAEFAULT && len == size, "size %d: got %d, length %d\n",
                    size, ret,
                    len );
                ok( value == 0xdeadbeef, "size %d: got %#lx\n", size, value );
                break;
            case E:
                ok( ret && WSAGetLastError() == WSAEFAULT && !len, "size %d: got %d, length %d\n", size, ret,
                    len );
                ok( value == 0xdeadbeef, "size %d: got %#lx\n", size, value );
                break;
            }
        }

        wide = 0xffffffff00000001;
        expect_success( setsockopt( s, level, option, (char *)&wide, sizeof(wide) ) );
        value = 1;
        if (length == A) expect_success( setsockopt( s, level, option, (char *)&value, 0 ) );
        else expect_error( setsockopt( s, level, option, (char *)&value, 0 ), WSAEFAULT );

        /* pointers */
        expect_error( setsockopt( s, level, option, NULL, sizeof(value) ), WSAEFAULT );
        expect_error( setsockopt( s, level, option, (char *)1, sizeof(value) ), WSAEFAULT );
        expect_error( setsockopt( s, level, option, bad_pointer(), sizeof(value) ), WSAEFAULT );
        len = sizeof(value);
        expect_error( getsockopt( s, level, option, NULL, &len ), WSAEFAULT );
        len = sizeof(value);
        expect_error( getsockopt( s, level, option, bad_pointer(), &len ), WSAEFAULT );
        expect_error( getsockopt( s, level, option, read_only_memory(), &len ), WSAEFAULT );
        expect_error( getsockopt( s, level, option, (char *)&value, NULL ), WSAEFAULT );
        expect_error( getsockopt( s, level, option, (char *)&value, bad_pointer() ), WSAEFAULT );
        for (len = -1; len <= 0; len++)
        {
            int given = len;

            expect_error( getsockopt( s, level, option, (char *)&value, &given ), WSAEFAULT );
            ok( given == len, "length %d became %d\n", len, given );
        }

        value = 0x100;
        ret = setsockopt( s, level, option, (char *)&value, sizeof(value) );
        if (length == F && !options[i].boolean)
            ok( ret && WSAGetLastError() == WSAEINVAL, "got %d, error %d\n", ret, WSAGetLastError() );
        else
        {
            ok( !ret, "got error %d\n", WSAGetLastError() );
            check_number( s, level, option, length == B ? 0 : options[i].boolean ? 1 : 0x100 );
        }

        /* not a socket goes first (T: test_set_getsockopt) */
        closesocket( s );
        len = sizeof(value);
        expect_error( getsockopt( s, level, option, (char *)&value, &len ), WSAENOTSOCK );
        expect_error( getsockopt( s, level, option, NULL, NULL ), WSAENOTSOCK );
        expect_error( setsockopt( s, level, option, (char *)&value, sizeof(value) ), WSAENOTSOCK );
        expect_error( setsockopt( INVALID_SOCKET, level, option, NULL, 0 ), WSAENOTSOCK );
        winetest_pop_context();
    }
}

/* T: test_set_getsockopt, test_extendedSocketOptions, test_sockopt_validity */
static void test_unknown( void )
{
    static const int levels[] = { -1, 0x1234ffff, 0x8000ffff, 0x8000, 0x800 };
    static const int foreign[] = { 0x2001, 0x2002, 0x3001, 0x7000, 0x7001, 0x7002, 0x7003, 0x7004, 0x7005,
                                   0x7006, 0x7007 };
    SOCKET s = new_socket( AF_INET, SOCK_STREAM );
    unsigned int i;
    DWORD value = 0;

    for (i = 0; i < ARRAY_SIZE(levels); i++)
    {
        expect_error( get_number( s, levels[i], SO_TYPE, &value ), WSAEINVAL );
        expect_error( set_number( s, levels[i], SO_TYPE, 0 ), WSAEINVAL );
        expect_error( get_number( INVALID_SOCKET, levels[i], SO_TYPE, &value ), WSAENOTSOCK );
    }
    expect_error( get_number( s, IPPROTO_IP, -1, &value ), WSAENOPROTOOPT );
    expect_error( set_number( s, IPPROTO_IP, -1, 0 ), WSAENOPROTOOPT );
    expect_error( get_number( s, SOL_SOCKET, 0x6789, &value ), WSAENOPROTOOPT );
    expect_error( set_number( s, SOL_SOCKET, SO_TYPE, SOCK_DGRAM ), WSAENOPROTOOPT );
    expect_error( set_number( s, SOL_SOCKET, SO_ACCEPTCONN, 1 ), WSAENOPROTOOPT );
    /* MS: SOL_SOCKET options, Windows Vista and later */
    expect_error( get_number( s, SOL_SOCKET, SO_USELOOPBACK, &value ), WSAEINVAL );
    expect_error( set_number( s, SOL_SOCKET, SO_SNDLOWAT, 1 ), WSAEINVAL );
    expect_error( get_number( s, SOL_SOCKET, SO_RCVLOWAT, &value ), WSAEINVAL );
    /* MS: getsockopt, SOL_SOCKET options: not of TCP/IP. SO_GROUP_ID, SO_GROUP_PRIORITY, PVD_CONFIG;
     * SO_CONNDATA to SO_DISCOPTLEN */
    for (i = 0; i < ARRAY_SIZE(foreign); i++)
    {
        expect_error( get_number( s, SOL_SOCKET, foreign[i], &value ), WSAENOPROTOOPT );
        expect_error( set_number( s, SOL_SOCKET, foreign[i], 1 ), WSAENOPROTOOPT );
    }
    closesocket( s );
}

/* The options of IPv4 on an IPv6 socket are those of its IPv4 half, and WSAEINVAL when it has none. */
static void test_other_family( void )
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6 }, one = loopback_address6( 0 );
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM );
    DWORD value;

    /* by analogy with the other way round; IPV6_V6ONLY is there (T: test_ipv6only) */
    expect_error( set_number( s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 8 ), WSAEINVAL );
    expect_error( get_number( s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value ), WSAEINVAL );
    expect_error( set_number( s, IPPROTO_IPV6, OPT_IPV6_PKTINFO, 1 ), WSAEINVAL );
    check_number( s, IPPROTO_IPV6, IPV6_V6ONLY, 1 );
    /* by analogy with unknown levels: IPX_PTYPE, IRLMP_ENUMDEVICES */
    expect_error( get_number( s, 1000, 0x4000, &value ), WSAEINVAL );
    expect_error( get_number( s, 255, 16, &value ), WSAEINVAL );
    closesocket( s );
    if (!have_ipv6()) return;

    /* SagerNet/sing issue 109, ddnet issue 7605: IPV6_V6ONLY is on from the start */
    s = new_socket( AF_INET6, SOCK_DGRAM );
    expect_error( set_number( s, IPPROTO_IP, OPT_IP_UNICAST_IF, 0 ), WSAEINVAL );
    expect_error( set_number( s, IPPROTO_IP, IP_TOS, 8 ), WSAEINVAL );
    expect_error( set_number( s, IPPROTO_IP, IP_TTL, 8 ), WSAEINVAL );
    expect_error( get_number( s, IPPROTO_IP, IP_TTL, &value ), WSAEINVAL );

    /* dotnet/runtime issue 76410, Haivision/srt issue 810: off, before and after bind */
    expect_success( set_number( s, IPPROTO_IPV6, IPV6_V6ONLY, 0 ) );
    expect_success( set_number( s, IPPROTO_IP, OPT_IP_DONTFRAGMENT, 1 ) );
    expect_success( bind( s, (struct sockaddr *)&any, sizeof(any) ) );
    expect_success( set_number( s, IPPROTO_IP, IP_TTL, 8 ) );
    check_number( s, IPPROTO_IP, IP_TTL, 8 );
    closesocket( s );

    /* Haivision/srt issue 810: bound to an address of IPv6's own */
    s = new_socket( AF_INET6, SOCK_DGRAM );
    expect_success( set_number( s, IPPROTO_IPV6, IPV6_V6ONLY, 0 ) );
    expect_success( bind( s, (struct sockaddr *)&one, sizeof(one) ) );
    expect_error( set_number( s, IPPROTO_IP, IP_TTL, 8 ), WSAEINVAL );
    closesocket( s );
}

/* Several things wrong at once. No source tells the order: it is that of reference 1.2 row 1 for pointers
 * and of Wine's own for lengths (docs/decisions.tsv). */
static void test_order( void )
{
    SOCKET udp = new_socket( AF_INET, SOCK_DGRAM ), tcp = new_socket( AF_INET, SOCK_STREAM );
    DWORD value = 1;
    int len = sizeof(value);

    expect_error( setsockopt( udp, IPPROTO_TCP, TCP_NODELAY, NULL, sizeof(value) ), WSAEFAULT );
    expect_error( setsockopt( udp, SOL_SOCKET, 0x7fff, NULL, sizeof(value) ), WSAEFAULT );
    expect_error( getsockopt( udp, IPPROTO_TCP, TCP_NODELAY, NULL, &len ), WSAEFAULT );
    ok( len == sizeof(value), "got %d\n", len );
    expect_error( setsockopt( tcp, IPPROTO_IP, OPT_IP_PKTINFO, (char *)&value, 2 ), WSAEFAULT );
    expect_error( setsockopt( tcp, IPPROTO_IP, OPT_IP_PKTINFO, (char *)&value, 4 ), WSAEINVAL );
    expect_error( setsockopt( tcp, SOL_SOCKET, SO_USELOOPBACK, (char *)&value, 2 ), WSAEINVAL );
    len = 2;
    expect_error( getsockopt( udp, SOL_SOCKET, SO_LINGER, (char *)&value, &len ), WSAEFAULT );

    /* MS: SOL_SOCKET options: it takes no value, but there is one that is missing */
    expect_error( setsockopt( tcp, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 4 ), WSAEFAULT );
    expect_error( setsockopt( tcp, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0 ), WSAENOTCONN );
    closesocket( tcp );
    closesocket( udp );
    expect_error( setsockopt( udp, IPPROTO_TCP, TCP_NODELAY, NULL, sizeof(value) ), WSAENOTSOCK );
}

static void test_socket_level( void )
{
    struct linger linger;
    SOCKET s = new_socket( AF_INET, SOCK_STREAM ), udp = new_socket( AF_INET, SOCK_DGRAM ), client, server;
    DWORD value;
    int len;

    check_number( s, SOL_SOCKET, SO_TYPE, SOCK_STREAM );
    check_number( udp, SOL_SOCKET, SO_TYPE, SOCK_DGRAM );
    /* T: test_WSASocket: another error than that of a stream, though it is the socket's own type */
    expect_error( set_number( udp, SOL_SOCKET, SO_TYPE, SOCK_DGRAM ), WSAEINVAL );

    /* T: test_set_getsockopt: buffer sizes read back as they were set */
    for (value = 0; value <= 0x4000; value += 0x800)
    {
        expect_success( set_number( s, SOL_SOCKET, SO_RCVBUF, value ) );
        check_number( s, SOL_SOCKET, SO_RCVBUF, value );
        expect_success( set_number( s, SOL_SOCKET, SO_SNDBUF, value ) );
        check_number( s, SOL_SOCKET, SO_SNDBUF, value );
    }

    /* T: test_extendedSocketOptions */
    linger.l_onoff = 3;
    linger.l_linger = 500;
    expect_success( setsockopt( s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) ) );
    check_number( s, SOL_SOCKET, SO_DONTLINGER, 0 );
    memset( &linger, 0xcc, sizeof(linger) );
    len = sizeof(linger);
    expect_success( getsockopt( s, SOL_SOCKET, SO_LINGER, (char *)&linger, &len ) );
    ok( linger.l_onoff == 3 && linger.l_linger == 500, "got %u, %u\n", linger.l_onoff, linger.l_linger );
    expect_success( set_number( s, SOL_SOCKET, SO_DONTLINGER, 1 ) );
    expect_success( getsockopt( s, SOL_SOCKET, SO_LINGER, (char *)&linger, &len ) );
    ok( !linger.l_onoff, "got %u\n", linger.l_onoff );
    expect_error( getsockopt( udp, SOL_SOCKET, SO_LINGER, (char *)&linger, &len ), WSAENOPROTOOPT );

    /* T: test_so_debug */
    check_number( s, SOL_SOCKET, SO_DEBUG, 0 );
    expect_success( set_number( s, SOL_SOCKET, SO_DEBUG, 2 ) );
    check_number( s, SOL_SOCKET, SO_DEBUG, 1 );

    /* T: test_set_getsockopt */
    expect_success( set_number( s, SOL_SOCKET, SO_ERROR, 1234 ) );
    check_number( s, SOL_SOCKET, SO_ERROR, 1234 );

    /* T: test_extendedSocketOptions */
    get_number( udp, SOL_SOCKET, SO_MAX_MSG_SIZE, &value );
    ok( value == 65507 || value == 65527, "got %lu\n", value );

    /* T: test_connect_time, test_listen */
    check_number( s, SOL_SOCKET, SO_CONNECT_TIME, ~0u );
    check_number( udp, SOL_SOCKET, SO_CONNECT_TIME, ~0u );
    check_number( s, SOL_SOCKET, SO_ACCEPTCONN, 0 );
    closesocket( s );
    s = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, NULL, NULL );
    check_number( s, SOL_SOCKET, SO_ACCEPTCONN, 1 );
    /* MS: SO_CONDITIONAL_ACCEPT */
    expect_error( set_number( s, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, 1 ), WSAEINVAL );
    closesocket( s );
    tcp_socketpair( &client, &server );
    get_number( client, SOL_SOCKET, SO_CONNECT_TIME, &value );
    ok( value < 60, "got %lu\n", value );
    check_number( server, SOL_SOCKET, SO_ERROR, 0 );
    closesocket( client );
    closesocket( server );

    /* T: test_sockopt_validity: any handle or none */
    expect_success( set_number( INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, SO_SYNCHRONOUS_NONALERT ) );
    check_number( INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, SO_SYNCHRONOUS_NONALERT );
    expect_success( set_number( INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, 0 ) );
    len = -1;
    expect_success( getsockopt( udp, SOL_SOCKET, SO_OPENTYPE, (char *)&value, &len ) );
    ok( len == 4, "got %d\n", len );
    len = 0;
    expect_error( getsockopt( udp, SOL_SOCKET, SO_OPENTYPE, (char *)&value, &len ), WSAEFAULT );
    expect_error( getsockopt( udp, SOL_SOCKET, SO_OPENTYPE, bad_pointer(), &len ), WSAEFAULT );
    closesocket( udp );

    /* MS: getsockopt: IPv4 only */
    if (have_ipv6())
    {
        s = new_socket( AF_INET6, SOCK_STREAM );
        expect_error( set_number( s, SOL_SOCKET, SO_DONTROUTE, 1 ), WSAENOPROTOOPT );
        check_number( s, IPPROTO_IPV6, IPV6_V6ONLY, 1 );
        closesocket( s );
    }
}

/* T: test_set_getsockopt; MS: SO_BSP_STATE */
static void test_structures( void )
{
    union { CSADDR_INFO info; char bytes[256]; } state;
    WSAPROTOCOL_INFOW info;
    WSAPROTOCOL_INFOA infoA;
    struct sockaddr_in addr, *local;
    SOCKET s = new_socket( AF_INET, SOCK_STREAM ), client, server, raw;
    int len, needed = sizeof(CSADDR_INFO) + 2 * sizeof(struct sockaddr_in);

    len = sizeof(info);
    expect_success( getsockopt( s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len ) );
    ok( info.iProtocol == IPPROTO_TCP && info.iAddressFamily == AF_INET, "got protocol %d, family %d\n",
        info.iProtocol, info.iAddressFamily );
    len = sizeof(infoA) - 1;
    expect_error( getsockopt( s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&infoA, &len ), WSAEFAULT );
    ok( len == sizeof(infoA), "got %d\n", len );
    len = 2 * sizeof(infoA);
    expect_error( getsockopt( s, SOL_SOCKET, SO_PROTOCOL_INFOA, bad_pointer(), &len ), WSAEFAULT );

    /* T: test_WSASocket: a raw socket's entry is that of all protocols */
    raw = socket( AF_INET, SOCK_RAW, IPPROTO_ICMP );
    if (raw == INVALID_SOCKET) skip( "raw sockets need privilege, error %d\n", WSAGetLastError() );
    else
    {
        len = sizeof(info);
        expect_success( getsockopt( raw, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len ) );
        ok( !info.iProtocol && info.iProtocolMaxOffset == 255, "got protocol %d, offset %d\n",
            info.iProtocol, info.iProtocolMaxOffset );
        closesocket( raw );
    }

    len = needed - 1;
    expect_error( getsockopt( s, SOL_SOCKET, SO_BSP_STATE, state.bytes, &len ), WSAEFAULT );
    ok( len == needed - 1, "got %d\n", len );
    memset( &state, 0xcc, sizeof(state) );
    len = sizeof(state);
    expect_success( getsockopt( s, SOL_SOCKET, SO_BSP_STATE, state.bytes, &len ) );
    ok( state.info.iSocketType == SOCK_STREAM && state.info.iProtocol == IPPROTO_TCP, "got %d, %d\n",
        state.info.iSocketType, state.info.iProtocol );
    ok( !state.info.LocalAddr.lpSockaddr && !state.info.LocalAddr.iSockaddrLength, "got %p, %d\n",
        state.info.LocalAddr.lpSockaddr, state.info.LocalAddr.iSockaddrLength );
    len = sizeof(state);
    expect_error( getsockopt( s, SOL_SOCKET, SO_BSP_STATE, bad_pointer(), &len ), WSAEFAULT );
    closesocket( s );

    tcp_socketpair( &client, &server );
    len = sizeof(state);
    expect_success( getsockopt( client, SOL_SOCKET, SO_BSP_STATE, state.bytes, &len ) );
    local = (struct sockaddr_in *)state.info.LocalAddr.lpSockaddr;
    ok( (char *)local >= state.bytes && (char *)local < state.bytes + sizeof(state), "got %p\n", local );
    len = sizeof(addr);
    expect_success( getsockname( client, (struct sockaddr *)&addr, &len ) );
    ok( same_address( local, &addr ), "got port %u\n", ntohs( local->sin_port ) );
    len = sizeof(addr);
    expect_success( getpeername( client, (struct sockaddr *)&addr, &len ) );
    ok( same_address( state.info.RemoteAddr.lpSockaddr, &addr ), "wrong peer\n" );
    closesocket( client );
    closesocket( server );
}

/* Field report 7: what QUIC libraries set before they use a socket. */
static void test_quic( void )
{
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM ), tcp = new_socket( AF_INET, SOCK_STREAM );
    static const int flags[] = { OPT_IP_PKTINFO, OPT_IP_RECVTOS, OPT_IP_ECN, OPT_IP_DONTFRAGMENT };
    unsigned int i;
    DWORD value;

    for (i = 0; i < ARRAY_SIZE(flags); i++)
    {
        winetest_push_context( "option %d", flags[i] );
        check_number( s, IPPROTO_IP, flags[i], 0 );
        expect_success( set_number( s, IPPROTO_IP, flags[i], 2 ) );
        check_number( s, IPPROTO_IP, flags[i], 1 );
        /* T: test_sockopt_validity */
        if (flags[i] != OPT_IP_DONTFRAGMENT) expect_error( get_number( tcp, IPPROTO_IP, flags[i], &value ),
                                                           WSAEINVAL );
        winetest_pop_context();
    }
    check_number( tcp, IPPROTO_IP, OPT_IP_DONTFRAGMENT, 1 );
    /* one half of the byte does not turn the other off */
    expect_success( set_number( s, IPPROTO_IP, OPT_IP_ECN, 0 ) );
    check_number( s, IPPROTO_IP, OPT_IP_RECVTOS, 1 );

    check_number( s, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, 0 );
    expect_success( set_number( s, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, 1200 ) );
    check_number( s, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, 1200 );
    expect_success( set_number( s, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, 0 ) );
    expect_success( set_number( s, IPPROTO_UDP, OPT_UDP_RECV_MAX_COALESCED_SIZE, 65535 ) );
    check_number( s, IPPROTO_UDP, OPT_UDP_RECV_MAX_COALESCED_SIZE, 65535 );
    expect_error( set_number( tcp, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, 1200 ), WSAENOPROTOOPT );
    expect_error( set_number( s, IPPROTO_TCP, TCP_NODELAY, 1 ), WSAENOPROTOOPT );

    /* T: test_sockopt_validity */
    check_number( s, IPPROTO_IP, OPT_IP_MTU_DISCOVER, 0 );
    expect_error( set_number( s, IPPROTO_IP, OPT_IP_MTU_DISCOVER, 0 ), WSAEINVAL );
    expect_success( set_number( s, IPPROTO_IP, OPT_IP_MTU_DISCOVER, 2 ) );
    check_number( s, IPPROTO_IP, OPT_IP_MTU_DISCOVER, 2 );
    expect_error( set_number( s, IPPROTO_IP, OPT_IP_MTU_DISCOVER, 4 ), WSAEINVAL );
    expect_error( get_number( s, IPPROTO_IP, OPT_IP_MTU, &value ), WSAENOTCONN );
    check_number( s, IPPROTO_IP, OPT_IP_USER_MTU, ~0u );
    closesocket( s );
    closesocket( tcp );

    if (!have_ipv6()) return;
    s = new_socket( AF_INET6, SOCK_DGRAM );
    expect_success( set_number( s, IPPROTO_IPV6, IPV6_V6ONLY, 0 ) );
    expect_success( set_number( s, IPPROTO_IPV6, OPT_IPV6_PKTINFO, 1 ) );
    expect_success( set_number( s, IPPROTO_IPV6, OPT_IPV6_RECVTCLASS, 1 ) );
    expect_success( set_number( s, IPPROTO_IPV6, OPT_IPV6_ECN, 1 ) );
    expect_success( set_number( s, IPPROTO_IPV6, OPT_IPV6_DONTFRAG, 1 ) );
    check_number( s, IPPROTO_IPV6, OPT_IPV6_DONTFRAG, 1 );
    expect_success( set_number( s, IPPROTO_IP, OPT_IP_PKTINFO, 1 ) );   /* dual stack */
    closesocket( s );
}

/* Field report 7; MS: IPPROTO_UDP options: UDP_SEND_MSG_SIZE, of the socket or of one message */
static void test_segments( void )
{
    static const DWORD expect[] = { 1200, 1200, 600 };
    struct { WSACMSGHDR header; DWORD size; DWORD padding; } control;
    SOCKET src, dst;
    char data[3000], received[4000];
    LPFN_WSASENDMSG send_msg;
    GUID guid = WSAID_WSASENDMSG;
    WSABUF buffers[2] = { { 1000, data }, { 2000, data + 1000 } };
    WSAMSG message;
    DWORD sent, timeout = PATIENCE;
    unsigned int way, i;
    int ret;

    udp_socketpair( &src, &dst );
    setsockopt( dst, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    send_msg = get_extension( src, &guid );
    for (i = 0; i < sizeof(data); i++) data[i] = i / 7;
    memset( &control, 0, sizeof(control) );
    control.header.cmsg_len = sizeof(control.header) + sizeof(control.size);
    control.header.cmsg_level = IPPROTO_UDP;
    control.header.cmsg_type = OPT_UDP_SEND_MSG_SIZE;
    control.size = 1200;

    for (way = 0; way < 2; way++)
    {
        winetest_push_context( way ? "option" : "message" );
        memset( &message, 0, sizeof(message) );
        message.lpBuffers = buffers;
        message.dwBufferCount = 2;
        if (way) expect_success( set_number( src, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, 1200 ) );
        else
        {
            message.Control.buf = (char *)&control;
            message.Control.len = sizeof(control);
        }
        ret = send_msg( src, &message, 0, &sent, NULL, NULL );
        ok( !ret && sent == sizeof(data), "got %d, %lu bytes, error %d\n", ret, sent, WSAGetLastError() );
        for (i = 0, sent = 0; i < ARRAY_SIZE(expect); i++)
        {
            ret = recv( dst, received, sizeof(received), 0 );
            ok( ret == expect[i], "%u: got %d, error %d\n", i, ret, WSAGetLastError() );
            if (ret == expect[i]) ok( !memcmp( received, data + sent, ret ), "%u: wrong data\n", i );
            sent += expect[i];
        }
        winetest_pop_context();
    }
    message.Control.buf = bad_pointer();
    message.Control.len = sizeof(control);
    ret = send_msg( src, &message, 0, &sent, NULL, NULL );
    ok( !ret || WSAGetLastError() == WSAEFAULT, "got %d, error %d\n", ret, WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
}

/* MS: IPPROTO_IP options, multicast programming */
static void test_multicast( void )
{
    struct { ULONG index; SOCKADDR_STORAGE group; } request;
    struct ip_mreq mreq;
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM );
    DWORD value;
    int len = sizeof(mreq);

    mreq.imr_multiaddr.s_addr = inet_addr( "239.1.2.3" );
    mreq.imr_interface.s_addr = htonl( INADDR_LOOPBACK );
    expect_success( setsockopt( s, IPPROTO_IP, 12, (char *)&mreq, sizeof(mreq) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 13, (char *)&mreq, sizeof(mreq) ) );
    expect_error( setsockopt( s, IPPROTO_IP, 13, (char *)&mreq, sizeof(mreq) ), WSAEADDRNOTAVAIL );
    expect_error( setsockopt( s, IPPROTO_IP, 12, (char *)&mreq, sizeof(mreq) - 1 ), WSAEFAULT );
    expect_error( setsockopt( s, IPPROTO_IP, 12, bad_pointer(), sizeof(mreq) ), WSAEFAULT );
    expect_error( getsockopt( s, IPPROTO_IP, 12, (char *)&mreq, &len ), WSAENOPROTOOPT );

    memset( &request, 0, sizeof(request) );
    *(struct sockaddr_in *)&request.group = loopback_address( 0 );
    ((struct sockaddr_in *)&request.group)->sin_addr.s_addr = inet_addr( "239.1.2.4" );
    request.index = 1;
    expect_success( setsockopt( s, IPPROTO_IP, 41, (char *)&request, sizeof(request) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 42, (char *)&request, sizeof(request) ) );
    expect_error( setsockopt( s, IPPROTO_IP, 41, (char *)&request, sizeof(request) - 1 ), WSAEFAULT );

    value = htonl( INADDR_LOOPBACK );
    expect_success( set_number( s, IPPROTO_IP, IP_MULTICAST_IF, value ) );
    check_number( s, IPPROTO_IP, IP_MULTICAST_IF, value );
    value = htonl( 1 );     /* an index */
    expect_success( set_number( s, IPPROTO_IP, IP_MULTICAST_IF, value ) );
    check_number( s, IPPROTO_IP, IP_MULTICAST_IF, value );
    check_number( s, IPPROTO_IP, IP_MULTICAST_TTL, 1 );
    check_number( s, IPPROTO_IP, IP_MULTICAST_LOOP, 1 );
    closesocket( s );
}

/* Every option that is a number and is not looked at more closely above: what a new socket has, what is set
 * and what is read back, and the error on a socket that does not have the option. tests/tools/coverage.sh
 * tells which options no test touches. Numbers as in docs/supported.md. */
#define ANY_VALUE 0xcafe            /* a new socket's value is not known */
#define NO_SET    0xcaff            /* read only */

static const struct
{
    int family, type, level, option;
    DWORD initial, value, wrong;    /* wrong: the error on a socket of another type, where it is known */
}
simple_options[] =
{
    { AF_INET, SOCK_STREAM, SOL_SOCKET, 0x0001, 0, 1 },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, 0x1007, 0, 1234 },
    { AF_INET, SOCK_DGRAM, SOL_SOCKET, 0x2003, ANY_VALUE, NO_SET },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, 0x3002, 0, 1 },         /* MS: SO_CONDITIONAL_ACCEPT */
    { AF_INET, SOCK_STREAM, SOL_SOCKET, 0x3003, 0, 1 },         /* MS: SOL_SOCKET options, to 0x700a */
    { AF_INET, SOCK_STREAM, SOL_SOCKET, 0x3005, 0, 1 },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, 0x3006, 0, 1 },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, 0x3007, 0, 1 },
    { AF_INET, SOCK_DGRAM, SOL_SOCKET, 0x3008, 0, 1 },
    { AF_INET, SOCK_DGRAM, SOL_SOCKET, 0x7009, ANY_VALUE, NO_SET },
    { AF_INET, SOCK_DGRAM, SOL_SOCKET, 0x700a, ANY_VALUE, NO_SET },
    { AF_INET, SOCK_STREAM, SOL_SOCKET, 0x700c, ~0u, NO_SET },  /* T: test_connect_time */

    /* MS: IPPROTO_TCP options; on other sockets T: test_set_getsockopt */
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 2, 0, 1, WSAENOPROTOOPT },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 4, ANY_VALUE, NO_SET, WSAENOPROTOOPT },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 5, ANY_VALUE, 30, WSAENOPROTOOPT },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 10, 0, 1, WSAENOPROTOOPT },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 14, ANY_VALUE, 30000, WSAENOPROTOOPT },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 15, 0, 1, WSAENOPROTOOPT },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 18, 0, 1, WSAENOPROTOOPT },
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, 0x7000, 1, 0, WSAENOPROTOOPT },

    /* MS: IPPROTO_UDP options */
    { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 1, 0, 1, WSAENOPROTOOPT },
    { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 2, 0, 1200, WSAENOPROTOOPT },
    { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 3, 0, 65535, WSAENOPROTOOPT },
    { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 20, 0, 1, WSAENOPROTOOPT },

    /* T: test_sockopt_validity, the errors too; MS: IPPROTO_IP options */
    { AF_INET, SOCK_RAW, IPPROTO_IP, 2, 0, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 9, 0, 0x0100007f, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 14, 0, 1 },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 21, 0, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 22, 1, 0, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 23, ANY_VALUE, 20 },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 24, 0, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 25, 0, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 28, 0, 1 },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 31, 0, 0x01000000 },     /* index 1 in network order */
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 32, 0, 1 },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 38, 0, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 47, 0, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 51, 0, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 60, ANY_VALUE, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 70, ANY_VALUE, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 75, 0, 1, WSAEINVAL },
    { AF_INET, SOCK_DGRAM, IPPROTO_IP, 76, ~0u, 1400 },

    /* T: test_sockopt_validity; MS: IPPROTO_IPV6 options */
    { AF_INET6, SOCK_RAW, IPPROTO_IPV6, 2, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 9, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 11, 1, 0, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 14, 0, 1 },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 21, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 23, ANY_VALUE, 20 },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 24, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 25, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_RAW, IPPROTO_IPV6, 26, ANY_VALUE, 2, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 28, 0, 1 },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 31, 0, 1 },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 32, 0, 1 },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 38, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 47, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 50, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 51, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 60, ANY_VALUE, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 70, ANY_VALUE, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 71, 0, 2 },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 75, 0, 1, WSAEINVAL },
    { AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 76, ~0u, 1400 },
};

static void test_simple( void )
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(simple_options); i++)
    {
        int family = simple_options[i].family, type = simple_options[i].type;
        int level = simple_options[i].level, option = simple_options[i].option;
        DWORD value = 0xdeadbeef, got;
        SOCKET s;

        if (family == AF_INET6 && !have_ipv6()) continue;
        winetest_push_context( "level %#x option %#x", level, option );
        s = WSASocketW( family, type, type == SOCK_RAW ? IPPROTO_UDP : 0, NULL, 0, WSA_FLAG_OVERLAPPED );
        if (s == INVALID_SOCKET && type == SOCK_RAW && WSAGetLastError() == WSAEACCES)
        {
            skip( "raw sockets need privilege\n" );
            winetest_pop_context();
            continue;
        }
        ok( s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );

        expect_success( get_number( s, level, option, &value ) );
        if (simple_options[i].initial != ANY_VALUE)
            ok( value == simple_options[i].initial, "a new socket has %#lx\n", value );
        expect_error( getsockopt( s, level, option, (char *)&value, NULL ), WSAEFAULT );
        if (simple_options[i].value == NO_SET)
            expect_error( set_number( s, level, option, 1 ), WSAENOPROTOOPT );
        else
        {
            expect_error( setsockopt( s, level, option, bad_pointer(), sizeof(value) ), WSAEFAULT );
            expect_success( set_number( s, level, option, simple_options[i].value ) );
            got = 0;
            get_number( s, level, option, &got );
            ok( got == simple_options[i].value, "got %#lx, expected %#lx\n", got, simple_options[i].value );
        }
        closesocket( s );

        if (simple_options[i].wrong)
        {
            s = new_socket( family, type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM );
            expect_error( get_number( s, level, option, &value ), simple_options[i].wrong );
            expect_error( set_number( s, level, option, 1 ), simple_options[i].wrong );
            closesocket( s );
        }
        winetest_pop_context();
    }
}

/* Those that are no numbers, or that need a connection. */
static void test_special( void )
{
    SOCKET s = new_socket( AF_INET, SOCK_STREAM ), udp = new_socket( AF_INET, SOCK_DGRAM ), client, server;
    WSAPROTOCOL_INFOA infoA;
    WSAPROTOCOL_INFOW info;
    char buffer[64];
    DWORD value;
    int len;

    /* T: test_set_getsockopt */
    len = sizeof(infoA);
    expect_success( getsockopt( s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&infoA, &len ) );
    ok( infoA.iProtocol == IPPROTO_TCP && infoA.szProtocol[0], "got protocol %d\n", infoA.iProtocol );
    len = sizeof(info) - 1;
    expect_error( getsockopt( s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len ), WSAEFAULT );

    /* MS: AcceptEx, ConnectEx */
    expect_error( setsockopt( s, SOL_SOCKET, 0x700b, bad_pointer(), sizeof(SOCKET) ), WSAEFAULT );
    tcp_socketpair( &client, &server );
    expect_success( setsockopt( client, SOL_SOCKET, 0x7010, NULL, 0 ) );
    closesocket( client );
    expect_error( setsockopt( client, SOL_SOCKET, 0x7010, NULL, 0 ), WSAENOTSOCK );
    closesocket( server );

    /* MS: IPPROTO_TCP options: no error has been reported */
    len = sizeof(buffer);
    expect_success( getsockopt( s, IPPROTO_TCP, 19, buffer, &len ) );
    len = sizeof(buffer);
    expect_error( getsockopt( udp, IPPROTO_TCP, 19, buffer, &len ), WSAENOPROTOOPT );

    /* T: test_sockopt_validity */
    len = sizeof(buffer);
    expect_success( getsockopt( s, IPPROTO_IP, IP_OPTIONS, buffer, &len ) );
    ok( !len, "got %d bytes\n", len );
    expect_error( getsockopt( s, IPPROTO_IP, IP_OPTIONS, buffer, NULL ), WSAEFAULT );
    expect_error( get_number( s, IPPROTO_IP, 33, &value ), WSAEINVAL );     /* IP_GET_IFLIST */
    expect_error( get_number( udp, IPPROTO_IP, OPT_IP_MTU, &value ), WSAENOTCONN );
    udp_socketpair( &client, &server );
    if (!get_number( client, IPPROTO_IP, OPT_IP_MTU, &value ))
        ok( value >= 576, "got %lu\n", value );
    else ok( WSAGetLastError() == WSAENOTCONN, "got error %d\n", WSAGetLastError() );
    closesocket( client );
    closesocket( server );
    client = new_socket( AF_INET, SOCK_DGRAM );
    {
        struct sockaddr_in addr = loopback_address( 9 );

        expect_success( connect( client, (struct sockaddr *)&addr, sizeof(addr) ) );
        expect_success( get_number( client, IPPROTO_IP, OPT_IP_MTU, &value ) );
        ok( value >= 576, "got %lu\n", value );
    }
    closesocket( client );
    closesocket( s );
    closesocket( udp );

    if (!have_ipv6()) return;
    s = new_socket( AF_INET6, SOCK_DGRAM );
    len = sizeof(buffer);
    expect_success( getsockopt( s, IPPROTO_IPV6, 1, buffer, &len ) );   /* IPV6_HOPOPTS */
    expect_error( getsockopt( s, IPPROTO_IPV6, 1, buffer, NULL ), WSAEFAULT );
    expect_error( get_number( s, IPPROTO_IPV6, 33, &value ), WSAEINVAL );   /* IPV6_GET_IFLIST */
    expect_error( get_number( s, IPPROTO_IPV6, 72, &value ), WSAENOTCONN ); /* IPV6_MTU */
    expect_error( set_number( s, IPPROTO_IPV6, 71, 4 ), WSAEINVAL );
    {
        struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = htons( 9 ) };

        addr.sin6_addr.s6_addr[15] = 1;
        if (!connect( s, (struct sockaddr *)&addr, sizeof(addr) ))
        {
            expect_success( get_number( s, IPPROTO_IPV6, 72, &value ) );
            ok( value >= 1280, "got %lu\n", value );
        }
        else skip( "no IPv6 loopback, error %d\n", WSAGetLastError() );
    }
    closesocket( s );
}

/* MS: multicast programming: sources of a group, by address and by index */
static void test_sources( void )
{
    struct ip_mreq_source mreq;     /* in Windows' order: group, source, interface */
    struct { ULONG index; SOCKADDR_STORAGE group, source; } request;
    struct { ULONG index; SOCKADDR_STORAGE group; } whole;
    struct { struct in6_addr group; ULONG index; } mreq6;
    struct sockaddr_in *group = (struct sockaddr_in *)&request.group;
    struct sockaddr_in *source = (struct sockaddr_in *)&request.source;
    struct sockaddr_in6 *group6 = (struct sockaddr_in6 *)&request.group;
    struct sockaddr_in6 *source6 = (struct sockaddr_in6 *)&request.source;
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM );
    int option;

    mreq.imr_multiaddr.s_addr = inet_addr( "239.1.2.5" );
    mreq.imr_sourceaddr.s_addr = inet_addr( "127.0.0.2" );
    mreq.imr_interface.s_addr = htonl( INADDR_LOOPBACK );
    for (option = 15; option <= 18; option++)
    {
        expect_error( setsockopt( s, IPPROTO_IP, option, (char *)&mreq, sizeof(mreq) - 1 ), WSAEFAULT );
        expect_error( setsockopt( s, IPPROTO_IP, option, bad_pointer(), sizeof(mreq) ), WSAEFAULT );
    }
    expect_success( setsockopt( s, IPPROTO_IP, 15, (char *)&mreq, sizeof(mreq) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 16, (char *)&mreq, sizeof(mreq) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 12, (char *)&(struct ip_mreq){ mreq.imr_multiaddr,
                                mreq.imr_interface }, sizeof(struct ip_mreq) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 17, (char *)&mreq, sizeof(mreq) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 18, (char *)&mreq, sizeof(mreq) ) );
    expect_error( setsockopt( s, IPPROTO_IP, 18, (char *)&mreq, sizeof(mreq) ), WSAEADDRNOTAVAIL );
    closesocket( s );

    s = new_socket( AF_INET, SOCK_DGRAM );
    memset( &request, 0, sizeof(request) );
    request.index = 1;
    *group = loopback_address( 0 );
    group->sin_addr.s_addr = inet_addr( "239.1.2.6" );
    *source = loopback_address( 0 );
    for (option = 43; option <= 46; option++)
    {
        expect_error( setsockopt( s, IPPROTO_IP, option, (char *)&request, sizeof(request) - 1 ),
                      WSAEFAULT );
        expect_error( setsockopt( s, IPPROTO_IP, option, bad_pointer(), sizeof(request) ), WSAEFAULT );
    }
    expect_error( setsockopt( s, IPPROTO_IP, 42, bad_pointer(), sizeof(whole) ), WSAEFAULT );
    expect_success( setsockopt( s, IPPROTO_IP, 45, (char *)&request, sizeof(request) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 46, (char *)&request, sizeof(request) ) );
    whole.index = request.index;
    whole.group = request.group;
    expect_success( setsockopt( s, IPPROTO_IP, 41, (char *)&whole, sizeof(whole) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 43, (char *)&request, sizeof(request) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 44, (char *)&request, sizeof(request) ) );
    closesocket( s );

    if (!have_ipv6()) return;
    s = new_socket( AF_INET6, SOCK_DGRAM );
    memset( &request, 0, sizeof(request) );
    request.index = 1;
    group6->sin6_family = source6->sin6_family = AF_INET6;
    group6->sin6_addr.s6_addr[0] = 0xff;
    group6->sin6_addr.s6_addr[1] = 0x01;
    group6->sin6_addr.s6_addr[15] = 0x77;
    source6->sin6_addr.s6_addr[15] = 1;
    mreq6.group = group6->sin6_addr;
    mreq6.index = 1;
    for (option = 41; option <= 46; option++)
        expect_error( setsockopt( s, IPPROTO_IPV6, option, bad_pointer(), sizeof(request) ), WSAEFAULT );
    for (option = 12; option <= 13; option++)
    {
        expect_error( setsockopt( s, IPPROTO_IPV6, option, (char *)&mreq6, sizeof(mreq6) - 1 ), WSAEFAULT );
        expect_success( setsockopt( s, IPPROTO_IPV6, option, (char *)&mreq6, sizeof(mreq6) ) );
    }
    whole.index = request.index;
    whole.group = request.group;
    expect_success( setsockopt( s, IPPROTO_IPV6, 45, (char *)&request, sizeof(request) ) );
    expect_success( setsockopt( s, IPPROTO_IPV6, 46, (char *)&request, sizeof(request) ) );
    expect_success( setsockopt( s, IPPROTO_IPV6, 41, (char *)&whole, sizeof(whole) ) );
    expect_success( setsockopt( s, IPPROTO_IPV6, 43, (char *)&request, sizeof(request) ) );
    expect_success( setsockopt( s, IPPROTO_IPV6, 44, (char *)&request, sizeof(request) ) );
    expect_success( setsockopt( s, IPPROTO_IPV6, 42, (char *)&whole, sizeof(whole) ) );
    closesocket( s );
}

/* MS: setsockopt, WSAEADDRNOTAVAIL: interfaces, addresses and memberships that do not exist; multicast
 * programming: groups of another family */
static void test_absent( void )
{
    struct ip_mreq_source source = { { .s_addr = inet_addr( "239.1.2.11" ) },
                                     { .s_addr = inet_addr( "127.0.0.2" ) },
                                     { .s_addr = htonl( INADDR_LOOPBACK ) } };
    struct ip_mreq mreq = { source.imr_multiaddr, { .s_addr = inet_addr( "192.0.2.77" ) } };
    struct { struct in6_addr group; ULONG index; } mreq6 = { .index = 0x7ffffff };
    struct { ULONG index; SOCKADDR_STORAGE group, source; } request = { .index = 0x7ffffff };
    struct sockaddr_in *group = (struct sockaddr_in *)&request.group;
    struct sockaddr_in6 *group6 = (struct sockaddr_in6 *)&request.group;
    static const char none[8] = { 0, 0, 1, 4 }, no_operation[4] = { 1, 1, 1, 1 };   /* PadN; NOP */
    int option, size, v6;
    char junk[64];
    SOCKET s;

    s = new_socket( AF_INET, SOCK_DGRAM );
    expect_error( set_number( s, IPPROTO_IP, IP_MULTICAST_IF, mreq.imr_interface.s_addr ),
                  WSAEADDRNOTAVAIL );
    expect_error( setsockopt( s, IPPROTO_IP, 12, (char *)&mreq, sizeof(mreq) ), WSAEADDRNOTAVAIL );
    expect_error( setsockopt( s, IPPROTO_IP, 13, (char *)&mreq, sizeof(mreq) ), WSAEADDRNOTAVAIL );
    for (option = 16; option <= 18; option++)       /* the group has not been joined */
        expect_error( setsockopt( s, IPPROTO_IP, option, (char *)&source, sizeof(source) ), WSAEINVAL );
    /* a source that is not joined; one that is blocked already (RFC 3678) */
    expect_success( setsockopt( s, IPPROTO_IP, 15, (char *)&source, sizeof(source) ) );
    source.imr_sourceaddr.s_addr = inet_addr( "127.0.0.3" );
    expect_error( setsockopt( s, IPPROTO_IP, 16, (char *)&source, sizeof(source) ), WSAEADDRNOTAVAIL );
    source.imr_multiaddr.s_addr = inet_addr( "239.1.2.12" );
    expect_success( setsockopt( s, IPPROTO_IP, 12, (char *)&(struct ip_mreq){ source.imr_multiaddr,
                                source.imr_interface }, sizeof(struct ip_mreq) ) );
    expect_success( setsockopt( s, IPPROTO_IP, 17, (char *)&source, sizeof(source) ) );
    expect_error( setsockopt( s, IPPROTO_IP, 17, (char *)&source, sizeof(source) ), WSAEADDRNOTAVAIL );
    source.imr_interface = mreq.imr_interface;
    expect_error( setsockopt( s, IPPROTO_IP, 15, (char *)&source, sizeof(source) ), WSAEADDRNOTAVAIL );
    closesocket( s );

    for (v6 = 0; v6 <= have_ipv6(); v6++)
    {
        int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;

        winetest_push_context( v6 ? "IPv6" : "IPv4" );
        s = new_socket( v6 ? AF_INET6 : AF_INET, SOCK_DGRAM );
        memset( &request.group, 0, sizeof(request.group) );
        if (v6)
        {
            group6->sin6_family = AF_INET6;
            mreq6.group.s6_addr[0] = 0xff;
            mreq6.group.s6_addr[1] = 0x01;
            mreq6.group.s6_addr[15] = 0x78;
            group6->sin6_addr = mreq6.group;
            expect_error( setsockopt( s, level, 12, (char *)&mreq6, sizeof(mreq6) ), WSAEADDRNOTAVAIL );
            expect_error( setsockopt( s, level, 13, (char *)&mreq6, sizeof(mreq6) ), WSAEADDRNOTAVAIL );
        }
        else
        {
            group->sin_family = AF_INET;
            group->sin_addr = mreq.imr_multiaddr;
        }
        request.source = request.group;
        if (v6) ((struct sockaddr_in6 *)&request.source)->sin6_addr = loopback_address6( 0 ).sin6_addr;
        else *(struct sockaddr_in *)&request.source = loopback_address( 0 );
        for (option = 41; option <= 46; option++)   /* MCAST_JOIN_GROUP to MCAST_LEAVE_SOURCE_GROUP */
        {
            size = option < 43 ? offsetof( typeof( request ), source ) : sizeof(request);
            winetest_push_context( "option %d", option );
            expect_error( setsockopt( s, level, option, (char *)&request, size ), WSAEADDRNOTAVAIL );
            request.group.ss_family = AF_UNSPEC;
            expect_error( setsockopt( s, level, option, (char *)&request, size ), WSAEINVAL );
            request.group.ss_family = v6 ? AF_INET6 : AF_INET;
            winetest_pop_context();
        }

        /* options of a header that are none, and too many; then one that does nothing */
        memset( junk, 0xa5, sizeof(junk) );
        if (v6 && setsockopt( s, level, 1, none, sizeof(none) ) && WSAGetLastError() == WSAEACCES)
            skip( "IPV6_HOPOPTS needs privilege\n" );
        else
        {
            expect_error( setsockopt( s, level, 1, junk, sizeof(junk) ), WSAEINVAL );
            expect_success( setsockopt( s, level, 1, v6 ? none : no_operation, v6 ? 8 : 4 ) );
            size = sizeof(junk);
            expect_success( getsockopt( s, level, 1, junk, &size ) );
            ok( size == (v6 ? 8 : 4) && !memcmp( junk, v6 ? none : no_operation, size ), "got %d bytes\n",
                size );
        }

        /* T: test_ipv6only: not once it is bound */
        closesocket( s );
        s = bound_socket( v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
        expect_error( set_number( s, IPPROTO_IPV6, IPV6_V6ONLY, 0 ), WSAEINVAL );
        closesocket( s );
        winetest_pop_context();
    }
}

START_TEST(option)
{
    start_sockets();
    test_lengths();
    test_unknown();
    test_other_family();
    test_order();
    test_socket_level();
    test_structures();
    test_quic();
    test_segments();
    test_multicast();
    test_simple();
    test_special();
    test_sources();
    test_absent();
    stop_sockets();
}
