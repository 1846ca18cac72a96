/*
 * Bytes that move on the host descriptor without asking wineserver.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AFD owns identity and control state, the host owns the bytes. What is below may only answer what is
 * plainly a success; everything else is left to AFD. The rules and what breaks without each of them are
 * in docs/data-plane.md.
 */
#include "ws2_32_private.h"
#include "fastpath.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* How often a request to AFD yields to host calls that are about to end. */
#define ENTER_YIELDS 200

/* How late APCs and closesocket may reach a blocking datagram receive. */
#define DATAGRAM_SLICE_MS 15

#define MAX_BUFFERS 16

static BOOL is_over( IO_STATUS_BLOCK *io )
{
    NTSTATUS status;

    /* the block is the program's; memory that is gone belongs to no request */
    return !guard_read( &status, &io->Status, sizeof(status) ) || status != STATUS_PENDING;
}

static BOOL afd_is_idle( struct data_path *path, enum direction direction )
{
    unsigned int i;

    if (path->afd[direction] || path->slots_full[direction]) return FALSE;
    for (i = 0; i < PENDING_SLOTS; i++)
    {
        IO_STATUS_BLOCK *io = path->pending[direction][i];

        if (!io) continue;
        if (!is_over( io )) return FALSE;
        InterlockedCompareExchangePointer( (void **)&path->pending[direction][i], NULL, io );
    }
    return TRUE;
}

void afd_path_enter( struct socket_record *record, enum direction direction )
{
    unsigned int i;

    if (!record) return;
    InterlockedIncrement( &record->path.afd[direction] );
    /* a host send that has begun must not end up inside what AFD sends; receivers may overtake */
    if (direction != DIRECTION_SEND) return;
    for (i = 0; i < ENTER_YIELDS && record->path.host[direction]; i++) NtYieldExecution();
}

void afd_path_leave( struct socket_record *record, enum direction direction, IO_STATUS_BLOCK *pending )
{
    unsigned int i;

    if (!record) return;
    if (pending)
    {
        void **slots = (void **)record->path.pending[direction];

        for (i = 0; i < PENDING_SLOTS; i++)
        {
            IO_STATUS_BLOCK *old = slots[i];

            if ((!old || is_over( old )) && InterlockedCompareExchangePointer( &slots[i], pending, old ) == old)
                break;
        }
        if (i == PENDING_SLOTS) InterlockedExchange( &record->path.slots_full[direction], TRUE );
    }
    InterlockedDecrement( &record->path.afd[direction] );
}

static BOOL is_internet( const struct socket_record *record )
{
    if (record->family != AF_INET && record->family != AF_INET6) return FALSE;
    return record->type == SOCK_STREAM ? record->protocol == IPPROTO_TCP :
           record->type == SOCK_DGRAM && record->protocol == IPPROTO_UDP;
}

/* Rule 6: what may go to the host at all in this state. */
static BOOL state_allows( const struct socket_record *record, enum direction direction )
{
    LONG flags = record->flags;

    if (!(flags & RECORD_OURS) || (flags & (RECORD_CONNECTING | RECORD_ACCEPT_TARGET | RECORD_LISTENING)))
        return FALSE;
    if (flags & (direction == DIRECTION_SEND ? RECORD_SHUT_SEND : RECORD_SHUT_RECV | RECORD_WATCHED))
        return FALSE;
    if (!is_internet( record )) return FALSE;
    return record->type == SOCK_STREAM ? !!(flags & RECORD_CONNECTED) :
           !!(flags & (RECORD_BOUND | RECORD_CONNECTED));
}

/* Claim the host's side of a direction; to be undone with host_leave when TRUE. */
static BOOL host_enter( struct socket_record *record, enum direction direction )
{
    if (!state_allows( record, direction )) return FALSE;
    InterlockedIncrement( &record->path.host[direction] );
    if (afd_is_idle( &record->path, direction )) return TRUE;
    InterlockedDecrement( &record->path.host[direction] );
    return FALSE;
}

static void host_leave( struct socket_record *record, enum direction direction )
{
    InterlockedDecrement( &record->path.host[direction] );
}

