/*
 * GetAddrInfoEx: the same look-ups as getaddrinfo, also in the background, with time-out and cancellation.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A background look-up is a job in a list. Whoever takes it out of the list (the thread that resolved it,
 * the time-out, or a cancellation) reports it to the program, so that this happens once. The lock of the
 * list is held for the list only, never while a name server is asked or while the program's routine runs.
 * The handle that the program gets is a number that is looked up, never a pointer.
 */
#include "names.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define LAST_KNOWN_VERSION 6    /* ADDRINFOEX6W */

struct job
{
    struct job *next;           /* while in the list */
    ULONG_PTR id;
    LONG references;
    struct query query;
    int version;
    void **result;              /* of the program, like the next two */
    OVERLAPPED *overlapped;
    LPLOOKUPSERVICE_COMPLETION_ROUTINE routine;
    HANDLE event;
    int cancel_error;
};

static SRWLOCK jobs_lock = SRWLOCK_INIT;
static struct job *jobs;
static ULONG_PTR last_id;

static void job_release( struct job *job )
{
    if (InterlockedDecrement( &job->references )) return;
    query_free( &job->query );
    HeapFree( GetProcessHeap(), 0, job );
}

static void jobs_add( struct job *job )
{
    AcquireSRWLockExclusive( &jobs_lock );
    job->id = last_id += 4;
    job->next = jobs;
    jobs = job;
    ReleaseSRWLockExclusive( &jobs_lock );
}

/* Take a job out of the list; by id if job is NULL. The caller gets the list's reference, or NULL when
 * somebody else was first. */
static struct job *jobs_take( struct job *job, ULONG_PTR id )
{
    struct job **link;

    AcquireSRWLockExclusive( &jobs_lock );
    for (link = &jobs; *link; link = &(*link)->next)
        if (job ? *link == job : (*link)->id == id) break;
    if ((job = *link)) *link = job->next;
    ReleaseSRWLockExclusive( &jobs_lock );
    return job;
}

/* Tell the program; the caller has taken the job. Where the program's memory is gone there is nobody left
 * to tell. */
static void job_report( struct job *job, int error, void *list )
{
    OVERLAPPED *overlapped = job->overlapped;
    ULONG_PTR internal = error;
    void *pointer = job->result;

    if (!guard_write( job->result, &list, sizeof(list) ))
    {
        WARN( "the program's result %p is gone.\n", job->result );
        list_free( list, SHAPE_EX_WIDE );
    }
    if (!guard_write( &overlapped->Pointer, &pointer, sizeof(pointer) ) ||
        !guard_write( &overlapped->Internal, &internal, sizeof(internal) ))
        WARN( "the program's overlapped %p is gone.\n", overlapped );
    TRACE( "overlapped %p: error %d.\n", overlapped, error );
    if (job->routine) job->routine( error, 0, overlapped );
    if (job->event) SetEvent( job->event );
}

static void CALLBACK resolve_job( TP_CALLBACK_INSTANCE *instance, void *context )
{
    struct job *job = context;
    struct answer answer;
    void *list = NULL;
    int error;

    TpCallbackMayRunLong( instance );
    if (!(error = query_resolve( &job->query, &answer )))
    {
        if (!(list = answer_to_list( &job->query, &answer, SHAPE_EX_WIDE, job->version )))
            error = WSA_NOT_ENOUGH_MEMORY;
        answer_free( &answer );
    }
    if (jobs_take( job, 0 ))
    {
        job_report( job, error, list );
        job_release( job );
    }
    else list_free( list, SHAPE_EX_WIDE );
    job_release( job );
}

/* Report a job that has been taken as ended without result; on a pool thread, since the program's routine
 * must not run inside the call that cancels. */
static void CALLBACK report_ended( TP_CALLBACK_INSTANCE *instance, void *context )
{
    struct job *job = context;

    (void)instance;
    job_report( job, job->cancel_error, NULL );
    job_release( job );
}

static void CALLBACK job_timed_out( TP_CALLBACK_INSTANCE *instance, void *context, TP_TIMER *timer )
{
    ULONG_PTR id = (ULONG_PTR)context;
    struct job *job = jobs_take( NULL, id );

    (void)instance;
    CloseThreadpoolTimer( timer );
    if (!job) return;
    job_report( job, WSAETIMEDOUT, NULL );
    job_release( job );
}

