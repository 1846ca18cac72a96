/*
 * Unit test of requests whose reply is not waited for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This program stands for ntdll.so, and threads of it for wineserver: one per thread that asks, so that
 * what each is owed is its own. A server can be told to wait before it looks at a request.
 */
#include "host_private.h"
#include "check.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum
{
    CLOSE_REQUEST = 21,
    DUPLICATE_REQUEST = 23,
    POST_REQUEST = 30,
    COUNT_REQUEST = 31,
    DATA_REQUEST = 32,
};

#define MOST_OWED 16
#define SOCKET_HANDLE 0x40

/* As wineserver's protocol has it: what is sent, and what comes back in the same place. */
struct request
{
    union
    {
        struct
        {
            int32_t number;
            uint32_t request_size, reply_size, handle;
            uint64_t value;
        } ask;
        struct
        {
            uint32_t error, reply_size;
            uint64_t value;
        } answer;
        char fixed[64];
    } u;
};

struct server
{
    int requests[2], replies[2];
    atomic_int stopped, posts, handled;
    pthread_t thread;
};

static __thread struct server *server;
static struct
{
    int32_t other;
    _Atomic int32_t generation;
}
records[1024];
static atomic_int reads;

/* Requests lie on the stack, and not where the sanitizer would rather have local variables. */
const char *__asan_default_options( void );
const char *__asan_default_options( void )
{
    return "detect_stack_use_after_return=0";
}

/* A check of what happens all the time: counted where it fails. */
#define expect( expr ) do { if (!(expr)) check( !#expr ); } while (0)

static void *serve( void *arg )
{
    struct server *own = arg;
    char reply[64 + 100];
    struct request request;

    while (syscall( SYS_read, own->requests[0], &request, sizeof(request) ) == sizeof(request))
    {
        struct request *answer = (struct request *)reply;
        int number = request.u.ask.number, size = sizeof(*answer);

        while (own->stopped) sched_yield();
        memset( reply, 0, sizeof(reply) );
        if (number == POST_REQUEST)
        {
            answer->u.answer.error = request.u.ask.handle == SOCKET_HANDLE ? 0 : 0xc0000008;
            own->posts++;
        }
        if (number == COUNT_REQUEST) answer->u.answer.value = own->posts;
        if (number == DATA_REQUEST)
        {
            answer->u.answer.reply_size = request.u.ask.reply_size;
            memset( reply + size, 'd', request.u.ask.reply_size );
            size += request.u.ask.reply_size;
        }
        own->handled++;
        if (syscall( SYS_write, own->replies[1], reply, size ) != size) break;
    }
    return NULL;
}

static struct server *start_server(void)
{
    struct server *own = calloc( 1, sizeof(*own) );

    if (!own || pipe( own->requests ) || pipe( own->replies )) abort();
    pthread_create( &own->thread, NULL, serve, own );
    return own;
}

static void stop_server( struct server *own )
{
    close( own->requests[1] );
    pthread_join( own->thread, NULL );
    close( own->requests[0] );
    close( own->replies[0] );
    close( own->replies[1] );
    free( own );
}

static int reply_broken;

/* Until size bytes are there. */
static void read_reply( void *data, size_t size )
{
    ssize_t ret;

    while (size)
    {
        reads++;
        if ((ret = read( server->replies[0], data, size )) > 0)
        {
            data = (char *)data + ret;
            size -= ret;
        }
        else if (!ret || errno != EINTR)
        {
            reply_broken = 1;
            return;
        }
    }
}

/* As ntdll does around a call. */
static void block_handled( sigset_t *saved )
{
    sigset_t handled;

    sigemptyset( &handled );
    sigaddset( &handled, SIGUSR1 );
    pthread_sigmask( SIG_BLOCK, &handled, saved );
}

/* What comes between the host half and the call, as the handler of a signal may. */
static void (*before_call)(void);

uint32_t wine_server_call( void *arg )
{
    struct request *request = arg;
    void (*function)(void) = before_call;
    sigset_t saved;

    before_call = NULL;
    if (function) function();
    block_handled( &saved );
    if (write( server->requests[1], request, sizeof(*request) ) != sizeof(*request)) abort();
    read_reply( request, sizeof(*request) );
    pthread_sigmask( SIG_SETMASK, &saved, NULL );
    return request->u.answer.error;
}

uint32_t wine_server_handle_to_fd( void *handle, uint32_t access, int *fd, uint32_t *options )
{
    (void)handle; (void)access; (void)fd; (void)options;
    return 0xc0000008;
}

/* Answers whether the post was put off; its result is checked. */
static int post( uint32_t handle, int defer )
{
    struct host_complete_params params = { .socket = HOST_SOCKET( handle, 1 ), .deferred = defer };

    expect( !host_complete( &params ));
    expect( params.result == (params.deferred || handle == SOCKET_HANDLE ? 0 : 0xc0000008) );
    return params.deferred;
}

