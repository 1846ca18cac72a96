/*
 * The exported socket functions: each checks start-up, traces, and dispatches to the provider.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pointers of the program are handed on as they are: the base provider guards what it touches. What an
 * entry point here converts itself, it reads and writes with guard_read() and guard_write().
 * Last error: leave_api() sets it on failure and resets it to 0 on success, as Windows 8 and later do.
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Last step of the entry points that answer a socket. */
static SOCKET leave_with_socket( SOCKET s, int error )
{
    if (s != INVALID_SOCKET) error = 0;
    leave_api( error );
    return s;
}

/* Ordinal 500 is exported by every Windows; nothing has called it since 16-bit times. */
void WINAPI WEP(void)
{
}

/*** sockets: making, naming, closing ***/

SOCKET WINAPI WSASocketW( int family, int type, int protocol, WSAPROTOCOL_INFOW *info, GROUP group,
                          DWORD flags )
{
    WSAPROTOCOL_INFOW copy;
    SOCKET s = INVALID_SOCKET;
    int error = enter_api();

    TRACE( "family %d, type %d, protocol %d, info %p, group %u, flags %#lx\n", family, type, protocol, info,
           group, flags );

    if (!error && info && !guard_read( &copy, info, sizeof(copy) )) error = WSAEFAULT;
    if (!error) s = provider->lpWSPSocket( family, type, protocol, info ? &copy : NULL, group, flags,
                                           &error );
    return leave_with_socket( s, error );
}

SOCKET WINAPI WSASocketA( int family, int type, int protocol, WSAPROTOCOL_INFOA *info, GROUP group,
                          DWORD flags )
{
    WSAPROTOCOL_INFOA ansi;
    WSAPROTOCOL_INFOW copy;
    SOCKET s = INVALID_SOCKET;
    int error = enter_api();

    TRACE( "family %d, type %d, protocol %d, info %p, group %u, flags %#lx\n", family, type, protocol, info,
           group, flags );

    if (!error && info)
    {
        if (!guard_read( &ansi, info, sizeof(ansi) )) error = WSAEFAULT;
        else
        {
            memcpy( &copy, &ansi, FIELD_OFFSET( WSAPROTOCOL_INFOW, szProtocol ) );
            ansi.szProtocol[WSAPROTOCOL_LEN] = 0;
            memset( copy.szProtocol, 0, sizeof(copy.szProtocol) );
            MultiByteToWideChar( CP_ACP, 0, ansi.szProtocol, -1, copy.szProtocol, WSAPROTOCOL_LEN );
        }
    }
    if (!error) s = provider->lpWSPSocket( family, type, protocol, info ? &copy : NULL, group, flags,
                                           &error );
    return leave_with_socket( s, error );
}

SOCKET WINAPI socket( int family, int type, int protocol )
{
    SOCKET s = INVALID_SOCKET;
    int error = enter_api();

    TRACE( "family %d, type %d, protocol %d\n", family, type, protocol );

    /* MS, socket: the sockets it makes have the overlapped attribute, unless SO_OPENTYPE says otherwise. */
    if (!error)
    {
        struct thread_data *data = thread_data();
        DWORD flags = data && data->open_type ? 0 : WSA_FLAG_OVERLAPPED;

        s = provider->lpWSPSocket( family, type, protocol, NULL, 0, flags, &error );
    }
    return leave_with_socket( s, error );
}

int WINAPI WSADuplicateSocketW( SOCKET s, DWORD pid, WSAPROTOCOL_INFOW *info )
{
    int error = enter_api();

    TRACE( "socket %#Ix, pid %#lx, info %p\n", s, pid, info );

    if (!error && !provider->lpWSPDuplicateSocket( s, pid, info, &error )) error = 0;
    return leave_api( error );
}

int WINAPI WSADuplicateSocketA( SOCKET s, DWORD pid, WSAPROTOCOL_INFOA *info )
{
    WSAPROTOCOL_INFOW wide;
    WSAPROTOCOL_INFOA ansi;
    int error = enter_api();

    TRACE( "socket %#Ix, pid %#lx, info %p\n", s, pid, info );

    if (!error)
    {
        /* Where the result cannot be written the provider gets no buffer: it judges the socket and the
         * process first, and must not have made a handle in the other process for nothing. */
        BOOL writable = guard_touch( info, sizeof(*info) );

        if (!provider->lpWSPDuplicateSocket( s, pid, writable ? &wide : NULL, &error ))
        {
            catalogue_entry_to_ansi( &wide, &ansi );
            error = guard_write( info, &ansi, sizeof(ansi) ) ? 0 : WSAEFAULT;
        }
    }
    return leave_api( error );
}

