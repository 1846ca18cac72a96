/*
 * Addresses as text, and byte order.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

#include "ip2string.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* winsock2.h makes inline functions of these four; here they are the exports. */
#undef htonl
#undef htons
#undef ntohl
#undef ntohs

#define INET_TEXT_MAX 22        /* "255.255.255.255:65535" */
#define INET6_TEXT_MAX 65       /* Windows' INET6_ADDRSTRLEN */
#define ADDRESS_STRING_MAX 256  /* longer text is no address */

static u_long swap_long( u_long value )
{
    return (value & 0xff) << 24 | (value & 0xff00) << 8 | (value >> 8 & 0xff00) | (value >> 24 & 0xff);
}

static u_short swap_short( u_short value )
{
    return value << 8 | value >> 8;
}

u_long WINAPI htonl( u_long value )
{
    return swap_long( value );
}

u_short WINAPI htons( u_short value )
{
    return swap_short( value );
}

u_long WINAPI ntohl( u_long value )
{
    return swap_long( value );
}

u_short WINAPI ntohs( u_short value )
{
    return swap_short( value );
}

/* The WSA forms ask a socket for its byte order, so they need one (MS: WSAHtonl page); every provider that
 * exists here has network order. */
static int store_swapped( SOCKET s, void *result, const void *value, SIZE_T size )
{
    int error;

    if (!(error = enter_api()) && !(error = check_socket( s )) && !guard_write( result, value, size ))
        error = WSAEFAULT;
    return leave_api( error );
}

int WINAPI WSAHtonl( SOCKET s, u_long value, u_long *result )
{
    value = swap_long( value );
    return store_swapped( s, result, &value, sizeof(value) );
}

int WINAPI WSAHtons( SOCKET s, u_short value, u_short *result )
{
    value = swap_short( value );
    return store_swapped( s, result, &value, sizeof(value) );
}

int WINAPI WSANtohl( SOCKET s, u_long value, u_long *result )
{
    value = swap_long( value );
    return store_swapped( s, result, &value, sizeof(value) );
}

int WINAPI WSANtohs( SOCKET s, u_short value, u_short *result )
{
    value = swap_short( value );
    return store_swapped( s, result, &value, sizeof(value) );
}

