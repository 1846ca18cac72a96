/*
 * Addresses as text and byte order: inet_*, Inet*W, WSAAddressToString, WSAStringToAddress, hton and ntoh.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

/* InetNtopW and the rest are in no import library of old tool chains. */
static const char *(WINAPI *p_inet_ntop)( int, const void *, char *, size_t );
static const WCHAR *(WINAPI *p_InetNtopW)( int, const void *, WCHAR *, size_t );
static int (WINAPI *p_inet_pton)( int, const char *, void * );
static int (WINAPI *p_InetPtonW)( int, const WCHAR *, void * );

static void find_functions( void )
{
    HMODULE module = GetModuleHandleA( "ws2_32.dll" );

    p_inet_ntop = (void *)GetProcAddress( module, "inet_ntop" );
    p_InetNtopW = (void *)GetProcAddress( module, "InetNtopW" );
    p_inet_pton = (void *)GetProcAddress( module, "inet_pton" );
    p_InetPtonW = (void *)GetProcAddress( module, "InetPtonW" );
    ok( p_inet_ntop && p_InetNtopW && p_inet_pton && p_InetPtonW, "a function is missing\n" );
}

static void widen( WCHAR *wide, const char *text )
{
    while ((*wide++ = (unsigned char)*text++)) ;
}

/* Wine T:test_inet_addr, from Windows: part forms, bases, what ends the text; no start-up is needed. */
static void test_inet_addr( void )
{
    static const struct
    {
        const char *text;
        unsigned int addr;      /* host order; ~0 for none */
    }
    tests[] =
    {
        { "10.20.30.40", 0x0a141e28 },
        { "10.20.7000", 0x0a141b58 },
        { "10.70000", 0x0a011170 },
        { "4026531841", 0xf0000001 },
        { "0x7f.0.0.0x1", 0x7f000001 },
        { "0300.0250.0.1", 0xc0a80001 },
        { "0", 0 },
        { " ", 0 },
        { "10.0.0.1 and more", 0x0a000001 },
        { "10.0.0.1\tx", 0x0a000001 },
        { "", ~0u },
        { "  ", ~0u },
        { " 10.0.0.1", ~0u },
        { "10.0.0.256", ~0u },
        { "10.0.65536", ~0u },
        { "10.16777216", ~0u },
        { "256.1", ~0u },
        { "10.0.0.1.2", ~0u },
        { "10..1", ~0u },
        { "10.0.0.", ~0u },
        { "10.0.0.09", ~0u },
        { "10.0.0.0x", ~0u },
        { "10.0.0.1x", ~0u },
        { "localhost", ~0u },
        { "-1", ~0u },
    };
    unsigned int i;
    u_long addr;

    for (i = 0; i < ARRAY_SIZE( tests ); i++)
    {
        winetest_push_context( "\"%s\"", tests[i].text );
        WSASetLastError( 0xdeadbeef );
        addr = inet_addr( tests[i].text );
        ok( addr == htonl( tests[i].addr ), "got %#lx\n", addr );
        ok( WSAGetLastError() == 0xdeadbeef, "last error changed to %d\n", WSAGetLastError() );
        winetest_pop_context();
    }

    WSASetLastError( 0xdeadbeef );
    addr = inet_addr( NULL );
    ok( addr == INADDR_NONE, "got %#lx\n", addr );
    ok( WSAGetLastError() == WSAEFAULT, "got error %d\n", WSAGetLastError() );
}

/* MS: inet_ntoa, the result lives per thread until the next call. */
static DWORD WINAPI other_thread( void *param )
{
    struct in_addr in;

    in.s_addr = htonl( 0x01020304 );
    *(const char **)param = inet_ntoa( in );
    ok( !strcmp( *(const char **)param, "1.2.3.4" ), "got %s\n", *(const char **)param );
    return 0;
}

static void test_inet_ntoa( void )
{
    struct in_addr in;
    const char *text, *other;
    HANDLE thread;

    in.s_addr = htonl( 0xfffefdfc );
    text = inet_ntoa( in );
    ok( !strcmp( text, "255.254.253.252" ), "got %s\n", text );
    thread = CreateThread( NULL, 0, other_thread, &other, 0, NULL );
    WaitForSingleObject( thread, PATIENCE );
    CloseHandle( thread );
    ok( !strcmp( text, "255.254.253.252" ), "another thread changed it to %s\n", text );
}

