/*
 * Names to lists of addresses, and back: getaddrinfo, getnameinfo and their relatives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One query is put together from what the program passes in either character set, answered without any
 * lock held, and turned into the shape of list that the program asked for. The asynchronous forms are in
 * resolve_ex.c.
 */
#include "names.h"

#include "ip2string.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Every flag that ws2def.h defines. */
#define KNOWN_FLAGS 0xe03fcdff

/* Room for either sockaddr, aligned. */
#define SOCKADDR_ROOM 32

/*** queries ***/

int query_check( const struct query *query )
{
    if (!query->node && !query->service) return WSAHOST_NOT_FOUND;
    if (query->flags & ~KNOWN_FLAGS) return WSAEINVAL;
    /* MS, getaddrinfo page: a canonical name needs a name, and is asked for in one way only. */
    if (!query->node && (query->flags & (AI_CANONNAME | AI_FQDN))) return WSAEINVAL;
    if ((query->flags & AI_CANONNAME) && (query->flags & AI_FQDN)) return WSAEINVAL;
    if (query->family != AF_UNSPEC && query->family != AF_INET && query->family != AF_INET6)
        return WSAEAFNOSUPPORT;
    if (query->socktype < 0 || query->socktype > SOCK_SEQPACKET) return WSAESOCKTNOSUPPORT;
    return 0;
}

void query_free( struct query *query )
{
    HeapFree( GetProcessHeap(), 0, query->node );
    HeapFree( GetProcessHeap(), 0, query->service );
    query->node = query->service = NULL;
}

static char *utf8_from_wide( const WCHAR *wide )
{
    int len = WideCharToMultiByte( CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL );
    char *utf8 = HeapAlloc( GetProcessHeap(), 0, len + 1 );

    if (!utf8) return NULL;
    utf8[0] = 0;
    WideCharToMultiByte( CP_UTF8, 0, wide, -1, utf8, len, NULL, NULL );
    return utf8;
}

static WCHAR *wide_from_ansi( const char *ansi, UINT codepage )
{
    int len = MultiByteToWideChar( codepage, 0, ansi, -1, NULL, 0 );
    WCHAR *wide = HeapAlloc( GetProcessHeap(), 0, (len + 1) * sizeof(WCHAR) );

    if (!wide) return NULL;
    wide[0] = 0;
    MultiByteToWideChar( codepage, 0, ansi, -1, wide, len );
    return wide;
}

/* Names with letters beyond ASCII go to name servers in the form of RFC 3490, unless the program says
 * that it does not want that (MS: AI_DISABLE_IDN_ENCODING). */
static int encode_name( const WCHAR *name, int flags, char **encoded )
{
    int (WINAPI *idn_to_ascii)( DWORD, const WCHAR *, INT, WCHAR *, INT );
    WCHAR ascii[256];
    unsigned int i;

    for (i = 0; name[i]; i++) if (name[i] >= 0x80) break;
    if (name[i])
    {
        if (flags & AI_DISABLE_IDN_ENCODING) return WSAHOST_NOT_FOUND;
        idn_to_ascii = (void *)GetProcAddress( GetModuleHandleW( L"kernelbase.dll" ), "IdnToAscii" );
        if (!idn_to_ascii || !idn_to_ascii( 0, name, -1, ascii, ARRAY_SIZE(ascii) ))
            return WSAHOST_NOT_FOUND;
        name = ascii;
    }
    return (*encoded = utf8_from_wide( name )) ? 0 : WSA_NOT_ENOUGH_MEMORY;
}

int query_set_names( struct query *query, const WCHAR *node, const WCHAR *service )
{
    WCHAR *node_copy, *service_copy = NULL;
    int error;

    query->node = query->service = NULL;
    if (!(error = copy_program_wstring( node, &node_copy )))
        error = copy_program_wstring( service, &service_copy );
    if (!error && node_copy) error = encode_name( node_copy, query->flags, &query->node );
    if (!error && service_copy && !(query->service = utf8_from_wide( service_copy )))
        error = WSA_NOT_ENOUGH_MEMORY;
    HeapFree( GetProcessHeap(), 0, node_copy );
    HeapFree( GetProcessHeap(), 0, service_copy );
    if (error) query_free( query );
    return error;
}

