/*
 * Event and message selection (WSAEventSelect, WSAAsyncSelect) and the event objects; docs/events.md.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AFD keeps for each socket which events are pending (WSAEnumNetworkEvents hands them out) and which have
 * been reported and are not due again until a call enables them. Where that is not what Windows does, the
 * record keeps the rest: struct event_selection.
 */
#include "ws2_32_private.h"
#include "poll.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* A thread that changes a selection needs a few server requests; one that was killed at it needs for
 * ever. */
#define SELECTION_PATIENCE_MS 100

/* How often FD_WRITE may be armed again where nothing tells that the last one was used: a send that the
 * host has made tells it, one that went through AFD or WriteFile does not. */
#define REARM_INTERVAL_MS 100

/* Each network event: its AFD events, and the AFD status that is its error code. */
static const struct network_event
{
    LONG fd;
    unsigned int fd_bit;
    int afd;
    enum afd_poll_bit status;
} network_events[] =
{
    { FD_READ,    FD_READ_BIT,    AFD_POLL_READ,                           AFD_POLL_BIT_READ },
    { FD_WRITE,   FD_WRITE_BIT,   AFD_POLL_WRITE,                          AFD_POLL_BIT_WRITE },
    { FD_OOB,     FD_OOB_BIT,     AFD_POLL_OOB,                            AFD_POLL_BIT_OOB },
    { FD_ACCEPT,  FD_ACCEPT_BIT,  AFD_POLL_ACCEPT,                         AFD_POLL_BIT_ACCEPT },
    { FD_CONNECT, FD_CONNECT_BIT, AFD_POLL_CONNECT | AFD_POLL_CONNECT_ERR, AFD_POLL_BIT_CONNECT_ERR },
    { FD_CLOSE,   FD_CLOSE_BIT,   AFD_POLL_HUP | AFD_POLL_RESET,           AFD_POLL_BIT_HUP },
};

/* Events that AFD knows nothing of; event_happened() tells them. */
#define OUR_EVENTS (FD_ROUTING_INTERFACE_CHANGE | FD_ADDRESS_LIST_CHANGE)

static int afd_from_mask( LONG mask )
{
    unsigned int i;
    int ret = 0;

    for (i = 0; i < ARRAY_SIZE(network_events); i++)
        if (mask & network_events[i].fd) ret |= network_events[i].afd;
    return ret;
}

static LONG mask_from_afd( int afd )
{
    unsigned int i;
    LONG ret = 0;

    for (i = 0; i < ARRAY_SIZE(network_events); i++)
        if (afd & network_events[i].afd) ret |= network_events[i].fd;
    return ret;
}

/* FD_CLOSE after a reset is WSAECONNABORTED, whatever the documentation says (reference 3.3). */
static int event_error( const struct afd_get_events_params *events, const struct network_event *event )
{
    if (event->fd == FD_CLOSE && (events->flags & AFD_POLL_RESET)) return WSAECONNABORTED;
    return status_to_wsa( events->status[event->status] );
}

static void post_event( SOCKET s, HWND window, unsigned int message, int event, int code )
{
    /* a process that has windows has user32; we do not load it */
    BOOL (WINAPI *p_PostMessageW)( HWND, UINT, WPARAM, LPARAM ) =
        (void *)GetProcAddress( GetModuleHandleW( L"user32.dll" ), "PostMessageW" );

    if (p_PostMessageW) p_PostMessageW( window, message, s, MAKELONG( event, code ) );
}

static int fail( int *error, int code )
{
    *error = code;
    return SOCKET_ERROR;
}

/*** the selection in the record ***/

/* Changes of one socket's selection take several requests and must not mix. The lock is only this: a
 * thread may be killed while it holds it, so nobody waits for it longer than a change can take. Both accept
 * NULL. */
static void lock_selection( struct event_selection *selection )
{
    LONG thread = GetCurrentThreadId();
    unsigned int i;

    if (!selection) return;
    for (i = 0; i < SELECTION_PATIENCE_MS; i++)
    {
        if (!InterlockedCompareExchange( &selection->owner, thread, 0 )) return;
        Sleep( 1 );
    }
    WARN( "thread %04lx holds a selection for too long\n", selection->owner );
    InterlockedExchange( &selection->owner, thread );
}

static void unlock_selection( struct event_selection *selection )
{
    if (selection) InterlockedCompareExchange( &selection->owner, 0, GetCurrentThreadId() );
}

