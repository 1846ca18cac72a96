# Field report 15, grpc/grpc#32111: a host on which IPv6 is switched off. What the conformance program says of
# connections and addresses holds there, too.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

if [ "$1" = inside ]
then
    ip link set lo up || exit 77
    for interface in all default lo
    do echo 1 >/proc/sys/net/ipv6/conf/$interface/disable_ipv6 || exit 77
    done 2>/dev/null
    status=0
    for name in field ipv6 connect
    do "$ws2run" "$build/tests/x86_64/ws2_32_test.exe" $name || status=1
    done
    wineserver -k
    exit $status
fi

in_own_network 120
check "subtests without IPv6" [ $status = 0 ]
check "all of them ran" [ "$(grep -c 'tests executed' "$dir/noipv6.log")" -ge 3 ]
[ $status = 0 ] || cat "$dir/noipv6.log"
finish
