/** ICC profiles made by hand, small and unlike sRGB, and where they go in files. */
import { deflateSync } from 'node:zlib'
import { pngChunk } from './png.ts'

export type Space = 'GRAY' | 'RGB ' | 'CMYK'
export interface ProfileParts {
  readonly space: Space
  readonly pcs?: 'Lab ' | 'XYZ '
  readonly version?: 2 | 4
  readonly tags: Readonly<Record<string, Uint8Array>>
}

export function buildProfile({ space, pcs = 'Lab ', version = 2, tags }: ProfileParts): Uint8Array {
  const all = { wtpt: xyz(0.9642, 1, 0.8249), ...tags }
  const names = Object.keys(all) as (keyof typeof all)[]
  const parts: Uint8Array[] = []
  const head = Buffer.alloc(132 + 12 * names.length)
  let at = head.length
  for (const [i, name] of names.entries()) {
    const data: Uint8Array = all[name]
    head.write(name, 132 + 12 * i, 'latin1')
    head.writeUInt32BE(at, 136 + 12 * i)
    head.writeUInt32BE(data.length, 140 + 12 * i)
    const padded = Buffer.alloc(Math.ceil(data.length / 4) * 4)
    padded.set(data)
    parts.push(padded)
    at += padded.length
  }
  head.writeUInt32BE(at, 0)
  head.writeUInt32BE(version === 4 ? 0x04200000 : 0x02200000, 8)
  head.write(`prtr${space}${pcs}`, 12, 'latin1')
  head.write('acsp', 36, 'latin1')
  head.writeUInt32BE(names.length, 128)
  for (const [i, value] of [0.9642, 1, 0.8249].entries()) head.writeInt32BE(fixed(value), 68 + 4 * i)
  return Uint8Array.from(Buffer.concat([head, ...parts]))
}

const fixed = (value: number) => Math.round(value * 65536)

function xyz(...values: number[]): Uint8Array {
  const data = Buffer.alloc(20)
  data.write('XYZ ', 'latin1')
  for (const [i, value] of values.entries()) data.writeInt32BE(fixed(value), 8 + 4 * i)
  return data
}

/** An exponent. */
export function gammaCurve(gamma: number): Uint8Array {
  const data = Buffer.alloc(14)
  data.write('curv', 'latin1')
  data.writeUInt32BE(1, 8)
  data.writeUInt16BE(Math.round(gamma * 256), 12)
  return data
}

type Lab = readonly [number, number, number]

/** Table of `steps` values each way, straight curves around it; `lab` is given what the inputs are, from 0 to 1. */
export function labTable(
  bits: 8 | 16,
  inputs: number,
  steps: number,
  lab: (...values: number[]) => Lab,
): Uint8Array {
  const bytes = bits / 8
  const most = 2 ** bits - 1
  const [entries, start] = bits === 8 ? [256, 48] : [2, 52]
  const data = Buffer.alloc(start + bytes * (entries * (inputs + 3) + steps ** inputs * 3))
  data.write(bits === 8 ? 'mft1' : 'mft2', 'latin1')
  data.set([inputs, 3, steps], 8)
  for (const at of [12, 28, 44]) data.writeInt32BE(65536, at)
  let at = start
  const put = (value: number) => {
    data.writeUIntBE(Math.min(most, Math.max(0, Math.round(value))), at, bytes)
    at += bytes
  }
  if (bits === 16) data.set([0, entries, 0, entries], 48)
  const straight = () => {
    for (let i = 0; i < entries; i++) put((most * i) / (entries - 1))
  }
  for (let i = 0; i < inputs; i++) straight()
  for (const place of mixtures(inputs, steps)) {
    const [l, a, b] = lab(...place)
    const scale = bits === 8 ? 1 : 256
    put((l * 255 * scale) / 100)
    put((a + 128) * scale)
    put((b + 128) * scale)
  }
  for (let i = 0; i < 3; i++) straight()
  return data
}

