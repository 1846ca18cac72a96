/*
 * What the files of the PE side share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_32_PRIVATE_H
#define WS2_32_PRIVATE_H

#include <stdarg.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>

#define _WS2_32_             /* we are what winsock2.h would import */
#include "ntstatus.h"
#define WIN32_NO_STATUS
#include "windef.h"
#include "winbase.h"
#include "winnls.h"
#include "winternl.h"
#include "winuser.h"
#include "winsock2.h"
#include "ws2tcpip.h"
#include "ws2spi.h"
#include "mswsock.h"
#include "mstcpip.h"
#include "wsipx.h"
#include "af_irda.h"

#include "wine/debug.h"
#include "wine/afd.h"
#include "wsp.h"
#include "host/calls.h"
#include "fastpath.h"

/* Freestanding code calls a function for these, however small; the compiler's own are in place. */
#define memcpy __builtin_memcpy
#define memset __builtin_memset
#define memcmp __builtin_memcmp

/*** guard.c: memory that belongs to the program, and may not be there ***/

/* Copy len bytes from (to) memory of the program. FALSE when it is not readable (writable); what was
 * copied before the bad page stays copied. Write watches and guard pages act as for any access. */
BOOL guard_read( void *dst, const void *program_src, SIZE_T len );
BOOL guard_write( void *program_dst, const void *src, SIZE_T len );

/* Write one byte of every page of a buffer with the value it has: FALSE when it is not writable. */
BOOL guard_touch( void *program_dst, SIZE_T len );

/* Whether memory lies in the part of this thread's stack that is in use, which is there: most of what a
 * program hands to a call does. */
static inline BOOL guard_on_stack( const void *program_memory, SIZE_T len )
{
    const NT_TIB *tib = (const NT_TIB *)NtCurrentTeb();
    ULONG_PTR here = (ULONG_PTR)__builtin_frame_address( 0 ), first = (ULONG_PTR)program_memory;

    return here >= (ULONG_PTR)tib->StackLimit && first >= here && first < (ULONG_PTR)tib->StackBase &&
           len <= (ULONG_PTR)tib->StackBase - first;
}

/* Length of a string of the program, at most max; -1 when it is not readable. */
LONG_PTR guard_strlen( const char *program_str, SIZE_T max );
LONG_PTR guard_wcslen( const WCHAR *program_str, SIZE_T max );

/*** errors.c: the three vocabularies of failure ***/

/* Winsock error for a status; 0 for success. Windows' own table, reference 3.1. */
int status_to_wsa( NTSTATUS status );

/* Status that WSAGetOverlappedResult maps back to this error. */
NTSTATUS wsa_to_status( int error );

/* Kinds of calls to which the same failure may mean different things (reference 3.2). */
enum operation
{
    OPERATION_ANY,          /* no rule of its own */
    OPERATION_ACCEPT,
    OPERATION_SEND,         /* stream */
    OPERATION_RECV,
    OPERATION_SENDTO,       /* datagram, with or without an address */
    OPERATION_RECVFROM,
    OPERATION_OPTION,       /* options, and control codes that are options of the host */
    OPERATION_COUNT
};

/* Winsock error for an enum host_error that this kind of call was answered. */
int host_error_to_wsa( int error, enum operation operation );

/* Winsock error for one that AFD answered this kind of call; most stay as they are. */
int afd_error_to_wsa( int error, enum operation operation );

/* Winsock error for an enum host_name_error. */
int host_name_error_to_wsa( int error );

/*** hostcall.c: the way to the host half ***/

/* What is found out once per process: *answer is static and starts at 0. No lock, which a killed thread
 * would keep and others might wait for under the loader's: threads that come at once all try, to the same
 * effect. */
BOOL proven( LONG *answer, BOOL (*prove)(void) );

/* Find and attach the host half; once per process, any thread. FALSE: there is none, and why is in the
 * log (channel winsock, class err). */
BOOL host_available(void);

/* Whether AFD's request for network events resets the event, as on Windows. */
BOOL host_afd_resets_event(void);

typedef NTSTATUS (WINAPI *unix_call_dispatcher)( UINT64 handle, unsigned int code, void *args );

extern unix_call_dispatcher host_dispatcher;    /* NULL until host_available() */
extern UINT64 host_handle;

/* Make one host call. Answers an enum host_error; HOST_ENODEV when the host half is missing. */
static inline int host_call( enum host_call call, void *params )
{
    if (!host_dispatcher && !host_available()) return HOST_ENODEV;
    return host_dispatcher( host_handle, call, params );
}

/* The process ends: release its descriptors, if the host half was ever used. */
void host_leave(void);

/* Start a thread of ours that serves the host half. It keeps this module, whatever the program does with its
 * references. */
BOOL host_thread( LPTHREAD_START_ROUTINE function );

/* One integer option of a socket's descriptor. Answers an enum host_error. */
int host_get_int( SOCKET s, enum host_option option, int *value );
int host_set_int( SOCKET s, enum host_option option, int value );

/* Convert between a sockaddr (already in our memory) and the interface's form. FALSE: family or length
 * has no such form. to_sockaddr answers the length written, 0 when size is too small. */
BOOL host_address_from_sockaddr( struct host_address *host, const struct sockaddr *addr, int len );
int host_address_to_sockaddr( const struct host_address *host, void *addr, int size );

/*** startup.c: start-up count, threads ***/

