#!/bin/sh
# test_requirements.sh: tests/REQUIREMENTS.md has a row for each of R1 to R78, each row says what
# shows it (or that it was left out, or what will bring it), and every test it names exists.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
table=tests/REQUIREMENTS.md
last=78
number=0
bad=0

say() { # whether it holds (no text: it does), sentence
    number=$((number + 1))
    if [ -z "$1" ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        echo "$1" | sed 's/^/# /'
        bad=1
    fi
}

missing() {
    i=1
    while [ "$i" -le "$last" ]; do
        rows=$(grep -cE "^\| R$i \|" "$table")
        [ "$rows" -eq 1 ] || echo "R$i stands $rows times"
        i=$((i + 1))
    done
    grep -E '^\| R' "$table" | grep -vE '^\| R([1-9]|[1-6][0-9]|7[0-8]) \|' | sed 's/^/no such requirement: /'
}

# shellcheck disable=SC2016 # the marks are those of the table, nothing is to expand
silent() { # rows that name no test, give no reason, promise no part
    grep -E '^\| R[0-9]+ \|' "$table" |
        grep -vE '`(unit|sim|proc|crash)/test_[a-z_0-9]+: [a-z_0-9]+`' |
        grep -vE 'left out on purpose: .{20,}|not yet: (gateway|console|audit|dispatch|escalation|intake|export|demo|packaging)[,;:]? .{5,}'
}

# shellcheck disable=SC2016 # as above
absent() { # tests that are named and not there
    grep -oE '`[a-z]+/test_[a-z_0-9]+: [a-z_0-9]+`' "$table" | tr -d '`' | sort -u |
        while IFS=': ' read -r file name; do
            if [ -f "tests/$file.c" ]; then
                grep -qE "cmocka_unit_test[a-z_]*\($name\)|TEST\($name\)|^static void $name\(void" "tests/$file.c" &&
                    continue
            elif [ -f "tests/$file.py" ]; then
                grep -qE "^def $name\(" "tests/$file.py" && continue
            fi
            echo "$file: $name"
        done
}

say "$(missing)" "each of R1 to R$last has one row"
say "$(silent)" "each row says what shows it, why it was left out, or what will bring it"
say "$(absent)" "every test that it names exists"
say "$(grep -nE 'issue|#[0-9]' "$table")" "it names no number of an issue"
echo "1..$number"
exit $bad
