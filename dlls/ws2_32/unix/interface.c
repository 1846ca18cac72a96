/*
 * The host's interfaces and routes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "netlink.h"

#include <stdlib.h>
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

struct link_list
{
    struct { uint32_t index, flags; } *links;
    uint32_t count, capacity;
};

static void add_link( uint32_t index, uint32_t flags, void *user )
{
    struct link_list *list = user;

    if (list->count == list->capacity)
    {
        uint32_t capacity = list->capacity * 2 + 16;
        void *links = realloc( list->links, capacity * sizeof(*list->links) );

        if (!links) return;
        list->links = links;
        list->capacity = capacity;
    }
    list->links[list->count].index = index;
    list->links[list->count++].flags = flags;
}

struct interface_list
{
    struct host_interface *rows;
    uint32_t count, capacity;   /* count may exceed capacity */
    int family;
    struct link_list links;
};

static uint32_t flags_of( const struct netlink_address *address, const struct link_list *list )
{
    uint32_t i, link = 0, flags = 0;

    for (i = 0; i < list->count; i++)
        if (list->links[i].index == address->interface) link = list->links[i].flags;
    for (i = 0; i < sizeof(interface_flags) / sizeof(interface_flags[0]); i++)
        if (link & interface_flags[i].host) flags |= interface_flags[i].flag;
    if (address->flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_DADFAILED))
        flags |= HOST_IF_NOT_PREFERRED;
    return flags;
}

static void add_address( const struct netlink_address *address, void *user )
{
    struct interface_list *list = user;
    struct host_interface *row = &list->rows[list->count];
    uint32_t family = address->family == AF_INET6 ? HOST_FAMILY_INET6 : HOST_FAMILY_INET, i;

    /* a kernel without the family lists all */
    if (address->family != list->family || list->count++ >= list->capacity) return;
    memset( row, 0, sizeof(*row) );
    row->address.family = row->netmask.family = family;
    memcpy( row->address.ip, address->ip, sizeof(row->address.ip) );
    if (address->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL( (const struct in6_addr *)address->ip ))
        row->address.scope = address->interface;
    for (i = 0; i < address->prefix && i < 128; i++) row->netmask.ip[i / 8] |= 0x80 >> i % 8;
    row->index = address->interface;
    row->flags = flags_of( address, &list->links );
}

/* getifaddrs() keeps the state of an address to itself, and takes longer. */
int host_interfaces( struct host_interfaces_params *args )
{
    struct interface_list list = { .rows = caller_pointer( args->list ), .capacity = args->capacity };
    int err = netlink_links( add_link, &list.links );

    list.family = args->family == HOST_FAMILY_INET6 ? AF_INET6 : AF_INET;
    if (!err) err = netlink_addresses( list.family, add_address, &list );
    free( list.links.links );
    args->count = err ? 0 : list.count;
    return host_error_from_errno( err );
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
