/*
 * Receiving all packets of an interface: SIO_RCVALL, SIO_RCVALL_MCAST, SIO_RCVALL_IGMPMCAST, SIO_RCVALL_IF
 * and SIO_RCVALL_MCAST_IF.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What other programs of the machine send comes too, and may be more than a socket has room for. So under
 * Wine this runs in a network of its own (tests/tools/rcvall.sh), which WS2_TEST_OWN_NETWORK tells of.
 */
#include "util.h"

/* Numbers, since not all headers have the names. */
#define CODE_RCVALL             0x98000001
#define CODE_RCVALL_MCAST       0x98000002
#define CODE_RCVALL_IGMPMCAST   0x98000003
#define CODE_RCVALL_MCAST_IF    0x9800000d
#define CODE_RCVALL_IF          0x9800000e

/* What Windows and the host call the loopback interface. */
#define LOOPBACK_INDEX 1

static const char mark[] = "the packet that the test looks for";

struct ipv4_header
{
    BYTE version, tos;
    USHORT length, id, fragment;
    BYTE ttl, protocol;
    USHORT checksum;
    ULONG from, to;
};

static int set_value( SOCKET s, DWORD code, DWORD value )
{
    DWORD count;

    return ioctl( s, code, &value, sizeof(value), NULL, 0, &count );
}

/* A raw socket bound to an address, INVALID_SOCKET without the privilege for one. */
static SOCKET raw_socket( int protocol, ULONG address )
{
    struct sockaddr_in addr = loopback_address( 0 );
    SOCKET s = WSASocketW( AF_INET, SOCK_RAW, protocol, NULL, 0, WSA_FLAG_OVERLAPPED );
    DWORD timeout = PATIENCE;

    if (s == INVALID_SOCKET)
    {
        ok( WSAGetLastError() == WSAEACCES, "got error %d\n", WSAGetLastError() );
        return s;
    }
    addr.sin_addr.s_addr = htonl( address );
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    return s;
}

/* Other programs use the interface, too. */
static BOOL is_marked( const char *packet, int len )
{
    const struct ipv4_header *header = (const struct ipv4_header *)packet;

    return len == sizeof(*header) + 8 + sizeof(mark) && header->version == 0x45 &&
           header->protocol == IPPROTO_UDP && !memcmp( packet + sizeof(*header) + 8, mark, sizeof(mark) );
}

static BOOL is_syn( const char *packet, int len, USHORT port )
{
    const struct ipv4_header *header = (const struct ipv4_header *)packet;
    const USHORT *ports = (const USHORT *)(header + 1);

    return len >= sizeof(*header) + 20 && header->version == 0x45 && header->protocol == IPPROTO_TCP &&
           ports[1] == port && (packet[sizeof(*header) + 13] & 0x12) == 2;
}

static void send_marked( SOCKET s, const struct sockaddr_in *to )
{
    int ret = sendto( s, mark, sizeof(mark), 0, (const struct sockaddr *)to, sizeof(*to) );

    ok( ret == sizeof(mark), "sendto returned %d, error %d\n", ret, WSAGetLastError() );
}

static unsigned int routine_calls;
static DWORD routine_error, routine_count;

static void WINAPI routine( DWORD error, DWORD count, OVERLAPPED *overlapped, DWORD flags )
{
    routine_calls++;
    routine_error = error;
    routine_count = count;
}

/* Other programs' packets come too: that many before one of ours. */
#define MAX_PACKETS 20000