/* How many posts the server has had when it looks at this request. */
static unsigned int count_posts(void)
{
    struct request request = { .u.ask = { COUNT_REQUEST } };

    expect( !wine_server_call( &request ));
    return request.u.answer.value;
}

static void check_data( size_t size )
{
    struct request request = { .u.ask = { DATA_REQUEST, .reply_size = size } };
    sigset_t saved;
    char data[100];

    block_handled( &saved );
    expect( !wine_server_call( &request ) && request.u.answer.reply_size == size );
    read_reply( data, size );
    pthread_sigmask( SIG_SETMASK, &saved, NULL );
    expect( data[0] == 'd' && data[size - 1] == 'd' );
}

static void close_handle( uint32_t handle )
{
    struct request request = { .u.ask = { CLOSE_REQUEST, .handle = handle } };

    expect( !wine_server_call( &request ));
}

/* Posts come in order before whatever the thread asks next, whose reply is its own; what failed is
 * forgotten. */
static void test_order(void)
{
    int i, before, handled = server->handled;

    server->stopped = 1;
    for (i = 0; i < 5; i++) check( post( SOCKET_HANDLE, 1 ));
    check( post( SOCKET_HANDLE + 4, 1 ));
    check( server->handled <= handled + 1 );
    server->stopped = 0;
    check( count_posts() == 6 );
    check( count_posts() == 6 );
    check( post( SOCKET_HANDLE, 1 ));
    check_data( 100 );
    check_data( 1 );
    check( post( SOCKET_HANDLE, 1 ));
    check( !post( SOCKET_HANDLE + 4, 0 ));      /* this one's error is seen */
    check( !post( SOCKET_HANDLE, 0 ));
    check( count_posts() == 10 );

    /* one reply each is read for what is waited for, none for the others */
    before = reads;
    for (i = 0; i < 100; i++) check( post( SOCKET_HANDLE, 1 ) == (i % (MOST_OWED + 1) != MOST_OWED) );
    check( count_posts() == 110 );
    check( reads == before + 101 );
}

static void ask_count(void)
{
    unsigned int count = count_posts();

    check( count_posts() == count );
}

/* The handler of a signal makes requests between the mark and the call. */
static void test_handler(void)
{
    unsigned int count = count_posts();

    check( post( SOCKET_HANDLE, 1 ));
    before_call = ask_count;
    check( post( SOCKET_HANDLE, 1 ) && !before_call );
    check( count_posts() == count + 2 );
    before_call = ask_count;
    check( post( SOCKET_HANDLE, 1 ) && !before_call );
    check( count_posts() == count + 3 );
}

/* What is no reply is as it was. */
static void test_other_reads(void)
{
    void *volatile nowhere = NULL;
    char data[64];
    int fds[2];

    check( post( SOCKET_HANDLE, 1 ));
    check( !pipe2( fds, O_NONBLOCK ));
    check( read( fds[0], data, sizeof(data) ) == -1 && errno == EAGAIN );
    check( write( fds[1], "data", 4 ) == 4 );
    check( read( fds[0], nowhere, sizeof(data) ) == -1 && errno == EFAULT );
    check( read( fds[0], data, sizeof(data) ) == 4 && !memcmp( data, "data", 4 ));
    close( fds[1] );
    check( read( fds[0], data, sizeof(data) ) == 0 );
    close( fds[0] );
    ask_count();
}

static atomic_int interruptions;

static void interrupt( int sig )
{
    (void)sig;
    interruptions++;
}

struct target
{
    struct server *server;
    pthread_t thread;
};

static void *interrupt_thread( void *arg )
{
    const struct target *target = arg;
    int i;

    for (i = 0; i < 20 || !interruptions; i++)
    {
        usleep( 1000 );
        pthread_kill( target->thread, SIGUSR2 );
    }
    target->server->stopped = 0;
    return NULL;
}

/* A reply is read again after a signal, owed ones or not. */
static void test_interrupted(void)
{
    struct sigaction action = { .sa_handler = interrupt };
    struct target target = { server, pthread_self() };
    unsigned int count = count_posts();
    pthread_t thread;
    int before;

    sigaction( SIGUSR2, &action, NULL );
    server->stopped = 1;
    check( post( SOCKET_HANDLE, 1 ) && post( SOCKET_HANDLE, 1 ));
    before = reads;
    pthread_create( &thread, NULL, interrupt_thread, &target );
    check( count_posts() == count + 2 );
    check( reads > before + 1 );
    pthread_join( thread, NULL );
    ask_count();
}

/* The server is gone: ntdll sees the end. */
static void *orphan_thread( void *arg )
{
    char reply[64];

    (void)arg;
    server = start_server();
    server->stopped = 1;
    check( post( SOCKET_HANDLE, 1 ) && post( SOCKET_HANDLE, 1 ));
    close( server->requests[1] );
    server->stopped = 0;
    pthread_join( server->thread, NULL );
    close( server->replies[1] );
    check( read( server->replies[0], reply, sizeof(reply) ) == 0 );
    close( server->requests[0] );
    close( server->replies[0] );
    free( server );
    return NULL;
}

