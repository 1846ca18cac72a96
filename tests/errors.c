/*
 * The vocabularies of failure: NTSTATUS to Winsock error and back, one completion seen three ways, and which
 * error wins when a socket cannot be made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"
#include <wsipx.h>

static ULONG (WINAPI *pRtlNtStatusToDosErrorNoTeb)( LONG );
static int (WINAPI *pWPUCompleteOverlappedRequest)( SOCKET, WSAOVERLAPPED *, DWORD, DWORD, int * );

/* Reference 3.1: the statuses of each error, the one that stands for it in the other direction first. */
static const struct
{
    int error;
    DWORD statuses[11];
}
table[] =
{
    { WSA_IO_INCOMPLETE, { 0x103, 0x800703e4, 0xc00103e4, 0xc00703e4 } },
    { WSA_OPERATION_ABORTED, { 0xc0000120 } },
    { WSAEINTR, { 0xc0000240 } },
    { WSAEACCES, { 0xc0000022 } },
    { WSAEFAULT, { 0xc0000005, 0xc0000023, 0xc00002c5 } },
    { WSAEWOULDBLOCK, { 0xc00000a3, 0xc00000d0 } },
    { WSAENOTSOCK, { 0xc0000008, 0xc0000024 } },
    { WSAEMSGSIZE, { 0x80000005, 0xc0000206 } },
    { WSAEOPNOTSUPP, { 0xc00000bb, 0xc0000002 } },
    { WSAEADDRINUSE, { 0xc0000043, 0xc000020a } },
    { WSAEADDRNOTAVAIL, { 0xc0000207, 0xc0000141 } },
    { WSAENETDOWN, { 0xc00000bf, 0xc000000e, 0xc000000f, 0xc0000034, 0xc000003a, 0xc00000c3, 0xc00000c4 } },
    { WSAENETUNREACH, { 0xc000023c, 0xc00000be, 0xc000023e } },
    { WSAECONNABORTED, { 0xc0000241, 0xc000013b, 0xc000020f } },
    { WSAECONNRESET, { 0xc000020d, 0xc000013c, 0xc000013e, 0xc000020c, 0xc000023f } },
    { WSAENOBUFS, { 0xc000009a, 0xc0000007, 0xc0000017, 0xc0000018, 0xc0000044, 0xc0000097, 0xc00000a1,
                    0xc000012d, 0xc000013d, 0xc0000209 } },
    { WSAEISCONN, { 0xc000023b } },
    { WSAENOTCONN, { 0xc0000140 } },
    { WSAESHUTDOWN, { 0xc00000b0 } },
    { WSAETIMEDOUT, { 0xc00000b5, 0xc000013f } },
    { WSAECONNREFUSED, { 0xc0000236, 0xc00000bc } },
    { WSAEHOSTDOWN, { 0xc0000350 } },
    { WSAEHOSTUNREACH, { 0xc000023d } },
    { WSAEDISCON, { 0xc0000237 } },
    { WSAEINVAL, { 0xc000000d, 0xc000011f } },
};

static int expected_error( DWORD status )
{
    unsigned int i, j;

    if (!status) return 0;
    for (i = 0; i < ARRAY_SIZE( table ); i++)
        for (j = 0; j < ARRAY_SIZE( table[i].statuses ) && table[i].statuses[j]; j++)
            if (table[i].statuses[j] == status) return table[i].error;
    return (LONG)status < 0 ? WSAEINVAL : pRtlNtStatusToDosErrorNoTeb( status );
}

/* T:test_WSAGetOverlappedResult: all that was tried on Windows. A success leaves its error from Windows 10
 * 1809 on, and none before. */
