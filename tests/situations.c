/*
 * The situations of reference 3.3, one function for each row in the order of the table, run under the row's
 * number: tests/tools/errors.sh compares what has run with the number of rows. The rows are summaries; other
 * subtests go deeper.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources are those of the rows: T: a test of Wine's that passes on Windows, MS: the function's page.
 */
#include "util.h"

#define STATUS( overlapped ) ((DWORD)(overlapped).Internal)

static LPFN_CONNECTEX pConnectEx;

static OVERLAPPED new_overlapped( void )
{
    OVERLAPPED overlapped = { .Internal = 0xdeadbeef, .InternalHigh = 0xdeadbeef };

    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    return overlapped;
}

static void WINAPI count_apc( ULONG_PTR param )
{
    ++*(int *)param;
}

static void refused_connect( void )     /* T:test_errors, test_connect */
{
    struct sockaddr_in closed = closed_port();
    struct sockaddr_storage addr;
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 ), listener, server;
    struct timeval none = { 0, 0 };
    fd_set set;
    int len;

    expect_error( connect( s, (struct sockaddr *)&closed, sizeof(closed) ), WSAECONNREFUSED );
    FD_ZERO( &set );
    FD_SET( s, &set );
    ok( !select( 0, NULL, &set, NULL, &none ), "writable\n" );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( connect( s, (struct sockaddr *)&addr, len ));
    server = accept( listener, NULL, NULL );
    check_transfer( s, server );
    closesocket( server );
    closesocket( listener );
    closesocket( s );
}

static void refused_connectex( void )   /* T:test_connect */
{
    struct sockaddr_in closed = closed_port();
    SOCKET s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    OVERLAPPED overlapped = new_overlapped();
    DWORD count, flags;

    expect_false( pConnectEx( s, (struct sockaddr *)&closed, sizeof(closed), NULL, 0, &count, &overlapped ),
                  ERROR_IO_PENDING );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "no completion\n" );
    expect_false( GetOverlappedResult( (HANDLE)s, &overlapped, &count, FALSE ), ERROR_CONNECTION_REFUSED );
    expect_false( WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags ), WSAECONNREFUSED );
    closesocket( s );
    CloseHandle( overlapped.hEvent );
}

static void connectex_arguments( void ) /* T:test_connect */
{
    struct sockaddr_storage addr;
    SOCKET listener, unbound = socket( AF_INET, SOCK_STREAM, 0 ), s;
    OVERLAPPED overlapped = new_overlapped();
    DWORD count;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_false( pConnectEx( unbound, (struct sockaddr *)&addr, len, NULL, 0, &count, &overlapped ),
                  WSAEINVAL );
    ok( STATUS( overlapped ) == 0x103 && overlapped.InternalHigh == 0xdeadbeef, "got status %#lx, %#lx\n",
        STATUS( overlapped ), (DWORD)overlapped.InternalHigh );
    expect_false( pConnectEx( s, (struct sockaddr *)&addr, len, NULL, 0, &count, NULL ),
                  ERROR_INVALID_PARAMETER );
    overlapped.Internal = 0xdeadbeef;
    expect_false( pConnectEx( listener, (struct sockaddr *)&addr, len, NULL, 0, &count, &overlapped ),
                  WSAEINVAL );
    ok( STATUS( overlapped ) == 0x103 && overlapped.InternalHigh == 0xdeadbeef, "got status %#lx, %#lx\n",
        STATUS( overlapped ), (DWORD)overlapped.InternalHigh );
    closesocket( listener );
    closesocket( unbound );
    closesocket( s );
    CloseHandle( overlapped.hEvent );
}

static void connect_listener( void )    /* T:test_connect */
{
    struct sockaddr_storage addr;
    SOCKET listener;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_error( connect( listener, (struct sockaddr *)&addr, len ), WSAEINVAL );
    closesocket( listener );
}

static void connect_twice( void )       /* T:test_connecting_socket */
{
    OVERLAPPED overlapped = new_overlapped(), second = new_overlapped();
    struct crowd crowd;
    DWORD count;
    SOCKET s;

    start_crowd( &crowd );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    set_blocking( s, FALSE );
    expect_error( connect( s, (struct sockaddr *)&crowd.addr, crowd.len ), WSAEWOULDBLOCK );
    expect_error( connect( s, (struct sockaddr *)&crowd.addr, crowd.len ), WSAEALREADY );
    expect_false( pConnectEx( s, (struct sockaddr *)&crowd.addr, crowd.len, NULL, 0, &count, &second ),
                  WSAEINVAL );
    closesocket( s );

    s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    set_blocking( s, FALSE );
    expect_false( pConnectEx( s, (struct sockaddr *)&crowd.addr, crowd.len, NULL, 0, &count, &overlapped ),
                  ERROR_IO_PENDING );
    expect_error( connect( s, (struct sockaddr *)&crowd.addr, crowd.len ), WSAEINVAL );
    expect_false( pConnectEx( s, (struct sockaddr *)&crowd.addr, crowd.len, NULL, 0, &count, &second ),
                  WSAEINVAL );
    closesocket( s );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "not cancelled\n" );
    end_crowd( &crowd );
    CloseHandle( overlapped.hEvent );
    CloseHandle( second.hEvent );
}

