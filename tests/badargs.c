/*
 * Bad arguments to every exported function: pointers that are not memory, NULL, wrong lengths, handles that
 * are no sockets. The answer is the documented error, never a crash; a crash is a failed check and the rest
 * goes on. At the end each export of the DLL must have been called, or be listed here as one that takes
 * nothing bad.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources: each function's page (MS), where WSAEFAULT is listed for memory that is not the program's and
 * WSAENOTSOCK for handles that are no sockets; for pages that list no such error: an error, no crash.
 * What is observed on Windows is marked by its test (T:) or its row of the reference.
 */
#include "util.h"
#include <ws2spi.h>
#include <sporder.h>
#include <svcguid.h>

/*** calls that may crash ***/

static void *jump_buffer[5];
static volatile BOOL armed, crashed;
static volatile LONG_PTR value;
static int error_out;       /* for functions that answer their error through a pointer */

static void landing( void )
{
    __builtin_longjmp( jump_buffer, 1 );
}

static LONG WINAPI crash_filter( EXCEPTION_POINTERS *info )
{
    if (!armed || info->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    armed = FALSE;
#ifdef _WIN64
    info->ContextRecord->Rsp = ((info->ContextRecord->Rsp - 512) & ~(DWORD64)15) - 8;
    info->ContextRecord->Rip = (DWORD64)landing;
#else
    info->ContextRecord->Esp = (info->ContextRecord->Esp - 512) & ~15;
    info->ContextRecord->Eip = (DWORD)landing;
#endif
    return EXCEPTION_CONTINUE_EXECUTION;
}

static const char *covered[256];
static unsigned int covered_count;

static void cover( const char *name )
{
    unsigned int i;

    for (i = 0; i < covered_count; i++) if (!strcmp( covered[i], name )) return;
    if (covered_count < ARRAY_SIZE( covered )) covered[covered_count++] = name;
}

#define TRY( name, call ) \
    do { \
        cover( name ); \
        WSASetLastError( 0xdeadbeef ); \
        error_out = 0xdead; \
        if (!__builtin_setjmp( jump_buffer )) \
        { \
            armed = TRUE; \
            value = (LONG_PTR)(call); \
            crashed = FALSE; \
        } \
        else crashed = TRUE; \
        armed = FALSE; \
        ok( !crashed, "%s crashed\n", #call ); \
    } while (0)

/* The call answers this value, and the last error is one of two. */
#define FAILS_WITH( name, call, answer, error, other ) \
    do { \
        int fail_error_; \
        TRY( name, call ); \
        fail_error_ = WSAGetLastError(); \
        if (!crashed) \
        { \
            ok( value == (LONG_PTR)(answer), "%s: got %ld\n", #call, (long)value ); \
            ok( fail_error_ == (error) || fail_error_ == (other), "%s: got error %d, expected %s\n", #call, \
                fail_error_, #error ); \
            if (fail_error_ == (error) || fail_error_ == (other)) note_failure( name, fail_error_ ); \
        } \
    } while (0)

#define BAD( name, call, error ) FAILS_WITH( name, call, -1, error, error )
#define BAD_EITHER( name, call, error, other ) FAILS_WITH( name, call, -1, error, other )
#define BAD_NULL( name, call, error ) FAILS_WITH( name, call, 0, error, error )

/* The answer is the error. */
#define BAD_ANSWER( name, call, error ) \
    do { \
        TRY( name, call ); \
        if (!crashed) ok( value == (error), "%s: got %ld, expected %s\n", #call, (long)value, #error ); \
        if (!crashed && value == (error)) note_failure( name, value ); \
    } while (0)

/* SOCKET_ERROR, with the error in error_out. */
#define BAD_OUT( name, call, error ) \
    do { \
        TRY( name, call ); \
        if (!crashed) \
        { \
            ok( value == -1, "%s: got %ld\n", #call, (long)value ); \
            ok( error_out == (error), "%s: got error %d, expected %s\n", #call, error_out, #error ); \
        } \
    } while (0)

/* Fails in its way; which error it is has no source. */
#define BAD_SOMEHOW( name, call, answer ) \
    do { \
        TRY( name, call ); \
        if (!crashed) ok( value == (LONG_PTR)(answer), "%s: got %ld\n", #call, (long)value ); \
    } while (0)
#define BAD_NONZERO( name, call ) \
    do { \
        TRY( name, call ); \
        if (!crashed) ok( value != 0, "%s: succeeded\n", #call ); \
    } while (0)

/* What it answers is not judged. */
#define NO_CRASH( name, call ) TRY( name, call )

/* Functions that an import library or an older Wine may not have. */
static void *optional( const char *name )
{
    return (void *)GetProcAddress( GetModuleHandleA( "ws2_32.dll" ), name );
}

/*** what is bad ***/

#define ONE ((void *)1)

/* Each kind of pointer that is not the program's memory, for a callee that needs "size" bytes. */
static void *bad[8];
static const unsigned int any_bad = 3, read_bad = 4;    /* bad[0..2] for all, bad[3] is short */

static void set_bad_pointers( SIZE_T size )
{
    bad[0] = ONE;
    bad[1] = bad_pointer();
    bad[2] = (char *)bad_pointer() + 0x8000;
    bad[3] = memory_before_nothing( size - 1 );
}

static SOCKET not_sockets[6];
static HANDLE file, event;

static void make_not_sockets( void )
{
    WCHAR path[MAX_PATH], name[MAX_PATH];

    GetTempPathW( MAX_PATH, path );
    GetTempFileNameW( path, L"ws2", 0, name );
    file = CreateFileW( name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                        FILE_FLAG_DELETE_ON_CLOSE, NULL );
    ok( file != INVALID_HANDLE_VALUE, "failed to make a file, error %lu\n", GetLastError() );
    event = CreateEventW( NULL, TRUE, FALSE, NULL );

    not_sockets[0] = INVALID_SOCKET;
    not_sockets[1] = 0;
    not_sockets[2] = (SOCKET)file;
    not_sockets[3] = (SOCKET)event;
    not_sockets[4] = 0x12345678;
}

/* A closed socket's value: last, so that nothing takes it over before it is used. */
static void refresh_closed( void )
{
    not_sockets[5] = socket( AF_INET, SOCK_STREAM, 0 );
    closesocket( not_sockets[5] );
}

/*** handles ***/

static void test_handles( void )
{
    struct sockaddr_in addr = loopback_address( 1 );
    struct sockaddr *name = (struct sockaddr *)&addr;
    struct timeval timeout = { 0, 0 };
    WSANETWORKEVENTS events;
    WSAPROTOCOL_INFOA info_a;
    WSAPROTOCOL_INFOW info_w;
    OVERLAPPED overlapped = { 0 };
    char data[64] = "";
    WSABUF buffer = { 1, data };
    WSAMSG msg = { name, sizeof(addr), &buffer, 1 };
    DWORD count, flags;
    u_short short_value;
    u_long long_value;
    unsigned int i;
    int len, option;
    fd_set set;
    QOS qos;

    for (i = 0; i < ARRAY_SIZE( not_sockets ); i++)
    {
        SOCKET s;

        refresh_closed();
        s = not_sockets[i];
        winetest_push_context( "handle %u (%#lx)", i, (long)s );
        len = sizeof(addr);
        flags = 0;
        long_value = 1;
        BAD( "bind", bind( s, name, sizeof(addr) ), WSAENOTSOCK );
        BAD( "connect", connect( s, name, sizeof(addr) ), WSAENOTSOCK );
        BAD( "WSAConnect", WSAConnect( s, name, sizeof(addr), NULL, NULL, NULL, NULL ), WSAENOTSOCK );
        BAD( "listen", listen( s, 1 ), WSAENOTSOCK );
        BAD( "accept", accept( s, NULL, NULL ), WSAENOTSOCK );
        BAD( "WSAAccept", WSAAccept( s, NULL, NULL, NULL, 0 ), WSAENOTSOCK );
        BAD( "getsockname", getsockname( s, name, &len ), WSAENOTSOCK );
        BAD( "getpeername", getpeername( s, name, &len ), WSAENOTSOCK );
        BAD( "shutdown", shutdown( s, SD_BOTH ), WSAENOTSOCK );
        BAD( "WSARecvDisconnect", WSARecvDisconnect( s, NULL ), WSAENOTSOCK );
        BAD( "WSASendDisconnect", WSASendDisconnect( s, NULL ), WSAENOTSOCK );
        BAD( "send", send( s, data, 1, 0 ), WSAENOTSOCK );
        BAD( "sendto", sendto( s, data, 1, 0, name, sizeof(addr) ), WSAENOTSOCK );
        BAD( "WSASend", WSASend( s, &buffer, 1, &count, 0, NULL, NULL ), WSAENOTSOCK );
        BAD( "WSASendTo", WSASendTo( s, &buffer, 1, &count, 0, name, sizeof(addr), NULL, NULL ),
             WSAENOTSOCK );
        BAD( "WSASendMsg", WSASendMsg( s, &msg, 0, &count, NULL, NULL ), WSAENOTSOCK );
        BAD( "recv", recv( s, data, 1, 0 ), WSAENOTSOCK );
        BAD( "recvfrom", recvfrom( s, data, 1, 0, name, &len ), WSAENOTSOCK );
        BAD( "WSARecv", WSARecv( s, &buffer, 1, &count, &flags, NULL, NULL ), WSAENOTSOCK );
        BAD( "WSARecvFrom", WSARecvFrom( s, &buffer, 1, &count, &flags, name, &len, NULL, NULL ),
             WSAENOTSOCK );
        BAD_NULL( "WSAGetOverlappedResult", WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags ),
                  WSAENOTSOCK );
        len = sizeof(option);
        BAD( "getsockopt", getsockopt( s, SOL_SOCKET, SO_TYPE, (char *)&option, &len ), WSAENOTSOCK );
        option = 1;
        BAD( "setsockopt", setsockopt( s, SOL_SOCKET, SO_KEEPALIVE, (char *)&option, sizeof(option) ),
             WSAENOTSOCK );
        BAD( "ioctlsocket", ioctlsocket( s, FIONBIO, &long_value ), WSAENOTSOCK );
        BAD( "WSAIoctl", WSAIoctl( s, FIONREAD, NULL, 0, &long_value, 4, &count, NULL, NULL ), WSAENOTSOCK );
        BAD( "WSAEventSelect", WSAEventSelect( s, event, FD_READ ), WSAENOTSOCK );
        BAD( "WSAEnumNetworkEvents", WSAEnumNetworkEvents( s, NULL, &events ), WSAENOTSOCK );
        BAD_EITHER( "WSAAsyncSelect", WSAAsyncSelect( s, NULL, 0, 0 ), WSAENOTSOCK, WSAEINVAL );
        BAD( "WSADuplicateSocketA", WSADuplicateSocketA( s, GetCurrentProcessId(), &info_a ), WSAENOTSOCK );
        BAD( "WSADuplicateSocketW", WSADuplicateSocketW( s, GetCurrentProcessId(), &info_w ), WSAENOTSOCK );
        BAD( "WSAHtonl", WSAHtonl( s, 1, &long_value ), WSAENOTSOCK );
        BAD( "WSAHtons", WSAHtons( s, 1, &short_value ), WSAENOTSOCK );
        BAD( "WSANtohl", WSANtohl( s, 1, &long_value ), WSAENOTSOCK );
        BAD( "WSANtohs", WSANtohs( s, 1, &short_value ), WSAENOTSOCK );
        BAD_SOMEHOW( "WSAJoinLeaf", WSAJoinLeaf( s, name, sizeof(addr), NULL, NULL, NULL, NULL, JL_BOTH ),
                     -1 );
        BAD_SOMEHOW( "WSAGetQOSByName", WSAGetQOSByName( s, &buffer, &qos ), 0 );
        BAD( "closesocket", closesocket( s ), WSAENOTSOCK );
        FD_ZERO( &set );
        FD_SET( s, &set );
        BAD( "select", select( 0, &set, NULL, NULL, &timeout ), WSAENOTSOCK );  /* T:test_select */
        winetest_pop_context();
    }
    /* none of it did anything to the handles */
    ok( SetEvent( event ), "the event is gone, error %lu\n", GetLastError() );
    ok( GetFileType( file ) == FILE_TYPE_DISK, "the file is gone, error %lu\n", GetLastError() );
}

/*** memory ***/

static void test_names( void )
{
    struct sockaddr_in addr = loopback_address( 0 );
    struct sockaddr *name = (struct sockaddr *)&addr;
    SOCKET s, connected, dst, listener, client;
    struct sockaddr_storage local;
    unsigned int i;
    int len, local_len;

    s = socket( AF_INET, SOCK_STREAM, 0 );
    tcp_socketpair( &connected, &dst );

    set_bad_pointers( sizeof(addr) );
    *(struct sockaddr_in *)&local = addr;
    memcpy( bad[3], &addr, sizeof(addr) - 1 );
    for (i = 0; i < read_bad; i++)
    {
        winetest_push_context( "pointer %u", i );
        BAD( "bind", bind( s, bad[i], sizeof(addr) ), WSAEFAULT );
        BAD( "connect", connect( s, bad[i], sizeof(addr) ), WSAEFAULT );
        BAD( "WSAConnect", WSAConnect( s, bad[i], sizeof(addr), NULL, NULL, NULL, NULL ), WSAEFAULT );
        len = sizeof(addr);
        BAD( "getsockname", getsockname( connected, bad[i], &len ), WSAEFAULT );
        len = sizeof(addr);
        BAD( "getpeername", getpeername( connected, bad[i], &len ), WSAEFAULT );
        BAD_SOMEHOW( "WSAJoinLeaf", WSAJoinLeaf( s, bad[i], sizeof(addr), NULL, NULL, NULL, NULL, JL_BOTH ),
                     -1 );
        winetest_pop_context();
    }
    BAD( "bind", bind( s, NULL, sizeof(addr) ), WSAEFAULT );                    /* T:test_bind */
    BAD( "bind", bind( s, name, 0 ), WSAEFAULT );                               /* T:test_bind */
    BAD( "bind", bind( s, name, sizeof(addr) - 1 ), WSAEFAULT );                /* T:test_bind */
    BAD( "bind", bind( s, name, -1 ), WSAEFAULT );
    BAD( "connect", connect( s, NULL, sizeof(addr) ), WSAEFAULT );
    BAD( "connect", connect( s, name, sizeof(addr) - 1 ), WSAEFAULT );
    BAD( "connect", connect( s, name, -1 ), WSAEFAULT );

    set_bad_pointers( sizeof(len) );
    for (i = 0; i < any_bad; i++)
    {
        winetest_push_context( "pointer %u", i );
        BAD( "getsockname", getsockname( connected, name, bad[i] ), WSAEFAULT );
        BAD( "getpeername", getpeername( connected, name, bad[i] ), WSAEFAULT );
        winetest_pop_context();
    }
    len = sizeof(addr);
    BAD( "getsockname", getsockname( connected, NULL, &len ), WSAEFAULT );
    BAD( "getsockname", getsockname( connected, name, NULL ), WSAEFAULT );
    BAD( "getpeername", getpeername( connected, NULL, &len ), WSAEFAULT );
    BAD( "getpeername", getpeername( connected, name, NULL ), WSAEFAULT );
    len = sizeof(addr) - 1;
    BAD( "getsockname", getsockname( connected, name, &len ), WSAEFAULT );
    BAD( "getpeername", getpeername( connected, name, &len ), WSAEFAULT );
    len = -1;
    BAD( "getsockname", getsockname( connected, name, &len ), WSAEFAULT );
    len = sizeof(addr);
    BAD( "getsockname", getsockname( connected, read_only_memory(), &len ), WSAEFAULT );

    /* accept: a connection is there each time */
    listener = listener_socket( AF_INET, WSA_FLAG_OVERLAPPED, &local, &local_len );
    set_blocking( listener, FALSE );
    set_bad_pointers( sizeof(addr) );
    for (i = 0; i < read_bad + 4; i++)
    {
        winetest_push_context( "accept %u", i );
        client = socket( AF_INET, SOCK_STREAM, 0 );
        ok( !connect( client, (struct sockaddr *)&local, local_len ), "failed to connect, error %d\n",
            WSAGetLastError() );
        len = sizeof(addr);
        if (i < read_bad) BAD( "accept", accept( listener, bad[i], &len ), WSAEFAULT );
        else if (i == read_bad) BAD( "accept", accept( listener, name, bad[1] ), WSAEFAULT );
        else if (i == read_bad + 1)
        {
            len = 0;
            BAD( "accept", accept( listener, name, &len ), WSAEFAULT );         /* T:test_accept */
        }
        else if (i == read_bad + 2)
        {
            len = 1;
            BAD( "WSAAccept", WSAAccept( listener, name, &len, NULL, 0 ), WSAEFAULT );
        }
        else BAD( "WSAAccept", WSAAccept( listener, bad[1], &len, NULL, 0 ), WSAEFAULT );
        closesocket( client );
        winetest_pop_context();
    }
    closesocket( listener );
    BAD( "listen", listen( s, 1 ), WSAEINVAL );         /* T:test_listen: not bound */
    BAD( "accept", accept( s, NULL, NULL ), WSAEINVAL );
    BAD( "shutdown", shutdown( connected, 3 ), WSAEINVAL );
    BAD( "shutdown", shutdown( connected, -1 ), WSAEINVAL );

    check_transfer( connected, dst );
    closesocket( s );
    closesocket( connected );
    closesocket( dst );
}

static void test_transfers( void )
{
    struct sockaddr_in addr, from;
    struct sockaddr *name = (struct sockaddr *)&addr, *from_name = (struct sockaddr *)&from;
    OVERLAPPED overlapped = { 0 };
    SOCKET src, dst, udp;
    struct sockaddr_storage local;
    char data[64] = "";
    WSABUF buffer = { 1, data }, bad_buffer;
    WSAMSG msg = { name, sizeof(addr), &buffer, 1 }, bad_msg;
    DWORD count, flags = 0, *flags_ptr = &flags;
    unsigned int i;
    int len, local_len, ret;
    void *short_buffer = memory_before_nothing( 8 );

    tcp_socketpair( &src, &dst );
    udp = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &local, &local_len );
    addr = *(struct sockaddr_in *)&local;
    set_blocking( dst, FALSE );
    set_blocking( udp, FALSE );
    /* data is there, so nothing below can wait for it */
    ok( send( src, data, 32, 0 ) == 32, "failed to send, error %d\n", WSAGetLastError() );
    ok( wait_socket( dst, "r" ), "no data\n" );

    set_bad_pointers( 16 );
    for (i = 0; i < read_bad; i++)
    {
        winetest_push_context( "data %u", i );
        bad_buffer.buf = bad[i];
        bad_buffer.len = 16;
        flags = 0;
        BAD( "recv", recv( dst, bad[i], 16, 0 ), WSAEFAULT );
        BAD( "recvfrom", recvfrom( dst, bad[i], 16, 0, NULL, NULL ), WSAEFAULT );
        BAD( "WSARecv", WSARecv( dst, &bad_buffer, 1, &count, &flags, NULL, NULL ), WSAEFAULT );
        BAD( "WSARecvFrom", WSARecvFrom( dst, &bad_buffer, 1, &count, &flags, NULL, NULL, NULL, NULL ),
             WSAEFAULT );
        BAD( "send", send( src, bad[i], 16, 0 ), WSAEFAULT );
        BAD( "sendto", sendto( udp, bad[i], 16, 0, name, sizeof(addr) ), WSAEFAULT );
        BAD( "WSASend", WSASend( src, &bad_buffer, 1, &count, 0, NULL, NULL ), WSAEFAULT );
        BAD( "WSASendTo", WSASendTo( udp, &bad_buffer, 1, &count, 0, name, sizeof(addr), NULL, NULL ),
             WSAEFAULT );
        bad_msg = msg;
        bad_msg.lpBuffers = &bad_buffer;
        BAD( "WSASendMsg", WSASendMsg( udp, &bad_msg, 0, &count, NULL, NULL ), WSAEFAULT );
        winetest_pop_context();
    }
    BAD( "recv", recv( dst, NULL, 16, 0 ), WSAEFAULT );
    BAD( "send", send( src, NULL, 16, 0 ), WSAEFAULT );
    BAD( "recv", recv( dst, short_buffer, 9, MSG_PEEK ), WSAEFAULT );
    BAD( "recv", recv( dst, read_only_memory(), 16, 0 ), WSAEFAULT );

    /* the arrays, the counts, the flags */
    set_bad_pointers( sizeof(buffer) );
    memcpy( bad[3], &buffer, sizeof(buffer) - 1 );
    for (i = 0; i < read_bad; i++)
    {
        winetest_push_context( "array %u", i );
        flags = 0;
        BAD( "WSARecv", WSARecv( dst, bad[i], 1, &count, &flags, NULL, NULL ), WSAEFAULT );
        BAD( "WSARecvFrom", WSARecvFrom( dst, bad[i], 1, &count, &flags, NULL, NULL, NULL, NULL ),
             WSAEFAULT );
        BAD( "WSASend", WSASend( src, bad[i], 1, &count, 0, NULL, NULL ), WSAEFAULT );
        BAD( "WSASendTo", WSASendTo( udp, bad[i], 1, &count, 0, name, sizeof(addr), NULL, NULL ),
             WSAEFAULT );
        bad_msg = msg;
        bad_msg.lpBuffers = bad[i];
        BAD( "WSASendMsg", WSASendMsg( udp, &bad_msg, 0, &count, NULL, NULL ), WSAEFAULT );
        winetest_pop_context();
    }
    BAD( "WSARecv", WSARecv( dst, NULL, 1, &count, flags_ptr, NULL, NULL ), WSAEFAULT );
    BAD( "WSASend", WSASend( src, NULL, 1, &count, 0, NULL, NULL ), WSAEFAULT );
    /* T:test_empty_recv */
    BAD( "WSARecv", WSARecv( dst, &buffer, 0, &count, flags_ptr, NULL, NULL ), WSAEINVAL );
    BAD( "WSARecv", WSARecv( dst, &buffer, 1, NULL, flags_ptr, NULL, NULL ), WSAEFAULT );
    BAD( "WSARecv", WSARecv( dst, &buffer, 1, &count, NULL, NULL, NULL ), WSAEFAULT );
    BAD( "WSARecv", WSARecv( dst, &buffer, 1, &count, ONE, NULL, NULL ), WSAEFAULT );
    BAD( "WSARecvFrom", WSARecvFrom( dst, &buffer, 1, NULL, flags_ptr, NULL, NULL, NULL, NULL ), WSAEFAULT );
    BAD( "WSARecvFrom", WSARecvFrom( dst, &buffer, 1, &count, NULL, NULL, NULL, NULL, NULL ), WSAEFAULT );
    BAD( "WSASend", WSASend( src, &buffer, 1, NULL, 0, NULL, NULL ), WSAEFAULT );
    BAD( "WSASendTo", WSASendTo( udp, &buffer, 1, NULL, 0, name, sizeof(addr), NULL, NULL ), WSAEFAULT );
    BAD( "WSARecv", WSARecv( dst, &buffer, 1, &count, flags_ptr, ONE, NULL ), WSAEFAULT );
    BAD( "WSARecv", WSARecv( dst, &buffer, 1, &count, flags_ptr, bad_pointer(), NULL ), WSAEFAULT );
    BAD( "WSARecvFrom", WSARecvFrom( dst, &buffer, 1, &count, flags_ptr, NULL, NULL, bad_pointer(), NULL ),
         WSAEFAULT );
    BAD( "WSASend", WSASend( src, &buffer, 1, &count, 0, bad_pointer(), NULL ), WSAEFAULT );
    BAD( "WSASend", WSASend( src, &buffer, 1, &count, 0,
                             (void *)memory_before_nothing( sizeof(OVERLAPPED) - sizeof(HANDLE) - 4 ),
                             NULL ),
         WSAEFAULT );
    BAD( "WSASendTo", WSASendTo( udp, &buffer, 1, &count, 0, name, sizeof(addr), bad_pointer(), NULL ),
         WSAEFAULT );
    BAD( "WSASendMsg", WSASendMsg( udp, NULL, 0, &count, NULL, NULL ), WSAEFAULT );
    BAD( "WSASendMsg", WSASendMsg( udp, bad_pointer(), 0, &count, NULL, NULL ), WSAEFAULT );
    BAD( "WSASendMsg", WSASendMsg( udp, &msg, 0, &count, bad_pointer(), NULL ), WSAEFAULT );

    /* addresses of datagrams; one is there for each receive */
    set_bad_pointers( sizeof(addr) );
    memcpy( bad[3], &addr, sizeof(addr) - 1 );
    for (i = 0; i < read_bad; i++)
    {
        winetest_push_context( "address %u", i );
        BAD( "sendto", sendto( udp, data, 1, 0, bad[i], sizeof(addr) ), WSAEFAULT );
        BAD( "WSASendTo", WSASendTo( udp, &buffer, 1, &count, 0, bad[i], sizeof(addr), NULL, NULL ),
             WSAEFAULT );
        bad_msg = msg;
        bad_msg.name = bad[i];
        BAD( "WSASendMsg", WSASendMsg( udp, &bad_msg, 0, &count, NULL, NULL ), WSAEFAULT );
        sendto( udp, data, 1, 0, name, sizeof(addr) );
        ok( wait_socket( udp, "r" ), "no datagram\n" );
        len = sizeof(from);
        BAD( "recvfrom", recvfrom( udp, data, 1, 0, bad[i], &len ), WSAEFAULT );
        recv( udp, data, 1, 0 );
        sendto( udp, data, 1, 0, name, sizeof(addr) );
        ok( wait_socket( udp, "r" ), "no datagram\n" );
        len = sizeof(from);
        flags = 0;
        BAD( "WSARecvFrom", WSARecvFrom( udp, &buffer, 1, &count, &flags, bad[i], &len, NULL, NULL ),
             WSAEFAULT );
        recv( udp, data, 1, 0 );
        winetest_pop_context();
    }
    /* less is there than the length says, though the sender would fit (MS: recvfrom, WSAEFAULT) */
    sendto( udp, data, 1, 0, name, sizeof(addr) );
    ok( wait_socket( udp, "r" ), "no datagram\n" );
    flags = 0;
    len = sizeof(addr) + 1;
    BAD( "WSARecvFrom", WSARecvFrom( udp, &buffer, 1, &count, &flags,
                                     (void *)memory_before_nothing( sizeof(addr) ), &len, NULL, NULL ),
         WSAEFAULT );
    len = sizeof(addr) + 1;
    BAD( "recvfrom", recvfrom( udp, data, 1, 0, (void *)memory_before_nothing( sizeof(addr) ), &len ),
         WSAEFAULT );
    ret = recv( udp, data, 1, 0 );
    ok( ret == 1, "the datagram is gone: %d, error %d\n", ret, WSAGetLastError() );

    BAD( "sendto", sendto( udp, data, 1, 0, name, sizeof(addr) - 1 ), WSAEFAULT );
    sendto( udp, data, 1, 0, name, sizeof(addr) );
    ok( wait_socket( udp, "r" ), "no datagram\n" );
    BAD( "recvfrom", recvfrom( udp, data, 1, 0, from_name, bad_pointer() ), WSAEFAULT );
    recv( udp, data, 1, 0 );
    sendto( udp, data, 1, 0, name, sizeof(addr) );
    ok( wait_socket( udp, "r" ), "no datagram\n" );
    len = sizeof(from) - 1;
    BAD( "recvfrom", recvfrom( udp, data, 1, 0, from_name, &len ), WSAEFAULT );
    recv( udp, data, 1, 0 );

    /* results of overlapped operations */
    overlapped.Internal = 0;
    count = 0;
    BAD_NULL( "WSAGetOverlappedResult", WSAGetOverlappedResult( dst, NULL, &count, FALSE, &flags ),
              WSAEFAULT );
    BAD_NULL( "WSAGetOverlappedResult", WSAGetOverlappedResult( dst, ONE, &count, FALSE, &flags ),
              WSAEFAULT );
    BAD_NULL( "WSAGetOverlappedResult", WSAGetOverlappedResult( dst, &overlapped, NULL, FALSE, &flags ),
              WSAEFAULT );
    BAD_NULL( "WSAGetOverlappedResult", WSAGetOverlappedResult( dst, &overlapped, &count, FALSE, NULL ),
              WSAEFAULT );
    BAD_NULL( "WSAGetOverlappedResult", WSAGetOverlappedResult( dst, &overlapped, bad_pointer(), FALSE,
                                                                &flags ),
              WSAEFAULT );
    BAD_SOMEHOW( "WPUCompleteOverlappedRequest", WPUCompleteOverlappedRequest( dst, bad_pointer(), 0, 0,
                                                                               &error_out ),
                 -1 );
    BAD_SOMEHOW( "WPUCompleteOverlappedRequest", WPUCompleteOverlappedRequest( 0, &overlapped, 0, 0,
                                                                               &error_out ), -1 );
    BAD_SOMEHOW( "WPUCompleteOverlappedRequest", WPUCompleteOverlappedRequest( 0, &overlapped, 0, 0, NULL ),
                 -1 );

    NO_CRASH( "WSARecvDisconnect", WSARecvDisconnect( dst, bad_pointer() ) );
    NO_CRASH( "WSASendDisconnect", WSASendDisconnect( dst, bad_pointer() ) );
    closesocket( src );
    closesocket( dst );
    closesocket( udp );
}

static void test_control( void )
{
    WSAPROTOCOL_INFOA info_a;
    WSAPROTOCOL_INFOW info_w;
    struct timeval bad_time = { -1, 0 };
    SOCKET s, connected, dst;
    int option = 1, len;
    unsigned int i;
    DWORD count;
    u_long mode = 0;
    fd_set set;
    WSAPOLLFD poll_fd;

    s = socket( AF_INET, SOCK_STREAM, 0 );
    tcp_socketpair( &connected, &dst );

    set_bad_pointers( sizeof(option) );
    for (i = 0; i < read_bad; i++)
    {
        winetest_push_context( "pointer %u", i );
        len = sizeof(option);
        BAD( "getsockopt", getsockopt( s, SOL_SOCKET, SO_RCVBUF, bad[i], &len ), WSAEFAULT );
        BAD( "getsockopt", getsockopt( s, SOL_SOCKET, SO_RCVBUF, (char *)&option, bad[i] ), WSAEFAULT );
        BAD( "setsockopt", setsockopt( s, SOL_SOCKET, SO_RCVBUF, bad[i], sizeof(option) ), WSAEFAULT );
        BAD( "ioctlsocket", ioctlsocket( s, FIONBIO, bad[i] ), WSAEFAULT );      /* reference 1.2 row 15 */
        BAD( "ioctlsocket", ioctlsocket( s, FIONREAD, bad[i] ), WSAEFAULT );
        BAD( "ioctlsocket", ioctlsocket( s, SIOCATMARK, bad[i] ), WSAEFAULT );
        BAD( "WSAIoctl", WSAIoctl( s, FIONBIO, bad[i], sizeof(mode), NULL, 0, &count, NULL, NULL ),
             WSAEFAULT );
        BAD( "WSAIoctl", WSAIoctl( s, FIONREAD, NULL, 0, bad[i], sizeof(mode), &count, NULL, NULL ),
             WSAEFAULT );
        BAD( "WSAIoctl", WSAIoctl( s, FIONBIO, &mode, sizeof(mode), NULL, 0, bad[i], NULL, NULL ),
             WSAEFAULT );
        winetest_pop_context();
    }
    BAD( "getsockopt", getsockopt( s, SOL_SOCKET, SO_KEEPALIVE, NULL, &len ), WSAEFAULT );
    BAD( "getsockopt", getsockopt( s, SOL_SOCKET, SO_KEEPALIVE, (char *)&option, NULL ), WSAEFAULT );
    len = 0;
    BAD( "getsockopt", getsockopt( s, SOL_SOCKET, SO_KEEPALIVE, (char *)&option, &len ), WSAEFAULT );
    BAD( "setsockopt", setsockopt( s, SOL_SOCKET, SO_KEEPALIVE, NULL, sizeof(option) ), WSAEFAULT );
    BAD( "WSAIoctl", WSAIoctl( s, FIONBIO, &mode, sizeof(mode), NULL, 0, NULL, NULL, NULL ), WSAEFAULT );

    set_bad_pointers( sizeof(WSAPROTOCOL_INFOA) );
    for (i = 0; i < read_bad; i++)
    {
        winetest_push_context( "pointer %u", i );
        BAD( "WSADuplicateSocketA", WSADuplicateSocketA( s, GetCurrentProcessId(), bad[i] ), WSAEFAULT );
        BAD( "WSADuplicateSocketW", WSADuplicateSocketW( s, GetCurrentProcessId(), bad[i] ), WSAEFAULT );
        BAD( "WSASocketA", WSASocketA( FROM_PROTOCOL_INFO, 0, 0, bad[i], 0, 0 ), WSAEFAULT );
        BAD( "WSASocketW", WSASocketW( FROM_PROTOCOL_INFO, 0, 0, bad[i], 0, 0 ), WSAEFAULT );
        winetest_pop_context();
    }
    BAD( "WSADuplicateSocketA", WSADuplicateSocketA( s, GetCurrentProcessId(), NULL ), WSAEFAULT );
    BAD( "WSADuplicateSocketW", WSADuplicateSocketW( s, GetCurrentProcessId(), NULL ), WSAEFAULT );
    /* T:test_WSADuplicateSocket */
    BAD( "WSADuplicateSocketA", WSADuplicateSocketA( s, 0, &info_a ), WSAEINVAL );
    BAD( "WSADuplicateSocketW", WSADuplicateSocketW( s, 0xffffffff, &info_w ), WSAEINVAL );
    BAD( "socket", socket( 0xdead, SOCK_STREAM, IPPROTO_TCP ), WSAEAFNOSUPPORT );        /* reference 3.4 */
    BAD( "socket", socket( AF_INET, 0xdead, 0 ), WSAESOCKTNOSUPPORT );
    BAD( "socket", socket( AF_INET, SOCK_STREAM, IPPROTO_UDP ), WSAEPROTONOSUPPORT );

    BAD( "WSAEnumNetworkEvents", WSAEnumNetworkEvents( s, NULL, NULL ), WSAEFAULT );
    BAD( "WSAEnumNetworkEvents", WSAEnumNetworkEvents( s, NULL, bad_pointer() ), WSAEFAULT );
    BAD( "WSAAsyncSelect", WSAAsyncSelect( s, (HWND)(ULONG_PTR)0xdeadbeef, WM_USER, FD_READ ), WSAEINVAL );

    /* readiness */
    FD_ZERO( &set );
    FD_SET( connected, &set );
    set_bad_pointers( sizeof(set) );
    for (i = 0; i < any_bad; i++)
    {
        struct timeval timeout = { 0, 0 };

        winetest_push_context( "pointer %u", i );
        BAD( "select", select( 0, bad[i], NULL, NULL, &timeout ), WSAEFAULT );
        BAD( "select", select( 0, NULL, bad[i], NULL, &timeout ), WSAEFAULT );
        BAD( "select", select( 0, NULL, NULL, bad[i], &timeout ), WSAEFAULT );
        BAD( "select", select( 0, NULL, &set, NULL, bad[i] ), WSAEFAULT );
        BAD( "WSAPoll", WSAPoll( bad[i], 1, 0 ), WSAEFAULT );
        BAD_SOMEHOW( "__WSAFDIsSet", __WSAFDIsSet( connected, bad[i] ), 0 );
        winetest_pop_context();
    }
    BAD( "select", select( 0, NULL, NULL, NULL, &bad_time ), WSAEINVAL );               /* T:test_select */
    FD_ZERO( &set );
    FD_SET( connected, &set );
    BAD( "select", select( 0, &set, NULL, NULL, &bad_time ), WSAEINVAL );
    BAD( "WSAPoll", WSAPoll( NULL, 0, 0 ), WSAEINVAL );                                 /* T:test_WSAPoll */
    BAD( "WSAPoll", WSAPoll( NULL, 1, 0 ), WSAEFAULT );
    poll_fd.fd = connected;
    poll_fd.events = POLLPRI;
    BAD( "WSAPoll", WSAPoll( &poll_fd, 1, 0 ), WSAEINVAL );
    poll_fd.fd = INVALID_SOCKET;
    poll_fd.events = POLLIN;
    BAD( "WSAPoll", WSAPoll( &poll_fd, 1, 0 ), WSAENOTSOCK );
    {
        /* the second entry lies where nothing is */
        WSAPOLLFD *fds = (WSAPOLLFD *)memory_before_nothing( sizeof(*fds) + sizeof(SOCKET) );

        fds[0].fd = connected;
        fds[0].events = POLLIN;
        BAD( "WSAPoll", WSAPoll( fds, 2, 0 ), WSAEFAULT );
        BAD_EITHER( "WSAPoll", WSAPoll( fds, 0x7fffffff, 0 ), WSAEFAULT, WSAENOBUFS );
    }

    BAD_NULL( "WSASetBlockingHook", WSASetBlockingHook( NULL ), WSAEFAULT );
    /* MS: nothing blocks */
    BAD( "WSACancelBlockingCall", WSACancelBlockingCall(), WSAEINVAL );
    NO_CRASH( "WSAUnhookBlockingHook", WSAUnhookBlockingHook() );
    BAD_SOMEHOW( "WSAIsBlocking", WSAIsBlocking(), 0 );
    BAD_NULL( "WSACloseEvent", WSACloseEvent( (WSAEVENT)(ULONG_PTR)0xdeadbeef ), ERROR_INVALID_HANDLE );
    BAD_NULL( "WSASetEvent", WSASetEvent( (WSAEVENT)(ULONG_PTR)0xdeadbeef ), ERROR_INVALID_HANDLE );
    BAD_NULL( "WSAResetEvent", WSAResetEvent( (WSAEVENT)(ULONG_PTR)0xdeadbeef ), ERROR_INVALID_HANDLE );
    BAD_SOMEHOW( "WSAWaitForMultipleEvents", WSAWaitForMultipleEvents( 1, bad_pointer(), FALSE, 0, FALSE ) ==
                 WSA_WAIT_FAILED, TRUE );
    BAD_SOMEHOW( "WSAGetQOSByName", WSAGetQOSByName( s, bad_pointer(), NULL ), 0 );

    set_bad_pointers( sizeof(mode) );
    for (i = 0; i < any_bad; i++)
    {
        BAD( "WSAHtonl", WSAHtonl( s, 1, bad[i] ), WSAEFAULT );
        BAD( "WSAHtons", WSAHtons( s, 1, bad[i] ), WSAEFAULT );
        BAD( "WSANtohl", WSANtohl( s, 1, bad[i] ), WSAEFAULT );
        BAD( "WSANtohs", WSANtohs( s, 1, bad[i] ), WSAEFAULT );
    }
    BAD( "WSAHtonl", WSAHtonl( s, 1, NULL ), WSAEFAULT );
    BAD( "WSANtohs", WSANtohs( s, 1, NULL ), WSAEFAULT );

    check_transfer( connected, dst );
    closesocket( s );
    closesocket( connected );
    closesocket( dst );
}

/*** names and addresses ***/

/* One of the bad strings; the last one ends where memory does. */
static void *bad_string( unsigned int i )
{
    if (i == 3) memset( bad[3], 'a', 3 );
    return bad[i];
}

static void test_resolution( void )
{
    int (WINAPI *get_host_name)( WCHAR *, int ) = optional( "GetHostNameW" );
    int (WINAPI *info_ex)( const WCHAR *, const WCHAR *, DWORD, GUID *, const void *, void *,
                           struct timeval *, OVERLAPPED *, void *, HANDLE * ) = optional( "GetAddrInfoExW" );
    int (WINAPI *info_cancel)( HANDLE * ) = optional( "GetAddrInfoExCancel" );
    int (WINAPI *info_result)( OVERLAPPED * ) = optional( "GetAddrInfoExOverlappedResult" );
    void (WINAPI *free_ex_a)( void * ) = optional( "FreeAddrInfoEx" );
    void (WINAPI *free_ex)( void * ) = optional( "FreeAddrInfoExW" );
    const char *(WINAPI *ntop)( int, const void *, char *, size_t ) = optional( "inet_ntop" );
    const WCHAR *(WINAPI *ntop_w)( int, const void *, WCHAR *, size_t ) = optional( "InetNtopW" );
    int (WINAPI *pton)( int, const char *, void * ) = optional( "inet_pton" );
    int (WINAPI *pton_w)( int, const WCHAR *, void * ) = optional( "InetPtonW" );
    struct sockaddr_in addr = loopback_address( 80 );
    struct sockaddr *name = (struct sockaddr *)&addr;
    struct addrinfo *list, hints = { 0 };
    ADDRINFOW *list_w, hints_w = { 0 };
    WCHAR wide[64];
    char text[64];
    unsigned int i;
    DWORD size;
    int len;
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );

    set_bad_pointers( 4 );
    for (i = 0; i < read_bad; i++)
    {
        winetest_push_context( "pointer %u", i );
        BAD_NULL( "gethostbyname", gethostbyname( bad_string( i ) ), WSAEFAULT );
        BAD_NULL( "gethostbyaddr", gethostbyaddr( bad[i], 4, AF_INET ), WSAEFAULT );
        if (i < any_bad) BAD( "gethostname", gethostname( bad[i], 64 ), WSAEFAULT );
        BAD_SOMEHOW( "getservbyname", getservbyname( bad_string( i ), NULL ), 0 );
        BAD_SOMEHOW( "getservbyname", getservbyname( "http", bad_string( i ) ), 0 );
        BAD_SOMEHOW( "getservbyport", getservbyport( htons( 80 ), bad_string( i ) ), 0 );
        BAD_SOMEHOW( "getprotobyname", getprotobyname( bad_string( i ) ), 0 );
        BAD_NONZERO( "getaddrinfo", getaddrinfo( bad_string( i ), NULL, NULL, &list ) );
        BAD_NONZERO( "getaddrinfo", getaddrinfo( "127.0.0.1", bad_string( i ), NULL, &list ) );
        BAD_NONZERO( "getaddrinfo", getaddrinfo( "127.0.0.1", NULL, bad[i], &list ) );
        BAD_NONZERO( "getaddrinfo", getaddrinfo( "127.0.0.1", NULL, NULL, bad[i] ) );
        BAD_NONZERO( "GetAddrInfoW", GetAddrInfoW( bad_string( i ), NULL, NULL, &list_w ) );
        BAD_NONZERO( "GetAddrInfoW", GetAddrInfoW( L"127.0.0.1", NULL, bad[i], &list_w ) );
        BAD_NONZERO( "GetAddrInfoW", GetAddrInfoW( L"127.0.0.1", NULL, NULL, bad[i] ) );
        BAD_ANSWER( "getnameinfo", getnameinfo( bad[i], sizeof(addr), text, sizeof(text), NULL, 0,
                                                NI_NUMERICHOST ),
                    WSAEFAULT );
        BAD_NONZERO( "getnameinfo", getnameinfo( name, sizeof(addr), bad[i], 64, NULL, 0, NI_NUMERICHOST ) );
        BAD_ANSWER( "GetNameInfoW", GetNameInfoW( bad[i], sizeof(addr), wide, ARRAY_SIZE( wide ), NULL, 0,
                                                  NI_NUMERICHOST ), WSAEFAULT );
        BAD_NONZERO( "GetNameInfoW", GetNameInfoW( name, sizeof(addr), bad[i], 64, NULL, 0,
                                                   NI_NUMERICHOST ) );
        size = sizeof(text);
        BAD( "WSAAddressToStringA", WSAAddressToStringA( bad[i], sizeof(addr), NULL, text, &size ),
             WSAEFAULT );
        size = sizeof(text);
        BAD( "WSAAddressToStringA", WSAAddressToStringA( name, sizeof(addr), NULL, bad[i], &size ),
             WSAEFAULT );
        BAD( "WSAAddressToStringA", WSAAddressToStringA( name, sizeof(addr), NULL, text, bad[i] ),
             WSAEFAULT );
        size = ARRAY_SIZE( wide );
        BAD( "WSAAddressToStringW", WSAAddressToStringW( bad[i], sizeof(addr), NULL, wide, &size ),
             WSAEFAULT );
        size = ARRAY_SIZE( wide );
        BAD( "WSAAddressToStringW", WSAAddressToStringW( name, sizeof(addr), NULL, bad[i], &size ),
             WSAEFAULT );
        len = sizeof(addr);
        BAD_SOMEHOW( "WSAStringToAddressA", WSAStringToAddressA( bad_string( i ), AF_INET, NULL, name,
                                                                 &len ), -1 );
        len = sizeof(addr);
        BAD_SOMEHOW( "WSAStringToAddressW", WSAStringToAddressW( bad_string( i ), AF_INET, NULL, name,
                                                                 &len ), -1 );
        len = sizeof(addr);
        BAD_SOMEHOW( "WSAStringToAddressA", WSAStringToAddressA( (char *)"1.2.3.4", AF_INET, NULL, bad[i],
                                                                 &len ), -1 );
        BAD_SOMEHOW( "WSAStringToAddressA", WSAStringToAddressA( (char *)"1.2.3.4", AF_INET, NULL, name,
                                                                 bad[i] ), -1 );
        BAD_SOMEHOW( "inet_addr", (int)inet_addr( bad_string( i ) ), -1 );
        BAD_SOMEHOW( "WSAConnectByNameA", WSAConnectByNameA( s, bad_string( i ), (char *)"80", NULL, NULL,
                                                             NULL, NULL, NULL, NULL ), 0 );
        BAD_SOMEHOW( "WSAConnectByNameW", WSAConnectByNameW( s, bad_string( i ), (WCHAR *)L"80", NULL, NULL,
                                                             NULL, NULL, NULL, NULL ), 0 );
        if (ntop) BAD_SOMEHOW( "inet_ntop", ntop( AF_INET, bad[i], text, sizeof(text) ), 0 );
        if (ntop) BAD_SOMEHOW( "inet_ntop", ntop( AF_INET, &addr.sin_addr, bad[i], sizeof(text) ), 0 );
        if (ntop_w) BAD_SOMEHOW( "InetNtopW", ntop_w( AF_INET, bad[i], wide, ARRAY_SIZE( wide ) ), 0 );
        if (ntop_w) BAD_SOMEHOW( "InetNtopW", ntop_w( AF_INET, &addr.sin_addr, bad[i], ARRAY_SIZE( wide ) ),
                                 0 );
        if (pton) BAD( "inet_pton", pton( AF_INET, bad_string( i ), &addr.sin_addr ), WSAEFAULT );
        if (pton) BAD( "inet_pton", pton( AF_INET, "1.2.3.4", bad[i] ), WSAEFAULT );
        if (pton_w) BAD( "InetPtonW", pton_w( AF_INET, bad_string( i ), &addr.sin_addr ), WSAEFAULT );
        if (pton_w) BAD( "InetPtonW", pton_w( AF_INET, L"1.2.3.4", bad[i] ), WSAEFAULT );
        if (get_host_name) BAD( "GetHostNameW", get_host_name( bad[i], 64 ), WSAEFAULT );
        if (info_ex)
        {
            BAD_NONZERO( "GetAddrInfoExW", info_ex( bad_string( i ), NULL, 0, NULL, NULL, &list_w, NULL,
                                                    NULL, NULL, NULL ) );
            BAD_NONZERO( "GetAddrInfoExW", info_ex( L"127.0.0.1", NULL, 0, NULL, NULL, bad[i], NULL, NULL,
                                                    NULL, NULL ) );
        }
        if (info_cancel) BAD_NONZERO( "GetAddrInfoExCancel", info_cancel( bad[i] ) );
        if (info_result) BAD_NONZERO( "GetAddrInfoExOverlappedResult", info_result( bad[i] ) );
        /* their answer comes by message, and there is no window */
        NO_CRASH( "WSAAsyncGetHostByName", WSAAsyncGetHostByName( NULL, 0, bad_string( i ), text,
                                                                  sizeof(text) ) );
        NO_CRASH( "WSAAsyncGetHostByAddr", WSAAsyncGetHostByAddr( NULL, 0, bad[i], 4, AF_INET, text,
                                                                  sizeof(text) ) );
        NO_CRASH( "WSAAsyncGetServByName", WSAAsyncGetServByName( NULL, 0, bad_string( i ), NULL, text,
                                                                  sizeof(text) ) );
        NO_CRASH( "WSAAsyncGetServByPort", WSAAsyncGetServByPort( NULL, 0, 80, bad_string( i ), text,
                                                                  sizeof(text) ) );
        NO_CRASH( "WSAAsyncGetProtoByName", WSAAsyncGetProtoByName( NULL, 0, bad_string( i ), text,
                                                                    sizeof(text) ) );
        NO_CRASH( "WSAAsyncGetProtoByNumber", WSAAsyncGetProtoByNumber( NULL, 0, 6, bad[i], 64 ) );
        winetest_pop_context();
    }
    BAD( "gethostname", gethostname( NULL, 64 ), WSAEFAULT );
    BAD( "gethostname", gethostname( text, 0 ), WSAEFAULT );
    BAD( "gethostname", gethostname( text, -1 ), WSAEFAULT );
    BAD_SOMEHOW( "gethostbyaddr", gethostbyaddr( NULL, 4, AF_INET ), 0 );
    BAD_SOMEHOW( "gethostbyaddr", gethostbyaddr( (char *)&addr.sin_addr, 3, AF_INET ), 0 );
    BAD_SOMEHOW( "getprotobyname", getprotobyname( NULL ), 0 );
    BAD_SOMEHOW( "getprotobynumber", getprotobynumber( -1 ), 0 );
    BAD_NONZERO( "getaddrinfo", getaddrinfo( NULL, NULL, NULL, &list ) );
    hints.ai_flags = AI_CANONNAME;
    BAD_NONZERO( "getaddrinfo", getaddrinfo( NULL, "80", &hints, &list ) );
    hints_w.ai_family = 0xdead;
    BAD_NONZERO( "GetAddrInfoW", GetAddrInfoW( L"127.0.0.1", NULL, &hints_w, &list_w ) );
    BAD_ANSWER( "getnameinfo", getnameinfo( NULL, sizeof(addr), text, sizeof(text), NULL, 0, 0 ),
                WSAEFAULT );
    BAD_ANSWER( "getnameinfo", getnameinfo( name, sizeof(addr) - 1, text, sizeof(text), NULL, 0, 0 ),
                WSAEFAULT );
    size = 3;
    BAD( "WSAAddressToStringA", WSAAddressToStringA( name, sizeof(addr), NULL, text, &size ), WSAEFAULT );
    BAD_SOMEHOW( "WSAAddressToStringW", WSAAddressToStringW( NULL, sizeof(addr), NULL, wide, &size ), -1 );
    BAD_SOMEHOW( "WSAStringToAddressW", WSAStringToAddressW( NULL, AF_INET, NULL, name, &len ), -1 );
    BAD( "WSACancelAsyncRequest", WSACancelAsyncRequest( (HANDLE)(ULONG_PTR)0xdead ), WSAEINVAL );
    NO_CRASH( "freeaddrinfo", (freeaddrinfo( NULL ), 0) );
    NO_CRASH( "FreeAddrInfoW", (FreeAddrInfoW( NULL ), 0) );
    if (free_ex_a) NO_CRASH( "FreeAddrInfoEx", (free_ex_a( NULL ), 0) );
    if (free_ex) NO_CRASH( "FreeAddrInfoExW", (free_ex( NULL ), 0) );
    closesocket( s );
}

/*** catalogue and name space ***/

static void test_catalogue( void )
{
    GUID guid = SVCID_TELNET_TCP;
    WCHAR path[64];
    DWORD size, category, ids[1] = { 0 };
    WSAPROTOCOL_INFOW info;
    WSAQUERYSETW query = { sizeof(query) };
    HANDLE lookup;
    size_t info_size = 0;
    unsigned int i;
    int len, ret;

    set_bad_pointers( sizeof(GUID) );
    for (i = 0; i < any_bad; i++)
    {
        winetest_push_context( "pointer %u", i );
        size = 0;
        BAD( "WSAEnumProtocolsA", WSAEnumProtocolsA( NULL, NULL, bad[i] ), WSAEFAULT );
        BAD( "WSAEnumProtocolsW", WSAEnumProtocolsW( NULL, NULL, bad[i] ), WSAEFAULT );
        BAD( "WSAEnumProtocolsW", WSAEnumProtocolsW( bad[i], NULL, &size ), WSAEFAULT );
        size = 0x10000;
        BAD( "WSAEnumProtocolsA", WSAEnumProtocolsA( NULL, bad[i], &size ), WSAEFAULT );
        BAD( "WSAEnumProtocolsW", WSAEnumProtocolsW( NULL, bad[i], &size ), WSAEFAULT );
        BAD_OUT( "WSCEnumProtocols", WSCEnumProtocols( NULL, NULL, bad[i], &error_out ), WSAEFAULT );
        BAD_OUT( "WSCEnumProtocols", WSCEnumProtocols( NULL, bad[i], &size, &error_out ), WSAEFAULT );
        size = 0;
        BAD_SOMEHOW( "WSCEnumProtocols", WSCEnumProtocols( NULL, NULL, &size, bad[i] ), -1 );
        len = ARRAY_SIZE( path );
        BAD_OUT( "WSCGetProviderPath", WSCGetProviderPath( bad[i], path, &len, &error_out ), WSAEFAULT );
        BAD_OUT( "WSCGetProviderPath", WSCGetProviderPath( &guid, path, bad[i], &error_out ), WSAEFAULT );
        BAD_SOMEHOW( "WSCGetProviderPath", WSCGetProviderPath( &guid, path, &len, bad[i] ), -1 );
        BAD_OUT( "WSCInstallProvider", WSCInstallProvider( bad[i], L"x.dll", &info, 1, &error_out ),
                 WSAEFAULT );
        BAD_OUT( "WSCInstallProvider", WSCInstallProvider( &guid, bad[i], &info, 1, &error_out ),
                 WSAEFAULT );
        BAD_OUT( "WSCInstallProvider", WSCInstallProvider( &guid, L"x.dll", bad[i], 1, &error_out ),
                 WSAEFAULT );
        BAD_OUT( "WSCDeinstallProvider", WSCDeinstallProvider( bad[i], &error_out ), WSAEFAULT );
        BAD_NONZERO( "WSCWriteProviderOrder", WSCWriteProviderOrder( bad[i], 1 ) );
        BAD( "WSCInstallNameSpace", WSCInstallNameSpace( bad[i], (WCHAR *)L"x.dll", NS_DNS, 0, &guid ),
             WSAEFAULT );
        BAD( "WSCInstallNameSpace", WSCInstallNameSpace( (WCHAR *)L"x", (WCHAR *)L"x.dll", NS_DNS, 0,
                                                         bad[i] ),
             WSAEFAULT );
        BAD( "WSCUnInstallNameSpace", WSCUnInstallNameSpace( bad[i] ), WSAEFAULT );
        BAD( "WSCEnableNSProvider", WSCEnableNSProvider( bad[i], TRUE ), WSAEFAULT );

        BAD( "WSAEnumNameSpaceProvidersA", WSAEnumNameSpaceProvidersA( bad[i], NULL ), WSAEFAULT );
        BAD( "WSAEnumNameSpaceProvidersW", WSAEnumNameSpaceProvidersW( bad[i], NULL ), WSAEFAULT );
        size = 0x10000;
        BAD( "WSAEnumNameSpaceProvidersW", WSAEnumNameSpaceProvidersW( &size, bad[i] ), WSAEFAULT );
        BAD( "WSALookupServiceBeginA", WSALookupServiceBeginA( bad[i], LUP_RETURN_ALL, &lookup ),
             WSAEFAULT );
        BAD( "WSALookupServiceBeginW", WSALookupServiceBeginW( bad[i], LUP_RETURN_ALL, &lookup ),
             WSAEFAULT );
        BAD( "WSALookupServiceBeginW", WSALookupServiceBeginW( &query, LUP_RETURN_ALL, bad[i] ), WSAEFAULT );
        BAD( "WSASetServiceA", WSASetServiceA( bad[i], RNRSERVICE_REGISTER, 0 ), WSAEFAULT );
        BAD( "WSASetServiceW", WSASetServiceW( bad[i], RNRSERVICE_REGISTER, 0 ), WSAEFAULT );
        BAD( "WSAInstallServiceClassA", WSAInstallServiceClassA( bad[i] ), WSAEFAULT );
        BAD( "WSAInstallServiceClassW", WSAInstallServiceClassW( bad[i] ), WSAEFAULT );
        BAD( "WSARemoveServiceClass", WSARemoveServiceClass( bad[i] ), WSAEFAULT );
        BAD_SOMEHOW( "WSAGetServiceClassInfoA", WSAGetServiceClassInfoA( &guid, bad[i], &size,
                                                                         (void *)path ), -1 );
        BAD_SOMEHOW( "WSAGetServiceClassInfoW", WSAGetServiceClassInfoW( &guid, bad[i], &size,
                                                                         (void *)path ), -1 );
        BAD_SOMEHOW( "WSAGetServiceClassNameByClassIdA",
                     WSAGetServiceClassNameByClassIdA( bad[i], (char *)path, &size ), -1 );
        BAD_SOMEHOW( "WSAGetServiceClassNameByClassIdW", WSAGetServiceClassNameByClassIdW( bad[i], path,
                                                                                           &size ), -1 );
        BAD_SOMEHOW( "WSAProviderConfigChange", WSAProviderConfigChange( bad[i], NULL, NULL ), -1 );
        winetest_pop_context();
    }

    /* T:test_WSALookupService */
    BAD( "WSALookupServiceBeginW", WSALookupServiceBeginW( NULL, 0, &lookup ), WSAEFAULT );
    BAD( "WSALookupServiceBeginW", WSALookupServiceBeginW( &query, 0, NULL ), WSAEFAULT );
    query.dwSize = 0;
    BAD_EITHER( "WSALookupServiceBeginW", WSALookupServiceBeginW( &query, 0, &lookup ), WSAEINVAL,
                WSASERVICE_NOT_FOUND /* Windows 10 1809 */ );
    size = sizeof(path);
    BAD( "WSALookupServiceNextA", WSALookupServiceNextA( NULL, 0, &size, (void *)path ),
         WSA_INVALID_HANDLE );
    BAD( "WSALookupServiceNextW", WSALookupServiceNextW( NULL, 0, &size, (void *)path ),
         WSA_INVALID_HANDLE );
    BAD( "WSALookupServiceEnd", WSALookupServiceEnd( NULL ), WSA_INVALID_HANDLE );
    BAD( "WSALookupServiceEnd", WSALookupServiceEnd( bad_pointer() ), WSA_INVALID_HANDLE );
    BAD( "WSANSPIoctl", WSANSPIoctl( NULL, 0x88000019, NULL, 0, NULL, 0, &size, NULL ), WSA_INVALID_HANDLE );
    query.dwSize = sizeof(query);
    ret = WSALookupServiceBeginW( &query, LUP_RETURN_ALL | LUP_DEEP, &lookup );
    ok( !ret || broken( WSAGetLastError() == WSASERVICE_NOT_FOUND ), "got error %d\n", WSAGetLastError() );
    if (!ret)
    {
        BAD_SOMEHOW( "WSALookupServiceNextW", WSALookupServiceNextW( lookup, 0, bad_pointer(),
                                                                     (void *)path ), -1 );
        BAD_SOMEHOW( "WSALookupServiceNextW", WSALookupServiceNextW( lookup, 0, &size, bad_pointer() ), -1 );
        BAD_SOMEHOW( "WSANSPIoctl", WSANSPIoctl( lookup, 0xdead, NULL, 0, NULL, 0, bad_pointer(), NULL ),
                     -1 );
        expect_success( WSALookupServiceEnd( lookup ) );
        BAD( "WSALookupServiceEnd", WSALookupServiceEnd( lookup ), WSA_INVALID_HANDLE );
    }

    /* T:test_WSCGetProviderInfo, test_WSCGetApplicationCategory; the rest of WSC is not on every system */
    {
        int (WINAPI *get_info)( GUID *, int, BYTE *, size_t *, DWORD,
                                int * ) = optional( "WSCGetProviderInfo" );
        int (WINAPI *get_info_32)( GUID *, int, BYTE *, size_t *, DWORD,
                                   int * ) = optional( "WSCGetProviderInfo32" );
        int (WINAPI *set_info)( GUID *, int, BYTE *, size_t, DWORD,
                                int * ) = optional( "WSCSetProviderInfo" );
        int (WINAPI *get_category)( const WCHAR *, DWORD, const WCHAR *, DWORD, DWORD *, int * ) =
            optional( "WSCGetApplicationCategory" );
        int (WINAPI *get_category_ex)( const WCHAR *, DWORD, const WCHAR *, DWORD, DWORD *, void *, int * ) =
            optional( "WSCGetApplicationCategoryEx" );
        int (WINAPI *set_category)( const WCHAR *, DWORD, const WCHAR *, DWORD, DWORD, DWORD *, int * ) =
            optional( "WSCSetApplicationCategory" );
        int (WINAPI *set_category_ex)( const WCHAR *, DWORD, const WCHAR *, DWORD, DWORD, DWORD *, void *,
                                       int * ) =
            optional( "WSCSetApplicationCategoryEx" );
        BYTE byte;

        for (i = 0; i < any_bad; i++)
        {
            if (get_info) BAD_OUT( "WSCGetProviderInfo", get_info( bad[i], 0, &byte, &info_size, 0,
                                                                   &error_out ),
                                   WSAEFAULT );
            if (get_info) BAD_SOMEHOW( "WSCGetProviderInfo", get_info( &guid, 0, &byte, &info_size, 0,
                                                                       bad[i] ), -1 );
            if (get_info_32) BAD_OUT( "WSCGetProviderInfo32", get_info_32( bad[i], 0, &byte, &info_size, 0,
                                                                           &error_out ), WSAEFAULT );
            if (set_info) BAD_SOMEHOW( "WSCSetProviderInfo", set_info( bad[i], 0, &byte, 1, 0, &error_out ),
                                       -1 );
            if (get_category) BAD_SOMEHOW( "WSCGetApplicationCategory",
                                           get_category( bad[i], 4, NULL, 0, &category,
                                                                                     &error_out ), -1 );
            if (get_category_ex) BAD_SOMEHOW( "WSCGetApplicationCategoryEx",
                                              get_category_ex( bad[i], 4, NULL, 0, &category, NULL,
                                                               &error_out ), -1 );
            if (set_category) BAD_SOMEHOW( "WSCSetApplicationCategory",
                                           set_category( bad[i], 4, NULL, 0, 0, NULL, &error_out ), -1 );
            if (set_category_ex) BAD_SOMEHOW( "WSCSetApplicationCategoryEx",
                                              set_category_ex( bad[i], 4, NULL, 0, 0, NULL, NULL,
                                                               &error_out ), -1 );
        }
        if (get_category) BAD_OUT( "WSCGetApplicationCategory",
                                   get_category( NULL, 0, NULL, 0, NULL, &error_out ), WSAEINVAL );
        if (get_category) BAD_OUT( "WSCGetApplicationCategory",
                                   get_category( L"", 0, L"", 0, &category, &error_out ), WSAEINVAL );
    }

    {
        BOOL (WINAPI *connect_list)( SOCKET, void *, DWORD *, void *, DWORD *, void *, void *, void * ) =
            optional( "WSAConnectByList" );

        if (connect_list)
            BAD_SOMEHOW( "WSAConnectByList", connect_list( 0, ONE, NULL, NULL, NULL, NULL, NULL, NULL ), 0 );
    }

    /* newer functions, all with the same shape of failure */
#define NEWER( name, type, args ) \
    do { \
        int (WINAPI *newer_) type = optional( name ); \
        if (newer_) BAD_NONZERO( name, newer_ args ); \
    } while (0)

    NEWER( "WSCEnumProtocolsEx", (int, int *, void *, DWORD *, int *), (0, NULL, NULL, ONE, &error_out) );
    NEWER( "WSCEnumProtocols32", (int *, void *, DWORD *, int *), (NULL, NULL, ONE, &error_out) );
    NEWER( "WSCGetProviderPath32", (GUID *, WCHAR *, int *, int *), (ONE, path, &len, &error_out) );
    NEWER( "WPUGetProviderPathEx", (GUID *, WCHAR *, int *, DWORD, int *),
           (ONE, path, &len, 0, &error_out) );
    NEWER( "WSCInstallProviderEx", (GUID *, const WCHAR *, const WCHAR *, void *, DWORD, DWORD, int *),
           (ONE, L"x", L"x", &info, 1, 0, &error_out) );
    NEWER( "WSCInstallProviderAndChains", (GUID *, const WCHAR *, const WCHAR *, DWORD, void *, DWORD,
                                           DWORD *, int *),
           (ONE, L"x", L"x", 0, &info, 1, &size, &error_out) );
    NEWER( "WSCUpdateProviderEx", (GUID *, const WCHAR *, void *, DWORD, DWORD, int *),
           (ONE, L"x", &info, 1, 0, &error_out) );
    NEWER( "WSCDeinstallProviderEx", (GUID *, DWORD, int *), (ONE, 0, &error_out) );
    NEWER( "WSCWriteProviderOrderEx", (DWORD *, DWORD, DWORD), (ONE, 1, 0) );
    NEWER( "WSCInstallNameSpaceEx", (const WCHAR *, const WCHAR *, DWORD, DWORD, GUID *, BLOB *),
           (ONE, L"x", NS_DNS, 0, &guid, NULL) );
    NEWER( "WSAEnumNameSpaceProvidersExA", (DWORD *, void *), (ONE, NULL) );
    NEWER( "WSAEnumNameSpaceProvidersExW", (DWORD *, void *), (ONE, NULL) );
    NEWER( "WSAAdvertiseProvider", (GUID *, void *), (ONE, NULL) );
    NEWER( "WSAUnadvertiseProvider", (GUID *), (ONE) );
    NEWER( "WSAProviderCompleteAsyncCall", (HANDLE, int), (NULL, 0) );
    NEWER( "GetAddrInfoExA",
           (char *, char *, DWORD, GUID *, void *, void *, void *, void *, void *, HANDLE *),
           (ONE, NULL, NS_DNS, NULL, NULL, &info, NULL, NULL, NULL, NULL) );
    NEWER( "SetAddrInfoExA", (char *, char *, void *, DWORD, BLOB *, DWORD, DWORD, GUID *, void *, void *,
                              void *, HANDLE *), (ONE, NULL, NULL, 0, NULL, 0, NS_DNS, NULL, NULL, NULL,
                                                  NULL, NULL) );
    NEWER( "SetAddrInfoExW", (WCHAR *, WCHAR *, void *, DWORD, BLOB *, DWORD, DWORD, GUID *, void *, void *,
                              void *, HANDLE *), (ONE, NULL, NULL, 0, NULL, 0, NS_DNS, NULL, NULL, NULL,
                                                  NULL, NULL) );
    if (!strcmp( winetest_platform, "windows" ) || optional( "WSCInstallProviderEx" ))
    {
        /* on stock Wine these raise an exception by design */
        NEWER( "WSCUpdateProvider", (GUID *, const WCHAR *, void *, DWORD, int *),
               (ONE, L"x", &info, 1, &error_out) );
        NEWER( "WSCWriteNameSpaceOrder", (void *, DWORD), (ONE, 1) );
    }
    ok( !ids[0], "identifiers changed\n" );
}

/*** nothing left out ***/

static void test_coverage( void )
{
    static const char *const harmless[] =
    {
        /* values in, values out */
        "htonl", "htons", "ntohl", "ntohs", "inet_ntoa", "WSAGetLastError", "WSASetLastError",
        "WSACreateEvent", "WEP",
        "WSApSetPostRoutine",
        /* tested in startup and provider */
        "WSAStartup", "WSACleanup", "WSPStartup",
    };
    const BYTE *base = (const BYTE *)GetModuleHandleA( "ws2_32.dll" );
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)base;
    const IMAGE_NT_HEADERS *nt = (const IMAGE_NT_HEADERS *)(base + dos->e_lfanew);
    const IMAGE_EXPORT_DIRECTORY *dir = (const IMAGE_EXPORT_DIRECTORY *)
        (base + nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress);
    const DWORD *names = (const DWORD *)(base + dir->AddressOfNames);
    BOOL ours = optional( "WSPStartup" ) != NULL;
    unsigned int i, j;

    for (i = 0; i < dir->NumberOfNames; i++)
    {
        const char *name = (const char *)base + names[i];

        for (j = 0; j < covered_count; j++) if (!strcmp( covered[j], name )) break;
        if (j < covered_count) continue;
        for (j = 0; j < ARRAY_SIZE( harmless ); j++) if (!strcmp( harmless[j], name )) break;
        if (j < ARRAY_SIZE( harmless )) continue;
        if (ours) ok( 0, "%s was not called with bad arguments\n", name );
        else trace( "%s was not called with bad arguments\n", name );
    }
    ok( dir->NumberOfNames > 100, "got %lu names\n", dir->NumberOfNames );
}

START_TEST( badargs )
{
    LPTOP_LEVEL_EXCEPTION_FILTER previous = SetUnhandledExceptionFilter( crash_filter );

    start_sockets();
    make_not_sockets();
    test_handles();
    test_names();
    test_transfers();
    test_control();
    test_resolution();
    test_catalogue();
    test_coverage();
    CloseHandle( file );
    CloseHandle( event );
    stop_sockets();
    SetUnhandledExceptionFilter( previous );
}
