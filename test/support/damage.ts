/** Damaged files of every format through the whole work of a picture, as a service would do it: probed, resolved, made. */
import { probe } from '../../src/engines/probe.ts'
import { isMediaError } from '../../src/error.ts'
import type { Original } from '../../src/media/original.ts'
import type { Ask } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { createTaskRunner } from '../../src/worker.ts'
import { makeGif } from './animations.ts'
import { encodeFax } from './fax.ts'
import { fileOf, READ, type ReadFormat } from './every-format.ts'
import { createRandom, mutate } from './mutate.ts'
import { picture } from './pictures.ts'
import { loadWasm } from './platform.ts'
import { buildPages } from './tiff.ts'

/** Milliseconds of work after which a picture is told to stop, and by which it must have stopped. */
const [DEADLINE, SLACK] = [1000, 9000]
const limits = { pixels: 4e6, frames: 50, outputSide: 2000, outputPixels: 4e6, avifPixels: 1e5 }

/** What an original may be answered with. */
const CODES: ReadonlySet<string> = new Set([
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'UNSUPPORTED_MEDIA',
  'LIMIT_EXCEEDED',
  'INVALID_PARAMETER',
  'NOT_SUPPORTED_HERE',
  'TRANSFORM_TIMEOUT',
])

const ASKS: readonly Ask[] = [
  { format: 'png' },
  { format: 'jpeg', width: 20 },
  { format: 'webp', width: 31, height: 17, fit: 'cover' },
  { format: 'gif', width: 24 },
  { format: 'png', page: 1 },
  { format: 'webp', rotate: 90, trim: 10 },
  { format: 'json' },
]

export interface Damage {
  /** One damaged file. What came of it: `made`, or a code. @throws Error when anything else came of it */
  round(format: ReadFormat): Promise<string>
  /** Good files are still made as at first. @throws Error when not */
  check(): Promise<void>
}

export async function createDamage(seed: number): Promise<Damage> {
  const random = createRandom(seed)
  let end = Infinity
  const run = createTaskRunner({ loadWasm, shouldStop: () => performance.now() > end })
  const seeds = await readSeeds()
  const all = Object.values(seeds).flat()

  async function make(bytes: Uint8Array, ask: Ask, deadline = Infinity): Promise<Uint8Array> {
    end = Infinity
    const info = await probe(originalOf(bytes), ask.format === 'json' ? undefined : ask.page)
    const plan = { source: { origin: 'o', path: '/p', captures: {} }, ask, accepts: [], text: '' }
    const recipe = resolve(plan, info, limits)
    end = performance.now() + deadline
    const { value } = await run('image', {
      recipe,
      bytes: bytes.slice(),
      pixels: limits.pixels,
      frames: limits.frames,
    })
    return (value as { body: Uint8Array }).body
  }

  const references = await Promise.all(
    READ.map(
      async (format) =>
        [format, (await make(seeds[format][0] ?? new Uint8Array(), { format: 'png' })).slice()] as const,
    ),
  )

  async function attempt(bytes: Uint8Array, ask: Ask): Promise<string> {
    const start = performance.now()
    const outcome = await make(bytes, ask, DEADLINE).then(
      () => 'made',
      (error: unknown) => {
        if (isMediaError(error) && CODES.has(error.code)) return error.code
        throw error
      },
    )
    const took = performance.now() - start
    if (took > DEADLINE + SLACK) throw new Error(`it went on for ${Math.round(took)} ms`)
    return outcome
  }

  return {
    async round(format) {
      const files = seeds[format]
      const good = files[random(files.length)] ?? new Uint8Array()
      const other = all[random(all.length)] ?? good
      const bytes = mutate(good, other, random)
      const ask = ASKS[random(ASKS.length)] ?? {}
      try {
        return await attempt(bytes, ask)
      } catch (error) {
        const file = Buffer.from(bytes).toString('base64')
        throw new Error(`${format} with ${JSON.stringify(ask)}: ${String(error)}\n${file}`, { cause: error })
      }
    },
    async check() {
      for (const [format, wanted] of references) {
        const seen = await make(seeds[format][0] ?? new Uint8Array(), { format: 'png' })
        if (Buffer.compare(seen, wanted) !== 0) throw new Error(`a good ${format} is not made as before`)
      }
    },
  }
}

function originalOf(bytes: Uint8Array): Original {
  return {
    validator: { text: 'v' },
    sourceType: 'test',
    read: async ({ start, end }) => bytes.slice(start, end),
    stream: () => new ReadableStream<Uint8Array>(),
    close: async () => {},
  }
}

async function readSeeds(): Promise<Record<ReadFormat, Uint8Array[]>> {
  const size = { width: 40, height: 30 }
  const seeds = {} as Record<ReadFormat, Uint8Array[]>
  for (const format of READ) {
    seeds[format] = [await fileOf(format, { ...size, alpha: false })]
    if (format !== 'jpeg') seeds[format].push(await fileOf(format, { ...size, alpha: true }))
  }
  const image = picture(size)
  seeds.jpeg.push(await image.clone().jpeg({ progressive: true }).toBuffer())
  seeds.png.push(await image.clone().png({ palette: true, progressive: true }).toBuffer())
  seeds.webp.push(await image.clone().webp({ lossless: true }).toBuffer())
  const pixels = Array.from({ length: 1200 }, (_, i) => (i * 7) & 3)
  const colors = [0, 90, 180, 255].map((value) => [value, 255 - value, value])
  const frames = [0, 1, 2].map((disposal) => ({ ...size, pixels, disposal, delay: 0 }))
  seeds.gif.push(makeGif({ ...size, colors, frames }))
  const rows = Array.from({ length: 30 }, (_, y) =>
    Array.from({ length: 40 }, (_, x) => ((x * x + y * y) >> 5) & 1),
  )
  const bilevel = { ...size, bits: 1, samples: 1, photometric: 0 }
  const fax = (kind: '3' | '3-mixed' | '4', compression: number, fields: Record<number, number[]> = {}) => ({
    ...bilevel,
    compression,
    fields,
    blocks: [encodeFax(rows, { kind })],
  })
  seeds.tiff.push(
    buildPages([fax('4', 4), fax('3-mixed', 3, { 292: [1] }), fax('3', 3)]),
    buildPages([{ ...fax('4', 4), isBig: true }]),
    await image.clone().tiff({ compression: 'jpeg' }).toBuffer(),
    await image
      .clone()
      .tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 })
      .toBuffer(),
  )
  return seeds
}
