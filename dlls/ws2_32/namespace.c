/*
 * The name space: look-ups through WSALookupService*, its providers, and service classes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One provider answers look-ups so far, network location (NS_NLA): one network, "Network", while an
 * interface other than loopback is up. Other queries are refused with WSASERVICE_NOT_FOUND, and logged.
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Missing from Wine's headers; values are those of the Windows SDK. */
#ifndef SIO_NSP_NOTIFY_CHANGE
#define SIO_NSP_NOTIFY_CHANGE 0x88000019
#endif
#ifndef LUP_FLUSHPREVIOUS
#define LUP_FLUSHPREVIOUS 0x1000
#endif

static const GUID dns_provider = { 0x22059d40, 0x7e9e, 0x11cf,
                                   { 0xae, 0x5a, 0x00, 0xaa, 0x00, 0xa7, 0x11, 0x2b } };
static const GUID nla_provider = { 0x6642243a, 0x3ba8, 0x4aa6,
                                   { 0xba, 0xa5, 0x2e, 0x0b, 0xd7, 0x1f, 0xdd, 0x83 } };
static const GUID nla_class = { 0x0037e515, 0xb5c9, 0x4a43,
                                { 0xba, 0xda, 0x8b, 0x48, 0xa8, 0x7a, 0xd2, 0x39 } };

/* Identifiers and order as Windows 10 lists them, of those that have something behind them here. */
static const struct
{
    const GUID *guid;
    DWORD name_space;
    const WCHAR *identifier;
} name_spaces[] =
{
    { &dns_provider, NS_DNS, L"Tcpip" },
    { &nla_provider, NS_NLA, L"Network Location Awareness Legacy (NLAv1) Namespace" },
};

/*** results: structures with pointers into the same buffer ***/

struct packer
{
    BYTE data[1024];    /* what the program will get, with pointers as it will see them */
    SIZE_T used;
    BYTE *target;       /* where in the program */
};

/* Reserve and fill bytes of the result; answers the address as the program will see it. Everything that is
 * packed here is ours and short, so the space suffices. */
static void *pack( struct packer *packer, const void *src, SIZE_T size, SIZE_T align )
{
    SIZE_T at = (packer->used + align - 1) & ~(align - 1);

    if (at + size > sizeof(packer->data)) return NULL;
    if (src) memcpy( packer->data + at, src, size );
    packer->used = at + size;
    return packer->target + at;
}

static void *pack_string( struct packer *packer, const WCHAR *str, BOOL ansi )
{
    char narrow[128];
    int len;

    if (!ansi) return pack( packer, str, (wcslen( str ) + 1) * sizeof(WCHAR), sizeof(WCHAR) );
    if (!(len = WideCharToMultiByte( CP_ACP, 0, str, -1, narrow, sizeof(narrow), NULL, NULL ))) return NULL;
    return pack( packer, narrow, len, 1 );
}

/* Hand a result to the program; WSAEFAULT with the size it takes when there is too little room (MS:
 * WSALookupServiceNext, WSAEnumNameSpaceProviders). */
static int deliver( const struct packer *packer, DWORD *size )
{
    DWORD available, needed = (packer->used + 7) & ~7;

    if (!guard_read( &available, size, sizeof(available) )) return WSAEFAULT;
    if (!packer->target || available < packer->used)
    {
        guard_write( size, &needed, sizeof(needed) );
        return WSAEFAULT;
    }
    return guard_write( packer->target, packer->data, packer->used ) ? 0 : WSAEFAULT;
}

/*** name space providers ***/

