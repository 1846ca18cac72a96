/*
 * Functions that a program reaches by SIO_GET_EXTENSION_FUNCTION_POINTER: AcceptEx and its kin.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They are called past the API layer, so each sets the last error itself. A failing call leaves
 * OVERLAPPED.Internal at STATUS_PENDING and InternalHigh alone (T:test_connect, T:test_AcceptEx).
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* MS: AcceptEx, an address needs this much more than its sockaddr */
#define ACCEPT_ADDRESS_EXTRA 16

/* NtReadFile's low offset for "where the file pointer is" (ntifs.h) */
#ifndef FILE_USE_FILE_POINTER_POSITION
#define FILE_USE_FILE_POINTER_POSITION 0xfffffffe
#endif

static BOOL finish( int error )
{
    return !leave_api( error );
}

static BOOL mark_pending( OVERLAPPED *overlapped )
{
    static const NTSTATUS pending = STATUS_PENDING;

    return guard_touch( overlapped, sizeof(*overlapped) ) &&
           guard_write( &((IO_STATUS_BLOCK *)overlapped)->Status, &pending, sizeof(pending) );
}

static int check_listening( SOCKET s )
{
    const struct socket_record *record = record_find( s );
    int listening = 0, error;

    if (record && (record->flags & RECORD_LISTENING)) return 0;
    error = afd_control( s, IOCTL_AFD_WINE_GET_SO_ACCEPTCONN, NULL, 0, &listening, sizeof(listening) );
    return error || listening ? error : WSAEINVAL;
}

/* Only a fresh stream socket can be accepted into (T:test_AcceptEx). */
static int check_accept_target( SOCKET s, int *family )
{
    const struct socket_record *record = record_find( s );
    struct afd_get_info_params info;
    int error = socket_kind( s, &info );

    if (error) return error;
    *family = info.family;
    if (info.type != SOCK_STREAM) return WSAEINVAL;
    if (record && (record->flags & RECORD_NAMED)) return WSAEINVAL;
    return 0;
}

void accept_give_back( SOCKET s, struct socket_record *record )
{
    struct socket_settings *settings = record ? record->settings : NULL;
    struct socket_record *listener;
    ULONG handle = s;
    int state;

    if (!settings || !settings->give_back_to || !(listener = record_find( settings->give_back_to )) ||
        !(listener->flags & RECORD_LISTENING))
        return;
    if (host_get_int( s, HOST_OPT_TCP_STATE, &state ) ||
        (state != HOST_TCP_ESTABLISHED && state != HOST_TCP_CLOSE_WAIT))
        return;
    TRACE( "socket %#Ix, listener %#Ix.\n", s, settings->give_back_to );
    afd_control( settings->give_back_to, IOCTL_AFD_WINE_DEFER, &handle, sizeof(handle), NULL, 0 );
    settings->give_back_to = 0;
}

