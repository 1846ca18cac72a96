/*
 * Ancillary data of datagrams: between the host's control messages and the program's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which messages the program wants, and what it calls them, comes with each call; nothing here knows an
 * option of the program's. So whoever receives in its place, and whenever, can write them.
 */
#include "host_private.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

/* What one packet of a family says of itself. A dual-stack socket may tell it in both ways. */
struct packet
{
    int has_info, has_hops, has_class;
    uint8_t address[16];
    uint32_t address_size;
    uint32_t interface, scope;
    int32_t hops, traffic_class;
};

struct told
{
    struct packet v4, v6;
    const void *route;
    uint32_t route_size;
    uint32_t segment;       /* 0: not coalesced */
    uint64_t stamp;         /* 0: none */
    const struct sock_extended_err *error;  /* an ICMP error, or NULL */
    uint32_t flags;         /* enum host_control_flags */
};

static int32_t read_number( const struct cmsghdr *message )
{
    size_t size = message->cmsg_len - CMSG_LEN( 0 );
    int32_t value = 0;

    /* the host's type of service is one byte, all else are ints */
    if (size >= sizeof(value)) memcpy( &value, CMSG_DATA( message ), sizeof(value) );
    else if (size) value = *CMSG_DATA( message );
    return value;
}

static void read_ipv4( struct told *told, const struct cmsghdr *message )
{
    struct in_pktinfo info;
    uint32_t address;

    switch (message->cmsg_type)
    {
    case IP_PKTINFO:
        memcpy( &info, CMSG_DATA( message ), sizeof(info) );
        told->v4.has_info = 1;
        told->v4.interface = info.ipi_ifindex;
        told->v4.address_size = sizeof(info.ipi_addr);
        memcpy( told->v4.address, &info.ipi_addr, sizeof(info.ipi_addr) );
        address = ntohl( info.ipi_addr.s_addr );
        if (IN_MULTICAST( address )) told->flags |= HOST_CONTROL_MULTICAST;
        /* the second address is the local one that would answer: another for a broadcast, and 0 for what was
         * queued before the option was set */
        else if (address == INADDR_BROADCAST ||
                 (info.ipi_spec_dst.s_addr && info.ipi_spec_dst.s_addr != info.ipi_addr.s_addr))
            told->flags |= HOST_CONTROL_BROADCAST;
        break;
    case IP_TTL:
        told->v4.has_hops = 1;
        told->v4.hops = read_number( message );
        break;
    case IP_TOS:
        told->v4.has_class = 1;
        told->v4.traffic_class = read_number( message );
        break;
    }
}

static void read_ipv6( struct told *told, const struct cmsghdr *message )
{
    struct in6_pktinfo info;

    switch (message->cmsg_type)
    {
    case IPV6_PKTINFO:
        memcpy( &info, CMSG_DATA( message ), sizeof(info) );
        if (IN6_IS_ADDR_V4MAPPED( &info.ipi6_addr ))
        {
            /* a packet of IPv4 is told in IPv4's messages only */
            if (IN_MULTICAST( ntohl( info.ipi6_addr.s6_addr32[3] ))) told->flags |= HOST_CONTROL_MULTICAST;
            else if (info.ipi6_addr.s6_addr32[3] == htonl( INADDR_BROADCAST ))
                told->flags |= HOST_CONTROL_BROADCAST;
            break;
        }
        told->v6.has_info = 1;
        told->v6.interface = info.ipi6_ifindex;
        told->v6.address_size = sizeof(info.ipi6_addr);
        memcpy( told->v6.address, &info.ipi6_addr, sizeof(info.ipi6_addr) );
        if (IN6_IS_ADDR_LINKLOCAL( &info.ipi6_addr )) told->v6.scope = info.ipi6_ifindex;
        if (IN6_IS_ADDR_MULTICAST( &info.ipi6_addr )) told->flags |= HOST_CONTROL_MULTICAST;
        break;
    case IPV6_HOPLIMIT:
        told->v6.has_hops = 1;
        told->v6.hops = read_number( message );
        break;
    case IPV6_TCLASS:
        told->v6.has_class = 1;
        told->v6.traffic_class = read_number( message );
        break;
    case IPV6_RTHDR:
        told->route = CMSG_DATA( message );
        told->route_size = message->cmsg_len - CMSG_LEN( 0 );
        break;
    }
}

