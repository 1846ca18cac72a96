/*
 * accept and WSAAccept: addresses, condition functions, what is inherited, waiting.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define OPTION_PAUSE_ACCEPT 0x3003      /* not all headers have it */

static SOCKET connect_to( const struct sockaddr_storage *addr, int len )
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    int ret = connect( s, (const struct sockaddr *)addr, len );

    ok( !ret, "failed to connect, error %d\n", WSAGetLastError() );
    return s;
}

/* T:test_accept and MS: accept */
static void test_addresses( void )
{
    struct sockaddr_storage addr, peer, empty;
    SOCKET listener, client, server;
    struct sockaddr_in name;
    int len, peer_len;

    memset( &empty, 0, sizeof(empty) );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    client = connect_to( &addr, len );

    /* none of these takes the connection */
    peer_len = 0;
    peer = empty;
    expect_error( accept( listener, (struct sockaddr *)&peer, &peer_len ), WSAEFAULT );
    ok( !peer_len, "got length %d\n", peer_len );
    expect_error( WSAAccept( listener, (struct sockaddr *)&peer, &peer_len, NULL, 0 ), WSAEFAULT );
    peer_len = sizeof(name) - 1;
    expect_error( accept( listener, (struct sockaddr *)&peer, &peer_len ), WSAEFAULT );
    ok( peer_len == sizeof(name) - 1, "got length %d\n", peer_len );
    ok( !memcmp( &peer, &empty, sizeof(peer) ), "address was written\n" );
    peer_len = sizeof(peer);
    expect_error( accept( listener, bad_pointer(), &peer_len ), WSAEFAULT );
    expect_error( accept( listener, read_only_memory(), &peer_len ), WSAEFAULT );
    expect_error( accept( listener, (struct sockaddr *)&peer, bad_pointer() ), WSAEFAULT );

    WSASetLastError( 0xdeadbeef );
    server = accept( listener, (struct sockaddr *)&peer, &peer_len );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( !WSAGetLastError(), "last error left at %d\n", WSAGetLastError() );
    ok( peer_len == sizeof(name), "got length %d\n", peer_len );
    len = sizeof(name);
    getsockname( client, (struct sockaddr *)&name, &len );
    ok( same_address( &peer, &name ), "not the client's address\n" );
    check_transfer( client, server );
    closesocket( client );
    closesocket( server );

    /* an address without a length is left alone */
    client = connect_to( &addr, sizeof(struct sockaddr_in) );
    peer = empty;
    server = accept( listener, (struct sockaddr *)&peer, NULL );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( !memcmp( &peer, &empty, sizeof(peer) ), "address was written\n" );
    closesocket( client );
    closesocket( server );

    client = connect_to( &addr, sizeof(struct sockaddr_in) );
    peer_len = 1234;
    server = accept( listener, NULL, &peer_len );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    closesocket( client );
    closesocket( server );
    closesocket( listener );
}

/* MS: accept, the errors of its page */
static void test_errors( void )
{
    struct sockaddr_storage addr;
    SOCKET s, src, dst;
    int len;

    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( accept( s, NULL, NULL ), WSAEINVAL );
    closesocket( s );
    s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_error( accept( s, NULL, NULL ), WSAEINVAL );
    closesocket( s );
    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_error( accept( s, NULL, NULL ), WSAEOPNOTSUPP );
    closesocket( s );
    tcp_socketpair( &src, &dst );
    expect_error( accept( src, NULL, NULL ), WSAEINVAL );
    closesocket( src );
    closesocket( dst );

    s = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_blocking( s, FALSE );
    expect_error( accept( s, NULL, NULL ), WSAEWOULDBLOCK );
    closesocket( s );
}

struct condition_call
{
    int verdict, count;
    struct sockaddr_storage caller, callee;
    ULONG caller_len, callee_len;
    BOOL others_null;
};

