/*
 * Bytes of non-blocking sends that the host's buffer had no room for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Windows takes a non-blocking send whole while any send space is left, and delivers it after closesocket
 * and the end of the sending thread. So the rest of a partial send is copied, and a native thread with a
 * duplicate of its own sends it. The duplicate also keeps the end of the stream from being sent too early.
 *
 * Whoever looks at the socket first gives the host what it has room for: while bytes are left the host is
 * full, and its own POLLOUT says so to those who do not ask us. It is over when the host has room again, so
 * that a socket is writable for those who ask us when it takes a send, and not before.
 */
#include "host_private.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <linux/sockios.h>

/* More than a host's buffer takes. But a peer that reads as fast as we send must not keep a call of the
 * program that does not wait. */
#define PUSH_SIZE 0x800000

struct chunk
{
    struct chunk *next;
    size_t size;
    size_t sent;
    char data[];
};

struct drain
{
    struct drain *next;         /* these three under the list's lock */
    unsigned int users;         /* calls that look at it: its thread waits for their end */
    int empty;                  /* there are no chunks */
    ino_t inode;
    int fd;
    int wake;                   /* eventfd: the thread is to look at the chunks */
    int over;                   /* eventfd: readable from the end on */
    pthread_mutex_t sending;    /* held to give bytes to the host, and for what follows; before the list's */
    int ended;                  /* not in the list any more */
    int shutdown;               /* end the stream when the last chunk is out */
    int closed;                 /* the program has: nobody is left to ask for room */
    struct chunk *first, **last;
};

DEFINE_LOCK( lock );
static pthread_cond_t changed;  /* a drain has left the list, or lost its last user or chunk */
static struct drain *drains;    /* under lock */
static atomic_int drain_count;  /* of that list, for a look without the lock */

static void __attribute__((constructor)) init_changed( void )
{
    pthread_condattr_t attr;

    pthread_condattr_init( &attr );
    pthread_condattr_setclock( &attr, CLOCK_MONOTONIC );
    pthread_cond_init( &changed, &attr );
    pthread_condattr_destroy( &attr );
}

/* Wait for that, under lock, until a time or, NULL, for ever. Answers whether there is time left. */
static int wait_changed( const struct timespec *until )
{
    int err;

    if (until) err = pthread_cond_timedwait( &changed, &lock, until );
    else err = pthread_cond_wait( &changed, &lock );
    if (err == EOWNERDEAD) pthread_mutex_consistent( &lock );
    return err != ETIMEDOUT;
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

/* Under lock. */
static struct drain *find( ino_t inode )
{
    struct drain *drain;

    for (drain = drains; drain; drain = drain->next)
        if (drain->inode == inode) return drain;
    return NULL;
}

static struct drain *grab( int fd )
{
    struct drain *drain;
    struct stat st;

    if (fstat( fd, &st )) return NULL;
    take_lock( &lock );
    if ((drain = find( st.st_ino ))) drain->users++;
    pthread_mutex_unlock( &lock );
    return drain;
}

static void release( struct drain *drain )
{
    take_lock( &lock );
    if (!--drain->users) pthread_cond_broadcast( &changed );
    pthread_mutex_unlock( &lock );
}

/* The drain of a socket, and the right to send, or NULL. All signals are blocked then. */
static struct drain *enter( int fd, sigset_t *saved )
{
    struct drain *drain;

    if (!atomic_load( &drain_count )) return NULL;
    block_signals( saved );
    if ((drain = grab( fd ))) take_lock( &drain->sending );
    else restore_signals( saved );
    return drain;
}

static void leave( struct drain *drain, const sigset_t *saved )
{
    pthread_mutex_unlock( &drain->sending );
    release( drain );
    restore_signals( saved );
}

/* What follows has the right to send. */

static void set_empty( struct drain *drain, int empty )
{
    take_lock( &lock );
    if ((drain->empty = empty)) pthread_cond_broadcast( &changed );
    pthread_mutex_unlock( &lock );
}

static void add_chunk( struct drain *drain, struct chunk *chunk )
{
    if (!drain->first) set_empty( drain, 0 );
    *drain->last = chunk;
    drain->last = &chunk->next;
}

static void remove_first( struct drain *drain )
{
    struct chunk *chunk = drain->first;

    drain->first = chunk->next;
    free( chunk );
    if (drain->first) return;
    drain->last = &drain->first;
    set_empty( drain, 1 );
}

static void discard( struct drain *drain )
{
    while (drain->first) remove_first( drain );
}

static int has_room( const struct drain *drain )
{
    struct pollfd pfd = { .fd = drain->fd, .events = POLLOUT };

    return poll( &pfd, 1, 0 ) != 0;
}

/* Give the host what it has room for. Answers whether it is full now, or more is left after all. */
static int push( struct drain *drain )
{
    int had = drain->first != NULL;
    size_t left = PUSH_SIZE;

    while (drain->first && left)
    {
        struct chunk *chunk = drain->first;
        size_t rest = chunk->size - chunk->sent;
        ssize_t size = send( drain->fd, chunk->data + chunk->sent, rest < left ? rest : left,
                             MSG_DONTWAIT | MSG_NOSIGNAL );

        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) return 1;
        if (size < 0)           /* the connection is broken */
        {
            discard( drain );
            return 0;
        }
        left -= size;
        if ((chunk->sent += size) == chunk->size) remove_first( drain );
    }
    if (drain->first) return 1;
    if (had && drain->shutdown) shutdown( drain->fd, SHUT_WR );
    return !drain->closed && !has_room( drain );
}

