/*
 * What each control code and option costs, on a socket in each of its states. bench/rows/run runs it and
 * judges.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * usage: rows              a line for each call, row and state, with a time in nanoseconds:
 *                              way, row, state, error, ns
 *        rows COUNTS       the same with what hostcalls.so, which has to be preloaded, writes to that file:
 *                              way, row, state, error, calls of each group and kind, ns of the row's work
 *
 * The rows are those of the module's tables (the build makes record_rows.h from them). A call counts as one
 * that works when it succeeds again and again; rows that need a step before or after each call are in
 * steps[]. A call is timed by the time stamp counter, as the system's clock has steps of 100 ns here. All
 * figures are medians over single calls: what else runs on the processor does not show, nor does the
 * descriptor that is looked up anew now and then.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>
#include "row_input.h"
#include "hostcalls.h"

#ifndef NSPROTO_IPX
#define NSPROTO_IPX 1000
#endif
#ifndef SOL_IRLMP
#define SOL_IRLMP 0xff
#endif

#define ROUNDS 7
#define WARM 40                 /* calls until what can be kept is kept */
#define ROUND_NS 1000000.0
#define MOST_CALLS 2000         /* in a round */
#define LEAST_CALLS 5

/* As the rows count them. */
enum { STREAM = 1, DATAGRAM = 2, RAW = 4, INET = 8, INET6 = 16, DUAL = 64 };

enum way { GET, SET, CODE_WAY };
static const char *const way_names[] = { "get", "set", "code" };

