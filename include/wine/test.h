/*
 * Test harness with the interface of Wine's wine/test.h: checks, todo blocks, contexts, main program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test files of Wine 8.0 to 10.0 compile against it unchanged, with Wine's headers or with those of
 * mingw-w64, and the programs run on Windows too. One file per program defines STANDALONE first:
 * it receives the implementation and main(), and defines
 *
 *     const struct test winetest_testlist[] = { { "name", func_name }, ..., { 0, 0 } };
 *
 * START_TEST() does that by itself in a program of a single file.
 *
 * Environment variables:
 *   WINETEST_PLATFORM        "wine" or "windows"; todo_wine and broken() depend on it (default: detected)
 *   WINETEST_DEBUG           0: failures only, 1: the default, 2: never silence a repeated message
 *   WINETEST_REPORT_SUCCESS  1: report checks that succeed too
 *   WINETEST_REPORT_FLAKY    1: failures in a flaky block count in the exit status
 *   WINETEST_INTERACTIVE     1: checks that need a person or much time run too
 *   WINETEST_TIME            1: each message carries the time since the start
 *   WINETEST_COLOR           1, 0 or auto: colour the messages
 *   WINETEST_LIST_CHECKS     FILE: append "source:line ok|FAIL|todo|flaky|skip" to it for each check
 *                            (a process writes equal lines only once: some checks run a million times)
 */

#ifndef __WINE_WINE_TEST_H
#define __WINE_WINE_TEST_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <io.h>
#include <windef.h>
#include <winbase.h>
#include <guiddef.h>

#ifndef INVALID_FILE_ATTRIBUTES
#define INVALID_FILE_ATTRIBUTES   (~0u)
#endif
#ifndef INVALID_SET_FILE_POINTER
#define INVALID_SET_FILE_POINTER  (~0u)
#endif
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(x)  (sizeof(x) / sizeof((x)[0]))
#endif

#ifndef __WINE_PRINTF_ATTR
# if !defined(__GNUC__)
#  define __WINE_PRINTF_ATTR(fmt, args)
# elif defined(__USE_MINGW_ANSI_STDIO) && __USE_MINGW_ANSI_STDIO
#  define __WINE_PRINTF_ATTR(fmt, args)  __attribute__((format (gnu_printf, fmt, args)))
# else
#  define __WINE_PRINTF_ATTR(fmt, args)  __attribute__((format (printf, fmt, args)))
# endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* what the environment variables said */
extern int winetest_debug;
extern int winetest_time;
extern int winetest_interactive;
extern int winetest_report_success;
extern int winetest_report_flaky;
extern int winetest_color;
extern int winetest_mute_threshold;    /* a line's todo, skip and trace messages are silent beyond this */
extern const char *winetest_platform;
extern int winetest_platform_is_wine;

/* the counts; a todo "success" is a check that failed as foretold */
extern LONG winetest_successes;
extern LONG winetest_failures;
extern LONG winetest_flaky_failures;
extern LONG winetest_skipped;
extern LONG winetest_todo_successes;
extern LONG winetest_todo_failures;
extern LONG winetest_muted_traces;
extern LONG winetest_muted_skipped;
extern LONG winetest_muted_todo_successes;

extern void winetest_ok( int condition, const char *msg, ... ) __WINE_PRINTF_ATTR(2, 3);
extern void winetest_skip( const char *msg, ... ) __WINE_PRINTF_ATTR(1, 2);
extern void winetest_win_skip( const char *msg, ... ) __WINE_PRINTF_ATTR(1, 2);
extern void winetest_trace( const char *msg, ... ) __WINE_PRINTF_ATTR(1, 2);
extern int winetest_vok( int condition, const char *msg, va_list args );
extern void winetest_vskip( const char *msg, va_list args );
extern void winetest_subtest( const char *name );
extern void winetest_ignore_exceptions( BOOL ignore );
extern void winetest_wait_child_process( HANDLE process );

extern void winetest_set_location( const char *file, int line );
extern void winetest_push_context( const char *fmt, ... ) __WINE_PRINTF_ATTR(1, 2);
extern void winetest_pop_context(void);

extern void winetest_start_todo( int is_todo );
extern int winetest_loop_todo(void);
extern void winetest_end_todo(void);
extern void winetest_start_flaky( int is_flaky );
extern int winetest_loop_flaky(void);
extern void winetest_end_flaky(void);

extern int winetest_get_mainargs( char ***argv );
extern LONG winetest_get_failures(void);
extern void winetest_add_failures( LONG count );
extern void winetest_print_lock(void);
extern void winetest_print_unlock(void);
extern int winetest_get_time(void);
extern int broken( int condition );

/* The check macros are used as "ok( condition, ... )" at any place where a call may stand. They name
 * a function through this table, which winetest_at() returns after noting where it was called. */
