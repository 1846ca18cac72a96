/*
 * Socket options on the host: one row per option of the interface.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"

#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>

/* The host's ranges for the keep-alive values (tcp(7) names no upper limit; measured on 6.18). */
#define KEEPALIVE_MAX_SECONDS 32767
#define KEEPALIVE_MAX_PROBES 127

struct option_row;

typedef int (*option_get)( int fd, const struct option_row *row, struct host_option_params *args );
typedef int (*option_set)( int fd, const struct option_row *row, const struct host_option_params *args );

struct option_row
{
    int level, name;
    option_get get;     /* these answer 0 or an errno */
    option_set set;     /* NULL: read only */
    int max;            /* values above are taken for this one; 0 for no limit */
};

static int result( int ret )
{
    return ret < 0 ? errno : 0;
}

static int read_int( int fd, int level, int name, int32_t *value )
{
    socklen_t len = sizeof(*value);

    *value = 0;
    return result( getsockopt( fd, level, name, value, &len ) );
}

static int write_int( int fd, int level, int name, int32_t value )
{
    return result( setsockopt( fd, level, name, &value, sizeof(value) ) );
}

static int get_int( int fd, const struct option_row *row, struct host_option_params *args )
{
    return read_int( fd, row->level, row->name, &args->value[0] );
}

static int set_int( int fd, const struct option_row *row, const struct host_option_params *args )
{
    return write_int( fd, row->level, row->name, args->value[0] );
}

static int32_t clamp( int32_t value, int max )
{
    if (value < 1) return 1;
    return value > max ? max : value;
}

static int set_clamped( int fd, const struct option_row *row, const struct host_option_params *args )
{
    return write_int( fd, row->level, row->name, clamp( args->value[0], row->max ) );
}

static int get_two( int fd, const struct option_row *row, struct host_option_params *args )
{
    socklen_t len = 2 * sizeof(int);

    args->count = 2;
    return result( getsockopt( fd, row->level, row->name, args->value, &len ) );
}

static int set_linger( int fd, const struct option_row *row, const struct host_option_params *args )
{
    struct linger linger = { .l_linger = 0 };
    socklen_t len = sizeof(linger);

    if (args->value[1] < 0 && getsockopt( fd, row->level, row->name, &linger, &len ) < 0) return errno;
    linger.l_onoff = args->value[0];
    if (args->value[1] >= 0) linger.l_linger = args->value[1];
    return result( setsockopt( fd, row->level, row->name, &linger, sizeof(linger) ) );
}

static int set_queue_errors( int fd, const struct option_row *row, const struct host_option_params *args )
{
    (void)row;
    queue_errors( fd, args->value[0] );
    return HOST_OK;
}

static int set_timestamps( int fd, const struct option_row *row, const struct host_option_params *args )
{
    (void)row;
    return stamps_configure( fd, args->value[0], args->value[1], args->value[2] );
}

static int get_send_timestamp( int fd, const struct option_row *row, struct host_option_params *args )
{
    uint64_t counter = 0;
    int err = stamps_take( fd, args->value[0], &counter );

    (void)row;
    args->count = 2;
    args->value[0] = counter;
    args->value[1] = counter >> 32;
    return err;
}

/* An interface index that the host wants in network order. */
static int get_index( int fd, const struct option_row *row, struct host_option_params *args )
{
    int err = get_int( fd, row, args );

    args->value[0] = ntohl( args->value[0] );
    return err;
}

static int set_index( int fd, const struct option_row *row, const struct host_option_params *args )
{
    return write_int( fd, row->level, row->name, htonl( args->value[0] ) );
}

static int get_data( int fd, const struct option_row *row, struct host_option_params *args )
{
    socklen_t len = args->size;
    int ret = getsockopt( fd, row->level, row->name, caller_pointer( args->data ), &len );

    args->size = len;
    return result( ret );
}

static int set_data( int fd, const struct option_row *row, const struct host_option_params *args )
{
    return result( setsockopt( fd, row->level, row->name, caller_pointer( args->data ), args->size ) );
}

static int get_type( int fd, const struct option_row *row, struct host_option_params *args )
{
    int err = get_int( fd, row, args );

    switch (args->value[0])
    {
    case SOCK_STREAM: args->value[0] = HOST_TYPE_STREAM; break;
    case SOCK_DGRAM: args->value[0] = HOST_TYPE_DATAGRAM; break;
    case SOCK_RAW: args->value[0] = HOST_TYPE_RAW; break;
    default: args->value[0] = HOST_TYPE_OTHER; break;
    }
    return err;
}

static int get_family( int fd, const struct option_row *row, struct host_option_params *args )
{
    int err = get_int( fd, row, args );

    switch (args->value[0])
    {
    case AF_INET: args->value[0] = HOST_FAMILY_INET; break;
    case AF_INET6: args->value[0] = HOST_FAMILY_INET6; break;
    case AF_UNIX: args->value[0] = HOST_FAMILY_UNIX; break;
    case AF_IRDA: args->value[0] = HOST_FAMILY_IRDA; break;
    case AF_IPX: args->value[0] = HOST_FAMILY_IPX; break;
    case AF_BLUETOOTH: args->value[0] = HOST_FAMILY_BLUETOOTH; break;
    default: args->value[0] = HOST_FAMILY_OTHER; break;
    }
    return err;
}

