/*
 * Changes that a program can wait for: SIO_ADDRESS_LIST_CHANGE, SIO_ROUTING_INTERFACE_CHANGE,
 * SIO_IDEAL_SEND_BACKLOG_CHANGE, FD_WRITE after sends that the host had no room for, FD_CLOSE of a
 * handle that is closed without us, and the end of sends without a buffer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host half watches (unix/watch.c); here is who waits and how, and the watcher's thread, which must be
 * one that Wine knows since it talks to wineserver. docs/codes.md tells what counts as a change.
 */
#include "ioctl_handlers.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* A blocking wait that closesocket does not end by itself looks that often whether the socket is there. */
#define SLICE_MS 50

/*** the watcher ***/

static void tell( const struct host_told *told )
{
    if (!told->socket) nsp_changed( told->value );
    else if (told->what == HOST_WATCH_DRAIN) event_writable( told->socket );
    else if (told->what == HOST_WATCH_CLOSE) event_closed( told->socket, told->value );
    else event_happened( told->socket, told->what == HOST_WATCH_ROUTES ? FD_ROUTING_INTERFACE_CHANGE
                                                                      : FD_ADDRESS_LIST_CHANGE );
}

static BOOL is_last_thread(void)
{
    ULONG last = 0;

    NtQueryInformationThread( GetCurrentThread(), ThreadAmILastThread, &last, sizeof(last), NULL );
    return last != 0;
}

static DWORD WINAPI watcher_thread( void *arg )
{
    struct host_watcher_params params;
    unsigned int i;

    (void)arg;
    for (;;)
    {
        params.outcome = HOST_WATCHER_GO;
        if (host_call( HOST_WATCHER, &params ) || params.outcome == HOST_WATCHER_END) return 0;
        for (i = 0; i < params.count; i++) tell( &params.told[i] );
        if (params.outcome != HOST_WATCHER_IDLE || !is_last_thread()) continue;
        params.outcome = HOST_WATCHER_END;
        host_call( HOST_WATCHER, &params );
        return 0;
    }
}

static BOOL start_watcher(void)
{
    struct host_watcher_params params = { .outcome = HOST_WATCHER_END };

    if (host_thread( watcher_thread )) return TRUE;
    ERR( "no thread for changes, error %lu.\n", GetLastError() );
    host_call( HOST_WATCHER, &params );
    return FALSE;
}

/*** waiting ***/

/* Have the watcher tell of the next change, in FD_ events or to nsp_changed(). Answers a Winsock error. */
static int note( struct host_watch_params *watch )
{
    int ret = host_call( HOST_WATCH, watch );

    if (ret) return option_error( ret );
    if (watch->start && !start_watcher()) return WSAENOBUFS;
    return 0;
}

/* Wait as a request that pends in AFD. Answers WSA_IO_PENDING or why not. */
static int pend( struct host_watch_params *watch, SOCKET s, OVERLAPPED *overlapped,
                 LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    struct pended_call call;
    IO_STATUS_BLOCK io;
    int ret;

    if ((ret = afd_pend( &call, s, overlapped, routine ))) return ret;
    watch->socket = s;
    watch->pend = (ULONG_PTR)&call.request;
    if ((ret = host_call( HOST_WATCH, watch )))
    {
        WARN( "socket %#Ix: host error %d, status %#x.\n", s, ret, watch->status );
        return ret == HOST_EOTHER ? status_to_wsa( watch->status ) : option_error( ret );
    }
    if (watch->start && !start_watcher()) NtCancelIoFileEx( (HANDLE)s, (IO_STATUS_BLOCK *)overlapped, &io );
    return WSA_IO_PENDING;
}

static BOOL is_open( SOCKET s, LONG generation )
{
    const struct socket_record *record = record_find( s );

    return record && record->born == generation;
}

