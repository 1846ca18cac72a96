/*
 * Unit test of the descriptors that the host half keeps, without Wine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ntdll.so's look-up is replaced by a table of our own, so that look-ups can be counted and a handle can be
 * given to another socket at any moment, as CloseHandle does.
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
#include <time.h>
#include <unistd.h>

#define HANDLES 64
#define PATIENCE_MS 5000

static atomic_int handles[HANDLES];     /* descriptors, as ntdll has them */
static atomic_uint look_ups;
static pthread_mutex_t handle_lock = PTHREAD_MUTEX_INITIALIZER;

/* What wineserver is asked goes through a pipe. */
static void ask_server(void)
{
    static int pipes[2];
    char ch = 0;

    if (!pipes[1] && pipe( pipes )) abort();
    if (write( pipes[1], &ch, 1 ) != 1 || read( pipes[0], &ch, 1 ) != 1) abort();
}

uint32_t wine_server_handle_to_fd( void *handle, uint32_t access, int *fd, uint32_t *options )
{
    (void)access; (void)options;
    look_ups++;
    ask_server();
    pthread_mutex_lock( &handle_lock );
    *fd = dup( handles[(uintptr_t)handle >> 2] );
    pthread_mutex_unlock( &handle_lock );
    return *fd < 0 ? 0xc0000008 : 0;
}

static atomic_uint questions;

uint32_t NtQueryInformationFile( void *handle, void *io, void *info, uint32_t size, uint32_t class );
uint32_t NtQueryInformationFile( void *handle, void *io, void *info, uint32_t size, uint32_t class )
{
    struct stat st;
    int ret;

    (void)io;
    questions++;
    pthread_mutex_lock( &handle_lock );
    ret = fstat( handles[(uintptr_t)handle >> 2], &st );
    pthread_mutex_unlock( &handle_lock );
    if (ret || class != 6 || size != sizeof(uint64_t)) return 0xc0000008;
    *(uint64_t *)info = st.st_ino;
    return 0;
}

