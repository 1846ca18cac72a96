/*
 * connect on streams and datagrams: states, addresses, waiting.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

/* What cannot be connected to: MS: connect; reference 3.3 */
static void test_bad_addresses( void )
{
    struct sockaddr_in addr = loopback_address( 1 ), zero = loopback_address( 80 );
    struct sockaddr_in6 addr6 = loopback_address6( 1 );
    SOCKET s;

    zero.sin_addr.s_addr = 0;
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( connect( s, NULL, 0 ), WSAEFAULT );
    expect_error( connect( s, NULL, sizeof(addr) ), WSAEFAULT );
    expect_error( connect( s, bad_pointer(), sizeof(addr) ), WSAEFAULT );
    expect_error( connect( s, (struct sockaddr *)&addr, 0 ), WSAEFAULT );
    expect_error( connect( s, (struct sockaddr *)&addr, -1 ), WSAEFAULT );
    expect_error( connect( s, (struct sockaddr *)&addr, sizeof(addr) - 1 ), WSAEFAULT );
    expect_error( connect( s, (struct sockaddr *)&addr6, sizeof(addr6) ), WSAEAFNOSUPPORT );
    addr.sin_family = AF_UNSPEC;
    expect_error( connect( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEAFNOSUPPORT );
    expect_error( connect( s, (struct sockaddr *)&zero, sizeof(zero) ), WSAEADDRNOTAVAIL );
    closesocket( s );
}

/* T:test_connect, T:test_errors: refused, and once more */
static void test_refused( void )
{
    struct sockaddr_in addr = closed_port();
    struct timeval timeout = { 0, 50000 };
    struct sockaddr_storage good;
    SOCKET s, listener, server;
    fd_set set;
    int len;

    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( connect( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAECONNREFUSED );
    FD_ZERO( &set );
    FD_SET( s, &set );
    ok( !select( 0, NULL, &set, NULL, &timeout ), "writable after a refused connect\n" );
    expect_error( connect( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAECONNREFUSED );

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &good, &len );
    expect_success( connect( s, (struct sockaddr *)&good, len ));
    server = accept( listener, NULL, NULL );
    check_transfer( s, server );
    closesocket( s );
    closesocket( server );
    closesocket( listener );
}

/* T:test_connect */
static void test_states( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, src, dst;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_error( connect( listener, (struct sockaddr *)&addr, len ), WSAEINVAL );
    tcp_socketpair( &src, &dst );
    expect_error( connect( src, (struct sockaddr *)&addr, len ), WSAEISCONN );
    expect_error( connect( dst, (struct sockaddr *)&addr, len ), WSAEISCONN );
    check_transfer( src, dst );
    closesocket( src );
    closesocket( dst );
    closesocket( listener );
}

/* Field report 14: a Winsock error, then the write set; a refused one in the exception set. */
static void test_nonblocking( void )
{
    struct sockaddr_in refused = closed_port();
    struct sockaddr_storage addr;
    SOCKET listener, client, server;
    WSANETWORKEVENTS events;
    WSAEVENT event;
    int len, error, error_len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    set_blocking( client, FALSE );
    expect_error( connect( client, (struct sockaddr *)&addr, len ), WSAEWOULDBLOCK );
    ok( wait_socket( client, "w" ), "not writable\n" );
    expect_error( connect( client, (struct sockaddr *)&addr, len ), WSAEISCONN );
    server = accept( listener, NULL, NULL );
    set_blocking( client, TRUE );
    check_transfer( client, server );
    check_transfer( server, client );
    closesocket( client );
    closesocket( server );
    closesocket( listener );

    client = socket( AF_INET, SOCK_STREAM, 0 );
    set_blocking( client, FALSE );
    expect_error( connect( client, (struct sockaddr *)&refused, sizeof(refused) ), WSAEWOULDBLOCK );
    ok( wait_socket( client, "e" ), "no exception\n" );
    error = 0;
    error_len = sizeof(error);
    ok( !getsockopt( client, SOL_SOCKET, SO_ERROR, (char *)&error, &error_len ), "got error %d\n",
        WSAGetLastError() );
    ok( error == WSAECONNREFUSED, "got SO_ERROR %d\n", error );
    closesocket( client );

    client = socket( AF_INET, SOCK_STREAM, 0 );
    event = WSACreateEvent();
    ok( !WSAEventSelect( client, event, FD_CONNECT ), "got error %d\n", WSAGetLastError() );
    expect_error( connect( client, (struct sockaddr *)&refused, sizeof(refused) ), WSAEWOULDBLOCK );
    ok( !WSAWaitForMultipleEvents( 1, &event, FALSE, PATIENCE, FALSE ), "no FD_CONNECT\n" );
    ok( !WSAEnumNetworkEvents( client, event, &events ), "got error %d\n", WSAGetLastError() );
    ok( events.lNetworkEvents == FD_CONNECT, "got events %#lx\n", events.lNetworkEvents );
    ok( events.iErrorCode[FD_CONNECT_BIT] == WSAECONNREFUSED, "got %d\n",
        events.iErrorCode[FD_CONNECT_BIT] );
    if (events.iErrorCode[FD_CONNECT_BIT] == WSAECONNREFUSED) note_failure( "FD_CONNECT", WSAECONNREFUSED );
    closesocket( client );
    WSACloseEvent( event );
}

/* T:test_connecting_socket. The address is TEST-NET-1 (RFC 5737), where nobody answers; a host without a
 * route says so at once, and the state cannot be had there. */
static void test_connecting( void )
{
    struct sockaddr_in nobody = loopback_address( 255 ), name;
    SOCKET s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    int len, ret;

    closesocket( s );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    set_blocking( s, FALSE );
    nobody.sin_addr.s_addr = inet_addr( "192.0.2.0" );
    ret = connect( s, (struct sockaddr *)&nobody, sizeof(nobody) );
    if (ret != -1 || WSAGetLastError() != WSAEWOULDBLOCK)
    {
        skip( "no route to TEST-NET-1, error %d\n", WSAGetLastError() );
        closesocket( s );
        return;
    }
    ret = connect( s, (struct sockaddr *)&nobody, sizeof(nobody) );
    if (ret == -1 && WSAGetLastError() != WSAEALREADY) skip( "TEST-NET-1 answers here\n" );
    else
    {
        expect_error( connect( s, (struct sockaddr *)&nobody, sizeof(nobody) ), WSAEALREADY );
        len = sizeof(name);
        expect_success( getsockname( s, (struct sockaddr *)&name, &len ));
        ok( name.sin_port, "got no port\n" );
        len = sizeof(name);
        expect_success( getpeername( s, (struct sockaddr *)&name, &len ));
        ok( same_address( &name, &nobody ), "not the address of connect\n" );
    }
    closesocket( s );
}

static void WINAPI count_apc( ULONG_PTR param )
{
    ++*(int *)param;
}

/* reference 3.3: a blocking connect waits alertably. Refusal takes a moment on Windows; where the answer
 * is there at once there is no wait, so the count is not checked on Wine. */
static void test_alertable( void )
{
    struct sockaddr_in addr = closed_port();
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    int apcs = 0;

    QueueUserAPC( count_apc, GetCurrentThread(), (ULONG_PTR)&apcs );
    expect_error( connect( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAECONNREFUSED );
    SleepEx( 0, TRUE );
    ok( apcs == 1, "APC ran %d times\n", apcs );
    closesocket( s );
}

/* T:test_connect_udp and MS: connect */
static void test_datagrams( void )
{
    struct sockaddr_storage addr, other;
    struct sockaddr_in peer, none;
    SOCKET client, server, second;
    char buffer[8];
    int len, ret;

    server = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    second = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &other, &len );
    client = socket( AF_INET, SOCK_DGRAM, 0 );

    expect_error( send( client, "data", 4, 0 ), WSAENOTCONN );
    expect_success( connect( client, (struct sockaddr *)&addr, len ));
    expect_success( getpeername( client, (struct sockaddr *)&peer, &len ));
    ok( same_address( &peer, &addr ), "not the address of connect\n" );
    expect_success( getsockname( client, (struct sockaddr *)&peer, &len ));
    ok( peer.sin_port, "got no port\n" );
    check_transfer( client, server );
    expect_error( getpeername( server, (struct sockaddr *)&peer, &len ), WSAENOTCONN );

    /* to somebody else: what others send does not arrive then */
    expect_success( connect( client, (struct sockaddr *)&other, len ));
    check_transfer( client, second );
    len = sizeof(peer);
    getsockname( client, (struct sockaddr *)&peer, &len );
    ret = sendto( server, "alien", 5, 0, (struct sockaddr *)&peer, len );
    ok( ret == 5, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = sendto( second, "known", 5, 0, (struct sockaddr *)&peer, len );
    ok( ret == 5, "got %d, error %d\n", ret, WSAGetLastError() );
    ret = recv( client, buffer, sizeof(buffer), 0 );
    ok( ret == 5 && !memcmp( buffer, "known", 5 ), "got %d, error %d\n", ret, WSAGetLastError() );

    memset( &none, 0, sizeof(none) );
    none.sin_family = AF_UNSPEC;
    expect_success( connect( client, (struct sockaddr *)&none, sizeof(none) ));
    expect_error( getpeername( client, (struct sockaddr *)&peer, &len ), WSAENOTCONN );
    expect_error( send( client, "data", 4, 0 ), WSAENOTCONN );

    /* an address of zeros disconnects too */
    expect_success( connect( client, (struct sockaddr *)&addr, sizeof(peer) ));
    none.sin_family = AF_INET;
    expect_success( connect( client, (struct sockaddr *)&none, sizeof(none) ));
    expect_error( getpeername( client, (struct sockaddr *)&peer, &len ), WSAENOTCONN );
    closesocket( client );
    closesocket( server );
    closesocket( second );
}

/* Field report 11, T:test_broadcast: connect does not ask for SO_BROADCAST, sendto does */
static void test_broadcast( void )
{
    struct sockaddr_in addr = loopback_address( 9 );
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );
    int value = 1, len = sizeof(value), ret;

    addr.sin_addr.s_addr = htonl( INADDR_BROADCAST );
    ret = connect( s, (struct sockaddr *)&addr, sizeof(addr) );
    if (ret && (WSAGetLastError() == WSAENETUNREACH || WSAGetLastError() == WSAEHOSTUNREACH))
        skip( "no network to broadcast on\n" );
    else
    {
        ok( !ret, "got error %d\n", WSAGetLastError() );
        ok( !getsockopt( s, SOL_SOCKET, SO_BROADCAST, (char *)&value, &len ), "got error %d\n",
            WSAGetLastError() );
        ok( !value, "the option is %d\n", value );
        ret = send( s, "test", 4, 0 );
        ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    }
    closesocket( s );
}

/* MS: WSAConnect; TCP carries no data with its connections */
static void test_wsaconnect( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, client, server;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( WSAConnect( client, NULL, len, NULL, NULL, NULL, NULL ), WSAEFAULT );
    expect_error( WSAConnect( client, bad_pointer(), len, NULL, NULL, NULL, NULL ), WSAEFAULT );
    expect_success( WSAConnect( client, (struct sockaddr *)&addr, len, NULL, NULL, NULL, NULL ));
    server = accept( listener, NULL, NULL );
    check_transfer( client, server );
    closesocket( client );
    closesocket( server );
    closesocket( listener );
}

START_TEST( connect )
{
    start_sockets();
    test_bad_addresses();
    test_refused();
    test_states();
    test_nonblocking();
    test_connecting();
    test_alertable();
    test_datagrams();
    test_broadcast();
    test_wsaconnect();
    stop_sockets();
}
