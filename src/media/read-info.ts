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

const PARSERS: Readonly<Partial<Record<FormatName, (bytes: Uint8Array, page?: number) => ImageInfo>>> = {
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

/** Whether more than the name of the format is known of such a file. */
export const readsHeader = (format: FormatName): boolean => PARSERS[format] !== undefined

/**
 * @param page of formats that have pages, from 0
 * @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC, INVALID_PARAMETER where there is no such page
 */
export function readInfo(format: FormatName, head: Uint8Array, page?: number): MediaInfo {
  const { class: kind } = formatRow(format)
  if (kind !== 'image') return { class: kind, format }
  const parse = PARSERS[format]
  if (!parse) throw new MediaError('INTERNAL', undefined, { cause: `no parser for ${format}` })
  return parse(head, page)
}

/** The same of a file that is all there: a header that wants more is damaged. @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC, INVALID_PARAMETER */
export function readWholeInfo(format: FormatName, bytes: Uint8Array, page?: number): MediaInfo {
  try {
    return readInfo(format, bytes, page)
  } catch (error) {
    if (!(error instanceof NeedsMore)) throw error
    if (error.otherwise) return error.otherwise
    throw corrupt(format, 'it ends inside its header')
  }
}
