/*
 * Hearing when a handle of this process is closed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A handle ceases to be what it was by a request of its own process to wineserver: NtClose, or
 * NtDuplicateObject that closes its source. What other processes do with our handles is done by a thread of
 * ours. CloseHandle does not pass ws2_32, but these requests pass the write() that ntdll.so imports
 * (imports.c). Ours counts a closed handle before wineserver hears of it, so that nobody can have got the
 * handle's value anew by then. (Requests with data pass writev(); these two have none.)
 *
 * Which requests these are is private to a version of Wine (host_attach_params). Whether it works is proven
 * by the PE side, once per process, before anything relies on it.
 */
#include "host_private.h"

#include <dlfcn.h>
#include <stdatomic.h>

#define GENERATIONS_PER_PAGE 1024
#define PAGE_COUNT 4096         /* Wine's handles stay below 2^24 */

#define CLOSE_SOURCE 1          /* of NtDuplicateObject's options */

/* The fixed part of every request, which lies on the stack of the thread that makes it; only so far from
 * ours is memory looked at, as any other write may be of memory that is not there. */
struct request
{
    int32_t number;
    uint32_t sizes[2];
    union
    {
        uint32_t closed;
        struct
        {
            uint32_t process, source, target, access, attributes, options;
        } duplicated;
        char fixed[52];
    } u;
};

#define STACK_RANGE 0x4000

_Static_assert( sizeof(struct request) == 64, "the fixed part has 64 bytes" );

/* The PE side's counters, by pages of handles: they count the sockets that each handle value has been. */
static char *_Atomic pages[PAGE_COUNT];
static atomic_uint stride;

static int32_t close_request, duplicate_request;

static ssize_t (*real_write)( int, const void *, size_t );

static int32_t *generation_of( uint32_t handle )
{
    uint32_t index = handle >> 2;
    char *first;

    if (index / GENERATIONS_PER_PAGE >= PAGE_COUNT ||
        !(first = atomic_load_explicit( &pages[index / GENERATIONS_PER_PAGE], memory_order_acquire )))
        return NULL;
    return (int32_t *)(first + index % GENERATIONS_PER_PAGE * atomic_load( &stride ));
}

uint32_t handle_generation( uint64_t socket )
{
    int32_t *generation = generation_of( HOST_SOCKET_HANDLE( socket ));

    return generation ? __atomic_load_n( generation, __ATOMIC_SEQ_CST ) : 0;
}

int host_generations( struct host_generations_params *args )
{
    char *first = NULL;

    if (args->page >= PAGE_COUNT) return HOST_EINVAL;
    atomic_store( &stride, args->stride );
    if (!atomic_compare_exchange_strong( &pages[args->page], &first, caller_pointer( args->first )))
        args->first = (uintptr_t)first;
    return HOST_OK;
}

static void count_closed( uint32_t handle )
{
    int32_t *generation = generation_of( handle );

    if (!generation) return;
    replies_wait( handle );
    __atomic_fetch_add( generation, 1, __ATOMIC_SEQ_CST );
    descriptor_closed( handle );
}

static inline int is_on_stack( const void *data )
{
    return (uintptr_t)data - (uintptr_t)__builtin_frame_address( 0 ) < STACK_RANGE;
}

static inline void hear( const void *data, size_t size )
{
    const struct request *request = data;

    if (size != sizeof(*request) || !is_on_stack( data )) return;
    if (request->number == close_request) count_closed( request->u.closed );
    else if (request->number == duplicate_request && (request->u.duplicated.options & CLOSE_SOURCE))
        count_closed( request->u.duplicated.source );
}

static ssize_t heard_write( int fd, const void *data, size_t size )
{
    hear( data, size );
    return real_write( fd, data, size );
}

void hear_handles( const void *object, uint32_t close, uint32_t duplicate )
{
    close_request = close;
    duplicate_request = duplicate;
    real_write = dlsym( RTLD_DEFAULT, "write" );
    if (close && duplicate && real_write) replace_import( object, "write", heard_write );
}