/* A file or another device refuses our requests in its own way; Windows looks at the handle first. */
static int selection_error( SOCKET s, int error )
{
    return error == WSAEOPNOTSUPP || error == WSAEINVAL ? (check_socket( s ) ? WSAENOTSOCK : error) : error;
}

static int afd_select_event( SOCKET s, WSAEVENT event, LONG mask )
{
    struct afd_event_select_params params = { .event = event, .mask = afd_from_mask( mask ) };

    return selection_error( s, afd_control( s, IOCTL_AFD_EVENT_SELECT, &params, sizeof(params), NULL, 0 ));
}

static int afd_select_message( SOCKET s, HWND window, unsigned int message, int afd_mask )
{
    struct afd_message_select_params params =
    {
        .handle = s,
        .window = HandleToULong( window ),
        .message = message,
        .mask = afd_mask,
    };

    return selection_error( s, afd_control( s, IOCTL_AFD_WINE_MESSAGE_SELECT, &params, sizeof(params), NULL,
                                            0 ));
}

/* Which of these AFD events holds now. AFD also records them as pending where they have not been
 * reported. */
static int afd_state( SOCKET s, int flags )
{
    struct afd_poll_params params = { .count = 1 };
    int error;

    params.sockets[0].socket = s;
    params.sockets[0].flags = flags;
    poll_submit_begin();
    error = afd_control( s, IOCTL_AFD_POLL, &params, sizeof(params), &params, sizeof(params) );
    poll_submit_end();
    return !error && params.count ? params.sockets[0].flags : 0;
}

BOOL event_connect_over( SOCKET s )
{
    return afd_state( s, AFD_POLL_CONNECT | AFD_POLL_CONNECT_ERR ) != 0;
}

/* Take what AFD holds as pending. As on Windows an event to be reset goes where the input would; Wine 8.0
 * takes no notice of it, 10.0 does both in one server request if there is no other event to be set. */
static int take_events( SOCKET s, WSAEVENT reset, struct afd_get_events_params *events )
{
    IO_STATUS_BLOCK io;

    return selection_error( s, status_to_wsa( NtDeviceIoControlFile( (HANDLE)s, NULL, NULL, NULL, &io,
                                                                     IOCTL_AFD_GET_EVENTS, reset, 0, events,
                                                                     sizeof(*events) )));
}

/* Take over what AFD holds as pending. */
static void carry_pending( SOCKET s, struct event_selection *selection )
{
    struct afd_get_events_params events;
    unsigned int i;
    int error;

    if (take_events( s, NULL, &events )) return;
    for (i = 0; i < ARRAY_SIZE(network_events); i++)
    {
        if (!(events.flags & network_events[i].afd)) continue;
        selection->carried |= network_events[i].fd;
        error = event_error( &events, &network_events[i] );
        if (network_events[i].fd == FD_CONNECT) selection->connect_error = error;
        if (network_events[i].fd == FD_CLOSE) selection->close_error = error;
    }
}

/* Make AFD forget what it has reported. It has no such request, but a message selection does that
 * (DESIGN.md rule 13); the number of the window does not matter, as no event is selected. */
static int forget_reported( SOCKET s )
{
    return afd_select_message( s, (HWND)1, 0, 0 );
}

/* The event selection is back after forget_reported(). In between AFD has dropped what happened, so what is
 * true now goes to the record, to be handed out from there, but for what the program has had already. */
static void settle_selection( SOCKET s, struct socket_record *record, LONG had )
{
    static const int watched = AFD_POLL_READ | AFD_POLL_OOB | AFD_POLL_WRITE | AFD_POLL_HUP | AFD_POLL_RESET;
    struct event_selection *selection = record->selection;
    int state = afd_state( s, watched );

    carry_pending( s, selection );
    if (!(selection->carried & FD_CLOSE))
        selection->close_error = state & AFD_POLL_RESET ? WSAECONNABORTED : 0;
    selection->carried |= mask_from_afd( state );
    selection->carried &= ~had;
    if (selection->carried & record->event_mask) NtSetEvent( selection->event, NULL );
}

