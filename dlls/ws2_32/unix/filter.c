/*
 * Datagrams and connections that a socket does not want: a socket filter on the host, so that it holds for
 * whoever receives or accepts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * wineserver has a filter of its own on datagram sockets that are bound to the address of an interface.
 * Ours goes before it: the program begins with an instruction that says how long our part is.
 */
#include "host_private.h"

#include <linux/filter.h>

#define MARK 0x57530000u        /* and the number of instructions */
#define MAX_PROGRAM 512
#define LOOPBACK_INDEX 1        /* in every network namespace */

/* Kinds of packets, as in linux/if_packet.h. */
enum { KIND_BROADCAST = 1, KIND_LOOPED = 5 };

struct program
{
    struct sock_filter code[MAX_PROGRAM];
    unsigned int count;
};

static void add( struct program *program, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf )
{
    if (program->count == MAX_PROGRAM) return;
    program->code[program->count++] = (struct sock_filter){ code, jt, jf, k };
}

static void load( struct program *program, uint16_t size, uint32_t offset )
{
    add( program, BPF_LD | BPF_ABS | size, offset, 0, 0 );
}

/* Drop the packet if what was loaded is value. */
static void drop_if( struct program *program, uint32_t value )
{
    add( program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1 );
    add( program, BPF_RET | BPF_K, 0, 0, 0 );
}

/* A jump over what follows, to be finished by jump_here. */
static unsigned int jump_unless( struct program *program, uint32_t value )
{
    add( program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 0 );
    return program->count - 1;
}

static void jump_here( struct program *program, unsigned int jump )
{
    program->code[jump].jf = program->count - jump - 1;
}

/* What this host has sent to a group comes back marked, or over the loopback interface. */
static void drop_looped( struct program *program )
{
    load( program, BPF_W, SKF_AD_OFF + SKF_AD_PKTTYPE );
    drop_if( program, KIND_LOOPED );
    load( program, BPF_W, SKF_AD_OFF + SKF_AD_IFINDEX );
    drop_if( program, LOOPBACK_INDEX );
}

static void make_program( struct program *program, const struct host_receive_filter *filter )
{
    unsigned int version, group;
    uint32_t i;

    add( program, BPF_LD | BPF_IMM, MARK, 0, 0 );
    if (filter->flags & HOST_FILTER_INTERFACES)
    {
        load( program, BPF_W, SKF_AD_OFF + SKF_AD_IFINDEX );
        for (i = 0; i < filter->count; i++)
            add( program, BPF_JMP | BPF_JEQ | BPF_K, filter->interfaces[i], filter->count - i, 0 );
        add( program, BPF_RET | BPF_K, 0, 0, 0 );
    }
    load( program, BPF_B, SKF_NET_OFF );
    add( program, BPF_ALU | BPF_AND | BPF_K, 0xf0, 0, 0 );
    version = jump_unless( program, 0x40 );
    if (filter->flags & HOST_FILTER_BROADCAST)
    {
        load( program, BPF_W, SKF_NET_OFF + 16 );
        drop_if( program, INADDR_BROADCAST );
        drop_if( program, 0x7fffffff );
        load( program, BPF_W, SKF_AD_OFF + SKF_AD_PKTTYPE );
        drop_if( program, KIND_BROADCAST );
    }
    if (filter->flags & HOST_FILTER_LOOPED)
    {
        load( program, BPF_W, SKF_NET_OFF + 16 );
        add( program, BPF_ALU | BPF_AND | BPF_K, 0xf0000000, 0, 0 );
        group = jump_unless( program, 0xe0000000 );
        drop_looped( program );
        jump_here( program, group );
    }
    jump_here( program, version );
    if (filter->flags & HOST_FILTER_LOOPED)
    {
        load( program, BPF_B, SKF_NET_OFF );
        add( program, BPF_ALU | BPF_AND | BPF_K, 0xf0, 0, 0 );
        version = jump_unless( program, 0x60 );
        load( program, BPF_B, SKF_NET_OFF + 24 );
        group = jump_unless( program, 0xff );
        drop_looped( program );
        jump_here( program, group );
        jump_here( program, version );
    }
    program->code[0].k |= program->count;
}

int set_receive_filter( int fd, const struct host_receive_filter *filter )
{
    struct program old = { .count = 0 }, program = { .count = 0 };
    socklen_t count = MAX_PROGRAM;
    struct sock_fprog fprog;
    unsigned int skip = 0;

    /* the length is one of instructions here */
    if (!getsockopt( fd, SOL_SOCKET, SO_GET_FILTER, old.code, &count )) old.count = count;
    if (old.count && old.code[0].code == (BPF_LD | BPF_IMM) && (old.code[0].k & 0xffff0000) == MARK)
        skip = old.code[0].k & 0xffff;
    if (skip > old.count) skip = old.count;

    if (filter->flags) make_program( &program, filter );
    /* nothing but what ours ended with, or nothing at all */
    if (skip && old.count == skip + 1 && old.code[skip].k == UINT32_MAX) old.count = skip;
    if (!program.count && old.count == skip)
    {
        int unused = 0;

        if (!skip) return 0;
        return setsockopt( fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused) ) ? errno : 0;
    }
    if (old.count == skip) add( &program, BPF_RET | BPF_K, UINT32_MAX, 0, 0 );
    else if (program.count + old.count - skip > MAX_PROGRAM) return ENOBUFS;
    else
    {
        memcpy( program.code + program.count, old.code + skip, (old.count - skip) * sizeof(*old.code) );
        program.count += old.count - skip;
    }
    fprog.len = program.count;
    fprog.filter = program.code;
    return setsockopt( fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog) ) ? errno : 0;
}

/*** connections ***/

/* Packets of streams are seen from their TCP header on. Only a request for a connection is dropped: sockets
 * that are being accepted inherit the filter. */
static const struct sock_filter no_requests[] =
{
    BPF_STMT( BPF_LD | BPF_B | BPF_ABS, 13 ),               /* flags */
    BPF_STMT( BPF_ALU | BPF_AND | BPF_K, 0x12 ),            /* SYN and ACK */
    BPF_JUMP( BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1 ),
    BPF_STMT( BPF_RET | BPF_K, 0 ),
    BPF_STMT( BPF_RET | BPF_K, UINT32_MAX ),
};

int connections_paused( int fd )
{
    struct sock_filter found[sizeof(no_requests) / sizeof(no_requests[0])];
    socklen_t count = sizeof(found) / sizeof(found[0]);     /* of instructions */

    return !getsockopt( fd, SOL_SOCKET, SO_GET_FILTER, found, &count ) &&
           count == sizeof(found) / sizeof(found[0]) && !memcmp( found, no_requests, sizeof(found) );
}

int pause_connections( int fd, int pause )
{
    struct sock_fprog program = { .len = sizeof(no_requests) / sizeof(no_requests[0]),
                                  .filter = (struct sock_filter *)no_requests };
    int unused = 0;

    if (connections_paused( fd ) == !!pause) return 0;
    if (pause) return setsockopt( fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program) ) ? errno : 0;
    return setsockopt( fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused) ) ? errno : 0;
}