static BOOL WINAPI ext_AcceptEx( SOCKET listener, SOCKET target, void *buffer, DWORD data_size,
                                 DWORD local_size, DWORD remote_size, DWORD *received,
                                 OVERLAPPED *overlapped )
{
    struct afd_accept_into_params params = { target, data_size, local_size };
    SIZE_T total = (SIZE_T)data_size + local_size + remote_size;
    struct socket_settings *settings;
    struct socket_record *record;
    BOOL gives_back;
    LONG before;
    int error, family = 0;
    DWORD count;

    TRACE( "listener %#Ix, target %#Ix, buffer %p, sizes %lu %lu %lu, overlapped %p.\n", listener,
           target, buffer, data_size, local_size, remote_size, overlapped );

    if ((error = enter_api())) return finish( error );
    if (!overlapped) return finish( ERROR_INVALID_PARAMETER );
    if (!mark_pending( overlapped )) return finish( WSAEFAULT );
    if ((error = check_listening( listener ))) return finish( error );
    if ((error = check_accept_target( target, &family ))) return finish( error );
    if (!remote_size || total > MAXLONG || !guard_touch( buffer, total )) return finish( WSAEFAULT );

    /* Windows accepts no size without room for the address and its extra bytes, but says so only when
     * the operation completes; Wine's AFD does that below four bytes. */
    if (local_size && local_size < address_size( family ) + ACCEPT_ADDRESS_EXTRA) params.local_len = 1;

    record = record_find( target );
    before = record_set( record, RECORD_ACCEPT_TARGET );
    /* such a connection stays in the queue on Windows; data that was received cannot go back */
    gives_back = params.local_len == 1 && !data_size;
    if ((settings = gives_back ? record_part( record, settings ) : record ? record->settings : NULL))
        settings->give_back_to = gives_back ? listener : 0;
    if (gives_back) record_at_close( record, CLOSER_GIVE_BACK );
    record_replaced( target, record );  /* AFD will replace its descriptor (rule 3) */
    error = afd_request( listener, IOCTL_AFD_WINE_ACCEPT_INTO, &params, sizeof(params), buffer, total,
                         overlapped, NULL, 0, &count );
    if (error && error != WSA_IO_PENDING && !(before & RECORD_ACCEPT_TARGET))
        record_clear( record, RECORD_ACCEPT_TARGET );
    if (!error && received && !guard_write( received, &count, sizeof(count) )) error = WSAEFAULT;
    return finish( error );
}

/* One address of an AcceptEx buffer. Its place is left out when the size says there is none. */
static void take_accept_address( char *place, DWORD size, struct sockaddr **addr, INT *len )
{
    struct sockaddr *value = (struct sockaddr *)(place + sizeof(int));
    int value_len;

    if (size < sizeof(int) || !guard_read( &value_len, place, sizeof(value_len) )) return;
    guard_write( addr, &value, sizeof(value) );
    guard_write( len, &value_len, sizeof(value_len) );
}

static void WINAPI ext_GetAcceptExSockaddrs( void *buffer, DWORD data_size, DWORD local_size,
                                             DWORD remote_size, struct sockaddr **local, INT *local_len,
                                             struct sockaddr **remote, INT *remote_len )
{
    char *place = (char *)buffer + data_size;

    TRACE( "buffer %p, sizes %lu %lu %lu.\n", buffer, data_size, local_size, remote_size );
    take_accept_address( place, local_size, local, local_len );
    take_accept_address( place + local_size, remote_size, remote, remote_len );
}

static BOOL WINAPI ext_ConnectEx( SOCKET s, const struct sockaddr *name, int len, void *data,
                                  DWORD data_size, DWORD *sent, OVERLAPPED *overlapped )
{
    struct socket_record *record = record_find( s );
    struct afd_get_info_params info;
    struct afd_connect_params *params;
    SOCKADDR_STORAGE addr;
    int error, addr_len = 0;
    LONG before;
    SIZE_T size;
    DWORD count;

    TRACE( "socket %#Ix, name %p, len %d, data %p, size %lu, overlapped %p.\n", s, name, len, data,
           data_size, overlapped );

    if ((error = enter_api())) return finish( error );
    if (!overlapped) return finish( ERROR_INVALID_PARAMETER );
    if (!mark_pending( overlapped )) return finish( WSAEFAULT );
    if ((error = socket_kind( s, &info ))) return finish( error );
    if ((error = read_address( &info, name, len, (struct sockaddr *)&addr, &addr_len )))
        return finish( error );
    if (is_unspecified( (struct sockaddr *)&addr )) return finish( WSAEADDRNOTAVAIL );

    size = sizeof(*params) + addr_len + (SIZE_T)data_size;
    if (size > MAXLONG || !(params = HeapAlloc( GetProcessHeap(), 0, size ))) return finish( WSAENOBUFS );
    params->addr_len = addr_len;
    params->synchronous = FALSE;
    memcpy( params + 1, &addr, addr_len );
    if (data_size && !guard_read( (char *)(params + 1) + addr_len, data, data_size ))
    {
        HeapFree( GetProcessHeap(), 0, params );
        return finish( WSAEFAULT );
    }

    if (data_size) fast_open_connect( s, record );
    before = record_set( record, RECORD_CONNECTING | RECORD_CONNECT_EX );
    icmp_errors_begin( s, record );
    error = afd_request( s, IOCTL_AFD_WINE_CONNECT, params, size, NULL, 0, overlapped, NULL, 0, &count );
    if (error == WSAECONNABORTED)   /* left over from a failed connect, see wsp_socket.c */
        error = afd_request( s, IOCTL_AFD_WINE_CONNECT, params, size, NULL, 0, overlapped, NULL, 0, &count );
    HeapFree( GetProcessHeap(), 0, params );
    error = icmp_errors_end( s, record, error );
    if (error && error != WSA_IO_PENDING)
        record_clear( record, (RECORD_CONNECTING | RECORD_CONNECT_EX) & ~before );
    if (!error && sent && !guard_write( sent, &count, sizeof(count) )) error = WSAEFAULT;
    return finish( error );
}

