/*
 * Registered I/O: the functions behind SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each direction of a request queue (a lane) carries out its requests in order, one at a time, as overlapped
 * transfers of the base provider that pass the program's port by (bit 0 of hEvent). Whoever comes by moves a
 * lane on: the call that queues, the call that dequeues, and a pool wait on the lane's event, without which
 * nobody would when the program is not looking. What is over waits in its completion queue, off the lane.
 *
 * Identifiers are not pointers but places in a table, so that a wrong one is an error and not a crash. One
 * lock guards everything; no code of the program's runs under it.
 */
#include "ws2_32_private.h"
#include "rio.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

struct completion_queue
{
    DWORD size, charged;        /* entries; what the request queues may need of them */
    struct rio_notification how;
    BOOL armed;                 /* RIONotify waits */
    ULONG notable;              /* entries that notify */
    struct request *first, **last;
    struct lane *lanes;
    BOOL closed;                /* goes with its last lane */
};

struct request
{
    struct request *next;
    struct lane *lane;
    DWORD flags;
    BOOL committed;
    WSABUF data;                /* what is left of it */
    SOCKADDR_STORAGE to;
    int to_len;                 /* 0 for none */
    char *local, *remote, *control, *out_flags; /* the program's, or NULL */
    ULONG control_room;
    ULONGLONG context;
    LONG status;
    ULONG transferred;
};

struct lane
{
    struct request_queue *rq;
    struct completion_queue *cq;
    struct lane *next;          /* of the completion queue */
    DWORD max, outstanding;     /* requests, until they are dequeued */
    struct request *first, **last;      /* not over yet */
    BOOL busy;                  /* the first one is under way */
    OVERLAPPED overlapped;
    HANDLE event, wait;
    SOCKADDR_STORAGE from;
    WSAMSG message;             /* what the base provider is given, and fills in */
};

/* What stands before the ancillary data in a buffer for it: their length with its own (MS: RIO_CMSG_BUFFER;
 * RIO_CMSG_BASE_SIZE is aligned as WSACMSGHDR). */
#define CONTROL_BASE sizeof(SIZE_T)

struct request_queue
{
    struct request_queue *next;
    void *id;
    SOCKET s;
    struct socket_record *record;
    LONG generation;
    BOOL closed;
    ULONGLONG context;
    struct lane lanes[DIRECTION_COUNT];
};

struct registered_buffer
{
    char *data;
    DWORD length;
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct request_queue *queues, *dead;

/*** identifiers ***/

enum object_kind { KIND_NONE, KIND_BUFFER, KIND_COMPLETIONS, KIND_REQUESTS };

/* 20 bits of place, from 1; 10 that tell its owners apart; the two lowest are free */
#define MAX_OBJECTS 0xfffff
#define GENERATIONS 0x3ff

struct object
{
    void *ptr;
    DWORD next_free;            /* index + 1 */
    WORD kind, generation;
};

static struct object *objects;
static DWORD object_count, object_room, free_objects;

static void *object_create( enum object_kind kind, void *ptr )
{
    struct object *object;
    DWORD index;

    if (free_objects)
    {
        index = free_objects - 1;
        free_objects = objects[index].next_free;
    }
    else
    {
        if (object_count == object_room)
        {
            DWORD room = object_room ? object_room * 2 : 64;
            struct object *grown;

            if (room > MAX_OBJECTS) room = MAX_OBJECTS;
            if (room == object_room) return NULL;
            if (!objects) grown = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, room * sizeof(*objects) );
            else grown = HeapReAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, objects,
                                      room * sizeof(*objects) );
            if (!grown) return NULL;
            objects = grown;
            object_room = room;
        }
        index = object_count++;
    }
    object = &objects[index];
    object->kind = kind;
    object->ptr = ptr;
    return (void *)(ULONG_PTR)((index + 1) << 12 | object->generation << 2);
}

static struct object *object_slot( const void *id, enum object_kind kind )
{
    ULONG_PTR value = (ULONG_PTR)id;
    DWORD index = (value >> 12) - 1;

    if (value > 0xffffffff || (value & 3) || value >> 12 == 0 || index >= object_count) return NULL;
    if (objects[index].kind != kind) return NULL;
    return objects[index].generation == ((value >> 2) & GENERATIONS) ? &objects[index] : NULL;
}

