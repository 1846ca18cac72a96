/*
 * Datagram receives that wait: a queue per socket, served by one thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AFD must not wait for datagrams: one ICMP error ends all receives that wait, and wineserver never looks at
 * the socket again. So a receive waits in AFD as a request that nothing but a cancellation ends, which keeps
 * event, routine, port, CancelIo, CancelIoEx, closesocket and the end of the thread where they belong. The
 * datagram is received here, into the program's buffers, and then the request is cancelled: ntdll asks
 * us how it ended, and the answer is the datagram. docs/data-plane.md tells more.
 *
 * All signals are blocked wherever the lock is held, since op_ended() runs in signal handlers; it neither
 * allocates nor frees.
 */
#include "host_private.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFERS 16
#define BUCKETS 256
#define EVENTS 32

/* The reactor's thread ends when there was nothing to wait for that long: a process lives as long as any of
 * its threads does. */
#define IDLE_MS 2000

/* A buffer that refuses data so often, though the caller has touched it each time, is not memory. */
#define TOUCHES 4

#define STATUS_SUCCESS 0u
#define STATUS_BUFFER_OVERFLOW 0x80000005u
#define STATUS_ACCESS_VIOLATION 0xc0000005u
#define STATUS_CANCELLED 0xc0000120u
#define STATUS_PORT_UNREACHABLE 0xc000023fu
#define STATUS_HOPLIMIT_EXCEEDED 0xc000a012u

struct queue;

struct op
{
    struct server_async async;      /* first: ntdll knows an op by it */
    struct op *next;
    struct queue *queue;            /* NULL: the result is there */
    struct host_datagram_state *state;
    uint64_t socket, overlapped;
    uint32_t status;
    uintptr_t information;
    uint32_t flags;
    unsigned int touches;
    int tapped;                     /* the packets are a tap's, and have their source inside */
    char *name;
    int32_t *name_length;
    uint32_t name_size, name_family;
    struct host_control control;    /* header is 0 where none is wanted */
    uint32_t *control_length, *control_flags;
    unsigned int count;
    struct iovec iov[BUFFERS];
};

/* The receives that wait on one socket. */
struct queue
{
    struct queue *next;
    ino_t inode;
    int fd;                         /* a duplicate, while there are any (rule 1) */
    struct op *first, **last;
};

DEFINE_LOCK( lock );
static int epoll_fd = -1;           /* all this under lock */
static int running;
static unsigned int op_count;
static struct queue *buckets[BUCKETS];
static struct op *free_ops;         /* linked by next, never given back */
static struct queue *free_queues;

static struct queue **find_queue( ino_t inode )
{
    struct queue **link = &buckets[inode % BUCKETS];

    while (*link && (*link)->inode != inode) link = &(*link)->next;
    return link;
}

/* The queue of the socket behind fd, which it takes over, after stock_up(). NULL: out of descriptors. */
static struct queue *get_queue( int fd, uint32_t reports )
{
    struct epoll_event event = { .events = EPOLLIN };
    struct queue *queue = NULL, **link;
    struct stat st;

    if (!fstat( fd, &st ))
    {
        event.data.u64 = st.st_ino;
        if ((queue = *(link = find_queue( st.st_ino ))))
        {
            close( fd );
            epoll_ctl( epoll_fd, EPOLL_CTL_ADD, queue->fd, &event );    /* if serve() took it out */
            return queue;
        }
        queue = free_queues;
        free_queues = queue->next;
    }
    if (queue)
    {
        queue->inode = st.st_ino;
        queue->fd = fd;
        queue->first = NULL;
        queue->last = &queue->first;
        queue_errors( fd, reports != 0 );
        if (!epoll_ctl( epoll_fd, EPOLL_CTL_ADD, fd, &event ))
        {
            queue->next = NULL;
            *link = queue;
            return queue;
        }
        queue->next = free_queues;
        free_queues = queue;
    }
    close( fd );
    return NULL;
}

static void drop_if_empty( struct queue *queue )
{
    struct queue **link = find_queue( queue->inode );

    if (queue->first) return;
    *link = queue->next;
    /* others have the same open file, so the descriptor's end alone would not end its watch */
    epoll_ctl( epoll_fd, EPOLL_CTL_DEL, queue->fd, NULL );
    close( queue->fd );
    queue->next = free_queues;
    free_queues = queue;
}

static void remove_op( struct op *op )
{
    struct queue *queue = op->queue;
    struct op **link = &queue->first;

    while (*link != op) link = &(*link)->next;
    if (!(*link = op->next)) queue->last = link;
    op->queue = NULL;
    op_count--;
}