struct thread_data
{
    HANDLE sync_event;          /* for the next call that waits; sync_event() takes it */
    FARPROC blocking_hook;      /* Winsock 1.1 */
    BOOL in_blocking_call;      /* a blocking call of this thread runs its hook */
    BOOL in_callback;           /* a condition function runs */
    BOOL cancelled;             /* WSACancelBlockingCall was called in the hook */
    int open_type;              /* SO_OPENTYPE */
    struct hostent *he_buffer;  /* results of the name functions, which live per thread */
    ULONG he_size;
    struct servent *se_buffer;
    ULONG se_size;
    struct protoent *pe_buffer;
    ULONG pe_size;
    char ntoa_buffer[16];
    LONG stamp;                 /* lock.c's, 0 before the first lock */
};

/* Data of this thread, made on first use; NULL when out of memory. Freed at thread exit. */
struct thread_data *thread_data(void);

/* The blocking hook of this thread, whose data that is, NULL for the default; whether it has one, which
 * costs nothing where the process never had any. */
void thread_set_hook( struct thread_data *data, FARPROC hook );
BOOL thread_has_hook(void);

extern LONG startups;           /* WSAStartup calls */
extern BOOL callbacks_used;     /* a thread was inside a hook or callback */
int judge_entry(void);          /* enter_api where that takes a look */

/* Nearly every entry point starts here: 0, or WSANOTINITIALISED before WSAStartup, WSAENETDOWN without
 * the host half, WSAEINPROGRESS inside a blocking hook or callback of this thread. */
static inline int enter_api(void)
{
    return startups && !callbacks_used ? 0 : judge_entry();
}

/* The last step of an entry point: sets the last error (also to 0, as Windows does) and answers
 * SOCKET_ERROR or 0. */
static inline int leave_api( int error )
{
    NtCurrentTeb()->LastErrorValue = error;
    return error ? SOCKET_ERROR : 0;
}

/*** lock.c: a lock that a killed thread does not keep ***/

struct owned_lock
{
    LONG owner;                 /* stamp of a thread, 0 for none */
};

/* Take a lock, which must not be this thread's already. TRUE when it was that of a thread that is gone: what
 * the lock guards may be in the midst of a change, and the caller mends it first of all. */
BOOL owned_lock_enter( struct owned_lock *lock );

void owned_lock_leave( struct owned_lock *lock );

/* What stands for this thread in a lock; and a time after which a thread that has ended, as its handle says,
 * has done its last step. */
LONG stamp_own(void);
void stamp_await_death(void);

/*** afd.c: requests to \Device\Afd ***/

#define AFD_ALERTABLE 1     /* user APCs run while a blocking call waits */

/* Make a request on a socket. Without overlapped it waits for the end (in an alertable wait if asked;
 * calling the thread's blocking hook if there is one). With it, the request completes as the program
 * asked: hEvent, port (unless bit 0 of hEvent is set) or routine. Answers a Winsock error, WSA_IO_PENDING
 * among them; *count (ours, never the program's) is set on success. in and out must live until
 * completion where the request pends. */
int afd_request( SOCKET s, ULONG code, const void *in, ULONG in_size, void *out, ULONG out_size,
                 OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, unsigned int flags,
                 DWORD *count );

/* An overlapped call that pends in AFD as a poll for nothing, which only a cancellation ends, and the host
 * half's answer to that (HOST_PEND, HOST_WATCH). afd_pend fills both for the call and marks its status block
 * as pending; answers a Winsock error. */
struct pended_call
{
    struct afd_poll_params nothing;
    struct host_pend_params request;    /* refers to the former */
};

int afd_pend( struct pended_call *call, SOCKET s, OVERLAPPED *overlapped,
              LPWSAOVERLAPPED_COMPLETION_ROUTINE routine );

/* Bit of hEvent beside bit 0, both set, in an OVERLAPPED of ours: the event is set only for what has pended.
 * The server does not look at the two low bits of a handle. */
#define OVERLAPPED_QUIET 2

/* The same without overlapped, for requests that never wait. */
int afd_control( SOCKET s, ULONG code, const void *in, ULONG in_size, void *out, ULONG out_size );

/* Report an overlapped call that is over already: sets Internal and InternalHigh, the event, and queues
 * the packet or the routine. Answers the error to return from the call (0, or a failure to queue). */
int complete_overlapped( SOCKET s, OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                         NTSTATUS status, ULONG_PTR information );

/* An event for one call of this thread that waits; NULL when out of memory. The call has it for itself, also
 * against calls of APCs that run while it waits, and gives it back in the end (NULL too). */
HANDLE sync_event(void);
void release_sync_event( HANDLE event );

/* Wait for an event as a blocking Winsock call waits: alertable if asked, running the thread's blocking
 * hook. Timeout NULL for ever. 0, WSAETIMEDOUT, or WSAEINTR after WSACancelBlockingCall. */
int wait_blocking( HANDLE event, const LARGE_INTEGER *timeout, unsigned int flags );

/* WSAENOTSOCK unless the handle is a socket of AFD. Costs a server request. */
int check_socket( SOCKET s );

/*** handover.c: sockets that have been in two processes ***/

/* What goes with a duplicate beside the handle, and the flags of a record for one that came with it. */
DWORD handover_states( const struct socket_record *record );
LONG handover_flags( DWORD states );

/* Another process gets a handle: AFD does everything from now on. Any record or NULL. */
void handover_shared( struct socket_record *record );

/* A duplicate has come, from a process that had the socket under "inherited". If that value means the socket
 * here, too, by inheritance, the two are twins: RECORD_TWIN, settings->twin. Any value. */
void handover_inherited( SOCKET s, struct socket_record *record, SOCKET inherited );

/* A call has named the inherited one, whose record this is: each knows too little of the other. */
void handover_twin_used( SOCKET inherited, struct socket_record *record );

