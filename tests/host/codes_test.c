/*
 * Unit test of what the host half keeps behind control codes, without Wine: ports, taps, time stamps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ntdll.so's look-up is replaced by one that takes the descriptor for the handle.
 */
#include "host_private.h"
#include "check.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int bind_to( int fd, uint16_t port )
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons( port ),
                                .sin_addr.s_addr = htonl( INADDR_LOOPBACK ) };

    return bind( fd, (struct sockaddr *)&addr, sizeof(addr) );
}

/* Whether nobody can be bound to the port, sharing or not. */
static int is_held( int type, uint16_t port )
{
    int share, fd, held = 1, on = 1;

    for (share = 0; share < 2; share++)
    {
        fd = socket( AF_INET, type, 0 );
        if (share)
        {
            setsockopt( fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on) );
            setsockopt( fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on) );
        }
        if (!bind_to( fd, port )) held = 0;
        close( fd );
    }
    return held;
}

static int ports( int fd, enum host_ports_action action, struct host_ports_params *params )
{
    params->socket = fd;
    params->action = action;
    return host_ports( params );
}

static void test_ports( int type )
{
    struct host_ports_params params = { .count = 3 }, other;
    int descriptors = count_descriptors(), owner = socket( AF_INET, type, 0 ), share = 1;
    int other_kind = socket( AF_INET, type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM, 0 );
    int fd = socket( AF_INET, type, 0 );
    socklen_t len = sizeof(share);
    uint32_t first;

    check( !ports( owner, HOST_PORTS_ACQUIRE, &params ) && params.token && params.first >= 49152 );
    first = params.first;
    check( is_held( type, first ) && is_held( type, first + 1 ) && is_held( type, first + 2 ));
    other = (struct host_ports_params){ .port = first + 2 };
    check( !ports( owner, HOST_PORTS_HELD, &other ) && ports( other_kind, HOST_PORTS_HELD, &other ));
    other = (struct host_ports_params){ .first = first + 2, .count = 2 };
    check( ports( owner, HOST_PORTS_ACQUIRE, &other ) == HOST_EADDRINUSE );
    other = (struct host_ports_params){ .count = 0 };
    check( ports( owner, HOST_PORTS_ACQUIRE, &other ) == HOST_EINVAL );
    other = (struct host_ports_params){ .first = 65535, .count = 2 };
    check( ports( owner, HOST_PORTS_ACQUIRE, &other ) == HOST_EINVAL );
    other = (struct host_ports_params){ .count = 65535 };
    check( ports( owner, HOST_PORTS_ACQUIRE, &other ));
    check( ports( other_kind, HOST_PORTS_CHECK, &params ) == HOST_ENOENT );     /* of the other kind */
    check( !ports( fd, HOST_PORTS_CHECK, &params ));

    /* a claim that is not used, one that is */
    params.port = 0;
    check( !ports( fd, HOST_PORTS_CLAIM, &params ) && params.port - first < 3 );
    params.bound = 0;
    check( !ports( fd, HOST_PORTS_SETTLE, &params ) && is_held( type, params.port ));
    params.port = first + 1;
    check( !ports( fd, HOST_PORTS_CLAIM, &params ) && params.port == first + 1 );
    check( !bind_to( fd, params.port ));
    params.bound = 1;
    check( !ports( fd, HOST_PORTS_SETTLE, &params ));
    check( !getsockopt( fd, SOL_SOCKET, SO_REUSEPORT, &share, &len ) && !share );
    check( ports( other_kind, HOST_PORTS_CLAIM, &params ) == HOST_ENOENT );
    params.port = first + 1;
    check( ports( owner, HOST_PORTS_CLAIM, &params ) == HOST_EADDRINUSE );
    params.port = first + 3;
    check( ports( owner, HOST_PORTS_CLAIM, &params ) == HOST_ENOENT );
    close( fd );
    check( !ports( -1, HOST_PORTS_REFILL, &params ) && is_held( type, first + 1 ));

    check( !ports( other_kind, HOST_PORTS_FORGET, &params ) && is_held( type, first ));
    check( !ports( owner, HOST_PORTS_FORGET, &params ) && !is_held( type, first ));
    check( ports( owner, HOST_PORTS_RELEASE, &params ) == HOST_ENOENT );
    other = (struct host_ports_params){ .count = 2 };
    check( !ports( owner, HOST_PORTS_ACQUIRE, &other ) && !ports( owner, HOST_PORTS_RELEASE, &other ));

    /* a socket that went away unnoticed */
    check( !ports( owner, HOST_PORTS_ACQUIRE, &other ));
    close( owner );
    check( ports( other_kind, HOST_PORTS_CHECK, &other ) == HOST_ENOENT && !is_held( type, other.first ));
    close( other_kind );
    check( count_descriptors() == descriptors );
}

