/*
 * What we know of a socket beyond AFD and the host, keyed by handle; docs/record.md has the states.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Handles are small multiples of 4, so the records live in pages of an array that are allocated when first
 * needed and never freed, nor are the parts of a record: a look-up takes no lock and its result never
 * dangles. CloseHandle is not ours to see; a record may outlive its socket until the handle value is used
 * again.
 */
#include "ws2_32_private.h"
#include "option_table.h"

#define RECORDS_PER_PAGE 1024
#define PAGE_COUNT 4096         /* Wine's handles stay below 2^24 */

static struct socket_record *pages[PAGE_COUNT];
static BOOL missed;             /* a record was looked for that there was not */

static struct socket_record *slot( SOCKET s, BOOL create )
{
    SIZE_T index = s >> 2, page = index / RECORDS_PER_PAGE;

    if ((s & 3) || page >= PAGE_COUNT) return NULL;
    if (!pages[page])
    {
        struct socket_record *records;

        if (!create) return NULL;
        records = VirtualAlloc( NULL, RECORDS_PER_PAGE * sizeof(*records), MEM_COMMIT, PAGE_READWRITE );
        if (!records) return NULL;
        if (InterlockedCompareExchangePointer( (void **)&pages[page], records, NULL ))
            VirtualFree( records, 0, MEM_RELEASE );
    }
    return &pages[page][index % RECORDS_PER_PAGE];
}

struct socket_record *record_find( SOCKET s )
{
    struct socket_record *record = slot( s, FALSE );
    LONG flags = record ? record->flags : 0;

    if (!flags) missed |= s != INVALID_SOCKET;
    else if (flags & RECORD_TWIN) handover_twin_used( s, record );
    return flags ? record : NULL;
}

BOOL record_never_used( SOCKET s )
{
    struct socket_record *record = slot( s, FALSE );

    return !missed && !(record && record->flags);
}

void *record_make_part( void **part, SIZE_T size )
{
    void *memory, *other;

    if (!part || *part) return part ? *part : NULL;
    if (!(memory = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, size ))) return NULL;
    if (!(other = InterlockedCompareExchangePointer( part, memory, NULL ))) return memory;
    HeapFree( GetProcessHeap(), 0, memory );
    return other;
}

/* All but what outlives a socket: flags, generation, receives of the reactor. */
static void clear_state( struct socket_record *record )
{
    static const SIZE_T first = offsetof( struct socket_record, family ),
                        parts = offsetof( struct socket_record, names ),
                        rest = offsetof( struct socket_record, recv_timeout );

    record->datagrams.reports = record->datagrams.held = 0;
    memset( (char *)record + first, 0, parts - first );
    memset( (char *)record + rest, 0, sizeof(*record) - rest );
    if (record->requests) memset( record->requests, 0, sizeof(*record->requests) );
    if (record->names) memset( record->names, 0, sizeof(*record->names) );
    if (record->selection) memset( record->selection, 0, sizeof(*record->selection) );
    if (record->settings) memset( record->settings, 0, sizeof(*record->settings) );
}

struct socket_record *record_create( SOCKET s, int family, int type, int protocol, LONG flags )
{
    struct socket_record *record = slot( s, TRUE );

    if (!record) return NULL;
    record_forget_descriptor( s, record, HOST_FORGET_CLOSED );  /* by CloseHandle */
    InterlockedIncrement( &record->generation );
    InterlockedExchange( &record->flags, 0 );
    clear_state( record );
    record->family = family;
    record->type = type;
    record->protocol = protocol;
    InterlockedExchange( &record->flags, flags | RECORD_USED );
    return record;
}

/* How a call knows that the handle still is the socket: where ntdll has the descriptor in its cache, which
 * knows of CloseHandle, it asks that; elsewhere a look-up is a round trip, and serves until the process
 * makes another one. */
static unsigned int how_to_keep( const struct socket_record *record )
{
    LONG flags = record->flags;

    if (record->type == SOCK_DGRAM) return HOST_KEEP_CHECKED;
    if (record->type != SOCK_STREAM) return 0;
    if (flags & RECORD_ACCEPTED) return host_caches_accepted() ? HOST_KEEP_CHECKED : HOST_KEEP_QUIET;
    return flags & (RECORD_CONNECTED | RECORD_CONNECTING) ? HOST_KEEP_CHECKED :
           flags & RECORD_LISTENING ? 0 : HOST_KEEP_QUIET;
}

/* The first call on a socket that nothing was done with. By CloseHandle and DuplicateHandle, which do not
 * pass here, the handle may have become another one, and no look-up has told which socket it was: one of
 * another kind, or with a port, is not it. A port can also be what another thread's bind is just about to
 * note. */
static void meet( SOCKET s, struct socket_record *record )
{
    struct host_option_params params =
        { .socket = HOST_SOCKET( s, record->generation, how_to_keep( record )), .option = HOST_OPT_KIND };
    LARGE_INTEGER time = { .QuadPart = -10000 };
    unsigned int i;

    if (host_call( HOST_GET_OPTION, &params )) return;
    if (family_from_host( params.value[0] ) == record->family &&
        type_from_host( params.value[1] ) == record->type)
    {
        if (!params.value[3]) return;
        for (i = 0; i < 20; i++)
        {
            if (record->flags & (RECORD_NAMED | RECORD_ACCEPTED)) return;
            NtDelayExecution( FALSE, &time );
        }
    }
    record_forget_descriptor( s, record, HOST_FORGET_CLOSED );
    InterlockedExchange( &record->flags, 0 );
}