/* Receive overlapped until the marked packet comes; how: 0 event, 1 completion routine, 2 port. */
static void receive_marked( SOCKET s, SOCKET sender, const struct sockaddr_in *to, int how, HANDLE port )
{
    OVERLAPPED overlapped, *completed;
    BOOL pended = FALSE, found = FALSE;
    struct sockaddr_in from;
    unsigned int i;
    INT len;
    ULONG_PTR key;
    DWORD count, flags;
    char buffer[65536];
    WSABUF buf = { sizeof(buffer), buffer };
    int ret;

    for (i = 0; i < MAX_PACKETS && !found; i++)
    {
        memset( &overlapped, 0, sizeof(overlapped) );
        if (!how) overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
        routine_calls = 0;
        flags = 0;
        len = sizeof(from);
        memset( &from, 0xcc, sizeof(from) );
        ret = WSARecvFrom( s, &buf, 1, NULL, &flags, (struct sockaddr *)&from, &len, &overlapped,
                           how == 1 ? routine : NULL );
        ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "WSARecvFrom returned %d, error %d\n", ret,
            WSAGetLastError() );
        if (ret && !pended) send_marked( sender, to );
        if (ret) pended = TRUE;
        count = 0xdeadbeef;
        if (how == 1)
        {
            ret = SleepEx( PATIENCE, TRUE );
            ok( ret == WAIT_IO_COMPLETION && routine_calls == 1, "routine called %u times\n",
                routine_calls );
            ok( !routine_error, "got error %lu\n", routine_error );
            count = routine_count;
        }
        else if (how == 2)
        {
            ret = GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
            ok( ret && completed == &overlapped, "got %d, %p\n", ret, completed );
        }
        else
        {
            ret = WaitForSingleObject( overlapped.hEvent, PATIENCE );
            ok( !ret, "wait returned %d\n", ret );
            ret = WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags );
            ok( ret, "failed, error %d\n", WSAGetLastError() );
            CloseHandle( overlapped.hEvent );
        }
        found = is_marked( buffer, count );
        ok( from.sin_family == AF_INET && from.sin_addr.s_addr == ((struct ipv4_header *)buffer)->from,
            "from %#lx\n", from.sin_addr.s_addr );
        if (!ret && how != 1) break;
    }
    ok( found, "no packet in %u\n", i );
    ok( pended, "no receive was pending\n" );
}

/* Switch it on. FALSE: the test is over, without privilege. */
static BOOL receive_all( SOCKET s, DWORD code )
{
    int ret = set_value( s, code, 1 );

    if (ret && WSAGetLastError() == WSAEACCES)
    {
        note_failed_row( WSAEACCES );       /* as on Windows (MS: SIO_RCVALL) */
        skip( "receiving all packets needs privilege\n" );
        closesocket( s );
        return FALSE;
    }
    ok( !ret, "failed, error %d\n", WSAGetLastError() );
    return TRUE;
}

