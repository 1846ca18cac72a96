/*
 * Field reports: what users of Wine's sockets ran into, one check for each report about options, codes,
 * addresses and errors. The numbers are those of the project's list; the threads are named.
 * Reports 1-4, 8 and 17 are about data: rules.c, event.c, overlapped.c, extension.c; so is when the sends of
 * 18 end: unbuffered.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"
#include <mstcpip.h>

/* 5, zeromq/libzmq#4447: SIO_LOOPBACK_FAST_PATH is accepted, and the connection works */
static void test_fast_path( void )
{
    SOCKET listener, client = new_socket( AF_INET, SOCK_STREAM ), server;
    struct sockaddr_storage addr;
    DWORD on = 1, count;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( WSAIoctl( client, 0x98000010, &on, sizeof(on), NULL, 0, &count, NULL, NULL ) );
    expect_success( connect( client, (struct sockaddr *)&addr, len ) );
    server = accept( listener, NULL, NULL );
    check_transfer( client, server );
    closesocket( client );
    closesocket( server );
    closesocket( listener );
}

/* 6, shorthorn-project/One-Core-API-Binaries#563: as Go's UDP listeners do, and what the codes are for */
static void test_connection_reset( void )
{
    static const DWORD codes[] = { 0x9800000c, 0x9800000f };
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM ), nobody;
    struct sockaddr_storage addr;
    DWORD off = 0, count, timeout = 200;
    unsigned int i;
    char buffer[8];
    int len, ret;

    for (i = 0; i < ARRAY_SIZE(codes); i++)
        expect_success( WSAIoctl( s, codes[i], &off, sizeof(off), NULL, 0, &count, NULL, NULL ) );
    nobody = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    closesocket( nobody );
    /* the port is unreachable now, which must not be told */
    ret = sendto( s, "lost", 4, 0, (struct sockaddr *)&addr, len );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    expect_error( recv( s, buffer, sizeof(buffer), 0 ), WSAETIMEDOUT );
    closesocket( s );
}

/* 7, n0-computer/iroh#3901, n0-computer/noq#392: what quinn sets, and what it reads with WSARecvMsg */
static void test_quic( void )
{
    static const struct { int family, level, option; } options[] =
    {
        { AF_INET, IPPROTO_IP, 19 }, { AF_INET, IPPROTO_IP, 50 }, { AF_INET, IPPROTO_IP, 40 },
        { AF_INET, IPPROTO_IP, 14 }, { AF_INET, IPPROTO_UDP, 3 },
        { AF_INET6, IPPROTO_IPV6, 19 }, { AF_INET6, IPPROTO_IPV6, 50 }, { AF_INET6, IPPROTO_IPV6, 40 },
        { AF_INET6, IPPROTO_IPV6, 14 }, { AF_INET6, IPPROTO_UDP, 3 },
    };
    char data[16], control[256];
    GUID guid = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG recv_msg;
    WSABUF buffer = { sizeof(data), data };
    struct sockaddr_in from;
    SOCKET src, dst;
    BOOL found = FALSE;
    WSACMSGHDR *header;
    DWORD on = 1, count;
    unsigned int i;
    WSAMSG msg;
    int ret;

    for (i = 0; i < ARRAY_SIZE(options); i++)
    {
        SOCKET s;

        if (options[i].family == AF_INET6 && !have_ipv6()) continue;
        winetest_push_context( "level %d option %d", options[i].level, options[i].option );
        s = new_socket( options[i].family, SOCK_DGRAM );
        expect_success( setsockopt( s, options[i].level, options[i].option, (char *)&on, sizeof(on) ) );
        closesocket( s );
        winetest_pop_context();
    }

    udp_socketpair( &src, &dst );
    expect_success( setsockopt( dst, IPPROTO_IP, 19, (char *)&on, sizeof(on) ) );
    recv_msg = get_extension( dst, &guid );
    ret = send( src, "quic", 4, 0 );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    memset( &msg, 0, sizeof(msg) );
    msg.name = (struct sockaddr *)&from;
    msg.namelen = sizeof(from);
    msg.lpBuffers = &buffer;
    msg.dwBufferCount = 1;
    msg.Control.buf = control;
    msg.Control.len = sizeof(control);
    expect_success( recv_msg( dst, &msg, &count, NULL, NULL ) );
    for (header = WSA_CMSG_FIRSTHDR( &msg ); header; header = WSA_CMSG_NXTHDR( &msg, header ))
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == 19) found = TRUE;
    ok( count == 4 && found, "got %lu bytes, %s address\n", count, found ? "an" : "no" );
    closesocket( src );
    closesocket( dst );
}

/* 9, tonioni/WinUAE#451: what GetAddrInfoW answers without hints makes a socket */
static void test_zero_type( void )
{
    ADDRINFOW *info = NULL;
    SOCKET s;
    int ret;

    ret = GetAddrInfoW( L"127.0.0.1", L"80", NULL, &info );
    ok( !ret, "got error %d\n", ret );
    if (ret) return;
    s = socket( info->ai_family, info->ai_socktype, info->ai_protocol );
    ok( s != INVALID_SOCKET, "type %d, protocol %d: error %d\n", info->ai_socktype, info->ai_protocol,
        WSAGetLastError() );
    closesocket( s );
    s = socket( AF_INET, 0, 0 );
    ok( s != INVALID_SOCKET, "error %d\n", WSAGetLastError() );
    closesocket( s );
    FreeAddrInfoW( info );
}

