/*
 * Extension functions: AcceptEx, ConnectEx, DisconnectEx, TransmitFile, message forms, by GUID.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#ifndef STATUS_PENDING
#define STATUS_PENDING 0x103
#endif
#ifndef STATUS_BUFFER_TOO_SMALL
#define STATUS_BUFFER_TOO_SMALL ((LONG)0xc0000023)
#endif

#define ADDR_ROOM (sizeof(struct sockaddr_in) + 16)

static LPFN_ACCEPTEX pAcceptEx;
static LPFN_CONNECTEX pConnectEx;
static LPFN_DISCONNECTEX pDisconnectEx;
static LPFN_GETACCEPTEXSOCKADDRS pGetAcceptExSockaddrs;
static LPFN_TRANSMITFILE pTransmitFile;

/* An overlapped BOOL call fails at once with this error and leaves Internal pending (T:test_AcceptEx). */
#define expect_refused( call, overlapped, error ) \
    do { \
        (overlapped)->Internal = 0xdeadbeef; \
        (overlapped)->InternalHigh = 0xdeadbeef; \
        expect_false( call, error ); \
        ok( (LONG)(overlapped)->Internal == STATUS_PENDING, "%s: got status %#lx\n", #call, \
            (LONG)(overlapped)->Internal ); \
        ok( (overlapped)->InternalHigh == 0xdeadbeef, "%s: size was written\n", #call ); \
    } while (0)

/* The event of an overlapped call becomes signalled; its result is this. */
#define expect_completion( s, overlapped, success, size ) \
    expect_completion_( __LINE__, s, overlapped, success, size )
static void expect_completion_( int line, SOCKET s, OVERLAPPED *overlapped, BOOL success, DWORD size )
{
    DWORD count = 0xdeadbeef;
    BOOL ret;

    ok_( __FILE__, line )( !WaitForSingleObject( overlapped->hEvent, PATIENCE ), "no completion\n" );
    ret = GetOverlappedResult( (HANDLE)s, overlapped, &count, FALSE );
    ok_( __FILE__, line )( ret == success, "got %d, error %lu\n", ret, GetLastError() );
    if (success) ok_( __FILE__, line )( count == size, "got size %lu\n", count );
}

static void test_pointers( void )
{
    static const GUID poll_guid = { 0x18c76f85, 0xdc66, 0x4964,
                                    { 0x97, 0x2e, 0x23, 0xc2, 0x72, 0x38, 0x31, 0x2b } };
    GUID accept_guid = WSAID_ACCEPTEX, connect_guid = WSAID_CONNECTEX, disconnect_guid = WSAID_DISCONNECTEX;
    GUID names_guid = WSAID_GETACCEPTEXSOCKADDRS, transmit_guid = WSAID_TRANSMITFILE;
    GUID recv_guid = WSAID_WSARECVMSG, send_guid = WSAID_WSASENDMSG;
    INT (WINAPI *poll)( WSAPOLLFD *, ULONG, INT );
    WSAPOLLFD pollfd;
    SOCKET s, src, dst;

    s = socket( AF_INET, SOCK_STREAM, 0 );
    pAcceptEx = get_extension( s, &accept_guid );
    pConnectEx = get_extension( s, &connect_guid );
    pDisconnectEx = get_extension( s, &disconnect_guid );
    pGetAcceptExSockaddrs = get_extension( s, &names_guid );
    pTransmitFile = get_extension( s, &transmit_guid );
    closesocket( s );

    s = socket( AF_INET, SOCK_DGRAM, 0 );
    ok( get_extension( s, &recv_guid ) != NULL, "no WSARecvMsg\n" );
    ok( get_extension( s, &send_guid ) != NULL, "no WSASendMsg\n" );
    poll = get_extension( s, &poll_guid );
    closesocket( s );
    if (!poll) return;
    tcp_socketpair( &src, &dst );
    pollfd.fd = src;
    pollfd.events = POLLWRNORM;
    pollfd.revents = 0;
    ok( poll( &pollfd, 1, 0 ) == 1 && pollfd.revents == POLLWRNORM, "got %#x, error %d\n", pollfd.revents,
        WSAGetLastError() );
    closesocket( src );
    closesocket( dst );
}

/* T:test_AcceptEx */
static void test_acceptex_errors( void )
{
    struct sockaddr_storage addr;
    SOCKET listener, target, other, bound;
    OVERLAPPED overlapped = { 0 };
    char buffer[256];
    DWORD count;
    int len;

    overlapped.hEvent = CreateEventW( NULL, FALSE, FALSE, NULL );
    bound = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    target = socket( AF_INET, SOCK_STREAM, 0 );

    expect_false( pAcceptEx( listener, target, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, NULL ),
                  ERROR_INVALID_PARAMETER );
    expect_false( pAcceptEx( listener, target, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, bad_pointer() ),
                  WSAEFAULT );
    expect_refused( pAcceptEx( INVALID_SOCKET, target, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count,
                               &overlapped ), &overlapped, WSAENOTSOCK );
    expect_refused( pAcceptEx( bound, target, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                    &overlapped, WSAEINVAL );
    expect_refused( pAcceptEx( listener, INVALID_SOCKET, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count,
                               &overlapped ), &overlapped, WSAENOTSOCK );
    expect_refused( pAcceptEx( listener, target, NULL, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                    &overlapped, WSAEFAULT );
    expect_refused( pAcceptEx( listener, target, bad_pointer(), 0, ADDR_ROOM, ADDR_ROOM, &count,
                               &overlapped ), &overlapped, WSAEFAULT );
    expect_refused( pAcceptEx( listener, target, memory_before_nothing( 2 * ADDR_ROOM ), 1, ADDR_ROOM,
                               ADDR_ROOM, &count, &overlapped ), &overlapped, WSAEFAULT );
    expect_refused( pAcceptEx( listener, target, buffer, 0, ADDR_ROOM, 0, &count, &overlapped ),
                    &overlapped, WSAEFAULT );

    /* what cannot be accepted into */
    expect_refused( pAcceptEx( listener, bound, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                    &overlapped, WSAEINVAL );
    other = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_refused( pAcceptEx( listener, other, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                    &overlapped, WSAEINVAL );
    closesocket( other );
    closesocket( bound );
    tcp_socketpair( &other, &bound );
    expect_refused( pAcceptEx( listener, other, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                    &overlapped, WSAEINVAL );
    expect_refused( pAcceptEx( listener, bound, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                    &overlapped, WSAEINVAL );
    closesocket( other );
    closesocket( bound );

    /* one at a time, and the target is taken */
    expect_false( pAcceptEx( listener, target, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                  ERROR_IO_PENDING );
    ok( (LONG)overlapped.Internal == STATUS_PENDING, "got status %#lx\n", (LONG)overlapped.Internal );
    {
        OVERLAPPED second = { 0 };

        expect_refused( pAcceptEx( listener, target, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &second ),
                        &second, WSAEINVAL );
    }
    expect_error( connect( target, (struct sockaddr *)&addr, len ), WSAEINVAL );

    /* closing either socket ends it */
    closesocket( target );
    expect_completion( listener, &overlapped, FALSE, 0 );
    target = socket( AF_INET, SOCK_STREAM, 0 );
    expect_false( pAcceptEx( listener, target, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                  ERROR_IO_PENDING );
    closesocket( listener );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "no completion\n" );
    closesocket( target );
    CloseHandle( overlapped.hEvent );
}

/* T:test_AcceptEx; MS: AcceptEx */
static void test_acceptex( void )
{
    struct sockaddr_storage addr;
    struct sockaddr_in name, *local, *remote;
    SOCKET listener, target, client;
    OVERLAPPED overlapped = { 0 }, *completed;
    int len, local_len, remote_len, value, value_len, ret;
    char buffer[256];
    ULONG_PTR key;
    HANDLE port;
    DWORD count;

    overlapped.hEvent = CreateEventW( NULL, FALSE, FALSE, NULL );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );

    /* without data: complete with the connection */
    target = socket( AF_INET, SOCK_STREAM, 0 );
    value = 1;
    ok( !setsockopt( target, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof(value) ), "got error %d\n",
        WSAGetLastError() );
    expect_false( pAcceptEx( listener, target, buffer, 0, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                  ERROR_IO_PENDING );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( client, (struct sockaddr *)&addr, len ));
    expect_completion( listener, &overlapped, TRUE, 0 );
    local = remote = NULL;
    local_len = remote_len = 0;
    pGetAcceptExSockaddrs( buffer, 0, ADDR_ROOM, ADDR_ROOM, (struct sockaddr **)&local, &local_len,
                           (struct sockaddr **)&remote, &remote_len );
    ok( local_len == sizeof(name) && remote_len == sizeof(name), "got lengths %d, %d\n", local_len,
        remote_len );
    ok( local && same_address( local, &addr ), "not the listener's address\n" );
    getsockname( client, (struct sockaddr *)&name, &len );
    ok( remote && same_address( remote, &name ), "not the client's address\n" );

    expect_success( setsockopt( target, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener,
                                sizeof(listener) ));
    len = sizeof(name);
    expect_success( getsockname( target, (struct sockaddr *)&name, &len ));
    ok( same_address( &name, &addr ), "not the listener's address\n" );
    /* DESIGN rule 3: what was set before the connection came holds */
    value = 0;
    value_len = sizeof(value);
    ret = getsockopt( target, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &value_len );
    ok( !ret && value, "TCP_NODELAY was lost\n" );
    check_transfer( client, target );
    check_transfer( target, client );
    closesocket( client );
    closesocket( target );

    /* with room for data: complete with the first data, through a port */
    port = CreateIoCompletionPort( (HANDLE)listener, NULL, 123, 0 );
    ok( port != NULL, "got error %lu\n", GetLastError() );
    target = socket( AF_INET, SOCK_STREAM, 0 );
    expect_false( pAcceptEx( listener, target, buffer, 16, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                  ERROR_IO_PENDING );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( client, (struct sockaddr *)&addr, sizeof(name) ));
    ok( WaitForSingleObject( overlapped.hEvent, 50 ) == WAIT_TIMEOUT, "completed without data\n" );
    ok( send( client, "data", 4, 0 ) == 4, "got error %d\n", WSAGetLastError() );
    completed = NULL;
    ok( GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE ), "got error %lu\n",
        GetLastError() );
    ok( completed == &overlapped && key == 123 && count == 4, "got %p, %d, %lu\n", completed, (int)key,
        count );
    ok( !memcmp( buffer, "data", 4 ), "wrong data\n" );
    pGetAcceptExSockaddrs( buffer, 16, ADDR_ROOM, ADDR_ROOM, (struct sockaddr **)&local, &local_len,
                           (struct sockaddr **)&remote, &remote_len );
    len = sizeof(name);
    getsockname( client, (struct sockaddr *)&name, &len );
    ok( same_address( remote, &name ), "not the client's address\n" );
    closesocket( client );
    closesocket( target );

    /* the client goes before it sends: success with nothing */
    target = socket( AF_INET, SOCK_STREAM, 0 );
    expect_false( pAcceptEx( listener, target, buffer, 16, ADDR_ROOM, ADDR_ROOM, &count, &overlapped ),
                  ERROR_IO_PENDING );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( client, (struct sockaddr *)&addr, sizeof(name) ));
    closesocket( client );
    ok( GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE ) && !count, "got error %lu\n",
        GetLastError() );
    closesocket( target );

    /* a local address without room fails when the connection comes */
    target = socket( AF_INET, SOCK_STREAM, 0 );
    expect_false( pAcceptEx( listener, target, buffer, 0, sizeof(name) + 4, ADDR_ROOM, &count, &overlapped ),
                  ERROR_IO_PENDING );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( client, (struct sockaddr *)&addr, sizeof(name) ));
    ok( !GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE ), "succeeded\n" );
    ok( GetLastError() == ERROR_INSUFFICIENT_BUFFER, "got error %lu\n", GetLastError() );
    ok( (LONG)overlapped.Internal == STATUS_BUFFER_TOO_SMALL, "got status %#lx\n",
        (LONG)overlapped.Internal );
    /* and is for the next to take (T:test_AcceptEx) */
    closesocket( target );
    target = accept( listener, NULL, NULL );
    ok( target != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    check_transfer( client, target );
    check_transfer( target, client );
    closesocket( client );
    closesocket( target );

    /* a size of 0 leaves the local address out */
    target = socket( AF_INET, SOCK_STREAM, 0 );
    expect_false( pAcceptEx( listener, target, buffer, 0, 0, ADDR_ROOM, &count, &overlapped ),
                  ERROR_IO_PENDING );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    expect_success( connect( client, (struct sockaddr *)&addr, sizeof(name) ));
    ok( GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE ), "got error %lu\n",
        GetLastError() );
    local = (void *)0xdead;
    local_len = 0xdead;
    pGetAcceptExSockaddrs( buffer, 0, 0, ADDR_ROOM, (struct sockaddr **)&local, &local_len,
                           (struct sockaddr **)&remote, &remote_len );
    ok( local == (void *)0xdead && local_len == 0xdead, "local address was written\n" );
    len = sizeof(name);
    getsockname( client, (struct sockaddr *)&name, &len );
    ok( same_address( remote, &name ), "not the client's address\n" );
    closesocket( client );
    closesocket( target );

    closesocket( listener );
    CloseHandle( port );
    CloseHandle( overlapped.hEvent );
}

/* T:test_connect */
static void test_connectex( void )
{
    struct sockaddr_storage addr;
    struct sockaddr_in refused = closed_port(), zero = loopback_address( 80 );
    SOCKET listener, client, server, unbound;
    OVERLAPPED overlapped = { 0 };
    char buffer[8] = "123";
    DWORD count;
    int len;

    overlapped.hEvent = CreateEventW( NULL, FALSE, FALSE, NULL );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    unbound = socket( AF_INET, SOCK_STREAM, 0 );
    client = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );

    expect_false( pConnectEx( client, (struct sockaddr *)&addr, len, NULL, 0, &count, NULL ),
                  ERROR_INVALID_PARAMETER );
    expect_false( pConnectEx( client, (struct sockaddr *)&addr, len, NULL, 0, &count, bad_pointer() ),
                  WSAEFAULT );
    expect_refused( pConnectEx( INVALID_SOCKET, (struct sockaddr *)&addr, len, NULL, 0, &count,
                                &overlapped ), &overlapped, WSAENOTSOCK );
    expect_refused( pConnectEx( listener, (struct sockaddr *)&addr, len, NULL, 0, &count, &overlapped ),
                    &overlapped, WSAEINVAL );
    expect_refused( pConnectEx( unbound, (struct sockaddr *)&addr, len, NULL, 0, &count, &overlapped ),
                    &overlapped, WSAEINVAL );
    expect_refused( pConnectEx( client, NULL, len, NULL, 0, &count, &overlapped ), &overlapped, WSAEFAULT );
    expect_refused( pConnectEx( client, bad_pointer(), len, NULL, 0, &count, &overlapped ), &overlapped,
                    WSAEFAULT );
    expect_refused( pConnectEx( client, (struct sockaddr *)&addr, len, bad_pointer(), 4, &count,
                                &overlapped ), &overlapped, WSAEFAULT );
    zero.sin_addr.s_addr = 0;
    expect_refused( pConnectEx( client, (struct sockaddr *)&zero, sizeof(zero), NULL, 0, &count,
                                &overlapped ), &overlapped, WSAEADDRNOTAVAIL );
    closesocket( unbound );

    /* with data */
    expect_false( pConnectEx( client, (struct sockaddr *)&addr, len, buffer, 3, &count, &overlapped ),
                  ERROR_IO_PENDING );
    memset( buffer, 0, sizeof(buffer) );
    expect_completion( client, &overlapped, TRUE, 3 );
    server = accept( listener, NULL, NULL );
    ok( recv_exactly( server, buffer, 3 ) && !memcmp( buffer, "123", 3 ), "got %s\n", buffer );
    /* Windows wants the context first */
    expect_error( connect( client, (struct sockaddr *)&addr, len ), WSAEINVAL );
    expect_success( setsockopt( client, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0 ));
    expect_error( connect( client, (struct sockaddr *)&addr, len ), WSAEISCONN );
    expect_refused( pConnectEx( client, (struct sockaddr *)&addr, len, NULL, 0, &count, &overlapped ),
                    &overlapped, WSAEISCONN );
    check_transfer( client, server );
    check_transfer( server, client );
    closesocket( client );
    closesocket( server );
    closesocket( listener );

    client = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_false( pConnectEx( client, (struct sockaddr *)&refused, sizeof(refused), NULL, 0, &count,
                              &overlapped ), ERROR_IO_PENDING );
    expect_completion( client, &overlapped, FALSE, 0 );
    ok( GetLastError() == ERROR_CONNECTION_REFUSED, "got error %lu\n", GetLastError() );
    closesocket( client );
    CloseHandle( overlapped.hEvent );
}

/* T:test_DisconnectEx */
static void test_disconnectex( void )
{
    SOCKET s, src, dst;
    OVERLAPPED overlapped = { 0 }, *completed = NULL;
    ULONG_PTR key;
    char buffer[4];
    HANDLE port;
    DWORD count;

    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_refused( pDisconnectEx( INVALID_SOCKET, &overlapped, 0, 0 ), &overlapped, WSAENOTSOCK );
    expect_refused( pDisconnectEx( s, &overlapped, 0, 0 ), &overlapped, WSAENOTCONN );
    expect_false( pDisconnectEx( s, NULL, 0, 0 ), WSAENOTCONN );
    expect_false( pDisconnectEx( s, bad_pointer(), 0, 0 ), WSAEFAULT );
    closesocket( s );

    tcp_socketpair( &src, &dst );
    expect_false( pDisconnectEx( src, &overlapped, 0, 0 ), ERROR_IO_PENDING );
    expect_completion( src, &overlapped, TRUE, 0 );
    expect_error( send( src, "test", 4, 0 ), WSAESHUTDOWN );
    ok( !recv( dst, buffer, sizeof(buffer), 0 ), "expected the end\n" );
    check_transfer( dst, src );
    closesocket( src );
    closesocket( dst );

    tcp_socketpair( &src, &dst );
    port = CreateIoCompletionPort( (HANDLE)src, NULL, 7, 0 );
    expect_false( pDisconnectEx( src, &overlapped, 0, 0 ), ERROR_IO_PENDING );
    ok( GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE ), "got error %lu\n",
        GetLastError() );
    ok( completed == &overlapped && key == 7 && !count, "got %p, %d, %lu\n", completed, (int)key, count );
    closesocket( src );
    closesocket( dst );
    CloseHandle( port );

    /* T: test_completion_port: it pends, so the port is told whatever is to be skipped */
    tcp_socketpair( &src, &dst );
    port = CreateIoCompletionPort( (HANDLE)src, NULL, 7, 0 );
    ok( SetFileCompletionNotificationModes( (HANDLE)src, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS ),
        "got error %lu\n", GetLastError() );
    expect_false( pDisconnectEx( src, &overlapped, 0, 0 ), ERROR_IO_PENDING );
    expect_completion( src, &overlapped, TRUE, 0 );
    completed = NULL;
    ok( GetQueuedCompletionStatus( port, &count, &key, &completed, PATIENCE ), "got error %lu\n",
        GetLastError() );
    ok( completed == &overlapped && key == 7 && !count, "got %p, %d, %lu\n", completed, (int)key, count );
    closesocket( src );
    closesocket( dst );
    CloseHandle( port );

    tcp_socketpair( &src, &dst );
    WSASetLastError( 0xdeadbeef );
    ok( pDisconnectEx( src, NULL, 0, 0 ), "got error %d\n", WSAGetLastError() );
    ok( !WSAGetLastError(), "last error left at %d\n", WSAGetLastError() );
    ok( pDisconnectEx( src, NULL, 0, 0 ), "got error %d\n", WSAGetLastError() );
    ok( !recv( dst, buffer, sizeof(buffer), 0 ), "expected the end\n" );
    closesocket( src );
    closesocket( dst );
    CloseHandle( overlapped.hEvent );
}

