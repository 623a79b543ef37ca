/** Writes faxes: T.4 in one dimension and in two, T.6, and rows without anything between them. */
import { MODE_BITS, modeTable, RUN_BITS, runTables } from '../../src/engines/image/tiff/fax-codes.ts'

export interface FaxOptions {
  readonly kind: 'rows' | '3' | '3-mixed' | '4'
  /** Ends of rows end on whole bytes. */
  readonly isFilled?: boolean
  /** Of T.4: nothing stands before the first row, or between rows. */
  readonly hasNoEnds?: boolean
}

/** @param rows of pixels, 1 is black */
export function encodeFax(rows: readonly (readonly number[])[], options: FaxOptions): Uint8Array {
  const { kind, isFilled = false, hasNoEnds = false } = options
  let bits = ''
  let above = (rows[0] ?? []).map(() => 0)
  for (const [y, row] of rows.entries()) {
    const isAlong = kind === '3-mixed' ? y % 4 === 0 : kind !== '4'
    if (kind.startsWith('3') && !hasNoEnds) {
      if (isFilled) while (bits.length % 8 !== 4) bits += '0'
      bits += END + (kind === '3-mixed' ? (isAlong ? '1' : '0') : '')
    }
    bits += isAlong ? along(row) : against(row, above)
    if (kind === 'rows') bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0')
    above = [...row]
  }
  if (kind === '4') bits += END + END
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0')
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}

const END = '000000000001'

/** The tables of the decoder the other way round; libtiff says whether they are right. */
const codesOf = (table: Uint16Array, bits: number) =>
  new Map(
    Array.from(table, (entry, at) => [entry, at] as const)
      .filter(([entry]) => entry !== 0)
      .map(([entry, at]) => [
        entry >> 4,
        at
          .toString(2)
          .padStart(bits, '0')
          .slice(0, entry & 15),
      ]),
  )
const [WHITE, BLACK] = runTables().map((table) => codesOf(table, RUN_BITS))
const MODES = codesOf(modeTable(), MODE_BITS)
const [PASS, HORIZONTAL, STRAIGHT] = [7, 8, 3]

function run(color: number, length: number): string {
  const codes = color ? BLACK! : WHITE!
  if (length >= 2560) return codes.get(2560)! + run(color, length - 2560)
  return length < 64 ? codes.get(length)! : codes.get(length - (length % 64))! + codes.get(length % 64)!
}

function along(row: readonly number[]): string {
  let [bits, color] = ['', 0]
  for (let at = 0; at < row.length; color ^= 1) {
    const end = next(row, at, color)
    bits += run(color, end - at)
    at = end
  }
  return bits
}

/** The first pixel from `at` on that is not of this colour. */
function next(row: readonly number[], at: number, color: number): number {
  let end = at
  while (end < row.length && row[end] === color) end++
  return end
}

function against(row: readonly number[], above: readonly number[]): string {
  let [bits, at, color] = ['', -1, 0]
  while (at < row.length) {
    const from = Math.max(at, 0)
    // The first change above, right of `at`, away from this colour; and the one after it.
    let b1 = at + 1
    while (b1 < row.length && !(above[b1] !== color && (above[b1 - 1] ?? 0) === color)) b1++
    const b2 = next(above, b1, color ^ 1)
    const a1 = next(row, from, color)
    if (b2 < a1) {
      bits += MODES.get(PASS)
      at = b2
    } else if (Math.abs(a1 - b1) <= 3) {
      bits += MODES.get(a1 - b1 + STRAIGHT)
      at = a1
      color ^= 1
    } else {
      const a2 = next(row, a1, color ^ 1)
      bits += MODES.get(HORIZONTAL) + run(color, a1 - from) + run(color ^ 1, a2 - a1)
      at = a2
    }
  }
  return bits
}
