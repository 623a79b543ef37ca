#!/bin/sh
# Makes wasm/lcms2/lcms2.wasm from src/, Debian's sources of lcms2, changed by patches/, and the printed colours of icc-profiles-free, as
# wasm/core/build.sh does its own.
set -eu
cd "$(dirname "$0")"
home=$PWD
. ../debian.sh
lcms=2.14-2+deb12u1
profiles=2.0.1+dfsg-1.1

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

fetch() {
  "$@" source lcms2=$lcms
  changed lcms2-${lcms%-*} "$home"/patches/*.patch
  "$@" download icc-profiles-free=$profiles
  dpkg-deb --extract icc-profiles-free_${profiles}_all.deb press
}
with_sources "$out" fetch >"$out/log" 2>&1 || { tail -5 "$out/log" >&2 && exit 3; }

make --silent -j2 OUT="$out" "$out/lcms2.wasm"
if [ "${1:-}" = --check ]; then
  cmp "$out/lcms2.wasm" lcms2.wasm
else
  cp "$out/lcms2.wasm" lcms2.wasm
  node ../manifest.mjs lcms2 "$compiler, lcms2 $lcms, FOGRA39L of icc-profiles-free $profiles"
fi
