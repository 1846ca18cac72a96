/*
 * Life of a socket in the base provider: made, named, connected, shut down, duplicated, closed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AFD owns the socket's state. What is decided here is what Windows decides before its AFD is asked, and
 * where Windows' answer differs from what Wine's AFD says.
 */
#include "ws2_32_private.h"
#include "poll.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* dwServiceFlags4 of a WSAPROTOCOL_INFO from WSADuplicateSocket, with the handle in dwServiceFlags3. That
 * is Wine's form, which processes that use Wine's own DLL understand. */
#define DUPLICATE_MAGIC 0xff00ff00

union any_address
{
    struct sockaddr addr;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    SOCKADDR_STORAGE storage;
};

static int fail( int *error, int code )
{
    *error = code;
    return SOCKET_ERROR;
}

/* Windows looks the socket up before anything else, so a bad argument only counts on a socket. */
int bad_argument( SOCKET s, int code )
{
    int error = record_find( s ) ? 0 : check_socket( s );

    return error ? error : code;
}

unsigned int address_size( int family )
{
    switch (family)
    {
    case AF_INET:  return sizeof(struct sockaddr_in);
    case AF_INET6: return sizeof(struct sockaddr_in6);
    case AF_IPX:   return sizeof(struct sockaddr_ipx);
    case AF_IRDA:  return sizeof(SOCKADDR_IRDA);
    default:       return 0;
    }
}

int socket_kind( SOCKET s, struct afd_get_info_params *info )
{
    const struct socket_record *record = record_find( s );

    if (!record || !record->type)
        return afd_control( s, IOCTL_AFD_WINE_GET_INFO, NULL, 0, info, sizeof(*info) ) ? WSAENOTSOCK : 0;
    info->family = record->family;
    info->type = record->type;
    info->protocol = record->protocol;
    return 0;
}

/* Windows judges the length by the socket's family, then the address' family (T:test_bind); what is longer
 * than the family needs is not looked at. */
int read_address( const struct afd_get_info_params *info, const struct sockaddr *name, int len,
                  struct sockaddr *addr, int *addr_len )
{
    int size = address_size( info->family );

    if (!size) size = min( max( len, 0 ), (int)sizeof(SOCKADDR_STORAGE) );
    if (!name || len < size || len < (int)sizeof(name->sa_family)) return WSAEFAULT;
    if (!guard_read( addr, name, size )) return WSAEFAULT;
    *addr_len = size;
    return addr->sa_family == info->family ? 0 : WSAEAFNOSUPPORT;
}

BOOL is_unspecified( const struct sockaddr *addr )
{
    static const IN6_ADDR any6;

    if (addr->sa_family == AF_INET) return !((const struct sockaddr_in *)addr)->sin_addr.s_addr;
    return addr->sa_family == AF_INET6 &&
           !memcmp( &((const struct sockaddr_in6 *)addr)->sin6_addr, &any6, sizeof(any6) );
}

/*** creation ***/

/* The error for a triple that no catalogue entry matches: Windows judges the type, then the family, then
 * the protocol (reference 3.4, T:test_WSASocket). */
static int mismatch_error( int family, int type )
{
    BOOL known_type = !type, known_family = !family, known_pair = FALSE;
    const WSAPROTOCOL_INFOW *entries;
    unsigned int i, count;

    entries = catalogue_entries( &count );
    for (i = 0; i < count; i++)
    {
        if (entries[i].iSocketType == type) known_type = TRUE;
        if (entries[i].iAddressFamily == family) known_family = TRUE;
        if ((!type || entries[i].iSocketType == type) && (!family || entries[i].iAddressFamily == family))
            known_pair = TRUE;
    }
    if (!known_type) return WSAESOCKTNOSUPPORT;
    if (!known_family) return WSAEAFNOSUPPORT;
    return known_pair ? WSAEPROTONOSUPPORT : WSAESOCKTNOSUPPORT;
}

static int create_error( NTSTATUS status )
{
    /* the server answers most failures of creation as Win32 errors in the facility for them */
    if ((status & 0xffff0000) == 0xc0010000) return status & 0xffff;
    if (status == STATUS_TOO_MANY_OPENED_FILES) return WSAEMFILE;
    return status_to_wsa( status );
}

/* Requests of registered I/O are never waited for, whether the other flag is there or not. */
#define OVERLAPPED_FLAGS (WSA_FLAG_OVERLAPPED | WSA_FLAG_REGISTERED_IO)

