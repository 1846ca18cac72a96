/*
 * The way from the PE side to the host half.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Information class by which Wine's NtQueryVirtualMemory names a module's host call table. */
#define MEMORY_WINE_UNIX_FUNCS 1000

typedef NTSTATUS (WINAPI *unix_call_dispatcher)( UINT64 handle, unsigned int code, void *args );

static unix_call_dispatcher dispatcher;
static UINT64 host_handle;

/* How ntdll.so's functions are called, and the number of add_fd_completion in the server's protocol.
 * Established by experiment on these releases; for any other a guess could crash inside the call. */
static const struct
{
    const char *version;
    enum host_abi abi;
    unsigned int completion_request;
}
known_wines[] =
{
    { "8.0", HOST_ABI_MS, 254 },
    { "10.0", HOST_ABI_SYSV, 267 },
};

static const char *wine_version(void)
{
    const char *(CDECL *get_version)(void);

    get_version = (void *)GetProcAddress( GetModuleHandleW( L"ntdll.dll" ), "wine_get_version" );
    return get_version ? get_version() : NULL;
}

/* Wine names its library directories, those of WINEDLLPATH last, in variables of each process. By its path
 * there the helper needs no file in system32, so that it is found in prefixes made before it was installed. */
static HMODULE load_helper(void)
{
    static const WCHAR file[] =
#ifdef __x86_64__
        L"\\x86_64-windows\\ws2host.dll";
#else
        L"\\i386-windows\\ws2host.dll";
#endif
    WCHAR variable[24], path[MAX_PATH + ARRAY_SIZE(file)];
    HMODULE module;
    unsigned int i;

    for (i = 0; ; i++)
    {
        static const WCHAR prefix[] = L"WINEDLLDIR";
        unsigned int pos = ARRAY_SIZE(prefix) - 1;
        DWORD len;

        memcpy( variable, prefix, sizeof(prefix) );
        if (i >= 10) variable[pos++] = '0' + i / 10;
        variable[pos++] = '0' + i % 10;
        variable[pos] = 0;
        if (i >= 100 || !(len = GetEnvironmentVariableW( variable, path, MAX_PATH ))) break;
        if (len >= MAX_PATH) continue;
        memcpy( path + len, file, sizeof(file) );
        if (!wcsncmp( path, L"\\??\\", 4 )) path[1] = '\\';
        if ((module = LoadLibraryW( path ))) return module;
    }
    return LoadLibraryW( L"ws2host.dll" );
}

static int attach(void)
{
    struct host_attach_params params = { HOST_INTERFACE_VERSION, 0, 0, 0 };
    const char *version = wine_version();
    unix_call_dispatcher *dispatcher_ptr;
    HMODULE module;
    NTSTATUS status;
    unsigned int i;
    int ret;

    if (!version)
    {
        ERR( "this is not Wine; ws2_32 for Wine cannot work here.\n" );
        return HOST_ENODEV;
    }
    for (i = 0; i < ARRAY_SIZE(known_wines); i++)
    {
        size_t len = strlen( known_wines[i].version );

        if (strncmp( version, known_wines[i].version, len )) continue;
        if (version[len] && version[len] != ' ' && version[len] != '-' && version[len] != '.') continue;
        params.abi = known_wines[i].abi;
        params.completion_request = known_wines[i].completion_request;
        break;
    }
    if (!params.abi)
    {
        ERR( "Wine %s is not known to this ws2_32.dll; it knows 8.0 and 10.0. "
             "Start without the override to use Wine's own.\n", debugstr_a( version ));
        return HOST_ENOTSUP_VERSION;
    }

    if (!(module = load_helper()))
    {
        ERR( "ws2host.dll could not be loaded (error %lu): does WINEDLLPATH name the directory that holds "
             "it in the directory for this architecture that ends in -windows?\n", GetLastError() );
        return HOST_ENODEV;
    }
    status = NtQueryVirtualMemory( GetCurrentProcess(), module, MEMORY_WINE_UNIX_FUNCS, &host_handle,
                                   sizeof(host_handle), NULL );
    dispatcher_ptr = (void *)GetProcAddress( GetModuleHandleW( L"ntdll.dll" ), "__wine_unix_call_dispatcher" );
    if (status || !dispatcher_ptr)
    {
        ERR( "the host half ws2host.so was not loaded (status %#lx): it belongs beside ws2host.dll under "
             "WINEDLLPATH, in the directory for this architecture that ends in -unix.\n", status );
        return HOST_ENODEV;
    }
    if ((ret = (*dispatcher_ptr)( host_handle, HOST_ATTACH, &params )))
    {
        ERR( "the host half refused to attach (%d): ws2_32.dll and ws2host.so are of different builds.\n", ret );
        return ret;
    }
    dispatcher = *dispatcher_ptr;
    TRACE( "attached to the host half, Wine %s.\n", debugstr_a( version ));
    return HOST_OK;
}