/* 10, ValveSoftware/Proton#3189: the own name is no address of loopback where there is another */
static void test_own_name( void )
{
    char name[256], buffer[4096];
    SOCKET_ADDRESS_LIST *list = (SOCKET_ADDRESS_LIST *)buffer;
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM );
    struct hostent *host;
    DWORD count;

    list->iAddressCount = 0;
    WSAIoctl( s, SIO_ADDRESS_LIST_QUERY, NULL, 0, buffer, sizeof(buffer), &count, NULL, NULL );
    closesocket( s );
    expect_success( gethostname( name, sizeof(name) ) );
    host = gethostbyname( name );
    ok( host && host->h_addr_list[0], "%s: error %d\n", name, WSAGetLastError() );
    if (!host || !host->h_addr_list[0]) return;
    if (!list->iAddressCount) skip( "no interface but loopback\n" );
    else ok( (BYTE)host->h_addr_list[0][0] != 127, "got 127.%u.%u.%u\n", (BYTE)host->h_addr_list[0][1],
             (BYTE)host->h_addr_list[0][2], (BYTE)host->h_addr_list[0][3] );
}

/* 11, ValveSoftware/Proton#3189: connect to the broadcast address before SO_BROADCAST; T: test_broadcast */
static void test_broadcast( void )
{
    struct sockaddr_in addr = loopback_address( 9 );
    SOCKET s = new_socket( AF_INET, SOCK_DGRAM );
    int ret;

    addr.sin_addr.s_addr = htonl( INADDR_BROADCAST );
    expect_error( sendto( s, "lan", 3, 0, (struct sockaddr *)&addr, sizeof(addr) ), WSAEACCES );
    ret = connect( s, (struct sockaddr *)&addr, sizeof(addr) );
    if (ret && (WSAGetLastError() == WSAENETUNREACH || WSAGetLastError() == WSAEHOSTUNREACH))
        skip( "no network to broadcast on\n" );
    else ok( !ret, "got error %d\n", WSAGetLastError() );
    closesocket( s );
}

/* 12, LandSandBoat/xiloader#36: a server starts again while its old connections linger; MS: Using
 * SO_REUSEADDR and SO_EXCLUSIVEADDRUSE */
static void test_bind_again( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, client = new_socket( AF_INET, SOCK_STREAM ), server, other;
    int len, on = 1;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( connect( client, (struct sockaddr *)&addr, len ) );
    server = accept( listener, NULL, NULL );
    check_transfer( client, server );

    other = new_socket( AF_INET, SOCK_STREAM );
    expect_error( bind( other, (struct sockaddr *)&addr, len ), WSAEADDRINUSE );
    closesocket( other );

    /* the server closes first, so that its side waits */
    shutdown( server, SD_SEND );
    closesocket( server );
    closesocket( client );
    closesocket( listener );
    listener = new_socket( AF_INET, SOCK_STREAM );
    expect_success( bind( listener, (struct sockaddr *)&addr, len ) );
    expect_success( listen( listener, 1 ) );
    closesocket( listener );

    /* SO_REUSEADDR shares, SO_EXCLUSIVEADDRUSE excludes */
    listener = new_socket( AF_INET, SOCK_DGRAM );
    setsockopt( listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&on, sizeof(on) );
    any_loopback( AF_INET, &addr );
    expect_success( bind( listener, (struct sockaddr *)&addr, len ) );
    getsockname( listener, (struct sockaddr *)&addr, &len );
    other = new_socket( AF_INET, SOCK_DGRAM );
    setsockopt( other, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on) );
    expect_error( bind( other, (struct sockaddr *)&addr, len ), WSAEACCES );
    closesocket( listener );
    expect_success( bind( other, (struct sockaddr *)&addr, len ) );
    listener = new_socket( AF_INET, SOCK_DGRAM );
    setsockopt( listener, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on) );
    expect_success( bind( listener, (struct sockaddr *)&addr, len ) );
    closesocket( listener );
    closesocket( other );
}

/* 13, ValveSoftware/steam-for-linux#4299, aamaanaa/strinova-linux#40: Chromium asks for the networks */
static void test_network_location( void )
{
    static const GUID nla = { 0x6642243a, 0x3ba8, 0x4aa6,
                              { 0xba, 0xa5, 0x2e, 0x0b, 0xd7, 0x1f, 0xdd, 0x83 } };
    WSAQUERYSETW query;
    HANDLE lookup = NULL;

    memset( &query, 0, sizeof(query) );
    query.dwSize = sizeof(query);
    query.dwNameSpace = 15;     /* NS_NLA */
    query.lpServiceClassId = (GUID *)&nla;
    expect_success( WSALookupServiceBeginW( &query, LUP_RETURN_ALL, &lookup ) );
    if (lookup) expect_success( WSALookupServiceEnd( lookup ) );
}

