/*
 * Base provider: sending and receiving, and the result of overlapped calls.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"
#include "control.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Flags that a call may carry (MS: send, recv); any other is WSAEOPNOTSUPP. */
#define SEND_FLAGS (MSG_OOB | MSG_DONTROUTE | MSG_PARTIAL)
#define MSG_PUSH_IMMEDIATE 0x20
#define RECV_FLAGS (MSG_OOB | MSG_PEEK | MSG_PARTIAL | MSG_WAITALL | MSG_PUSH_IMMEDIATE)

#define INLINE_BUFFERS 16

/* The program's WSABUF array, copied so that it cannot change under us. */
struct buffer_list
{
    WSABUF *buffers;
    DWORD count;
    WSABUF local[INLINE_BUFFERS];
};

static int copy_buffers( struct buffer_list *list, const WSABUF *buffers, DWORD count )
{
    list->buffers = list->local;
    list->count = count;
    if (!count) return 0;
    if (count > INLINE_BUFFERS)
    {
        if (count > 0x10000) return WSAENOBUFS;
        list->buffers = HeapAlloc( GetProcessHeap(), 0, count * sizeof(*buffers) );
        if (!list->buffers) return WSAENOBUFS;
    }
    if (guard_read( list->buffers, buffers, count * sizeof(*buffers) )) return 0;
    if (list->buffers != list->local) HeapFree( GetProcessHeap(), 0, list->buffers );
    return WSAEFAULT;
}

static ULONGLONG total_size( const struct buffer_list *list )
{
    ULONGLONG total = 0;
    DWORD i;

    for (i = 0; i < list->count; i++) total += list->buffers[i].len;
    return total;
}

static void free_buffers( struct buffer_list *list )
{
    if (list->buffers != list->local) HeapFree( GetProcessHeap(), 0, list->buffers );
}

/* A socket that came from elsewhere becomes known when it is first used overlapped: WSAGetOverlappedResult
 * refuses handles it has never seen (reference 3.3). */
static struct socket_record *known_record( SOCKET s, const OVERLAPPED *overlapped )
{
    struct socket_record *record = record_find( s );

    if (!record && overlapped && !check_socket( s )) record = record_create( s, 0, 0, 0, 0 );
    return record;
}

/* A connection that was being made (connect without waiting, ConnectEx, AcceptEx) is one when AFD moves
 * bytes on it, not before (rule 14). */
static void note_connected( SOCKET s, struct socket_record *record )
{
    if (!record || record->type != SOCK_STREAM || (record->flags & RECORD_CONNECTED)) return;
    if (record->flags & RECORD_ACCEPT_TARGET) record_apply_options( s );
    icmp_errors_end( s, record, 0 );
    record_clear( record, RECORD_CONNECTING | RECORD_ACCEPT_TARGET );
    record_set( record, RECORD_BOUND | RECORD_CONNECTED );
}

/* A handle that is no socket comes before a pointer that is no memory (Wine T:test_WSASendTo). */
static int fault( SOCKET s )
{
    int error = check_socket( s );

    return error ? error : WSAEFAULT;
}

/* A stream whose connection is still being made moves nothing: WSAENOTCONN on Windows, where the host says
 * "not now" (T:test_connecting_socket). The flag alone may be old. */
static BOOL is_connecting( SOCKET s, const struct socket_record *record )
{
    int state;

    return record && record->type == SOCK_STREAM && (record->flags & RECORD_OURS) &&
           (record->flags & RECORD_CONNECTING) && !(record->flags & RECORD_CONNECTED) &&
           !host_get_int( s, HOST_OPT_TCP_STATE, &state ) && state == HOST_TCP_SYN_SENT;
}

static int min_address_length( const struct socket_record *record )
{
    if (!record || record->type != SOCK_DGRAM) return 0;
    switch (record->family)
    {
    case AF_INET:  return sizeof(struct sockaddr_in);
    case AF_INET6: return sizeof(struct sockaddr_in6);
    default:       return 0;
    }
}

/* What distinguishes the receive forms; pointers are the program's. */
struct receive
{
    DWORD *received;
    DWORD *flags;
    struct sockaddr *from;
    INT *from_len;
    WSABUF *control;            /* inside a WSAMSG */
    WSABUF control_room;        /* what that was */
    LONG waited;                /* the generation of the socket whose host was waited for, or 0 */
};

