/*
 * A datagram message that is to leave in segments, where the host does not cut it (too many segments,
 * larger than its MTU, a socket that AFD sends on): a send for each segment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program that was told that UDP_SEND_MSG_SIZE exists relies on it: sent whole, its packets would be
 * one datagram that no peer expects.
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define MAX_BUFFERS 65536   /* more cannot make a message that fits */

/* Where in the program's buffers the next segment begins. */
struct position
{
    const WSABUF *buffers;
    DWORD count, index;
    ULONG offset;
};

/* The slices of the next segment; answers how many bytes they are. */
static DWORD next_segment( struct position *pos, DWORD size, WSABUF *slices, DWORD *slice_count )
{
    DWORD total = 0;

    *slice_count = 0;
    while (total < size && pos->index < pos->count)
    {
        const WSABUF *buffer = &pos->buffers[pos->index];
        ULONG len = min( buffer->len - pos->offset, size - total );

        if (len)
        {
            slices[*slice_count].buf = buffer->buf + pos->offset;
            slices[(*slice_count)++].len = len;
        }
        total += len;
        if ((pos->offset += len) < buffer->len) continue;
        pos->offset = 0;
        pos->index++;
    }
    return total;
}

int send_segments( SOCKET s, const WSAMSG *message, const struct host_send_control *control, DWORD flags,
                   DWORD *sent, WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   INT *error )
{
    struct host_send_control part = *control;
    SIZE_T bytes = (SIZE_T)message->dwBufferCount * sizeof(WSABUF);
    WSABUF *buffers, *slices;
    struct position pos = { .count = message->dwBufferCount };
    DWORD slice_count, count, total = 0;

    part.present &= ~HOST_SEND_SEGMENT;

    if ((!overlapped || sent) && !guard_touch( sent, sizeof(*sent) ))
    {
        *error = WSAEFAULT;
        return SOCKET_ERROR;
    }
    if (message->dwBufferCount > MAX_BUFFERS || !(buffers = HeapAlloc( GetProcessHeap(), 0, 2 * bytes + 1 )))
    {
        *error = WSAENOBUFS;
        return SOCKET_ERROR;
    }
    slices = buffers + message->dwBufferCount;
    pos.buffers = buffers;
    *error = guard_read( buffers, message->lpBuffers, bytes ) ? 0 : WSAEFAULT;

    do
    {
        if (*error || !next_segment( &pos, control->segment, slices, &slice_count )) break;
        *error = send_with_control( s, slices, slice_count, &count, flags, message->name, message->namelen,
                                    part.present ? &part : NULL, NULL, NULL );
        if (*error) break;
        total += count;
    }
    while (pos.index < pos.count);
    HeapFree( GetProcessHeap(), 0, buffers );

    TRACE( "socket %#Ix: %lu bytes in segments of %lu, error %d\n", s, total, (DWORD)control->segment,
           *error );
    /* what went out cannot be taken back: to the program the rest is lost on the way, as datagrams are */
    if (*error && !total) return SOCKET_ERROR;
    *error = 0;
    if (sent && !guard_write( sent, &total, sizeof(total) )) *error = WSAEFAULT;
    else if (overlapped) *error = complete_overlapped( s, overlapped, routine, STATUS_SUCCESS, total );
    return *error ? SOCKET_ERROR : 0;
}
