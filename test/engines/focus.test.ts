/** `gravity=auto`: what is cut to is where most is to be seen. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { countFrames } from '../../src/media/frame-count.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import { sniff } from '../../src/media/sniff.ts'
import type { Ask } from '../../src/plan/plan.ts'
import type { LookRecipe } from '../../src/plan/recipe.ts'
import { resolve, resolveSeen } from '../../src/plan/resolve.ts'
import { rgba } from '../support/compare.ts'
import { loadWasm } from '../support/platform.ts'
import { recipeOfPicture } from '../support/recipes.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const limits = { pixels: 1e8, frames: 1000, outputSide: 8192, outputPixels: 64e6, avifPixels: 2e6 }
const recipeOf = (bytes: Uint8Array, ask: Ask) => {
  const info = readWholeInfo(sniff(bytes) ?? 'png', bytes)
  return recipeOfPicture(
    resolve({ source: { origin: 'o', path: '/p', captures: {} }, ask, accepts: [], text: '' }, info, limits),
  )
}
const make = async (bytes: Uint8Array, ask: Ask) =>
  rgba((await run({ recipe: recipeOf(bytes, ask), bytes, pixels: 1e8, frames: 1000 })).body)

/** Soft grey with a chequered, colourful patch of 60 x 60 about a point. */
function scene(width: number, height: number, x: number, y: number, orientation = 1) {
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const isPatch = Math.abs(column - x) < 30 && Math.abs(row - y) < 30
      const isDark = (Math.floor(column / 6) + Math.floor(row / 6)) % 2 === 0
      const grey = 120 + Math.round((20 * column) / width)
      data.set(
        isPatch ? (isDark ? [230, 40, 30] : [30, 60, 220]) : [grey, grey, grey],
        (row * width + column) * 3,
      )
    }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer()
}
/** Pixels that are neither grey nor near it. */
const colourful = ({ data }: { data: Uint8Array }) => {
  let count = 0
  for (let at = 0; at < data.length; at += 4)
    if (Math.abs((data[at] ?? 0) - (data[at + 2] ?? 0)) > 60) count++
  return count
}

describe('the cut keeps what is to be seen', () => {
  test.each([
    [600, 200, 60, 100],
    [600, 200, 540, 100],
    [600, 200, 400, 60],
    [200, 600, 100, 70],
    [200, 600, 100, 520],
  ])('%ix%i, at %i, %i', async (width, height, x, y) => {
    const bytes = await scene(width, height, x, y)
    for (const fit of ['cover', 'crop'] as const) {
      const made = await make(bytes, { width: 200, height: 200, fit, gravity: 'auto', format: 'png' })
      expect([made.width, made.height]).toEqual([200, 200])
      expect(colourful(made)).toBeGreaterThan(0.85 * 59 * 59)
    }
  })

  test('of the picture as it is seen: turned by EXIF, then rotated and mirrored', async () => {
    for (const orientation of [3, 6])
      for (const more of [{}, { rotate: 90 }, { rotate: 180, flip: 'h' }] as const) {
        const bytes = await scene(600, 200, 70, 100, orientation)
        const made = await make(bytes, {
          width: 200,
          height: 200,
          fit: 'cover',
          gravity: 'auto',
          format: 'png',
          ...more,
        })
        expect(colourful(made)).toBeGreaterThan(0.85 * 59 * 59)
      }
  })

  test('after borders are gone', async () => {
    const inner = await sharp(await scene(600, 200, 540, 100))
      .png()
      .toBuffer()
    const bytes = await sharp(inner)
      .extend({ top: 90, bottom: 90, left: 10, right: 300, background: '#fff' })
      .png()
      .toBuffer()
    const ask = { width: 200, height: 200, fit: 'cover', gravity: 'auto', trim: 10, format: 'png' } as const
    expect(colourful(await make(bytes, ask))).toBeGreaterThan(0.85 * 59 * 59)
  })

  test('of an animation, the first frame decides for all', async () => {
    const frames = await Promise.all(
      [80, 300, 130].map(async (x) =>
        sharp(await scene(600, 200, x, 100))
          .png()
          .toBuffer(),
      ),
    )
    const bytes = await sharp(frames, { join: { animated: true } })
      .gif({ delay: [90, 90, 90] })
      .toBuffer()
    const recipe = recipeOf(bytes, { width: 200, height: 200, fit: 'cover', gravity: 'auto', format: 'png' })
    const { body } = await run({ recipe, bytes, pixels: 1e8, frames: 1000 })
    expect(colourful(await rgba(body))).toBeGreaterThan(0.8 * 59 * 59)
    expect(countFrames('png', body, 10)).toBe(3)
  })

  test('where nothing stands out, the middle', async () => {
    const plain = await sharp({ create: { width: 300, height: 100, channels: 3, background: '#777' } })
      .png()
      .toBuffer()
    const left = await make(plain, { width: 100, height: 100, fit: 'cover', gravity: 'auto' })
    expect([left.width, left.height]).toEqual([100, 100])
    const marked = await sharp(plain)
      .composite([
        {
          input: { create: { width: 4, height: 4, channels: 4, background: '#7a7777' } },
          left: 148,
          top: 48,
        },
      ])
      .png()
      .toBuffer()
    const { data } = await make(marked, { width: 100, height: 100, fit: 'cover', gravity: 'auto' })
    expect(data[(50 * 100 + 50) * 4]).toBe(0x7a)
  })
})

test('nothing is looked at where there is nothing to choose', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const recipe = recipeOf(png, { width: 9, height: 9, fit: 'cover', gravity: 'auto' }) as LookRecipe
  expect(recipe.kind).toBe('look')
  const part = { x: 0, y: 0, width: 1, height: 1 }
  expect(resolveSeen(recipe, part)).toMatchObject({ kind: 'image', width: 1, height: 1 })
})
