/*
 * The three vocabularies of failure: NTSTATUS, Winsock errors, the host interface's errors.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

/* What Windows' ws2_32 answers, observed over all statuses (reference 3.1, Wine's
 * test_WSAGetOverlappedResult). The first row of an error is the status that stands for it in the other
 * direction. */
static const struct
{
    NTSTATUS status;
    int error;
}
status_map[] =
{
    { STATUS_PENDING, WSA_IO_INCOMPLETE },
    { 0x800703e4, WSA_IO_INCOMPLETE },
    { 0xc00103e4, WSA_IO_INCOMPLETE },
    { 0xc00703e4, WSA_IO_INCOMPLETE },
    { STATUS_CANCELLED, WSA_OPERATION_ABORTED },
    { STATUS_REQUEST_ABORTED, WSAEINTR },
    { STATUS_ACCESS_DENIED, WSAEACCES },
    { STATUS_ACCESS_VIOLATION, WSAEFAULT },
    { STATUS_BUFFER_TOO_SMALL, WSAEFAULT },
    { STATUS_DATATYPE_MISALIGNMENT_ERROR, WSAEFAULT },
    { STATUS_DEVICE_NOT_READY, WSAEWOULDBLOCK },
    { STATUS_REQUEST_NOT_ACCEPTED, WSAEWOULDBLOCK },
    { STATUS_INVALID_HANDLE, WSAENOTSOCK },
    { STATUS_OBJECT_TYPE_MISMATCH, WSAENOTSOCK },
    { STATUS_BUFFER_OVERFLOW, WSAEMSGSIZE },
    { STATUS_INVALID_BUFFER_SIZE, WSAEMSGSIZE },
    { STATUS_NOT_SUPPORTED, WSAEOPNOTSUPP },
    { STATUS_NOT_IMPLEMENTED, WSAEOPNOTSUPP },
    { STATUS_SHARING_VIOLATION, WSAEADDRINUSE },
    { STATUS_ADDRESS_ALREADY_EXISTS, WSAEADDRINUSE },
    { STATUS_INVALID_ADDRESS_COMPONENT, WSAEADDRNOTAVAIL },
    { STATUS_INVALID_ADDRESS, WSAEADDRNOTAVAIL },
    { STATUS_NETWORK_BUSY, WSAENETDOWN },
    { STATUS_NO_SUCH_DEVICE, WSAENETDOWN },
    { STATUS_NO_SUCH_FILE, WSAENETDOWN },
    { STATUS_OBJECT_NAME_NOT_FOUND, WSAENETDOWN },
    { STATUS_OBJECT_PATH_NOT_FOUND, WSAENETDOWN },
    { STATUS_INVALID_NETWORK_RESPONSE, WSAENETDOWN },
    { STATUS_UNEXPECTED_NETWORK_ERROR, WSAENETDOWN },
    { STATUS_NETWORK_UNREACHABLE, WSAENETUNREACH },
    { STATUS_BAD_NETWORK_PATH, WSAENETUNREACH },
    { STATUS_PROTOCOL_UNREACHABLE, WSAENETUNREACH },
    { STATUS_CONNECTION_ABORTED, WSAECONNABORTED },
    { STATUS_LOCAL_DISCONNECT, WSAECONNABORTED },
    { STATUS_TRANSACTION_ABORTED, WSAECONNABORTED },
    { STATUS_CONNECTION_RESET, WSAECONNRESET },
    { STATUS_REMOTE_DISCONNECT, WSAECONNRESET },
    { STATUS_LINK_FAILED, WSAECONNRESET },
    { STATUS_CONNECTION_DISCONNECTED, WSAECONNRESET },
    { STATUS_PORT_UNREACHABLE, WSAECONNRESET },
    { (NTSTATUS)0xc000a012 /* STATUS_HOPLIMIT_EXCEEDED */, WSAENETRESET },     /* reference 3.2 */
    { STATUS_INSUFFICIENT_RESOURCES, WSAENOBUFS },
    { STATUS_PAGEFILE_QUOTA, WSAENOBUFS },
    { STATUS_NO_MEMORY, WSAENOBUFS },
    { STATUS_CONFLICTING_ADDRESSES, WSAENOBUFS },
    { STATUS_QUOTA_EXCEEDED, WSAENOBUFS },
    { STATUS_TOO_MANY_PAGING_FILES, WSAENOBUFS },
    { STATUS_WORKING_SET_QUOTA, WSAENOBUFS },
    { STATUS_COMMITMENT_LIMIT, WSAENOBUFS },
    { STATUS_REMOTE_RESOURCES, WSAENOBUFS },
    { STATUS_TOO_MANY_ADDRESSES, WSAENOBUFS },
    { STATUS_CONNECTION_ACTIVE, WSAEISCONN },
    { STATUS_INVALID_CONNECTION, WSAENOTCONN },
    { STATUS_PIPE_DISCONNECTED, WSAESHUTDOWN },
    { STATUS_IO_TIMEOUT, WSAETIMEDOUT },
    { STATUS_LINK_TIMEOUT, WSAETIMEDOUT },
    { STATUS_CONNECTION_REFUSED, WSAECONNREFUSED },
    { STATUS_REMOTE_NOT_LISTENING, WSAECONNREFUSED },
    { STATUS_HOST_DOWN, WSAEHOSTDOWN },
    { STATUS_HOST_UNREACHABLE, WSAEHOSTUNREACH },
    { STATUS_GRACEFUL_DISCONNECT, WSAEDISCON },
    { STATUS_INVALID_PARAMETER, WSAEINVAL },
};

