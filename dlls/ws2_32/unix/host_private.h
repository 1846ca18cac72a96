/*
 * What the files of the host half share. No Windows or Wine header is ever included here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_HOST_PRIVATE_H
#define WS2_HOST_PRIVATE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include "host/calls.h"

/* The interface's name of an errno value, HOST_OK for 0. */
int host_error_from_errno( int err );

/* A duplicate of the descriptor behind a socket handle, close-on-exec; the caller closes it. Answers an
 * enum host_error. Any thread. Rule 1: never keep it beyond the call. */
int socket_descriptor( uint64_t socket, int *fd );

/* Between the interface's addresses and the host's. to_sockaddr answers the length, 0 when the family
 * has no sockaddr here; from_sockaddr leaves family HOST_FAMILY_OTHER for what it does not know. */
socklen_t address_to_sockaddr( const struct host_address *address, struct sockaddr_storage *storage );
void address_from_sockaddr( struct host_address *address, const struct sockaddr_storage *storage );

/* The pointer a PE caller put into a parameter block. */
static inline void *caller_pointer( uint64_t value )
{
    return (void *)(uintptr_t)value;
}

/* Every host call takes its parameter block and answers an enum host_error. */
#define X( id, function, params ) int function( params *args );
HOST_CALLS( X )
#undef X

#endif
