/** Golden pictures: what the pipeline makes, against the same operation by sharp, by exact size, look and likeness. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker, type ImageResult } from '../../src/engines/image/image-task.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { differenceHash, hashDistance, psnr, rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const PIXELS = 100_000_000

/** Runs a recipe from PNG to PNG unless it says otherwise; sizes of the result are given by hand. */
function make(bytes: Uint8Array, recipe: Partial<ImageRecipe> & { width: number; height: number }) {
  const whole: ImageRecipe = { kind: 'image', from: 'png', orient: 1, to: 'png', ...recipe }
  return run({ recipe: whole, bytes, pixels: PIXELS, frames: 1000 })
}

async function expectSame(result: ImageResult, reference: ReturnType<typeof sharp>, decibels: number) {
  const expected = await reference.png().toBuffer()
  const [seen, wanted] = await Promise.all([rgba(result.body), rgba(expected)])
  expect([seen.width, seen.height]).toEqual([wanted.width, wanted.height])
  expect([result.width, result.height]).toEqual([seen.width, seen.height])
  const hashes = await Promise.all([differenceHash(result.body), differenceHash(expected)])
  expect(hashDistance(hashes[0], hashes[1])).toBeLessThanOrEqual(2)
  expect(psnr(seen.data, wanted.data)).toBeGreaterThan(decibels)
}

const EXACT = 1000
const png = (options = {}) =>
  picture({ width: 301, height: 203, ...options })
    .png()
    .toBuffer()

describe('moves, pixel for pixel', () => {
  test.each([2, 3, 4, 5, 6, 7, 8] as const)('orientation %i', async (orient) => {
    const bytes = await picture({ width: 301, height: 203 })
      .withMetadata({ orientation: orient })
      .png()
      .toBuffer()
    const [width, height] = orient < 5 ? [301, 203] : [203, 301]
    await expectSame(await make(bytes, { orient, width, height }), sharp(bytes).autoOrient(), EXACT)
  })

  test.each([2, 3, 4, 5, 6, 7, 8] as const)('orientation %i of a WebP and an AVIF', async (orient) => {
    for (const from of ['webp', 'avif'] as const) {
      const bytes = await picture({ width: 40, height: 30 })
        .withMetadata({ orientation: orient })
        .toFormat(from, from === 'avif' ? { effort: 0 } : {})
        .toBuffer()
      const [width, height] = orient < 5 ? [40, 30] : [30, 40]
      await expectSame(await make(bytes, { from, orient, width, height }), sharp(bytes).autoOrient(), EXACT)
    }
  })

  test.each([90, 180, 270] as const)('rotate %i', async (rotate) => {
    const bytes = await png()
    const [width, height] = rotate === 180 ? [301, 203] : [203, 301]
    await expectSame(await make(bytes, { rotate, width, height }), sharp(bytes).rotate(rotate), EXACT)
  })

  test('flips', async () => {
    const bytes = await png()
    const size = { width: 301, height: 203 }
    await expectSame(await make(bytes, { flip: 'h', ...size }), sharp(bytes).flop(), EXACT)
    await expectSame(await make(bytes, { flip: 'v', ...size }), sharp(bytes).flip(), EXACT)
    await expectSame(await make(bytes, { flip: 'hv', ...size }), sharp(bytes).flip().flop(), EXACT)
  })

  test('crop, then rotate, then flip, then cut: in this order', async () => {
    const bytes = await png()
    const recipe = {
      crop: { x: 31, y: 17, width: 200, height: 150 },
      rotate: 90,
      flip: 'h',
      cut: { x: 5, y: 9, width: 100, height: 120 },
    } as const
    const cropped = await sharp(bytes)
      .extract({ left: 31, top: 17, width: 200, height: 150 })
      .png()
      .toBuffer()
    const turned = await sharp(cropped).rotate(90).png().toBuffer()
    const flipped = await sharp(turned).flop().png().toBuffer()
    const reference = sharp(flipped).extract({ left: 5, top: 9, width: 100, height: 120 })
    await expectSame(await make(bytes, { ...recipe, width: 100, height: 120 }), reference, EXACT)
  })

  test('padding stands the picture where it belongs, on nothing or on a colour', async () => {
    const bytes = await png()
    const pad = { canvas: { width: 400, height: 300 }, x: 40, y: 90, width: 301, height: 203 }
    const sides = { top: 90, bottom: 7, left: 40, right: 59 }
    await expectSame(
      await make(bytes, { pad, width: 400, height: 300 }),
      sharp(bytes).extend({ ...sides, background: '#0000' }),
      EXACT,
    )
    await expectSame(
      await make(bytes, { pad, background: { r: 1, g: 200, b: 30, a: 1 }, width: 400, height: 300 }),
      sharp(bytes).extend({ ...sides, background: { r: 1, g: 200, b: 30 } }),
      EXACT,
    )
  })

  test('flattening composes over the background', async () => {
    const bytes = await png({ alpha: true })
    const background = { r: 10, g: 250, b: 90, a: 1 }
    const result = await make(bytes, { background, width: 301, height: 203 })
    await expectSame(result, sharp(bytes).flatten({ background: '#0afa5a' }), 48)
    expect((await sharp(result.body).stats()).isOpaque).toBe(true)
  })

  test('a translucent background stays translucent', async () => {
    const clear = await sharp({ create: { width: 4, height: 4, channels: 4, background: '#ff000080' } })
      .png()
      .toBuffer()
    const background = { r: 0, g: 0, b: 255, a: 0.5 }
    const result = await make(clear, { background, width: 4, height: 4 })
    const { data } = await rgba(result.body)
    // Over, by hand: alpha = 128/255 + 0.5 (1 - 128/255) = 0.751
    expect(Array.from(data.subarray(0, 4))).toEqual([170, 0, 85, 192])
  })
})

