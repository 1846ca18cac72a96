/*
 * Calls made by an APC while its thread waits in another call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "util.h"

struct nested
{
    SOCKET s;                   /* for the call inside the APC */
    HANDLE done;
    int ret, error;
};

static void CALLBACK nested_apc( ULONG_PTR param )
{
    struct nested *nested = (struct nested *)param;
    char byte;

    nested->ret = recv( nested->s, &byte, 1, 0 );
    nested->error = WSAGetLastError();
    SetEvent( nested->done );
}

struct sender
{
    SOCKET s;
    HANDLE when;
};

static DWORD WINAPI sender_thread( void *arg )
{
    struct sender *sender = arg;

    WaitForSingleObject( sender->when, PATIENCE );
    send( sender->s, "x", 1, 0 );
    return 0;
}

/* The outer call must go on waiting after the inner one has, whatever the inner one's end was. */
static void test_receive( BOOL inner_times_out )
{
    struct nested nested = { 0 };
    SOCKET outer, outer_peer, inner, inner_peer;
    DWORD timeout = 20, limit = PATIENCE;
    struct sender sender;
    HANDLE thread;
    char byte = 0;
    int ret;

    winetest_push_context( "inner call %s", inner_times_out ? "times out" : "succeeds at once" );
    tcp_socketpair( &outer, &outer_peer );
    tcp_socketpair( &inner, &inner_peer );
    setsockopt( outer, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof(limit) );
    setsockopt( inner, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) );
    if (!inner_times_out) send( inner_peer, "y", 1, 0 );

    nested.s = inner;
    nested.done = CreateEventW( NULL, TRUE, FALSE, NULL );
    sender.s = outer_peer;
    sender.when = nested.done;
    thread = CreateThread( NULL, 0, sender_thread, &sender, 0, NULL );
    QueueUserAPC( nested_apc, GetCurrentThread(), (ULONG_PTR)&nested );

    ret = recv( outer, &byte, 1, 0 );
    ok( ret == 1 && byte == 'x', "got %d, error %d\n", ret, WSAGetLastError() );
    if (inner_times_out)
        ok( nested.ret == -1 && nested.error == WSAETIMEDOUT, "got %d, error %d\n", nested.ret,
            nested.error );
    else ok( nested.ret == 1, "got %d, error %d\n", nested.ret, nested.error );

    ok( !WaitForSingleObject( thread, PATIENCE ), "the thread does not end\n" );
    CloseHandle( thread );
    CloseHandle( nested.done );
    closesocket( outer );
    closesocket( outer_peer );
    closesocket( inner );
    closesocket( inner_peer );
    winetest_pop_context();
}

START_TEST(nested)
{
    unsigned int i;

    start_sockets();
    for (i = 0; i < 10; i++) test_receive( TRUE );
    test_receive( FALSE );
    stop_sockets();
}
