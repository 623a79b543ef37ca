/** Which format a picture leaves in, and how it is encoded. */
import { MediaError } from '../error.ts'
import { formatRow, type FormatName } from '../media/format.ts'
import type { ImageInfo } from '../media/info.ts'
import type { Ask, Quality, Question } from './plan.ts'
import type { ImageRecipe, Size } from './recipe.ts'

/** `avifPixels`: the largest result that AVIF is chosen for without being asked for. */
export function chooseFormat(
  { ask, accepts }: Question,
  info: ImageInfo,
  { width, height }: Size,
  avifPixels: number,
  animates: boolean,
): FormatName {
  const asked = askedFormat(ask)
  if (asked !== undefined) return asked
  const modern = accepts.find((name) => {
    const { largestSide = Infinity, animates: canAnimate } = formatRow(name)
    if (animates && !canAnimate) return false
    return Math.max(width, height) <= largestSide && (name !== 'avif' || width * height <= avifPixels)
  })
  if (modern !== undefined) return modern
  const own = formatRow(info.format)
  if (own.isWeb && own.encodes) return info.format
  return info.hasAlpha ? 'png' : 'jpeg'
}

/** Undefined where it is left to us. @throws INVALID_PARAMETER, NOT_SUPPORTED_HERE */
export function askedFormat({ format }: Ask): FormatName | undefined {
  if (format === undefined) return undefined
  if (isPictureFormat(format)) {
    if (formatRow(format).encodes) return format
    throw new MediaError('NOT_SUPPORTED_HERE', `Cannot write ${format}: this version does not`)
  }
  throw new MediaError(
    'INVALID_PARAMETER',
    `Parameter "format" is wrong: a picture cannot become ${format}`,
    {
      details: [{ parameter: 'format', value: format, expected: 'a picture format' }],
    },
  )
}

function isPictureFormat(
  format: string | undefined,
): format is 'avif' | 'webp' | 'jpeg' | 'png' | 'gif' | 'jxl' {
  return ['avif', 'webp', 'jpeg', 'png', 'gif', 'jxl'].includes(format ?? '')
}

type Encoding = Pick<
  ImageRecipe,
  'quality' | 'perceptual' | 'maxBytes' | 'lossless' | 'progressive' | 'effort'
>

/** What the format does not know of is absent, so that it makes no other rendition. */
export function encoding(
  { quality: asked, maxBytes, progressive, effort }: Ask,
  to: FormatName,
  animated: boolean,
): Encoding {
  const { tradesTime, leastEffort = 0, hasProgressive } = formatRow(to)
  const isSlow = tradesTime === true && effort !== undefined && effort >= leastEffort
  // How moving pictures look is not judged here.
  const quality = animated && asked === 'auto' ? undefined : asked
  return {
    ...qualityOf(quality, to, maxBytes === undefined ? undefined : 100),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(progressive && hasProgressive ? { progressive } : {}),
    ...(isSlow ? { effort } : {}),
  }
}

/** Quality words become the format's numbers; formats without a quality ignore it. `usual` replaces the format's own default. */
function qualityOf(
  quality: Quality | undefined,
  to: FormatName,
  usual: number | undefined,
): Pick<ImageRecipe, 'quality' | 'perceptual' | 'lossless'> {
  const row = formatRow(to)
  if (row.quality === undefined) return {}
  if (quality === 'lossless') return to === 'jpeg' ? { quality: 100 } : { lossless: true }
  if (quality === 'auto') return { perceptual: true }
  if (quality === undefined) return { quality: usual ?? row.quality }
  return { quality: typeof quality === 'number' ? quality : (row.levels?.[quality] ?? row.quality) }
}

/** Absent where there is nothing that could go along, so that it makes no other rendition. */
export function metadataFor(
  { metadata }: Ask,
  from: FormatName,
  to: FormatName,
): Pick<ImageRecipe, 'metadata'> {
  const [{ holds: read = [] }, { holds: written = [] }] = [formatRow(from), formatRow(to)]
  const hasFacts = read.some((kind) => kind !== 'icc')
  const hasProfile = metadata === 'keep' && read.includes('icc') && written.includes('icc')
  return metadata !== undefined && (hasFacts || hasProfile) ? { metadata } : {}
}
