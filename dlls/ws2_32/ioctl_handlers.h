/*
 * Handlers of control codes, which the table names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The contract is that of ioctl_handler.
 */
#ifndef WS2_IOCTL_HANDLERS_H
#define WS2_IOCTL_HANDLERS_H

#include "ioctl_table.h"

int ioctl_fionbio( struct ioctl_call *call );
int ioctl_fionread( struct ioctl_call *call );
int ioctl_siocatmark( struct ioctl_call *call );
int ioctl_backlog_query( struct ioctl_call *call );
int ioctl_interface_list( struct ioctl_call *call );
int ioctl_nothing( struct ioctl_call *call );
int ioctl_remember( struct ioctl_call *call );          /* row->arg: enum remembered_option */
int ioctl_udp_report( struct ioctl_call *call );        /* the same */
int ioctl_broadcast_address( struct ioctl_call *call );
int ioctl_extension_function( struct ioctl_call *call );
int ioctl_extension_table( struct ioctl_call *call );
int ioctl_multipoint_loopback( struct ioctl_call *call );
int ioctl_multicast_scope( struct ioctl_call *call );
int ioctl_find_route( struct ioctl_call *call );
int ioctl_routing_query( struct ioctl_call *call );
int ioctl_address_list( struct ioctl_call *call );
int ioctl_change( struct ioctl_call *call );
int ioctl_routing_change( struct ioctl_call *call );
int ioctl_backlog_change( struct ioctl_call *call );
int ioctl_no_qos( struct ioctl_call *call );
int ioctl_own_handle( struct ioctl_call *call );
int ioctl_rss_processor( struct ioctl_call *call );
int ioctl_rss_scalability( struct ioctl_call *call );
int ioctl_keepalive( struct ioctl_call *call );
int ioctl_ack_frequency( struct ioctl_call *call );
int ioctl_initial_window( struct ioctl_call *call );
int ioctl_priority_hint( struct ioctl_call *call );
int ioctl_initial_rto( struct ioctl_call *call );
int ioctl_cpu_affinity( struct ioctl_call *call );
int ioctl_tcp_info( struct ioctl_call *call );
int ioctl_endpoint_handle( struct ioctl_call *call );
int ioctl_set_source_filter( struct ioctl_call *call );  /* row->arg: size of the filter without sources */
int ioctl_get_source_filter( struct ioctl_call *call );
int ioctl_address_sort( struct ioctl_call *call );
int ioctl_acquire_ports( struct ioctl_call *call );
int ioctl_release_ports( struct ioctl_call *call );
int ioctl_associate_ports( struct ioctl_call *call );
int ioctl_timestamping( struct ioctl_call *call );
int ioctl_tx_timestamp( struct ioctl_call *call );
int ioctl_apply_setting( struct ioctl_call *call );
int ioctl_query_setting( struct ioctl_call *call );
int ioctl_query_redirection( struct ioctl_call *call );
int ioctl_set_redirection( struct ioctl_call *call );
int ioctl_rcvall( struct ioctl_call *call );            /* row->arg: enum host_tap_packets */
int ioctl_rcvall_if( struct ioctl_call *call );         /* the same */

#endif
