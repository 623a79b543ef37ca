/** The answer to `format=json`: what is known of an original, as the contract orders it. */
import type { ExifFacts } from '../../../media/exif/read.ts'
import { formatRow, type FormatName } from '../../../media/format.ts'
import type { ImageInfo } from '../../../media/info.ts'
import type { MetadataRecipe } from '../../../plan/recipe.ts'
import type { Placeholder } from './placeholder.ts'

export interface Found {
  /** Bytes of the original, where they are known. */
  readonly size?: number | undefined
  readonly frames?: number | undefined
  readonly placeholder?: Placeholder | undefined
  readonly exif?: ExifFacts | undefined
}

/** What is not known is null. Fields of video and audio are left out. */
export function describe({ from, info, nsfw }: MetadataRecipe, found: Found): Uint8Array<ArrayBuffer> {
  const frames = found.frames ?? headerFrames(info)
  const description = {
    format: from,
    contentType: formatRow(from).mime,
    size: found.size ?? null,
    width: info.width,
    height: info.height,
    orientation: info.orientation,
    frames: frames ?? null,
    animated: frames === undefined ? info.animated : frames > 1 && !hasPages(from),
    hasAlpha: info.hasAlpha,
    colorSpace: COLOR_SPACES[info.colorModel],
    placeholder: found.placeholder ?? null,
    ...(found.exif ? { exif: found.exif } : {}),
    ...(nsfw ? { nsfw } : {}),
  }
  return new TextEncoder().encode(JSON.stringify(description))
}

const COLOR_SPACES: Readonly<Record<ImageInfo['colorModel'], string>> = {
  gray: 'gray',
  rgb: 'rgb',
  palette: 'rgb',
  ycbcr: 'rgb',
  cmyk: 'cmyk',
}

/** Undefined where the header does not tell how many there are. */
function headerFrames({ format, frames, animated }: ImageInfo): number | undefined {
  return frames === 1 && (animated || format === 'gif' || hasPages(format)) ? undefined : frames
}

const hasPages = (format: FormatName) => formatRow(format).hasPages === true

/** Whether more than the header must be read. */
export function needsFile({ info, sample, exif }: MetadataRecipe): boolean {
  return sample !== undefined || exif !== 'none' || headerFrames(info) === undefined
}

/** The answer, with the size of what it describes. */
export function describedAs({ info }: MetadataRecipe, body: Uint8Array<ArrayBuffer>) {
  return { body, type: 'application/json', width: info.width, height: info.height }
}
