/*
 * SIO_RCVALL, SIO_RCVALL_MCAST and SIO_RCVALL_IGMPMCAST: raw sockets that receive all packets of an
 * interface, and how their receives wait.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packets come from a socket that only the host half has (unix/tap.c), so nothing that waits for them
 * can wait in AFD: overlapped receives wait in the reactor (datagram.c), and FD_READ is told by a thread
 * here, which lives while events of such a socket are selected.
 */
#include "ioctl_handlers.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define MAX_TAPPED 64

/* How late the thread sees a new socket to wait for. */
#define SLICE_MS 15

/* RCVALL_VALUE; not all headers have the last. */
enum rcvall_value
{
    VALUE_OFF,
    VALUE_ON,
    VALUE_SOCKET_LEVEL_ONLY,    /* does nothing (MS: SIO_RCVALL) */
    VALUE_IP_LEVEL,             /* all that the interface receives, but no more than it does anyway */
};

struct tapped
{
    SOCKET s;
    LONG generation;
    BOOL armed;                 /* FD_READ is due when there is a packet */
};

static RTL_SRWLOCK lock;        /* of all that follows */
static struct tapped tapped[MAX_TAPPED];
static BOOL thread_runs;

static BOOL is_current( SOCKET s, LONG generation )
{
    const struct socket_record *record = record_find( s );

    return record && record->born == generation && (record->flags & RECORD_TAPPED);
}

/*** the thread ***/

/* Sockets that something waits for. None ends the thread. */
static unsigned int collect( struct host_poll_entry *entries )
{
    unsigned int i, count = 0;

    RtlAcquireSRWLockExclusive( &lock );
    for (i = 0; i < MAX_TAPPED; i++)
    {
        const struct socket_record *record = record_find( tapped[i].s );

        if (!tapped[i].s) continue;
        if (!is_current( tapped[i].s, tapped[i].generation ))
        {
            tapped[i].s = 0;
            continue;
        }
        if (!tapped[i].armed || !(record->flags & RECORD_WATCHED)) continue;
        if (!(record->event_mask & FD_READ)) continue;
        entries[count].socket = tapped[i].s;
        entries[count].events = HOST_POLL_IN;
        entries[count].revents = 0;
        count++;
    }
    if (!count) thread_runs = FALSE;
    RtlReleaseSRWLockExclusive( &lock );
    return count;
}

/* Tell of FD_READ, once until the program receives again. */
static void signal_read( SOCKET s )
{
    struct socket_record *record = record_find( s );
    struct event_selection *selection;
    BOOL armed = FALSE;
    unsigned int i;

    RtlAcquireSRWLockExclusive( &lock );
    for (i = 0; i < MAX_TAPPED; i++)
    {
        if (tapped[i].s != s) continue;
        armed = tapped[i].armed;
        tapped[i].armed = FALSE;
    }
    RtlReleaseSRWLockExclusive( &lock );
    if (!armed || !record || !(record->flags & RECORD_WATCHED) || !(record->event_mask & FD_READ)) return;
    if (!(selection = record->selection)) return;
    InterlockedOr( &selection->carried, FD_READ );
    if (selection->event) NtSetEvent( selection->event, NULL );
}

static DWORD WINAPI tap_thread( void *arg )
{
    struct host_poll_entry entries[MAX_TAPPED];
    struct host_poll_params params = { .entries = (ULONG_PTR)entries, .timeout = SLICE_MS };
    unsigned int i;

    (void)arg;
    for (;;)
    {
        if (!(params.count = collect( entries ))) return 0;
        if (host_call( HOST_POLL, &params )) Sleep( SLICE_MS );     /* one of them was just closed */
        for (i = 0; i < params.count && params.ready; i++)
            if (entries[i].revents & HOST_POLL_IN) signal_read( entries[i].socket );
    }
}

/* With the lock held. */
static void start_thread(void)
{
    HANDLE thread;

    if (thread_runs || !(thread = CreateThread( NULL, 0, tap_thread, NULL, 0, NULL ))) return;
    CloseHandle( thread );
    thread_runs = TRUE;
}

/*** for the data plane ***/

