/*
 * What whoever makes AFD handles and whoever polls them owe to each other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An AFD handle becomes a socket by a second request, and wineserver ends with an assertion when it polls
 * one in between. A program may do that: it polls a socket that another thread has closed, and a third
 * gets the handle's value anew. So the two exclude each other in this process. Neither waits for long, as
 * a thread may be killed on its way.
 */
#ifndef WS2_POLL_H
#define WS2_POLL_H

/* Around the making of an AFD handle. */
void socket_birth_begin(void);
void socket_birth_end(void);

/* Around every IOCTL_AFD_POLL; the wait for its result is not part of it. */
void poll_submit_begin(void);
void poll_submit_end(void);

/*** fastpoll.c ***/

/* A poll that the host may answer. After begin, which makes room for count sockets, come these in turn and
 * then the wait. Each of the three answers FALSE where AFD has to do it, all of it, for what is left of the
 * time-out (in AFD's form). After the wait the entries, in the order of the calls, have what is ready:
 * HOST_POLL_IN and HOST_POLL_OUT alone. End follows begin that answered TRUE. */
#define HOST_POLL_LOCAL 128

struct host_poll
{
    struct host_poll_entry *entries;
    unsigned int count, ready;
    BOOL host_only;             /* AFD cannot tell of one of them */
    LONGLONG timeout;
    struct host_poll_entry local[HOST_POLL_LOCAL];
};

BOOL host_poll_begin( struct host_poll *poll, SIZE_T count, LONGLONG timeout );
BOOL host_poll_add( struct host_poll *poll, SOCKET s, unsigned int events, unsigned int value );
BOOL host_poll_wait( struct host_poll *poll );
void host_poll_end( struct host_poll *poll );

/* An entry that is no socket and never ready. */
void host_poll_skip( struct host_poll *poll, unsigned int value );

static inline SOCKET host_poll_socket( const struct host_poll_entry *entry )
{
    return HOST_SOCKET_HANDLE( entry->socket );
}

#endif
