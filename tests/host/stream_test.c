/*
 * Unit test of stream receives that wait, without Wine: the test plays the server and ntdll.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check.c stands for ntdll.so's look-up: a handle is the descriptor itself.
 */
#include "host_private.h"
#include "check.h"

#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_IOCTL 1001
#define REQUEST_CANCEL 1002
#define REQUEST_RECEIVE 1003
#define REQUEST_RESULT 1004

#define WAIT_HANDLE 0x5c
#define REFUSED 0xc00000b0u
#define HANDLES_CLOSED 0x8000000au
#define CANCELLED 0xc0000120u
#define CONNECTION_RESET 0xc000020du
#define CONNECTION_ABORTED 0xc0000241u

/* What the server answers to the next receive, and what it was told. */
static uint32_t answer = STATUS_PENDING;
static struct server_async *async;
static uint32_t result_status, result_count, results;

static uint64_t field( const void *request, size_t offset, size_t size )
{
    uint64_t value = 0;

    memcpy( &value, (const char *)request + offset, size );
    return value;
}

uint32_t wine_server_call( void *request );
uint32_t wine_server_call( void *request )
{
    static const uint32_t wait = WAIT_HANDLE;

    switch (field( request, 0, 4 ))
    {
    case REQUEST_RECEIVE:
        async = (struct server_async *)(uintptr_t)field( request, 32, 8 );
        check( field( request, 56, 4 ) == 1 /* pends on any socket */ );
        if (answer == STATUS_ALERTED) memcpy( (char *)request + 8, &wait, sizeof(wait) );
        return answer;
    case REQUEST_RESULT:
        check( field( request, 12, 4 ) == WAIT_HANDLE );
        result_count = field( request, 16, 8 );
        result_status = field( request, 24, 4 );
        results++;
        return 0;
    }
    return REFUSED;
}

/*** the tests ***/

struct program
{
    int fds[2];
    int32_t generation;
    uintptr_t block[2];
    char data[8];
    struct host_buffer buffer;
    struct host_pend_params params;
};

static void begin( struct program *program, uint32_t server_answers )
{
    memset( program, 0, sizeof(*program) );
    check( !socketpair( AF_UNIX, SOCK_STREAM, 0, program->fds ));
    program->generation = 7;
    program->buffer.data = (uintptr_t)program->data;
    program->buffer.length = sizeof(program->data);
    program->params.socket = program->fds[0];
    program->params.buffers = (uintptr_t)&program->buffer;
    program->params.count = 1;
    program->params.state = (uintptr_t)&program->generation;
    program->params.overlapped = (uintptr_t)program->block;
    program->params.pointer_size = sizeof(void *);
    answer = server_answers;
    results = 0;
}

static void end( struct program *program )
{
    close( program->fds[0] );
    close( program->fds[1] );
}

/* What ntdll does when the server tells of the request. Answers whether it is over. */
static int tell( uint32_t status, uint32_t *ended, uintptr_t *count )
{
    *ended = status;
    *count = 0;
    return async->ended( async, count, ended );
}

static void test_arrival(void)
{
    struct program program;
    uintptr_t count;
    uint32_t status;

    begin( &program, STATUS_PENDING );
    check( !host_stream_pend( &program.params ) && program.params.status == STATUS_PENDING );
    check( !tell( STATUS_ALERTED, &status, &count ));   /* a false alarm */
    check( write( program.fds[1], "data", 4 ) == 4 );
    check( tell( STATUS_ALERTED, &status, &count ) && !status && count == 4 );
    check( !memcmp( program.data, "data", 4 ));
    end( &program );

    /* an end is a success of nothing */
    begin( &program, STATUS_PENDING );
    check( !host_stream_pend( &program.params ));
    close( program.fds[1] );
    check( tell( STATUS_ALERTED, &status, &count ) && !status && !count );
    close( program.fds[0] );
}

/* The server found something at once. */
static void test_immediate(void)
{
    struct program program;
    uintptr_t count;
    uint32_t status;

    begin( &program, STATUS_ALERTED );
    check( write( program.fds[1], "now", 3 ) == 3 );
    check( !host_stream_pend( &program.params ) && !program.params.status );
    check( program.params.transferred == 3 && !program.block[0] && program.block[1] == 3 );
    check( results == 1 && !result_status && result_count == 3 );
    end( &program );

    /* somebody else was faster */
    begin( &program, STATUS_ALERTED );
    check( !host_stream_pend( &program.params ) && program.params.status == STATUS_PENDING );
    check( results == 1 && result_status == STATUS_PENDING );
    check( tell( CANCELLED, &status, &count ) && status == CANCELLED );
    end( &program );

    begin( &program, REFUSED );
    check( host_stream_pend( &program.params ) == HOST_EOTHER && program.params.status == REFUSED );
    end( &program );
}

static void test_close(void)
{
    struct host_abort_params closing;
    struct program program, other;
    struct server_async *first;
    uintptr_t count;
    uint32_t status;

    begin( &other, STATUS_PENDING );
    check( !host_stream_pend( &other.params ));
    first = async;
    begin( &program, STATUS_PENDING );
    check( !host_stream_pend( &program.params ));
    closing.socket = program.params.socket;
    check( !host_stream_abort( &closing ));
    check( tell( CANCELLED, &status, &count ) && status == CONNECTION_ABORTED );
    async = first;      /* another socket's is cancelled only */
    check( tell( CANCELLED, &status, &count ) && status == CANCELLED );
    end( &program );
    end( &other );

    begin( &program, STATUS_PENDING );
    check( !host_stream_pend( &program.params ));
    check( tell( HANDLES_CLOSED, &status, &count ) && status == CONNECTION_ABORTED );
    end( &program );

    begin( &program, STATUS_PENDING );
    check( !host_stream_pend( &program.params ));
    check( tell( CONNECTION_RESET, &status, &count ) && status == CONNECTION_RESET );
    end( &program );
}

/* The handle value is another socket's when the server's word arrives: that one's bytes stay where they
 * are. */
static void test_next_socket(void)
{
    struct program program;
    uintptr_t count;
    uint32_t status;
    char byte;

    begin( &program, STATUS_PENDING );
    check( !host_stream_pend( &program.params ));
    check( write( program.fds[1], "x", 1 ) == 1 );
    program.generation++;
    check( tell( STATUS_ALERTED, &status, &count ) && status == CONNECTION_ABORTED && !count );
    check( recv( program.fds[0], &byte, 1, MSG_DONTWAIT ) == 1 && byte == 'x' );
    end( &program );
}

int main(void)
{
    struct host_attach_params attach = { .interface_version = HOST_INTERFACE_VERSION, .abi = HOST_ABI_SYSV,
                                         .ioctl_request = REQUEST_IOCTL, .cancel_request = REQUEST_CANCEL,
                                         .receive_request = REQUEST_RECEIVE,
                                         .result_request = REQUEST_RESULT };

    check( !host_attach( &attach ));
    test_arrival();
    test_immediate();
    test_close();
    test_next_socket();
    return report_checks();
}
