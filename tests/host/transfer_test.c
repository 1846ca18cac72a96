/*
 * Unit test of the host half's transfers and of its background sends, without Wine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ntdll.so's look-up is replaced by one that takes the descriptor for the handle.
 */
#include "host_private.h"
#include "check.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/syscall.h>

/* Looks at the room in a send buffer, and what happens before the next send reaches the host. */
static unsigned int room_looks;
static void (*before_send)(void);

int getsockopt( int fd, int level, int option, void *value, socklen_t *len )
{
    if (level == SOL_SOCKET && option == SO_MEMINFO) room_looks++;
    return syscall( SYS_getsockopt, fd, level, option, value, len );
}

/* Sends do not go through the C library's function. */
long syscall( long number, ... )
{
    static long (*real)( long, ... );
    void (*function)(void) = before_send;
    long args[6];
    va_list list;
    int i;

    va_start( list, number );
    for (i = 0; i < 6; i++) args[i] = va_arg( list, long );
    va_end( list );
    if (!real) real = (long (*)( long, ... ))dlsym( RTLD_NEXT, "syscall" );
    if (number == SYS_sendto)
    {
        before_send = NULL;
        if (function) function();
    }
    return real( number, args[0], args[1], args[2], args[3], args[4], args[5] );
}

static void make_pair( int type, int *first, int *second )
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl( INADDR_LOOPBACK ) },
                       other = addr;
    socklen_t len = sizeof(addr);
    int server = socket( AF_INET, type, 0 );

    bind( server, (struct sockaddr *)&addr, sizeof(addr) );
    getsockname( server, (struct sockaddr *)&addr, &len );
    *first = socket( AF_INET, type, 0 );
    if (type == SOCK_DGRAM)
    {
        bind( *first, (struct sockaddr *)&other, sizeof(other) );
        getsockname( *first, (struct sockaddr *)&other, &len );
        connect( server, (struct sockaddr *)&other, sizeof(other) );
        *second = server;
    }
    else listen( server, 1 );
    connect( *first, (struct sockaddr *)&addr, sizeof(addr) );
    if (type == SOCK_STREAM)
    {
        *second = accept( server, NULL, NULL );
        close( server );
    }
}

static int transfer( int (*function)( struct host_transfer_params * ), int fd, void *data, size_t size,
                     uint32_t flags, int wait, struct host_transfer_params *params )
{
    struct host_buffer buffer = { (uintptr_t)data, size };

    memset( params, 0, sizeof(*params) );
    params->socket = HOST_SOCKET( fd, 0 );
    params->buffers = (uintptr_t)&buffer;
    params->count = 1;
    params->flags = flags;
    params->wait = wait;
    return function( params );
}

static unsigned char pattern( size_t i )
{
    return i ^ (i >> 8) * 7 ^ (i >> 16) * 13;
}

struct reader
{
    int fd;
    size_t received;
    int broken, error;
    pthread_t thread;
};

static void *read_thread( void *arg )
{
    struct reader *reader = arg;
    static __thread unsigned char buffer[65536];
    ssize_t ret, i;

    while ((ret = recv( reader->fd, buffer, sizeof(buffer), 0 )) > 0)
    {
        for (i = 0; i < ret; i++) if (buffer[i] != pattern( reader->received + i )) reader->broken = 1;
        reader->received += ret;
    }
    reader->error = ret < 0 ? errno : 0;
    return NULL;
}

static void start_reader( struct reader *reader, int fd )
{
    memset( reader, 0, sizeof(*reader) );
    reader->fd = fd;
    pthread_create( &reader->thread, NULL, read_thread, reader );
}

static int drain( int fd, enum host_drain_action action, uint32_t timeout )
{
    struct host_drain_params params = { .socket = fd, .action = action, .timeout = timeout };

    check( !host_drain( &params ));
    return params.active;
}