static void *object_find( const void *id, enum object_kind kind )
{
    struct object *object = object_slot( id, kind );

    return object ? object->ptr : NULL;
}

static void *object_delete( const void *id, enum object_kind kind )
{
    struct object *object = object_slot( id, kind );

    if (!object) return NULL;
    object->kind = KIND_NONE;
    object->generation = (object->generation + 1) & GENERATIONS;
    object->next_free = free_objects;
    free_objects = object - objects + 1;
    return object->ptr;
}

static struct request_queue *find_requests( const void *id )
{
    struct request_queue *rq = object_find( id, KIND_REQUESTS );

    return rq && !rq->closed ? rq : NULL;
}

/*** the ends of things ***/

/* Release the lock, and what could not be released under it: a pool wait may be running. */
static void leave_lock(void)
{
    struct request_queue *rq = dead, *next;
    unsigned int i;

    dead = NULL;
    ReleaseSRWLockExclusive( &lock );
    for (; rq; rq = next)
    {
        next = rq->next;
        for (i = 0; i < ARRAY_SIZE(rq->lanes); i++)
        {
            if (rq->lanes[i].wait) UnregisterWaitEx( rq->lanes[i].wait, INVALID_HANDLE_VALUE );
            if (rq->lanes[i].event) CloseHandle( rq->lanes[i].event );
        }
        HeapFree( GetProcessHeap(), 0, rq );
    }
}

static void detach( struct lane *lane )
{
    struct completion_queue *cq = lane->cq;
    struct lane **link;

    if (!cq) return;
    for (link = &cq->lanes; *link != lane; link = &(*link)->next) {}
    *link = lane->next;
    lane->cq = NULL;
    cq->charged -= lane->max;
    if (cq->closed && !cq->lanes) HeapFree( GetProcessHeap(), 0, cq );
}

/* A request queue goes when its socket is closed and no request knows it any more. */
static void release_requests( struct request_queue *rq )
{
    struct request_queue **link;

    if (!rq->closed || rq->lanes[0].outstanding || rq->lanes[1].outstanding) return;
    for (link = &queues; *link != rq; link = &(*link)->next) {}
    *link = rq->next;
    object_delete( rq->id, KIND_REQUESTS );
    detach( &rq->lanes[0] );
    detach( &rq->lanes[1] );
    rq->next = dead;
    dead = rq;
}

/* A result is delivered, or nobody can ask for it any more. Does not release the request queue. */
static void forget( struct request *request )
{
    request->lane->outstanding--;
    HeapFree( GetProcessHeap(), 0, request );
}

/*** carrying out ***/

static void fire( struct completion_queue *cq )
{
    cq->armed = FALSE;
    if (cq->how.type == RIO_BY_EVENT) SetEvent( cq->how.u.event.handle );
    else PostQueuedCompletionStatus( cq->how.u.port.handle, 0, (ULONG_PTR)cq->how.u.port.key,
                                     cq->how.u.port.overlapped );
}

static enum direction direction_of( const struct lane *lane )
{
    return lane == &lane->rq->lanes[DIRECTION_SEND] ? DIRECTION_SEND : DIRECTION_RECV;
}

/* What the program wants to know beside the data; addresses as SOCKADDR_INET. */
static BOOL write_details( struct lane *lane, const struct request *request, DWORD flags )
{
    ULONG total = CONTROL_BASE + lane->message.Control.len;
    SOCKADDR_STORAGE local = { 0 };
    INT len = sizeof(local), error;

    flags |= lane->message.dwFlags;
    if (request->out_flags && !guard_write( request->out_flags, &flags, sizeof(flags) )) return FALSE;
    if (request->control && !guard_write( request->control, &total, sizeof(total) )) return FALSE;
    if (request->remote && !guard_write( request->remote, &lane->from, RIO_ADDRESS_SIZE )) return FALSE;
    if (!request->local) return TRUE;
    base_get_sock_name( lane->rq->s, (struct sockaddr *)&local, &len, &error );
    return guard_write( request->local, &local, RIO_ADDRESS_SIZE );
}

