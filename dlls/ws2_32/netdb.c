/*
 * The name functions of Winsock 1.1: hosts, services and protocols, with results that live per thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "names.h"

#include "ip2string.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define RESULT_MIN_SIZE 1024    /* programs keep results: do not move a thread's buffer without need */
#define NAMES_SIZE 4096

/*** names and strings ***/

int copy_program_string( const char *string, char **copy )
{
    LONG_PTR len;

    *copy = NULL;
    if (!string) return 0;
    if ((len = guard_strlen( string, 0x10000 )) < 0) return WSAEFAULT;
    if (!(*copy = HeapAlloc( GetProcessHeap(), 0, len + 1 ))) return WSA_NOT_ENOUGH_MEMORY;
    (*copy)[len] = 0;
    if (guard_read( *copy, string, len )) return 0;
    HeapFree( GetProcessHeap(), 0, *copy );
    *copy = NULL;
    return WSAEFAULT;
}

int copy_program_wstring( const WCHAR *string, WCHAR **copy )
{
    LONG_PTR len;

    *copy = NULL;
    if (!string) return 0;
    if ((len = guard_wcslen( string, 0x10000 )) < 0) return WSAEFAULT;
    if (!(*copy = HeapAlloc( GetProcessHeap(), 0, (len + 1) * sizeof(WCHAR) ))) return WSA_NOT_ENOUGH_MEMORY;
    (*copy)[len] = 0;
    if (guard_read( *copy, string, len * sizeof(WCHAR) )) return 0;
    HeapFree( GetProcessHeap(), 0, *copy );
    *copy = NULL;
    return WSAEFAULT;
}

BOOL local_host_name( char *name, ULONG size )
{
    struct host_name_params params = { .name = (UINT_PTR)name, .size = size };
    char *dot;

    if (host_call( HOST_HOST_NAME, &params ) || !name[0]) return FALSE;
    /* Windows keeps the domain apart from the host name. */
    if ((dot = strchr( name, '.' )) && dot != name) *dot = 0;
    return TRUE;
}

BOOL is_local_host_name( const char *name )
{
    static const COMPUTER_NAME_FORMAT formats[] =
    {
        ComputerNamePhysicalDnsHostname, ComputerNamePhysicalDnsFullyQualified, ComputerNameNetBIOS,
    };
    char own[NI_MAXHOST], *end;
    struct host_name_params params = { .name = (UINT_PTR)own, .size = sizeof(own) };
    unsigned int i;
    DWORD size;

    if (!host_call( HOST_HOST_NAME, &params ))
    {
        if (same_name( own, name )) return TRUE;
        if ((end = strchr( own, '.' )) && end != own)
        {
            *end = 0;
            if (same_name( own, name )) return TRUE;
        }
    }
    for (i = 0; i < ARRAY_SIZE(formats); i++)
    {
        size = sizeof(own);
        if (GetComputerNameExA( formats[i], own, &size ) && own[0] && same_name( own, name )) return TRUE;
    }
    return FALSE;
}

struct hosts_search
{
    const char *name;
    int family;
    struct host_address *list;
    unsigned int count, capacity;
};

static BOOL hosts_line( char **words, unsigned int count, void *context )
{
    struct hosts_search *search = context;
    struct host_address address = { 0 };
    const char *end;
    unsigned int i;

    for (i = 1; i < count; i++) if (same_name( words[i], search->name )) break;
    if (i >= count) return FALSE;

    if (!RtlIpv4StringToAddressA( words[0], TRUE, &end, (IN_ADDR *)address.ip ) && !*end)
        address.family = HOST_FAMILY_INET;
    else if (!RtlIpv6StringToAddressA( words[0], &end, (IN6_ADDR *)address.ip ) && !*end)
        address.family = HOST_FAMILY_INET6;
    else return FALSE;

    if (search->family == AF_INET && address.family != HOST_FAMILY_INET) return FALSE;
    if (search->family == AF_INET6 && address.family != HOST_FAMILY_INET6) return FALSE;
    search->list[search->count++] = address;
    return search->count == search->capacity;
}

unsigned int hosts_file_addresses( const char *name, int family, struct host_address *list,
                                   unsigned int capacity )
{
    struct hosts_search search = { name, family, list, 0, capacity };

    etc_scan( L"hosts", hosts_line, &search );
    return search.count;
}

/*** entries ***/

