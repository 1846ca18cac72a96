/*
 * Ancillary data of datagrams: a message for each option that yields one, flags, and how one message is
 * sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#ifndef MSG_TRUNC
#define MSG_TRUNC 0x0100
#define MSG_CTRUNC 0x0200
#define MSG_BCAST 0x0400
#define MSG_MCAST 0x0800
#endif

/* Numbers, since not all headers have the names. */
enum
{
    OPT_PKTINFO = 19, OPT_HOPLIMIT = 21, OPT_RECVIF = 24, OPT_RECVDSTADDR = 25, OPT_RECVRTHDR = 38,
    OPT_TCLASS = 39, OPT_RECVTCLASS = 40, OPT_ORIGINAL_ARRIVAL_IF = 47, OPT_ECN = 50, OPT_PKTINFO_EX = 51,
    OPT_UDP_SEND_MSG_SIZE = 2, OPT_UDP_RECV_MAX_COALESCED_SIZE = 3, MSG_UDP_COALESCED_INFO = 3,
};

enum content { INFO, INFO_EX, ADDRESS, IF_INDEX, HOPS, CLASS, ECN };

/* MS: IPPROTO_IP and IPPROTO_IPV6 socket options; T: test_ipv4_cmsg, test_ipv6_cmsg for the types. */
static const struct
{
    int family, level, option, type;
    enum content content;
}
options[] =
{
    { AF_INET, IPPROTO_IP, OPT_PKTINFO, OPT_PKTINFO, INFO },
    { AF_INET, IPPROTO_IP, OPT_PKTINFO_EX, OPT_PKTINFO_EX, INFO_EX },
    { AF_INET, IPPROTO_IP, OPT_RECVDSTADDR, OPT_RECVDSTADDR, ADDRESS },
    { AF_INET, IPPROTO_IP, OPT_RECVIF, OPT_RECVIF, IF_INDEX },
    { AF_INET, IPPROTO_IP, OPT_ORIGINAL_ARRIVAL_IF, OPT_ORIGINAL_ARRIVAL_IF, IF_INDEX },
    { AF_INET, IPPROTO_IP, OPT_HOPLIMIT, IP_TTL, HOPS },
    { AF_INET, IPPROTO_IP, OPT_RECVTCLASS, IP_TOS, CLASS },
    { AF_INET, IPPROTO_IP, OPT_ECN, OPT_ECN, ECN },
    { AF_INET6, IPPROTO_IPV6, OPT_PKTINFO, OPT_PKTINFO, INFO },
    { AF_INET6, IPPROTO_IPV6, OPT_PKTINFO_EX, OPT_PKTINFO_EX, INFO_EX },
    { AF_INET6, IPPROTO_IPV6, OPT_RECVDSTADDR, OPT_RECVDSTADDR, ADDRESS },
    { AF_INET6, IPPROTO_IPV6, OPT_RECVIF, OPT_RECVIF, IF_INDEX },
    { AF_INET6, IPPROTO_IPV6, OPT_ORIGINAL_ARRIVAL_IF, OPT_ORIGINAL_ARRIVAL_IF, IF_INDEX },
    { AF_INET6, IPPROTO_IPV6, OPT_HOPLIMIT, OPT_HOPLIMIT, HOPS },
    { AF_INET6, IPPROTO_IPV6, OPT_RECVTCLASS, OPT_TCLASS, CLASS },
    { AF_INET6, IPPROTO_IPV6, OPT_ECN, OPT_ECN, ECN },
};

#define HOP_COUNT 77
#define TRAFFIC_CLASS 0x2a      /* ECT(0) in its low bits */

/* What one WSARecvMsg answered. */
struct received
{
    char data[66000];
    DWORD size;
    WSAMSG msg;
    WSABUF buffer;
    struct sockaddr_in6 from;
    union { WSACMSGHDR header; char bytes[256]; } control;
    int error;
};

static LPFN_WSARECVMSG p_WSARecvMsg;
static LPFN_WSASENDMSG p_WSASendMsg;

static void find_functions( void )
{
    static const GUID recv_guid = WSAID_WSARECVMSG, send_guid = WSAID_WSASENDMSG;
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );

    p_WSARecvMsg = get_extension( s, &recv_guid );
    p_WSASendMsg = get_extension( s, &send_guid );
    closesocket( s );
}

