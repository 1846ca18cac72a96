/*
 * Parameter blocks of the host calls that work on one socket's descriptor, or on the host's interfaces.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Included by host/calls.h only. "socket" is the Windows handle in the low 32 bits; above them is which of
 * the sockets that the handle's value has been this one is: only then its descriptor is kept between calls.
 * 0 is whatever the handle is now.
 */
#define HOST_SOCKET_HANDLE( socket ) ((uint32_t)(socket))
#define HOST_SOCKET_GENERATION( socket ) ((uint32_t)((socket) >> 32))
#define HOST_SOCKET( handle, generation ) \
    ((uint64_t)(uint32_t)(handle) | (uint64_t)(uint32_t)(generation) << 32)

/* Options that the host half can read or set, one integer unless the comment says otherwise. The host
 * side's table says what each is on this host. "Read only" ones answer HOST_ENOPROTOOPT to a set. */
enum host_option
{
    HOST_OPT_KEEPALIVE,         /* probes on or off */
    HOST_OPT_KEEPALIVE_IDLE,    /* seconds before the first probe, clamped to what the host takes */
    HOST_OPT_KEEPALIVE_INTERVAL,/* seconds between probes, clamped */
    HOST_OPT_KEEPALIVE_COUNT,   /* probes, clamped */
    HOST_OPT_TYPE,              /* enum host_socket_type, read only */
    HOST_OPT_FAMILY,            /* enum host_family, read only */
    HOST_OPT_PROTOCOL,          /* IANA protocol number, read only */
    HOST_OPT_LISTENING,         /* read only */
    HOST_OPT_BROADCAST,
    HOST_OPT_LINGER,            /* two: on, seconds; set: seconds below 0 leave them as they are */
    HOST_OPT_OOBINLINE,         /* set, two: on; drop the urgent byte of a stream that has been received out
                                 * of band already, if it is the next one */
    HOST_OPT_NODELAY,
    HOST_OPT_RECEIVE_BUFFER,    /* bytes */
    HOST_OPT_SEND_BUFFER,       /* bytes */
    HOST_OPT_LATE_PORT,         /* bind leaves the port to connect */
    HOST_OPT_REUSE,             /* datagrams: others that reuse, too, may have the same address */
    HOST_OPT_IPV6_USER_MTU,     /* bytes, 0 for no limit; set only */
    HOST_OPT_FAST_OPEN,         /* listeners: how many connections may bring data with their first packet */
    HOST_OPT_FAST_CONNECT,      /* the first data goes out with the first packet */
    HOST_OPT_ICMP_ERROR,        /* data: struct host_icmp_error, taken from the queue; read only */
    HOST_OPT_RECEIVE_FILTER,    /* data: struct host_receive_filter, set only */
    HOST_OPT_PAUSE_ACCEPT,      /* stream: no new connection is taken; those that wait to be accepted stay */
    HOST_OPT_SHARE,             /* others that share, too, may have the same port */
    HOST_OPT_FIRST_OF_SHARERS,  /* of listeners with one address the first gets all connections; set only */
    HOST_OPT_SEND_SPACE,        /* bytes that a send takes without waiting, read only */
    HOST_OPT_IDEAL_BACKLOG,     /* stream: bytes to keep on their way for the best throughput, read only */
    HOST_OPT_READABLE_BYTES,    /* stream: bytes before urgent data; datagram: the next one; read only */
    HOST_OPT_URGENT,            /* urgent data waits to be read, read only */
    HOST_OPT_MARK,              /* stream, three: HOST_OPT_OOBINLINE, HOST_OPT_URGENT, the next byte is the
                                 * urgent one; read only */
    HOST_OPT_KIND,              /* three: enum host_family, enum host_socket_type, protocol; read only */
    HOST_OPT_KEEPALIVE_VALUES,  /* three: idle, interval, count as above */
    HOST_OPT_KEEPALIVE_STATE,   /* four: the same, enum host_tcp_state; read only */
    HOST_OPT_KEEPALIVE_FRESH,   /* three: what a new socket of this host has; needs no socket, read only */
    HOST_OPT_TCP_STATE,         /* enum host_tcp_state, read only */
    HOST_OPT_TCP_ENDED,         /* the peer's end is all that is left to be read, read only */
    HOST_OPT_TCP_INFO,          /* data: struct host_tcp_info, read only */
    HOST_OPT_MAX_SEGMENT,       /* read only */
    HOST_OPT_USER_TIMEOUT,      /* milliseconds until unacknowledged data ends the connection, 0 for
                                 * default */
    HOST_OPT_SYN_COUNT,         /* retransmissions of SYN */
    HOST_OPT_NO_CHECKSUM,
    HOST_OPT_INCOMING_CPU,      /* get: of the last packet; set: of the packets that the socket prefers */
    HOST_OPT_PRIORITY,          /* enum host_priority */
    HOST_OPT_QUICK_ACK,         /* acknowledge at once; the host forgets it after a while */
    HOST_OPT_COOKIE,            /* two: low and high half of a number unique to the socket, read only */
    HOST_OPT_SEGMENT_SIZE,      /* datagrams: a send is cut into pieces of this size, 0 for none */
    HOST_OPT_QUEUE_ERRORS,      /* datagrams: ICMP errors go to a queue, write only; see HOST_MSG_ERRORS */
    HOST_OPT_IP_OPTIONS,        /* data: IP options as on the wire */
    HOST_OPT_IP_HEADER_INCLUDED,
    HOST_OPT_IP_TOS,
    HOST_OPT_IP_TTL,
    HOST_OPT_IP_MULTICAST_TTL,
    HOST_OPT_IP_MULTICAST_LOOP,
    HOST_OPT_IP_MULTICAST_IF,   /* two: address in network order, interface index (either may be 0) */
    HOST_OPT_IP_UNICAST_IF,     /* interface index */
    HOST_OPT_IP_MTU_DISCOVER,   /* enum host_mtu_discover */
    HOST_OPT_IP_MTU,            /* read only */
    HOST_OPT_IP_PACKET_INFO,
    HOST_OPT_IP_RECEIVE_TTL,
    HOST_OPT_IP_RECEIVE_TOS,
    HOST_OPT_IPV6_HOP_OPTIONS,  /* data */
    HOST_OPT_IPV6_HEADER_INCLUDED,
    HOST_OPT_IPV6_UNICAST_HOPS,
    HOST_OPT_IPV6_MULTICAST_HOPS,
    HOST_OPT_IPV6_MULTICAST_LOOP,
    HOST_OPT_IPV6_MULTICAST_IF, /* interface index */
    HOST_OPT_IPV6_UNICAST_IF,   /* interface index */
    HOST_OPT_IPV6_MTU_DISCOVER, /* enum host_mtu_discover */
    HOST_OPT_IPV6_MTU,          /* read only */
    HOST_OPT_IPV6_DONT_FRAGMENT,
    HOST_OPT_IPV6_PACKET_INFO,
    HOST_OPT_IPV6_RECEIVE_HOPS,
    HOST_OPT_IPV6_RECEIVE_CLASS,
    HOST_OPT_IPV6_TRAFFIC_CLASS,
    HOST_OPT_IPV6_RECEIVE_ROUTE,/* routing headers */
    HOST_OPT_COALESCE,          /* datagrams of one sender may be received as one, up to 64 KB */
    HOST_OPT_IPV6_ONLY,
    HOST_OPT_IPV6_CHECKSUM,     /* offset, -1 for none */
    HOST_OPT_TIMESTAMPS,        /* three: stamp received datagrams; and sent ones that ask for it; how many
                                 * of their stamps are kept. Set only */
    HOST_OPT_SEND_TIMESTAMP,    /* in: the number that the datagram was sent with; two out: low and high half
                                 * of its stamp, which is forgotten, or HOST_EAGAIN; get only */
    HOST_OPT_JOIN_GROUP,        /* data: struct host_group; these six are set only */
    HOST_OPT_LEAVE_GROUP,
    HOST_OPT_JOIN_SOURCE,
    HOST_OPT_LEAVE_SOURCE,
    HOST_OPT_BLOCK_SOURCE,
    HOST_OPT_UNBLOCK_SOURCE,
    HOST_OPT_ICMP_NO_REQUESTS,  /* raw: echo requests are not received, set only */
    HOST_OPT_SOURCE_FILTER,     /* data: struct host_source_filter */
    HOST_OPT_KEEPALIVE_SETTINGS,/* four: on, idle, interval, and the count that a socket gets which still
                                 * has all the values of a new one; nothing but "off" where it is off;
                                 * set only */
    HOST_OPT_COUNT
};

