/*
 * The host half's call table and its way into ntdll.so.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* ntdll.so's own functions; which calling convention they have is known only at run time. On i386 both
 * typings are the same. gcc calls a function that it knows by the declaration's convention, whatever the
 * pointer is cast to: the pointers must be opaque to it. */
#ifdef __x86_64__
#define MS_ABI __attribute__(( ms_abi ))
#else
#define MS_ABI
#endif

extern void wine_server_handle_to_fd(void);
extern void wine_server_call(void);

/* GCC 12 merges two calls of one function that differ in the calling convention only; what it cannot see
 * through it keeps apart. */
#define KEEP_APART( function ) __asm__( "" : "+r" (function) )

typedef uint32_t (MS_ABI *handle_to_fd_ms)( void *handle, uint32_t access, int *fd, uint32_t *options );
typedef uint32_t (*handle_to_fd_sysv)( void *handle, uint32_t access, int *fd, uint32_t *options );

typedef uint32_t (MS_ABI *server_call_ms)( void *request );
typedef uint32_t (*server_call_sysv)( void *request );

static uint32_t abi;
static uint32_t completion_request, ioctl_request, cancel_request, receive_request, result_request;

#define STATUS_INVALID_PARAMETER 0xc000000du
#define STATUS_OBJECT_TYPE_MISMATCH 0xc0000024u
#define STATUS_TOO_MANY_OPENED_FILES 0xc000011fu

int host_attach( struct host_attach_params *args )
{
    if (args->interface_version != HOST_INTERFACE_VERSION) return HOST_ENOTSUP_VERSION;
    if (args->abi != HOST_ABI_MS && args->abi != HOST_ABI_SYSV) return HOST_ENOTSUP_VERSION;
    abi = args->abi;
    completion_request = args->completion_request;
    ioctl_request = args->ioctl_request;
    cancel_request = args->cancel_request;
    receive_request = args->receive_request;
    result_request = args->result_request;
    hear_handles( (const void *)wine_server_call, args->close_request, args->duplicate_request );
    hear_replies( (const void *)wine_server_call );
    return HOST_OK;
}

int socket_descriptor( uint64_t socket, int *fd )
{
    void (*function)(void) = wine_server_handle_to_fd;
    void *handle = (void *)(intptr_t)(int32_t)HOST_SOCKET_HANDLE( socket );
    uint32_t status;

    *fd = -1;
    if (abi == HOST_ABI_MS)
    {
        KEEP_APART( function );
        status = ((handle_to_fd_ms)function)( handle, 0, fd, NULL );
    }
    else if (abi == HOST_ABI_SYSV)
        status = ((handle_to_fd_sysv)function)( handle, 0, fd, NULL );
    else
        return HOST_ENOTSUP_VERSION;

    if (status) return status == STATUS_TOO_MANY_OPENED_FILES ? HOST_EMFILE : HOST_ENOTSOCK;
    fcntl( *fd, F_SETFD, FD_CLOEXEC );
    return HOST_OK;
}

#define X( id, function, params ) \
    static uint32_t call_##function( void *args ) \
    { \
        return function( args ); \
    }
HOST_CALLS( X )
#undef X

static uint32_t server_call( void *request )
{
    void (*function)(void) = wine_server_call;
    uint32_t status;

    if (abi == HOST_ABI_MS)
    {
        KEEP_APART( function );
        status = ((server_call_ms)function)( request );
    }
    else status = ((server_call_sysv)function)( request );
    return status;
}

/* The server's add_fd_completion, inside the fixed-size block that wine_server_call takes (rule 17). */
struct completion_request
{
    int32_t  request;
    uint32_t request_size;
    uint32_t reply_size;
    uint32_t handle;
    uint64_t cvalue;
    uint64_t information;
    uint32_t status;
    int32_t  async;
    char     reply_and_data[256];
};

int host_complete( struct host_complete_params *args )
{
    struct completion_request request = { 0 };
    int deferred;

    if (!completion_request) return HOST_EOPNOTSUPP;
    request.request = completion_request;
    request.handle = HOST_SOCKET_HANDLE( args->socket );
    request.cvalue = args->overlapped;
    request.information = args->information;
    request.status = args->status;
    request.async = args->async;
    deferred = args->deferred && reply_defer_begin( &request, request.handle );
    args->result = server_call( &request );
    args->deferred = deferred && reply_defer_end();
    return HOST_OK;
}

