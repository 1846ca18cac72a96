/*
 * Readiness from the host, where it may stand for the socket's (rule 5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define INLINE_ENTRIES 64
#define TICKS_PER_MS 10000

/* How late APCs reach a wait for packets of a tapped socket. */
#define TAP_SLICE_MS 15

/* How long a poll of many sockets may use their descriptors without looking them up (rule 1). A closed one
 * can at worst be reported as ready or not for so long. */
#define KEEP_MS 100

static uint32_t events_from_afd( int flags )
{
    uint32_t events = 0;

    if (flags & AFD_POLL_READ) events |= HOST_POLL_IN;
    if (flags & AFD_POLL_WRITE) events |= HOST_POLL_OUT;
    if (flags & AFD_POLL_OOB) events |= HOST_POLL_PRI;
    return events;
}

/* AFD's form of an answer: only what is ready, in the order of the requests. */
static void give_answer( struct afd_poll_params *params, const struct host_poll_entry *entries )
{
    unsigned int i, count = 0;

    for (i = 0; i < params->count; i++)
    {
        int flags = 0;

        if (entries[i].revents & HOST_POLL_IN) flags |= AFD_POLL_READ;
        if (entries[i].revents & HOST_POLL_OUT) flags |= AFD_POLL_WRITE;
        if (!flags) continue;
        params->sockets[count].socket = params->sockets[i].socket;
        params->sockets[count].flags = flags;
        params->sockets[count].status = 0;
        count++;
    }
    params->count = count;
}

/* An ICMP error that the next receive will tell makes a datagram socket readable, as on Windows. */
static void errors_are_readable( const struct afd_poll_params *params, struct host_poll_entry *entries )
{
    unsigned int i;

    for (i = 0; i < params->count; i++)
    {
        const struct socket_record *record;

        if (!(entries[i].revents & HOST_POLL_ERR) || !(entries[i].events & HOST_POLL_IN)) continue;
        if (!(record = record_find( params->sockets[i].socket )) || !record->datagrams.reports) continue;
        entries[i].revents = (entries[i].revents & ~HOST_POLL_ERR) | HOST_POLL_IN;
    }
}

BOOL fast_poll( struct afd_poll_params *params )
{
    struct host_poll_entry local[INLINE_ENTRIES], *entries = local;
    const struct thread_data *thread = thread_data();
    struct host_poll_params host = { 0 };
    BOOL done = FALSE, forever, host_only = FALSE;
    LONGLONG wait;
    unsigned int i;

    if (params->timeout > 0 && params->timeout != MAXLONGLONG) return FALSE;
    forever = params->timeout > 0;
    wait = forever ? MAXLONGLONG : -params->timeout;
    if (thread && thread->blocking_hook) return FALSE;
    if (params->count > INLINE_ENTRIES &&
        !(entries = HeapAlloc( GetProcessHeap(), 0, params->count * sizeof(*entries) ))) return FALSE;
    for (i = 0; i < params->count; i++)
    {
        SOCKET s = params->sockets[i].socket;
        struct socket_record *record = record_find( s );
        BOOL tap = record && (record->flags & RECORD_TAPPED);

        if (!fast_pollable( record )) goto out;
        host_only |= tap || record->datagrams.reports;
        entries[i].socket = host_socket_kept( s, record, params->count > 1 && !tap ? KEEP_MS : 0 );
        entries[i].events = events_from_afd( params->sockets[i].flags );
        entries[i].revents = 0;
    }
    host.entries = (ULONG_PTR)entries;
    host.count = params->count;
    /* of packets for a tapped socket AFD does not know, and one that had an ICMP error it does not look at:
     * it must not be asked */
    while (host_only && (forever || wait > HOST_WAIT_MS * TICKS_PER_MS))
    {
        host.timeout = min( wait / TICKS_PER_MS, TAP_SLICE_MS );
        if (host_call( HOST_POLL, &host ) || host.ready) break;
        if (!forever)
        {
            wait -= host.timeout * TICKS_PER_MS;
            params->timeout = -wait;
        }
        run_apcs();
    }
    host.timeout = wait >= HOST_WAIT_MS * TICKS_PER_MS ? HOST_WAIT_MS
                                                       : (wait + TICKS_PER_MS - 1) / TICKS_PER_MS;
    if (!host_call( HOST_POLL, &host ))
    {
        done = host.ready || (!forever && wait <= HOST_WAIT_MS * TICKS_PER_MS);
        if (host.ready) errors_are_readable( params, entries );
        /* an end, an error or urgent data is AFD's to name */
        for (i = 0; host.ready && i < params->count; i++)
            if (entries[i].revents & ~(HOST_POLL_IN | HOST_POLL_OUT)) done = FALSE;
        if (done) give_answer( params, entries );
        else if (!forever && !host.ready) params->timeout += host.timeout * TICKS_PER_MS;
        if (done && !host.ready && host.timeout) run_apcs();
    }
out:
    if (entries != local) HeapFree( GetProcessHeap(), 0, entries );
    return done;
}