int WINAPI closesocket( SOCKET s )
{
    int error = enter_api();

    TRACE( "socket %#Ix\n", s );

    if (!error && !provider->lpWSPCloseSocket( s, &error )) error = 0;
    return leave_api( error );
}

int WINAPI bind( SOCKET s, const struct sockaddr *addr, int len )
{
    int error = enter_api();

    TRACE( "socket %#Ix, addr %p, len %d\n", s, addr, len );

    if (!error && !provider->lpWSPBind( s, addr, len, &error )) error = 0;
    return leave_api( error );
}

int WINAPI getsockname( SOCKET s, struct sockaddr *addr, int *len )
{
    int error = enter_api();

    TRACE( "socket %#Ix, addr %p, len %p\n", s, addr, len );

    if (!error && !provider->lpWSPGetSockName( s, addr, len, &error )) error = 0;
    return leave_api( error );
}

int WINAPI getpeername( SOCKET s, struct sockaddr *addr, int *len )
{
    int error = enter_api();

    TRACE( "socket %#Ix, addr %p, len %p\n", s, addr, len );

    if (!error && !provider->lpWSPGetPeerName( s, addr, len, &error )) error = 0;
    return leave_api( error );
}

/*** connections ***/

int WINAPI listen( SOCKET s, int backlog )
{
    int error = enter_api();

    TRACE( "socket %#Ix, backlog %d\n", s, backlog );

    if (!error && !provider->lpWSPListen( s, backlog, &error )) error = 0;
    return leave_api( error );
}

SOCKET WINAPI accept( SOCKET s, struct sockaddr *addr, int *len )
{
    SOCKET accepted = INVALID_SOCKET;
    int error = enter_api();

    TRACE( "socket %#Ix, addr %p, len %p\n", s, addr, len );

    if (!error) accepted = provider->lpWSPAccept( s, addr, len, NULL, 0, &error );
    return leave_with_socket( accepted, error );
}

SOCKET WINAPI WSAAccept( SOCKET s, struct sockaddr *addr, int *len, LPCONDITIONPROC condition,
                         DWORD_PTR context )
{
    SOCKET accepted = INVALID_SOCKET;
    int error = enter_api();

    TRACE( "socket %#Ix, addr %p, len %p, condition %p, context %#Ix\n", s, addr, len, condition, context );

    if (!error) accepted = provider->lpWSPAccept( s, addr, len, condition, context, &error );
    return leave_with_socket( accepted, error );
}

int WINAPI connect( SOCKET s, const struct sockaddr *addr, int len )
{
    int error = enter_api();

    TRACE( "socket %#Ix, addr %p, len %d\n", s, addr, len );

    if (!error && !provider->lpWSPConnect( s, addr, len, NULL, NULL, NULL, NULL, &error )) error = 0;
    return leave_api( error );
}

int WINAPI WSAConnect( SOCKET s, const struct sockaddr *addr, int len, WSABUF *caller_data,
                       WSABUF *callee_data, QOS *socket_qos, QOS *group_qos )
{
    int error = enter_api();

    TRACE( "socket %#Ix, addr %p, len %d, data %p/%p, qos %p/%p\n", s, addr, len, caller_data, callee_data,
           socket_qos, group_qos );

    if (!error && !provider->lpWSPConnect( s, addr, len, caller_data, callee_data, socket_qos, group_qos,
                                           &error ))
        error = 0;
    return leave_api( error );
}

SOCKET WINAPI WSAJoinLeaf( SOCKET s, const struct sockaddr *addr, int len, WSABUF *caller_data,
                           WSABUF *callee_data, QOS *socket_qos, QOS *group_qos, DWORD flags )
{
    SOCKET leaf = INVALID_SOCKET;
    int error = enter_api();

    TRACE( "socket %#Ix, addr %p, len %d, data %p/%p, qos %p/%p, flags %#lx\n", s, addr, len, caller_data,
           callee_data, socket_qos, group_qos, flags );

    if (!error)
        leaf = provider->lpWSPJoinLeaf( s, addr, len, caller_data, callee_data, socket_qos, group_qos, flags,
                                        &error );
    return leave_with_socket( leaf, error );
}

