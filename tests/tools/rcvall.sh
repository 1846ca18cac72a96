# Receiving all packets, in a network where nobody else sends any: the conformance program's subtest, with the
# privilege that it needs and without.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

if [ "$1" = inside ]
then
    ip link set lo up || exit 77
    status=0
    for arch in x86_64 i386
    do
        [ $arch = x86_64 ] || [ -e "$WINEPREFIX/drive_c/windows/syswow64/ws2_32.dll" ] || continue
        [ -e "$build/tests/$arch/ws2_32_test.exe" ] || continue
        "$ws2run" "$build/tests/$arch/ws2_32_test.exe" rcvall || status=1
    done
    # wineserver keeps it, and makes raw sockets; the program may not see the host's packets
    if setpriv --bounding-set=-net_raw --inh-caps=-net_raw true 2>/dev/null
    then
        wineserver -k
        wineserver -p
        timeout 100 setpriv --bounding-set=-net_raw --inh-caps=-net_raw \
            "$ws2run" "$build/tests/x86_64/ws2_32_test.exe" rcvall >"$dir/without" 2>&1 </dev/null
    fi
    wineserver -k
    exit $status
fi

in_own_network 300
if grep -q "raw sockets need privilege" "$dir/rcvall.log"
then skip "not even wineserver has the privilege"
else
    judge_own_network "packets are received"
    if [ ! -e "$dir/without" ]
    then skip "needs setpriv"
    else
        check "without the privilege the code fails" contains "$dir/without" "receiving all packets needs privilege"
        check "and nothing else does" contains "$dir/without" " 0 failures"
    fi
fi
finish
