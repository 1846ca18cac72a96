/*
 * Unit test of the host half's options, interfaces and routes, without Wine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ntdll.so's look-up is replaced by one that takes the descriptor for the handle.
 */
#include "host_private.h"
#include "check.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

static int get( int fd, enum host_option option, struct host_option_params *params )
{
    memset( params, 0, sizeof(*params) );
    params->socket = fd;
    params->option = option;
    return host_get_option( params );
}

static int get_value( int fd, enum host_option option )
{
    struct host_option_params params;

    return get( fd, option, &params ) ? -1 : params.value[0];
}

static int set_values( int fd, enum host_option option, int count, int first, int second, int third )
{
    struct host_option_params params = { .socket = fd, .option = option, .count = count,
                                         .value = { first, second, third } };

    return host_set_option( &params );
}

static int set( int fd, enum host_option option, int value )
{
    return set_values( fd, option, 1, value, 0, 0 );
}

static int host_value( int fd, int level, int name )
{
    int value = -1;
    socklen_t len = sizeof(value);

    getsockopt( fd, level, name, &value, &len );
    return value;
}

/* Every number that a confused caller could pass, on every kind of descriptor: an answer, and no leak. */
static void test_every_option( void )
{
    int fds[] = { socket( AF_INET, SOCK_STREAM, 0 ), socket( AF_INET6, SOCK_STREAM, 0 ),
                  socket( AF_INET, SOCK_DGRAM, 0 ), socket( AF_INET6, SOCK_DGRAM, 0 ),
                  socket( AF_UNIX, SOCK_STREAM, 0 ), dup( 1 ), -1 };
    int first_free = dup( 1 ), option;
    char data[512];
    size_t i;

    close( first_free );
    for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
    {
        for (option = 0; option < HOST_OPT_COUNT + 3; option++)
        {
            struct host_option_params params = { .socket = HOST_SOCKET( fds[i], 0 ), .option = option,
                                                 .count = 1, .data = (uintptr_t)data, .size = sizeof(data) };
            int err;

            memset( data, 0, sizeof(data) );
            err = host_get_option( &params );
            check( err >= 0 && err < HOST_ERROR_COUNT );
            if (option >= HOST_OPT_COUNT) check( err == HOST_ENOPROTOOPT );
            else if (fds[i] == -1 && option != HOST_OPT_KEEPALIVE_FRESH)
                check( err == HOST_ENOTSOCK || err == HOST_ENOPROTOOPT );
            memset( data, 0, sizeof(data) );
            params.size = sizeof(data);
            err = host_set_option( &params );
            check( err >= 0 && err < HOST_ERROR_COUNT );
        }
    }
    option = dup( 1 );
    check( option == first_free );
    close( option );
    for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) if (fds[i] != -1) close( fds[i] );
}

static void test_kind( void )
{
    static const struct { int family, type, host_family, host_type, protocol; } tests[] =
    {
        { AF_INET, SOCK_STREAM, HOST_FAMILY_INET, HOST_TYPE_STREAM, IPPROTO_TCP },
        { AF_INET6, SOCK_STREAM, HOST_FAMILY_INET6, HOST_TYPE_STREAM, IPPROTO_TCP },
        { AF_INET, SOCK_DGRAM, HOST_FAMILY_INET, HOST_TYPE_DATAGRAM, IPPROTO_UDP },
        { AF_UNIX, SOCK_STREAM, HOST_FAMILY_UNIX, HOST_TYPE_STREAM, 0 },
    };
    struct host_option_params params;
    size_t i;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
    {
        int fd = socket( tests[i].family, tests[i].type, 0 );

        if (fd < 0) continue;
        check( !get( fd, HOST_OPT_KIND, &params ) && params.count == 3 );
        check( params.value[0] == tests[i].host_family && params.value[1] == tests[i].host_type );
        check( params.value[2] == tests[i].protocol );
        check( get_value( fd, HOST_OPT_TYPE ) == tests[i].host_type );
        check( get_value( fd, HOST_OPT_FAMILY ) == tests[i].host_family );
        check( set( fd, HOST_OPT_TYPE, 1 ) == HOST_ENOPROTOOPT );
        close( fd );
    }
    i = dup( 1 );   /* a file, as far as this test is run with a file or a pipe */
    check( get( i, HOST_OPT_KIND, &params ) == HOST_ENOTSOCK );
    close( i );
}

