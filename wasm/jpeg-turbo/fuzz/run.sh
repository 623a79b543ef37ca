#!/bin/sh
# The module's own C and libjpeg-turbo, built natively with clang's sanitizers, under libFuzzer, as ../core/fuzz/run.sh does it for the core.
# Usage: run.sh [RUNS] [SEED]   (default 10000 runs; 1 is the seed of a run that can be repeated)
set -eu
cd "$(dirname "$0")/.."
. ../debian.sh
turbo=1:2.1.5-2

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fetch() { "$@" source libjpeg-turbo=$turbo; }
with_sources "$out" fetch >"$out/log" 2>&1 || { tail -5 "$out/log" >&2 && exit 3; }

make --silent -j2 -f fuzz/Makefile OUT="$out" "$out/fuzz"
node fuzz/seeds.mjs "$out/seeds"
# Leaks are the host's business: what a failure leaves behind goes with the picture's memory.
ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 "$out/fuzz" -runs="${1:-10000}" -seed="${2:-1}" -timeout=20 \
  -rss_limit_mb=3000 -artifact_prefix="${TMPDIR:-/tmp}/jpeg-turbo-fault-" -verbosity=0 "$out/seeds" >"$out/report" 2>&1 || {
  grep -vE '^(INFO|#)' "$out/report" | head -60 >&2
  exit 1
}
echo "fuzz of jpeg-turbo: ${1:-10000} runs, no fault"
