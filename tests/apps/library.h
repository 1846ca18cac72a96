/*
 * What the clients of libraries for Windows share: the functions of a DLL in the path, and how to fail.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import { void **where; const char *name; };

static void fail( const char *what, const char *why )
{
    printf( "FAIL %s: %s\n", what, why );
    fflush( stdout );
    exit( 1 );
}

static void load_library( const char *name, const struct import *imports, size_t count )
{
    HMODULE library = LoadLibraryA( name );
    size_t i;

    if (!library) fail( "load", name );
    for (i = 0; i < count; i++)
        if (!(*imports[i].where = (void *)GetProcAddress( library, imports[i].name )))
            fail( "load", imports[i].name );
}
