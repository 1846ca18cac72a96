/*
 * Requests that Wine's \Device\Afd understands.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Wine does not install this header. Numbers and layouts are the protocol's, read from Wine 8.0 and 10.0,
 * which agree but for the last six codes (10.0 only); names are theirs so that Wine's own tests compile.
 * Requests of the first group are those of Windows' afd.sys.
 */
#ifndef __WINE_WINE_AFD_H
#define __WINE_WINE_AFD_H

#include <winternl.h>
#include <winioctl.h>
#include <mswsock.h>

#ifdef USE_WS_PREFIX
# define WS(x) WS_##x
#else
# define WS(x) x
#endif

#define AFD_NEITHER(x)  CTL_CODE( FILE_DEVICE_BEEP, x, METHOD_NEITHER, FILE_ANY_ACCESS )
#define AFD_BUFFERED(x) CTL_CODE( FILE_DEVICE_BEEP, x, METHOD_BUFFERED, FILE_ANY_ACCESS )

#define IOCTL_AFD_BIND          AFD_NEITHER(0x800)
#define IOCTL_AFD_LISTEN        AFD_NEITHER(0x802)
#define IOCTL_AFD_RECV          AFD_NEITHER(0x805)
#define IOCTL_AFD_POLL          AFD_BUFFERED(0x809)
#define IOCTL_AFD_GETSOCKNAME   AFD_NEITHER(0x80b)
#define IOCTL_AFD_EVENT_SELECT  AFD_NEITHER(0x821)
#define IOCTL_AFD_GET_EVENTS    AFD_NEITHER(0x822)

/* Requests that Wine added, for what its own ws2_32 needs. */
#define WINE_AFD_IOC(x) CTL_CODE( FILE_DEVICE_NETWORK, x, METHOD_BUFFERED, FILE_ANY_ACCESS )