BOOL event_rearm_read( SOCKET s )
{
    char byte;
    WSABUF buffer = { 1, &byte };
    unsigned int flags = MSG_PEEK;
    struct afd_recvmsg_params params = { .ws_flags_ptr = (ULONG_PTR)&flags, .count = 1,
                                         .buffers_ptr = (ULONG_PTR)&buffer };
    int error = afd_request( s, IOCTL_AFD_WINE_RECVMSG, &params, sizeof(params), NULL, 0, NULL, NULL, 0,
                             NULL );

    return !error || error == WSAEMSGSIZE;
}

/* FD_WRITE is due again, though AFD has reported it (field report 3). */
static void rearm_write( SOCKET s, struct socket_record *record )
{
    struct event_selection *selection = record->selection;

    /* FD_CONNECT of a connection that is being made would be dropped without a trace */
    if (record->type == SOCK_STREAM && !afd_state( s, AFD_POLL_CONNECT )) return;

    TRACE( "socket %#Ix\n", s );

    carry_pending( s, selection );
    selection->carried &= ~(FD_READ | FD_OOB | FD_WRITE);
    if (forget_reported( s )) return;
    /* what comes once only stays reported: while a window is selected, AFD forgets what is pending */
    if (selection->delivered & FD_CLOSE) afd_state( s, AFD_POLL_HUP | AFD_POLL_RESET );
    if (afd_select_event( s, selection->event, record->event_mask ))
    {
        selection->event = NULL;    /* the program has closed it */
        return;
    }
    settle_selection( s, record, selection->delivered & FD_CLOSE );
    selection->delivered &= ~FD_WRITE;
    selection->blocked = FALSE;
    selection->sent = FALSE;
    selection->rearm_tick = GetTickCount();
}

/* The host has handed out data past AFD, where it is still reported, if not pending: FD_READ and FD_CLOSE
 * would not come again, or come for nothing. What else is pending shows only to a selection; one with an
 * event of ours, as the program's must not be set for what is past. */
static BOOL forget_received( SOCKET s, struct socket_record *record, LONG mask )
{
    struct event_selection *selection = record->selection;
    HANDLE event;

    if (!mask || !record->path.received || (record->flags & RECORD_WATCHED)) return FALSE;
    if (!(event = CreateEventW( NULL, TRUE, FALSE, NULL ))) return FALSE;
    if (!afd_select_event( s, event, mask ))
    {
        carry_pending( s, selection );
        selection->carried &= FD_CONNECT | OUR_EVENTS; /* the rest can be seen in the state */
        record->path.received = FALSE;
        forget_reported( s );
    }
    CloseHandle( event );
    return !record->path.received;
}

void event_not_writable( SOCKET s )
{
    struct socket_record *record = record_find( s );
    struct event_selection *selection;

    if (!record || !(selection = record->selection)) return;
    if ((record->event_mask & FD_WRITE) && drain_active( s, record ))
    {
        event_send_refused( s, record );
        return;
    }
    if (!selection->event || !(record->event_mask & FD_WRITE))
    {
        if (selection->delivered & FD_WRITE) selection->blocked = TRUE;
        return;
    }
    if (!(selection->delivered & FD_WRITE) && !selection->sent &&
        GetTickCount() - selection->rearm_tick < REARM_INTERVAL_MS)
        return;

    lock_selection( selection );
    if (selection->event && (record->event_mask & FD_WRITE)) rearm_write( s, record );
    unlock_selection( selection );
}

void event_send_refused( SOCKET s, struct socket_record *record )
{
    struct event_selection *selection = record->selection;

    if (!selection) return;
    if (!(record->event_mask & FD_WRITE)) selection->blocked |= !!(selection->delivered & FD_WRITE);
    else if (!notify_writable( s )) event_writable( s );
}

void event_writable( SOCKET s )
{
    struct socket_record *record = record_find( s );
    struct event_selection *selection;

    if (!record || !(selection = record->selection)) return;
    lock_selection( selection );
    if (!(record->event_mask & FD_WRITE)) selection->blocked |= !!(selection->delivered & FD_WRITE);
    else if (selection->window) post_event( s, selection->window, selection->message, FD_WRITE, 0 );
    else
    {
        selection->carried |= FD_WRITE;
        NtSetEvent( selection->event, NULL );
    }
    unlock_selection( selection );
}

void event_closed( SOCKET s, LONG generation )
{
    struct socket_record *record = record_of_closed( s, generation );
    struct event_selection *selection;

    if (!record || !(selection = record->selection)) return;
    lock_selection( selection );
    if (record_of_closed( s, generation ) && selection->window && (record->event_mask & FD_CLOSE))
        post_event( s, selection->window, selection->message, FD_CLOSE, 0 );
    unlock_selection( selection );
}

