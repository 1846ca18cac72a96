/*
 * Datagrams that a socket does not want: IP_RECEIVE_BROADCAST, IP_MULTICAST_LOOP and IP_IFLIST.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host has none of these, or means the sender by it; what the options say becomes a filter there.
 */
#include "interests.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

C_ASSERT( MAX_INTERFACES <= HOST_FILTER_INTERFACES_MAX );

static int apply( SOCKET s, const struct socket_record *record )
{
    struct host_receive_filter filter = { .flags = 0 };
    struct host_option_params params = { .socket = host_socket( s ), .option = HOST_OPT_RECEIVE_FILTER,
                                         .data = (ULONG_PTR)&filter, .size = sizeof(filter) };

    if (!record || record->type == SOCK_STREAM) return 0;
    if (!option_remembered( record, REMEMBER_IP_RECEIVE_BROADCAST, TRUE ))
        filter.flags |= HOST_FILTER_BROADCAST;
    if (!option_remembered( record, REMEMBER_IP_MULTICAST_LOOP, TRUE )) filter.flags |= HOST_FILTER_LOOPED;
    if (option_remembered( record, REMEMBER_IP_IFLIST, FALSE ))
    {
        filter.flags |= HOST_FILTER_INTERFACES;
        const struct socket_settings *settings = record->settings;

        filter.count = settings->interface_count;
        memcpy( filter.interfaces, settings->interfaces, filter.count * sizeof(filter.interfaces[0]) );
    }
    return option_error( host_call( HOST_SET_OPTION, &params ));
}

/* The host follows what is remembered. Like any call on the socket this tells whether there still is one. */
static int follow( struct option_call *call )
{
    if (!call->record || call->record->type == SOCK_STREAM) return option_check_handle( call );
    return apply( call->s, call->record );
}

void interests_after_bind( SOCKET s, const struct socket_record *record )
{
    /* wineserver has put a filter of its own in the place of ours, if it wanted one */
    if (record && (!option_remembered( record, REMEMBER_IP_RECEIVE_BROADCAST, TRUE ) ||
                   !option_remembered( record, REMEMBER_IP_MULTICAST_LOOP, TRUE ) ||
                   option_remembered( record, REMEMBER_IP_IFLIST, FALSE )))
        apply( s, record );
}

int set_multicast_loop( SOCKET s, BOOL on )
{
    struct socket_record *record = record_find( s );

    option_remember( record, REMEMBER_IP_MULTICAST_LOOP, on );
    return apply( s, record );
}

int set_interest( struct option_call *call, DWORD value )
{
    DWORD before = option_remembered( call->record, call->row->arg, call->row->arg2 );
    int error;

    option_remember( call->record, call->row->arg, value );
    if ((error = follow( call ))) option_remember( call->record, call->row->arg, before );
    return error;
}

int get_interest( struct option_call *call, DWORD *value )
{
    int error = option_get_remembered( call, value );

    if (!error) *value = option_remembered( call->record, call->row->arg, call->row->arg2 );
    return error;
}

static unsigned int find_interface( const struct socket_settings *settings, DWORD index )
{
    unsigned int i;

    for (i = 0; i < settings->interface_count && settings->interfaces[i] != index; i++) /* next */;
    return i;
}

/* Where the host is asked for nothing else. */
static int without_effect( struct option_call *call, int error )
{
    int not_socket = option_check_handle( call );

    return not_socket ? not_socket : error;
}

int set_add_interface( struct option_call *call, DWORD value )
{
    struct socket_settings *settings;

    if (!call->record) return without_effect( call, 0 );
    if (!value) return without_effect( call, WSAEINVAL );
    if (!(settings = record_part( call->record, settings ))) return without_effect( call, WSAENOBUFS );
    if (find_interface( settings, value ) < settings->interface_count) return without_effect( call, 0 );
    if (settings->interface_count == MAX_INTERFACES) return without_effect( call, WSAENOBUFS );
    settings->interfaces[settings->interface_count++] = value;
    return follow( call );
}

int set_remove_interface( struct option_call *call, DWORD value )
{
    struct socket_settings *settings = call->record ? call->record->settings : NULL;
    unsigned int i;

    if (call->record && !value) return without_effect( call, WSAEINVAL );
    if (!settings || (i = find_interface( settings, value )) == settings->interface_count)
        return without_effect( call, 0 );
    settings->interfaces[i] = settings->interfaces[--settings->interface_count];
    return follow( call );
}

/* MS: IPPROTO_IP options, "returns error if IP_IFLIST is not enabled"; WSAEINVAL by T:
 * test_sockopt_validity. */
int read_interfaces( struct option_call *call, char *buffer, int *len )
{
    const struct socket_settings *settings;
    int error = set_nothing( call, 0 ), size;

    if (error) return error;
    if (!option_remembered( call->record, REMEMBER_IP_IFLIST, FALSE )) return WSAEINVAL;
    settings = call->record->settings;
    size = settings->interface_count * sizeof(settings->interfaces[0]);
    if (*len < size || !guard_write( buffer, settings->interfaces, size )) return WSAEFAULT;
    *len = size;
    return 0;
}
