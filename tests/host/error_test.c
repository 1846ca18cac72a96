/*
 * Unit test of the host's errors in the interface's words.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"
#include <stdio.h>

__attribute__((weak)) uint32_t wine_server_handle_to_fd( void *handle, uint32_t access, int *fd,
                                                         uint32_t *options )
{
    (void)handle; (void)access; (void)fd; (void)options;
    return 0xc0000008;
}

__attribute__((weak)) uint32_t wine_server_call( void *request )
{
    (void)request;
    return 0xc0000002;
}

/* errors of the interface that no errno stands for */
#define ENOTSUP_VERSION -1
#define EOTHER -1

int main( void )
{
    static const struct { int err, error; } tests[] =
    {
#define X( name ) { E##name, HOST_E##name },
        HOST_ERRORS( X )
#undef X
        { 0, HOST_OK },
        { EWOULDBLOCK, HOST_EAGAIN },
        { ENOTSUP, HOST_EOPNOTSUPP },
        { EPFNOSUPPORT, HOST_EAFNOSUPPORT },
        { ENOSYS, HOST_EOPNOTSUPP },
        { ENOTTY, HOST_EOPNOTSUPP },
        { ENXIO, HOST_ENODEV },
        { ENONET, HOST_ENETUNREACH },
        { ESTALE, HOST_EOTHER },
        { 0x7fffffff, HOST_EOTHER },
        { -EINVAL, HOST_EOTHER },
    };
    unsigned int i, passed = 0, failed = 0;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
    {
        int error = host_error_from_errno( tests[i].err );

        if (tests[i].err == -1 || error == tests[i].error) passed++;
        else
        {
            failed++;
            printf( "error_test.c: errno %d is error %d, not %d\n", tests[i].err, error, tests[i].error );
        }
    }
    printf( "%u passed, %u failed\n", passed, failed );
    return !!failed;
}
