/** Pictures that tell of themselves, and what can be read of it, by others than the code under test. */
import sharp from 'sharp'
import { readExif } from '../../src/media/exif/read.ts'
import { picture, type PictureOptions } from './pictures.ts'

export const RIGHTS_XMP = {
  rights: 'Nobody may & shall',
  creator: 'Ada',
  terms: 'Ask first',
  statement: 'https://example.com/rights',
}

/** Properties as elements and as attributes; one that was true of the original alone. */
export const xmpOf = (orientation = 6, extra = '') =>
  `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:r="http://ns.adobe.com/xap/1.0/rights/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 tiff:Orientation="${orientation}" xmp:Rating="4" r:WebStatement="${RIGHTS_XMP.statement}">
<dc:rights><rdf:Alt><rdf:li xml:lang="de">Niemand</rdf:li><rdf:li xml:lang="x-default">Nobody may &amp; shall</rdf:li></rdf:Alt></dc:rights>
<dc:creator><rdf:Seq><rdf:li>${RIGHTS_XMP.creator}</rdf:li></rdf:Seq></dc:creator>
<r:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">${RIGHTS_XMP.terms}</rdf:li></rdf:Alt></r:UsageTerms>
<dc:subject><rdf:Bag><rdf:li>secret place</rdf:li></rdf:Bag></dc:subject>${extra}
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`

export type ToldFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'tiff'

export interface ToldOptions extends PictureOptions {
  readonly orientation?: number
  readonly profile?: 'p3' | 'srgb'
  readonly xmp?: string
}

/** With EXIF (rights, camera, place), XMP, and a profile when asked for. */
export async function toldPicture(format: ToldFormat, options: ToldOptions = {}) {
  const { orientation = 1, profile, xmp = xmpOf(orientation) } = options
  const exif = {
    IFD0: { Copyright: '(c) Somebody', Artist: 'Ada', Make: 'Camera', ImageDescription: 'What is seen' },
    IFD2: { PixelXDimension: '64', PixelYDimension: '48', FNumber: '28/10' },
    IFD3: {
      GPSLatitudeRef: 'N',
      GPSLatitude: '51/1 30/1 0/1',
      GPSLongitudeRef: 'E',
      GPSLongitude: '7/1 0/1 0/1',
    },
  }
  let image = picture({ width: 64, height: 48, ...options })
    .withMetadata({ orientation })
    .withExifMerge(exif)
    .withXmp(xmp)
  if (profile) image = image.withIccProfile(profile)
  else if (format !== 'avif') image = image.keepIccProfile()
  const settings = { jpeg: { quality: 95, chromaSubsampling: '4:4:4' }, avif: { effort: 0 } }
  const file = await image.toFormat(format, settings[format as 'jpeg'] ?? {}).toBuffer()
  return Uint8Array.from(format === 'tiff' ? withFields(file, orientation) : file)
}

/** Which libvips does not write into TIFF: a directory behind the file, of the fields of the old one and those, little endian. */
function withFields(file: Buffer, orientation: number): Buffer {
  const old = file.readUInt32LE(4)
  const kept = Array.from({ length: file.readUInt16LE(old) }, (_, i) =>
    file.subarray(old + 2 + i * 12, old + 14 + i * 12),
  ).filter((entry) => entry.readUInt16LE(0) !== 0x0112)
  let end = file.length + (file.length & 1)
  const parts: Buffer[] = [Buffer.alloc(file.length & 1)]
  const add = (part: Buffer) => {
    parts.push(part, Buffer.alloc(part.length & 1))
    end += part.length + (part.length & 1)
    return end - part.length - (part.length & 1)
  }
  const entry = (tag: number, type: number, count: number, value: number) => {
    const bytes = Buffer.alloc(12)
    bytes.writeUInt16LE(tag, 0)
    bytes.writeUInt16LE(type, 2)
    bytes.writeUInt32LE(count, 4)
    bytes.writeUInt32LE(value, 8)
    return bytes
  }
  const text = (tag: number, words: string) => {
    const bytes = Buffer.from(`${words}\0`)
    return entry(tag, 2, bytes.length, bytes.length <= 4 ? bytes.readUInt32LE(0) : add(bytes))
  }
  const ratios = (tag: number, ...numbers: number[]) =>
    entry(tag, 5, numbers.length / 2, add(Buffer.from(Uint32Array.from(numbers).buffer)))
  const directory = (entries: Buffer[]) => {
    const sorted = entries.toSorted((a, b) => a.readUInt16LE(0) - b.readUInt16LE(0))
    return add(Buffer.concat([Buffer.from([sorted.length, 0]), ...sorted, Buffer.alloc(4)]))
  }
  const exif = directory([ratios(0x829d, 28, 10), entry(0xa002, 3, 1, 64), entry(0xa003, 3, 1, 48)])
  const letter = (tag: number, code: string) => entry(tag, 2, 2, code.charCodeAt(0))
  const degrees = (value: number, minutes: number) => [value, 1, minutes, 1, 0, 1]
  const place = [letter(1, 'N'), ratios(2, ...degrees(51, 30)), letter(3, 'E'), ratios(4, ...degrees(7, 0))]
  const fields = [
    text(0x010e, 'What is seen'),
    text(0x010f, 'Camera'),
    text(0x013b, 'Ada'),
    text(0x8298, '(c) Somebody'),
    entry(0x0112, 3, 1, orientation),
    entry(0x8769, 4, 1, exif),
    entry(0x8825, 4, 1, directory(place)),
  ]
  const root = directory([...kept, ...fields])
  const whole = Buffer.concat([file, ...parts])
  whole.writeUInt32LE(root, 4)
  return whole
}

/** What sharp finds in a file. */
export async function toldBy(file: Uint8Array) {
  const { exif, xmp, icc, iptc, orientation } = await sharp(file).metadata()
  const tiff = exif?.subarray(exif.toString('latin1').startsWith('Exif\0\0') ? 6 : 0)
  return { exif: tiff && readExif(tiff, 'keep'), tiff, xmp: xmp?.toString(), icc, iptc, orientation }
}
