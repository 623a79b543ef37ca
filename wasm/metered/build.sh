#!/bin/sh
# Makes wasm/metered/*.wasm and wasm/manifest.json anew from node_modules. The same input gives the same bytes.
# Needs Node 20 or newer and wabt 1.0.32 (Debian: apt-get install wabt).
set -eu
case "$(wasm2wat --version)" in
1.0.32*) ;;
*) echo "wabt 1.0.32 is needed, this is $(wasm2wat --version)" >&2 && exit 1 ;;
esac
exec node "$(dirname "$0")/build.mjs"
