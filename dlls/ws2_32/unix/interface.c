/*
 * The host's interfaces and routes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "netlink.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <linux/if_addr.h>

static const struct
{
    unsigned int host, flag;
}
interface_flags[] =
{
    { IFF_UP, HOST_IF_UP },
    { IFF_BROADCAST, HOST_IF_BROADCAST },
    { IFF_LOOPBACK, HOST_IF_LOOPBACK },
    { IFF_POINTOPOINT, HOST_IF_POINTTOPOINT },
    { IFF_MULTICAST, HOST_IF_MULTICAST },
};

static void copy_sockaddr( struct host_address *address, const struct sockaddr *addr )
{
    struct sockaddr_storage storage;
    socklen_t len;

    memset( address, 0, sizeof(*address) );
    if (!addr) return;
    len = addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    memset( &storage, 0, sizeof(storage) );
    memcpy( &storage, addr, len );
    address_from_sockaddr( address, &storage );
}

struct interface_list
{
    struct host_interface *rows;
    uint32_t count;
};

static void mark_not_preferred( const struct netlink_address *address, void *user )
{
    struct interface_list *list = user;
    uint32_t i;

    if (!(address->flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_DADFAILED))) return;
    for (i = 0; i < list->count; i++)
        if (list->rows[i].index == address->interface &&
            !memcmp( list->rows[i].address.ip, address->ip, netlink_ip_size( address->family ) ))
            list->rows[i].flags |= HOST_IF_NOT_PREFERRED;
}

int host_interfaces( struct host_interfaces_params *args )
{
    struct interface_list list = { caller_pointer( args->list ), 0 };
    int family = args->family == HOST_FAMILY_INET6 ? AF_INET6 : AF_INET;
    struct ifaddrs *all, *entry;
    size_t i;

    args->count = 0;
    if (getifaddrs( &all ) < 0) return host_error_from_errno( errno );
    for (entry = all; entry; entry = entry->ifa_next)
    {
        struct host_interface *row = &list.rows[args->count];

        if (!entry->ifa_addr || entry->ifa_addr->sa_family != family) continue;
        if (args->count++ >= args->capacity) continue;
        memset( row, 0, sizeof(*row) );
        copy_sockaddr( &row->address, entry->ifa_addr );
        copy_sockaddr( &row->netmask, entry->ifa_netmask );
        if (entry->ifa_flags & IFF_BROADCAST) copy_sockaddr( &row->broadcast, entry->ifa_broadaddr );
        row->index = if_nametoindex( entry->ifa_name );
        for (i = 0; i < sizeof(interface_flags) / sizeof(interface_flags[0]); i++)
            if (entry->ifa_flags & interface_flags[i].host) row->flags |= interface_flags[i].flag;
    }
    freeifaddrs( all );
    list.count = args->count < args->capacity ? args->count : args->capacity;
    /* getifaddrs() keeps the state of an address to itself */
    netlink_addresses( family, mark_not_preferred, &list );
    return HOST_OK;
}

/* The route of an IPv4 address in IPv6's clothes is that of IPv4. */
int host_route_source( struct host_route_params *args )
{
    const struct host_address *to = &args->destination;
    struct host_address *from = &args->source;
    const struct in6_addr *in6 = (const struct in6_addr *)to->ip;
    struct netlink_route route;
    int mapped, err;

    if (to->family != HOST_FAMILY_INET && to->family != HOST_FAMILY_INET6) return HOST_EAFNOSUPPORT;
    mapped = to->family == HOST_FAMILY_INET6 && IN6_IS_ADDR_V4MAPPED( in6 );
    err = netlink_route_to( to->family == HOST_FAMILY_INET6 && !mapped ? AF_INET6 : AF_INET,
                            mapped ? to->ip + 12 : to->ip, to->scope, &route );
    if (err) return host_error_from_errno( err );
    if (!route.has_source) return HOST_ENETUNREACH;     /* a way out, but nobody there could answer us */

    memset( from, 0, sizeof(*from) );
    from->family = to->family;
    if (mapped)
    {
        memcpy( from->ip, to->ip, 12 );
        memcpy( from->ip + 12, route.source, 4 );
    }
    else memcpy( from->ip, route.source, sizeof(from->ip) );
    if (to->family == HOST_FAMILY_INET6 && IN6_IS_ADDR_LINKLOCAL( (const struct in6_addr *)from->ip ))
        from->scope = route.interface;
    return HOST_OK;
}
