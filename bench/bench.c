/*
 * One benchmark, built natively and for Windows: each row prints its name and microseconds per operation.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: bench [milliseconds per row [row...]]
 */
#ifdef _WIN32
#define FD_SETSIZE 1100
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>
#include <windows.h>
#else
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
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

typedef void (*thread_func)( void *arg );

struct thread
{
    thread_func func;
    void *arg;
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

    thread->func( thread->arg );
    return 0;
}

static void start( struct thread *thread, thread_func func, void *arg )
{
    thread->func = func;
    thread->arg = arg;
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

static SOCKET make_listener( struct sockaddr_in *addr )
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    socklen_t len = sizeof(*addr);

    CHECK( s != INVALID_SOCKET );
    memset( addr, 0, sizeof(*addr) );
    addr->sin_family = AF_INET;
    addr->sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    CHECK( !bind( s, (struct sockaddr *)addr, sizeof(*addr) ) );
    CHECK( !getsockname( s, (struct sockaddr *)addr, &len ) );
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

static SOCKET make_datagram( struct sockaddr_in *addr )
{
    SOCKET s = socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP );
    socklen_t len = sizeof(*addr);

    CHECK( s != INVALID_SOCKET );
    memset( addr, 0, sizeof(*addr) );
    addr->sin_family = AF_INET;
    addr->sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    CHECK( !bind( s, (struct sockaddr *)addr, sizeof(*addr) ) );
    CHECK( !getsockname( s, (struct sockaddr *)addr, &len ) );
    return s;
}

/* Run a statement until the budget is used up; gives microseconds per run. */
#define MEASURE( result, ... ) do { \
        double begin_ = now(), end_; \
        unsigned long runs_ = 0, i_, step_ = 1; \
        do { \
            for (i_ = 0; i_ < step_; i_++) { __VA_ARGS__; } \
            runs_ += step_; \
            end_ = now(); \
            if (end_ - begin_ < budget / 8) step_ *= 2; \
        } while (end_ - begin_ < budget); \
        (result) = (end_ - begin_) / runs_; \
    } while (0)

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
    start( &thread, echo_thread, &pair[1] );
    MEASURE( result,
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
    start( &thread, sink_thread, &pair[1] );
    MEASURE( result, CHECK( send( pair[0], data, sizeof(data), 0 ) == sizeof(data) ) );
    closesocket( pair[0] );
    join( &thread );
    closesocket( pair[1] );
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

    start( &thread, udp_echo_thread, &b );
    MEASURE( result,
        CHECK( sendto( a, data, 64, 0, (struct sockaddr *)&other, sizeof(other) ) == 64 );
        CHECK( recvfrom( a, data, 64, 0, NULL, NULL ) == 64 ) );
    sendto( a, data, 1, 0, (struct sockaddr *)&other, sizeof(other) );
    join( &thread );
    closesocket( a );
    closesocket( b );
    return result;
}

/* Of count datagram sockets the last one is readable. Natively both rows are poll. */
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
        MEASURE( result,
            set.fd_count = all.fd_count;
            memcpy( set.fd_array, all.fd_array, all.fd_count * sizeof(SOCKET) );
            CHECK( select( 0, &set, NULL, NULL, &zero ) == 1 ) );
    }
    else
#endif
    {
        (void)use_select;
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

static double call_getsockopt(void)
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    socklen_t len;
    double result;
    int value;

    MEASURE( result,
             len = sizeof(value); CHECK( !getsockopt( s, SOL_SOCKET, SO_TYPE, (char *)&value, &len ) ) );
    closesocket( s );
    return result;
}

static double call_setsockopt(void)
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    int value = 1;
    double result;

    MEASURE( result, CHECK( !setsockopt( s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof(value) ) ) );
    closesocket( s );
    return result;
}

static double call_fionread(void)
{
    SOCKET pair[2];
    double result;

    make_pair( pair );
#ifdef _WIN32
    {
        u_long value;
        MEASURE( result, CHECK( !ioctlsocket( pair[0], FIONREAD, &value ) ) );
    }
#else
    {
        int value;
        MEASURE( result, CHECK( !ioctl( pair[0], FIONREAD, &value ) ) );
    }
#endif
    closesocket( pair[0] );
    closesocket( pair[1] );
    return result;
}

static double call_keepalive(void)
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
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
    closesocket( s );
    return result;
}

static double call_getsockname(void)
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
static double event_select(void)
{
    struct thread thread;
    SOCKET pair[2];
    char data = 0;
    double result;

    make_pair( pair );
    start( &thread, echo_thread, &pair[1] );
#ifdef _WIN32
    {
        WSAEVENT event = WSACreateEvent();
        WSANETWORKEVENTS events;
        u_long off = 0;

        CHECK( !WSAEventSelect( pair[0], event, FD_READ | FD_CLOSE ) );
        MEASURE( result,
            CHECK( send( pair[0], &data, 1, 0 ) == 1 );
            do
            {
                WSAWaitForMultipleEvents( 1, &event, TRUE, WSA_INFINITE, FALSE );
                CHECK( !WSAEnumNetworkEvents( pair[0], event, &events ) );
            } while (!(events.lNetworkEvents & FD_READ));
            CHECK( recv( pair[0], &data, 1, 0 ) == 1 ) );
        WSAEventSelect( pair[0], NULL, 0 );
        ioctlsocket( pair[0], FIONBIO, &off );
        WSACloseEvent( event );
    }
#else
    {
        struct pollfd pfd = { pair[0], POLLIN, 0 };

        MEASURE( result,
            CHECK( send( pair[0], &data, 1, 0 ) == 1 );
            CHECK( poll( &pfd, 1, -1 ) == 1 );
            CHECK( recv( pair[0], &data, 1, 0 ) == 1 ) );
    }
#endif
    closesocket( pair[0] );
    join( &thread );
    closesocket( pair[1] );
    return result;
}

struct worker
{
    struct thread thread;
    double result;
};

static void worker_thread( void *arg )
{
    ((struct worker *)arg)->result = udp_pair();
}

/* Microseconds per pair of calls over all threads together. */
static double threads( unsigned int count )
{
    struct worker workers[4];
    double rate = 0;
    unsigned int i;

    for (i = 0; i < count; i++) start( &workers[i].thread, worker_thread, &workers[i] );
    for (i = 0; i < count; i++)
    {
        join( &workers[i].thread );
        rate += 1 / workers[i].result;
    }
    return 1 / rate;
}

static double threads_1(void) { return threads( 1 ); }
static double threads_2(void) { return threads( 2 ); }
static double threads_4(void) { return threads( 4 ); }

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
    ROW( call_getsockopt ),
    ROW( call_setsockopt ),
    ROW( call_fionread ),
    ROW( call_keepalive ),
    ROW( call_getsockname ),
    ROW( socket_close ),
    ROW( connect_accept_close ),
    ROW( overlapped_event ),
    ROW( overlapped_port ),
    ROW( overlapped_port_skip ),
    ROW( event_select ),
    ROW( threads_1 ),
    ROW( threads_2 ),
    ROW( threads_4 ),
};

int main( int argc, char **argv )
{
    unsigned int i;
    int j;

#ifdef _WIN32
    WSADATA data;

    CHECK( !WSAStartup( MAKEWORD( 2, 2 ), &data ) );
#else
    struct rlimit limit;

    getrlimit( RLIMIT_NOFILE, &limit );
    limit.rlim_cur = limit.rlim_max;
    setrlimit( RLIMIT_NOFILE, &limit );
#endif
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