enum host_mtu_discover
{
    HOST_MTU_DONT,              /* fragments allowed, no discovery */
    HOST_MTU_WANT,              /* the host's own default */
    HOST_MTU_DO,                /* never fragment */
    HOST_MTU_PROBE,             /* never fragment, and ignore what was discovered */
};

/* In which order the host's queues send packets. */
enum host_priority
{
    HOST_PRIORITY_NORMAL,
    HOST_PRIORITY_FILLER,       /* when there is nothing else to do */
    HOST_PRIORITY_BULK,
};

/* RFC 793. */
enum host_tcp_state
{
    HOST_TCP_CLOSED,
    HOST_TCP_LISTEN,
    HOST_TCP_SYN_SENT,
    HOST_TCP_SYN_RECEIVED,
    HOST_TCP_ESTABLISHED,
    HOST_TCP_FIN_WAIT_1,
    HOST_TCP_FIN_WAIT_2,
    HOST_TCP_CLOSE_WAIT,
    HOST_TCP_CLOSING,
    HOST_TCP_LAST_ACK,
    HOST_TCP_TIME_WAIT,
};

enum host_socket_type
{
    HOST_TYPE_OTHER,
    HOST_TYPE_STREAM,
    HOST_TYPE_DATAGRAM,
    HOST_TYPE_RAW,
};

