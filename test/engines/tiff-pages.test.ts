/** TIFF: faxes, further pages and BigTIFF, as libtiff reads them. */
import { deflateSync } from 'node:zlib'
import sharp, { type TiffOptions } from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { probe } from '../../src/engines/probe.ts'
import { countFrames } from '../../src/media/frame-count.ts'
import type { ImageInfo } from '../../src/media/info.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import type { Ask } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { psnr, rgba } from '../support/compare.ts'
import { encodeFax, type FaxOptions } from '../support/fax.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { buildPages, buildTiff, type TiffParts } from '../support/tiff.ts'
import { recipeOfPicture } from '../support/recipes.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const LIMITS = {
  pixels: 1e8,
  frames: 1000,
  outputSide: 8192,
  outputPixels: 64e6,
  avifPixels: 0,
}
const original = (bytes: Uint8Array) => ({
  validator: { text: 'v' },
  sourceType: 'test',
  read: async ({ start, end }: { start: number; end: number }) => bytes.slice(start, end),
  stream: () => new ReadableStream<Uint8Array>(),
  close: async () => {},
})

/** As the service does it: probe, resolve, work. */
async function make(bytes: Uint8Array, ask: Ask = {}, limits = LIMITS) {
  const info = await probe(original(bytes), ask.page)
  const recipe = recipeOfPicture(
    resolve({ ask: { format: 'png', ...ask }, accepts: [] } as never, info, limits),
  )
  return run({ recipe, bytes, pixels: limits.pixels, frames: limits.frames })
}
async function expectAsSharp(bytes: Uint8Array, page = 0): Promise<void> {
  const made = await make(bytes, { page })
  const [seen, wanted] = [await rgba(made.body), await rgba(await sharp(bytes, { page }).png().toBuffer())]
  expect([seen.width, seen.height]).toEqual([wanted.width, wanted.height])
  expect(psnr(seen.data, wanted.data)).toBe(Infinity)
}
const written = async (options: TiffOptions, size = { width: 301, height: 203 }) =>
  Uint8Array.from(await picture(size).toColourspace('b-w').tiff(options).toBuffer())

/** Rows in which every length of run comes up in both colours, near and far from those above. */
function scribble(width: number, height: number): number[][] {
  let seed = 9
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  const rows: number[][] = []
  for (let y = 0; y < height; y++) {
    const last = rows.at(-1)
    if (y % 7 === 3) rows.push(Array.from({ length: width }, () => (y % 2 ? 1 : 0)))
    else if (last && y % 3) rows.push(last.map((_, x) => last[Math.max(0, x - random(3) + 1)] ?? 0))
    else {
      const row: number[] = []
      for (let color = random(2); row.length < width; color ^= 1)
        row.push(...Array.from({ length: 1 + random(y % 2 ? 70 : width) }, () => color))
      rows.push(row.slice(0, width))
    }
  }
  return rows
}
const [REVERSED] = [
  (byte: number) => Number.parseInt(byte.toString(2).padStart(8, '0').split('').toReversed().join(''), 2),
]

