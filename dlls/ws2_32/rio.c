/*
 * Registered I/O: the functions behind SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each direction of a request queue (a lane) carries out its requests in order, one at a time, as overlapped
 * transfers of the base provider that pass the program's port by (bit 0 of hEvent). Whoever comes by moves a
 * lane on: the call that queues, the call that dequeues, and a pool wait on the lane's event, without which
 * nobody would when the program is not looking. What is over stays in the lane's ring until it is dequeued;
 * its completion queue knows the order in which the lanes' requests ended.
 *
 * Identifiers are not pointers but places in a table, so that a wrong one is an error and not a crash. The
 * memory of a queue is used again for queues only: whoever finds one may take its lock and then look whether
 * it still is the one. Locks are taken in the order request queue, completion queue, table. No code of the
 * program's runs under them.
 *
 * A thread may be killed under any of them. So a lane's counters are the truth, each change of them is one
 * store, and what else a completion queue holds is made anew from them by whoever takes over its lock.
 */
#include "ws2_32_private.h"
#include "rio.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

struct request
{
    DWORD flags;
    LONG status;
    ULONG transferred;
    ULONG order;                /* among the results of the completion queue */
    WSABUF data;
    char *local, *remote, *control, *out_flags; /* the program's, or NULL */
    ULONG control_room;
    int to_len;                 /* 0 for none */
    BYTE to[RIO_ADDRESS_SIZE];
    ULONGLONG context;
};

/* A place for each request that may be outstanding, a power of two. */
struct request_ring
{
    ULONG size;
    struct request requests[1];
};

enum stage
{
    STAGE_IDLE,
    STAGE_STARTING,             /* not known whether it is under way */
    STAGE_PENDING,              /* its OVERLAPPED tells */
    STAGE_DONE,                 /* step_error and step_count tell */
};

struct lane
{
    struct request_queue *rq;
    struct completion_queue *cq;
    struct lane *next;          /* of the completion queue */
    DWORD max;                  /* requests outstanding, until they are dequeued */
    struct request_ring *ring;
    /* requests that were ever dequeued, are over, may begin, were queued, in this order. The completion
     * queue's lock guards the first, both locks the second, the request queue's the others */
    volatile ULONG taken, over, committed, queued;
    volatile enum stage stage;  /* of the request "over" while that is stage_of */
    volatile ULONG stage_of;
    ULONG step_before;          /* what was transferred before this step */
    int step_error;
    DWORD step_count;
    ULONG listed;               /* list_results counts */
    WSABUF rest;                /* what this step is to transfer */
    OVERLAPPED overlapped[2];   /* used in turn when one may be written to by a thread that is gone */
    unsigned int turn;
    LONG beginner;              /* stamp of the thread that began the step */
    HANDLE event, wait;         /* stay for the next request queue in this memory */
    SOCKADDR_STORAGE from;
    WSAMSG message;             /* what the base provider is given, and fills in */
};

/* What stands before the ancillary data in a buffer for it: their length with its own (MS: RIO_CMSG_BUFFER;
 * RIO_CMSG_BASE_SIZE is aligned as WSACMSGHDR). */
#define CONTROL_BASE sizeof(SIZE_T)

/* How often, 10 ms apart, the end of a thread is followed by a look for the end of what it had begun. */
#define LOOKS 20

struct request_queue
{
    struct owned_lock lock;
    struct object *object;
    SOCKET s;
    struct socket_record *record;
    LONG generation;
    volatile BOOL closed;
    ULONGLONG context;
    struct lane lanes[DIRECTION_COUNT];
};

/* The lanes of the results of a completion queue, in their order. */
struct result_ring
{
    ULONG size;                 /* a power of two */
    struct lane *lanes[1];
};

struct completion_queue
{
    struct owned_lock lock;
    struct object *object;
    DWORD size, charged;        /* entries; what the request queues may need of them */
    struct rio_notification how;
    BOOL armed;                 /* RIONotify waits */
    BOOL closed;                /* goes with its last lane */
    struct lane *lanes;
    struct result_ring *results;
    ULONG first, count;         /* of the results */
    ULONG notable;              /* results that notify */
    ULONG order;                /* of the next result */
};

/* Once this is seen, so is all that was written before: by other threads, and by who takes a lock over. */
#define publish( field, value ) __atomic_store_n( &(field), value, __ATOMIC_RELEASE )

/*** identifiers ***/

enum object_kind { KIND_BUFFER, KIND_COMPLETIONS, KIND_REQUESTS, KIND_COUNT };

/* 20 bits of place, from 1; 10 that tell its owners apart; the two lowest are free */
#define MAX_OBJECTS 0xfffff
#define OBJECTS_PER_PAGE 1024
#define GENERATIONS 0x3ff

