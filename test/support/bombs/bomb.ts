/** What bombs of all formats are made of. */
import { deflateSync } from 'node:zlib'

export interface Bomb {
  /** With the row of the table of threats where it has one. */
  readonly name: string
  readonly bytes: Uint8Array
  /** What may come of it. `made`: it costs no more than any small picture. */
  readonly codes: readonly string[]
  /** The same where all frames are asked for. */
  readonly moving?: readonly string[]
}

export const LIMIT = 'LIMIT_EXCEEDED'
export const CORRUPT = 'CORRUPT_MEDIA'
export const UNSUPPORTED = 'UNSUPPORTED_CODEC'
export const MADE = 'made'

export const latin = (text: string) => Buffer.from(text, 'latin1')
export const zeros = (bytes: number) => deflateSync(Buffer.alloc(bytes))
export const be32 = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]
export const le32 = (value: number) => be32(value).toReversed()
export const le24 = (value: number) => le32(value).slice(0, 3)
