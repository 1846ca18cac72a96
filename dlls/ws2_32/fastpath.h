/*
 * Bytes that move on the host descriptor without asking wineserver; docs/data-plane.md has the rules.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_FASTPATH_H
#define WS2_FASTPATH_H

enum direction
{
    DIRECTION_RECV,
    DIRECTION_SEND,
    DIRECTION_COUNT
};

#define PENDING_SLOTS 16

/* The part of a socket's record that keeps the two ways of moving bytes apart. All counters are changed
 * atomically. A thread that dies in between leaves a counter raised, which costs speed and nothing else. */
struct data_path
{
    LONG sender;                        /* whose bytes the host is being given, and whether it may have some
                                         * to send in the background; turns.c */
    LONG afd[DIRECTION_COUNT];          /* AFD requests going on, the blocking ones included */
    LONG completions;                   /* overlapped calls that succeeded at once */
    BOOLEAN slots_full[DIRECTION_COUNT]; /* more requests pended than there are slots:
                                         * AFD only from then on */
    BOOLEAN received;                   /* the host gave data since the last event selection */
};

/* Beside it, once a request has pended in AFD. */
struct pending_requests
{
    IO_STATUS_BLOCK *blocks[DIRECTION_COUNT][PENDING_SLOTS];
};

struct socket_record;

/* A receive that may have to wait; all pointers are the program's but buffers. */
struct pended_receive
{
    const WSABUF *buffers;
    DWORD count;
    DWORD flags;                /* MSG_ flags of the call */
    struct sockaddr *from;      /* or NULL */
    INT *from_len;
    INT from_size;              /* what is there */
    OVERLAPPED *overlapped;     /* NULL: wait, and receive the byte count */
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    DWORD transferred;          /* out without overlapped */
    WSABUF *control;            /* the program's, whose length is set, or NULL */
    WSABUF control_room;        /* what that was */
    DWORD *control_flags;       /* the program's, set together */
};

/* datagram.c: whether requests of ours can wait in AFD without an end (unix/reactor.c, unix/watch.c);
 * proven once per process. */
BOOL reactor_available(void);

/* A way to begin an overlapped receive that may wait: answers WSA_IO_PENDING, 0 with the byte count, or an
 * error. datagram.c: whether it works for what has arrived before and what arrives later, by receives on a
 * socket of our own. The numbers of the server's requests are known for some versions only, and what nothing
 * ends must not be a program's. */
typedef int (*begin_receive)( SOCKET s, struct socket_record *record, const WSABUF *buffer,
                              OVERLAPPED *overlapped, DWORD *received );
BOOL receive_works( begin_receive begin );

/* datagram.c: let a receive wait for a datagram outside of AFD (rule 8), which goes on to see to its
 * completion and cancellation. TRUE: *error says WSA_IO_PENDING, WSAEWOULDBLOCK, or without overlapped how
 * it ended. FALSE: AFD has to do it. */
BOOL datagram_pend( SOCKET s, struct socket_record *record, struct pended_receive *receive, int *error );

/* An overlapped receive that finds nothing waits in AFD so that the host half decides how it ends. Answers
 * WSA_IO_PENDING; 0 with the byte count, and completed, when there is something by now; an error; or
 * WSAEOPNOTSUPP where that cannot be: the receive is AFD's then. The caller is on AFD's path
 * (afd_path_enter). */
int stream_pend( SOCKET s, struct socket_record *record, const WSABUF *buffers, DWORD count, DWORD flags,
                 OVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *received );

/* closesocket, before what pends is cancelled: those receives have lost their connection, and are not
 * cancelled (Wine T:iocp_async_read_closesocket). */
void stream_abort( SOCKET s );

/* What decides whether ICMP errors are reported has changed: SIO_UDP_CONNRESET, SIO_UDP_NETRESET,
 * IP_RECVERR, or whether receives of this socket may be ours. Accepts a NULL record. */
void datagram_reports_changed( SOCKET s, struct socket_record *record );

/* Whether a receive of this socket may wait there now. */
BOOL datagram_may_pend( struct socket_record *record );

struct fast_transfer
{
    const WSABUF *buffers;
    DWORD count;
    DWORD flags;                /* MSG_ flags of the call */
    BOOL overlapped;            /* may not wait, and a send must be taken whole */
    BOOL waited;                /* receive: a stream's host has been waited for */
    const struct sockaddr *to;  /* send: destination in our memory, or NULL */
    int to_len;
    SOCKADDR_STORAGE *from;     /* receive: our memory for the source, or NULL */
    int from_len;               /* out: 0 when the host gave no source */
    struct host_control *control; /* receive: with room (data and size) for ancillary data, or NULL */
    const struct host_send_control *send_control; /* send: how, or NULL */
    DWORD transferred;          /* out */
    ULONGLONG position;         /* out of an overlapped send: it is over when the peer has the connection's
                                 * bytes up to there (notify_delivered); 0: it is over */
};

