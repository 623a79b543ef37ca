#!/bin/sh
# Makes wasm/aom/aom.wasm from src/ and Debian's sources of libaom, changed by patches/, as wasm/core/build.sh does its own.
# Beside what that needs: apt-get install cmake libsimde-dev. libaom is newer than Debian 12's: see README.md.
set -eu
cd "$(dirname "$0")"
home=$PWD
. ../debian.sh
aom=3.14.1-1
suite=sid
simde=0.7.4~rc2-2
need libsimde-dev $simde
need cmake 3.25.1-1

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

fetch() {
  "$@" source aom=$aom
  changed aom-${aom%-*} "$home"/patches/*.patch
}
with_sources "$out" fetch $suite >"$out/log" 2>&1 || { tail -5 "$out/log" >&2 && exit 3; }

make --silent -j2 OUT="$out" "$out/aom.wasm"
if [ "${1:-}" = --check ]; then
  cmp "$out/aom.wasm" aom.wasm
else
  cp "$out/aom.wasm" aom.wasm
  node ../manifest.mjs aom "$compiler, libaom $aom, SIMDe $simde"
fi
