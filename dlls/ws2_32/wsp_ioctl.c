/*
 * Base provider: WSPIoctl. What each code is stands in ioctl_table.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules that all codes share, as Wine's tests observed them on Windows: a missing lpcbBytesReturned is
 * reported before anything else is looked at; with OVERLAPPED a call that succeeds at once also queues a
 * completion, of 0 bytes, and one that fails at once queues none.
 */
#include "ioctl_table.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* A code that does not exist: with OVERLAPPED even that is told by the completion. */
static int unsupported( struct ioctl_call *call )
{
    int error;

    if (!call->overlapped)
    {
        call->report = TRUE;
        return WSAEOPNOTSUPP;
    }
    error = complete_overlapped( call->socket.s, call->overlapped, call->routine, STATUS_NOT_SUPPORTED, 0 );
    return error ? error : WSA_IO_PENDING;
}

static BOOL is_short( const void *program, DWORD given, DWORD needed )
{
    return needed && (!program || given < needed);
}

/* Each row has its error for too little input or none; what cannot be read is WSAEFAULT (MS: WSAIoctl). */
static int read_input( struct ioctl_call *call )
{
    DWORD size = ioctl_size( call->row->in );

    if (is_short( call->program_in, call->in_size, size )) return call->row->short_in;
    return guard_read( &call->in, call->program_in, size ) ? 0 : WSAEFAULT;
}

/* A row of IOCTL_TRANSPORT has started its request when it finds that the input is bad. */
static void mark_pending( OVERLAPPED *overlapped )
{
    static const ULONG_PTR pending = STATUS_PENDING;

    guard_write( &overlapped->Internal, &pending, sizeof(pending) );
}

static int perform( struct ioctl_call *call )
{
    const struct ioctl_row *row = call->row;
    BYTE kind = option_kind( &call->socket );
    int error;

    if (row && row->reason) WARN( "%s is refused: %s\n", row->name, row->reason );
    if (!row || !row->handler) return unsupported( call );
    if (call->overlapped && (row->flags & IOCTL_SYNC_ONLY)) return unsupported( call );
    if ((row->sockets & kind) != kind)
    {
        if (row->wrong_socket == WSAEOPNOTSUPP) return unsupported( call );
        call->report = TRUE;
        return row->wrong_socket;
    }
    if ((error = read_input( call )))
    {
        call->report = (row->flags & IOCTL_ZERO_IN) && !(call->overlapped && (row->flags & IOCTL_TRANSPORT));
        if (call->overlapped && (row->flags & IOCTL_TRANSPORT)) mark_pending( call->overlapped );
        return error;
    }
    if (is_short( call->program_out, call->out_size, ioctl_size( row->out )))
    {
        call->report = !!(row->flags & IOCTL_ZERO_OUT);
        return row->short_out;
    }
    if ((error = check_state_early( &call->socket, &row->states ))) return error;
    if ((error = row->handler( call )))
    {
        if (error != WSAEOPNOTSUPP) return error;
        call->count = 0;    /* as if the code were not known, so that it is told in the same way */
        return unsupported( call );
    }
    if (!call->written && call->count && !guard_write( call->program_out, &call->out, call->count ))
        return WSAEFAULT;
    if (call->overlapped && !(row->flags & IOCTL_PENDS))
        return complete_overlapped( call->socket.s, call->overlapped, call->routine, STATUS_SUCCESS, 0 );
    return 0;
}

int WINAPI base_ioctl( SOCKET s, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
                       DWORD *returned,
                       WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                       WSATHREADID *thread, INT *error )
{
    struct ioctl_call call = { .socket.s = s, .program_in = in, .program_out = out, .in_size = in_size,
                               .out_size = out_size, .overlapped = overlapped, .routine = routine };

    (void)thread;
    call.row = ioctl_find( code );
    if (!guard_touch( returned, sizeof(*returned) )) *error = WSAEFAULT;
    else if ((*error = option_identify( &call.socket ))) {}
    else if (overlapped && !guard_touch( overlapped, sizeof(*overlapped) )) *error = WSAEFAULT;
    else
    {
        *error = perform( &call );
        if (!*error) call.report = !(call.row->flags & IOCTL_TRANSPORT) || !overlapped || routine;
        if (*error == WSA_IO_PENDING) call.report = FALSE;
        if (call.report && !guard_write( returned, &call.count, sizeof(call.count) ) &&
            !*error) *error = WSAEFAULT;
    }
    TRACE( "socket %#Ix, %s, in %p %lu (%#lx), out %p %lu, overlapped %p, routine %p: error %d\n", s,
           debugstr_ioctl( code ), in, in_size, call.in.number, out, out_size, overlapped, routine, *error );
    return *error ? SOCKET_ERROR : 0;
}
