/** Metadata by itself: what is kept of it, what is corrected, and that damage costs nothing but itself. */
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { md5Hex } from '../../src/lib/md5.ts'
import { readExif } from '../../src/media/exif/read.ts'
import type { FormatName } from '../../src/media/format.ts'
import type { Metadata } from '../../src/media/metadata/metadata.ts'
import { prepareMetadata } from '../../src/media/metadata/prepare.ts'
import { readMetadata } from '../../src/media/metadata/read.ts'
import { writeMetadata } from '../../src/media/metadata/write.ts'
import { ascii, buildExif, opaque, type ExifParts } from '../support/exif.ts'
import { picture } from '../support/pictures.ts'
import { pngChunk } from '../support/png.ts'
import { toldBy, toldPicture, xmpOf } from '../support/told.ts'

const made = { width: 40, height: 30, isConverted: false, to: 'jpeg' } as const
const SIZE = { width: 16, height: 16 }
const jpeg = async () => Uint8Array.from(await picture(SIZE).jpeg().toBuffer())
const png = async () => Uint8Array.from(await picture(SIZE).png().toBuffer())
const asJpeg = async (metadata: Metadata) => writeMetadata('jpeg', await jpeg(), metadata)
const segment = (marker: number, ...parts: (string | Uint8Array)[]) => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
  )
  return Buffer.concat([Buffer.from([0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255]), body])
}
const withSegments = async (...segments: Buffer[]) => {
  const file = await jpeg()
  return Uint8Array.from(Buffer.concat([file.subarray(0, 2), ...segments, file.subarray(2)]))
}
const short = (tag: number, value: number, order: 'II' | 'MM' = 'II') => {
  const data = Buffer.alloc(2)
  if (order === 'II') data.writeUInt16LE(value)
  else data.writeUInt16BE(value)
  return { tag, type: 3, data }
}

describe('EXIF', () => {
  const note = Buffer.from('the maker says: my numbers count from the start of the structure')
  const parts = (order: 'II' | 'MM'): ExifParts => ({
    order,
    root: [short(0x0112, 6, order), ascii(0x010f, 'Camera'), ascii(0x8298, 'Photographer\0Editor')],
    exif: [
      opaque(0x927c, note, 600),
      short(0xa001, 0xffff, order),
      short(0xa002, 4000, order),
      short(0xa003, 3000, order),
    ],
    gps: [ascii(1, 'N')],
    thumbnail: Buffer.from('\xff\xd8 what was cut off \xff\xd9', 'latin1'),
  })

  test.each(['II', 'MM'] as const)(
    'kept (%s): upright, of its size, without preview, notes where they lay',
    async (order) => {
      const exif = buildExif(parts(order))
      expect(exif.includes('cut off')).toBe(true)
      const kept = Buffer.from(prepareMetadata('keep', { exif }, made).exif!)
      expect(kept.includes('cut off')).toBe(false)
      expect(kept.subarray(600, 600 + note.length)).toEqual(note)
      expect(kept.toString('latin1', 0, 2)).toBe(order)
      const { orientation } = await sharp(await asJpeg({ exif: kept })).metadata()
      expect(orientation).toBe(1)
      const fields = fieldsOf(kept)
      expect([fields.get(0xa002), fields.get(0xa003), fields.get(0xa001)]).toEqual([40, 30, 0xffff])
      const converted = fieldsOf(
        Buffer.from(prepareMetadata('keep', { exif }, { ...made, isConverted: true }).exif!),
      )
      expect(converted.get(0xa001)).toBe(1)
      expect(prepareMetadata('keep', { exif }, { ...made, to: 'gif' }).exif).toBeUndefined()
    },
  )

  test('copyright of two parts stays in two parts; nothing else does', () => {
    const { exif, xmp } = prepareMetadata('copyright', { exif: buildExif(parts('II')) }, made)
    expect(Buffer.from(exif!).includes('Photographer\0Editor\0')).toBe(true)
    expect(xmp).toContain('Photographer; Editor')
    for (const word of ['Camera', 'maker', 'cut off']) expect(Buffer.from(exif!).includes(word)).toBe(false)
    expect(
      prepareMetadata('copyright', { exif: buildExif({ root: [ascii(0x010f, 'Camera')] }) }, made),
    ).toEqual({})
  })

  test('a blank name is none', () => {
    const exif = buildExif({ root: [ascii(0x013b, '    '), ascii(0x8298, ' ')] })
    expect(prepareMetadata('copyright', { exif }, made)).toEqual({})
    const iptc = record(80, 'Ada')
    const kept = prepareMetadata('keep', { exif, iptc }, { ...made, to: 'png' })
    expect(readExif(kept.exif!, 'keep')).toEqual({ artist: 'Ada' })
  })

  test('what does not fit into a segment of JPEG loses its largest fields', async () => {
    const exif = buildExif({
      root: [ascii(0x8298, 'Mine')],
      exif: [opaque(0x927c, Buffer.alloc(70_000, 7)), ascii(0xa434, 'Lens')],
    })
    const kept = prepareMetadata('keep', { exif }, made)
    expect(readExif(kept.exif!, 'keep')).toEqual({ copyright: 'Mine', lens: 'Lens' })
    expect((await toldBy(await asJpeg(kept))).exif).toEqual({ copyright: 'Mine', lens: 'Lens' })
    expect(prepareMetadata('keep', { exif }, { ...made, to: 'png' }).exif!.length).toBeGreaterThan(70_000)
  })

  test('fields that share their bytes do not multiply them', () => {
    const exif = buildExif({ root: [opaque(0x9c9b, Buffer.alloc(60_000, 1))] })
    const shared = Buffer.concat([exif.subarray(0, 8), Buffer.alloc(2 + 400 * 12 + 4), exif.subarray(8)])
    shared.writeUInt16LE(400, 8)
    for (let i = 0; i < 400; i++) {
      const entry = [0x9000 + i, 7].flatMap((value) => [value & 255, value >> 8])
      shared.set(entry, 10 + i * 12)
      shared.writeUInt32LE(60_000, 14 + i * 12)
      shared.writeUInt32LE(shared.length - 60_000, 18 + i * 12)
    }
    expect(prepareMetadata('keep', { exif: shared }, { ...made, to: 'png' }).exif!.length).toBeLessThan(
      600_000,
    )
  })
})

