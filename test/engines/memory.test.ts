/** What the work on one picture may take, over all its instances and the pixels outside of them. */
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { createAccount } from '../../src/engines/image/memory.ts'
import type { FormatName } from '../../src/media/format.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { jpegPicture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const MIB = 1_048_576
const run = createImageWorker({ loadWasm, tick: () => {} })
const limits = { pixels: 1e8, frames: 1000 }

const [width, height] = [1600, 1200]
const photo = sharp(await jpegPicture({ width, height }))
const small: Partial<ImageRecipe> = { resize: { width: 400, height: 300 }, width: 400, height: 300 }

/** Made as quickly as sharp can. */
const QUICK: Partial<Record<FormatName, object>> = {
  avif: { effort: 0 },
  gif: { effort: 1 },
  webp: { effort: 0 },
}
const FILES = new Map<FormatName, Promise<Uint8Array>>()

async function encode(format: FormatName): Promise<Uint8Array> {
  if (format === 'svg')
    return new TextEncoder().encode(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"/>`,
    )
  return new Uint8Array(
    await photo
      .clone()
      .toFormat(format as 'jpeg', QUICK[format])
      .toBuffer(),
  )
}

async function make(from: FormatName, to: FormatName, memory: number, change: Partial<ImageRecipe> = {}) {
  const file = FILES.get(from) ?? encode(from)
  FILES.set(from, file)
  const recipe: ImageRecipe = { kind: 'image', from, orient: 1, to, width, height, ...change }
  return run({ recipe, bytes: await file, ...limits, memory })
}

/** A picture of 1.9 MP is 7.7 MB as pixels. */
test.each<[FormatName, FormatName, number, Partial<ImageRecipe>]>([
  ['jpeg', 'png', 8, {}],
  ['jpeg', 'jpeg', 12, { effects: { brightness: 1.1 } }],
  ['png', 'png', 8, {}],
  ['webp', 'jpeg', 4, {}],
  ['gif', 'png', 8, {}],
  ['avif', 'jpeg', 8, small],
  ['tiff', 'jpeg', 7, small],
  ['svg', 'png', 12, {}],
  ['jpeg', 'avif', 24, small],
])('%s to %s in %i MiB is refused, and made where there is more', async (from, to, mib, change) => {
  await expect(make(from, to, mib * MIB, change)).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    details: { limit: 'memoryBytes', maximum: mib * MIB },
  })
  const { body, width: made } = await make(from, to, 512 * MIB, change)
  expect([body.length > 100, made]).toEqual([true, change.width ?? width])
})

test('what was refused leaves nothing on the account of the next picture', async () => {
  await expect(make('png', 'png', 8 * MIB)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  expect((await make('jpeg', 'jpeg', 8 * MIB, small)).width).toBe(400)
})

test('a quality that is looked for counts one trial, not all of them', async () => {
  const size = { resize: { width: 800, height: 600 }, width: 800, height: 600 }
  const made = await make('jpeg', 'webp', 20 * MIB, { ...size, quality: 100, maxBytes: 60_000 })
  expect(made.body.length).toBeLessThanOrEqual(60_000)
  const seen = await make('jpeg', 'webp', 20 * MIB, { ...size, perceptual: true })
  expect(seen.quality).toBeGreaterThan(1)
})

test('an instance that a large picture has swollen is let go, one that a small picture needs is kept', async () => {
  const left: number[] = []
  const counted = createImageWorker({ loadWasm, tick: () => {}, leave: (bytes) => left.push(bytes) })
  const bytes = await encode('png')
  const recipe: ImageRecipe = { kind: 'image', from: 'png', orient: 1, to: 'png', width, height }
  // A quarter may stay: 5 MiB of 20, which the pixels alone exceed.
  await counted({ recipe, bytes, ...limits, memory: 20 * MIB })
  await counted({ recipe: { ...recipe, ...small }, bytes, ...limits, memory: 20 * MIB })
  expect(left).toEqual([expect.any(Number), 0])
  expect(left[0]).toBeGreaterThan(width * height * 4)
})

test('of idle instances the largest go first, until the rest is a quarter of what a picture may take', () => {
  const account = createAccount()
  const held = [3, 9, 6, 8].map((bytes) => ({ bytes }))
  for (const one of held) account.mind({ memoryBytes: () => one.bytes, letGo: () => void (one.bytes = 0) })
  account.open(40)
  expect(account.close()).toBe(17)
  expect(held.map(({ bytes }) => bytes)).toEqual([3, 0, 6, 0])
})
