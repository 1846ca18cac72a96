/*
 * What follows from the columns of the module's tables: each control code and option refuses what is no
 * socket, bad pointers, short buffers, the wrong direction and the wrong sockets with the error of its row.
 * What a code or option answers otherwise is in the subtests about it; tests/tools/errors.sh compares what
 * was seen with what is documented.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources: reference 1.2 (rules of WSAIoctl) and 2.1 (rules of options, T: test_set_getsockopt); for each
 * row the source that docs/supported.md names.
 */
#include "util.h"

#define STATUS_OF_UNSUPPORTED 0xc00000bb

/*** the sockets ***/

/* As the rows count them. */
enum { STREAM = 1, DATAGRAM = 2, RAW = 4, INET = 8, INET6 = 16, DUAL = 64 };

static const struct { int family, type, protocol; unsigned int mask; } kinds[] =
{
    { AF_INET, SOCK_STREAM, IPPROTO_TCP, INET | STREAM },
    { AF_INET, SOCK_DGRAM, IPPROTO_UDP, INET | DATAGRAM },
    { AF_INET, SOCK_RAW, IPPROTO_UDP, INET | RAW },
    { AF_INET6, SOCK_STREAM, IPPROTO_TCP, INET6 | STREAM },
    { AF_INET6, SOCK_DGRAM, IPPROTO_UDP, INET6 | DATAGRAM },
    { AF_INET6, SOCK_RAW, IPPROTO_UDP, INET6 | RAW },
};

static SOCKET sockets[ARRAY_SIZE(kinds)];      /* INVALID_SOCKET: cannot be had here */
static SOCKET file;                            /* a handle that is no socket */

static void make_sockets( void )
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(kinds); i++)
    {
        sockets[i] = INVALID_SOCKET;
        if (kinds[i].family == AF_INET6 && !have_ipv6())
        {
            note_seen( "without ipv6" );
            continue;
        }
        sockets[i] = WSASocketW( kinds[i].family, kinds[i].type, kinds[i].protocol, NULL, 0,
                                 WSA_FLAG_OVERLAPPED );
        if (kinds[i].type != SOCK_RAW || sockets[i] != INVALID_SOCKET)
            ok( sockets[i] != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
        else
        {
            skip( "raw sockets need privilege, error %d\n", WSAGetLastError() );
            note_seen( "without raw" );
        }
    }
    file = (SOCKET)CreateEventW( NULL, FALSE, FALSE, NULL );
}

static BOOL has_row( unsigned int kind, unsigned int mask )
{
    return (mask & kinds[kind].mask) == kinds[kind].mask;
}

/* A socket that has the row. */
static SOCKET socket_for( unsigned int mask )
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(kinds); i++)
        if (has_row( i, mask ) && sockets[i] != INVALID_SOCKET) return sockets[i];
    return INVALID_SOCKET;
}

/*** control codes ***/

#define CODE( number, name, in32, in64, out32, out64, short_in, short_out, sockets, wrong, sync_only, \
              ... ) \
    { number, name, sizeof(void *) == 8 ? in64 : in32, sizeof(void *) == 8 ? out64 : out32, short_in, \
      short_out, sockets, wrong, sync_only },
static const struct code
{
    DWORD number;
    const char *name;
    DWORD in, out;              /* the least; 0 when the code looks itself */
    int short_in, short_out;
    unsigned int sockets;       /* 0: always refused */
    int wrong;
    BOOL sync_only;
}
codes[] =
{
#include "record_rows.h"
};
#undef CODE

static char input[512], output[512];
static DWORD count;

/* The same call blocking and overlapped: WSAEOPNOTSUPP is told by a completion (reference 1.2 rows 2 and 3),
 * any other error at once, without one (row 8). */
static void check_refusal( SOCKET s, const struct code *code, int error, BOOL blocking )
{
    HANDLE event = CreateEventW( NULL, TRUE, FALSE, NULL );
    OVERLAPPED overlapped = { .hEvent = event, .Internal = 0xdeadbeef };

    if (blocking)
    {
        count = 0xdeadbeef;
        expect_error( WSAIoctl( s, code->number, input, sizeof(input), output, sizeof(output), &count, NULL,
                                NULL ), error );
        if (error == WSAEOPNOTSUPP) ok( !count, "got %lu bytes\n", count );
    }
    if (error == WSAEOPNOTSUPP)
    {
        count = 0xdeadbeef;
        expect_error( WSAIoctl( s, code->number, input, sizeof(input), output, sizeof(output), &count,
                                &overlapped, NULL ), WSA_IO_PENDING );
        ok( count == 0xdeadbeef, "got %lu bytes\n", count );
        ok( !WaitForSingleObject( event, PATIENCE ), "not completed\n" );
        ok( (DWORD)overlapped.Internal == STATUS_OF_UNSUPPORTED && !overlapped.InternalHigh,
            "got %#Ix, %Iu bytes\n", overlapped.Internal, overlapped.InternalHigh );
    }
    else
    {
        expect_error( WSAIoctl( s, code->number, input, sizeof(input), output, sizeof(output), &count,
                                &overlapped, NULL ), error );
        ok( WaitForSingleObject( event, 0 ) == WAIT_TIMEOUT, "completed\n" );
    }
    CloseHandle( event );
}