static int enum_providers( DWORD *size, void *buffer, BOOL ansi, BOOL extended )
{
    struct packer packer = { .target = buffer };
    SIZE_T row = extended ? sizeof(WSANAMESPACE_INFOW) + sizeof(BLOB) : sizeof(WSANAMESPACE_INFOW);
    unsigned int i;
    int error = enter_api();

    if (error) return leave_api( error );

    memset( packer.data, 0, sizeof(packer.data) );
    pack( &packer, NULL, ARRAY_SIZE( name_spaces ) * row, 8 );
    for (i = 0; i < ARRAY_SIZE( name_spaces ); i++)
    {
        WSANAMESPACE_INFOW info = { *name_spaces[i].guid, name_spaces[i].name_space, TRUE, 0, NULL };

        info.lpszIdentifier = pack_string( &packer, name_spaces[i].identifier, ansi );
        memcpy( packer.data + i * row, &info, sizeof(info) );
    }
    return leave_api( deliver( &packer, size ) ) ? SOCKET_ERROR : (int)ARRAY_SIZE( name_spaces );
}

C_ASSERT( sizeof(WSANAMESPACE_INFOW) == sizeof(WSANAMESPACE_INFOA) );

int WINAPI WSAEnumNameSpaceProvidersA( DWORD *size, WSANAMESPACE_INFOA *buffer )
{
    TRACE( "size %p, buffer %p\n", size, buffer );
    return enum_providers( size, buffer, TRUE, FALSE );
}

int WINAPI WSAEnumNameSpaceProvidersW( DWORD *size, WSANAMESPACE_INFOW *buffer )
{
    TRACE( "size %p, buffer %p\n", size, buffer );
    return enum_providers( size, buffer, FALSE, FALSE );
}

/* The extended rows end with a BLOB of the provider's own data; ours have none. */
int WINAPI WSAEnumNameSpaceProvidersExA( DWORD *size, void *buffer )
{
    TRACE( "size %p, buffer %p\n", size, buffer );
    return enum_providers( size, buffer, TRUE, TRUE );
}

int WINAPI WSAEnumNameSpaceProvidersExW( DWORD *size, void *buffer )
{
    TRACE( "size %p, buffer %p\n", size, buffer );
    return enum_providers( size, buffer, FALSE, TRUE );
}

/*** look-ups ***/

struct lookup
{
    DWORD flags;                /* LUP_ of the begin */
    unsigned int remaining;     /* networks not told yet */
    ULONGLONG networks;         /* that there were at the begin */
    WSACOMPLETION notify;       /* how to tell of a change; NSP_NOTIFY_IMMEDIATELY: nobody waits */
    HANDLE thread;              /* whose routine it is */
};

/* The open look-ups. One that a call works on is out of its slot, which then holds BUSY. */
#define BUSY ((struct lookup *)1)
#define LOOKUP_HANDLE 0x4e530000
static struct lookup *volatile lookups[256];

/* Take a look-up out of its slot; NULL for a handle that is none, or in use by another thread. */
static struct lookup *grab_lookup( HANDLE handle )
{
    ULONG_PTR index = ((ULONG_PTR)handle - LOOKUP_HANDLE) / 4;
    struct lookup *lookup;

    if (index >= ARRAY_SIZE( lookups ) || ((ULONG_PTR)handle & 3)) return NULL;
    lookup = lookups[index];
    if (!lookup || lookup == BUSY) return NULL;
    if (InterlockedCompareExchangePointer( (void *volatile *)&lookups[index], BUSY, lookup ) != lookup)
        return NULL;
    return lookup;
}

/* Put it back, or NULL to free the slot. */
static void put_lookup( HANDLE handle, struct lookup *lookup )
{
    ULONG_PTR index = ((ULONG_PTR)handle - LOOKUP_HANDLE) / 4;

    InterlockedExchangePointer( (void *volatile *)&lookups[index], lookup );
}

static HANDLE add_lookup( struct lookup *lookup )
{
    ULONG_PTR i;

    for (i = 0; i < ARRAY_SIZE( lookups ); i++)
        if (!InterlockedCompareExchangePointer( (void *volatile *)&lookups[i], lookup, NULL ))
            return (HANDLE)(LOOKUP_HANDLE + i * 4);
    return NULL;
}

