/** Formats that are recognised and not yet decoded: their size, where the header gives it away cheaply. */
import type { ImageInfo } from '../info.ts'
import type { FormatName } from '../format.ts'
import { createReader } from './reader.ts'

export function readGif(bytes: Uint8Array): ImageInfo {
  const r = createReader(bytes)
  return {
    ...unknownImage('gif'),
    width: r.u16le(6),
    height: r.u16le(8),
    colorModel: 'palette',
    hasAlpha: true,
  }
}

/** Enough to say "not supported" and no more. */
export function unknownImage(format: FormatName): ImageInfo {
  return {
    class: 'image',
    format,
    width: 1,
    height: 1,
    orientation: 1,
    hasAlpha: false,
    frames: 1,
    animated: false,
    bitDepth: 8,
    colorModel: 'rgb',
  }
}