static void use_while_connecting( void )        /* T:test_connecting_socket */
{
    OVERLAPPED overlapped = new_overlapped();
    struct sockaddr_in name;
    struct crowd crowd;
    DWORD count;
    char byte;
    SOCKET s;
    int len;

    start_crowd( &crowd );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    set_blocking( s, FALSE );
    expect_error( connect( s, (struct sockaddr *)&crowd.addr, crowd.len ), WSAEWOULDBLOCK );
    expect_error( recv( s, &byte, 1, 0 ), WSAENOTCONN );
    expect_error( send( s, "x", 1, 0 ), WSAENOTCONN );
    len = TRUE;     /* MS: SO_KEEPALIVE */
    expect_error( setsockopt( s, SOL_SOCKET, SO_KEEPALIVE, (char *)&len, sizeof(len) ), WSAEINVAL );
    len = sizeof(name);
    expect_success( getpeername( s, (struct sockaddr *)&name, &len ));
    ok( same_address( &name, &crowd.addr ), "not the address of connect\n" );
    closesocket( s );

    s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    set_blocking( s, FALSE );
    expect_false( pConnectEx( s, (struct sockaddr *)&crowd.addr, crowd.len, NULL, 0, &count, &overlapped ),
                  ERROR_IO_PENDING );
    expect_error( recv( s, &byte, 1, 0 ), WSAENOTCONN );
    expect_error( send( s, "x", 1, 0 ), WSAENOTCONN );
    len = sizeof(name);
    expect_error( getpeername( s, (struct sockaddr *)&name, &len ), WSAENOTCONN );
    closesocket( s );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "not cancelled\n" );
    end_crowd( &crowd );
    CloseHandle( overlapped.hEvent );
}

static void connect_connected( void )   /* T:test_connect */
{
    OVERLAPPED overlapped = new_overlapped();
    struct sockaddr_storage addr;
    SOCKET listener, s, server;
    DWORD count;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( s, (struct sockaddr *)&addr, len ));
    expect_error( connect( s, (struct sockaddr *)&addr, len ), WSAEISCONN );
    closesocket( s );
    server = accept( listener, NULL, NULL );
    closesocket( server );

    s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_false( pConnectEx( s, (struct sockaddr *)&addr, len, NULL, 0, &count, &overlapped ),
                  ERROR_IO_PENDING );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "no completion\n" );
    expect_error( connect( s, (struct sockaddr *)&addr, len ), WSAEINVAL );
    expect_success( setsockopt( s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0 ));
    expect_error( connect( s, (struct sockaddr *)&addr, len ), WSAEISCONN );
    closesocket( s );
    closesocket( listener );
    CloseHandle( overlapped.hEvent );
}

static void connect_after_shutdown( void )      /* T:test_shutdown */
{
    struct sockaddr_storage addr;
    SOCKET src, dst;
    int how, len;

    for (how = SD_RECEIVE; how <= SD_BOTH; how++)
    {
        tcp_socketpair( &src, &dst );
        len = sizeof(addr);
        expect_success( getpeername( src, (struct sockaddr *)&addr, &len ));
        expect_success( shutdown( src, how ));
        expect_error( connect( src, (struct sockaddr *)&addr, len ), WSAEISCONN );
        closesocket( src );
        closesocket( dst );
    }
}

static void connect_to_zero( void )     /* MS: connect */
{
    struct sockaddr_in addr = closed_port();
    struct sockaddr_in6 addr6 = { .sin6_family = AF_INET6, .sin6_port = addr.sin_port };
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );

    addr.sin_addr.s_addr = 0;
    expect_error( connect( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEADDRNOTAVAIL );
    closesocket( s );
    if (!have_ipv6()) return;
    s = socket( AF_INET6, SOCK_STREAM, 0 );
    expect_error( connect( s, (struct sockaddr *)&addr6, sizeof(addr6) ), WSAEADDRNOTAVAIL );
    closesocket( s );
}

static void connect_to_broadcast( void )        /* T:test_broadcast */
{
    struct sockaddr_in addr = loopback_address( 9 );
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );
    int ret;

    addr.sin_addr.s_addr = INADDR_BROADCAST;
    expect_error( sendto( s, "test", 4, 0, (struct sockaddr *)&addr, sizeof(addr) ), WSAEACCES );
    ret = connect( s, (struct sockaddr *)&addr, sizeof(addr) );
    if (ret && (WSAGetLastError() == WSAENETUNREACH || WSAGetLastError() == WSAEHOSTUNREACH))
        skip( "no network to broadcast on\n" );
    else
    {
        ok( !ret, "got error %d\n", WSAGetLastError() );
        ret = send( s, "test", 4, 0 );
        ok( ret == 4, "got %d, error %d\n", ret, WSAGetLastError() );
    }
    closesocket( s );
}

static void connect_unspec( void )      /* T:test_connect_udp */
{
    struct sockaddr_in none = { .sin_family = AF_UNSPEC };
    struct sockaddr_storage addr;
    SOCKET src, dst;
    int len = sizeof(addr);

    udp_socketpair( &src, &dst );
    expect_success( connect( src, (struct sockaddr *)&none, sizeof(none) ));
    expect_error( getpeername( src, (struct sockaddr *)&addr, &len ), WSAENOTCONN );
    expect_error( send( src, "x", 1, 0 ), WSAENOTCONN );
    closesocket( src );
    closesocket( dst );
}

static void datagram_send_unconnected( void )   /* T:test_connect_udp */
{
    SOCKET bound = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );
    WSABUF buffer = { 1, (char *)"x" };
    DWORD count;

    expect_error( send( s, "x", 1, 0 ), WSAENOTCONN );
    expect_error( send( bound, "x", 1, 0 ), WSAENOTCONN );
    expect_error( WSASend( s, &buffer, 1, &count, 0, NULL, NULL ), WSAENOTCONN );
    expect_error( sendto( s, "x", 1, 0, NULL, 0 ), WSAENOTCONN );
    closesocket( s );
    closesocket( bound );
}

