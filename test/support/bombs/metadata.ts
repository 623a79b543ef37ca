/** EXIF, XMP and profiles that mean harm, in a picture that does not. */
import { deflateSync } from 'node:zlib'
import { buildPng, pngChunk } from '../png.ts'
import { latin, MADE, type Bomb } from './bomb.ts'

const picture = (...extra: Uint8Array[]) => buildPng({ width: 2, height: 2, rows: new Uint8Array(6), extra })
const xmp = (text: string) =>
  picture(pngChunk('iTXt', Buffer.concat([latin('XML:com.adobe.xmp\0\0\0\0\0'), latin(text)])))
const rdf = (content: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${content}</rdf:RDF></x:xmpmeta>`

/** Little endian; directories of entries of tag, type, count and value, each with where the next one is. */
function exif(...directories: (readonly [entries: number[][], next: number])[]): Uint8Array {
  const parts = [latin('II*\0\x08\0\0\0')]
  for (const [entries, next] of directories) {
    const bytes = Buffer.alloc(2 + entries.length * 12 + 4)
    bytes.writeUInt16LE(entries.length)
    entries.forEach(([tag = 0, type = 0, count = 0, value = 0], at) => {
      bytes.writeUInt16LE(tag, 2 + at * 12)
      bytes.writeUInt16LE(type, 4 + at * 12)
      bytes.writeUInt32LE(count, 6 + at * 12)
      bytes.writeUInt32LE(value, 10 + at * 12)
    })
    bytes.writeUInt32LE(next, bytes.length - 4)
    parts.push(bytes)
  }
  return picture(pngChunk('eXIf', Buffer.concat(parts)))
}

function profile(tags: number): Uint8Array {
  const bytes = Buffer.alloc(132 + 12)
  bytes.writeUInt32BE(2 ** 32 - 1)
  bytes.write('RGB XYZ ', 16)
  bytes.write('acsp', 36)
  bytes.writeUInt32BE(tags, 128)
  return picture(pngChunk('iCCP', Buffer.concat([latin('x\0\0'), deflateSync(bytes)])))
}

export function metadataBombs(): Bomb[] {
  const deep = '<a>'.repeat(60_000) + '</a>'.repeat(60_000)
  const lists = '<rdf:Bag><rdf:li>'.repeat(12_000) + '</rdf:li></rdf:Bag>'.repeat(12_000)
  const spaces = Array.from({ length: 15_000 }, (_, at) => `xmlns:a${at}="b${at}"`).join(' ')
  const many = Array.from({ length: 40_000 }, (_, at) => [0x8000 + (at % 1000), 2, 2 ** 31, 8])
  const files: [string, Uint8Array][] = [
    ['XMP of 60,000 levels', xmp(rdf(deep))],
    ['XMP of lists in lists', xmp(rdf(`<rdf:Description>${lists}</rdf:Description>`))],
    ['XMP of 15,000 name spaces', xmp(rdf(`<rdf:Description ${spaces}/>`))],
    ['XMP of 100,000 empty elements', xmp(rdf('<a/>'.repeat(100_000)))],
    ['XMP that never closes', xmp(rdf('<a b="'.repeat(80_000)))],
    [
      'XMP with a billion laughs',
      xmp(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>${rdf('<b>&a;</b>'.repeat(40_000))}`),
    ],
    ['EXIF that leads to itself', exif([[[0x8769, 4, 1, 8]], 8])],
    [
      'EXIF whose parts lead to each other',
      exif(
        [
          [
            [0x8769, 4, 1, 26],
            [0x8825, 4, 1, 8],
          ],
          8,
        ],
        [[[0xa005, 4, 1, 8]], 8],
      ),
    ],
    ['EXIF of 40,000 fields of 2 GB', exif([many, 0])],
    ['a profile of 2^32 - 1 tags', profile(2 ** 32 - 1)],
  ]
  return files.map(([name, bytes]) => ({ name: `metadata: ${name}`, bytes, codes: [MADE] }))
}
