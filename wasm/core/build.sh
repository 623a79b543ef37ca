#!/bin/sh
# Makes wasm/core/core.wasm from src/ and Debian's sources of libwebp and libdeflate, changed by patches/, and notes it in
# wasm/manifest.json. The same sources and tools give the same bytes. `build.sh --check` builds beside it and fails when
# the committed module differs; it ends with 3 when the pinned versions cannot be had here.
set -eu
cd "$(dirname "$0")"
home=$PWD
. ../debian.sh
libwebp=1.2.4-0.2+deb12u1
libdeflate=1.14-1
emscripten=3.1.6~dfsg-5

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

fetch() {
  "$@" source libwebp=$libwebp libdeflate=$libdeflate
  changed libwebp-${libwebp%-*} "$home"/patches/libwebp-*.patch
  changed libdeflate-${libdeflate%-*} "$home"/patches/libdeflate-*.patch
  "$@" download emscripten=$emscripten
  mkdir compat
  dpkg --fsys-tarfile emscripten_*.deb | tar x --strip-components=7 -C compat \
    --wildcards './usr/share/emscripten/system/include/compat/?mmintrin.h'
}
with_sources "$out" fetch >"$out/log" 2>&1 || { tail -5 "$out/log" >&2 && exit 3; }

make --silent OUT="$out" "$out/core.wasm"
if [ "${1:-}" = --check ]; then
  cmp "$out/core.wasm" core.wasm
else
  cp "$out/core.wasm" core.wasm
  node ../manifest.mjs core "$compiler, libwebp $libwebp, libdeflate $libdeflate, the SSE headers of emscripten $emscripten"
fi
