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
#include "control.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* How late APCs and closesocket may reach a call that cannot wait in AFD. */
#define SLICE_MS 15

/* How long the end of the process, and WSACleanup, wait for bytes that go out in the background. */
#define DRAIN_PATIENCE_MS 5000

#define MAX_BUFFERS 16

static BOOL is_over( IO_STATUS_BLOCK *io )
{
    NTSTATUS status;

    /* the block is the program's; memory that is gone belongs to no request */
    return !guard_read( &status, &io->Status, sizeof(status) ) || status != STATUS_PENDING;
}

BOOL afd_requests_over( struct pending_requests *requests, enum direction direction )
{
    unsigned int i;

    for (i = 0; i < PENDING_SLOTS; i++)
    {
        IO_STATUS_BLOCK *io = requests->blocks[direction][i];

        if (!io) continue;
        if (!is_over( io )) return FALSE;
        InterlockedCompareExchangePointer( (void **)&requests->blocks[direction][i], NULL, io );
    }
    return TRUE;
}

void afd_path_enter( SOCKET s, struct socket_record *record, enum direction direction )
{
    if (!record) return;
    InterlockedIncrement( &record->path.afd[direction] );
    /* a send that the host has begun must not end up inside what AFD sends; receivers may overtake */
    if (direction == DIRECTION_SEND) sends_finish( s, record );
}

void afd_path_leave( struct socket_record *record, enum direction direction, IO_STATUS_BLOCK *pending )
{
    unsigned int i;

    if (!record) return;
    if (pending)
    {
        struct pending_requests *requests = record_part( record, requests );

        for (i = 0; requests && i < PENDING_SLOTS; i++)
        {
            void **slot = (void **)&requests->blocks[direction][i];
            IO_STATUS_BLOCK *old = *slot;

            if ((!old || is_over( old )) && InterlockedCompareExchangePointer( slot, pending, old ) == old)
                break;
        }
        if (!requests || i == PENDING_SLOTS) record->path.slots_full[direction] = TRUE;
    }
    InterlockedDecrement( &record->path.afd[direction] );
}

BOOL afd_path_pending( struct socket_record *record )
{
    return record->datagrams.pending || !afd_path_idle( record, DIRECTION_RECV ) ||
           !afd_path_idle( record, DIRECTION_SEND );
}

/* Rule 6: what may go to the host at all in these states. */
static BOOL flags_allow( const struct socket_record *record, LONG flags, enum direction direction )
{
    /* what arrives is the host half's, AFD would wait for ever */
    if (direction == DIRECTION_RECV && (flags & RECORD_TAPPED)) return !(flags & RECORD_SHUT_RECV);
    if (!(flags & RECORD_OURS) || (flags & (RECORD_CONNECTING | RECORD_ACCEPT_TARGET | RECORD_LISTENING |
                                                  RECORD_URGENT)))
        return FALSE;
    if (flags & (direction == DIRECTION_SEND ? RECORD_SHUT_SEND : RECORD_SHUT_RECV | RECORD_WATCHED))
        return FALSE;
    if (!record_is_internet( record )) return FALSE;
    return record->type == SOCK_STREAM ? !!(flags & RECORD_CONNECTED) :
           !!(flags & (RECORD_BOUND | RECORD_CONNECTED));
}

static BOOL state_allows( const struct socket_record *record, enum direction direction )
{
    return flags_allow( record, record->flags, direction );
}

static BOOL host_allowed( struct socket_record *record, enum direction direction )
{
    if (direction == DIRECTION_RECV && record->datagrams.pending) return FALSE;     /* they come first */
    return state_allows( record, direction ) && afd_path_idle( record, direction );
}

/* AFD cannot tell all of a datagram's ancillary data: the host has such a receive although AFD watches,
 * which is told of it afterwards. */
static BOOL receive_allowed( struct socket_record *record, const struct fast_transfer *transfer )
{
    LONG ignored = transfer->control ? RECORD_WATCHED : 0;

    if (record->datagrams.pending) return FALSE;    /* they come first */
    return flags_allow( record, record->flags & ~ignored, DIRECTION_RECV ) &&
           afd_path_idle( record, DIRECTION_RECV );
}

BOOL datagram_may_pend( struct socket_record *record )
{
    return (record->type == SOCK_DGRAM || (record->flags & RECORD_TAPPED)) &&
           (record->flags & RECORD_OVERLAPPED) &&
           state_allows( record, DIRECTION_RECV ) && afd_path_idle( record, DIRECTION_RECV );
}

