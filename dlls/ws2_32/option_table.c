/*
 * The table of socket options, and the look-up in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers are written out: the headers we are built against know only part of the names. An option that
 * has no row does not exist for us and answers WSAENOPROTOOPT; what Windows does with it is not known, or
 * needs work that is not done yet.
 */
#include "option_table.h"
#include "option_handlers.h"
#include "control.h"
#include "interests.h"
#include "option_connect.h"

#define STREAM  (OPTION_STREAM | OPTION_INET | OPTION_INET6 | OPTION_OTHER_FAMILY)
#define MESSAGES (OPTION_DATAGRAM | OPTION_RAW | OPTION_INET | OPTION_INET6 | OPTION_OTHER_FAMILY)
#define ALL     (STREAM | MESSAGES)
#define ALL4    (ALL & ~(OPTION_INET6 | OPTION_OTHER_FAMILY))
#define TCP     (OPTION_STREAM | OPTION_INET | OPTION_INET6)
#define UDP     (OPTION_DATAGRAM | OPTION_INET | OPTION_INET6)
#define OTHER   (OPTION_STREAM | OPTION_DATAGRAM | OPTION_RAW | OPTION_OTHER_FAMILY)
#define UDP4    (OPTION_DATAGRAM | OPTION_INET)
#define IP      (OPTION_STREAM | OPTION_DATAGRAM | OPTION_RAW | OPTION_INET | OPTION_INET6)
#define IP_MSG  (OPTION_DATAGRAM | OPTION_RAW | OPTION_INET | OPTION_INET6)
#define IP_RAW  (OPTION_RAW | OPTION_INET | OPTION_INET6)
#define IP6     (OPTION_STREAM | OPTION_DATAGRAM | OPTION_RAW | OPTION_INET6)
#define IP6_MSG (OPTION_DATAGRAM | OPTION_RAW | OPTION_INET6)
#define IP6_UDP (OPTION_DATAGRAM | OPTION_INET6)
#define IP6_RAW (OPTION_RAW | OPTION_INET6)

#define GET OPTION_GET
#define SET OPTION_SET
#define GETSET (OPTION_GET | OPTION_SET)

#define NOPROTOOPT WSAENOPROTOOPT
#define INVAL WSAEINVAL

/* After the source of each row, what else is documented: struct option_row tells. */

/* An integer that the host keeps. */
#define HOST( level, number, name, class, values, max, sockets, wrong, option, source, ... ) \
    { level, number, name, LENGTH_##class, GETSET, VALUE_##values, sockets, wrong, max, option, 0, \
      option_get_host, option_set_host, NULL, NULL, source, "" __VA_ARGS__ }

/* The same, read only. */
#define HOST_GET( level, number, name, class, values, sockets, wrong, option, source, ... ) \
    { level, number, name, LENGTH_##class, GET, VALUE_##values, sockets, wrong, 0, option, 0, \
      option_get_host, NULL, NULL, NULL, source, "" __VA_ARGS__ }

/* An integer that the server keeps; the protocol's names for it. */
#define AFD( level, number, name, class, values, sockets, wrong, code, source, ... ) \
    { level, number, name, LENGTH_##class, GETSET, VALUE_##values, sockets, wrong, 0, \
      IOCTL_AFD_WINE_GET_##code, IOCTL_AFD_WINE_SET_##code, option_get_afd, option_set_afd, NULL, NULL, \
      source, "" __VA_ARGS__ }

/* An integer that we keep: the host has no such thing, or its effect would not be Windows'. */
#define REMEMBER( level, number, name, class, values, max, sockets, wrong, slot, fallback, source, ... ) \
    { level, number, name, LENGTH_##class, GETSET, VALUE_##values, sockets, wrong, max, slot, fallback, \
      option_get_remembered, option_set_remembered, NULL, NULL, source, "" __VA_ARGS__ }

/* An integer with handlers of its own. */
#define CUSTOM( level, number, name, class, direction, values, max, sockets, wrong, arg, arg2, get, set, \
                source, ... ) \
    { level, number, name, LENGTH_##class, direction, VALUE_##values, sockets, wrong, max, arg, arg2, \
      get, set, NULL, NULL, source, "" __VA_ARGS__ }

/* WSARecvMsg answers a message for it. */
#define CONTROL( level, number, name, sockets, option, source, ... ) \
    { level, number, name, LENGTH_E, GETSET, VALUE_BOOL, sockets, INVAL, 0, CONTROL_##option, 0, \
      control_get_option, control_set_option, NULL, NULL, source, "" __VA_ARGS__ }

/* Something else than an integer. */
#define DATA( level, number, name, direction, sockets, wrong, arg, read, write, source, ... ) \
    { level, number, name, LENGTH_OWN, direction, VALUE_NUMBER, sockets, wrong, 0, arg, 0, \
      NULL, NULL, read, write, source, "" __VA_ARGS__ }

/* Known, and refused in this way. */
#define REFUSED( level, number, name, error, source, ... ) \
    { level, number, name, LENGTH_D, GETSET, VALUE_NUMBER, 0, error, 0, 0, 0, NULL, NULL, NULL, NULL, \
      source, "" __VA_ARGS__ }

