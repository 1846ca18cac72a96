/*
 * Options that refuse datagrams: IP_RECEIVE_BROADCAST, IP_MULTICAST_LOOP (of the receiver), IP_IFLIST.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What must not arrive is sent first, then something that does: no test waits for nothing.
 */
#include "util.h"

enum
{
    OPT_PKTINFO = 19, OPT_RECEIVE_BROADCAST = 22, OPT_IFLIST = 28, OPT_ADD_IFLIST = 29, OPT_DEL_IFLIST = 30,
    OPT_GET_IFLIST = 33,
};

static void set_number( SOCKET s, int level, int option, DWORD value )
{
    int ret = setsockopt( s, level, option, (char *)&value, sizeof(value) );

    ok( !ret, "failed to set %d, error %d\n", option, WSAGetLastError() );
}

static SOCKET make_wildcard( struct sockaddr_in *addr )
{
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );
    DWORD timeout = PATIENCE;
    int len = sizeof(*addr);

    memset( addr, 0, sizeof(*addr) );
    addr->sin_family = AF_INET;
    ok( !bind( s, (struct sockaddr *)addr, sizeof(*addr) ), "error %d\n", WSAGetLastError() );
    getsockname( s, (struct sockaddr *)addr, &len );
    *addr = loopback_address( ntohs( addr->sin_port ));
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    return s;
}

static BOOL send_to( SOCKET s, struct sockaddr_in addr, ULONG ip, const char *text )
{
    addr.sin_addr.s_addr = htonl( ip );
    return sendto( s, text, strlen( text ), 0, (struct sockaddr *)&addr, sizeof(addr) ) > 0;
}

#define expect_text( s, text ) expect_text_( __LINE__, s, text )
static void expect_text_( int line, SOCKET s, const char *text )
{
    char buffer[64] = "";
    int ret = recv( s, buffer, sizeof(buffer) - 1, 0 );

    ok_( __FILE__, line )( ret == (int)strlen( text ) && !memcmp( buffer, text, ret ),
                           "got %d, \"%s\", error %d, expected \"%s\"\n", ret, buffer, WSAGetLastError(),
                           text );
}

