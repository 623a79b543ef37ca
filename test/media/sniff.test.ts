import { describe, expect, test } from 'vitest'
import { FORMATS, type FormatName } from '../../src/media/format.ts'
import { sniff } from '../../src/media/sniff.ts'

const text = (latin: string) => Uint8Array.from(Buffer.from(latin, 'latin1'))
const ftyp = (major: string, ...compatible: string[]) =>
  text(`\0\0\0${String.fromCharCode(16 + compatible.length * 4)}ftyp${major}\0\0\0\0${compatible.join('')}`)
const matroska = (type: string) =>
  text(`\x1a\x45\xdf\xa3\x93\x42\x82${String.fromCharCode(0x80 + type.length)}${type}\x42\x87\x81\x04`)

const SAMPLES: Readonly<Record<FormatName, readonly Uint8Array[]>> = {
  jpeg: [text('\xff\xd8\xff\xe0\0\x10JFIF'), text('\xff\xd8\xff\xdb')],
  png: [text('\x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
  webp: [text('RIFF\x10\0\0\0WEBPVP8 ')],
  avif: [
    ftyp('avif', 'mif1', 'miaf'),
    ftyp('avis', 'avif', 'msf1'),
    ftyp('mif1', 'avif'),
    ftyp('mif1', 'miaf', 'avif'),
  ],
  gif: [text('GIF89a\x01\0\x01\0'), text('GIF87a')],
  svg: [
    text('<svg xmlns="http://www.w3.org/2000/svg">'),
    text(
      '\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made\nby hand -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">\n<svg>',
    ),
    text('  \n<svg\n width="1">'),
  ],
  bmp: [text('BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0')],
  ico: [text('\0\0\x01\0\x01\0\x10\x10'), text('\0\0\x02\0\x01\0\x10\x10')],
  tiff: [text('II\x2a\0\x08\0\0\0'), text('MM\0\x2a\0\0\0\x08')],
  jxl: [text('\xff\x0a\x7f'), text('\0\0\0\x0cJXL \r\n\x87\n')],
  heic: [ftyp('heic', 'mif1'), ftyp('mif1', 'heic')],
  mp4: [ftyp('isom', 'iso2', 'avc1', 'mp41'), ftyp('mp42'), ftyp('M4V ', 'mp42')],
  mov: [ftyp('qt  ')],
  '3gp': [ftyp('3gp4', 'isom'), ftyp('3g2a')],
  webm: [matroska('webm')],
  mkv: [matroska('matroska')],
  ts: [Uint8Array.from({ length: 600 }, (_, i) => (i % 188 === 0 ? 0x47 : 0))],
  avi: [text('RIFF\x10\0\0\0AVI LIST')],
  flv: [text('FLV\x01\x05\0\0\0\x09')],
  m4a: [ftyp('M4A ', 'mp42', 'isom'), ftyp('M4B ')],
  mp3: [text('ID3\x04\0\0'), text('\xff\xfb\x90\x44'), text('\xff\xf3\x18\xc4')],
  aac: [text('\xff\xf1\x50\x80'), text('\xff\xf9\x50\x80')],
  ogg: [text('OggS\0\x02')],
  flac: [text('fLaC\0\0\0\x22')],
  wav: [text('RIFF\x10\0\0\0WAVEfmt ')],
}

describe('sniff', () => {
  test.each(Object.entries(SAMPLES))('knows %s', (name, samples) => {
    for (const sample of samples) expect(sniff(sample)).toBe(name)
  })

  test('has a sample of every format', () => {
    expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(FORMATS).toSorted())
  })

  test.each([
    ['nothing', ''],
    ['text', 'Hello, this is no picture'],
    ['HTML', '<!DOCTYPE html><html><body><svg></svg></body></html>'],
    ['HTML behind a comment', '<!-- x --><html><svg>'],
    ['XML', '<?xml version="1.0"?><rss></rss>'],
    ['a word that begins like svg', '<svgfoo>'],
    ['JSON', '{"error":"not found"}'],
    ['PDF', '%PDF-1.7\n'],
    ['zip', 'PK\x03\x04'],
    ['an executable', '\x7fELF\x02\x01\x01'],
    ['half a magic', '\x89PN'],
    ['a RIFF of another kind', 'RIFF\x10\0\0\0ACON'],
    ['an unknown brand', '\0\0\0\x14ftypzzzz\0\0\0\0yyyy'],
    ['mail that begins with BM', 'BM25 ranks documents'],
    ['one packet of 0x47', 'G'.padEnd(200, '\0')],
  ])('does not know %s', (_, latin) => {
    expect(sniff(text(latin))).toBeUndefined()
  })

  test('never runs long, whatever it is given', () => {
    const hostile = [
      '<?xml '.repeat(2000),
      '<!--'.repeat(3000),
      ' '.repeat(16_000),
      '<!DOCTYPE svg '.repeat(1000),
      '<!DOCTYPE svg [' + '<!-- --> '.repeat(1500),
    ]
    const start = performance.now()
    for (const latin of hostile) expect(sniff(text(latin))).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(500)
  })
})
