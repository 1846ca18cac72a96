/*
 * Options that have their effect when a socket is bound or connected.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "option_connect.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/*** which port ***/

/* MS: SOL_SOCKET options: SO_RANDOMIZE_PORT not after SO_REUSE_UNICASTPORT. The host takes ports at random,
 * and one port for several local addresses, whatever is set. SO_REUSE_UNICASTPORT has bind leave the choice
 * to connect, where a port may serve several connections. */
int set_port_choice( struct option_call *call, DWORD value )
{
    struct socket_record *record = call->record;
    BOOL on_host = call->row->arg == REMEMBER_SO_REUSE_UNICASTPORT && call->type == SOCK_STREAM;
    int error;

    error = on_host ? option_error( host_set_int( call->s, HOST_OPT_LATE_PORT, value ))
                    : option_check_handle( call );
    if (error) return error;
    if (call->row->arg == REMEMBER_SO_RANDOMIZE_PORT && value &&
        option_remembered( record, REMEMBER_SO_REUSE_UNICASTPORT, FALSE ))
        return WSAEINVAL;
    option_remember( record, call->row->arg, value );
    return 0;
}

/* MS: SOL_SOCKET options: several sockets receive the datagrams of a group on one port. */
int set_share_groups( struct option_call *call, DWORD value )
{
    int error = option_set_remembered( call, value );

    if (!error && call->type == SOCK_DGRAM &&
        !option_remembered( call->record, REMEMBER_SO_REUSEADDR, FALSE ))
        error = option_error( host_set_int( call->s, HOST_OPT_REUSE, value ));
    return error;
}

/*** the size of packets ***/

/* MS: IPPROTO_IP options: an upper bound for packets. Streams keep it by their segments; the host has
 * none for datagrams of IPv4, and none below 1280 bytes for those of IPv6. */
int set_user_mtu( struct option_call *call, DWORD value )
{
    DWORD headers = call->family == AF_INET6 ? 60 : 40;
    int error;

    if (call->type == SOCK_STREAM)
        error = host_set_int( call->s, HOST_OPT_MAX_SEGMENT,
                              value < 0x8000 ? max( value, headers + 88 ) - headers : 0 );
    else if (call->family == AF_INET6)
        error = host_set_int( call->s, HOST_OPT_IPV6_USER_MTU, value < 0x10000 ? max( value, 1280 ) : 0 );
    else return option_set_remembered( call, value );
    if ((error = option_error( error ))) return error;
    option_remember( call->record, call->row->arg, value );
    return 0;
}

/*** connections ***/

/* MS: IPPROTO_TCP options; data of ConnectEx goes out with the first packet. */
void fast_open_listen( SOCKET s, const struct socket_record *record, int backlog )
{
    if (option_remembered( record, REMEMBER_TCP_FASTOPEN, FALSE ))
        host_set_int( s, HOST_OPT_FAST_OPEN, backlog > 0 && backlog < 4096 ? backlog : 4096 );
}

void fast_open_connect( SOCKET s, const struct socket_record *record )
{
    if (option_remembered( record, REMEMBER_TCP_FASTOPEN, FALSE ))
        host_set_int( s, HOST_OPT_FAST_CONNECT, TRUE );
}

/* The host fails a connect when an ICMP error comes, whatever is set; with the option it says which: it
 * keeps the error in a queue until the connect is over. An established connection must have no such queue,
 * or an ICMP error ends it. Taking what is in the queue clears the error that AFD needs: AFD comes first. */
void icmp_errors_begin( SOCKET s, struct socket_record *record )
{
    if (!option_remembered( record, REMEMBER_TCP_FAIL_CONNECT_ON_ICMP_ERROR, FALSE )) return;
    icmp_errors_settle( s, record );
    if (record->settings->icmp_queued) return;
    record->settings->icmp_error.family = HOST_FAMILY_OTHER;    /* which remembers the option */
    record->settings->icmp_queued = !host_set_int( s, HOST_OPT_QUEUE_ERRORS, TRUE );
}

/* Take the error from the queue, if there is one, and the queue from the socket. */
static BOOL take_error( SOCKET s, struct socket_settings *settings )
{
    struct host_icmp_error found;
    struct host_option_params params = { .socket = s, .option = HOST_OPT_ICMP_ERROR,
                                         .data = (ULONG_PTR)&found, .size = sizeof(found) };
    BOOL taken = !host_call( HOST_GET_OPTION, &params ) && found.source.family;

    if (taken)
    {
        settings->icmp_error = found.source;
        settings->icmp_protocol = found.protocol;
        settings->icmp_type = found.type;
        settings->icmp_code = found.code;
    }
    host_set_int( s, HOST_OPT_QUEUE_ERRORS, FALSE );
    settings->icmp_queued = FALSE;
    return taken;
}

int icmp_errors_end( SOCKET s, struct socket_record *record, int error )
{
    struct socket_settings *settings = record ? record->settings : NULL;

    if (!settings || !settings->icmp_queued || error == WSAEWOULDBLOCK || error == WSA_IO_PENDING ||
        error == WSAEALREADY) return error;
    return take_error( s, settings ) && error ? WSAEHOSTUNREACH : error;    /* MS: IPPROTO_TCP options */
}

int icmp_connect_error( SOCKET s, struct socket_record *record, int error )
{
    const struct socket_settings *settings = record ? record->settings : NULL;

    if (!error || !option_remembered( record, REMEMBER_TCP_FAIL_CONNECT_ON_ICMP_ERROR, FALSE )) return error;
    icmp_errors_settle( s, record );
    return settings->icmp_error.family && settings->icmp_error.family != HOST_FAMILY_OTHER
           ? WSAEHOSTUNREACH : error;
}

void icmp_errors_settle( SOCKET s, struct socket_record *record )
{
    if (!record || !record->settings || !record->settings->icmp_queued) return;
    if (event_connect_over( s )) take_error( s, record->settings );
}

/* ICMP_ERROR_INFO of mstcpip.h. */
struct icmp_error_info
{
    union { struct sockaddr_in v4; struct sockaddr_in6 v6; } source;
    INT protocol;
    BYTE type, code;
};

C_ASSERT( sizeof(struct icmp_error_info) == 36 );

int read_icmp_error( struct option_call *call, char *buffer, int *len )
{
    const struct socket_settings *settings = call->record ? call->record->settings : NULL;
    struct icmp_error_info info;
    int error = set_nothing( call, 0 );

    if (error) return error;
    icmp_errors_settle( call->s, call->record );
    if (!settings || !settings->icmp_error.family)
    {
        *len = 0;       /* MS: IPPROTO_TCP options: none was received */
        return 0;
    }
    if (*len < (int)sizeof(info)) return WSAEFAULT;
    memset( &info, 0, sizeof(info) );
    host_address_to_sockaddr( &settings->icmp_error, &info.source, sizeof(info.source) );
    info.protocol = settings->icmp_protocol;
    info.type = settings->icmp_type;
    info.code = settings->icmp_code;
    if (!guard_write( buffer, &info, sizeof(info) )) return WSAEFAULT;
    *len = sizeof(info);
    return 0;
}
