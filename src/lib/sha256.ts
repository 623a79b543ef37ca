/** SHA-256 (FIPS 180-4) over what is never in memory as a whole; WebCrypto's is faster for what is. */
import { toHex } from './bytes.ts'

const primes = firstPrimes(64)
const fraction = (root: number) => Math.floor((root - Math.floor(root)) * 2 ** 32)
const CONSTANTS = Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
const START = Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))

export interface Sha256 {
  update(bytes: Uint8Array): void
  /** Lower-case hex; ends it. */
  digest(): string
}

export function createSha256(): Sha256 {
  const state = START.slice()
  const rest = new Uint8Array(64)
  const words = new Uint32Array(64)
  let held = 0
  let length = 0

  function update(bytes: Uint8Array): void {
    length += bytes.length
    let at = 0
    if (held > 0) {
      at = Math.min(64 - held, bytes.length)
      rest.set(bytes.subarray(0, at), held)
      held += at
      if (held < 64) return
      addBlock(state, words, rest, 0)
      held = 0
    }
    for (; at + 64 <= bytes.length; at += 64) addBlock(state, words, bytes, at)
    rest.set(bytes.subarray(at))
    held = bytes.length - at
  }

  return {
    update,
    digest() {
      const bits = length * 8
      const end = new Uint8Array((held < 56 ? 64 : 128) - held)
      end[0] = 0x80
      const view = new DataView(end.buffer)
      view.setUint32(end.length - 8, Math.floor(bits / 2 ** 32))
      view.setUint32(end.length - 4, bits % 2 ** 32)
      update(end)
      const digest = new DataView(new ArrayBuffer(32))
      for (const [index, word] of state.entries()) digest.setUint32(index * 4, word)
      return toHex(new Uint8Array(digest.buffer))
    },
  }
}

const turn = (word: number, by: number) => (word >>> by) | (word << (32 - by))

function addBlock(state: Uint32Array, w: Uint32Array, bytes: Uint8Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 64)
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(i * 4)
  for (let i = 16; i < 64; i++) {
    const [x, y] = [w[i - 15] as number, w[i - 2] as number]
    const [s0, s1] = [turn(x, 7) ^ turn(x, 18) ^ (x >>> 3), turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)]
    w[i] = (w[i - 16] as number) + s0 + (w[i - 7] as number) + s1
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i++) {
    const choice = (e & f) ^ (~e & g)
    const sum = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const t = (h + sum + choice + (CONSTANTS[i] as number) + (w[i] as number)) | 0
    const most = (a & b) ^ (a & c) ^ (b & c)
    const u = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most) | 0
    h = g
    g = f
    f = e
    e = (d + t) | 0
    d = c
    c = b
    b = a
    a = (t + u) | 0
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries())
    state[index] = (state[index] as number) + word
}

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}
