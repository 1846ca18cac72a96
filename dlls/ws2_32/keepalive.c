/*
 * TCP keep-alive: SO_KEEPALIVE, TCP_KEEPIDLE and its kin, SIO_KEEPALIVE_VALS; docs/keepalive.md.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The three values live on the host's socket and nowhere else, so that they survive duplication,
 * inheritance and accept. A socket that still has exactly the three values the host gives to new sockets
 * has not been touched: Windows' defaults apply to it, and are written to it when keep-alive is turned on
 * or when the first of the three is set.
 */
#include "option_table.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

enum keepalive_index { IDLE, INTERVAL, PROBES, VALUE_COUNT };

/* Windows' own, in milliseconds (MS: SIO_KEEPALIVE_VALS); the number of probes is fixed since Vista. */
#define DEFAULT_IDLE_MS     (2 * 60 * 60 * 1000)
#define DEFAULT_INTERVAL_MS 1000
#define DEFAULT_PROBES      10

static int fresh[VALUE_COUNT];      /* what the host gives to new sockets */
static int defaults[VALUE_COUNT];   /* what Windows gives to them */

/* Whole seconds, never less than what was asked for, and never none. */
static int seconds_from_ms( DWORD ms )
{
    DWORD seconds = ms / 1000 + (ms % 1000 != 0);

    return seconds ? seconds : 1;
}

/* A DWORD of the key that Windows' TCP/IP reads its parameters from. */
static DWORD tcpip_parameter( HANDLE key, const WCHAR *name, DWORD fallback )
{
    char buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(DWORD)];
    KEY_VALUE_PARTIAL_INFORMATION *info = (KEY_VALUE_PARTIAL_INFORMATION *)buffer;
    UNICODE_STRING str;
    DWORD value, len;

    RtlInitUnicodeString( &str, name );
    if (NtQueryValueKey( key, &str, KeyValuePartialInformation, info, sizeof(buffer), &len ))
        return fallback;
    if (info->Type != REG_DWORD || info->DataLength != sizeof(value)) return fallback;
    memcpy( &value, info->Data, sizeof(value) );
    return value;
}

static BOOL read_defaults(void)
{
    static const WCHAR path[] =
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Tcpip\\Parameters";
    struct host_option_params params = { .option = HOST_OPT_KEEPALIVE_FRESH };
    DWORD idle = DEFAULT_IDLE_MS, interval = DEFAULT_INTERVAL_MS;
    OBJECT_ATTRIBUTES attr;
    UNICODE_STRING str;
    HANDLE key;

    RtlInitUnicodeString( &str, path );
    InitializeObjectAttributes( &attr, &str, OBJ_CASE_INSENSITIVE, 0, NULL );
    if (!NtOpenKey( &key, KEY_QUERY_VALUE, &attr ))
    {
        idle = tcpip_parameter( key, L"KeepAliveTime", idle );
        interval = tcpip_parameter( key, L"KeepAliveInterval", interval );
        NtClose( key );
    }
    defaults[IDLE] = seconds_from_ms( idle );
    defaults[INTERVAL] = seconds_from_ms( interval );
    defaults[PROBES] = DEFAULT_PROBES;
    if (!host_call( HOST_GET_OPTION, &params )) memcpy( fresh, params.value, sizeof(fresh) );
    TRACE( "defaults %d s, %d s, %d; a new socket of the host has %d s, %d s, %d\n", defaults[IDLE],
           defaults[INTERVAL], defaults[PROBES], fresh[IDLE], fresh[INTERVAL], fresh[PROBES] );
    return TRUE;
}

/* The values that hold for a socket once keep-alive is on. *untouched: the host does not have them yet.
 * *state (may be NULL): where its connection is. */