static void datagram_recv_unbound( void )       /* T:test_connect_udp */
{
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );
    struct sockaddr_in addr;
    char data[4];
    WSABUF buffer = { sizeof(data), data };
    DWORD count, flags = 0;
    int len = sizeof(addr);

    set_blocking( s, FALSE );   /* against waiting for ever */
    expect_error( recv( s, data, sizeof(data), 0 ), WSAEINVAL );
    expect_error( recvfrom( s, data, sizeof(data), 0, (struct sockaddr *)&addr, &len ), WSAEINVAL );
    expect_error( WSARecv( s, &buffer, 1, &count, &flags, NULL, NULL ), WSAEINVAL );
    closesocket( s );
}

static void port_unreachable( void )    /* MS: recv, recvfrom */
{
    struct sockaddr_storage addr;
    DWORD timeout = PATIENCE;
    SOCKET s, closed;
    char byte;
    int len;

    closed = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    closesocket( closed );
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    expect_success( connect( s, (struct sockaddr *)&addr, len ));
    ok( send( s, "x", 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    expect_error( recv( s, &byte, 1, 0 ), WSAECONNRESET );
    ok( send( s, "x", 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    expect_error( recvfrom( s, &byte, 1, 0, NULL, NULL ), WSAECONNRESET );
    closesocket( s );
}

static void datagram_too_long( void )   /* MS: recv; T:test_icmp */
{
    unsigned char ping[8] = { 8, 0, 0xf7, 0xff };     /* echo request, with its checksum */
    struct sockaddr_in addr = loopback_address( 0 );
    DWORD timeout = PATIENCE;
    SOCKET src, dst;
    char data[4], reply[64];
    int ret;

    udp_socketpair( &src, &dst );
    send( src, "too long", 8, 0 );
    expect_error( recv( dst, data, sizeof(data), 0 ), WSAEMSGSIZE );
    ok( !memcmp( data, "too ", 4 ), "got %.4s\n", data );
    memset( data, 0, sizeof(data) );
    send( src, "too long", 8, 0 );
    expect_error( recvfrom( dst, data, sizeof(data), 0, NULL, NULL ), WSAEMSGSIZE );
    ok( !memcmp( data, "too ", 4 ), "got %.4s\n", data );
    closesocket( src );
    closesocket( dst );

    src = socket( AF_INET, SOCK_RAW, IPPROTO_ICMP );
    if (src == INVALID_SOCKET)
    {
        skip( "raw sockets need privilege, error %d\n", WSAGetLastError() );
        return;
    }
    setsockopt( src, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    ret = sendto( src, (const char *)ping, sizeof(ping), 0, (struct sockaddr *)&addr, sizeof(addr) );
    ok( ret == sizeof(ping), "got %d, error %d\n", ret, WSAGetLastError() );
    memset( data, 0, sizeof(data) );
    expect_error( recv( src, data, sizeof(data), 0 ), WSAEMSGSIZE );
    ok( data[0] == 0x45, "got %#x\n", data[0] );
    /* it is gone, and nothing but replies is received */
    ping[6]++, ping[2]--;   /* the next sequence number, and its checksum */
    ret = sendto( src, (const char *)ping, sizeof(ping), 0, (struct sockaddr *)&addr, sizeof(addr) );
    ok( ret == sizeof(ping), "got %d, error %d\n", ret, WSAGetLastError() );
    ret = recv( src, reply, sizeof(reply), 0 );
    ok( ret == 28, "got %d, error %d\n", ret, WSAGetLastError() );
    ok( !reply[20] && reply[26] == 1, "got type %d, sequence %d\n", reply[20], reply[26] );
    closesocket( src );
}

/* T:test_tcp_reset */
static void reset_while_receiving( void )
{
    struct timeval none = { 0, 0 };
    WSAPOLLFD poll_fd = { 0 };
    fd_set read, write, except;
    OVERLAPPED overlapped = new_overlapped();
    DWORD count, flags = 0;
    SOCKET src, dst;
    char data[8];
    WSABUF buffer = { sizeof(data), data };
    int i, error, len;

    tcp_socketpair( &src, &dst );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, &overlapped, NULL ), WSA_IO_PENDING );
    close_with_rst( src );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "no completion\n" );
    ok( STATUS( overlapped ) == 0xc000020d, "got status %#lx\n", STATUS( overlapped ));
    expect_false( GetOverlappedResult( (HANDLE)dst, &overlapped, &count, FALSE ), ERROR_NETNAME_DELETED );
    expect_false( WSAGetOverlappedResult( dst, &overlapped, &count, FALSE, &flags ), WSAECONNRESET );
    for (i = 0; i < 2; i++)
    {
        expect_error( recv( dst, data, sizeof(data), 0 ), WSAECONNRESET );
        expect_error( send( dst, data, sizeof(data), 0 ), WSAECONNRESET );
    }
    len = sizeof(error);
    expect_success( getsockopt( dst, SOL_SOCKET, SO_ERROR, (char *)&error, &len ));
    ok( !error, "got SO_ERROR %d\n", error );

    poll_fd.fd = dst;
    poll_fd.events = POLLRDNORM | POLLRDBAND | POLLWRNORM;
    ok( WSAPoll( &poll_fd, 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    ok( poll_fd.revents == (POLLERR | POLLHUP | POLLWRNORM), "got events %#x\n", poll_fd.revents );
    FD_ZERO( &read );
    FD_SET( dst, &read );
    write = except = read;
    ok( select( 0, &read, &write, &except, &none ) == 2, "got error %d\n", WSAGetLastError() );
    ok( FD_ISSET( dst, &read ) && FD_ISSET( dst, &write ) && !FD_ISSET( dst, &except ), "got other sets\n" );
    closesocket( dst );
    CloseHandle( overlapped.hEvent );
}

static void close_event_after_reset( void )     /* T:test_close_events */
{
    WSANETWORKEVENTS events;
    SOCKET src, dst;
    WSAEVENT event;

    tcp_socketpair( &src, &dst );
    event = WSACreateEvent();
    expect_success( WSAEventSelect( dst, event, FD_CLOSE ));
    close_with_rst( src );
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    expect_success( WSAEnumNetworkEvents( dst, event, &events ));
    ok( events.lNetworkEvents == FD_CLOSE, "got events %#lx\n", events.lNetworkEvents );
    ok( events.iErrorCode[FD_CLOSE_BIT] == WSAECONNABORTED, "got error %d\n",
        events.iErrorCode[FD_CLOSE_BIT] );
    if (events.iErrorCode[FD_CLOSE_BIT] == WSAECONNABORTED) note_failure( "FD_CLOSE", WSAECONNABORTED );
    closesocket( dst );
    WSACloseEvent( event );
}

static void send_to_closed( void )      /* T:test_shutdown; the second pass sees the end first */
{
    SOCKET src, dst;
    char data[8];
    int i, ret;

    for (i = 0; i < 2; i++)
    {
        tcp_socketpair( &src, &dst );
        expect_success( shutdown( src, SD_SEND ));
        if (i) expect_success( recv( dst, data, sizeof(data), 0 ));
        closesocket( src );
        ret = send( dst, "test", 5, 0 );
        ok( ret == 5, "got %d, error %d\n", ret, WSAGetLastError() );
        expect_error( recv( dst, data, sizeof(data), 0 ), WSAECONNABORTED );
        expect_error( recv( dst, data, sizeof(data), 0 ), WSAECONNABORTED );
        closesocket( dst );
    }
}

static void shutdown_unconnected( void )        /* T:test_shutdown */
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    int how;

    for (how = SD_RECEIVE; how <= SD_BOTH; how++) expect_error( shutdown( s, how ), WSAENOTCONN );
    closesocket( s );
    s = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, NULL, NULL );
    for (how = SD_RECEIVE; how <= SD_BOTH; how++) expect_error( shutdown( s, how ), WSAENOTCONN );
    closesocket( s );
}

static void shutdown_twice( void )      /* T:test_shutdown */
{
    SOCKET src, dst;
    int how;

    for (how = SD_RECEIVE; how <= SD_BOTH; how++)
    {
        tcp_socketpair( &src, &dst );
        expect_error( shutdown( src, 0xdeadbeef ), WSAEINVAL );
        expect_error( shutdown( src, 3 ), WSAEINVAL );
        expect_success( shutdown( src, how ));
        expect_success( shutdown( src, how ));
        closesocket( src );
        closesocket( dst );
    }
}

static void shutdown_datagram( void )   /* T:test_shutdown */
{
    struct sockaddr_storage addr;
    SOCKET other, s;
    char data[8];
    int len;

    other = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    set_blocking( s, FALSE );   /* against waiting for ever */
    expect_success( shutdown( s, SD_RECEIVE ));
    expect_error( recvfrom( s, data, sizeof(data), 0, NULL, NULL ), WSAESHUTDOWN );
    ok( sendto( s, "test", 4, 0, (struct sockaddr *)&addr, len ) == 4, "got error %d\n", WSAGetLastError() );
    expect_success( shutdown( s, SD_SEND ));
    expect_error( sendto( s, "test", 4, 0, (struct sockaddr *)&addr, len ), WSAESHUTDOWN );
    closesocket( s );
    closesocket( other );
}

static void send_after_shutdown( void ) /* T:test_shutdown */
{
    WSABUF buffer = { 1, (char *)"x" };
    SOCKET src, dst;
    DWORD count;
    int how;

    for (how = SD_SEND; how <= SD_BOTH; how++)
    {
        tcp_socketpair( &src, &dst );
        expect_success( shutdown( src, how ));
        expect_error( send( src, "x", 1, 0 ), WSAESHUTDOWN );
        expect_error( sendto( src, "x", 1, 0, NULL, 0 ), WSAESHUTDOWN );
        expect_error( WSASend( src, &buffer, 1, &count, 0, NULL, NULL ), WSAESHUTDOWN );
        closesocket( src );
        closesocket( dst );
    }
}

static void recv_after_shutdown( void ) /* T:test_shutdown */
{
    OVERLAPPED overlapped = new_overlapped();
    DWORD count, flags = 0;
    SOCKET src, dst;
    char data[8];
    WSABUF buffer = { sizeof(data), data };

    tcp_socketpair( &src, &dst );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, &overlapped, NULL ), WSA_IO_PENDING );
    expect_success( shutdown( dst, SD_RECEIVE ));
    expect_error( recv( dst, data, sizeof(data), 0 ), WSAESHUTDOWN );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, NULL, NULL ), WSAESHUTDOWN );
    ok( send( src, "test", 4, 0 ) == 4, "got error %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "no completion\n" );
    ok( WSAGetOverlappedResult( dst, &overlapped, &count, FALSE, &flags ) && count == 4,
        "got %lu, error %d\n",
        count, WSAGetLastError() );
    ok( !memcmp( data, "test", 4 ), "got %.4s\n", data );
    closesocket( src );
    closesocket( dst );
    CloseHandle( overlapped.hEvent );
}

