# A program that may not see the host's packets is told so: WSAEACCES, where wineserver may make raw sockets for it.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

if ! command -v setpriv >/dev/null || [ "$(id -u)" != 0 ] ||
   ! setpriv --bounding-set=-net_raw --inh-caps=-net_raw true 2>/dev/null
then
    skip "needs root and setpriv"
    finish
fi

use_prefix prefix
program=$build/tests/x86_64/ws2_32_test.exe
wineserver -p
timeout 100 "$ws2run" "$program" codes >"$dir/with" 2>&1 </dev/null
timeout 100 setpriv --bounding-set=-net_raw --inh-caps=-net_raw "$ws2run" "$program" codes \
    >"$dir/without" 2>&1 </dev/null
wineserver -k
if grep -q "raw sockets need privilege" "$dir/with"
then skip "not even wineserver has the privilege"
else
    check "with the privilege packets are seen" lacks "$dir/with" "needs privilege"
    check "without it the code fails" contains "$dir/without" "receiving all packets needs privilege"
    check "and nothing else does" contains "$dir/without" " 0 failures"
fi
finish