static void test_stream( void )
{
    struct host_transfer_params params;
    char buffer[16] = "hello";
    int src, dst;
    long long start;
    struct linger linger = { 1, 0 };

    make_pair( SOCK_STREAM, &src, &dst );
    check( transfer( host_recv, dst, buffer, 5, 0, 0, &params ) == HOST_EAGAIN );
    start = now_ms();
    check( transfer( host_recv, dst, buffer, 5, 0, 20, &params ) == HOST_EAGAIN );
    check( now_ms() - start >= 19 );
    check( !transfer( host_send, src, buffer, 5, 0, 0, &params ) && params.transferred == 5 );
    memset( buffer, 0, sizeof(buffer) );
    check( !transfer( host_recv, dst, buffer, 3, HOST_MSG_PEEK, 2, &params ) && params.transferred == 3 );
    check( !transfer( host_recv, dst, buffer, 16, 0, 0, &params ) && params.transferred == 5 );
    check( !memcmp( buffer, "hello", 5 ) && !params.truncated && !params.tcp_closed );
    check( transfer( host_recv, dst, (void *)8, 16, 0, 0, &params ) == HOST_EAGAIN );
    check( !transfer( host_send, src, buffer, 5, 0, 0, &params ));
    check( transfer( host_recv, dst, (void *)8, 16, 0, 2, &params ) == HOST_EFAULT );
    check( !transfer( host_recv, dst, buffer, 16, 0, 0, &params ) && params.transferred == 5 );
    check( transfer( host_send, src, (void *)8, 16, 0, 0, &params ) == HOST_EFAULT );

    /* an end is not a closed connection */
    shutdown( src, SHUT_WR );
    check( !transfer( host_recv, dst, buffer, 16, 0, 2, &params ) && !params.transferred &&
           !params.tcp_closed );
    close( src );
    close( dst );

    /* a reset whose error somebody else has taken is */
    make_pair( SOCK_STREAM, &src, &dst );
    setsockopt( src, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
    close( src );
    check( transfer( host_recv, dst, buffer, 16, 0, 100, &params ) == HOST_ECONNRESET );
    check( !transfer( host_recv, dst, buffer, 16, 0, 0, &params ) && !params.transferred &&
           params.tcp_closed );
    check( transfer( host_send, dst, buffer, 1, 0, 0, &params ) == HOST_EPIPE );
    close( dst );

    check( transfer( host_recv, -1, buffer, 16, 0, 0, &params ) == HOST_ENOTSOCK );
    check( transfer( host_recv, 0, buffer, 16, 0, 0, &params ) == HOST_ENOTSOCK );
}

static void test_scatter( void )
{
    char data[40], parts[40][4];
    struct host_buffer buffers[40];
    struct host_transfer_params params = { .buffers = (uintptr_t)buffers, .count = 40 };
    int src, dst, i;

    make_pair( SOCK_STREAM, &src, &dst );
    for (i = 0; i < 40; i++)
    {
        data[i] = 'A' + i;
        buffers[i].data = (uintptr_t)&data[i];
        buffers[i].length = 1;
    }
    params.socket = src;
    check( !host_send( &params ) && params.transferred == 40 );
    for (i = 0; i < 40; i++)
    {
        buffers[i].data = (uintptr_t)parts[i];
        buffers[i].length = i % 3;
    }
    params.socket = dst;
    params.wait = 2;
    check( !host_recv( &params ) && params.transferred == 39 );
    check( parts[1][0] == 'A' && parts[2][0] == 'B' && parts[2][1] == 'C' && parts[4][0] == 'D' );
    params.count = 0x10000;
    check( host_recv( &params ) == HOST_ENOBUFS );
    close( src );
    close( dst );
}

static void test_datagram( void )
{
    struct host_transfer_params params;
    char buffer[16] = "0123456789";
    int src, dst;

    make_pair( SOCK_DGRAM, &src, &dst );
    check( !transfer( host_send, src, buffer, 10, 0, 0, &params ) && params.transferred == 10 );
    check( !transfer( host_send, src, buffer, 0, 0, 0, &params ) && !params.transferred );
    check( !transfer( host_recv, dst, buffer, 4, HOST_MSG_DATAGRAM, 2, &params ));
    check( params.transferred == 4 && params.truncated );
    check( !transfer( host_recv, dst, buffer, 4, HOST_MSG_DATAGRAM, 2, &params ) && !params.transferred &&
           !params.truncated );

    /* the source is told where it is asked for */
    check( !transfer( host_send, src, buffer, 1, 0, 0, &params ));
    {
        struct host_buffer one = { (uintptr_t)buffer, 1 };

        memset( &params, 0, sizeof(params) );
        params.socket = dst;
        params.buffers = (uintptr_t)&one;
        params.count = params.has_address = 1;
        params.wait = 2;
        check( !host_recv( &params ) && params.address.family == HOST_FAMILY_INET && params.address.port );
    }

    /* an unreachable port is told once, and a send that finds the report goes out all the same */
    close( dst );
    check( !transfer( host_send, src, buffer, 1, 0, 0, &params ));
    check( transfer( host_recv, src, buffer, 1, 0, 100, &params ) == HOST_ECONNREFUSED );
    check( !transfer( host_send, src, buffer, 1, 0, 0, &params ));
    close( src );
}

/* The buffer is full: what a non-blocking send is given goes out in the background, in order. */
static void test_background( void )
{
    const size_t size = 20000000;
    unsigned char *data = malloc( size + 1000 );
    struct host_transfer_params params;
    struct reader reader;
    int src, dst;
    size_t i;

    for (i = 0; i < size + 1000; i++) data[i] = pattern( i );
    make_pair( SOCK_STREAM, &src, &dst );
    check( transfer( host_send, src, data, size, HOST_MSG_WHOLE, 0, &params ) == HOST_EAGAIN );
    check( !params.transferred );
    check( !drain( src, HOST_DRAIN_QUERY, 0 ));
    check( !transfer( host_send, src, data, size, HOST_MSG_TAKE | HOST_MSG_ORDERED, 0, &params ));
    check( params.transferred == size && params.draining );
    check( drain( src, HOST_DRAIN_QUERY, 0 ) && !drain( dst, HOST_DRAIN_QUERY, 0 ));
    memset( data, 0, size );

    check( transfer( host_send, src, data + size, 500, HOST_MSG_ORDERED, 0, &params ) == HOST_EAGAIN );
    check( params.draining && !params.transferred );
    check( transfer( host_send, src, data + size, 500, HOST_MSG_ORDERED, 10, &params ) == HOST_EAGAIN );
    check( !transfer( host_send, src, data + size, 500, HOST_MSG_ORDERED | HOST_MSG_QUEUE, 0, &params ));
    check( params.transferred == 500 && params.draining );
    check( drain( 0, HOST_DRAIN_WAIT, 20 ));

    start_reader( &reader, dst );
    while (transfer( host_send, src, data + size + 500, 500, HOST_MSG_ORDERED | HOST_MSG_WHOLE, 15,
                     &params ))
        /* nothing */;
    check( params.transferred == 500 && !params.draining );
    check( !drain( 0, HOST_DRAIN_WAIT, 10000 ));
    shutdown( src, SHUT_WR );
    pthread_join( reader.thread, NULL );
    check( reader.received == size + 1000 && !reader.broken && !reader.error );
    close( src );
    close( dst );
    free( data );
}

/* A socket is writable when it takes a send, and before that what asks the host itself is kept busy by
 * nothing: whoever looks has filled the host's buffer. */
static void test_background_poll(void)
{
    const size_t size = 12000000;
    unsigned char *data = calloc( 1, size );
    struct host_poll_entry entry = { .events = HOST_POLL_OUT };
    struct host_poll_params poll_params = { .entries = (uintptr_t)&entry, .count = 1 };
    struct host_transfer_params params;
    struct reader reader;
    struct pollfd pfd;
    int src, dst, over, i;

    make_pair( SOCK_STREAM, &src, &dst );
    entry.socket = src;
    check( !host_poll( &poll_params ) && poll_params.ready );
    for (i = 0; i < 3; i++)
    {
        check( !transfer( host_send, src, data, size, HOST_MSG_TAKE | HOST_MSG_ORDERED, 0, &params ));
        check( params.transferred == size );
        if (!i)
        {
            /* later the reader may be as fast as that */
            poll_params.timeout = 0;
            check( params.draining && !host_poll( &poll_params ) && !poll_params.ready );
            start_reader( &reader, dst );
        }
        while (drain( src, HOST_DRAIN_QUERY, 0 ))
        {
            if ((over = drain_over( src )) < 0) continue;
            pfd = (struct pollfd){ .fd = over, .events = POLLIN };
            poll( &pfd, 1, 1 );
            close( over );
        }
        check( drain_over( src ) == -1 );
        check( !transfer( host_send, src, data, size, HOST_MSG_TAKE | HOST_MSG_ORDERED, 0, &params ));
        poll_params.timeout = 10000;
        check( !host_poll( &poll_params ) && poll_params.ready == 1 && entry.revents == HOST_POLL_OUT );
    }
    check( !drain( 0, HOST_DRAIN_WAIT, 10000 ));
    shutdown( src, SHUT_WR );
    pthread_join( reader.thread, NULL );
    check( reader.received == 6 * size );
    close( src );
    close( dst );
    free( data );
}

/* The end of the stream follows the background's bytes, the socket may be closed meanwhile. */
static void test_background_end( int how )
{
    const size_t size = 12000000;
    unsigned char *data = malloc( size );
    struct linger linger = { 1, 0 };
    struct host_transfer_params params;
    struct reader reader;
    int src, dst;
    size_t i;

    for (i = 0; i < size; i++) data[i] = pattern( i );
    make_pair( SOCK_STREAM, &src, &dst );
    check( !transfer( host_send, src, data, size, HOST_MSG_TAKE | HOST_MSG_ORDERED, 0, &params ));
    free( data );
    check( params.draining );
    switch (how)
    {
    case 0:
        check( drain( src, HOST_DRAIN_SHUTDOWN, 0 ));
        break;
    case 1:
        close( src );
        break;
    case 2:
        setsockopt( src, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
        check( drain( src, HOST_DRAIN_CLOSE, 0 ));
        close( src );
        check( !drain( 0, HOST_DRAIN_WAIT, 1000 ));
        break;
    case 3:
        /* the peer resets, nothing reads */
        setsockopt( dst, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
        close( dst );
        check( !drain( 0, HOST_DRAIN_WAIT, 1000 ));
        check( transfer( host_send, src, "x", 1, HOST_MSG_ORDERED, 0, &params ) == HOST_EPIPE );
        close( src );
        return;
    }
    start_reader( &reader, dst );
    pthread_join( reader.thread, NULL );
    check( !reader.broken );
    if (how == 2) check( reader.error == ECONNRESET && reader.received < size );
    else check( !reader.error && reader.received == size );
    check( !drain( 0, HOST_DRAIN_WAIT, 1000 ));
    if (how == 0) close( src );
    close( dst );
}

static int look( int fd, uint64_t position )
{
    struct host_watch_params params = { .socket = fd, .what = HOST_WATCH_DELIVERY,
                                        .action = HOST_WATCH_LOOK, .seen = position };

    return host_watch( &params );
}

/* Where a send ends, and whether the peer has acknowledged that; a full host is no reason not to take it. */
static void test_position( void )
{
    static const uint32_t flags = HOST_MSG_TAKE | HOST_MSG_ORDERED | HOST_MSG_QUEUE | HOST_MSG_POSITION;
    const size_t size = 12000000;
    unsigned char *data = calloc( 1, size );
    struct linger linger = { 1, 0 };
    struct host_transfer_params params;
    struct reader reader;
    uint64_t position;
    int src, dst;

    make_pair( SOCK_STREAM, &src, &dst );
    while (send( src, data, 100000, MSG_DONTWAIT ) > 0) /* nothing */;
    while (send( src, data, 1, MSG_DONTWAIT ) > 0) /* nothing */;
    check( !transfer( host_send, src, data, 500, flags, 0, &params ));
    check( params.transferred == 500 && params.draining && params.position );
    position = params.position;
    check( look( src, position ) == HOST_EAGAIN );
    check( !transfer( host_send, src, data, size, flags, 0, &params ));
    check( params.transferred == size && params.position == position + size );
    check( look( src, position + size ) == HOST_EAGAIN );

    start_reader( &reader, dst );
    while (look( src, position ) == HOST_EAGAIN) usleep( 1000 );
    while (look( src, position + size ) == HOST_EAGAIN) usleep( 1000 );
    check( !look( src, position ) && !look( src, position + size ));
    check( !transfer( host_send, src, data, 500, flags, 0, &params ));
    check( !params.position || params.position == position + size + 500 );
    while (look( src, position + size + 500 ) == HOST_EAGAIN) usleep( 1000 );
    shutdown( src, SHUT_WR );
    pthread_join( reader.thread, NULL );
    setsockopt( dst, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
    close( dst );
    close( src );

    make_pair( SOCK_STREAM, &src, &dst );
    check( !transfer( host_send, src, data, size, flags, 0, &params ));
    setsockopt( dst, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger) );
    close( dst );
    check( look( src, params.position ) == HOST_ECONNRESET );
    close( src );
    check( !drain( 0, HOST_DRAIN_WAIT, 1000 ));
    free( data );
}

struct sender
{
    int fd;
    char tag;
    pthread_t thread;
};

static void *sender_thread( void *arg )
{
    struct sender *sender = arg;
    struct host_transfer_params params;
    char *data = calloc( 1, 3000000 );
    int i;

    for (i = 0; i < 5; i++)
    {
        transfer( host_send, sender->fd, data, 3000000, HOST_MSG_TAKE | HOST_MSG_ORDERED | HOST_MSG_QUEUE, 2,
                  &params );
        drain( sender->fd, HOST_DRAIN_QUERY, 0 );
    }
    free( data );
    return NULL;
}

/* Several sockets at once, for the sanitizers. */
static void test_many( void )
{
    struct sender senders[4];
    struct reader readers[4];
    int i, dst[4];

    for (i = 0; i < 4; i++)
    {
        make_pair( SOCK_STREAM, &senders[i].fd, &dst[i] );
        start_reader( &readers[i], dst[i] );
        pthread_create( &senders[i].thread, NULL, sender_thread, &senders[i] );
    }
    for (i = 0; i < 4; i++) pthread_join( senders[i].thread, NULL );
    check( !drain( 0, HOST_DRAIN_WAIT, 10000 ));
    for (i = 0; i < 4; i++)
    {
        shutdown( senders[i].fd, SHUT_WR );
        pthread_join( readers[i].thread, NULL );
        check( readers[i].received == 15000000 );
        close( senders[i].fd );
        close( dst[i] );
    }
}

#define BLOCK 3000000

static void *block_thread( void *arg )
{
    struct sender *sender = arg;
    struct host_transfer_params params;
    char *data = malloc( BLOCK );
    int i;

    memset( data, sender->tag, BLOCK );
    for (i = 0; i < 40;)
        i += !transfer( host_send, sender->fd, data, BLOCK, HOST_MSG_TAKE | HOST_MSG_ORDERED, 2, &params );
    free( data );
    return NULL;
}

/* Who has lost the turn to send, as it was taken for dead or suspended, sends nothing; and as it may be
 * noticed late, blocks of threads that all believe to have it do not mix. */
static void test_turns( void )
{
    struct host_drain_params finish = { .action = HOST_DRAIN_FINISH };
    struct host_transfer_params params = { .flags = HOST_MSG_ORDERED };
    struct host_buffer buffer = { (uintptr_t)"x", 1 };
    struct sender senders[2];
    size_t received = 0, torn = 0;
    int src, dst, i, j, ret;
    int32_t word = 5;
    char *data, tag = 0;

    make_pair( SOCK_STREAM, &src, &dst );
    params.socket = finish.socket = src;
    params.buffers = (uintptr_t)&buffer;
    params.count = 1;
    params.turn_word = (uintptr_t)&word;
    params.turn = 4;
    check( host_send( &params ) == HOST_EINTR && !params.transferred );
    check( recv( dst, &tag, 1, MSG_DONTWAIT ) == -1 );
    params.turn = 5;
    params.flags = HOST_MSG_ORDERED | HOST_MSG_BEHIND;
    check( host_send( &params ) == HOST_EOPNOTSUPP && !params.transferred );
    params.flags = HOST_MSG_ORDERED;
    check( !host_send( &params ) && params.transferred == 1 && recv( dst, &tag, 1, MSG_DONTWAIT ) == 1 );
    check( !host_drain( &finish ));

    data = malloc( BLOCK );
    for (i = 0; i < 2; i++)
    {
        senders[i].fd = src;
        senders[i].tag = 'a' + i;
        pthread_create( &senders[i].thread, NULL, block_thread, &senders[i] );
    }
    while (received < 80ul * BLOCK && (ret = recv( dst, data, BLOCK, 0 )) > 0)
    {
        for (j = 0; j < ret; j++)
        {
            if (!(received++ % BLOCK)) tag = data[j];
            else if (data[j] != tag) torn++;
        }
    }
    check( !torn );
    for (i = 0; i < 2; i++) pthread_join( senders[i].thread, NULL );
    check( !drain( 0, HOST_DRAIN_WAIT, 10000 ));
    free( data );
    close( src );
    close( dst );
}

/* A socket of a generation, whose descriptor is kept, and its peer. */
static int32_t generations[1024];

static uint64_t name_kept( int src, int *fd )
{
    struct host_generations_params params = { (uintptr_t)generations, sizeof(generations[0]), 0 };

    /* handles are 4 apart: its place is no other descriptor's */
    for (*fd = 400; fcntl( *fd, F_GETFD ) >= 0; *fd += 4) /* next */;
    *fd = fcntl( src, F_DUPFD_CLOEXEC, *fd );
    close( src );
    check( !host_generations( &params ));
    return HOST_SOCKET( *fd, ++generations[*fd / 4] );
}

static uint64_t make_kept( int *fd, int *peer )
{
    int src;

    make_pair( SOCK_STREAM, &src, peer );
    return name_kept( src, fd );
}

/* The descriptor and what is kept of it. */
static void close_kept( int fd )
{
    generations[fd / 4]++;
    descriptor_closed( fd );
    close( fd );
}

static int send_whole( uint64_t socket, const char *data, size_t size )
{
    struct host_buffer buffer = { (uintptr_t)data, size };
    struct host_transfer_params params = { .socket = socket, .buffers = (uintptr_t)&buffer, .count = 1,
                                           .flags = HOST_MSG_ORDERED | HOST_MSG_TAKE | HOST_MSG_WHOLE };
    int ret = host_send( &params );

    check( params.transferred == (ret ? 0 : size) && !params.draining );
    return ret;
}

/* One look at the buffer serves many sends, and none is taken in part. */
static void test_room( void )
{
    static char block[16384], data[65536];
    size_t sent = 0, received = 0;
    unsigned int sends = 0, looks;
    int fd, peer, ret, i;
    uint64_t socket = make_kept( &fd, &peer );

    for (i = 0; i < (int)sizeof(block); i++) block[i] = i;
    room_looks = 0;
    while (!(ret = send_whole( socket, block, sizeof(block) )))
    {
        sent += sizeof(block);
        sends++;
    }
    check( ret == HOST_EAGAIN );
    check( sends > 10 && room_looks < sends );
    /* the peer may acknowledge something late, and there is room once more */
    for (;; sent += sizeof(block))
    {
        looks = room_looks;
        if ((ret = send_whole( socket, block, sizeof(block) ))) break;
    }
    check( ret == HOST_EAGAIN && room_looks == looks + 1 );
    while (received < sent && (ret = recv( peer, data, sizeof(data), MSG_DONTWAIT )) > 0)
        for (i = 0; i < ret; i++, received++)
            if (data[i] != block[received % sizeof(block)]) check( !"the same bytes" );
    check( received == sent );
    close_kept( fd );
    close( peer );
}

static uint64_t late_socket;
static int32_t late_turn;

/* Another thread takes the turn over and sends. */
static void lose_turn(void)
{
    struct host_drain_params finish = { .socket = HOST_SOCKET( HOST_SOCKET_HANDLE( late_socket ), 0 ),
                                        .action = HOST_DRAIN_FINISH };

    late_turn++;
    check( !host_drain( &finish ));
    check( !send_whole( late_socket, "other", 5 ));
}

/* A thread that has looked at its turn, and loses it before the host has the send, sends nothing. */
static void test_late_turn( void )
{
    struct host_buffer buffer = { (uintptr_t)"mine", 4 };
    struct host_transfer_params params = { .buffers = (uintptr_t)&buffer, .count = 1,
                                           .flags = HOST_MSG_ORDERED | HOST_MSG_TAKE | HOST_MSG_WHOLE,
                                           .turn_word = (uintptr_t)&late_turn };
    char data[16];
    int fd, peer;

    params.socket = late_socket = make_kept( &fd, &peer );
    check( !send_whole( late_socket, "first", 5 ));     /* so that there is room, as is known */
    params.turn = late_turn;
    before_send = lose_turn;
    check( host_send( &params ) == HOST_ENOTSOCK && !params.transferred );
    check( recv( peer, data, sizeof(data), MSG_DONTWAIT ) == 10 && !memcmp( data, "firstother", 10 ));
    check( host_send( &params ) == HOST_EINTR );
    params.turn = late_turn;
    check( !host_send( &params ) && recv( peer, data, sizeof(data), MSG_DONTWAIT ) == 4 );
    close_kept( fd );
    close( peer );
}

/* A look-up that keeps the descriptor. */
static void keep( uint64_t socket )
{
    struct descriptor descriptor;

    check( !descriptor_take( socket, &descriptor ) && descriptor.kept );
    descriptor_release( &descriptor );
}

static int32_t plain_turn = 7;

static int plain( int (*function)( struct host_plain_params * ), uint64_t socket, const void *data,
                  size_t size, int is_datagram, struct host_plain_params *params )
{
    params->socket = socket;
    params->data = (uintptr_t)data;
    params->size = size;
    params->is_datagram = is_datagram;
    params->turn = plain_turn;
    params->turn_word = (uintptr_t)&plain_turn;
    params->draining = 0;
    return function( params );
}

static int plain_send( uint64_t socket, const void *data, size_t size, int is_datagram,
                       struct host_plain_params *params )
{
    memset( params, 0xcc, sizeof(*params) );
    params->has_address = 0;
    return plain( host_send_plain, socket, data, size, is_datagram, params );
}

static int plain_recv( uint64_t socket, void *data, size_t size, int is_datagram, int wait,
                       struct host_plain_params *params )
{
    memset( params, 0xcc, sizeof(*params) );
    params->has_address = 0;
    params->wait = wait;
    return plain( host_recv_plain, socket, data, size, is_datagram, params );
}

/* Nothing is done where no descriptor is kept, the handle was closed, or is another socket. */
static void test_plain_unkept( void )
{
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
    struct host_plain_params params;
    uint64_t socket, next;
    char buffer[16];
    int src, fd, peer, i;

    for (i = 0; i < 2; i++)
    {
        make_pair( types[i], &src, &peer );
        socket = name_kept( src, &fd );
        check( plain_send( socket, "lost", 4, i, &params ) == HOST_EOPNOTSUPP );
        check( send( peer, "there", 5, 0 ) == 5 );
        check( plain_recv( socket, buffer, sizeof(buffer), i, 2, &params ) == HOST_EOPNOTSUPP );
        check( plain_recv( HOST_SOCKET( fd, 0 ), buffer, sizeof(buffer), i, 0, &params ) ==
               HOST_EOPNOTSUPP );
        check( plain_recv( HOST_SOCKET( 0xffffffff, 1 ), buffer, sizeof(buffer), i, 0, &params ) ==
               HOST_EOPNOTSUPP );

        keep( socket );
        check( plain_send( HOST_SOCKET( fd, generations[fd / 4] - 1 ), "lost", 4, i, &params ) ==
               HOST_EOPNOTSUPP );
        generations[fd / 4]++;
        descriptor_closed( fd );
        check( plain_send( socket, "lost", 4, i, &params ) == HOST_EOPNOTSUPP );
        check( plain_recv( socket, buffer, sizeof(buffer), i, 0, &params ) == HOST_EOPNOTSUPP );

        /* the handle of the same descriptor, as another socket */
        next = HOST_SOCKET( fd, ++generations[fd / 4] );
        keep( next );
        check( plain_send( socket, "lost", 4, i, &params ) == HOST_EOPNOTSUPP );
        check( plain_recv( socket, buffer, sizeof(buffer), i, 0, &params ) == HOST_EOPNOTSUPP );
        check( !plain_recv( next, buffer, sizeof(buffer), i, 0, &params ) && params.transferred == 5 );
        check( recv( peer, buffer, sizeof(buffer), MSG_DONTWAIT ) == -1 && errno == EAGAIN );
        close_kept( fd );
        close( peer );
    }
}

/* Two sockets of a family on the loopback, which are not connected. */
static void test_plain_datagrams( int family )
{
    struct sockaddr_storage addrs[2];
    struct host_plain_params params;
    struct host_address names[2];
    uint64_t sockets[2];
    char buffer[16];
    int fds[2], fd, i;

    for (i = 0; i < 2; i++)
    {
        struct host_address any = { .family = family, .ip = { 127, 0, 0, 1 } };
        socklen_t len;

        if (family == HOST_FAMILY_INET6)
        {
            memset( any.ip, 0, sizeof(any.ip) );
            any.ip[15] = 1;
        }
        len = address_to_sockaddr( &any, &addrs[i] );
        fd = socket( addrs[i].ss_family, SOCK_DGRAM, 0 );
        if (fd < 0 || bind( fd, (struct sockaddr *)&addrs[i], len ))
        {
            check( family == HOST_FAMILY_INET6 && !i );     /* there is none here */
            close( fd );
            return;
        }
        getsockname( fd, (struct sockaddr *)&addrs[i], &len );
        address_from_sockaddr( &names[i], &addrs[i] );
        sockets[i] = name_kept( fd, &fds[i] );
        keep( sockets[i] );
    }

    check( plain_recv( sockets[1], buffer, sizeof(buffer), 1, 0, &params ) == HOST_EAGAIN );
    for (i = 0; i < 3; i++)     /* all of it, a part, none */
    {
        static const char *const sent[] = { "all", "partly", "" };
        const size_t size = strlen( sent[i] ), got = size < 4 ? size : 4;

        memset( &params, 0xcc, sizeof(params) );
        params.address = names[1];
        params.has_address = 1;
        check( !plain( host_send_plain, sockets[0], sent[i], size, 1, &params ) &&
               params.transferred == size );
        memset( buffer, '-', sizeof(buffer) );
        memset( &params, 0xcc, sizeof(params) );
        params.has_address = 1;
        params.wait = 100;
        check( !plain( host_recv_plain, sockets[1], buffer, 4, 1, &params ));
        check( params.transferred == got && !params.truncated == (size == got) );
        check( !memcmp( buffer, sent[i], got ) && buffer[got] == '-' );
        check( !memcmp( &params.address, &names[0], sizeof(names[0]) ));
    }
    check( plain_recv( sockets[1], buffer, 0, 1, 0, &params ) == HOST_EAGAIN );
    /* no destination, and one of no family */
    check( plain_send( sockets[0], "x", 1, 1, &params ) == HOST_EDESTADDRREQ );
    memset( &params, 0, sizeof(params) );
    params.has_address = 1;
    check( plain( host_send_plain, sockets[0], "x", 1, 1, &params ) == HOST_EAFNOSUPPORT );
    for (i = 0; i < 2; i++) close_kept( fds[i] );
}

/* An error that an earlier datagram met does not keep this one back, and is told once to who receives. */
static void test_plain_refused( void )
{
    struct host_plain_params params;
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    uint64_t socket_name;
    int src, dst, fd, on = 1;
    char buffer[16];

    make_pair( SOCK_DGRAM, &src, &dst );
    getsockname( dst, (struct sockaddr *)&addr, &len );
    close( dst );
    socket_name = name_kept( src, &fd );
    keep( socket_name );
    check( !plain_send( socket_name, "x", 1, 1, &params ));
    check( plain_recv( socket_name, buffer, sizeof(buffer), 1, 100, &params ) == HOST_ECONNREFUSED );
    check( plain_recv( socket_name, buffer, sizeof(buffer), 1, 0, &params ) == HOST_EAGAIN );

    check( !plain_send( socket_name, "x", 1, 1, &params ));
    dst = socket( AF_INET, SOCK_DGRAM, 0 );
    setsockopt( dst, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on) );
    check( !bind( dst, (struct sockaddr *)&addr, sizeof(addr) ));
    check( !plain_send( socket_name, "after", 5, 1, &params ) && params.transferred == 5 );
    check( recv( dst, buffer, sizeof(buffer), MSG_DONTWAIT ) == 5 );
    close_kept( fd );
    close( dst );
}

/* A send on a stream that there is no room for is not begun. */
static void test_plain_full( void )
{
    static char block[16384];
    struct host_plain_params params;
    size_t sent = 0, received = 0;
    uint64_t socket;
    int fd, peer, ret;

    socket = make_kept( &fd, &peer );
    keep( socket );
    while (!(ret = plain_send( socket, block, sizeof(block), 0, &params ))) sent += params.transferred;
    check( ret == HOST_EOPNOTSUPP && !params.draining );
    check( plain_send( socket, block, sizeof(block), 0, &params ) == HOST_EOPNOTSUPP );
    while ((ret = recv( peer, block, sizeof(block), MSG_DONTWAIT )) > 0) received += ret;
    check( sent > 10 * sizeof(block) && received == sent );
    close_kept( fd );
    close( peer );
}

/* A stream needs its turn, and room: one look serves many sends. */
static void test_plain_stream( void )
{
    struct host_plain_params params;
    char buffer[16];
    uint64_t socket;
    int fd, peer;

    socket = make_kept( &fd, &peer );
    keep( socket );
    room_looks = 0;
    check( !plain_send( socket, "first", 5, 0, &params ) && params.transferred == 5 && !params.draining );
    check( !plain_send( socket, "second", 6, 0, &params ) && params.transferred == 6 && !params.draining );
    check( room_looks == 1 );
    check( recv( peer, buffer, sizeof(buffer), MSG_DONTWAIT ) == 11 && !memcmp( buffer, "firstsecond", 11 ));

    memset( &params, 0, sizeof(params) );
    params.turn_word = (uintptr_t)&plain_turn;
    params.socket = socket;
    params.data = (uintptr_t)"mine";
    params.size = 4;
    params.turn = plain_turn - 1;
    check( host_send_plain( &params ) == HOST_EINTR && !params.transferred && !params.draining );

    /* it is lost behind that look */
    late_socket = socket;
    params.turn = late_turn;
    params.turn_word = (uintptr_t)&late_turn;
    before_send = lose_turn;
    check( host_send_plain( &params ) == HOST_ENOTSOCK && !params.transferred && !params.draining );
    check( recv( peer, buffer, sizeof(buffer), MSG_DONTWAIT ) == 5 && !memcmp( buffer, "other", 5 ));

    /* memory that is not there, and the end of the peer */
    check( !send_whole( socket, "room", 4 ));
    check( recv( peer, buffer, sizeof(buffer), MSG_DONTWAIT ) == 4 );
    check( plain_send( socket, (void *)8, 4, 0, &params ) == HOST_EFAULT );
    check( send( peer, "end", 3, 0 ) == 3 );
    check( plain_recv( socket, (void *)8, 4, 0, 100, &params ) == HOST_EFAULT );
    check( !plain_recv( socket, buffer, 2, 0, 100, &params ) && params.transferred == 2 );
    check( !plain_recv( socket, buffer, 2, 0, 0, &params ) && params.transferred == 1 );
    close( peer );
    check( !plain_recv( socket, buffer, 2, 0, 100, &params ) && !params.transferred );
    check( !plain_recv( socket, buffer, 2, 0, 0, &params ) && !params.transferred );
    close_kept( fd );
}

/* The host takes less than it was known to have room for: the rest goes out in the background, unless the
 * turn is another thread's by then. */
static int small_buffer_fd;

static void shrink_buffer(void)
{
    int size = 2048;

    check( !setsockopt( small_buffer_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size) ));
}

static void shrink_and_lose(void)
{
    shrink_buffer();
    plain_turn++;
}

static void test_plain_part( int loses )
{
    static unsigned char data[300000];
    struct host_plain_params params;
    struct reader reader;
    int fd, peer, size = 1000000, small = 4096;
    uint64_t socket;
    size_t i;

    for (i = 0; i < sizeof(data); i++) data[i] = pattern( i );
    socket = make_kept( &fd, &peer );
    setsockopt( fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size) );
    setsockopt( peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small) );
    check( !send_whole( socket, (char *)data, 1 ));
    small_buffer_fd = fd;
    before_send = loses ? shrink_and_lose : shrink_buffer;
    if (plain_send( socket, data + 1, sizeof(data) - 1, 0, &params ) == HOST_EOPNOTSUPP)
    {
        /* SO_SNDBUFFORCE is not ours to use, and there is no such room */
        before_send = NULL;
        printf( "transfer_test.c: no room for a large send\n" );
    }
    else
    {
        check( params.draining == !loses );
        check( loses ? params.transferred < sizeof(data) - 1 : params.transferred == sizeof(data) - 1 );
        size = params.transferred;
        check( loses || plain_send( socket, "x", 1, 0, &params ) == HOST_EOPNOTSUPP );
        start_reader( &reader, peer );
        for (i = 0; i < 5000 && drain( fd, HOST_DRAIN_QUERY, 10 ); i++) /* on its way */;
        shutdown( fd, SHUT_WR );
        pthread_join( reader.thread, NULL );
        check( !reader.broken && reader.received == (size_t)size + 1 );
    }
    close_kept( fd );
    close( peer );
}

