/*
 * Unit test of the descriptors that the host half keeps, and of how it hears of closed handles.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This program stands for ntdll.so: look-ups are in a table of our own, so that they can be counted, and a
 * handle is closed by a request that is written to a pipe.
 */
#include "host_private.h"
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HANDLES 64
#define PATIENCE_MS 5000
#define PAGE_HANDLES 1024

enum
{
    CLOSE_REQUEST = 21,
    DUPLICATE_REQUEST = 23,
    OTHER_REQUEST = 24,
};

/* As wineserver's protocol has it. */
struct request
{
    int32_t number;
    uint32_t sizes[2], args[6];
    uint32_t rest[7];
};

/* Requests lie on the stack, and not where the sanitizer would rather have local variables. */
const char *__asan_default_options( void );
const char *__asan_default_options( void )
{
    return "detect_stack_use_after_return=0";
}

static atomic_int handles[HANDLES];     /* descriptors, as ntdll has them */
static atomic_uint look_ups;
static pthread_mutex_t handle_lock = PTHREAD_MUTEX_INITIALIZER;
static int pipes[2];

static struct
{
    int32_t other;
    _Atomic int32_t generation;
}
records[1024];

static void ask_server( const struct request *request )
{
    struct request answer;

    if (write( pipes[1], request, sizeof(*request) ) != sizeof(*request) ||
        read( pipes[0], &answer, sizeof(answer) ) != sizeof(answer))
        abort();
}

static int none_left;   /* look-ups that fail for want of descriptors */

/* What happens at one place of the next look-up. */
static void (*before_look_up)(void), (*after_look_up)(void), (*before_keeping)(void);

static void happen( void (**event)(void) )
{
    void (*function)(void) = *event;

    *event = NULL;
    if (function) function();
}

uint32_t wine_server_handle_to_fd( void *handle, uint32_t access, int *fd, uint32_t *options )
{
    const struct request request = { OTHER_REQUEST, { 0 }, { (uintptr_t)handle } };

    (void)access; (void)options;
    look_ups++;
    ask_server( &request );
    if (none_left)
    {
        none_left--;
        return 0xc000011f;
    }
    happen( &before_look_up );
    pthread_mutex_lock( &handle_lock );
    *fd = dup( handles[(uintptr_t)handle >> 2] );
    pthread_mutex_unlock( &handle_lock );
    happen( &after_look_up );
    return *fd < 0 ? 0xc0000008 : 0;
}

/* The last that is asked before a descriptor is kept. */
int getsockopt( int fd, int level, int option, void *value, socklen_t *len )
{
    happen( &before_keeping );
    return syscall( SYS_getsockopt, fd, level, option, value, len );
}

uint32_t wine_server_call( void *request )
{
    (void)request;
    return 0xc0000002;
}

static uint64_t inode_of( int fd )
{
    struct stat st;

    return fstat( fd, &st ) ? 0 : st.st_ino;
}

/* A socket behind a handle; answers its peer. */
static int open_handle( unsigned int index )
{
    int pair[2];

    if (socketpair( AF_UNIX, SOCK_STREAM, 0, pair )) return -1;
    handles[index] = pair[0];
    return pair[1];
}

static void drop_handle( unsigned int index )
{
    int fd;

    pthread_mutex_lock( &handle_lock );
    fd = atomic_exchange( &handles[index], -1 );
    pthread_mutex_unlock( &handle_lock );
    close( fd );
}

static void close_handle( unsigned int index )
{
    const struct request request = { CLOSE_REQUEST, { 0 }, { index << 2 } };

    ask_server( &request );
    drop_handle( index );
}

/* The generation of a new socket behind a handle, as the PE side has it. */
static unsigned int begin( unsigned int index )
{
    return ++records[index].generation;
}

static uint64_t socket_of( unsigned int index, unsigned int generation )
{
    return HOST_SOCKET( index << 2, generation );
}

static uint64_t identify( unsigned int index, unsigned int generation )
{
    struct host_identify_params params = { socket_of( index, generation ), 0 };

    return host_identify( &params ) ? 0 : params.inode;
}

