/** Networks that judge pictures, as a thread of a server has them. Nothing is loaded before it is asked for. */
import { readFile } from 'node:fs/promises'
import type { Net, NetLoaders } from '../../src/index.ts'
import type { openModel } from '../../wasm/nsfw/tfjs.js'
import { openOnnx } from './onnx.ts'
import { PACKAGE_ROOT } from './places.ts'

type LoadWasm = (name: string) => WebAssembly.Module | Promise<WebAssembly.Module>
type Library = { readonly openModel: typeof openModel }

export function createNets(loadWasm: LoadWasm): NetLoaders {
  return { builtin: () => openBuiltin(loadWasm), onnx: openOnnx }
}

async function openBuiltin(loadWasm: LoadWasm): Promise<Net> {
  // An address that no compiler follows: half a megabyte that most do without.
  const library = (await import(inFolder('tfjs.js').href)) as Library
  const [module, model, weights] = await Promise.all([
    loadWasm('tfjs'),
    readFile(inFolder('model.json'), 'utf8'),
    readFile(inFolder('weights.bin')),
  ])
  return library.openModel({
    module,
    model: JSON.parse(model) as object,
    weights: new Uint8Array(weights).buffer,
  })
}

const inFolder = (file: string) => new URL(`wasm/nsfw/${file}`, PACKAGE_ROOT)
