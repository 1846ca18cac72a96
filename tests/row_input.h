/*
 * What a control code or an option of the module's tables can be given, for programs that go through all
 * rows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_TESTS_ROW_INPUT_H
#define WS2_TESTS_ROW_INPUT_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <stddef.h>
#include <string.h>

static void put_sockaddr( int family, void *ptr, const char *text4, const char *text6 )
{
    struct sockaddr_in *addr4 = ptr;
    struct sockaddr_in6 *addr6 = ptr;

    if (family == AF_INET)
    {
        addr4->sin_family = AF_INET;
        addr4->sin_addr.s_addr = inet_addr( text4 );
    }
    else
    {
        int len = sizeof(*addr6);
        WSAStringToAddressA( (char *)text6, AF_INET6, NULL, (struct sockaddr *)addr6, &len );
    }
}

#define GROUP4 "239.77.1.2"
#define GROUP6 "ff02::77:12"

/* Fill a buffer of zeros, of 512 bytes at least, with something that the code or option can use on a socket
 * of this family, and answer its length; length is what its row says. *out_size (may be NULL) becomes what a
 * code's output needs where its row does not say so. What is not told apart here gets the number 1. */
static DWORD fill_input( const char *name, int family, SOCKET listener, char *buffer, DWORD length,
                         DWORD *out_size )
{
    static const GUID acceptex = WSAID_ACCEPTEX;
    static const GUID rio = { 0x8509e081, 0x96dd, 0x4005, { 0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e,
                                                                   0x3f } };
    static const GUID real_time = { 0x6b59819a, 0x5cae, 0x492d, { 0xa9, 0x01, 0x2a, 0x3c, 0x2c, 0x50, 0x16,
                                                                         0x4f } };
    int sockaddr_size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    BOOL source = strstr( name, "SOURCE" ) != NULL;
    DWORD dummy;

    if (!out_size) out_size = &dummy;
    if (!strcmp( name, "SO_UPDATE_ACCEPT_CONTEXT" ))
    {
        *(SOCKET *)buffer = listener;
        return sizeof(SOCKET);
    }
    if (!strncmp( name, "SO_PROTOCOL_INFO", 16 ))
        return name[16] == 'A' ? sizeof(WSAPROTOCOL_INFOA) : sizeof(WSAPROTOCOL_INFOW);
    if (!strcmp( name, "SO_BSP_STATE" )) return sizeof(CSADDR_INFO) + 2 * sizeof(struct sockaddr_storage);
    if (!strcmp( name, "SO_LINGER" ))
    {
        ((struct linger *)buffer)->l_onoff = 1;
        ((struct linger *)buffer)->l_linger = 1;
        return sizeof(struct linger);
    }
    if (!strncmp( name, "MCAST_", 6 ) && source)
    {
        GROUP_SOURCE_REQ *req = (GROUP_SOURCE_REQ *)buffer;

        req->gsr_interface = 1;
        put_sockaddr( family, &req->gsr_group, GROUP4, GROUP6 );
        put_sockaddr( family, &req->gsr_source, "127.0.0.9", "::9" );
        return sizeof(*req);
    }
    if (!strncmp( name, "MCAST_", 6 ))
    {
        GROUP_REQ *req = (GROUP_REQ *)buffer;

        req->gr_interface = 1;
        put_sockaddr( family, &req->gr_group, GROUP4, GROUP6 );
        return sizeof(*req);
    }
    if (!strncmp( name, "IPV6_", 5 ) && strstr( name, "MEMBERSHIP" ))
    {
        struct sockaddr_in6 addr = { 0 };

        put_sockaddr( AF_INET6, &addr, NULL, GROUP6 );
        memcpy( buffer, &addr.sin6_addr, sizeof(addr.sin6_addr) );
        buffer[16] = 1;
        return 20;
    }
    if (source && !strncmp( name, "IP_", 3 ))
    {
        ((DWORD *)buffer)[0] = inet_addr( GROUP4 );
        ((DWORD *)buffer)[1] = inet_addr( "127.0.0.9" );
        ((DWORD *)buffer)[2] = htonl( INADDR_LOOPBACK );
        return 12;
    }
    if (!strncmp( name, "IP_", 3 ) && strstr( name, "MEMBERSHIP" ))
    {
        ((DWORD *)buffer)[0] = inet_addr( GROUP4 );
        ((DWORD *)buffer)[1] = htonl( INADDR_LOOPBACK );
        return 8;
    }
    if (!strcmp( name, "IP_MULTICAST_IF" ) || !strcmp( name, "IP_UNICAST_IF" ))
    {
        *(DWORD *)buffer = htonl( name[3] == 'M' ? INADDR_LOOPBACK : 1 );
        return 4;
    }
    if (!strcmp( name, "SIO_GET_MULTICAST_FILTER" ) || !strcmp( name, "SIO_SET_MULTICAST_FILTER" ))
    {
        ((DWORD *)buffer)[0] = inet_addr( GROUP4 );
        ((DWORD *)buffer)[1] = htonl( INADDR_LOOPBACK );
        ((DWORD *)buffer)[2] = 1;   /* exclude */
        if (name[4] == 'G') *out_size = 16;
        return 16;
    }
    if (!strcmp( name, "SIOCGMSFILTER" ) || !strcmp( name, "SIOCSMSFILTER" ))
    {
        GROUP_FILTER *filter = (GROUP_FILTER *)buffer;

        filter->gf_interface = 1;
        put_sockaddr( family, &filter->gf_group, GROUP4, GROUP6 );
        filter->gf_fmode = MCAST_EXCLUDE;
        if (name[4] == 'G') *out_size = offsetof( GROUP_FILTER, gf_slist );
        return offsetof( GROUP_FILTER, gf_slist );
    }
    if (!strcmp( name, "SIO_GET_EXTENSION_FUNCTION_POINTER" ))
    {
        memcpy( buffer, &acceptex, sizeof(acceptex) );
        return sizeof(acceptex);
    }
    if (!strcmp( name, "SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER" ))
    {
        memcpy( buffer, &rio, sizeof(rio) );
        *out_size = 14 * sizeof(void *);
        return sizeof(rio);
    }
    if (!strncmp( name, "SIO_ROUTING_INTERFACE_", 22 ))
    {
        put_sockaddr( family, buffer, "127.0.0.1", "::1" );
        if (name[22] == 'Q') *out_size = sockaddr_size;
        return sockaddr_size;
    }
    if (!strcmp( name, "SIO_ADDRESS_LIST_SORT" ))
    {
        SOCKET_ADDRESS_LIST *list = (SOCKET_ADDRESS_LIST *)buffer;

        list->iAddressCount = 1;
        list->Address[0].iSockaddrLength = sizeof(struct sockaddr_in6);
        list->Address[0].lpSockaddr = (struct sockaddr *)(buffer + 256);
        put_sockaddr( AF_INET6, buffer + 256, NULL, "::1" );
        *out_size = sizeof(*list) + sizeof(struct sockaddr_in6);
        return sizeof(*list);
    }
    if (!strcmp( name, "SIO_ADDRESS_LIST_QUERY" )) *out_size = 4096;
    if (!strcmp( name, "SIO_GET_INTERFACE_LIST" )) *out_size = 4096;
    if (!strcmp( name, "SIO_QUERY_TRANSPORT_SETTING" ))
    {
        memcpy( buffer, &real_time, sizeof(real_time) );
        *out_size = 4;
        return sizeof(real_time);
    }
    if (!strcmp( name, "SIO_TCP_INFO" ))
    {
        *out_size = 88;
        return 4;                   /* version 0 */
    }
    if (!strcmp( name, "SIO_TCP_INITIAL_RTO" ))
    {
        *(WORD *)buffer = 3000;
        buffer[2] = 2;
        return 4;
    }
    if (!strcmp( name, "SIO_CPU_AFFINITY" )) return 2;      /* the first processor: all have one */
    if (!strcmp( name, "SIO_ACQUIRE_PORT_RESERVATION" ))
    {
        ((WORD *)buffer)[1] = 1;    /* one port, whichever */
        *out_size = 16;
        return 4;
    }
    if (!strcmp( name, "SIO_KEEPALIVE_VALS" ))
    {
        ((DWORD *)buffer)[1] = 60000;
        ((DWORD *)buffer)[2] = 1000;
    }
    *buffer = 1;
    return length ? length : 4;
}

#endif
