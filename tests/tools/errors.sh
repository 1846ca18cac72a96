# The documented errors of functions (tests/documented.tsv, reference 3.5) and of each control code and option (the
# module's tables), and the situations (reference 3.3): what is said to be produced by a check has been seen by one,
# and what is said not to occur has not. This is done with what make check wrote down while it ran, and with runs of
# our own where errors need a network or limits made for them.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

table=$source_dir/tests/documented.tsv
seen=$dir/seen
rm -rf "$seen"
mkdir -p "$seen"
cp "${WS2_TEST_SEEN_DIR:?run make check}"/x86_64-* "$seen"
use_prefix errors

# run_apart NAME SETUP SUBTEST [ARGUMENT]: in an empty network, after these commands, which may set what is put before
# the program; what it sees goes by that name
run_apart()
{
    local status

    export WS2_TEST_SEEN="\\\\?\\unix$(sed 's,/,\\,g' <<< "$seen/x86_64-$1")"
    WS2_TEST_OWN_NETWORK=1 unshare -rn timeout 120 bash -c "before=; $2
        \$before $ws2run $build/tests/x86_64/ws2_32_test.exe ${*:3}; status=\$?; wineserver -k; exit \$status" \
        >"$dir/$1.log" 2>&1 </dev/null
    status=$?
    grep -E "Test failed|err:" "$dir/$1.log"
    return $status
}

missing=
if ! unshare -rn true 2>/dev/null
then
    missing="network limits rcvall-without"
    printf 'without %s\n' network raw setpriv >>"$seen/x86_64-rows"
    skip "no network namespaces here"
else
    # what is sent to 10.8.0.0/24 comes back by loopback and is dropped there
    check "errors of a network" run_apart documented-network "ip link set lo up; ip addr add 10.9.0.1/32 dev lo
        ip route add 10.8.0.0/24 dev lo src 10.9.0.1
        ip route add unreachable 198.51.100.0/24; ip route add prohibit 192.0.2.0/24
        echo 1 >/proc/sys/net/ipv4/tcp_syn_retries; echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range" documented network
    check "errors of limits" run_apart documented-limits "ip link set lo up; (ulimit -n 800; wineserver -p)" documented limits
    check "errors of raw sockets" run_apart rcvall "ip link set lo up" rcvall
    privilege="setpriv --bounding-set=-net_raw --inh-caps=-net_raw"
    if unshare -rn $privilege true 2>/dev/null
    then
        # wineserver keeps it, and makes raw sockets; the program may not see the host's packets
        check "errors of a privilege" run_apart rcvall-without "ip link set lo up; wineserver -p; before='$privilege'" rcvall
    else
        missing=rcvall-without
        echo "without setpriv" >>"$seen/x86_64-rows"
        skip "needs setpriv"
    fi
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
    -*) check "$function $name does not occur: ${how#-}" never_failing "$function" "$number"; continue;;
    esac
    part=${how#documented-}
    [[ " $missing " != *" $part "* ]] || { skip "$function $name"; continue; }
    check "$function $name in $how" seen_failing "$function" "$number" "$how"
done <"$table"

# *** control codes and options

declare -A rows_seen
while read -r line; do rows_seen[$line]=seen; done < <(sed -n 's/^row //p' "$seen"/x86_64-*)

declare -A documented
while IFS=$'\t' read -r row name error number reason needs
do
    documented[$row]=yes documented["$row $number"]=yes
    found=${rows_seen["$row $number"]}
    if [ "$reason" != - ]; then check "$name $error does not occur: $reason" test -z "$found"
    elif [ -z "$found" ] && grep -qsx "without $needs" "$seen/x86_64-rows"; then skip "$name $error"
    else check "$name $error" test "$found"
    fi
done < <("$source_dir/tools/docs" --errors)

# what any call can answer: WSAEINPROGRESS, WSANOTINITIALISED
others=
for line in "${!rows_seen[@]}"
do
    [ -n "${documented["$line"]}" ] || [ -z "${documented["${line% *}"]}" ] || [[ $line == *\ 100@(36|93) ]] ||
        others+="$line; "
done
check "no row fails otherwise: $others" test -z "$others"
finish
