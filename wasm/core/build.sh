#!/bin/sh
# Makes wasm/core/core.wasm from src/ and Debian's sources of libwebp and libdeflate, changed by patches/, and notes it in
# wasm/manifest.json. The same sources and tools give the same bytes. `build.sh --check` builds beside it and fails when
# the committed module differs; it ends with 3 when the pinned versions cannot be had here.
#
# Needs Debian 12 and: apt-get install clang-19 lld-19 llvm-19 wasi-libc libclang-rt-19-dev-wasm32 make patch dpkg-dev
set -eu
cd "$(dirname "$0")"
home=$PWD
clang=1:19.1.7-3~deb12u1
libc=0.0~git20220510.9886d3d-2
libwebp=1.2.4-0.2+deb12u1
libdeflate=1.14-1
emscripten=3.1.6~dfsg-5

need() {
  have=$(dpkg-query --show --showformat='${Version}' "$1" 2>/dev/null || true)
  [ "$have" = "$2" ] || { echo "$1 $2 is needed, this is ${have:-not installed}" >&2 && exit 3; }
}
for package in clang-19 lld-19 libclang-rt-19-dev-wasm32; do need $package $clang; done
need wasi-libc $libc

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Debian's sources, from wherever this machine has its packages from, without changing its settings.
fetch() (
  mkdir -p "$out/apt/parts" "$out/apt/lists/partial"
  for list in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    [ -f $list ] && sed 's/^Types: deb$/Types: deb deb-src/; s/^deb \(.*\)/deb \1\ndeb-src \1/' $list >"$out/apt/parts/${list##*/}"
    [ $list = /etc/apt/sources.list ] && [ -f "$out/apt/parts/sources.list" ] && mv "$out/apt/parts/sources.list" "$out/apt/parts/main.list"
  done
  set -- -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$out/apt/parts" -o Dir::State::lists="$out/apt/lists"
  cd "$out"
  apt-get "$@" -qq update
  apt-get "$@" -qq source libwebp=$libwebp libdeflate=$libdeflate
  for change in "$home"/patches/libwebp-*.patch; do patch --quiet -d libwebp-${libwebp%-*} -p1 <"$change"; done
  for change in "$home"/patches/libdeflate-*.patch; do patch --quiet -d libdeflate-${libdeflate%-*} -p1 <"$change"; done
  apt-get "$@" -qq download emscripten=$emscripten
  mkdir compat
  dpkg --fsys-tarfile emscripten_*.deb | tar x --strip-components=7 -C compat \
    --wildcards './usr/share/emscripten/system/include/compat/?mmintrin.h'
)
fetch >"$out/log" 2>&1 || { tail -5 "$out/log" >&2 && exit 3; }

make --silent OUT="$out" "$out/core.wasm"
if [ "${1:-}" = --check ]; then
  cmp "$out/core.wasm" core.wasm
else
  cp "$out/core.wasm" core.wasm
  node manifest.mjs "clang 19.1.7, wasi-libc 0.0~git20220510, libwebp $libwebp, libdeflate $libdeflate, the SSE headers of emscripten $emscripten"
fi
