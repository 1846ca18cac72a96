/*
 * Netlink: questions to the kernel about addresses and routes, and what its messages say.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "netlink.h"

#include <linux/if_addr.h>
#include <sys/time.h>
#include <unistd.h>

#define BUFFER 16384

size_t netlink_ip_size( int family )
{
    return family == AF_INET6 ? 16 : 4;
}

/*** messages ***/

const struct nlmsghdr *netlink_message( const void *buffer, size_t size, size_t *pos )
{
    const struct nlmsghdr *msg = (const struct nlmsghdr *)((const char *)buffer + *pos);

    if (*pos > size || size - *pos < sizeof(*msg)) return NULL;
    if (msg->nlmsg_len < sizeof(*msg) || msg->nlmsg_len > size - *pos) return NULL;
    *pos += NLMSG_ALIGN( msg->nlmsg_len );
    return msg;
}

/* What a message begins with, NULL where it is too short for that. */
static const void *message_head( const struct nlmsghdr *msg, size_t size )
{
    return msg->nlmsg_len < NLMSG_LENGTH( size ) ? NULL : NLMSG_DATA( msg );
}

/* The next whole attribute behind the head, from *pos (0 at first). */
static const struct rtattr *next_attribute( const struct nlmsghdr *msg, size_t head, size_t *pos )
{
    const struct rtattr *attr;

    if (!*pos) *pos = NLMSG_SPACE( head );
    attr = (const struct rtattr *)((const char *)msg + *pos);
    if (*pos > msg->nlmsg_len || msg->nlmsg_len - *pos < sizeof(*attr)) return NULL;
    if (attr->rta_len < sizeof(*attr) || attr->rta_len > msg->nlmsg_len - *pos) return NULL;
    *pos += RTA_ALIGN( attr->rta_len );
    return attr;
}

/* Have the value, if it is of that size. */
static int read_value( const struct rtattr *attr, void *value, size_t size )
{
    if (RTA_PAYLOAD( attr ) != size) return 0;
    memcpy( value, RTA_DATA( attr ), size );
    return 1;
}

int netlink_read_address( const struct nlmsghdr *msg, struct netlink_address *address )
{
    const struct ifaddrmsg *head = message_head( msg, sizeof(*head) );
    const struct rtattr *attr;
    size_t pos = 0, size;
    int local = 0;

    memset( address, 0, sizeof(*address) );
    if (!head || (msg->nlmsg_type != RTM_NEWADDR && msg->nlmsg_type != RTM_DELADDR)) return 0;
    address->interface = head->ifa_index;
    address->flags = head->ifa_flags;
    address->family = head->ifa_family;
    address->prefix = head->ifa_prefixlen;
    size = netlink_ip_size( head->ifa_family );
    while ((attr = next_attribute( msg, sizeof(*head), &pos )))
    {
        switch (attr->rta_type)
        {
        case IFA_FLAGS:     /* all of them: the head has room for eight */
            read_value( attr, &address->flags, sizeof(address->flags) );
            break;
        case IFA_LOCAL:     /* on a point-to-point link the other one is the peer's */
            local = read_value( attr, address->ip, size );
            break;
        case IFA_ADDRESS:
            if (!local) read_value( attr, address->ip, size );
            break;
        }
    }
    return 1;
}

int netlink_read_route( const struct nlmsghdr *msg, struct netlink_route *route )
{
    const struct rtmsg *head = message_head( msg, sizeof(*head) );
    const struct rtattr *attr;
    size_t pos = 0, size;

    memset( route, 0, sizeof(*route) );
    if (!head || (msg->nlmsg_type != RTM_NEWROUTE && msg->nlmsg_type != RTM_DELROUTE)) return 0;
    size = netlink_ip_size( head->rtm_family );
    if (head->rtm_dst_len > size * 8) return 0;
    route->table = head->rtm_table;
    route->flags = head->rtm_flags;
    route->family = head->rtm_family;
    route->type = head->rtm_type;
    route->bits = head->rtm_dst_len;
    while ((attr = next_attribute( msg, sizeof(*head), &pos )))
    {
        switch (attr->rta_type)
        {
        case RTA_TABLE:     /* the head has room for eight bits of it */
            read_value( attr, &route->table, sizeof(route->table) );
            break;
        case RTA_OIF:
            read_value( attr, &route->interface, sizeof(route->interface) );
            break;
        case RTA_DST:
            read_value( attr, route->destination, size );
            break;
        case RTA_GATEWAY:
            read_value( attr, route->gateway, size );
            break;
        case RTA_PREFSRC:
            route->has_source = read_value( attr, route->source, size );
            break;
        }
    }
    return 1;
}

/*** questions ***/

