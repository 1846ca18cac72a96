/*
 * What we know of a socket beyond AFD and the host, keyed by handle; docs/record.md has the states.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Handles are small multiples of 4, so the records live in pages of an array that are allocated when first
 * needed and never freed, nor are the parts of a record: a look-up takes no lock and its result never
 * dangles. The host half counts up "generation" when the handle is closed, also by CloseHandle and
 * DuplicateHandle, which do not pass this DLL: a record is its socket's as long as that is what it was when
 * the record was made.
 */
#include "ws2_32_private.h"
#include "option_table.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

struct socket_record *record_pages[RECORD_PAGES];
static BOOL missed;             /* a record was looked for that there was not */

/* The same, made when it is not there; NULL when out of memory, or for what is no handle. */
static struct socket_record *make_slot( SOCKET s )
{
    SIZE_T page = (s >> 2) / RECORDS_PER_PAGE;
    struct host_generations_params params = { .page = page, .stride = sizeof(**record_pages) };
    struct socket_record *records;

    if ((s & 3) || page >= RECORD_PAGES) return NULL;
    if (record_pages[page]) return record_slot( s );
    records = VirtualAlloc( NULL, RECORDS_PER_PAGE * sizeof(*records), MEM_COMMIT, PAGE_READWRITE );
    if (!records) return NULL;
    params.first = (ULONG_PTR)&records->generation;
    /* the host half says whose memory it is where several threads come here */
    if (!host_call( HOST_GENERATIONS, &params ))
        record_pages[page] = CONTAINING_RECORD( (LONG *)(ULONG_PTR)params.first, struct socket_record,
                                                generation );
    if (record_pages[page] != records) VirtualFree( records, 0, MEM_RELEASE );
    return record_slot( s );
}

struct socket_record *record_find( SOCKET s )
{
    struct socket_record *record = record_look( s );

    if (!record) missed |= s != INVALID_SOCKET;
    else if (record->flags & RECORD_TWIN) handover_twin_used( s, record );
    return record;
}

struct socket_record *record_of_closed( SOCKET s, LONG generation )
{
    struct socket_record *record = record_slot( s );

    return record && record->flags && record->born == generation && !record_is_live( record ) ? record
                                                                                               : NULL;
}

static BOOL hears( HANDLE handle, BOOL (*close)( HANDLE handle ) )
{
    const struct socket_record *record = make_slot( (SOCKET)handle );
    LONG generation = record ? record->generation : 0;

    return close( handle ) && record && record->generation != generation;
}

static BOOL close_handle( HANDLE handle )
{
    return !NtClose( handle );
}

static BOOL move_handle( HANDLE handle )
{
    HANDLE other;

    if (NtDuplicateObject( GetCurrentProcess(), handle, GetCurrentProcess(), &other, 0, 0,
                           DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE )) return FALSE;
    NtClose( other );
    return TRUE;
}

static BOOL prove_hearing(void)
{
    static BOOL (*const ways[])( HANDLE handle ) = { close_handle, move_handle };
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(ways); i++)
    {
        HANDLE event = CreateEventW( NULL, FALSE, FALSE, NULL );

        if (!event || !hears( event, ways[i] ))
        {
            ERR( "closed handles are not heard of: every call asks wineserver.\n" );
            return FALSE;
        }
    }
    return TRUE;
}

BOOL record_never_used( SOCKET s )
{
    return !missed && !record_look( s );
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

    record->event_mask = 0;
    record->datagrams.reports = record->datagrams.held = 0;
    memset( (char *)record + first, 0, parts - first );
    memset( (char *)record + rest, 0, sizeof(*record) - rest );
    if (record->requests) memset( record->requests, 0, sizeof(*record->requests) );
    if (record->names) memset( record->names, 0, sizeof(*record->names) );
    if (record->selection) memset( record->selection, 0, sizeof(*record->selection) );
    if (record->settings) memset( record->settings, 0, sizeof(*record->settings) );
}

BOOL records_end_with_handles(void)
{
    static LONG hearing;

    return proven( &hearing, prove_hearing );
}

