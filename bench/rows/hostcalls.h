/*
 * What hostcalls.so counts, in a file that the measured Windows program maps too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_BENCH_HOSTCALLS_H
#define WS2_BENCH_HOSTCALLS_H

#include <stdint.h>

/* Kind, and whether it is part of what a row is for (WORK), of finding out and proving which descriptor and
 * which socket that is (LOOK_UP), or a request to wineserver. */
#define HOST_CALL_KINDS( X ) \
    X( getsockopt, WORK ) X( setsockopt, WORK ) X( ioctl, WORK ) X( names, WORK ) X( socket, WORK ) \
    X( bind, WORK ) X( connect, WORK ) X( send, WORK ) X( recv, WORK ) X( poll, WORK ) X( open, WORK ) \
    X( read, WORK ) X( close, WORK ) \
    X( duplicate, LOOK_UP ) X( identify, LOOK_UP ) X( signals, LOOK_UP ) \
    X( request, REQUEST )

enum host_call_kind
{
#define X( name, group ) KIND_##name,
    HOST_CALL_KINDS( X )
#undef X
    KINDS
};

enum host_call_group { WORK, LOOK_UP, REQUEST };

struct host_calls
{
    struct
    {
        uint64_t count;
        uint64_t cycles;        /* of the time stamp counter, without what counting takes */
    } kinds[KINDS];
};

#endif