/* The first request of a lane is over. */
static void finish( struct lane *lane, int error )
{
    struct request *request = lane->first;
    struct completion_queue *cq = lane->cq;

    if (!(lane->first = request->next)) lane->last = &lane->first;
    if ((!error || error == WSAEMSGSIZE) && direction_of( lane ) == DIRECTION_RECV &&
        !write_details( lane, request, error ? MSG_TRUNC : 0 ))
        error = WSAEFAULT;
    TRACE( "request %p of socket %#Ix: error %d, %lu bytes.\n", request, lane->rq->s, error,
           request->transferred );
    if (cq->closed)
    {
        forget( request );
        return;
    }
    request->status = error;
    request->next = NULL;
    *cq->last = request;
    cq->last = &request->next;
    if (request->flags & RIO_FLAG_DONT_NOTIFY) return;
    cq->notable++;
    if (cq->armed) fire( cq );
}

static int start_receive( SOCKET s, struct lane *lane, struct request *request, DWORD *count )
{
    WSAMSG *message = &lane->message;
    INT error;

    memset( &lane->from, 0, sizeof(lane->from) );
    memset( message, 0, sizeof(*message) );
    if (!request->remote && !request->control)
        base_recv( s, &request->data, 1, count, &message->dwFlags, &lane->overlapped, NULL, NULL, &error );
    else if (!request->control)
    {
        message->namelen = sizeof(lane->from);
        base_recv_from( s, &request->data, 1, count, &message->dwFlags, (struct sockaddr *)&lane->from,
                        &message->namelen, &lane->overlapped, NULL, NULL, &error );
    }
    else
    {
        message->name = (struct sockaddr *)&lane->from;
        message->namelen = sizeof(lane->from);
        message->lpBuffers = &request->data;
        message->dwBufferCount = 1;
        message->Control.buf = request->control + CONTROL_BASE;
        message->Control.len = request->control_room;
        base_recv_msg( s, message, count, &lane->overlapped, NULL, &error );
    }
    return error;
}

static int start_send( SOCKET s, struct lane *lane, struct request *request, DWORD *count )
{
    struct sockaddr *to = request->to_len ? (struct sockaddr *)&request->to : NULL;
    WSAMSG *message = &lane->message;
    INT error;

    if (!request->control)
    {
        if (to) base_send_to( s, &request->data, 1, count, 0, to, request->to_len, &lane->overlapped, NULL,
                              NULL, &error );
        else base_send( s, &request->data, 1, count, 0, &lane->overlapped, NULL, NULL, &error );
        return error;
    }
    memset( message, 0, sizeof(*message) );
    message->name = to;
    message->namelen = request->to_len;
    message->lpBuffers = &request->data;
    message->dwBufferCount = 1;
    message->Control.buf = request->control + CONTROL_BASE;
    message->Control.len = request->control_room;
    base_send_msg( s, message, 0, count, &lane->overlapped, NULL, &error );
    return error;
}

/* Begin the first request of a lane. Answers a Winsock error. */
static int start( struct lane *lane, DWORD *count )
{
    struct request_queue *rq = lane->rq;

    /* CloseHandle does not pass here: the handle value may be another socket's */
    if (!rq->record->flags || rq->record->generation != rq->generation) return WSAENOTSOCK;
    memset( &lane->overlapped, 0, sizeof(lane->overlapped) );
    lane->overlapped.hEvent = (HANDLE)((ULONG_PTR)lane->event | 1 | OVERLAPPED_QUIET);
    *count = 0;
    if (direction_of( lane ) == DIRECTION_SEND) return start_send( rq->s, lane, lane->first, count );
    return start_receive( rq->s, lane, lane->first, count );
}

/* Take a step's result into account: TRUE when the request has to go on. */
static BOOL wants_more( struct lane *lane, int error, DWORD count )
{
    struct request *request = lane->first;

    request->transferred += count;
    if (error || !count || !(request->flags & RIO_FLAG_WAITALL)) return FALSE;
    request->data.buf += count;
    request->data.len -= count;
    return request->data.len != 0;
}

static void CALLBACK lane_event( void *context, BOOLEAN timeout );

/* Somebody has to be there when a request ends. */
static void watch( struct lane *lane )
{
    void *context = (void *)((ULONG_PTR)lane->rq->id | direction_of( lane ));

    if (lane->wait) return;
    if (!RegisterWaitForSingleObject( &lane->wait, lane->event, lane_event, context, INFINITE,
                                      WT_EXECUTEINWAITTHREAD ))
    {
        ERR( "no wait for socket %#Ix, error %lu.\n", lane->rq->s, GetLastError() );
        lane->wait = NULL;
    }
}