static BOOL CALLBACK attach_once( INIT_ONCE *once, void *param, void **context )
{
    (void)once; (void)param; (void)context;
    attach();
    return TRUE;
}

BOOL host_available(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    InitOnceExecuteOnce( &once, attach_once, NULL, NULL );
    return dispatcher != NULL;
}

int host_call( enum host_call call, void *params )
{
    if (!dispatcher && !host_available()) return HOST_ENODEV;
    return dispatcher( host_handle, call, params );
}

void host_leave(void)
{
    struct host_exit_params params;

    if (dispatcher) host_call( HOST_EXIT, &params );
}

int host_get_int( SOCKET s, enum host_option option, int *value )
{
    struct host_option_params params = { .socket = s, .option = option, .count = 1 };
    int ret = host_call( HOST_GET_OPTION, &params );

    if (!ret) *value = params.value[0];
    return ret;
}

int host_set_int( SOCKET s, enum host_option option, int value )
{
    struct host_option_params params = { .socket = s, .option = option, .count = 1, .value = { value } };

    return host_call( HOST_SET_OPTION, &params );
}

BOOL host_address_from_sockaddr( struct host_address *host, const struct sockaddr *addr, int len )
{
    memset( host, 0, sizeof(*host) );
    if (len < (int)sizeof(addr->sa_family)) return FALSE;

    if (addr->sa_family == AF_INET && len >= (int)sizeof(struct sockaddr_in))
    {
        const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

        host->family = HOST_FAMILY_INET;
        host->port = in->sin_port;
        memcpy( host->ip, &in->sin_addr, sizeof(in->sin_addr) );
        return TRUE;
    }
    if (addr->sa_family == AF_INET6 && len >= (int)sizeof(struct sockaddr_in6))
    {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;

        host->family = HOST_FAMILY_INET6;
        host->port = in6->sin6_port;
        host->flowinfo = in6->sin6_flowinfo;
        host->scope = in6->sin6_scope_id;
        memcpy( host->ip, &in6->sin6_addr, sizeof(in6->sin6_addr) );
        return TRUE;
    }
    return FALSE;
}

int host_address_to_sockaddr( const struct host_address *host, void *addr, int size )
{
    if (host->family == HOST_FAMILY_INET && size >= (int)sizeof(struct sockaddr_in))
    {
        struct sockaddr_in *in = addr;

        memset( in, 0, sizeof(*in) );
        in->sin_family = AF_INET;
        in->sin_port = host->port;
        memcpy( &in->sin_addr, host->ip, sizeof(in->sin_addr) );
        return sizeof(*in);
    }
    if (host->family == HOST_FAMILY_INET6 && size >= (int)sizeof(struct sockaddr_in6))
    {
        struct sockaddr_in6 *in6 = addr;

        memset( in6, 0, sizeof(*in6) );
        in6->sin6_family = AF_INET6;
        in6->sin6_port = host->port;
        in6->sin6_flowinfo = host->flowinfo;
        in6->sin6_scope_id = host->scope;
        memcpy( &in6->sin6_addr, host->ip, sizeof(in6->sin6_addr) );
        return sizeof(*in6);
    }
    return 0;
}
