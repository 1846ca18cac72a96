/*
 * One benchmark, built natively and for Windows: each row prints its name and microseconds per operation.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: bench [milliseconds per row [row...]]
 *        bench --memory [connections]          bytes per idle connection instead
 *
 * The thread that is measured runs on the first processor that it may use, in whichever process it is, the
 * thread or process at the other end on the second, so that a round trip is one between processors in every
 * build and every run.
 */
#ifdef _WIN32
#define FD_SETSIZE 1100
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>
#include <windows.h>
#include <psapi.h>
#include <io.h>
#else
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
typedef int SOCKET;
#define closesocket close
#define ioctlsocket ioctl
#define WSAPoll poll
#define WSAPOLLFD struct pollfd
#define INVALID_SOCKET (-1)
#define SD_SEND SHUT_WR
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double budget = 60000;   /* microseconds per row */

static double now(void)
{
#ifdef _WIN32
    LARGE_INTEGER frequency, counter;

    QueryPerformanceFrequency( &frequency );
    QueryPerformanceCounter( &counter );
    return counter.QuadPart * 1e6 / frequency.QuadPart;
#else
    struct timespec ts;

    clock_gettime( CLOCK_MONOTONIC, &ts );
    return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
#endif
}

static void die( const char *what )
{
#ifdef _WIN32
    fprintf( stderr, "%s failed, error %d\n", what, WSAGetLastError() );
#else
    perror( what );
#endif
    exit( 1 );
}

#define CHECK( expr ) do { if (!(expr)) die( #expr ); } while (0)

/* Let this thread run on one processor only, of those that the process may use. */
static void pin( unsigned int index )
{
#ifdef _WIN32
    DWORD_PTR process, system, left;
    unsigned int count = 0;

    CHECK( GetProcessAffinityMask( GetCurrentProcess(), &process, &system ) );
    for (left = process; left; left &= left - 1) count++;
    for (index %= count; index; index--) process &= process - 1;
    CHECK( SetThreadAffinityMask( GetCurrentThread(), process & (~process + 1) ) );
#else
    static cpu_set_t process;
    cpu_set_t one;
    int cpu = 0;

    if (!CPU_COUNT( &process )) CHECK( !sched_getaffinity( 0, sizeof(process), &process ) );
    index %= CPU_COUNT( &process );
    while (!CPU_ISSET( cpu, &process ) || index--) cpu++;
    CPU_ZERO( &one );
    CPU_SET( cpu, &one );
    CHECK( !sched_setaffinity( 0, sizeof(one), &one ) );
#endif
}

enum processor { FIRST, SECOND };

typedef void (*thread_func)( void *arg );

struct thread
{
    thread_func func;
    void *arg;
    unsigned int processor;
#ifdef _WIN32
    HANDLE handle;
#else
    pthread_t handle;
#endif
};

#ifdef _WIN32
static DWORD WINAPI thread_entry( void *arg )
#else
static void *thread_entry( void *arg )
#endif
{
    struct thread *thread = arg;

    pin( thread->processor );
    thread->func( thread->arg );
    return 0;
}

static void start( struct thread *thread, unsigned int processor, thread_func func, void *arg )
{
    thread->func = func;
    thread->arg = arg;
    thread->processor = processor;
#ifdef _WIN32
    CHECK( (thread->handle = CreateThread( NULL, 0, thread_entry, thread, 0, NULL )) );
#else
    CHECK( !pthread_create( &thread->handle, NULL, thread_entry, thread ) );
#endif
}

static void join( struct thread *thread )
{
#ifdef _WIN32
    WaitForSingleObject( thread->handle, INFINITE );
    CloseHandle( thread->handle );
#else
    pthread_join( thread->handle, NULL );
#endif
}

/* On any port of the loopback address. */
static SOCKET make_bound( int type, struct sockaddr_in *addr )
{
    SOCKET s = socket( AF_INET, type, 0 );
    socklen_t len = sizeof(*addr);

    CHECK( s != INVALID_SOCKET );
    memset( addr, 0, sizeof(*addr) );
    addr->sin_family = AF_INET;
    addr->sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    CHECK( !bind( s, (struct sockaddr *)addr, sizeof(*addr) ) );
    CHECK( !getsockname( s, (struct sockaddr *)addr, &len ) );
    return s;
}

