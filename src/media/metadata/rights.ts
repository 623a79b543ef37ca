/** Whose a picture is, wherever a file tells it: EXIF, XMP, IPTC. */
import { guessText } from './bytes.ts'
import { TAG } from './exif/correct.ts'
import { readExifTree } from './exif/tree.ts'
import { readIptcRights } from './iptc.ts'
import type { Metadata } from './metadata.ts'
import { readXmpRights } from './xmp/rights.ts'

export interface Rights {
  /** Of several parts (photographer's and editor's), each behind the other. */
  readonly copyright?: readonly string[]
  readonly creators?: readonly string[]
  readonly credit?: string
  /** XMP Rights Management: `True`, `False`. */
  readonly marked?: string
  readonly owners?: readonly string[]
  readonly usageTerms?: string
  readonly webStatement?: string
  readonly certificate?: string
}

/** Where several tell, EXIF counts before XMP, XMP before IPTC. */
export function rightsOf({ exif, xmp, iptc }: Metadata): Rights {
  return {
    ...(iptc ? readIptcRights(iptc) : {}),
    ...(xmp === undefined ? {} : readXmpRights(xmp)),
    ...(exif ? readExifRights(exif) : {}),
  }
}

export const tellsRights = (rights: Rights): boolean => Object.keys(rights).length > 0

function readExifRights(exif: Uint8Array): Rights {
  const fields = readExifTree(exif)?.root.fields ?? []
  const textsOf = (wanted: number) => {
    const bytes = fields.find(({ tag }) => tag === wanted)?.bytes ?? new Uint8Array()
    return splitAt(bytes, 0)
      .map(guessText)
      .filter((text) => text !== '')
  }
  const [copyright, artist] = [textsOf(TAG.copyright), textsOf(TAG.artist)[0]]
  return {
    ...(copyright.length > 0 ? { copyright: copyright.slice(0, 2) } : {}),
    ...(artist ? { creators: namesIn(artist) } : {}),
  }
}

const namesIn = (artist: string) =>
  artist
    .split(';')
    .map((name) => name.trim())
    .filter((name) => name !== '')

function splitAt(bytes: Uint8Array, value: number): Uint8Array[] {
  const end = bytes.indexOf(value)
  if (end === -1) return [bytes]
  return [bytes.subarray(0, end), ...splitAt(bytes.subarray(end + 1, end + 8193), value).slice(0, 1)]
}

/** In the words of EXIF. */
export const creditsOf = ({ copyright, creators, credit }: Rights) => ({
  copyright: copyright?.join('\0'),
  artist: creators?.join('; ') ?? credit,
})
