/** AVIF as libaom in our own module writes it, seen by sharp. */
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import type { EncodeOptions } from '../../src/engines/image/codec.ts'
import { createAvifCodec } from '../../src/engines/image/codecs/avif.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import type { Bitmap } from '../../src/media/bitmap.ts'
import { readHeifPicture } from '../../src/media/heif/picture.ts'
import { psnr, rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const codec = createAvifCodec({ loadWasm, tick: () => {} })
const encode = (bitmap: Bitmap, options: EncodeOptions = {}) => codec.encode!(bitmap, options)

async function bitmapOf(image: Sharp): Promise<Bitmap> {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
}
const sample = (name: string, width: number, height: number) =>
  sharp(new URL(`../../samples/${name}`, import.meta.url).pathname).resize(width, height)

/** Every value of a byte occurs, and no two rows are alike. */
function noise(width: number, height: number, alpha: (value: number) => number = () => 255): Bitmap {
  let state = width * 31 + height
  const next = () => (state = (state * 48271) % 2147483647) & 255
  const data = new Uint8ClampedArray(width * height * 4)
  for (let at = 0; at < data.length; at++) data[at] = at % 4 === 3 ? alpha(next()) : next()
  return { data, width, height }
}
const isSame = (a: ArrayLike<number>, b: ArrayLike<number>) => psnr(a, b) === Infinity

describe('every size', () => {
  test.each([
    [1, 1],
    [2, 1],
    [1, 2],
    [5, 7],
    [63, 65],
    [64, 64],
    [129, 31],
    [8192, 3],
    [3, 8192],
  ])('%ix%i', async (width, height) => {
    const bitmap = await bitmapOf(sample('dunes.jpg', width, height))
    const seen = await rgba(await encode(bitmap, { quality: 70 }))
    expect([seen.width, seen.height]).toEqual([width, height])
    expect(psnr(seen.data, bitmap.data)).toBeGreaterThan(width * height < 100 ? 20 : 27)
    const exact = await encode(bitmap, { lossless: true })
    expect(isSame((await rgba(exact)).data, bitmap.data)).toBe(true)
  })
})

describe('what it is made of', () => {
  test('three planes, 4:2:0, full range, as sRGB', async () => {
    const bytes = await encode(await bitmapOf(picture()), { quality: 60 })
    expect(await sharp(bytes).metadata()).toMatchObject({ channels: 3, hasAlpha: false, compression: 'av1' })
    const { color, alpha } = readHeifPicture(bytes, 'avif')
    expect(color.colors).toEqual({ primaries: 1, transfer: 13, matrix: 6, isFullRange: true })
    expect(alpha).toBeUndefined()
  })

  test('one plane where nothing has colour', async () => {
    const { data, width, height } = await rgba(await picture().greyscale().png().toBuffer())
    const grey = { data: new Uint8ClampedArray(data), width, height }
    const bytes = await encode(grey, { quality: 80 })
    // `pixi`: how many channels there are, and their bits.
    const at = Buffer.from(bytes).indexOf('pixi') + 8
    expect([...bytes.subarray(at, at + 2)]).toEqual([1, 8])
    expect((await sharp(bytes).metadata()).hasAlpha).toBe(false)
    expect(psnr((await rgba(bytes)).data, grey.data)).toBeGreaterThan(38)
    expect(isSame((await rgba(await encode(grey, { lossless: true }))).data, grey.data)).toBe(true)
  })

  test('alpha beside it, where there is any', async () => {
    const bitmap = await bitmapOf(picture({ alpha: true }))
    const bytes = await encode(bitmap, { quality: 70 })
    expect((await sharp(bytes).metadata()).hasAlpha).toBe(true)
    const { color, alpha, isPremultiplied } = readHeifPicture(bytes, 'avif')
    expect([color.tiles.length, alpha?.tiles.length, isPremultiplied]).toEqual([1, 1, false])
  })

  test('nothing is lost of noise with alpha', async () => {
    for (const alpha of [(value: number) => value, () => 128]) {
      const bitmap = noise(83, 47, alpha)
      const { data } = await rgba(await encode(bitmap, { lossless: true }))
      expect(isSame(data, bitmap.data)).toBe(true)
    }
  })
})

describe('the scale of qualities', () => {
  test.each([20, 50, 80])('%i is about what it is for sharp', async (quality) => {
    const image = sample('lake.jpg', 400, 300)
    const bitmap = await bitmapOf(image)
    const ours = await encode(bitmap, { quality, effort: 2 })
    const theirs = await image.avif({ quality, effort: 0 }).toBuffer()
    const [a, b] = [psnr((await rgba(ours)).data, bitmap.data), psnr((await rgba(theirs)).data, bitmap.data)]
    expect(Math.abs(a - b)).toBeLessThan(2)
    expect(Math.abs(Math.log(ours.length / theirs.length))).toBeLessThan(Math.log(1.6))
  })

  test('every effort writes a picture', async () => {
    const bitmap = await bitmapOf(sample('street.jpg', 96, 72))
    for (let effort = 0; effort <= 9; effort++) {
      const { data } = await rgba(await encode(bitmap, { quality: 80, effort }))
      expect(psnr(data, bitmap.data)).toBeGreaterThan(30)
    }
  })
})

describe('an instance', () => {
  test('gives the same bytes again, whatever came between', async () => {
    const bitmap = await bitmapOf(sample('lake.jpg', 200, 150))
    const first = await encode(bitmap, { quality: 50 })
    await encode(
      noise(70, 300, (value) => value),
      { quality: 90, effort: 5 },
    )
    await encode(noise(9, 9), { lossless: true })
    expect(Buffer.compare(await encode(bitmap, { quality: 50 }), first)).toBe(0)
  })

  test('is stopped anywhere, and the next picture is right', async () => {
    let ticks = 0
    let last = Infinity
    const stoppable = createAvifCodec({
      loadWasm,
      tick() {
        if (++ticks > last) throw new Stopped()
      },
    })
    const bitmap = await bitmapOf(sample('lake.jpg', 320, 240))
    const whole = await stoppable.encode!(bitmap, { effort: 6 })
    const all = ticks
    // Superblocks of 64, four filters or scans beside them.
    expect(all).toBeGreaterThan(5 * 4)
    for (const share of [0.1, 0.5, 0.8, 0.98]) {
      ticks = 0
      last = Math.floor(all * share)
      await expect(stoppable.encode!(bitmap, { effort: 6 })).rejects.toBeInstanceOf(Stopped)
      last = Infinity
      expect(Buffer.compare(await stoppable.encode!(bitmap, { effort: 6 }), whole)).toBe(0)
    }
  })
})