/* More than all messages of a datagram but its routing header take. */
#define MAX_CONTROL 2048

/* MSG_WAITALL: the host of a blocking stream is asked again until the buffers are full, or it has no
 * more. */
static void receive_rest( SOCKET s, struct afd_recvmsg_params *params, struct buffer_list *list,
                          DWORD *received )
{
    WSABUF *buffer = list->buffers, *end = buffer + list->count;
    DWORD part = *received;

    while (part)
    {
        while (buffer < end && part >= buffer->len) part -= (buffer++)->len;
        if (buffer == end) return;
        buffer->buf += part;
        buffer->len -= part;

        params->buffers_ptr = (ULONG_PTR)buffer;
        params->count = end - buffer;
        part = 0;
        if (afd_request( s, IOCTL_AFD_WINE_RECVMSG, params, sizeof(*params), NULL, 0, NULL, NULL,
                         AFD_ALERTABLE, &part )) return;
        *received += part;
    }
}

static int write_control( const struct receive *args, const struct host_control *control, const void *data,
                          BOOL truncated )
{
    DWORD flags = truncated ? control->flag_values[HOST_CONTROL_FLAG_COUNT] : 0, i;
    ULONG len = control->size;

    for (i = 0; i < HOST_CONTROL_FLAG_COUNT; i++)
        if (control->flags & (1u << i)) flags |= control->flag_values[i];

    if ((len && !guard_write( args->control_room.buf, data, len )) ||
        !guard_write( &args->control->len, &len, sizeof(len) ) ||
        !guard_write( args->flags, &flags, sizeof(flags) ))
        return WSAEFAULT;
    return truncated || (flags & MSG_CTRUNC) ? WSAEMSGSIZE : 0;
}

/* Receive on the host where that is right; FALSE leaves it to AFD. */
static BOOL receive_fast( SOCKET s, struct socket_record *record, const struct buffer_list *list,
                          const struct receive *args, DWORD flags, INT from_len, OVERLAPPED *overlapped,
                          LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *received, int *error )
{
    SOCKADDR_STORAGE from;
    struct fast_transfer transfer = { .buffers = list->buffers, .count = list->count, .flags = flags,
                                      .overlapped = !!overlapped, .waited = args->waited != 0,
                                      .from = args->from ? &from : NULL };
    ULONGLONG data[MAX_CONTROL / sizeof(ULONGLONG)];
    struct host_control control;

    *error = 0;
    if (overlapped && !fast_completion_available()) return FALSE;
    if (args->control && !(record && (record->flags & RECORD_TAPPED)))
    {
        if (!control_available( record )) return FALSE;
        control.data = (ULONG_PTR)data;
        control.size = min( args->control_room.len, sizeof(data) );
        transfer.control = &control;
    }
    if (!fast_receive( s, record, &transfer, error )) return FALSE;

    *received = transfer.transferred;
    if ((!*error || *error == WSAEMSGSIZE) && args->from && transfer.from_len)
    {
        if (!guard_write( args->from, &from, min( from_len, transfer.from_len )) ||
            !guard_write( args->from_len, &transfer.from_len, sizeof(transfer.from_len) ))
            *error = WSAEFAULT;
    }
    if (transfer.control && (!*error || *error == WSAEMSGSIZE))
        *error = write_control( args, &control, data, *error );
    /* a truncated datagram is reported at once and completes all the same */
    if (overlapped && (!*error || *error == WSAEMSGSIZE))
    {
        NTSTATUS status = *error ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
        int ret = fast_complete( s, record, overlapped, routine, status, *received, FALSE );

        if (ret) *error = ret;
        else if (routine && *error) *error = WSA_IO_PENDING;    /* T: test_WSARecvMsg */
    }
    return TRUE;
}

/* Wait for a datagram outside of AFD where that is right; FALSE leaves it to AFD. */
static BOOL pend( SOCKET s, struct socket_record *record, const struct buffer_list *list,
                  const struct receive *args, DWORD flags, INT from_len, OVERLAPPED *overlapped,
                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *received, int *error )
{
    BOOL tapped = record && (record->flags & RECORD_TAPPED);
    struct pended_receive receive = { .buffers = list->buffers, .count = list->count, .flags = flags,
                                      .from = args->from, .from_len = args->from_len, .from_size = from_len,
                                      .overlapped = overlapped, .routine = routine,
                                      .control = tapped ? NULL : args->control,
                                      .control_room = args->control_room, .control_flags = args->flags };

    if (!record || !datagram_pend( s, record, &receive, error )) return FALSE;
    *received = receive.transferred;
    return TRUE;
}

