/*
 * SIO_TIMESTAMPING and SIO_GET_TX_TIMESTAMP: when datagrams were received and sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stamps are the host's, made in software, as values of the performance counter (MS: Winsock timestamping).
 * Those of received datagrams come as ancillary data (control.c), those of sent ones are asked for here.
 */
#include "ioctl_handlers.h"
#include "control.h"

/* TIMESTAMPING_CONFIG; not all headers have it. */
struct timestamping
{
    ULONG flags;
    USHORT buffered;            /* stamps of sent datagrams that are kept */
};

#define TIMESTAMPING_RX 1
#define TIMESTAMPING_TX 2

C_ASSERT( sizeof(struct timestamping) == 8 );

int ioctl_timestamping( struct ioctl_call *call )
{
    struct host_option_params params = { .socket = host_socket( call->socket.s ),
                                         .option = HOST_OPT_TIMESTAMPS,
                                         .count = 3 };
    struct timestamping config;
    int error;

    call->report = TRUE;
    memcpy( &config, &call->in, sizeof(config) );
    if (config.flags & ~(TIMESTAMPING_RX | TIMESTAMPING_TX)) return WSAEINVAL;
    params.value[0] = !!(config.flags & TIMESTAMPING_RX);
    params.value[1] = !!(config.flags & TIMESTAMPING_TX);
    params.value[2] = config.buffered;
    if ((error = option_error( host_call( HOST_SET_OPTION, &params )))) return error;
    control_set_timestamps( call->socket.record, params.value[0], params.value[1] );
    return 0;
}

/* Never waits, overlapped or not (MS: Winsock timestamping). */
int ioctl_tx_timestamp( struct ioctl_call *call )
{
    struct host_option_params params = { .socket = host_socket( call->socket.s ),
                                         .option = HOST_OPT_SEND_TIMESTAMP,
                                         .value = { call->in.number } };
    int error = option_error( host_call( HOST_GET_OPTION, &params ));

    if (error) return error;
    call->out.number64 = (ULONGLONG)(DWORD)params.value[1] << 32 | (DWORD)params.value[0];
    call->count = sizeof(ULONGLONG);
    return 0;
}

void timestamps_before_close( SOCKET s, struct socket_record *record )
{
    struct host_option_params params = { .socket = s, .option = HOST_OPT_TIMESTAMPS, .count = 3 };

    if (record && (option_remembered( record, REMEMBER_CONTROL, 0 ) & (1u << CONTROL_SEND_TIMESTAMP)))
        host_call( HOST_SET_OPTION, &params );
}
