# make install and make uninstall, in a copy of the system that only this test sees.
# SPDX-License-Identifier: LGPL-2.1-or-later
. "$(dirname "$0")/lib.sh"

# Inside: everything that is written goes to memory and vanishes with the mount namespace.
if [ "$1" = inside ]
then
    layer=$2
    mount -t tmpfs tmpfs "$layer" && mkdir "$layer/upper" "$layer/work" "$layer/root" || exit 77
    mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/upper,workdir=$layer/work" "$layer/root" || exit 77
    mount -t proc proc "$layer/root/proc" && mount --rbind /dev "$layer/root/dev" || exit 77
    # the tree and the build may lie on file systems of their own
    mount --bind "$source_dir" "$layer/root$source_dir" || exit 77
    [ -e "$layer/root$build/Makefile" ] || mount --bind "$build" "$layer/root$build" || exit 77
    mkdir -p "$layer/root/tmp/ws2-test" || exit 77
    exec chroot "$layer/root" env WS2_TEST_DIR=/tmp/ws2-test bash "$(readlink -f "$0")" chrooted
fi

if [ "$1" != chrooted ]
then
    # needs an absolute path of itself for the other two stages
    self=$(readlink -f "$0")
    libdir=$(sed -n 's/^WINE_LIBDIR = //p' "$build/Makefile")
    if [ "$(id -u)" != 0 ]; then skip "needs root"; finish; fi
    if [ -z "$libdir" ]; then skip "Wine's library directory is not known"; finish; fi
    mkdir -p "$dir/layer"
    before=$(cksum "$libdir/x86_64-windows/ws2_32.dll")
    unshare -m -p -f --kill-child bash "$self" inside "$dir/layer" > "$dir/system.log" 2>&1
    status=$?
    sed '$d' "$dir/system.log"
    if [ $status = 77 ] || grep -q 'unshare failed' "$dir/system.log"
    then
        sed -n '$p' "$dir/system.log"
        skip "this machine allows no private copy of the system (unshare, overlay)"
        finish
    fi
    read -r passed failed skipped < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' \
        "$dir/system.log" | tail -n 1)
    [ -n "$passed" ] || { cat "$dir/system.log"; passed=0 failed=1 skipped=0; }
    check "the machine's own Wine is untouched" [ "$(cksum "$libdir/x86_64-windows/ws2_32.dll")" = "$before" ]
    finish
fi

export HOME=$dir PREFIX=/usr/local
use_prefix prefix
wine=${WINE:-wine}
for variable in WINE_LIBDIR WINE_LIBDIR32 WINEBUILD
do
    export $variable="$(sed -n "s/^$variable = //p" "$build/Makefile")"
done
file=$WINE_LIBDIR/x86_64-windows/ws2_32.dll
before=$(cksum "$file")
system_install=$source_dir/tools/system-install
runs_ours() { contains "$dir/probe" helper=yes && contains "$dir/probe" startup=0; }
runs_stock() { contains "$dir/probe" helper=no && contains "$dir/probe" startup=0; }

"$system_install" install "$build"
check "make install succeeds" [ $? = 0 ]
check "ours is where Wine's was" [ "$(cksum "$file")" != "$before" ]
if command -v dpkg-divert >/dev/null && dpkg-query -S "$file" >/dev/null 2>&1
then check "dpkg knows of it" [ -n "$(dpkg-divert --list "$file")" ]
else skip "Wine is not from a Debian package"
fi
run_probe "$wine"
check "a program gets ours with no setting, in a prefix made before" runs_ours
check "ws2run is installed" [ -x $PREFIX/bin/ws2run ]
env -u WS2_DIR $PREFIX/bin/ws2run --doctor > "$dir/doctor"
check "the installed doctor finds nothing wrong" [ $? = 0 ] || cat "$dir/doctor"
"$system_install" install "$build" >/dev/null
check "make install twice succeeds" [ $? = 0 ]

wineserver -k
export WINEPREFIX=$dir/new
WINEDLLOVERRIDES=mscoree,mshtml= timeout 120 wineboot -i >/dev/null 2>&1 </dev/null
wineserver -w
run_probe "$wine"
check "a new prefix gets ours" runs_ours
for name in hosts networks protocol services
do
    check "drivers\\etc\\$name is filled from ours" [ -s "$WINEPREFIX/drive_c/windows/system32/drivers/etc/$name" ]
done
check "Wine's kept file is not put into it" [ ! -e "$WINEPREFIX/drive_c/windows/system32/ws2_32.dll.wine" ]
if [ -e "$WINEPREFIX/drive_c/windows/syswow64/ws2_32.dll" ] && [ -e "$build/tools/i386/ws2probe.exe" ]
then
    probe=$build/tools/i386/ws2probe.exe
    run_probe "$wine"
    check "a 32-bit program gets ours" runs_ours
    probe=$build/tools/x86_64/ws2probe.exe
fi

wineserver -k
"$system_install" uninstall "$build"
check "make uninstall succeeds" [ $? = 0 ]
check "Wine's own file is back" [ "$(cksum "$file")" = "$before" ]
check "dpkg's diversion is gone" [ -z "$(dpkg-divert --list "$file" 2>/dev/null)" ]
check "nothing of ours is left" [ -z "$(ls -d $PREFIX/bin/ws2run $PREFIX/lib/ws2_32 "$WINE_LIBDIR"/*/ws2host* \
    "$WINE_LIBDIR"/*ws2_32* 2>/dev/null)" ]
run_probe "$wine"
check "a program starts and gets Wine's own, in a prefix made with ours" runs_stock
wineserver -k
export WINEPREFIX=$dir/prefix
run_probe "$wine"
check "a program starts and gets Wine's own, in a prefix made before" runs_stock
finish
