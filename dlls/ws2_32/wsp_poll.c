/*
 * select, WSAPoll and __WSAFDIsSet: which sockets are ready; docs/events.md.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"
#include "poll.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* More sockets than a process can have handles. */
#define MAX_POLL_SOCKETS 0x1000000

/* How long polls and the making of sockets wait for each other; a thread that was killed never ends. */
#define SUBMIT_PATIENCE_MS 200

/* How often a poll is made again because a socket was closed and another made in its place meanwhile. */
#define MAX_RACES 4

#define TICKS_PER_MS 10000

/* What WSAPoll accepts in "events"; POLLPRI is not among it (reference 3.3, Wine T:test_WSAPoll). */
#define POLL_REQUESTS (POLLRDNORM | POLLRDBAND | POLLWRNORM)

/* Polls are made on a device handle of our own: they go on when one of the sockets is closed, can always
 * be cancelled, and a socket without WSA_FLAG_OVERLAPPED does not make the wait deaf to APCs. */
static HANDLE poll_device;

/* Threads that are making a socket, or a poll request. */
static LONG births, submissions;

static void wait_until_none( LONG *count )
{
    DWORD start;

    if (*(volatile LONG *)count <= 0) return;
    for (start = GetTickCount(); *(volatile LONG *)count > 0; NtYieldExecution())
    {
        if (GetTickCount() - start < SUBMIT_PATIENCE_MS) continue;
        WARN( "%ld threads are too long at it\n", *count );
        InterlockedExchange( count, 0 );
    }
}

/* A count that was reset in between stays at 0. */
static void leave( LONG *count )
{
    if (InterlockedDecrement( count ) < 0) InterlockedIncrement( count );
}

void socket_birth_begin(void)
{
    InterlockedIncrement( &births );
    wait_until_none( &submissions );
}

void socket_birth_end(void)
{
    leave( &births );
}

void poll_submit_begin(void)
{
    for (;;)
    {
        wait_until_none( &births );
        InterlockedIncrement( &submissions );
        if (births <= 0) return;
        leave( &submissions );
    }
}

void poll_submit_end(void)
{
    leave( &submissions );
}

static HANDLE open_poll_device( HANDLE broken )
{
    static WCHAR path[] = L"\\Device\\Afd";
    UNICODE_STRING name = { sizeof(path) - sizeof(WCHAR), sizeof(path), path };
    OBJECT_ATTRIBUTES attr = { sizeof(attr), NULL, &name, OBJ_CASE_INSENSITIVE, NULL, NULL };
    HANDLE device = poll_device, other;
    IO_STATUS_BLOCK io;

    if (device != broken) return device;
    if (NtOpenFile( &device, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attr, &io,
                    FILE_SHARE_READ | FILE_SHARE_WRITE, 0 )) return NULL;
    other = InterlockedCompareExchangePointer( &poll_device, device, broken );
    if (other == broken) return device;
    NtClose( device );
    return other;
}

static NTSTATUS request_poll( HANDLE device, HANDLE event, struct afd_poll_params *params, ULONG size )
{
    IO_STATUS_BLOCK io, cancel;
    NTSTATUS status;
    int error;

    io.Status = STATUS_PENDING;
    io.Information = 0;
    poll_submit_begin();
    status = NtDeviceIoControlFile( device, event, NULL, NULL, &io, IOCTL_AFD_POLL, params, size,
                                    params, size );
    poll_submit_end();
    if (status != STATUS_PENDING) return status;
    if ((error = wait_blocking( event, NULL, AFD_ALERTABLE )))
    {
        /* io and params are ours: the request must be over before we leave */
        NtCancelIoFileEx( device, &io, &cancel );
        while (ReadAcquire( (LONG *)&io.Status ) == STATUS_PENDING)
            NtWaitForSingleObject( event, FALSE, NULL );
        return error == WSAEINTR ? STATUS_REQUEST_ABORTED : STATUS_INSUFFICIENT_RESOURCES;
    }
    return ReadAcquire( (LONG *)&io.Status );
}

/* Whether one that is asked about may be writable for AFD, which knows nothing of what goes out in the
 * background, and not for a send. */
