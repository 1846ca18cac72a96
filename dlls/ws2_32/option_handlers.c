/*
 * Socket options that need more than a row of the table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "option_handlers.h"
#include "wsnwlink.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/*** handlers that many rows share ***/

int option_error( int host_error )
{
    if (host_error == HOST_ENODEV && !host_available()) return WSAENETDOWN;
    return host_error_to_wsa( host_error, OPERATION_OPTION );
}

int option_get_host( struct option_call *call, DWORD *value )
{
    int number, error = option_error( host_get_int( call->s, call->row->arg, &number ));

    if (!error) *value = number;
    return error;
}

int option_set_host( struct option_call *call, DWORD value )
{
    int number = value;

    return option_error( record_set_option( call->s, call->row->arg, 1, &number ));
}

int option_get_afd( struct option_call *call, DWORD *value )
{
    return afd_control( call->s, call->row->arg, NULL, 0, value, sizeof(*value) );
}

int option_set_afd( struct option_call *call, DWORD value )
{
    int error = afd_control( call->s, call->row->arg2, &value, sizeof(value), NULL, 0 );

    /* the data plane waits by itself */
    if (!error && call->record && call->row->arg2 == IOCTL_AFD_WINE_SET_SO_RCVTIMEO)
        call->record->recv_timeout = value;
    if (!error && call->record && call->row->arg2 == IOCTL_AFD_WINE_SET_SO_SNDTIMEO)
        call->record->send_timeout = value;
    return error;
}

int option_check_handle( struct option_call *call )
{
    struct host_identify_params params = { .socket = call->s };

    if (call->record && (call->record->flags & RECORD_OURS)) return 0;
    return option_error( host_call( HOST_IDENTIFY, &params ));
}

int option_get_remembered( struct option_call *call, DWORD *value )
{
    const struct option_row *row = call->row;

    *value = option_remembered( call->record, row->arg, row->get == option_get_remembered &&
                                row->set == option_set_remembered ? row->arg2 : 0 );
    return option_check_handle( call );
}

int option_set_remembered( struct option_call *call, DWORD value )
{
    int error = option_check_handle( call );

    if (!error) option_remember( call->record, call->row->arg, value );
    return error;
}

int get_constant( struct option_call *call, DWORD *value )
{
    *value = call->row->arg;
    return option_check_handle( call );
}

int set_nothing( struct option_call *call, DWORD value )
{
    (void)value;
    return option_check_handle( call );
}

/*** SOL_SOCKET ***/

/* What sharing.c needs to know at bind. */
int set_reuse( struct option_call *call, DWORD value )
{
    int error = option_set_afd( call, value );

    if (!error) option_remember( call->record, REMEMBER_SO_REUSEADDR, value );
    return error;
}

int set_exclusive( struct option_call *call, DWORD value )
{
    int error = option_set_afd( call, value );

    if (!error) option_remember( call->record, REMEMBER_SO_EXCLUSIVEADDRUSE, value );
    return error;
}

/* A LINGER is two 16-bit words: the option passes for a number whose low word is l_onoff. */
int get_linger( struct option_call *call, DWORD *value )
{
    struct host_option_params params = { .socket = host_socket( call->s ), .option = HOST_OPT_LINGER };
    int error = option_error( host_call( HOST_GET_OPTION, &params ));
    DWORD on = LOWORD( option_remembered( call->record, REMEMBER_SO_LINGER, 0 ));

    if (error) return error;
    if (!params.value[0]) on = 0;
    else if (!on) on = 1;
    *value = MAKELONG( on, params.value[1] );
    return 0;
}

/* Seconds below 0 leave those that are set. */
static int set_no_linger( struct option_call *call, int seconds )
{
    int values[2] = { FALSE, seconds }, error;

    error = option_error( record_set_option( call->s, HOST_OPT_LINGER, 2, values ));
    if (!error) option_remember( call->record, REMEMBER_SO_LINGER, 0 );
    return error;
}

