/*
 * A server of several processes in the two ways Windows has: sockets handed over with WSADuplicateSocket
 * (`prefork duplicate`) and sockets inherited by CreateProcess (`prefork inherit`), listeners, accepted
 * connections and datagram sockets; and a connection as the standard handles of a child (`prefork stdio`).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 3
#define CONNECTIONS 30

static int is_worker;

static void fail_at( int line, const char *what )
{
    /* a worker's standard output is the pipe of its answers */
    fprintf( is_worker ? stderr : stdout, "FAIL %s%s, line %d, error %d\n",
             is_worker ? "worker: " : "", what, line, WSAGetLastError() );
    fflush( stdout );
    ExitProcess( 1 );
}
#define need( cond ) do { if (!(cond)) fail_at( __LINE__, #cond ); } while (0)

struct worker
{
    HANDLE process;
    DWORD  pid;
    HANDLE commands;  /* we write */
    HANDLE answers;   /* we read */
};

/* what a parent writes to its worker; a zero kind ends it */
struct command
{
    char kind;        /* 'l'isten, 'c'onnection, 'd'atagram, 'q'uit */
    UINT64 inherited; /* handle value */
    WSAPROTOCOL_INFOW info;
};

static void transfer( HANDLE pipe, void *data, DWORD size, int out )
{
    char *p = data;
    DWORD done;

    while (size)
    {
        need( out ? WriteFile( pipe, p, size, &done, NULL ) : ReadFile( pipe, p, size, &done, NULL ) );
        p += done;
        size -= done;
    }
}

static struct worker start_worker( const char *mode )
{
    SECURITY_ATTRIBUTES sa = { sizeof(sa), NULL, TRUE };
    STARTUPINFOA si = { sizeof(si) };
    PROCESS_INFORMATION pi;
    HANDLE command_in, answer_out;
    struct worker worker;
    char cmdline[MAX_PATH + 100], path[MAX_PATH];

    need( CreatePipe( &command_in, &worker.commands, &sa, 0 ) );
    need( CreatePipe( &worker.answers, &answer_out, &sa, 0 ) );
    SetHandleInformation( worker.commands, HANDLE_FLAG_INHERIT, 0 );
    SetHandleInformation( worker.answers, HANDLE_FLAG_INHERIT, 0 );
    GetModuleFileNameA( NULL, path, sizeof(path) );
    sprintf( cmdline, "\"%s\" worker %s", path, mode );
    si.dwFlags = STARTF_USESTDHANDLES;
    si.hStdInput = command_in;
    si.hStdOutput = answer_out;
    si.hStdError = GetStdHandle( STD_ERROR_HANDLE );
    need( CreateProcessA( NULL, cmdline, NULL, NULL, TRUE, 0, NULL, NULL, &si, &pi ) );
    CloseHandle( pi.hThread );
    CloseHandle( command_in );
    CloseHandle( answer_out );
    worker.process = pi.hProcess;
    worker.pid = pi.dwProcessId;
    return worker;
}

static void hand_over( struct worker *worker, char kind, SOCKET s, int duplicate )
{
    struct command command = { kind };
    char answer;

    if (duplicate) need( !WSADuplicateSocketW( s, worker->pid, &command.info ) );
    else command.inherited = s;
    transfer( worker->commands, &command, sizeof(command), 1 );
    transfer( worker->answers, &answer, 1, 0 );
    need( answer == 'k' );
}

static SOCKET listener( struct sockaddr_in *addr )
{
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    int len = sizeof(*addr);

    memset( addr, 0, sizeof(*addr) );
    addr->sin_family = AF_INET;
    addr->sin_addr.s_addr = htonl( INADDR_LOOPBACK );
    need( s != INVALID_SOCKET && !bind( s, (struct sockaddr *)addr, sizeof(*addr) ) &&
          !listen( s, SOMAXCONN ) );
    need( !getsockname( s, (struct sockaddr *)addr, &len ) );
    return s;
}

