/*
 * What the files of the host half share. No Windows or Wine header is ever included here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_HOST_PRIVATE_H
#define WS2_HOST_PRIVATE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <unistd.h>

#include "host/calls.h"

/* for headers older than the host */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* The interface's name of an errno value, HOST_OK for 0. */
int host_error_from_errno( int err );

/* A duplicate of the descriptor behind a socket handle, close-on-exec; the caller closes it. Answers an
 * enum host_error. Any thread. Only descriptor.c may keep it beyond the call (rule 1). */
int socket_descriptor( uint64_t socket, int *fd );

/* The inode of what the handle is now. Answers an enum host_error. Any thread. */
int socket_inode( uint64_t socket, ino_t *inode );

/* imports.c: let the shared object that "address" lies in call "function" where it calls what has this name.
 * Where it has no such import nothing happens; repeating it does no harm. Any thread. */
void replace_import( const void *address, const char *name, void *function );

/* handles.c: let each request of this process to wineserver pass us first, which the shared object with this
 * address in it makes; close and duplicate are the numbers of its close_handle and dup_handle, 0 if they are
 * not known. Repeating it does no harm. */
void hear_handles( const void *object, uint32_t close, uint32_t duplicate );

/* replies.c: requests whose reply is not waited for. Let the same object's replies pass us. */
void hear_replies( const void *object );

/* Around a wine_server_call of this block, which is a request about this handle, has no data, and whose
 * reply says nothing that is needed. begin answers 0 where it has to be waited for. After end, which answers
 * whether it was not, every later request of the thread is handled after this one. Signals may come at any
 * time. */
int reply_defer_begin( const void *request, uint32_t handle );
int reply_defer_end(void);

/* Wait until the server has handled what other threads have asked about the handle and not waited for.
 * Called inside ntdll, with signals blocked. */
void replies_wait( uint32_t handle );

/* Which of the sockets that the handle's value has been it is now, 0 where the PE side has no counter. Any
 * thread. */
uint32_t handle_generation( uint64_t socket );

/* descriptor.c: the handle is about to be closed. Called inside ntdll, with signals blocked: neither
 * allocates nor takes a lock that is held over a server request. */
void descriptor_closed( uint32_t handle );

/* descriptor.c: the descriptor behind a socket handle for one call, kept where the socket has a generation.
 * Answers an enum host_error: HOST_ESTALE when the handle is no longer that socket. Release closes what has
 * to be closed. Any thread. */
struct entry;
struct descriptor
{
    int fd;
    struct entry *kept;         /* where it is kept, NULL for a duplicate of the call's own */
    const sigset_t *held;       /* the signals to let through again, NULL for none */
};
int descriptor_take( uint64_t socket, struct descriptor *descriptor );

/* The same of what is kept only: FALSE, and nothing to release, where nothing is. */
int descriptor_find( uint64_t socket, struct descriptor *descriptor );
void descriptor_release( struct descriptor *descriptor );

/* The inode of what was taken, 0 where it cannot be had. */
ino_t descriptor_inode( const struct descriptor *descriptor );

/* Room in the send buffer that a sender has seen; it only grows until somebody sends. Use answers whether so
 * much was known, and is used up now. Nothing is known of a duplicate of the call's own. */
int descriptor_use_room( struct descriptor *descriptor, uint64_t bytes );
void descriptor_set_room( struct descriptor *descriptor, uint64_t bytes );

/* Before a wait: until the release, which "signals" has to outlive, no signal ends the thread, and with it
 * the descriptor's only owner. */
void descriptor_hold( struct descriptor *descriptor, sigset_t *signals );

/* The same for all sockets of a poll, which may wait: fills fds[].fd. "own" has room for count descriptors.
 * Release, after an error too, closes what has to be closed. */
struct descriptor_batch
{
    int *own;                   /* duplicates of the call's own */
    uint32_t own_count;
    int counted, is_single;
    struct descriptor single;   /* of a poll of one socket, which is a call like any other */
    sigset_t signals;
};
int descriptors_take( const struct host_poll_entry *entries, uint32_t count, struct pollfd *fds, int waits,
                      struct descriptor_batch *batch );
void descriptors_release( struct descriptor_batch *batch );

/* Between the interface's addresses and the host's. to_sockaddr answers the length, 0 when the family
 * has no sockaddr here; from_sockaddr leaves family HOST_FAMILY_OTHER for what it does not know. */
socklen_t address_to_sockaddr( const struct host_address *address, struct sockaddr_storage *storage );
void address_from_sockaddr( struct host_address *address, const struct sockaddr_storage *storage );

/* The C library's are points at which a thread can be cancelled, which costs a twentieth of a datagram;
 * nobody cancels Wine's threads. */
static inline ssize_t host_sendto( int fd, const void *data, size_t size, int flags,
                                   const struct sockaddr *addr, socklen_t len )
{
    return syscall( SYS_sendto, fd, data, size, flags, addr, len );
}

static inline ssize_t host_recvfrom( int fd, void *data, size_t size, int flags, struct sockaddr *addr,
                                     socklen_t *len )
{
    return syscall( SYS_recvfrom, fd, data, size, flags, addr, len );
}