static int get_kind( int fd, const struct option_row *row, struct host_option_params *args )
{
    static const struct option_row family = { .level = SOL_SOCKET, .name = SO_DOMAIN };
    static const struct option_row type = { .level = SOL_SOCKET, .name = SO_TYPE };
    struct host_option_params part = *args;
    int err;

    (void)row;
    args->count = 3;
    if ((err = get_family( fd, &family, &part ))) return err;
    args->value[0] = part.value[0];
    if ((err = get_type( fd, &type, &part ))) return err;
    args->value[1] = part.value[0];
    return read_int( fd, SOL_SOCKET, SO_PROTOCOL, &args->value[2] );
}

static int get_keepalive_values( int fd, const struct option_row *row, struct host_option_params *args )
{
    int err;

    (void)row;
    args->count = 3;
    if ((err = read_int( fd, IPPROTO_TCP, TCP_KEEPIDLE, &args->value[0] ))) return err;
    if ((err = read_int( fd, IPPROTO_TCP, TCP_KEEPINTVL, &args->value[1] ))) return err;
    return read_int( fd, IPPROTO_TCP, TCP_KEEPCNT, &args->value[2] );
}

static int set_keepalive_times( int fd, int32_t idle, int32_t interval )
{
    int err = write_int( fd, IPPROTO_TCP, TCP_KEEPIDLE, clamp( idle, KEEPALIVE_MAX_SECONDS ) );

    return err ? err : write_int( fd, IPPROTO_TCP, TCP_KEEPINTVL, clamp( interval, KEEPALIVE_MAX_SECONDS ) );
}

static int set_keepalive_values( int fd, const struct option_row *row,
                                 const struct host_option_params *args )
{
    int err = set_keepalive_times( fd, args->value[0], args->value[1] );

    (void)row;
    if (err) return err;
    return write_int( fd, IPPROTO_TCP, TCP_KEEPCNT, clamp( args->value[2], KEEPALIVE_MAX_PROBES ) );
}

static int get_keepalive_fresh( int fd, const struct option_row *row, struct host_option_params *args )
{
    int err;

    if ((fd = socket( AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP )) < 0 &&
        (fd = socket( AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP )) < 0)
        return errno;
    err = get_keepalive_values( fd, row, args );
    close( fd );
    return err;
}

/* The host's values for new sockets hold for all of them, and do not change while we look: threads that read
 * them at once keep the same. Answers zeros where they cannot be read. */
static void get_fresh_values( int32_t values[3] )
{
    static _Atomic int32_t kept[3];
    static atomic_int known;
    struct host_option_params args = { .count = 0 };
    unsigned int i;

    if (!atomic_load( &known ) && !get_keepalive_fresh( -1, NULL, &args ))
    {
        for (i = 0; i < 3; i++) atomic_store( &kept[i], args.value[i] );
        atomic_store( &known, 1 );
    }
    for (i = 0; i < 3; i++) values[i] = atomic_load( &kept[i] );
}

/* Programs do this for every connection, so no option is read or set without need. */
static int set_keepalive_settings( int fd, const struct option_row *row,
                                   const struct host_option_params *args )
{
    struct host_option_params now;
    int32_t fresh_values[3];
    int err;

    if (args->value[0])
    {
        get_fresh_values( fresh_values );
        if ((err = read_int( fd, IPPROTO_TCP, TCP_KEEPCNT, &now.value[2] ))) return err;
        if (now.value[2] == fresh_values[2])
        {
            if ((err = get_keepalive_values( fd, row, &now ))) return err;
            if (!memcmp( now.value, fresh_values, sizeof(fresh_values) ) &&
                (err = write_int( fd, IPPROTO_TCP, TCP_KEEPCNT,
                                  clamp( args->value[3], KEEPALIVE_MAX_PROBES ) )))
                return err;
        }
        if ((err = set_keepalive_times( fd, args->value[1], args->value[2] ))) return err;
    }
    return write_int( fd, SOL_SOCKET, SO_KEEPALIVE, !!args->value[0] );
}

static int set_icmp_filter( int fd, const struct option_row *row, const struct host_option_params *args )
{
    const struct icmp_filter filter = { args->value[0] ? 1u << ICMP_ECHO : 0 };

    return result( setsockopt( fd, row->level, row->name, &filter, sizeof(filter) ) );
}

static int get_send_space( int fd, const struct option_row *row, struct host_option_params *args )
{
    int space, used, err;

    (void)row;
    if ((err = read_int( fd, SOL_SOCKET, SO_SNDBUF, &space ))) return err;
    if (ioctl( fd, SIOCOUTQ, &used ) < 0) return errno;
    args->value[0] = space > used ? space - used : 0;
    return 0;
}

static int get_ideal_backlog( int fd, const struct option_row *row, struct host_option_params *args )
{
    (void)row;
    args->value[0] = ideal_backlog( fd );
    return 0;
}

static int get_readable_bytes( int fd, const struct option_row *row, struct host_option_params *args )
{
    int err = result( ioctl( fd, FIONREAD, &args->value[0] ) );
    int32_t listening;

    (void)row;
    if (!err) return 0;
    args->value[0] = 0;
    /* it fails on a listener (tcp(7)) */
    return err == EINVAL && !read_int( fd, SOL_SOCKET, SO_ACCEPTCONN, &listening ) && listening ? 0 : err;
}

