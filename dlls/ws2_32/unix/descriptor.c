/*
 * From a socket handle to the descriptor behind it, and descriptors that are kept for a while.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Wine gives a duplicate per look-up (rule 1), which costs three system calls where ntdll has the descriptor
 * in its cache and a round trip to wineserver where it has not. The caller says how long a duplicate may
 * serve further calls without a new look-up; docs/data-plane.md has the times and why they are safe. One
 * that nobody used for IDLE_MS is closed, so that a handle closed by CloseHandle, which nobody tells us of,
 * soon lets go.
 */
#include "host_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define IDLE_MS 100             /* CHECKED_IDLE_MS where that is all it was kept for */
#define CHECKED_IDLE_MS 20
#define SWEEP_MS 10

/* A descriptor for checked use is kept once there were so many calls on the socket in so short a time:
 * CloseHandle after a few calls lets go of the socket at once. */
#define BUSY_CALLS 16
#define BUSY_MS 20

#define KEPT_PER_PAGE 1024
#define PAGE_COUNT 4096         /* Wine's handles stay below 2^24 */

/* A user raises "users" (a poll of many: "batches") and then looks at the rest; whoever retires a descriptor
 * first takes it out of "fd" and then looks at both. So a number is closed only when no call can still be
 * using it. Everything but users is changed under "busy" only, which nobody ever waits for but forget, and
 * which is held with signals blocked. */
struct kept
{
    _Alignas( 64 ) atomic_int users;
    atomic_uint generation;     /* of the socket behind the handle; 0 where nothing is kept */
    atomic_int fd;              /* plus 1, 0 for none */
    atomic_uint looked_up;      /* milliseconds, as now() */
    atomic_uint used;
    atomic_uint idle;           /* milliseconds after which it goes */
    _Atomic uint64_t inode;
    _Atomic uint64_t requests;  /* requests_made() at the look-up, 0 if unknown */
    _Atomic uint64_t identity;  /* generation and inode, as identity_of(), once looked up */
    atomic_uint calls_since;    /* with calls, to tell whether it is busy */
    atomic_ushort calls;
    atomic_ushort disturbed;    /* look-ups since one served a second call */
    atomic_flag busy;
    int stale;                  /* plus 1: a number that was in use when it was retired */
};

_Static_assert( sizeof(struct kept) <= 64, "a cache line, as polls look at many" );

static struct kept *_Atomic pages[PAGE_COUNT];
static atomic_uint page_limit;  /* pages above have never existed */
static atomic_int kept_count;   /* entries with a descriptor or a stale number */
static atomic_int sweeping;     /* whether there is a sweeper: always where the count is not 0 */
static atomic_int batches;      /* polls of many sockets going on */
static atomic_uint noisy;       /* the same of all of them */
static atomic_int nothing = -1; /* what takes the place of a descriptor that is in use */

static uint32_t now(void)
{
    struct timespec ts;

    clock_gettime( CLOCK_MONOTONIC_COARSE, &ts );
    return ts.tv_sec * 1000u + ts.tv_nsec / 1000000;
}

/* Whether closing the last descriptor of a socket could block. */
static int lingers( int fd )
{
    struct linger linger;
    socklen_t len = sizeof(linger);

    return getsockopt( fd, SOL_SOCKET, SO_LINGER, &linger, &len ) || (linger.l_onoff && linger.l_linger > 0);
}

/* 0 for what is no socket. */
static uint64_t inode_of( int fd )
{
    struct stat st;

    return fstat( fd, &st ) || !S_ISSOCK( st.st_mode ) ? 0 : st.st_ino;
}

/* Compare generations, which count up and wrap. */
static int newer( uint32_t generation, uint32_t other )
{
    return (int32_t)((generation - other) << 8);
}

/* The generation stays in its place, above the inode. */
static uint64_t identity_of( uint64_t socket, uint64_t inode )
{
    const uint64_t generation = ~(uint64_t)0 << HOST_SOCKET_GENERATION_SHIFT;

    return (socket & generation) | (inode & ~generation);
}

/* Whether the handle still is what it was when the socket of this generation was first looked up, and the
 * socket is not known to be closed. */
