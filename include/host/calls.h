/*
 * The calls from the PE side into the host half, and the errors they answer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This is all that the two halves share. Every parameter block is made of fixed-width types with no
 * implicit padding, pointers and handles as uint64_t, so that one host function serves 64- and 32-bit
 * callers. Nothing here names a Windows or a Linux constant.
 */
#ifndef WS2_HOST_CALLS_H
#define WS2_HOST_CALLS_H

#include <stdint.h>

/* Changes whenever a parameter block or the order of calls changes; both halves must agree. */
#define HOST_INTERFACE_VERSION 8

/* One row per call: identifier, host function, parameter block. */
#define HOST_CALLS( X ) \
    X( HOST_ATTACH,        host_attach,        struct host_attach_params ) \
    X( HOST_GET_OPTION,    host_get_option,    struct host_option_params ) \
    X( HOST_SET_OPTION,    host_set_option,    struct host_option_params ) \
    X( HOST_IDENTIFY,      host_identify,      struct host_identify_params ) \
    X( HOST_GENERATIONS,   host_generations,   struct host_generations_params ) \
    X( HOST_FORGET,        host_forget,        struct host_forget_params ) \
    X( HOST_SEND,          host_send,          struct host_transfer_params ) \
    X( HOST_SEND_PLAIN,    host_send_plain,    struct host_plain_params ) \
    X( HOST_RECV_PLAIN,    host_recv_plain,    struct host_plain_params ) \
    X( HOST_DRAIN,         host_drain,         struct host_drain_params ) \
    X( HOST_RECV,          host_recv,          struct host_transfer_params ) \
    X( HOST_POLL,          host_poll,          struct host_poll_params ) \
    X( HOST_PEND,          host_pend,          struct host_pend_params ) \
    X( HOST_REACT,         host_react,         struct host_react_params ) \
    X( HOST_STREAM_PEND,   host_stream_pend,   struct host_pend_params ) \
    X( HOST_STREAM_ABORT,  host_stream_abort,  struct host_abort_params ) \
    X( HOST_COMPLETE,      host_complete,      struct host_complete_params ) \
    X( HOST_INTERFACES,    host_interfaces,    struct host_interfaces_params ) \
    X( HOST_ROUTE_SOURCE,  host_route_source,  struct host_route_params ) \
    X( HOST_ADDRESS_INFO,  host_address_info,  struct host_address_info_params ) \
    X( HOST_NAME_INFO,     host_name_info,     struct host_name_info_params ) \
    X( HOST_HOST_BY_NAME,  host_host_by_name,  struct host_entry_params ) \
    X( HOST_HOST_BY_ADDR,  host_host_by_addr,  struct host_entry_params ) \
    X( HOST_HOST_NAME,     host_host_name,     struct host_name_params ) \
    X( HOST_ADDRESS_USERS, host_address_users, struct host_address_users_params ) \
    X( HOST_PORTS,         host_ports,         struct host_ports_params ) \
    X( HOST_TAP,           host_tap,           struct host_tap_params ) \
    X( HOST_WATCH,         host_watch,         struct host_watch_params ) \
    X( HOST_WATCHER,       host_watcher,       struct host_watcher_params ) \
    X( HOST_EXIT,          host_exit,          struct host_exit_params )

enum host_call
{
#define X( id, function, params ) id,
    HOST_CALLS( X )
#undef X
    HOST_CALL_COUNT
};

/* The process is about to end: let go of its sockets. Nothing else may use them afterwards. */
struct host_exit_params
{
    uint32_t released;      /* out: descriptors */
    uint32_t reserved;
};

/* What a host call answers. Each name is the POSIX error it stands for; the numbers are ours. HOST_ESTALE:
 * the handle is no longer the socket of this generation; nothing was done. */