static int read_at_mark( int fd, int32_t *at_mark )
{
    int32_t listening;

    *at_mark = 0;
    if (!read_int( fd, SOL_SOCKET, SO_ACCEPTCONN, &listening ) && listening) return 0;
    return result( ioctl( fd, SIOCATMARK, at_mark ) );
}

/* The host leaves an urgent byte that was received out of band in its place, and hands it out again if the
 * socket becomes SO_OOBINLINE before a receive has passed it. */
static int set_oobinline( int fd, const struct option_row *row, const struct host_option_params *args )
{
    int err = set_int( fd, row, args );
    int32_t at_mark;
    char byte;

    if (err || !args->value[0] || !args->value[1]) return err;
    if (read_at_mark( fd, &at_mark ) || !at_mark) return 0;
    return recv( fd, &byte, 1, MSG_DONTWAIT ) < 0 && errno != EAGAIN ? errno : 0;
}

static int get_urgent( int fd, const struct option_row *row, struct host_option_params *args )
{
    struct pollfd entry = { .fd = fd, .events = POLLPRI };

    (void)row;
    if (poll( &entry, 1, 0 ) < 0) return errno;
    args->value[0] = !!(entry.revents & POLLPRI);
    return 0;
}

static int get_mark( int fd, const struct option_row *row, struct host_option_params *args )
{
    struct host_option_params urgent = { .value = { 0 } };
    int err = read_int( fd, SOL_SOCKET, SO_OOBINLINE, &args->value[0] );

    args->count = 3;
    get_urgent( fd, row, &urgent );
    args->value[1] = urgent.value[0];
    /* not all families have marks */
    read_at_mark( fd, &args->value[2] );
    return err;
}

/* The host's numbers are those of include/net/tcp_states.h, which user space does not see whole. */
static const enum host_tcp_state tcp_states[] =
{
    [1] = HOST_TCP_ESTABLISHED, [2] = HOST_TCP_SYN_SENT, [3] = HOST_TCP_SYN_RECEIVED,
    [4] = HOST_TCP_FIN_WAIT_1, [5] = HOST_TCP_FIN_WAIT_2, [6] = HOST_TCP_TIME_WAIT,
    [7] = HOST_TCP_CLOSED, [8] = HOST_TCP_CLOSE_WAIT,
    [9] = HOST_TCP_LAST_ACK, [10] = HOST_TCP_LISTEN, [11] = HOST_TCP_CLOSING, [12] = HOST_TCP_SYN_RECEIVED,
};

static enum host_tcp_state tcp_state( unsigned int state )
{
    return state < sizeof(tcp_states) / sizeof(tcp_states[0]) ? tcp_states[state] : HOST_TCP_CLOSED;
}

static int get_tcp_state( int fd, const struct option_row *row, struct host_option_params *args )
{
    struct tcp_info info;
    socklen_t len = offsetof( struct tcp_info, tcpi_ca_state );

    (void)row;
    memset( &info, 0, sizeof(info) );
    if (getsockopt( fd, IPPROTO_TCP, TCP_INFO, &info, &len ) < 0) return errno;
    args->value[0] = tcp_state( info.tcpi_state );
    return 0;
}

static int get_keepalive_state( int fd, const struct option_row *row, struct host_option_params *args )
{
    struct host_option_params state;
    int err;

    if ((err = get_keepalive_values( fd, row, args ))) return err;
    /* what has no such state is not being connected */
    args->value[3] = get_tcp_state( fd, row, &state ) ? 0 : state.value[0];
    args->count = 4;
    return 0;
}

/* The host itself forgets whether an end came before a reset, except in what this answers: EIO once the end
 * is all that can still be read (tcp(7) has no such option; linux/tcp.h). */
static int get_tcp_ended( int fd, const struct option_row *row, struct host_option_params *args )
{
    struct tcp_zerocopy_receive nothing;
    socklen_t len = sizeof(nothing);

    (void)row;
    memset( &nothing, 0, sizeof(nothing) );
    if (!getsockopt( fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &nothing, &len )) args->value[0] = 0;
    else if (errno == EIO) args->value[0] = 1;
    else return errno;
    return 0;
}

static int get_tcp_info( int fd, const struct option_row *row, struct host_option_params *args )
{
    struct host_tcp_info *out = caller_pointer( args->data );
    struct tcp_info info;
    socklen_t len = sizeof(info);
    int32_t buffer;

    (void)row;
    if (args->size < sizeof(*out)) return EINVAL;
    memset( &info, 0, sizeof(info) );
    if (getsockopt( fd, IPPROTO_TCP, TCP_INFO, &info, &len ) < 0) return errno;
    read_int( fd, SOL_SOCKET, SO_RCVBUF, &buffer );

    memset( out, 0, sizeof(*out) );
    out->state = tcp_state( info.tcpi_state );
    out->timestamps = !!(info.tcpi_options & TCPI_OPT_TIMESTAMPS);
    out->segment = info.tcpi_snd_mss;
    out->rtt = info.tcpi_rtt;
    out->min_rtt = info.tcpi_min_rtt == ~0u ? 0 : info.tcpi_min_rtt;
    out->in_flight = info.tcpi_unacked * info.tcpi_snd_mss;
    out->congestion_window = info.tcpi_snd_cwnd * info.tcpi_snd_mss;
    out->receive_window = info.tcpi_rcv_space;
    out->receive_buffer = buffer;
    out->bytes_out = info.tcpi_bytes_sent;
    out->bytes_in = info.tcpi_bytes_received;
    out->retransmitted = info.tcpi_bytes_retrans;
    out->reordered = info.tcpi_reord_seen * info.tcpi_snd_mss;
    out->duplicate_acks = info.tcpi_dsack_dups;
    out->timeouts = info.tcpi_retransmits;
    out->limited_by_receiver = info.tcpi_rwnd_limited / 1000;
    out->limited_by_buffer = info.tcpi_sndbuf_limited / 1000;
    args->size = sizeof(*out);
    return 0;
}