/* Wine ends and suspends threads by signal: all are blocked while a thread waits with a duplicate open or
 * holds a lock, which is never longer than a call's bounded wait. Only wait_for() lets SIGUSR1 through, by
 * which Wine suspends threads and completes their I/O. */
static inline void fill_signals( sigset_t *all )
{
    memset( all, 0xff, sizeof(*all) );
}

static inline void block_signals( sigset_t *saved )
{
    sigset_t all;

    fill_signals( &all );
    pthread_sigmask( SIG_BLOCK, &all, saved );
}

static inline void restore_signals( const sigset_t *saved )
{
    pthread_sigmask( SIG_SETMASK, saved, NULL );
}

/* A lock of the host half, with that. It is robust, for wherever it is held over a server request: blocked
 * signals or not, ntdll ends a thread there that was killed. What the lock guards is in order whenever
 * wineserver is asked. */
#define DEFINE_LOCK( name ) \
    static pthread_mutex_t name; \
    static void __attribute__((constructor)) init_##name( void ) { make_robust( &name ); } \
    static pthread_mutex_t name

static inline void make_robust( pthread_mutex_t *lock )
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init( &attr );
    pthread_mutexattr_setrobust( &attr, PTHREAD_MUTEX_ROBUST );
    pthread_mutex_init( lock, &attr );
    pthread_mutexattr_destroy( &attr );
}

/* The same where signals are blocked already; pthread_mutex_unlock ends it. */
static inline void take_lock( pthread_mutex_t *lock )
{
    if (pthread_mutex_lock( lock ) == EOWNERDEAD) pthread_mutex_consistent( lock );
}

static inline void enter_lock( pthread_mutex_t *lock, sigset_t *saved )
{
    block_signals( saved );
    take_lock( lock );
}

static inline void leave_lock( pthread_mutex_t *lock, const sigset_t *saved )
{
    pthread_mutex_unlock( lock );
    restore_signals( saved );
}

/* drain.c: bytes of non-blocking sends that the host's buffer had no room for. Windows takes such a send
 * whole (reference 3.3, send buffering), so a thread of ours sends the rest. */

/* Send the bytes of iov on fd in the background, behind what is on its way already; both are copied.
 * Answers an enum host_error. */
int drain_add( int fd, const struct iovec *iov, size_t count );

/* Whether, after at most this many milliseconds, the socket behind fd has sent more than the host has taken,
 * so that no further send is. The host is given first what it has room for, and its POLLOUT is false then.
 * Costs next to nothing while the process has no such socket at all. */
int drain_active( int fd, int timeout );

/* The same at once, answered by a descriptor that is readable when that has changed, or -1 when it is not
 * so. The caller closes it. */
int drain_over( int fd );

/* transfer.c: wait until no ordered send of the socket is between its look at the turn and its end; what has
 * looked and not begun finds the descriptor gone. */
void sends_finish( uint64_t socket );

/* Where the bytes end that the stream behind fd was given so far, those in the background included, as
 * read_progress counts what the peer has acknowledged. Answers whether it has all of them. */
int sent_position( int fd, uint64_t *position );

/* control.c: what comes and goes with a datagram beside its bytes. */

/* Room for all that the host tells of one datagram, or is told. */
#define CONTROL_SPACE 512

/* Let msg receive ancillary data into space, which has CONTROL_SPACE bytes and is aligned as a cmsghdr.
 * Again before each attempt. */
void control_prepare( struct msghdr *msg, void *space );

/* Write the messages that control asks for, and set its size and flags, from what msg has received. */
void control_store( struct host_control *control, struct msghdr *msg );

/* Attach what control says to msg; space as above. */
void control_attach( const struct host_send_control *control, struct msghdr *msg, void *space );

/* entry.c: a request to AFD that pends, and how one is cancelled, by requests to the server whose numbers
 * are private to a version of Wine. user begins with a struct server_async. Answer an NTSTATUS. Any thread
 * that Wine knows; no APC runs meanwhile. */
struct server_async
{
    /* Called by ntdll in the thread that made the request, or in any when that is gone, on whatever stack it
     * is: may change how the request ends. Answers 1 (but for server_receive). */
    int (*ended)( void *user, uintptr_t *information, uint32_t *status );
    struct server_async *next;
    void *handle;
};

int server_ioctl_available(void);
uint32_t server_ioctl( const struct host_pend_params *args, void *user );
uint32_t server_cancel( uint64_t socket, uint64_t overlapped );

/* The same for a receive that waits as AFD's own do. "ended" is called with STATUS_ALERTED too, when there
 * may be something to receive, and answers 0 to go on waiting then. When there may be at once,
 * server_receive answers that, and server_result( *wait ) must follow, with how the call ends or
 * STATUS_PENDING; the status block is the caller's to fill then. */
#define STATUS_PENDING 0x103u
#define STATUS_ALERTED 0x101u
int server_receive_available(void);
uint32_t server_receive( const struct host_pend_params *args, void *user, uint32_t *wait );
uint32_t server_result( uint32_t wait, uint32_t status, uint64_t information );