/* Networks this host is on: one while any interface other than loopback is up. */
static unsigned int count_networks(void)
{
    static const enum host_family families[] = { HOST_FAMILY_INET, HOST_FAMILY_INET6 };
    struct host_interface list[64];
    unsigned int f, i;

    for (f = 0; f < ARRAY_SIZE( families ); f++)
    {
        struct host_interfaces_params params = { .list = (ULONG_PTR)list, .family = families[f],
                                                 .capacity = ARRAY_SIZE( list ) };

        if (host_call( HOST_INTERFACES, &params )) continue;
        for (i = 0; i < params.count && i < ARRAY_SIZE( list ); i++)
            if ((list[i].flags & HOST_IF_UP) && !(list[i].flags & HOST_IF_LOOPBACK)) return 1;
    }
    return 0;
}

/* Is a query for network location? MS, WSALookupServiceBegin: a provider is named by its GUID or its name
 * space; NS_ALL without class or name is answered by this provider alone. */
static int judge_query( const WSAQUERYSETW *query )
{
    GUID guid;

    if (query->lpNSProviderId)
    {
        if (!guard_read( &guid, query->lpNSProviderId, sizeof(guid) )) return WSAEFAULT;
        if (!memcmp( &guid, &nla_provider, sizeof(guid) )) return 0;
    }
    else if (query->dwNameSpace == NS_NLA) return 0;
    else if (query->dwNameSpace == NS_ALL && !query->lpServiceClassId && !query->lpszServiceInstanceName)
        return 0;

    FIXME( "name space %lu, class %p, name %p: no provider for this\n", query->dwNameSpace,
           query->lpServiceClassId, query->lpszServiceInstanceName );
    return WSASERVICE_NOT_FOUND;
}

/* The narrow and the wide query differ in what strings point to only. Errors: T:test_WSALookupService. */
static int begin_lookup( const void *restrictions, DWORD flags, HANDLE *handle_ptr )
{
    struct lookup *lookup;
    WSAQUERYSETW query;
    HANDLE handle;
    int error = enter_api();

    TRACE( "restrictions %p, flags %#lx, handle %p\n", restrictions, flags, handle_ptr );

    if (error) return leave_api( error );
    if (!guard_read( &query, restrictions, sizeof(query) ) ||
        !guard_touch( handle_ptr, sizeof(*handle_ptr) ))
        return leave_api( WSAEFAULT );
    if (query.dwSize < sizeof(query)) return leave_api( WSAEINVAL );
    if ((error = judge_query( &query ))) return leave_api( error );

    if (!(lookup = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*lookup) )))
        return leave_api( WSA_NOT_ENOUGH_MEMORY );
    lookup->flags = flags;
    lookup->remaining = count_networks();
    lookup->networks = nsp_networks();
    if (!(handle = add_lookup( lookup ))) error = WSA_NOT_ENOUGH_MEMORY;
    else if (!guard_write( handle_ptr, &handle, sizeof(handle) ))
    {
        put_lookup( handle, NULL );
        error = WSAEFAULT;
    }
    if (error) HeapFree( GetProcessHeap(), 0, lookup );
    return leave_api( error );
}

int WINAPI WSALookupServiceBeginA( WSAQUERYSETA *restrictions, DWORD flags, HANDLE *handle )
{
    return begin_lookup( restrictions, flags, handle );
}

int WINAPI WSALookupServiceBeginW( WSAQUERYSETW *restrictions, DWORD flags, HANDLE *handle )
{
    return begin_lookup( restrictions, flags, handle );
}

