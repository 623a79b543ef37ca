/** Everything that a picture file tells beside its pixels; not its profile, which `media/color` finds. */
import type { FormatName } from '../format.ts'
import { readAvifMetadata } from './containers/avif-read.ts'
import { readGifMetadata } from './containers/gif.ts'
import { readJpegMetadata } from './containers/jpeg-read.ts'
import { readPngMetadata } from './containers/png-read.ts'
import { readTiffMetadata } from './containers/tiff.ts'
import { readWebpMetadata } from './containers/webp.ts'
import { MOST_EXIF, MOST_XMP, type Metadata } from './metadata.ts'

const READERS: Readonly<Partial<Record<FormatName, (bytes: Uint8Array) => Metadata | Promise<Metadata>>>> = {
  jpeg: readJpegMetadata,
  png: readPngMetadata,
  webp: readWebpMetadata,
  avif: readAvifMetadata,
  gif: readGifMetadata,
  tiff: readTiffMetadata,
}

/** What is damaged, too large or of no known kind is left out. Never throws. */
export async function readMetadata(format: FormatName, bytes: Uint8Array): Promise<Metadata> {
  try {
    const { exif, xmp, iptc } = (await READERS[format]?.(bytes)) ?? {}
    return {
      ...(exif && exif.length <= MOST_EXIF ? { exif } : {}),
      ...(xmp !== undefined && xmp.length <= MOST_XMP ? { xmp } : {}),
      ...(iptc ? { iptc } : {}),
    }
  } catch {
    return {}
  }
}