int set_linger( struct option_call *call, DWORD value )
{
    int values[2] = { TRUE, HIWORD( value ) }, error;

    if (!LOWORD( value )) return set_no_linger( call, HIWORD( value ));
    /* often the only option before the close: ntdll sets it without a duplicate */
    error = afd_control( call->s, IOCTL_AFD_WINE_SET_SO_LINGER, &value, sizeof(value), NULL, 0 );

    if (!error)
    {
        record_note_option( call->s, HOST_OPT_LINGER, 2, values );
        option_remember( call->record, REMEMBER_SO_LINGER, value );
        if (HIWORD( value )) record_at_close( call->record, CLOSER_LINGER );
    }
    /* one that is kept would be closed last, and the last to close a socket that lingers waits */
    record_forget_descriptor( call->s, call->record );
    return error;
}

int get_dontlinger( struct option_call *call, DWORD *value )
{
    DWORD linger;
    int error = get_linger( call, &linger );

    if (!error) *value = !LOWORD( linger );
    return error;
}

int set_dontlinger( struct option_call *call, DWORD value )
{
    DWORD linger;
    int error;

    if (value) return set_no_linger( call, -1 );
    error = get_linger( call, &linger );
    return error ? error : set_linger( call, MAKELONG( TRUE, HIWORD( linger )));
}

int set_oobinline( struct option_call *call, DWORD value )
{
    struct host_option_params params = { .socket = host_socket( call->s ), .option = HOST_OPT_OOBINLINE,
                                         .count = 2, .value = { value } };
    int urgent, error;

    if (value && !host_get_int( call->s, HOST_OPT_URGENT, &urgent ))
    {
        /* SIOCATMARK answers FALSE for urgent data that was there before (T: test_fionread_siocatmark) */
        option_remember( call->record, REMEMBER_LATE_OOBINLINE, urgent );
        /* an urgent byte that has been received is not part of the stream again (T: test_WSAPoll) */
        params.value[1] = !urgent && call->type == SOCK_STREAM;
    }
    error = option_error( host_call( HOST_SET_OPTION, &params ));
    if (!error) record_note_option( call->s, HOST_OPT_OOBINLINE, 1, params.value );
    return error;
}

/* The host advertises a window no larger than its buffer, Windows takes what a sender sends through the
 * smallest of buffers (T: test_set_getsockopt). The server keeps the value, the host gets room. */
#define MIN_RECEIVE_BUFFER 65536

int set_receive_buffer( struct option_call *call, DWORD value )
{
    int error = option_set_afd( call, value );

    if (!error && value < MIN_RECEIVE_BUFFER)
        error = option_error( host_set_int( call->s, HOST_OPT_RECEIVE_BUFFER, MIN_RECEIVE_BUFFER ));
    return error;
}

/* Without a buffer Windows sends from the program's memory, all of it. The host would have 4 KB on its way
 * at a time, and wait for an acknowledgement that may be delayed. */
#define UNBUFFERED_ON_HOST 262144

int set_send_buffer( struct option_call *call, DWORD value )
{
    int error = option_set_afd( call, value );

    if (error || call->type != SOCK_STREAM) return error;
    if (value)
    {
        record_clear( call->record, RECORD_UNBUFFERED );
        return 0;
    }
    record_set( call->record, RECORD_UNBUFFERED );
    host_set_int( call->s, HOST_OPT_SEND_BUFFER, UNBUFFERED_ON_HOST );
    return 0;
}

/* Setting succeeds and the next get answers what was set; otherwise the server knows. Never the
 * descriptor: reading there clears the error, and a refused connect then completes as success. */
int get_error( struct option_call *call, DWORD *value )
{
    int error = afd_control( call->s, call->row->arg2, NULL, 0, value, sizeof(*value) );
    DWORD set;

    if (!error) *value = icmp_connect_error( call->s, call->record, *value );
    if (!error && (set = option_remembered( call->record, REMEMBER_SO_ERROR, 0 )))
    {
        *value = set;
        option_remember( call->record, REMEMBER_SO_ERROR, 0 );
    }
    return error;
}

int get_type( struct option_call *call, DWORD *value )
{
    int type, error = option_error( host_get_int( call->s, HOST_OPT_TYPE, &type ));

    if (!error) *value = type_from_host( type );
    return error;
}

int get_max_msg_size( struct option_call *call, DWORD *value )
{
    *value = 65507;     /* what an IPv4 datagram has room for (T: test_extendedSocketOptions) */
    return option_check_handle( call );
}