static SOCKET make_datagram( struct sockaddr_in *addr )
{
    return make_bound( SOCK_DGRAM, addr );
}

static SOCKET make_listener( struct sockaddr_in *addr )
{
    SOCKET s = make_bound( SOCK_STREAM, addr );

    CHECK( !listen( s, 16 ) );
    return s;
}

static void make_pair( SOCKET pair[2] )
{
    struct sockaddr_in addr;
    SOCKET listener = make_listener( &addr );
    int one = 1;

    CHECK( (pair[0] = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP )) != INVALID_SOCKET );
    CHECK( !connect( pair[0], (struct sockaddr *)&addr, sizeof(addr) ) );
    CHECK( (pair[1] = accept( listener, NULL, NULL )) != INVALID_SOCKET );
    closesocket( listener );
    setsockopt( pair[0], IPPROTO_TCP, TCP_NODELAY, (char *)&one, sizeof(one) );
    setsockopt( pair[1], IPPROTO_TCP, TCP_NODELAY, (char *)&one, sizeof(one) );
}

/* The first round trips between processors of a process that has just begun are faster than all that follow:
 * a native one is measured before Wine has started a program. So they are made before. */
#define STEADY_US 150e3

/* Run a statement until the budget is used up, after some time of the same; gives microseconds per run. */
#define MEASURE_AFTER( before, result, ... ) do { \
        const double spans_[] = { before, budget }; \
        double begin_, end_; \
        unsigned long runs_, i_, step_, span_; \
        for (span_ = 0; span_ < 2; span_++) \
        { \
            begin_ = now(); \
            runs_ = 0; \
            step_ = 1; \
            do { \
                for (i_ = 0; i_ < step_; i_++) { __VA_ARGS__; } \
                runs_ += step_; \
                end_ = now(); \
                if (end_ - begin_ < spans_[span_] / 8) step_ *= 2; \
            } while (end_ - begin_ < spans_[span_]); \
        } \
        (result) = (end_ - begin_) / runs_; \
    } while (0)
#define MEASURE( result, ... ) MEASURE_AFTER( 0, result, __VA_ARGS__ )

static void echo_thread( void *arg )
{
    static char buffer[4][65536];
    static int next;
    SOCKET s = *(SOCKET *)arg;
    char *data = buffer[next++ & 3];
    int size, done, ret;

    while ((size = recv( s, data, 65536, 0 )) > 0)
        for (done = 0; done < size; done += ret)
            if ((ret = send( s, data + done, size - done, 0 )) <= 0) return;
}

static void receive_all( SOCKET s, char *data, int size )
{
    int done, ret;

    for (done = 0; done < size; done += ret) CHECK( (ret = recv( s, data + done, size - done, 0 )) > 0 );
}

static double echo_row( int size, int with_select )
{
    static char data[65536];
    struct thread thread;
    SOCKET pair[2];
    double result;

    make_pair( pair );
    start( &thread, SECOND, echo_thread, &pair[1] );
    MEASURE_AFTER( STEADY_US, result,
        CHECK( send( pair[0], data, size, 0 ) == size );
        if (with_select)
        {
            fd_set set;
            FD_ZERO( &set );
            FD_SET( pair[0], &set );
            CHECK( select( pair[0] + 1, &set, NULL, NULL, NULL ) == 1 );
        }
        receive_all( pair[0], data, size ) );
    closesocket( pair[0] );
    join( &thread );
    closesocket( pair[1] );
    return result;
}

static double tcp_pingpong(void) { return echo_row( 1, 0 ); }
static double tcp_pingpong_select(void) { return echo_row( 1, 1 ); }
static double tcp_echo_64k(void) { return echo_row( 65536, 0 ); }

static void sink_thread( void *arg )
{
    static char data[65536];
    SOCKET s = *(SOCKET *)arg;

    while (recv( s, data, sizeof(data), 0 ) > 0) /* nothing */;
}

static double tcp_bulk_64k(void)
{
    static char data[65536];
    struct thread thread;
    SOCKET pair[2];
    double result;

    make_pair( pair );
    start( &thread, SECOND, sink_thread, &pair[1] );
    MEASURE( result, CHECK( send( pair[0], data, sizeof(data), 0 ) == sizeof(data) ) );
    closesocket( pair[0] );
    join( &thread );
    closesocket( pair[1] );
    return result;
}

