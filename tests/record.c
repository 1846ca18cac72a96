/*
 * The recorder: what a system answers to every control code and option, one line per observation.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   ws2_32_test.exe --record FILE [NAME]     docs/recording.md tells what the lines mean
 *
 * The codes and options are those of the module's tables (the build makes record_rows.h from them), and a
 * few that no system knows. Lines hold nothing that changes between two runs: no pointers, handles, ports.
 *
 * A worker thread makes the observations, one after the other by their numbers; the main thread watches
 * it. A call that waits although the socket does not block is ended by closing the socket. One that does not
 * come back is recorded as such, its thread is abandoned with all its sockets, and a new worker goes on with
 * the next number. An access violation that the module does not handle is caught
 * where nobody else wants it, by the filter for unhandled exceptions, so that guards of the module's own
 * work.
 */
#include "util.h"
#include "row_input.h"
#include <stdint.h>

#define LONGEST_CALL 5000       /* ms until a call counts as hung */
#define LONGEST_WAIT 500        /* ms until one that can wait is ended */
#define MOST_HANGS 30           /* a system that hangs more often than this is beyond recording */
#define FILL 0xa5
#define UNTOUCHED 0xdeadbeef

#ifndef STATUS_PENDING
#define STATUS_PENDING 0x103
#endif
#define BUFFER_SIZE 8192

/*** what is recorded ***/

struct code
{
    DWORD number;
    const char *name;
    DWORD in, out;              /* 0: not known to the table */
};

#define CODE( number, name, in32, in64, out32, out64, ... ) \
    { number, name, sizeof(void *) == 8 ? in64 : in32, sizeof(void *) == 8 ? out64 : out32 },
static const struct code codes[] =
{
#include "record_rows.h"
    { 0x20001234, "unknown (none)" },
    { 0x80041234, "unknown (in)" },
    { 0x48001234, "unknown (out)" },
    { 0xc8001234, "unknown (in, out)" },
    { 0x98001234, "unknown (vendor)" },
    { 0, "unknown (0)" },
};
#undef CODE

struct option
{
    int level, number;
    const char *level_name, *name;
    DWORD length;               /* 0: a structure */
};

#define OPTION( level, number, name, length, ... ) { level, number, #level, name, length },
static const struct option options[] =
{
#include "record_rows.h"
    { SOL_SOCKET, 0x1234, "SOL_SOCKET", "unknown", 4 },
    { IPPROTO_IP, 0x1234, "IPPROTO_IP", "unknown", 4 },
    { IPPROTO_IPV6, 0x1234, "IPPROTO_IPV6", "unknown", 4 },
    { IPPROTO_TCP, 0x1234, "IPPROTO_TCP", "unknown", 4 },
    { IPPROTO_UDP, 0x1234, "IPPROTO_UDP", "unknown", 4 },
    { 0x7777, 1, "unknown", "unknown", 4 },
};
#undef OPTION

static const struct { int number; const char *name; } families[] =
{
    { AF_INET, "ipv4" },
    { AF_INET6, "ipv6" },
};

/* The raw protocol is one that no stray packet uses. */
static const struct { int number, protocol; const char *name; } types[] =
{
    { SOCK_STREAM, IPPROTO_TCP, "stream" },
    { SOCK_DGRAM, IPPROTO_UDP, "datagram" },
    { SOCK_RAW, IPPROTO_IGMP, "raw" },
};

enum state { STATE_NEW, STATE_BOUND, STATE_LISTENING, STATE_CONNECTED, STATE_SHUT_DOWN, STATES };
static const char *state_names[] = { "new", "bound", "listening", "connected", "shut-down" };

enum route { ROUTE_BLOCKING, ROUTE_EVENT, ROUTE_PORT, ROUTES };
static const char *route_names[] = { "blocking", "event", "port" };

enum buffer
{
    BUFFER_NONE, BUFFER_NULL, BUFFER_BYTE, BUFFER_SHORT, BUFFER_EXACT, BUFFER_LONG, BUFFER_INVALID
};
static const char *buffer_names[] = { "none", "null", "byte", "short", "exact", "long", "invalid" };

