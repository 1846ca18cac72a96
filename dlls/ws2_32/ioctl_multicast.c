/*
 * Control codes of multicast source filters: those behind setipv4sourcefilter, setsourcefilter and their
 * opposites, which programs have from a header.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ioctl_handlers.h"

#define MAX_SOURCES 64
#define MODE_EXCLUDE 1      /* MCAST_EXCLUDE; the host counts the other way round */

/* ip_msfilter and group_filter up to their sources; not all headers have them. */
struct filter4
{
    struct in_addr group, interface;
    ULONG mode, count;
};

struct filter_any
{
    ULONG interface;
    SOCKADDR_STORAGE group;
    ULONG mode, count;
};

C_ASSERT( sizeof(struct filter4) == 16 );
C_ASSERT( sizeof(struct filter_any) == 144 );

union filter
{
    struct filter4 v4;
    struct filter_any any;
};

static BOOL is_v4( const struct ioctl_call *call )
{
    return call->row->arg == sizeof(struct filter4);
}

/* The fixed part of the program's filter. */
static int read_filter( struct ioctl_call *call, union filter *filter, struct host_source_filter *host )
{
    memset( host, 0, sizeof(*host) );
    host->capacity = MAX_SOURCES;
    if (!call->program_in || call->in_size < call->row->arg) return WSAEFAULT;
    if (!guard_read( filter, call->program_in, call->row->arg )) return WSAEFAULT;
    if (is_v4( call ))
    {
        host->group.family = host->interface.family = HOST_FAMILY_INET;
        memcpy( host->group.ip, &filter->v4.group, sizeof(filter->v4.group) );
        memcpy( host->interface.ip, &filter->v4.interface, sizeof(filter->v4.interface) );
        host->exclude = filter->v4.mode;
        host->count = filter->v4.count;
    }
    else
    {
        if (!host_address_from_sockaddr( &host->group, (struct sockaddr *)&filter->any.group,
                                         sizeof(filter->any.group) )) return WSAEINVAL;
        host->index = filter->any.interface;
        host->exclude = filter->any.mode;
        host->count = filter->any.count;
    }
    return 0;
}

static DWORD source_size( const struct ioctl_call *call )
{
    return is_v4( call ) ? sizeof(struct in_addr) : sizeof(SOCKADDR_STORAGE);
}

static int host_filter_call( enum host_call code, struct ioctl_call *call, struct host_source_filter *host )
{
    struct host_option_params params = { .socket = host_socket( call->socket.s ),
                                         .option = HOST_OPT_SOURCE_FILTER,
                                         .data = (ULONG_PTR)host,
                                         .size = sizeof(*host) + MAX_SOURCES * sizeof(host->sources[0]) };

    return option_error( host_call( code, &params ));
}

static struct host_source_filter *alloc_filter(void)
{
    return HeapAlloc( GetProcessHeap(), 0,
                      sizeof(struct host_source_filter) + MAX_SOURCES * sizeof(struct host_address) );
}

static int set_filter( struct ioctl_call *call, struct host_source_filter *host )
{
    union filter filter;
    DWORD i;
    int error;

    if ((error = read_filter( call, &filter, host ))) return error;
    if (host->exclude > MODE_EXCLUDE) return WSAEINVAL;
    if (host->count > MAX_SOURCES) return WSAENOBUFS;
    if ((call->in_size - call->row->arg) / source_size( call ) < host->count) return WSAEFAULT;
    for (i = 0; i < host->count; i++)
    {
        const char *source = (const char *)call->program_in + call->row->arg + i * source_size( call );
        SOCKADDR_STORAGE addr;

        memset( &host->sources[i], 0, sizeof(host->sources[i]) );
        if (is_v4( call ))
        {
            host->sources[i].family = HOST_FAMILY_INET;
            if (!guard_read( host->sources[i].ip, source, sizeof(struct in_addr) )) return WSAEFAULT;
        }
        else
        {
            if (!guard_read( &addr, source, sizeof(addr) )) return WSAEFAULT;
            if (!host_address_from_sockaddr( &host->sources[i], (struct sockaddr *)&addr, sizeof(addr) ))
                return WSAEINVAL;
        }
    }
    return host_filter_call( HOST_SET_OPTION, call, host );
}

/* As many sources as fit; the count is that of all. */
static int get_filter( struct ioctl_call *call, struct host_source_filter *host )
{
    DWORD i, fit, size = source_size( call );
    union filter filter;
    int error;

    if ((error = read_filter( call, &filter, host ))) return error;
    if (!call->program_out || call->out_size < call->row->arg) return WSAEFAULT;
    if ((error = host_filter_call( HOST_GET_OPTION, call, host ))) return error;

    fit = min( (call->out_size - call->row->arg) / size, min( host->count, MAX_SOURCES ));
    if (is_v4( call ))
    {
        filter.v4.mode = host->exclude;
        filter.v4.count = host->count;
    }
    else
    {
        filter.any.mode = host->exclude;
        filter.any.count = host->count;
    }
    if (!guard_write( call->program_out, &filter, call->row->arg )) return WSAEFAULT;
    for (i = 0; i < fit; i++)
    {
        char *source = (char *)call->program_out + call->row->arg + i * size;
        SOCKADDR_STORAGE addr;

        memset( &addr, 0, sizeof(addr) );
        host_address_to_sockaddr( &host->sources[i], &addr, sizeof(addr) );
        if (!guard_write( source, is_v4( call ) ? (void *)host->sources[i].ip : &addr, size ))
            return WSAEFAULT;
    }
    call->count = call->row->arg + fit * size;
    call->written = TRUE;
    return 0;
}

int ioctl_set_source_filter( struct ioctl_call *call )
{
    struct host_source_filter *host = alloc_filter();
    int error = host ? set_filter( call, host ) : WSAENOBUFS;

    HeapFree( GetProcessHeap(), 0, host );
    return error;
}

int ioctl_get_source_filter( struct ioctl_call *call )
{
    struct host_source_filter *host = alloc_filter();
    int error = host ? get_filter( call, host ) : WSAENOBUFS;

    HeapFree( GetProcessHeap(), 0, host );
    return error;
}