/* MS: IPPROTO_IP options */
static void test_broadcast( void )
{
    struct sockaddr_in addr;
    SOCKET dst = make_wildcard( &addr ), src = socket( AF_INET, SOCK_DGRAM, 0 );
    DWORD value = 0;
    int len = sizeof(value);

    set_number( src, SOL_SOCKET, SO_BROADCAST, 1 );
    expect_success( getsockopt( dst, IPPROTO_IP, OPT_RECEIVE_BROADCAST, (char *)&value, &len ));
    ok( value == 1, "got %lu\n", value );
    if (send_to( src, addr, 0x7fffffff, "broadcast" ))
    {
        expect_text( dst, "broadcast" );
        set_number( dst, IPPROTO_IP, OPT_RECEIVE_BROADCAST, 0 );
        send_to( src, addr, 0x7fffffff, "unwanted" );
        send_to( src, addr, INADDR_LOOPBACK, "unicast" );
        expect_text( dst, "unicast" );
        set_number( dst, IPPROTO_IP, OPT_RECEIVE_BROADCAST, 1 );
        send_to( src, addr, 0x7fffffff, "broadcast" );
        expect_text( dst, "broadcast" );
    }
    else skip( "no broadcast on loopback, error %d\n", WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
}

/* MS: IPPROTO_IP options: "not compatible with the POSIX version: the option must be set on the receiving
 * socket" */
static void test_multicast( void )
{
    static const ULONG group = 0xefff4d06;  /* 239.255.77.6 */
    struct sockaddr_in addr;
    SOCKET dst = make_wildcard( &addr ), src = socket( AF_INET, SOCK_DGRAM, 0 );
    struct ip_mreq mreq;

    mreq.imr_multiaddr.s_addr = htonl( group );
    mreq.imr_interface.s_addr = htonl( INADDR_LOOPBACK );
    expect_success( setsockopt( dst, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&mreq, sizeof(mreq) ));
    expect_success( setsockopt( src, IPPROTO_IP, IP_MULTICAST_IF, (char *)&mreq.imr_interface, 4 ));

    /* not on the sender */
    set_number( src, IPPROTO_IP, IP_MULTICAST_LOOP, 0 );
    ok( send_to( src, addr, group, "group" ), "error %d\n", WSAGetLastError() );
    expect_text( dst, "group" );
    set_number( dst, IPPROTO_IP, IP_MULTICAST_LOOP, 0 );
    send_to( src, addr, group, "unwanted" );
    send_to( src, addr, INADDR_LOOPBACK, "unicast" );
    expect_text( dst, "unicast" );
    set_number( dst, IPPROTO_IP, IP_MULTICAST_LOOP, 1 );
    send_to( src, addr, group, "again" );
    expect_text( dst, "again" );
    closesocket( src );
    closesocket( dst );
}

/* MS: IPPROTO_IP options, IP_IFLIST */
static void test_interfaces( void )
{
    static const GUID guid = WSAID_WSARECVMSG;
    struct sockaddr_in addr, from;
    SOCKET dst = make_wildcard( &addr ), src = socket( AF_INET, SOCK_DGRAM, 0 );
    union { WSACMSGHDR header; char bytes[64]; } control;
    DWORD count, loopback = 0, list[4], on = 1, none = 0;
    LPFN_WSARECVMSG p_WSARecvMsg = get_extension( dst, &guid );
    char data[16];
    WSABUF buffer = { sizeof(data), data }, room = { sizeof(control), control.bytes };
    WSAMSG msg = { (struct sockaddr *)&from, sizeof(from), &buffer, 1, room, 0 };
    int len;

    set_number( dst, IPPROTO_IP, OPT_PKTINFO, 1 );
    send_to( src, addr, INADDR_LOOPBACK, "x" );
    expect_success( p_WSARecvMsg( dst, &msg, &count, NULL, NULL ));
    memcpy( &loopback, (char *)(&control.header + 1) + 4, sizeof(loopback) );
    ok( loopback != 0, "no interface\n" );

    len = sizeof(list);
    expect_error( getsockopt( dst, IPPROTO_IP, OPT_GET_IFLIST, (char *)list, &len ), WSAEINVAL );
    set_number( dst, IPPROTO_IP, OPT_IFLIST, 1 );
    len = sizeof(list);
    expect_success( getsockopt( dst, IPPROTO_IP, OPT_GET_IFLIST, (char *)list, &len ));
    ok( !len, "got %d\n", len );
    send_to( src, addr, INADDR_LOOPBACK, "unwanted" );
    set_number( dst, IPPROTO_IP, OPT_ADD_IFLIST, loopback );
    send_to( src, addr, INADDR_LOOPBACK, "wanted" );
    expect_text( dst, "wanted" );
    set_number( dst, IPPROTO_IP, OPT_ADD_IFLIST, loopback + 1000 );
    len = sizeof(list);
    expect_success( getsockopt( dst, IPPROTO_IP, OPT_GET_IFLIST, (char *)list, &len ));
    ok( len == 8 && list[0] == loopback && list[1] == loopback + 1000, "got length %d\n", len );
    len = 4;
    expect_error( getsockopt( dst, IPPROTO_IP, OPT_GET_IFLIST, (char *)list, &len ), WSAEFAULT );
    set_number( dst, IPPROTO_IP, OPT_DEL_IFLIST, loopback );
    send_to( src, addr, INADDR_LOOPBACK, "unwanted" );
    set_number( dst, IPPROTO_IP, OPT_IFLIST, 0 );
    send_to( src, addr, INADDR_LOOPBACK, "all" );
    expect_text( dst, "all" );
    expect_error( setsockopt( dst, IPPROTO_IP, OPT_ADD_IFLIST, (char *)&on, 2 ), WSAEFAULT );
    expect_error( setsockopt( dst, IPPROTO_IP, OPT_DEL_IFLIST, (char *)&on, 2 ), WSAEFAULT );
    expect_error( setsockopt( dst, IPPROTO_IP, OPT_ADD_IFLIST, (char *)&none, sizeof(none) ), WSAEINVAL );
    expect_error( setsockopt( dst, IPPROTO_IP, OPT_DEL_IFLIST, (char *)&none, sizeof(none) ), WSAEINVAL );
    closesocket( src );
    closesocket( dst );
}

/* MS: IPPROTO_IPV6 options: the same, interface indices */
static void test_interfaces6( void )
{
    struct sockaddr_storage addr;
    DWORD list[2] = { 0 }, timeout = PATIENCE, none = 0;
    SOCKET s;
    int len;

    if (!have_ipv6()) return;
    s = bound_socket( AF_INET6, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    set_number( s, IPPROTO_IPV6, OPT_IFLIST, 1 );
    sendto( s, "unwanted", 8, 0, (struct sockaddr *)&addr, len );
    set_number( s, IPPROTO_IPV6, OPT_ADD_IFLIST, 12345 );
    len = sizeof(list);
    expect_success( getsockopt( s, IPPROTO_IPV6, OPT_GET_IFLIST, (char *)list, &len ));
    ok( len == 4 && list[0] == 12345, "got length %d, %lu\n", len, list[0] );
    set_number( s, IPPROTO_IPV6, OPT_DEL_IFLIST, 12345 );
    expect_error( setsockopt( s, IPPROTO_IPV6, OPT_ADD_IFLIST, (char *)list, 2 ), WSAEFAULT );
    expect_error( setsockopt( s, IPPROTO_IPV6, OPT_DEL_IFLIST, (char *)list, 2 ), WSAEFAULT );
    expect_error( setsockopt( s, IPPROTO_IPV6, OPT_ADD_IFLIST, (char *)&none, sizeof(none) ), WSAEINVAL );
    expect_error( setsockopt( s, IPPROTO_IPV6, OPT_DEL_IFLIST, (char *)&none, sizeof(none) ), WSAEINVAL );
    set_number( s, IPPROTO_IPV6, OPT_IFLIST, 0 );
    len = sizeof(list);
    expect_error( getsockopt( s, IPPROTO_IPV6, OPT_GET_IFLIST, (char *)list, &len ), WSAEINVAL );
    sendto( s, "all", 3, 0, (struct sockaddr *)&addr, sizeof(struct sockaddr_in6) );
    expect_text( s, "all" );
    closesocket( s );
}

/* The sockets of IPv6 have IP_MULTICAST_LOOP's twin, of the receiver as well; MS: IPPROTO_IPV6 options */
static void test_multicast6( void )
{
    struct sockaddr_storage addr;
    struct sockaddr_in6 group;
    struct ipv6_mreq mreq;
    DWORD timeout = PATIENCE, loopback = 1;
    SOCKET dst, src;
    int len;

    if (!have_ipv6()) return;
    dst = socket( AF_INET6, SOCK_DGRAM, 0 );
    src = socket( AF_INET6, SOCK_DGRAM, 0 );
    memset( &addr, 0, sizeof(addr) );
    addr.ss_family = AF_INET6;
    expect_success( bind( dst, (struct sockaddr *)&addr, sizeof(struct sockaddr_in6) ));
    len = sizeof(addr);
    getsockname( dst, (struct sockaddr *)&addr, &len );
    setsockopt( dst, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    memset( &mreq, 0, sizeof(mreq) );
    mreq.ipv6mr_multiaddr.s6_addr[0] = 0xff;
    mreq.ipv6mr_multiaddr.s6_addr[1] = 0x01;    /* of this node only */
    mreq.ipv6mr_multiaddr.s6_addr[15] = 0x77;
    mreq.ipv6mr_interface = loopback;
    if (setsockopt( dst, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, (char *)&mreq, sizeof(mreq) ) ||
        setsockopt( src, IPPROTO_IPV6, IPV6_MULTICAST_IF, (char *)&loopback, sizeof(loopback) ))
        skip( "no group on loopback, error %d\n", WSAGetLastError() );
    else
    {
        memcpy( &group, &addr, sizeof(group) );
        group.sin6_addr = mreq.ipv6mr_multiaddr;
        set_number( src, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0 );
        if (sendto( src, "group", 5, 0, (struct sockaddr *)&group, sizeof(group) ) == 5)
        {
            expect_text( dst, "group" );
            set_number( dst, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0 );
            sendto( src, "unwanted", 8, 0, (struct sockaddr *)&group, sizeof(group) );
            group = loopback_address6( ntohs( group.sin6_port ));
            sendto( src, "unicast", 7, 0, (struct sockaddr *)&group, sizeof(group) );
            expect_text( dst, "unicast" );
        }
    }
    closesocket( src );
    closesocket( dst );
}

START_TEST(interests)
{
    start_sockets();
    test_broadcast();
    test_multicast();
    test_interfaces();
    test_interfaces6();
    test_multicast6();
    stop_sockets();
}