static int control( SOCKET s, const struct code *code, void *in, DWORD in_size, void *out, DWORD out_size )
{
    return WSAIoctl( s, code->number, in, in_size, out, out_size, &count, NULL, NULL );
}

static void check_code( const struct code *code )
{
    SOCKET s = socket_for( code->sockets ? code->sockets : ~0u );
    unsigned int i;

    for (i = 0; i < 2; i++)
    {
        SOCKET none = i ? INVALID_SOCKET : file;

        expect_error( control( none, code, input, sizeof(input), output, sizeof(output) ), WSAENOTSOCK );
        expect_error( control( none, code, NULL, 0, NULL, 0 ), WSAENOTSOCK );
    }
    for (i = 0; i < ARRAY_SIZE(kinds); i++)
    {
        if (sockets[i] == INVALID_SOCKET || has_row( i, code->sockets )) continue;
        winetest_push_context( "family %d, type %d", kinds[i].family, kinds[i].type );
        check_refusal( sockets[i], code, code->wrong, TRUE );
        winetest_pop_context();
    }
    if (code->sync_only) check_refusal( s, code, WSAEOPNOTSUPP, FALSE );
    if (s == INVALID_SOCKET) return;

    /* reference 1.2 row 1 */
    expect_error( WSAIoctl( s, code->number, input, sizeof(input), output, sizeof(output), NULL, NULL,
                            NULL ), WSAEFAULT );
    expect_error( WSAIoctl( s, code->number, input, sizeof(input), output, sizeof(output), bad_pointer(),
                            NULL, NULL ), WSAEFAULT );
    expect_error( WSAIoctl( s, code->number, input, sizeof(input), output, sizeof(output), &count,
                            bad_pointer(), NULL ), WSAEFAULT );
    if (code->in)
    {
        expect_error( control( s, code, input, code->in - 1, output, sizeof(output) ), code->short_in );
        expect_error( control( s, code, input, 0, output, sizeof(output) ), code->short_in );
        expect_error( control( s, code, NULL, code->in, output, sizeof(output) ), code->short_in );
        /* MS: WSAIoctl: what cannot be reached */
        expect_error( control( s, code, bad_pointer(), code->in, output, sizeof(output) ), WSAEFAULT );
    }
    /* of both, the input is looked at first, and that of an extension function has to be a known one */
    if (code->out && !code->in)
    {
        expect_error( control( s, code, input, sizeof(input), output, code->out - 1 ), code->short_out );
        expect_error( control( s, code, input, sizeof(input), output, 0 ), code->short_out );
        expect_error( control( s, code, input, sizeof(input), NULL, code->out ), code->short_out );
    }
}

/*** options ***/