static int is_stale( unsigned int index, unsigned int generation )
{
    struct host_identify_params params = { socket_of( index, generation ), 0 };

    return host_identify( &params ) == HOST_ESTALE;
}

static void forget( unsigned int index, unsigned int generation, enum host_forget why )
{
    struct host_forget_params params = { .socket = socket_of( index, generation ), .why = why };

    if (host_forget( &params )) check( !"forgotten" );
}

static int sees_end( int peer, int timeout )
{
    struct pollfd pfd = { .fd = peer, .events = POLLIN };
    char ch;

    return poll( &pfd, 1, timeout ) == 1 && recv( peer, &ch, 1, MSG_DONTWAIT ) == 0;
}

static void test_look_ups(void)
{
    int peer = open_handle( 1 ), i;
    uint64_t inode = inode_of( handles[1] ), next;
    unsigned int before = look_ups, generation = begin( 1 );

    /* whatever the handle is: nothing is kept */
    check( identify( 1, 0 ) == inode );
    check( identify( 1, 0 ) == inode );
    check( look_ups == before + 2 );
    for (i = 0; i < 100; i++) check( identify( 1, generation ) == inode );
    check( look_ups == before + 3 );
    check( identify( 1, 0 ) == inode );
    check( look_ups == before + 4 );

    /* whoever is connected sees the end as soon as the handle is closed (rule 1) */
    close_handle( 1 );
    check( sees_end( peer, 0 ));
    close( peer );
    check( is_stale( 1, generation ));

    /* the value is the next one's: a late call does not get that, and changes nothing */
    peer = open_handle( 1 );
    next = inode_of( handles[1] );
    check( next != inode );
    check( is_stale( 1, generation ));
    check( identify( 1, begin( 1 )) == next );
    check( is_stale( 1, generation ));
    check( identify( 1, records[1].generation ) == next );
    close_handle( 1 );
    check( sees_end( peer, 0 ));
    close( peer );
}

static int first_peer, second_peer;

static void close_and_open(void)
{
    close_handle( 2 );
    second_peer = open_handle( 2 );
    begin( 2 );
}

/* The handle becomes another socket in the middle of the first call on it. */
static void test_meanwhile(void)
{
    static void (**const places[])(void) = { &before_look_up, &after_look_up, &before_keeping };
    unsigned int i, generation;

    for (i = 0; i < 3; i++)
    {
        first_peer = open_handle( 2 );
        generation = begin( 2 );
        *places[i] = close_and_open;
        /* by then it was looked up: a call that was in time */
        if (places[i] == &before_keeping) check( identify( 2, generation ));
        else check( is_stale( 2, generation ));
        check( !*places[i] );
        check( sees_end( first_peer, 0 ) && !sees_end( second_peer, 0 ));
        check( identify( 2, records[2].generation ) == inode_of( handles[2] ));
        close_handle( 2 );
        check( sees_end( second_peer, 0 ));
        close( first_peer );
        close( second_peer );
    }
}

/* Which requests close a handle, and which do not. */
static void test_hearing(void)
{
    struct request duplicate = { DUPLICATE_REQUEST, { 0 }, { ~0u, 5 << 2, ~0u } };
    struct request other = { OTHER_REQUEST, { 0 }, { 5 << 2, 5 << 2 } };
    struct request far = { CLOSE_REQUEST, { 0 }, { PAGE_HANDLES << 2 } };
    void *volatile nowhere = NULL;
    static struct request elsewhere = { CLOSE_REQUEST, { 0 }, { 5 << 2 } };
    int peer = open_handle( 5 );
    unsigned int generation = begin( 5 );

    check( identify( 5, generation ) == inode_of( handles[5] ));
    ask_server( &other );
    ask_server( &duplicate );
    ask_server( &far );         /* a page that nobody has registered */
    ask_server( &elsewhere );   /* what a program writes: no request lies there */
    check( write( pipes[1], &duplicate, 12 ) == 12 && read( pipes[0], &other, 12 ) == 12 );
    check( write( pipes[1], nowhere, sizeof(other) ) == -1 && errno == EFAULT );
    check( (unsigned int)records[5].generation == generation && !sees_end( peer, 0 ));

    duplicate.args[5] = 1;      /* DUPLICATE_CLOSE_SOURCE */
    ask_server( &duplicate );
    check( (unsigned int)records[5].generation == generation + 1 );
    drop_handle( 5 );
    check( sees_end( peer, 0 ));
    close( peer );
}

