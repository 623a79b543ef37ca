/** `max_bytes` and `quality=auto`: the search, what it is led by, and the files that come of it. */
import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { fitBytes, meetTarget } from '../../src/engines/image/quality/search.ts'
import { lumaOf, similarity, type Luma } from '../../src/engines/image/quality/similarity.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import { sniff } from '../../src/media/sniff.ts'
import type { Ask } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { recipeOfPicture } from '../support/recipes.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const limits = { pixels: 1e8, frames: 1000, outputSide: 8192, outputPixels: 64e6, avifPixels: 2e6 }
const tick = () => {}

function make(bytes: Uint8Array, ask: Ask) {
  const info = readWholeInfo(sniff(bytes)!, bytes)
  const plan = { source: { origin: 'o', path: '/p', captures: {} }, ask, accepts: [], text: '' }
  return run({ recipe: recipeOfPicture(resolve(plan, info, limits)), bytes, pixels: 1e8, frames: 1000 })
}

const sample = (name: string) => readFile(new URL(`../../samples/${name}`, import.meta.url))

/** Structural similarity as the paper puts it, window by window, with the worst tenth by sorting. */
function slowSimilarity(a: Luma, b: Luma): number {
  const shares = [1, 2, 1]
  let [one, other, sum, weight] = [a, b, 0, 0]
  for (const share of shares) {
    if (Math.min(one.width, one.height) < 8) break
    const scores: number[] = []
    for (let y = 0; y + 8 <= one.height; y += 4)
      for (let x = 0; x + 8 <= one.width; x += 4) scores.push(Math.max(0, windowOf(one, other, x, y)))
    const mean = (list: readonly number[]) => list.reduce((total, value) => total + value, 0) / list.length
    const worst = scores.toSorted((p, q) => p - q).slice(0, Math.max(1, Math.floor(scores.length / 10)))
    sum += (share * (mean(scores) + mean(worst))) / 2
    weight += share
    ;[one, other] = [half(one), half(other)]
  }
  return sum / weight
}

function windowOf(a: Luma, b: Luma, left: number, top: number): number {
  const take = ({ samples, width }: Luma) =>
    Array.from({ length: 64 }, (_, at) => samples[(top + (at >> 3)) * width + left + (at & 7)]!)
  const [p, q] = [take(a), take(b)]
  const [meanP, meanQ] = [p, q].map((list) => list.reduce((sum, value) => sum + value, 0) / 64) as [
    number,
    number,
  ]
  const covariance = (m: number[], meanM: number, n: number[], meanN: number) =>
    m.reduce((sum, value, at) => sum + (value - meanM) * (n[at]! - meanN), 0) / 63
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2]
  const luminance = (2 * meanP * meanQ + c1) / (meanP ** 2 + meanQ ** 2 + c1)
  const variances = covariance(p, meanP, p, meanP) + covariance(q, meanQ, q, meanQ)
  return (luminance * (2 * covariance(p, meanP, q, meanQ) + c2)) / (variances + c2)
}

function half({ samples, width, height }: Luma): Luma {
  const [columns, rows] = [width >> 1, height >> 1]
  const result = Uint8Array.from({ length: columns * rows }, (_, at) => {
    const [x, y] = [2 * (at % columns), 2 * Math.floor(at / columns)]
    const four = [0, 1].flatMap((down) => [0, 1].map((right) => samples[(y + down) * width + x + right]!))
    return Math.round(four.reduce((sum, value) => sum + value, 0) / 4)
  })
  return { samples: result, width: columns, height: rows }
}

const lumaIn = async (file: Uint8Array) => {
  const { data, width, height } = await rgba(file)
  return lumaOf({ data: new Uint8ClampedArray(data), width, height })
}

describe('similarity', () => {
  test.each([
    [120, 90],
    [61, 35],
    [16, 200],
    [9, 8],
  ])('is that of the paper, at %ix%i', async (width, height) => {
    const original = await picture({ width, height }).png().toBuffer()
    for (const quality of [5, 40, 90]) {
      const lossy = await sharp(original).jpeg({ quality }).toBuffer()
      const [a, b] = await Promise.all([lumaIn(original), lumaIn(lossy)])
      expect(Math.abs(similarity(a, b, tick) - slowSimilarity(a, b))).toBeLessThan(0.0005)
      expect(similarity(b, a, tick)).toBeCloseTo(similarity(a, b, tick), 12)
    }
  })

  test('is 1 for equal pictures of any size, and falls as they get worse', async () => {
    for (const [width, height] of [
      [1, 1],
      [3, 40],
      [7, 7],
      [64, 48],
    ] as const) {
      const luma = await lumaIn(await picture({ width, height }).png().toBuffer())
      expect(similarity(luma, luma, tick)).toBe(1)
    }
    const original = await sharp(await sample('street.jpg'))
      .resize(320)
      .png()
      .toBuffer()
    const scores: number[] = []
    for (const quality of [10, 25, 50, 75, 95]) {
      const lossy = await sharp(original).jpeg({ quality }).toBuffer()
      scores.push(similarity(await lumaIn(original), await lumaIn(lossy), tick))
    }
    expect(scores).toEqual(scores.toSorted((a, b) => a - b))
    expect([scores[0]! < 0.9, scores[4]! > 0.97]).toEqual([true, true])
  })

  test('damage to a tenth of the picture costs far more than a tenth of damage to all of it', async () => {
    const original = await lumaIn(await picture({ width: 200, height: 200 }).png().toBuffer())
    const noisy = (rows: number, amount: number): Luma => ({
      ...original,
      samples: original.samples.map((value, at) =>
        at < rows * 200 ? Math.max(0, Math.min(255, value + ((at * 7919) % 2 ? amount : -amount))) : value,
      ),
    })
    const [tenth, all] = [20, 200].map((rows) => 1 - similarity(original, noisy(rows, 20), tick))
    expect(tenth! / all!).toBeGreaterThan(0.4)
  })

  test('does not see what lies under transparency', () => {
    const of = (r: number) =>
      lumaOf({
        data: Uint8ClampedArray.from({ length: 16 * 16 * 4 }, (_, at) => (at % 4 === 3 ? 0 : r)),
        width: 16,
        height: 16,
      })
    expect(similarity(of(0), of(255), tick)).toBe(1)
  })
})

