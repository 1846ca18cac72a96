/*
 * Ancillary data of datagrams (WSA_CMSG): the options that ask for it, and the messages of WSARecvMsg and
 * WSASendMsg.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_CONTROL_H
#define WS2_CONTROL_H

#include "option_table.h"

/* Options that make WSARecvMsg answer a message, and two things that count like them. One bit each in the
 * value that the record remembers as REMEMBER_CONTROL. */
enum control_option
{
    CONTROL_IP_PKTINFO,
    CONTROL_IP_RECVTTL,
    CONTROL_IP_RECVIF,
    CONTROL_IP_RECVDSTADDR,
    CONTROL_IP_RECVTOS,
    CONTROL_IP_ORIGINAL_ARRIVAL_IF,
    CONTROL_IP_ECN,
    CONTROL_IP_PKTINFO_EX,
    CONTROL_IP_RECVERR,
    CONTROL_IPV6_PKTINFO,
    CONTROL_IPV6_HOPLIMIT,
    CONTROL_IPV6_RECVIF,
    CONTROL_IPV6_RECVDSTADDR,
    CONTROL_IPV6_RECVRTHDR,
    CONTROL_IPV6_RECVTCLASS,
    CONTROL_IPV6_ORIGINAL_ARRIVAL_IF,
    CONTROL_IPV6_ECN,
    CONTROL_IPV6_PKTINFO_EX,
    CONTROL_IPV6_RECVERR,
    CONTROL_UDP_COALESCED,      /* UDP_RECV_MAX_COALESCED_SIZE is large enough for what the host coalesces */
    CONTROL_TIMESTAMP,
    CONTROL_COUNT,
    CONTROL_DESTINATION = CONTROL_COUNT, /* the host tells the destination, for MSG_BCAST and MSG_MCAST */
    CONTROL_SEND_TIMESTAMP,     /* not a message: those to send are read */
    CONTROL_SUSPENDED,          /* coalescing is off for the sake of a receive in AFD */
};

/* Handlers of those options; row->arg is the enum control_option. */
int control_get_option( struct option_call *call, DWORD *value );
int control_set_option( struct option_call *call, DWORD value );
int control_set_coalesced_size( struct option_call *call, DWORD value );

/* The same of IP_RECVERR and IPV6_RECVERR, which want ICMP errors as messages: kept where AFD cannot take
 * them, and only while it does not watch the socket (datagram.c). */
int control_get_errors( struct option_call *call, DWORD *value );
int control_set_errors( struct option_call *call, DWORD value );
BOOL control_wants_errors( const struct socket_record *record );

/* Whether WSARecvMsg can be served on the host: datagram sockets that this process alone uses. */
BOOL control_available( const struct socket_record *record );

/* Before a receive with ancillary data on the host: which messages the socket wants, into control's
 * items. */
void control_wanted( SOCKET s, struct socket_record *record, struct host_control *control );

/* SIO_TIMESTAMPING has told the host to stamp received datagrams, and sent ones that ask for it. */
void control_set_timestamps( struct socket_record *record, BOOL receive, BOOL send );

/* A receive goes to AFD: what AFD would not know how to tell is not to come. */
void control_leave( SOCKET s, struct socket_record *record );

/* Read the ancillary data of a message to send, which the program owns. Answers 0, WSAEFAULT, or
 * WSAEINVAL where it is malformed (the length of a message is less than its header's, or more than there
 * is). */
int control_parse( SOCKET s, const struct socket_record *record, const WSAMSG *message,
                   struct host_send_control *control );

#endif
