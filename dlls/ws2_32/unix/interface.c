/*
 * The host's interfaces and routes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

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

/* getifaddrs() keeps the state of an address to itself; ask for the ones that are not preferred. */
static void mark_address( const struct nlmsghdr *msg, struct host_interface *list, uint32_t count )
{
    const struct ifaddrmsg *ifa = NLMSG_DATA( msg );
    int len = IFA_PAYLOAD( msg );
    const struct rtattr *attr;
    const void *ip = NULL;
    uint32_t flags = ifa->ifa_flags, i;
    size_t size = ifa->ifa_family == AF_INET6 ? 16 : 4;

    for (attr = IFA_RTA( ifa ); RTA_OK( attr, len ); attr = RTA_NEXT( attr, len ))
    {
        if (attr->rta_type == IFA_FLAGS) memcpy( &flags, RTA_DATA( attr ), sizeof(flags) );
        /* on a point-to-point link IFA_ADDRESS is the peer's; IFA_LOCAL wins and comes second */
        else if (attr->rta_type == IFA_LOCAL || (attr->rta_type == IFA_ADDRESS && !ip))
            ip = RTA_DATA( attr );
    }
    if (!ip || !(flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_DADFAILED))) return;
    for (i = 0; i < count; i++)
        if (list[i].index == ifa->ifa_index && !memcmp( list[i].address.ip, ip, size ))
            list[i].flags |= HOST_IF_NOT_PREFERRED;
}

static void mark_not_preferred( struct host_interface *list, uint32_t count, int family )
{
    struct
    {
        struct nlmsghdr header;
        struct ifaddrmsg message;
    }
    request = { { sizeof(request), RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
                { .ifa_family = family } };
    _Alignas(struct nlmsghdr) char buffer[16384];
    int fd, len, done = 0;

    if ((fd = socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE )) < 0) return;
    if (send( fd, &request, sizeof(request), 0 ) == sizeof(request))
    {
        while (!done && (len = recv( fd, buffer, sizeof(buffer), 0 )) > 0)
        {
            const struct nlmsghdr *msg;

            for (msg = (struct nlmsghdr *)buffer; NLMSG_OK( msg, (unsigned int)len );
                 msg = NLMSG_NEXT( msg, len ))
            {
                if (msg->nlmsg_type == NLMSG_DONE || msg->nlmsg_type == NLMSG_ERROR)
                {
                    done = 1;
                    break;
                }
                if (msg->nlmsg_type == RTM_NEWADDR) mark_address( msg, list, count );
            }
        }
    }
    close( fd );
}

int host_interfaces( struct host_interfaces_params *args )
{
    struct host_interface *list = caller_pointer( args->list );
    int family = args->family == HOST_FAMILY_INET6 ? AF_INET6 : AF_INET;
    struct ifaddrs *all, *entry;
    size_t i;

    args->count = 0;
    if (getifaddrs( &all ) < 0) return host_error_from_errno( errno );
    for (entry = all; entry; entry = entry->ifa_next)
    {
        struct host_interface *row = &list[args->count];

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
    mark_not_preferred( list, args->count < args->capacity ? args->count : args->capacity, family );
    return HOST_OK;
}

int host_route_source( struct host_route_params *args )
{
    struct sockaddr_storage addr;
    socklen_t len;
    int fd, err = 0;

    if (!(len = address_to_sockaddr( &args->destination, &addr ))) return HOST_EAFNOSUPPORT;
    /* connecting a datagram socket looks the route up and sends nothing; discard is as good a port as any */
    if (addr.ss_family == AF_INET) ((struct sockaddr_in *)&addr)->sin_port = htons( 9 );
    else ((struct sockaddr_in6 *)&addr)->sin6_port = htons( 9 );

    if ((fd = socket( addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP )) < 0)
        return host_error_from_errno( errno );
    setsockopt( fd, SOL_SOCKET, SO_BROADCAST, &(int){ 1 }, sizeof(int) );
    if (connect( fd, (struct sockaddr *)&addr, len ) < 0) err = errno;
    else
    {
        len = sizeof(addr);
        if (getsockname( fd, (struct sockaddr *)&addr, &len ) < 0) err = errno;
    }
    close( fd );
    if (err) return host_error_from_errno( err );
    address_from_sockaddr( &args->source, &addr );
    args->source.port = 0;
    return HOST_OK;
}