struct object
{
    volatile LONG id;           /* 0 while it is nobody's */
    DWORD place, next_free;
    WORD kind, generation;
    DWORD length;               /* of a buffer */
    void *ptr;                  /* the queue, or the program's buffer */
};

/* Never freed: a look-up takes no lock. The lock guards the rest. */
static struct object *object_pages[MAX_OBJECTS / OBJECTS_PER_PAGE + 1];
static struct owned_lock objects_lock;
static DWORD object_count;
static DWORD free_objects[KIND_COUNT];  /* by kind, since a queue's memory stays with its object */

static struct object *object_at( DWORD place )
{
    struct object *page = object_pages[place / OBJECTS_PER_PAGE];

    return page ? &page[place % OBJECTS_PER_PAGE] : NULL;
}

static struct object *new_object( enum object_kind kind, SIZE_T size )
{
    DWORD place = object_count + 1;
    struct object **page, *object;
    void *ptr = NULL;

    if (place > MAX_OBJECTS) return NULL;
    page = &object_pages[place / OBJECTS_PER_PAGE];
    if (!*page && !(*page = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY,
                                       OBJECTS_PER_PAGE * sizeof(**page) )))
        return NULL;
    if (size && !(ptr = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, size ))) return NULL;
    object = object_at( place );
    object->place = place;
    object->kind = kind;
    object->ptr = ptr;
    object_count = place;
    return object;
}

/* An object that is the caller's alone until object_publish. A queue has the given size, and what the queue
 * before it in the same memory left; the first finds zeros. */
static struct object *object_create( enum object_kind kind, SIZE_T size )
{
    struct object *object;

    owned_lock_enter( &objects_lock );
    if (!free_objects[kind]) object = new_object( kind, size );
    else
    {
        object = object_at( free_objects[kind] );
        free_objects[kind] = object->next_free;
    }
    owned_lock_leave( &objects_lock );
    return object;
}

static void *object_publish( struct object *object )
{
    LONG id = object->place << 12 | object->generation << 2;

    InterlockedExchange( &object->id, id );
    return (void *)(ULONG_PTR)(ULONG)id;
}

/* Nobody finds it any more. FALSE when another thread was first. */
static BOOL object_retract( struct object *object, LONG id )
{
    if (InterlockedCompareExchange( &object->id, 0, id ) != id) return FALSE;
    object->generation = (object->generation + 1) & GENERATIONS;
    return TRUE;
}

static void object_free( struct object *object )
{
    owned_lock_enter( &objects_lock );
    object->next_free = free_objects[object->kind];
    free_objects[object->kind] = object->place;
    owned_lock_leave( &objects_lock );
}

static BOOL object_is( const struct object *object, const void *id )
{
    return (ULONG)object->id == (ULONG_PTR)id;
}

static struct object *object_find( const void *id, enum object_kind kind )
{
    ULONG_PTR value = (ULONG_PTR)id;
    struct object *object;

    if (!value || value > 0xffffffff) return NULL;
    object = object_at( value >> 12 );
    return object && object_is( object, id ) && object->kind == kind ? object : NULL;
}

/*** lanes ***/

static struct request *request_at( const struct lane *lane, ULONG number )
{
    return &lane->ring->requests[number & (lane->ring->size - 1)];
}

static ULONG outstanding( const struct lane *lane )
{
    return lane->queued - lane->taken;
}

static enum stage stage_now( const struct lane *lane )
{
    return lane->stage_of == lane->over ? lane->stage : STAGE_IDLE;
}

static OVERLAPPED *overlapped_of( struct lane *lane )
{
    return &lane->overlapped[lane->turn];
}

/* Other threads write it. */
static NTSTATUS current_status( const struct lane *lane )
{
    return *(const volatile ULONG_PTR *)&lane->overlapped[lane->turn].Internal;
}

static enum direction direction_of( const struct lane *lane )
{
    return lane == &lane->rq->lanes[DIRECTION_SEND] ? DIRECTION_SEND : DIRECTION_RECV;
}

static ULONG ring_size( ULONG least )
{
    ULONG size = 1;

    while (size < least) size *= 2;
    return size;
}

/* Make room for so many requests; the caller holds both locks. Answers a Winsock error. */
static int grow_lane( struct lane *lane, DWORD max )
{
    struct request_ring *old = lane->ring, *ring;
    ULONG size = ring_size( max ), i;
    SIZE_T bytes = offsetof( struct request_ring, requests ) + size * sizeof(ring->requests[0]);

    if (old && old->size >= size) return 0;
    if (size > (MAXLONG - sizeof(*ring)) / sizeof(ring->requests[0])) return WSAENOBUFS;
    if (!(ring = HeapAlloc( GetProcessHeap(), 0, bytes ))) return WSAENOBUFS;
    ring->size = size;
    if (old)
        for (i = lane->taken; i != lane->queued; i++)
            ring->requests[i & (size - 1)] = old->requests[i & (old->size - 1)];
    InterlockedExchangePointer( (void **)&lane->ring, ring );
    HeapFree( GetProcessHeap(), 0, old );
    return 0;
}