/* Its state was asked of the host, so the handle is a socket. */
int set_conditional_accept( struct option_call *call, DWORD value )
{
    option_remember( call->record, call->row->arg, value );
    return 0;
}

static BOOL can_listen( const struct option_call *call )
{
    return call->type == SOCK_STREAM && (call->family == AF_INET || call->family == AF_INET6);
}

int get_pause_accept( struct option_call *call, DWORD *value )
{
    int error, number;

    if (!can_listen( call )) return option_get_remembered( call, value );
    error = option_error( host_get_int( call->s, HOST_OPT_PAUSE_ACCEPT, &number ));
    if (!error) *value = number;
    return error;
}

/* The host drops requests for connections, which then are made when the listener goes on, or never. Nothing
 * makes it reset them but the end of the listener, and with that of the connections that wait there. */
int set_pause_accept( struct option_call *call, DWORD value )
{
    if (!can_listen( call )) return option_set_remembered( call, value );
    return option_error( host_set_int( call->s, HOST_OPT_PAUSE_ACCEPT, value ));
}

/* Each side's address, or nothing for the side that has none. */
static void copy_side( SOCKET_ADDRESS *side, int (WINAPI *get)( SOCKET, struct sockaddr *, INT *, INT * ),
                       SOCKET s, struct sockaddr *storage, int size, char *program )
{
    int error;

    side->iSockaddrLength = size;
    side->lpSockaddr = (struct sockaddr *)program;
    if (get( s, storage, &side->iSockaddrLength, &error ) == SOCKET_ERROR)
    {
        side->lpSockaddr = NULL;
        side->iSockaddrLength = 0;
    }
}

int read_bsp_state( struct option_call *call, char *buffer, int *len )
{
    struct
    {
        CSADDR_INFO info;
        char addrs[2 * sizeof(struct sockaddr_in6)];
    }
    state;
    int size = call->family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    char *addrs = buffer + sizeof(state.info);

    if (call->family != AF_INET && call->family != AF_INET6) return WSAEAFNOSUPPORT;
    if (!buffer || *len < (int)sizeof(state.info) + 2 * size) return WSAEFAULT;

    memset( &state, 0, sizeof(state) );
    copy_side( &state.info.LocalAddr, base_get_sock_name, call->s, (struct sockaddr *)state.addrs, size,
               addrs );
    if (!record_is_unconnected( call->record ))
        copy_side( &state.info.RemoteAddr, base_get_peer_name, call->s,
                   (struct sockaddr *)(state.addrs + size), size, addrs + size );
    state.info.iSocketType = call->type;
    state.info.iProtocol = call->protocol;
    return guard_write( buffer, &state, sizeof(state.info) + 2 * size ) ? 0 : WSAEFAULT;
}

int read_protocol_info( struct option_call *call, char *buffer, int *len )
{
    BOOL unicode = call->row->arg;
    int size = unicode ? sizeof(WSAPROTOCOL_INFOW) : sizeof(WSAPROTOCOL_INFOA);
    WSAPROTOCOL_INFOW info;
    WSAPROTOCOL_INFOA ansi;
    int error = option_check_handle( call );

    if (error) return error;
    if (!catalogue_find( call->family, call->type, call->protocol, &info )) return WSAEINVAL;
    /* the entry of a raw socket is that of all its protocols (T: test_WSASocket) */
    if (info.iProtocolMaxOffset) info.iProtocol = 0;
    if (!buffer || *len < size)
    {
        *len = size;
        return WSAEFAULT;
    }
    if (!unicode) catalogue_entry_to_ansi( &info, &ansi );
    return guard_write( buffer, unicode ? (void *)&info : (void *)&ansi, size ) ? 0 : WSAEFAULT;
}

int refuse_type( struct option_call *call, DWORD value )
{
    (void)value;
    return call->type == SOCK_STREAM ? WSAENOPROTOOPT : WSAEINVAL;
}

int write_accept_context( struct option_call *call, const char *buffer, int len )
{
    SOCKET listener;
    int error = option_check_handle( call );

    if (error) return error;
    if (len < (int)sizeof(listener) || !guard_read( &listener, buffer, sizeof(listener) )) return WSAEFAULT;
    option_inherit( record_find( listener ), call->record );

    /* AcceptEx is over: the descriptor is final (rule 3) */
    record_apply_options( call->s );
    record_clear( call->record, RECORD_ACCEPT_TARGET );
    record_set( call->record, RECORD_BOUND | RECORD_CONNECTED );
    return 0;
}

