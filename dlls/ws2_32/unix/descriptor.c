/*
 * From a socket handle to the descriptor behind it, and descriptors that are kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Wine gives a duplicate per look-up (rule 1), which costs three system calls where ntdll has the descriptor
 * in its cache and a round trip to wineserver where it has not. A duplicate is kept until the handle is
 * closed, which handles.c hears of: whoever has closed the handle finds nothing of ours left.
 */
#include "host_private.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_PER_PAGE 1024
#define PAGE_COUNT 4096         /* Wine's handles stay below 2^24 */

/* What belongs to a handle's value. A user raises "users" (a poll of many: "batches") and then looks at what
 * is kept; whoever retires a descriptor first takes it out there and then looks at both. So a number is
 * closed only when no call can still be using it. */
struct entry
{
    _Alignas( 64 ) atomic_int users;
    atomic_flag busy;           /* held, with signals blocked, by whoever changes what is kept */
    atomic_int stale;           /* plus 1: a number that was in use when it was retired; under busy */
    atomic_int room;            /* bytes that the send buffer is known to have room for */
};

/* Polls look at what is kept of many sockets and at nothing else. */
struct page
{
    _Alignas( 64 ) _Atomic uint64_t kept[ENTRIES_PER_PAGE];     /* see KEPT, 0 for none */
    struct entry entries[ENTRIES_PER_PAGE];
};

#define KEPT( generation, fd ) ((uint64_t)(generation) << 32 | (uint32_t)((fd) + 1))
#define KEPT_GENERATION( kept ) ((uint32_t)((kept) >> 32))
#define KEPT_FD( kept ) ((int)(uint32_t)(kept) - 1)

static struct page *_Atomic pages[PAGE_COUNT];
static atomic_int batches;      /* polls of many sockets going on */
static atomic_int batch_stale;  /* numbers wait for their end, perhaps */
static atomic_int nothing = -1; /* what takes the place of a descriptor that is in use: never ready */
static atomic_int keep_limit;   /* the first number that is not kept, half of what the process may have */

/* Whether closing the last descriptor of a socket could block: it must not be ours then (rule 4). */
static int lingers( int fd )
{
    struct linger linger;
    socklen_t len = sizeof(linger);

    return getsockopt( fd, SOL_SOCKET, SO_LINGER, &linger, &len ) || (linger.l_onoff && linger.l_linger > 0);
}

static int in_use( struct entry *entry )
{
    return atomic_load( &entry->users ) || atomic_load( &batches );
}

/* Only this waits for another thread: what is done under busy never does. With signals blocked. */
static void enter_entry( struct entry *entry )
{
    while (atomic_flag_test_and_set( &entry->busy )) sched_yield();
}

static void leave_entry( struct entry *entry )
{
    atomic_flag_clear( &entry->busy );
}

/* Close a stale number once nobody uses it. Under busy. */
static void close_stale( struct entry *entry )
{
    if (!entry->stale || in_use( entry )) return;
    close( entry->stale - 1 );
    entry->stale = 0;
}

/* No further call gets the descriptor. One that is in use lets go of the socket at once, or when it is not
 * any more. Under busy. */
static void retire( struct page *page, unsigned int index, int at_once )
{
    struct entry *entry = &page->entries[index];
    uint64_t kept = atomic_exchange( &page->kept[index], 0 );

    if (!kept) return;
    if (!in_use( entry ))
    {
        close( KEPT_FD( kept ));
        return;
    }
    if (at_once) dup3( nothing, KEPT_FD( kept ), O_CLOEXEC );
    entry->stale = KEPT_FD( kept ) + 1;
    atomic_store( &batch_stale, 1 );
    close_stale( entry );   /* the call may be over by now */
}

/* The last user has gone. */
static void tidy( struct entry *entry )
{
    sigset_t saved;

    block_signals( &saved );
    enter_entry( entry );
    close_stale( entry );
    leave_entry( entry );
    restore_signals( &saved );
}