/* Wine T:test_inet_pton and test_addr_to_print, from Windows. */
static void test_pton_ntop( void )
{
    static const struct
    {
        int family;
        const char *text, *canonical;   /* NULL: no address */
    }
    tests[] =
    {
        { AF_INET, "192.0.2.33", "192.0.2.33" },
        { AF_INET, "192.0.2", NULL },
        { AF_INET, "0300.0.2.1", NULL },
        { AF_INET, "0x10.0.2.1", NULL },
        { AF_INET, "192.0.2.1 ", NULL },
        { AF_INET, "192.0.2.1:80", NULL },
        { AF_INET, "", NULL },
        { AF_INET, "::1", NULL },
        { AF_INET6, "::", "::" },
        { AF_INET6, "::1", "::1" },
        { AF_INET6, "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
        { AF_INET6, "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
        { AF_INET6, "2001:db8::", "2001:db8::" },
        { AF_INET6, "1:2:3:4:5:6:7", NULL },
        { AF_INET6, "1::2::3", NULL },
        { AF_INET6, "[::1]", NULL },
        { AF_INET6, "fe80::1%4", NULL },
        { AF_INET6, "12345::", NULL },
        { AF_INET6, "192.0.2.1", NULL },
    };
    unsigned char addr[16], addrW[16];
    WCHAR wide[64], backW[64], canonicalW[64];
    char back[64];
    unsigned int i;
    int ret;

    for (i = 0; i < ARRAY_SIZE( tests ); i++)
    {
        winetest_push_context( "family %d \"%s\"", tests[i].family, tests[i].text );
        WSASetLastError( 0xdeadbeef );
        ret = p_inet_pton( tests[i].family, tests[i].text, addr );
        ok( ret == !!tests[i].canonical, "inet_pton got %d\n", ret );
        ok( WSAGetLastError() == 0xdeadbeef, "inet_pton: last error is %d\n", WSAGetLastError() );

        widen( wide, tests[i].text );
        ret = p_InetPtonW( tests[i].family, wide, addrW );
        ok( ret == !!tests[i].canonical, "InetPtonW got %d\n", ret );
        ok( WSAGetLastError() == (tests[i].canonical ? 0xdeadbeef : WSAEINVAL),
            "InetPtonW: last error is %d\n", WSAGetLastError() );
        if (tests[i].canonical)
        {
            size_t len = strlen( tests[i].canonical );

            ok( !memcmp( addr, addrW, tests[i].family == AF_INET ? 4 : 16 ), "the addresses differ\n" );
            ok( p_inet_ntop( tests[i].family, addr, back, sizeof(back) ) == back, "inet_ntop failed\n" );
            ok( !strcmp( back, tests[i].canonical ), "inet_ntop got %s\n", back );
            widen( canonicalW, tests[i].canonical );
            ok( p_InetNtopW( tests[i].family, addr, backW, ARRAY_SIZE( backW )) == backW,
                "InetNtopW failed\n" );
            ok( !wcscmp( backW, canonicalW ), "InetNtopW got %s\n", wine_dbgstr_w( backW ));

            /* exactly enough room, and one less */
            ok( p_inet_ntop( tests[i].family, addr, back, len + 1 ) == back, "exact room failed\n" );
            WSASetLastError( 0xdeadbeef );
            ok( !p_inet_ntop( tests[i].family, addr, back, len ), "short room worked\n" );
            ok( WSAGetLastError() == WSAEINVAL || WSAGetLastError() == ERROR_INVALID_PARAMETER ||
                broken( WSAGetLastError() == 0xc000000d ), "got error %#x\n", WSAGetLastError() );
            WSASetLastError( 0xdeadbeef );
            ok( !p_InetNtopW( tests[i].family, addr, backW, len ), "short room worked\n" );
            ok( WSAGetLastError() == WSAEINVAL || WSAGetLastError() == ERROR_INVALID_PARAMETER ||
                broken( WSAGetLastError() == 0xc000000d ), "got error %#x\n", WSAGetLastError() );
        }
        winetest_pop_context();
    }

    expect_error( p_inet_pton( AF_UNSPEC, "1.2.3.4", addr ), WSAEAFNOSUPPORT );
    expect_error( p_InetPtonW( AF_UNIX, L"1.2.3.4", addr ), WSAEAFNOSUPPORT );
    expect_error( p_inet_pton( AF_INET, NULL, addr ), WSAEFAULT );
    expect_error( p_InetPtonW( AF_INET6, NULL, addr ), WSAEFAULT );
    WSASetLastError( 0xdeadbeef );
    ok( !p_inet_ntop( AF_IPX, addr, back, sizeof(back) ), "got a string\n" );
    ok( WSAGetLastError() == WSAEAFNOSUPPORT, "got error %d\n", WSAGetLastError() );
}

/* Wine T:test_WSAAddressToString, from Windows; MS: WSAAddressToString page for WSAEFAULT and WSAEINVAL. */
static void test_address_to_string( void )
{
    struct sockaddr_in in = loopback_address( 0 );
    struct sockaddr_in6 in6 = loopback_address6( 443 );
    struct sockaddr other = { AF_IPX };
    WSAPROTOCOL_INFOA info;
    WCHAR wide[64];
    char text[64];
    DWORD len;

    len = sizeof(text);
    expect_success( WSAAddressToStringA( (struct sockaddr *)&in, sizeof(in), NULL, text, &len ));
    ok( !strcmp( text, "127.0.0.1" ) && len == 10, "got %s, %lu\n", text, len );
    in.sin_port = htons( 80 );
    len = ARRAY_SIZE( wide );
    expect_success( WSAAddressToStringW( (struct sockaddr *)&in, sizeof(in), NULL, wide, &len ));
    ok( !wcscmp( wide, L"127.0.0.1:80" ) && len == 13, "got %s, %lu\n", wine_dbgstr_w( wide ), len );
    in6.sin6_scope_id = 7;
    len = sizeof(text);
    expect_success( WSAAddressToStringA( (struct sockaddr *)&in6, sizeof(in6), NULL, text, &len ));
    ok( !strcmp( text, "[::1%7]:443" ) && len == 12, "got %s, %lu\n", text, len );

    /* the needed length is told, whatever the room */
    len = 12;
    expect_error( WSAAddressToStringW( (struct sockaddr *)&in, sizeof(in), NULL, wide, &len ), WSAEFAULT );
    ok( len == 13, "got %lu\n", len );
    len = 12;
    expect_error( WSAAddressToStringA( (struct sockaddr *)&in, sizeof(in), NULL, text, &len ), WSAEFAULT );
    ok( len == 13, "got %lu\n", len );
    len = 0;
    expect_error( WSAAddressToStringW( (struct sockaddr *)&in, sizeof(in), NULL, NULL, &len ), WSAEFAULT );
    ok( len == 13, "got %lu\n", len );

    len = sizeof(text);
    expect_error( WSAAddressToStringA( (struct sockaddr *)&in, sizeof(in) - 1, NULL, text, &len ),
                  WSAEFAULT );
    expect_error( WSAAddressToStringA( (struct sockaddr *)&in6, sizeof(in), NULL, text, &len ), WSAEFAULT );
    expect_error( WSAAddressToStringA( NULL, sizeof(in), NULL, text, &len ), WSAEFAULT );
    expect_error( WSAAddressToStringA( (struct sockaddr *)&in, sizeof(in), NULL, text, NULL ), WSAEFAULT );
    expect_error( WSAAddressToStringA( bad_pointer(), sizeof(in), NULL, text, &len ), WSAEFAULT );
    expect_error( WSAAddressToStringW( (struct sockaddr *)&in, sizeof(in), NULL, bad_pointer(), &len ),
                  WSAEFAULT );
    len = sizeof(text);
    expect_error( WSAAddressToStringA( &other, sizeof(other), NULL, text, &len ), WSAEINVAL );

    /* MS: the entry in the catalogue must be able to translate the family */
    memset( &info, 0, sizeof(info) );
    info.iAddressFamily = AF_INET6;
    len = sizeof(text);
    expect_error( WSAAddressToStringA( (struct sockaddr *)&in, sizeof(in), &info, text, &len ), WSAEINVAL );
}

/* Wine T:test_WSAStringToAddress, from Windows: family 0 and what was understood after a failure. */
static void test_string_to_address( void )
{
    static const struct
    {
        int family;
        char text[40];
        unsigned short port;
        int error;
    }
    tests[] =
    {
        { AF_INET, "192.0.2.9", 0 },
        { AF_INET, "192.0.2.9:8080", 8080 },
        { AF_INET, "192.0.521:0x50", 80 },
        { AF_INET, "192.0.2.9:0", 0, WSAEINVAL },
        { AF_INET, "192.0.2.9:65536", 0, WSAEINVAL },
        { AF_INET, "192.0.2.9 ", 0, WSAEINVAL },
        { AF_INET, "::1", 0, WSAEINVAL },
        { AF_INET6, "2001:db8::9", 0 },
        { AF_INET6, "[2001:db8::9]:53", 53 },
        { AF_INET6, "[2001:db8::9", 0, WSAEINVAL },
        { AF_INET6, "192.0.2.9", 0, WSAEINVAL },
        { AF_UNIX, "192.0.2.9", 0, WSAEINVAL },
    };
    struct sockaddr_storage addr;
    struct sockaddr_in in;
    char text[40];
    unsigned int i, wide;
    WCHAR textW[40];
    int len, ret;

    for (i = 0; i < ARRAY_SIZE( tests ); i++)
    {
        for (wide = 0; wide < 2; wide++)
        {
            winetest_push_context( "\"%s\"%s", tests[i].text, wide ? " wide" : "" );
            strcpy( text, tests[i].text );
            widen( textW, text );
            memset( &addr, 0xcc, sizeof(addr) );
            len = sizeof(addr);
            WSASetLastError( 0xdeadbeef );
            if (wide)
                ret = WSAStringToAddressW( textW, tests[i].family, NULL, (struct sockaddr *)&addr, &len );
            else ret = WSAStringToAddressA( text, tests[i].family, NULL, (struct sockaddr *)&addr, &len );
            ok( ret == (tests[i].error ? -1 : 0), "got %d\n", ret );
            ok( WSAGetLastError() == tests[i].error, "got error %d\n", WSAGetLastError() );
            if (!tests[i].error)
            {
                ok( addr.ss_family == tests[i].family, "got family %d\n", addr.ss_family );
                ok( ((struct sockaddr_in *)&addr)->sin_port == htons( tests[i].port ), "wrong port\n" );
                ok( len == (tests[i].family == AF_INET ? 16 : 28), "got length %d\n", len );
            }
            else
            {
                ok( len == sizeof(addr), "got length %d\n", len );
                if (tests[i].family != AF_UNIX) ok( !addr.ss_family, "got family %d\n", addr.ss_family );
            }
            winetest_pop_context();
        }
    }

    strcpy( text, "192.0.2.9" );
    len = sizeof(in) - 1;
    expect_error( WSAStringToAddressA( text, AF_INET, NULL, (struct sockaddr *)&in, &len ), WSAEFAULT );
    ok( len >= (int)sizeof(in), "got length %d\n", len );
    len = sizeof(in);
    expect_error( WSAStringToAddressA( text, AF_INET, NULL, bad_pointer(), &len ), WSAEFAULT );
    expect_error( WSAStringToAddressA( bad_pointer(), AF_INET, NULL, (struct sockaddr *)&in, &len ),
                  WSAEFAULT );
    expect_error( WSAStringToAddressA( NULL, AF_INET, NULL, (struct sockaddr *)&in, &len ), WSAEINVAL );
}

/* MS: WSAHtonl and the three like it need a socket and a place for the result. */
static void test_byte_order( void )
{
    SOCKET s = socket( AF_INET, SOCK_DGRAM, 0 );
    u_short word = 0;
    u_long value = 0;

    ok( htonl( 0x01020304 ) == 0x04030201, "got %#lx\n", htonl( 0x01020304 ));
    ok( ntohs( 0x0102 ) == 0x0201, "got %#x\n", ntohs( 0x0102 ));
    expect_success( WSAHtonl( s, 0x01020304, &value ));
    ok( value == 0x04030201, "got %#lx\n", value );
    expect_success( WSANtohl( s, 0x0a0b0c0d, &value ));
    ok( value == 0x0d0c0b0a, "got %#lx\n", value );
    expect_success( WSAHtons( s, 0x0102, &word ));
    ok( word == 0x0201, "got %#x\n", word );
    expect_success( WSANtohs( s, 0x0a0b, &word ));
    ok( word == 0x0b0a, "got %#x\n", word );

    expect_error( WSAHtonl( s, 1, NULL ), WSAEFAULT );
    expect_error( WSAHtons( s, 1, NULL ), WSAEFAULT );
    expect_error( WSANtohl( s, 1, NULL ), WSAEFAULT );
    expect_error( WSANtohs( s, 1, NULL ), WSAEFAULT );
    closesocket( s );
    expect_error( WSAHtonl( s, 1, &value ), WSAENOTSOCK );
    expect_error( WSAHtons( INVALID_SOCKET, 1, &word ), WSAENOTSOCK );
    expect_error( WSANtohl( s, 1, &value ), WSAENOTSOCK );
    expect_error( WSANtohs( s, 1, &word ), WSAENOTSOCK );
}

/* MS: the pages of these functions list WSANOTINITIALISED; inet_addr and the byte order need nothing. */
static void test_without_startup( void )
{
    struct sockaddr_in in = loopback_address( 0 );
    char text[40] = "1.2.3.4";
    int addr_len = sizeof(in);
    DWORD len = sizeof(text);
    u_long value;

    expect_error( WSAAddressToStringA( (struct sockaddr *)&in, sizeof(in), NULL, text, &len ),
                  WSANOTINITIALISED );
    expect_error( WSAStringToAddressA( text, AF_INET, NULL, (struct sockaddr *)&in, &addr_len ),
                  WSANOTINITIALISED );
    expect_error( WSAHtonl( INVALID_SOCKET, 1, &value ), WSANOTINITIALISED );
    ok( inet_addr( "1.2.3.4" ) == htonl( 0x01020304 ), "inet_addr needs a start\n" );
}

START_TEST( address )
{
    find_functions();
    test_without_startup();
    test_inet_addr();
    test_inet_ntoa();
    start_sockets();
    test_pton_ntop();
    test_address_to_string();
    test_string_to_address();
    test_byte_order();
    stop_sockets();
}