static void start_timeout( ULONG_PTR id, const struct timeval *timeout )
{
    TP_TIMER *timer = CreateThreadpoolTimer( job_timed_out, (void *)id, NULL );
    LARGE_INTEGER due;
    FILETIME time;

    if (!timer) return;
    due.QuadPart = -(timeout->tv_sec * (LONGLONG)10000000 + timeout->tv_usec * (LONGLONG)10);
    time.dwLowDateTime = due.u.LowPart;
    time.dwHighDateTime = due.u.HighPart;
    SetThreadpoolTimer( timer, &time, 0, 0 );
}

/* The pool's threads run our code later, whatever the program unloads meanwhile. */
static void pin_module(void)
{
    HMODULE module;

    GetModuleHandleExW( GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                        (const WCHAR *)&jobs_lock, &module );
}

/* Start a look-up in the background. The query is the job's from here on. */
static int start_job( struct query *query, int version, void **result, const struct timeval *timeout,
                      OVERLAPPED *overlapped, HANDLE event, LPLOOKUPSERVICE_COMPLETION_ROUTINE routine,
                      HANDLE *handle )
{
    ULONG_PTR pending = WSAEINPROGRESS, id;
    struct job *job;
    int error = 0;

    if (!(job = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*job) )))
    {
        query_free( query );
        return WSA_NOT_ENOUGH_MEMORY;
    }
    job->references = 2;    /* the list's and the worker's */
    job->query = *query;
    job->version = version;
    job->result = result;
    job->overlapped = overlapped;
    job->event = event;
    job->routine = routine;
    if (!guard_write( &overlapped->Internal, &pending, sizeof(pending) ))
    {
        job->references = 1;
        job_release( job );
        return WSAEFAULT;
    }

    pin_module();
    jobs_add( job );
    id = job->id;
    if (handle && !guard_write( handle, &id, sizeof(id) )) error = WSAEFAULT;
    else if (!TrySubmitThreadpoolCallback( resolve_job, job, NULL )) error = WSA_NOT_ENOUGH_MEMORY;
    if (error)
    {
        /* whoever cancelled meanwhile has reported it: then the call has pended */
        BOOL reported = !jobs_take( job, 0 );

        if (!reported) job_release( job );
        job_release( job );
        return reported ? WSA_IO_PENDING : error;
    }
    if (timeout) start_timeout( id, timeout );
    return WSA_IO_PENDING;
}

/* A look-up with a time-out whose caller waits: the same job, with an overlapped structure of ours. */
struct waited
{
    OVERLAPPED overlapped;
    void *result;
};

static int resolve_in_time( struct query *query, int version, const struct timeval *timeout, void **list )
{
    struct waited *waited;
    HANDLE event;
    int error;

    *list = NULL;
    waited = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*waited) );
    event = CreateEventW( NULL, TRUE, FALSE, NULL );
    if (waited && event)
        error = start_job( query, version, &waited->result, timeout, &waited->overlapped, event,
                           NULL, NULL );
    else
    {
        query_free( query );
        error = WSA_NOT_ENOUGH_MEMORY;
    }
    if (error == WSA_IO_PENDING)
    {
        WaitForSingleObject( event, INFINITE );
        error = waited->overlapped.Internal;
        *list = waited->result;
    }
    if (event) CloseHandle( event );
    HeapFree( GetProcessHeap(), 0, waited );
    return error;
}

/* The program's hints; the version for AI_EXTENDED follows the common part (MS: addrinfoex2 page). */
static int read_hints( struct query *query, int *version, const ADDRINFOEXW *hints )
{
    ADDRINFOEXW copy;

    *version = 0;
    memset( query, 0, sizeof(*query) );
    if (!hints) return 0;
    if (!guard_read( &copy, hints, sizeof(copy) )) return WSAEFAULT;
    if (copy.ai_flags & AI_EXTENDED)
    {
        if (!guard_read( version, hints + 1, sizeof(*version) )) return WSAEFAULT;
        if (*version < 2 || *version > LAST_KNOWN_VERSION) return WSAEINVAL;
    }
    query->flags = copy.ai_flags & ~AI_EXTENDED;
    query->family = copy.ai_family;
    query->socktype = copy.ai_socktype;
    query->protocol = copy.ai_protocol;
    return 0;
}

int read_timeout( struct timeval *copy, const struct timeval *timeout )
{
    if (!guard_read( copy, timeout, sizeof(*copy) )) return WSAEFAULT;
    return copy->tv_sec < 0 || copy->tv_usec < 0 ? WSAEINVAL : 0;
}

static int finish_ex( int error )
{
    leave_api( error );
    return error;
}

