/*
 * Ancillary data of datagrams (WSA_CMSG): the options that ask for it, and the messages of WSARecvMsg and
 * WSASendMsg.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Several options want the same of the host, which tells a packet's destination, interface, hops and
 * class together: the record remembers which of them the program has set, the host half writes just these
 * messages (unix/control.c). AFD has names for some only, so it does not get a receive that the host can do.
 */
#include "control.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define MAX_CONTROL 1024

/* The host makes one datagram of up to this many bytes; smaller limits are kept by not coalescing at all,
 * for what does not fit the program's buffer would be lost. */
#define COALESCED_MAX 65507

/* Numbers are written out where the headers we are built against lack the names. */
static const struct control_row
{
    enum host_option host;      /* what makes the host tell it */
    enum host_control_what what;
    enum host_family family;
    int level, type;            /* of the message (MS: IPPROTO_IP options; T: test_ipv4_cmsg) */
}
rows[CONTROL_COUNT] =
{
#define IP( option, host, what, type ) \
    [CONTROL_IP_##option] = { HOST_OPT_IP_##host, HOST_CONTROL_##what, HOST_FAMILY_INET, IPPROTO_IP, \
                              type }
    IP( PKTINFO, PACKET_INFO, INFO, 19 ),
    IP( RECVTTL, RECEIVE_TTL, HOPS, 4 /* IP_TTL */ ),
    IP( RECVIF, PACKET_INFO, INTERFACE, 24 ),
    IP( RECVDSTADDR, PACKET_INFO, ADDRESS, 25 ),
    IP( RECVTOS, RECEIVE_TOS, CLASS, 3 /* IP_TOS */ ),
    IP( ORIGINAL_ARRIVAL_IF, PACKET_INFO, INTERFACE, 47 ),
    IP( ECN, RECEIVE_TOS, CLASS_ECN, 50 ),
    IP( PKTINFO_EX, PACKET_INFO, INFO_EX, 51 ),
    [CONTROL_IP_RECVERR] = { HOST_OPT_QUEUE_ERRORS, HOST_CONTROL_ERROR, HOST_FAMILY_INET, IPPROTO_IP, 75 },
#undef IP
#define IPV6( option, host, what, type ) \
    [CONTROL_IPV6_##option] = { HOST_OPT_IPV6_##host, HOST_CONTROL_##what, HOST_FAMILY_INET6, IPPROTO_IPV6, \
                                type }
    IPV6( PKTINFO, PACKET_INFO, INFO, 19 ),
    IPV6( HOPLIMIT, RECEIVE_HOPS, HOPS, 21 ),
    IPV6( RECVIF, PACKET_INFO, INTERFACE, 24 ),
    IPV6( RECVDSTADDR, PACKET_INFO, ADDRESS, 25 ),
    IPV6( RECVRTHDR, RECEIVE_ROUTE, ROUTE, 32 /* IPV6_RTHDR */ ),
    IPV6( RECVTCLASS, RECEIVE_CLASS, CLASS, 39 /* IPV6_TCLASS */ ),
    IPV6( ORIGINAL_ARRIVAL_IF, PACKET_INFO, INTERFACE, 47 ),
    IPV6( ECN, RECEIVE_CLASS, CLASS_ECN, 50 ),
    IPV6( PKTINFO_EX, PACKET_INFO, INFO_EX, 51 ),
    [CONTROL_IPV6_RECVERR] = { HOST_OPT_QUEUE_ERRORS, HOST_CONTROL_ERROR, HOST_FAMILY_INET6, IPPROTO_IPV6,
                               75 },
#undef IPV6
    [CONTROL_UDP_COALESCED] = { HOST_OPT_COALESCE, HOST_CONTROL_SEGMENT, HOST_FAMILY_OTHER, IPPROTO_UDP,
                                3 /* UDP_COALESCED_INFO */ },
    [CONTROL_TIMESTAMP] = { HOST_OPT_TIMESTAMPS, HOST_CONTROL_STAMP, HOST_FAMILY_OTHER, SOL_SOCKET,
                            0x300a /* SO_TIMESTAMP */ },
};

static DWORD options_set( const struct socket_record *record )
{
    return option_remembered( record, REMEMBER_CONTROL, 0 );
}

static enum host_option destination_option( const struct socket_record *record )
{
    return record->family == AF_INET ? HOST_OPT_IP_PACKET_INFO : HOST_OPT_IPV6_PACKET_INFO;
}

/* Whether the host has to tell this for these options. */
static BOOL is_wanted( const struct socket_record *record, enum host_option host, DWORD options )
{
    unsigned int i;

    if (host == HOST_OPT_COALESCE && (options & (1u << CONTROL_SUSPENDED))) return FALSE;
    for (i = 0; i < CONTROL_COUNT; i++)
        if ((options & (1u << i)) && rows[i].host == host) return TRUE;
    return (options & (1u << CONTROL_DESTINATION)) && host == destination_option( record );
}