static int get_cookie( int fd, const struct option_row *row, struct host_option_params *args )
{
    uint64_t cookie = 0;
    socklen_t len = sizeof(cookie);

    args->count = 2;
    if (getsockopt( fd, row->level, row->name, &cookie, &len ) < 0) return errno;
    args->value[0] = cookie;
    args->value[1] = cookie >> 32;
    return 0;
}

static int get_multicast_if( int fd, const struct option_row *row, struct host_option_params *args )
{
    struct in_addr addr = { 0 };
    socklen_t len = sizeof(addr);

    args->count = 2;
    args->value[1] = 0;     /* the host does not tell the index */
    if (getsockopt( fd, row->level, row->name, &addr, &len ) < 0) return errno;
    args->value[0] = addr.s_addr;
    return 0;
}

static int set_multicast_if( int fd, const struct option_row *row, const struct host_option_params *args )
{
    struct ip_mreqn req = { .imr_address = { args->value[0] }, .imr_ifindex = args->value[1] };

    return result( setsockopt( fd, row->level, row->name, &req, sizeof(req) ) );
}

static const enum host_mtu_discover mtu_values[] =
{
    [IP_PMTUDISC_DONT] = HOST_MTU_DONT,
    [IP_PMTUDISC_WANT] = HOST_MTU_WANT,
    [IP_PMTUDISC_DO] = HOST_MTU_DO,
    [IP_PMTUDISC_PROBE] = HOST_MTU_PROBE,
};

static int get_mtu_discover( int fd, const struct option_row *row, struct host_option_params *args )
{
    int32_t value;
    int err = read_int( fd, row->level, row->name, &value );

    if (err) return err;
    args->value[0] = value >= 0 && value <= IP_PMTUDISC_PROBE ? (int)mtu_values[value] : HOST_MTU_WANT;
    return 0;
}

static int set_mtu_discover( int fd, const struct option_row *row, const struct host_option_params *args )
{
    int value;

    for (value = 0; value <= IP_PMTUDISC_PROBE; value++)
        if ((int)mtu_values[value] == args->value[0]) return write_int( fd, row->level, row->name, value );
    return EINVAL;
}

/* Each of the six operations has three names on the host: by address or index in IPv4, by index in both. */
struct group_names
{
    int by_address, by_index;
};

static const struct group_names join = { IP_ADD_MEMBERSHIP, MCAST_JOIN_GROUP };
static const struct group_names leave = { IP_DROP_MEMBERSHIP, MCAST_LEAVE_GROUP };
static const struct group_names join_source = { IP_ADD_SOURCE_MEMBERSHIP, MCAST_JOIN_SOURCE_GROUP };
static const struct group_names leave_source = { IP_DROP_SOURCE_MEMBERSHIP, MCAST_LEAVE_SOURCE_GROUP };
static const struct group_names block_source = { IP_BLOCK_SOURCE, MCAST_BLOCK_SOURCE };
static const struct group_names unblock_source = { IP_UNBLOCK_SOURCE, MCAST_UNBLOCK_SOURCE };

static int set_group( int fd, const struct group_names *names, const struct host_option_params *args )
{
    const struct host_group *group = caller_pointer( args->data );
    int level = group->group.family == HOST_FAMILY_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;

    if (args->size < sizeof(*group)) return EINVAL;
    if (group->interface.family == HOST_FAMILY_INET)
    {
        struct in_addr address, interface, source;

        memcpy( &address, group->group.ip, sizeof(address) );
        memcpy( &interface, group->interface.ip, sizeof(interface) );
        memcpy( &source, group->source.ip, sizeof(source) );
        if (group->source.family)
        {
            struct ip_mreq_source req = { .imr_multiaddr = address, .imr_interface = interface,
                                          .imr_sourceaddr = source };

            return result( setsockopt( fd, level, names->by_address, &req, sizeof(req) ) );
        }
        else
        {
            struct ip_mreq req = { .imr_multiaddr = address, .imr_interface = interface };

            return result( setsockopt( fd, level, names->by_address, &req, sizeof(req) ) );
        }
    }
    if (group->source.family)
    {
        struct group_source_req req = { .gsr_interface = group->index };

        if (!address_to_sockaddr( &group->group, &req.gsr_group )) return EAFNOSUPPORT;
        if (!address_to_sockaddr( &group->source, &req.gsr_source )) return EAFNOSUPPORT;
        return result( setsockopt( fd, level, names->by_index, &req, sizeof(req) ) );
    }
    else
    {
        struct group_req req = { .gr_interface = group->index };

        if (!address_to_sockaddr( &group->group, &req.gr_group )) return EAFNOSUPPORT;
        return result( setsockopt( fd, level, names->by_index, &req, sizeof(req) ) );
    }
}