static BOOL is_stream( SOCKET s, const struct socket_record *record )
{
    struct afd_get_info_params info;

    if (record && record->type) return record->type == SOCK_STREAM;
    return !socket_kind( s, &info ) && info.type == SOCK_STREAM;
}

static void fill_recvmsg( struct afd_recvmsg_params *params, const struct receive *args, unsigned int *flags,
                          const struct buffer_list *list, const OVERLAPPED *overlapped )
{
    memset( params, 0, sizeof(*params) );
    params->control_ptr = (ULONG_PTR)args->control;
    if (args->from)
    {
        params->addr_ptr = (ULONG_PTR)args->from;
        params->addr_len_ptr = (ULONG_PTR)args->from_len;
    }
    params->ws_flags_ptr = args->control ? (ULONG_PTR)args->flags : (ULONG_PTR)flags;
    params->force_async = !!overlapped;
    params->count = list->count;
    params->buffers_ptr = (ULONG_PTR)list->buffers;
}

static int receive( SOCKET s, const WSABUF *buffers, DWORD count, const struct receive *program_args,
                    OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    struct socket_record *record = known_record( s, overlapped );
    LONG generation = program_args->waited ? program_args->waited : record ? record->born : 0;
    struct receive copy = *program_args, *args = &copy;
    struct afd_recvmsg_params params;
    struct buffer_list list;
    unsigned int flags;
    DWORD received = 0;
    INT from_len = 0;
    int error;

    if (args->waited && (!record || record_is_gone( record, generation ))) return WSAEINTR;
    if (!guard_read( &flags, args->flags, sizeof(flags) )) return fault( s );
    if ((!overlapped || args->received) && !guard_touch( args->received, sizeof(*args->received) ))
        return fault( s );
    if (overlapped && !guard_touch( overlapped, sizeof(*overlapped) )) return fault( s );
    if (!count) return WSAEINVAL;
    if (flags & ~RECV_FLAGS) return WSAEOPNOTSUPP;
    /* a stream has no senders, and looks at neither pointer (Wine 10 T:test_tcp_sendto_recvfrom) */
    if (args->from && is_stream( s, record )) args->from = NULL;
    if (args->from)
    {
        if (!guard_read( &from_len, args->from_len, sizeof(from_len) )) return WSAEFAULT;
        if (from_len < min_address_length( record )) return WSAEFAULT;
        if (!guard_touch( args->from, min( from_len, (INT)sizeof(SOCKADDR_STORAGE) ))) return WSAEFAULT;
    }
    if (record && (record->flags & RECORD_OURS) && record->type == SOCK_DGRAM &&
        !(record->flags & (RECORD_BOUND | RECORD_CONNECTED)))
        return WSAEINVAL;       /* reference 3.3: receive on an unbound datagram socket */
    /* a duplicate has the state of when it was made (T:test_WSADuplicateSocket) */
    if (record && (record->flags & (RECORD_UNBOUND_COPY | RECORD_BOUND)) == RECORD_UNBOUND_COPY)
        return WSAEINVAL;
    if (record && (record->flags & RECORD_LISTENING)) return WSAENOTCONN;   /* AFD would wait */
    if (is_connecting( s, record )) return WSAENOTCONN;
    if ((flags & MSG_OOB) && record && record->type == SOCK_DGRAM)
        return WSAEOPNOTSUPP;   /* MS: recv, send */
    if (flags & MSG_OOB) record_set( record, RECORD_URGENT );
    if (flags & MSG_WAITALL)
    {
        /* MS: recv; the host can do this only where it waits */
        if (flags & (MSG_OOB | MSG_PEEK | MSG_PARTIAL)) return WSAEOPNOTSUPP;
        if (record && (record->type != SOCK_STREAM || (record->flags & RECORD_NONBLOCKING)))
            return WSAEOPNOTSUPP;
    }
    if ((error = copy_buffers( &list, buffers, count ))) return error;
    handover_check( s, record );

    if (receive_fast( s, record, &list, args, flags, from_len, overlapped, routine, &received, &error ))
    {
        if (error || overlapped || !(flags & MSG_WAITALL)) goto done;
        afd_path_enter( s, record, DIRECTION_RECV );
        fill_recvmsg( &params, args, &flags, &list, overlapped );
    }
    else if (error == WSAESTALE)
    {
        free_buffers( &list );
        if (args->waited) return WSAEINTR;
        return receive( s, buffers, count, program_args, overlapped, routine );
    }
    else if (record_is_gone( record, generation ))
    {
        error = overlapped ? WSAENOTSOCK : WSAEINTR;
        goto done;
    }
    else if (pend( s, record, &list, args, flags, from_len, overlapped, routine, &received, &error ))
        goto done;
    else if (record && (record->flags & RECORD_TAPPED))
    {
        error = WSAEOPNOTSUPP;  /* AFD would wait for ever */
        goto done;
    }
    else
    {
        afd_path_enter( s, record, DIRECTION_RECV );
        fill_recvmsg( &params, args, &flags, &list, overlapped );
        if (args->control && record) control_leave( s, record );
        error = overlapped && record && !args->control
                ? stream_pend( s, record, list.buffers, list.count, flags, overlapped, routine, &received )
                : WSAEOPNOTSUPP;
        if (error == WSAEOPNOTSUPP)
            error = afd_request( s, IOCTL_AFD_WINE_RECVMSG, &params, sizeof(params), NULL, 0, overlapped,
                                 routine, AFD_ALERTABLE, &received );
        if (!error) note_connected( s, record );
        /* AFD has no status of its own for what another thread has closed, or tells of the next socket */
        if (!overlapped && error && record_is_gone( record, generation )) error = WSAEINTR;
        else error = afd_answer( s, record, generation, DIRECTION_RECV, total_size( &list ), received,
                                 error );
    }
    if (!error && !overlapped && (flags & MSG_WAITALL)) receive_rest( s, &params, &list, &received );
    afd_path_leave( record, DIRECTION_RECV, error == WSA_IO_PENDING ? (IO_STATUS_BLOCK *)overlapped : NULL );

done:
    free_buffers( &list );
    if (error == WSAEFAULT) event_receive_failed( s, record );
    if (record) rcvall_arm( s, record );
    if (record && (record->flags & RECORD_TAPPED) && args->control && !error)
    {
        static const ULONG none;

        guard_write( &args->control->len, &none, sizeof(none) );    /* such a packet has nothing beside it */
    }

    if (!error || error == WSAEMSGSIZE)
    {
        if (args->received && !guard_write( args->received, &received, sizeof(received) )) return WSAEFAULT;
        if (error == WSAEMSGSIZE && !args->control)
        {
            flags |= MSG_PARTIAL;
            if (!guard_write( args->flags, &flags, sizeof(flags) )) return WSAEFAULT;
        }
    }
    return error;
}