static int change( SOCKET s, struct socket_record *record, enum host_option host, DWORD options )
{
    int error = host_set_int( s, host, is_wanted( record, host, options ));

    if (!error) option_remember( record, REMEMBER_CONTROL, options );
    return error;
}

int control_get_option( struct option_call *call, DWORD *value )
{
    const struct control_row *row = &rows[call->row->arg];
    int number, error = option_error( host_get_int( call->s, row->host, &number ));

    if (error) return error;
    /* of a socket that came from elsewhere the host knows most */
    if (call->record && (call->record->flags & RECORD_OURS))
        *value = !!(options_set( call->record ) & (1u << call->row->arg));
    else *value = number;
    return 0;
}

int control_set_option( struct option_call *call, DWORD value )
{
    const struct control_row *row = &rows[call->row->arg];
    DWORD bit = 1u << call->row->arg, options = options_set( call->record );

    if (!call->record) return option_error( host_set_int( call->s, row->host, value ));
    return option_error( change( call->s, call->record, row->host, value ? options | bit : options & ~bit ));
}

BOOL control_wants_errors( const struct socket_record *record )
{
    return !!(options_set( record ) & (1u << CONTROL_IP_RECVERR | 1u << CONTROL_IPV6_RECVERR));
}

int control_get_errors( struct option_call *call, DWORD *value )
{
    int error = option_check_handle( call );

    if (!error) *value = !!(options_set( call->record ) & (1u << call->row->arg));
    return error;
}

int control_set_errors( struct option_call *call, DWORD value )
{
    DWORD bit = 1u << call->row->arg, options = options_set( call->record );
    int error = option_check_handle( call );

    if (error || !call->record) return error;
    option_remember( call->record, REMEMBER_CONTROL, value ? options | bit : options & ~bit );
    datagram_reports_changed( call->s, call->record );
    return 0;
}

int control_set_coalesced_size( struct option_call *call, DWORD value )
{
    DWORD bit = 1u << CONTROL_UDP_COALESCED, options = options_set( call->record );
    int error = option_set_remembered( call, value );

    if (error || !call->record || !(call->record->flags & RECORD_OURS)) return error;
    options &= ~(1u << CONTROL_SUSPENDED);
    options = value >= COALESCED_MAX ? options | bit : options & ~bit;
    change( call->s, call->record, HOST_OPT_COALESCE, options );
    return 0;
}

void control_set_timestamps( struct socket_record *record, BOOL receive, BOOL send )
{
    static const DWORD both = 1u << CONTROL_TIMESTAMP | 1u << CONTROL_SEND_TIMESTAMP;

    if (!record) return;
    option_remember( record, REMEMBER_CONTROL, (options_set( record ) & ~both) |
                     (receive ? 1u << CONTROL_TIMESTAMP : 0) | (send ? 1u << CONTROL_SEND_TIMESTAMP : 0) );
    if (send) record_at_close( record, CLOSER_STAMPS );
}

/*** receiving ***/

BOOL control_available( const struct socket_record *record )
{
    return record && (record->flags & RECORD_OURS) && record->type == SOCK_DGRAM &&
           record->protocol == IPPROTO_UDP && (record->family == AF_INET || record->family == AF_INET6);
}

void control_wanted( SOCKET s, struct socket_record *record, struct host_control *control )
{
    /* of the bits of enum host_control_flags, and of a datagram that was cut */
    static const UINT32 flag_values[] = { MSG_CTRUNC, MSG_BCAST, MSG_MCAST, 0x1000 /* MSG_ERRQUEUE */,
                                          MSG_TRUNC };
    DWORD options = options_set( record );
    unsigned int i;

    if (!(options & (1u << CONTROL_DESTINATION)))
    {
        options |= 1u << CONTROL_DESTINATION;
        change( s, record, destination_option( record ), options );
    }
    if (options & (1u << CONTROL_SUSPENDED))
    {
        options &= ~(1u << CONTROL_SUSPENDED);
        change( s, record, HOST_OPT_COALESCE, options );
    }
    /* events were selected once */
    if (control_wants_errors( record ) && !record->datagrams.reports) datagram_reports_changed( s, record );
    control->header = sizeof(WSACMSGHDR);
    control->count = 0;
    control->flags = 0;
    memcpy( control->flag_values, flag_values, sizeof(flag_values) );
    for (i = 0; i < CONTROL_COUNT; i++)
    {
        struct host_control_item *item = &control->items[control->count];

        if (!(options & (1u << i))) continue;
        item->what = rows[i].what;
        item->family = rows[i].family;
        item->level = rows[i].level;
        item->type = rows[i].type;
        control->count++;
    }
}