struct winetest_calls
{
    void (*check)( int condition, const char *msg, ... ) __WINE_PRINTF_ATTR(2, 3);
    void (*skipped)( const char *msg, ... ) __WINE_PRINTF_ATTR(1, 2);
    void (*win_skipped)( const char *msg, ... ) __WINE_PRINTF_ATTR(1, 2);
    void (*note)( const char *msg, ... ) __WINE_PRINTF_ATTR(1, 2);
    void (*part)( const char *name );
    void (*exceptions)( BOOL ignore );
    void (*child)( HANDLE process );
};

extern const struct winetest_calls *winetest_at( const char *file, int line );

#ifdef WINETEST_NO_LINE_NUMBERS
#define winetest_at_(file, line)       winetest_at( file, 0 )
#else
#define winetest_at_(file, line)       winetest_at( file, line )
#endif

#define ok_(file, line)                 winetest_at_( file, line )->check
#define skip_(file, line)               winetest_at_( file, line )->skipped
#define win_skip_(file, line)           winetest_at_( file, line )->win_skipped
#define trace_(file, line)              winetest_at_( file, line )->note
#define subtest_(file, line)            winetest_at_( file, line )->part
#define ignore_exceptions_(file, line)  winetest_at_( file, line )->exceptions
#define wait_child_process_(file, line) winetest_at_( file, line )->child

#define ok                   ok_( __FILE__, __LINE__ )
#define skip                 skip_( __FILE__, __LINE__ )
#define win_skip             win_skip_( __FILE__, __LINE__ )
#define trace                trace_( __FILE__, __LINE__ )
#define subtest              subtest_( __FILE__, __LINE__ )
#define ignore_exceptions    ignore_exceptions_( __FILE__, __LINE__ )
#define wait_child_process   wait_child_process_( __FILE__, __LINE__ )

#define todo_if(is_todo) \
    for (winetest_start_todo( is_todo ); winetest_loop_todo(); winetest_end_todo())
#define todo_wine                todo_if( winetest_platform_is_wine )
#define todo_wine_if(is_todo)    todo_if( (is_todo) && winetest_platform_is_wine )

#define flaky_if(is_flaky) \
    for (winetest_start_flaky( is_flaky ); winetest_loop_flaky(); winetest_end_flaky())
#define flaky                    flaky_if( TRUE )
#define flaky_wine               flaky_if( winetest_platform_is_wine )
#define flaky_wine_if(is_flaky)  flaky_if( (is_flaky) && winetest_platform_is_wine )