/* The first registration of a page stays, and what is not known answers nothing. */
static void test_registration(void)
{
    struct host_generations_params params = { (uintptr_t)&records[1], sizeof(records[0]), 0 };

    check( !host_generations( &params ) && params.first == (uintptr_t)&records[0].generation );
    params.page = 4096;
    check( host_generations( &params ) == HOST_EINVAL );
    check( !handle_generation( HOST_SOCKET( PAGE_HANDLES << 2, 1 )) );
    check( !handle_generation( HOST_SOCKET( ~0u, 1 )) );
}

/* The descriptor of a new generation of the same handle (AcceptEx). */
static void test_replaced(void)
{
    unsigned int generation = begin( 6 ), next;
    int peer = open_handle( 6 );

    check( identify( 6, generation ) == inode_of( handles[6] ));
    next = begin( 6 );
    forget( 6, generation, HOST_FORGET_REPLACED );
    drop_handle( 6 );
    check( sees_end( peer, 0 ));
    close( peer );
    peer = open_handle( 6 );
    check( is_stale( 6, generation ));
    check( identify( 6, next ) == inode_of( handles[6] ));
    forget( 6, generation, HOST_FORGET_REPLACED );      /* another's: nothing happens */
    drop_handle( 6 );
    check( !sees_end( peer, 0 ));
    forget( 6, next, HOST_FORGET_REPLACED );
    check( sees_end( peer, 0 ));
    close( peer );
}

/* What is kept is given up when the process needs the descriptors. */
static void test_none_left(void)
{
    struct host_identify_params params = { 0 };
    int peers[8], before, i;

    for (i = 0; i < 8; i++)
    {
        peers[i] = open_handle( 40 + i );
        check( identify( 40 + i, begin( 40 + i )) == inode_of( handles[40 + i] ));
    }
    before = count_descriptors();
    drop_handle( 47 );
    check( !sees_end( peers[7], 0 ));
    none_left = 1;
    check( identify( 46, 0 ) == inode_of( handles[46] ));
    check( count_descriptors() == before - 9 && sees_end( peers[7], 0 ));
    none_left = 2;
    params.socket = socket_of( 46, 0 );
    check( host_identify( &params ) == HOST_EMFILE && !none_left );
    for (i = 0; i < 8; i++)
    {
        if (i < 7) close_handle( 40 + i );
        close( peers[i] );
    }
}

