/*
 * Names to addresses and back: getaddrinfo and its relatives, gethostbyname, getnameinfo.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only localhost, the own host name and addresses in text form are looked up: no name server is needed.
 */
#include "util.h"

#ifndef AI_FQDN
#define AI_FQDN 0x20000
#endif

static int (WINAPI *p_GetAddrInfoExW)( const WCHAR *, const WCHAR *, DWORD, GUID *, const ADDRINFOEXW *,
                                       ADDRINFOEXW **, struct timeval *, OVERLAPPED *,
                                       LPLOOKUPSERVICE_COMPLETION_ROUTINE, HANDLE * );
static int (WINAPI *p_GetAddrInfoExOverlappedResult)( OVERLAPPED * );
static int (WINAPI *p_GetAddrInfoExCancel)( HANDLE * );
static void (WINAPI *p_FreeAddrInfoExW)( ADDRINFOEXW * );
static int (WINAPI *p_GetHostNameW)( WCHAR *, int );

static void find_functions( void )
{
    HMODULE module = GetModuleHandleA( "ws2_32.dll" );

    p_GetAddrInfoExW = (void *)GetProcAddress( module, "GetAddrInfoExW" );
    p_GetAddrInfoExOverlappedResult = (void *)GetProcAddress( module, "GetAddrInfoExOverlappedResult" );
    p_GetAddrInfoExCancel = (void *)GetProcAddress( module, "GetAddrInfoExCancel" );
    p_FreeAddrInfoExW = (void *)GetProcAddress( module, "FreeAddrInfoExW" );
    p_GetHostNameW = (void *)GetProcAddress( module, "GetHostNameW" );
}