/* FALSE when it is too much for one call. */
static BOOL fill_host_buffers( const struct fast_transfer *transfer, struct host_buffer *host,
                               ULONGLONG *total )
{
    DWORD i;

    *total = 0;
    for (i = 0; i < transfer->count; i++)
    {
        host[i].data = (ULONG_PTR)transfer->buffers[i].buf;
        host[i].length = transfer->buffers[i].len;
        *total += host[i].length;
    }
    return *total <= MAXLONG;
}

static BOOL make_host_buffers( const struct fast_transfer *transfer, struct host_buffer *host,
                               ULONGLONG *total )
{
    return transfer->count <= MAX_BUFFERS && fill_host_buffers( transfer, host, total );
}

static int wait_time( const struct socket_record *record, const struct fast_transfer *transfer,
                      DWORD timeout )
{
    if (transfer->overlapped || (record->flags & RECORD_NONBLOCKING)) return 0;
    if (thread_has_hook()) return 0;    /* AFD's wait calls it */
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
    case HOST_ENETRESET:
    case HOST_EHOSTDOWN:
    case HOST_ENOPROTOOPT:
        return TRUE;
    default:
        return FALSE;
    }
}

static enum operation operation_of( const struct socket_record *record, enum direction direction )
{
    if (record->type != SOCK_DGRAM) return direction == DIRECTION_SEND ? OPERATION_SEND : OPERATION_RECV;
    return direction == DIRECTION_SEND ? OPERATION_SENDTO : OPERATION_RECVFROM;
}

/* Which socket a handle was when a call began: by its end the value may be another's. */
struct identity
{
    struct socket_record *record;
    LONG generation;
};

static struct identity identify( struct socket_record *record )
{
    return (struct identity){ record, record ? record->born : 0 };
}

static BOOL is_gone( const struct identity *identity )
{
    return record_is_gone( identity->record, identity->generation );
}

/* A connection that is gone stays so, and every later send and receive says so: it was reset, or the peer
 * had closed it and then refused what was sent to it (reference 3.3, T:test_shutdown). */
static int reset_error( SOCKET s, const struct identity *identity )
{
    int ended;

    if (!(record_note( identity->record, identity->generation, RECORD_RESET ) & RECORD_RESET) &&
        !host_get_int( s, HOST_OPT_TCP_ENDED, &ended ) && ended)
        record_note( identity->record, identity->generation, RECORD_ABORTED );
    return !is_gone( identity ) && (identity->record->flags & RECORD_ABORTED) ? WSAECONNABORTED
                                                                              : WSAECONNRESET;
}

static int consumed_error( SOCKET s, const struct identity *identity, enum direction direction, int error )
{
    error = host_error_to_wsa( error, operation_of( identity->record, direction ));
    if (identity->record->type == SOCK_DGRAM) return error;
    if (error == WSAECONNRESET) return reset_error( s, identity );
    record_note( identity->record, identity->generation, RECORD_RESET );
    return error;
}

/* What the program does not want to know (MS: SIO_UDP_CONNRESET). */
static BOOL is_unwanted( const struct socket_record *record, int error )
{
    if (record->type == SOCK_STREAM) return FALSE;
    return (error == HOST_ECONNREFUSED && !option_remembered( record, REMEMBER_UDP_CONNRESET, TRUE )) ||
           (error == HOST_ENETRESET && !option_remembered( record, REMEMBER_UDP_NETRESET, TRUE ));
}

int receive_error( SOCKET s, struct socket_record *record, LONG generation, int ret )
{
    const struct identity identity = { record, generation };

    if (!is_consumed( ret ) || is_unwanted( record, ret )) return 0;
    return consumed_error( s, &identity, DIRECTION_RECV, ret );
}

int send_error( SOCKET s, struct socket_record *record, LONG generation, int ret )
{
    const struct identity identity = { record, generation };

    if (!is_consumed( ret ) || (ret == HOST_EPIPE && (record->flags & RECORD_SHUT_SEND))) return 0;
    return consumed_error( s, &identity, DIRECTION_SEND, ret );
}

/* HOST_ENOTSOCK is for a socket that was closed while the call waited. Without that it says that the
 * descriptor was taken away under the call, and HOST_ESTALE that the handle became another socket before it:
 * AFD knows what it is now. */
static int after_wait( const struct identity *identity, const struct host_transfer_params *params, int ret )
{
    if (params->wait && (ret == HOST_EAGAIN || ret == HOST_ENOTSOCK || ret == HOST_EOPNOTSUPP) &&
        is_gone( identity ))
        return HOST_ENOTSOCK;
    return ret == HOST_ENOTSOCK ? HOST_EOPNOTSUPP : ret;
}

