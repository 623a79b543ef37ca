/** MD5 (RFC 1321), where a file format names its pieces by it. It protects nothing. */
import { toHex } from './bytes.ts'

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const

/** Which word of a block each step of a round takes, and how it mixes. */
const ROUNDS: ReadonlyArray<readonly [word: (step: number) => number, mix: Mix]> = [
  [(step) => step, (b, c, d) => (b & c) | (~b & d)],
  [(step) => (5 * step + 1) % 16, (b, c, d) => (d & b) | (~d & c)],
  [(step) => (3 * step + 5) % 16, (b, c, d) => b ^ c ^ d],
  [(step) => (7 * step) % 16, (b, c, d) => c ^ (b | ~d)],
]
type Mix = (b: number, c: number, d: number) => number

export function md5Hex(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, bytes.length << 3, true)
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true)
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476])
  for (let at = 0; at < padded.length; at += 64) addBlock(state, view, at)
  const digest = new DataView(new ArrayBuffer(16))
  for (const [index, word] of state.entries()) digest.setInt32(index * 4, word, true)
  return toHex(new Uint8Array(digest.buffer))
}

function addBlock(state: Int32Array, view: DataView, at: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (const [round, [wordOf, mix]] of ROUNDS.entries())
    for (let step = 0; step < 16; step++) {
      const constant = Math.floor(Math.abs(Math.sin(round * 16 + step + 1)) * 2 ** 32)
      const word = view.getInt32(at + 4 * wordOf(step), true)
      const sum = (a + mix(b, c, d) + constant + word) | 0
      const shift = SHIFTS[round]?.[step % 4] ?? 0
      ;[a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0]
    }
  for (const [index, value] of [a, b, c, d].entries()) state[index] = (state[index] ?? 0) + value
}
