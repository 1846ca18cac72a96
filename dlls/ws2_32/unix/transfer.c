/*
 * Moving bytes on the descriptor behind a socket handle, and polling it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The descriptor is shared with wineserver and stays in whatever blocking mode it is in (rule 2), so every
 * call passes MSG_DONTWAIT and waiting is a poll of our own.
 */
#include "host_private.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define INLINE_IOVECS 16
#define INLINE_POLLS 256

/* Wait for one descriptor, at most timeout milliseconds. Also over, without an answer, when Wine wants the
 * thread: the signal that it sends is let through here and nowhere else. */
static int wait_for( int fd, short events, int timeout )
{
    struct timespec time = { timeout / 1000, timeout % 1000 * 1000000 };
    struct pollfd pfd = { .fd = fd, .events = events };
    sigset_t mask;

    fill_signals( &mask );
    sigdelset( &mask, SIGUSR1 );
    return ppoll( &pfd, 1, &time, &mask );
}

/* The program's buffers as iovecs; the caller frees what is not local. */
static struct iovec *make_iovecs( const struct host_transfer_params *args, struct iovec *local )
{
    const struct host_buffer *buffers = caller_pointer( args->buffers );
    struct iovec *iov = local;
    uint32_t i;

    if (args->count > IOV_MAX) return NULL;
    if (args->count > INLINE_IOVECS && !(iov = malloc( args->count * sizeof(*iov) ))) return NULL;
    for (i = 0; i < args->count; i++)
    {
        iov[i].iov_base = caller_pointer( buffers[i].data );
        iov[i].iov_len = buffers[i].length;
    }
    return iov;
}

/* What fits into a call without a message header, which the kernel would have to copy and to check. */
static int is_plain( const struct msghdr *msg )
{
    return msg->msg_iovlen == 1 && !msg->msg_controllen;
}

static ssize_t receive_plain( int fd, struct msghdr *msg, int flags )
{
    ssize_t ret = host_recvfrom( fd, msg->msg_iov->iov_base, msg->msg_iov->iov_len, flags, msg->msg_name,
                                 msg->msg_name ? &msg->msg_namelen : NULL );

    msg->msg_flags = 0;
    if (ret <= 0 || (size_t)ret <= msg->msg_iov->iov_len) return ret;
    msg->msg_flags = MSG_TRUNC;
    return msg->msg_iov->iov_len;
}

/* Of a datagram "flags" has MSG_TRUNC, which asks for its whole size. */
static int receive_once( int fd, struct msghdr *msg, int flags, const struct host_control *control,
                         ssize_t *ret )
{
    (void)control;
    do *ret = is_plain( msg ) ? receive_plain( fd, msg, flags ) : recvmsg( fd, msg, flags & ~MSG_TRUNC );
    while (*ret < 0 && errno == EINTR);
    return *ret < 0 ? errno : 0;
}

/* A receive on a socket that queues ICMP errors. Only the queue tells of them: the error that the socket
 * itself holds is the same once more, and the server may have taken it. */
static int receive_or_report( int fd, struct msghdr *msg, int flags, const struct host_control *control,
                              ssize_t *ret )
{
    struct icmp_message message;
    int report, err, attempts = 0;

    do
    {
        while (!(report = take_message( fd, control, &message ))) /* next */;
        if (report == HOST_REPORT_MESSAGE) return icmp_message_store( &message, msg, ret );
        if (report > 0) return report == HOST_REPORT_PORT ? ECONNREFUSED : ENETRESET;
        err = receive_once( fd, msg, flags, control, ret );
    }
    while (err && err != EAGAIN && err != EFAULT && ++attempts < 100);
    return err;
}