void run_apcs(void)
{
    LARGE_INTEGER none = { .QuadPart = 0 };

    NtDelayExecution( TRUE, &none );
}

/* Wait for a datagram on the host: AFD goes deaf after an ICMP error (rule 8). Answers what HOST_RECV does,
 * HOST_ETIMEDOUT, or HOST_ENOTSOCK after the socket was closed. */
static int receive_in_slices( struct socket_record *record, struct host_transfer_params *params )
{
    const struct identity identity = identify( record );
    ULONGLONG now = 0, end = record->recv_timeout ? GetTickCount64() + record->recv_timeout : 0;
    BOOL waited = FALSE;
    int ret;

    for (;; waited = TRUE)
    {
        ret = host_call( HOST_RECV, params );
        if (ret == HOST_ESTALE && waited) return HOST_ENOTSOCK;
        if (ret != HOST_EAGAIN) return ret;
        if (end && (now = GetTickCount64()) >= end) return HOST_ETIMEDOUT;
        run_apcs();
        if (is_gone( &identity )) return HOST_ENOTSOCK;
        if (!host_allowed( record, DIRECTION_RECV ) || (record->flags & RECORD_NONBLOCKING))
            return HOST_EAGAIN;
        params->wait = end ? min( SLICE_MS, end - now ) : SLICE_MS;
    }
}

/* A stream that was reset may still hold data from before. Nothing waits any more. */
static BOOL receive_after_reset( SOCKET s, const struct identity *identity,
                                 struct host_transfer_params *params, struct fast_transfer *transfer,
                                 int *error )
{
    int ret = host_call( HOST_RECV, params );

    *error = WSAESTALE;
    if (ret == HOST_ESTALE) return FALSE;
    *error = ret || !params->transferred ? reset_error( s, identity ) : 0;
    transfer->transferred = *error ? 0 : params->transferred;
    return TRUE;
}

static BOOL touch_buffers( const struct fast_transfer *transfer )
{
    DWORD i;

    for (i = 0; i < transfer->count; i++)
        if (!guard_touch( transfer->buffers[i].buf, transfer->buffers[i].len )) return FALSE;
    return TRUE;
}

/* Receive on the host, with what can be put right there; answers an enum host_error, HOST_ENOTSOCK with
 * params->wait set for a socket that was closed meanwhile. */
static int receive_on_host( struct socket_record *record, struct host_transfer_params *params,
                            const struct fast_transfer *transfer )
{
    const struct identity identity = identify( record );
    BOOL stream = record->type == SOCK_STREAM, touched = FALSE;
    int ret;

    for (;;)
    {
        LONG held = record->datagrams.held;

        if (held && (held = InterlockedExchange( (LONG *)&record->datagrams.held, 0 )))
            ret = held == HOST_REPORT_PORT ? HOST_ECONNREFUSED : HOST_ENETRESET;
        else if (!stream && params->wait) ret = receive_in_slices( record, params );
        else ret = host_call( HOST_RECV, params );
        if (ret == HOST_EFAULT && !touched && (touched = touch_buffers( transfer ))) continue;
        if (!is_unwanted( record, ret )) break;
    }
    return after_wait( &identity, params, ret );
}

/* Whether a receive that AFD watches would find nothing, so that AFD need not hear of it: FD_READ is due
 * already, as all data that AFD has reported was received through it. The host is asked by a poll, which
 * takes nothing and no error, but where the program has been told that there is data. Answers an enum
 * host_error: HOST_EAGAIN if it is so, HOST_ESTALE, or any other. */
static int look_at_watched( struct socket_record *record, const struct fast_transfer *transfer,
                            UINT64 socket )
{
    struct host_poll_entry entry = { .socket = socket, .events = HOST_POLL_IN };
    struct host_poll_params params = { .entries = (ULONG_PTR)&entry, .count = 1 };
    struct event_selection *selection = record->selection;
    LONG flags = record->flags;
    int ret;

    if (!flags_watched( flags ) || record->path.received || transfer->overlapped || transfer->control)
        return HOST_OK;
    if (!flags_allow( record, flags & ~RECORD_WATCHED, DIRECTION_RECV ) ||
        !afd_path_idle( record, DIRECTION_RECV ))
        return HOST_OK;
    if (selection && selection->told_read)
    {
        selection->told_read = FALSE;
        return HOST_OK;
    }
    ret = host_call( HOST_POLL, &params );
    return ret || params.ready ? ret : HOST_EAGAIN;
}

