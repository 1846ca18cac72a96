/*
 * A datagram message that is to leave in segments: UDP_SEND_MSG_SIZE as ancillary data of WSASendMsg.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The socket option of that name goes to the host, which cuts every send of the socket. For one message
 * AFD takes no ancillary data, so the cut is made here, a send for each segment. A program that was told
 * that the option exists relies on it: sent whole, its packets would be one datagram that no peer expects.
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define UDP_SEND_MSG_SIZE 2
#define MAX_CONTROL 512
#define MAX_BUFFERS 65536   /* more cannot make a message that fits */

BOOL message_segment_size( const WSAMSG *message, DWORD *size )
{
    char control[MAX_CONTROL];
    SIZE_T len = min( message->Control.len, sizeof(control) ), offset = 0;
    WSACMSGHDR header;

    if (!len || !guard_read( control, message->Control.buf, len )) return FALSE;
    while (offset + sizeof(header) <= len)
    {
        memcpy( &header, control + offset, sizeof(header) );
        if (header.cmsg_len < sizeof(header) || header.cmsg_len > len - offset) return FALSE;
        if (header.cmsg_level == IPPROTO_UDP && header.cmsg_type == UDP_SEND_MSG_SIZE &&
            header.cmsg_len >= sizeof(header) + sizeof(*size))
        {
            memcpy( size, control + offset + sizeof(header), sizeof(*size) );
            return *size != 0;
        }
        offset += (header.cmsg_len + sizeof(SIZE_T) - 1) & ~(sizeof(SIZE_T) - 1);
    }
    return FALSE;
}

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

int send_segments( SOCKET s, const WSAMSG *message, DWORD size, DWORD flags, DWORD *sent,
                   WSAOVERLAPPED *overlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, INT *error )
{
    SIZE_T bytes = (SIZE_T)message->dwBufferCount * sizeof(WSABUF);
    WSABUF *buffers, *slices;
    struct position pos = { .count = message->dwBufferCount };
    DWORD slice_count, count, total = 0;

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
        if (*error || !next_segment( &pos, size, slices, &slice_count )) break;
        if (base_send_to( s, slices, slice_count, &count, flags, message->name, message->namelen, NULL, NULL,
                          NULL, error ) == SOCKET_ERROR) break;
        total += count;
    }
    while (pos.index < pos.count);
    HeapFree( GetProcessHeap(), 0, buffers );

    TRACE( "socket %#Ix: %lu bytes in segments of %lu, error %d\n", s, total, size, *error );
    /* what went out cannot be taken back: to the program the rest is lost on the way, as datagrams are */
    if (*error && !total) return SOCKET_ERROR;
    *error = 0;
    if (sent && !guard_write( sent, &total, sizeof(total) )) *error = WSAEFAULT;
    else if (overlapped) *error = complete_overlapped( s, overlapped, routine, STATUS_SUCCESS, total );
    return *error ? SOCKET_ERROR : 0;
}