static void test_keepalive( void )
{
    struct host_option_params fresh, params;
    int fd = socket( AF_INET, SOCK_STREAM, 0 );

    check( !get( -1, HOST_OPT_KEEPALIVE_FRESH, &fresh ) );
    check( !get( fd, HOST_OPT_KEEPALIVE_VALUES, &params ) );
    check( !memcmp( fresh.value, params.value, 3 * sizeof(int) ) );

    check( !set_values( fd, HOST_OPT_KEEPALIVE_VALUES, 3, 5, 2, 10 ) );
    check( host_value( fd, IPPROTO_TCP, TCP_KEEPIDLE ) == 5 );
    check( host_value( fd, IPPROTO_TCP, TCP_KEEPINTVL ) == 2 );
    check( host_value( fd, IPPROTO_TCP, TCP_KEEPCNT ) == 10 );
    check( !set_values( fd, HOST_OPT_KEEPALIVE_VALUES, 3, 0x7fffffff, 0, 1000 ) );
    check( host_value( fd, IPPROTO_TCP, TCP_KEEPIDLE ) == 32767 );
    check( host_value( fd, IPPROTO_TCP, TCP_KEEPINTVL ) == 1 );
    check( host_value( fd, IPPROTO_TCP, TCP_KEEPCNT ) == 127 );
    check( !set( fd, HOST_OPT_KEEPALIVE_IDLE, -5 ) && get_value( fd, HOST_OPT_KEEPALIVE_IDLE ) == 1 );
    check( !set( fd, HOST_OPT_KEEPALIVE, 1 ) && host_value( fd, SOL_SOCKET, SO_KEEPALIVE ) == 1 );
    check( get_value( fd, HOST_OPT_TCP_STATE ) == HOST_TCP_CLOSED );
    close( fd );

    fd = socket( AF_INET, SOCK_DGRAM, 0 );
    check( get( fd, HOST_OPT_KEEPALIVE_VALUES, &params ) == HOST_EOPNOTSUPP ||
           get( fd, HOST_OPT_KEEPALIVE_VALUES, &params ) == HOST_ENOPROTOOPT );
    close( fd );
}

static void test_translated( void )
{
    struct host_option_params params;
    int fd = socket( AF_INET, SOCK_DGRAM, 0 );

    check( !set( fd, HOST_OPT_IP_MTU_DISCOVER, HOST_MTU_DO ) );
    check( host_value( fd, IPPROTO_IP, IP_MTU_DISCOVER ) == IP_PMTUDISC_DO );
    check( !set( fd, HOST_OPT_IP_MTU_DISCOVER, HOST_MTU_DONT ) );
    check( host_value( fd, IPPROTO_IP, IP_MTU_DISCOVER ) == IP_PMTUDISC_DONT );
    check( get_value( fd, HOST_OPT_IP_MTU_DISCOVER ) == HOST_MTU_DONT );
    check( set( fd, HOST_OPT_IP_MTU_DISCOVER, 17 ) == HOST_EINVAL );

    check( !set( fd, HOST_OPT_IP_UNICAST_IF, 1 ) && get_value( fd, HOST_OPT_IP_UNICAST_IF ) == 1 );
    check( host_value( fd, IPPROTO_IP, IP_UNICAST_IF ) == (int)htonl( 1 ) );
    check( !set_values( fd, HOST_OPT_IP_MULTICAST_IF, 2, htonl( INADDR_LOOPBACK ), 0, 0 ) );
    check( get_value( fd, HOST_OPT_IP_MULTICAST_IF ) == (int)htonl( INADDR_LOOPBACK ) );
    check( set_values( fd, HOST_OPT_IP_MULTICAST_IF, 2, 0, 123456, 0 ) == HOST_EADDRNOTAVAIL );
    check( get( fd, HOST_OPT_IP_MTU, &params ) == HOST_ENOTCONN );
    check( set( fd, HOST_OPT_IP_MTU, 1500 ) == HOST_ENOPROTOOPT );
    check( !set( fd, HOST_OPT_SEGMENT_SIZE, 1200 ) && get_value( fd, HOST_OPT_SEGMENT_SIZE ) == 1200 );
    close( fd );

    fd = socket( AF_INET6, SOCK_DGRAM, 0 );
    if (fd >= 0)
    {
        check( !set( fd, HOST_OPT_IPV6_UNICAST_IF, 1 ) && get_value( fd, HOST_OPT_IPV6_UNICAST_IF ) == 1 );
        check( !set( fd, HOST_OPT_IPV6_ONLY, 1 ) && host_value( fd, IPPROTO_IPV6, IPV6_V6ONLY ) == 1 );
        close( fd );
    }
}