/* Before a transfer: give a socket RECORD_OURS (back) once it is proven that no other process has a handle.
 * Costs nothing but for sockets that were shared, and a few server requests at growing intervals for
 * those. */
void handover_check( SOCKET s, struct socket_record *record );

/*** record.c: what we know of a socket beyond AFD and the host; docs/record.md ***/

enum socket_state_flags
{
    RECORD_OURS = 1,            /* made by this process through this DLL */
    RECORD_OVERLAPPED = 2,
    RECORD_NONBLOCKING = 4,
    RECORD_BOUND = 8,
    RECORD_LISTENING = 16,
    RECORD_CONNECTING = 32,
    RECORD_CONNECTED = 64,
    RECORD_SHUT_SEND = 128,
    RECORD_SHUT_RECV = 256,
    RECORD_WATCHED = 512,       /* event or message selection is on */
    RECORD_RESET = 1024,        /* sticky: the connection was reset */
    RECORD_ACCEPT_TARGET = 2048,/* AcceptEx pending on this socket: its descriptor will be replaced */
    RECORD_SKIP_PORT = 4096,    /* FILE_SKIP_COMPLETION_PORT_ON_SUCCESS seen set */
    RECORD_USED = 8192,         /* always set in a record that is in use */
    RECORD_CONNECT_EX = 16384,  /* ConnectEx was called, SO_UPDATE_CONNECT_CONTEXT not yet */
    RECORD_ABORTED = 0x100000,  /* with RECORD_RESET: the peer had closed before */
    RECORD_BACKLOG = 0x10000,   /* SIO_IDEAL_SEND_BACKLOG_CHANGE may pend */
    RECORD_UNBOUND_COPY = 0x200000, /* came by WSADuplicateSocket, a datagram socket without a name then */
    RECORD_TAPPED = 0x1000000,  /* receives all packets of an interface, from the host half */
    RECORD_URGENT = 32768,      /* urgent data was sent or received: the host keeps its bytes differently */
    RECORD_SHARED = 0x8000000,  /* was in another process, by WSADuplicateSocket in either direction */
    RECORD_SELECTED = 0x10000000, /* a selection of this process: it knows who watches, and the mode */
    RECORD_UNBUFFERED = 0x40000, /* a stream with SO_SNDBUF 0: sends last until the peer has them */
    RECORD_TWIN = 0x20000,      /* inherited, unused, and in this process by WSADuplicateSocket as well */
    RECORD_REGISTERED_IO = 0x20000000, /* WSA_FLAG_REGISTERED_IO, or accepted from such a listener */

    /* the states in which a socket has a port, or may have */
    RECORD_NAMED = RECORD_BOUND | RECORD_LISTENING | RECORD_CONNECTING | RECORD_CONNECTED,
};

/* Options and control codes whose value the host does not keep for us; option_remember() in wsp_option.c. */
enum remembered_option
{
    REMEMBER_SO_DEBUG,
    REMEMBER_SO_REUSEADDR,
    REMEMBER_SO_EXCLUSIVEADDRUSE,
    REMEMBER_SO_DONTROUTE,
    REMEMBER_SO_ERROR,
    REMEMBER_SO_LINGER,             /* as set; the host keeps a bit of l_onoff */
    REMEMBER_SO_CONDITIONAL_ACCEPT,
    REMEMBER_SO_PAUSE_ACCEPT,
    REMEMBER_SO_RANDOMIZE_PORT,
    REMEMBER_SO_PORT_SCALABILITY,
    REMEMBER_SO_REUSE_UNICASTPORT,
    REMEMBER_SO_REUSE_MULTICASTPORT,
    REMEMBER_TCP_EXPEDITED_1122,
    REMEMBER_TCP_KEEPIDLE,          /* seconds as set; the host's range is smaller */
    REMEMBER_TCP_KEEPINTVL,
    REMEMBER_TCP_KEEPCNT,
    REMEMBER_TCP_MAXRT,
    REMEMBER_TCP_MAXRTMS,
    REMEMBER_TCP_TIMESTAMPS,
    REMEMBER_TCP_FASTOPEN,
    REMEMBER_TCP_FAIL_CONNECT_ON_ICMP_ERROR,
    REMEMBER_UDP_RECV_MAX_COALESCED_SIZE,
    REMEMBER_UDP_CHECKSUM_COVERAGE,
    REMEMBER_IP_MULTICAST_IF,       /* as set, address or index */
    REMEMBER_CONTROL,               /* bits of enum control_option */
    REMEMBER_IP_RECEIVE_BROADCAST,
    REMEMBER_IP_MULTICAST_LOOP,     /* acts on the receiver on Windows, on the sender here */
    REMEMBER_IP_PROTECTION_LEVEL,
    REMEMBER_IP_IFLIST,
    REMEMBER_IP_RTHDR,
    REMEMBER_IP_RECVRTHDR,
    REMEMBER_IP_WFP_REDIRECT_RECORDS,
    REMEMBER_IP_WFP_REDIRECT_CONTEXT,
    REMEMBER_IP_MTU_DISCOVER,
    REMEMBER_IP_USER_MTU,
    REMEMBER_IPV6_DONTFRAG,         /* TCP, where the host has none */
    REMEMBER_IPV6_V6ONLY,           /* of an AF_INET socket */
    REMEMBER_LATE_OOBINLINE,        /* SO_OOBINLINE was set while urgent data waited */
    REMEMBER_UDP_CONNRESET,
    REMEMBER_UDP_NETRESET,
    REMEMBER_CIRCULAR_QUEUEING,
    REMEMBER_LOOPBACK_FAST_PATH,
    REMEMBER_INITIAL_RTT,
    REMEMBER_INITIAL_WINDOW,
    REMEMBER_ACK_FREQUENCY,
    REMEMBER_CPU_AFFINITY,
    REMEMBER_COMPATIBILITY_MODE,
    REMEMBER_COUNT
};

