/*
 * The catalogue, and the base provider reached as a layered provider reaches it: WSCGetProviderPath,
 * LoadLibrary, WSPStartup, the table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"
#include <mstcpip.h>
#include <ws2spi.h>

static const GUID tcpip_guid = { 0xe70f1aa0, 0xab8b, 0x11cf, { 0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1,
                                                               0x92 } };
static const GUID unknown_guid = { 0x12345678, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 10 } };

/*** the catalogue ***/

/* All entries of a listing; free with free(). */
static WSAPROTOCOL_INFOW *list_protocols( BOOL provider_side, int *filter, int *count )
{
    WSAPROTOCOL_INFOW *list;
    DWORD size = 0;
    int ret, error = 0;

    if (provider_side) ret = WSCEnumProtocols( filter, NULL, &size, &error );
    else
    {
        ret = WSAEnumProtocolsW( filter, NULL, &size );
        error = WSAGetLastError();
    }
    ok( ret == -1 && error == WSAENOBUFS, "got %d, error %d\n", ret, error );
    list = malloc( size );
    if (provider_side) *count = WSCEnumProtocols( filter, list, &size, &error );
    else *count = WSAEnumProtocolsW( filter, list, &size );
    ok( *count >= 0 && *count * sizeof(*list) <= size, "got %d entries in %lu bytes\n", *count, size );
    return list;
}

static const WSAPROTOCOL_INFOW *find_entry( const WSAPROTOCOL_INFOW *list, int count, int family, int type )
{
    int i;

    for (i = 0; i < count; i++)
        if (list[i].iAddressFamily == family && list[i].iSocketType == type &&
            list[i].ProtocolChain.ChainLen == 1)
            return &list[i];
    return NULL;
}