/* Wait in a request on "where", for a call on s. */
static int wait_on( struct host_watch_params *watch, SOCKET where, SOCKET s, struct socket_record *record )
{
    LARGE_INTEGER slice = { .QuadPart = -(LONGLONG)SLICE_MS * 10000 };
    LONG generation = record ? record->born : 0;
    OVERLAPPED overlapped = { .hEvent = sync_event() };
    HANDLE event = overlapped.hEvent;
    int error, ret;

    if (!event) return WSAENOBUFS;
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);     /* no packet */
    if ((ret = pend( watch, where, &overlapped, NULL )) == WSA_IO_PENDING)
    {
        do error = wait_blocking( event, where == s ? NULL : &slice, AFD_ALERTABLE );
        while (error == WSAETIMEDOUT && (!record || is_open( s, generation )));
        if (error)
        {
            IO_STATUS_BLOCK io;

            NtCancelIoFileEx( (HANDLE)where, (IO_STATUS_BLOCK *)&overlapped, &io );
            NtWaitForSingleObject( event, FALSE, NULL );
        }
        if ((NTSTATUS)overlapped.Internal != STATUS_CANCELLED) ret = status_to_wsa( overlapped.Internal );
        else if (error != WSAEINTR && record && !is_open( s, generation )) ret = WSAEINTR;
        else ret = WSAEINTR;
    }
    release_sync_event( event );
    return ret;
}

/* A handle made for synchronous I/O can have no request that pends: it pends on a socket of ours. */
static int wait_elsewhere( struct host_watch_params *watch, SOCKET s, struct socket_record *record )
{
    SOCKET where;
    int error, ignored;

    where = base_socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED, &error );
    if (where == INVALID_SOCKET) return error;
    error = wait_on( watch, where, s, record );
    base_close_socket( where, &ignored );
    return error;
}

/* Whether calls on the socket may wait. Another process may have changed it where it is not ours alone; AFD
 * tells by refusing a request that would wait. */
static BOOL is_nonblocking( SOCKET s, const struct socket_record *record )
{
    static const int wait = 0;
    OVERLAPPED overlapped = { .hEvent = sync_event() };
    HANDLE event = overlapped.hEvent;
    IO_STATUS_BLOCK io;
    int error;

    if (record && (record->flags & RECORD_OURS))
    {
        release_sync_event( event );
        return !!(record->flags & RECORD_NONBLOCKING);
    }
    if (!event) return TRUE;
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    error = afd_request( s, IOCTL_AFD_WINE_ADDRESS_LIST_CHANGE, &wait, sizeof(wait), NULL, 0, &overlapped,
                         NULL, 0, NULL );
    if (error == WSA_IO_PENDING)
    {
        NtCancelIoFileEx( (HANDLE)s, (IO_STATUS_BLOCK *)&overlapped, &io );
        NtWaitForSingleObject( event, FALSE, NULL );
    }
    release_sync_event( event );
    return error == WSAEWOULDBLOCK;
}

/* Overlapped it pends; on a blocking socket it waits; else the event comes (reference 1.3). The backlog has
 * no event, and waits on any socket (MS: SIO_IDEAL_SEND_BACKLOG_CHANGE). */
static int wait_for_change( struct ioctl_call *call, struct host_watch_params *watch )
{
    struct socket_record *record = call->socket.record;
    SOCKET s = call->socket.s;
    int error;

    watch->socket = s;
    if (record && !(record->flags & RECORD_OVERLAPPED) &&
        (watch->what == HOST_WATCH_BACKLOG || !(record->flags & RECORD_NONBLOCKING)))
        return wait_elsewhere( watch, s, record );
    if (call->overlapped) return pend( watch, s, call->overlapped, call->routine );
    if (watch->what == HOST_WATCH_BACKLOG || !is_nonblocking( s, record ))
        return wait_on( watch, s, s, record );
    return (error = note( watch )) ? error : WSAEWOULDBLOCK;
}

/*** the control codes ***/

int ioctl_change( struct ioctl_call *call )
{
    struct host_watch_params watch = { .what = HOST_WATCH_ADDRESSES };
    static const int wait = 0, pend = 1;

    if (reactor_available() && (call->socket.family == AF_INET || call->socket.family == AF_INET6))
    {
        watch.destination.family = call->socket.family == AF_INET6 ? HOST_FAMILY_INET6 : HOST_FAMILY_INET;
        return wait_for_change( call, &watch );
    }
    return afd_request( call->socket.s, IOCTL_AFD_WINE_ADDRESS_LIST_CHANGE, call->overlapped ? &pend : &wait,
                        sizeof(wait), NULL, 0, call->overlapped, call->routine, AFD_ALERTABLE,
                        &call->count );
}