enum host_family
{
    HOST_FAMILY_OTHER,
    HOST_FAMILY_INET,
    HOST_FAMILY_INET6,
    HOST_FAMILY_UNIX,
    HOST_FAMILY_IRDA,
    HOST_FAMILY_IPX,
    HOST_FAMILY_BLUETOOTH,
};

struct host_option_params
{
    uint64_t socket;
    uint32_t option;    /* enum host_option */
    uint32_t count;     /* values in use, 1 unless the option says otherwise */
    int32_t  value[4];  /* in for set, out for get */
    uint64_t data;      /* for options that say "data": the caller's buffer */
    uint32_t size;      /* of data; out for get */
    uint32_t reserved;
};

/* Where the counters of a page of handles are, in the caller's memory, for the life of the process: 32 bits
 * each, of which the host half counts up that of a handle which is about to be closed, by whatever call. A
 * page has 1024 handle values, 4 apart. The first registration of a page stays. */
struct host_generations_params
{
    uint64_t first;         /* address; out: that of the first registration */
    uint32_t stride;        /* from one to the next, the same for all pages */
    uint32_t page;          /* the first handle of the page / 4096 */
};

enum host_forget
{
    HOST_FORGET_REPLACED,   /* AcceptEx: the socket is to get another descriptor. A call that uses the old
                             * one may answer HOST_ENOTSOCK */
    HOST_FORGET_UNUSED,     /* one that is in use stays until its call is over */
};

/* Let go of the descriptor that is kept for a socket, until the next call. Waits for no call. */
struct host_forget_params
{
    uint64_t socket;
    uint32_t why;           /* enum host_forget */
    uint32_t reserved;
};

struct host_identify_params
{
    uint64_t socket;
    uint64_t inode;     /* out: tells one socket from its successor behind the same handle */
};

enum host_transfer_flags
{
    HOST_MSG_PEEK = 1,
    HOST_MSG_WHOLE = 2,     /* send: nothing and HOST_EAGAIN when there may not be space for all */
    HOST_MSG_TAKE = 4,      /* send: what does not fit is copied and sent in the background */
    HOST_MSG_ORDERED = 8,   /* send: nothing and HOST_EAGAIN with draining set while an earlier send still
                               goes on in the background */
    HOST_MSG_QUEUE = 16,    /* send: then copy it and queue it behind that; without HOST_MSG_WHOLE also where
                              * the host has no room at all */
    HOST_MSG_BEHIND = 128,  /* send: with these two; HOST_EOPNOTSUPP when nothing is on its way */
    HOST_MSG_QUICK_ACK = 64,/* receive: acknowledge at once what comes next, too */
    HOST_MSG_DATAGRAM = 256,/* receive: it is one, not a part of a stream */
    HOST_MSG_ERRORS = 32,   /* receive: the socket keeps ICMP errors in a queue, look there first */
    HOST_MSG_POSITION = 512,/* send on a stream: say where it ends */
};

