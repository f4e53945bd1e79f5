#!/bin/sh
# test_controls.sh: the lints can fail. Each is run over a small tree of its own: it passes as
# it stands, and fails for each rule that is then broken in it. The words are put together
# here, so that words.sh does not find them in this file.
set -u
lint=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
number=0
bad=0

say() { # whether it holds, sentence
    number=$((number + 1))
    if [ "$1" = yes ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        bad=1
    fi
}

lay() { # a clean tree
    rm -rf "${tree:?}"/*
    cp "$lint/../../.clang-format" "$tree"
    mkdir -p "$tree/proto" "$tree/store" "$tree/broker/runtime" "$tree/workers/audit" \
        "$tree/workers/intake" "$tree/tests/unit"
    echo 'struct nothing;' >"$tree/proto/nothing.h"
    for file in store/log broker/runtime/loop broker/feed workers/audit/audit \
        workers/intake/door tests/unit/test_log; do
        echo '#include "proto/nothing.h"' >"$tree/$file.c"
    done
}

passes() { # lint, sentence
    lay
    if sh "$lint/$1" "$tree" >/dev/null 2>&1; then say yes "$2"; else say no "$2"; fi
}

finds() { # lint, file, the line that is wrong, what is wrong
    lay
    printf '%s\n' "$3" >>"$tree/$2"
    if said=$(sh "$lint/$1" "$tree" 2>&1); then
        say no "$1 fails on $4"
    elif echo "$said" | grep -qF "$2"; then
        say yes "$1 finds $4"
    else
        say no "$1 names the file with $4"
    fi
}

echo 1..27
passes layers.sh "layers.sh passes a tree in order"
finds layers.sh proto/nothing.h '#include "store/log.h"' "store in proto"
finds layers.sh store/log.c '#include "broker/feed.h"' "the broker in store"
finds layers.sh store/log.c '#include "tests/unit/scratch.h"' "a test's header in store"
finds layers.sh broker/runtime/loop.c '#include "broker/feed.h"' "the broker in the runtime"
finds layers.sh broker/runtime/loop.c '#include "workers/audit/audit.h"' "a worker in the runtime"
finds layers.sh broker/feed.c '#include "workers/audit/audit.h"' "a worker in the broker"
finds layers.sh workers/intake/door.c '#include "workers/audit/audit.h"' "a worker in another"
finds layers.sh workers/intake/door.c '#include "store/log.h"' "store in a worker"
finds layers.sh workers/intake/door.c '#include "broker/feed.h"' "the broker in a worker"
finds layers.sh broker/feed.c '#include <ev.h>' "libev outside the loop"
finds layers.sh workers/audit/audit.c '#include <zmq.h>' "ZeroMQ outside loop and socket"
finds layers.sh broker/feed.c '#include <lmdb.h>' "LMDB outside store"
finds layers.sh workers/audit/audit.c '#include <cyaml/cyaml.h>' "libcyaml in audit"
finds layers.sh workers/audit/audit.c '#include <sodium.h>' "libsodium in audit"

passes words.sh "words.sh passes a tree in order"
finds words.sh proto/nothing.h "/* TO""DO: later */" "a promise to finish later"
finds words.sh proto/nothing.h "/* see /ho""me/somebody/notes */" "a path of somebody's machine"
finds words.sh proto/nothing.h "/* @aut""hor somebody */" "who wrote it"
finds words.sh store/log.c "    // log_open(log)""; " "code that is commented out"
finds words.sh tests/unit/test_log.c "    usl""eep(1000);" "a fixed wait in a test"
finds words.sh tests/unit/test_log.c "    po""ll(NULL, 0, 500);" "a wait of a length somebody guessed"
finds words.sh tests/unit/test_log.sh "sl""eep 1" "a fixed wait in a script"

passes headers.sh "headers.sh passes a tree in order"
finds headers.sh proto/nothing.h "size_t nothing(void);" "a header that needs another first"
passes format.sh "format.sh passes a tree in order"
finds format.sh store/log.c "int  a ;" "a line that clang-format would write otherwise"
exit $bad