static uint64_t counter(void)
{
    struct timespec now;

    clock_gettime( CLOCK_MONOTONIC_RAW, &now );
    return (uint64_t)now.tv_sec * 10000000 + now.tv_nsec / 100;
}

static int set_stamps( int fd, int receive, int send, int kept )
{
    struct host_option_params params = { .socket = fd, .option = HOST_OPT_TIMESTAMPS, .count = 3,
                                         .value = { receive, send, kept } };

    return host_set_option( &params );
}

static int get_stamp( int fd, int id, uint64_t *stamp )
{
    struct host_option_params params = { .socket = fd, .option = HOST_OPT_SEND_TIMESTAMP, .value = { id } };
    int ret = host_get_option( &params );

    *stamp = (uint64_t)(uint32_t)params.value[1] << 32 | (uint32_t)params.value[0];
    return ret;
}

static int send_stamped( int fd, int id, int flags )
{
    struct host_send_control control = { .present = HOST_SEND_STAMP | flags, .stamp = id };
    struct host_buffer buffer = { .data = (uintptr_t)"data", .length = 4 };
    struct host_transfer_params params = { .socket = fd, .buffers = (uintptr_t)&buffer, .count = 1,
                                           .control = (uintptr_t)&control };

    control.source.family = HOST_FAMILY_INET;
    return host_send( &params );
}

static void test_stamps(void)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int src = socket( AF_INET, SOCK_DGRAM, 0 ), dst = socket( AF_INET, SOCK_DGRAM, 0 ), i;
    struct pollfd poll_fd = { .fd = src };
    uint64_t before, stamp;
    char bytes[8], data[64];
    struct host_buffer buffer = { .data = (uintptr_t)bytes, .length = sizeof(bytes) };
    struct host_control control = { .data = (uintptr_t)data, .header = 16, .count = 1,
        .items = { { .what = HOST_CONTROL_STAMP, .family = HOST_FAMILY_OTHER, .level = 7, .type = 8 } } };
    struct host_transfer_params params = { .socket = dst, .buffers = (uintptr_t)&buffer, .count = 1,
                                           .wait = 100, .control = (uintptr_t)&control };

    check( !bind_to( dst, 0 ) && !getsockname( dst, (struct sockaddr *)&addr, &len ));
    check( !connect( src, (struct sockaddr *)&addr, len ));
    check( !set_stamps( dst, 1, 0, 0 ) && !set_stamps( src, 0, 1, 2 ));
    check( get_stamp( src, 1, &stamp ) == HOST_EAGAIN );
    before = counter();
    for (i = 1; i <= 3; i++) check( !send_stamped( src, i, i == 2 ? HOST_SEND_STAMP_NEAR : 0 ));
    check( !poll( &poll_fd, 1, 0 ));       /* nothing is left in the queue for others to see */
    check( get_stamp( src, 3, &stamp ) == HOST_EAGAIN );
    for (i = 2; i; i--)
        check( !get_stamp( src, i, &stamp ) && stamp + 1000 > before && stamp < counter() + 1000 );
    check( get_stamp( src, 1, &stamp ) == HOST_EAGAIN );
    for (i = 0; i < 3; i++)
    {
        control.size = sizeof(data);
        check( !host_recv( &params ) && params.transferred == 4 && control.size == 24 );
        memcpy( &stamp, data + 16, sizeof(stamp) );
        check( stamp + 1000 > before && stamp < counter() + 1000 );
    }
    control.size = 23;      /* no room */
    check( !send_stamped( src, 4, 0 ) && !host_recv( &params ) && (control.flags & HOST_CONTROL_TRUNCATED) );
    check( !set_stamps( src, 0, 1, 0 ) && !send_stamped( src, 5, 0 ));
    check( get_stamp( src, 5, &stamp ) == HOST_EAGAIN );
    check( !set_stamps( src, 0, 0, 0 ) && !set_stamps( dst, 0, 0, 0 ));
    close( src );
    close( dst );
}