static void prepare( struct received *r, ULONG control_size )
{
    memset( r, 0, sizeof(*r) );
    r->buffer.buf = r->data;
    r->buffer.len = sizeof(r->data);
    r->msg.lpBuffers = &r->buffer;
    r->msg.dwBufferCount = 1;
    r->msg.name = (struct sockaddr *)&r->from;
    r->msg.namelen = sizeof(r->from);
    r->msg.Control.buf = r->control.bytes;
    r->msg.Control.len = control_size;
}

static int receive( SOCKET s, struct received *r, ULONG control_size )
{
    DWORD timeout = PATIENCE;
    int ret;

    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    prepare( r, control_size );
    ret = p_WSARecvMsg( s, &r->msg, &r->size, NULL, NULL );
    r->error = ret ? WSAGetLastError() : 0;
    return ret;
}

/* The only message. */
static const void *only_message( const struct received *r, int level, int type, SIZE_T size )
{
    const WSACMSGHDR *header = &r->control.header;
    SIZE_T space = (sizeof(*header) + size + sizeof(SIZE_T) - 1) & ~(sizeof(SIZE_T) - 1);

    ok( r->msg.Control.len == space, "got %lu bytes, expected %Iu\n", r->msg.Control.len, space );
    if (r->msg.Control.len < sizeof(*header)) return NULL;
    ok( header->cmsg_len == sizeof(*header) + size, "got length %Iu, expected %Iu\n", header->cmsg_len,
        sizeof(*header) + size );
    ok( header->cmsg_level == level, "got level %d\n", header->cmsg_level );
    ok( header->cmsg_type == type, "got type %d\n", header->cmsg_type );
    return header->cmsg_len == sizeof(*header) + size ? header + 1 : NULL;
}

static void set_flag( SOCKET s, int level, int option, DWORD value )
{
    int ret = setsockopt( s, level, option, (char *)&value, sizeof(value) );

    ok( !ret, "failed to set %d, error %d\n", option, WSAGetLastError() );
}

static void check_content( const struct received *r, unsigned int i, const void *local, DWORD if_index )
{
    SIZE_T address_size = options[i].family == AF_INET6 ? 16 : 4, size = sizeof(DWORD);
    const unsigned char *data;
    DWORD number;

    if (options[i].content == ADDRESS) size = address_size;
    else if (options[i].content == INFO) size = address_size + sizeof(DWORD);
    else if (options[i].content == INFO_EX) size = address_size + 2 * sizeof(DWORD);
    if (!(data = only_message( r, options[i].level, options[i].type, size ))) return;
    memcpy( &number, data, sizeof(number) );
    switch (options[i].content)
    {
    case INFO_EX:
    case INFO:
        memcpy( &number, data + address_size, sizeof(number) );
        ok( number == if_index, "got interface %lu, expected %lu\n", number, if_index );
        /* fall through */
    case ADDRESS:
        ok( !memcmp( data, local, address_size ), "wrong address\n" );
        break;
    case IF_INDEX:
        ok( number == if_index, "got interface %lu, expected %lu\n", number, if_index );
        break;
    case HOPS:
        ok( number == HOP_COUNT, "got %lu\n", number );
        break;
    case CLASS:
        ok( number == TRAFFIC_CLASS, "got %#lx\n", number );
        break;
    case ECN:
        ok( number == (TRAFFIC_CLASS & 3), "got %#lx\n", number );
        break;
    }
}

/* The interface of loopback, as IP_PKTINFO tells it. */
static DWORD loopback_interface( int family )
{
    struct sockaddr_storage addr;
    struct received *r = malloc( sizeof(*r) );
    SOCKET s = bound_socket( family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, NULL );
    int len = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    DWORD if_index;

    set_flag( s, family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP, OPT_PKTINFO, 1 );
    sendto( s, "x", 1, 0, (struct sockaddr *)&addr, len );
    receive( s, r, sizeof(r->control) );
    memcpy( &if_index, (char *)(&r->control.header + 1) + (family == AF_INET6 ? 16 : 4), sizeof(if_index) );
    ok( if_index != 0, "no interface\n" );
    closesocket( s );
    free( r );
    return if_index;
}

enum way { BLOCKING, WATCHED, OVERLAPPED_CALL, PENDING, WAY_COUNT };

