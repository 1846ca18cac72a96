/*
 * Preloaded into Wine: counts and times the host's calls of the main thread, for bench/rows/run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * WS2_HOST_CALLS names the file of struct host_calls, which the Windows program reads between its calls.
 * Each call is timed where it happens, with the arguments and on the socket that it has: its price is that
 * of the same call in a native program. Only calls of the C library's functions are seen, which is how
 * Wine's ntdll and our host half reach the host, and not what that library calls itself. Other
 * processes that this is loaded into, such as wineserver, are left alone.
 */
#define _GNU_SOURCE
#include "hostcalls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <x86intrin.h>

#define EXPORT __attribute__((visibility( "default" )))
#define MAX_FD 4096

static struct host_calls *calls;
static uint64_t overhead;               /* of two readings of the counter */
static unsigned char made_here[MAX_FD]; /* descriptors of the calls themselves: netlink, files */

static int is_main( void )
{
    static __thread int answer;         /* 0: not asked yet */

    if (!answer) answer = getpid() == gettid() ? 1 : -1;
    return answer > 0;
}

static void count( enum host_call_kind kind, uint64_t start, uint64_t end )
{
    if (!calls || !is_main()) return;
    calls->kinds[kind].count++;
    if (end - start > overhead) calls->kinds[kind].cycles += end - start - overhead;
}

static int is_made_here( int fd )
{
    return fd >= 0 && fd < MAX_FD && made_here[fd];
}

static int note_made( int fd )
{
    if (fd >= 0 && fd < MAX_FD) made_here[fd] = calls && is_main();
    return fd;
}

/* The next one of that name; looked up late, as libraries are started before this one is. */
#define NEXT( name ) ({ \
        static __typeof__(&name) next_; \
        if (!next_) next_ = (__typeof__(&name))dlsym( RTLD_NEXT, #name ); \
        next_; })

#define TIMED( kind, expr ) ({ \
        uint64_t start_ = __rdtsc(); \
        __typeof__(expr) ret_ = (expr); \
        count( kind, start_, __rdtsc() ); \
        ret_; })

/* What only tells which socket it is. */
static enum host_call_kind kind_of_get( int level, int name )
{
    return level == SOL_SOCKET && (name == SO_DOMAIN || name == SO_PROTOCOL || name == SO_TYPE)
           ? KIND_identify : KIND_getsockopt;
}

EXPORT int getsockopt( int fd, int level, int name, void *value, socklen_t *len )
{
    return TIMED( kind_of_get( level, name ), NEXT( getsockopt )( fd, level, name, value, len ) );
}

EXPORT int setsockopt( int fd, int level, int name, const void *value, socklen_t len )
{
    return TIMED( KIND_setsockopt, NEXT( setsockopt )( fd, level, name, value, len ) );
}

EXPORT int ioctl( int fd, unsigned long request, ... )
{
    va_list args;
    void *arg;

    va_start( args, request );
    arg = va_arg( args, void * );
    va_end( args );
    return TIMED( KIND_ioctl, NEXT( ioctl )( fd, request, arg ) );
}

EXPORT int getsockname( int fd, __SOCKADDR_ARG addr, socklen_t *len )
{
    return TIMED( KIND_names, NEXT( getsockname )( fd, addr, len ) );
}

EXPORT int getpeername( int fd, __SOCKADDR_ARG addr, socklen_t *len )
{
    return TIMED( KIND_names, NEXT( getpeername )( fd, addr, len ) );
}

EXPORT int socket( int family, int type, int protocol )
{
    return note_made( TIMED( KIND_socket, NEXT( socket )( family, type, protocol ) ) );
}

EXPORT int bind( int fd, __CONST_SOCKADDR_ARG addr, socklen_t len )
{
    return TIMED( KIND_bind, NEXT( bind )( fd, addr, len ) );
}

EXPORT int connect( int fd, __CONST_SOCKADDR_ARG addr, socklen_t len )
{
    return TIMED( KIND_connect, NEXT( connect )( fd, addr, len ) );
}

EXPORT ssize_t send( int fd, const void *data, size_t size, int flags )
{
    return TIMED( KIND_send, NEXT( send )( fd, data, size, flags ) );
}

EXPORT ssize_t sendto( int fd, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG addr,
                       socklen_t len )
{
    return TIMED( KIND_send, NEXT( sendto )( fd, data, size, flags, addr, len ) );
}

EXPORT ssize_t sendmsg( int fd, const struct msghdr *message, int flags )
{
    return TIMED( KIND_send, NEXT( sendmsg )( fd, message, flags ) );
}

EXPORT ssize_t recv( int fd, void *data, size_t size, int flags )
{
    return TIMED( KIND_recv, NEXT( recv )( fd, data, size, flags ) );
}