/** The same as version 4 writes it: 16 bits, a curve before and one behind. */
export function labTableV4(inputs: number, steps: number, lab: (...values: number[]) => Lab): Uint8Array {
  const curve = Buffer.alloc(12)
  curve.write('curv', 'latin1')
  const curves = (count: number) => Buffer.concat(Array.from({ length: count }, () => curve))
  const head = Buffer.alloc(32)
  head.write('mAB ', 'latin1')
  head.set([inputs, 3], 8)
  const places = [32, 0, 0, 32 + 36, 32 + 36 + 20 + steps ** inputs * 6]
  for (const [i, at] of places.entries()) head.writeUInt32BE(Math.ceil(at / 4) * 4, 12 + 4 * i)
  const table = Buffer.alloc(Math.ceil((20 + steps ** inputs * 6) / 4) * 4)
  table.fill(steps, 0, inputs)
  table[16] = 2
  for (const [index, place] of mixtures(inputs, steps).entries()) {
    const [l, a, b] = lab(...place)
    for (const [i, value] of [(l * 65535) / 100, (a + 128) * 257, (b + 128) * 257].entries())
      table.writeUInt16BE(Math.min(65535, Math.max(0, Math.round(value))), 20 + 6 * index + 2 * i)
  }
  return Uint8Array.from(Buffer.concat([head, curves(3), table, curves(inputs)]))
}

/** From 0 to 1 each; the last one changes fastest. */
function mixtures(inputs: number, steps: number): number[][] {
  return Array.from({ length: steps ** inputs }, (_, index) =>
    Array.from(
      { length: inputs },
      (_, i) => (Math.floor(index / steps ** (inputs - 1 - i)) % steps) / (steps - 1),
    ),
  )
}

/** Paper and inks that no printer has: what they look like is easily told from every other profile. */
export const oddInks = (c: number, m: number, y: number, k: number): Lab => [
  100 - 25 * c - 30 * m - 10 * y - 60 * k * (1 - 0.5 * c),
  (60 * m - 40 * c) * (1 - k),
  (70 * y - 45 * c + 10 * m) * (1 - k),
]
export const oddRgb = (r: number, g: number, b: number): Lab => [
  25 * r + 55 * g + 15 * b + 5 * r * g * b,
  50 * (r - g),
  40 * (r * g - b),
]

export const cmykProfile = (bits: 8 | 16 = 16): Uint8Array =>
  buildProfile({ space: 'CMYK', tags: { A2B0: labTable(bits, 4, 5, oddInks) } })
export const rgbTableProfile = (bits: 8 | 16 = 16): Uint8Array =>
  buildProfile({ space: 'RGB ', tags: { A2B0: labTable(bits, 3, 7, oddRgb) } })
export const rgbTableV4Profile = (): Uint8Array =>
  buildProfile({ space: 'RGB ', version: 4, tags: { A2B0: labTableV4(3, 7, oddRgb) } })
export const grayProfile = (gamma = 1.2): Uint8Array =>
  buildProfile({ space: 'GRAY', pcs: 'XYZ ', tags: { kTRC: gammaCurve(gamma) } })

/** In pieces where it is long. */
export function jpegWithProfile(jpeg: Uint8Array, profile: Uint8Array): Uint8Array {
  const most = 65_000
  const count = Math.ceil(profile.length / most)
  const pieces = Array.from({ length: count }, (_, i) => {
    const data = profile.subarray(i * most, (i + 1) * most)
    const head = Buffer.from(`\xff\xe2\0\0ICC_PROFILE\0${String.fromCharCode(i + 1, count)}`, 'latin1')
    head.writeUInt16BE(head.length - 2 + data.length, 2)
    return Buffer.concat([head, data])
  })
  return Uint8Array.from(Buffer.concat([jpeg.subarray(0, 2), ...pieces, jpeg.subarray(2)]))
}

export function pngWithProfile(png: Uint8Array, profile: Uint8Array): Uint8Array {
  const chunk = pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), deflateSync(profile)]))
  const behindHead = 8 + 25
  return Uint8Array.from(Buffer.concat([png.subarray(0, behindHead), chunk, png.subarray(behindHead)]))
}

/** What `change` makes of the data of Adobe's segment: undefined, and it goes. */
export function withAdobe(
  jpeg: Uint8Array,
  change: (data: Uint8Array) => Uint8Array | undefined,
): Uint8Array {
  const at = Buffer.from(jpeg).indexOf(Buffer.from('\xff\xee\0\x0eAdobe', 'latin1'))
  const segment = jpeg.slice(at, at + 16)
  const changed = change(segment) ?? new Uint8Array()
  return Uint8Array.from(Buffer.concat([jpeg.subarray(0, at), changed, jpeg.subarray(at + 16)]))
}