int WINAPI base_recv_from( SOCKET s, WSABUF *buffers, DWORD count, DWORD *received, DWORD *flags,
                           struct sockaddr *from, INT *from_len, WSAOVERLAPPED *overlapped,
                           LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, WSATHREADID *thread, INT *error )
{
    const struct receive args = { .received = received, .flags = flags, .from = from, .from_len = from_len };

    (void)thread;
    *error = receive( s, buffers, count, &args, overlapped, routine );
    return *error ? SOCKET_ERROR : 0;
}

int WINAPI base_recv( SOCKET s, WSABUF *buffers, DWORD count, DWORD *received, DWORD *flags,
                      WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                      WSATHREADID *thread, INT *error )
{
    return base_recv_from( s, buffers, count, received, flags, NULL, NULL, overlapped, routine, thread,
                           error );
}

int receive_one( SOCKET s, char *data, DWORD len, DWORD *flags, struct sockaddr *from, INT *from_len,
                 DWORD *received )
{
    struct receive args = { .received = received, .flags = flags, .from = from, .from_len = from_len };
    WSABUF buffer = { len, data };
    int error;

    if (!*flags && plain_receive( s, data, len, from, from_len, received, &args.waited, &error ))
        return error;
    return receive( s, &buffer, 1, &args, NULL, NULL );
}

