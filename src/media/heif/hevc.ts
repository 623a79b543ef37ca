/** What HEVC says of the size of its pictures (ITU-T H.265 section 7.3.2.2): more than the container says may be hidden there. */
import { corrupt, createReader, NeedsMore, type Reader } from '../headers/reader.ts'
import { find, type Box } from './boxes.ts'
import { readItems, type Items } from './items.ts'
import { readExtent } from './properties.ts'

/** By how much a coded picture may exceed what is shown of it: a block of the largest kind. */
const MOST_PADDING = 64
const SPS = 33

/** Each coded picture of the primary item, and of its alpha, is as large as its item says. @throws CORRUPT_MEDIA */
export function checkCodedSizes(bytes: Uint8Array): void {
  const r = createReader(bytes)
  try {
    const items = readItems(r, bytes)
    for (const item of codedItems(items)) checkItem(r, items, item)
  } catch (error) {
    throw error instanceof NeedsMore ? corrupt('HEIC', 'it ends too early') : error
  }
}

function codedItems(items: Items): number[] {
  const { primary } = items
  return [primary, ...items.referrers('auxl', primary)].flatMap((item) =>
    items.typeOf(item) === 'grid' ? [...new Set(items.references('dimg', item))] : [item],
  )
}

function checkItem(r: Reader, items: Items, item: number): void {
  const properties = items.properties(item)
  const hvcC = find(properties, 'hvcC')
  if (!hvcC) throw corrupt('HEIC', 'a picture does not say how it is coded')
  const { width, height } = readExtent(r, properties)
  for (const [start, end] of parameterSets(r, hvcC)) {
    const coded = readCodedSize(Array.from({ length: end - start }, (_, i) => r.u8(start + i)))
    if (coded.width > width + MOST_PADDING || coded.height > height + MOST_PADDING)
      throw corrupt('HEIC', 'it is not what its header announced')
  }
}

/** HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 8.3.2: 22 bytes, then lists of NAL units by type. */
function parameterSets(r: Reader, { start, end }: Box): Array<readonly [start: number, end: number]> {
  const sets: Array<readonly [number, number]> = []
  let at = start + 23
  for (let lists = r.u8(start + 22); lists > 0; lists--) {
    const type = r.u8(at) & 63
    const count = r.u16(at + 1)
    at += 3
    for (let left = count; left > 0; left--) {
      const next = at + 2 + r.u16(at)
      if (next > end) throw corrupt('HEIC', 'its description of the coding is damaged')
      if (type === SPS) sets.push([at + 2, next])
      at = next
    }
  }
  return sets
}

function readCodedSize(nal: readonly number[]): { width: number; height: number } {
  // A three after two zeros is there only so that nothing looks like the begin of a unit.
  const bytes = nal.filter((byte, i) => !(byte === 3 && i > 1 && nal[i - 1] === 0 && nal[i - 2] === 0))
  let at = 16
  const bits = (count: number) => {
    let value = 0
    for (let left = count; left > 0; left--, at++)
      value = value * 2 + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
    if (at > bytes.length * 8) throw corrupt('HEIC', 'its description of the coding is damaged')
    return value
  }
  /** Exponential Golomb. */
  const number = () => {
    let zeros = 0
    while (bits(1) === 0) zeros++
    return 2 ** zeros - 1 + bits(zeros)
  }
  bits(4)
  const layers = bits(3)
  bits(1 + 88 + 8)
  const parts = Array.from({ length: layers }, () => [bits(1), bits(1)] as const)
  if (layers > 0) bits(2 * (8 - layers))
  for (const [profile, level] of parts) bits(profile * 88 + level * 8)
  number()
  if (number() === 3) bits(1)
  return { width: number(), height: number() }
}