UINT64 host_socket_kept( SOCKET s, struct socket_record *record, unsigned int keep )
{
    /* what Wine does with a handle that is none: other bits must not pass for a time */
    if ((LONG_PTR)s != (LONG)s) return 0xfffffff0;
    if (!record || !(record->flags & RECORD_OURS) || (record->flags & RECORD_ACCEPT_TARGET))
        return HOST_SOCKET( s, 0, 0 );
    if (!keep) keep = how_to_keep( record );
    if (!(record->flags & RECORD_KEPT) &&
        !(record_set( record, RECORD_KEPT ) & (RECORD_KEPT | RECORD_NAMED | RECORD_ACCEPTED)) &&
        record->type != SOCK_RAW)
        meet( s, record );
    return HOST_SOCKET( s, record->generation, keep );
}

UINT64 host_socket( SOCKET s )
{
    return host_socket_kept( s, record_find( s ), 0 );
}

void record_forget_descriptor( SOCKET s, struct socket_record *record, enum host_forget why )
{
    struct host_forget_params params = { .why = why };

    if (!record || !(record->flags & RECORD_KEPT)) return;
    if (why != HOST_FORGET_UNUSED) record_clear( record, RECORD_KEPT );
    params.socket = HOST_SOCKET( s, record->generation, 0 );
    host_call( HOST_FORGET, &params );
}

void record_remove( SOCKET s )
{
    struct socket_record *record = slot( s, FALSE );

    if (record) InterlockedExchange( &record->flags, 0 );
}

BOOL record_is_gone( const struct socket_record *record, LONG generation )
{
    return record && (!record->flags || record->generation != generation);
}

void record_disown( UINT64 socket )
{
    struct socket_record *record = slot( HOST_SOCKET_HANDLE( socket ), FALSE );

    if (record && !HOST_SOCKET_GENERATION( HOST_SOCKET( 0, record->generation, 0 ) ^ socket ))
        InterlockedExchange( &record->flags, 0 );
}

BOOL record_verify( SOCKET s, struct socket_record *record )
{
    struct host_identify_params params = { .socket = host_socket_kept( s, record, 0 ) };

    return !HOST_SOCKET_GENERATION( params.socket ) || host_call( HOST_IDENTIFY, &params ) || record->flags;
}

LONG record_set( struct socket_record *record, LONG flags )
{
    return record ? InterlockedOr( &record->flags, flags ) : 0;
}

LONG record_clear( struct socket_record *record, LONG flags )
{
    return record ? InterlockedAnd( &record->flags, ~flags ) : 0;
}

void record_at_close( struct socket_record *record, enum closer closer )
{
    if (record) __atomic_fetch_or( &record->closers, 1 << closer, __ATOMIC_SEQ_CST );
}

void record_for_each( void (*fn)( SOCKET s ) )
{
    SIZE_T page, i;

    for (page = 0; page < PAGE_COUNT; page++)
    {
        if (!pages[page]) continue;
        for (i = 0; i < RECORDS_PER_PAGE; i++)
            if (pages[page][i].flags) fn( (page * RECORDS_PER_PAGE + i) << 2 );
    }
}

void record_note_option( SOCKET s, enum host_option option, unsigned int count, const int *values )
{
    struct socket_record *record = record_find( s );
    struct socket_settings *settings;
    unsigned int i;

    /* Only what may yet become the target of AcceptEx can lose its descriptor. */
    if (!record ||
        (record->flags & RECORD_NAMED) ||
        !(settings = record_part( record, settings )))
        return;
    for (i = 0; i < settings->early_count; i++)
        if (settings->early[i].option == option) break;
    if (i == ARRAY_SIZE(settings->early)) return;
    settings->early[i].option = option;
    settings->early[i].count = count;
    memcpy( settings->early[i].value, values, count * sizeof(*values) );
    settings->early_count = max( settings->early_count, i + 1 );
}

int record_set_option( SOCKET s, enum host_option option, unsigned int count, const int *values )
{
    struct host_option_params params = { .socket = host_socket( s ), .option = option, .count = count };
    int ret;

    memcpy( params.value, values, count * sizeof(*values) );
    if (!(ret = host_call( HOST_SET_OPTION, &params ))) record_note_option( s, option, count, values );
    return ret;
}

void record_apply_options( SOCKET s )
{
    struct socket_record *record = record_find( s );
    struct socket_settings *settings;
    unsigned int i;

    if (!record || !(settings = record->settings)) return;
    for (i = 0; i < settings->early_count; i++)
    {
        const struct early_option *early = &settings->early[i];
        struct host_option_params params = { .socket = host_socket( s ), .option = early->option,
                                             .count = early->count };

        memcpy( params.value, early->value, sizeof(params.value) );
        host_call( HOST_SET_OPTION, &params );
    }
    settings->early_count = 0;
}