int WINAPI shutdown( SOCKET s, int how )
{
    int error = enter_api();

    TRACE( "socket %#Ix, how %d\n", s, how );

    if (!error && !provider->lpWSPShutdown( s, how, &error )) error = 0;
    return leave_api( error );
}

int WINAPI WSARecvDisconnect( SOCKET s, WSABUF *data )
{
    int error = enter_api();

    TRACE( "socket %#Ix, data %p\n", s, data );

    if (!error && !provider->lpWSPRecvDisconnect( s, data, &error )) error = 0;
    return leave_api( error );
}

int WINAPI WSASendDisconnect( SOCKET s, WSABUF *data )
{
    int error = enter_api();

    TRACE( "socket %#Ix, data %p\n", s, data );

    if (!error && !provider->lpWSPSendDisconnect( s, data, &error )) error = 0;
    return leave_api( error );
}

/*** data ***/

/* recv and recvfrom answer a count and have no place for the flags of what came: a message of which only a
 * part was delivered is WSAEMSGSIZE for them, unless the program asked for parts. */
static int judge_flags( DWORD asked, DWORD got )
{
    return (got & MSG_PARTIAL) && !(asked & MSG_PARTIAL) ? WSAEMSGSIZE : 0;
}

/* A negative length reaches the provider as the large unsigned one that it is in a WSABUF. */
int WINAPI recv( SOCKET s, char *data, int len, int flags )
{
    WSABUF buffer = { len, data };
    DWORD count = 0, got_flags = flags;
    int error = enter_api();

    TRACE( "socket %#Ix, data %p, len %d, flags %#x\n", s, data, len, flags );

    if (!error && provider == &base_provider)
        error = receive_one( s, data, len, &got_flags, NULL, NULL, &count );
    else if (!error && !provider->lpWSPRecv( s, &buffer, 1, &count, &got_flags, NULL, NULL, NULL, &error ))
        error = 0;
    if (!error) error = judge_flags( flags, got_flags );
    return leave_api( error ) ? SOCKET_ERROR : (int)count;
}

int WINAPI recvfrom( SOCKET s, char *data, int len, int flags, struct sockaddr *addr, int *addr_len )
{
    WSABUF buffer = { len, data };
    DWORD count = 0, got_flags = flags;
    int error = enter_api();

    TRACE( "socket %#Ix, data %p, len %d, flags %#x, addr %p, addr_len %p\n", s, data, len, flags, addr,
           addr_len );

    if (!error && provider == &base_provider)
        error = receive_one( s, data, len, &got_flags, addr, addr_len, &count );
    else if (!error && !provider->lpWSPRecvFrom( s, &buffer, 1, &count, &got_flags, addr, addr_len, NULL,
                                                 NULL, NULL, &error ))
        error = 0;
    if (!error) error = judge_flags( flags, got_flags );
    return leave_api( error ) ? SOCKET_ERROR : (int)count;
}

int WINAPI WSARecv( SOCKET s, WSABUF *buffers, DWORD buffer_count, DWORD *count, DWORD *flags,
                    WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    int error = enter_api();

    TRACE( "socket %#Ix, buffers %p, buffer_count %lu, count %p, flags %p, overlapped %p, routine %p\n", s,
           buffers, buffer_count, count, flags, overlapped, routine );

    if (!error && !provider->lpWSPRecv( s, buffers, buffer_count, count, flags, overlapped, routine, NULL,
                                        &error ))
        error = 0;
    return leave_api( error );
}

int WINAPI WSARecvFrom( SOCKET s, WSABUF *buffers, DWORD buffer_count, DWORD *count, DWORD *flags,
                        struct sockaddr *addr, int *addr_len, WSAOVERLAPPED *overlapped,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    int error = enter_api();

    TRACE( "socket %#Ix, buffers %p, buffer_count %lu, count %p, flags %p, addr %p, addr_len %p, "
           "overlapped %p, routine %p\n", s, buffers, buffer_count, count, flags, addr, addr_len, overlapped,
           routine );

    if (!error && !provider->lpWSPRecvFrom( s, buffers, buffer_count, count, flags, addr, addr_len,
                                            overlapped, routine, NULL, &error ))
        error = 0;
    return leave_api( error );
}