static BOOL may_be_draining( const struct afd_poll_params *params )
{
    unsigned int i;

    for (i = 0; i < params->count; i++)
    {
        if (!(params->sockets[i].flags & AFD_POLL_WRITE)) continue;
        if (drain_possible( record_find( params->sockets[i].socket ))) return TRUE;
    }
    return FALSE;
}

/* Take such sockets from AFD's answer. */
static void hide_draining( struct afd_poll_params *params )
{
    unsigned int i, count = 0;

    for (i = 0; i < params->count; i++)
    {
        SOCKET s = params->sockets[i].socket;

        if ((params->sockets[i].flags & AFD_POLL_WRITE) && drain_active( s, record_find( s )))
            params->sockets[i].flags &= ~AFD_POLL_WRITE;
        if (params->sockets[i].flags) params->sockets[count++] = params->sockets[i];
    }
    params->count = count;
}

/* Wait with a copy of the request at hand: as long as AFD's answers are nothing but sockets that drain. Each
 * look at one of these has filled the room that AFD saw, so AFD waits when it is asked once more. */
static NTSTATUS request_draining_poll( HANDLE device, HANDLE event, struct afd_poll_params *params,
                                       const struct afd_poll_params *request, ULONG size )
{
    const LONGLONG wait = request->timeout;
    const ULONGLONG end = wait < 0 ? GetTickCount64() - wait / TICKS_PER_MS : 0;
    ULONGLONG now = 0;
    NTSTATUS status;

    for (;;)
    {
        if ((status = request_poll( device, event, params, size ))) return status;
        hide_draining( params );
        if (params->count || !wait || (wait < 0 && (now = GetTickCount64()) >= end)) return STATUS_SUCCESS;
        memcpy( params, request, size );
        if (wait < 0) params->timeout = -(LONGLONG)(end - now) * TICKS_PER_MS;
    }
}

/* Wait in AFD until one of the sockets is ready. params is input and output. STATUS_TIMEOUT is a success;
 * STATUS_REQUEST_ABORTED says that WSACancelBlockingCall ended the wait. */
static NTSTATUS poll_sockets( HANDLE device, struct afd_poll_params *params, ULONG size )
{
    struct afd_poll_params *copy = NULL;
    NTSTATUS status;
    HANDLE event;

    if (!device) return STATUS_INSUFFICIENT_RESOURCES;
    if (!(event = sync_event())) return STATUS_INSUFFICIENT_RESOURCES;
    if (may_be_draining( params ) && (copy = HeapAlloc( GetProcessHeap(), 0, size )))
    {
        memcpy( copy, params, size );
        status = request_draining_poll( device, event, params, copy, size );
        HeapFree( GetProcessHeap(), 0, copy );
    }
    else status = request_poll( device, event, params, size );
    release_sync_event( event );
    return status;
}

/* AFD takes 32 bits of a handle; what has more is not one. Our device is a socket to wineserver, one that
 * it must not poll (an assertion ends it), and may have the value of a socket that the program has
 * closed. */
static BOOL is_handle_value( SOCKET s )
{
    return (ULONG)s == s && (HANDLE)s != poll_device;
}

static BOOL is_socket( SOCKET s )
{
    return is_handle_value( s ) && !check_socket( s );
}

static SIZE_T params_size( SIZE_T count )
{
    return max( sizeof(struct afd_poll_params), offsetof( struct afd_poll_params, sockets[count] ));
}

static void add_socket( struct afd_poll_params *params, SOCKET s, int flags )
{
    params->sockets[params->count].socket = s;
    params->sockets[params->count].flags = flags;
    params->sockets[params->count++].status = 0;
}

/*** select ***/

struct select_set
{
    fd_set *program;            /* NULL when not given */
    u_int count;
    SOCKET *sockets;            /* copy of what it holds on entry, for AFD */
    struct select_set *result;  /* the set that takes this one's results: the first with the same pointer */
    SOCKET ready[16];           /* results that are not written yet */
    u_int ready_count, written;
    ULONG *seen;                /* a hash table of the results, as a socket counts once however often it is
                                 * in a set */
};