/* Other threads write it. */
static NTSTATUS current_status( const struct lane *lane )
{
    return *(const volatile ULONG_PTR *)&lane->overlapped.Internal;
}

/* Move a lane on as far as it goes now. */
static void pump( struct lane *lane )
{
    struct request_queue *rq = lane->rq;
    DWORD count;
    int error;

    for (;;)
    {
        if (lane->busy)
        {
            NTSTATUS status = current_status( lane );

            if (status == STATUS_PENDING) return;
            lane->busy = FALSE;
            /* the server cancels what a thread has begun when it ends. On Windows these are no requests of a
             * thread's or that CancelIo knows: closing and SIO_FLUSH end them (MS: RIOReceiveEx) */
            if (status == STATUS_CANCELLED && !rq->closed) continue;
            error = status_to_wsa( status );
            count = lane->overlapped.InternalHigh;
        }
        else
        {
            if (!lane->first) return;
            if (!rq->closed)
            {
                if (!lane->first->committed) return;
                if ((error = start( lane, &count )) == WSA_IO_PENDING)
                {
                    lane->busy = TRUE;
                    watch( lane );
                    continue;
                }
                if (error == WSAEMSGSIZE) count = lane->overlapped.InternalHigh;
            }
            else error = count = 0;
        }
        if (error && error != WSAEMSGSIZE) count = 0;
        if (rq->closed && (error || !count)) error = WSA_OPERATION_ABORTED;
        else if (wants_more( lane, error, count )) continue;
        finish( lane, error );
    }
}

static void CALLBACK lane_event( void *context, BOOLEAN timeout )
{
    enum direction direction = (ULONG_PTR)context & 1;
    struct request_queue *rq;

    (void)timeout;
    AcquireSRWLockExclusive( &lock );
    if ((rq = object_find( (void *)((ULONG_PTR)context & ~(ULONG_PTR)1), KIND_REQUESTS )))
    {
        pump( &rq->lanes[direction] );
        release_requests( rq );
    }
    /* what is dead now is left for the next call of the program's: this thread is the one to wait for */
    ReleaseSRWLockExclusive( &lock );
}

/*** buffers ***/

static BOOL is_readable( const char *data, DWORD length )
{
    const char *end = data + length, *ptr;
    char byte;

    if (end < data) return FALSE;
    for (ptr = data; ptr < end; ptr = (const char *)(((ULONG_PTR)ptr | 0xfff) + 1))
        if (!guard_read( &byte, ptr, 1 )) return FALSE;
    return TRUE;
}

static void *WINAPI rio_register( char *data, DWORD length )
{
    struct registered_buffer *buffer;
    void *id = NULL;
    int error;

    TRACE( "data %p, length %lu.\n", data, length );
    if (!(error = enter_api()))
    {
        if (!length) error = WSAEINVAL;
        else if (!is_readable( data, length )) error = WSAEFAULT;
        else if (!(buffer = HeapAlloc( GetProcessHeap(), 0, sizeof(*buffer) ))) error = WSAENOBUFS;
        else
        {
            buffer->data = data;
            buffer->length = length;
            AcquireSRWLockExclusive( &lock );
            id = object_create( KIND_BUFFER, buffer );
            leave_lock();
            if (!id)
            {
                HeapFree( GetProcessHeap(), 0, buffer );
                error = WSAENOBUFS;
            }
        }
    }
    leave_api( error );
    return id ? id : RIO_NO_BUFFER;
}

static void WINAPI rio_deregister( void *id )
{
    TRACE( "buffer %p.\n", id );
    AcquireSRWLockExclusive( &lock );
    HeapFree( GetProcessHeap(), 0, object_delete( id, KIND_BUFFER ));
    leave_lock();
}

/* Where a slice lies; the caller holds the lock. Answers a Winsock error. */
static int find_slice( const struct rio_slice *slice, DWORD least, char **data )
{
    const struct registered_buffer *buffer = object_find( slice->buffer, KIND_BUFFER );

    if (!buffer) return WSAEFAULT;
    if (slice->offset > buffer->length || slice->length > buffer->length - slice->offset) return WSAEINVAL;
    if (slice->length < least) return WSAEINVAL;
    *data = buffer->data + slice->offset;
    return 0;
}