#ifdef STANDALONE
#define START_TEST(name) \
    static void func_##name(void); \
    const struct test winetest_testlist[] = { { #name, func_##name }, { 0, 0 } }; \
    static void func_##name(void)
#else
#define START_TEST(name) void func_##name(void)
#endif

/* Accessors for members of anonymous unions and structures, for the tests before Wine 9. */
#ifdef NONAMELESSUNION
# define U(x)   (x).u
# define U1(x)  (x).u1
# define U2(x)  (x).u2
# define U3(x)  (x).u3
# define U4(x)  (x).u4
# define U5(x)  (x).u5
# define U6(x)  (x).u6
# define U7(x)  (x).u7
# define U8(x)  (x).u8
#else
# define U(x)   (x)
# define U1(x)  (x)
# define U2(x)  (x)
# define U3(x)  (x)
# define U4(x)  (x)
# define U5(x)  (x)
# define U6(x)  (x)
# define U7(x)  (x)
# define U8(x)  (x)
#endif
#ifdef NONAMELESSSTRUCT
# define S(x)   (x).s
# define S1(x)  (x).s1
# define S2(x)  (x).s2
# define S3(x)  (x).s3
# define S4(x)  (x).s4
# define S5(x)  (x).s5
#else
# define S(x)   (x)
# define S1(x)  (x)
# define S2(x)  (x)
# define S3(x)  (x)
# define S4(x)  (x)
# define S5(x)  (x)
#endif

/* Printable forms of values. The strings live in a ring per thread, long enough for one message.
 * A file that includes wine/debug.h before this one keeps the functions of that header. */
extern const char *winetest_dbg_sprintf( const char *fmt, ... ) __WINE_PRINTF_ATTR(1, 2);
extern const char *winetest_dbgstr_an( const char *str, int len );
extern const char *winetest_dbgstr_wn( const WCHAR *str, int len );

#ifndef __WINE_WINE_DEBUG_H

#define wine_dbg_sprintf  winetest_dbg_sprintf

static inline const char *wine_dbgstr_an( const char *str, int len )
{
    return winetest_dbgstr_an( str, len );
}

static inline const char *wine_dbgstr_wn( const WCHAR *str, int len )
{
    return winetest_dbgstr_wn( str, len );
}

static inline const char *wine_dbgstr_a( const char *str )
{
    return winetest_dbgstr_an( str, -1 );
}

static inline const char *wine_dbgstr_w( const WCHAR *str )
{
    return winetest_dbgstr_wn( str, -1 );
}

static inline const char *wine_dbgstr_guid( const GUID *guid )
{
    if (!guid) return "(null)";
    return winetest_dbg_sprintf( "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
                                 (unsigned int)guid->Data1, guid->Data2, guid->Data3,
                                 guid->Data4[0], guid->Data4[1], guid->Data4[2], guid->Data4[3],
                                 guid->Data4[4], guid->Data4[5], guid->Data4[6], guid->Data4[7] );
}

static inline const char *wine_dbgstr_point( const POINT *pt )
{
    return pt ? winetest_dbg_sprintf( "(%d,%d)", (int)pt->x, (int)pt->y ) : "(null)";
}

static inline const char *wine_dbgstr_size( const SIZE *size )
{
    return size ? winetest_dbg_sprintf( "(%d,%d)", (int)size->cx, (int)size->cy ) : "(null)";
}

static inline const char *wine_dbgstr_rect( const RECT *r )
{
    if (!r) return "(null)";
    return winetest_dbg_sprintf( "(%d,%d)-(%d,%d)", (int)r->left, (int)r->top,
                                 (int)r->right, (int)r->bottom );
}

static inline const char *wine_dbgstr_longlong( ULONGLONG value )
{
    unsigned int high = (unsigned int)(value >> 32), low = (unsigned int)value;

    return high ? winetest_dbg_sprintf( "%x%08x", high, low ) : winetest_dbg_sprintf( "%x", low );
}

static inline const char *wine_dbgstr_fourcc( unsigned int value )
{
    unsigned int i;
    char str[5];

    for (i = 0; i < 4; i++)
    {
        str[i] = (char)(value >> (8 * i));
        if (str[i] < ' ' || str[i] > '~') return winetest_dbg_sprintf( "0x%08x", value );
    }
    str[4] = 0;
    return winetest_dbg_sprintf( "'%s'", str );
}

static inline const char *debugstr_an( const char *str, int len ) { return winetest_dbgstr_an( str, len ); }
static inline const char *debugstr_wn( const WCHAR *str, int len ) { return winetest_dbgstr_wn( str, len ); }
static inline const char *debugstr_a( const char *str ) { return winetest_dbgstr_an( str, -1 ); }
static inline const char *debugstr_w( const WCHAR *str ) { return winetest_dbgstr_wn( str, -1 ); }
static inline const char *debugstr_guid( const GUID *guid ) { return wine_dbgstr_guid( guid ); }
static inline const char *debugstr_fourcc( unsigned int value ) { return wine_dbgstr_fourcc( value ); }

#endif /* __WINE_WINE_DEBUG_H */

#ifdef __cplusplus
}
#endif


#ifdef STANDALONE

#include <wincon.h>

struct test
{
    const char *name;
    void (*func)(void);
};

extern const struct test winetest_testlist[];

int winetest_debug = 1;
int winetest_time;
int winetest_interactive;
int winetest_report_success;
int winetest_report_flaky;
int winetest_color;
int winetest_mute_threshold = 42;
const char *winetest_platform = "windows";
int winetest_platform_is_wine;

LONG winetest_successes;
LONG winetest_failures;
LONG winetest_flaky_failures;
LONG winetest_skipped;
LONG winetest_todo_successes;
LONG winetest_todo_failures;
LONG winetest_muted_traces;
LONG winetest_muted_skipped;
LONG winetest_muted_todo_successes;

static const struct test *winetest_current;
static int winetest_argc;
static char **winetest_argv;
static int winetest_start_time;
static LONG winetest_last_message;     /* time of the last message of any kind */
static HANDLE winetest_print_mutex;

/* Everything a check needs to know about where it stands belongs to its thread. The levels of nested
 * todo and flaky blocks are bit stacks: a block inside a todo block is todo whatever it says itself. */
struct winetest_thread
{
    const char *file;
    int line;
    unsigned int todo_stack, flaky_stack;
    int todo_enter, flaky_enter;
    unsigned int depth;                /* of contexts, stored or not */
    char context[8][128];
    unsigned int ring_pos;
    char ring[4096];
};

static DWORD winetest_tls = TLS_OUT_OF_INDEXES;

/* The checks that follow must see the last error that the tested call left: each function that is
 * called between two checks goes through this pair. */
static struct winetest_thread *winetest_enter( DWORD *error )
{
    struct winetest_thread *thread;

    *error = GetLastError();
    if (!(thread = (struct winetest_thread *)TlsGetValue( winetest_tls )))
    {
        thread = (struct winetest_thread *)HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*thread) );
        thread->file = "(unknown)";
        TlsSetValue( winetest_tls, thread );
    }
    return thread;
}

static void winetest_leave( DWORD error )
{
    SetLastError( error );
}

