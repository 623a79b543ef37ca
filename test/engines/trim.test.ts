/** `trim`: the box that remains, against libvips, and the picture that is made of it. */
import * as fc from 'fast-check'
import sharp, { type Color, type OverlayOptions } from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { boxOfDifference } from '../../src/engines/image/look/border.ts'
import { findPart } from '../../src/engines/image/look/find-part.ts'
import type { Bitmap } from '../../src/media/bitmap.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import { sniff } from '../../src/media/sniff.ts'
import type { Ask } from '../../src/plan/plan.ts'
import type { Rect, Size } from '../../src/plan/recipe.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { psnr, rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { recipeOfPicture } from '../support/recipes.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const limits = { pixels: 1e8, frames: 1000, outputSide: 8192, outputPixels: 64e6, avifPixels: 2e6 }
const tick = () => {}

async function make(bytes: Uint8Array, ask: Ask, by = limits) {
  const info = readWholeInfo(sniff(bytes)!, bytes)
  const plan = { source: { origin: 'o', path: '/p', captures: {} }, ask, accepts: [], text: '' }
  return run({ recipe: recipeOfPicture(resolve(plan, info, by)), bytes, pixels: 1e8, frames: 1000 })
}

/** The usual picture within a border. */
const framed = (background: Color, alpha = false) =>
  sharp({ create: { width: 400, height: 300, channels: alpha ? 4 : 3, background } }).composite([
    { input: { create: { width: 200, height: 120, channels: 3, background: '#204060' } }, left: 70, top: 40 },
    { input: { create: { width: 30, height: 20, channels: 3, background: '#c0d0e0' } }, left: 100, top: 60 },
  ])

/** As sharp trims a bitmap: its offsets are negative; none when it leaves the picture alone. */
async function reference({ data, width, height }: Bitmap, threshold: number): Promise<Rect> {
  const { info } = await sharp(data, { raw: { width, height, channels: 4 } })
    .trim({ threshold })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const [x, y] = [0 - (info.trimOffsetLeft ?? 0), 0 - (info.trimOffsetTop ?? 0)]
  return { x, y, width: info.width, height: info.height }
}

const cropped = ({ data, width }: Bitmap, part: Rect): Bitmap => ({
  data: Uint8ClampedArray.from({ length: part.width * part.height * 4 }, (_, at) => {
    const pixel = Math.floor(at / 4)
    const [x, y] = [part.x + (pixel % part.width), part.y + Math.floor(pixel / part.width)]
    return data[(y * width + x) * 4 + (at % 4)]!
  }),
  width: part.width,
  height: part.height,
})

