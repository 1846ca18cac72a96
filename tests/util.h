/*
 * What the conformance tests share: sockets that are ready to use, bad pointers, checks of errors.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Public API only, so that the program runs on Windows too. Everything is static: each test file takes
 * what it needs. All sockets are on loopback with ports that the system chose.
 */
#ifndef WS2_TESTS_UTIL_H
#define WS2_TESTS_UTIL_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wine/test.h"

#define UTIL static __attribute__((unused))

#ifndef WSA_FLAG_NO_HANDLE_INHERIT
#define WSA_FLAG_NO_HANDLE_INHERIT 0x80
#endif

#ifndef NSPROTO_IPX
#define NSPROTO_IPX 1000
#endif
#ifndef SOL_IRLMP
#define SOL_IRLMP 0xff
#endif

/* An upper bound for things that must happen; never a time to wait for things that must not. */
#define PATIENCE 10000

/*** what was seen, for the coverage tests ***/

/* Append a line to the file that WS2_TEST_SEEN names, if it names one; each line once per subtest. */
UTIL void note_seen( const char *line )
{
    static char seen[0x4000];
    static SIZE_T used;
    char path[MAX_PATH], text[256];
    DWORD len = GetEnvironmentVariableA( "WS2_TEST_SEEN", path, sizeof(path) ), size;
    const char *ptr;
    HANDLE file;

    if (!len || len >= sizeof(path)) return;
    size = snprintf( text, sizeof(text), "%s\n", line );
    if (size >= sizeof(text)) return;
    for (ptr = seen; ptr < seen + used; ptr += strlen( ptr ) + 1) if (!strcmp( ptr, line )) return;
    if (used + size <= sizeof(seen))
    {
        memcpy( seen + used, line, size );
        used += size;
    }
    file = CreateFileA( path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0,
                        NULL );
    if (file == INVALID_HANDLE_VALUE) return;
    WriteFile( file, text, size, &size, NULL );
    CloseHandle( file );
}

/* This function was seen failing with this error: "error NAME NUMBER". */
UTIL void note_failure( const char *function, int error )
{
    char line[128];

    snprintf( line, sizeof(line), "error %s %d", function, error );
    note_seen( line );
}

/* The same, the function being the first one that the text of a call names. Pointers to extension functions
 * are called pName in the tests. */
UTIL void note_failed_call( const char *call, int error )
{
    const char *end = strchr( call, '(' ), *start;
    char name[64];

    /* not a cast */
    while (end && end[-(end != call)] != '_' && !isalnum( (unsigned char)end[-(end != call)] ))
        end = strchr( end + 1, '(' );
    if (!end) return;
    for (start = end; start > call && (start[-1] == '_' || isalnum( (unsigned char)start[-1] )); start--) {}
    if (start > call && start[-1] == '.') return;       /* a function of a table, such as rio.send */
    if (start[0] == 'p' && isupper( (unsigned char)start[1] )) start++;
    if (!strncmp( start, "remembered_", strlen( "remembered_" ) )) start += strlen( "remembered_" );
    if (end - start >= (ptrdiff_t)sizeof(name)) return;
    memcpy( name, start, end - start );
    name[end - start] = 0;
    note_failure( name, error );
}

/* The call about a control code or option that a thread made last, and its error. The checks below note the
 * rows of the module's tables that they saw failing; this is how they know. */
static struct
{
    DWORD thread;
    const char *function, *what;
    unsigned int level, number;     /* an option's; of a code the number alone */
    int error;
}
last_row;

UTIL int remember_row( const char *function, const char *what, unsigned int level, unsigned int number,
                       int ret )
{
    int error = WSAGetLastError();

    last_row.thread = GetCurrentThreadId();
    last_row.function = function;
    last_row.what = what;
    last_row.level = level;
    last_row.number = number;
    last_row.error = ret ? error : 0;
    WSASetLastError( error );
    return ret;
}

UTIL void forget_row( void )
{
    last_row.thread = 0;
}

