/*
 * Connecting by name: resolve, then try one address after the other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "names.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

/* Where the program wants an address: a NULL length means that it does not (Wine
 * T:test_WSAConnectByName). */
struct wanted_address
{
    DWORD *len;
    struct sockaddr *addr;
    DWORD room;
};

static ULONGLONG deadline( const struct timeval *timeout )
{
    if (!timeout) return 0;
    return GetTickCount64() + (ULONGLONG)timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000;
}

/* Connect within the time that is left. The socket is non-blocking for that long if there is a limit; one
 * that is so already stays so. */
static int connect_one( SOCKET s, const struct sockaddr *addr, int len, ULONGLONG until )
{
    const struct socket_record *record = record_find( s );
    u_long on = 1, before = record && (record->flags & RECORD_NONBLOCKING);
    fd_set writable, failed;
    ULONGLONG now;
    struct timeval time;
    DWORD count;
    int error, ret, size = sizeof(error);

    if (!until)
        return provider->lpWSPConnect( s, addr, len, NULL, NULL, NULL, NULL, &error ) ? error : 0;
    if ((now = GetTickCount64()) >= until) return WSAETIMEDOUT;
    if (provider->lpWSPIoctl( s, FIONBIO, &on, sizeof(on), NULL, 0, &count, NULL, NULL, NULL, &error ))
        return error;

    ret = provider->lpWSPConnect( s, addr, len, NULL, NULL, NULL, NULL, &error ) ? error : 0;
    if (ret == WSAEWOULDBLOCK)
    {
        writable.fd_count = failed.fd_count = 1;
        writable.fd_array[0] = failed.fd_array[0] = s;
        time.tv_sec = (until - now) / 1000;
        time.tv_usec = (until - now) % 1000 * 1000;
        ret = provider->lpWSPSelect( 0, NULL, &writable, &failed, &time, &error );
        if (ret < 0) ret = error;
        else if (!ret) ret = WSAETIMEDOUT;
        else if (writable.fd_count) ret = 0;
        else if (provider->lpWSPGetSockOpt( s, SOL_SOCKET, SO_ERROR, (char *)&ret, &size, &error ))
            ret = error;
        else if (!ret) ret = WSAECONNREFUSED;
    }
    provider->lpWSPIoctl( s, FIONBIO, &before, sizeof(before), NULL, 0, &count, NULL, NULL, NULL, &error );
    return ret;
}

/* Read the program's length; short room is found before anything is connected. */
static int read_wanted( struct wanted_address *wanted, DWORD *len, struct sockaddr *addr, DWORD need )
{
    wanted->len = len;
    wanted->addr = addr;
    wanted->room = 0;
    if (!len) return 0;
    if (!guard_read( &wanted->room, len, sizeof(wanted->room) )) return WSAEFAULT;
    return wanted->room < need ? WSAEFAULT : 0;
}

static int write_wanted( const struct wanted_address *wanted, const void *addr, int len )
{
    DWORD size = len;

    if (!wanted->len) return 0;
    if (wanted->addr && !guard_write( wanted->addr, addr, len )) return WSAEFAULT;
    return guard_write( wanted->len, &size, sizeof(size) ) ? 0 : WSAEFAULT;
}

/* Try the addresses in turn, and report those of the connection. */
static int connect_any( SOCKET s, const struct host_address *list, unsigned int count, int family,
                        const struct wanted_address *local, const struct wanted_address *remote,
                        ULONGLONG until )
{
    int error = WSAEADDRNOTAVAIL, ret, len, size;
    SOCKADDR_STORAGE storage;
    unsigned int i, tries = 0;

    for (i = 0; i < count; i++)
    {
        struct host_address address = list[i];

        if (family == AF_INET6 && address.family == HOST_FAMILY_INET)   /* a dual-mode socket */
        {
            memmove( address.ip + 12, address.ip, 4 );
            memset( address.ip, 0, 10 );
            memset( address.ip + 10, 0xff, 2 );
            address.family = HOST_FAMILY_INET6;
        }
        if (!(len = host_address_to_sockaddr( &address, &storage, sizeof(storage) ))) continue;
        if (storage.ss_family != family) continue;
        error = connect_one( s, (struct sockaddr *)&storage, len, until );
        /* The host reports once more that the connection before this one has failed. */
        if (tries++ && error == WSAECONNABORTED)
            error = connect_one( s, (struct sockaddr *)&storage, len, until );
        TRACE( "socket %#Ix, address %u of %u: error %d.\n", s, i + 1, count, error );
        if (error == WSAENOTSOCK || error == WSAEISCONN || error == WSAEINVAL) return error;
        if (error) continue;

        if ((error = write_wanted( remote, &storage, len ))) return error;
        size = sizeof(storage);
        memset( &storage, 0, sizeof(storage) );
        if (provider->lpWSPGetSockName( s, (struct sockaddr *)&storage, &size, &ret )) return ret;
        /* the local port is not told (Wine T:test_WSAConnectByName) */
        if (storage.ss_family == AF_INET6) ((struct sockaddr_in6 *)&storage)->sin6_port = 0;
        else ((struct sockaddr_in *)&storage)->sin_port = 0;
        return write_wanted( local, &storage, size );
    }
    return error;
}

/* The family and kind of a socket; only stream sockets connect by name. */
static int socket_family( SOCKET s, int *family, BOOL *dual )
{
    WSAPROTOCOL_INFOW info;
    int error, size = sizeof(info), v6only = 1;

    if (provider->lpWSPGetSockOpt( s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &size, &error ))
        return error;
    if (info.iSocketType != SOCK_STREAM) return WSAEINVAL;
    *family = info.iAddressFamily;
    size = sizeof(v6only);
    if (*family == AF_INET6 &&
        provider->lpWSPGetSockOpt( s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&v6only, &size, &error ))
        v6only = 1;
    *dual = !v6only;
    return 0;
}