struct late_event
{
    int fd, peer, how;
};

static void *late_thread( void *arg )
{
    const struct late_event *event = arg;

    usleep( 20000 );
    if (event->how == 1)
    {
        generations[event->fd / 4]++;
        descriptor_closed( event->fd );
    }
    if (event->how != 2) send( event->peer, "late", 4, 0 );
    return NULL;
}

/* A wait ends by data, or by its time. After the close of the handle nothing is taken any more. */
static void test_plain_wait( int type, int how )
{
    struct host_plain_params params;
    struct late_event event;
    pthread_t thread;
    uint64_t socket;
    char buffer[16];
    long long start = now_ms();
    int src, ret;

    make_pair( type, &src, &event.peer );
    socket = name_kept( src, &event.fd );
    keep( socket );
    event.how = how;
    pthread_create( &thread, NULL, late_thread, &event );
    ret = plain_recv( socket, buffer, sizeof(buffer), type == SOCK_DGRAM, how ? 100 : 5000, &params );
    check( ret == (how ? HOST_EAGAIN : HOST_OK) || (how == 1 && ret == HOST_ENOTSOCK) );
    check( how || (params.transferred == 4 && !memcmp( buffer, "late", 4 )));
    check( how == 2 ? now_ms() - start >= 99 : now_ms() - start < 4000 );
    pthread_join( thread, NULL );
    check( how != 1 || recv( event.fd, buffer, sizeof(buffer), MSG_DONTWAIT ) == 4 );
    close_kept( event.fd );
    close( event.peer );
}

