/*
 * Names and addresses, as the host's resolver knows them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing here takes a lock: a look-up may block for as long as a name server keeps silent.
 */
#include "host_private.h"

#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOCAL_MAX 128

/* Flags of /proc/net/if_inet6 for addresses that nobody should use (IFA_F_DADFAILED, DEPRECATED,
 * TENTATIVE). */
#define INET6_UNUSABLE (0x08 | 0x20 | 0x40)

/* Where an address comes in the list of our own: lower is better. */
struct rank
{
    struct host_address address;
    unsigned int index;     /* of the interface */
    unsigned int group;
    unsigned int metric;
};

static const struct
{
    int eai;
    enum host_name_error error;
}
resolver_errors[] =
{
    { EAI_NONAME, HOST_NAME_NOT_FOUND },
    { EAI_NODATA, HOST_NAME_NO_DATA },
    { EAI_ADDRFAMILY, HOST_NAME_NO_DATA },
    { EAI_AGAIN, HOST_NAME_AGAIN },
    { EAI_MEMORY, HOST_NAME_MEMORY },
};

static enum host_name_error error_from_eai( int eai )
{
    unsigned int i;

    if (!eai) return HOST_NAME_OK;
    for (i = 0; i < sizeof(resolver_errors) / sizeof(resolver_errors[0]); i++)
        if (resolver_errors[i].eai == eai) return resolver_errors[i].error;
    if (eai == EAI_SYSTEM && errno == ENOMEM) return HOST_NAME_MEMORY;
    return HOST_NAME_FAIL;
}

static enum host_name_error error_from_h_errno( int err )
{
    switch (err)
    {
    case HOST_NOT_FOUND: return HOST_NAME_NOT_FOUND;
    case NO_DATA: return HOST_NAME_NO_DATA;
    case TRY_AGAIN: return HOST_NAME_AGAIN;
    default: return HOST_NAME_FAIL;
    }
}

/* The source address for a destination that only a default route reaches; nothing is sent. */
static int default_source( int family, struct host_address *source )
{
    struct host_address far = { .port = 9 };
    struct sockaddr_storage storage;
    socklen_t len;
    int fd, found = 0;

    if (family == AF_INET)
    {
        far.family = HOST_FAMILY_INET;
        far.ip[0] = 192;    /* 192.0.0.9, an anycast address no network has of its own (RFC 7723) */
        far.ip[3] = 9;
    }
    else
    {
        far.family = HOST_FAMILY_INET6;
        far.ip[0] = 0x20;   /* 2001:1::1, its IPv6 equal */
        far.ip[1] = 0x01;
        far.ip[3] = 1;
        far.ip[15] = 1;
    }
    if ((fd = socket( family, SOCK_DGRAM | SOCK_CLOEXEC, 0 )) == -1) return 0;
    len = address_to_sockaddr( &far, &storage );
    if (!connect( fd, (struct sockaddr *)&storage, len ))
    {
        len = sizeof(storage);
        memset( &storage, 0, sizeof(storage) );
        if (!getsockname( fd, (struct sockaddr *)&storage, &len ))
        {
            address_from_sockaddr( source, &storage );
            found = 1;
        }
    }
    close( fd );
    return found;
}

/* The lowest metric of an interface's IPv4 routes, UINT_MAX without any. */
static unsigned int route_metric( const char *interface )
{
    char line[256], name[IFNAMSIZ];
    unsigned int destination, gateway, flags, metric, best = UINT_MAX;
    FILE *file;

    if (!(file = fopen( "/proc/net/route", "re" ))) return UINT_MAX;
    while (fgets( line, sizeof(line), file ))
    {
        if (sscanf( line, "%15s %x %x %x %*d %*u %u", name, &destination, &gateway, &flags, &metric ) != 5)
            continue;
        if (!strcmp( name, interface ) && metric < best) best = metric;
    }
    fclose( file );
    return best;
}

static int is_link_local( const struct host_address *address )
{
    if (address->family == HOST_FAMILY_INET) return address->ip[0] == 169 && address->ip[1] == 254;
    return address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80;
}

static int is_loopback( const struct host_address *address )
{
    static const uint8_t loopback6[16] = { [15] = 1 };

    if (address->family == HOST_FAMILY_INET) return address->ip[0] == 127;
    return !memcmp( address->ip, loopback6, sizeof(loopback6) );
}

static int better( const void *left, const void *right )
{
    const struct rank *a = left, *b = right;

    if (a->group != b->group) return a->group < b->group ? -1 : 1;
    if (a->metric != b->metric) return a->metric < b->metric ? -1 : 1;
    if (a->index != b->index) return a->index < b->index ? -1 : 1;
    return 0;
}