enum { READ_SET, WRITE_SET, EXCEPT_SET, SET_COUNT };

/* Each AFD event belongs to one set, so that an answer tells its set. */
static const int set_flags[SET_COUNT] =
{
    AFD_POLL_READ | AFD_POLL_ACCEPT | AFD_POLL_HUP | AFD_POLL_RESET,
    AFD_POLL_WRITE,
    AFD_POLL_OOB | AFD_POLL_CONNECT_ERR,
};

static const unsigned int set_events[SET_COUNT] = { HOST_POLL_IN, HOST_POLL_OUT, HOST_POLL_PRI };

static BOOL contains( const SOCKET *list, u_int count, SOCKET s )
{
    u_int i;

    for (i = 0; i < count; i++) if (list[i] == s) return TRUE;
    return FALSE;
}

struct select_results
{
    struct select_set *sets;
    ULONG mask;                 /* of the sets' hash tables, each of a power of two */
    BOOL fault;                 /* the program's memory was not there any more */
    ULONG *tables, local[SET_COUNT * 32];
};

/* Before results, of which no set gets more than so many. FALSE when out of memory. */
static BOOL begin_results( struct select_results *results, struct select_set *sets, unsigned int most )
{
    SIZE_T size = 4;
    unsigned int i;

    while (size < 2 * (SIZE_T)most) size *= 2;
    results->sets = sets;
    results->mask = size - 1;
    results->fault = FALSE;
    results->tables = results->local;
    if (SET_COUNT * size <= ARRAY_SIZE(results->local))
        memset( results->local, 0, SET_COUNT * size * sizeof(*results->local) );
    else if (!(results->tables = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY,
                                            SET_COUNT * size * sizeof(*results->tables) )))
        return FALSE;
    for (i = 0; i < SET_COUNT; i++)
    {
        sets[i].ready_count = sets[i].written = 0;
        sets[i].seen = results->tables + i * size;
    }
    return TRUE;
}

static void write_ready( struct select_results *results, struct select_set *set )
{
    if (set->ready_count && !guard_write( set->program->fd_array + set->written, set->ready,
                                          set->ready_count * sizeof(SOCKET) ))
        results->fault = TRUE;
    set->written += set->ready_count;
    set->ready_count = 0;
}

static void add_ready( struct select_results *results, struct select_set *set, SOCKET s )
{
    ULONG i;

    set = set->result;
    for (i = (s >> 2) & results->mask; set->seen[i]; i = (i + 1) & results->mask)
        if (set->seen[i] == s) return;
    set->seen[i] = s;
    if (set->ready_count == ARRAY_SIZE(set->ready)) write_ready( results, set );
    set->ready[set->ready_count++] = s;
}

/* Answers how many sockets there are in the sets, or SOCKET_ERROR. */
static int end_results( struct select_results *results, INT *error )
{
    int ret = 0, i;

    for (i = 0; i < SET_COUNT; i++)
    {
        struct select_set *set = &results->sets[i];

        if (!set->program || set->result != set) continue;
        write_ready( results, set );
        if (!guard_write( &set->program->fd_count, &set->written, sizeof(set->written) ))
            results->fault = TRUE;
        ret += set->written;
    }
    if (results->tables != results->local) HeapFree( GetProcessHeap(), 0, results->tables );
    *error = results->fault ? WSAEFAULT : 0;
    return results->fault ? SOCKET_ERROR : ret;
}

/* The time-out as AFD wants it, relative and negative; FALSE for a time that is before now. */
static BOOL select_timeout( const struct timeval *timeout, LONGLONG *afd )
{
    *afd = timeout ? (LONGLONG)timeout->tv_sec * -10000000 + (LONGLONG)timeout->tv_usec * -10 : MAXLONGLONG;
    return !timeout || *afd <= 0;
}

static BOOL writable( const struct afd_poll_params *params, SOCKET s )
{
    unsigned int i;

    for (i = 0; i < params->count; i++)
        if (params->sockets[i].socket == s && (params->sockets[i].flags & (AFD_POLL_WRITE | AFD_POLL_CLOSE)))
            return TRUE;
    return FALSE;
}