describe('faxes, to the pixel', () => {
  test('T.6 as libtiff writes it, in strips and tiles, black or white at zero', async () => {
    const tiles = { tile: true, tileWidth: 64, tileHeight: 48 }
    for (const shape of [{}, tiles])
      for (const miniswhite of [false, true])
        await expectAsSharp(await written({ compression: 'ccittfax4', bitdepth: 1, miniswhite, ...shape }))
    const file = await written({ compression: 'ccittfax4', bitdepth: 1 })
    expect(readWholeInfo('tiff', file)).toMatchObject({ bitDepth: 1, colorModel: 'gray', hasAlpha: false })
  })

  const [width, height] = [2741, 90]
  const rows = scribble(width, height)
  const fax = (
    options: FaxOptions,
    fields: TiffParts['fields'] = {},
    part = rows,
  ): Uint8Array<ArrayBuffer> => {
    const data = encodeFax(part, options)
    const compression = options.kind === '4' ? 4 : options.kind === 'rows' ? 2 : 3
    const t4 = (options.kind === '3-mixed' ? 1 : 0) | (options.isFilled ? 4 : 0)
    return buildTiff({
      width,
      height: part.length,
      bits: 1,
      samples: 1,
      photometric: 0,
      compression,
      blocks: [fields[266] ? data.map(REVERSED) : data],
      fields: { ...(compression === 3 ? { 292: [t4] } : {}), ...fields },
    })
  }
  const expectRows = async (file: Uint8Array) => {
    const { data } = await rgba((await make(file)).body)
    const seen = data.filter((_, i) => i % 4 === 0)
    expect(
      Buffer.compare(
        seen,
        Uint8Array.from(rows.flat(), (pixel) => (pixel ? 0 : 255)),
      ),
    ).toBe(0)
  }
  test.each([
    ['T.4, along rows', { kind: '3' }],
    ['T.4, along rows that end on whole bytes', { kind: '3', isFilled: true }],
    ['T.4, against the row above', { kind: '3-mixed' }],
    ['T.4, against the row above, filled', { kind: '3-mixed', isFilled: true }],
    ['T.6', { kind: '4' }],
    ['rows alone', { kind: 'rows' }],
  ] as const)('%s, in both orders of bits', async (_, options) => {
    for (const fields of [{}, { 266: [2] }]) {
      const file = fax(options, fields)
      await expectAsSharp(file)
      await expectRows(file)
    }
  })

  test('T.4 whose rows have no end between them', async () => {
    await expectRows(fax({ kind: '3', hasNoEnds: true }))
  })

  test('one pixel wide, and one row high', async () => {
    for (const part of [[[1]], [[0], [1], [1], [0]], [[0, 1, 1, 0, 1, 0, 0, 1, 1]]])
      for (const kind of ['3', '3-mixed', '4', 'rows'] as const) {
        const data = encodeFax(part, { kind })
        const compression = kind === '4' ? 4 : kind === 'rows' ? 2 : 3
        const shape = { width: part[0]!.length, height: part.length, bits: 1, samples: 1, photometric: 0 }
        const options = kind === '3-mixed' ? { 292: [1] } : {}
        const file = buildTiff({ ...shape, compression, blocks: [data], fields: options })
        const { data: seen } = await rgba((await make(file)).body)
        expect(Array.from(seen.filter((_, i) => i % 4 === 0))).toEqual(part.flat().map((p) => (p ? 0 : 255)))
      }
  })

  test.each(['3', '3-mixed', '4', 'rows'] as const)(
    '%s, damaged or cut anywhere, ends with a code',
    async (kind) => {
      const file = fax({ kind }, {}, rows.slice(0, 20))
      let seed = 5
      const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
      for (let round = 0; round < 60; round++) {
        const damaged = file.slice()
        for (let i = 0; i < 3; i++) damaged[200 + random(file.length - 200)]! ^= 1 << random(8)
        const outcome = await make(damaged).catch((error: { code: string }) => error.code)
        if (typeof outcome === 'string') expect(outcome).toBe('CORRUPT_MEDIA')
      }
      for (const part of [0.4, 0.7, 0.9])
        await expect(make(file.slice(0, file.length * part))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
      // A row whose runs are longer than it is.
      const wide = fax({ kind }, { 256: [1000] }, rows.slice(0, 20))
      await expect(make(wide)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    },
  )

  test('a byte for a row of any width costs no more than the row', async () => {
    const side = 4000
    const blocks = [new Uint8Array(side / 8 + 1).fill(255)]
    const file = buildTiff({
      width: side,
      height: side,
      bits: 1,
      samples: 1,
      photometric: 0,
      compression: 4,
      blocks,
    })
    const start = performance.now()
    expect((await make(file, { width: 100 })).width).toBe(100)
    expect(performance.now() - start).toBeLessThan(8000)
  })
})

describe('by hand, as libtiff reads it', () => {
  const [width, height] = [37, 23]
  const noise = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * i * 7919 + i * 31) >> 3)
  const map = (bits: number) => Array.from({ length: 3 * 2 ** bits }, (_, i) => (i * 40_503) & 0xffff)

  test.each([1, 2, 4, 8] as const)(
    '%i bits of grey and of a palette, in both orders of bits',
    async (bits) => {
      const rows = noise(Math.ceil((width * bits) / 8) * height)
      for (const photometric of [0, 1, 3])
        for (const fields of [{}, { 266: [2] }])
          for (const compression of [1, 8]) {
            const blocks = [compression === 8 ? deflateSync(rows) : rows]
            const colors = photometric === 3 ? { 320: map(bits) } : {}
            // Both orders of bits mean the stored bytes, compressed or not.
            const stored = 266 in fields ? blocks.map((block) => Uint8Array.from(block, REVERSED)) : blocks
            const parts = { width, height, bits, samples: 1, photometric, compression, blocks: stored }
            await expectAsSharp(buildTiff({ ...parts, fields: { ...fields, ...colors } }))
          }
    },
  )

  test.each([
    [8, 'II'],
    [16, 'II'],
    [16, 'MM'],
  ] as const)('%i bits in planes, with and without a predictor, %s', async (bits, order) => {
    for (const samples of [3, 4])
      for (const predictor of [1, 2])
        for (const rowsPerStrip of [height, 7]) {
          const stride = (width * bits) / 8
          const blocks = Array.from({ length: samples }, (_, sample) => {
            const plane = noise(stride * height + sample).subarray(sample)
            const strips = Array.from({ length: Math.ceil(height / rowsPerStrip) }, (_, i) =>
              plane.subarray(i * rowsPerStrip * stride, (i + 1) * rowsPerStrip * stride),
            )
            return strips.map((strip) => deflateSync(strip))
          }).flat()
          const fields = {
            284: [2],
            317: [predictor],
            278: [rowsPerStrip],
            ...(samples === 4 ? { 338: [2] } : {}),
          }
          await expectAsSharp(
            buildTiff({ width, height, bits, order, samples, compression: 8, blocks, fields }),
          )
        }
  })
})