/* MS: SIO_RCVALL */
static void test_rcvall( void )
{
    struct sockaddr_storage to_addr, listener_addr;
    struct sockaddr_in *to = (struct sockaddr_in *)&to_addr, from;
    SOCKET s, sender, receiver, listener, client;
    BOOL found_udp = FALSE, found_syn = FALSE;
    struct timeval no_time = { 0 };
    WSANETWORKEVENTS events;
    OVERLAPPED overlapped, *completed = NULL;
    HANDLE event, port;
    ULONG_PTR key;
    char buffer[65536];
    WSABUF buf = { sizeof(buffer), buffer };
    DWORD count, flags;
    unsigned int i;
    fd_set set;
    int len, ret;

    s = new_socket( AF_INET, SOCK_DGRAM );
    expect_error( set_value( s, CODE_RCVALL, 1 ), WSAEOPNOTSUPP );
    closesocket( s );

    if ((s = raw_socket( IPPROTO_IP, INADDR_LOOPBACK )) == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege\n" );
        return;
    }
    expect_error( set_value( s, CODE_RCVALL, 4 ), WSAEINVAL );
    expect_error( ioctl( s, CODE_RCVALL, NULL, 0, NULL, 0, &count ), WSAEINVAL );
    expect_error( ioctl( s, CODE_RCVALL, bad_pointer(), 4, NULL, 0, &count ), WSAEFAULT );
    client = WSASocketW( AF_INET, SOCK_RAW, IPPROTO_IP, NULL, 0, WSA_FLAG_OVERLAPPED );
    expect_error( set_value( client, CODE_RCVALL, 1 ), WSAEINVAL );     /* not bound */
    closesocket( client );
    client = raw_socket( IPPROTO_IP, INADDR_ANY );
    expect_error( set_value( client, CODE_RCVALL, 1 ), WSAEINVAL );
    closesocket( client );
    client = raw_socket( IPPROTO_UDP, INADDR_LOOPBACK );
    expect_error( set_value( client, CODE_RCVALL, 1 ), WSAENOPROTOOPT );
    closesocket( client );

    expect_success( set_value( s, CODE_RCVALL, 2 ));        /* does nothing */
    if (!receive_all( s, CODE_RCVALL )) return;

    /* datagrams and connections of others */
    receiver = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &to_addr, NULL );
    sender = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    send_marked( sender, to );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &listener_addr, &len );
    client = new_socket( AF_INET, SOCK_STREAM );
    expect_success( connect( client, (struct sockaddr *)&listener_addr, len ));
    FD_ZERO( &set );
    FD_SET( s, &set );
    ret = select( 0, &set, NULL, NULL, &no_time );
    ok( ret == 1, "select returned %d\n", ret );
    for (i = 0; i < MAX_PACKETS && !(found_udp && found_syn); i++)
    {
        memset( &from, 0xcc, sizeof(from) );
        len = sizeof(from);
        ret = recvfrom( s, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &len );
        ok( ret >= (int)sizeof(struct ipv4_header), "recvfrom returned %d, error %d\n", ret,
            WSAGetLastError() );
        if (ret < 0) break;
        ok( from.sin_family == AF_INET && from.sin_addr.s_addr == ((struct ipv4_header *)buffer)->from,
            "from %#lx\n", from.sin_addr.s_addr );
        if (is_syn( buffer, ret, ((struct sockaddr_in *)&listener_addr)->sin_port )) found_syn = TRUE;
        if (!is_marked( buffer, ret )) continue;
        ok( !found_udp, "the packet came twice\n" );
        ok( ((struct ipv4_header *)buffer)->to == htonl( INADDR_LOOPBACK ), "to another address\n" );
        found_udp = TRUE;
    }
    ok( found_udp, "no datagram\n" );
    ok( found_syn, "no SYN\n" );
    closesocket( client );
    closesocket( listener );

    /* non-blocking; what is too long for the buffer is cut */
    set_blocking( s, FALSE );
    for (i = 0; i < 10000; i++) if (recv( s, buffer, sizeof(buffer), 0 ) < 0) break;
    ok( WSAGetLastError() == WSAEWOULDBLOCK, "got error %d\n", WSAGetLastError() );
    send_marked( sender, to );
    ok( wait_socket( s, "r" ), "not readable\n" );
    expect_error( recv( s, buffer, 4, 0 ), WSAEMSGSIZE );
    ok( buffer[0] == 0x45, "got %#x\n", buffer[0] );

    /* FD_READ, again after each receive */
    event = WSACreateEvent();
    expect_success( WSAEventSelect( s, event, FD_READ ));
    for (i = 0; i < 2; i++)
    {
        send_marked( sender, to );
        ret = WaitForSingleObject( event, PATIENCE );
        ok( !ret, "wait returned %d\n", ret );
        expect_success( WSAEnumNetworkEvents( s, event, &events ));
        ok( events.lNetworkEvents == FD_READ, "got events %#lx\n", events.lNetworkEvents );
        while (recv( s, buffer, sizeof(buffer), 0 ) >= 0) {}
    }
    expect_success( WSAEventSelect( s, NULL, 0 ));
    WSACloseEvent( event );
    set_blocking( s, TRUE );

    receive_marked( s, sender, to, 0, NULL );
    receive_marked( s, sender, to, 1, NULL );
    port = CreateIoCompletionPort( (HANDLE)s, NULL, 0x51, 0 );
    receive_marked( s, sender, to, 2, port );

    /* off: nothing waits any more */
    expect_success( set_value( s, CODE_RCVALL, 0 ));
    expect_success( set_value( s, CODE_RCVALL, 0 ));
    set_blocking( s, FALSE );
    send_marked( sender, to );
    expect_error( recv( s, buffer, sizeof(buffer), 0 ), WSAEWOULDBLOCK );
    expect_success( set_value( s, CODE_RCVALL, 3 ));
    receive_marked( s, sender, to, 2, port );
    for (i = 0; i < 10000; i++) if (recv( s, buffer, sizeof(buffer), 0 ) < 0) break;

    /* cancelled */
    memset( &overlapped, 0, sizeof(overlapped) );
    flags = 0;
    ret = WSARecv( s, &buf, 1, NULL, &flags, &overlapped, NULL );
    if (ret)
    {
        CancelIoEx( (HANDLE)s, &overlapped );
        ret = GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
        ok( completed == &overlapped, "got %p\n", completed );
        ok( ret || GetLastError() == ERROR_OPERATION_ABORTED, "got error %lu\n", GetLastError() );
    }
    else GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );

    /* a receive that pends ends with its socket; packets of others may come first */
    memset( &overlapped, 0, sizeof(overlapped) );
    flags = 0;
    ret = WSARecv( s, &buf, 1, NULL, &flags, &overlapped, NULL );
    closesocket( s );
    if (ret)
    {
        completed = NULL;
        ret = GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE );
        ok( completed == &overlapped, "got %p\n", completed );
        ok( ret || GetLastError() == ERROR_OPERATION_ABORTED, "got error %lu\n", GetLastError() );
    }
    CloseHandle( port );
    closesocket( sender );
    closesocket( receiver );
}

