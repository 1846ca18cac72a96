/*
 * What the host kernel has of a socket, asked from outside this program: tests/observer.sh.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WS2_TESTS_OBSERVER_H
#define WS2_TESTS_OBSERVER_H

#include "util.h"

UTIL BOOL read_observation( const char *name, char *buffer, DWORD size )
{
    HANDLE file = CreateFileA( name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL );
    DWORD len = 0;

    if (file == INVALID_HANDLE_VALUE) return FALSE;
    ReadFile( file, buffer, size - 1, &len, NULL );
    buffer[len] = 0;
    CloseHandle( file );
    return TRUE;
}

/* All that is known of the sockets with this local port; kind is "tcp" or "udp". FALSE: nobody can tell. */
UTIL BOOL observe_port( const char *kind, unsigned short port, char *buffer, DWORD size )
{
    static int number;
    STARTUPINFOA startup = { sizeof(startup) };
    PROCESS_INFORMATION info;
    char observer[MAX_PATH], name[64], command[256];
    int i;

    if (!GetEnvironmentVariableA( "WS2_TEST_OBSERVER", observer, sizeof(observer) )) return FALSE;
    sprintf( name, "observed-%lu-%d.out", GetCurrentProcessId(), number++ );
    sprintf( command, "observer %s %u %s", kind, port, name );
    if (!CreateProcessA( observer, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info ))
    {
        ok( 0, "failed to start %s, error %lu\n", observer, GetLastError() );
        return FALSE;
    }
    for (i = 0; i < PATIENCE / 10; i++)
    {
        if (read_observation( name, buffer, size )) break;
        Sleep( 10 );    /* a native process gives no handle to wait for */
    }
    ok( i < PATIENCE / 10, "the observer wrote no %s\n", name );
    DeleteFileA( name );
    return i < PATIENCE / 10;
}

/* A socket's ports as the observer names them; 0 for a peer that it has not. */
UTIL BOOL observed_ports( SOCKET s, unsigned short *port, unsigned short *peer )
{
    struct sockaddr_storage addr;
    int len = sizeof(addr);

    *peer = 0;
    if (getsockname( s, (struct sockaddr *)&addr, &len )) return FALSE;
    *port = ntohs( ((struct sockaddr_in *)&addr)->sin_port );       /* at the same place in both families */
    len = sizeof(addr);
    if (!getpeername( s, (struct sockaddr *)&addr, &len ))
        *peer = ntohs( ((struct sockaddr_in *)&addr)->sin_port );
    return TRUE;
}

/* The line of the socket's options in what was observed, or NULL. */
UTIL const char *observed_options( const char *buffer, unsigned short port, unsigned short peer )
{
    unsigned int got_port, got_peer;
    const char *line;

    for (line = strstr( buffer, "options " ); line; line = strstr( line + 1, "\noptions " ))
        if (sscanf( line + (*line == '\n'), "options port=%u peer=%u", &got_port, &got_peer ) == 2 &&
            got_port == port && got_peer == peer) return line + (*line == '\n');
    return NULL;
}

/* Its line of ss, or NULL. */
UTIL const char *observed_state( const char *buffer, unsigned short port, unsigned short peer )
{
    char local[16], other[16], *text;
    const char *line, *end, *first;

    sprintf( local, ":%u ", port );
    sprintf( other, ":%u ", peer );
    for (line = buffer; *line; line = end + !!*end)
    {
        end = line + strcspn( line, "\n" );
        if (strncmp( line, "ss ", 3 ) || !(first = strstr( line, local )) || first > end) continue;
        text = strstr( first + 1, other );
        if (!peer || (text && text < end)) return line;
    }
    return NULL;
}

#endif