static void test_options( void )
{
    static const char *const ways[] = { "blocking", "watched", "overlapped", "pending" };
    struct received *r = malloc( sizeof(*r) );
    struct sockaddr_storage addr, src_addr;
    const void *local;
    unsigned int i, way;
    SOCKET src, dst;
    int len, src_len, v6;

    for (i = 0; i < ARRAY_SIZE(options); i++)
    {
        DWORD if_index;

        v6 = options[i].family == AF_INET6;
        if (v6 && !have_ipv6()) continue;
        winetest_push_context( "level %d option %d", options[i].level, options[i].option );
        if_index = loopback_interface( options[i].family );
        src = bound_socket( options[i].family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &src_addr, &src_len );
        dst = bound_socket( options[i].family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
        local = v6 ? (void *)&((struct sockaddr_in6 *)&addr)->sin6_addr
                   : (void *)&((struct sockaddr_in *)&addr)->sin_addr;
        set_flag( src, options[i].level, 4 /* IP_TTL, IPV6_UNICAST_HOPS */, HOP_COUNT );
        if (options[i].content == CLASS || options[i].content == ECN)
        {
            struct { WSACMSGHDR header; DWORD value, padding; } control;
            WSABUF buffer = { 4, (char *)"data" };
            WSABUF data = { sizeof(control), (char *)&control };
            WSAMSG msg = { (struct sockaddr *)&addr, len, &buffer, 1, data, 0 };
            DWORD sent;

            memset( &control, 0, sizeof(control) );
            control.header.cmsg_len = sizeof(control.header) + sizeof(control.value);
            control.header.cmsg_level = options[i].level;
            control.header.cmsg_type = v6 ? OPT_TCLASS : IP_TOS;
            control.value = TRAFFIC_CLASS;
            expect_success( p_WSASendMsg( src, &msg, 0, &sent, NULL, NULL ));
            ok( sent == 4, "got %lu\n", sent );
        }
        else sendto( src, "data", 4, 0, (struct sockaddr *)&addr, len );

        /* nothing is told unless the option is set */
        ok( !receive( dst, r, sizeof(r->control) ), "error %d\n", r->error );
        ok( !r->msg.Control.len, "got %lu bytes of control data\n", r->msg.Control.len );
        set_flag( dst, options[i].level, options[i].option, 1 );

        for (way = 0; way < WAY_COUNT; way++)
        {
            WSAEVENT event = WSACreateEvent();
            WSAOVERLAPPED overlapped = { .hEvent = event };
            int ret;

            winetest_push_context( "%s", ways[way] );
            if (options[i].content == CLASS || options[i].content == ECN)
            {
                DWORD class = TRAFFIC_CLASS;

                /* an IPv4 socket has this as an option, too */
                if (v6 || setsockopt( src, IPPROTO_IP, IP_TOS, (char *)&class, sizeof(class) ))
                {
                    winetest_pop_context();
                    WSACloseEvent( event );
                    continue;
                }
            }
            if (way == WATCHED)
            {
                ok( !WSAEventSelect( dst, event, FD_READ ), "error %d\n", WSAGetLastError() );
            }
            if (way == PENDING)
            {
                prepare( r, sizeof(r->control) );
                ret = p_WSARecvMsg( dst, &r->msg, NULL, &overlapped, NULL );
                ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret,
                    WSAGetLastError() );
            }
            sendto( src, "data", 4, 0, (struct sockaddr *)&addr, len );
            if (way == OVERLAPPED_CALL)
            {
                ok( wait_socket( dst, "r" ), "no datagram\n" );
                prepare( r, sizeof(r->control) );
                ret = p_WSARecvMsg( dst, &r->msg, NULL, &overlapped, NULL );
                ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "error %d\n", WSAGetLastError() );
            }
            if (way == OVERLAPPED_CALL || way == PENDING)
            {
                ret = WaitForSingleObject( event, PATIENCE );
                ok( !ret, "not completed\n" );
                ok( !overlapped.Internal, "got status %#Ix\n", overlapped.Internal );
                r->size = overlapped.InternalHigh;
            }
            else
            {
                if (way == WATCHED) ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
                ok( !receive( dst, r, sizeof(r->control) ), "error %d\n", r->error );
            }
            ok( r->size == 4 && !memcmp( r->data, "data", 4 ), "got %lu bytes\n", r->size );
            ok( same_address( &r->from, &src_addr ), "wrong source\n" );
            ok( !r->msg.dwFlags, "got flags %#lx\n", r->msg.dwFlags );
            check_content( r, i, local, if_index );
            if (way == WATCHED)
            {
                /* it is due again */
                ResetEvent( event );
                expect_error( receive( dst, r, sizeof(r->control) ), WSAEWOULDBLOCK );
                sendto( src, "more", 4, 0, (struct sockaddr *)&addr, len );
                ok( !WaitForSingleObject( event, PATIENCE ), "no second event\n" );
                ok( !receive( dst, r, sizeof(r->control) ), "error %d\n", r->error );
                check_content( r, i, local, if_index );
                WSAEventSelect( dst, NULL, 0 );
                set_blocking( dst, TRUE );
            }
            WSACloseEvent( event );
            winetest_pop_context();
        }
        set_flag( dst, options[i].level, options[i].option, 0 );
        sendto( src, "data", 4, 0, (struct sockaddr *)&addr, len );
        ok( !receive( dst, r, sizeof(r->control) ), "error %d\n", r->error );
        ok( !r->msg.Control.len, "got %lu bytes of control data\n", r->msg.Control.len );
        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }
    free( r );
}

