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

static void send_byte( SOCKET s, const struct sockaddr_in *addr )
{
    WSABUF out = { 1, (char *)"x" };
    DWORD count;
    int error;

    base_send_to( s, &out, 1, &count, 0, (const struct sockaddr *)addr, sizeof(*addr), NULL, NULL, NULL,
                  &error );
}

/* Receive on a socket of our own, what has arrived before and what arrives later: these are two ways through
 * requests whose numbers are known for some versions only. */
static BOOL prove_stream(void)
{
    struct trial { OVERLAPPED overlapped; char buffer[4]; } *trials;
    LARGE_INTEGER timeout = { .QuadPart = -20000000 };
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl( INADDR_LOOPBACK ) };
    WSABUF in = { sizeof(trials->buffer) };
    struct socket_record *record;
    INT len = sizeof(addr), error;
    BOOL works;
    unsigned int i;
    HANDLE event;
    DWORD count;
    SOCKET s;

    s = base_socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED, &error );
    if (s == INVALID_SOCKET) return FALSE;
    event = CreateEventW( NULL, TRUE, FALSE, NULL );
    trials = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, 2 * sizeof(*trials) );
    works = event && trials && (record = record_find( s )) &&
            !base_bind( s, (struct sockaddr *)&addr, sizeof(addr), &error ) &&
            !base_get_sock_name( s, (struct sockaddr *)&addr, &len, &error );
    for (i = 0; works && i < 2; i++)
    {
        if (i) send_byte( s, &addr );
        trials[i].overlapped.hEvent = event;
        in.buf = trials[i].buffer;
        error = begin( s, record, &in, 1, 0, &trials[i].overlapped, NULL, &count );
        works = i ? !error && count == 1 : error == WSA_IO_PENDING;
        if (!i) send_byte( s, &addr );
        works = works && !NtWaitForSingleObject( event, FALSE, &timeout ) &&
                !trials[i].overlapped.Internal && trials[i].overlapped.InternalHigh == 1 &&
                trials[i].buffer[0] == 'x';
    }
    base_close_socket( s, &error );
    if (!works)
    {
        WARN( "stream receives wait in AFD alone.\n" );
        return FALSE;           /* a request that went wrong may write to its memory at any time */
    }
    HeapFree( GetProcessHeap(), 0, trials );
    CloseHandle( event );
    return TRUE;
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