int query_set_ansi_names( struct query *query, const char *node, const char *service )
{
    WCHAR *wide;
    char *copy;
    int error;

    query->node = query->service = NULL;
    if (!(error = copy_program_string( node, &copy )) && copy)
    {
        if (!(wide = wide_from_ansi( copy, CP_ACP ))) error = WSA_NOT_ENOUGH_MEMORY;
        else error = encode_name( wide, query->flags, &query->node );
        HeapFree( GetProcessHeap(), 0, wide );
        HeapFree( GetProcessHeap(), 0, copy );
    }
    if (!error) error = copy_program_string( service, &query->service );
    if (error) query_free( query );
    return error;
}

/*** answers ***/

void answer_free( struct answer *answer )
{
    HeapFree( GetProcessHeap(), 0, answer->addresses );
    answer->addresses = NULL;
}

/* The ports and socket types that the service stands for. */
static int resolve_service( const struct query *query, struct answer *answer )
{
    static const struct
    {
        int socktype;
        const char *protocol;
    }
    kinds[] =
    {
        { SOCK_STREAM, "tcp" },
        { SOCK_DGRAM, "udp" },
    };
    struct entry entry;
    unsigned int i;
    ULONG port;
    char *end;

    answer->service_count = 1;
    answer->services[0].socktype = query->socktype;
    answer->services[0].port = 0;
    if (!query->service || !query->service[0]) return 0;

    if (query->service[0] >= '0' && query->service[0] <= '9')
    {
        port = strtoul( query->service, &end, 10 );
        if (!*end)
        {
            if (port > 65535) return WSATYPE_NOT_FOUND;
            answer->services[0].port = htons( port );
            return 0;
        }
    }
    if (query->flags & AI_NUMERICSERV) return WSAHOST_NOT_FOUND;

    answer->service_count = 0;
    for (i = 0; i < ARRAY_SIZE(kinds); i++)
    {
        if (query->socktype && query->socktype != kinds[i].socktype) continue;
        if (query->protocol == IPPROTO_TCP && kinds[i].socktype != SOCK_STREAM && !query->socktype) continue;
        if (query->protocol == IPPROTO_UDP && kinds[i].socktype != SOCK_DGRAM && !query->socktype) continue;
        if (find_service( query->service, 0, kinds[i].protocol, &entry )) continue;
        answer->services[answer->service_count].socktype = kinds[i].socktype;
        answer->services[answer->service_count++].port = entry.number;
        entry_free( &entry );
    }
    return answer->service_count ? 0 : WSATYPE_NOT_FOUND;
}

static void add_address( struct answer *answer, int family, const void *ip )
{
    struct host_address *address = &answer->addresses[answer->count++];

    memset( address, 0, sizeof(*address) );
    address->family = family;
    if (ip) memcpy( address->ip, ip, family == HOST_FAMILY_INET ? 4 : 16 );
}

static void add_mapped( struct answer *answer, const struct host_address *v4 )
{
    BYTE ip[16] = { [10] = 0xff, [11] = 0xff };

    memcpy( ip + 12, v4->ip, 4 );
    add_address( answer, HOST_FAMILY_INET6, ip );
}

/* Keep what the program asked for: its family, or IPv4 addresses in IPv6 clothes. */
static int keep_family( const struct query *query, struct answer *answer )
{
    unsigned int count = answer->count, i, have = 0;
    BOOL mapped = query->family == AF_INET6 && (query->flags & AI_V4MAPPED);
    struct host_address *all = answer->addresses;

    if (query->family == AF_UNSPEC) return count ? 0 : WSANO_DATA;
    if (!(answer->addresses = HeapAlloc( GetProcessHeap(), 0, (count + 1) * sizeof(*all) )))
    {
        answer->addresses = all;
        return WSA_NOT_ENOUGH_MEMORY;
    }
    answer->count = 0;
    for (i = 0; i < count; i++)
        if (all[i].family == (query->family == AF_INET ? HOST_FAMILY_INET : HOST_FAMILY_INET6))
            answer->addresses[answer->count++] = all[i];
    have = answer->count;
    for (i = 0; mapped && i < count && (!have || (query->flags & AI_ALL)); i++)
        if (all[i].family == HOST_FAMILY_INET) add_mapped( answer, &all[i] );
    HeapFree( GetProcessHeap(), 0, all );
    return answer->count ? 0 : WSANO_DATA;
}