/* Windows 10: netsh winsock show catalog, Services\Tcpip\Parameters\Winsock */
static void test_entries( void )
{
    static const struct
    {
        int family, type, protocol, offset, len;
        DWORD services, flags, size;
    }
    tests[] =
    {
        { AF_INET, SOCK_STREAM, IPPROTO_TCP, 0, 16, 0x20066, PFL_MATCHES_PROTOCOL_ZERO, 0 },
        { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 0, 16, 0x20609, PFL_MATCHES_PROTOCOL_ZERO, 65527 },
        { AF_INET, SOCK_RAW, 0, 255, 16, 0x20609, PFL_MATCHES_PROTOCOL_ZERO | PFL_HIDDEN, 32768 },
        { AF_INET6, SOCK_STREAM, IPPROTO_TCP, 0, 28, 0x20066, PFL_MATCHES_PROTOCOL_ZERO, 0 },
        { AF_INET6, SOCK_DGRAM, IPPROTO_UDP, 0, 28, 0x20609, PFL_MATCHES_PROTOCOL_ZERO, 65527 },
        { AF_INET6, SOCK_RAW, 0, 255, 28, 0x20609, PFL_MATCHES_PROTOCOL_ZERO | PFL_HIDDEN, 32768 },
    };
    WSAPROTOCOL_INFOW *visible, *all;
    int visible_count, all_count, i, j;
    char name[256];
    DWORD size;

    visible = list_protocols( FALSE, NULL, &visible_count );
    all = list_protocols( TRUE, NULL, &all_count );
    ok( all_count > visible_count, "the provider side lists %d entries, the API %d\n", all_count,
        visible_count );

    for (i = 0; i < (int)ARRAY_SIZE( tests ); i++)
    {
        const WSAPROTOCOL_INFOW *entry = find_entry( all, all_count, tests[i].family, tests[i].type );

        winetest_push_context( "family %d, type %d", tests[i].family, tests[i].type );
        ok( !!entry, "no entry\n" );
        if (entry)
        {
            ok( entry->iProtocol == tests[i].protocol, "got protocol %d\n", entry->iProtocol );
            ok( entry->iProtocolMaxOffset == tests[i].offset, "got offset %d\n", entry->iProtocolMaxOffset );
            ok( entry->iMaxSockAddr == tests[i].len && entry->iMinSockAddr == tests[i].len,
                "got lengths %d, %d\n", entry->iMaxSockAddr, entry->iMinSockAddr );
            ok( entry->dwServiceFlags1 == tests[i].services, "got services %#lx\n", entry->dwServiceFlags1 );
            ok( entry->dwProviderFlags == tests[i].flags, "got flags %#lx\n", entry->dwProviderFlags );
            ok( entry->dwMessageSize == tests[i].size || broken( entry->dwMessageSize == 65467 ) /* XP */,
                "got message size %lu\n", entry->dwMessageSize );
            ok( entry->iVersion == 2 && entry->iNetworkByteOrder == BIGENDIAN && !entry->iSecurityScheme,
                "got version %d, byte order %d, security %d\n", entry->iVersion, entry->iNetworkByteOrder,
                entry->iSecurityScheme );
            ok( entry->dwCatalogEntryId >= 1001, "got id %lu\n", entry->dwCatalogEntryId );
            ok( !!entry->szProtocol[0], "no name\n" );
            if (tests[i].family == AF_INET)
                ok( !memcmp( &entry->ProviderId, &tcpip_guid, sizeof(tcpip_guid) ),
                    "got another provider\n" );
            entry = find_entry( visible, visible_count, tests[i].family, tests[i].type );
            ok( !entry == (tests[i].type == SOCK_RAW), "visible: %d\n", !!entry );
        }
        winetest_pop_context();
    }

    /* every visible entry is in the other list, as it is; identifiers differ from each other */
    for (i = 0; i < visible_count; i++)
    {
        for (j = 0; j < all_count; j++) if (!memcmp( &visible[i], &all[j], sizeof(*all) )) break;
        ok( j < all_count, "entry %d is not in WSCEnumProtocols\n", i );
        ok( !(visible[i].dwProviderFlags & PFL_HIDDEN), "entry %d is hidden\n", i );
    }
    for (i = 0; i < all_count; i++)
        for (j = 0; j < i; j++)
            ok( all[i].dwCatalogEntryId != all[j].dwCatalogEntryId, "two entries have id %lu\n",
                all[i].dwCatalogEntryId );

    /* the narrow listing is the same */
    {
        WSAPROTOCOL_INFOA *ansi = malloc( visible_count * sizeof(*ansi) );

        size = visible_count * sizeof(*ansi);
        ok( WSAEnumProtocolsA( NULL, ansi, &size ) == visible_count, "got another count\n" );
        for (i = 0; i < visible_count; i++)
        {
            WideCharToMultiByte( CP_ACP, 0, visible[i].szProtocol, -1, name, sizeof(name), NULL, NULL );
            ok( !memcmp( &ansi[i], &visible[i], FIELD_OFFSET( WSAPROTOCOL_INFOA, szProtocol ) ),
                "entry %d differs\n", i );
            ok( !strcmp( ansi[i].szProtocol, name ), "entry %d: got %s, expected %s\n", i,
                ansi[i].szProtocol, name );
        }
        free( ansi );
    }
    free( visible );
    free( all );
}