/* The code was seen failing, be it in a completion: "row code NUMBER ERROR". */
UTIL void note_failed_code( unsigned int code, int error )
{
    char line[64];

    snprintf( line, sizeof(line), "row code %#x %d", code, error );
    note_seen( line );
}

/* The call that was remembered has failed with this error, as expected. */
UTIL void note_failed_row( int error )
{
    char line[64];

    if (last_row.thread != GetCurrentThreadId() || last_row.error != error) return;
    note_failure( last_row.function, error );
    if (!strcmp( last_row.what, "code" )) note_failed_code( last_row.number, error );
    else
    {
        snprintf( line, sizeof(line), "row %s %#x %#x %d", last_row.what, last_row.level, last_row.number,
                  error );
        note_seen( line );
    }
}

UTIL int remembered_WSAIoctl( SOCKET s, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
                              DWORD *count, OVERLAPPED *overlapped,
                              LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    return remember_row( "WSAIoctl", "code", 0, code, WSAIoctl( s, code, in, in_size, out, out_size, count,
                                                                overlapped, routine ) );
}

UTIL int remembered_ioctlsocket( SOCKET s, long code, u_long *value )
{
    return remember_row( "ioctlsocket", "code", 0, code, ioctlsocket( s, code, value ) );
}

UTIL int remembered_getsockopt( SOCKET s, int level, int option, char *value, int *len )
{
    return remember_row( "getsockopt", "get", level, option, getsockopt( s, level, option, value, len ) );
}

UTIL int remembered_setsockopt( SOCKET s, int level, int option, const char *value, int len )
{
    return remember_row( "setsockopt", "set", level, option, setsockopt( s, level, option, value, len ) );
}

#define WSAIoctl( ... ) remembered_WSAIoctl( __VA_ARGS__ )
#define ioctlsocket( ... ) remembered_ioctlsocket( __VA_ARGS__ )
#define getsockopt( ... ) remembered_getsockopt( __VA_ARGS__ )
#define setsockopt( ... ) remembered_setsockopt( __VA_ARGS__ )

/* The checks of a row of reference 3.3 have run. */
UTIL void note_situation( unsigned int row )
{
    char line[32];

    snprintf( line, sizeof(line), "situation %u", row );
    note_seen( line );
}

UTIL void check_failure( const char *file, int line, BOOL failed, const char *call, LONG_PTR ret, int error,
                         const char *error_name )
{
    int last = WSAGetLastError();

    ok_( file, line )( failed, "%s: got %d, expected failure\n", call, (int)ret );
    ok_( file, line )( last == error, "%s: got error %d, expected %s\n", call, last, error_name );
    if (failed && last == error)
    {
        note_failed_call( call, last );
        note_failed_row( last );
    }
    WSASetLastError( last );
}

