/*
 * The way from the PE side to the host half.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Information class by which Wine's NtQueryVirtualMemory names a module's host call table. */
#define MEMORY_WINE_UNIX_FUNCS 1000

unix_call_dispatcher host_dispatcher;
UINT64 host_handle;
static BOOL afd_resets_event;

/* How ntdll.so's functions are called; the numbers of add_fd_completion, ioctl, cancel_async, recv_socket,
 * set_async_direct_result, close_handle and dup_handle in the server's protocol, which are their places in
 * the list of requests; whether AFD's request for network events resets the event. Established by experiment
 * on these releases; for any other a guess could crash inside the call. Any change of the list counts up the
 * protocol's version, and nothing bars one from a point release: 8.0.2 is not known because 8.0 is. */
static const struct known_wine
{
    const char *version;
    enum host_abi abi;
    unsigned int completion_request, ioctl_request, cancel_request, receive_request, result_request;
    unsigned int close_request, duplicate_request;
    BOOL afd_resets_event;
}
known_wines[] =
{
    { "8.0", HOST_ABI_MS, 254, 130, 125, 54, 127, 21, 23, FALSE },
    { "10.0", HOST_ABI_SYSV, 267, 137, 132, 55, 134, 21, 23, TRUE },
};

/* What this Wine calls itself: "wine-8.0 (Debian 8.0~repack-4)". Unlike its version number this tells a
 * release from a later development tree, and from Staging and others that may add requests of their own. */
static const char *wine_build(void)
{
    const char *(CDECL *get_build_id)(void);

    get_build_id = (void *)GetProcAddress( GetModuleHandleW( L"ntdll.dll" ), "wine_get_build_id" );
    return get_build_id ? get_build_id() : NULL;
}

/* The release that a build was made from, if the packager is one who leaves the protocol as it is. */
static const struct known_wine *find_known_wine( const char *build )
{
    static const char prefix[] = "wine-";
    static const char *const packagers[] = { "(Debian ", "(Ubuntu " };
    unsigned int i, j;

    if (strncmp( build, prefix, strlen( prefix ))) return NULL;
    build += strlen( prefix );
    for (i = 0; i < ARRAY_SIZE(known_wines); i++)
    {
        size_t len = strlen( known_wines[i].version );

        if (strncmp( build, known_wines[i].version, len )) continue;
        if (!build[len]) return &known_wines[i];
        if (build[len] != ' ') continue;
        for (j = 0; j < ARRAY_SIZE(packagers); j++)
            if (!strncmp( build + len + 1, packagers[j], strlen( packagers[j] ))) return &known_wines[i];
    }
    return NULL;
}

/* Wine names its library directories, those of WINEDLLPATH last, in variables of each process. By its path
 * there the helper needs no file in system32: prefixes made before it was installed have none. */
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

/* Load the host half: the handle of its table, and ntdll's function that calls through such a table; NULL
 * with the reason in the log. */
static unix_call_dispatcher load_host_half( UINT64 *handle )
{
    unix_call_dispatcher *dispatcher_ptr;
    HMODULE module;
    NTSTATUS status;

    if (!(module = load_helper()))
    {
        ERR( "ws2host.dll could not be loaded (error %lu): does WINEDLLPATH name the directory that holds "
             "it in the directory for this architecture that ends in -windows?\n", GetLastError() );
        return NULL;
    }
    status = NtQueryVirtualMemory( GetCurrentProcess(), module, MEMORY_WINE_UNIX_FUNCS, handle,
                                   sizeof(*handle), NULL );
    dispatcher_ptr = (void *)GetProcAddress( GetModuleHandleW( L"ntdll.dll" ),
                                             "__wine_unix_call_dispatcher" );
    if (!status && dispatcher_ptr) return *dispatcher_ptr;
    ERR( "the host half ws2host.so was not loaded (status %#lx): it belongs beside ws2host.dll under "
         "WINEDLLPATH, in the directory for this architecture that ends in -unix.\n", status );
    return NULL;
}

static BOOL attach(void)
{
    struct host_attach_params params = { HOST_INTERFACE_VERSION };
    const struct known_wine *wine;
    const char *build = wine_build();
    unix_call_dispatcher call;
    int error;

    if (!build)
    {
        ERR( "this is not Wine; ws2_32 for Wine cannot work here.\n" );
        return FALSE;
    }
    if (!(wine = find_known_wine( build )))
    {
        ERR( "%s is not known to this ws2_32.dll; it knows wine-8.0 and wine-10.0. "
             "Start without the override to use Wine's own.\n", debugstr_a( build ));
        return FALSE;
    }
    if (!(call = load_host_half( &host_handle ))) return FALSE;

    params.abi = wine->abi;
    params.completion_request = wine->completion_request;
    params.ioctl_request = wine->ioctl_request;
    params.cancel_request = wine->cancel_request;
    params.receive_request = wine->receive_request;
    params.result_request = wine->result_request;
    params.close_request = wine->close_request;
    params.duplicate_request = wine->duplicate_request;
    if ((error = call( host_handle, HOST_ATTACH, &params )))
    {
        ERR( "the host half refused to attach (%d): ws2_32.dll and ws2host.so are of different builds.\n",
             error );
        return FALSE;
    }
    afd_resets_event = wine->afd_resets_event;
    host_dispatcher = call;
    TRACE( "attached to the host half, %s.\n", debugstr_a( build ));
    return TRUE;
}

BOOL proven( LONG *answer, BOOL (*prove)(void) )
{
    enum { UNKNOWN, YES, NO };

    if (*answer == UNKNOWN)
    {
        if (prove()) InterlockedExchange( answer, YES );
        else InterlockedCompareExchange( answer, NO, UNKNOWN );
    }
    return *answer == YES;
}

BOOL host_available(void)
{
    static LONG answer;

    return host_dispatcher || proven( &answer, attach );
}

BOOL host_afd_resets_event(void)
{
    return afd_resets_event;
}

BOOL host_thread( LPTHREAD_START_ROUTINE function )
{
    HMODULE module;
    HANDLE thread;

    if (!GetModuleHandleExW( GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                             (const WCHAR *)function, &module ) ||
        !(thread = CreateThread( NULL, 0x10000, function, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL )))
        return FALSE;
    NtClose( thread );
    return TRUE;
}

void host_leave(void)
{
    struct host_exit_params params;

    if (host_dispatcher) host_call( HOST_EXIT, &params );
}

int host_get_int( SOCKET s, enum host_option option, int *value )
{
    struct host_option_params params = { .socket = host_socket( s ), .option = option, .count = 1 };
    int ret = host_call( HOST_GET_OPTION, &params );

    if (!ret) *value = params.value[0];
    return ret;
}

int host_set_int( SOCKET s, enum host_option option, int value )
{
    struct host_option_params params = { .socket = host_socket( s ), .option = option, .count = 1,
                                         .value = { value } };

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
