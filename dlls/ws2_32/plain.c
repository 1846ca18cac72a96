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

#define UNLIKELY( condition ) __builtin_expect( condition, 0 )

/* What a transfer of each direction has to be looked at for. */
#define BAR_ANY (RECORD_CONNECTING | RECORD_LISTENING | RECORD_RESET | RECORD_ACCEPT_TARGET | \
                 RECORD_TAPPED | RECORD_URGENT | RECORD_TWIN)
#define BAR_SEND (BAR_ANY | RECORD_SHUT_SEND)
#define BAR_RECV (BAR_ANY | RECORD_SHUT_RECV | RECORD_WATCHED)

/* A program's memory, mostly on its stack. */
static FORCEINLINE BOOL read_program( void *dst, const void *src, SIZE_T len )
{
    if (UNLIKELY( !guard_on_stack( src, len ))) return guard_read( dst, src, len );
    memcpy( dst, src, len );
    return TRUE;
}

static FORCEINLINE BOOL touch_program( void *dst, SIZE_T len )
{
    return !UNLIKELY( !guard_on_stack( dst, len ) && !guard_touch( dst, len ));
}

static FORCEINLINE BOOL has_name( LONG flags )
{
    return !!(flags & (RECORD_BOUND | RECORD_CONNECTED));
}