int host_recv( struct host_transfer_params *args )
{
    struct iovec local[INLINE_IOVECS], *iov;
    int (*receive)( int, struct msghdr *, int, const struct host_control *, ssize_t * ) =
        args->flags & HOST_MSG_ERRORS ? receive_or_report : receive_once;
    struct host_control *wanted = caller_pointer( args->control );
    _Alignas(struct cmsghdr) char control[CONTROL_SPACE];
    struct sockaddr_storage storage;
    struct descriptor descriptor;
    struct msghdr msg = { 0 };
    sigset_t signals;
    ssize_t size;
    int flags = MSG_DONTWAIT, fd, err, ret, tapped;

    args->transferred = 0;
    args->truncated = 0;
    args->tcp_closed = 0;
    if (!(iov = make_iovecs( args, local ))) return HOST_ENOBUFS;

    tapped = 0;
    if (!(ret = descriptor_take( args->socket, &descriptor )) && !descriptor.kept &&
        (ret = tap_substitute( &descriptor.fd, &tapped )))
        descriptor_release( &descriptor );
    if (!ret)
    {
        fd = descriptor.fd;
        if (args->flags & HOST_MSG_PEEK) flags |= MSG_PEEK;
        if (args->flags & HOST_MSG_DATAGRAM) flags |= MSG_TRUNC;
        msg.msg_iov = iov;
        msg.msg_iovlen = args->count;
        if (args->has_address)
        {
            storage.ss_family = AF_UNSPEC;
            msg.msg_name = &storage;
            msg.msg_namelen = sizeof(storage);
        }
        if (wanted) control_prepare( &msg, control );
        err = receive( fd, &msg, flags, wanted, &size );
        if (err == EAGAIN && args->wait)
        {
            descriptor_hold( &descriptor, &signals );
            if (wait_for( fd, POLLIN, args->wait ) > 0)
            {
                if (args->has_address) msg.msg_namelen = sizeof(storage);
                if (wanted) control_prepare( &msg, control );
                err = receive( fd, &msg, flags, wanted, &size );
            }
        }
        if (!err && (args->flags & HOST_MSG_QUICK_ACK))
        {
            int on = 1;

            setsockopt( fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on) );
        }
        if (!err)
        {
            args->transferred = size;
            args->truncated = !!(msg.msg_flags & MSG_TRUNC);
            if (args->has_address)
            {
                if (!msg.msg_namelen) storage.ss_family = AF_UNSPEC;
                address_from_sockaddr( &args->address, &storage );
                if (tapped) tap_source( &args->address, iov, args->count, size );
            }
            if (wanted) control_store( wanted, &msg );
            if (!size && !tapped)
            {
                struct tcp_info info;
                socklen_t len = sizeof(info);

                if (!getsockopt( fd, IPPROTO_TCP, TCP_INFO, &info, &len ))
                    args->tcp_closed = info.tcpi_state == TCP_CLOSE;
            }
        }
        descriptor_release( &descriptor );
        ret = host_error_from_errno( err );
    }
    if (iov != local) free( iov );
    return ret;
}

int host_recv_plain( struct host_plain_params *args )
{
    int flags = args->is_datagram ? MSG_DONTWAIT | MSG_TRUNC : MSG_DONTWAIT;
    struct iovec iov = { caller_pointer( args->data ), args->size };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct sockaddr_storage storage;
    struct descriptor descriptor;
    sigset_t signals;
    ssize_t size;
    int err;

    if (!descriptor_find( args->socket, &descriptor )) return HOST_EOPNOTSUPP;
    if (args->has_address)
    {
        storage.ss_family = AF_UNSPEC;
        msg.msg_name = &storage;
        msg.msg_namelen = sizeof(storage);
    }
    err = receive_once( descriptor.fd, &msg, flags, NULL, &size );
    if (err == EAGAIN && args->wait)
    {
        descriptor_hold( &descriptor, &signals );
        if (wait_for( descriptor.fd, POLLIN, args->wait ) > 0)
            err = receive_once( descriptor.fd, &msg, flags, NULL, &size );
    }
    descriptor_release( &descriptor );
    if (err) return host_error_from_errno( err );
    args->transferred = size;
    args->truncated = msg.msg_flags & MSG_TRUNC;
    if (args->has_address) address_from_sockaddr( &args->address, &storage );
    return HOST_OK;
}