int status_to_wsa( NTSTATUS status )
{
    unsigned int i;

    if (!status) return 0;
    for (i = 0; i < ARRAY_SIZE(status_map); i++)
        if (status_map[i].status == status) return status_map[i].error;
    return NT_SUCCESS( status ) ? RtlNtStatusToDosErrorNoTeb( status ) : WSAEINVAL;
}

NTSTATUS wsa_to_status( int error )
{
    unsigned int i;

    if (!error) return STATUS_SUCCESS;
    if (error == WSAEMFILE) return STATUS_TOO_MANY_OPENED_FILES;
    for (i = 0; i < ARRAY_SIZE(status_map); i++)
        if (status_map[i].error == error) return status_map[i].status;
    return STATUS_INVALID_PARAMETER;
}

/* What the host's errors mean to a program: the first column for calls without a rule of their own, another
 * where the same host error stands for something else to that operation (reference 3.2). Names are resolved
 * by calls of their own, whose failures host_name_error_to_wsa() translates. */
#define ANY [OPERATION_ANY]
#define SEND [OPERATION_SEND]
#define RECV [OPERATION_RECV]
#define SENDTO [OPERATION_SENDTO]
#define RECVFROM [OPERATION_RECVFROM]
#define OPTION [OPERATION_OPTION]
#define ACCEPT [OPERATION_ACCEPT]

