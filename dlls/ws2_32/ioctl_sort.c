/*
 * SIO_ADDRESS_LIST_SORT: destinations in the order in which they should be tried.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules of RFC 3484 section 6 that one host can decide, with the policy table of its successor RFC 6724,
 * which is that of Windows 10 (MS: Using SIO_ADDRESS_LIST_SORT).
 */
#include "ioctl_handlers.h"

#define MAX_DESTINATIONS 64

static const struct policy
{
    BYTE prefix[16];
    BYTE length, precedence, label;
}
policies[] =
{
    { { [15] = 1 }, 128, 50, 0 },
    { { [10] = 0xff, 0xff }, 96, 35, 4 },
    { { 0 }, 96, 1, 3 },
    { { 0x20, 0x01 }, 32, 5, 5 },
    { { 0x20, 0x02 }, 16, 30, 2 },
    { { 0x3f, 0xfe }, 16, 1, 12 },
    { { 0xfe, 0xc0 }, 10, 1, 11 },
    { { 0xfc }, 7, 3, 13 },
    { { 0 }, 0, 40, 1 },
};

struct destination
{
    SOCKET_ADDRESS address;     /* the program's */
    unsigned int index;         /* in the program's list */
    BOOL reachable, same_scope, same_label;
    unsigned int scope, precedence, common;
    BOOL mapped;
};

static unsigned int common_bits( const BYTE *a, const BYTE *b )
{
    unsigned int i;

    for (i = 0; i < 128; i++)
        if ((a[i / 8] ^ b[i / 8]) & (0x80 >> i % 8)) break;
    return i;
}

static const struct policy *find_policy( const BYTE *ip )
{
    const struct policy *policy = policies;

    while (common_bits( policy->prefix, ip ) < policy->length) policy++;
    return policy;
}

static BOOL is_mapped( const BYTE *ip )
{
    return common_bits( policies[1].prefix, ip ) >= policies[1].length;
}

/* Scopes as multicast addresses number them: 2 link, 5 site, 14 global. */
static unsigned int scope_of( const BYTE *ip )
{
    if (is_mapped( ip )) return ip[12] == 127 || (ip[12] == 169 && ip[13] == 254) ? 2 : 14;
    if (ip[0] == 0xff) return ip[1] & 15;
    if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) return 2;
    if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0xc0) return 5;
    return common_bits( ip, policies[0].prefix ) == 128 ? 2 : 14;
}

static void find_source( struct destination *destination, const BYTE *ip )
{
    struct host_route_params params = { .destination = { .family = HOST_FAMILY_INET6 } };
    BYTE source[16];

    destination->mapped = is_mapped( ip );
    destination->scope = scope_of( ip );
    destination->precedence = find_policy( ip )->precedence;
    if (destination->mapped)
    {
        params.destination.family = HOST_FAMILY_INET;
        memcpy( params.destination.ip, ip + 12, 4 );
    }
    else memcpy( params.destination.ip, ip, 16 );
    if (host_call( HOST_ROUTE_SOURCE, &params )) return;

    if (destination->mapped)
    {
        memcpy( source, policies[1].prefix, 12 );
        memcpy( source + 12, params.source.ip, 4 );
    }
    else memcpy( source, params.source.ip, 16 );
    destination->reachable = TRUE;
    destination->same_scope = scope_of( source ) == destination->scope;
    destination->same_label = find_policy( source )->label == find_policy( ip )->label;
    destination->common = destination->mapped ? 0 : common_bits( source, ip );
}

static int __cdecl compare( const void *left, const void *right )
{
    const struct destination *a = left, *b = right;

    if (a->reachable != b->reachable) return a->reachable ? -1 : 1;             /* rule 1 */
    if (a->same_scope != b->same_scope) return a->same_scope ? -1 : 1;          /* rule 2 */
    if (a->same_label != b->same_label) return a->same_label ? -1 : 1;          /* rule 5 */
    if (a->precedence != b->precedence) return a->precedence > b->precedence ? -1 : 1;
    if (a->scope != b->scope) return a->scope < b->scope ? -1 : 1;              /* rule 8 */
    if (a->mapped == b->mapped && a->common != b->common) return a->common > b->common ? -1 : 1;
    return a->index < b->index ? -1 : 1;                                        /* rule 10 */
}

int ioctl_address_sort( struct ioctl_call *call )
{
    struct destination *list;
    DWORD header = FIELD_OFFSET( SOCKET_ADDRESS_LIST, Address ), i, kept = 0;
    INT count;
    int error = 0;

    if (call->in_size < header || !guard_read( &count, call->program_in, sizeof(count) )) return WSAEFAULT;
    if (count < 0 || (DWORD)count > (call->in_size - header) / sizeof(SOCKET_ADDRESS)) return WSAEINVAL;
    if (count > MAX_DESTINATIONS) return WSAENOBUFS;
    if (!(list = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, (count + 1) * sizeof(*list) )))
        return WSAENOBUFS;

    for (i = 0; i < (DWORD)count && !error; i++)
    {
        const char *entry = (const char *)call->program_in + header + i * sizeof(SOCKET_ADDRESS);
        struct destination *destination = &list[kept];
        struct sockaddr_in6 addr;
        static const BYTE none[16];

        memset( destination, 0, sizeof(*destination) );
        destination->index = i;
        if (!guard_read( &destination->address, entry, sizeof(destination->address) )) error = WSAEFAULT;
        else if (destination->address.iSockaddrLength < (INT)sizeof(addr)) error = WSAEINVAL;
        else if (!guard_read( &addr, destination->address.lpSockaddr, sizeof(addr) )) error = WSAEFAULT;
        else if (addr.sin6_family != AF_INET6) error = WSAEINVAL;
        else if (memcmp( &addr.sin6_addr, none, sizeof(none) ))     /* no destination: is left out */
        {
            find_source( destination, (const BYTE *)&addr.sin6_addr );
            kept++;
        }
    }
    call->count = header + kept * sizeof(SOCKET_ADDRESS);
    if (!error)
    {
        qsort( list, kept, sizeof(*list), compare );
        count = kept;
        if (call->out_size < call->count || !guard_write( call->program_out, &count, sizeof(count) ))
            error = WSAEFAULT;
    }
    for (i = 0; i < kept && !error; i++)
        if (!guard_write( (char *)call->program_out + header + i * sizeof(SOCKET_ADDRESS), &list[i].address,
                          sizeof(list[i].address) )) error = WSAEFAULT;
    HeapFree( GetProcessHeap(), 0, list );
    call->written = TRUE;
    return error;
}
