import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { FormatName } from '../../src/media/format.ts'
import { NeedsMore } from '../../src/media/headers/reader.ts'
import type { ImageInfo } from '../../src/media/info.ts'
import { readInfo, readWholeInfo } from '../../src/media/read-info.ts'
import { picture } from '../support/pictures.ts'
import { buildPng, exifOf, pngChunk } from '../support/png.ts'

const text = (latin: string) => Uint8Array.from(Buffer.from(latin, 'latin1'))
const join = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts))
const info = (format: FormatName, bytes: Uint8Array) => readWholeInfo(format, bytes) as ImageInfo
const made = async (image: ReturnType<typeof sharp>) => Uint8Array.from(await image.toBuffer())

describe('JPEG', () => {
  const baseline = () => made(picture({ width: 33, height: 17 }).jpeg())
  /** The file with a segment right behind its first marker. */
  const withSegment = (bytes: Uint8Array, marker: number, data: Uint8Array) =>
    join(
      bytes.subarray(0, 2),
      Uint8Array.of(0xff, marker, (data.length + 2) >> 8, data.length + 2),
      data,
      bytes.subarray(2),
    )
  /** The file with bytes of its frame header replaced; 0 is the second byte of the marker. */
  const withFrame = (bytes: Uint8Array, offset: number, ...values: number[]) => {
    const copy = bytes.slice()
    copy.set(values, Buffer.from(bytes).indexOf(Buffer.of(0xff, 0xc0, 0x00)) + 1 + offset)
    return copy
  }

  test.each([
    ['baseline', () => picture({ width: 33, height: 17 }).jpeg(), 'ycbcr'],
    ['progressive', () => picture({ width: 33, height: 17 }).jpeg({ progressive: true }), 'ycbcr'],
    ['grey', () => picture({ width: 33, height: 17 }).greyscale().jpeg(), 'ycbcr'],
    ['CMYK', () => picture({ width: 33, height: 17 }).toColourspace('cmyk').jpeg(), 'cmyk'],
  ] as const)('%s', async (_, make, colorModel) => {
    expect(info('jpeg', await made(make()))).toEqual({
      class: 'image',
      format: 'jpeg',
      width: 33,
      height: 17,
      orientation: 1,
      hasAlpha: false,
      frames: 1,
      animated: false,
      bitDepth: 8,
      colorModel,
    })
  })

  test('one component is grey', async () => {
    const grey = await made(picture({ width: 33, height: 17 }).toColourspace('b-w').jpeg())
    expect(info('jpeg', grey).colorModel).toBe('gray')
  })

  test("Adobe's marker says when the components are RGB", async () => {
    const adobe = (transform: number) => join(text('Adobe\0\x64\0\0\0\0'), Uint8Array.of(transform))
    expect(info('jpeg', withSegment(await baseline(), 0xee, adobe(0))).colorModel).toBe('rgb')
    expect(info('jpeg', withSegment(await baseline(), 0xee, adobe(1))).colorModel).toBe('ycbcr')
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8] as const)('orientation %i, in both byte orders', async (value) => {
    for (const order of ['II', 'MM'] as const) {
      const exif = join(text('Exif\0\0'), exifOf(value, order))
      const { orientation, width, height } = info('jpeg', withSegment(await baseline(), 0xe1, exif))
      expect([orientation, width, height]).toEqual(value < 5 ? [value, 33, 17] : [value, 17, 33])
    }
  })

  test.each([
    ['a value out of range', exifOf(9)],
    ['zero', exifOf(0)],
    ['no byte order', text('XX\0\x2a\0\0\0\x08')],
    ['an offset beyond the end', join(text('MM\0\x2a'), Uint8Array.of(0xff, 0xff, 0xff, 0xff))],
    ['an offset that points at itself', text('MM\0\x2a\0\0\0\x00')],
    ['65535 entries', join(text('MM\0\x2a\0\0\0\x08'), Uint8Array.of(0xff, 0xff), new Uint8Array(40))],
    ['nothing', new Uint8Array()],
  ])('hostile EXIF is no orientation: %s', async (_, tiff) => {
    const bytes = withSegment(await baseline(), 0xe1, join(text('Exif\0\0'), tiff))
    expect(info('jpeg', bytes).orientation).toBe(1)
  })

  test('the frame behind large segments asks for as much as it takes', async () => {
    let bytes = await baseline()
    for (let i = 0; i < 5; i++) bytes = withSegment(bytes, 0xe2, new Uint8Array(60_000))
    let needed = 0
    try {
      readInfo('jpeg', bytes.subarray(0, 4096))
    } catch (error) {
      needed = (error as NeedsMore).bytes
    }
    expect(needed).toBeGreaterThan(60_000)
    expect(info('jpeg', bytes)).toMatchObject({ width: 33, height: 17 })
  })

  test.each([
    ['lossless arithmetic', 0, 0xcb],
    ['lossless', 0, 0xc3],
    ['hierarchical', 0, 0xc5],
    ['baseline 12 bits', 3, 12],
    ['16 bits', 3, 16],
  ])('%s coding is not supported', async (_, offset, value) => {
    const bytes = withFrame(await baseline(), offset, value)
    expect(() => info('jpeg', bytes)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_CODEC' }))
  })

  test.each([
    ['no width', 6, [0, 0]],
    ['no height', 4, [0, 0]],
    ['two components', 8, [2]],
  ])('%s is damage', async (_, offset, values) => {
    const bytes = withFrame(await baseline(), offset, ...values)
    expect(() => info('jpeg', bytes)).toThrow(expect.objectContaining({ code: 'CORRUPT_MEDIA' }))
  })
})

describe('PNG', () => {
  const one = (parts: object) => buildPng({ width: 3, height: 2, rows: new Uint8Array(50), ...parts })

  test.each([
    ['grey', 0, [1, 2, 4, 8, 16], 'gray', false],
    ['RGB', 2, [8, 16], 'rgb', false],
    ['palette', 3, [1, 2, 4, 8], 'palette', false],
    ['grey and alpha', 4, [8, 16], 'gray', true],
    ['RGBA', 6, [8, 16], 'rgb', true],
  ] as const)('%s', (_, colorType, depths, colorModel, hasAlpha) => {
    for (const bitDepth of depths)
      expect(info('png', one({ colorType, bitDepth }))).toEqual({
        class: 'image',
        format: 'png',
        width: 3,
        height: 2,
        orientation: 1,
        hasAlpha,
        frames: 1,
        animated: false,
        bitDepth,
        colorModel,
      })
  })

  test('tRNS is alpha, acTL is animation, eXIf turns', () => {
    const tRNS = pngChunk('tRNS', Uint8Array.of(0, 1))
    const acTL = pngChunk('acTL', Uint8Array.of(0, 0, 0, 7, 0, 0, 0, 0))
    const eXIf = pngChunk('eXIf', exifOf(6))
    expect(info('png', one({ extra: [tRNS] }))).toMatchObject({ hasAlpha: true, animated: false })
    expect(info('png', one({ extra: [acTL] }))).toMatchObject({ animated: true, frames: 7 })
    expect(info('png', one({ extra: [eXIf] }))).toMatchObject({ orientation: 6, width: 2, height: 3 })
  })

  test.each([
    ['no width', { width: 0 }],
    ['a width beyond 2^31', { width: 2 ** 31 }],
    ['an unknown colour type', { colorType: 5 }],
    ['RGB of 4 bits', { colorType: 2, bitDepth: 4 }],
    ['a palette of 16 bits', { colorType: 3, bitDepth: 16 }],
    ['a chunk without a name', { extra: [pngChunk('\0\0\0\0', new Uint8Array())] }],
  ])('%s is damage', (_, parts) => {
    expect(() => info('png', one(parts))).toThrow(expect.objectContaining({ code: 'CORRUPT_MEDIA' }))
  })
})

describe('WebP', () => {
  const size = { width: 33, height: 17 }
  test.each([
    ['lossy', () => picture(size).webp(), false],
    ['lossless', () => picture(size).webp({ lossless: true }), false],
    ['lossy with alpha', () => picture({ ...size, alpha: true }).webp(), true],
    ['lossless with alpha', () => picture({ ...size, alpha: true }).webp({ lossless: true }), true],
  ])('%s', async (_, make, hasAlpha) => {
    expect(info('webp', await made(make()))).toMatchObject({ ...size, hasAlpha, animated: false })
  })

  test('animation', async () => {
    const frames = await Promise.all(
      [0, 1, 2].map((seed) =>
        picture({ ...size, seed })
          .png()
          .toBuffer(),
      ),
    )
    const bytes = await made(sharp(frames, { join: { animated: true } }).webp())
    expect(info('webp', bytes)).toMatchObject({ ...size, animated: true })
  })

  test.each([3, 6] as const)('orientation %i, from the chunk behind the pixels', async (value) => {
    const bytes = await made(picture(size).withMetadata({ orientation: value }).webp())
    const expected = value === 6 ? { width: 17, height: 33 } : size
    expect(info('webp', bytes)).toMatchObject({ orientation: value, ...expected })
  })

  test('a frame without a start code, or without a size, is damage', async () => {
    const good = await made(picture(size).webp())
    for (const [at, values] of [
      [23, [0, 0, 0]],
      [26, [0, 0]],
      [12, [0x58, 0x58]],
    ] as const) {
      const bytes = good.slice()
      bytes.set(values, at)
      expect(() => info('webp', bytes)).toThrow(expect.objectContaining({ code: 'CORRUPT_MEDIA' }))
    }
  })
})

describe('AVIF', () => {
  const size = { width: 34, height: 18 }
  const avif = (options = {}) => made(picture({ ...size, ...options }).avif({ effort: 0 }))

  test('size, depth and alpha of the primary item', async () => {
    expect(info('avif', await avif())).toMatchObject({
      ...size,
      hasAlpha: false,
      bitDepth: 8,
      animated: false,
    })
    expect(info('avif', await avif({ alpha: true }))).toMatchObject({ ...size, hasAlpha: true })
    const deep = await made(picture(size).avif({ effort: 0, bitdepth: 10 }))
    expect(info('avif', deep)).toMatchObject({ ...size, bitDepth: 10 })
  })

  test.each([2, 3, 4, 5, 6, 7, 8])('turned as EXIF orientation %i would', async (orientation) => {
    const bytes = await made(picture(size).withMetadata({ orientation }).avif({ effort: 0 }))
    const expected = orientation < 5 ? size : { width: 18, height: 34 }
    expect(info('avif', bytes)).toMatchObject({ orientation, ...expected })
  })

  test('boxes without a length, or larger than their parent, are damage', async () => {
    const good = await avif()
    for (const name of ['iprp', 'ipco', 'ispe', 'pitm']) {
      for (const length of [0, 4, 0x7fff_ffff]) {
        const bytes = good.slice()
        new DataView(bytes.buffer).setUint32(Buffer.from(good).indexOf(name) - 4, length)
        expect(() => info('avif', bytes)).toThrow(expect.objectContaining({ code: 'CORRUPT_MEDIA' }))
      }
    }
  })
})

test('GIF: the logical screen', async () => {
  const bytes = await made(picture({ width: 33, height: 17 }).gif())
  expect(info('gif', bytes)).toMatchObject({ width: 33, height: 17, colorModel: 'palette' })
})

describe.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)('any beginning of a %s', (format) => {
  test('is enough, or asks for more bytes than it has, and never fails otherwise', async () => {
    const bytes = await made(picture({ width: 40, height: 30 }).toFormat(format))
    const whole = info(format, bytes)
    for (let length = 0; length < Math.min(bytes.length, 2000); length++) {
      try {
        expect(readInfo(format, bytes.subarray(0, length))).toEqual(whole)
      } catch (error) {
        expect(error).toBeInstanceOf(NeedsMore)
        expect((error as NeedsMore).bytes).toBeGreaterThan(length)
      }
    }
  })
})