#define IOCTL_AFD_WINE_CREATE WINE_AFD_IOC(200)
#define IOCTL_AFD_WINE_ACCEPT WINE_AFD_IOC(201)
#define IOCTL_AFD_WINE_ACCEPT_INTO WINE_AFD_IOC(202)
#define IOCTL_AFD_WINE_CONNECT WINE_AFD_IOC(203)
#define IOCTL_AFD_WINE_SHUTDOWN WINE_AFD_IOC(204)
#define IOCTL_AFD_WINE_RECVMSG WINE_AFD_IOC(205)
#define IOCTL_AFD_WINE_SENDMSG WINE_AFD_IOC(206)
#define IOCTL_AFD_WINE_TRANSMIT WINE_AFD_IOC(207)
#define IOCTL_AFD_WINE_ADDRESS_LIST_CHANGE WINE_AFD_IOC(208)
#define IOCTL_AFD_WINE_FIONBIO WINE_AFD_IOC(209)
#define IOCTL_AFD_WINE_COMPLETE_ASYNC WINE_AFD_IOC(210)
#define IOCTL_AFD_WINE_FIONREAD WINE_AFD_IOC(211)
#define IOCTL_AFD_WINE_SIOCATMARK WINE_AFD_IOC(212)
#define IOCTL_AFD_WINE_GET_INTERFACE_LIST WINE_AFD_IOC(213)
#define IOCTL_AFD_WINE_KEEPALIVE_VALS WINE_AFD_IOC(214)
#define IOCTL_AFD_WINE_MESSAGE_SELECT WINE_AFD_IOC(215)
#define IOCTL_AFD_WINE_GETPEERNAME WINE_AFD_IOC(216)
#define IOCTL_AFD_WINE_DEFER WINE_AFD_IOC(217)
#define IOCTL_AFD_WINE_GET_INFO WINE_AFD_IOC(218)
#define IOCTL_AFD_WINE_GET_SO_ACCEPTCONN WINE_AFD_IOC(219)
#define IOCTL_AFD_WINE_GET_SO_BROADCAST WINE_AFD_IOC(220)
#define IOCTL_AFD_WINE_SET_SO_BROADCAST WINE_AFD_IOC(221)
#define IOCTL_AFD_WINE_GET_SO_ERROR WINE_AFD_IOC(222)
#define IOCTL_AFD_WINE_GET_SO_KEEPALIVE WINE_AFD_IOC(223)
#define IOCTL_AFD_WINE_SET_SO_KEEPALIVE WINE_AFD_IOC(224)
#define IOCTL_AFD_WINE_GET_SO_LINGER WINE_AFD_IOC(225)
#define IOCTL_AFD_WINE_SET_SO_LINGER WINE_AFD_IOC(226)
#define IOCTL_AFD_WINE_GET_SO_OOBINLINE WINE_AFD_IOC(227)
#define IOCTL_AFD_WINE_SET_SO_OOBINLINE WINE_AFD_IOC(228)
#define IOCTL_AFD_WINE_SET_SO_RCVBUF WINE_AFD_IOC(229)
#define IOCTL_AFD_WINE_GET_SO_RCVBUF WINE_AFD_IOC(230)
#define IOCTL_AFD_WINE_SET_SO_RCVTIMEO WINE_AFD_IOC(231)
#define IOCTL_AFD_WINE_GET_SO_RCVTIMEO WINE_AFD_IOC(232)
#define IOCTL_AFD_WINE_GET_SO_REUSEADDR WINE_AFD_IOC(233)
#define IOCTL_AFD_WINE_SET_SO_REUSEADDR WINE_AFD_IOC(234)
#define IOCTL_AFD_WINE_SET_SO_SNDBUF WINE_AFD_IOC(235)
#define IOCTL_AFD_WINE_GET_SO_SNDBUF WINE_AFD_IOC(236)
#define IOCTL_AFD_WINE_GET_SO_SNDTIMEO WINE_AFD_IOC(237)
#define IOCTL_AFD_WINE_SET_SO_SNDTIMEO WINE_AFD_IOC(238)
#define IOCTL_AFD_WINE_SET_IP_ADD_MEMBERSHIP WINE_AFD_IOC(239)
#define IOCTL_AFD_WINE_SET_IP_ADD_SOURCE_MEMBERSHIP WINE_AFD_IOC(240)
#define IOCTL_AFD_WINE_SET_IP_BLOCK_SOURCE WINE_AFD_IOC(241)
#define IOCTL_AFD_WINE_GET_IP_DONTFRAGMENT WINE_AFD_IOC(242)
#define IOCTL_AFD_WINE_SET_IP_DONTFRAGMENT WINE_AFD_IOC(243)
#define IOCTL_AFD_WINE_SET_IP_DROP_MEMBERSHIP WINE_AFD_IOC(244)
#define IOCTL_AFD_WINE_SET_IP_DROP_SOURCE_MEMBERSHIP WINE_AFD_IOC(245)
#define IOCTL_AFD_WINE_GET_IP_HDRINCL WINE_AFD_IOC(246)
#define IOCTL_AFD_WINE_SET_IP_HDRINCL WINE_AFD_IOC(247)
#define IOCTL_AFD_WINE_GET_IP_MULTICAST_IF WINE_AFD_IOC(248)
#define IOCTL_AFD_WINE_SET_IP_MULTICAST_IF WINE_AFD_IOC(249)
#define IOCTL_AFD_WINE_GET_IP_MULTICAST_LOOP WINE_AFD_IOC(250)
#define IOCTL_AFD_WINE_SET_IP_MULTICAST_LOOP WINE_AFD_IOC(251)
#define IOCTL_AFD_WINE_GET_IP_MULTICAST_TTL WINE_AFD_IOC(252)
#define IOCTL_AFD_WINE_SET_IP_MULTICAST_TTL WINE_AFD_IOC(253)
#define IOCTL_AFD_WINE_GET_IP_OPTIONS WINE_AFD_IOC(254)
#define IOCTL_AFD_WINE_SET_IP_OPTIONS WINE_AFD_IOC(255)
#define IOCTL_AFD_WINE_GET_IP_PKTINFO WINE_AFD_IOC(256)
#define IOCTL_AFD_WINE_SET_IP_PKTINFO WINE_AFD_IOC(257)
#define IOCTL_AFD_WINE_GET_IP_TOS WINE_AFD_IOC(258)
#define IOCTL_AFD_WINE_SET_IP_TOS WINE_AFD_IOC(259)
#define IOCTL_AFD_WINE_GET_IP_TTL WINE_AFD_IOC(260)
#define IOCTL_AFD_WINE_SET_IP_TTL WINE_AFD_IOC(261)
#define IOCTL_AFD_WINE_SET_IP_UNBLOCK_SOURCE WINE_AFD_IOC(262)
#define IOCTL_AFD_WINE_GET_IP_UNICAST_IF WINE_AFD_IOC(263)
#define IOCTL_AFD_WINE_SET_IP_UNICAST_IF WINE_AFD_IOC(264)
#define IOCTL_AFD_WINE_SET_IPV6_ADD_MEMBERSHIP WINE_AFD_IOC(265)
#define IOCTL_AFD_WINE_GET_IPV6_DONTFRAG WINE_AFD_IOC(266)
#define IOCTL_AFD_WINE_SET_IPV6_DONTFRAG WINE_AFD_IOC(267)
#define IOCTL_AFD_WINE_SET_IPV6_DROP_MEMBERSHIP WINE_AFD_IOC(268)
#define IOCTL_AFD_WINE_GET_IPV6_MULTICAST_HOPS WINE_AFD_IOC(269)
#define IOCTL_AFD_WINE_SET_IPV6_MULTICAST_HOPS WINE_AFD_IOC(270)
#define IOCTL_AFD_WINE_GET_IPV6_MULTICAST_IF WINE_AFD_IOC(271)
#define IOCTL_AFD_WINE_SET_IPV6_MULTICAST_IF WINE_AFD_IOC(272)
#define IOCTL_AFD_WINE_GET_IPV6_MULTICAST_LOOP WINE_AFD_IOC(273)
#define IOCTL_AFD_WINE_SET_IPV6_MULTICAST_LOOP WINE_AFD_IOC(274)
#define IOCTL_AFD_WINE_GET_IPV6_UNICAST_HOPS WINE_AFD_IOC(275)
#define IOCTL_AFD_WINE_SET_IPV6_UNICAST_HOPS WINE_AFD_IOC(276)
#define IOCTL_AFD_WINE_GET_IPV6_UNICAST_IF WINE_AFD_IOC(277)
#define IOCTL_AFD_WINE_SET_IPV6_UNICAST_IF WINE_AFD_IOC(278)
#define IOCTL_AFD_WINE_GET_IPV6_V6ONLY WINE_AFD_IOC(279)
#define IOCTL_AFD_WINE_SET_IPV6_V6ONLY WINE_AFD_IOC(280)
#define IOCTL_AFD_WINE_GET_IPX_PTYPE WINE_AFD_IOC(281)
#define IOCTL_AFD_WINE_SET_IPX_PTYPE WINE_AFD_IOC(282)
#define IOCTL_AFD_WINE_GET_IRLMP_ENUMDEVICES WINE_AFD_IOC(283)
#define IOCTL_AFD_WINE_GET_TCP_NODELAY WINE_AFD_IOC(284)
#define IOCTL_AFD_WINE_SET_TCP_NODELAY WINE_AFD_IOC(285)
#define IOCTL_AFD_WINE_GET_IPV6_RECVHOPLIMIT WINE_AFD_IOC(286)
#define IOCTL_AFD_WINE_SET_IPV6_RECVHOPLIMIT WINE_AFD_IOC(287)
#define IOCTL_AFD_WINE_GET_IPV6_RECVPKTINFO WINE_AFD_IOC(288)
#define IOCTL_AFD_WINE_SET_IPV6_RECVPKTINFO WINE_AFD_IOC(289)
#define IOCTL_AFD_WINE_GET_IPV6_RECVTCLASS WINE_AFD_IOC(290)
#define IOCTL_AFD_WINE_SET_IPV6_RECVTCLASS WINE_AFD_IOC(291)
#define IOCTL_AFD_WINE_GET_SO_CONNECT_TIME WINE_AFD_IOC(292)
#define IOCTL_AFD_WINE_GET_IP_RECVTTL WINE_AFD_IOC(293)
#define IOCTL_AFD_WINE_SET_IP_RECVTTL WINE_AFD_IOC(294)
#define IOCTL_AFD_WINE_GET_IP_RECVTOS WINE_AFD_IOC(295)
#define IOCTL_AFD_WINE_SET_IP_RECVTOS WINE_AFD_IOC(296)
#define IOCTL_AFD_WINE_GET_SO_EXCLUSIVEADDRUSE WINE_AFD_IOC(297)
#define IOCTL_AFD_WINE_SET_SO_EXCLUSIVEADDRUSE WINE_AFD_IOC(298)
#define IOCTL_AFD_WINE_GET_TCP_KEEPALIVE WINE_AFD_IOC(299)
#define IOCTL_AFD_WINE_SET_TCP_KEEPALIVE WINE_AFD_IOC(300)
#define IOCTL_AFD_WINE_GET_TCP_KEEPCNT WINE_AFD_IOC(301)
#define IOCTL_AFD_WINE_SET_TCP_KEEPCNT WINE_AFD_IOC(302)
#define IOCTL_AFD_WINE_GET_TCP_KEEPINTVL WINE_AFD_IOC(303)
#define IOCTL_AFD_WINE_SET_TCP_KEEPINTVL WINE_AFD_IOC(304)