int ioctl_routing_change( struct ioctl_call *call )
{
    struct host_watch_params watch = { .what = HOST_WATCH_ROUTES };
    DWORD size = min( call->in_size, sizeof(call->in) );

    if (!guard_read( &call->in, call->program_in, size )) return WSAEFAULT;
    if (call->in.address.ss_family != AF_INET && call->in.address.ss_family != AF_INET6)
        return WSAEAFNOSUPPORT;
    if (!host_address_from_sockaddr( &watch.destination, (struct sockaddr *)&call->in.address, size ))
        return WSAEINVAL;
    if (!reactor_available()) return WSAEOPNOTSUPP;
    return wait_for_change( call, &watch );
}

/*** the ideal send backlog ***/

/* What a question is answered that can have no other answer. */
static int backlog_aborted( const struct ioctl_call *call )
{
    return call->overlapped ? WSA_OPERATION_ABORTED : WSAEINTR;
}

/* Both codes are for connections while there is something to be sent (MS: their pages). */
static int check_sending( const struct ioctl_call *call )
{
    const struct socket_record *record = call->socket.record;

    return record && (record->flags & (RECORD_SHUT_SEND | RECORD_RESET)) ? backlog_aborted( call ) : 0;
}

int ioctl_backlog_query( struct ioctl_call *call )
{
    int value, error = check_sending( call );

    if (!error) error = option_error( host_get_int( call->socket.s, HOST_OPT_IDEAL_BACKLOG, &value ));
    if (error) return error;
    call->out.number = value;
    call->count = sizeof(DWORD);
    return 0;
}

int ioctl_backlog_change( struct ioctl_call *call )
{
    struct host_watch_params watch = { .what = HOST_WATCH_BACKLOG, .value = call->socket.s };
    int error;

    call->report = TRUE;
    if (call->out_size) return WSAEINVAL;
    if ((error = check_state( &call->socket, &call->row->states ))) return error;
    if ((error = check_sending( call ))) return error;
    if (!reactor_available()) return WSAEOPNOTSUPP;
    record_set( call->socket.record, RECORD_BACKLOG );
    error = wait_for_change( call, &watch );
    /* one is all that may pend (MS: SIO_IDEAL_SEND_BACKLOG_CHANGE) */
    return error == WSAEALREADY ? backlog_aborted( call ) : error;
}

void backlog_ended( SOCKET s, struct socket_record *record )
{
    struct host_watch_params watch = { .socket = s, .what = HOST_WATCH_BACKLOG, .value = s,
                                       .action = HOST_WATCH_CANCEL };

    if (record_clear( record, RECORD_BACKLOG ) & RECORD_BACKLOG) host_call( HOST_WATCH, &watch );
}

/* No quality of service here: what Windows answers without (MS: Winsock IOCTLs). */
int ioctl_no_qos( struct ioctl_call *call )
{
    call->report = TRUE;
    return WSAENOPROTOOPT;
}

BOOL notify_writable( SOCKET s )
{
    struct host_watch_params watch = { .socket = s, .what = HOST_WATCH_DRAIN };

    return !note( &watch );
}

void notify_close( SOCKET s, LONG generation )
{
    struct host_watch_params watch = { .socket = s, .what = HOST_WATCH_CLOSE, .value = generation };

    note( &watch );
}

int notify_delivered( SOCKET s, ULONGLONG position, DWORD count, OVERLAPPED *overlapped,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    struct host_watch_params watch = { .what = HOST_WATCH_DELIVERY, .seen = position, .value = count };

    return pend( &watch, s, overlapped, routine );
}

/*** name space providers ***/

/* They answer by the networks, which change with the addresses of either family. */
static const unsigned int nsp_families[] = { HOST_FAMILY_INET, HOST_FAMILY_INET6 };

void nsp_watch( ULONG_PTR value )
{
    struct host_watch_params watch = { .value = value, .what = HOST_WATCH_ADDRESSES };
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE( nsp_families ); i++)
    {
        watch.destination.family = nsp_families[i];
        note( &watch );
    }
}

void nsp_unwatch( ULONG_PTR value )
{
    struct host_watch_params watch = { .value = value, .what = HOST_WATCH_ADDRESSES,
                                       .action = HOST_WATCH_CANCEL };

    host_call( HOST_WATCH, &watch );
}

ULONGLONG nsp_networks(void)
{
    struct host_watch_params watch = { .what = HOST_WATCH_ADDRESSES, .action = HOST_WATCH_LOOK };
    ULONGLONG seen = 0;
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE( nsp_families ); i++)
    {
        watch.destination.family = nsp_families[i];
        if (!host_call( HOST_WATCH, &watch )) seen += watch.seen;
    }
    return seen;
}
