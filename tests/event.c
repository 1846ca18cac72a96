/*
 * Event selection: WSAEventSelect, WSAEnumNetworkEvents, event objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

#define STREAM_EVENTS (FD_READ | FD_WRITE | FD_OOB | FD_CONNECT | FD_CLOSE)

/* The events that are there now or come before the patience ends, and one error code. */
#define wait_events( s, event, mask, bit, error ) \
    wait_events_( __LINE__, s, event, mask, bit, error, PATIENCE )
/* Events that must be there already (mask 0: none are). */
#define check_events( s, event, mask ) wait_events_( __LINE__, s, event, mask, -1, 0, 0 )

static void wait_events_( int line, SOCKET s, WSAEVENT event, LONG mask, int bit, int error, DWORD timeout )
{
    WSANETWORKEVENTS events;
    LONG seen = 0;
    int ret;
    DWORD wait;

    /* two events that belong together may come one by one */
    do
    {
        wait = WaitForSingleObject( event, timeout );
        memset( &events, 0xcc, sizeof(events) );
        ret = WSAEnumNetworkEvents( s, event, &events );
        ok_( __FILE__, line )( !ret, "WSAEnumNetworkEvents failed, error %d\n", WSAGetLastError() );
        if (ret) return;
        seen |= events.lNetworkEvents;
        if (bit >= 0 && (events.lNetworkEvents & (1 << bit)))
            ok_( __FILE__, line )( events.iErrorCode[bit] == error, "got error code %d, expected %d\n",
                                   events.iErrorCode[bit], error );
    } while (!wait && timeout && (seen & mask) != mask);

    if (mask) ok_( __FILE__, line )( !wait, "the event was not set\n" );
    else ok_( __FILE__, line )( wait == WAIT_TIMEOUT, "the event was set\n" );
    ok_( __FILE__, line )( seen == mask, "got events %#lx, expected %#lx\n", seen, mask );
}

static void test_event_objects( void )
{
    WSAEVENT event = WSACreateEvent();

    /* MS: WSACreateEvent: manual reset, not signalled */
    ok( event != WSA_INVALID_EVENT, "WSACreateEvent failed, error %d\n", WSAGetLastError() );
    ok( WSAWaitForMultipleEvents( 1, &event, FALSE, 0, FALSE ) == WSA_WAIT_TIMEOUT, "signalled\n" );
    ok( WSASetEvent( event ), "WSASetEvent failed, error %d\n", WSAGetLastError() );
    ok( WSAWaitForMultipleEvents( 1, &event, FALSE, 0, FALSE ) == WSA_WAIT_EVENT_0, "not signalled\n" );
    ok( WSAWaitForMultipleEvents( 1, &event, FALSE, 0, FALSE ) == WSA_WAIT_EVENT_0, "reset by a wait\n" );
    ok( WSAResetEvent( event ), "WSAResetEvent failed, error %d\n", WSAGetLastError() );
    ok( WSAWaitForMultipleEvents( 1, &event, FALSE, 0, FALSE ) == WSA_WAIT_TIMEOUT, "signalled\n" );
    ok( WSACloseEvent( event ), "WSACloseEvent failed, error %d\n", WSAGetLastError() );
    expect_false( WSACloseEvent( (WSAEVENT)0xdeadbee0 ), WSA_INVALID_HANDLE );
}