static int CALLBACK condition( WSABUF *caller_id, WSABUF *caller_data, QOS *socket_qos, QOS *group_qos,
                               WSABUF *callee_id, WSABUF *callee_data, GROUP *group, DWORD_PTR context )
{
    struct condition_call *call = (struct condition_call *)context;

    call->count++;
    call->caller_len = caller_id->len;
    memcpy( &call->caller, caller_id->buf, min( caller_id->len, sizeof(call->caller) ));
    call->callee_len = callee_id->len;
    memcpy( &call->callee, callee_id->buf, min( callee_id->len, sizeof(call->callee) ));
    call->others_null = (!caller_data || !caller_data->len) && !socket_qos && !group_qos;
    (void)callee_data;
    (void)group;
    return call->verdict;
}

/* MS: WSAAccept; CF_DEFER by T:test_accept */
static void test_condition( void )
{
    struct sockaddr_storage addr, peer;
    struct condition_call call = { CF_DEFER, 0 };
    SOCKET listener, client, server;
    struct sockaddr_in name;
    int len, peer_len, name_len;
    char byte;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    client = connect_to( &addr, len );
    name_len = sizeof(name);
    getsockname( client, (struct sockaddr *)&name, &name_len );

    expect_error( WSAAccept( listener, NULL, NULL, condition, (DWORD_PTR)&call ), WSATRY_AGAIN );
    ok( call.count == 1, "called %d times\n", call.count );
    ok( call.caller_len == sizeof(name), "got length %lu\n", call.caller_len );
    ok( same_address( &call.caller, &name ), "not the client's address\n" );
    ok( same_address( &call.callee, &addr ), "not the server's address\n" );
    ok( call.others_null, "got data or quality of service\n" );
    /* deferred once more, then taken */
    expect_error( WSAAccept( listener, NULL, NULL, condition, (DWORD_PTR)&call ), WSATRY_AGAIN );
    call.verdict = CF_ACCEPT;
    peer_len = sizeof(peer);
    server = WSAAccept( listener, (struct sockaddr *)&peer, &peer_len, condition, (DWORD_PTR)&call );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( call.count == 3, "called %d times\n", call.count );
    ok( same_address( &peer, &name ), "not the client's address\n" );
    check_transfer( client, server );
    check_transfer( server, client );
    closesocket( client );
    closesocket( server );

    /* a deferred connection is there for accept too */
    client = connect_to( &addr, len );
    call.verdict = CF_DEFER;
    expect_error( WSAAccept( listener, NULL, NULL, condition, (DWORD_PTR)&call ), WSATRY_AGAIN );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    check_transfer( client, server );
    closesocket( client );
    closesocket( server );

    client = connect_to( &addr, len );
    call.verdict = CF_REJECT;
    expect_error( WSAAccept( listener, NULL, NULL, condition, (DWORD_PTR)&call ), WSAECONNREFUSED );
    ok( recv( client, &byte, 1, 0 ) <= 0, "the refused client received something\n" );
    closesocket( client );
    set_blocking( listener, FALSE );
    expect_error( accept( listener, NULL, NULL ), WSAEWOULDBLOCK );
    call.count = 0;
    expect_error( WSAAccept( listener, NULL, NULL, condition, (DWORD_PTR)&call ), WSAEWOULDBLOCK );
    ok( !call.count, "called without a connection\n" );
    closesocket( listener );
}