BOOL event_confirm( SOCKET s, struct socket_record *record )
{
    struct event_selection *selection = record_part( record, selection );
    int nonblocking, error;

    if (!selection) return FALSE;
    lock_selection( selection );
    nonblocking = !!(record->flags & RECORD_NONBLOCKING);
    if (!(record->flags & RECORD_WATCHED))
        error = afd_control( s, IOCTL_AFD_WINE_FIONBIO, &nonblocking, sizeof(nonblocking), NULL, 0 );
    else if (selection->event)
        error = afd_select_event( s, selection->event, record->event_mask );
    else error = WSAEINVAL;     /* messages would be posted again */
    unlock_selection( selection );
    return !error;
}

void event_inherit( SOCKET listener, SOCKET accepted )
{
    struct socket_record *from = record_find( listener ), *to = record_find( accepted );

    if (!from || !to) return;
    to->event_mask = from->event_mask;
    if ((from->flags & RECORD_WATCHED) && from->selection && record_part( to, selection ))
    {
        to->selection->event = from->selection->event;
        to->selection->window = from->selection->window;
        to->selection->message = from->selection->message;
    }
    record_set( to, from->flags & (RECORD_WATCHED | RECORD_NONBLOCKING) );
}

/* Put a message selection back after shutdown( SD_BOTH ): all that can still come is the end, and AFD would
 * post the rest again. */
static BOOL select_end( SOCKET s, struct socket_record *record )
{
    const struct event_selection *selection = record->selection;
    static const int ends = AFD_POLL_HUP | AFD_POLL_RESET;

    return selection->window && (record->event_mask & FD_CLOSE) && !afd_state( s, ends ) &&
           !afd_select_message( s, selection->window, selection->message, ends );
}

void event_after_shutdown( SOCKET s )
{
    struct socket_record *record = record_find( s );
    struct event_selection *selection;

    if (!record || !(selection = record->selection)) return;
    lock_selection( selection );
    if (selection->event ? afd_select_event( s, selection->event, record->event_mask ) != 0
                         : !select_end( s, record ))
    {
        selection->event = NULL;
        selection->window = NULL;
        record->event_mask = 0;
        record_clear( record, RECORD_WATCHED );
    }
    unlock_selection( selection );
}

/*** datagram sockets ***/

/* The part of an event selection's mask that is AFD's affair: it calls a datagram socket writable before
 * that has a name. */
static LONG event_mask( const struct socket_record *record, LONG mask )
{
    if (record && record->type == SOCK_DGRAM &&
        (record->flags & (RECORD_OURS | RECORD_BOUND | RECORD_CONNECTED)) == RECORD_OURS)
        mask &= ~FD_WRITE;
    return mask;
}

void event_datagram_bound( SOCKET s, struct socket_record *record )
{
    struct event_selection *selection;

    if (!record || record->type != SOCK_DGRAM || !(record->flags & RECORD_WATCHED)) return;
    if (!(selection = record->selection)) return;
    lock_selection( selection );
    if (selection->event && (record->event_mask & FD_WRITE))
        afd_select_event( s, selection->event, record->event_mask );
    unlock_selection( selection );
}

void event_datagram_connected( SOCKET s, struct socket_record *record )
{
    struct event_selection *selection;

    if (!record || record->type != SOCK_DGRAM || !(record->flags & RECORD_WATCHED)) return;
    if (!(selection = record->selection)) return;
    lock_selection( selection );
    if (selection->event)
    {
        if (!afd_select_event( s, selection->event, record->event_mask ))
        {
            selection->carried |= FD_CONNECT;
            selection->connect_error = 0;
            settle_selection( s, record, 0 );
        }
    }
    else if (selection->window && (record->event_mask & FD_WRITE))
        post_event( s, selection->window, selection->message, FD_WRITE, 0 );
    unlock_selection( selection );
}

void event_receive_failed( SOCKET s, struct socket_record *record )
{
    if (record && (record->flags & RECORD_WATCHED) && (record->event_mask & FD_READ) &&
        record->selection && record->selection->window)
        event_rearm_read( s );
}

/*** WSPEventSelect, WSPAsyncSelect, WSPEnumNetworkEvents ***/

