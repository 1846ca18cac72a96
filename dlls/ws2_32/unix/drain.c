/*
 * Bytes of non-blocking sends that the host's buffer had no room for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Windows takes a non-blocking send whole while any send space is left, and delivers it after closesocket
 * and the end of the sending thread. So the rest of a partial send is copied, and a native thread with a
 * duplicate of its own sends it. The duplicate also keeps the end of the stream from being sent too early.
 */
#include "host_private.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct chunk
{
    struct chunk *next;
    size_t size;
    size_t sent;
    char data[];
};

struct drain
{
    struct drain *next;
    ino_t inode;
    int fd;
    int wake;                   /* eventfd: discarded is set */
    int shutdown;               /* end the stream when the last chunk is out */
    int discarded;
    struct chunk *first, **last;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t removed;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct drain *drains;    /* under lock, and all that it leads to */
static atomic_int drain_count;  /* of that list, for a look without the lock */

static void init_condition(void)
{
    pthread_condattr_t attr;

    pthread_condattr_init( &attr );
    pthread_condattr_setclock( &attr, CLOCK_MONOTONIC );
    pthread_cond_init( &removed, &attr );
    pthread_condattr_destroy( &attr );
}

static void enter( sigset_t *saved )
{
    pthread_once( &once, init_condition );
    enter_lock( &lock, saved );
}

static struct timespec time_after( uint32_t milliseconds )
{
    struct timespec ts;

    clock_gettime( CLOCK_MONOTONIC, &ts );
    ts.tv_sec += milliseconds / 1000;
    ts.tv_nsec += milliseconds % 1000 * 1000000;
    if (ts.tv_nsec >= 1000000000)
    {
        ts.tv_nsec -= 1000000000;
        ts.tv_sec++;
    }
    return ts;
}

static struct drain *find( int fd )
{
    struct drain *drain;
    struct stat st;

    if (!drains || fstat( fd, &st )) return NULL;
    for (drain = drains; drain; drain = drain->next)
        if (drain->inode == st.st_ino) return drain;
    return NULL;
}

/* Under lock: take the drain out of the list and free it; the caller closes the descriptors. */
static void discard( struct drain *drain )
{
    struct drain **link = &drains;
    struct chunk *chunk;

    while (*link != drain) link = &(*link)->next;
    *link = drain->next;
    atomic_fetch_sub( &drain_count, 1 );
    while ((chunk = drain->first))
    {
        drain->first = chunk->next;
        free( chunk );
    }
    free( drain );
    pthread_cond_broadcast( &removed );
}

/* Send until there is nothing left or the connection is broken. All signals are blocked in this thread. */
static void *drain_thread( void *arg )
{
    struct drain *drain = arg;
    int fd = drain->fd, wake = drain->wake;

    pthread_mutex_lock( &lock );
    while (drain->first && !drain->discarded)
    {
        struct pollfd fds[] = { { .fd = fd, .events = POLLOUT }, { .fd = wake, .events = POLLIN } };
        struct chunk *chunk = drain->first;
        ssize_t size = 0;

        pthread_mutex_unlock( &lock );
        /* only this thread removes chunks, so this one stays */
        poll( fds, 2, -1 );
        if (!fds[1].revents)
            size = send( fd, chunk->data + chunk->sent, chunk->size - chunk->sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL );
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) size = 0;

        pthread_mutex_lock( &lock );
        if (size < 0) drain->discarded = 1;
        else if ((chunk->sent += size) == chunk->size)
        {
            if (!(drain->first = chunk->next)) drain->last = &drain->first;
            free( chunk );
        }
    }
    if (drain->shutdown && !drain->discarded) shutdown( fd, SHUT_WR );
    discard( drain );
    pthread_mutex_unlock( &lock );
    close( wake );
    close( fd );
    return NULL;
}

/* Under lock. */
static struct drain *start( int fd )
{
    pthread_attr_t attr;
    struct drain *drain;
    pthread_t thread;
    struct stat st;
    int err;

    if (fstat( fd, &st ) || !(drain = calloc( 1, sizeof(*drain) ))) return NULL;
    drain->last = &drain->first;
    drain->inode = st.st_ino;
    drain->fd = fcntl( fd, F_DUPFD_CLOEXEC, 0 );
    drain->wake = eventfd( 0, EFD_CLOEXEC );
    drain->next = drains;
    drains = drain;
    atomic_fetch_add( &drain_count, 1 );

    err = drain->fd < 0 || drain->wake < 0;
    if (!err)
    {
        pthread_attr_init( &attr );
        pthread_attr_setdetachstate( &attr, PTHREAD_CREATE_DETACHED );
        pthread_attr_setstacksize( &attr, 256 * 1024 );
        err = pthread_create( &thread, &attr, drain_thread, drain );
        pthread_attr_destroy( &attr );
    }
    if (!err) return drain;

    if (drain->fd >= 0) close( drain->fd );
    if (drain->wake >= 0) close( drain->wake );
    discard( drain );
    return NULL;
}

int drain_add( int fd, const struct iovec *iov, size_t count )
{
    int ret = HOST_ENOBUFS;
    struct drain *drain;
    struct chunk *chunk;
    size_t i, size = 0;
    sigset_t saved;

    for (i = 0; i < count; i++) size += iov[i].iov_len;
    if (!(chunk = malloc( sizeof(*chunk) + size ))) return HOST_ENOBUFS;
    chunk->next = NULL;
    chunk->size = size;
    chunk->sent = 0;
    for (i = 0, size = 0; i < count; i++)
    {
        memcpy( chunk->data + size, iov[i].iov_base, iov[i].iov_len );
        size += iov[i].iov_len;
    }

    enter( &saved );
    if ((drain = find( fd )) || (drain = start( fd )))
    {
        *drain->last = chunk;
        drain->last = &chunk->next;
        ret = HOST_OK;
    }
    leave_lock( &lock, &saved );
    if (ret) free( chunk );
    return ret;
}

int drain_active( int fd, int timeout )
{
    struct timespec end;
    sigset_t saved;
    int active;

    if (!atomic_load( &drain_count )) return 0;
    if (timeout) end = time_after( timeout );
    enter( &saved );
    while ((active = find( fd ) != NULL) && timeout)
        if (pthread_cond_timedwait( &removed, &lock, &end )) timeout = 0;
    leave_lock( &lock, &saved );
    return active;
}

int host_drain( struct host_drain_params *args )
{
    struct drain *drain;
    sigset_t saved;
    int fd, ret;

    args->active = 0;
    if (!atomic_load( &drain_count )) return HOST_OK;
    if (args->action == HOST_DRAIN_WAIT)
    {
        struct timespec end = time_after( args->timeout );

        enter( &saved );
        while (drains && !pthread_cond_timedwait( &removed, &lock, &end )) /* nothing */;
        args->active = drains != NULL;
        leave_lock( &lock, &saved );
        return HOST_OK;
    }

    if ((ret = socket_descriptor( args->socket, &fd ))) return ret;
    enter( &saved );
    if ((drain = find( fd )))
    {
        args->active = 1;
        if (args->action == HOST_DRAIN_SHUTDOWN) drain->shutdown = 1;
        if (args->action == HOST_DRAIN_DISCARD)
        {
            drain->discarded = 1;
            eventfd_write( drain->wake, 1 );
        }
    }
    leave_lock( &lock, &saved );
    close( fd );
    return HOST_OK;
}
