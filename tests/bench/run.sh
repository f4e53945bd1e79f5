#!/bin/sh
# run.sh: the figures that the README quotes: each five times, the middle one and the range.
#
#   tests/bench/run.sh BIN-DIR        BENCH_RUNS=n for another number of runs
#
# One line a figure: name, median, unit, (lowest - highest). Ratios are of one run each, since
# the speed of a shared machine and its disk drifts.
set -eu
bin=$1
runs=${BENCH_RUNS:-5}
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

figure() { # label, options of `sanji bench append`...
    label=$1
    shift
    : >"$lines"
    run=0
    while [ "$run" -lt "$runs" ]; do
        "$bin/sanji" bench append "$@" >>"$lines"
        run=$((run + 1))
    done
    awk -v label="$label" '
        { if (!($1 in count)) { order[++names] = $1; unit[$1] = $3 }
          value[$1, ++count[$1]] = $2 }
        END {
            for (i = 1; i <= names; i++) {
                name = order[i]; n = count[name]
                for (a = 1; a <= n; a++) { sorted[a] = value[name, a] + 0 }
                for (a = 1; a <= n; a++) {
                    for (b = a + 1; b <= n; b++) {
                        if (sorted[b] < sorted[a]) { t = sorted[a]; sorted[a] = sorted[b]; sorted[b] = t }
                    }
                }
                printf "%s.%s %s %s (%s - %s)\n", label, name, sorted[int((n + 1) / 2)],
                    unit[name], sorted[1], sorted[n]
            }
        }' "$lines"
}

figure one --in-flight 1
figure fifty --in-flight 50 --publishers 50
figure thousand --in-flight 1000
figure ten_thousand --in-flight 10000
figure ten_thousand_by_16 --in-flight 10000 --per-message 16