/* Ask the host half; the list is that of the answer. */
static int ask_host( const char *node, int family, int flags, struct answer *answer,
                     unsigned int *configured )
{
    struct host_address_info_params params =
    {
        .node = (UINT_PTR)node, .list = (UINT_PTR)answer->addresses, .capacity = MAX_HOST_ADDRESSES,
        .canonical = (UINT_PTR)answer->canonical, .canonical_size = sizeof(answer->canonical),
        .family = family, .flags = flags,
    };
    int error;

    if ((error = host_call( HOST_ADDRESS_INFO, &params ))) return host_error_to_wsa( error, OPERATION_ANY );
    answer->count = min( params.count, MAX_HOST_ADDRESSES );
    *configured = params.configured;
    return host_name_error_to_wsa( params.result );
}

/* An address in text form. Brackets and a port are accepted around IPv6, and the port does not count
 * (Wine T:test_getaddrinfo). */
static BOOL numeric_address( const char *node, struct answer *answer )
{
    const char *end;
    USHORT port = 0;
    ULONG scope = 0;
    IN6_ADDR in6;
    IN_ADDR in;

    if (!RtlIpv4StringToAddressA( node, FALSE, &end, &in ) && !*end)
    {
        add_address( answer, HOST_FAMILY_INET, &in );
        return TRUE;
    }
    if (!RtlIpv6StringToAddressExA( node, &in6, &scope, &port ))
    {
        add_address( answer, HOST_FAMILY_INET6, &in6 );
        answer->addresses[0].scope = scope;
        return TRUE;
    }
    return FALSE;
}

static void add_loopback( struct answer *answer, unsigned int configured, BOOL any )
{
    static const BYTE loopback6[16] = { [15] = 1 }, loopback[4] = { 127, 0, 0, 1 };

    if (configured & HOST_KNOWS_INET6) add_address( answer, HOST_FAMILY_INET6, any ? NULL : loopback6 );
    add_address( answer, HOST_FAMILY_INET, any ? NULL : loopback );
}

/* Our own addresses, or loopback where there are no others. */
static int own_addresses( struct answer *answer, unsigned int *configured )
{
    int error = ask_host( NULL, HOST_FAMILY_OTHER, HOST_NAME_LOCAL, answer, configured );

    if (error) return error;
    if (!answer->count) add_loopback( answer, *configured, FALSE );
    if (!local_host_name( answer->canonical, sizeof(answer->canonical) ))
        strcpy( answer->canonical, "localhost" );
    return 0;
}

static BOOL is_loopback6( const struct host_address *address )
{
    static const BYTE loopback6[16] = { [15] = 1 };

    return !memcmp( address->ip, loopback6, sizeof(loopback6) );
}

/* Windows does not give out IPv6 addresses while it has none itself beyond link scope
 * (Wine T:test_getaddrinfo on www.kernel.org), nor IPv4 ones if asked for configured families. */
static void drop_unreachable( const struct query *query, struct answer *answer, unsigned int configured )
{
    unsigned int i, kept = 0;

    for (i = 0; i < answer->count; i++)
    {
        const struct host_address *address = &answer->addresses[i];

        if (address->family == HOST_FAMILY_INET6 && !(configured & HOST_HAS_INET6) &&
            !is_loopback6( address ))
            continue;
        if (address->family == HOST_FAMILY_INET && !(configured & HOST_HAS_INET) &&
            (query->flags & AI_ADDRCONFIG) && address->ip[0] != 127)
            continue;
        answer->addresses[kept++] = *address;
    }
    answer->count = kept;
}