static const struct { BYTE in, out, count; } code_buffers[] =
{
    { BUFFER_NONE, BUFFER_EXACT, 1 }, { BUFFER_NULL, BUFFER_EXACT, 1 }, { BUFFER_SHORT, BUFFER_EXACT, 1 },
    { BUFFER_EXACT, BUFFER_EXACT, 1 }, { BUFFER_LONG, BUFFER_EXACT, 1 }, { BUFFER_INVALID, BUFFER_EXACT, 1 },
    { BUFFER_EXACT, BUFFER_NONE, 1 }, { BUFFER_EXACT, BUFFER_NULL, 1 }, { BUFFER_EXACT, BUFFER_SHORT, 1 },
    { BUFFER_EXACT, BUFFER_LONG, 1 }, { BUFFER_EXACT, BUFFER_INVALID, 1 }, { BUFFER_EXACT, BUFFER_EXACT, 0 },
};

/* Each number is one observation: sockets, then for codes row, route, buffers; for options row, buffer. */
#define CODE_COUNT (ARRAY_SIZE( codes ) * ROUTES * ARRAY_SIZE( code_buffers ))
#define GET_BUFFERS 8           /* those above, and an invalid pointer to the length */
#define SET_BUFFERS 7
#define GET_COUNT (ARRAY_SIZE( options ) * GET_BUFFERS)
#define SET_COUNT (ARRAY_SIZE( options ) * SET_BUFFERS)
#define CELL_COUNT (CODE_COUNT + GET_COUNT + SET_COUNT)
#define CELLS (ARRAY_SIZE( families ) * ARRAY_SIZE( types ) * STATES)
#define ALL_COUNT (CELLS * CELL_COUNT)

static unsigned int family_of( unsigned int cell ) { return cell / STATES / ARRAY_SIZE( types ); }
static unsigned int type_of( unsigned int cell ) { return cell / STATES % ARRAY_SIZE( types ); }

/*** the worker ***/

enum { IDLE, BUSY, ABANDONED };

struct target
{
    SOCKET s, peer;
    HANDLE port;
};

struct worker
{
    volatile LONG status;           /* IDLE, BUSY; ABANDONED: touch nothing any more */
    volatile DWORD since;           /* time when it became busy */
    void *volatile waiting;         /* socket of a call that can wait, taken by who closes it; else NULL */
    const char *volatile step;      /* what it is at */
    unsigned int at;                /* number of the observation */
    DWORD thread;
    void *jump[5];
    void *frames;
    DWORD exception;
    unsigned int cell;
    BOOL refused;                   /* this cell's sockets do not exist here */
    SOCKET listener;
    struct target targets[2];       /* the second one's completions go to a port */
    OVERLAPPED *overlapped;
    char *in, *out;
    char key[512], answer[512];     /* the line */
};

static struct worker *current;
static FILE *output;
static const char *only;
static unsigned int lines, hangs, exceptions;
static unsigned int hang_at, fault_at;  /* lines whose call is made to hang or fault, to test the recorder */

static const struct { int number; const char *name; } errors[] =
{
#define E( name ) { name, #name }
    { 0, "0" }, { UNTOUCHED, "untouched" },
    E( WSAEFAULT ), E( WSAEINVAL ), E( WSAENOPROTOOPT ), E( WSAEOPNOTSUPP ),
    E( WSAENOTCONN ), E( WSAEACCES ), E( WSAENOTSOCK ), E( WSAEMSGSIZE ), E( WSAEADDRNOTAVAIL ),
    E( WSAEWOULDBLOCK ), E( WSAENOBUFS ), E( WSAEADDRINUSE ), E( WSAENETUNREACH ), E( WSAEHOSTUNREACH ),
    E( WSAEISCONN ), E( WSAESHUTDOWN ), E( WSAEPROTONOSUPPORT ), E( WSAEPROTOTYPE ), E( WSAESOCKTNOSUPPORT ),
    E( WSAEAFNOSUPPORT ), E( WSAEPFNOSUPPORT ), E( WSAEDESTADDRREQ ), E( WSAEALREADY ), E( WSAEINPROGRESS ),
    E( WSAECONNREFUSED ), E( WSAECONNRESET ), E( WSAECONNABORTED ), E( WSAETIMEDOUT ), E( WSAEINTR ),
    E( WSA_IO_PENDING ), E( WSA_OPERATION_ABORTED ), E( WSA_IO_INCOMPLETE ), E( WSA_INVALID_PARAMETER ),
    E( WSA_INVALID_HANDLE ),
    E( WSA_NOT_ENOUGH_MEMORY ), E( ERROR_NOACCESS ), E( ERROR_INVALID_FUNCTION ), E( ERROR_NOT_SUPPORTED ),
    E( ERROR_INSUFFICIENT_BUFFER ), E( WSASYSCALLFAILURE ), E( WSASYSNOTREADY ), E( WAIT_TIMEOUT ),
#undef E
};