static const short host_map[HOST_ERROR_COUNT][OPERATION_COUNT] =
{
    [HOST_OK] = { ANY = 0 },
    [HOST_EACCES] = { ANY = WSAEACCES },
    [HOST_EADDRINUSE] = { ANY = WSAEADDRINUSE },
    [HOST_EADDRNOTAVAIL] = { ANY = WSAEADDRNOTAVAIL },
    [HOST_EAFNOSUPPORT] = { ANY = WSAEAFNOSUPPORT },
    [HOST_EAGAIN] = { ANY = WSAEWOULDBLOCK },
    [HOST_EALREADY] = { ANY = WSAEALREADY },
    [HOST_EBADF] = { ANY = WSAENOTSOCK },
    /* the peer reset it before it was taken (MS: accept) */
    [HOST_ECONNABORTED] = { ANY = WSAECONNABORTED, ACCEPT = WSAECONNRESET },
    /* a datagram has no connection to be refused: its port was unreachable */
    [HOST_ECONNREFUSED] = { ANY = WSAECONNREFUSED, SENDTO = WSAECONNRESET, RECVFROM = WSAECONNRESET },
    [HOST_ECONNRESET] = { ANY = WSAECONNRESET },
    /* no address was given, and there is none to take in its place */
    [HOST_EDESTADDRREQ] = { ANY = WSAEDESTADDRREQ, SEND = WSAENOTCONN, SENDTO = WSAENOTCONN },
    [HOST_EFAULT] = { ANY = WSAEFAULT },
    [HOST_EHOSTDOWN] = { ANY = WSAEHOSTDOWN },
    [HOST_EHOSTUNREACH] = { ANY = WSAEHOSTUNREACH },
    [HOST_EINPROGRESS] = { ANY = WSAEWOULDBLOCK },
    [HOST_EINTR] = { ANY = WSAEINTR },
    [HOST_EINVAL] = { ANY = WSAEINVAL },
    [HOST_EISCONN] = { ANY = WSAEISCONN },
    [HOST_ELOOP] = { ANY = WSAELOOP },
    [HOST_EMFILE] = { ANY = WSAEMFILE },
    [HOST_EMSGSIZE] = { ANY = WSAEMSGSIZE },
    [HOST_ENAMETOOLONG] = { ANY = WSAENAMETOOLONG },
    [HOST_ENETDOWN] = { ANY = WSAENETDOWN },
    [HOST_ENETRESET] = { ANY = WSAENETRESET },
    [HOST_ENETUNREACH] = { ANY = WSAENETUNREACH },
    [HOST_ENFILE] = { ANY = WSAEMFILE },
    [HOST_ENOBUFS] = { ANY = WSAENOBUFS },
    /* the host half is missing; to options: no such interface */
    [HOST_ENODEV] = { ANY = WSAENETDOWN, OPTION = WSAEADDRNOTAVAIL },
    [HOST_ENOENT] = { ANY = WSAEADDRNOTAVAIL },
    [HOST_ENOMEM] = { ANY = WSAENOBUFS },
    /* on datagrams it is the ICMP message "protocol unreachable" */
    [HOST_ENOPROTOOPT] = { ANY = WSAENOPROTOOPT, SENDTO = WSAENETUNREACH, RECVFROM = WSAENETUNREACH },
    [HOST_ENOTCONN] = { ANY = WSAENOTCONN },
    [HOST_ENOTEMPTY] = { ANY = WSAENOTEMPTY },
    [HOST_ENOTSOCK] = { ANY = WSAENOTSOCK },
    [HOST_ESTALE] = { ANY = WSAENOTSOCK },
    [HOST_EOPNOTSUPP] = { ANY = WSAEOPNOTSUPP, OPTION = WSAENOPROTOOPT },
    [HOST_EPERM] = { ANY = WSAEACCES },
    /* who shut down the sending direction himself is told so before the host is asked */
    [HOST_EPIPE] = { ANY = WSAESHUTDOWN, SEND = WSAECONNRESET, RECV = WSAECONNRESET },
    [HOST_EPROTONOSUPPORT] = { ANY = WSAEPROTONOSUPPORT },
    [HOST_EPROTOTYPE] = { ANY = WSAEPROTOTYPE },
    [HOST_ESHUTDOWN] = { ANY = WSAESHUTDOWN },
    [HOST_ESOCKTNOSUPPORT] = { ANY = WSAESOCKTNOSUPPORT },
    [HOST_ETIMEDOUT] = { ANY = WSAETIMEDOUT },
    [HOST_ETOOMANYREFS] = { ANY = WSAETOOMANYREFS },
    [HOST_ENOTSUP_VERSION] = { ANY = WSAENETDOWN },
    [HOST_EOTHER] = { ANY = WSAEINVAL },
};

/* AFD's errors are right for most operations as they are; the server translates an errno without regard to
 * the call (Wine 8.0 and 10.0). */
static const struct
{
    enum operation operation;
    int afd, error;
}
afd_exceptions[] =
{
    { OPERATION_RECVFROM, WSAECONNREFUSED, WSAECONNRESET },
    { OPERATION_SENDTO, WSAECONNREFUSED, WSAECONNRESET },
    { OPERATION_ACCEPT, WSAECONNABORTED, WSAECONNRESET },
};

int host_error_to_wsa( int error, enum operation operation )
{
    if (error < 0 || error >= HOST_ERROR_COUNT) return WSAEINVAL;
    if (host_map[error][operation]) return host_map[error][operation];
    return host_map[error][OPERATION_ANY];
}

int afd_error_to_wsa( int error, enum operation operation )
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(afd_exceptions); i++)
        if (afd_exceptions[i].operation == operation && afd_exceptions[i].afd == error)
            return afd_exceptions[i].error;
    return error;
}

int host_name_error_to_wsa( int error )
{
    static const int map[] =
    {
        [HOST_NAME_OK] = 0,
        [HOST_NAME_NOT_FOUND] = WSAHOST_NOT_FOUND,
        [HOST_NAME_NO_DATA] = WSANO_DATA,
        [HOST_NAME_AGAIN] = WSATRY_AGAIN,
        [HOST_NAME_FAIL] = WSANO_RECOVERY,
        [HOST_NAME_MEMORY] = WSA_NOT_ENOUGH_MEMORY,
    };

    if (error < 0 || error >= (int)ARRAY_SIZE(map)) return WSANO_RECOVERY;
    return map[error];
}