static BOOL is_blank( char ch )
{
    return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

static int digit_value( char ch )
{
    if (ch >= '0' && ch <= '9') return ch - '0';
    if (ch >= 'a' && ch <= 'f') return ch - 'a' + 10;
    if (ch >= 'A' && ch <= 'F') return ch - 'A' + 10;
    return 99;
}

/* One part of a dotted address: decimal, 0 octal, 0x hexadecimal. FALSE without a digit. */
static BOOL parse_part( const char **cursor, ULONG *value )
{
    const char *p = *cursor, *first;
    int base = 10;

    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
    {
        base = 16;
        p += 2;
    }
    else if (p[0] == '0') base = 8;

    for (*value = 0, first = p; digit_value( *p ) < base; p++) *value = *value * base + digit_value( *p );
    *cursor = p;
    return p != first;
}

/* What is accepted was observed on Windows (Wine T:test_inet_addr): one to four parts, the last of which
 * fills the rest; text after white space does not count; a lone space is 0.0.0.0. */
u_long WINAPI inet_addr( const char *string )
{
    char text[ADDRESS_STRING_MAX];
    const char *p = text;
    ULONG parts[4], value;
    LONG_PTR len;
    int count = 0, i;

    TRACE( "string %p.\n", string );

    if (!string || (len = guard_strlen( string, sizeof(text) - 1 )) < 0 || !guard_read( text, string, len ))
    {
        SetLastError( WSAEFAULT );
        return INADDR_NONE;
    }
    text[len] = 0;

    if (!strcmp( text, " " )) return 0;
    for (;;)
    {
        if (count == 4 || !parse_part( &p, &parts[count] )) return INADDR_NONE;
        count++;
        if (!*p || is_blank( *p )) break;
        if (*p++ != '.') return INADDR_NONE;
    }

    value = parts[count - 1];
    if (count > 1 && value >> (8 * (5 - count))) return INADDR_NONE;
    for (i = 0; i < count - 1; i++)
    {
        if (parts[i] > 255) return INADDR_NONE;
        value |= parts[i] << (24 - 8 * i);
    }
    return swap_long( value );
}

char *WINAPI inet_ntoa( struct in_addr in )
{
    struct thread_data *data = thread_data();
    IN_ADDR address;

    if (!data)
    {
        SetLastError( WSAENOBUFS );
        return NULL;
    }
    address.S_un.S_addr = in.S_un.S_addr;
    RtlIpv4AddressToStringA( &address, data->ntoa_buffer );
    return data->ntoa_buffer;
}

/* The text of an address without port or scope. */
static int format_address( int family, const void *address, char *text, ULONG *len )
{
    IN6_ADDR in6;
    IN_ADDR in;

    switch (family)
    {
    case AF_INET:
        if (!guard_read( &in, address, sizeof(in) )) return WSAEFAULT;
        *len = RtlIpv4AddressToStringA( &in, text ) - text;
        return 0;
    case AF_INET6:
        if (!guard_read( &in6, address, sizeof(in6) )) return WSAEFAULT;
        *len = RtlIpv6AddressToStringA( &in6, text ) - text;
        return 0;
    default:
        return WSAEAFNOSUPPORT;
    }
}

/* A missing or short buffer is WSAEINVAL since Windows 7 (Wine T:test_addr_to_print). */
const char *WINAPI inet_ntop( int family, void *address, char *buffer, SIZE_T size )
{
    char text[INET6_TEXT_MAX];
    ULONG len;
    int error;

    TRACE( "family %d, address %p, buffer %p, size %Iu.\n", family, address, buffer, size );

    if (!(error = format_address( family, address, text, &len )))
    {
        if (!buffer || size <= len) error = WSAEINVAL;
        else if (!guard_write( buffer, text, len + 1 )) error = WSAEFAULT;
    }
    if (!error) return buffer;
    SetLastError( error );
    return NULL;
}

const WCHAR *WINAPI InetNtopW( int family, void *address, WCHAR *buffer, SIZE_T size )
{
    WCHAR wide[INET6_TEXT_MAX];
    char text[INET6_TEXT_MAX];
    ULONG len, i;
    int error;

    TRACE( "family %d, address %p, buffer %p, size %Iu.\n", family, address, buffer, size );

    if (!(error = format_address( family, address, text, &len )))
    {
        for (i = 0; i <= len; i++) wide[i] = text[i];
        if (!buffer || size <= len) error = WSAEINVAL;
        else if (!guard_write( buffer, wide, (len + 1) * sizeof(WCHAR) )) error = WSAEFAULT;
    }
    if (!error) return buffer;
    SetLastError( error );
    return NULL;
}

/* 1 for an address, 0 for other text, -1 with the last error set. What was understood before the text went
 * wrong is stored all the same, as on Windows (Wine T:test_inet_pton). */
static int parse_address( int family, const WCHAR *text, void *result )
{
    const WCHAR *end = text;
    NTSTATUS status;
    BOOL stored;

    if (family == AF_INET)
    {
        IN_ADDR in;

        if (!guard_read( &in, result, sizeof(in) )) stored = FALSE;
        else
        {
            status = RtlIpv4StringToAddressW( text, TRUE, &end, &in );
            stored = guard_write( result, &in, sizeof(in) );
        }
    }
    else if (family == AF_INET6)
    {
        IN6_ADDR in6;

        if (!guard_read( &in6, result, sizeof(in6) )) stored = FALSE;
        else
        {
            status = RtlIpv6StringToAddressW( text, &end, &in6 );
            stored = guard_write( result, &in6, sizeof(in6) );
        }
    }
    else
    {
        SetLastError( WSAEAFNOSUPPORT );
        return -1;
    }
    if (!stored)
    {
        SetLastError( WSAEFAULT );
        return -1;
    }
    return !status && !*end;
}

int WINAPI inet_pton( int family, const char *string, void *result )
{
    WCHAR wide[ADDRESS_STRING_MAX];
    char text[ADDRESS_STRING_MAX];
    LONG_PTR len, i;

    TRACE( "family %d, string %p, result %p.\n", family, string, result );

    if (!string || !result || (len = guard_strlen( string, ADDRESS_STRING_MAX - 1 )) < 0 ||
        !guard_read( text, string, len ))
    {
        SetLastError( WSAEFAULT );
        return -1;
    }
    for (i = 0; i < len; i++) wide[i] = (BYTE)text[i];
    wide[len] = 0;
    return parse_address( family, wide, result );
}

/* Unlike inet_pton it sets an error for text that is no address (Wine T:test_inet_pton). */
int WINAPI InetPtonW( int family, const WCHAR *string, void *result )
{
    WCHAR text[ADDRESS_STRING_MAX];
    LONG_PTR len;
    int ret;

    TRACE( "family %d, string %p, result %p.\n", family, string, result );

    if (!string || !result || (len = guard_wcslen( string, ADDRESS_STRING_MAX - 1 )) < 0 ||
        !guard_read( text, string, len * sizeof(WCHAR) ))
    {
        SetLastError( WSAEFAULT );
        return -1;
    }
    text[len] = 0;
    if (!(ret = parse_address( family, text, result ))) SetLastError( WSAEINVAL );
    return ret;
}

/* The catalogue entry that the program names must be of the address's family. */
static int check_info_family( const WSAPROTOCOL_INFOW *info, int family )
{
    int entry_family;

    if (!info) return 0;
    if (!guard_read( &entry_family, &info->iAddressFamily, sizeof(entry_family) )) return WSAEFAULT;
    return entry_family == family ? 0 : WSAEINVAL;
}

INT WINAPI base_address_to_string( struct sockaddr *addr, DWORD addr_len, WSAPROTOCOL_INFOW *info,
                                   WCHAR *string, DWORD *string_len, INT *error )
{
    union
    {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } copy;
    WCHAR text[INET6_TEXT_MAX];
    ULONG size = ARRAY_SIZE(text);
    DWORD room;

    *error = WSAEFAULT;
    if (!addr || addr_len < sizeof(copy.any.sa_family)) return SOCKET_ERROR;
    memset( &copy, 0, sizeof(copy) );
    if (!guard_read( &copy, addr, min( addr_len, sizeof(copy) ))) return SOCKET_ERROR;
    if (!string_len || !guard_read( &room, string_len, sizeof(room) )) return SOCKET_ERROR;

    switch (copy.any.sa_family)
    {
    case AF_INET:
        if (addr_len < sizeof(copy.in)) return SOCKET_ERROR;
        if (RtlIpv4AddressToStringExW( &copy.in.sin_addr, copy.in.sin_port, text, &size ))
            return SOCKET_ERROR;
        break;
    case AF_INET6:
        if (addr_len < sizeof(copy.in6)) return SOCKET_ERROR;
        if (RtlIpv6AddressToStringExW( &copy.in6.sin6_addr, copy.in6.sin6_scope_id, copy.in6.sin6_port, text,
                                       &size )) return SOCKET_ERROR;
        break;
    default:
        *error = WSAEINVAL;
        return SOCKET_ERROR;
    }
    if ((*error = check_info_family( info, copy.any.sa_family ))) return SOCKET_ERROR;

    /* the length is reported whether or not the text fits */
    *error = WSAEFAULT;
    if (!guard_write( string_len, &size, sizeof(size) ) || !string || room < size) return SOCKET_ERROR;
    if (!guard_write( string, text, size * sizeof(WCHAR) )) return SOCKET_ERROR;
    *error = 0;
    return 0;
}

INT WINAPI base_string_to_address( WCHAR *string, INT family, WSAPROTOCOL_INFOW *info, struct sockaddr *addr,
                                   INT *addr_len, INT *error )
{
    union
    {
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } result;
    WCHAR text[ADDRESS_STRING_MAX];
    NTSTATUS status;
    int room, need;
    LONG_PTR len;

    *error = WSAEFAULT;
    if (!addr || !addr_len || !guard_read( &room, addr_len, sizeof(room) )) return SOCKET_ERROR;
    *error = WSAEINVAL;
    if (family != AF_INET && family != AF_INET6) return SOCKET_ERROR;
    if (!string) return SOCKET_ERROR;
    if ((*error = check_info_family( info, family ))) return SOCKET_ERROR;

    *error = WSAEFAULT;
    if ((len = guard_wcslen( string, ARRAY_SIZE(text) )) < 0) return SOCKET_ERROR;
    if (len == ARRAY_SIZE(text)) len = 0;   /* no address is that long */
    if (!guard_read( text, string, len * sizeof(WCHAR) )) return SOCKET_ERROR;
    text[len] = 0;

    need = family == AF_INET ? sizeof(result.in) : sizeof(result.in6);
    if (room < need)
    {
        guard_write( addr_len, &need, sizeof(need) );
        return SOCKET_ERROR;
    }

    /* On failure the program sees what was understood so far, with family 0 (Wine
     * T:test_WSAStringToAddress). */
    memset( &result, 0, sizeof(result) );
    if (family == AF_INET)
    {
        status = RtlIpv4StringToAddressExW( text, FALSE, &result.in.sin_addr, &result.in.sin_port );
        if (!status) result.in.sin_family = AF_INET;
    }
    else
    {
        status = RtlIpv6StringToAddressExW( text, &result.in6.sin6_addr, &result.in6.sin6_scope_id,
                                            &result.in6.sin6_port );
        if (!status) result.in6.sin6_family = AF_INET6;
    }
    if (!guard_write( addr, &result, need )) return SOCKET_ERROR;
    if (status)
    {
        *error = WSAEINVAL;
        return SOCKET_ERROR;
    }
    if (!guard_write( addr_len, &need, sizeof(need) )) return SOCKET_ERROR;
    *error = 0;
    return 0;
}

/* Widens the numbers of a program's catalogue entry; the name in it plays no part. */
static int widen_info( const WSAPROTOCOL_INFOA *ansi, WSAPROTOCOL_INFOW *wide )
{
    memset( wide, 0, sizeof(*wide) );
    return guard_read( wide, ansi, FIELD_OFFSET( WSAPROTOCOL_INFOA, szProtocol )) ? 0 : WSAEFAULT;
}

INT WINAPI WSAAddressToStringW( struct sockaddr *addr, DWORD addr_len, WSAPROTOCOL_INFOW *info,
                                WCHAR *string, DWORD *string_len )
{
    int error;

    TRACE( "addr %p, addr_len %lu, info %p, string %p, string_len %p.\n", addr, addr_len, info, string,
           string_len );

    if (!(error = enter_api()))
        provider->lpWSPAddressToString( addr, addr_len, info, string, string_len, &error );
    return leave_api( error );
}

INT WINAPI WSAAddressToStringA( struct sockaddr *addr, DWORD addr_len, WSAPROTOCOL_INFOA *info, char *string,
                                DWORD *string_len )
{
    DWORD room, size = INET6_TEXT_MAX, i;
    WCHAR wide[INET6_TEXT_MAX];
    char text[INET6_TEXT_MAX];
    WSAPROTOCOL_INFOW infoW;
    int error;

    TRACE( "addr %p, addr_len %lu, info %p, string %p, string_len %p.\n", addr, addr_len, info, string,
           string_len );

    if ((error = enter_api())) return leave_api( error );
    if (!string_len || !guard_read( &room, string_len, sizeof(room) )) return leave_api( WSAEFAULT );
    if (info && (error = widen_info( info, &infoW ))) return leave_api( error );

    if (provider->lpWSPAddressToString( addr, addr_len, info ? &infoW : NULL, wide, &size, &error ))
        return leave_api( error );
    for (i = 0; i < size; i++) text[i] = wide[i];
    if (!guard_write( string_len, &size, sizeof(size) ) || !string || room < size ||
        !guard_write( string, text, size ))
        return leave_api( WSAEFAULT );
    return leave_api( 0 );
}

INT WINAPI WSAStringToAddressW( WCHAR *string, INT family, WSAPROTOCOL_INFOW *info, struct sockaddr *addr,
                                INT *addr_len )
{
    int error;

    TRACE( "string %p, family %d, info %p, addr %p, addr_len %p.\n", string, family, info, addr, addr_len );

    if (!(error = enter_api()))
        provider->lpWSPStringToAddress( string, family, info, addr, addr_len, &error );
    return leave_api( error );
}

INT WINAPI WSAStringToAddressA( char *string, INT family, WSAPROTOCOL_INFOA *info, struct sockaddr *addr,
                                INT *addr_len )
{
    WCHAR wide[ADDRESS_STRING_MAX + 1];
    char text[ADDRESS_STRING_MAX];
    WSAPROTOCOL_INFOW infoW;
    LONG_PTR len = 0, i;
    int error;

    TRACE( "string %p, family %d, info %p, addr %p, addr_len %p.\n", string, family, info, addr, addr_len );

    if ((error = enter_api())) return leave_api( error );
    if (info && (error = widen_info( info, &infoW ))) return leave_api( error );
    if (string && ((len = guard_strlen( string, sizeof(text) )) < 0 || !guard_read( text, string, len )))
        return leave_api( WSAEFAULT );
    for (i = 0; i < len; i++) wide[i] = (BYTE)text[i];
    wide[len] = 0;

    provider->lpWSPStringToAddress( string ? wide : NULL, family, info ? &infoW : NULL, addr, addr_len,
                                    &error );
    return leave_api( error );
}
