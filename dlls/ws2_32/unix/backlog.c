/*
 * What a connection has on its way, and its ideal send backlog: how many bytes to keep there for the best
 * throughput.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Windows derives it from the bandwidth-delay product, the peer's window and congestion (MS:
 * SIO_IDEAL_SEND_BACKLOG_QUERY); a fresh connection has 64 KB (T: test_backlog_query). All three are in the
 * host's congestion window, which grows only as far as it is used. Ours is 64 KB doubled until that fits.
 */
#include "host_private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>

#define LEAST 0x10000u
#define MOST 0x1000000u     /* 16 MB (MS: the same page) */

/* RFC 793's CLOSED, among the host's states. */
#define STATE_CLOSE 7

/* What a connection's buffer can grow to on this host; it says that at most once. */
static uint32_t most_buffered(void)
{
    static atomic_uint most;
    unsigned int value = atomic_load( &most );
    FILE *file;

    if (value) return value;
    value = MOST;
    if ((file = fopen( "/proc/sys/net/ipv4/tcp_wmem", "re" )))
    {
        if (fscanf( file, "%*u %*u %u", &value ) != 1) value = MOST;
        fclose( file );
    }
    if (value < LEAST) value = LEAST;
    if (value > MOST) value = MOST;
    atomic_store( &most, value );
    return value;
}

uint32_t ideal_backlog( int fd )
{
    uint32_t most = most_buffered(), backlog = LEAST;
    struct tcp_info info;
    socklen_t len = sizeof(info);
    uint64_t product;

    memset( &info, 0, sizeof(info) );
    if (getsockopt( fd, IPPROTO_TCP, TCP_INFO, &info, &len )) return LEAST;
    product = (uint64_t)info.tcpi_snd_cwnd * info.tcpi_snd_mss;
    /* the window a connection starts with is a guess: more than was delivered so far proves nothing */
    if (product > info.tcpi_bytes_acked) product = info.tcpi_bytes_acked;
    while (backlog < product && backlog * 2 <= most) backlog *= 2;
    return backlog;
}

static uint64_t acknowledged( int fd, int *lost )
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    memset( &info, 0, sizeof(info) );
    *lost = getsockopt( fd, IPPROTO_TCP, TCP_INFO, &info, &len ) || info.tcpi_state == STATE_CLOSE;
    return info.tcpi_bytes_acked;
}

/* The host tells of both numbers in two calls, and acknowledgements come in between: they belong together
 * when the first is the same afterwards. Where it never is, the sum is too low by what came last. */
void read_progress( int fd, struct progress *progress )
{
    uint64_t next = acknowledged( fd, &progress->lost );
    unsigned int attempt = 0;
    int queued;

    do
    {
        progress->acknowledged = next;
        progress->queued = ioctl( fd, SIOCOUTQ, &queued ) ? 0 : queued;
        next = acknowledged( fd, &progress->lost );
    }
    while (next != progress->acknowledged && ++attempt < 16);
}
