/** Prefix codes, written as Brotli writes them (RFC 7932 sections 3.4 and 3.5). */
import { corrupt } from '../headers/reader.ts'
import type { BitReader } from './bits.ts'

/** Reads one symbol. */
export type ReadSymbol = (r: BitReader) => number

const LONGEST = 15
/** In which order the lengths of the codes for lengths come. */
const ORDER = [1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15]
/** What four bits say of such a length: how many of them count, and the length. */
const LENGTH_CODES: ReadonlyArray<readonly [bits: number, length: number]> = [
  [2, 0],
  [2, 4],
  [2, 3],
  [3, 2],
  [2, 0],
  [2, 4],
  [2, 3],
  [4, 1],
  [2, 0],
  [2, 4],
  [2, 3],
  [3, 2],
  [2, 0],
  [2, 4],
  [2, 3],
  [4, 5],
]

/** @throws CORRUPT_MEDIA */
export function readPrefixCode(r: BitReader, size: number): ReadSymbol {
  if (size === 1) return () => 0
  const skipped = r.bits(2)
  return skipped === 1 ? readSimple(r, size) : codeOf(readLengths(r, size, skipped))
}

/** Up to four symbols, by name. */
function readSimple(r: BitReader, size: number): ReadSymbol {
  const bits = Math.ceil(Math.log2(size))
  const symbols = Array.from({ length: r.bits(2) + 1 }, () => r.bits(bits))
  if (new Set(symbols).size < symbols.length || symbols.some((symbol) => symbol >= size)) throw wrong()
  if (symbols.length === 1) return () => symbols[0] as number
  const isDeep = symbols.length === 4 && r.flag()
  const depths = isDeep
    ? [1, 2, 3, 3]
    : ([[], [], [1, 1], [1, 2, 2], [2, 2, 2, 2]][symbols.length] as number[])
  const lengths = new Uint8Array(size)
  for (const [at, symbol] of symbols.entries()) lengths[symbol] = depths[at] as number
  return codeOf(lengths)
}

function readLengths(r: BitReader, size: number, skipped: number): Uint8Array {
  const outer = readOuterCode(r, skipped)
  const lengths = new Uint8Array(size)
  let [at, space, previous, repeated, repeats] = [0, 2 ** LONGEST, 8, 0, 0]
  while (at < size && space > 0) {
    const code = outer(r)
    if (code < 16) {
      lengths[at++] = code
      repeats = 0
      if (code > 0) [previous, space] = [code, space - ((2 ** LONGEST) >> code)]
      continue
    }
    const length = code === 16 ? previous : 0
    if (length !== repeated) [repeats, repeated] = [0, length]
    const before = repeats
    const extra = code - 14
    repeats = (repeats > 0 ? (repeats - 2) << extra : 0) + r.bits(extra) + 3
    const count = repeats - before
    if (at + count > size) throw wrong()
    lengths.fill(length, at, at + count)
    at += count
    if (length > 0) space -= count << (LONGEST - length)
  }
  if (space !== 0) throw wrong()
  return lengths
}

function readOuterCode(r: BitReader, skipped: number): ReadSymbol {
  const lengths = new Uint8Array(ORDER.length)
  let space = 32
  for (let at = skipped; at < ORDER.length && space > 0; at++) {
    const length = readOuterLength(r)
    lengths[ORDER[at] as number] = length
    if (length > 0) space -= 32 >> length
  }
  const used = lengths.findIndex((length) => length > 0)
  if (lengths.filter((length) => length > 0).length === 1) return () => used
  if (space !== 0) throw wrong()
  return codeOf(lengths)
}

function readOuterLength(r: BitReader): number {
  let word = 0
  for (let bits = 1; bits <= 4; bits++) {
    word |= r.bits(1) << (bits - 1)
    const [needed, length] = LENGTH_CODES[word] as readonly [number, number]
    if (needed === bits) return length
  }
  throw wrong()
}

/** Codes of one length follow each other, and the longer ones the shorter. */
function codeOf(lengths: Uint8Array): ReadSymbol {
  const counts = new Uint16Array(LONGEST + 1)
  for (const length of lengths) if (length > 0) counts[length]!++
  const places = new Uint32Array(LONGEST + 2)
  for (let length = 1; length <= LONGEST; length++)
    places[length + 1] = (places[length] as number) + (counts[length] as number)
  const symbols = new Uint32Array(lengths.length)
  for (const [symbol, length] of lengths.entries()) if (length > 0) symbols[places[length]!++] = symbol
  return (r) => {
    let [code, first, index] = [0, 0, 0]
    for (let length = 1; length <= LONGEST; length++) {
      const count = counts[length] as number
      code |= r.bits(1)
      if (code - first < count) return symbols[index + code - first] as number
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw wrong()
  }
}

const wrong = () => corrupt('JXL', 'a code of its profile is damaged')