/* One iovec of a program: both halves see the same address space. */
struct host_buffer
{
    uint64_t data;
    uint64_t length;
};

/* Addresses travel in this form; the host side builds its own sockaddr from it. */
struct host_address
{
    uint32_t family;    /* enum host_family */
    uint16_t port;      /* network order */
    uint16_t reserved;
    uint32_t flowinfo;
    uint32_t scope;
    uint8_t  ip[16];    /* 4 or 16 bytes, network order */
};

/* A multicast membership. */
struct host_group
{
    struct host_address group;
    struct host_address source;     /* family HOST_FAMILY_OTHER where there is none */
    struct host_address interface;  /* by address, or family HOST_FAMILY_OTHER: by index */
    uint32_t index;                 /* 0 for the default */
    uint32_t reserved;
};

/* Which sources of a multicast group a socket receives. */
struct host_source_filter
{
    struct host_address group;
    struct host_address interface;  /* by address, or family HOST_FAMILY_OTHER: by index */
    uint32_t index;                 /* 0 for the default */
    uint32_t exclude;               /* the sources are those not received */
    uint32_t count;                 /* of sources; out for get: of those that exist */
    uint32_t capacity;              /* of "sources" */
    struct host_address sources[];
};

/* The newest ICMP error in a socket's queue. */
struct host_icmp_error
{
    struct host_address source; /* who sent it; family HOST_FAMILY_OTHER where there is none */
    uint32_t protocol;          /* IANA number: ICMP or ICMPv6 */
    uint32_t type, code;
    uint32_t reserved;
};

enum host_filter_flags
{
    HOST_FILTER_BROADCAST = 1,  /* no datagrams to broadcast addresses */
    HOST_FILTER_LOOPED = 2,     /* no datagrams to groups from this host itself */
    HOST_FILTER_INTERFACES = 4, /* only from these interfaces */
};

#define HOST_FILTER_INTERFACES_MAX 64

/* Datagrams that are not received. */
struct host_receive_filter
{
    uint32_t flags;             /* enum host_filter_flags */
    uint32_t count;             /* of interfaces */
    uint32_t interfaces[HOST_FILTER_INTERFACES_MAX];
};

struct host_tcp_info
{
    uint64_t bytes_out, bytes_in;
    uint32_t state;             /* enum host_tcp_state */
    uint32_t timestamps;        /* negotiated */
    uint32_t segment;           /* bytes */
    uint32_t rtt, min_rtt;      /* microseconds */
    uint32_t in_flight;         /* bytes */
    uint32_t congestion_window; /* bytes */
    uint32_t send_window, receive_window;
    uint32_t receive_buffer;
    uint32_t reordered, retransmitted; /* bytes */
    uint32_t duplicate_acks, timeouts;
    uint32_t limited_by_receiver, limited_by_buffer; /* milliseconds */
};

struct host_transfer_params
{
    uint64_t socket;
    uint64_t buffers;       /* struct host_buffer[count] */
    uint32_t count;
    uint32_t flags;         /* in: enum host_transfer_flags */
    int32_t  wait;          /* in: milliseconds to wait for data (space) when there is none */
    uint32_t has_address;   /* in: address is wanted, or given */
    struct host_address address; /* in for send, out for receive (family HOST_FAMILY_OTHER: none) */
    uint64_t transferred;   /* out */
    uint32_t truncated;     /* out for receive: the datagram was longer */
    uint32_t draining;      /* out for send: the host half sends on in the background */
    int32_t  turn;          /* ordered send, see turn_word */
    uint32_t tcp_closed;    /* out for receive of 0 bytes: the host's connection is gone, not half-closed */
    uint64_t control;       /* receive: struct host_control; send: struct host_send_control; 0 for none */
    uint64_t turn_word;     /* ordered send: an int32_t; nothing and HOST_EINTR unless it is "turn"; or 0 */
    uint64_t position;      /* out for send with HOST_MSG_POSITION: of the end of these bytes among all that
                             * the connection sends, for HOST_WATCH_DELIVERY. 0: the peer has them, and
                             * nobody waits for such a thing */
};

