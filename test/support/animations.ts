/** Small animations, made byte by byte, so that every way of drawing and leaving can be had. */
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { chunk } from './png-kinds.ts'

export interface GifFrame {
  readonly x?: number
  readonly y?: number
  readonly width: number
  readonly height: number
  /** Indices, row by row. */
  readonly pixels: readonly number[]
  readonly disposal?: number
  /** Hundredths of a second. */
  readonly delay?: number
  readonly transparent?: number
  readonly interlaced?: boolean
  /** RGB of a colour table of its own; its length a power of two. */
  readonly colors?: readonly number[][]
}
export interface Gif {
  readonly width: number
  readonly height: number
  readonly colors?: readonly number[][]
  readonly loops?: number
  readonly frames: readonly GifFrame[]
}

const le16 = (value: number) => [value & 255, value >> 8]
const tableFlags = (colors: readonly number[][]) => 0x80 | (Math.log2(colors.length) - 1)

export function makeGif({ width, height, colors, loops, frames }: Gif): Uint8Array<ArrayBuffer> {
  const head = [
    ...Buffer.from('GIF89a'),
    ...le16(width),
    ...le16(height),
    colors ? tableFlags(colors) : 0,
    0,
    0,
  ]
  const repeats =
    loops === undefined ? [] : [0x21, 0xff, 11, ...Buffer.from('NETSCAPE2.0'), 3, 1, ...le16(loops), 0]
  return Uint8Array.from([
    ...head,
    ...(colors ?? []).flat(),
    ...repeats,
    ...frames.flatMap((frame) => frameBytes(frame)),
    0x3b,
  ])
}

function frameBytes(frame: GifFrame): number[] {
  const { x = 0, y = 0, width, height, disposal = 0, delay = 10, transparent, interlaced, colors } = frame
  const control = [(disposal << 2) | (transparent === undefined ? 0 : 1), ...le16(delay), transparent ?? 0]
  const flags = (interlaced ? 0x40 : 0) | (colors ? tableFlags(colors) : 0)
  return [
    0x21,
    0xf9,
    4,
    ...control,
    0,
    0x2c,
    ...le16(x),
    ...le16(y),
    ...le16(width),
    ...le16(height),
    flags,
    ...(colors ?? []).flat(),
    ...literalCodes(interlaced ? interlace(frame) : frame.pixels),
  ]
}

function interlace({ width, height, pixels }: GifFrame): number[] {
  const rows = [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ].flatMap(([from = 0, step = 1]) =>
    Array.from({ length: Math.max(0, Math.ceil((height - from) / step)) }, (_, i) => from + i * step),
  )
  return rows.flatMap((row) => pixels.slice(row * width, (row + 1) * width))
}

/** LZW without strings: nine-bit codes, and a clear code often enough that they stay so. */
function literalCodes(pixels: readonly number[]): number[] {
  const codes = pixels.flatMap((pixel, at) => (at % 200 === 0 ? [256, pixel] : [pixel]))
  const bytes: number[] = []
  let [bits, count] = [0, 0]
  for (const code of [...codes, 257]) {
    bits |= code << count
    for (count += 9; count >= 8; count -= 8, bits >>= 8) bytes.push(bits & 255)
  }
  if (count > 0) bytes.push(bits & 255)
  const blocks = Array.from({ length: Math.ceil(bytes.length / 255) }, (_, i) =>
    bytes.slice(i * 255, (i + 1) * 255),
  )
  return [8, ...blocks.flatMap((block) => [block.length, ...block]), 0]
}

export interface ApngFrame {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** RGBA. */
  readonly pixels: Uint8Array
  readonly disposal: 0 | 1 | 2
  readonly blend: 0 | 1
  readonly delay: readonly [numerator: number, denominator: number]
}

/** `still`: what those see who know nothing of animations; absent: the first frame. */
export function makeApng(
  width: number,
  height: number,
  frames: readonly ApngFrame[],
  { plays = 0, still, split = 1e9 }: { plays?: number; still?: Uint8Array; split?: number } = {},
): Uint8Array<ArrayBuffer> {
  const be32 = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]
  const be16 = (value: number) => [value >> 8, value & 255]
  let sequence = 0
  const data = (pixels: Uint8Array, across: number, down: number, isIdat: boolean) => {
    const rows = Array.from({ length: down }, (_, y) => [
      0,
      ...pixels.subarray(y * across * 4, (y + 1) * across * 4),
    ])
    const bytes = deflateSync(Uint8Array.from(rows.flat()))
    const parts = Array.from({ length: Math.ceil(bytes.length / split) }, (_, i) =>
      bytes.subarray(i * split, (i + 1) * split),
    )
    return parts.map((part) =>
      isIdat ? chunk('IDAT', part) : chunk('fdAT', Uint8Array.from([...be32(sequence++), ...part])),
    )
  }
  const written = frames.flatMap((frame, at) => {
    const { x, y, delay, disposal, blend } = frame
    const box = [frame.width, frame.height, x, y].flatMap(be32)
    const control = chunk(
      'fcTL',
      Uint8Array.from([...be32(sequence++), ...box, ...delay.flatMap(be16), disposal, blend]),
    )
    return [control, ...data(frame.pixels, frame.width, frame.height, at === 0 && !still)]
  })
  const header = chunk('IHDR', Uint8Array.from([...be32(width), ...be32(height), 8, 6, 0, 0, 0]))
  const announced = chunk('acTL', Uint8Array.from([...be32(frames.length), ...be32(plays)]))
  return Uint8Array.from(
    Buffer.concat([
      Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
      header,
      announced,
      ...(still ? data(still, width, height, true) : []),
      ...written,
      chunk('IEND', new Uint8Array()),
    ]),
  )
}

export interface Animation {
  readonly width: number
  readonly height: number
  /** RGBA; colours of transparent pixels are 0. */
  readonly frames: Uint8Array[]
  readonly delays: number[]
  /** How often it plays; 0: for ever. */
  readonly plays: number
}

/** A GIF or an animated WebP as sharp reads it. */
export async function readAnimation(bytes: Uint8Array): Promise<Animation> {
  const { data, info } = await sharp(bytes, { animated: true })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { delay = [], loop = 1, pages = 1 } = await sharp(bytes, { animated: true }).metadata()
  const { width } = info
  const height = info.height / pages
  const frameBytes = width * height * 4
  const frames = Array.from({ length: pages }, (_, i) => data.subarray(i * frameBytes, (i + 1) * frameBytes))
  return { width, height, frames: frames.map(clean), delays: delay, plays: loop }
}

export function clean(pixels: Uint8Array): Uint8Array {
  const result = Uint8Array.from(pixels)
  for (let at = 0; at < result.length; at += 4) if (result[at + 3] === 0) result.fill(0, at, at + 3)
  return result
}

/** The chunks of a PNG file, their checksums held against what they should be. */
export function pngChunks(bytes: Uint8Array): { type: string; data: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const chunks: { type: string; data: Uint8Array }[] = []
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at)
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1')
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length))
      throw new Error(`the checksum of ${type} is wrong`)
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) })
    at += 12 + length
  }
  return chunks
}