static int is_same( struct kept *entry, uint64_t socket, uint64_t inode )
{
    uint64_t seen = atomic_load( &entry->identity ), identity = identity_of( socket, inode );

    while (HOST_SOCKET_GENERATION( seen ^ identity ))
    {
        /* a late call for a socket that the handle no longer is: whose bytes it would get are another's */
        if (seen && newer( HOST_SOCKET_GENERATION( socket ), HOST_SOCKET_GENERATION( seen )) < 0) return 0;
        if (atomic_compare_exchange_weak( &entry->identity, &seen, identity )) return 1;
    }
    return seen == identity;
}

static int in_use( struct kept *entry )
{
    return atomic_load( &entry->users ) || atomic_load( &batches );
}

/* Close a stale number once nobody uses it. Under busy. */
static void close_stale( struct kept *entry )
{
    if (!entry->stale || in_use( entry )) return;
    close( entry->stale - 1 );
    entry->stale = 0;
    atomic_fetch_sub( &kept_count, 1 );
}

/* Let go of the socket at once, whether or not its descriptor is in use. Under busy. */
static void retire( struct kept *entry )
{
    int fd = atomic_exchange( &entry->fd, 0 );

    atomic_store( &entry->generation, 0 );
    if (!fd) return;
    if (in_use( entry ))
    {
        dup3( nothing, fd - 1, O_CLOEXEC );
        entry->stale = fd;
        return;
    }
    close( fd - 1 );
    atomic_fetch_sub( &kept_count, 1 );
}

/* Let go of what nobody uses. Under busy. */
static void retire_unused( struct kept *entry )
{
    int fd = atomic_exchange( &entry->fd, 0 );

    if (!fd) return;
    if (in_use( entry ))
    {
        atomic_store( &entry->fd, fd );
        return;
    }
    atomic_store( &entry->generation, 0 );
    close( fd - 1 );
    atomic_fetch_sub( &kept_count, 1 );
}

static void sweep(void)
{
    unsigned int page, i;

    for (page = 0; page < atomic_load( &page_limit ); page++)
    {
        struct kept *entries = pages[page];

        for (i = 0; entries && i < KEPT_PER_PAGE; i++)
        {
            struct kept *entry = &entries[i];

            if (!entry->stale && !atomic_load( &entry->fd )) continue;
            if (atomic_flag_test_and_set( &entry->busy )) continue;
            if (now() - atomic_load( &entry->used ) > atomic_load( &entry->idle )) retire_unused( entry );
            close_stale( entry );
            atomic_flag_clear( &entry->busy );
        }
    }
}

/* It ends with nothing left to do: every call on a descriptor costs more in a process with a second thread.
 * Whoever keeps something counts it first and then looks whether there is a sweeper, which says that it goes
 * first and then looks at the count. */
static void *sweeper( void *arg )
{
    const struct timespec pause = { 0, SWEEP_MS * 1000000 };

    do
    {
        do
        {
            nanosleep( &pause, NULL );
            sweep();
        }
        while (atomic_load( &kept_count ));
        atomic_store( &sweeping, 0 );
    }
    while (atomic_load( &kept_count ) && !atomic_exchange( &sweeping, 1 ));
    return arg;
}

/* One more is kept, where there is what that takes. With signals blocked. */
static int count_kept(void)
{
    pthread_t thread;
    int none = -1, fd;

    if (atomic_load( &nothing ) < 0)
    {
        if ((fd = open( "/dev/null", O_RDWR | O_CLOEXEC )) < 0) return 0;
        if (!atomic_compare_exchange_strong( &nothing, &none, fd )) close( fd );
    }
    atomic_fetch_add( &kept_count, 1 );
    if (atomic_exchange( &sweeping, 1 )) return 1;
    if (!pthread_create( &thread, NULL, sweeper, NULL ))
    {
        pthread_detach( thread );
        return 1;
    }
    atomic_store( &sweeping, 0 );
    atomic_fetch_sub( &kept_count, 1 );
    return 0;
}

static struct kept *find_entry( uint64_t socket, int create )
{
    uint32_t index = HOST_SOCKET_HANDLE( socket ) >> 2, page = index / KEPT_PER_PAGE;
    struct kept *entries, *none = NULL;