struct early_option             /* set before AcceptEx replaced the descriptor (rule 3) */
{
    enum host_option option;
    unsigned int count;
    int value[4];
};

struct socket_name              /* a cached answer of AFD's (rule 9) */
{
    BOOL known;
    LONG state;                 /* flags of the record that it holds for */
    int len;
    BYTE addr[28];
};

struct socket_names             /* wsp_socket.c's */
{
    struct socket_name local, peer;
};

struct event_selection          /* wsp_event.c's part of a record; docs/events.md */
{
    WSAEVENT event;             /* NULL without selection and for message selection */
    HWND window;                /* NULL without selection and for event selection */
    unsigned int message;
    LONG owner;                 /* thread that changes the selection */
    LONG delivered;             /* FD_ bits that WSAEnumNetworkEvents has handed out */
    LONG carried;               /* FD_ bits that AFD no longer holds, still to be handed out */
    int connect_error, close_error; /* of carried bits */
    BOOL told_read;             /* FD_READ was handed out, and nothing received since */
    BOOL sent;                  /* a send has succeeded since FD_WRITE was last armed */
    BOOL blocked;               /* found not writable while FD_WRITE was spent and not selected */
    DWORD rearm_tick;           /* when FD_WRITE was last armed again */
};

/* What a socket has that its close concerns; the functions are in wsp_socket.c. */
enum closer
{
    CLOSER_REGISTERED_IO,       /* a request queue */
    CLOSER_GIVE_BACK,           /* perhaps a connection that AcceptEx could only fail on */
    CLOSER_LINGER,              /* perhaps a time to linger */
    CLOSER_DRAIN,               /* sent in the background */
    CLOSER_PORTS,               /* port reservations, or a port from one */
    CLOSER_TAP,
    CLOSER_STAMPS,              /* stamps of sent datagrams */
    CLOSER_COUNT
};

#define MAX_INTERFACES 32

struct socket_settings          /* what only some sockets have set, or met */
{
    ULONGLONG remembered_set;   /* bits of enum remembered_option whose value is set */
    DWORD remembered[REMEMBER_COUNT];
    unsigned int early_count;
    struct early_option early[8];
    ULONGLONG connected_at;     /* tick count, 0 where AFD has not been asked; record_forget_names */
    ULONGLONG port_reservation; /* token that the socket takes its port from, 0 for none */
    LONG handover_count;        /* transfers since the socket was shared */
    SOCKET twin;                /* another handle of this process for the socket, 0 for none; handover.c */
    void *request_queue;        /* rio.c's, or NULL */
    SOCKET give_back_to;        /* listener of an AcceptEx into this socket that was bound to fail, or 0 */
    struct host_address icmp_error; /* who refused the last connect, and how */
    int icmp_protocol, icmp_type, icmp_code;
    BOOL icmp_queued;           /* the host keeps ICMP errors of a connect that is or was under way */
    unsigned int interface_count;
    DWORD interfaces[MAX_INTERFACES]; /* IP_ADD_IFLIST */
};

/* Two cache lines of an array: what each transfer and poll looks at is in the first of them. Parts that few
 * sockets need are apart, NULL until record_part() has made them, all zeros for a new socket. */
struct socket_record
{
    LONG flags;                 /* enum socket_state_flags, changed by record_set, _clear, _note only */
    LONG born;                  /* which of the generations the record is about; record_note() takes both */
    LONG generation;            /* counts the sockets and other objects that this handle value has been */
    LONG event_mask;            /* FD_ bits selected */
    struct pending_requests *requests;
    struct host_datagram_state datagrams; /* the reactor's; its receives may outlive the socket a moment */
    USHORT family, type, protocol;
    SHORT closers;              /* bits of enum closer, changed by record_at_close */
    struct data_path path;

    struct socket_names *names;
    struct event_selection *selection;
    struct socket_settings *settings;
    DWORD recv_timeout, send_timeout; /* SO_RCVTIMEO and SO_SNDTIMEO, milliseconds, 0 for none */
    int peer_len;
    BYTE peer[28];              /* address that connect was given */
} __attribute__((aligned( 64 )));

C_ASSERT( sizeof(struct socket_record) == 128 && offsetof( struct socket_record, names ) <= 64 );

/* What the fast path serves (rule 10). */
static inline BOOL record_is_internet( const struct socket_record *record )
{
    if (record->family != AF_INET && record->family != AF_INET6) return FALSE;
    return record->type == SOCK_STREAM ? record->protocol == IPPROTO_TCP :
           record->type == SOCK_DGRAM && record->protocol == IPPROTO_UDP;
}

/* Whether AFD has a selection, and was made non-blocking by it; of a tapped socket it knows nothing. */
static inline BOOL flags_watched( LONG flags )
{
    return (flags & (RECORD_WATCHED | RECORD_NONBLOCKING | RECORD_TAPPED)) ==
           (RECORD_WATCHED | RECORD_NONBLOCKING);
}

/* Whether nothing of a direction goes on inside AFD. */
static inline BOOL afd_path_idle( const struct socket_record *record, enum direction direction )
{
    if (record->path.afd[direction] || record->path.slots_full[direction]) return FALSE;
    return !record->requests || afd_requests_over( record->requests, direction );
}