static const char *error_name( DWORD error )
{
    static char number[4][16];      /* enough for one line */
    static unsigned int next;
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE( errors ); i++) if (errors[i].number == (int)error) return errors[i].name;
    sprintf( number[next = (next + 1) % 4], "%u", (unsigned int)error );
    return number[next];
}

/* Where an unhandled exception goes on. */
static void resume( void )
{
    ((NT_TIB *)NtCurrentTeb())->ExceptionList = current->frames;
    __builtin_longjmp( current->jump, 1 );
}

static LONG WINAPI unhandled( EXCEPTION_POINTERS *info )
{
    CONTEXT *context = info->ContextRecord;

    if (!current || !current->frames || GetCurrentThreadId() != current->thread)
        return EXCEPTION_CONTINUE_SEARCH;
    current->exception = info->ExceptionRecord->ExceptionCode;
#ifdef _WIN64
    context->Rsp = ((context->Rsp - 256) & ~(ULONG_PTR)15) - 8;     /* as after a call */
    context->Rip = (ULONG_PTR)resume;
#else
    context->Esp = ((context->Esp - 256) & ~(ULONG_PTR)15) - 4;
    context->Eip = (ULONG_PTR)resume;
#endif
    return EXCEPTION_CONTINUE_EXECUTION;
}

struct call
{
    SOCKET s;
    const struct code *code;
    const struct option *option;
    BOOL set;
    void *in, *out;
    DWORD in_size, out_size;
    DWORD *count;
    int *len;
    OVERLAPPED *overlapped;
    int ret;
    DWORD error;
};

static void make_call( struct call *call )
{
    if (hang_at && lines + 1 == hang_at) Sleep( INFINITE );
    if (fault_at && lines + 1 == fault_at) *(volatile char *)bad_pointer() = 0;
    WSASetLastError( UNTOUCHED );
    if (call->code)
        call->ret = WSAIoctl( call->s, call->code->number, call->in, call->in_size, call->out,
                              call->out_size, call->count, call->overlapped, NULL );
    else if (call->set)
        call->ret = setsockopt( call->s, call->option->level, call->option->number, call->in,
                                call->in_size );
    else call->ret = getsockopt( call->s, call->option->level, call->option->number, call->out, call->len );
    call->error = WSAGetLastError();
}

/* Make it; FALSE after an exception. */
static __attribute__((noinline)) BOOL guarded_call( struct worker *worker, struct call *call )
{
    worker->exception = 0;
    worker->frames = ((NT_TIB *)NtCurrentTeb())->ExceptionList;
#ifdef _WIN64
    if (!worker->frames) worker->frames = (void *)~(ULONG_PTR)0;
#endif
    if (!__builtin_setjmp( worker->jump )) make_call( call );
    worker->frames = NULL;
    return !worker->exception;
}

/*** sockets in their states ***/

static void close_hard( SOCKET s )
{
    struct linger linger = { 1, 0 };

    if (s == INVALID_SOCKET) return;
    setsockopt( s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof(linger) );
    closesocket( s );
}

/* The peer goes first, with a reset: no port of ours is left waiting. */
static void drop_target( struct worker *worker, unsigned int index )
{
    struct target *target = &worker->targets[index];

    worker->step = "close";
    close_hard( target->peer );
    close_hard( target->s );
    if (target->port) CloseHandle( target->port );
    target->s = target->peer = INVALID_SOCKET;
    target->port = NULL;
}

static int loopback_of( SOCKET s, struct sockaddr_storage *addr )
{
    int len = sizeof(*addr);

    if (getsockname( s, (struct sockaddr *)addr, &len )) return 0;
    return len;
}