BOOL fast_receive( SOCKET s, struct socket_record *record, struct fast_transfer *transfer, int *error )
{
    struct host_buffer buffers[MAX_BUFFERS];
    const struct identity identity = identify( record );
    struct host_transfer_params params;
    ULONGLONG total;
    BOOL stream;
    int ret;

    *error = 0;
    if (!record || (transfer->flags & ~(MSG_PEEK | MSG_PARTIAL | MSG_WAITALL))) return FALSE;
    if (!make_host_buffers( transfer, buffers, &total )) return FALSE;
    stream = record->type == SOCK_STREAM;

    memset( &params, 0, sizeof(params) );
    params.socket = host_socket_of( s, record );
    params.buffers = (ULONG_PTR)buffers;
    params.count = transfer->count;
    if (transfer->flags & MSG_PEEK) params.flags = HOST_MSG_PEEK;
    if (stream && option_remembered( record, REMEMBER_ACK_FREQUENCY, 0 ) == 1)
        params.flags |= HOST_MSG_QUICK_ACK;
    if (!stream) params.flags |= HOST_MSG_DATAGRAM;
    params.has_address = !stream && transfer->from;
    if (record->flags & RECORD_RESET) return receive_after_reset( s, &identity, &params, transfer, error );
    if (stream && !total) return FALSE;         /* pends until there is data */
    ret = look_at_watched( record, transfer, params.socket );
    if (ret == HOST_EAGAIN || ret == HOST_ESTALE)
    {
        *error = ret == HOST_EAGAIN ? WSAEWOULDBLOCK : WSAESTALE;
        return ret == HOST_EAGAIN;
    }
    if (!receive_allowed( record, transfer )) return FALSE;
    if (!transfer->waited || !stream) params.wait = wait_time( record, transfer, record->recv_timeout );
    if (transfer->control)
    {
        control_wanted( s, record, transfer->control );
        params.control = (ULONG_PTR)transfer->control;
    }
    if (record->datagrams.reports) params.flags |= HOST_MSG_ERRORS;

    /* memory with a write watch refuses the host's first write, and a datagram would be lost (rule 11) */
    if (!stream && !touch_buffers( transfer )) return FALSE;
    ret = receive_on_host( record, &params, transfer );
    /* before the next look at the flags: look_at_watched() goes by either */
    if (!ret && (!stream || params.transferred)) record->path.received = TRUE;
    if (flags_watched( record->flags ) && (!ret || ret == HOST_EAGAIN) && !(transfer->flags & MSG_PEEK))
    {
        /* perhaps only since this call began; AFD has not seen this receive */
        BOOL more = event_rearm_read( s );

        if (ret && more)
        {
            record->path.received = TRUE;
            ret = receive_on_host( record, &params, transfer );
        }
    }
    switch (ret)
    {
    case HOST_OK:
        if (stream && !params.transferred)
        {
            /* an end, or a reset whose error the server has consumed: only AFD knows an end for certain */
            if (!params.tcp_closed || (record->flags & RECORD_SHUT_SEND)) return FALSE;
            *error = reset_error( s, &identity );
            return TRUE;
        }
        transfer->transferred = params.transferred;
        if (params.has_address)
            transfer->from_len = host_address_to_sockaddr( &params.address, transfer->from,
                                                           sizeof(*transfer->from) );
        *error = params.truncated ? WSAEMSGSIZE : 0;
        return TRUE;
    case HOST_EAGAIN:
        *error = WSAEWOULDBLOCK;
        return !transfer->overlapped && (record->flags & RECORD_NONBLOCKING) &&
               receive_allowed( record, transfer );
    case HOST_ENOTSOCK:
        *error = WSAEINTR;      /* closed by another thread */
        return params.wait != 0;
    case HOST_ESTALE:
        *error = WSAESTALE;
        return FALSE;
    case HOST_ETIMEDOUT:
        if (stream) break;
        *error = WSAETIMEDOUT;
        return TRUE;
    }
    *error = receive_error( s, record, identity.generation, ret );
    return *error != 0;
}

/* Give a send to the host. While earlier bytes go out in the background AFD must not have it; a blocking
 * call waits for them in slices. Answers what HOST_SEND does, HOST_ETIMEDOUT, or HOST_EOPNOTSUPP when it is
 * AFD's turn after all. */