describe('the box', () => {
  const channel = fc.constantFrom(0, 3, 100, 108, 112, 255)
  const color = fc.tuple(channel, channel, channel, fc.constantFrom(255, 255, 0, 128, 250))
  const scene = fc.record({
    border: color,
    parts: fc.array(
      fc.record({
        color,
        x: fc.nat(24),
        y: fc.nat(18),
        width: fc.integer({ min: 1, max: 12 }),
        height: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 4 },
    ),
    isOpaque: fc.boolean(),
    threshold: fc.constantFrom(0, 5, 10, 60),
  })

  test('is that of libvips, whatever lies in the picture', async () => {
    const property = fc.asyncProperty(scene, async ({ border, parts, isOpaque, threshold }) => {
      const [width, height] = [29, 23]
      const data = new Uint8ClampedArray(width * height * 4)
      const paint = (box: Rect, [r, g, b, a]: readonly number[]) => {
        for (let y = box.y; y < Math.min(height, box.y + box.height); y++)
          for (let x = box.x; x < Math.min(width, box.x + box.width); x++)
            data.set([r!, g!, b!, isOpaque ? 255 : a!], (y * width + x) * 4)
      }
      paint({ x: 0, y: 0, width, height }, border)
      for (const part of parts) paint(part, part.color)
      const bitmap = { data, width, height }
      const [r = 0, g = 0, b = 0, a = 0] = data
      const whole = { x: 0, y: 0, width, height }
      const seen = boxOfDifference(bitmap, [r, g, b, a], threshold, tick) ?? whole
      expect(seen).toEqual(await reference(bitmap, threshold))
    })
    await fc.assert(property, { numRuns: 400 })
  })

  test('of a large picture is found on a smaller scale, and then exactly', async () => {
    const large = await rgba(
      await framed('#f8f8f8')
        .composite([
          { input: await picture({ width: 223, height: 151 }).png().toBuffer(), left: 91, top: 53 },
        ])
        .png()
        .toBuffer(),
    )
    const bitmap = { ...large, data: new Uint8ClampedArray(large.data) }
    let [looks, mostPixels] = [0, 0]
    const look = async (part: Rect, size: Size) => {
      looks++
      mostPixels = Math.max(mostPixels, size.width * size.height)
      const { data, width, height } = cropped(bitmap, part)
      const raw = sharp(data, { raw: { width, height, channels: 4 } })
      const seen = await raw.resize(size.width, size.height, { fit: 'fill' }).raw().toBuffer()
      return { data: new Uint8ClampedArray(seen), ...size }
    }
    const area = { x: 10, y: 5, width: 380, height: 290 }
    const found = await findPart({ area, tolerance: 10, look, tick, most: 10_000 })
    expect(found).toEqual({ x: 91, y: 53, width: 223, height: 151 })
    expect([looks, mostPixels < 12_000]).toEqual([6, true])
    expect(await findPart({ area, tolerance: 10, look, tick })).toEqual(found)
  })
})

describe('the picture', () => {
  test.each(['png', 'jpeg', 'webp', 'avif'] as const)('of a %s loses its border', async (format) => {
    const options = format === 'avif' ? { effort: 0, quality: 90 } : { quality: 95 }
    const bytes = await framed('#ffffff').toFormat(format, options).toBuffer()
    const result = await make(bytes, { trim: 20, format: 'png' })
    expect(result).toMatchObject({ type: 'image/png' })
    // Lossy files bleed a little over the edge.
    const slack = format === 'png' ? 0 : 6
    expect(Math.abs(result.width! - 200)).toBeLessThanOrEqual(slack)
    expect(Math.abs(result.height! - 120)).toBeLessThanOrEqual(slack)
    const { width, height } = await sharp(result.body).metadata()
    expect([width, height]).toEqual([result.width, result.height])
  })

  test('is what sharp makes, pixel for pixel, with alpha and without', async () => {
    for (const [background, alpha] of [
      ['#ffffff', false],
      ['#00000000', true],
      ['#20406000', true],
    ] as const) {
      const bytes = await framed(background, alpha).png().toBuffer()
      const [seen, wanted] = await Promise.all([
        rgba((await make(bytes, { trim: 10 })).body),
        rgba(await sharp(bytes).trim({ threshold: 10 }).png().toBuffer()),
      ])
      expect([seen.width, seen.height]).toEqual([200, 120])
      expect([seen.width, seen.height]).toEqual([wanted.width, wanted.height])
      expect(psnr(seen.data, wanted.data)).toBe(Infinity)
    }
  })

  test('of one colour stays whole, and specks do not count', async () => {
    const plain = sharp({ create: { width: 40, height: 30, channels: 3, background: '#808080' } })
    const speck = { create: { width: 1, height: 1, channels: 3, background: '#ff0000' } } as const
    const dotted = plain.clone().composite([{ input: speck, left: 20, top: 10 }])
    for (const image of [plain, dotted])
      expect(await make(await image.png().toBuffer(), { trim: 0 })).toMatchObject({ width: 40, height: 30 })
  })

  test('tolerance decides', async () => {
    const bytes = await framed('#204059').png().toBuffer()
    expect(await make(bytes, { trim: 6 })).toMatchObject({ width: 200, height: 120 })
    expect(await make(bytes, { trim: 7 })).toMatchObject({ width: 30, height: 20 })
  })

  test('upright first, then crop, then trim; then rotation, flip and size of what remains', async () => {
    const upright = await framed('#ffffff').png().toBuffer()
    const lying = await sharp(upright).rotate(270).withMetadata({ orientation: 6 }).png().toBuffer()
    const ask = { trim: 10, rotate: 90, flip: 'h', width: 60, height: 60 } as const
    const crop = { width: { px: 200 }, height: { px: 260 }, x: { px: 0 }, y: { px: 0 } }
    expect(await make(lying, { trim: 10 })).toMatchObject({ width: 200, height: 120 })
    expect(await make(lying, { ...ask })).toMatchObject({ width: 36, height: 60 })
    expect(await make(lying, { ...ask, crop })).toMatchObject({ width: 55, height: 60 })
    const inner = await sharp(upright)
      .extract({ left: 70, top: 40, width: 130, height: 120 })
      .png()
      .toBuffer()
    const { trim: _, ...rest } = ask
    const reference = await make(inner, { ...rest, fit: 'cover' })
    const result = await make(lying, { ...ask, fit: 'cover', crop })
    const [seen, wanted] = await Promise.all([rgba(result.body), rgba(reference.body)])
    expect([seen.width, seen.height]).toEqual([60, 60])
    // Not to the bit: the scaler looks a little over the edge of what it is to show.
    expect(psnr(seen.data, wanted.data)).toBeGreaterThan(42)
  })

  test('limits of the result hold for what remains, and format=auto looks at its size', async () => {
    const bytes = await framed('#ffffff').png().toBuffer()
    await expect(make(bytes, { trim: 10 }, { ...limits, outputSide: 199 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'outputSide', value: 200, maximum: 199 },
    })
    expect(await make(bytes, { trim: 10 }, { ...limits, outputSide: 200 })).toMatchObject({ width: 200 })
    const info = readWholeInfo('png', bytes)
    const plan = { source: { origin: 'o', path: '/p', captures: {} }, text: '', accepts: ['avif'] as const }
    for (const [avifPixels, type] of [
      [24_000, 'image/avif'],
      [23_999, 'image/png'],
    ] as const) {
      const recipe = recipeOfPicture(resolve({ ...plan, ask: { trim: 10 } }, info, { ...limits, avifPixels }))
      expect(await run({ recipe, bytes, pixels: 1e8, frames: 1000 })).toMatchObject({ type })
    }
  })

  test('of an animation is cut as its first frame is, and a page as it is itself', async () => {
    const frames = [40, 90].map((left) => ({
      input: { create: { width: 50, height: 30, channels: 3, background: '#204060' } },
      left,
      top: left === 40 ? 20 : 120,
    })) as OverlayOptions[]
    const strip = await sharp({ create: { width: 200, height: 200, channels: 3, background: '#fff' } })
      .composite(frames)
      .removeAlpha()
      .raw()
      .toBuffer()
    const raw = { width: 200, height: 200, channels: 3, pageHeight: 100 } as const
    const bytes = await sharp(strip, { raw })
      .gif({ delay: [100, 100] })
      .toBuffer()
    const result = await make(bytes, { trim: 10 })
    expect(result).toMatchObject({ type: 'image/gif', width: 50, height: 30 })
    expect((await sharp(result.body, { animated: true }).metadata()).pages).toBe(2)
    expect(await make(bytes, { trim: 10, page: 1, format: 'png' })).toMatchObject({ width: 50, height: 30 })
    await expect(make(bytes, { trim: 10, page: 7 })).rejects.toThrow()
  })

  test('what cannot be made is refused before the original is read', () => {
    const info = { class: 'image', format: 'png', width: 9, height: 9, orientation: 1 } as const
    const facts = { hasAlpha: false, frames: 1, animated: false, bitDepth: 8, colorModel: 'rgb' } as const
    const plan = { source: { origin: 'o', path: '/p', captures: {} }, accepts: [], text: '' }
    for (const [ask, code] of [
      [{ format: 'mp4' }, 'INVALID_PARAMETER'],
      [{ rotate: 45 }, 'INVALID_PARAMETER'],
    ] as const) {
      const act = () => resolve({ ...plan, ask: { trim: 1, ...ask } }, { ...info, ...facts }, limits)
      expect(act).toThrow(expect.objectContaining({ code }))
    }
  })
})
