/*
 * Stream receives that wait.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They wait in AFD as receives, in its order and with its events, port and cancellation, like those that
 * ntdll makes. But ntdll asks us when there is something, and how they ended: wineserver's status for what
 * waits on a socket that is closed is none that Windows has.
 *
 * All signals are blocked wherever the lock is held, since stream_ended() runs in signal handlers; it
 * neither allocates nor frees.
 */
#include "host_private.h"

#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUFFERS 16
#define BUCKETS 256

#define STATUS_SUCCESS 0u
#define STATUS_HANDLES_CLOSED 0x8000000au
#define STATUS_UNSUCCESSFUL 0xc0000001u
#define STATUS_ACCESS_VIOLATION 0xc0000005u
#define STATUS_IO_TIMEOUT 0xc00000b5u
#define STATUS_CANCELLED 0xc0000120u
#define STATUS_CONNECTION_RESET 0xc000020du
#define STATUS_NETWORK_UNREACHABLE 0xc000023cu
#define STATUS_HOST_UNREACHABLE 0xc000023du
#define STATUS_CONNECTION_ABORTED 0xc0000241u

struct receive
{
    struct server_async async;      /* first: ntdll knows it by this */
    struct receive *next, **link;   /* those of a bucket; free ones */
    uint64_t socket;
    const int32_t *generation;      /* of sockets with this handle value, and what it was */
    int32_t born;
    int flags;
    int aborted;                    /* closesocket has begun */
    unsigned int count;
    struct iovec iov[BUFFERS];
};

DEFINE_LOCK( lock );
static struct receive *buckets[BUCKETS];    /* all this under lock */
static struct receive *free_receives;       /* never given back */

static struct receive **bucket_of( uint64_t socket )
{
    return &buckets[(socket >> 2) % BUCKETS];
}

static void free_receive( struct receive *receive )
{
    receive->next = free_receives;
    free_receives = receive;
}

static void unlink_receive( struct receive *receive )
{
    *receive->link = receive->next;
    if (receive->next) receive->next->link = receive->link;
}

static uint32_t status_from_errno( int err )
{
    switch (err)
    {
    case EFAULT:       return STATUS_ACCESS_VIOLATION;
    case ETIMEDOUT:    return STATUS_IO_TIMEOUT;
    case EPIPE:
    case ECONNRESET:   return STATUS_CONNECTION_RESET;
    case ECONNABORTED: return STATUS_CONNECTION_ABORTED;
    case ENETUNREACH:  return STATUS_NETWORK_UNREACHABLE;
    case EHOSTUNREACH: return STATUS_HOST_UNREACHABLE;
    default:           return STATUS_UNSUCCESSFUL;
    }
}

/* Answers 0 when there was nothing after all. */
static int take( struct receive *receive, uintptr_t *information, uint32_t *status )
{
    struct msghdr msg = { .msg_iov = receive->iov, .msg_iovlen = receive->count };
    ssize_t ret;
    int fd, err;

    *information = 0;
    *status = STATUS_CONNECTION_ABORTED;
    if (socket_descriptor( receive->socket, &fd )) return 1;
    /* after that: in between it may have been closed, and the handle be another socket's */
    if (__atomic_load_n( receive->generation, __ATOMIC_SEQ_CST ) != receive->born)
    {
        close( fd );
        return 1;
    }
    do ret = recvmsg( fd, &msg, receive->flags );
    while (ret < 0 && errno == EINTR);
    err = errno;
    close( fd );
    if (ret < 0 && (err == EAGAIN || err == EWOULDBLOCK)) return 0;
    *status = ret < 0 ? status_from_errno( err ) : STATUS_SUCCESS;
    *information = ret < 0 ? 0 : ret;
    return 1;
}

/* There is something to receive, or the request in AFD is over. What a close ends has lost its connection
 * (Wine T:iocp_async_read_closesocket). */