/* MS: SIO_RCVALL, the IPv6 half. Whether the header comes too is not documented. */
static void test_rcvall6( void )
{
    struct sockaddr_in6 addr = loopback_address6( 0 );
    struct sockaddr_storage to;
    SOCKET s, sender, receiver;
    DWORD timeout = PATIENCE;
    char buffer[65536];
    BOOL found = FALSE;
    int i, len, ret;

    s = WSASocketW( AF_INET6, SOCK_RAW, IPPROTO_IPV6, NULL, 0, WSA_FLAG_OVERLAPPED );
    if (s == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege\n" );
        return;
    }
    expect_error( set_value( s, CODE_RCVALL, 1 ), WSAEINVAL );
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    if (!receive_all( s, CODE_RCVALL )) return;
    expect_error( set_value( s, CODE_RCVALL_MCAST, 1 ), WSAENOPROTOOPT );
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    receiver = bound_socket( AF_INET6, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &to, &len );
    sender = bound_socket( AF_INET6, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    ret = sendto( sender, mark, sizeof(mark), 0, (struct sockaddr *)&to, len );
    ok( ret == sizeof(mark), "sendto returned %d, error %d\n", ret, WSAGetLastError() );
    for (i = 0; i < 1000 && !found; i++)
    {
        ret = recv( s, buffer, sizeof(buffer), 0 );
        if (ret < 0) break;
        found = ret >= (int)sizeof(mark) && !memcmp( buffer + ret - sizeof(mark), mark, sizeof(mark) );
    }
    ok( found, "no packet in %d, recv returned %d, error %d\n", i, ret, WSAGetLastError() );
    closesocket( s );
    closesocket( sender );
    closesocket( receiver );
}

/* MS: Winsock IOCTLs. A raw socket that receives groups goes on receiving what is its own. */
static void test_rcvall_groups( DWORD code, int protocol )
{
    struct sockaddr_storage to_addr;
    struct sockaddr_in *to = (struct sockaddr_in *)&to_addr, group = loopback_address( 9 );
    struct in_addr loopback = loopback_address( 0 ).sin_addr;
    SOCKET s, sender, receiver;
    unsigned int i, own = 0, groups = 0;
    char buffer[65536];
    DWORD count;
    int ret;

    s = new_socket( AF_INET, SOCK_STREAM );
    expect_error( set_value( s, code, 1 ), WSAEOPNOTSUPP );
    closesocket( s );
    if ((s = raw_socket( protocol, INADDR_LOOPBACK )) == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege\n" );
        return;
    }
    expect_error( set_value( s, code, 4 ), WSAEINVAL );
    expect_error( ioctl( s, code, NULL, 0, NULL, 0, &count ), WSAEINVAL );
    receiver = raw_socket( IPPROTO_ICMP, INADDR_LOOPBACK );
    expect_error( set_value( receiver, code, 1 ), WSAENOPROTOOPT );
    closesocket( receiver );
    receiver = raw_socket( protocol, INADDR_ANY );
    expect_error( set_value( receiver, code, 1 ), WSAEINVAL );
    closesocket( receiver );
    if (!receive_all( s, code )) return;

    receiver = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &to_addr, NULL );
    sender = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_success( setsockopt( sender, IPPROTO_IP, IP_MULTICAST_IF, (char *)&loopback, sizeof(loopback) ));
    group.sin_addr.s_addr = inet_addr( "239.77.3.9" );
    send_marked( sender, &group );
    send_marked( sender, to );
    /* on loopback a packet is there when its sending is over */
    set_blocking( s, FALSE );
    for (i = 0; i < 10000; i++)
    {
        ret = recv( s, buffer, sizeof(buffer), 0 );
        if (ret < 0) break;
        if (!is_marked( buffer, ret )) continue;
        if (((struct ipv4_header *)buffer)->to == group.sin_addr.s_addr) groups++;
        else own++;
    }
    ok( WSAGetLastError() == WSAEWOULDBLOCK, "got error %d\n", WSAGetLastError() );
    ok( groups == (protocol == IPPROTO_UDP), "got %u datagrams to a group\n", groups );
    ok( own == (protocol == IPPROTO_UDP), "got %u other datagrams\n", own );
    expect_success( set_value( s, code, 0 ));
    closesocket( s );
    closesocket( sender );
    closesocket( receiver );
}