/* Answers what failed, NULL when it stands. */
static const char *make_target( struct worker *worker, unsigned int index )
{
    struct target *target = &worker->targets[index];
    unsigned int family = family_of( worker->cell ), type = type_of( worker->cell );
    enum state state = worker->cell % STATES;
    struct sockaddr_storage addr;
    int len;

    worker->step = "make";
    target->s = WSASocketW( families[family].number, types[type].number, types[type].protocol, NULL, 0,
                            WSA_FLAG_OVERLAPPED );
    if (target->s == INVALID_SOCKET) return "socket";
    if (state == STATE_CONNECTED || state == STATE_SHUT_DOWN)
    {
        if (types[type].number == SOCK_STREAM)
        {
            if (worker->listener == INVALID_SOCKET)
            {
                worker->listener = WSASocketW( families[family].number, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                               WSA_FLAG_OVERLAPPED );
                len = any_loopback( families[family].number, &addr );
                if (bind( worker->listener, (struct sockaddr *)&addr, len )) return "bind";
                if (listen( worker->listener, 4 )) return "listen";
            }
            len = loopback_of( worker->listener, &addr );
            if (connect( target->s, (struct sockaddr *)&addr, len )) return "connect";
            if ((target->peer = accept( worker->listener, NULL, NULL )) == INVALID_SOCKET) return "accept";
        }
        else
        {
            target->peer = WSASocketW( families[family].number, types[type].number, types[type].protocol,
                                       NULL, 0, WSA_FLAG_OVERLAPPED );
            len = any_loopback( families[family].number, &addr );
            if (bind( target->peer, (struct sockaddr *)&addr, len )) return "bind";
            len = loopback_of( target->peer, &addr );
            if (connect( target->s, (struct sockaddr *)&addr, len )) return "connect";
        }
        if (state == STATE_SHUT_DOWN && shutdown( target->s, SD_BOTH )) return "shutdown";
    }
    else if (state != STATE_NEW)
    {
        len = any_loopback( families[family].number, &addr );
        if (bind( target->s, (struct sockaddr *)&addr, len )) return "bind";
        if (state == STATE_LISTENING && listen( target->s, 4 )) return "listen";
    }
    if (index && !(target->port = CreateIoCompletionPort( (HANDLE)target->s, NULL, 0x77, 1 ))) return "port";
    return NULL;
}

static void leave_cell( struct worker *worker )
{
    drop_target( worker, 0 );
    drop_target( worker, 1 );
    close_hard( worker->listener );
    worker->listener = INVALID_SOCKET;
}

/* How much of a buffer was written. */
static DWORD written( const char *buffer )
{
    DWORD size = BUFFER_SIZE;

    while (size && (BYTE)buffer[size - 1] == FILL) size--;
    return size;
}

static void append( char *text, const char *format, ... )
{
    va_list args;
    size_t len = strlen( text );

    va_start( args, format );
    vsnprintf( text + len, 512 - len, format, args );
    va_end( args );
}

/* What a call left in its output buffer: a number when it is small. */
static void append_data( struct worker *worker, const char *name, SOCKET s )
{
    DWORD size = written( worker->out ), i;
    ULONGLONG value = 0;

    if (!size) append( worker->answer, "\tdata=none" );
    else if (strstr( name, "PORT_RESERVATION" )) append( worker->answer, "\tdata=token" );
    else if (strstr( name, "RSS_PROCESSOR" )) append( worker->answer, "\tdata=processor" );
    else if (strstr( name, "_LIST" ) && size > 8) append( worker->answer, "\tdata=some" );
    else if (size > 8) append( worker->answer, "\tdata=%u bytes", (unsigned int)size );
    else
    {
        for (i = size; i--;) value = value << 8 | (BYTE)worker->out[i];
        if (!strcmp( name, "SO_CONNECT_TIME" ) && value < 100) append( worker->answer, "\tdata=time" );
        else if (!strcmp( name, "TCP_MAXSEG" ) && value > 500) append( worker->answer, "\tdata=size" );
        else if (size <= sizeof(void *) && strstr( name, "FUNCTION_POINTER" ))
            append( worker->answer, "\tdata=pointer" );
        else if (strstr( name, "ENDPOINT_HANDLE" )) append( worker->answer, "\tdata=handle" );
        else if (strstr( name, "HANDLE" ) && value == s) append( worker->answer, "\tdata=the socket" );
        else append( worker->answer, "\tdata=%#I64x/%u", value, (unsigned int)size );
    }
}

/* Lengths other than the exact one; *ptr is where the content is. */
static DWORD shape( enum buffer buffer, DWORD exact, void **ptr )
{
    switch (buffer)
    {
    case BUFFER_NONE: *ptr = NULL; return 0;
    case BUFFER_NULL: *ptr = NULL; return exact;
    case BUFFER_BYTE: return 1;
    case BUFFER_SHORT: return exact - 1;
    case BUFFER_EXACT: return exact;
    case BUFFER_LONG: return exact + 4;
    case BUFFER_INVALID: *ptr = bad_pointer(); return exact;
    }
    return exact;
}

/*** observations ***/

static BOOL can_pend( const struct code *code )
{
    return strstr( code->name, "_CHANGE" ) || strstr( code->name, "_NOTIF" );
}

