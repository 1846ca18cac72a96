/*
 * The usual transfer: one buffer, no flags, nothing else going on with the socket.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All of fastpath.c may happen to a transfer, and most of it hardly ever does. Here one look at the record
 * says that none of it is to be thought of, and one call of the host is all. Whatever is not so goes the
 * long way, which begins anew; so nothing may have been consumed by then.
 */
#include "ws2_32_private.h"

/* What a transfer of each direction has to be looked at for. */
#define BAR_ANY (RECORD_CONNECTING | RECORD_LISTENING | RECORD_RESET | RECORD_ACCEPT_TARGET | RECORD_TAPPED | \
                 RECORD_URGENT)
#define BAR_SEND (BAR_ANY | RECORD_SHUT_SEND)
#define BAR_RECV (BAR_ANY | RECORD_SHUT_RECV | RECORD_WATCHED)

/* A program's memory, mostly on its stack. */
static FORCEINLINE BOOL read_program( void *dst, const void *src, SIZE_T len )
{
    if (!guard_on_stack( src, len )) return guard_read( dst, src, len );
    memcpy( dst, src, len );
    return TRUE;
}

static FORCEINLINE BOOL write_program( void *dst, const void *src, SIZE_T len )
{
    if (!guard_on_stack( dst, len )) return guard_write( dst, src, len );
    memcpy( dst, src, len );
    return TRUE;
}

static inline BOOL is_idle( const struct socket_record *record, enum direction direction )
{
    const struct data_path *path = &record->path;

    if (path->afd[direction] || path->slots_full[direction]) return FALSE;
    return !record->requests || afd_path_idle( record, direction );
}

static inline BOOL has_name( LONG flags )
{
    return !!(flags & (RECORD_BOUND | RECORD_CONNECTED));
}