uint32_t wine_server_call( void *request )
{
    (void)request;
    ask_server();
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

static void close_handle( unsigned int index )
{
    int fd;

    pthread_mutex_lock( &handle_lock );
    fd = atomic_exchange( &handles[index], -1 );
    pthread_mutex_unlock( &handle_lock );
    close( fd );
}

static uint64_t socket_of( unsigned int index, unsigned int generation, unsigned int keep )
{
    return HOST_SOCKET( index << 2, generation, keep );
}

static uint64_t identify( unsigned int index, unsigned int generation, unsigned int keep )
{
    struct host_identify_params params = { socket_of( index, generation, keep ), 0 };

    return host_identify( &params ) ? 0 : params.inode;
}

static int is_stale( unsigned int index, unsigned int generation, unsigned int keep )
{
    struct host_identify_params params = { socket_of( index, generation, keep ), 0 };

    return host_identify( &params ) == HOST_ESTALE;
}

static void forget_for( unsigned int index, unsigned int generation, enum host_forget why )
{
    struct host_forget_params params = { .socket = socket_of( index, generation, 0 ), .why = why };

    if (host_forget( &params )) check( !"forgotten" );
}

static void forget( unsigned int index, unsigned int generation )
{
    forget_for( index, generation, HOST_FORGET_CLOSED );
}

static int sees_end( int peer, int timeout )
{
    struct pollfd pfd = { .fd = peer, .events = POLLIN };
    char ch;

    return poll( &pfd, 1, timeout ) == 1 && recv( peer, &ch, 1, MSG_DONTWAIT ) == 0;
}

static void test_look_ups(void)
{
    int peer = open_handle( 1 );
    uint64_t inode = inode_of( handles[1] ), next;
    unsigned int before = look_ups;

    check( identify( 1, 1, 0 ) == inode );
    check( identify( 1, 1, 0 ) == inode );
    check( look_ups == before + 2 );    /* a time of 0 keeps nothing and uses nothing */
    check( identify( 1, 1, 200 ) == inode );
    check( look_ups == before + 3 );
    check( identify( 1, 1, 200 ) == inode );
    check( look_ups == before + 3 );
    check( identify( 1, 1, 0 ) == inode );
    check( look_ups == before + 4 );

    /* the handle becomes another socket's, and nobody says so but the generation */
    close_handle( 1 );
    close( peer );
    peer = open_handle( 1 );
    next = inode_of( handles[1] );
    check( next != inode );
    check( identify( 1, 2, 200 ) == next );
    check( identify( 1, 2, 200 ) == next );
    forget( 1, 1 );
    check( !sees_end( peer, 0 ));
    close_handle( 1 );
    check( !sees_end( peer, 0 ));       /* still kept */
    forget( 1, 2 );
    check( sees_end( peer, 0 ));
    close( peer );
}

/* A busy socket is kept, and each call sees at once when the handle is something else. */
static void test_checked( void )
{
    int peer = open_handle( 5 ), i;
    uint64_t inode = inode_of( handles[5] ), next;
    unsigned int before;

    before = look_ups;
    for (i = 0; i < 4; i++) check( identify( 5, 1, HOST_KEEP_CHECKED ) == inode );
    check( look_ups == before + 4 );
    close_handle( 5 );
    check( sees_end( peer, 0 ));        /* after a few calls nothing is kept */
    close( peer );

    peer = open_handle( 5 );
    inode = inode_of( handles[5] );
    for (i = 0; i < 1000; i++) check( identify( 5, 2, HOST_KEEP_CHECKED ) == inode );
    before = look_ups;
    questions = 0;
    for (i = 0; i < 1000; i++) check( identify( 5, 2, HOST_KEEP_CHECKED ) == inode );
    check( look_ups - before < 100 && questions >= 900 );

    close_handle( 5 );
    check( !identify( 5, 2, HOST_KEEP_CHECKED ));
    close( open_handle( 5 ));           /* the same generation: nobody has told */
    next = inode_of( handles[5] );
    check( next != inode && is_stale( 5, 2, HOST_KEEP_CHECKED ));
    check( sees_end( peer, 0 ));
    check( identify( 5, 3, HOST_KEEP_CHECKED ) == next );
    close( peer );
    close_handle( 5 );
}

/* Kept until wineserver is asked for something, which may have been to close the handle. */
static void test_quiet(void)
{
    struct host_complete_params completion = { .socket = socket_of( 6, 1, 0 ) };
    int peer = open_handle( 6 ), i;
    uint64_t inode = inode_of( handles[6] ), next;
    unsigned int before = look_ups;

    check( identify( 6, 1, HOST_KEEP_QUIET ) == inode );
    for (i = 0; i < 100; i++) check( identify( 6, 1, HOST_KEEP_QUIET ) == inode );
    check( look_ups == before + 1 );
    ask_server();
    for (i = 0; i < 100; i++) check( identify( 6, 1, HOST_KEEP_QUIET ) == inode );
    check( look_ups == before + 2 );
    /* the host half's own requests close nothing */
    check( !host_complete( &completion ));
    check( identify( 6, 1, HOST_KEEP_QUIET ) == inode && look_ups == before + 2 );

    close_handle( 6 );
    close( open_handle( 6 ));
    ask_server();
    next = inode_of( handles[6] );
    check( next != inode && is_stale( 6, 1, HOST_KEEP_QUIET ));
    check( sees_end( peer, 0 ));
    close( peer );
    check( identify( 6, 2, HOST_KEEP_QUIET ) == next );

    /* a late call for the first one does not get the second, and changes nothing */
    check( is_stale( 6, 1, HOST_KEEP_QUIET ));
    check( identify( 6, 2, HOST_KEEP_QUIET ) == next );
    /* unless the handle is announced to become another (AcceptEx) */
    forget_for( 6, 2, HOST_FORGET_REPLACED );
    close_handle( 6 );
    close( open_handle( 6 ));
    check( identify( 6, 2, HOST_KEEP_QUIET ) == inode_of( handles[6] ));
    forget( 6, 2 );
    close_handle( 6 );
}

/* A handle that is another socket without a word is told, and its first one let go of, whatever was kept. */
static void *quiet_thread( void *arg )
{
    unsigned int index = (uintptr_t)arg, i;
    uint64_t inode = inode_of( handles[index] ), bad = 0;

    for (i = 0; i < 20000; i++) bad += identify( index, 1, HOST_KEEP_QUIET ) != inode;
    return (void *)(uintptr_t)bad;
}

/* The look-ups of one thread do not end what is kept for another. */
static void test_quiet_threads(void)
{
    pthread_t threads[4];
    unsigned int before = look_ups;
    int peers[4], i;
    void *bad;

    for (i = 0; i < 4; i++) peers[i] = open_handle( 20 + i );
    for (i = 0; i < 4; i++) pthread_create( &threads[i], NULL, quiet_thread, (void *)(uintptr_t)(20 + i) );
    for (i = 0; i < 4; i++)
    {
        pthread_join( threads[i], &bad );
        check( !bad );
        close( peers[i] );
        forget( 20 + i, 1 );
        close_handle( 20 + i );
    }
    check( look_ups - before < 10000 );
}

static void test_stale(void)
{
    static const unsigned int how[] = { 0, 200, HOST_KEEP_CHECKED, HOST_KEEP_QUIET };
    unsigned int i;
    int peer;

    for (i = 0; i < 4; i++)
    {
        peer = open_handle( 7 );
        check( identify( 7, i + 1, how[i] ));
        close_handle( 7 );
        close( open_handle( 7 ));
        check( is_stale( 7, i + 1, 0 ));
        check( is_stale( 7, i + 1, 0 ));
        check( sees_end( peer, 0 ));
        close( peer );
        close_handle( 7 );
    }

    /* closed, and the value is the next one's before that was looked up: a call that has waited is late */
    peer = open_handle( 7 );
    check( identify( 7, 5, 0 ));
    forget( 7, 5 );
    close_handle( 7 );
    close( peer );
    peer = open_handle( 7 );
    check( is_stale( 7, 5, HOST_KEEP_QUIET ));
    check( identify( 7, 6, HOST_KEEP_QUIET ) == inode_of( handles[7] ));
    check( is_stale( 7, 5, HOST_KEEP_QUIET ));
    forget( 7, 6 );
    close_handle( 7 );
    close( peer );
}

/* CloseHandle and nothing else: whoever is connected sees the end soon (rule 1). */
static void test_idle(void)
{
    int peer = open_handle( 2 );

    check( identify( 2, 1, 200 ));
    close_handle( 2 );
    check( sees_end( peer, PATIENCE_MS ));
    close( peer );
}

/* A directory has a link for each one in it. */
static unsigned int count_threads(void)
{
    struct stat st;

    return stat( "/proc/self/task", &st ) ? 0 : st.st_nlink;
}

static int wait_for_threads( unsigned int count )
{
    const struct timespec pause = { 0, 1000000 };
    int i;

    for (i = 0; i < PATIENCE_MS && count_threads() != count; i++) nanosleep( &pause, NULL );
    return i < PATIENCE_MS;
}

/* A process that keeps nothing has no thread of ours. */
static void test_sweeper( unsigned int others )
{
    int peer, i;

    check( wait_for_threads( others ));
    for (i = 0; i < 3; i++)
    {
        peer = open_handle( 2 );
        check( identify( 2, 11 + i, 200 ));
        check( wait_for_threads( others + 1 ));
        close_handle( 2 );
        if (i) forget( 2, 11 + i );
        check( sees_end( peer, PATIENCE_MS ));
        check( wait_for_threads( others ));
        close( peer );
    }
}

/* The last to close a socket that lingers waits, and that must not be a thread of ours. */
static void test_linger(void)
{
    struct linger linger = { 1, 5 };
    unsigned int before;
    int s = socket( AF_INET, SOCK_STREAM, 0 );

    handles[3] = s;
    setsockopt( s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
    before = look_ups;
    check( identify( 3, 1, 200 ) == inode_of( s ));
    check( identify( 3, 1, 200 ) == inode_of( s ));
    check( look_ups == before + 2 );
    linger.l_linger = 0;
    setsockopt( s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
    check( identify( 3, 1, 200 ) == inode_of( s ));
    before = look_ups;
    check( identify( 3, 1, 200 ) == inode_of( s ));
    check( look_ups == before );
    close_handle( 3 );
    forget( 3, 1 );
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
    check( ret == HOST_EAGAIN || ret == HOST_ENOTSOCK );
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

/* A number that a call is using belongs to nobody else until the call is over. */
static void test_in_use(void)
{
    int before = count_descriptors(), peer = open_handle( 4 ), files[32], i, kept = -1;
    struct host_forget_params params = { .why = HOST_FORGET_UNUSED };
    uint64_t socket = socket_of( 4, 1, 200 ), inode = inode_of( handles[4] );
    struct dirent *entry;
    pthread_t thread;
    DIR *dir;

    check( identify( 4, 1, 200 ) == inode );
    dir = opendir( "/proc/self/fd" );
    while ((entry = readdir( dir )))
    {
        int fd = -1;

        if (sscanf( entry->d_name, "%d", &fd ) == 1 && fd != handles[4] && inode_of( fd ) == inode)
            kept = fd;
    }
    closedir( dir );
    check( kept >= 0 );

    pthread_create( &thread, NULL, receive_thread, &socket );
    wait_until_waiting();
    params.socket = socket;
    check( !host_forget( &params ) && inode_of( kept ) == inode );
    close_handle( 4 );
    forget( 4, 1 );
    for (i = 0; i < 32; i++) check( (files[i] = open( "/dev/zero", O_RDONLY | O_CLOEXEC )) != kept );
    check( inode_of( kept ) && inode_of( kept ) != inode );
    pthread_join( thread, NULL );
    check( sees_end( peer, PATIENCE_MS ));
    for (i = 0; i < 32; i++) close( files[i] );
    close( peer );
    for (i = 0; i < PATIENCE_MS && count_descriptors() > before; i++) usleep( 1000 );
    check( count_descriptors() <= before );
}

/* Handles that change their socket all the time, against calls on them: no call may see the wrong one. */
static struct
{
    atomic_uint generation;
    _Atomic uint64_t inode;
}
owners[HANDLES];
static atomic_int stop;

static void *user_thread( void *arg )
{
    unsigned int next = (uintptr_t)arg;

    while (!stop)
    {
        unsigned int index = 8 + next++ % 8, generation = owners[index].generation;
        uint64_t inode = owners[index].inode, seen;

        if (!generation) continue;
        seen = identify( index, generation, next & 1 ? HOST_KEEP_QUIET : HOST_KEEP_CHECKED );
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
            entries[i].socket = socket_of( 8 + i, generations[i], 200 );
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
            unsigned int generation = owners[i].generation;

            owners[i].generation = 0;
            if (peers[i] >= 0)
            {
                close_handle( i );
                forget( i, generation );
                close( peers[i] );
            }
            peers[i] = open_handle( i );
            if (round & 1) send( peers[i], "x", 1, MSG_NOSIGNAL );
            owners[i].inode = inode_of( handles[i] );
            owners[i].generation = round;
        }
    }
    stop = 1;
    for (i = 0; i < 4; i++) pthread_join( threads[i], NULL );
    for (i = 8; i < 16; i++)
    {
        close_handle( i );
        close( peers[i] );
    }
    for (i = 0; i < PATIENCE_MS && count_descriptors() > before; i++) usleep( 1000 );
    check( count_descriptors() <= before );
    check( round > 10 );
}

int main(void)
{
    struct host_attach_params attach = { HOST_INTERFACE_VERSION, HOST_ABI_SYSV, 1 };
    unsigned int i, others = count_threads();

    check( !host_attach( &attach ));
    for (i = 0; i < HANDLES; i++) handles[i] = -1;
    test_look_ups();
    test_checked();
    test_quiet();
    test_quiet_threads();
    test_stale();
    test_idle();
    test_sweeper( others );
    test_linger();
    test_in_use();
    test_stress();
    return report_checks();
}