/* Read what the program's sets hold into sets[].sockets. A set may end with its last socket, short of the
 * 64 of the type, or be longer where the program defines FD_SETSIZE. */
static int count_sets( struct select_set *sets, SIZE_T *total )
{
    unsigned int i, j;

    *total = 0;
    for (i = 0; i < SET_COUNT; i++)
    {
        sets[i].result = &sets[i];
        for (j = 0; j < i; j++)
        {
            if (sets[j].program != sets[i].program) continue;
            sets[i].result = &sets[j];
            break;
        }
        if (!sets[i].program) continue;
        if (!guard_read( &sets[i].count, &sets[i].program->fd_count, sizeof(sets[i].count) ))
            return WSAEFAULT;
        if (sets[i].count > MAX_POLL_SOCKETS) return WSAENOBUFS;
        if (!guard_touch( sets[i].program, offsetof( fd_set, fd_array[sets[i].count] ) )) return WSAEFAULT;
        *total += sets[i].count;
    }
    return 0;
}

/* AFD says the same of an error of a datagram socket, which is something to receive. */
static BOOL connect_failed( const struct afd_poll_params *params, SOCKET s )
{
    const struct socket_record *record = record_find( s );
    unsigned int i;

    if (record && record->type != SOCK_STREAM) return FALSE;
    for (i = 0; i < params->count; i++)
        if (params->sockets[i].socket == s && (params->sockets[i].flags & AFD_POLL_CONNECT_ERR)) return TRUE;
    return FALSE;
}

static int select_result( struct select_set *sets, const struct afd_poll_params *params, INT *error )
{
    struct select_results results;
    int all_flags = 0, ret;
    unsigned int i, j;

    if (!begin_results( &results, sets, params->count ))
    {
        *error = WSAENOBUFS;
        return SOCKET_ERROR;
    }
    for (i = 0; i < params->count; i++) all_flags |= params->sockets[i].flags;
    for (i = 0; i < params->count; i++)
    {
        SOCKET s = params->sockets[i].socket;
        int flags = params->sockets[i].flags;

        if (flags & AFD_POLL_CLOSE)
        {
            /* closesocket from another thread ends the wait: readable, or no socket (Wine T:test_select) */
            if (!contains( sets[READ_SET].sockets, sets[READ_SET].count, s ))
            {
                for (j = 0; j < SET_COUNT; j++) sets[j].ready_count = sets[j].written = 0;
                end_results( &results, error );
                *error = WSAENOTSOCK;
                return SOCKET_ERROR;
            }
            add_ready( &results, &sets[READ_SET], s );
        }
        /* AFD calls a failed connect readable too; on Windows it is exceptional alone
         * (Wine T:test_select) */
        if ((all_flags & AFD_POLL_CONNECT_ERR) && (flags & set_flags[READ_SET]) &&
            connect_failed( params, s ))
            flags &= ~set_flags[READ_SET];
        for (j = 0; j < SET_COUNT; j++)
            if (flags & set_flags[j]) add_ready( &results, &sets[j], s );
    }
    if ((ret = end_results( &results, error )) == SOCKET_ERROR) return ret;

    for (i = 0; i < sets[WRITE_SET].count; i++)
    {
        SOCKET s = sets[WRITE_SET].sockets[i];
        const struct socket_record *record = record_find( s );

        if (record && record->selection && !writable( params, s )) event_not_writable( s );
    }
    return ret;
}

