/** Bounds-checked reading of binary headers. */
import { MediaError } from '../../error.ts'
import type { ImageInfo } from '../info.ts'

/** Thrown inside a parser that ran off the bytes it has; the caller reads more, or gives up. */
export class NeedsMore extends Error {
  override readonly name = 'NeedsMore'
  /** Bytes from the start of the file that would help. */
  readonly bytes: number
  /** What is true of a file that has no more. */
  readonly otherwise: ImageInfo | undefined
  constructor(bytes: number, otherwise?: ImageInfo) {
    super(`needs ${bytes} bytes`)
    this.bytes = bytes
    this.otherwise = otherwise
  }
}

export interface Reader {
  readonly length: number
  u8(at: number): number
  u16(at: number): number
  u24le(at: number): number
  u32(at: number): number
  u16le(at: number): number
  u32le(at: number): number
  i32le(at: number): number
  f64(at: number): number
  /** Latin-1 text. */
  text(at: number, length: number): string
}

const TEXT_PIECE = 4096

/** Big-endian unless the name says `le`. @throws NeedsMore */
export function createReader(bytes: Uint8Array): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const need = (at: number, length: number) => {
    if (at + length > bytes.length) throw new NeedsMore(at + length)
  }
  const get = (length: number, read: (at: number) => number) => (at: number) => {
    need(at, length)
    return read(at)
  }
  return {
    length: bytes.length,
    u8: get(1, (at) => view.getUint8(at)),
    u16: get(2, (at) => view.getUint16(at)),
    u24le: get(3, (at) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)),
    u32: get(4, (at) => view.getUint32(at)),
    u16le: get(2, (at) => view.getUint16(at, true)),
    u32le: get(4, (at) => view.getUint32(at, true)),
    i32le: get(4, (at) => view.getInt32(at, true)),
    f64: get(8, (at) => view.getFloat64(at)),
    text(at, length) {
      need(at, length)
      let text = ''
      // A call takes so many arguments, and no more.
      for (let from = at; from < at + length; from += TEXT_PIECE)
        text += String.fromCharCode(...bytes.subarray(from, Math.min(from + TEXT_PIECE, at + length)))
      return text
    },
  }
}

export function corrupt(format: string, reason: string): MediaError {
  return new MediaError('CORRUPT_MEDIA', `Cannot read the ${format}: ${reason}`)
}
