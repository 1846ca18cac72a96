/*
 * Hearing when a handle of this process is closed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A handle ceases to be what it was by a request of its own process to wineserver: NtClose, or
 * NtDuplicateObject that closes its source. What other processes do with our handles is done by a thread of
 * ours. CloseHandle does not pass ws2_32, but these requests pass write(), which ntdll.so calls through a
 * pointer that the loader has filled in. Ours takes its place: it counts a closed handle before wineserver
 * hears of it, so that nobody can have got the handle's value anew by then. (Requests with data pass
 * writev(); these two have none.)
 *
 * Which requests these are is private to a version of Wine (host_attach_params). Whether it works is proven
 * by the PE side, once per process, before anything relies on it.
 */
#include "host_private.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

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

/*** the pointers of a shared object ***/

#if defined(__x86_64__)
#define IMPORT_TYPE( info ) ELF64_R_TYPE( info )
#define IMPORT_SYMBOL( info ) ELF64_R_SYM( info )
#define IS_IMPORT( type ) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT)
typedef ElfW( Rela ) import_record;
#define TABLE DT_RELA
#define TABLE_SIZE DT_RELASZ
#elif defined(__i386__)
#define IMPORT_TYPE( info ) ELF32_R_TYPE( info )
#define IMPORT_SYMBOL( info ) ELF32_R_SYM( info )
#define IS_IMPORT( type ) ((type) == R_386_JMP_SLOT || (type) == R_386_GLOB_DAT)
typedef ElfW( Rel ) import_record;
#define TABLE DT_REL
#define TABLE_SIZE DT_RELSZ
#else
#error "which relocations are calls of other objects' functions?"
#endif

struct protected_range
{
    uintptr_t object, start, end;
};

/* What the loader has made read only: whole pages. */
static int find_protected( struct dl_phdr_info *info, size_t size, void *arg )
{
    struct protected_range *range = arg;
    uintptr_t page = sysconf( _SC_PAGESIZE );
    unsigned int i;

    (void)size;
    if (info->dlpi_addr != range->object) return 0;
    for (i = 0; i < info->dlpi_phnum; i++)
    {
        if (info->dlpi_phdr[i].p_type != PT_GNU_RELRO) continue;
        range->start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        range->end = (range->start + info->dlpi_phdr[i].p_memsz) & ~(page - 1);
    }
    return 1;
}

static void replace_pointer( void **pointer, void *function, const struct protected_range *range )
{
    uintptr_t size = sysconf( _SC_PAGESIZE ), page = (uintptr_t)pointer & ~(size - 1);
    int is_protected = (uintptr_t)pointer >= range->start && (uintptr_t)pointer < range->end;

    if (is_protected && mprotect( (void *)page, size, PROT_READ | PROT_WRITE )) return;
    __atomic_store_n( pointer, function, __ATOMIC_SEQ_CST );
    if (is_protected) mprotect( (void *)page, size, PROT_READ );
}

/* Let the object call "function" where it calls what has this name. */
static void replace_import( const struct link_map *object, const char *name, void *function )
{
    struct protected_range range = { object->l_addr };
    const ElfW( Sym ) *symbols = NULL;
    const char *strings = NULL;
    struct { const import_record *first; size_t size; } tables[2] = { { NULL, 0 }, { NULL, 0 } };
    const ElfW( Dyn ) *entry;
    unsigned int i;
    size_t j;

    for (entry = object->l_ld; entry->d_tag != DT_NULL; entry++)
    {
        switch (entry->d_tag)
        {
        case DT_SYMTAB:   symbols = (const void *)entry->d_un.d_ptr; break;
        case DT_STRTAB:   strings = (const void *)entry->d_un.d_ptr; break;
        case DT_JMPREL:   tables[0].first = (const void *)entry->d_un.d_ptr; break;
        case DT_PLTRELSZ: tables[0].size = entry->d_un.d_val; break;
        case TABLE:       tables[1].first = (const void *)entry->d_un.d_ptr; break;
        case TABLE_SIZE:  tables[1].size = entry->d_un.d_val; break;
        }
    }
    if (!symbols || !strings) return;
    dl_iterate_phdr( find_protected, &range );
    for (i = 0; i < 2; i++)
    {
        for (j = 0; tables[i].first && j < tables[i].size / sizeof(import_record); j++)
        {
            const import_record *import = &tables[i].first[j];

            if (!IS_IMPORT( IMPORT_TYPE( import->r_info )) ||
                strcmp( strings + symbols[IMPORT_SYMBOL( import->r_info )].st_name, name ))
                continue;
            replace_pointer( (void **)(object->l_addr + import->r_offset), function, &range );
        }
    }
}

void hear_requests( const void *object, uint32_t close, uint32_t duplicate )
{
    struct link_map *map;
    Dl_info info;

    close_request = close;
    duplicate_request = duplicate;
    real_write = dlsym( RTLD_DEFAULT, "write" );
    if (!close || !duplicate || !real_write) return;
    if (!dladdr1( object, &info, (void **)&map, RTLD_DL_LINKMAP )) return;
    replace_import( map, "write", heard_write );
}