static int create_handle( int family, int type, int protocol, DWORD flags, HANDLE *handle )
{
    struct afd_create_params params = { family, type, protocol, 0 };
    static const WCHAR device[] = L"\\Device\\Afd";
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attr;
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    RtlInitUnicodeString( &name, device );
    params.flags = flags & ~(OVERLAPPED_FLAGS | WSA_FLAG_NO_HANDLE_INHERIT);
    InitializeObjectAttributes( &attr, &name, flags & WSA_FLAG_NO_HANDLE_INHERIT ? 0 : OBJ_INHERIT, NULL,
                                NULL );
    socket_birth_begin();
    status = NtOpenFile( handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attr, &io, 0,
                         flags & OVERLAPPED_FLAGS ? 0 : FILE_SYNCHRONOUS_IO_NONALERT );
    if (!status)
    {
        status = NtDeviceIoControlFile( *handle, NULL, NULL, NULL, &io, IOCTL_AFD_WINE_CREATE,
                                        &params, sizeof(params), NULL, 0 );
        if (status) NtClose( *handle );
    }
    socket_birth_end();
    return status ? create_error( status ) : 0;
}

/* The receiving end of WSADuplicateSocket: the handle is in this process already. Others know the socket
 * too, so its record is not one of ours. */
static SOCKET adopt_duplicate( const WSAPROTOCOL_INFOW *duplicate, INT *error )
{
    SOCKET s = duplicate->dwServiceFlags3;
    struct afd_get_info_params info;
    union any_address addr;
    LONG flags = handover_flags( duplicate->dwProviderReserved );

    if (afd_control( s, IOCTL_AFD_WINE_GET_INFO, NULL, 0, &info, sizeof(info) ))
    {
        *error = WSAEINVAL;
        return INVALID_SOCKET;
    }
    if (info.type == SOCK_DGRAM &&
        afd_control( s, IOCTL_AFD_GETSOCKNAME, NULL, 0, &addr, sizeof(addr) ) == WSAEINVAL)
        flags |= RECORD_UNBOUND_COPY;
    handover_inherited( s, record_create( s, info.family, info.type, info.protocol, flags ),
                        duplicate->dwServiceFlags2 );
    return s;
}

/* The raw socket of no protocol, which SIO_RCVALL wants (MS: SIO_RCVALL). The host has none; its IPPROTO_RAW
 * is a raw socket that receives nothing either, and begins with the header in the program's hands. */
static BOOL is_any_raw( int family, int type, int protocol )
{
    return family == AF_INET && type == SOCK_RAW && protocol == IPPROTO_IP;
}

SOCKET WINAPI base_socket( int family, int type, int protocol, WSAPROTOCOL_INFOW *program_info, GROUP group,
                           DWORD flags, INT *error )
{
    WSAPROTOCOL_INFOW info, entry;
    HANDLE handle;

    TRACE( "family %d, type %d, protocol %d, info %p, group %u, flags %#lx.\n", family, type, protocol,
           program_info, group, flags );

    *error = 0;
    if (program_info)
    {
        if (!guard_read( &info, program_info, sizeof(info) ))
        {
            *error = WSAEFAULT;
            return INVALID_SOCKET;
        }
        if (info.dwServiceFlags4 == DUPLICATE_MAGIC)
            return adopt_duplicate( &info, error );

        if (!family || family == FROM_PROTOCOL_INFO) family = info.iAddressFamily;
        if (!type || type == FROM_PROTOCOL_INFO) type = info.iSocketType;
        if (!protocol || protocol == FROM_PROTOCOL_INFO) protocol = info.iProtocol;
        /* plain parameters win, and an entry without a usable family is no entry (T:test_WSASocket) */
        if ((!family && protocol) || family == FROM_PROTOCOL_INFO)
        {
            *error = WSAEAFNOSUPPORT;
            return INVALID_SOCKET;
        }
    }

    if (!family && !protocol) *error = WSAEINVAL;
    else if (!catalogue_find( family, type, protocol, &entry )) *error = mismatch_error( family, type );
    if (*error) return INVALID_SOCKET;

    if (!family) family = entry.iAddressFamily;
    if (!type) type = entry.iSocketType;
    if (!protocol) protocol = entry.iProtocol;

    if ((*error = create_handle( family, type, is_any_raw( family, type, protocol ) ? IPPROTO_RAW : protocol,
                                 flags, &handle )))
    {
        WARN( "no socket for family %d, type %d, protocol %d: error %d.\n", family, type, protocol, *error );
        if (*error == WSAEACCES && type == SOCK_RAW)
            ERR( "raw sockets need the host's permission (CAP_NET_RAW).\n" );
        return INVALID_SOCKET;
    }
    record_create( (SOCKET)handle, family, type, protocol,
                   RECORD_OURS | (flags & OVERLAPPED_FLAGS ? RECORD_OVERLAPPED : 0) |
                   (flags & WSA_FLAG_REGISTERED_IO ? RECORD_REGISTERED_IO : 0) );
    if (is_any_raw( family, type, protocol ))
        host_set_int( (SOCKET)handle, HOST_OPT_IP_HEADER_INCLUDED, FALSE );
    /* Windows answers pings itself and shows no requests, where Linux shows them to raw sockets, also those
     * that they have sent to loopback (T: test_icmp) */
    if (family == AF_INET && type == SOCK_RAW && protocol == IPPROTO_ICMP)
        host_set_int( (SOCKET)handle, HOST_OPT_ICMP_NO_REQUESTS, TRUE );
    TRACE( "socket %p.\n", handle );
    return (SOCKET)handle;
}