/*** the locks ***/

/* What a completion queue holds beside its lanes, from what those say. */
static void list_results( struct completion_queue *cq )
{
    struct lane *lane, *next;

    cq->first = cq->count = cq->notable = cq->charged = 0;
    for (lane = cq->lanes; lane; lane = lane->next)
    {
        cq->charged += lane->max;
        if (cq->closed) lane->taken = lane->over;
        lane->listed = lane->taken;
    }
    for (;;)
    {
        for (lane = cq->lanes, next = NULL; lane; lane = lane->next)
        {
            if (lane->listed == lane->over) continue;
            if (!next || (LONG)(request_at( lane, lane->listed )->order -
                                request_at( next, next->listed )->order) < 0)
                next = lane;
        }
        if (!next) break;
        if (!(request_at( next, next->listed++ )->flags & RIO_FLAG_DONT_NOTIFY)) cq->notable++;
        cq->results->lanes[cq->count++] = next;
    }
}

/* Killed in between, a thread has given notice and another will give it once more; not none. */
static void fire( struct completion_queue *cq )
{
    if (cq->how.type == RIO_BY_EVENT) SetEvent( cq->how.u.event.handle );
    else PostQueuedCompletionStatus( cq->how.u.port.handle, 0, (ULONG_PTR)cq->how.u.port.key,
                                     cq->how.u.port.overlapped );
    publish( cq->armed, FALSE );
}

static void enter_completions( struct completion_queue *cq )
{
    if (!owned_lock_enter( &cq->lock )) return;
    list_results( cq );
    if (cq->armed && cq->notable) fire( cq );
}

static void leave_completions( struct completion_queue *cq )
{
    owned_lock_leave( &cq->lock );
}

/* The completion queue with its lock, NULL when there is none. */
static struct completion_queue *find_completions( const void *id )
{
    struct object *object = object_find( id, KIND_COMPLETIONS );

    if (!object) return NULL;
    enter_completions( object->ptr );
    if (object_is( object, id )) return object->ptr;
    leave_completions( object->ptr );
    return NULL;
}

static void pump( struct lane *lane );

/* A thread has died with a step that has no end: the bytes of a stream may be lost or on their way, so that
 * the request cannot go on; a datagram may. */
static void abandon_step( struct lane *lane )
{
    struct request_queue *rq = lane->rq;
    IO_STATUS_BLOCK io;

    NtCancelIoFileEx( (HANDLE)rq->s, (IO_STATUS_BLOCK *)overlapped_of( lane ), &io );
    lane->turn ^= 1;
    lane->step_error = WSA_OPERATION_ABORTED;
    lane->step_count = 0;
    publish( lane->stage, rq->record->type == SOCK_STREAM ? STAGE_DONE : STAGE_IDLE );
}

static void mend_lane( struct lane *lane )
{
    if (stage_now( lane ) == STAGE_STARTING)
    {
        if (current_status( lane ) != STATUS_PENDING) publish( lane->stage, STAGE_PENDING );
        else abandon_step( lane );
    }
    pump( lane );
}

static void mend_requests( struct request_queue *rq )
{
    mend_lane( &rq->lanes[DIRECTION_RECV] );
    mend_lane( &rq->lanes[DIRECTION_SEND] );
}

static void enter_requests( struct request_queue *rq )
{
    if (owned_lock_enter( &rq->lock )) mend_requests( rq );
}

static void leave_requests( struct request_queue *rq )
{
    owned_lock_leave( &rq->lock );
}

/* The request queue with its lock, NULL when there is none. */
static struct request_queue *find_requests( const void *id )
{
    struct object *object = object_find( id, KIND_REQUESTS );

    if (!object) return NULL;
    enter_requests( object->ptr );
    if (object_is( object, id )) return object->ptr;
    leave_requests( object->ptr );
    return NULL;
}

/*** the ends of things ***/

/* A closed queue without lanes is nobody's any more; the caller holds its lock. */
static void release_completions( struct completion_queue *cq )
{
    if (!cq->closed || cq->lanes) return;
    HeapFree( GetProcessHeap(), 0, InterlockedExchangePointer( (void **)&cq->results, NULL ));
    object_free( cq->object );
}

static void detach( struct lane *lane )
{
    struct completion_queue *cq = lane->cq;
    struct lane **link;

    if (!cq) return;
    enter_completions( cq );
    for (link = &cq->lanes; *link && *link != lane; link = &(*link)->next) {}
    if (*link)
    {
        *link = lane->next;
        cq->charged -= lane->max;
    }
    lane->cq = NULL;
    release_completions( cq );
    leave_completions( cq );
    HeapFree( GetProcessHeap(), 0, InterlockedExchangePointer( (void **)&lane->ring, NULL ));
}

