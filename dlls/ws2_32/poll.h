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

#endif