int write_connect_context( struct option_call *call, const char *buffer, int len )
{
    int error = option_check_handle( call );

    (void)buffer; (void)len;
    if (!error) icmp_errors_end( call->s, call->record, 0 );
    if (!error && (record_clear( call->record, RECORD_CONNECT_EX | RECORD_CONNECTING ) & RECORD_CONNECT_EX))
        record_set( call->record, RECORD_CONNECTED );
    return error;
}

/*** IPPROTO_TCP ***/

/* "Once on, stays on." */
int set_expedited( struct option_call *call, DWORD value )
{
    if (!value) return option_check_handle( call );
    return option_set_remembered( call, value );
}

int get_bsd_urgent( struct option_call *call, DWORD *value )
{
    int error = option_get_remembered( call, value );

    *value = !*value;
    return error;
}

int set_bsd_urgent( struct option_call *call, DWORD value )
{
    return set_expedited( call, !value );
}

/* arg2: milliseconds in the option's unit. All bits set: never give up, which is the host's default. */
int set_max_retransmission( struct option_call *call, DWORD value )
{
    DWORD unit = call->row->arg2;
    int ms = value == ~0u ? 0 : value > INT_MAX / unit ? INT_MAX : (int)(value * unit);
    int error = option_error( record_set_option( call->s, HOST_OPT_USER_TIMEOUT, 1, &ms ));

    if (error) return error;
    option_remember( call->record, REMEMBER_TCP_MAXRT, unit == 1 && value != ~0u ? value / 1000 : value );
    option_remember( call->record, REMEMBER_TCP_MAXRTMS, unit == 1 || value == ~0u ? value : (DWORD)ms );
    return 0;
}

/*** IPPROTO_IP and IPPROTO_IPV6 ***/

/* An address, or 0.x.x.x for an interface index (MS: IPPROTO_IP options). */
int get_multicast_if( struct option_call *call, DWORD *value )
{
    struct host_option_params params = { .socket = host_socket( call->s ),
                                         .option = HOST_OPT_IP_MULTICAST_IF };
    int error = option_error( host_call( HOST_GET_OPTION, &params ));

    if (!error) *value = option_remembered( call->record, call->row->arg, params.value[0] );
    return error;
}

int set_multicast_if( struct option_call *call, DWORD value )
{
    int values[2] = { 0, 0 }, error;

    if (value & 0xff) values[0] = value;
    else values[1] = RtlUlongByteSwap( value );
    error = option_error( record_set_option( call->s, HOST_OPT_IP_MULTICAST_IF, 2, values ));
    if (!error) option_remember( call->record, call->row->arg, value );
    return error;
}

int get_network_index( struct option_call *call, DWORD *value )
{
    int error = option_get_host( call, value );

    *value = RtlUlongByteSwap( *value );
    return error;
}

int set_network_index( struct option_call *call, DWORD value )
{
    return option_set_host( call, RtlUlongByteSwap( value ));
}

/* The host's default is a third thing: segments of a stream are never fragmented, datagrams may be. */
int get_dont_fragment( struct option_call *call, DWORD *value )
{
    int discover, error = option_error( host_get_int( call->s, call->row->arg, &discover ));

    if (error) return error;
    if (discover == HOST_MTU_WANT) *value = call->type == SOCK_STREAM;
    else *value = discover != HOST_MTU_DONT;
    return 0;
}

int set_dont_fragment( struct option_call *call, DWORD value )
{
    return option_set_host( call, value ? HOST_MTU_DO : HOST_MTU_DONT );
}

int get_dont_fragment6( struct option_call *call, DWORD *value )
{
    int number, error;

    if (call->type == SOCK_STREAM)
    {
        *value = option_remembered( call->record, call->row->arg, TRUE );
        return option_check_handle( call );
    }
    error = option_error( host_get_int( call->s, call->row->arg2, &number ));
    if (!error) *value = number;
    return error;
}

int set_dont_fragment6( struct option_call *call, DWORD value )
{
    int number = value;

    if (call->type == SOCK_STREAM) return option_set_remembered( call, value );
    return option_error( record_set_option( call->s, call->row->arg2, 1, &number ));
}

