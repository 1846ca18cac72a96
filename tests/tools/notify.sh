# Changes of addresses and routes are told: the conformance program's subtest in a network that it may change.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

if [ "$1" = inside ]
then
    ip link set lo up && ip link add ws2a type veth peer name ws2b || exit 77
    ip link set ws2a up && ip link set ws2b up || exit 77
    # an address of IPv6 is tentative at first: it becomes one, and that is a change
    wait_for 10 eval '[ "$(ip -6 -o addr show dev ws2a scope link -tentative | wc -l)" = 1 ]' || exit 77
    printf '%s\n' '#!/bin/sh' 'file=$1; shift; ip "$@"; echo $? > "$file"' > "$dir/change"
    chmod +x "$dir/change"
    WS2_NOTIFY_TOOL="\\\\?\\unix$(readlink -f "$dir/change" | tr / '\\')"
    export WS2_NOTIFY_TOOL
    cd "$dir" || exit 77
    status=0
    for arch in x86_64 i386
    do
        [ $arch = x86_64 ] || [ -e "$WINEPREFIX/drive_c/windows/syswow64/ws2_32.dll" ] || continue
        [ -e "$build/tests/$arch/ws2_32_test.exe" ] || continue
        ip addr flush dev ws2a scope global && ip addr add 10.77.0.1/24 dev ws2a
        ip route flush proto boot dev ws2a
        ip -6 route flush proto boot dev ws2a
        "$ws2run" "$build/tests/$arch/ws2_32_test.exe" notify || status=1
    done
    wineserver -k
    exit $status
fi

in_own_network 200
judge_own_network "changes of addresses and routes are told"
finish
