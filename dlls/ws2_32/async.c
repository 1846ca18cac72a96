/*
 * The WSAAsyncGetXByY functions: look-ups whose end is a window message.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request is in the list from its start until its answer has been written or it is cancelled. The answer
 * goes into the program's buffer under the list's lock, so that a successful cancellation means that the
 * buffer is not touched any more; the look-up itself runs without the lock.
 */
#include "names.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

enum request_kind
{
    HOST_BY_NAME,
    HOST_BY_ADDRESS,
    SERVICE_BY_NAME,
    SERVICE_BY_PORT,
    PROTOCOL_BY_NAME,
    PROTOCOL_BY_NUMBER,
};

struct request
{
    struct request *next;
    enum request_kind kind;
    ULONG id;
    HWND window;
    UINT message;
    char *name, *protocol;
    int number;                 /* port or protocol */
    int family, address_size;
    BYTE address[16];
    char *buffer;               /* of the program */
    int size;
};

static SRWLOCK requests_lock = SRWLOCK_INIT;
static struct request *requests;
static ULONG issued;            /* requests ever made */

/* Handles stay below 64K: programs that came from 16-bit Windows keep them so. */
#define HANDLE_RANGE 0xffff

static void request_free( struct request *request )
{
    HeapFree( GetProcessHeap(), 0, request->name );
    HeapFree( GetProcessHeap(), 0, request->protocol );
    HeapFree( GetProcessHeap(), 0, request );
}

/* Take a request out of the list; the caller holds the lock. */
static struct request *request_unlink( struct request *request, ULONG id )
{
    struct request **link;

    for (link = &requests; *link; link = &(*link)->next)
        if (request ? *link == request : (*link)->id == id) break;
    if ((request = *link)) *link = request->next;
    return request;
}

static void post_message( HWND window, UINT message, WPARAM wparam, LPARAM lparam )
{
    BOOL (WINAPI *post)( HWND, UINT, WPARAM, LPARAM );
    HMODULE user32 = LoadLibraryW( L"user32.dll" );

    post = user32 ? (void *)GetProcAddress( user32, "PostMessageW" ) : NULL;
    if (!post || !post( window, message, wparam, lparam ))
        WARN( "window %p did not take message %#x.\n", window, message );
    if (user32) FreeLibrary( user32 );
}

static int request_find( const struct request *request, struct entry *entry )
{
    switch (request->kind)
    {
    case HOST_BY_NAME:
        return find_host_by_name( request->name, entry );
    case HOST_BY_ADDRESS:
        return find_host_by_address( request->address, request->address_size, request->family, entry );
    case SERVICE_BY_NAME:
        return find_service( request->name ? request->name : "", 0, request->protocol, entry );
    case SERVICE_BY_PORT:
        return find_service( NULL, request->number, request->protocol, entry );
    case PROTOCOL_BY_NAME:
        return find_protocol( request->name ? request->name : "", 0, entry );
    case PROTOCOL_BY_NUMBER:
        return find_protocol( NULL, request->number, entry );
    }
    return WSANO_RECOVERY;
}

static void CALLBACK run_request( TP_CALLBACK_INSTANCE *instance, void *context )
{
    struct request *request = context;
    struct entry entry = { 0 };
    char *image = NULL;
    ULONG need = 0;
    BOOL wanted;
    int error;

    TpCallbackMayRunLong( instance );
    if (!(error = request_find( request, &entry )))
    {
        need = entry_pack( &entry, NULL, 0, NULL );
        if (!request->buffer || request->size < 0 || (ULONG)request->size < need) error = WSAENOBUFS;
        else if (!(image = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, need ))) error = WSAENOBUFS;
        else entry_pack( &entry, image, need, request->buffer );
        entry_free( &entry );
    }

    AcquireSRWLockExclusive( &requests_lock );
    wanted = request_unlink( request, 0 ) != NULL;
    if (wanted && image && !guard_write( request->buffer, image, need )) error = WSAEFAULT;
    ReleaseSRWLockExclusive( &requests_lock );

    TRACE( "request %#lx: error %d, %lu bytes%s.\n", request->id, error, need, wanted ? "" : ", cancelled" );
    if (wanted)
        post_message( request->window, request->message, request->id,
                      WSAMAKEASYNCREPLY( need > 0xffff ? 0xffff : need, error ));
    HeapFree( GetProcessHeap(), 0, image );
    request_free( request );
}

