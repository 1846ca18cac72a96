make -j2 CONFIGURE_ARGS=--enable-werror >/tmp/b.log 2>&1 || tail -5 /tmp/b.log
b=$PWD/build
timeout 200 tools/record --ours $b; timeout 200 tools/record --stock $b
tools/compare-recordings --decided docs/decisions.tsv $b/record/stock.txt $b/record/ours.txt | grep -v '^ ' | head -40
export WINEPREFIX=$b/record/prefix WINEDEBUG=-all WS2_DIR=$b/wine
tools/ws2run --install >/dev/null; (eval "export $(tools/ws2run --env | tr '\n' ' ')"; cd $b/record; time timeout 200 wine $b/tests/i386/ws2_32_test.exe --record ours32.txt </dev/null 2>&1 | tail -2; time timeout 200 wine $b/tests/i386/ws2_32_test.exe --record ours32b.txt </dev/null 2>&1 | tail -1; cmp ours32.txt ours32b.txt)
grep -c 'exception\|hung' $b/record/ours32.txt
tools/compare-recordings $b/record/ours.txt $b/record/ours32.txt | cut -c1-180 | tail -60
(cd $b/record; tools=; env -u WINEDLLPATH -u WINEDLLOVERRIDES true)
tools/ws2run --uninstall >/dev/null; cd $b/record;  timeout 200 wine $b/tests/i386/ws2_32_test.exe --record stock32.txt </dev/null 2>&1 | tail -1; grep -c hung stock32.txt
wineserver -k