/* Describe the network. Windows gives this name to one that nobody has named. */
static void pack_network( struct packer *packer, const struct lookup *lookup, BOOL ansi )
{
    WSAQUERYSETW set = { sizeof(set) };

    memset( packer->data, 0, sizeof(packer->data) );
    pack( packer, NULL, sizeof(set), 8 );
    set.dwNameSpace = NS_NLA;
    set.lpNSProviderId = pack( packer, &nla_provider, sizeof(nla_provider), 4 );
    if (lookup->flags & LUP_RETURN_NAME)
        set.lpszServiceInstanceName = pack_string( packer, L"Network", ansi );
    if (lookup->flags & LUP_RETURN_COMMENT)
        set.lpszComment = pack_string( packer, L"Network", ansi );
    if (lookup->flags & LUP_RETURN_TYPE)
        set.lpServiceClassId = pack( packer, &nla_class, sizeof(nla_class), 4 );
    if (lookup->flags & LUP_RETURN_BLOB)
    {
        NLA_BLOB connectivity = { { NLA_CONNECTIVITY } };
        DWORD size = FIELD_OFFSET( NLA_BLOB, data ) + sizeof(connectivity.data.connectivity);
        BLOB blob = { size, NULL };

        connectivity.header.dwSize = size;
        connectivity.data.connectivity.type = NLA_NETWORK_UNMANAGED;
        connectivity.data.connectivity.internet = NLA_INTERNET_UNKNOWN;
        blob.pBlobData = pack( packer, &connectivity, size, 8 );
        set.lpBlob = pack( packer, &blob, sizeof(blob), 8 );
    }
    memcpy( packer->data, &set, sizeof(set) );
}

static int next_result( HANDLE handle, DWORD flags, DWORD *size, void *results, BOOL ansi )
{
    struct packer packer = { .target = results };
    struct lookup *lookup;
    DWORD available;
    int error = enter_api();

    TRACE( "handle %p, flags %#lx, size %p, results %p\n", handle, flags, size, results );

    if (error) return leave_api( error );
    if (!(lookup = grab_lookup( handle ))) return leave_api( WSA_INVALID_HANDLE );

    /* MS: a result that did not fit is given up so, and the next one told */
    if ((flags & LUP_FLUSHPREVIOUS) && lookup->remaining) lookup->remaining--;

    if (!guard_read( &available, size, sizeof(available) )) error = WSAEFAULT;
    else if (!lookup->remaining) error = WSA_E_NO_MORE;
    else
    {
        pack_network( &packer, lookup, ansi );
        if (!(error = deliver( &packer, size ))) lookup->remaining--;
    }
    put_lookup( handle, lookup );
    return leave_api( error );
}

int WINAPI WSALookupServiceNextA( HANDLE handle, DWORD flags, DWORD *size, WSAQUERYSETA *results )
{
    return next_result( handle, flags, size, results, TRUE );
}

int WINAPI WSALookupServiceNextW( HANDLE handle, DWORD flags, DWORD *size, WSAQUERYSETW *results )
{
    return next_result( handle, flags, size, results, FALSE );
}

struct routine_call
{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    WSAOVERLAPPED *overlapped;
    DWORD error;
};

static void CALLBACK call_routine( ULONG_PTR arg )
{
    struct routine_call call = *(struct routine_call *)arg;

    HeapFree( GetProcessHeap(), 0, (void *)arg );
    call.routine( call.error, 0, call.overlapped, 0 );
}

static void queue_routine( HANDLE thread, const WSACOMPLETION *how, NTSTATUS status )
{
    struct routine_call *call = HeapAlloc( GetProcessHeap(), 0, sizeof(*call) );

    if (!call) return;
    call->routine = how->Parameters.Apc.lpfnCompletionProc;
    call->overlapped = how->Parameters.Apc.lpOverlapped;
    call->error = status_to_wsa( status );
    if (!QueueUserAPC( call_routine, thread, (ULONG_PTR)call )) HeapFree( GetProcessHeap(), 0, call );
}

static void finish_overlapped( WSAOVERLAPPED *overlapped, NTSTATUS status )
{
    const ULONG_PTR value[2] = { status, 0 };

    guard_write( &overlapped->Internal, value, sizeof(value) );
}

