/** Pixels of JPEG XL: those that libjxl's own encoder was given, of every kind of sample. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createJxlCodec } from '../../src/engines/image/codecs/jxl.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { asBitmap, psnr } from '../support/compare.ts'
import {
  encodeJxlElsewhere,
  jxlKind,
  KIND,
  kindPixels,
  packBits,
  PLAIN_METADATA,
  seeJxl,
  SIGNATURE,
  SIZE,
  type Fields,
} from '../support/jxl.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const codec = createJxlCodec({ loadWasm, tick: () => {} })
const decodeBytes = async (bytes: Uint8Array) => asBitmap(await codec.decode!(bytes))
const decode = async (name: string) => decodeBytes(await jxlKind(name))
const asBytes = (data: Uint8ClampedArray) => Buffer.from(data.buffer, data.byteOffset, data.length)

describe('decodes to the bit', () => {
  test.each([
    ['rgb', {}],
    ['boxed', {}],
    ['alpha', { hasAlpha: true }],
    ['gray', { isGray: true }],
    ['gray-alpha', { isGray: true, hasAlpha: true }],
    ['bits-10', {}],
    ['bits-12', {}],
    ['bits-16', {}],
  ])('%s', async (name, parts) => {
    const seen = await decode(name)
    expect([seen.width, seen.height]).toEqual([24, 16])
    expect(asBytes(seen.data).equals(kindPixels(parts))).toBe(true)
  })

  test.each([1, 4])('%i bits become 8', async (bits) => {
    const most = 2 ** bits - 1
    const expected = kindPixels().map((value) => Math.round((Math.round((value / 255) * most) * 255) / most))
    expect(asBytes((await decode(`bits-${bits}`)).data).equals(expected)).toBe(true)
  })

  test.each([3, 5, 6, 8])('orientation %i: the pixels stand upright, once', async (orientation) => {
    const seen = await decode(`turned-${orientation}`)
    const raw = { width: KIND.width, height: KIND.height, channels: 4 } as const
    const png = await sharp(kindPixels(), { raw }).withMetadata({ orientation }).png().toBuffer()
    const upright = await sharp(png).rotate().raw().toBuffer({ resolveWithObject: true })
    expect([seen.width, seen.height]).toEqual([upright.info.width, upright.info.height])
    expect(asBytes(seen.data).equals(upright.data)).toBe(true)
  })

  test('of an animation the first frame', async () => {
    expect(psnr((await decode('animated')).data, kindPixels())).toBeGreaterThan(25)
  })

  test('a JPEG that was kept', async () => {
    expect(psnr((await decode('jpeg')).data, kindPixels())).toBeGreaterThan(20)
  })

  test('colours with their alpha multiplied in', async () => {
    // The same frame under another header: one extra channel, alpha, of 8 bit, without a name, multiplied in.
    const alpha = [
      [0, 1],
      [0, 2],
      [0, 1],
      [0, 2],
      [0, 2],
      [0, 2],
      [1, 1],
    ] as const
    // Samples as they are, in sRGB by its numbers and perceptual; no extensions, no other transform.
    const end = [
      [0, 1],
      [0, 1],
      [0, 2],
      [1, 2],
      [1, 2],
      [0, 1],
      [2, 2],
      [11, 4],
      [0, 2],
      [0, 2],
      [1, 1],
    ] as const
    const header = (...channel: Fields) =>
      packBits([...SIGNATURE, ...SIZE, ...PLAIN_METADATA, [1, 2], ...channel, [0, 1], ...end])
    const plain = await jxlKind('alpha')
    const own = header([1, 1])
    expect(plain.slice(0, own.length)).toEqual(own)
    const file = Buffer.concat([header(...alpha), plain.subarray(own.length)])
    const seen = await decodeBytes(new Uint8Array(file))
    const stored = kindPixels({ hasAlpha: true })
    const expected = stored.map((value, i) => {
      const opacity = stored[i - (i % 4) + 3]!
      return i % 4 === 3 || opacity === 0 ? value : Math.min(255, Math.round((value * 255) / opacity))
    })
    expect(psnr(seen.data, expected)).toBeGreaterThan(60)
  })
})

describe('refuses', () => {
  test('samples with fractions', async () => {
    await expect(decode('float')).rejects.toMatchObject({ code: 'UNSUPPORTED_CODEC' })
  })

  test('what takes more memory than there is, by its header', async () => {
    const size = [
      [0, 1],
      [2, 2],
      [9_999, 18],
      [0, 3],
      [2, 2],
      [9_999, 18],
    ] as const
    const file = packBits([...SIGNATURE, ...size, [1, 1]])
    const start = performance.now()
    await expect(decodeBytes(file)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'memory' },
    })
    expect(performance.now() - start).toBeLessThan(200)
  })

  test('every file that is cut, with its code', async () => {
    for (const name of ['rgb', 'bits-16', 'jpeg']) {
      const file = await jxlKind(name)
      const cuts = [12, 20, 40, Math.floor(file.length / 3), Math.floor(file.length / 2)]
      for (const length of cuts)
        await expect(decodeBytes(file.slice(0, length)), `${name} ${length}`).rejects.toMatchObject({
          code: 'CORRUPT_MEDIA',
        })
    }
    expect(asBytes((await decode('rgb')).data).equals(kindPixels())).toBe(true)
  })
})

describe('encodes', () => {
  const pixels = async (alpha: boolean) => {
    const { data, info } = await picture({ width: 120, height: 90, alpha })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    return { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
  }

  test('without loss, and reads what others encoded without loss', async () => {
    const bitmap = await pixels(true)
    const made = await codec.encode!(bitmap, { lossless: true })
    const seen = await seeJxl(made)
    // Colours under full transparency are anybody's.
    const visible = (data: ArrayLike<number>) =>
      Array.from(data, (value, i) => (data[i - (i % 4) + 3] ? value : 0))
    expect(psnr(visible(seen.data), visible(bitmap.data))).toBeGreaterThan(55)
    const theirs = await decodeBytes(await encodeJxlElsewhere(picture({ width: 50, height: 40 }), true))
    const { data } = await picture({ width: 50, height: 40 })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect(asBytes(theirs.data).equals(data)).toBe(true)
  })

  test('more quality, more bytes and more likeness; more effort, other bytes', async () => {
    const bitmap = await pixels(false)
    const made = await Promise.all([10, 40, 70, 95, 100].map((quality) => codec.encode!(bitmap, { quality })))
    const sizes = made.map(({ length }) => length)
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    const likeness: number[] = []
    for (const bytes of made) likeness.push(psnr((await seeJxl(bytes)).data, bitmap.data))
    expect(likeness).toEqual(likeness.toSorted((a, b) => a - b))
    const [quick, small] = [
      await codec.encode!(bitmap, { effort: 0, lossless: true }),
      await codec.encode!(bitmap, { effort: 6, lossless: true }),
    ]
    expect(small.length).toBeLessThan(quick.length)
  })

  test('the most effort is stopped too', async () => {
    const { data, info } = await picture({ width: 900, height: 700 })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    let end = Infinity
    const stoppable = createJxlCodec({
      loadWasm,
      tick() {
        if (performance.now() > end) throw new Stopped()
      },
    })
    const bitmap = { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
    await stoppable.encode!({ data: bitmap.data.slice(0, 4), width: 1, height: 1 }, {})
    const start = performance.now()
    end = start + 100
    await expect(stoppable.encode!(bitmap, { effort: 9 })).rejects.toBeInstanceOf(Stopped)
    expect(performance.now() - start).toBeLessThan(2500)
  })
})