static unsigned int local_inet6( struct rank *list, unsigned int capacity, uint32_t *configured )
{
    char line[256], name[IFNAMSIZ], hex[33];
    unsigned int count = 0, index, scope, flags, i;
    struct host_address preferred = { .family = HOST_FAMILY_OTHER };
    FILE *file;

    if (!(file = fopen( "/proc/net/if_inet6", "re" ))) return 0;
    default_source( AF_INET6, &preferred );
    while (fgets( line, sizeof(line), file ))
    {
        struct rank *rank = &list[count];

        if (sscanf( line, "%32s %x %*x %x %x %15s", hex, &index, &scope, &flags, name ) != 5) continue;
        *configured |= HOST_KNOWS_INET6;
        if (count == capacity || (flags & INET6_UNUSABLE)) continue;

        memset( rank, 0, sizeof(*rank) );
        rank->address.family = HOST_FAMILY_INET6;
        for (i = 0; i < 16; i++)
        {
            unsigned int byte;

            if (sscanf( hex + 2 * i, "%2x", &byte ) == 1) rank->address.ip[i] = byte;
        }
        if (is_loopback( &rank->address )) continue;
        rank->index = index;
        if (is_link_local( &rank->address ))
        {
            rank->address.scope = index;
            rank->group = 2;
        }
        else
        {
            *configured |= HOST_HAS_INET6;
            rank->group = memcmp( rank->address.ip, preferred.ip, 16 ) ? 1 : 0;
        }
        count++;
    }
    fclose( file );
    return count;
}

static unsigned int local_inet( struct rank *list, unsigned int capacity, uint32_t *configured )
{
    struct host_address preferred = { .family = HOST_FAMILY_OTHER };
    struct ifaddrs *all, *ifa;
    unsigned int count = 0;

    if (getifaddrs( &all )) return 0;
    default_source( AF_INET, &preferred );
    for (ifa = all; ifa && count < capacity; ifa = ifa->ifa_next)
    {
        struct sockaddr_storage storage = { 0 };
        struct rank *rank = &list[count];

        if (!ifa->ifa_addr || ifa->ifa_addr->sa_family != AF_INET) continue;
        if (!(ifa->ifa_flags & IFF_UP) || !(ifa->ifa_flags & IFF_RUNNING)) continue;
        memset( rank, 0, sizeof(*rank) );
        memcpy( &storage, ifa->ifa_addr, sizeof(struct sockaddr_in) );
        address_from_sockaddr( &rank->address, &storage );
        if (is_loopback( &rank->address )) continue;
        *configured |= HOST_HAS_INET;
        rank->index = if_nametoindex( ifa->ifa_name );
        rank->metric = route_metric( ifa->ifa_name );
        rank->group = 4;
        if (is_link_local( &rank->address )) rank->group = 5;
        else if (!memcmp( rank->address.ip, preferred.ip, 4 )) rank->group = 3;
        count++;
    }
    freeifaddrs( all );
    return count;
}

/* The host's own addresses, IPv6 before IPv4 as Windows has them, each family best first. */
static void local_addresses( struct host_address_info_params *args )
{
    struct host_address *list = caller_pointer( args->list );
    struct rank ranks[LOCAL_MAX];
    unsigned int count, i;

    count = local_inet6( ranks, LOCAL_MAX / 2, &args->configured );
    count += local_inet( ranks + count, LOCAL_MAX - count, &args->configured );
    qsort( ranks, count, sizeof(ranks[0]), better );

    for (i = 0; i < count; i++)
    {
        if (args->family != HOST_FAMILY_OTHER && args->family != ranks[i].address.family) continue;
        if (args->count < args->capacity) list[args->count] = ranks[i].address;
        args->count++;
    }
}

static void copy_string( uint64_t to, uint32_t size, const char *string )
{
    char *text = caller_pointer( to );

    if (!text || !size) return;
    strncpy( text, string, size - 1 );
    text[size - 1] = 0;
}