/*** turns.c ***/

/* Of a turn to send, which data_path.sender holds: the thread, whether the host half was given bytes to send
 * in the background, and the rest counts. Only who has the turn changes it, or takes it over. */
#define SENDER_THREAD 0x00ffffff
#define SENDER_DRAINS 0x01000000
#define SENDER_COUNT  0x02000000

static inline LONG sends_next( LONG turn, LONG thread )
{
    return thread | ((turn & ~SENDER_THREAD) + (ULONG)SENDER_COUNT);
}

/* The turn if nobody has it, else 0. */
static inline LONG sends_try( struct socket_record *record )
{
    LONG turn = *(volatile LONG *)&record->path.sender, next;

    if (turn & SENDER_THREAD) return 0;
    next = sends_next( turn, HandleToULong( NtCurrentTeb()->ClientId.UniqueThread ) & SENDER_THREAD );
    return InterlockedCompareExchange( &record->path.sender, next, turn ) == turn ? next : 0;
}

/* Around a send on the host, and around what has to come between two: no thread is in one, and those that
 * come wait. hold answers what release takes, after a send with what that answered. hold and release accept
 * a NULL record. */
LONG sends_hold( SOCKET s, struct socket_record *record );
void sends_release( struct socket_record *record, LONG turn );
void sends_release_after( struct socket_record *record, LONG turn, int ret, BOOL draining );

/* Let the send that is going on come to its end; others may follow. */
void sends_finish( SOCKET s, struct socket_record *record );

/* Bytes of the socket go out in the background, or may; whether any of this process ever did. */
void sends_drain( struct socket_record *record );
extern BOOL sends_drained;

/* Whether the socket has no connection for certain: nobody but this process has it, and no call has begun to
 * make one. record may be NULL. */
static inline BOOL record_is_unconnected( const struct socket_record *record )
{
    const LONG connections = RECORD_CONNECTED | RECORD_CONNECTING | RECORD_CONNECT_EX | RECORD_ACCEPT_TARGET;

    return record && (record->flags & (RECORD_OURS | connections)) == RECORD_OURS;
}

/* The record of a handle, NULL when there is none (inherited, duplicated, not made here). The memory
 * stays valid for the life of the process; its content is that of the newest socket of this handle. */
struct socket_record *record_find( SOCKET s );

/* Where the record of a handle is, whatever socket it is about; NULL when there is no such place yet.
 * Handles are small multiples of 4. */
#define RECORDS_PER_PAGE 1024
#define RECORD_PAGES 4096       /* Wine's handles stay below 2^24 */
extern struct socket_record *record_pages[RECORD_PAGES];
static inline struct socket_record *record_slot( SOCKET s )
{
    SIZE_T index = s >> 2, page = index / RECORDS_PER_PAGE;

    if ((s & 3) || page >= RECORD_PAGES || !record_pages[page]) return NULL;
    return &record_pages[page][index % RECORDS_PER_PAGE];
}

static inline BOOL record_is_live( const struct socket_record *record )
{
    return record->flags && record->born == record->generation;
}

/* record_find in place, without what is done for those of RECORD_TWIN and about those that there are not. */
static inline struct socket_record *record_look( SOCKET s )
{
    struct socket_record *record = record_slot( s );

    return record && record_is_live( record ) ? record : NULL;
}

/* Whether nothing can have been done with this handle, by calls that look for a record: it has none, and
 * nobody has looked for any in vain. */
BOOL record_never_used( SOCKET s );

/* Whether the host half hears of handles that are closed: found out once, before the first record. Where it
 * does not no socket may be RECORD_OURS, and AFD does everything. */
BOOL records_end_with_handles(void);

/* Begin a record for a new socket; NULL when out of memory, which is never an error for the caller. */
struct socket_record *record_create( SOCKET s, int family, int type, int protocol, LONG flags );

/* A part of a record, made when it is not there yet: &record->selection and its size, say. NULL when out of
 * memory, or for a NULL record (part is not looked at then). Any thread; valid like the record. */
#define record_part( record, part ) \
    ((__typeof__( (record)->part ))record_make_part( (record) ? (void **)&(record)->part : NULL, \
                                                     sizeof(*(record)->part) ))
void *record_make_part( void **part, SIZE_T size );

/* The socket is closed, or no longer ours alone to know. */
void record_remove( SOCKET s );

/* Whether the socket that had this generation when a call began has been closed meanwhile: the handle is
 * nobody's, or another socket's. FALSE for a NULL record. */
BOOL record_is_gone( const struct socket_record *record, LONG generation );

/* The record of a socket that was closed by its handle alone, while the handle's value has not been given
 * away again; else NULL. */
struct socket_record *record_of_closed( SOCKET s, LONG generation );

/* Atomic changes of the flags; answer the flags before. Safe with a NULL record (answer 0). */
LONG record_set( struct socket_record *record, LONG flags );
LONG record_clear( struct socket_record *record, LONG flags );

/* Set flags for what a call has learnt of the socket that had this generation when it began, and has been
 * closed by others since, perhaps: then nothing changes. Answers the flags before, as they would be. */
LONG record_note( struct socket_record *record, LONG generation, LONG flags );

/* The close of the socket is to be told to this subject. Safe with a NULL record. */
void record_at_close( struct socket_record *record, enum closer closer );

/* What host calls take for a socket: the handle, and which of its sockets is meant, where the descriptor may
 * be kept. The record may be NULL. The short form looks the record up. */
UINT64 host_socket( SOCKET s );
UINT64 host_socket_of( SOCKET s, const struct socket_record *record );

