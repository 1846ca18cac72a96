/*
 * Time stamps of datagrams, received and sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host stamps in its wall-clock time; programs compare with the performance counter, which is Wine's
 * CLOCK_MONOTONIC_RAW in 100 ns. Stamps of sent datagrams come through the socket's error queue. While one
 * is there wineserver sees the socket as being in error, and if events are selected tells of an end: then
 * the clock is read here, right after the datagram went out. Otherwise the thread that has sent takes the
 * stamp at once.
 */
#include "host_private.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

/* How long a send waits for its stamp: the host's queues and drivers make it soon or never. */
#define STAMP_WAIT_MS 2

struct stamp
{
    uint32_t id;            /* the program's */
    uint32_t key;           /* the host's */
    uint64_t counter;       /* 0: not there yet */
};

struct stamps
{
    struct stamps *next;
    ino_t inode;
    int report;             /* an ICMP error that was met in the queue, for the next receive */
    uint32_t next_key;
    uint32_t count, limit;
    struct stamp list[];
};

DEFINE_LOCK( lock );
static struct stamps *sockets;      /* under lock */
static atomic_int socket_count;     /* of that list, for a look without the lock */

static struct stamps **find( int fd )
{
    struct stamps **link = &sockets;
    struct stat st;

    if (fstat( fd, &st )) st.st_ino = 0;
    while (*link && (*link)->inode != st.st_ino) link = &(*link)->next;
    return link;
}

static int64_t nanoseconds( const struct timespec *time )
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* The performance counter at a moment of the wall clock that is not long ago. */
static uint64_t counter_at( const struct timespec *stamp )
{
    struct timespec now, raw;

    clock_gettime( CLOCK_REALTIME, &now );
    clock_gettime( CLOCK_MONOTONIC_RAW, &raw );
    return (nanoseconds( &raw ) - (nanoseconds( &now ) - nanoseconds( stamp ))) / 100;
}

uint64_t stamp_counter( const struct cmsghdr *message )
{
    struct timespec stamp;      /* of the three of SO_TIMESTAMPING the first is made in software */

    if (message->cmsg_level != SOL_SOCKET) return 0;
    if (message->cmsg_type != SO_TIMESTAMPING && message->cmsg_type != SO_TIMESTAMPNS) return 0;
    if (message->cmsg_len < CMSG_LEN( sizeof(stamp) )) return 0;
    memcpy( &stamp, CMSG_DATA( message ), sizeof(stamp) );
    return stamp.tv_sec ? counter_at( &stamp ) : 0;
}

int stamps_configure( int fd, int receive, int send, uint32_t limit )
{
    struct stamps **link, *stamps = NULL, *old = NULL;
    uint32_t flags = 0, next_key = 0;
    struct stat st;
    sigset_t saved;
    int err = 0;

    if (fstat( fd, &st )) return errno;
    if (send)
    {
        flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
        if (!(stamps = malloc( sizeof(*stamps) + limit * sizeof(*stamps->list) ))) return ENOMEM;
    }
    enter_lock( &lock, &saved );
    link = find( fd );
    /* not SO_TIMESTAMPING, too: what comes before the host has switched its stamps on would have none */
    if (setsockopt( fd, SOL_SOCKET, SO_TIMESTAMPNS, &receive, sizeof(receive) ) ||
        setsockopt( fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags) )) err = errno;
    else if (*link)
    {
        old = *link;
        next_key = old->next_key;       /* the host goes on counting while it stamps */
        *link = old->next;
        atomic_fetch_sub( &socket_count, 1 );
    }
    if (!err && stamps)
    {
        *stamps = (struct stamps){ .next = sockets, .inode = st.st_ino, .next_key = next_key,
                                   .limit = limit };
        sockets = stamps;
        atomic_fetch_add( &socket_count, 1 );
        stamps = NULL;
    }
    leave_lock( &lock, &saved );
    /* without the lock, which the reactor takes inside its own; see its stock_up() */
    free( old );
    free( stamps );
    return err;
}

