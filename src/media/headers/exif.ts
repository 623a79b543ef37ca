import type { Orientation } from '../info.ts'
import { createReader } from './reader.ts'

const ORIENTATION = 0x0112
const SHORT = 3

/** Orientation in a TIFF structure (Exif 2.32, section 4.6); 1 when there is none or it makes no sense. */
export function readOrientation(tiff: Uint8Array): Orientation {
  try {
    const r = createReader(tiff)
    const order = r.text(0, 2)
    const isLittle = order === 'II'
    if (!isLittle && order !== 'MM') return 1
    const [u16, u32] = isLittle ? [r.u16le, r.u32le] : [r.u16, r.u32]
    const ifd = u32(4)
    const count = u16(ifd)
    for (let entry = ifd + 2; entry < ifd + 2 + count * 12; entry += 12) {
      if (u16(entry) === ORIENTATION && u16(entry + 2) === SHORT) return toOrientation(u16(entry + 8))
    }
    return 1
  } catch {
    return 1
  }
}

export function toOrientation(value: number): Orientation {
  return value >= 1 && value <= 8 ? (value as Orientation) : 1
}

/** Orientations 5 to 8 lie on their side. */
export function displaySize(width: number, height: number, orientation: Orientation) {
  return orientation >= 5 ? { width: height, height: width } : { width, height }
}