/* The room in a send buffer. */
static uint64_t read_room( int fd )
{
    uint32_t info[SK_MEMINFO_VARS];
    socklen_t size = sizeof(info);

    if (getsockopt( fd, SOL_SOCKET, SO_MEMINFO, info, &size ) ||
        size <= SK_MEMINFO_WMEM_QUEUED * sizeof(*info) ||
        info[SK_MEMINFO_WMEM_QUEUED] > info[SK_MEMINFO_SNDBUF])
        return 0;
    return info[SK_MEMINFO_SNDBUF] - info[SK_MEMINFO_WMEM_QUEUED];
}

/* What the host charges for so many bytes at most, its own structures included. */
static uint64_t charge( size_t len )
{
    return len + len / 8 + 2304;
}

/* Whether the send buffer takes len bytes more, as far as one can tell: the host lets the last structure
 * exceed it. */
static int has_room( struct descriptor *descriptor, size_t len )
{
    uint64_t room = read_room( descriptor->fd );

    descriptor_set_room( descriptor, room > charge( len ) ? room - charge( len ) : 0 );
    return room >= (len > 1024 ? charge( len ) : len);
}

static int send_once( int fd, struct msghdr *msg, int flags, ssize_t *ret )
{
    int refused = 0;

    for (;;)
    {
        *ret = is_plain( msg ) ? host_sendto( fd, msg->msg_iov->iov_base, msg->msg_iov->iov_len, flags,
                                              msg->msg_name, msg->msg_namelen )
                               : sendmsg( fd, msg, flags );
        if (*ret >= 0) return 0;
        if (errno == EINTR) continue;
        if (errno == EISCONN && msg->msg_name)
        {
            /* a connected datagram socket on hosts that refuse an address there */
            msg->msg_name = NULL;
            msg->msg_namelen = 0;
            continue;
        }
        /* the report belongs to an earlier datagram; this one has not been sent (rule 10) */
        if ((errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH) && !refused++) continue;
        return errno;
    }
}

/* Drop the first len bytes of an array of iovecs. */
static void advance( struct msghdr *msg, size_t len )
{
    while (msg->msg_iovlen && len >= msg->msg_iov->iov_len)
    {
        len -= msg->msg_iov->iov_len;
        msg->msg_iov++;
        msg->msg_iovlen--;
    }
    if (!msg->msg_iovlen) return;
    msg->msg_iov->iov_base = (char *)msg->msg_iov->iov_base + len;
    msg->msg_iov->iov_len -= len;
}

#define SEND_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL)

/* The host has taken size bytes; the rest is the background's. */
static void send_rest( int fd, struct msghdr *msg, ssize_t size, size_t total,
                       struct host_transfer_params *args )
{
    args->transferred = size;
    if ((size_t)size == total || !(args->flags & HOST_MSG_TAKE)) return;
    advance( msg, size );
    args->draining = 1;
    if (!drain_add( fd, msg->msg_iov, msg->msg_iovlen )) args->transferred = total;
}

/* One attempt to send. What goes out goes out in one call of the host. */
static int send_now( struct descriptor *descriptor, struct msghdr *msg, size_t total,
                     struct host_transfer_params *args )
{
    const struct host_send_control *control = caller_pointer( args->control );
    int fd = descriptor->fd, err;
    ssize_t size;

    if ((args->flags & HOST_MSG_WHOLE) && !has_room( descriptor, total )) return EAGAIN;
    if (control && (control->present & HOST_SEND_STAMP))
        err = stamps_send( fd, msg, SEND_FLAGS, control, &size );
    else err = send_once( fd, msg, SEND_FLAGS, &size );
    if (!err) send_rest( fd, msg, size, total, args );
    return err;
}

static int has_turn( const struct host_transfer_params *args )
{
    const int32_t *turn = caller_pointer( args->turn_word );

    return !turn || __atomic_load_n( turn, __ATOMIC_SEQ_CST ) == args->turn;
}