static BOOL is_finished( const struct request_queue *rq )
{
    return rq->closed && !outstanding( &rq->lanes[DIRECTION_RECV] ) &&
           !outstanding( &rq->lanes[DIRECTION_SEND] );
}

/* A request queue goes when its socket is closed and no request knows it any more. The caller holds its
 * lock. */
static void release_requests( struct request_queue *rq )
{
    LONG id = rq->object->id;

    if (!id || !is_finished( rq )) return;
    detach( &rq->lanes[DIRECTION_RECV] );
    detach( &rq->lanes[DIRECTION_SEND] );
    if (object_retract( rq->object, id )) object_free( rq->object );
}

/* The results of closed request queues are taken; the caller holds no lock. */
static void release_all( struct completion_queue *cq )
{
    struct request_queue *rq;
    struct lane *lane;

    do
    {
        enter_completions( cq );
        for (lane = cq->lanes, rq = NULL; lane && !rq; lane = lane->next)
            if (is_finished( lane->rq )) rq = lane->rq;
        leave_completions( cq );
        if (!rq) break;
        enter_requests( rq );
        release_requests( rq );
        leave_requests( rq );
    } while (rq);
}

/*** carrying out ***/

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
    struct request *request = request_at( lane, lane->over );
    struct completion_queue *cq = lane->cq;

    if ((!error || error == WSAEMSGSIZE) && direction_of( lane ) == DIRECTION_RECV &&
        !write_details( lane, request, error ? MSG_TRUNC : 0 ))
        error = WSAEFAULT;
    TRACE( "request %p of socket %#Ix: error %d, %lu bytes.\n", request, lane->rq->s, error,
           request->transferred );
    request->status = error;
    enter_completions( cq );
    request->order = cq->order++;
    if (!cq->closed)
    {
        cq->results->lanes[(cq->first + cq->count) & (cq->results->size - 1)] = lane;
        cq->count++;
        if (!(request->flags & RIO_FLAG_DONT_NOTIFY)) cq->notable++;
    }
    publish( lane->over, lane->over + 1 );
    if (cq->closed) lane->taken = lane->over;
    else if (cq->armed && !(request->flags & RIO_FLAG_DONT_NOTIFY)) fire( cq );
    leave_completions( cq );
}

static int start_receive( SOCKET s, struct lane *lane, struct request *request, DWORD *count )
{
    WSAMSG *message = &lane->message;
    INT error;

    memset( &lane->from, 0, sizeof(lane->from) );
    memset( message, 0, sizeof(*message) );
    if (!request->remote && !request->control)
        base_recv( s, &lane->rest, 1, count, &message->dwFlags, overlapped_of( lane ), NULL, NULL,
                   &error );
    else if (!request->control)
    {
        message->namelen = sizeof(lane->from);
        base_recv_from( s, &lane->rest, 1, count, &message->dwFlags, (struct sockaddr *)&lane->from,
                        &message->namelen, overlapped_of( lane ), NULL, NULL, &error );
    }
    else
    {
        message->name = (struct sockaddr *)&lane->from;
        message->namelen = sizeof(lane->from);
        message->lpBuffers = &lane->rest;
        message->dwBufferCount = 1;
        message->Control.buf = request->control + CONTROL_BASE;
        message->Control.len = request->control_room;
        base_recv_msg( s, message, count, overlapped_of( lane ), NULL, &error );
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
        if (to) base_send_to( s, &lane->rest, 1, count, 0, to, request->to_len, overlapped_of( lane ), NULL,
                              NULL, &error );
        else base_send( s, &lane->rest, 1, count, 0, overlapped_of( lane ), NULL, NULL, &error );
        return error;
    }
    memset( message, 0, sizeof(*message) );
    message->name = to;
    message->namelen = request->to_len;
    message->lpBuffers = &lane->rest;
    message->dwBufferCount = 1;
    message->Control.buf = request->control + CONTROL_BASE;
    message->Control.len = request->control_room;
    base_send_msg( s, message, 0, count, overlapped_of( lane ), NULL, &error );
    return error;
}

/* Begin a step of the first request of a lane. Answers a Winsock error. */
static int start( struct lane *lane, struct request *request, DWORD *count )
{
    struct request_queue *rq = lane->rq;

    *count = 0;
    if (rq->closed) return WSA_OPERATION_ABORTED;
    /* CloseHandle does not pass here: the handle value may be another socket's */
    if (record_is_gone( rq->record, rq->generation )) return WSAENOTSOCK;
    lane->rest.buf = request->data.buf + request->transferred;
    lane->rest.len = request->data.len - request->transferred;
    if (direction_of( lane ) == DIRECTION_SEND) return start_send( rq->s, lane, request, count );
    return start_receive( rq->s, lane, request, count );
}