/* Tell who waits for a change of the look-up, once. A cancellation posts no message (MS: WSANSPIoctl). */
static void end_notification( struct lookup *lookup, NTSTATUS status )
{
    BOOL (WINAPI *p_PostMessageW)( HWND, UINT, WPARAM, LPARAM ) =
        (void *)GetProcAddress( GetModuleHandleW( L"user32.dll" ), "PostMessageW" );
    WSACOMPLETION how = lookup->notify;
    HANDLE event;

    lookup->notify.Type = NSP_NOTIFY_IMMEDIATELY;
    switch (how.Type)
    {
    case NSP_NOTIFY_IMMEDIATELY:
        break;
    case NSP_NOTIFY_HWND:
        if (!status && p_PostMessageW)
            p_PostMessageW( how.Parameters.WindowMessage.hWnd, how.Parameters.WindowMessage.uMsg,
                            how.Parameters.WindowMessage.context, 0 );
        break;
    case NSP_NOTIFY_EVENT:
        finish_overlapped( how.Parameters.Event.lpOverlapped, status );
        if (guard_read( &event, &how.Parameters.Event.lpOverlapped->hEvent, sizeof(event) ) && event)
            SetEvent( event );
        break;
    case NSP_NOTIFY_PORT:
        finish_overlapped( how.Parameters.Port.lpOverlapped, status );
        NtSetIoCompletion( how.Parameters.Port.hPort, how.Parameters.Port.Key,
                           (ULONG_PTR)how.Parameters.Port.lpOverlapped, status, 0 );
        break;
    case NSP_NOTIFY_APC:
        finish_overlapped( how.Parameters.Apc.lpOverlapped, status );
        queue_routine( lookup->thread, &how, status );
        break;
    }
    if (lookup->thread) CloseHandle( lookup->thread );
    lookup->thread = NULL;
}

void nsp_changed( ULONG_PTR value )
{
    struct lookup *lookup;
    unsigned int i;

    /* a call may have it for a moment; longer, and the look-up was ended */
    for (i = 0; !(lookup = grab_lookup( (HANDLE)value )); i++)
    {
        if (i == 100) return;
        Sleep( 1 );
    }
    end_notification( lookup, STATUS_SUCCESS );
    put_lookup( (HANDLE)value, lookup );
}

/* The look-up's results may be out of date one day: tell it the way the program asks for. */
static int ask_for_notification( HANDLE handle, struct lookup *lookup, const WSACOMPLETION *how )
{
    const ULONG_PTR status = (ULONG_PTR)STATUS_PENDING;
    WSAOVERLAPPED *overlapped = NULL;

    switch (how->Type)
    {
    case NSP_NOTIFY_HWND: break;
    case NSP_NOTIFY_EVENT: overlapped = how->Parameters.Event.lpOverlapped; break;
    case NSP_NOTIFY_PORT: overlapped = how->Parameters.Port.lpOverlapped; break;
    case NSP_NOTIFY_APC: overlapped = how->Parameters.Apc.lpOverlapped; break;
    default: return WSAEINVAL;
    }
    if (how->Type != NSP_NOTIFY_HWND && !guard_write( &overlapped->Internal, &status, sizeof(status) ))
        return WSAEFAULT;
    end_notification( lookup, STATUS_CANCELLED );   /* there is one at a time */
    lookup->notify = *how;
    if (how->Type == NSP_NOTIFY_APC &&
        !DuplicateHandle( GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &lookup->thread, 0,
                          FALSE, DUPLICATE_SAME_ACCESS ))
        lookup->thread = NULL;
    nsp_watch( (ULONG_PTR)handle );
    if (nsp_networks() != lookup->networks) end_notification( lookup, STATUS_SUCCESS );
    return WSA_IO_PENDING;
}

int WINAPI WSALookupServiceEnd( HANDLE handle )
{
    struct lookup *lookup;
    int error = enter_api();

    TRACE( "handle %p\n", handle );

    if (error) return leave_api( error );
    if (!(lookup = grab_lookup( handle ))) return leave_api( WSA_INVALID_HANDLE );
    put_lookup( handle, NULL );
    end_notification( lookup, STATUS_CANCELLED );
    nsp_unwatch( (ULONG_PTR)handle );
    HeapFree( GetProcessHeap(), 0, lookup );
    return leave_api( 0 );
}

