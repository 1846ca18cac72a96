/*
 * Errors that the documentation of a function lists and that no other subtest produces: reference 3.5. Which
 * subtest produces which is in documented.tsv; tests/tools/errors.sh compares.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

/*** what every function answers ***/

struct arguments
{
    SOCKET s;
    struct sockaddr_in addr;
    char data[64];
    WSABUF buffer;
    DWORD count, flags;
    int len, value;
    WSAPROTOCOL_INFOW info;
    WSAPROTOCOL_INFOA info_a;
    WSANETWORKEVENTS events;
    OVERLAPPED overlapped;
    fd_set set;
    struct timeval none;
};

static void init_arguments( struct arguments *a, SOCKET s )
{
    memset( a, 0, sizeof(*a) );
    a->s = s;
    a->addr = loopback_address( 1 );
    a->buffer.buf = a->data;
    a->buffer.len = sizeof(a->data);
    a->len = sizeof(a->addr);
    FD_SET( s, &a->set );
}

static void every_socket_function( struct arguments *a, int error )
{
    struct sockaddr *addr = (struct sockaddr *)&a->addr;
    u_long mode = 1;

    expect_error( bind( a->s, addr, sizeof(a->addr) ), error );
    expect_error( listen( a->s, 1 ), error );
    expect_error( accept( a->s, NULL, NULL ), error );
    expect_error( connect( a->s, addr, sizeof(a->addr) ), error );
    expect_error( send( a->s, a->data, 1, 0 ), error );
    expect_error( sendto( a->s, a->data, 1, 0, addr, sizeof(a->addr) ), error );
    expect_error( WSASend( a->s, &a->buffer, 1, &a->count, 0, NULL, NULL ), error );
    expect_error( WSASend( a->s, &a->buffer, 1, &a->count, 0, &a->overlapped, NULL ), error );
    expect_error( recv( a->s, a->data, 1, 0 ), error );
    expect_error( recvfrom( a->s, a->data, 1, 0, addr, &a->len ), error );
    expect_error( WSARecv( a->s, &a->buffer, 1, &a->count, &a->flags, NULL, NULL ), error );
    expect_error( WSARecv( a->s, &a->buffer, 1, &a->count, &a->flags, &a->overlapped, NULL ), error );
    expect_error( select( 0, &a->set, NULL, NULL, &a->none ), error );
    expect_error( ioctlsocket( a->s, FIONBIO, &mode ), error );
    expect_error( WSAIoctl( a->s, FIONBIO, &mode, sizeof(mode), NULL, 0, &a->count, NULL, NULL ), error );
    expect_error( WSADuplicateSocketW( a->s, GetCurrentProcessId(), &a->info ), error );
    expect_error( WSADuplicateSocketA( a->s, GetCurrentProcessId(), &a->info_a ), error );
    expect_error( WSAEventSelect( a->s, NULL, 0 ), error );
    expect_error( WSAEnumNetworkEvents( a->s, NULL, &a->events ), error );
    expect_error( shutdown( a->s, SD_SEND ), error );
    expect_error( getsockopt( a->s, SOL_SOCKET, SO_TYPE, (char *)&a->value, &a->len ), error );
    expect_error( setsockopt( a->s, SOL_SOCKET, SO_KEEPALIVE, (char *)&a->value, sizeof(a->value) ), error );
    expect_error( closesocket( a->s ), error );
}

/* std: a handle that is no socket, of several kinds */
static void test_not_a_socket( void )
{
    struct arguments a;
    HANDLE event = CreateEventW( NULL, FALSE, FALSE, NULL );
    SOCKET closed = socket( AF_INET, SOCK_STREAM, 0 );

    closesocket( closed );
    init_arguments( &a, closed );
    every_socket_function( &a, WSAENOTSOCK );
    expect_false( WSAGetOverlappedResult( closed, &a.overlapped, &a.count, FALSE, &a.flags ), WSAENOTSOCK );
    init_arguments( &a, (SOCKET)event );
    every_socket_function( &a, WSAENOTSOCK );
    init_arguments( &a, INVALID_SOCKET );
    every_socket_function( &a, WSAENOTSOCK );
    ok( CloseHandle( event ), "it was closed\n" );
}