static void set_step( struct lane *lane, int error, DWORD count )
{
    lane->step_error = error;
    lane->step_count = error && error != WSAEMSGSIZE ? 0 : count;
    publish( lane->stage, STAGE_DONE );
}

static void begin_step( struct lane *lane )
{
    struct request *request = request_at( lane, lane->over );
    OVERLAPPED *overlapped = overlapped_of( lane );
    DWORD count;
    int error;

    memset( overlapped, 0, sizeof(*overlapped) );
    overlapped->Internal = STATUS_PENDING;
    overlapped->hEvent = (HANDLE)((ULONG_PTR)lane->event | 1 | OVERLAPPED_QUIET);
    lane->step_before = request->transferred;
    lane->beginner = stamp_own();
    publish( lane->stage, STAGE_STARTING );
    publish( lane->stage_of, lane->over );
    error = start( lane, request, &count );
    if (error == WSA_IO_PENDING) publish( lane->stage, STAGE_PENDING );
    else set_step( lane, error, error == WSAEMSGSIZE ? overlapped->InternalHigh : count );
}

static void end_step( struct lane *lane )
{
    struct request *request = request_at( lane, lane->over );
    int error = lane->step_error;

    request->transferred = lane->step_before + lane->step_count;
    if (lane->rq->closed && (error || !lane->step_count)) error = WSA_OPERATION_ABORTED;
    else if (!error && lane->step_count && (request->flags & RIO_FLAG_WAITALL) &&
             request->transferred < request->data.len)
    {
        publish( lane->stage, STAGE_IDLE );
        return;
    }
    finish( lane, error );
}

static void CALLBACK lane_event( void *context, BOOLEAN timeout )
{
    struct lane *lane = context;

    (void)timeout;
    enter_requests( lane->rq );
    pump( lane );
    release_requests( lane->rq );
    leave_requests( lane->rq );
}

/* Somebody has to be there when a request ends. */
static void watch( struct lane *lane )
{
    if (lane->wait) return;
    if (!RegisterWaitForSingleObject( &lane->wait, lane->event, lane_event, lane, INFINITE,
                                      WT_EXECUTEINWAITTHREAD ))
    {
        ERR( "no wait for socket %#Ix, error %lu.\n", lane->rq->s, GetLastError() );
        lane->wait = NULL;
    }
}

/* A step under way has come to an end, or cannot go on. FALSE while it can. */
static BOOL take_end( struct lane *lane )
{
    NTSTATUS status = current_status( lane );

    if (status == STATUS_PENDING) return FALSE;
    /* the server cancels what a thread has begun when it ends. On Windows these are no requests of a
     * thread's or that CancelIo knows: closing and SIO_FLUSH end them (MS: RIOReceiveEx) */
    if (status == STATUS_CANCELLED && !lane->rq->closed) publish( lane->stage, STAGE_IDLE );
    else set_step( lane, status_to_wsa( status ), overlapped_of( lane )->InternalHigh );
    return TRUE;
}

/* Move a lane on as far as it goes now; the caller holds the request queue's lock. */
static void pump( struct lane *lane )
{
    for (;;)
    {
        switch (stage_now( lane ))
        {
        case STAGE_IDLE:
            if (lane->over == (lane->rq->closed ? lane->queued : lane->committed)) return;
            begin_step( lane );
            break;
        case STAGE_STARTING:    /* mend_lane's */
            return;
        case STAGE_PENDING:
            if (take_end( lane )) break;
            watch( lane );
            return;
        case STAGE_DONE:
            end_step( lane );
            break;
        }
    }
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
    struct object *object;
    void *id = RIO_NO_BUFFER;
    int error;

    TRACE( "data %p, length %lu.\n", data, length );
    if (!(error = enter_api()))
    {
        if (!length) error = WSAEINVAL;
        else if (!is_readable( data, length )) error = WSAEFAULT;
        else if (!(object = object_create( KIND_BUFFER, 0 ))) error = WSAENOBUFS;
        else
        {
            object->ptr = data;
            object->length = length;
            id = object_publish( object );
        }
    }
    leave_api( error );
    return id;
}

static void WINAPI rio_deregister( void *id )
{
    struct object *object = object_find( id, KIND_BUFFER );

    TRACE( "buffer %p.\n", id );
    if (object && object_retract( object, (ULONG_PTR)id )) object_free( object );
}

/* Where a slice lies. Answers a Winsock error. */
static int find_slice( const struct rio_slice *slice, DWORD least, char **data )
{
    const struct object *object = object_find( slice->buffer, KIND_BUFFER );
    DWORD length;
    char *start;

    if (!object) return WSAEFAULT;
    length = object->length;
    start = object->ptr;
    /* another thread may give the place to another buffer */
    if (!object_is( object, slice->buffer )) return WSAEFAULT;
    if (slice->offset > length || slice->length > length - slice->offset) return WSAEINVAL;
    if (slice->length < least) return WSAEINVAL;
    *data = start + slice->offset;
    return 0;
}

