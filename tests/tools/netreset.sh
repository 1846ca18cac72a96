# SIO_UDP_NETRESET and TCP_ICMP_ERROR_INFO need a router: the conformance program's subtest in a network that has one.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

# Inside: this network namespace is the host's, that of a sleeping process the router's.
# How many connections of this namespace brought data with their first packet.
fast_opens()
{
    awk '$1 == "TcpExt:" { if (!n) n = split( $0, names ); else for (i = 1; i <= n; i++)
         if (names[i] == "TCPFastOpenPassive") print names[i], $i }' /proc/net/netstat
}

if [ "$1" = inside ]
then
    unshare -n sleep 300 &
    router=$!
    trap 'kill $router' EXIT
    wait_for 10 eval '[ "$(readlink /proc/$router/ns/net)" != "$(readlink /proc/self/ns/net)" ]' || exit 77
    on_router() { nsenter -t $router -n "$@"; }
    ip link set lo up && ip link add ws2a type veth peer name ws2b && ip link set ws2b netns $router || exit 77
    ip addr add 10.77.0.1/24 dev ws2a && ip link set ws2a up || exit 77
    on_router ip link set lo up && on_router ip addr add 10.77.0.2/24 dev ws2b || exit 77
    on_router ip link set ws2b up && on_router sysctl -qw net.ipv4.ip_forward=1 \
        net.ipv4.icmp_ratelimit=0 || exit 77
    on_router ip route add 10.78.0.0/24 dev ws2b && on_router ip route add unreachable 10.79.0.0/24 || exit 77
    ip route add default via 10.77.0.2 || exit 77
    export WS2_NETRESET_FAR=10.78.0.9 WS2_NETRESET_UNREACHABLE=10.79.0.9 WS2_NETRESET_NO_NETWORK=10.80.0.9
    "$ws2run" "$build/tests/x86_64/ws2_32_test.exe" netreset
    status=$?
    sysctl -qw net.ipv4.tcp_fastopen=3 || exit 77
    "$ws2run" "$build/tests/x86_64/ws2_32_test.exe" binding > "$dir/binding.log" 2>&1 || status=1
    fast_opens >> "$dir/binding.log"
    wineserver -k
    exit $status
fi

in_own_network 120
check "time exceeded and unreachable hosts are told" [ $status = 0 ]
check "all of it was tried" contains "$dir/netreset.log" " 0 failures), 0 skipped."
check "ICMP errors of connect are told" contains "$dir/binding.log" " 0 failures), 0 skipped."
check "ConnectEx sends data with the first packet" grep -q '^TCPFastOpenPassive [1-9]' "$dir/binding.log"
[ $status = 0 ] || cat "$dir/netreset.log" "$dir/binding.log"
finish
