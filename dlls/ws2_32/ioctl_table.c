/*
 * The table of control codes, and the look-up in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers are written out: the headers we are built against know only part of the names.
 */
#include "ioctl_handlers.h"

#define ANY     (OPTION_STREAM | OPTION_DATAGRAM | OPTION_RAW | OPTION_INET | OPTION_INET6 | \
                 OPTION_OTHER_FAMILY)
#define TCP     (OPTION_STREAM | OPTION_INET | OPTION_INET6)
#define UDP     (OPTION_DATAGRAM | OPTION_INET | OPTION_INET6)
#define TCP_UDP (OPTION_STREAM | OPTION_DATAGRAM | OPTION_INET | OPTION_INET6)
#define IP      (OPTION_STREAM | OPTION_DATAGRAM | OPTION_RAW | OPTION_INET | OPTION_INET6)
#define IP4     (OPTION_STREAM | OPTION_DATAGRAM | OPTION_RAW | OPTION_INET)
#define IP_RAW  (OPTION_RAW | OPTION_INET | OPTION_INET6)
#define IP_MSG  (OPTION_DATAGRAM | OPTION_RAW | OPTION_INET | OPTION_INET6)
#define IP4_MSG (OPTION_DATAGRAM | OPTION_RAW | OPTION_INET)
#define NOT_UDP (ANY & ~OPTION_DATAGRAM)
#define STREAM  (OPTION_STREAM | OPTION_INET | OPTION_INET6 | OPTION_OTHER_FAMILY)

#define FAULT WSAEFAULT
#define INVAL WSAEINVAL
#define MSGSIZE WSAEMSGSIZE
#define NOPROTOOPT WSAENOPROTOOPT
#define OPNOTSUPP WSAEOPNOTSUPP

#define NONE { 0, 0 }
#define SIZE( size ) { size, size }
#define POINTER { 4, 8 }

/* After the source, what else is documented: struct ioctl_row tells. */
#define ROW( code, name, in, out, short_in, short_out, flags, sockets, wrong, handler, arg, source, ... ) \
    { code, name, in, out, short_in, short_out, flags, sockets, wrong, handler, arg, source, NULL, \
      "" __VA_ARGS__ }

/* Answered like a code that does not exist; docs/supported.md explains the reasons. */
#define REFUSED( code, name, reason, source ) \
    { code, name, NONE, NONE, 0, 0, 0, ANY, 0, NULL, 0, source, reason, "" }