static int current_values( SOCKET s, int *values, BOOL *untouched, int *state )
{
    struct host_option_params params = { .socket = host_socket( s ), .option = HOST_OPT_KEEPALIVE_VALUES };
    static LONG read;
    int error;

    proven( &read, read_defaults );
    if (state) params.option = HOST_OPT_KEEPALIVE_STATE;
    if ((error = option_error( host_call( HOST_GET_OPTION, &params )))) return error;
    if (state) *state = params.value[VALUE_COUNT];
    *untouched = !memcmp( params.value, fresh, sizeof(fresh) );
    memcpy( values, *untouched ? defaults : params.value, sizeof(fresh) );
    return 0;
}

int keepalive_get( struct option_call *call, DWORD *value )
{
    return option_get_host( call, value );
}

int keepalive_set( struct option_call *call, DWORD value )
{
    int values[VALUE_COUNT], on = !!value, state, error;
    BOOL untouched;

    if (call->protocol == IPPROTO_TCP)
    {
        if ((error = current_values( call->s, values, &untouched, &state ))) return error;
        /* the page of SO_KEEPALIVE: not while the connection is being made */
        if (state == HOST_TCP_SYN_SENT || state == HOST_TCP_SYN_RECEIVED) return WSAEINVAL;
        if (on && untouched &&
            (error = option_error( record_set_option( call->s, HOST_OPT_KEEPALIVE_VALUES, VALUE_COUNT,
                                                      values )))) return error;
    }
    return option_error( record_set_option( call->s, HOST_OPT_KEEPALIVE, 1, &on ));
}

static const enum remembered_option exact[VALUE_COUNT] =
{
    REMEMBER_TCP_KEEPIDLE, REMEMBER_TCP_KEEPINTVL, REMEMBER_TCP_KEEPCNT
};

static const int host_max[VALUE_COUNT] = { 32767, 32767, 127 };

int keepalive_get_value( struct option_call *call, DWORD *value )
{
    int values[VALUE_COUNT], error;
    enum keepalive_index index = call->row->arg;
    BOOL untouched;
    DWORD set;

    if ((error = current_values( call->s, values, &untouched, NULL ))) return error;
    *value = values[index];
    /* the host's range is smaller than Windows'; what was set may have been cut, by nobody but us */
    set = option_remembered( call->record, exact[index], 0 );
    if (values[index] == host_max[index] && set > (DWORD)host_max[index]) *value = set;
    return 0;
}

int keepalive_set_value( struct option_call *call, DWORD value )
{
    int values[VALUE_COUNT], error;
    enum keepalive_index index = call->row->arg;
    BOOL untouched;

    if ((error = current_values( call->s, values, &untouched, NULL ))) return error;
    values[index] = min( value, INT_MAX );
    error = option_error( record_set_option( call->s, HOST_OPT_KEEPALIVE_VALUES, VALUE_COUNT, values ));
    if (!error) option_remember( call->record, exact[index], value );
    return error;
}

/* One host call where the options would take four, since programs do this for every connection. */
int keepalive_set_all( SOCKET s, struct socket_record *record, const struct tcp_keepalive *request )
{
    struct host_option_params params = { .socket = host_socket( s ), .option = HOST_OPT_KEEPALIVE_SETTINGS,
                                         .count = 4 };
    int values[VALUE_COUNT], on = !!request->onoff, error;

    values[IDLE] = seconds_from_ms( request->keepalivetime );
    values[INTERVAL] = seconds_from_ms( request->keepaliveinterval );
    values[PROBES] = DEFAULT_PROBES;
    params.value[0] = on;
    memcpy( params.value + 1, values, sizeof(values) );
    if ((error = option_error( host_call( HOST_SET_OPTION, &params )))) return error;

    record_note_option( s, HOST_OPT_KEEPALIVE, 1, &on );
    if (!on) return 0;
    values[PROBES] = min( option_remembered( record, REMEMBER_TCP_KEEPCNT, DEFAULT_PROBES ), INT_MAX );
    record_note_option( s, HOST_OPT_KEEPALIVE_VALUES, VALUE_COUNT, values );
    option_remember( record, REMEMBER_TCP_KEEPIDLE, values[IDLE] );
    option_remember( record, REMEMBER_TCP_KEEPINTVL, values[INTERVAL] );
    return 0;
}
