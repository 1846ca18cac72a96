/*
 * Changes of the host's addresses and routes, and of what a socket sends, and who waits for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One netlink descriptor and one thread (notify.c starts it) serve all who wait. A request that pends waits
 * in AFD as a datagram receive does in reactor.c: as one that nothing but a cancellation ends, and
 * op_ended() says what the end was. One that does not pend is only noted down here, and the thread tells of
 * it.
 *
 * All signals are blocked wherever the lock is held, since op_ended() runs in signal handlers; it neither
 * allocates nor frees.
 */
#include "netlink.h"

#include <net/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <linux/if_addr.h>

#define EVENTS 16
#define BUFFER 16384

/* A process lives as long as any of its threads does, so ours looks that often whether it is needed. */
#define IDLE_MS 2000

/* The host does not tell of a congestion window that grows: while somebody waits we look that often. */
#define BACKLOG_MS 50

/* Nor of acknowledgements, but by time stamps in the error queue, which wineserver would take for an error.
 * While somebody waits for one we look after the first time, then after twice that, up to the second. */
#define DELIVERY_MS 1
#define DELIVERY_MOST_MS 10

#define STATUS_SUCCESS 0u
#define STATUS_CANCELLED 0xc0000120u
#define STATUS_CONNECTION_RESET 0xc000020du

struct watch
{
    struct server_async async;  /* first: ntdll knows it by this */
    struct watch *next;
    uint64_t socket, overlapped;
    uint64_t connection;        /* backlogs: the socket asked about; the request may wait on another */
    ino_t inode;                /* of the socket */
    int fd;                     /* a duplicate where a connection is watched, of deliveries the same for all;
                                 * what tells of the end of a drain; else -1 */
    uint32_t what;              /* enum host_watch */
    int family;                 /* AF_ */
    int any;                    /* routes: of all destinations */
    uint8_t ip[16];             /* routes: the destination */
    uint32_t scope;
    uint64_t seen;              /* fingerprint of what the program could know when it asked; deliveries: the
                                 * position that has to be acknowledged */
    uintptr_t information;      /* of a request that ends in success */
    uint32_t status;
    int waiting, hit, told;
};

DEFINE_LOCK( lock );
static int epoll_fd = -1, netlink_fd = -1;  /* all this under lock */
static int wake_fd = -1;                    /* eventfd: some watches are hit */
static int running;
static struct watch *watches, *free_watches;
static atomic_int backlog_count;            /* of those in the list, for a look without the lock */
static atomic_int delivery_count;           /* likewise */
static atomic_int delivery_ms;              /* until the next look at these */
static atomic_int untold_count;             /* of those whose end ntdll has not asked for */

/*** what there is now ***/

#define HASH_START 0xcbf29ce484222325u

static uint64_t mix( uint64_t hash, const void *data, size_t size )
{
    const unsigned char *bytes = data;

    while (size--) hash = (hash ^ *bytes++) * 0x100000001b3u;
    return hash;
}

/* An address counts from when it can be used; deprecated, it is another. Life times do not count. */
static void add_address( const struct netlink_address *address, void *user )
{
    uint64_t hash = mix( HASH_START, &address->interface, sizeof(address->interface) );
    uint32_t deprecated = address->flags & IFA_F_DEPRECATED;

    if (address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) return;
    hash = mix( hash, address->ip, sizeof(address->ip) );
    *(uint64_t *)user += mix( hash, &deprecated, sizeof(deprecated) );
}

static uint64_t addresses_now( int family )
{
    uint64_t sum = 0;

    netlink_addresses( family, add_address, &sum );
    return sum;
}

/* How the destination would be reached. */
static uint64_t route_now( const struct watch *watch )
{
    struct netlink_route route;
    uint64_t hash;

    if (netlink_route_to( watch->family, watch->ip, watch->scope, &route )) return 0;
    hash = mix( HASH_START, &route.type, sizeof(route.type) );
    hash = mix( hash, &route.interface, sizeof(route.interface) );
    hash = mix( hash, route.source, sizeof(route.source) );
    return mix( hash, route.gateway, sizeof(route.gateway) );
}