int winetest_get_time(void)
{
    return (int)GetTickCount();
}

/* The mutex has a name, so that the messages of parent and child processes do not mix either. */
void winetest_print_lock(void)
{
    DWORD ret;

    if (!winetest_print_mutex) return;
    ret = WaitForSingleObject( winetest_print_mutex, 30000 );
    if (ret != WAIT_OBJECT_0 && ret != WAIT_ABANDONED) winetest_print_mutex = NULL;
}

void winetest_print_unlock(void)
{
    if (winetest_print_mutex) ReleaseMutex( winetest_print_mutex );
}

enum winetest_kind
{
    WINETEST_PLAIN,
    WINETEST_SUCCESS,
    WINETEST_FAILED,
    WINETEST_TODO_FAILED,
    WINETEST_TODO,
    WINETEST_FLAKY,
    WINETEST_FLAKY_TODO,
    WINETEST_SKIPPED
};

static const struct
{
    const char *color, *text;
}
winetest_kinds[] =
{
    { "",           "" },
    { "\033[32m",   "Test succeeded\n" },
    { "\033[1;91m", "Test failed: " },
    { "\033[31m",   "Test succeeded inside todo block: " },
    { "\033[33m",   "Test marked todo: " },
    { "\033[1;95m", "Test marked flaky: " },
    { "\033[35m",   "Test succeeded inside flaky todo block: " },
    { "\033[34m",   "Tests skipped: " },
};

static const char *winetest_elapsed( char *buffer )
{
    if (!winetest_time) return "";
    sprintf( buffer, "%.3f", (winetest_get_time() - winetest_start_time) / 1000.0 );
    return buffer;
}

/* A message is put together first and written by one call: what a test prints by itself, or a
 * process that dies, cannot cut it in two. */
static void winetest_vmessage( const struct winetest_thread *thread, enum winetest_kind kind,
                               const char *msg, va_list args )
{
    char buffer[4096], elapsed[32];
    const size_t limit = sizeof(buffer) - 16;
    const BOOL colored = winetest_color && *winetest_kinds[kind].color;
    unsigned int i;
    size_t len;
    int ret;

#define WINETEST_APPEND(call) \
    do { if ((ret = call) < 0 || (size_t)ret >= limit - len) len = limit - 1; else len += ret; } while (0)

    len = 0;
    WINETEST_APPEND( snprintf( buffer, limit, "%s%s:%d:%s %s", colored ? winetest_kinds[kind].color : "",
                               thread->file, thread->line, winetest_elapsed( elapsed ),
                               winetest_kinds[kind].text ));
    if (kind != WINETEST_SUCCESS)
    {
        for (i = 0; i < thread->depth && i < ARRAY_SIZE(thread->context); i++)
            WINETEST_APPEND( snprintf( buffer + len, limit - len, "%s: ", thread->context[i] ));
        WINETEST_APPEND( vsnprintf( buffer + len, limit - len, msg, args ));
    }
    if (len == limit - 1)
    {
        memcpy( buffer + len, "...\n", 4 );
        len += 4;
    }
    if (colored)
    {
        memcpy( buffer + len, "\033[0m", 4 );
        len += 4;
    }
#undef WINETEST_APPEND

    winetest_print_lock();
    fwrite( buffer, 1, len, stdout );
    fflush( stdout );
    winetest_print_unlock();
    InterlockedExchange( &winetest_last_message, winetest_get_time() );
}

static void winetest_message( const struct winetest_thread *thread, enum winetest_kind kind,
                              const char *msg, ... ) __WINE_PRINTF_ATTR(3, 4);
static void winetest_message( const struct winetest_thread *thread, enum winetest_kind kind,
                              const char *msg, ... )
{
    va_list args;

    va_start( args, msg );
    winetest_vmessage( thread, kind, msg, args );
    va_end( args );
}

/* Lines that report the same thing again and again are silenced. Lines of different files may share
 * a counter, which costs no more than a message. */
static BOOL winetest_muted( const struct winetest_thread *thread )
{
    static LONG counters[16384];
    LONG count;

    if (winetest_debug > 1) return FALSE;
    count = InterlockedIncrement( &counters[(unsigned int)thread->line % ARRAY_SIZE(counters)] );
    if (count == winetest_mute_threshold + 1)
        winetest_message( thread, WINETEST_PLAIN, "Line has been silenced after %d occurrences\n",
                          winetest_mute_threshold );
    return count > winetest_mute_threshold;
}


/* The list of checks. Several processes append to it at a time, and appending by file access right is
 * not atomic in Wine: they reserve their places by a counter in shared memory. */
static HANDLE winetest_list = INVALID_HANDLE_VALUE;
static LONG *winetest_list_end;