/* Whether the socket has a time to linger that is ours to keep. Accepts a NULL record. */
static BOOL lingers( const struct socket_record *record, DWORD *seconds )
{
    DWORD linger = option_remembered( record, REMEMBER_SO_LINGER, 0 );

    *seconds = HIWORD( linger );
    return LOWORD( linger ) && HIWORD( linger ) && record->type == SOCK_STREAM &&
           (record->flags & RECORD_OURS);
}

/* With a time to linger a socket that does not wait stays open until its peer has got everything; the
 * program closes it again later, or when it waits (MS: closesocket. Observed: boost.asio's close() in
 * socket_ops.ipp makes the socket wait and tries again, for Windows alone). */
static BOOL close_would_block( SOCKET s, const struct socket_record *record )
{
    DWORD seconds;

    return lingers( record, &seconds ) && (record->flags & RECORD_NONBLOCKING) && !drain_linger( s, 0 );
}

/* With a time to linger the close of a blocking socket waits until all is sent, and when the time is over it
 * resets the connection (MS: closesocket). The host would go on in the background then. */
static void linger_before_close( SOCKET s, struct socket_record *record )
{
    static const int reset[] = { 1, 0 };
    DWORD seconds;

    if (!lingers( record, &seconds ) || (record->flags & RECORD_NONBLOCKING)) return;
    if (drain_linger( s, seconds )) return;
    record_set_option( s, HOST_OPT_LINGER, ARRAY_SIZE( reset ), reset );
}

/* What the close of a socket may concern, in the order in which it is told. */
static const struct close_hooks
{
    void (*before)( SOCKET s, struct socket_record *record );
    void (*after)( SOCKET s );  /* the value is nobody's handle, or another socket's */
}
closers[CLOSER_COUNT] =
{
    [CLOSER_REGISTERED_IO] = { .before = rio_before_close },
    [CLOSER_GIVE_BACK] = { .before = accept_give_back },
    [CLOSER_LINGER] = { .before = linger_before_close },
    [CLOSER_DRAIN] = { .before = drain_before_close },
    [CLOSER_PORTS] = { ports_before_close, ports_after_close },
    [CLOSER_TAP] = { .before = rcvall_before_close },
    [CLOSER_STAMPS] = { .before = timestamps_before_close },
};

/* Where this process is told of closed handles the record knows. */
static BOOL is_socket( SOCKET s, const struct socket_record *record )
{
    return (record && (record->flags & RECORD_OURS)) || !check_socket( s );
}

static int close_socket( SOCKET s, struct socket_record *record, INT *error )
{
    const LONG due = record ? record->closers : ~0;     /* of one without a record nothing is known */
    IO_STATUS_BLOCK io;
    NTSTATUS status;
    unsigned int i;

    for (i = 0; due && i < CLOSER_COUNT; i++)
        if ((due & (1 << i)) && closers[i].before) closers[i].before( s, record );
    record_remove( s );     /* first: another thread may be given the handle value at once */
    /* pending transfers end with WSA_OPERATION_ABORTED (MS: closesocket), but receives of a connection as
     * what has lost it; AFD has another status for them */
    if (record && afd_path_pending( record ))
    {
        if (record->type == SOCK_STREAM) stream_abort( s );
        NtCancelIoFileEx( (HANDLE)s, NULL, &io );
    }
    status = NtClose( (HANDLE)s );
    for (i = 0; due && i < CLOSER_COUNT; i++)
        if ((due & (1 << i)) && closers[i].after) closers[i].after( s );
    return (*error = status ? WSAENOTSOCK : 0) ? SOCKET_ERROR : 0;
}

int WINAPI base_close_socket( SOCKET s, INT *error )
{
    struct socket_record *record = record_find( s );

    TRACE( "socket %#Ix.\n", s );

    if (!is_socket( s, record ))
    {
        record_remove( s );
        return fail( error, WSAENOTSOCK );
    }
    if (close_would_block( s, record )) return fail( error, WSAEWOULDBLOCK );
    return close_socket( s, record, error );
}

/* The program does not name these: what is no socket must stay. */
static void close_at_cleanup( SOCKET s )
{
    struct socket_record *record = record_find( s );
    INT error;

    if (is_socket( s, record )) close_socket( s, record, &error );
    else record_remove( s );
}

int WINAPI base_cleanup( INT *error )
{
    *error = 0;
    record_for_each( close_at_cleanup );
    drain_wait();
    return 0;
}

