/** Files of `jxl-kinds/` and the picture that all of them show; headers bit by bit; a second opinion. */
import { readFile } from 'node:fs/promises'
import decoderGlue from '@jsquash/jxl/codec/dec/jxl_dec.js'
import encoderGlue from '@jsquash/jxl/codec/enc/jxl_enc.js'
import type { Sharp } from 'sharp'
import { instantiate } from '../../src/engines/image/emscripten.ts'
import type { Pixels } from './compare.ts'

export const jxlKind = async (name: string) =>
  Uint8Array.from(await readFile(new URL(`jxl-kinds/${name}.jxl`, import.meta.url)))

export const KIND = { width: 24, height: 16 }

/** RGBA of the picture; `kind` leaves out what a file does not have. */
export function kindPixels({ isGray = false, hasAlpha = false } = {}): Uint8Array {
  const data = new Uint8Array(KIND.width * KIND.height * 4)
  for (let i = 0; i < data.length; i++) {
    const [channel, x] = [isGray && i % 4 < 3 ? 0 : i % 4, (i >> 2) % KIND.width]
    const y = Math.floor(i / 4 / KIND.width)
    const color = (x * 10 + y * (channel + 1) * 5 + channel * 40) % 256
    data[i] = channel < 3 ? color : hasAlpha ? y * 17 : 255
  }
  return data
}

/** A list of numbers and how many bits each takes, the lowest first; ends on a whole byte. */
export type Fields = ReadonlyArray<readonly [value: number, bits: number]>
export function packBits(fields: Fields): Uint8Array<ArrayBuffer> {
  const bits = fields.flatMap(([value, count]) =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** i) % 2),
  )
  const bytes = new Uint8Array(Math.ceil(bits.length / 8))
  for (const [at, bit] of bits.entries()) bytes[at >> 3]! |= bit << (at & 7)
  return bytes
}

export const SIGNATURE: Fields = [[0x0aff, 16]]
/** 24 x 16 in eights: rows, and 3 : 2. */
export const SIZE: Fields = [
  [1, 1],
  [1, 5],
  [4, 3],
]
/** Not the usual, nothing about showing it, whole numbers of 8 bit, 16 bits suffice. */
export const PLAIN_METADATA: Fields = [
  [0, 1],
  [0, 1],
  [0, 1],
  [0, 2],
  [1, 1],
]

export function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = 8 + parts.reduce((sum, part) => sum + part.length, 0)
  return Uint8Array.from(
    Buffer.concat([
      Buffer.from([length >> 24, length >> 16, length >> 8, length]),
      Buffer.from(type),
      ...parts,
    ]),
  )
}
export const boxed = (...boxes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    Buffer.concat([
      box('JXL ', Uint8Array.of(0x0d, 0x0a, 0x87, 0x0a)),
      box('ftyp', Buffer.from('jxl \0\0\0\0jxl ')),
      ...boxes,
    ]),
  )

/** The modules of jSquash, as npm has them. One instance lasts for all tests of a file. */
const instances = new Map<string, Promise<unknown>>()
function theirs<T>(glue: unknown, file: string): Promise<T> {
  const made = instances.get(file) ?? make<T>(glue, file)
  instances.set(file, made)
  return made as Promise<T>
}

function make<T>(glue: unknown, file: string): Promise<T> {
  const home = new URL('../../node_modules/@jsquash/jxl/codec/', import.meta.url)
  const loadWasm = async () => WebAssembly.compile(await readFile(new URL(file, home)))
  return instantiate<T>(glue, file, { loadWasm, tick: () => {} }).then(({ api }) => api)
}
interface Theirs {
  decode(bytes: Uint8Array): Pixels | null
  encode(data: Uint8Array, width: number, height: number, options: object): Uint8Array | null
}
const OPTIONS = {
  effort: 3,
  progressive: false,
  epf: -1,
  lossyPalette: false,
  decodingSpeedTier: 0,
  photonNoiseIso: 0,
  lossyModular: false,
}

/** As jSquash's decoder sees it: 8-bit RGBA of sRGB. */
export async function seeJxl(bytes: Uint8Array): Promise<Pixels> {
  const seen = (await theirs<Theirs>(decoderGlue, 'dec/jxl_dec.wasm')).decode(bytes)
  if (!seen) throw new Error('jSquash cannot decode it')
  return seen
}

export async function encodeJxlElsewhere(image: Sharp, lossless = false): Promise<Uint8Array<ArrayBuffer>> {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  const { encode } = await theirs<Theirs>(encoderGlue, 'enc/jxl_enc.wasm')
  const quality = lossless ? 100 : 90
  const bytes = encode(data, info.width, info.height, { ...OPTIONS, lossless, quality })
  if (!bytes) throw new Error('jSquash cannot encode it')
  return Uint8Array.from(bytes)
}
