/** TIFF: strips or tiles, each decompressed for itself. */
import { MediaError } from '../../../error.ts'
import type { Bitmap } from '../../../media/bitmap.ts'
import { corrupt, NeedsMore } from '../../../media/headers/reader.ts'
import { readTiffHeader, type TiffHeader } from '../../../media/headers/tiff.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { divideAlpha } from '../divide-alpha.ts'
import { blocksOf, type Block } from '../tiff/blocks.ts'
import { DECOMPRESS } from '../tiff/decompress.ts'
import { decodeJpegBlock, type DecodeJpeg } from '../tiff/jpeg.ts'
import { addUp, channelsOf, reverseBits, unpack, type Channel } from '../tiff/samples.ts'

type Tick = CodecContext['tick']

export function createTiffCodec({ tick }: Pick<CodecContext, 'tick'>, decodeJpeg: DecodeJpeg): Codec {
  return {
    format: 'tiff',
    decode: (bytes) => completely(() => decodeTiff(bytes, tick, decodeJpeg)),
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

async function decodeTiff(bytes: Uint8Array, tick: Tick, decodeJpeg: DecodeJpeg): Promise<Bitmap> {
  const header = readTiffHeader(bytes)
  const { width, height, color, alpha, compression } = header
  if (color === 'cmyk')
    throw new MediaError('UNSUPPORTED_CODEC', 'Cannot decode CMYK: this version reads RGB and grey')
  const [blocks, channels] = [blocksOf(bytes, header), compression === 'jpeg' ? [] : channelsOf(header)]
  const bitmap = { data: new Uint8ClampedArray(width * height * 4), width, height }
  if (alpha === 'none') bitmap.data.fill(255)
  for (const block of blocks) {
    tick()
    if (compression === 'jpeg') place(bitmap, block, await decodeJpegBlock(bytes, header, block, decodeJpeg))
    else {
      const data = header.isReversed ? reverseBits(block.data) : block.data
      const rows = await DECOMPRESS[compression](data, rowBytes(block, header) * block.height, tick)
      placeRows(bitmap, block, rows, header, channels, tick)
    }
  }
  if (alpha === 'multiplied') divideAlpha(bitmap, tick)
  return bitmap
}

/** Rows begin on whole bytes. */
const rowBytes = ({ width, samples }: Block, { bits }: TiffHeader) => Math.ceil((width * samples * bits) / 8)

/** What of a tile lies beyond the picture is left out. */
function visible({ x, y, width, height }: Block, bitmap: Bitmap) {
  return { columns: Math.min(width, bitmap.width - x), rows: Math.min(height, bitmap.height - y) }
}

function place(bitmap: Bitmap, block: Block, part: Bitmap): void {
  const { columns, rows } = visible(block, bitmap)
  for (let row = 0; row < rows; row++) {
    const pixels = part.data.subarray(row * part.width * 4, (row * part.width + columns) * 4)
    bitmap.data.set(pixels, ((block.y + row) * bitmap.width + block.x) * 4)
  }
}

function placeRows(
  { data, ...size }: Bitmap,
  block: Block,
  stored: Uint8Array,
  header: TiffHeader,
  channels: readonly (readonly Channel[])[],
  tick: Tick,
): void {
  const { samples } = block
  const { columns, rows } = visible(block, { data, ...size })
  const stride = rowBytes(block, header)
  const values = new Uint8Array(columns * samples)
  for (let row = 0; row < rows; row++) {
    tick()
    const bytes = stored.subarray(row * stride, (row + 1) * stride)
    if (header.isPredicted) addUp(bytes, samples, header)
    unpack(bytes, header, values)
    const start = ((block.y + row) * size.width + block.x) * 4
    for (let sample = 0; sample < samples; sample++)
      for (const { index, levels } of channels[block.sample + sample] ?? [])
        for (let from = sample, to = start + index; from < values.length; from += samples, to += 4)
          data[to] = levels[values[from] ?? 0] ?? 0
  }
}
