/*
 * Sockets that have been in two processes, and are in one again: when the fast path may have them (back).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that hands its connections to children duplicates the socket and closes its own handle. Then
 * nobody else can change what our record says, and how many handles there are is what proves it. The record
 * must know the state that others may have left behind, too: a selection of this process replaces any
 * other and the blocking mode, AFD has the time-outs, the host tells of a shutdown, and what neither can
 * tell comes with the WSAPROTOCOL_INFO, if it is ours.
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* What only the process knows that made it so. */
#define UNSEEN_STATES (RECORD_SHUT_RECV | RECORD_SHUT_SEND | RECORD_URGENT | RECORD_RESET | RECORD_ABORTED)

DWORD handover_states( const struct socket_record *record )
{
    return record ? record->flags & UNSEEN_STATES : 0;
}

LONG handover_flags( DWORD states )
{
    return RECORD_SHARED | (states & UNSEEN_STATES);
}

void handover_shared( struct socket_record *record )
{
    if (!record) return;
    /* the other process may select events, and hand the socket back */
    record_clear( record, RECORD_OURS | RECORD_SELECTED );
    InterlockedExchange( &record->handover_count, 0 );
    record_set( record, RECORD_SHARED );
}

static BOOL has_one_handle( SOCKET s )
{
    OBJECT_BASIC_INFORMATION info;

    return !NtQueryObject( (HANDLE)s, ObjectBasicInformation, &info, sizeof(info), NULL ) &&
           info.HandleCount == 1;
}

void handover_check( SOCKET s, struct socket_record *record )
{
    DWORD recv_timeout, send_timeout;
    SOCKADDR_STORAGE peer;
    LONG count;
    int state;

    if (!record || (record->flags & (RECORD_SHARED | RECORD_SELECTED)) != (RECORD_SHARED | RECORD_SELECTED))
        return;
    if (record->type != SOCK_STREAM || record->protocol != IPPROTO_TCP || (record->flags & UNSEEN_STATES))
        return;
    /* at the 1st, 4th, 16th ... transfer, since each attempt takes a server request */
    count = InterlockedIncrement( &record->handover_count );
    if (count <= 0 || (count & (count - 1)) || !(count & 0x55555555)) return;
    if (!has_one_handle( s )) return;

    if (host_get_int( s, HOST_OPT_TCP_STATE, &state ) || state != HOST_TCP_ESTABLISHED) return;
    if (afd_control( s, IOCTL_AFD_WINE_GETPEERNAME, NULL, 0, &peer, sizeof(peer) )) return;
    if (afd_control( s, IOCTL_AFD_WINE_GET_SO_RCVTIMEO, NULL, 0, &recv_timeout, sizeof(recv_timeout) ) ||
        afd_control( s, IOCTL_AFD_WINE_GET_SO_SNDTIMEO, NULL, 0, &send_timeout, sizeof(send_timeout) ))
        return;
    /* the other process may have selected last */
    if (!event_confirm( s, record )) return;
    record->recv_timeout = recv_timeout;
    record->send_timeout = send_timeout;
    TRACE( "socket %#Ix is in no other process any more.\n", s );
    record_clear( record, RECORD_SHARED );
    record_set( record, RECORD_OURS | RECORD_BOUND | RECORD_CONNECTED );
}
