#!/bin/sh
# What the host kernel knows of a socket, for tests that check it from outside their own program.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How a test calls it. The runner sets WS2_TEST_OBSERVER to this script as a Windows path
# (\\?\unix\...\observer.sh); without that variable there is no observer: skip(). Wine starts native
# programs through CreateProcess, but gives no process handle, so the end is told by OUTFILE's existence
# (it appears complete, by a rename). OUTFILE is a plain file name in the current directory, which both
# sides share; use a new name for each call and delete the file afterwards:
#
#   GetEnvironmentVariableA( "WS2_TEST_OBSERVER", path, sizeof(path) );
#   sprintf( cmdline, "observer tcp %u %s", ntohs( local.sin_port ), outfile );
#   CreateProcessA( path, cmdline, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info );
#   (hProcess is NULL) try to open OUTFILE every 10 ms, at most 10 s
#
# OUTFILE then holds, for each socket of that local port (TCP: also the accepted and listening ones):
#
#   ss ESTAB 0 0 127.0.0.1:40001 127.0.0.1:40002 timer:(keepalive,5sec,0) ... skmem:(r0,rb131072,t0,tb87040,...
#   options port=40001 peer=40002 keepalive=1 idle=5 interval=1 count=10 ...
#   end
#
# The ss lines are those of `ss -tanoemiO` with single spaces; ss counts the timer down ("4.980ms" are 4 s and
# 980 ms) and shows the one that runs, which is not the keep-alive timer while data is on its way. The options lines are getsockopt's values, read through
# a duplicate of the descriptor (pidfd_getfd), without those that the socket does not have; they are missing where the kernel forbids that, and a test
# then skips those checks.
#
#   observer.sh tcp|udp LOCALPORT OUTFILE

[ $# -eq 3 ] || { echo "usage: observer.sh tcp|udp LOCALPORT OUTFILE" >&2; exit 2; }
case $1 in
    tcp) kind=-t ;;
    udp) kind=-u ;;
    *) echo "observer.sh: no such kind: $1" >&2; exit 2 ;;
esac
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin

{
    ss -HanoemiO $kind "sport = :$2" | tr -s ' ' | sed 's/^/ss /; s/ *$//'
    [ ! -x "$WS2_TEST_OPTIONS" ] || "$WS2_TEST_OPTIONS" "$1" "$2"
    echo end
} > "$3.part" 2>&1
mv "$3.part" "$3"
