/*
 * WSAStartup and WSACleanup: versions, counts, threads, what fails without them, and the last error.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"
#include <ws2spi.h>

/*** versions ***/

/* MS: WSAStartup, table of versions in the remarks; Wine T:test_startup has the same, from Windows. */
static void test_versions( void )
{
    static const struct
    {
        WORD asked, got;
    }
    tests[] =
    {
        { MAKEWORD( 0, 0 ), 0 },
        { MAKEWORD( 0, 9 ), 0 },
        { MAKEWORD( 1, 0 ), MAKEWORD( 1, 0 ) },
        { MAKEWORD( 1, 1 ), MAKEWORD( 1, 1 ) },
        { MAKEWORD( 1, 9 ), MAKEWORD( 1, 1 ) },
        { MAKEWORD( 2, 0 ), MAKEWORD( 2, 0 ) },
        { MAKEWORD( 2, 1 ), MAKEWORD( 2, 1 ) },
        { MAKEWORD( 2, 2 ), MAKEWORD( 2, 2 ) },
        { MAKEWORD( 2, 9 ), MAKEWORD( 2, 2 ) },
        { MAKEWORD( 9, 0 ), MAKEWORD( 2, 2 ) },
    };
    unsigned int i;
    WSADATA data;
    int ret;

    for (i = 0; i < ARRAY_SIZE( tests ); i++)
    {
        winetest_push_context( "version %#x", tests[i].asked );
        memset( &data, 0xcc, sizeof(data) );
        data.lpVendorInfo = (char *)0xdead0000;
        ret = WSAStartup( tests[i].asked, &data );
        ok( ret == (tests[i].got ? 0 : WSAVERNOTSUPPORTED), "got %d\n", ret );
        ok( data.lpVendorInfo == (char *)0xdead0000, "vendor information changed to %p\n",
            data.lpVendorInfo );
        if (tests[i].got)
        {
            ok( data.wVersion == tests[i].got, "got version %#x\n", data.wVersion );
            ok( data.wHighVersion == MAKEWORD( 2, 2 ), "got highest version %#x\n", data.wHighVersion );
            ok( !strcmp( data.szDescription, "WinSock 2.0" ), "got description %s\n", data.szDescription );
            ok( !strcmp( data.szSystemStatus, "Running" ), "got status %s\n", data.szSystemStatus );
            ok( data.iMaxSockets == (LOBYTE( tests[i].asked ) == 1 ? 32767 : 0), "got %u sockets\n",
                data.iMaxSockets );
            ok( data.iMaxUdpDg == (LOBYTE( tests[i].asked ) == 1 ? 65467 : 0), "got datagram size %u\n",
                data.iMaxUdpDg );
            stop_sockets();
        }
        expect_error( WSACleanup(), WSANOTINITIALISED );
        winetest_pop_context();
    }

    /* MS: WSAStartup, error list. A start that failed does not count. */
    ret = WSAStartup( MAKEWORD( 2, 2 ), NULL );
    ok( ret == WSAEFAULT, "got %d\n", ret );
    ret = WSAStartup( MAKEWORD( 2, 2 ), bad_pointer() );
    ok( ret == WSAEFAULT, "got %d\n", ret );
    ret = WSAStartup( MAKEWORD( 2, 2 ), (WSADATA *)memory_before_nothing( sizeof(data) - 1 ) );
    ok( ret == WSAEFAULT, "got %d\n", ret );
    ret = WSAStartup( MAKEWORD( 2, 2 ), read_only_memory() );
    ok( ret == WSAEFAULT, "got %d\n", ret );
    expect_error( WSACleanup(), WSANOTINITIALISED );
}

/*** counts ***/

