/*
 * Unit test of the reactor, without Wine: a server of our own keeps the requests, and a thread plays ntdll.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ntdll.so's look-up is replaced by one that takes the descriptor for the handle.
 */
#include "host_private.h"
#include "check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define REQUEST_IOCTL 1001
#define REQUEST_CANCEL 1002
#define NOT_FOUND 0xc0000225u

#define PENDING 0x103u
#define CANCELLED 0xc0000120u
#define PORT_UNREACHABLE 0xc000023fu
#define OVERFLOW 0x80000005u

/*** the server, and what ntdll does ***/

/* A program's receive; its address is the overlapped structure's. */
struct receive
{
    struct host_datagram_state *state;
    int fd;
    int endings;            /* under lock, as all below */
    uint32_t status;
    uintptr_t information;
    char data[64];
};

struct request
{
    struct request *next;
    struct server_async *async;
    struct receive *receive;
    int fd;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct request *pending, *cancelled, **last_cancelled = &cancelled;
static int stop;

static uint64_t field( const void *request, size_t offset, size_t size )
{
    uint64_t value = 0;

    memcpy( &value, (const char *)request + offset, size );
    return value;
}

static uint32_t cancel( int fd, const void *receive )
{
    struct request **link = &pending, *request;
    uint32_t ret = NOT_FOUND;

    pthread_mutex_lock( &lock );
    while (*link && ((*link)->receive != receive || (*link)->fd != fd)) link = &(*link)->next;
    if ((request = *link))
    {
        *link = request->next;
        request->next = NULL;
        *last_cancelled = request;
        last_cancelled = &request->next;
        pthread_cond_broadcast( &changed );
        ret = 0;
    }
    pthread_mutex_unlock( &lock );
    return ret;
}

uint32_t wine_server_call( void *arg )
{
    struct request *request;

    switch (field( arg, 0, 4 ))
    {
    case REQUEST_IOCTL:
        request = malloc( sizeof(*request) );
        request->fd = field( arg, 16, 4 );
        request->receive = caller_pointer( field( arg, 24, 8 ));
        request->async = caller_pointer( field( arg, 32, 8 ));
        pthread_mutex_lock( &lock );
        request->next = pending;
        pending = request;
        pthread_mutex_unlock( &lock );
        return PENDING;
    case REQUEST_CANCEL:
        return cancel( field( arg, 12, 4 ), caller_pointer( field( arg, 16, 8 )));
    default:
        return 0xc0000002;
    }
}

static void *ntdll_thread( void *arg )
{
    (void)arg;
    pthread_mutex_lock( &lock );
    for (;;)
    {
        struct request *request;
        uintptr_t information = 0;
        uint32_t status = CANCELLED;
        int ret;

        while (!(request = cancelled) && !stop) pthread_cond_wait( &changed, &lock );
        if (!request) break;
        if (!(cancelled = request->next)) last_cancelled = &cancelled;
        pthread_mutex_unlock( &lock );
        ret = request->async->ended( request->async, &information, &status );
        pthread_mutex_lock( &lock );
        check( ret );
        request->receive->endings++;
        request->receive->status = status;
        request->receive->information = information;
        pthread_cond_broadcast( &changed );
        free( request );
    }
    pthread_mutex_unlock( &lock );
    return NULL;
}

/*** the program ***/

static char *protected_page;
static int touches;
static pthread_t reactor;
static int reactor_started;

static void *reactor_thread( void *arg )
{
    struct host_react_params params;

    (void)arg;
    for (;;)
    {
        params.outcome = HOST_REACT_GO;
        check( !host_react( &params ));
        if (params.outcome == HOST_REACT_END) return NULL;
        check( params.outcome == HOST_REACT_TOUCH && params.count );
        touches++;
        if (protected_page) mprotect( protected_page, 4096, PROT_READ | PROT_WRITE );
    }
}

static void start_buffer( struct receive *r, void *data, size_t size, int flags )
{
    struct host_buffer buffer = { (uintptr_t)data, size };
    uint64_t nothing[4] = { 0 };
    struct host_pend_params params =
    {
        .socket = r->fd, .buffers = (uintptr_t)&buffer, .count = 1, .state = (uintptr_t)r->state,
        .request = (uintptr_t)nothing, .request_size = sizeof(nothing), .overlapped = (uintptr_t)r,
        .pointer_size = sizeof(void *), .flags = flags,
    };

    r->endings = 0;
    r->status = PENDING;
    check( !host_pend( &params ));
    if (!params.start) return;
    if (reactor_started) pthread_join( reactor, NULL );
    reactor_started = 1;
    check( !pthread_create( &reactor, NULL, reactor_thread, NULL ));
}

static void start( struct receive *r )
{
    start_buffer( r, r->data, sizeof(r->data), 0 );
}

static void wait_end( struct receive *r )
{
    pthread_mutex_lock( &lock );
    while (!r->endings) pthread_cond_wait( &changed, &lock );
    pthread_mutex_unlock( &lock );
}

#define check_end( r, expect, size ) \
    do { wait_end( r ); check( (r)->status == (expect) && (r)->information == (size) ); } while (0)

static int bound_socket( struct sockaddr_in *addr )
{
    socklen_t len = sizeof(*addr);
    int fd = socket( AF_INET, SOCK_DGRAM, 0 );

    memset( addr, 0, sizeof(*addr) );
    addr->sin_family = AF_INET;
    addr->sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    check( !bind( fd, (struct sockaddr *)addr, sizeof(*addr) ));
    check( !getsockname( fd, (struct sockaddr *)addr, &len ));
    return fd;
}

static void send_to( int fd, const struct sockaddr_in *addr, const void *data, size_t size )
{
    ssize_t ret;

    /* the error of an earlier datagram */
    do ret = sendto( fd, data, size, 0, (const struct sockaddr *)addr, sizeof(*addr) );
    while (ret < 0 && errno == ECONNREFUSED);
    check( ret == (ssize_t)size );
}

static void test_receives( void )
{
    struct host_datagram_state state = { .reports = HOST_REPORT_PORT | HOST_REPORT_NET };
    struct sockaddr_in addr, peer_addr;
    int fd = bound_socket( &addr ), peer = bound_socket( &peer_addr ), before = count_descriptors();
    struct receive r[4];
    unsigned int i;

    for (i = 0; i < 4; i++) r[i] = (struct receive){ .state = &state, .fd = fd };
    for (i = 0; i < 4; i++) start( &r[i] );
    check( state.pending == 4 );
    close( peer );
    send_to( fd, &peer_addr, "x", 1 );
    check_end( &r[0], PORT_UNREACHABLE, 0 );
    check( !cancel( fd, &r[2] ));
    check_end( &r[2], CANCELLED, 0 );
    send_to( fd, &addr, "one", 3 );
    check_end( &r[1], 0, 3 );
    check( !memcmp( r[1].data, "one", 3 ));
    check( r[3].status == PENDING );
    check( !cancel( fd, &r[3] ));
    check_end( &r[3], CANCELLED, 0 );
    check( !state.pending );
    /* the epoll descriptor has come, the peer has gone, and no duplicate is left */
    check( count_descriptors() <= before );

    start_buffer( &r[0], r[0].data, 2, HOST_MSG_PEEK );
    start_buffer( &r[1], r[1].data, 5, 0 );
    send_to( fd, &addr, "three", 5 );
    check_end( &r[0], OVERFLOW, 2 );
    check_end( &r[1], 0, 5 );

    protected_page = mmap( NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 );
    start_buffer( &r[0], protected_page, 10, 0 );
    send_to( fd, &addr, "guarded", 7 );
    check_end( &r[0], 0, 7 );
    check( touches == 1 && !memcmp( protected_page, "guarded", 7 ));
    munmap( protected_page, 4096 );
    protected_page = NULL;

    /* memory that is none does not keep the next from its datagram */
    start_buffer( &r[0], (void *)16, 10, 0 );
    start( &r[1] );
    send_to( fd, &addr, "lost", 4 );
    check_end( &r[0], 0xc0000005, 0 );
    send_to( fd, &addr, "next", 4 );
    check_end( &r[1], 0, 4 );
    check( !memcmp( r[1].data, "next", 4 ));

    /* nobody wants errors: they are not told, and later datagrams are */
    state.reports = 0;
    start( &r[0] );
    send_to( fd, &peer_addr, "x", 1 );
    send_to( fd, &addr, "data", 4 );
    check_end( &r[0], 0, 4 );
    close( fd );
}

/*** receives, cancellations and errors against each other ***/

#define RECEIVES 8
#define DATAGRAMS 1000

struct worker
{
    struct host_datagram_state state;
    struct receive receives[RECEIVES];
    _Atomic int stop;
    int fd;
};

static void *canceller_thread( void *arg )
{
    struct worker *w = arg;
    unsigned int seed = w->fd;

    while (!w->stop)
    {
        cancel( w->fd, &w->receives[rand_r( &seed ) % RECEIVES] );
        usleep( rand_r( &seed ) % 100 );
    }
    return NULL;
}

static void *worker_thread( void *arg )
{
    struct worker *w = arg;
    struct sockaddr_in addr, closed_addr;
    uint32_t sent = 0, next = 0, errors = 0, provoked = 0;
    pthread_t canceller;
    unsigned int i;

    close( bound_socket( &closed_addr ));
    w->fd = bound_socket( &addr );
    w->state.reports = HOST_REPORT_PORT;
    for (i = 0; i < RECEIVES; i++)
    {
        w->receives[i] = (struct receive){ .state = &w->state, .fd = w->fd };
        start( &w->receives[i] );
    }
    pthread_create( &canceller, NULL, canceller_thread, w );
    while (next < DATAGRAMS || errors < provoked)
    {
        for (; sent < DATAGRAMS && sent - next < 20; sent++)
        {
            send_to( w->fd, &addr, &sent, sizeof(sent) );
            if (sent % 250 || provoked > errors) continue;    /* the host limits their rate */
            send_to( w->fd, &closed_addr, "x", 1 );
            provoked++;
        }
        pthread_mutex_lock( &lock );
        for (;;)
        {
            /* those that have ended, in the order of their datagrams */
            for (i = 0; i < RECEIVES; i++)
            {
                struct receive *r = &w->receives[i];
                uint32_t number;

                if (!r->endings) continue;
                memcpy( &number, r->data, sizeof(number) );
                if (r->status || number == next) break;
            }
            if (i < RECEIVES) break;
            pthread_cond_wait( &changed, &lock );
        }
        check( w->receives[i].endings == 1 );
        if (!w->receives[i].status)
        {
            check( w->receives[i].information == sizeof(next) );
            next++;
        }
        else if (w->receives[i].status == PORT_UNREACHABLE) errors++;
        else check( w->receives[i].status == CANCELLED );
        pthread_mutex_unlock( &lock );
        start( &w->receives[i] );
    }
    w->stop = 1;
    pthread_join( canceller, NULL );
    check( errors == provoked && provoked );
    for (i = 0; i < RECEIVES; i++)
    {
        cancel( w->fd, &w->receives[i] );
        wait_end( &w->receives[i] );
        check( w->receives[i].endings == 1 && w->receives[i].status == CANCELLED );
    }
    check( !w->state.pending );
    close( w->fd );
    return NULL;
}

static void test_races( void )
{
    static struct worker workers[3];
    pthread_t threads[3];
    unsigned int i;

    for (i = 0; i < 3; i++) pthread_create( &threads[i], NULL, worker_thread, &workers[i] );
    for (i = 0; i < 3; i++) pthread_join( threads[i], NULL );
}

int main( void )
{
    struct host_attach_params attach = { .interface_version = HOST_INTERFACE_VERSION, .abi = HOST_ABI_SYSV,
                                         .ioctl_request = REQUEST_IOCTL, .cancel_request = REQUEST_CANCEL };
    pthread_t ntdll;
    int before;

    check( !host_attach( &attach ));
    pthread_create( &ntdll, NULL, ntdll_thread, NULL );
    before = count_descriptors();
    test_receives();
    test_races();
    check( count_descriptors() == before + 1 );     /* epoll's */
    /* without receives the thread ends by itself */
    pthread_join( reactor, NULL );
    pthread_mutex_lock( &lock );
    check( !pending && !cancelled );
    stop = 1;
    pthread_cond_broadcast( &changed );
    pthread_mutex_unlock( &lock );
    pthread_join( ntdll, NULL );
    return report_checks();
}