/* The same in a call of the program: its thread has to see the end. */
static int help( struct drain *drain )
{
    if (push( drain )) return 1;
    eventfd_write( drain->wake, 1 );
    return 0;
}

/* Out of the list, unless the host is full. */
static int end( struct drain *drain )
{
    struct drain **link = &drains;

    if (push( drain )) return 0;
    drain->ended = 1;
    eventfd_write( drain->over, 1 );
    take_lock( &lock );
    while (*link != drain) link = &(*link)->next;
    *link = drain->next;
    atomic_fetch_sub( &drain_count, 1 );
    pthread_cond_broadcast( &changed );
    pthread_mutex_unlock( &lock );
    return 1;
}

static void destroy( struct drain *drain )
{
    discard( drain );
    if (drain->wake >= 0) close( drain->wake );
    if (drain->over >= 0) close( drain->over );
    if (drain->fd >= 0) close( drain->fd );
    pthread_mutex_destroy( &drain->sending );
    free( drain );
}

/* Send until there is nothing left or the connection is broken. All signals are blocked in this thread. */
static void *drain_thread( void *arg )
{
    struct drain *drain = arg;
    int ended = 0;

    while (!ended)
    {
        struct pollfd fds[] = { { .fd = drain->fd, .events = POLLOUT },
                                { .fd = drain->wake, .events = POLLIN } };
        eventfd_t value;

        poll( fds, 2, -1 );
        if (fds[1].revents) eventfd_read( drain->wake, &value );
        take_lock( &drain->sending );
        ended = end( drain );
        pthread_mutex_unlock( &drain->sending );
    }
    take_lock( &lock );
    while (drain->users) wait_changed( NULL );
    pthread_mutex_unlock( &lock );
    destroy( drain );           /* no lock: this may be the last closer of a socket that lingers */
    return NULL;
}

/* A drain with this chunk, which it then owns. All signals are blocked. */
static int start( int fd, struct chunk *chunk )
{
    pthread_attr_t attr;
    struct drain *drain;
    pthread_t thread;
    struct stat st;
    int err;

    if (fstat( fd, &st ) || !(drain = calloc( 1, sizeof(*drain) ))) return HOST_ENOBUFS;
    make_robust( &drain->sending );
    drain->last = &drain->first;
    drain->inode = st.st_ino;
    drain->fd = fcntl( fd, F_DUPFD_CLOEXEC, 0 );
    drain->wake = eventfd( 0, EFD_CLOEXEC | EFD_NONBLOCK );
    drain->over = eventfd( 0, EFD_CLOEXEC | EFD_NONBLOCK );
    if (drain->fd < 0 || drain->wake < 0 || drain->over < 0)
    {
        destroy( drain );
        return HOST_ENOBUFS;
    }
    add_chunk( drain, chunk );

    take_lock( &lock );
    drain->next = drains;
    drains = drain;
    atomic_fetch_add( &drain_count, 1 );
    pthread_attr_init( &attr );
    pthread_attr_setdetachstate( &attr, PTHREAD_CREATE_DETACHED );
    pthread_attr_setstacksize( &attr, 256 * 1024 );
    if ((err = pthread_create( &thread, &attr, drain_thread, drain )))
    {
        drains = drain->next;
        atomic_fetch_sub( &drain_count, 1 );
    }
    pthread_attr_destroy( &attr );
    pthread_mutex_unlock( &lock );
    if (!err) return HOST_OK;
    drain->first = NULL;        /* the caller's */
    destroy( drain );
    return HOST_ENOBUFS;
}