describe('what is not read says its name', () => {
  const grey = { width: 4, height: 4, samples: 1, blocks: [new Uint8Array(64)] }
  test.each([
    ['ZSTD', { ...grey, compression: 50_000 }],
    ['WebP', { ...grey, compression: 50_001 }],
    ['LERC', { ...grey, compression: 34_887 }],
    ['JPEG 2000', { ...grey, compression: 34_712 }],
    ['JPEG of the old kind', { ...grey, compression: 6 }],
    ['uncompressed parts', { ...grey, bits: 1, compression: 4, fields: { 293: [2] } }],
    ['32 bits, floating point', { ...grey, bits: 32, fields: { 339: [3] } }],
    ['8 bits, signed', { ...grey, fields: { 339: [2] } }],
    ['CIELab', { ...grey, samples: 3, photometric: 8 }],
    ['predictor (floating point)', { ...grey, compression: 8, fields: { 317: [3] } }],
  ])('%s', async (name, parts) => {
    await expect(make(buildTiff(parts))).rejects.toMatchObject({
      code: 'UNSUPPORTED_CODEC',
      message: expect.stringContaining(name),
    })
  })

  test('samples of no said kind are numbers', async () => {
    expect((await make(buildTiff({ ...grey, fields: { 339: [4] } }))).width).toBe(4)
  })

  test('a fax of more than black and white is damaged', async () => {
    await expect(make(buildTiff({ ...grey, compression: 4 }))).rejects.toMatchObject({
      code: 'CORRUPT_MEDIA',
    })
  })
})

describe('BigTIFF', () => {
  test('as libtiff writes it', async () => {
    for (const options of [
      { compression: 'lzw', predictor: 'horizontal' },
      { compression: 'jpeg', quality: 95 },
      { compression: 'deflate', tile: true, tileWidth: 64, tileHeight: 48 },
      { compression: 'ccittfax4', bitdepth: 1 },
    ] as const)
      await expectAsSharp(await written({ ...options, bigtiff: true }))
    const colors = await picture().withIccProfile('p3').tiff({ bigtiff: true, compression: 'lzw' }).toBuffer()
    expect(psnr((await rgba((await make(colors)).body)).data, (await rgba(colors)).data)).toBeGreaterThan(40)
  })

  test('in both orders of bytes', async () => {
    for (const order of ['II', 'MM'] as const) {
      const strips = [Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5, 6)]
      const file = buildTiff({
        width: 2,
        height: 3,
        samples: 1,
        blocks: strips,
        isBig: true,
        order,
        fields: { 278: [1] },
      })
      const { data } = await rgba((await make(file)).body)
      expect(Array.from(data.filter((_, i) => i % 4 === 0))).toEqual([1, 2, 3, 4, 5, 6])
    }
  })

  test('with offsets beyond every file, or of another length', async () => {
    const file = buildTiff({ width: 2, height: 1, samples: 1, blocks: [Uint8Array.of(1, 2)], isBig: true })
    for (const [at, value] of [
      [8, 0xffffffffffffn],
      [8, 0xffffffffffffffffn],
      [16, 0xffffffffffffn],
      [4, 16n],
    ] as const) {
      const damaged = file.slice()
      new DataView(damaged.buffer).setBigUint64(at, value, true)
      await expect(make(damaged)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    }
  })
})