/* T:test_accept_inheritance; blocking mode and selection: DESIGN rule 14, MS: accept */
static void test_inheritance( void )
{
    static const struct
    {
        int level, option, value;
    }
    options[] =
    {
        { SOL_SOCKET, SO_REUSEADDR, 1 },
        { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { SOL_SOCKET, SO_OOBINLINE, 1 },
        { SOL_SOCKET, SO_SNDBUF, 0x123 },
        { SOL_SOCKET, SO_RCVBUF, 0x123 },
        { SOL_SOCKET, SO_SNDTIMEO, 0x123 },
        { SOL_SOCKET, SO_RCVTIMEO, 0x123 },
        { IPPROTO_TCP, TCP_NODELAY, 1 },
    };
    struct sockaddr_storage addr;
    SOCKET listener, client, server;
    WSANETWORKEVENTS events;
    struct linger linger = { 1, 555 };
    int len, value, value_len, ret;
    unsigned int i;
    WSAEVENT event;
    char byte;

    listener = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    for (i = 0; i < ARRAY_SIZE(options); i++)
    {
        ret = setsockopt( listener, options[i].level, options[i].option, (char *)&options[i].value,
                          sizeof(int) );
        ok( !ret, "%u: got error %d\n", i, WSAGetLastError() );
    }
    setsockopt( listener, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) );
    listen( listener, 1 );
    client = connect_to( &addr, len );
    server = accept( listener, NULL, NULL );
    for (i = 0; i < ARRAY_SIZE(options); i++)
    {
        value = 0;
        value_len = sizeof(value);
        ret = getsockopt( server, options[i].level, options[i].option, (char *)&value, &value_len );
        ok( !ret, "%u: got error %d\n", i, WSAGetLastError() );
        ok( value == options[i].value, "%u: got %#x\n", i, value );
    }
    memset( &linger, 0, sizeof(linger) );
    value_len = sizeof(linger);
    ret = getsockopt( server, SOL_SOCKET, SO_LINGER, (char *)&linger, &value_len );
    ok( !ret && linger.l_onoff == 1 && linger.l_linger == 555, "got %d, %d\n", linger.l_onoff,
        linger.l_linger );
    linger.l_onoff = 0;
    setsockopt( server, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) );
    closesocket( client );
    closesocket( server );
    closesocket( listener );

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_blocking( listener, FALSE );
    client = connect_to( &addr, len );
    ok( wait_socket( listener, "r" ), "no connection\n" );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    expect_error( recv( server, &byte, 1, 0 ), WSAEWOULDBLOCK );
    closesocket( client );
    closesocket( server );
    closesocket( listener );

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    event = WSACreateEvent();
    ok( !WSAEventSelect( listener, event, FD_ACCEPT | FD_READ ), "got error %d\n", WSAGetLastError() );
    client = connect_to( &addr, len );
    ok( !WSAWaitForMultipleEvents( 1, &event, FALSE, PATIENCE, FALSE ), "no FD_ACCEPT\n" );
    ok( !WSAEnumNetworkEvents( listener, event, &events ), "got error %d\n", WSAGetLastError() );
    ok( events.lNetworkEvents == FD_ACCEPT, "got events %#lx\n", events.lNetworkEvents );
    server = accept( listener, NULL, NULL );
    expect_error( recv( server, &byte, 1, 0 ), WSAEWOULDBLOCK );
    ok( send( client, "x", 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    ok( !WSAWaitForMultipleEvents( 1, &event, FALSE, PATIENCE, FALSE ), "no FD_READ\n" );
    ok( !WSAEnumNetworkEvents( server, event, &events ), "got error %d\n", WSAGetLastError() );
    ok( events.lNetworkEvents == FD_READ, "got events %#lx\n", events.lNetworkEvents );
    closesocket( client );
    closesocket( server );
    closesocket( listener );
    WSACloseEvent( event );
}

struct waiter
{
    SOCKET listener, client;
    struct sockaddr_storage addr;
    int len;
    HANDLE event;
    int apcs;
    SOCKET accepted;
};

static DWORD WINAPI connect_when_told( void *param )
{
    struct waiter *waiter = param;

    WaitForSingleObject( waiter->event, INFINITE );
    waiter->client = connect_to( &waiter->addr, waiter->len );
    return 0;
}

static void WINAPI accept_apc( ULONG_PTR param )
{
    struct waiter *waiter = (struct waiter *)param;

    waiter->apcs++;
    SetEvent( waiter->event );
}

/* reference 3.3: a blocking accept waits alertably. The client connects only when the APC has run. */
static void test_alertable( void )
{
    struct waiter waiter = { 0 };
    HANDLE thread;
    SOCKET server;

    waiter.listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &waiter.addr, &waiter.len );
    waiter.event = CreateEventW( NULL, FALSE, FALSE, NULL );
    thread = CreateThread( NULL, 0, connect_when_told, &waiter, 0, NULL );
    QueueUserAPC( accept_apc, GetCurrentThread(), (ULONG_PTR)&waiter );
    server = accept( waiter.listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( waiter.apcs == 1, "%d APCs ran\n", waiter.apcs );
    ok( !WaitForSingleObject( thread, PATIENCE ), "thread did not end\n" );
    check_transfer( waiter.client, server );
    CloseHandle( thread );
    CloseHandle( waiter.event );
    closesocket( waiter.client );
    closesocket( server );
    closesocket( waiter.listener );
}

static DWORD WINAPI accept_thread( void *param )
{
    struct waiter *waiter = param;

    SetEvent( waiter->event );
    waiter->accepted = accept( waiter->listener, NULL, NULL );
    return 0;
}

/* T:test_accept */
static void test_close_wakes( void )
{
    struct waiter waiter = { 0 };
    HANDLE thread;

    waiter.listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &waiter.addr, &waiter.len );
    waiter.event = CreateEventW( NULL, FALSE, FALSE, NULL );
    waiter.accepted = 0;
    thread = CreateThread( NULL, 0, accept_thread, &waiter, 0, NULL );
    WaitForSingleObject( waiter.event, PATIENCE );
    /* before or in the wait, accept must end */
    Sleep( 50 );
    expect_success( closesocket( waiter.listener ));
    ok( !WaitForSingleObject( thread, PATIENCE ), "accept did not end\n" );
    ok( waiter.accepted == INVALID_SOCKET, "accept succeeded\n" );
    CloseHandle( thread );
    CloseHandle( waiter.event );
}

