/*
 * Sockets in more than one process: WSADuplicateSocket and inheritance, with children on the same
 * ws2_32 and on Wine's own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

/* T:test_WSADuplicateSocket: the order of the checks */
static void test_errors( void )
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    WSAPROTOCOL_INFOA infoA;
    WSAPROTOCOL_INFOW info;

    expect_error( WSADuplicateSocketW( s, 0, NULL ), WSAEINVAL );
    expect_error( WSADuplicateSocketW( s, ~0u, &info ), WSAEINVAL );
    expect_error( WSADuplicateSocketA( s, 0, &infoA ), WSAEINVAL );
    expect_error( WSADuplicateSocketW( s, GetCurrentProcessId(), NULL ), WSAEFAULT );
    expect_error( WSADuplicateSocketA( s, GetCurrentProcessId(), NULL ), WSAEFAULT );
    expect_error( WSADuplicateSocketW( s, GetCurrentProcessId(), bad_pointer() ), WSAEFAULT );
    expect_error( WSADuplicateSocketA( s, GetCurrentProcessId(), bad_pointer() ), WSAEFAULT );
    expect_error( WSADuplicateSocketW( s, GetCurrentProcessId(), read_only_memory() ), WSAEFAULT );
    closesocket( s );
}

/* Two sockets for one connection: state is shared, and it ends with the last of them (MS). */
static void test_same_process( void )
{
    WSAPROTOCOL_INFOW info;
    WSAPROTOCOL_INFOA infoA;
    struct sockaddr_in name, other;
    SOCKET src, dst, copy;
    int len;
    char byte;

    tcp_socketpair( &src, &dst );
    memset( &info, 0xcc, sizeof(info) );
    expect_success( WSADuplicateSocketW( src, GetCurrentProcessId(), &info ));
    ok( info.iAddressFamily == AF_INET && info.iSocketType == SOCK_STREAM && info.iProtocol == IPPROTO_TCP,
        "got %d, %d, %d\n", info.iAddressFamily, info.iSocketType, info.iProtocol );
    copy = WSASocketW( FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0 );
    ok( copy != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    ok( copy != src, "the same socket\n" );
    len = sizeof(name);
    expect_success( getsockname( src, (struct sockaddr *)&name, &len ));
    expect_success( getsockname( copy, (struct sockaddr *)&other, &len ));
    ok( same_address( &name, &other ), "names differ\n" );
    check_transfer( copy, dst );
    check_transfer( src, dst );
    check_transfer( dst, copy );
    check_transfer( dst, src );
    expect_success( closesocket( src ));
    check_transfer( copy, dst );
    check_transfer( dst, copy );
    expect_success( closesocket( copy ));
    ok( !recv( dst, &byte, 1, 0 ), "expected the end\n" );
    closesocket( dst );

    src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, NULL, NULL );
    expect_success( WSADuplicateSocketA( src, GetCurrentProcessId(), &infoA ));
    ok( infoA.iSocketType == SOCK_DGRAM && infoA.iProtocol == IPPROTO_UDP, "got %d, %d\n", infoA.iSocketType,
        infoA.iProtocol );
    copy = WSASocketA( 0, 0, 0, &infoA, 0, 0 );
    ok( copy != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    len = sizeof(name);
    expect_success( getsockname( copy, (struct sockaddr *)&name, &len ));
    dst = socket( AF_INET, SOCK_DGRAM, 0 );
    expect_success( connect( dst, (struct sockaddr *)&name, len ));
    check_transfer( dst, copy );
    check_transfer( dst, src );
    closesocket( src );
    closesocket( copy );
    closesocket( dst );
}

/* Both ends of the pipe are overlapped, so that no step waits for ever. */
static BOOL transfer( HANDLE pipe, BOOL write, void *data, DWORD size )
{
    OVERLAPPED overlapped = { 0 };
    DWORD count, done = 0;
    BOOL ret = TRUE;

    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    while (ret && done < size)
    {
        ret = write ? WriteFile( pipe, (char *)data + done, size - done, NULL, &overlapped )
                    : ReadFile( pipe, (char *)data + done, size - done, NULL, &overlapped );
        if (!ret && GetLastError() != ERROR_IO_PENDING) break;
        if (WaitForSingleObject( overlapped.hEvent, PATIENCE )) CancelIo( pipe );
        ret = GetOverlappedResult( pipe, &overlapped, &count, TRUE ) && count;
        if (ret) done += count;
    }
    CloseHandle( overlapped.hEvent );
    return ret;
}

static void write_all( HANDLE pipe, const void *data, DWORD size )
{
    ok( transfer( pipe, TRUE, (void *)data, size ), "got error %lu\n", GetLastError() );
}

static BOOL read_all( HANDLE pipe, void *data, DWORD size )
{
    return transfer( pipe, FALSE, data, size );
}

static SOCKET socket_from_pipe( HANDLE pipe )
{
    WSAPROTOCOL_INFOW info;
    SOCKET s;

    ok( read_all( pipe, &info, sizeof(info) ), "got error %lu\n", GetLastError() );
    s = WSASocketW( FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                    WSA_FLAG_OVERLAPPED );
    ok( s != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    return s;
}

static void socket_to_pipe( HANDLE pipe, SOCKET s, DWORD pid )
{
    WSAPROTOCOL_INFOW info;

    memset( &info, 0, sizeof(info) );
    ok( !WSADuplicateSocketW( s, pid, &info ), "got error %d\n", WSAGetLastError() );
    write_all( pipe, &info, sizeof(info) );
}

static void expect_text( SOCKET s, const char *text )
{
    char buffer[32] = { 0 };

    ok( recv_exactly( s, buffer, strlen( text )) && !strcmp( buffer, text ), "got '%s', expected '%s'\n",
        buffer, text );
}

static void send_text( SOCKET s, const char *text )
{
    int ret = send( s, text, strlen( text ), 0 );

    ok( ret == (int)strlen( text ), "got %d, error %d\n", ret, WSAGetLastError() );
}

/* The other process: it is handed a connection, a listener and a datagram socket, and hands one back. */
static void child( const char *pipe_name, DWORD parent, SOCKET inherited )
{
    SOCKET stream, listener, datagram, accepted, mine, peer;
    DWORD pid = GetCurrentProcessId();
    struct sockaddr_storage addr;
    int len, value, ret;
    HANDLE pipe;
    char byte;

    trace( "child runs on %s\n", GetModuleHandleW( L"ws2host.dll" ) ? "our ws2_32" : "another ws2_32" );

    pipe = CreateFileA( pipe_name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                        FILE_FLAG_OVERLAPPED, NULL );
    ok( pipe != INVALID_HANDLE_VALUE, "got error %lu\n", GetLastError() );
    if (pipe == INVALID_HANDLE_VALUE) return;
    write_all( pipe, &pid, sizeof(pid) );

    stream = socket_from_pipe( pipe );
    expect_text( stream, "to the child" );
    send_text( stream, "from the child" );
    value = 0;
    len = sizeof(value);
    ret = getsockopt( stream, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &len );
    ok( !ret && value, "lost SO_KEEPALIVE\n" );

    listener = socket_from_pipe( pipe );
    accepted = accept( listener, NULL, NULL );
    ok( accepted != INVALID_SOCKET, "got error %d\n", WSAGetLastError() );
    expect_text( accepted, "hello" );
    ok( !closesocket( accepted ), "got error %d\n", WSAGetLastError() );
    ok( !closesocket( listener ), "got error %d\n", WSAGetLastError() );

    datagram = socket_from_pipe( pipe );
    expect_text( datagram, "datagram" );
    closesocket( datagram );

    tcp_socketpair( &mine, &peer );
    socket_to_pipe( pipe, peer, parent );
    closesocket( peer );
    send_text( mine, "handed over" );
    expect_text( mine, "thanks" );
    closesocket( mine );

    if (inherited)
    {
        /* the handle value is the socket */
        len = sizeof(addr);
        ok( !getsockname( inherited, (struct sockaddr *)&addr, &len ), "got error %d\n", WSAGetLastError() );
        expect_text( inherited, "inherited" );
        send_text( inherited, "yes" );
        ok( !closesocket( inherited ), "got error %d\n", WSAGetLastError() );
    }

    /* stream is closed by the end of this process, when the parent says so */
    ok( read_all( pipe, &byte, 1 ), "got error %lu\n", GetLastError() );
    write_all( pipe, &winetest_failures, sizeof(winetest_failures) );
}

/* Start the child on Wine's own ws2_32. The override is not a variable that a Windows program can change
 * for its children, so a host program does it. */
static BOOL start_on_stock( const char *pipe_name )
{
    STARTUPINFOA startup = { sizeof(startup) };
    PROCESS_INFORMATION info;
    char command[1024], **argv;

    winetest_get_mainargs( &argv );
    snprintf( command, sizeof(command),
              "env WINEDLLOVERRIDES=ws2_32=builtin wine \"%s\" duplicate child %s %lu 0", argv[0], pipe_name,
              GetCurrentProcessId() );
    if (!CreateProcessA( "\\\\?\\unix\\usr\\bin\\env", command, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                         &info )) return FALSE;
    CloseHandle( info.hThread );
    CloseHandle( info.hProcess );
    return TRUE;
}

static BOOL wait_for_child( HANDLE pipe )
{
    OVERLAPPED overlapped = { 0 };
    DWORD count;
    BOOL ret;

    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    ret = ConnectNamedPipe( pipe, &overlapped );
    if (!ret && GetLastError() == ERROR_PIPE_CONNECTED) ret = TRUE;
    else if (!ret && GetLastError() == ERROR_IO_PENDING)
    {
        if (WaitForSingleObject( overlapped.hEvent, 2 * PATIENCE )) CancelIo( pipe );
        ret = GetOverlappedResult( pipe, &overlapped, &count, TRUE );
    }
    CloseHandle( overlapped.hEvent );
    return ret;
}

static void test_child( BOOL on_stock )
{
    SOCKET src, dst, listener, client, datagram, from, inherited, inherited_peer;
    struct sockaddr_storage addr;
    char pipe_name[64], byte;
    PROCESS_INFORMATION info;
    int len, value = 1;
    LONG failures = 0;
    HANDLE pipe;
    DWORD pid;

    snprintf( pipe_name, sizeof(pipe_name), "\\\\.\\pipe\\ws2_32_test_%lu_%d", GetCurrentProcessId(),
              on_stock );
    pipe = CreateNamedPipeA( pipe_name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 4096,
                             4096, 0, NULL );
    ok( pipe != INVALID_HANDLE_VALUE, "got error %lu\n", GetLastError() );
    tcp_socketpair( &inherited_peer, &inherited );
    SetHandleInformation( (HANDLE)inherited_peer, HANDLE_FLAG_INHERIT, 0 );

    if (on_stock ? !start_on_stock( pipe_name )
                 : !start_child( &info, TRUE, "duplicate", "child %s %lu %lu", pipe_name,
                                 GetCurrentProcessId(), (DWORD)inherited ))
    {
        skip( "could not start the child, error %lu\n", GetLastError() );
        return;
    }
    if (!wait_for_child( pipe ) || !read_all( pipe, &pid, sizeof(pid) ))
    {
        ok( 0, "the child did not connect\n" );
        return;
    }

    tcp_socketpair( &src, &dst );
    setsockopt( src, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof(value) );
    socket_to_pipe( pipe, src, pid );
    closesocket( src );
    send_text( dst, "to the child" );
    expect_text( dst, "from the child" );

    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &addr, &len );
    socket_to_pipe( pipe, listener, pid );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    ok( !connect( client, (struct sockaddr *)&addr, len ), "got error %d\n", WSAGetLastError() );
    send_text( client, "hello" );
    ok( !recv( client, &byte, 1, 0 ), "expected the end\n" );
    closesocket( client );
    closesocket( listener );

    datagram = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &addr, &len );
    socket_to_pipe( pipe, datagram, pid );
    client = socket( AF_INET, SOCK_DGRAM, 0 );
    ok( sendto( client, "datagram", 8, 0, (struct sockaddr *)&addr, len ) == 8, "got error %d\n",
        WSAGetLastError() );
    closesocket( client );

    from = socket_from_pipe( pipe );
    expect_text( from, "handed over" );
    send_text( from, "thanks" );
    ok( !recv( from, &byte, 1, 0 ), "expected the end\n" );
    closesocket( from );
    closesocket( datagram );

    closesocket( inherited );
    if (!on_stock)
    {
        send_text( inherited_peer, "inherited" );
        expect_text( inherited_peer, "yes" );
        /* the child closed the last handle */
        ok( !recv( inherited_peer, &byte, 1, 0 ), "expected the end\n" );
    }
    closesocket( inherited_peer );

    /* the child holds the last handle of this one, and ends */
    write_all( pipe, "x", 1 );
    ok( read_all( pipe, &failures, sizeof(failures) ), "got error %lu\n", GetLastError() );
    if (on_stock) ok( !failures, "%ld failures in the child\n", failures );
    ok( !recv( dst, &byte, 1, 0 ), "expected the end\n" );
    if (!on_stock) finish_child( &info );
    closesocket( dst );
    CloseHandle( pipe );
}