/* Send the request and have each message of the answer read. Answers 0 or an errno value. */
static int ask( const struct nlmsghdr *request, void (*read)( const struct nlmsghdr *msg, void *user ),
                void *user )
{
    _Alignas(struct nlmsghdr) char buffer[BUFFER];
    const struct timeval patience = { 1, 0 };
    struct sockaddr_nl from;
    socklen_t from_len;
    const struct nlmsghdr *msg;
    const struct nlmsgerr *error;
    size_t pos;
    ssize_t len;
    int fd, ret = -1;

    if ((fd = socket( AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE )) < 0) return errno;
    setsockopt( fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience) );
    if (send( fd, request, request->nlmsg_len, 0 ) < 0) ret = errno;
    while (ret < 0)
    {
        from_len = sizeof(from);
        len = recvfrom( fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &from_len );
        if (len < 0 && errno == EINTR) continue;
        if (len <= 0)
        {
            ret = len ? errno : EIO;
            break;
        }
        if (from.nl_pid) continue;      /* not the kernel's */
        for (pos = 0; ret < 0 && (msg = netlink_message( buffer, len, &pos )); )
        {
            if (msg->nlmsg_seq != request->nlmsg_seq) continue;
            if (msg->nlmsg_type == NLMSG_DONE) ret = 0;
            else if (msg->nlmsg_type == NLMSG_ERROR)
                ret = (error = message_head( msg, sizeof(*error) )) ? -error->error : EIO;
            else
            {
                read( msg, user );
                if (!(msg->nlmsg_flags & NLM_F_MULTI)) ret = 0;
            }
        }
    }
    close( fd );
    return ret;
}

struct address_reader
{
    void (*found)( const struct netlink_address *address, void *user );
    void *user;
};

static void read_listed( const struct nlmsghdr *msg, void *user )
{
    const struct address_reader *reader = user;
    struct netlink_address address;

    if (netlink_read_address( msg, &address )) reader->found( &address, reader->user );
}

int netlink_addresses( int family, void (*found)( const struct netlink_address *address, void *user ),
                       void *user )
{
    struct
    {
        struct nlmsghdr header;
        struct ifaddrmsg message;
    }
    request = { { sizeof(request), RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
                { .ifa_family = family } };
    struct address_reader reader = { found, user };

    return ask( &request.header, read_listed, &reader );
}

struct link_reader
{
    void (*found)( uint32_t interface, uint32_t flags, void *user );
    void *user;
};

static void read_link( const struct nlmsghdr *msg, void *user )
{
    const struct link_reader *reader = user;
    const struct ifinfomsg *head = message_head( msg, sizeof(*head) );

    if (head && msg->nlmsg_type == RTM_NEWLINK)
        reader->found( head->ifi_index, head->ifi_flags, reader->user );
}

int netlink_links( void (*found)( uint32_t interface, uint32_t flags, void *user ), void *user )
{
    const struct
    {
        struct nlmsghdr header;
        struct ifinfomsg message;
        struct rtattr attribute;
        uint32_t filter;
    }
    request = { { sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
                { .ifi_family = AF_UNSPEC },
                { RTA_LENGTH( sizeof(uint32_t) ), IFLA_EXT_MASK }, RTEXT_FILTER_SKIP_STATS };
    struct link_reader reader = { found, user };

    return ask( &request.header, read_link, &reader );
}

static void read_answer( const struct nlmsghdr *msg, void *user )
{
    netlink_read_route( msg, user );
}

/* An address that more than one link may have. */
static int is_of_link( int family, const uint8_t *ip )
{
    const struct in6_addr *in6 = (const struct in6_addr *)ip;

    return family == AF_INET6 && (IN6_IS_ADDR_LINKLOCAL( in6 ) || IN6_IS_ADDR_MC_LINKLOCAL( in6 ) ||
                                  IN6_IS_ADDR_MC_NODELOCAL( in6 ));
}

int netlink_route_to( int family, const uint8_t *ip, uint32_t scope, struct netlink_route *route )
{
    struct
    {
        struct nlmsghdr header;
        struct rtmsg message;
        char attributes[RTA_SPACE( 16 ) + RTA_SPACE( sizeof(uint32_t) )];
    }
    request = { { 0, RTM_GETROUTE, NLM_F_REQUEST, 1, 0 }, { .rtm_family = family }, { 0 } };
    size_t size = netlink_ip_size( family ), len = RTA_SPACE( size );
    struct rtattr *attr = (struct rtattr *)request.attributes;
    int err;

    request.message.rtm_dst_len = size * 8;
    attr->rta_type = RTA_DST;
    attr->rta_len = RTA_LENGTH( size );
    memcpy( RTA_DATA( attr ), ip, size );
    if (scope && is_of_link( family, ip ))
    {
        attr = (struct rtattr *)(request.attributes + len);
        attr->rta_type = RTA_OIF;
        attr->rta_len = RTA_LENGTH( sizeof(scope) );
        memcpy( RTA_DATA( attr ), &scope, sizeof(scope) );
        len += RTA_SPACE( sizeof(scope) );
    }
    request.header.nlmsg_len = offsetof( __typeof__( request ), attributes ) + len;

    memset( route, 0, sizeof(*route) );
    /* A route that refuses is none. The kernel answers with an error, older ones (IPv6) with the route. */
    if ((err = ask( &request.header, read_answer, route )))
        return err == EACCES || err == EINVAL ? ENETUNREACH : err;
    switch (route->type)
    {
    case RTN_UNSPEC:
    case RTN_BLACKHOLE:
    case RTN_PROHIBIT:
    case RTN_THROW:       return ENETUNREACH;
    case RTN_UNREACHABLE: return EHOSTUNREACH;
    default:              return 0;
    }
}