static void set_pause( SOCKET s, BOOL pause )
{
    DWORD value = 0xdead;
    int len = sizeof(value);

    expect_success( setsockopt( s, SOL_SOCKET, OPTION_PAUSE_ACCEPT, (char *)&pause, sizeof(pause) ));
    expect_success( getsockopt( s, SOL_SOCKET, OPTION_PAUSE_ACCEPT, (char *)&value, &len ));
    ok( value == pause, "got %lu\n", value );
}

/* A connect that a paused listener refuses or lets wait; the client gives up. */
static void check_not_connected( const struct sockaddr_storage *addr, int len )
{
    SOCKET s = socket( addr->ss_family, SOCK_STREAM, 0 );
    struct timeval now = { 0, 0 };
    fd_set writable;

    set_blocking( s, FALSE );
    expect_error( connect( s, (const struct sockaddr *)addr, len ), WSAEWOULDBLOCK );
    FD_ZERO( &writable );
    FD_SET( s, &writable );
    ok( !select( 0, NULL, &writable, NULL, &now ), "connected\n" );
    closesocket( s );
}

/* MS: SOL_SOCKET options, SO_PAUSE_ACCEPT: incoming connections are reset rather than accepted. */
static void test_pause( int family )
{
    struct sockaddr_storage addr;
    SOCKET listener, client, server, early;
    int len;

    winetest_push_context( "family %d", family );
    listener = listener_socket( family, WSA_FLAG_OVERLAPPED, &addr, &len );
    early = socket( family, SOCK_STREAM, 0 );
    expect_success( connect( early, (struct sockaddr *)&addr, len ));
    set_pause( listener, TRUE );
    check_not_connected( &addr, len );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    check_transfer( early, server );
    closesocket( server );
    closesocket( early );

    set_pause( listener, FALSE );
    client = socket( family, SOCK_STREAM, 0 );
    expect_success( connect( client, (struct sockaddr *)&addr, len ));
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    check_transfer( client, server );
    check_transfer( server, client );
    closesocket( server );
    closesocket( client );
    set_blocking( listener, FALSE );
    expect_error( accept( listener, NULL, NULL ), WSAEWOULDBLOCK );
    closesocket( listener );

    listener = bound_socket( family, SOCK_STREAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_pause( listener, TRUE );
    expect_success( listen( listener, 5 ));
    check_not_connected( &addr, len );
    closesocket( listener );
    winetest_pop_context();
}

START_TEST( accept )
{
    start_sockets();
    test_addresses();
    test_errors();
    test_condition();
    test_inheritance();
    test_alertable();
    test_close_wakes();
    test_pause( AF_INET );
    if (have_ipv6()) test_pause( AF_INET6 );
    stop_sockets();
}
