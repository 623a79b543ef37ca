/** The picture of an icon that is a BMP without its file header: pixels, then a mask of one bit each. */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { BmpHeader } from '../../../media/headers/bmp.ts'
import { iconEntry, iconHeader } from '../../../media/headers/ico.ts'
import { corrupt, NeedsMore } from '../../../media/headers/reader.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { decodeStored, hasAlpha, makeOpaque, strideOf } from './bmp.ts'

/** Icons that hold a PNG do not come here: the core reads them. */
export function createIcoCodec({ tick }: Pick<CodecContext, 'tick'>): Codec {
  return { format: 'ico', decode: async (bytes) => decodeIcon(bytes, tick) }
}

function decodeIcon(bytes: Uint8Array, tick: () => void): Bitmap {
  const header = readHeader(bytes)
  const bitmap = decodeStored(bytes, header, tick)
  // Alpha makes the mask superfluous; where it is zero everywhere, nobody wrote it.
  if (header.masks[3] !== 0) {
    if (hasAlpha(bitmap)) return bitmap
    makeOpaque(bitmap)
  }
  applyMask(bytes, header, bitmap, tick)
  return bitmap
}

function readHeader(bytes: Uint8Array): BmpHeader {
  try {
    return iconHeader(bytes, iconEntry(bytes))
  } catch (error) {
    throw error instanceof NeedsMore ? corrupt('ICO', 'it ends inside its header') : error
  }
}

/** A set bit hides its pixel. */
function applyMask(bytes: Uint8Array, header: BmpHeader, { data }: Bitmap, tick: () => void): void {
  const { width, height, pixels, isTopDown } = header
  const stride = strideOf({ width, bits: 1 })
  const start = pixels + strideOf(header) * height
  const end = start + stride * (height - 1) + Math.ceil(width / 8)
  if (end > bytes.length) throw corrupt('ICO', 'it is truncated')
  for (let row = 0; row < height; row++) {
    tick()
    const y = isTopDown ? row : height - 1 - row
    for (let x = 0; x < width; x++) {
      const byte = bytes[start + row * stride + (x >> 3)] ?? 0
      if ((byte >> (7 - (x & 7))) & 1) data[(y * width + x) * 4 + 3] = 0
    }
  }
}
