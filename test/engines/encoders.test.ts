/** What `progressive` and `effort` change in a file, and what they do not. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { lumaOf, similarity } from '../../src/engines/image/quality/similarity.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { psnr, rgba, type Pixels } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const make = async (bytes: Uint8Array, width: number, height: number, change: Partial<ImageRecipe>) => {
  const recipe: ImageRecipe = { kind: 'image', from: 'png', orient: 1, to: 'jpeg', width, height, ...change }
  return (await run({ recipe, bytes, pixels: 1e8, frames: 1000 })).body
}

const bitmapOf = ({ data, width, height }: Pixels) => ({ data: new Uint8ClampedArray(data), width, height })

describe('progressive JPEG', () => {
  test.each([
    [1, 1],
    [8, 8],
    [9, 17],
    [16, 16],
    [33, 40],
    [47, 31],
    [320, 240],
    [641, 483],
  ])('%ix%i: the pixels of the baseline file', async (width, height) => {
    for (const quality of [5, 50, 80, 97])
      for (const isGrey of [false, true]) {
        const made = picture({ width, height })
        const bytes = await (isGrey ? made.greyscale() : made).png().toBuffer()
        const [plain, progressive] = [
          await make(bytes, width, height, { quality }),
          await make(bytes, width, height, { quality, progressive: true }),
        ]
        expect(psnr((await rgba(progressive)).data, (await rgba(plain)).data)).toBe(Infinity)
        expect(await sharp(progressive).metadata()).toMatchObject({ isProgressive: true, width, height })
        expect((await sharp(plain).metadata()).isProgressive ?? false).toBe(false)
        // Our own decoder reads it as well.
        const again = { from: 'jpeg', to: 'png' } as const
        const back = await rgba(await make(progressive, width, height, again))
        expect(psnr(back.data, (await rgba(await make(plain, width, height, again))).data)).toBe(Infinity)
      }
  })

  test.each(['lake', 'dunes', 'street'])('%s: as large as that of sharp', async (name) => {
    const photograph = sharp(new URL(`../../samples/${name}.jpg`, import.meta.url).pathname).resize(640, 480)
    const bytes = await photograph.png().toBuffer()
    const ours = await make(bytes, 640, 480, { quality: 80, progressive: true })
    const theirs = await sharp(bytes).jpeg({ quality: 80, progressive: true }).toBuffer()
    expect(Math.abs(ours.length / theirs.length - 1)).toBeLessThan(0.01)
  })

  test('noise, where every coefficient counts', async () => {
    const [width, height] = [120, 88]
    let state = 1
    const noise = Uint8Array.from(
      { length: width * height * 3 },
      () => (state = (state * 48271) % 2147483647) & 255,
    )
    const bytes = await sharp(noise, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer()
    for (const quality of [10, 90, 100]) {
      const [plain, progressive] = [
        await make(bytes, width, height, { quality }),
        await make(bytes, width, height, { quality, progressive: true }),
      ]
      expect(psnr((await rgba(progressive)).data, (await rgba(plain)).data)).toBe(Infinity)
    }
  })
})

describe('effort', () => {
  const [width, height] = [300, 200]

  test.each(['png', 'webp', 'avif'] as const)('%s: more of it, fewer bytes', async (to) => {
    const bytes = await picture({ width, height, alpha: to !== 'avif' })
      .png()
      .toBuffer()
    const sizes = await Promise.all(
      [0, 9].map(async (effort) => {
        const made = await make(bytes, width, height, { to, effort, quality: 70 })
        expect(await sharp(made).metadata()).toMatchObject({ width, height })
        return made.length
      }),
    )
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0)
  })

  test('of JPEG, 8 and 9: fewer bytes, as it looked before; below, the same bytes', async () => {
    const lake = await sharp(new URL('../../samples/lake.jpg', import.meta.url).pathname)
      .resize(width, height)
      .png()
      .toBuffer()
    const original = lumaOf(bitmapOf(await rgba(lake)))
    const looks = async (made: Uint8Array) =>
      similarity(original, lumaOf(bitmapOf(await rgba(made))), () => {})
    for (const quality of [50, 80, 92]) {
      const plain = await make(lake, width, height, { to: 'jpeg', quality, progressive: true })
      const small = await make(lake, width, height, { to: 'jpeg', quality, effort: 9 })
      expect(await sharp(small).metadata()).toMatchObject({
        width,
        height,
        isProgressive: true,
        chromaSubsampling: '4:2:0',
      })
      expect(small.length).toBeLessThan(plain.length * 0.98)
      expect(await looks(small)).toBeGreaterThan((await looks(plain)) - 0.008)
      const low = await make(lake, width, height, { to: 'jpeg', quality, progressive: true, effort: 7 })
      expect(Buffer.compare(low, plain)).toBe(0)
    }
  })

  test('the pixels of PNG and lossless WebP stay', async () => {
    const bytes = await picture({ width, height, alpha: true }).png().toBuffer()
    const source = await rgba(bytes)
    for (const to of ['png', 'webp'] as const)
      for (const effort of [0, 3, 6, 9]) {
        const made = await make(bytes, width, height, { to, effort, lossless: true })
        const visible = (await rgba(made)).data.map((value, at) => (source.data[at | 3] === 0 ? 0 : value))
        const expected = source.data.map((value, at) => (source.data[at | 3] === 0 ? 0 : value))
        expect(psnr(visible, expected)).toBe(Infinity)
      }
  })
})