static void tidy_all(void)
{
    unsigned int i, j;

    for (i = 0; i < PAGE_COUNT; i++)
    {
        struct page *page = pages[i];

        for (j = 0; page && j < ENTRIES_PER_PAGE; j++)
            if (page->entries[j].stale) tidy( &page->entries[j] );
    }
}

static struct page *find_page( uint32_t handle, int create )
{
    uint32_t number = (handle >> 2) / ENTRIES_PER_PAGE;
    struct page *page, *none = NULL;

    if (number >= PAGE_COUNT) return NULL;
    if ((page = atomic_load_explicit( &pages[number], memory_order_acquire )) || !create) return page;
    page = mmap( NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 );
    if (page == MAP_FAILED) return NULL;
    if (atomic_compare_exchange_strong( &pages[number], &none, page )) return page;
    munmap( page, sizeof(*page) );
    return none;
}

static unsigned int index_of( uint64_t socket )
{
    return (HOST_SOCKET_HANDLE( socket ) >> 2) % ENTRIES_PER_PAGE;
}

/* Where what is kept for the socket is; NULL where nothing is to be. */
static struct page *page_of( uint64_t socket )
{
    return HOST_SOCKET_GENERATION( socket ) ? find_page( HOST_SOCKET_HANDLE( socket ), 1 ) : NULL;
}

/* What is kept, or -1. As a user or in a batch only. */
static inline int find_kept( struct page *page, uint64_t socket )
{
    uint64_t kept = atomic_load( &page->kept[index_of( socket )] );

    return KEPT_GENERATION( kept ) == HOST_SOCKET_GENERATION( socket ) ? KEPT_FD( kept ) : -1;
}

/* Whether the handle still is the socket that the caller means. */
static int is_current( uint64_t socket )
{
    return !HOST_SOCKET_GENERATION( socket ) ||
           handle_generation( socket ) == HOST_SOCKET_GENERATION( socket );
}

/* What keeping takes, found out when it is first needed. */
static int may_keep( int fd )
{
    int none = -1, limit = atomic_load( &keep_limit ), file;
    struct rlimit limits;

    if (!limit)
    {
        limit = getrlimit( RLIMIT_NOFILE, &limits ) || limits.rlim_cur > INT32_MAX
                ? INT32_MAX : limits.rlim_cur / 2;
        atomic_store( &keep_limit, limit );
    }
    if (atomic_load( &nothing ) < 0)
    {
        if ((file = epoll_create1( EPOLL_CLOEXEC )) < 0) return 0;
        if (!atomic_compare_exchange_strong( &nothing, &none, file )) close( file );
    }
    return fd < limit;
}

/* Keep a duplicate that was just looked up, unless another thread was faster or the handle has been closed
 * since. Answers whether it is kept now, the caller being its user unless that is a batch. */
static int keep( struct page *page, uint64_t socket, int duplicate, int batch )
{
    unsigned int index = index_of( socket );
    struct entry *entry = &page->entries[index];
    sigset_t saved;
    int kept = 0;

    if (!may_keep( duplicate )) return 0;
    block_signals( &saved );
    enter_entry( entry );
    close_stale( entry );
    if (!atomic_load( &page->kept[index] ) && !entry->stale && is_current( socket ) && !lingers( duplicate ))
    {
        if (!batch) atomic_fetch_add( &entry->users, 1 );
        atomic_store( &entry->room, 0 );
        atomic_store( &page->kept[index], KEPT( HOST_SOCKET_GENERATION( socket ), duplicate ));
        /* a close that is counted after this look finds it; one before it came too late for this call */
        if (!is_current( socket )) retire( page, index, 0 );
        kept = 1;
    }
    leave_entry( entry );
    restore_signals( &saved );
    return kept;
}