static int stream_ended( void *user, uintptr_t *information, uint32_t *status )
{
    struct receive *receive = user;
    sigset_t saved;

    if (*status == STATUS_ALERTED && !take( receive, information, status )) return 0;
    if (*status == STATUS_HANDLES_CLOSED) watch_closed( receive->socket, receive->born );
    enter_lock( &lock, &saved );
    if (*status == STATUS_HANDLES_CLOSED || (*status == STATUS_CANCELLED && receive->aborted))
        *status = STATUS_CONNECTION_ABORTED;
    unlink_receive( receive );
    free_receive( receive );
    leave_lock( &lock, &saved );
    return 1;
}

static void fill_receive( struct receive *receive, const struct host_pend_params *args )
{
    const struct host_buffer *buffers = caller_pointer( args->buffers );
    unsigned int i;

    receive->async.ended = stream_ended;
    receive->async.next = NULL;
    receive->async.handle = caller_pointer( args->socket );
    receive->socket = args->socket;
    receive->generation = caller_pointer( args->state );
    receive->born = __atomic_load_n( receive->generation, __ATOMIC_SEQ_CST );
    receive->flags = MSG_DONTWAIT | (args->flags & HOST_MSG_PEEK ? MSG_PEEK : 0);
    receive->aborted = 0;
    receive->count = args->count;
    for (i = 0; i < args->count; i++)
    {
        receive->iov[i].iov_base = caller_pointer( buffers[i].data );
        receive->iov[i].iov_len = buffers[i].length;
    }
}

/* What has arrived meanwhile, or the end or the error that was there. Answers how the call ends, if it
 * does. */
static uint32_t take_now( struct receive *receive, struct host_pend_params *args, uint32_t wait )
{
    uintptr_t information = 0, *block = caller_pointer( args->overlapped );
    uint32_t status, error;

    if (!take( receive, &information, &status )) status = STATUS_PENDING;
    if (!status)
    {
        /* the caller has touched it; the server tells of it then */
        block[0] = status;
        block[1] = information;
        args->transferred = information;
    }
    error = server_result( wait, status, information );
    return error ? error : status;
}

int host_stream_pend( struct host_pend_params *args )
{
    struct receive *receive, *fresh = NULL, **bucket = bucket_of( args->socket );
    sigset_t saved;
    uint32_t wait;

    args->transferred = 0;
    args->status = 0;
    if (!server_receive_available() || args->count > BUFFERS || args->pointer_size != sizeof(void *))
        return HOST_EOPNOTSUPP;

    /* not under the lock: stream_ended() may have interrupted malloc */
    if (!__atomic_load_n( &free_receives, __ATOMIC_RELAXED )) fresh = malloc( sizeof(*fresh) );
    enter_lock( &lock, &saved );
    if (fresh) free_receive( fresh );
    if ((receive = free_receives))
    {
        free_receives = receive->next;
        fill_receive( receive, args );
        receive->link = bucket;
        if ((receive->next = *bucket)) receive->next->link = &receive->next;
        *bucket = receive;
    }
    leave_lock( &lock, &saved );
    if (!receive) return HOST_ENOBUFS;

    if ((args->status = server_receive( args, receive, &wait )) == STATUS_ALERTED)
        args->status = take_now( receive, args, wait );
    if (args->status == STATUS_PENDING) return HOST_OK;
    enter_lock( &lock, &saved );
    unlink_receive( receive );
    free_receive( receive );
    leave_lock( &lock, &saved );
    return args->status ? HOST_EOTHER : HOST_OK;
}

int host_stream_abort( struct host_abort_params *args )
{
    struct receive *receive;
    sigset_t saved;

    enter_lock( &lock, &saved );
    for (receive = *bucket_of( args->socket ); receive; receive = receive->next)
        if (receive->socket == args->socket) receive->aborted = 1;
    leave_lock( &lock, &saved );
    return HOST_OK;
}