static BOOL WINAPI ext_DisconnectEx( SOCKET s, OVERLAPPED *overlapped, DWORD flags, DWORD reserved )
{
    struct socket_record *record = record_find( s );
    int error, how = SD_SEND;
    LONG turn;

    TRACE( "socket %#Ix, overlapped %p, flags %#lx.\n", s, overlapped, flags );

    if ((error = enter_api())) return finish( error );
    if (overlapped && !mark_pending( overlapped )) return finish( WSAEFAULT );
    if (flags & ~TF_REUSE_SOCKET || reserved) return finish( bad_argument( s, WSAEINVAL ));

    turn = sends_hold( s, record );    /* as in base_shutdown */
    if (drain_shutdown( s, record ))
        error = overlapped ? complete_overlapped( s, overlapped, NULL, STATUS_SUCCESS, 0 ) : 0;
    else if (overlapped && fast_completion_available())
    {
        error = afd_control( s, IOCTL_AFD_WINE_SHUTDOWN, &how, sizeof(how), NULL, 0 );
        if (!error && !(error = fast_complete( s, record, overlapped, NULL, STATUS_SUCCESS, 0, TRUE )))
            error = WSA_IO_PENDING;
    }
    else
        error = afd_request( s, IOCTL_AFD_WINE_SHUTDOWN, &how, sizeof(how), NULL, 0, overlapped,
                             NULL, 0, NULL );
    if (!error || error == WSA_IO_PENDING) record_set( record, RECORD_SHUT_SEND );
    sends_release( record, turn );
    if (error && error != WSA_IO_PENDING) return finish( error );
    backlog_ended( s, record );
    if (flags & TF_REUSE_SOCKET)
    {
        FIXME( "socket %#Ix stays connected until it is accepted into again.\n", s );
        record_clear( record, RECORD_BOUND | RECORD_CONNECTED | RECORD_CONNECT_EX | RECORD_RESET |
                      RECORD_ABORTED );
    }
    /* pends on Windows, so the completion is what counts (T:test_DisconnectEx), and the port is told though
     * the program may want no packets for what does not pend (T:test_completion_port). Wine's AFD is done
     * at once: without a way to post to the port ourselves, we must say so then. */
    if (overlapped && !(record && (record->flags & RECORD_SKIP_PORT))) error = WSA_IO_PENDING;
    return finish( error );
}

