/*
 * The helper module whose only purpose is to be a Wine builtin: Wine loads the host half beside it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <windows.h>

BOOL WINAPI DllMain( HINSTANCE instance, DWORD reason, void *reserved )
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) DisableThreadLibraryCalls( instance );
    return TRUE;
}
