#!/bin/sh
# Makes wasm/nsfw/* anew of npm packages, which it installs in a folder of their own: nobody needs them after that. The
# same versions give the same bytes. Needs Node 20, npm and the esbuild of this repository (npm ci).
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' >package.json
# nsfwjs asks for all of TensorFlow.js, 141 MB, which its model does not need.
npm install --ignore-scripts --legacy-peer-deps --no-audit --no-fund --save-exact \
  nsfwjs@4.4.0 @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-layers@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
node "$here/build.mjs" "$folder"