static BOOL make_host_buffers( const struct fast_transfer *transfer, struct host_buffer *host, ULONGLONG *total )
{
    DWORD i;

    *total = 0;
    if (transfer->count > MAX_BUFFERS) return FALSE;
    for (i = 0; i < transfer->count; i++)
    {
        host[i].data = (ULONG_PTR)transfer->buffers[i].buf;
        host[i].length = transfer->buffers[i].len;
        *total += host[i].length;
    }
    return *total <= MAXLONG;
}

/* The connection is gone, and every later send and receive says so (reference 3.3; rule 7). */
static int reset( struct socket_record *record )
{
    record_set( record, RECORD_RESET );
    return WSAECONNRESET;
}

static int wait_time( const struct socket_record *record, const struct fast_transfer *transfer, DWORD timeout )
{
    const struct thread_data *thread = thread_data();

    if (thread && thread->blocking_hook) return 0;      /* AFD's wait calls it */
    if (transfer->overlapped || (record->flags & RECORD_NONBLOCKING)) return 0;
    return timeout ? min( timeout, HOST_WAIT_MS ) : HOST_WAIT_MS;
}

/* Errors that the host reports once and forgets: whoever sees one must pass it on. */
static BOOL is_consumed( int error )
{
    switch (error)
    {
    case HOST_ECONNRESET:
    case HOST_EPIPE:
    case HOST_ETIMEDOUT:
    case HOST_ECONNABORTED:
    case HOST_ECONNREFUSED:
    case HOST_EHOSTUNREACH:
    case HOST_ENETUNREACH:
        return TRUE;
    default:
        return FALSE;
    }
}

static int consumed_error( struct socket_record *record, int error )
{
    if (record->type == SOCK_DGRAM) return error == HOST_ECONNREFUSED ? WSAECONNRESET : host_error_to_wsa( error );
    record_set( record, RECORD_RESET );
    return error == HOST_ECONNRESET || error == HOST_EPIPE ? WSAECONNRESET : host_error_to_wsa( error );
}

/* A blocking datagram receive never waits in AFD, which goes deaf after an ICMP error (rule 8). It waits in
 * slices, with the program's APCs in between. FALSE: the time is up, or the state has changed. */
static BOOL next_slice( struct socket_record *record, struct host_transfer_params *params, ULONGLONG end )
{
    LARGE_INTEGER none = { .QuadPart = 0 };
    ULONGLONG now;

    host_leave( record, DIRECTION_RECV );
    NtDelayExecution( TRUE, &none );
    if (!host_enter( record, DIRECTION_RECV ))
    {
        InterlockedIncrement( &record->path.host[DIRECTION_RECV] );
        return FALSE;
    }
    params->wait = DATAGRAM_SLICE_MS;
    if (!end) return TRUE;
    if ((now = GetTickCount64()) >= end) return FALSE;
    params->wait = min( params->wait, end - now );
    return TRUE;
}

