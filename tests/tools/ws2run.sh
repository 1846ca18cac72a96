# ws2run: one run, installation per prefix, the doctor, and what is said when something is missing.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

wine=${WINE:-wine}
use_prefix prefix
fingerprint > "$dir/before"
unchanged() { fingerprint | diff "$dir/before" - ; }
placed() { [ -e "$system32/ws2_32.dll.wine" ]; }
not_placed() { ! placed; }
runs_ours() { contains "$dir/probe" helper=yes && contains "$dir/probe" startup=0; }
runs_stock() { contains "$dir/probe" helper=no && contains "$dir/probe" startup=0; }

# *** one run

run_probe "$ws2run"
check "a program gets ours with ws2run" runs_ours
check "nothing is left behind" unchanged

"$ws2run" cmd /c exit 7 >/dev/null 2>&1
check "the program's exit status is passed on" [ $? = 7 ]

echo "echo from stdin" | "$ws2run" cmd 2>/dev/null | tr -d '\r' > "$dir/out"
check "input and output are the program's" contains "$dir/out" "from stdin"

# a program that ends when told by its input
hold() { "$ws2run" cmd /c 'set /p x=' ; }

mkfifo "$dir/first" "$dir/second"
hold < "$dir/first" >/dev/null 2>&1 & first=$!
exec 5> "$dir/first"
hold < "$dir/second" >/dev/null 2>&1 & second=$!
exec 6> "$dir/second"
check "ours is placed while programs run" wait_for 20 placed
sleep 1
echo >&5
wait $first
check "the end of one program leaves the other's file alone" placed
echo >&6
wait $second
check "the last one puts Wine's back" unchanged
exec 5>&- 6>&-
rm "$dir/first" "$dir/second"

"$ws2run" ping -n 100 127.0.0.1 >/dev/null 2>&1 </dev/null & run=$!
check "ours is placed for a program to be interrupted" wait_for 20 placed
sleep 1
kill -TERM $run
wait $run
check "a run that was ended by a signal leaves nothing behind" unchanged

"$ws2run" ping -n 100 127.0.0.1 >/dev/null 2>&1 </dev/null & run=$!
disown $run
check "ours is placed for a program to be killed" wait_for 20 placed
sleep 1
kill -KILL $run
wineserver -k
wineserver -w
check "after a killed run its watcher puts Wine's back" wait_for 20 not_placed
check "and leaves nothing else" unchanged

# a leftover, as after a power failure
cp "$system32/ws2_32.dll" "$system32/ws2_32.dll.wine"
cp "$WS2_DIR/x86_64-windows/ws2_32.dll" "$system32/ws2_32.dll"
run_probe "$wine"
check "with a leftover of ours, a plain start gets Wine's own" runs_stock
run_probe "$ws2run"
check "with a leftover of ours, ws2run works" runs_ours
check "and repairs it" unchanged

WINEDLLOVERRIDES='ws2_32,winhttp=b;mscoree=' WINEDLLPATH=/nonexistent "$ws2run" --env > "$dir/env"
check "the user's own overrides are kept" contains "$dir/env" "WINEDLLOVERRIDES='winhttp=b;mscoree=;ws2_32=native,builtin'"
check "the user's own WINEDLLPATH is kept" contains "$dir/env" "WINEDLLPATH='$WS2_DIR:/nonexistent'"

# *** installation in a prefix

"$ws2run" --install > "$dir/out"
check "--install succeeds" [ $? = 0 ]
check "--install says what to set" contains "$dir/out" "WINEDLLOVERRIDES='ws2_32=native,builtin'"
check "Wine's file is kept beside ours" placed
check "our file is there" cmp -s "$system32/ws2_32.dll" "$WS2_DIR/x86_64-windows/ws2_32.dll"
if [ -e "$syswow64/ws2_32.dll" ] && [ -e "$WS2_DIR/i386-windows/ws2_32.dll" ]
then
    check "our 32-bit file is there" cmp -s "$syswow64/ws2_32.dll" "$WS2_DIR/i386-windows/ws2_32.dll"
    probe=$build/tools/i386/ws2probe.exe
    run_probe "$ws2run"
    check "a 32-bit program gets ours" runs_ours
    probe=$build/tools/x86_64/ws2probe.exe
else
    skip "32-bit programs: this Wine or this build has none"
fi
fingerprint > "$dir/installed"
run_probe "$ws2run"
check "a program gets ours in an installed prefix" runs_ours
check "which is left as it was" diff <(fingerprint) "$dir/installed"
run_probe env WINEDLLOVERRIDES=ws2_32=native,builtin WINEDLLPATH="$WS2_DIR" "$wine"
check "the environment alone selects ours" runs_ours
run_probe "$wine"
check "without it a program gets Wine's own" runs_stock
WINEDEBUG=-all timeout 120 wineboot -u >/dev/null 2>&1 </dev/null
wineserver -w
check "an update of the prefix leaves ours" cmp -s "$system32/ws2_32.dll" "$WS2_DIR/x86_64-windows/ws2_32.dll"
"$ws2run" --install >/dev/null
check "--install twice keeps Wine's file" [ "$(dd if="$system32/ws2_32.dll.wine" bs=1 skip=64 count=4 2>/dev/null)" = Wine ]