/* Blocks that one thread sends and receives: nobody is woken. */
static double stream_pair(void)
{
    int size = 1 << 20, i;
    SOCKET pair[2];
    double result;
    char *data;

    CHECK( (data = calloc( 1, 65536 )) );
    make_pair( pair );
    for (i = 0; i < 2; i++)
    {
        CHECK( !setsockopt( pair[i], SOL_SOCKET, SO_SNDBUF, (char *)&size, sizeof(size) ) );
        CHECK( !setsockopt( pair[i], SOL_SOCKET, SO_RCVBUF, (char *)&size, sizeof(size) ) );
    }
    MEASURE( result,
        CHECK( send( pair[0], data, 65536, 0 ) == 65536 );
        receive_all( pair[1], data, 65536 ) );
    closesocket( pair[0] );
    closesocket( pair[1] );
    free( data );
    return result;
}

static double udp_pair(void)
{
    struct sockaddr_in addr, other, from;
    SOCKET a = make_datagram( &addr ), b = make_datagram( &other );
    char data[64] = { 0 };
    socklen_t len;
    double result;

    MEASURE( result,
        CHECK( sendto( a, data, 64, 0, (struct sockaddr *)&other, sizeof(other) ) == 64 );
        len = sizeof(from);
        CHECK( recvfrom( b, data, 64, 0, (struct sockaddr *)&from, &len ) == 64 ) );
    closesocket( a );
    closesocket( b );
    return result;
}

static void udp_echo_thread( void *arg )
{
    struct sockaddr_in from;
    SOCKET s = *(SOCKET *)arg;
    socklen_t len;
    char data[64];
    int size;

    for (;;)
    {
        len = sizeof(from);
        if ((size = recvfrom( s, data, sizeof(data), 0, (struct sockaddr *)&from, &len )) <= 1) return;
        sendto( s, data, size, 0, (struct sockaddr *)&from, len );
    }
}

static double udp_request(void)
{
    struct sockaddr_in addr, other;
    SOCKET a = make_datagram( &addr ), b = make_datagram( &other );
    struct thread thread;
    char data[64] = { 0 };
    double result;

    start( &thread, SECOND, udp_echo_thread, &b );
    MEASURE_AFTER( STEADY_US, result,
        CHECK( sendto( a, data, 64, 0, (struct sockaddr *)&other, sizeof(other) ) == 64 );
        CHECK( recvfrom( a, data, 64, 0, NULL, NULL ) == 64 ) );
    sendto( a, data, 1, 0, (struct sockaddr *)&other, sizeof(other) );
    join( &thread );
    closesocket( a );
    closesocket( b );
    return result;
}

/* Of count datagram sockets the last one is readable. Natively both rows are poll. The first call is not
 * measured: ours looks each socket up there, once in its life. */