BOOL fast_receive( SOCKET s, struct socket_record *record, struct fast_transfer *transfer, int *error )
{
    struct host_buffer buffers[MAX_BUFFERS];
    struct host_transfer_params params;
    BOOL stream, waited = FALSE, done = FALSE;
    ULONGLONG total, end = 0;
    DWORD i;
    int ret;

    if (!record || (transfer->flags & ~(MSG_PEEK | MSG_PARTIAL | MSG_WAITALL))) return FALSE;
    if (!make_host_buffers( transfer, buffers, &total )) return FALSE;
    stream = record->type == SOCK_STREAM;
    if (stream && !total) return FALSE;         /* pends until there is data */
    if (!host_enter( record, DIRECTION_RECV )) return FALSE;
    if (record->flags & RECORD_RESET)
    {
        host_leave( record, DIRECTION_RECV );
        *error = WSAECONNRESET;
        return TRUE;
    }

    memset( &params, 0, sizeof(params) );
    params.socket = s;
    params.buffers = (ULONG_PTR)buffers;
    params.count = transfer->count;
    if (transfer->flags & MSG_PEEK) params.flags = HOST_MSG_PEEK;
    params.has_address = !stream && transfer->from;
    params.wait = wait_time( record, transfer, record->recv_timeout );
    /* memory with a write watch refuses the host's first write, and a datagram would be lost (rule 11) */
    for (i = 0; i < transfer->count; i++)
    {
        if (guard_touch( transfer->buffers[i].buf, transfer->buffers[i].len )) continue;
        host_leave( record, DIRECTION_RECV );
        return FALSE;
    }
    if (!stream && params.wait && record->recv_timeout) end = GetTickCount64() + record->recv_timeout;
    do ret = host_call( HOST_RECV, &params );
    while (ret == HOST_EAGAIN && !stream && params.wait && (waited = TRUE) && next_slice( record, &params, end ));
    host_leave( record, DIRECTION_RECV );

    switch (ret)
    {
    case HOST_OK:
        if (stream && !params.transferred)
        {
            /* an end, or a reset whose error the server has consumed: only AFD knows an end for certain */
            if (!params.tcp_closed || (record->flags & RECORD_SHUT_SEND)) break;
            *error = reset( record );
            done = TRUE;
            break;
        }
        transfer->transferred = params.transferred;
        record->path.received = TRUE;
        if (params.has_address)
            transfer->from_len = host_address_to_sockaddr( &params.address, transfer->from,
                                                           sizeof(*transfer->from) );
        *error = params.truncated ? WSAEMSGSIZE : 0;
        done = TRUE;
        break;
    case HOST_EAGAIN:
        if (transfer->overlapped) break;
        if (end && GetTickCount64() >= end) *error = WSAETIMEDOUT;
        else if (record->flags & RECORD_NONBLOCKING) *error = WSAEWOULDBLOCK;
        else break;
        done = TRUE;
        break;
    case HOST_ENOTSOCK:
        if (!waited) break;
        *error = WSAEINTR;      /* closed by another thread */
        done = TRUE;
        break;
    default:
        if (!is_consumed( ret )) break;
        *error = consumed_error( record, ret );
        done = TRUE;
        break;
    }
    return done;
}

BOOL fast_send( SOCKET s, struct socket_record *record, struct fast_transfer *transfer, int *error )
{
    struct host_buffer buffers[MAX_BUFFERS];
    struct host_transfer_params params;
    BOOL stream, nonblocking;
    ULONGLONG total;
    int ret;

    if (!record || (transfer->flags & ~MSG_PARTIAL)) return FALSE;
    if (!make_host_buffers( transfer, buffers, &total )) return FALSE;
    stream = record->type == SOCK_STREAM;
    nonblocking = !!(record->flags & RECORD_NONBLOCKING);

    memset( &params, 0, sizeof(params) );
    if (transfer->to && !stream)
    {
        if (!host_address_from_sockaddr( &params.address, transfer->to, transfer->to_len )) return FALSE;
        if (transfer->to->sa_family != record->family) return FALSE;
        if (!params.address.port) params.address.port = htons( 9 );    /* as ntdll does (rule 10) */
        params.has_address = TRUE;
    }
    if (!host_enter( record, DIRECTION_SEND )) return FALSE;
    if (record->flags & RECORD_RESET)
    {
        host_leave( record, DIRECTION_SEND );
        *error = WSAECONNRESET;
        return TRUE;
    }

    params.socket = s;
    params.buffers = (ULONG_PTR)buffers;
    params.count = transfer->count;
    params.wait = wait_time( record, transfer, record->send_timeout );
    if (stream)
    {
        if (record->path.draining) params.flags |= HOST_MSG_ORDERED;
        if (transfer->overlapped) params.flags |= HOST_MSG_WHOLE | HOST_MSG_TAKE | HOST_MSG_QUEUE;
        else if (nonblocking) params.flags |= HOST_MSG_TAKE;
        else params.flags |= HOST_MSG_QUEUE;
    }
    ret = host_call( HOST_SEND, &params );
    if (params.draining) InterlockedExchange( &record->path.draining, TRUE );
    else if (record->path.draining && !ret) InterlockedExchange( &record->path.draining, FALSE );
    host_leave( record, DIRECTION_SEND );

    transfer->transferred = params.transferred;
    if (!ret)
    {
        *error = 0;
        return !stream || params.transferred == total;
    }
    if (ret == HOST_EAGAIN && !transfer->overlapped && nonblocking)
    {
        /* AFD remembers that FD_WRITE is owed; but it must not send into what is on its way */
        if (record->flags & RECORD_WATCHED)
        {
            if (!params.draining) return FALSE;
            event_not_writable( s );
        }
        *error = WSAEWOULDBLOCK;
        return TRUE;
    }
    if (!is_consumed( ret ) || (ret == HOST_EPIPE && (record->flags & RECORD_SHUT_SEND))) return FALSE;
    *error = consumed_error( record, ret );
    return TRUE;
}

