/** TIFF: of every kind that libtiff writes (through sharp), to the pixel; and by hand what it does not write. */
import { deflateSync } from 'node:zlib'
import sharp, { type Sharp, type TiffOptions } from 'sharp'
import { describe, expect, test } from 'vitest'
import { createCodecs } from '../../src/engines/image/codecs/codecs.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { probe } from '../../src/engines/probe.ts'
import { embeddedProfile } from '../../src/media/color/embedded.ts'
import { NeedsMore } from '../../src/media/headers/reader.ts'
import type { ImageInfo } from '../../src/media/info.ts'
import { readInfo, readWholeInfo } from '../../src/media/read-info.ts'
import { sniff } from '../../src/media/sniff.ts'
import { asBitmap, psnr, rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { buildTiff, type TiffParts } from '../support/tiff.ts'

const codec = createCodecs({ loadWasm, tick: () => {} }).get('tiff')!
const decode = async (bytes: Uint8Array) => asBitmap(await codec.decode!(bytes))
const info = (bytes: Uint8Array) => readWholeInfo('tiff', bytes) as ImageInfo
const size = { width: 301, height: 203 }
const written = async (image: Sharp, options: TiffOptions) =>
  Uint8Array.from(await image.tiff(options).toBuffer())

async function expectAsSharp(bytes: Uint8Array, decibels = Infinity): Promise<void> {
  const [seen, wanted] = [await decode(bytes), await rgba(bytes)]
  expect([seen.width, seen.height]).toEqual([wanted.width, wanted.height])
  expect([info(bytes).width, info(bytes).height]).toEqual([seen.width, seen.height])
  expect(psnr(seen.data, wanted.data)).toBeGreaterThanOrEqual(decibels)
}

describe('as libtiff reads it, to the pixel', () => {
  const tiles = { tile: true, tileWidth: 64, tileHeight: 48 }
  test.each(['none', 'packbits', 'lzw', 'deflate'] as const)(
    '%s, in strips and tiles',
    async (compression) => {
      for (const predictor of ['none', 'horizontal'] as const)
        for (const shape of [{}, tiles])
          for (const alpha of [false, true])
            await expectAsSharp(
              await written(picture({ ...size, alpha }), { compression, predictor, ...shape }),
            )
    },
  )

  test.each(['rgb16', 'grey16'] as const)('16 bits: %s', async (space) => {
    for (const compression of ['none', 'lzw', 'deflate'] as const)
      for (const predictor of ['none', 'horizontal'] as const)
        await expectAsSharp(await written(picture(size).toColourspace(space), { compression, predictor }))
  })

  test.each([1, 2, 4] as const)('grey of %i bits, black or white at zero', async (bitdepth) => {
    for (const miniswhite of [false, true])
      for (const compression of ['none', 'packbits'] as const) {
        const image = picture(size).toColourspace('b-w')
        const bytes = await written(image, { compression, bitdepth, miniswhite })
        await expectAsSharp(bytes)
        expect(info(bytes)).toMatchObject({ bitDepth: bitdepth, colorModel: 'gray', hasAlpha: false })
      }
  })

  test('JPEG inside, whose tables lie elsewhere', async () => {
    for (const shape of [{}, tiles])
      for (const space of ['srgb', 'b-w'] as const)
        await expectAsSharp(
          await written(picture(size).toColourspace(space), { compression: 'jpeg', quality: 95, ...shape }),
        )
    // Halved chroma is scaled up by another filter than libjpeg's.
    await expectAsSharp(await written(picture(size), { compression: 'jpeg', quality: 80 }), 38)
  })

  test('of several pages the first', async () => {
    await expectAsSharp(await written(picture(size), { compression: 'lzw', pyramid: true, ...tiles }))
  })
})

const bytes = (...values: number[]) => Uint8Array.from(values)
const hex = async (file: Uint8Array) => {
  const { data } = await decode(file)
  return Array.from({ length: data.length / 4 }, (_, i) =>
    Buffer.from(data.subarray(i * 4, i * 4 + 4)).toString('hex'),
  ).join(' ')
}
/** Two pixels, red and green. */
const PLAIN: TiffParts = { width: 2, height: 1, blocks: [bytes(255, 0, 0, 0, 255, 0)] }
const RED_GREEN = 'ff0000ff 00ff00ff'

describe('by hand', () => {
  test('both orders of bytes', async () => {
    for (const order of ['II', 'MM'] as const) {
      const file = buildTiff({ ...PLAIN, order })
      expect(sniff(file)).toBe('tiff')
      expect(await hex(file)).toBe(RED_GREEN)
      const values = [65_535, 0, 0x1234, 0, 65_535, 0]
      const row = new Uint8Array(12)
      values.forEach((value, i) => new DataView(row.buffer).setUint16(i * 2, value, order === 'II'))
      expect(await hex(buildTiff({ ...PLAIN, order, bits: 16, blocks: [row] }))).toBe('ff0012ff 00ff00ff')
    }
  })

  test('each sample in a plane of its own', async () => {
    const blocks = [bytes(255, 0), bytes(0, 255), bytes(0, 0)]
    expect(await hex(buildTiff({ ...PLAIN, blocks, fields: { 284: [2] } }))).toBe(RED_GREEN)
  })

  test('bits in the other order', async () => {
    const file = buildTiff({
      width: 8,
      height: 1,
      bits: 1,
      samples: 1,
      blocks: [bytes(0b00000011)],
      fields: { 266: [2] },
    })
    expect(
      (await hex(file))
        .split(' ')
        .map((pixel) => pixel.slice(0, 2))
        .join(''),
    ).toBe('ffff000000000000')
  })

  test('a palette, of 16 bits a colour or of 8', async () => {
    const indexed = { width: 2, height: 1, bits: 4, samples: 1, photometric: 3, blocks: [bytes(0x2f)] }
    const colors = (scale: number) => {
      const map = Array.from({ length: 48 }, () => 0)
      ;[map[2], map[16 + 15]] = [255 * scale, 255 * scale]
      return map
    }
    for (const scale of [1, 257]) {
      const file = buildTiff({ ...indexed, fields: { 320: colors(scale) } })
      expect(await hex(file)).toBe(RED_GREEN)
      expect(info(file)).toMatchObject({ colorModel: 'palette', bitDepth: 4 })
    }
    await expect(decode(buildTiff({ ...indexed, fields: { 320: [1, 2, 3] } }))).rejects.toMatchObject({
      code: 'CORRUPT_MEDIA',
    })
  })

  test('alpha: multiplied in, straight, unsaid; more samples are passed over', async () => {
    const parts = { width: 1, height: 1, samples: 4, blocks: [bytes(64, 0, 0, 128)] }
    expect(await hex(buildTiff({ ...parts, fields: { 338: [1] } }))).toBe('80000080')
    expect(await hex(buildTiff({ ...parts, fields: { 338: [2] } }))).toBe('40000080')
    expect(await hex(buildTiff(parts))).toBe('40000080')
    const more = buildTiff({ ...parts, samples: 6, blocks: [bytes(64, 0, 0, 128, 9, 9)] })
    expect(await hex(more)).toBe('40000080')
    expect(info(more).hasAlpha).toBe(true)
    expect(await hex(buildTiff({ ...parts, samples: 2, blocks: [bytes(64, 128)] }))).toBe('40404080')
  })

  test('orientation', () => {
    for (const value of [1, 6, 8] as const) {
      const { width, height, orientation } = info(buildTiff({ ...PLAIN, fields: { 274: [value] } }))
      expect([orientation, width, height]).toEqual(value === 1 ? [1, 2, 1] : [value, 1, 2])
    }
    expect(info(buildTiff({ ...PLAIN, fields: { 274: [99] } })).orientation).toBe(1)
  })

  test('strips of which only the number of rows is said, and one without a length', async () => {
    const strips = { width: 1, height: 3, samples: 1, blocks: [bytes(1, 2), bytes(3)], fields: { 278: [2] } }
    expect(await hex(buildTiff(strips))).toBe('010101ff 020202ff 030303ff')
    expect(await hex(buildTiff({ ...PLAIN, fields: { 279: [] } }))).toBe(RED_GREEN)
  })

  test('LZW that refers to what it is just writing', async () => {
    // 9 bits each: clear, 7, the code after it three times, the end.
    const codes = [256, 7, 258, 259, 260, 257]
    const text = codes
      .map((code) => code.toString(2).padStart(9, '0'))
      .join('')
      .padEnd(56, '0')
    const block = Uint8Array.from(text.match(/.{8}/g) ?? [], (bits) => Number.parseInt(bits, 2))
    const file = buildTiff({ width: 10, height: 1, samples: 1, compression: 5, blocks: [block] })
    expect((await decode(file)).data.filter((_, i) => i % 4 === 0)).toEqual(new Uint8ClampedArray(10).fill(7))
  })
})

test('a profile is found', async () => {
  const file = await written(picture(size).withIccProfile('p3'), { compression: 'lzw' })
  const png = await picture(size).withIccProfile('p3').png().toBuffer()
  expect(await embeddedProfile('tiff', file)).toEqual(await embeddedProfile('png', png))
})

describe('a header', () => {
  test('that lies behind the pixels is read', async () => {
    const file = await written(picture({ width: 1500, height: 1200 }), { compression: 'none' })
    const { buffer } = file
    expect(new DataView(buffer).getUint32(4, true)).toBeGreaterThan(4 * 1024 * 1024)
    const original = {
      validator: { text: 'v' },
      sourceType: 'test',
      read: async ({ start, end }: { start: number; end: number }) => file.slice(start, end),
      stream: () => new ReadableStream<Uint8Array>(),
      close: async () => {},
    }
    expect(await probe(original)).toMatchObject({ format: 'tiff', width: 1500, height: 1200 })
  })

  test('is enough, or asks for more than there is', async () => {
    const whole = buildTiff({ ...PLAIN, fields: { 278: [1], 338: [], 339: [1, 1, 1] } })
    for (let length = 4; length < whole.length; length++)
      try {
        expect(readInfo('tiff', whole.subarray(0, length))).toEqual(info(whole))
      } catch (error) {
        expect(error).toBeInstanceOf(NeedsMore)
        expect((error as NeedsMore).bytes).toBeGreaterThan(length)
      }
  })

  const grey = { width: 4, height: 4, samples: 1, blocks: [new Uint8Array(16)] }
  test.each([
    ['no width', { ...grey, width: 0 }, 'CORRUPT_MEDIA'],
    ['no samples', { ...grey, fields: { 277: [0] } }, 'CORRUPT_MEDIA'],
    ['a thousand samples', { ...grey, fields: { 277: [1000] } }, 'CORRUPT_MEDIA'],
    ['tiles of no size', { ...grey, fields: { 322: [0], 323: [16] } }, 'CORRUPT_MEDIA'],
    ['tiles far larger than itself', { ...grey, fields: { 322: [65_535], 323: [65_535] } }, 'CORRUPT_MEDIA'],
    ['32 bits a sample', { ...grey, bits: 32 }, 'UNSUPPORTED_CODEC'],
    ['fractions', { ...grey, fields: { 339: [3] } }, 'UNSUPPORTED_CODEC'],
    ['5 bits', { ...grey, bits: 5 }, 'UNSUPPORTED_CODEC'],
    ['Lab', { ...grey, samples: 3, photometric: 8 }, 'UNSUPPORTED_CODEC'],
    ['YCbCr without JPEG', { ...grey, samples: 3, photometric: 6 }, 'UNSUPPORTED_CODEC'],
    ['old JPEG', { ...grey, compression: 6 }, 'UNSUPPORTED_CODEC'],
    ['the predictor of fractions', { ...grey, compression: 5, fields: { 317: [3] } }, 'UNSUPPORTED_CODEC'],
    ['JPEG of a palette', { ...grey, photometric: 3, compression: 7 }, 'UNSUPPORTED_CODEC'],
  ] as const)('with %s', async (_, parts, code) => {
    const file = buildTiff(parts)
    expect(() => info(file)).toThrow(expect.objectContaining({ code }))
    await expect(decode(file)).rejects.toMatchObject({ code })
  })
})

describe('damage', () => {
  const grey = { width: 64, height: 64, samples: 1 } as const
  const rows = new Uint8Array(4096).map((_, i) => (i * i * 7919) % 251)

  test.each([
    ['none', 1, rows],
    ['packbits', 32_773, Uint8Array.from({ length: 64 * 65 }, (_, i) => (i % 65 === 0 ? 63 : rows[i]!))],
    ['deflate', 8, deflateSync(rows)],
  ] as const)('half a strip: %s', async (_, compression, block) => {
    const good = buildTiff({ ...grey, compression, blocks: [block] })
    expect((await decode(good)).width).toBe(64)
    const short = buildTiff({ ...grey, compression, blocks: [block.subarray(0, block.length / 2)] })
    await expect(decode(short)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    await expect(decode(good.subarray(0, -block.length / 2))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('of every kind, cut anywhere', async () => {
    for (const compression of ['lzw', 'deflate', 'packbits', 'jpeg', 'none'] as const) {
      const good = await written(picture({ width: 64, height: 48 }), { compression })
      for (const part of [0.1, 0.3, 0.6, 0.9, 0.99])
        await expect(decode(good.subarray(0, good.length * part))).rejects.toMatchObject({
          code: 'CORRUPT_MEDIA',
        })
      expect((await decode(good)).width).toBe(64)
    }
  })

  const code = (...codes: number[]) => {
    const text = codes.map((one) => one.toString(2).padStart(9, '0')).join('')
    return Uint8Array.from(text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g) ?? [], (bits) =>
      Number.parseInt(bits, 2),
    )
  }
  test.each([
    ['a code that nothing stands for', code(256, 7, 300)],
    ['a reference before anything is written', code(256, 258)],
    ['a reference without a beginning', code(258)],
    ['an early end', code(256, 7, 257)],
  ])('LZW with %s', async (_, block) => {
    await expect(decode(buildTiff({ ...grey, compression: 5, blocks: [block] }))).rejects.toMatchObject({
      code: 'CORRUPT_MEDIA',
    })
  })

  test.each([
    ['too few strips', { ...grey, fields: { 278: [8] }, blocks: [rows] }],
    ['too many strips', { ...grey, blocks: [rows, rows] }],
    ['a JPEG that is none', { ...grey, compression: 7, blocks: [rows] }],
    [
      'a predictor of 1 bit',
      { ...grey, bits: 1, compression: 8, blocks: [deflateSync(rows)], fields: { 317: [2] } },
    ],
  ])('%s', async (_, parts) => {
    await expect(decode(buildTiff(parts))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('JPEG inside of another size than its strip costs nothing', async () => {
    const jpeg = await sharp({ create: { width: 4000, height: 4000, channels: 3, background: '#456' } })
      .jpeg()
      .toBuffer()
    const file = buildTiff({ width: 64, height: 64, photometric: 6, compression: 7, blocks: [jpeg] })
    const start = performance.now()
    await expect(decode(file)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    expect(performance.now() - start).toBeLessThan(2000)
  })

  test('what inflates to gigabytes is inflated as far as it is wanted', async () => {
    const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024))
    const start = performance.now()
    expect((await decode(buildTiff({ ...grey, compression: 8, blocks: [bomb] }))).width).toBe(64)
    expect(performance.now() - start).toBeLessThan(2000)
  })

  test('a directory of which every entry makes no sense', () => {
    const file = new Uint8Array(8 + 2 + 65_535 * 12).fill(255)
    file.set(buildTiff(PLAIN).subarray(0, 8))
    new DataView(file.buffer).setUint16(8, 65_535, true)
    const start = performance.now()
    expect(() => info(file)).toThrow(expect.objectContaining({ code: 'CORRUPT_MEDIA' }))
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

test('is stopped by tick, also inside of a strip', async () => {
  for (const compression of ['lzw', 'packbits', 'deflate', 'none', 'jpeg'] as const) {
    const file = await written(picture({ width: 1000, height: 800 }), { compression })
    let ticks = 0
    const tick = () => {
      if (++ticks > 20) throw new Stopped()
    }
    await expect(createCodecs({ loadWasm, tick }).get('tiff')!.decode!(file)).rejects.toBeInstanceOf(Stopped)
  }
})
