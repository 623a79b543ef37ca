/** PNG by the png crate. */
import { instantiatePng, type PngModule } from '../../../../wasm/jsquash/png-glue.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { createSlot } from '../slot.ts'

export function createPngCodec(context: CodecContext): Codec {
  const slot = createSlot<PngModule>(async () => {
    const api = instantiatePng(await context.loadWasm('squoosh_png_bg'), () => context.tick())
    return { api, memoryBytes: () => api.memoryBytes() }
  })
  return {
    format: 'png',
    decode: (bytes) => slot.use('PNG', (png) => png.decode(bytes)),
    encode: (bitmap) => slot.use('PNG', (png) => png.encode(bitmap)),
  }
}
