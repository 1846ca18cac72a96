/*
 * The base provider's table, and WSPStartup, by which layered providers reach it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

const WSPPROC_TABLE base_provider =
{
    .lpWSPAccept = base_accept,
    .lpWSPAddressToString = base_address_to_string,
    .lpWSPAsyncSelect = base_async_select,
    .lpWSPBind = base_bind,
    .lpWSPCancelBlockingCall = base_cancel_blocking_call,
    .lpWSPCleanup = base_cleanup,
    .lpWSPCloseSocket = base_close_socket,
    .lpWSPConnect = base_connect,
    .lpWSPDuplicateSocket = base_duplicate_socket,
    .lpWSPEnumNetworkEvents = base_enum_network_events,
    .lpWSPEventSelect = base_event_select,
    .lpWSPGetOverlappedResult = base_get_overlapped_result,
    .lpWSPGetPeerName = base_get_peer_name,
    .lpWSPGetSockName = base_get_sock_name,
    .lpWSPGetSockOpt = base_get_sock_opt,
    .lpWSPGetQOSByName = base_get_qos_by_name,
    .lpWSPIoctl = base_ioctl,
    .lpWSPJoinLeaf = base_join_leaf,
    .lpWSPListen = base_listen,
    .lpWSPRecv = base_recv,
    .lpWSPRecvDisconnect = base_recv_disconnect,
    .lpWSPRecvFrom = base_recv_from,
    .lpWSPSelect = base_select,
    .lpWSPSend = base_send,
    .lpWSPSendDisconnect = base_send_disconnect,
    .lpWSPSendTo = base_send_to,
    .lpWSPSetSockOpt = base_set_sock_opt,
    .lpWSPShutdown = base_shutdown,
    .lpWSPSocket = base_socket,
    .lpWSPStringToAddress = base_string_to_address,
};

const WSPPROC_TABLE *provider = &base_provider;

C_ASSERT( sizeof(WSPPROC_TABLE) == 30 * sizeof(void *) );
C_ASSERT( sizeof(WSPUPCALLTABLE) == 15 * sizeof(void *) );
