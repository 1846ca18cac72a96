/*
 * Fetches through the libcurl.dll found in the path (it comes with PostgreSQL for Windows): curlclient URL
 * gets URL/data one after the other over one connection, uploads 3 MB, and runs 20 transfers at once
 * through the multi interface, whose poll is WSAEventSelect and WSAWaitForMultipleEvents.
 * The server answers GET with 100000 bytes 'x' and anything else with the length of what it got.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "library.h"

typedef void CURL;
typedef void CURLM;

struct message { int msg; CURL *easy; union { void *pointer; int result; } data; };

static CURL *(*easy_init)(void);
static int (*easy_setopt)( CURL *, int, ... );
static int (*easy_perform)( CURL * );
static int (*easy_getinfo)( CURL *, int, ... );
static void (*easy_cleanup)( CURL * );
static const char *(*easy_strerror)( int );
static CURLM *(*multi_init)(void);
static int (*multi_add_handle)( CURLM *, CURL * );
static int (*multi_remove_handle)( CURLM *, CURL * );
static int (*multi_perform)( CURLM *, int * );
static int (*multi_poll)( CURLM *, void *, unsigned int, int, int * );
static struct message *(*multi_info_read)( CURLM *, int * );
static int (*multi_cleanup)( CURLM * );

enum
{
    OPT_WRITEDATA = 10001, OPT_URL = 10002, OPT_POSTFIELDS = 10015, OPT_CAINFO = 10065,
    OPT_WRITEFUNCTION = 20011, OPT_TIMEOUT = 13, OPT_POSTFIELDSIZE = 60, OPT_SSL_VERIFYPEER = 64,
    OPT_TCP_KEEPALIVE = 213, OPT_NOSIGNAL = 99, INFO_NUM_CONNECTS = 0x20001a,
};

static void load(void)
{
    static const struct import imports[] =
    {
        { (void **)&easy_init, "curl_easy_init" },
        { (void **)&easy_setopt, "curl_easy_setopt" },
        { (void **)&easy_perform, "curl_easy_perform" },
        { (void **)&easy_getinfo, "curl_easy_getinfo" },
        { (void **)&easy_cleanup, "curl_easy_cleanup" },
        { (void **)&easy_strerror, "curl_easy_strerror" },
        { (void **)&multi_init, "curl_multi_init" },
        { (void **)&multi_add_handle, "curl_multi_add_handle" },
        { (void **)&multi_remove_handle, "curl_multi_remove_handle" },
        { (void **)&multi_perform, "curl_multi_perform" },
        { (void **)&multi_poll, "curl_multi_poll" },
        { (void **)&multi_info_read, "curl_multi_info_read" },
        { (void **)&multi_cleanup, "curl_multi_cleanup" },
    };

    load_library( "libcurl.dll", imports, sizeof(imports) / sizeof(imports[0]) );
}

struct body { size_t size; char start[64]; int wrong; };

static size_t write_body( char *data, size_t size, size_t count, void *arg )
{
    struct body *body = arg;
    size_t i, length = size * count;

    for (i = 0; i < length; i++)
    {
        if (body->size + i < sizeof(body->start) - 1) body->start[body->size + i] = data[i];
        if (data[i] != 'x') body->wrong = 1;
    }
    body->size += length;
    return length;
}

static CURL *transfer( const char *url, struct body *body )
{
    CURL *curl = easy_init();

    memset( body, 0, sizeof(*body) );
    easy_setopt( curl, OPT_URL, url );
    easy_setopt( curl, OPT_WRITEFUNCTION, write_body );
    easy_setopt( curl, OPT_WRITEDATA, body );
    easy_setopt( curl, OPT_TIMEOUT, 20L );
    easy_setopt( curl, OPT_NOSIGNAL, 1L );
    easy_setopt( curl, OPT_TCP_KEEPALIVE, 1L );
    easy_setopt( curl, OPT_SSL_VERIFYPEER, 0L );
    return curl;
}

static void perform( CURL *curl, const char *what )
{
    int ret = easy_perform( curl );

    if (ret) fail( what, easy_strerror( ret ) );
}

static void check_body( const struct body *body, const char *what )
{
    char text[50];

    sprintf( text, "%u bytes, wrong %d", (unsigned int)body->size, body->wrong );
    if (body->size != 100000 || body->wrong) fail( what, text );
}

int main( int argc, char **argv )
{
    enum { PARALLEL = 20, UPLOAD = 3000000 };
    struct body body, bodies[PARALLEL];
    CURL *curl, *easies[PARALLEL];
    int i, running = 1, left, seen = 0;
    struct message *message;
    char url[200], *upload;
    DWORD start;
    CURLM *multi;
    long connects;

    if (argc < 2) return 2;
    load();
    sprintf( url, "%s/data", argv[1] );

    curl = transfer( url, &body );
    for (i = 0; i < 10; i++)
    {
        memset( &body, 0, sizeof(body) );
        perform( curl, "get" );
        check_body( &body, "get" );
        easy_getinfo( curl, INFO_NUM_CONNECTS, &connects );
        if (i && connects) fail( "get", "the connection was not used again" );
    }
    memset( &body, 0, sizeof(body) );
    upload = malloc( UPLOAD );
    memset( upload, 'y', UPLOAD );
    easy_setopt( curl, OPT_POSTFIELDS, upload );
    easy_setopt( curl, OPT_POSTFIELDSIZE, (long)UPLOAD );
    perform( curl, "upload" );
    if (strcmp( body.start, "3000000" )) fail( "upload", body.start );
    easy_cleanup( curl );

    multi = multi_init();
    for (i = 0; i < PARALLEL; i++) multi_add_handle( multi, easies[i] = transfer( url, &bodies[i] ) );
    start = GetTickCount();
    while (running)
    {
        int ret = multi_perform( multi, &running );

        if (!ret && running) ret = multi_poll( multi, NULL, 0, 1000, NULL );
        if (ret) fail( "multi", "error" );
        if (GetTickCount() - start > 25000) fail( "multi", "too slow" );
    }
    while ((message = multi_info_read( multi, &left )))
    {
        if (message->data.result) fail( "multi", easy_strerror( message->data.result ) );
        seen++;
    }
    if (seen != PARALLEL) fail( "multi", "transfers are missing" );
    for (i = 0; i < PARALLEL; i++)
    {
        check_body( &bodies[i], "multi" );
        multi_remove_handle( multi, easies[i] );
        easy_cleanup( easies[i] );
    }
    multi_cleanup( multi );
    printf( "ok\n" );
    return 0;
}
