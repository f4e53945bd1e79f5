#!/bin/sh
# test_properties.sh: every test that tests/PROPERTIES.md names exists, and every property of
# the domain names one.
set -u
cd "$(dirname "$0")/../.." || exit 1

# The names of the tests, as they stand between backquotes: "file: name".
named() {
    # shellcheck disable=SC2016 # backquotes as they stand in the table
    grep -o '`tests/[^`]*: [^`]*`' tests/PROPERTIES.md | tr -d '`' | sort -u
}

missing() {
    named | while IFS= read -r line; do
        file=${line%%: *}
        if [ ! -f "$file" ]; then
            echo "$file does not exist"
        elif ! grep -qF -- "${line#*: }" "$file"; then
            echo "$file has no test '${line#*: }'"
        fi
    done
}

without() {
    seq 1 20 | while IFS= read -r property; do
        grep -q "^| $property |.*tests/[a-z]*/test_[a-z_]*\.[a-z]*: " tests/PROPERTIES.md ||
            echo "property $property names no test"
    done
}

bad=0
say() { # number, sentence, what was found
    if [ -z "$3" ]; then
        echo "ok $1 - $2"
    else
        echo "not ok $1 - $2"
        echo "$3" | sed 's/^/# /'
        bad=1
    fi
}

echo 1..2
say 1 "every test that PROPERTIES.md names exists" "$(missing)"
say 2 "every property of the domain names a test" "$(without)"
exit $bad