/* T: test_WSARecvMsg; MS: WSARecvMsg, WSAMSG */
static void test_flags( void )
{
    struct received *r = malloc( sizeof(*r) );
    struct sockaddr_in addr, to, group;
    struct ip_mreq mreq;
    WSAOVERLAPPED overlapped = { .hEvent = WSACreateEvent() };
    int len = sizeof(addr), ret;
    SOCKET src, dst;
    DWORD on = 1, flags, count;

    src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    dst = socket( AF_INET, SOCK_DGRAM, 0 );
    memset( &addr, 0, sizeof(addr) );
    addr.sin_family = AF_INET;
    expect_success( bind( dst, (struct sockaddr *)&addr, sizeof(addr) ));
    getsockname( dst, (struct sockaddr *)&addr, &len );
    to = loopback_address( ntohs( addr.sin_port ));
    set_flag( dst, IPPROTO_IP, OPT_PKTINFO, 1 );
    set_flag( dst, IPPROTO_IP, OPT_HOPLIMIT, 1 );

    sendto( src, "data", 4, 0, (struct sockaddr *)&to, sizeof(to) );
    ret = receive( dst, r, 1 );
    ok( ret == -1 && r->error == WSAEMSGSIZE, "got %d, error %d\n", ret, r->error );
    ok( r->size == 4, "got %lu\n", r->size );
    ok( r->msg.dwFlags == MSG_CTRUNC, "got flags %#lx\n", r->msg.dwFlags );

    sendto( src, "data", 4, 0, (struct sockaddr *)&to, sizeof(to) );
    ret = receive( dst, r, sizeof(r->control) );
    ok( !ret && !r->msg.dwFlags, "got error %d, flags %#lx\n", r->error, r->msg.dwFlags );
    ok( r->msg.Control.len == 2 * (sizeof(WSACMSGHDR) + 8) - 2 * (8 - sizeof(SIZE_T)) ||
        r->msg.Control.len == 2 * sizeof(WSACMSGHDR) + 12, "got %lu\n", r->msg.Control.len );

    /* a datagram that is cut */
    sendto( src, "data", 4, 0, (struct sockaddr *)&to, sizeof(to) );
    prepare( r, sizeof(r->control) );
    r->buffer.len = 2;
    ret = p_WSARecvMsg( dst, &r->msg, &r->size, NULL, NULL );
    ok( ret == -1 && WSAGetLastError() == WSAEMSGSIZE, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( r->msg.dwFlags == MSG_TRUNC, "got flags %#lx\n", r->msg.dwFlags );
    ok( r->size == 2, "got %lu\n", r->size );
    ok( r->msg.Control.len != 0, "no control data\n" );

    /* a look does not take it */
    sendto( src, "data", 4, 0, (struct sockaddr *)&to, sizeof(to) );
    prepare( r, sizeof(r->control) );
    r->msg.dwFlags = MSG_PEEK;
    expect_success( p_WSARecvMsg( dst, &r->msg, &r->size, NULL, NULL ));
    ok( !r->msg.dwFlags, "got flags %#lx\n", r->msg.dwFlags );
    ok( !receive( dst, r, sizeof(r->control) ) && r->size == 4, "error %d\n", r->error );

    /* broadcast and multicast */
    expect_success( setsockopt( src, SOL_SOCKET, SO_BROADCAST, (char *)&on, sizeof(on) ));
    to.sin_addr.s_addr = htonl( 0x7fffffff );
    ret = sendto( src, "data", 4, 0, (struct sockaddr *)&to, sizeof(to) );
    if (ret == 4)
    {
        ret = receive( dst, r, sizeof(r->control) );
        ok( !ret && r->msg.dwFlags == MSG_BCAST, "got error %d, flags %#lx\n", r->error, r->msg.dwFlags );
    }
    group = to;
    group.sin_addr.s_addr = inet_addr( "239.255.77.5" );
    mreq.imr_multiaddr = group.sin_addr;
    mreq.imr_interface.s_addr = htonl( INADDR_LOOPBACK );
    expect_success( setsockopt( dst, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&mreq, sizeof(mreq) ));
    expect_success( setsockopt( src, IPPROTO_IP, IP_MULTICAST_IF, (char *)&mreq.imr_interface, 4 ));
    ret = sendto( src, "data", 4, 0, (struct sockaddr *)&group, sizeof(group) );
    ok( ret == 4, "error %d\n", WSAGetLastError() );
    ret = receive( dst, r, sizeof(r->control) );
    ok( !ret && r->msg.dwFlags == MSG_MCAST, "got error %d, flags %#lx\n", r->error, r->msg.dwFlags );

    /* a receive that waits */
    prepare( r, 1 );
    ret = p_WSARecvMsg( dst, &r->msg, NULL, &overlapped, NULL );
    ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
    sendto( src, "data", 4, 0, (struct sockaddr *)&group, sizeof(group) );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "not completed\n" );
    ok( (DWORD)overlapped.Internal == 0x80000005 /* STATUS_BUFFER_OVERFLOW */, "got status %#Ix\n",
        overlapped.Internal );
    ok( overlapped.InternalHigh == 4, "got %Iu bytes\n", overlapped.InternalHigh );
    ok( r->msg.dwFlags == (MSG_CTRUNC | MSG_MCAST), "got flags %#lx\n", r->msg.dwFlags );
    /* T: test_WSARecvMsg: a failure has no flags */
    flags = 0xdeadbeef;
    expect_false( WSAGetOverlappedResult( dst, &overlapped, &count, FALSE, &flags ), WSAEMSGSIZE );
    ok( flags == 0xdeadbeef, "got flags %#lx\n", flags );
    WSACloseEvent( overlapped.hEvent );

    /* T: test_WSARecvMsg: with a routine, one that is there and does not fit pends too */
    sendto( src, "data", 4, 0, (struct sockaddr *)&group, sizeof(group) );
    ok( wait_socket( dst, "r" ), "nothing came\n" );
    prepare( r, 1 );
    memset( &overlapped, 0, sizeof(overlapped) );
    ret = p_WSARecvMsg( dst, &r->msg, NULL, &overlapped, note_routine );
    ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( SleepEx( PATIENCE, TRUE ) == WAIT_IO_COMPLETION, "the routine was not called\n" );
    ok( routine_seen.error == WSAEMSGSIZE && routine_seen.count == 4, "got error %lu, %lu bytes\n",
        routine_seen.error, routine_seen.count );
    ok( r->msg.dwFlags == (MSG_CTRUNC | MSG_MCAST), "got flags %#lx\n", r->msg.dwFlags );

    /* bad memory */
    sendto( src, "data", 4, 0, (struct sockaddr *)&group, sizeof(group) );
    prepare( r, sizeof(r->control) );
    r->msg.Control.buf = bad_pointer();
    expect_error( p_WSARecvMsg( dst, &r->msg, &r->size, NULL, NULL ), WSAEFAULT );
    closesocket( src );
    closesocket( dst );
    free( r );
}

