/*
 * Parameter blocks of the host calls that resolve names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Included by host/calls.h only. Names are UTF-8 and NUL-terminated; addresses travel as struct
 * host_address, whose port is 0 here.
 */

struct host_name_params
{
    uint64_t name;          /* char[size], out: host name, NUL-terminated */
    uint32_t size;
    uint32_t reserved;
};

enum host_name_error
{
    HOST_NAME_OK,
    HOST_NAME_NOT_FOUND,    /* no such name */
    HOST_NAME_NO_DATA,      /* the name exists without an address of the family */
    HOST_NAME_AGAIN,        /* try again later */
    HOST_NAME_FAIL,         /* the resolver failed for good */
    HOST_NAME_MEMORY,
};

enum host_name_flags
{
    HOST_NAME_NUMERIC = 1,  /* addresses in text form only, no look-up */
    HOST_NAME_LOCAL = 2,    /* no node: the addresses of the interfaces that are up, best first */
};

/* Which addresses this host has, beyond loopback. */
enum host_configured
{
    HOST_HAS_INET = 1,      /* an IPv4 address */
    HOST_HAS_INET6 = 2,     /* an IPv6 address with more than link scope */
    HOST_KNOWS_INET6 = 4,   /* IPv6 works at all, if only on loopback */
};

struct host_address_info_params
{
    uint64_t node;          /* in: char[] */
    uint64_t list;          /* out: struct host_address[capacity], in order of preference */
    uint64_t canonical;     /* out: char[canonical_size]; 0 if not wanted */
    uint32_t canonical_size;
    uint32_t family;        /* in: enum host_family, HOST_FAMILY_OTHER for any */
    uint32_t flags;         /* in: enum host_name_flags */
    uint32_t capacity;
    uint32_t count;         /* out: addresses found, may exceed capacity */
    uint32_t result;        /* out: enum host_name_error */
    uint32_t configured;    /* out: enum host_configured */
    uint32_t reserved;
};

struct host_name_info_params
{
    struct host_address address;
    uint64_t name;          /* out: char[size], the name; HOST_NAME_NOT_FOUND when there is none */
    uint32_t size;
    uint32_t result;        /* out: enum host_name_error */
};

/* A host entry as packed strings: official name, then aliases, each NUL-terminated, in "names". */
struct host_entry_params
{
    uint64_t node;          /* in, by name: char[] */
    struct host_address address; /* in, by address */
    uint64_t names;         /* out: char[names_size]; strings that do not fit are left out */
    uint64_t list;          /* out: struct host_address[capacity] */
    uint32_t names_size;
    uint32_t names_count;   /* out: strings in names, the official one included */
    uint32_t family;        /* in, by name: enum host_family */
    uint32_t capacity;
    uint32_t count;         /* out: addresses found, may exceed capacity */
    uint32_t result;        /* out: enum host_name_error */
};