/* MS: WSAEnumProtocols and WSCEnumProtocols; T:test_WSAEnumProtocolsA/W. */
static void test_listing_sizes( void )
{
    int tcp[] = { IPPROTO_TCP, 0 }, none[] = { 0xdead, 0 }, empty[] = { 0 }, mixed[] = { 0xdead, IPPROTO_UDP,
                                                                                         0 };
    WSAPROTOCOL_INFOW *list = (WSAPROTOCOL_INFOW *)malloc( 100 * sizeof(*list) );
    DWORD size, needed = 0;
    int count, ret, i, error;

    expect_error( WSAEnumProtocolsW( NULL, NULL, &needed ), WSAENOBUFS );
    ok( needed && !(needed % sizeof(*list)), "got %lu bytes\n", needed );

    size = needed - 1;
    expect_error( WSAEnumProtocolsW( NULL, list, &size ), WSAENOBUFS );
    ok( size == needed, "got %lu bytes\n", size );
    size = needed;
    WSASetLastError( 0xdeadbeef );
    count = WSAEnumProtocolsW( NULL, list, &size );
    ok( count == (int)(needed / sizeof(*list)), "got %d\n", count );
    ok( !WSAGetLastError(), "error left at %d\n", WSAGetLastError() );
    size = needed + 100;
    ok( WSAEnumProtocolsW( NULL, list, &size ) == count, "got another count\n" );
    size = 0x7fffffff;
    expect_error( WSAEnumProtocolsW( NULL, NULL, &size ), WSAENOBUFS );
    ok( size == needed, "got %lu bytes\n", size );

    size = 100 * sizeof(*list);
    ret = WSAEnumProtocolsW( tcp, list, &size );
    ok( ret > 0, "got %d\n", ret );
    for (i = 0; i < ret; i++) ok( list[i].iProtocol == IPPROTO_TCP, "got protocol %d\n", list[i].iProtocol );
    ret = WSAEnumProtocolsW( mixed, list, &size );
    ok( ret > 0, "got %d\n", ret );
    for (i = 0; i < ret; i++) ok( list[i].iProtocol == IPPROTO_UDP, "got protocol %d\n", list[i].iProtocol );
    ret = WSAEnumProtocolsW( none, list, &size );
    ok( !ret, "got %d\n", ret );
    ret = WSAEnumProtocolsW( empty, list, &size );
    ok( !ret, "got %d\n", ret );

    expect_error( WSAEnumProtocolsW( NULL, list, NULL ), WSAEFAULT );
    expect_error( WSAEnumProtocolsW( NULL, list, bad_pointer() ), WSAEFAULT );
    expect_error( WSAEnumProtocolsW( bad_pointer(), list, &size ), WSAEFAULT );
    size = needed;
    expect_error( WSAEnumProtocolsW( NULL, bad_pointer(), &size ), WSAEFAULT );
    expect_error( WSAEnumProtocolsW( NULL, (void *)memory_before_nothing( needed - 1 ), &size ), WSAEFAULT );
    size = needed - 1;
    expect_error( WSAEnumProtocolsA( bad_pointer(), (void *)list, &size ), WSAEFAULT );
    size = 0;
    expect_error( WSAEnumProtocolsA( NULL, NULL, &size ), WSAENOBUFS );
    ok( size == count * sizeof(WSAPROTOCOL_INFOA), "got %lu bytes\n", size );

    size = 0;
    error = 0;
    ret = WSCEnumProtocols( NULL, NULL, &size, &error );
    ok( ret == -1 && error == WSAENOBUFS, "got %d, error %d\n", ret, error );
    ok( size > needed && !(size % sizeof(*list)), "got %lu bytes\n", size );
    error = 0;
    ret = WSCEnumProtocols( NULL, NULL, NULL, &error );
    ok( ret == -1 && error == WSAEFAULT, "got %d, error %d\n", ret, error );
    ret = WSCEnumProtocols( NULL, bad_pointer(), &size, &error );
    ok( ret == -1 && error == WSAEFAULT, "got %d, error %d\n", ret, error );
    free( list );
}

/* A socket's own description is its catalogue entry. T:test_WSASocket. */
static void test_socket_info( void )
{
    static const struct { int family, type, protocol; } tests[] =
    {
        { AF_INET, SOCK_STREAM, IPPROTO_TCP },
        { AF_INET, SOCK_DGRAM, IPPROTO_UDP },
        { AF_INET6, SOCK_STREAM, IPPROTO_TCP },
        { AF_INET6, SOCK_DGRAM, IPPROTO_UDP },
    };
    WSAPROTOCOL_INFOW info, *list;
    int i, j, count, len, ret;
    SOCKET s;

    list = list_protocols( FALSE, NULL, &count );
    for (i = 0; i < (int)ARRAY_SIZE( tests ); i++)
    {
        winetest_push_context( "family %d, type %d", tests[i].family, tests[i].type );
        s = socket( tests[i].family, tests[i].type, tests[i].protocol );
        if (s == INVALID_SOCKET)
        {
            skip( "no socket, error %d\n", WSAGetLastError() );
            winetest_pop_context();
            continue;
        }
        len = sizeof(info);
        ret = getsockopt( s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len );
        ok( !ret && len == sizeof(info), "got %d, length %d, error %d\n", ret, len, WSAGetLastError() );
        for (j = 0; j < count; j++) if (!memcmp( &list[j], &info, sizeof(info) )) break;
        ok( j < count, "the socket's entry is none of the catalogue's\n" );
        closesocket( s );

        /* MS: WSASocket: an entry makes a socket */
        s = WSASocketW( FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0 );
        ok( s != INVALID_SOCKET, "failed to create from the entry, error %d\n", WSAGetLastError() );
        closesocket( s );
        winetest_pop_context();
    }
    free( list );
}

