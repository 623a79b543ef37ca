/** Numbers that look random and are the same on every machine: integer hashes and one generator. */

/** 32 mixed bits of three integers. */
export function hash(x: number, y: number, z = 0): number {
  let h = Math.imul(x | 0, 0x9e3779b1) ^ Math.imul(y | 0, 0x85ebca77) ^ Math.imul(z | 0, 0xc2b2ae3d)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) >>> 0
}

/** The same as a number from 0 to below 1. */
export function hashUnit(x: number, y: number, z = 0): number {
  return hash(x, y, z) / 4294967296
}

/** A small fast generator (xorshift32), seeded for each row of a picture. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = hash(seed, 77, 13) | 1
  }

  /** 0 to below 1. */
  next(): number {
    let s = this.#state
    s ^= s << 13
    s ^= s >>> 17
    s ^= s << 5
    this.#state = s
    return (s >>> 0) / 4294967296
  }
}
