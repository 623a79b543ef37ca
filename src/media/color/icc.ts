/** ICC profiles (ICC.1:2022) that are three curves and a matrix, as those of displays and cameras are. */
import type { ImageInfo } from '../info.ts'
import { HEADER_BYTES, readTags, textAt } from './tags.ts'

/** RGB of a profile to XYZ under D50. */
export interface MatrixProfile {
  /** Linear light of each of 256 values, for red, green and blue. */
  readonly curves: readonly [Float32Array, Float32Array, Float32Array]
  /** X, Y, Z of full red, of full green, of full blue. */
  readonly columns: readonly [Xyz, Xyz, Xyz]
}
export type Xyz = readonly [number, number, number]

/** Undefined for every other kind: tables, grey, CMYK, damage. Never throws. */
export function readMatrixProfile(bytes: Uint8Array): MatrixProfile | undefined {
  try {
    return parse(bytes)
  } catch (error) {
    // A place outside of the profile.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Whether it is a whole profile of RGB, and the picture's colours are that. */
export function isProfileOf(profile: Uint8Array, model: ImageInfo['colorModel'] | undefined): boolean {
  if (profile.length < HEADER_BYTES + 4 || model === undefined || model === 'gray' || model === 'cmyk')
    return false
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength)
  const isWhole = view.getUint32(0) <= profile.length && textAt(view, 36) === 'acsp'
  return isWhole && textAt(view, 16) === 'RGB '
}

function parse(bytes: Uint8Array): MatrixProfile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (textAt(view, 16) !== 'RGB ' || textAt(view, 20) !== 'XYZ ' || textAt(view, 36) !== 'acsp')
    return undefined
  const tags = readTags(view)
  // A table of its own for this direction says more than the matrix.
  if (tags.has('A2B0')) return undefined
  const curves = ['rTRC', 'gTRC', 'bTRC'].map((name) => readCurve(view, tags.get(name)?.at))
  const columns = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => readXyz(view, tags.get(name)?.at))
  if (![...curves, ...columns].every((part) => part !== undefined)) return undefined
  return { curves, columns } as unknown as MatrixProfile
}

/** s15Fixed16Number. */
const fixedAt = (view: DataView, at: number) => view.getInt32(at) / 65536

function readXyz(view: DataView, at: number | undefined): Xyz | undefined {
  if (at === undefined || textAt(view, at) !== 'XYZ ') return undefined
  return [fixedAt(view, at + 8), fixedAt(view, at + 12), fixedAt(view, at + 16)]
}

function readCurve(view: DataView, at: number | undefined): Float32Array | undefined {
  const curve = at === undefined ? undefined : curveAt(view, at)
  return (
    curve && Float32Array.from({ length: 256 }, (_, value) => Math.min(1, Math.max(0, curve(value / 255))))
  )
}

type Curve = (x: number) => number

function curveAt(view: DataView, at: number): Curve | undefined {
  const kind = textAt(view, at)
  if (kind === 'curv') return sampledCurve(view, at)
  return kind === 'para' ? parametricCurve(view, at) : undefined
}

/** No entry: straight. One: an exponent. More: samples at equal distances. Section 10.6. */
function sampledCurve(view: DataView, at: number): Curve {
  const count = view.getUint32(at + 8)
  if (count === 0) return (x) => x
  if (count === 1) return (x) => x ** (view.getUint16(at + 12) / 256)
  const sample = (index: number) => view.getUint16(at + 12 + 2 * index) / 65535
  return (x) => {
    const place = x * (count - 1)
    const left = Math.min(count - 2, Math.floor(place))
    return sample(left) + (sample(left + 1) - sample(left)) * (place - left)
  }
}

/** Section 10.18, table 68: y = (ax + b)^g + e from x = d on, y = cx + f below; what a kind leaves out does nothing. */
function parametricCurve(view: DataView, at: number): Curve | undefined {
  const counts = [1, 3, 4, 5, 7]
  const kind = view.getUint16(at + 8)
  const count = counts[kind]
  if (count === undefined) return undefined
  const [g = 1, a = 1, b = 0, c = 0, d, e = 0, f = 0] = Array.from({ length: count }, (_, i) =>
    fixedAt(view, at + 12 + 4 * i),
  )
  // The third kind has one offset for both parts, in the place of c.
  if (kind === 1) return (x) => (x >= -b / a ? (a * x + b) ** g : 0)
  if (kind === 2) return (x) => (x >= -b / a ? (a * x + b) ** g + c : c)
  return (x) => (d === undefined || x >= d ? (a * x + b) ** g + e : c * x + f)
}