static void test_groups( void )
{
    struct host_group group = { .group = { .family = HOST_FAMILY_INET, .ip = { 239, 1, 2, 3 } },
                                .interface = { .family = HOST_FAMILY_INET, .ip = { 127, 0, 0, 1 } } };
    int fd = socket( AF_INET, SOCK_DGRAM, 0 );
    struct host_option_params params = { .socket = fd, .option = HOST_OPT_JOIN_GROUP,
                                         .data = (uintptr_t)&group,
                                         .size = sizeof(group) };

    check( !host_set_option( &params ) );
    check( host_set_option( &params ) == HOST_EADDRINUSE );
    params.option = HOST_OPT_LEAVE_GROUP;
    check( !host_set_option( &params ) );
    check( host_set_option( &params ) == HOST_EADDRNOTAVAIL );

    /* by index, and from one source */
    group.interface.family = HOST_FAMILY_OTHER;
    group.index = 1;
    params.option = HOST_OPT_JOIN_GROUP;
    check( !host_set_option( &params ) );
    params.option = HOST_OPT_LEAVE_GROUP;
    check( !host_set_option( &params ) );
    group.source = (struct host_address){ .family = HOST_FAMILY_INET, .ip = { 10, 0, 0, 1 } };
    params.option = HOST_OPT_JOIN_SOURCE;
    check( !host_set_option( &params ) );
    params.option = HOST_OPT_LEAVE_SOURCE;
    check( !host_set_option( &params ) );

    group.group.family = 77;
    check( host_set_option( &params ) == HOST_EAFNOSUPPORT );
    params.size = sizeof(group) - 1;
    check( host_set_option( &params ) == HOST_EINVAL );
    check( host_get_option( &params ) == HOST_ENOPROTOOPT );
    close( fd );
}

