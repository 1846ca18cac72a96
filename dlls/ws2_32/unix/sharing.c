/*
 * Who on this host has an address and port already.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lists of the proc file system have bound datagram sockets, and of streams those that listen, which
 * come first. Streams that are only bound do not stand there; they keep nobody from binding on this host
 * either.
 */
#include "host_private.h"

#include <stdio.h>
#include <unistd.h>

enum { STATE_LISTEN = 10 };

static int is_wildcard( const uint32_t *ip )
{
    return !ip[0] && !ip[1] && (!ip[2] || ip[2] == htonl( 0xffff )) && !ip[3];
}

/* As 16 bytes: IPv4 in its mapped form. */
static void map( uint32_t *out, const struct host_address *address )
{
    memcpy( out, address->ip, sizeof(address->ip) );
    if (address->family != HOST_FAMILY_INET) return;
    memcpy( &out[3], address->ip, sizeof(out[3]) );
    out[0] = out[1] = 0;
    out[2] = htonl( 0xffff );
}

static void look_up( const char *name, int v6, int listening, uint16_t port, const uint32_t *address,
                     struct host_address_users_params *args )
{
    char line[512];
    FILE *file;

    if (!(file = fopen( name, "re" ))) return;
    while (fgets( line, sizeof(line), file ))
    {
        uint32_t ip[4] = { 0, 0, htonl( 0xffff ), 0 };
        unsigned int line_port, state, count;

        if (v6)
            count = sscanf( line, " %*u: %8x%8x%8x%8x:%x %*[0-9A-F]:%*x %x", &ip[0], &ip[1], &ip[2], &ip[3],
                            &line_port, &state ) - 3;
        else count = sscanf( line, " %*u: %8x:%x %*x:%*x %x", &ip[3], &line_port, &state );
        if (count != 3) continue;               /* the heading */
        if (listening && state != STATE_LISTEN) break;
        if (line_port != port) continue;
        if (!memcmp( ip, address, sizeof(ip) )) args->exact++;
        else if (is_wildcard( ip )) args->wildcards++;
    }
    fclose( file );
}

/* Streams that do not listen show only to whom they keep out. */
static int is_taken_by_ipv6( int type, uint16_t port )
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = port };
    int fd, only = 1, ret;

    if ((fd = socket( AF_INET6, type | SOCK_CLOEXEC, 0 )) < 0) return 0;
    setsockopt( fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only) );
    ret = bind( fd, (struct sockaddr *)&any, sizeof(any) ) && errno == EADDRINUSE;
    close( fd );
    return ret;
}

int host_address_users( struct host_address_users_params *args )
{
    struct host_address address = args->address;
    struct sockaddr_storage storage;
    socklen_t len = sizeof(storage);
    uint32_t mapped[4];
    int fd, ret, stream = args->type == HOST_TYPE_STREAM;

    args->exact = args->wildcards = 0;
    if (address.family == HOST_FAMILY_OTHER)
    {
        if ((ret = socket_descriptor( args->socket, &fd ))) return ret;
        ret = getsockname( fd, (struct sockaddr *)&storage, &len );
        close( fd );
        if (ret) return host_error_from_errno( errno );
        address_from_sockaddr( &address, &storage );
        args->address = address;
    }
    if (args->ipv6) args->ipv6 = is_taken_by_ipv6( stream ? SOCK_STREAM : SOCK_DGRAM, address.port );
    map( mapped, &address );
    look_up( stream ? "/proc/net/tcp" : "/proc/net/udp", 0, stream, ntohs( address.port ), mapped, args );
    look_up( stream ? "/proc/net/tcp6" : "/proc/net/udp6", 1, stream, ntohs( address.port ), mapped, args );
    return HOST_OK;
}
