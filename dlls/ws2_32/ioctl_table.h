/*
 * The table of control codes: one row per code.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_IOCTL_TABLE_H
#define WS2_IOCTL_TABLE_H

#include "option_table.h"

enum ioctl_flags
{
    IOCTL_ZERO_IN = 1,      /* a short input leaves 0 in *lpcbBytesReturned, instead of what was there */
    IOCTL_ZERO_OUT = 2,     /* the same for a short output */
    IOCTL_SYNC_ONLY = 4,    /* with OVERLAPPED it is as if the code were not known */
    IOCTL_TRANSPORT = 8,    /* with OVERLAPPED *lpcbBytesReturned is not written, and a failure leaves
                             * Internal at STATUS_PENDING (T: test_keepalive_vals) */
    IOCTL_PENDS = 16,       /* with OVERLAPPED the request can pend: the handler queues or completes it */
};

/* Big enough for the fixed part of every code's input and output. */
union ioctl_buffer
{
    char bytes[136];
    DWORD number;
    ULONGLONG number64;
    SOCKET socket;
    void *pointer;
    GUID guid;
    struct tcp_keepalive keepalive;
    SOCKADDR_STORAGE address;
};

struct ioctl_call
{
    struct option_call socket;      /* its row is not used */
    const struct ioctl_row *row;
    union ioctl_buffer in, out;     /* ours; in is filled as far as the row says */
    const void *program_in;
    void *program_out;
    DWORD in_size, out_size;        /* the program's */
    DWORD count;                    /* out: bytes of "out" that are the result */
    BOOL report;                    /* out: tell count to the program although the call fails */
    BOOL written;                   /* out: the handler wrote the result to program_out itself */
    OVERLAPPED *overlapped;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
};

/* Answers a Winsock error. */
typedef int (*ioctl_handler)( struct ioctl_call *call );

struct ioctl_size
{
    BYTE size32, size64;
};

struct ioctl_row
{
    DWORD code;
    const char *name;
    struct ioctl_size in, out;      /* the least that is accepted; 0 for buffers that are not looked at */
    WORD short_in, short_out;       /* errors for less, or for NULL */
    BYTE flags;                     /* enum ioctl_flags */
    BYTE sockets;                   /* enum option_sockets */
    WORD wrong_socket;              /* error on any other socket */
    ioctl_handler handler;          /* NULL: answered like a code that does not exist */
    DWORD arg;
    const char *source;
    const char *reason;             /* why there is no handler */
    /* Documented errors that do not follow from the above, and those that do but cannot occur, with a key of
     * the reasons in tests/documented.tsv: "WSAENOTCONN WSAEACCES(right)". "@" is before what a host must
     * have for it: network, setpriv, ipv6, raw. For tools/docs. */
    const char *errors;
    struct row_states states;       /* in which it applies */
};

extern const struct ioctl_row ioctl_rows[];
extern const unsigned int ioctl_row_count;

/* The row of a code; some codes mean different things in different families. NULL when there is none. */
const struct ioctl_row *ioctl_find( DWORD code );

/* Name for traces, or the number. */
const char *debugstr_ioctl( DWORD code );

/* The size that counts in this process. */
static inline DWORD ioctl_size( struct ioctl_size size )
{
    return sizeof(void *) == 8 ? size.size64 : size.size32;
}

#endif