/** Numbers of the directory of EXIF, which begins behind the root. */
function fieldsOf(exif: Buffer): Map<number, number> {
  const little = exif.toString('latin1', 0, 2) === 'II'
  const u16 = (at: number) => (little ? exif.readUInt16LE(at) : exif.readUInt16BE(at))
  const u32 = (at: number) => (little ? exif.readUInt32LE(at) : exif.readUInt32BE(at))
  const entriesAt = (start: number) => Array.from({ length: u16(start) }, (_, i) => start + 2 + i * 12)
  const pointer = entriesAt(u32(4)).find((entry) => u16(entry) === 0x8769)!
  return new Map(entriesAt(u32(pointer + 8)).map((entry) => [u16(entry), u16(entry + 8)]))
}

const record = (kind: number, text: string | Buffer) => {
  const data = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x1c, 2, kind, data.length >> 8, data.length & 255]), data])
}

describe('IPTC', () => {
  const records = Buffer.concat([
    record(80, 'Ada'),
    record(80, 'Grace'),
    record(110, 'Agency'),
    record(116, Buffer.from('\xa9 Mine', 'latin1')),
    record(25, 'secret'),
  ])
  const resource = (number: number, name: string, data: Buffer) =>
    Buffer.concat([
      Buffer.from(
        `8BIM${String.fromCharCode(number >> 8, number & 255, name.length)}${name}${name.length % 2 === 0 ? '\0' : ''}`,
        'latin1',
      ),
      Buffer.from([0, 0, data.length >> 8, data.length & 255]),
      data,
      Buffer.alloc(data.length & 1),
    ])
  const file = () =>
    withSegments(
      segment(
        0xed,
        'Photoshop 3.0\0',
        resource(0x03ed, 'name', Buffer.alloc(7)),
        resource(0x0404, '', records),
      ),
    )

  test('is found behind other resources, and goes into JPEG as it was', async () => {
    const { iptc } = await readMetadata('jpeg', await file())
    expect(Buffer.from(iptc!)).toEqual(records)
    const kept = await asJpeg(prepareMetadata('keep', { iptc: iptc! }, made))
    expect((await toldBy(kept)).iptc!.includes(records)).toBe(true)
    expect((await readMetadata('jpeg', kept)).iptc).toEqual(iptc)
  })

  test('tells whose a picture is: bytes beyond ASCII are UTF-8 or Latin-1', async () => {
    const found = await readMetadata('jpeg', await file())
    for (const what of ['copyright', 'keep'] as const) {
      const { exif, xmp, iptc } = prepareMetadata(what, found, { ...made, to: 'webp' })
      expect(readExif(exif!, 'keep')).toEqual({ copyright: '© Mine', artist: 'Ada; Grace' })
      expect(xmp).toContain('<photoshop:Credit>Agency</photoshop:Credit>')
      expect(xmp).toContain('<rdf:li>Ada</rdf:li><rdf:li>Grace</rdf:li>')
      expect([iptc, xmp!.includes('secret')]).toEqual([undefined, false])
    }
  })
})

