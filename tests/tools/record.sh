# The recorder makes whole recordings that are equal, and the comparator finds what is planted.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

compare=$source_dir/tools/compare-recordings
use_prefix record
"$ws2run" --install >/dev/null
eval "export $("$ws2run" --env | tr '\n' ' ')"

record()
{
    (cd "$dir" && timeout 200 "${WINE:-wine}" "$build/tests/x86_64/ws2_32_test.exe" --record "$1.txt" >"$1.log" 2>&1 </dev/null)
}
check "a recording is made" record first
check "and another one" record second
check "they are equal" test -z "$(diff "$dir/first.txt" "$dir/second.txt" | head -n 6 | tee /dev/stderr)"
check "no call hangs and none faults" contains "$dir/first.log" " 0 calls hang, 0 exceptions"

# every row of the tables, on every kind of socket in a state
cut -f 2 "$dir/first.txt" | sort -u >"$dir/names"
rows=$("$source_dir/tools/docs" --list | cut -f 3)
missing=0
while read -r name
do
    grep -qxF "$name" "$dir/names" || { echo "      no line about $name"; missing=$((missing + 1)); }
done <<< "$rows"
check "every row of the tables is in it" test $missing = 0
check "and there are rows" test "$(wc -l <<< "$rows")" -gt 200
for cell in "ipv4 stream new" "ipv4 stream listening" "ipv4 stream connected" "ipv4 stream shut-down" "ipv4 datagram bound" \
            "ipv4 datagram connected"
do check "$cell sockets are in it" grep -q "$(tr ' ' '\t' <<< "$cell")" "$dir/first.txt"
done
for route in blocking event port
do check "route $route is in it" grep -q "WSAIoctl.*	$route	" "$dir/first.txt"
done

# nothing stops it: a call that hangs and one that faults are a line each, and the others are as they were
planted()
{
    (cd "$dir" && WS2_RECORD_HANG=100 WS2_RECORD_FAULT=200 timeout 60 "${WINE:-wine}" \
        "$build/tests/x86_64/ws2_32_test.exe" --record planted-calls.txt FIONREAD >"$dir/planted-calls.log" 2>&1 </dev/null)
}
planted
grep '	FIONREAD	\|^state	' "$dir/first.txt" >"$dir/expected"
grep -v '^#' "$dir/planted-calls.txt" >"$dir/got"
check "a call that hangs and one that faults are counted" contains "$dir/planted-calls.log" " 1 calls hang, 1 exceptions"
check "the one is a line" grep -q 'ret=hung	error=-	bytes=-	completion=call	' <(sed -n 100p "$dir/got")
check "and the other" grep -q 'ret=exception	error=0xc0000005	' <(sed -n 200p "$dir/got")
check "and only these differ" test "$(diff "$dir/expected" "$dir/got" | grep -c '^>')" = 2

# the comparator
count() { "$compare" "$@" >"$dir/compared"; echo $?; }
check "equal recordings do not differ" test "$(count "$dir/first.txt" "$dir/second.txt")" = 0
check "and that is what it says" grep -q "^[0-9]* lines compared, 0 differ in 0 groups" "$dir/compared"

sed '/^WSAIoctl	FIONBIO	ipv4	stream	/s/error=0	bytes=0/error=WSAEINVAL	bytes=0/' "$dir/first.txt" |
    sed '/^WSAIoctl	FIONBIO	ipv4	stream	.*WSAEINVAL/s/ret=0/ret=-1/' |
    sed '/^getsockopt	SOL_SOCKET SO_TYPE	ipv4	datagram	new	blocking	exact	/d' >"$dir/planted.txt"
check "planted differences are found" test "$(count "$dir/first.txt" "$dir/planted.txt")" = 1
check "in a group with its answers" grep -q '^WSAIoctl: success -> WSAEINVAL  (.*1 names)' "$dir/compared"
check "with its name and sockets" grep -q '^    FIONBIO .* ipv4 stream; all; all; \[in=exact out=long; in=exact out=none' "$dir/compared"
check "a line that is missing is found" grep -q '^getsockopt: only in the first recording  (1 lines, 1 names)' "$dir/compared"
check "both are counted" grep -q ' in 2 groups: 0 decided, 0 by analogy, 0 open, 2 undecided' "$dir/compared"

{
    printf 'WSAIoctl\tFIONBIO\tsuccess -> .*\ttest\n'
    printf 'getsockopt\tSOL_SOCKET SO_TYPE\tonly in the first recording\topen: test\n'
} >"$dir/decisions"
check "what is decided is not a difference" test "$(count --decided "$dir/decisions" "$dir/first.txt" "$dir/planted.txt")" = 0
check "but it is counted" grep -q ' in 2 groups: 1 decided, 0 by analogy, 1 open, 0 undecided' "$dir/compared"
sed -i 's/	open: test/	analogy: with another/' "$dir/decisions"
check "nor what is decided by analogy" test "$(count --decided "$dir/decisions" "$dir/first.txt" "$dir/planted.txt")" = 0
sed -n '/^Decided by analogy, a Windows recording can overturn it:/,$p' "$dir/compared" >"$dir/analogies"
check "which is a class of its own" grep -q '^ *with another$' "$dir/analogies"
check "and its count" grep -q ' in 2 groups: 1 decided, 1 by analogy, 0 open, 0 undecided' "$dir/compared"
sed '/^WSAIoctl	FIONBIO	ipv4	stream	new	blocking	in=exact out=none	/s/ret=0/ret=hung/' "$dir/first.txt" >"$dir/hanging.txt"
check "that a call hangs is decided by no rule for all answers" \
      test "$(count --decided "$dir/decisions" "$dir/first.txt" "$dir/hanging.txt")" = 1
check "a bad call is refused" test "$(count "$dir/first.txt" "$dir/nothing" 2>/dev/null)" = 2

# what is decided in this project can be read, and no question is left there
check "the decisions are readable" test "$(count --decided "$source_dir/docs/decisions.tsv" "$dir/first.txt" "$dir/first.txt")" = 0
check "none is open" test "$(grep -c '	open:' "$source_dir/docs/decisions.tsv")" = 0
finish