/* What the handle's value has been so far; the record is about the next. */
static LONG next_generation( struct socket_record *record )
{
    LONG before = record->born;

    do record->born = InterlockedIncrement( &record->generation );
    while (!record->born);
    return before;
}

struct socket_record *record_create( SOCKET s, int family, int type, int protocol, LONG flags )
{
    struct socket_record *record = make_slot( s );

    if (!record) return NULL;
    if (!records_end_with_handles()) flags &= ~RECORD_OURS;
    InterlockedExchange( &record->flags, 0 );
    clear_state( record );
    record->family = family;
    record->type = type;
    record->protocol = protocol;
    next_generation( record );
    InterlockedExchange( &record->flags, flags | RECORD_USED );
    return record;
}

UINT64 host_socket_of( SOCKET s, const struct socket_record *record )
{
    LONG born;

    /* what Wine does with a handle that is none: other bits must not pass for a generation */
    if ((LONG_PTR)s != (LONG)s) return 0xfffffff0;
    if (!record) return HOST_SOCKET( s, 0 );
    /* first: record_replaced() comes after RECORD_ACCEPT_TARGET */
    born = *(volatile const LONG *)&record->born;
    if ((*(volatile const LONG *)&record->flags & (RECORD_OURS | RECORD_ACCEPT_TARGET | RECORD_TAPPED)) !=
        RECORD_OURS)
        return HOST_SOCKET( s, 0 );
    return HOST_SOCKET( s, born );
}

UINT64 host_socket( SOCKET s )
{
    return host_socket_of( s, record_find( s ) );
}

static void forget_descriptor( SOCKET s, LONG generation, enum host_forget why )
{
    struct host_forget_params params = { .socket = HOST_SOCKET( s, generation ), .why = why };

    host_call( HOST_FORGET, &params );
}

void record_forget_descriptor( SOCKET s, const struct socket_record *record )
{
    if (record) forget_descriptor( s, record->born, HOST_FORGET_UNUSED );
}

void record_replaced( SOCKET s, struct socket_record *record )
{
    LONG before;

    if (!record) return;
    before = next_generation( record );
    forget_descriptor( s, before, HOST_FORGET_REPLACED );
    rio_replaced( s, record, before );
}

void record_remove( SOCKET s )
{
    struct socket_record *record = record_slot( s );

    if (record) InterlockedExchange( &record->flags, 0 );
}

BOOL record_is_gone( const struct socket_record *record, LONG generation )
{
    return record && (!record->flags || record->generation != generation);
}

LONG record_set( struct socket_record *record, LONG flags )
{
    return record ? InterlockedOr( &record->flags, flags ) : 0;
}

LONG record_clear( struct socket_record *record, LONG flags )
{
    return record ? InterlockedAnd( &record->flags, ~flags ) : 0;
}

LONG record_note( struct socket_record *record, LONG generation, LONG flags )
{
    union
    {
        struct { LONG flags, born; } part;
        LONG64 whole;
    } seen, next;
    volatile LONG64 *whole = (volatile LONG64 *)&record->flags;

    C_ASSERT( !offsetof( struct socket_record, flags ) && offsetof( struct socket_record, born ) == 4 );
    do
    {
        seen.whole = *whole;
        if (seen.part.born != generation) break;
        next = seen;
        next.part.flags |= flags;
    }
    while (InterlockedCompareExchange64( whole, next.whole, seen.whole ) != seen.whole);
    return seen.part.flags;
}

void record_at_close( struct socket_record *record, enum closer closer )
{
    if (record) __atomic_fetch_or( &record->closers, 1 << closer, __ATOMIC_SEQ_CST );
}

void record_for_each( void (*fn)( SOCKET s ) )
{
    SIZE_T page, i;

    for (page = 0; page < RECORD_PAGES; page++)
    {
        if (!record_pages[page]) continue;
        for (i = 0; i < RECORDS_PER_PAGE; i++)
            if (record_is_live( &record_pages[page][i] )) fn( (page * RECORDS_PER_PAGE + i) << 2 );
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