/* The cell's name; its sockets are made here when they are not there. FALSE when that is refused. */
static BOOL enter( struct worker *worker, unsigned int cell, unsigned int index )
{
    const char *failed;
    DWORD error;

    if (cell != worker->cell)
    {
        leave_cell( worker );
        worker->cell = cell;
        worker->refused = FALSE;
    }
    if (worker->refused) return FALSE;
    if (worker->targets[index].s != INVALID_SOCKET) return TRUE;
    if (!(failed = make_target( worker, index ))) return TRUE;
    error = WSAGetLastError();
    sprintf( worker->answer, "ret=-1\terror=%s\tbytes=-\tcompletion=-\tdata=%s", error_name( error ),
             failed );
    worker->refused = TRUE;
    return FALSE;
}

/* For SO_UPDATE_ACCEPT_CONTEXT. */
static SOCKET context_of( const struct worker *worker )
{
    return worker->listener != INVALID_SOCKET ? worker->listener : worker->targets[0].s;
}

static void append_cell( struct worker *worker, unsigned int cell )
{
    append( worker->key, "\t%s\t%s\t%s", families[family_of( cell )].name,
            types[type_of( cell )].name, state_names[cell % STATES] );
}

/* The end of an overlapped request, or that there is none; what pends is cancelled. FALSE when even that
 * does not end it. */
static BOOL append_completion( struct worker *worker, struct call *call, enum route route, HANDLE port )
{
    OVERLAPPED *overlapped = call->overlapped, *dequeued = NULL;
    BOOL pending = call->ret && call->error == WSA_IO_PENDING;
    ULONG_PTR key = 0;
    DWORD bytes = 0, flags = 0, error;
    HANDLE event = (HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1);
    DWORD patience = 0;     /* what has completed already has been told */
    BOOL over = TRUE;

    append( worker->answer, "\tcompletion=" );
    if (pending)
    {
        append( worker->answer, "pending," );
        if (*(volatile ULONG_PTR *)&overlapped->Internal == STATUS_PENDING)
        {
            worker->step = "cancel";
            append( worker->answer, "cancelled," );
            if (!CancelIoEx( (HANDLE)call->s, overlapped ))
                append( worker->answer, "cancel %s,", error_name( GetLastError() ));
            patience = 1000;
        }
    }
    else if (!call->ret) patience = 5;
    if (route == ROUTE_EVENT)
    {
        over = !WaitForSingleObject( event, pending ? patience : 0 );
        append( worker->answer, over ? "event," : "no event," );
    }
    else
    {
        worker->step = "dequeue";
        if (GetQueuedCompletionStatus( port, &bytes, &key, &dequeued, patience ) || dequeued)
            append( worker->answer, "packet%s%s%s,", dequeued == overlapped ? "" : " of another",
                    key == 0x77 ? "" : " with another key", bytes > 8 ? " some" : bytes ? " few" : "" );
        else
        {
            append( worker->answer, "no packet," );
            over = FALSE;
        }
    }
    over = over || !pending || overlapped->Internal != STATUS_PENDING;
    worker->step = "result";
    if ((DWORD)overlapped->Internal == UNTOUCHED) append( worker->answer, "untouched" );
    else append( worker->answer, "%#x", (unsigned int)overlapped->Internal );
    if (pending && over)
    {
        bytes = UNTOUCHED;
        WSASetLastError( 0 );
        error = WSAGetOverlappedResult( call->s, overlapped, &bytes, FALSE, &flags ) ? 0 : WSAGetLastError();
        append( worker->answer, ",result %s", error_name( error ));
    }
    return over;
}

