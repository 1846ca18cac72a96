/*
 * Whether a socket is one that a row of the tables of options and control codes is for: its kind and state.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nobody is asked for a state but on behalf of a row that is not for all of them, and then no more than who
 * knows: the column says who that is.
 */
#include "option_table.h"

BYTE option_kind( const struct option_call *call )
{
    BYTE type = call->type == SOCK_STREAM ? OPTION_STREAM
              : call->type == SOCK_RAW ? OPTION_RAW : OPTION_DATAGRAM;
    BYTE family = call->family == AF_INET ? OPTION_INET
                : call->family == AF_INET6 ? OPTION_INET6 : OPTION_OTHER_FAMILY;

    return type | family;
}

/* The states that a socket can be in by its record, which has what was done here. One that is not ours alone
 * may have got further elsewhere. */
static BYTE recorded_states( const struct socket_record *record )
{
    LONG flags = record ? record->flags : 0;
    BYTE state = STATE_NEW;

    if (flags & RECORD_CONNECTED)
        state = flags & (RECORD_SHUT_SEND | RECORD_SHUT_RECV) ? STATE_SHUT_DOWN : STATE_CONNECTED;
    else if (flags & (RECORD_CONNECTING | RECORD_CONNECT_EX)) state = STATE_CONNECTING;
    else if (flags & RECORD_LISTENING) state = STATE_LISTENING;
    else if (flags & RECORD_BOUND) state = STATE_BOUND;
    return flags & RECORD_OURS ? state : STATE_ANY & ~(state - 1);
}

int check_state( struct option_call *call, const struct row_states *states )
{
    SOCKADDR_STORAGE addr;
    int len = sizeof(addr), listening, error;
    BYTE possible = STATE_ANY, kind = option_kind( call );

    if (!states->in || (states->sockets && (states->sockets & kind) != kind)) return 0;
    switch (states->source)
    {
    case STATE_BY_RECORD:
        possible = recorded_states( call->record );
        /* that the handle is no socket goes first */
        if (!(possible & states->in) && (error = option_check_handle( call ))) return error;
        break;
    case STATE_BY_NAME:
        possible = base_get_sock_name( call->s, (struct sockaddr *)&addr, &len, &error ) ? STATE_NEW
                                                                                         : STATE_NAMED;
        break;
    case STATE_BY_PEER:
        possible = base_get_peer_name( call->s, (struct sockaddr *)&addr, &len, &error )
                   ? STATE_ANY & ~STATE_WITH_PEER : STATE_WITH_PEER;
        break;
    case STATE_BY_HOST:
        if ((error = option_error( host_get_int( call->s, HOST_OPT_LISTENING, &listening )))) return error;
        possible = listening ? STATE_LISTENING : STATE_ANY & ~STATE_LISTENING;
        break;
    }
    return possible & states->in ? 0 : states->wrong_state;
}

int check_state_early( struct option_call *call, const struct row_states *states )
{
    return states->late ? 0 : check_state( call, states );
}