static SOCKET connect_to( const struct sockaddr_in *addr )
{
    DWORD timeout = 10000;
    SOCKET s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );

    /* the client's ends are not to be inherited: a worker that had one would hold it open */
    SetHandleInformation( (HANDLE)s, HANDLE_FLAG_INHERIT, 0 );
    need( !setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) ) );
    need( !connect( s, (const struct sockaddr *)addr, sizeof(*addr) ) );
    return s;
}

static int receive_all( SOCKET s, char *buf, int size )
{
    int got = 0, ret = 0;

    while (got < size && (ret = recv( s, buf + got, size - got, 0 )) > 0) got += ret;
    need( got == size || ret == 0 );
    return got;
}

/* sends a question, expects "PID: question" of one of the workers and the end of the connection */
static DWORD ask( SOCKET s, const char *question )
{
    char buf[200];
    int got;
    DWORD pid;
    char *rest;

    need( send( s, question, strlen( question ), 0 ) == (int)strlen( question ) );
    need( !shutdown( s, SD_SEND ) );
    got = receive_all( s, buf, sizeof(buf) - 1 );
    buf[got] = 0;
    pid = strtoul( buf, &rest, 10 );
    if (strncmp( rest, ": ", 2 ) || strcmp( rest + 2, question ))
        fprintf( stderr, "'%s' for '%s'\n", buf, question );
    need( !strncmp( rest, ": ", 2 ) && !strcmp( rest + 2, question ) );
    closesocket( s );
    return pid;
}

static void answer_connection( SOCKET s )
{
    char buf[200], reply[300];
    int got = receive_all( s, buf, sizeof(buf) - 1 ), len;

    buf[got] = 0;
    len = sprintf( reply, "%lu: %s", GetCurrentProcessId(), buf );
    need( send( s, reply, len, 0 ) == len );
    need( !closesocket( s ) );
}

static DWORD WINAPI accept_thread( void *arg )
{
    SOCKET s, listening = (SOCKET)arg;

    while ((s = accept( listening, NULL, NULL )) != INVALID_SOCKET)
    {
        BOOL on = TRUE;

        need( !setsockopt( s, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof(on) ) );
        answer_connection( s );
    }
    return 0;
}

static DWORD WINAPI datagram_thread( void *arg )
{
    SOCKET s = (SOCKET)arg;
    struct sockaddr_in from;
    int fromlen = sizeof(from), got, len;
    char buf[200], reply[300];

    while ((got = recvfrom( s, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&from, &fromlen )) >= 0)
    {
        buf[got] = 0;
        len = sprintf( reply, "%lu: %s", GetCurrentProcessId(), buf );
        need( sendto( s, reply, len, 0, (struct sockaddr *)&from, fromlen ) == len );
        fromlen = sizeof(from);
    }
    return 0;
}

static int worker_main( const char *mode )
{
    HANDLE in = GetStdHandle( STD_INPUT_HANDLE ), out = GetStdHandle( STD_OUTPUT_HANDLE );
    int duplicate = !strcmp( mode, "duplicate" );
    struct command command;
    char answer = 'k';

    is_worker = 1;
    for (;;)
    {
        struct sockaddr_in addr;
        int len = sizeof(addr), type = 0, typelen = sizeof(type);
        struct timeval now = { 0, 0 };
        fd_set set;
        SOCKET s;

        transfer( in, &command, sizeof(command), 0 );
        if (command.kind == 'q') break;
        if (duplicate)
            s = WSASocketW( FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &command.info, 0,
                            WSA_FLAG_OVERLAPPED );
        else s = command.inherited;
        need( s != INVALID_SOCKET );
        need( !getsockname( s, (struct sockaddr *)&addr, &len ) && addr.sin_port );
        need( !getsockopt( s, SOL_SOCKET, SO_TYPE, (char *)&type, &typelen ) );
        need( type == (command.kind == 'd' ? SOCK_DGRAM : SOCK_STREAM) );
        FD_ZERO( &set );
        FD_SET( s, &set );
        need( select( 0, &set, NULL, NULL, &now ) >= 0 );
        if (command.kind == 'l') CloseHandle( CreateThread( NULL, 0, accept_thread, (void *)s, 0, NULL ) );
        if (command.kind == 'd') CloseHandle( CreateThread( NULL, 0, datagram_thread, (void *)s, 0, NULL ) );
        transfer( out, &answer, 1, 1 );
        if (command.kind == 'c') answer_connection( s );
    }
    return 0;
}

