/*
 * The protocol catalogue: what WSAEnumProtocols and WSCEnumProtocols list, and what a socket's triple is
 * matched against.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define TCPIP_GUID  { 0xe70f1aa0, 0xab8b, 0x11cf, { 0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92 } }
#define TCPIP6_GUID { 0xf9eab0c0, 0x26d4, 0x11d0, { 0xbb, 0xbf, 0x00, 0xaa, 0x00, 0x6c, 0x34, 0xe4 } }

#define STREAM_SERVICES (XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE | \
                         XP1_EXPEDITED_DATA | XP1_IFS_HANDLES)
#define MESSAGE_SERVICES (XP1_CONNECTIONLESS | XP1_MESSAGE_ORIENTED | XP1_SUPPORT_BROADCAST | \
                          XP1_SUPPORT_MULTIPOINT | XP1_IFS_HANDLES)

/* Windows 10, "netsh winsock show catalog" and the keys Services\Tcpip\Parameters\Winsock\0..2, from which
 * it makes its catalogue. Raw sockets are hidden: only WSCEnumProtocols lists them. */
#define ENTRY( id, guid, services, flags, family, address, type, protocol, offset, size, name ) \
    { services, 0, 0, 0, PFL_MATCHES_PROTOCOL_ZERO | (flags), guid, id, { 1, { 0 } }, 2, family, \
      sizeof(address), sizeof(address), type, protocol, offset, BIGENDIAN, SECURITY_PROTOCOL_NONE, size, 0, \
      name }

static const WSAPROTOCOL_INFOW entries[] =
{
    ENTRY( 1001, TCPIP_GUID, STREAM_SERVICES, 0, AF_INET, struct sockaddr_in,
           SOCK_STREAM, IPPROTO_TCP, 0, 0, L"MSAFD Tcpip [TCP/IP]" ),
    ENTRY( 1002, TCPIP_GUID, MESSAGE_SERVICES, 0, AF_INET, struct sockaddr_in,
           SOCK_DGRAM, IPPROTO_UDP, 0, 65527, L"MSAFD Tcpip [UDP/IP]" ),
    ENTRY( 1003, TCPIP_GUID, MESSAGE_SERVICES, PFL_HIDDEN, AF_INET, struct sockaddr_in,
           SOCK_RAW, 0, 255, 32768, L"MSAFD Tcpip [RAW/IP]" ),
    ENTRY( 1004, TCPIP6_GUID, STREAM_SERVICES, 0, AF_INET6, struct sockaddr_in6,
           SOCK_STREAM, IPPROTO_TCP, 0, 0, L"MSAFD Tcpip [TCP/IPv6]" ),
    ENTRY( 1005, TCPIP6_GUID, MESSAGE_SERVICES, 0, AF_INET6, struct sockaddr_in6,
           SOCK_DGRAM, IPPROTO_UDP, 0, 65527, L"MSAFD Tcpip [UDP/IPv6]" ),
    ENTRY( 1006, TCPIP6_GUID, MESSAGE_SERVICES, PFL_HIDDEN, AF_INET6, struct sockaddr_in6,
           SOCK_RAW, 0, 255, 32768, L"MSAFD Tcpip [RAW/IPv6]" ),
};

C_ASSERT( sizeof(WSAPROTOCOL_INFOW) == 628 );
C_ASSERT( sizeof(WSAPROTOCOL_INFOA) == 372 );

const WSAPROTOCOL_INFOW *catalogue_entries( unsigned int *count )
{
    *count = ARRAY_SIZE( entries );
    return entries;
}

static BOOL covers_protocol( const WSAPROTOCOL_INFOW *entry, int protocol )
{
    if (!protocol) return (entry->dwProviderFlags & PFL_MATCHES_PROTOCOL_ZERO) != 0;
    return protocol >= entry->iProtocol && protocol <= entry->iProtocol + entry->iProtocolMaxOffset;
}

/* The first entry wins, with zero for "any" in each place (MS: WSASocket, remarks on WSAPROTOCOL_INFO and
 * PFL_MATCHES_PROTOCOL_ZERO). The copy names the protocol that was asked for where an entry covers many. */
BOOL catalogue_find( int family, int type, int protocol, WSAPROTOCOL_INFOW *info )
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE( entries ); i++)
    {
        if (family && entries[i].iAddressFamily != family) continue;
        if (type && entries[i].iSocketType != type) continue;
        if (!covers_protocol( &entries[i], protocol )) continue;
        *info = entries[i];
        if (protocol) info->iProtocol = protocol;
        return TRUE;
    }
    return FALSE;
}

void catalogue_entry_to_ansi( const WSAPROTOCOL_INFOW *entry, WSAPROTOCOL_INFOA *ansi )
{
    memcpy( ansi, entry, FIELD_OFFSET( WSAPROTOCOL_INFOA, szProtocol ) );
    memset( ansi->szProtocol, 0, sizeof(ansi->szProtocol) );
    WideCharToMultiByte( CP_ACP, 0, entry->szProtocol, -1, ansi->szProtocol, WSAPROTOCOL_LEN, NULL, NULL );
}