static void test_status_to_error( void )
{
    static const DWORD ranges[][2] =
    {
        { 0, 0xffff },
        { 0x40000000, 0x40000fff },
        { 0x80000000, 0x80000fff },
        { 0x80070000, 0x8007ffff },
        { 0xc0000000, 0xc0000fff },
        { 0xc00103e4, 0xc00103e4 },
        { 0xc0070000, 0xc007ffff },
        { 0xd0000000, 0xd0000fff },
        { 0xd0070000, 0xd007ffff },
    };
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    unsigned int i, wrong = 0;
    OVERLAPPED overlapped = { 0 };
    DWORD offset, flags, count;

    for (i = 0; i < ARRAY_SIZE( ranges ); i++)
    {
        for (offset = 0; offset <= ranges[i][1] - ranges[i][0]; offset++)
        {
            DWORD status = ranges[i][0] + offset;
            BOOL success = (LONG)status >= 0 && status != 0x103, ret;
            int expected = expected_error( status ), error;

            overlapped.Internal = status;
            overlapped.InternalHigh = 0xabacab;
            count = 0xdeadbeef;
            WSASetLastError( 0xdeadbeef );
            ret = WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags );
            error = WSAGetLastError();
            if (ret == success && (error == expected || (ret && !error)) &&
                (!success || count == 0xabacab)) continue;
            if (wrong++ < 10)
                ok( 0, "status %#lx: got %d, error %d, expected %d, %d\n", status, ret, error, success,
                    expected );
        }
        ok( !wrong, "range %u: %u statuses are wrong\n", i, wrong );
    }
    for (i = 0; i < ARRAY_SIZE( table ); i++) note_failure( "WSAGetOverlappedResult", table[i].error );
    closesocket( s );
}

/* The other direction, reference 3.1: a provider reports an error, the program gets it back from
 * WSAGetOverlappedResult, the port has the status as Win32 error (MS: WPUCompleteOverlappedRequest). */
static void test_error_to_status( void )
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, 0 );
    OVERLAPPED overlapped, *dequeued;
    DWORD count, flags, error;
    unsigned int i;
    ULONG_PTR key;
    HANDLE port;
    BOOL ret;
    int code;

    pWPUCompleteOverlappedRequest = (void *)GetProcAddress( GetModuleHandleA( "ws2_32.dll" ),
                                                            "WPUCompleteOverlappedRequest" );
    port = CreateIoCompletionPort( (HANDLE)s, NULL, 0x33, 0 );
    for (i = 0; i < ARRAY_SIZE( table ); i++)
    {
        if (table[i].error == WSA_IO_INCOMPLETE) continue;      /* nobody completes with that */
        winetest_push_context( "error %d", table[i].error );
        memset( &overlapped, 0, sizeof(overlapped) );
        code = 0xdead;
        if (pWPUCompleteOverlappedRequest( s, &overlapped, table[i].error, 0, &code ) || code)
        {
            ok( 0, "got error %d\n", code );
            winetest_pop_context();
            continue;
        }
        ok( (DWORD)overlapped.Internal == table[i].statuses[0], "got status %#lx\n",
            (DWORD)overlapped.Internal );
        dequeued = NULL;
        SetLastError( 0xdeadbeef );
        ret = GetQueuedCompletionStatus( port, &count, &key, &dequeued, PATIENCE );
        error = GetLastError();
        ok( !ret && dequeued == &overlapped && key == 0x33, "got %d, %p\n", ret, dequeued );
        ok( error == pRtlNtStatusToDosErrorNoTeb( table[i].statuses[0] ), "got error %lu\n", error );
        SetLastError( 0xdeadbeef );
        ok( !GetOverlappedResult( (HANDLE)s, &overlapped, &count, FALSE ), "expected failure\n" );
        ok( GetLastError() == error, "got error %lu\n", GetLastError() );
        WSASetLastError( 0xdeadbeef );
        ok( !WSAGetOverlappedResult( s, &overlapped, &count, FALSE, &flags ), "expected failure\n" );
        ok( WSAGetLastError() == table[i].error, "got error %d\n", WSAGetLastError() );
        winetest_pop_context();
    }
    CloseHandle( port );
    closesocket( s );
}

/* Reference 3.1: the completion routine gets the Winsock error. */
static void test_routine( void )
{
    SOCKET src, dst;
    OVERLAPPED overlapped = { 0 };
    DWORD count, flags = 0;
    char data[8];
    WSABUF buffer = { sizeof(data), data };

    tcp_socketpair( &src, &dst );
    expect_error( WSARecv( dst, &buffer, 1, &count, &flags, &overlapped, note_routine ), WSA_IO_PENDING );
    close_with_rst( src );
    check_routine( 1, WSAECONNRESET, 0, &overlapped );
    closesocket( dst );
}

