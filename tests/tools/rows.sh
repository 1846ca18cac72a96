# Options and control codes ask wineserver only where bench/rows/server.tsv has the reason, on sockets in each state
# and once what can be kept is kept: the first part of issue 3's target for their speed, which a count can decide.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

use_prefix prefix
counts=$dir/host-calls
truncate -s 4096 "$counts"
WS2_HOST_CALLS=$counts LD_PRELOAD=$build/bench/rows/hostcalls.so \
    timeout 120 "$ws2run" "$build/bench/rows/rows.exe" "$counts" 2>"$dir/rows.err" </dev/null | tr -d '\r' >"$dir/rows"

# the calls that succeed, one a line: way, row, state, "asks" or "-"
awk -F'\t' '$4 == "0" { print $1 "\t" $2 "\t" $3 "\t" ($5 ~ /request:/ ? "asks" : "-") }' "$dir/rows" >"$dir/asked"
check "every row was called" [ "$(grep -c . "$dir/asked")" -gt 300 ]
check "host calls are counted" grep -q 'work:getsockopt:1 ' "$dir/rows"
check "requests are counted" grep -q '	asks$' "$dir/asked"
[ -s "$dir/rows" ] || cat "$dir/rows.err"

# those that ask are the ones with a reason, and each reason is one for somebody
awk -F'\t' 'FNR == NR { if (!/^#/) known[$1 "\t" $2 "\t" $3]++; next }
    $4 == "asks" && !(($1 "\t" $2 "\t-") in known) && !(($1 "\t" $2 "\t" $3) in known)' \
    "$source_dir/bench/rows/server.tsv" "$dir/asked" >"$dir/without-reason"
awk -F'\t' 'FNR == NR { if ($4 == "asks") { asks[$1 "\t" $2 "\t-"]++; asks[$1 "\t" $2 "\t" $3]++ } next }
    !/^#/ && !(($1 "\t" $2 "\t" $3) in asks)' "$dir/asked" "$source_dir/bench/rows/server.tsv" >"$dir/unused"
check "no row asks wineserver without a reason" [ ! -s "$dir/without-reason" ]
check "each reason is needed" [ ! -s "$dir/unused" ]
sed 's/^/      | /' "$dir/without-reason" "$dir/unused"
finish