static void winetest_open_list( const char *path )
{
    char name[64];
    unsigned int hash = 0;
    const char *p;
    HANDLE mapping;
    BOOL first;

    for (p = path; *p; p++) hash = hash * 31 + (unsigned char)*p;
    sprintf( name, "winetest_list_%08x", hash );

    winetest_list = CreateFileA( path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                                 FILE_ATTRIBUTE_NORMAL, NULL );
    if (winetest_list == INVALID_HANDLE_VALUE)
    {
        printf( "Cannot write the list of checks to %s, error %u.\n", path, (unsigned int)GetLastError() );
        return;
    }
    winetest_print_lock();
    mapping = CreateFileMappingA( INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, name );
    first = GetLastError() != ERROR_ALREADY_EXISTS;
    if (mapping) winetest_list_end = (LONG *)MapViewOfFile( mapping, FILE_MAP_WRITE, 0, 0, 4096 );
    if (winetest_list_end && first) *winetest_list_end = (LONG)GetFileSize( winetest_list, NULL );
    winetest_print_unlock();
}

/* Has this process listed the result before? Without a lock, which a killed thread could leave taken. */
static BOOL winetest_listed( const struct winetest_thread *thread, const char *result )
{
    static volatile LONGLONG seen[32768];
    ULONGLONG key = 14695981039346656037ull;
    unsigned int i, slot;
    const char *p;
    LONGLONG old;

    for (p = thread->file; *p; p++) key = (key ^ (unsigned char)*p) * 1099511628211ull;
    key = (key << 24) | ((ULONGLONG)(thread->line & 0xffff) << 8) | (unsigned char)*result;
    for (i = 0; i < 64; i++)
    {
        slot = (unsigned int)((key * 11400714819323198485ull) >> 49);
        slot = (slot + i) % ARRAY_SIZE(seen);
        if ((ULONGLONG)seen[slot] == key) return TRUE;
        if (seen[slot]) continue;
        old = InterlockedCompareExchange64( &seen[slot], (LONGLONG)key, 0 );
        if (!old) return FALSE;
        if ((ULONGLONG)old == key) return TRUE;
    }
    return FALSE;
}

static void winetest_list_check( const struct winetest_thread *thread, const char *result )
{
    char buffer[300];
    OVERLAPPED place;
    DWORD done;
    int len;

    if (!winetest_list_end || winetest_listed( thread, result )) return;
    len = snprintf( buffer, sizeof(buffer), "%s:%d %s\n", thread->file, thread->line, result );
    if (len < 0 || len >= (int)sizeof(buffer)) return;
    memset( &place, 0, sizeof(place) );
    place.Offset = (DWORD)InterlockedExchangeAdd( winetest_list_end, len );
    WriteFile( winetest_list, buffer, len, &done, &place );
}


void winetest_set_location( const char *file, int line )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );
    const char *p;

    for (p = thread->file = file; *p; p++) if (*p == '/' || *p == '\\') thread->file = p + 1;
    thread->line = line;
    winetest_leave( error );
}

int winetest_vok( int condition, const char *msg, va_list args )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );
    const BOOL is_todo = thread->todo_stack != 0, is_flaky = thread->flaky_stack != 0;
    int ret = 1;

    if (is_todo && !condition)
    {
        winetest_list_check( thread, "todo" );
        if (winetest_debug && winetest_muted( thread ))
            InterlockedIncrement( &winetest_muted_todo_successes );
        else
        {
            if (winetest_debug) winetest_vmessage( thread, WINETEST_TODO, msg, args );
            InterlockedIncrement( &winetest_todo_successes );
        }
    }
    else if (is_todo || !condition)
    {
        winetest_list_check( thread, is_flaky ? "flaky" : "FAIL" );
        if (is_flaky)
        {
            winetest_vmessage( thread, is_todo ? WINETEST_FLAKY_TODO : WINETEST_FLAKY, msg, args );
            InterlockedIncrement( &winetest_flaky_failures );
        }
        else
        {
            winetest_vmessage( thread, is_todo ? WINETEST_TODO_FAILED : WINETEST_FAILED, msg, args );
            InterlockedIncrement( is_todo ? &winetest_todo_failures : &winetest_failures );
        }
        ret = 0;
    }
    else
    {
        winetest_list_check( thread, "ok" );
        /* with times, a second of silence is broken to show where it went */
        if (winetest_report_success ||
            (winetest_time && winetest_get_time() - winetest_last_message >= 1000))
            winetest_vmessage( thread, WINETEST_SUCCESS, msg, args );
        InterlockedIncrement( &winetest_successes );
    }
    winetest_leave( error );
    return ret;
}

void winetest_vskip( const char *msg, va_list args )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );

    winetest_list_check( thread, "skip" );
    if (winetest_muted( thread )) InterlockedIncrement( &winetest_muted_skipped );
    else
    {
        winetest_vmessage( thread, WINETEST_SKIPPED, msg, args );
        InterlockedIncrement( &winetest_skipped );
    }
    winetest_leave( error );
}