/* Reference 3.4, T:test_WSASocket, for both families; socket() and both forms of WSASocket. */
static void test_matrix( void )
{
    static const int families[] = { AF_INET, AF_INET6 };
    enum { THE_FAMILY = 0x1000, ANY_FAMILY };
    static const struct
    {
        int family, type, protocol, error;
        int got_family, got_type, got_protocol;
    }
    rows[] =
    {
        { 0xdead, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT },
        { -1, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT },
        { THE_FAMILY, 0xdead, IPPROTO_TCP, WSAESOCKTNOSUPPORT },
        { THE_FAMILY, -1, IPPROTO_TCP, WSAESOCKTNOSUPPORT },
        { THE_FAMILY, 0xdead, IPPROTO_UDP, WSAESOCKTNOSUPPORT },
        { THE_FAMILY, 0xdead, 0, WSAESOCKTNOSUPPORT },
        { 0xdead, 0xdead, IPPROTO_TCP, WSAESOCKTNOSUPPORT },
        { 0xdead, -1, 0, WSAESOCKTNOSUPPORT },
        { 0xdead, SOCK_STREAM, 0xdead, WSAEAFNOSUPPORT },
        { THE_FAMILY, SOCK_STREAM, 0xdead, WSAEPROTONOSUPPORT },
        { THE_FAMILY, SOCK_STREAM, -1, WSAEPROTONOSUPPORT },
        { THE_FAMILY, SOCK_STREAM, IPPROTO_UDP, WSAEPROTONOSUPPORT },
        { THE_FAMILY, SOCK_DGRAM, IPPROTO_TCP, WSAEPROTONOSUPPORT },
        { THE_FAMILY, 0, 0xdead, WSAEPROTONOSUPPORT },
        { AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, 0, ANY_FAMILY, SOCK_STREAM, IPPROTO_TCP },
        { AF_UNSPEC, 0, IPPROTO_TCP, 0, ANY_FAMILY, SOCK_STREAM, IPPROTO_TCP },
        { AF_UNSPEC, 0, IPPROTO_UDP, 0, ANY_FAMILY, SOCK_DGRAM, IPPROTO_UDP },
        { AF_UNSPEC, SOCK_STREAM, 0xdead, WSAEPROTONOSUPPORT },
        { AF_UNSPEC, 0, 0xdead, WSAEPROTONOSUPPORT },
        { AF_UNSPEC, 0xdead, IPPROTO_UDP, WSAESOCKTNOSUPPORT },
        { AF_UNSPEC, SOCK_STREAM, 0, WSAEINVAL },
        { AF_UNSPEC, SOCK_DGRAM, 0, WSAEINVAL },
        { AF_UNSPEC, 0xdead, 0, WSAEINVAL },
        { AF_UNSPEC, 0, 0, WSAEINVAL },
        { THE_FAMILY, 0, 0, 0, THE_FAMILY, SOCK_STREAM, IPPROTO_TCP },
        { THE_FAMILY, 0, IPPROTO_UDP, 0, THE_FAMILY, SOCK_DGRAM, IPPROTO_UDP },
        { THE_FAMILY, SOCK_STREAM, 0, 0, THE_FAMILY, SOCK_STREAM, IPPROTO_TCP },
        { THE_FAMILY, SOCK_DGRAM, 0, 0, THE_FAMILY, SOCK_DGRAM, IPPROTO_UDP },
        { THE_FAMILY, SOCK_STREAM, IPPROTO_TCP, 0, THE_FAMILY, SOCK_STREAM, IPPROTO_TCP },
        { THE_FAMILY, SOCK_DGRAM, IPPROTO_UDP, 0, THE_FAMILY, SOCK_DGRAM, IPPROTO_UDP },
        { AF_IPX, SOCK_DGRAM, NSPROTO_IPX, WSAEAFNOSUPPORT },
    };
    static const char *const functions[] = { "socket", "WSASocketA", "WSASocketW" };
    unsigned int i, j, k;

    for (k = 0; k < ARRAY_SIZE( families ); k++)
    {
        if (families[k] == AF_INET6 && !have_ipv6())
        {
            skip( "no IPv6\n" );
            continue;
        }
        for (i = 0; i < ARRAY_SIZE( rows ); i++)
        {
            int family = rows[i].family == THE_FAMILY ? families[k] : rows[i].family;
            int got_family = rows[i].got_family == THE_FAMILY ? families[k] : rows[i].got_family;

            for (j = 0; j < ARRAY_SIZE( functions ); j++)
            {
                WSAPROTOCOL_INFOW info;
                int len = sizeof(info), error;
                SOCKET s;

                winetest_push_context( "%s( %d, %d, %d )", functions[j], family, rows[i].type,
                                       rows[i].protocol );
                WSASetLastError( 0xdeadbeef );
                if (!j) s = socket( family, rows[i].type, rows[i].protocol );
                else if (j == 1) s = WSASocketA( family, rows[i].type, rows[i].protocol, NULL, 0, 0 );
                else s = WSASocketW( family, rows[i].type, rows[i].protocol, NULL, 0, 0 );
                error = WSAGetLastError();
                /* some machine may have IPX */
                ok( error == rows[i].error || broken( family == AF_IPX && !error ), "got error %d\n",
                    error );
                ok( (s == INVALID_SOCKET) == !!error, "got socket %p\n", (void *)s );
                if (s == INVALID_SOCKET) note_failure( functions[j], error );
                else if (!rows[i].error)
                {
                    expect_success( getsockopt( s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len ));
                    /* AF_UNSPEC is AF_INET, on Windows 11 AF_INET6 */
                    ok( info.iAddressFamily == got_family || (got_family == ANY_FAMILY &&
                        (info.iAddressFamily == AF_INET || info.iAddressFamily == AF_INET6)),
                        "got family %d\n", info.iAddressFamily );
                    ok( info.iSocketType == rows[i].got_type, "got type %d\n", info.iSocketType );
                    ok( info.iProtocol == rows[i].got_protocol, "got protocol %d\n", info.iProtocol );
                }
                if (s != INVALID_SOCKET) closesocket( s );
                winetest_pop_context();
            }
        }
    }
}