/* The same for a stream, behind what still goes out in the background. Under the socket's lock. */
static int send_in_turn( struct descriptor *descriptor, struct msghdr *msg, size_t total,
                         struct host_transfer_params *args, int last )
{
    int fd = descriptor->fd, err;

    args->draining = 0;
    if (!has_turn( args )) return EINTR;
    if (drain_active( fd, 0 ))
    {
        args->draining = 1;
        if (!(args->flags & HOST_MSG_QUEUE)) return EAGAIN;
        if (drain_add( fd, msg->msg_iov, msg->msg_iovlen )) return ENOBUFS;
        args->transferred = total;
        return 0;
    }
    if (args->flags & HOST_MSG_BEHIND) return EOPNOTSUPP;
    err = send_now( descriptor, msg, total, args );
    if (!err && !(args->flags & HOST_MSG_WHOLE)) descriptor_set_room( descriptor, read_room( fd ));
    if (err == EAGAIN && last && (args->flags & (HOST_MSG_WHOLE | HOST_MSG_QUEUE)) == HOST_MSG_QUEUE &&
        !drain_add( fd, msg->msg_iov, msg->msg_iovlen ))
    {
        args->draining = 1;
        args->transferred = total;
        return 0;
    }
    return err;
}

/* Held, with signals blocked, from the look at the turn until the host and the background have all of a
 * send: a thread that lost its turn, as it was suspended or killed, has sent all by then or will send
 * nothing. Nobody waits for a peer or asks wineserver there. Sockets with distant handles may share one. */
#define SEND_LOCKS 256

static pthread_mutex_t send_locks[SEND_LOCKS];

static void __attribute__((constructor)) init_send_locks( void )
{
    unsigned int i;

    for (i = 0; i < SEND_LOCKS; i++) make_robust( &send_locks[i] );
}

static pthread_mutex_t *send_lock( uint64_t socket )
{
    return &send_locks[(uint32_t)socket / 4 % SEND_LOCKS];
}

void sends_finish( uint64_t socket )
{
    sigset_t signals;

    enter_lock( send_lock( socket ), &signals );
    descriptor_closed( HOST_SOCKET_HANDLE( socket ));
    leave_lock( send_lock( socket ), &signals );
}

/* A send that there is room for is one call of the host, which takes all: nobody has to be kept out between
 * two, so it needs neither the lock nor blocked signals. A thread that is suspended before that call and
 * loses its turn finds another descriptor in place of the socket's. Answers EAGAIN where it cannot be done
 * so. */
static int send_at_once( struct descriptor *descriptor, sigset_t *signals, struct msghdr *msg,
                         size_t total, struct host_transfer_params *args )
{
    pthread_mutex_t *lock = send_lock( args->socket );
    int fd = descriptor->fd, err;
    ssize_t size;

    if ((args->flags & HOST_MSG_BEHIND) || !descriptor_use_room( descriptor, charge( total )) ||
        drain_active( fd, 0 ))
        return EAGAIN;
    if (!has_turn( args )) return EINTR;
    if ((err = send_once( fd, msg, SEND_FLAGS, &size ))) return err;
    args->transferred = size;
    if ((size_t)size == total) return 0;
    /* the host has less memory than it had; whoever has the turn by now may have sent */
    descriptor_hold( descriptor, signals );
    take_lock( lock );
    if (has_turn( args )) send_rest( fd, msg, size, total, args );
    pthread_mutex_unlock( lock );
    return 0;
}