describe('the search', () => {
  /** A file of that many bytes. */
  const file = (size: number) => new Uint8Array(size)

  test('finds the highest quality that fits, whatever the sizes, with few files', async () => {
    const curve = fc.record({
      base: fc.integer({ min: 10, max: 3000 }),
      growth: fc.double({ min: 0.002, max: 0.06, noNaN: true }),
      jump: fc.integer({ min: 1, max: 100 }),
      factor: fc.integer({ min: 1, max: 6 }),
    })
    let [files, runs] = [0, 0]
    const property = fc.asyncProperty(
      curve,
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 40_000 }),
      async ({ base, growth, jump, factor }, top, most) => {
        const sizeAt = (quality: number) =>
          Math.round(base * Math.exp(growth * quality)) * (quality >= jump ? factor : 1)
        const tried: number[] = []
        const search = fitBytes(
          async (quality) => {
            tried.push(quality)
            return file(sizeAt(quality))
          },
          top,
          most,
        )
        const meant = Array.from({ length: top }, (_, at) => top - at).find(
          (quality) => sizeAt(quality) <= most,
        )
        if (meant === undefined)
          await expect(search).rejects.toMatchObject({
            code: 'LIMIT_EXCEEDED',
            status: 422,
            details: { limit: 'max_bytes', value: sizeAt(1), maximum: most },
          })
        else expect(await search).toMatchObject({ quality: meant, bytes: { length: sizeAt(meant) } })
        expect(new Set(tried).size).toBe(tried.length)
        expect(tried.every((quality) => quality >= 1 && quality <= top)).toBe(true)
        expect(tried.length).toBeLessThanOrEqual(12)
        files += tried.length
        runs++
      },
    )
    await fc.assert(property, { numRuns: 2000 })
    expect(files / runs).toBeLessThan(7)
  })

  const target = { score: 0.955, tolerance: 0.008, tries: 4, start: 75 }
  const meet = async (scoreAt: (quality: number) => number) => {
    const tried: number[] = []
    const trial = await meetTarget(
      async (quality) => {
        tried.push(quality)
        return file(quality * 100)
      },
      async ({ length }) => scoreAt(length / 100),
      target,
    )
    return { tried, quality: trial.quality, score: scoreAt(trial.quality) }
  }

  test('meets the target in four tries where what is missing falls as it does with pictures', async () => {
    const property = fc.asyncProperty(
      fc.double({ min: -0.05, max: -0.015, noNaN: true }),
      fc.integer({ min: 20, max: 90 }),
      async (fall, at) => {
        const { tried, score } = await meet((quality) => 1 - 0.045 * Math.exp(fall * (quality - at)))
        expect(tried.length).toBeLessThanOrEqual(4)
        expect(Math.abs(score - 0.955)).toBeLessThanOrEqual(0.008)
      },
    )
    await fc.assert(property, { numRuns: 1000 })
  })

  test('takes what is best when nothing is good enough, and the smallest when all is', async () => {
    expect(await meet((quality) => quality / 1000)).toMatchObject({ quality: 95 })
    const easy = await meet(() => 1)
    expect(easy.quality).toBeLessThan(20)
    expect(easy.tried.length).toBeLessThanOrEqual(4)
  })
})

