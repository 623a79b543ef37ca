#!/bin/sh
# Makes wasm/jpeg-turbo/jpeg-turbo.wasm from src/ and Debian's sources of libjpeg-turbo, as wasm/core/build.sh does its own.
set -eu
cd "$(dirname "$0")"
. ../debian.sh
turbo=1:2.1.5-2

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

fetch() { "$@" source libjpeg-turbo=$turbo; }
with_sources "$out" fetch >"$out/log" 2>&1 || { tail -5 "$out/log" >&2 && exit 3; }

make --silent OUT="$out" "$out/jpeg-turbo.wasm"
if [ "${1:-}" = --check ]; then
  cmp "$out/jpeg-turbo.wasm" jpeg-turbo.wasm
else
  cp "$out/jpeg-turbo.wasm" jpeg-turbo.wasm
  node ../manifest.mjs jpeg-turbo "$compiler, libjpeg-turbo $turbo"
fi
