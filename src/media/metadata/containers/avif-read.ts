/** Metadata in AVIF: items that describe the primary one (ISO/IEC 23008-12 section 6.3.9 and annex A). */
import { createReader } from '../../headers/reader.ts'
import { readItems, type Items } from '../../heif/items.ts'
import { strictUtf8 } from '../bytes.ts'
import { MOST_EXIF, MOST_XMP, type Metadata } from '../metadata.ts'

export const XMP_TYPE = 'application/rdf+xml'

export function readAvifMetadata(bytes: Uint8Array): Metadata {
  const items = readItems(createReader(bytes), bytes)
  const exifItem = firstOf(items, (item) => items.typeOf(item) === 'Exif')
  const xmpItem = firstOf(items, (item) => items.contentTypeOf(item) === XMP_TYPE)
  const exif = exifItem === undefined ? undefined : attempt(() => readExifItem(items, exifItem))
  const xmp = xmpItem === undefined ? undefined : attempt(() => strictUtf8(items.bytesOf(xmpItem, MOST_XMP)))
  return { ...(exif ? { exif } : {}), ...(xmp === undefined ? {} : { xmp }) }
}

/** Of those that say whom they describe, only those of the primary item. */
function firstOf(items: Items, isKind: (item: number) => boolean): number | undefined {
  return items.all.find((item) => {
    if (!isKind(item)) return false
    const described = items.references('cdsc', item)
    return described.length === 0 || described.includes(items.primary)
  })
}

/** Before the TIFF structure: how many bytes to skip. */
function readExifItem(items: Items, item: number): Uint8Array {
  const data = items.bytesOf(item, MOST_EXIF)
  return data.subarray(4 + createReader(data).u32(0))
}

/** Undefined where its bytes are not there: the other one may be. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