void control_leave( SOCKET s, struct socket_record *record )
{
    DWORD options = options_set( record );

    if (options & (1u << CONTROL_DESTINATION))
    {
        options &= ~(1u << CONTROL_DESTINATION);
        change( s, record, destination_option( record ), options );
    }
    if ((options & (1u << CONTROL_UDP_COALESCED)) && !(options & (1u << CONTROL_SUSPENDED)))
    {
        options |= 1u << CONTROL_SUSPENDED;
        change( s, record, HOST_OPT_COALESCE, options );
    }
}

/*** sending ***/

/* What a message to send says, into control. data has room for size bytes, more are not looked at. */
static int read_message( const struct socket_record *record, SOCKET s, int level, int type, const void *data,
                         SIZE_T size, struct host_send_control *control )
{
    BOOL v6 = level == IPPROTO_IPV6;
    SIZE_T address_size = v6 ? 16 : 4;
    DWORD number = 0;
    int class;

    if (size >= sizeof(number)) memcpy( &number, data, sizeof(number) );
    else if (size) number = *(const BYTE *)data;

    if (level == IPPROTO_UDP && type == 2 /* UDP_SEND_MSG_SIZE */)
    {
        if (size < sizeof(number) || number > 0xffff) return WSAEINVAL;
        control->segment = number;
        control->present |= HOST_SEND_SEGMENT;
        return 0;
    }
    if (level == SOL_SOCKET && type == 0x300b /* SO_TIMESTAMP_ID */)
    {
        if (size < sizeof(number)) return WSAEINVAL;
        if (!(options_set( record ) & (1u << CONTROL_SEND_TIMESTAMP))) return 0;
        control->stamp = number;
        control->present |= HOST_SEND_STAMP;
        if (record->flags & RECORD_WATCHED) control->present |= HOST_SEND_STAMP_NEAR;
        return 0;
    }
    if (level != IPPROTO_IP && level != IPPROTO_IPV6) return 0;
    if (v6 && record->family != AF_INET6) return WSAEINVAL;

    switch (type)
    {
    case 19: /* IP_PKTINFO */
    case 51: /* IP_PKTINFO_EX */
        if (size < address_size + sizeof(control->interface)) return WSAEINVAL;
        memcpy( control->source.ip, data, address_size );
        memcpy( &control->interface, (const BYTE *)data + address_size, sizeof(control->interface) );
        control->present |= HOST_SEND_SOURCE;
        break;
    case 4: /* IP_TTL */
        if (v6) return 0;
        /* fall through */
    case 21: /* IP_HOPLIMIT */
        if (number > 255) return WSAEINVAL;
        control->hops = number;
        control->present |= HOST_SEND_HOPS;
        break;
    case 3: /* IP_TOS */
        if (v6) return 0;
        /* fall through */
    case 39: /* IP_TCLASS */
        if (number > 255) return WSAEINVAL;
        control->traffic_class = number;
        control->present |= HOST_SEND_CLASS;
        break;
    case 50: /* IP_ECN: beside the class that the socket has */
        if (number > 3) return WSAEINVAL;
        if (!(control->present & HOST_SEND_CLASS))
        {
            if (host_get_int( s, v6 ? HOST_OPT_IPV6_TRAFFIC_CLASS : HOST_OPT_IP_TOS, &class )) class = 0;
            control->traffic_class = class;
        }
        control->traffic_class = (control->traffic_class & ~3) | number;
        control->present |= HOST_SEND_CLASS;
        break;
    default:
        return 0;
    }
    control->source.family = v6 ? HOST_FAMILY_INET6 : HOST_FAMILY_INET;
    return 0;
}

int control_parse( SOCKET s, const struct socket_record *record, const WSAMSG *message,
                   struct host_send_control *control )
{
    ULONGLONG buffer[MAX_CONTROL / sizeof(ULONGLONG)];
    SIZE_T len = message->Control.len, offset = 0;
    WSACMSGHDR header;
    int error;

    memset( control, 0, sizeof(*control) );
    if (!len || !control_available( record )) return 0;
    if (len > sizeof(buffer)) return WSAEINVAL;
    if (!guard_read( buffer, message->Control.buf, len )) return WSAEFAULT;
    while (offset + sizeof(header) <= len)
    {
        const char *at = (char *)buffer + offset;

        memcpy( &header, at, sizeof(header) );
        if (header.cmsg_len < sizeof(header) || header.cmsg_len > len - offset) return WSAEINVAL;
        error = read_message( record, s, header.cmsg_level, header.cmsg_type, at + sizeof(header),
                              header.cmsg_len - sizeof(header), control );
        if (error) return error;
        offset += (header.cmsg_len + sizeof(SIZE_T) - 1) & ~(sizeof(SIZE_T) - 1);
    }
    /* MS: Winsock IOCTLs, the one does not go with the other */
    if (control->present & HOST_SEND_SEGMENT) control->present &= ~HOST_SEND_STAMP;
    TRACE( "socket %#Ix: fields %#x, segment %u, class %#x, hops %u, interface %u.\n", s, control->present,
           control->segment, control->traffic_class, control->hops, control->interface );
    return 0;
}
