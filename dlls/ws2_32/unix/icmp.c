/*
 * ICMP errors: those that a datagram socket keeps in a queue, and the one that ended a connect.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"

#include <linux/errqueue.h>
#include <sys/uio.h>
#include <unistd.h>

void queue_errors( int fd, int on )
{
    setsockopt( fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on) );
    setsockopt( fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on) );
}

const struct sock_extended_err *icmp_error( const struct cmsghdr *message )
{
    if ((message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_RECVERR) ||
        (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_RECVERR))
        return (const struct sock_extended_err *)CMSG_DATA( message );
    return NULL;
}

uint32_t icmp_family( const struct sock_extended_err *error )
{
    return error->ee_origin == SO_EE_ORIGIN_ICMP ? HOST_FAMILY_INET
         : error->ee_origin == SO_EE_ORIGIN_ICMP6 ? HOST_FAMILY_INET6 : HOST_FAMILY_OTHER;
}

static int report_from_icmp( const struct sock_extended_err *error )
{
    if (error->ee_origin == SO_EE_ORIGIN_ICMP)
    {
        if (error->ee_type == 3 /* unreachable */)
            return error->ee_code == 3 ? HOST_REPORT_PORT : error->ee_code == 4 /* too long */ ? 0 :
                   HOST_REPORT_NET;
        return error->ee_type == 11 /* time exceeded */ ? HOST_REPORT_NET : 0;
    }
    if (error->ee_origin == SO_EE_ORIGIN_ICMP6)
    {
        if (error->ee_type == 1 /* unreachable */)
            return error->ee_code == 4 ? HOST_REPORT_PORT : HOST_REPORT_NET;
        return error->ee_type == 3 /* time exceeded */ ? HOST_REPORT_NET : 0;
    }
    return 0;
}

static int is_wanted( const struct host_control *control, const struct sock_extended_err *error )
{
    uint32_t i;

    if (!control || icmp_family( error ) == HOST_FAMILY_OTHER) return 0;
    for (i = 0; i < control->count; i++)
        if (control->items[i].what == HOST_CONTROL_ERROR && control->items[i].family == icmp_family( error ))
            return 1;
    return 0;
}

int take_message( int fd, const struct host_control *control, struct icmp_message *message )
{
    int report = stamps_report( fd );

    return report ? report : read_report( fd, control, message );
}

int read_report( int fd, const struct host_control *control, struct icmp_message *message )
{
    struct iovec iov = { message->data, sizeof(message->data) };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_name = &message->name,
                          .msg_namelen = sizeof(message->name) };
    const struct sock_extended_err *error;
    struct cmsghdr *header;
    ssize_t ret;

    control_prepare( &msg, message->control );
    do ret = recvmsg( fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT );
    while (ret < 0 && errno == EINTR);
    if (ret < 0) return -1;
    if (stamps_store( fd, &msg )) return 0;
    for (header = CMSG_FIRSTHDR( &msg ); header; header = CMSG_NXTHDR( &msg, header ))
    {
        if (!(error = icmp_error( header ))) continue;
        message->report = report_from_icmp( error );
        message->size = ret;
        message->cut = !!(msg.msg_flags & MSG_TRUNC);
        message->name_size = msg.msg_namelen;
        message->control_size = msg.msg_controllen;
        return is_wanted( control, error ) ? HOST_REPORT_MESSAGE : message->report;
    }
    return 0;
}

int write_caller( void *dst, const void *src, size_t size )
{
    struct iovec from = { (void *)src, size }, to = { dst, size };

    if (process_vm_writev( getpid(), &from, 1, &to, 1, 0 ) == (ssize_t)size) return 0;
    if (errno == EFAULT || errno == EIO) return EFAULT;
    memcpy( dst, src, size );       /* not allowed here: as ntdll does it */
    return 0;
}

int icmp_message_store( const struct icmp_message *message, struct msghdr *msg, ssize_t *size )
{
    size_t done = 0, i;

    for (i = 0; i < msg->msg_iovlen && done < message->size; i++)
    {
        size_t part = message->size - done;

        if (part > msg->msg_iov[i].iov_len) part = msg->msg_iov[i].iov_len;
        if (part && write_caller( msg->msg_iov[i].iov_base, message->data + done, part )) return EFAULT;
        done += part;
    }
    *size = done;
    msg->msg_flags = message->cut || done < message->size ? MSG_TRUNC : 0;
    if (msg->msg_name)
    {
        msg->msg_namelen = message->name_size;
        memcpy( msg->msg_name, &message->name, message->name_size );
    }
    msg->msg_controllen = message->control_size;
    memcpy( msg->msg_control, message->control, message->control_size );
    return 0;
}

/*** connect ***/

static void read_message( const struct sock_extended_err *extended, struct host_icmp_error *error )
{
    struct sockaddr_storage storage = { .ss_family = AF_UNSPEC };

    if (icmp_family( extended ) == HOST_FAMILY_OTHER) return;
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
        const struct sock_extended_err *extended;
        struct cmsghdr *message;

        if (recvmsg( fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT ) < 0)
        {
            if (errno == EINTR) continue;
            return;
        }
        for (message = CMSG_FIRSTHDR( &msg ); message; message = CMSG_NXTHDR( &msg, message ))
            if ((extended = icmp_error( message ))) read_message( extended, error );
    }
}