/* The data of one wanted message; 0 when the packet does not say. */
static size_t message_data( const struct host_control_item *item, const struct told *told, uint8_t *data )
{
    const struct packet *packet = item->family == HOST_FAMILY_INET ? &told->v4 : &told->v6;
    size_t size = 0;
    int32_t number;

    switch (item->what)
    {
    case HOST_CONTROL_INFO:
    case HOST_CONTROL_INFO_EX:
    case HOST_CONTROL_ADDRESS:
        if (!packet->has_info) return 0;
        memcpy( data, packet->address, size = packet->address_size );
        if (item->what == HOST_CONTROL_ADDRESS) return size;
        memcpy( data + size, &packet->interface, sizeof(packet->interface) );
        size += sizeof(packet->interface);
        if (item->what == HOST_CONTROL_INFO) return size;
        memcpy( data + size, &packet->scope, sizeof(packet->scope) );
        return size + sizeof(packet->scope);
    case HOST_CONTROL_INTERFACE:
        if (!packet->has_info) return 0;
        number = packet->interface;
        break;
    case HOST_CONTROL_HOPS:
        if (!packet->has_hops) return 0;
        number = packet->hops;
        break;
    case HOST_CONTROL_CLASS:
    case HOST_CONTROL_CLASS_ECN:
        if (!packet->has_class) return 0;
        number = packet->traffic_class & (item->what == HOST_CONTROL_CLASS ? 0xff : 3);
        break;
    case HOST_CONTROL_SEGMENT:
        if (!told->segment) return 0;
        number = told->segment;
        break;
    case HOST_CONTROL_ERROR:
        if (!told->error || icmp_family( told->error ) != item->family) return 0;
        number = item->family == HOST_FAMILY_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
        memset( data, 0, size = 12 );
        memcpy( data, &number, sizeof(number) );
        memcpy( data + 4, &told->error->ee_info, sizeof(told->error->ee_info) );
        data[8] = told->error->ee_type;
        data[9] = told->error->ee_code;
        return size;
    case HOST_CONTROL_STAMP:
        if (!told->stamp) return 0;
        memcpy( data, &told->stamp, sizeof(told->stamp) );
        return sizeof(told->stamp);
    default:
        return 0;
    }
    memcpy( data, &number, sizeof(number) );
    return sizeof(number);
}

static int add_message( struct host_control *control, uint32_t *used, const struct host_control_item *item,
                        const void *data, size_t size )
{
    uint32_t width = control->header - 2 * sizeof(int32_t);
    uint8_t *out = (uint8_t *)caller_pointer( control->data ) + *used;
    uint32_t total = (control->header + size + width - 1) & ~(width - 1);
    uint64_t length = control->header + size;

    if (total > control->size - *used) return 0;
    memset( out, 0, total );
    memcpy( out, &length, width );      /* little-endian, as every machine that runs Wine */
    memcpy( out + width, &item->level, sizeof(item->level) );
    memcpy( out + width + sizeof(item->level), &item->type, sizeof(item->type) );
    memcpy( out + control->header, data, size );
    *used += total;
    return 1;
}

void control_prepare( struct msghdr *msg, void *space )
{
    msg->msg_control = space;
    msg->msg_controllen = CONTROL_SPACE;
}

