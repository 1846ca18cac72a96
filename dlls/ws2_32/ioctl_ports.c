/*
 * Port reservations: SIO_ACQUIRE_PORT_RESERVATION, SIO_RELEASE_PORT_RESERVATION and
 * SIO_ASSOCIATE_PORT_RESERVATION, and the binding of sockets to reserved ports.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host half holds the ports (unix/ports.c); a reservation is of the process that made it (MS:
 * SIO_ACQUIRE_PORT_RESERVATION), so nothing has to be shared between processes.
 */
#include "ioctl_handlers.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* INET_PORT_RANGE and INET_PORT_RESERVATION_INSTANCE; not all headers have them. */
struct port_range
{
    USHORT start;               /* network order, 0 for any */
    USHORT count;
};

struct port_reservation
{
    struct port_range range;
    ULONG padding;
    ULONG64 token;
};

C_ASSERT( sizeof(struct port_range) == 4 );
C_ASSERT( sizeof(struct port_reservation) == 16 );

/* Reservations were made: closing a socket may concern them. */
static LONG reservations_used;

static int ports_error( int host_error )
{
    switch (host_error)
    {
    case HOST_ENOENT: return WSAEINVAL;         /* no such token: an input that is not acceptable */
    case HOST_EMFILE:
    case HOST_ENFILE: return WSAENOBUFS;
    default:          return option_error( host_error );
    }
}

/* The program's input of exactly this size: too short is WSAEINVAL with a count of 0, no memory WSAEFAULT
 * (reference 1.4; MS: SIO_ACQUIRE_PORT_RESERVATION). */
static int read_exactly( struct ioctl_call *call, void *value, DWORD size )
{
    call->report = TRUE;
    if (call->in_size < size) return WSAEINVAL;
    return guard_read( value, call->program_in, size ) ? 0 : WSAEFAULT;
}

int ioctl_acquire_ports( struct ioctl_call *call )
{
    struct host_ports_params params = { .socket = host_socket( call->socket.s ),
                                       .action = HOST_PORTS_ACQUIRE };
    struct port_reservation result = { { 0 } };
    struct port_range range;
    int error;

    if ((error = read_exactly( call, &range, sizeof(range) ))) return error;
    if (call->out_size < sizeof(result)) return WSAEINVAL;
    if (!guard_touch( call->program_out, sizeof(result) )) return WSAEFAULT;
    params.first = ntohs( range.start );
    params.count = range.count;
    if ((error = ports_error( host_call( HOST_PORTS, &params )))) return error;
    InterlockedExchange( &reservations_used, TRUE );
    record_at_close( call->socket.record, CLOSER_PORTS );
    result.range.start = htons( params.first );
    result.range.count = range.count;
    result.token = params.token;
    memcpy( &call->out, &result, sizeof(result) );
    call->count = sizeof(result);
    TRACE( "socket %#Ix: ports %u to %u.\n", call->socket.s, params.first, params.first + params.count - 1 );
    return 0;
}

int ioctl_release_ports( struct ioctl_call *call )
{
    struct host_ports_params params = { .socket = host_socket( call->socket.s ),
                                       .action = HOST_PORTS_RELEASE };
    ULONG64 token;
    int error = read_exactly( call, &token, sizeof(token) );

    if (error) return error;
    params.token = token;
    return ports_error( host_call( HOST_PORTS, &params ));
}

int ioctl_associate_ports( struct ioctl_call *call )
{
    struct host_ports_params params = { .socket = host_socket( call->socket.s ),
                                       .action = HOST_PORTS_CHECK };
    struct socket_record *record = call->socket.record;
    ULONG64 token;
    int error = read_exactly( call, &token, sizeof(token) );

    if (error) return error;
    if (!record) return WSAEINVAL;      /* may be bound */
    /* that has its port already (MS: it must be issued before) */
    if ((error = check_state( &call->socket, &call->row->states ))) return error;
    params.token = token;
    if ((error = ports_error( host_call( HOST_PORTS, &params )))) return error;
    if (!record_part( record, settings )) return WSAENOBUFS;
    record->settings->port_reservation = token;
    record_at_close( record, CLOSER_PORTS );
    return 0;
}

/*** binding ***/

static ULONGLONG port_reservation( const struct socket_record *record )
{
    return record && record->settings ? record->settings->port_reservation : 0;
}

static USHORT *port_of( struct sockaddr *addr )
{
    if (addr->sa_family == AF_INET6) return &((struct sockaddr_in6 *)addr)->sin6_port;
    return &((struct sockaddr_in *)addr)->sin_port;
}

int ports_claim( SOCKET s, struct sockaddr *addr, BOOL *claimed )
{
    struct host_ports_params params = { .socket = s, .action = HOST_PORTS_CLAIM };
    const struct socket_record *record = record_find( s );
    int ret;

    *claimed = FALSE;
    if (!(params.token = port_reservation( record ))) return 0;
    if (record->flags & RECORD_BOUND) return 0;         /* AFD has the error for that */
    params.port = ntohs( *port_of( addr ));
    ret = host_call( HOST_PORTS, &params );
    if (ret == HOST_ENOENT && params.port) return 0;    /* a port of its own */
    if (ret) return ports_error( ret );
    *port_of( addr ) = htons( params.port );
    *claimed = TRUE;
    return 0;
}

void ports_settle( SOCKET s, const struct sockaddr *addr, BOOL bound )
{
    struct host_ports_params params = { .socket = s, .action = HOST_PORTS_SETTLE, .bound = bound };
    const struct socket_record *record = record_find( s );

    if (!record) return;
    params.token = port_reservation( record );
    params.port = ntohs( *port_of( (struct sockaddr *)addr ));
    host_call( HOST_PORTS, &params );
}

int ports_bind_error( SOCKET s, const struct sockaddr *addr, int error )
{
    struct host_ports_params params = { .socket = s, .action = HOST_PORTS_HELD };

    if (error != WSAEADDRINUSE || !reservations_used) return error;
    params.port = ntohs( *port_of( (struct sockaddr *)addr ));
    return host_call( HOST_PORTS, &params ) ? error : WSAEACCES;
}

static int bind_reserved( SOCKET s, const struct socket_record *record )
{
    SOCKADDR_STORAGE any = { .ss_family = record->family };
    int error;

    base_bind( s, (struct sockaddr *)&any, sizeof(any), &error );
    return error;
}

int ports_bind_unnamed( SOCKET s, struct socket_record *record )
{
    return port_reservation( record ) && !(record->flags & RECORD_BOUND) ? bind_reserved( s, record ) : 0;
}

void ports_before_close( SOCKET s, struct socket_record *record )
{
    struct host_ports_params params = { .socket = s, .action = HOST_PORTS_FORGET };

    (void)record;
    if (reservations_used) host_call( HOST_PORTS, &params );
}

void ports_after_close( SOCKET s )
{
    struct host_ports_params params = { .action = HOST_PORTS_REFILL };

    (void)s;
    if (reservations_used) host_call( HOST_PORTS, &params );
}
