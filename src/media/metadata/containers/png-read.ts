/** Metadata in PNG: eXIf, XMP as international text, and what ImageMagick put into other texts before there was eXIf. */
import { inflate } from '../../../lib/inflate.ts'
import { createReader, type Reader } from '../../headers/reader.ts'
import { strictUtf8 } from '../bytes.ts'
import { boundedIptc, iptcOfResources } from '../iptc.ts'
import { MOST_EXIF, MOST_XMP, type Metadata } from '../metadata.ts'
import { XMP_PREFIX } from './jpeg-read.ts'

export const XMP_KEYWORD = 'XML:com.adobe.xmp'
const PROFILE = 'Raw profile type '
/** As hexadecimal digits, three bytes for each. */
const MOST_PROFILE = 3 * Math.max(MOST_EXIF, MOST_XMP)
/** More texts are looked at by nobody: each may have to be unpacked. */
const MOST_TEXTS = 64

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
}

function* chunksOf(r: Reader, bytes: Uint8Array): Generator<Chunk, void, void> {
  for (let at = 8; at + 12 <= r.length;) {
    const [length, type] = [r.u32(at), r.text(at + 4, 4)]
    const end = at + 8 + length
    if (type === 'IEND' || end + 4 > r.length) return
    yield { type, data: bytes.subarray(at + 8, end) }
    at = end + 4
  }
}

export async function readPngMetadata(bytes: Uint8Array): Promise<Metadata> {
  let [found, legacy, texts]: [Metadata, Metadata, number] = [{}, {}, 0]
  for (const chunk of chunksOf(createReader(bytes), bytes)) {
    if (chunk.type === 'eXIf') found = { exif: withoutPrefix(chunk.data), ...found }
    const unpack = TEXTS[chunk.type]
    if (!unpack || ++texts > MOST_TEXTS) continue
    const text = await unpack(chunk.data).catch(() => undefined)
    if (text?.keyword === XMP_KEYWORD) {
      const xmp = strictUtf8(text.data)
      if (xmp !== undefined) found = { xmp, ...found }
    } else if (text?.keyword.startsWith(PROFILE))
      legacy = { ...readProfile(text.keyword.slice(PROFILE.length), text.data), ...legacy }
  }
  return { ...legacy, ...found }
}

interface Text {
  readonly keyword: string
  readonly data: Uint8Array
}

const TEXTS: Readonly<Record<string, (data: Uint8Array) => Promise<Text | undefined>>> = {
  async tEXt(data) {
    const end = data.indexOf(0)
    return isWanted(data, end) ? { keyword: wordOf(data, end), data: data.subarray(end + 1) } : undefined
  },
  async zTXt(data) {
    const end = data.indexOf(0)
    if (!isWanted(data, end)) return undefined
    const unpacked = await inflate(data.subarray(end + 2), MOST_PROFILE)
    return unpacked && { keyword: wordOf(data, end), data: unpacked }
  },
  /** Keyword, whether it is packed, how, language, translated keyword, text. */
  async iTXt(data) {
    const end = data.indexOf(0)
    if (!isWanted(data, end)) return undefined
    const start = data.indexOf(0, data.indexOf(0, end + 3) + 1) + 1
    const packed = data.subarray(start)
    const text = data[end + 1] === 1 ? await inflate(packed, MOST_XMP) : packed
    return text && { keyword: wordOf(data, end), data: text }
  },
}

const wordOf = (data: Uint8Array, end: number) => String.fromCharCode(...data.subarray(0, end))
const isWanted = (data: Uint8Array, end: number) =>
  end > 0 && end < 80 && (wordOf(data, end) === XMP_KEYWORD || wordOf(data, end).startsWith(PROFILE))

/** A line with its kind, one with its length, then hexadecimal digits. */
const PROFILE_HEAD = /^\s{0,8}[^\n]{1,64}\n\s{0,20}\d{1,10}\s/

function readProfile(kind: string, text: Uint8Array): Metadata {
  if (text.length > MOST_PROFILE) return {}
  const whole = new TextDecoder().decode(text)
  const head = PROFILE_HEAD.exec(whole)?.[0]
  const digits = head && whole.slice(head.length).replaceAll(/\s+/g, '')
  const pairs = digits && /^[\da-f]+$/i.test(digits) && digits.match(/../g)
  if (!pairs) return {}
  const bytes = Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))
  const begins = (word: string) => wordOf(bytes, word.length) === word
  if (kind === 'iptc' || kind === '8bim') {
    const iptc = iptcOfResources(bytes) ?? boundedIptc(bytes)
    return iptc ? { iptc } : {}
  }
  if (kind === 'xmp' || begins(XMP_PREFIX)) {
    const xmp = strictUtf8(begins(XMP_PREFIX) ? bytes.subarray(XMP_PREFIX.length) : bytes)
    return xmp === undefined ? {} : { xmp }
  }
  return kind === 'exif' || kind === 'APP1' ? { exif: withoutPrefix(bytes) } : {}
}

function withoutPrefix(exif: Uint8Array): Uint8Array {
  return wordOf(exif, 6) === 'Exif\0\0' ? exif.subarray(6) : exif
}
