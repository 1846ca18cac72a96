/*
 * Transport settings, and the redirections of the filtering platform: control codes whose feature this
 * machine does not have. What Windows checks is checked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ioctl_handlers.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* mstcpip.h of Windows */
static const GUID real_time_notification =
    { 0x6b59819a, 0x5cae, 0x492d, { 0xa9, 0x01, 0x2a, 0x3c, 0x2c, 0x50, 0x16, 0x4f } };
static const GUID associate_nameres_context =
    { 0x59a38b67, 0xd4fe, 0x46e1, { 0xba, 0x3c, 0x87, 0xea, 0x74, 0xca, 0x30, 0x49 } };

/* TRANSPORT_SETTING_ID and the two structures that begin with it; not all headers have them. */
struct real_time_notification_input
{
    GUID setting, broker_event;
};

struct nameres_context_input
{
    GUID setting;
    ULONG64 handle;
};

C_ASSERT( sizeof(struct real_time_notification_input) == 32 );
C_ASSERT( sizeof(struct nameres_context_input) == 24 );

/* CONTROL_CHANNEL_TRIGGER_STATUS of a socket that no trigger was made for */
#define TRIGGER_STATUS_INVALID 0

static int read_setting( struct ioctl_call *call, GUID *setting )
{
    call->report = TRUE;
    if (call->in_size < sizeof(*setting)) return WSAEINVAL;
    return guard_read( setting, call->program_in, sizeof(*setting) ) ? 0 : WSAEFAULT;
}

int ioctl_apply_setting( struct ioctl_call *call )
{
    char data[sizeof(struct real_time_notification_input)];
    BOOL real_time;
    GUID setting;
    DWORD size;
    int error = read_setting( call, &setting );

    if (error) return error;
    real_time = !memcmp( &setting, &real_time_notification, sizeof(setting) );
    if (!real_time && memcmp( &setting, &associate_nameres_context, sizeof(setting) )) return WSAEINVAL;
    size = real_time ? sizeof(struct real_time_notification_input) : sizeof(struct nameres_context_input);
    if (call->in_size < size) return WSAEINVAL;
    if (!guard_read( data, call->program_in, size )) return WSAEFAULT;
    /* the context tells filters the name behind an address (MS: addrinfoex4): there are none to tell */
    if (!real_time) return 0;
    WARN( "there is no broker that would wake a program.\n" );
    return WSAEOPNOTSUPP;
}

int ioctl_query_setting( struct ioctl_call *call )
{
    GUID setting;
    int error = read_setting( call, &setting );

    if (error) return error;
    if (memcmp( &setting, &real_time_notification, sizeof(setting) )) return WSAEINVAL;
    if (call->out_size < sizeof(DWORD))
    {
        call->count = sizeof(DWORD);    /* tells the size that is needed (MS: SIO_QUERY_TRANSPORT_SETTING) */
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (!guard_touch( call->program_out, sizeof(DWORD) )) return WSAEFAULT;
    if ((error = check_state( &call->socket, &call->row->states ))) return error;
    call->out.number = TRIGGER_STATUS_INVALID;
    call->count = sizeof(DWORD);
    return 0;
}

/* No connection here was redirected by a filter, so none has a record or context. */
int ioctl_query_redirection( struct ioctl_call *call )
{
    int error;

    call->report = TRUE;
    if (call->out_size < sizeof(DWORD)) return WSAEINVAL;
    if (!guard_touch( call->program_out, call->out_size )) return WSAEFAULT;
    if ((error = check_state( &call->socket, &call->row->states ))) return error;
    return WSAEOPNOTSUPP;
}

int ioctl_set_redirection( struct ioctl_call *call )
{
    BYTE byte;

    call->report = TRUE;
    if (!call->in_size) return WSAEINVAL;
    if (!guard_read( &byte, call->program_in, sizeof(byte) ) ||
        !guard_read( &byte, (const char *)call->program_in + call->in_size - 1, sizeof(byte) ))
        return WSAEFAULT;
    return WSAEOPNOTSUPP;
}