/*** completion queues ***/

static void *WINAPI rio_create_cq( DWORD size, struct rio_notification *program_how )
{
    struct rio_notification how = { 0 };
    struct completion_queue *cq;
    struct object *object;
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
        else if (!(object = object_create( KIND_COMPLETIONS, sizeof(*cq) ))) error = WSAENOBUFS;
        else
        {
            cq = object->ptr;
            owned_lock_enter( &cq->lock );
            cq->object = object;
            cq->size = size;
            cq->how = how;
            cq->charged = cq->first = cq->count = cq->notable = 0;
            cq->armed = cq->closed = FALSE;
            id = object_publish( object );
            leave_completions( cq );
        }
    }
    leave_api( error );
    return id;
}

static void WINAPI rio_close_cq( void *id )
{
    struct completion_queue *cq = find_completions( id );
    struct lane *lane;

    TRACE( "queue %p.\n", id );
    if (!cq) return;
    publish( cq->closed, TRUE );
    object_retract( cq->object, (ULONG_PTR)id );
    cq->armed = FALSE;
    cq->count = cq->notable = 0;
    for (lane = cq->lanes; lane; lane = lane->next) lane->taken = lane->over;
    release_completions( cq );
    leave_completions( cq );
    release_all( cq );
}

static BOOL has_ended( const struct lane *lane )
{
    return stage_now( lane ) == STAGE_PENDING && current_status( lane ) != STATUS_PENDING;
}

/* Move on what has ended. The caller holds the queue's lock, which is given up meanwhile: FALSE when the
 * queue is no more. */
static BOOL pump_all( struct completion_queue *cq, const void *id )
{
    struct lane *ended[16], *lane;
    unsigned int count = 0, i;

    for (lane = cq->lanes; lane && count < ARRAY_SIZE(ended); lane = lane->next)
        if (has_ended( lane )) ended[count++] = lane;
    if (!count) return TRUE;
    leave_completions( cq );
    for (i = 0; i < count; i++)
    {
        enter_requests( ended[i]->rq );
        pump( ended[i] );
        release_requests( ended[i]->rq );
        leave_requests( ended[i]->rq );
    }
    enter_completions( cq );
    return object_is( cq->object, id );
}

static ULONG WINAPI rio_dequeue( void *id, struct rio_result *results, ULONG count )
{
    struct completion_queue *cq = find_completions( id );
    BOOL finished = FALSE, found = cq && (cq->count || pump_all( cq, id ));
    ULONG done = 0;

    while (found && done < count && cq->count)
    {
        struct lane *lane = cq->results->lanes[cq->first & (cq->results->size - 1)];
        const struct request *request = request_at( lane, lane->taken );
        BOOL notable = !(request->flags & RIO_FLAG_DONT_NOTIFY);
        struct rio_result result = { request->status, request->transferred, lane->rq->context,
                                     request->context };

        if (!guard_write( &results[done], &result, sizeof(result) ))
        {
            found = done != 0;  /* no place for them */
            break;
        }
        publish( lane->taken, lane->taken + 1 );
        cq->first++;
        cq->count--;
        if (notable) cq->notable--;
        if (is_finished( lane->rq )) finished = TRUE;
        done++;
    }
    if (cq) leave_completions( cq );
    if (finished) release_all( cq );
    TRACE( "queue %p, results %p %lu: %ld.\n", id, results, count, found ? (LONG)done : -1 );
    leave_api( found ? 0 : WSAEFAULT );
    return found ? done : RIO_CORRUPT;
}

static int WINAPI rio_notify( void *id )
{
    struct completion_queue *cq = find_completions( id );
    int error = 0;

    if (!cq || !cq->how.type) error = WSAEINVAL;
    else if (cq->armed) error = WSAEALREADY;
    else
    {
        if (cq->how.type == RIO_BY_EVENT && cq->how.u.event.reset) ResetEvent( cq->how.u.event.handle );
        cq->armed = TRUE;
        if (!cq->notable && !pump_all( cq, id )) error = WSAEINVAL;
        else if (cq->armed && cq->notable) fire( cq );
    }
    if (cq) leave_completions( cq );
    TRACE( "queue %p: error %d.\n", id, error );
    leave_api( error );
    return error;
}

