/*
 * What the files about names and addresses share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_NAMES_H
#define WS2_NAMES_H

#include "ws2_32_private.h"

/* Flags of ws2def.h that Wine's headers lack. */
#ifndef AI_FQDN
#define AI_FQDN                 0x00020000
#define AI_FILESERVER           0x00040000
#endif
#ifndef AI_EXTENDED
#define AI_EXTENDED             0x80000000
#endif

#define MAX_WORDS 40            /* words in a line of an etc file */
#define MAX_HOST_ADDRESSES 256

/*** etc.c: the files in drivers\etc ***/

/* Called for each line with a word in it; the words live until it returns. TRUE ends the scan. */
typedef BOOL (*etc_line)( char **words, unsigned int count, void *context );

/* Scan one of hosts, protocol, services. TRUE when a line was accepted. */
BOOL etc_scan( const WCHAR *file, etc_line line, void *context );

/* Case-insensitive comparison of ASCII names. */
BOOL same_name( const char *a, const char *b );

/*** netdb.c: entries, before they become a hostent, servent or protoent ***/

enum entry_kind
{
    ENTRY_HOST,
    ENTRY_SERVICE,
    ENTRY_PROTOCOL,
};

struct entry
{
    enum entry_kind kind;
    char *name;                 /* the strings lie in text */
    char *protocol;             /* of a service */
    char *aliases[MAX_WORDS];
    unsigned int alias_count;
    int number;                 /* port in network order, or protocol */
    int family;
    unsigned int address_count, address_size;
    BYTE *addresses;
    char *text;
    unsigned int text_size;
};

/* Find an entry: 0 and an entry for entry_free(), or a Winsock error. No thread data, no start-up check;
 * may block on a name server. A NULL name looks for the number; a NULL protocol matches any. */
int find_host_by_name( const char *name, struct entry *entry );
int find_host_by_address( const void *address, int size, int family, struct entry *entry );
int find_service( const char *name, int port, const char *protocol, struct entry *entry );
int find_protocol( const char *name, int number, struct entry *entry );
void entry_free( struct entry *entry );

/* Write the structure for an entry, laid out as Windows does since XP: the structure, its alias list, its
 * address list, addresses, strings. The pointers are those of an image at base. Answers the size needed;
 * nothing is written when size is smaller. */
ULONG entry_pack( const struct entry *entry, void *image, ULONG size, void *base );

/* A string of the program on our heap; 0, WSAEFAULT for bad memory, WSA_NOT_ENOUGH_MEMORY. NULL stays
 * NULL. */
int copy_program_string( const char *string, char **copy );
int copy_program_wstring( const WCHAR *string, WCHAR **copy );

/* Our host's name as Windows gives it, without a domain. FALSE when the host does not tell. */
BOOL local_host_name( char *name, ULONG size );

/* Whether this name means our host: its name with or without domain, or its NetBIOS name. */
BOOL is_local_host_name( const char *name );

/* Addresses that the hosts file has for a name. Answers how many, at most capacity. */
unsigned int hosts_file_addresses( const char *name, int family, struct host_address *list,
                                   unsigned int capacity );

/*** resolve.c ***/

struct query
{
    char *node, *service;       /* UTF-8; either may be NULL */
    int flags, family, socktype, protocol;
};

struct answer
{
    struct host_address *addresses;
    unsigned int count;
    struct
    {
        int socktype;
        USHORT port;            /* network order */
    }
    services[2];
    unsigned int service_count;
    int flags;                  /* of the results */
    char canonical[NI_MAXHOST]; /* empty without one */
};

enum list_shape
{
    SHAPE_ANSI,                 /* ADDRINFOA */
    SHAPE_WIDE,                 /* ADDRINFOW */
    SHAPE_EX_ANSI,              /* ADDRINFOEXA */
    SHAPE_EX_WIDE,              /* ADDRINFOEXW */
};

/* The checks of a query that need no look-up, in Windows' order. */
int query_check( const struct query *query );

/* Node and service names of the program, put into a query: to UTF-8, with international names encoded. */
int query_set_names( struct query *query, const WCHAR *node, const WCHAR *service );
int query_set_ansi_names( struct query *query, const char *node, const char *service );
void query_free( struct query *query );

/* Answer a query; blocks, without any lock. 0 or a Winsock error. */
int query_resolve( const struct query *query, struct answer *answer );
void answer_free( struct answer *answer );

/* Build the list that a program gets; NULL when out of memory. version is ai_version for the EX shapes,
 * 0 without AI_EXTENDED. */
void *answer_to_list( const struct query *query, const struct answer *answer, enum list_shape shape,
                      int version );

/* Answer a query whose making gave this error (or none), write the list to the program's pointer, and free
 * the query. Answers the error. */
int query_to_program( struct query *query, int error, enum list_shape shape, int version, void **result );

/* A time-out of the program; 0, WSAEFAULT, or WSAEINVAL for a negative one. */
int read_timeout( struct timeval *copy, const struct timeval *timeout );

/* Free a list of ours; shape tells where the links are. */
void list_free( void *list, enum list_shape shape );

#endif
