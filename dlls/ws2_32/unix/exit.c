/*
 * What the host half does when the process ends.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On Windows a process' sockets are closed when its handle becomes signalled, so whoever waits for that may
 * bind the same port at once. Wine signals the handle when wineserver hears of the end; the host's process
 * and the descriptors that ntdll caches for it live on for a moment, and a port stays in use with them.
 * Asking for a descriptor is what puts it into that cache, so this is ours to undo.
 */
#include "host_private.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int host_exit( struct host_exit_params *args )
{
    struct dirent *entry;
    int nothing;
    DIR *dir;

    args->released = 0;
    if ((nothing = open( "/dev/null", O_RDWR | O_CLOEXEC )) < 0) return HOST_EOTHER;
    if (!(dir = opendir( "/proc/self/fd" )))
    {
        close( nothing );
        return HOST_EOTHER;
    }
    while ((entry = readdir( dir )))
    {
        int fd = atoi( entry->d_name ), domain;
        socklen_t len = sizeof(domain);

        if (entry->d_name[0] == '.' || getsockopt( fd, SOL_SOCKET, SO_DOMAIN, &domain, &len )) continue;
        if (domain != AF_INET && domain != AF_INET6) continue;
        /* the number stays taken: ntdll's cache still knows it */
        if (dup3( nothing, fd, O_CLOEXEC ) >= 0) args->released++;
    }
    closedir( dir );
    close( nothing );
    return HOST_OK;
}