static BOOL WINAPI rio_resize_cq( void *id, DWORD size )
{
    struct completion_queue *cq = find_completions( id );
    int error = 0;

    TRACE( "queue %p, size %lu.\n", id, size );
    if (!cq || !size || size > RIO_LARGEST_QUEUE) error = WSAEINVAL;
    else if (size < cq->charged) error = WSAETOOMANYREFS;
    else cq->size = size;
    if (cq) leave_completions( cq );
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

/* Make room for the results of so many requests; the caller holds the lock. Answers a Winsock error. */
static int grow_completions( struct completion_queue *cq, DWORD charged )
{
    struct result_ring *old = cq->results, *ring;
    ULONG size = ring_size( charged );

    if (old && old->size >= size) return 0;
    if (size > (MAXLONG - sizeof(*ring)) / sizeof(ring->lanes[0])) return WSAENOBUFS;
    ring = HeapAlloc( GetProcessHeap(), 0, offsetof( struct result_ring, lanes ) +
                                           size * sizeof(ring->lanes[0]) );
    if (!ring) return WSAENOBUFS;
    ring->size = size;
    InterlockedExchangePointer( (void **)&cq->results, ring );
    list_results( cq );
    HeapFree( GetProcessHeap(), 0, old );
    return 0;
}

/* Change what a lane may have outstanding; the caller holds the request queue's lock. Answers a Winsock
 * error. */
static int resize_lane( struct lane *lane, DWORD max )
{
    struct completion_queue *cq = lane->cq;
    int error;

    enter_completions( cq );
    if (max < outstanding( lane )) error = WSAETOOMANYREFS;
    else if (max > lane->max && max - lane->max > cq->size - cq->charged) error = WSAENOBUFS;
    else if (!(error = grow_lane( lane, max )) &&
             !(error = grow_completions( cq, cq->charged - lane->max + max )))
    {
        cq->charged += max - lane->max;
        lane->max = max;
    }
    leave_completions( cq );
    return error;
}

static int attach( struct request_queue *rq, enum direction direction, const void *cq_id, ULONG max )
{
    struct lane *lane = &rq->lanes[direction];
    struct completion_queue *cq;

    lane->rq = rq;
    lane->max = 0;
    lane->taken = lane->over = lane->committed = lane->queued = 0;
    lane->stage = STAGE_IDLE;
    if (!lane->event && !(lane->event = CreateEventW( NULL, FALSE, FALSE, NULL ))) return WSAENOBUFS;
    if (!(cq = find_completions( cq_id ))) return WSAEINVAL;
    lane->cq = cq;
    lane->next = cq->lanes;
    publish( cq->lanes, lane );
    leave_completions( cq );
    return resize_lane( lane, max );
}

/* The identifier of a new request queue, NULL with a Winsock error. */
static void *make_requests( struct request_queue *rq, struct object *object, const void *receive_cq,
                            ULONG receives, const void *send_cq, ULONG sends, int *error )
{
    struct socket_settings *settings = record_part( rq->record, settings );
    void *id = NULL;

    owned_lock_enter( &rq->lock );
    rq->object = object;
    rq->closed = FALSE;
    record_at_close( rq->record, CLOSER_REGISTERED_IO );
    if (!settings) *error = WSAENOBUFS;
    else if (!object_find( receive_cq, KIND_COMPLETIONS ) || !object_find( send_cq, KIND_COMPLETIONS ) ||
             InterlockedCompareExchangePointer( &settings->request_queue, object, NULL ))
        *error = WSAEINVAL;
    else if ((*error = attach( rq, DIRECTION_RECV, receive_cq, receives )) ||
             (*error = attach( rq, DIRECTION_SEND, send_cq, sends )))
        InterlockedCompareExchangePointer( &settings->request_queue, NULL, object );
    if (!*error) id = object_publish( object );
    else
    {
        detach( &rq->lanes[DIRECTION_RECV] );
        detach( &rq->lanes[DIRECTION_SEND] );
        object_free( object );
    }
    leave_requests( rq );
    return id;
}

static void *WINAPI rio_create_rq( SOCKET s, ULONG receives, ULONG receive_buffers, ULONG sends,
                                   ULONG send_buffers, void *receive_cq, void *send_cq, void *context )
{
    struct socket_record *record;
    struct request_queue *rq;
    struct object *object;
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
        else if (!(object = object_create( KIND_REQUESTS, sizeof(*rq) ))) error = WSAENOBUFS;
        else
        {
            rq = object->ptr;
            rq->s = s;
            rq->record = record;
            rq->generation = record->born;
            rq->context = (ULONG_PTR)context;
            id = make_requests( rq, object, receive_cq, receives, send_cq, sends, &error );
        }
    }
    leave_api( error );
    return id;
}