/*** WSC ***/

/* T:test_WSCGetProviderPath; MS: WSCGetProviderPath. */
static void test_provider_path( WCHAR *expanded )
{
    GUID tcpip = tcpip_guid, unknown = unknown_guid;
    WCHAR path[MAX_PATH];
    int len, error, ret, needed;

    len = MAX_PATH;
    error = 0;
    ret = WSCGetProviderPath( &tcpip, path, &len, &error );
    ok( !ret, "got %d, error %d\n", ret, error );
    ok( path[0] == '%', "path is expanded\n" );
    needed = lstrlenW( path ) + 1;
    ExpandEnvironmentStringsW( path, expanded, MAX_PATH );

    len = needed;
    ret = WSCGetProviderPath( &tcpip, path, &len, &error );
    ok( !ret, "got %d, error %d\n", ret, error );
    error = 0;
    len = needed - 1;
    ret = WSCGetProviderPath( &tcpip, path, &len, &error );
    ok( ret == -1 && error == WSAEFAULT, "got %d, error %d\n", ret, error );
    error = 0;
    len = MAX_PATH;
    ret = WSCGetProviderPath( &unknown, path, &len, &error );
    ok( ret == -1 && error == WSAEINVAL, "got %d, error %d\n", ret, error );
    ok( len == MAX_PATH, "got length %d\n", len );
    error = 0;
    len = 0;
    ret = WSCGetProviderPath( &tcpip, path, &len, &error );
    ok( ret == -1 && (error == WSAEINVAL || error == WSAEFAULT), "got %d, error %d\n", ret, error );
    error = 0;
    len = MAX_PATH;
    ret = WSCGetProviderPath( NULL, path, &len, &error );
    ok( ret == -1 && error == WSAEFAULT, "got %d, error %d\n", ret, error );
    error = 0;
    ret = WSCGetProviderPath( &tcpip, path, NULL, &error );
    ok( ret == -1 && error == WSAEFAULT, "got %d, error %d\n", ret, error );
    error = 0;
    ret = WSCGetProviderPath( bad_pointer(), path, &len, &error );
    ok( ret == -1 && error == WSAEFAULT, "got %d, error %d\n", ret, error );
    error = 0;
    ret = WSCGetProviderPath( &tcpip, bad_pointer(), &len, &error );
    ok( ret == -1 && error == WSAEFAULT, "got %d, error %d\n", ret, error );
    ret = WSCGetProviderPath( &unknown, path, &len, NULL );
    ok( ret == -1, "got %d\n", ret );
}

/*** the base provider ***/

/* Upcalls as a layered provider would pass them on; sockets are the system's own handles. */
static BOOL WINAPI upcall_close_event( WSAEVENT event, INT *error )
{
    *error = 0;
    return CloseHandle( event );
}
static int WINAPI upcall_close_socket( SOCKET s, INT *error )
{
    *error = s ? 0 : WSAENOTSOCK;
    return s ? 0 : SOCKET_ERROR;
}
static WSAEVENT WINAPI upcall_create_event( INT *error )
{
    *error = 0;
    return CreateEventW( NULL, TRUE, FALSE, NULL );
}
static SOCKET WINAPI upcall_create_socket( DWORD entry, DWORD_PTR context, INT *error )
{
    *error = entry && context ? WSAEOPNOTSUPP : WSAEINVAL;
    return INVALID_SOCKET;
}
static int WINAPI upcall_is_set( SOCKET s, fd_set *set )
{
    return __WSAFDIsSet( s, set );
}
static SOCKET WINAPI upcall_modify_handle( DWORD entry, SOCKET s, INT *error )
{
    *error = entry ? 0 : WSAEINVAL;
    return s;
}
static BOOL WINAPI upcall_post( HWND window, UINT message, WPARAM wparam, LPARAM lparam )
{
    return PostMessageW( window, message, wparam, lparam );
}
static int WINAPI upcall_blocking( DWORD entry, LPBLOCKINGCALLBACK *callback, DWORD_PTR *context,
                                   INT *error )
{
    *callback = NULL;
    *context = 0;
    *error = entry ? 0 : WSAEINVAL;
    return 0;
}
static int WINAPI upcall_reset( WSAEVENT event, INT *error )
{
    *error = 0;
    return ResetEvent( event );
}
static int WINAPI upcall_set( WSAEVENT event, INT *error )
{
    *error = 0;
    return SetEvent( event );
}

