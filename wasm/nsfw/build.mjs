/**
 * Makes what is in this folder of packages that build.sh has installed elsewhere: the network of nsfwjs as it is, the
 * backend of TensorFlow.js as it is, and of its scripts one that runs such a network and touches nothing else. Usage:
 * node build.mjs FOLDER, where FOLDER has the node_modules.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const [installed] = process.argv.slice(2)
const modules = join(installed, 'node_modules')
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const require = createRequire(import.meta.url)

/** Parts of TensorFlow.js that are written anew, by the ends of their names. */
const PARTS = {
  // It would keep its engine in a global, where another TensorFlow.js of the same isolate would find it.
  'tfjs-core/dist/global_util.js': () => `
    const own = {}
    const singletons = new Map()
    export const getGlobalNamespace = () => own
    export function getGlobal(key, init) {
      if (!singletons.has(key)) singletons.set(key, init())
      return singletons.get(key)
    }`,
  // It is told its platform.
  'tfjs-core/dist/platforms/platform_browser.js': () => 'export {}',
  'tfjs-core/dist/platforms/platform_node.js': () => 'export {}',
  // Threads are not used.
  'wasm-out/tfjs-backend-wasm-threaded-simd.js': () => 'export default undefined',
  'wasm-out/tfjs-backend-wasm-threaded-simd.worker.js': () => "export const wasmWorkerContents = ''",
  // It is handed its module, and fetches none.
  'tfjs-backend-wasm/dist/backend_wasm.js': (text) =>
    replaced(text, [
      [/function createInstantiateWasmFunc\(path\) \{[^]*?\n\}\n/, INSTANTIATE],
      [/if \(customFetch\) \{/, 'if (true) {'],
    ]),
  'tfjs-backend-wasm/dist/index.js': (text) => `${text}\nexport { useModule } from './backend_wasm'`,
  // In a server it would listen for every uncaught exception of the process, and require() what is not there.
  'wasm-out/tfjs-backend-wasm.js': (text) =>
    replaced(text, [
      [/ENVIRONMENT_IS_NODE=typeof process[^;]*;/, 'ENVIRONMENT_IS_NODE=false;'],
      [/ENVIRONMENT_IS_WEB=typeof window=="object"/, 'ENVIRONMENT_IS_WEB=false'],
      // Memory grows by what is asked for, and not by a fifth more.
      [/oldSize\*\(1\+\.2\/cutDown\)/, 'oldSize'],
      [/ENVIRONMENT_IS_WORKER=typeof importScripts=="function"/, 'ENVIRONMENT_IS_WORKER=false'],
      [
        /if\(ENVIRONMENT_IS_NODE\)\{var fs=require[^]*?\}else if\(ENVIRONMENT_IS_WEB/,
        'if(ENVIRONMENT_IS_WEB',
      ],
      [/if\(typeof process!=="undefined"&&process\.listeners\)\{beforeListeners=\{[^}]*\}\}/, ''],
    ]),
}

const INSTANTIATE = `
let compiled
export function useModule(module) {
  compiled = module
}
function createInstantiateWasmFunc() {
  return (imports, callback) => {
    WebAssembly.instantiate(compiled, imports).then((instance) => callback(instance, compiled))
    return {}
  }
}
`

/** Throws where the package is of another version: then this is to be looked at again. */
function replaced(text, places) {
  return places.reduce((result, [place, by]) => {
    if (result.split(place).length !== 2) throw new Error(`Not there once: ${place}`)
    return result.replace(place, () => by)
  }, text)
}

const parts = {
  name: 'parts',
  setup({ onLoad }) {
    onLoad({ filter: /@tensorflow/ }, ({ path }) => {
      const part = Object.keys(PARTS).find((end) => path.endsWith(`/${end}`))
      return part && { contents: PARTS[part](readFileSync(path, 'utf8')), loader: 'js' }
    })
  },
}

async function bundle() {
  await build({
    entryPoints: [here('entry.mjs')],
    outfile: here('tfjs.js'),
    nodePaths: [modules],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    banner: { js: '/* TensorFlow.js: Apache-2.0, MIT; see THIRD_PARTY_NOTICES.md. Made by build.mjs. */' },
    logLevel: 'warning',
    plugins: [parts],
  })
  const text = readFileSync(here('tfjs.js'), 'utf8')
  if (/\beval\(|new Function\(|\brequire\(|\bimport\(/.test(text)) throw new Error('It reaches out')
}

/** Of the packages' scripts, which are the data as JavaScript. */
function network() {
  const folder = join(modules, 'nsfwjs/dist/models/mobilenet_v2')
  const model = require(join(folder, 'model.min.js'))
  const weights = require(join(folder, 'group1-shard1of1.min.js'))
  writeFileSync(here('model.json'), JSON.stringify(model))
  writeFileSync(here('weights.bin'), Buffer.from(weights, 'base64'))
}

const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex')
const versionOf = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version

function note() {
  const entry = (file, of, licence, ...sources) => ({
    file: `nsfw/${file}`,
    of: of.map((name) => `${name} ${versionOf(name)}`),
    licence,
    ...(sources.length > 0
      ? { sources: sources.map((name) => ({ file: `nsfw/${name}`, sha256: sha256(here(name)) })) }
      : {}),
    sha256: sha256(here(file)),
  })
  const tensorflow = ['core', 'layers', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}`)
  const files = [
    entry('tfjs.wasm', [tensorflow[2]], 'Apache-2.0; XNNPACK: BSD-3-Clause; emscripten: MIT'),
    entry('tfjs.js', tensorflow, 'Apache-2.0, MIT', 'entry.mjs', 'build.mjs'),
    entry('model.json', ['nsfwjs'], 'MIT'),
    entry('weights.bin', ['nsfwjs'], 'MIT'),
  ]
  writeFileSync(here('manifest.json'), JSON.stringify({ files }, undefined, 2) + '\n')
}

const backend = join(modules, '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm')
writeFileSync(here('tfjs.wasm'), readFileSync(backend))
await bundle()
network()
note()