int WINAPI base_cancel_blocking_call( INT *error )
{
    struct thread_data *thread = thread_data();

    if (!thread || !thread->in_blocking_call) return fail( error, WSAEINVAL );
    thread->cancelled = TRUE;
    *error = 0;
    return 0;
}

/*** names ***/

/* Windows refuses to bind an IPv6 address together with a scope that is not its own; Linux looks at the
 * scope of link-local addresses only (T:test_bind). */
static BOOL is_foreign_scope( const struct sockaddr_in6 *addr )
{
    struct host_interface list[64];
    struct host_interfaces_params params = { .list = (ULONG_PTR)list, .family = HOST_FAMILY_INET6,
                                             .capacity = ARRAY_SIZE(list) };
    unsigned int i;
    BOOL found = FALSE;

    if (!addr->sin6_scope_id || host_call( HOST_INTERFACES, &params )) return FALSE;
    for (i = 0; i < min( params.count, ARRAY_SIZE(list) ); i++)
    {
        if (memcmp( list[i].address.ip, &addr->sin6_addr, sizeof(addr->sin6_addr) )) continue;
        if (list[i].index == addr->sin6_scope_id) return FALSE;
        found = TRUE;
    }
    return found;
}

int WINAPI base_bind( SOCKET s, const struct sockaddr *name, int len, INT *error )
{
    BYTE in[offsetof( struct afd_bind_params, addr ) + sizeof(SOCKADDR_STORAGE)] = { 0 };
    struct afd_get_info_params info;
    union any_address addr, bound;
    struct sharing sharing;
    BOOL claimed;
    int addr_len;

    TRACE( "socket %#Ix, name %p, len %d.\n", s, name, len );

    if ((*error = socket_kind( s, &info ))) return SOCKET_ERROR;
    if ((*error = read_address( &info, name, len, &addr.addr, &addr_len ))) return SOCKET_ERROR;
    if (info.family == AF_INET6 && is_foreign_scope( &addr.in6 )) return fail( error, WSAEADDRNOTAVAIL );

    if ((*error = ports_claim( s, &addr.addr, &claimed ))) return SOCKET_ERROR;
    if (claimed) sharing.applies = FALSE;
    else sharing_before_bind( s, &addr.addr, &sharing );
    memcpy( in + offsetof( struct afd_bind_params, addr ), &addr, addr_len );
    *error = afd_control( s, IOCTL_AFD_BIND, in, offsetof( struct afd_bind_params, addr ) + addr_len,
                          &bound, addr_len );
    if (!*error) record_set( record_find( s ), RECORD_BOUND );  /* before any other call asks for its name */
    *error = sharing_after_bind( s, &sharing, *error );
    if (claimed) ports_settle( s, &addr.addr, !*error );
    else *error = ports_bind_error( s, &addr.addr, *error );
    if (*error) return SOCKET_ERROR;
    interests_after_bind( s, record_find( s ) );
    record_forget_names( record_find( s ) );
    event_datagram_bound( s, record_find( s ) );
    return 0;
}

/* AFD is asked first: a socket without a name is that error, whatever the pointers are, and the length
 * is left alone when it is too small (T:test_getpeername, T:test_getsockname). */
/* The states in which neither name changes but by a call of ours. */
#define NAMED_STATES (RECORD_BOUND | RECORD_CONNECTED | RECORD_LISTENING)
#define UNNAMED_STATES (RECORD_CONNECTING | RECORD_CONNECT_EX | RECORD_ACCEPT_TARGET | RECORD_RESET)

void record_forget_names( struct socket_record *record )
{
    if (!record) return;
    if (record->settings) record->settings->connected_at = 0;
    if (!record->names) return;
    record->names->local.known = record->names->peer.known = FALSE;
}

/* AFD alone knows the names (the host reports 0.0.0.0 for what AFD bound elsewhere), but it takes a server
 * request to ask. */
static struct socket_name *name_cache( struct socket_record *record, ULONG code )
{
    struct socket_names *names;

    if (!record || !(record->flags & RECORD_OURS) || (record->flags & UNNAMED_STATES)) return NULL;
    if (!(record->flags & (code == IOCTL_AFD_GETSOCKNAME ? NAMED_STATES : RECORD_CONNECTED))) return NULL;
    if (!(names = record_part( record, names ))) return NULL;
    return code == IOCTL_AFD_GETSOCKNAME ? &names->local : &names->peer;
}

/* AFD has not seen the port that connect chose (SO_REUSE_UNICASTPORT). */
static void add_late_port( SOCKET s, union any_address *addr )
{
    struct host_address_users_params params = { .socket = s, .type = HOST_TYPE_STREAM };

    if (addr->in.sin_port || (addr->addr.sa_family != AF_INET && addr->addr.sa_family != AF_INET6)) return;
    if (!option_remembered( record_find( s ), REMEMBER_SO_REUSE_UNICASTPORT, FALSE )) return;
    if (!host_call( HOST_ADDRESS_USERS, &params ))
        host_address_to_sockaddr( &params.address, addr, sizeof(*addr) );
}