#define OPTION( level, number, name, length, class, ways, max, families, sockets, wrong, ... ) \
    { level, number, #level " " name, class, ways, max, families, sockets, wrong },
static const struct option
{
    int level, number;
    const char *name;
    char class;                 /* of lengths, reference 2.1; '-': a structure */
    unsigned int ways;          /* 0: always refused */
    unsigned int max;
    unsigned int families;      /* that the level is for */
    unsigned int sockets;
    int wrong;
}
options[] =
{
#include "record_rows.h"
};
#undef OPTION

enum { GET = 1, SET = 2 };

static int get( SOCKET s, const struct option *option, void *value, int len )
{
    return getsockopt( s, option->level, option->number, value, &len );
}

static int set( SOCKET s, const struct option *option, const void *value, int len )
{
    return setsockopt( s, option->level, option->number, value, len );
}

static void expect_get_error( SOCKET s, const struct option *option, int error )
{
    expect_error( get( s, option, output, sizeof(DWORD) ), error );
}

static void expect_set_error( SOCKET s, const struct option *option, int error )
{
    DWORD value = 1;

    expect_error( set( s, option, &value, sizeof(value) ), error );
}

/* SO_OPENTYPE is the thread's (T: test_sockopt_validity). */
static BOOL is_open_type( const struct option *option )
{
    return option->level == SOL_SOCKET && option->number == 0x7008;
}

/* What a new socket that does not have the option answers, else 0. A level of another family is not known to
 * it (SagerNet/sing issue 109: IPPROTO_IP of IPv6 sockets, as long as they are IPV6_V6ONLY). */
static int expected_refusal( const struct option *option, unsigned int kind, unsigned int way )
{
    unsigned int family = kinds[kind].mask & (INET | INET6);

    if (!((option->families | (option->ways ? option->sockets : 0)) & family)) return WSAEINVAL;
    if ((option->families & DUAL) && family == INET6) return WSAEINVAL;
    if (!option->ways) return option->wrong;
    if (!(option->ways & way)) return WSAENOPROTOOPT;
    return has_row( kind, option->sockets ) ? 0 : option->wrong;
}

static void check_get( SOCKET s, const struct option *option )
{
    BOOL whole = strchr( "CDE", option->class ) != NULL;
    int len;

    expect_error( getsockopt( s, option->level, option->number, output, bad_pointer() ), WSAEFAULT );
    if (is_open_type( option )) return;     /* any length below 0 */
    for (len = -1; len <= (whole ? 3 : 0); len++)
    {
        int got = len;

        winetest_push_context( "length %d", len );
        expect_error( getsockopt( s, option->level, option->number, output, &got ), WSAEFAULT );
        ok( got == (len > 0 && option->class == 'E' ? 0 : len), "got length %d\n", got );
        winetest_pop_context();
    }
}

static void check_set( SOCKET s, const struct option *option )
{
    DWORD value = 1;
    int len;

    if (option->number == 0x7010 && option->level == SOL_SOCKET) return;    /* takes no value */
    expect_error( set( s, option, bad_pointer(), 64 ), WSAEFAULT );
    for (len = 0; len <= (strchr( "CDE", option->class ) ? 3 : 0); len++)
        if (option->class != 'A' && option->class != '-')
            expect_error( set( s, option, &value, len ), WSAEFAULT );
    value = option->max + 1;
    if (option->max) expect_error( set( s, option, &value, sizeof(value) ), WSAEINVAL );
}

static void check_option( const struct option *option )
{
    SOCKET s = socket_for( option->sockets );
    unsigned int i;

    for (i = 0; i < 2 && !is_open_type( option ); i++)
    {
        SOCKET none = i ? INVALID_SOCKET : file;

        expect_get_error( none, option, WSAENOTSOCK );
        expect_set_error( none, option, WSAENOTSOCK );
        expect_error( getsockopt( none, option->level, option->number, NULL, NULL ), WSAENOTSOCK );
        expect_error( set( none, option, NULL, 0 ), WSAENOTSOCK );
    }
    /* what goes before the question whether the socket has the option */
    expect_error( getsockopt( sockets[0], option->level, option->number, output, NULL ), WSAEFAULT );
    expect_error( get( sockets[0], option, NULL, sizeof(DWORD) ), WSAEFAULT );
    expect_error( set( sockets[0], option, NULL, 64 ), WSAEFAULT );
    if ((option->ways & SET) && (option->level != SOL_SOCKET || option->class == 'B'))
        expect_error( set( sockets[0], option, output, -1 ), WSAENOBUFS );
    if (is_open_type( option ))
    {
        expect_success( get( file, option, output, sizeof(DWORD) ) );
        expect_success( set( INVALID_SOCKET, option, output, sizeof(DWORD) ) );
    }
    for (i = 0; i < ARRAY_SIZE(kinds); i++)
    {
        int get_error = expected_refusal( option, i, GET ), set_error = expected_refusal( option, i, SET );

        if (sockets[i] == INVALID_SOCKET || is_open_type( option )) continue;
        winetest_push_context( "family %d, type %d", kinds[i].family, kinds[i].type );
        if (get_error) expect_get_error( sockets[i], option, get_error );
        /* SO_TYPE: of datagrams it is another one (T: test_WSASocket) */
        if (option->level == SOL_SOCKET && option->number == SO_TYPE && kinds[i].type != SOCK_STREAM)
            set_error = WSAEINVAL;
        if (set_error) expect_set_error( sockets[i], option, set_error );
        winetest_pop_context();
    }
    if (s == INVALID_SOCKET) return;
    if (option->ways & GET) check_get( s, option );
    if (option->ways & SET) check_set( s, option );
}

START_TEST(rows)
{
    unsigned int i;

    start_sockets();
    make_sockets();
    for (i = 0; i < ARRAY_SIZE(codes); i++)
    {
        winetest_push_context( "%s", codes[i].name );
        check_code( &codes[i] );
        winetest_pop_context();
    }
    for (i = 0; i < ARRAY_SIZE(options); i++)
    {
        winetest_push_context( "%s", options[i].name );
        check_option( &options[i] );
        winetest_pop_context();
    }
    for (i = 0; i < ARRAY_SIZE(kinds); i++) closesocket( sockets[i] );
    CloseHandle( (HANDLE)file );
    stop_sockets();
}
