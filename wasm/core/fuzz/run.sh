#!/bin/sh
# The core's own C and the libraries it links, built natively with clang's sanitizers, under libFuzzer: damaged files of every format
# through decoders, scaler and encoders. Ends with 1 at the first fault, whose file is named; with 3 when the pinned versions
# cannot be had here. Usage: run.sh [RUNS] [SEED]   (default 20000 runs; 1 is the seed of a run that can be repeated)
#
# Needs, beside what build.sh needs: apt-get install libclang-rt-19-dev libsimde-dev, and Node for the files to begin with.
set -eu
cd "$(dirname "$0")/.."
home=$PWD
. ../debian.sh
libwebp=1.2.4-0.2+deb12u1
libdeflate=1.14-1

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
fetch() {
  "$@" source libwebp=$libwebp libdeflate=$libdeflate
  changed libwebp-${libwebp%-*} "$home"/patches/libwebp-*.patch
  changed libdeflate-${libdeflate%-*} "$home"/patches/libdeflate-*.patch
}
with_sources "$out" fetch >"$out/log" 2>&1 || { tail -5 "$out/log" >&2 && exit 3; }

make --silent -j2 -f fuzz/Makefile OUT="$out" "$out/fuzz"
node fuzz/seeds.mjs "$out/seeds"
# Leaks are the host's business: what a failure leaves behind goes with the picture's memory.
ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 "$out/fuzz" -runs="${1:-20000}" -seed="${2:-1}" -timeout=20 \
  -rss_limit_mb=3000 -artifact_prefix="${TMPDIR:-/tmp}/core-fault-" -verbosity=0 "$out/seeds" >"$out/report" 2>&1 || {
  grep -vE '^(INFO|#)' "$out/report" | head -60 >&2
  exit 1
}
echo "fuzz: ${1:-20000} runs, no fault"
