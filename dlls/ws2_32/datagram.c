/*
 * Datagram receives that wait: the reactor's Windows side.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host half has the queues (unix/reactor.c); here is which receives go there, and the thread that serves
 * them, which must be one that Wine knows since it talks to wineserver.
 */
#include "ws2_32_private.h"
#include "control.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

static DWORD WINAPI reactor_thread( void *arg )
{
    struct host_react_params params;
    unsigned int i;

    (void)arg;
    for (;;)
    {
        params.outcome = HOST_REACT_GO;
        if (host_call( HOST_REACT, &params ) || params.outcome == HOST_REACT_END) return 0;
        for (i = 0; i < params.count; i++)
            guard_touch( (void *)(ULONG_PTR)params.buffers[i].data, params.buffers[i].length );
    }
}

static BOOL start_reactor(void)
{
    struct host_react_params params = { .outcome = HOST_REACT_END };

    if (host_thread( reactor_thread )) return TRUE;
    ERR( "no thread for datagrams, error %lu.\n", GetLastError() );
    host_call( HOST_REACT, &params );
    return FALSE;
}

static LONG wanted_reports( const struct socket_record *record )
{
    return (option_remembered( record, REMEMBER_UDP_CONNRESET, TRUE ) ? HOST_REPORT_PORT : 0) |
           (option_remembered( record, REMEMBER_UDP_NETRESET, TRUE ) ? HOST_REPORT_NET : 0) |
           (control_wants_errors( record ) ? HOST_REPORT_MESSAGE : 0);
}

/* Whether the socket may keep errors in a queue, which makes AFD deaf for it (rule 8): once receives have
 * waited, or for a program that asks for them before it sends. */
static BOOL may_queue_errors( struct socket_record *record )
{
    if (record->datagrams.reports && datagram_may_pend( record )) return TRUE;
    return control_wants_errors( record ) && control_available( record ) &&
           !(record->flags & RECORD_WATCHED) && reactor_available();
}

void datagram_reports_changed( SOCKET s, struct socket_record *record )
{
    LONG before, reports;

    if (!record) return;
    before = record->datagrams.reports;
    reports = may_queue_errors( record ) ? wanted_reports( record ) : 0;
    if (reports == before) return;
    record->datagrams.reports = reports;
    if (!reports != !before) host_set_int( s, HOST_OPT_QUEUE_ERRORS, reports != 0 );
}

/* Put the receive into the host half's queue. Answers WSA_IO_PENDING or why not. */
static int enqueue( SOCKET s, struct socket_record *record, const struct pended_receive *receive,
                    OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    struct host_buffer buffers[16];
    struct host_control control;
    struct pended_call call;
    struct host_pend_params *params = &call.request;
    IO_STATUS_BLOCK io;
    DWORD i;
    int ret;

    if (receive->count > ARRAY_SIZE(buffers)) return WSAEOPNOTSUPP;
    if ((ret = afd_pend( &call, s, overlapped, routine ))) return ret;
    params->buffers = (ULONG_PTR)buffers;
    params->count = receive->count;
    params->state = (ULONG_PTR)&record->datagrams;
    params->flags = receive->flags & MSG_PEEK ? HOST_MSG_PEEK : 0;
    params->name_family = AF_INET6;
    for (i = 0; i < receive->count; i++)
    {
        buffers[i].data = (ULONG_PTR)receive->buffers[i].buf;
        buffers[i].length = receive->buffers[i].len;
    }
    if (receive->from)
    {
        params->name = (ULONG_PTR)receive->from;
        params->name_length = (ULONG_PTR)receive->from_len;
        params->name_size = receive->from_size;
    }
    if (receive->control)
    {
        control.data = (ULONG_PTR)receive->control_room.buf;
        control.size = receive->control_room.len;
        control_wanted( s, record, &control );
        params->control = (ULONG_PTR)&control;
        params->control_length = (ULONG_PTR)&receive->control->len;
        params->control_flags = (ULONG_PTR)receive->control_flags;
    }
    if ((ret = host_call( HOST_PEND, params )))
    {
        WARN( "socket %#Ix: host error %d, status %#x.\n", s, ret, params->status );
        return WSAEOPNOTSUPP;
    }
    if (params->start && !start_reactor()) NtCancelIoFileEx( (HANDLE)s, (IO_STATUS_BLOCK *)overlapped, &io );
    return WSA_IO_PENDING;
}