/* Only now may another receive of the socket go elsewhere: what it found would be told of before. */
static void free_op( struct op *op )
{
    __atomic_sub_fetch( &op->state->pending, 1, __ATOMIC_SEQ_CST );
    op->next = free_ops;
    free_ops = op;
}

/* The request in AFD is over, by us or by the program. */
static int op_ended( void *user, uintptr_t *information, uint32_t *status )
{
    struct op *op = user;
    struct queue *queue;
    sigset_t saved;

    enter_lock( &lock, &saved );
    if ((queue = op->queue))
    {
        remove_op( op );
        drop_if_empty( queue );
        *information = 0;
        *status = STATUS_CANCELLED;
    }
    else
    {
        *information = op->information;
        *status = op->status;
    }
    free_op( op );
    leave_lock( &lock, &saved );
    return 1;
}

/* Take the op out of its queue and end its request, 0 when the program has cancelled it before us: ends are
 * told in the order in which they were asked for, so what was cancelled cannot have a datagram that came
 * after others'. The caller sets the result, before it lets go of the lock. */
static int claim( struct op *op )
{
    remove_op( op );
    op->status = STATUS_CANCELLED;
    op->information = 0;
    return !server_cancel( op->socket, op->overlapped );
}

/*** receiving ***/

static int write_name( const struct op *op, struct sockaddr_storage *name, socklen_t len )
{
    int32_t length = len;
    uint16_t family = op->name_family;
    int err;

    if (!op->name || !len) return 0;
    if (name->ss_family == AF_INET6) memcpy( name, &family, sizeof(family) );
    if ((err = write_caller( op->name, name, len < op->name_size ? len : op->name_size ))) return err;
    return write_caller( op->name_length, &length, sizeof(length) );
}

/* The ancillary data that msg has received; answers an errno value. *truncated is set when there is no
 * room. */
static int write_control( const struct op *op, struct msghdr *msg, int *truncated )
{
    _Alignas(uint64_t) char data[CONTROL_SPACE];
    struct host_control control = op->control;
    uint32_t flags = *truncated ? control.flag_values[HOST_CONTROL_FLAG_COUNT] : 0, i;
    int err;

    if (!control.header) return 0;
    control.data = (uintptr_t)data;
    if (control.size > sizeof(data)) control.size = sizeof(data);
    control_store( &control, msg );
    for (i = 0; i < HOST_CONTROL_FLAG_COUNT; i++)
        if (control.flags & (1u << i)) flags |= control.flag_values[i];
    if (control.flags & HOST_CONTROL_TRUNCATED) *truncated = 1;
    if (control.size && (err = write_caller( caller_pointer( op->control.data ), data, control.size )))
        return err;
    if ((err = write_caller( op->control_length, &control.size, sizeof(control.size) ))) return err;
    return write_caller( op->control_flags, &flags, sizeof(flags) );
}

/* Receive one datagram for the op, or look at it, or what an ICMP error has to tell. Answers an errno
 * value. */
static int receive( const struct op *op, int fd, const struct icmp_message *error, int flags, size_t *size,
                    int *truncated )
{
    _Alignas(struct cmsghdr) char control[CONTROL_SPACE];
    struct sockaddr_storage name;
    struct msghdr msg = { .msg_iov = (struct iovec *)op->iov, .msg_iovlen = op->count,
                          .msg_name = &name, .msg_namelen = sizeof(name) };
    socklen_t source_len = 0;
    ssize_t ret;
    int err;

    if (op->tapped)
    {
        struct host_address source;
        struct iovec head = { control, sizeof(control) };

        if ((ret = recv( fd, control, sizeof(control), MSG_PEEK | MSG_DONTWAIT )) < 0) return errno;
        tap_source( &source, &head, 1, ret );
        source_len = address_to_sockaddr( &source, &name );
        msg.msg_name = NULL;
        msg.msg_namelen = 0;
    }
    if (op->control.header) control_prepare( &msg, control );
    if (error)
    {
        if ((err = icmp_message_store( error, &msg, &ret ))) return err;
    }
    else
    {
        do ret = recvmsg( fd, &msg, flags | MSG_DONTWAIT );
        while (ret < 0 && errno == EINTR);
        if (ret < 0) return errno;
    }
    *size = ret;
    *truncated = !!(msg.msg_flags & MSG_TRUNC);
    err = write_name( op, &name, op->tapped ? source_len : msg.msg_namelen );
    return err ? err : write_control( op, &msg, truncated );
}

