/*
 * A lock that a killed thread does not keep.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The owner's stamp in the lock leads to a handle of its thread, which proves when the thread is gone.
 * Thread identifiers would not do: they are used again, and then the lock would look owned. A pool wait on
 * that handle tells rio.c of the end of each thread, so that what one has left behind does not wait for
 * another to come by.
 */
#include "ws2_32_private.h"

WINE_DEFAULT_DEBUG_CHANNEL(winsock);

#define YIELDS 100              /* until a waiter sleeps, 1 ms at a time */
#define ASK_INTERVAL 16         /* sleeps between two looks at the owner, each a server request */

/* A thread object is signaled when the server kills the thread, which the signal ends a moment later. */
#define DEATH_MS 10

#define NO_STAMP    0           /* nobody's */
#define IN_BETWEEN -1           /* changes hands; also stands for threads that can have none */

struct thread_stamp
{
    struct thread_stamp *next;
    LONG value;                 /* unique in the process */
    HANDLE thread, wait;
};

/* Only ever added to: who looks for an owner takes no lock. */
static struct thread_stamp *stamps;

static void sleep_ms( unsigned int ms )
{
    LARGE_INTEGER time = { .QuadPart = -10000 * (LONGLONG)ms };

    NtDelayExecution( FALSE, &time );
}

static struct thread_stamp *unused_stamp(void)
{
    struct thread_stamp *stamp, *first;

    for (stamp = stamps; stamp; stamp = stamp->next)
        if (InterlockedCompareExchange( &stamp->value, IN_BETWEEN, NO_STAMP ) == NO_STAMP) return stamp;
    if (!(stamp = HeapAlloc( GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*stamp) ))) return NULL;
    stamp->value = IN_BETWEEN;
    do stamp->next = first = stamps;
    while (InterlockedCompareExchangePointer( (void **)&stamps, stamp, first ) != first);
    return stamp;
}

static BOOL is_gone( LONG value )
{
    LARGE_INTEGER zero = { .QuadPart = 0 };
    const struct thread_stamp *stamp;

    if (value == IN_BETWEEN) return FALSE;
    for (stamp = stamps; stamp; stamp = stamp->next)
    {
        if (stamp->value != value) continue;
        /* when the stamp is another's by now, its handle says nothing, and need not */
        return !NtWaitForSingleObject( stamp->thread, FALSE, &zero ) ||
               *(const volatile LONG *)&stamp->value != value;
    }
    return TRUE;
}

void stamp_await_death(void)
{
    sleep_ms( DEATH_MS );
}

static void CALLBACK thread_ended( void *context, BOOLEAN timeout )
{
    struct thread_stamp *stamp = context;

    (void)timeout;
    is_gone( stamp->value );    /* the server answers when it has sent the signal, too */
    stamp_await_death();
    rio_thread_ended( stamp->value );
    InterlockedExchange( &stamp->value, IN_BETWEEN );
    UnregisterWait( stamp->wait );
    NtClose( stamp->thread );
    InterlockedExchange( &stamp->value, NO_STAMP );
}

/* The value of a new stamp for this thread, IN_BETWEEN when it can have none. */
static LONG create_stamp(void)
{
    static LONG last_value;
    struct thread_stamp *stamp;
    HMODULE module;
    LONG value;

    if (!(stamp = unused_stamp())) return IN_BETWEEN;
    do value = InterlockedIncrement( &last_value ) & MAXLONG;
    while (!value);
    /* the pool's thread must find our code, whatever the program unloads meanwhile */
    if (GetModuleHandleExW( GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                            (const WCHAR *)&stamps, &module ) &&
        DuplicateHandle( GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &stamp->thread,
                         SYNCHRONIZE, FALSE, 0 ))
    {
        if (RegisterWaitForSingleObject( &stamp->wait, stamp->thread, thread_ended, stamp, INFINITE,
                                         WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE ))
        {
            InterlockedExchange( &stamp->value, value );
            return value;
        }
        NtClose( stamp->thread );
    }
    InterlockedExchange( &stamp->value, NO_STAMP );
    return IN_BETWEEN;
}

LONG stamp_own(void)
{
    struct thread_data *data = thread_data();

    if (!data) return IN_BETWEEN;
    if (data->stamp == NO_STAMP || data->stamp == IN_BETWEEN) data->stamp = create_stamp();
    return data->stamp;
}

static BOOL take_over( struct owned_lock *lock, LONG owner, LONG self )
{
    if (!is_gone( owner )) return FALSE;
    stamp_await_death();
    if (InterlockedCompareExchange( &lock->owner, self, owner ) != owner) return FALSE;
    WARN( "lock %p of a thread that is gone.\n", lock );
    return TRUE;
}

BOOL owned_lock_enter( struct owned_lock *lock )
{
    LONG self = stamp_own(), owner;
    unsigned int i;

    for (i = 0; (owner = InterlockedCompareExchange( &lock->owner, self, NO_STAMP )); i++)
    {
        if (i < YIELDS) NtYieldExecution();
        else if ((i - YIELDS) % ASK_INTERVAL) sleep_ms( 1 );
        else if (take_over( lock, owner, self )) return TRUE;
    }
    return FALSE;
}

void owned_lock_leave( struct owned_lock *lock )
{
    InterlockedExchange( &lock->owner, NO_STAMP );
}
