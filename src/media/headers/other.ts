/** Formats that are recognised and not decoded. */
import type { ImageInfo } from '../info.ts'
import type { FormatName } from '../format.ts'

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