/* The kernel asks the program which of the listeners gets a connection: number 0. */
static int set_first( int fd, const struct option_row *row, const struct host_option_params *args )
{
    struct sock_filter first = BPF_STMT( BPF_RET | BPF_K, 0 );
    struct sock_fprog program = { 1, &first };

    (void)args;
    return result( setsockopt( fd, row->level, row->name, &program, sizeof(program) ) );
}

static int get_icmp_error( int fd, const struct option_row *row, struct host_option_params *args )
{
    struct host_icmp_error *error = caller_pointer( args->data );

    (void)row;
    if (args->size < sizeof(*error)) return EINVAL;
    take_icmp_error( fd, error );
    return 0;
}

static int get_pause( int fd, const struct option_row *row, struct host_option_params *args )
{
    (void)row;
    args->value[0] = connections_paused( fd );
    return 0;
}

static int set_pause( int fd, const struct option_row *row, const struct host_option_params *args )
{
    (void)row;
    return pause_connections( fd, args->value[0] );
}

static int set_filter_of_datagrams( int fd, const struct option_row *row,
                                    const struct host_option_params *args )
{
    const struct host_receive_filter *filter = caller_pointer( args->data );

    (void)row;
    if (args->size < sizeof(*filter) || filter->count > HOST_FILTER_INTERFACES_MAX) return EINVAL;
    return set_receive_filter( fd, filter );
}

#define GROUP_OPERATION( name ) \
    static int set_##name( int fd, const struct option_row *row, const struct host_option_params *args ) \
    { \
        (void)row; \
        return set_group( fd, &name, args ); \
    }
GROUP_OPERATION( join )
GROUP_OPERATION( leave )
GROUP_OPERATION( join_source )
GROUP_OPERATION( leave_source )
GROUP_OPERATION( block_source )
GROUP_OPERATION( unblock_source )
#undef GROUP_OPERATION

enum { MAX_SOURCES = 64 };

/* IPv4 has requests of its own, for the interface may be named by its address. */
static int get_filter4( int fd, struct host_source_filter *filter )
{
    char buffer[IP_MSFILTER_SIZE( MAX_SOURCES )];
    struct ip_msfilter *request = (struct ip_msfilter *)buffer;
    socklen_t len = sizeof(buffer);
    unsigned int i;

    memset( buffer, 0, sizeof(buffer) );
    memcpy( &request->imsf_multiaddr, filter->group.ip, 4 );
    memcpy( &request->imsf_interface, filter->interface.ip, 4 );
    request->imsf_numsrc = MAX_SOURCES;
    if (getsockopt( fd, IPPROTO_IP, IP_MSFILTER, buffer, &len ) < 0) return errno;
    filter->exclude = request->imsf_fmode == MCAST_EXCLUDE;
    filter->count = request->imsf_numsrc;
    for (i = 0; i < filter->count && i < filter->capacity && i < MAX_SOURCES; i++)
    {
        memset( &filter->sources[i], 0, sizeof(filter->sources[i]) );
        filter->sources[i].family = HOST_FAMILY_INET;
        memcpy( filter->sources[i].ip, &request->imsf_slist[i], 4 );
    }
    return 0;
}

static int set_filter4( int fd, const struct host_source_filter *filter )
{
    char buffer[IP_MSFILTER_SIZE( MAX_SOURCES )];
    struct ip_msfilter *request = (struct ip_msfilter *)buffer;
    unsigned int i;

    memset( buffer, 0, sizeof(buffer) );
    memcpy( &request->imsf_multiaddr, filter->group.ip, 4 );
    memcpy( &request->imsf_interface, filter->interface.ip, 4 );
    request->imsf_fmode = filter->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
    request->imsf_numsrc = filter->count;
    for (i = 0; i < filter->count; i++) memcpy( &request->imsf_slist[i], filter->sources[i].ip, 4 );
    return result( setsockopt( fd, IPPROTO_IP, IP_MSFILTER, buffer, IP_MSFILTER_SIZE( filter->count ) ) );
}

static int get_filter( int fd, const struct option_row *row, struct host_option_params *args )
{
    _Alignas(struct group_filter) char buffer[GROUP_FILTER_SIZE( MAX_SOURCES )];
    struct host_source_filter *filter = caller_pointer( args->data );
    struct group_filter *request = (struct group_filter *)buffer;
    int level = filter->group.family == HOST_FAMILY_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    socklen_t len = sizeof(buffer);
    unsigned int i;

    (void)row;
    if (args->size < sizeof(*filter) + filter->capacity * sizeof(filter->sources[0])) return EINVAL;
    if (filter->interface.family == HOST_FAMILY_INET) return get_filter4( fd, filter );
    memset( buffer, 0, sizeof(buffer) );
    request->gf_interface = filter->index;
    request->gf_numsrc = MAX_SOURCES;
    if (!address_to_sockaddr( &filter->group, &request->gf_group )) return EAFNOSUPPORT;
    if (getsockopt( fd, level, MCAST_MSFILTER, buffer, &len ) < 0) return errno;
    filter->exclude = request->gf_fmode == MCAST_EXCLUDE;
    filter->count = request->gf_numsrc;
    for (i = 0; i < filter->count && i < filter->capacity && i < MAX_SOURCES; i++)
        address_from_sockaddr( &filter->sources[i], &request->gf_slist[i] );
    return 0;
}

