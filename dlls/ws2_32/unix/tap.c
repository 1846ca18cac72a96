/*
 * Sockets that receive all packets of an interface, whoever they are for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A raw socket of this host gets the packets of one protocol that are for the host. What Windows' SIO_RCVALL
 * and its kin ask for comes from a packet socket beside it, the tap: once a socket has one, receives and
 * polls of this process use the tap in its place.
 */
#include "host_private.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct tap
{
    struct tap *next;
    uint64_t socket;    /* handle and inode of the socket that it belongs to */
    ino_t inode;
    int fd;
};

/* The reactor takes this one inside its own, for which signal handlers wait that may have interrupted an
 * allocation: nothing is allocated, freed or asked of wineserver under it. */
DEFINE_LOCK( lock );
static struct tap *taps;        /* under lock */
static atomic_int tap_count;    /* of that list, for a look without the lock */

/* Index of the wanted interface, where that is 0 of the one that has the address; 0 when there is none. */
static unsigned int find_interface( unsigned int wanted, const struct sockaddr_storage *addr,
                                    int *loopback )
{
    struct ifaddrs *list, *entry;
    unsigned int index = 0;

    if (getifaddrs( &list )) return 0;
    for (entry = list; entry && !index; entry = entry->ifa_next)
    {
        const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;

        *loopback = !!(entry->ifa_flags & IFF_LOOPBACK);
        if (wanted)
        {
            if (if_nametoindex( entry->ifa_name ) == wanted) index = wanted;
            continue;
        }
        if (!entry->ifa_addr || entry->ifa_addr->sa_family != addr->ss_family) continue;
        if (addr->ss_family == AF_INET)
        {
            in_addr_t own = ((const struct sockaddr_in *)entry->ifa_addr)->sin_addr.s_addr;

            /* all of 127/8 is the loopback interface's */
            if (own != in->sin_addr.s_addr &&
                !(*loopback && (ntohl( in->sin_addr.s_addr ) >> 24) == IN_LOOPBACKNET)) continue;
        }
        else if (memcmp( &((const struct sockaddr_in6 *)entry->ifa_addr)->sin6_addr, &in6->sin6_addr,
                         sizeof(in6->sin6_addr) )) continue;
        index = if_nametoindex( entry->ifa_name );
    }
    freeifaddrs( list );
    return index;
}

/* IPv4: what the mask of args asks for, and what the raw socket itself would get. Loopback packets pass the
 * interface twice, out and in: once is enough. */
static int set_filter( int fd, const struct host_tap_params *args, int loopback )
{
    const struct sockaddr_in *in;
    struct sockaddr_storage addr;
    struct sock_filter code[24];
    unsigned int n = 0;
    struct sock_fprog program = { 0, code };
    int ethertype;

    address_to_sockaddr( &args->address, &addr );
    in = (const struct sockaddr_in *)&addr;
    ethertype = addr.ss_family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP;

#define EMIT( ... ) code[n++] = (struct sock_filter) __VA_ARGS__
    EMIT( BPF_STMT( BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL ));
    EMIT( BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, ethertype, 1, 0 ));
    EMIT( BPF_STMT( BPF_RET | BPF_K, 0 ));
    if (loopback)
    {
        EMIT( BPF_STMT( BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE ));
        EMIT( BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1 ));
        EMIT( BPF_STMT( BPF_RET | BPF_K, 0 ));
    }
    if (args->what != HOST_TAP_ALL)
    {
        /* packets of the protocol to the own address, which may be any, and groups; of IGMP only those of
         * the protocol */
        EMIT( BPF_STMT( BPF_LD | BPF_B | BPF_ABS, 9 ));
        EMIT( BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, args->protocol, 0, 3 ));
        EMIT( BPF_STMT( BPF_LD | BPF_W | BPF_ABS, 16 ));
        EMIT( BPF_STMT( BPF_ALU | BPF_AND | BPF_K, in->sin_addr.s_addr ? ~0u : 0 ));
        EMIT( BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, ntohl( in->sin_addr.s_addr ),
                        args->what == HOST_TAP_GROUPS_OF_PROTOCOL ? 5 : 3, 0 ));
        if (args->what == HOST_TAP_GROUPS_OF_PROTOCOL)
        {
            EMIT( BPF_STMT( BPF_LD | BPF_B | BPF_ABS, 9 ));
            EMIT( BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, args->protocol, 0, 4 ));
        }
        EMIT( BPF_STMT( BPF_LD | BPF_B | BPF_ABS, 16 ));
        EMIT( BPF_STMT( BPF_ALU | BPF_AND | BPF_K, 0xf0 ));
        EMIT( BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, 0xe0, 0, 1 ));
    }
    EMIT( BPF_STMT( BPF_RET | BPF_K, ~0u ));
    EMIT( BPF_STMT( BPF_RET | BPF_K, 0 ));
#undef EMIT
    program.len = n;
    return setsockopt( fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program) );
}

