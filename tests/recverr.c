/*
 * IP_RECVERR and IPV6_RECVERR: ICMP errors of datagrams as messages of WSARecvMsg.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources: ws2ipdef.h for IN_RECVERR, ws2def.h for MSG_ERRQUEUE among the flags of WSAMSG; Microsoft's
 * msquic for what is received: the datagram, its destination where a source would be, and the control
 * message. Other receives are those of the recvfrom page and reference 1.3.
 */
#include "util.h"

#define OPTION_RECVERR 75
#define FLAG_ERRQUEUE 0x1000
#define CODE_UDP_CONNRESET _WSAIOW( IOC_VENDOR, 12 )

struct recverr { int protocol; ULONG info; BYTE type, code; };

struct message
{
    char data[32];
    DWORD size;
    WSAMSG msg;
    WSABUF buffer;
    SOCKADDR_STORAGE from;
    union { WSACMSGHDR header; char bytes[128]; } control;
};

static LPFN_WSARECVMSG p_WSARecvMsg;

static void prepare( struct message *m )
{
    memset( m, 0, sizeof(*m) );
    m->buffer.buf = m->data;
    m->buffer.len = sizeof(m->data);
    m->msg.lpBuffers = &m->buffer;
    m->msg.dwBufferCount = 1;
    m->msg.name = (struct sockaddr *)&m->from;
    m->msg.namelen = sizeof(m->from);
    m->msg.Control.buf = m->control.bytes;
    m->msg.Control.len = sizeof(m->control);
}

static int receive( SOCKET s, struct message *m )
{
    prepare( m );
    return p_WSARecvMsg( s, &m->msg, &m->size, NULL, NULL );
}

static void want_errors( SOCKET s, int family, BOOL on )
{
    int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, len = sizeof(DWORD);
    DWORD value = 0xdead;

    expect_success( setsockopt( s, level, OPTION_RECVERR, (char *)&on, sizeof(on) ));
    expect_success( getsockopt( s, level, OPTION_RECVERR, (char *)&value, &len ));
    ok( value == on, "got %lu\n", value );
}

/* A port of the address where nobody is. */
/* After all that gets a port of its own: it could be this one. */
static void closed_address( int family, SOCKADDR_STORAGE *addr, int *len )
{
    SOCKET s = bound_socket( family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, addr, len );

    closesocket( s );
}

#define check_error( m, addr ) check_error_( __LINE__, m, addr )
static void check_error_( int line, const struct message *m, const SOCKADDR_STORAGE *addr )
{
    BOOL v6 = addr->ss_family == AF_INET6;
    const WSACMSGHDR *header = &m->control.header;
    struct recverr error;

    ok_( __FILE__, line )( m->size, "no data\n" );
    ok_( __FILE__, line )( m->msg.dwFlags & FLAG_ERRQUEUE, "got flags %#lx\n", m->msg.dwFlags );
    ok_( __FILE__, line )( same_address( &m->from, addr ), "not the datagram's destination\n" );
    ok_( __FILE__, line )( m->msg.Control.len >= sizeof(*header) + sizeof(error), "got %lu bytes\n",
                           m->msg.Control.len );
    if (m->msg.Control.len < sizeof(*header) + sizeof(error)) return;
    ok_( __FILE__, line )( header->cmsg_len == sizeof(*header) + sizeof(error), "got length %Iu\n",
                           header->cmsg_len );
    ok_( __FILE__, line )( header->cmsg_level == (v6 ? IPPROTO_IPV6 : IPPROTO_IP), "got level %d\n",
                           header->cmsg_level );
    ok_( __FILE__, line )( header->cmsg_type == OPTION_RECVERR, "got type %d\n", header->cmsg_type );
    memcpy( &error, header + 1, sizeof(error) );
    ok_( __FILE__, line )( error.protocol == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP), "got protocol %d\n",
                           error.protocol );
    /* port unreachable (RFC 792, RFC 4443) */
    ok_( __FILE__, line )( error.type == (v6 ? 1 : 3) && error.code == (v6 ? 4 : 3),
                           "got type %u, code %u\n", error.type, error.code );
    ok_( __FILE__, line )( !error.info, "got info %lu\n", error.info );
}