/* The server's ioctl and recv_socket, which pend with a completion of our own (rule 18), its cancel_async
 * and set_async_direct_result. The fixed part of a request has 64 bytes, then comes what is sent and
 * received besides. */
struct async_data
{
    uint32_t handle;
    uint32_t event;
    uint64_t iosb;
    uint64_t user;
    uint64_t apc;
    uint64_t apc_context;
};

struct ioctl_request
{
    union
    {
        struct
        {
            int32_t  request;
            uint32_t request_size;
            uint32_t reply_size;
            uint32_t code;
            struct async_data async;
        } ioctl;
        struct
        {
            int32_t  request;
            uint32_t request_size;
            uint32_t reply_size;
            uint32_t handle;
            uint64_t iosb;
            int32_t  only_thread;
        } cancel;
        struct
        {
            int32_t  request;
            uint32_t request_size;
            uint32_t reply_size;
            int32_t  oob;
            struct async_data async;
            int32_t  force_async;
        } receive;
        struct
        {
            uint32_t error;
            uint32_t reply_size;
            uint32_t wait;
        } received;
        struct
        {
            int32_t  request;
            uint32_t request_size;
            uint32_t reply_size;
            uint32_t wait;
            uint64_t information;
            uint32_t status;
            int32_t  mark_pending;
        } result;
        char fixed[64];
    } u;
    uint32_t data_count;
    void *reply_data;
    struct
    {
        const void *data;
        uint32_t size;
    } data[5];
};

_Static_assert( offsetof( struct ioctl_request, data_count ) == 64, "the fixed part has 64 bytes" );

static struct async_data async_data( const struct host_pend_params *args, void *user )
{
    return (struct async_data){ args->socket, args->event, args->overlapped, (uintptr_t)user, args->routine,
                                args->context };
}

int server_ioctl_available(void)
{
    return ioctl_request && cancel_request;
}

uint32_t server_ioctl( const struct host_pend_params *args, void *user )
{
    struct ioctl_request request = { 0 };
    char reply[64];

    if (args->request_size > sizeof(reply)) return STATUS_INVALID_PARAMETER;
    request.u.ioctl.request = ioctl_request;
    request.u.ioctl.request_size = args->request_size;
    request.u.ioctl.reply_size = args->request_size;
    request.u.ioctl.code = args->request_code;
    request.u.ioctl.async = async_data( args, user );
    request.data_count = 1;
    request.data[0].data = caller_pointer( args->request );
    request.data[0].size = args->request_size;
    request.reply_data = reply;
    return server_call( &request );
}

uint32_t server_cancel( uint64_t socket, uint64_t overlapped )
{
    struct ioctl_request request = { 0 };

    request.u.cancel.request = cancel_request;
    request.u.cancel.handle = socket;
    request.u.cancel.iosb = overlapped;
    return server_call( &request );
}

int server_receive_available(void)
{
    return receive_request && result_request;
}

uint32_t server_receive( const struct host_pend_params *args, void *user, uint32_t *wait )
{
    struct ioctl_request request = { 0 };
    uint32_t status;

    request.u.receive.request = receive_request;
    request.u.receive.async = async_data( args, user );
    request.u.receive.force_async = 1;
    status = server_call( &request );
    *wait = request.u.received.wait;
    return status;
}

uint32_t server_result( uint32_t wait, uint32_t status, uint64_t information )
{
    struct ioctl_request request = { 0 };

    request.u.result.request = result_request;
    request.u.result.wait = wait;
    request.u.result.status = status;
    request.u.result.information = information;
    return server_call( &request );
}

typedef uint32_t (*unixlib_entry)( void *args );

#define X( id, function, params ) [id] = call_##function,
const unixlib_entry __wine_unix_call_funcs[] = { HOST_CALLS( X ) };
#undef X

/* one function serves callers of either size (host/calls.h) */
extern const unixlib_entry __wine_unix_call_wow64_funcs[HOST_CALL_COUNT]
    __attribute__(( alias( "__wine_unix_call_funcs" ) ));
