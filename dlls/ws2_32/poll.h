/*
 * What whoever makes AFD handles owes to whoever polls them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_POLL_H
#define WS2_POLL_H

/* Raised between the opening of an AFD handle and the moment it is a socket. wineserver ends with an
 * assertion when it polls one that is not, and a program may poll the handle's value: that of a socket it
 * has closed. So polls wait for this to be 0, but not for long: a thread may have been killed in between. */
extern LONG unborn_sockets;

#endif
