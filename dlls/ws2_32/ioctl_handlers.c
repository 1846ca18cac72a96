/*
 * What each control code does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ioctl_handlers.h"
#include "rio.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

int ioctl_nothing( struct ioctl_call *call )
{
    (void)call;
    return 0;
}

int ioctl_remember( struct ioctl_call *call )
{
    DWORD value = 0;

    memcpy( &value, &call->in, min( sizeof(value), ioctl_size( call->row->in )));
    option_remember( call->socket.record, call->row->arg, value );
    return 0;
}

int ioctl_udp_report( struct ioctl_call *call )
{
    int error = ioctl_remember( call );

    datagram_reports_changed( call->socket.s, call->socket.record );
    return error;
}

/*** the Unix group ***/

int ioctl_fionbio( struct ioctl_call *call )
{
    int nonblocking = !!call->in.number;
    int error = afd_control( call->socket.s, IOCTL_AFD_WINE_FIONBIO, &nonblocking, sizeof(nonblocking), NULL,
                             0 );

    if (error)
    {
        call->report = TRUE;    /* 0: WSAEINVAL while events are selected (T: test_fionbio) */
        return error;
    }
    if (nonblocking) record_set( call->socket.record, RECORD_NONBLOCKING );
    else record_clear( call->socket.record, RECORD_NONBLOCKING );
    return 0;
}

int ioctl_fionread( struct ioctl_call *call )
{
    int value, error = option_error( host_get_int( call->socket.s, HOST_OPT_READABLE_BYTES, &value ));

    if (error) return error;
    call->out.number = value;
    call->count = sizeof(DWORD);
    return 0;
}

/* FALSE while urgent data waits to be read, or would be read next, unless it is delivered in line. Data
 * that waited already when SO_OOBINLINE was set counts as urgent (T: test_fionread_siocatmark). */
int ioctl_siocatmark( struct ioctl_call *call )
{
    struct option_call *socket = &call->socket;
    struct host_option_params params = { .socket = host_socket( socket->s ), .option = HOST_OPT_MARK };
    int error = option_error( host_call( HOST_GET_OPTION, &params ));
    BOOL in_line = params.value[0], urgent = params.value[1] || params.value[2];

    if (error) return error;
    if (in_line)
    {
        if (!urgent) option_remember( socket->record, REMEMBER_LATE_OOBINLINE, FALSE );
        urgent = urgent && option_remembered( socket->record, REMEMBER_LATE_OOBINLINE, FALSE );
    }
    call->out.number = !urgent;
    call->count = sizeof(DWORD);
    return 0;
}

/*** interfaces and routes ***/

/* All addresses of a family, or NULL; freed by the caller. */
static struct host_interface *get_interfaces( int family, unsigned int *count )
{
    struct host_interfaces_params params = { .capacity = 32 };
    struct host_interface *list;

    params.family = family == AF_INET6 ? HOST_FAMILY_INET6 : HOST_FAMILY_INET;
    for (;;)
    {
        if (!(list = HeapAlloc( GetProcessHeap(), 0, params.capacity * sizeof(*list) ))) return NULL;
        params.list = (ULONG_PTR)list;
        if (host_call( HOST_INTERFACES, &params )) break;
        if (params.count <= params.capacity)
        {
            *count = params.count;
            return list;
        }
        params.capacity = params.count + 8;
        HeapFree( GetProcessHeap(), 0, list );
    }
    HeapFree( GetProcessHeap(), 0, list );
    return NULL;
}