/* MS: shutdown. The host takes the bytes and keeps them; at the close at last the peer is told. */
static void data_after_shutdown( void )
{
    DWORD timeout = PATIENCE;
    SOCKET src, dst;
    char data[8];
    int ret;

    tcp_socketpair( &src, &dst );
    expect_success( shutdown( dst, SD_RECEIVE ));
    ok( send( src, "test", 4, 0 ) == 4, "got error %d\n", WSAGetLastError() );
    expect_error( recv( dst, data, sizeof(data), 0 ), WSAESHUTDOWN );
    closesocket( dst );
    setsockopt( src, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    ret = recv( src, data, sizeof(data), 0 );
    ok( ret == -1 && WSAGetLastError() == WSAECONNRESET, "got %d, error %d\n", ret, WSAGetLastError() );
    closesocket( src );
}

static void never_connected( void )     /* MS: recv, send */
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    OVERLAPPED overlapped = new_overlapped();
    DWORD count, flags = 0;
    char data[4];
    WSABUF buffer = { sizeof(data), data };

    expect_error( recv( s, data, 1, 0 ), WSAENOTCONN );
    expect_error( recvfrom( s, data, 1, 0, NULL, NULL ), WSAENOTCONN );
    expect_error( WSARecv( s, &buffer, 1, &count, &flags, NULL, NULL ), WSAENOTCONN );
    expect_error( WSARecv( s, &buffer, 1, &count, &flags, &overlapped, NULL ), WSAENOTCONN );
    expect_error( send( s, "x", 1, 0 ), WSAENOTCONN );
    expect_error( sendto( s, "x", 1, 0, NULL, 0 ), WSAENOTCONN );
    expect_error( WSASend( s, &buffer, 1, &count, 0, NULL, NULL ), WSAENOTCONN );
    expect_error( WSASend( s, &buffer, 1, &count, 0, &overlapped, NULL ), WSAENOTCONN );
    closesocket( s );
    CloseHandle( overlapped.hEvent );
}

