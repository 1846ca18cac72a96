/*
 * Who may bind a port that somebody has: the whole matrix, within a process and between two.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

enum option { PLAIN, REUSE, EXCLUSIVE, OPTION_COUNT };
enum address { WILDCARD, SPECIFIC, ADDRESS_COUNT };

static const char *const option_names[] = { "plain", "reuse", "exclusive" };
static const char *const address_names[] = { "wildcard", "specific" };

#define OK_ 0
#define INUSE WSAEADDRINUSE
#define ACCESS WSAEACCES

/* MS: Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE, Windows Server 2003 and later, one user; T:
 * test_reuseaddr agrees where it looks. Rows: first bind; columns: second. */
static const int expected[OPTION_COUNT][ADDRESS_COUNT][OPTION_COUNT][ADDRESS_COUNT] =
{
    /*     plain              reuse               exclusive
           wildcard specific  wildcard specific   wildcard specific */
    { { { INUSE, OK_ },     { ACCESS, OK_ },    { INUSE, OK_ } },
      { { OK_, INUSE },     { OK_, ACCESS },    { INUSE, INUSE } } },
    { { { INUSE, OK_ },     { OK_, OK_ },       { INUSE, OK_ } },
      { { OK_, INUSE },     { OK_, OK_ },       { INUSE, INUSE } } },
    { { { INUSE, ACCESS },  { ACCESS, ACCESS }, { INUSE, ACCESS } },
      { { OK_, INUSE },     { OK_, ACCESS },    { INUSE, INUSE } } },
};

static SOCKET make( int type, enum option option )
{
    SOCKET s = socket( AF_INET, type, 0 );
    int on = 1, ret = 0;

    ok( s != INVALID_SOCKET, "error %d\n", WSAGetLastError() );
    if (option == REUSE) ret = setsockopt( s, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on) );
    if (option == EXCLUSIVE) ret = setsockopt( s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&on, sizeof(on) );
    ok( !ret, "error %d\n", WSAGetLastError() );
    return s;
}

static struct sockaddr_in make_address( enum address address, unsigned short port )
{
    struct sockaddr_in addr = loopback_address( port );

    if (address == WILDCARD) addr.sin_addr.s_addr = 0;
    return addr;
}

static SOCKET bind_first( int type, enum option option, enum address address, unsigned short *port )
{
    struct sockaddr_in addr = make_address( address, 0 );
    SOCKET s = make( type, option );
    int len = sizeof(addr);

    ok( !bind( s, (struct sockaddr *)&addr, sizeof(addr) ), "first bind: error %d\n", WSAGetLastError() );
    getsockname( s, (struct sockaddr *)&addr, &len );
    *port = ntohs( addr.sin_port );
    return s;
}

/* All second binds; the first has the port. */
static void try_seconds( int type, BOOL listening, enum option first, enum address first_address,
                         unsigned short port )
{
    unsigned int option, address;

    for (option = 0; option < OPTION_COUNT; option++)
    {
        for (address = 0; address < ADDRESS_COUNT; address++)
        {
            int expect = expected[first][first_address][option][address], ret;
            struct sockaddr_in addr = make_address( address, port );
            SOCKET s = make( type, option );

            winetest_push_context( "%s%s, %s %s, then %s %s", type == SOCK_STREAM ? "stream" : "datagram",
                                   listening ? " listening" : "", option_names[first],
                                   address_names[first_address], option_names[option],
                                   address_names[address] );
            WSASetLastError( 0 );
            ret = bind( s, (struct sockaddr *)&addr, sizeof(addr) );
            ok( WSAGetLastError() == expect, "got %d, error %d, expected %d\n", ret, WSAGetLastError(),
                expect );
            if (!ret && listening) ok( !listen( s, 1 ), "listen: error %d\n", WSAGetLastError() );
            closesocket( s );
            winetest_pop_context();
        }
    }
}

/* stream, listening stream, datagram */
#define KINDS 3

static int kind_type( unsigned int kind )
{
    return kind == 2 ? SOCK_DGRAM : SOCK_STREAM;
}

