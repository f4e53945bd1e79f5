#!/bin/sh
# words.sh: words that do not belong in the tree.
#
#   everywhere   paths of somebody's machine, promises to finish later
#   C files      who wrote a line and when (git knows), code that is commented out
#   tests        fixed sleeps: a test waits for a line, a message or a deadline (asking once
#                a millisecond, where nothing can be waited on)
#
# Prints file:line of every finding; exit 1 when there is one. This file names the words, so
# it is left out; what a run leaves behind (build, run, data) is not the tree.
set -eu
cd "${1:-$(dirname "$0")/../..}"
bad=0

deny() { # why, extended pattern, folder, globs...
    why=$1 pattern=$2 folder=$3
    shift 3
    for glob in "$@"; do
        shift
        set -- "$@" "--include=$glob"
    done
    if grep -rnIE "$@" --exclude=words.sh --exclude=.git --exclude-dir=.git --exclude-dir=build \
        --exclude-dir=run --exclude-dir=data --exclude-dir=corpus -e "$pattern" "$folder"; then
        echo "  ^ $why" >&2
        bad=1
    fi
}

deny "finish it or leave it out" '\b(TODO|FIXME|XXX)\b' . '*'
deny "a path of somebody's machine" '(^|[^A-Za-z0-9_.})])/(work|home|root|Users)/' . '*'
deny "git knows who and when" \
    '@author|\b(Author|Date): |\b(Written|Created) by [A-Z]|Copyright' . '*.c' '*.h'
deny "code that is commented out" '^ *//.*(\);|\{|\}| = .*;) *$' . '*.c' '*.h'
deny "wait for something, never for time" '\b(sleep|usleep|nanosleep|clock_nanosleep) *\(' \
    tests '*.c' '*.h' '*.py'
deny "wait for something, never for time" '\bpoll\(NULL, 0, ([^1]|1[^)])' tests '*.c' '*.h'
deny "wait for something, never for time" '(^|[;&|]|then|do) *u?sleep ' tests '*.sh'

exit $bad
