/*
 * Unit test of the host's errors in the interface's words.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "host_private.h"
#include "check.h"
#include <stdio.h>

/* errors of the interface that no errno stands for */
#undef ESTALE
#define ESTALE -1
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
        { EUCLEAN, HOST_EOTHER },
        { 0x7fffffff, HOST_EOTHER },
        { -EINVAL, HOST_EOTHER },
    };
    unsigned int i;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
    {
        int error = host_error_from_errno( tests[i].err );
        int good = tests[i].err == -1 || error == tests[i].error;

        check( good );
        if (!good) printf( "errno %d is error %d, not %d\n", tests[i].err, error, tests[i].error );
    }
    return report_checks();
}