describe('resize, as another Lanczos sees it', () => {
  test.each([
    [150, 101],
    [100, 67],
    [37, 25],
    [301, 50],
    [20, 203],
    [1, 1],
    [602, 406],
    [300, 202],
  ])('301x203 to %ix%i', async (width, height) => {
    const bytes = await png()
    const result = await make(bytes, { resize: { width, height }, width, height })
    const reference = sharp(bytes).resize(width, height, { fit: 'fill', fastShrinkOnLoad: false })
    await expectSame(result, reference, width === 1 ? 30 : 40)
  })

  test.each([
    [2725, 2225, 320],
    [1999, 1501, 123],
    [1000, 3001, 64],
    [4097, 33, 100],
  ])('a large reduction shifts nothing: %ix%i to %i wide', async (fromWidth, fromHeight, width) => {
    const bytes = await picture({ width: fromWidth, height: fromHeight })
      .png({ compressionLevel: 1 })
      .toBuffer()
    const height = Math.max(1, Math.round((fromHeight * width) / fromWidth))
    const result = await make(bytes, { resize: { width, height }, width, height })
    await expectSame(result, sharp(bytes).resize(width, height, { fit: 'fill' }), 40)
  })

  test.each([
    [40, 30],
    [150, 101],
    [700, 500],
  ])('no fringes around what is transparent, at %ix%i', async (width, height) => {
    // Red that fades into transparent green: no green may come out.
    const data = new Uint8Array(301 * 203 * 4)
    for (let i = 0; i < data.length; i += 4)
      data.set((i / 4) % 301 < 150 ? [255, 0, 0, 255] : [0, 255, 0, 0], i)
    const bytes = await sharp(data, { raw: { width: 301, height: 203, channels: 4 } })
      .png()
      .toBuffer()
    const seen = await rgba((await make(bytes, { resize: { width, height }, width, height })).body)
    for (let i = 0; i < seen.data.length; i += 4) {
      const [r = 0, g = 0, , a = 0] = seen.data.subarray(i, i + 4)
      if (a > 8) expect([r > 240, g < 15]).toEqual([true, true])
    }
  })

  test('alpha is scaled as well as colour', async () => {
    const bytes = await png({ alpha: true })
    for (const [width, height] of [
      [150, 101],
      [50, 34],
    ] as const) {
      const result = await make(bytes, { resize: { width, height }, width, height })
      const reference = await sharp(bytes).resize(width, height, { fit: 'fill' }).png().toBuffer()
      // As it looks: what is all but transparent has hardly a colour.
      for (const under of ['#000', '#fff']) {
        const [seen, wanted] = await Promise.all(
          [result.body, reference].map((file) => sharp(file).flatten({ background: under }).raw().toBuffer()),
        )
        expect(psnr(seen!, wanted!)).toBeGreaterThan(42)
      }
    }
  })
})

