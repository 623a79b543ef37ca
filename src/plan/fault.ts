/** Why an original cannot be decoded here, by its header. Pure. */
import { limitError, MediaError } from '../error.ts'
import { formatRow } from '../media/format.ts'
import type { ImageInfo } from '../media/info.ts'
import { missingReader, type Formats } from './formats.ts'

export interface SourceLimits {
  /** Of the original, over all frames. */
  readonly pixels: number
  readonly frames: number
  /** Absent: all that this version knows. */
  readonly formats?: Formats
  /** HEIC is decoded. Default false. */
  readonly heic?: boolean
}

/** @returns LIMIT_EXCEEDED, UNSUPPORTED_CODEC, NOT_SUPPORTED_HERE */
export function faultOf(info: ImageInfo, limits: SourceLimits): MediaError | undefined {
  const pixels = info.width * info.height * Math.max(1, info.frames)
  if (pixels > limits.pixels) return limitError('pixels', pixels, limits.pixels)
  if (info.frames > limits.frames) return limitError('frames', info.frames, limits.frames)
  if (info.format === 'heic' && limits.heic !== true)
    return new MediaError(
      'NOT_SUPPORTED_HERE',
      'Cannot decode HEIC here: install the package libheif-js and set formats.heic to true',
    )
  if (!formatRow(info.format).decodes)
    return new MediaError('UNSUPPORTED_CODEC', `Cannot decode ${info.format}: this version does not read it`)
  return missingReader(info.format, limits.formats)
}