/* Ask the host. FALSE: AFD has to do it, for what is left of the time-out. */
static BOOL select_on_host( struct select_set *sets, SIZE_T total, LONGLONG *timeout, int *ret, INT *error )
{
    struct select_results results;
    struct host_poll poll;
    SOCKET sockets[32];
    unsigned int i, j, first, step;
    BOOL done = FALSE;

    if (!host_poll_begin( &poll, total, *timeout )) return FALSE;
    for (i = 0; i < SET_COUNT; i++)
    {
        for (first = 0; first < sets[i].count; first += step)
        {
            step = min( sets[i].count - first, ARRAY_SIZE(sockets) );
            if (!guard_read( sockets, sets[i].program->fd_array + first, step * sizeof(*sockets) )) goto out;
            for (j = 0; j < step; j++)
                if (!is_handle_value( sockets[j] ) || !host_poll_add( &poll, sockets[j], set_events[i], i ))
                    goto out;
        }
    }
    done = host_poll_wait( &poll );
    *timeout = poll.timeout;
    if (!done) goto out;
    if (!begin_results( &results, sets, poll.ready ))
    {
        *error = WSAENOBUFS;
        goto out;
    }
    for (i = 0; i < poll.count; i++)
    {
        const struct host_poll_entry *entry = &poll.entries[i];

        if (entry->revents) add_ready( &results, &sets[entry->value], host_poll_socket( entry ) );
        else if (entry->value == WRITE_SET) event_not_writable( host_poll_socket( entry ) );
    }
    *ret = end_results( &results, error );
out:
    host_poll_end( &poll );
    return done;
}

int WINAPI base_select( int ignored, fd_set *read, fd_set *write, fd_set *except,
                        const struct timeval *program_timeout, INT *error )
{
    struct select_set sets[SET_COUNT] = { { .program = read }, { .program = write }, { .program = except } };
    struct afd_poll_params *params;
    struct timeval timeout;
    HANDLE device = NULL;
    SIZE_T total, size;
    NTSTATUS status;
    LONGLONG wait;
    SOCKET *lists;
    int ret = SOCKET_ERROR;
    unsigned int i, j, attempt;

    (void)ignored;
    if ((*error = count_sets( sets, &total ))) return SOCKET_ERROR;
    if (program_timeout && !guard_read( &timeout, program_timeout, sizeof(timeout) ))
    {
        *error = WSAEFAULT;
        return SOCKET_ERROR;
    }
    /* MS: select names both under WSAEINVAL */
    if (!total || !select_timeout( program_timeout ? &timeout : NULL, &wait ))
    {
        *error = WSAEINVAL;
        return SOCKET_ERROR;
    }

    if (select_on_host( sets, total, &wait, &ret, error )) return ret;

    size = params_size( total );
    params = HeapAlloc( GetProcessHeap(), 0, size + total * sizeof(*lists) );
    if (!params)
    {
        *error = WSAENOBUFS;
        return SOCKET_ERROR;
    }
    lists = (SOCKET *)((char *)params + size);
    for (i = 0; i < SET_COUNT; i++)
    {
        sets[i].sockets = lists;
        lists += sets[i].count;
        if (sets[i].count && !guard_read( sets[i].sockets, sets[i].program->fd_array,
                                          sets[i].count * sizeof(SOCKET) ))
        {
            *error = WSAEFAULT;
            goto done;
        }
    }
    for (attempt = 0; attempt < 2; attempt++)
    {
        device = open_poll_device( device );
        memset( params, 0, size );
        params->timeout = wait;
        for (i = 0; i < SET_COUNT; i++)
        {
            for (j = 0; j < sets[i].count; j++)
            {
                if (!is_handle_value( sets[i].sockets[j] ))
                {
                    *error = WSAENOTSOCK;
                    goto done;
                }
                add_socket( params, sets[i].sockets[j], set_flags[i] );
            }
        }
        status = poll_sockets( device, params, size );
        if (status == STATUS_TIMEOUT) status = STATUS_SUCCESS;
        if (!status)
        {
            ret = select_result( sets, params, error );
            goto done;
        }
        *error = status_to_wsa( status );
        if (status == STATUS_REQUEST_ABORTED || status == STATUS_INSUFFICIENT_RESOURCES) goto done;

        for (i = 0; i < SET_COUNT; i++)
        {
            for (j = 0; j < sets[i].count; j++)
            {
                if (is_socket( sets[i].sockets[j] )) continue;
                *error = WSAENOTSOCK;
                goto done;
            }
        }
        /* all of them are sockets, so it is our device that somebody closed */
    }

done:
    HeapFree( GetProcessHeap(), 0, params );
    return ret;
}

/*** WSAPoll ***/