# *** the doctor

"$ws2run" --doctor > "$dir/doctor"
check "the doctor finds nothing wrong" [ $? = 0 ]
check "it names Wine's version" contains "$dir/doctor" "$("$wine" --version)"
check "it names the prefix" contains "$dir/doctor" "$WINEPREFIX"
check "it sees ours loaded with ws2run" contains "$dir/doctor" "64-bit with ws2run: OURS"
check "and its host half" contains "$dir/doctor" "host half ws2host.so is attached"
check "it sees Wine's own without" contains "$dir/doctor" "without ws2run: Wine's own"

# *** a missing host half

broken=$dir/broken
rm -rf "$broken"
mkdir -p "$broken/wine/x86_64-windows" "$broken/tools/x86_64"
cp "$WS2_DIR"/x86_64-windows/*.dll "$broken/wine/x86_64-windows"
cp "$probe" "$broken/tools/x86_64"
run_probe env WINEDEBUG=-all,err+winsock WS2_DIR="$broken/wine" "$ws2run"
check "without host half WSAStartup answers WSASYSNOTREADY" contains "$dir/probe" startup=10091
check "and a message names the missing file" contains "$dir/probe.err" "ws2host.so"
WS2_DIR=$broken/wine "$ws2run" --doctor > "$dir/doctor"
check "the doctor finds that" [ $? != 0 ]
check "and says what is missing" contains "$dir/doctor" "Missing: x86_64-unix/ws2host.so"
check "and what WSAStartup answers" contains "$dir/doctor" "WSAStartup answers 10091"
rm "$broken"/wine/x86_64-windows/ws2host.dll
run_probe env WINEDEBUG=-all,err+winsock WS2_DIR="$broken/wine" "$ws2run"
check "without helper WSAStartup answers WSASYSNOTREADY" contains "$dir/probe" startup=10091
check "and a message names it" contains "$dir/probe.err" "ws2host.dll"

# *** a Wine that is not known: to a DLL that knows 8 and 10, 8.0 and 10.0 are others

other=$dir/other
rm -rf "$other"
mkdir -p "$other"
cp -r "$WS2_DIR" "$other/wine"
LC_ALL=C sed -i 's/\(8\|10\)\.0\x00/\1\x00\x00\x00/g' "$other"/wine/*-windows/ws2_32.dll
run_probe env WINEDEBUG=-all,err+winsock WS2_DIR="$other/wine" "$ws2run"
check "on an unknown Wine WSAStartup answers WSASYSNOTREADY" contains "$dir/probe" startup=10091
check "and a message says why" contains "$dir/probe.err" "$("$wine" --version)\" is not known to this ws2_32.dll"

WINEDLLOVERRIDES=ws2_32=n "$ws2run" --doctor > "$dir/doctor"
check "the doctor warns of native alone" contains "$dir/doctor" "Use ws2_32=native,builtin"

WINEPREFIX=$dir/nowhere "$ws2run" --doctor > "$dir/doctor"
check "the doctor makes no prefix" [ ! -e "$dir/nowhere" ]
check "and says that there is none" contains "$dir/doctor" "does not exist yet"

# *** and back

"$ws2run" --uninstall > "$dir/out"
check "--uninstall succeeds" [ $? = 0 ]
rm -f "$WINEPREFIX/.update-timestamp.new"
check "the prefix is as it was" unchanged
run_probe "$wine"
check "a program starts and gets Wine's own" runs_stock
run_probe env WINEDLLOVERRIDES=ws2_32=native,builtin WINEDLLPATH="$WS2_DIR" "$wine"
check "also with the environment still set" runs_stock
"$ws2run" --uninstall > "$dir/out"
check "--uninstall twice says so" contains "$dir/out" "not installed"

# *** other ways to be wrong

WS2_DIR=$dir "$ws2run" cmd /c exit 0 2> "$dir/err"
check "a wrong WS2_DIR is named" contains "$dir/err" "WS2_DIR"
WINE=$dir/no-wine "$ws2run" cmd /c exit 0 2> "$dir/err"
check "a missing Wine is named" contains "$dir/err" "Wine is not installed"
WINEPREFIX=relative "$ws2run" cmd /c exit 0 2> "$dir/err"
check "a relative prefix is refused" contains "$dir/err" "absolute path"

export WINEPREFIX="$dir/new one"
WINEDLLOVERRIDES=mscoree,mshtml= run_probe "$ws2run"
check "a prefix that does not exist is made first, also with a space in its name" runs_ours
for file in hosts networks protocol services
do
    check "drivers\\etc\\$file of a new prefix is filled" [ -s "$WINEPREFIX/drive_c/windows/system32/drivers/etc/$file" ]
done

finish