/* Fill an entry from strings: name, protocol (may be NULL), aliases. */
static int entry_fill( struct entry *entry, enum entry_kind kind, const char *name, const char *protocol,
                       const char *const *aliases, unsigned int alias_count )
{
    size_t size = strlen( name ) + 1 + (protocol ? strlen( protocol ) + 1 : 0);
    unsigned int i;
    char *p;

    memset( entry, 0, sizeof(*entry) );
    entry->kind = kind;
    alias_count = min( alias_count, MAX_WORDS );
    for (i = 0; i < alias_count; i++) size += strlen( aliases[i] ) + 1;
    if (!(entry->text = p = HeapAlloc( GetProcessHeap(), 0, size ))) return WSA_NOT_ENOUGH_MEMORY;
    entry->text_size = size;

    entry->name = strcpy( p, name );
    p += strlen( p ) + 1;
    if (protocol)
    {
        entry->protocol = strcpy( p, protocol );
        p += strlen( p ) + 1;
    }
    for (i = 0; i < alias_count; i++)
    {
        entry->aliases[i] = strcpy( p, aliases[i] );
        p += strlen( p ) + 1;
    }
    entry->alias_count = alias_count;
    return 0;
}

void entry_free( struct entry *entry )
{
    HeapFree( GetProcessHeap(), 0, entry->text );
    HeapFree( GetProcessHeap(), 0, entry->addresses );
    entry->text = NULL;
    entry->addresses = NULL;
}

/* Where the parts of an entry's image begin. */
struct layout
{
    ULONG aliases, addresses, data, strings, size;
};

static struct layout entry_layout( const struct entry *entry )
{
    static const ULONG struct_sizes[] =
    {
        [ENTRY_HOST] = sizeof(struct hostent),
        [ENTRY_SERVICE] = sizeof(struct servent),
        [ENTRY_PROTOCOL] = sizeof(struct protoent),
    };
    struct layout at;

    at.aliases = struct_sizes[entry->kind];
    at.addresses = at.aliases + (entry->alias_count + 1) * sizeof(char *);
    at.data = at.addresses;
    if (entry->kind == ENTRY_HOST) at.data += (entry->address_count + 1) * sizeof(char *);
    at.strings = at.data + entry->address_count * entry->address_size;
    at.size = at.strings + entry->text_size;
    return at;
}

ULONG entry_pack( const struct entry *entry, void *image, ULONG size, void *base )
{
    struct layout at = entry_layout( entry );
    char *there = base, *strings = there + at.strings;
    char **aliases, **addresses;
    unsigned int i;

    if (!image || size < at.size) return at.size;

    aliases = (char **)((char *)image + at.aliases);
    for (i = 0; i < entry->alias_count; i++) aliases[i] = strings + (entry->aliases[i] - entry->text);
    aliases[i] = NULL;
    memcpy( (char *)image + at.strings, entry->text, entry->text_size );

    switch (entry->kind)
    {
    case ENTRY_HOST:
    {
        struct hostent *he = image;

        he->h_name = strings + (entry->name - entry->text);
        he->h_aliases = (char **)(there + at.aliases);
        he->h_addrtype = entry->family;
        he->h_length = entry->address_size;
        he->h_addr_list = (char **)(there + at.addresses);
        addresses = (char **)((char *)image + at.addresses);
        for (i = 0; i < entry->address_count; i++) addresses[i] = there + at.data + i * entry->address_size;
        addresses[i] = NULL;
        memcpy( (char *)image + at.data, entry->addresses, entry->address_count * entry->address_size );
        break;
    }
    case ENTRY_SERVICE:
    {
        struct servent *se = image;

        se->s_name = strings + (entry->name - entry->text);
        se->s_proto = strings + (entry->protocol - entry->text);
        se->s_aliases = (char **)(there + at.aliases);
        se->s_port = entry->number;
        break;
    }
    case ENTRY_PROTOCOL:
    {
        struct protoent *pe = image;

        pe->p_name = strings + (entry->name - entry->text);
        pe->p_aliases = (char **)(there + at.aliases);
        pe->p_proto = entry->number;
        break;
    }
    }
    return at.size;
}

/* Give the calling thread an entry as the structure it asked for, in one of its buffers. */
static int keep_entry( const struct entry *entry, void **buffer, ULONG *buffer_size )
{
    ULONG need = max( entry_pack( entry, NULL, 0, NULL ), RESULT_MIN_SIZE );

    if (*buffer_size < need)
    {
        void *grown = HeapAlloc( GetProcessHeap(), 0, need );

        if (!grown) return WSAENOBUFS;
        HeapFree( GetProcessHeap(), 0, *buffer );
        *buffer = grown;
        *buffer_size = need;
    }
    entry_pack( entry, *buffer, *buffer_size, *buffer );
    return 0;
}

/*** services and protocols ***/