/* CloseHandle does not pass here, and the handle may have duplicates: the request in AFD is then out of
 * reach. */
static int handle_is_ours( const struct op *op, ino_t inode )
{
    struct stat st;
    int fd, ret, tapped;

    if (receiving_descriptor( op->socket, &fd, &tapped )) return 0;
    ret = !fstat( fd, &st ) && st.st_ino == inode;
    close( fd );
    return ret;
}

/* The next error that the program wants to be told of, 0 for none; HOST_REPORT_MESSAGE with it as a
 * message, where the op asks for such. */
static int next_report( int fd, const struct op *op, struct icmp_message *message )
{
    const struct host_control *control = op->control.header ? &op->control : NULL;
    int report = __atomic_exchange_n( &op->state->held, 0, __ATOMIC_SEQ_CST );

    while (!(report & __atomic_load_n( &op->state->reports, __ATOMIC_RELAXED )))
        if ((report = take_message( fd, control, message )) < 0) return 0;
    return report;
}

/* A first look, to tell whether the memory takes the datagram: with a write watch it does not, and the
 * datagram would be lost (rule 11). Answers an errno value. */
static int look( struct op *op, int fd, size_t *size, int *truncated )
{
    int err = receive( op, fd, NULL, MSG_PEEK, size, truncated );

    if (err == EFAULT && op->touches == TOUCHES) return 0;
    return err;
}

/* error: what there is in place of a datagram, or NULL */
static void give_datagram( struct op *op, int fd, const struct icmp_message *error, size_t size,
                           int truncated )
{
    int err = !error && (op->flags & HOST_MSG_PEEK) ? 0 : receive( op, fd, error, 0, &size, &truncated );

    if (err == EFAULT)
    {
        op->status = STATUS_ACCESS_VIOLATION;
        return;
    }
    if (err) return;    /* another process was faster */
    op->status = truncated ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    op->information = size;
}

/* Give datagrams and errors to the receives that wait. NULL: there are no more of the one or the other; else
 * the caller must have the op's memory touched. */
static struct op *serve( struct queue *queue )
{
    struct op *op, *next, *faulty = NULL;
    unsigned int errors = 0;
    uint64_t socket = 0;    /* that was looked up */
    struct icmp_message message;

    for (op = queue->first; op; op = next)
    {
        int report, truncated = 0, err;
        size_t size = 0;

        next = op->next;
        if (op->socket != socket && !handle_is_ours( op, queue->inode )) continue;
        socket = op->socket;
        if ((report = next_report( queue->fd, op, &message )))
        {
            /* what nobody can be given as a message any more is an error of the next receive */
            if (!claim( op ))
                __atomic_store_n( &op->state->held, report == HOST_REPORT_MESSAGE ? message.report : report,
                                  __ATOMIC_SEQ_CST );
            else if (report == HOST_REPORT_MESSAGE) give_datagram( op, queue->fd, &message, 0, 0 );
            else if (report == HOST_REPORT_PORT) op->status = STATUS_PORT_UNREACHABLE;
            else op->status = STATUS_HOPLIMIT_EXCEEDED;
            continue;
        }
        if (!(err = look( op, queue->fd, &size, &truncated )))
        {
            if (claim( op )) give_datagram( op, queue->fd, NULL, size, truncated );
            continue;
        }
        if (err == EFAULT)
        {
            op->touches++;
            faulty = op;
            break;
        }
        /* any other error is in the queue of errors, or will be in a moment */
        if (err == EAGAIN || ++errors == 100) break;
        next = op;
    }
    /* nobody can be given what there is: do not hear of it again and again */
    if (!socket) epoll_ctl( epoll_fd, EPOLL_CTL_DEL, queue->fd, NULL );
    if (!faulty) drop_if_empty( queue );
    return faulty;
}

static void ask_for_touches( const struct op *op, struct host_react_params *args )
{
    unsigned int i;

    for (i = 0; i < op->count; i++)
    {
        args->buffers[i].data = (uintptr_t)op->iov[i].iov_base;
        args->buffers[i].length = op->iov[i].iov_len;
    }
    if (op->name)
    {
        args->buffers[i].data = (uintptr_t)op->name;
        args->buffers[i++].length = op->name_size;
        args->buffers[i].data = (uintptr_t)op->name_length;
        args->buffers[i++].length = sizeof(*op->name_length);
    }
    if (op->control.header)
    {
        args->buffers[i].data = op->control.data;
        args->buffers[i++].length = op->control.size;
        args->buffers[i].data = (uintptr_t)op->control_length;
        args->buffers[i++].length = sizeof(*op->control_length);
        args->buffers[i].data = (uintptr_t)op->control_flags;
        args->buffers[i++].length = sizeof(*op->control_flags);
    }
    args->count = i;
    args->outcome = HOST_REACT_TOUCH;
}