int base_recv_msg( SOCKET s, WSAMSG *msg, DWORD *received, WSAOVERLAPPED *overlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, INT *error )
{
    struct receive args = { .received = received, .flags = &msg->dwFlags };
    DWORD ignored;
    WSAMSG copy;

    if (!guard_read( &copy, msg, sizeof(copy) ) || !guard_touch( msg, sizeof(*msg) ) ||
        (copy.Control.len && !guard_touch( copy.Control.buf, copy.Control.len )))
    {
        *error = WSAEFAULT;
        return SOCKET_ERROR;
    }
    if (copy.name)
    {
        args.from = copy.name;
        args.from_len = &msg->namelen;
    }
    args.control = &msg->Control;
    args.control_room = copy.Control;
    if (!received && !overlapped) args.received = &ignored;
    *error = receive( s, copy.lpBuffers, copy.dwBufferCount, &args, overlapped, routine );
    return *error ? SOCKET_ERROR : 0;
}

/* Send on the host where that is right; FALSE leaves it to AFD. */
static BOOL transmit_fast( SOCKET s, struct socket_record *record, const struct buffer_list *list,
                           DWORD flags, const struct sockaddr *to, int to_len,
                           const struct host_send_control *control, OVERLAPPED *overlapped,
                           LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *sent, int *error )
{
    struct fast_transfer transfer = { .buffers = list->buffers, .count = list->count, .flags = flags,
                                      .overlapped = !!overlapped, .to = to, .to_len = to_len,
                                      .send_control = control };

    *error = 0;
    if (overlapped && !fast_completion_available()) return FALSE;
    if (!fast_send( s, record, &transfer, error )) return FALSE;
    *sent = transfer.transferred;
    if (*error || !overlapped) return TRUE;
    if (transfer.position &&
        notify_delivered( s, transfer.position, *sent, overlapped, routine ) == WSA_IO_PENDING)
        *error = WSA_IO_PENDING;
    else *error = fast_complete( s, record, overlapped, routine, 0, *sent, FALSE );
    return TRUE;
}

/* AFD binds a datagram socket at its first send, but takes no ancillary data: bind it as that does. */
static void bind_for_host( SOCKET s, struct socket_record *record )
{
    SOCKADDR_STORAGE any = { .ss_family = record->family };
    int error;

    if ((record->flags & (RECORD_OURS | RECORD_BOUND)) == RECORD_OURS)
        base_bind( s, (struct sockaddr *)&any, address_size( record->family ), &error );
}

/* MS: sendto; without SO_BROADCAST the address is refused, whether there is a network or not. The host looks
 * for a route first. */
static BOOL is_refused_broadcast( SOCKET s, const SOCKADDR_STORAGE *to )
{
    int on;

    return to->ss_family == AF_INET &&
           ((const struct sockaddr_in *)to)->sin_addr.s_addr == htonl( INADDR_BROADCAST ) &&
           !host_get_int( s, HOST_OPT_BROADCAST, &on ) && !on;
}

