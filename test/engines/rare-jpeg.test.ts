/** What our own JPEG decoder leaves to libjpeg-turbo: the right pixels, and nothing hostile gets through. */
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { createJpegCodec } from '../../src/engines/image/codecs/jpeg.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { asBitmap, psnr, rgba } from '../support/compare.ts'
import { loadWasm } from '../support/platform.ts'
import { drawn, flipped, HEIGHT, rareJpeg, scanBomb, WIDTH } from '../support/rare-jpegs.ts'

const loaded: string[] = []
const run = createImageWorker({
  loadWasm: (name) => (loaded.push(name), loadWasm(name)),
  tick: () => {},
})

async function pixels(bytes: Uint8Array, width = WIDTH, height = HEIGHT): Promise<Uint8Array> {
  const recipe = { kind: 'image', from: 'jpeg', orient: 1, to: 'png', width, height } as const
  const resize = width === WIDTH ? {} : { resize: { width, height } }
  const { body } = await run({ recipe: { ...recipe, ...resize }, bytes, pixels: 1e6, frames: 1 })
  return (await rgba(body)).data
}

describe.each(['arithmetic', 'arithmetic-progressive', 'several-scans'])('%s', (name) => {
  test('has the pixels of the plain file, to the bit', async () => {
    const expected = await rgba(await rareJpeg('plain'))
    const bytes = await rareJpeg(name)
    expect(psnr(await pixels(bytes), expected.data)).toBe(Infinity)
    expect(psnr((await rgba(bytes)).data, expected.data)).toBe(Infinity)
    expect(loaded).toContain('jpeg-turbo')
  })

  test.each([
    [48, 32],
    [37, 25],
    [11, 7],
  ])('at %i x %i looks as the plain file', async (width, height) => {
    const expected = await pixels(await rareJpeg('plain'), width, height)
    expect(psnr(await pixels(await rareJpeg(name), width, height), expected)).toBeGreaterThan(32)
  })
})

test.each([
  ['rgb', 36],
  ['twelve-bit', 34],
  ['twelve-bit-progressive', 44],
  // By our own: libjpeg reads no factors that do not divide the greatest one.
  ['4x1', 28],
  ['3x2-1x1-1x2', 28],
])('%s looks as the picture it was made of', async (name, decibels) => {
  expect(psnr(await pixels(await rareJpeg(name)), drawn())).toBeGreaterThan(decibels)
})

const codec = (tick = () => {}) => createJpegCodec({ loadWasm, tick })
const decode = async (it: ReturnType<typeof codec>, bytes: Uint8Array) =>
  new Uint8Array(asBitmap(await it.draw!(bytes, 1)).data.buffer)

describe.each(['arithmetic', 'several-scans', 'rgb', 'twelve-bit-progressive'])(
  'a damaged file: %s',
  (name) => {
    test('cut anywhere, it is damaged', async () => {
      const bytes = await rareJpeg(name)
      const it = codec()
      for (let end = 0; end < bytes.length; end += 29)
        await expect(decode(it, bytes.subarray(0, end)), `${end}`).rejects.toMatchObject({
          code: 'CORRUPT_MEDIA',
        })
    })

    test('with flipped bits, 500 times: it fails in order, and the next picture is right', async () => {
      const bytes = await rareJpeg(name)
      const it = codec()
      const right = await decode(it, bytes)
      const seen: Record<string, number> = {}
      for (let seed = 0; seed < 500; seed++) {
        const result = await decode(it, flipped(bytes, seed)).catch((error: unknown) => {
          if (isMediaError(error)) return error.code
          throw error
        })
        const kind = typeof result === 'string' ? result : 'pixels'
        seen[kind] = (seen[kind] ?? 0) + 1
        if (seed % 50 === 0) expect(Buffer.compare(await decode(it, bytes), right)).toBe(0)
      }
      expect(Object.keys(seen)).not.toContain('INTERNAL')
      expect(seen['CORRUPT_MEDIA']).toBeGreaterThan(20)
    })

    test('is stopped by tick, and decodes again afterwards', async () => {
      let left = 3
      const bytes = await rareJpeg(name)
      const it = codec(() => {
        if (left-- === 0) throw new Stopped()
      })
      await expect(decode(it, bytes)).rejects.toBeInstanceOf(Stopped)
      left = Infinity
      expect(Buffer.compare(await decode(it, bytes), await decode(codec(), bytes))).toBe(0)
    })
  },
)

describe.each([
  ['our own decoder', false],
  ['libjpeg-turbo', true],
])('scans upon scans: %s', (_, isArithmetic) => {
  const show = (bytes: Uint8Array, to: number) =>
    run({
      recipe: {
        kind: 'image',
        from: 'jpeg',
        orient: 1,
        to: 'png',
        width: to,
        height: to,
        resize: { width: to, height: to },
      },
      bytes,
      pixels: 2e8,
      frames: 1,
    })

  test('99 are a picture', async () => {
    const bytes = scanBomb(64, 98, isArithmetic)
    const { body } = await show(bytes, 64)
    const seen = await rgba(body)
    expect(seen).toMatchObject({ width: 64, height: 64 })
    // What arithmetic coding makes of no bytes at all is no picture that decoders would agree on.
    if (!isArithmetic) expect(psnr(seen.data, (await rgba(bytes)).data)).toBe(Infinity)
  })

  test('more than a hundred are refused, soon', async () => {
    for (const side of [64, 4000]) {
      const bytes = scanBomb(side, 800, isArithmetic)
      expect(bytes.length).toBeLessThan(100_000)
      const start = performance.now()
      await expect(show(bytes, side - 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
      expect(performance.now() - start).toBeLessThan(10_000)
    }
  })
})