/* A connection that is used in both processes, then in one only, then in both again. What each one says to
 * the other over the pipe are the steps. */
#define ROUNDS 20
#define PIECES 200

static void wait_step( HANDLE pipe )
{
    char byte;

    ok( read_all( pipe, &byte, 1 ), "got error %lu\n", GetLastError() );
}

static void next_step( HANDLE pipe )
{
    write_all( pipe, "x", 1 );
}

static BOOL expect_readable( SOCKET s, WSAEVENT event )
{
    WSANETWORKEVENTS events = { 0 };
    ULONGLONG start = GetTickCount64();

    do
    {
        ok( WSAWaitForMultipleEvents( 1, &event, TRUE, PATIENCE, FALSE ) == WSA_WAIT_EVENT_0, "no event\n" );
        ok( !WSAEnumNetworkEvents( s, event, &events ), "got error %d\n", WSAGetLastError() );
    }
    while (!(events.lNetworkEvents & FD_READ) && GetTickCount64() - start < PATIENCE);
    ok( events.lNetworkEvents & FD_READ, "got %#lx\n", events.lNetworkEvents );
    return !!(events.lNetworkEvents & FD_READ);
}

/* The handle that the events were selected for may be another than the one that is used. */
static void echo_watched( SOCKET watched, WSAEVENT event, SOCKET s, unsigned int rounds )
{
    char buffer[8];
    int ret;

    while (rounds--)
    {
        if (!expect_readable( watched, event )) break;
        ret = recv( s, buffer, 6, 0 );
        ok( ret == 6, "got %d, error %d\n", ret, WSAGetLastError() );
        ret = send( s, buffer, 6, 0 );
        ok( ret == 6, "got %d, error %d\n", ret, WSAGetLastError() );
    }
}

