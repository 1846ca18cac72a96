/*
 * The interface's addresses and the host's sockaddr.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"

socklen_t address_to_sockaddr( const struct host_address *address, struct sockaddr_storage *storage )
{
    if (address->family == HOST_FAMILY_INET)
    {
        struct sockaddr_in *in = (struct sockaddr_in *)storage;

        memset( in, 0, sizeof(*in) );
        in->sin_family = AF_INET;
        in->sin_port = address->port;
        memcpy( &in->sin_addr, address->ip, sizeof(in->sin_addr) );
        return sizeof(*in);
    }
    if (address->family == HOST_FAMILY_INET6)
    {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;

        memset( in6, 0, sizeof(*in6) );
        in6->sin6_family = AF_INET6;
        in6->sin6_port = address->port;
        in6->sin6_flowinfo = address->flowinfo;
        in6->sin6_scope_id = address->scope;
        memcpy( &in6->sin6_addr, address->ip, sizeof(in6->sin6_addr) );
        return sizeof(*in6);
    }
    storage->ss_family = AF_UNSPEC;
    return 0;
}

void address_from_sockaddr( struct host_address *address, const struct sockaddr_storage *storage )
{
    memset( address, 0, sizeof(*address) );
    if (storage->ss_family == AF_INET)
    {
        const struct sockaddr_in *in = (const struct sockaddr_in *)storage;

        address->family = HOST_FAMILY_INET;
        address->port = in->sin_port;
        memcpy( address->ip, &in->sin_addr, sizeof(in->sin_addr) );
    }
    else if (storage->ss_family == AF_INET6)
    {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)storage;

        address->family = HOST_FAMILY_INET6;
        address->port = in6->sin6_port;
        address->flowinfo = in6->sin6_flowinfo;
        address->scope = in6->sin6_scope_id;
        memcpy( address->ip, &in6->sin6_addr, sizeof(in6->sin6_addr) );
    }
}
