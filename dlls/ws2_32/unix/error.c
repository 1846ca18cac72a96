/*
 * The host's errors in the interface's words.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"

static const struct
{
    int err;
    enum host_error error;
}
errors[] =
{
    { EACCES, HOST_EACCES },
    { EADDRINUSE, HOST_EADDRINUSE },
    { EADDRNOTAVAIL, HOST_EADDRNOTAVAIL },
    { EAFNOSUPPORT, HOST_EAFNOSUPPORT },
    { EAGAIN, HOST_EAGAIN },
    { EALREADY, HOST_EALREADY },
    { EBADF, HOST_EBADF },
    { ECONNABORTED, HOST_ECONNABORTED },
    { ECONNREFUSED, HOST_ECONNREFUSED },
    { ECONNRESET, HOST_ECONNRESET },
    { EDESTADDRREQ, HOST_EDESTADDRREQ },
    { EFAULT, HOST_EFAULT },
    { EHOSTDOWN, HOST_EHOSTDOWN },
    { EHOSTUNREACH, HOST_EHOSTUNREACH },
    { EINPROGRESS, HOST_EINPROGRESS },
    { EINTR, HOST_EINTR },
    { EINVAL, HOST_EINVAL },
    { EISCONN, HOST_EISCONN },
    { ELOOP, HOST_ELOOP },
    { EMFILE, HOST_EMFILE },
    { EMSGSIZE, HOST_EMSGSIZE },
    { ENAMETOOLONG, HOST_ENAMETOOLONG },
    { ENETDOWN, HOST_ENETDOWN },
    { ENETRESET, HOST_ENETRESET },
    { ENETUNREACH, HOST_ENETUNREACH },
    { ENFILE, HOST_ENFILE },
    { ENOBUFS, HOST_ENOBUFS },
    { ENODEV, HOST_ENODEV },
    { ENOENT, HOST_ENOENT },
    { ENOMEM, HOST_ENOMEM },
    { ENOPROTOOPT, HOST_ENOPROTOOPT },
    { ENOTCONN, HOST_ENOTCONN },
    { ENOTEMPTY, HOST_ENOTEMPTY },
    { ENOTSOCK, HOST_ENOTSOCK },
    { EOPNOTSUPP, HOST_EOPNOTSUPP },
    { EPERM, HOST_EPERM },
    { EPIPE, HOST_EPIPE },
    { EPROTONOSUPPORT, HOST_EPROTONOSUPPORT },
    { EPROTOTYPE, HOST_EPROTOTYPE },
    { ESHUTDOWN, HOST_ESHUTDOWN },
    { ESOCKTNOSUPPORT, HOST_ESOCKTNOSUPPORT },
    { ETIMEDOUT, HOST_ETIMEDOUT },
    { ETOOMANYREFS, HOST_ETOOMANYREFS },
    /* other words for the same */
    { EPFNOSUPPORT, HOST_EAFNOSUPPORT },
    { ENOSYS, HOST_EOPNOTSUPP },
    { ENOTTY, HOST_EOPNOTSUPP },
    { ENXIO, HOST_ENODEV },
    { ENONET, HOST_ENETUNREACH },   /* ICMP: the source host is isolated */
};

int host_error_from_errno( int err )
{
    size_t i;

    if (!err) return HOST_OK;
    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].err == err) return errors[i].error;
    return HOST_EOTHER;
}