void control_store( struct host_control *control, struct msghdr *msg )
{
    struct told told = { .flags = 0 };
    const struct sock_extended_err *error;
    struct cmsghdr *message;
    uint8_t data[64];
    uint32_t i, used = 0;

    for (message = CMSG_FIRSTHDR( msg ); message; message = CMSG_NXTHDR( msg, message ))
    {
        if (message->cmsg_level == IPPROTO_IP) read_ipv4( &told, message );
        else if (message->cmsg_level == IPPROTO_IPV6) read_ipv6( &told, message );
        else if (message->cmsg_level == IPPROTO_UDP && message->cmsg_type == UDP_GRO)
            told.segment = read_number( message );
        else if (message->cmsg_level == SOL_SOCKET && message->cmsg_type == SO_TIMESTAMPNS)
            told.stamp = stamp_counter( message );
        if ((error = icmp_error( message )) && icmp_family( error ) != HOST_FAMILY_OTHER) told.error = error;
    }

    control->flags = told.flags | (told.error ? HOST_CONTROL_IS_ERROR : 0);
    for (i = 0; i < control->count && i < sizeof(control->items) / sizeof(control->items[0]); i++)
    {
        const struct host_control_item *item = &control->items[i];
        const void *from = data;
        size_t size;

        if (item->what == HOST_CONTROL_ROUTE)
        {
            from = told.route;
            size = told.route_size;
        }
        else size = message_data( item, &told, data );
        if (!size) continue;
        if (add_message( control, &used, item, from, size )) continue;
        control->flags |= HOST_CONTROL_TRUNCATED;
        break;
    }
    control->size = used;
}

/*** sending ***/

static void attach( struct msghdr *msg, int level, int type, const void *data, size_t size )
{
    struct cmsghdr *message = (struct cmsghdr *)((char *)msg->msg_control + msg->msg_controllen);

    message->cmsg_level = level;
    message->cmsg_type = type;
    message->cmsg_len = CMSG_LEN( size );
    memcpy( CMSG_DATA( message ), data, size );
    msg->msg_controllen += CMSG_SPACE( size );
}

void control_attach( const struct host_send_control *control, struct msghdr *msg, void *space )
{
    int v6 = control->source.family == HOST_FAMILY_INET6;
    int32_t number;

    memset( space, 0, CONTROL_SPACE );
    msg->msg_control = space;
    msg->msg_controllen = 0;
    if (control->present & HOST_SEND_SOURCE)
    {
        struct in_pktinfo info4 = { .ipi_ifindex = control->interface };
        struct in6_pktinfo info6 = { .ipi6_ifindex = control->interface };

        memcpy( &info4.ipi_spec_dst, control->source.ip, sizeof(info4.ipi_spec_dst) );
        memcpy( &info6.ipi6_addr, control->source.ip, sizeof(info6.ipi6_addr) );
        if (v6) attach( msg, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof(info6) );
        else attach( msg, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4) );
    }
    if (control->present & HOST_SEND_HOPS)
    {
        number = control->hops;
        if (v6) attach( msg, IPPROTO_IPV6, IPV6_HOPLIMIT, &number, sizeof(number) );
        else attach( msg, IPPROTO_IP, IP_TTL, &number, sizeof(number) );
    }
    if (control->present & HOST_SEND_CLASS)
    {
        number = control->traffic_class;
        if (v6) attach( msg, IPPROTO_IPV6, IPV6_TCLASS, &number, sizeof(number) );
        else attach( msg, IPPROTO_IP, IP_TOS, &number, sizeof(number) );
    }
    if (control->present & HOST_SEND_SEGMENT)
    {
        uint16_t segment = control->segment;

        attach( msg, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment) );
    }
    if ((control->present & (HOST_SEND_STAMP | HOST_SEND_STAMP_NEAR)) == HOST_SEND_STAMP)
    {
        uint32_t flags = SOF_TIMESTAMPING_TX_SOFTWARE;

        attach( msg, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof(flags) );
    }
    if (!msg->msg_controllen) msg->msg_control = NULL;
}