#define HOST_ERRORS( X ) \
    X( ACCES ) X( ADDRINUSE ) X( ADDRNOTAVAIL ) X( AFNOSUPPORT ) X( AGAIN ) X( ALREADY ) X( BADF ) \
    X( CONNABORTED ) X( CONNREFUSED ) X( CONNRESET ) X( DESTADDRREQ ) X( FAULT ) X( HOSTDOWN ) \
    X( HOSTUNREACH ) X( INPROGRESS ) X( INTR ) X( INVAL ) X( ISCONN ) X( LOOP ) X( MFILE ) X( MSGSIZE ) \
    X( NAMETOOLONG ) X( NETDOWN ) X( NETRESET ) X( NETUNREACH ) X( NFILE ) X( NOBUFS ) X( NODEV ) \
    X( NOENT ) X( NOMEM ) X( NOPROTOOPT ) X( NOTCONN ) X( NOTEMPTY ) X( NOTSOCK ) X( OPNOTSUPP ) X( PERM ) \
    X( PIPE ) X( PROTONOSUPPORT ) X( PROTOTYPE ) X( SHUTDOWN ) X( SOCKTNOSUPPORT ) X( STALE ) \
    X( TIMEDOUT ) X( TOOMANYREFS ) X( NOTSUP_VERSION ) X( OTHER )

enum host_error
{
    HOST_OK,
#define X( name ) HOST_E##name,
    HOST_ERRORS( X )
#undef X
    HOST_ERROR_COUNT
};

/* How ntdll.so's functions are called; DESIGN section 2: it changed between Wine 8.0 and 10.0. */
enum host_abi
{
    HOST_ABI_MS = 1,
    HOST_ABI_SYSV = 2,
};

struct host_attach_params
{
    uint32_t interface_version; /* in: HOST_INTERFACE_VERSION of the caller */
    uint32_t abi;               /* in: enum host_abi */
    uint32_t completion_request; /* in: number of the server's add_fd_completion request, 0 if not known */
    uint32_t ioctl_request;     /* in: of its ioctl, 0 if not known */
    uint32_t cancel_request;    /* in: of its cancel_async, 0 if not known */
    uint32_t receive_request;   /* in: of its recv_socket, 0 if not known */
    uint32_t result_request;    /* in: of its set_async_direct_result, 0 if not known */
    uint32_t close_request;     /* in: of its close_handle, 0 if not known */
    uint32_t duplicate_request; /* in: of its dup_handle, 0 if not known */
    uint32_t reserved;
};

#include "host/socket.h"
#include "host/names.h"

/* The sum of the members: i386 compilers for Windows and for the host align 64-bit members differently, so
 * that a gap would be a difference between the halves. */
#define HOST_SIZE( params, size ) _Static_assert( sizeof(struct params) == (size), #params " has a gap" )
HOST_SIZE( host_address, 32 );
HOST_SIZE( host_buffer, 16 );
HOST_SIZE( host_group, 104 );
HOST_SIZE( host_interface, 72 );
HOST_SIZE( host_poll_entry, 16 );
HOST_SIZE( host_tcp_info, 80 );
HOST_SIZE( host_attach_params, 40 );
HOST_SIZE( host_exit_params, 8 );
HOST_SIZE( host_option_params, 48 );
HOST_SIZE( host_identify_params, 16 );
HOST_SIZE( host_generations_params, 16 );
HOST_SIZE( host_forget_params, 16 );
HOST_SIZE( host_transfer_params, 112 );
HOST_SIZE( host_plain_params, 88 );
HOST_SIZE( host_control_item, 12 );
HOST_SIZE( host_control, 296 );
HOST_SIZE( host_icmp_error, 48 );
HOST_SIZE( host_send_control, 56 );
HOST_SIZE( host_drain_params, 24 );
HOST_SIZE( host_poll_params, 24 );
HOST_SIZE( host_pend_params, 144 );
HOST_SIZE( host_abort_params, 8 );
HOST_SIZE( host_react_params, 344 );
HOST_SIZE( host_complete_params, 40 );
HOST_SIZE( host_interfaces_params, 24 );
HOST_SIZE( host_address_users_params, 56 );
HOST_SIZE( host_route_params, 64 );
HOST_SIZE( host_ports_params, 40 );
HOST_SIZE( host_tap_params, 56 );
HOST_SIZE( host_watch_params, 80 );
HOST_SIZE( host_told, 24 );
HOST_SIZE( host_watcher_params, 392 );
HOST_SIZE( host_address_info_params, 56 );
HOST_SIZE( host_name_info_params, 48 );
HOST_SIZE( host_entry_params, 80 );
HOST_SIZE( host_name_params, 16 );
#undef HOST_SIZE

#endif
