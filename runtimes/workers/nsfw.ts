/** `mediamorph/workers/nsfw`: the classifier that comes along, `nsfw.classifier: "builtin"`. */
import type { NetLoaders } from '../../src/index.ts'
import model from '../../wasm/nsfw/model.json'
import { openModel } from '../../wasm/nsfw/tfjs.js'
import module from '../../wasm/nsfw/tfjs.wasm'
import weights from '../../wasm/nsfw/weights.bin'

export const nsfw: { readonly nets: NetLoaders } = {
  nets: { builtin: () => openModel({ module, model, weights }) },
}