/* What the hosts file has for the query's node; FALSE without any. */
static BOOL resolve_from_file( const struct query *query, struct answer *answer )
{
    answer->count = hosts_file_addresses( query->node, query->family, answer->addresses,
                                          MAX_HOST_ADDRESSES );
    if (answer->count) strcpy( answer->canonical, query->node );
    return answer->count != 0;
}

/* No node means this host: any of its addresses for a listener, else loopback, as does "localhost". */
static int resolve_loopback( const struct query *query, struct answer *answer )
{
    unsigned int configured;
    int error;

    if (query->node && (query->flags & AI_NUMERICHOST)) return WSAHOST_NOT_FOUND;
    if (query->node && resolve_from_file( query, answer )) return 0;
    if ((error = ask_host( NULL, HOST_FAMILY_OTHER, HOST_NAME_LOCAL, answer, &configured ))) return error;
    answer->count = 0;
    add_loopback( answer, configured, !query->node && (query->flags & AI_PASSIVE) );
    if (query->node) strcpy( answer->canonical, "localhost" );
    return 0;
}

static int resolve_by_network( const struct query *query, struct answer *answer )
{
    unsigned int configured, ignored;
    int error, family;

    /* what is configured first: the look-up that follows may take long, and changes meanwhile do not
     * matter */
    if ((error = ask_host( NULL, HOST_FAMILY_OTHER, HOST_NAME_LOCAL, answer, &configured ))) return error;
    answer->count = 0;

    /* With no IPv6 to use, asking for both families tells a name without data from no name. */
    family = query->family == AF_INET ? HOST_FAMILY_INET : HOST_FAMILY_OTHER;
    if (query->family == AF_INET6 && (configured & HOST_HAS_INET6) && !(query->flags & AI_V4MAPPED))
        family = HOST_FAMILY_INET6;
    if ((error = ask_host( query->node, family, 0, answer, &ignored ))) return error;
    drop_unreachable( query, answer, configured );
    return 0;
}

static int resolve_node( const struct query *query, struct answer *answer )
{
    unsigned int configured;

    if (!query->node || same_name( query->node, "localhost" ) || same_name( query->node, "localhost." ))
        return resolve_loopback( query, answer );
    if (!query->node[0])
        return query->flags & AI_NUMERICHOST ? WSAHOST_NOT_FOUND : own_addresses( answer, &configured );
    if (strlen( query->node ) >= sizeof(answer->canonical)) return WSAHOST_NOT_FOUND;

    if (numeric_address( query->node, answer ))
    {
        answer->flags |= AI_NUMERICHOST;
        strcpy( answer->canonical, query->node );
        /* an address of the other family is no host here, rather than a host without data */
        return keep_family( query, answer ) ? WSAHOST_NOT_FOUND : 0;
    }
    if (query->flags & AI_NUMERICHOST)
        return ask_host( query->node, HOST_FAMILY_OTHER, HOST_NAME_NUMERIC, answer, &configured );
    if (!(query->flags & AI_DNS_ONLY))
    {
        if (resolve_from_file( query, answer )) return 0;
        if (is_local_host_name( query->node )) return own_addresses( answer, &configured );
    }
    return resolve_by_network( query, answer );
}

int query_resolve( const struct query *query, struct answer *answer )
{
    int error;

    memset( answer, 0, sizeof(*answer) );
    if ((error = resolve_service( query, answer ))) return error;
    answer->addresses = HeapAlloc( GetProcessHeap(), 0, MAX_HOST_ADDRESSES * sizeof(*answer->addresses) );
    if (!answer->addresses) return WSA_NOT_ENOUGH_MEMORY;

    if (!(error = resolve_node( query, answer )) && !(answer->flags & AI_NUMERICHOST))
        error = keep_family( query, answer );
    if (!(query->flags & (AI_CANONNAME | AI_FQDN))) answer->canonical[0] = 0;
    TRACE( "node %s, service %s, flags %#x, family %d, type %d, protocol %d: error %d, %u addresses.\n",
           debugstr_a( query->node ), debugstr_a( query->service ), query->flags, query->family,
           query->socktype, query->protocol, error, answer->count );
    if (error) answer_free( answer );
    return error;
}

