/*
 * IPv6: the life of a socket, scopes, IPV6_V6ONLY, address families that do not fit.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

static void test_stream( void )
{
    struct sockaddr_storage addr, peer;
    struct sockaddr_in6 name;
    SOCKET listener, client, server;
    int len, peer_len;

    listener = listener_socket( AF_INET6, WSA_FLAG_OVERLAPPED, &addr, &len );
    ok( len == sizeof(name), "got length %d\n", len );
    client = socket( AF_INET6, SOCK_STREAM, 0 );
    expect_success( connect( client, (struct sockaddr *)&addr, len ));
    /* room for an IPv4 address is not enough, T:test_accept */
    peer_len = sizeof(struct sockaddr_in);
    expect_error( accept( listener, (struct sockaddr *)&peer, &peer_len ), WSAEFAULT );
    peer_len = sizeof(peer);
    server = accept( listener, (struct sockaddr *)&peer, &peer_len );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( peer_len == sizeof(name), "got length %d\n", peer_len );
    len = sizeof(name);
    expect_success( getsockname( client, (struct sockaddr *)&name, &len ));
    ok( same_address( &name, &peer ), "not the client's address\n" );
    ok( !name.sin6_scope_id, "got scope %lu\n", (DWORD)name.sin6_scope_id );
    len = sizeof(name);
    expect_success( getpeername( client, (struct sockaddr *)&name, &len ));
    ok( same_address( &name, &addr ), "not the server's address\n" );
    len = sizeof(struct sockaddr_in);
    expect_error( getpeername( client, (struct sockaddr *)&name, &len ), WSAEFAULT );
    check_transfer( client, server );
    check_transfer( server, client );
    expect_success( shutdown( client, SD_BOTH ));
    closesocket( client );
    closesocket( server );
    closesocket( listener );
}

static void test_datagram( void )
{
    struct sockaddr_storage addr, from;
    struct sockaddr_in6 name;
    SOCKET src, dst;
    char buffer[8];
    int len, from_len, ret;

    dst = bound_socket( AF_INET6, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    src = socket( AF_INET6, SOCK_DGRAM, 0 );
    ret = sendto( src, "data", 4, 0, (struct sockaddr *)&addr, len );
    ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    from_len = sizeof(from);
    ret = recvfrom( dst, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &from_len );
    ok( ret == 4 && from_len == sizeof(name), "got %d, length %d, error %d\n", ret, from_len,
        WSAGetLastError() );
    len = sizeof(name);
    expect_success( getsockname( src, (struct sockaddr *)&name, &len ));
    ok( name.sin6_port == ((struct sockaddr_in6 *)&from)->sin6_port, "not the sender's port\n" );
    expect_success( connect( src, (struct sockaddr *)&addr, sizeof(name) ));
    check_transfer( src, dst );
    closesocket( src );
    closesocket( dst );
}

/* T:test_bind */
static void test_bind( void )
{
    struct sockaddr_in6 addr = loopback_address6( 0 ), name;
    struct sockaddr_in addr4 = loopback_address( 0 );
    struct sockaddr_storage storage;
    SOCKET s;
    int len;

    s = socket( AF_INET6, SOCK_STREAM, 0 );
    expect_error( bind( s, (struct sockaddr *)&addr, sizeof(addr) - 1 ), WSAEFAULT );
    /* without the scope, as in the first drafts of the API */
    expect_error( bind( s, (struct sockaddr *)&addr, 24 ), WSAEFAULT );
    expect_error( bind( s, (struct sockaddr *)&addr4, sizeof(addr4) ), WSAEFAULT );
    memset( &storage, 0, sizeof(storage) );
    memcpy( &storage, &addr4, sizeof(addr4) );
    expect_error( bind( s, (struct sockaddr *)&storage, sizeof(storage) ), WSAEAFNOSUPPORT );
    addr.sin6_scope_id = 0xabacab;
    expect_error( bind( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEADDRNOTAVAIL );
    addr.sin6_scope_id = 0;
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    len = 24;
    expect_error( getsockname( s, (struct sockaddr *)&name, &len ), WSAEFAULT );
    len = sizeof(name);
    expect_success( getsockname( s, (struct sockaddr *)&name, &len ));
    ok( !name.sin6_scope_id, "got scope %lu\n", (DWORD)name.sin6_scope_id );
    ok( name.sin6_port, "got no port\n" );
    closesocket( s );

    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( bind( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEAFNOSUPPORT );
    closesocket( s );
}

/* MS: connect */
static void test_connect( void )
{
    struct sockaddr_in6 any = loopback_address6( 80 );
    struct sockaddr_in addr4 = loopback_address( 80 );
    struct sockaddr_storage storage;
    SOCKET s = socket( AF_INET6, SOCK_STREAM, 0 );

    memset( &any.sin6_addr, 0, sizeof(any.sin6_addr) );
    expect_error( connect( s, (struct sockaddr *)&any, sizeof(any) ), WSAEADDRNOTAVAIL );
    expect_error( connect( s, (struct sockaddr *)&any, 24 ), WSAEFAULT );
    expect_error( connect( s, (struct sockaddr *)&addr4, sizeof(addr4) ), WSAEFAULT );
    memset( &storage, 0, sizeof(storage) );
    memcpy( &storage, &addr4, sizeof(addr4) );
    expect_error( connect( s, (struct sockaddr *)&storage, sizeof(storage) ), WSAEAFNOSUPPORT );
    closesocket( s );
}

/* T:test_ipv6only: on by default; off, one socket serves both families */
static void test_v6only( void )
{
    struct sockaddr_in6 any = { 0 }, mapped;
    struct sockaddr_in addr = loopback_address( 0 );
    SOCKET listener, client, server;
    DWORD value = 0xdead;
    int len = sizeof(value);

    any.sin6_family = AF_INET6;
    listener = socket( AF_INET6, SOCK_STREAM, 0 );
    ok( !getsockopt( listener, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, &len ), "got error %d\n",
        WSAGetLastError() );
    ok( len == 1 && value == 0xde01, "got %#lx in %d bytes\n", value, len );  /* reference 2.1 class B */
    value = 0;
    ok( !setsockopt( listener, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, sizeof(value) ), "got error %d\n",
        WSAGetLastError() );
    expect_success( bind( listener, (struct sockaddr *)&any, sizeof(any) ));
    expect_success( listen( listener, 1 ));
    len = sizeof(any);
    expect_success( getsockname( listener, (struct sockaddr *)&any, &len ));

    addr.sin_port = any.sin6_port;
    client = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( client, (struct sockaddr *)&addr, sizeof(addr) ));
    len = sizeof(mapped);
    server = accept( listener, (struct sockaddr *)&mapped, &len );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( mapped.sin6_family == AF_INET6 && len == sizeof(mapped), "got family %d\n", mapped.sin6_family );
    ok( IN6_IS_ADDR_V4MAPPED( &mapped.sin6_addr ), "not a mapped address\n" );
    check_transfer( client, server );
    closesocket( client );
    closesocket( server );
    closesocket( listener );
}

START_TEST( ipv6 )
{
    start_sockets();
    if (have_ipv6())
    {
        test_stream();
        test_datagram();
        test_bind();
        test_connect();
        test_v6only();
    }
    else skip( "no IPv6\n" );
    stop_sockets();
}
