/*
 * What follows from the columns of the module's tables: each control code and option refuses what is no
 * socket, bad pointers, short buffers, the wrong direction, the wrong sockets and the wrong states with the
 * error of its row, and a control code pends where its row says so.
 * What a code or option answers otherwise is in the subtests about it; tests/tools/errors.sh compares what
 * was seen with what is documented.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources: reference 1.2 (rules of WSAIoctl) and 2.1 (rules of options, T: test_set_getsockopt); for each
 * row the source that docs/supported.md names.
 */
#include "util.h"
#include "row_input.h"

#define STATUS_OF_UNSUPPORTED 0xc00000bb

/*** the sockets ***/

/* As the rows count them. */
enum { STREAM = 1, DATAGRAM = 2, RAW = 4, INET = 8, INET6 = 16, DUAL = 64 };

/* The states that a row is for, 0: all; of which sockets that holds, 0: of all; the error in any other
 * state. */
struct states
{
    unsigned int in, sockets;
    int wrong;
};

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
              in_states, of_sockets, wrong_state, pends ) \
    { number, name, sizeof(void *) == 8 ? in64 : in32, sizeof(void *) == 8 ? out64 : out32, short_in, \
      short_out, sockets, wrong, sync_only, { in_states, of_sockets, wrong_state }, pends },
static const struct code
{
    DWORD number;
    const char *name;
    DWORD in, out;              /* the least; 0 when the code looks itself */
    int short_in, short_out;
    unsigned int sockets;       /* 0: always refused */
    int wrong;
    BOOL sync_only;
    struct states states;
    BOOL pends;                 /* when it is overlapped */
}
codes[] =
{
#include "record_rows.h"
};
#undef CODE

static char input[512], output[4096];
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

#define OPTION( level, number, name, length, class, ways, max, families, sockets, wrong, get_in, \
                get_sockets, get_wrong, set_in, set_sockets, set_wrong ) \
    { level, number, #level " " name, name, length, class, ways, max, families, sockets, wrong, \
      { get_in, get_sockets, get_wrong }, { set_in, set_sockets, set_wrong } },
