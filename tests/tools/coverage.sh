# Every row of the tables of options and control codes that is not refused succeeds at least once in the conformance
# program, an option in each of its directions. What happened is read from the module's traces, which have to name the
# row. Their errors: errors.sh.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

use_prefix prefix
for name in option ioctl keepalive codes interests binding notify backlog rio
do WINEDEBUG=+winsock timeout 120 "$ws2run" "$build/tests/x86_64/ws2_32_test.exe" $name 2>&1 </dev/null
done | tr -d '\r' >"$dir/output"
# and in a network of its own
wineserver -k
WS2_TEST_OWN_NETWORK=1 WINEDEBUG=+winsock timeout 120 unshare -n sh -c 'ip link set lo up && exec "$@"' - \
    "$ws2run" "$build/tests/x86_64/ws2_32_test.exe" rcvall 2>&1 </dev/null | tr -d '\r' >>"$dir/output"
sed -n 's/.*trace:winsock:base_\(ioctl\|[gs]et_sock_opt\) socket [^,]*, //p' "$dir/output" >"$dir/trace"

# option: "get LEVEL NAME: error N"; code: "NAME, in ...: error N"
sed -n -e 's/^\([gs]et [A-Z_0-9]* [A-Z_0-9]*\): error 0$/\1/p' \
       -e 's/^\([A-Z_0-9]*\), in .*: error \(0\|997\)$/code \1/p' "$dir/trace" | sort -u >"$dir/good"

check "there are traces" test -s "$dir/good"
while IFS=$'\t' read -r state kind name ways
do
    [ "$state" != refused ] || continue
    case $name in
    # without IPv6 on this host there are no such sockets, and without privilege no raw ones
    IPPROTO_IPV6*|SIO_ADDRESS_LIST_SORT) grep -qs ' lo$' /proc/net/if_inet6 || continue;;&
    *HDRINCL|*IPV6_CHECKSUM|*HOPOPTS|SIO_RCVALL*)
        ! grep -q "needs\? privilege\|unshare failed" "$dir/output" || continue;;
    # no host and no Windows of today has these protocols
    NSPROTO_IPX*|SOL_IRLMP*) continue;;
    esac
    for way in $ways
    do check "$way $name succeeds in a test" grep -qxF "$way $name" "$dir/good"
    done
done < <("$source_dir/tools/docs" --list)
finish
