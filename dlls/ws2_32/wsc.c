/*
 * Functions for whoever installs, orders and asks about service providers (WSC*, WPUGetProviderPathEx).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They need no WSAStartup, and answer their error through a pointer. The catalogue is fixed for now: asking
 * works; what would change it is checked, logged, and either accepted without effect (where stock Wine lets
 * installers pass so) or refused with the documented error; docs/exports.md says which.
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Windows names mswsock.dll; here this DLL is the base provider, and exports WSPStartup. Environment strings
 * are not expanded (MS: WSCGetProviderPath). */
static const WCHAR provider_path[] = L"%SystemRoot%\\system32\\ws2_32.dll";

#define PATH_LIMIT 32768

/* The last step: hand the error out. */
static int answer( int error, int *errno_ptr )
{
    if (!guard_write( errno_ptr, &error, sizeof(error) ) || error) return SOCKET_ERROR;
    return 0;
}

/* Several functions write the error only where there is one. */
static int answer_error( int error, int *errno_ptr )
{
    if (!error) return 0;
    guard_write( errno_ptr, &error, sizeof(error) );
    return SOCKET_ERROR;
}

static BOOL readable( const void *ptr, SIZE_T size )
{
    BYTE byte;

    if (!ptr || !guard_read( &byte, ptr, 1 )) return FALSE;
    return !size || guard_read( &byte, (const BYTE *)ptr + size - 1, 1 );
}

/* A path that ends, as Windows' own functions can take one. */
static BOOL readable_path( const WCHAR *path )
{
    LONG_PTR len = guard_wcslen( path, PATH_LIMIT );

    return len >= 0 && len < PATH_LIMIT;
}

static BOOL is_ours( const GUID *guid )
{
    unsigned int i, count;
    const WSAPROTOCOL_INFOW *entries = catalogue_entries( &count );

    for (i = 0; i < count; i++) if (!memcmp( &entries[i].ProviderId, guid, sizeof(*guid) )) return TRUE;
    return FALSE;
}

/*** asking ***/

/* Order of the checks: T:test_WSCGetProviderPath (pointers, then length, then GUID). */
int WINAPI WSCGetProviderPath( GUID *provider_id, WCHAR *path, int *len, int *errno_ptr )
{
    int available, needed = ARRAY_SIZE( provider_path ), error = 0;
    GUID guid;

    TRACE( "provider_id %p, path %p, len %p, errno_ptr %p\n", provider_id, path, len, errno_ptr );

    if (!guard_read( &guid, provider_id, sizeof(guid) ) || !guard_read( &available, len, sizeof(available) ))
        error = WSAEFAULT;
    else if (available <= 0 || !is_ours( &guid ))
        error = WSAEINVAL;
    else if (!path || available < needed)
    {
        guard_write( len, &needed, sizeof(needed) );
        error = WSAEFAULT;
    }
    else if (!guard_write( path, provider_path, sizeof(provider_path) ) ||
             !guard_write( len, &needed, sizeof(needed) ))
        error = WSAEFAULT;
    return answer_error( error, errno_ptr );
}

int WINAPI WPUGetProviderPathEx( GUID *provider_id, WCHAR *path, int *len, DWORD catalogue, int *errno_ptr )
{
    TRACE( "catalogue %lu\n", catalogue );

    return WSCGetProviderPath( provider_id, path, len, errno_ptr );
}

/* MS: the information belongs to layered providers. T:test_WSCGetProviderInfo for the errors; WSANO_RECOVERY
 * is also what a provider without such an entry gets. */
int WINAPI WSCGetProviderInfo( GUID *provider_id, WSC_PROVIDER_INFO_TYPE type, BYTE *info, size_t *size,
                               DWORD flags, int *errno_ptr )
{
    FIXME( "provider_id %p, type %#x, info %p, size %p, flags %#lx: no provider has any\n", provider_id,
           type, info, size, flags );

    return answer( readable( provider_id, sizeof(*provider_id) ) ? WSANO_RECOVERY : WSAEFAULT, errno_ptr );
}

/* T:test_WSCGetApplicationCategory; MS: WSASERVICE_NOT_FOUND where the path has no category. */
int WINAPI WSCGetApplicationCategory( const WCHAR *path, DWORD path_len, const WCHAR *extra, DWORD extra_len,
                                      DWORD *categories, int *errno_ptr )
{
    int error = WSASERVICE_NOT_FOUND;

    FIXME( "path %p (%lu), extra %p (%lu): no application has a category\n", path, path_len, extra,
           extra_len );

    if (!path || !path_len || (!extra && extra_len)) error = WSAEINVAL;
    else if (!readable( path, path_len * sizeof(WCHAR) )) error = WSAEFAULT;
    else if (!guard_touch( categories, sizeof(*categories) )) error = categories ? WSAEFAULT : WSAEINVAL;
    return answer( error, errno_ptr );
}