static void receive_timeout( void )     /* T:test_timeout */
{
    OVERLAPPED overlapped = new_overlapped();
    DWORD timeout = 20, count = 0xdeadbeef, flags = 0;
    SOCKET src, dst;
    char data[4];
    WSABUF buffer = { sizeof(data), data };

    tcp_socketpair( &src, &dst );
    setsockopt( dst, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    expect_error( recv( dst, data, sizeof(data), 0 ), WSAETIMEDOUT );
    expect_error( recvfrom( dst, data, sizeof(data), 0, NULL, NULL ), WSAETIMEDOUT );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, NULL, NULL ), WSAETIMEDOUT );
    ok( count == 0xdeadbeef, "got count %#lx\n", count );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, &overlapped, NULL ), WSA_IO_PENDING );
    ok( WaitForSingleObject( overlapped.hEvent, 100 ) == WAIT_TIMEOUT, "it has timed out\n" );
    ok( send( src, "x", 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "no completion\n" );
    closesocket( src );
    closesocket( dst );
    CloseHandle( overlapped.hEvent );
}

static void receive_nothing( void )     /* T:test_empty_recv */
{
    OVERLAPPED overlapped = new_overlapped();
    DWORD count, flags = 0;
    SOCKET src, dst;
    char data[4];
    WSABUF buffer = { 0, data };

    tcp_socketpair( &src, &dst );
    expect_error( WSARecv( dst, &buffer, 0, &count, &flags, NULL, NULL ), WSAEINVAL );
    expect_error( WSARecv( dst, NULL, 0, &count, &flags, &overlapped, NULL ), WSAEINVAL );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, &overlapped, NULL ), WSA_IO_PENDING );
    ok( WaitForSingleObject( overlapped.hEvent, 20 ) == WAIT_TIMEOUT, "it has completed\n" );
    ok( send( src, "x", 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "no completion\n" );
    ok( WSAGetOverlappedResult( dst, &overlapped, &count, FALSE, &flags ) && !count, "got %lu, error %d\n",
        count, WSAGetLastError() );
    ok( recv( dst, data, sizeof(data), 0 ) == 1, "got error %d\n", WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
    CloseHandle( overlapped.hEvent );
}

static void bind_errors( void ) /* T:test_bind */
{
    struct sockaddr_in addr = loopback_address( 0 ), foreign = loopback_address( 0 );
    struct sockaddr_in6 addr6 = loopback_address6( 0 );
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );

    foreign.sin_addr.s_addr = inet_addr( "203.0.113.1" );       /* TEST-NET-3 */
    expect_error( bind( s, NULL, 0 ), WSAEFAULT );
    expect_error( bind( s, NULL, sizeof(addr) ), WSAEFAULT );
    expect_error( bind( s, (struct sockaddr *)&addr, 0 ), WSAEFAULT );
    expect_error( bind( s, (struct sockaddr *)&addr, 15 ), WSAEFAULT );
    addr.sin_family = 0xdead;
    expect_error( bind( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEAFNOSUPPORT );
    addr.sin_family = AF_INET;
    expect_error( bind( s, (struct sockaddr *)&foreign, sizeof(foreign) ), WSAEADDRNOTAVAIL );
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    expect_error( bind( s, (struct sockaddr *)&addr, sizeof(addr) ), WSAEINVAL );
    closesocket( s );
    if (!have_ipv6()) return;
    s = socket( AF_INET6, SOCK_STREAM, 0 );
    expect_error( bind( s, (struct sockaddr *)&addr6, 24 ), WSAEFAULT );
    addr6.sin6_scope_id = 0xabacab;
    expect_error( bind( s, (struct sockaddr *)&addr6, sizeof(addr6) ), WSAEADDRNOTAVAIL );
    closesocket( s );
}

static void listen_errors( void )       /* T:test_listen */
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );

    expect_error( listen( s, 0 ), WSAEINVAL );
    expect_error( listen( s, SOMAXCONN ), WSAEINVAL );
    expect_error( listen( s, -2 ), WSAEINVAL );
    closesocket( s );
    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_error( listen( s, 1 ), WSAEOPNOTSUPP );
    closesocket( s );
    expect_error( listen( 0, 0 ), WSAENOTSOCK );
    s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_success( listen( s, 1 ));
    expect_success( listen( s, 2 ));
    closesocket( s );
}

