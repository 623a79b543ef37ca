/** AVIF: read by dav1d, written by libaom (`wasm/aom`); its container is our own. */
import type { Bitmap } from '../../../media/bitmap.ts'
import { writeAvif, type CodedItem } from '../../../media/heif/write.ts'
import type { Codec, CodecContext, EncodeOptions } from '../codec.ts'
import { createInstance, type OwnExports, type OwnInstance } from '../core/instance.ts'
import { cannotMake, createSlot } from '../slot.ts'
import { createAv1Decoder } from './av1.ts'

/** What `wasm/aom/src` exports; pointers are numbers. Booleans are 0 and 1. */
interface AomExports extends OwnExports {
  planes_open(width: number, height: number, layout: number, rows: number): number
  planes_put(y: number, rows: number): void
  planes_are_opaque(): number
  planes_are_grey(): number
  still_encode(speed: number, quantiser: number, isLossless: number, isGrey: number): void
  still_bytes(): number
  still_length(): number
}

/** The `Layout` of planes.h: alpha alone; 4:2:0; green, blue and red, which lose nothing. */
const LAYOUTS = { alpha: 0, halved: 1, whole: 2 } as const

/** The numbers of ITU-T H.273: primaries of BT.709, transfer of sRGB; matrix of BT.601, or none. */
const COLORS = { primaries: 1, transfer: 13, matrix: 6, isFullRange: true }
const NO_MATRIX = 0

/** Pixels are handed over so many rows at a time; an even number. */
const BAND_ROWS = 64

/** Up to this size speed 8 of 9 is quick enough; above, only speed 9 answers while somebody waits. */
const CAREFUL_PIXELS = 250_000

/** libaom's speeds by effort. Below 4 nobody waits for the answer. */
const SPEEDS = [9, 9, 9, 8, 8, 7, 6, 6, 5, 4] as const

export function createAvifCodec(context: CodecContext): Codec {
  const slot = createSlot(async () => {
    const instance = createInstance<AomExports>(await context.loadWasm('aom'), context)
    return { api: instance, memoryBytes: () => instance.exports.memory.buffer.byteLength }
  }, context.memory)
  return {
    format: 'avif',
    ...createAv1Decoder(context),
    encode: (bitmap, options) =>
      slot.use((instance) => encode(instance, bitmap, options), cannotMake('AVIF')),
  }
}

function encode(instance: OwnInstance<AomExports>, bitmap: Bitmap, options: EncodeOptions): Uint8Array {
  const { width, height } = bitmap
  const { quality = 50, lossless = false } = options
  const { exports } = instance
  const speed = speedFor(bitmap, options)
  const quantiser = lossless ? 0 : quantiserFor(quality)

  putPixels(instance, bitmap, lossless ? LAYOUTS.whole : LAYOUTS.halved)
  const isOpaque = exports.planes_are_opaque() !== 0
  const isGrey = exports.planes_are_grey() !== 0
  const layout = isGrey ? 'grey' : lossless ? '4:4:4' : '4:2:0'
  const color = codeItem(instance, { speed, quantiser, lossless, layout })
  const colors = lossless && !isGrey ? { ...COLORS, matrix: NO_MATRIX } : COLORS
  if (isOpaque) return writeAvif({ width, height, color, colors })

  putPixels(instance, bitmap, LAYOUTS.alpha)
  const alpha = codeItem(instance, { speed, quantiser, lossless, layout: 'grey' })
  return writeAvif({ width, height, color, colors, alpha })
}

/** libavif's scale: 63 is the worst, 0 loses nothing or nearly so. */
const quantiserFor = (quality: number) => Math.floor(((100 - quality) * 63 + 50) / 100)

function speedFor({ width, height }: Bitmap, { effort }: EncodeOptions): number {
  const usual = width * height <= CAREFUL_PIXELS ? 8 : 9
  return effort === undefined ? usual : (SPEEDS[effort] ?? usual)
}

function putPixels(
  { begin, write, exports }: OwnInstance<AomExports>,
  { data, width, height }: Bitmap,
  layout: number,
): void {
  begin()
  const band = exports.planes_open(width, height, layout, BAND_ROWS)
  for (let y = 0; y < height; y += BAND_ROWS) {
    const rows = Math.min(BAND_ROWS, height - y)
    write(band, data.subarray(y * width * 4, (y + rows) * width * 4))
    exports.planes_put(y, rows)
  }
}

interface Coding {
  readonly speed: number
  readonly quantiser: number
  readonly lossless: boolean
  readonly layout: CodedItem['layout']
}

function codeItem(
  { exports, copy }: OwnInstance<AomExports>,
  { speed, quantiser, lossless, layout }: Coding,
): CodedItem {
  exports.still_encode(speed, quantiser, lossless ? 1 : 0, layout === 'grey' ? 1 : 0)
  return { unit: copy(exports.still_bytes(), exports.still_length()), layout }
}
