/** AVIF: read by dav1d, written by libavif and libaom. */
import encoderGlue from '@jsquash/avif/codec/enc/avif_enc.js'
import type { Codec, CodecContext } from '../codec.ts'
import { instantiate } from '../emscripten.ts'
import { cannotMake, createSlot } from '../slot.ts'
import { createAv1Decoder } from './av1.ts'

interface Encoder {
  encode(data: Uint8Array, width: number, height: number, options: object): Uint8Array | null
}

/** Every field must be there: the glue reads a C struct. */
const FAST = {
  qualityAlpha: -1,
  denoiseLevel: 0,
  tileColsLog2: 0,
  tileRowsLog2: 0,
  /** 1 = 4:2:0, 3 = 4:4:4. */
  subsample: 1,
  chromaDeltaQ: false,
  sharpness: 0,
  tune: 0,
  enableSharpYUV: false,
  bitDepth: 8,
  lossless: false,
}

/** Up to this size speed 8 of 10 is quick enough, and alpha takes a third fewer bytes; above, only speed 9 answers while somebody waits. */
const CAREFUL_PIXELS = 250_000

/** libaom's speeds by effort. Below 4 nobody waits for the answer. */
const SPEEDS = [10, 9, 9, 8, 8, 7, 6, 6, 5, 4] as const

export function createAvifCodec(context: CodecContext): Codec {
  const encoder = createSlot(() => instantiate<Encoder>(encoderGlue, 'avif_enc', context), context.memory)
  return {
    format: 'avif',
    ...createAv1Decoder(context),
    encode({ data, width, height }, { quality = 50, lossless = false, effort }) {
      const usual = width * height <= CAREFUL_PIXELS ? 8 : 9
      const speed = effort === undefined ? usual : (SPEEDS[effort] ?? usual)
      const options = lossless
        ? { ...FAST, speed, quality: 100, subsample: 3, lossless }
        : { ...FAST, speed, quality }
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      return encoder.use((it) => it.encode(bytes, width, height, options)?.slice(), cannotMake('AVIF'))
    },
  }
}
