/*
 * Checks of the host half's unit tests, and an ntdll.so for them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "check.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic unsigned int passed, failed;

uint32_t wine_server_handle_to_fd( void *handle, uint32_t access, int *fd, uint32_t *options );
uint32_t wine_server_call( void *request );

__attribute__((weak)) uint32_t wine_server_handle_to_fd( void *handle, uint32_t access, int *fd,
                                                         uint32_t *options )
{
    (void)access; (void)options;
    *fd = dup( (int)(intptr_t)handle );
    return *fd < 0 ? 0xc0000008 : 0;
}

__attribute__((weak)) uint32_t wine_server_call( void *request )
{
    (void)request;
    return 0xc0000002;
}

void check_( const char *file, int line, int good, const char *expr )
{
    const char *name = strrchr( file, '/' );

    if (good) passed++;
    else
    {
        failed++;
        printf( "%s:%d: failed: %s\n", name ? name + 1 : file, line, expr );
    }
}

int report_checks( void )
{
    printf( "%u passed, %u failed\n", passed, failed );
    return failed != 0;
}

long long now_ms( void )
{
    struct timespec ts;

    clock_gettime( CLOCK_MONOTONIC, &ts );
    return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

int count_descriptors( void )
{
    DIR *dir = opendir( "/proc/self/fd" );
    int count = 0;

    while (readdir( dir )) count++;
    closedir( dir );
    return count;
}