static uint64_t seen_now( const struct watch *watch )
{
    switch (watch->what)
    {
    case HOST_WATCH_ADDRESSES: return addresses_now( watch->family );
    case HOST_WATCH_ROUTES: return watch->any ? 0 : route_now( watch );
    case HOST_WATCH_BACKLOG: return watch->fd < 0 ? 0 : ideal_backlog( watch->fd );
    default: return 0;
    }
}

/*** what the kernel tells ***/

struct changes
{
    int links;          /* went up or down: routes over them come and go without a word */
    int inet, inet6;    /* addresses of these families, perhaps */
    int lost;           /* something was told that we missed */
};

static int prefix_covers( const uint8_t *prefix, unsigned int bits, const uint8_t *ip )
{
    unsigned int bytes = bits / 8, rest = bits % 8;

    if (memcmp( prefix, ip, bytes )) return 0;
    return !rest || !((prefix[bytes] ^ ip[bytes]) >> (8 - rest));
}

/* A route that is not the host's own bookkeeping was added, changed or removed: who asked about it? */
static void note_route( const struct netlink_route *route )
{
    struct watch *watch;

    if (route->table == RT_TABLE_LOCAL || (route->flags & RTM_F_CLONED)) return;
    if (route->type == RTN_LOCAL || route->type == RTN_BROADCAST || route->type == RTN_ANYCAST ||
        route->type == RTN_MULTICAST)
        return;
    for (watch = watches; watch; watch = watch->next)
        if (watch->what == HOST_WATCH_ROUTES && watch->family == route->family &&
            (watch->any || prefix_covers( route->destination, route->bits, watch->ip )))
            watch->hit = 1;
}

static void note_message( const struct nlmsghdr *msg, struct changes *changes )
{
    const struct ifinfomsg *link = NLMSG_DATA( msg );
    struct netlink_address address;
    struct netlink_route route;

    if (netlink_read_route( msg, &route )) note_route( &route );
    else if (netlink_read_address( msg, &address ))
    {
        if (address.family == AF_INET) changes->inet = 1;
        if (address.family == AF_INET6) changes->inet6 = 1;
    }
    else if (msg->nlmsg_type == RTM_NEWLINK && msg->nlmsg_len >= NLMSG_LENGTH( sizeof(*link) ) &&
             (link->ifi_change & (IFF_UP | IFF_RUNNING))) changes->links = 1;
}

static void read_changes( struct changes *changes )
{
    _Alignas(struct nlmsghdr) char buffer[BUFFER];
    const struct nlmsghdr *msg;
    struct sockaddr_nl from;
    size_t pos;
    ssize_t len;

    for (;;)
    {
        socklen_t size = sizeof(from);

        len = recvfrom( netlink_fd, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC,
                        (struct sockaddr *)&from, &size );
        if (len < 0 && errno == EINTR) continue;
        if (len < 0 && errno == ENOBUFS)
        {
            changes->lost = 1;
            continue;
        }
        if (len <= 0) return;
        if (from.nl_pid) continue;      /* not the kernel's */
        if ((size_t)len > sizeof(buffer))
        {
            changes->lost = 1;
            continue;
        }
        pos = 0;
        while ((msg = netlink_message( buffer, len, &pos ))) note_message( msg, changes );
    }
}

static int has_changed( const struct watch *watch, const struct changes *changes )
{
    int addresses = watch->family == AF_INET6 ? changes->inet6 : changes->inet;

    if (watch->hit) return 1;
    if (watch->what == HOST_WATCH_ADDRESSES)
        return (addresses || changes->lost) && seen_now( watch ) != watch->seen;
    if (watch->what != HOST_WATCH_ROUTES) return 0;
    if (watch->any) return changes->links || changes->lost;
    return (addresses || changes->links || changes->lost) && seen_now( watch ) != watch->seen;
}

/*** who waits ***/

static int same_delivery( const struct watch *left, const struct watch *right )
{
    return left->what == HOST_WATCH_DELIVERY && right->what == HOST_WATCH_DELIVERY &&
           left->inode == right->inode;
}

/* Another one of the same connection. */
static const struct watch *find_delivery( const struct watch *watch )
{
    const struct watch *other;

    for (other = watches; other; other = other->next)
        if (other != watch && same_delivery( other, watch )) return other;
    return NULL;
}

int deliveries_wait(void)
{
    return atomic_load( &untold_count ) != 0;
}