int host_react( struct host_react_params *args )
{
    struct epoll_event events[EVENTS];
    sigset_t saved;
    int count, i;

    args->count = 0;
    if (args->outcome == HOST_REACT_GO)
    {
        for (;;)
        {
            /* no lock, no descriptor: the thread may be suspended or end here like any */
            count = epoll_wait( epoll_fd, events, EVENTS, IDLE_MS );
            enter_lock( &lock, &saved );
            for (i = 0; i < count; i++)
            {
                struct queue *queue = *find_queue( events[i].data.u64 );
                struct op *faulty = queue ? serve( queue ) : NULL;

                if (!faulty) continue;
                ask_for_touches( faulty, args );
                leave_lock( &lock, &saved );
                return HOST_OK;
            }
            if (!count && !op_count) break;
            leave_lock( &lock, &saved );
        }
    }
    else enter_lock( &lock, &saved );
    running = 0;
    args->outcome = HOST_REACT_END;
    leave_lock( &lock, &saved );
    return HOST_OK;
}

/*** waiting ***/

static void fill_op( struct op *op, const struct host_pend_params *args )
{
    const struct host_buffer *buffers = caller_pointer( args->buffers );
    unsigned int i;

    op->async.ended = op_ended;
    op->async.next = NULL;
    op->async.handle = caller_pointer( args->socket );
    op->next = NULL;
    op->state = caller_pointer( args->state );
    __atomic_add_fetch( &op->state->pending, 1, __ATOMIC_SEQ_CST );
    op->socket = args->socket;
    op->overlapped = args->overlapped;
    op->flags = args->flags;
    op->touches = 0;
    op->name = caller_pointer( args->name );
    op->name_length = caller_pointer( args->name_length );
    op->name_size = args->name_size;
    op->name_family = args->name_family;
    op->control.header = 0;
    if (args->control) op->control = *(struct host_control *)caller_pointer( args->control );
    op->control_length = caller_pointer( args->control_length );
    op->control_flags = caller_pointer( args->control_flags );
    op->count = args->count;
    for (i = 0; i < args->count; i++)
    {
        op->iov[i].iov_base = caller_pointer( buffers[i].data );
        op->iov[i].iov_len = buffers[i].length;
    }
}

/* With the lock: have one op and one queue at least. Memory is allocated without it: a thread that the
 * signal of op_ended() has met in malloc would wait for us, and we for it. */
static int stock_up( sigset_t *saved )
{
    struct op *op;
    struct queue *queue;

    if (free_ops && free_queues) return 1;
    leave_lock( &lock, saved );
    op = malloc( sizeof(*op) );
    queue = malloc( sizeof(*queue) );
    enter_lock( &lock, saved );
    if (op)
    {
        op->next = free_ops;
        free_ops = op;
    }
    if (queue)
    {
        queue->next = free_queues;
        free_queues = queue;
    }
    return free_ops && free_queues;
}

int host_pend( struct host_pend_params *args )
{
    struct queue *queue;
    struct op *op;
    sigset_t saved;
    int fd, ret;

    args->start = 0;
    args->status = 0;
    if (!server_ioctl_available() || args->count > BUFFERS || args->pointer_size != sizeof(void *))
        return HOST_EOPNOTSUPP;
    enter_lock( &lock, &saved );
    if (epoll_fd < 0) epoll_fd = epoll_create1( EPOLL_CLOEXEC );
    if (epoll_fd < 0 || !stock_up( &saved ))
    {
        leave_lock( &lock, &saved );
        return HOST_ENOBUFS;
    }
    op = free_ops;
    free_ops = op->next;
    fill_op( op, args );
    if (!(ret = receiving_descriptor( args->socket, &fd, &op->tapped )))
    {
        if (!(queue = get_queue( fd, op->state->reports ))) ret = HOST_ENOBUFS;
        else
        {
            op->queue = queue;
            *queue->last = op;
            queue->last = &op->next;
            op_count++;
            if ((args->status = server_ioctl( args, op )) != STATUS_PENDING)
            {
                remove_op( op );
                drop_if_empty( queue );
                ret = HOST_EOTHER;
            }
            else if (!running)
            {
                running = 1;
                args->start = 1;
            }
        }
    }
    if (ret) free_op( op );
    leave_lock( &lock, &saved );
    return ret;
}
