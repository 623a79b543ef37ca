import { describe, expect, test } from 'vitest'
import { chooseEngine } from '../../src/engines/choose.ts'
import { createImageEngine } from '../../src/engines/image/engine.ts'
import { probe } from '../../src/engines/probe.ts'
import type { ImageInfo } from '../../src/media/info.ts'
import type { Original } from '../../src/media/original.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { createInlineWorkers } from '../support/platform.ts'

const engine = createImageEngine({ workers: createInlineWorkers() })
const size = { width: 64, height: 48 }
const recipe: ImageRecipe = {
  kind: 'image',
  from: 'jpeg',
  orient: 1,
  to: 'webp',
  quality: 80,
  resize: size,
  ...size,
}
const budget = {
  signal: new AbortController().signal,
  transformMs: 20_000,
  imageBytes: 100_000,
  sourceBytes: 100_000,
  outputBytes: 100_000,
}
const jpeg = async () => Uint8Array.from(await picture().jpeg().toBuffer())

/** An original that says `size` of itself, whatever it holds. */
function createOriginal(bytes: Uint8Array, size?: number): Original & { largestRead(): number } {
  let largest = 0
  return {
    ...(size === undefined ? {} : { size }),
    validator: { text: 'v1' },
    sourceType: 'test',
    async read({ start, end }) {
      largest = Math.max(largest, end - start)
      return bytes.slice(start, end)
    },
    stream: () => new Response(Uint8Array.from(bytes)).body!,
    close: async () => {},
    largestRead: () => largest,
  }
}

describe('image engine', () => {
  test('makes the rendition, with its type and size', async () => {
    const bytes = await jpeg()
    const { main, facts } = await engine.run(recipe, createOriginal(bytes, bytes.length), budget)
    expect(main).toMatchObject({ name: '', type: 'image/webp' })
    expect(facts).toEqual({ engine: 'image', ...size })
    expect(await rgba(main.body)).toMatchObject(size)
  })

  test.each([
    ['says that it is too large', new Uint8Array(10), 100_001],
    ['does not say its size', new Uint8Array(200_000), undefined],
    ['says less than it is', new Uint8Array(200_000), 5000],
  ])('refuses an original that %s, by the name of the limit', async (_, bytes, claimed) => {
    const original = createOriginal(bytes, claimed)
    await expect(engine.run(recipe, original, budget)).rejects.toMatchObject({
      code: 'SOURCE_TOO_LARGE',
      status: 413,
      details: { limit: 'imageBytes', maximum: 100_000 },
    })
    expect(original.largestRead()).toBeLessThanOrEqual(100_001)
  })

  test('one of exactly the limit is read', async () => {
    const bytes = await jpeg()
    const original = createOriginal(bytes, bytes.length)
    await expect(engine.run(recipe, original, { ...budget, imageBytes: bytes.length })).resolves.toBeDefined()
    await expect(
      engine.run(recipe, original, { ...budget, imageBytes: bytes.length - 1 }),
    ).rejects.toMatchObject({ code: 'SOURCE_TOO_LARGE' })
  })

  test('nothing beyond the limit of pixels is decoded, whatever was probed', async () => {
    const strict = createImageEngine({ workers: createInlineWorkers(), pixels: 1000 })
    const bytes = await jpeg()
    await expect(strict.run(recipe, createOriginal(bytes), budget)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'pixels', value: 76_800, maximum: 1000 },
    })
  })

  test('its time is bounded', async () => {
    const bytes = Uint8Array.from(await picture({ width: 2000, height: 1500 }).jpeg().toBuffer())
    const large = { ...recipe, to: 'avif', width: 2000, height: 1500 } as const
    const { resize: _, ...whole } = large
    await expect(
      engine.run(whole, createOriginal(bytes), { ...budget, imageBytes: 10_000_000, transformMs: 150 }),
    ).rejects.toMatchObject({ code: 'TRANSFORM_TIMEOUT' })
  })

  test('is chosen for what it can decode and encode', async () => {
    const info = (await probe(createOriginal(await jpeg()))) as ImageInfo
    expect(await chooseEngine([engine], recipe, info)).toBe(engine)
    for (const wrong of [
      { ...recipe, to: 'tiff' },
      { ...recipe, from: 'mp4' },
    ] as const)
      await expect(chooseEngine([engine], wrong, info)).rejects.toThrow(
        expect.objectContaining({ code: 'NOT_SUPPORTED_HERE' }),
      )
  })
})