/* Deliveries of one connection stay together, in the order of their bytes: so they end. */
static void link_watch( struct watch *watch )
{
    struct watch **link, **place = &watches;

    for (link = &watches; *link; link = &(*link)->next)
    {
        if (!same_delivery( *link, watch )) continue;
        place = link;
        if ((*link)->seen > watch->seen) break;
        place = &(*link)->next;
    }
    watch->waiting = 1;
    watch->next = *place;
    *place = watch;
}

static void unlink_watch( struct watch *watch )
{
    struct watch **link = &watches;

    while (*link != watch) link = &(*link)->next;
    *link = watch->next;
    watch->waiting = 0;
    if (watch->fd < 0) return;
    if (watch->what == HOST_WATCH_DELIVERY) atomic_fetch_sub( &delivery_count, 1 );
    else
    {
        epoll_ctl( epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL );
        if (watch->what == HOST_WATCH_BACKLOG) atomic_fetch_sub( &backlog_count, 1 );
    }
    if (!find_delivery( watch )) close( watch->fd );
    watch->fd = -1;
}

static void free_watch( struct watch *watch )
{
    watch->next = free_watches;
    free_watches = watch;
}

/* The request in AFD is over, by us or by the program. */
static int op_ended( void *user, uintptr_t *information, uint32_t *status )
{
    struct watch *watch = user;
    sigset_t saved;

    enter_lock( &lock, &saved );
    if (watch->waiting)
    {
        unlink_watch( watch );
        watch->status = STATUS_CANCELLED;
    }
    *information = watch->status ? 0 : watch->information;
    *status = watch->status;
    if (watch->what == HOST_WATCH_DELIVERY) atomic_fetch_sub( &untold_count, 1 );
    free_watch( watch );
    leave_lock( &lock, &saved );
    return 1;
}

static void end_watch( struct watch *watch, uint32_t status )
{
    unlink_watch( watch );
    watch->status = STATUS_CANCELLED;
    if (!server_cancel( watch->socket, watch->overlapped )) watch->status = status;
}

/* CloseHandle does not pass here. */
static int is_socket_of( const struct watch *watch )
{
    ino_t inode;

    return !socket_inode( watch->socket, &inode ) && inode == watch->inode;
}

/* What an event of a watch is known by, where that has a descriptor; never 0. */
static uint64_t event_key( const struct watch *watch )
{
    return (uint64_t)watch->inode * 2 + (watch->what == HOST_WATCH_DRAIN);
}

/* Have the caller tell of it, if there is room for that in this answer. */
static void tell( struct host_watcher_params *args, struct watch *watch )
{
    if (args->count == HOST_WATCHER_TOLD) return;
    if (!watch->socket || watch->what == HOST_WATCH_CLOSE || is_socket_of( watch ))
    {
        args->told[args->count].socket = watch->socket;
        args->told[args->count].value = watch->overlapped;
        args->told[args->count++].what = watch->what;
    }
    unlink_watch( watch );
    free_watch( watch );
}

/* Read what the kernel has told so far: whose watch is hit? Answers whether any is. */
static int note_changes(void)
{
    struct changes changes = { 0 };
    struct watch *watch;
    int hit = 0;

    read_changes( &changes );
    for (watch = watches; watch; watch = watch->next)
        hit |= watch->hit = has_changed( watch, &changes );
    return hit;
}

static void serve_changes( struct host_watcher_params *args )
{
    struct watch *watch, *next;
    eventfd_t value;

    eventfd_read( wake_fd, &value );
    note_changes();
    for (watch = watches; watch; watch = next)
    {
        next = watch->next;
        if (!watch->hit) continue;
        if (watch->told) tell( args, watch );
        else end_watch( watch, STATUS_SUCCESS );
    }
    if (args->count == HOST_WATCHER_TOLD) eventfd_write( wake_fd, 1 );
}

void watch_closed( uint64_t socket, uint64_t generation )
{
    struct watch *watch;
    sigset_t saved;

    enter_lock( &lock, &saved );
    for (watch = watches; watch; watch = watch->next)
    {
        if (watch->what != HOST_WATCH_CLOSE || watch->socket != socket || watch->overlapped != generation)
            continue;
        watch->hit = 1;
        eventfd_write( wake_fd, 1 );
    }
    leave_lock( &lock, &saved );
}