BOOL fast_pollable( struct socket_record *record )
{
    return record && state_allows( record, DIRECTION_RECV ) && state_allows( record, DIRECTION_SEND ) &&
           !(record->flags & RECORD_RESET) && !record->path.draining;
}

/* Post a packet on a port of our own through the host half and see it arrive as sent. The number of the
 * server's request is known for some versions only, and a wrong one must not reach a program's port. */
static BOOL CALLBACK prove_completions( INIT_ONCE *once, void *param, void **context )
{
    struct host_complete_params params = { .overlapped = 0x12345678, .information = 77, .status = 0 };
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    HANDLE port;
    DWORD count;
    SOCKET s;
    int error;

    (void)once; (void)param;
    *context = NULL;
    s = base_socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED, &error );
    if (s == INVALID_SOCKET) return TRUE;
    if ((port = CreateIoCompletionPort( (HANDLE)s, NULL, 0x51, 0 )))
    {
        params.socket = s;
        if (!host_call( HOST_COMPLETE, &params ) && !params.result &&
            GetQueuedCompletionStatus( port, &count, &key, &overlapped, 0 ) && count == 77 && key == 0x51 &&
            overlapped == (OVERLAPPED *)0x12345678 &&
            !GetQueuedCompletionStatus( port, &count, &key, &overlapped, 0 ) && !overlapped)
            *context = (void *)4;       /* the low bits of the context are reserved */
        CloseHandle( port );
    }
    base_close_socket( s, &error );
    if (!*context) WARN( "completions go through AFD.\n" );
    return TRUE;
}

BOOL fast_completion_available(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    void *context = NULL;

    InitOnceExecuteOnce( &once, prove_completions, NULL, &context );
    return context != NULL;
}

/* FILE_SKIP_COMPLETION_PORT_ON_SUCCESS cannot be unset, so it is asked for now and then until it is seen. */
static BOOL skips_port( SOCKET s, struct socket_record *record )
{
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION info;
    IO_STATUS_BLOCK io;
    LONG count;

    if (record->flags & RECORD_SKIP_PORT) return TRUE;
    count = InterlockedIncrement( &record->path.completions );
    if ((count & (count - 1)) || count > 0x10000) return FALSE;
    if (NtQueryInformationFile( (HANDLE)s, &io, &info, sizeof(info), FileIoCompletionNotificationInformation ) ||
        !(info.Flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
        return FALSE;
    record_set( record, RECORD_SKIP_PORT );
    return TRUE;
}

static void WINAPI fast_completion_apc( ULONG_PTR routine, ULONG_PTR overlapped, ULONG_PTR reserved )
{
    const OVERLAPPED *ov = (OVERLAPPED *)overlapped;

    (void)reserved;
    ((LPWSAOVERLAPPED_COMPLETION_ROUTINE)routine)( status_to_wsa( ov->Internal ), ov->InternalHigh,
                                                   (OVERLAPPED *)overlapped, 0 );
}

int fast_complete( SOCKET s, struct socket_record *record, OVERLAPPED *overlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, NTSTATUS status, ULONG_PTR information )
{
    struct host_complete_params params = { .socket = s, .overlapped = (ULONG_PTR)overlapped,
                                           .information = information, .status = status };
    OVERLAPPED copy;
    HANDLE event;

    if (!guard_read( &copy, overlapped, sizeof(copy) )) return WSAEFAULT;
    event = (HANDLE)((ULONG_PTR)copy.hEvent & ~(ULONG_PTR)1);
    copy.InternalHigh = information;
    copy.Internal = status;
    if (!guard_write( overlapped, &copy, sizeof(copy) )) return WSAEFAULT;

    if (routine)
    {
        NtQueueApcThread( GetCurrentThread(), (PNTAPCFUNC)fast_completion_apc, (ULONG_PTR)routine,
                          (ULONG_PTR)overlapped, 0 );
        return 0;
    }
    if (event) NtSetEvent( event, NULL );
    if (!((ULONG_PTR)copy.hEvent & 1) && !skips_port( s, record )) host_call( HOST_COMPLETE, &params );
    return 0;
}