static const struct row
{
    enum way way;
    int level;
    unsigned int number;
    const char *level_name, *name;
    unsigned int ways, sockets; /* ways 0: always refused */
    DWORD in, out;              /* least sizes; 0 where the row looks after them itself */
}
rows[] =
{
#define CODE( number, name, in32, in64, out32, out64, short_in, short_out, sockets, ... ) \
    { CODE_WAY, 0, number, "", name, sockets != 0, sockets, in64, out64 },
#include "record_rows.h"
#undef CODE
#define OPTION( level, number, name, length, class, ways, max, families, sockets, ... ) \
    { GET, level, number, #level " ", name, (ways) & 1, sockets, length, 0 }, \
    { SET, level, number, #level " ", name, (ways) & 2, sockets, length, 0 },
#include "record_rows.h"
#undef OPTION
};

/* Rows that can be called once, or only after others: options of the same level. */
static const struct step
{
    const char *name, *before, *after, *first;
}
steps[] =
{
    { "IP_ADD_MEMBERSHIP", NULL, "IP_DROP_MEMBERSHIP", NULL },
    { "IP_DROP_MEMBERSHIP", "IP_ADD_MEMBERSHIP", NULL, NULL },
    { "IP_ADD_SOURCE_MEMBERSHIP", NULL, "IP_DROP_SOURCE_MEMBERSHIP", NULL },
    { "IP_DROP_SOURCE_MEMBERSHIP", "IP_ADD_SOURCE_MEMBERSHIP", NULL, NULL },
    { "IP_BLOCK_SOURCE", NULL, "IP_UNBLOCK_SOURCE", "IP_ADD_MEMBERSHIP" },
    { "IP_UNBLOCK_SOURCE", "IP_BLOCK_SOURCE", NULL, "IP_ADD_MEMBERSHIP" },
    { "IP_ADD_IFLIST", NULL, "IP_DEL_IFLIST", "IP_IFLIST" },
    { "IP_DEL_IFLIST", "IP_ADD_IFLIST", NULL, "IP_IFLIST" },
    { "IPV6_ADD_MEMBERSHIP", NULL, "IPV6_DROP_MEMBERSHIP", NULL },
    { "IPV6_DROP_MEMBERSHIP", "IPV6_ADD_MEMBERSHIP", NULL, NULL },
    { "IPV6_ADD_IFLIST", NULL, "IPV6_DEL_IFLIST", "IPV6_IFLIST" },
    { "IPV6_DEL_IFLIST", "IPV6_ADD_IFLIST", NULL, "IPV6_IFLIST" },
    { "IP_GET_IFLIST", NULL, NULL, "IP_IFLIST" },
    { "IPV6_GET_IFLIST", NULL, NULL, "IPV6_IFLIST" },
    { "MCAST_JOIN_GROUP", NULL, "MCAST_LEAVE_GROUP", NULL },
    { "MCAST_LEAVE_GROUP", "MCAST_JOIN_GROUP", NULL, NULL },
    { "MCAST_BLOCK_SOURCE", NULL, "MCAST_UNBLOCK_SOURCE", "MCAST_JOIN_GROUP" },
    { "MCAST_UNBLOCK_SOURCE", "MCAST_BLOCK_SOURCE", NULL, "MCAST_JOIN_GROUP" },
    { "MCAST_JOIN_SOURCE_GROUP", NULL, "MCAST_LEAVE_SOURCE_GROUP", NULL },
    { "MCAST_LEAVE_SOURCE_GROUP", "MCAST_JOIN_SOURCE_GROUP", NULL, NULL },
    { "SIO_GET_MULTICAST_FILTER", NULL, NULL, "MCAST_JOIN_GROUP" },
    { "SIO_SET_MULTICAST_FILTER", NULL, NULL, "MCAST_JOIN_GROUP" },
    { "SIOCGMSFILTER", NULL, NULL, "MCAST_JOIN_GROUP" },
    { "SIOCSMSFILTER", NULL, NULL, "MCAST_JOIN_GROUP" },
    /* the token that one answers is what the others take */
    { "SIO_ACQUIRE_PORT_RESERVATION", NULL, "SIO_RELEASE_PORT_RESERVATION", NULL },
    { "SIO_RELEASE_PORT_RESERVATION", "SIO_ACQUIRE_PORT_RESERVATION", NULL, NULL },
    { "SIO_ASSOCIATE_PORT_RESERVATION", NULL, NULL, "SIO_ACQUIRE_PORT_RESERVATION" },
};

static const struct state
{
    const char *name;
    int type, protocol;
    unsigned int mask;
}
states[] =
{
    { "new", SOCK_STREAM, IPPROTO_TCP, STREAM },
    { "listening", SOCK_STREAM, IPPROTO_TCP, STREAM },
    { "connected", SOCK_STREAM, IPPROTO_TCP, STREAM },
    { "datagram", SOCK_DGRAM, IPPROTO_UDP, DATAGRAM },      /* bound and connected */
    { "raw", SOCK_RAW, IPPROTO_IGMP, RAW },                 /* bound; a protocol that no stray packet has */
};

static const struct
{
    const char *name;
    enum host_call_group group;
}
kinds[] =
{
#define X( name, group ) { #name, group },
    HOST_CALL_KINDS( X )
#undef X
};

static volatile struct host_calls *counts;
static double ns_per_cycle;

static void die( const char *what )
{
    fprintf( stderr, "%s failed, error %d\n", what, WSAGetLastError() );
    exit( 1 );
}

#define CHECK( expr ) do { if (!(expr)) die( #expr ); } while (0)

static void calibrate( void )
{
    LARGE_INTEGER frequency, start, end;
    unsigned long long cycles;

    QueryPerformanceFrequency( &frequency );
    QueryPerformanceCounter( &start );
    cycles = __rdtsc();
    do QueryPerformanceCounter( &end ); while (end.QuadPart - start.QuadPart < frequency.QuadPart / 10);
    cycles = __rdtsc() - cycles;
    ns_per_cycle = (end.QuadPart - start.QuadPart) * 1e9 / frequency.QuadPart / cycles;
}

static void map_counts( const char *unix_name )
{
    char name[MAX_PATH];
    HANDLE file, mapping;

    snprintf( name, sizeof(name), "\\\\?\\unix%s", unix_name );
    file = CreateFileA( name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
                        NULL );
    CHECK( file != INVALID_HANDLE_VALUE );
    CHECK( (mapping = CreateFileMappingA( file, NULL, PAGE_READONLY, 0, 0, NULL )) );
    CHECK( (counts = MapViewOfFile( mapping, FILE_MAP_READ, 0, 0, sizeof(*counts) )) );
}

/*** sockets ***/

struct target
{
    int family;
    SOCKET s, peer;             /* peer: of a connection, or the listener */
};

static int loopback( int family, struct sockaddr_storage *addr )
{
    memset( addr, 0, sizeof(*addr) );
    put_sockaddr( family, addr, "127.0.0.1", "::1" );
    addr->ss_family = family;
    return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static SOCKET make_bound( int family, const struct state *state )
{
    SOCKET s = WSASocketW( family, state->type, state->protocol, NULL, 0, WSA_FLAG_OVERLAPPED );
    struct sockaddr_storage addr;
    int len = loopback( family, &addr );

    if (s == INVALID_SOCKET) return s;
    CHECK( !bind( s, (struct sockaddr *)&addr, len ) );
    return s;
}

static BOOL make_target( struct target *target, int family, unsigned int state )
{
    struct sockaddr_storage addr;
    int len = sizeof(addr);
    SOCKET listener;

    target->family = family;
    target->peer = INVALID_SOCKET;
    if (!state)
    {
        target->s = WSASocketW( family, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED );
        return target->s != INVALID_SOCKET;
    }
    if ((target->s = make_bound( family, &states[state] )) == INVALID_SOCKET) return FALSE;
    if (state == 1) CHECK( !listen( target->s, 4 ) );
    if (state == 2)
    {
        listener = target->s;
        CHECK( !listen( listener, 4 ) );
        CHECK( !getsockname( listener, (struct sockaddr *)&addr, &len ) );
        target->s = WSASocketW( family, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED );
        CHECK( !connect( target->s, (struct sockaddr *)&addr, len ) );
        CHECK( (target->peer = accept( listener, NULL, NULL )) != INVALID_SOCKET );
        closesocket( listener );
    }
    if (state == 3)
    {
        target->peer = make_bound( family, &states[state] );
        CHECK( !getsockname( target->peer, (struct sockaddr *)&addr, &len ) );
        CHECK( !connect( target->s, (struct sockaddr *)&addr, len ) );
    }
    return TRUE;
}

/* The peer goes first, with a reset, so that no port is left waiting. */
static void drop_target( struct target *target )
{
    struct linger linger = { 1, 0 };

    setsockopt( target->peer, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) );
    closesocket( target->peer );
    closesocket( target->s );
}

/*** calls ***/

struct call
{
    const struct row *row;
    SOCKET s;
    char in[1024], out[8192];
    DWORD in_size, out_size, count;
    unsigned long long cycles;
};

static void prepare( struct call *call, const struct row *row, const struct target *target )
{
    memset( call->in, 0, sizeof(call->in) );
    call->row = row;
    call->s = target->s;
    call->out_size = row->out;
    if (row->way == CODE_WAY && !row->out && (row->number & 0x40000000)) call->out_size = 128;
    call->in_size = fill_input( row->name, target->family, target->s, call->in,
                                row->way == CODE_WAY || row->in ? row->in : row->way == SET ? 4 : 64,
                                row->way == CODE_WAY ? &call->out_size : NULL );
    if (!strcmp( row->name, "SIO_RELEASE_PORT_RESERVATION" ) ||
        !strcmp( row->name, "SIO_ASSOCIATE_PORT_RESERVATION" ))
        call->in_size = 8;
}

/* The error, 0 for success. */
static int make( struct call *call )
{
    const struct row *row = call->row;
    unsigned long long start;
    int ret, len = call->in_size;

    start = __rdtsc();
    if (row->way == CODE_WAY)
        ret = WSAIoctl( call->s, row->number, call->in, call->in_size, call->out, call->out_size,
                        &call->count, NULL, NULL );
    else if (row->way == SET)
        ret = setsockopt( call->s, row->level, row->number, call->in, len );
    else
        ret = getsockopt( call->s, row->level, row->number, call->out, &len );
    call->cycles = __rdtsc() - start;
    return ret ? WSAGetLastError() : 0;
}

static const struct row *find_row( const char *name, int level )
{
    unsigned int i;

    for (i = 0; i < ARRAYSIZE(rows); i++)
        if (rows[i].way != GET && rows[i].level == level && !strcmp( rows[i].name, name )) return &rows[i];
    return NULL;
}

/* Another row that the measured one needs; what is a token passes between them. */
static void make_step( const char *name, const struct row *row, const struct target *target,
                       struct call *step, const struct call *from, struct call *to )
{
    static const unsigned int token = 8;        /* its place in INET_PORT_RESERVATION_INSTANCE */
    BOOL ports = strstr( name, "_PORT_RESERVATION" ) != NULL;
    int level = row->level;

    if (!level && !ports) level = target->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    prepare( step, find_row( name, level ), target );
    if (ports && from) memcpy( step->in, from->out + token, 8 );
    make( step );
    if (ports && to) memcpy( to->in, step->out + token, 8 );
}

static const struct step *find_step( const struct row *row )
{
    unsigned int i;

    for (i = 0; i < ARRAYSIZE(steps); i++) if (!strcmp( steps[i].name, row->name )) return &steps[i];
    return NULL;
}

static int once( struct call *call, const struct target *target, const struct step *step )
{
    static struct call other;
    int error;

    if (step && step->before) make_step( step->before, call->row, target, &other, NULL, call );
    error = make( call );
    if (step && step->after) make_step( step->after, call->row, target, &other, call, NULL );
    return error;
}

/*** measuring ***/

static int compare( const void *a, const void *b )
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median( double *values, unsigned int count )
{
    qsort( values, count, sizeof(*values), compare );
    return count & 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* What waits for something to happen. */
static BOOL waits( const struct row *row )
{
    return strstr( row->name, "_CHANGE" ) || strstr( row->name, "_NOTIF" );
}

static void print_counts( struct call *call, const struct target *target, const struct step *step )
{
    static const char *const group_names[] = { "work", "look-up", "request" };
    enum { CALLS = 31 };
    double seen[KINDS][CALLS], cost[CALLS] = { 0 }, typical;
    unsigned int i, kind;

    for (i = 0; i < CALLS; i++)
    {
        struct host_calls before, after;
        static struct call other;

        if (step && step->before) make_step( step->before, call->row, target, &other, NULL, call );
        before = *counts;
        make( call );
        after = *counts;
        if (step && step->after) make_step( step->after, call->row, target, &other, call, NULL );
        for (kind = 0; kind < KINDS; kind++)
        {
            seen[kind][i] = after.kinds[kind].count - before.kinds[kind].count;
            if (kinds[kind].group == WORK) cost[i] += after.kinds[kind].cycles - before.kinds[kind].cycles;
        }
    }
    printf( "\t" );
    for (kind = 0; kind < KINDS; kind++)
        if ((typical = median( seen[kind], CALLS )))
            printf( "%s:%s:%.0f ", group_names[kinds[kind].group], kinds[kind].name, typical );
    printf( "\t%.0f", median( cost, CALLS ) * ns_per_cycle );
}

static double time_of( struct call *call, const struct target *target, const struct step *step )
{
    static double took[MOST_CALLS];
    double round[ROUNDS], total;
    unsigned int i, calls;

    for (i = 0; i < ROUNDS; i++)
    {
        for (total = calls = 0; calls < LEAST_CALLS || (calls < MOST_CALLS && total < ROUND_NS); calls++)
        {
            once( call, target, step );
            total += took[calls] = call->cycles * ns_per_cycle;
        }
        round[i] = median( took, calls );
    }
    return median( round, ROUNDS );
}

/* The sockets on which a row means something: AcceptEx targets are connected. */
static BOOL applies( const struct row *row, const struct state *state )
{
    if (!(row->sockets & state->mask) || !(row->sockets & (INET | INET6))) return FALSE;
    return strcmp( row->name, "SO_UPDATE_ACCEPT_CONTEXT" ) || !strcmp( state->name, "connected" );
}

static void measure( const struct row *row, unsigned int state )
{
    const struct step *step = find_step( row );
    static struct call call, other;
    struct target target;
    int error = 0, family;
    unsigned int i;

    if (!row->ways || waits( row ) || !applies( row, &states[state] )) return;
    /* options of a family on its sockets, the rest on IPv4 */
    family = row->sockets & INET && row->level != IPPROTO_IPV6 ? AF_INET : AF_INET6;
    if (!make_target( &target, family, state )) return;
    prepare( &call, row, &target );
    if (step && step->first)
    {
        make_step( step->first, row, &target, &other, NULL, &call );
        prepare( &call, row, &target );
        if (strstr( step->first, "_PORT_RESERVATION" )) memcpy( call.in, other.out + 8, 8 );
    }
    for (i = 0; i < WARM && !error; i++) error = once( &call, &target, step );
    printf( "%s\t%s%s\t%s\t%d", way_names[row->way], row->level_name, row->name, states[state].name,
            error && i > 1 ? -error : error );
    if (!error)
    {
        if (counts) print_counts( &call, &target, step );
        else printf( "\t%.0f", time_of( &call, &target, step ) );
    }
    printf( "\n" );
    if (!strcmp( row->name, "SO_OPENTYPE" ))    /* the thread's */
    {
        memset( call.in, 0, 4 );
        make( &call );
    }
    drop_target( &target );
}

int main( int argc, char **argv )
{
    unsigned int i, state;
    WSADATA data;

    CHECK( !WSAStartup( MAKEWORD( 2, 2 ), &data ) );
    calibrate();
    if (argc > 1) map_counts( argv[1] );
    for (i = 0; i < ARRAYSIZE(rows); i++)
        for (state = 0; state < ARRAYSIZE(states); state++) measure( &rows[i], state );
    return 0;
}