/* Windows' numbers: 0 not set, 1 do, 2 don't, 3 probe (PMTUD_STATE). It reads 0 until it is set, whatever
 * IP_DONTFRAGMENT says (T: test_sockopt_validity). */
int set_mtu_discover( struct option_call *call, DWORD value )
{
    static const int states[] = { 0, HOST_MTU_DO, HOST_MTU_DONT, HOST_MTU_PROBE };
    int error;

    if (!value) return WSAEINVAL;
    error = option_error( record_set_option( call->s, call->row->arg2, 1, &states[value] ));
    if (!error) option_remember( call->record, call->row->arg, value );
    return error;
}

/* An IPv4 socket has the option too, without meaning (T: test_ipv6only), and the host's raw sockets have
 * none that can be set. */
static BOOL has_host_v6only( const struct option_call *call )
{
    return call->family == AF_INET6 && call->type != SOCK_RAW;
}

int get_v6only( struct option_call *call, DWORD *value )
{
    int number, error;

    if (!has_host_v6only( call ))
    {
        *value = option_remembered( call->record, call->row->arg, TRUE );
        return option_check_handle( call );
    }
    error = option_error( host_get_int( call->s, call->row->arg2, &number ));
    if (!error) *value = number;
    return error;
}

int set_v6only( struct option_call *call, DWORD value )
{
    int number = value, error;

    if (!has_host_v6only( call ))
    {
        error = check_state( call, &call->row->set_states );
        return error ? error : option_set_remembered( call, value );
    }
    /* the host refuses by itself */
    return option_error( record_set_option( call->s, call->row->arg2, 1, &number ));
}

BOOL speaks_ipv4( const struct option_call *call )
{
    static const BYTE any[16], mapped[12] = { [10] = 0xff, 0xff };
    struct option_call v6only = *call;
    struct sockaddr_in6 addr;
    int len = sizeof(addr), error;
    BYTE families;
    DWORD value;

    v6only.row = option_find( IPPROTO_IPV6, IPV6_V6ONLY, &families );
    if (get_v6only( &v6only, &value ) || value) return FALSE;
    return base_get_sock_name( call->s, (struct sockaddr *)&addr, &len, &error ) ||
           !memcmp( &addr.sin6_addr, any, sizeof(any) ) ||
           !memcmp( &addr.sin6_addr, mapped, sizeof(mapped) );
}

int read_host_data( struct option_call *call, char *buffer, int *len )
{
    char data[256];
    struct host_option_params params = { .socket = host_socket( call->s ), .option = call->row->arg,
                                         .data = (ULONG_PTR)data, .size = min( *len, (int)sizeof(data) ) };
    int error = option_error( host_call( HOST_GET_OPTION, &params ));

    if (error) return error;
    if (!guard_write( buffer, data, params.size )) return WSAEFAULT;
    *len = params.size;
    return 0;
}

int write_host_data( struct option_call *call, const char *buffer, int len )
{
    char data[256];
    struct host_option_params params = { .socket = host_socket( call->s ), .option = call->row->arg,
                                         .data = (ULONG_PTR)data, .size = len };

    if (len > (int)sizeof(data)) return WSAEINVAL;
    if (!guard_read( data, buffer, len )) return WSAEFAULT;
    return option_error( host_call( HOST_SET_OPTION, &params ));
}

static int set_group( struct option_call *call, struct host_group *group )
{
    struct host_option_params params = { .socket = host_socket( call->s ), .option = call->row->arg,
                                         .data = (ULONG_PTR)group, .size = sizeof(*group) };

    return option_error( host_call( HOST_SET_OPTION, &params ));
}

static void set_ipv4( struct host_address *address, struct in_addr addr )
{
    address->family = HOST_FAMILY_INET;
    memcpy( address->ip, &addr, sizeof(addr) );
}

/* As in IP_MULTICAST_IF, 0.x.x.x is an index. */
static void set_group_interface( struct host_group *group, struct in_addr addr )
{
    if (!addr.s_addr || (addr.s_addr & 0xff)) set_ipv4( &group->interface, addr );
    else group->index = RtlUlongByteSwap( addr.s_addr );
}

