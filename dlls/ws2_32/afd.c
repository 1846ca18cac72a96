/*
 * Requests to \Device\Afd, blocking and overlapped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* How long a thread with a blocking hook sleeps between two calls of it. */
#define HOOK_INTERVAL_MS 10

static void WINAPI completion_apc( void *context, IO_STATUS_BLOCK *io, ULONG reserved )
{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine = context;
    int error = status_to_wsa( io->Status );

    (void)reserved;
    routine( error, io->Information, (OVERLAPPED *)io, 0 );
}

/* How the program learns of the end of an overlapped call: what NtDeviceIoControlFile is to be given. */
struct notification
{
    HANDLE event;
    PIO_APC_ROUTINE apc;
    void *value;                /* for the APC or for the packet on the port; NULL for no packet */
};

static struct notification overlapped_notification( OVERLAPPED *overlapped,
                                                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    struct notification how = { NULL, completion_apc, routine };

    if (routine) return how;
    how.event = overlapped->hEvent;
    how.apc = NULL;
    /* bit 0 asks for no packet (MS: GetQueuedCompletionStatus) */
    how.value = (ULONG_PTR)how.event & 1 ? NULL : overlapped;
    return how;
}

/* Winsock 1.1: while a call blocks its thread, the thread's hook runs; other calls from inside the hook
 * answer WSAEINPROGRESS, and WSACancelBlockingCall ends the wait (MS: WSASetBlockingHook). */
static int wait_with_hook( struct thread_data *thread, HANDLE event, const LARGE_INTEGER *end )
{
    LARGE_INTEGER slice, now;
    int error = 0;

    callbacks_used = thread->in_blocking_call = TRUE;
    thread->cancelled = FALSE;
    for (;;)
    {
        while (thread->blocking_hook()) if (thread->cancelled) break;
        if (thread->cancelled)
        {
            error = WSAEINTR;
            break;
        }
        slice.QuadPart = -(LONGLONG)HOOK_INTERVAL_MS * 10000;
        if (NtWaitForSingleObject( event, FALSE, &slice ) != STATUS_TIMEOUT) break;
        NtQuerySystemTime( &now );
        if (end && now.QuadPart >= end->QuadPart)
        {
            error = WSAETIMEDOUT;
            break;
        }
    }
    thread->in_blocking_call = FALSE;
    return error;
}

int wait_blocking( HANDLE event, const LARGE_INTEGER *timeout, unsigned int flags )
{
    struct thread_data *thread = thread_data();
    LARGE_INTEGER end;
    NTSTATUS status;

    if (timeout)
    {
        end = *timeout;
        if (end.QuadPart < 0)
        {
            NtQuerySystemTime( &end );
            end.QuadPart -= timeout->QuadPart;
        }
    }
    if (thread && thread->blocking_hook) return wait_with_hook( thread, event, timeout ? &end : NULL );

    do status = NtWaitForSingleObject( event, !!(flags & AFD_ALERTABLE), timeout ? &end : NULL );
    while (status == STATUS_USER_APC || status == STATUS_ALERTED);

    if (status == STATUS_TIMEOUT) return WSAETIMEDOUT;
    return status == STATUS_WAIT_0 ? 0 : WSAENOBUFS;
}

/* What a request that was waited for answers: one status means something that Windows' table, made for
 * the results of overlapped calls, does not say (reference 3.2). */
static int request_error( NTSTATUS status )
{
    return status == STATUS_TOO_MANY_OPENED_FILES ? WSAEMFILE : status_to_wsa( status );
}

static int request_and_wait( SOCKET s, ULONG code, const void *in, ULONG in_size, void *out, ULONG out_size,
                             unsigned int flags, DWORD *count )
{
    HANDLE event = sync_event();
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    if (!event) return WSAENOBUFS;
    io.Status = STATUS_PENDING;
    io.Information = 0;
    status = NtDeviceIoControlFile( (HANDLE)s, event, NULL, NULL, &io, code, (void *)in, in_size,
                                    out, out_size );
    /* ntdll answers "pending" for what it has finished on its way back, as most connects to this host */
    if (status == STATUS_PENDING && (status = *(volatile NTSTATUS *)&io.Status) == STATUS_PENDING)
    {
        int error = wait_blocking( event, NULL, flags );

        if (error)
        {
            /* io is ours and dies with this frame: the request must be over before we leave */
            IO_STATUS_BLOCK cancel;

            NtCancelIoFileEx( (HANDLE)s, &io, &cancel );
            NtWaitForSingleObject( event, FALSE, NULL );
            if (io.Status == STATUS_CANCELLED)
            {
                release_sync_event( event );
                return error;
            }
        }
        status = io.Status;
    }
    release_sync_event( event );
    if (count && !NT_ERROR( status )) *count = io.Information;
    return request_error( status );
}

