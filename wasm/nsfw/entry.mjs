/** What tfjs.js is bundled from: TensorFlow.js with one model in mind. See build.mjs. */
import { clone, env, ready, setBackend, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { useModule } from '@tensorflow/tfjs-backend-wasm'
import { loadLayersModel } from '@tensorflow/tfjs-layers'

/**
 * Opens a network of 224x224x3 floats to a few.
 *
 * @param module the compiled backend
 * @param model what nsfwjs calls model.json
 * @param weights an ArrayBuffer
 */
export async function openModel({ module, model, weights }) {
  // Nothing is fetched, nothing is asked of the runtime.
  env().setPlatform('mediamorph', {
    fetch: () => Promise.reject(new Error('Nothing is fetched')),
    now: () => 0,
    encode: (text) => new TextEncoder().encode(text),
    decode: (bytes) => new TextDecoder().decode(bytes),
    isTypedArray: (value) =>
      value instanceof Float32Array ||
      value instanceof Int32Array ||
      value instanceof Uint8Array ||
      value instanceof Uint8ClampedArray,
  })
  env().set('WASM_HAS_SIMD_SUPPORT', true)
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  useModule(module)
  await setBackend('wasm')
  await ready()
  const { modelTopology, weightsManifest } = model
  const weightSpecs = weightsManifest.flatMap((group) => group.weights)
  const net = await loadLayersModel({
    load: async () => ({ modelTopology, weightSpecs, weightData: weights }),
  })
  return (pixels) => {
    const result = walk(net.layers, tensor4d(pixels, [1, 224, 224, 3]))
    const scores = result.dataSync().slice()
    result.dispose()
    return scores
  }
}

/**
 * Layer by layer: `predict` would hold what every layer gives until the last one has run, in three times the memory.
 *
 * @param layers in order; the first is the input, the last the result
 * @param input is disposed of
 */
function walk(layers, input) {
  const sources = new Map(layers.map((layer) => [layer, layer.inboundNodes[0].inboundLayers]))
  const waiting = new Map(layers.map((layer) => [layer, 0]))
  for (const list of sources.values()) for (const source of list) waiting.set(source, waiting.get(source) + 1)
  const given = new Map([[layers[0], input]])
  for (const layer of layers.slice(1)) {
    const from = sources.get(layer)
    const inputs = from.map((source) => given.get(source))
    // Never what it was given itself, as by a layer that does nothing here.
    given.set(
      layer,
      tidy(() => clone(layer.apply(inputs.length === 1 ? inputs[0] : inputs))),
    )
    for (const source of from) {
      waiting.set(source, waiting.get(source) - 1)
      if (waiting.get(source) === 0) given.get(source).dispose()
    }
  }
  return given.get(layers.at(-1))
}