int stamps_store( int fd, struct msghdr *msg )
{
    const struct sock_extended_err *error = NULL;
    struct stamps *stamps;
    struct cmsghdr *message;
    uint64_t counter = 0;
    sigset_t saved;
    uint32_t i;

    for (message = CMSG_FIRSTHDR( msg ); message; message = CMSG_NXTHDR( msg, message ))
    {
        if (icmp_error( message )) error = icmp_error( message );
        else if (message->cmsg_type == SO_TIMESTAMPING) counter = stamp_counter( message );
    }
    if (!error || error->ee_origin != SO_EE_ORIGIN_TIMESTAMPING) return 0;
    enter_lock( &lock, &saved );
    if ((stamps = *find( fd )))
        for (i = 0; i < stamps->count; i++)
            if (stamps->list[i].key == error->ee_data && !stamps->list[i].counter)
                stamps->list[i].counter = counter;
    leave_lock( &lock, &saved );
    return 1;
}

int stamps_report( int fd )
{
    struct stamps *stamps;
    sigset_t saved;
    int report = 0;

    if (!atomic_load( &socket_count )) return 0;
    enter_lock( &lock, &saved );
    if ((stamps = *find( fd )))
    {
        report = stamps->report;
        stamps->report = 0;
    }
    leave_lock( &lock, &saved );
    return report;
}

/* Empty the socket's error queue. */
static void collect( int fd )
{
    struct icmp_message message;
    struct stamps *stamps;
    sigset_t saved;
    int report;

    while ((report = read_report( fd, NULL, &message )) >= 0)
    {
        if (!report) continue;
        enter_lock( &lock, &saved );
        if ((stamps = *find( fd ))) stamps->report = report;
        leave_lock( &lock, &saved );
    }
}

static int is_waiting( int fd, uint32_t id )
{
    struct stamps *stamps;
    sigset_t saved;
    int waiting = 0;
    uint32_t i;

    enter_lock( &lock, &saved );
    if ((stamps = *find( fd )))
        for (i = 0; i < stamps->count; i++)
            if (stamps->list[i].id == id && !stamps->list[i].counter) waiting = 1;
    leave_lock( &lock, &saved );
    return waiting;
}

int stamps_send( int fd, struct msghdr *msg, int flags, const struct host_send_control *control,
                 ssize_t *ret )
{
    int near = control->present & HOST_SEND_STAMP_NEAR;
    struct pollfd poll_fd = { .fd = fd };
    uint32_t id = control->stamp;
    struct stamps *stamps;
    sigset_t saved;
    int err = 0;

    enter_lock( &lock, &saved );
    do *ret = sendmsg( fd, msg, flags );
    while (*ret < 0 && errno == EINTR);
    if (*ret < 0) err = errno;
    else if ((stamps = *find( fd )))
    {
        struct stamp stamp = { .id = id };
        struct timespec now;

        if (near)
        {
            clock_gettime( CLOCK_MONOTONIC_RAW, &now );
            stamp.counter = nanoseconds( &now ) / 100;
        }
        else stamp.key = stamps->next_key++;
        /* MS: Winsock timestamping, what comes while the buffer is full is discarded */
        if (stamps->count < stamps->limit) stamps->list[stamps->count++] = stamp;
    }
    leave_lock( &lock, &saved );
    if (err || near) return err;
    collect( fd );
    if (is_waiting( fd, id ) && poll( &poll_fd, 1, STAMP_WAIT_MS ) > 0) collect( fd );
    return 0;
}

int stamps_take( int fd, uint32_t id, uint64_t *counter )
{
    struct stamps *stamps;
    sigset_t saved;
    int err = EAGAIN;
    uint32_t i;

    if (!atomic_load( &socket_count )) return EAGAIN;
    collect( fd );
    enter_lock( &lock, &saved );
    if ((stamps = *find( fd )))
    {
        for (i = 0; i < stamps->count && err; i++)
        {
            if (stamps->list[i].id != id || !stamps->list[i].counter) continue;
            *counter = stamps->list[i].counter;
            stamps->count--;
            memmove( &stamps->list[i], &stamps->list[i + 1], (stamps->count - i) * sizeof(stamps->list[i]) );
            err = 0;
        }
    }
    leave_lock( &lock, &saved );
    return err;
}
