#!/bin/sh
# deps.sh: the Debian 12 packages that building, testing and linting need.
#
#   deps.sh --check     says what is missing and fails
#   deps.sh --install   installs it, as root or through sudo, after saying what
set -eu

packages="gcc libc6-dev make pkg-config protobuf-compiler protobuf-c-compiler
libprotobuf-c-dev libzmq3-dev liblmdb-dev libev-dev libcyaml-dev libjansson-dev
libssl-dev libsodium-dev libcmocka-dev clang clang-format clang-tidy shellcheck
python3 python3-zmq python3-protobuf procps"

missing=""
for package in $packages; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
        missing="$missing $package"
    fi
done
[ -n "$missing" ] || exit 0

if [ "$1" != --install ]; then
    echo "missing Debian packages:$missing" >&2
    echo "run: make deps    (installs them with apt-get, as root or through sudo)" >&2
    exit 1
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || {
        echo "not root and no sudo: as root, run: apt-get install$missing" >&2
        exit 1
    }
fi
echo "installing Debian packages:$missing" >&2
$as_root apt-get update -qq >&2
# shellcheck disable=SC2086 # the list is meant to be split
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >&2