/*** lists ***/

/* ADDRINFOEX2W to ADDRINFOEX6W begin as ADDRINFOEXW and grow: what the later ones add stays zero but for
 * the version and name (MS: addrinfoex2 to addrinfoex6 pages). */
struct extended_info
{
    ADDRINFOEXW base;
    int version;
    WCHAR *fqdn;
    BYTE later[64];
};

static const SIZE_T node_sizes[] =
{
    [SHAPE_ANSI] = sizeof(ADDRINFOA),
    [SHAPE_WIDE] = sizeof(ADDRINFOW),
    [SHAPE_EX_ANSI] = sizeof(struct extended_info),
    [SHAPE_EX_WIDE] = sizeof(struct extended_info),
};

/* The canonical name in the program's character set, with international names readable again. */
static void *canonical_name( const struct query *query, const struct answer *answer, enum list_shape shape,
                             SIZE_T *size )
{
    int (WINAPI *idn_to_unicode)( DWORD, const WCHAR *, INT, WCHAR *, INT );
    WCHAR unicode[NI_MAXHOST], *wide;
    char *ansi;
    int len;

    if (!(wide = wide_from_ansi( answer->canonical, CP_UTF8 ))) return NULL;
    if (!(query->flags & AI_DISABLE_IDN_ENCODING) && (shape == SHAPE_WIDE || shape == SHAPE_EX_WIDE) &&
        strstr( answer->canonical, "xn--" ))
    {
        idn_to_unicode = (void *)GetProcAddress( GetModuleHandleW( L"kernelbase.dll" ), "IdnToUnicode" );
        if (idn_to_unicode && idn_to_unicode( 0, wide, -1, unicode, ARRAY_SIZE(unicode) ) &&
            wcslen( unicode ) <= wcslen( wide )) wcscpy( wide, unicode );
    }
    if (shape == SHAPE_WIDE || shape == SHAPE_EX_WIDE)
    {
        *size = (wcslen( wide ) + 1) * sizeof(WCHAR);
        return wide;
    }
    len = WideCharToMultiByte( CP_ACP, 0, wide, -1, NULL, 0, NULL, NULL );
    if ((ansi = HeapAlloc( GetProcessHeap(), 0, len + 1 )))
    {
        ansi[0] = 0;
        WideCharToMultiByte( CP_ACP, 0, wide, -1, ansi, len, NULL, NULL );
        *size = len + 1;
    }
    HeapFree( GetProcessHeap(), 0, wide );
    return ansi;
}

/* One element: the structure, its sockaddr and its name in one block, so that no order in which a program
 * takes a list apart leaks or frees twice. */
static void *list_node( const struct query *query, const struct answer *answer, unsigned int address,
                        unsigned int service, enum list_shape shape, int version, const void *name,
                        SIZE_T name_size )
{
    SIZE_T base = (node_sizes[shape] + 7) & ~7;
    char *node = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, base + SOCKADDR_ROOM + name_size );
    struct host_address host = answer->addresses[address];
    ADDRINFOW *info = (ADDRINFOW *)node;    /* the first six members are the same in all shapes */

    if (!node) return NULL;
    host.port = answer->services[service].port;
    info->ai_flags = answer->flags;
    info->ai_family = host.family == HOST_FAMILY_INET6 ? AF_INET6 : AF_INET;
    info->ai_socktype = answer->services[service].socktype;
    info->ai_protocol = query->protocol;
    info->ai_addrlen = host_address_to_sockaddr( &host, node + base, SOCKADDR_ROOM );
    info->ai_addr = (struct sockaddr *)(node + base);
    if (name) info->ai_canonname = memcpy( node + base + SOCKADDR_ROOM, name, name_size );

    if (shape == SHAPE_EX_WIDE && version)
    {
        struct extended_info *extended = (struct extended_info *)node;

        extended->version = version;
        if (query->flags & AI_FQDN) extended->fqdn = info->ai_canonname;
    }
    return node;
}