static double many( unsigned int count, int use_select )
{
    static SOCKET sockets[1000];
    static WSAPOLLFD fds[1000];
    struct sockaddr_in addr = { 0 };
    unsigned int i;
    double result;

    for (i = 0; i < count; i++) sockets[i] = make_datagram( &addr );
    CHECK( sendto( sockets[0], "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr) ) == 1 );
    for (i = 0; i < count; i++)
    {
        fds[i].fd = sockets[i];
        fds[i].events = POLLRDNORM;
    }
#ifdef _WIN32
    if (use_select)
    {
        static fd_set all, set;
        struct timeval zero = { 0, 0 };

        FD_ZERO( &all );
        for (i = 0; i < count; i++) all.fd_array[all.fd_count++] = sockets[i];
        set = all;
        CHECK( select( 0, &set, NULL, NULL, &zero ) == 1 );
        MEASURE( result,
            set.fd_count = all.fd_count;
            memcpy( set.fd_array, all.fd_array, all.fd_count * sizeof(SOCKET) );
            CHECK( select( 0, &set, NULL, NULL, &zero ) == 1 ) );
    }
    else
#endif
    {
        (void)use_select;
        CHECK( WSAPoll( fds, count, 0 ) == 1 );
        MEASURE( result, CHECK( WSAPoll( fds, count, 0 ) == 1 ) );
    }
    for (i = 0; i < count; i++) closesocket( sockets[i] );
    return result;
}

static double select_1(void) { return many( 1, 1 ); }
static double select_64(void) { return many( 64, 1 ); }
static double select_1000(void) { return many( 1000, 1 ); }
static double poll_1(void) { return many( 1, 0 ); }
static double poll_64(void) { return many( 64, 0 ); }
static double poll_1000(void) { return many( 1000, 0 ); }

/* Options and control codes of a socket that was just made, and of one that is connected. */
static double with_socket( int connected, double (*measure)( SOCKET s ) )
{
    SOCKET pair[2];
    double result;

    if (connected) make_pair( pair );
    else CHECK( (pair[0] = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP )) != INVALID_SOCKET );
    result = measure( pair[0] );
    closesocket( pair[0] );
    if (connected) closesocket( pair[1] );
    return result;
}

static double getsockopt_of( SOCKET s )
{
    socklen_t len;
    double result;
    int value;

    MEASURE( result,
             len = sizeof(value); CHECK( !getsockopt( s, SOL_SOCKET, SO_TYPE, (char *)&value, &len ) ) );
    return result;
}

static double setsockopt_of( SOCKET s )
{
    int value = 1;
    double result;

    MEASURE( result, CHECK( !setsockopt( s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof(value) ) ) );
    return result;
}

static double fionread_of( SOCKET s )
{
    double result;
#ifdef _WIN32
    u_long value;
#else
    int value;
#endif

    MEASURE( result, CHECK( !ioctlsocket( s, FIONREAD, &value ) ) );
    return result;
}

static double keepalive_of( SOCKET s )
{
    double result;
#ifdef _WIN32
    struct tcp_keepalive vals = { 1, 5000, 1000 };
    DWORD size;

    MEASURE( result,
             CHECK( !WSAIoctl( s, SIO_KEEPALIVE_VALS, &vals, sizeof(vals), NULL, 0, &size, NULL, NULL ) ) );
#else
    int one = 1, idle = 5, interval = 1, count = 10;

    MEASURE( result,
        setsockopt( s, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one) );
        setsockopt( s, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle) );
        setsockopt( s, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval) );
        setsockopt( s, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count) ) );
#endif
    return result;
}

static double getsockopt_new(void) { return with_socket( 0, getsockopt_of ); }
static double getsockopt_connected(void) { return with_socket( 1, getsockopt_of ); }
static double setsockopt_new(void) { return with_socket( 0, setsockopt_of ); }
static double setsockopt_connected(void) { return with_socket( 1, setsockopt_of ); }
static double fionread_new(void) { return with_socket( 0, fionread_of ); }
static double fionread_connected(void) { return with_socket( 1, fionread_of ); }
static double keepalive_new(void) { return with_socket( 0, keepalive_of ); }
static double keepalive_connected(void) { return with_socket( 1, keepalive_of ); }

static double getsockname_bound(void)
{
    struct sockaddr_in addr;
    SOCKET s = make_datagram( &addr );
    socklen_t len;
    double result;

    MEASURE( result, len = sizeof(addr); CHECK( !getsockname( s, (struct sockaddr *)&addr, &len ) ) );
    closesocket( s );
    return result;
}

static double socket_close(void)
{
    double result;
    SOCKET s;

    MEASURE( result,
        CHECK( (s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP )) != INVALID_SOCKET );
        closesocket( s ) );
    return result;
}

static double connect_accept_close(void)
{
    struct sockaddr_in addr;
    SOCKET listener = make_listener( &addr ), client, server;
    struct linger linger = { 1, 0 };    /* no TIME_WAIT, so that ports do not run out */
    double result;

    MEASURE( result,
        CHECK( (client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP )) != INVALID_SOCKET );
        CHECK( !connect( client, (struct sockaddr *)&addr, sizeof(addr) ) );
        CHECK( (server = accept( listener, NULL, NULL )) != INVALID_SOCKET );
        setsockopt( client, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) );
        closesocket( client );
        closesocket( server ) );
    closesocket( listener );
    return result;
}

enum completion { EVENT, PORT, PORT_SKIP };

