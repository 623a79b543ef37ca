/** From the bytes of a row to samples of 8 bits, and from those to RGBA. */
import { corrupt } from '../../../media/headers/reader.ts'
import { TAG, type TiffHeader } from '../../../media/headers/tiff.ts'

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) =>
  [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, bit) => sum | (((byte >> bit) & 1) << (7 - bit)), 0),
)

/** The lowest bit of each byte becomes the highest. */
export const reverseBits = (data: Uint8Array): Uint8Array => data.map((byte) => REVERSED[byte] ?? 0)

/** TIFF 6.0 section 14: each sample is the difference from that of the pixel to its left. Adds them up in place. */
export function addUp(row: Uint8Array, samples: number, { bits, fields }: TiffHeader): void {
  if (bits === 8) {
    for (let at = samples; at < row.length; at++) row[at] = (row[at] ?? 0) + (row[at - samples] ?? 0)
  } else if (bits === 16) {
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
    const little = fields.isLittleEndian
    for (let at = samples * 2; at + 1 < row.length; at += 2)
      view.setUint16(at, view.getUint16(at, little) + view.getUint16(at - samples * 2, little), little)
  } else throw corrupt('TIFF', 'its predictor does not fit its samples')
}

/** One sample after the other, as many as `out` has room for: small ones as they are, of 16 bits the higher half. */
export function unpack(row: Uint8Array, { bits, fields }: TiffHeader, out: Uint8Array): void {
  if (bits === 8) out.set(row.subarray(0, out.length))
  else if (bits === 16) {
    const high = fields.isLittleEndian ? 1 : 0
    for (let i = 0; i < out.length; i++) out[i] = row[i * 2 + high] ?? 0
  } else {
    const mask = (1 << bits) - 1
    for (let i = 0, bit = 0; i < out.length; i++, bit += bits)
      out[i] = ((row[bit >> 3] ?? 0) >> (8 - bits - (bit & 7))) & mask
  }
}

/** A channel of RGBA or CMYK that a sample goes to, 4 for alpha beside inks, and what each of its values is there. */
export interface Channel {
  readonly index: 0 | 1 | 2 | 3 | 4
  readonly levels: Uint8Array
}

/** Where the samples of a pixel go, each to one channel, to three, or nowhere. */
export function channelsOf(header: TiffHeader): readonly (readonly Channel[])[] {
  const { color, alpha, samples } = header
  const separate = color === 'rgb' ? RGB : color === 'cmyk' ? CMYK : undefined
  const colors = separate?.map((index) => [{ index, levels: levelsOf(header) }]) ?? [spread(header)]
  const index = color === 'cmyk' ? 4 : 3
  const alphas = alpha === 'none' ? [] : [[{ index, levels: levelsOf({ ...header, color: 'rgb' }) } as const]]
  const used: readonly (readonly Channel[])[] = [...colors, ...alphas]
  return Array.from({ length: samples }, (_, sample) => used[sample] ?? [])
}

/** The pixel that each value of a picture's only sample stands for, as a word of RGBA; undefined where there are more samples. */
export function pixelsOf(channels: readonly (readonly Channel[])[]): Uint32Array | undefined {
  if (channels.length !== 1) return undefined
  const bytes = new Uint8Array(256 * 4).fill(255)
  for (const { index, levels } of channels[0] ?? [])
    for (let value = 0; value < 256; value++) bytes[value * 4 + index] = levels[value] ?? 0
  return new Uint32Array(bytes.buffer)
}

const RGB = [0, 1, 2] as const
const CMYK = [0, 1, 2, 3] as const

/** One sample that makes all three: grey, or an index. */
function spread(header: TiffHeader): Channel[] {
  const levels = header.color === 'palette' ? paletteOf(header) : RGB.map(() => levelsOf(header))
  return RGB.map((index) => ({ index, levels: levels[index] ?? new Uint8Array(256) }))
}

function levelsOf({ color, bits }: Pick<TiffHeader, 'color' | 'bits'>): Uint8Array {
  const most = 2 ** Math.min(bits, 8) - 1
  const level = (value: number) => Math.round((Math.min(value, most) * 255) / most)
  return Uint8Array.from({ length: 256 }, (_, value) =>
    color === 'white-is-zero' ? 255 - level(value) : level(value),
  )
}

/** Section 5: all reds, all greens, all blues, of 16 bits each; some writers leave the higher half empty. */
function paletteOf({ fields, bits }: TiffHeader): Uint8Array[] {
  const count = 2 ** bits
  const all = fields.all(TAG.colorMap, 3 * count)
  if (all.length !== 3 * count) throw corrupt('TIFF', 'it has no palette')
  const shift = all.every((value) => value < 256) ? 0 : 8
  return RGB.map((index) => {
    const levels = new Uint8Array(256)
    levels.set(all.slice(index * count, (index + 1) * count).map((value) => value >> shift))
    return levels
  })
}