struct word_search
{
    const char *name, *protocol;
    int number;
    enum entry_kind kind;
    struct entry *entry;
    int error;
};

static BOOL named( char **words, unsigned int first_alias, unsigned int count, const char *name )
{
    unsigned int i;

    if (same_name( words[0], name )) return TRUE;
    for (i = first_alias; i < count; i++) if (same_name( words[i], name )) return TRUE;
    return FALSE;
}

/* "name port/protocol aliases" */
static BOOL service_line( char **words, unsigned int count, void *context )
{
    struct word_search *search = context;
    char *protocol;
    ULONG port;

    if (count < 2 || !(protocol = strchr( words[1], '/' ))) return FALSE;
    port = strtoul( words[1], NULL, 10 );
    protocol++;
    if (search->name ? !named( words, 2, count, search->name ) : (int)port != search->number) return FALSE;
    if (search->protocol && !same_name( protocol, search->protocol )) return FALSE;

    search->error = entry_fill( search->entry, ENTRY_SERVICE, words[0], protocol,
                                (const char *const *)words + 2, count - 2 );
    search->entry->number = htons( port );
    return TRUE;
}

/* "name number aliases" */
static BOOL protocol_line( char **words, unsigned int count, void *context )
{
    struct word_search *search = context;
    int number;

    if (count < 2) return FALSE;
    number = strtoul( words[1], NULL, 10 );
    if (search->name ? !named( words, 2, count, search->name ) : number != search->number) return FALSE;

    search->error = entry_fill( search->entry, ENTRY_PROTOCOL, words[0], NULL,
                                (const char *const *)words + 2, count - 2 );
    search->entry->number = number;
    return TRUE;
}

int find_service( const char *name, int port, const char *protocol, struct entry *entry )
{
    struct word_search search = { name, protocol, ntohs( port ), ENTRY_SERVICE, entry, WSANO_DATA };

    memset( entry, 0, sizeof(*entry) );
    etc_scan( L"services", service_line, &search );
    return search.error;
}

int find_protocol( const char *name, int number, struct entry *entry )
{
    struct word_search search = { name, NULL, number, ENTRY_PROTOCOL, entry, WSANO_DATA };

    memset( entry, 0, sizeof(*entry) );
    etc_scan( L"protocol", protocol_line, &search );
    return search.error;
}

/* What the four functions below have in common after the search. */
static void *finish_service( int error, struct entry *entry )
{
    struct thread_data *data = thread_data();

    if (!error) error = data ? keep_entry( entry, (void **)&data->se_buffer, &data->se_size ) : WSAENOBUFS;
    entry_free( entry );
    leave_api( error );
    return error ? NULL : data->se_buffer;
}

static void *finish_protocol( int error, struct entry *entry )
{
    struct thread_data *data = thread_data();

    if (!error) error = data ? keep_entry( entry, (void **)&data->pe_buffer, &data->pe_size ) : WSAENOBUFS;
    entry_free( entry );
    leave_api( error );
    return error ? NULL : data->pe_buffer;
}

struct servent *WINAPI getservbyname( const char *name, const char *protocol )
{
    char *name_copy = NULL, *protocol_copy = NULL;
    struct entry entry = { 0 };
    int error;

    TRACE( "name %p, protocol %p.\n", name, protocol );

    if (!(error = enter_api()) && !name) error = WSAEFAULT;
    if (!error) error = copy_program_string( name, &name_copy );
    if (!error) error = copy_program_string( protocol, &protocol_copy );
    if (!error) error = find_service( name_copy, 0, protocol_copy, &entry );
    HeapFree( GetProcessHeap(), 0, name_copy );
    HeapFree( GetProcessHeap(), 0, protocol_copy );
    return finish_service( error, &entry );
}

struct servent *WINAPI getservbyport( int port, const char *protocol )
{
    struct entry entry = { 0 };
    char *copy = NULL;
    int error;

    TRACE( "port %d, protocol %p.\n", ntohs( port ), protocol );

    if (!(error = enter_api())) error = copy_program_string( protocol, &copy );
    if (!error) error = find_service( NULL, port, copy, &entry );
    HeapFree( GetProcessHeap(), 0, copy );
    return finish_service( error, &entry );
}

struct protoent *WINAPI getprotobyname( const char *name )
{
    struct entry entry = { 0 };
    char *copy = NULL;
    int error;

    TRACE( "name %p.\n", name );

    if (!(error = enter_api()) && !name) error = WSAEFAULT;
    if (!error) error = copy_program_string( name, &copy );
    if (!error) error = find_protocol( copy, 0, &entry );
    HeapFree( GetProcessHeap(), 0, copy );
    return finish_protocol( error, &entry );
}