int afd_request( SOCKET s, ULONG code, const void *in, ULONG in_size, void *out, ULONG out_size,
                 OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, unsigned int flags,
                 DWORD *count )
{
    static const NTSTATUS pending = STATUS_PENDING;
    IO_STATUS_BLOCK *io = (IO_STATUS_BLOCK *)overlapped;
    struct notification how;
    ULONG_PTR information;
    NTSTATUS status;

    if (!overlapped) return request_and_wait( s, code, in, in_size, out, out_size, flags, count );

    if (!guard_write( &io->Status, &pending, sizeof(pending) ) ||
        !guard_touch( overlapped, sizeof(*overlapped) ))
        return WSAEFAULT;

    how = overlapped_notification( overlapped, routine );
    status = NtDeviceIoControlFile( (HANDLE)s, how.event, how.apc, how.value, io, code, (void *)in, in_size,
                                    out, out_size );
    if (status == STATUS_PENDING) return WSA_IO_PENDING;
    /* whoever took the packet from the port may have freed the structure */
    if (count && !NT_ERROR( status ) && guard_read( &information, &io->Information, sizeof(information) ))
        *count = information;
    return status_to_wsa( status );
}

int afd_control( SOCKET s, ULONG code, const void *in, ULONG in_size, void *out, ULONG out_size )
{
    return request_and_wait( s, code, in, in_size, out, out_size, 0, NULL );
}

int complete_overlapped( SOCKET s, OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                         NTSTATUS status, ULONG_PTR information )
{
    IO_STATUS_BLOCK *io = (IO_STATUS_BLOCK *)overlapped;
    struct notification how;
    NTSTATUS ret;

    /* AFD's request has no byte count */
    if (information && fast_completion_available())
        return fast_complete( s, record_find( s ), overlapped, routine, status, information, TRUE );
    if (!guard_touch( overlapped, sizeof(*overlapped) )) return WSAEFAULT;
    how = overlapped_notification( overlapped, routine );
    ret = NtDeviceIoControlFile( (HANDLE)s, how.event, how.apc, how.value, io, IOCTL_AFD_WINE_COMPLETE_ASYNC,
                                 &status, sizeof(status), NULL, 0 );
    /* a request that failed at once signals nothing, but this one counts as pending */
    if (NT_ERROR( status ) && ret == status && how.event) NtSetEvent( how.event, NULL );
    return ret == STATUS_PENDING || ret == status ? 0 : status_to_wsa( ret );
}

int check_socket( SOCKET s )
{
    struct afd_get_info_params params;

    /* files and devices have errors of their own for a request they do not know */
    return afd_control( s, IOCTL_AFD_WINE_GET_INFO, NULL, 0, &params, sizeof(params) ) ? WSAENOTSOCK : 0;
}

int afd_pend( struct pended_call *call, SOCKET s, OVERLAPPED *overlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    static const NTSTATUS pending = STATUS_PENDING;
    struct notification how = overlapped_notification( overlapped, routine );

    call->nothing = (struct afd_poll_params){ .timeout = MAXLONGLONG, .count = 1,
                                              .sockets = { { .socket = s } } };
    call->request = (struct host_pend_params)
    {
        .socket = s, .request = (ULONG_PTR)&call->nothing, .request_code = IOCTL_AFD_POLL,
        .request_size = sizeof(call->nothing), .overlapped = (ULONG_PTR)overlapped,
        .event = (ULONG_PTR)how.event & ~(ULONG_PTR)1, .routine = (ULONG_PTR)how.apc,
        .context = (ULONG_PTR)how.value, .pointer_size = sizeof(void *),
    };
    if (!guard_write( &((IO_STATUS_BLOCK *)overlapped)->Status, &pending, sizeof(pending) ))
        return WSAEFAULT;
    return 0;
}