int WINAPI send( SOCKET s, const char *data, int len, int flags )
{
    WSABUF buffer = { len, (char *)data };
    DWORD count = 0;
    int error = enter_api();

    TRACE( "socket %#Ix, data %p, len %d, flags %#x\n", s, data, len, flags );

    if (!error && provider == &base_provider) error = send_one( s, data, len, flags, NULL, 0, &count );
    else if (!error && !provider->lpWSPSend( s, &buffer, 1, &count, flags, NULL, NULL, NULL, &error ))
        error = 0;
    return leave_api( error ) ? SOCKET_ERROR : (int)count;
}

int WINAPI sendto( SOCKET s, const char *data, int len, int flags, const struct sockaddr *addr,
                   int addr_len )
{
    WSABUF buffer = { len, (char *)data };
    DWORD count = 0;
    int error = enter_api();

    TRACE( "socket %#Ix, data %p, len %d, flags %#x, addr %p, addr_len %d\n", s, data, len, flags, addr,
           addr_len );

    if (!error && provider == &base_provider)
        error = send_one( s, data, len, flags, addr, addr_len, &count );
    else if (!error && !provider->lpWSPSendTo( s, &buffer, 1, &count, flags, addr, addr_len, NULL, NULL,
                                               NULL, &error ))
        error = 0;
    return leave_api( error ) ? SOCKET_ERROR : (int)count;
}

int WINAPI WSASend( SOCKET s, WSABUF *buffers, DWORD buffer_count, DWORD *count, DWORD flags,
                    WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    int error = enter_api();

    TRACE( "socket %#Ix, buffers %p, buffer_count %lu, count %p, flags %#lx, overlapped %p, routine %p\n", s,
           buffers, buffer_count, count, flags, overlapped, routine );

    if (!error && !provider->lpWSPSend( s, buffers, buffer_count, count, flags, overlapped, routine, NULL,
                                        &error ))
        error = 0;
    return leave_api( error );
}

int WINAPI WSASendTo( SOCKET s, WSABUF *buffers, DWORD buffer_count, DWORD *count, DWORD flags,
                      const struct sockaddr *addr, int addr_len, WSAOVERLAPPED *overlapped,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    int error = enter_api();

    TRACE( "socket %#Ix, buffers %p, buffer_count %lu, count %p, flags %#lx, addr %p, addr_len %d, "
           "overlapped %p, routine %p\n", s, buffers, buffer_count, count, flags, addr, addr_len, overlapped,
           routine );

    if (!error && !provider->lpWSPSendTo( s, buffers, buffer_count, count, flags, addr, addr_len, overlapped,
                                          routine, NULL, &error ))
        error = 0;
    return leave_api( error );
}

int WINAPI WSASendMsg( SOCKET s, WSAMSG *msg, DWORD flags, DWORD *count, WSAOVERLAPPED *overlapped,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    int error = enter_api();

    TRACE( "socket %#Ix, msg %p, flags %#lx, count %p, overlapped %p, routine %p\n", s, msg, flags, count,
           overlapped, routine );

    if (!error && !base_send_msg( s, msg, flags, count, overlapped, routine, &error )) error = 0;
    return leave_api( error );
}

BOOL WINAPI WSAGetOverlappedResult( SOCKET s, WSAOVERLAPPED *overlapped, DWORD *count, BOOL wait,
                                    DWORD *flags )
{
    int error = enter_api();
    BOOL ret = FALSE;

    TRACE( "socket %#Ix, overlapped %p, count %p, wait %d, flags %p\n", s, overlapped, count, wait, flags );

    /* Reference 3.1: from Windows 10 1809 a success leaves the last error that its status maps to; the
     * provider says which. */
    if (!error) ret = provider->lpWSPGetOverlappedResult( s, overlapped, count, wait, flags, &error );
    leave_api( error );
    return ret;
}

/* For providers without handles of their own kind: report an operation they carried out. The result is an
 * int in Microsoft's documentation; Wine's header has it as a handle. */
