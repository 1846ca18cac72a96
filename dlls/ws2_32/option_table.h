/*
 * The table of socket options: one row per option.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_OPTION_TABLE_H
#define WS2_OPTION_TABLE_H

#include "ws2_32_private.h"

/* How Windows treats lengths that are not the option's own; as observed by Wine's test_set_getsockopt. */
enum option_length
{
    LENGTH_A,   /* set: any, 0 too; get: any, 1 reported below 4 */
    LENGTH_B,   /* one byte, whatever the length */
    LENGTH_C,   /* 4; a shorter get is zeroed */
    LENGTH_D,   /* 4 */
    LENGTH_E,   /* 4; a shorter get reports 0 */
    LENGTH_F,   /* set: as many low bytes as given; get: 1 or 4 */
    LENGTH_OWN, /* not a number: "read" and "write" look after it */
};

enum option_direction
{
    OPTION_GET = 1,
    OPTION_SET = 2,
};

/* The sockets that have the option. */
enum option_sockets
{
    OPTION_STREAM = 1,
    OPTION_DATAGRAM = 2,
    OPTION_RAW = 4,
    OPTION_INET = 8,
    OPTION_INET6 = 16,
    OPTION_OTHER_FAMILY = 32,
    OPTION_DUAL = 64,   /* of a level: IPv6 sockets only as far as they speak IPv4 */
};

#define ANY_FAMILY (OPTION_INET | OPTION_INET6 | OPTION_OTHER_FAMILY)

/* The states of a socket that a row can be for. */
enum option_states
{
    STATE_NEW = 1,
    STATE_BOUND = 2,            /* it has a name, and is in none of the states below */
    STATE_LISTENING = 4,
    STATE_CONNECTING = 8,
    STATE_CONNECTED = 16,
    STATE_SHUT_DOWN = 32,       /* connected, and one direction is shut down, or both */

    STATE_ANY = 63,
    STATE_NAMED = STATE_ANY & ~STATE_NEW,
    STATE_WITH_PEER = STATE_CONNECTING | STATE_CONNECTED | STATE_SHUT_DOWN,
};

/* Who knows the state. */
enum state_source
{
    STATE_BY_RECORD,            /* our record: nobody is asked */
    STATE_BY_NAME,              /* AFD, by its name; asked once, the name is kept */
    STATE_BY_PEER,              /* the same, by the name of its peer */
    STATE_BY_HOST,              /* the host: whether it listens, which also tells that it is a socket */
    STATE_BY_HANDLER,           /* the handler, by its own call to AFD or the host: the row only says so */
};

struct row_states
{
    BYTE in;                    /* enum option_states; 0: any, and then nothing is checked */
    BYTE source;                /* enum state_source */
    BYTE sockets;               /* enum option_sockets: others are not checked; 0: all are */
    BYTE late;                  /* the handler calls check_state() after errors that go first */
    WORD wrong_state;           /* error in any other state */
};

/* The column of a row, behind all others: ".states = ONLY( WITH_PEER, PEER, NOTCONN )". Such a row is for
 * these states, or for all but them; LATE: the handler has errors of its own that go first. */
#define ONLY( state, source, error ) { STATE_##state, STATE_BY_##source, 0, FALSE, WSAE##error }
#define ONLY_OF( sockets, state, source, error ) \
    { STATE_##state, STATE_BY_##source, sockets, FALSE, WSAE##error }
#define ONLY_LATE( state, source, error ) { STATE_##state, STATE_BY_##source, 0, TRUE, WSAE##error }
#define EXCEPT( state, source, error ) \
    { STATE_ANY & ~STATE_##state, STATE_BY_##source, 0, FALSE, WSAE##error }

enum option_values
{
    VALUE_BOOL,     /* non-zero is stored as 1 */
    VALUE_NUMBER,   /* at most "max", WSAEINVAL above */
};

struct option_call
{
    SOCKET s;
    const struct option_row *row;
    struct socket_record *record;   /* may be NULL */
    int family, type, protocol;     /* Windows' numbers */
};

/* Handlers answer a Winsock error. Values are in our memory, buffers in the program's. */
typedef int (*option_get_fn)( struct option_call *call, DWORD *value );
typedef int (*option_set_fn)( struct option_call *call, DWORD value );
typedef int (*option_read_fn)( struct option_call *call, char *buffer, int *len );
typedef int (*option_write_fn)( struct option_call *call, const char *buffer, int len );

struct option_row
{
    int level, number;
    const char *name;
    BYTE length;        /* enum option_length */
    BYTE direction;     /* enum option_direction */
    BYTE values;        /* enum option_values */
    BYTE sockets;       /* enum option_sockets */
    WORD wrong_socket;  /* error on any other socket */
    DWORD max;
    DWORD arg, arg2;    /* for the handler: host option; remembered value and default; AFD codes */
    option_get_fn get;
    option_set_fn set;  /* of a row that can only be got: the error of setting it, else WSAENOPROTOOPT */
    option_read_fn read;
    option_write_fn write;
    const char *source; /* T: Wine's test, observed on Windows; MS: Microsoft's page */
    /* Documented errors that do not follow from the above, and those that do but cannot occur, with a key of
     * the reasons in tests/documented.tsv: "get:WSAENOTCONN set:WSAENOTSOCK(anyhandle)". For tools/docs. */
    const char *errors;
    struct row_states get_states, set_states;   /* in which it can be got and set */
};

extern const struct option_row option_rows[];
extern const unsigned int option_row_count;

/* The row of an option, or NULL; *families are those whose sockets have the level, 0 when there is no such
 * level. */
const struct option_row *option_find( int level, int number, BYTE *families );

/* Name for traces, or the number. */
const char *debugstr_option( int level, int number );

/* Handlers that rows share. */
int option_get_host( struct option_call *call, DWORD *value );
int option_set_host( struct option_call *call, DWORD value );
int option_get_afd( struct option_call *call, DWORD *value );
int option_set_afd( struct option_call *call, DWORD value );
int option_get_remembered( struct option_call *call, DWORD *value );
int option_set_remembered( struct option_call *call, DWORD value );

/* Fill in what the socket is, and its record if it has one. Answers a Winsock error. */
int option_identify( struct option_call *call );

/* For what touches nothing but the record: the handle may be closed all the same. */
int option_check_handle( struct option_call *call );

/*** row_state.c ***/

/* What the socket is, as rows count them: its type and its family. */
BYTE option_kind( const struct option_call *call );

/* 0 when the socket is in one of these states, else the error. */
int check_state( struct option_call *call, const struct row_states *states );

/* The same at the time that is right for most rows: before the handler, unless that does it or meets it. */
int check_state_early( struct option_call *call, const struct row_states *states );

/* Winsock error for a host error of an option. */
int option_error( int host_error );

/* Our family and type numbers are Windows'; the host half has its own. */
int family_from_host( int family );
int type_from_host( int type );

/*** keepalive.c ***/

int keepalive_get( struct option_call *call, DWORD *value );
int keepalive_set( struct option_call *call, DWORD value );
/* row->arg: 0 idle, 1 interval, 2 count */
int keepalive_get_value( struct option_call *call, DWORD *value );
int keepalive_set_value( struct option_call *call, DWORD value );

/* What SIO_KEEPALIVE_VALS does to a stream socket. */
int keepalive_set_all( SOCKET s, struct socket_record *record, const struct tcp_keepalive *values );

#endif