int WINAPI WSCGetApplicationCategoryEx( const WCHAR *path, DWORD path_len, const WCHAR *extra,
                                        DWORD extra_len, DWORD *categories, void *reserved, int *errno_ptr )
{
    TRACE( "reserved %p\n", reserved );

    return WSCGetApplicationCategory( path, path_len, extra, extra_len, categories, errno_ptr );
}

/*** changing: accepted without effect, as on stock ***/

int WINAPI WSCInstallProvider( GUID *provider_id, const WCHAR *path, WSAPROTOCOL_INFOW *list, DWORD count,
                               int *errno_ptr )
{
    int error = 0;

    if (!readable( provider_id, sizeof(*provider_id) ) || !readable_path( path ) ||
        (count && !readable( list, count * sizeof(*list) )))
        error = WSAEFAULT;
    else
        FIXME( "path %s, %lu entries: accepted without effect\n", debugstr_w( path ), count );
    return answer( error, errno_ptr );
}

int WINAPI WSCDeinstallProvider( GUID *provider_id, int *errno_ptr )
{
    int error = 0;

    if (!readable( provider_id, sizeof(*provider_id) )) error = WSAEFAULT;
    else FIXME( "%s: accepted without effect\n", debugstr_guid( provider_id ) );
    return answer( error, errno_ptr );
}

/* The next ones answer the error itself, or -1 with the last error. */

int WINAPI WSCWriteProviderOrder( DWORD *ids, DWORD count )
{
    if (!readable( ids, count * sizeof(*ids) )) return WSAEFAULT;
    FIXME( "%lu entries: accepted without effect\n", count );
    return 0;
}

int WINAPI WSCInstallNameSpace( WCHAR *identifier, WCHAR *path, DWORD name_space, DWORD version,
                                GUID *provider_id )
{
    if (!readable_path( identifier ) || !readable_path( path ) ||
        !readable( provider_id, sizeof(*provider_id) ))
    {
        WSASetLastError( WSAEFAULT );
        return SOCKET_ERROR;
    }
    FIXME( "%s in %s, name space %lu, version %lu: accepted without effect\n", debugstr_w( identifier ),
           debugstr_w( path ), name_space, version );
    return 0;
}

int WINAPI WSCInstallNameSpaceEx( WCHAR *identifier, WCHAR *path, DWORD name_space, DWORD version,
                                  GUID *provider_id, BLOB *blob )
{
    TRACE( "blob %p\n", blob );

    return WSCInstallNameSpace( identifier, path, name_space, version, provider_id );
}

static int name_space_provider_call( const char *name, GUID *provider_id )
{
    if (!readable( provider_id, sizeof(*provider_id) ))
    {
        WSASetLastError( WSAEFAULT );
        return SOCKET_ERROR;
    }
    FIXME( "%s %s: accepted without effect\n", name, debugstr_guid( provider_id ) );
    return 0;
}

int WINAPI WSCUnInstallNameSpace( GUID *provider_id )
{
    return name_space_provider_call( "uninstall", provider_id );
}

int WINAPI WSCEnableNSProvider( GUID *provider_id, BOOL enable )
{
    return name_space_provider_call( enable ? "enable" : "disable", provider_id );
}

int WINAPI WSCSetApplicationCategory( const WCHAR *path, DWORD path_len, const WCHAR *extra, DWORD extra_len,
                                      DWORD categories, DWORD *previous, int *errno_ptr )
{
    const DWORD none = 0;
    int error = 0;

    if (!path || !path_len || (!extra && extra_len)) error = WSAEINVAL;
    else if (!readable( path, path_len * sizeof(WCHAR) )) error = WSAEFAULT;
    else if (previous && !guard_write( previous, &none, sizeof(none) )) error = WSAEFAULT;
    else FIXME( "categories %#lx: accepted without effect\n", categories );
    return answer_error( error, errno_ptr );
}

int WINAPI WSCSetApplicationCategoryEx( const WCHAR *path, DWORD path_len, const WCHAR *extra,
                                        DWORD extra_len, DWORD categories, DWORD *previous, void *reserved,
                                        int *errno_ptr )
{
    TRACE( "reserved %p\n", reserved );

    return WSCSetApplicationCategory( path, path_len, extra, extra_len, categories, previous, errno_ptr );
}

/*** changing: refused ***/

