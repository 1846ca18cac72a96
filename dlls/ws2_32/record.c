/*
 * What we know of a socket beyond AFD and the host, keyed by handle; docs/record.md has the states.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Handles are small multiples of 4, so the records live in pages of an array that are allocated when
 * first needed and never freed: a look-up takes no lock and its result never dangles. CloseHandle is not
 * ours to see; a record may outlive its socket until the handle value is used again.
 */
#include "ws2_32_private.h"

#define RECORDS_PER_PAGE 1024
#define PAGE_COUNT 4096         /* Wine's handles stay below 2^24 */

static struct socket_record *pages[PAGE_COUNT];

static struct socket_record *slot( SOCKET s, BOOL create )
{
    SIZE_T index = s >> 2, page = index / RECORDS_PER_PAGE;

    if ((s & 3) || page >= PAGE_COUNT) return NULL;
    if (!pages[page])
    {
        struct socket_record *records;

        if (!create) return NULL;
        records = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, RECORDS_PER_PAGE * sizeof(*records) );
        if (!records) return NULL;
        if (InterlockedCompareExchangePointer( (void **)&pages[page], records, NULL ))
            HeapFree( GetProcessHeap(), 0, records );
    }
    return &pages[page][index % RECORDS_PER_PAGE];
}

struct socket_record *record_find( SOCKET s )
{
    struct socket_record *record = slot( s, FALSE );

    return record && record->flags ? record : NULL;
}

struct socket_record *record_create( SOCKET s, int family, int type, int protocol, LONG flags )
{
    struct socket_record *record = slot( s, TRUE );

    if (!record) return NULL;
    InterlockedIncrement( &record->generation );
    InterlockedExchange( &record->flags, 0 );
    memset( &record->family, 0, sizeof(*record) - offsetof( struct socket_record, family ));
    record->datagrams.reports = record->datagrams.held = 0;
    record->family = family;
    record->type = type;
    record->protocol = protocol;
    InterlockedExchange( &record->flags, flags | RECORD_USED );
    return record;
}

void record_remove( SOCKET s )
{
    struct socket_record *record = slot( s, FALSE );

    if (record) InterlockedExchange( &record->flags, 0 );
}

LONG record_set( struct socket_record *record, LONG flags )
{
    return record ? InterlockedOr( &record->flags, flags ) : 0;
}

LONG record_clear( struct socket_record *record, LONG flags )
{
    return record ? InterlockedAnd( &record->flags, ~flags ) : 0;
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
    unsigned int i;

    /* Only what may yet become the target of AcceptEx can lose its descriptor. */
    if (!record ||
        (record->flags & (RECORD_BOUND | RECORD_CONNECTED | RECORD_CONNECTING | RECORD_LISTENING)))
        return;
    for (i = 0; i < record->early_count; i++)
        if (record->early[i].option == option) break;
    if (i == ARRAY_SIZE(record->early)) return;
    record->early[i].option = option;
    record->early[i].count = count;
    memcpy( record->early[i].value, values, count * sizeof(*values) );
    record->early_count = max( record->early_count, i + 1 );
}

int record_set_option( SOCKET s, enum host_option option, unsigned int count, const int *values )
{
    struct host_option_params params = { .socket = s, .option = option, .count = count };
    int ret;

    memcpy( params.value, values, count * sizeof(*values) );
    if (!(ret = host_call( HOST_SET_OPTION, &params ))) record_note_option( s, option, count, values );
    return ret;
}

void record_apply_options( SOCKET s )
{
    struct socket_record *record = record_find( s );
    unsigned int i;

    if (!record) return;
    for (i = 0; i < record->early_count; i++)
    {
        struct host_option_params params = { .socket = s, .option = record->early[i].option,
                                             .count = record->early[i].count };

        memcpy( params.value, record->early[i].value, sizeof(params.value) );
        host_call( HOST_SET_OPTION, &params );
    }
    record->early_count = 0;
}