static void echo_events( SOCKET s, WSAEVENT event, unsigned int rounds )
{
    echo_watched( s, event, s, rounds );
}

static void ask( SOCKET s, unsigned int rounds )
{
    char text[8];

    while (rounds--)
    {
        snprintf( text, sizeof(text), "ask%03u", rounds );
        send_text( s, text );
        expect_text( s, text );
    }
}

/* Read half of the bytes from a socket that does not block, and that another process reads, too. */
static void read_half( SOCKET s, unsigned int *count, unsigned int *sum )
{
    unsigned char byte;
    int ret;

    while (*count < PIECES / 2)
    {
        if ((ret = recv( s, (char *)&byte, 1, 0 )) == 1)
        {
            ++*count;
            *sum += byte;
        }
        else if (ret != -1 || WSAGetLastError() != WSAEWOULDBLOCK || !wait_socket( s, "r" )) break;
    }
}

/* The child's end of the pipe that it was told of. */
static HANDLE open_parent_pipe( const char *pipe_name )
{
    HANDLE pipe = CreateFileA( pipe_name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                               FILE_FLAG_OVERLAPPED, NULL );
    DWORD pid = GetCurrentProcessId();

    ok( pipe != INVALID_HANDLE_VALUE, "got error %lu\n", GetLastError() );
    write_all( pipe, &pid, sizeof(pid) );
    return pipe;
}