static BOOL WINAPI ext_TransmitFile( SOCKET s, HANDLE file, DWORD file_size, DWORD send_size,
                                     OVERLAPPED *overlapped, TRANSMIT_FILE_BUFFERS *program_buffers,
                                     DWORD flags )
{
    struct socket_record *record = record_find( s );
    struct afd_transmit_params params = { 0 };
    TRANSMIT_FILE_BUFFERS buffers = { 0 };
    INT error, ignored;
    OVERLAPPED copy;

    TRACE( "socket %#Ix, file %p, size %lu, send size %lu, overlapped %p, buffers %p, flags %#lx.\n", s,
           file, file_size, send_size, overlapped, program_buffers, flags );

    if ((error = enter_api())) return finish( error );
    if (program_buffers && !guard_read( &buffers, program_buffers, sizeof(buffers) ))
        return finish( bad_argument( s, WSAEFAULT ));
    if (overlapped)
    {
        if (!guard_read( &copy, overlapped, sizeof(copy) ) || !mark_pending( overlapped ))
            return finish( bad_argument( s, WSAEFAULT ));
        params.offset.LowPart = copy.Offset;
        params.offset.HighPart = copy.OffsetHigh;
    }
    else
    {
        params.offset.LowPart = FILE_USE_FILE_POINTER_POSITION;
        params.offset.HighPart = -1;
    }
    params.head_ptr = (ULONG_PTR)buffers.Head;
    params.head_len = buffers.HeadLength;
    params.tail_ptr = (ULONG_PTR)buffers.Tail;
    params.tail_len = buffers.TailLength;
    params.file = HandleToULong( file );
    params.file_len = file_size;
    params.buffer_size = send_size;
    params.flags = flags;

    afd_path_enter( s, record, DIRECTION_SEND );
    if (afd_send_begins( s, record, NULL, &error ))
        error = afd_request( s, IOCTL_AFD_WINE_TRANSMIT, &params, sizeof(params), NULL, 0, overlapped, NULL,
                             0, NULL );
    afd_path_leave( record, DIRECTION_SEND, error == WSA_IO_PENDING ? (IO_STATUS_BLOCK *)overlapped : NULL );
    /* AFD disconnects after the sends that are under way, this one included */
    if ((flags & TF_DISCONNECT) && (!error || error == WSA_IO_PENDING))
        base_shutdown( s, SD_SEND, &ignored );
    return finish( error );
}

static INT WINAPI ext_WSARecvMsg( SOCKET s, WSAMSG *msg, DWORD *received, WSAOVERLAPPED *overlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    INT error = enter_api();

    TRACE( "socket %#Ix, msg %p, received %p, overlapped %p, routine %p.\n", s, msg, received, overlapped,
           routine );
    if (!error && !base_recv_msg( s, msg, received, overlapped, routine, &error )) error = 0;
    return leave_api( error );
}

static INT WINAPI ext_WSASendMsg( SOCKET s, WSAMSG *msg, DWORD flags, DWORD *sent, WSAOVERLAPPED *overlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    INT error = enter_api();

    TRACE( "socket %#Ix, msg %p, flags %#lx, sent %p, overlapped %p, routine %p.\n", s, msg, flags, sent,
           overlapped, routine );
    if (!error && !base_send_msg( s, msg, flags, sent, overlapped, routine, &error )) error = 0;
    return leave_api( error );
}

static INT WINAPI ext_WSAPoll( WSAPOLLFD *fds, ULONG count, INT timeout )
{
    INT ret = SOCKET_ERROR, error = enter_api();

    TRACE( "fds %p, count %lu, timeout %d.\n", fds, count, timeout );
    if (!error && (ret = base_poll( fds, count, timeout, &error )) != SOCKET_ERROR) error = 0;
    leave_api( error );
    return ret;
}

void *extension_function( const GUID *guid )
{
    /* mswsock.h of Windows; Wine's has no WSAID_WSAPOLL */
    static const struct
    {
        GUID guid;
        void *function;
    }
    functions[] =
    {
        { WSAID_ACCEPTEX, ext_AcceptEx },
        { WSAID_CONNECTEX, ext_ConnectEx },
        { WSAID_DISCONNECTEX, ext_DisconnectEx },
        { WSAID_GETACCEPTEXSOCKADDRS, ext_GetAcceptExSockaddrs },
        { WSAID_TRANSMITFILE, ext_TransmitFile },
        { WSAID_WSARECVMSG, ext_WSARecvMsg },
        { WSAID_WSASENDMSG, ext_WSASendMsg },
        { { 0x18c76f85, 0xdc66, 0x4964, { 0x97, 0x2e, 0x23, 0xc2, 0x72, 0x38, 0x31, 0x2b } }, ext_WSAPoll },
    };
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(functions); i++)
        if (!memcmp( guid, &functions[i].guid, sizeof(*guid) )) return functions[i].function;
    return NULL;
}