/* Before a selection: receives must know of it at once. Answers whether it was watched already. */
static BOOL begin_selection( struct socket_record *record, LONG mask )
{
    return !!((mask ? record_set( record, RECORD_WATCHED ) : record ? record->flags : 0) & RECORD_WATCHED);
}

/* Keep the selection where it succeeded. The socket is non-blocking now, whatever the mask (MS:
 * WSAEventSelect). */
static void end_selection( struct socket_record *record, WSAEVENT event, HWND window, unsigned int message,
                           LONG mask, BOOL was_watched, int error )
{
    if (!record) return;
    if (error)
    {
        if (!was_watched) record_clear( record, RECORD_WATCHED );
        return;
    }
    record->event_mask = mask;
    record->selection->event = event;
    record->selection->window = mask ? window : NULL;
    record->selection->message = message;
    record_set( record, RECORD_NONBLOCKING | RECORD_SELECTED );
    if (!mask) record_clear( record, RECORD_WATCHED );
}

int WINAPI base_event_select( SOCKET s, WSAEVENT event, LONG mask, INT *error )
{
    struct socket_record *record = record_find( s );
    struct event_selection *selection = record_part( record, selection );
    BOOL was_watched, forgotten;

    if (record && !selection) return fail( error, WSAENOBUFS );
    if (!mask) event = NULL;    /* cancels, whatever the handle is (MS: WSAEventSelect) */

    lock_selection( selection );
    forgotten = record && forget_received( s, record, mask );
    was_watched = begin_selection( record, mask );
    datagram_reports_changed( s, record );
    *error = afd_select_event( s, event, event_mask( record, mask ) );
    end_selection( record, event, NULL, 0, mask, was_watched, *error );

    if (!*error && record)
    {
        if (selection->blocked && (mask & FD_WRITE)) rearm_write( s, record );
        else if (forgotten) settle_selection( s, record, selection->delivered & (FD_CLOSE | FD_WRITE) );
        else if (selection->carried & mask) NtSetEvent( event, NULL );
        rcvall_arm( s, record );
    }
    unlock_selection( selection );
    return *error ? SOCKET_ERROR : 0;
}

static BOOL is_window( HWND window )
{
    BOOL (WINAPI *p_IsWindow)( HWND ) =
        (void *)GetProcAddress( GetModuleHandleW( L"user32.dll" ), "IsWindow" );

    return p_IsWindow && p_IsWindow( window );
}

/* Hand our own events that have happened to the window. The caller has locked the selection. */
static void post_our_events( SOCKET s, struct socket_record *record )
{
    struct event_selection *selection = record->selection;
    LONG due = selection->carried & record->event_mask & OUR_EVENTS, event;

    for (event = 1; event < 1 << FD_MAX_EVENTS; event <<= 1)
        if (due & event) post_event( s, selection->window, selection->message, event, 0 );
    selection->carried &= ~due;
}

void event_happened( SOCKET s, LONG event )
{
    struct socket_record *record = record_find( s );
    struct event_selection *selection = record_part( record, selection );

    if (!selection) return;
    lock_selection( selection );
    selection->carried |= event;
    if (selection->window) post_our_events( s, record );
    else if (selection->event && (record->event_mask & event)) NtSetEvent( selection->event, NULL );
    unlock_selection( selection );
}

int WINAPI base_async_select( SOCKET s, HWND window, unsigned int message, LONG mask, INT *error )
{
    struct socket_record *record = record_find( s );
    struct event_selection *selection = record_part( record, selection );
    BOOL was_watched, closed = FALSE;
    int afd_mask = afd_from_mask( mask );

    if (mask && !is_window( window ))
    {
        if (!(*error = check_socket( s ))) *error = WSAEINVAL;  /* MS: WSAAsyncSelect */
        return SOCKET_ERROR;
    }
    if (record && !selection) return fail( error, WSAENOBUFS );

    lock_selection( selection );
    was_watched = begin_selection( record, mask );
    datagram_reports_changed( s, record );
    /* Selecting again posts what is true now. AFD does so but for a reset, which it never looks at again. */
    if ((mask & FD_CLOSE) && (afd_state( s, AFD_POLL_RESET ) & AFD_POLL_RESET))
    {
        closed = TRUE;
        afd_mask &= ~(AFD_POLL_RESET | AFD_POLL_HUP);
    }
    *error = afd_select_message( s, window, message, afd_mask );
    end_selection( record, NULL, window, message, mask, was_watched, *error );
    if (!*error && record)
    {
        selection->carried &= OUR_EVENTS;
        post_our_events( s, record );
        selection->delivered = 0;
        selection->blocked = FALSE;
        if (mask) record->path.received = FALSE;
    }
    unlock_selection( selection );
    if (*error) return SOCKET_ERROR;
    if (closed) post_event( s, window, message, FD_CLOSE, WSAECONNABORTED );
    return 0;
}