/* Events of IOCTL_AFD_POLL and IOCTL_AFD_EVENT_SELECT, and their index in afd_get_events_params. */
#define AFD_EVENTS( X ) \
    X( READ, 0 ) X( OOB, 1 ) X( WRITE, 2 ) X( HUP, 3 ) X( RESET, 4 ) X( CLOSE, 5 ) X( CONNECT, 6 ) \
    X( ACCEPT, 7 ) X( CONNECT_ERR, 8 ) X( UNK1, 9 ) X( UNK2, 10 ) X( UNK3, 11 ) X( UNK4, 12 )

enum afd_poll_bit
{
#define X( name, bit ) AFD_POLL_BIT_##name = bit,
    AFD_EVENTS( X )
#undef X
    AFD_POLL_BIT_COUNT
};

enum afd_poll_flag
{
#define X( name, bit ) AFD_POLL_##name = 1 << bit,
    AFD_EVENTS( X )
#undef X
};

struct afd_bind_params
{
    int unknown;
    struct WS(sockaddr) addr;   /* as long as the input says */
};

struct afd_listen_params
{
    int unknown1;
    int backlog;
    int unknown2;
};

#define AFD_RECV_FORCE_ASYNC 0x2

#define AFD_MSG_NOT_OOB 0x0020
#define AFD_MSG_OOB     0x0040
#define AFD_MSG_PEEK    0x0080
#define AFD_MSG_WAITALL 0x4000