static const WSPUPCALLTABLE upcalls =
{
    .lpWPUCloseEvent = upcall_close_event,
    .lpWPUCloseSocketHandle = upcall_close_socket,
    .lpWPUCreateEvent = upcall_create_event,
    .lpWPUCreateSocketHandle = upcall_create_socket,
    .lpWPUFDIsSet = upcall_is_set,
    .lpWPUModifyIFSHandle = upcall_modify_handle,
    .lpWPUPostMessage = upcall_post,
    .lpWPUQueryBlockingCallback = upcall_blocking,
    .lpWPUResetEvent = upcall_reset,
    .lpWPUSetEvent = upcall_set,
};

typedef int (WINAPI *startup_function)( WORD, WSPDATA *, WSAPROTOCOL_INFOW *, WSPUPCALLTABLE,
                                        WSPPROC_TABLE * );

/* The call fails and puts this error into "error". */
#define expect_wsp( call, expected ) \
    do { \
        int wsp_ret_; \
        error = 0xdead; \
        WSASetLastError( 0xbeef ); \
        wsp_ret_ = (int)(call); \
        ok( wsp_ret_ == -1, "%s: got %d, expected failure\n", #call, wsp_ret_ ); \
        ok( error == (expected), "%s: got error %d, expected %s\n", #call, error, #expected ); \
    } while (0)

#define expect_wsp_ok( call ) \
    do { \
        int wsp_ret_; \
        error = 0xdead; \
        wsp_ret_ = (int)(call); \
        ok( !wsp_ret_, "%s: got %d, error %d\n", #call, wsp_ret_, error ); \
    } while (0)

/* MS: WSPStartup, WSPIoctl and the pages of the WSP functions. */
static void test_provider( const WCHAR *path )
{
    int error, len, count, ret, value, i;
    WSAPROTOCOL_INFOW *list, info;
    struct tcp_keepalive keepalive = { 1, 5000, 1000 };
    struct sockaddr_in addr, peer;
    SOCKET s, client, accepted;
    startup_function start;
    OVERLAPPED overlapped = { 0 };
    void **pointers;
    WSPPROC_TABLE table;
    struct timeval timeout = { PATIENCE / 1000, 0 };
    WSABUF buffer;
    fd_set set;
    DWORD size, flags, address_len;
    WSPDATA data;
    HMODULE module;
    WCHAR text[64];
    char byte;

    module = LoadLibraryW( path );
    ok( !!module, "failed to load %s, error %lu\n", wine_dbgstr_w( path ), GetLastError() );
    start = (startup_function)(void *)GetProcAddress( module, "WSPStartup" );
    ok( !!start, "the provider does not export WSPStartup\n" );
    if (!start) return;

    list = list_protocols( TRUE, NULL, &count );
    info = *find_entry( list, count, AF_INET, SOCK_STREAM );
    free( list );

    /* the error is the answer */
    ret = start( MAKEWORD( 2, 2 ), NULL, &info, upcalls, &table );
    ok( ret == WSAEFAULT, "got %d\n", ret );
    ret = start( MAKEWORD( 2, 2 ), &data, &info, upcalls, NULL );
    ok( ret == WSAEFAULT, "got %d\n", ret );
    ret = start( MAKEWORD( 2, 2 ), bad_pointer(), &info, upcalls, &table );
    ok( ret == WSAEFAULT, "got %d\n", ret );
    ret = start( MAKEWORD( 2, 2 ), &data, &info, upcalls, bad_pointer() );
    ok( ret == WSAEFAULT, "got %d\n", ret );
    ret = start( MAKEWORD( 1, 1 ), &data, &info, upcalls, &table );
    ok( ret == WSAVERNOTSUPPORTED, "got %d\n", ret );

    memset( &table, 0, sizeof(table) );
    memset( &data, 0xcc, sizeof(data) );
    ret = start( MAKEWORD( 2, 2 ), &data, &info, upcalls, &table );
    ok( !ret, "got %d\n", ret );
    ok( data.wVersion == MAKEWORD( 2, 2 ), "got version %#x\n", data.wVersion );
    ok( data.wHighVersion == MAKEWORD( 2, 2 ), "got highest version %#x\n", data.wHighVersion );
    pointers = (void **)&table;
    for (i = 0; i < (int)(sizeof(table) / sizeof(*pointers)); i++)
        ok( !!pointers[i], "function %d is missing\n", i );

    error = 0;
    s = table.lpWSPSocket( AF_INET, SOCK_STREAM, IPPROTO_TCP, &info, 0, WSA_FLAG_OVERLAPPED, &error );
    ok( s != INVALID_SOCKET, "got error %d\n", error );

    /* the same socket is good for the API: no layer changes the handle */
    addr = loopback_address( 0 );
    expect_wsp_ok( table.lpWSPBind( s, (struct sockaddr *)&addr, sizeof(addr), &error ) );
    len = sizeof(addr);
    expect_wsp_ok( table.lpWSPGetSockName( s, (struct sockaddr *)&addr, &len, &error ) );
    ok( addr.sin_port && len == sizeof(addr), "got port %u, length %d\n", addr.sin_port, len );
    len = sizeof(peer);
    expect_success( getsockname( s, (struct sockaddr *)&peer, &len ) );
    ok( same_address( &addr, &peer ), "names differ\n" );

    expect_wsp( table.lpWSPAccept( s, NULL, NULL, NULL, 0, &error ), WSAEINVAL );
    expect_wsp_ok( table.lpWSPListen( s, 1, &error ) );
    client = socket( AF_INET, SOCK_STREAM, 0 );
    expect_wsp_ok( table.lpWSPConnect( client, (struct sockaddr *)&addr, sizeof(addr), NULL, NULL, NULL,
                                       NULL, &error ) );
    error = 0;
    accepted = table.lpWSPAccept( s, NULL, NULL, NULL, 0, &error );
    ok( accepted != INVALID_SOCKET, "got error %d\n", error );

    buffer.buf = (char *)"x";
    buffer.len = 1;
    size = 0;
    expect_wsp_ok( table.lpWSPSend( client, &buffer, 1, &size, 0, NULL, NULL, NULL, &error ) );
    ok( size == 1, "got %lu bytes\n", size );
    FD_ZERO( &set );
    FD_SET( accepted, &set );
    error = 0;
    ret = table.lpWSPSelect( 0, &set, NULL, NULL, &timeout, &error );
    ok( ret == 1, "got %d, error %d\n", ret, error );
    buffer.buf = &byte;
    size = flags = 0;
    expect_wsp_ok( table.lpWSPRecv( accepted, &buffer, 1, &size, &flags, NULL, NULL, NULL, &error ) );
    ok( size == 1 && byte == 'x', "got %lu bytes, %c\n", size, byte );

    /* WSPIoctl, with SIO_KEEPALIVE_VALS as its reference documents it */
    size = 0xdead;
    expect_wsp_ok( table.lpWSPIoctl( client, SIO_KEEPALIVE_VALS, &keepalive, sizeof(keepalive), NULL, 0,
                                     &size, NULL, NULL, NULL, &error ) );
    ok( !size, "got %lu bytes\n", size );
    len = sizeof(value);
    value = 0;
    expect_wsp_ok( table.lpWSPGetSockOpt( client, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &len, &error ) );
    ok( value == 1, "got %d\n", value );
    expect_wsp( table.lpWSPIoctl( client, SIO_KEEPALIVE_VALS, &keepalive, 0, NULL, 0, &size, NULL, NULL,
                                  NULL, &error ), WSAEFAULT );
    expect_wsp( table.lpWSPIoctl( client, SIO_KEEPALIVE_VALS, &keepalive, sizeof(keepalive), NULL, 0, NULL,
                                  NULL, NULL, NULL, &error ), WSAEFAULT );
    expect_wsp( table.lpWSPIoctl( client, SIO_KEEPALIVE_VALS, bad_pointer(), sizeof(keepalive), NULL, 0,
                                  &size, NULL, NULL, NULL, &error ), WSAEFAULT );
    expect_wsp( table.lpWSPIoctl( client, 0xdeadbeef, NULL, 0, NULL, 0, &size, NULL, NULL, NULL, &error ),
                WSAEOPNOTSUPP );
    expect_wsp( table.lpWSPIoctl( (SOCKET)0x1230, SIO_KEEPALIVE_VALS, &keepalive, sizeof(keepalive), NULL, 0,
                                  &size, NULL, NULL, NULL, &error ), WSAENOTSOCK );

    value = 0;
    expect_wsp_ok( table.lpWSPSetSockOpt( client, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, sizeof(value),
                                          &error ) );
    expect_wsp( table.lpWSPSetSockOpt( client, SOL_SOCKET, SO_KEEPALIVE, NULL, sizeof(value), &error ),
                WSAEFAULT );
    expect_wsp( table.lpWSPGetPeerName( s, (struct sockaddr *)&peer, &len, &error ), WSAENOTCONN );

    /* an operation that pends, and its result */
    overlapped.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    flags = 0;
    expect_wsp( table.lpWSPRecv( accepted, &buffer, 1, NULL, &flags, &overlapped, NULL, NULL, &error ),
                WSA_IO_PENDING );
    ok( send( client, "y", 1, 0 ) == 1, "failed to send, error %d\n", WSAGetLastError() );
    size = 0;
    ret = table.lpWSPGetOverlappedResult( accepted, &overlapped, &size, TRUE, &flags, &error );
    ok( ret && size == 1 && byte == 'y', "got %d, %lu bytes, error %d\n", ret, size, error );
    CloseHandle( overlapped.hEvent );

    address_len = ARRAY_SIZE( text );
    addr.sin_port = htons( 80 );
    expect_wsp_ok( table.lpWSPAddressToString( (struct sockaddr *)&addr, sizeof(addr), NULL, text,
                                               &address_len, &error ) );
    ok( !wcscmp( text, L"127.0.0.1:80" ), "got %s\n", wine_dbgstr_w( text ) );
    len = sizeof(peer);
    memset( &peer, 0, sizeof(peer) );
    expect_wsp_ok( table.lpWSPStringToAddress( text, AF_INET, NULL, (struct sockaddr *)&peer, &len,
                                               &error ) );
    ok( peer.sin_port == htons( 80 ) && peer.sin_addr.s_addr == addr.sin_addr.s_addr,
        "got another address\n" );

    expect_wsp_ok( table.lpWSPShutdown( client, SD_BOTH, &error ) );
    expect_wsp_ok( table.lpWSPCloseSocket( client, &error ) );
    expect_wsp( table.lpWSPCloseSocket( client, &error ), WSAENOTSOCK );
    expect_success( closesocket( accepted ) );

    /* MS: WSPCleanup: as often as WSPStartup; what the program itself holds stays */
    ret = start( MAKEWORD( 2, 2 ), &data, &info, upcalls, &table );
    ok( !ret, "got %d\n", ret );
    expect_wsp_ok( table.lpWSPCleanup( &error ) );
    expect_wsp_ok( table.lpWSPCleanup( &error ) );
    len = sizeof(addr);
    expect_success( getsockname( s, (struct sockaddr *)&addr, &len ) );
    expect_success( closesocket( s ) );
    FreeLibrary( module );
}

START_TEST( provider )
{
    WCHAR path[MAX_PATH];

    start_sockets();
    test_entries();
    test_listing_sizes();
    test_socket_info();
    test_provider_path( path );
    test_provider( path );
    stop_sockets();
}