/* Answers whether there is such an observation. */
static BOOL observe_code( struct worker *worker, unsigned int cell, unsigned int number )
{
    const struct code *code = &codes[number / ARRAY_SIZE( code_buffers ) / ROUTES];
    enum route route = number / ARRAY_SIZE( code_buffers ) % ROUTES;
    unsigned int shape_index = number % ARRAY_SIZE( code_buffers ), index = route == ROUTE_PORT;
    enum buffer in = code_buffers[shape_index].in, out = code_buffers[shape_index].out;
    BOOL has_in = code->in || code->number & 0x80000000, has_out, changed, no_count, over = TRUE;
    BOOL whole, ended = FALSE;
    struct call call = { 0 };
    DWORD count = UNTOUCHED, in_exact, out_exact = code->out;
    u_long on = 1;

    if (only && strcmp( code->name, only )) return FALSE;
    if (!out_exact && (code->number & 0x40000000)) out_exact = 128;
    memset( worker->in, 0, BUFFER_SIZE );
    memset( worker->out, FILL, BUFFER_SIZE );
    in_exact = fill_input( code->name, families[family_of( cell )].number, context_of( worker ), worker->in,
                           code->in, &out_exact );
    has_out = out_exact != 0;
    if (!has_out)
    {
        /* all inputs without an output, and once with one that it does not need */
        if (shape_index >= 7 && shape_index != 9 && shape_index != 11) return FALSE;
        if (shape_index == 6) return FALSE;
        if (out == BUFFER_EXACT) out = BUFFER_NONE;
    }
    if (!has_in && shape_index >= 6) in = BUFFER_NONE;
    if (!has_in && in == BUFFER_NONE && shape_index > 0 && shape_index < 6) return FALSE;
    no_count = !code_buffers[shape_index].count;

    sprintf( worker->key, "WSAIoctl\t%s", code->name );
    append_cell( worker, cell );
    append( worker->key, "\t%s\tin=%s out=%s%s", route_names[route], buffer_names[in], buffer_names[out],
            no_count ? " no count" : "" );
    if (!enter( worker, cell, index )) return TRUE;
    if (in_exact == sizeof(SOCKET) && !strcmp( code->name, "SO_UPDATE_ACCEPT_CONTEXT" )) return FALSE;

    call.s = worker->targets[index].s;
    call.code = code;
    call.in = worker->in;
    call.in_size = shape( in, in_exact, &call.in );
    call.out = worker->out;
    call.out_size = shape( out, has_out ? out_exact : 64, &call.out );
    call.count = no_count ? NULL : &count;
    if (route != ROUTE_BLOCKING)
    {
        HANDLE event = worker->overlapped->hEvent;

        ResetEvent( event );
        memset( worker->overlapped, 0, sizeof(*worker->overlapped) );
        worker->overlapped->hEvent = event;
        worker->overlapped->Internal = UNTOUCHED;
        worker->overlapped->InternalHigh = UNTOUCHED;
        call.overlapped = worker->overlapped;
    }
    else if (can_pend( code ))
    {
        ioctlsocket( call.s, FIONBIO, &on );
        worker->since = GetTickCount();
        worker->waiting = (void *)call.s;
    }

    worker->step = "call";
    whole = guarded_call( worker, &call );
    if (route == ROUTE_BLOCKING && can_pend( code ) && !InterlockedExchangePointer( &worker->waiting, NULL ))
    {
        worker->targets[index].s = INVALID_SOCKET;
        ended = TRUE;
    }
    if (!whole)
    {
        sprintf( worker->answer, "ret=exception\terror=%#x\tbytes=-\tcompletion=-\tdata=none",
                 (unsigned int)worker->exception );
        exceptions++;
        drop_target( worker, index );
        return TRUE;
    }
    sprintf( worker->answer, "ret=%d\terror=%s", call.ret, error_name( call.error ));
    if (no_count) append( worker->answer, "\tbytes=-" );
    else if (count == UNTOUCHED) append( worker->answer, "\tbytes=untouched" );
    else if (count > 8 && strstr( code->name, "_LIST" )) append( worker->answer, "\tbytes=some" );
    else append( worker->answer, "\tbytes=%u", (unsigned int)count );
    if (route == ROUTE_BLOCKING) append( worker->answer, "\tcompletion=%s", ended ? "closed" : "-" );
    else over = append_completion( worker, &call, route, worker->targets[index].port );
    append_data( worker, code->name, call.s );
    if (!over)
    {
        /* the request lives on, and so must its memory */
        worker->overlapped = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(OVERLAPPED) );
        worker->overlapped->hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
        worker->out = VirtualAlloc( NULL, BUFFER_SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE );
    }

    /* a call that changed nothing leaves the socket as good as new */
    changed = (!call.ret || call.error == WSA_IO_PENDING) && (code->number & 0xc0000000) != 0x40000000;
    if (changed || can_pend( code )) drop_target( worker, index );
    return TRUE;
}

