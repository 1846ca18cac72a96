/*
 * Functions of ours in the place of those that ntdll.so imports.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A shared object calls the functions of others through pointers that the loader has filled in.
 */
#include "host_private.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Two threads may attach at once: one must not protect what the other is about to write. */
DEFINE_LOCK( protection_lock );

static void replace_pointer( void **pointer, void *function, const struct protected_range *range )
{
    uintptr_t size = sysconf( _SC_PAGESIZE ), page = (uintptr_t)pointer & ~(size - 1);
    int is_protected = (uintptr_t)pointer >= range->start && (uintptr_t)pointer < range->end;
    sigset_t signals;

    enter_lock( &protection_lock, &signals );
    if (!is_protected || !mprotect( (void *)page, size, PROT_READ | PROT_WRITE ))
    {
        __atomic_store_n( pointer, function, __ATOMIC_SEQ_CST );
        if (is_protected) mprotect( (void *)page, size, PROT_READ );
    }
    leave_lock( &protection_lock, &signals );
}

void replace_import( const void *address, const char *name, void *function )
{
    struct protected_range range = { 0 };
    const ElfW( Sym ) *symbols = NULL;
    const char *strings = NULL;
    struct { const import_record *first; size_t size; } tables[2] = { { NULL, 0 }, { NULL, 0 } };
    const ElfW( Dyn ) *entry;
    struct link_map *object;
    unsigned int i;
    Dl_info info;
    size_t j;

    if (!dladdr1( address, &info, (void **)&object, RTLD_DL_LINKMAP )) return;
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
    range.object = object->l_addr;
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