void rcvall_arm( SOCKET s, struct socket_record *record )
{
    unsigned int i;

    if (!(record->flags & RECORD_TAPPED)) return;
    RtlAcquireSRWLockExclusive( &lock );
    for (i = 0; i < MAX_TAPPED; i++) if (tapped[i].s == s) tapped[i].armed = TRUE;
    if (record->flags & RECORD_WATCHED) start_thread();
    RtlReleaseSRWLockExclusive( &lock );
}

void rcvall_before_close( SOCKET s, struct socket_record *record )
{
    struct host_tap_params params = { .socket = s, .what = HOST_TAP_OFF };

    if (!record || !(record_clear( record, RECORD_TAPPED ) & RECORD_TAPPED)) return;
    host_call( HOST_TAP, &params );
}

/*** the control codes ***/

/* Which sockets each code is for (MS: SIO_RCVALL, Winsock IOCTLs). */
static BOOL has_protocol( const struct ioctl_call *call, int protocol )
{
    switch (call->row->arg)
    {
    case HOST_TAP_ALL:    return protocol == (call->socket.family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP);
    case HOST_TAP_GROUPS: return call->socket.family == AF_INET && protocol == IPPROTO_UDP;
    default:              return call->socket.family == AF_INET && protocol == IPPROTO_IGMP;
    }
}

static BOOL remember_tapped( SOCKET s, LONG generation )
{
    struct tapped *slot = NULL;
    unsigned int i;

    RtlAcquireSRWLockExclusive( &lock );
    for (i = 0; i < MAX_TAPPED && !slot; i++)
        if (tapped[i].s == s || !tapped[i].s || !is_current( tapped[i].s, tapped[i].generation ))
            slot = &tapped[i];
    if (slot) *slot = (struct tapped){ s, generation, TRUE };
    RtlReleaseSRWLockExclusive( &lock );
    return slot != NULL;
}

/* An interface of index 0 is the one that has the address which the socket is bound to. */
static int receive_all( struct ioctl_call *call, DWORD value, DWORD interface )
{
    struct host_tap_params params = { .socket = call->socket.s, .what = call->row->arg,
                                      .interface = interface };
    struct socket_record *record = call->socket.record;
    SOCKADDR_STORAGE addr;
    int len = sizeof(addr), error;

    if (value > VALUE_IP_LEVEL) return WSAEINVAL;
    if (!record || !(record->flags & RECORD_OURS)) return WSAEINVAL;
    if (!has_protocol( call, record->protocol )) return WSAENOPROTOOPT;
    if (base_get_sock_name( call->socket.s, (struct sockaddr *)&addr, &len, &error ) == SOCKET_ERROR ||
        (!interface && is_unspecified( (struct sockaddr *)&addr )) ||
        !host_address_from_sockaddr( &params.address, (struct sockaddr *)&addr, len )) return WSAEINVAL;
    if (value == VALUE_SOCKET_LEVEL_ONLY) return 0;
    if (value == VALUE_OFF)
    {
        rcvall_before_close( call->socket.s, record );
        return 0;
    }
    params.protocol = record->protocol;
    params.interface_too = value == VALUE_ON;
    switch (host_call( HOST_TAP, &params ))
    {
    case HOST_OK:     break;
    case HOST_EPERM:
    case HOST_EACCES: return WSAEACCES;         /* Windows asks for an administrator */
    case HOST_ENODEV: return WSAEINVAL;         /* the interface is gone */
    default:          return WSAENOBUFS;
    }
    if (!remember_tapped( call->socket.s, record->born ))
    {
        params.what = HOST_TAP_OFF;
        host_call( HOST_TAP, &params );
        return WSAENOBUFS;
    }
    record_set( record, RECORD_TAPPED );
    record_at_close( record, CLOSER_TAP );
    rcvall_arm( call->socket.s, record );
    return 0;
}

int ioctl_rcvall( struct ioctl_call *call )
{
    DWORD value = 0;

    if (!call->in_size) return WSAEINVAL;
    if (!guard_read( &value, call->program_in, min( call->in_size, sizeof(value) ))) return WSAEFAULT;
    return receive_all( call, value, 0 );
}

int ioctl_rcvall_if( struct ioctl_call *call )
{
    struct { DWORD value, interface; } in;      /* RCVALL_IF */

    if (call->in_size < sizeof(in)) return WSAEINVAL;
    if (!guard_read( &in, call->program_in, sizeof(in) )) return WSAEFAULT;
    return in.interface ? receive_all( call, in.value, in.interface ) : WSAEINVAL;
}