/* One listing of the catalogue into memory of the program. */
struct listing
{
    const int *filter;      /* protocols ending with 0, NULL for all */
    BOOL hidden;            /* with the hidden entries */
    BOOL ansi;
};

/* Is an entry part of the listing? FALSE with *error set when the filter cannot be read. */
static BOOL is_listed( const struct listing *listing, const WSAPROTOCOL_INFOW *entry, int *error )
{
    const int *filter = listing->filter;
    int protocol;

    if ((entry->dwProviderFlags & PFL_HIDDEN) && !listing->hidden) return FALSE;
    if (!filter) return TRUE;
    for (;;)
    {
        if (!guard_read( &protocol, filter++, sizeof(protocol) ))
        {
            *error = WSAEFAULT;
            return FALSE;
        }
        if (!protocol) return FALSE;
        if (protocol == entry->iProtocol) return TRUE;
    }
}

/* Answers the number of entries written, or SOCKET_ERROR with *error set. A buffer that is missing or too
 * small is WSAENOBUFS with the size it takes in *size (T:test_WSAEnumProtocolsA/W). */
static int list_entries( const struct listing *listing, void *buffer, DWORD *size, int *error )
{
    DWORD entry_size = listing->ansi ? sizeof(WSAPROTOCOL_INFOA) : sizeof(WSAPROTOCOL_INFOW);
    const WSAPROTOCOL_INFOW *found[ARRAY_SIZE( entries )];
    DWORD count = 0, available, needed, i;
    char *out = buffer;

    *error = 0;
    if (!guard_read( &available, size, sizeof(available) )) *error = WSAEFAULT;
    for (i = 0; i < ARRAY_SIZE( entries ) && !*error; i++)
        if (is_listed( listing, &entries[i], error )) found[count++] = &entries[i];
    if (*error) return SOCKET_ERROR;

    needed = count * entry_size;
    if (!buffer || available < needed)
    {
        *error = guard_write( size, &needed, sizeof(needed) ) ? WSAENOBUFS : WSAEFAULT;
        return SOCKET_ERROR;
    }
    for (i = 0; i < count; i++, out += entry_size)
    {
        WSAPROTOCOL_INFOA ansi;
        const void *entry = found[i];

        if (listing->ansi)
        {
            catalogue_entry_to_ansi( found[i], &ansi );
            entry = &ansi;
        }
        if (!guard_write( out, entry, entry_size ))
        {
            *error = WSAEFAULT;
            return SOCKET_ERROR;
        }
    }
    return count;
}

int WINAPI WSAEnumProtocolsA( int *protocols, WSAPROTOCOL_INFOA *buffer, DWORD *size )
{
    const struct listing listing = { protocols, FALSE, TRUE };
    int error = enter_api(), ret = SOCKET_ERROR;

    TRACE( "protocols %p, buffer %p, size %p\n", protocols, buffer, size );

    if (!error) ret = list_entries( &listing, buffer, size, &error );
    leave_api( error );
    return ret;
}

int WINAPI WSAEnumProtocolsW( int *protocols, WSAPROTOCOL_INFOW *buffer, DWORD *size )
{
    const struct listing listing = { protocols, FALSE, FALSE };
    int error = enter_api(), ret = SOCKET_ERROR;

    TRACE( "protocols %p, buffer %p, size %p\n", protocols, buffer, size );

    if (!error) ret = list_entries( &listing, buffer, size, &error );
    leave_api( error );
    return ret;
}

/* The provider side's listing needs no start-up (MS: WSCEnumProtocols lists no WSANOTINITIALISED), shows
 * hidden entries, and answers its error through a pointer. */
int WINAPI WSCEnumProtocols( int *protocols, WSAPROTOCOL_INFOW *buffer, DWORD *size, int *errno_ptr )
{
    const struct listing listing = { protocols, TRUE, FALSE };
    int error, ret;

    TRACE( "protocols %p, buffer %p, size %p, errno_ptr %p\n", protocols, buffer, size, errno_ptr );

    ret = list_entries( &listing, buffer, size, &error );
    if (error) guard_write( errno_ptr, &error, sizeof(error) );
    return ret;
}

/* Which of the two catalogues of a 64-bit Windows; ours are the same. */
int WINAPI WSCEnumProtocolsEx( DWORD catalogue, int *protocols, WSAPROTOCOL_INFOW *buffer, DWORD *size,
                               int *errno_ptr )
{
    TRACE( "catalogue %lu\n", catalogue );

    return WSCEnumProtocols( protocols, buffer, size, errno_ptr );
}

#ifdef _WIN64
int WINAPI WSCEnumProtocols32( int *protocols, WSAPROTOCOL_INFOW *buffer, DWORD *size, int *errno_ptr )
{
    return WSCEnumProtocols( protocols, buffer, size, errno_ptr );
}
#endif
