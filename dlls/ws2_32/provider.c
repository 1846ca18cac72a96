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

/*** for layered providers ***/

/* WSPStartup and WSPCleanup calls of others; the API layer starts and stops the base provider itself. */
static LONG wsp_startups;

/* WSPCleanup as others call it: the last one of them ends the provider, and with it its sockets, only where
 * the program has not started Winsock too. */
static int WINAPI shared_cleanup( INT *error )
{
    LONG count = wsp_startups, seen;

    TRACE( "count %ld\n", count );

    for (;; count = seen)
    {
        if (!count)
        {
            *error = WSANOTINITIALISED;
            return SOCKET_ERROR;
        }
        if ((seen = InterlockedCompareExchange( &wsp_startups, count - 1, count )) == count) break;
    }
    if (count == 1 && enter_api() == WSANOTINITIALISED) return base_cleanup( error );
    *error = 0;
    return 0;
}

/* MS, WSPStartup: the answer is the error itself. Version 2.2 is what there is; whoever asks for more gets
 * that, whoever cannot use version 2 is refused. The error list has WSAEFAULT for the two output pointers;
 * protocol information serves providers that are several at once, and is only looked at here. */
int WINAPI WSPStartup( WORD version, WSPDATA *data, WSAPROTOCOL_INFOW *info, WSPUPCALLTABLE upcalls,
                       WSPPROC_TABLE *table )
{
    static const WCHAR description[] = L"Winsock 2 base provider";
    WSPPROC_TABLE shared = base_provider;
    WSPDATA answer;
    DWORD id = 0;

    TRACE( "version %#x, data %p, info %p, table %p\n", version, data, info, table );

    (void)upcalls;      /* handles are the system's own, so there is nothing to ask of the caller */

    if (!guard_touch( data, sizeof(*data) ) || !guard_touch( table, sizeof(*table) )) return WSAEFAULT;
    if (info && !guard_read( &id, &info->dwCatalogEntryId, sizeof(id) )) return WSAEFAULT;
    if (LOBYTE( version ) < 2) return WSAVERNOTSUPPORTED;
    if (!host_available()) return WSASYSNOTREADY;

    memset( &answer, 0, sizeof(answer) );
    answer.wVersion = LOBYTE( version ) == 2 ? MAKEWORD( 2, min( HIBYTE( version ), 2 ) ) : MAKEWORD( 2, 2 );
    answer.wHighVersion = MAKEWORD( 2, 2 );
    memcpy( answer.szDescription, description, sizeof(description) );

    shared.lpWSPCleanup = shared_cleanup;
    if (!guard_write( data, &answer, sizeof(answer) ) || !guard_write( table, &shared, sizeof(shared) ))
        return WSAEFAULT;

    InterlockedIncrement( &wsp_startups );
    TRACE( "catalogue entry %lu, %ld users\n", id, wsp_startups );
    return 0;
}