/* A new request with copies of the program's strings; sets the last error where it answers NULL. */
static struct request *new_request( enum request_kind kind, HWND window, UINT message, const char *name,
                                    const char *protocol, char *buffer, int size )
{
    struct request *request = NULL;
    int error;

    if (!(error = enter_api()) &&
        !(request = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*request) )))
        error = WSAEWOULDBLOCK;     /* MS: it cannot be scheduled for lack of resources */
    if (!error)
    {
        request->kind = kind;
        request->window = window;
        request->message = message;
        request->buffer = buffer;
        request->size = size;
        if (!(error = copy_program_string( name, &request->name )))
            error = copy_program_string( protocol, &request->protocol );
    }
    if (!error) return request;
    if (request) request_free( request );
    leave_api( error );
    return NULL;
}

static HANDLE start_request( struct request *request )
{
    HMODULE module;
    ULONG id;

    if (!request) return NULL;
    /* the pool's thread must find our code, whatever the program unloads meanwhile */
    GetModuleHandleExW( GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                        (const WCHAR *)&requests_lock, &module );

    AcquireSRWLockExclusive( &requests_lock );
    id = request->id = issued++ % HANDLE_RANGE + 1;
    request->next = requests;
    requests = request;
    ReleaseSRWLockExclusive( &requests_lock );

    if (TrySubmitThreadpoolCallback( run_request, request, NULL ))
    {
        leave_api( 0 );
        return ULongToHandle( id );
    }
    AcquireSRWLockExclusive( &requests_lock );
    request_unlink( request, 0 );
    ReleaseSRWLockExclusive( &requests_lock );
    request_free( request );
    leave_api( WSAEWOULDBLOCK );
    return NULL;
}

HANDLE WINAPI WSAAsyncGetHostByAddr( HWND window, UINT message, const char *address, int address_size,
                                     int family, char *buffer, int size )
{
    struct request *request;

    TRACE( "window %p, message %#x, address %p, address_size %d, family %d, buffer %p, size %d.\n", window,
           message, address, address_size, family, buffer, size );

    if (!(request = new_request( HOST_BY_ADDRESS, window, message, NULL, NULL, buffer, size ))) return NULL;
    request->family = family;
    request->address_size = max( 0, min( address_size, (int)sizeof(request->address) ));
    if (!guard_read( request->address, address, request->address_size ))
    {
        request_free( request );
        leave_api( WSAEFAULT );
        return NULL;
    }
    return start_request( request );
}

HANDLE WINAPI WSAAsyncGetHostByName( HWND window, UINT message, const char *name, char *buffer, int size )
{
    TRACE( "window %p, message %#x, name %p, buffer %p, size %d.\n", window, message, name, buffer, size );
    return start_request( new_request( HOST_BY_NAME, window, message, name, NULL, buffer, size ));
}

HANDLE WINAPI WSAAsyncGetProtoByNumber( HWND window, UINT message, int number, char *buffer, int size )
{
    struct request *request;

    TRACE( "window %p, message %#x, number %d, buffer %p, size %d.\n", window, message, number, buffer,
           size );

    if ((request = new_request( PROTOCOL_BY_NUMBER, window, message, NULL, NULL, buffer, size )))
        request->number = number;
    return start_request( request );
}

HANDLE WINAPI WSAAsyncGetProtoByName( HWND window, UINT message, const char *name, char *buffer, int size )
{
    TRACE( "window %p, message %#x, name %p, buffer %p, size %d.\n", window, message, name, buffer, size );
    return start_request( new_request( PROTOCOL_BY_NAME, window, message, name, NULL, buffer, size ));
}

HANDLE WINAPI WSAAsyncGetServByPort( HWND window, UINT message, int port, const char *protocol, char *buffer,
                                     int size )
{
    struct request *request;

    TRACE( "window %p, message %#x, port %d, protocol %p, buffer %p, size %d.\n", window, message, port,
           protocol, buffer, size );

    if ((request = new_request( SERVICE_BY_PORT, window, message, NULL, protocol, buffer, size )))
        request->number = port;
    return start_request( request );
}

HANDLE WINAPI WSAAsyncGetServByName( HWND window, UINT message, const char *name, const char *protocol,
                                     char *buffer, int size )
{
    TRACE( "window %p, message %#x, name %p, protocol %p, buffer %p, size %d.\n", window, message, name,
           protocol, buffer, size );
    return start_request( new_request( SERVICE_BY_NAME, window, message, name, protocol, buffer, size ));
}

int WINAPI WSACancelAsyncRequest( HANDLE handle )
{
    ULONG_PTR id = (ULONG_PTR)handle;
    BOOL found, known;
    int error;

    TRACE( "handle %p.\n", handle );

    if ((error = enter_api())) return leave_api( error );
    AcquireSRWLockExclusive( &requests_lock );
    found = id <= HANDLE_RANGE && request_unlink( NULL, id );   /* the worker frees it */
    known = id && id <= min( issued, HANDLE_RANGE );
    ReleaseSRWLockExclusive( &requests_lock );
    return leave_api( found ? 0 : known ? WSAEALREADY : WSAEINVAL );
}