static int send_ordered( struct descriptor *descriptor, sigset_t *signals, struct msghdr *msg,
                         size_t total, struct host_transfer_params *args )
{
    pthread_mutex_t *lock = send_lock( args->socket );
    int attempt, err;

    if ((err = send_at_once( descriptor, signals, msg, total, args )) != EAGAIN) return err;
    descriptor_hold( descriptor, signals );
    for (attempt = 0;; attempt++)
    {
        take_lock( lock );
        err = send_in_turn( descriptor, msg, total, args, attempt || !args->wait );
        pthread_mutex_unlock( lock );
        if (err != EAGAIN || !args->wait || attempt) return err;
        if (args->draining) drain_active( descriptor->fd, args->wait );
        else if (wait_for( descriptor->fd, POLLOUT, args->wait ) <= 0) return err;
    }
}

/* And for datagrams. */
static int send_unordered( struct descriptor *descriptor, sigset_t *signals, struct msghdr *msg,
                           size_t total, struct host_transfer_params *args )
{
    int err = send_now( descriptor, msg, total, args );

    if (err != EAGAIN || !args->wait) return err;
    descriptor_hold( descriptor, signals );
    if (wait_for( descriptor->fd, POLLOUT, args->wait ) <= 0) return err;
    return send_now( descriptor, msg, total, args );
}

/* Look for room, where nothing uses it up in the background. */
static int find_room( struct descriptor *descriptor, size_t len )
{
    uint64_t room;

    if (drain_active( descriptor->fd, 0 )) return 0;
    room = read_room( descriptor->fd );
    descriptor_set_room( descriptor, room );
    return room >= charge( len );
}

/* All of a stream's send that there is room for; what there may be none for is not begun. */
static int send_stream( struct descriptor *descriptor, sigset_t *signals, struct msghdr *msg,
                        struct host_plain_params *args )
{
    struct host_transfer_params ordered = { .socket = args->socket, .flags = HOST_MSG_TAKE,
                                            .turn = args->turn, .turn_word = args->turn_word };
    int err, looked = 0;

    do err = send_at_once( descriptor, signals, msg, args->size, &ordered );
    while (err == EAGAIN && !looked++ && find_room( descriptor, args->size ));
    args->transferred = ordered.transferred;
    args->draining = ordered.draining;
    return err == EAGAIN ? EOPNOTSUPP : err;    /* the background has not been heard */
}

static int send_datagram( struct descriptor *descriptor, struct msghdr *msg, struct host_plain_params *args )
{
    ssize_t size;
    int err = send_once( descriptor->fd, msg, SEND_FLAGS, &size );

    args->transferred = size;
    return err;
}

int host_send_plain( struct host_plain_params *args )
{
    struct iovec iov = { caller_pointer( args->data ), args->size };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct sockaddr_storage storage;
    struct descriptor descriptor;
    sigset_t signals;
    int err;

    if (args->has_address)
    {
        msg.msg_name = &storage;
        if (!(msg.msg_namelen = address_to_sockaddr( &args->address, &storage ))) return HOST_EAFNOSUPPORT;
    }
    if (!descriptor_find( args->socket, &descriptor )) return HOST_EOPNOTSUPP;
    err = args->is_datagram ? send_datagram( &descriptor, &msg, args )
                            : send_stream( &descriptor, &signals, &msg, args );
    descriptor_release( &descriptor );
    return host_error_from_errno( err );
}

int host_send( struct host_transfer_params *args )
{
    int (*send)( struct descriptor *, sigset_t *, struct msghdr *, size_t, struct host_transfer_params * ) =
        args->flags & HOST_MSG_ORDERED ? send_ordered : send_unordered;
    _Alignas(struct cmsghdr) char control[CONTROL_SPACE];
    struct iovec local[INLINE_IOVECS], *iov;
    struct sockaddr_storage storage;
    struct descriptor descriptor;
    struct msghdr msg = { 0 };
    sigset_t signals;
    size_t total = 0;
    uint32_t i;
    int err = 0, ret;

    args->transferred = 0;
    args->draining = 0;
    if (!(iov = make_iovecs( args, local ))) return HOST_ENOBUFS;
    for (i = 0; i < args->count; i++) total += iov[i].iov_len;

    if (!(ret = descriptor_take( args->socket, &descriptor )))
    {
        msg.msg_iov = iov;
        msg.msg_iovlen = args->count;
        if (args->has_address)
        {
            msg.msg_name = &storage;
            msg.msg_namelen = address_to_sockaddr( &args->address, &storage );
            if (!msg.msg_namelen) err = EAFNOSUPPORT;
        }
        if (args->control) control_attach( caller_pointer( args->control ), &msg, control );
        if (!err) err = send( &descriptor, &signals, &msg, total, args );
        if (!err && (args->flags & HOST_MSG_POSITION) && sent_position( descriptor.fd, &args->position ) &&
            !deliveries_wait())
            args->position = 0;
        descriptor_release( &descriptor );
        ret = host_error_from_errno( err );
    }
    if (iov != local) free( iov );
    return ret;
}

