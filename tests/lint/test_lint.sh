#!/bin/sh
# test_lint.sh: the lints that take seconds, a TAP line each. `make lint` is this and
# clang-tidy. Needs the generated headers, as any build leaves them in build/gen.
set -u
cd "$(dirname "$0")/../.." || exit 1
number=0
bad=0

expect() { # sentence, command...
    number=$((number + 1))
    sentence=$1
    shift
    if said=$("$@" 2>&1); then
        echo "ok $number - $sentence"
    else
        echo "not ok $number - $sentence"
        echo "$said" | sed 's/^/# /'
        bad=1
    fi
}

echo 1..5
expect "every C file stands as clang-format would write it" sh tests/lint/format.sh
expect "includes point down only" sh tests/lint/layers.sh
expect "no word is in the tree that does not belong there" sh tests/lint/words.sh
expect "every header compiles alone" sh tests/lint/headers.sh
expect "shellcheck finds nothing in the scripts" \
    shellcheck deploy/*.sh tests/*.sh tests/*/*.sh .ci/run
exit $bad