const struct ioctl_row ioctl_rows[] =
{
    ROW( 0x8004667e, "FIONBIO", SIZE( 4 ), NONE, FAULT, 0, 0, ANY, 0, ioctl_fionbio, 0,
         "T: test_fionbio", "WSAEINVAL" ),
    ROW( 0x4004667f, "FIONREAD", NONE, SIZE( 4 ), 0, FAULT, 0, ANY, 0, ioctl_fionread, 0,
         "T: test_fionread_siocatmark" ),
    ROW( 0x40047307, "SIOCATMARK", NONE, SIZE( 4 ), 0, FAULT, 0, STREAM, INVAL, ioctl_siocatmark, 0,
         "T: test_fionread_siocatmark; MS: Winsock IOCTLs, WSAIoctl" ),
    REFUSED( 0x8004667d, "FIOASYNC", "Windows refuses it", "T: test_unsupported_ioctls" ),
    REFUSED( 0x80047300, "SIOCSHIWAT", "undocumented", "headers" ),
    REFUSED( 0x40047301, "SIOCGHIWAT", "undocumented", "headers" ),
    REFUSED( 0x80047302, "SIOCSLOWAT", "undocumented", "headers" ),
    REFUSED( 0x40047303, "SIOCGLOWAT", "undocumented", "headers" ),
    ROW( 0x2000747a, "SIO_IDEAL_SEND_BACKLOG_CHANGE", NONE, NONE, 0, 0, IOCTL_PENDS, STREAM,
         OPNOTSUPP, ioctl_backlog_change, 0, "MS: SIO_IDEAL_SEND_BACKLOG_CHANGE",
         "WSAEINVAL WSAENOPROTOOPT(lacking)",
         .states = ONLY_LATE( WITH_PEER, PEER, NOTCONN ) ),
    ROW( 0x4004747b, "SIO_IDEAL_SEND_BACKLOG_QUERY", NONE, SIZE( 4 ), 0, INVAL, IOCTL_ZERO_OUT,
         STREAM, OPNOTSUPP, ioctl_backlog_query, 0,
         "T: test_backlog_query; MS: SIO_IDEAL_SEND_BACKLOG_QUERY",
         "WSAEINTR WSA_OPERATION_ABORTED WSAENOPROTOOPT(lacking)",
         .states = ONLY( WITH_PEER, PEER, NOTCONN ) ),
    ROW( 0x8004747c, "SIO_GET_MULTICAST_FILTER", NONE, NONE, 0, 0, 0, IP4_MSG, OPNOTSUPP,
         ioctl_get_source_filter, 16, "MS: getipv4sourcefilter; RFC 3678", "WSAEADDRNOTAVAIL" ),
    ROW( 0x8004747d, "SIO_SET_MULTICAST_FILTER", NONE, NONE, 0, 0, 0, IP4_MSG, OPNOTSUPP,
         ioctl_set_source_filter, 16, "MS: setipv4sourcefilter; RFC 3678", "WSAEINVAL" ),
    ROW( 0x8004747e, "SIOCSMSFILTER", NONE, NONE, 0, 0, 0, IP_MSG, OPNOTSUPP,
         ioctl_set_source_filter, 144, "MS: setsourcefilter; RFC 3678", "WSAEINVAL" ),
    ROW( 0x8004747f, "SIOCGMSFILTER", NONE, NONE, 0, 0, 0, IP_MSG, OPNOTSUPP,
         ioctl_get_source_filter, 144, "MS: getsourcefilter; RFC 3678", "WSAEINVAL WSAEADDRNOTAVAIL" ),
    REFUSED( 0x4004747e, "SIO_GET_INTERFACE_LIST_EX", "Windows has none for TCP/IP",
             "MS: Winsock IOCTLs" ),
    ROW( 0x4004747f, "SIO_GET_INTERFACE_LIST", NONE, NONE, 0, 0, IOCTL_PENDS, IP4, INVAL,
         ioctl_interface_list, 0, "T: test_get_interface_list",
         "WSA_OPERATION_ABORTED(immediate) WSAEINTR(immediate)" ),

    REFUSED( 0x88000001, "SIO_ASSOCIATE_HANDLE", "no companion interfaces", "MS: Winsock IOCTLs" ),
    ROW( 0x28000002, "SIO_ENABLE_CIRCULAR_QUEUEING", NONE, NONE, 0, 0, 0, ANY, 0, ioctl_nothing, 0,
         "T: test_circular_queueing; the host drops the newest datagram, not the oldest",
         "WSAENOPROTOOPT(accepted)" ),
    ROW( 0x48000003, "SIO_FIND_ROUTE", SIZE( 16 ), NONE, INVAL, 0, 0, IP, OPNOTSUPP, ioctl_find_route, 0,
         "MS: Winsock IOCTLs; the host keeps no found routes that it could forget",
         "WSAEAFNOSUPPORT WSAENETUNREACH@network WSAEHOSTUNREACH@network" ),
    REFUSED( 0x28000004, "SIO_FLUSH", "Windows refuses it", "T: test_unsupported_ioctls" ),
    ROW( 0x48000005, "SIO_GET_BROADCAST_ADDRESS", NONE, SIZE( 16 ), 0, FAULT, 0, IP4, NOPROTOOPT,
         ioctl_broadcast_address, 0, "MS: Winsock IOCTLs" ),
    ROW( 0xc8000006, "SIO_GET_EXTENSION_FUNCTION_POINTER", SIZE( 16 ), POINTER, FAULT, FAULT, 0, ANY, 0,
         ioctl_extension_function, 0, "T: test_get_extension_func", "WSAEINVAL" ),
    ROW( 0xc8000007, "SIO_GET_QOS", NONE, NONE, 0, 0, 0, ANY, 0, ioctl_no_qos, 0,
         "MS: Winsock IOCTLs", "WSAENOPROTOOPT" ),
    ROW( 0xc8000008, "SIO_GET_GROUP_QOS", NONE, NONE, 0, 0, 0, ANY, 0, ioctl_no_qos, 0,
         "MS: Winsock IOCTLs", "WSAENOPROTOOPT" ),
    ROW( 0x88000009, "SIO_MULTIPOINT_LOOPBACK", SIZE( 4 ), NONE, FAULT, 0, 0, IP_MSG, OPNOTSUPP,
         ioctl_multipoint_loopback, 0, "MS: Winsock IOCTLs" ),
    ROW( 0x8800000a, "SIO_MULTICAST_SCOPE", SIZE( 4 ), NONE, FAULT, 0, 0, IP_MSG, OPNOTSUPP,
         ioctl_multicast_scope, 0, "MS: Winsock IOCTLs", "WSAEINVAL" ),
    ROW( 0x8800000b, "SIO_SET_QOS", NONE, NONE, 0, 0, 0, ANY, 0, ioctl_no_qos, 0,
         "MS: Winsock IOCTLs", "WSAENOPROTOOPT WSAEOPNOTSUPP(flowspec)" ),
    REFUSED( 0x8800000c, "SIO_SET_GROUP_QOS", "no quality of service", "MS: Winsock IOCTLs" ),
    REFUSED( 0xc800000d, "SIO_TRANSLATE_HANDLE", "no companion interfaces", "MS: Winsock IOCTLs" ),
    ROW( 0xc8000014, "SIO_ROUTING_INTERFACE_QUERY", SIZE( 16 ), NONE, INVAL, 0, 0, IP, OPNOTSUPP,
         ioctl_routing_query, 0, "T: test_sioRoutingInterfaceQuery",
         "WSAEAFNOSUPPORT WSAENETUNREACH@network WSAEHOSTUNREACH@network WSAENETDOWN(netdown)" ),
    ROW( 0x88000015, "SIO_ROUTING_INTERFACE_CHANGE", SIZE( 16 ), NONE, INVAL, 0, IOCTL_PENDS, IP,
         OPNOTSUPP, ioctl_routing_change, 0, "MS: Winsock IOCTLs", "WSAEWOULDBLOCK WSAEAFNOSUPPORT" ),
    ROW( 0x48000016, "SIO_ADDRESS_LIST_QUERY", NONE, NONE, 0, 0, 0, IP, OPNOTSUPP, ioctl_address_list, 0,
         "T: test_address_list_query", "WSAEINVAL WSAENOBUFS(nobufs) WSAENOPROTOOPT(lacking)" ),
    ROW( 0x28000017, "SIO_ADDRESS_LIST_CHANGE", NONE, NONE, 0, 0, IOCTL_PENDS, ANY, 0, ioctl_change,
         0, "T: test_sioAddressListChange", "WSAEWOULDBLOCK" ),
    ROW( 0x48000018, "SIO_QUERY_TARGET_PNP_HANDLE", NONE, POINTER, 0, FAULT, 0, ANY, 0, ioctl_own_handle, 0,
         "MS: socket IOCTL opcodes" ),
    ROW( 0xc8000019, "SIO_ADDRESS_LIST_SORT", NONE, NONE, 0, 0, 0,
         OPTION_STREAM | OPTION_DATAGRAM | OPTION_RAW | OPTION_INET6, OPNOTSUPP, ioctl_address_sort, 0,
         "MS: Using SIO_ADDRESS_LIST_SORT", "WSAEINVAL" ),
    REFUSED( 0x88000019, "SIO_NSP_NOTIFY_CHANGE", "not a socket's: WSANSPIoctl has it", "MS: WSANSPIoctl" ),
    REFUSED( 0x8800001a, "SIO_RESERVED_1", "undocumented", "headers" ),
    ROW( 0x4800001b, "SIO_BSP_HANDLE", NONE, POINTER, 0, FAULT, IOCTL_SYNC_ONLY, ANY, 0, ioctl_own_handle, 0,
         "MS: Winsock IOCTLs" ),
    ROW( 0x4800001c, "SIO_BSP_HANDLE_SELECT", NONE, POINTER, 0, FAULT, IOCTL_SYNC_ONLY, ANY, 0,
         ioctl_own_handle, 0, "MS: Winsock IOCTLs" ),
    ROW( 0x4800001d, "SIO_BSP_HANDLE_POLL", NONE, POINTER, 0, FAULT, IOCTL_SYNC_ONLY, ANY, 0,
         ioctl_own_handle, 0, "MS: Winsock IOCTLs" ),
    REFUSED( 0xc800001e, "SIO_EXT_SELECT", "undocumented", "headers" ),
    REFUSED( 0xc800001f, "SIO_EXT_POLL", "undocumented", "headers" ),
    REFUSED( 0xc8000020, "SIO_EXT_SENDMSG", "undocumented", "headers" ),
    REFUSED( 0x88000021, "SIO_RESERVED_2", "undocumented", "headers" ),
    ROW( 0x48000022, "SIO_BASE_HANDLE", NONE, POINTER, 0, FAULT, IOCTL_SYNC_ONLY, ANY, 0,
         ioctl_own_handle, 0, "T: test_base_handle" ),
    ROW( 0xc8000024, "SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER", SIZE( 16 ), NONE, FAULT, FAULT, 0,
         ANY, 0, ioctl_extension_table, 0, "MS: RIO_EXTENSION_FUNCTION_TABLE", "WSAEINVAL" ),
    ROW( 0x48000025, "SIO_QUERY_RSS_PROCESSOR_INFO", NONE, SIZE( 8 ), 0, INVAL, IOCTL_ZERO_OUT,
         TCP | UDP, OPNOTSUPP, ioctl_rss_processor, 0, "MS: SIO_QUERY_RSS_PROCESSOR_INFO",
         "ERROR_INSUFFICIENT_BUFFER(either) WSAENOPROTOOPT(lacking)",
         .states = ONLY( WITH_PEER, PEER, NOTCONN ) ),

    REFUSED( 0x50160001, "SIO_GET_NUMBER_OF_ATM_DEVICES", "no ATM sockets", "headers" ),
    REFUSED( 0xd0160002, "SIO_GET_ATM_ADDRESS", "no ATM sockets", "headers" ),
    REFUSED( 0x90160003, "SIO_ASSOCIATE_PVC", "no ATM sockets", "headers" ),
    REFUSED( 0x50160004, "SIO_GET_ATM_CONNECTION_ID", "no ATM sockets", "headers" ),

    ROW( 0x98000001, "SIO_RCVALL", NONE, NONE, 0, 0, 0, IP_RAW, OPNOTSUPP, ioctl_rcvall, HOST_TAP_ALL,
         "MS: SIO_RCVALL", "WSAEINVAL WSAENOPROTOOPT WSAEACCES@setpriv WSAENOBUFS(nobufs)",
         .states = ONLY( NAMED, HANDLER, INVAL ) ),
    ROW( 0x98000002, "SIO_RCVALL_MCAST", NONE, NONE, 0, 0, 0, IP_RAW, OPNOTSUPP, ioctl_rcvall,
         HOST_TAP_GROUPS, "MS: Winsock IOCTLs", "WSAEINVAL WSAENOPROTOOPT WSAEACCES@setpriv",
         .states = ONLY( NAMED, HANDLER, INVAL ) ),
    ROW( 0x98000003, "SIO_RCVALL_IGMPMCAST", NONE, NONE, 0, 0, 0, IP_RAW, OPNOTSUPP, ioctl_rcvall,
         HOST_TAP_GROUPS_OF_PROTOCOL, "MS: Winsock IOCTLs",
         "WSAEINVAL WSAENOPROTOOPT WSAEACCES@setpriv",
         .states = ONLY( NAMED, HANDLER, INVAL ) ),
    ROW( 0x98000004, "SIO_KEEPALIVE_VALS", SIZE( 12 ), NONE, FAULT, 0,
         IOCTL_ZERO_IN | IOCTL_TRANSPORT,
         OPTION_STREAM | OPTION_INET | OPTION_INET6, NOPROTOOPT, ioctl_keepalive, 0,
         "T: test_keepalive_vals; MS: SIO_KEEPALIVE_VALS", "WSAEINVAL(command) WSAEOPNOTSUPP(command)" ),
    REFUSED( 0x98000005, "SIO_ABSORB_RTRALERT", "undocumented", "headers" ),
    REFUSED( 0x98000006, "SIO_UCAST_IF", "undocumented", "headers" ),
    REFUSED( 0x98000007, "SIO_LIMIT_BROADCASTS", "undocumented", "headers" ),
    REFUSED( 0x98000008, "SIO_INDEX_BIND", "undocumented", "headers" ),
    REFUSED( 0x98000009, "SIO_INDEX_MCASTIF", "undocumented", "headers" ),
    REFUSED( 0x9800000a, "SIO_INDEX_ADD_MCAST", "undocumented", "headers" ),
    REFUSED( 0x9800000b, "SIO_INDEX_DEL_MCAST", "undocumented", "headers" ),
    ROW( 0x9800000c, "SIO_UDP_CONNRESET", SIZE( 4 ), NONE, FAULT, 0, 0, ANY, 0, ioctl_udp_report,
         REMEMBER_UDP_CONNRESET, "MS: Winsock IOCTLs" ),
    ROW( 0x9800000d, "SIO_RCVALL_MCAST_IF", NONE, NONE, 0, 0, 0, IP_RAW, OPNOTSUPP, ioctl_rcvall_if,
         HOST_TAP_GROUPS, "headers: RCVALL_IF; as SIO_RCVALL_MCAST",
         "WSAEINVAL WSAENOPROTOOPT WSAEACCES@setpriv",
         .states = ONLY( NAMED, HANDLER, INVAL ) ),
    ROW( 0x9800000e, "SIO_RCVALL_IF", NONE, NONE, 0, 0, 0, IP_RAW, OPNOTSUPP, ioctl_rcvall_if, HOST_TAP_ALL,
         "headers: RCVALL_IF; as SIO_RCVALL", "WSAEINVAL WSAENOPROTOOPT WSAEACCES@setpriv",
         .states = ONLY( NAMED, HANDLER, INVAL ) ),
    ROW( 0x9800000f, "SIO_UDP_NETRESET", SIZE( 4 ), NONE, FAULT, 0, 0, UDP, OPNOTSUPP, ioctl_udp_report,
         REMEMBER_UDP_NETRESET, "MS: Winsock IOCTLs" ),
    ROW( 0x98000010, "SIO_LOOPBACK_FAST_PATH", SIZE( 4 ), NONE, FAULT, 0, 0, TCP, OPNOTSUPP, ioctl_remember,
         REMEMBER_LOOPBACK_FAST_PATH, "MS: SIO_LOOPBACK_FAST_PATH; the host's loopback has one path",
         "WSAEINVAL(command) WSAEACCES(right)" ),
    ROW( 0x98000011, "SIO_TCP_INITIAL_RTO", SIZE( 4 ), NONE, FAULT, 0, 0, TCP, OPNOTSUPP,
         ioctl_initial_rto, REMEMBER_INITIAL_RTT, "MS: SIO_TCP_INITIAL_RTO",
         "WSAEINVAL(command) WSAEACCES(right)" ),
    ROW( 0x98000013, "SIO_APPLY_TRANSPORT_SETTING", NONE, NONE, 0, 0, 0, TCP_UDP, OPNOTSUPP,
         ioctl_apply_setting, 0,
         "MS: SIO_APPLY_TRANSPORT_SETTING; nothing here wakes a sleeping program", "WSAEINVAL" ),
    ROW( 0x98000014, "SIO_QUERY_TRANSPORT_SETTING", NONE, NONE, 0, 0, 0, TCP, OPNOTSUPP, ioctl_query_setting,
         0, "MS: SIO_QUERY_TRANSPORT_SETTING; nothing here wakes a sleeping program",
         "WSAEINVAL ERROR_INSUFFICIENT_BUFFER WSAENOPROTOOPT(lacking)",
         .states = ONLY_LATE( WITH_PEER, PEER, NOTCONN ) ),
    ROW( 0x98000015, "SIO_CPU_AFFINITY", SIZE( 2 ), NONE, FAULT, 0, 0, UDP, OPNOTSUPP, ioctl_cpu_affinity,
         REMEMBER_CPU_AFFINITY, "MS: Winsock IOCTLs", "WSAEINVAL",
         .states = ONLY( NEW, NAME, INVAL ) ),
    ROW( 0x98000016, "SIO_TCP_SET_ICW", SIZE( 4 ), NONE, FAULT, 0, 0, TCP, OPNOTSUPP, ioctl_initial_window,
         REMEMBER_INITIAL_WINDOW,
         "headers (TCP_ICW_LEVEL); on the host a setting of routes (initcwnd), which are everybody's",
         "WSAEINVAL" ),
    ROW( 0x98000017, "SIO_TCP_SET_ACK_FREQUENCY", SIZE( 1 ), NONE, FAULT, 0, 0, TCP, OPNOTSUPP,
         ioctl_ack_frequency, REMEMBER_ACK_FREQUENCY, "header only" ),
    ROW( 0x98000018, "SIO_PRIORITY_HINT", SIZE( 4 ), NONE, FAULT, 0, 0, TCP, OPNOTSUPP,
         ioctl_priority_hint, 0,
         "MS: Winsock IOCTLs; the order in the host's queues, not how the bandwidth is shared (tcp_lp)",
         "WSAEINVAL" ),
    ROW( 0xd8000027, "SIO_TCP_INFO", NONE, NONE, MSGSIZE, INVAL, 0, TCP, OPNOTSUPP, ioctl_tcp_info,
         0, "MS: SIO_TCP_INFO" ),
    ROW( 0x98000064, "SIO_ACQUIRE_PORT_RESERVATION", NONE, NONE, 0, 0, 0, TCP_UDP, OPNOTSUPP,
         ioctl_acquire_ports, 0, "MS: SIO_ACQUIRE_PORT_RESERVATION",
         "WSAEINVAL WSAEADDRINUSE" ),
    ROW( 0x98000065, "SIO_RELEASE_PORT_RESERVATION", NONE, NONE, 0, 0, 0, TCP_UDP, OPNOTSUPP,
         ioctl_release_ports, 0, "MS: SIO_RELEASE_PORT_RESERVATION", "WSAEINVAL" ),
    ROW( 0x98000066, "SIO_ASSOCIATE_PORT_RESERVATION", NONE, NONE, 0, 0, 0, TCP_UDP, OPNOTSUPP,
         ioctl_associate_ports, 0, "MS: SIO_ASSOCIATE_PORT_RESERVATION", "WSAEINVAL WSAEACCES(persistent)",
         .states = ONLY_LATE( NEW, RECORD, INVAL ) ),
    REFUSED( 0x980000c8, "SIO_SET_SECURITY", "undocumented", "headers" ),
    REFUSED( 0xd80000c9, "SIO_QUERY_SECURITY", "undocumented", "headers" ),
    REFUSED( 0x980000ca, "SIO_SET_PEER_TARGET_NAME", "undocumented", "headers" ),
    REFUSED( 0x980000cb, "SIO_DELETE_PEER_TARGET_NAME", "undocumented", "headers" ),
    REFUSED( 0x980000cc, "SIO_SOCKET_USAGE_NOTIFICATION", "undocumented", "headers" ),
    ROW( 0x580000cd, "SIO_QUERY_WFP_ALE_ENDPOINT_HANDLE", NONE, SIZE( 8 ), 0, INVAL, 0, TCP | UDP,
         OPNOTSUPP, ioctl_endpoint_handle, 0, "MS: Winsock IOCTLs" ),
    ROW( 0x580000d2, "SIO_QUERY_RSS_SCALABILITY_INFO", NONE, SIZE( 1 ), 0, INVAL, 0, ANY, 0,
         ioctl_rss_scalability, 0, "MS: Winsock IOCTLs; the answer is no" ),
    ROW( 0x980000dc, "SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS", NONE, NONE, 0, 0, 0, TCP_UDP, OPNOTSUPP,
         ioctl_query_redirection, 0, "MS: SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS",
         "WSAEINVAL ERROR_INSUFFICIENT_BUFFER(redirect) WSAENOPROTOOPT(lacking)",
         .states = ONLY_LATE( WITH_PEER, PEER, NOTCONN ) ),
    ROW( 0x980000dd, "SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT", NONE, NONE, 0, 0, 0, TCP_UDP, OPNOTSUPP,
         ioctl_query_redirection, 0, "MS: SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT",
         "WSAEINVAL ERROR_INSUFFICIENT_BUFFER(redirect) WSAENOPROTOOPT(lacking)",
         .states = ONLY_LATE( WITH_PEER, PEER, NOTCONN ) ),
    ROW( 0x980000de, "SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS", NONE, NONE, 0, 0, 0, TCP, OPNOTSUPP,
         ioctl_set_redirection, 0, "MS: SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS",
         "WSAEINVAL WSAEACCES(redirect)" ),
    ROW( 0x980000ea, "SIO_GET_TX_TIMESTAMP", SIZE( 4 ), SIZE( 8 ), FAULT, FAULT, 0, UDP, OPNOTSUPP,
         ioctl_tx_timestamp, 0, "MS: Winsock timestamping", "WSAEWOULDBLOCK" ),
    ROW( 0x980000eb, "SIO_TIMESTAMPING", SIZE( 8 ), NONE, FAULT, 0, 0, UDP, OPNOTSUPP,
         ioctl_timestamping, 0, "MS: Winsock timestamping", "WSAEINVAL" ),
    REFUSED( 0x58000100, "SIO_AF_UNIX_GETPEERPID", "no AF_UNIX sockets", "MS: Winsock IOCTLs" ),
    REFUSED( 0x98000101, "SIO_AF_UNIX_SETBINDPARENTPATH", "no AF_UNIX sockets", "headers" ),
    REFUSED( 0x98000102, "SIO_AF_UNIX_SETCONNPARENTPATH", "no AF_UNIX sockets", "headers" ),
    REFUSED( 0xd8000008, "SIO_BTH_PING", "undocumented", "headers" ),
    REFUSED( 0xd8000009, "SIO_BTH_INFO", "undocumented", "headers" ),
    REFUSED( 0xd8000065, "SIO_RFCOMM_SEND_COMMAND", "undocumented", "headers" ),
    REFUSED( 0xd8000066, "SIO_RFCOMM_WAIT_COMMAND", "undocumented", "headers" ),
    REFUSED( 0xd8000067, "SIO_RFCOMM_SESSION_FLOW_OFF", "undocumented", "headers" ),
    REFUSED( 0xd8000068, "SIO_RFCOMM_TEST", "undocumented", "headers" ),
    REFUSED( 0xd8000069, "SIO_RFCOMM_USECFC", "undocumented", "headers" ),
    ROW( 0x9800012c, "SIO_SET_COMPATIBILITY_MODE", SIZE( 8 ), NONE, INVAL, 0, IOCTL_ZERO_IN, NOT_UDP,
         OPNOTSUPP, ioctl_remember, REMEMBER_COMPATIBILITY_MODE,
         "MS: SIO_SET_COMPATIBILITY_MODE; there is no older behaviour here",
         "WSAENOTCONN(accepted) WSAENOPROTOOPT(lacking)" ),
    REFUSED( 0xdc000001, "SIO_CHK_QOS", "no quality of service", "MS: Winsock IOCTLs" ),
};

const unsigned int ioctl_row_count = ARRAY_SIZE( ioctl_rows );

const struct ioctl_row *ioctl_find( DWORD code )
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE( ioctl_rows ); i++) if (ioctl_rows[i].code == code) return &ioctl_rows[i];
    return NULL;
}

const char *debugstr_ioctl( DWORD code )
{
    const struct ioctl_row *row = ioctl_find( code );

    return row ? row->name : wine_dbg_sprintf( "control code %#lx", code );
}