static int poll_request( SHORT events )
{
    int flags = AFD_POLL_HUP | AFD_POLL_RESET | AFD_POLL_CONNECT_ERR;

    if (events & POLLRDNORM) flags |= AFD_POLL_READ | AFD_POLL_ACCEPT;
    if (events & POLLRDBAND) flags |= AFD_POLL_OOB;
    if (events & POLLWRNORM) flags |= AFD_POLL_WRITE;
    return flags;
}

static SHORT poll_answer( SOCKET s, int flags, SHORT events )
{
    const struct socket_record *record;
    SHORT ret = 0;

    if (flags & (AFD_POLL_READ | AFD_POLL_ACCEPT)) ret |= POLLRDNORM;
    if (flags & AFD_POLL_OOB) ret |= POLLRDBAND;
    if (flags & AFD_POLL_WRITE) ret |= POLLWRNORM;
    if (flags & AFD_POLL_HUP) ret |= POLLHUP;
    if (flags & AFD_POLL_RESET) ret |= POLLHUP | POLLERR;
    if (flags & AFD_POLL_CONNECT_ERR)
    {
        ret |= POLLERR;
        /* a failed connect (Wine T:test_WSAPoll, interactive part); AFD says the same of a datagram error */
        if (!(record = record_find( s )) || record->type == SOCK_STREAM) ret |= POLLHUP | POLLWRNORM;
    }
    if (flags & AFD_POLL_CLOSE) ret |= POLLNVAL;
    return ret & (events | POLLERR | POLLHUP | POLLNVAL);
}

/* Mark streams whose end has come with POLLHUP. Windows reports it beside data that is still to be read
 * (Wine T:test_WSAPoll); AFD only after that. TRUE when there are any. */
static BOOL mark_ends( WSAPOLLFD *fds, ULONG count )
{
    struct host_poll_entry entries[16];
    struct host_poll_params params = { .entries = (ULONG_PTR)entries };
    ULONG i, first, step, index[ARRAY_SIZE(entries)];
    BOOL ret = FALSE;

    for (first = 0; first < count; first += step)
    {
        step = min( count - first, ARRAY_SIZE(entries) );
        params.count = 0;
        for (i = first; i < first + step; i++)
        {
            const struct socket_record *record =
                fds[i].revents == POLLNVAL ? NULL : record_find( fds[i].fd );

            if (!record || record->type != SOCK_STREAM || !(record->flags & RECORD_CONNECTED)) continue;
            index[params.count] = i;
            entries[params.count].socket = host_socket( fds[i].fd );
            entries[params.count].events = 0;
            entries[params.count++].revents = 0;
        }
        if (!params.count || host_call( HOST_POLL, &params )) continue;
        for (i = 0; i < params.count; i++)
        {
            if (!(entries[i].revents & HOST_POLL_HUP)) continue;
            fds[index[i]].revents = POLLHUP;
            ret = TRUE;
        }
    }
    return ret;
}

/* Answers come in the order of the requests, without those that are not ready. */
static int poll_results( WSAPOLLFD *fds, ULONG count, const struct afd_poll_params *params )
{
    unsigned int next = 0;
    int ret = 0;
    ULONG i;

    for (i = 0; i < count; i++)
    {
        int flags = 0;

        if (fds[i].revents == POLLNVAL) continue;
        /* of two entries for one socket, the first may be the one without an answer */
        if (next < params->count && params->sockets[next].socket == fds[i].fd &&
            !(params->sockets[next].flags & ~(poll_request( fds[i].events ) | AFD_POLL_CLOSE)))
            flags = params->sockets[next++].flags;

        fds[i].revents |= poll_answer( fds[i].fd, flags, fds[i].events );   /* to what mark_ends() says */
        if (fds[i].revents) ret++;
        if ((fds[i].events & POLLWRNORM) && !(flags & (AFD_POLL_WRITE | AFD_POLL_CLOSE)))
            event_not_writable( fds[i].fd );
    }
    return ret;
}

/* Mark what is no socket with POLLNVAL. Answers how many are marked now, and in *newly by this call. */
static ULONG mark_invalid( WSAPOLLFD *fds, ULONG count, ULONG *newly )
{
    ULONG i, ret = 0;

    *newly = 0;
    for (i = 0; i < count; i++)
    {
        if (fds[i].revents != POLLNVAL && !is_socket( fds[i].fd ))
        {
            fds[i].revents = POLLNVAL;
            ++*newly;
        }
        if (fds[i].revents == POLLNVAL) ret++;
    }
    return ret;
}

