/** Makes every metered codec from the installed npm packages, and writes ../manifest.json. Called by build.sh. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { withoutEval } from './glue.mjs'
import { meterFile, PERIOD } from './meter.mjs'

const JXL = 'libjxl: BSD-3-Clause; highway: Apache-2.0; brotli: MIT'
/** `isBounded`: its own bound of memory, 2 GiB as emscripten sets it, becomes ours. `glue`: a script the package does not let others import. */
const MODULES = [
  ['resvg', '@resvg/resvg-wasm', 'index_bg.wasm', 'MPL-2.0'],
  [
    'mozjpeg_enc',
    '@jsquash/jpeg',
    'codec/enc/mozjpeg_enc.wasm',
    'Apache-2.0; MozJPEG: IJG, BSD-3-Clause',
    { isBounded: true },
  ],
  ['jxl_dec', 'icodec', 'dist/jxl-dec.wasm', `MIT; ${JXL}`, { isBounded: true, glue: 'dist/jxl-dec.js' }],
  ['jxl_enc', 'icodec', 'dist/jxl-enc.wasm', `MIT; ${JXL}`, { isBounded: true, glue: 'dist/jxl-enc.js' }],
]

const root = new URL('../../', import.meta.url)
const sha256 = (url) => createHash('sha256').update(readFileSync(url)).digest('hex')

const modules = MODULES.map(([name, npmPackage, file, licence, { isBounded = false, glue } = {}]) => {
  const home = new URL(`node_modules/${npmPackage}/`, root)
  const [input, output] = [new URL(file, home), new URL(`wasm/metered/${name}.wasm`, root)]
  meterFile(fileURLToPath(input), fileURLToPath(output), isBounded)
  if (glue)
    writeFileSync(
      new URL(`wasm/metered/${name}.js`, root),
      withoutEval(readFileSync(new URL(glue, home), 'utf8')),
    )
  const { version } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8'))
  return {
    name,
    file: `metered/${name}.wasm`,
    package: npmPackage,
    version,
    licence,
    source: { file, sha256: sha256(input) },
    sha256: sha256(output),
    ...(glue ? { glue: { file: glue, sha256: sha256(new URL(glue, home)) } } : {}),
    made: `wasm/metered/meter.mjs with wabt 1.0.32, a tick each ${PERIOD} turns`,
  }
})
const manifest = new URL('wasm/manifest.json', root)
const others = JSON.parse(readFileSync(manifest, 'utf8')).modules.filter(
  ({ file }) => !file.startsWith('metered/'),
)
const all = { modules: [...others, ...modules] }
writeFileSync(manifest, JSON.stringify(all, undefined, 2) + '\n')
