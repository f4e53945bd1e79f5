#!/bin/sh
# coverage.sh: runs the unit ring of the coverage variant and prints lines covered a directory.
set -eu
cd "$(dirname "$0")/.."
build=build/coverage
find "$build" -name '*.gcda' -delete
for program in "$build"/tests/unit/test_* "$build"/tests/sim/test_*; do
    case $program in
    *.o | *.d | *.gcno | *.gcda) ;;
    *) if [ -x "$program" ]; then "$program" >/dev/null 2>&1 || echo "failed: $program"; fi ;;
    esac
done
find "$build" -name '*.gcda' | while read -r data; do
    gcov -n -o "$(dirname "$data")" "$data" 2>/dev/null
done | awk -F"[':%]" '
    /^File/ { file = $2 }
    /^Lines executed/ && file ~ /^(proto|store|broker|workers)\// {
        split($0, part, "of "); lines = part[2] + 0; covered = lines * $2 / 100
        n = split(file, path, "/")
        directory = n > 2 ? path[1] "/" path[2] : path[1]
        total[directory] += lines; hit[directory] += covered; file = ""
    }
    END { for (d in total) { printf "%-20s %5.1f %% of %d lines\n", d, 100 * hit[d] / total[d], total[d] } }
' | sort