const struct option_row option_rows[] =
{
    REMEMBER( SOL_SOCKET, 0x0001, "SO_DEBUG", A, BOOL, 0, ALL, 0, REMEMBER_SO_DEBUG, 0,
              "T: test_so_debug; Windows has no output either" ),
    HOST_GET( SOL_SOCKET, 0x0002, "SO_ACCEPTCONN", D, BOOL, ALL, 0, HOST_OPT_LISTENING, "T: test_listen" ),
    CUSTOM( SOL_SOCKET, 0x0004, "SO_REUSEADDR", A, GETSET, BOOL, 0, ALL, 0, IOCTL_AFD_WINE_GET_SO_REUSEADDR,
            IOCTL_AFD_WINE_SET_SO_REUSEADDR, option_get_afd, set_reuse, "T: test_set_getsockopt",
            "set:WSAEINVAL" ),
    CUSTOM( SOL_SOCKET, ~0x0004, "SO_EXCLUSIVEADDRUSE", A, GETSET, BOOL, 0, ALL, 0,
            IOCTL_AFD_WINE_GET_SO_EXCLUSIVEADDRUSE, IOCTL_AFD_WINE_SET_SO_EXCLUSIVEADDRUSE, option_get_afd,
            set_exclusive, "T: test_set_getsockopt", "set:WSAEINVAL" ),
    CUSTOM( SOL_SOCKET, 0x0008, "SO_KEEPALIVE", B, GETSET, BOOL, 0, STREAM | OPTION_RAW, NOPROTOOPT,
            HOST_OPT_KEEPALIVE, 0, keepalive_get, keepalive_set,
            "T: test_set_getsockopt; MS: SO_KEEPALIVE", "",
            .set_states = EXCEPT( CONNECTING, HANDLER, INVAL ) ),
    REMEMBER( SOL_SOCKET, 0x0010, "SO_DONTROUTE", B, BOOL, 0, ALL & ~OPTION_INET6, NOPROTOOPT,
              REMEMBER_SO_DONTROUTE, 0, "T: test_set_getsockopt; MS: getsockopt; Windows ignores it, too" ),
    HOST( SOL_SOCKET, 0x0020, "SO_BROADCAST", A, BOOL, 0, ALL, 0, HOST_OPT_BROADCAST,
          "T: test_set_getsockopt" ),
    REFUSED( SOL_SOCKET, 0x0040, "SO_USELOOPBACK", INVAL, "MS: SOL_SOCKET options" ),
    CUSTOM( SOL_SOCKET, 0x0080, "SO_LINGER", C, GETSET, NUMBER, 0, STREAM | OPTION_RAW, NOPROTOOPT,
            0, 0, get_linger, set_linger, "T: test_set_getsockopt, test_extendedSocketOptions" ),
    CUSTOM( SOL_SOCKET, ~0x0080, "SO_DONTLINGER", A, GETSET, BOOL, 0, STREAM | OPTION_RAW, NOPROTOOPT,
            0, 0, get_dontlinger, set_dontlinger, "T: test_set_getsockopt" ),
    CUSTOM( SOL_SOCKET, 0x0100, "SO_OOBINLINE", A, GETSET, BOOL, 0, ALL, 0, HOST_OPT_OOBINLINE, 0,
            option_get_host, set_oobinline, "T: test_set_getsockopt, test_fionread_siocatmark" ),
    CUSTOM( SOL_SOCKET, 0x1001, "SO_SNDBUF", C, GETSET, NUMBER, 0, ALL, 0, IOCTL_AFD_WINE_GET_SO_SNDBUF,
            IOCTL_AFD_WINE_SET_SO_SNDBUF, option_get_afd, set_send_buffer,
            "T: test_set_getsockopt; 0, MS: KB 214397" ),
    CUSTOM( SOL_SOCKET, 0x1002, "SO_RCVBUF", C, GETSET, NUMBER, 0, ALL, 0, IOCTL_AFD_WINE_GET_SO_RCVBUF,
            IOCTL_AFD_WINE_SET_SO_RCVBUF, option_get_afd, set_receive_buffer, "T: test_set_getsockopt" ),
    REFUSED( SOL_SOCKET, 0x1003, "SO_SNDLOWAT", INVAL, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x1004, "SO_RCVLOWAT", INVAL, "MS: SOL_SOCKET options" ),
    AFD( SOL_SOCKET, 0x1005, "SO_SNDTIMEO", D, NUMBER, ALL, 0, SO_SNDTIMEO, "T: test_set_getsockopt" ),
    AFD( SOL_SOCKET, 0x1006, "SO_RCVTIMEO", D, NUMBER, ALL, 0, SO_RCVTIMEO, "T: test_set_getsockopt" ),
    CUSTOM( SOL_SOCKET, 0x1007, "SO_ERROR", D, GETSET, NUMBER, 0, ALL, 0, REMEMBER_SO_ERROR,
            IOCTL_AFD_WINE_GET_SO_ERROR, get_error, option_set_remembered, "T: test_set_getsockopt" ),
    CUSTOM( SOL_SOCKET, 0x1008, "SO_TYPE", D, GET, NUMBER, 0, ALL, 0, 0, 0, get_type, refuse_type,
            "T: test_WSASocket", "set:WSAEINVAL" ),
    DATA( SOL_SOCKET, 0x1009, "SO_BSP_STATE", GET, ALL, 0, 0, read_bsp_state, NULL,
          "T: test_set_getsockopt" ),
    CUSTOM( SOL_SOCKET, 0x2003, "SO_MAX_MSG_SIZE", D, GET, NUMBER, 0, ALL, 0, 0, 0, get_max_msg_size, NULL,
            "T: test_extendedSocketOptions" ),
    DATA( SOL_SOCKET, 0x2004, "SO_PROTOCOL_INFOA", GET, ALL, 0, 0, read_protocol_info, NULL,
          "T: test_set_getsockopt" ),
    DATA( SOL_SOCKET, 0x2005, "SO_PROTOCOL_INFOW", GET, ALL, 0, 1, read_protocol_info, NULL,
          "T: test_set_getsockopt" ),
    CUSTOM( SOL_SOCKET, 0x3002, "SO_CONDITIONAL_ACCEPT", A, GETSET, BOOL, 0, ALL, 0,
            REMEMBER_SO_CONDITIONAL_ACCEPT,
            0, option_get_remembered, set_conditional_accept,
            "MS: SO_CONDITIONAL_ACCEPT; the host completes connections before it tells of them", "",
            .set_states = EXCEPT( LISTENING, HOST, INVAL ) ),
    CUSTOM( SOL_SOCKET, 0x3003, "SO_PAUSE_ACCEPT", A, GETSET, BOOL, 0, ALL, 0, REMEMBER_SO_PAUSE_ACCEPT, 0,
            get_pause_accept, set_pause_accept,
            "MS: SOL_SOCKET options; the host does not answer where Windows resets" ),
    CUSTOM( SOL_SOCKET, 0x3005, "SO_RANDOMIZE_PORT", A, GETSET, BOOL, 0, ALL, 0,
            REMEMBER_SO_RANDOMIZE_PORT, FALSE, get_interest, set_port_choice, "MS: SOL_SOCKET options",
            "", .set_states = ONLY( NEW, RECORD, INVAL ) ),
    CUSTOM( SOL_SOCKET, 0x3006, "SO_PORT_SCALABILITY", A, GETSET, BOOL, 0, ALL, 0,
            REMEMBER_SO_PORT_SCALABILITY, FALSE, get_interest, set_port_choice, "MS: SO_PORT_SCALABILITY",
            "", .set_states = ONLY( NEW, RECORD, INVAL ) ),
    CUSTOM( SOL_SOCKET, 0x3007, "SO_REUSE_UNICASTPORT", A, GETSET, BOOL, 0, ALL, 0,
            REMEMBER_SO_REUSE_UNICASTPORT, FALSE, get_interest, set_port_choice, "MS: SOL_SOCKET options",
            "", .set_states = ONLY( NEW, RECORD, INVAL ) ),
    CUSTOM( SOL_SOCKET, 0x3008, "SO_REUSE_MULTICASTPORT", A, GETSET, BOOL, 0, ALL, 0,
            REMEMBER_SO_REUSE_MULTICASTPORT, FALSE, get_interest, set_share_groups,
            "MS: SOL_SOCKET options" ),

    /* Groups of sockets, providers' own data, and protocols that carry data with a connection: TCP/IP has
     * none of them. */
    REFUSED( SOL_SOCKET, 0x2001, "SO_GROUP_ID", NOPROTOOPT, "MS: getsockopt" ),
    REFUSED( SOL_SOCKET, 0x2002, "SO_GROUP_PRIORITY", NOPROTOOPT, "MS: getsockopt" ),
    REFUSED( SOL_SOCKET, 0x3001, "PVD_CONFIG", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x3004, "SO_COMPARTMENT_ID", NOPROTOOPT, "headers" ),
    REFUSED( SOL_SOCKET, 0x3010, "SO_RECEIVED_HOPLIMIT", NOPROTOOPT, "headers" ),
    REFUSED( SOL_SOCKET, 0x3011, "SO_RECEIVED_PROCESSOR", NOPROTOOPT, "headers" ),
    REFUSED( SOL_SOCKET, 0x7000, "SO_CONNDATA", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x7001, "SO_CONNOPT", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x7002, "SO_DISCDATA", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x7003, "SO_DISCOPT", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x7004, "SO_CONNDATALEN", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x7005, "SO_CONNOPTLEN", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x7006, "SO_DISCDATALEN", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    REFUSED( SOL_SOCKET, 0x7007, "SO_DISCOPTLEN", NOPROTOOPT, "MS: SOL_SOCKET options" ),
    CUSTOM( SOL_SOCKET, 0x7008, "SO_OPENTYPE", D, GETSET, NUMBER, 0, ALL, 0, 0, 0, NULL, NULL,
            "T: test_sockopt_validity, test_set_getsockopt",
            "get:WSAENOTSOCK(anyhandle) set:WSAENOTSOCK(anyhandle)" ),
    CUSTOM( SOL_SOCKET, 0x7009, "SO_MAXDG", D, GET, NUMBER, 0, ALL, 0, 0, 0, get_max_msg_size, NULL,
            "MS: SOL_SOCKET options" ),
    CUSTOM( SOL_SOCKET, 0x700a, "SO_MAXPATHDG", D, GET, NUMBER, 0, ALL, 0, 0, 0, get_max_msg_size, NULL,
            "MS: SOL_SOCKET options" ),
    DATA( SOL_SOCKET, 0x700b, "SO_UPDATE_ACCEPT_CONTEXT", SET, STREAM, NOPROTOOPT, 0, NULL,
          write_accept_context, "MS: AcceptEx" ),
    CUSTOM( SOL_SOCKET, 0x700c, "SO_CONNECT_TIME", D, GET, NUMBER, 0, ALL, 0,
            IOCTL_AFD_WINE_GET_SO_CONNECT_TIME, 0, option_get_afd, NULL, "T: test_connect_time" ),
    DATA( SOL_SOCKET, 0x7010, "SO_UPDATE_CONNECT_CONTEXT", SET, ALL, 0, 0, NULL, write_connect_context,
          "MS: ConnectEx", "", .set_states = ONLY_OF( STREAM, WITH_PEER, RECORD, NOTCONN ) ),

    HOST( IPPROTO_TCP, 1, "TCP_NODELAY", B, BOOL, 0, TCP, NOPROTOOPT, HOST_OPT_NODELAY,
          "T: test_set_getsockopt" ),
    CUSTOM( IPPROTO_TCP, 2, "TCP_EXPEDITED_1122", D, GETSET, BOOL, 0, TCP, NOPROTOOPT,
            REMEMBER_TCP_EXPEDITED_1122, 0, option_get_remembered, set_expedited,
            "MS: IPPROTO_TCP options; one setting for all on the host (tcp_stdurg)" ),
    CUSTOM( IPPROTO_TCP, 3, "TCP_KEEPIDLE", E, GETSET, NUMBER, 0, TCP, NOPROTOOPT, 0, 0,
            keepalive_get_value, keepalive_set_value, "T: test_set_getsockopt" ),
    HOST_GET( IPPROTO_TCP, 4, "TCP_MAXSEG", E, NUMBER, TCP, NOPROTOOPT, HOST_OPT_MAX_SEGMENT,
              "MS: getsockopt" ),
    CUSTOM( IPPROTO_TCP, 5, "TCP_MAXRT", E, GETSET, NUMBER, 0, TCP, NOPROTOOPT, REMEMBER_TCP_MAXRT, 1000,
            option_get_remembered, set_max_retransmission, "MS: IPPROTO_TCP options" ),
    REFUSED( IPPROTO_TCP, 6, "TCP_STDURG", NOPROTOOPT, "headers" ),
    REFUSED( IPPROTO_TCP, 7, "TCP_NOURG", NOPROTOOPT, "headers" ),
    REFUSED( IPPROTO_TCP, 8, "TCP_ATMARK", NOPROTOOPT, "headers" ),
    REFUSED( IPPROTO_TCP, 9, "TCP_NOSYNRETRIES", NOPROTOOPT, "headers" ),
    REMEMBER( IPPROTO_TCP, 10, "TCP_TIMESTAMPS", E, BOOL, 0, TCP, NOPROTOOPT, REMEMBER_TCP_TIMESTAMPS, 0,
              "MS: IPPROTO_TCP options; one setting for all on the host (tcp_timestamps)" ),
    REFUSED( IPPROTO_TCP, 11, "TCP_OFFLOAD_PREFERENCE", NOPROTOOPT, "headers" ),
    /* nobody says which number is which algorithm */
    REFUSED( IPPROTO_TCP, 12, "TCP_CONGESTION_ALGORITHM", NOPROTOOPT, "headers" ),
    REFUSED( IPPROTO_TCP, 13, "TCP_DELAY_FIN_ACK", NOPROTOOPT, "headers" ),
    CUSTOM( IPPROTO_TCP, 14, "TCP_MAXRTMS", E, GETSET, NUMBER, 0, TCP, NOPROTOOPT, REMEMBER_TCP_MAXRTMS, 1,
            option_get_remembered, set_max_retransmission, "MS: IPPROTO_TCP options" ),
    REMEMBER( IPPROTO_TCP, 15, "TCP_FASTOPEN", E, BOOL, 0, TCP, NOPROTOOPT,
              REMEMBER_TCP_FASTOPEN, 0, "MS: IPPROTO_TCP options" ),
    CUSTOM( IPPROTO_TCP, 16, "TCP_KEEPCNT", E, GETSET, NUMBER, 255, TCP, NOPROTOOPT, 2, 0,
            keepalive_get_value, keepalive_set_value, "T: test_set_getsockopt" ),
    CUSTOM( IPPROTO_TCP, 17, "TCP_KEEPINTVL", E, GETSET, NUMBER, 0, TCP, NOPROTOOPT, 1, 0,
            keepalive_get_value, keepalive_set_value, "T: test_set_getsockopt" ),
    REMEMBER( IPPROTO_TCP, 18, "TCP_FAIL_CONNECT_ON_ICMP_ERROR", E, BOOL, 0, TCP, NOPROTOOPT,
              REMEMBER_TCP_FAIL_CONNECT_ON_ICMP_ERROR, 0, "MS: IPPROTO_TCP options" ),
    DATA( IPPROTO_TCP, 19, "TCP_ICMP_ERROR_INFO", GET, TCP, NOPROTOOPT, 0, read_icmp_error, NULL,
          "MS: IPPROTO_TCP options" ),
    CUSTOM( IPPROTO_TCP, 0x7000, "TCP_BSDURGENT", D, GETSET, BOOL, 0, TCP, NOPROTOOPT,
            REMEMBER_TCP_EXPEDITED_1122, 0, get_bsd_urgent, set_bsd_urgent,
            "MS: IPPROTO_TCP options; one setting for all on the host (tcp_stdurg)" ),

    HOST( IPPROTO_UDP, 1, "UDP_NOCHECKSUM", E, BOOL, 0, UDP4, NOPROTOOPT, HOST_OPT_NO_CHECKSUM,
          "MS: IPPROTO_UDP options" ),
    HOST( IPPROTO_UDP, 2, "UDP_SEND_MSG_SIZE", E, NUMBER, 0xffff, UDP, NOPROTOOPT, HOST_OPT_SEGMENT_SIZE,
          "MS: IPPROTO_UDP options" ),
    CUSTOM( IPPROTO_UDP, 3, "UDP_RECV_MAX_COALESCED_SIZE", E, GETSET, NUMBER, 0, UDP, NOPROTOOPT,
            REMEMBER_UDP_RECV_MAX_COALESCED_SIZE, 0, option_get_remembered, control_set_coalesced_size,
            "MS: IPPROTO_UDP options" ),
    REMEMBER( IPPROTO_UDP, 20, "UDP_CHECKSUM_COVERAGE", E, NUMBER, 0, UDP, NOPROTOOPT,
              REMEMBER_UDP_CHECKSUM_COVERAGE, 0,
              "MS: IPPROTO_UDP options; the host has it for UDP-Lite only" ),

    DATA( IPPROTO_IP, 1, "IP_OPTIONS", GETSET, IP, NOPROTOOPT, HOST_OPT_IP_OPTIONS, read_host_data,
          write_host_data, "T: test_sockopt_validity", "set:WSAEINVAL" ),
    HOST( IPPROTO_IP, 2, "IP_HDRINCL", F, BOOL, 0, IP_RAW, INVAL, HOST_OPT_IP_HEADER_INCLUDED,
          "T: test_sockopt_validity, test_set_getsockopt" ),
    HOST( IPPROTO_IP, 3, "IP_TOS", F, NUMBER, 255, IP, NOPROTOOPT, HOST_OPT_IP_TOS,
          "T: test_set_getsockopt" ),
    HOST( IPPROTO_IP, 4, "IP_TTL", F, NUMBER, 255, IP, NOPROTOOPT, HOST_OPT_IP_TTL,
          "T: test_set_getsockopt" ),
    CUSTOM( IPPROTO_IP, 9, "IP_MULTICAST_IF", F, GETSET, NUMBER, 0, IP_MSG, INVAL, REMEMBER_IP_MULTICAST_IF,
            0, get_multicast_if, set_multicast_if, "T: test_sockopt_validity; MS: IPPROTO_IP options",
            "set:WSAEADDRNOTAVAIL" ),
    HOST( IPPROTO_IP, 10, "IP_MULTICAST_TTL", F, NUMBER, 255, IP_MSG, INVAL, HOST_OPT_IP_MULTICAST_TTL,
          "T: test_set_getsockopt" ),
    CUSTOM( IPPROTO_IP, 11, "IP_MULTICAST_LOOP", F, GETSET, BOOL, 0, IP_MSG, INVAL,
            REMEMBER_IP_MULTICAST_LOOP, TRUE, get_interest, set_interest,
            "T: test_set_getsockopt; MS: IPPROTO_IP options" ),
    DATA( IPPROTO_IP, 12, "IP_ADD_MEMBERSHIP", SET, IP_MSG, INVAL, HOST_OPT_JOIN_GROUP, NULL, write_mreq,
          "T: test_sockopt_validity; MS: IPPROTO_IP options", "set:WSAEADDRNOTAVAIL" ),
    DATA( IPPROTO_IP, 13, "IP_DROP_MEMBERSHIP", SET, IP_MSG, INVAL, HOST_OPT_LEAVE_GROUP, NULL, write_mreq,
          "T: test_sockopt_validity; MS: IPPROTO_IP options", "set:WSAEADDRNOTAVAIL" ),
    CUSTOM( IPPROTO_IP, 14, "IP_DONTFRAGMENT", F, GETSET, BOOL, 0, IP, NOPROTOOPT, HOST_OPT_IP_MTU_DISCOVER,
            0, get_dont_fragment, set_dont_fragment, "T: test_sockopt_validity" ),
    DATA( IPPROTO_IP, 15, "IP_ADD_SOURCE_MEMBERSHIP", SET, IP_MSG, INVAL, HOST_OPT_JOIN_SOURCE, NULL,
          write_mreq_source, "MS: IPPROTO_IP options", "set:WSAEADDRNOTAVAIL" ),
    DATA( IPPROTO_IP, 16, "IP_DROP_SOURCE_MEMBERSHIP", SET, IP_MSG, INVAL, HOST_OPT_LEAVE_SOURCE, NULL,
          write_mreq_source, "MS: IPPROTO_IP options", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IP, 17, "IP_BLOCK_SOURCE", SET, IP_MSG, INVAL, HOST_OPT_BLOCK_SOURCE, NULL,
          write_mreq_source, "MS: IPPROTO_IP options", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IP, 18, "IP_UNBLOCK_SOURCE", SET, IP_MSG, INVAL, HOST_OPT_UNBLOCK_SOURCE, NULL,
          write_mreq_source, "MS: IPPROTO_IP options", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    CONTROL( IPPROTO_IP, 19, "IP_PKTINFO", IP_MSG, IP_PKTINFO, "T: test_set_getsockopt" ),
    CONTROL( IPPROTO_IP, 21, "IP_RECVTTL", IP_MSG, IP_RECVTTL, "T: test_set_getsockopt" ),
    CUSTOM( IPPROTO_IP, 22, "IP_RECEIVE_BROADCAST", E, GETSET, BOOL, 0, IP_MSG, INVAL,
            REMEMBER_IP_RECEIVE_BROADCAST, TRUE, get_interest, set_interest, "T: test_sockopt_validity" ),
    REMEMBER( IPPROTO_IP, 23, "IP_PROTECTION_LEVEL", E, NUMBER, 0, IP, NOPROTOOPT,
              REMEMBER_IP_PROTECTION_LEVEL, PROTECTION_LEVEL_UNSET,
              "MS: IPPROTO_IP options; the host filters nothing by it" ),
    CONTROL( IPPROTO_IP, 24, "IP_RECVIF", IP_MSG, IP_RECVIF, "T: test_sockopt_validity" ),
    CONTROL( IPPROTO_IP, 25, "IP_RECVDSTADDR", IP_MSG, IP_RECVDSTADDR, "T: test_sockopt_validity" ),
    CUSTOM( IPPROTO_IP, 28, "IP_IFLIST", E, GETSET, BOOL, 0, IP, NOPROTOOPT, REMEMBER_IP_IFLIST, FALSE,
            get_interest, set_interest, "T: test_sockopt_validity; MS: IPPROTO_IP options" ),
    CUSTOM( IPPROTO_IP, 29, "IP_ADD_IFLIST", E, SET, NUMBER, 0, IP, NOPROTOOPT, 0, 0, NULL,
            set_add_interface, "MS: IPPROTO_IP options", "set:WSAEINVAL" ),
    CUSTOM( IPPROTO_IP, 30, "IP_DEL_IFLIST", E, SET, NUMBER, 0, IP, NOPROTOOPT, 0, 0, NULL,
            set_remove_interface, "MS: IPPROTO_IP options", "set:WSAEINVAL" ),
    CUSTOM( IPPROTO_IP, 31, "IP_UNICAST_IF", E, GETSET, NUMBER, 0, IP, NOPROTOOPT, HOST_OPT_IP_UNICAST_IF, 0,
            get_network_index, set_network_index,
          "T: test_sockopt_validity" ),
    REMEMBER( IPPROTO_IP, 32, "IP_RTHDR", E, BOOL, 0, IP, NOPROTOOPT, REMEMBER_IP_RTHDR, 0,
              "T: test_sockopt_validity; nobody says what it does" ),
    DATA( IPPROTO_IP, 33, "IP_GET_IFLIST", GET, IP, NOPROTOOPT, 0, read_interfaces, NULL,
          "T: test_sockopt_validity; MS: IPPROTO_IP options", "get:WSAEINVAL" ),
    REMEMBER( IPPROTO_IP, 38, "IP_RECVRTHDR", E, BOOL, 0, IP_MSG, INVAL, REMEMBER_IP_RECVRTHDR, 0,
              "T: test_sockopt_validity; IPv4 has no routing header" ),
    CONTROL( IPPROTO_IP, 40, "IP_RECVTOS", IP_MSG, IP_RECVTOS, "T: test_set_getsockopt" ),
    DATA( IPPROTO_IP, 41, "MCAST_JOIN_GROUP", SET, IP_MSG, INVAL, HOST_OPT_JOIN_GROUP, NULL, write_group_req,
          "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IP, 42, "MCAST_LEAVE_GROUP", SET, IP_MSG, INVAL, HOST_OPT_LEAVE_GROUP, NULL,
          write_group_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IP, 43, "MCAST_BLOCK_SOURCE", SET, IP_MSG, INVAL, HOST_OPT_BLOCK_SOURCE, NULL,
          write_group_source_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IP, 44, "MCAST_UNBLOCK_SOURCE", SET, IP_MSG, INVAL, HOST_OPT_UNBLOCK_SOURCE, NULL,
          write_group_source_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IP, 45, "MCAST_JOIN_SOURCE_GROUP", SET, IP_MSG, INVAL, HOST_OPT_JOIN_SOURCE, NULL,
          write_group_source_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IP, 46, "MCAST_LEAVE_SOURCE_GROUP", SET, IP_MSG, INVAL, HOST_OPT_LEAVE_SOURCE, NULL,
          write_group_source_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    CONTROL( IPPROTO_IP, 47, "IP_ORIGINAL_ARRIVAL_IF", IP_MSG, IP_ORIGINAL_ARRIVAL_IF,
             "T: test_sockopt_validity" ),
    CONTROL( IPPROTO_IP, 50, "IP_ECN", IP_MSG, IP_ECN, "T: test_sockopt_validity" ),
    CONTROL( IPPROTO_IP, 51, "IP_PKTINFO_EX", IP_MSG, IP_PKTINFO_EX, "T: test_sockopt_validity" ),
    REMEMBER( IPPROTO_IP, 60, "IP_WFP_REDIRECT_RECORDS", E, NUMBER, 0, IP_MSG, INVAL,
              REMEMBER_IP_WFP_REDIRECT_RECORDS, 0,
              "T: test_sockopt_validity; no filter redirects anything here" ),
    REMEMBER( IPPROTO_IP, 70, "IP_WFP_REDIRECT_CONTEXT", E, NUMBER, 0, IP_MSG, INVAL,
              REMEMBER_IP_WFP_REDIRECT_CONTEXT, 0,
              "T: test_sockopt_validity; no filter redirects anything here" ),
    CUSTOM( IPPROTO_IP, 71, "IP_MTU_DISCOVER", E, GETSET, NUMBER, 3, IP, NOPROTOOPT,
            REMEMBER_IP_MTU_DISCOVER, HOST_OPT_IP_MTU_DISCOVER, option_get_remembered, set_mtu_discover,
            "T: test_sockopt_validity; MS: IPPROTO_IP options" ),
    HOST_GET( IPPROTO_IP, 73, "IP_MTU", E, NUMBER, IP, NOPROTOOPT, HOST_OPT_IP_MTU,
              "T: test_sockopt_validity", "", .get_states = ONLY( WITH_PEER, HANDLER, NOTCONN ) ),
    REFUSED( IPPROTO_IP, 74, "IP_NRT_INTERFACE", NOPROTOOPT, "headers" ),
    CUSTOM( IPPROTO_IP, 75, "IP_RECVERR", E, GETSET, BOOL, 0, UDP, INVAL, CONTROL_IP_RECVERR, 0,
            control_get_errors, control_set_errors,
            "T: test_sockopt_validity; headers (IN_RECVERR, MSG_ERRQUEUE); Microsoft's msquic reads it" ),
    CUSTOM( IPPROTO_IP, 76, "IP_USER_MTU", E, GETSET, NUMBER, 0, IP, NOPROTOOPT,
            REMEMBER_IP_USER_MTU, ~0u, get_interest, set_user_mtu,
            "T: test_sockopt_validity; MS: IPPROTO_IP options" ),

    DATA( IPPROTO_IPV6, 1, "IPV6_HOPOPTS", GETSET, IP6, NOPROTOOPT, HOST_OPT_IPV6_HOP_OPTIONS,
          read_host_data, write_host_data, "T: test_sockopt_validity", "set:WSAEINVAL" ),
    HOST( IPPROTO_IPV6, 2, "IPV6_HDRINCL", F, BOOL, 0, IP6_RAW, INVAL, HOST_OPT_IPV6_HEADER_INCLUDED,
          "T: test_sockopt_validity" ),
    HOST( IPPROTO_IPV6, 4, "IPV6_UNICAST_HOPS", F, NUMBER, 255, IP6, NOPROTOOPT, HOST_OPT_IPV6_UNICAST_HOPS,
          "T: test_set_getsockopt" ),
    HOST( IPPROTO_IPV6, 9, "IPV6_MULTICAST_IF", F, NUMBER, 0, IP6_MSG, INVAL, HOST_OPT_IPV6_MULTICAST_IF,
          "T: test_sockopt_validity" ),
    HOST( IPPROTO_IPV6, 10, "IPV6_MULTICAST_HOPS", F, NUMBER, 255, IP6_MSG, INVAL,
          HOST_OPT_IPV6_MULTICAST_HOPS, "T: test_set_getsockopt" ),
    CUSTOM( IPPROTO_IPV6, 11, "IPV6_MULTICAST_LOOP", F, GETSET, BOOL, 0, IP6_MSG, INVAL,
            REMEMBER_IP_MULTICAST_LOOP, TRUE, get_interest, set_interest,
            "T: test_set_getsockopt; MS: IPPROTO_IPV6 options" ),
    DATA( IPPROTO_IPV6, 12, "IPV6_ADD_MEMBERSHIP", SET, IP6_MSG, INVAL, HOST_OPT_JOIN_GROUP, NULL,
          write_mreq6, "T: test_sockopt_validity; MS: IPPROTO_IPV6 options", "set:WSAEADDRNOTAVAIL" ),
    DATA( IPPROTO_IPV6, 13, "IPV6_DROP_MEMBERSHIP", SET, IP6_MSG, INVAL, HOST_OPT_LEAVE_GROUP, NULL,
          write_mreq6, "T: test_sockopt_validity; MS: IPPROTO_IPV6 options", "set:WSAEADDRNOTAVAIL" ),
    CUSTOM( IPPROTO_IPV6, 14, "IPV6_DONTFRAG", F, GETSET, BOOL, 0, IP6, NOPROTOOPT, REMEMBER_IPV6_DONTFRAG,
            HOST_OPT_IPV6_DONT_FRAGMENT, get_dont_fragment6, set_dont_fragment6, "T: test_set_getsockopt" ),
    CONTROL( IPPROTO_IPV6, 19, "IPV6_PKTINFO", IP6_MSG, IPV6_PKTINFO, "T: test_set_getsockopt" ),
    CONTROL( IPPROTO_IPV6, 21, "IPV6_HOPLIMIT", IP6_MSG, IPV6_HOPLIMIT, "T: test_set_getsockopt" ),
    REMEMBER( IPPROTO_IPV6, 23, "IPV6_PROTECTION_LEVEL", E, NUMBER, 0, IP6, NOPROTOOPT,
              REMEMBER_IP_PROTECTION_LEVEL, PROTECTION_LEVEL_UNSET,
              "T: test_sockopt_validity; the host filters nothing by it" ),
    CONTROL( IPPROTO_IPV6, 24, "IPV6_RECVIF", IP6_MSG, IPV6_RECVIF, "T: test_sockopt_validity" ),
    CONTROL( IPPROTO_IPV6, 25, "IPV6_RECVDSTADDR", IP6_MSG, IPV6_RECVDSTADDR, "T: test_sockopt_validity" ),
    HOST( IPPROTO_IPV6, 26, "IPV6_CHECKSUM", E, NUMBER, 0, IP6_RAW, INVAL, HOST_OPT_IPV6_CHECKSUM,
          "MS: IPPROTO_IPV6 options" ),
    CUSTOM( IPPROTO_IPV6, 27, "IPV6_V6ONLY", B, GETSET, BOOL, 0, IP, NOPROTOOPT, REMEMBER_IPV6_V6ONLY,
            HOST_OPT_IPV6_ONLY, get_v6only, set_v6only, "T: test_set_getsockopt, test_ipv6only", "",
            .set_states = ONLY_LATE( NEW, NAME, INVAL ) ),
    CUSTOM( IPPROTO_IPV6, 28, "IPV6_IFLIST", E, GETSET, BOOL, 0, IP6, NOPROTOOPT, REMEMBER_IP_IFLIST, FALSE,
            get_interest, set_interest, "T: test_sockopt_validity; MS: IPPROTO_IP options" ),
    CUSTOM( IPPROTO_IPV6, 29, "IPV6_ADD_IFLIST", E, SET, NUMBER, 0, IP6, NOPROTOOPT, 0, 0, NULL,
            set_add_interface, "MS: IPPROTO_IP options", "set:WSAEINVAL" ),
    CUSTOM( IPPROTO_IPV6, 30, "IPV6_DEL_IFLIST", E, SET, NUMBER, 0, IP6, NOPROTOOPT, 0, 0, NULL,
            set_remove_interface, "MS: IPPROTO_IP options", "set:WSAEINVAL" ),
    HOST( IPPROTO_IPV6, 31, "IPV6_UNICAST_IF", E, NUMBER, 0, IP6, NOPROTOOPT, HOST_OPT_IPV6_UNICAST_IF,
          "T: test_sockopt_validity; MS: IPPROTO_IPV6 options" ),
    REMEMBER( IPPROTO_IPV6, 32, "IPV6_RTHDR", E, BOOL, 0, IP6, NOPROTOOPT, REMEMBER_IP_RTHDR, 0,
              "T: test_sockopt_validity; nobody says what it does" ),
    DATA( IPPROTO_IPV6, 33, "IPV6_GET_IFLIST", GET, IP6, NOPROTOOPT, 0, read_interfaces, NULL,
          "T: test_sockopt_validity; MS: IPPROTO_IP options", "get:WSAEINVAL" ),
    CONTROL( IPPROTO_IPV6, 38, "IPV6_RECVRTHDR", IP6_MSG, IPV6_RECVRTHDR, "T: test_sockopt_validity" ),
    CONTROL( IPPROTO_IPV6, 40, "IPV6_RECVTCLASS", IP6_MSG, IPV6_RECVTCLASS, "T: test_set_getsockopt" ),
    DATA( IPPROTO_IPV6, 41, "MCAST_JOIN_GROUP", SET, IP6_MSG, INVAL, HOST_OPT_JOIN_GROUP, NULL,
          write_group_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IPV6, 42, "MCAST_LEAVE_GROUP", SET, IP6_MSG, INVAL, HOST_OPT_LEAVE_GROUP, NULL,
          write_group_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IPV6, 43, "MCAST_BLOCK_SOURCE", SET, IP6_MSG, INVAL, HOST_OPT_BLOCK_SOURCE, NULL,
          write_group_source_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IPV6, 44, "MCAST_UNBLOCK_SOURCE", SET, IP6_MSG, INVAL, HOST_OPT_UNBLOCK_SOURCE, NULL,
          write_group_source_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IPV6, 45, "MCAST_JOIN_SOURCE_GROUP", SET, IP6_MSG, INVAL, HOST_OPT_JOIN_SOURCE, NULL,
          write_group_source_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    DATA( IPPROTO_IPV6, 46, "MCAST_LEAVE_SOURCE_GROUP", SET, IP6_MSG, INVAL, HOST_OPT_LEAVE_SOURCE, NULL,
          write_group_source_req, "MS: multicast programming", "set:WSAEADDRNOTAVAIL set:WSAEINVAL" ),
    CONTROL( IPPROTO_IPV6, 47, "IP_ORIGINAL_ARRIVAL_IF", IP6_MSG, IPV6_ORIGINAL_ARRIVAL_IF,
             "T: test_sockopt_validity" ),
    CONTROL( IPPROTO_IPV6, 50, "IPV6_ECN", IP6_MSG, IPV6_ECN, "T: test_sockopt_validity" ),
    CONTROL( IPPROTO_IPV6, 51, "IPV6_PKTINFO_EX", IP6_MSG, IPV6_PKTINFO_EX, "T: test_sockopt_validity" ),
    REMEMBER( IPPROTO_IPV6, 60, "IPV6_WFP_REDIRECT_RECORDS", E, NUMBER, 0, IP6_MSG, INVAL,
              REMEMBER_IP_WFP_REDIRECT_RECORDS, 0,
              "T: test_sockopt_validity; no filter redirects anything here" ),
    REMEMBER( IPPROTO_IPV6, 70, "IPV6_WFP_REDIRECT_CONTEXT", E, NUMBER, 0, IP6_MSG, INVAL,
              REMEMBER_IP_WFP_REDIRECT_CONTEXT, 0,
              "T: test_sockopt_validity; no filter redirects anything here" ),
    CUSTOM( IPPROTO_IPV6, 71, "IPV6_MTU_DISCOVER", E, GETSET, NUMBER, 3, IP6, NOPROTOOPT,
            REMEMBER_IP_MTU_DISCOVER, HOST_OPT_IPV6_MTU_DISCOVER, option_get_remembered, set_mtu_discover,
            "T: test_sockopt_validity" ),
    HOST_GET( IPPROTO_IPV6, 72, "IPV6_MTU", E, NUMBER, IP6, NOPROTOOPT, HOST_OPT_IPV6_MTU,
              "T: test_sockopt_validity", "", .get_states = ONLY( WITH_PEER, HANDLER, NOTCONN ) ),
    REFUSED( IPPROTO_IPV6, 74, "IPV6_NRT_INTERFACE", NOPROTOOPT, "headers" ),
    CUSTOM( IPPROTO_IPV6, 75, "IPV6_RECVERR", E, GETSET, BOOL, 0, IP6_UDP, INVAL, CONTROL_IPV6_RECVERR, 0,
            control_get_errors, control_set_errors, "T: test_sockopt_validity; as IP_RECVERR" ),
    CUSTOM( IPPROTO_IPV6, 76, "IPV6_USER_MTU", E, GETSET, NUMBER, 0, IP6, NOPROTOOPT,
            REMEMBER_IP_USER_MTU, ~0u, get_interest, set_user_mtu, "T: test_sockopt_validity" ),

    /* Only what Wine's own module does; the host has had neither protocol for years. */
    AFD( NSPROTO_IPX, 0x4000, "IPX_PTYPE", D, NUMBER, OTHER, INVAL, IPX_PTYPE, "MS: NSPROTO_IPX options" ),
    CUSTOM( NSPROTO_IPX, 0x4001, "IPX_FILTERPTYPE", D, SET, NUMBER, 0, OTHER, INVAL, 0, 0, NULL, set_nothing,
            "MS: NSPROTO_IPX options" ),
    CUSTOM( NSPROTO_IPX, 0x400d, "IPX_MAX_ADAPTER_NUM", D, GET, NUMBER, 0, OTHER, INVAL, 1, 0,
            get_constant, NULL, "MS: NSPROTO_IPX options" ),
    DATA( NSPROTO_IPX, 0x4007, "IPX_ADDRESS", GET, OTHER, INVAL, 0, read_ipx_address, NULL,
          "MS: NSPROTO_IPX options" ),
    DATA( SOL_IRLMP, 16, "IRLMP_ENUMDEVICES", GET, OTHER, INVAL, IOCTL_AFD_WINE_GET_IRLMP_ENUMDEVICES,
          read_afd_data, NULL, "MS: SOL_IRLMP options" ),
};

const unsigned int option_row_count = ARRAY_SIZE( option_rows );

static const struct
{
    int level;
    BYTE families;
    const char *name;
}
levels[] =
{
    { SOL_SOCKET, ANY_FAMILY, "SOL_SOCKET" },
    { IPPROTO_IP, OPTION_INET | OPTION_INET6 | OPTION_DUAL, "IPPROTO_IP" },
    { IPPROTO_TCP, ANY_FAMILY, "IPPROTO_TCP" },
    { IPPROTO_UDP, ANY_FAMILY, "IPPROTO_UDP" },
    { IPPROTO_IPV6, OPTION_INET6, "IPPROTO_IPV6" },
    { NSPROTO_IPX, OPTION_OTHER_FAMILY, "NSPROTO_IPX" },
    { SOL_IRLMP, OPTION_OTHER_FAMILY, "SOL_IRLMP" },
};

const struct option_row *option_find( int level, int number, BYTE *families )
{
    unsigned int i;

    *families = 0;
    for (i = 0; i < ARRAY_SIZE( levels ); i++)
        if (levels[i].level == level) *families = levels[i].families;

    for (i = 0; *families && i < ARRAY_SIZE( option_rows ); i++)
        if (option_rows[i].level == level && option_rows[i].number == number) return &option_rows[i];
    return NULL;
}

const char *debugstr_option( int level, int number )
{
    const struct option_row *row;
    const char *name = NULL;
    unsigned int i;
    BYTE families;

    row = option_find( level, number, &families );
    for (i = 0; i < ARRAY_SIZE( levels ); i++)
        if (levels[i].level == level) name = levels[i].name;
    if (row && name) return wine_dbg_sprintf( "%s %s", name, row->name );   /* levels share names */
    if (name) return wine_dbg_sprintf( "%s option %#x", name, number );
    return wine_dbg_sprintf( "level %#x option %#x", level, number );
}
