/** What tfjs.js is bundled from: TensorFlow.js with one model in mind. See build.mjs. */
import { env, ready, setBackend, tensor4d, tidy } from '@tensorflow/tfjs-core'
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
  return (pixels) =>
    tidy(() =>
      net
        .predict(tensor4d(pixels, [1, 224, 224, 3]))
        .dataSync()
        .slice(),
    )
}