static void fill_interface_info( INTERFACE_INFO *info, const struct host_interface *interface )
{
    static const struct { DWORD host, flag; } flags[] =
    {
        { HOST_IF_UP, IFF_UP },
        { HOST_IF_BROADCAST, IFF_BROADCAST },
        { HOST_IF_LOOPBACK, IFF_LOOPBACK },
        { HOST_IF_POINTTOPOINT, IFF_POINTTOPOINT },
        { HOST_IF_MULTICAST, IFF_MULTICAST },
    };
    unsigned int i;

    memset( info, 0, sizeof(*info) );
    for (i = 0; i < ARRAY_SIZE( flags ); i++)
        if (interface->flags & flags[i].host) info->iiFlags |= flags[i].flag;
    host_address_to_sockaddr( &interface->address, &info->iiAddress, sizeof(info->iiAddress) );
    host_address_to_sockaddr( &interface->netmask, &info->iiNetmask, sizeof(info->iiNetmask) );
    if (interface->flags & HOST_IF_BROADCAST)
    {
        /* The host may not have been told one: then it is all ones in the part that the mask leaves. */
        struct sockaddr_in *broadcast = &info->iiBroadcastAddress.AddressIn;

        host_address_to_sockaddr( &interface->address, broadcast, sizeof(*broadcast) );
        broadcast->sin_addr.s_addr |= ~info->iiNetmask.AddressIn.sin_addr.s_addr;
    }
}

int ioctl_interface_list( struct ioctl_call *call )
{
    struct host_interface *list;
    INTERFACE_INFO info;
    unsigned int count, i;
    int error = 0;

    call->report = TRUE;
    if (call->overlapped)
    {
        if (call->out_size && !guard_touch( call->program_out, call->out_size )) return WSAEFAULT;
        return afd_request( call->socket.s, IOCTL_AFD_WINE_GET_INTERFACE_LIST, NULL, 0, call->program_out,
                            call->out_size, call->overlapped, call->routine, 0, NULL );
    }
    if (!(list = get_interfaces( AF_INET, &count ))) return WSAENOBUFS;
    if (call->out_size < count * sizeof(info)) error = WSAEFAULT;
    for (i = 0; i < count && !error; i++)
    {
        fill_interface_info( &info, &list[i] );
        if (!guard_write( (INTERFACE_INFO *)call->program_out + i, &info, sizeof(info) )) error = WSAEFAULT;
    }
    HeapFree( GetProcessHeap(), 0, list );
    if (error) return error;
    call->count = count * sizeof(info);
    call->written = TRUE;
    return 0;
}

/* Preferred addresses that are not the loopback interface's (MS: SIO_ADDRESS_LIST_QUERY). */
static unsigned int keep_listed( struct host_interface *list, unsigned int count )
{
    unsigned int i, kept = 0;

    for (i = 0; i < count; i++)
        if (!(list[i].flags & (HOST_IF_LOOPBACK | HOST_IF_NOT_PREFERRED))) list[kept++] = list[i];
    return kept;
}

int ioctl_address_list( struct ioctl_call *call )
{
    int family = call->socket.family;
    int addr_size = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    struct host_interface *list;
    SOCKET_ADDRESS_LIST *result;
    unsigned int count, i;
    DWORD offset;
    int error = 0;

    call->report = TRUE;
    if (call->out_size && call->out_size < FIELD_OFFSET( SOCKET_ADDRESS_LIST, Address )) return WSAEINVAL;
    if (!(list = get_interfaces( family, &count ))) return WSAENOBUFS;
    count = keep_listed( list, count );

    offset = FIELD_OFFSET( SOCKET_ADDRESS_LIST, Address[count] );
    call->count = offset + count * addr_size;
    if (!call->program_out || call->out_size < call->count) error = WSAEFAULT;
    else if (!(result = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, call->count ))) error = WSAENOBUFS;
    else
    {
        result->iAddressCount = count;
        for (i = 0; i < count; i++, offset += addr_size)
        {
            /* the pointers are for the program's copy */
            result->Address[i].lpSockaddr = (struct sockaddr *)((char *)call->program_out + offset);
            result->Address[i].iSockaddrLength = addr_size;
            host_address_to_sockaddr( &list[i].address, (char *)result + offset, addr_size );
        }
        if (!guard_write( call->program_out, result, call->count )) error = WSAEFAULT;
        HeapFree( GetProcessHeap(), 0, result );
    }
    HeapFree( GetProcessHeap(), 0, list );
    call->written = TRUE;
    return error;
}

