# Every row of the tables of options and control codes that is not refused is exercised by the conformance program:
# it succeeds at least once, and fails at least once. What happened is read from the module's traces.
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
sed -n -e 's/^[gs]et \([A-Z_0-9]* [A-Z_0-9]*\): error \([0-9]*\)$/option\t\1\t\2/p' \
       -e 's/^\([A-Z_0-9]*\), in .*: error \([0-9]*\)$/code\t\1\t\2/p' "$dir/trace" |
    sed -e 's/\t\(0\|997\)$/\tgood/' -e 's/\t[0-9]*$/\tbad/' | sort -u >"$dir/seen"

seen() { grep -qxF "$(printf '%s\t%s\t%s' "$@")" "$dir/seen"; }

check "there are traces" test -s "$dir/seen"
while IFS=$'\t' read -r state kind name
do
    [ "$state" != refused ] || continue
    case $name in
    # without IPv6 on this host there are no such sockets, and without privilege no raw ones
    IPPROTO_IPV6*|SIO_ADDRESS_LIST_SORT) grep -qs ' lo$' /proc/net/if_inet6 || continue;;&
    *HDRINCL|*IPV6_CHECKSUM|SIO_RCVALL*) ! grep -q "needs\? privilege\|unshare failed" "$dir/output" || continue;;
    # no host and no Windows of today has these protocols
    NSPROTO_IPX*|SOL_IRLMP*) continue;;
    # there is no quality of service, which is their only answer
    SIO_*_QOS) check "$name fails in a test" seen "$kind" "$name" bad; continue;;
    esac
    check "$name succeeds in a test" seen "$kind" "$name" good
    check "$name fails in a test" seen "$kind" "$name" bad
done < <("$source_dir/tools/docs" --list)
finish