static void test_arguments( void )
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events, *edge;
    SOCKET src, dst, gone;
    unsigned int i;
    u_long value;
    int ret;

    tcp_socketpair( &src, &dst );
    gone = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    closesocket( gone );

    /* MS: WSAEventSelect */
    expect_error( WSAEventSelect( gone, event, FD_READ ), WSAENOTSOCK );
    expect_error( WSAEventSelect( INVALID_SOCKET, event, FD_READ ), WSAENOTSOCK );
    expect_error( WSAEventSelect( (SOCKET)event, event, FD_READ ), WSAENOTSOCK );
    expect_error( WSAEventSelect( src, NULL, FD_READ ), WSAEINVAL );
    /* the socket has stayed blocking */
    value = 0;
    expect_success( ioctlsocket( src, FIONBIO, &value ));

    expect_success( WSAEventSelect( src, event, FD_READ ));
    expect_error( recv( src, (char *)&value, 1, 0 ), WSAEWOULDBLOCK );
    /* reference 1.3: FIONBIO */
    value = 0;
    expect_error( ioctlsocket( src, FIONBIO, &value ), WSAEINVAL );
    value = 1;
    expect_success( ioctlsocket( src, FIONBIO, &value ));

    /* MS: WSAEnumNetworkEvents */
    WSASetEvent( event );
    expect_error( WSAEnumNetworkEvents( gone, event, &events ), WSAENOTSOCK );
    ok( !WaitForSingleObject( event, 0 ), "the event was reset\n" );
    expect_error( WSAEnumNetworkEvents( (SOCKET)event, event, &events ), WSAENOTSOCK );
    ok( !WaitForSingleObject( event, 0 ), "the event was reset\n" );
    expect_error( WSAEnumNetworkEvents( src, event, NULL ), WSAEFAULT );
    expect_error( WSAEnumNetworkEvents( src, event, bad_pointer() ), WSAEFAULT );
    expect_error( WSAEnumNetworkEvents( gone, event, NULL ), WSAENOTSOCK );

    /* what a failed call did not deliver is still there */
    ret = send( dst, "x", 1, 0 );
    ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( src, "r" ), "not readable\n" );
    ok( !WaitForSingleObject( event, PATIENCE ), "the event was not set\n" );
    expect_error( WSAEnumNetworkEvents( src, event, bad_pointer() ), WSAEFAULT );
    edge = (WSANETWORKEVENTS *)memory_before_nothing( sizeof(*edge) );
    memset( edge, 0xcc, sizeof(*edge) );
    expect_success( WSAEnumNetworkEvents( src, event, edge ));
    ok( edge->lNetworkEvents == FD_READ, "got events %#lx\n", edge->lNetworkEvents );
    ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "the event was not reset\n" );
    /* reference 3.3: slots of other events are not written */
    for (i = 0; i < FD_MAX_EVENTS; i++)
        ok( edge->iErrorCode[i] == (i == FD_READ_BIT ? 0 : (int)0xcccccccc), "slot %u: got %#x\n", i,
            edge->iErrorCode[i] );

    /* without an event, none is reset */
    WSASetEvent( event );
    expect_success( WSAEnumNetworkEvents( src, NULL, &events ));
    ok( !events.lNetworkEvents, "got events %#lx\n", events.lNetworkEvents );
    ok( !WaitForSingleObject( event, 0 ), "the event was reset\n" );

    /* cancelling needs no event; the socket stays non-blocking until told otherwise (MS: WSAEventSelect) */
    expect_success( WSAEventSelect( src, NULL, 0 ));
    ret = recv( src, (char *)&value, 1, 0 );
    ok( ret == 1, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    expect_error( recv( src, (char *)&value, 1, 0 ), WSAEWOULDBLOCK );
    WSAResetEvent( event );
    send( dst, "x", 1, 0 );
    ok( wait_socket( src, "r" ), "not readable\n" );
    ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "the event was set\n" );
    value = 0;
    expect_success( ioctlsocket( src, FIONBIO, &value ));

    closesocket( src );
    closesocket( dst );
    WSACloseEvent( event );
}