/* std: WSAEINPROGRESS while a blocking call runs the hook of its thread (MS: WSASetBlockingHook) */
static struct arguments hook_arguments;
static unsigned int hook_calls;

static BOOL WINAPI hook( void )
{
    struct arguments *a = &hook_arguments;
    WSADATA data;

    if (hook_calls++) return FALSE;
    every_socket_function( a, WSAEINPROGRESS );
    expect_error( socket( AF_INET, SOCK_STREAM, 0 ), WSAEINPROGRESS );
    expect_error( WSASocketW( AF_INET, SOCK_STREAM, 0, NULL, 0, 0 ), WSAEINPROGRESS );
    expect_answer_error( WSAStartup( MAKEWORD( 1, 1 ), &data ), WSAEINPROGRESS );
    WSACancelBlockingCall();
    return FALSE;
}

static void test_in_progress( void )
{
    static const DWORD waiting_codes[] = { SIO_ADDRESS_LIST_CHANGE, SIO_ROUTING_INTERFACE_CHANGE,
                                           0x2000747a /* SIO_IDEAL_SEND_BACKLOG_CHANGE */ };
    struct sockaddr_in any = { .sin_family = AF_INET };
    struct timeval forever = { PATIENCE / 1000, 0 };
    struct sockaddr_storage addr;
    SOCKET src, dst, listener;
    char *block = calloc( 1, 1 << 24 );
    WSADATA data;
    unsigned int i;
    FARPROC old;
    fd_set set;
    int len;

    ok( !WSAStartup( MAKEWORD( 1, 1 ), &data ), "no start\n" );
    old = WSASetBlockingHook( (FARPROC)(void *)hook );
    if (!old && WSAGetLastError() == WSAEOPNOTSUPP) skip( "no blocking hooks\n" );
    else
    {
        /* WSAEINTR: each call that can wait is cancelled (MS: WSACancelBlockingCall) */
        listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
        WSAUnhookBlockingHook();
        for (i = 0; i < 9 + ARRAY_SIZE( waiting_codes ); i++)
        {
            WSABUF buffer = { 1 << 24, block };
            DWORD count, flags = 0;

            winetest_push_context( "call %u", i );
            tcp_socketpair( &src, &dst );
            init_arguments( &hook_arguments, src );
            if (i >= 6 && i < 9)
            {
                DWORD timeout = 30;

                /* until there is no room, so that nothing is sent when the send is cancelled */
                setsockopt( src, SOL_SOCKET, SO_SNDTIMEO, (char *)&timeout, sizeof(timeout) );
                while (send( src, block, 1 << 24, 0 ) > 0) {}
                timeout = 0;
                setsockopt( src, SOL_SOCKET, SO_SNDTIMEO, (char *)&timeout, sizeof(timeout) );
            }
            WSASetBlockingHook( (FARPROC)(void *)hook );
            hook_calls = 0;
            FD_ZERO( &set );
            FD_SET( dst, &set );
            switch (i)
            {
            case 0: expect_error( recv( dst, block, 1, 0 ), WSAEINTR ); break;
            case 1: expect_error( recvfrom( dst, block, 1, 0, NULL, NULL ), WSAEINTR ); break;
            case 2: expect_error( WSARecv( dst, &buffer, 1, &count, &flags, NULL, NULL ), WSAEINTR ); break;
            case 3: expect_error( accept( listener, NULL, NULL ), WSAEINTR ); break;
            case 4: expect_error( select( 0, &set, NULL, NULL, &forever ), WSAEINTR ); break;
            case 5: expect_error( WSAAccept( listener, NULL, NULL, NULL, 0 ), WSAEINTR ); break;
            case 6: expect_error( send( src, block, 1 << 24, 0 ), WSAEINTR ); break;
            case 7: expect_error( sendto( src, block, 1 << 24, 0, NULL, 0 ), WSAEINTR ); break;
            case 8: expect_error( WSASend( src, &buffer, 1, &count, 0, NULL, NULL ), WSAEINTR ); break;
            default: expect_error( WSAIoctl( src, waiting_codes[i - 9], &any, sizeof(any), NULL, 0, &count,
                                             NULL, NULL ), WSAEINTR );
            }
            ok( hook_calls, "the hook was not called\n" );
            WSAUnhookBlockingHook();
            closesocket( src );
            closesocket( dst );
            winetest_pop_context();
        }
        closesocket( listener );
    }
    free( block );
    WSACleanup();
}