/* A datagram comes through, and says nothing of errors. */
#define check_datagram( s, addr, len ) check_datagram_( __LINE__, s, addr, len )
static void check_datagram_( int line, SOCKET s, const SOCKADDR_STORAGE *addr, int len )
{
    SOCKET from = socket( addr->ss_family, SOCK_DGRAM, 0 );
    struct message m;
    int ret;

    ret = sendto( from, "data", 4, 0, (const struct sockaddr *)addr, len );
    ok_( __FILE__, line )( ret == 4, "sendto returned %d, error %d\n", ret, WSAGetLastError() );
    ret = receive( s, &m );
    ok_( __FILE__, line )( !ret, "got error %d\n", WSAGetLastError() );
    ok_( __FILE__, line )( m.size == 4 && !memcmp( m.data, "data", 4 ), "got %lu bytes\n", m.size );
    ok_( __FILE__, line )( !(m.msg.dwFlags & FLAG_ERRQUEUE), "got flags %#lx\n", m.msg.dwFlags );
    ok_( __FILE__, line )( !m.msg.Control.len, "got %lu bytes of control data\n", m.msg.Control.len );
    closesocket( from );
}

static void test_messages( int family, BOOL connected, BOOL nonblocking )
{
    SOCKADDR_STORAGE addr, closed;
    struct timeval patience = { PATIENCE / 1000, 0 };
    DWORD timeout = PATIENCE;
    struct message m;
    fd_set readable;
    char buffer[8];
    int len, ret;
    SOCKET s;

    winetest_push_context( "family %d, connected %d, nonblocking %d", family, connected, nonblocking );
    s = bound_socket( family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    closed_address( family, &closed, &len );
    expect_success( setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) ));
    want_errors( s, family, TRUE );
    if (connected) expect_success( connect( s, (struct sockaddr *)&closed, len ));
    if (nonblocking) set_blocking( s, FALSE );

    ret = sendto( s, "lost", 4, 0, connected ? NULL : (struct sockaddr *)&closed, connected ? 0 : len );
    ok( ret == 4, "sendto returned %d, error %d\n", ret, WSAGetLastError() );
    FD_ZERO( &readable );
    FD_SET( s, &readable );
    ok( select( 0, &readable, NULL, NULL, &patience ) == 1, "not readable\n" );
    ret = receive( s, &m );
    ok( !ret, "got error %d\n", WSAGetLastError() );
    check_error( &m, &closed );
    if (!connected) check_datagram( s, &addr, len );

    /* MS: recvfrom; the error of any other receive */
    ret = sendto( s, "lost", 4, 0, connected ? NULL : (struct sockaddr *)&closed, connected ? 0 : len );
    ok( ret == 4, "sendto returned %d, error %d\n", ret, WSAGetLastError() );
    FD_SET( s, &readable );
    ok( select( 0, &readable, NULL, NULL, &patience ) == 1, "not readable\n" );
    expect_error( recvfrom( s, buffer, sizeof(buffer), 0, NULL, NULL ), WSAECONNRESET );

    if (nonblocking) expect_error( receive( s, &m ), WSAEWOULDBLOCK );
    if (!connected)
    {
        check_datagram( s, &addr, len );
        want_errors( s, family, FALSE );
        check_datagram( s, &addr, len );
    }
    closesocket( s );
    winetest_pop_context();
}

