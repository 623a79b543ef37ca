/** Distributions for asymmetric numeral systems (ISO/IEC 18181-1 section C.2). */
import { corrupt } from '../headers/reader.ts'
import type { BitReader } from './bits.ts'

/** How often each symbol comes among 4096. */
export type Distribution = readonly number[]

const LOG_TOTAL = 12
const TOTAL = 2 ** LOG_TOTAL
const REPEAT = LOG_TOTAL + 1

/** Of a count's logarithm: bits as they come, first the lowest, and what they mean. */
const LOG_CODES: ReadonlyMap<string, number> = new Map([
  ['000', 10],
  ['010', 7],
  ['001', 6],
  ['101', 8],
  ['011', 9],
  ['1100', 3],
  ['1110', 5],
  ['1001', 4],
  ['1101', 1],
  ['1111', 2],
  ['10001', 0],
  ['100001', 11],
  ['1000000', 12],
  ['1000001', 13],
])

/** @throws CORRUPT_MEDIA */
export function readDistribution(r: BitReader): Distribution {
  if (r.flag()) return readOneOrTwo(r)
  if (r.flag()) return flat(readByte(r) + 1)
  return readCounts(r)
}

function readOneOrTwo(r: BitReader): Distribution {
  const isTwo = r.flag()
  const first = readByte(r)
  const counts: number[] = []
  if (isTwo) {
    const second = readByte(r)
    if (second === first) throw wrong()
    const count = r.bits(LOG_TOTAL)
    counts[first] = count
    counts[second] = TOTAL - count
  } else counts[first] = TOTAL
  return Array.from(counts, (count) => count ?? 0)
}

const flat = (size: number): Distribution =>
  Array.from({ length: size }, (_, i) => Math.floor(TOTAL / size) + (i < TOTAL % size ? 1 : 0))

function readCounts(r: BitReader): Distribution {
  let bits = 0
  while (bits < 3 && r.flag()) bits++
  const shift = (r.bits(bits) | (1 << bits)) - 1
  if (shift > REPEAT) throw wrong()
  const length = readByte(r) + 3
  const { logs, repeats } = readLogs(r, length)
  const most = Math.max(...logs.map((log) => (log === REPEAT ? -1 : log)))
  const rest = logs.indexOf(most)
  const counts: number[] = []
  for (let at = 0; at < length;) {
    const repeat = repeats.get(at)
    if (repeat === undefined) {
      counts.push(at === rest ? 0 : readCount(r, logs[at] as number, shift))
      at++
      continue
    }
    // What is left over cannot be repeated before it is known.
    if (at - 1 === rest) throw wrong()
    const same = counts[at - 1] ?? 0
    for (let left = Math.min(repeat, length - at); left > 0; left--, at++) counts.push(same)
  }
  const left = TOTAL - counts.reduce((sum, count) => sum + count, 0)
  if (left <= 0) throw wrong()
  counts[rest] = left
  return counts
}

function readLogs(r: BitReader, length: number) {
  const logs: number[] = []
  const repeats = new Map<number, number>()
  while (logs.length < length) {
    const log = readLog(r)
    if (log === REPEAT) {
      const count = readByte(r) + 4
      repeats.set(logs.length, count)
      for (let left = count; left > 0; left--) logs.push(REPEAT)
    } else logs.push(log)
  }
  return { logs, repeats }
}

function readLog(r: BitReader): number {
  for (let word = ''; word.length < 7;) {
    word += r.bits(1)
    const log = LOG_CODES.get(word)
    if (log !== undefined) return log
  }
  throw wrong()
}

function readCount(r: BitReader, log: number, shift: number): number {
  if (log < 2) return log
  const bits = Math.max(0, Math.min(log - 1, shift - ((LOG_TOTAL - (log - 1)) >> 1)))
  return 2 ** (log - 1) + r.bits(bits) * 2 ** (log - 1 - bits)
}

/** Small numbers in few bits. */
function readByte(r: BitReader): number {
  if (!r.flag()) return 0
  const bits = r.bits(3)
  return 2 ** bits + r.bits(bits)
}

/** Where a symbol stands among 4096 numbers: how often it comes, and which of its own this is. */
export type Lookup = (value: number) => readonly [symbol: number, count: number, offset: number]

/** Alias tables: equal buckets, each shared by two symbols. Section C.2.6. */
export function createLookup(counts: Distribution, logBuckets: number): Lookup {
  const buckets = 2 ** logBuckets
  if (counts.length > buckets) throw wrong()
  const size = TOTAL / buckets
  const whole = counts.indexOf(TOTAL)
  if (whole >= 0) return (value) => [whole, TOTAL, value]
  const cuts = Array.from({ length: buckets }, (_, i) => counts[i] ?? 0)
  const [aliases, offsets] = [Array.from(cuts.keys()), cuts.map(() => 0)]
  const over = Array.from(cuts.keys()).filter((i) => (cuts[i] as number) > size)
  const under = Array.from(cuts.keys()).filter((i) => (cuts[i] as number) < size)
  for (let o = over.pop(); o !== undefined; o = over.pop()) {
    const u = under.pop() as number
    const rest = (cuts[o] as number) - (size - (cuts[u] as number))
    cuts[o] = rest
    aliases[u] = o
    offsets[u] = rest
    if (rest < size) under.push(o)
    else if (rest > size) over.push(o)
  }
  return (value) => {
    const [bucket, at] = [Math.floor(value / size), value % size]
    const cut = cuts[bucket] as number
    if (cut === size || at < cut) return [bucket, counts[bucket] ?? 0, at]
    const alias = aliases[bucket] as number
    return [alias, counts[alias] ?? 0, (offsets[bucket] as number) - cut + at]
  }
}

const wrong = () => corrupt('JXL', 'a distribution of its profile is damaged')
