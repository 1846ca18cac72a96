# That packets are posted without waiting: the conformance program cannot see that, our trace tells.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

use_prefix posts
for arch in x86_64 i386
do
    directory=$system32
    [ $arch = x86_64 ] || directory=$syswow64
    program=$build/tests/$arch/ws2_32_test.exe
    if [ ! -e "$program" ] || [ ! -e "$directory/ws2_32.dll" ]; then skip "$arch: this Wine runs no such programs"; continue; fi
    log=$dir/posts-$arch.log
    WINEDEBUG=trace+winsock,warn+winsock timeout 120 "$ws2run" "$program" posts child >"$log" 2>&1 </dev/null
    check "$arch: posts work" [ $? = 0 ]
    check "$arch: they are proven" grep -q 'packets are posted without waiting' "$log"
done
finish
