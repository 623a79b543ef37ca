/** What must hold between results, whatever the picture: turns that undo each other, sizes that are asked for in two ways. */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { createMediamorph } from '../../src/index.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { psnr, rgba } from '../support/compare.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { jpegPicture, picture } from '../support/pictures.ts'
import { createTestPlatform, loadWasm } from '../support/platform.ts'
import sharp from 'sharp'

const work = createImageWorker({ loadWasm, tick: () => {} })
type Lossless = 'png' | 'webp'

async function run(
  from: Lossless,
  to: Lossless,
  bytes: Uint8Array,
  size: Size,
  moves: Partial<ImageRecipe> = {},
) {
  const recipe: ImageRecipe = { kind: 'image', from, orient: 1, to, lossless: true, ...moves, ...size }
  return (await work({ recipe, bytes, pixels: 1e6, frames: 1 })).body
}
interface Size {
  readonly width: number
  readonly height: number
}

/** Any pixels, alpha too, but nothing under alpha that nobody sees. */
const anyPicture = fc
  .record({ width: fc.integer({ min: 1, max: 23 }), height: fc.integer({ min: 1, max: 23 }), seed: fc.nat() })
  .map(({ width, height, seed }) => {
    let state = (seed % 2_147_483_646) + 1
    const random = () => (state = (state * 48_271) % 2_147_483_647) & 255
    const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
      i % 4 === 3 ? random() | 1 : random(),
    )
    return { data, width, height }
  })
const format = fc.constantFrom<Lossless>('png', 'webp')
const write = async (to: Lossless, { data, width, height }: Size & { data: Uint8Array }) => {
  const image = sharp(data, { raw: { width, height, channels: 4 } })
  return Uint8Array.from(
    await (to === 'png' ? image.png() : image.webp({ lossless: true, exact: true })).toBuffer(),
  )
}
const check = <T>(given: fc.Arbitrary<T>, holds: (value: T) => Promise<void>, numRuns = 25) =>
  fc.assert(fc.asyncProperty(given, holds), { numRuns, seed: 42 })

describe('to the bit', () => {
  const given = fc.record({ from: format, to: format, made: anyPicture })

  test('twice mirrored, and turned four times, is the picture itself', () =>
    check(fc.record({ base: given, flip: fc.constantFrom('h', 'v', 'hv') }), async ({ base, flip }) => {
      const { from, to, made } = base
      const once = await run(from, to, await write(from, made), made, { flip })
      const twice = await rgba(await run(to, from, once, made, { flip }))
      expect(Buffer.compare(twice.data, made.data)).toBe(0)
      let bytes = once
      const lying = { width: made.height, height: made.width }
      for (const size of [lying, made, lying, made]) bytes = await run(to, to, bytes, size, { rotate: 90 })
      expect(Buffer.compare((await rgba(bytes)).data, (await rgba(once)).data)).toBe(0)
    }))

  test('two quarter turns are half a turn, and both mirrors too', () =>
    check(given, async ({ from, to, made }) => {
      const bytes = await write(from, made)
      const lying = { width: made.height, height: made.width }
      const quarter = await run(from, to, bytes, lying, { rotate: 90 })
      const half = await run(from, to, bytes, made, { rotate: 180 })
      expect(await run(to, to, quarter, made, { rotate: 90 })).toEqual(half)
      expect(await run(from, to, bytes, made, { flip: 'hv' })).toEqual(half)
    }))

  test('scaled to its own size it is the same file', () =>
    check(given, async ({ from, to, made }) => {
      const bytes = await write(from, made)
      const { width, height } = made
      expect(await run(from, to, bytes, made, { resize: { width, height } })).toEqual(
        await run(from, to, bytes, made),
      )
    }))

  test('what was written without loss is written again as it is', () =>
    check(given, async ({ from, to, made }) => {
      const first = await run(from, to, await write(from, made), made)
      expect(await run(to, to, first, made)).toEqual(first)
      expect(Buffer.compare((await rgba(first)).data, made.data)).toBe(0)
    }))
})

test('cut out of the smaller picture, or made smaller out of the cut: the same but for what filters see beyond it', async () => {
  const size = { width: 128, height: 96 }
  const data = new Uint8Array(size.width * size.height * 4)
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++)
      data.set(
        [128 + 90 * Math.sin(x / 15), 128 + 90 * Math.cos(y / 12 + x / 40), (x + y) % 224, 255],
        (y * size.width + x) * 4,
      )
  for (let at = 2; at < data.length; at += 4) data[at] = 128 + 60 * Math.sin(at / 4 / size.width / 9)
  const bytes = await write('png', { data, ...size })
  const half = { width: 64, height: 48 }
  const small = await run('png', 'png', bytes, half, { resize: half })
  const side = fc.integer({ min: 4, max: 30 })
  await check(
    fc.record({ x: fc.nat(30), y: fc.nat(15), width: side, height: side }),
    async (box) => {
      const out = { width: box.width, height: box.height }
      const after = await rgba(await run('png', 'png', small, out, { crop: box }))
      const crop = { x: box.x * 2, y: box.y * 2, width: box.width * 2, height: box.height * 2 }
      const before = await rgba(await run('png', 'png', bytes, out, { crop, resize: out }))
      expect(psnr(before.data, after.data)).toBeGreaterThan(40)
    },
    15,
  )
})

describe('through the service', () => {
  const mount = createMemoryMount()
  const platform = createTestPlatform({ drivers: { 'memory:files': mount.driver } })
  const source = { type: 'storage', mount: 'memory:files', key: '${key}' }
  const media = createMediamorph(
    {
      origins: [{ name: 'files', match: '^/files/(?<key>.+)$', sources: [source] }],
      storage: { cache: 'memory:' },
      database: 'sqlite::memory:',
    } as never,
    platform,
  )
  afterAll(() => media.close())
  const get = async (query: string) => {
    const answer = await media.fetch(new Request(`http://media.test/files/a?${query}`))
    expect(answer.status).toBe(200)
    return new Uint8Array(await answer.arrayBuffer())
  }

  test('a density of 2 is twice the size', async () => {
    mount.put('a', await jpegPicture({ width: 320, height: 240 }))
    for (const [one, other] of [
      ['width=50&dpr=2', 'width=100'],
      ['width=50&height=60&fit=cover&dpr=2', 'width=100&height=120&fit=cover'],
      ['height=40&dpr=3&format=png', 'height=120&format=png'],
    ] as const)
      expect(Buffer.compare(await get(one), await get(other)), one).toBe(0)
  })

  test('a whole turn is none, and a turn to the left is three to the right', async () => {
    mount.put('a', Uint8Array.from(await picture({ width: 60, height: 40 }).png().toBuffer()))
    expect(Buffer.compare(await get('format=png&rotate=360'), await get('format=png'))).toBe(0)
    expect(Buffer.compare(await get('format=png&rotate=-90'), await get('format=png&rotate=270'))).toBe(0)
  })
})