static int get_name( SOCKET s, ULONG code, struct sockaddr *name, INT *len, INT *error )
{
    struct socket_record *record = record_find( s );
    struct afd_get_info_params info;
    struct socket_name *cache;
    union any_address addr;
    DWORD count = 0;
    LONG state = 0;
    INT size;

    if ((*error = socket_kind( s, &info ))) return SOCKET_ERROR;
    memset( &addr, 0, sizeof(addr) );
    if ((cache = name_cache( record, code ))) state = record->flags & NAMED_STATES;
    if (cache && cache->known && cache->state == state)
    {
        count = cache->len;
        memcpy( &addr, cache->addr, count );
    }
    else
    {
        *error = afd_request( s, code, NULL, 0, &addr, sizeof(addr), NULL, NULL, 0, &count );
        if (!*error && code == IOCTL_AFD_GETSOCKNAME) add_late_port( s, &addr );
        if (!*error && cache && count <= sizeof(cache->addr))
        {
            cache->len = count;
            cache->state = state;
            memcpy( cache->addr, &addr, count );
            cache->known = TRUE;
        }
    }
    if (*error == WSAENOTCONN && code == IOCTL_AFD_WINE_GETPEERNAME)
    {
        /* Wine 8.0 asks the host, which forgets the peer while connecting and after a reset */
        if (record && record->type == SOCK_STREAM && record->peer_len &&
            !(record->flags & RECORD_CONNECT_EX) &&
            (record->flags & (RECORD_CONNECTED | RECORD_CONNECTING)))
        {
            count = record->peer_len;
            memcpy( &addr, record->peer, count );
            *error = 0;
        }
    }
    if (*error) return SOCKET_ERROR;

    size = count;
    if (!name || !len || !guard_read( &size, len, sizeof(size) ) || size < (INT)count)
        return fail( error, WSAEFAULT );
    size = count;
    if (!guard_write( name, &addr, size ) || !guard_write( len, &size, sizeof(size) ))
        return fail( error, WSAEFAULT );
    return 0;
}

int WINAPI base_get_sock_name( SOCKET s, struct sockaddr *name, INT *len, INT *error )
{
    TRACE( "socket %#Ix, name %p, len %p.\n", s, name, len );
    return get_name( s, IOCTL_AFD_GETSOCKNAME, name, len, error );
}

int WINAPI base_get_peer_name( SOCKET s, struct sockaddr *name, INT *len, INT *error )
{
    TRACE( "socket %#Ix, name %p, len %p.\n", s, name, len );
    return get_name( s, IOCTL_AFD_WINE_GETPEERNAME, name, len, error );
}

/*** connections ***/

/* What a wait ends with when another thread has closed the socket: AFD has several answers, Windows one
 * (MS: accept, connect). */
static int interrupted( const struct socket_record *record, LONG generation, int error )
{
    if ((error == WSAEINVAL || error == WSA_OPERATION_ABORTED || error == WSAENOTSOCK) &&
        record_is_gone( record, generation ))
        return WSAEINTR;
    return error;
}

int WINAPI base_listen( SOCKET s, int backlog, INT *error )
{
    struct afd_listen_params params = { .backlog = backlog };
    struct socket_record *record = record_find( s );
    struct afd_get_info_params info;

    TRACE( "socket %#Ix, backlog %d.\n", s, backlog );

    if ((*error = socket_kind( s, &info ))) return SOCKET_ERROR;
    /* Wine's AFD looks at the name first, and 8.0 knows nothing of datagrams here (T:test_listen) */
    if (info.type != SOCK_STREAM && info.type != SOCK_SEQPACKET) return fail( error, WSAEOPNOTSUPP );
    sharing_before_listen( s );
    fast_open_listen( s, record, backlog );
    *error = afd_control( s, IOCTL_AFD_LISTEN, &params, sizeof(params), NULL, 0 );
    if (*error == WSAEINVAL && record && (record->flags & RECORD_CONNECTED)) *error = WSAEISCONN;
    if (*error) return SOCKET_ERROR;
    sharing_after_listen( s );
    record_set( record, RECORD_BOUND | RECORD_LISTENING );
    return 0;
}

/* Ask the program's condition function about a connection. AFD has accepted it by now: deferring hands it
 * back, and refusing it closes it. */