void winetest_ok( int condition, const char *msg, ... )
{
    va_list args;

    va_start( args, msg );
    winetest_vok( condition, msg, args );
    va_end( args );
}

void winetest_skip( const char *msg, ... )
{
    va_list args;

    va_start( args, msg );
    winetest_vskip( msg, args );
    va_end( args );
}

/* what only an old Windows lacks has to exist in Wine */
void winetest_win_skip( const char *msg, ... )
{
    va_list args;

    va_start( args, msg );
    if (winetest_platform_is_wine) winetest_vok( 0, msg, args );
    else winetest_vskip( msg, args );
    va_end( args );
}

void winetest_trace( const char *msg, ... )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );
    va_list args;

    if (winetest_debug)
    {
        if (winetest_muted( thread )) InterlockedIncrement( &winetest_muted_traces );
        else
        {
            va_start( args, msg );
            winetest_vmessage( thread, WINETEST_PLAIN, msg, args );
            va_end( args );
        }
    }
    winetest_leave( error );
}

void winetest_subtest( const char *name )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );

    winetest_message( thread, WINETEST_PLAIN, "Subtest %s\n", name );
    winetest_leave( error );
}

void winetest_ignore_exceptions( BOOL ignore )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );

    winetest_message( thread, WINETEST_PLAIN, "IgnoreExceptions=%d\n", ignore != FALSE );
    winetest_leave( error );
}

const struct winetest_calls *winetest_at( const char *file, int line )
{
    static const struct winetest_calls calls =
    {
        winetest_ok,
        winetest_skip,
        winetest_win_skip,
        winetest_trace,
        winetest_subtest,
        winetest_ignore_exceptions,
        winetest_wait_child_process,
    };

    winetest_set_location( file, line );
    return &calls;
}

int broken( int condition )
{
    return condition && !winetest_platform_is_wine;
}

void winetest_push_context( const char *fmt, ... )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );
    va_list args;

    if (thread->depth < ARRAY_SIZE(thread->context))
    {
        char *context = thread->context[thread->depth];

        va_start( args, fmt );
        vsnprintf( context, sizeof(thread->context[0]), fmt, args );
        va_end( args );
        context[sizeof(thread->context[0]) - 1] = 0;
    }
    thread->depth++;
    winetest_leave( error );
}

void winetest_pop_context(void)
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );

    if (thread->depth) thread->depth--;
    winetest_leave( error );
}

void winetest_start_todo( int is_todo )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );

    thread->todo_stack = thread->todo_stack * 2 + !!is_todo;
    thread->todo_enter = 1;
    winetest_leave( error );
}

int winetest_loop_todo(void)
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );
    int ret = thread->todo_enter;

    thread->todo_enter = 0;
    winetest_leave( error );
    return ret;
}

void winetest_end_todo(void)
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );

    thread->todo_stack /= 2;
    winetest_leave( error );
}

void winetest_start_flaky( int is_flaky )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );

    thread->flaky_stack = thread->flaky_stack * 2 + !!is_flaky;
    thread->flaky_enter = 1;
    winetest_leave( error );
}

int winetest_loop_flaky(void)
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );
    int ret = thread->flaky_enter;

    thread->flaky_enter = 0;
    winetest_leave( error );
    return ret;
}

void winetest_end_flaky(void)
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );

    thread->flaky_stack /= 2;
    winetest_leave( error );
}

int winetest_get_mainargs( char ***argv )
{
    *argv = winetest_argv;
    return winetest_argc;
}

LONG winetest_get_failures(void)
{
    return winetest_failures;
}

void winetest_add_failures( LONG count )
{
    if (count > 0) InterlockedExchangeAdd( &winetest_failures, count );
}

/* A child that runs checks exits with the number of its failures; a greater status is the code of an
 * exception. Its failures are messages and lines of the list already, only the count is missing here. */
void winetest_wait_child_process( HANDLE process )
{
    DWORD error, ret, code = 0;
    struct winetest_thread *thread = winetest_enter( &error );

    winetest_ok( process != NULL, "there is no child process to wait for\n" );
    if (!process) return;

    if ((ret = WaitForSingleObject( process, 30000 )))
        winetest_ok( 0, "the child process did not end, wait returned %u, error %u\n", (unsigned int)ret,
                     (unsigned int)GetLastError() );
    else if (!GetExitCodeProcess( process, &code ))
        winetest_ok( 0, "no exit code from the child process, error %u\n", (unsigned int)GetLastError() );
    else if (code)
    {
        winetest_list_check( thread, "FAIL" );
        if (code > 255)
            winetest_message( thread, WINETEST_FAILED, "unhandled exception %08x in child process %04x\n",
                              (unsigned int)code, (unsigned int)GetProcessId( process ));
        else
            winetest_message( thread, WINETEST_PLAIN, "%u failures in child process\n", (unsigned int)code );
        winetest_add_failures( code > 255 ? 1 : (LONG)code );
    }
    winetest_leave( error );
}


