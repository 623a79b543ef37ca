/** Originals that mean harm, and how each may be answered: sizes that are bombs, damage, and what is no picture at all. */
import { randomBytes } from 'node:crypto'
import type { FormatName } from '../../src/media/format.ts'
import { makeGif } from '../../test/support/animations.ts'
import { buildBmp } from '../../test/support/bmp.ts'
import { fileOf, READ } from '../../test/support/every-format.ts'
import { createRandom, mutate } from '../../test/support/mutate.ts'
import { packBits, PLAIN_METADATA, SIGNATURE } from '../../test/support/jxl.ts'
import { buildTiff } from '../../test/support/tiff.ts'
import { hugePng } from './media.ts'

export interface HarmfulFile {
  readonly bytes: Uint8Array
  readonly codes: readonly string[]
  /** It may be made after all. */
  readonly mayBePicture?: boolean
}

const LIMIT = ['LIMIT_EXCEEDED']
const NO_PICTURE = ['UNSUPPORTED_MEDIA']
const DAMAGED = [
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'UNSUPPORTED_MEDIA',
  'LIMIT_EXCEEDED',
  'TRANSFORM_TIMEOUT',
]
/** Damaged files of each format. */
const VARIANTS = 4
const utf8 = (text: string) => new TextEncoder().encode(text)

export async function harmfulFiles(seed: number): Promise<Record<string, HarmfulFile>> {
  return { ...(await bombs()), ...drawings(), ...strangers(), ...(await damaged(seed)) }
}

/** Small files that say they are large. */
async function bombs(): Promise<Record<string, HarmfulFile>> {
  const size = { width: 64, height: 48, alpha: false }
  const side = 40_000
  const jpeg = await fileOf('jpeg', size)
  const frame = Buffer.from(jpeg).indexOf(Buffer.from([0xff, 0xc0]))
  const avif = await fileOf('avif', size)
  const extent = Buffer.from(avif).indexOf('ispe')
  const gif = await fileOf('gif', size)
  const still = { width: 1, height: 1, pixels: [0] }
  const files: Record<string, Uint8Array> = {
    'huge.png': hugePng(),
    'huge.jpg': withWords(jpeg, frame + 5, [side, side], 2, false),
    'huge.avif': withWords(avif, extent + 8, [side, side], 4, false),
    'huge.gif': withWords(gif, 6, [side, side], 2, true),
    'huge.webp': hugeWebp(await fileOf('webp', size), 16_000),
    'huge.bmp': buildBmp({ width: side, height: side, bits: 24, rows: new Uint8Array(64) }),
    'huge.tiff': buildTiff({ width: side, height: side, blocks: [new Uint8Array(64)] }),
    'huge.jxl': hugeJxl(side),
    'frames.gif': makeGif({
      width: 1,
      height: 1,
      colors: [
        [0, 0, 0],
        [9, 9, 9],
      ],
      frames: Array.from({ length: 5000 }, () => still),
    }),
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, { bytes, codes: [...LIMIT, 'CORRUPT_MEDIA'] }]),
  )
}

function withWords(
  good: Uint8Array,
  at: number,
  words: readonly number[],
  bytes: 2 | 4,
  little: boolean,
): Uint8Array {
  const file = good.slice()
  const view = new DataView(file.buffer)
  for (const [i, word] of words.entries())
    if (bytes === 2) view.setUint16(at + 2 * i, word, little)
    else view.setUint32(at + 4 * i, word, little)
  return file
}

/** The extended form, whose canvas is what counts. */
function hugeWebp(good: Uint8Array, side: number): Uint8Array {
  const extended = Buffer.alloc(18)
  extended.write('VP8X', 0, 'latin1')
  extended.writeUInt32LE(10, 4)
  extended.writeUIntLE(side - 1, 12, 3)
  extended.writeUIntLE(side - 1, 15, 3)
  const file = Buffer.concat([good.subarray(0, 12), extended, good.subarray(12)])
  file.writeUInt32LE(file.length - 8, 4)
  return file
}

function hugeJxl(side: number): Uint8Array {
  const length = [
    [3, 2],
    [(side - 1) % 2 ** 15, 15],
    [Math.floor((side - 1) / 2 ** 15), 15],
  ] as const
  const bits = packBits([...SIGNATURE, [0, 1], ...length, [0, 3], ...length, ...PLAIN_METADATA])
  return Buffer.concat([bits, randomBytes(200)])
}

const drawn = (inside: string, attributes = 'width="400" height="300"') =>
  utf8(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${inside}</svg>`)

/** SVG: what multiplies, what nests, what costs, what reaches out. */
function drawings(): Record<string, HarmfulFile> {
  const codes = DAMAGED
  const tens = Array.from({ length: 9 }, (_, i) => {
    const uses = `<use href="#u${i}"/>`.repeat(10)
    return `<g id="u${i + 1}">${uses}</g>`
  }).join('')
  const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join(
    '',
  )
  const noise = '<feTurbulence baseFrequency="0.9" numOctaves="9"/>'.repeat(40)
  return {
    'uses.svg': { bytes: drawn(`<rect id="u0" width="9" height="9"/>${tens}<use href="#u9"/>`), codes },
    'entities.svg': {
      bytes: utf8(
        `<!DOCTYPE svg [<!ENTITY e0 "aaaaaaaaaa">${entities}]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&e9;</text></svg>`,
      ),
      codes,
      mayBePicture: true,
    },
    'deep.svg': { bytes: drawn('<g>'.repeat(50_000) + '</g>'.repeat(50_000)), codes },
    'filters.svg': {
      bytes: drawn(`<filter id="f">${noise}</filter><rect width="400" height="300" filter="url(#f)"/>`),
      codes,
      mayBePicture: true,
    },
    'huge.svg': {
      bytes: drawn('<rect width="9" height="9"/>', 'width="90000" height="90000"'),
      codes: LIMIT,
    },
    'outside.svg': {
      bytes: drawn(
        '<image href="file:///etc/passwd" width="9" height="9"/><image href="http://169.254.169.254/"/>',
      ),
      codes,
      mayBePicture: true,
    },
  }
}

/** What is no picture, whatever it is called. */
function strangers(): Record<string, HarmfulFile> {
  const files: Record<string, Uint8Array> = {
    'text.jpg': utf8('This is no picture. '.repeat(50)),
    'page.png': utf8('<!doctype html><script>alert(1)</script>'),
    'archive.webp': Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), randomBytes(2000)]),
    'list.jpg': utf8('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'),
    'concat.png': utf8("ffconcat version 1.0\nfile '/etc/passwd'\n"),
    'noise.gif': randomBytes(5000).fill(1, 0, 4),
    'empty.jpg': new Uint8Array(),
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, { bytes, codes: NO_PICTURE }]),
  )
}

/** Of each format: cut, and changed at random. */
async function damaged(seed: number): Promise<Record<string, HarmfulFile>> {
  const random = createRandom(seed)
  const files: Record<string, HarmfulFile> = {}
  for (const format of READ) {
    const good = await fileOf(format, { width: 200, height: 150, alpha: false })
    const cut = good.subarray(0, Math.floor(good.length / 2))
    files[`cut.${format}`] = { bytes: cut, codes: DAMAGED, mayBePicture: bearsCuts.has(format) }
    for (let i = 0; i < VARIANTS; i++)
      files[`damaged-${i}.${format}`] = {
        bytes: mutate(good, good, random),
        codes: DAMAGED,
        mayBePicture: true,
      }
  }
  return files
}

/** A browser shows these as far as they go. */
const bearsCuts: ReadonlySet<FormatName> = new Set(['gif', 'bmp', 'tiff', 'ico'])