static int CALLBACK defer( WSABUF *caller, WSABUF *caller_data, QOS *socket_qos, QOS *group_qos,
                           WSABUF *callee, WSABUF *callee_data, GROUP *group, DWORD_PTR context )
{
    return CF_DEFER;
}

static DWORD WINAPI close_socket_thread( void *arg )
{
    Sleep( 100 );       /* so that the wait has begun; the result does not depend on it */
    closesocket( *(SOCKET *)arg );
    return 0;
}

static void accept_errors( void )       /* T:test_accept */
{
    struct sockaddr_storage addr, peer;
    SOCKET listener, s, server;
    int len, none = 0;
    HANDLE thread;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( s, (struct sockaddr *)&addr, len ));
    expect_error( accept( listener, (struct sockaddr *)&peer, &none ), WSAEFAULT );
    expect_error( WSAAccept( listener, (struct sockaddr *)&peer, &none, NULL, 0 ), WSAEFAULT );
    expect_error( WSAAccept( listener, NULL, NULL, defer, 0 ), WSATRY_AGAIN );
    memset( &peer, 0xcc, sizeof(peer) );
    server = accept( listener, (struct sockaddr *)&peer, NULL );
    ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( (USHORT)peer.ss_family == 0xcccc, "the address was written\n" );
    closesocket( server );
    closesocket( s );
    server = listener;
    thread = CreateThread( NULL, 0, close_socket_thread, &server, 0, NULL );
    expect_error( accept( listener, NULL, NULL ), WSAEINTR );
    WaitForSingleObject( thread, PATIENCE );
    CloseHandle( thread );
}

struct caller
{
    struct sockaddr_storage addr;
    int len;
    SOCKET s;
};

static DWORD WINAPI connect_thread( void *arg )
{
    struct caller *caller = arg;

    Sleep( 50 );
    caller->s = socket( AF_INET, SOCK_STREAM, 0 );
    connect( caller->s, (struct sockaddr *)&caller->addr, caller->len );
    return 0;
}

static void alertable_waits( void )     /* T:test_connect, test_accept, test_WSAPoll */
{
    struct timeval timeout = { PATIENCE / 1000, 0 };
    struct caller caller;
    SOCKET listener, server = INVALID_SOCKET;
    WSAPOLLFD poll_fd = { 0 };
    unsigned int i;
    HANDLE thread;
    fd_set set;
    int apcs;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &caller.addr, &caller.len );
    for (i = 0; i < 3; i++)
    {
        apcs = 0;
        QueueUserAPC( count_apc, GetCurrentThread(), (ULONG_PTR)&apcs );
        thread = CreateThread( NULL, 0, connect_thread, &caller, 0, NULL );
        switch (i)
        {
        case 0:
            server = accept( listener, NULL, NULL );
            ok( server != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
            break;
        case 1:
            FD_ZERO( &set );
            FD_SET( listener, &set );
            ok( select( 0, &set, NULL, NULL, &timeout ) == 1, "got error %d\n", WSAGetLastError() );
            break;
        case 2:
            poll_fd.fd = listener;
            poll_fd.events = POLLRDNORM;
            ok( WSAPoll( &poll_fd, 1, PATIENCE ) == 1, "got error %d\n", WSAGetLastError() );
            break;
        }
        ok( apcs == 1, "wait %u: APC ran %d times\n", i, apcs );
        SleepEx( 0, TRUE );
        WaitForSingleObject( thread, PATIENCE );
        CloseHandle( thread );
        if (i) server = accept( listener, NULL, NULL );
        closesocket( server );
        closesocket( caller.s );
    }
    closesocket( listener );
}

static void connect_alertable( void )
{
    struct crowd crowd;
    DWORD timeout = 0;
    HANDLE thread;
    SOCKET s, copy;
    int apcs = 0;

    alertable_waits();
    start_crowd( &crowd );
    s = copy = socket( AF_INET, SOCK_STREAM, 0 );
    QueueUserAPC( count_apc, GetCurrentThread(), (ULONG_PTR)&apcs );
    thread = CreateThread( NULL, timeout, close_socket_thread, &copy, 0, NULL );
    expect_error( connect( s, (struct sockaddr *)&crowd.addr, crowd.len ), WSAEINTR );
    ok( apcs == 1, "APC ran %d times\n", apcs );
    SleepEx( 0, TRUE );
    WaitForSingleObject( thread, PATIENCE );
    CloseHandle( thread );
    end_crowd( &crowd );
}

