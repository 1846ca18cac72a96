/*
 * Base provider: getsockopt and setsockopt. What each option is stands in option_table.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "option_table.h"
#include "option_handlers.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/*** values that the host does not keep ***/

C_ASSERT( REMEMBER_COUNT <= 64 );   /* bits of remembered_set */

DWORD option_remembered( const struct socket_record *record, enum remembered_option option, DWORD fallback )
{
    const struct socket_settings *settings = record ? record->settings : NULL;

    if (!settings || !(settings->remembered_set & ((ULONGLONG)1 << option))) return fallback;
    return settings->remembered[option];
}

void option_remember( struct socket_record *record, enum remembered_option option, DWORD value )
{
    struct socket_settings *settings = record_part( record, settings );
    ULONGLONG set;

    if (!settings) return;
    settings->remembered[option] = value;
    do set = settings->remembered_set;
    while (InterlockedCompareExchange64( (LONGLONG *)&settings->remembered_set,
                                         set | ((ULONGLONG)1 << option), set )
           != (LONGLONG)set);
}

void option_inherit( const struct socket_record *listener, struct socket_record *accepted )
{
    const struct socket_settings *from;
    ULONGLONG due;
    unsigned int i;

    if (!listener || !accepted) return;
    record_set( accepted, listener->flags & RECORD_UNBUFFERED );
    if (!(from = listener->settings)) return;
    for (i = 0, due = from->remembered_set; due; i++, due >>= 1)
        if (due & 1) option_remember( accepted, i, option_remembered( accepted, i, from->remembered[i] ));
    if (listener->closers & (1 << CLOSER_LINGER)) record_at_close( accepted, CLOSER_LINGER );
}

/*** which socket it is ***/

int family_from_host( int family )
{
    static const int families[] =
    {
        [HOST_FAMILY_INET] = AF_INET, [HOST_FAMILY_INET6] = AF_INET6, [HOST_FAMILY_UNIX] = AF_UNIX,
        [HOST_FAMILY_IRDA] = AF_IRDA, [HOST_FAMILY_IPX] = AF_IPX, [HOST_FAMILY_BLUETOOTH] = 32 /* AF_BTH */,
    };

    return family >= 0 && family < (int)ARRAY_SIZE( families ) ? families[family] : AF_UNSPEC;
}

int type_from_host( int type )
{
    switch (type)
    {
    case HOST_TYPE_STREAM: return SOCK_STREAM;
    case HOST_TYPE_DATAGRAM: return SOCK_DGRAM;
    case HOST_TYPE_RAW: return SOCK_RAW;
    default: return 0;
    }
}

/* Ask the host what it is. */
static int ask_host( struct option_call *call )
{
    struct host_option_params params = { .socket = host_socket( call->s ), .option = HOST_OPT_KIND };
    int error = option_error( host_call( HOST_GET_OPTION, &params ));

    if (error) return error;
    call->family = family_from_host( params.value[0] );
    call->type = type_from_host( params.value[1] );
    call->protocol = params.value[2];
    return 0;
}

int option_identify( struct option_call *call )
{
    call->record = record_find( call->s );
    if (!call->record || !(call->record->flags & RECORD_OURS)) return ask_host( call );
    call->family = call->record->family;
    call->type = call->record->type;
    call->protocol = call->record->protocol;
    return 0;
}

/* That it is no socket goes before any other error (T: test_set_getsockopt). */
static int fail( SOCKET s, int error )
{
    struct option_call call = { .s = s };
    int socket_error = ask_host( &call );

    return socket_error ? socket_error : error;
}

/* Nothing is ever mapped there. It is told before option and level are judged, by analogy with the count of
 * WSAIoctl (reference 1.2 row 1); Wine's own does so when it sets. */
static BOOL is_no_pointer( const void *pointer )
{
    return !((ULONG_PTR)pointer >> 16);
}

/* Whether the socket has the option, else the error. The level goes first: that of another family is
 * WSAEINVAL (observed of IPPROTO_IP: SagerNet/sing issue 109, ddnet issue 7605, Haivision/srt issue 810). */
static int judge( const struct option_call *call, BYTE families, BYTE direction )
{
    const struct option_row *row = call->row;
    BYTE kind = option_kind( call ), family = kind & ANY_FAMILY;

    if (!((families | (row ? row->sockets : 0)) & family)) return WSAEINVAL;
    if ((families & OPTION_DUAL) && family == OPTION_INET6 && !speaks_ipv4( call )) return WSAEINVAL;
    if (!row || (!(row->direction & direction) && !(direction == OPTION_SET && row->set)))
        return WSAENOPROTOOPT;
    return (row->sockets & kind) == kind ? 0 : row->wrong_socket;
}

/* The row and the socket of a call. */
static int begin( struct option_call *call, BYTE families, BYTE direction )
{
    int error;

    if (!families) return fail( call->s, WSAEINVAL );
    if ((error = option_identify( call ))) return error;
    return judge( call, families, direction );
}

/*** get ***/

/* What Windows does to the buffer and the length for each class, once there is a value. */
static int store_value( const struct option_row *row, DWORD value, char *buffer, int *len )
{
    int written = sizeof(value), reported = sizeof(value);

    switch (row->length)
    {
    case LENGTH_A:
        written = min( *len, written );
        if (*len < reported) reported = 1;
        break;
    case LENGTH_B:
        written = reported = 1;
        break;
    case LENGTH_F:
        if (*len < written) written = reported = 1;
        break;
    }
    if (!guard_write( buffer, &value, written )) return WSAEFAULT;
    *len = reported;
    return 0;
}