static BOOL observe_option( struct worker *worker, unsigned int cell, unsigned int number, BOOL set )
{
    const struct option *option = &options[number / (set ? SET_BUFFERS : GET_BUFFERS)];
    enum buffer buffer = number % (set ? SET_BUFFERS : GET_BUFFERS);
    BOOL bad_length = buffer == SET_BUFFERS;
    struct call call = { 0 };
    DWORD exact;
    int len;

    if (only && strcmp( option->name, only )) return FALSE;
    if (bad_length) buffer = BUFFER_EXACT;
    sprintf( worker->key, "%s\t%s %s", set ? "setsockopt" : "getsockopt", option->level_name, option->name );
    append_cell( worker, cell );
    append( worker->key, "\tblocking\t%s", bad_length ? "invalid length" : buffer_names[buffer] );
    if (!enter( worker, cell, 0 )) return TRUE;

    memset( worker->in, 0, BUFFER_SIZE );
    memset( worker->out, FILL, BUFFER_SIZE );
    exact = fill_input( option->name, families[family_of( cell )].number, context_of( worker ), worker->in,
                        option->length ? option->length : set ? 4 : 64, NULL );
    call.s = worker->targets[0].s;
    call.option = option;
    call.set = set;
    call.in = worker->in;
    call.out = worker->out;
    call.in_size = len = shape( buffer, exact, set ? &call.in : &call.out );
    call.len = bad_length ? bad_pointer() : &len;

    worker->step = "call";
    if (!guarded_call( worker, &call ))
    {
        sprintf( worker->answer, "ret=exception\terror=%#x\tbytes=-\tcompletion=-\tdata=none",
                 (unsigned int)worker->exception );
        exceptions++;
        drop_target( worker, 0 );
        return TRUE;
    }
    sprintf( worker->answer, "ret=%d\terror=%s", call.ret, error_name( call.error ));
    if (set || bad_length) append( worker->answer, "\tbytes=-" );
    else append( worker->answer, "\tbytes=%d", len );
    append( worker->answer, "\tcompletion=-" );
    if (!set) append_data( worker, option->name, call.s );
    else if (call.ret) append( worker->answer, "\tdata=none" );
    else
    {
        /* what the socket says now */
        call.set = FALSE;
        call.out = worker->out;
        len = exact;
        call.len = &len;
        worker->step = "read back";
        if (!guarded_call( worker, &call ) || call.ret) append( worker->answer, "\tdata=no get" );
        else append_data( worker, option->name, call.s );
        if (!strcmp( option->name, "SO_OPENTYPE" ))
        {
            /* this one belongs to the thread */
            len = 0;
            setsockopt( call.s, SOL_SOCKET, SO_OPENTYPE, (char *)&len, sizeof(len) );
        }
        drop_target( worker, 0 );
    }
    return TRUE;
}

static BOOL observe( struct worker *worker )
{
    unsigned int cell = worker->at / CELL_COUNT, number = worker->at % CELL_COUNT;

    /* the codes and gets first: what is set stays with the sockets of a set */
    if (number < CODE_COUNT) return observe_code( worker, cell, number );
    number -= CODE_COUNT;
    if (number < GET_COUNT) return observe_option( worker, cell, number, FALSE );
    return observe_option( worker, cell, number - GET_COUNT, TRUE );
}

static void write_line( const struct worker *worker )
{
    fprintf( output, "%s\t%s\n", worker->key, worker->answer );
    lines++;
}

static DWORD WINAPI work( void *arg )
{
    struct worker *worker = arg;
    BOOL refused, found;

    worker->thread = GetCurrentThreadId();
    for (; worker->at < ALL_COUNT; worker->at++)
    {
        unsigned int cell = worker->at / CELL_COUNT;

        if (worker->refused && cell == worker->cell) continue;
        worker->since = GetTickCount();
        worker->step = "make";
        InterlockedExchange( &worker->status, BUSY );
        refused = worker->refused && cell == worker->cell;
        found = observe( worker );
        if (InterlockedCompareExchange( &worker->status, IDLE, BUSY ) != BUSY) return 0;
        if (!found) continue;
        if (worker->refused && !refused)
        {
            /* once for all that is not there */
            strcpy( worker->key, "state\tall" );
            append_cell( worker, cell );
            append( worker->key, "\t-\t-" );
        }
        write_line( worker );
    }
    leave_cell( worker );
    return 0;
}

static struct worker *new_worker( unsigned int at, unsigned int cell, BOOL refused )
{
    struct worker *worker = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*worker) );

    worker->at = at;
    worker->cell = cell;
    worker->refused = refused;
    worker->listener = INVALID_SOCKET;
    worker->targets[0].s = worker->targets[0].peer = INVALID_SOCKET;
    worker->targets[1].s = worker->targets[1].peer = INVALID_SOCKET;
    worker->overlapped = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(OVERLAPPED) );
    worker->overlapped->hEvent = CreateEventW( NULL, TRUE, FALSE, NULL );
    worker->in = VirtualAlloc( NULL, BUFFER_SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE );
    worker->out = VirtualAlloc( NULL, BUFFER_SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE );
    return worker;
}

