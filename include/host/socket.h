/*
 * Parameter blocks of the host calls that work on one socket's descriptor, or on the host's interfaces.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Included by host/calls.h only. "socket" is always the Windows handle value.
 */

/* Options that the host half can read or set. The host side's table says what each is on this host. */
enum host_option
{
    HOST_OPT_KEEPALIVE,         /* int: probes on or off */
    HOST_OPT_KEEPALIVE_IDLE,    /* int: seconds before the first probe */
    HOST_OPT_KEEPALIVE_INTERVAL,/* int: seconds between probes */
    HOST_OPT_KEEPALIVE_COUNT,   /* int */
    HOST_OPT_TYPE,              /* int: enum host_socket_type, read only */
    HOST_OPT_FAMILY,            /* int: enum host_family, read only */
    HOST_OPT_PROTOCOL,          /* int: IANA protocol number, read only */
    HOST_OPT_LISTENING,         /* int, read only */
    HOST_OPT_BROADCAST,         /* int */
    HOST_OPT_LINGER,            /* two int: on, seconds */
    HOST_OPT_OOBINLINE,         /* int */
    HOST_OPT_NODELAY,           /* int */
    HOST_OPT_SEND_SPACE,        /* int: bytes that a send takes without waiting, read only */
    HOST_OPT_READABLE_BYTES,    /* int: FIONREAD, read only */
    HOST_OPT_AT_MARK,           /* int, read only */
    HOST_OPT_COUNT
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
};

struct host_identify_params
{
    uint64_t socket;
    uint64_t inode;     /* out: tells one socket from its successor behind the same handle */
};

enum host_transfer_flags
{
    HOST_MSG_PEEK = 1,
    HOST_MSG_OOB = 2,
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

struct host_transfer_params
{
    uint64_t socket;
    uint64_t buffers;       /* struct host_buffer[count] */
    uint32_t count;
    uint32_t flags;         /* in: enum host_transfer_flags */
    uint64_t inode;         /* in: expected identity, 0 for any; a mismatch answers HOST_EBADF */
    struct host_address address; /* in for send when has_address; out for receive */
    uint32_t has_address;
    uint32_t truncated;     /* out for receive: the datagram was longer */
    uint64_t transferred;   /* out */
    uint32_t tcp_closed;    /* out for receive of 0 bytes: the host's connection is in CLOSE, not CLOSE_WAIT */
    uint32_t reserved;
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
    uint64_t socket;
    uint64_t inode;         /* as in host_transfer_params */
    uint32_t events;        /* in */
    uint32_t revents;       /* out */
};

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
    uint32_t result;        /* out: the server's answer */
    uint32_t reserved;
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
    struct host_address address, broadcast, netmask;
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

struct host_route_params
{
    struct host_address destination;
    struct host_address source; /* out: the local address that would be used */
};
