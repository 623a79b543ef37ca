/** What bytes are, by their magic and never by their name. */
import type { FormatName } from './format.ts'

/** The format of a file that begins with `head` (4 KiB suffice); undefined for what is not media we know. */
export function sniff(head: Uint8Array): FormatName | undefined {
  const text = String.fromCharCode(...head.subarray(0, 1024))
  const magic = MAGIC.find(([pattern]) => pattern.test(text))
  if (magic) return magic[1]
  if (text.startsWith('ftyp', 4)) return sniffFtyp(text)
  if (text.startsWith('\x1a\x45\xdf\xa3')) return text.includes('webm') ? 'webm' : 'mkv'
  if (isTransportStream(head)) return 'ts'
  return isSvg(head) ? 'svg' : undefined
}

/** First match wins. */
const MAGIC: ReadonlyArray<readonly [RegExp, FormatName]> = [
  [/^\xff\xd8\xff/, 'jpeg'],
  [/^\x89PNG\r\n\x1a\n/, 'png'],
  [/^RIFF[^]{4}WEBP/, 'webp'],
  [/^GIF8[79]a/, 'gif'],
  [/^(?:\xff\x0a|\x00\x00\x00\x0cJXL \r\n\x87\n)/, 'jxl'],
  [/^(?:II\x2a\x00|MM\x00\x2a|II\x2b\x00|MM\x00\x2b)/, 'tiff'],
  [/^BM[^]{4}\x00\x00\x00\x00/, 'bmp'],
  [/^\x00\x00[\x01\x02]\x00[\x01-\xff]\x00/, 'ico'],
  [/^RIFF[^]{4}WAVE/, 'wav'],
  [/^RIFF[^]{4}AVI /, 'avi'],
  [/^FLV\x01/, 'flv'],
  [/^fLaC/, 'flac'],
  [/^OggS/, 'ogg'],
  [/^ID3/, 'mp3'],
  [/^\xff[\xf0\xf1\xf8\xf9]/, 'aac'],
  [/^\xff[\xe2\xe3\xf2\xf3\xfa\xfb]/, 'mp3'],
]

/** ISO/IEC 14496-12 section 4.3: the major brand first, then the compatible ones. */
function sniffFtyp(text: string): FormatName | undefined {
  const size = Math.min((text.charCodeAt(2) << 8) | text.charCodeAt(3), text.length)
  const brands = [text.slice(8, 12), ...(text.slice(16, size).match(/[^]{4}/g) ?? [])]
  return brands
    .map((brand) => BRANDS.find(([pattern]) => pattern.test(brand))?.[1])
    .find((name) => name !== undefined)
}

const BRANDS: ReadonlyArray<readonly [RegExp, FormatName]> = [
  [/^avi[fs]/, 'avif'],
  [/^(?:hei[cxms]|hev[cxms])/, 'heic'],
  [/^M4[AB] /, 'm4a'],
  [/^qt {2}/, 'mov'],
  [/^3g[pg2]/, '3gp'],
  [/^(?:isom|iso\d|mp4[12]|avc1|M4V |dash|MSNV|f4v |cmfc|cmf2)/, 'mp4'],
]

/** 188-byte packets that begin with 0x47 (ISO/IEC 13818-1). */
function isTransportStream(head: Uint8Array): boolean {
  return head.length > 376 && head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47
}

/** An <svg> element after nothing but a BOM, XML declarations, comments and a doctype. */
function isSvg(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head.subarray(0, 4096)).trimStart()
  const rest = text.replace(/^(?:\s|<\?[^]*?\?>|<!--[^]*?-->|<!DOCTYPE\s+svg[^>[]*(?:\[[^\]]*\])?\s*>)+/i, '')
  return /^<svg[\s>]/i.test(rest)
}
