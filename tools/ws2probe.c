/*
 * The doctor's probe: says which ws2_32.dll a program gets here, and whether it works.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>

int main(void)
{
    int (WINAPI *startup)( WORD version, WSADATA *data );
    void (WINAPI *get_version)( OSVERSIONINFOW *info );
    OSVERSIONINFOW version = { sizeof(version) };
    HMODULE module;
    char path[MAX_PATH];
    WSADATA data;

    get_version = (void *)GetProcAddress( GetModuleHandleA( "ntdll.dll" ), "RtlGetVersion" );
    if (get_version) get_version( &version );
    printf( "windows=%lu.%lu.%lu\n", version.dwMajorVersion, version.dwMinorVersion, version.dwBuildNumber );

    if (!(module = LoadLibraryA( "ws2_32.dll" )))
    {
        fprintf( stderr, "ws2_32.dll cannot be loaded, error %lu\n", GetLastError() );
        return 1;
    }
    GetModuleFileNameA( module, path, sizeof(path) );
    printf( "module=%s\n", path );
    startup = (void *)GetProcAddress( module, "WSAStartup" );
    printf( "startup=%d\n", startup ? startup( MAKEWORD( 2, 2 ), &data ) : -1 );
    printf( "helper=%s\n", GetModuleHandleA( "ws2host.dll" ) ? "yes" : "no" );
    return 0;
}