static FORCEINLINE int name_size( const struct socket_record *record )
{
    return record->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static BOOL read_name6( struct host_address *host, const struct sockaddr *program_addr )
{
    struct sockaddr_in6 addr;

    return guard_read( &addr, program_addr, sizeof(addr) ) && addr.sin6_family == AF_INET6 &&
           !is_unspecified( (struct sockaddr *)&addr ) &&
           host_address_from_sockaddr( host, (struct sockaddr *)&addr, sizeof(addr) );
}

static FORCEINLINE BOOL read_name4( struct host_address *host, const struct sockaddr *program_addr )
{
    struct sockaddr_in addr;

    if (!read_program( &addr, program_addr, sizeof(addr) ) || addr.sin_family != AF_INET ||
        !addr.sin_addr.s_addr)
        return FALSE;
    *host = (struct host_address){ .family = HOST_FAMILY_INET, .port = addr.sin_port };
    memcpy( host->ip, &addr.sin_addr, sizeof(addr.sin_addr) );
    return TRUE;
}

/* The destination of a datagram: all of it has to be memory. */
static FORCEINLINE BOOL read_name( const struct socket_record *record, struct host_address *host,
                                   const struct sockaddr *program_addr, int len )
{
    int size = name_size( record );

    if (UNLIKELY( len != size && (len < size || !guard_on_stack( program_addr, len )))) return FALSE;
    if (UNLIKELY( !(record->family == AF_INET ? read_name4( host, program_addr )
                                              : read_name6( host, program_addr )))) return FALSE;
    if (!host->port) host->port = htons( 9 );   /* as ntdll does (rule 10) */
    return TRUE;
}

static FORCEINLINE BOOL may_send( const struct socket_record *record, LONG flags, LONG states, LONG bar )
{
    return !UNLIKELY( (flags & (RECORD_OURS | bar)) != RECORD_OURS || (flags & states) != states ||
                      !afd_path_idle( record, DIRECTION_SEND ) );
}

/* A stream's host has all that it can of one send, the rest goes out in the background, before another
 * begins: turns.c. */
static BOOL send_in_turn( SOCKET s, struct socket_record *record, LONG born,
                          struct host_plain_params *params, int *error )
{
    const LONG states = RECORD_CONNECTED | RECORD_BOUND;
    LONG turn = sends_try( record );
    int ret = HOST_EOPNOTSUPP;

    if (UNLIKELY( !turn )) return FALSE;
    params->turn = turn;
    params->turn_word = (ULONG_PTR)&record->path.sender;
    params->draining = 0;
    if (may_send( record, *(volatile LONG *)&record->flags, states, BAR_SEND | RECORD_UNBUFFERED ))
        ret = host_call( HOST_SEND_PLAIN, params );
    sends_release_after( record, turn, ret, params->draining );
    *error = ret ? send_error( s, record, born, ret ) : 0;
    return !ret || *error;
}

BOOL plain_send( SOCKET s, const char *data, DWORD len, const struct sockaddr *to, int to_len, DWORD *sent,
                 int *error )
{
    struct socket_record *record = record_look( s );
    struct host_plain_params params;
    LONG born, flags;

    if (UNLIKELY( !record || !record_is_internet( record ) || len > MAXLONG )) return FALSE;
    /* first: record_replaced() comes after RECORD_ACCEPT_TARGET */
    born = *(volatile LONG *)&record->born;
    flags = *(volatile LONG *)&record->flags;
    params.socket = HOST_SOCKET( s, born );
    params.data = (ULONG_PTR)data;
    params.size = len;
    params.is_datagram = record->type == SOCK_DGRAM;
    params.has_address = to != NULL;
    if (params.is_datagram)
    {
        if (!may_send( record, flags, to ? 0 : RECORD_CONNECTED, BAR_SEND ) || !has_name( flags ))
            return FALSE;
        if (to && !read_name( record, &params.address, to, to_len )) return FALSE;
        /* an error is an earlier datagram's */
        if (UNLIKELY( host_call( HOST_SEND_PLAIN, &params ))) return FALSE;
        *error = 0;
    }
    else if (to || !len || !send_in_turn( s, record, born, &params, error ))
        return FALSE;
    if (UNLIKELY( !!record->selection ) && !*error) record->selection->sent = TRUE;
    *sent = params.transferred;
    return TRUE;
}

static FORCEINLINE int wait_time( const struct socket_record *record, LONG flags )
{
    return (flags & RECORD_NONBLOCKING) || record->recv_timeout || thread_has_hook() ? 0 : HOST_WAIT_MS;
}

/* After a receive that got nothing. */
static BOOL receive_failed( SOCKET s, struct socket_record *record, LONG born, int ret, int wait,
                            LONG *waited, int *error )
{
    const BOOL is_over = ret == HOST_EAGAIN || ret == HOST_ENOTSOCK;

    if (wait && is_over && record_is_gone( record, born )) *error = WSAEINTR;
    else if (ret == HOST_EAGAIN && (record->flags & (RECORD_NONBLOCKING | BAR_RECV)) == RECORD_NONBLOCKING)
        *error = WSAEWOULDBLOCK;
    else *error = receive_error( s, record, born, ret );
    if (wait && ret == HOST_EAGAIN) *waited = born;
    return *error != 0;
}

static FORCEINLINE int store_name( const struct host_address *host, struct sockaddr *program_addr,
                                   INT *program_len )
{
    SOCKADDR_STORAGE addr;
    INT len;

    if (host->family == HOST_FAMILY_INET && guard_on_stack( program_addr, sizeof(struct sockaddr_in) ) &&
        guard_on_stack( program_len, sizeof(len) ))
    {
        *program_len = host_address_to_sockaddr( host, program_addr, sizeof(struct sockaddr_in) );
        return 0;
    }
    if (!(len = host_address_to_sockaddr( host, &addr, sizeof(addr) ))) return 0;
    return guard_write( program_addr, &addr, len ) && guard_write( program_len, &len, sizeof(len) )
           ? 0 : WSAEFAULT;
}

BOOL plain_receive( SOCKET s, char *data, DWORD len, struct sockaddr *from, INT *from_len, DWORD *received,
                    LONG *waited, int *error )
{
    struct socket_record *record = record_look( s );
    struct host_plain_params params;
    LONG born, flags;
    BOOL stream;
    INT room;
    int ret;

    if (UNLIKELY( !record || !record_is_internet( record ))) return FALSE;
    stream = record->type == SOCK_STREAM;
    born = *(volatile LONG *)&record->born;
    flags = *(volatile LONG *)&record->flags;
    if (UNLIKELY( (flags & (RECORD_OURS | BAR_RECV)) != RECORD_OURS ||
                  !afd_path_idle( record, DIRECTION_RECV ) || len > MAXLONG ))
        return FALSE;
    /* those come first; and errors have a queue of their own */
    if (UNLIKELY( record->datagrams.pending || record->datagrams.reports || record->datagrams.held ))
        return FALSE;
    if (stream)
    {
        /* one of 0 bytes pends until there is data */
        if (UNLIKELY( !(flags & RECORD_CONNECTED) || !len )) return FALSE;
        if (record->settings && option_remembered( record, REMEMBER_ACK_FREQUENCY, 0 ) == 1)
            return FALSE;
        from = NULL;
    }
    else
    {
        /* memory with a write watch refuses the host's first write, and the datagram is lost (rule 11) */
        if (UNLIKELY( !has_name( flags ) || !touch_program( data, len ))) return FALSE;
        if (from && UNLIKELY( !read_program( &room, from_len, sizeof(room) ) || room < name_size( record ) ||
                              !touch_program( from, min( room, (INT)sizeof(SOCKADDR_STORAGE) ) )))
            return FALSE;
    }

    params.socket = HOST_SOCKET( s, born );
    params.data = (ULONG_PTR)data;
    params.size = len;
    params.is_datagram = !stream;
    params.wait = wait_time( record, flags );
    params.has_address = from != NULL;
    if (UNLIKELY( (ret = host_call( HOST_RECV_PLAIN, &params )) != 0 ))
        return receive_failed( s, record, born, ret, params.wait, waited, error );
    if (stream && !params.transferred) return FALSE;        /* an end, or a reset */

    /* before the next look at the flags, as fast_receive does */
    if (!record->path.received) record->path.received = TRUE;
    if (UNLIKELY( flags_watched( record->flags ))) event_rearm_read( s );
    *received = params.transferred;
    *error = params.truncated ? WSAEMSGSIZE : 0;
    if (from && store_name( &params.address, from, from_len )) *error = WSAEFAULT;
    return TRUE;
}