/* The name space and its provider play no part: there is one, the host's resolver. */
int WINAPI GetAddrInfoExW( const WCHAR *node, const WCHAR *service, DWORD name_space, GUID *provider_id,
                           const ADDRINFOEXW *hints, ADDRINFOEXW **result, struct timeval *timeout,
                           OVERLAPPED *overlapped, LPLOOKUPSERVICE_COMPLETION_ROUTINE routine,
                           HANDLE *handle )
{
    struct timeval time;
    struct query query;
    void *list = NULL;
    HANDLE event = NULL;
    int error, version;

    TRACE( "node %p, service %p, name space %lu, provider %p, hints %p, result %p, timeout %p, "
           "overlapped %p, routine %p, handle %p.\n", node, service, name_space, provider_id, hints, result,
           timeout, overlapped, routine, handle );

    if ((error = enter_api())) return finish_ex( error );
    if (!result || !guard_write( result, &list, sizeof(list) )) return finish_ex( WSAEFAULT );
    if (overlapped && !guard_read( &event, &overlapped->hEvent, sizeof(event) ))
        return finish_ex( WSAEFAULT );
    /* an event and a routine exclude each other; a routine or a handle mean nothing without overlapped
     * (Wine T:test_GetAddrInfoExW, MS: GetAddrInfoEx page) */
    if (overlapped ? event && routine : routine != NULL) return finish_ex( WSAEINVAL );
    if (timeout && (error = read_timeout( &time, timeout ))) return finish_ex( error );
    if ((error = read_hints( &query, &version, hints ))) return finish_ex( error );
    if ((error = query_set_names( &query, node, service ))) return finish_ex( error );
    if ((error = query_check( &query )))
    {
        query_free( &query );
        return finish_ex( error );
    }

    if (overlapped)
        return finish_ex( start_job( &query, version, (void **)result, timeout ? &time : NULL, overlapped,
                                     event, routine, handle ));
    if (!timeout)
        return finish_ex( query_to_program( &query, 0, SHAPE_EX_WIDE, version, (void **)result ));

    error = resolve_in_time( &query, version, &time, &list );
    if (!error && !guard_write( result, &list, sizeof(list) ))
    {
        list_free( list, SHAPE_EX_WIDE );
        error = WSAEFAULT;
    }
    return finish_ex( error );
}

/* The narrow form has no background work (MS: GetAddrInfoExA page). */
int WINAPI GetAddrInfoExA( const char *node, const char *service, DWORD name_space, GUID *provider_id,
                           const ADDRINFOEXA *hints, ADDRINFOEXA **result, struct timeval *timeout,
                           OVERLAPPED *overlapped, LPLOOKUPSERVICE_COMPLETION_ROUTINE routine,
                           HANDLE *handle )
{
    struct query query;
    void *list = NULL;
    int error, version;

    TRACE( "node %p, service %p, name space %lu, provider %p, hints %p, result %p, timeout %p, "
           "overlapped %p, routine %p, handle %p.\n", node, service, name_space, provider_id, hints, result,
           timeout, overlapped, routine, handle );

    if ((error = enter_api())) return finish_ex( error );
    if (!result || !guard_write( result, &list, sizeof(list) )) return finish_ex( WSAEFAULT );
    if (overlapped || routine || handle) return finish_ex( WSAEINVAL );
    if ((error = read_hints( &query, &version, (const ADDRINFOEXW *)hints ))) return finish_ex( error );
    error = query_set_ansi_names( &query, node, service );
    return finish_ex( query_to_program( &query, error, SHAPE_EX_ANSI, version, (void **)result ));
}

/* MS, its page: the program is told at once, with WSA_E_CANCELLED; the look-up itself goes on unseen. */
int WINAPI GetAddrInfoExCancel( HANDLE *handle )
{
    struct job *job;
    ULONG_PTR id;

    TRACE( "handle %p.\n", handle );

    if (!handle || !guard_read( &id, handle, sizeof(id) ) || !(job = jobs_take( NULL, id )))
        return finish_ex( WSA_INVALID_HANDLE );
    job->cancel_error = WSA_E_CANCELLED;
    if (!TrySubmitThreadpoolCallback( report_ended, job, NULL )) report_ended( NULL, job );
    return finish_ex( 0 );
}

int WINAPI GetAddrInfoExOverlappedResult( OVERLAPPED *overlapped )
{
    ULONG_PTR internal;

    TRACE( "overlapped %p.\n", overlapped );

    if (!overlapped || !guard_read( &internal, &overlapped->Internal, sizeof(internal) )) return WSAEINVAL;
    return internal;
}