/* A connection is over, nothing more to hear of its backlog; or a drain is. */
static void serve_end( struct host_watcher_params *args, uint64_t key )
{
    struct watch *watch, *next;

    for (watch = watches; watch; watch = next)
    {
        next = watch->next;
        if (watch->fd < 0 || watch->what == HOST_WATCH_DELIVERY || event_key( watch ) != key) continue;
        if (watch->told) tell( args, watch );
        else end_watch( watch, STATUS_CANCELLED );
    }
}

/* Which connections should be given more by now, or less? */
static void serve_backlogs(void)
{
    struct watch *watch, *next;

    for (watch = watches; watch; watch = next)
    {
        next = watch->next;
        if (watch->what != HOST_WATCH_BACKLOG || seen_now( watch ) == watch->seen) continue;
        end_watch( watch, STATUS_SUCCESS );
    }
}

/* Whether the peer has acknowledged what is before a position: HOST_OK, HOST_EAGAIN or HOST_ECONNRESET. */
static int delivery_state( int fd, uint64_t position )
{
    struct progress progress;

    read_progress( fd, &progress );
    if (progress.acknowledged >= position) return HOST_OK;
    return progress.lost ? HOST_ECONNRESET : HOST_EAGAIN;
}

/* What has the peer got by now? One that waits keeps those behind it, whatever comes meanwhile. */
static void serve_deliveries(void)
{
    const struct watch *waits = NULL;
    struct watch *watch, *next;
    int state, nap, ended = 0;

    if (!atomic_load( &delivery_count )) return;
    for (watch = watches; watch; watch = next)
    {
        next = watch->next;
        if (watch->what != HOST_WATCH_DELIVERY || (waits && same_delivery( waits, watch ))) continue;
        if ((state = delivery_state( watch->fd, watch->seen )) == HOST_EAGAIN)
        {
            waits = watch;
            continue;
        }
        end_watch( watch, state ? STATUS_CONNECTION_RESET : STATUS_SUCCESS );
        ended = 1;
    }
    nap = ended ? DELIVERY_MS : atomic_load( &delivery_ms ) * 2;
    atomic_store( &delivery_ms, nap < DELIVERY_MOST_MS ? nap : DELIVERY_MOST_MS );
}

/* A look for a call that waits itself. */
static int look_at_delivery( const struct host_watch_params *args )
{
    int fd, ret = socket_descriptor( args->socket, &fd );

    if (ret) return ret;
    ret = delivery_state( fd, args->seen );
    close( fd );
    return ret;
}

static int time_to_wait(void)
{
    if (atomic_load( &delivery_count )) return atomic_load( &delivery_ms );
    return atomic_load( &backlog_count ) ? BACKLOG_MS : IDLE_MS;
}

static void drop_closed(void)
{
    struct watch *watch, *next;

    for (watch = watches; watch; watch = next)
    {
        next = watch->next;
        if (!watch->told || !watch->socket || watch->hit || is_socket_of( watch )) continue;
        unlink_watch( watch );
        free_watch( watch );
    }
}

static void stop(void)
{
    running = 0;
    if (watches) return;
    if (netlink_fd >= 0) close( netlink_fd );
    if (epoll_fd >= 0) close( epoll_fd );
    if (wake_fd >= 0) close( wake_fd );
    netlink_fd = epoll_fd = wake_fd = -1;
}

int host_watcher( struct host_watcher_params *args )
{
    struct epoll_event events[EVENTS];
    int count, i, timeout, idle = 0;
    sigset_t saved;

    args->count = 0;
    if (args->outcome == HOST_WATCHER_END)
    {
        enter_lock( &lock, &saved );
        stop();
        leave_lock( &lock, &saved );
        return HOST_OK;
    }
    for (;;)
    {
        /* no lock, no descriptor: the thread may be suspended or end here like any */
        timeout = time_to_wait();
        count = epoll_wait( epoll_fd, events, EVENTS, timeout );
        enter_lock( &lock, &saved );
        for (i = 0; i < count; i++)
        {
            if (!events[i].data.u64) serve_changes( args );
            else if (events[i].events & ~EPOLLOUT) serve_end( args, events[i].data.u64 );
        }
        serve_backlogs();
        serve_deliveries();
        args->outcome = HOST_WATCHER_GO;
        idle = count ? 0 : idle + timeout;
        if (idle >= IDLE_MS)
        {
            drop_closed();
            args->outcome = watches ? HOST_WATCHER_IDLE : HOST_WATCHER_END;
            if (!watches) stop();
        }
        leave_lock( &lock, &saved );
        if (idle >= IDLE_MS || args->count) return HOST_OK;
    }
}