int WINAPI base_enum_network_events( SOCKET s, WSAEVENT event, WSANETWORKEVENTS *program, INT *error )
{
    struct socket_record *record = record_find( s );
    struct event_selection *selection = record_part( record, selection );
    struct afd_get_events_params events;
    WSANETWORKEVENTS answer = { 0 };
    LONG carried = 0, was_set = 0;
    BOOL refused = FALSE;
    unsigned int i;

    if (!guard_touch( program, sizeof(*program) ))
    {
        if (!(*error = check_socket( s ))) *error = WSAEFAULT;
        return SOCKET_ERROR;
    }

    if (record && !selection) return fail( error, WSAENOBUFS );

    lock_selection( selection );
    /* the event first: what happens after this must set it again */
    if (event && !host_afd_resets_event() && NtResetEvent( event, &was_set ))
    {
        if (!(*error = check_socket( s ))) *error = WSAEINVAL;
        unlock_selection( selection );
        return SOCKET_ERROR;
    }
    if ((*error = take_events( s, event, &events )))
    {
        /* either handle is bad */
        if (event && *error == WSAENOTSOCK && !check_socket( s )) *error = WSAEINVAL;
        if (event && was_set) NtSetEvent( event, NULL );
        unlock_selection( selection );
        return SOCKET_ERROR;
    }

    answer.lNetworkEvents = mask_from_afd( events.flags );
    for (i = 0; i < ARRAY_SIZE(network_events); i++)
        answer.iErrorCode[network_events[i].fd_bit] = event_error( &events, &network_events[i] );

    if (selection)
    {
        carried = selection->carried & record->event_mask & ~answer.lNetworkEvents;
        if (carried & FD_CONNECT) answer.iErrorCode[FD_CONNECT_BIT] = selection->connect_error;
        if (carried & FD_CLOSE) answer.iErrorCode[FD_CLOSE_BIT] = selection->close_error;
        answer.lNetworkEvents |= carried;
        selection->carried &= ~answer.lNetworkEvents;
        /* AFD has seen some room, for what goes out in the background */
        if ((refused = (answer.lNetworkEvents & FD_WRITE) && drain_active( s, record )))
            answer.lNetworkEvents &= ~FD_WRITE;
        if (answer.lNetworkEvents & FD_CONNECT) selection->delivered = 0;   /* a new connection */
        selection->delivered |= answer.lNetworkEvents;
        if (answer.lNetworkEvents & FD_READ) selection->told_read = TRUE;
    }
    unlock_selection( selection );
    if (answer.lNetworkEvents & FD_CONNECT)
    {
        int *result = &answer.iErrorCode[FD_CONNECT_BIT];

        *result = icmp_connect_error( s, record, *result );
    }
    if (refused) event_send_refused( s, record );

    /* slots of events that did not happen are not written (reference 3.3) */
    if (!guard_write( &program->lNetworkEvents, &answer.lNetworkEvents, sizeof(answer.lNetworkEvents) ))
        *error = WSAEFAULT;
    for (i = 0; i < FD_MAX_EVENTS && !*error; i++)
    {
        if (!(answer.lNetworkEvents & (1 << i))) continue;
        if (!guard_write( &program->iErrorCode[i], &answer.iErrorCode[i], sizeof(answer.iErrorCode[i]) ))
            *error = WSAEFAULT;
    }
    return *error ? SOCKET_ERROR : 0;
}

/*** event objects; setting, resetting and waiting are kernel32's functions ***/

/***********************************************************************
 *      WSACreateEvent (WS2_32.@)
 */
WSAEVENT WINAPI WSACreateEvent(void)
{
    return CreateEventW( NULL, TRUE, FALSE, NULL );
}

/***********************************************************************
 *      WSACloseEvent (WS2_32.@)
 */
BOOL WINAPI WSACloseEvent( WSAEVENT event )
{
    return CloseHandle( event );
}