static BOOL has_no_address( const struct host_address *address )
{
    static const BYTE zero[16];

    return !memcmp( address->ip, zero, address->family == HOST_FAMILY_INET6 ? 16 : 4 );
}

/* The host's route to the destination that is given. */
static int find_route( struct ioctl_call *call, struct host_route_params *params )
{
    DWORD size = min( call->in_size, sizeof(call->in) );

    if (!guard_read( &call->in, call->program_in, size )) return WSAEFAULT;
    if (call->in.address.ss_family != AF_INET &&
        call->in.address.ss_family != AF_INET6) return WSAEAFNOSUPPORT;
    memset( params, 0, sizeof(*params) );
    if (!host_address_from_sockaddr( &params->destination, (struct sockaddr *)&call->in.address, size ))
        return WSAEINVAL;
    if (has_no_address( &params->destination )) return WSAEINVAL;
    return option_error( host_call( HOST_ROUTE_SOURCE, params ));
}

int ioctl_find_route( struct ioctl_call *call )
{
    struct host_route_params params;

    return find_route( call, &params );
}

int ioctl_routing_query( struct ioctl_call *call )
{
    struct host_route_params params;
    int error;

    if ((error = find_route( call, &params ))) return error;
    call->count = host_address_to_sockaddr( &params.source, &call->out, sizeof(call->out) );
    if (call->out_size < call->count)
    {
        call->report = TRUE;    /* tells the size that is needed, but not for a NULL buffer */
        return WSAEFAULT;
    }
    return 0;
}

int ioctl_broadcast_address( struct ioctl_call *call )
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = INADDR_BROADCAST };

    memcpy( &call->out, &addr, sizeof(addr) );
    call->count = sizeof(addr);
    return 0;
}

int ioctl_multipoint_loopback( struct ioctl_call *call )
{
    return set_multicast_loop( call->socket.s, !!call->in.number );
}

int ioctl_multicast_scope( struct ioctl_call *call )
{
    enum host_option option = call->socket.family == AF_INET6 ? HOST_OPT_IPV6_MULTICAST_HOPS
                                                              : HOST_OPT_IP_MULTICAST_TTL;

    if (call->in.number > 255) return WSAEINVAL;
    return option_error( host_set_int( call->socket.s, option, call->in.number ));
}

/*** handles and functions ***/

/* There is no provider below ours. */
int ioctl_own_handle( struct ioctl_call *call )
{
    call->out.socket = call->socket.s;
    call->count = sizeof(SOCKET);
    return 0;
}

int ioctl_extension_function( struct ioctl_call *call )
{
    if (!(call->out.pointer = extension_function( &call->in.guid )))
    {
        WARN( "no function %s\n", wine_dbgstr_guid( &call->in.guid ));
        return WSAEINVAL;
    }
    call->count = sizeof(void *);
    return 0;
}

/* The only known table is that of registered I/O. */
int ioctl_extension_table( struct ioctl_call *call )
{
    struct rio_table table;

    C_ASSERT( sizeof(table) <= sizeof(call->out) );
    if (!rio_function_table( &call->in.guid, &table ))
    {
        WARN( "no table %s\n", wine_dbgstr_guid( &call->in.guid ));
        return WSAEINVAL;
    }
    if (call->out_size < sizeof(table)) return WSAEFAULT;
    memcpy( call->out.bytes, &table, sizeof(table) );
    call->count = sizeof(table);
    return 0;
}

/*** TCP ***/

int ioctl_keepalive( struct ioctl_call *call )
{
    const struct tcp_keepalive *values = &call->in.keepalive;

    TRACE( "socket %#Ix: on %lu, time %lu ms, interval %lu ms\n", call->socket.s, values->onoff,
           values->keepalivetime, values->keepaliveinterval );
    return keepalive_set_all( call->socket.s, call->socket.record, values );
}

/* Acknowledge each segment, or leave it to the host, which has no number for it. It falls back to delays by
 * itself: fast_receive tells it again. */