static const char *winetest_ring_add( struct winetest_thread *thread, const char *str, size_t len )
{
    char *ret;

    if (len > sizeof(thread->ring) / 4 - 1) len = sizeof(thread->ring) / 4 - 1;
    if (thread->ring_pos + len + 1 > sizeof(thread->ring)) thread->ring_pos = 0;
    ret = thread->ring + thread->ring_pos;
    memcpy( ret, str, len );
    ret[len] = 0;
    thread->ring_pos += (unsigned int)len + 1;
    return ret;
}

const char *winetest_dbg_sprintf( const char *fmt, ... )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );
    char buffer[1024];
    const char *ret;
    va_list args;
    int len;

    va_start( args, fmt );
    len = vsnprintf( buffer, sizeof(buffer), fmt, args );
    va_end( args );
    if (len < 0 || len >= (int)sizeof(buffer)) len = sizeof(buffer) - 1;
    ret = winetest_ring_add( thread, buffer, len );
    winetest_leave( error );
    return ret;
}

/* Narrow and wide strings differ in the size of a character and in how an odd one is written. */
static const char *winetest_quote( const void *str, int len, BOOL wide )
{
    static const char plain_escapes[] = "\nn\rr\tt\"\"\\\\";
    DWORD error;
    struct winetest_thread *thread;
    char buffer[320], *dst = buffer;
    const char *ret;
    int i;

    if (!str) return "(null)";
    if (!((ULONG_PTR)str >> 16)) return winetest_dbg_sprintf( "#%04x", (unsigned int)(ULONG_PTR)str );
    thread = winetest_enter( &error );
    if (wide ? IsBadStringPtrW( (const WCHAR *)str, len ) : IsBadStringPtrA( (const char *)str, len ))
    {
        winetest_leave( error );
        return "(invalid)";
    }
    if (wide) *dst++ = 'L';
    *dst++ = '"';
    for (i = 0; len < 0 || i < len; i++)
    {
        unsigned int c = wide ? ((const WCHAR *)str)[i] : ((const unsigned char *)str)[i];
        const char *esc;

        if (!c && len < 0) break;
        if (dst - buffer > 300)
        {
            len = -2;
            break;
        }
        for (esc = plain_escapes; *esc && (unsigned int)*esc != c; esc += 2) ;
        if (*esc)
        {
            *dst++ = '\\';
            *dst++ = esc[1];
        }
        else if (c >= ' ' && c < 127) *dst++ = (char)c;
        else dst += sprintf( dst, wide ? "\\%04x" : "\\x%02x", c );
    }
    *dst++ = '"';
    if (len == -2) dst += sprintf( dst, "..." );
    ret = winetest_ring_add( thread, buffer, dst - buffer );
    winetest_leave( error );
    return ret;
}

const char *winetest_dbgstr_an( const char *str, int len )
{
    return winetest_quote( str, len < 0 ? -1 : len, FALSE );
}

const char *winetest_dbgstr_wn( const WCHAR *str, int len )
{
    return winetest_quote( str, len < 0 ? -1 : len, TRUE );
}


static LONG CALLBACK winetest_exception( EXCEPTION_POINTERS *info )
{
    DWORD error;
    struct winetest_thread *thread = winetest_enter( &error );
    char elapsed[32];

    winetest_print_lock();
    printf( "%s:%d: this is the last test seen before the exception\n", thread->file, thread->line );
    printf( "%04x:%s:%s unhandled exception %08x at %p\n", (unsigned int)GetCurrentProcessId(),
            winetest_current ? winetest_current->name : "main", winetest_elapsed( elapsed ),
            (unsigned int)info->ExceptionRecord->ExceptionCode, info->ExceptionRecord->ExceptionAddress );
    fflush( stdout );
    winetest_print_unlock();
    return EXCEPTION_EXECUTE_HANDLER;
}

/* Test names may be given as file names, with a directory and with ".c", and as options ("--record"). */
static const struct test *winetest_find( const char *name )
{
    const struct test *test;
    const char *p;
    size_t len;

    for (p = name; *p; p++) if (*p == '/' || *p == '\\') name = p + 1;
    if (!strncmp( name, "--", 2 )) name += 2;
    len = strlen( name );
    if (len > 2 && !strcmp( name + len - 2, ".c" )) len -= 2;
    for (test = winetest_testlist; test->name; test++)
        if (strlen( test->name ) == len && !memcmp( test->name, name, len )) return test;
    return NULL;
}

static void winetest_print_names(void)
{
    const struct test *test;

    printf( "Valid test names:\n" );
    for (test = winetest_testlist; test->name; test++) printf( "    %s\n", test->name );
}