static void stop( struct worker *worker )
{
    struct command command = { 'q' };
    DWORD code;

    transfer( worker->commands, &command, sizeof(command), 1 );
    need( WaitForSingleObject( worker->process, 20000 ) == WAIT_OBJECT_0 );
    need( GetExitCodeProcess( worker->process, &code ) && !code );
}

static int parent_main( const char *mode )
{
    int duplicate = !strcmp( mode, "duplicate" ), i, answered[WORKERS] = { 0 };
    struct worker workers[WORKERS];
    struct sockaddr_in addr, private_addr, datagram_addr;
    SOCKET listening, private_listening, datagram, accepted[WORKERS], clients[WORKERS], s;
    DWORD timeout = 10000;
    int len = sizeof(datagram_addr);
    char buf[200];

    listening = listener( &addr );
    private_listening = listener( &private_addr );
    SetHandleInformation( (HANDLE)private_listening, HANDLE_FLAG_INHERIT, 0 );
    datagram = socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP );
    datagram_addr = addr;
    datagram_addr.sin_port = 0;
    need( !bind( datagram, (struct sockaddr *)&datagram_addr, sizeof(datagram_addr) ) );
    need( !getsockname( datagram, (struct sockaddr *)&datagram_addr, &len ) );

    if (duplicate)
    {
        SetHandleInformation( (HANDLE)listening, HANDLE_FLAG_INHERIT, 0 );
        SetHandleInformation( (HANDLE)datagram, HANDLE_FLAG_INHERIT, 0 );
    }

    for (i = 0; i < WORKERS; i++)
    {
        clients[i] = connect_to( &private_addr );
        accepted[i] = accept( private_listening, NULL, NULL );
        need( accepted[i] != INVALID_SOCKET );
        /* only worker i is to have connection i */
        need( SetHandleInformation( (HANDLE)accepted[i], HANDLE_FLAG_INHERIT,
                                    duplicate ? 0 : HANDLE_FLAG_INHERIT ) );
        workers[i] = start_worker( mode );
        need( SetHandleInformation( (HANDLE)accepted[i], HANDLE_FLAG_INHERIT, 0 ) );
    }

    /* the first half of the question is sent before the connection changes hands */
    for (i = 0; i < WORKERS; i++)
    {
        char question[50];

        need( send( clients[i], "early ", 6, 0 ) == 6 );
        hand_over( &workers[i], 'c', accepted[i], duplicate );
        need( !closesocket( accepted[i] ) );
        sprintf( question, "and late %d", i );
        need( send( clients[i], question, strlen( question ), 0 ) == (int)strlen( question ) );
        need( !shutdown( clients[i], SD_SEND ) );
        buf[receive_all( clients[i], buf, sizeof(buf) - 1 )] = 0;
        need( strtoul( buf, NULL, 10 ) == workers[i].pid && strstr( buf, ": early and late" ) );
        closesocket( clients[i] );
    }

    for (i = 0; i < WORKERS; i++) hand_over( &workers[i], 'l', listening, duplicate );
    need( !closesocket( listening ) );
    for (i = 0; i < CONNECTIONS; i++)
    {
        char question[50];
        DWORD pid;
        int w;

        sprintf( question, "question %d", i );
        pid = ask( connect_to( &addr ), question );
        for (w = 0; w < WORKERS && workers[w].pid != pid; w++) ;
        need( w < WORKERS );
        answered[w]++;
    }

    hand_over( &workers[0], 'd', datagram, duplicate );
    need( !closesocket( datagram ) );
    s = socket( AF_INET, SOCK_DGRAM, IPPROTO_UDP );
    need( !setsockopt( s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout) ) );
    for (i = 0; i < 10; i++)
    {
        int got;

        need( sendto( s, "ping", 4, 0, (struct sockaddr *)&datagram_addr, sizeof(datagram_addr) ) == 4 );
        got = recv( s, buf, sizeof(buf) - 1, 0 );
        need( got > 0 );
        buf[got] = 0;
        need( strtoul( buf, NULL, 10 ) == workers[0].pid && strstr( buf, ": ping" ) );
    }

    for (i = 0; i < WORKERS; i++) stop( &workers[i] );
    /* nobody listens any more */
    s = socket( AF_INET, SOCK_STREAM, IPPROTO_TCP );
    need( connect( s, (struct sockaddr *)&addr, sizeof(addr) ) && WSAGetLastError() == WSAECONNREFUSED );
    printf( "ok (%d, %d and %d answers)\n", answered[0], answered[1], answered[2] );
    return 0;
}

