/*
 * Whether this process has asked wineserver for anything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A handle ceases to be what it was by a request of its own process only: NtClose, NtDuplicateObject, and
 * what other processes do with our handles is done by a thread of ours. Each request is one write to a pipe,
 * and the kernel counts a process' writes (/proc/PID/io, "syscw"; what goes out by sendmsg is not among
 * them). So where the count has not changed no handle has. Writes to other things count as well, and cost a
 * look-up.
 */
#include "host_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* Requests of the host half's own, none of which closes a handle, and their writes and those of look-ups. */
static atomic_uint begun, ended, own_writes;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int process_io = -1;

static void open_process_io(void)
{
    process_io = open( "/proc/self/io", O_RDONLY | O_CLOEXEC );
}

/* How many writes one of the kernel's files tells of, plus 1; 0 where it does not. They stand in its fourth
 * line; every call on a socket that ntdll does not cache pays for this. */
static uint64_t read_writes( int fd )
{
    static const char name[] = "syscw: ";
    char text[256];
    const char *line = text, *end;
    uint64_t writes = 0;
    ssize_t size;
    int i;

    if (fd < 0 || (size = pread( fd, text, sizeof(text), 0 )) <= 0) return 0;
    end = text + size;
    for (i = 0; i < 3; i++)
    {
        if (!(line = memchr( line, '\n', end - line ))) return 0;
        line++;
    }
    if (end - line < (ssize_t)sizeof(name) || memcmp( line, name, sizeof(name) - 1 )) return 0;
    for (line += sizeof(name) - 1; line < end && *line >= '0' && *line <= '9'; line++)
        writes = writes * 10 + *line - '0';
    return writes + 1;
}

void request_begin(void)
{
    atomic_fetch_add( &begun, 1 );
}

void request_end(void)
{
    atomic_fetch_add( &own_writes, 1 );
    atomic_fetch_add( &ended, 1 );
}

uint64_t requests_made(void)
{
    /* What is read first may lag behind: then the answer is too high, which is another one than before. */
    unsigned int own = atomic_load( &own_writes );
    uint64_t writes;

    pthread_once( &once, open_process_io );
    writes = read_writes( process_io );
    return writes ? writes - own : 0;
}

void requests_note( struct requests *requests )
{
    unsigned int over = atomic_load( &ended );

    requests->made = requests_made();
    /* a request of ours that is under way may be among the writes already */
    if (atomic_load( &begun ) != over) requests->made = 0;
    requests->thread_io = open( "/proc/thread-self/io", O_RDONLY | O_CLOEXEC );
    requests->thread_writes = read_writes( requests->thread_io );
}

uint64_t requests_after_look_up( const struct requests *requests )
{
    uint64_t writes = read_writes( requests->thread_io );
    int known = writes && requests->thread_writes;

    if (requests->thread_io >= 0) close( requests->thread_io );
    writes -= requests->thread_writes;
    /* more than the look-up's: a system APC has run, which may be another process' that closes a handle */
    if (known && writes == 1) atomic_fetch_add( &own_writes, 1 );
    return known && writes <= 1 ? requests->made : 0;
}