static int write_filter( int fd, const struct host_source_filter *filter )
{
    _Alignas(struct group_filter) char buffer[GROUP_FILTER_SIZE( MAX_SOURCES )];
    struct group_filter *request = (struct group_filter *)buffer;
    int level = filter->group.family == HOST_FAMILY_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    unsigned int i;

    if (filter->interface.family == HOST_FAMILY_INET) return set_filter4( fd, filter );
    memset( buffer, 0, sizeof(buffer) );
    request->gf_interface = filter->index;
    request->gf_fmode = filter->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
    request->gf_numsrc = filter->count;
    if (!address_to_sockaddr( &filter->group, &request->gf_group )) return EAFNOSUPPORT;
    for (i = 0; i < filter->count; i++)
        if (!address_to_sockaddr( &filter->sources[i], &request->gf_slist[i] )) return EAFNOSUPPORT;
    return result( setsockopt( fd, level, MCAST_MSFILTER, buffer, GROUP_FILTER_SIZE( filter->count ) ) );
}

/* A filter makes the socket a member (RFC 3678, section 3); this host wants it to be one before. */
static int set_filter( int fd, const struct option_row *row, const struct host_option_params *args )
{
    const struct host_source_filter *filter = caller_pointer( args->data );
    struct host_group group = { .group = filter->group, .interface = filter->interface,
                                .index = filter->index };
    struct host_option_params membership = { .data = (uintptr_t)&group, .size = sizeof(group) };
    int err;

    (void)row;
    if (args->size < sizeof(*filter) + filter->count * sizeof(filter->sources[0])) return EINVAL;
    if (filter->count > MAX_SOURCES) return ENOBUFS;
    err = write_filter( fd, filter );
    if (err != EINVAL && err != EADDRNOTAVAIL) return err;
    if (!filter->count && !filter->exclude) return 0;
    if (set_group( fd, &join, &membership )) return err;
    if ((err = write_filter( fd, filter ))) set_group( fd, &leave, &membership );
    return err;
}

#define INT( level, name ) { level, name, get_int, set_int, 0 }
#define INT_READ_ONLY( level, name ) { level, name, get_int, NULL, 0 }
#define CLAMPED( level, name, max ) { level, name, get_int, set_clamped, max }
#define CUSTOM( level, name, get, set ) { level, name, get, set, 0 }