describe('XMP', () => {
  const keep = (xmp: string, over = {}) => prepareMetadata('keep', { xmp }, { ...made, ...over }).xmp

  test('is made true of what was made; what it was made of is left alone', () => {
    const extra = `<tiff:ImageWidth>4000</tiff:ImageWidth><e:ColorSpace xmlns:e="http://ns.adobe.com/exif/1.0/">65535</e:ColorSpace>
      <xmp:Thumbnails><rdf:Alt><rdf:li>preview</rdf:li></rdf:Alt></xmp:Thumbnails>
      <g:Version xmlns:g="http://ns.adobe.com/hdr-gain-map/1.0/">1</g:Version>
      <p:ProjectionType xmlns:p="http://ns.google.com/photos/1.0/panorama/">equirectangular</p:ProjectionType>
      <m:Pantry xmlns:m="http://ns.adobe.com/xap/1.0/mm/"><rdf:Bag><rdf:li><rdf:Description tiff:Orientation="8"/></rdf:li></rdf:Bag></m:Pantry>`
    const kept = keep(xmpOf(6, extra))!
    expect(kept.match(/tiff:Orientation="\d"/g)).toEqual(['tiff:Orientation="1"', 'tiff:Orientation="8"'])
    expect(kept).toContain('<tiff:ImageWidth>40</tiff:ImageWidth>')
    for (const word of ['equirectangular', '65535', 'Nobody may &amp; shall']) expect(kept).toContain(word)
    for (const word of ['preview', 'hdr-gain-map/1.0/">1']) expect(kept).not.toContain(word)
    expect(keep(xmpOf(6, extra), { isConverted: true })).toMatch(/ColorSpace[^>]*>1</)
    // Whatever its prefix is called, and as an element too.
    const other = xmpOf(6)
      .replaceAll('tiff:', 't:')
      .replace(':tiff=', ':t=')
      .replace(' t:Orientation="6"', '')
    expect(keep(other.replace('<dc:subject>', '<t:Orientation>6</t:Orientation><dc:subject>'))).toContain(
      '<t:Orientation>1</t:Orientation>',
    )
  })

  test.each([
    ['no XML', 'hello'],
    ['cut off', xmpOf().slice(0, 500)],
    ['entities', `<!DOCTYPE x [<!ENTITY a "b">]>${xmpOf()}`],
    ['an undeclared prefix', xmpOf().replace('xmlns:tiff', 'xmlns:other')],
    ['too deep', `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`],
    ['too many prefixes', `<a ${Array.from({ length: 500 }, (_, i) => `xmlns:p${i}="u"`).join(' ')}/>`],
    ['no facts', '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'],
  ])('is left out where there is %s', (_, xmp) => {
    expect(keep(xmp)).toBeUndefined()
    expect(prepareMetadata('copyright', { xmp }, made)).toEqual({})
  })

  test('that is long is in several pieces in JPEG, and comes together again', async () => {
    const xmp = xmpOf(1, `<dc:description>${'long '.repeat(40_000)}</dc:description>`)
    const kept = keep(xmp)!
    const file = await asJpeg({ xmp: kept })
    const pieces = Buffer.from(file).toString('latin1').split('http://ns.adobe.com/xmp/extension/\0')
    expect(pieces.length).toBe(5)
    const body = pieces
      .slice(1)
      .map((piece) => piece.slice(40))
      .join('')
    const [name] = /[\dA-F]{32}/.exec(pieces[0]!)!
    expect(pieces.slice(1).every((piece) => piece.startsWith(name))).toBe(true)
    const whole = body.slice(0, Number(Buffer.from(pieces[1]!, 'latin1').readUInt32BE(32)))
    expect(whole.length).toBeGreaterThan(200_000)
    const read = (await readMetadata('jpeg', file)).xmp!
    for (const word of ['secret place', 'long long', 'xmp:Rating="4"']) expect(read).toContain(word)
    expect(keep(read)).not.toContain('HasExtendedXMP')
    // In any order; and if one is missing, the rest is what it is.
    expect((await sharp(file).metadata()).width).toBe(16)
    const damaged = Buffer.from(file)
    damaged[damaged.lastIndexOf('xmp/extension') + 2] = 0
    expect((await readMetadata('jpeg', Uint8Array.from(damaged))).xmp).not.toContain('secret place')
  })

  test('in pieces of which the first has facts of its own: those of both', async () => {
    const more = `<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:q="urn:q"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description q:more="yes"/></rdf:RDF></x:xmpmeta>`
    const name = createHash('md5').update(more).digest('hex').toUpperCase()
    const note = `<n:HasExtendedXMP xmlns:n="http://ns.adobe.com/xmp/note/">${name}</n:HasExtendedXMP>`
    const sizes = (at: number) =>
      Buffer.from([0, 0, more.length >> 8, more.length & 255, 0, 0, at >> 8, at & 255])
    const piece = (from: number, to: number) =>
      segment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', name, sizes(from), more.slice(from, to))
    const main = segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', Buffer.from(xmpOf(1, note)))
    const file = await withSegments(piece(100, more.length), main, piece(0, 100))
    const kept = keep((await readMetadata('jpeg', file)).xmp!)!
    for (const word of ['secret place', 'q:more="yes"', 'xmlns:q="urn:q"']) expect(kept).toContain(word)
    expect(kept).not.toContain('HasExtendedXMP')
  })

  test('names its pieces by MD5', () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 1000]) {
      const bytes = Buffer.alloc(length, 'abc')
      expect(md5Hex(bytes)).toBe(createHash('md5').update(bytes).digest('hex'))
    }
  })
})