static int send_in_order( SOCKET s, struct socket_record *record, struct host_transfer_params *params )
{
    const struct identity identity = identify( record );
    ULONGLONG end = record->send_timeout ? GetTickCount64() + record->send_timeout : 0;
    BOOL waits = params->wait != 0, waited = FALSE;
    LONG turn;
    int ret;

    for (;; waited = TRUE)
    {
        turn = sends_hold( s, record );
        params->turn_word = (ULONG_PTR)&record->path.sender;
        params->turn = turn;
        if (host_allowed( record, DIRECTION_SEND ))
            ret = host_call( HOST_SEND, params );
        else ret = HOST_EOPNOTSUPP;
        sends_release_after( record, turn, ret, params->draining );

        if (ret == HOST_EINTR) continue;    /* another thread took the turn over */
        if (ret == HOST_ESTALE && waited) return HOST_ENOTSOCK;
        if ((ret = after_wait( &identity, params, ret )) == HOST_ENOTSOCK) return ret;
        if (ret != HOST_EAGAIN || !waits || !params->draining) return ret;
        if (end && GetTickCount64() >= end) return HOST_ETIMEDOUT;
        run_apcs();
        params->wait = SLICE_MS;
    }
}

/* A datagram with ancillary data, which AFD does not take: where there is no room the host waits for it,
 * as AFD would. Answers what HOST_SEND does, or as receive_in_slices. */
static int send_with_data( struct socket_record *record, struct host_transfer_params *params, BOOL wait )
{
    const struct identity identity = identify( record );
    ULONGLONG end = record->send_timeout ? GetTickCount64() + record->send_timeout : 0;
    BOOL waited = FALSE;
    int ret;

    for (;; waited = TRUE)
    {
        ret = host_call( HOST_SEND, params );
        if (ret == HOST_ESTALE && waited) return HOST_ENOTSOCK;
        if (ret != HOST_EAGAIN || !wait) return ret;
        if (end && GetTickCount64() >= end) return HOST_ETIMEDOUT;
        run_apcs();
        if (is_gone( &identity )) return HOST_ENOTSOCK;
        params->wait = SLICE_MS;
    }
}

/* With SO_SNDBUF 0 a send is over when the peer's TCP has acknowledged it, whether the function returns then
 * or a completion comes; one that may not wait leaves its bytes to us (MS: KB 214397). A completion that may
 * end in a cancellation is not for registered I/O, which would send again. */
static BOOL lasts_until_delivery( const struct socket_record *record, const struct fast_transfer *transfer )
{
    static const LONG pends = RECORD_OVERLAPPED | RECORD_REGISTERED_IO;

    if (!(record->flags & RECORD_UNBUFFERED) || record->type != SOCK_STREAM) return FALSE;
    if (!transfer->overlapped) return !(record->flags & RECORD_NONBLOCKING);
    return (record->flags & pends) == RECORD_OVERLAPPED && reactor_available();
}

/* Wait for that in a blocking call. */
static int await_delivery( SOCKET s, struct socket_record *record, ULONGLONG position )
{
    struct host_watch_params watch = { .socket = s, .what = HOST_WATCH_DELIVERY, .action = HOST_WATCH_LOOK,
                                       .seen = position };
    const struct identity identity = identify( record );
    ULONGLONG end = record->send_timeout ? GetTickCount64() + record->send_timeout : 0;
    HANDLE event = sync_event();
    LARGE_INTEGER time;
    unsigned int nap;
    int ret, error = 0;

    if (event) NtResetEvent( event, NULL );     /* nobody sets it here: it only lets the wait be alertable */
    for (nap = 1; event; nap = min( nap * 2, SLICE_MS ))
    {
        ret = host_call( HOST_WATCH, &watch );
        if (is_gone( &identity )) error = WSAEINTR;
        else if (ret == HOST_ECONNRESET) error = reset_error( s, &identity );
        else if (ret == HOST_EAGAIN && end && GetTickCount64() >= end) error = WSAETIMEDOUT;
        if (error || ret != HOST_EAGAIN) break;
        time.QuadPart = -(LONGLONG)nap * 10000;
        if ((error = wait_blocking( event, &time, AFD_ALERTABLE )) != WSAETIMEDOUT) break;
        error = 0;
    }
    release_sync_event( event );
    return error;
}