/*** completion queues ***/

static void *WINAPI rio_create_cq( DWORD size, struct rio_notification *program_how )
{
    struct rio_notification how = { 0 };
    struct completion_queue *cq;
    void *id = NULL;
    int error;

    TRACE( "size %lu, notification %p.\n", size, program_how );
    if (!(error = enter_api()))
    {
        if (program_how && !guard_read( &how, program_how, sizeof(how) )) error = WSAEFAULT;
        else if (!size || size > RIO_LARGEST_QUEUE) error = WSAEINVAL;
        else if (program_how && how.type != RIO_BY_EVENT && how.type != RIO_BY_PORT) error = WSAEINVAL;
        else if (how.type == RIO_BY_EVENT && !how.u.event.handle) error = WSAEINVAL;
        else if (how.type == RIO_BY_PORT && (!how.u.port.handle || !how.u.port.overlapped))
            error = WSAEINVAL;
        else if (!(cq = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*cq) ))) error = WSAENOBUFS;
        else
        {
            cq->size = size;
            cq->how = how;
            cq->last = &cq->first;
            AcquireSRWLockExclusive( &lock );
            id = object_create( KIND_COMPLETIONS, cq );
            leave_lock();
            if (!id)
            {
                HeapFree( GetProcessHeap(), 0, cq );
                error = WSAENOBUFS;
            }
        }
    }
    leave_api( error );
    return id;
}

/* Take the first result out of a completion queue; the caller has used it. */
static void drop_first( struct completion_queue *cq )
{
    struct request *request = cq->first;
    struct request_queue *rq = request->lane->rq;

    if (!(cq->first = request->next)) cq->last = &cq->first;
    if (!(request->flags & RIO_FLAG_DONT_NOTIFY)) cq->notable--;
    forget( request );
    release_requests( rq );
}

static void WINAPI rio_close_cq( void *id )
{
    struct completion_queue *cq;

    TRACE( "queue %p.\n", id );
    AcquireSRWLockExclusive( &lock );
    if ((cq = object_delete( id, KIND_COMPLETIONS )))
    {
        cq->armed = FALSE;
        while (cq->first) drop_first( cq );
        cq->closed = TRUE;
        if (!cq->lanes) HeapFree( GetProcessHeap(), 0, cq );
    }
    leave_lock();
}

static void pump_all( struct completion_queue *cq )
{
    struct lane *lane;

    for (lane = cq->lanes; lane; lane = lane->next) if (lane->busy) pump( lane );
}

static ULONG WINAPI rio_dequeue( void *id, struct rio_result *results, ULONG count )
{
    struct completion_queue *cq;
    ULONG done = 0;

    AcquireSRWLockExclusive( &lock );
    if ((cq = object_find( id, KIND_COMPLETIONS )))
    {
        if (!cq->first) pump_all( cq );
        while (done < count && cq->first)
        {
            const struct request *request = cq->first;
            struct rio_result result = { request->status, request->transferred, request->lane->rq->context,
                                         request->context };

            if (!guard_write( &results[done], &result, sizeof(result) )) break;
            drop_first( cq );
            done++;
        }
        if (!done && count && cq->first) cq = NULL;     /* no place for them */
    }
    leave_lock();
    TRACE( "queue %p, results %p %lu: %ld.\n", id, results, count, cq ? (LONG)done : -1 );
    leave_api( cq ? 0 : WSAEFAULT );
    return cq ? done : RIO_CORRUPT;
}

static int WINAPI rio_notify( void *id )
{
    struct completion_queue *cq;
    int error = 0;

    AcquireSRWLockExclusive( &lock );
    if (!(cq = object_find( id, KIND_COMPLETIONS )) || !cq->how.type) error = WSAEINVAL;
    else if (cq->armed) error = WSAEALREADY;
    else
    {
        if (cq->how.type == RIO_BY_EVENT && cq->how.u.event.reset) ResetEvent( cq->how.u.event.handle );
        cq->armed = TRUE;
        if (!cq->notable) pump_all( cq );
        if (cq->armed && cq->notable) fire( cq );
    }
    leave_lock();
    TRACE( "queue %p: error %d.\n", id, error );
    leave_api( error );
    return error;
}

