/** An ICC profile, made again from commands and what predictions left over (ISO/IEC 18181-1 section E.4). */
import { corrupt } from '../headers/reader.ts'

/** Nobody stops this work, so it must be little. */
export const MOST_ICC_BYTES = 1024 * 1024

const HEADER = 128
const TAGS = 'cprt wtpt bkpt rXYZ gXYZ bXYZ kXYZ rTRC gTRC bTRC kTRC chad desc chrm dmnd dmdd lumi'.split(' ')
const OF_20_BYTES: ReadonlySet<string> = new Set(['rXYZ', 'gXYZ', 'bXYZ', 'kXYZ', 'wtpt', 'bkpt', 'lumi'])
const TYPES = ['XYZ ', 'desc', 'text', 'mluc', 'para', 'curv', 'sf32', 'gbd ']

/** Commands and data are two streams in one. */
class Feed {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number
  constructor(bytes: Uint8Array, start: number, end: number) {
    if (end > bytes.length) throw wrong()
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }
  get isEmpty() {
    return this.#at >= this.#end
  }
  get at() {
    return this.#at
  }
  byte(): number {
    if (this.isEmpty) throw wrong()
    return this.#bytes[this.#at++] as number
  }
  /** Seven bits a byte, the lowest first. */
  number(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 42; factor *= 128) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw wrong()
  }
  take(count: number): Uint8Array {
    if (this.#at + count > this.#end) throw wrong()
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}

class Profile {
  readonly bytes: Uint8Array
  length = 0
  constructor(size: number) {
    this.bytes = new Uint8Array(size)
  }
  push(...values: readonly number[]): void {
    this.append(values)
  }
  append(values: ArrayLike<number>): void {
    if (this.length + values.length > this.bytes.length) throw wrong()
    this.bytes.set(values, this.length)
    this.length += values.length
  }
  text(word: string): void {
    this.append(codesOf(word))
  }
  word(value: number): void {
    this.push((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
  }
}

const codesOf = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0))

/** @throws CORRUPT_MEDIA */
export function restoreProfile(encoded: Uint8Array): Uint8Array {
  const start = new Feed(encoded, 0, encoded.length)
  const [size, commandBytes] = [start.number(), start.number()]
  if (size > MOST_ICC_BYTES) throw corrupt('JXL', 'its profile is too large')
  const commands = new Feed(encoded, start.at, start.at + commandBytes)
  const data = new Feed(encoded, start.at + commandBytes, encoded.length)
  const profile = new Profile(size)
  restoreHeader(profile, data)
  if (!commands.isEmpty) restoreTags(profile, commands, data)
  while (!commands.isEmpty) restorePart(profile, commands, data)
  if (profile.length !== size) throw wrong()
  return profile.bytes
}

function restoreHeader(profile: Profile, data: Feed): void {
  const size = profile.bytes.length
  const guess = new Uint8Array(HEADER)
  guess.set([size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255])
  guess[8] = 4
  guess.set(codesOf('mntrRGB XYZ '), 12)
  guess.set(codesOf('acsp'), 36)
  guess.set([0, 0, 246, 214, 0, 1, 0, 0, 0, 0, 211, 45], 68)
  for (let at = 0; at < Math.min(HEADER, size); at++) {
    if (at === 8) guess.set(profile.bytes.subarray(4, 8), 80)
    const maker = String.fromCharCode(...profile.bytes.subarray(40, at))
    if (at === 41 && maker === 'A') guess.set(codesOf('PPL'), 41)
    if (at === 41 && maker === 'M') guess.set(codesOf('SFT'), 41)
    if (at === 42 && maker === 'SG') guess.set(codesOf('I '), 42)
    if (at === 42 && maker === 'SU') guess.set(codesOf('NW'), 42)
    profile.push((data.byte() + (guess[at] as number)) & 255)
  }
}

function restoreTags(profile: Profile, commands: Feed, data: Feed): void {
  const count = commands.number() - 1
  if (count < 0) return
  profile.word(count)
  let [start, size] = [HEADER + 12 * count, 0]
  const entry = (tag: string | Uint8Array, at: number) => {
    if (typeof tag === 'string') profile.text(tag)
    else profile.append(tag)
    profile.word(at)
    profile.word(size)
  }
  while (!commands.isEmpty) {
    const command = commands.byte()
    const code = command & 63
    if (code === 0) return
    const tag = code === 1 ? data.take(4) : code === 2 ? 'rTRC' : code === 3 ? 'rXYZ' : TAGS[code - 4]
    if (tag === undefined) throw wrong()
    start = command & 64 ? commands.number() : start + size
    if (typeof tag === 'string' && OF_20_BYTES.has(tag)) size = 20
    if (command & 128) size = commands.number()
    entry(tag, start)
    if (code === 2) for (const other of ['gTRC', 'bTRC']) entry(other, start)
    if (code === 3) for (const [i, other] of ['gXYZ', 'bXYZ'].entries()) entry(other, start + (i + 1) * size)
  }
}

const [INSERT, SHUFFLE_2, SHUFFLE_4, PREDICT, XYZ, FIRST_TYPE] = [1, 2, 3, 4, 10, 16]

function restorePart(profile: Profile, commands: Feed, data: Feed): void {
  const command = commands.byte()
  const type = TYPES[command - FIRST_TYPE]
  if (command === INSERT) profile.append(data.take(commands.number()))
  else if (command === SHUFFLE_2 || command === SHUFFLE_4)
    profile.append(shuffled(data.take(commands.number()), command === SHUFFLE_2 ? 2 : 4))
  else if (command === PREDICT) restorePredicted(profile, commands, data)
  else if (command === XYZ) {
    profile.text('XYZ \0\0\0\0')
    profile.append(data.take(12))
  } else if (type !== undefined) profile.text(`${type}\0\0\0\0`)
  else throw wrong()
}

/** Bytes of one place of all numbers came first: now they stand by number. */
function shuffled(bytes: Uint8Array, width: number): Uint8Array {
  const rows = Math.ceil(bytes.length / width)
  const result = new Uint8Array(bytes.length)
  for (let i = 0, from = 0, row = 0; i < bytes.length; i++) {
    result[i] = bytes[from] as number
    from += rows
    if (from >= bytes.length) from = ++row
  }
  return result
}

function restorePredicted(profile: Profile, commands: Feed, data: Feed): void {
  const flags = commands.byte()
  const [width, order] = [(flags & 3) + 1, (flags >> 2) & 3]
  const stride = flags & 16 ? commands.number() : width
  if (width === 3 || order === 3 || stride < width || stride * 4 > profile.length) throw wrong()
  const rest = data.take(commands.number())
  const left = width > 1 ? shuffled(rest, width) : rest
  const start = profile.length
  for (let i = 0; i < left.length; i++) {
    const place = start + i - (i % width)
    const before = (steps: number) => wordAt(profile.bytes, place - steps * stride, width)
    const guess =
      order === 0
        ? before(1)
        : order === 1
          ? 2 * before(1) - before(2)
          : 3 * (before(1) - before(2)) + before(3)
    const byte = Math.floor(guess / 256 ** (width - 1 - (i % width)))
    profile.push(((left[i] as number) + byte) & 255)
  }
}

function wordAt(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[at + i] as number)
  return value
}

const wrong = () => corrupt('JXL', 'its profile is damaged')
