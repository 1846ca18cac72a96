/*
 * Port reservations: blocks of ports that this process keeps for sockets of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each port of a block is held by a socket of ours that is bound to it and nothing else, so that nobody on
 * this host gets it, whatever he asks for. The socket that is to have it is bound while the holder is still
 * there: both carry SO_REUSEPORT for that moment, and only for it.
 */
#include "host_private.h"

#include <linux/filter.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Where Windows looks for a block of any ports (its dynamic range). */
#define DYNAMIC_FIRST 49152
#define PORT_END 65536

struct slot
{
    int fd;         /* the holder; -1 while the port is in use */
    int claimed;    /* a socket is being bound to it */
};

struct reservation
{
    struct reservation *next;
    uint64_t token;
    uint64_t owner; /* handle and inode of the socket whose life is the reservation's */
    ino_t inode;
    int type;       /* SOCK_STREAM or SOCK_DGRAM */
    uint32_t first, count;
    struct slot slots[];
};

DEFINE_LOCK( lock );
static struct reservation *reservations;    /* under lock */
static uint32_t last_number;                /* under lock */

static void set_share( int fd, int on )
{
    setsockopt( fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on) );
}

/* A socket that holds a port of both families and does not answer; -1 with errno. */
static int hold( int type, uint32_t port )
{
    struct sock_filter nothing = BPF_STMT( BPF_RET | BPF_K, 0 );
    struct sock_fprog filter = { 1, &nothing };
    struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons( port ) };
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons( port ) };
    int fd, off = 0, ret;

    if ((fd = socket( AF_INET6, type | SOCK_CLOEXEC, 0 )) >= 0)
    {
        setsockopt( fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off) );
        ret = bind( fd, (struct sockaddr *)&any6, sizeof(any6) );
        if (ret && errno == EADDRNOTAVAIL)      /* a host without IPv6 addresses */
        {
            close( fd );
            fd = -1;
        }
    }
    if (fd < 0)
    {
        if ((fd = socket( AF_INET, type | SOCK_CLOEXEC, 0 )) < 0) return -1;
        ret = bind( fd, (struct sockaddr *)&any, sizeof(any) );
    }
    if (!ret)
    {
        if (type == SOCK_DGRAM) setsockopt( fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter) );
        return fd;
    }
    ret = errno;
    close( fd );
    errno = ret;
    return -1;
}

static void let_go( struct slot *slots, uint32_t count )
{
    while (count--)
    {
        if (slots[count].fd >= 0) close( slots[count].fd );
        slots[count].fd = -1;
    }
}

/* Hold count ports from first on: 0, or an errno with *failed at the port that could not be had. */
static int hold_block( struct reservation *block, uint32_t first, uint32_t *failed )
{
    uint32_t i;
    int err;

    for (i = 0; i < block->count; i++)
    {
        if ((block->slots[i].fd = hold( block->type, first + i )) >= 0) continue;
        err = errno;
        *failed = first + i;
        let_go( block->slots, i );
        return err;
    }
    block->first = first;
    return 0;
}

static int hold_any_block( struct reservation *block )
{
    uint32_t span = PORT_END - DYNAMIC_FIRST, start, at, failed = 0, tried;
    struct timespec now;
    int err = EADDRINUSE;

    if (block->count > span) return EADDRINUSE;
    clock_gettime( CLOCK_MONOTONIC, &now );
    start = (now.tv_nsec / 1000 + getpid() * 31) % (span - block->count + 1);
    for (tried = 0, at = start; tried <= span; )
    {
        if (at + block->count > span)   /* once round */
        {
            tried += span - at;
            at = 0;
            continue;
        }
        err = hold_block( block, DYNAMIC_FIRST + at, &failed );
        if (err != EADDRINUSE && err != EACCES) return err;
        tried += failed + 1 - DYNAMIC_FIRST - at;
        at = failed + 1 - DYNAMIC_FIRST;
    }
    return err;
}

static void drop( struct reservation **link )
{
    struct reservation *block = *link;

    *link = block->next;
    let_go( block->slots, block->count );
    free( block );
}

static int is_ownerless( const struct reservation *block )
{
    ino_t inode;

    if (HOST_SOCKET_GENERATION( block->owner ))
        return handle_generation( block->owner ) != HOST_SOCKET_GENERATION( block->owner );
    return socket_inode( block->owner, &inode ) || inode != block->inode;
}

/* Forget the reservations whose sockets were closed by CloseHandle. */
static void sweep(void)
{
    struct reservation **link = &reservations;

    while (*link)
    {
        if (is_ownerless( *link )) drop( link );
        else link = &(*link)->next;
    }
}