/*** what single functions answer ***/

/* MS: accept, listen, connect */
static void test_connections( void )
{
    struct sockaddr_storage addr;
    struct sockaddr_in any = loopback_address( 0 );
    SOCKET s, listener, second, server;
    int len, on = 1;

    s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_error( accept( s, NULL, NULL ), WSAEINVAL );         /* listen was not called */
    closesocket( s );
    s = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_error( accept( s, NULL, NULL ), WSAEOPNOTSUPP );
    closesocket( s );
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    set_blocking( listener, FALSE );
    expect_error( accept( listener, NULL, NULL ), WSAEWOULDBLOCK );

    /* the same pair of addresses twice */
    s = socket( AF_INET, SOCK_STREAM, 0 );
    second = socket( AF_INET, SOCK_STREAM, 0 );
    setsockopt( s, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on) );
    setsockopt( second, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on) );
    expect_success( bind( s, (struct sockaddr *)&any, sizeof(any) ));
    len = sizeof(any);
    getsockname( s, (struct sockaddr *)&any, &len );
    expect_success( bind( second, (struct sockaddr *)&any, sizeof(any) ));
    expect_success( connect( s, (struct sockaddr *)&addr, len ));
    expect_error( connect( second, (struct sockaddr *)&addr, len ), WSAEADDRINUSE );
    expect_error( listen( s, 1 ), WSAEISCONN );
    ok( wait_socket( listener, "r" ), "no connection\n" );
    server = accept( listener, NULL, NULL );
    closesocket( server );
    closesocket( s );
    closesocket( second );
    closesocket( listener );
}

/* MS: bind, SO_EXCLUSIVEADDRUSE: somebody has the address for himself */
static void test_bind( void )
{
    struct sockaddr_in addr = loopback_address( 0 );
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 ), second = socket( AF_INET, SOCK_STREAM, 0 );
    int on = 1, len = sizeof(addr);

    expect_success( setsockopt( s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&on, sizeof(on) ));
    expect_success( bind( s, (struct sockaddr *)&addr, sizeof(addr) ));
    getsockname( s, (struct sockaddr *)&addr, &len );
    expect_success( setsockopt( second, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on) ));
    expect_error( bind( second, (struct sockaddr *)&addr, sizeof(addr) ), WSAEACCES );
    closesocket( s );
    closesocket( second );
}

