/** From the first bytes of a file to what it is. Pure: asks for more bytes by throwing `NeedsMore`. */
import { MediaError } from '../error.ts'
import { formatRow, type FormatName } from './format.ts'
import { readBmp } from './headers/bmp.ts'
import { readAvif, readHeic } from './headers/heif.ts'
import { readIco } from './headers/ico.ts'
import { readJpeg } from './headers/jpeg.ts'
import { readJxl } from './headers/jxl.ts'
import { readGif } from './headers/gif.ts'
import { readPng } from './headers/png.ts'
import { corrupt, NeedsMore } from './headers/reader.ts'
import { readSvg } from './headers/svg.ts'
import { readTiff } from './headers/tiff.ts'
import { readWebp } from './headers/webp.ts'
import type { ImageInfo, MediaInfo } from './info.ts'

const PARSERS: Readonly<Partial<Record<FormatName, (bytes: Uint8Array) => ImageInfo>>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  avif: readAvif,
  gif: readGif,
  svg: readSvg,
  bmp: readBmp,
  ico: readIco,
  tiff: readTiff,
  jxl: readJxl,
  heic: readHeic,
}

/** @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readInfo(format: FormatName, head: Uint8Array): MediaInfo {
  const { class: kind } = formatRow(format)
  if (kind !== 'image') return { class: kind, format }
  const parse = PARSERS[format]
  if (!parse) throw new MediaError('INTERNAL', undefined, { cause: `no parser for ${format}` })
  return parse(head)
}

/** The same of a file that is all there: a header that wants more is damaged. @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readWholeInfo(format: FormatName, bytes: Uint8Array): MediaInfo {
  try {
    return readInfo(format, bytes)
  } catch (error) {
    throw error instanceof NeedsMore ? corrupt(format, 'it ends inside its header') : error
  }
}