/* Hold again what has been given back. */
static void refill( struct reservation *block )
{
    uint32_t i;

    for (i = 0; i < block->count; i++)
        if (block->slots[i].fd < 0 && !block->slots[i].claimed)
            block->slots[i].fd = hold( block->type, block->first + i );
}

static struct reservation **find( uint64_t token, int type )
{
    struct reservation **link;

    for (link = &reservations; *link; link = &(*link)->next)
        if ((*link)->token == token && (*link)->type == type) return link;
    return NULL;
}

static int acquire( struct host_ports_params *args, int type, ino_t inode )
{
    struct reservation *block;
    uint32_t failed;
    int err;

    if (!args->count || args->first + args->count > PORT_END) return HOST_EINVAL;
    if (!(block = malloc( sizeof(*block) + args->count * sizeof(*block->slots) ))) return HOST_ENOMEM;
    memset( block, 0, sizeof(*block) + args->count * sizeof(*block->slots) );
    block->owner = args->socket;
    block->inode = inode;
    block->type = type;
    block->count = args->count;
    err = args->first ? hold_block( block, args->first, &failed ) : hold_any_block( block );
    if (err)
    {
        free( block );
        return host_error_from_errno( err );
    }
    block->token = (uint64_t)getpid() << 32 | ++last_number;
    block->next = reservations;
    reservations = block;
    args->token = block->token;
    args->first = block->first;
    return HOST_OK;
}

/* Choose a port for the socket behind fd and make way for its bind. */
static int claim( struct reservation *block, struct host_ports_params *args, int fd )
{
    uint32_t i = 0, end = block->count;

    if (args->port)
    {
        if (args->port < block->first || args->port - block->first >= block->count) return HOST_ENOENT;
        i = args->port - block->first;
        end = i + 1;
    }
    refill( block );
    while (i < end && (block->slots[i].fd < 0 || block->slots[i].claimed)) i++;
    if (i == end) return args->port ? HOST_EADDRINUSE : HOST_ENOBUFS;
    block->slots[i].claimed = 1;
    args->port = block->first + i;
    set_share( block->slots[i].fd, 1 );
    set_share( fd, 1 );
    return HOST_OK;
}

static int settle( struct reservation *block, const struct host_ports_params *args, int fd )
{
    struct slot *slot;

    set_share( fd, 0 );
    if (!block || args->port < block->first || args->port - block->first >= block->count) return HOST_ENOENT;
    slot = &block->slots[args->port - block->first];
    slot->claimed = 0;
    if (slot->fd >= 0)
    {
        set_share( slot->fd, 0 );
        if (args->bound) let_go( slot, 1 );
    }
    return HOST_OK;
}

static int perform( struct host_ports_params *args, const struct descriptor *descriptor )
{
    struct reservation **link, *block;
    socklen_t len = sizeof(int);
    int fd = descriptor->fd, type;
    ino_t inode;

    if (getsockopt( fd, SOL_SOCKET, SO_TYPE, &type, &len )) return host_error_from_errno( errno );
    if (args->action != HOST_PORTS_SETTLE && args->action != HOST_PORTS_FORGET) sweep();
    if (args->action == HOST_PORTS_ACQUIRE) return acquire( args, type, descriptor_inode( descriptor ));
    if (args->action == HOST_PORTS_FORGET)
    {
        inode = descriptor_inode( descriptor );
        for (link = &reservations; *link; )
            if ((*link)->inode == inode) drop( link );
            else link = &(*link)->next;
        return HOST_OK;
    }

    if (args->action == HOST_PORTS_HELD)
    {
        for (block = reservations; block; block = block->next)
        {
            uint32_t i = args->port - block->first;

            if (block->type == type && i < block->count && block->slots[i].fd >= 0) return HOST_OK;
        }
        return HOST_ENOENT;
    }

    link = find( args->token, type );
    block = link ? *link : NULL;
    if (args->action == HOST_PORTS_SETTLE) return settle( block, args, fd );
    if (!block) return HOST_ENOENT;
    switch (args->action)
    {
    case HOST_PORTS_RELEASE:
        drop( link );
        return HOST_OK;
    case HOST_PORTS_CHECK:
        return HOST_OK;
    case HOST_PORTS_CLAIM:
        return claim( block, args, fd );
    default:
        return HOST_EINVAL;
    }
}

int host_ports( struct host_ports_params *args )
{
    struct reservation *block;
    struct descriptor descriptor;
    sigset_t saved;
    int ret = HOST_OK;

    enter_lock( &lock, &saved );
    if (args->action == HOST_PORTS_REFILL)
        for (block = reservations; block; block = block->next) refill( block );
    else if (!(ret = descriptor_take( args->socket, &descriptor )))
    {
        ret = perform( args, &descriptor );
        descriptor_release( &descriptor );
    }
    leave_lock( &lock, &saved );
    return ret;
}