/* MS: send, sendto, WSASend, recv, recvfrom, WSARecv */
static void test_transfers( void )
{
    struct sockaddr_in addr = loopback_address( 9 );
    struct sockaddr_in6 addr6 = loopback_address6( 9 );
    OVERLAPPED overlapped = { 0 };
    DWORD count, flags, timeout = 30;
    char *block = calloc( 1, 1 << 24 ), data[16];
    WSABUF large = { 1 << 24, block }, buffer = { sizeof(data), data }, huge_datagram = { 0x10000, block };
    SOCKET src, dst, s;
    unsigned int i;

    /* flags that a call does not know, or that the socket cannot do */
    tcp_socketpair( &src, &dst );
    flags = 0x40000000;
    expect_error( recv( dst, data, 1, flags ), WSAEOPNOTSUPP );
    expect_error( recvfrom( dst, data, 1, flags, NULL, NULL ), WSAEOPNOTSUPP );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, NULL, NULL ), WSAEOPNOTSUPP );
    expect_error( send( src, data, 1, flags ), WSAEOPNOTSUPP );
    expect_error( sendto( src, data, 1, flags, NULL, 0 ), WSAEOPNOTSUPP );
    expect_error( WSASend( src, &buffer, 1, &count, flags, NULL, NULL ), WSAEOPNOTSUPP );
    expect_error( recv( dst, bad_pointer(), 1, MSG_OOB | MSG_WAITALL ), WSAEOPNOTSUPP );
    expect_error( WSASend( src, bad_pointer(), 1, &count, 0, NULL, NULL ), WSAEFAULT );
    expect_error( WSARecv( dst, bad_pointer(), 1, &count, &(DWORD){ 0 }, NULL, NULL ), WSAEFAULT );
    expect_error( sendto( src, bad_pointer(), 1, 0, NULL, 0 ), WSAEFAULT );
    expect_error( send( src, bad_pointer(), 1, 0 ), WSAEFAULT );

    /* nothing there, non-blocking */
    set_blocking( dst, FALSE );
    expect_error( recv( dst, data, 1, 0 ), WSAEWOULDBLOCK );
    expect_error( recvfrom( dst, data, 1, 0, NULL, NULL ), WSAEWOULDBLOCK );
    flags = 0;
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, NULL, NULL ), WSAEWOULDBLOCK );

    /* no room: time-out, then non-blocking */
    setsockopt( src, SOL_SOCKET, SO_SNDTIMEO, (char *)&timeout, sizeof(timeout) );
    for (i = 0; i < 64 && send( src, block, 1 << 24, 0 ) > 0; i++) {}
    ok( WSAGetLastError() == WSAETIMEDOUT, "got error %d\n", WSAGetLastError() );
    expect_error( send( src, block, 1 << 24, 0 ), WSAETIMEDOUT );
    expect_error( sendto( src, block, 1 << 24, 0, NULL, 0 ), WSAETIMEDOUT );
    set_blocking( src, FALSE );
    for (i = 0; i < 64 && send( src, block, 1 << 24, 0 ) > 0; i++) {}
    expect_error( send( src, block, 1, 0 ), WSAEWOULDBLOCK );
    expect_error( sendto( src, block, 1, 0, NULL, 0 ), WSAEWOULDBLOCK );
    expect_error( WSASend( src, &large, 1, &count, 0, NULL, NULL ), WSAEWOULDBLOCK );

    closesocket( src );
    closesocket( dst );

    /* an overlapped send of more than there is room for pends */
    tcp_socketpair( &src, &dst );
    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    expect_error( WSASend( src, &large, 1, NULL, 0, &overlapped, NULL ), WSA_IO_PENDING );
    expect_false( WSAGetOverlappedResult( src, &overlapped, &count, FALSE, &flags ), WSA_IO_INCOMPLETE );
    ok( CancelIoEx( (HANDLE)src, &overlapped ), "got error %lu\n", GetLastError() );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "not cancelled\n" );
    expect_false( WSAGetOverlappedResult( src, &overlapped, &count, FALSE, &flags ), WSA_OPERATION_ABORTED );
    if (WSAGetLastError() == WSA_OPERATION_ABORTED) note_failure( "WSASend", WSA_OPERATION_ABORTED );
    closesocket( src );
    closesocket( dst );

    tcp_socketpair( &src, &dst );
    ResetEvent( overlapped.hEvent );
    expect_error( WSARecv( dst, &buffer, 1, NULL, &flags, &overlapped, NULL ), WSA_IO_PENDING );
    ok( CancelIoEx( (HANDLE)dst, &overlapped ), "got error %lu\n", GetLastError() );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "not cancelled\n" );
    expect_false( WSAGetOverlappedResult( dst, &overlapped, &count, FALSE, &flags ), WSA_OPERATION_ABORTED );
    if (WSAGetLastError() == WSA_OPERATION_ABORTED) note_failure( "WSARecv", WSA_OPERATION_ABORTED );

    /* a reset, to each function; shutdown and the options do not mind (T:test_tcp_reset) */
    close_with_rst( src );
    expect_error( recv( dst, data, 1, 0 ), WSAECONNRESET );
    expect_error( recvfrom( dst, data, 1, 0, NULL, NULL ), WSAECONNRESET );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, NULL, NULL ), WSAECONNRESET );
    expect_error( send( dst, data, 1, 0 ), WSAECONNRESET );
    expect_error( sendto( dst, data, 1, 0, NULL, 0 ), WSAECONNRESET );
    expect_error( WSASend( dst, &buffer, 1, &count, 0, NULL, NULL ), WSAECONNRESET );
    closesocket( dst );

    /* sent to a peer that had closed (T:test_shutdown) */
    tcp_socketpair( &src, &dst );
    closesocket( src );
    ok( !recv( dst, data, 1, 0 ), "no end\n" );
    ok( send( dst, "x", 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    expect_error( recv( dst, data, 1, 0 ), WSAECONNABORTED );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, NULL, NULL ), WSAECONNABORTED );
    expect_error( send( dst, "x", 1, 0 ), WSAECONNABORTED );
    expect_error( sendto( dst, "x", 1, 0, NULL, 0 ), WSAECONNABORTED );
    expect_error( WSASend( dst, &buffer, 1, &count, 0, NULL, NULL ), WSAECONNABORTED );
    closesocket( dst );

    /* datagrams: too long, wrong family, nobody's address */
    udp_socketpair( &src, &dst );
    expect_error( send( src, block, 0x10000, 0 ), WSAEMSGSIZE );
    expect_error( WSASend( src, &huge_datagram, 1, &count, 0, NULL, NULL ), WSAEMSGSIZE );
    s = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_error( sendto( s, block, 0x10000, 0, (struct sockaddr *)&addr, sizeof(addr) ), WSAEMSGSIZE );
    expect_error( sendto( s, data, 1, 0, (struct sockaddr *)&addr6, sizeof(addr6) ), WSAEAFNOSUPPORT );
    expect_error( sendto( s, data, 1, 0, (struct sockaddr *)&addr, 3 ), WSAEFAULT );
    addr.sin_addr.s_addr = 0;
    expect_error( sendto( s, data, 1, 0, (struct sockaddr *)&addr, sizeof(addr) ), WSAEADDRNOTAVAIL );
    closesocket( s );
    send( src, "too long", 8, 0 );
    buffer.len = 4;
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, NULL, NULL ), WSAEMSGSIZE );
    flags = 0;
    expect_error( recv( dst, data, 1, MSG_OOB ), WSAEOPNOTSUPP );
    expect_error( send( src, data, 1, MSG_OOB ), WSAEOPNOTSUPP );
    expect_success( shutdown( dst, SD_RECEIVE ));
    expect_error( recv( dst, data, 1, 0 ), WSAESHUTDOWN );
    closesocket( src );
    closesocket( dst );
    CloseHandle( overlapped.hEvent );
    free( block );
}