/* Send 64 bytes and receive them, both overlapped, data always ready; natively send and recv. */
static double overlapped( enum completion completion )
{
    SOCKET pair[2];
    char data[64] = { 0 };
    double result;

    make_pair( pair );
#ifdef _WIN32
    {
        WSABUF buffer = { sizeof(data), data };
        OVERLAPPED send_ov = { 0 }, recv_ov = { 0 }, *ov;
        DWORD size, flags = 0;
        HANDLE port = NULL;
        ULONG_PTR key;
        int i;

        if (completion == EVENT)
        {
            send_ov.hEvent = CreateEventA( NULL, TRUE, FALSE, NULL );
            recv_ov.hEvent = CreateEventA( NULL, TRUE, FALSE, NULL );
        }
        else
        {
            port = CreateIoCompletionPort( (HANDLE)pair[0], NULL, 0, 0 );
            CreateIoCompletionPort( (HANDLE)pair[1], port, 0, 0 );
            if (completion == PORT_SKIP)
                for (i = 0; i < 2; i++)
                    SetFileCompletionNotificationModes( (HANDLE)pair[i],
                                                        FILE_SKIP_COMPLETION_PORT_ON_SUCCESS );
        }
        MEASURE( result,
            int sent = WSASend( pair[0], &buffer, 1, &size, 0, &send_ov, NULL );
            CHECK( !sent || WSAGetLastError() == WSA_IO_PENDING );
            int got = WSARecv( pair[1], &buffer, 1, &size, &flags, &recv_ov, NULL );
            CHECK( !got || WSAGetLastError() == WSA_IO_PENDING );
            if (completion == EVENT)
            {
                CHECK( WSAGetOverlappedResult( pair[0], &send_ov, &size, TRUE, &flags ) );
                CHECK( WSAGetOverlappedResult( pair[1], &recv_ov, &size, TRUE, &flags ) );
            }
            else
            {
                int expect = completion == PORT ? 2 : !!sent + !!got;
                while (expect--) CHECK( GetQueuedCompletionStatus( port, &size, &key, &ov, INFINITE ) );
            } );
        if (completion == EVENT)
        {
            CloseHandle( send_ov.hEvent );
            CloseHandle( recv_ov.hEvent );
        }
        else CloseHandle( port );
    }
#else
    (void)completion;
    MEASURE( result,
        CHECK( send( pair[0], data, sizeof(data), 0 ) == sizeof(data) );
        CHECK( recv( pair[1], data, sizeof(data), 0 ) == sizeof(data) ) );
#endif
    closesocket( pair[0] );
    closesocket( pair[1] );
    return result;
}

static double overlapped_event(void) { return overlapped( EVENT ); }
static double overlapped_port(void) { return overlapped( PORT ); }
static double overlapped_port_skip(void) { return overlapped( PORT_SKIP ); }

/* Request and response where the client waits for FD_READ; natively poll and recv. */
static double event_loop( SOCKET s )
{
    char data = 0;
    double result;
#ifdef _WIN32
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;
    u_long off = 0;

    CHECK( !WSAEventSelect( s, event, FD_READ | FD_CLOSE ) );
    MEASURE_AFTER( STEADY_US, result,
        CHECK( send( s, &data, 1, 0 ) == 1 );
        do
        {
            WSAWaitForMultipleEvents( 1, &event, TRUE, WSA_INFINITE, FALSE );
            CHECK( !WSAEnumNetworkEvents( s, event, &events ) );
        } while (!(events.lNetworkEvents & FD_READ));
        CHECK( recv( s, &data, 1, 0 ) == 1 ) );
    WSAEventSelect( s, NULL, 0 );
    ioctlsocket( s, FIONBIO, &off );
    WSACloseEvent( event );
#else
    struct pollfd pfd = { s, POLLIN, 0 };

    MEASURE_AFTER( STEADY_US, result,
        CHECK( send( s, &data, 1, 0 ) == 1 );
        CHECK( poll( &pfd, 1, -1 ) == 1 );
        CHECK( recv( s, &data, 1, 0 ) == 1 ) );
#endif
    return result;
}

static double event_select(void)
{
    struct thread thread;
    SOCKET pair[2];
    double result;

    make_pair( pair );
    start( &thread, SECOND, echo_thread, &pair[1] );
    result = event_loop( pair[0] );
    closesocket( pair[0] );
    join( &thread );
    closesocket( pair[1] );
    return result;
}