/* The process has no descriptors left: let go of those that no call uses, and keep fewer from now on. */
static void keep_less(void)
{
    int limit = atomic_load( &keep_limit );
    unsigned int i, j;
    sigset_t saved;

    if (limit) atomic_store( &keep_limit, limit > 128 ? limit / 2 : 64 );
    block_signals( &saved );
    for (i = 0; i < PAGE_COUNT; i++)
    {
        struct page *page = pages[i];

        for (j = 0; page && j < ENTRIES_PER_PAGE; j++)
        {
            if (!atomic_load( &page->kept[j] ) || in_use( &page->entries[j] )) continue;
            enter_entry( &page->entries[j] );
            retire( page, j, 0 );
            leave_entry( &page->entries[j] );
        }
    }
    restore_signals( &saved );
}

/* A look-up, of the socket that the caller means. */
static int look_up( uint64_t socket, int *fd )
{
    int ret;

    if (!is_current( socket )) return HOST_ESTALE;
    if ((ret = socket_descriptor( socket, fd )) == HOST_EMFILE)
    {
        keep_less();
        ret = socket_descriptor( socket, fd );
    }
    if (ret) return is_current( socket ) ? ret : HOST_ESTALE;
    if (is_current( socket )) return HOST_OK;
    close( *fd );
    return HOST_ESTALE;
}

/* The look at "stale" comes after: whoever has retired the number meanwhile has seen a user. */
static inline void stop_using( struct entry *entry )
{
    if (atomic_fetch_sub( &entry->users, 1 ) == 1 && atomic_load( &entry->stale )) tidy( entry );
}

int descriptor_find( uint64_t socket, struct descriptor *descriptor )
{
    struct page *page = find_page( HOST_SOCKET_HANDLE( socket ), 0 );
    struct entry *entry;

    if (!page || !HOST_SOCKET_GENERATION( socket )) return 0;
    entry = &page->entries[index_of( socket )];
    descriptor->held = NULL;
    descriptor->kept = entry;
    atomic_fetch_add( &entry->users, 1 );
    if ((descriptor->fd = find_kept( page, socket )) >= 0) return 1;
    stop_using( entry );
    return 0;
}