/* MS: select, WSAPoll, WSAEventSelect, WSAEnumNetworkEvents, WSAIoctl, getsockopt, setsockopt */
static void test_others( void )
{
    struct timeval none = { 0, 0 };
    OVERLAPPED overlapped = { 0 };
    DWORD count, flags;
    SOCKET src, dst, s;
    int len, value = 0;

    tcp_socketpair( &src, &dst );
    expect_error( select( 0, bad_pointer(), NULL, NULL, &none ), WSAEFAULT );
    expect_error( WSAPoll( bad_pointer(), 1, 0 ), WSAEFAULT );
    expect_error( WSAEventSelect( dst, NULL, FD_READ ), WSAEINVAL );
    expect_error( WSAEventSelect( dst, (HANDLE)0xdeadbee0, FD_READ ), WSAEINVAL );
    expect_error( WSAEnumNetworkEvents( dst, NULL, bad_pointer() ), WSAEFAULT );
    expect_error( ioctlsocket( dst, FIONREAD, bad_pointer() ), WSAEFAULT );
    expect_error( WSAIoctl( dst, 0xdeadbeef, NULL, 0, NULL, 0, &count, NULL, NULL ), WSAEOPNOTSUPP );
    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    expect_error( WSAIoctl( dst, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &count, &overlapped, NULL ),
                  WSA_IO_PENDING );
    ok( CancelIoEx( (HANDLE)dst, &overlapped ), "got error %lu\n", GetLastError() );
    ok( !WaitForSingleObject( overlapped.hEvent, PATIENCE ), "not cancelled\n" );
    expect_false( WSAGetOverlappedResult( dst, &overlapped, &count, FALSE, &flags ), WSA_OPERATION_ABORTED );
    if (WSAGetLastError() == WSA_OPERATION_ABORTED) note_failure( "WSAIoctl", WSA_OPERATION_ABORTED );
    CloseHandle( overlapped.hEvent );
    overlapped.Internal = 0x103;        /* pending, for an event that is none */
    overlapped.hEvent = (HANDLE)0xdeadbee0;
    expect_false( WSAGetOverlappedResult( dst, &overlapped, &count, TRUE, &flags ), WSA_INVALID_HANDLE );
    len = sizeof(value);
    expect_error( getsockopt( dst, SOL_SOCKET, SO_TYPE, bad_pointer(), &len ), WSAEFAULT );
    expect_error( getsockopt( dst, 0xdead, SO_TYPE, (char *)&value, &len ), WSAEINVAL );
    expect_error( getsockopt( dst, SOL_SOCKET, 0xdead, (char *)&value, &len ), WSAENOPROTOOPT );
    expect_error( setsockopt( dst, SOL_SOCKET, SO_KEEPALIVE, bad_pointer(), 4 ), WSAEFAULT );
    expect_error( setsockopt( dst, 0xdead, SO_KEEPALIVE, (char *)&value, 4 ), WSAEINVAL );
    expect_error( setsockopt( dst, SOL_SOCKET, 0xdead, (char *)&value, 4 ), WSAENOPROTOOPT );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( setsockopt( s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0 ), WSAENOTCONN );
    closesocket( s );

    closesocket( src );
    closesocket( dst );
}