static int start(void)
{
    struct sockaddr_nl addr = { .nl_family = AF_NETLINK,
                                .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                             RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
    struct epoll_event event = { .events = EPOLLIN };

    if (netlink_fd >= 0)
    {
        /* what was told already is news for those who wait, and not for who begins to */
        if (note_changes()) eventfd_write( wake_fd, 1 );
        return 0;
    }
    if (epoll_fd < 0 && (epoll_fd = epoll_create1( EPOLL_CLOEXEC )) < 0) return errno;
    if (wake_fd < 0)
    {
        if ((wake_fd = eventfd( 0, EFD_CLOEXEC | EFD_NONBLOCK )) < 0) return errno;
        epoll_ctl( epoll_fd, EPOLL_CTL_ADD, wake_fd, &event );
    }
    netlink_fd = socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE );
    if (netlink_fd < 0) return errno;
    if (!bind( netlink_fd, (struct sockaddr *)&addr, sizeof(addr) ) &&
        !epoll_ctl( epoll_fd, EPOLL_CTL_ADD, netlink_fd, &event ))
        return 0;
    close( netlink_fd );
    netlink_fd = -1;
    return errno;
}

static void fill_watch( struct watch *watch, const struct host_watch_params *args )
{
    const struct host_pend_params *pend = caller_pointer( args->pend );
    unsigned int i;

    memset( watch, 0, sizeof(*watch) );
    watch->async.ended = op_ended;
    watch->async.handle = caller_pointer( args->socket );
    watch->socket = args->socket;
    watch->overlapped = pend ? pend->overlapped : args->value;
    watch->connection = args->what == HOST_WATCH_BACKLOG ? args->value : 0;
    watch->fd = -1;
    watch->what = args->what;
    watch->told = !pend;
    watch->family = args->destination.family == HOST_FAMILY_INET6 ? AF_INET6 : AF_INET;
    watch->scope = args->destination.scope;
    memcpy( watch->ip, args->destination.ip, sizeof(watch->ip) );
    for (i = 0; i < netlink_ip_size( watch->family ) && !watch->ip[i]; i++) {}
    watch->any = i == netlink_ip_size( watch->family );
    watch->information = args->what == HOST_WATCH_DELIVERY ? args->value : 0;
    watch->seen = args->what == HOST_WATCH_DELIVERY ? args->seen : seen_now( watch );
}

/* Watch for the end of a drain. The caller holds the lock, here and below. */
static int watch_drain( struct watch *watch )
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = event_key( watch ) };
    int ret, fd;

    if ((ret = socket_descriptor( watch->socket, &fd ))) return ret;
    watch->fd = drain_over( fd );
    close( fd );
    if (watch->fd < 0) return HOST_ENOENT;
    if (!epoll_ctl( epoll_fd, EPOLL_CTL_ADD, watch->fd, &event )) return HOST_OK;
    return host_error_from_errno( errno );
}

/* Watch a connection: its end, and how much it should be given. The thread looks at it when it has room
 * again, at once if it has some now, and from then on every now and then. */
static int watch_connection( struct watch *watch )
{
    struct epoll_event event = { .events = EPOLLOUT | EPOLLET, .data.u64 = event_key( watch ) };
    const struct watch *other;
    int ret;

    for (other = watches; other; other = other->next)
        if (other != watch && other->connection == watch->connection) return HOST_EALREADY;
    if ((ret = socket_descriptor( watch->connection, &watch->fd ))) return ret;
    atomic_fetch_add( &backlog_count, 1 );
    watch->seen = seen_now( watch );
    if (!epoll_ctl( epoll_fd, EPOLL_CTL_ADD, watch->fd, &event )) return HOST_OK;
    return host_error_from_errno( errno );
}

