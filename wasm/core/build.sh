#!/bin/sh
# Makes wasm/core/core.wasm from src/ and notes it in wasm/manifest.json. The same sources and tools give the same bytes.
# `build.sh --check` builds beside it and fails when the committed module differs.
# Needs, from Debian 12: apt-get install clang-19 lld-19 llvm-19 wasi-libc libclang-rt-19-dev-wasm32 make
set -eu
cd "$(dirname "$0")"
version() { dpkg-query --show --showformat='${Version}' "$1"; }
clang=1:19.1.7-3~deb12u1
libc=0.0~git20220510.9886d3d-2
for package in clang-19 lld-19 libclang-rt-19-dev-wasm32; do
  [ "$(version $package)" = $clang ] || { echo "$package $clang is needed" >&2 && exit 1; }
done
[ "$(version wasi-libc)" = $libc ] || { echo "wasi-libc $libc is needed" >&2 && exit 1; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
make --silent OUT="$out" "$out/core.wasm"
if [ "${1:-}" = --check ]; then
  cmp "$out/core.wasm" core.wasm
else
  cp "$out/core.wasm" core.wasm
  exec node manifest.mjs "clang 19.1.7, wasi-libc 0.0~git20220510"
fi