static inline int name_size( const struct socket_record *record )
{
    return record->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* The destination of a datagram. */
static inline BOOL read_name( const struct socket_record *record, struct host_address *host,
                              const struct sockaddr *program_addr, int len )
{
    union
    {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } addr;

    /* all of it has to be memory */
    if (len != name_size( record ) && (len < name_size( record ) || !guard_on_stack( program_addr, len )))
        return FALSE;
    if (record->family == AF_INET ? !read_program( &addr.in, program_addr, sizeof(addr.in) )
                                  : !read_program( &addr.in6, program_addr, sizeof(addr.in6) ))
        return FALSE;
    if (addr.any.sa_family != record->family || is_unspecified( &addr.any )) return FALSE;
    if (!host_address_from_sockaddr( host, &addr.any, sizeof(addr) )) return FALSE;
    if (!host->port) host->port = htons( 9 );   /* as ntdll does (rule 10) */
    return TRUE;
}

BOOL plain_send( SOCKET s, const WSABUF *program_buffer, const struct sockaddr *to, int to_len, DWORD *sent )
{
    struct socket_record *record = record_find( s );
    struct host_plain_params params;
    WSABUF buffer;
    LONG born, flags;

    if (!record || record->type != SOCK_DGRAM || !record_is_internet( record )) return FALSE;
    /* first: record_replaced() comes after RECORD_ACCEPT_TARGET */
    born = *(volatile LONG *)&record->born;
    flags = *(volatile LONG *)&record->flags;
    if ((flags & (RECORD_OURS | BAR_SEND)) != RECORD_OURS || !has_name( flags ) ||
        !is_idle( record, DIRECTION_SEND ))
        return FALSE;
    if (!read_program( &buffer, program_buffer, sizeof(buffer) ) || buffer.len > MAXLONG ||
        !guard_touch( sent, sizeof(*sent) ))
        return FALSE;
    if (to ? !read_name( record, &params.address, to, to_len ) : !(flags & RECORD_CONNECTED)) return FALSE;

    params.socket = HOST_SOCKET( s, born );
    params.data = (ULONG_PTR)buffer.buf;
    params.size = buffer.len;
    params.has_address = to != NULL;
    if (host_call( HOST_SEND_PLAIN, &params )) return FALSE;    /* an error belongs to an earlier datagram */
    if (record->selection) record->selection->sent = TRUE;
    write_program( sent, &params.transferred, sizeof(*sent) );
    return TRUE;
}

static int wait_time( const struct socket_record *record, LONG flags )
{
    return (flags & RECORD_NONBLOCKING) || record->recv_timeout || thread_has_hook() ? 0 : HOST_WAIT_MS;
}

/* After a receive that got nothing. */
static BOOL receive_failed( SOCKET s, struct socket_record *record, LONG born, int ret, int wait,
                            BOOL *waited, int *error )
{
    const BOOL is_over = ret == HOST_EAGAIN || ret == HOST_ENOTSOCK;

    if (wait && is_over && record_is_gone( record, born )) *error = WSAEINTR;
    else if (ret == HOST_EAGAIN && (record->flags & (RECORD_NONBLOCKING | BAR_RECV)) == RECORD_NONBLOCKING)
        *error = WSAEWOULDBLOCK;
    else *error = receive_error( s, record, born, ret );
    *waited = ret == HOST_EAGAIN && wait && record->type == SOCK_STREAM;
    return *error != 0;
}

BOOL plain_receive( SOCKET s, const WSABUF *program_buffer, struct sockaddr *from, INT *from_len,
                    DWORD *received, DWORD *program_flags, BOOL *waited, int *error )
{
    struct socket_record *record = record_find( s );
    INT len = 0, room = 0;
    struct host_plain_params params;
    SOCKADDR_STORAGE addr;
    LONG born, flags;
    DWORD msg_flags;
    WSABUF buffer;
    BOOL stream;
    int ret;

    *waited = FALSE;
    if (!record || !record_is_internet( record )) return FALSE;
    stream = record->type == SOCK_STREAM;
    born = *(volatile LONG *)&record->born;
    flags = *(volatile LONG *)&record->flags;
    if ((flags & (RECORD_OURS | BAR_RECV)) != RECORD_OURS || !is_idle( record, DIRECTION_RECV )) return FALSE;
    if (stream ? !(flags & RECORD_CONNECTED) : !has_name( flags )) return FALSE;
    if (stream && record->settings && option_remembered( record, REMEMBER_ACK_FREQUENCY, 0 ) == 1) return FALSE;
    /* those come first; and errors have a queue of their own */
    if (record->datagrams.pending || record->datagrams.reports || record->datagrams.held) return FALSE;
    if (!read_program( &msg_flags, program_flags, sizeof(msg_flags) ) || msg_flags ||
        !read_program( &buffer, program_buffer, sizeof(buffer) ) || buffer.len > MAXLONG ||
        !guard_touch( received, sizeof(*received) ))
        return FALSE;
    if (stream)
    {
        if (!buffer.len) return FALSE;          /* pends until there is data */
        from = NULL;
    }
    /* memory with a write watch refuses the host's first write, and a datagram would be lost (rule 11) */
    else if (!guard_touch( buffer.buf, buffer.len )) return FALSE;
    if (from)
    {
        if (!read_program( &room, from_len, sizeof(room) ) ||
            room < name_size( record ) ||
            !guard_touch( from, min( room, (INT)sizeof(addr) )))
            return FALSE;
    }

    params.socket = HOST_SOCKET( s, born );
    params.data = (ULONG_PTR)buffer.buf;
    params.size = buffer.len;
    params.is_datagram = !stream;
    params.wait = wait_time( record, flags );
    params.has_address = from != NULL;
    if ((ret = host_call( HOST_RECV_PLAIN, &params )))
        return receive_failed( s, record, born, ret, params.wait, waited, error );
    if (stream && !params.transferred) return FALSE;    /* an end, or a reset */

    /* before the next look at the flags, as fast_receive does */
    if (!record->path.received) record->path.received = TRUE;
    if ((record->flags & (RECORD_WATCHED | RECORD_NONBLOCKING)) == (RECORD_WATCHED | RECORD_NONBLOCKING))
        event_rearm_read( s );
    *error = params.truncated ? WSAEMSGSIZE : 0;
    if (from)
    {
        len = host_address_to_sockaddr( &params.address, &addr, sizeof(addr) );
        if (len && (!write_program( from, &addr, min( room, len )) ||
                    !write_program( from_len, &len, sizeof(len) )))
            *error = WSAEFAULT;
    }
    if (*error == WSAEFAULT) return TRUE;
    msg_flags = MSG_PARTIAL;
    if (!write_program( received, &params.transferred, sizeof(*received) ) ||
        (params.truncated && !write_program( program_flags, &msg_flags, sizeof(msg_flags) )))
        *error = WSAEFAULT;
    return TRUE;
}