/*** a second process ***/

/* It says when it is ready, waits for a line, measures and answers with a line. On Windows the first line
 * that it reads is the socket, as of WSADuplicateSocket in hexadecimal digits, or empty. */
struct child
{
    FILE *in, *out;             /* as seen from here: what it reads, what it writes */
#ifdef _WIN32
    PROCESS_INFORMATION info;
#else
    pid_t pid;
#endif
};

static double child_event_select( SOCKET s );
static double child_udp_pair( SOCKET s );

/* The event loop has the first processor, as in the row without a child: the other end is in the parent. */
static const struct
{
    const char *name;
    enum processor processor;
    double (*measure)( SOCKET s );
}
child_rows[] =
{
    { "event_select", FIRST, child_event_select },
    { "udp_pair", SECOND, child_udp_pair },
};

static int child_main( const char *name, SOCKET s )
{
    char line[16];
    unsigned int i;

    for (i = 0; strcmp( child_rows[i].name, name ); i++) /* next */;
    pin( child_rows[i].processor );
    printf( "ready\n" );
    fflush( stdout );
    CHECK( fgets( line, sizeof(line), stdin ) );
    printf( "%.4f\n", child_rows[i].measure( s ) );
    fflush( stdout );
    return 0;
}

#ifdef _WIN32

/* The socket came by inheritance as well; PostgreSQL's children close that handle, too. */
static int child_process( const char *name, SOCKET inherited )
{
    char line[2 * sizeof(WSAPROTOCOL_INFOA) + 4];
    WSAPROTOCOL_INFOA info;
    SOCKET s = INVALID_SOCKET;
    unsigned int i, byte;

    CHECK( fgets( line, sizeof(line), stdin ) );
    if (strlen( line ) > 2)
    {
        for (i = 0; i < sizeof(info); i++)
        {
            CHECK( sscanf( line + 2 * i, "%2x", &byte ) == 1 );
            ((unsigned char *)&info)[i] = byte;
        }
        CHECK( (s = WSASocketA( FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                                WSA_FLAG_OVERLAPPED )) != INVALID_SOCKET );
        closesocket( inherited );
    }
    return child_main( name, s );
}

static void start_child( struct child *child, const char *name, SOCKET s )
{
    STARTUPINFOA startup = { .cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES };
    SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
    HANDLE read, write;
    WSAPROTOCOL_INFOA info;
    char command[600], program[512];
    unsigned int i;

    GetModuleFileNameA( NULL, program, sizeof(program) );
    snprintf( command, sizeof(command), "\"%s\" --child %s %f %lu", program, name, budget / 1000,
              (unsigned long)s );
    CHECK( CreatePipe( &startup.hStdInput, &write, &inherit, 0 ) );
    CHECK( CreatePipe( &read, &startup.hStdOutput, &inherit, 0 ) );
    SetHandleInformation( write, HANDLE_FLAG_INHERIT, 0 );
    SetHandleInformation( read, HANDLE_FLAG_INHERIT, 0 );
    startup.hStdError = GetStdHandle( STD_ERROR_HANDLE );
    CHECK( CreateProcessA( program, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child->info ) );
    CloseHandle( startup.hStdInput );
    CloseHandle( startup.hStdOutput );
    CHECK( (child->in = _fdopen( _open_osfhandle( (intptr_t)write, 0 ), "w" )) );
    CHECK( (child->out = _fdopen( _open_osfhandle( (intptr_t)read, 0 ), "r" )) );
    if (s != INVALID_SOCKET)
    {
        CHECK( !WSADuplicateSocketA( s, child->info.dwProcessId, &info ) );
        for (i = 0; i < sizeof(info); i++) fprintf( child->in, "%02x", ((unsigned char *)&info)[i] );
    }
    fprintf( child->in, "\n" );
    fflush( child->in );
}

static void end_child( struct child *child )
{
    WaitForSingleObject( child->info.hProcess, INFINITE );
    CloseHandle( child->info.hThread );
    CloseHandle( child->info.hProcess );
}

#else

