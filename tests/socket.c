/*
 * The life of a socket: creation, names, shutdown, close, and what bad arguments answer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

/* MS: WSASocketW; the handle is a kernel handle with the usual rules of inheritance */
static void test_flags( void )
{
    DWORD flags;
    SOCKET s;

    s = socket( AF_INET, SOCK_STREAM, 0 );
    ok( GetHandleInformation( (HANDLE)s, &flags ), "got error %lu\n", GetLastError() );
    ok( flags == HANDLE_FLAG_INHERIT, "got flags %#lx\n", flags );
    ok( GetFileType( (HANDLE)s ) == FILE_TYPE_PIPE, "got type %lu\n", GetFileType( (HANDLE)s ) );
    closesocket( s );

    s = WSASocketW( AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT );
    ok( s != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( GetHandleInformation( (HANDLE)s, &flags ), "got error %lu\n", GetLastError() );
    ok( !flags, "got flags %#lx\n", flags );
    closesocket( s );
}

/* The calls that take a socket, on what is none: reference 3.5 "std", and 3.3 for the order of checks. */
static void test_not_a_socket( void )
{
    struct sockaddr_in addr = loopback_address( 1 );
    SOCKET sockets[4];
    WSAPROTOCOL_INFOW info;
    HANDLE file, event;
    unsigned int i;
    int len;

    event = CreateEventW( NULL, FALSE, FALSE, NULL );
    file = CreateFileW( L"NUL", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL );
    sockets[0] = INVALID_SOCKET;
    sockets[1] = 0;
    sockets[2] = (SOCKET)event;
    sockets[3] = socket( AF_INET, SOCK_STREAM, 0 );
    closesocket( sockets[3] );

    for (i = 0; i < ARRAY_SIZE(sockets); i++)
    {
        winetest_push_context( "socket %p", (void *)sockets[i] );
        len = sizeof(addr);
        expect_error( bind( sockets[i], (struct sockaddr *)&addr, sizeof(addr) ), WSAENOTSOCK );
        expect_error( bind( sockets[i], NULL, 0 ), WSAENOTSOCK );
        expect_error( connect( sockets[i], (struct sockaddr *)&addr, sizeof(addr) ), WSAENOTSOCK );
        expect_error( connect( sockets[i], NULL, 0 ), WSAENOTSOCK );
        expect_error( listen( sockets[i], 1 ), WSAENOTSOCK );
        expect_error( accept( sockets[i], NULL, NULL ), WSAENOTSOCK );
        expect_error( shutdown( sockets[i], SD_BOTH ), WSAENOTSOCK );
        expect_error( getsockname( sockets[i], (struct sockaddr *)&addr, &len ), WSAENOTSOCK );
        expect_error( getpeername( sockets[i], NULL, NULL ), WSAENOTSOCK );
        expect_error( WSADuplicateSocketW( sockets[i], 0, NULL ), WSAENOTSOCK );
        expect_error( WSADuplicateSocketW( sockets[i], GetCurrentProcessId(), &info ), WSAENOTSOCK );
        expect_error( closesocket( sockets[i] ), WSAENOTSOCK );
        winetest_pop_context();
    }

    /* and none of them was closed by that */
    ok( SetEvent( event ), "got error %lu\n", GetLastError() );
    CloseHandle( event );
    expect_error( closesocket( (SOCKET)file ), WSAENOTSOCK );
    ok( CloseHandle( file ), "got error %lu\n", GetLastError() );
}

static HANDLE make_event( const char *name )
{
    return CreateEventA( NULL, FALSE, FALSE, NULL );
}

static HANDLE make_pipe( const char *name )
{
    return CreateNamedPipeA( name, PIPE_ACCESS_DUPLEX, 0, PIPE_UNLIMITED_INSTANCES, 0, 0, 0, NULL );
}

static HANDLE make_file( const char *name )
{
    return CreateFileA( "nul", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL );
}

/* A socket closed by CloseHandle is closed; its handle value may become another object's. */
static void test_close_handle( void )
{
    static HANDLE (* const makers[])( const char *name ) = { make_event, make_pipe, make_file };
    HANDLE others[64];
    char name[64], byte;
    SOCKET src, dst;
    unsigned int i, j;

    sprintf( name, "\\\\.\\pipe\\ws2_socket_%lu", GetCurrentProcessId() );
    for (j = 0; j < ARRAY_SIZE(makers); j++)
    {
        winetest_push_context( "%u", j );
        tcp_socketpair( &src, &dst );
        ok( CloseHandle( (HANDLE)src ), "got error %lu\n", GetLastError() );
        ok( !recv( dst, &byte, 1, 0 ), "the peer did not see the end\n" );

        for (i = 0; i < ARRAY_SIZE(others); i++) others[i] = makers[j]( name );
        expect_error( closesocket( src ), WSAENOTSOCK );
        for (i = 0; i < ARRAY_SIZE(others); i++)
            ok( CloseHandle( others[i] ), "closesocket closed it, error %lu\n", GetLastError() );
        closesocket( dst );
        winetest_pop_context();
    }
}

/* T:test_bind and MS: bind */
static void test_bind( void )
{
    struct sockaddr_in addr = loopback_address( 0 ), foreign = loopback_address( 0 ), name;
    struct sockaddr_storage storage;
    char *edge;
    SOCKET s, other;
    int len;

    foreign.sin_addr.s_addr = inet_addr( "192.0.2.0" );
    s = socket( AF_INET, SOCK_STREAM, 0 );

    expect_error( bind( s, NULL, 0 ), WSAEFAULT );
    expect_error( bind( s, NULL, sizeof(addr) ), WSAEFAULT );
    expect_error( bind( s, bad_pointer(), sizeof(addr) ), WSAEFAULT );
    expect_error( bind( s, (struct sockaddr *)&addr, 0 ), WSAEFAULT );
    expect_error( bind( s, (struct sockaddr *)&addr, -1 ), WSAEFAULT );
    expect_error( bind( s, (struct sockaddr *)&addr, sizeof(addr) - 1 ), WSAEFAULT );
    addr.sin_family = 0xdead;
    expect_error( bind( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEAFNOSUPPORT );
    addr.sin_family = AF_INET;
    expect_error( bind( s, (struct sockaddr *)&foreign, sizeof(foreign) ), WSAEADDRNOTAVAIL );

    /* only what the family needs is looked at */
    edge = memory_before_nothing( sizeof(addr) );
    memcpy( edge, &addr, sizeof(addr) );
    expect_success( bind( s, (struct sockaddr *)edge, sizeof(addr) ));
    expect_error( bind( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEINVAL );

    len = sizeof(name);
    expect_success( getsockname( s, (struct sockaddr *)&name, &len ));
    ok( len == sizeof(name), "got length %d\n", len );
    ok( name.sin_family == AF_INET, "got family %d\n", name.sin_family );
    ok( name.sin_port, "got no port\n" );
    ok( name.sin_addr.s_addr == htonl( INADDR_LOOPBACK ), "got %#lx\n", name.sin_addr.s_addr );

    other = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( bind( other, (struct sockaddr *)&name, sizeof(name) ), WSAEADDRINUSE );
    closesocket( other );
    closesocket( s );

    /* a sockaddr_storage is long enough for any family */
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    memset( &storage, 0, sizeof(storage) );
    memcpy( &storage, &addr, sizeof(addr) );
    expect_success( bind( s, (struct sockaddr *)&storage, sizeof(storage) ));
    closesocket( s );
}

/* T:test_getsockname, T:test_getpeername */
static void test_names( void )
{
    struct sockaddr_in addr, peer, sentinel;
    struct sockaddr_storage storage;
    SOCKET s, src, dst;
    int len;

    memset( &sentinel, 0xcc, sizeof(sentinel) );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    addr = sentinel;
    len = sizeof(addr);
    expect_error( getsockname( s, (struct sockaddr *)&addr, &len ), WSAEINVAL );
    ok( !memcmp( &addr, &sentinel, sizeof(addr) ), "address was written\n" );
    expect_error( getpeername( s, (struct sockaddr *)&addr, &len ), WSAENOTCONN );
    /* the state comes first */
    expect_error( getpeername( s, NULL, NULL ), WSAENOTCONN );
    closesocket( s );

    tcp_socketpair( &src, &dst );
    len = sizeof(storage);
    expect_success( getpeername( src, (struct sockaddr *)&storage, &len ));
    ok( len == sizeof(peer), "got length %d\n", len );
    peer = *(struct sockaddr_in *)&storage;
    len = sizeof(addr);
    expect_success( getsockname( dst, (struct sockaddr *)&addr, &len ));
    ok( same_address( &addr, &peer ), "addresses differ\n" );
    len = sizeof(addr);
    expect_success( getpeername( dst, (struct sockaddr *)&addr, &len ));
    len = sizeof(peer);
    expect_success( getsockname( src, (struct sockaddr *)&peer, &len ));
    ok( same_address( &addr, &peer ), "addresses differ\n" );

    len = sizeof(addr) - 1;
    addr = sentinel;
    expect_error( getsockname( src, (struct sockaddr *)&addr, &len ), WSAEFAULT );
    ok( len == sizeof(addr) - 1, "got length %d\n", len );
    expect_error( getpeername( src, (struct sockaddr *)&addr, &len ), WSAEFAULT );
    ok( len == sizeof(addr) - 1, "got length %d\n", len );
    ok( !memcmp( &addr, &sentinel, sizeof(addr) ), "address was written\n" );
    len = -1;
    expect_error( getpeername( src, (struct sockaddr *)&addr, &len ), WSAEFAULT );
    len = sizeof(addr);
    expect_error( getsockname( src, NULL, &len ), WSAEFAULT );
    expect_error( getsockname( src, (struct sockaddr *)&addr, NULL ), WSAEFAULT );
    expect_error( getpeername( src, NULL, &len ), WSAEFAULT );
    expect_error( getpeername( src, (struct sockaddr *)&addr, NULL ), WSAEFAULT );
    expect_error( getsockname( src, bad_pointer(), &len ), WSAEFAULT );
    expect_error( getsockname( src, (struct sockaddr *)&addr, bad_pointer() ), WSAEFAULT );
    expect_error( getpeername( src, bad_pointer(), &len ), WSAEFAULT );
    expect_error( getpeername( src, (struct sockaddr *)&addr, bad_pointer() ), WSAEFAULT );
    expect_error( getpeername( src, read_only_memory(), &len ), WSAEFAULT );
    closesocket( src );
    closesocket( dst );
}

/* T:test_listen */
static void test_listen( void )
{
    struct sockaddr_storage addr;
    SOCKET s, src, dst;
    int len, value;

    s = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_error( listen( s, 1 ), WSAEOPNOTSUPP );
    closesocket( s );

    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( listen( s, -2 ), WSAEINVAL );
    expect_error( listen( s, 1 ), WSAEINVAL );
    expect_error( listen( s, SOMAXCONN ), WSAEINVAL );
    closesocket( s );

    s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( listen( s, 0 ));
    expect_success( listen( s, SOMAXCONN ));
    value = 0;
    len = sizeof(value);
    ok( !getsockopt( s, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, &len ) && value == 1, "got %d\n", value );
    /* reference 3.3 */
    expect_error( shutdown( s, SD_SEND ), WSAENOTCONN );
    closesocket( s );

    /* MS: listen */
    tcp_socketpair( &src, &dst );
    expect_error( listen( src, 1 ), WSAEISCONN );
    expect_error( listen( dst, 1 ), WSAEISCONN );
    check_transfer( src, dst );
    closesocket( src );
    closesocket( dst );
}

/* T:test_shutdown */
static void test_shutdown( void )
{
    struct sockaddr_storage addr;
    SOCKET src, dst, s;
    char buffer[8];
    int len, ret;

    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( shutdown( s, SD_SEND ), WSAENOTCONN );
    expect_error( shutdown( s, SD_RECEIVE ), WSAENOTCONN );
    closesocket( s );

    tcp_socketpair( &src, &dst );
    expect_error( shutdown( src, 0xdeadbeef ), WSAEINVAL );
    expect_error( shutdown( src, 3 ), WSAEINVAL );
    expect_error( shutdown( src, -1 ), WSAEINVAL );
    expect_success( shutdown( src, SD_SEND ));
    expect_success( shutdown( src, SD_SEND ));
    expect_error( send( src, "test", 4, 0 ), WSAESHUTDOWN );
    ok( !recv( dst, buffer, sizeof(buffer), 0 ), "expected the end\n" );
    ok( !recv( dst, buffer, sizeof(buffer), 0 ), "expected the end\n" );
    /* the other direction lives */
    check_transfer( dst, src );
    expect_success( shutdown( dst, SD_RECEIVE ));
    expect_error( recv( dst, buffer, sizeof(buffer), 0 ), WSAESHUTDOWN );
    check_transfer( dst, src );
    expect_success( shutdown( src, SD_RECEIVE ));
    expect_error( recv( src, buffer, sizeof(buffer), 0 ), WSAESHUTDOWN );

    /* the names stay, and the socket stays connected */
    len = sizeof(addr);
    expect_success( getpeername( src, (struct sockaddr *)&addr, &len ));
    expect_error( connect( src, (struct sockaddr *)&addr, len ), WSAEISCONN );
    closesocket( src );
    closesocket( dst );

    tcp_socketpair( &src, &dst );
    expect_success( shutdown( src, SD_BOTH ));
    expect_error( recv( src, buffer, sizeof(buffer), 0 ), WSAESHUTDOWN );
    expect_error( send( src, "test", 4, 0 ), WSAESHUTDOWN );
    ok( !recv( dst, buffer, sizeof(buffer), 0 ), "expected the end\n" );
    /* nor do both ends of the connection make it nameless */
    expect_success( shutdown( dst, SD_BOTH ));
    len = sizeof(addr);
    expect_success( getpeername( src, (struct sockaddr *)&addr, &len ));
    len = sizeof(addr);
    expect_success( getpeername( dst, (struct sockaddr *)&addr, &len ));
    closesocket( src );
    closesocket( dst );

    /* MS: WSASendDisconnect, WSARecvDisconnect */
    tcp_socketpair( &src, &dst );
    expect_success( WSASendDisconnect( src, NULL ));
    expect_error( send( src, "test", 4, 0 ), WSAESHUTDOWN );
    ok( !recv( dst, buffer, sizeof(buffer), 0 ), "expected the end\n" );
    expect_success( WSARecvDisconnect( src, NULL ));
    expect_error( recv( src, buffer, sizeof(buffer), 0 ), WSAESHUTDOWN );
    closesocket( src );
    closesocket( dst );

    /* datagrams need no connection */
    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_blocking( s, FALSE );
    expect_success( shutdown( s, SD_RECEIVE ));
    expect_error( recvfrom( s, buffer, sizeof(buffer), 0, NULL, NULL ), WSAESHUTDOWN );
    ret = sendto( s, "test", 4, 0, (struct sockaddr *)&addr, len );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    expect_success( shutdown( s, SD_SEND ));
    expect_error( sendto( s, "test", 4, 0, (struct sockaddr *)&addr, len ), WSAESHUTDOWN );
    closesocket( s );
}

static DWORD WINAPI blocked_recv( void *param )
{
    char byte;

    if (recv( (SOCKET)param, &byte, 1, 0 ) == 1) return 0;
    return WSAGetLastError();
}

/* closesocket in another thread ends a blocking call (MS: closesocket, WSAEINTR or WSAENOTSOCK there). */
static void test_close_while_blocked( void )
{
    SOCKET src, dst;
    HANDLE thread;
    DWORD code;

    tcp_socketpair( &src, &dst );
    thread = CreateThread( NULL, 0, blocked_recv, (void *)src, 0, NULL );
    /* whether the thread waits already or finds the socket closed, it must end */
    Sleep( 50 );
    expect_success( closesocket( src ));
    ok( !WaitForSingleObject( thread, PATIENCE ), "recv did not end\n" );
    ok( GetExitCodeThread( thread, &code ), "got error %lu\n", GetLastError() );
    ok( code && code != STILL_ACTIVE, "recv succeeded\n" );
    CloseHandle( thread );
    closesocket( dst );
}

/* T:test_WithWSAStartup: the last WSACleanup closes the sockets, and the peer sees that. */
static void test_cleanup( void )
{
    SOCKET src, dst, listener, datagram;
    struct sockaddr_storage addr;
    WSADATA data;
    int len, ret;

    /* this is the only WSAStartup now */
    tcp_socketpair( &src, &dst );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    datagram = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    ok( !WSAStartup( MAKEWORD( 2, 2 ), &data ), "WSAStartup failed\n" );
    ok( !WSACleanup(), "WSACleanup failed\n" );
    check_transfer( src, dst );

    ok( !WSACleanup(), "WSACleanup failed\n" );
    expect_error( socket( AF_INET, SOCK_STREAM, 0 ), WSANOTINITIALISED );
    expect_error( closesocket( src ), WSANOTINITIALISED );
    ret = WSAStartup( MAKEWORD( 2, 2 ), &data );
    ok( !ret, "WSAStartup failed, error %d\n", ret );
    len = sizeof(addr);
    expect_error( send( src, "x", 1, 0 ), WSAENOTSOCK );
    expect_error( getsockname( dst, (struct sockaddr *)&addr, &len ), WSAENOTSOCK );
    expect_error( getsockname( listener, (struct sockaddr *)&addr, &len ), WSAENOTSOCK );
    expect_error( getsockname( datagram, (struct sockaddr *)&addr, &len ), WSAENOTSOCK );
    expect_error( closesocket( src ), WSAENOTSOCK );
}

/* MS: WSAJoinLeaf, WSAGetQOSByName, WSACancelBlockingCall: what has no meaning for TCP fails */
static void test_rare_calls( void )
{
    struct sockaddr_in addr = loopback_address( 1 );
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    WSABUF name = { 0, NULL };
    QOS qos;

    WSASetLastError( 0 );
    ok( WSAJoinLeaf( s, (struct sockaddr *)&addr, sizeof(addr), NULL, NULL, NULL, NULL, JL_BOTH ) ==
        INVALID_SOCKET, "expected failure\n" );
    ok( WSAGetLastError(), "got no error\n" );
    WSASetLastError( 0 );
    ok( !WSAGetQOSByName( s, &name, &qos ), "expected failure\n" );
    ok( WSAGetLastError(), "got no error\n" );
    closesocket( s );
}

START_TEST( socket )
{
    start_sockets();
    test_flags();
    test_not_a_socket();
    test_close_handle();
    test_bind();
    test_names();
    test_listen();
    test_shutdown();
    test_close_while_blocked();
    test_rare_calls();
    test_cleanup();
    stop_sockets();
}
