/*
 * Which sockets may have one port: SO_REUSEADDR, SO_EXCLUSIVEADDRUSE and neither.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On Windows a wildcard and a specific address do not exclude each other (reference 2.8; MS: Using
 * SO_REUSEADDR and SO_EXCLUSIVEADDRUSE), on the host they do unless both sockets say that they share. So
 * all of ours say so, but for what must not be shared:
 * - streams: wineserver keeps the conflicts of the prefix by address and option, and answers before the
 * host is   asked. What it does not know is a listener of another prefix or of the host itself: where one
 * has the very   address, a socket without SO_REUSEADDR does not share.
 * - datagrams: wineserver keeps nothing. A socket does not share when it is bound to an address that
 * somebody   has; SO_REUSEADDR, which wineserver passes to the host, is the host's rule for those. With
 *   SO_EXCLUSIVEADDRUSE on the wildcard it never does.
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

static BOOL is_ours( const struct socket_record *record )
{
    return record && (record->flags & RECORD_OURS) && record_is_internet( record );
}

void sharing_before_bind( SOCKET s, const struct sockaddr *addr, struct sharing *sharing )
{
    const struct socket_record *record = record_find( s );
    struct host_address_users_params *users = &sharing->users;
    BOOL affinity = option_remembered( record, REMEMBER_CPU_AFFINITY, ~0u ) != ~0u, share;

    sharing->applies = is_ours( record ) && !(record->flags & RECORD_BOUND);
    if (!sharing->applies) return;
    sharing->datagram = record->type == SOCK_DGRAM;
    sharing->wildcard = is_unspecified( addr );
    sharing->exclusive = option_remembered( record, REMEMBER_SO_EXCLUSIVEADDRUSE, FALSE );
    sharing->reuse = option_remembered( record, REMEMBER_SO_REUSEADDR, FALSE );

    memset( users, 0, sizeof(*users) );
    users->type = sharing->datagram ? HOST_TYPE_DATAGRAM : HOST_TYPE_STREAM;
    host_address_from_sockaddr( &users->address, addr, sizeof(SOCKADDR_STORAGE) );
    if (!users->address.port) return;   /* the host finds one that nobody has */

    if (host_call( HOST_ADDRESS_USERS, users )) users->exact = 1;
    share = !users->exact;
    if (sharing->datagram) share = share && !(sharing->exclusive && sharing->wildcard);
    else share = share || sharing->reuse;
    /* MS: SIO_CPU_AFFINITY, sockets of several processors have one address */
    if (affinity) share = TRUE;
    TRACE( "socket %#Ix: %u have the address, %u the wildcard; share %d.\n", s, users->exact,
           users->wildcards, share );
    host_set_int( s, HOST_OPT_SHARE, share );
}

int sharing_after_bind( SOCKET s, const struct sharing *sharing, int error )
{
    const struct host_address_users_params *users = &sharing->users;

    if (!sharing->applies) return error;
    if (error) host_set_int( s, HOST_OPT_SHARE, FALSE );
    else if (!sharing->datagram ? !users->address.port : !(sharing->exclusive && sharing->wildcard))
        host_set_int( s, HOST_OPT_SHARE, TRUE );    /* with those that come */

    /* somebody has all addresses to himself */
    if (error == WSAEADDRINUSE && sharing->datagram && !users->exact && users->wildcards &&
        !sharing->wildcard)
        error = WSAEACCES;
    if (error == WSAEACCES && sharing->wildcard && !sharing->reuse)
    {
        /* wineserver says the same whether somebody has this wildcard to himself or that of both families */
        struct host_address_users_params again = *users;

        again.ipv6 = TRUE;
        if (!host_call( HOST_ADDRESS_USERS, &again ) &&
            !again.ipv6 == (users->address.family == HOST_FAMILY_INET))
            error = WSAEADDRINUSE;
    }
    return error;
}

void sharing_before_listen( SOCKET s )
{
    const struct socket_record *record = record_find( s );
    struct host_address_users_params users = { .socket = s, .type = HOST_TYPE_STREAM };

    if (!is_ours( record ) || option_remembered( record, REMEMBER_SO_REUSEADDR, FALSE )) return;
    if ((record->flags & (RECORD_BOUND | RECORD_LISTENING)) != RECORD_BOUND) return;
    /* somebody outside of the prefix was faster */
    if (!host_call( HOST_ADDRESS_USERS, &users ) && users.exact) host_set_int( s, HOST_OPT_SHARE, FALSE );
}

/* Of several listeners with one address the first gets the connections (T: test_reuseaddr). */
void sharing_after_listen( SOCKET s )
{
    const struct socket_record *record = record_find( s );

    if (is_ours( record ) && option_remembered( record, REMEMBER_SO_REUSEADDR, FALSE ))
        host_set_int( s, HOST_OPT_FIRST_OF_SHARERS, 1 );
}