static void test_matrix( void )
{
    unsigned short ports[KINDS][OPTION_COUNT][ADDRESS_COUNT];
    SOCKET sockets[KINDS][OPTION_COUNT][ADDRESS_COUNT];
    unsigned int kind, option, address;
    char arguments[512] = "";
    PROCESS_INFORMATION info;

    for (kind = 0; kind < KINDS; kind++)
    {
        for (option = 0; option < OPTION_COUNT; option++)
        {
            for (address = 0; address < ADDRESS_COUNT; address++)
            {
                unsigned short *port = &ports[kind][option][address];
                SOCKET s = bind_first( kind_type( kind ), option, address, port );

                sockets[kind][option][address] = s;
                if (kind == 1) ok( !listen( s, 1 ), "error %d\n", WSAGetLastError() );
                try_seconds( kind_type( kind ), kind == 1, option, address, *port );
                snprintf( arguments + strlen( arguments ), 8, " %u", *port );
            }
        }
    }
    if (start_child( &info, FALSE, "reuse", "%s", arguments )) finish_child( &info );
    for (kind = 0; kind < KINDS; kind++)
        for (option = 0; option < OPTION_COUNT; option++)
            for (address = 0; address < ADDRESS_COUNT; address++)
                closesocket( sockets[kind][option][address] );
}

/* The other process. */
static void run_seconds( char **ports )
{
    unsigned int kind, option, address;

    for (kind = 0; kind < KINDS; kind++)
        for (option = 0; option < OPTION_COUNT; option++)
            for (address = 0; address < ADDRESS_COUNT; address++)
                try_seconds( kind_type( kind ), kind == 1, option, address, atoi( *ports++ ));
}

/* Each connection goes to the listener with the more specific address, T: test_reuseaddr. */
static void test_delivery( void )
{
    unsigned int order;

    for (order = 0; order < 2; order++)
    {
        SOCKET wildcard, specific, client, server, *first = order ? &specific : &wildcard;
        SOCKET *second = order ? &wildcard : &specific;
        struct sockaddr_in addr;
        unsigned short port;
        int i;

        winetest_push_context( "%s first", order ? "specific" : "wildcard" );
        *first = bind_first( SOCK_STREAM, PLAIN, order ? SPECIFIC : WILDCARD, &port );
        expect_success( listen( *first, 5 ));
        *second = make( SOCK_STREAM, PLAIN );
        addr = make_address( order ? WILDCARD : SPECIFIC, port );
        expect_success( bind( *second, (struct sockaddr *)&addr, sizeof(addr) ));
        expect_success( listen( *second, 5 ));
        addr = loopback_address( port );
        set_blocking( wildcard, FALSE );
        for (i = 0; i < 5; i++)
        {
            client = make( SOCK_STREAM, PLAIN );
            expect_success( connect( client, (struct sockaddr *)&addr, sizeof(addr) ));
            expect_error( accept( wildcard, NULL, NULL ), WSAEWOULDBLOCK );
            server = accept( specific, NULL, NULL );
            ok( server != INVALID_SOCKET, "error %d\n", WSAGetLastError() );
            closesocket( server );
            closesocket( client );
        }
        closesocket( wildcard );
        closesocket( specific );
        winetest_pop_context();
    }
}

/* With SO_REUSEADDR on both the first gets the connections, T: test_reuseaddr. */
static void test_two_listeners( void )
{
    SOCKET first, second, client, server;
    struct sockaddr_in addr;
    unsigned short port;
    int i;

    first = bind_first( SOCK_STREAM, REUSE, SPECIFIC, &port );
    addr = loopback_address( port );
    second = make( SOCK_STREAM, REUSE );
    expect_success( bind( second, (struct sockaddr *)&addr, sizeof(addr) ));
    expect_success( listen( first, 16 ));
    if (!listen( second, 16 ))
    {
        set_blocking( second, FALSE );
        for (i = 0; i < 10; i++)
        {
            client = make( SOCK_STREAM, PLAIN );
            expect_success( connect( client, (struct sockaddr *)&addr, sizeof(addr) ));
            expect_error( accept( second, NULL, NULL ), WSAEWOULDBLOCK );
            server = accept( first, NULL, NULL );
            ok( server != INVALID_SOCKET, "error %d\n", WSAGetLastError() );
            closesocket( server );
            closesocket( client );
        }
        closesocket( first );
        set_blocking( second, TRUE );
        client = make( SOCK_STREAM, PLAIN );
        expect_success( connect( client, (struct sockaddr *)&addr, sizeof(addr) ));
        server = accept( second, NULL, NULL );
        ok( server != INVALID_SOCKET, "error %d\n", WSAGetLastError() );
        closesocket( server );
        closesocket( client );
    }
    else
    {
        ok( 0, "second listen: error %d\n", WSAGetLastError() );
        closesocket( first );
    }
    closesocket( second );
}

