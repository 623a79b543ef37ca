/** Metadata in TIFF: its own fields, and XMP and IPTC in two of them. */
import { TAG as PICTURE } from '../../headers/tiff.ts'
import { readFields } from '../../headers/tiff-tags.ts'
import { strictUtf8 } from '../bytes.ts'
import { descriptiveOnly } from '../exif/correct.ts'
import { readExifTree } from '../exif/tree.ts'
import { writeExifTree } from '../exif/write.ts'
import { boundedIptc, iptcOfResources } from '../iptc.ts'
import { MOST_EXIF, MOST_XMP, type Metadata } from '../metadata.ts'

const TAG = { xmp: 700, iptc: 33_723, photoshop: 34_377 } as const

export function readTiffMetadata(bytes: Uint8Array): Metadata {
  const fields = readFields(bytes)
  const dataOf = (tag: number) => {
    const place = fields.has(PICTURE.width) ? fields.place(tag) : undefined
    return place && place.length <= MOST_XMP ? bytes.subarray(place.at, place.at + place.length) : undefined
  }
  const tree = readExifTree(bytes)
  const exif = tree && writeExifTree(descriptiveOnly(tree), MOST_EXIF)
  const [packet, records, resources] = [dataOf(TAG.xmp), dataOf(TAG.iptc), dataOf(TAG.photoshop)]
  const xmp = packet && strictUtf8(packet)
  const iptc = (records && boundedIptc(records)) ?? (resources && iptcOfResources(resources))
  return { ...(exif ? { exif } : {}), ...(xmp ? { xmp } : {}), ...(iptc ? { iptc } : {}) }
}