WSAEVENT WINAPI WPUCompleteOverlappedRequest( SOCKET s, WSAOVERLAPPED *overlapped, DWORD error, DWORD count,
                                              int *errno_ptr )
{
    int result;

    TRACE( "socket %#Ix, overlapped %p, error %lu, count %lu, errno_ptr %p\n", s, overlapped, error, count,
           errno_ptr );

    if (!(result = check_socket( s )))
    {
        OVERLAPPED probe;

        if (!guard_read( &probe, overlapped, sizeof(probe) ) || !guard_touch( overlapped, sizeof(probe) ))
            result = WSAEFAULT;
        else
            result = complete_overlapped( s, overlapped, NULL,
                                          error ? wsa_to_status( error ) : STATUS_SUCCESS, count );
    }
    if (!guard_write( errno_ptr, &result, sizeof(result) )) return (WSAEVENT)(LONG_PTR)SOCKET_ERROR;
    return (WSAEVENT)(LONG_PTR)(result ? SOCKET_ERROR : 0);
}

/*** options and control codes ***/

int WINAPI getsockopt( SOCKET s, int level, int option, char *value, int *len )
{
    int error = enter_api();

    TRACE( "socket %#Ix, level %#x, option %#x, value %p, len %p\n", s, level, option, value, len );

    if (!error && !provider->lpWSPGetSockOpt( s, level, option, value, len, &error )) error = 0;
    return leave_api( error );
}

int WINAPI setsockopt( SOCKET s, int level, int option, const char *value, int len )
{
    int error = enter_api();

    TRACE( "socket %#Ix, level %#x, option %#x, value %p, len %d\n", s, level, option, value, len );

    if (!error && !provider->lpWSPSetSockOpt( s, level, option, value, len, &error )) error = 0;
    return leave_api( error );
}

int WINAPI ioctlsocket( SOCKET s, LONG code, ULONG *arg )
{
    DWORD count;
    int error = enter_api();

    TRACE( "socket %#Ix, code %#lx, arg %p\n", s, code, arg );

    if (!error && !provider->lpWSPIoctl( s, code, arg, sizeof(*arg), arg, sizeof(*arg), &count, NULL, NULL,
                                         NULL, &error ))
        error = 0;
    return leave_api( error );
}

int WINAPI WSAIoctl( SOCKET s, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size, DWORD *count,
                     WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine )
{
    int error = enter_api();

    TRACE( "socket %#Ix, code %#lx, in %p (%lu), out %p (%lu), count %p, overlapped %p, routine %p\n", s,
           code, in, in_size, out, out_size, count, overlapped, routine );

    if (!error && !provider->lpWSPIoctl( s, code, in, in_size, out, out_size, count, overlapped, routine,
                                         NULL, &error ))
        error = 0;
    return leave_api( error );
}

BOOL WINAPI WSAGetQOSByName( SOCKET s, WSABUF *name, QOS *qos )
{
    int error = enter_api();
    BOOL ret = FALSE;

    TRACE( "socket %#Ix, name %p, qos %p\n", s, name, qos );

    if (!error && (ret = provider->lpWSPGetQOSByName( s, name, qos, &error ))) error = 0;
    leave_api( error );
    return ret;
}

/*** readiness ***/

int WINAPI select( int count, fd_set *read, fd_set *write, fd_set *except, const struct timeval *timeout )
{
    int error = enter_api(), ret = SOCKET_ERROR;

    TRACE( "read %p, write %p, except %p, timeout %p\n", read, write, except, timeout );

    if (!error && (ret = provider->lpWSPSelect( count, read, write, except, timeout,
                                                &error )) != SOCKET_ERROR)
        error = 0;
    leave_api( error );
    return ret;
}

int WINAPI WSAPoll( WSAPOLLFD *fds, ULONG count, int timeout )
{
    int error = enter_api(), ret = SOCKET_ERROR;

    TRACE( "fds %p, count %lu, timeout %d\n", fds, count, timeout );

    if (!error && (ret = base_poll( fds, count, timeout, &error )) != SOCKET_ERROR) error = 0;
    leave_api( error );
    return ret;
}

