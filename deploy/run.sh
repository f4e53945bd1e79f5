#!/bin/sh
# run.sh BIN: what `make run` does. Everything on a fresh data directory, the month of Y
# community played to its end under driven time, then time at 60 times the wall clock, with
# the demo's workers answering whatever is submitted. Ctrl-C (or TERM) stops all of it.
#
# Directories: build/run, or $SANJI_RUN_ROOT; what an earlier run left there is removed.
# diag goes to up.log there. Exit: 0 stopped, 1 something did not start or died.
set -eu
[ $# -eq 1 ] || {
    echo "usage: deploy/run.sh BIN    (make run)" >&2
    exit 2
}
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
bin=${bin#"$PWD"/}
root=${SANJI_RUN_ROOT:-build/run}
run=$root/run

if [ -S "$run/admin.ipc" ] && "$bin/sanji" status --run "$run" >/dev/null 2>&1; then
    echo "$run 仍在运行,请先停止 / still running there: stop it first" >&2
    exit 1
fi
rm -rf "$root/data" "$run"
rm -f "$root/up.out" "$root/demo.out"
mkdir -p "$root"

up=""
demo=""
# Ends both, waits until they are gone, and says with what code we go.
finish() {
    trap '' INT TERM
    for pid in $demo $up; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in $demo $up; do
        wait "$pid" 2>/dev/null || true
    done
    exec 3<&- 4<&-
    rm -f "$root/up.out" "$root/demo.out"
    exit "$1"
}
# shellcheck disable=SC2317 # the trap calls it
on_signal() {
    echo
    echo "正在停止 / stopping"
    finish 0
}
give_up() {
    echo "$1" >&2
    tail -n 20 "$root/up.log" >&2
    finish 1
}
# Reads lines of descriptor $1 until one begins with $2, and leaves it in $line.
wait_line() {
    while IFS= read -r line <&"$1"; do
        case $line in
        "$2"*) return 0 ;;
        esac
    done
    return 1
}
trap on_signal INT TERM

mkfifo "$root/up.out" "$root/demo.out"
"$bin/sanji" up --clock driven --start 2020-08-01T00:00:00+08:00 \
    --data "$root/data" --run "$run" >"$root/up.out" 2>"$root/up.log" &
up=$!
exec 3<"$root/up.out"
wait_line 3 "READY " || give_up "未能启动 / did not start; up.log says:"

echo "正在回放 Y 社区一个月的 152 件 / playing a month of Y community, 152 cases ..."
began=$(date +%s)
"$bin/sanji" demo y-mini --stay --run "$run" >"$root/demo.out" 2>>"$root/up.log" &
demo=$!
exec 4<"$root/demo.out"
wait_line 4 "DEMO DONE " || give_up "演示未能完成 / the demo did not end; up.log says:"
took=$(($(date +%s) - began))
done_line=$line
wait_line 4 "DEMO STAYS" || give_up "演示未能继续 / the demo did not stay; up.log says:"
"$bin/sanji" clock --rate 60 --run "$run" >/dev/null || give_up "时钟 / clock"

cat <<END
${done_line#DEMO DONE }
用时 $took 秒 / took $took s

三级 Sanji 已就绪 / is up
数据 data        $root/data
运行 endpoints   $run/door.ipc log.ipc query.ipc live.ipc admin.ipc
诊断 diag        $root/up.log
时钟 clock       每秒走一分钟 / a minute each second; --rate 0 停住 / stands

另开终端,在本目录粘贴 / in another terminal, in this directory, paste:

# 事件流 / the stream
$bin/sanji tail -o table --run $run

# 报送一件 / submit one incident
$bin/sanji submit --run $run <<EOF
{"source_system":"paste","source_ref":"p-\$(date +%s%N)","source":"HANDHELD","category":"02001","place":{"grid":"370499.003.01.001.B03"},"sealed":{"text":"东门消防通道被两辆车堵住"}}
EOF

# 看板 / the board
$bin/sanji board --run $run

Ctrl-C 停止全部 / stops everything
END

# Interrupted by a signal, wait returns at once and the trap runs.
wait "$up" || true
give_up "系统已退出 / the system has ended; up.log says:"
