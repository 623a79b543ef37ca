/** PNG files of every kind, made sample by sample, with the pixels that they stand for. */
import { crc32, deflateSync } from 'node:zlib'

export interface PngKind {
  readonly colorType: 0 | 2 | 3 | 4 | 6
  readonly depth: 1 | 2 | 4 | 8 | 16
  readonly interlaced?: boolean
  /** A transparent colour, or palette entries with alpha. */
  readonly key?: boolean
  readonly width: number
  readonly height: number
  /** 0 to 4; absent: all of them in turn. */
  readonly filter?: number
  /** Bytes of compressed data in each IDAT; absent: one. */
  readonly split?: number
  readonly level?: number
}

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const
const DEPTHS = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] } as const

/** Every combination that the format allows. */
export function everyKind(): Omit<PngKind, 'width' | 'height'>[] {
  return ([0, 2, 3, 4, 6] as const).flatMap((colorType) =>
    DEPTHS[colorType].flatMap((depth) =>
      [false, true].flatMap((interlaced) =>
        (colorType < 4 ? [false, true] : [false]).map((key) => ({ colorType, depth, interlaced, key })),
      ),
    ),
  )
}

/** Smooth enough that filters matter, and with every value somewhere. */
function sampleAt(x: number, y: number, channel: number, most: number): number {
  const wave = 0.5 + 0.5 * Math.sin(x * 0.31 + y * 0.17 * (channel + 1) + channel)
  return Math.min(
    most,
    Math.floor((wave * 0.9 + (((x * 7 + y * 13 + channel * 5) % 10) / 10) * 0.1) * (most + 1)),
  )
}

export function makePng(kind: PngKind): { bytes: Uint8Array; pixels: Uint8Array } {
  const { colorType, depth, width, height, key = false, interlaced = false } = kind
  const most = 2 ** depth - 1
  const channels = CHANNELS[colorType]
  const samples = (x: number, y: number) =>
    Array.from({ length: channels }, (_, channel) => sampleAt(x, y, channel, most))
  const keyed = samples(width >> 1, height >> 1)
  const pixels = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      pixels.set(toRgba(kind, samples(x, y), key ? keyed : undefined), (y * width + x) * 4)
  const passes = interlaced ? ADAM7 : [[0, 0, 1, 1] as const]
  const raw = Buffer.concat(passes.map((pass) => passBytes(kind, samples, pass)))
  return { bytes: wrap(kind, deflateSync(raw, { level: kind.level ?? 6 }), keyed), pixels }
}

function toRgba({ colorType, depth }: PngKind, samples: number[], keyed?: number[]): number[] {
  if (colorType === 3) {
    const index = samples[0] as number
    return [...paletteEntry(index), keyed ? alphaOf(index) : 255]
  }
  const isKey = keyed !== undefined && samples.every((sample, at) => sample === keyed[at])
  const bytes = samples.map((sample) => (depth === 16 ? sample >> 8 : (sample * 255) / (2 ** depth - 1)))
  const [a, b, c, d] = bytes as [number, number, number, number]
  if (colorType === 0) return [a, a, a, isKey ? 0 : 255]
  if (colorType === 2) return [a, b, c, isKey ? 0 : 255]
  return colorType === 4 ? [a, a, a, b] : [a, b, c, d]
}

const paletteEntry = (index: number) => [
  (index * 37) % 256,
  (255 - index * 11 + 512) % 256,
  (index * 91 + 7) % 256,
]
/** Only the first few have alpha: the rest is opaque by default. */
const alphaOf = (index: number) => (index < 5 ? index * 60 : 255)

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

function passBytes(
  { width, height, depth, colorType, filter }: PngKind,
  samples: (x: number, y: number) => number[],
  [left, top, stepX, stepY]: readonly [number, number, number, number],
): Buffer {
  const columns = Math.ceil((width - left) / stepX)
  if (columns <= 0) return Buffer.alloc(0)
  const rowBytes = Math.ceil((columns * CHANNELS[colorType] * depth) / 8)
  const pixelBytes = Math.max(1, (CHANNELS[colorType] * depth) / 8)
  const rows: Buffer[] = []
  let above = Buffer.alloc(rowBytes)
  for (let y = top; y < height; y += stepY) {
    const row = Buffer.alloc(rowBytes)
    let bit = 0
    for (let column = 0; column < columns; column++)
      for (const sample of samples(left + column * stepX, y)) {
        if (depth === 16) row.writeUInt16BE(sample, bit / 8)
        else row[bit >> 3] = (row[bit >> 3] as number) | (sample << (8 - depth - (bit & 7)))
        bit += depth
      }
    const kind = filter ?? rows.length % 5
    rows.push(Buffer.concat([Buffer.from([kind]), filtered(row, above, kind, pixelBytes)]))
    above = row
  }
  return Buffer.concat(rows)
}

function filtered(row: Buffer, above: Buffer, kind: number, step: number): Buffer {
  return Buffer.from(
    row.map((value, at) => {
      const left = row[at - step] ?? 0
      const up = above[at] ?? 0
      const corner = at >= step ? (above[at - step] as number) : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][kind] as number
      return (value - guess) & 255
    }),
  )
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  if (a <= b && a <= c) return left
  return b <= c ? up : corner
}

export function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function wrap(kind: PngKind, data: Buffer, keyed: number[]): Uint8Array {
  const { width, height, depth, colorType, interlaced = false, key = false } = kind
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([depth, colorType, 0, 0, interlaced ? 1 : 0], 8)
  const parts = [SIGNATURE, chunk('IHDR', header), chunk('tEXt', Buffer.from('Comment\0made'))]
  const colors = 2 ** depth
  if (colorType === 3) {
    parts.push(chunk('PLTE', Buffer.from(Array.from({ length: colors }, (_, at) => paletteEntry(at)).flat())))
    if (key)
      parts.push(
        chunk('tRNS', Buffer.from(Array.from({ length: Math.min(5, colors) }, (_, at) => alphaOf(at)))),
      )
  } else if (key)
    parts.push(chunk('tRNS', Buffer.from(keyed.flatMap((sample) => [sample >> 8, sample & 255]))))
  const split = kind.split ?? data.length
  for (let at = 0; at < data.length; at += split) parts.push(chunk('IDAT', data.subarray(at, at + split)))
  if (kind.split) parts.push(chunk('IDAT', Buffer.alloc(0)))
  parts.push(chunk('IEND', Buffer.alloc(0)))
  return Uint8Array.from(Buffer.concat(parts))
}
