# The local address that a destination would be reached from, where the host has several and a policy: the
# conformance program's subtest in a network of its own.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

if [ "$1" = inside ]
then
    ip link set lo up || exit 77
    for pair in ws2a:ws2b ws2c:ws2d
    do
        ip link add ${pair%:*} type veth peer name ${pair#*:} || exit 77
        ip link set ${pair%:*} up && ip link set ${pair#*:} up || exit 77
    done
    ip addr add 10.77.0.1/24 dev ws2a && ip addr add 10.78.0.1/24 dev ws2c && ip addr add 10.78.0.2/24 dev ws2c &&
        ip addr add fd00:77::1/64 dev ws2a nodad && ip addr add fd00:78::1/64 dev ws2c nodad || exit 77
    ip route add 10.0.0.0/8 via 10.77.0.9
    ip route add 10.80.0.0/16 dev ws2a src 10.78.0.2        # weak host model: another interface's address
    ip route add unreachable 10.81.0.0/16
    ip route add blackhole 10.82.0.0/16
    ip route add prohibit 10.83.0.0/16
    ip -6 route add fd00:79::/64 via fd00:77::9
    ip -6 route add unreachable fd00:81::/64
    ip -6 route add blackhole fd00:82::/64
    # by policy another table is asked, which the interfaces do not tell
    ip route add default via 10.78.0.9 table 100
    ip -6 route add default via fd00:78::9 table 100
    ip rule add to 10.90.0.0/16 table 100 && ip -6 rule add to fd00:90::/64 table 100 || exit 77
    wait_for 10 eval '[ "$(ip -6 -o addr show scope link -tentative | grep -c ws2)" = 4 ]' || exit 77
    a=$(ip -o link show ws2a | cut -d: -f1) c=$(ip -o link show ws2c | cut -d: -f1)
    link_a=$(ip -6 -o addr show dev ws2a scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
    link_c=$(ip -6 -o addr show dev ws2c scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
    status=0
    for arch in x86_64 i386
    do
        [ $arch = x86_64 ] || [ -e "$WINEPREFIX/drive_c/windows/syswow64/ws2_32.dll" ] || continue
        [ -e "$build/tests/$arch/ws2_32_test.exe" ] || continue
        "$ws2run" "$build/tests/$arch/ws2_32_test.exe" route \
            10.77.0.5=10.77.0.1 10.78.0.5=10.78.0.1 10.99.0.5=10.77.0.1 127.3.4.5=127.0.0.1 \
            10.80.0.5=10.78.0.2 10.81.0.5=10065 10.82.0.5=10051 10.83.0.5=10051 192.0.2.1=10051 \
            10.90.0.5=10.78.0.1 fd00:77::5=fd00:77::1 fd00:78::5=fd00:78::1 fd00:79::5=fd00:77::1 \
            fd00:81::5=10065 fd00:82::5=10051 2001:db8::1=10051 fd00:90::5=fd00:78::1 \
            "fe80::5%$a=$link_a%$a" "fe80::5%$c=$link_c%$c" "ff02::5%$c=$link_c%$c" \
            ::ffff:10.78.0.5=::ffff:10.78.0.1 || status=1
    done
    wineserver -k
    exit $status
fi

in_own_network 120
judge_own_network "the local address of each destination"
finish
