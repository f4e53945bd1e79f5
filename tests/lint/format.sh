#!/bin/sh
# format.sh: every C file stands as clang-format (.clang-format) would write it.
set -eu
cd "${1:-$(dirname "$0")/../..}"
clang-format --dry-run -Werror proto/*.[ch] store/*.[ch] broker/*.[ch] broker/runtime/*.[ch] \
    workers/*/*.[ch] tests/*/*.[ch]