describe('max_bytes', () => {
  const formats = ['jpeg', 'webp', 'avif'] as const

  test.each(formats)(
    'gives the best %s that fits: that of its quality, and the next is too large',
    async (format) => {
      const bytes = await sample('dunes.jpg')
      const size = { width: 160, format } as const
      for (const maxBytes of [2500, 6000]) {
        const { body, quality } = await make(bytes, { ...size, maxBytes })
        expect(body.length).toBeLessThanOrEqual(maxBytes)
        expect(quality).toBeGreaterThan(1)
        expect(Buffer.compare(body, (await make(bytes, { ...size, quality: quality! })).body)).toBe(0)
        expect((await make(bytes, { ...size, quality: quality! + 1 })).body.length).toBeGreaterThan(maxBytes)
      }
    },
  )

  test('goes the way of pixels too, and that of alpha', async () => {
    const png = await picture({ alpha: true }).png().toBuffer()
    for (const format of ['jpeg', 'webp'] as const) {
      const ask = { format, effects: { blur: 1 } }
      const { body, quality } = await make(png, { ...ask, maxBytes: 2500 })
      expect([body.length <= 2500, quality! < 100]).toEqual([true, true])
      expect(Buffer.compare(body, (await make(png, { ...ask, quality: quality! })).body)).toBe(0)
    }
  })

  test('a quality that is named is the highest; where all fits it is that one', async () => {
    const bytes = await sample('dunes.jpg')
    const ask = { width: 160, format: 'jpeg', maxBytes: 1_000_000 } as const
    expect((await make(bytes, ask)).quality).toBe(100)
    expect((await make(bytes, { ...ask, quality: 'low' })).quality).toBe(60)
  })

  test('what cannot be so small is 422: lossy, lossless, and formats without a quality', async () => {
    const bytes = await sample('dunes.jpg')
    const asks: Ask[] = [{ format: 'jpeg' }, { format: 'webp', quality: 'lossless' }, { format: 'png' }]
    for (const ask of asks) {
      const smallest = { jpeg: 1, webp: 100, png: 100 }[ask.format as 'jpeg']
      const { body } = await make(bytes, { width: 64, quality: smallest, ...ask })
      const fits = await make(bytes, { width: 64, ...ask, maxBytes: 200_000 })
      expect(fits.quality).toBe(ask.format === 'jpeg' ? 100 : undefined)
      await expect(make(bytes, { width: 64, ...ask, maxBytes: 100 })).rejects.toMatchObject({
        status: 422,
        details: { limit: 'max_bytes', value: body.length, maximum: 100 },
      })
    }
  })

  test('holds for animations', async () => {
    const frames = [0, 1, 2].map((seed) => picture({ width: 60, height: 40, seed }).raw().toBuffer())
    const raw = { width: 60, height: 120, channels: 3, pageHeight: 40 } as const
    const strip = sharp(Buffer.concat(await Promise.all(frames)), { raw })
    const film = await strip.gif({ delay: [90, 90, 90] }).toBuffer()
    const whole = await make(film, { format: 'webp' })
    const most = Math.round(whole.body.length * 0.8)
    const { body, quality } = await make(film, { format: 'webp', maxBytes: most })
    expect([body.length <= most, quality! < 80]).toEqual([true, true])
    expect((await sharp(body, { animated: true }).metadata()).pages).toBe(3)
    expect((await make(film, { format: 'webp', quality: 'auto' })).body).toEqual(whole.body)
  })
})

describe('quality=auto', () => {
  const names = ['dunes.jpg', 'lake.jpg', 'still-life.jpg', 'street.jpg', 'marbles.webp'] as const

  test.each(['jpeg', 'webp'] as const)(
    'meets the target with samples as %s, each at its own quality',
    async (format) => {
      const qualities = new Set<number>()
      for (const name of names) {
        const bytes = await sample(name)
        const ask = { width: 360, format } as const
        const { body, quality } = await make(bytes, { ...ask, quality: 'auto' })
        const original = await make(bytes, { width: 360, format: 'png' })
        const score = similarity(await lumaIn(original.body), await lumaIn(body), tick)
        expect(Math.abs(score - 0.955), `${name} at ${quality}`).toBeLessThanOrEqual(0.009)
        expect(Buffer.compare(body, (await make(bytes, { ...ask, quality: quality! })).body)).toBe(0)
        qualities.add(quality!)
      }
      expect(qualities.size).toBeGreaterThan(2)
    },
  )

  test('works for AVIF, with alpha, and for pictures of a pixel', async () => {
    const png = await picture({ alpha: true }).png().toBuffer()
    for (const format of ['webp', 'avif'] as const) {
      const { quality, body } = await make(png, { format, quality: 'auto' })
      expect([quality! >= 10 && quality! <= 95, (await sharp(body).metadata()).hasAlpha]).toEqual([
        true,
        true,
      ])
    }
    const dot = await picture({ width: 1, height: 1 }).png().toBuffer()
    expect((await make(dot, { format: 'jpeg', quality: 'auto' })).quality).toBeGreaterThanOrEqual(10)
  })

  test('gives way to max_bytes, means nothing to PNG, and is the same each time', async () => {
    const bytes = await sample('street.jpg')
    const ask = { width: 360, format: 'jpeg', quality: 'auto' } as const
    const free = await make(bytes, ask)
    expect(await make(bytes, ask)).toEqual(free)
    expect(await make(bytes, { ...ask, maxBytes: free.body.length })).toEqual(free)
    const held = await make(bytes, { ...ask, maxBytes: free.body.length - 500 })
    expect(held.body.length).toBeLessThanOrEqual(free.body.length - 500)
    expect(held.quality).toBeLessThan(free.quality!)
    expect(await make(bytes, { width: 60, format: 'png', quality: 'auto' })).not.toHaveProperty('quality')
  })
})
