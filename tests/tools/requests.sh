# Field reports 1 and 2 (wineserver busy with the data of games and servers, and their latency): calls that move data,
# and questions about readiness, ask wineserver for nothing. Its log of the calls of tools/requests.c says so.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

use_prefix prefix
log=$dir/requests.log
"$ws2run" --install >/dev/null
eval "export $("$ws2run" --env | tr '\n' ' ')"
wineserver -f -p >"$log" 2>&1 </dev/null &
server=$!
# the server logs from then on that a client wants it to
WINEDEBUG=+server timeout 120 "${WINE:-wine}" "$build/tools/x86_64/requests.exe" >"$dir/requests.out" 2>&1 </dev/null
check "the calls were made" [ $? = 0 ]
wineserver -k
wait $server

# the requests of the thread that makes the calls: row, runs, requests
awk '/open_event\(.*ws2mark:begin:/ { thread = $1; sub( /.*ws2mark:begin:/, "" ); sub( /".*/, "" ); row = $0; count[row] += 0; next }
    /open_event\(.*ws2mark:end:/ { runs[row]++; row = ""; next }
    row != "" && $1 == thread && $2 ~ /^[a-z_0-9]+\($/ { count[row]++ }
    END { for (row in runs) print row "\t" runs[row] "\t" count[row] }' "$log" >"$dir/requests.tsv"
for row in "send, connected" "recv, connected, data ready" "sendto" "recvfrom, data ready" "select, ready" \
           "WSAPoll, nothing ready" "getsockopt SO_TYPE, connected" "FIONREAD, connected" \
           "WSASend, port, skip" "WSARecv, data ready, port, skip"
do
    check "no request: $row" grep -qP "^\Q$row\E\t[1-9][0-9]*\t0\$" "$dir/requests.tsv"
done
check "requests are seen" grep -qP "^socket, TCP\t[1-9][0-9]*\t[1-9]" "$dir/requests.tsv"
[ $failed = 0 ] || { sed 's/^/      | /' "$dir/requests.tsv"; tail -n 5 "$dir/requests.out"; }
finish