static int judge_connection( SOCKET listener, SOCKET s, LPCONDITIONPROC condition, DWORD_PTR context )
{
    union any_address caller, callee;
    INT caller_len = sizeof(caller), callee_len = sizeof(callee), error;
    WSABUF caller_id, callee_id, no_data = { 0, NULL }, callee_data = { 0, NULL };
    struct thread_data *thread = thread_data();
    ULONG handle = s;
    GROUP group = 0;
    int verdict;

    memset( &caller, 0, sizeof(caller) );
    memset( &callee, 0, sizeof(callee) );
    base_get_peer_name( s, &caller.addr, &caller_len, &error );
    base_get_sock_name( s, &callee.addr, &callee_len, &error );
    caller_id.buf = (char *)&caller;
    caller_id.len = caller_len;
    callee_id.buf = (char *)&callee;
    callee_id.len = callee_len;

    if (thread) callbacks_used = thread->in_callback = TRUE;
    verdict = condition( &caller_id, &no_data, NULL, NULL, &callee_id, &callee_data, &group, context );
    if (thread) thread->in_callback = FALSE;

    TRACE( "verdict %d.\n", verdict );
    if (verdict == CF_ACCEPT) return 0;
    if (verdict != CF_DEFER) return WSAECONNREFUSED;
    error = afd_control( listener, IOCTL_AFD_WINE_DEFER, &handle, sizeof(handle), NULL, 0 );
    return error ? error : WSATRY_AGAIN;
}

SOCKET WINAPI base_accept( SOCKET s, struct sockaddr *name, INT *len, LPCONDITIONPROC condition,
                           DWORD_PTR context, INT *error )
{
    const struct socket_record *listener = record_find( s );
    const LONG generation = listener ? listener->born : 0;
    struct socket_record *record;
    struct afd_get_info_params info;
    ULONG handle = 0;
    SOCKET accepted;
    INT size, ignored;
    LONG flags;

    TRACE( "socket %#Ix, name %p, len %p, condition %p.\n", s, name, len, condition );

    if ((*error = socket_kind( s, &info ))) return INVALID_SOCKET;

    /* before the connection is taken from the queue, it would be lost (T:test_accept) */
    if (name && len && (!guard_read( &size, len, sizeof(size) ) || size < (INT)address_size( info.family ) ||
                        !guard_touch( name, address_size( info.family ))))
    {
        *error = WSAEFAULT;
        return INVALID_SOCKET;
    }

    *error = afd_request( s, IOCTL_AFD_WINE_ACCEPT, NULL, 0, &handle, sizeof(handle), NULL, NULL,
                          AFD_ALERTABLE, NULL );
    *error = interrupted( listener, generation, afd_error_to_wsa( *error, OPERATION_ACCEPT ));
    if (*error) return INVALID_SOCKET;
    accepted = handle;

    /* AFD copies these from the listener (rule 14) */
    flags = RECORD_BOUND | RECORD_CONNECTED;
    if (listener)
        flags |= listener->flags & (RECORD_OURS | RECORD_OVERLAPPED | RECORD_NONBLOCKING | RECORD_WATCHED |
                                    RECORD_REGISTERED_IO);
    record = record_create( accepted, info.family, info.type, info.protocol, flags );
    if (record && listener)
    {
        event_inherit( s, accepted );
        record->recv_timeout = listener->recv_timeout;
        record->send_timeout = listener->send_timeout;
    }
    option_inherit( listener, record );

    if (condition && (*error = judge_connection( s, accepted, condition, context )))
    {
        base_close_socket( accepted, &ignored );
        return INVALID_SOCKET;
    }
    if (name && len && base_get_peer_name( accepted, name, len, error ))
    {
        base_close_socket( accepted, &ignored );
        return INVALID_SOCKET;
    }
    TRACE( "accepted %#Ix.\n", accepted );
    return accepted;
}

static int request_connect( SOCKET s, const union any_address *addr, int addr_len )
{
    struct { struct afd_connect_params params; union any_address addr; } in;
    int attempt, error;

    memset( &in, 0, sizeof(in) );
    in.params.addr_len = addr_len;
    in.params.synchronous = TRUE;
    memcpy( &in.addr, addr, addr_len );
    /* Linux answers ECONNABORTED once to a connect that follows a failed one; Wine 8.0 passes that on */
    for (attempt = 0; attempt < 2; attempt++)
    {
        error = afd_request( s, IOCTL_AFD_WINE_CONNECT, &in, sizeof(in.params) + addr_len, NULL, 0,
                             NULL, NULL, AFD_ALERTABLE, NULL );
        if (error != WSAECONNABORTED) break;
    }
    return error;
}

/* A datagram socket connects to a broadcast address without SO_BROADCAST (field report 11). Wine 8.0 lets
 * the host refuse that; the option decides again at sendto. */
static int connect_to_broadcast( SOCKET s, const union any_address *addr, int addr_len )
{
    int error, on;

    if (host_get_int( s, HOST_OPT_BROADCAST, &on ) || on || host_set_int( s, HOST_OPT_BROADCAST, 1 ))
        return WSAEACCES;
    error = request_connect( s, addr, addr_len );
    host_set_int( s, HOST_OPT_BROADCAST, 0 );
    return error;
}