describe('pages', () => {
  const page = (value: number, width = 2 + value, height = 3): TiffParts => ({
    width,
    height,
    samples: 1,
    blocks: [new Uint8Array(width * height).fill(value * 10)],
  })
  const pages = (count: number, isBig = false) =>
    buildPages(Array.from({ length: count }, (_, value) => ({ ...page(value), isBig })))

  test('each by its number, of its own size and kind', async () => {
    for (const isBig of [false, true]) {
      const file = pages(4, isBig)
      expect((await sharp(file).metadata()).pages).toBe(4)
      for (const number of [0, 1, 3]) {
        const made = await make(file, { page: number })
        expect([made.width, made.height]).toEqual([2 + number, 3])
        await expectAsSharp(file, number)
      }
    }
    const turned = buildPages([page(1), { ...page(2), fields: { 274: [6] } }])
    expect(await make(turned, { page: 1 })).toMatchObject({ width: 3, height: 4 })
    expect(await make(turned)).toMatchObject({ width: 3, height: 3 })
  })

  test('as libtiff writes them', async () => {
    const shots = await Promise.all(
      [1, 2, 3].map((seed) => picture({ width: 60, height: 40, seed }).png().toBuffer()),
    )
    const file = await sharp(shots, { join: { across: 1, animated: true } })
      .tiff({ compression: 'lzw' })
      .toBuffer()
    for (const number of [0, 1, 2]) await expectAsSharp(file, number)
    expect(countFrames('tiff', file, 100)).toBe(3)
  })

  test('in other steps: what is looked at is that page', async () => {
    const wide: TiffParts = {
      ...page(0, 40, 20),
      blocks: [Uint8Array.from({ length: 800 }, (_, i) => (i % 40 > 20 ? 200 : 0))],
    }
    const file = buildPages([page(1), wide])
    const { body } = await make(file, { page: 1, trim: 10, width: 5 })
    expect((await rgba(body)).data[0]).toBe(200)
  })

  test('that are not there', async () => {
    await expect(make(pages(3), { page: 3 })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      details: [{ parameter: 'page', value: '3', expected: 'a number from 0 to 2' }],
    })
    await expect(make(buildTiff(page(1)), { page: 1 })).rejects.toMatchObject({ code: 'INVALID_PARAMETER' })
  })

  test('told of as frames, without being an animation', async () => {
    const file = pages(3)
    const info = readWholeInfo('tiff', file) as ImageInfo
    const recipe = recipeOfPicture(resolve({ ask: { format: 'json' }, accepts: [] } as never, info, LIMITS))
    const { body } = await run({ recipe, bytes: file, pixels: 1e8, frames: 1000 })
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ frames: 3, animated: false, width: 2 })
  })

  test('that lead back to each other end there', async () => {
    const file = pages(3)
    const view = new DataView(file.buffer)
    const directories = [8]
    const linkOf = (at: number) => at + 2 + view.getUint16(at, true) * 12
    while (view.getUint32(linkOf(directories.at(-1)!), true))
      directories.push(view.getUint32(linkOf(directories.at(-1)!), true))
    for (const back of directories) {
      view.setUint32(linkOf(directories[2]!), back, true)
      expect(countFrames('tiff', file, 1000)).toBe(3)
      expect(await make(file, { page: 2 })).toMatchObject({ width: 4 })
      await expect(make(file, { page: 3 })).rejects.toMatchObject({ code: 'INVALID_PARAMETER' })
    }
    view.setUint32(linkOf(directories[2]!), file.length + 50, true)
    expect(countFrames('tiff', file, 1000)).toBe(4)
    expect(await make(file, { page: 2 })).toMatchObject({ width: 4 })
    await expect(make(file, { page: 4 })).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('are counted before one is decoded', async () => {
    const file = pages(12)
    const limits = { ...LIMITS, frames: 11 }
    await expect(make(file, { page: 2 }, limits)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'frames', value: 12, maximum: 11 },
    })
    expect(await make(file, {}, limits)).toMatchObject({ width: 2 })
    // Those before it cost no pixels.
    expect(await make(file, { page: 11 }, { ...LIMITS, pixels: 50 })).toMatchObject({ width: 13 })
    await expect(make(file, { page: 11 }, { ...LIMITS, pixels: 30 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })
})
