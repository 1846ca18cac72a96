/*
 * Unit test of the host half's ancillary data, ICMP errors and socket filters, without Wine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/filter.h>

static int bound_socket( struct sockaddr_in *addr )
{
    socklen_t len = sizeof(*addr);
    int fd = socket( AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0 );

    *addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl( INADDR_LOOPBACK ) };
    check( !bind( fd, (struct sockaddr *)addr, sizeof(*addr) ) );
    getsockname( fd, (struct sockaddr *)addr, &len );
    return fd;
}

/* Receive one datagram and store what the items ask for into exactly size bytes. */
static void receive( int fd, struct host_control *control, uint32_t size, char *data )
{
    _Alignas(struct cmsghdr) char space[CONTROL_SPACE];
    char byte;
    struct iovec iov = { &byte, 1 };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

    control_prepare( &msg, space );
    check( recvmsg( fd, &msg, 0 ) == 1 );
    control->data = (uintptr_t)data;
    control->size = size;
    control_store( control, &msg );
}

static void test_control( uint32_t header )
{
    static const int on = 1;
    const struct host_control_item items[] =
    {
        { HOST_CONTROL_INFO, HOST_FAMILY_INET, 0, 19 }, { HOST_CONTROL_HOPS, HOST_FAMILY_INET, 0, 4 },
        { HOST_CONTROL_CLASS_ECN, HOST_FAMILY_INET, 0, 50 },
        { HOST_CONTROL_INFO, HOST_FAMILY_INET6, 41, 19 },
    };
    struct host_send_control how = { .present = HOST_SEND_HOPS | HOST_SEND_CLASS | HOST_SEND_SOURCE,
                                     .hops = 9, .traffic_class = 0x2a,
                                     .source = { .family = HOST_FAMILY_INET } };
    _Alignas(struct cmsghdr) char space[CONTROL_SPACE];
    uint32_t width = header - 8, one = (header + 4 + width - 1) & ~(width - 1), whole, size;
    struct host_control control = { .header = header, .count = 4 };
    struct sockaddr_in addr;
    int fd = bound_socket( &addr );
    struct iovec iov = { "x", 1 };
    struct msghdr msg = { .msg_name = &addr, .msg_namelen = sizeof(addr), .msg_iov = &iov,
                          .msg_iovlen = 1 };

    memcpy( control.items, items, sizeof(items) );
    setsockopt( fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on) );
    setsockopt( fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on) );
    setsockopt( fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on) );
    inet_pton( AF_INET, "127.0.0.1", how.source.ip );
    control_attach( &how, &msg, space );
    whole = header + 8 + 2 * one;

    /* memory of just the size, so that the sanitizer sees what is beyond */
    for (size = 0; size <= whole; size++)
    {
        char data[size + 1];
        int32_t number;

        check( sendmsg( fd, &msg, 0 ) == 1 );
        receive( fd, &control, size, data );
        check( control.size <= size );
        check( !(control.flags & HOST_CONTROL_TRUNCATED) == (size == whole) );
        if (size < whole) continue;
        check( control.size == whole );
        memcpy( &number, data + header + 8 + header, sizeof(number) );
        check( number == 9 );
        memcpy( &number, data + header + 8 + one + header, sizeof(number) );
        check( number == 2 );
        check( !memcmp( data + header, how.source.ip, 4 ) );
    }
    close( fd );
}

static unsigned int filter_length( int fd )
{
    socklen_t count = 0;

    return getsockopt( fd, SOL_SOCKET, SO_GET_FILTER, NULL, &count ) ? 0 : count;
}

static void test_filter( void )
{
    struct host_receive_filter filter = { .flags = HOST_FILTER_INTERFACES };
    struct sock_filter all[2] = { BPF_STMT( BPF_LD | BPF_IMM, 5 ), BPF_STMT( BPF_RET | BPF_A, 0 ) };
    struct sock_fprog other = { 2, all };
    struct sockaddr_in addr;
    int fd = bound_socket( &addr );
    unsigned int i;
    char byte;

    for (i = 0; i < HOST_FILTER_INTERFACES_MAX; i++) filter.interfaces[i] = 1000 + i;
    filter.count = HOST_FILTER_INTERFACES_MAX;
    check( !set_receive_filter( fd, &filter ) );
    sendto( fd, "a", 1, 0, (struct sockaddr *)&addr, sizeof(addr) );
    filter.interfaces[HOST_FILTER_INTERFACES_MAX - 1] = 1;
    check( !set_receive_filter( fd, &filter ) );
    sendto( fd, "b", 1, 0, (struct sockaddr *)&addr, sizeof(addr) );
    check( recv( fd, &byte, 1, MSG_DONTWAIT ) == 1 && byte == 'b' );

    /* beside another's */
    filter.flags = HOST_FILTER_BROADCAST | HOST_FILTER_LOOPED;
    check( !setsockopt( fd, SOL_SOCKET, SO_ATTACH_FILTER, &other, sizeof(other) ) );
    for (i = 0; i < 3; i++) check( !set_receive_filter( fd, &filter ) );
    check( filter_length( fd ) > 2 );
    filter.flags = 0;
    check( !set_receive_filter( fd, &filter ) );
    check( filter_length( fd ) == 2 );
    check( !setsockopt( fd, SOL_SOCKET, SO_DETACH_FILTER, &i, sizeof(i) ) );
    filter.flags = HOST_FILTER_LOOPED;
    check( !set_receive_filter( fd, &filter ) );
    filter.flags = 0;
    check( !set_receive_filter( fd, &filter ) );
    check( !filter_length( fd ) );
    close( fd );
}

