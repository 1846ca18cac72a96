/*
 * Native helper of observer.sh: the options of every socket with a given local port.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No tool shows most of them, and a program cannot vouch for itself: so take a duplicate of
 * the descriptor from whichever process holds it (wineserver always does) and ask the kernel.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static unsigned long inodes[256];
static unsigned int inode_count;

/* Sockets of this local port, from the kernel's table. */
static void find_inodes( const char *path, unsigned int port )
{
    unsigned int local;
    unsigned long inode;
    char line[512];
    FILE *f;

    if (!(f = fopen( path, "r" ))) return;
    while (fgets( line, sizeof(line), f ))
    {
        if (sscanf( line, " %*[^:]: %*[^:]:%x %*s %*s %*s %*s %*s %*s %*s %lu", &local, &inode ) != 2)
            continue;
        if (local == port && inode && inode_count < sizeof(inodes) / sizeof(inodes[0]))
            inodes[inode_count++] = inode;
    }
    fclose( f );
}

static unsigned int port_of( const struct sockaddr_storage *addr )
{
    if (addr->ss_family == AF_INET) return ntohs( ((const struct sockaddr_in *)addr)->sin_port );
    if (addr->ss_family == AF_INET6) return ntohs( ((const struct sockaddr_in6 *)addr)->sin6_port );
    return 0;
}

static int int_option( int fd, int level, int option )
{
    int value = -1;
    socklen_t len = sizeof(value);

    return getsockopt( fd, level, option, &value, &len ) ? -1 : value;
}

static const struct
{
    const char *name;
    int level, option;
}
options[] =
{
    { "keepalive", SOL_SOCKET, SO_KEEPALIVE },
    { "idle", IPPROTO_TCP, TCP_KEEPIDLE },
    { "interval", IPPROTO_TCP, TCP_KEEPINTVL },
    { "count", IPPROTO_TCP, TCP_KEEPCNT },
    { "broadcast", SOL_SOCKET, SO_BROADCAST },
    { "oobinline", SOL_SOCKET, SO_OOBINLINE },
    { "priority", SOL_SOCKET, SO_PRIORITY },
    { "nocheck", SOL_SOCKET, SO_NO_CHECK },
    { "tos", IPPROTO_IP, IP_TOS },
    { "ttl", IPPROTO_IP, IP_TTL },
    { "discover", IPPROTO_IP, IP_MTU_DISCOVER },
    { "recverr", IPPROTO_IP, IP_RECVERR },
    { "mttl", IPPROTO_IP, IP_MULTICAST_TTL },
    { "hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS },
    { "mhops", IPPROTO_IPV6, IPV6_MULTICAST_HOPS },
    { "only6", IPPROTO_IPV6, IPV6_V6ONLY },
    { "nodelay", IPPROTO_TCP, TCP_NODELAY },
    { "syncnt", IPPROTO_TCP, TCP_SYNCNT },
    { "timeout", IPPROTO_TCP, TCP_USER_TIMEOUT },
    { "segment", IPPROTO_UDP, UDP_SEGMENT },
};

/* What does not apply is left out. */
static void report( int fd, unsigned int port )
{
    struct sockaddr_storage addr = { 0 };
    struct linger linger;
    socklen_t len = sizeof(addr);
    unsigned int peer = 0, i;
    int value;

    if (!getpeername( fd, (struct sockaddr *)&addr, &len )) peer = port_of( &addr );
    printf( "options port=%u peer=%u", port, peer );
    for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
    {
        if ((value = int_option( fd, options[i].level, options[i].option )) >= 0)
            printf( " %s=%d", options[i].name, value );
    }
    len = sizeof(linger);
    if (!getsockopt( fd, SOL_SOCKET, SO_LINGER, &linger, &len ))
        printf( " linger=%d,%d", linger.l_onoff, linger.l_linger );
    printf( "\n" );
}

/* Report the sockets that this process holds, each once over all processes. */
static void search_process( const char *pid, unsigned int port )
{
    char path[64], link[64];
    struct dirent *entry;
    unsigned long inode;
    unsigned int i;
    ssize_t len;
    DIR *dir;

    snprintf( path, sizeof(path), "/proc/%.20s/fd", pid );
    if (!(dir = opendir( path ))) return;
    while (inode_count && (entry = readdir( dir )))
    {
        if ((len = readlinkat( dirfd( dir ), entry->d_name, link, sizeof(link) - 1 )) < 0) continue;
        link[len] = 0;
        if (sscanf( link, "socket:[%lu]", &inode ) != 1) continue;
        for (i = 0; i < inode_count && inodes[i] != inode; i++) ;
        if (i < inode_count)
        {
            int process = syscall( SYS_pidfd_open, atoi( pid ), 0 );
            int fd = process < 0 ? -1 : syscall( SYS_pidfd_getfd, process, atoi( entry->d_name ), 0 );

            if (process >= 0) close( process );
            if (fd < 0) continue;
            report( fd, port );
            close( fd );
            inodes[i] = inodes[--inode_count];
        }
    }
    closedir( dir );
}

int main( int argc, char **argv )
{
    unsigned int port;
    char path[32];
    struct dirent *entry;
    DIR *dir;

    if (argc != 3)
    {
        fprintf( stderr, "usage: observer_options tcp|udp LOCALPORT\n" );
        return 2;
    }
    port = atoi( argv[2] );
    snprintf( path, sizeof(path), "/proc/net/%.8s", argv[1] );
    find_inodes( path, port );
    strcat( path, "6" );
    find_inodes( path, port );

    if (!(dir = opendir( "/proc" ))) return 1;
    while ((entry = readdir( dir )))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') search_process( entry->d_name, port );
    closedir( dir );
    return 0;
}
