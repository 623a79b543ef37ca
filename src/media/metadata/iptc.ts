/** IPTC's Information Interchange Model (4.2), and Photoshop's resources, in which files hold it. */
import { concatBytes } from '../../lib/bytes.ts'
import { createReader, NeedsMore } from '../headers/reader.ts'
import { be16, be32, guessText, latin } from './bytes.ts'
import { MOST_IPTC } from './metadata.ts'
import type { Rights } from './rights.ts'

const IPTC_RESOURCE = 0x0404
const [MOST_RESOURCES, MOST_RECORDS] = [1000, 2000]
/** Of record 2. */
const [BY_LINE, CREDIT, COPYRIGHT] = [80, 110, 116]

export function readIptcRights(records: Uint8Array): Rights {
  const found: Record<number, string[]> = { [BY_LINE]: [], [CREDIT]: [], [COPYRIGHT]: [] }
  for (const { record, kind, data } of readRecords(records)) {
    const text = record === 2 && found[kind] ? guessText(data) : ''
    if (text !== '') found[kind]?.push(text)
  }
  const [creators = [], [credit] = [], [copyright] = []] = [found[BY_LINE], found[CREDIT], found[COPYRIGHT]]
  return {
    ...(copyright ? { copyright: [copyright] } : {}),
    ...(creators.length > 0 ? { creators: creators.slice(0, 100) } : {}),
    ...(credit ? { credit } : {}),
  }
}

/** Section 1.5 of part I: a mark, the record, the kind, two bytes of length. Longer forms end the reading. */
function* readRecords(bytes: Uint8Array) {
  let at = 0
  for (let count = 0; count < MOST_RECORDS && at + 5 <= bytes.length && bytes[at] === 0x1c; count++) {
    const [record = 0, kind = 0, high = 0, low = 0] = bytes.subarray(at + 1, at + 5)
    const end = at + 5 + high * 256 + low
    if (high >= 128 || end > bytes.length) return
    yield { record, kind, data: bytes.subarray(at + 5, end) }
    at = end
  }
}

const SIGNATURE = '8BIM'

/** The records among Photoshop's resources: signature, number, name (padded to even), length, data (padded). */
export function iptcOfResources(bytes: Uint8Array): Uint8Array | undefined {
  const r = createReader(bytes)
  try {
    for (let [at, count] = [0, 0]; count < MOST_RESOURCES && r.text(at, 4) === SIGNATURE; count++) {
      const nameEnd = at + 7 + r.u8(at + 6)
      const sizeAt = nameEnd + (nameEnd & 1 ? 1 : 0)
      const [start, size] = [sizeAt + 4, r.u32(sizeAt)]
      if (r.u16(at + 4) === IPTC_RESOURCE) return boundedIptc(bytes.subarray(start, start + size))
      at = start + size + (size & 1)
    }
  } catch (error) {
    if (!(error instanceof NeedsMore)) throw error
  }
  return undefined
}

/** The records, where they begin as such. */
export function boundedIptc(records: Uint8Array): Uint8Array | undefined {
  return records[0] === 0x1c && records.length <= MOST_IPTC ? records : undefined
}

export function resourcesOfIptc(records: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = [...latin(SIGNATURE), ...be16(IPTC_RESOURCE), 0, 0, ...be32(records.length)]
  return concatBytes([Uint8Array.from(head), records, new Uint8Array(records.length & 1)])
}
