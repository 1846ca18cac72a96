/*
 * Datagrams that a socket does not want: IP_RECEIVE_BROADCAST, IP_MULTICAST_LOOP and IP_IFLIST.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_INTERESTS_H
#define WS2_INTERESTS_H

#include "option_handlers.h"

/* Handlers; row->arg is the remembered option, row->arg2 its value while none is set. */
int get_interest( struct option_call *call, DWORD *value );
int set_interest( struct option_call *call, DWORD value );

/* IP_ADD_IFLIST, IP_DEL_IFLIST, IP_GET_IFLIST. */
int set_add_interface( struct option_call *call, DWORD value );
int set_remove_interface( struct option_call *call, DWORD value );
int read_interfaces( struct option_call *call, char *buffer, int *len );

#endif