/* One message to send, with one control message. */
static int send_message( SOCKET s, const struct sockaddr_in *to, int level, int type, const void *value,
                         SIZE_T size )
{
    union { WSACMSGHDR header; char bytes[64]; } control;
    WSABUF buffer = { 4, (char *)"data" };
    WSABUF data = { sizeof(control), control.bytes };
    WSAMSG msg = { (struct sockaddr *)to, sizeof(*to), &buffer, 1, data, 0 };
    DWORD sent = 0;
    int ret;

    memset( &control, 0, sizeof(control) );
    control.header.cmsg_len = sizeof(control.header) + size;
    control.header.cmsg_level = level;
    control.header.cmsg_type = type;
    memcpy( &control.header + 1, value, size );
    msg.Control.len = (control.header.cmsg_len + sizeof(SIZE_T) - 1) & ~(sizeof(SIZE_T) - 1);
    ret = p_WSASendMsg( s, &msg, 0, &sent, NULL, NULL );
    if (!ret) ok( sent == 4, "got %lu\n", sent );
    return ret;
}

/* MS: WSASendMsg, IP_PKTINFO */
static void test_send( void )
{
    struct received *r = malloc( sizeof(*r) );
    struct { struct in_addr address; DWORD if_index; } info = { { { { 0 } } }, 0 };
    struct sockaddr_storage addr;
    struct sockaddr_in *to = (struct sockaddr_in *)&addr, local;
    DWORD number, off = 0;
    SOCKET src, dst;
    int len, ret;

    src = socket( AF_INET, SOCK_DGRAM, 0 );     /* the first send binds it */
    dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );

    set_flag( dst, IPPROTO_IP, OPT_HOPLIMIT, 1 );
    number = 5;
    expect_success( send_message( src, to, IPPROTO_IP, OPT_HOPLIMIT, &number, sizeof(number) ));
    len = sizeof(local);
    expect_success( getsockname( src, (struct sockaddr *)&local, &len ));
    ok( local.sin_port && !local.sin_addr.s_addr, "wrong local address\n" );
    ok( !receive( dst, r, sizeof(r->control) ), "error %d\n", r->error );
    memcpy( &number, &r->control.header + 1, sizeof(number) );
    ok( number == 5, "got %lu\n", number );
    ok( ((struct sockaddr_in *)&r->from)->sin_port == local.sin_port, "wrong port\n" );
    sendto( src, "data", 4, 0, (struct sockaddr *)to, sizeof(*to) );
    ok( !receive( dst, r, sizeof(r->control) ), "error %d\n", r->error );
    memcpy( &number, &r->control.header + 1, sizeof(number) );
    ok( number != 5, "it is for one message only\n" );
    set_flag( dst, IPPROTO_IP, OPT_HOPLIMIT, off );

    /* ECN beside the class of the socket */
    set_flag( dst, IPPROTO_IP, OPT_RECVTCLASS, 1 );
    number = 0x20;
    setsockopt( src, IPPROTO_IP, IP_TOS, (char *)&number, sizeof(number) );
    number = 1;
    expect_success( send_message( src, to, IPPROTO_IP, OPT_ECN, &number, sizeof(number) ));
    ok( !receive( dst, r, sizeof(r->control) ), "error %d\n", r->error );
    memcpy( &number, &r->control.header + 1, sizeof(number) );
    /* Windows may not let programs set a class */
    ok( number == 0x21 || broken( number == 1 ), "got %#lx\n", number );

    /* the source */
    info.address.s_addr = htonl( 0x7f000002 );
    expect_success( send_message( src, to, IPPROTO_IP, OPT_PKTINFO, &info, sizeof(info) ));
    ok( !receive( dst, r, sizeof(r->control) ), "error %d\n", r->error );
    ok( ((struct sockaddr_in *)&r->from)->sin_addr.s_addr == info.address.s_addr, "wrong source\n" );
    ok( ((struct sockaddr_in *)&r->from)->sin_port == local.sin_port, "wrong port\n" );

    /* too short, too long, not what it should be */
    expect_error( send_message( src, to, IPPROTO_IP, OPT_PKTINFO, &info, 4 ), WSAEINVAL );
    number = 1000;
    expect_error( send_message( src, to, IPPROTO_IP, OPT_HOPLIMIT, &number, sizeof(number) ), WSAEINVAL );
    expect_error( send_message( src, to, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, &number, 2 ), WSAEINVAL );
    {
        WSACMSGHDR header = { sizeof(header) + 100, IPPROTO_IP, IP_TOS };
        WSABUF buffer = { 4, (char *)"data" };
        WSABUF data = { sizeof(header), (char *)&header };
        WSAMSG msg = { (struct sockaddr *)to, sizeof(*to), &buffer, 1, data, 0 };
        DWORD sent;

        expect_error( p_WSASendMsg( src, &msg, 0, &sent, NULL, NULL ), WSAEINVAL );
        header.cmsg_len = 1;
        expect_error( p_WSASendMsg( src, &msg, 0, &sent, NULL, NULL ), WSAEINVAL );
        msg.Control.buf = bad_pointer();
        expect_error( p_WSASendMsg( src, &msg, 0, &sent, NULL, NULL ), WSAEFAULT );
    }
    set_blocking( dst, FALSE );
    ret = receive( dst, r, sizeof(r->control) );
    ok( ret == -1 && r->error == WSAEWOULDBLOCK, "a refused message was sent: %lu bytes\n", r->size );
    closesocket( src );
    closesocket( dst );
    free( r );
}

