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

  return {
    bits,
    flag,
    number,
    word: () => number(ENUM),
    skip(count) {
      if (at + count > bytes.length * 8) throw new NeedsMore(bytes.length + 1)
      at += count
    },
  }
}
