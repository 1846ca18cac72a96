/*
 * The service provider interface: WSPStartup and the table of WSP functions.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Wine's ws2spi.h leaves these out. Names, order and signatures are Microsoft's documented ABI
 * (MicrosoftDocs/sdk-api, ws2spi.h: WSPPROC_TABLE, WSPUPCALLTABLE, WSPStartup).
 */
#ifndef WS2_WSP_H
#define WS2_WSP_H

typedef struct _WSATHREADID
{
    HANDLE ThreadHandle;
    DWORD_PTR Reserved;
} WSATHREADID, *LPWSATHREADID;

typedef struct _WSPPROC_TABLE
{
    SOCKET (WINAPI *lpWSPAccept)( SOCKET, struct sockaddr *, INT *, LPCONDITIONPROC, DWORD_PTR, INT * );
    INT (WINAPI *lpWSPAddressToString)( struct sockaddr *, DWORD, WSAPROTOCOL_INFOW *, WCHAR *, DWORD *,
                                        INT * );
    int (WINAPI *lpWSPAsyncSelect)( SOCKET, HWND, unsigned int, LONG, INT * );
    int (WINAPI *lpWSPBind)( SOCKET, const struct sockaddr *, int, INT * );
    int (WINAPI *lpWSPCancelBlockingCall)( INT * );
    int (WINAPI *lpWSPCleanup)( INT * );
    int (WINAPI *lpWSPCloseSocket)( SOCKET, INT * );
    int (WINAPI *lpWSPConnect)( SOCKET, const struct sockaddr *, int, WSABUF *, WSABUF *, QOS *, QOS *,
                                INT * );
    int (WINAPI *lpWSPDuplicateSocket)( SOCKET, DWORD, WSAPROTOCOL_INFOW *, INT * );
    int (WINAPI *lpWSPEnumNetworkEvents)( SOCKET, WSAEVENT, WSANETWORKEVENTS *, INT * );
    int (WINAPI *lpWSPEventSelect)( SOCKET, WSAEVENT, LONG, INT * );
    BOOL (WINAPI *lpWSPGetOverlappedResult)( SOCKET, WSAOVERLAPPED *, DWORD *, BOOL, DWORD *, INT * );
    int (WINAPI *lpWSPGetPeerName)( SOCKET, struct sockaddr *, INT *, INT * );
    int (WINAPI *lpWSPGetSockName)( SOCKET, struct sockaddr *, INT *, INT * );
    int (WINAPI *lpWSPGetSockOpt)( SOCKET, int, int, char *, INT *, INT * );
    BOOL (WINAPI *lpWSPGetQOSByName)( SOCKET, WSABUF *, QOS *, INT * );
    int (WINAPI *lpWSPIoctl)( SOCKET, DWORD, void *, DWORD, void *, DWORD, DWORD *, WSAOVERLAPPED *,
                              LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
    SOCKET (WINAPI *lpWSPJoinLeaf)( SOCKET, const struct sockaddr *, int, WSABUF *, WSABUF *, QOS *, QOS *,
                                    DWORD, INT * );
    int (WINAPI *lpWSPListen)( SOCKET, int, INT * );
    int (WINAPI *lpWSPRecv)( SOCKET, WSABUF *, DWORD, DWORD *, DWORD *, WSAOVERLAPPED *,
                             LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
    int (WINAPI *lpWSPRecvDisconnect)( SOCKET, WSABUF *, INT * );
    int (WINAPI *lpWSPRecvFrom)( SOCKET, WSABUF *, DWORD, DWORD *, DWORD *, struct sockaddr *, INT *,
                                 WSAOVERLAPPED *, LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
    int (WINAPI *lpWSPSelect)( int, fd_set *, fd_set *, fd_set *, const struct timeval *, INT * );
    int (WINAPI *lpWSPSend)( SOCKET, WSABUF *, DWORD, DWORD *, DWORD, WSAOVERLAPPED *,
                             LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
    int (WINAPI *lpWSPSendDisconnect)( SOCKET, WSABUF *, INT * );
    int (WINAPI *lpWSPSendTo)( SOCKET, WSABUF *, DWORD, DWORD *, DWORD, const struct sockaddr *, int,
                               WSAOVERLAPPED *, LPWSAOVERLAPPED_COMPLETION_ROUTINE, WSATHREADID *, INT * );
    int (WINAPI *lpWSPSetSockOpt)( SOCKET, int, int, const char *, int, INT * );
    int (WINAPI *lpWSPShutdown)( SOCKET, int, INT * );
    SOCKET (WINAPI *lpWSPSocket)( int, int, int, WSAPROTOCOL_INFOW *, GROUP, DWORD, INT * );
    INT (WINAPI *lpWSPStringToAddress)( WCHAR *, INT, WSAPROTOCOL_INFOW *, struct sockaddr *, INT *, INT * );
} WSPPROC_TABLE, *LPWSPPROC_TABLE;

typedef struct _WSPUPCALLTABLE
{
    BOOL (WINAPI *lpWPUCloseEvent)( WSAEVENT, INT * );
    int (WINAPI *lpWPUCloseSocketHandle)( SOCKET, INT * );
    WSAEVENT (WINAPI *lpWPUCreateEvent)( INT * );
    SOCKET (WINAPI *lpWPUCreateSocketHandle)( DWORD, DWORD_PTR, INT * );
    int (WINAPI *lpWPUFDIsSet)( SOCKET, fd_set * );
    int (WINAPI *lpWPUGetProviderPath)( GUID *, WCHAR *, INT *, INT * );
    SOCKET (WINAPI *lpWPUModifyIFSHandle)( DWORD, SOCKET, INT * );
    BOOL (WINAPI *lpWPUPostMessage)( HWND, UINT, WPARAM, LPARAM );
    int (WINAPI *lpWPUQueryBlockingCallback)( DWORD, void **, DWORD_PTR *, INT * );
    int (WINAPI *lpWPUQuerySocketHandleContext)( SOCKET, DWORD_PTR *, INT * );
    int (WINAPI *lpWPUQueueApc)( WSATHREADID *, void *, DWORD_PTR, INT * );
    BOOL (WINAPI *lpWPUResetEvent)( WSAEVENT, INT * );
    BOOL (WINAPI *lpWPUSetEvent)( WSAEVENT, INT * );
    int (WINAPI *lpWPUOpenCurrentThread)( WSATHREADID *, INT * );
    int (WINAPI *lpWPUCloseThread)( WSATHREADID *, INT * );
} WSPUPCALLTABLE, *LPWSPUPCALLTABLE;

#define WSPDESCRIPTION_LEN 255

typedef struct WSPData
{
    WORD wVersion;
    WORD wHighVersion;
    WCHAR szDescription[WSPDESCRIPTION_LEN + 1];
} WSPDATA, *LPWSPDATA;

int WINAPI WSPStartup( WORD version, WSPDATA *data, WSAPROTOCOL_INFOW *info, WSPUPCALLTABLE upcalls,
                       WSPPROC_TABLE *table );

#endif