static BOOL WINAPI rio_resize_rq( void *id, DWORD receives, DWORD sends )
{
    struct request_queue *rq = find_requests( id );
    DWORD before;
    int error;

    TRACE( "queue %p, receives %lu, sends %lu.\n", id, receives, sends );
    if (!rq || rq->closed || (!receives && !sends)) error = WSAEINVAL;
    else
    {
        before = rq->lanes[DIRECTION_RECV].max;
        if (!(error = resize_lane( &rq->lanes[DIRECTION_RECV], receives )) &&
            (error = resize_lane( &rq->lanes[DIRECTION_SEND], sends )))
            resize_lane( &rq->lanes[DIRECTION_RECV], before );
    }
    if (rq) leave_requests( rq );
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

/* Queue a request of a lane; the caller holds the lock. Answers a Winsock error. */
static int queue_request( struct lane *lane, const struct submission *args )
{
    BOOL stream = lane->rq->record->type == SOCK_STREAM;
    struct request *request;
    int error;

    /* MS: only a datagram may be empty, only a stream can be waited for */
    if (stream ? !args->count : args->flags & RIO_FLAG_WAITALL) return WSAEINVAL;
    if (stream && args->control) return WSAEOPNOTSUPP;
    if (outstanding( lane ) >= lane->max) return WSAENOBUFS;
    request = request_at( lane, lane->queued );
    memset( request, 0, sizeof(*request) );
    if ((error = fill_request( lane, args, request ))) return error;
    request->flags = args->flags;
    request->context = (ULONG_PTR)args->context;
    publish( lane->queued, lane->queued + 1 );
    return 0;
}

static int submit_locked( struct request_queue *rq, const struct submission *args )
{
    struct lane *lane = &rq->lanes[args->direction];
    int error;

    if (rq->closed || lane->cq->closed) return WSAEINVAL;
    if (!(args->flags & RIO_FLAG_COMMIT_ONLY) && (error = queue_request( lane, args ))) return error;
    if (args->flags & RIO_FLAG_DEFER) return 0;
    lane->committed = lane->queued;
    pump( lane );
    return 0;
}

static BOOL submit( void *id, const struct submission *args )
{
    struct request_queue *rq;
    int error = enter_api();

    if (!error && !(error = check_submission( args )))
    {
        if (!(rq = find_requests( id ))) error = WSAEINVAL;
        else
        {
            error = submit_locked( rq, args );
            leave_requests( rq );
        }
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

void rio_replaced( SOCKET s, struct socket_record *record, LONG before )
{
    struct object *object = record && record->settings ? record->settings->request_queue : NULL;
    struct request_queue *rq;

    if (!object) return;
    rq = object->ptr;
    enter_requests( rq );
    if (object->id && rq->s == s && rq->generation == before) rq->generation = record->born;
    leave_requests( rq );
}

void rio_before_close( SOCKET s, struct socket_record *record )
{
    struct object *object = record && record->settings ? record->settings->request_queue : NULL;
    struct request_queue *rq;

    if (!object) return;
    rq = object->ptr;
    enter_requests( rq );
    if (object->id && rq->s == s && rq->generation == record->born)
    {
        publish( rq->closed, TRUE );
        pump( &rq->lanes[DIRECTION_RECV] );
        pump( &rq->lanes[DIRECTION_SEND] );
        release_requests( rq );
    }
    leave_requests( rq );
}

static BOOL has_begun( const struct lane *lane, LONG stamp )
{
    return lane->beginner == stamp && stage_now( lane ) == STAGE_PENDING &&
           current_status( lane ) == STATUS_PENDING;
}

/* Whether there is something to do for the end of a thread: 2 when its requests may yet be ended by the
 * server, which cancels what pends. */
static int has_left( const struct object *object, LONG stamp )
{
    const struct completion_queue *cq = object->ptr;
    const struct request_queue *rq = object->ptr;

    if (object->kind == KIND_COMPLETIONS) return cq->lock.owner == stamp;
    if (object->kind != KIND_REQUESTS) return 0;
    if (has_begun( &rq->lanes[DIRECTION_RECV], stamp ) || has_begun( &rq->lanes[DIRECTION_SEND], stamp ))
        return 2;
    return rq->lock.owner == stamp;
}

/* The server can lose the end of a request: together with the thread whose turn it was to fetch it. */
static void mend_object( struct object *object, LONG stamp )
{
    struct request_queue *rq = object->ptr;
    unsigned int i;

    if (object->kind == KIND_COMPLETIONS)
    {
        enter_completions( object->ptr );
        leave_completions( object->ptr );
        return;
    }
    enter_requests( rq );
    for (i = 0; i < DIRECTION_COUNT; i++)
    {
        if (has_begun( &rq->lanes[i], stamp )) abandon_step( &rq->lanes[i] );
        pump( &rq->lanes[i] );
    }
    release_requests( rq );
    leave_requests( rq );
}

void rio_thread_ended( LONG stamp )
{
    unsigned int looks;
    DWORD place;
    int found;

    for (looks = 0; looks <= LOOKS; looks++)
    {
        for (place = 1, found = 0; place <= object_count; place++)
            found = max( found, has_left( object_at( place ), stamp ));
        if (found != 2) break;
        stamp_await_death();
    }
    if (!found) return;
    for (place = 1; place <= object_count; place++)
        if (has_left( object_at( place ), stamp )) mend_object( object_at( place ), stamp );
}