struct protoent *WINAPI getprotobynumber( int number )
{
    struct entry entry = { 0 };
    int error;

    TRACE( "number %d.\n", number );

    if (!(error = enter_api())) error = find_protocol( NULL, number, &entry );
    return finish_protocol( error, &entry );
}

/*** hosts ***/

/* Give an entry its addresses; those of another family are left out. */
static int entry_addresses( struct entry *entry, int family, const struct host_address *list,
                            unsigned int count )
{
    unsigned int wanted = family == AF_INET6 ? HOST_FAMILY_INET6 : HOST_FAMILY_INET, i;

    entry->family = family;
    entry->address_size = family == AF_INET6 ? 16 : 4;
    entry->address_count = 0;
    if (!(entry->addresses = HeapAlloc( GetProcessHeap(), 0, (count + 1) * entry->address_size )))
        return WSA_NOT_ENOUGH_MEMORY;
    for (i = 0; i < count; i++)
    {
        if (list[i].family != wanted) continue;
        memcpy( entry->addresses + entry->address_count++ * entry->address_size, list[i].ip,
                entry->address_size );
    }
    return 0;
}

static int simple_host( struct entry *entry, const char *name, int family, const struct host_address *list,
                        unsigned int count )
{
    int error;

    if (!(error = entry_fill( entry, ENTRY_HOST, name, NULL, NULL, 0 )))
        error = entry_addresses( entry, family, list, count );
    if (error) entry_free( entry );
    return error;
}

/* Our own addresses, best first (field report 10). */
static unsigned int own_addresses( int family, struct host_address *list, unsigned int capacity )
{
    struct host_address_info_params params =
    {
        .list = (UINT_PTR)list, .capacity = capacity, .flags = HOST_NAME_LOCAL,
        .family = family == AF_INET6 ? HOST_FAMILY_INET6 : HOST_FAMILY_INET,
    };

    return host_call( HOST_ADDRESS_INFO, &params ) ? 0 : min( params.count, capacity );
}

/* An entry from one of the host's two functions. */
static int host_entry( enum host_call call, struct host_entry_params *params, int family,
                       struct entry *entry )
{
    const char *aliases[MAX_WORDS], *p;
    struct host_address *list;
    unsigned int i, count = 0;
    char *names;
    int error;

    names = HeapAlloc( GetProcessHeap(), 0, NAMES_SIZE + MAX_HOST_ADDRESSES * sizeof(*list) );
    if (!names) return WSA_NOT_ENOUGH_MEMORY;
    list = (struct host_address *)(names + NAMES_SIZE);
    params->names = (UINT_PTR)names;
    params->names_size = NAMES_SIZE;
    params->list = (UINT_PTR)list;
    params->capacity = MAX_HOST_ADDRESSES;

    if ((error = host_call( call, params ))) error = host_error_to_wsa( error, OPERATION_ANY );
    else error = host_name_error_to_wsa( params->result );
    if (!error && (!params->names_count || !params->count)) error = WSANO_DATA;
    if (!error)
    {
        for (i = 1, p = names; i < params->names_count; i++)
        {
            p += strlen( p ) + 1;
            if (count < MAX_WORDS) aliases[count++] = p;
        }
        if (!(error = entry_fill( entry, ENTRY_HOST, names, NULL, aliases, count )))
            error = entry_addresses( entry, family, list, min( params->count, MAX_HOST_ADDRESSES ));
        if (error) entry_free( entry );
    }
    HeapFree( GetProcessHeap(), 0, names );
    return error;
}

int find_host_by_name( const char *name, struct entry *entry )
{
    /* What a program gets for its own name where there is no network: programs take 127.0.0.1 for "no
     * network", so it is another loopback address (Wine T:test_gethostbyname_hack). */
    static const struct host_address alone = { .family = HOST_FAMILY_INET, .ip = { 127, 12, 34, 56 } };
    static const struct host_address loopback = { .family = HOST_FAMILY_INET, .ip = { 127, 0, 0, 1 } };
    struct host_entry_params params = { .node = (UINT_PTR)name, .family = HOST_FAMILY_INET };
    struct host_address list[64], numeric = { .family = HOST_FAMILY_INET };
    unsigned int count;
    const char *end;
    char own[256];

    memset( entry, 0, sizeof(*entry) );
    if (name && name[0])
    {
        if (strlen( name ) >= NI_MAXHOST) return WSAHOST_NOT_FOUND;
        if (!RtlIpv4StringToAddressA( name, FALSE, &end, (IN_ADDR *)numeric.ip ) && !*end)
            return simple_host( entry, name, AF_INET, &numeric, 1 );
        if ((count = hosts_file_addresses( name, AF_INET, list, ARRAY_SIZE(list) )))
            return simple_host( entry, name, AF_INET, list, count );
        if (same_name( name, "localhost" )) return simple_host( entry, name, AF_INET, &loopback, 1 );
    }
    if (!name || !name[0] || is_local_host_name( name ))
    {
        if (!local_host_name( own, sizeof(own) )) strcpy( own, "localhost" );
        if (!(count = own_addresses( AF_INET, list, ARRAY_SIZE(list) )))
        {
            list[0] = alone;
            count = 1;
        }
        return simple_host( entry, own, AF_INET, list, count );
    }
    return host_entry( HOST_HOST_BY_NAME, &params, AF_INET, entry );
}

