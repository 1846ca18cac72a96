/*
 * Talks to a PostgreSQL server through the libpq.dll of PostgreSQL for Windows (found in the path):
 * pgclient PORT runs several connections at once, statements, a large result and a COPY.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "library.h"

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

static PGconn *(*pPQconnectdb)( const char * );
static int (*pPQstatus)( const PGconn * );
static char *(*pPQerrorMessage)( const PGconn * );
static PGresult *(*pPQexec)( PGconn *, const char * );
static int (*pPQresultStatus)( const PGresult * );
static char *(*pPQgetvalue)( const PGresult *, int, int );
static int (*pPQgetlength)( const PGresult *, int, int );
static int (*pPQntuples)( const PGresult * );
static void (*pPQclear)( PGresult * );
static void (*pPQfinish)( PGconn * );
static int (*pPQputCopyData)( PGconn *, const char *, int );
static int (*pPQputCopyEnd)( PGconn *, const char * );
static PGresult *(*pPQgetResult)( PGconn * );

enum { COMMAND_OK = 1, TUPLES_OK = 2, COPY_IN = 4 };

static void load(void)
{
    static const struct import imports[] =
    {
        { (void **)&pPQconnectdb, "PQconnectdb" },
        { (void **)&pPQstatus, "PQstatus" },
        { (void **)&pPQerrorMessage, "PQerrorMessage" },
        { (void **)&pPQexec, "PQexec" },
        { (void **)&pPQresultStatus, "PQresultStatus" },
        { (void **)&pPQgetvalue, "PQgetvalue" },
        { (void **)&pPQgetlength, "PQgetlength" },
        { (void **)&pPQntuples, "PQntuples" },
        { (void **)&pPQclear, "PQclear" },
        { (void **)&pPQfinish, "PQfinish" },
        { (void **)&pPQputCopyData, "PQputCopyData" },
        { (void **)&pPQputCopyEnd, "PQputCopyEnd" },
        { (void **)&pPQgetResult, "PQgetResult" },
    };

    load_library( "libpq.dll", imports, sizeof(imports) / sizeof(imports[0]) );
}

static PGconn *open_connection( const char *port )
{
    char parameters[200];
    PGconn *conn;

    sprintf( parameters, "host=127.0.0.1 port=%s user=postgres dbname=postgres connect_timeout=20 "
             "keepalives=1 keepalives_idle=30 gssencmode=disable sslmode=disable", port );
    conn = pPQconnectdb( parameters );
    if (pPQstatus( conn )) fail( "connect", pPQerrorMessage( conn ) );
    return conn;
}

static PGresult *run( PGconn *conn, const char *statement, int expected )
{
    PGresult *result = pPQexec( conn, statement );

    if (pPQresultStatus( result ) != expected) fail( statement, pPQerrorMessage( conn ) );
    return result;
}

int main( int argc, char **argv )
{
    enum { CONNECTIONS = 8 };
    PGconn *conns[CONNECTIONS];
    PGresult *result;
    char line[64];
    int i;

    if (argc < 2) return 2;
    load();
    for (i = 0; i < CONNECTIONS; i++) conns[i] = open_connection( argv[1] );

    pPQclear( run( conns[0], "create table if not exists t (n int, s text)", COMMAND_OK ) );
    pPQclear( run( conns[0], "truncate t", COMMAND_OK ) );
    pPQclear( run( conns[0], "copy t from stdin", COPY_IN ) );
    for (i = 0; i < 20000; i++)
    {
        int length = sprintf( line, "%d\trow number %d\n", i, i );

        if (pPQputCopyData( conns[0], line, length ) != 1) fail( "copy", pPQerrorMessage( conns[0] ) );
    }
    if (pPQputCopyEnd( conns[0], NULL ) != 1) fail( "copy end", pPQerrorMessage( conns[0] ) );
    while ((result = pPQgetResult( conns[0] ))) pPQclear( result );

    for (i = 0; i < CONNECTIONS; i++)
    {
        result = run( conns[i], "select count(*), sum(n) from t", TUPLES_OK );
        if (strcmp( pPQgetvalue( result, 0, 0 ), "20000" ) ||
            strcmp( pPQgetvalue( result, 0, 1 ), "199990000" ))
            fail( "sum", pPQgetvalue( result, 0, 1 ) );
        pPQclear( result );
        result = run( conns[i], "select n, s from t order by n", TUPLES_OK );
        if (pPQntuples( result ) != 20000 || strcmp( pPQgetvalue( result, 19999, 1 ), "row number 19999" ))
            fail( "rows", "wrong" );
        pPQclear( result );
        result = run( conns[i], "select repeat('x', 3000000)", TUPLES_OK );
        if (pPQgetlength( result, 0, 0 ) != 3000000) fail( "large value", "wrong length" );
        pPQclear( result );
    }
    for (i = 0; i < CONNECTIONS; i++) pPQfinish( conns[i] );
    for (i = 0; i < 10; i++) pPQfinish( open_connection( argv[1] ) );
    printf( "ok\n" );
    return 0;
}
