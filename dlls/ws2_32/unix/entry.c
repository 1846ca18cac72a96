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
 * typings are the same. */
#ifdef __x86_64__
#define MS_ABI __attribute__(( ms_abi ))
#else
#define MS_ABI
#endif

extern void wine_server_handle_to_fd(void);

typedef uint32_t (MS_ABI *handle_to_fd_ms)( void *handle, uint32_t access, int *fd, uint32_t *options );
typedef uint32_t (*handle_to_fd_sysv)( void *handle, uint32_t access, int *fd, uint32_t *options );

static uint32_t abi;

#define STATUS_OBJECT_TYPE_MISMATCH 0xc0000024u
#define STATUS_TOO_MANY_OPENED_FILES 0xc000011fu

int host_attach( struct host_attach_params *args )
{
    if (args->interface_version != HOST_INTERFACE_VERSION) return HOST_ENOTSUP_VERSION;
    if (args->abi != HOST_ABI_MS && args->abi != HOST_ABI_SYSV) return HOST_ENOTSUP_VERSION;
    abi = args->abi;
    return HOST_OK;
}

int socket_descriptor( uint64_t socket, int *fd )
{
    void (*function)(void) = wine_server_handle_to_fd;
    void *handle = caller_pointer( socket );
    uint32_t status;

    *fd = -1;
    if (abi == HOST_ABI_MS)
        status = ((handle_to_fd_ms)function)( handle, 0, fd, NULL );
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

typedef uint32_t (*unixlib_entry)( void *args );

#define X( id, function, params ) [id] = call_##function,
const unixlib_entry __wine_unix_call_funcs[] = { HOST_CALLS( X ) };
#undef X

#define X( id, function, params ) [id] = call_##function,
const unixlib_entry __wine_unix_call_wow64_funcs[] = { HOST_CALLS( X ) };
#undef X