static int transmit( SOCKET s, const WSABUF *buffers, DWORD count, DWORD *sent, DWORD flags,
                     const struct sockaddr *to, int to_len, const struct host_send_control *control,
                     OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    struct socket_record *record = known_record( s, overlapped );
    LONG generation = record ? record->born : 0;
    struct afd_sendmsg_params params;
    struct fast_transfer transfer;
    struct buffer_list list;
    SOCKADDR_STORAGE addr;
    DWORD transferred = 0;
    int error;

    if ((!overlapped || sent) && !guard_touch( sent, sizeof(*sent) )) return fault( s );
    if (overlapped && !guard_touch( overlapped, sizeof(*overlapped) )) return fault( s );
    if (flags & ~SEND_FLAGS) return WSAEOPNOTSUPP;
    if ((flags & MSG_OOB) && record && record->type == SOCK_DGRAM)
        return WSAEOPNOTSUPP;   /* MS: recv, send */
    if (flags & MSG_OOB) record_set( record, RECORD_URGENT );
    if (to && to_len > 0)
    {
        if (!guard_read( &addr, to, min( to_len, (int)sizeof(addr) ))) return WSAEFAULT;
        if (to_len < min_address_length( record )) return WSAEFAULT;
        if (min_address_length( record ) && to_len >= (int)sizeof(addr.ss_family) &&
            addr.ss_family != AF_UNSPEC && addr.ss_family != record->family)
            return WSAEAFNOSUPPORT;     /* MS: sendto */
        /* MS: sendto; the host would take it for loopback */
        if (min_address_length( record ) &&
            is_unspecified( (struct sockaddr *)&addr )) return WSAEADDRNOTAVAIL;
    }
    /* reference 3.2; AFD says what the host's EDESTADDRREQ is elsewhere */
    if (!to && record && record->type == SOCK_DGRAM &&
        (record->flags & (RECORD_OURS | RECORD_CONNECTED)) == RECORD_OURS)
        return WSAENOTCONN;
    /* never connected: the host's EPIPE stands for more than that */
    if (record && record->type == SOCK_STREAM && (record->flags & RECORD_OURS) &&
        !(record->flags & (RECORD_CONNECTED | RECORD_CONNECTING | RECORD_ACCEPT_TARGET)))
        return WSAENOTCONN;
    if (is_connecting( s, record )) return WSAENOTCONN;
    /* its end waits for bytes that go out in the background, and AFD does not know of it */
    if (drain_possible( record ) && (record->flags & RECORD_SHUT_SEND)) return WSAESHUTDOWN;
    if (to && (error = ports_bind_unnamed( s, record ))) return error;
    if ((error = copy_buffers( &list, buffers, count ))) return error;
    handover_check( s, record );

    if (control) bind_for_host( s, record );
    if (transmit_fast( s, record, &list, flags, to ? (struct sockaddr *)&addr : NULL, to_len, control,
                       overlapped, routine, &transferred, &error ))
        goto done;
    if (error == WSAESTALE)
    {
        free_buffers( &list );
        return transmit( s, buffers, count, sent, flags, to, to_len, control, overlapped, routine );
    }
    if (record_is_gone( record, generation ))
    {
        error = overlapped ? WSAENOTSOCK : WSAEINTR;
        goto done;
    }
    if (control && (control->present & HOST_SEND_SEGMENT))
    {
        error = WSAEMSGSIZE;    /* send_segments has to do it */
        goto done;
    }
    if (control) WARN( "socket %#Ix: AFD sends without ancillary data.\n", s );
    transfer = (struct fast_transfer){ .buffers = list.buffers, .count = list.count, .flags = flags,
                                       .overlapped = !!overlapped };
    afd_path_enter( s, record, DIRECTION_SEND );
    if (afd_send_begins( s, record, &transfer, &error ))
    {
        memset( &params, 0, sizeof(params) );
        if (to)
        {
            /* what pends needs the address to live on: the program's does, until completion */
            params.addr_ptr = overlapped ? (ULONG_PTR)to : (ULONG_PTR)&addr;
            params.addr_len = to_len;
        }
        params.ws_flags = flags;
        params.force_async = !!overlapped;
        params.count = list.count;
        params.buffers_ptr = (ULONG_PTR)list.buffers;
        error = afd_request( s, IOCTL_AFD_WINE_SENDMSG, &params, sizeof(params), NULL, 0, overlapped,
                             routine, 0, &transferred );
        if (!error) note_connected( s, record );
        error = afd_answer( s, record, generation, DIRECTION_SEND, 0, transferred, error );
    }
    else if (!error)
    {
        transferred = transfer.transferred;
        error = fast_complete( s, record, overlapped, routine, 0, transferred, FALSE );
    }
    afd_path_leave( record, DIRECTION_SEND, error == WSA_IO_PENDING ? (IO_STATUS_BLOCK *)overlapped : NULL );

done:
    free_buffers( &list );

    if (error == WSAENETUNREACH && to && is_refused_broadcast( s, &addr )) error = WSAEACCES;
    if ((!error || error == WSA_IO_PENDING) && record && record->selection) record->selection->sent = TRUE;
    /* the first send binds a datagram socket */
    if ((!error || error == WSA_IO_PENDING) && !(record && (record->flags & RECORD_BOUND)) &&
        !(record_set( record, RECORD_BOUND ) & RECORD_BOUND))
        event_datagram_bound( s, record );
    if (!error && sent && !guard_write( sent, &transferred, sizeof(transferred) )) return WSAEFAULT;
    return error;
}

int WINAPI base_send_to( SOCKET s, WSABUF *buffers, DWORD count, DWORD *sent, DWORD flags,
                         const struct sockaddr *to, int to_len, WSAOVERLAPPED *overlapped,
                         LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, WSATHREADID *thread, INT *error )
{
    (void)thread;
    *error = transmit( s, buffers, count, sent, flags, to, to_len, NULL, overlapped, routine );
    return *error ? SOCKET_ERROR : 0;
}

int send_one( SOCKET s, const char *data, DWORD len, DWORD flags, const struct sockaddr *to, int to_len,
              DWORD *sent )
{
    WSABUF buffer = { len, (char *)data };
    int error;

    if (!flags && plain_send( s, data, len, to, to_len, sent, &error )) return error;
    return transmit( s, &buffer, 1, sent, flags, to, to_len, NULL, NULL, NULL );
}