/* The call answers SOCKET_ERROR (or INVALID_SOCKET) with this last error. */
#define expect_error( call, error ) \
    do { \
        LONG_PTR expect_ret_; \
        forget_row(); \
        WSASetLastError( 0xdeadbeef ); \
        expect_ret_ = (LONG_PTR)(call); \
        check_failure( __FILE__, __LINE__, expect_ret_ == -1, #call, expect_ret_, error, #error ); \
    } while (0)

/* The call answers 0 and resets the last error, reference 1.2 row 6. */
#define expect_success( call ) \
    do { \
        LONG_PTR expect_ret_; \
        WSASetLastError( 0xdeadbeef ); \
        expect_ret_ = (LONG_PTR)(call); \
        ok( !expect_ret_, "%s: got %d, error %d\n", #call, (int)expect_ret_, WSAGetLastError() ); \
        ok( !WSAGetLastError(), "%s: last error left at %d\n", #call, WSAGetLastError() ); \
    } while (0)

/* The call answers its error. */
#define expect_answer_error( call, error ) \
    do { \
        int expect_ret_ = (call); \
        ok( expect_ret_ == (error), "%s: got %d, expected %s\n", #call, expect_ret_, #error ); \
        if (expect_ret_ == (error)) note_failed_call( #call, expect_ret_ ); \
    } while (0)

/* The BOOL call fails with this last error. */
#define expect_false( call, error ) \
    do { \
        BOOL expect_ret_; \
        forget_row(); \
        WSASetLastError( 0xdeadbeef ); \
        expect_ret_ = (call); \
        check_failure( __FILE__, __LINE__, !expect_ret_, #call, expect_ret_, error, #error ); \
    } while (0)

UTIL void start_sockets( void )
{
    WSADATA data;
    int ret = WSAStartup( MAKEWORD( 2, 2 ), &data );

    ok( !ret, "WSAStartup failed, error %d\n", ret );
}

UTIL void stop_sockets( void )
{
    int ret = WSACleanup();

    ok( !ret, "WSACleanup failed, error %d\n", WSAGetLastError() );
}

UTIL int set_blocking( SOCKET s, BOOL blocking )
{
    u_long nonblocking = !blocking;

    return ioctlsocket( s, FIONBIO, &nonblocking );
}

/*** addresses ***/

UTIL struct sockaddr_in loopback_address( unsigned short port )
{
    struct sockaddr_in addr;

    memset( &addr, 0, sizeof(addr) );
    addr.sin_family = AF_INET;
    addr.sin_port = htons( port );
    addr.sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    return addr;
}

UTIL struct sockaddr_in6 loopback_address6( unsigned short port )
{
    struct sockaddr_in6 addr;

    memset( &addr, 0, sizeof(addr) );
    addr.sin6_family = AF_INET6;
    addr.sin6_port = htons( port );
    addr.sin6_addr.s6_addr[15] = 1;
    return addr;
}

/* Loopback with port 0 in the given family; answers the length. */
UTIL int any_loopback( int family, struct sockaddr_storage *addr )
{
    memset( addr, 0, sizeof(*addr) );
    if (family == AF_INET6)
    {
        *(struct sockaddr_in6 *)addr = loopback_address6( 0 );
        return sizeof(struct sockaddr_in6);
    }
    *(struct sockaddr_in *)addr = loopback_address( 0 );
    return sizeof(struct sockaddr_in);
}

/* Same family, port and address; padding and flow information do not count. */
UTIL BOOL same_address( const void *left, const void *right )
{
    const struct sockaddr_in *left4 = left, *right4 = right;
    const unsigned char *left6 = left, *right6 = right;
    SIZE_T i;

    if (left4->sin_family != right4->sin_family || left4->sin_port != right4->sin_port) return FALSE;
    if (left4->sin_family != AF_INET6) return left4->sin_addr.s_addr == right4->sin_addr.s_addr;
    for (i = 0; i < sizeof(struct in6_addr); i++)
    {
        SIZE_T at = offsetof( struct sockaddr_in6, sin6_addr ) + i;
        if (left6[at] != right6[at]) return FALSE;
    }
    return TRUE;
}

/* Whether an IPv6 socket can be bound to ::1 here. */
UTIL BOOL have_ipv6( void )
{
    struct sockaddr_in6 addr = loopback_address6( 0 );
    SOCKET s = WSASocketW( AF_INET6, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED );
    BOOL ret;

    if (s == INVALID_SOCKET) return FALSE;
    ret = !bind( s, (struct sockaddr *)&addr, sizeof(addr) );
    closesocket( s );
    return ret;
}

/*** sockets ***/

/* An overlapped socket that is not bound. */
UTIL SOCKET new_socket( int family, int type )
{
    SOCKET s = WSASocketW( family, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED );

    ok( s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    return s;
}

/* WSAIoctl without OVERLAPPED. */
UTIL int ioctl( SOCKET s, DWORD code, const void *in, DWORD in_size, void *out, DWORD out_size,
                DWORD *count )
{
    return WSAIoctl( s, code, (void *)in, in_size, out, out_size, count, NULL, NULL );
}

/* A socket bound to a free loopback port; *addr (may be NULL) receives its address. */
UTIL SOCKET bound_socket( int family, int type, DWORD flags, struct sockaddr_storage *addr, int *len )
{
    struct sockaddr_storage local;
    int local_len = any_loopback( family, &local ), ret;
    SOCKET s;

    s = WSASocketW( family, type, 0, NULL, 0, flags );
    ok( s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    ret = bind( s, (struct sockaddr *)&local, local_len );
    ok( !ret, "failed to bind, error %d\n", WSAGetLastError() );
    local_len = sizeof(local);
    ret = getsockname( s, (struct sockaddr *)&local, &local_len );
    ok( !ret, "getsockname failed, error %d\n", WSAGetLastError() );
    if (addr) *addr = local;
    if (len) *len = local_len;
    return s;
}

/* A listening socket on loopback. */
UTIL SOCKET listener_socket( int family, DWORD flags, struct sockaddr_storage *addr, int *len )
{
    SOCKET s = bound_socket( family, SOCK_STREAM, flags, addr, len );
    int ret = listen( s, SOMAXCONN );

    ok( !ret, "failed to listen, error %d\n", WSAGetLastError() );
    return s;
}

/* A loopback port on which nobody listens, at least for now. */
UTIL struct sockaddr_in closed_port( void )
{
    struct sockaddr_storage addr;
    SOCKET s = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, &addr, NULL );

    closesocket( s );
    return *(struct sockaddr_in *)&addr;
}

/* A listener whose queue is full: who connects to it stays connecting. Windows refuses that one instead, so
 * there an address is used where nobody answers. */
struct crowd
{
    SOCKET listener, members[8];
    struct sockaddr_storage addr;
    int len;
};

UTIL void start_crowd( struct crowd *crowd )
{
    unsigned int i;

    crowd->listener = bound_socket( AF_INET, SOCK_STREAM, WSA_FLAG_OVERLAPPED, &crowd->addr, &crowd->len );
    expect_success( listen( crowd->listener, 1 ));
    for (i = 0; i < ARRAY_SIZE( crowd->members ); i++)
    {
        crowd->members[i] = socket( AF_INET, SOCK_STREAM, 0 );
        set_blocking( crowd->members[i], FALSE );
        connect( crowd->members[i], (struct sockaddr *)&crowd->addr, crowd->len );
    }
    if (!strcmp( winetest_platform, "wine" )) return;
    crowd->addr = *(struct sockaddr_storage *)&(struct { struct sockaddr_in in; char room[128]; })
                  { .in = loopback_address( 255 ) };
    ((struct sockaddr_in *)&crowd->addr)->sin_addr.s_addr = inet_addr( "192.0.2.0" );
}

UTIL void end_crowd( struct crowd *crowd )
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE( crowd->members ); i++) closesocket( crowd->members[i] );
    closesocket( crowd->listener );
}

/* A connected pair of stream sockets; flags are those of WSASocket for both. */
UTIL void stream_socketpair( int family, SOCKET *src, SOCKET *dst, DWORD flags )
{
    struct sockaddr_storage addr;
    SOCKET server;
    int len, ret;

    server = listener_socket( family, flags, &addr, &len );
    *src = WSASocketW( family, SOCK_STREAM, IPPROTO_TCP, NULL, 0, flags );
    ok( *src != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    ret = connect( *src, (struct sockaddr *)&addr, len );
    ok( !ret, "failed to connect, error %d\n", WSAGetLastError() );
    *dst = accept( server, NULL, NULL );
    ok( *dst != INVALID_SOCKET, "failed to accept, error %d\n", WSAGetLastError() );
    closesocket( server );
}

UTIL void tcp_socketpair_flags( SOCKET *src, SOCKET *dst, DWORD flags )
{
    stream_socketpair( AF_INET, src, dst, flags );
}

UTIL void tcp_socketpair( SOCKET *src, SOCKET *dst )
{
    stream_socketpair( AF_INET, src, dst, WSA_FLAG_OVERLAPPED );
}

UTIL void tcp6_socketpair( SOCKET *src, SOCKET *dst )
{
    stream_socketpair( AF_INET6, src, dst, WSA_FLAG_OVERLAPPED );
}

/* Two datagram sockets, each bound and connected to the other. */
UTIL void udp_socketpair( SOCKET *src, SOCKET *dst )
{
    struct sockaddr_storage src_addr, dst_addr;
    int src_len, dst_len, ret;

    *src = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &src_addr, &src_len );
    *dst = bound_socket( AF_INET, SOCK_DGRAM, WSA_FLAG_OVERLAPPED, &dst_addr, &dst_len );
    ret = connect( *src, (struct sockaddr *)&dst_addr, dst_len );
    ok( !ret, "failed to connect, error %d\n", WSAGetLastError() );
    ret = connect( *dst, (struct sockaddr *)&src_addr, src_len );
    ok( !ret, "failed to connect, error %d\n", WSAGetLastError() );
}

/* tcp_socketpair or udp_socketpair, by type. */
UTIL void make_pair( int type, SOCKET *src, SOCKET *dst )
{
    if (type == SOCK_STREAM) tcp_socketpair( src, dst );
    else udp_socketpair( src, dst );
}

UTIL const int pair_types[] = { SOCK_STREAM, SOCK_DGRAM };

/* Close so that the peer sees a reset. */
UTIL void close_with_rst( SOCKET s )
{
    struct linger linger = { 1, 0 };
    int ret = setsockopt( s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) );

    ok( !ret, "failed to set SO_LINGER, error %d\n", WSAGetLastError() );
    closesocket( s );
}

/* Receive exactly this many bytes on a blocking stream; FALSE after an error or the end. */
UTIL BOOL recv_exactly( SOCKET s, void *buffer, int len )
{
    char *ptr = buffer;

    while (len)
    {
        int ret = recv( s, ptr, len, 0 );
        if (ret <= 0) return FALSE;
        ptr += ret;
        len -= ret;
    }
    return TRUE;
}

/* One byte from src arrives at dst: the connection carries data. Both blocking. */
#define check_transfer( src, dst ) check_transfer_( __FILE__, __LINE__, src, dst )
UTIL void check_transfer_( const char *file, int line, SOCKET src, SOCKET dst )
{
    DWORD timeout = PATIENCE;
    char byte = 'x';
    int ret;

    ret = send( src, &byte, 1, 0 );
    ok_( file, line )( ret == 1, "send returned %d, error %d\n", ret, WSAGetLastError() );
    if (ret != 1) return;
    byte = 0;
    setsockopt( dst, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    ret = recv( dst, &byte, 1, 0 );
    ok_( file, line )( ret == 1 && byte == 'x', "recv returned %d, error %d\n", ret, WSAGetLastError() );
}

/* Wait until select finds the socket readable, writable or exceptional ("r", "w", "e"). */
UTIL BOOL wait_socket( SOCKET s, const char *what )
{
    struct timeval timeout = { PATIENCE / 1000, 0 };
    fd_set set;

    FD_ZERO( &set );
    FD_SET( s, &set );
    return select( 0, *what == 'r' ? &set : NULL, *what == 'w' ? &set : NULL, *what == 'e' ? &set : NULL,
                   &timeout ) == 1;
}

/* The extension function for a GUID; the check fails when there is none. */
UTIL void *get_extension( SOCKET s, const GUID *guid )
{
    GUID copy = *guid;
    void *function = NULL;
    DWORD count = 0;
    int ret;

    ret = WSAIoctl( s, SIO_GET_EXTENSION_FUNCTION_POINTER, &copy, sizeof(copy), &function, sizeof(function),
                    &count, NULL, NULL );
    ok( !ret, "failed to get extension function, error %d\n", WSAGetLastError() );
    return function;
}

/*** completion routines ***/

/* What a completion routine was told last, and how often there was one. */
static struct
{
    DWORD error, count, flags;
    OVERLAPPED *overlapped;
    unsigned int calls;
} routine_seen __attribute__((unused));

UTIL void CALLBACK note_routine( DWORD error, DWORD count, OVERLAPPED *overlapped, DWORD flags )
{
    routine_seen.error = error;
    routine_seen.count = count;
    routine_seen.flags = flags;
    routine_seen.overlapped = overlapped;
    routine_seen.calls++;
}

/* In an alertable wait so many calls come, since the counter was cleared, the last one with this. */
#define check_routine( calls, error, count, overlapped ) \
    check_routine_( __FILE__, __LINE__, calls, error, count, overlapped )
UTIL void check_routine_( const char *file, int line, unsigned int calls, DWORD error, DWORD count,
                          const OVERLAPPED *overlapped )
{
    while (routine_seen.calls < calls && SleepEx( PATIENCE, TRUE ) == WAIT_IO_COMPLETION) /* nothing */;
    ok_( file, line )( routine_seen.calls == calls, "got %u calls, expected %u\n", routine_seen.calls,
                       calls );
    ok_( file, line )( routine_seen.error == error && routine_seen.count == count,
                       "got error %lu, %lu bytes, expected %lu, %lu\n", routine_seen.error,
                       routine_seen.count, error, count );
    ok_( file, line )( routine_seen.overlapped == overlapped && !routine_seen.flags,
                       "got %p instead of %p, flags %#lx\n", routine_seen.overlapped, overlapped,
                       routine_seen.flags );
}

/*** memory ***/

/* Memory of a size that is followed by a page without access. Never freed. */
UTIL char *memory_before_nothing( SIZE_T size )
{
    SIZE_T pages = (size + 0xfff) & ~(SIZE_T)0xfff;
    char *ptr = VirtualAlloc( NULL, pages + 0x1000, MEM_RESERVE, PAGE_NOACCESS );

    VirtualAlloc( ptr, pages, MEM_COMMIT, PAGE_READWRITE );
    return ptr + pages - size;
}

/* A pointer that faults on any access. */
UTIL void *bad_pointer( void )
{
    static void *page;

    if (!page) page = VirtualAlloc( NULL, 0x10000, MEM_RESERVE, PAGE_NOACCESS );
    return page;
}

/* Memory that can be read only, all zeros. Never freed. */
UTIL void *read_only_memory( void )
{
    return VirtualAlloc( NULL, 0x1000, MEM_COMMIT | MEM_RESERVE, PAGE_READONLY );
}

/*** processes ***/

/* Start this program again for one subtest with more arguments. */
UTIL BOOL start_child( PROCESS_INFORMATION *info, BOOL inherit, const char *test_name, const char *format,
                       ... )
{
    STARTUPINFOA startup = { sizeof(startup) };
    char command[1024], **argv;
    va_list args;
    int len;
    BOOL ret;

    winetest_get_mainargs( &argv );
    len = snprintf( command, sizeof(command), "\"%s\" %s ", argv[0], test_name );
    va_start( args, format );
    vsnprintf( command + len, sizeof(command) - len, format, args );
    va_end( args );
    ret = CreateProcessA( NULL, command, NULL, NULL, inherit, 0, NULL, NULL, &startup, info );
    ok( ret, "failed to start %s, error %lu\n", command, GetLastError() );
    return ret;
}

/* Wait for a child and count its results; bounded. */
UTIL void finish_child( PROCESS_INFORMATION *info )
{
    if (WaitForSingleObject( info->hProcess, 4 * PATIENCE ))
    {
        ok( 0, "child did not end\n" );
        TerminateProcess( info->hProcess, 1 );
    }
    wait_child_process( info->hProcess );
    CloseHandle( info->hThread );
    CloseHandle( info->hProcess );
}

/* No packet waits at a completion port. */
#define check_empty( port ) check_empty_( __LINE__, port )
UTIL void check_empty_( int line, HANDLE port )
{
    OVERLAPPED *ov = NULL;
    ULONG_PTR key;
    DWORD count;
    BOOL ret = GetQueuedCompletionStatus( port, &count, &key, &ov, 0 );

    ok_( __FILE__, line )( !ret && !ov && GetLastError() == WAIT_TIMEOUT, "got %d, %p, error %lu\n", ret, ov,
                           GetLastError() );
}

/* Descriptors of the host process, -1 where that cannot be known. */
UTIL int count_descriptors( void )
{
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA( "Z:\\proc\\self\\fd\\*", &data );
    int count = 0;

    if (find == INVALID_HANDLE_VALUE) return -1;
    do count++;
    while (FindNextFileA( find, &data ));
    FindClose( find );
    return count;
}

#endif
