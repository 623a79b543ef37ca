/** From a profile's RGB to sRGB (IEC 61966-2-1), pixel by pixel. */
import type { Bitmap } from '../bitmap.ts'
import type { MatrixProfile } from './icc.ts'

/** XYZ under D50 to linear sRGB: the primaries of BT.709 and D65, adapted by Bradford's method. */
const FROM_XYZ = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const

/** Steps of linear light: in the dark, where the curve is steepest, five of them are one step of the result. */
const STEPS = 16384

type Triple = [number, number, number]

export type ToSrgb = (bitmap: Bitmap, tick: () => void) => Bitmap

/** Undefined when the profile's colours are those of sRGB, within one step of 8 bit. */
export type ConversionToSrgb = (profile: MatrixProfile) => ToSrgb | undefined

/** The curve of sRGB is tabulated once, when the first profile comes. */
export function createConversionToSrgb(): ConversionToSrgb {
  let encoded: Uint8Array | undefined
  return (profile) => {
    encoded ??= encodingTable()
    const toSrgb = overAll(pixelConversion(profile, encoded))
    return changesNothing(toSrgb) ? undefined : toSrgb
  }
}

function overAll(convert: Convert): ToSrgb {
  return ({ data, width, height }, tick) => {
    const result = new Uint8ClampedArray(data)
    for (let row = 0; row < result.length; row += width * 4) {
      tick()
      for (let at = row; at < row + width * 4; at += 4) convert(result, at)
    }
    return { data: result, width, height }
  }
}

type Convert = (data: Uint8ClampedArray, at: number) => void

function pixelConversion(
  { curves: [reds, greens, blues], columns }: MatrixProfile,
  encoded: Uint8Array,
): Convert {
  const encode = (light: number) =>
    encoded[light <= 0 ? 0 : light >= 1 ? STEPS : Math.round(light * STEPS)] as number
  const rows = FROM_XYZ.map((row) =>
    columns.map((column) => row.reduce((sum, share, i) => sum + share * (column[i] as number), 0)),
  ) as [Triple, Triple, Triple]
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = rows
  return (data, at) => {
    const r = reds[data[at] as number] as number
    const g = greens[data[at + 1] as number] as number
    const b = blues[data[at + 2] as number] as number
    data[at] = encode(rr * r + rg * g + rb * b)
    data[at + 1] = encode(gr * r + gg * g + gb * b)
    data[at + 2] = encode(br * r + bg * g + bb * b)
  }
}

function encodingTable(): Uint8Array {
  return Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
    const light = step / STEPS
    const value = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055
    return Math.round(255 * value)
  })
}

/** Of two steps of 8 bit no eye sees one. */
const UNSEEN = 1
const LEVELS = [0, 16, 64, 128, 192, 255]
const GRAYS = Array.from({ length: 256 }, (_, level) => [level, level, level])
const COLORS = LEVELS.flatMap((r) => LEVELS.flatMap((g) => LEVELS.map((b) => [r, g, b])))

/** @param space the colours that there are */
export function changesNothing(toSrgb: ToSrgb, space: 'gray' | 'rgb' = 'rgb'): boolean {
  const probes = space === 'gray' ? GRAYS : COLORS
  const data = Uint8ClampedArray.from(probes.flatMap((color) => [...color, 255]))
  const seen = toSrgb({ data, width: probes.length, height: 1 }, () => {}).data
  return data.every((value, at) => Math.abs(value - (seen[at] as number)) <= UNSEEN)
}