static const struct option_row rows[HOST_OPT_COUNT] =
{
    [HOST_OPT_KEEPALIVE] =           INT( SOL_SOCKET, SO_KEEPALIVE ),
    [HOST_OPT_KEEPALIVE_IDLE] =      CLAMPED( IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_MAX_SECONDS ),
    [HOST_OPT_KEEPALIVE_INTERVAL] =  CLAMPED( IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_MAX_SECONDS ),
    [HOST_OPT_KEEPALIVE_COUNT] =     CLAMPED( IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_MAX_PROBES ),
    [HOST_OPT_TYPE] =                CUSTOM( SOL_SOCKET, SO_TYPE, get_type, NULL ),
    [HOST_OPT_FAMILY] =              CUSTOM( SOL_SOCKET, SO_DOMAIN, get_family, NULL ),
    [HOST_OPT_PROTOCOL] =            INT_READ_ONLY( SOL_SOCKET, SO_PROTOCOL ),
    [HOST_OPT_LISTENING] =           INT_READ_ONLY( SOL_SOCKET, SO_ACCEPTCONN ),
    [HOST_OPT_BROADCAST] =           INT( SOL_SOCKET, SO_BROADCAST ),
    [HOST_OPT_LINGER] =              CUSTOM( SOL_SOCKET, SO_LINGER, get_two, set_linger ),
    [HOST_OPT_OOBINLINE] =           CUSTOM( SOL_SOCKET, SO_OOBINLINE, get_int, set_oobinline ),
    [HOST_OPT_NODELAY] =             INT( IPPROTO_TCP, TCP_NODELAY ),
    [HOST_OPT_RECEIVE_BUFFER] =      INT( SOL_SOCKET, SO_RCVBUF ),
    [HOST_OPT_SEND_BUFFER] =         INT( SOL_SOCKET, SO_SNDBUF ),
    [HOST_OPT_LATE_PORT] =           INT( IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT ),
    [HOST_OPT_REUSE] =               INT( SOL_SOCKET, SO_REUSEADDR ),
    [HOST_OPT_IPV6_USER_MTU] =       INT( IPPROTO_IPV6, IPV6_MTU ),
    [HOST_OPT_FAST_OPEN] =           INT( IPPROTO_TCP, TCP_FASTOPEN ),
    [HOST_OPT_FAST_CONNECT] =        INT( IPPROTO_TCP, TCP_FASTOPEN_CONNECT ),
    [HOST_OPT_ICMP_ERROR] =          CUSTOM( 0, 0, get_icmp_error, NULL ),
    [HOST_OPT_RECEIVE_FILTER] =      CUSTOM( 0, 0, NULL, set_filter_of_datagrams ),
    [HOST_OPT_PAUSE_ACCEPT] =        CUSTOM( 0, 0, get_pause, set_pause ),
    [HOST_OPT_SHARE] =               INT( SOL_SOCKET, SO_REUSEPORT ),
    [HOST_OPT_FIRST_OF_SHARERS] =    CUSTOM( SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, NULL, set_first ),
    [HOST_OPT_SEND_SPACE] =          CUSTOM( 0, 0, get_send_space, NULL ),
    [HOST_OPT_IDEAL_BACKLOG] =       CUSTOM( 0, 0, get_ideal_backlog, NULL ),
    [HOST_OPT_READABLE_BYTES] =      CUSTOM( 0, 0, get_readable_bytes, NULL ),
    [HOST_OPT_URGENT] =              CUSTOM( 0, 0, get_urgent, NULL ),
    [HOST_OPT_MARK] =                CUSTOM( 0, 0, get_mark, NULL ),
    [HOST_OPT_KIND] =                CUSTOM( 0, 0, get_kind, NULL ),
    [HOST_OPT_KEEPALIVE_VALUES] =    CUSTOM( 0, 0, get_keepalive_values, set_keepalive_values ),
    [HOST_OPT_KEEPALIVE_STATE] =     CUSTOM( 0, 0, get_keepalive_state, NULL ),
    [HOST_OPT_KEEPALIVE_FRESH] =     CUSTOM( 0, 0, get_keepalive_fresh, NULL ),
    [HOST_OPT_TCP_STATE] =           CUSTOM( 0, 0, get_tcp_state, NULL ),
    [HOST_OPT_TCP_ENDED] =           CUSTOM( 0, 0, get_tcp_ended, NULL ),
    [HOST_OPT_TCP_INFO] =            CUSTOM( 0, 0, get_tcp_info, NULL ),
    [HOST_OPT_MAX_SEGMENT] =         INT( IPPROTO_TCP, TCP_MAXSEG ),
    [HOST_OPT_USER_TIMEOUT] =        INT( IPPROTO_TCP, TCP_USER_TIMEOUT ),
    [HOST_OPT_SYN_COUNT] =           CLAMPED( IPPROTO_TCP, TCP_SYNCNT, 127 ),
    [HOST_OPT_NO_CHECKSUM] =         INT( SOL_SOCKET, SO_NO_CHECK ),
    [HOST_OPT_INCOMING_CPU] =        INT( SOL_SOCKET, SO_INCOMING_CPU ),
    [HOST_OPT_PRIORITY] =            INT( SOL_SOCKET, SO_PRIORITY ),
    [HOST_OPT_QUICK_ACK] =           INT( IPPROTO_TCP, TCP_QUICKACK ),
    [HOST_OPT_COOKIE] =              CUSTOM( SOL_SOCKET, SO_COOKIE, get_cookie, NULL ),
    [HOST_OPT_SEGMENT_SIZE] =        INT( IPPROTO_UDP, UDP_SEGMENT ),
    [HOST_OPT_QUEUE_ERRORS] =        CUSTOM( 0, 0, NULL, set_queue_errors ),
    [HOST_OPT_IP_OPTIONS] =          CUSTOM( IPPROTO_IP, IP_OPTIONS, get_data, set_data ),
    [HOST_OPT_IP_HEADER_INCLUDED] =  INT( IPPROTO_IP, IP_HDRINCL ),
    [HOST_OPT_IP_TOS] =              INT( IPPROTO_IP, IP_TOS ),
    [HOST_OPT_IP_TTL] =              INT( IPPROTO_IP, IP_TTL ),
    [HOST_OPT_IP_MULTICAST_TTL] =    INT( IPPROTO_IP, IP_MULTICAST_TTL ),
    [HOST_OPT_IP_MULTICAST_LOOP] =   INT( IPPROTO_IP, IP_MULTICAST_LOOP ),
    [HOST_OPT_IP_MULTICAST_IF] =     CUSTOM( IPPROTO_IP, IP_MULTICAST_IF, get_multicast_if,
                                             set_multicast_if ),
    [HOST_OPT_IP_UNICAST_IF] =       CUSTOM( IPPROTO_IP, IP_UNICAST_IF, get_index, set_index ),
    [HOST_OPT_IP_MTU_DISCOVER] =     CUSTOM( IPPROTO_IP, IP_MTU_DISCOVER, get_mtu_discover,
                                             set_mtu_discover ),
    [HOST_OPT_IP_MTU] =              INT_READ_ONLY( IPPROTO_IP, IP_MTU ),
    [HOST_OPT_IP_PACKET_INFO] =      INT( IPPROTO_IP, IP_PKTINFO ),
    [HOST_OPT_IP_RECEIVE_TTL] =      INT( IPPROTO_IP, IP_RECVTTL ),
    [HOST_OPT_IP_RECEIVE_TOS] =      INT( IPPROTO_IP, IP_RECVTOS ),
    [HOST_OPT_IPV6_HOP_OPTIONS] =    CUSTOM( IPPROTO_IPV6, IPV6_HOPOPTS, get_data, set_data ),
    [HOST_OPT_IPV6_HEADER_INCLUDED] = INT( IPPROTO_IPV6, IPV6_HDRINCL ),
    [HOST_OPT_IPV6_UNICAST_HOPS] =   INT( IPPROTO_IPV6, IPV6_UNICAST_HOPS ),
    [HOST_OPT_IPV6_MULTICAST_HOPS] = INT( IPPROTO_IPV6, IPV6_MULTICAST_HOPS ),
    [HOST_OPT_IPV6_MULTICAST_LOOP] = INT( IPPROTO_IPV6, IPV6_MULTICAST_LOOP ),
    [HOST_OPT_IPV6_MULTICAST_IF] =   INT( IPPROTO_IPV6, IPV6_MULTICAST_IF ),
    [HOST_OPT_IPV6_UNICAST_IF] =     CUSTOM( IPPROTO_IPV6, IPV6_UNICAST_IF, get_index, set_index ),
    [HOST_OPT_IPV6_MTU_DISCOVER] =   CUSTOM( IPPROTO_IPV6, IPV6_MTU_DISCOVER, get_mtu_discover,
                                             set_mtu_discover ),
    [HOST_OPT_IPV6_MTU] =            INT_READ_ONLY( IPPROTO_IPV6, IPV6_MTU ),
    [HOST_OPT_IPV6_DONT_FRAGMENT] =  INT( IPPROTO_IPV6, IPV6_DONTFRAG ),
    [HOST_OPT_IPV6_PACKET_INFO] =    INT( IPPROTO_IPV6, IPV6_RECVPKTINFO ),
    [HOST_OPT_IPV6_RECEIVE_HOPS] =   INT( IPPROTO_IPV6, IPV6_RECVHOPLIMIT ),
    [HOST_OPT_IPV6_RECEIVE_CLASS] =  INT( IPPROTO_IPV6, IPV6_RECVTCLASS ),
    [HOST_OPT_IPV6_TRAFFIC_CLASS] =  INT( IPPROTO_IPV6, IPV6_TCLASS ),
    [HOST_OPT_IPV6_RECEIVE_ROUTE] =  INT( IPPROTO_IPV6, IPV6_RECVRTHDR ),
    [HOST_OPT_COALESCE] =            INT( IPPROTO_UDP, UDP_GRO ),
    [HOST_OPT_IPV6_ONLY] =           INT( IPPROTO_IPV6, IPV6_V6ONLY ),
    [HOST_OPT_IPV6_CHECKSUM] =       INT( IPPROTO_IPV6, IPV6_CHECKSUM ),
    [HOST_OPT_TIMESTAMPS] =          CUSTOM( 0, 0, NULL, set_timestamps ),
    [HOST_OPT_SEND_TIMESTAMP] =      CUSTOM( 0, 0, get_send_timestamp, NULL ),
    [HOST_OPT_JOIN_GROUP] =          CUSTOM( 0, 0, NULL, set_join ),
    [HOST_OPT_LEAVE_GROUP] =         CUSTOM( 0, 0, NULL, set_leave ),
    [HOST_OPT_JOIN_SOURCE] =         CUSTOM( 0, 0, NULL, set_join_source ),
    [HOST_OPT_LEAVE_SOURCE] =        CUSTOM( 0, 0, NULL, set_leave_source ),
    [HOST_OPT_BLOCK_SOURCE] =        CUSTOM( 0, 0, NULL, set_block_source ),
    [HOST_OPT_UNBLOCK_SOURCE] =      CUSTOM( 0, 0, NULL, set_unblock_source ),
    [HOST_OPT_KEEPALIVE_SETTINGS] =  CUSTOM( 0, 0, NULL, set_keepalive_settings ),
    [HOST_OPT_ICMP_NO_REQUESTS] =    CUSTOM( SOL_RAW, ICMP_FILTER, NULL, set_icmp_filter ),
    [HOST_OPT_SOURCE_FILTER] =       CUSTOM( 0, 0, get_filter, set_filter ),
};

int host_get_option( struct host_option_params *args )
{
    const struct option_row *row;
    struct descriptor descriptor;
    int err;

    if (args->option >= HOST_OPT_COUNT) return HOST_ENOPROTOOPT;
    row = &rows[args->option];
    if (!row->get) return HOST_ENOPROTOOPT;
    args->count = 1;
    if (args->option == HOST_OPT_KEEPALIVE_FRESH) return host_error_from_errno( row->get( -1, row, args ));
    if ((err = descriptor_take( args->socket, &descriptor ))) return err;
    err = row->get( descriptor.fd, row, args );
    descriptor_release( &descriptor );
    return host_error_from_errno( err );
}

int host_set_option( struct host_option_params *args )
{
    const struct option_row *row;
    struct descriptor descriptor;
    int err;

    if (args->option >= HOST_OPT_COUNT) return HOST_ENOPROTOOPT;
    row = &rows[args->option];
    if ((err = descriptor_take( args->socket, &descriptor ))) return err;
    err = row->set ? row->set( descriptor.fd, row, args ) : ENOPROTOOPT;
    descriptor_release( &descriptor );
    return host_error_from_errno( err );
}