describe('from any format to any format', () => {
  const formats = ['jpeg', 'png', 'webp', 'avif'] as const
  const pairs = formats.flatMap((from) => formats.map((to) => [from, to] as const))

  test.each(pairs)('%s to %s', async (from, to) => {
    const bytes = await picture({ width: 301, height: 203 }).toFormat(from).toBuffer()
    const size = { width: 150, height: 101 }
    // High enough that the encoder's noise does not turn the hash of what is nearly flat.
    const result = await make(bytes, { from, to, quality: 95, resize: size, ...size })
    expect((await sharp(result.body).metadata()).format).toBe(to === 'avif' ? 'heif' : to)
    await expectSame(result, sharp(bytes).resize(150, 101, { fit: 'fill', fastShrinkOnLoad: false }), 32)
  })

  test('lossless is lossless', async () => {
    const bytes = await png()
    for (const to of ['webp', 'avif'] as const) {
      const result = await make(bytes, { to, lossless: true, width: 301, height: 203 })
      await expectSame(result, sharp(bytes), EXACT)
    }
  })

  test('nothing of the metadata goes along', async () => {
    const bytes = await picture()
      .withMetadata({ orientation: 6 })
      .withExifMerge({ IFD0: { Copyright: 'somebody' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
      .jpeg()
      .toBuffer()
    for (const to of formats) {
      const result = await make(bytes, { from: 'jpeg', to, orient: 6, width: 240, height: 320 })
      const { exif, xmp, icc, orientation } = await sharp(result.body).metadata()
      expect([exif, xmp, icc, orientation]).toEqual([undefined, undefined, undefined, undefined])
    }
  })

  test('equal tasks have equal bytes, whatever ran before', async () => {
    const bytes = await png()
    const size = { width: 100, height: 67 }
    for (const to of formats) {
      const first = await make(bytes, { to, quality: 70, resize: size, ...size })
      await make(bytes, { to, quality: 30, width: 301, height: 203 })
      const again = await make(bytes, { to, quality: 70, resize: size, ...size })
      const fresh = await createImageWorker({ loadWasm, tick: () => {} })({
        recipe: { kind: 'image', from: 'png', orient: 1, to, quality: 70, resize: size, ...size },
        bytes,
        pixels: PIXELS,
        frames: 1000,
      })
      expect(Buffer.compare(first.body, again.body)).toBe(0)
      expect(Buffer.compare(first.body, fresh.body)).toBe(0)
    }
  })
})

describe('what was probed must be what is decoded', () => {
  test('another orientation', async () => {
    await expect(make(await png(), { orient: 6, width: 203, height: 301 })).rejects.toMatchObject({
      code: 'CORRUPT_MEDIA',
    })
  })

  test('another format', async () => {
    await expect(make(await png(), { from: 'jpeg', width: 301, height: 203 })).rejects.toMatchObject({
      code: 'CORRUPT_MEDIA',
    })
  })

  test('more pixels than the limit', async () => {
    const recipe: ImageRecipe = { kind: 'image', from: 'png', orient: 1, to: 'png', width: 301, height: 203 }
    await expect(run({ recipe, bytes: await png(), pixels: 60_000, frames: 1000 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'pixels', value: 61_103, maximum: 60_000 },
    })
  })
})