static void test_counts( void )
{
    WSADATA data;
    SOCKET s, kept;
    int i, ret;

    /* MS: WSAStartup, remarks: as many WSACleanup as there were WSAStartup */
    for (i = 0; i < 5; i++)
    {
        ret = WSAStartup( i & 1 ? MAKEWORD( 1, 1 ) : MAKEWORD( 2, 2 ), &data );
        ok( !ret, "%d: got %d\n", i, ret );
    }
    s = socket( AF_INET, SOCK_STREAM, 0 );
    ok( s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    for (i = 0; i < 4; i++) stop_sockets();
    expect_success( closesocket( s ) );

    /* MS: WSACleanup, remarks: the last one closes what is open; T:test_WithWSAStartup */
    kept = socket( AF_INET, SOCK_STREAM, 0 );
    ok( kept != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    stop_sockets();
    expect_error( closesocket( kept ), WSANOTINITIALISED );
    expect_error( WSACleanup(), WSANOTINITIALISED );

    start_sockets();
    expect_error( closesocket( kept ), WSAENOTSOCK );
    stop_sockets();
}

/* A socket that the last clean-up closes is closed for the peer too. */
static void test_cleanup_closes( void )
{
    HANDLE copy;
    SOCKET src, dst;
    char byte;
    int ret;
    BOOL done;

    start_sockets();
    tcp_socketpair( &src, &dst );
    /* out of Winsock's sight, so that the clean-up closes the other end only */
    done = DuplicateHandle( GetCurrentProcess(), (HANDLE)dst, GetCurrentProcess(), &copy, 0, FALSE,
                            DUPLICATE_SAME_ACCESS );
    ok( done, "failed to duplicate, error %lu\n", GetLastError() );
    stop_sockets();

    start_sockets();
    expect_error( send( src, "x", 1, 0 ), WSAENOTSOCK );
    {
        OVERLAPPED overlapped = { 0 };
        DWORD count = 0xdead;

        overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
        ret = ReadFile( copy, &byte, 1, &count, &overlapped );
        if (!ret && GetLastError() == ERROR_IO_PENDING)
        {
            ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "the end did not arrive\n" );
            GetOverlappedResult( copy, &overlapped, &count, FALSE );
        }
        ok( !count || count == 0xdead, "got %lu bytes\n", count );
        CloseHandle( overlapped.hEvent );
    }
    CloseHandle( copy );
    stop_sockets();
}

/*** threads ***/

static LONG failures;
static HANDLE start_event;

static DWORD WINAPI count_thread( void *arg )
{
    WSADATA data;
    SOCKET s;
    int i;

    WaitForSingleObject( start_event, PATIENCE );
    for (i = 0; i < 100; i++)
    {
        if (WSAStartup( MAKEWORD( 2, 2 ), &data )) InterlockedIncrement( &failures );
        if ((i & 15) == 0)
        {
            s = socket( AF_INET, SOCK_DGRAM, 0 );
            if (s == INVALID_SOCKET || closesocket( s )) InterlockedIncrement( &failures );
        }
        if (WSACleanup()) InterlockedIncrement( &failures );
    }
    return 0;
}

/* Every start and every clean-up of each thread succeeds, and what is left is what the main thread holds. */
static void test_threads( void )
{
    HANDLE threads[8];
    unsigned int i;
    SOCKET s;

    start_event = CreateEventW( NULL, TRUE, FALSE, NULL );
    failures = 0;
    start_sockets();
    s = socket( AF_INET, SOCK_STREAM, 0 );
    for (i = 0; i < ARRAY_SIZE( threads ); i++)
        threads[i] = CreateThread( NULL, 0, count_thread, NULL, 0, NULL );
    SetEvent( start_event );
    ok( !WaitForMultipleObjects( ARRAY_SIZE( threads ), threads, TRUE, 4 * PATIENCE ),
        "threads did not end\n" );
    ok( !failures, "%ld failures\n", failures );
    expect_success( closesocket( s ) );
    stop_sockets();
    expect_error( WSACleanup(), WSANOTINITIALISED );

    /* The same with nobody else holding it: starts and clean-ups cross zero. Another thread's clean-up may
     * close a socket, so only the counting is judged, by its end. */
    ResetEvent( start_event );
    for (i = 0; i < ARRAY_SIZE( threads ); i++)
    {
        CloseHandle( threads[i] );
        threads[i] = CreateThread( NULL, 0, count_thread, NULL, 0, NULL );
    }
    SetEvent( start_event );
    ok( !WaitForMultipleObjects( ARRAY_SIZE( threads ), threads, TRUE, 4 * PATIENCE ),
        "threads did not end\n" );
    for (i = 0; i < ARRAY_SIZE( threads ); i++) CloseHandle( threads[i] );
    expect_error( WSACleanup(), WSANOTINITIALISED );
    CloseHandle( start_event );
}

/*** without start-up ***/

/* Functions that answer another value than SOCKET_ERROR when they fail. */
#define expect_value( call, value ) \
    do { \
        WSASetLastError( 0xdeadbeef ); \
        ok( (call) == (value), "%s: expected failure\n", #call ); \
        ok( WSAGetLastError() == WSANOTINITIALISED, "%s: got error %d\n", #call, WSAGetLastError() ); \
        if (WSAGetLastError() == WSANOTINITIALISED) note_failed_call( #call, WSANOTINITIALISED ); \
    } while (0)

#define expect_answer( call ) \
    do { \
        int answer_ = (call); \
        ok( answer_ == WSANOTINITIALISED, "%s: got %d\n", #call, answer_ ); \
        if (answer_ == WSANOTINITIALISED) note_failed_call( #call, answer_ ); \
    } while (0)

/* The pages of all these functions list WSANOTINITIALISED. Good and bad arguments answer the same: start-up
 * is judged first. T:test_WithoutWSAStartup has WSASocketA and gethostbyname. */
static void test_without_startup( SOCKET s )
{
    struct sockaddr_in addr = loopback_address( 0 );
    struct sockaddr *name = (struct sockaddr *)&addr;
    struct timeval timeout = { 0, 0 };
    char data[512], service[16] = "http";
    WSABUF buffer = { sizeof(data), data };
    int len = sizeof(addr), error;
    DWORD count = 0, flags = 0, size = sizeof(data);
    WSAPROTOCOL_INFOA info_a = { 0 };
    WSAPROTOCOL_INFOW info_w = { 0 };
    struct addrinfo *list_a = NULL;
    ADDRINFOW *list_w = NULL;
    WSANETWORKEVENTS events;
    WSAOVERLAPPED overlapped = { 0 };
    WSAPOLLFD poll_fd = { s, POLLIN, 0 };
    WCHAR wide[64];
    u_long value = 0;
    u_short short_value;
    WSAMSG msg = { name, sizeof(addr), &buffer, 1 };
    HANDLE handle;
    WSAQUERYSETW query = { sizeof(query) };
    BOOL flag;
    fd_set set;
    QOS qos;

    FD_ZERO( &set );
    FD_SET( s, &set );

    expect_error( socket( AF_INET, SOCK_STREAM, 0 ), WSANOTINITIALISED );
    expect_error( socket( -1, -1, -1 ), WSANOTINITIALISED );
    expect_error( WSASocketA( AF_INET, SOCK_STREAM, 0, NULL, 0, 0 ), WSANOTINITIALISED );
    expect_error( WSASocketW( AF_INET, SOCK_STREAM, 0, NULL, 0, 0 ), WSANOTINITIALISED );
    expect_error( WSADuplicateSocketA( s, GetCurrentProcessId(), &info_a ), WSANOTINITIALISED );
    expect_error( WSADuplicateSocketW( s, GetCurrentProcessId(), &info_w ), WSANOTINITIALISED );
    expect_error( closesocket( s ), WSANOTINITIALISED );
    expect_error( bind( s, name, len ), WSANOTINITIALISED );
    expect_error( bind( s, NULL, 0 ), WSANOTINITIALISED );
    expect_error( getsockname( s, name, &len ), WSANOTINITIALISED );
    expect_error( getpeername( s, name, &len ), WSANOTINITIALISED );
    expect_error( listen( s, 1 ), WSANOTINITIALISED );
    expect_error( accept( s, NULL, NULL ), WSANOTINITIALISED );
    expect_error( WSAAccept( s, NULL, NULL, NULL, 0 ), WSANOTINITIALISED );
    expect_error( connect( s, name, len ), WSANOTINITIALISED );
    expect_error( WSAConnect( s, name, len, NULL, NULL, NULL, NULL ), WSANOTINITIALISED );
    expect_error( WSAJoinLeaf( s, name, len, NULL, NULL, NULL, NULL, JL_BOTH ), WSANOTINITIALISED );
    expect_error( shutdown( s, SD_BOTH ), WSANOTINITIALISED );
    expect_error( WSARecvDisconnect( s, NULL ), WSANOTINITIALISED );
    expect_error( WSASendDisconnect( s, NULL ), WSANOTINITIALISED );
    expect_error( recv( s, data, 1, 0 ), WSANOTINITIALISED );
    expect_error( recvfrom( s, data, 1, 0, name, &len ), WSANOTINITIALISED );
    expect_error( WSARecv( s, &buffer, 1, &count, &flags, NULL, NULL ), WSANOTINITIALISED );
    expect_error( WSARecvFrom( s, &buffer, 1, &count, &flags, name, &len, NULL, NULL ), WSANOTINITIALISED );
    expect_error( send( s, data, 1, 0 ), WSANOTINITIALISED );
    expect_error( sendto( s, data, 1, 0, name, len ), WSANOTINITIALISED );
    expect_error( WSASend( s, &buffer, 1, &count, 0, NULL, NULL ), WSANOTINITIALISED );
    expect_error( WSASendTo( s, &buffer, 1, &count, 0, name, len, NULL, NULL ), WSANOTINITIALISED );
    expect_error( WSASendMsg( s, &msg, 0, &count, NULL, NULL ), WSANOTINITIALISED );
    expect_false( WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags ), WSANOTINITIALISED );
    len = sizeof(flag);
    expect_error( getsockopt( s, SOL_SOCKET, SO_KEEPALIVE, (char *)&flag, &len ), WSANOTINITIALISED );
    expect_error( setsockopt( s, SOL_SOCKET, SO_KEEPALIVE, (char *)&flag, sizeof(flag) ),
                  WSANOTINITIALISED );
    expect_error( ioctlsocket( s, FIONBIO, &value ), WSANOTINITIALISED );
    expect_error( WSAIoctl( s, FIONBIO, &value, 4, NULL, 0, &count, NULL, NULL ), WSANOTINITIALISED );
    expect_false( WSAGetQOSByName( s, &buffer, &qos ), WSANOTINITIALISED );
    expect_error( select( 0, &set, NULL, NULL, &timeout ), WSANOTINITIALISED );
    expect_error( WSAPoll( &poll_fd, 1, 0 ), WSANOTINITIALISED );
    expect_error( WSAAsyncSelect( s, NULL, 0, 0 ), WSANOTINITIALISED );
    expect_error( WSAEventSelect( s, NULL, 0 ), WSANOTINITIALISED );
    expect_error( WSAEnumNetworkEvents( s, NULL, &events ), WSANOTINITIALISED );
    expect_error( WSACancelBlockingCall(), WSANOTINITIALISED );
    expect_error( WSAUnhookBlockingHook(), WSANOTINITIALISED );
    expect_value( WSASetBlockingHook( (FARPROC)test_without_startup ), NULL );
    expect_error( WSAHtonl( s, 1, &value ), WSANOTINITIALISED );
    expect_error( WSAHtons( s, 1, &short_value ), WSANOTINITIALISED );
    expect_error( WSANtohl( s, 1, &value ), WSANOTINITIALISED );
    expect_error( WSANtohs( s, 1, &short_value ), WSANOTINITIALISED );
    size = sizeof(data);
    expect_error( WSAAddressToStringA( name, sizeof(addr), NULL, data, &size ), WSANOTINITIALISED );
    size = ARRAY_SIZE( wide );
    expect_error( WSAAddressToStringW( name, sizeof(addr), NULL, wide, &size ), WSANOTINITIALISED );
    len = sizeof(addr);
    expect_error( WSAStringToAddressA( (char *)"127.0.0.1", AF_INET, NULL, name, &len ), WSANOTINITIALISED );
    expect_error( WSAStringToAddressW( (WCHAR *)L"127.0.0.1", AF_INET, NULL, name, &len ),
                  WSANOTINITIALISED );

    expect_error( gethostname( data, sizeof(data) ), WSANOTINITIALISED );
    expect_value( gethostbyname( "localhost" ), NULL );
    expect_value( gethostbyaddr( (char *)&addr.sin_addr, 4, AF_INET ), NULL );
    expect_value( getservbyname( service, NULL ), NULL );
    expect_value( getservbyport( htons( 80 ), NULL ), NULL );
    expect_value( getprotobyname( "tcp" ), NULL );
    expect_value( getprotobynumber( 6 ), NULL );
    expect_value( WSAAsyncGetHostByName( NULL, 0, "localhost", data, sizeof(data) ), NULL );
    expect_value( WSAAsyncGetHostByAddr( NULL, 0, (char *)&addr.sin_addr, 4, AF_INET, data, sizeof(data) ),
                  NULL );
    expect_value( WSAAsyncGetServByName( NULL, 0, service, NULL, data, sizeof(data) ), NULL );
    expect_value( WSAAsyncGetServByPort( NULL, 0, htons( 80 ), NULL, data, sizeof(data) ), NULL );
    expect_value( WSAAsyncGetProtoByName( NULL, 0, "tcp", data, sizeof(data) ), NULL );
    expect_value( WSAAsyncGetProtoByNumber( NULL, 0, 6, data, sizeof(data) ), NULL );
    expect_error( WSACancelAsyncRequest( (HANDLE)1 ), WSANOTINITIALISED );
    expect_answer( getaddrinfo( "127.0.0.1", NULL, NULL, &list_a ) );
    expect_answer( GetAddrInfoW( L"127.0.0.1", NULL, NULL, &list_w ) );
    addr = loopback_address( 0 );
    expect_answer( getnameinfo( name, sizeof(addr), data, sizeof(data), NULL, 0, NI_NUMERICHOST ) );
    expect_answer( GetNameInfoW( name, sizeof(addr), wide, ARRAY_SIZE( wide ), NULL, 0, NI_NUMERICHOST ) );

    size = sizeof(data);
    expect_error( WSAEnumProtocolsA( NULL, (WSAPROTOCOL_INFOA *)data, &size ), WSANOTINITIALISED );
    expect_error( WSAEnumProtocolsW( NULL, (WSAPROTOCOL_INFOW *)data, &size ), WSANOTINITIALISED );
    expect_error( WSAEnumNameSpaceProvidersA( &size, (WSANAMESPACE_INFOA *)data ), WSANOTINITIALISED );
    expect_error( WSAEnumNameSpaceProvidersW( &size, (WSANAMESPACE_INFOW *)data ), WSANOTINITIALISED );
    expect_error( WSALookupServiceBeginW( &query, LUP_RETURN_ALL, &handle ), WSANOTINITIALISED );
    expect_error( WSALookupServiceNextW( (HANDLE)1, 0, &size, (WSAQUERYSETW *)data ), WSANOTINITIALISED );
    expect_error( WSALookupServiceEnd( (HANDLE)1 ), WSANOTINITIALISED );

    /* MS: these pages list no WSANOTINITIALISED */
    WSASetLastError( 0xbeef );
    ok( WSAGetLastError() == 0xbeef, "got %d\n", WSAGetLastError() );
    ok( htonl( 1 ) == 0x01000000 && ntohl( 1 ) == 0x01000000 && htons( 1 ) == 0x0100 && ntohs( 1 ) == 0x0100,
        "byte order functions do not work\n" );
    ok( inet_addr( "127.0.0.1" ) == htonl( INADDR_LOOPBACK ), "inet_addr does not work\n" );
    ok( __WSAFDIsSet( s, &set ), "__WSAFDIsSet does not work\n" );
    ok( WSAGetLastError() == 0xbeef, "got %d\n", WSAGetLastError() );

    size = 0;
    error = 0xdead;
    ok( WSCEnumProtocols( NULL, NULL, &size, &error ) == -1, "expected failure\n" );
    ok( error == WSAENOBUFS, "got error %d\n", error );
}

/*** the last error ***/

/* Reference 1.2 row 6: success resets it. The rule holds for every function (Windows 8 and later). */
static void test_last_error( void )
{
    struct sockaddr_in addr;
    SOCKET src, dst, server, other;
    struct timeval timeout = { 0, 0 };
    int len = sizeof(addr), value = 1, ret;
    u_long mode = 1;
    fd_set set;
    char byte;

    start_sockets();
    WSASetLastError( 0xdeadbeef );
    start_sockets();
    WSASetLastError( 0xdeadbeef );
    ret = WSACleanup();
    ok( !ret, "got %d\n", ret );
    ok( !WSAGetLastError(), "WSACleanup left the error at %d\n", WSAGetLastError() );    /* T:test_startup */

#define expect_reset( call, value ) \
    do { \
        WSASetLastError( 0xdeadbeef ); \
        ok( (call) == (value), "%s: failed, error %d\n", #call, WSAGetLastError() ); \
        ok( !WSAGetLastError() || broken( WSAGetLastError() == 0xdeadbeef ) /* Windows 7 */, \
            "%s: left the error at %d\n", #call, WSAGetLastError() ); \
    } while (0)

    WSASetLastError( 0xdeadbeef );
    server = socket( AF_INET, SOCK_STREAM, 0 );
    ok( server != INVALID_SOCKET, "failed, error %d\n", WSAGetLastError() );
    ok( !WSAGetLastError() || broken( WSAGetLastError() == 0xdeadbeef ), "error left at %d\n",
        WSAGetLastError() );
    addr = loopback_address( 0 );
    expect_reset( bind( server, (struct sockaddr *)&addr, sizeof(addr) ), 0 );
    expect_reset( getsockname( server, (struct sockaddr *)&addr, &len ), 0 );
    expect_reset( listen( server, 1 ), 0 );
    src = socket( AF_INET, SOCK_STREAM, 0 );
    expect_reset( connect( src, (struct sockaddr *)&addr, sizeof(addr) ), 0 );
    WSASetLastError( 0xdeadbeef );
    dst = accept( server, NULL, NULL );
    ok( dst != INVALID_SOCKET, "failed, error %d\n", WSAGetLastError() );
    ok( !WSAGetLastError() || broken( WSAGetLastError() == 0xdeadbeef ), "error left at %d\n",
        WSAGetLastError() );
    len = sizeof(addr);
    expect_reset( getpeername( src, (struct sockaddr *)&addr, &len ), 0 );
    expect_reset( send( src, "x", 1, 0 ), 1 );
    FD_ZERO( &set );
    FD_SET( dst, &set );
    timeout.tv_sec = PATIENCE / 1000;
    expect_reset( select( 0, &set, NULL, NULL, &timeout ), 1 );
    expect_reset( recv( dst, &byte, 1, 0 ), 1 );
    expect_reset( setsockopt( src, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof(value) ), 0 );
    len = sizeof(value);
    expect_reset( getsockopt( src, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &len ), 0 );
    expect_reset( ioctlsocket( src, FIONBIO, &mode ), 0 );
    expect_error( recv( src, &byte, 1, 0 ), WSAEWOULDBLOCK );
    expect_reset( shutdown( src, SD_SEND ), 0 );
    other = src;
    expect_reset( closesocket( src ), 0 );
    expect_error( closesocket( other ), WSAENOTSOCK );
    expect_reset( closesocket( dst ), 0 );
    expect_reset( closesocket( server ), 0 );

    /* it is the thread's last error of Win32, and an invalid call does not lose it */
    SetLastError( 12345 );
    ok( WSAGetLastError() == 12345, "got %d\n", WSAGetLastError() );
    WSASetLastError( 10099 );
    ok( GetLastError() == 10099, "got %lu\n", GetLastError() );
    stop_sockets();
#undef expect_reset
}

/* What CloseHandle has closed is not WSACleanup's any more, nor what has its handle value now. */
static void test_cleanup_spares( void )
{
    struct sockaddr_storage addr;
    SOCKET made, listener, client, accepted;
    HANDLE events[64];
    unsigned int i;
    int len;

    start_sockets();
    made = socket( AF_INET, SOCK_STREAM, 0 );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    ok( !connect( client, (struct sockaddr *)&addr, len ), "got error %d\n", WSAGetLastError() );
    accepted = accept( listener, NULL, NULL );
    ok( accepted != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    CloseHandle( (HANDLE)made );
    CloseHandle( (HANDLE)accepted );
    CloseHandle( (HANDLE)client );
    for (i = 0; i < ARRAY_SIZE(events); i++) events[i] = CreateEventW( NULL, FALSE, FALSE, NULL );
    stop_sockets();
    for (i = 0; i < ARRAY_SIZE(events); i++)
        ok( CloseHandle( events[i] ), "WSACleanup closed an event, error %lu\n", GetLastError() );
}

START_TEST( startup )
{
    SOCKET s;

    winetest_push_context( "before" );
    test_without_startup( 0x1230 );
    winetest_pop_context();

    start_sockets();
    s = socket( AF_INET, SOCK_STREAM, 0 );
    stop_sockets();
    winetest_push_context( "after" );
    test_without_startup( s );
    winetest_pop_context();

    test_versions();
    test_counts();
    test_cleanup_closes();
    test_cleanup_spares();
    test_threads();
    test_last_error();
}