/* MS: WSAStartup */
static void test_startup( void )
{
    WSADATA data;

    expect_answer_error( WSAStartup( MAKEWORD( 0, 0 ), &data ), WSAVERNOTSUPPORTED );
    expect_answer_error( WSAStartup( MAKEWORD( 2, 2 ), NULL ), WSAEFAULT );
    expect_answer_error( WSAStartup( MAKEWORD( 2, 2 ), bad_pointer() ), WSAEFAULT );
}

/*** what needs a network made for it: tests/tools/errors.sh ***/

static struct sockaddr_in remote_address( const char *text )
{
    struct sockaddr_in addr = loopback_address( 7 );

    addr.sin_addr.s_addr = inet_addr( text );
    return addr;
}

/* No default route; one network that is refused, one that is forbidden, one where nobody answers, and one
 * local port in all. */
static void test_network( void )
{
    static const struct { const char *address; int error; } tests[] =
    {
        { "203.0.113.1", WSAENETUNREACH },
        { "198.51.100.1", WSAEHOSTUNREACH },
        { "192.0.2.1", WSAEACCES },
    };
    struct sockaddr_in silent = remote_address( "10.8.0.2" ), addr, from;
    struct addrinfo *list;
    WSANETWORKEVENTS events;
    unsigned int i;
    WSAEVENT event;
    SOCKET s, other;
    DWORD count;

    for (i = 0; i < ARRAY_SIZE( tests ); i++)
    {
        winetest_push_context( "%s", tests[i].address );
        addr = remote_address( tests[i].address );
        s = socket( AF_INET, SOCK_STREAM, 0 );
        expect_error( connect( s, (struct sockaddr *)&addr, sizeof(addr) ), tests[i].error );
        closesocket( s );
        s = socket( AF_INET, SOCK_DGRAM, 0 );
        expect_error( sendto( s, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr) ), tests[i].error );
        expect_error( sendto( s, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr) ), tests[i].error );
        /* a network that is forbidden is none to the route that is asked for */
        expect_error( WSAIoctl( s, SIO_ROUTING_INTERFACE_QUERY, &addr, sizeof(addr), &from, sizeof(from),
                                &count, NULL, NULL ),
                      tests[i].error == WSAEACCES ? WSAENETUNREACH : tests[i].error );
        expect_error( WSAIoctl( s, 0x48000003 /* SIO_FIND_ROUTE */, &addr, sizeof(addr), NULL, 0, &count,
                                NULL, NULL ),
                      tests[i].error == WSAEACCES ? WSAENETUNREACH : tests[i].error );
        closesocket( s );
        winetest_pop_context();
    }

    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( connect( s, (struct sockaddr *)&silent, sizeof(silent) ), WSAETIMEDOUT );
    closesocket( s );
    s = socket( AF_INET, SOCK_STREAM, 0 );
    event = WSACreateEvent();
    expect_success( WSAEventSelect( s, event, FD_CONNECT ));
    expect_error( connect( s, (struct sockaddr *)&silent, sizeof(silent) ), WSAEWOULDBLOCK );
    /* the only local port is taken */
    other = socket( AF_INET, SOCK_STREAM, 0 );
    expect_error( connect( other, (struct sockaddr *)&silent, sizeof(silent) ), WSAENOBUFS );
    closesocket( other );
    ok( !WaitForSingleObject( event, PATIENCE ), "no event\n" );
    expect_success( WSAEnumNetworkEvents( s, event, &events ));
    ok( events.lNetworkEvents == FD_CONNECT, "got events %#lx\n", events.lNetworkEvents );
    ok( events.iErrorCode[FD_CONNECT_BIT] == WSAETIMEDOUT, "got error %d\n",
        events.iErrorCode[FD_CONNECT_BIT] );
    if (events.iErrorCode[FD_CONNECT_BIT] == WSAETIMEDOUT) note_failure( "FD_CONNECT", WSAETIMEDOUT );
    closesocket( s );
    WSACloseEvent( event );

    /* nobody to ask */
    expect_answer_error( getaddrinfo( "host.example", NULL, NULL, &list ), WSATRY_AGAIN );
}

