/*
 * The binary interface of registered I/O, which Wine's and mingw-w64's headers lack.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names are ours, so that headers which do have it do not collide; MS: mswsock.h, mswsockdef.h. Identifiers
 * of queues and buffers are opaque pointers.
 */
#ifndef WS2_RIO_H
#define WS2_RIO_H

#define RIO_GUID { 0x8509e081, 0x96dd, 0x4005, { 0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e, 0x3f } }

#define RIO_CODE 0xc8000024             /* SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER takes the GUID */

#define RIO_SOCKET_FLAG 0x100           /* WSA_FLAG_REGISTERED_IO */
#define RIO_NO_BUFFER   ((void *)(ULONG_PTR)0xffffffff)
#define RIO_CORRUPT     0xffffffff
#define RIO_LARGEST_QUEUE 0x8000000

#define RIO_FLAG_DONT_NOTIFY 1
#define RIO_FLAG_DEFER       2
#define RIO_FLAG_WAITALL     4
#define RIO_FLAG_COMMIT_ONLY 8

#define RIO_BY_EVENT 1
#define RIO_BY_PORT  2

struct rio_slice
{
    void *buffer;               /* identifier */
    ULONG offset, length;
};

struct rio_result
{
    LONG status;                /* Winsock error */
    ULONG transferred;
    ULONGLONG socket_context, request_context;
};

struct rio_notification
{
    int type;
    union
    {
        struct { HANDLE handle; BOOL reset; } event;
        struct { HANDLE handle; void *key, *overlapped; } port;
    } u;
};

#define RIO_ADDRESS_SIZE 28             /* SOCKADDR_INET */

struct rio_table
{
    DWORD size;
    BOOL (WINAPI *receive)( void *rq, struct rio_slice *data, ULONG count, DWORD flags, void *context );
    int (WINAPI *receive_ex)( void *rq, struct rio_slice *data, ULONG count, struct rio_slice *local,
                              struct rio_slice *remote, struct rio_slice *control,
                              struct rio_slice *out_flags, DWORD flags, void *context );
    BOOL (WINAPI *send)( void *rq, struct rio_slice *data, ULONG count, DWORD flags, void *context );
    BOOL (WINAPI *send_ex)( void *rq, struct rio_slice *data, ULONG count, struct rio_slice *local,
                            struct rio_slice *remote, struct rio_slice *control,
                            struct rio_slice *out_flags, DWORD flags, void *context );
    void (WINAPI *close_cq)( void *cq );
    void *(WINAPI *create_cq)( DWORD size, struct rio_notification *how );
    void *(WINAPI *create_rq)( SOCKET s, ULONG receives, ULONG receive_buffers, ULONG sends,
                               ULONG send_buffers, void *receive_cq, void *send_cq, void *context );
    ULONG (WINAPI *dequeue)( void *cq, struct rio_result *results, ULONG count );
    void (WINAPI *deregister)( void *buffer );
    int (WINAPI *notify)( void *cq );
    void *(WINAPI *register_buffer)( char *data, DWORD length );
    BOOL (WINAPI *resize_cq)( void *cq, DWORD size );
    BOOL (WINAPI *resize_rq)( void *rq, DWORD receives, DWORD sends );
};

#endif