/* The rest of reference 3.4: what depends on the catalogue, on privilege, on the protocol information. */
static void test_matrix_context( void )
{
    WSAPROTOCOL_INFOW list[32], *first = NULL;
    WSAPROTOCOL_INFOA info_a;
    DWORD size = sizeof(list);
    int i, count, len;
    SOCKET s;

    count = WSAEnumProtocolsW( NULL, list, &size );
    ok( count > 0, "got %d, error %d\n", count, WSAGetLastError() );
    for (i = 0; i < count && !first; i++)
        if (list[i].iAddressFamily == AF_INET && (list[i].dwProviderFlags & PFL_MATCHES_PROTOCOL_ZERO))
            first = &list[i];
    ok( first != NULL, "no such entry\n" );
    s = socket( AF_INET, 0, 0 );
    size = sizeof(info_a);
    len = sizeof(info_a);
    expect_success( getsockopt( s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&info_a, &len ));
    ok( info_a.dwCatalogEntryId == first->dwCatalogEntryId, "got entry %lu\n", info_a.dwCatalogEntryId );
    closesocket( s );

    /* plain parameters win over what the information says; no family is none */
    for (i = 0; i < count; i++)
    {
        WSAPROTOCOL_INFOW info = list[i];
        int other = info.iProtocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;

        if (info.iAddressFamily != AF_INET && (info.iAddressFamily != AF_INET6 || !have_ipv6())) continue;
        if (info.iSocketType == SOCK_RAW) continue;
        winetest_push_context( "entry %d", i );
        info.iAddressFamily = 0;
        expect_error( WSASocketW( 0, 0, other, &info, 0, 0 ), WSAEAFNOSUPPORT );
        info.iAddressFamily = FROM_PROTOCOL_INFO;
        expect_error( WSASocketW( FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0 ),
                      WSAEAFNOSUPPORT );
        winetest_pop_context();
    }

    /* who may make raw sockets is the system's affair; who may not gets this */
    s = socket( AF_INET, SOCK_RAW, IPPROTO_ICMP );
    if (s == INVALID_SOCKET)
    {
        ok( WSAGetLastError() == WSAEACCES, "got error %d\n", WSAGetLastError() );
        note_failure( "socket", WSAGetLastError() );
    }
    else closesocket( s );
    s = WSASocketW( AF_INET, SOCK_RAW, IPPROTO_ICMP, NULL, 0, 0 );
    if (s == INVALID_SOCKET) ok( WSAGetLastError() == WSAEACCES, "got error %d\n", WSAGetLastError() );
    else closesocket( s );

    expect_error( WSASocketW( FROM_PROTOCOL_INFO, 0, 0, bad_pointer(), 0, 0 ), WSAEFAULT );
    expect_error( WSASocketA( FROM_PROTOCOL_INFO, 0, 0, bad_pointer(), 0, 0 ), WSAEFAULT );
}

START_TEST( errors )
{
    pRtlNtStatusToDosErrorNoTeb = (void *)GetProcAddress( GetModuleHandleA( "ntdll.dll" ),
                                                          "RtlNtStatusToDosErrorNoTeb" );
    start_sockets();
    test_status_to_error();
    test_error_to_status();
    test_routine();
    test_matrix();
    test_matrix_context();
    stop_sockets();
}
