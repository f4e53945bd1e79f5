#!/bin/sh
# run.sh: builds and runs every ring and counts. `make test` calls it with make's own name.
#
#   tests/run.sh MAKE            release, then asan
#   TEST_VARIANTS=release ...    one of them     TEST_ONLY=pattern  only paths that match
#   TEST_LOGS=DIR ...            what each says goes there instead of build/
#
# A test program prints cmocka's lines or TAP's ("ok 1 - ...", "not ok 2 - ..."); what each
# says is added up. A program that ends badly or in silence counts as one failure.
# Last line: "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
make=$1
variants=${TEST_VARIANTS:-release asan}
jobs=${TEST_JOBS:-2}
passed=0
failed=0

for variant in $variants; do
    logs=${TEST_LOGS:-build}/$variant/test-logs
    rm -rf "$logs"
    mkdir -p "$logs"
    if ! $make VARIANT="$variant" tests; then
        echo "FAILED build of $variant"
        failed=$((failed + 1))
        continue
    fi
    SANJI_BIN=$PWD/build/$variant/bin
    SANJI_VARIANT=$variant
    export SANJI_BIN SANJI_VARIANT
    list=$(find "build/$variant/tests" -type f -perm -u+x \( -name 'test_*' -o -name 'replay_*' \) ! -name '*.o' ! -name '*.d')
    scripts=$(find tests/proc tests/crash \( -name 'test_*.sh' -o -name 'test_*.py' \) | sort)
    if [ "$variant" = release ]; then
        scripts="$scripts $(find tests/lint -name 'test_*.sh' | sort)"
    fi
    for program in $list $scripts; do
        case $program in
        *${TEST_ONLY:-}*) echo "$program" ;;
        esac
    done | sort | xargs -P "$jobs" -I{} sh tests/run_one.sh {} "$logs"
    for count in "$logs"/*.count; do
        [ -f "$count" ] || continue
        read -r good bad <"$count"
        passed=$((passed + good))
        failed=$((failed + bad))
    done
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