static BOOL WINAPI rio_resize_cq( void *id, DWORD size )
{
    struct completion_queue *cq;
    int error = 0;

    TRACE( "queue %p, size %lu.\n", id, size );
    AcquireSRWLockExclusive( &lock );
    if (!(cq = object_find( id, KIND_COMPLETIONS )) || !size || size > RIO_LARGEST_QUEUE) error = WSAEINVAL;
    else if (size < cq->charged) error = WSAETOOMANYREFS;
    else cq->size = size;
    leave_lock();
    return !leave_api( error );
}

/*** request queues ***/

static int check_registered( SOCKET s, struct socket_record **record )
{
    int error = check_socket( s );

    if (error) return error;
    if (!(*record = record_find( s ))) return WSAEINVAL;
    if (!((*record)->flags & RECORD_REGISTERED_IO)) return WSAEOPNOTSUPP;
    if ((*record)->type != SOCK_STREAM && (*record)->type != SOCK_DGRAM) return WSAEOPNOTSUPP;
    return 0;
}

static int attach( struct request_queue *rq, enum direction direction, struct completion_queue *cq,
                   ULONG max )
{
    struct lane *lane = &rq->lanes[direction];

    lane->rq = rq;
    lane->last = &lane->first;
    if (max > cq->size - cq->charged) return WSAENOBUFS;
    if (!(lane->event = CreateEventW( NULL, FALSE, FALSE, NULL ))) return WSAENOBUFS;
    lane->max = max;
    lane->cq = cq;
    lane->next = cq->lanes;
    cq->lanes = lane;
    cq->charged += max;
    return 0;
}

static int add_requests( struct request_queue *rq, const void *receive_id, ULONG receives,
                         const void *send_id, ULONG sends )
{
    struct completion_queue *receive_cq = object_find( receive_id, KIND_COMPLETIONS );
    struct completion_queue *send_cq = object_find( send_id, KIND_COMPLETIONS );
    struct request_queue *other;
    int error;

    if (!receive_cq || !send_cq) return WSAEINVAL;
    for (other = queues; other; other = other->next)
        if (!other->closed && other->s == rq->s && other->generation == rq->generation) return WSAEINVAL;
    rq->next = queues;
    queues = rq;
    if (!(error = attach( rq, DIRECTION_RECV, receive_cq, receives )) &&
        !(error = attach( rq, DIRECTION_SEND, send_cq, sends )) &&
        !(rq->id = object_create( KIND_REQUESTS, rq )))
        error = WSAENOBUFS;
    if (!error) return 0;
    rq->closed = TRUE;
    release_requests( rq );
    return error;
}

static void *WINAPI rio_create_rq( SOCKET s, ULONG receives, ULONG receive_buffers, ULONG sends,
                                   ULONG send_buffers, void *receive_cq, void *send_cq, void *context )
{
    struct socket_record *record;
    struct request_queue *rq;
    HMODULE module;
    void *id = NULL;
    int error;

    TRACE( "socket %#Ix, receives %lu, sends %lu, queues %p %p, context %p.\n", s, receives, sends,
           receive_cq, send_cq, context );
    if (!(error = enter_api()) && !(error = check_registered( s, &record )))
    {
        /* MS: both counts of buffers are 1 */
        if ((!receives && !sends) || receive_buffers > 1 || send_buffers > 1 ||
            (receives && !receive_buffers) || (sends && !send_buffers))
            error = WSAEINVAL;
        else if (!(rq = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*rq) ))) error = WSAENOBUFS;
        else
        {
            /* the pool's thread must find our code, whatever the program unloads meanwhile */
            GetModuleHandleExW( GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                                (const WCHAR *)&lock, &module );
            rq->s = s;
            rq->record = record;
            rq->generation = record->generation;
            rq->context = (ULONG_PTR)context;
            AcquireSRWLockExclusive( &lock );
            record_at_close( record, CLOSER_REGISTERED_IO );
            if (!(error = add_requests( rq, receive_cq, receives, send_cq, sends ))) id = rq->id;
            else if (dead != rq) HeapFree( GetProcessHeap(), 0, rq );   /* not even in the list */
            leave_lock();
        }
    }
    leave_api( error );
    return id;
}

/* Change what a lane may have outstanding. Answers a Winsock error. */
static int resize_lane( struct lane *lane, DWORD max )
{
    struct completion_queue *cq = lane->cq;

    if (max < lane->outstanding) return WSAETOOMANYREFS;
    if (max > lane->max && max - lane->max > cq->size - cq->charged) return WSAENOBUFS;
    cq->charged += max - lane->max;
    lane->max = max;
    return 0;
}

