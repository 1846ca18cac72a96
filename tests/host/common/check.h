/*
 * What the host half's unit tests share: checks and their count, the clock, descriptors.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check.c stands for ntdll.so too: a handle is the descriptor itself, and there is no server. A test that
 * needs another ntdll defines the functions itself.
 */
#ifndef WS2_HOST_TEST_CHECK_H
#define WS2_HOST_TEST_CHECK_H

/* Count one check, and say where when it fails. Any thread. */
#define check( expr ) check_( __FILE__, __LINE__, !!(expr), #expr )
void check_( const char *file, int line, int good, const char *expr );

/* The last line of a test, and its exit status. */
int report_checks( void );

/* Milliseconds of a clock that only goes on. */
long long now_ms( void );

/* Entries of /proc/self/fd: a number to compare. */
int count_descriptors( void );

#endif