    if (page >= PAGE_COUNT) return NULL;
    if (!(entries = atomic_load_explicit( &pages[page], memory_order_acquire )))
    {
        unsigned int limit;

        if (!create) return NULL;
        entries = mmap( NULL, KEPT_PER_PAGE * sizeof(*entries), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 );
        if (entries == MAP_FAILED) return NULL;
        if (!atomic_compare_exchange_strong( &pages[page], &none, entries ))
        {
            munmap( entries, KEPT_PER_PAGE * sizeof(*entries) );
            entries = none;
        }
        limit = atomic_load( &page_limit );
        while (limit <= page && !atomic_compare_exchange_weak( &page_limit, &limit, page + 1 )) /* again */;
    }
    return &entries[index % KEPT_PER_PAGE];
}

/* What is known of the socket; NULL where nothing is to be. */
static struct kept *entry_of( uint64_t socket )
{
    return HOST_SOCKET_GENERATION( socket ) ? find_entry( socket, 1 ) : NULL;
}

static int can_be_kept( uint64_t socket )
{
    uint32_t keep = HOST_SOCKET_KEEP( socket );

    return keep && (keep != HOST_KEEP_CHECKED || HAVE_HANDLE_INODE);
}

/* What is kept, if it is the socket's and was looked up recently enough, or -1. As a user or in a batch
 * only. */
static int find_kept( struct kept *entry, uint64_t socket, uint32_t time )
{
    int fd;

    if (atomic_load( &entry->generation ) != HOST_SOCKET_GENERATION( socket ) ||
        !(fd = atomic_load( &entry->fd )))
        return -1;
    if (HOST_SOCKET_KEEP( socket ) == HOST_KEEP_CHECKED)
    {
        if (handle_inode( socket ) != atomic_load( &entry->inode )) return -1;
    }
    else if (HOST_SOCKET_KEEP( socket ) == HOST_KEEP_QUIET)
    {
        uint64_t requests = atomic_load( &entry->requests );

        if (!requests) return -1;
        if (requests_made() != requests)
        {
            atomic_store( &entry->requests, 0 );
            return -1;
        }
        if (atomic_load_explicit( &entry->disturbed, memory_order_relaxed ))
        {
            atomic_store( &entry->disturbed, 0 );
            atomic_store( &noisy, 0 );
        }
    }
    else if (time - atomic_load( &entry->looked_up ) > HOST_SOCKET_KEEP( socket ))
    {
        /* as good as a duplicate, which takes five system calls more */
        if (handle_inode( socket ) != atomic_load( &entry->inode )) return -1;
        atomic_store( &entry->looked_up, time );
    }
    if (atomic_load_explicit( &entry->used, memory_order_relaxed ) != time)
        atomic_store_explicit( &entry->used, time, memory_order_relaxed );
    return fd - 1;
}

/* Whether there are so many calls on the socket that a kept descriptor pays. */
static int is_busy( struct kept *entry )
{
    uint32_t time = now();

    if (time - atomic_load_explicit( &entry->calls_since, memory_order_relaxed ) > BUSY_MS)
    {
        atomic_store_explicit( &entry->calls_since, time, memory_order_relaxed );
        atomic_store_explicit( &entry->calls, 0, memory_order_relaxed );
    }
    return atomic_fetch_add_explicit( &entry->calls, 1, memory_order_relaxed ) >= BUSY_CALLS;
}

/* Keep a duplicate that was just looked up, or see that the one that is kept is still the same socket.
 * Answers whether it is kept now, the caller being its user unless that is a batch. */