static void **list_link( void *node, enum list_shape shape )
{
    if (shape == SHAPE_EX_ANSI || shape == SHAPE_EX_WIDE) return (void **)&((ADDRINFOEXW *)node)->ai_next;
    return (void **)&((ADDRINFOW *)node)->ai_next;
}

void *answer_to_list( const struct query *query, const struct answer *answer, enum list_shape shape,
                      int version )
{
    void *list = NULL, **link = &list, *name = NULL;
    unsigned int address, service;
    SIZE_T name_size = 0;

    if (answer->canonical[0] && !(name = canonical_name( query, answer, shape, &name_size ))) return NULL;
    for (address = 0; address < answer->count; address++)
    {
        for (service = 0; service < answer->service_count; service++)
        {
            BOOL first = link == &list;

            *link = list_node( query, answer, address, service, shape, version, first ? name : NULL,
                               first ? name_size : 0 );
            if (!*link)
            {
                list_free( list, shape );
                HeapFree( GetProcessHeap(), 0, name );
                return NULL;
            }
            link = list_link( *link, shape );
        }
    }
    HeapFree( GetProcessHeap(), 0, name );
    return list;
}

void list_free( void *list, enum list_shape shape )
{
    while (list)
    {
        void *next;

        if (!guard_read( &next, list_link( list, shape ), sizeof(next) )) return;
        HeapFree( GetProcessHeap(), 0, list );
        list = next;
    }
}

/*** entry points ***/

/* The result as both functions give it: the error is returned and is the last error too. */
static int finish_query( int error )
{
    leave_api( error );
    return error;
}

/* The program's hints. Members that hold results must be zero (MS: getaddrinfo page). */
static int query_set_hints( struct query *query, const void *hints )
{
    ADDRINFOW copy;     /* ADDRINFOA has the same layout */

    memset( query, 0, sizeof(*query) );
    if (!hints) return 0;
    if (!guard_read( &copy, hints, sizeof(copy) )) return WSAEFAULT;
    if (copy.ai_addrlen || copy.ai_canonname || copy.ai_addr || copy.ai_next) return WSANO_RECOVERY;
    query->flags = copy.ai_flags & ~AI_EXTENDED;
    query->family = copy.ai_family;
    query->socktype = copy.ai_socktype;
    query->protocol = copy.ai_protocol;
    return 0;
}

int query_to_program( struct query *query, int error, enum list_shape shape, int version, void **result )
{
    struct answer answer;
    void *list = NULL;

    if (!error && !(error = query_check( query )) && !(error = query_resolve( query, &answer )))
    {
        if (!(list = answer_to_list( query, &answer, shape, version ))) error = WSA_NOT_ENOUGH_MEMORY;
        else if (!guard_write( result, &list, sizeof(list) ))
        {
            list_free( list, shape );
            error = WSAEFAULT;
        }
        answer_free( &answer );
    }
    query_free( query );
    return error;
}

/* What both character sets do before the names are read. */
static int begin_query( struct query *query, const void *hints, void **result )
{
    void *none = NULL;
    int error;

    if ((error = enter_api())) return error;
    if (!result || !guard_write( result, &none, sizeof(none) )) return WSAEFAULT;
    return query_set_hints( query, hints );
}

int WINAPI getaddrinfo( const char *node, const char *service, const struct addrinfo *hints,
                        struct addrinfo **result )
{
    struct query query;
    int error;

    TRACE( "node %p, service %p, hints %p, result %p.\n", node, service, hints, result );

    if ((error = begin_query( &query, hints, (void **)result ))) return finish_query( error );
    error = query_set_ansi_names( &query, node, service );
    return finish_query( query_to_program( &query, error, SHAPE_ANSI, 0, (void **)result ));
}

int WINAPI GetAddrInfoW( const WCHAR *node, const WCHAR *service, const ADDRINFOW *hints,
                         ADDRINFOW **result )
{
    struct query query;
    int error;

    TRACE( "node %p, service %p, hints %p, result %p.\n", node, service, hints, result );

    if ((error = begin_query( &query, hints, (void **)result ))) return finish_query( error );
    error = query_set_names( &query, node, service );
    return finish_query( query_to_program( &query, error, SHAPE_WIDE, 0, (void **)result ));
}