static int set_of_interface( SOCKET s, DWORD code, DWORD value, DWORD index )
{
    struct { DWORD value, index; } in = { value, index };
    DWORD count;

    return ioctl( s, code, &in, sizeof(in), NULL, 0, &count );
}

/* Headers: RCVALL_IF. The interface is named by its index: the socket can be bound to any address. */
static void test_rcvall_interface( DWORD code, int protocol )
{
    struct { DWORD value, index; } in = { 1, LOOPBACK_INDEX };
    struct sockaddr_in group = loopback_address( 9 );
    struct in_addr loopback = loopback_address( 0 ).sin_addr;
    SOCKET s, other, sender, receiver;
    unsigned int own = 0, groups = 0;
    struct sockaddr_storage to;
    char buffer[65536];
    DWORD count;
    int ret;

    s = new_socket( AF_INET, SOCK_DGRAM );
    expect_error( set_of_interface( s, code, 1, LOOPBACK_INDEX ), WSAEOPNOTSUPP );
    closesocket( s );
    if ((s = raw_socket( protocol, INADDR_ANY )) == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege\n" );
        return;
    }
    expect_error( set_of_interface( s, code, 4, LOOPBACK_INDEX ), WSAEINVAL );
    expect_error( set_of_interface( s, code, 1, 0 ), WSAEINVAL );
    expect_error( ioctl( s, code, &in, sizeof(in) - 1, NULL, 0, &count ), WSAEINVAL );
    expect_error( ioctl( s, code, bad_pointer(), sizeof(in), NULL, 0, &count ), WSAEFAULT );
    other = raw_socket( IPPROTO_IGMP, INADDR_ANY );
    expect_error( set_of_interface( other, code, 1, LOOPBACK_INDEX ), WSAENOPROTOOPT );
    closesocket( other );
    ret = set_of_interface( s, code, 1, LOOPBACK_INDEX );
    if (ret && WSAGetLastError() == WSAEACCES)
    {
        note_failed_row( WSAEACCES );
        skip( "receiving all packets needs privilege\n" );
        closesocket( s );
        return;
    }
    ok( !ret, "failed, error %d\n", WSAGetLastError() );
    expect_error( set_of_interface( s, code, 1, 0x7fff ), WSAEINVAL );

    receiver = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &to, NULL );
    sender = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_success( setsockopt( sender, IPPROTO_IP, IP_MULTICAST_IF, (char *)&loopback, sizeof(loopback) ));
    group.sin_addr.s_addr = inet_addr( "239.77.3.10" );
    send_marked( sender, &group );
    send_marked( sender, (struct sockaddr_in *)&to );
    set_blocking( s, FALSE );
    while ((ret = recv( s, buffer, sizeof(buffer), 0 )) >= 0)
    {
        if (!is_marked( buffer, ret )) continue;
        if (((struct ipv4_header *)buffer)->to == group.sin_addr.s_addr) groups++;
        else own++;
    }
    ok( WSAGetLastError() == WSAEWOULDBLOCK, "got error %d\n", WSAGetLastError() );
    ok( groups == 1 && own == 1, "got %u datagrams to a group, %u others\n", groups, own );
    expect_success( set_of_interface( s, code, 0, LOOPBACK_INDEX ));
    closesocket( s );
    closesocket( sender );
    closesocket( receiver );
}