/* Two families: reference 2.8; IPv6 sockets are dual-stack where one of the two is exclusive. */
static const struct
{
    struct { const char *address; BOOL exclusive; } sockets[2];
    int error;
}
pairs[] =
{
    { { { "::", TRUE }, { "127.0.0.1", FALSE } }, WSAEACCES },
    { { { "::", TRUE }, { "0.0.0.0", FALSE } }, WSAEACCES },
    { { { "127.0.0.1", FALSE }, { "::", TRUE } }, WSAEADDRINUSE },
    { { { "::", FALSE }, { "0.0.0.0", FALSE } }, 0 },
    { { { "::", FALSE }, { "0.0.0.0", TRUE } }, 0 },
    { { { "::1", FALSE }, { "0.0.0.0", TRUE } }, 0 },
    { { { "::1", TRUE }, { "127.0.0.1", TRUE } }, 0 },
    { { { "::ffff:127.0.0.1", FALSE }, { "0.0.0.0", TRUE } }, WSAEADDRINUSE },
    { { { "::ffff:127.0.0.1", FALSE }, { "127.0.0.1", FALSE } }, WSAEADDRINUSE },
    { { { "127.0.0.1", FALSE }, { "::ffff:127.0.0.1", FALSE } }, WSAEADDRINUSE },
    { { { "::ffff:0.0.0.0", FALSE }, { "0.0.0.0", FALSE } }, WSAEADDRINUSE },
};

static SOCKET bind_pair_member( const char *text, BOOL exclusive, unsigned short *port, int *error )
{
    struct sockaddr_storage addr;
    int family = strchr( text, ':' ) ? AF_INET6 : AF_INET, len = sizeof(addr), off = 0;
    SOCKET s = socket( family, SOCK_STREAM, 0 );

    WSAStringToAddressA( (char *)text, family, NULL, (struct sockaddr *)&addr, &len );
    ((struct sockaddr_in *)&addr)->sin_port = htons( *port );
    if (family == AF_INET6) setsockopt( s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof(off) );
    if (exclusive) setsockopt( s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&exclusive, sizeof(exclusive) );
    *error = bind( s, (struct sockaddr *)&addr, len ) ? WSAGetLastError() : 0;
    getsockname( s, (struct sockaddr *)&addr, &len );
    *port = ntohs( ((struct sockaddr_in *)&addr)->sin_port );
    return s;
}

static void test_families( void )
{
    unsigned int i, listening;
    unsigned short port;
    SOCKET first, second;
    int error;

    if (!have_ipv6()) return;
    for (i = 0; i < ARRAY_SIZE(pairs); i++)
    {
        for (listening = 0; listening < 2; listening++)
        {
            winetest_push_context( "%s%s%s, then %s%s", pairs[i].sockets[0].address,
                                   pairs[i].sockets[0].exclusive ? " exclusive" : "",
                                   listening ? " listening" : "", pairs[i].sockets[1].address,
                                   pairs[i].sockets[1].exclusive ? " exclusive" : "" );
            port = 0;
            first = bind_pair_member( pairs[i].sockets[0].address, pairs[i].sockets[0].exclusive, &port,
                                      &error );
            ok( !error, "error %d\n", error );
            if (listening) expect_success( listen( first, 1 ));
            second = bind_pair_member( pairs[i].sockets[1].address, pairs[i].sockets[1].exclusive, &port,
                                       &error );
            ok( error == pairs[i].error, "got error %d, expected %d\n", error, pairs[i].error );
            if (!error && listening) expect_success( listen( second, 1 ));
            closesocket( first );
            closesocket( second );
            winetest_pop_context();
        }
    }
}

/* The two options exclude each other (T: test_set_getsockopt). */
static void test_options( void )
{
    SOCKET s = make( SOCK_STREAM, REUSE ), t = make( SOCK_STREAM, EXCLUSIVE );
    int on = 1;

    expect_error( setsockopt( s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&on, sizeof(on) ), WSAEINVAL );
    expect_error( setsockopt( t, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on) ), WSAEINVAL );
    closesocket( s );
    closesocket( t );
}

START_TEST(reuse)
{
    char **argv;
    int argc = winetest_get_mainargs( &argv );

    start_sockets();
    if (argc >= 2 + KINDS * OPTION_COUNT * ADDRESS_COUNT) run_seconds( argv + 2 );
    else
    {
        test_options();
        test_matrix();
        test_delivery();
        test_two_listeners();
        test_families();
    }
    stop_sockets();
}
