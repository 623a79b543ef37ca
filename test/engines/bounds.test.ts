/** What is cropped off is gone: the filter that scales what remains does not see it. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { psnr, rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const make = async (bytes: Uint8Array, change: Partial<ImageRecipe>) => {
  const recipe: ImageRecipe = {
    kind: 'image',
    from: 'png',
    orient: 1,
    to: 'png',
    width: 1,
    height: 1,
    ...change,
  }
  return rgba((await run({ recipe, bytes, pixels: 1e8, frames: 10 })).body)
}

/** Red, in a frame of white that is 48 wide. */
const framed = () =>
  sharp({ create: { width: 192, height: 144, channels: 3, background: '#e02020' } }).extend({
    top: 48,
    bottom: 48,
    left: 48,
    right: 48,
    background: '#fff',
  })
const INSIDE = { x: 48, y: 48, width: 192, height: 144 }

describe('only what was cropped to shows', () => {
  test.each(['png', 'jpeg', 'webp', 'avif', 'gif'] as const)('%s, smaller and larger', async (from) => {
    const bytes = await framed()
      .toFormat(from, from === 'webp' || from === 'avif' ? { lossless: true } : {})
      .toBuffer()
    for (const [width, height] of [
      [64, 48],
      [57, 43],
      [400, 300],
    ] as const) {
      const { data } = await make(bytes, {
        from,
        ...(from === 'gif' ? { page: 0 } : {}),
        crop: INSIDE,
        resize: { width, height },
        width,
        height,
      })
      const expected = [0xe0, 0x20, 0x20, 255]
      const far = data.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - (expected[at % 4] ?? 0))),
        0,
      )
      expect(far).toBeLessThanOrEqual(from === 'png' || from === 'gif' ? 0 : 4)
    }
  })

  test.each([1, 3, 6, 8] as const)('as sharp extracts and scales, turned by EXIF %i', async (orient) => {
    const upright = await picture({ width: 240, height: 180 }).png().toBuffer()
    const bytes = await sharp(upright).withMetadata({ orientation: orient }).png().toBuffer()
    const turned = await sharp(bytes).rotate().png().toBuffer()
    const box = { left: 21, top: 33, width: 120, height: 90 }
    const expected = await sharp(await sharp(turned).extract(box).png().toBuffer())
      .resize(40, 30, { fit: 'fill', kernel: 'lanczos3' })
      .ensureAlpha()
      .raw()
      .toBuffer()
    const made = await make(bytes, {
      orient,
      crop: { x: 21, y: 33, width: 120, height: 90 },
      resize: { width: 40, height: 30 },
      width: 40,
      height: 30,
    })
    expect(psnr(made.data, expected)).toBeGreaterThan(45)
  })
})