void WINAPI freeaddrinfo( struct addrinfo *list )
{
    TRACE( "list %p.\n", list );
    list_free( list, SHAPE_ANSI );
}

void WINAPI FreeAddrInfoW( ADDRINFOW *list )
{
    TRACE( "list %p.\n", list );
    list_free( list, SHAPE_WIDE );
}

void WINAPI FreeAddrInfoEx( ADDRINFOEXA *list )
{
    TRACE( "list %p.\n", list );
    list_free( list, SHAPE_EX_ANSI );
}

void WINAPI FreeAddrInfoExW( ADDRINFOEXW *list )
{
    TRACE( "list %p.\n", list );
    list_free( list, SHAPE_EX_WIDE );
}

/*** addresses to names ***/

/* Whether an address is loopback or one of our own, which have our own name. */
static int is_own_address( const struct host_address *address, BOOL *own )
{
    static const BYTE loopback[4] = { 127, 0, 0, 1 };
    struct answer answer = { 0 };
    unsigned int configured, i;

    *own = address->family == HOST_FAMILY_INET6 ? is_loopback6( address )
                                                : !memcmp( address->ip, loopback, sizeof(loopback) );
    if (*own) return 0;
    answer.addresses = HeapAlloc( GetProcessHeap(), 0, MAX_HOST_ADDRESSES * sizeof(*answer.addresses) );
    if (!answer.addresses) return WSA_NOT_ENOUGH_MEMORY;
    if (ask_host( NULL, HOST_FAMILY_OTHER, HOST_NAME_LOCAL, &answer, &configured )) answer.count = 0;
    for (i = 0; i < answer.count && !*own; i++)
        *own = answer.addresses[i].family == address->family &&
               !memcmp( answer.addresses[i].ip, address->ip, sizeof(address->ip) );
    answer_free( &answer );
    return 0;
}

/* The name of an address in UTF-8; WSAHOST_NOT_FOUND or another resolver's error when it has none. */
static int look_up_address( const struct sockaddr *addr, int len, int flags, char *name, ULONG size )
{
    struct host_name_info_params params = { .name = (UINT_PTR)name, .size = size };
    char *dot;
    BOOL own;
    int error;

    host_address_from_sockaddr( &params.address, addr, len );
    params.address.port = 0;
    if ((error = is_own_address( &params.address, &own ))) return error;
    if (own && local_host_name( name, size )) return 0;

    if ((error = host_call( HOST_NAME_INFO, &params ))) return host_error_to_wsa( error, OPERATION_ANY );
    if (params.result) return host_name_error_to_wsa( params.result );
    /* MS: NI_NOFQDN is about hosts of the own domain; without one, the whole name is given. */
    if ((flags & NI_NOFQDN) && is_local_host_name( name ) && (dot = strchr( name, '.' ))) *dot = 0;
    return 0;
}

/* The same, or the address in text form where that is enough. */
static int address_to_name( const struct sockaddr *addr, int len, int flags, char *name, ULONG size )
{
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
    const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

    if (!(flags & NI_NUMERICHOST))
    {
        int error = look_up_address( addr, len, flags, name, size );

        if (!error || (flags & NI_NAMEREQD)) return error;
    }
    if (addr->sa_family == AF_INET6)
        RtlIpv6AddressToStringExA( &in6->sin6_addr, in6->sin6_scope_id, 0, name, &size );
    else RtlIpv4AddressToStringExA( &in->sin_addr, 0, name, &size );
    return 0;
}

static void port_to_name( USHORT port, int flags, char *name, ULONG size )
{
    struct entry entry;

    if (!(flags & NI_NUMERICSERV) && port &&
        !find_service( NULL, port, flags & NI_DGRAM ? "udp" : "tcp", &entry ))
    {
        BOOL fits = strlen( entry.name ) < size;

        if (fits) strcpy( name, entry.name );
        entry_free( &entry );
        if (fits) return;
    }
    _snprintf( name, size, "%u", ntohs( port ));
}