BOOL fast_send( SOCKET s, struct socket_record *record, struct fast_transfer *transfer, int *error )
{
    struct host_buffer buffers[MAX_BUFFERS];
    const struct identity identity = identify( record );
    struct host_transfer_params params;
    BOOL stream, nonblocking;
    ULONGLONG total;
    int ret;

    *error = 0;
    if (!record || (transfer->flags & ~MSG_PARTIAL)) return FALSE;
    if (record->flags & RECORD_RESET)
    {
        *error = reset_error( s, &identity );
        return TRUE;
    }
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
    if (!host_allowed( record, DIRECTION_SEND )) return FALSE;

    params.socket = host_socket_of( s, record );
    params.buffers = (ULONG_PTR)buffers;
    params.count = transfer->count;
    params.wait = wait_time( record, transfer, record->send_timeout );
    if (stream)
    {
        params.flags = HOST_MSG_ORDERED | HOST_MSG_TAKE;
        if (lasts_until_delivery( record, transfer ))
        {
            params.flags |= HOST_MSG_QUEUE | HOST_MSG_POSITION;
            params.wait = 0;
        }
        else if (transfer->overlapped) params.flags |= HOST_MSG_WHOLE | HOST_MSG_QUEUE;
        else if (!nonblocking) params.flags |= HOST_MSG_WHOLE;
        ret = send_in_order( s, record, &params );
    }
    else if (transfer->send_control)
    {
        params.control = (ULONG_PTR)transfer->send_control;
        ret = send_with_data( record, &params, transfer->overlapped || !nonblocking );
        if (ret == HOST_ESTALE)
        {
            *error = WSAESTALE;
            return FALSE;
        }
        transfer->transferred = params.transferred;
        *error = ret == HOST_EAGAIN ? WSAEWOULDBLOCK : ret == HOST_ENOTSOCK ? WSAEINTR
               : is_consumed( ret ) ? consumed_error( s, &identity, DIRECTION_SEND, ret )
               : host_error_to_wsa( ret, OPERATION_SENDTO );
        return TRUE;
    }
    else ret = host_call( HOST_SEND, &params );

    switch (ret)
    {
    case HOST_OK:
        transfer->transferred = params.transferred;
        transfer->position = params.position;
        *error = params.position && !transfer->overlapped ? await_delivery( s, record, params.position ) : 0;
        return TRUE;
    case HOST_EAGAIN:
        if (transfer->overlapped || !nonblocking) return FALSE;
        /* AFD remembers that FD_WRITE is owed; but it must not send into what is on its way */
        if (record->flags & RECORD_WATCHED)
        {
            if (!params.draining) return FALSE;
            event_send_refused( s, record );
        }
        *error = WSAEWOULDBLOCK;
        return TRUE;
    case HOST_ESTALE:
        *error = WSAESTALE;
        return FALSE;
    case HOST_ETIMEDOUT:
        if (!params.draining) break;
        *error = WSAETIMEDOUT;
        return TRUE;
    case HOST_ENOTSOCK:
        *error = WSAEINTR;      /* closed by another thread */
        return params.wait != 0;
    }
    *error = send_error( s, record, identity.generation, ret );
    return *error != 0;
}

int afd_answer( SOCKET s, struct socket_record *record, LONG generation, enum direction direction,
                ULONGLONG total, DWORD transferred, int error )
{
    const struct identity identity = { record, generation };
    /* where urgent data went, an unread byte that Windows has not got makes the host's close a reset */
    static const LONG unsure = RECORD_SHUT_SEND | RECORD_SHUT_RECV | RECORD_URGENT;
    int state;

    if (!record) return error;
    if (error) error = afd_error_to_wsa( error, operation_of( record, direction ));
    if (record->type != SOCK_STREAM || !(record->flags & RECORD_CONNECTED)) return error;
    if (error == WSAECONNRESET) error = reset_error( s, &identity );
    else if (!error && direction == DIRECTION_RECV && total && !transferred &&
             record_is_internet( record ) && (record->flags & RECORD_OURS) && !(record->flags & unsure) &&
             !host_get_int( s, HOST_OPT_TCP_STATE, &state ) && state == HOST_TCP_CLOSED)
        error = reset_error( s, &identity );
    return error;
}

/*** bytes that go out in the background ***/

BOOL drain_possible( const struct socket_record *record )
{
    return record && (record->path.sender & SENDER_DRAINS);
}

static BOOL drain( SOCKET s, struct socket_record *record, enum host_drain_action action, DWORD timeout )
{
    struct host_drain_params params = { .action = action, .timeout = timeout };

    if (!drain_possible( record )) return FALSE;
    params.socket = host_socket( s );
    return !host_call( HOST_DRAIN, &params ) && params.active;
}