static void test_poll( void )
{
    struct host_poll_entry entries[100];
    struct host_poll_params params = { .entries = (uintptr_t)entries, .count = 100 };
    struct host_identify_params identity, other;
    int src, dst, i;

    make_pair( SOCK_STREAM, &src, &dst );
    for (i = 0; i < 100; i++)
    {
        entries[i].socket = i & 1 ? src : dst;
        entries[i].events = i & 1 ? HOST_POLL_OUT : HOST_POLL_IN;
    }
    check( !host_poll( &params ) && params.ready == 50 );
    check( !entries[0].revents && entries[1].revents == HOST_POLL_OUT );
    check( send( src, "x", 1, 0 ) == 1 );
    params.timeout = 100;
    params.count = 1;
    check( !host_poll( &params ) && params.ready == 1 && entries[0].revents == HOST_POLL_IN );
    entries[0].socket = 1000;
    check( host_poll( &params ) == HOST_ENOTSOCK );

    identity.socket = src;
    other.socket = dst;
    check( !host_identify( &identity ) && !host_identify( &other ) && identity.inode != other.inode );
    close( src );
    close( dst );
}

int main( void )
{
    struct host_attach_params attach = { HOST_INTERFACE_VERSION, HOST_ABI_SYSV, 0, 0 };
    int before, i;

    check( !host_attach( &attach ));
    test_room();        /* opens what takes the place of descriptors that are in use, too */
    before = count_descriptors();
    test_stream();
    test_scatter();
    test_datagram();
    test_background();
    test_background_poll();
    for (i = 0; i < 4; i++) test_background_end( i );
    test_position();
    test_many();
    test_turns();
    test_late_turn();
    test_plain_unkept();
    test_plain_datagrams( HOST_FAMILY_INET );
    test_plain_datagrams( HOST_FAMILY_INET6 );
    test_plain_refused();
    test_plain_full();
    test_plain_stream();
    for (i = 0; i < 2; i++) test_plain_part( i );
    for (i = 0; i < 6; i++) test_plain_wait( i & 1 ? SOCK_DGRAM : SOCK_STREAM, i / 2 );
    test_poll();
    /* a background thread closes its duplicates a moment after the last byte */
    for (i = 0; i < 1000 && count_descriptors() != before; i++) usleep( 1000 );
    check( count_descriptors() == before );
    return report_checks();
}