int write_mreq( struct option_call *call, const char *buffer, int len )
{
    struct host_group group = { { 0 } };
    struct ip_mreq mreq;

    if (len < (int)sizeof(mreq) || !guard_read( &mreq, buffer, sizeof(mreq) )) return WSAEFAULT;
    set_ipv4( &group.group, mreq.imr_multiaddr );
    set_group_interface( &group, mreq.imr_interface );
    return set_group( call, &group );
}

int write_mreq_source( struct option_call *call, const char *buffer, int len )
{
    struct host_group group = { { 0 } };
    struct ip_mreq_source mreq;

    if (len < (int)sizeof(mreq) || !guard_read( &mreq, buffer, sizeof(mreq) )) return WSAEFAULT;
    set_ipv4( &group.group, mreq.imr_multiaddr );
    set_ipv4( &group.source, mreq.imr_sourceaddr );
    set_group_interface( &group, mreq.imr_interface );
    return set_group( call, &group );
}

int write_mreq6( struct option_call *call, const char *buffer, int len )
{
    struct host_group group = { { 0 } };
    struct ipv6_mreq mreq;

    if (len < (int)sizeof(mreq) || !guard_read( &mreq, buffer, sizeof(mreq) )) return WSAEFAULT;
    group.group.family = HOST_FAMILY_INET6;
    memcpy( group.group.ip, &mreq.ipv6mr_multiaddr, sizeof(group.group.ip) );
    group.index = mreq.ipv6mr_interface;
    return set_group( call, &group );
}

/* The protocol independent requests; not all headers have them. */
struct windows_group_req
{
    ULONG interface;
    SOCKADDR_STORAGE group;
};

struct windows_group_source_req
{
    ULONG interface;
    SOCKADDR_STORAGE group, source;
};

C_ASSERT( sizeof(struct windows_group_req) == 136 );
C_ASSERT( sizeof(struct windows_group_source_req) == 264 );

int write_group_req( struct option_call *call, const char *buffer, int len )
{
    struct host_group group = { { 0 } };
    struct windows_group_req req;

    if (len < (int)sizeof(req) || !guard_read( &req, buffer, sizeof(req) )) return WSAEFAULT;
    if (!host_address_from_sockaddr( &group.group, (struct sockaddr *)&req.group, sizeof(req.group) ))
        return WSAEINVAL;
    group.index = req.interface;
    return set_group( call, &group );
}

int write_group_source_req( struct option_call *call, const char *buffer, int len )
{
    struct host_group group = { { 0 } };
    struct windows_group_source_req req;

    if (len < (int)sizeof(req) || !guard_read( &req, buffer, sizeof(req) )) return WSAEFAULT;
    if (!host_address_from_sockaddr( &group.group, (struct sockaddr *)&req.group, sizeof(req.group) ) ||
        !host_address_from_sockaddr( &group.source, (struct sockaddr *)&req.source, sizeof(req.source) ))
        return WSAEINVAL;
    group.index = req.interface;
    return set_group( call, &group );
}

/*** NSPROTO_IPX and SOL_IRLMP ***/

int read_ipx_address( struct option_call *call, char *buffer, int *len )
{
    IPX_ADDRESS_DATA data = { 0 };
    struct sockaddr_ipx addr;
    int size = sizeof(addr), error;

    if (*len < (int)sizeof(data)) return WSAEFAULT;
    memset( &addr, 0, sizeof(addr) );
    if (base_get_sock_name( call->s, (struct sockaddr *)&addr, &size, &error ) == SOCKET_ERROR &&
        error == WSAENOTSOCK)
        return error;
    memcpy( data.netnum, addr.sa_netnum, sizeof(data.netnum) );
    memcpy( data.nodenum, addr.sa_nodenum, sizeof(data.nodenum) );
    data.maxpkt = 1467;
    data.linkspeed = 100000;    /* in 100 bit/s */
    return guard_write( buffer, &data, sizeof(data) ) ? 0 : WSAEFAULT;
}

int read_afd_data( struct option_call *call, char *buffer, int *len )
{
    char data[4096];
    DWORD count = 0;
    int error = afd_request( call->s, call->row->arg, NULL, 0, data, min( *len, (int)sizeof(data) ),
                             NULL, NULL, 0, &count );

    if (error) return error;
    if (!guard_write( buffer, data, count )) return WSAEFAULT;
    *len = count;
    return 0;
}