/* A transfer of one buffer and nothing beside, on a descriptor that is kept: the usual call, without what
 * the others need. HOST_EOPNOTSUPP, and nothing was done, where there is none, or for a send on a stream no
 * room. */
struct host_plain_params
{
    uint64_t socket;
    uint64_t data;
    uint32_t size;          /* in: of data */
    uint32_t is_datagram;   /* in */
    int32_t  wait;          /* in for receive: as above */
    uint32_t has_address;   /* in: as above */
    uint32_t transferred;   /* out, with HOST_OK */
    uint32_t truncated;     /* out for receive: the datagram was longer */
    int32_t  turn;          /* of a stream: as above */
    uint32_t draining;      /* out for send on a stream: the host half sends on in the background */
    uint64_t turn_word;
    struct host_address address; /* as above */
};

/* What is told of a received datagram beside its bytes. */
enum host_control_what
{
    HOST_CONTROL_INFO,      /* the address it was sent to, 4 or 16 bytes, and the interface's index */
    HOST_CONTROL_INFO_EX,   /* the same and a scope: the interface of a link-local address, else 0 */
    HOST_CONTROL_ADDRESS,
    HOST_CONTROL_INTERFACE, /* the index */
    HOST_CONTROL_HOPS,      /* that were left */
    HOST_CONTROL_CLASS,     /* type of service, traffic class */
    HOST_CONTROL_CLASS_ECN, /* its two low bits */
    HOST_CONTROL_ROUTE,     /* routing header as on the wire */
    HOST_CONTROL_STAMP,     /* when it came, 8 bytes: Wine's performance counter; any family */
    HOST_CONTROL_SEGMENT,   /* bytes of each datagram but the last, where several are one; any family */
    HOST_CONTROL_ERROR,     /* the ICMP error that came for a datagram, which is received in its place:
                             * protocol (IANA), MTU or 0, bytes for type and code, 2 unused; 12 bytes */
};

/* A message that the program wants, and what it calls it. */
struct host_control_item
{
    uint16_t what;          /* enum host_control_what */
    uint16_t family;        /* enum host_family of the packet */
    int32_t  level, type;
};

enum host_control_flags
{
    HOST_CONTROL_TRUNCATED = 1, /* no room for all messages */
    HOST_CONTROL_BROADCAST = 2, /* the datagram was sent to a broadcast address */
    HOST_CONTROL_MULTICAST = 4,
    HOST_CONTROL_IS_ERROR = 8,  /* an ICMP error, with the datagram that it is about */
};

#define HOST_CONTROL_FLAG_COUNT 4

/* Messages are written in the program's form: a length (of header - 8 bytes, which is their alignment too),
 * level, type, data. */
struct host_control
{
    uint64_t data;          /* memory of the caller's own, not the program's */
    uint32_t size;          /* in: of data; out: used */
    uint32_t header;        /* bytes: 12 or 16 */
    uint32_t count;         /* of items */
    uint32_t flags;         /* out: enum host_control_flags */
    uint32_t flag_values[HOST_CONTROL_FLAG_COUNT + 1]; /* the caller's numbers for these flags and, last, a
                                                        * datagram that was cut */
    struct host_control_item items[21];
};

enum host_send_control_fields
{
    HOST_SEND_SOURCE = 1,
    HOST_SEND_HOPS = 2,
    HOST_SEND_CLASS = 4,
    HOST_SEND_SEGMENT = 8,
    HOST_SEND_STAMP = 16,   /* keep the time at which it goes out */
    HOST_SEND_STAMP_NEAR = 32, /* with it: the time of the call will do, the server is not to notice */
};