/* The host half must let go of the descriptor that it keeps for this socket, as soon as no call uses it; the
 * same at once, as the socket is about to get another one: calls that have begun are those of a socket that
 * is gone. Safe with a NULL record. */
void record_forget_descriptor( SOCKET s, const struct socket_record *record );
void record_replaced( SOCKET s, struct socket_record *record );

/* The socket's own or its peer's name may have changed. Safe with a NULL record. */
void record_forget_names( struct socket_record *record );

/* Call fn for every handle with a record of ours (at clean-up). */
void record_for_each( void (*fn)( SOCKET s ) );

/* Set a host option and keep it for an AcceptEx target. Answers an enum host_error. */
int record_set_option( SOCKET s, enum host_option option, unsigned int count, const int *values );

/* Only the last part of that: the host has the option already. */
void record_note_option( SOCKET s, enum host_option option, unsigned int count, const int *values );

/* The descriptor of an AcceptEx target has been replaced: apply the kept options again. */
void record_apply_options( SOCKET s );

/*** wsp_option.c: options that live in the record ***/

/* The value that was set on this socket, or the fallback when none was (or record is NULL). */
DWORD option_remembered( const struct socket_record *record, enum remembered_option option, DWORD fallback );

/* Keep a value; a NULL record forgets it. */
void option_remember( struct socket_record *record, enum remembered_option option, DWORD value );

/* The new record (of an accepted socket) takes over what was set on the listener. */
void option_inherit( const struct socket_record *listener, struct socket_record *accepted );

/*** wsp_*.c: the base provider ***/