/* The call answers this error, which is the last error too, and no list. */
#define expect_lookup_error( call, error ) \
    do { \
        int expect_ret_; \
        WSASetLastError( 0xdeadbeef ); \
        list = (void *)1; \
        expect_ret_ = (call); \
        ok( expect_ret_ == (error), "%s: got %d, expected %s\n", #call, expect_ret_, #error ); \
        ok( WSAGetLastError() == (error), "%s: last error is %d\n", #call, WSAGetLastError() ); \
        ok( !list, "%s: the list is %p\n", #call, list ); \
        if (expect_ret_ == (error)) note_failed_call( #call, expect_ret_ ); \
    } while (0)

/* The list's addresses as one string: "::1 127.0.0.1 ". */
static void list_text( const struct addrinfo *list, char *text, size_t size )
{
    char one[64];
    DWORD len;

    for (*text = 0; list; list = list->ai_next)
    {
        len = sizeof(one);
        if (WSAAddressToStringA( list->ai_addr, (DWORD)list->ai_addrlen, NULL, one, &len ))
            strcpy( one, "?" );
        if (strlen( text ) + len + 1 < size) strcat( strcat( text, one ), " " );
    }
}

static void check_list( const char *node, const char *service, int flags, int family, const char *expected )
{
    struct addrinfo hints, *list = NULL;
    char text[512];
    int ret;

    winetest_push_context( "%s, %s, %#x, %d", node ? node : "NULL", service ? service : "NULL", flags,
                           family );
    memset( &hints, 0, sizeof(hints) );
    hints.ai_flags = flags;
    hints.ai_family = family;
    WSASetLastError( 0xdeadbeef );
    ret = getaddrinfo( node, service, &hints, &list );
    ok( !ret, "got error %d\n", ret );
    ok( !WSAGetLastError(), "last error is %d\n", WSAGetLastError() );
    list_text( list, text, sizeof(text) );
    ok( !strcmp( text, expected ), "got %s, expected %s\n", text, expected );
    freeaddrinfo( list );
    winetest_pop_context();
}

/* MS: getaddrinfo page; Wine T:test_getaddrinfo. */
static void test_numeric( void )
{
    struct addrinfo hints = { 0 }, *list;

    check_list( "192.0.2.1", NULL, 0, AF_UNSPEC, "192.0.2.1 " );
    check_list( "192.0.2.1", "80", 0, AF_INET, "192.0.2.1:80 " );
    check_list( "192.0.2.1", "65535", AI_NUMERICHOST, AF_INET, "192.0.2.1:65535 " );
    check_list( "2001:db8::1", "80", 0, AF_UNSPEC, "[2001:db8::1]:80 " );
    check_list( "[2001:db8::1]", NULL, AI_NUMERICHOST, AF_INET6, "2001:db8::1 " );
    check_list( "[2001:db8::1]:99", NULL, 0, AF_UNSPEC, "2001:db8::1 " );
    check_list( "fe80::1%3", "7", 0, AF_INET6, "[fe80::1%3]:7 " );
    check_list( "192.0.2.1", "80", AI_V4MAPPED, AF_INET6, "[::ffff:192.0.2.1]:80 " );

    hints.ai_flags = AI_NUMERICHOST;
    expect_lookup_error( getaddrinfo( "localhost", NULL, &hints, &list ), WSAHOST_NOT_FOUND );
    expect_lookup_error( getaddrinfo( "192.0.2.1:80", NULL, &hints, &list ), WSAHOST_NOT_FOUND );
    expect_lookup_error( getaddrinfo( "[2001:db8::1", NULL, &hints, &list ), WSAHOST_NOT_FOUND );
    hints.ai_family = AF_INET6;
    expect_lookup_error( getaddrinfo( "192.0.2.1", NULL, &hints, &list ), WSAHOST_NOT_FOUND );
    hints.ai_family = AF_INET;
    expect_lookup_error( getaddrinfo( "2001:db8::1", NULL, &hints, &list ), WSAHOST_NOT_FOUND );
}

static void test_local( void )
{
    BOOL ipv6 = have_ipv6();

    /* loopback without a node, the any address to be passive (MS: AI_PASSIVE); IPv6 first */
    check_list( NULL, "80", 0, AF_INET, "127.0.0.1:80 " );
    check_list( NULL, "80", AI_PASSIVE, AF_INET, "0.0.0.0:80 " );
    check_list( NULL, "80", 0, AF_UNSPEC, ipv6 ? "[::1]:80 127.0.0.1:80 " : "127.0.0.1:80 " );
    check_list( NULL, "80", AI_PASSIVE, AF_UNSPEC, ipv6 ? "[::]:80 0.0.0.0:80 " : "0.0.0.0:80 " );
    check_list( "localhost", NULL, 0, AF_INET, "127.0.0.1 " );
    check_list( "LocalHost", "0", 0, AF_INET, "127.0.0.1 " );
    check_list( "localhost", "", 0, AF_UNSPEC, ipv6 ? "::1 127.0.0.1 " : "127.0.0.1 " );
    if (ipv6) check_list( "localhost", NULL, 0, AF_INET6, "::1 " );
    else skip( "no IPv6\n" );
}

/* Field report 9, reference: what hints say comes back as it is, and nothing is multiplied. */
static void test_types( void )
{
    static const struct
    {
        int socktype, protocol, error;
    }
    tests[] =
    {
        { 0, 0 },
        { SOCK_STREAM, 0 },
        { SOCK_STREAM, IPPROTO_TCP },
        { SOCK_DGRAM, IPPROTO_UDP },
        { SOCK_DGRAM, IPPROTO_TCP },
        { 0, IPPROTO_UDP },
        { SOCK_RAW, 0 },
        { SOCK_STREAM, 999 },
        { 999, IPPROTO_TCP, WSAESOCKTNOSUPPORT },
    };
    struct addrinfo hints, *list;
    unsigned int i;
    int ret;

    ret = getaddrinfo( "127.0.0.1", "80", NULL, &list );
    ok( !ret, "got error %d\n", ret );
    ok( !list->ai_socktype && !list->ai_protocol && !list->ai_next, "got type %d, protocol %d, next %p\n",
        list->ai_socktype, list->ai_protocol, list->ai_next );
    freeaddrinfo( list );

    for (i = 0; i < ARRAY_SIZE( tests ); i++)
    {
        winetest_push_context( "type %d, protocol %d", tests[i].socktype, tests[i].protocol );
        memset( &hints, 0, sizeof(hints) );
        hints.ai_family = AF_INET;
        hints.ai_socktype = tests[i].socktype;
        hints.ai_protocol = tests[i].protocol;
        ret = getaddrinfo( "localhost", NULL, &hints, &list );
        ok( ret == tests[i].error, "got %d\n", ret );
        if (ret) note_failure( "getaddrinfo", ret );
        if (!ret)
        {
            ok( list->ai_family == AF_INET, "got family %d\n", list->ai_family );
            ok( list->ai_socktype == tests[i].socktype, "got type %d\n", list->ai_socktype );
            ok( list->ai_protocol == tests[i].protocol, "got protocol %d\n", list->ai_protocol );
            ok( !list->ai_next, "more than one element\n" );
            ok( !list->ai_canonname, "got a name\n" );
            freeaddrinfo( list );
        }
        winetest_pop_context();
    }
}

/* MS: getaddrinfo page on pServiceName. */
static void test_service_names( void )
{
    struct addrinfo hints = { 0 }, *list, *ai;
    BOOL stream = FALSE;
    int ret;

    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    check_list( "127.0.0.1", "http", 0, AF_INET, "127.0.0.1:80 " );
    ret = getaddrinfo( "127.0.0.1", "https", &hints, &list );
    ok( !ret && ((struct sockaddr_in *)list->ai_addr)->sin_port == htons( 443 ), "got error %d\n", ret );
    if (!ret) freeaddrinfo( list );

    /* one element for each kind that the service has */
    ret = getaddrinfo( "127.0.0.1", "domain", NULL, &list );
    ok( !ret, "got error %d\n", ret );
    for (ai = ret ? NULL : list; ai; ai = ai->ai_next)
    {
        if (ai->ai_socktype == SOCK_STREAM) stream = TRUE;
        ok( ((struct sockaddr_in *)ai->ai_addr)->sin_port == htons( 53 ), "wrong port\n" );
    }
    ok( stream, "no stream service\n" );
    if (!ret) freeaddrinfo( list );

    expect_lookup_error( getaddrinfo( "127.0.0.1", "no-such-service", &hints, &list ), WSATYPE_NOT_FOUND );
    expect_lookup_error( getaddrinfo( NULL, "no-such-service", NULL, &list ), WSATYPE_NOT_FOUND );
    hints.ai_socktype = SOCK_DGRAM;
    expect_lookup_error( getaddrinfo( "127.0.0.1", "telnet", &hints, &list ), WSATYPE_NOT_FOUND );
    hints.ai_flags = AI_NUMERICSERV;
    expect_lookup_error( getaddrinfo( "127.0.0.1", "domain", &hints, &list ), WSAHOST_NOT_FOUND );
}

/* MS: getaddrinfo page, table of errors and remarks on hints. */
static void test_hint_errors( void )
{
    struct addrinfo hints, *list;
    struct sockaddr addr;

    expect_lookup_error( getaddrinfo( NULL, NULL, NULL, &list ), WSAHOST_NOT_FOUND );
    memset( &hints, 0, sizeof(hints) );
    hints.ai_family = AF_IPX;
    expect_lookup_error( getaddrinfo( "localhost", NULL, &hints, &list ), WSAEAFNOSUPPORT );
    memset( &hints, 0, sizeof(hints) );
    hints.ai_flags = AI_CANONNAME;
    expect_lookup_error( getaddrinfo( NULL, "80", &hints, &list ), WSAEINVAL );
    hints.ai_flags = AI_CANONNAME | AI_FQDN;
    expect_lookup_error( getaddrinfo( "localhost", NULL, &hints, &list ), WSAEINVAL );
    memset( &hints, 0, sizeof(hints) );
    hints.ai_addrlen = 16;
    expect_lookup_error( getaddrinfo( "localhost", NULL, &hints, &list ), WSANO_RECOVERY );
    memset( &hints, 0, sizeof(hints) );
    hints.ai_addr = &addr;
    expect_lookup_error( getaddrinfo( "localhost", NULL, &hints, &list ), WSANO_RECOVERY );
}

static void test_canonical_name( void )
{
    struct addrinfo hints = { 0 }, *list;
    ADDRINFOW hintsW = { 0 }, *listW;
    int ret;

    hints.ai_flags = hintsW.ai_flags = AI_CANONNAME;
    ret = getaddrinfo( "192.0.2.1", NULL, &hints, &list );
    ok( !ret && list->ai_canonname && !strcmp( list->ai_canonname, "192.0.2.1" ), "got error %d\n", ret );
    if (!ret) freeaddrinfo( list );
    ret = GetAddrInfoW( L"localhost", NULL, &hintsW, &listW );
    ok( !ret && listW->ai_canonname, "got error %d\n", ret );
    if (!ret)
    {
        ok( !listW->ai_next || !listW->ai_next->ai_canonname, "the name is in the second element too\n" );
        FreeAddrInfoW( listW );
    }
}

/* Field report 10: the own name means the interfaces, never 127.0.1.1; Wine T:test_getaddrinfo: the same as
 * an empty name. */
static void test_own_name( void )
{
    char name[256], text[2][2048];
    struct addrinfo *list;
    struct hostent *he;
    unsigned int i;
    int ret, len;

    expect_success( gethostname( name, sizeof(name) ));
    ok( name[0] && !strchr( name, '.' ), "got name %s\n", name );
    for (i = 0; i < 2; i++)
    {
        winetest_push_context( "\"%s\"", i ? "" : name );
        text[i][0] = 0;
        ret = getaddrinfo( i ? "" : name, NULL, NULL, &list );
        ok( !ret, "got error %d\n", ret );
        if (!ret)
        {
            list_text( list, text[i], sizeof(text[i]) );
            ok( !strstr( text[i], "127.0.1.1" ), "got %s\n", text[i] );
            freeaddrinfo( list );
        }
        winetest_pop_context();
    }
    ok( !strcmp( text[0], text[1] ), "%s differs from %s\n", text[0], text[1] );

    he = gethostbyname( name );
    ok( he && he->h_addrtype == AF_INET && he->h_length == 4, "error %d\n", WSAGetLastError() );
    he = gethostbyname( "" );
    ok( he && !lstrcmpiA( he->h_name, name ), "error %d\n", WSAGetLastError() );
    he = gethostbyname( NULL );
    ok( he != NULL, "error %d\n", WSAGetLastError() );

    /* MS: gethostname: WSAEFAULT for a name without room, which stays as it is */
    len = (int)strlen( name );
    strcpy( text[0], "unchanged" );
    expect_error( gethostname( text[0], len ), WSAEFAULT );
    ok( !strcmp( text[0], "unchanged" ), "got %s\n", text[0] );
    expect_success( gethostname( text[0], len + 1 ));
    expect_error( gethostname( NULL, 100 ), WSAEFAULT );
    if (p_GetHostNameW)
    {
        WCHAR wide[256];

        expect_success( p_GetHostNameW( wide, ARRAY_SIZE( wide )));
        ok( (int)wcslen( wide ) == len, "got %s\n", wine_dbgstr_w( wide ));
        expect_error( p_GetHostNameW( wide, len ), WSAEFAULT );
        expect_error( p_GetHostNameW( NULL, 100 ), WSAEFAULT );
    }
    else win_skip( "no GetHostNameW\n" );
}

/* Wine T:test_dns: the order of the parts in a hostent. */
static void test_gethostbyname( void )
{
    struct hostent *he, *again;
    unsigned int aliases = 0, addresses = 0;

    he = gethostbyname( "192.0.2.7" );
    ok( he && *(u_long *)he->h_addr_list[0] == inet_addr( "192.0.2.7" ), "error %d\n", WSAGetLastError() );
    again = gethostbyname( "localhost" );
    ok( again && *(u_long *)again->h_addr_list[0] == htonl( INADDR_LOOPBACK ), "error %d\n",
        WSAGetLastError() );
    ok( !WSAGetLastError(), "last error is %d\n", WSAGetLastError() );
    ok( he == again, "the thread's buffer moved\n" );
    while (he->h_aliases[aliases]) aliases++;
    while (he->h_addr_list[addresses]) addresses++;
    ok( (void *)he->h_aliases == he + 1, "the aliases are at %p\n", he->h_aliases );
    ok( he->h_addr_list == he->h_aliases + aliases + 1, "the addresses are at %p\n", he->h_addr_list );
    ok( he->h_addr_list[0] == (char *)(he->h_addr_list + addresses + 1), "the first address is at %p\n",
        he->h_addr_list[0] );

    WSASetLastError( 0xdeadbeef );
    ok( !gethostbyname( bad_pointer() ), "found it\n" );
    ok( WSAGetLastError() == WSAEFAULT, "got error %d\n", WSAGetLastError() );
}

/* MS: gethostbyaddr and getnameinfo pages. */
static void test_names_of_addresses( void )
{
    struct sockaddr_in in = loopback_address( 80 );
    struct sockaddr_in6 in6 = loopback_address6( 21 );
    char node[NI_MAXHOST], service[NI_MAXSERV];
    struct hostent *he;
    WCHAR nodeW[64], serviceW[64];
    int ret;

#define info( flags ) getnameinfo( (struct sockaddr *)&in, sizeof(in), node, sizeof(node), service, \
                                   sizeof(service), flags )
    ret = info( NI_NUMERICHOST | NI_NUMERICSERV );
    ok( !ret && !strcmp( node, "127.0.0.1" ) && !strcmp( service, "80" ), "got %d, %s, %s\n", ret, node,
        service );
    ret = info( NI_NUMERICHOST );
    ok( !ret && !strcmp( service, "http" ), "got %d, %s\n", ret, service );
    ret = info( 0 );
    ok( !ret && node[0] && strcmp( node, "127.0.0.1" ), "got %d, %s\n", ret, node );
    in.sin_port = htons( 69 );
    ret = info( NI_NUMERICHOST | NI_DGRAM );
    ok( !ret && !strcmp( service, "tftp" ), "got %d, %s\n", ret, service );
    in.sin_port = htons( 2 );
    ret = info( NI_NUMERICHOST );
    ok( !ret && service[0] == '2', "got %d, %s\n", ret, service );
#undef info

    in6.sin6_addr.s6_addr[0] = 0xfe;
    in6.sin6_addr.s6_addr[1] = 0x80;
    in6.sin6_scope_id = 5;
    ret = GetNameInfoW( (struct sockaddr *)&in6, sizeof(in6), nodeW, ARRAY_SIZE( nodeW ), serviceW,
                        ARRAY_SIZE( serviceW ), NI_NUMERICHOST );
    ok( !ret && !wcscmp( nodeW, L"fe80::1%5" ) && !wcscmp( serviceW, L"ftp" ), "got %d, %s, %s\n", ret,
        wine_dbgstr_w( nodeW ), wine_dbgstr_w( serviceW ));

#define fails( addr, addr_len, node_size, service_size, error ) \
    do { \
        WSASetLastError( 0xdeadbeef ); \
        ret = getnameinfo( (struct sockaddr *)(addr), addr_len, node_size < 0 ? NULL : node, node_size, \
                           service_size < 0 ? NULL : service, service_size, \
                           NI_NUMERICHOST | NI_NUMERICSERV ); \
        ok( ret == (error), "got %d, expected %s\n", ret, #error ); \
        ok( WSAGetLastError() == (error), "last error is %d\n", WSAGetLastError() ); \
        if (ret == (error)) note_failure( "getnameinfo", ret ); \
    } while (0)
    fails( NULL, sizeof(in), 64, 32, WSAEFAULT );
    fails( &in, sizeof(in) - 1, 64, 32, WSAEFAULT );
    fails( &in6, sizeof(in), 64, 32, WSAEFAULT );
    fails( bad_pointer(), sizeof(in), 64, 32, WSAEFAULT );
    fails( &in, sizeof(in), -1, -1, WSAHOST_NOT_FOUND );
    fails( &in, sizeof(in), 0, 32, WSAEINVAL );
    fails( &in, sizeof(in), 64, 0, WSAEINVAL );
    in.sin_family = AF_IPX;
    fails( &in, sizeof(in), 64, 32, WSAEAFNOSUPPORT );
#undef fails

    he = gethostbyaddr( (char *)&in.sin_addr, sizeof(in.sin_addr), AF_INET );
    ok( he && he->h_name[0] && he->h_addr_list[0] && !memcmp( he->h_addr_list[0], &in.sin_addr, 4 ),
        "error %d\n", WSAGetLastError() );
    WSASetLastError( 0xdeadbeef );
    ok( !gethostbyaddr( (char *)&in.sin_addr, 3, AF_INET ), "found it\n" );
    ok( WSAGetLastError() == WSAEFAULT, "got error %d\n", WSAGetLastError() );
    ok( !gethostbyaddr( NULL, 4, AF_INET ), "found it\n" );
    ok( WSAGetLastError() == WSAEFAULT, "got error %d\n", WSAGetLastError() );
    ok( !gethostbyaddr( (char *)&in.sin_addr, 4, AF_IPX ), "found it\n" );
    ok( WSAGetLastError() == WSAEAFNOSUPPORT, "got error %d\n", WSAGetLastError() );
}

/*** GetAddrInfoEx ***/

static struct
{
    HANDLE done;
    DWORD error, calls;
    OVERLAPPED *overlapped;
} routine_result;

static void CALLBACK routine( DWORD error, DWORD bytes, OVERLAPPED *overlapped )
{
    ok( !bytes, "got %lu bytes\n", bytes );
    routine_result.error = error;
    routine_result.overlapped = overlapped;
    routine_result.calls++;
    SetEvent( routine_result.done );
}

/* Wine T:test_GetAddrInfoExW; MS: GetAddrInfoExW, GetAddrInfoExCancel, GetAddrInfoExOverlappedResult
 * pages. */
static void test_ex( void )
{
    struct timeval second = { 5, 0 };
    OVERLAPPED overlapped;
    ADDRINFOEXW *list;
    HANDLE event, handle;
    int ret;

    if (!p_GetAddrInfoExW || !p_GetAddrInfoExOverlappedResult || !p_GetAddrInfoExCancel)
    {
        win_skip( "no GetAddrInfoExW\n" );
        return;
    }
    event = CreateEventW( NULL, TRUE, FALSE, NULL );
    routine_result.done = CreateEventW( NULL, FALSE, FALSE, NULL );

    /* without overlapped, with and without a time-out */
    ret = p_GetAddrInfoExW( L"localhost", L"80", NS_DNS, NULL, NULL, &list, NULL, NULL, NULL, NULL );
    ok( !ret && list->ai_addr && !list->ai_blob && !list->ai_provider, "got error %d\n", ret );
    if (!ret) p_FreeAddrInfoExW( list );
    ret = p_GetAddrInfoExW( L"localhost", L"80", NS_ALL, NULL, NULL, &list, &second, NULL, NULL, NULL );
    ok( !ret, "got error %d\n", ret );
    if (!ret) p_FreeAddrInfoExW( list );

    /* an event */
    memset( &overlapped, 0xcc, sizeof(overlapped) );
    overlapped.hEvent = event;
    handle = NULL;
    WSASetLastError( 0xdeadbeef );
    ret = p_GetAddrInfoExW( L"localhost", NULL, NS_DNS, NULL, NULL, &list, NULL, &overlapped, NULL,
                            &handle );
    ok( ret == WSA_IO_PENDING, "got %d\n", ret );
    ok( WSAGetLastError() == WSA_IO_PENDING, "last error is %d\n", WSAGetLastError() );
    ok( !WaitForSingleObject( event, PATIENCE ), "no completion\n" );
    ret = p_GetAddrInfoExOverlappedResult( &overlapped );
    ok( !ret, "got error %d\n", ret );
    ok( overlapped.Pointer == &list, "got pointer %p\n", overlapped.Pointer );
    ok( list != NULL, "no list\n" );
    p_FreeAddrInfoExW( list );
    /* what is over cannot be cancelled */
    ret = p_GetAddrInfoExCancel( &handle );
    ok( ret == WSA_INVALID_HANDLE, "got %d\n", ret );

    /* a routine */
    memset( &overlapped, 0, sizeof(overlapped) );
    ret = p_GetAddrInfoExW( L"127.0.0.1", L"no-such-service", NS_DNS, NULL, NULL, &list, NULL, &overlapped,
                            routine, NULL );
    ok( ret == WSA_IO_PENDING, "got %d\n", ret );
    ok( !WaitForSingleObject( routine_result.done, PATIENCE ), "no completion\n" );
    ok( routine_result.calls == 1 && routine_result.overlapped == &overlapped, "got %lu calls\n",
        routine_result.calls );
    ok( routine_result.error == WSATYPE_NOT_FOUND, "got error %lu\n", routine_result.error );
    ok( p_GetAddrInfoExOverlappedResult( &overlapped ) == WSATYPE_NOT_FOUND, "the result differs\n" );
    ok( !list, "got a list\n" );

    /* errors that are found at once */
    memset( &overlapped, 0, sizeof(overlapped) );
    overlapped.hEvent = event;
    ResetEvent( event );
    expect_lookup_error( p_GetAddrInfoExW( NULL, NULL, NS_DNS, NULL, NULL, &list, NULL, &overlapped, NULL,
                                           NULL ), WSAHOST_NOT_FOUND );
    ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "the event is set\n" );
    expect_lookup_error( p_GetAddrInfoExW( L"localhost", NULL, NS_DNS, NULL, NULL, &list, NULL, &overlapped,
                                           routine, NULL ), WSAEINVAL );
    ok( p_GetAddrInfoExOverlappedResult( NULL ) == WSAEINVAL, "NULL has a result\n" );
    handle = (HANDLE)(ULONG_PTR)0xdeadbeef;
    ok( p_GetAddrInfoExCancel( &handle ) == WSA_INVALID_HANDLE, "cancelled what is not there\n" );
    ok( p_GetAddrInfoExCancel( NULL ) == WSA_INVALID_HANDLE, "cancelled what is not there\n" );

    CloseHandle( routine_result.done );
    CloseHandle( event );
}

static void test_bad_pointers( void )
{
    struct addrinfo *list = NULL;
    ADDRINFOW *listW = NULL;

    ok( getaddrinfo( "localhost", NULL, NULL, NULL ) == WSAEFAULT, "no result pointer\n" );
    ok( getaddrinfo( "localhost", NULL, NULL, bad_pointer() ) == WSAEFAULT, "bad result pointer\n" );
    ok( getaddrinfo( "localhost", NULL, NULL, read_only_memory() ) == WSAEFAULT,
        "read-only result pointer\n" );
    ok( getaddrinfo( bad_pointer(), NULL, NULL, &list ) == WSAEFAULT, "bad node\n" );
    ok( getaddrinfo( "localhost", bad_pointer(), NULL, &list ) == WSAEFAULT, "bad service\n" );
    ok( getaddrinfo( "localhost", NULL, bad_pointer(), &list ) == WSAEFAULT, "bad hints\n" );
    ok( GetAddrInfoW( bad_pointer(), NULL, NULL, &listW ) == WSAEFAULT, "bad node\n" );
    ok( GetAddrInfoW( L"localhost", NULL, NULL, bad_pointer() ) == WSAEFAULT, "bad result pointer\n" );
    freeaddrinfo( NULL );
    FreeAddrInfoW( NULL );
}

/* Wine T:test_WSAConnectByName; MS: WSAConnectByName page. */
static void test_connect_by_name( void )
{
    struct sockaddr_in local, remote, closed;
    struct sockaddr_storage listening, peer;
    struct timeval patience = { PATIENCE / 1000, 0 };
    DWORD local_len, remote_len;
    SOCKET listener, s;
    OVERLAPPED overlapped;
    char port[8], closed_text[8];
    int len, i, off = 0;

    closed = closed_port();
    sprintf( closed_text, "%u", ntohs( closed.sin_port ));
    listener = listener_socket( AF_INET, 0, &listening, NULL );
    sprintf( port, "%u", ntohs( ((struct sockaddr_in *)&listening)->sin_port ));

    for (i = 0; i < 2; i++)
    {
        winetest_push_context( i ? "with a time-out" : "without a time-out" );
        s = socket( AF_INET, SOCK_STREAM, 0 );
        local_len = remote_len = 50;
        memset( &local, 0xcc, sizeof(local) );
        ok( WSAConnectByNameA( s, "localhost", port, &local_len, (struct sockaddr *)&local, &remote_len,
                               (struct sockaddr *)&remote, i ? &patience : NULL, NULL ), "error %d\n",
            WSAGetLastError() );
        ok( local_len == sizeof(local) && remote_len == sizeof(remote), "got lengths %lu, %lu\n", local_len,
            remote_len );
        ok( local.sin_addr.s_addr == htonl( INADDR_LOOPBACK ) && !local.sin_port, "wrong local address\n" );
        ok( !memcmp( &remote, &listening, 8 ), "wrong remote address\n" );
        setsockopt( s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0 );
        len = sizeof(peer);
        ok( !getpeername( s, (struct sockaddr *)&peer, &len ), "error %d\n", WSAGetLastError() );
        ok( same_address( &peer, &listening ), "wrong peer\n" );
        closesocket( s );

        s = socket( AF_INET, SOCK_STREAM, 0 );
        expect_false( WSAConnectByNameA( s, "127.0.0.1", closed_text, NULL, NULL, NULL, NULL,
                                         i ? &patience : NULL, NULL ), WSAECONNREFUSED );
        closesocket( s );
        winetest_pop_context();
    }

    /* an address that refuses is followed by the next: ::1, then ::ffff:127.0.0.1 */
    if (have_ipv6())
    {
        s = socket( AF_INET6, SOCK_STREAM, 0 );
        setsockopt( s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof(off) );
        ok( WSAConnectByNameA( s, "localhost", port, NULL, NULL, NULL, NULL, NULL, NULL ),
            "not connected\n" );
        closesocket( s );
    }
    else skip( "no IPv6\n" );

    s = socket( AF_INET, SOCK_STREAM, 0 );
    expect_false( WSAConnectByNameA( s, NULL, port, NULL, NULL, NULL, NULL, NULL, NULL ), WSAEINVAL );
    expect_false( WSAConnectByNameA( s, "localhost", NULL, NULL, NULL, NULL, NULL, NULL, NULL ), WSAEINVAL );
    expect_false( WSAConnectByNameA( s, "localhost", port, NULL, NULL, NULL, NULL, NULL, &overlapped ),
                  WSAEINVAL );
    expect_false( WSAConnectByNameA( s, "localhost", "no-such-service", NULL, NULL, NULL, NULL, NULL, NULL ),
                  WSATYPE_NOT_FOUND );
    local_len = 3;
    expect_false( WSAConnectByNameA( s, "localhost", port, &local_len, (struct sockaddr *)&local, NULL, NULL,
                                     NULL, NULL ), WSAEFAULT );
    ok( local_len == 3, "got length %lu\n", local_len );
    expect_false( WSAConnectByNameA( s, "localhost", port, bad_pointer(), NULL, NULL, NULL, NULL, NULL ),
                  WSAEFAULT );
    closesocket( s );
    closesocket( listener );
}

/* Many threads at once: every one gets its own answer. */
static DWORD WINAPI resolver( void *param )
{
    struct addrinfo hints = { 0 }, *list;
    char text[64], expected[64];
    struct hostent *he;
    int i, ret;

    sprintf( text, "192.0.2.%d", (int)(INT_PTR)param );
    sprintf( expected, "192.0.2.%d ", (int)(INT_PTR)param );
    for (i = 0; i < 50; i++)
    {
        char got[64] = "";

        if ((ret = getaddrinfo( text, NULL, &hints, &list ))) return ret;
        list_text( list, got, sizeof(got) );
        freeaddrinfo( list );
        if (strcmp( got, expected )) return 1;
        if (!(he = gethostbyname( text )) || *(u_long *)he->h_addr_list[0] != inet_addr( text )) return 2;
    }
    return 0;
}

static void test_threads( void )
{
    HANDLE threads[8];
    DWORD code;
    int i;

    for (i = 0; i < 8; i++)
        threads[i] = CreateThread( NULL, 0, resolver, (void *)(INT_PTR)(i + 1), 0, NULL );
    ok( !WaitForMultipleObjects( 8, threads, TRUE, 6 * PATIENCE ), "the threads do not end\n" );
    for (i = 0; i < 8; i++)
    {
        GetExitCodeThread( threads[i], &code );
        ok( !code, "thread %d ended with %lu\n", i, code );
        CloseHandle( threads[i] );
    }
}

/* MS: the pages of these functions list WSANOTINITIALISED. */
static void test_without_startup( void )
{
    struct sockaddr_in in = loopback_address( 80 );
    struct addrinfo *list = NULL;
    char text[64];

    ok( getaddrinfo( "localhost", NULL, NULL, &list ) == WSANOTINITIALISED, "getaddrinfo works\n" );
    ok( getnameinfo( (struct sockaddr *)&in, sizeof(in), text, sizeof(text), NULL, 0, NI_NUMERICHOST ) ==
        WSANOTINITIALISED, "getnameinfo works\n" );
    expect_error( gethostname( text, sizeof(text) ), WSANOTINITIALISED );
    WSASetLastError( 0 );
    ok( !gethostbyname( "localhost" ) && WSAGetLastError() == WSANOTINITIALISED, "gethostbyname works\n" );
}

START_TEST( names )
{
    find_functions();
    test_without_startup();
    start_sockets();
    test_numeric();
    test_local();
    test_types();
    test_service_names();
    test_hint_errors();
    test_canonical_name();
    test_own_name();
    test_gethostbyname();
    test_names_of_addresses();
    test_ex();
    test_connect_by_name();
    test_bad_pointers();
    test_threads();
    stop_sockets();
}