int find_host_by_address( const void *address, int size, int family, struct entry *entry )
{
    int need = family == AF_INET6 ? sizeof(IN6_ADDR) : sizeof(IN_ADDR), error;
    struct host_entry_params params = { 0 };
    struct host_address list[64];
    unsigned int count, i;
    char own[256];

    memset( entry, 0, sizeof(*entry) );
    if (family != AF_INET && family != AF_INET6) return WSAEAFNOSUPPORT;
    if (!address || size < need || !guard_read( params.address.ip, address, need )) return WSAEFAULT;
    params.address.family = family == AF_INET6 ? HOST_FAMILY_INET6 : HOST_FAMILY_INET;

    /* Our own addresses have our own name, which is also what Windows says of 127.0.0.1. */
    list[0] = params.address;
    memset( list[0].ip, 0, sizeof(list[0].ip) );
    if (family == AF_INET6) list[0].ip[15] = 1;
    else memcpy( list[0].ip, "\x7f\0\0\1", 4 );
    count = 1 + own_addresses( family, list + 1, ARRAY_SIZE(list) - 1 );
    for (i = 0; i < count; i++)
        if (!memcmp( list[i].ip, params.address.ip, need ) && local_host_name( own, sizeof(own) ))
            return simple_host( entry, own, family, &params.address, 1 );

    /* An address without a name is WSANO_DATA, not a missing host (MS: gethostbyaddr page). */
    error = host_entry( HOST_HOST_BY_ADDR, &params, family, entry );
    return error == WSAHOST_NOT_FOUND ? WSANO_DATA : error;
}

static struct hostent *finish_host( int error, struct entry *entry )
{
    struct thread_data *data = thread_data();

    if (!error) error = data ? keep_entry( entry, (void **)&data->he_buffer, &data->he_size ) : WSAENOBUFS;
    entry_free( entry );
    leave_api( error );
    return error ? NULL : data->he_buffer;
}

struct hostent *WINAPI gethostbyname( const char *name )
{
    struct entry entry = { 0 };
    char *copy = NULL;
    int error;

    if (!(error = enter_api()) && !(error = copy_program_string( name, &copy )))
    {
        TRACE( "name %s.\n", debugstr_a( copy ));
        error = find_host_by_name( copy, &entry );
        HeapFree( GetProcessHeap(), 0, copy );
    }
    return finish_host( error, &entry );
}

struct hostent *WINAPI gethostbyaddr( const char *address, int size, int family )
{
    struct entry entry = { 0 };
    int error;

    TRACE( "address %p, size %d, family %d.\n", address, size, family );

    if (!(error = enter_api())) error = find_host_by_address( address, size, family, &entry );
    return finish_host( error, &entry );
}

int WINAPI gethostname( char *name, int size )
{
    char own[256];
    size_t len;
    int error;

    TRACE( "name %p, size %d.\n", name, size );

    if (!(error = enter_api()))
    {
        if (!local_host_name( own, sizeof(own) )) error = WSAENETDOWN;
        else if (!name || size <= 0 || (size_t)size <= (len = strlen( own )) ||
                 !guard_write( name, own, len + 1 ))
            error = WSAEFAULT;
    }
    return leave_api( error );
}

int WINAPI GetHostNameW( WCHAR *name, int size )
{
    WCHAR wide[256];
    char own[256];
    int error, len;

    TRACE( "name %p, size %d.\n", name, size );

    if (!(error = enter_api()))
    {
        if (!local_host_name( own, sizeof(own) ) ||
            !(len = MultiByteToWideChar( CP_UTF8, 0, own, -1, wide, ARRAY_SIZE(wide) )))
            error = WSAENETDOWN;
        else if (!name || size < len || !guard_write( name, wide, len * sizeof(WCHAR) ))
            error = WSAEFAULT;
    }
    return leave_api( error );
}