int ioctl_ack_frequency( struct ioctl_call *call )
{
    int each = call->in.bytes[0] == 1, error;

    if (each || option_remembered( call->socket.record, REMEMBER_ACK_FREQUENCY, 0 ) == 1)
        error = option_error( host_set_int( call->socket.s, HOST_OPT_QUICK_ACK, each ));
    else error = option_check_handle( &call->socket );
    return error ? error : ioctl_remember( call );
}

/* TCP_ICW_LEVEL (mstcpip.h) */
int ioctl_initial_window( struct ioctl_call *call )
{
    enum { LEVEL_EXPERIMENTAL = 4, LEVEL_COMPAT = 254 };

    if (call->in.number > LEVEL_EXPERIMENTAL && call->in.number != LEVEL_COMPAT) return WSAEINVAL;
    return ioctl_remember( call );
}

/* SOCKET_PRIORITY_HINT (mstcpip.h) */
int ioctl_priority_hint( struct ioctl_call *call )
{
    static const int priorities[] = { HOST_PRIORITY_FILLER, HOST_PRIORITY_BULK, HOST_PRIORITY_NORMAL };

    if (call->in.number >= ARRAY_SIZE( priorities )) return WSAEINVAL;
    return option_error( record_set_option( call->socket.s, HOST_OPT_PRIORITY, 1,
                                            &priorities[call->in.number] ));
}

/* USHORT round trip time in ms; UCHAR SYN retransmissions: 0 default, 0xfe none, 0xff leave. */
int ioctl_initial_rto( struct ioctl_call *call )
{
    BYTE count = call->in.bytes[2];
    int error, retransmissions = count == 0xfe ? 1 : count;

    if (count && count != 0xff)
        error = option_error( record_set_option( call->socket.s, HOST_OPT_SYN_COUNT, 1, &retransmissions ));
    else error = option_check_handle( &call->socket );
    return error ? error : ioctl_remember( call );
}

/* TCP_INFO_v0 and what TCP_INFO_v1 adds to it. */
struct windows_tcp_info
{
    ULONG state, mss;
    ULONG64 connection_time_ms;
    BOOLEAN timestamps;
    ULONG rtt, min_rtt, bytes_in_flight, congestion_window, send_window, receive_window, receive_buffer;
    ULONG64 bytes_out, bytes_in;
    ULONG bytes_reordered, bytes_retransmitted, fast_retransmissions, duplicate_acks, timeouts;
    UCHAR syn_retransmissions;
    struct limit { ULONG transitions, time; ULONG64 bytes; } by_receiver, by_congestion, by_sender;
};

C_ASSERT( FIELD_OFFSET( struct windows_tcp_info, by_receiver ) == 88 );
C_ASSERT( sizeof(struct windows_tcp_info) == 136 );

/* Milliseconds; 0 without a connection. AFD, which knows when it was made, is asked once. */
static ULONG64 connection_time( const struct option_call *socket )
{
    struct socket_record *record = socket->record;
    struct socket_settings *settings;
    DWORD seconds;

    if (record_is_unconnected( record )) return 0;
    if (record && (record->flags & RECORD_OURS) && record->settings && record->settings->connected_at)
        return GetTickCount64() - record->settings->connected_at;
    if (afd_control( socket->s, IOCTL_AFD_WINE_GET_SO_CONNECT_TIME, NULL, 0, &seconds, sizeof(seconds) ) ||
        seconds == ~0u) return 0;
    if (record && (record->flags & RECORD_OURS) && (settings = record_part( record, settings )))
        settings->connected_at = GetTickCount64() - (ULONG64)seconds * 1000;
    return (ULONG64)seconds * 1000;
}