static int open_tap( const struct host_tap_params *args, int *tap )
{
    struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons( ETH_P_ALL ) };
    struct packet_mreq request = { 0 };
    struct sockaddr_storage bound;
    int loopback = 0, fd, err;

    if (!address_to_sockaddr( &args->address, &bound )) return HOST_EINVAL;
    if (!(addr.sll_ifindex = find_interface( args->interface, &bound, &loopback ))) return HOST_ENODEV;
    /* protocol 0: nothing arrives before there is a filter */
    if ((fd = socket( AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0 )) < 0) return host_error_from_errno( errno );
    request.mr_ifindex = addr.sll_ifindex;
    request.mr_type = args->what == HOST_TAP_ALL ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI;
    if (!set_filter( fd, args, loopback ) && !bind( fd, (struct sockaddr *)&addr, sizeof(addr) ) &&
        (!args->interface_too ||
         !setsockopt( fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request) )))
    {
        *tap = fd;
        return HOST_OK;
    }
    err = host_error_from_errno( errno );
    close( fd );
    return err;
}

/* What follows has signals blocked. */

/* Put a tap, or with NULL nothing, in the place of those that belong to this inode. */
static void replace( ino_t inode, struct tap *tap )
{
    struct tap **link, *old, *gone = NULL;

    take_lock( &lock );
    for (link = &taps; (old = *link); )
    {
        if (old->inode != inode)
        {
            link = &old->next;
            continue;
        }
        *link = old->next;
        old->next = gone;
        gone = old;
        atomic_fetch_sub( &tap_count, 1 );
    }
    if (tap)
    {
        tap->next = taps;
        taps = tap;
        atomic_fetch_add( &tap_count, 1 );
    }
    pthread_mutex_unlock( &lock );

    while ((old = gone))
    {
        gone = old->next;
        close( old->fd );
        free( old );
    }
}

/* A copy of the tap at this place of the list. */
static int get_tap( unsigned int index, struct tap *copy )
{
    const struct tap *tap;

    take_lock( &lock );
    for (tap = taps; tap && index; tap = tap->next) index--;
    if (tap) *copy = *tap;
    pthread_mutex_unlock( &lock );
    return tap != NULL;
}

/* Drop those of sockets that are no more. */
static void drop_orphans( void )
{
    unsigned int i = 0;
    struct tap tap;
    ino_t inode;

    while (get_tap( i, &tap ))
    {
        if (socket_inode( tap.socket, &inode ) || inode != tap.inode) replace( tap.inode, NULL );
        else i++;
    }
}

int host_tap( struct host_tap_params *args )
{
    struct tap *tap = NULL;
    sigset_t saved;
    ino_t inode;
    int ret, fd = -1;

    block_signals( &saved );
    if (!(ret = socket_inode( args->socket, &inode )) && args->what != HOST_TAP_OFF &&
        !(ret = open_tap( args, &fd )))
    {
        if ((tap = malloc( sizeof(*tap) ))) *tap = (struct tap){ NULL, args->socket, inode, fd };
        else
        {
            close( fd );
            ret = HOST_ENOMEM;
        }
    }
    if (!ret)
    {
        replace( inode, tap );
        drop_orphans();
    }
    restore_signals( &saved );
    return ret;
}

int tap_substitute( int *fd, int *tapped )
{
    struct stat st;
    struct tap *tap;
    sigset_t saved;
    int own = -1;

    *tapped = 0;
    if (!atomic_load( &tap_count ) || fstat( *fd, &st )) return HOST_OK;
    enter_lock( &lock, &saved );
    for (tap = taps; tap; tap = tap->next)
        if (tap->inode == st.st_ino) break;
    if (tap) own = fcntl( tap->fd, F_DUPFD_CLOEXEC, 0 );
    leave_lock( &lock, &saved );
    if (!tap) return HOST_OK;
    if (own < 0) return HOST_EMFILE;
    close( *fd );
    *fd = own;
    *tapped = 1;
    return HOST_OK;
}

int receiving_descriptor( uint64_t socket, int *fd, int *tapped )
{
    int ret = socket_descriptor( socket, fd );

    if (ret) return ret;
    if ((ret = tap_substitute( fd, tapped ))) close( *fd );
    return ret;
}

void tap_source( struct host_address *address, const struct iovec *iov, size_t count, size_t size )
{
    uint8_t head[40];
    size_t have = 0, part;

    if (size > sizeof(head)) size = sizeof(head);
    for (; count && have < size; count--, iov++)
    {
        part = iov->iov_len < size - have ? iov->iov_len : size - have;
        memcpy( head + have, iov->iov_base, part );
        have += part;
    }
    memset( address, 0, sizeof(*address) );
    if (have >= 20 && head[0] >> 4 == 4)
    {
        address->family = HOST_FAMILY_INET;
        memcpy( address->ip, head + 12, 4 );
    }
    else if (have >= 40 && head[0] >> 4 == 6)
    {
        address->family = HOST_FAMILY_INET6;
        memcpy( address->ip, head + 8, 16 );
    }
    else address->family = HOST_FAMILY_OTHER;
}
