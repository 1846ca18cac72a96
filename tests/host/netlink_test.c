/*
 * Unit test of what the host half makes of netlink's messages: recorded ones, cut short, spoilt at random.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each message lies in memory of exactly its size, so that the sanitizers see a read beyond it.
 */
#include "netlink.h"
#include "check.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/if_addr.h>

#define ROUNDS 200000

/* Recorded where ws2a, index 3, has 10.77.0.1 peer 10.77.0.2 and fd00:77::1/64: the ways to 10.99.0.5 and
 * fd00:79::5, by gateways on ws2a, the refusal of fd00:81::5 as unreachable, and the two addresses. */
static const _Alignas(struct nlmsghdr) uint8_t route4[] =
{
    0x70, 0x00, 0x00, 0x00, 0x18, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x27, 0x16, 0x00, 0x00,
    0x02, 0x20, 0x00, 0x00, 0xfe, 0x00, 0x00, 0x01, 0x00, 0x02, 0x00, 0x00, 0x08, 0x00, 0x0f, 0x00,
    0xfe, 0x00, 0x00, 0x00, 0x08, 0x00, 0x01, 0x00, 0x0a, 0x63, 0x00, 0x05, 0x08, 0x00, 0x04, 0x00,
    0x03, 0x00, 0x00, 0x00, 0x08, 0x00, 0x07, 0x00, 0x0a, 0x4d, 0x00, 0x01, 0x08, 0x00, 0x05, 0x00,
    0x0a, 0x4d, 0x00, 0x02, 0x08, 0x00, 0x19, 0x00, 0x00, 0x00, 0x00, 0x00, 0x24, 0x00, 0x0c, 0x00,
    0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static const _Alignas(struct nlmsghdr) uint8_t route6[] =
{
    0xb0, 0x00, 0x00, 0x00, 0x18, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x27, 0x16, 0x00, 0x00,
    0x0a, 0x80, 0x80, 0x00, 0xfe, 0x03, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x0f, 0x00,
    0xfe, 0x00, 0x00, 0x00, 0x14, 0x00, 0x01, 0x00, 0xfd, 0x00, 0x00, 0x79, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x14, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x07, 0x00,
    0xfd, 0x00, 0x00, 0x77, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
    0x08, 0x00, 0x06, 0x00, 0x00, 0x04, 0x00, 0x00, 0x14, 0x00, 0x05, 0x00, 0xfd, 0x00, 0x00, 0x77,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x08, 0x00, 0x04, 0x00,
    0x03, 0x00, 0x00, 0x00, 0x24, 0x00, 0x0c, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static const _Alignas(struct nlmsghdr) uint8_t unreachable6[] =
{
    0x44, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x27, 0x16, 0x00, 0x00,
    0x8f, 0xff, 0xff, 0xff, 0x30, 0x00, 0x00, 0x00, 0x1a, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x0a, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x14, 0x00, 0x01, 0x00, 0xfd, 0x00, 0x00, 0x81, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x05,
};

static const _Alignas(struct nlmsghdr) uint8_t address6[] =
{
    0x48, 0x00, 0x00, 0x00, 0x14, 0x00, 0x02, 0x00, 0x01, 0x00, 0x00, 0x00, 0x27, 0x16, 0x00, 0x00,
    0x0a, 0x40, 0x82, 0x00, 0x03, 0x00, 0x00, 0x00, 0x14, 0x00, 0x01, 0x00, 0xfd, 0x00, 0x00, 0x77,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x14, 0x00, 0x06, 0x00,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbe, 0x55, 0x2a, 0x00, 0xbe, 0x55, 0x2a, 0x00,
    0x08, 0x00, 0x08, 0x00, 0x82, 0x00, 0x00, 0x00,
};

static const _Alignas(struct nlmsghdr) uint8_t address4[] =
{
    0x50, 0x00, 0x00, 0x00, 0x14, 0x00, 0x02, 0x00, 0x01, 0x00, 0x00, 0x00, 0x27, 0x16, 0x00, 0x00,
    0x02, 0x20, 0x80, 0x00, 0x03, 0x00, 0x00, 0x00, 0x08, 0x00, 0x01, 0x00, 0x0a, 0x4d, 0x00, 0x02,
    0x08, 0x00, 0x02, 0x00, 0x0a, 0x4d, 0x00, 0x01, 0x09, 0x00, 0x03, 0x00, 0x77, 0x73, 0x32, 0x61,
    0x00, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08, 0x00, 0x80, 0x00, 0x00, 0x00, 0x14, 0x00, 0x06, 0x00,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbe, 0x55, 0x2a, 0x00, 0xbe, 0x55, 0x2a, 0x00,
};

#define RECORDED( name ) { #name, name, sizeof(name) }

static const struct recorded
{
    const char *name;
    const uint8_t *data;
    size_t size;
}
recorded[] =
{
    RECORDED( route4 ), RECORDED( route6 ), RECORDED( unreachable6 ), RECORDED( address4 ),
    RECORDED( address6 ),
};

#define RECORDED_COUNT (sizeof(recorded) / sizeof(recorded[0]))

static void *copy( const void *data, size_t size )
{
    void *ret = malloc( size ? size : 1 );

    memcpy( ret, data, size );
    return ret;
}

/* Read a buffer as far as it goes; answers how many messages there are. What comes out must be possible. */
static int read_all( const void *buffer, size_t size )
{
    const struct nlmsghdr *msg;
    struct netlink_address address;
    struct netlink_route route;
    size_t pos = 0, last = 0;
    int count = 0, good = 1;

    while ((msg = netlink_message( buffer, size, &pos )))
    {
        good = good && pos > last && (const char *)msg + msg->nlmsg_len <= (const char *)buffer + size;
        last = pos;
        memset( &address, 0xcc, sizeof(address) );
        memset( &route, 0xcc, sizeof(route) );
        if (netlink_read_address( msg, &address ))
            good = good && (msg->nlmsg_type == RTM_NEWADDR || msg->nlmsg_type == RTM_DELADDR);
        if (netlink_read_route( msg, &route ))
            good = good && route.bits <= netlink_ip_size( route.family ) * 8 && route.has_source <= 1;
        count++;
    }
    if (!good) check( good );
    return count;
}

static int is_ip( const uint8_t *ip, int family, const char *text )
{
    uint8_t expected[16] = { 0 };

    return inet_pton( family, text, expected ) == 1 && !memcmp( ip, expected, sizeof(expected) );
}

static void test_recorded(void)
{
    const uint8_t nothing[16] = { 0 };
    struct netlink_address address;
    struct netlink_route route;

    check( netlink_read_route( (struct nlmsghdr *)route4, &route ));
    check( route.family == AF_INET && route.type == RTN_UNICAST );
    check( route.bits == 32 && route.interface == 3 );
    check( route.table == RT_TABLE_MAIN && route.has_source && is_ip( route.source, AF_INET, "10.77.0.1" ));
    check( is_ip( route.destination, AF_INET, "10.99.0.5" ) && is_ip( route.gateway, AF_INET, "10.77.0.2" ));
    check( !netlink_read_address( (struct nlmsghdr *)route4, &address ));

    check( netlink_read_route( (struct nlmsghdr *)route6, &route ));
    check( route.family == AF_INET6 && route.type == RTN_UNICAST );
    check( route.bits == 128 && route.interface == 3 );
    check( route.has_source && is_ip( route.source, AF_INET6, "fd00:77::1" ));
    check( is_ip( route.destination, AF_INET6, "fd00:79::5" ) &&
           is_ip( route.gateway, AF_INET6, "fd00:77::9" ));

    check( !netlink_read_route( (struct nlmsghdr *)unreachable6, &route ));
    check( !netlink_read_address( (struct nlmsghdr *)unreachable6, &address ));

    /* of a point-to-point link the own address, not the peer's */
    check( netlink_read_address( (struct nlmsghdr *)address4, &address ));
    check( address.family == AF_INET && address.interface == 3 && address.prefix == 32 );
    check( address.flags == IFA_F_PERMANENT && is_ip( address.ip, AF_INET, "10.77.0.1" ));
    check( netlink_read_address( (struct nlmsghdr *)address6, &address ));
    check( address.family == AF_INET6 && address.interface == 3 && address.prefix == 64 );
    check( address.flags == (IFA_F_PERMANENT | IFA_F_NODAD) && is_ip( address.ip, AF_INET6, "fd00:77::1" ));
    check( !netlink_read_route( (struct nlmsghdr *)address6, &route ) &&
           !memcmp( route.source, nothing, sizeof(nothing) ));
}

/* A buffer that ends too early holds no message; a message that ends too early holds what is whole in it. */
static void test_cut(void)
{
    struct netlink_address address;
    struct netlink_route route;
    struct nlmsghdr *msg;
    size_t i, size;
    uint8_t *data;

    for (i = 0; i < RECORDED_COUNT; i++)
    {
        for (size = 0; size <= recorded[i].size; size++)
        {
            data = copy( recorded[i].data, size );
            check( read_all( data, size ) == (size == recorded[i].size) );
            if (size >= sizeof(*msg))
            {
                msg = (struct nlmsghdr *)data;
                msg->nlmsg_len = size;
                read_all( data, size );
                if (netlink_read_route( msg, &route ))
                    check( size >= NLMSG_LENGTH( sizeof(struct rtmsg) ) &&
                           (size >= 60 || !route.has_source) );
                if (netlink_read_address( msg, &address ))
                    check( size >= NLMSG_LENGTH( sizeof(struct ifaddrmsg) ) && address.interface == 3 );
            }
            free( data );
        }
    }
}

/* Lengths that lead nowhere or beyond, one by one. */
static void test_lengths(void)
{
    static const uint32_t lengths[] = { 0, 1, 15, 16, 17, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };
    static const uint16_t sizes[] = { 0, 1, 3, 4, 5, 6, 0x7fff, 0xffff };
    struct netlink_route route;
    size_t i, pos;
    uint8_t *data;

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
    {
        data = copy( route6, sizeof(route6) );
        memcpy( data, &lengths[i], sizeof(lengths[i]) );
        pos = 0;
        check( !netlink_message( data, sizeof(route6), &pos ) == (lengths[i] < 16 || lengths[i] > 17) );
        read_all( data, sizeof(route6) );
        free( data );
    }
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
    {
        data = copy( route6, sizeof(route6) );
        memcpy( data + 36, &sizes[i], sizeof(sizes[i]) );   /* of the destination, the second attribute */
        check( netlink_read_route( (struct nlmsghdr *)data, &route ));
        check( is_ip( route.destination, AF_INET6, "::" ));
        free( data );
    }
    /* more bits than an address has */
    data = copy( route4, sizeof(route4) );
    data[17] = 33;
    check( !netlink_read_route( (struct nlmsghdr *)data, &route ));
    free( data );
}

static uint32_t next( uint32_t *random )
{
    return (*random = *random * 1664525 + 1013904223) >> 8;
}

/* Some bytes of some messages in a row are others. The same each time. */
static void test_spoilt(void)
{
    uint32_t random = 12345, changes;
    unsigned int round, i, messages = 0;
    uint8_t buffer[1024], *data;
    size_t size;

    for (round = 0; round < ROUNDS; round++)
    {
        for (size = i = 0; i < 3; i++)
        {
            const struct recorded *message = &recorded[next( &random ) % RECORDED_COUNT];

            memcpy( buffer + size, message->data, message->size );
            size += NLMSG_ALIGN( message->size );
        }
        changes = next( &random ) % 8;
        while (changes--)
        {
            i = next( &random ) % size;
            /* lengths and types, which lie in the first bytes of things, are small numbers */
            buffer[i] = next( &random ) & 1 ? next( &random ) % 40 : next( &random );
        }
        if (next( &random ) & 1) size -= next( &random ) % size;
        data = copy( buffer, size );
        messages += read_all( data, size );
        free( data );
    }
    check( messages > ROUNDS );
}

static void find_loopback( const struct netlink_address *address, void *user )
{
    if (address->family == AF_INET && is_ip( address->ip, AF_INET, "127.0.0.1" )) *(int *)user |= 1;
    if (address->family != AF_INET) *(int *)user |= 2;
}

/* The kernel itself, as far as every host has the same. */
static void test_kernel(void)
{
    const uint8_t loopback[16] = { 127, 0, 0, 1 }, nowhere[16] = { 240, 0, 0, 1 };
    int descriptors = count_descriptors(), found = 0, ret;
    struct netlink_route route;

    check( !netlink_addresses( AF_INET, find_loopback, &found ) && found == 1 );
    check( !netlink_route_to( AF_INET, loopback, 0, &route ) && route.type == RTN_LOCAL && route.interface );
    check( route.has_source && is_ip( route.source, AF_INET, "127.0.0.1" ));
    ret = netlink_route_to( AF_INET, nowhere, 0, &route );
    check( !ret || ret == ENETUNREACH || ret == EHOSTUNREACH );
    check( count_descriptors() == descriptors );
}

int main( void )
{
    if (__BYTE_ORDER == __LITTLE_ENDIAN)    /* as recorded */
    {
        test_recorded();
        test_cut();
        test_lengths();
        test_spoilt();
    }
    test_kernel();
    return report_checks();
}
