/*
 * The files in drivers\etc: hosts, protocol, services.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "names.h"

#include "winreg.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define MAX_FILE_SIZE 0x400000  /* hosts files with block lists have many lines */

/* Each file's resource in this DLL, which fills drivers\etc of a new prefix (wine.inf names the numbers). */
static const struct
{
    const WCHAR *file;
    int resource;
}
resources[] =
{
    { L"hosts", 1 },
    { L"networks", 2 },
    { L"protocol", 3 },
    { L"services", 4 },
};

BOOL same_name( const char *a, const char *b )
{
    return !_stricmp( a, b );
}

/* The directory that the system names for these files; its default when it names none. */
static void etc_directory( WCHAR *path, DWORD size )
{
    static const WCHAR fallback[] = L"\\drivers\\etc";
    LSTATUS (WINAPI *get_value)( HKEY, const WCHAR *, const WCHAR *, DWORD, DWORD *, void *, DWORD * );
    DWORD bytes = size * sizeof(WCHAR);
    UINT len;

    get_value = (void *)GetProcAddress( GetModuleHandleW( L"kernelbase.dll" ), "RegGetValueW" );
    if (get_value && !get_value( HKEY_LOCAL_MACHINE,
                                 L"System\\CurrentControlSet\\Services\\Tcpip\\Parameters", L"DatabasePath",
                                 RRF_RT_REG_SZ, NULL, path, &bytes ))
        return;

    len = GetSystemDirectoryW( path, size );
    if (!len || len + ARRAY_SIZE(fallback) > size) len = 0;
    memcpy( path + len, fallback, sizeof(fallback) );
}

/* The file's text, NUL-terminated, on our heap. */
static char *read_file( const WCHAR *file )
{
    WCHAR path[MAX_PATH + 16];
    LARGE_INTEGER size;
    char *text = NULL;
    DWORD read = 0;
    HANDLE handle;
    size_t len;

    etc_directory( path, MAX_PATH );
    len = wcslen( path );
    path[len++] = '\\';
    wcscpy( path + len, file );

    handle = CreateFileW( path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                          OPEN_EXISTING, 0, NULL );
    if (handle == INVALID_HANDLE_VALUE)
    {
        TRACE( "no file %s, error %lu.\n", debugstr_w( path ), GetLastError() );
        return NULL;
    }
    if (GetFileSizeEx( handle, &size ) && size.QuadPart <= MAX_FILE_SIZE &&
        (text = HeapAlloc( GetProcessHeap(), 0, size.QuadPart + 1 )))
    {
        if (!ReadFile( handle, text, size.QuadPart, &read, NULL )) read = 0;
        text[read] = 0;
    }
    CloseHandle( handle );
    return text;
}

/* The same from our own resources, where a prefix has lost the file. */
static char *read_resource( const WCHAR *file )
{
    HMODULE module;
    HRSRC resource;
    unsigned int i;
    DWORD size;
    char *text;

    for (i = 0; i < ARRAY_SIZE(resources); i++) if (!wcscmp( resources[i].file, file )) break;
    if (i == ARRAY_SIZE(resources)) return NULL;
    if (!GetModuleHandleExW( GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                             GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, (const WCHAR *)resources,
                             &module ))
        return NULL;
    if (!(resource = FindResourceW( module, (const WCHAR *)(ULONG_PTR)resources[i].resource,
                                    L"WINE_DATA_FILE" )))
        return NULL;
    size = SizeofResource( module, resource );
    if (!(text = HeapAlloc( GetProcessHeap(), 0, size + 1 ))) return NULL;
    memcpy( text, LockResource( LoadResource( module, resource )), size );
    text[size] = 0;
    return text;
}

/* The next word of a line, cut off; NULL at its end. */
static char *next_word( char **cursor )
{
    char *p = *cursor, *word;

    while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\f' || *p == '\v') p++;
    if (!*p) return NULL;
    for (word = p; *p && *p != ' ' && *p != '\t' && *p != '\r' && *p != '\f' && *p != '\v'; p++) ;
    if (*p) *p++ = 0;
    *cursor = p;
    return word;
}

BOOL etc_scan( const WCHAR *file, etc_line line, void *context )
{
    char *text, *p, *words[MAX_WORDS];
    BOOL found = FALSE;

    if (!(text = read_file( file )) && !(text = read_resource( file ))) return FALSE;

    for (p = text; p && !found; )
    {
        char *start = p, *end = strchr( p, '\n' ), *comment;
        unsigned int count = 0;

        if (end) *end++ = 0;
        p = end;
        if ((comment = strchr( start, '#' ))) *comment = 0;
        while (count < MAX_WORDS && (words[count] = next_word( &start ))) count++;
        if (count) found = line( words, count, context );
    }
    HeapFree( GetProcessHeap(), 0, text );
    return found;
}
