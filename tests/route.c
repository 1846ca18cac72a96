/*
 * SIO_ROUTING_INTERFACE_QUERY: the local address that a destination would be reached from. Other
 * destinations than loopback come from the command line, "DESTINATION=SOURCE" or "DESTINATION=ERROR";
 * tests/tools/route.sh makes a network for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

static const char *query( const char *destination, int *error )
{
    static char text[80];
    struct sockaddr_storage to = { 0 }, from = { 0 };
    int family = strchr( destination, ':' ) ? AF_INET6 : AF_INET, len = sizeof(to);
    DWORD count = 0xdeadbeef, size = sizeof(text), expected;
    SOCKET s = socket( family, SOCK_DGRAM, 0 );

    ok( s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    ok( !WSAStringToAddressA( (char *)destination, family, NULL, (struct sockaddr *)&to, &len ),
        "%s: got error %d\n", destination, WSAGetLastError() );
    expected = len;
    *text = *error = 0;
    if (WSAIoctl( s, SIO_ROUTING_INTERFACE_QUERY, &to, len, &from, sizeof(from), &count, NULL, NULL ))
        *error = WSAGetLastError();
    else
    {
        ok( count == expected, "%s: got %lu bytes\n", destination, count );
        ok( !WSAAddressToStringA( (struct sockaddr *)&from, count, NULL, text, &size ), "%s: error %d\n",
            destination, WSAGetLastError() );
    }
    closesocket( s );
    return text;
}

static void expect_source( const char *destination, const char *expected )
{
    int error, number = strpbrk( expected, ".:" ) ? 0 : atoi( expected );
    const char *source = query( destination, &error );

    if (number) ok( error == number, "%s: got \"%s\", error %d\n", destination, source, error );
    else ok( !strcmp( source, expected ), "%s: got \"%s\", error %d, expected %s\n", destination, source,
             error, expected );
}

START_TEST( route )
{
    char **argv, *expected;
    int i, argc = winetest_get_mainargs( &argv );

    start_sockets();
    expect_source( "127.0.0.1", "127.0.0.1" );      /* T: test_sioRoutingInterfaceQuery */
    if (have_ipv6())
    {
        expect_source( "::1", "::1" );
        expect_source( "::", "10022" );             /* as with IPv4 (T: the same) */
    }
    for (i = 2; i < argc; i++)
    {
        if (!(expected = strchr( argv[i], '=' ))) continue;
        *expected++ = 0;
        expect_source( argv[i], expected );
    }
    if (argc < 3) skip( "no network with other destinations\n" );
    stop_sockets();
}