static void test_connection( void )
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl( INADDR_LOOPBACK ) };
    socklen_t len = sizeof(addr);
    int listener = socket( AF_INET, SOCK_STREAM, 0 ), client = socket( AF_INET, SOCK_STREAM, 0 ), server;
    struct host_tcp_info info;
    struct host_option_params params = { .option = HOST_OPT_TCP_INFO, .data = (uintptr_t)&info,
                                         .size = sizeof(info) };
    socklen_t error_len = sizeof(int);
    char buffer[8];
    int error;

    check( !bind( listener, (struct sockaddr *)&addr, len ) && !listen( listener, 5 ) );
    check( get_value( listener, HOST_OPT_LISTENING ) == 1 && get_value( client, HOST_OPT_LISTENING ) == 0 );
    check( get_value( listener, HOST_OPT_READABLE_BYTES ) == 0 );
    params.option = HOST_OPT_MARK;
    params.socket = listener;
    check( !host_get_option( &params ) && !params.value[1] && !params.value[2] );
    params.option = HOST_OPT_TCP_INFO;
    check( get_value( listener, HOST_OPT_TCP_STATE ) == HOST_TCP_LISTEN );
    check( !getsockname( listener, (struct sockaddr *)&addr, &len ) );
    check( !connect( client, (struct sockaddr *)&addr, len ) );
    server = accept( listener, NULL, NULL );
    check( get_value( client, HOST_OPT_TCP_STATE ) == HOST_TCP_ESTABLISHED );

    check( send( client, "hello", 5, 0 ) == 5 );
    check( recv( server, buffer, 5, MSG_PEEK | MSG_WAITALL ) == 5 );
    check( get_value( server, HOST_OPT_READABLE_BYTES ) == 5 );
    check( get_value( server, HOST_OPT_URGENT ) == 0 );
    params.socket = client;
    check( !host_get_option( &params ) && params.size == sizeof(info) );
    check( info.bytes_out == 5 && info.state == HOST_TCP_ESTABLISHED && info.segment );
    params.socket = server;
    check( !host_get_option( &params ) && info.bytes_in == 5 );
    params.size = sizeof(info) - 1;
    check( host_get_option( &params ) == HOST_EINVAL );
    check( get_value( client, HOST_OPT_SEND_SPACE ) > 0 );
    shutdown( client, SHUT_WR );
    check( get_value( server, HOST_OPT_TCP_ENDED ) == 0 );  /* there is data before it */
    check( recv( server, buffer, sizeof(buffer), 0 ) == 5 && !recv( server, buffer, sizeof(buffer), 0 ) );
    check( get_value( server, HOST_OPT_TCP_STATE ) == HOST_TCP_CLOSE_WAIT );
    check( get_value( server, HOST_OPT_TCP_ENDED ) == 1 );
    close( client );
    /* an end and then a reset is still told from a reset alone, without the error that somebody took */
    check( send( server, "x", 1, MSG_NOSIGNAL ) == 1 );
    check( poll( &(struct pollfd){ .fd = server }, 1, 10000 ) == 1 );
    check( !getsockopt( server, SOL_SOCKET, SO_ERROR, &error, &error_len ) && error == EPIPE );
    check( get_value( server, HOST_OPT_TCP_STATE ) == HOST_TCP_CLOSED );
    check( get_value( server, HOST_OPT_TCP_ENDED ) == 1 );
    close( server );
    close( listener );
}

static void test_interfaces( void )
{
    struct host_interface list[64];
    struct host_interfaces_params params = { .list = (uintptr_t)list, .family = HOST_FAMILY_INET,
                                             .capacity = 64 };
    struct host_route_params route = { .destination = { HOST_FAMILY_INET, .ip = { 127, 0, 0, 1 } } };
    uint32_t i, loopback = 0;

    check( !host_interfaces( &params ) && params.count );
    for (i = 0; i < params.count && i < 64; i++)
    {
        check( list[i].address.family == HOST_FAMILY_INET && list[i].netmask.family == HOST_FAMILY_INET );
        check( list[i].index );
        if ((list[i].flags & HOST_IF_LOOPBACK) && list[i].address.ip[0] == 127) loopback++;
    }
    check( loopback );
    i = params.count;
    params.capacity = 0;    /* counts and writes nothing */
    params.list = 0;
    check( !host_interfaces( &params ) && params.count == i );

    check( !host_route_source( &route ) );
    check( route.source.family == HOST_FAMILY_INET && route.source.ip[0] == 127 && !route.source.port );
    route.destination.family = HOST_FAMILY_OTHER;
    check( host_route_source( &route ) == HOST_EAFNOSUPPORT );
}

int main( void )
{
    struct host_attach_params attach = { HOST_INTERFACE_VERSION, HOST_ABI_SYSV, 0, 0 };

    check( !host_attach( &attach ) );
    test_every_option();
    test_kind();
    test_keepalive();
    test_translated();
    test_groups();
    test_connection();
    test_interfaces();
    return report_checks();
}