/* An ICMP error as a message: what the datagram was, where it was to go, and why it did not. */
static void test_error( void )
{
    const struct host_control_item items[] =
    {
        { HOST_CONTROL_ERROR, HOST_FAMILY_INET6, 41, 75 }, { HOST_CONTROL_ERROR, HOST_FAMILY_INET, 0, 75 },
    };
    struct host_control control = { .header = 16 };
    struct sockaddr_in addr, closed, name;
    int fd = bound_socket( &addr ), other = bound_socket( &closed );
    _Alignas(struct cmsghdr) char space[CONTROL_SPACE];
    char data[32], one[1], two[2];
    struct iovec iov[2] = { { one, 1 }, { two, 2 } };
    struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_name = &name, .msg_namelen = sizeof(name) };
    struct icmp_message message;
    ssize_t size;
    int32_t number;

    close( other );
    memcpy( control.items, items, sizeof(items) );
    queue_errors( fd, 1 );
    check( take_message( fd, &control, &message ) == -1 );

    /* not asked for at all, or of the other family only */
    for (control.count = 0; control.count < 2; control.count++)
    {
        check( sendto( fd, "abcd", 4, 0, (struct sockaddr *)&closed, sizeof(closed) ) == 4 );
        check( take_message( fd, control.count ? &control : NULL, &message ) == HOST_REPORT_PORT );
        recv( fd, data, 1, MSG_DONTWAIT );      /* the socket's own error */
    }
    check( sendto( fd, "abcd", 4, 0, (struct sockaddr *)&closed, sizeof(closed) ) == 4 );
    check( take_message( fd, &control, &message ) == HOST_REPORT_MESSAGE );
    check( message.report == HOST_REPORT_PORT );
    check( take_message( fd, &control, &message ) == -1 );
    control_prepare( &msg, space );
    check( !icmp_message_store( &message, &msg, &size ) );
    check( size == 3 && one[0] == 'a' && !memcmp( two, "bc", 2 ) && (msg.msg_flags & MSG_TRUNC) );
    check( name.sin_port == closed.sin_port && name.sin_addr.s_addr == closed.sin_addr.s_addr );
    control.data = (uintptr_t)data;
    control.size = sizeof(data);
    control_store( &control, &msg );
    check( control.size == sizeof(data) && control.flags == HOST_CONTROL_IS_ERROR );
    memcpy( &number, data + 16, sizeof(number) );
    check( number == IPPROTO_ICMP );
    memcpy( &number, data + 20, sizeof(number) );
    check( !number && data[24] == 3 /* unreachable */ && data[25] == 3 /* port */ );

    iov[1].iov_base = (void *)1;
    check( icmp_message_store( &message, &msg, &size ) == EFAULT );
    close( fd );
}

static void test_pause( void )
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl( INADDR_LOOPBACK ) };
    int fd = socket( AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0 ), client, server;
    socklen_t len = sizeof(addr);
    unsigned int i;

    check( !bind( fd, (struct sockaddr *)&addr, sizeof(addr) ) && !listen( fd, 5 ) );
    getsockname( fd, (struct sockaddr *)&addr, &len );
    for (i = 0; i < 2; i++)
    {
        check( !pause_connections( fd, 1 ) && connections_paused( fd ) );
        client = socket( AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0 );
        check( connect( client, (struct sockaddr *)&addr, sizeof(addr) ) && errno == EINPROGRESS );
        close( client );
        check( !pause_connections( fd, 0 ) && !connections_paused( fd ) );
    }
    check( !pause_connections( fd, 0 ) && !filter_length( fd ) );
    client = socket( AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0 );
    check( !connect( client, (struct sockaddr *)&addr, sizeof(addr) ) );
    server = accept4( fd, NULL, NULL, SOCK_CLOEXEC );
    check( server >= 0 && !filter_length( server ) );
    close( server );
    close( client );
    close( fd );
}

int main( void )
{
    test_control( 16 );
    test_control( 12 );
    test_filter();
    test_error();
    test_pause();
    return report_checks();
}