int host_address_info( struct host_address_info_params *args )
{
    struct host_address *list = caller_pointer( args->list );
    struct addrinfo hints = { 0 }, *found = NULL, *ai;
    int ret;

    args->count = 0;
    args->configured = 0;
    args->result = HOST_NAME_OK;
    copy_string( args->canonical, args->canonical_size, "" );

    if (args->flags & HOST_NAME_LOCAL)
    {
        local_addresses( args );
        return HOST_OK;
    }

    if (args->family == HOST_FAMILY_INET) hints.ai_family = AF_INET;
    else if (args->family == HOST_FAMILY_INET6) hints.ai_family = AF_INET6;
    hints.ai_socktype = SOCK_STREAM;    /* one result for each address */
    if (args->canonical) hints.ai_flags |= AI_CANONNAME;
    if (args->flags & HOST_NAME_NUMERIC) hints.ai_flags |= AI_NUMERICHOST;

    ret = getaddrinfo( caller_pointer( args->node ), NULL, &hints, &found );
    args->result = error_from_eai( ret );
    if (ret) return HOST_OK;

    for (ai = found; ai; ai = ai->ai_next)
    {
        struct sockaddr_storage storage = { 0 };
        struct host_address address;
        uint32_t i, known = args->count < args->capacity ? args->count : args->capacity;

        if (ai->ai_canonname) copy_string( args->canonical, args->canonical_size, ai->ai_canonname );
        if (!ai->ai_addr || ai->ai_addrlen > sizeof(storage)) continue;
        memcpy( &storage, ai->ai_addr, ai->ai_addrlen );
        address_from_sockaddr( &address, &storage );
        if (address.family == HOST_FAMILY_OTHER) continue;
        for (i = 0; i < known; i++) if (!memcmp( &list[i], &address, sizeof(address) )) break;
        if (i < known) continue;
        if (args->count < args->capacity) list[args->count] = address;
        args->count++;
    }
    freeaddrinfo( found );
    return HOST_OK;
}

int host_name_info( struct host_name_info_params *args )
{
    struct sockaddr_storage storage;
    socklen_t len = address_to_sockaddr( &args->address, &storage );

    if (!len) return HOST_EAFNOSUPPORT;
    args->result = error_from_eai( getnameinfo( (struct sockaddr *)&storage, len,
                                                caller_pointer( args->name ), args->size, NULL, 0,
                                                NI_NAMEREQD ));
    return HOST_OK;
}

/* Gives a host entry to the caller. */
static void store_entry( struct host_entry_params *args, const struct hostent *host )
{
    struct host_address *list = caller_pointer( args->list );
    char *names = caller_pointer( args->names );
    uint32_t used = 0, i, size = host->h_addrtype == AF_INET6 ? 16 : 4;

    for (i = 0; !i || host->h_aliases[i - 1]; i++)
    {
        const char *name = i ? host->h_aliases[i - 1] : host->h_name;
        uint32_t len = strlen( name ) + 1;

        if (len > args->names_size - used) break;
        memcpy( names + used, name, len );
        used += len;
        args->names_count++;
    }
    for (i = 0; host->h_addr_list[i]; i++, args->count++)
    {
        if (args->count >= args->capacity) continue;
        memset( &list[i], 0, sizeof(list[i]) );
        list[i].family = size == 16 ? HOST_FAMILY_INET6 : HOST_FAMILY_INET;
        memcpy( list[i].ip, host->h_addr_list[i], size );
    }
}

/* Calls one of the host's reentrant functions with a buffer that grows until the answer fits. */
static int find_entry( struct host_entry_params *args, int by_name )
{
    int family = args->family == HOST_FAMILY_INET6 ? AF_INET6 : AF_INET;
    struct hostent entry, *found = NULL;
    size_t size = 2048;
    char *buffer = NULL;
    int ret = ERANGE, err = 0;

    args->count = args->names_count = 0;
    if (!by_name) family = args->address.family == HOST_FAMILY_INET6 ? AF_INET6 : AF_INET;
    for (; ret == ERANGE && size <= 1024 * 1024; size *= 2)
    {
        char *grown = realloc( buffer, size );

        if (!grown)
        {
            ret = ENOMEM;
            break;
        }
        buffer = grown;
        if (by_name)
            ret = gethostbyname2_r( caller_pointer( args->node ), family, &entry, buffer, size, &found,
                                    &err );
        else
            ret = gethostbyaddr_r( args->address.ip, family == AF_INET6 ? 16 : 4, family, &entry, buffer,
                                   size, &found, &err );
    }
    if (ret == ENOMEM) args->result = HOST_NAME_MEMORY;
    else if (ret || !found) args->result = error_from_h_errno( err );
    else
    {
        args->result = HOST_NAME_OK;
        store_entry( args, found );
    }
    free( buffer );
    return HOST_OK;
}

int host_host_by_name( struct host_entry_params *args )
{
    return find_entry( args, 1 );
}

int host_host_by_addr( struct host_entry_params *args )
{
    return find_entry( args, 0 );
}

int host_host_name( struct host_name_params *args )
{
    char *name = caller_pointer( args->name );

    if (gethostname( name, args->size )) return host_error_from_errno( errno );
    name[args->size - 1] = 0;
    return HOST_OK;
}