static int keep( struct kept *entry, uint64_t socket, int duplicate, uint64_t inode, uint64_t requests,
                 int batch )
{
    int fd, kept = 0, age, checked = HOST_SOCKET_KEEP( socket ) == HOST_KEEP_CHECKED;
    sigset_t saved;

    if (checked && !is_busy( entry )) return 0;
    /* where the look-up does not tell the inode, or another, checked use is not to be had */
    if (!inode || (checked && handle_inode( socket ) != inode)) return 0;

    block_signals( &saved );
    if (!atomic_flag_test_and_set( &entry->busy ))
    {
        fd = atomic_load( &entry->fd );
        /* below 0: a late call for a socket that the handle no longer is */
        age = fd ? newer( HOST_SOCKET_GENERATION( socket ), atomic_load( &entry->generation )) : 1;
        if (fd && (age > 0 || (!age && atomic_load( &entry->inode ) != inode)))
        {
            retire( entry );
            fd = 0;
        }
        close_stale( entry );
        if (age < 0) /* nothing */;
        else if (fd)
        {
            atomic_store( &entry->looked_up, now() );
            atomic_store( &entry->requests, requests );
            if (!checked) atomic_store( &entry->idle, IDLE_MS );
        }
        else if (!entry->stale && !lingers( duplicate ) && count_kept())
        {
            atomic_store( &entry->looked_up, now() );
            atomic_store( &entry->used, now() );
            atomic_store( &entry->idle, checked ? CHECKED_IDLE_MS : IDLE_MS );
            atomic_store( &entry->inode, inode );
            atomic_store( &entry->requests, requests );
            if (!batch) atomic_fetch_add( &entry->users, 1 );
            atomic_store( &entry->fd, duplicate + 1 );
            atomic_store( &entry->generation, HOST_SOCKET_GENERATION( socket ) );
            kept = 1;
        }
        atomic_flag_clear( &entry->busy );
    }
    restore_signals( &saved );
    return kept;
}

/* Let go of a socket's descriptor, unless it is in use or whether or not it is. */
static void let_go( struct kept *entry, uint64_t socket, void (*how)( struct kept *entry ) )
{
    sigset_t saved;

    if (atomic_load( &entry->generation ) != HOST_SOCKET_GENERATION( socket )) return;
    block_signals( &saved );
    while (atomic_flag_test_and_set( &entry->busy )) sched_yield();
    if (atomic_load( &entry->generation ) == HOST_SOCKET_GENERATION( socket )) how( entry );
    atomic_flag_clear( &entry->busy );
    restore_signals( &saved );
}

/* Whether to note what it takes to use this look-up again, which costs as much as half a look-up: for a new
 * socket, and then only some of the time where wineserver is asked for something between any two calls. All
 * threads at a time: look-ups that are not noted are requests like any other, and end the quiet of the
 * rest. */
static int may_be_quiet( struct kept *entry )
{
    unsigned int all = atomic_fetch_add( &noisy, 1 );

    return atomic_fetch_add( &entry->disturbed, 1 ) < 4 || all % 16 < 4;
}

/* Whether the handle still is the socket whose descriptor was looked up, and the inode of that. Otherwise
 * closes it, and lets go of what was kept. */
static int identify( struct kept *entry, uint64_t socket, int fd, uint64_t *inode )
{
    if ((*inode = inode_of( fd )) && is_same( entry, socket, *inode )) return HOST_OK;
    close( fd );
    let_go( entry, socket, retire );
    return HOST_ESTALE;
}

/* One look-up at a time, as in ntdll: its own request can be told from others then. */
DEFINE_LOCK( look_up_lock );

/* A look-up for one call. */
static int look_up( struct kept *entry, uint64_t socket, struct descriptor *descriptor )
{
    uint32_t how = HOST_SOCKET_KEEP( socket );
    struct requests requests;
    uint64_t inode, made = 0;
    sigset_t signals;
    int ret;

    if (how == HOST_KEEP_QUIET && may_be_quiet( entry ))
    {
        enter_lock( &look_up_lock, &signals );
        requests_note( &requests );
        ret = socket_descriptor( socket, &descriptor->fd );
        made = requests_after_look_up( &requests );
        leave_lock( &look_up_lock, &signals );
    }
    else ret = socket_descriptor( socket, &descriptor->fd );
    if (how == HOST_KEEP_QUIET && !made) how = 0;
    if (ret || !entry) return ret;

    if ((ret = identify( entry, socket, descriptor->fd, &inode ))) return ret;
    if (how && keep( entry, socket, descriptor->fd, inode, made, 0 )) descriptor->kept = entry;
    return HOST_OK;
}