static void test_server_gone(void)
{
    pthread_t thread;

    pthread_create( &thread, NULL, orphan_thread, NULL );
    pthread_join( thread, NULL );
    ask_count();
}

/* A thread that has posted, and what another one closes meanwhile. */
static atomic_int poster_state;
static struct server *_Atomic poster_server;

static void *poster_thread( void *arg )
{
    server = start_server();
    server->stopped = 1;
    poster_server = server;
    check( post( SOCKET_HANDLE + 4, 1 ) && post( SOCKET_HANDLE, 1 ) && post( SOCKET_HANDLE + 4, 1 ));
    poster_state = 1;
    while (poster_state == 1) usleep( 1000 );
    if (arg) pthread_exit( NULL );      /* killed: it asks nothing more */
    check( count_posts() == 3 );
    return NULL;
}

static void *release_thread( void *arg )
{
    (void)arg;
    usleep( 50000 );
    poster_server->stopped = 0;
    return NULL;
}

/* The same when the next request is there, too. */
static void *release_asked_thread( void *arg )
{
    struct server *own = arg;
    int size = 0;

    while (size < 64) if (ioctl( own->requests[0], FIONREAD, &size )) abort();
    own->stopped = 0;
    return NULL;
}

static void test_close(void)
{
    pthread_t poster, release;
    long long start;

    poster_state = 0;
    pthread_create( &poster, NULL, poster_thread, NULL );
    while (!poster_state) sched_yield();

    /* what is about other handles may go on */
    close_handle( SOCKET_HANDLE + 8 );
    check( !poster_server->posts );

    /* the posts are not overtaken by the end of their handle */
    pthread_create( &release, NULL, release_thread, NULL );
    close_handle( SOCKET_HANDLE );
    check( poster_server->posts >= 2 );
    pthread_join( release, NULL );
    poster_state = 2;
    pthread_join( poster, NULL );
    stop_server( poster_server );

    /* nor for ever kept waiting by a thread that is gone, whose server is, too */
    poster_state = 0;
    pthread_create( &poster, NULL, poster_thread, &records );
    while (!poster_state) sched_yield();
    poster_state = 2;
    pthread_join( poster, NULL );
    start = now_ms();
    close_handle( SOCKET_HANDLE );
    check( now_ms() < start + 1000 );
    poster_server->stopped = 0;
    stop_server( poster_server );

    /* one's own are in order anyway */
    server->stopped = 1;
    check( post( SOCKET_HANDLE, 1 ));
    pthread_create( &release, NULL, release_asked_thread, server );
    start = now_ms();
    close_handle( SOCKET_HANDLE );
    check( now_ms() < start + 1000 );
    pthread_join( release, NULL );
}

static atomic_int stop;

/* As ntdll's, which answers a suspension or an APC: between requests, not within. */
static void handler_asks( int sig )
{
    (void)sig;
    interruptions++;
    if (server) check_data( 10 );
}

static void *busy_thread( void *arg )
{
    unsigned int i, posts = 0, seed = (uintptr_t)arg;

    server = start_server();
    for (i = 0; !stop; i++)
    {
        switch (rand_r( &seed ) % 4)
        {
        case 0:
            expect( count_posts() == posts );
            break;
        case 1:
            check_data( 1 + seed % 100 );
            break;
        default:
            post( SOCKET_HANDLE, 1 );
            posts++;
            break;
        }
        if (!(i % 1000)) close_handle( SOCKET_HANDLE );
    }
    check( count_posts() == posts && posts > 100 );
    block_handled( NULL );
    stop_server( server );
    return NULL;
}

static void test_stress(void)
{
    struct sigaction action = { .sa_handler = handler_asks };
    long long end = now_ms() + 2000;
    pthread_t threads[4];
    unsigned int i;

    sigaction( SIGUSR1, &action, NULL );
    interruptions = 0;
    for (i = 0; i < 4; i++) pthread_create( &threads[i], NULL, busy_thread, (void *)(uintptr_t)i );
    while (now_ms() < end)
    {
        usleep( 100 );
        pthread_kill( threads[interruptions % 4], SIGUSR1 );
    }
    stop = 1;
    for (i = 0; i < 4; i++) pthread_join( threads[i], NULL );
    check( interruptions > 10 );
}

int main(void)
{
    struct host_attach_params attach = { .interface_version = HOST_INTERFACE_VERSION, .abi = HOST_ABI_SYSV,
                                         .completion_request = POST_REQUEST, .close_request = CLOSE_REQUEST,
                                         .duplicate_request = DUPLICATE_REQUEST };
    struct host_generations_params generations = { (uintptr_t)&records[0].generation, sizeof(records[0]) };

    server = start_server();
    check( !host_attach( &attach ) && !host_attach( &attach ));
    check( !host_generations( &generations ));
    test_order();
    test_handler();
    test_other_reads();
    test_interrupted();
    test_server_gone();
    test_close();
    test_stress();
    check( !reply_broken );
    stop_server( server );
    return report_checks();
}