static unsigned int host_request( SHORT events )
{
    return (events & POLLRDNORM ? HOST_POLL_IN : 0) | (events & POLLRDBAND ? HOST_POLL_PRI : 0) |
           (events & POLLWRNORM ? HOST_POLL_OUT : 0);
}

/* Ask the host about the program's array, or a copy with what is no socket marked. FALSE: AFD has to do it,
 * for what is left of the time-out. */
static BOOL poll_on_host( WSAPOLLFD *program_fds, ULONG count, BOOL marked, LONGLONG *timeout, int *ret,
                          INT *error )
{
    struct host_poll poll;
    WSAPOLLFD fds[32];
    ULONG i, first, step, sockets = 0;
    BOOL done = FALSE;

    if (!host_poll_begin( &poll, count, *timeout )) return FALSE;
    for (first = 0; first < count; first += step)
    {
        step = min( count - first, ARRAY_SIZE(fds) );
        if (!guard_read( fds, program_fds + first, step * sizeof(*fds) )) goto out;
        for (i = 0; i < step; i++)
        {
            BOOL negative = (INT_PTR)fds[i].fd < 0;
            USHORT before = fds[i].revents;

            if (!negative && (fds[i].events & ~POLL_REQUESTS)) goto out;
            if (negative || !is_handle_value( fds[i].fd ) || (marked && before == POLLNVAL))
                host_poll_skip( &poll, before );
            else if (host_poll_add( &poll, fds[i].fd, host_request( fds[i].events ), before )) sockets++;
            else goto out;
        }
    }
    done = sockets && host_poll_wait( &poll );
    *timeout = poll.timeout;
    if (!done) goto out;

    *error = 0;
    *ret = 0;
    for (i = 0; i < count; i++)
    {
        const struct host_poll_entry *entry = &poll.entries[i];
        SHORT revents = (entry->revents & HOST_POLL_IN ? POLLRDNORM : 0) |
                        (entry->revents & HOST_POLL_OUT ? POLLWRNORM : 0);

        if (entry->socket == HOST_NO_SOCKET) revents = POLLNVAL;        /* does not count */
        else if (revents) ++*ret;
        if (revents != (SHORT)entry->value &&
            !guard_write( &program_fds[i].revents, &revents, sizeof(revents) ))
            *error = WSAEFAULT;
        if (entry->events & ~entry->revents & HOST_POLL_OUT) event_not_writable( host_poll_socket( entry ) );
    }
    if (*error) *ret = SOCKET_ERROR;
out:
    host_poll_end( &poll );
    return done;
}

