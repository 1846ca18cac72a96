/*
 * Requests to wineserver whose reply is not waited for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server handles the requests of a thread in the order in which the thread has written them, and writes
 * its replies in the same order. So what only has to happen before the thread's next request need not be
 * waited for: that request's reply comes behind. ntdll.so reads a reply by read(), which it imports; ours
 * answers it in the server's place, and skips the server's own reply when the next one is read.
 *
 * ntdll blocks signals from before it writes a request until it has read the reply, and the reply is read
 * into the block that the request was written from. So that block's address tells, also where a signal's
 * handler makes requests of its own between begin and the call.
 *
 * Other threads' requests may be handled before. That matters where they close the handle (replies_wait).
 */
#include "host_private.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REPLY_SIZE 64           /* of the fixed part, which is all there is */
#define MOST_OWED 16            /* replies; their pipe holds 64 at least */

/* The server is at it. One that is stopped or gone must not hang whoever closes a handle. */
#define YIELDS 100
#define PATIENCE_MS 2000

/* What a thread is owed. The thread alone changes it, but that its owner's end frees it for another. */
struct lane
{
    struct lane *next;
    atomic_int used;
    const void *request;                    /* whose reply is to be deferred; NULL when it is */
    uint32_t handle;                        /* which it is about */
    atomic_int reply_fd;
    atomic_uint owed;                       /* replies since the last one that was read */
    atomic_uint skipped;                    /* bytes of these */
    _Atomic uint32_t handles[MOST_OWED];    /* which the owed ones are about */
};

static struct lane *_Atomic lanes;
static pthread_key_t lane_key;
static int have_key;

/* in a signal's handler nothing may be allocated */
static __thread struct lane *own_lane __attribute__(( tls_model( "initial-exec" ) ));

static ssize_t (*real_read)( int, void *, size_t );

/* The end of the thread, also of one that is killed. */
static void leave_lane( void *lane )
{
    own_lane = NULL;
    atomic_store( &((struct lane *)lane)->owed, 0 );
    atomic_store( &((struct lane *)lane)->used, 0 );
}

static void __attribute__((constructor)) init_lanes( void )
{
    have_key = !pthread_key_create( &lane_key, leave_lane );
}

static struct lane *make_lane(void)
{
    struct lane *lane = calloc( 1, sizeof(*lane) );

    if (!lane) return NULL;
    lane->used = 1;
    lane->next = atomic_load( &lanes );
    while (!atomic_compare_exchange_weak( &lanes, &lane->next, lane )) {}
    return lane;
}

/* Lanes are never freed: there are as many as there were threads that had one at the same time. */
static struct lane *take_lane(void)
{
    struct lane *lane;

    if (!have_key) return NULL;
    for (lane = atomic_load( &lanes ); lane; lane = lane->next)
        if (!atomic_load( &lane->used ) && !atomic_exchange( &lane->used, 1 )) break;
    if (!lane && !(lane = make_lane())) return NULL;
    lane->request = NULL;
    atomic_store( &lane->skipped, 0 );
    if (!pthread_setspecific( lane_key, lane )) return lane;
    atomic_store( &lane->used, 0 );
    return NULL;
}

int reply_defer_begin( const void *request, uint32_t handle )
{
    struct lane *lane = own_lane;

    if (!lane && !(lane = own_lane = take_lane())) return 0;
    if (atomic_load( &lane->owed ) == MOST_OWED) return 0;
    lane->handle = handle;
    lane->request = request;
    return 1;
}

int reply_defer_end(void)
{
    int deferred = !own_lane->request;

    own_lane->request = NULL;
    return deferred;
}

/* The request was written. */
static ssize_t defer( struct lane *lane, int fd, void *reply )
{
    unsigned int owed = atomic_load( &lane->owed );

    lane->request = NULL;
    atomic_store( &lane->reply_fd, fd );
    atomic_store( &lane->handles[owed], lane->handle );
    atomic_store( &lane->owed, owed + 1 );
    memset( reply, 0, REPLY_SIZE );
    return REPLY_SIZE;
}

/* Read what comes behind the owed replies. All that is no such thing is the caller's to see: a signal, the
 * end of the server. */
static ssize_t read_behind( struct lane *lane, int fd, void *data, size_t size )
{
    char skipped[MOST_OWED * REPLY_SIZE];
    struct iovec iov[2] = { { skipped }, { data, size } };
    size_t left = atomic_load( &lane->owed ) * REPLY_SIZE - atomic_load( &lane->skipped );
    ssize_t ret;

    for (;;)
    {
        iov[0].iov_len = left;
        if ((ret = readv( fd, iov, 2 )) <= 0) return ret;
        if ((size_t)ret > left) break;
        left -= ret;
        atomic_fetch_add( &lane->skipped, ret );
    }
    atomic_store( &lane->skipped, 0 );
    atomic_store( &lane->owed, 0 );
    return ret - left;
}

static ssize_t passed_read( int fd, void *data, size_t size )
{
    struct lane *lane = own_lane;

    if (!lane) return real_read( fd, data, size );
    if (size == REPLY_SIZE && data && data == lane->request) return defer( lane, fd, data );
    if (atomic_load( &lane->owed ) && fd == atomic_load( &lane->reply_fd ))
        return read_behind( lane, fd, data, size );
    return real_read( fd, data, size );
}

/* What is looked at first is never more than it was: a reply is skipped after it was read. */
static int is_asking( struct lane *lane, uint32_t handle )
{
    unsigned int count = atomic_load( &lane->owed ), skipped = atomic_load( &lane->skipped );
    int ready;

    while (count && atomic_load( &lane->handles[count - 1] ) != handle) count--;
    return count && !ioctl( atomic_load( &lane->reply_fd ), FIONREAD, &ready ) &&
           skipped + ready < count * REPLY_SIZE;
}

void replies_wait( uint32_t handle )
{
    static const struct timespec one_ms = { .tv_nsec = 1000000 };
    struct lane *lane;
    unsigned int i;

    for (lane = atomic_load( &lanes ); lane; lane = lane->next)
    {
        if (lane == own_lane) continue;
        for (i = 0; i < YIELDS + PATIENCE_MS && is_asking( lane, handle ); i++)
        {
            if (i < YIELDS) sched_yield();
            else nanosleep( &one_ms, NULL );
        }
    }
}

void hear_replies( const void *object )
{
    real_read = dlsym( RTLD_DEFAULT, "read" );
    if (real_read) replace_import( object, "read", passed_read );
}