/* How one datagram is to be sent, where it differs from the socket's options. */
struct host_send_control
{
    struct host_address source; /* the family is that of all fields; an address of zeros: the interface's */
    uint32_t present;       /* enum host_send_control_fields */
    uint32_t interface;     /* of source; 0 for any */
    uint32_t hops;
    uint32_t traffic_class;
    uint32_t segment;       /* bytes */
    uint32_t stamp;         /* the program's number for the stamp */
};

/* What still goes out in the background: whether there is any, and what to do with it. Each call for a
 * socket, but the last one, gives the host first what it has room for. */
enum host_drain_action
{
    HOST_DRAIN_QUERY,       /* whether a send would not be taken */
    HOST_DRAIN_SHUTDOWN,    /* end the sending direction when all of socket's bytes are out */
    HOST_DRAIN_WAIT,        /* wait until nothing of this process is left, at most timeout */
    HOST_DRAIN_LINGER,      /* whether the peer has not got all of socket's */
    HOST_DRAIN_CLOSE,       /* socket is about to be closed; without lingering that forgets its bytes */
    HOST_DRAIN_FINISH,      /* wait for ordered sends whose turn word was right: a moment */
};

struct host_drain_params
{
    uint64_t socket;        /* of all but wait */
    uint32_t action;        /* enum host_drain_action */
    uint32_t timeout;       /* milliseconds; query: for that to change */
    uint32_t active;        /* out: what was sent fills the host's buffer, or (shutdown; wait: of any socket)
                             * bytes are on their way to it */
    uint32_t reserved;
};

/* What a socket's program wants to hear of ICMP errors; SIO_UDP_CONNRESET, SIO_UDP_NETRESET, IP_RECVERR. */
enum host_reports
{
    HOST_REPORT_PORT = 1,   /* port unreachable */
    HOST_REPORT_NET = 2,    /* host or network unreachable, time exceeded */
    HOST_REPORT_MESSAGE = 4, /* any, where a receive asks for HOST_CONTROL_ERROR */
};

/* Kept by the PE side for every socket, where no pending receive dangles. */
struct host_datagram_state
{
    int32_t pending;        /* receives of this socket whose end was not told yet; changed atomically */
    int32_t reports;        /* enum host_reports */
    int32_t held;           /* the one of them that is for the next receive, or 0 */
};

/* A datagram receive that waits: in AFD as a request that never ends by itself, in the reactor for the
 * datagram. Or a stream's (HOST_STREAM_PEND), in AFD alone: then without name, control and request, and
 * state is an int32_t, the number of sockets that the handle value has been. */
struct host_pend_params
{
    uint64_t socket;
    uint64_t buffers;       /* struct host_buffer[count], copied */
    uint64_t name;          /* where the source address goes, or 0 */
    uint64_t name_length;   /* int32_t, set together with it */
    uint64_t state;         /* struct host_datagram_state */
    uint64_t control;       /* struct host_control, copied; its data is the program's here. Or 0 */
    uint64_t control_length; /* uint32_t, set together with that */
    uint64_t control_flags; /* the same */
    uint64_t request;       /* input of AFD's request */
    uint64_t overlapped;    /* and how it completes, as for NtDeviceIoControlFile */
    uint64_t event;
    uint64_t routine;
    uint64_t context;
    uint32_t request_code;
    uint32_t request_size;
    uint32_t count;
    uint32_t flags;         /* enum host_transfer_flags */
    uint32_t name_size;     /* bytes at name */
    uint32_t name_family;   /* the caller's number for the family of IPv6 */
    uint32_t pointer_size;  /* the caller's */
    uint32_t start;         /* out: no thread serves the reactor, the caller has to start one */
    uint32_t status;        /* out with HOST_EOTHER: AFD's answer, which refused the request. Of a stream
                             * also with HOST_OK: 0 when it is over, else STATUS_PENDING */
    uint32_t transferred;   /* out of a stream's that is over */
};

#define HOST_REACT_BUFFERS 21

enum host_react_outcome
{
    HOST_REACT_END,         /* in: the thread could not be started; out: it is not needed any more */
    HOST_REACT_TOUCH,       /* out: the host cannot write to these buffers, touch them and call again */
    HOST_REACT_GO,          /* in: serve the reactor */
};