describe('PNG', () => {
  const exif = buildExif({ root: [ascii(0x8298, 'Mine')] })
  const raw = (kind: string, data: Buffer) =>
    `\n${kind}\n${String(data.length).padStart(8)}\n${data.toString('hex').replaceAll(/(.{72})/g, '$1\n')}\n`
  const withChunks = async (...chunks: Uint8Array[]) => {
    const file = await png()
    return Uint8Array.from(Buffer.concat([file.subarray(0, 33), ...chunks, file.subarray(33)]))
  }
  const zTXt = (keyword: string, text: string) =>
    pngChunk('zTXt', Buffer.concat([Buffer.from(`${keyword}\0\0`), deflateSync(Buffer.from(text))]))

  test.each([
    ['exif', zTXt('Raw profile type exif', raw('exif', Buffer.concat([Buffer.from('Exif\0\0'), exif])))],
    [
      'APP1',
      pngChunk(
        'tEXt',
        Buffer.from(
          `Raw profile type APP1\0${raw('generic profile', exif)}`.replace('generic profile', 'app1'),
        ),
      ),
    ],
  ])('tells of what older writers put into a text: %s', async (_, chunk) => {
    const found = await readMetadata('png', await withChunks(chunk))
    expect(Buffer.from(found.exif!)).toEqual(exif)
  })

  test('XMP and IPTC too; what stands in a place of its own counts before', async () => {
    const iptc = record(116, 'Mine')
    const chunks = [
      zTXt('Raw profile type xmp', raw('xmp', Buffer.from(xmpOf()))),
      zTXt('Raw profile type iptc', raw('iptc', iptc)),
    ]
    const found = await readMetadata('png', await withChunks(...chunks))
    expect([found.xmp, Buffer.from(found.iptc!)]).toEqual([xmpOf(), iptc])
    const packed = Buffer.concat([
      Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'),
      deflateSync(Buffer.from(xmpOf(3))),
    ])
    expect((await readMetadata('png', await withChunks(...chunks, pngChunk('iTXt', packed)))).xmp).toBe(
      xmpOf(3),
    )
  })

  test('a text that unpacks to more than anyone needs is left out', async () => {
    const bomb = zTXt('Raw profile type exif', raw('exif', Buffer.alloc(8_000_000)))
    const own = pngChunk('eXIf', exif)
    expect(await readMetadata('png', await withChunks(bomb))).toEqual({})
    expect(Object.keys(await readMetadata('png', await withChunks(bomb, own)))).toEqual(['exif'])
  })

  test('grey takes no profile of colours', async () => {
    const { icc } = await sharp(await toldPicture('png', { profile: 'p3' })).metadata()
    const grey = Uint8Array.from(await picture(SIZE).toColourspace('b-w').png().toBuffer())
    expect((await toldBy(writeMetadata('png', grey, { icc: icc! }))).icc).toBeUndefined()
    expect(Buffer.compare((await toldBy(writeMetadata('png', await png(), { icc: icc! }))).icc!, icc!)).toBe(
      0,
    )
  })

  test('profiles larger than one block of zlib', async () => {
    const { icc } = await sharp(await toldPicture('png', { profile: 'p3' })).metadata()
    const large = Buffer.concat([icc!, Buffer.alloc(150_000, 5)])
    large.writeUInt32BE(large.length)
    for (const to of ['png', 'jpeg', 'webp'] as const) {
      const file = writeMetadata(to, Uint8Array.from(await picture(SIZE).toFormat(to).toBuffer()), {
        icc: large,
      })
      expect(Buffer.compare((await toldBy(file)).icc!, large)).toBe(0)
    }
  })
})