/* Buffers that are too short for the class; *len changes where Windows changes it. */
static int check_get_length( const struct option_row *row, char *buffer, int *len )
{
    static const DWORD zero;

    if (!row || !row->get || *len >= (int)sizeof(DWORD)) return 0;
    switch (row->length)
    {
    case LENGTH_C:
        guard_write( buffer, &zero, *len );
        return WSAEFAULT;
    case LENGTH_D:
        return WSAEFAULT;
    case LENGTH_E:
        *len = 0;
        return WSAEFAULT;
    default:
        return 0;
    }
}

/* Per thread, and on any handle or none. */
static int get_open_type( char *buffer, int *len )
{
    struct thread_data *data = thread_data();
    int value = data ? data->open_type : 0;

    if (*len >= 0 && *len < (int)sizeof(value)) return WSAEFAULT;
    if (!guard_write( buffer, &value, sizeof(value) )) return WSAEFAULT;
    *len = sizeof(value);
    return 0;
}

static int get_option( SOCKET s, int level, int option, char *buffer, int *len )
{
    struct option_call call = { .s = s };
    DWORD value = 0;
    BYTE families;
    int error;

    if (level == SOL_SOCKET && option == SO_OPENTYPE) return get_open_type( buffer, len );
    if (*len <= 0 || is_no_pointer( buffer )) return fail( s, WSAEFAULT );
    call.row = option_find( level, option, &families );
    if ((error = check_get_length( call.row, buffer, len ))) return fail( s, error );
    if ((error = begin( &call, families, OPTION_GET ))) return error;
    if ((error = check_state_early( &call, &call.row->get_states ))) return error;
    if (call.row->read) return call.row->read( &call, buffer, len );
    if ((error = call.row->get( &call, &value ))) return error;
    return store_value( call.row, value, buffer, len );
}

int WINAPI base_get_sock_opt( SOCKET s, int level, int option, char *buffer, INT *len, INT *error )
{
    int ours, given;

    if (!guard_read( &given, len, sizeof(given) ))
        *error = level == SOL_SOCKET && option == SO_OPENTYPE ? WSAEFAULT : fail( s, WSAEFAULT );
    else
    {
        ours = given;
        *error = get_option( s, level, option, buffer, &ours );
        if (ours != given && !guard_write( len, &ours, sizeof(ours) )) *error = WSAEFAULT;
    }
    TRACE( "socket %#Ix, get %s: error %d\n", s, debugstr_option( level, option ), *error );
    return *error ? SOCKET_ERROR : 0;
}

/*** set ***/

/* Lengths that the class does not have, whether or not the socket has the option: Wine's own order. */
static int check_set_length( const struct option_row *row, int len )
{
    if (!row || !(row->direction & OPTION_SET) || (!row->set && !row->write)) return 0;
    if (len < 0) return row->level != SOL_SOCKET || row->length == LENGTH_B ? WSAENOBUFS : 0;
    switch (row->length)
    {
    case LENGTH_A:
    case LENGTH_OWN:
        return 0;
    case LENGTH_B:
    case LENGTH_F:
        return len ? 0 : WSAEFAULT;
    default:
        return len < (int)sizeof(DWORD) ? WSAEFAULT : 0;
    }
}

static int load_value( const struct option_row *row, const char *buffer, int len, DWORD *value )
{
    int used = sizeof(*value);

    if (!buffer) return WSAEFAULT;
    if (row->length == LENGTH_B) used = 1;
    else if (len >= 0) used = min( len, used );
    *value = 0;
    if (!guard_read( value, buffer, used )) return WSAEFAULT;
    if (row->values == VALUE_BOOL) *value = !!*value;
    if (row->max && *value > row->max) return WSAEINVAL;
    return 0;
}

static int set_open_type( const char *buffer, int len )
{
    struct thread_data *data = thread_data();
    int value;

    if (len >= 0 && len < (int)sizeof(value)) return WSAEFAULT;
    if (!guard_read( &value, buffer, sizeof(value) )) return WSAEFAULT;
    if (data) data->open_type = value;
    return 0;
}

static int set_option( SOCKET s, int level, int option, const char *buffer, int len )
{
    struct option_call call = { .s = s };
    BYTE families;
    DWORD value;
    int error;

    if (level == SOL_SOCKET && option == SO_OPENTYPE) return set_open_type( buffer, len );
    if (len && is_no_pointer( buffer )) return fail( s, WSAEFAULT );
    call.row = option_find( level, option, &families );
    if ((error = check_set_length( call.row, len ))) return fail( s, error );
    if ((error = begin( &call, families, OPTION_SET ))) return error;
    if (!call.row->write && (error = load_value( call.row, buffer, len, &value ))) return fail( s, error );
    if ((error = check_state_early( &call, &call.row->set_states ))) return error;
    if (call.row->write) return call.row->write( &call, buffer, len );
    TRACE( "socket %#Ix, set %s to %#lx\n", s, call.row->name, value );
    return call.row->set( &call, value );
}

int WINAPI base_set_sock_opt( SOCKET s, int level, int option, const char *buffer, int len, INT *error )
{
    *error = set_option( s, level, option, buffer, len );
    TRACE( "socket %#Ix, set %s: error %d\n", s, debugstr_option( level, option ), *error );
    return *error ? SOCKET_ERROR : 0;
}