/* Try one transfer on the host. TRUE: it is over and *error says how (0, WSAEMSGSIZE, WSAEWOULDBLOCK,
 * WSAETIMEDOUT, WSAEINTR, or what broke the connection). FALSE: AFD has to do all of it; *error is WSAESTALE
 * if the handle has become another socket, which the record knows nothing of and has ended for. */
BOOL fast_receive( SOCKET s, struct socket_record *record, struct fast_transfer *transfer, int *error );
BOOL fast_send( SOCKET s, struct socket_record *record, struct fast_transfer *transfer, int *error );

/* What becomes of an error that a transfer on the host met, beside these. Answers 0 where the host would say
 * the same once more, or the program does not want to know; else what it is to get. generation is that of
 * the record when the call began. */
int receive_error( SOCKET s, struct socket_record *record, LONG generation, int ret );
int send_error( SOCKET s, struct socket_record *record, LONG generation, int ret );

/* plain.c: what most transfers are, one buffer without flags on a socket that nothing else is going on
 * with, in one call of the host. data and the address with its length are the program's. What is not so, or
 * does not go so, goes the long way, and nothing has been done. Of what was done *error says how it ended:
 * of WSAEMSGSIZE there are bytes, too. A receive that was not done but has waited sets *waited to the
 * generation of the socket that it waited for. */
BOOL plain_send( SOCKET s, const char *data, DWORD len, const struct sockaddr *to, int to_len, DWORD *sent,
                 int *error );
BOOL plain_receive( SOCKET s, char *data, DWORD len, struct sockaddr *from, INT *from_len, DWORD *received,
                    LONG *waited, int *error );

/* What AFD answered for a transfer of total bytes that did not pend: AFD moves what it can and says so, but
 * forgets resets, which wineserver has often consumed (rule 7). generation is that of the record when the
 * call began. Answers the error that the program gets. */
int afd_answer( SOCKET s, struct socket_record *record, LONG generation, enum direction direction,
                ULONGLONG total, DWORD transferred, int error );

/* Around every request of a direction inside AFD. leave takes the status block of a request that pends,
 * else NULL. Both accept a NULL record. */
void afd_path_enter( SOCKET s, struct socket_record *record, enum direction direction );
void afd_path_leave( struct socket_record *record, enum direction direction, IO_STATUS_BLOCK *pending );

/* Within that, before a send of a stream begins in AFD: bytes that go out in the background come first.
 * transfer is NULL for one that no memory holds. TRUE: AFD may have it. FALSE: it is over, *error says how;
 * an overlapped one that was taken, behind those bytes, has its count in transfer. Accepts a NULL record. */
BOOL afd_send_begins( SOCKET s, struct socket_record *record, struct fast_transfer *transfer, int *error );

/* Whether all of a direction that have pended there are over. Forgets those that are. */
BOOL afd_requests_over( struct pending_requests *requests, enum direction direction );

/* Whether requests of either direction may be pending in AFD. */
BOOL afd_path_pending( struct socket_record *record );

/* Whether the host's readiness may stand for the socket's in select and WSAPoll (rule 5). */
BOOL fast_pollable( struct socket_record *record );

/* Run the user APCs of this thread that are due: a wait that the host makes in place of AFD's, in slices or
 * whole, is alertable all the same. */
void run_apcs(void);

/* A blocking call polls the host this long before it waits in AFD, whose wait runs APCs and ends on
 * close. */
#define HOST_WAIT_MS 2

/* Complete an overlapped call that the host has finished: as complete_overlapped, any byte count. A call
 * that was reported as pending is told on the port whatever FILE_SKIP_COMPLETION_PORT_ON_SUCCESS says. */
int fast_complete( SOCKET s, struct socket_record *record, OVERLAPPED *overlapped,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, NTSTATUS status, ULONG_PTR information,
                   BOOL pended );

/* Bytes that go out in the background: whether there are any, so that no send is taken and the socket is
 * not writable; end the sending direction behind them (TRUE: that will be done, AFD must not); the socket is
 * about to be closed; wait for those of all sockets, for a bounded time. Safe with a NULL record. */
BOOL drain_possible( const struct socket_record *record );  /* at no cost; or there were some */
BOOL drain_active( SOCKET s, struct socket_record *record );
BOOL drain_shutdown( SOCKET s, struct socket_record *record );
void drain_before_close( SOCKET s, struct socket_record *record );
void drain_wait(void);

/* Wait until the peer has got all that a stream was given. FALSE: the seconds are over. */
BOOL drain_linger( SOCKET s, unsigned int seconds );

/* Whether fast_complete works here: proven once per process on a socket and port of our own. */
BOOL fast_completion_available(void);

#endif
