/** PNG by the png crate. */
import { instantiatePng, type PngModule } from '../../../../wasm/jsquash/png-glue.ts'
import { checkPng } from '../../../media/headers/png.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { cannotDecode, cannotMake, createSlot } from '../slot.ts'

export function createPngCodec(context: CodecContext): Codec {
  const slot = createSlot<PngModule>(async () => {
    const api = instantiatePng(await context.loadWasm('squoosh_png_bg'), () => context.tick())
    return { api, memoryBytes: () => api.memoryBytes() }
  })
  return {
    format: 'png',
    async decode(bytes) {
      checkPng(bytes)
      return slot.use((png) => png.decode(bytes), cannotDecode('PNG'))
    },
    encode: (bitmap) => slot.use((png) => png.encode(bitmap), cannotMake('PNG')),
  }
}
