/** A coded still as AV1's own units (AV1 Bitstream & Decoding Process Specification, section 5): what AVIF keeps, and says of it. */
import { MediaError } from '../../error.ts'

export interface Still {
  /** Without the delimiter that streams begin with. */
  readonly bytes: Uint8Array
  /** 0: grey and 4:2:0; 1: 4:4:4 too. */
  readonly profile: number
  /** Of its size and the like, as a number of 5 bits. */
  readonly level: number
}

const [SEQUENCE_HEADER, DELIMITER] = [1, 2]

/** @throws MediaError INTERNAL where it is no still that begins with its sequence header */
export function readStill(unit: Uint8Array): Still {
  const first = unitAt(unit, 0)
  const start = first.type === DELIMITER ? first.end : 0
  const header = unitAt(unit, start)
  const [head = 0, next = 0] = [unit[header.content], unit[header.content + 1]]
  const isReducedStill = (head & 0x18) === 0x18
  if (header.type !== SEQUENCE_HEADER || !isReducedStill)
    throw new MediaError('INTERNAL', undefined, { cause: 'the coded picture is no still' })
  return { bytes: unit.subarray(start), profile: head >> 5, level: ((head & 7) << 2) | (next >> 6) }
}

/** Section 5.3: a byte or two, then the length of the content in groups of seven bits. */
function unitAt(bytes: Uint8Array, at: number): { type: number; content: number; end: number } {
  const head = bytes[at] ?? 0
  let content = at + ((head & 4) === 0 ? 1 : 2)
  let length = 0
  for (let group = 0; group < 4; group++) {
    const byte = bytes[content++] ?? 0
    length |= (byte & 0x7f) << (7 * group)
    if (byte < 0x80) break
  }
  return { type: (head >> 3) & 15, content, end: content + length }
}