int host_identify( struct host_identify_params *args )
{
    ino_t inode;
    int ret = socket_inode( args->socket, &inode );

    if (!ret) args->inode = inode;
    return ret;
}

static short events_to_host( uint32_t events )
{
    return (events & HOST_POLL_IN ? POLLIN : 0) | (events & HOST_POLL_PRI ? POLLPRI : 0) |
           (events & HOST_POLL_OUT ? POLLOUT : 0) | POLLRDHUP;
}

static uint16_t events_from_host( short events )
{
    return (events & POLLIN ? HOST_POLL_IN : 0) | (events & POLLPRI ? HOST_POLL_PRI : 0) |
           (events & POLLOUT ? HOST_POLL_OUT : 0) | (events & POLLERR ? HOST_POLL_ERR : 0) |
           (events & (POLLHUP | POLLRDHUP) ? HOST_POLL_HUP : 0) |
           (events & POLLNVAL ? HOST_POLL_INVALID : 0);
}

static int64_t milliseconds(void)
{
    struct timespec ts;

    clock_gettime( CLOCK_MONOTONIC, &ts );
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Take back POLLOUT where the background has what there is room for. Answers how many are left ready. */
static int hide_draining( struct pollfd *fds, uint32_t count, int ready )
{
    uint32_t i;

    for (i = 0; i < count; i++)
    {
        if (!(fds[i].revents & POLLOUT) || !drain_active( fds[i].fd, 0 )) continue;
        if (!(fds[i].revents &= ~POLLOUT)) ready--;
    }
    return ready;
}

/* poll(), for what a send would find. */
static int poll_sockets( struct pollfd *fds, uint32_t count, int timeout )
{
    int64_t end = timeout > 0 ? milliseconds() + timeout : 0, now;
    int ready;

    for (;;)
    {
        ready = poll( fds, count, timeout );
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0 || (ready = hide_draining( fds, count, ready )) || !timeout) return ready;
        if (timeout < 0) continue;
        if ((now = milliseconds()) >= end) return 0;
        timeout = end - now;
    }
}

int host_poll( struct host_poll_params *args )
{
    struct host_poll_entry *entries = caller_pointer( args->entries );
    int local_own[INLINE_POLLS], count, ret;
    struct descriptor_batch batch = { local_own };
    struct pollfd local[INLINE_POLLS], *fds = local;
    uint32_t i;

    args->ready = 0;
    if (args->count > INLINE_POLLS)
    {
        if (!(fds = malloc( args->count * (sizeof(*fds) + sizeof(*batch.own)) ))) return HOST_ENOMEM;
        batch.own = (int *)(fds + args->count);
    }
    if (!(ret = descriptors_take( entries, args->count, fds, args->timeout, &batch )))
    {
        for (i = 0; i < args->count; i++) fds[i].events = events_to_host( entries[i].events );
        count = poll_sockets( fds, args->count, args->timeout );
        if (count < 0) ret = host_error_from_errno( errno );
        else args->ready = count;
        for (i = 0; i < args->count; i++)
            entries[i].revents = fds[i].revents ? events_from_host( fds[i].revents ) : 0;
    }
    descriptors_release( &batch );
    if (fds != local) free( fds );
    return ret;
}
