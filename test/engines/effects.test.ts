/** Effects, by what they do to pixels. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Bitmap } from '../../src/media/bitmap.ts'
import type { Effects } from '../../src/plan/plan.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { applyEffects } from '../../src/engines/image/steps/effects.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const recipe = { kind: 'image', from: 'png', orient: 1, to: 'png', width: 0, height: 0 } as const
const apply = (bitmap: Bitmap, effects: Effects) =>
  applyEffects(bitmap, { ...recipe, effects }, () => {}) as Bitmap
const one = (...rgba: number[]): Bitmap => ({ data: Uint8ClampedArray.from(rgba), width: 1, height: 1 })
const colorOf = (bitmap: Bitmap) => [...bitmap.data.subarray(0, 4)]

describe('tones and colours', () => {
  test.each([
    [{ brightness: 2 }, [100, 50, 200, 90], [200, 100, 255, 90]],
    [{ brightness: 0 }, [100, 50, 200, 90], [0, 0, 0, 90]],
    [{ contrast: 2 }, [127, 28, 160, 255], [126, 0, 192, 255]],
    [{ contrast: 0 }, [1, 99, 254, 255], [128, 128, 128, 255]],
    [{ gamma: 2 }, [64, 0, 255, 255], [128, 0, 255, 255]],
    [{ gamma: 0 }, [64, 0, 255, 255], [0, 0, 255, 255]],
    [{ grayscale: true }, [255, 0, 0, 70], [54, 54, 54, 70]],
    [{ saturation: 0 }, [0, 255, 0, 255], [182, 182, 182, 255]],
    [{ saturation: 2 }, [120, 120, 120, 255], [120, 120, 120, 255]],
    [{ tint: { r: 255, g: 0, b: 0, a: 1 } }, [128, 128, 128, 255], [255, 74, 74, 255]],
  ] as const)('%j', (effects, from, to) => {
    expect(colorOf(apply(one(...from), effects))).toEqual(to)
  })

  test('leaves the picture that it was given alone', () => {
    const bitmap = one(1, 2, 3, 4)
    apply(bitmap, { pixelate: 2, blur: 3, brightness: 3, saturation: 3, sharpen: 3 })
    expect(colorOf(bitmap)).toEqual([1, 2, 3, 4])
  })
})

describe('pixelate', () => {
  test('every square is the mean of its colours, weighed by alpha', () => {
    const data = Uint8ClampedArray.from([
      200, 0, 0, 255, 0, 100, 0, 0, 10, 20, 30, 255, 200, 0, 0, 255, 0, 100, 0, 0, 30, 20, 10, 255,
    ])
    const { data: seen } = apply({ data, width: 3, height: 2 }, { pixelate: 2 })
    const [block, rest] = [
      [200, 0, 0, 128],
      [20, 20, 20, 255],
    ]
    expect([...seen]).toEqual([...block, ...block, ...rest, ...block, ...block, ...rest])
  })
})

describe('blur', () => {
  const [width, height] = [160, 120]

  test.each([0.3, 1, 2, 2.1, 5, 20])('by %d as sharp blurs', async (deviation) => {
    const source = picture({ width, height })
    const pixels = await source.clone().ensureAlpha().raw().toBuffer()
    const theirs = await source
      .clone()
      .blur({ sigma: deviation, precision: 'float' })
      .ensureAlpha()
      .raw()
      .toBuffer()
    const { data } = apply({ data: new Uint8ClampedArray(pixels), width, height }, { blur: deviation })
    let sum = 0
    for (let at = 0; at < data.length; at++) sum += (data[at]! - theirs[at]!) ** 2
    expect(Math.sqrt(sum / data.length)).toBeLessThan(2.5)
  })

  test('one colour stays that colour, up to the edges, and nothing transparent bleeds', () => {
    const data = new Uint8ClampedArray(60 * 40 * 4)
    for (let at = 0; at < data.length; at += 4)
      data.set(at % 240 < 120 ? [90, 160, 30, 255] : [255, 0, 255, 0], at)
    for (const deviation of [1, 6, 250]) {
      const { data: seen } = apply({ data, width: 60, height: 40 }, { blur: deviation })
      for (let at = 0; at < seen.length; at += 4)
        if (seen[at + 3]! > 8)
          for (const [i, value] of [90, 160, 30].entries())
            expect(Math.abs(seen[at + i]! - value)).toBeLessThan(3)
    }
  })
})

test('sharpening makes an edge steeper and leaves what is flat', () => {
  const row = [50, 50, 50, 50, 50, 150, 150, 150, 150, 150].flatMap((value) => [value, value, value, 255])
  const { data } = apply(
    { data: Uint8ClampedArray.from([...row, ...row, ...row]), width: 10, height: 3 },
    { sharpen: 1 },
  )
  const seen = Array.from({ length: 10 }, (_, x) => data[4 * x]!)
  expect(seen[0]).toBe(50)
  expect(seen[9]).toBe(150)
  expect(seen[4]).toBeLessThan(30)
  expect(seen[5]).toBeGreaterThan(170)
})

test('comes after scaling and padding', async () => {
  const run = createImageWorker({ loadWasm, tick: () => {} })
  const bytes = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#ff0000' } })
    .png()
    .toBuffer()
  const { body } = await run({
    recipe: {
      ...recipe,
      to: 'png',
      resize: { width: 10, height: 10 },
      pad: { canvas: { width: 20, height: 10 }, x: 5, y: 0, width: 10, height: 10 },
      background: { r: 0, g: 0, b: 255, a: 1 },
      effects: { grayscale: true },
      width: 20,
      height: 10,
    },
    bytes,
    pixels: 1e6,
    frames: 1000,
  })
  const { data } = await sharp(body)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect([...data.subarray(0, 4)]).toEqual([18, 18, 18, 255])
  expect([...data.subarray(40, 44)]).toEqual([54, 54, 54, 255])
})