int drain_add( int fd, const struct iovec *iov, size_t count )
{
    struct drain *drain;
    struct chunk *chunk;
    size_t i, size = 0;
    sigset_t saved;
    int ret = HOST_OK;

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

    if ((drain = enter( fd, &saved )))
    {
        if (!drain->ended)
        {
            add_chunk( drain, chunk );
            chunk = NULL;
        }
        leave( drain, &saved );
        if (!chunk) return HOST_OK;
    }
    block_signals( &saved );
    ret = start( fd, chunk );
    restore_signals( &saved );
    if (ret) free( chunk );
    return ret;
}

int drain_active( int fd, int timeout )
{
    struct drain *drain;
    struct timespec until;
    sigset_t saved;
    int active;

    if (!(drain = enter( fd, &saved ))) return 0;
    active = help( drain );
    if (active && timeout)
    {
        /* its end needs the right to send */
        pthread_mutex_unlock( &drain->sending );
        until = time_after( timeout );
        take_lock( &lock );
        while ((active = find( drain->inode ) == drain) && timeout)
            if (!wait_changed( &until )) timeout = 0;
        pthread_mutex_unlock( &lock );
        take_lock( &drain->sending );
    }
    leave( drain, &saved );
    return active;
}

int drain_over( int fd )
{
    struct drain *drain;
    sigset_t saved;
    int over = -1;

    if (!(drain = enter( fd, &saved ))) return -1;
    if (help( drain )) over = fcntl( drain->over, F_DUPFD_CLOEXEC, 0 );
    leave( drain, &saved );
    return over;
}

int sent_position( int fd, uint64_t *position )
{
    struct progress progress;
    struct drain *drain;
    struct chunk *chunk;
    sigset_t saved;

    /* its chunks must not go to the host between the two looks */
    drain = enter( fd, &saved );
    read_progress( fd, &progress );
    *position = progress.acknowledged + progress.queued;
    if (drain)
    {
        for (chunk = drain->first; chunk; chunk = chunk->next) *position += chunk->size - chunk->sent;
        leave( drain, &saved );
    }
    return !progress.lost && *position == progress.acknowledged;
}

/* Whether the peer has acknowledged all that the host was given, or never will. */
static int is_delivered( int fd )
{
    struct tcp_info info;
    socklen_t len = sizeof(info);
    int queued;

    if (ioctl( fd, SIOCOUTQ, &queued ) || !queued) return 1;
    return !getsockopt( fd, IPPROTO_TCP, TCP_INFO, &info, &len ) && info.tcpi_state == TCP_CLOSE;
}

/* Under lock. */
static int has_chunks(void)
{
    const struct drain *drain;

    for (drain = drains; drain; drain = drain->next)
        if (!drain->empty) return 1;
    return 0;
}

int host_drain( struct host_drain_params *args )
{
    struct drain *drain;
    sigset_t saved;
    int fd, ret;

    args->active = 0;
    if (args->action == HOST_DRAIN_FINISH)
    {
        sends_finish( args->socket );
        return HOST_OK;
    }
    if (!atomic_load( &drain_count ) && args->action != HOST_DRAIN_LINGER) return HOST_OK;
    if (args->action == HOST_DRAIN_WAIT)
    {
        struct timespec until = time_after( args->timeout );

        enter_lock( &lock, &saved );
        while ((args->active = has_chunks()))
            if (!wait_changed( &until )) break;
        leave_lock( &lock, &saved );
        return HOST_OK;
    }

    if ((ret = socket_descriptor( args->socket, &fd ))) return ret;
    if (args->action == HOST_DRAIN_QUERY) args->active = drain_active( fd, args->timeout );
    else if ((drain = enter( fd, &saved )))
    {
        struct linger linger = { 0 };
        socklen_t len = sizeof(linger);

        args->active = help( drain );
        switch (args->action)
        {
        case HOST_DRAIN_SHUTDOWN:
            if ((args->active = drain->first != NULL)) drain->shutdown = 1;
            break;
        case HOST_DRAIN_LINGER:
            args->active = drain->first != NULL;
            break;
        case HOST_DRAIN_CLOSE:
            getsockopt( fd, SOL_SOCKET, SO_LINGER, &linger, &len );
            if (linger.l_onoff && !linger.l_linger) discard( drain );
            drain->closed = 1;
            eventfd_write( drain->wake, 1 );
            break;
        }
        leave( drain, &saved );
    }
    if (args->action == HOST_DRAIN_LINGER && !args->active) args->active = !is_delivered( fd );
    close( fd );
    return HOST_OK;
}
