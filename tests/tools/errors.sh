# The documented errors (tests/documented.tsv, reference 3.5) and the situations (reference 3.3): what the table
# says that a subtest produces, that subtest has been seen to produce. This is done with what make check wrote down
# while it ran, and with runs of our own where errors need a network or limits made for them.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

table=$source_dir/tests/documented.tsv
seen=$dir/seen
rm -rf "$seen"
mkdir -p "$seen"
cp "${WS2_TEST_SEEN_DIR:?run make check}"/x86_64-* "$seen"
use_prefix errors

# run_documented PART SETUP: the subtest with an argument, in an empty network, after these commands
run_documented()
{
    export WS2_TEST_SEEN="\\\\?\\unix$(sed 's,/,\\,g' <<< "$seen/x86_64-documented-$1")"
    unshare -rn timeout 120 bash -c "$2
        $ws2run $build/tests/x86_64/ws2_32_test.exe documented $1; status=\$?; wineserver -k; exit \$status" \
        >"$dir/$1.log" 2>&1 </dev/null
}

missing=
if ! unshare -rn true 2>/dev/null
then
    missing="network limits"
    skip "no network namespaces here"
else
    # what is sent to 10.8.0.0/24 comes back by loopback and is dropped there
    check "errors of a network" run_documented network "ip link set lo up; ip addr add 10.9.0.1/32 dev lo
        ip route add 10.8.0.0/24 dev lo src 10.9.0.1
        ip route add unreachable 198.51.100.0/24; ip route add prohibit 192.0.2.0/24
        echo 1 >/proc/sys/net/ipv4/tcp_syn_retries; echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range"
    grep -E "Test failed|err:" "$dir/network.log"
    check "errors of limits" run_documented limits "ip link set lo up; (ulimit -n 800; wineserver -p)"
    grep -E "Test failed|err:" "$dir/limits.log"
fi

# *** the situations

rows=39
for ((row = 1; row <= rows; row++))
do check "situation $row has run" grep -qxF "situation $row" "$seen/x86_64-situations"
done
check "no situation but these" test "$(grep -c '^situation' "$seen/x86_64-situations")" = $rows

# *** the table

# a function of two forms is seen in either
seen_failing()
{
    grep -qsxE "error $1[AW]? $2" "$seen/x86_64-$3" && return
    echo "      not in subtest $3; seen in:" $(grep -lxE "error $1[AW]? $2" "$seen"/* | sed 's/.*x86_64-//')
    return 1
}

never_failing()
{
    ! grep -xE "error $1[AW]? $2" "$seen"/*
}

while IFS=$'\t' read -r function name number how
do
    case $function in '#'*|'') continue;; esac
    case $how in
    -privilege) continue;;
    -*) check "$function $name does not occur: ${how#-}" never_failing "$function" "$number"; continue;;
    esac
    part=${how#documented-}
    [[ " $missing " != *" $part "* ]] || { skip "$function $name"; continue; }
    check "$function $name in $how" seen_failing "$function" "$number" "$how"
done <"$table"
finish