/* The last to close a socket that lingers waits, and that must not be whoever closes ours. */
static void test_linger(void)
{
    struct linger linger = { 1, 5 };
    unsigned int before, generation = begin( 3 );
    int s = socket( AF_INET, SOCK_STREAM, 0 );

    handles[3] = s;
    setsockopt( s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
    before = look_ups;
    check( identify( 3, generation ) == inode_of( s ));
    check( identify( 3, generation ) == inode_of( s ));
    check( look_ups == before + 2 );
    linger.l_linger = 0;
    setsockopt( s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
    check( identify( 3, generation ) == inode_of( s ));
    before = look_ups;
    check( identify( 3, generation ) == inode_of( s ));
    check( look_ups == before );
    close_handle( 3 );
}

static atomic_int receiver;

static void *receive_thread( void *arg )
{
    char data;
    struct host_buffer buffer = { (uintptr_t)&data, 1 };
    struct host_transfer_params params = { .socket = *(uint64_t *)arg, .buffers = (uintptr_t)&buffer,
                                           .count = 1, .wait = 1000 };
    int ret;

    receiver = syscall( SYS_gettid );
    ret = host_recv( &params );
    check( ret == HOST_OK || ret == HOST_EAGAIN || ret == HOST_ENOTSOCK );
    return NULL;
}

/* Until the receiver is in the wait of its call. */
static void wait_until_waiting(void)
{
    char path[64], text[32];
    int fd, size, number = -1;

    while (!receiver) sched_yield();
    snprintf( path, sizeof(path), "/proc/self/task/%d/syscall", receiver );
    while (number != SYS_ppoll)
    {
        fd = open( path, O_RDONLY | O_CLOEXEC );
        size = read( fd, text, sizeof(text) - 1 );
        close( fd );
        text[size > 0 ? size : 0] = 0;
        if (sscanf( text, "%d", &number ) != 1) number = -1;
    }
}

/* The number of what is kept for a socket. */
static int find_kept( unsigned int index )
{
    uint64_t inode = inode_of( handles[index] );
    DIR *dir = opendir( "/proc/self/fd" );
    struct dirent *entry;
    int fd, kept = -1;

    while ((entry = readdir( dir )))
        if (sscanf( entry->d_name, "%d", &fd ) == 1 && fd != handles[index] && inode_of( fd ) == inode)
            kept = fd;
    closedir( dir );
    return kept;
}

/* A number that a call is using belongs to nobody else until the call is over. */
static void test_in_use(void)
{
    int before = count_descriptors(), peer = open_handle( 4 ), files[32], i, kept;
    unsigned int generation = begin( 4 );
    uint64_t socket = socket_of( 4, generation ), inode = inode_of( handles[4] );
    pthread_t thread;

    check( identify( 4, generation ) == inode );
    check( (kept = find_kept( 4 )) >= 0 );
    pthread_create( &thread, NULL, receive_thread, &socket );
    wait_until_waiting();
    close_handle( 4 );
    for (i = 0; i < 32; i++) check( (files[i] = open( "/dev/zero", O_RDONLY | O_CLOEXEC )) != kept );
    check( inode_of( kept ) && inode_of( kept ) != inode );
    pthread_join( thread, NULL );
    check( sees_end( peer, PATIENCE_MS ));
    for (i = 0; i < 32; i++) close( files[i] );
    close( peer );
    check( count_descriptors() <= before );
}

/* One that is not to be kept any more stays the call's until that is over (SO_LINGER). */
static void test_unused(void)
{
    int before = count_descriptors(), peer = open_handle( 7 ), kept;
    unsigned int generation = begin( 7 );
    uint64_t socket = socket_of( 7, generation ), inode = inode_of( handles[7] );
    pthread_t thread;

    check( identify( 7, generation ) == inode );
    check( (kept = find_kept( 7 )) >= 0 );
    receiver = 0;
    pthread_create( &thread, NULL, receive_thread, &socket );
    wait_until_waiting();
    forget( 7, generation, HOST_FORGET_UNUSED );
    check( inode_of( kept ) == inode );
    check( identify( 7, generation ) == inode );
    check( send( peer, "x", 1, 0 ) == 1 );
    pthread_join( thread, NULL );
    check( inode_of( kept ) != inode );
    close_handle( 7 );
    close( peer );
    check( count_descriptors() <= before );
}

static atomic_int stop;

/* A late look-up for another socket finds nothing, and keeps nothing alive that is let go of meanwhile. */
static void *late_thread( void *arg )
{
    const uint64_t *socket = arg;
    struct descriptor descriptor;

    while (!stop) if (descriptor_find( *socket, &descriptor )) check( !"found" );
    return NULL;
}

static void test_late_look_ups(void)
{
    uint64_t late = socket_of( 6, 0x7fffffff );
    int before, peer, round, i, alive = 0;
    unsigned int generation;
    pthread_t thread;
    char ch;

    pthread_create( &thread, NULL, late_thread, &late );
    before = count_descriptors();
    for (round = 0; round < 20000 && !alive; round++)
    {
        peer = open_handle( 6 );
        generation = begin( 6 );
        identify( 6, generation );
        forget( 6, generation, HOST_FORGET_UNUSED );
        drop_handle( 6 );
        for (i = 0; (alive = recv( peer, &ch, 1, MSG_DONTWAIT ) != 0) && i < 2000; i++) usleep( 1000 );
        close( peer );
    }
    check( !alive );
    stop = 1;
    pthread_join( thread, NULL );
    stop = 0;
    check( count_descriptors() <= before );
}

/* Handles that change their socket all the time, against calls on them: no call may see the wrong one. */
static struct
{
    atomic_uint generation;
    _Atomic uint64_t inode;
}
owners[HANDLES];

static void *user_thread( void *arg )
{
    unsigned int next = (uintptr_t)arg;

    while (!stop)
    {
        unsigned int index = 8 + next++ % 8, generation = owners[index].generation;
        uint64_t inode = owners[index].inode, seen;

        if (!generation) continue;
        seen = identify( index, generation );
        if (owners[index].generation == generation && seen != inode) check( seen == inode );
    }
    return NULL;
}

static void *poll_thread( void *arg )
{
    struct host_poll_entry entries[8];
    struct host_poll_params params = { .entries = (uintptr_t)entries };
    unsigned int i, generations[8];

    while (!stop)
    {
        params.count = 8;
        for (i = 0; i < 8; i++)
        {
            generations[i] = owners[8 + i].generation;
            entries[i].socket = socket_of( 8 + i, generations[i] );
            entries[i].events = HOST_POLL_IN;
        }
        if (host_poll( &params )) continue;
        /* the sockets of odd generations have something to read */
        for (i = 0; i < 8; i++)
        {
            if (!generations[i] || owners[8 + i].generation != generations[i]) continue;
            if (!!(entries[i].revents & HOST_POLL_IN) != (generations[i] & 1)) check( !"the wrong socket" );
        }
    }
    return arg;
}

static void test_stress(void)
{
    pthread_t threads[4];
    int peers[HANDLES], before = count_descriptors();
    unsigned int i, round;
    long long end = now_ms() + 2000;

    for (i = 8; i < 16; i++) peers[i] = -1;
    for (i = 0; i < 3; i++) pthread_create( &threads[i], NULL, user_thread, (void *)(uintptr_t)(i + 1) );
    pthread_create( &threads[3], NULL, poll_thread, NULL );
    for (round = 1; now_ms() < end; round++)
    {
        for (i = 8; i < 16; i++)
        {
            owners[i].generation = 0;
            if (peers[i] >= 0)
            {
                close_handle( i );
                close( peers[i] );
            }
            peers[i] = open_handle( i );
            if (round & 1) begin( i );
            if (begin( i ) & 1) send( peers[i], "x", 1, MSG_NOSIGNAL );
            owners[i].inode = inode_of( handles[i] );
            owners[i].generation = records[i].generation;
        }
    }
    stop = 1;
    for (i = 0; i < 4; i++) pthread_join( threads[i], NULL );
    for (i = 8; i < 16; i++)
    {
        close_handle( i );
        close( peers[i] );
    }
    check( count_descriptors() <= before );
    check( round > 10 );
}

int main(void)
{
    struct host_attach_params attach = { .interface_version = HOST_INTERFACE_VERSION, .abi = HOST_ABI_SYSV,
                                         .completion_request = 1, .close_request = CLOSE_REQUEST,
                                         .duplicate_request = DUPLICATE_REQUEST };
    struct host_generations_params generations = { (uintptr_t)&records[0].generation, sizeof(records[0]) };
    unsigned int i;

    if (pipe( pipes )) return 1;
    check( !host_attach( &attach ) && !host_attach( &attach ));
    check( !host_generations( &generations ));
    for (i = 0; i < HANDLES; i++) handles[i] = -1;
    test_look_ups();
    test_meanwhile();
    test_hearing();
    test_registration();
    test_replaced();
    test_linger();
    test_in_use();
    test_unused();
    test_late_look_ups();
    test_stress();
    test_none_left();
    return report_checks();
}
