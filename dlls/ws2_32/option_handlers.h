/*
 * Handlers of single options, which the table names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Contracts are those of option_get_fn, option_set_fn, option_read_fn and option_write_fn.
 */
#ifndef WS2_OPTION_HANDLERS_H
#define WS2_OPTION_HANDLERS_H

#include "option_table.h"

/* IP_PROTECTION_LEVEL that was never set. */
#define PROTECTION_LEVEL_UNSET (~0u)

int set_reuse( struct option_call *call, DWORD value );
int set_exclusive( struct option_call *call, DWORD value );
int get_linger( struct option_call *call, DWORD *value );
int set_linger( struct option_call *call, DWORD value );
int get_dontlinger( struct option_call *call, DWORD *value );
int set_dontlinger( struct option_call *call, DWORD value );
int set_oobinline( struct option_call *call, DWORD value );
int set_receive_buffer( struct option_call *call, DWORD value );
int set_send_buffer( struct option_call *call, DWORD value );
int get_error( struct option_call *call, DWORD *value );
int get_type( struct option_call *call, DWORD *value );
int refuse_type( struct option_call *call, DWORD value );
int get_max_msg_size( struct option_call *call, DWORD *value );
int set_conditional_accept( struct option_call *call, DWORD value );
int get_pause_accept( struct option_call *call, DWORD *value );
int set_pause_accept( struct option_call *call, DWORD value );
int set_expedited( struct option_call *call, DWORD value );
int get_bsd_urgent( struct option_call *call, DWORD *value );
int set_bsd_urgent( struct option_call *call, DWORD value );
int set_max_retransmission( struct option_call *call, DWORD value );
int get_multicast_if( struct option_call *call, DWORD *value );
int set_multicast_if( struct option_call *call, DWORD value );
int get_network_index( struct option_call *call, DWORD *value );
int set_network_index( struct option_call *call, DWORD value );
int get_dont_fragment( struct option_call *call, DWORD *value );
int set_dont_fragment( struct option_call *call, DWORD value );
int get_dont_fragment6( struct option_call *call, DWORD *value );
int set_dont_fragment6( struct option_call *call, DWORD value );
int set_mtu_discover( struct option_call *call, DWORD value );
int get_v6only( struct option_call *call, DWORD *value );
int set_v6only( struct option_call *call, DWORD value );

/* Whether an IPv6 socket takes IPv4's options: with IPV6_V6ONLY off, and not bound to an address of IPv6's
 * own (Haivision/srt issue 810, dotnet/runtime issue 76410). */
BOOL speaks_ipv4( const struct option_call *call );
int get_constant( struct option_call *call, DWORD *value );
int set_nothing( struct option_call *call, DWORD value );

int read_bsp_state( struct option_call *call, char *buffer, int *len );
int read_protocol_info( struct option_call *call, char *buffer, int *len );
int read_host_data( struct option_call *call, char *buffer, int *len );
int read_afd_data( struct option_call *call, char *buffer, int *len );
int read_ipx_address( struct option_call *call, char *buffer, int *len );

int write_accept_context( struct option_call *call, const char *buffer, int len );
int write_connect_context( struct option_call *call, const char *buffer, int len );
int write_host_data( struct option_call *call, const char *buffer, int len );
int write_mreq( struct option_call *call, const char *buffer, int len );
int write_mreq_source( struct option_call *call, const char *buffer, int len );
int write_mreq6( struct option_call *call, const char *buffer, int len );
int write_group_req( struct option_call *call, const char *buffer, int len );
int write_group_source_req( struct option_call *call, const char *buffer, int len );

#endif