static const struct option
{
    int level, number;
    const char *name, *short_name;
    DWORD length;               /* 0: a structure */
    char class;                 /* of lengths, reference 2.1; '-': a structure */
    unsigned int ways;          /* 0: always refused */
    unsigned int max;
    unsigned int families;      /* that the level is for */
    unsigned int sockets;
    int wrong;
    struct states get_states, set_states;
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

/*** states ***/

/* As the rows count them, by a program's calls. Connected is what comes before shut down. */
enum { NEW = 1, BOUND = 2, LISTENING = 4, CONNECTING = 8, CONNECTED = 16, SHUT_DOWN = 32 };

static const struct { const char *name; unsigned int mask; } states[] =
{
    { "new", NEW }, { "bound", BOUND }, { "listening", LISTENING }, { "connecting", CONNECTING },
    { "connected", CONNECTED }, { "shut down", SHUT_DOWN },
};

static struct crowd crowd;      /* who connects to it goes on connecting */
static ULONGLONG tokens[2];     /* of ports that are reserved, of streams and of datagrams */

struct target
{
    SOCKET s, peer;
};

static void drop_target( struct target *target )
{
    closesocket( target->peer );
    closesocket( target->s );
}

/* A socket in this state. FALSE when none of its kind gets there. */
static BOOL make_target( struct target *target, unsigned int kind, int protocol, unsigned int state )
{
    int family = kinds[kind].family, type = kinds[kind].type, len;
    struct sockaddr_storage addr;

    if (state & (LISTENING | CONNECTING) && type != SOCK_STREAM) return FALSE;
    if (state == CONNECTING && family != AF_INET) return FALSE;
    target->peer = INVALID_SOCKET;
    if (type == SOCK_STREAM && state & (CONNECTED | SHUT_DOWN))
        stream_socketpair( family, &target->s, &target->peer, WSA_FLAG_OVERLAPPED );
    else
    {
        target->s = WSASocketW( family, type, protocol, NULL, 0, WSA_FLAG_OVERLAPPED );
        ok( target->s != INVALID_SOCKET, "failed to create socket, error %d\n", WSAGetLastError() );
    }
    len = any_loopback( family, &addr );
    if (state & (BOUND | LISTENING)) expect_success( bind( target->s, (struct sockaddr *)&addr, len ) );
    if (state == LISTENING) expect_success( listen( target->s, 4 ) );
    if (state == CONNECTING)
    {
        set_blocking( target->s, FALSE );
        expect_error( connect( target->s, (struct sockaddr *)&crowd.addr, crowd.len ), WSAEWOULDBLOCK );
    }
    if (state & (CONNECTED | SHUT_DOWN) && type != SOCK_STREAM)
    {
        target->peer = WSASocketW( family, type, protocol, NULL, 0, WSA_FLAG_OVERLAPPED );
        expect_success( bind( target->peer, (struct sockaddr *)&addr, len ) );
        len = sizeof(addr);
        expect_success( getsockname( target->peer, (struct sockaddr *)&addr, &len ) );
        expect_success( connect( target->s, (struct sockaddr *)&addr, len ) );
    }
    if (state == SHUT_DOWN) expect_success( shutdown( target->s, SD_BOTH ) );
    return TRUE;
}

/* A row, and a direction of an option. */
struct use
{
    const struct code *code;
    const struct option *option;
    unsigned int way;
};

static const char *name_of( const struct use *use )
{
    return use->code ? use->code->name : use->option->short_name;
}

static const char *way_of( const struct use *use )
{
    return use->code ? "code" : use->way == GET ? "get" : "set";
}

static const struct states *states_of( const struct use *use )
{
    return use->code ? &use->code->states
                     : use->way == GET ? &use->option->get_states : &use->option->set_states;
}

/* Those for which the columns say no more than the state. */
static BOOL is_for( const struct use *use, unsigned int kind )
{
    if (sockets[kind] == INVALID_SOCKET) return FALSE;
    if (!use->code) return !expected_refusal( use->option, kind, use->way );
    /* MS: Winsock IOCTLs: for IPv4 */
    if (strstr( use->code->name, "RCVALL" ) && strstr( use->code->name, "MCAST" ) &&
        kinds[kind].family != AF_INET) return FALSE;
    return use->code->sockets && has_row( kind, use->code->sockets );
}

/* Raw sockets have to have the one that is for them (MS: SIO_RCVALL, Winsock IOCTLs). */
static int protocol_for( const struct use *use, unsigned int kind )
{
    if (!strstr( name_of( use ), "RCVALL" )) return kinds[kind].protocol;
    if (strstr( name_of( use ), "IGMP" )) return IPPROTO_IGMP;
    if (strstr( name_of( use ), "MCAST" )) return IPPROTO_UDP;
    return kinds[kind].family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

/* The call with something that the row can use. Answers what it does; what pends is over when this returns,
 * and *pended says so. */
static int call_row( const struct use *use, SOCKET s, unsigned int kind, BOOL overlapped, BOOL *pended )
{
    OVERLAPPED async = { .Internal = 0xdeadbeef };
    const struct option *option = use->option;
    DWORD in_size, out_size = sizeof(output), bytes;
    int ret, error;

    *pended = FALSE;
    memset( input, 0, sizeof(input) );
    in_size = fill_input( name_of( use ), kinds[kind].family, s, input,
                          use->code ? use->code->in : option->length, NULL );
    if (!use->code && use->way == SET) return set( s, option, input, in_size );
    if (!use->code) return get( s, option, output, option->length ? option->length : sizeof(output) );

    if (use->code->number & IOC_VOID) out_size = 0;
    if (strstr( use->code->name, "RCVALL" ))
    {
        ((DWORD *)input)[0] = 0;        /* off: the program needs no privilege for that */
        ((DWORD *)input)[1] = 1;        /* the interface of RCVALL_IF */
        in_size = 8;
    }
    if (!strcmp( use->code->name, "SIO_ASSOCIATE_PORT_RESERVATION" ))
    {
        memcpy( input, &tokens[kinds[kind].type == SOCK_DGRAM], sizeof(*tokens) );
        in_size = sizeof(*tokens);
    }
    if (!overlapped) return control( s, use->code, input, in_size, output, out_size );

    async.hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    ret = WSAIoctl( s, use->code->number, input, in_size, output, out_size, &bytes, &async, NULL );
    error = WSAGetLastError();
    if (ret && error == WSA_IO_PENDING)
    {
        *pended = async.Internal != STATUS_OF_UNSUPPORTED;
        CancelIoEx( (HANDLE)s, &async );
        ok( !WaitForSingleObject( async.hEvent, PATIENCE ), "not completed\n" );
    }
    CloseHandle( async.hEvent );
    WSASetLastError( error );
    return ret;
}

/* A row that is not for all states: the error of its column in the others, and not that one in its own. */
static void check_states( const struct use *use )
{
    const struct states *column = states_of( use );
    unsigned int kind, i, good = 0, bad = 0, reached = 0;
    struct target target;
    BOOL pended;

    for (kind = 0; kind < ARRAY_SIZE(kinds); kind++)
    {
        BOOL applies = !column->sockets || has_row( kind, column->sockets );

        if (!is_for( use, kind )) continue;
        for (i = 0; i < ARRAY_SIZE(states); i++)
        {
            winetest_push_context( "family %d, type %d, %s", kinds[kind].family, kinds[kind].type,
                                   states[i].name );
            if (make_target( &target, kind, protocol_for( use, kind ), states[i].mask ))
            {
                BOOL overlapped = use->code && use->code->pends;

                if (applies && !(column->in & states[i].mask))
                {
                    expect_error( call_row( use, target.s, kind, overlapped, &pended ), column->wrong );
                    bad++;
                }
                else
                {
                    int ret = call_row( use, target.s, kind, overlapped, &pended );

                    ok( !ret || WSAGetLastError() != column->wrong, "got the error of a wrong state\n" );
                    good++;
                }
                reached++;
                drop_target( &target );
            }
            winetest_pop_context();
        }
    }
    ok( !reached || (good && bad), "%u right and %u wrong states\n", good, bad );
}

/* The other rows answer the same in all states, called one after the other on one socket. */
static void check_any_state( unsigned int kind )
{
    static int answers[ARRAY_SIZE(codes) + 2 * ARRAY_SIZE(options)];
    struct target target;
    unsigned int i, row;
    BOOL pended;

    for (i = 0; i < ARRAY_SIZE(states); i++)
    {
        if (!make_target( &target, kind, kinds[kind].protocol, states[i].mask )) continue;
        winetest_push_context( "family %d, type %d, %s", kinds[kind].family, kinds[kind].type,
                               states[i].name );
        for (row = 0; row < ARRAY_SIZE(answers); row++)
        {
            unsigned int option = row < ARRAY_SIZE(codes) ? 0 : row - ARRAY_SIZE(codes);
            struct use use = { NULL };
            int error;

            if (row < ARRAY_SIZE(codes)) use.code = &codes[row];
            else use.option = &options[option / 2];
            use.way = option % 2 ? SET : GET;
            /* what a listener accepts is connected, and the other is the thread's */
            if (!strcmp( name_of( &use ), "SO_UPDATE_ACCEPT_CONTEXT" ) ||
                !strcmp( name_of( &use ), "SO_OPENTYPE" )) continue;
            if (!is_for( &use, kind ) || states_of( &use )->in) continue;
            error = call_row( &use, target.s, kind, use.code && use.code->pends, &pended )
                    ? WSAGetLastError() : 0;
            if (!i) answers[row] = error;
            else ok( error == answers[row], "%s %s: got error %d, %d on a new socket\n", way_of( &use ),
                     name_of( &use ), error, answers[row] );
        }
        winetest_pop_context();
        drop_target( &target );
    }
}

/* In a right state, on the first kind of sockets that has it, an overlapped call pends where the row says
 * so. */
static void check_pends( const struct code *code )
{
    struct use use = { .code = code };
    struct target target;
    unsigned int kind, i;
    BOOL pended;

    for (kind = 0; kind < ARRAY_SIZE(kinds) && !is_for( &use, kind ); kind++) {}
    if (kind == ARRAY_SIZE(kinds)) return;
    for (i = 0; code->states.in && !(states[i].mask & code->states.in & ~(unsigned int)CONNECTING); i++) {}
    if (!make_target( &target, kind, protocol_for( &use, kind ), states[i].mask )) return;
    call_row( &use, target.s, kind, TRUE, &pended );
    ok( pended == code->pends, "pends %d, error %d\n", pended, WSAGetLastError() );
    drop_target( &target );
}

/* The first two kinds are a stream and a datagram socket; a reservation ends with its socket. */
static void reserve_port( unsigned int kind )
{
    DWORD range = 0x10000;      /* one port, whichever */
    ULONGLONG reservation[2];

    expect_success( WSAIoctl( sockets[kind], 0x98000064, &range, sizeof(range), reservation,
                              sizeof(reservation), &count, NULL, NULL ) );
    tokens[kind] = reservation[1];
}

static void test_states( void )
{
    unsigned int i;

    start_crowd( &crowd );
    reserve_port( 0 );
    reserve_port( 1 );
    for (i = 0; i < ARRAY_SIZE(codes); i++)
    {
        struct use use = { .code = &codes[i] };

        winetest_push_context( "%s", codes[i].name );
        if (codes[i].states.in) check_states( &use );
        check_pends( &codes[i] );
        winetest_pop_context();
    }
    for (i = 0; i < 2 * ARRAY_SIZE(options); i++)
    {
        struct use use = { .option = &options[i / 2], .way = i % 2 ? SET : GET };

        winetest_push_context( "%s %s", way_of( &use ), use.option->name );
        if (states_of( &use )->in) check_states( &use );
        winetest_pop_context();
    }
    for (i = 0; i < ARRAY_SIZE(kinds); i++)
        if (sockets[i] != INVALID_SOCKET) check_any_state( i );
    end_crowd( &crowd );
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
    test_states();
    for (i = 0; i < ARRAY_SIZE(kinds); i++) closesocket( sockets[i] );
    CloseHandle( (HANDLE)file );
    stop_sockets();
}
