# Sockets that were in two processes get the fast path back: the conformance program cannot see that, our trace tells.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

use_prefix handover
log=$dir/handover.log
WINEDEBUG=trace+winsock timeout 120 "$ws2run" "$build/tests/x86_64/ws2_32_test.exe" duplicate >"$log" 2>&1 </dev/null
status=$?
check "duplicates work" [ $status = 0 ]
# by the child of each of test_handover, test_backend( TRUE ), test_backend( FALSE ), and once in the parent
[ $status = 0 ] || grep -a 'Test failed\|tests executed' "$log"
check "four sockets are fast again" [ "$(grep -c 'is in no other process any more' "$log")" = 4 ]
finish