int WINAPI WSAAsyncSelect( SOCKET s, HWND window, UINT message, LONG mask )
{
    int error = enter_api();

    TRACE( "socket %#Ix, window %p, message %#x, mask %#lx\n", s, window, message, mask );

    if (!error && !provider->lpWSPAsyncSelect( s, window, message, mask, &error )) error = 0;
    return leave_api( error );
}

int WINAPI WSAEventSelect( SOCKET s, WSAEVENT event, LONG mask )
{
    int error = enter_api();

    TRACE( "socket %#Ix, event %p, mask %#lx\n", s, event, mask );

    if (!error && !provider->lpWSPEventSelect( s, event, mask, &error )) error = 0;
    return leave_api( error );
}

int WINAPI WSAEnumNetworkEvents( SOCKET s, WSAEVENT event, WSANETWORKEVENTS *events )
{
    int error = enter_api();

    TRACE( "socket %#Ix, event %p, events %p\n", s, event, events );

    if (!error && !provider->lpWSPEnumNetworkEvents( s, event, events, &error )) error = 0;
    return leave_api( error );
}

/* kernel32's wait, except that the array may be bad: Wine's faults then, Windows answers ERROR_NOACCESS. */
DWORD WINAPI WSAWaitForMultipleEvents( DWORD count, const WSAEVENT *events, BOOL all, DWORD timeout,
                                       BOOL alertable )
{
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];   /* more than these fails in any case */

    TRACE( "count %lu, events %p, all %d, timeout %lu, alertable %d\n", count, events, all, timeout,
           alertable );

    if (count <= ARRAY_SIZE( handles ))
    {
        if (!guard_read( handles, events, count * sizeof(*handles) ))
        {
            SetLastError( ERROR_NOACCESS );
            return WSA_WAIT_FAILED;
        }
        events = handles;
    }
    return WaitForMultipleObjectsEx( count, events, all, timeout, alertable );
}

/*** blocking hooks of Winsock 1.1 ***/

/* The hook of a thread that has set none. Winsock 1.1 (specification, WSASetBlockingHook): it handles one
 * window message, and answers whether there was one. */
static INT_PTR WINAPI default_blocking_hook(void)
{
    BOOL (WINAPI *peek)( MSG *, HWND, UINT, UINT, UINT );
    BOOL (WINAPI *translate)( const MSG * );
    LRESULT (WINAPI *dispatch)( const MSG * );
    HMODULE user32 = GetModuleHandleW( L"user32.dll" );
    MSG msg;

    if (!user32) return FALSE;
    peek = (void *)GetProcAddress( user32, "PeekMessageW" );
    translate = (void *)GetProcAddress( user32, "TranslateMessage" );
    dispatch = (void *)GetProcAddress( user32, "DispatchMessageW" );
    if (!peek || !translate || !dispatch || !peek( &msg, NULL, 0, 0, PM_REMOVE )) return FALSE;
    translate( &msg );
    dispatch( &msg );
    return TRUE;
}

FARPROC WINAPI WSASetBlockingHook( FARPROC hook )
{
    struct thread_data *data;
    FARPROC previous = NULL;
    int error = enter_api();

    TRACE( "hook %p\n", hook );

    if (!error && !hook) error = WSAEFAULT;
    if (!error && !(data = thread_data())) error = WSAENOBUFS;
    if (!error)
    {
        previous = data->blocking_hook ? data->blocking_hook : default_blocking_hook;
        thread_set_hook( data, hook == default_blocking_hook ? NULL : hook );
    }
    leave_api( error );
    return previous;
}

int WINAPI WSAUnhookBlockingHook(void)
{
    struct thread_data *data;
    int error = enter_api();

    TRACE( "\n" );

    if (!error && (data = thread_data())) thread_set_hook( data, NULL );
    return leave_api( error );
}

/* The next two are what a hook may call: inside it enter_api() answers WSAEINPROGRESS. */

int WINAPI WSACancelBlockingCall(void)
{
    int error = enter_api();

    TRACE( "\n" );

    if (error == WSAEINPROGRESS) error = 0;
    if (!error && !provider->lpWSPCancelBlockingCall( &error )) error = 0;
    return leave_api( error );
}

BOOL WINAPI WSAIsBlocking(void)
{
    struct thread_data *data = thread_data();

    TRACE( "\n" );

    return data && data->in_blocking_call;
}
