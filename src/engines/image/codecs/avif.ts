/** AVIF by libavif and libaom. */
import decoderGlue from '@jsquash/avif/codec/dec/avif_dec.js'
import encoderGlue from '@jsquash/avif/codec/enc/avif_enc.js'
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { instantiate } from '../emscripten.ts'
import { createSlot } from '../slot.ts'

interface Decoder {
  decode(bytes: Uint8Array, bitDepth: number): Bitmap | null
}
interface Encoder {
  encode(data: Uint8Array, width: number, height: number, options: object): Uint8Array | null
}

/** Every field must be there: the glue reads a C struct. Speed 9 of 10 keeps an interactive request interactive. */
const FAST = {
  qualityAlpha: -1,
  denoiseLevel: 0,
  tileColsLog2: 0,
  tileRowsLog2: 0,
  speed: 9,
  /** 1 = 4:2:0, 3 = 4:4:4. */
  subsample: 1,
  chromaDeltaQ: false,
  sharpness: 0,
  tune: 0,
  enableSharpYUV: false,
  bitDepth: 8,
  lossless: false,
}

export function createAvifCodec(context: CodecContext): Codec {
  const decoder = createSlot(() => instantiate<Decoder>(decoderGlue, 'avif_dec', context))
  const encoder = createSlot(() => instantiate<Encoder>(encoderGlue, 'avif_enc', context))
  return {
    format: 'avif',
    decode: (bytes) => decoder.use('AVIF', (it) => it.decode(bytes, 8)),
    encode({ data, width, height }, { quality = 50, lossless = false }) {
      const options = lossless ? { ...FAST, quality: 100, subsample: 3, lossless } : { ...FAST, quality }
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      return encoder.use('AVIF', (it) => it.encode(bytes, width, height, options)?.slice())
    },
  }
}
