/*
 * Sockets that have been in two processes, and are in one again: when the fast path may have them (back).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that hands its connections to children duplicates the socket and closes its own handle. Then
 * nobody else can change what our record says, and how many handles there are is what proves it: one, or
 * two if the child has inherited the socket as well and has not used that handle. The record must know the
 * state that others may have left behind, too: a selection of this process replaces any other and the
 * blocking mode, AFD has the time-outs, the host tells of a shutdown, and what neither can tell comes with
 * the WSAPROTOCOL_INFO, if it is ours.
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
    if (record->settings) InterlockedExchange( &record->settings->handover_count, 0 );
    record_set( record, RECORD_SHARED );
}

static BOOL is_same( SOCKET s, SOCKET other )
{
    return s != other && !NtCompareObjects( (HANDLE)s, (HANDLE)other );
}

void handover_inherited( SOCKET s, struct socket_record *record, SOCKET inherited )
{
    struct socket_settings *settings, *other_settings;
    struct socket_record *other;

    /* it may have receives that pend, and be shut down, by calls that nothing was kept of */
    if (!record || record->type != SOCK_STREAM || !inherited || !record_never_used( inherited )) return;
    if (!is_same( s, inherited )) return;
    if (!(settings = record_part( record, settings )) ||
        !(other = record_create( inherited, record->family, record->type, record->protocol, 0 )) ||
        !(other_settings = record_part( other, settings )))
        return;
    settings->twin = inherited;
    other_settings->twin = s;
    record_set( other, RECORD_TWIN );
}

void handover_twin_used( SOCKET inherited, struct socket_record *record )
{
    struct socket_record *other;

    if (!(record_clear( record, RECORD_TWIN ) & RECORD_TWIN)) return;
    other = record_find( record->settings->twin );
    if (!other || !other->settings || other->settings->twin != inherited) return;
    other->settings->twin = 0;
    handover_shared( other );
}

/* Whether this process has all handles. The count is asked first: a handle of another process that is closed
 * in between is in it. */
static BOOL is_alone( SOCKET s, const struct socket_record *record )
{
    SOCKET twin = record->settings ? record->settings->twin : 0;
    OBJECT_BASIC_INFORMATION info;

    if (NtQueryObject( (HANDLE)s, ObjectBasicInformation, &info, sizeof(info), NULL )) return FALSE;
    return info.HandleCount == 1 || (info.HandleCount == 2 && twin && is_same( s, twin ));
}

void handover_check( SOCKET s, struct socket_record *record )
{
    DWORD recv_timeout, send_timeout;
    struct socket_settings *settings;
    SOCKADDR_STORAGE peer;
    LONG count;
    int state;

    if (!record || (record->flags & (RECORD_SHARED | RECORD_SELECTED)) != (RECORD_SHARED | RECORD_SELECTED))
        return;
    if (!records_end_with_handles()) return;
    if (record->type != SOCK_STREAM || record->protocol != IPPROTO_TCP || (record->flags & UNSEEN_STATES))
        return;
    /* at the 1st, 4th, 16th ... transfer, since each attempt takes a server request */
    if (!(settings = record_part( record, settings ))) return;
    count = InterlockedIncrement( &settings->handover_count );
    if (count <= 0 || (count & (count - 1)) || !(count & 0x55555555)) return;
    if (!is_alone( s, record )) return;

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
