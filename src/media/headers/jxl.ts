/** JPEG XL headers: of the codestream, or of the one in a container. */
import type { ImageInfo } from '../info.ts'
import { findCodestream, ofWholeFile } from '../jxl/codestream.ts'
import { readJxlHeader, type JxlHeader } from '../jxl/header.ts'
import { displaySize } from './exif.ts'

/** @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readJxl(bytes: Uint8Array): ImageInfo {
  const { width, height, orientation, bits, isAnimated, extra, colors } = readHeaderOfJxl(bytes)
  return {
    class: 'image',
    format: 'jxl',
    ...displaySize(width, height, orientation),
    // Decoders turn it: the pixels come upright.
    orientation: 1,
    hasAlpha: extra.some(({ kind }) => kind === 'alpha'),
    frames: 1,
    animated: isAnimated,
    bitDepth: bits,
    colorModel: extra.some(({ kind }) => kind === 'black') ? 'cmyk' : colors.isGray ? 'gray' : 'rgb',
  }
}

/** @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readHeaderOfJxl(bytes: Uint8Array): JxlHeader {
  return ofWholeFile(bytes, () => readJxlHeader(findCodestream(bytes).head))
}