SOCKET WINAPI base_accept( SOCKET, struct sockaddr *, INT *, LPCONDITIONPROC, DWORD_PTR, INT * );
INT WINAPI base_address_to_string( struct sockaddr *, DWORD, WSAPROTOCOL_INFOW *, WCHAR *, DWORD *, INT * );
int WINAPI base_async_select( SOCKET, HWND, unsigned int, LONG, INT * );
int WINAPI base_bind( SOCKET, const struct sockaddr *, int, INT * );
int WINAPI base_cancel_blocking_call( INT * );
int WINAPI base_cleanup( INT * );
int WINAPI base_close_socket( SOCKET, INT * );
int WINAPI base_connect( SOCKET, const struct sockaddr *, int, WSABUF *, WSABUF *, QOS *, QOS *, INT * );
int WINAPI base_duplicate_socket( SOCKET, DWORD, WSAPROTOCOL_INFOW *, INT * );
int WINAPI base_enum_network_events( SOCKET, WSAEVENT, WSANETWORKEVENTS *, INT * );
int WINAPI base_event_select( SOCKET, WSAEVENT, LONG, INT * );
BOOL WINAPI base_get_overlapped_result( SOCKET, WSAOVERLAPPED *, DWORD *, BOOL, DWORD *, INT * );
int WINAPI base_get_peer_name( SOCKET, struct sockaddr *, INT *, INT * );
int WINAPI base_get_sock_name( SOCKET, struct sockaddr *, INT *, INT * );
int WINAPI base_get_sock_opt( SOCKET, int, int, char *, INT *, INT * );
BOOL WINAPI base_get_qos_by_name( SOCKET, WSABUF *, QOS *, INT * );
int WINAPI base_ioctl( SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *, WSAOVERLAPPED *,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
SOCKET WINAPI base_join_leaf( SOCKET, const struct sockaddr *, int, WSABUF *, WSABUF *, QOS *, QOS *,
                              DWORD, INT * );
int WINAPI base_listen( SOCKET, int, INT * );
int WINAPI base_recv( SOCKET, WSABUF *, DWORD, DWORD *, DWORD *, WSAOVERLAPPED *,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
int WINAPI base_recv_disconnect( SOCKET, WSABUF *, INT * );
int WINAPI base_recv_from( SOCKET, WSABUF *, DWORD, DWORD *, DWORD *, struct sockaddr *, INT *,
                           WSAOVERLAPPED *, LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
int WINAPI base_select( int, fd_set *, fd_set *, fd_set *, const struct timeval *, INT * );
int WINAPI base_send( SOCKET, WSABUF *, DWORD, DWORD *, DWORD, WSAOVERLAPPED *,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
int WINAPI base_send_disconnect( SOCKET, WSABUF *, INT * );
int WINAPI base_send_to( SOCKET, WSABUF *, DWORD, DWORD *, DWORD, const struct sockaddr *, int,
                         WSAOVERLAPPED *, LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
int WINAPI base_set_sock_opt( SOCKET, int, int, const char *, int, INT * );
int WINAPI base_shutdown( SOCKET, int, INT * );
SOCKET WINAPI base_socket( int, int, int, WSAPROTOCOL_INFOW *, GROUP, DWORD, INT * );
INT WINAPI base_string_to_address( WCHAR *, INT, WSAPROTOCOL_INFOW *, struct sockaddr *, INT *, INT * );

/* WSAPoll has no place in WSPPROC_TABLE. */
int base_poll( WSAPOLLFD *fds, ULONG count, int timeout, INT *error );

/* Message forms, reached through extension pointers and WSASendMsg. */
int base_recv_msg( SOCKET, WSAMSG *, DWORD *, WSAOVERLAPPED *, LPWSAOVERLAPPED_COMPLETION_ROUTINE, INT * );
int base_send_msg( SOCKET, WSAMSG *, DWORD, DWORD *, WSAOVERLAPPED *, LPWSAOVERLAPPED_COMPLETION_ROUTINE,
                   INT * );

/*** wsp_event.c ***/

/* select or WSAPoll was asked whether the socket is writable, and it is not: FD_WRITE is due again. Costs
 * nothing where that is not selected. */
void event_not_writable( SOCKET s );

/* A send was refused since earlier ones go out in the background, of which AFD does not know: FD_WRITE is
 * due when they are out. */
void event_send_refused( SOCKET s, struct socket_record *record );

/* They are out. Any thread. */
void event_writable( SOCKET s );

/* The socket of this generation was closed by its handle alone while a receive waited: the window that
 * selects FD_CLOSE gets it (Wine T:iocp_async_read_closesocket). The handle may be another socket's by
 * now. */
void event_closed( SOCKET s, LONG generation );

/* The host has given what AFD had announced: FD_READ is due again. TRUE: there is more to receive. */
BOOL event_rearm_read( SOCKET s );

/* AFD drops a selection at shutdown( SD_BOTH ) (rule 14), Windows does not (Wine T:test_close_events). */
void event_after_shutdown( SOCKET s );

/* A datagram socket got its name, or its peer. Windows has FD_WRITE for an event object from then on, and
 * reports FD_CONNECT and FD_WRITE when it is connected (Wine T:test_WSAEnumNetworkEvents,
 * test_connect_events). Accept a NULL record. */
void event_datagram_bound( SOCKET s, struct socket_record *record );
void event_datagram_connected( SOCKET s, struct socket_record *record );

/* A receive has failed for its arguments: it enables FD_READ messages like any other
 * (Wine T:test_read_events). Accepts a NULL record. */
void event_receive_failed( SOCKET s, struct socket_record *record );

/* Make AFD have the selection and the blocking mode that the record has, whatever another process has set
 * last. FALSE where that is not possible without a trace. */
BOOL event_confirm( SOCKET s, struct socket_record *record );

/* accept made a socket, which has the listener's selection (and blocking mode). */
void event_inherit( SOCKET listener, SOCKET accepted );

/* A network event that AFD does not know has happened: it goes to the event or window that selects it, now
 * or later. Any thread. */
void event_happened( SOCKET s, LONG event );

/* Whether a connect that AFD took has succeeded or failed, and AFD has seen that. */
BOOL event_connect_over( SOCKET s );

/*** extension.c ***/

/* The socket is about to be closed: a connection that AcceptEx could only fail on is its listener's again.
 * Accepts a NULL record. */
void accept_give_back( SOCKET s, struct socket_record *record );

/*** wsp_socket.c, for the other ways to make and connect sockets ***/

/* Family, type and protocol of a socket, from its record or from AFD. Answers a Winsock error. */
int socket_kind( SOCKET s, struct afd_get_info_params *info );

/* The error for a bad argument: WSAENOTSOCK when s is no socket, else code. */
int bad_argument( SOCKET s, int code );

/* Bytes of a sockaddr of this family that Windows asks for; 0 for a family that is not known. */
unsigned int address_size( int family );

/* Take an address from the program for a socket of this kind. addr has room for SOCKADDR_STORAGE. Answers
 * 0, WSAEFAULT or WSAEAFNOSUPPORT; addr is filled in the last case too. */
int read_address( const struct afd_get_info_params *info, const struct sockaddr *name, int len,
                  struct sockaddr *addr, int *addr_len );

/* Whether an address is the family's wildcard. */
BOOL is_unspecified( const struct sockaddr *addr );

/*** ioctl_ports.c: port reservations ***/

/* Around AFD's bind of a socket that takes its port from a reservation. claim puts the port into addr, which
 * is ours, unless it names one outside of the reservation, and answers a Winsock error. settle follows iff
 * claim answered 0 and *claimed; bound says whether AFD has bound the socket. */
int ports_claim( SOCKET s, struct sockaddr *addr, BOOL *claimed );
void ports_settle( SOCKET s, const struct sockaddr *addr, BOOL bound );

/* The error of a bind that AFD has refused: a reserved port is WSAEACCES, as observed on Windows with ports
 * that "netsh int ipv4 show excludedportrange" lists (microsoft/WSL#5514, docker/docs#15452). */
int ports_bind_error( SOCKET s, const struct sockaddr *addr, int error );

/* A call that binds a socket without being asked to (connect, sendto): if it takes its port from a
 * reservation, bind it there. Answers a Winsock error. Safe with a NULL record. */
int ports_bind_unnamed( SOCKET s, struct socket_record *record );

/* Around the close of a socket: its reservations end, the ports it had go back to theirs. */
void ports_before_close( SOCKET s, struct socket_record *record );
void ports_after_close( SOCKET s );

/*** ioctl_timestamp.c ***/

/* Before the close of a socket: the host half forgets its stamps. */
void timestamps_before_close( SOCKET s, struct socket_record *record );

/*** ioctl_rcvall.c: sockets that receive all packets (RECORD_TAPPED) ***/

/* Such a socket was read from, or its events were selected: FD_READ is due when there is a packet. Does
 * nothing for any other socket. */
void rcvall_arm( SOCKET s, struct socket_record *record );

/* Before the close of a socket. */
void rcvall_before_close( SOCKET s, struct socket_record *record );

/*** notify.c ***/

/* Have nsp_changed() called once or twice when the networks of the host change, or not any more. */
void nsp_watch( ULONG_PTR value );
void nsp_unwatch( ULONG_PTR value );

/* A number that stands for the networks that there are now. */
ULONGLONG nsp_networks(void);

/* Have event_writable() called once what the socket has sent in the background is out. FALSE: it is. */
BOOL notify_writable( SOCKET s );

/* A send of count bytes that the host has, to its position, waits for the peer. Answers WSA_IO_PENDING, or
 * why it cannot. */
int notify_delivered( SOCKET s, ULONGLONG position, DWORD count, OVERLAPPED *overlapped,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine );

/* Have event_closed() called when a stream receive that waits ends because the handle was closed. */
void notify_close( SOCKET s, LONG generation );

/* No more is sent on the socket's connection. Safe with a NULL record. */
void backlog_ended( SOCKET s, struct socket_record *record );

/*** namespace.c ***/

/* The networks have changed since nsp_watch(); called by a thread of ours. */
void nsp_changed( ULONG_PTR value );

/*** sharing.c: SO_REUSEADDR and SO_EXCLUSIVEADDRUSE, docs/record.md ***/

struct sharing
{
    BOOL applies, datagram, wildcard, exclusive, reuse;
    struct host_address_users_params users;
};

/* Around AFD's bind. after answers the error that the program gets for AFD's. */
void sharing_before_bind( SOCKET s, const struct sockaddr *addr, struct sharing *sharing );
int sharing_after_bind( SOCKET s, const struct sharing *sharing, int error );

/* Around AFD's listen; after follows only when that was a success. */
void sharing_before_listen( SOCKET s );
void sharing_after_listen( SOCKET s );

/*** option_connect.c ***/

/* TCP_FASTOPEN before listen, and before a connect with data. */
void fast_open_listen( SOCKET s, const struct socket_record *record, int backlog );
void fast_open_connect( SOCKET s, const struct socket_record *record );

/* TCP_FAIL_CONNECT_ON_ICMP_ERROR around a connect: begin before it; end with what AFD answers to it (0 when
 * it is known to have succeeded) answers the error that the program gets; settle when it may be over. */
void icmp_errors_begin( SOCKET s, struct socket_record *record );
int icmp_errors_end( SOCKET s, struct socket_record *record, int error );
void icmp_errors_settle( SOCKET s, struct socket_record *record );

/* The error of a connect that did not wait, when AFD tells of it: with TCP_FAIL_CONNECT_ON_ICMP_ERROR and an
 * ICMP error it is WSAEHOSTUNREACH. 0 stays 0; accepts a NULL record. */
int icmp_connect_error( SOCKET s, struct socket_record *record, int error );

/*** interests.c: options that refuse some datagrams ***/

/* IP_MULTICAST_LOOP of either family. Answers a Winsock error. */
int set_multicast_loop( SOCKET s, BOOL on );

/* After AFD's bind, which may have taken the filter off the socket. Accepts a NULL record. */
void interests_after_bind( SOCKET s, const struct socket_record *record );

/*** wsp_transfer.c ***/

/* One buffer of the program's, the rest in our memory: what recv, recvfrom, send and sendto of the base
 * provider are. Answer a Winsock error; of WSAEMSGSIZE there are bytes, too. */
int receive_one( SOCKET s, char *data, DWORD len, DWORD *flags, struct sockaddr *from, INT *from_len,
                 DWORD *received );
int send_one( SOCKET s, const char *data, DWORD len, DWORD flags, const struct sockaddr *to, int to_len,
              DWORD *sent );

/* Send with what control says (NULL for nothing), as base_send_to. Answers a Winsock error. */
int send_with_control( SOCKET s, const WSABUF *buffers, DWORD count, DWORD *sent, DWORD flags,
                       const struct sockaddr *to, int to_len, const struct host_send_control *control,
                       OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine );

/*** segments.c: UDP_SEND_MSG_SIZE of one message where the host cannot cut it ***/

/* Send the message, which is in our memory, as base_send_msg does but one datagram for each segment of
 * control. */
int send_segments( SOCKET s, const WSAMSG *message, const struct host_send_control *control, DWORD flags,
                   DWORD *sent, WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   INT *error );

/*** rio.c: registered I/O ***/

struct rio_table;

/* The functions for SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER, FALSE for a GUID that is not known. */
BOOL rio_function_table( const GUID *guid, struct rio_table *table );

/* Before the close of a socket: its requests end with WSA_OPERATION_ABORTED, what pends a moment later; its
 * request queue is no more. Accepts a NULL record. */
void rio_before_close( SOCKET s, struct socket_record *record );

/* The socket has become another generation of its handle, from that one, and keeps its request queue.
 * Accepts a NULL record. */
void rio_replaced( SOCKET s, struct socket_record *record, LONG before );

/* A thread that had a stamp has ended: mend what it has left in the midst of a change, and go on with
 * requests whose end was lost with it. */
void rio_thread_ended( LONG stamp );

/*** provider.c ***/

/* The provider that the API dispatches through: ours, unless a layered one is on top. */
extern const WSPPROC_TABLE *provider;
extern const WSPPROC_TABLE base_provider;

/*** extension.c: functions reached by GUID ***/

/* The function for SIO_GET_EXTENSION_FUNCTION_POINTER, NULL for a GUID that is not known. */
void *extension_function( const GUID *guid );

/*** catalogue.c: protocols and providers ***/

/* The catalogue entry for a socket's triple; FALSE when none matches. Zero matches as on Windows. */
BOOL catalogue_find( int family, int type, int protocol, WSAPROTOCOL_INFOW *info );

/* All entries in catalogue order; *count says how many. */
const WSAPROTOCOL_INFOW *catalogue_entries( unsigned int *count );

/* Narrow an entry. */
void catalogue_entry_to_ansi( const WSAPROTOCOL_INFOW *entry, WSAPROTOCOL_INFOA *ansi );

#endif