static void test_stream( void )
{
    WSAEVENT event = WSACreateEvent();
    SOCKET listener, client, server;
    struct sockaddr_storage addr;
    struct sockaddr_in closed;
    char buffer[16];
    int len, ret;

    /* accept */
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    expect_success( WSAEventSelect( listener, event, FD_ACCEPT ));
    check_events( listener, event, 0 );
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    ret = connect( client, (struct sockaddr *)&addr, len );
    ok( !ret, "connect failed, error %d\n", WSAGetLastError() );
    wait_events( listener, event, FD_ACCEPT, FD_ACCEPT_BIT, 0 );
    check_events( listener, event, 0 );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    closesocket( server );
    closesocket( client );

    /* the accepted socket has the listener's selection (MS: WSAEventSelect) */
    expect_success( WSAEventSelect( listener, event, FD_ACCEPT | STREAM_EVENTS ));
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    ret = connect( client, (struct sockaddr *)&addr, len );
    ok( !ret, "connect failed, error %d\n", WSAGetLastError() );
    wait_events( listener, event, FD_ACCEPT, FD_ACCEPT_BIT, 0 );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    wait_events( server, event, FD_WRITE, FD_WRITE_BIT, 0 );
    expect_error( recv( server, buffer, 1, 0 ), WSAEWOULDBLOCK );
    ret = send( client, "x", 1, 0 );
    ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
    wait_events( server, event, FD_READ, FD_READ_BIT, 0 );
    closesocket( server );
    closesocket( client );

    expect_success( WSAEventSelect( listener, NULL, 0 ));
    WSAResetEvent( event );
    set_blocking( listener, TRUE );

    /* connect, then data; Wine T:test_connect_events, test_read_events */
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    expect_success( WSAEventSelect( client, event, STREAM_EVENTS ));
    check_events( client, event, 0 );
    ret = connect( client, (struct sockaddr *)&addr, len );
    ok( ret == -1 && WSAGetLastError() == WSAEWOULDBLOCK, "got %d, error %d\n", ret, WSAGetLastError() );
    wait_events( client, event, FD_CONNECT | FD_WRITE, FD_CONNECT_BIT, 0 );
    WSAResetEvent( event );     /* Wine sets it for each of the two */
    /* neither selecting again nor a successful send makes FD_WRITE come again */
    expect_success( WSAEventSelect( client, event, STREAM_EVENTS ));
    check_events( client, event, 0 );
    server = accept( listener, NULL, NULL );
    ok( server != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
    expect_success( WSAEventSelect( server, NULL, 0 ));
    ret = send( client, "x", 1, 0 );
    ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
    check_events( client, event, 0 );
    ok( wait_socket( server, "r" ), "not readable\n" );
    ret = recv( server, buffer, 1, 0 ); /* or closing it would be a reset */
    ok( ret == 1, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    ret = send( server, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    wait_events( client, event, FD_READ, FD_READ_BIT, 0 );
    check_events( client, event, 0 );
    /* what is left is reported after each receive */
    ret = recv( client, buffer, 1, 0 );
    ok( ret == 1, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    wait_events( client, event, FD_READ, FD_READ_BIT, 0 );
    ret = recv( client, buffer, sizeof(buffer), 0 );
    ok( ret == 2, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    check_events( client, event, 0 );

    /* what came while nothing was selected */
    expect_success( WSAEventSelect( client, NULL, 0 ));
    ret = send( server, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    expect_success( WSAEventSelect( client, event, FD_READ | FD_CLOSE ));
    wait_events( client, event, FD_READ, FD_READ_BIT, 0 );
    ret = recv( client, buffer, sizeof(buffer), 0 );
    ok( ret == 3, "recv returned %d, error %d\n", ret, WSAGetLastError() );

    /* and what was received while nothing was selected */
    expect_success( WSAEventSelect( client, NULL, 0 ));
    ret = send( server, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    ok( wait_socket( client, "r" ), "not readable\n" );
    ret = recv( client, buffer, sizeof(buffer), 0 );
    ok( ret == 3, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    expect_success( WSAEventSelect( client, event, FD_READ | FD_OOB | FD_CLOSE ));
    check_events( client, event, 0 );
    ret = send( server, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    wait_events( client, event, FD_READ, FD_READ_BIT, 0 );
    ret = recv( client, buffer, sizeof(buffer), 0 );
    ok( ret == 3, "recv returned %d, error %d\n", ret, WSAGetLastError() );

    /* out-of-band data, the end */
    ret = send( server, "o", 1, MSG_OOB );
    ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
    wait_events( client, event, FD_OOB, FD_OOB_BIT, 0 );
    ret = recv( client, buffer, 1, MSG_OOB );
    ok( ret == 1, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    shutdown( server, SD_SEND );
    wait_events( client, event, FD_CLOSE, FD_CLOSE_BIT, 0 );
    closesocket( server );
    check_events( client, event, 0 );
    closesocket( client );

    /* reference 3.3: after a reset */
    tcp_socketpair( &client, &server );
    expect_success( WSAEventSelect( client, event, FD_READ | FD_CLOSE ));
    close_with_rst( server );
    wait_events( client, event, FD_CLOSE, FD_CLOSE_BIT, WSAECONNABORTED );
    check_events( client, event, 0 );
    closesocket( client );

    /* shutting down both directions does not end the selection (Wine T:test_close_events) */
    tcp_socketpair( &client, &server );
    expect_success( WSAEventSelect( client, event, FD_READ | FD_CLOSE ));
    shutdown( client, SD_BOTH );
    check_events( client, event, 0 );
    shutdown( server, SD_SEND );
    wait_events( client, event, FD_CLOSE, FD_CLOSE_BIT, 0 );
    closesocket( client );
    closesocket( server );

    /* a connection refused (field report 14) */
    closed = closed_port();
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    expect_success( WSAEventSelect( client, event, STREAM_EVENTS ));
    ret = connect( client, (struct sockaddr *)&closed, sizeof(closed) );
    ok( ret == -1 && WSAGetLastError() == WSAEWOULDBLOCK, "got %d, error %d\n", ret, WSAGetLastError() );
    wait_events( client, event, FD_CONNECT, FD_CONNECT_BIT, WSAECONNREFUSED );
    closesocket( client );

    /* connected before it was selected: FD_CONNECT comes all the same (Wine T:test_connect_events), also
     * where data has been received in between */
    client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    ret = connect( client, (struct sockaddr *)&addr, len );
    ok( !ret, "connect failed, error %d\n", WSAGetLastError() );
    server = accept( listener, NULL, NULL );
    expect_success( WSAEventSelect( server, NULL, 0 ));
    ret = send( server, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    ret = recv( client, buffer, sizeof(buffer), 0 );
    ok( ret == 3, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    expect_success( WSAEventSelect( client, event, STREAM_EVENTS ));
    wait_events( client, event, FD_CONNECT | FD_WRITE, FD_CONNECT_BIT, 0 );
    closesocket( client );
    closesocket( server );

    closesocket( listener );
    WSACloseEvent( event );
}

static void test_datagram( void )
{
    WSAEVENT event = WSACreateEvent();
    struct sockaddr_storage addr;
    SOCKET src, dst;
    char buffer[16];
    int ret, len, i;

    /* Wine T:test_WSAEnumNetworkEvents */
    udp_socketpair( &src, &dst );
    expect_success( WSAEventSelect( dst, event, FD_READ | FD_WRITE ));
    wait_events( dst, event, FD_WRITE, FD_WRITE_BIT, 0 );
    check_events( dst, event, 0 );
    ret = send( src, "abc", 3, 0 );
    ok( ret == 3, "send failed, error %d\n", WSAGetLastError() );
    wait_events( dst, event, FD_READ, FD_READ_BIT, 0 );
    ret = recv( dst, buffer, sizeof(buffer), 0 );
    ok( ret == 3, "recv returned %d, error %d\n", ret, WSAGetLastError() );
    check_events( dst, event, 0 );
    closesocket( src );
    closesocket( dst );

    /* Wine T:test_connect_events: nothing without a name; all there is to a connect at once, each time */
    dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    src = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_success( WSAEventSelect( src, event, FD_CONNECT | FD_READ | FD_WRITE ));
    ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "event is set\n" );
    check_events( src, event, 0 );
    for (i = 0; i < 2; i++)
    {
        expect_success( connect( src, (struct sockaddr *)&addr, len ));
        ok( !WaitForSingleObject( event, PATIENCE ), "event is not set\n" );
        check_events( src, event, FD_CONNECT | FD_WRITE );
        check_events( src, event, 0 );
    }
    closesocket( src );

    /* Wine T:test_WSAEnumNetworkEvents: writable as soon as it is bound, by whatever */
    for (i = 0; i < 2; i++)
    {
        src = socket( AF_INET, SOCK_DGRAM, 0 );
        expect_success( WSAEventSelect( src, event, FD_CONNECT | FD_READ | FD_WRITE ));
        check_events( src, event, 0 );
        if (i) ret = sendto( src, "a", 1, 0, (struct sockaddr *)&addr, len ) != 1;
        else
        {
            struct sockaddr_in any = loopback_address( 0 );

            ret = bind( src, (struct sockaddr *)&any, sizeof(any) );
        }
        ok( !ret, "got error %d\n", WSAGetLastError() );
        wait_events( src, event, FD_WRITE, FD_WRITE_BIT, 0 );
        check_events( src, event, 0 );
        closesocket( src );
    }
    closesocket( dst );
    WSACloseEvent( event );
}

/* Major version of Wine, 0 on Windows. */
static int wine_major( void )
{
    const char *(CDECL *get_version)( void ) = (void *)GetProcAddress( GetModuleHandleA( "ntdll.dll" ),
                                                                       "wine_get_version" );
    return get_version ? atoi( get_version() ) : 0;
}

/* Wine 10 T:test_select_after_WSAEventSelect: a poll does not signal again what was signalled */
static void test_poll_after_select( void )
{
    WSAEVENT event = CreateEventW( NULL, FALSE, FALSE, NULL );
    WSAPOLLFD fd;
    SOCKET src, dst;

    tcp_socketpair( &src, &dst );
    expect_success( WSAEventSelect( dst, event, FD_READ ));
    ok( send( src, "data", 4, 0 ) == 4, "send failed, error %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( event, PATIENCE ), "the event was not set\n" );
    fd = (WSAPOLLFD){ dst, POLLRDNORM | POLLWRNORM };
    ok( WSAPoll( &fd, 1, PATIENCE ) == 1, "WSAPoll failed, error %d\n", WSAGetLastError() );
    ok( fd.revents == (POLLRDNORM | POLLWRNORM), "got events %#x\n", fd.revents );
    /* the server's doing, corrected in Wine 10 */
    todo_wine_if( wine_major() && wine_major() < 10 )
    ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "the event was set again\n" );
    closesocket( src );
    closesocket( dst );
    CloseHandle( event );
}

static char send_buffer[0x40000];

/* Send until a poll says that no more fits. */
static unsigned int fill( SOCKET s, BOOL use_select )
{
    unsigned int sent = 0;

    for (;;)
    {
        WSAPOLLFD fd = { s, POLLWRNORM };
        fd_set set = { 1, { s } };
        struct timeval no_wait = { 0 };
        int ret = use_select ? select( 0, NULL, &set, NULL, &no_wait ) : WSAPoll( &fd, 1, 0 );

        ok( ret >= 0, "poll failed, error %d\n", WSAGetLastError() );
        if (ret < 1 || !(use_select || (fd.revents & POLLWRNORM))) return sent;
        ret = send( s, send_buffer, sizeof(send_buffer), 0 );
        if (ret > 0) sent += ret;
        else ok( WSAGetLastError() == WSAEWOULDBLOCK, "send failed, error %d\n", WSAGetLastError() );
    }
}

static BOOL drain( SOCKET s, unsigned int total )
{
    static char buffer[0x10000];

    while (total)
    {
        int ret = recv( s, buffer, min( sizeof(buffer), total ), 0 );
        if (ret <= 0) return FALSE;
        total -= ret;
    }
    return TRUE;
}

/* Field report 3: the poll said "not writable", so FD_WRITE is owed. */
static void test_rearm( void )
{
    enum { SELECTED, SELECTED_LATER, EVENT_ONLY, ACCEPTED, WITH_DATA, AFTER_CLOSE, CASES };
    WSAEVENT event = WSACreateEvent();
    SOCKET listener, src, dst;
    struct sockaddr_storage addr;
    unsigned int i, round, sent;
    char buffer[8];
    int len, ret;

    for (i = 0; i < 2 * CASES; i++)
    {
        int what = i / 2;

        winetest_push_context( "case %u, %s", what, i & 1 ? "select" : "WSAPoll" );
        if (what == ACCEPTED)
        {
            listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
            WSAEventSelect( listener, event, FD_ACCEPT | FD_READ | FD_WRITE | FD_CLOSE );
            dst = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
            ret = connect( dst, (struct sockaddr *)&addr, len );
            ok( !ret, "connect failed, error %d\n", WSAGetLastError() );
            wait_events( listener, event, FD_ACCEPT, FD_ACCEPT_BIT, 0 );
            src = accept( listener, NULL, NULL );
            ok( src != INVALID_SOCKET, "accept failed, error %d\n", WSAGetLastError() );
            closesocket( listener );
        }
        else
        {
            tcp_socketpair( &dst, &src );       /* no FD_CONNECT on the accepted side */
            expect_success( WSAEventSelect( src, event, FD_READ | FD_WRITE | FD_CLOSE ));
        }
        if (what != EVENT_ONLY) wait_events( src, event, FD_WRITE, FD_WRITE_BIT, 0 );
        if (what == WITH_DATA)
        {
            ret = send( dst, "x", 1, 0 );
            ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
            ok( wait_socket( src, "r" ), "not readable\n" );
            ok( !WaitForSingleObject( event, PATIENCE ), "the event was not set\n" );
        }
        if (what == AFTER_CLOSE)
        {
            shutdown( dst, SD_SEND );
            wait_events( src, event, FD_CLOSE, FD_CLOSE_BIT, 0 );
        }

        for (round = 0; round < 2; round++)
        {
            winetest_push_context( "round %u", round );
            if (what == SELECTED_LATER) expect_success( WSAEventSelect( src, NULL, 0 ));
            sent = fill( src, i & 1 );
            if (what == SELECTED_LATER) expect_success( WSAEventSelect( src, event, FD_WRITE | FD_CLOSE ));
            if (what == EVENT_ONLY) WSAResetEvent( event );
            else if (what != WITH_DATA || round) check_events( src, event, 0 );
            ok( drain( dst, sent ), "recv failed, error %d\n", WSAGetLastError() );
            if (what == EVENT_ONLY) ok( !WaitForSingleObject( event, PATIENCE ), "the event was not set\n" );
            else if (what == WITH_DATA && !round)
            {
                wait_events( src, event, FD_READ | FD_WRITE, FD_WRITE_BIT, 0 );
                ret = recv( src, buffer, sizeof(buffer), 0 );
                ok( ret == 1, "recv returned %d, error %d\n", ret, WSAGetLastError() );
            }
            else wait_events( src, event, FD_WRITE, FD_WRITE_BIT, 0 );
            winetest_pop_context();
        }

        /* nothing else got lost */
        if (what == AFTER_CLOSE) check_events( src, event, 0 );
        else
        {
            if (what == SELECTED_LATER) expect_success( WSAEventSelect( src, event, FD_READ | FD_CLOSE ));
            WSAResetEvent( event );
            ret = send( dst, "y", 1, 0 );
            ok( ret == 1, "send failed, error %d\n", WSAGetLastError() );
            ok( !WaitForSingleObject( event, PATIENCE ), "the event was not set\n" );
            if (what != EVENT_ONLY) wait_events( src, event, FD_READ, FD_READ_BIT, 0 );
            ret = recv( src, buffer, sizeof(buffer), 0 );
            ok( ret == 1, "recv returned %d, error %d\n", ret, WSAGetLastError() );
            WSAResetEvent( event );
            closesocket( dst );
            ok( !WaitForSingleObject( event, PATIENCE ), "the event was not set\n" );
            if (what != EVENT_ONLY) wait_events( src, event, FD_CLOSE, FD_CLOSE_BIT, 0 );
        }
        closesocket( src );
        if (what == AFTER_CLOSE) closesocket( dst );
        WSAResetEvent( event );
        winetest_pop_context();
    }
    WSACloseEvent( event );
}

struct reader
{
    SOCKET s;
    unsigned int total;
};

static DWORD WINAPI slow_reader( void *arg )
{
    static char buffer[0x8000];
    struct reader *reader = arg;
    unsigned int count = 0;
    int ret;

    while ((ret = recv( reader->s, buffer, sizeof(buffer), 0 )) > 0)
    {
        reader->total += ret;
        if (!(++count % 16)) Sleep( 1 );
    }
    return 0;
}

/* Field report 3, as curl does it: in each turn it selects, polls once, waits at most a second, asks what
 * happened and cancels. A transfer that needs the seconds has stalled. */
static void test_upload( void )
{
    static const unsigned int total = 16 * 1024 * 1024;
    WSAEVENT event = WSACreateEvent();
    unsigned int sent = 0, stalls = 0;
    struct reader reader = { 0 };
    HANDLE thread;
    SOCKET src;
    int ret, size = 0x8000;

    tcp_socketpair( &src, &reader.s );
    ret = setsockopt( src, SOL_SOCKET, SO_SNDBUF, (char *)&size, sizeof(size) );
    ok( !ret, "setsockopt failed, error %d\n", WSAGetLastError() );
    set_blocking( src, FALSE );
    thread = CreateThread( NULL, 0, slow_reader, &reader, 0, NULL );
    while (sent < total && stalls < 5)
    {
        WSANETWORKEVENTS events;
        struct timeval no_wait = { 0 };
        fd_set set = { 1, { src } };

        ret = WSAEventSelect( src, event, FD_WRITE | FD_CONNECT | FD_CLOSE );
        ok( !ret, "WSAEventSelect failed, error %d\n", WSAGetLastError() );
        ret = select( 0, NULL, &set, NULL, &no_wait );
        ok( ret >= 0, "select failed, error %d\n", WSAGetLastError() );
        if (!ret && WaitForSingleObject( event, 1000 ) == WAIT_TIMEOUT)
        {
            set = (fd_set){ 1, { src } };
            stalls += select( 0, NULL, &set, NULL, &no_wait );
        }
        ret = WSAEnumNetworkEvents( src, event, &events );
        ok( !ret, "WSAEnumNetworkEvents failed, error %d\n", WSAGetLastError() );
        WSAEventSelect( src, NULL, 0 );

        ret = send( src, send_buffer, min( sizeof(send_buffer), total - sent ), 0 );
        if (ret > 0) sent += ret;
        else ok( WSAGetLastError() == WSAEWOULDBLOCK, "send failed, error %d\n", WSAGetLastError() );
    }
    ok( !stalls, "stalled %u times after %u bytes\n", stalls, sent );
    shutdown( src, SD_SEND );
    ok( !WaitForSingleObject( thread, PATIENCE ), "the reader does not end\n" );
    ok( reader.total == sent, "sent %u bytes, received %u\n", sent, reader.total );
    CloseHandle( thread );
    closesocket( src );
    closesocket( reader.s );
    WSACloseEvent( event );
}

/* Selections from two threads, polls that arm FD_WRITE, a socket that is closed: no crash, no hang. */
static volatile LONG race_over;

static DWORD WINAPI selecting_thread( void *arg )
{
    volatile SOCKET *shared = arg;
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;

    while (!race_over)
    {
        WSAEventSelect( *shared, event, FD_READ | FD_WRITE | FD_CLOSE );
        WSAEnumNetworkEvents( *shared, event, &events );
        WSAEventSelect( *shared, NULL, 0 );
    }
    WSACloseEvent( event );
    return 0;
}

static void test_race( void )
{
    volatile SOCKET shared;
    HANDLE threads[2];
    SOCKET src, dst;
    unsigned int i;

    tcp_socketpair( &src, &dst );
    shared = src;
    set_blocking( src, FALSE );
    threads[0] = CreateThread( NULL, 0, selecting_thread, (void *)&shared, 0, NULL );
    threads[1] = CreateThread( NULL, 0, selecting_thread, (void *)&shared, 0, NULL );
    for (i = 0; i < 10; i++)
    {
        unsigned int sent = fill( src, i & 1 );
        ok( drain( dst, sent ), "recv failed, error %d\n", WSAGetLastError() );
    }
    closesocket( src );
    closesocket( dst );
    race_over = TRUE;
    ok( !WaitForMultipleObjects( 2, threads, TRUE, PATIENCE ), "the threads do not end\n" );
    CloseHandle( threads[0] );
    CloseHandle( threads[1] );
}

#define DRAINED_BYTES 3000

static DWORD WINAPI drip( void *arg )
{
    SOCKET s = *(SOCKET *)arg;
    unsigned int i;
    char byte;

    for (i = 0; i < DRAINED_BYTES; i++)
    {
        byte = i;
        if (send( s, &byte, 1, 0 ) != 1) break;
        if (!(i % 3)) SwitchToThread();
    }
    return i;
}

/* Receive until nothing is there, as programs do that have many sockets: the receive that fails makes
 * FD_READ due again as the others do (MS: WSAEventSelect), and each byte brings it. */
static void test_drained( void )
{
    unsigned int count = 0, wrong = 0;
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;
    SOCKET src, dst;
    HANDLE thread;
    DWORD sent;
    char byte;
    int ret;

    tcp_socketpair( &src, &dst );
    /* from receives without a selection to receives with one */
    check_transfer( src, dst );
    expect_success( WSAEventSelect( dst, event, FD_READ | FD_CLOSE ) );
    expect_error( recv( dst, &byte, 1, 0 ), WSAEWOULDBLOCK );
    expect_error( recv( dst, &byte, 1, MSG_PEEK ), WSAEWOULDBLOCK );
    check_events( dst, event, 0 );
    thread = CreateThread( NULL, 0, drip, &src, 0, NULL );
    while (count < DRAINED_BYTES)
    {
        if (WaitForSingleObject( event, PATIENCE )) break;
        if (WSAEnumNetworkEvents( dst, event, &events )) break;
        while ((ret = recv( dst, &byte, 1, 0 )) == 1) wrong += byte != (char)count++;
        if (WSAGetLastError() != WSAEWOULDBLOCK) break;
    }
    ok( count == DRAINED_BYTES && !wrong, "got %u bytes, %u wrong, error %d\n", count, wrong,
        WSAGetLastError() );
    ok( !WaitForSingleObject( thread, PATIENCE ), "the sender hangs\n" );
    GetExitCodeThread( thread, &sent );
    ok( sent == DRAINED_BYTES, "sent %lu bytes\n", sent );
    CloseHandle( thread );

    /* the last FD_READ may be for a byte that the loop above has got already */
    WSAEnumNetworkEvents( dst, event, &events );
    expect_error( recv( dst, &byte, 1, 0 ), WSAEWOULDBLOCK );
    check_events( dst, event, 0 );
    closesocket( src );
    wait_events( dst, event, FD_CLOSE, FD_CLOSE_BIT, 0 );
    ok( !recv( dst, &byte, 1, 0 ), "expected the end\n" );
    closesocket( dst );
    WSACloseEvent( event );
}

START_TEST(event)
{
    WSANETWORKEVENTS events;

    expect_error( WSAEventSelect( 4, NULL, 0 ), WSANOTINITIALISED );
    expect_error( WSAEnumNetworkEvents( 4, NULL, &events ), WSANOTINITIALISED );
    start_sockets();
    test_event_objects();
    test_arguments();
    test_stream();
    test_datagram();
    test_poll_after_select();
    test_rearm();
    test_upload();
    test_race();
    test_drained();
    stop_sockets();
}