/* Start a child as "duplicate ROLE PIPE THIS_PROCESS SOCKET"; the pipe to it, NULL after a failed check. */
static HANDLE start_partner( PROCESS_INFORMATION *info, const char *role, BOOL inherit, SOCKET s )
{
    char pipe_name[64];
    HANDLE pipe;
    DWORD pid;

    snprintf( pipe_name, sizeof(pipe_name), "\\\\.\\pipe\\ws2_32_test_%lu_%s", GetCurrentProcessId(), role );
    pipe = CreateNamedPipeA( pipe_name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1, 4096,
                             4096, 0, NULL );
    if (!start_child( info, inherit, "duplicate", "%s %s %lu %lu", role, pipe_name, GetCurrentProcessId(),
                      (DWORD)s )) return NULL;
    if (wait_for_child( pipe ) && read_all( pipe, &pid, sizeof(pid) )) return pipe;
    ok( 0, "the child did not connect\n" );
    return NULL;
}

static void handover_child( const char *pipe_name, DWORD parent )
{
    WSAEVENT event = WSACreateEvent();
    unsigned int read[2] = { 0 };
    u_long off = 0;
    HANDLE pipe;
    SOCKET s;

    pipe = open_parent_pipe( pipe_name );
    s = socket_from_pipe( pipe );

    /* the parent has it, too */
    ok( !WSAEventSelect( s, event, FD_READ | FD_CLOSE ), "got error %d\n", WSAGetLastError() );
    next_step( pipe );
    echo_events( s, event, ROUNDS );
    /* both read */
    wait_step( pipe );
    read_half( s, &read[0], &read[1] );
    write_all( pipe, read, sizeof(read) );
    /* the parent has none any more, but had changed the mode and the selection before */
    wait_step( pipe );
    ok( !WSAEventSelect( s, event, FD_READ | FD_CLOSE ), "got error %d\n", WSAGetLastError() );
    next_step( pipe );
    echo_events( s, event, 5 * ROUNDS );
    ok( !WSAEventSelect( s, NULL, 0 ) && !ioctlsocket( s, FIONBIO, &off ), "got error %d\n",
        WSAGetLastError() );
    next_step( pipe );
    expect_text( s, "blocking" );
    send_text( s, "yes" );
    /* the parent gets it back, and selects what this process must not see */
    socket_to_pipe( pipe, s, parent );
    wait_step( pipe );
    closesocket( s );
    next_step( pipe );

    wait_step( pipe );
    write_all( pipe, &winetest_failures, sizeof(winetest_failures) );
    WSACloseEvent( event );
}