static BOOL WINAPI rio_resize_rq( void *id, DWORD receives, DWORD sends )
{
    struct request_queue *rq;
    DWORD before;
    int error;

    TRACE( "queue %p, receives %lu, sends %lu.\n", id, receives, sends );
    AcquireSRWLockExclusive( &lock );
    if (!(rq = find_requests( id )) || (!receives && !sends)) error = WSAEINVAL;
    else
    {
        before = rq->lanes[DIRECTION_RECV].max;
        if (!(error = resize_lane( &rq->lanes[DIRECTION_RECV], receives )) &&
            (error = resize_lane( &rq->lanes[DIRECTION_SEND], sends )))
            resize_lane( &rq->lanes[DIRECTION_RECV], before );
    }
    leave_lock();
    return !leave_api( error );
}

/*** requests ***/

/* What the four functions are given; slices are the program's. */
struct submission
{
    enum direction direction;
    struct rio_slice *data, *local, *remote, *control, *out_flags;
    ULONG count;
    DWORD flags;
    void *context;
};

static void commit( struct lane *lane )
{
    struct request *request;

    for (request = lane->first; request; request = request->next) request->committed = TRUE;
    pump( lane );
}

static int read_slice( struct rio_slice *copy, const struct rio_slice *program, DWORD least, char **data )
{
    if (!program) return 0;
    return guard_read( copy, program, sizeof(*copy) ) ? find_slice( copy, least, data ) : WSAEFAULT;
}

static int fill_request( struct lane *lane, const struct submission *args, struct request *request )
{
    BOOL stream = lane->rq->record->type == SOCK_STREAM;
    struct rio_slice slice;
    ULONG total;
    char *data;
    int error;

    if (args->data)
    {
        if ((error = read_slice( &slice, args->data, 0, &request->data.buf ))) return error;
        request->data.len = slice.length;
    }
    if (args->direction == DIRECTION_RECV)
    {
        if ((error = read_slice( &slice, args->local, RIO_ADDRESS_SIZE, &request->local ))) return error;
        if ((error = read_slice( &slice, args->remote, RIO_ADDRESS_SIZE, &request->remote ))) return error;
        if ((error = read_slice( &slice, args->control, CONTROL_BASE, &request->control ))) return error;
        if (args->control) request->control_room = slice.length - CONTROL_BASE;
        return read_slice( &slice, args->out_flags, sizeof(DWORD), &request->out_flags );
    }
    if (args->remote && !stream)
    {
        if ((error = read_slice( &slice, args->remote, address_size( lane->rq->record->family ), &data )))
            return error;
        request->to_len = min( slice.length, RIO_ADDRESS_SIZE );
        if (!guard_read( &request->to, data, request->to_len )) return WSAEFAULT;
    }
    if (args->control)
    {
        if ((error = read_slice( &slice, args->control, CONTROL_BASE, &request->control ))) return error;
        if (!guard_read( &total, request->control, sizeof(total) )) return WSAEFAULT;
        if (total < CONTROL_BASE || total > slice.length) return WSAEINVAL;
        request->control_room = total - CONTROL_BASE;
    }
    return 0;
}

static int check_submission( const struct submission *args )
{
    DWORD known = RIO_FLAG_DONT_NOTIFY | RIO_FLAG_DEFER | RIO_FLAG_COMMIT_ONLY;

    if (args->direction == DIRECTION_RECV) known |= RIO_FLAG_WAITALL;
    if (args->flags & ~known) return WSAEINVAL;
    if (args->flags & RIO_FLAG_COMMIT_ONLY)
    {
        if (args->flags != RIO_FLAG_COMMIT_ONLY || args->count || args->data || args->local ||
            args->remote || args->control || args->out_flags || args->context)
            return WSAEINVAL;
        return 0;
    }
    if (args->count > 1 || args->count != !!args->data) return WSAEINVAL;
    return args->direction == DIRECTION_SEND && args->local ? WSAEINVAL : 0;
}