/* MS: UDP_RECV_MAX_COALESCED_SIZE. Whether anything is coalesced is the network's to say; what was sent
 * arrives, and the message says where one datagram ends. */
static void test_coalesced( void )
{
    static const DWORD sizes[] = { 65535, 1000, 0 };
    struct received *r = malloc( sizeof(*r) );
    struct sockaddr_storage addr;
    char data[6000];
    SOCKET src, dst;
    unsigned int i, j;
    int len;

    for (j = 0; j < sizeof(data); j++) data[j] = j / 7;
    for (i = 0; i < ARRAY_SIZE(sizes); i++)
    {
        DWORD total = 0, messages = 0, segment;

        winetest_push_context( "limit %lu", sizes[i] );
        src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
        dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
        set_flag( src, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, 1200 );
        set_flag( dst, IPPROTO_UDP, OPT_UDP_RECV_MAX_COALESCED_SIZE, sizes[i] );
        ok( sendto( src, data, sizeof(data), 0, (struct sockaddr *)&addr, len ) == sizeof(data),
            "error %d\n", WSAGetLastError() );
        while (total < sizeof(data))
        {
            if (receive( dst, r, sizeof(r->control) ))
            {
                ok( 0, "after %lu bytes: error %d\n", total, r->error );
                break;
            }
            messages++;
            ok( r->size <= sizeof(data) - total && !memcmp( r->data, data + total, r->size ),
                "wrong data\n" );
            if (r->size > 1200)
            {
                const void *message = only_message( r, IPPROTO_UDP, MSG_UDP_COALESCED_INFO,
                                                    sizeof(segment) );

                ok( r->size <= sizes[i], "got %lu bytes\n", r->size );
                if (message) memcpy( &segment, message, sizeof(segment) );
                if (message) ok( segment == 1200, "got %lu\n", segment );
            }
            total += r->size;
        }
        if (sizes[i] < sizeof(data)) ok( messages == 5, "got %lu messages\n", messages );
        else trace( "%lu bytes in %lu messages\n", total, messages );
        closesocket( src );
        closesocket( dst );
        winetest_pop_context();
    }

    /* a receive that waits gets whole datagrams or their size, too */
    {
        WSAEVENT event = WSACreateEvent();
        WSAOVERLAPPED overlapped = { .hEvent = event };
        int ret;

        src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
        dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
        set_flag( src, IPPROTO_UDP, OPT_UDP_SEND_MSG_SIZE, 1200 );
        set_flag( dst, IPPROTO_UDP, OPT_UDP_RECV_MAX_COALESCED_SIZE, 65535 );
        prepare( r, sizeof(r->control) );
        ret = p_WSARecvMsg( dst, &r->msg, NULL, &overlapped, NULL );
        ok( ret == -1 && WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
        sendto( src, data, sizeof(data), 0, (struct sockaddr *)&addr, len );
        ok( !WaitForSingleObject( event, PATIENCE ), "not completed\n" );
        ok( overlapped.InternalHigh == 1200 || r->msg.Control.len, "got %Iu bytes without their size\n",
            overlapped.InternalHigh );
        closesocket( src );
        closesocket( dst );
        WSACloseEvent( event );
    }
    free( r );
}

START_TEST(control)
{
    start_sockets();
    find_functions();
    test_options();
    test_flags();
    test_send();
    test_coalesced();
    stop_sockets();
}