/* MS, WSANSPIoctl: a poll, without completion, says whether the results still hold; with one, the program is
 * told when they do not any more. */
int WINAPI WSANSPIoctl( HANDLE handle, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
                        DWORD *count, WSACOMPLETION *completion )
{
    struct lookup *lookup;
    WSACOMPLETION how;
    int error = enter_api();

    TRACE( "handle %p, code %#lx, in %p (%lu), out %p (%lu), count %p, completion %p\n", handle, code, in,
           in_size, out, out_size, count, completion );

    if (error) return leave_api( error );
    if (!(lookup = grab_lookup( handle ))) return leave_api( WSA_INVALID_HANDLE );

    if (!guard_touch( count, sizeof(*count) )) error = WSAEFAULT;
    else if (code != SIO_NSP_NOTIFY_CHANGE) error = WSAEOPNOTSUPP;
    else if (completion && !guard_read( &how, completion, sizeof(how) )) error = WSAEFAULT;
    else if (!completion || how.Type == NSP_NOTIFY_IMMEDIATELY)
        error = nsp_networks() == lookup->networks ? WSAEWOULDBLOCK : 0;
    else error = ask_for_notification( handle, lookup, &how );

    put_lookup( handle, lookup );
    return leave_api( error );
}

/*** registering names, and service classes ***/

/* MS, WSASetService: a registration lives in a name space. Stock lets a program pass so, and so do we. */
static int set_service( const void *info, int operation, DWORD flags )
{
    WSAQUERYSETW query;
    int error = enter_api();

    if (error) return leave_api( error );
    if (!guard_read( &query, info, sizeof(query) )) return leave_api( WSAEFAULT );
    if (query.dwSize < sizeof(query) || operation < RNRSERVICE_REGISTER || operation > RNRSERVICE_DELETE)
        return leave_api( WSAEINVAL );
    FIXME( "name space %lu, operation %d, flags %#lx: accepted without effect\n", query.dwNameSpace,
           operation, flags );
    return leave_api( 0 );
}

int WINAPI WSASetServiceA( WSAQUERYSETA *info, WSAESETSERVICEOP operation, DWORD flags )
{
    return set_service( info, operation, flags );
}

int WINAPI WSASetServiceW( WSAQUERYSETW *info, WSAESETSERVICEOP operation, DWORD flags )
{
    return set_service( info, operation, flags );
}

/* There are no service classes but those the functions were called with, and nobody may add one: WSAEACCES
 * is for a caller without the rights (MS: WSAInstallServiceClass). */
static int class_call( const char *name, const void *required, SIZE_T size, int refusal )
{
    int error = enter_api();
    BYTE copy[sizeof(WSASERVICECLASSINFOW)];

    if (!error && !guard_read( copy, required, size )) error = WSAEFAULT;
    if (!error)
    {
        FIXME( "%s: refused\n", name );
        error = refusal;
    }
    return leave_api( error );
}

int WINAPI WSAInstallServiceClassA( WSASERVICECLASSINFOA *info )
{
    return class_call( "WSAInstallServiceClassA", info, sizeof(*info), WSAEACCES );
}

int WINAPI WSAInstallServiceClassW( WSASERVICECLASSINFOW *info )
{
    return class_call( "WSAInstallServiceClassW", info, sizeof(*info), WSAEACCES );
}

int WINAPI WSARemoveServiceClass( GUID *class_id )
{
    return class_call( "WSARemoveServiceClass", class_id, sizeof(*class_id), WSATYPE_NOT_FOUND );
}

int WINAPI WSAGetServiceClassInfoA( GUID *provider_id, GUID *class_id, DWORD *size,
                                    WSASERVICECLASSINFOA *info )
{
    TRACE( "provider_id %p, size %p, info %p\n", provider_id, size, info );
    return class_call( "WSAGetServiceClassInfoA", class_id, sizeof(*class_id), WSATYPE_NOT_FOUND );
}