int ioctl_tcp_info( struct ioctl_call *call )
{
    struct windows_tcp_info *info = (struct windows_tcp_info *)&call->out;
    struct host_tcp_info host;
    struct host_option_params params = { .socket = host_socket( call->socket.s ),
                                         .option = HOST_OPT_TCP_INFO, .data = (ULONG_PTR)&host,
                                         .size = sizeof(host) };
    DWORD version, size;
    int error;

    if (!call->program_in || call->in_size != sizeof(version)) return WSAEMSGSIZE;
    if (!guard_read( &version, call->program_in, sizeof(version) )) return WSAEFAULT;
    if (version > 1) return WSAEINVAL;
    size = version ? sizeof(*info) : FIELD_OFFSET( struct windows_tcp_info, by_receiver );
    if (call->out_size < size)
    {
        call->report = TRUE;
        return WSAEINVAL;
    }
    if ((error = option_error( host_call( HOST_GET_OPTION, &params )))) return error;

    memset( info, 0, sizeof(*info) );
    info->state = host.state;   /* both count as RFC 793 does */
    info->mss = host.segment;
    info->connection_time_ms = connection_time( &call->socket );
    info->timestamps = host.timestamps;
    info->rtt = host.rtt;
    info->min_rtt = host.min_rtt;
    info->bytes_in_flight = host.in_flight;
    info->congestion_window = host.congestion_window;
    info->send_window = host.send_window;
    info->receive_window = host.receive_window;
    info->receive_buffer = host.receive_buffer;
    info->bytes_out = host.bytes_out;
    info->bytes_in = host.bytes_in;
    info->bytes_reordered = host.reordered;
    info->bytes_retransmitted = host.retransmitted;
    info->duplicate_acks = host.duplicate_acks;
    info->timeouts = host.timeouts;
    info->by_receiver.time = host.limited_by_receiver;
    info->by_sender.time = host.limited_by_buffer;
    call->count = size;
    return 0;
}

/*** the rest ***/

/* SOCKET_PROCESSOR_AFFINITY */
struct processor_affinity
{
    USHORT group;
    UCHAR number, reserved;
    USHORT numa_node, reserved2;
};

C_ASSERT( sizeof(struct processor_affinity) == 8 );

int ioctl_rss_processor( struct ioctl_call *call )
{
    struct processor_affinity affinity = { 0 };
    int cpu = 0;

    if (!host_get_int( call->socket.s, HOST_OPT_INCOMING_CPU, &cpu ) && cpu >= 0)
    {
        affinity.group = cpu / 64;
        affinity.number = cpu % 64;
    }
    memcpy( &call->out, &affinity, sizeof(affinity) );
    call->count = sizeof(affinity);
    return 0;
}

int ioctl_rss_scalability( struct ioctl_call *call )
{
    call->out.bytes[0] = FALSE;
    call->count = sizeof(BOOLEAN);
    return 0;
}

/* Sockets with one address share what arrives, by the processor that it arrives on; bind does that
 * (sharing.c). */
int ioctl_cpu_affinity( struct ioctl_call *call )
{
    const struct socket_record *record = call->socket.record;
    int error, cpu = *(const USHORT *)&call->in;
    SYSTEM_INFO info;

    GetSystemInfo( &info );
    if (cpu >= (int)info.dwNumberOfProcessors) return WSAEINVAL;
    /* the two other ways to share a port do not go with this one */
    if (option_remembered( record, REMEMBER_SO_REUSEADDR, FALSE ) ||
        option_remembered( record, REMEMBER_SO_REUSE_MULTICASTPORT, FALSE )) return WSAEINVAL;
    if ((error = option_error( host_set_int( call->socket.s, HOST_OPT_INCOMING_CPU, cpu )))) return error;
    return ioctl_remember( call );
}

int ioctl_endpoint_handle( struct ioctl_call *call )
{
    struct host_option_params params = { .socket = host_socket( call->socket.s ),
                                         .option = HOST_OPT_COOKIE };
    int error = option_error( host_call( HOST_GET_OPTION, &params ));

    if (error) return error;
    call->out.number64 = (ULONGLONG)(DWORD)params.value[1] << 32 | (DWORD)params.value[0];
    call->count = sizeof(ULONGLONG);
    return 0;
}