struct afd_recv_params
{
    const WSABUF *buffers;
    unsigned int count;
    int recv_flags;
    int msg_flags;
};

struct afd_wsabuf_32
{
    UINT len;
    UINT buf;
};

struct afd_recv_params_32
{
    ULONG buffers;
    unsigned int count;
    int recv_flags;
    int msg_flags;
};

#include <pshpack4.h>

#define AFD_POLL_PARAMS( suffix, handle ) \
    struct afd_poll_params##suffix \
    { \
        LONGLONG timeout; \
        unsigned int count; \
        BOOLEAN exclusive; \
        BOOLEAN padding[3]; \
        struct afd_poll_socket##suffix \
        { \
            handle socket; \
            int flags; \
            int status; \
        } sockets[1]; \
    }

AFD_POLL_PARAMS( , SOCKET );
AFD_POLL_PARAMS( _64, ULONGLONG );
AFD_POLL_PARAMS( _32, ULONG );

#include <poppack.h>

#define AFD_EVENT_SELECT_PARAMS( suffix, handle ) \
    struct afd_event_select_params##suffix \
    { \
        handle event; \
        int mask; \
    }

AFD_EVENT_SELECT_PARAMS( , HANDLE );
AFD_EVENT_SELECT_PARAMS( _64, ULONGLONG );
AFD_EVENT_SELECT_PARAMS( _32, ULONG );

struct afd_get_events_params
{
    int flags;
    int status[13];
};

struct afd_create_params
{
    int family, type, protocol;
    unsigned int flags;
};

struct afd_accept_into_params
{
    ULONG accept_handle;
    unsigned int recv_len, local_len;
};

struct afd_connect_params
{
    int addr_len;
    int synchronous;
    /* followed by the address, then by data to send */
};

struct afd_recvmsg_params
{
    ULONGLONG control_ptr;      /* WSABUF */
    ULONGLONG addr_ptr;
    ULONGLONG addr_len_ptr;     /* int */
    ULONGLONG ws_flags_ptr;     /* unsigned int */
    int force_async;
    unsigned int count;
    ULONGLONG buffers_ptr;      /* WSABUF[count] */
};

struct afd_sendmsg_params
{
    ULONGLONG addr_ptr;
    unsigned int addr_len;
    unsigned int ws_flags;
    int force_async;
    unsigned int count;
    ULONGLONG buffers_ptr;      /* WSABUF[count] */
};

struct afd_transmit_params
{
    LARGE_INTEGER offset;
    ULONGLONG head_ptr;
    ULONGLONG tail_ptr;
    DWORD head_len;
    DWORD tail_len;
    ULONG file;
    DWORD file_len;
    DWORD buffer_size;
    DWORD flags;
};

struct afd_message_select_params
{
    ULONG handle;
    ULONG window;
    unsigned int message;
    int mask;
};

struct afd_get_info_params
{
    int family, type, protocol;
};

C_ASSERT( sizeof(struct afd_bind_params) == 20 );
C_ASSERT( sizeof(struct afd_listen_params) == 12 );
C_ASSERT( sizeof(struct afd_poll_params_64) == 32 );
C_ASSERT( sizeof(struct afd_get_events_params) == 56 );
C_ASSERT( sizeof(struct afd_recvmsg_params) == 48 );
C_ASSERT( sizeof(struct afd_sendmsg_params) == 32 );
C_ASSERT( sizeof(struct afd_transmit_params) == 48 );

#endif