/* The system, for people; a line of its own that is not compared. */
static void write_header( void )
{
    HMODULE ntdll = GetModuleHandleA( "ntdll.dll" );
    const char *(CDECL *wine_version)(void) = (void *)GetProcAddress( ntdll, "wine_get_version" );
    OSVERSIONINFOEXW version = { sizeof(version) };
    LONG (WINAPI *get_version)( OSVERSIONINFOEXW * ) = (void *)GetProcAddress( ntdll, "RtlGetVersion" );

    if (get_version) get_version( &version );
    fprintf( output, "# recording 1, %u bit, Windows %u.%u.%u%s%s\n", (unsigned int)sizeof(void *) * 8,
             (unsigned int)version.dwMajorVersion, (unsigned int)version.dwMinorVersion,
             (unsigned int)version.dwBuildNumber, wine_version ? ", Wine " : "",
             wine_version ? wine_version() : "" );
    fprintf( output, "# %u control codes, %u options\n", (unsigned int)ARRAY_SIZE( codes ),
             (unsigned int)ARRAY_SIZE( options ));
}

static unsigned int planted( const char *name )
{
    char text[16];
    DWORD len = GetEnvironmentVariableA( name, text, sizeof(text) );

    return len && len < sizeof(text) ? atoi( text ) : 0;
}

/* Make a recording; FALSE when there is none or it is not whole. */
static BOOL record( const char *file )
{
    LPTOP_LEVEL_EXCEPTION_FILTER old_filter;
    DWORD start = GetTickCount();
    BOOL ret = TRUE;

    if (!(output = fopen( file, "wb" )))
    {
        printf( "cannot write %s\n", file );
        return FALSE;
    }
    setvbuf( output, NULL, _IOFBF, 1 << 16 );
    lines = hangs = exceptions = 0;
    hang_at = planted( "WS2_RECORD_HANG" );
    fault_at = planted( "WS2_RECORD_FAULT" );
    write_header();
    old_filter = SetUnhandledExceptionFilter( unhandled );
    current = new_worker( 0, ~0u, FALSE );
    while (current)
    {
        HANDLE thread = CreateThread( NULL, 0, work, current, 0, NULL );
        struct worker *worker = current;

        while (WaitForSingleObject( thread, 100 ) == WAIT_TIMEOUT)
        {
            if (worker->waiting && GetTickCount() - worker->since >= LONGEST_WAIT)
            {
                void *waiting = InterlockedExchangePointer( &worker->waiting, NULL );

                if (waiting) closesocket( (SOCKET)waiting );
            }
            if (worker->status != BUSY || GetTickCount() - worker->since < LONGEST_CALL) continue;
            if (InterlockedCompareExchange( &worker->status, ABANDONED, BUSY ) != BUSY) continue;
            break;
        }
        CloseHandle( thread );
        if (worker->status != ABANDONED) break;
        sprintf( worker->answer, "ret=hung\terror=-\tbytes=-\tcompletion=%s\tdata=none", worker->step );
        write_line( worker );
        if (++hangs < MOST_HANGS)
            current = new_worker( worker->at + 1, worker->at / CELL_COUNT, worker->refused );
        else
        {
            fprintf( output, "# given up after %u calls that hang\n", hangs );
            ret = FALSE;
            break;
        }
    }
    current = NULL;
    SetUnhandledExceptionFilter( old_filter );
    if (fclose( output )) ret = FALSE;
    printf( "%u observations in %u s, %u calls hang, %u exceptions\n", lines,
            (unsigned int)(GetTickCount() - start) / 1000, hangs, exceptions );
    return ret;
}

START_TEST(record)
{
    char **argv;
    int argc = winetest_get_mainargs( &argv );

    start_sockets();
    if (argc > 2)
    {
        if (argc > 3) only = argv[3];
        ok( record( argv[2] ), "the recording is not whole\n" );
        ok( lines, "nothing was recorded\n" );
        fflush( stdout );
        /* threads that hang cannot be waited for */
        if (hangs) TerminateProcess( GetCurrentProcess(), winetest_get_failures() );
    }
    else
    {
        /* a code and an option on all kinds of sockets; tests/tools/record.sh makes whole recordings */
        only = "FIONREAD";
        ok( record( "record-code.txt" ) && lines, "no recording of a code\n" );
        ok( !hangs && !exceptions, "%u calls hang, %u exceptions\n", hangs, exceptions );
        only = "SO_LINGER";
        ok( record( "record-option.txt" ) && lines, "no recording of an option\n" );
        ok( !hangs && !exceptions, "%u calls hang, %u exceptions\n", hangs, exceptions );
    }
    stop_sockets();
}