static int poll_array( WSAPOLLFD *fds, ULONG count, LONGLONG timeout, struct afd_poll_params *params,
                       INT *error )
{
    HANDLE device = open_poll_device( NULL ), broken = NULL;
    ULONG i, invalid = 0, newly, races = 0;
    BOOL bad_request = FALSE;
    NTSTATUS status;
    int ret;

    /* A negative descriptor is skipped whatever it asks for, as in POSIX, but with POLLNVAL. */
    for (i = 0; i < count; i++)
    {
        BOOL negative = (INT_PTR)fds[i].fd < 0;

        fds[i].revents = 0;
        if (negative || !is_handle_value( fds[i].fd ))
        {
            fds[i].revents = POLLNVAL;
            invalid++;
        }
        if (!negative && (fds[i].events & ~POLL_REQUESTS)) bad_request = TRUE;
    }

    /* Windows' order (Wine T:test_WSAPoll): no socket at all is WSAENOTSOCK and marks all entries, then an
     * event that cannot be asked for is WSAEINVAL and marks none. */
    if (bad_request && mark_invalid( fds, count, &newly ) < count)
    {
        for (i = 0; i < count; i++) fds[i].revents = 0;
        *error = WSAEINVAL;
        return SOCKET_ERROR;
    }

    while (invalid < count)
    {
        SIZE_T size;

        params->timeout = timeout;
        params->count = 0;
        params->exclusive = FALSE;
        device = open_poll_device( broken );
        for (i = 0; i < count; i++)
        {
            if (!is_handle_value( fds[i].fd )) fds[i].revents = POLLNVAL;
            if (fds[i].revents != POLLNVAL) add_socket( params, fds[i].fd, poll_request( fds[i].events ) );
        }
        if (!params->count) break;
        size = params_size( params->count );
        if (mark_ends( fds, count )) params->timeout = 0;
        status = poll_sockets( device, params, size );
        if (status == STATUS_TIMEOUT) status = STATUS_SUCCESS;
        if (!status) return poll_results( fds, count, params );
        *error = status_to_wsa( status );
        if (status == STATUS_REQUEST_ABORTED || status == STATUS_INSUFFICIENT_RESOURCES) return SOCKET_ERROR;

        /* some are no sockets, or were none for a moment, or our device was closed by somebody: once more
         * with what is left */
        invalid = mark_invalid( fds, count, &newly );
        if (newly || races++ < MAX_RACES)
        {
            if (poll_on_host( fds, count, TRUE, &timeout, &ret, error )) return ret;
            continue;
        }
        if (broken) return SOCKET_ERROR;
        broken = device;
    }
    *error = WSAENOTSOCK;
    return SOCKET_ERROR;
}

int base_poll( WSAPOLLFD *program_fds, ULONG count, int timeout, INT *error )
{
    LONGLONG wait = timeout < 0 ? MAXLONGLONG : (LONGLONG)timeout * -TICKS_PER_MS;
    struct afd_poll_params *params;
    WSAPOLLFD *fds;
    SHORT *before;
    SIZE_T size;
    int ret;
    ULONG i;

    if (!count)
    {
        *error = WSAEINVAL;
        return SOCKET_ERROR;
    }
    if (count > MAX_POLL_SOCKETS)
    {
        *error = program_fds ? WSAENOBUFS : WSAEFAULT;
        return SOCKET_ERROR;
    }
    if (!guard_touch( program_fds, count * sizeof(*fds) ))
    {
        *error = WSAEFAULT;
        return SOCKET_ERROR;
    }
    if (poll_on_host( program_fds, count, FALSE, &wait, &ret, error )) return ret;

    size = params_size( count );
    if (!(params = HeapAlloc( GetProcessHeap(), 0, size + count * (sizeof(*fds) + sizeof(*before)) )))
    {
        *error = WSAENOBUFS;
        return SOCKET_ERROR;
    }
    memset( params, 0, sizeof(*params) );
    fds = (WSAPOLLFD *)((char *)params + size);
    before = (SHORT *)(fds + count);

    if (!guard_read( fds, program_fds, count * sizeof(*fds) ))
    {
        *error = WSAEFAULT;
        ret = SOCKET_ERROR;
    }
    else
    {
        for (i = 0; i < count; i++) before[i] = fds[i].revents;
        ret = poll_array( fds, count, wait, params, error );
        for (i = 0; i < count; i++)
        {
            if (fds[i].revents == before[i] ||
                guard_write( &program_fds[i].revents, &fds[i].revents, sizeof(fds[i].revents) ))
                continue;
            *error = WSAEFAULT;
            ret = SOCKET_ERROR;
            break;
        }
    }
    HeapFree( GetProcessHeap(), 0, params );
    return ret;
}

/***********************************************************************
 *      __WSAFDIsSet (WS2_32.151)
 *
 * What the macro FD_ISSET calls. It has no way to fail.
 */
int WINAPI __WSAFDIsSet( SOCKET s, fd_set *set )
{
    SOCKET sockets[FD_SETSIZE];
    u_int count, done, step;

    if (!guard_read( &count, &set->fd_count, sizeof(count) )) return 0;
    for (done = 0; done < count; done += step)
    {
        step = min( count - done, ARRAY_SIZE(sockets) );
        if (!guard_read( sockets, set->fd_array + done, step * sizeof(*sockets) )) return 0;
        if (contains( sockets, step, s )) return 1;
    }
    return 0;
}