/* T:test_TransmitFile; TF_DISCONNECT: MS */
static void test_transmitfile( void )
{
    static const char content[] = "the content of a file";
    const DWORD size = sizeof(content) - 1;
    char head[] = "head", tail[] = "tail", buffer[64], path[MAX_PATH], name[MAX_PATH];
    TRANSMIT_FILE_BUFFERS buffers = { head, 4, tail, 4 };
    OVERLAPPED overlapped = { 0 };
    SOCKET s, src, dst;
    HANDLE file;
    DWORD count;

    GetTempPathA( sizeof(path), path );
    GetTempFileNameA( path, "ws2", 0, name );
    file = CreateFileA( name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                        FILE_FLAG_DELETE_ON_CLOSE, NULL );
    ok( file != INVALID_HANDLE_VALUE, "got error %lu\n", GetLastError() );
    WriteFile( file, content, size, &count, NULL );

    expect_false( pTransmitFile( INVALID_SOCKET, file, 0, 0, NULL, NULL, 0 ), WSAENOTSOCK );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_false( pTransmitFile( s, NULL, 0, 0, NULL, NULL, 0 ), WSAENOTCONN );
    closesocket( s );
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_false( pTransmitFile( s, NULL, 0, 0, NULL, NULL, 0 ), WSAENOTCONN );
    closesocket( s );

    tcp_socketpair( &src, &dst );
    expect_false( pTransmitFile( src, NULL, 0, 0, NULL, bad_pointer(), 0 ), WSAEFAULT );
    expect_false( pTransmitFile( src, file, 0, 0, bad_pointer(), NULL, 0 ), WSAEFAULT );

    ok( pTransmitFile( src, NULL, 0, 0, NULL, &buffers, 0 ), "got error %d\n", WSAGetLastError() );
    ok( recv_exactly( dst, buffer, 8 ) && !memcmp( buffer, "headtail", 8 ), "wrong data\n" );

    SetFilePointer( file, 0, NULL, FILE_BEGIN );
    WSASetLastError( 0xdeadbeef );
    ok( pTransmitFile( src, file, 0, 0, NULL, &buffers, 0 ), "got error %d\n", WSAGetLastError() );
    ok( !WSAGetLastError(), "last error left at %d\n", WSAGetLastError() );
    ok( recv_exactly( dst, buffer, size + 8 ) && !memcmp( buffer, "head", 4 ) &&
        !memcmp( buffer + 4, content, size ) && !memcmp( buffer + 4 + size, "tail", 4 ), "wrong data\n" );

    SetFilePointer( file, 4, NULL, FILE_BEGIN );
    ok( pTransmitFile( src, file, 7, 0, NULL, NULL, 0 ), "got error %d\n", WSAGetLastError() );
    ok( recv_exactly( dst, buffer, 7 ) && !memcmp( buffer, content + 4, 7 ), "wrong data\n" );

    overlapped.hEvent = CreateEventW( NULL, FALSE, FALSE, NULL );
    overlapped.Offset = 4;
    expect_false( pTransmitFile( src, file, 0, 0, &overlapped, NULL, 0 ), ERROR_IO_PENDING );
    expect_completion( src, &overlapped, TRUE, size - 4 );
    ok( recv_exactly( dst, buffer, size - 4 ) && !memcmp( buffer, content + 4, size - 4 ), "wrong data\n" );

    overlapped.Offset = 0;
    expect_false( pTransmitFile( src, file, 0, 0, &overlapped, &buffers, TF_DISCONNECT ), ERROR_IO_PENDING );
    expect_completion( src, &overlapped, TRUE, size + 8 );
    ok( recv_exactly( dst, buffer, size + 8 ), "got error %d\n", WSAGetLastError() );
    ok( !recv( dst, buffer, 1, 0 ), "not disconnected\n" );
    closesocket( src );
    closesocket( dst );
    CloseHandle( overlapped.hEvent );
    CloseHandle( file );
}

START_TEST( extension )
{
    start_sockets();
    test_pointers();
    if (pAcceptEx && pConnectEx && pDisconnectEx && pGetAcceptExSockaddrs && pTransmitFile)
    {
        test_acceptex_errors();
        test_acceptex();
        test_connectex();
        test_disconnectex();
        test_transmitfile();
    }
    stop_sockets();
}