/* watch.c: whether any HOST_WATCH_DELIVERY waits, of any socket, or its end has not been told yet. */
int deliveries_wait(void);

/* The same file: tell of HOST_WATCH_CLOSE, if anybody has asked for this socket. Neither allocates nor
 * frees. */
void watch_closed( uint64_t socket, uint64_t generation );

/* icmp.c: whether a datagram socket keeps ICMP errors in a queue, where the server does not take them.
 * Off empties it. What is in the queue counts against the receive buffer, so somebody must take it. */
void queue_errors( int fd, int on );

/* The error that a control message of such a queue tells, NULL for any other message; and whose error it is:
 * HOST_FAMILY_OTHER where it is not one of ICMP. */
struct sock_extended_err;
const struct sock_extended_err *icmp_error( const struct cmsghdr *message );
uint32_t icmp_family( const struct sock_extended_err *error );

/* An ICMP error as the host has it: the datagram that it is about, as far as ICMP had it and there is room,
 * its destination, and control messages. */
struct icmp_message
{
    int report;             /* enum host_reports for those who do not ask for messages; 0: never told */
    int cut;
    size_t size;
    socklen_t name_size;
    size_t control_size;
    struct sockaddr_storage name;
    _Alignas(struct cmsghdr) char control[CONTROL_SPACE];
    char data[1500];
};

/* Take the oldest ICMP error from a socket that queues them. Answers which of enum host_reports it is, 0 for
 * what is never told, -1 when there is none; HOST_REPORT_MESSAGE where control, which may be NULL, asks for
 * errors of its kind. message is written to in any case. */
int take_message( int fd, const struct host_control *control, struct icmp_message *message );

/* The same of the queue alone, whatever was found there before. */
int read_report( int fd, const struct host_control *control, struct icmp_message *message );

/* Receive such a message into the program's buffers; the rest of msg is ours, with CONTROL_SPACE for control
 * messages. Answers 0 or EFAULT. */
int icmp_message_store( const struct icmp_message *message, struct msghdr *msg, ssize_t *size );

/* Write to memory of the program, which may be gone. 0, or an errno value. */
int write_caller( void *dst, const void *src, size_t size );

/* stamps.c: when datagrams were received and sent. */

/* Which stamps the socket makes, and how many of sent datagrams are kept. Answers 0 or an errno value. */
int stamps_configure( int fd, int receive, int send, uint32_t limit );

/* The performance counter that a control message with a time stands for, 0 for any other. */
uint64_t stamp_counter( const struct cmsghdr *message );

/* Send one datagram that is to be stamped. Answers 0 or an errno value. */
int stamps_send( int fd, struct msghdr *msg, int flags, const struct host_send_control *control,
                 ssize_t *ret );

/* The stamp of a sent datagram, which is forgotten: 0, or EAGAIN when there is none. */
int stamps_take( int fd, uint32_t id, uint64_t *counter );

/* Something came from the error queue: whether it is a stamp, which is kept then. */
int stamps_store( int fd, struct msghdr *msg );

/* An ICMP error that was met while stamps were looked for; 0 for none. */
int stamps_report( int fd );

/* tap.c: sockets that receive all packets of an interface. */

/* For receiving and polling: put the socket's tap, where it has one, in the place of *fd, which is the
 * caller's own duplicate. *fd is left alone after an error. */
int tap_substitute( int *fd, int *tapped );

/* socket_descriptor with that done. */
int receiving_descriptor( uint64_t socket, int *fd, int *tapped );

/* The source of a packet of which size bytes were received. */
void tap_source( struct host_address *address, const struct iovec *iov, size_t count, size_t size );

/* backlog.c: the ideal send backlog of the connection behind fd, in bytes. Any thread. */
uint32_t ideal_backlog( int fd );

/* The same file: how far a connection is. Any thread. */
struct progress
{
    uint64_t acknowledged;  /* bytes, counted from any beginning */
    uint32_t queued;        /* that the host has and the peer has not acknowledged */
    int lost;               /* there is no connection any more */
};
void read_progress( int fd, struct progress *progress );

/* icmp.c: take all ICMP errors from the queue of the socket behind fd; the last one is told. */
void take_icmp_error( int fd, struct host_icmp_error *error );

/* filter.c: replace the filter of the socket behind fd by this one. Answers an errno value. */
int set_receive_filter( int fd, const struct host_receive_filter *filter );

/* The same file: whether the stream socket behind fd drops requests for new connections; make it do so, or
 * not any more. Any state; the filter belongs to the socket, whoever has a descriptor of it. Answers an
 * errno value. */
int pause_connections( int fd, int pause );
int connections_paused( int fd );

/* The pointer a PE caller put into a parameter block. */
static inline void *caller_pointer( uint64_t value )
{
    return (void *)(uintptr_t)value;
}

/* Every host call takes its parameter block and answers an enum host_error. */
#define X( id, function, params ) int function( params *args );
HOST_CALLS( X )
#undef X

#endif
