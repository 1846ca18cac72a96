/*
 * bcryptprimitives.dll for Wines that have none (8.0): current Go and Rust programs take their random
 * numbers from its ProcessPrng. Laid beside such a program by tools/check-apps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <windows.h>

BOOLEAN NTAPI SystemFunction036( void *buffer, ULONG size );

__declspec(dllexport) BOOL WINAPI ProcessPrng( BYTE *buffer, SIZE_T size )
{
    while (size)
    {
        ULONG step = size > 0x10000000 ? 0x10000000 : (ULONG)size;

        if (!SystemFunction036( buffer, step )) return FALSE;
        buffer += step;
        size -= step;
    }
    return TRUE;
}