static void test_handover( void )
{
    unsigned int i, expected = 0, mine[2] = { 0 }, other[2] = { 0 };
    WSAEVENT event = WSACreateEvent();
    PROCESS_INFORMATION info;
    u_long off = 0;
    SOCKET src, dst;
    HANDLE pipe;
    LONG failures = 0;
    char byte;

    tcp_socketpair( &src, &dst );
    if (!(pipe = start_partner( &info, "handover", FALSE, 0 ))) return;
    socket_to_pipe( pipe, src, info.dwProcessId );
    wait_step( pipe );
    ask( dst, ROUNDS );

    /* its selection has made the socket non-blocking here as well */
    for (i = 0; i < PIECES; i++)
    {
        byte = i;
        expected += (unsigned char)byte;
        ok( send( dst, &byte, 1, 0 ) == 1, "got error %d\n", WSAGetLastError() );
    }
    next_step( pipe );
    read_half( src, &mine[0], &mine[1] );
    ok( read_all( pipe, other, sizeof(other) ), "got error %lu\n", GetLastError() );
    ok( mine[0] + other[0] == PIECES && mine[1] + other[1] == expected,
        "%u bytes here, %u there, the sum is %u, expected %u\n", mine[0], other[0], mine[1] + other[1],
        expected );

    ok( !WSAEventSelect( src, event, FD_WRITE ) && !WSAEventSelect( src, NULL, 0 ) &&
        !ioctlsocket( src, FIONBIO, &off ), "got error %d\n", WSAGetLastError() );
    closesocket( src );
    next_step( pipe );
    wait_step( pipe );
    ask( dst, 5 * ROUNDS );
    wait_step( pipe );
    send_text( dst, "blocking" );
    expect_text( dst, "yes" );

    src = socket_from_pipe( pipe );
    ok( !WSAEventSelect( src, event, FD_READ ), "got error %d\n", WSAGetLastError() );
    send_text( dst, "shared" );
    echo_events( src, event, 1 );
    expect_text( dst, "shared" );
    next_step( pipe );
    wait_step( pipe );
    for (i = 0; i < ROUNDS; i++)
    {
        send_text( dst, "backin" );
        echo_events( src, event, 1 );
        expect_text( dst, "backin" );
    }
    closesocket( src );
    ok( !recv( dst, &byte, 1, 0 ), "expected the end\n" );
    closesocket( dst );

    next_step( pipe );
    ok( read_all( pipe, &failures, sizeof(failures) ), "got error %lu\n", GetLastError() );
    finish_child( &info );
    CloseHandle( pipe );
    WSACloseEvent( event );
}

/* A server hands a connection to a child that has inherited the handle as well, since all handles are
 * inheritable: PostgreSQL's children close that one, others need not. */