/* A blocking receive behind overlapped ones: it waits as one of them. */
static int wait_in_queue( SOCKET s, struct socket_record *record, struct pended_receive *receive )
{
    LARGE_INTEGER timeout = { .QuadPart = -(LONGLONG)record->recv_timeout * 10000 };
    LONG generation = record->born;
    OVERLAPPED overlapped = { .hEvent = sync_event() };
    HANDLE event = overlapped.hEvent;
    int error, ret;

    if (!event) return WSAENOBUFS;
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);     /* no packet */
    if ((ret = enqueue( s, record, receive, &overlapped, NULL )) == WSA_IO_PENDING)
    {
        if ((error = wait_blocking( event, record->recv_timeout ? &timeout : NULL, AFD_ALERTABLE )))
        {
            IO_STATUS_BLOCK io;

            NtCancelIoFileEx( (HANDLE)s, (IO_STATUS_BLOCK *)&overlapped, &io );
            NtWaitForSingleObject( event, FALSE, NULL );
        }
        if ((NTSTATUS)overlapped.Internal != STATUS_CANCELLED)
        {
            ret = status_to_wsa( overlapped.Internal );
            receive->transferred = overlapped.InternalHigh;
        }
        else if (record_is_gone( record, generation )) ret = WSAEINTR;
        else ret = error ? error : WSA_OPERATION_ABORTED;
    }
    release_sync_event( event );
    return ret;
}

static void send_byte( SOCKET s, const struct sockaddr_in *addr )
{
    WSABUF out = { 1, (char *)"x" };
    DWORD count;
    int error;

    base_send_to( s, &out, 1, &count, 0, (const struct sockaddr *)addr, sizeof(*addr), NULL, NULL, NULL,
                  &error );
}

BOOL receive_works( begin_receive begin )
{
    struct trial { OVERLAPPED overlapped; char buffer[4]; } *trials;
    LARGE_INTEGER timeout = { .QuadPart = -20000000 };
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl( INADDR_LOOPBACK ) };
    WSABUF in = { sizeof(trials->buffer) };
    struct socket_record *record;
    INT len = sizeof(addr), error;
    DWORD count = 0;
    unsigned int i;
    HANDLE event;
    BOOL works;
    SOCKET s;

    s = base_socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED, &error );
    if (s == INVALID_SOCKET) return FALSE;
    event = CreateEventW( NULL, FALSE, FALSE, NULL );
    trials = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, 2 * sizeof(*trials) );
    works = event && trials && (record = record_find( s )) &&
            !base_bind( s, (struct sockaddr *)&addr, sizeof(addr), &error ) &&
            !base_get_sock_name( s, (struct sockaddr *)&addr, &len, &error );
    for (i = 0; works && i < 2; i++)
    {
        if (i) send_byte( s, &addr );
        trials[i].overlapped.hEvent = event;
        in.buf = trials[i].buffer;
        error = begin( s, record, &in, &trials[i].overlapped, &count );
        if (!i) send_byte( s, &addr );
        if (error == WSA_IO_PENDING) works = !NtWaitForSingleObject( event, FALSE, &timeout );
        else works = i && !error && count == 1;
        works = works && !trials[i].overlapped.Internal && trials[i].overlapped.InternalHigh == 1 &&
                trials[i].buffer[0] == 'x';
    }
    base_close_socket( s, &error );
    if (!works) return FALSE;   /* a request that went wrong may write to its memory at any time */
    HeapFree( GetProcessHeap(), 0, trials );
    CloseHandle( event );
    return TRUE;
}

static int begin_one( SOCKET s, struct socket_record *record, const WSABUF *buffer, OVERLAPPED *overlapped,
                      DWORD *received )
{
    const struct pended_receive receive = { .buffers = buffer, .count = 1 };

    (void)received;
    return enqueue( s, record, &receive, overlapped, NULL );
}

static BOOL prove_reactor(void)
{
    BOOL works = receive_works( begin_one );

    if (!works) WARN( "datagrams wait in AFD.\n" );
    return works;
}

BOOL reactor_available(void)
{
    static LONG answer;

    return proven( &answer, prove_reactor );
}

BOOL datagram_pend( SOCKET s, struct socket_record *record, struct pended_receive *receive, int *error )
{
    if ((receive->flags & ~(MSG_PEEK | MSG_PARTIAL)) || !datagram_may_pend( record )) return FALSE;
    if (receive->control && !control_available( record )) return FALSE;
    if (!receive->overlapped && !record->datagrams.pending) return FALSE;   /* fast_receive waits */
    if (!receive->overlapped && (record->flags & RECORD_NONBLOCKING))
    {
        *error = WSAEWOULDBLOCK;
        return TRUE;
    }
    if (!reactor_available()) return FALSE;

    record->datagrams.reports = wanted_reports( record );
    if (receive->overlapped) *error = enqueue( s, record, receive, receive->overlapped, receive->routine );
    else *error = wait_in_queue( s, record, receive );
    return *error != WSAEOPNOTSUPP;
}