/* 14, ValveSoftware/Proton#458: a Winsock error, never an NTSTATUS */
static void test_refused( void )
{
    struct sockaddr_in addr = closed_port();
    SOCKET s = new_socket( AF_INET, SOCK_STREAM );
    int error = 0, len = sizeof(error);

    set_blocking( s, FALSE );
    expect_error( connect( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEWOULDBLOCK );
    ok( wait_socket( s, "e" ), "no exception\n" );
    expect_success( getsockopt( s, SOL_SOCKET, SO_ERROR, (char *)&error, &len ) );
    ok( error == WSAECONNREFUSED, "got %d (%#x)\n", error, error );
    closesocket( s );
}

/* 15, grpc/grpc#32111: a probe for IPv6 either works or says which family is missing */
static void test_probe( void )
{
    struct sockaddr_in6 addr = loopback_address6( 0 );
    SOCKET s = WSASocketW( AF_INET6, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED );
    struct addrinfo hints = { .ai_family = AF_INET6 }, *info;
    int ret;

    if (s == INVALID_SOCKET) ok( WSAGetLastError() == WSAEAFNOSUPPORT, "got error %d\n", WSAGetLastError() );
    else
    {
        ret = bind( s, (struct sockaddr *)&addr, sizeof(addr) );
        ok( !ret || WSAGetLastError() == WSAEADDRNOTAVAIL, "got error %d\n", WSAGetLastError() );
        closesocket( s );
    }
    ret = getaddrinfo( "::1", "80", &hints, &info );
    ok( !ret, "got error %d\n", ret );
    if (!ret) freeaddrinfo( info );
    s = new_socket( AF_INET, SOCK_STREAM );
    closesocket( s );
}

/* 16, tokio-rs/mio#1980: threads start and end at the same time, while this one is started */
static DWORD WINAPI start_and_end( void *param )
{
    LONG *failures = param;
    WSADATA data;
    unsigned int i;
    SOCKET s;

    for (i = 0; i < 200; i++)
    {
        if (WSAStartup( MAKEWORD( 2, 2 ), &data )) InterlockedIncrement( failures );
        if ((s = socket( AF_INET, SOCK_DGRAM, 0 )) == INVALID_SOCKET) InterlockedIncrement( failures );
        else closesocket( s );
        if (WSACleanup()) InterlockedIncrement( failures );
    }
    return 0;
}

static void test_startup( void )
{
    HANDLE threads[4];
    LONG failures = 0;
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(threads); i++)
        threads[i] = CreateThread( NULL, 0, start_and_end, &failures, 0, NULL );
    ok( !WaitForMultipleObjects( ARRAY_SIZE(threads), threads, TRUE, 6 * PATIENCE ),
        "the threads do not end\n" );
    for (i = 0; i < ARRAY_SIZE(threads); i++) CloseHandle( threads[i] );
    ok( !failures, "%ld calls failed\n", failures );
}

/* 18, Gcenx/homebrew-wine#26: SO_SNDBUF 0 reads back, and overlapped sends complete with all their bytes;
 * MS: SOL_SOCKET options */
static void test_no_send_buffer( void )
{
    static char data[100000], received[100000];
    OVERLAPPED overlapped = { 0 };
    WSABUF buffer = { sizeof(data), data };
    DWORD count, flags;
    SOCKET src, dst;
    int size = 0, len = sizeof(size), ret;

    tcp_socketpair( &src, &dst );
    expect_success( setsockopt( src, SOL_SOCKET, SO_SNDBUF, (char *)&size, sizeof(size) ) );
    size = -1;
    expect_success( getsockopt( src, SOL_SOCKET, SO_SNDBUF, (char *)&size, &len ) );
    ok( !size, "got %d\n", size );
    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    ret = WSASend( src, &buffer, 1, NULL, 0, &overlapped, NULL );
    ok( !ret || WSAGetLastError() == WSA_IO_PENDING, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( recv_exactly( dst, received, sizeof(received) ), "the data did not arrive\n" );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "the send does not end\n" );
    ret = WSAGetOverlappedResult( src, &overlapped, &count, FALSE, &flags );
    ok( ret && count == sizeof(data), "got %d, %lu bytes\n", ret, count );
    CloseHandle( overlapped.hEvent );
    closesocket( src );
    closesocket( dst );
}

START_TEST(field)
{
    static const struct { int report; void (*test)( void ); } tests[] =
    {
        { 5, test_fast_path }, { 6, test_connection_reset }, { 7, test_quic }, { 9, test_zero_type },
        { 10, test_own_name }, { 11, test_broadcast }, { 12, test_bind_again },
        { 13, test_network_location }, { 14, test_refused }, { 15, test_probe }, { 16, test_startup },
        { 18, test_no_send_buffer },
    };
    unsigned int i;

    start_sockets();
    for (i = 0; i < ARRAY_SIZE(tests); i++)
    {
        winetest_push_context( "field report %d", tests[i].report );
        tests[i].test();
        winetest_pop_context();
    }
    stop_sockets();
}
