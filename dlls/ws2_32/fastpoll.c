/*
 * Readiness from the host, where it may stand for the socket's (rule 5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"
#include "poll.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define TICKS_PER_MS 10000

/* How late APCs reach a wait for packets of a tapped socket. */
#define TAP_SLICE_MS 15

BOOL host_poll_begin( struct host_poll *poll, SIZE_T count, LONGLONG timeout )
{
    poll->entries = poll->local;
    poll->count = poll->ready = 0;
    poll->host_only = FALSE;
    poll->timeout = timeout;
    if (timeout > 0 && timeout != MAXLONGLONG) return FALSE;
    if (thread_has_hook()) return FALSE;
    return count <= ARRAY_SIZE(poll->local) ||
           (poll->entries = HeapAlloc( GetProcessHeap(), 0, count * sizeof(*poll->entries) )) != NULL;
}

BOOL host_poll_add( struct host_poll *poll, SOCKET s, unsigned int events, unsigned int value )
{
    struct host_poll_entry *entry = &poll->entries[poll->count];
    struct socket_record *record = record_find( s );

    if (!fast_pollable( record )) return FALSE;
    poll->host_only |= (record->flags & RECORD_TAPPED) || record->datagrams.reports;
    entry->socket = host_socket_of( s, record );
    entry->events = events;
    entry->revents = 0;
    entry->value = value;
    poll->count++;
    return TRUE;
}

void host_poll_skip( struct host_poll *poll, unsigned int value )
{
    poll->entries[poll->count++] = (struct host_poll_entry){ .socket = HOST_NO_SOCKET, .value = value };
}

/* What is ready can be answered from here: no end, error or urgent data, which are AFD's to name. An ICMP
 * error that the next receive will tell makes a datagram socket readable, as on Windows. */
static BOOL plainly_ready( struct host_poll *poll )
{
    unsigned int i;

    for (i = 0; i < poll->count; i++)
    {
        struct host_poll_entry *entry = &poll->entries[i];
        const struct socket_record *record;

        if (!(entry->revents & ~(HOST_POLL_IN | HOST_POLL_OUT))) continue;
        if ((entry->revents & HOST_POLL_ERR) && (entry->events & HOST_POLL_IN) &&
            (record = record_find( host_poll_socket( entry ) )) && record->datagrams.reports)
            entry->revents = (entry->revents & ~HOST_POLL_ERR) | HOST_POLL_IN;
        if (entry->revents & ~(HOST_POLL_IN | HOST_POLL_OUT)) return FALSE;
    }
    return TRUE;
}

BOOL host_poll_wait( struct host_poll *poll )
{
    struct host_poll_params host = { .entries = (ULONG_PTR)poll->entries, .count = poll->count };
    BOOL done, forever = poll->timeout > 0;
    LONGLONG wait = forever ? MAXLONGLONG : -poll->timeout;

    /* of packets for a tapped socket AFD does not know, and one that had an ICMP error it does not look at:
     * it must not be asked */
    while (poll->host_only && (forever || wait > HOST_WAIT_MS * TICKS_PER_MS))
    {
        host.timeout = min( wait / TICKS_PER_MS, TAP_SLICE_MS );
        if (host_call( HOST_POLL, &host ) || host.ready) break;
        if (!forever)
        {
            wait -= host.timeout * TICKS_PER_MS;
            poll->timeout = -wait;
        }
        run_apcs();
    }
    host.timeout = wait >= HOST_WAIT_MS * TICKS_PER_MS ? HOST_WAIT_MS
                                                       : (wait + TICKS_PER_MS - 1) / TICKS_PER_MS;
    if (host_call( HOST_POLL, &host )) return FALSE;
    if ((poll->ready = host.ready)) return plainly_ready( poll );
    done = !forever && wait <= HOST_WAIT_MS * TICKS_PER_MS;
    if (done && host.timeout) run_apcs();
    if (!done && !forever) poll->timeout += host.timeout * TICKS_PER_MS;
    return done;
}

void host_poll_end( struct host_poll *poll )
{
    if (poll->entries != poll->local) HeapFree( GetProcessHeap(), 0, poll->entries );
}