EXPORT ssize_t recvfrom( int fd, void *data, size_t size, int flags, __SOCKADDR_ARG addr, socklen_t *len )
{
    return TIMED( KIND_recv, NEXT( recvfrom )( fd, data, size, flags, addr, len ) );
}

/* A descriptor that wineserver sends comes in this way. */
EXPORT ssize_t recvmsg( int fd, struct msghdr *message, int flags )
{
    return TIMED( flags == MSG_CMSG_CLOEXEC ? KIND_duplicate : KIND_recv,
                  NEXT( recvmsg )( fd, message, flags ) );
}

EXPORT int poll( struct pollfd *fds, nfds_t number, int timeout )
{
    return TIMED( KIND_poll, NEXT( poll )( fds, number, timeout ) );
}

/* /proc/.../io tells how many requests the process has made. */
static int counts_requests( const char *path )
{
    size_t len = strlen( path );

    return len > 3 && !strcmp( path + len - 3, "/io" );
}

static int opened( const char *path, int fd )
{
    return counts_requests( path ) ? fd : note_made( fd );
}

#define OPEN( name ) \
    EXPORT int name( const char *path, int flags, ... ) \
    { \
        va_list args; \
        mode_t mode; \
        va_start( args, flags ); \
        mode = va_arg( args, mode_t ); \
        va_end( args ); \
        return opened( path, TIMED( counts_requests( path ) ? KIND_identify : KIND_open, \
                                    NEXT( name )( path, flags, mode ) ) ); \
    }
OPEN( open )
OPEN( open64 )

EXPORT ssize_t pread( int fd, void *data, size_t size, off_t offset )
{
    return TIMED( is_made_here( fd ) ? KIND_read : KIND_identify, NEXT( pread )( fd, data, size, offset ) );
}

/* Replies of wineserver come in this way; they belong to their requests. */
EXPORT ssize_t read( int fd, void *data, size_t size )
{
    if (!is_made_here( fd )) return NEXT( read )( fd, data, size );
    return TIMED( KIND_read, NEXT( read )( fd, data, size ) );
}

/* Nothing but a request to wineserver is written while a row is measured. */
EXPORT ssize_t write( int fd, const void *data, size_t size )
{
    return TIMED( KIND_request, NEXT( write )( fd, data, size ) );
}

EXPORT ssize_t writev( int fd, const struct iovec *data, int number )
{
    return TIMED( KIND_request, NEXT( writev )( fd, data, number ) );
}

EXPORT int close( int fd )
{
    enum host_call_kind kind = is_made_here( fd ) ? KIND_close : KIND_duplicate;

    if (fd >= 0 && fd < MAX_FD) made_here[fd] = 0;
    return TIMED( kind, NEXT( close )( fd ) );
}

#define FCNTL( name ) \
    EXPORT int name( int fd, int command, ... ) \
    { \
        va_list args; \
        void *arg; \
        va_start( args, command ); \
        arg = va_arg( args, void * ); \
        va_end( args ); \
        return TIMED( KIND_duplicate, NEXT( name )( fd, command, arg ) ); \
    }
FCNTL( fcntl )
FCNTL( fcntl64 )

EXPORT int dup( int fd )
{
    return TIMED( KIND_duplicate, NEXT( dup )( fd ) );
}

EXPORT int fstat( int fd, struct stat *st )
{
    return TIMED( KIND_identify, NEXT( fstat )( fd, st ) );
}

EXPORT int fstat64( int fd, struct stat64 *st )
{
    return TIMED( KIND_identify, NEXT( fstat64 )( fd, st ) );
}

EXPORT int pthread_sigmask( int how, const sigset_t *set, sigset_t *old )
{
    return TIMED( KIND_signals, NEXT( pthread_sigmask )( how, set, old ) );
}

/* Wine with that program. */
static int is_measured( void )
{
    char line[4096];
    int fd = syscall( SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC );
    ssize_t size = fd < 0 ? -1 : syscall( SYS_read, fd, line, sizeof(line) - 1 ), pos;

    if (fd >= 0) syscall( SYS_close, fd );
    if (size <= 0) return 0;
    line[size] = 0;
    if (!strstr( line, "wine" )) return 0;
    for (pos = strlen( line ) + 1; pos < size; pos += strlen( line + pos ) + 1)
        if (strstr( line + pos, "rows.exe" )) return 1;
    return 0;
}

static void __attribute__((constructor)) start( void )
{
    const char *name = getenv( "WS2_HOST_CALLS" );
    int fd, i;

    if (!name || !is_measured()) return;
    if ((fd = syscall( SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC )) < 0) return;
    overhead = ~(uint64_t)0;
    for (i = 0; i < 1000; i++)
    {
        uint64_t begin = __rdtsc(), took = __rdtsc() - begin;

        if (took < overhead) overhead = took;
    }
    calls = mmap( NULL, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0 );
    if (calls == MAP_FAILED) calls = NULL;
    syscall( SYS_close, fd );
}