BOOL drain_active( SOCKET s, struct socket_record *record )
{
    return drain( s, record, HOST_DRAIN_QUERY, 0 );
}

BOOL drain_shutdown( SOCKET s, struct socket_record *record )
{
    return drain( s, record, HOST_DRAIN_SHUTDOWN, 0 );
}

BOOL drain_linger( SOCKET s, unsigned int seconds )
{
    struct host_drain_params params = { .socket = host_socket( s ), .action = HOST_DRAIN_LINGER };
    ULONGLONG end = GetTickCount64() + seconds * 1000ull;
    unsigned int nap;

    for (nap = 1; !host_call( HOST_DRAIN, &params ) && params.active; nap = min( nap * 2, SLICE_MS ))
    {
        if (GetTickCount64() >= end) return FALSE;
        Sleep( nap );
    }
    return TRUE;
}

void drain_before_close( SOCKET s, struct socket_record *record )
{
    drain( s, record, HOST_DRAIN_CLOSE, 0 );
}

/* Copy an overlapped send of AFD's behind what goes out in the background. Answers what HOST_SEND does,
 * HOST_EOPNOTSUPP when nothing does any more. */
static int send_behind( SOCKET s, struct socket_record *record, struct fast_transfer *transfer )
{
    struct host_transfer_params params = { .flags = HOST_MSG_ORDERED | HOST_MSG_QUEUE | HOST_MSG_BEHIND };
    struct host_buffer *buffers;
    ULONGLONG total;
    int ret;

    if (!(buffers = HeapAlloc( GetProcessHeap(), 0, (transfer->count + 1) * sizeof(*buffers) )))
        return HOST_ENOBUFS;
    params.socket = host_socket_of( s, record );
    params.buffers = (ULONG_PTR)buffers;
    params.count = transfer->count;
    ret = fill_host_buffers( transfer, buffers, &total ) ? host_call( HOST_SEND, &params ) : HOST_ENOBUFS;
    transfer->transferred = params.transferred;
    HeapFree( GetProcessHeap(), 0, buffers );
    return ret;
}

/* Whether the background has bytes, and whether the end of sending is behind them: one answer, as a shutdown
 * has the turn while it sees to both. */
static BOOL is_sending_behind( SOCKET s, struct socket_record *record, BOOL *shut )
{
    LONG turn = sends_hold( s, record );
    BOOL active = drain( s, record, HOST_DRAIN_QUERY, 0 );

    *shut = !!(record->flags & RECORD_SHUT_SEND);
    sends_release( record, turn );
    return active;
}

BOOL afd_send_begins( SOCKET s, struct socket_record *record, struct fast_transfer *transfer, int *error )
{
    struct identity identity;
    ULONGLONG start = 0;
    BOOL active, shut;
    int ret;

    if (!drain_possible( record )) return TRUE;
    for (identity = identify( record );; drain( s, record, HOST_DRAIN_QUERY, SLICE_MS ))
    {
        active = is_sending_behind( s, record, &shut );
        *error = WSAESHUTDOWN;  /* AFD does not know of it */
        if (shut) return FALSE;
        if (!active) return TRUE;
        if (transfer && transfer->overlapped)
        {
            /* urgent data is nothing to queue; MS: WSASend, too many overlapped requests */
            BOOL can = !(transfer->flags & MSG_OOB) && fast_completion_available();

            ret = can ? send_behind( s, record, transfer ) : HOST_EAGAIN;
            if (ret == HOST_EOPNOTSUPP) continue;
            if (ret == HOST_ESTALE) return TRUE;
            *error = !ret ? 0 : ret == HOST_EAGAIN ? WSAEWOULDBLOCK : WSAENOBUFS;
            return FALSE;
        }
        *error = WSAEWOULDBLOCK;
        if (transfer && (record->flags & RECORD_NONBLOCKING))
        {
            if (record->flags & RECORD_WATCHED) event_send_refused( s, record );
            return FALSE;
        }
        run_apcs();
        *error = WSAEINTR;
        if (is_gone( &identity )) return FALSE;
        *error = WSAETIMEDOUT;
        if (!start) start = GetTickCount64();
        if (record->send_timeout && GetTickCount64() >= start + record->send_timeout) return FALSE;
    }
}

void drain_wait(void)
{
    struct host_drain_params params = { .action = HOST_DRAIN_WAIT, .timeout = DRAIN_PATIENCE_MS };

    if (sends_drained && !host_call( HOST_DRAIN, &params ) && params.active)
        WARN( "bytes of earlier sends are lost.\n" );
}

