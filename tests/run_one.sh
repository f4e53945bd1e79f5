#!/bin/sh
# run_one.sh: runs one test program or script for run.sh, keeps what it says, counts it.
#
#   run_one.sh PROGRAM LOG-DIR      writes LOG-DIR/NAME.log and NAME.log.count ("good bad")
set -u
program=$1
logs=$2
log="$logs/$(echo "$program" | tr "/" "_").log"
case $program in
*.py) set -- /usr/bin/python3 -B "$program" ;;
*.sh) set -- sh "$program" ;;
*replay_*) set -- "$program" "tests/fuzz/corpus/${program##*replay_}" ;;
*) set -- "$program" ;;
esac
start=$(date +%s)
timeout -k 10 "${TEST_TIMEOUT_S:-300}" "$@" >"$log" 2>&1 </dev/null
code=$?
good=$(grep -cE "^ok |^\[       OK \]" "$log")
# cmocka names a failed test twice: where it failed, and in its summary.
bad=$(grep -E "^not ok |^\[  FAILED  \] [A-Za-z_0-9]+$" "$log" | sort -u | grep -c .)
if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
if [ "$code" -eq 0 ] && [ "$good" -eq 0 ] && ! grep -q "^1..0 # skip" "$log"; then bad=1; fi
echo "$good $bad" >"$log.count"
if [ "$bad" -ne 0 ]; then
    echo "FAILED $program (exit $code, $(($(date +%s) - start)) s): $log"
    tail -n 40 "$log" | sed "s/^/    | /"
else
    echo "  ok   $program: $good ($(($(date +%s) - start)) s)"
fi
