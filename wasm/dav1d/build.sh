#!/bin/sh
# Makes wasm/dav1d/dav1d.wasm from src/ and Debian's sources of dav1d, changed by patches/, as wasm/core/build.sh does its own.
set -eu
cd "$(dirname "$0")"
home=$PWD
. ../debian.sh
dav1d=1.0.0-2+deb12u1

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

fetch() {
  "$@" source dav1d=$dav1d
  changed dav1d-${dav1d%-*} "$home"/patches/*.patch
}
with_sources "$out" fetch >"$out/log" 2>&1 || { tail -5 "$out/log" >&2 && exit 3; }

make --silent -j2 OUT="$out" "$out/dav1d.wasm"
if [ "${1:-}" = --check ]; then
  cmp "$out/dav1d.wasm" dav1d.wasm
else
  cp "$out/dav1d.wasm" dav1d.wasm
  node ../manifest.mjs dav1d "$compiler, dav1d $dav1d"
fi