static void start_child( struct child *child, const char *name, SOCKET s )
{
    int to[2], from[2];

    CHECK( !pipe( to ) && !pipe( from ) );
    CHECK( (child->pid = fork()) >= 0 );
    if (!child->pid)
    {
        dup2( to[0], 0 );
        dup2( from[1], 1 );
        _exit( child_main( name, s ) );
    }
    close( to[0] );
    close( from[1] );
    CHECK( (child->in = fdopen( to[1], "w" )) && (child->out = fdopen( from[0], "r" )) );
}

static void end_child( struct child *child )
{
    waitpid( child->pid, NULL, 0 );
}

#endif

static void wait_child( struct child *child )
{
    char line[64];

    CHECK( fgets( line, sizeof(line), child->out ) && !strncmp( line, "ready", 5 ) );
}

static void release_child( struct child *child )
{
    fprintf( child->in, "go\n" );
    fflush( child->in );
}

static double child_result( struct child *child )
{
    double result;

    CHECK( fscanf( child->out, "%lf", &result ) == 1 );
    end_child( child );
    fclose( child->in );
    fclose( child->out );
    return result;
}

static double child_event_select( SOCKET s )
{
    return event_loop( s );
}

/* The same loop in a process that got the connection from this one, which has closed its own handle. */
static double event_select_child(void)
{
    struct thread thread;
    struct child child;
    SOCKET pair[2];
    double result;

    make_pair( pair );
    start_child( &child, "event_select", pair[0] );
    wait_child( &child );
    closesocket( pair[0] );
    start( &thread, SECOND, echo_thread, &pair[1] );
    release_child( &child );
    result = child_result( &child );
    join( &thread );
    closesocket( pair[1] );
    return result;
}

static double child_udp_pair( SOCKET s )
{
    (void)s;
    return udp_pair();
}

/* Microseconds per pair of calls over both processes together. */
static double processes_2(void)
{
    struct child child;
    double result;

    start_child( &child, "udp_pair", INVALID_SOCKET );
    wait_child( &child );
    release_child( &child );
    result = udp_pair();
    return 1 / (1 / result + 1 / child_result( &child ));
}

struct worker
{
    struct thread thread;
    double (*work)(void);
    double result;
};

static void worker_thread( void *arg )
{
    struct worker *worker = arg;

    worker->result = worker->work();
}

/* Microseconds per pair of calls over all threads together. */
static double threads( unsigned int count, double (*work)(void) )
{
    struct worker workers[4];
    double rate = 0;
    unsigned int i;

    for (i = 0; i < count; i++)
    {
        workers[i].work = work;
        start( &workers[i].thread, i, worker_thread, &workers[i] );
    }
    for (i = 0; i < count; i++)
    {
        join( &workers[i].thread );
        rate += 1 / workers[i].result;
    }
    return 1 / rate;
}

static double threads_1(void) { return threads( 1, udp_pair ); }
static double threads_2(void) { return threads( 2, udp_pair ); }
static double threads_4(void) { return threads( 4, udp_pair ); }
static double streams_1(void) { return threads( 1, stream_pair ); }
static double streams_2(void) { return threads( 2, stream_pair ); }
static double streams_4(void) { return threads( 4, stream_pair ); }

/*** memory ***/

/* Bytes of this process and of wineserver that are resident. */
static void resident( double bytes[2] )
{
    const char *path = "/proc/self/status";
    char line[256];
    FILE *file;

    bytes[0] = bytes[1] = 0;
#ifdef _WIN32
    PROCESS_MEMORY_COUNTERS counters = { .cb = sizeof(counters) };

    CHECK( K32GetProcessMemoryInfo( GetCurrentProcess(), &counters, sizeof(counters) ) );
    bytes[0] = counters.WorkingSetSize;
    path = "\\\\?\\unix\\proc\\self\\status";     /* wineserver opens files, so it is "self" */
#endif
    CHECK( (file = fopen( path, "r" )) );
    while (fgets( line, sizeof(line), file ))
        if (!strncmp( line, "VmRSS:", 6 ))
#ifdef _WIN32
            bytes[1] = atof( line + 6 ) * 1024;
#else
            bytes[0] = atof( line + 6 ) * 1024;
#endif
    fclose( file );
}

static void pause_ms( unsigned int ms )
{
#ifdef _WIN32
    Sleep( ms );
#else
    usleep( ms * 1000 );
#endif
}