/* WSANO_RECOVERY is what a caller without administrator's rights gets (MS: WSCInstallProvider). */
static int refuse( const char *name, const void *required, SIZE_T size, int *errno_ptr )
{
    FIXME( "%s: refused, the catalogue is fixed\n", name );

    return answer( readable( required, size ) ? WSANO_RECOVERY : WSAEFAULT, errno_ptr );
}

int WINAPI WSCUpdateProvider( GUID *provider_id, const WCHAR *path, WSAPROTOCOL_INFOW *list, DWORD count,
                              int *errno_ptr )
{
    TRACE( "path %p, list %p, count %lu\n", path, list, count );

    return refuse( "WSCUpdateProvider", provider_id, sizeof(*provider_id), errno_ptr );
}

int WINAPI WSCUpdateProviderEx( GUID *provider_id, const WCHAR *path, WSAPROTOCOL_INFOW *list, DWORD count,
                                DWORD catalogue, int *errno_ptr )
{
    TRACE( "path %p, list %p, count %lu, catalogue %lu\n", path, list, count, catalogue );

    return refuse( "WSCUpdateProviderEx", provider_id, sizeof(*provider_id), errno_ptr );
}

int WINAPI WSCInstallProviderEx( GUID *provider_id, const WCHAR *path, const WCHAR *path_32,
                                 WSAPROTOCOL_INFOW *list, DWORD count, DWORD catalogue, int *errno_ptr )
{
    TRACE( "path %p, path_32 %p, list %p, count %lu, catalogue %lu\n",
           path, path_32, list, count, catalogue );

    return refuse( "WSCInstallProviderEx", provider_id, sizeof(*provider_id), errno_ptr );
}

int WINAPI WSCInstallProviderAndChains( GUID *provider_id, const WCHAR *path, const WCHAR *name, DWORD flags,
                                        WSAPROTOCOL_INFOW *list, DWORD count, DWORD *id, int *errno_ptr )
{
    TRACE( "path %p, name %p, flags %#lx, list %p, count %lu, id %p\n", path, name, flags, list, count, id );

    return refuse( "WSCInstallProviderAndChains", provider_id, sizeof(*provider_id), errno_ptr );
}

int WINAPI WSCDeinstallProviderEx( GUID *provider_id, DWORD catalogue, int *errno_ptr )
{
    TRACE( "catalogue %lu\n", catalogue );

    return refuse( "WSCDeinstallProviderEx", provider_id, sizeof(*provider_id), errno_ptr );
}

int WINAPI WSCSetProviderInfo( GUID *provider_id, WSC_PROVIDER_INFO_TYPE type, BYTE *info, size_t size,
                               DWORD flags, int *errno_ptr )
{
    TRACE( "type %d, info %p, size %Iu, flags %#lx\n", type, info, size, flags );

    return refuse( "WSCSetProviderInfo", provider_id, sizeof(*provider_id), errno_ptr );
}

int WINAPI WSCWriteProviderOrderEx( DWORD *ids, DWORD count, DWORD catalogue )
{
    int error;

    TRACE( "catalogue %lu\n", catalogue );

    refuse( "WSCWriteProviderOrderEx", ids, count * sizeof(*ids), &error );
    return error;
}

int WINAPI WSCWriteNameSpaceOrder( GUID *ids, DWORD count )
{
    int error;

    refuse( "WSCWriteNameSpaceOrder", ids, count * sizeof(*ids), &error );
    WSASetLastError( error );
    return SOCKET_ERROR;
}

/* MS: tells when the catalogue changes. Ours does not while a program runs. */
int WINAPI WSAProviderConfigChange( HANDLE *handle, WSAOVERLAPPED *overlapped,
                                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    int error = enter_api();

    FIXME( "handle %p, overlapped %p, routine %p: refused\n", handle, overlapped, routine );

    if (!error) error = guard_touch( handle, sizeof(*handle) ) ? WSAEOPNOTSUPP : WSAEFAULT;
    return leave_api( error );
}

/*** the 32-bit catalogue, as a 64-bit program asks for it; it is the same ***/

#ifdef _WIN64

int WINAPI WSCGetProviderPath32( GUID *provider_id, WCHAR *path, int *len, int *errno_ptr )
{
    return WSCGetProviderPath( provider_id, path, len, errno_ptr );
}

int WINAPI WSCGetProviderInfo32( GUID *provider_id, WSC_PROVIDER_INFO_TYPE type, BYTE *info, size_t *size,
                                 DWORD flags, int *errno_ptr )
{
    return WSCGetProviderInfo( provider_id, type, info, size, flags, errno_ptr );
}

#endif
