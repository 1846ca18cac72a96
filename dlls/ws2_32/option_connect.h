/*
 * Options that have their effect when a socket is bound or connected.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_OPTION_CONNECT_H
#define WS2_OPTION_CONNECT_H

#include "option_handlers.h"

/* Handlers; row->arg is the remembered option. */
int set_port_choice( struct option_call *call, DWORD value );
int set_share_groups( struct option_call *call, DWORD value );
int set_user_mtu( struct option_call *call, DWORD value );
int read_icmp_error( struct option_call *call, char *buffer, int *len );

#endif