/* What connect answers where Wine's AFD has only one status for several states of Windows. */
static int refine_connect_error( int family, int error, LONG flags_before )
{
    BOOL connect_ex = (flags_before & RECORD_CONNECT_EX) != 0;

    /* ConnectEx'd, and SO_UPDATE_CONNECT_CONTEXT was not called (T:test_connect) */
    if (error == WSAEISCONN && connect_ex) return WSAEINVAL;
    /* T:test_connecting_socket */
    if (error == WSAEINVAL && (flags_before & RECORD_CONNECTING) && !connect_ex) return WSAEALREADY;
    /* the host has no local port left: the pair of addresses exists (MS: connect), or there are too many
     * (MS: KB196271); an IPv6 socket may as well lack an address that reaches so far */
    if (error == WSAEADDRNOTAVAIL && (flags_before & RECORD_BOUND)) return WSAEADDRINUSE;
    if (error == WSAEADDRNOTAVAIL && family == AF_INET) return WSAENOBUFS;
    return error;
}

int WINAPI base_connect( SOCKET s, const struct sockaddr *name, int len, WSABUF *caller_data,
                         WSABUF *callee_data, QOS *socket_qos, QOS *group_qos, INT *error )
{
    struct socket_record *record = record_find( s );
    const LONG generation = record ? record->born : 0;
    struct afd_get_info_params info;
    union any_address addr;
    BOOL disconnect = FALSE, stream;
    int addr_len = 0;
    LONG before;

    TRACE( "socket %#Ix, name %p, len %d.\n", s, name, len );

    if (caller_data || callee_data || socket_qos || group_qos)
        WARN( "TCP/IP carries no connect data and no quality of service.\n" );

    if ((*error = socket_kind( s, &info ))) return SOCKET_ERROR;
    stream = info.type == SOCK_STREAM;
    *error = read_address( &info, name, len, &addr.addr, &addr_len );
    if (*error == WSAEAFNOSUPPORT && info.type == SOCK_DGRAM && addr.addr.sa_family == AF_UNSPEC)
    {
        disconnect = TRUE;
        *error = 0;
    }
    if (*error) return SOCKET_ERROR;

    if (is_unspecified( &addr.addr ))
    {
        if (stream) return fail( error, WSAEADDRNOTAVAIL );
        /* MS: connect, a datagram socket is disconnected by an address of zeros */
        addr.addr.sa_family = AF_UNSPEC;
        disconnect = TRUE;
    }
    if ((*error = ports_bind_unnamed( s, record ))) return SOCKET_ERROR;

    before = record_set( record, disconnect ? 0 : RECORD_CONNECTING );
    if (record && stream && !(before & (RECORD_CONNECTING | RECORD_CONNECTED)) &&
        addr_len <= (int)sizeof(record->peer))
    {
        memcpy( record->peer, &addr, addr_len );
        record->peer_len = addr_len;
    }
    if (stream) icmp_errors_begin( s, record );
    *error = request_connect( s, &addr, addr_len );
    if (stream) *error = icmp_errors_end( s, record, *error );
    if (*error == WSAEACCES && info.type == SOCK_DGRAM && info.family == AF_INET)
        *error = connect_to_broadcast( s, &addr, addr_len );
    if ((*error = interrupted( record, generation, *error )) == WSAEINTR) return SOCKET_ERROR;
    *error = refine_connect_error( info.family, *error, before );
    record_forget_names( record );

    if (!*error)
    {
        record_clear( record, RECORD_CONNECTING | RECORD_CONNECT_EX | (disconnect ? RECORD_CONNECTED : 0) );
        record_set( record, disconnect ? 0 : RECORD_BOUND | RECORD_CONNECTED );
        if (!disconnect) event_datagram_connected( s, record );
        return 0;
    }
    if (*error == WSAEWOULDBLOCK)
    {
        record_clear( record, RECORD_CONNECT_EX );
        record_set( record, RECORD_BOUND );
    }
    else if (!(before & RECORD_CONNECTING)) record_clear( record, RECORD_CONNECTING );
    else if (*error == WSAEISCONN)
    {
        /* the connect that was under way has succeeded meanwhile */
        record_clear( record, RECORD_CONNECTING );
        record_set( record, RECORD_CONNECTED );
    }
    return SOCKET_ERROR;
}

/* Wine 8.0 cannot name the peer once both sides have shut down; Windows can (T:test_shutdown). */
static void keep_peer( SOCKET s, struct socket_record *record )
{
    union any_address addr;
    DWORD count = 0;

    if (afd_request( s, IOCTL_AFD_WINE_GETPEERNAME, NULL, 0, &addr, sizeof(addr), NULL, NULL, 0, &count ) ||
        count > sizeof(record->peer)) return;
    memcpy( record->peer, &addr, count );
    record->peer_len = count;
}

