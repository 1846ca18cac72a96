/*
 * The ICMP error that ended a connect.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"

#include <linux/errqueue.h>

static void read_message( const struct cmsghdr *message, struct host_icmp_error *error )
{
    const struct sock_extended_err *extended = (const struct sock_extended_err *)CMSG_DATA( message );
    struct sockaddr_storage storage = { .ss_family = AF_UNSPEC };

    if (extended->ee_origin != SO_EE_ORIGIN_ICMP && extended->ee_origin != SO_EE_ORIGIN_ICMP6) return;
    memcpy( &storage, SO_EE_OFFENDER( extended ), extended->ee_origin == SO_EE_ORIGIN_ICMP6
            ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in) );
    address_from_sockaddr( &error->source, &storage );
    error->protocol = extended->ee_origin == SO_EE_ORIGIN_ICMP6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    error->type = extended->ee_type;
    error->code = extended->ee_code;
}

void take_icmp_error( int fd, struct host_icmp_error *error )
{
    _Alignas(struct cmsghdr) char control[CONTROL_SPACE];

    memset( error, 0, sizeof(*error) );
    for (;;)
    {
        struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
        struct cmsghdr *message;

        if (recvmsg( fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT ) < 0)
        {
            if (errno == EINTR) continue;
            return;
        }
        for (message = CMSG_FIRSTHDR( &msg ); message; message = CMSG_NXTHDR( &msg, message ))
            if ((message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_RECVERR) ||
                (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_RECVERR))
                read_message( message, error );
    }
}