/* closesocket: the stream receives that wait on this handle end as those of a connection that is lost, by
 * the cancellation that follows. */
struct host_abort_params
{
    uint64_t socket;
};

struct host_react_params
{
    uint32_t outcome;       /* enum host_react_outcome */
    uint32_t count;         /* out: of buffers */
    struct host_buffer buffers[HOST_REACT_BUFFERS]; /* out */
};

enum host_poll_events
{
    HOST_POLL_IN = 1,
    HOST_POLL_PRI = 2,
    HOST_POLL_OUT = 4,
    HOST_POLL_ERR = 8,
    HOST_POLL_HUP = 16,
    HOST_POLL_INVALID = 32,
};

struct host_poll_entry
{
    uint64_t socket;        /* HOST_NO_SOCKET: is never ready */
    uint16_t events;        /* in */
    uint16_t revents;       /* out */
    uint32_t value;         /* the caller's own */
};

#define HOST_NO_SOCKET (~(uint64_t)0)

struct host_poll_params
{
    uint64_t entries;       /* struct host_poll_entry[count] */
    uint32_t count;
    int32_t  timeout;       /* milliseconds, -1 for ever */
    uint32_t ready;         /* out: entries with revents */
    uint32_t reserved;
};

struct host_complete_params
{
    uint64_t socket;
    uint64_t overlapped;
    uint64_t information;
    uint32_t status;        /* NTSTATUS, passed through */
    int32_t  async;
    uint32_t result;        /* out: the server's answer, 0 if deferred */
    uint32_t deferred;      /* in: the answer is not needed; out: it was not waited for */
};

enum host_interface_flags
{
    HOST_IF_UP = 1,
    HOST_IF_BROADCAST = 2,
    HOST_IF_LOOPBACK = 4,
    HOST_IF_POINTTOPOINT = 8,
    HOST_IF_MULTICAST = 16,
    HOST_IF_NOT_PREFERRED = 32, /* address tentative or deprecated */
};

struct host_interface
{
    struct host_address address, netmask;
    uint32_t flags;         /* enum host_interface_flags */
    uint32_t index;
};

/* One row per address of family. */
struct host_interfaces_params
{
    uint64_t list;          /* struct host_interface[capacity] */
    uint32_t family;        /* enum host_family */
    uint32_t capacity;
    uint32_t count;         /* out: rows that exist, may exceed capacity */
    uint32_t reserved;
};

/* Sockets on this host, of any process, that have a port. */
struct host_address_users_params
{
    uint64_t socket;        /* whose own address is meant, and told, where address has no family */
    struct host_address address;
    uint32_t type;          /* enum host_socket_type: bound datagram sockets, or streams that listen */
    uint32_t exact;         /* out: how many have this very address */
    uint32_t wildcards;     /* out: and how many others all addresses of a family */
    uint32_t ipv6;          /* in: find out; out: a socket of IPv6 has the port, listening or not */
};

struct host_route_params
{
    struct host_address destination;
    struct host_address source; /* out: the local address that would be used */
};

/* Port reservations of this process. A reservation lives until it is released or its socket is gone; the
 * ports are those of both families, and the kind of the socket, stream or datagram, is the reservation's. */
enum host_ports_action
{
    HOST_PORTS_ACQUIRE,     /* first (0 for any) and count in; token and first out. HOST_EADDRINUSE */
    HOST_PORTS_RELEASE,     /* token in; this and the next two: HOST_ENOENT when there is none of the kind */
    HOST_PORTS_CHECK,       /* token in */
    HOST_PORTS_CLAIM,       /* token and port (0 for any) in; port out: socket can be bound to it now.
                             * HOST_ENOBUFS: no port is left; HOST_EADDRINUSE: this one is in use */
    HOST_PORTS_SETTLE,      /* after the bind: token, port, and in bound whether it succeeded */
    HOST_PORTS_HELD,        /* port in: HOST_OK when it is reserved and nobody is bound to it */
    HOST_PORTS_FORGET,      /* socket is about to be closed: its reservations end */
    HOST_PORTS_REFILL,      /* hold the ports again that closed sockets had; needs no socket */
};

