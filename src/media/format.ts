/**
 * One row per media format. Below this table nobody enumerates formats: ask the row.
 */

export type MediaClass = 'image' | 'video' | 'audio'

export interface FormatRow {
  readonly class: MediaClass
  /** Content-Type of a file of this format. */
  readonly mime: string
  /** First is the one we write. */
  readonly extensions: readonly string[]
  readonly hasAlpha: boolean
  /** We can decode it. */
  readonly decodes: boolean
  /** We can encode it. */
  readonly encodes: boolean
  /** Its frames are read and written, not the first alone. */
  readonly animates: boolean
  /** It may hold several pictures, each of a size of its own. */
  readonly hasPages?: boolean
  /** It can be written in scans from coarse to fine. */
  readonly hasProgressive?: boolean
  /** Its encoder gives smaller files for more time. */
  readonly tradesTime?: boolean
  /** Least `effort` that does: below it changes nothing. Default 0. */
  readonly leastEffort?: number
  /** Every current browser shows it in an <img>. */
  readonly isWeb: boolean
  /** Default `quality`, where the encoder has one: 1 to 100. */
  readonly quality?: number
  /** What `low`, `medium` and `high` mean. */
  readonly levels?: { readonly low: number; readonly medium: number; readonly high: number }
  readonly largestSide?: number
  /** What its files hold beside pixels; read where it is decoded, and written where it is encoded. */
  readonly holds?: readonly ('exif' | 'xmp' | 'iptc' | 'icc')[]
}

const still = {
  class: 'image',
  hasAlpha: true,
  decodes: false,
  encodes: false,
  animates: false,
  isWeb: false,
} as const
const timed = { hasAlpha: false, decodes: false, encodes: false, animates: false, isWeb: false } as const
const video = { ...timed, class: 'video' } as const
const audio = { ...timed, class: 'audio' } as const
const usual = { low: 60, medium: 75, high: 90 } as const

export const FORMATS = {
  jpeg: {
    ...still,
    mime: 'image/jpeg',
    extensions: ['jpg', 'jpeg', 'jpe', 'jfif'],
    hasAlpha: false,
    decodes: true,
    encodes: true,
    hasProgressive: true,
    tradesTime: true,
    leastEffort: 8,
    isWeb: true,
    quality: 80,
    levels: usual,
    largestSide: 65535,
    holds: ['exif', 'xmp', 'iptc', 'icc'],
  },
  png: {
    ...still,
    mime: 'image/png',
    extensions: ['png'],
    decodes: true,
    encodes: true,
    tradesTime: true,
    animates: true,
    isWeb: true,
    holds: ['exif', 'xmp', 'icc'],
  },
  webp: {
    ...still,
    mime: 'image/webp',
    extensions: ['webp'],
    decodes: true,
    encodes: true,
    tradesTime: true,
    animates: true,
    isWeb: true,
    quality: 80,
    levels: usual,
    largestSide: 16383,
    holds: ['exif', 'xmp', 'icc'],
  },
  avif: {
    ...still,
    mime: 'image/avif',
    extensions: ['avif'],
    decodes: true,
    encodes: true,
    tradesTime: true,
    quality: 50,
    levels: { low: 40, medium: 50, high: 63 },
    holds: ['exif', 'xmp', 'icc'],
  },
  gif: {
    ...still,
    mime: 'image/gif',
    extensions: ['gif'],
    decodes: true,
    encodes: true,
    animates: true,
    isWeb: true,
    largestSide: 65535,
    holds: ['xmp'],
  },
  svg: { ...still, mime: 'image/svg+xml', extensions: ['svg'], decodes: true, isWeb: true },
  bmp: { ...still, mime: 'image/bmp', extensions: ['bmp'], hasAlpha: false, decodes: true, holds: ['icc'] },
  ico: { ...still, mime: 'image/x-icon', extensions: ['ico'], decodes: true, holds: ['icc'] },
  tiff: {
    ...still,
    mime: 'image/tiff',
    extensions: ['tiff', 'tif'],
    decodes: true,
    hasPages: true,
    holds: ['exif', 'xmp', 'iptc', 'icc'],
  },
  jxl: {
    ...still,
    mime: 'image/jxl',
    extensions: ['jxl'],
    decodes: true,
    encodes: true,
    tradesTime: true,
    quality: 80,
    levels: usual,
  },
  heic: { ...still, mime: 'image/heic', extensions: ['heic', 'heif'], decodes: true },
  mp4: { ...video, mime: 'video/mp4', extensions: ['mp4', 'm4v'] },
  mov: { ...video, mime: 'video/quicktime', extensions: ['mov'] },
  '3gp': { ...video, mime: 'video/3gpp', extensions: ['3gp'] },
  webm: { ...video, mime: 'video/webm', extensions: ['webm'] },
  mkv: { ...video, mime: 'video/x-matroska', extensions: ['mkv'] },
  ts: { ...video, mime: 'video/mp2t', extensions: ['ts', 'm2ts'] },
  avi: { ...video, mime: 'video/x-msvideo', extensions: ['avi'] },
  flv: { ...video, mime: 'video/x-flv', extensions: ['flv'] },
  m4a: { ...audio, mime: 'audio/mp4', extensions: ['m4a'] },
  mp3: { ...audio, mime: 'audio/mpeg', extensions: ['mp3'] },
  aac: { ...audio, mime: 'audio/aac', extensions: ['aac'] },
  ogg: { ...audio, mime: 'audio/ogg', extensions: ['ogg', 'oga', 'opus'] },
  flac: { ...audio, mime: 'audio/flac', extensions: ['flac'] },
  wav: { ...audio, mime: 'audio/wav', extensions: ['wav'] },
} as const satisfies Record<string, FormatRow>

export type FormatName = keyof typeof FORMATS

export function formatRow(name: FormatName): FormatRow {
  return FORMATS[name]
}

/** What files of such a name usually are: a hint, never trusted. Undefined: the name does not say. */
export function classOfName(name: string): MediaClass | undefined {
  const extension = /\.([a-z0-9]{2,5})$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.values(FORMATS).find(({ extensions }) =>
    (extensions as readonly string[]).includes(extension),
  )?.class
}