/* Reference 1.3: SIO_UDP_CONNRESET is about receives that fail. */
static void test_without_reports( void )
{
    SOCKADDR_STORAGE addr, closed;
    BOOL report = FALSE;
    struct message m;
    char buffer[8];
    DWORD count;
    int len, i;
    SOCKET s;

    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    closed_address( AF_INET, &closed, &len );
    want_errors( s, AF_INET, TRUE );
    expect_success( WSAIoctl( s, CODE_UDP_CONNRESET, &report, sizeof(report), NULL, 0, &count, NULL, NULL ));
    for (i = 0; i < 2; i++) sendto( s, "lost", 4, 0, (struct sockaddr *)&closed, len );
    expect_success( receive( s, &m ));
    check_error( &m, &closed );
    set_blocking( s, FALSE );
    expect_error( recv( s, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    check_datagram( s, &addr, len );
    closesocket( s );
}

/* A receive that waits. Nothing of the message is written before its end. */
static void test_pending( int family )
{
    SOCKADDR_STORAGE addr, closed;
    WSAOVERLAPPED overlapped = { 0 };
    struct message m;
    DWORD flags;
    int len, i;
    SOCKET s;

    winetest_push_context( "family %d", family );
    s = bound_socket( family, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    closed_address( family, &closed, &len );
    want_errors( s, family, TRUE );
    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    for (i = 0; i < 3; i++)
    {
        prepare( &m );
        expect_error( p_WSARecvMsg( s, &m.msg, NULL, &overlapped, NULL ), WSA_IO_PENDING );
        sendto( s, "lost", 4, 0, (struct sockaddr *)&closed, len );
        ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "did not complete\n" );
        ok( WSAGetOverlappedResult( s, &overlapped, &m.size, FALSE, &flags ), "got error %d\n",
            WSAGetLastError() );
        check_error( &m, &closed );
    }
    check_datagram( s, &addr, len );
    CloseHandle( overlapped.hEvent );
    closesocket( s );
    winetest_pop_context();
}

/* Errors do not keep data from a socket whose events are selected. */
static void test_selection( void )
{
    SOCKET s, from = socket( AF_INET, SOCK_DGRAM, 0 );
    SOCKADDR_STORAGE addr, closed;
    WSANETWORKEVENTS events;
    struct message m;
    WSAEVENT event;
    int len, i;

    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    closed_address( AF_INET, &closed, &len );
    want_errors( s, AF_INET, TRUE );
    event = WSACreateEvent();
    expect_success( WSAEventSelect( s, event, FD_READ ));
    for (i = 0; i < 2; i++)
    {
        sendto( s, "lost", 4, 0, (struct sockaddr *)&closed, len );
        while (!receive( s, &m )) check_error( &m, &closed );
        sendto( from, "data", 4, 0, (struct sockaddr *)&addr, len );
        ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
        expect_success( WSAEnumNetworkEvents( s, event, &events ));
        ok( events.lNetworkEvents == FD_READ, "got events %#lx\n", events.lNetworkEvents );
        expect_success( receive( s, &m ));
        ok( m.size == 4 && !memcmp( m.data, "data", 4 ), "got %lu bytes\n", m.size );
    }
    expect_success( WSAEventSelect( s, NULL, 0 ));
    set_blocking( s, TRUE );
    check_datagram( s, &addr, len );
    sendto( s, "lost", 4, 0, (struct sockaddr *)&closed, len );
    expect_success( receive( s, &m ));
    check_error( &m, &closed );
    check_datagram( s, &addr, len );
    WSACloseEvent( event );
    closesocket( from );
    closesocket( s );
}

START_TEST( recverr )
{
    static const GUID guid = WSAID_WSARECVMSG;
    unsigned int i;
    SOCKET s;

    start_sockets();
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    p_WSARecvMsg = get_extension( s, &guid );
    closesocket( s );
    for (i = 0; i < 8; i++)
    {
        int family = i & 4 ? AF_INET6 : AF_INET;

        if (family == AF_INET || have_ipv6()) test_messages( family, i & 1, !!(i & 2) );
    }
    test_without_reports();
    test_pending( AF_INET );
    if (have_ipv6()) test_pending( AF_INET6 );
    test_selection();
    stop_sockets();
}