/* The query's names are the caller's to free. */
static int connect_to_query( SOCKET s, struct query *query, DWORD *local_len, struct sockaddr *local,
                             DWORD *remote_len, struct sockaddr *remote, const struct timeval *timeout )
{
    struct wanted_address want_local, want_remote;
    struct answer answer;
    struct timeval time;
    unsigned int i;
    DWORD need;
    BOOL dual;
    int error;

    if (timeout && (error = read_timeout( &time, timeout ))) return error;
    if ((error = socket_family( s, &query->family, &dual ))) return error;
    need = query->family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if ((error = read_wanted( &want_local, local_len, local, need )) ||
        (error = read_wanted( &want_remote, remote_len, remote, need ))) return error;

    query->socktype = SOCK_STREAM;
    query->protocol = IPPROTO_TCP;
    if (dual) query->flags = AI_V4MAPPED | AI_ALL;
    if ((error = query_check( query )) || (error = query_resolve( query, &answer ))) return error;
    for (i = 0; i < answer.count; i++) answer.addresses[i].port = answer.services[0].port;
    error = connect_any( s, answer.addresses, answer.count, query->family, &want_local, &want_remote,
                         deadline( timeout ? &time : NULL ));
    answer_free( &answer );
    return error;
}

/* Both character sets. */
static BOOL connect_by_name( SOCKET s, BOOL wide, const void *node, const void *service, DWORD *local_len,
                             struct sockaddr *local, DWORD *remote_len, struct sockaddr *remote,
                             const struct timeval *timeout, OVERLAPPED *reserved )
{
    struct query query = { 0 };
    int error;

    TRACE( "socket %#Ix, node %p, service %p, local %p/%p, remote %p/%p, timeout %p, reserved %p.\n", s,
           node, service, local_len, local, remote_len, remote, timeout, reserved );

    if (!(error = enter_api()) && (!node || !service || reserved)) error = WSAEINVAL;
    if (!error) error = wide ? query_set_names( &query, node, service ) :
                               query_set_ansi_names( &query, node, service );
    if (!error) error = connect_to_query( s, &query, local_len, local, remote_len, remote, timeout );
    query_free( &query );
    return !leave_api( error );
}

BOOL WINAPI WSAConnectByNameW( SOCKET s, const WCHAR *node, const WCHAR *service, DWORD *local_len,
                               struct sockaddr *local, DWORD *remote_len, struct sockaddr *remote,
                               const struct timeval *timeout, OVERLAPPED *reserved )
{
    return connect_by_name( s, TRUE, node, service, local_len, local, remote_len, remote, timeout,
                            reserved );
}

BOOL WINAPI WSAConnectByNameA( SOCKET s, const char *node, const char *service, DWORD *local_len,
                               struct sockaddr *local, DWORD *remote_len, struct sockaddr *remote,
                               const struct timeval *timeout, OVERLAPPED *reserved )
{
    return connect_by_name( s, FALSE, node, service, local_len, local, remote_len, remote, timeout,
                            reserved );
}

/* MS, its page: the list holds IPv6 addresses, mapped ones on a dual-mode socket among them. */
BOOL WINAPI WSAConnectByList( SOCKET s, SOCKET_ADDRESS_LIST *list, DWORD *local_len, struct sockaddr *local,
                              DWORD *remote_len, struct sockaddr *remote, const struct timeval *timeout,
                              OVERLAPPED *reserved )
{
    struct wanted_address want_local, want_remote;
    struct host_address *addresses = NULL;
    unsigned int count = 0;
    struct timeval time;
    int error, family, i;
    INT listed;
    DWORD need;
    BOOL dual;

    TRACE( "socket %#Ix, list %p, local %p/%p, remote %p/%p, timeout %p, reserved %p.\n", s, list, local_len,
           local, remote_len, remote, timeout, reserved );

    if ((error = enter_api())) return !leave_api( error );
    if (reserved) return !leave_api( WSAEINVAL );
    if (!list || !guard_read( &listed, &list->iAddressCount, sizeof(listed) ))
        return !leave_api( WSAEFAULT );
    if (listed <= 0 || listed > 0x10000) return !leave_api( WSAEINVAL );
    if (timeout && (error = read_timeout( &time, timeout ))) return !leave_api( error );
    if ((error = socket_family( s, &family, &dual ))) return !leave_api( error );
    need = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if ((error = read_wanted( &want_local, local_len, local, need )) ||
        (error = read_wanted( &want_remote, remote_len, remote, need ))) return !leave_api( error );

    if (!(addresses = HeapAlloc( GetProcessHeap(), 0, listed * sizeof(*addresses) )))
        return !leave_api( WSA_NOT_ENOUGH_MEMORY );
    for (i = 0; i < listed && !error; i++)
    {
        SOCKADDR_STORAGE storage = { 0 };
        SOCKET_ADDRESS one;

        if (!guard_read( &one, &list->Address[i], sizeof(one) ) || one.iSockaddrLength < 0 ||
            !guard_read( &storage, one.lpSockaddr, min( (SIZE_T)one.iSockaddrLength, sizeof(storage) )))
            error = WSAEFAULT;
        else if (host_address_from_sockaddr( &addresses[count], (struct sockaddr *)&storage,
                                             one.iSockaddrLength ))
            count++;
    }
    if (!error)
        error = connect_any( s, addresses, count, family, &want_local, &want_remote,
                             deadline( timeout ? &time : NULL ));
    HeapFree( GetProcessHeap(), 0, addresses );
    return !leave_api( error );
}
