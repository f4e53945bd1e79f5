#!/bin/sh
# headers.sh: every header compiles alone, first in a file, so that no order of includes is
# needed anywhere. Needs the generated headers: make build/gen/event.pb-c.h (or any build).
set -eu
cd "${1:-$(dirname "$0")/../..}"
cc=${CC:-gcc}
bad=0

for header in proto/*.h store/*.h broker/*.h broker/runtime/*.h workers/*/*.h tests/*/*.h; do
    [ -f "$header" ] || continue
    if ! echo "#include \"$header\"" |
        "$cc" -std=c11 -D_GNU_SOURCE -I. -isystem build/gen -Wall -Wextra -Werror -fsyntax-only -x c -; then
        echo "$header:1: does not compile alone" >&2
        bad=1
    fi
done

exit $bad
