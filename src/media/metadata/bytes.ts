/** Numbers, text and checksums as containers write them. */

export const be16 = (value: number): number[] => [(value >>> 8) & 255, value & 255]
export const be32 = (value: number): number[] => [...be16(value >>> 16), ...be16(value)]
export const le32 = (value: number): number[] => be32(value).toReversed()
export const le24 = (value: number): number[] => le32(value).slice(0, 3)

/** Text of one byte a letter. */
export const latin = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (letter) => letter.charCodeAt(0))
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** Most bytes or letters of one fact: nobody reads more. */
export const MOST_TEXT = 8192

/** Text whose encoding nobody says: UTF-8 where it is that, else Latin-1. Control characters become spaces; too much is nothing. */
export function guessText(bytes: Uint8Array): string {
  if (bytes.length > MOST_TEXT) return ''
  return (strictUtf8(bytes) ?? String.fromCharCode(...bytes)).replaceAll(/\p{Cc}+/gu, ' ').trim()
}

/** Undefined for what is not UTF-8. */
export function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** That of PNG: W3C PNG third edition, annex D. */
export function crc32(...parts: readonly Uint8Array[]): number {
  let crc = 0xffffffff
  for (const part of parts)
    for (const byte of part) {
      crc ^= byte
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
    }
  return (crc ^ 0xffffffff) >>> 0
}

/** RFC 1950 section 8.2. */
export function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return b * 65_536 + a
}
