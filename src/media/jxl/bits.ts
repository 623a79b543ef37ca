/** Reads a JPEG XL codestream bit by bit, the lowest first (ISO/IEC 18181-1 section B.2). */
import { NeedsMore } from '../headers/reader.ts'

/** One of four ways to write a number: added to what so many bits say. */
export type Choice = readonly [offset: number, bits: number]
export type Choices = readonly [Choice, Choice, Choice, Choice]

export interface BitReader {
  /** Up to 32 of them. */
  bits(count: number): number
  flag(): boolean
  /** `U32`: two bits choose. */
  number(choices: Choices): number
  /** `U64`; beyond 2^53 rounded. */
  long(): number
  /** `Enum`. */
  word(): number
  skip(count: number): void
}

const ENUM: Choices = [
  [0, 0],
  [1, 0],
  [2, 4],
  [18, 6],
]

/** @throws NeedsMore: `bytes` of it is one more than there are */
export function createBitReader(bytes: Uint8Array): BitReader {
  let at = 0

  function bits(count: number): number {
    if (at + count > bytes.length * 8) throw new NeedsMore(bytes.length + 1)
    let value = 0
    for (let i = 0; i < count; i++, at++) value += (((bytes[at >> 3] as number) >> (at & 7)) & 1) * 2 ** i
    return value
  }

  const flag = () => bits(1) === 1
  const number = (choices: Choices) => {
    const [offset, count] = choices[bits(2)] as Choice
    return offset + bits(count)
  }

  function long(): number {
    const kind = bits(2)
    if (kind === 0) return 0
    if (kind < 3) return kind === 1 ? 1 + bits(4) : 17 + bits(8)
    let value = bits(12)
    for (let shift = 12; flag(); shift += 8) {
      if (shift === 60) return value + bits(4) * 2 ** 60
      value += bits(8) * 2 ** shift
    }
    return value
  }

  return {
    bits,
    flag,
    number,
    long,
    word: () => number(ENUM),
    skip(count) {
      if (at + count > bytes.length * 8) throw new NeedsMore(bytes.length + 1)
      at += count
    },
  }
}