int WINAPI WSAGetServiceClassInfoW( GUID *provider_id, GUID *class_id, DWORD *size,
                                    WSASERVICECLASSINFOW *info )
{
    TRACE( "provider_id %p, size %p, info %p\n", provider_id, size, info );
    return class_call( "WSAGetServiceClassInfoW", class_id, sizeof(*class_id), WSATYPE_NOT_FOUND );
}

int WINAPI WSAGetServiceClassNameByClassIdA( GUID *class_id, char *name, DWORD *size )
{
    TRACE( "name %p, size %p\n", name, size );
    return class_call( "WSAGetServiceClassNameByClassIdA", class_id, sizeof(*class_id), WSATYPE_NOT_FOUND );
}

int WINAPI WSAGetServiceClassNameByClassIdW( GUID *class_id, WCHAR *name, DWORD *size )
{
    TRACE( "name %p, size %p\n", name, size );
    return class_call( "WSAGetServiceClassNameByClassIdW", class_id, sizeof(*class_id), WSATYPE_NOT_FOUND );
}

/*** providers of a name space inside the program ***/

int WINAPI WSAAdvertiseProvider( const GUID *provider_id, const void *routines )
{
    TRACE( "routines %p\n", routines );
    return class_call( "WSAAdvertiseProvider", provider_id, sizeof(*provider_id), WSAEOPNOTSUPP );
}

int WINAPI WSAUnadvertiseProvider( const GUID *provider_id )
{
    return class_call( "WSAUnadvertiseProvider", provider_id, sizeof(*provider_id), WSAEOPNOTSUPP );
}

int WINAPI WSAProviderCompleteAsyncCall( HANDLE call, int result )
{
    int error = enter_api();

    TRACE( "call %p, result %d\n", call, result );

    return leave_api( error ? error : WSA_INVALID_HANDLE );
}

/* MS, SetAddrInfoEx: registers a host name with a name space provider. */
static int set_address_info( const void *name )
{
    int error = enter_api();
    BYTE first;

    if (!error && !guard_read( &first, name, sizeof(first) )) error = name ? WSAEFAULT : WSAEINVAL;
    if (!error)
    {
        FIXME( "no provider takes names\n" );
        error = WSASERVICE_NOT_FOUND;
    }
    WSASetLastError( error );
    return error;
}

int WINAPI SetAddrInfoExA( const char *name, const char *service, SOCKET_ADDRESS *addresses, DWORD count,
                           BLOB *blob, DWORD flags, DWORD name_space, GUID *provider_id,
                           struct timeval *timeout, OVERLAPPED *overlapped, void *routine, HANDLE *handle )
{
    TRACE( "service %p, addresses %p (%lu), blob %p, flags %#lx, name_space %lu, provider_id %p, "
           "timeout %p, overlapped %p, routine %p, handle %p\n", service, addresses, count, blob, flags,
           name_space, provider_id, timeout, overlapped, routine, handle );
    return set_address_info( name );
}

int WINAPI SetAddrInfoExW( const WCHAR *name, const WCHAR *service, SOCKET_ADDRESS *addresses, DWORD count,
                           BLOB *blob, DWORD flags, DWORD name_space, GUID *provider_id,
                           struct timeval *timeout, OVERLAPPED *overlapped, void *routine, HANDLE *handle )
{
    TRACE( "service %p, addresses %p (%lu), blob %p, flags %#lx, name_space %lu, provider_id %p, "
           "timeout %p, overlapped %p, routine %p, handle %p\n", service, addresses, count, blob, flags,
           name_space, provider_id, timeout, overlapped, routine, handle );
    return set_address_info( name );
}

/*** posting ***/

/* Undocumented: Windows' socket helpers replace the function that posts their messages. Ours are posted by
 * the system, so there is nothing to replace. */
int WINAPI WSApSetPostRoutine( LPWPUPOSTMESSAGE routine )
{
    FIXME( "routine %p: accepted without effect\n", routine );
    return 0;
}