static void test_tap(void)
{
    int descriptors = count_descriptors(), raw = socket( AF_INET, SOCK_RAW, IPPROTO_RAW ), off = 0;
    int src = socket( AF_INET, SOCK_DGRAM, 0 ), ret, i, found = 0;
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons( 9 ),
                                .sin_addr.s_addr = htonl( INADDR_LOOPBACK ) };
    struct host_tap_params params = { .socket = raw, .what = HOST_TAP_ALL };
    char bytes[2048];
    struct host_buffer buffers[] = { { .data = (uintptr_t)bytes, .length = 10 },
                                     { .data = (uintptr_t)bytes + 10, .length = sizeof(bytes) - 10 } };
    struct host_transfer_params receive = { .socket = raw, .buffers = (uintptr_t)buffers, .count = 2,
                                            .has_address = 1 };
    struct host_poll_entry entry = { .socket = raw, .events = HOST_POLL_IN };
    struct host_poll_params polls = { .entries = (uintptr_t)&entry, .count = 1, .timeout = 1000 };

    params.address.family = HOST_FAMILY_INET;
    memcpy( params.address.ip, &addr.sin_addr, sizeof(addr.sin_addr) );
    if (raw >= 0) setsockopt( raw, IPPROTO_IP, IP_HDRINCL, &off, sizeof(off) );
    ret = raw < 0 ? HOST_EPERM : host_tap( &params );
    if (ret == HOST_EPERM || ret == HOST_EACCES) printf( "taps need privilege\n" );
    else
    {
        check( !ret && !host_tap( &params ));
        check( sendto( src, "the packet", 10, 0, (struct sockaddr *)&addr, sizeof(addr) ) == 10 );
        check( !host_poll( &polls ) && (entry.revents & HOST_POLL_IN) );
        for (i = 0; i < 1000 && !host_recv( &receive ); i++)
        {
            if (receive.transferred != 38 || memcmp( bytes + 28, "the packet", 10 )) continue;
            check( receive.address.family == HOST_FAMILY_INET &&
                   !memcmp( receive.address.ip, &addr.sin_addr, 4 ));
            found++;
        }
        check( found == 1 );
        params.address.ip[0] = 203;     /* no interface has it; the tap stays */
        check( host_tap( &params ) == HOST_ENODEV );
        check( sendto( src, "the packet", 10, 0, (struct sockaddr *)&addr, sizeof(addr) ) == 10 );
        check( !host_recv( &receive ));
        params.what = HOST_TAP_OFF;
        check( !host_tap( &params ) && host_recv( &receive ) == HOST_EAGAIN );
    }
    if (raw >= 0) close( raw );
    close( src );
    check( count_descriptors() == descriptors );
}

/* TCP_QUICKACK is gone again after a while, so each receive sets it. */
static void test_quick_ack(void)
{
    int listener = socket( AF_INET, SOCK_STREAM, 0 ), src = socket( AF_INET, SOCK_STREAM, 0 ), dst, i;
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    char byte = 0;
    struct host_buffer buffer = { .data = (uintptr_t)&byte, .length = 1 };
    struct host_transfer_params params = { .buffers = (uintptr_t)&buffer, .count = 1, .wait = 1000 };

    check( !bind_to( listener, 0 ) && !listen( listener, 1 ));
    check( !getsockname( listener, (struct sockaddr *)&addr, &len ));
    check( !connect( src, (struct sockaddr *)&addr, len ));
    params.socket = dst = accept( listener, NULL, NULL );
    for (i = 0; i < 2; i++)
    {
        struct host_option_params option = { .socket = dst, .option = HOST_OPT_QUICK_ACK, .count = 1 };

        check( !host_set_option( &option ));    /* off */
        params.flags = i ? HOST_MSG_QUICK_ACK : 0;
        check( send( src, &byte, 1, 0 ) == 1 && !host_recv( &params ) && params.transferred == 1 );
        check( !host_get_option( &option ) && option.value[0] == i );
    }
    close( src );
    close( dst );
    close( listener );
}

/* A tap sees what others send, too, and may lose packets when that is much. Who may have one may do this. */
static void leave_network(void)
{
    struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int fd;

    if (unshare( CLONE_NEWNET )) return;
    fd = socket( AF_INET, SOCK_DGRAM, 0 );
    check( !ioctl( fd, SIOCSIFFLAGS, &loopback ));
    close( fd );
}

int main(void)
{
    struct host_attach_params attach = { HOST_INTERFACE_VERSION, HOST_ABI_SYSV, 0, 0 };

    check( !host_attach( &attach ) );
    test_ports( SOCK_STREAM );
    test_ports( SOCK_DGRAM );
    test_stamps();
    leave_network();
    test_tap();
    test_quick_ack();
    return report_checks();
}