/* Connections with both ends here, each of which has sent and received one byte and is idle since. */
static void memory( unsigned int count )
{
    struct sockaddr_in addr;
    SOCKET (*pairs)[2] = calloc( count, sizeof(*pairs) ), listener = make_listener( &addr );
    double before[2], after[2];
    unsigned int i, end;
    char byte = 0;

    memset( pairs, 1, count * sizeof(*pairs) );
    for (i = 0; i < count; i++)
    {
        if (i == 10) resident( before );    /* by now all that is made once is made */
        CHECK( (pairs[i][0] = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP )) != INVALID_SOCKET );
        CHECK( !connect( pairs[i][0], (struct sockaddr *)&addr, sizeof(addr) ) );
        CHECK( (pairs[i][1] = accept( listener, NULL, NULL )) != INVALID_SOCKET );
        for (end = 0; end < 2; end++)
        {
            CHECK( send( pairs[i][end], &byte, 1, 0 ) == 1 );
            CHECK( recv( pairs[i][!end], &byte, 1, 0 ) == 1 );
        }
    }
    pause_ms( 500 );
    resident( after );
    printf( "memory_connections %u\n", count );
    printf( "memory_process %.0f\n", (after[0] - before[0]) / (count - 10) );
    printf( "memory_server %.0f\n", (after[1] - before[1]) / (count - 10) );
}

#define ROW( name ) { #name, name }

static const struct
{
    const char *name;
    double (*measure)(void);
}
rows[] =
{
    ROW( tcp_pingpong ),
    ROW( tcp_pingpong_select ),
    ROW( tcp_echo_64k ),
    ROW( tcp_bulk_64k ),
    ROW( udp_pair ),
    ROW( udp_request ),
    ROW( select_1 ),
    ROW( select_64 ),
    ROW( select_1000 ),
    ROW( poll_1 ),
    ROW( poll_64 ),
    ROW( poll_1000 ),
    ROW( getsockopt_new ),
    ROW( getsockopt_connected ),
    ROW( setsockopt_new ),
    ROW( setsockopt_connected ),
    ROW( fionread_new ),
    ROW( fionread_connected ),
    ROW( keepalive_new ),
    ROW( keepalive_connected ),
    ROW( getsockname_bound ),
    ROW( socket_close ),
    ROW( connect_accept_close ),
    ROW( overlapped_event ),
    ROW( overlapped_port ),
    ROW( overlapped_port_skip ),
    ROW( event_select ),
    ROW( event_select_child ),
    ROW( threads_1 ),
    ROW( threads_2 ),
    ROW( threads_4 ),
    ROW( streams_1 ),
    ROW( streams_2 ),
    ROW( streams_4 ),
    ROW( processes_2 ),
};

#ifndef _WIN32
/* The host looks descriptors up for less while a process has one thread only, which none has under Wine:
 * here is a second one that does nothing. */
static void idle_thread( void *arg )
{
    (void)arg;
    for (;;) pause();
}
#endif

int main( int argc, char **argv )
{
    unsigned int i;
    int j;

#ifdef _WIN32
    WSADATA data;

    CHECK( !WSAStartup( MAKEWORD( 2, 2 ), &data ) );
#else
    static struct thread idle;
    struct rlimit limit;

    getrlimit( RLIMIT_NOFILE, &limit );
    limit.rlim_cur = limit.rlim_max;
    setrlimit( RLIMIT_NOFILE, &limit );
    start( &idle, 0, idle_thread, NULL );
#endif
    if (argc > 1 && !strcmp( argv[1], "--memory" ))
    {
        memory( argc > 2 ? atoi( argv[2] ) : 10000 );
        return 0;
    }
#ifdef _WIN32
    if (argc > 4 && !strcmp( argv[1], "--child" ))
    {
        budget = atof( argv[3] ) * 1000;
        return child_process( argv[2], strtoul( argv[4], NULL, 10 ) );
    }
#endif
    pin( FIRST );
    if (argc > 1) budget = atof( argv[1] ) * 1000;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    {
        for (j = 2; j < argc; j++) if (!strcmp( argv[j], rows[i].name )) break;
        if (argc > 2 && j == argc) continue;
        printf( "%s %.4f\n", rows[i].name, rows[i].measure() );
        fflush( stdout );
    }
    return 0;
}