int descriptor_take( uint64_t socket, struct descriptor *descriptor )
{
    struct page *page;
    int ret;

    if (descriptor_find( socket, descriptor )) return HOST_OK;
    descriptor->held = NULL;
    descriptor->kept = NULL;
    if ((ret = look_up( socket, &descriptor->fd ))) return ret;
    if ((page = page_of( socket )) && keep( page, socket, descriptor->fd, 0 ))
        descriptor->kept = &page->entries[index_of( socket )];
    return HOST_OK;
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

ino_t descriptor_inode( const struct descriptor *descriptor )
{
    struct stat st;

    return fstat( descriptor->fd, &st ) || !S_ISSOCK( st.st_mode ) ? 0 : st.st_ino;
}

int descriptor_use_room( struct descriptor *descriptor, uint64_t bytes )
{
    int room = descriptor->kept ? atomic_load( &descriptor->kept->room ) : 0;

    while (bytes <= (uint64_t)room)
        if (atomic_compare_exchange_weak( &descriptor->kept->room, &room, room - (int)bytes )) return 1;
    return 0;
}

void descriptor_set_room( struct descriptor *descriptor, uint64_t bytes )
{
    int room = bytes < INT32_MAX ? (int)bytes : INT32_MAX;

    if (descriptor->kept) atomic_store( &descriptor->kept->room, room );
}

void descriptor_hold( struct descriptor *descriptor, sigset_t *signals )
{
    if (descriptor->held) return;
    block_signals( signals );
    descriptor->held = signals;
}

void descriptor_release( struct descriptor *descriptor )
{
    struct entry *entry = descriptor->kept;

    if (!entry) close( descriptor->fd );
    else stop_using( entry );
    if (descriptor->held) restore_signals( descriptor->held );
}

static void leave_batch(void)
{
    if (atomic_fetch_sub( &batches, 1 ) == 1 && atomic_exchange( &batch_stale, 0 )) tidy_all();
}

/* The sockets of a batch whose descriptor is kept; answers how many have none yet. In a batch. */
static uint32_t find_batch( const struct host_poll_entry *entries, uint32_t count, struct pollfd *fds )
{
    uint32_t i, missing = 0;

    for (i = 0; i < count; i++)
    {
        struct page *page;

        fds[i].fd = -1;
        if (entries[i].socket == HOST_NO_SOCKET) continue;
        if (!(page = page_of( entries[i].socket )) || (fds[i].fd = find_kept( page, entries[i].socket )) < 0)
            missing++;
    }
    return missing;
}

/* Look the others up, and keep them. Signals are blocked, but who asks wineserver can be killed all the
 * same: not as a batch. */
static int keep_batch( const struct host_poll_entry *entries, uint32_t count, struct pollfd *fds )
{
    uint32_t i;
    int ret, fd;

    for (i = 0; i < count; i++)
    {
        struct page *page;

        if (entries[i].socket == HOST_NO_SOCKET || fds[i].fd >= 0 || !(page = page_of( entries[i].socket )))
            continue;
        if ((ret = look_up( entries[i].socket, &fd ))) return ret;
        if (!keep( page, entries[i].socket, fd, 1 )) close( fd );
    }
    return HOST_OK;
}

int descriptors_take( const struct host_poll_entry *entries, uint32_t count, struct pollfd *fds, int waits,
                      struct descriptor_batch *batch )
{
    uint32_t i, missing;
    int ret = HOST_OK, tapped;

    batch->own_count = batch->counted = batch->is_single = 0;
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
    if (!(missing = find_batch( entries, count, fds ))) return HOST_OK;
    leave_batch();
    ret = keep_batch( entries, count, fds );
    atomic_fetch_add( &batches, 1 );
    if (!ret) missing = find_batch( entries, count, fds );
    /* what cannot be kept */
    for (i = 0; i < count && missing && !ret; i++)
    {
        if (entries[i].socket == HOST_NO_SOCKET || fds[i].fd >= 0) continue;
        if ((ret = look_up( entries[i].socket, &fds[i].fd ))) break;
        if (!HOST_SOCKET_GENERATION( entries[i].socket )) ret = tap_substitute( &fds[i].fd, &tapped );
        batch->own[batch->own_count++] = fds[i].fd;
    }
    return ret;
}

void descriptors_release( struct descriptor_batch *batch )
{
    if (batch->is_single) descriptor_release( &batch->single );
    if (!batch->counted) return;
    while (batch->own_count) close( batch->own[--batch->own_count] );
    leave_batch();
    restore_signals( &batch->signals );
}

void descriptor_closed( uint32_t handle )
{
    struct page *page = find_page( handle, 0 );
    unsigned int index = index_of( handle );

    if (!page || (!atomic_load( &page->kept[index] ) && !atomic_load( &page->entries[index].stale ))) return;
    enter_entry( &page->entries[index] );
    retire( page, index, 1 );
    /* one that was to go with the call that uses it */
    if (page->entries[index].stale) dup3( nothing, page->entries[index].stale - 1, O_CLOEXEC );
    leave_entry( &page->entries[index] );
}

int host_forget( struct host_forget_params *args )
{
    struct page *page = find_page( HOST_SOCKET_HANDLE( args->socket ), 0 );
    unsigned int index = index_of( args->socket );
    sigset_t saved;

    if (!page) return HOST_OK;
    block_signals( &saved );
    enter_entry( &page->entries[index] );
    if (find_kept( page, args->socket ) >= 0) retire( page, index, args->why == HOST_FORGET_REPLACED );
    leave_entry( &page->entries[index] );
    restore_signals( &saved );
    return HOST_OK;
}