static void select_errors( void )       /* T:test_select */
{
    struct timeval none = { 0, 0 };
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    fd_set set;

    FD_ZERO( &set );
    expect_error( select( 0, NULL, NULL, NULL, &none ), WSAEINVAL );
    expect_error( select( 0, &set, NULL, NULL, &none ), WSAEINVAL );
    expect_error( select( 0, &set, &set, &set, &none ), WSAEINVAL );
    FD_SET( s, &set );
    FD_SET( INVALID_SOCKET, &set );
    expect_error( select( 0, &set, NULL, NULL, &none ), WSAENOTSOCK );
    closesocket( s );
}

static void poll_errors( void ) /* T:test_WSAPoll */
{
    static const SHORT bad[] = { POLLERR, POLLHUP, POLLNVAL, POLLPRI, 0x8, 0x20, 0x40, 0x80, 0x800, 0x1000 };
    WSAPOLLFD fds[2] = { { 0 } };
    SOCKET src, dst;
    unsigned int i;

    expect_error( WSAPoll( NULL, 0, 0 ), WSAEINVAL );
    expect_error( WSAPoll( NULL, 1, 0 ), WSAEFAULT );
    tcp_socketpair( &src, &dst );
    fds[0].fd = src;
    for (i = 0; i < ARRAY_SIZE( bad ); i++)
    {
        fds[0].events = bad[i];
        expect_error( WSAPoll( fds, 1, 0 ), WSAEINVAL );
    }
    fds[0].fd = fds[1].fd = 0xabacab;
    fds[0].events = fds[1].events = POLLWRNORM;
    expect_error( WSAPoll( fds, 1, 0 ), WSAENOTSOCK );
    expect_error( WSAPoll( fds, 2, 0 ), WSAENOTSOCK );
    fds[1].fd = src;
    ok( WSAPoll( fds, 2, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    ok( fds[0].revents == POLLNVAL && fds[1].revents == POLLWRNORM, "got events %#x, %#x\n", fds[0].revents,
        fds[1].revents );
    closesocket( src );
    closesocket( dst );
}

static void duplicate_errors( void )    /* T:test_WSADuplicateSocket */
{
    struct sockaddr_in addr = loopback_address( 0 );
    DWORD pid = GetCurrentProcessId();
    WSAPROTOCOL_INFOW info;
    SOCKET s, copy;
    char byte;

    expect_error( WSADuplicateSocketW( 0xabacab, 0, NULL ), WSAENOTSOCK );
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_error( WSADuplicateSocketW( s, 0, &info ), WSAEINVAL );
    expect_error( WSADuplicateSocketW( s, ~0u, &info ), WSAEINVAL );
    expect_error( WSADuplicateSocketW( s, pid, NULL ), WSAEFAULT );
    expect_success( WSADuplicateSocketW( s, pid, &info ));
    copy = WSASocketW( 0, 0, 0, &info, 0, 0 );
    ok( copy != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    set_blocking( copy, FALSE );        /* against waiting for ever */
    expect_error( recvfrom( copy, &byte, 1, 0, NULL, NULL ), WSAEINVAL );
    closesocket( copy );
    closesocket( s );
}

static void unset_event_errors( void )  /* T:test_WSAEnumNetworkEvents */
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;
    SOCKET src, dst;
    int i;

    tcp_socketpair( &src, &dst );
    expect_success( WSAEventSelect( dst, event, FD_READ | FD_CLOSE ));
    send( src, "x", 1, 0 );
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    memset( &events, 0xcc, sizeof(events) );
    expect_success( WSAEnumNetworkEvents( dst, event, &events ));
    ok( events.lNetworkEvents == FD_READ, "got events %#lx\n", events.lNetworkEvents );
    for (i = 0; i < FD_MAX_EVENTS; i++)
        ok( events.iErrorCode[i] == (i == FD_READ_BIT ? 0 : 0xcccccccc), "%d: got %#x\n", i,
            events.iErrorCode[i] );
    closesocket( src );
    closesocket( dst );
    WSACloseEvent( event );
}

static void overlapped_result( void )   /* T:test_WSAGetOverlappedResult */
{
    OVERLAPPED overlapped = new_overlapped();
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    DWORD count, flags;
    int apcs = 0;
    HANDLE copy;

    overlapped.Internal = 0;
    expect_false( WSAGetOverlappedResult( 0xdeadbeef, &overlapped, &count, FALSE, &flags ), WSAENOTSOCK );
    DuplicateHandle( GetCurrentProcess(), (HANDLE)s, GetCurrentProcess(), &copy, 0, FALSE,
                     DUPLICATE_SAME_ACCESS );
    expect_false( WSAGetOverlappedResult( (SOCKET)copy, &overlapped, &count, FALSE, &flags ), WSAENOTSOCK );
    CloseHandle( copy );
    overlapped.Internal = 0x103;
    SetEvent( overlapped.hEvent );
    QueueUserAPC( count_apc, GetCurrentThread(), (ULONG_PTR)&apcs );
    ok( WSAGetOverlappedResult( s, &overlapped, &count, TRUE, &flags ), "got error %d\n",
        WSAGetLastError() );
    ok( !apcs, "APC ran %d times\n", apcs );
    SleepEx( 0, TRUE );
    ok( apcs == 1, "APC ran %d times\n", apcs );
    closesocket( s );
    CloseHandle( overlapped.hEvent );
}

static void without_startup( void )     /* T:test_WithoutWSAStartup, test_WithWSAStartup */
{
    struct sockaddr_in addr = loopback_address( 0 );
    SOCKET src, dst;
    char byte;

    tcp_socketpair( &src, &dst );
    stop_sockets();
    expect_error( socket( AF_INET, SOCK_STREAM, 0 ), WSANOTINITIALISED );
    expect_error( bind( src, (struct sockaddr *)&addr, sizeof(addr) ), WSANOTINITIALISED );
    expect_error( WSACleanup(), WSANOTINITIALISED );
    start_sockets();
    expect_error( send( src, "x", 1, 0 ), WSAENOTSOCK );
    expect_error( recv( dst, &byte, 1, 0 ), WSAENOTSOCK );
    expect_error( closesocket( dst ), WSAENOTSOCK );
}

static void protocols_buffer( void )    /* T:test_WSASocket */
{
    WSAPROTOCOL_INFOA info_a;
    WSAPROTOCOL_INFOW info;
    DWORD size = 0;

    expect_error( WSAEnumProtocolsW( NULL, NULL, &size ), WSAENOBUFS );
    ok( size >= sizeof(info) && !(size % sizeof(info)), "got size %lu\n", size );
    size = 1;
    expect_error( WSAEnumProtocolsW( NULL, &info, &size ), WSAENOBUFS );
    ok( size >= sizeof(info) && !(size % sizeof(info)), "got size %lu\n", size );
    size = 0;
    expect_error( WSAEnumProtocolsA( NULL, &info_a, &size ), WSAENOBUFS );
    ok( size >= sizeof(info_a) && !(size % sizeof(info_a)), "got size %lu\n", size );
}

#define HUGE_SIZE (50 * 1024 * 1024)

static void huge_send( void )   /* T:test_send_buffering */
{
    char *data = calloc( 1, HUGE_SIZE ), *answer = malloc( 0x10000 );
    ULONGLONG got = 0;
    SOCKET src, dst;
    int ret;

    tcp_socketpair( &src, &dst );
    set_blocking( src, FALSE );
    ret = send( src, data, HUGE_SIZE, 0 );
    ok( ret == HUGE_SIZE, "got %d, error %d\n", ret, WSAGetLastError() );
    expect_error( send( src, data, HUGE_SIZE, 0 ), WSAEWOULDBLOCK );
    closesocket( src );
    while ((ret = recv( dst, answer, 0x10000, 0 )) > 0) got += ret;
    ok( !ret, "got error %d\n", WSAGetLastError() );
    ok( got == HUGE_SIZE, "got %lu bytes\n", (unsigned long)got );
    closesocket( dst );
    free( answer );
    free( data );
}

START_TEST( situations )
{
    static const struct { const char *text; void (*func)( void ); } rows[] =
    {
        { "connect TCP to closed port", refused_connect },
        { "ConnectEx to closed port", refused_connectex },
        { "ConnectEx unbound, without overlapped, on a listener", connectex_arguments },
        { "connect on a listening socket", connect_listener },
        { "connect again while connecting", connect_twice },
        { "send and recv while connecting", use_while_connecting },
        { "connect when connected", connect_connected },
        { "connect after own shutdown", connect_after_shutdown },
        { "connect to 0.0.0.0", connect_to_zero },
        { "UDP connect to 255.255.255.255 without SO_BROADCAST", connect_to_broadcast },
        { "UDP connect with AF_UNSPEC", connect_unspec },
        { "UDP send unconnected", datagram_send_unconnected },
        { "UDP recv on an unbound socket", datagram_recv_unbound },
        { "UDP port unreachable", port_unreachable },
        { "datagram larger than the buffer", datagram_too_long },
        { "reset while a receive pends", reset_while_receiving },
        { "FD_CLOSE after a reset", close_event_after_reset },
        { "send to a peer that has closed", send_to_closed },
        { "shutdown of an unconnected socket or a listener", shutdown_unconnected },
        { "shutdown twice, in a bad way", shutdown_twice },
        { "shutdown of an unconnected datagram socket", shutdown_datagram },
        { "send after SD_SEND", send_after_shutdown },
        { "recv after SD_RECEIVE", recv_after_shutdown },
        { "data arrives after SD_RECEIVE", data_after_shutdown },
        { "recv and send on a stream that was never connected", never_connected },
        { "SO_RCVTIMEO expires", receive_timeout },
        { "WSARecv without buffers", receive_nothing },
        { "bind", bind_errors },
        { "listen", listen_errors },
        { "accept", accept_errors },
        { "waits are alertable", connect_alertable },
        { "select", select_errors },
        { "WSAPoll", poll_errors },
        { "WSADuplicateSocket", duplicate_errors },
        { "WSAEnumNetworkEvents", unset_event_errors },
        { "WSAGetOverlappedResult", overlapped_result },
        { "before WSAStartup, after WSACleanup", without_startup },
        { "WSAEnumProtocols with a small buffer", protocols_buffer },
        { "non-blocking send of a huge buffer", huge_send },
    };
    GUID connect_guid = WSAID_CONNECTEX;
    unsigned int i, only;
    char **argv;
    SOCKET s;

    only = winetest_get_mainargs( &argv ) > 2 ? atoi( argv[2] ) : 0;    /* one row, by number */
    start_sockets();
    s = socket( AF_INET, SOCK_STREAM, 0 );
    pConnectEx = get_extension( s, &connect_guid );
    closesocket( s );
    for (i = 0; i < ARRAY_SIZE( rows ); i++)
    {
        LONG before = winetest_successes + winetest_failures + winetest_todo_successes;

        if (only && i + 1 != only) continue;
        winetest_push_context( "situation %u, %s", i + 1, rows[i].text );
        rows[i].func();
        ok( winetest_successes + winetest_failures + winetest_todo_successes > before,
            "nothing was checked\n" );
        note_situation( i + 1 );
        winetest_pop_context();
    }
    stop_sockets();
}
