#!/bin/sh
# layers.sh: includes may only point down.
#
#     proto < store < broker/runtime < broker, workers/NAME      tests may see all
#
# A worker never includes another worker or the broker itself, and reaches store only through
# the runtime. ev.h, zmq.h, lmdb.h, cyaml.h and sodium.h each have the few files that may
# include them.
set -eu
cd "${1:-$(dirname "$0")/../..}"
bad=0

deny() { # why, pattern of forbidden includes, files...
    why=$1 pattern=$2
    shift 2
    for file in "$@"; do
        [ -f "$file" ] || continue
        if grep -HnE "^#include [\"<]($pattern)" "$file"; then
            echo "  ^ $why" >&2
            bad=1
        fi
    done
}

deny "proto is the lowest layer" "(store|broker|workers|tests)/" proto/*.[ch]
deny "store knows nothing above it" "(broker|workers|tests)/" store/*.[ch]
deny "the runtime serves all processes" "(broker/[a-z_]+\.h|workers/|tests/)" broker/runtime/*.[ch]
deny "the broker does not know its workers" "(workers|tests)/" broker/*.[ch]
for worker in workers/*/; do
    name=$(basename "$worker")
    for file in "$worker"*.[ch]; do
        [ -f "$file" ] || continue
        if grep -HnE '^#include "workers/' "$file" | grep -v "\"workers/$name/"; then
            echo "  ^ workers do not include each other" >&2
            bad=1
        fi
    done
    deny "a worker sees the log through the runtime" "(broker/[a-z_]+\.h|store/|tests/)" "$worker"*.[ch]
done

only() { # header, pattern of files that may include it
    found=$(grep -rlE "^#include [\"<]$1" proto store broker workers | grep -vxE "$2" || true)
    if [ -n "$found" ]; then
        echo "$found"
        echo "  ^ only $2 may include $1" >&2
        bad=1
    fi
}

only 'ev\.h' 'broker/runtime/loop\.c'
only 'zmq\.h' 'broker/runtime/(loop|socket)\.[ch]'
only 'lmdb\.h' 'store/.*\.[ch]'
only 'cyaml/cyaml\.h' 'workers/intake/.*\.c|workers/sanji/.*\.c|broker/runtime/.*\.c'
only 'sodium\.h' 'workers/intake/.*\.c|broker/runtime/seal\.c'

exit $bad
