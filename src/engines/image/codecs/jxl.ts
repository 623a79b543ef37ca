/** JPEG XL: read and written by libjxl as icodec compiles it, with vectors. */
import { MediaError } from '../../../error.ts'
import type { Bitmap } from '../../../media/bitmap.ts'
import { readHeaderOfJxl } from '../../../media/headers/jxl.ts'
import { corrupt, NeedsMore } from '../../../media/headers/reader.ts'
import type { JxlHeader } from '../../../media/jxl/header.ts'
import decoderGlue from '../../../../wasm/metered/jxl_dec.js'
import encoderGlue from '../../../../wasm/metered/jxl_enc.js'
import type { Codec, CodecContext } from '../codec.ts'
import { divideAlpha } from '../divide-alpha.ts'
import { instantiate } from '../emscripten.ts'
import { cannotDecode, cannotMake, createSlot } from '../slot.ts'

interface Decoder {
  /**
   * RGBA as it is displayed: upright, of an animation the first frame. Samples have the bits that the file says; from 9 on
   * they are two bytes long, the lower first. A string or null where it failed.
   */
  decode(bytes: Uint8Array): Bitmap | string | null
}
interface Encoder {
  encode(data: Uint8Array, width: number, height: number, options: object): Uint8Array | string | null
}

/** Every field must be there: the glue reads a C struct. -1: as the encoder likes. */
const USUAL = {
  bitDepth: 8,
  alphaQuality: 100,
  brotliEffort: -1,
  epf: -1,
  gaborish: -1,
  responsive: -1,
  progressiveDC: -1,
  progressiveAC: -1,
  qProgressiveAC: -1,
  decodingSpeed: 0,
  photonNoiseIso: 0,
  modular: false,
  lossyPalette: false,
  paletteColors: -1,
  iterations: -1,
  modularColorspace: -1,
  modularPredictor: -1,
}

/** libjxl's efforts by ours. */
const EFFORTS = [1, 1, 2, 3, 3, 4, 5, 6, 7, 9] as const
/** Above, files get little smaller for twice the time. */
const USUAL_EFFORT = 3

export function createJxlCodec(context: CodecContext): Codec {
  const decoder = createSlot(() => instantiate<Decoder>(decoderGlue, 'jxl_dec', context), context.memory)
  const encoder = createSlot(() => instantiate<Encoder>(encoderGlue, 'jxl_enc', context), context.memory)
  return {
    format: 'jxl',
    async decode(bytes) {
      const header = headerOf(bytes)
      const decoded = await decoder.use((it) => given(it.decode(bytes)), cannotDecode('JXL'))
      return asBytes(decoded, header, () => context.tick())
    },
    encode({ data, width, height }, { quality = 80, lossless = false, effort }) {
      const speed = effort === undefined ? USUAL_EFFORT : (EFFORTS[effort] ?? USUAL_EFFORT)
      const options = { ...USUAL, lossless, quality: lossless ? 100 : quality, effort: speed }
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      const write = (it: Encoder) => given(it.encode(bytes, width, height, options))?.slice()
      return encoder.use(write, cannotMake('JXL'))
    },
  }
}

/** What the modules give when they fail is a name inside of them, or nothing. */
function given<T>(result: T | string | null): T | null {
  return typeof result === 'string' ? null : result
}

/** Bytes of a pixel while it is decoded: the most that was measured, and as much for each further channel as it holds. */
const PIXEL_BYTES = 18
const CHANNEL_BYTES = 4
/** Of the module's memory of 768 MiB, what pictures may take. */
const MOST_BYTES = 704 * 1024 * 1024

/** What may be decoded. @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC, LIMIT_EXCEEDED */
function headerOf(bytes: Uint8Array): JxlHeader {
  const header = complete(bytes)
  const { width, height, bits, isFloat, extra } = header
  if (isFloat || bits > 16)
    throw new MediaError(
      'UNSUPPORTED_CODEC',
      `Cannot decode the JXL: samples are whole numbers of up to 16 bit here, not ${isFloat ? 'fractions' : 'longer'}`,
    )
  const depth = bits > 8 ? 2 : 1
  const others = extra.filter(({ kind }) => kind !== 'alpha').length
  const needed = width * height * (PIXEL_BYTES + 4 * (depth - 1) + CHANNEL_BYTES * others)
  if (needed > MOST_BYTES)
    throw new MediaError(
      'LIMIT_EXCEEDED',
      'Cannot decode the JXL: it takes more memory than one picture may have',
      {
        details: { limit: 'memory', value: needed, maximum: MOST_BYTES },
      },
    )
  return header
}

function complete(bytes: Uint8Array): JxlHeader {
  try {
    return readHeaderOfJxl(bytes)
  } catch (error) {
    throw error instanceof NeedsMore ? corrupt('JXL', 'it ends inside its header') : error
  }
}

/** Samples of 8 bit, their alpha not multiplied in. */
function asBytes(
  { data: samples, width, height }: Bitmap,
  { bits, extra }: JxlHeader,
  tick: () => void,
): Bitmap {
  const bitmap = { data: bits === 8 ? samples : scaled(samples, bits, tick), width, height }
  if (extra.find(({ kind }) => kind === 'alpha')?.isMultiplied) divideAlpha(bitmap, tick)
  return bitmap
}

function scaled(samples: Uint8ClampedArray, bits: number, tick: () => void): Uint8ClampedArray<ArrayBuffer> {
  const isWide = bits > 8
  const bytes = new Uint8ClampedArray(isWide ? samples.length / 2 : samples.length)
  const levels = Uint8ClampedArray.from({ length: 2 ** bits }, (_, value) => (value * 255) / (2 ** bits - 1))
  for (let at = 0; at < bytes.length; at++) {
    if (at % 65_536 === 0) tick()
    const value = isWide
      ? (samples[2 * at] as number) | ((samples[2 * at + 1] as number) << 8)
      : (samples[at] as number)
    bytes[at] = levels[value] as number
  }
  return bytes
}