static int submit_locked( void *id, const struct submission *args )
{
    struct request_queue *rq = find_requests( id );
    struct lane *lane = rq ? &rq->lanes[args->direction] : NULL;
    struct request *request;
    int error;

    if (!rq || lane->cq->closed) return WSAEINVAL;
    if (args->flags & RIO_FLAG_COMMIT_ONLY)
    {
        commit( lane );
        return 0;
    }
    /* MS: only a datagram may be empty, only a stream can be waited for */
    if (rq->record->type == SOCK_STREAM ? !args->count : args->flags & RIO_FLAG_WAITALL) return WSAEINVAL;
    if (rq->record->type == SOCK_STREAM && args->control) return WSAEOPNOTSUPP;
    if (lane->outstanding >= lane->max) return WSAENOBUFS;
    if (!(request = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*request) ))) return WSAENOBUFS;
    if ((error = fill_request( lane, args, request )))
    {
        HeapFree( GetProcessHeap(), 0, request );
        return error;
    }
    request->lane = lane;
    request->flags = args->flags;
    request->context = (ULONG_PTR)args->context;
    *lane->last = request;
    lane->last = &request->next;
    lane->outstanding++;
    if (!(args->flags & RIO_FLAG_DEFER)) commit( lane );
    return 0;
}

static BOOL submit( void *id, const struct submission *args )
{
    int error = enter_api();

    if (!error && !(error = check_submission( args )))
    {
        AcquireSRWLockExclusive( &lock );
        error = submit_locked( id, args );
        leave_lock();
    }
    TRACE( "queue %p, %s, data %p, flags %#lx, context %p: error %d.\n", id,
           args->direction == DIRECTION_RECV ? "receive" : "send", args->data, args->flags, args->context,
           error );
    return !leave_api( error );
}

static int WINAPI rio_receive_ex( void *rq, struct rio_slice *data, ULONG count, struct rio_slice *local,
                                  struct rio_slice *remote, struct rio_slice *control,
                                  struct rio_slice *out_flags, DWORD flags, void *context )
{
    struct submission args = { DIRECTION_RECV, data, local, remote, control, out_flags, count, flags,
                               context };

    return submit( rq, &args );
}

static BOOL WINAPI rio_send_ex( void *rq, struct rio_slice *data, ULONG count, struct rio_slice *local,
                                struct rio_slice *remote, struct rio_slice *control,
                                struct rio_slice *out_flags, DWORD flags, void *context )
{
    struct submission args = { DIRECTION_SEND, data, local, remote, control, out_flags, count, flags,
                               context };

    return submit( rq, &args );
}

static BOOL WINAPI rio_receive( void *rq, struct rio_slice *data, ULONG count, DWORD flags, void *context )
{
    return rio_receive_ex( rq, data, count, NULL, NULL, NULL, NULL, flags, context );
}

static BOOL WINAPI rio_send( void *rq, struct rio_slice *data, ULONG count, DWORD flags, void *context )
{
    return rio_send_ex( rq, data, count, NULL, NULL, NULL, NULL, flags, context );
}

/*** the rest of the module ***/

BOOL rio_function_table( const GUID *guid, struct rio_table *table )
{
    static const GUID rio_guid = RIO_GUID;
    static const struct rio_table functions =
    {
        sizeof(functions), rio_receive, rio_receive_ex, rio_send, rio_send_ex, rio_close_cq, rio_create_cq,
        rio_create_rq, rio_dequeue, rio_deregister, rio_notify, rio_register, rio_resize_cq, rio_resize_rq,
    };

    if (memcmp( guid, &rio_guid, sizeof(rio_guid) )) return FALSE;
    *table = functions;
    return TRUE;
}

void rio_before_close( SOCKET s, struct socket_record *record )
{
    struct request_queue *rq;

    if (!record || !(record->flags & RECORD_REGISTERED_IO)) return;
    AcquireSRWLockExclusive( &lock );
    for (rq = queues; rq; rq = rq->next) if (rq->s == s) rq->closed = TRUE;
    leave_lock();
}

void rio_after_close( SOCKET s )
{
    struct request_queue *rq, *next;

    AcquireSRWLockExclusive( &lock );
    for (rq = queues; rq; rq = next)
    {
        next = rq->next;
        if (rq->s != s || !rq->closed) continue;
        pump( &rq->lanes[DIRECTION_RECV] );
        pump( &rq->lanes[DIRECTION_SEND] );
        release_requests( rq );
    }
    leave_lock();
}
