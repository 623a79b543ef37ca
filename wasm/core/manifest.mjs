/** Notes core.wasm in ../manifest.json: its own hash, and that of all it was made of. Called by build.sh. */
import { readFileSync, writeFileSync } from 'node:fs'
import { hashOf, hashOfSources } from './sources.mjs'

const manifest = new URL('../manifest.json', import.meta.url)
const { modules } = JSON.parse(readFileSync(manifest, 'utf8'))
const entry = {
  name: 'core',
  file: 'core/core.wasm',
  licence: 'Apache-2.0; libwebp: BSD-3-Clause; libdeflate, emscripten (headers), wasi-libc: MIT',
  sources: { folder: 'core/src', sha256: hashOfSources() },
  sha256: hashOf(readFileSync(new URL('core.wasm', import.meta.url))),
  made: `wasm/core/build.sh with ${process.argv[2]}`,
}
const all = { modules: [entry, ...modules.filter(({ name }) => name !== 'core')] }
writeFileSync(manifest, JSON.stringify(all, undefined, 2) + '\n')