/* Watch for the peer's acknowledgement. The thread looks at once: what others wait for may be over, and this
 * one with it. */
static int watch_delivery( struct watch *watch )
{
    const struct watch *other = find_delivery( watch );
    int ret;

    if (other) watch->fd = other->fd;
    else if ((ret = socket_descriptor( watch->socket, &watch->fd ))) return ret;
    atomic_fetch_add( &delivery_count, 1 );
    atomic_fetch_add( &untold_count, 1 );
    atomic_store( &delivery_ms, DELIVERY_MS );
    eventfd_write( wake_fd, 1 );
    return HOST_OK;
}

static int begin_watch( struct watch *watch )
{
    switch (watch->what)
    {
    case HOST_WATCH_BACKLOG:  return watch_connection( watch );
    case HOST_WATCH_DRAIN:    return watch_drain( watch );
    case HOST_WATCH_DELIVERY: return watch_delivery( watch );
    default:                  return HOST_OK;
    }
}

/* It has not begun after all. */
static void give_up( struct watch *watch )
{
    if (watch->what == HOST_WATCH_DELIVERY && watch->fd >= 0) atomic_fetch_sub( &untold_count, 1 );
    unlink_watch( watch );
}

/* The same is noted down already. */
static int is_noted( const struct watch *watch )
{
    const struct watch *other;

    for (other = watches; other; other = other->next)
        if (other->told && other->what == watch->what && other->socket == watch->socket &&
            other->inode == watch->inode && other->overlapped == watch->overlapped &&
            other->family == watch->family && !memcmp( other->ip, watch->ip, sizeof(watch->ip) ))
            return 1;
    return 0;
}

static void cancel_watches( const struct host_watch_params *args )
{
    struct watch *watch, *next;

    for (watch = watches; watch; watch = next)
    {
        next = watch->next;
        if (watch->what != args->what) continue;
        if (watch->connection ? watch->connection != args->value : watch->socket != args->socket) continue;
        if (watch->told && watch->overlapped != args->value) continue;
        if (!watch->told) end_watch( watch, STATUS_CANCELLED );
        else
        {
            unlink_watch( watch );
            free_watch( watch );
        }
    }
}

int host_watch( struct host_watch_params *args )
{
    const struct host_pend_params *pend = caller_pointer( args->pend );
    struct watch *watch, *fresh;
    ino_t inode = 0;
    sigset_t saved;
    int ret, err;

    args->start = 0;
    args->status = 0;
    if (pend && (!server_ioctl_available() || pend->pointer_size != sizeof(void *))) return HOST_EOPNOTSUPP;
    if (args->what == HOST_WATCH_DELIVERY && args->action == HOST_WATCH_LOOK)
        return look_at_delivery( args );
    if (args->socket && (ret = socket_inode( args->socket, &inode ))) return ret;

    if (args->action == HOST_WATCH_LOOK)
    {
        struct watch now;

        fill_watch( &now, args );
        args->seen = now.seen;
        return HOST_OK;
    }
    /* not under the lock: op_ended() may have interrupted malloc */
    fresh = args->action == HOST_WATCH_CANCEL || free_watches ? NULL : malloc( sizeof(*fresh) );
    enter_lock( &lock, &saved );
    if (fresh) free_watch( fresh );
    if (args->action == HOST_WATCH_CANCEL)
    {
        cancel_watches( args );
        leave_lock( &lock, &saved );
        return HOST_OK;
    }
    if ((watch = free_watches)) free_watches = watch->next;
    /* listen first, look then: what changes in between is heard of */
    if (!watch) ret = HOST_ENOBUFS;
    else if ((err = start())) ret = host_error_from_errno( err );
    else
    {
        fill_watch( watch, args );
        watch->inode = inode;
        if (watch->told && is_noted( watch ))
        {
            free_watch( watch );
            leave_lock( &lock, &saved );
            return HOST_OK;
        }
        link_watch( watch );
        ret = begin_watch( watch );
        if (!ret && pend && (args->status = server_ioctl( pend, watch )) != STATUS_PENDING)
            ret = HOST_EOTHER;
        if (ret) give_up( watch );
        else if (!running) running = args->start = 1;
    }
    if (ret && watch) free_watch( watch );
    leave_lock( &lock, &saved );
    return ret;
}
