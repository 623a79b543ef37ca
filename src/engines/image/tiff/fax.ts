/** Faxes: ITU-T T.4 in one dimension and in two, T.6, and T.4's rows without anything between them (TIFF 6.0 sections 10 and 11). */
import { corrupt } from '../../../media/headers/reader.ts'
import { TAG, type TiffFax, type TiffHeader } from '../../../media/headers/tiff.ts'
import { HORIZONTAL, MODE_BITS, modeTable, PASS, RUN_BITS, runTables, STRAIGHT } from './fax-codes.ts'

/** Zeros before the one that ends a row. */
const END_ZEROS = 11
/** Bits of filling between two ticks. */
const STRIDE = 16_384

type Tick = () => void
/** Gives the bits of `rows` rows of so many pixels; black is 1. */
export type ExpandFax = (data: Uint8Array, rows: number, tick: Tick) => Uint8Array

/** @param width of every row, in pixels */
export function createFaxDecoder(kind: TiffFax, { fields }: TiffHeader, width: number): ExpandFax {
  const [runs, modes] = [runTables(), modeTable()]
  const isMixed = kind === 'fax3' && (fields.one(TAG.fax3Options, 0) & 1) === 1

  return (data, rows, tick) => {
    const stride = Math.ceil(width / 8)
    const out = new Uint8Array(stride * rows)
    const bits = createBits(data, tick)
    // Where the colour changes, in the row above and in this one; white comes first.
    const room = Math.min(width, data.length * 8) + 4
    let above = new Int32Array(room).fill(width)
    let borders = new Int32Array(room)

    const readRun = (color: 0 | 1, most: number): number => {
      for (let total = 0; ;) {
        const run = bits.code(runs[color], RUN_BITS)
        total += run
        if (total > most) throw damaged()
        if (run < 64) return total
      }
    }

    function readAlong(): number {
      let count = 0
      let color: 0 | 1 = 0
      for (let at = 0; at < width; color = color ? 0 : 1) {
        at += readRun(color, width - at)
        count = putBorder(borders, count, at)
      }
      return count
    }

    function readAgainstAbove(): number {
      let [at, count, next] = [-1, 0, 0]
      let color: 0 | 1 = 0
      while (at < width) {
        const mode = bits.code(modes, MODE_BITS)
        // The next change above, beyond `at`, to the other colour.
        next = (next & ~1) | color
        while (next > 1 && (above[next - 2] ?? 0) > at) next -= 2
        while ((above[next] ?? width) <= at && (above[next] ?? width) < width) next += 2
        const border = above[next] ?? width
        const from = Math.max(at, 0)
        if (mode === PASS) at = above[next + 1] ?? width
        else if (mode === HORIZONTAL) {
          const first = from + readRun(color, width - from)
          at = first + readRun(color ? 0 : 1, width - first)
          count = putBorder(borders, putBorder(borders, count, first), at)
        } else {
          at = border + mode - STRAIGHT
          if (at < from || at > width) throw damaged()
          count = putBorder(borders, count, at)
          color = color ? 0 : 1
        }
      }
      return count
    }

    for (let row = 0; row < rows; row++) {
      tick()
      if (kind === 'fax-rows') bits.align()
      let isAlong = kind !== 'fax4'
      if (kind === 'fax3') while (bits.skipEnd(END_ZEROS)) if (isMixed) isAlong = bits.one() === 1
      const count = isAlong ? readAlong() : readAgainstAbove()
      borders.fill(width, count, count + 3)
      paint(out.subarray(row * stride, (row + 1) * stride), borders, count)
      ;[above, borders] = [borders, above]
    }
    return out
  }
}

/** A run of nothing joins those beside it; what lies at the end of the row is no border. */
function putBorder(borders: Int32Array, count: number, at: number): number {
  if (count > 0 && borders[count - 1] === at) return count - 1
  borders[count] = at
  return count + 1
}

function paint(row: Uint8Array, borders: Int32Array, count: number): void {
  for (let i = 0; i < count; i += 2) {
    const [start, end] = [borders[i] ?? 0, borders[i + 1] ?? 0]
    for (let at = start; at < end;) {
      if (at % 8 === 0 && end - at >= 8) {
        const bytes = (end - at) >> 3
        row.fill(255, at >> 3, (at >> 3) + bytes)
        at += bytes * 8
      } else {
        row[at >> 3] = (row[at >> 3] ?? 0) | (128 >> (at & 7))
        at++
      }
    }
  }
}

const damaged = () => corrupt('TIFF', 'its data is damaged')

/** The highest bit of a byte first; zeros behind the end, until more of them are taken than there were. */
function createBits(data: Uint8Array, tick: Tick) {
  const end = data.length * 8
  let at = 0
  function peek(count: number): number {
    const byte = at >> 3
    const word =
      ((data[byte] ?? 0) << 24) |
      ((data[byte + 1] ?? 0) << 16) |
      ((data[byte + 2] ?? 0) << 8) |
      (data[byte + 3] ?? 0)
    return (word << (at & 7)) >>> (32 - count)
  }
  function take(count: number): void {
    at += count
    if (at > end) throw corrupt('TIFF', 'it is truncated')
  }
  return {
    code(table: Uint16Array, bits: number): number {
      const entry = table[peek(bits)] ?? 0
      if (entry === 0) throw at + bits > end ? corrupt('TIFF', 'it is truncated') : damaged()
      take(entry & 15)
      return entry >> 4
    },
    one(): number {
      const bit = peek(1)
      take(1)
      return bit
    },
    align(): void {
      at = (at + 7) & ~7
    },
    /** Whether a row ended here: any zeros beyond `zeros`, and a one. */
    skipEnd(zeros: number): boolean {
      if (peek(zeros) !== 0) return false
      take(zeros)
      for (let i = 0; peek(1) === 0; i++) {
        if (i % STRIDE === 0) tick()
        take(1)
      }
      take(1)
      return true
    },
  }
}
