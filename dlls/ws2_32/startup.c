/*
 * Start-up count, per-thread data, and what every entry point does first and last.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

LONG startups;
BOOL callbacks_used;
static DWORD tls_index = TLS_OUT_OF_INDEXES;

static void free_thread_data(void)
{
    struct thread_data *data;

    if (tls_index == TLS_OUT_OF_INDEXES || !(data = TlsGetValue( tls_index ))) return;
    if (data->sync_event) CloseHandle( data->sync_event );
    HeapFree( GetProcessHeap(), 0, data->he_buffer );
    HeapFree( GetProcessHeap(), 0, data->se_buffer );
    HeapFree( GetProcessHeap(), 0, data->pe_buffer );
    HeapFree( GetProcessHeap(), 0, data );
    TlsSetValue( tls_index, NULL );
}

BOOL WINAPI DllMain( HINSTANCE instance, DWORD reason, void *reserved )
{
    (void)instance;
    switch (reason)
    {
    case DLL_PROCESS_ATTACH:
        return (tls_index = TlsAlloc()) != TLS_OUT_OF_INDEXES;
    case DLL_THREAD_DETACH:
        free_thread_data();
        break;
    case DLL_PROCESS_DETACH:
        drain_wait();
        if (reserved)
        {
            /* other threads may have died anywhere */
            host_leave();
            break;
        }
        free_thread_data();
        TlsFree( tls_index );
        break;
    }
    return TRUE;
}

/* As TlsGetValue, but the last error stays. */
static inline struct thread_data *find_thread_data(void)
{
    TEB *teb = NtCurrentTeb();
    DWORD error;
    void *data;

    if (tls_index < ARRAY_SIZE(teb->TlsSlots)) return teb->TlsSlots[tls_index];
    error = GetLastError();
    data = TlsGetValue( tls_index );
    SetLastError( error );
    return data;
}

struct thread_data *thread_data(void)
{
    struct thread_data *data = find_thread_data();
    DWORD error;

    if (data) return data;
    error = GetLastError();
    if ((data = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*data) )))
        TlsSetValue( tls_index, data );
    SetLastError( error );
    return data;
}

static BOOL hooks_used;

void thread_set_hook( struct thread_data *data, FARPROC hook )
{
    hooks_used |= hook != NULL;
    data->blocking_hook = hook;
}

BOOL thread_has_hook(void)
{
    const struct thread_data *data;

    return hooks_used && (data = thread_data()) && data->blocking_hook;
}

HANDLE sync_event(void)
{
    struct thread_data *data = thread_data();
    HANDLE event = data ? data->sync_event : NULL;

    if (!event) return CreateEventW( NULL, TRUE, FALSE, NULL );
    data->sync_event = NULL;
    return event;
}

void release_sync_event( HANDLE event )
{
    struct thread_data *data = thread_data();

    if (data && !data->sync_event) data->sync_event = event;
    else if (event) CloseHandle( event );
}

/* Wine's own programs may call without WSAStartup, which its own ws2_32 does not miss: wineboot asks for the
 * host's name so, and without it the prefix has no computer name. */
static BOOL is_wine_program(void)
{
    static const char mark[] = "Wine builtin DLL";
    const char *image = (const char *)GetModuleHandleW( NULL );

    return image && !memcmp( image + sizeof(IMAGE_DOS_HEADER), mark, sizeof(mark) );
}

int judge_entry(void)
{
    const struct thread_data *data;

    if (!startups && !is_wine_program()) return WSANOTINITIALISED;
    data = find_thread_data();
    if (data && (data->in_blocking_call || data->in_callback)) return WSAEINPROGRESS;
    return 0;
}

/* MicrosoftDocs/sdk-api: WSAStartup. The version table is that of its remarks: 2.2 is the highest, and
 * whoever asks for more gets it. */
int WINAPI WSAStartup( WORD version, WSADATA *data )
{
    static const char description[] = "WinSock 2.0", status[] = "Running";
    const struct thread_data *thread = TlsGetValue( tls_index );
    BYTE major = LOBYTE( version ), minor = HIBYTE( version );
    WSADATA answer;

    TRACE( "version %#x, data %p.\n", version, data );

    if (thread && thread->in_blocking_call) return WSAEINPROGRESS;      /* MS: WSAStartup */
    /* the data is filled in for a version that is refused, too (Wine T:test_startup) */
    if (!data) return major ? WSAEFAULT : WSAVERNOTSUPPORTED;
    if (!host_available()) return WSASYSNOTREADY;

    if (major == 1) version = MAKEWORD( 1, min( minor, 1 ));
    else if (major == 2) version = MAKEWORD( 2, min( minor, 2 ));
    else version = MAKEWORD( 2, 2 );

    if (!guard_read( &answer, data, sizeof(answer) )) return WSAEFAULT;
    answer.wVersion = version;
    answer.wHighVersion = MAKEWORD( 2, 2 );
    memcpy( answer.szDescription, description, sizeof(description) );
    memcpy( answer.szSystemStatus, status, sizeof(status) );
    answer.iMaxSockets = major == 1 ? 32767 : 0;
    answer.iMaxUdpDg = major == 1 ? 65467 : 0;
    /* lpVendorInfo is left alone, as the documentation says of version 2 */
    if (!guard_write( data, &answer, sizeof(answer) )) return WSAEFAULT;
    if (!major) return WSAVERNOTSUPPORTED;

    InterlockedIncrement( &startups );
    return 0;
}

INT WINAPI WSACleanup(void)
{
    LONG count = startups;
    int error;

    TRACE( "count %ld.\n", count );

    /* Two threads that clean up at once must not both take the last count (field report 16). */
    for (;;)
    {
        LONG seen;

        if (!count) return leave_api( WSANOTINITIALISED );
        if ((seen = InterlockedCompareExchange( &startups, count - 1, count )) == count) break;
        count = seen;
    }
    if (count == 1) provider->lpWSPCleanup( &error );
    return leave_api( 0 );
}

INT WINAPI WSAGetLastError(void)
{
    return GetLastError();
}

void WINAPI WSASetLastError( INT error )
{
    SetLastError( error );
}
