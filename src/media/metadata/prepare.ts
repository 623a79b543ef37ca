/** From what the original tells to what the rendition shall tell. */
import { formatRow, type FormatName } from '../format.ts'
import { MOST_EXIF_IN_JPEG } from './containers/jpeg-write.ts'
import { corrected, withCredits } from './exif/correct.ts'
import { readExifTree, type ExifTree } from './exif/tree.ts'
import { writeExifTree } from './exif/write.ts'
import type { Made } from './made.ts'
import { MOST_EXIF, MOST_XMP, type Metadata } from './metadata.ts'
import { creditsOf, rightsOf, tellsRights } from './rights.ts'
import { correctedXmp } from './xmp/correct.ts'
import { writeXmpRights } from './xmp/rights.ts'

/**
 * `copyright`: whose it is, as EXIF and as XMP, and nothing else. `keep`: all of it, made true of what was made; what a
 * format cannot hold of the rights is said in what it can.
 */
export function prepareMetadata(
  what: 'copyright' | 'keep',
  found: Metadata,
  made: Made & { readonly to: FormatName },
): Metadata {
  const { holds = [] } = formatRow(made.to)
  const wanted = what === 'copyright' ? rightsAlone(found, made.to) : keptOf(found, made, holds)
  return Object.fromEntries(Object.entries(wanted).filter(([kind]) => holds.includes(kind as keyof Metadata)))
}

function rightsAlone(found: Metadata, to: FormatName): Metadata {
  const rights = rightsOf(found)
  const tree = withCredits(undefined, creditsOf(rights))
  return {
    ...exifOf(tree, to),
    ...(tellsRights(rights) ? xmpOf(writeXmpRights(rights)) : {}),
  }
}

function keptOf(found: Metadata, made: Made & { to: FormatName }, holds: readonly string[]): Metadata {
  const { exif, xmp, iptc, icc } = found
  const isLost = (iptc && !holds.includes('iptc')) || (exif && !holds.includes('exif'))
  const rights = isLost ? rightsOf(found) : {}
  const tree = exif && readExifTree(exif)
  const right = tree && corrected(tree, made)
  const kept = xmp === undefined ? undefined : correctedXmp(xmp, made)
  return {
    ...exifOf(withCredits(right, creditsOf(rights)), made.to),
    ...xmpOf(kept ?? (tellsRights(rights) ? writeXmpRights(rights) : undefined)),
    ...(iptc ? { iptc } : {}),
    ...(icc ? { icc } : {}),
  }
}

function exifOf(tree: ExifTree | undefined, to: FormatName): Pick<Metadata, 'exif'> {
  const exif = tree && writeExifTree(tree, to === 'jpeg' ? MOST_EXIF_IN_JPEG : MOST_EXIF)
  return exif ? { exif } : {}
}

/** What is corrected may have grown. */
const xmpOf = (xmp: string | undefined): Pick<Metadata, 'xmp'> =>
  xmp === undefined || xmp.length > 2 * MOST_XMP ? {} : { xmp }