/* What both character sets share: names in UTF-8, empty where nobody asked. */
static int name_info( const SOCKADDR *addr, socklen_t len, BOOL want_node, DWORD node_size,
                      BOOL want_service, DWORD service_size, int flags, char *node, char *service )
{
    union
    {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } copy;
    int error, need;

    node[0] = service[0] = 0;
    if ((error = enter_api())) return error;
    if (!addr || len < (int)sizeof(copy.any.sa_family)) return WSAEFAULT;
    memset( &copy, 0, sizeof(copy) );
    if (!guard_read( &copy, addr, min( (ULONG)len, sizeof(copy) ))) return WSAEFAULT;
    if (copy.any.sa_family != AF_INET && copy.any.sa_family != AF_INET6) return WSAEAFNOSUPPORT;
    need = copy.any.sa_family == AF_INET6 ? sizeof(copy.in6) : sizeof(copy.in);
    if (len < need) return WSAEFAULT;
    /* MS, getnameinfo page: something must be asked for, and have room */
    if (!want_node && !want_service) return WSAHOST_NOT_FOUND;
    if ((want_node && !node_size) || (want_service && !service_size)) return WSAEINVAL;

    if (want_node && (error = address_to_name( &copy.any, need, flags, node, NI_MAXHOST ))) return error;
    if (want_service) port_to_name( copy.in.sin_port, flags, service, NI_MAXSERV );
    return 0;
}

int WINAPI getnameinfo( const SOCKADDR *addr, socklen_t len, char *node, DWORD node_size, char *service,
                        DWORD service_size, int flags )
{
    char names[2][NI_MAXHOST];
    WCHAR *wide;
    int error;

    TRACE( "addr %p, len %d, node %p, node_size %lu, service %p, service_size %lu, flags %#x.\n", addr, len,
           node, node_size, service, service_size, flags );

    error = name_info( addr, len, node != NULL, node_size, service != NULL, service_size, flags, names[0],
                       names[1] );
    if (!error && node)
    {
        char ansi[NI_MAXHOST];
        DWORD size = 0;

        if ((wide = wide_from_ansi( names[0], CP_UTF8 )))
            size = WideCharToMultiByte( CP_ACP, 0, wide, -1, ansi, sizeof(ansi), NULL, NULL );
        HeapFree( GetProcessHeap(), 0, wide );
        if (!size || size > node_size || !guard_write( node, ansi, size )) error = WSAEFAULT;
    }
    if (!error && service)
    {
        DWORD size = strlen( names[1] ) + 1;

        if (size > service_size || !guard_write( service, names[1], size )) error = WSAEFAULT;
    }
    return finish_query( error );
}

int WINAPI GetNameInfoW( const SOCKADDR *addr, socklen_t len, WCHAR *node, DWORD node_size, WCHAR *service,
                         DWORD service_size, int flags )
{
    char names[2][NI_MAXHOST];
    WCHAR wide[NI_MAXHOST];
    DWORD size;
    int error;

    TRACE( "addr %p, len %d, node %p, node_size %lu, service %p, service_size %lu, flags %#x.\n", addr, len,
           node, node_size, service, service_size, flags );

    error = name_info( addr, len, node != NULL, node_size, service != NULL, service_size, flags, names[0],
                       names[1] );
    if (!error && node)
    {
        size = MultiByteToWideChar( CP_UTF8, 0, names[0], -1, wide, ARRAY_SIZE(wide) );
        if (!size || size > node_size || !guard_write( node, wide, size * sizeof(WCHAR) )) error = WSAEFAULT;
    }
    if (!error && service)
    {
        size = MultiByteToWideChar( CP_UTF8, 0, names[1], -1, wide, ARRAY_SIZE(wide) );
        if (!size || size > service_size || !guard_write( service, wide, size * sizeof(WCHAR) ))
            error = WSAEFAULT;
    }
    return finish_query( error );
}
