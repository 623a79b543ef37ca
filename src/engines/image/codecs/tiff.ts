/** TIFF: strips or tiles, each decompressed for itself. */
import type { Bitmap, Inks } from '../../../media/bitmap.ts'
import { corrupt, NeedsMore } from '../../../media/headers/reader.ts'
import { readTiffHeader, type TiffHeader } from '../../../media/headers/tiff.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { divideAlpha } from '../divide-alpha.ts'
import { blocksOf, type Block } from '../tiff/blocks.ts'
import { expanderOf } from '../tiff/decompress.ts'
import { decodeJpegBlock, type DecodeJpeg } from '../tiff/jpeg.ts'
import { addUp, channelsOf, pixelsOf, reverseBits, unpack, type Channel } from '../tiff/samples.ts'

type Context = Pick<CodecContext, 'tick' | 'memory'>

export function createTiffCodec(context: Context, decodeJpeg: DecodeJpeg): Codec {
  return {
    format: 'tiff',
    decode: (bytes, page) => completely(() => decodeTiff(bytes, page, context, decodeJpeg)),
  }
}

/** What is missing of a whole file is damage. */
async function completely<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof NeedsMore ? corrupt('TIFF', 'it is truncated') : error
  }
}

async function decodeTiff(
  bytes: Uint8Array,
  page: number | undefined,
  { tick, memory }: Context,
  decodeJpeg: DecodeJpeg,
): Promise<Bitmap | Inks> {
  const header = readTiffHeader(bytes, page)
  const { width, height, color, alpha, compression } = header
  const [blocks, channels] = [blocksOf(bytes, header), compression === 'jpeg' ? [] : channelsOf(header)]
  const bitmap: Target = { data: new Uint8ClampedArray(width * height * 4), width, height }
  if (color === 'cmyk' && alpha !== 'none') bitmap.alpha = new Uint8ClampedArray(width * height)
  if (alpha === 'none') bitmap.data.fill(255)
  const expand = expanderOf(header)
  for (const block of blocks) {
    tick()
    if (!expand) place(bitmap, block, await decodeJpegBlock(bytes, header, block, decodeJpeg))
    else {
      const data = header.isReversed ? reverseBits(block.data) : block.data
      const size = { rows: block.height, rowBytes: rowBytes(block, header) }
      const mark = memory?.mark() ?? 0
      // Many and long samples make a block far larger than its pixels; what is not compressed is here already.
      if (compression !== 'none') memory?.take(size.rows * size.rowBytes)
      placeRows(bitmap, block, await expand(data, size, tick), header, channels, tick)
      memory?.release(mark)
    }
  }
  if (alpha === 'multiplied') divideAlpha(bitmap, tick)
  if (color !== 'cmyk') return bitmap
  const { data: inks, ...others } = bitmap
  return { inks, ...others }
}

/** Pixels of whatever colours. Those that have four have no room for alpha. */
type Target = Bitmap & { alpha?: Uint8ClampedArray }

/** Rows begin on whole bytes. */
const rowBytes = ({ width, samples }: Block, { bits }: TiffHeader) => Math.ceil((width * samples * bits) / 8)

/** What of a tile lies beyond the picture is left out. */
function visible({ x, y, width, height }: Block, bitmap: Bitmap) {
  return { columns: Math.min(width, bitmap.width - x), rows: Math.min(height, bitmap.height - y) }
}

function place(bitmap: Bitmap, block: Block, decoded: Bitmap | Inks): void {
  const { columns, rows } = visible(block, bitmap)
  const part = { ...decoded, data: 'inks' in decoded ? decoded.inks : decoded.data }
  for (let row = 0; row < rows; row++) {
    const pixels = part.data.subarray(row * part.width * 4, (row * part.width + columns) * 4)
    bitmap.data.set(pixels, ((block.y + row) * bitmap.width + block.x) * 4)
  }
}

function placeRows(
  { data, alpha, ...size }: Target,
  block: Block,
  stored: Uint8Array,
  header: TiffHeader,
  channels: readonly (readonly Channel[])[],
  tick: () => void,
): void {
  const { samples } = block
  const { columns, rows } = visible(block, { data, ...size })
  const stride = rowBytes(block, header)
  const values = new Uint8Array(columns * samples)
  const pixels = pixelsOf(channels)
  const words = new Uint32Array(data.buffer)
  for (let row = 0; row < rows; row++) {
    tick()
    const bytes = stored.subarray(row * stride, (row + 1) * stride)
    if (header.isPredicted) addUp(bytes, samples, header)
    unpack(bytes, header, values)
    const start = (block.y + row) * size.width + block.x
    if (pixels) {
      for (let i = 0; i < columns; i++) words[start + i] = pixels[values[i] ?? 0] ?? 0
      continue
    }
    for (let sample = 0; sample < samples; sample++)
      for (const { index, levels } of channels[block.sample + sample] ?? []) {
        const [target, step] = index === 4 && alpha ? [alpha, 1] : [data, 4]
        for (
          let from = sample, to = start * step + (index % 4);
          from < values.length;
          from += samples, to += step
        )
          target[to] = levels[values[from] ?? 0] ?? 0
      }
  }
}