#define MAX_SOCKETS 4096

static void fill_up( SOCKET *sockets, unsigned int *count )
{
    while (*count < MAX_SOCKETS && (sockets[*count] = socket( AF_INET, SOCK_STREAM, 0 )) != INVALID_SOCKET)
        ++*count;
    ok( *count < MAX_SOCKETS, "there is no limit\n" );
    ok( WSAGetLastError() == WSAEMFILE, "got error %d\n", WSAGetLastError() );
}

/* Another process that ends makes room for a few more. */
#define expect_full( call, sockets, count ) \
    do { \
        while ((call) != INVALID_SOCKET && *(count) < MAX_SOCKETS) \
        { \
            closesocket( s ); \
            fill_up( sockets, count ); \
        } \
        ok( WSAGetLastError() == WSAEMFILE, "got error %d\n", WSAGetLastError() ); \
    } while (0)

/* No more sockets: whoever makes them may have few descriptors. */
static void test_limits( void )
{
    static SOCKET sockets[MAX_SOCKETS];
    struct sockaddr_storage addr;
    WSAPROTOCOL_INFOW info;
    SOCKET listener, clients[4], s;
    unsigned int i, count = 0;
    u_long on = 1;
    int len;

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    for (i = 0; i < ARRAY_SIZE( clients ); i++)
    {
        clients[i] = socket( AF_INET, SOCK_STREAM, 0 );
        expect_success( connect( clients[i], (struct sockaddr *)&addr, len ));
    }
    ioctlsocket( listener, FIONBIO, &on );
    fill_up( sockets, &count );
    expect_full( (s = WSASocketW( AF_INET, SOCK_STREAM, 0, NULL, 0, 0 )), sockets, &count );
    expect_full( (s = accept( listener, NULL, NULL )), sockets, &count );
    /* a handle takes no descriptor */
    expect_success( WSADuplicateSocketW( clients[0], GetCurrentProcessId(), &info ));
    while (count--) closesocket( sockets[count] );
    /* only now is there a descriptor for the file */
    note_failure( "socket", WSAEMFILE );
    note_failure( "WSASocketW", WSAEMFILE );
    note_failure( "accept", WSAEMFILE );
    for (i = 0; i < ARRAY_SIZE( clients ); i++) closesocket( clients[i] );
    closesocket( listener );
}

START_TEST( documented )
{
    char **argv;

    start_sockets();
    if (winetest_get_mainargs( &argv ) > 2)
    {
        if (!strcmp( argv[2], "network" )) test_network();
        else test_limits();
        stop_sockets();
        return;
    }
    test_not_a_socket();
    test_in_progress();
    test_connections();
    test_bind();
    test_transfers();
    test_others();
    test_startup();
    stop_sockets();
}
