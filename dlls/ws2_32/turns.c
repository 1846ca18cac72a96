/*
 * Whose turn it is to send on a stream.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One send at a time reaches the host: no other may come between the parts of what does not go at once. A
 * thread that was killed keeps nobody out for long.
 */
#include "ws2_32_private.h"

/* A sender is done within HOST_WAIT_MS or a slice, unless it was killed, suspended, or has much to copy.
 * Whether it lives is asked that often, and a thread that does is waited for so long. */
#define SENDER_YIELDS 100
#define SENDER_ASK_MS 40
#define SENDER_PATIENCE_MS 2000

BOOL sends_drained;

static BOOL thread_is_gone( DWORD id )
{
    OBJECT_ATTRIBUTES attr = { .Length = sizeof(attr) };
    CLIENT_ID client = { .UniqueThread = ULongToHandle( id ) };
    LARGE_INTEGER none = { .QuadPart = 0 };
    HANDLE thread;
    BOOL gone;

    if (NtOpenThread( &thread, SYNCHRONIZE, &attr, &client )) return TRUE;
    gone = !NtWaitForSingleObject( thread, FALSE, &none );
    NtClose( thread );
    return gone;
}

/* Wait until the thread that gives bytes to the host is done. Answers 0, or its turn where that has no end:
 * it was found dead twice, as one that is killed runs on for a moment, or is too long at it. */
static LONG wait_sender( const struct data_path *path )
{
    LONG turn = *(volatile LONG *)&path->sender;
    LARGE_INTEGER time = { .QuadPart = -10000 };
    unsigned int i, dead = 0;

    for (i = 0; (turn & SENDER_THREAD) && *(volatile LONG *)&path->sender == turn; i++)
    {
        if (i < SENDER_YIELDS)
        {
            NtYieldExecution();
            continue;
        }
        if (i >= SENDER_YIELDS + SENDER_PATIENCE_MS) return turn;
        if (i % SENDER_ASK_MS == SENDER_ASK_MS - 1 && thread_is_gone( turn & SENDER_THREAD ) && dead++)
            return turn;
        NtDelayExecution( FALSE, &time );
    }
    return 0;
}

void sends_drain( struct socket_record *record )
{
    sends_drained = TRUE;
    record_at_close( record, CLOSER_DRAIN );
}

/* Take a turn from a thread that does not end it. The host half looks at the turn where nothing stops that
 * thread any more before it has sent all; what it sent of that, it had no time to tell. */
static BOOL take_turn_over( SOCKET s, struct socket_record *record, LONG turn, LONG next )
{
    struct host_drain_params params = { .socket = HOST_SOCKET( s, 0 ), .action = HOST_DRAIN_FINISH };

    if (InterlockedCompareExchange( &record->path.sender, next | SENDER_DRAINS, turn ) != turn) return FALSE;
    host_call( HOST_DRAIN, &params );
    sends_drain( record );
    return TRUE;
}

LONG sends_hold( SOCKET s, struct socket_record *record )
{
    LONG self = GetCurrentThreadId() & SENDER_THREAD, left = 0, turn, next;

    while (record && !(next = sends_try( record )))
    {
        turn = *(volatile LONG *)&record->path.sender;
        next = sends_next( turn, self );
        if ((turn & SENDER_THREAD) && turn == left && take_turn_over( s, record, turn, next ))
            return next | SENDER_DRAINS;
        left = wait_sender( &record->path );
    }
    return record ? next : 0;
}

void sends_finish( SOCKET s, struct socket_record *record )
{
    LONG turn;

    while ((turn = wait_sender( &record->path )) &&
           !take_turn_over( s, record, turn, sends_next( turn, 0 )))
        /* it went on */;
}

void sends_release( struct socket_record *record, LONG turn )
{
    if (record) InterlockedCompareExchange( &record->path.sender, turn & ~SENDER_THREAD, turn );
}

void sends_release_after( struct socket_record *record, LONG turn, int ret, BOOL draining )
{
    LONG after = turn & ~SENDER_THREAD;

    if (draining) sends_drain( record );
    if (!ret || ret == HOST_EAGAIN) after = draining ? after | SENDER_DRAINS : after & ~SENDER_DRAINS;
    InterlockedCompareExchange( &record->path.sender, after, turn );
}