static void backend_child( const char *pipe_name, SOCKET inherited, BOOL closes )
{
    WSAEVENT event = WSACreateEvent();
    HANDLE pipe = open_parent_pipe( pipe_name );
    SOCKET s = socket_from_pipe( pipe );
    char byte;

    ok( s != inherited, "got the inherited handle\n" );
    if (closes) ok( !closesocket( inherited ), "got error %d\n", WSAGetLastError() );
    next_step( pipe );
    wait_step( pipe );  /* the parent has closed its handle */
    ok( !WSAEventSelect( s, event, FD_READ | FD_CLOSE ), "got error %d\n", WSAGetLastError() );
    next_step( pipe );
    echo_events( s, event, 5 * ROUNDS );
    if (!closes)
    {
        /* what is done with one handle holds for both (MS: WSADuplicateSocket) */
        ok( !WSAEventSelect( s, NULL, 0 ), "got error %d\n", WSAGetLastError() );
        ok( !WSAEventSelect( inherited, event, FD_READ ), "got error %d\n", WSAGetLastError() );
        echo_watched( inherited, event, s, ROUNDS );
        echo_watched( inherited, event, inherited, ROUNDS );
        ok( !WSAEventSelect( s, event, FD_READ ), "got error %d\n", WSAGetLastError() );
        echo_watched( s, event, inherited, ROUNDS );
        expect_readable( s, event );
        ok( !shutdown( inherited, SD_RECEIVE ), "got error %d\n", WSAGetLastError() );
        expect_error( recv( s, &byte, 1, 0 ), WSAESHUTDOWN );
        closesocket( s );
        send_text( inherited, "open" );
        wait_step( pipe );
        closesocket( inherited );
    }
    else closesocket( s );
    wait_step( pipe );
    write_all( pipe, &winetest_failures, sizeof(winetest_failures) );
}

static void test_backend( BOOL closes )
{
    PROCESS_INFORMATION info;
    SOCKET src, dst;
    LONG failures;
    HANDLE pipe;
    char byte;

    tcp_socketpair( &dst, &src );
    SetHandleInformation( (HANDLE)dst, HANDLE_FLAG_INHERIT, 0 );
    if (!(pipe = start_partner( &info, closes ? "closes" : "keeps", TRUE, src ))) return;
    socket_to_pipe( pipe, src, info.dwProcessId );
    wait_step( pipe );
    closesocket( src );
    next_step( pipe );
    wait_step( pipe );
    ask( dst, 5 * ROUNDS );
    if (!closes)
    {
        ask( dst, 3 * ROUNDS );
        send_text( dst, "unread" );
        expect_text( dst, "open" );
        next_step( pipe );
    }
    /* what was not read makes the host's close a reset */
    ok( recv( dst, &byte, 1, 0 ) <= 0, "expected the end\n" );
    closesocket( dst );
    next_step( pipe );
    ok( read_all( pipe, &failures, sizeof(failures) ), "got error %lu\n", GetLastError() );
    finish_child( &info );
    CloseHandle( pipe );
}

START_TEST( duplicate )
{
    char **argv;
    int argc = winetest_get_mainargs( &argv );

    start_sockets();
    if (argc >= 6 && !strcmp( argv[2], "child" ))
    {
        child( argv[3], strtoul( argv[4], NULL, 10 ), strtoul( argv[5], NULL, 10 ) );
        return;
    }
    if (argc >= 5 && !strcmp( argv[2], "handover" ))
    {
        handover_child( argv[3], strtoul( argv[4], NULL, 10 ) );
        return;
    }
    if (argc >= 6 && (!strcmp( argv[2], "closes" ) || !strcmp( argv[2], "keeps" )))
    {
        backend_child( argv[3], strtoul( argv[5], NULL, 10 ), !strcmp( argv[2], "closes" ) );
        return;
    }
    test_errors();
    test_same_process();
    test_handover();
    test_backend( TRUE );
    test_backend( FALSE );
    winetest_push_context( "same ws2_32" );
    test_child( FALSE );
    winetest_pop_context();
    if (GetModuleHandleW( L"ws2host.dll" ))
    {
        winetest_push_context( "Wine's ws2_32" );
        test_child( TRUE );
        winetest_pop_context();
    }
    else skip( "not on our ws2_32\n" );
    stop_sockets();
}