/* a child whose standard handles are a connection, as a service started by a super-server has */
static int stdio_main(void)
{
    struct sockaddr_in addr;
    SOCKET listening = listener( &addr ), client, s;
    STARTUPINFOA si = { sizeof(si) };
    PROCESS_INFORMATION pi;
    char cmdline[MAX_PATH + 100], path[MAX_PATH], buf[300];

    SetHandleInformation( (HANDLE)listening, HANDLE_FLAG_INHERIT, 0 );
    client = connect_to( &addr );
    /* ReadFile and WriteFile without an OVERLAPPED need a socket made without the overlapped attribute;
     * accepted sockets take it from the listener, so the connection is made the other way about */
    closesocket( client );
    s = accept( listening, NULL, NULL );
    closesocket( s );
    s = WSASocketW( AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0 );
    need( s != INVALID_SOCKET && !connect( s, (struct sockaddr *)&addr, sizeof(addr) ) );
    client = accept( listening, NULL, NULL );
    need( client != INVALID_SOCKET );
    SetHandleInformation( (HANDLE)client, HANDLE_FLAG_INHERIT, 0 );
    SetHandleInformation( (HANDLE)s, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT );

    GetModuleFileNameA( NULL, path, sizeof(path) );
    sprintf( cmdline, "\"%s\" filter", path );
    si.dwFlags = STARTF_USESTDHANDLES;
    si.hStdInput = si.hStdOutput = (HANDLE)s;
    si.hStdError = GetStdHandle( STD_ERROR_HANDLE );
    need( CreateProcessA( NULL, cmdline, NULL, NULL, TRUE, 0, NULL, NULL, &si, &pi ) );
    closesocket( s );
    need( send( client, "to be turned into capitals", 26, 0 ) == 26 );
    need( !shutdown( client, SD_SEND ) );
    buf[receive_all( client, buf, sizeof(buf) - 1 )] = 0;
    need( !strcmp( buf, "TO BE TURNED INTO CAPITALS" ) );
    need( WaitForSingleObject( pi.hProcess, 20000 ) == WAIT_OBJECT_0 );
    printf( "ok\n" );
    return 0;
}

static int filter_main(void)
{
    HANDLE in = GetStdHandle( STD_INPUT_HANDLE ), out = GetStdHandle( STD_OUTPUT_HANDLE );
    char buf[200];
    DWORD got, written, i;

    while (ReadFile( in, buf, sizeof(buf), &got, NULL ) && got)
    {
        for (i = 0; i < got; i++) if (buf[i] >= 'a' && buf[i] <= 'z') buf[i] -= 'a' - 'A';
        if (!WriteFile( out, buf, got, &written, NULL ) || written != got) return 1;
    }
    return 0;
}

int main( int argc, char **argv )
{
    WSADATA data;

    if (argc > 1 && !strcmp( argv[1], "filter" )) return filter_main();
    need( !WSAStartup( MAKEWORD( 2, 2 ), &data ) );
    if (argc > 2 && !strcmp( argv[1], "worker" )) return worker_main( argv[2] );
    if (argc > 1 && !strcmp( argv[1], "stdio" )) return stdio_main();
    if (argc > 1) return parent_main( argv[1] );
    return 2;
}