/*** select and WSAPoll ***/

BOOL fast_pollable( struct socket_record *record )
{
    static const LONG bar = RECORD_CONNECTING | RECORD_ACCEPT_TARGET | RECORD_LISTENING | RECORD_URGENT |
                            RECORD_SHUT_SEND | RECORD_SHUT_RECV | RECORD_WATCHED | RECORD_RESET;

    if (record && (record->flags & RECORD_TAPPED)) return TRUE;
    return record && !(record->flags & bar) && state_allows( record, DIRECTION_RECV );
}

/* Whether a packet's post need not be waited for: what this thread asks the server next comes after it. */
static BOOL posts_deferred;

/* A packet of the proof, which has its values from the number. */
static BOOL post_packet( UINT64 socket, unsigned int number, BOOL deferred )
{
    struct host_complete_params params = { .socket = socket, .overlapped = 0x12345678 + number,
                                           .information = 77 + number, .deferred = deferred };

    return !host_call( HOST_COMPLETE, &params ) && !params.result && !params.deferred == !deferred;
}

static BOOL packet_is_there( HANDLE port, unsigned int number )
{
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    DWORD count;

    return GetQueuedCompletionStatus( port, &count, &key, &overlapped, 0 ) && count == 77 + number &&
           key == 0x51 && overlapped == (OVERLAPPED *)(ULONG_PTR)(0x12345678 + number);
}

static BOOL port_is_empty( HANDLE port )
{
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    DWORD count;

    return !GetQueuedCompletionStatus( port, &count, &key, &overlapped, 0 ) && !overlapped;
}

/* Posts that are not waited for, the first of which fails: whatever is asked behind them gets its own
 * answer, a longer one, too, and the packets are there in their order. */
static BOOL prove_deferral( UINT64 socket, HANDLE port )
{
    union
    {
        OBJECT_TYPE_INFORMATION type;
        char room[512];
    } info;

    return post_packet( 0, 0, TRUE ) && post_packet( socket, 1, TRUE ) && post_packet( socket, 2, TRUE ) &&
           !NtQueryObject( port, ObjectTypeInformation, &info, sizeof(info), NULL ) &&
           info.type.TypeName.Length == sizeof(L"IoCompletion") - sizeof(WCHAR) &&
           packet_is_there( port, 1 ) && post_packet( socket, 3, TRUE ) && packet_is_there( port, 2 ) &&
           packet_is_there( port, 3 ) && port_is_empty( port );
}

/* Post packets on a port of our own through the host half and see them arrive as sent. The number of the
 * server's request is known for some versions only, and a wrong one must not reach a program's port. */
static BOOL prove_completions(void)
{
    BOOL works = FALSE;
    UINT64 socket;
    HANDLE port;
    SOCKET s;
    int error;

    s = base_socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED, &error );
    if (s == INVALID_SOCKET) return FALSE;
    if ((port = CreateIoCompletionPort( (HANDLE)s, NULL, 0x51, 0 )))
    {
        socket = host_socket( s );
        works = post_packet( socket, 0, FALSE ) && packet_is_there( port, 0 ) && port_is_empty( port );
        posts_deferred = works && prove_deferral( socket, port );
        if (posts_deferred) TRACE( "packets are posted without waiting.\n" );
        else if (works) WARN( "the posts of packets are waited for.\n" );
        CloseHandle( port );
    }
    base_close_socket( s, &error );
    if (!works) WARN( "completions go through AFD.\n" );
    return works;
}

BOOL fast_completion_available(void)
{
    static LONG answer;

    return proven( &answer, prove_completions );
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
    if (NtQueryInformationFile( (HANDLE)s, &io, &info, sizeof(info),
                                FileIoCompletionNotificationInformation ) ||
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
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, NTSTATUS status, ULONG_PTR information,
                   BOOL pended )
{
    struct host_complete_params params = { .socket = host_socket( s ), .overlapped = (ULONG_PTR)overlapped,
                                           .information = information, .status = status, .async = pended,
                                           .deferred = posts_deferred && !pended };
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
    /* the event first: who has the packet may close it */
    if (event && (pended || ((ULONG_PTR)copy.hEvent & 3) != (1 | OVERLAPPED_QUIET)))
        NtSetEvent( event, NULL );
    if (!((ULONG_PTR)copy.hEvent & 1) && (pended || !record || !skips_port( s, record )))
        host_call( HOST_COMPLETE, &params );
    return 0;
}