int send_with_control( SOCKET s, const WSABUF *buffers, DWORD count, DWORD *sent, DWORD flags,
                       const struct sockaddr *to, int to_len, const struct host_send_control *control,
                       OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    return transmit( s, buffers, count, sent, flags, to, to_len, control, overlapped, routine );
}

int WINAPI base_send( SOCKET s, WSABUF *buffers, DWORD count, DWORD *sent, DWORD flags,
                      WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                      WSATHREADID *thread, INT *error )
{
    return base_send_to( s, buffers, count, sent, flags, NULL, 0, overlapped, routine, thread, error );
}

/* What the host answers for segments that it does not make. */
static BOOL is_segment_error( int error )
{
    return error == WSAEMSGSIZE || error == WSAEINVAL || error == WSAEOPNOTSUPP || error == WSAENOBUFS;
}

/* WSASendMsg is for messages, and names the socket before it looks at anything but the pointer to them
 * (T: test_WSASendMsg). */
static int check_message_socket( SOCKET s )
{
    struct socket_record *record = record_find( s );

    if (!record) return 0;
    if (record->type == SOCK_STREAM) return WSAEINVAL;
    bind_for_host( s, record );
    return 0;
}

int base_send_msg( SOCKET s, WSAMSG *msg, DWORD flags, DWORD *sent, WSAOVERLAPPED *overlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, INT *error )
{
    struct host_send_control control;
    WSAMSG copy;

    if (!guard_read( &copy, msg, sizeof(copy) )) *error = fault( s );
    else if (!(*error = check_message_socket( s )) &&
             !(*error = control_parse( s, record_find( s ), &copy, &control )))
    {
        *error = transmit( s, copy.lpBuffers, copy.dwBufferCount, sent, flags, copy.name, copy.namelen,
                           control.present ? &control : NULL, overlapped, routine );
        if (is_segment_error( *error ) && (control.present & HOST_SEND_SEGMENT) && control.segment)
            return send_segments( s, &copy, &control, flags, sent, overlapped, routine, error );
    }
    return *error ? SOCKET_ERROR : 0;
}

/* Reference 3.1 and 3.3: the wait runs no APCs, and a handle that no Winsock call has made or used before
 * is not a socket here even if it is one. */
BOOL WINAPI base_get_overlapped_result( SOCKET s, WSAOVERLAPPED *overlapped, DWORD *transferred, BOOL wait,
                                        DWORD *flags, INT *error )
{
    OVERLAPPED copy;
    NTSTATUS status;
    DWORD count, no_flags = 0;

    if (!record_find( s ))
    {
        *error = WSAENOTSOCK;
        return FALSE;
    }
    if (!guard_read( &copy, overlapped, sizeof(copy) ) || !guard_touch( transferred, sizeof(*transferred) ))
    {
        *error = WSAEFAULT;
        return FALSE;
    }

    status = copy.Internal;
    if (status == STATUS_PENDING)
    {
        HANDLE event = (HANDLE)((ULONG_PTR)copy.hEvent & ~(ULONG_PTR)1);

        if (!wait)
        {
            *error = WSA_IO_INCOMPLETE;
            return FALSE;
        }
        if (WaitForSingleObject( event ? event : (HANDLE)s, INFINITE ) == WAIT_FAILED)
        {
            *error = GetLastError();
            return FALSE;
        }
        if (!guard_read( &copy, overlapped, sizeof(copy) ))
        {
            *error = WSAEFAULT;
            return FALSE;
        }
        status = copy.Internal;
    }

    count = copy.InternalHigh;
    /* a wait ends when the event says so, and then that is it (Wine 10 T:test_WSAGetOverlappedResult) */
    *error = status == STATUS_PENDING ? WSA_IO_PENDING : status_to_wsa( status );
    if (*error == WSAENETUNREACH) *error = icmp_connect_error( s, record_find( s ), *error ); /* ConnectEx */
    if (!guard_write( transferred, &count, sizeof(count) ) ||
        (NT_SUCCESS( status ) && !guard_write( flags, &no_flags, sizeof(no_flags) )))
    {
        *error = WSAEFAULT;
        return FALSE;
    }
    return NT_SUCCESS( status );
}
