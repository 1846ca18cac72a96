# What the tests of the tools share: checks, counts, a Wine prefix to work on.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make check sets WS2_TEST_BUILD (build directory), WS2_TEST_PREFIX (a complete prefix with our DLL
# installed, to be copied, not changed) and WS2_TEST_DIR (a directory for the tests' files).

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${WS2_TEST_BUILD:?run make check}
dir=${WS2_TEST_DIR:?run make check}
ws2run=$source_dir/tools/ws2run
export WS2_DIR=$build/wine WINEDEBUG=-all
PATH=$PATH:/usr/sbin:/sbin
unset DISPLAY WINEDLLOVERRIDES WINEDLLPATH WINEPREFIX

passed=0 failed=0 skipped=0

# check "what it is" COMMAND...: the command succeeds
check()
{
    local what=$1

    shift
    if "$@"; then passed=$((passed + 1)); echo "ok    $what"
    else failed=$((failed + 1)); echo "FAIL  $what"
    fi
}

# contains FILE TEXT
contains() { grep -qF -- "$2" "$1" || { echo "      no \"$2\" in:"; sed 's/^/      | /' "$1" | head -n 30; return 1; }; }
lacks() { ! grep -qF -- "$2" "$1" || { echo "      \"$2\" in:"; sed 's/^/      | /' "$1" | head -n 30; return 1; }; }

skip() { skipped=$((skipped + 1)); echo "skip  $*"; }

# A complete prefix with Wine's own files, at $dir/NAME; sets WINEPREFIX.
use_prefix()
{
    export WINEPREFIX=$dir/$1

    [ ! -d "$WINEPREFIX" ] || wineserver -k
    rm -rf "$WINEPREFIX"
    cp -a "$WS2_TEST_PREFIX" "$WINEPREFIX"
    "$ws2run" --uninstall >/dev/null
    system32=$WINEPREFIX/drive_c/windows/system32
    syswow64=$WINEPREFIX/drive_c/windows/syswow64
}

# in_own_network SECONDS: run the calling script again, with the argument "inside", in an empty network; its exit
# status in $status, its output in $dir/NAME.log. Ends the script where that cannot be had: exit 77 there says so.
# Programs know it by WS2_TEST_OWN_NETWORK.
in_own_network()
{
    local script log

    script=$(readlink -f "$0")
    log=$dir/$(basename "$script" .sh).log
    if [ "$(id -u)" != 0 ]; then skip "needs root"; finish; fi
    use_prefix prefix
    WS2_TEST_OWN_NETWORK=1 timeout "$1" unshare -n bash "$script" inside > "$log" 2>&1
    status=$?
    if [ $status = 77 ] || grep -q 'unshare failed' "$log"
    then
        sed -n '$p' "$log"
        skip "this machine allows no network of our own"
        finish
    fi
}

# judge_own_network WHAT: what a subtest did there, which must have left out nothing
judge_own_network()
{
    local log

    log=$dir/$(basename "$0" .sh).log
    check "$1" [ $status = 0 ]
    check "all of it was tried" contains "$log" " 0 failures), 0 skipped."
    [ $status = 0 ] || cat "$log"
}

# Everything a run could leave behind.
fingerprint()
{
    (cd "$WINEPREFIX" && ls -A . && for windows in drive_c/windows/system32 drive_c/windows/syswow64
    do
        [ ! -d $windows ] || { ls $windows; cksum $windows/ws2* 2>/dev/null; }
    done)
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for()
{
    local end=$((SECONDS + $1))

    shift
    until "$@"
    do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

# Runs the probe with this command before it; its lines are in $dir/probe, messages in $dir/probe.err.
probe=$build/tools/x86_64/ws2probe.exe
run_probe() { timeout 120 "$@" "$probe" 2>"$dir/probe.err" </dev/null | tr -d '\r' >"$dir/probe"; }

finish()
{
    [ -z "$WINEPREFIX" ] || wineserver -k
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
    exit
}