struct host_ports_params
{
    uint64_t socket;
    uint64_t token;
    uint32_t action;        /* enum host_ports_action */
    uint32_t first, count;  /* ports in the host's byte order */
    uint32_t port;
    uint32_t bound;
    uint32_t reserved;
};

/* A socket that receives more than its own: the packets of an interface, by its index or the one that has
 * the socket's address. Its receives and polls in this process get them from then on. HOST_EPERM without
 * the privilege, HOST_ENODEV when there is no such interface. */
enum host_tap_packets
{
    HOST_TAP_OFF,
    HOST_TAP_ALL,           /* of the address' family */
    HOST_TAP_GROUPS,        /* IPv4: to any multicast group; or of the protocol to the address, or any */
    HOST_TAP_GROUPS_OF_PROTOCOL, /* IPv4: of the protocol, to any multicast group or to the address */
};

struct host_tap_params
{
    uint64_t socket;
    uint32_t what;          /* enum host_tap_packets */
    uint32_t protocol;
    uint32_t interface_too; /* let the interface receive what is not for this host */
    uint32_t interface;     /* index, 0: the one that has the address */
    struct host_address address;
};

/* What a program can wait for that is not a socket's. */
enum host_watch
{
    HOST_WATCH_ADDRESSES,   /* the host's addresses of a family, as far as they can be used */
    HOST_WATCH_ROUTES,      /* a route to the destination, or any route where that is a wildcard */
    HOST_WATCH_BACKLOG,     /* HOST_OPT_IDEAL_BACKLOG, one request of a socket (HOST_EALREADY); the end of
                             * the connection cancels it */
    HOST_WATCH_DRAIN,       /* the socket takes sends again. HOST_ENOENT: it does */
    HOST_WATCH_CLOSE,       /* a stream receive has ended because the handle was closed past us; value as its
                             * state: the generation. Told of a handle that is none any more */
    HOST_WATCH_DELIVERY,    /* the peer has acknowledged the bytes before a position of the connection, or
                             * the connection is lost; in the order of the bytes */
};

enum host_watch_action
{
    HOST_WATCH_START,
    HOST_WATCH_CANCEL,      /* end those of the socket, or of the value where the watcher tells */
    HOST_WATCH_LOOK,        /* a delivery: answers HOST_OK when it is over, HOST_EAGAIN or HOST_ECONNRESET */
};

/* Wait for a change: as a request that pends in AFD, or so that the watcher tells of it, once. */
struct host_watch_params
{
    uint64_t socket;        /* 0 for nobody's, which the watcher tells by value */
    uint64_t pend;          /* struct host_pend_params, what AFD's request needs; 0: the watcher tells */
    uint64_t value;         /* for the watcher to tell; backlog: the socket whose connection it is; delivery:
                             * the byte count that the request ends with */
    struct host_address destination; /* its family is that of what is watched */
    uint32_t what;          /* enum host_watch */
    uint32_t action;        /* in: enum host_watch_action */
    uint32_t start;         /* out: there is no watcher, the caller has to start one */
    uint32_t status;        /* out with HOST_EOTHER: AFD's answer, a refusal */
    uint64_t seen;          /* out with HOST_WATCH_LOOK: a number for what there is now. In for a delivery:
                             * the position */
};

struct host_told
{
    uint64_t socket;        /* 0: nobody's */
    uint64_t value;         /* what was given */
    uint32_t what;          /* enum host_watch */
    uint32_t reserved;
};

#define HOST_WATCHER_TOLD 16

enum host_watcher_outcome
{
    HOST_WATCHER_END,       /* in: the thread ends or did not start; out: it is not needed any more */
    HOST_WATCHER_IDLE,      /* out: nothing happened for a while; call again unless alone */
    HOST_WATCHER_GO,        /* in: watch; out: tell these and call again */
};

struct host_watcher_params
{
    uint32_t outcome;       /* enum host_watcher_outcome */
    uint32_t count;         /* out: of told */
    struct host_told told[HOST_WATCHER_TOLD];
};