int descriptor_take( uint64_t socket, struct descriptor *descriptor )
{
    struct kept *entry = entry_of( socket );

    descriptor->held = NULL;
    if (entry && can_be_kept( socket ))
    {
        atomic_fetch_add( &entry->users, 1 );
        if ((descriptor->fd = find_kept( entry, socket, now() )) >= 0)
        {
            descriptor->kept = entry;
            return HOST_OK;
        }
        atomic_fetch_sub( &entry->users, 1 );
    }
    descriptor->kept = NULL;
    return look_up( entry, socket, descriptor );
}

ino_t descriptor_inode( const struct descriptor *descriptor )
{
    return descriptor->kept ? atomic_load( &descriptor->kept->inode ) : inode_of( descriptor->fd );
}

int socket_inode( uint64_t socket, ino_t *inode )
{
    struct descriptor descriptor;
    int ret = descriptor_take( socket, &descriptor );

    if (ret) return ret;
    *inode = descriptor_inode( &descriptor );
    descriptor_release( &descriptor );
    return *inode ? HOST_OK : HOST_ENOTSOCK;
}

void descriptor_hold( struct descriptor *descriptor, sigset_t *signals )
{
    if (descriptor->held) return;
    block_signals( signals );
    descriptor->held = signals;
}

void descriptor_release( struct descriptor *descriptor )
{
    if (descriptor->kept) atomic_fetch_sub( &descriptor->kept->users, 1 );
    else close( descriptor->fd );
    if (descriptor->held) restore_signals( descriptor->held );
}

int descriptors_take( const struct host_poll_entry *entries, uint32_t count, struct pollfd *fds, int waits,
                      struct descriptor_batch *batch )
{
    uint32_t i, time = now();
    int ret = HOST_OK, tapped;

    batch->own_count = batch->counted = batch->is_single = batch->last = 0;
    if (count == 1)
    {
        if ((ret = descriptor_take( entries[0].socket, &batch->single ))) return ret;
        batch->is_single = 1;
        if (waits) descriptor_hold( &batch->single, &batch->signals );
        if (!batch->single.kept) ret = tap_substitute( &batch->single.fd, &tapped );
        fds[0].fd = batch->single.fd;
        return ret;
    }
    batch->counted = 1;
    block_signals( &batch->signals );
    atomic_fetch_add( &batches, 1 );
    for (i = 0; i < count && !ret; i++)
    {
        uint64_t socket = entries[i].socket, inode = 0;
        struct kept *entry;
        int keeps;

        batch->last = i;
        if (socket == HOST_NO_SOCKET)
        {
            fds[i].fd = -1;
            continue;
        }
        entry = entry_of( socket );
        keeps = entry && can_be_kept( socket );
        if (keeps && (fds[i].fd = find_kept( entry, socket, time )) >= 0) continue;
        if ((ret = socket_descriptor( socket, &fds[i].fd ))) break;
        if (entry && (ret = identify( entry, socket, fds[i].fd, &inode ))) break;
        if (!keeps) ret = tap_substitute( &fds[i].fd, &tapped );
        if (!keeps || !keep( entry, socket, fds[i].fd, inode, 0, 1 ))
            batch->own[batch->own_count++] = fds[i].fd;
    }
    return ret;
}

void descriptors_release( struct descriptor_batch *batch )
{
    if (batch->is_single) descriptor_release( &batch->single );
    if (!batch->counted) return;
    while (batch->own_count) close( batch->own[--batch->own_count] );
    atomic_fetch_sub( &batches, 1 );
    restore_signals( &batch->signals );
}

int host_forget( struct host_forget_params *args )
{
    struct kept *entry = find_entry( args->socket, 0 );
    uint64_t seen, next;

    if (!entry) return HOST_OK;
    let_go( entry, args->socket, args->why == HOST_FORGET_UNUSED ? retire_unused : retire );
    if (args->why == HOST_FORGET_UNUSED) return HOST_OK;
    seen = atomic_load( &entry->identity );
    next = args->why == HOST_FORGET_CLOSED ? identity_of( args->socket, 0 ) : 0;        /* no inode is 0 */
    if (!HOST_SOCKET_GENERATION( seen ^ args->socket ))
        atomic_compare_exchange_strong( &entry->identity, &seen, next );
    return HOST_OK;
}