int WINAPI base_shutdown( SOCKET s, int how, INT *error )
{
    struct socket_record *record = record_find( s );
    struct afd_get_info_params info;
    BOOL deferred;      /* the end goes out behind what the host half still sends */
    LONG turn = 0;

    TRACE( "socket %#Ix, how %d.\n", s, how );

    if ((*error = socket_kind( s, &info ))) return SOCKET_ERROR;
    if (record && info.type == SOCK_STREAM && !record->peer_len) keep_peer( s, record );
    /* the end comes behind a send that another thread has begun, and whose rest the host half may get */
    if (how != SD_RECEIVE) turn = sends_hold( s, record );
    deferred = how != SD_RECEIVE && how <= SD_BOTH && drain_shutdown( s, record );
    if (!deferred || how == SD_BOTH)
    {
        int now = deferred ? SD_RECEIVE : how;

        *error = afd_control( s, IOCTL_AFD_WINE_SHUTDOWN, &now, sizeof(now), NULL, 0 );
    }
    if (!*error && how != SD_SEND) record_set( record, RECORD_SHUT_RECV );
    if (!*error && how != SD_RECEIVE) record_set( record, RECORD_SHUT_SEND );
    if (how != SD_RECEIVE) sends_release( record, turn );
    if (*error) return SOCKET_ERROR;
    if (how != SD_RECEIVE) backlog_ended( s, record );
    if (how == SD_BOTH) event_after_shutdown( s );
    return 0;
}

/* Neither queues a completion (T:test_shutdown_completion_port). TCP carries no disconnect data. */
int WINAPI base_recv_disconnect( SOCKET s, WSABUF *data, INT *error )
{
    TRACE( "socket %#Ix, data %p.\n", s, data );
    return base_shutdown( s, SD_RECEIVE, error );
}

int WINAPI base_send_disconnect( SOCKET s, WSABUF *data, INT *error )
{
    TRACE( "socket %#Ix, data %p.\n", s, data );
    return base_shutdown( s, SD_SEND, error );
}

SOCKET WINAPI base_join_leaf( SOCKET s, const struct sockaddr *name, int len, WSABUF *caller_data,
                              WSABUF *callee_data, QOS *socket_qos, QOS *group_qos, DWORD flags,
                              INT *error )
{
    FIXME( "socket %#Ix, name %p, len %d, flags %#lx: not implemented.\n", s, name, len, flags );

    (void)caller_data;
    (void)callee_data;
    (void)socket_qos;
    (void)group_qos;
    *error = bad_argument( s, WSAEOPNOTSUPP );
    return INVALID_SOCKET;
}

BOOL WINAPI base_get_qos_by_name( SOCKET s, WSABUF *name, QOS *qos, INT *error )
{
    FIXME( "socket %#Ix, name %p, qos %p: no quality of service here.\n", s, name, qos );

    *error = bad_argument( s, WSAEOPNOTSUPP );
    return FALSE;
}

/*** other processes ***/

int WINAPI base_duplicate_socket( SOCKET s, DWORD pid, WSAPROTOCOL_INFOW *program_info, INT *error )
{
    struct afd_get_info_params info;
    WSAPROTOCOL_INFOW entry;
    HANDLE process, duplicate;
    BOOL ret;

    TRACE( "socket %#Ix, pid %#lx, info %p.\n", s, pid, program_info );

    /* in this order (T:test_WSADuplicateSocket) */
    *error = afd_control( s, IOCTL_AFD_WINE_GET_INFO, NULL, 0, &info, sizeof(info) ) ? WSAENOTSOCK : 0;
    if (*error) return SOCKET_ERROR;
    if (!(process = OpenProcess( PROCESS_DUP_HANDLE, FALSE, pid ))) return fail( error, WSAEINVAL );

    ret = guard_touch( program_info, sizeof(*program_info) );
    if (!ret) *error = WSAEFAULT;
    else if (!(ret = DuplicateHandle( GetCurrentProcess(), (HANDLE)s, process, &duplicate, 0, FALSE,
                                      DUPLICATE_SAME_ACCESS ))) *error = WSAEMFILE;
    CloseHandle( process );
    if (!ret) return SOCKET_ERROR;

    /* from now on another process may change what our record says */
    handover_shared( record_find( s ) );
    datagram_reports_changed( s, record_find( s ) );

    if (!catalogue_find( info.family, info.type, info.protocol, &entry ))
    {
        memset( &entry, 0, sizeof(entry) );
        entry.iAddressFamily = info.family;
        entry.iSocketType = info.type;
    }
    entry.iProtocol = info.protocol;
    entry.dwServiceFlags2 = s;          /* ours; a child may have inherited it */
    entry.dwServiceFlags3 = HandleToULong( duplicate );
    entry.dwServiceFlags4 = DUPLICATE_MAGIC;
    entry.dwProviderReserved = handover_states( record_find( s ) );
    return guard_write( program_info, &entry, sizeof(entry) ) ? 0 : fail( error, WSAEFAULT );
}
