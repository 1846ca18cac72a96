/*
 * Stream receives that wait in AFD, as requests whose end is the host half's to tell (unix/stream.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Memory with a write watch refuses the host's bytes until it is touched, which only ntdll can do where they
 * arrive. */
static BOOL is_write_watched( const WSABUF *buffers, DWORD count )
{
    ULONG_PTR written;
    ULONG page;
    void *first;
    DWORD i;

    for (i = 0; i < count; i++)
    {
        written = 1;
        if (buffers[i].len && !GetWriteWatch( 0, buffers[i].buf, buffers[i].len, &first, &written, &page ))
            return TRUE;
    }
    return FALSE;
}

static int begin( SOCKET s, struct socket_record *record, const WSABUF *buffers, DWORD count, DWORD flags,
                  OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *received )
{
    struct host_buffer copies[16];
    struct pended_call call;
    DWORD i;
    int ret;

    if (count > ARRAY_SIZE(copies)) return WSAEOPNOTSUPP;
    if ((ret = afd_pend( &call, s, overlapped, routine ))) return ret;
    for (i = 0; i < count; i++)
    {
        copies[i].data = (ULONG_PTR)buffers[i].buf;
        copies[i].length = buffers[i].len;
    }
    call.request.buffers = (ULONG_PTR)copies;
    call.request.count = count;
    call.request.state = (ULONG_PTR)&record->generation;
    call.request.flags = flags & MSG_PEEK ? HOST_MSG_PEEK : 0;
    ret = host_call( HOST_STREAM_PEND, &call.request );
    *received = call.request.transferred;
    if (!ret) return call.request.status ? WSA_IO_PENDING : 0;
    if (ret == HOST_EOTHER) return status_to_wsa( call.request.status );
    WARN( "socket %#Ix: host error %d.\n", s, ret );
    return WSAEOPNOTSUPP;
}

static int begin_one( SOCKET s, struct socket_record *record, const WSABUF *buffer, OVERLAPPED *overlapped,
                      DWORD *received )
{
    return begin( s, record, buffer, 1, 0, overlapped, NULL, received );
}

static BOOL prove_stream(void)
{
    BOOL works = receive_works( begin_one );

    if (!works) WARN( "stream receives wait in AFD alone.\n" );
    return works;
}

int stream_pend( SOCKET s, struct socket_record *record, const WSABUF *buffers, DWORD count, DWORD flags,
                 OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *received )
{
    static const LONG needed = RECORD_OURS | RECORD_OVERLAPPED | RECORD_CONNECTED;
    static LONG answer;

    if (record->type != SOCK_STREAM || (record->family != AF_INET && record->family != AF_INET6) ||
        (record->flags & (needed | RECORD_REGISTERED_IO)) != needed ||
        (flags & (MSG_OOB | MSG_WAITALL)) || is_write_watched( buffers, count ) ||
        !proven( &answer, prove_stream ))
        return WSAEOPNOTSUPP;
    if (record->selection && record->selection->window && (record->event_mask & FD_CLOSE))
        notify_close( s, record->born );
    return begin( s, record, buffers, count, flags, overlapped, routine, received );
}

void stream_abort( SOCKET s )
{
    struct host_abort_params params = { s };

    host_call( HOST_STREAM_ABORT, &params );
}
