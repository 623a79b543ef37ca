/** Files of `jpeg-kinds/`, and the picture that all of them show. */
import { readFile } from 'node:fs/promises'

export const WIDTH = 96
export const HEIGHT = 64

export const rareJpeg = async (name: string): Promise<Uint8Array> =>
  Uint8Array.from(await readFile(new URL(`jpeg-kinds/${name}.jpg`, import.meta.url)))

/** As it was before it became a file: RGBA. */
export function drawn(): Uint8Array {
  const data = new Uint8Array(WIDTH * HEIGHT * 4)
  for (let y = 0, at = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, at += 4) {
      const isInside = (x - 48) ** 2 + (y - 32) ** 2 < 20 ** 2
      data.set(
        [Math.floor((x * 255) / (WIDTH - 1)), Math.floor((y * 255) / (HEIGHT - 1)), isInside ? 200 : 60, 255],
        at,
      )
    }
  return data
}

/** Flips `count` bits of a copy, always the same ones for the same seed. */
export function flipped(bytes: Uint8Array, seed: number, count = 3): Uint8Array {
  const copy = bytes.slice()
  let state = seed * 2 + 1
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647
  for (let i = 0; i < 8; i++) random()
  for (let i = 0; i < count; i++) copy[Math.floor(random() * copy.length)]! ^= 1 << Math.floor(random() * 8)
  return copy
}

/** A grey progressive picture: a scan of DC, then `scans` scans of AC coefficients that say nothing, each of them a few bytes. */
export function scanBomb(side: number, scans: number, isArithmetic: boolean): Uint8Array {
  const blocks = Math.ceil(side / 8) ** 2
  const size = [side >> 8, side & 255, side >> 8, side & 255]
  const segment = (marker: number, ...body: number[]) => [
    0xff,
    marker,
    (body.length + 2) >> 8,
    (body.length + 2) & 255,
    ...body,
  ]
  // One code of one bit, 0: no difference for DC, a run of 2^14 and 14 bits more blocks for AC.
  const table = (kind: number, symbol: number) => segment(0xc4, kind, 1, ...Array<number>(15).fill(0), symbol)
  const runs = Math.ceil(blocks / 32767)
  const [dc, ac] = isArithmetic
    ? [[], []]
    : [stuffed('0'.repeat(blocks)), stuffed(('0' + '1'.repeat(14)).repeat(runs))]
  // Arithmetic coding takes missing bytes for zeros. Seven bands, bit by bit: after 98 scans all is known.
  const band = (at: number) => (isArithmetic ? [1 + 9 * (at % 7), 9 + 9 * (at % 7)] : [1, 63])
  const bit = (at: number) => 13 - (Math.floor(at / 7) % 14)
  const bits = (at: number) => (bit(at) === 13 ? 13 : ((bit(at) + 1) << 4) | bit(at))
  const bytes = [0xff, 0xd8, ...segment(0xdb, 0, ...Array<number>(64).fill(16))]
  bytes.push(...segment(isArithmetic ? 0xca : 0xc2, 8, ...size, 1, 1, 0x11, 0))
  bytes.push(...table(0, 0), ...table(0x10, 0xe0), ...segment(0xda, 1, 1, 0, 0, 0, 0))
  for (const byte of dc) bytes.push(byte)
  for (let at = 0; at < scans; at++)
    bytes.push(...segment(0xda, 1, 1, 0, ...band(at), isArithmetic ? bits(at) : 0), ...ac)
  return Uint8Array.from([...bytes, 0xff, 0xd9])
}

/** Bits as the bytes of a scan: filled up with ones, a zero behind each 0xff. */
function stuffed(bits: string): number[] {
  const bytes: number[] = []
  for (let at = 0; at < bits.length; at += 8) {
    const byte = Number.parseInt(bits.slice(at, at + 8).padEnd(8, '1'), 2)
    bytes.push(...(byte === 255 ? [255, 0] : [byte]))
  }
  return bytes
}