static int winetest_run( const struct test *test )
{
    char elapsed[32];
    LONG failed;

    winetest_current = test;
    test->func();

    failed = winetest_failures + winetest_todo_failures;
    if (winetest_debug)
    {
        unsigned int pid = GetCurrentProcessId();

        winetest_print_lock();
        if (winetest_muted_todo_successes || winetest_muted_skipped || winetest_muted_traces)
            printf( "%04x:%s:%s Silenced %d todos, %d skips and %d traces.\n", pid, test->name,
                    winetest_elapsed( elapsed ), (int)winetest_muted_todo_successes,
                    (int)winetest_muted_skipped, (int)winetest_muted_traces );
        printf( "%04x:%s:%s %d tests executed (%d marked as todo, %d as flaky, %d %s), %d skipped.\n",
                pid, test->name, winetest_elapsed( elapsed ),
                (int)(winetest_successes + failed + winetest_flaky_failures + winetest_todo_successes),
                (int)winetest_todo_successes, (int)winetest_flaky_failures,
                (int)failed, failed == 1 ? "failure" : "failures", (int)winetest_skipped );
        fflush( stdout );
        winetest_print_unlock();
    }
    if (winetest_report_flaky) failed += winetest_flaky_failures;
    return failed > 255 ? 255 : (int)failed;
}

static int winetest_getenv_int( const char *name, int value )
{
    char buffer[32];
    DWORD len = GetEnvironmentVariableA( name, buffer, sizeof(buffer) );

    return len && len < sizeof(buffer) ? atoi( buffer ) : value;
}

static void winetest_init_color(void)
{
    const DWORD escapes = ENABLE_PROCESSED_OUTPUT | 0x0004;  /* ENABLE_VIRTUAL_TERMINAL_PROCESSING */
    char buffer[32];
    DWORD mode, len = GetEnvironmentVariableA( "WINETEST_COLOR", buffer, sizeof(buffer) );
    HANDLE output;
    BOOL automatic;

    if (!len || len >= sizeof(buffer)) return;
    automatic = !strcmp( buffer, "auto" );
    winetest_color = automatic ? _isatty( _fileno( stdout )) : atoi( buffer );
    output = GetStdHandle( STD_OUTPUT_HANDLE );
    if (winetest_color && GetConsoleMode( output, &mode ) && !SetConsoleMode( output, mode | escapes ))
        winetest_color = !automatic;
}

int main( int argc, char **argv )
{
    static char platform[64], list[MAX_PATH * 2];
    const struct test *test;
    DWORD len;

    setvbuf( stdout, NULL, _IONBF, 0 );
    winetest_argc = argc;
    winetest_argv = argv;
    winetest_tls = TlsAlloc();
    winetest_print_mutex = CreateMutexA( NULL, FALSE, "winetest_print_mutex" );

    len = GetEnvironmentVariableA( "WINETEST_PLATFORM", platform, sizeof(platform) );
    if (len && len < sizeof(platform)) winetest_platform = platform;
    else if (GetProcAddress( GetModuleHandleA( "ntdll.dll" ), "wine_get_version" ))
        winetest_platform = "wine";
    winetest_platform_is_wine = !strcmp( winetest_platform, "wine" );

    winetest_debug = winetest_getenv_int( "WINETEST_DEBUG", winetest_debug );
    winetest_time = winetest_getenv_int( "WINETEST_TIME", 0 );
    winetest_interactive = winetest_getenv_int( "WINETEST_INTERACTIVE", 0 );
    winetest_report_success = winetest_getenv_int( "WINETEST_REPORT_SUCCESS", 0 );
    winetest_report_flaky = winetest_getenv_int( "WINETEST_REPORT_FLAKY", 0 );
    winetest_init_color();
    winetest_start_time = winetest_last_message = winetest_get_time();

    len = GetEnvironmentVariableA( "WINETEST_LIST_CHECKS", list, sizeof(list) );
    if (len && len < sizeof(list)) winetest_open_list( list );

    SetUnhandledExceptionFilter( winetest_exception );
    if (!winetest_interactive) SetErrorMode( SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX );

    if (argc < 2)
    {
        if (winetest_testlist[0].name && !winetest_testlist[1].name)
            return winetest_run( winetest_testlist );
        printf( "Usage: %s test_name [arguments]\n\n", argv[0] );
        winetest_print_names();
        return 1;
    }
    if (!strcmp( argv[1], "--list" ))
    {
        winetest_print_names();
        return 0;
    }
    if (!(test = winetest_find( argv[1] )))
    {
        printf( "There is no test '%s' in this program.\n", argv[1] );
        winetest_print_names();
        return 1;
    }
    return winetest_run( test );
}

#endif /* STANDALONE */

#endif /* __WINE_WINE_TEST_H */
