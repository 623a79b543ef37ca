/** Files that mean harm: each ends with a code, in bounded time, and the next picture is right. */
import { afterEach, describe, expect, test } from 'vitest'
import { probe } from '../../src/engines/probe.ts'
import { isMediaError } from '../../src/error.ts'
import type { FormatName } from '../../src/media/format.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { createTaskRunner } from '../../src/worker.ts'
import { buildBmp, buildDib, buildIcon } from '../support/bmp.ts'
import { rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { buildPng, pngChunk } from '../support/png.ts'
import { buildTiff } from '../support/tiff.ts'

let end = Infinity
const run = createTaskRunner({ loadWasm, shouldStop: () => performance.now() > end })
const PIXELS = 100_000_000

/** Decodes and encodes as it is, within a second of work. */
async function transform(from: FormatName, bytes: Uint8Array, pixels = PIXELS): Promise<unknown> {
  const info = readWholeInfo(from, bytes)
  if (info.class !== 'image') throw new Error('not a picture')
  const { width, height, orientation: orient } = info
  const recipe: ImageRecipe = { kind: 'image', from, orient, to: 'png', width, height }
  end = performance.now() + 1000
  return (await run('image', { recipe, bytes, pixels })).value
}

const codeOf = (error: unknown) => {
  if (!isMediaError(error)) throw error
  return error.code
}

afterEach(async () => {
  const good = await picture({ width: 31, height: 17 }).jpeg().toBuffer()
  expect(await transform('jpeg', good)).toMatchObject({ width: 31, height: 17 })
})

describe('PNG', () => {
  test('16384 x 16384 in 33 kB is known by its header and never decoded', async () => {
    const side = 16_384
    const bytes = buildPng({
      width: side,
      height: side,
      bitDepth: 1,
      rows: new Uint8Array((side / 8 + 1) * side),
    })
    expect(bytes.length).toBeLessThan(40_000)
    const original = {
      validator: { text: 'v' },
      sourceType: 'test',
      read: async ({ start, end }: { start: number; end: number }) => bytes.slice(start, end),
      stream: () => new ReadableStream<Uint8Array>(),
      close: async () => {},
    }
    expect(await probe(original)).toMatchObject({ width: side, height: side })
    const start = performance.now()
    await expect(transform('png', bytes)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(performance.now() - start).toBeLessThan(300)
  })

  test('a picture at the limit that takes too long is stopped', async () => {
    const side = 9000
    const bytes = buildPng({
      width: side,
      height: side,
      bitDepth: 1,
      rows: new Uint8Array((side / 8 + 1) * side),
    })
    const info = {
      kind: 'image',
      from: 'png',
      orient: 1,
      to: 'avif',
      quality: 50,
      width: side,
      height: side,
    } as const
    end = performance.now() + 300
    const start = performance.now()
    await expect(run('image', { recipe: info, bytes, pixels: PIXELS, frames: 1000 })).rejects.toMatchObject({
      code: 'TRANSFORM_TIMEOUT',
    })
    expect(performance.now() - start).toBeLessThan(3000)
  })

  const rows = new Uint8Array(101 * 100)
  const stripes = rows.map((_, i) => (i % 101 ? (i * i * 7919) % 251 : 0))
  const square = { width: 100, height: 100, rows }
  test.each([
    ['promises more rows than there are', buildPng({ ...square, height: 5000 })],
    ['promises wider rows', buildPng({ ...square, width: 5000 })],
    ['has an unknown filter', buildPng({ ...square, rows: rows.slice().fill(9) })],
    ['has no palette', buildPng({ ...square, colorType: 3 })],
    ['has no end', buildPng(square).slice(0, -12)],
    ['has half its data', buildPng({ ...square, rows: stripes }).slice(0, 200)],
  ])('one that %s is damaged', async (_, bytes) => {
    const outcome = await transform('png', bytes).catch(codeOf)
    expect(outcome).toBe('CORRUPT_MEDIA')
  })

  test('an index beyond the palette is black, as in browsers', async () => {
    const extra = [pngChunk('PLTE', Uint8Array.of(255, 255, 255))]
    const bytes = buildPng({ ...square, colorType: 3, rows: rows.map((_, i) => (i % 101 ? 200 : 0)), extra })
    const { body } = (await transform('png', bytes)) as { body: Uint8Array }
    expect(Array.from((await rgba(body)).data.subarray(0, 4))).toEqual([0, 0, 0, 255])
  })

  test('a damaged checksum of a critical chunk is damage, of another is not', async () => {
    const text = pngChunk('tEXt', Buffer.from('Comment\0hello'))
    const good = buildPng({ ...square, extra: [text] })
    const spoil = (type: string) => {
      const bytes = good.slice()
      const at = Buffer.from(good).indexOf(type)
      const length = new DataView(good.buffer, good.byteOffset).getUint32(at - 4)
      bytes[at + 4 + length]! ^= 1
      return bytes
    }
    for (const type of ['IHDR', 'IDAT', 'IEND'])
      expect(await transform('png', spoil(type)).catch(codeOf)).toBe('CORRUPT_MEDIA')
    expect(await transform('png', spoil('tEXt'))).toMatchObject({ width: 100 })
  })
})

describe('JPEG', () => {
  const jpeg = (progressive: boolean) => picture({ width: 320, height: 240 }).jpeg({ progressive }).toBuffer()
  const EOI = Uint8Array.of(0xff, 0xd9)

  test.each([false, true])(
    'cut anywhere, even with an end marker put behind (progressive: %s)',
    async (progressive) => {
      const bytes = await jpeg(progressive)
      for (const part of [0.3, 0.5, 0.8, 0.95, 0.99]) {
        const half = bytes.subarray(0, bytes.length * part)
        expect(await attempt(half)).toBe('CORRUPT_MEDIA')
        expect(await attempt(Buffer.concat([half, EOI]))).toBe('CORRUPT_MEDIA')
      }
      expect(await attempt(bytes.subarray(0, bytes.length - 2))).toBe('CORRUPT_MEDIA')
    },
  )

  test('a piece missing in the middle', async () => {
    const bytes = await jpeg(false)
    const hole = Buffer.concat([bytes.subarray(0, bytes.length * 0.5), bytes.subarray(bytes.length * 0.7)])
    expect(await attempt(hole)).toBe('CORRUPT_MEDIA')
  })

  test('what a camera or a server leaves behind the picture does no harm', async () => {
    const bytes = await jpeg(false)
    for (const tail of [Buffer.alloc(5000, 7), Buffer.from('\r\n'), bytes.subarray(0, 700)])
      expect(await attempt(Buffer.concat([bytes, tail]))).toMatchObject({ width: 320 })
  })

  test('a frame that claims 9000 x 9000 for a few bytes costs no more than its limit', async () => {
    const bytes = await jpeg(true)
    const frame = bytes.indexOf(Buffer.of(0xff, 0xc2))
    bytes.writeUInt16BE(9000, frame + 5)
    bytes.writeUInt16BE(9000, frame + 7)
    const start = performance.now()
    expect(['CORRUPT_MEDIA', 'TRANSFORM_TIMEOUT']).toContain(await attempt(bytes))
    expect(performance.now() - start).toBeLessThan(4000)
  })

  const attempt = (bytes: Uint8Array) => attemptFormat('jpeg', bytes)
})

const attemptFormat = async (format: FormatName, bytes: Uint8Array) => {
  try {
    return await transform(format, bytes)
  } catch (error) {
    return codeOf(error)
  }
}

describe('WebP and AVIF', () => {
  test.each(['webp', 'avif'] as const)('a cut %s, also when its header is made to agree', async (format) => {
    const bytes = await picture({ width: 200, height: 150 }).toFormat(format).toBuffer()
    for (const part of [0.2, 0.5, 0.9]) {
      const half = Buffer.from(bytes.subarray(0, Math.floor((bytes.length * part) / 2) * 2))
      expect(await attemptFormat(format, half)).toBe('CORRUPT_MEDIA')
      if (format === 'webp') half.writeUInt32LE(half.length - 8, 4)
      expect(await attemptFormat(format, half)).toBe('CORRUPT_MEDIA')
    }
  })

  test('a WebP canvas that disagrees with its frame', async () => {
    const bytes = await picture({ width: 64, height: 48, alpha: true }).webp().toBuffer()
    expect(bytes.toString('latin1', 12, 16)).toBe('VP8X')
    bytes.writeUIntLE(9999, 24, 3)
    expect(await attemptFormat('webp', bytes)).toBe('CORRUPT_MEDIA')
  })

  test('an AVIF that claims another size than its frame', async () => {
    const bytes = await picture({ width: 64, height: 48 }).avif().toBuffer()
    const ispe = bytes.indexOf('ispe')
    bytes.writeUInt32BE(9000, ispe + 8)
    expect(await attemptFormat('avif', bytes)).toBe('CORRUPT_MEDIA')
  })
})

/** 80 x 60, of formats that sharp does not write. */
const rows = new Uint8Array(80 * 60 * 4).map((_, i) => (i * i * 7919) % 251)
const dib = { width: 80, height: 60, bits: 32, rows } as const
const HAND_MADE: Readonly<Partial<Record<FormatName, Uint8Array>>> = {
  bmp: buildBmp(dib),
  ico: buildIcon([{ width: 80, height: 60, file: buildDib({ ...dib, height: 120 }) }]),
  // Its header first, where damage counts.
  tiff: buildTiff({ width: 80, height: 60, samples: 4, blocks: [rows] }),
}

test('threats row 20: Huffman tables of WebP that are none end with a code, and the next picture is right', async () => {
  const good = await picture({ width: 64, height: 48 }).webp({ lossless: true }).toBuffer()
  expect(good.toString('latin1', 12, 16)).toBe('VP8L')
  let seed = 11
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  const seen = new Set<unknown>()
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(good)
    // The tables stand right behind the header.
    for (let flips = random(4); flips >= 0; flips--) bytes[25 + random(90)]! ^= 1 << random(8)
    const outcome = await attemptFormat('webp', bytes)
    seen.add(typeof outcome === 'string' ? outcome : 'made')
  }
  expect([...seen].filter((one) => one !== 'made')).toEqual(['CORRUPT_MEDIA'])
  expect(await transform('webp', good)).toMatchObject({ width: 64, height: 48 })
})

describe('a few hundred flipped bits (threats row 20)', () => {
  test.each(['jpeg', 'png', 'webp', 'avif', 'bmp', 'ico', 'tiff'] as const)(
    '%s',
    async (format) => {
      const image = picture({ width: 80, height: 60, alpha: format !== 'jpeg' })
      const good = HAND_MADE[format] ?? (await image.toFormat(format as 'png').toBuffer())
      let seed = 7
      const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
      const seen = new Map<unknown, number>()
      // Each failure costs a new instance, and AVIF's is the largest by far.
      const rounds = format === 'avif' ? 40 : 120
      for (let i = 0; i < rounds; i++) {
        const bytes = Buffer.from(good)
        const flips = 1 + Math.floor(random() * 4)
        // What is not compressed is damaged where it counts: in its header.
        const reach = format in HAND_MADE ? 120 : bytes.length
        for (let k = 0; k < flips; k++) bytes[Math.floor(random() * reach)]! ^= 1 << Math.floor(random() * 8)
        const outcome = await attemptFormat(format, bytes)
        const key = typeof outcome === 'string' ? outcome : 'made'
        seen.set(key, (seen.get(key) ?? 0) + 1)
      }
      const allowed = ['made', 'CORRUPT_MEDIA', 'UNSUPPORTED_CODEC', 'LIMIT_EXCEEDED', 'TRANSFORM_TIMEOUT']
      for (const key of seen.keys()) expect(allowed).toContain(key)
      expect(await transform(format, good)).toMatchObject({ width: 80, height: 60 })
    },
    60_000,
  )
})