describe('damage', () => {
  const FORMATS = ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const

  test('anywhere in a file costs at most what it hits', async () => {
    for (const format of FORMATS) {
      const file = await toldPicture(format, { profile: 'p3' })
      for (let turn = 0; turn < 150; turn++) await survives(format, mutated(file, turn))
    }
  })

  test('anywhere in EXIF, XMP or IPTC does too', async () => {
    const whole = {
      exif: buildExif({
        root: [ascii(0x010f, 'Camera')],
        exif: [ascii(0xa434, 'Lens of it')],
        gps: [ascii(1, 'N')],
      }),
      xmp: xmpOf(),
      iptc: record(116, 'Mine'),
    }
    const prepare = (found: Metadata) => {
      for (const what of ['copyright', 'keep'] as const) prepareMetadata(what, found, { ...made, to: 'webp' })
    }
    for (let turn = 0; turn < 1000; turn++)
      prepare({ exif: mutated(whole.exif, turn), iptc: mutated(whole.iptc, turn) })
    for (let turn = 0; turn < 300; turn++)
      prepare({ xmp: new TextDecoder().decode(mutated(Buffer.from(whole.xmp), turn)) })
  })

  async function survives(format: FormatName, file: Uint8Array) {
    const found = await readMetadata(format, file)
    const kept = prepareMetadata('keep', found, { ...made, to: 'webp' })
    // What is written can be read.
    if (kept.exif) expect(kept.exif.length).toBeLessThan(600_000)
  }

  /** A few bytes become others, or the end is missing. */
  function mutated(file: Uint8Array, turn: number): Uint8Array {
    let state = (turn + 1) * 2_654_435_761
    const next = (below: number) => {
      state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + turn) >>> 0
      return state % below
    }
    const copy = Uint8Array.from(file)
    for (let hits = 1 + next(4); hits > 0; hits--)
      copy[next(copy.length)] = [0, 255, 127, next(256)][next(4)]!
    return next(5) === 0 ? copy.subarray(0, next(copy.length)) : copy
  }
})

describe('hostile sizes take no time', () => {
  const spaces = ' '.repeat(400_000)
  const description = (content: string) => xmpOf(1, `<dc:description>${content}</dc:description>`)

  test.each<[string, () => Promise<unknown>]>([
    [
      'spaces in XMP',
      async () =>
        asJpeg(
          prepareMetadata(
            'keep',
            { xmp: description(`${spaces}x${spaces.slice(9)}`.slice(0, 500_000)) },
            made,
          ),
        ),
    ],
    [
      'zeros in XMP',
      async () => prepareMetadata('keep', { xmp: description(`${'\0'.repeat(400_000)}x`) }, made),
    ],
    [
      'prefixes in XMP',
      async () => prepareMetadata('keep', { xmp: description('<a xmlns:b="c"/>'.repeat(30_000)) }, made),
    ],
    ['spaces in a text of PNG', async () => readMetadata('png', await pngWith(`\nexif\n1${spaces}!`))],
    [
      'segments of nothing',
      async () =>
        readMetadata(
          'jpeg',
          Uint8Array.from({ length: 8_000_000 }, (_, at) =>
            at === 1 ? 0xd8 : [0xff, 0xe0, 0, 2][(at + 2) % 4]!,
          ),
        ),
    ],
    ['chunks of nothing', async () => readMetadata('webp', webpOf(500_000))],
  ])('%s', async (_, work) => {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(3000)
  })

  const pngWith = async (text: string) => {
    const file = await png()
    const chunk = pngChunk('tEXt', Buffer.from(`Raw profile type exif\0${text}`))
    return Uint8Array.from(Buffer.concat([file.subarray(0, 33), chunk, file.subarray(33)]))
  }
  const webpOf = (chunks: number) => {
    const bytes = Buffer.alloc(12 + chunks * 8, Buffer.from('ABCD\0\0\0\0'))
    bytes.write('RIFF\0\0\0\0WEBP', 'latin1')
    return Uint8Array.from(bytes)
  }
})
