/*
 * What the kernel tells of addresses, routes and links by netlink.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing is believed of a message but what lies within it. Any thread.
 */
#ifndef WS2_HOST_NETLINK_H
#define WS2_HOST_NETLINK_H

#include "host_private.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

struct netlink_address
{
    uint32_t interface;
    uint32_t flags;             /* IFA_F_ */
    uint8_t ip[16];             /* zero where the kernel names none */
    uint8_t family;             /* AF_ */
    uint8_t prefix;
    uint8_t reserved[2];
};

struct netlink_route
{
    uint32_t table;
    uint32_t flags;             /* RTM_F_ */
    uint32_t interface;         /* 0 where the kernel names none, as with the addresses */
    uint8_t destination[16];
    uint8_t source[16];
    uint8_t gateway[16];
    uint8_t family;             /* AF_ */
    uint8_t type;               /* RTN_ */
    uint8_t bits;               /* of the destination that count */
    uint8_t has_source;
};

/* The next whole message of a buffer, from *pos (0 at first), which is moved on. NULL when there is none. */
const struct nlmsghdr *netlink_message( const void *buffer, size_t size, size_t *pos );

/* Read RTM_NEWADDR or RTM_DELADDR, and RTM_NEWROUTE or RTM_DELROUTE. All bytes of what is read are set.
 * Answer whether the message is one, and whole. */
int netlink_read_address( const struct nlmsghdr *msg, struct netlink_address *address );
int netlink_read_route( const struct nlmsghdr *msg, struct netlink_route *route );

/* Ask the kernel for what "family" has of addresses, and have each given to "found". Answers 0 or an errno
 * value. */
int netlink_addresses( int family, void (*found)( const struct netlink_address *address, void *user ),
                       void *user );

/* Ask the kernel for its links, and have each given to "found" with its IFF_ flags. Answers 0 or an errno
 * value. */
int netlink_links( void (*found)( uint32_t interface, uint32_t flags, void *user ), void *user );

/* Ask the kernel how it would reach the destination; scope, the index of an interface or 0, counts for
 * addresses of a link only. Answers 0 or an errno value: ENETUNREACH, EHOSTUNREACH where it would not. */
int netlink_route_to( int family, const uint8_t *ip, uint32_t scope, struct netlink_route *route );

/* Bytes of an address: 4 or 16. */
size_t netlink_ip_size( int family );

#endif
