/** What of JPEG the core leaves to others: rare kinds, read by libjpeg-turbo (`wasm/jpeg-turbo`), and small files, written by MozJPEG. */
import encoderGlue from '@jsquash/jpeg/codec/enc/mozjpeg_enc.js'
import { invertInks, type Bitmap, type Inks } from '../../../media/bitmap.ts'
import { displaySize } from '../../../media/headers/exif.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import { readWholeInfo } from '../../../media/read-info.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { createInstance, type OwnExports, type OwnInstance } from '../core/instance.ts'
import { instantiate } from '../emscripten.ts'
import { cannotDecode, cannotMake, createSlot } from '../slot.ts'

/** What `wasm/jpeg-turbo/src` exports; pointers are numbers. Booleans are 0 and 1. */
interface TurboExports extends OwnExports {
  input_reset(): void
  input_reserve(bytes: number): number
  input_commit(bytes: number, isLast: number): void
  turbo_open(bits: number): void
  turbo_width(): number
  turbo_height(): number
  turbo_is_cmyk(): number
  turbo_start(eighths: number): void
  turbo_rows_width(): number
  turbo_rows_height(): number
  turbo_band(): number
  turbo_next(): number
}

interface Encoder {
  encode(data: Uint8Array, width: number, height: number, options: object): Uint8Array | null
}

/** Every field must be there: the glue reads a C struct. 4:2:0 and the tables of the standard, as the core has them. */
const SMALL = {
  baseline: false,
  arithmetic: false,
  progressive: true,
  optimize_coding: true,
  smoothing: 0,
  /** YCbCr. */
  color_space: 3,
  quant_table: 0,
  trellis_multipass: true,
  trellis_opt_zero: true,
  trellis_opt_table: true,
  trellis_loops: 1,
  auto_subsample: false,
  chroma_subsample: 2,
  separate_chroma_quality: false,
  chroma_quality: 75,
}
/** What is left out looks about as much worse as one step of quality is better; near the top steps are large. */
const sameLooks = (quality: number) => (quality < 90 ? quality + 1 : quality)

export function createJpegCodec(context: CodecContext): Codec {
  const slot = createSlot(async () => {
    const instance = createInstance<TurboExports>(await context.loadWasm('jpeg-turbo'), context)
    return { api: instance, memoryBytes: () => instance.exports.memory.buffer.byteLength }
  }, context.memory)
  const encoder = createSlot(() => instantiate<Encoder>(encoderGlue, 'mozjpeg_enc', context), context.memory)
  return {
    format: 'jpeg',
    encode({ data, width, height }, { quality = 80 }) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      const options = { ...SMALL, quality: sameLooks(quality) }
      return encoder.use((it) => it.encode(bytes, width, height, options)?.slice(), cannotMake('JPEG'))
    },
    draw: (bytes, zoom) =>
      slot.use((instance) => {
        open(instance, bytes)
        return readRows(instance, eighthsFor(zoom), context)
      }, cannotDecode('JPEG')),
  }
}

function open({ begin, write, exports }: OwnInstance<TurboExports>, bytes: Uint8Array): void {
  const info = readWholeInfo('jpeg', bytes)
  if (info.class !== 'image') throw corrupt('JPEG', 'it is none')
  begin()
  exports.input_reset()
  write(exports.input_reserve(bytes.length), bytes)
  exports.input_commit(bytes.length, 1)
  exports.turbo_open(info.bitDepth)
  const stored = displaySize(info.width, info.height, info.orientation)
  if (exports.turbo_width() !== stored.width || exports.turbo_height() !== stored.height)
    throw corrupt('JPEG', 'it is not what its header announced')
}

/** As the core and libvips choose: a power of two, and never so that nothing is left for the filter that comes after. */
function eighthsFor(zoom: number): number {
  const ratio = 1 / zoom
  const shrink = ratio >= 8 ? 8 : ratio >= 4 ? 4 : ratio >= 2 ? 2 : 1
  return shrink > 1 && Math.floor(ratio) === shrink ? 16 / shrink : 8 / shrink
}

function readRows(
  { exports, view }: OwnInstance<TurboExports>,
  eighths: number,
  { memory }: Pick<CodecContext, 'memory'>,
): Bitmap | Inks {
  exports.turbo_start(eighths)
  const [width, height] = [exports.turbo_rows_width(), exports.turbo_rows_height()]
  memory?.take(width * height * 4)
  const data = new Uint8ClampedArray(width * height * 4)
  for (let at = 0, rows; (rows = exports.turbo_next()) > 0; at += rows * width * 4)
    data.set(view(exports.turbo_band(), rows * width * 4), at)
  if (!exports.turbo_is_cmyk()) return { data, width, height }
  // Adobe's programs began with 0 for full ink, and everybody reads every file so, whoever has written it.
  return { inks: invertInks(data), width, height }
}
