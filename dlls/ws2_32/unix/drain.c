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
#include <pthread.h>
#include <stdlib.h>
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
    int shutdown;               /* end the stream when the last chunk is out */
    struct chunk *first, **last;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t removed;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct drain *drains;    /* all below are under lock */

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
    block_signals( saved );
    pthread_once( &once, init_condition );
    pthread_mutex_lock( &lock );
}

static void leave( const sigset_t *saved )
{
    pthread_mutex_unlock( &lock );
    restore_signals( saved );
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

/* Under lock: take the drain out of the list and free it; the caller closes the descriptor. */
static void discard( struct drain *drain )
{
    struct drain **link = &drains;
    struct chunk *chunk;

    while (*link != drain) link = &(*link)->next;
    *link = drain->next;
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
    int fd = drain->fd;

    for (;;)
    {
        struct pollfd pfd = { .fd = fd, .events = POLLOUT };
        struct chunk *chunk;
        ssize_t size;

        pthread_mutex_lock( &lock );
        if (!(chunk = drain->first))
        {
            if (drain->shutdown) shutdown( fd, SHUT_WR );
            discard( drain );
            pthread_mutex_unlock( &lock );
            break;
        }
        pthread_mutex_unlock( &lock );

        /* only this thread removes chunks, so this one stays */
        poll( &pfd, 1, -1 );
        size = send( fd, chunk->data + chunk->sent, chunk->size - chunk->sent, MSG_DONTWAIT | MSG_NOSIGNAL );
        if (size >= 0)
        {
            chunk->sent += size;
            if (chunk->sent < chunk->size) continue;
            pthread_mutex_lock( &lock );
            if (!(drain->first = chunk->next)) drain->last = &drain->first;
            pthread_mutex_unlock( &lock );
            free( chunk );
        }
        else if (errno != EAGAIN && errno != EINTR)
        {
            pthread_mutex_lock( &lock );
            discard( drain );
            pthread_mutex_unlock( &lock );
            break;
        }
    }
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

    if (!(drain = calloc( 1, sizeof(*drain) ))) return NULL;
    drain->last = &drain->first;
    drain->fd = fcntl( fd, F_DUPFD_CLOEXEC, 0 );
    if (drain->fd < 0 || fstat( fd, &st ))
    {
        if (drain->fd >= 0) close( drain->fd );
        free( drain );
        return NULL;
    }
    drain->inode = st.st_ino;
    drain->next = drains;
    drains = drain;

    pthread_attr_init( &attr );
    pthread_attr_setdetachstate( &attr, PTHREAD_CREATE_DETACHED );
    pthread_attr_setstacksize( &attr, 256 * 1024 );
    err = pthread_create( &thread, &attr, drain_thread, drain );
    pthread_attr_destroy( &attr );
    if (!err) return drain;

    close( drain->fd );
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
    leave( &saved );
    if (ret) free( chunk );
    return ret;
}

int drain_active( int fd )
{
    sigset_t saved;
    int active;

    enter( &saved );
    active = find( fd ) != NULL;
    leave( &saved );
    return active;
}

int host_drain( struct host_drain_params *args )
{
    struct drain *drain;
    sigset_t saved;
    int fd, ret;

    args->active = 0;
    if (args->action == HOST_DRAIN_WAIT)
    {
        struct timespec end;

        clock_gettime( CLOCK_MONOTONIC, &end );
        end.tv_sec += args->timeout / 1000;
        end.tv_nsec += args->timeout % 1000 * 1000000;
        if (end.tv_nsec >= 1000000000)
        {
            end.tv_nsec -= 1000000000;
            end.tv_sec++;
        }
        enter( &saved );
        while (drains && !pthread_cond_timedwait( &removed, &lock, &end )) /* nothing */;
        args->active = drains != NULL;
        leave( &saved );
        return HOST_OK;
    }

    if ((ret = socket_descriptor( args->socket, &fd ))) return ret;
    enter( &saved );
    if ((drain = find( fd )))
    {
        args->active = 1;
        if (args->action == HOST_DRAIN_SHUTDOWN) drain->shutdown = 1;
    }
    leave( &saved );
    close( fd );
    return HOST_OK;
}
