/*
 * Demonstration of SIO_KEEPALIVE_VALS: a connection over loopback whose keep-alive times are set.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs on Windows too. It stops for a line of input before and after setting the values, so that its
 * launcher (or you) can look at the connection from outside; the launcher reads the lines that start
 * with "port" and "ready".
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

static void fail( const char *what )
{
    printf( "%s failed, error %d\n", what, WSAGetLastError() );
    exit( 1 );
}

static void wait_for_line(void)
{
    int c;

    while ((c = getchar()) != '\n' && c != EOF) ;
}

int main( int argc, char **argv )
{
    struct tcp_keepalive values = { 1, 5000, 1000 };
    struct sockaddr_in addr = { 0 };
    SOCKET listener, client, server;
    int len = sizeof(addr), option = 0;
    DWORD returned = 0xdeadbeef;
    WSADATA data;

    if (argc > 1) values.keepalivetime = strtoul( argv[1], NULL, 10 );
    if (argc > 2) values.keepaliveinterval = strtoul( argv[2], NULL, 10 );
    setvbuf( stdout, NULL, _IONBF, 0 );
    if (WSAStartup( MAKEWORD( 2, 2 ), &data ))
    {
        printf( "WSAStartup failed; run ws2run --doctor\n" );
        return 1;
    }

    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    if ((listener = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP )) == INVALID_SOCKET) fail( "socket" );
    if (bind( listener, (struct sockaddr *)&addr, sizeof(addr) )) fail( "bind" );
    if (listen( listener, 1 )) fail( "listen" );
    if (getsockname( listener, (struct sockaddr *)&addr, &len )) fail( "getsockname" );

    if ((client = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP )) == INVALID_SOCKET) fail( "socket" );
    if (connect( client, (struct sockaddr *)&addr, sizeof(addr) )) fail( "connect" );
    if ((server = accept( listener, NULL, NULL )) == INVALID_SOCKET) fail( "accept" );
    len = sizeof(addr);
    if (getsockname( client, (struct sockaddr *)&addr, &len )) fail( "getsockname" );

    printf( "Connected over loopback, no keep-alive.\n" );
    printf( "port %u\n", ntohs( addr.sin_port ));
    wait_for_line();

    printf( "WSAIoctl( SIO_KEEPALIVE_VALS, { on, %lu ms, %lu ms } )", values.keepalivetime,
            values.keepaliveinterval );
    if (WSAIoctl( client, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &returned, NULL, NULL ))
    {
        printf( "\n" );
        fail( "WSAIoctl" );
    }
    len = sizeof(option);
    if (getsockopt( client, SOL_SOCKET, SO_KEEPALIVE, (char *)&option, &len )) fail( "getsockopt" );
    printf( ": success, %lu bytes returned; SO_KEEPALIVE is now %d\n", returned, option );
    printf( "ready\n" );
    wait_for_line();

    closesocket( server );
    closesocket( client );
    closesocket( listener );
    WSACleanup();
    return 0;
}
