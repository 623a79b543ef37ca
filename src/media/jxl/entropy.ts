/** Entropy-coded numbers before the frames (ISO/IEC 18181-1 annex C): contexts, two kinds of codes, repetition. */
import { corrupt } from '../headers/reader.ts'
import { createLookup, readDistribution } from './ans.ts'
import type { BitReader, Choices } from './bits.ts'
import { readPrefixCode, type ReadSymbol } from './prefix.ts'

export interface NumberReader {
  /** The next number, in this context. */
  next(context: number): number
  /** After the last one. @throws CORRUPT_MEDIA where the decoder is not where it should be */
  finish(): void
}

interface Repetition {
  readonly firstSymbol: number
  readonly shortest: number
  readonly lengths: Split
}

const FIRST_SYMBOL: Choices = [
  [224, 0],
  [512, 0],
  [4096, 0],
  [8, 15],
]
const SHORTEST: Choices = [
  [3, 0],
  [4, 0],
  [5, 2],
  [9, 8],
]

/** @throws CORRUPT_MEDIA, NeedsMore */
export function openNumbers(r: BitReader, contexts: number): NumberReader {
  const repetition = r.flag() ? readRepetition(r) : undefined
  const all = contexts + (repetition ? 1 : 0)
  const map = all > 1 ? readMap(r, all) : [0]
  const clusters = new Set(map).size
  if (map.some((cluster) => cluster >= clusters)) throw wrong()
  const isPrefix = r.flag()
  const logSize = isPrefix ? 15 : 5 + r.bits(2)
  const splits = Array.from({ length: clusters }, () => readSplit(r, logSize))
  const { symbols, finish } = isPrefix ? readPrefixCodes(r, clusters) : readAnsCodes(r, clusters, logSize)
  const clusterOf = (context: number) => map[context] as number
  const token = (cluster: number) => (symbols[cluster] as ReadSymbol)(r)
  const plain = (cluster: number, value = token(cluster)) => joined(r, splits[cluster] as Split, value)
  if (!repetition) return { next: (context) => plain(clusterOf(context)), finish }
  return { next: repeating(r, repetition, { token, plain, clusterOf, last: clusterOf(contexts) }), finish }
}

interface Coded {
  token(cluster: number): number
  plain(cluster: number, token?: number): number
  clusterOf(context: number): number
  /** The cluster of distances. */
  readonly last: number
}

/** Numbers that came before come again. */
function repeating(r: BitReader, { firstSymbol, shortest, lengths }: Repetition, coded: Coded) {
  const known: number[] = []
  let [left, from] = [0, 0]
  return (context: number): number => {
    if (left === 0) {
      const cluster = coded.clusterOf(context)
      const token = coded.token(cluster)
      if (token < firstSymbol) {
        const value = coded.plain(cluster, token)
        known.push(value)
        return value
      }
      left = joined(r, lengths, token - firstSymbol) + shortest
      from = known.length - Math.min(coded.plain(coded.last) + 1, known.length)
    }
    left--
    const value = known[from++] ?? 0
    known.push(value)
    return value
  }
}

function readRepetition(r: BitReader): Repetition {
  const [firstSymbol, shortest] = [r.number(FIRST_SYMBOL), r.number(SHORTEST)]
  return { firstSymbol, shortest, lengths: readSplit(r, 8) }
}

/** Which contexts share a code. */
function readMap(r: BitReader, contexts: number): readonly number[] {
  if (r.flag()) {
    const bits = r.bits(2)
    return Array.from({ length: contexts }, () => r.bits(bits))
  }
  const isMoved = r.flag()
  const numbers = openNumbers(r, 1)
  const map = Array.from({ length: contexts }, () => numbers.next(0))
  numbers.finish()
  return isMoved ? unmoved(map) : map
}

/** Move to front, undone. */
function unmoved(map: readonly number[]): number[] {
  const order = Array.from({ length: 256 }, (_, i) => i)
  return map.map((place) => {
    const [value] = order.splice(place, 1)
    if (value === undefined) throw wrong()
    order.unshift(value)
    return value
  })
}

/** Up to 2^exponent tokens are numbers; of others the highest and lowest bits are in the token. */
interface Split {
  readonly exponent: number
  readonly high: number
  readonly low: number
}

const bitsFor = (most: number) => Math.ceil(Math.log2(most + 1))

function readSplit(r: BitReader, logSize: number): Split {
  const exponent = r.bits(bitsFor(logSize))
  if (exponent === logSize) return { exponent, high: 0, low: 0 }
  const high = r.bits(bitsFor(exponent))
  if (exponent > logSize || high > exponent) throw wrong()
  const low = r.bits(bitsFor(exponent - high))
  if (high + low > exponent) throw wrong()
  return { exponent, high, low }
}

function joined(r: BitReader, { exponent, high, low }: Split, token: number): number {
  const split = 2 ** exponent
  if (token < split) return token
  const inside = high + low
  const count = exponent - inside + Math.floor((token - split) / 2 ** inside)
  if (count > 30) throw wrong()
  const top = 2 ** high + (Math.floor(token / 2 ** low) % 2 ** high)
  return (top * 2 ** count + r.bits(count)) * 2 ** low + (token % 2 ** low)
}

interface Codes {
  readonly symbols: readonly ReadSymbol[]
  finish(): void
}

function readPrefixCodes(r: BitReader, clusters: number): Codes {
  const sizes = Array.from({ length: clusters }, () => {
    if (!r.flag()) return 1
    const bits = r.bits(4)
    return 2 ** bits + r.bits(bits) + 1
  })
  return { symbols: sizes.map((size) => readPrefixCode(r, size)), finish: () => {} }
}

const FINAL_STATE = 0x13_0000

function readAnsCodes(r: BitReader, clusters: number, logSize: number): Codes {
  const lookups = Array.from({ length: clusters }, () => createLookup(readDistribution(r), logSize))
  let state: number | undefined
  const symbols = lookups.map((lookup) => (): number => {
    state ??= r.bits(32)
    const [symbol, count, offset] = lookup(state % 4096)
    state = count * Math.floor(state / 4096) + offset
    if (state < 65_536) state = state * 65_536 + r.bits(16)
    return symbol
  })
  return {
    symbols,
    finish() {
      if ((state ?? r.bits(32)) !== FINAL_STATE) throw wrong()
    },
  }
}

const wrong = () => corrupt('JXL', 'its profile is damaged')