/* What options of a sender come to on the wire (MS: IPPROTO_IP and IPPROTO_UDP options). */
static void test_headers( void )
{
    static const struct
    {
        const char *name;
        int level, option;
        DWORD value;
        BYTE tos, ttl;                  /* expected; 0: not looked at */
        int dont_fragment, no_checksum; /* -1: not looked at */
    }
    options[] =
    {
        { "IP_DONTFRAGMENT", IPPROTO_IP, IP_DONTFRAGMENT, 1, 0, 0, 1, 0 },
        { "IP_DONTFRAGMENT off", IPPROTO_IP, IP_DONTFRAGMENT, 0, 0, 0, 0, 0 },
        { "IP_MTU_DISCOVER do", IPPROTO_IP, 71, 1, 0, 0, 1, -1 },
        { "IP_MTU_DISCOVER don't", IPPROTO_IP, 71, 2, 0, 0, 0, -1 },
        { "IP_TTL", IPPROTO_IP, IP_TTL, 33, 0, 33, -1, -1 },
        { "IP_TOS", IPPROTO_IP, IP_TOS, 0x10, 0x10, 0, -1, -1 },
        { "UDP_NOCHECKSUM", IPPROTO_UDP, 1, 1, 0, 0, -1, 1 },
    };
    const struct ipv4_header *header;
    struct sockaddr_storage to;
    SOCKET s, sender, receiver;
    unsigned int i;
    char buffer[65536];
    int ret;

    if ((s = raw_socket( IPPROTO_IP, INADDR_LOOPBACK )) == INVALID_SOCKET) return;
    if (!receive_all( s, CODE_RCVALL )) return;
    receiver = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &to, NULL );
    for (i = 0; i < ARRAY_SIZE( options ); i++)
    {
        winetest_push_context( "%s", options[i].name );
        sender = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
        expect_success( setsockopt( sender, options[i].level, options[i].option,
                                    (const char *)&options[i].value, sizeof(options[i].value) ));
        send_marked( sender, (struct sockaddr_in *)&to );
        do ret = recv( s, buffer, sizeof(buffer), 0 );
        while (ret >= 0 && !is_marked( buffer, ret ));
        ok( ret >= 0, "no packet, error %d\n", WSAGetLastError() );
        header = (const struct ipv4_header *)buffer;
        if (options[i].tos) ok( header->tos == options[i].tos, "got TOS %#x\n", header->tos );
        if (options[i].ttl) ok( header->ttl == options[i].ttl, "got TTL %u\n", header->ttl );
        if (options[i].dont_fragment >= 0)
            ok( !!(ntohs( header->fragment ) & 0x4000) == options[i].dont_fragment, "got flags %#x\n",
                ntohs( header->fragment ));
        if (options[i].no_checksum >= 0)
            ok( (((const USHORT *)(header + 1))[3] == 0) == options[i].no_checksum, "got checksum %#x\n",
                ((const USHORT *)(header + 1))[3] );
        closesocket( sender );
        winetest_pop_context();
    }
    closesocket( receiver );
    closesocket( s );
}

START_TEST(rcvall)
{
    start_sockets();
    if (GetProcAddress( GetModuleHandleA( "ntdll.dll" ), "wine_get_version" ) &&
        !GetEnvironmentVariableA( "WS2_TEST_OWN_NETWORK", NULL, 0 ))
        skip( "others send packets here\n" );
    else
    {
        test_rcvall();
        test_headers();
        if (have_ipv6()) test_rcvall6();
        test_rcvall_groups( CODE_RCVALL_MCAST, IPPROTO_UDP );
        test_rcvall_groups( CODE_RCVALL_IGMPMCAST, IPPROTO_IGMP );
        test_rcvall_interface( CODE_RCVALL_IF, IPPROTO_IP );
        test_rcvall_interface( CODE_RCVALL_MCAST_IF, IPPROTO_UDP );
    }
    stop_sockets();
}
