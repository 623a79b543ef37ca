/** AVIF by dav1d: against sharp, and files that sharp does not write. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { createAv1Decoder } from '../../src/engines/image/codecs/av1.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import {
  alphaUrn,
  clap,
  coded,
  grid,
  imir,
  irot,
  ispe,
  makeAvif,
  nclx,
  profile,
  type AvifItem,
} from '../support/avif-files.ts'
import { psnr, rgba } from '../support/compare.ts'
import { picture, rawPicture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const { decode } = createAv1Decoder({ loadWasm, tick: () => {} })
const [WIDTH, HEIGHT] = [64, 48]

describe('as sharp reads it', () => {
  test.each([
    ['4:2:0', {}],
    ['4:4:4', { chromaSubsampling: '4:4:4' }],
    ['lossless', { lossless: true }],
    ['lossless 4:4:4', { lossless: true, chromaSubsampling: '4:4:4' }],
    ['low quality', { quality: 20 }],
  ])('%s', async (_, options) => {
    for (const [width, height] of [
      [160, 120],
      [1, 1],
      [33, 17],
      [129, 67],
    ] as const)
      for (const alpha of [false, true]) {
        const bytes = await picture({ width, height, alpha })
          .avif({ effort: 0, ...options })
          .toBuffer()
        const [ours, theirs] = [await decode(bytes), await rgba(bytes)]
        expect([ours.width, ours.height]).toEqual([width, height])
        if (!alpha) expect(psnr(ours.data, theirs.data)).toBeGreaterThan(width * height < 2000 ? 27 : 40)
        const alphas = (data: ArrayLike<number>) => Array.from(data).filter((_value, at) => at % 4 === 3)
        expect(psnr(alphas(ours.data), alphas(theirs.data))).toBe(Infinity)
      }
  })

  test('grey', async () => {
    const bytes = await picture({ width: 97, height: 61 }).greyscale().avif({ effort: 0 }).toBuffer()
    expect(psnr((await decode(bytes)).data, (await rgba(bytes)).data)).toBeGreaterThan(40)
  })
})

/** A picture, as sharp codes it, in a container of ours. */
async function single(properties: readonly number[][], quality = {}): Promise<[Uint8Array, Uint8Array]> {
  const { data } = rawPicture({ width: WIDTH, height: HEIGHT })
  const { color } = await coded(data, WIDTH, HEIGHT, quality)
  const of = (more: readonly number[][]) =>
    makeAvif([{ id: 1, type: 'av01', bytes: color, properties: [ispe(WIDTH, HEIGHT), ...more] }])
  return [of(properties), of([])]
}

describe('containers', () => {
  test('item data, and data in parts', async () => {
    const { data } = rawPicture({ width: WIDTH, height: HEIGHT })
    const { color } = await coded(data, WIDTH, HEIGHT)
    const item: AvifItem = { id: 7, type: 'av01', bytes: color, properties: [ispe(WIDTH, HEIGHT)] }
    const plain = await decode(makeAvif([item]))
    const source = await sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .ensureAlpha()
      .raw()
      .toBuffer()
    expect(psnr(plain.data, source)).toBeGreaterThan(30)
    for (const change of [{ inIdat: true }, { isSplit: true }, { inIdat: true, isSplit: true }])
      expect((await decode(makeAvif([{ ...item, ...change }]))).data).toEqual(plain.data)
  })

  test('a grid, its last row and column cut off', async () => {
    const [width, height] = [150, 110]
    const whole = rawPicture({ width: 192, height: 128 })
    const tiles = await Promise.all(
      [0, 1].flatMap((row) =>
        [0, 1, 2].map(async (column) => {
          const part = await sharp(whole.data, { raw: whole })
            .extract({ left: column * 64, top: row * 64, width: 64, height: 64 })
            .raw()
            .toBuffer()
          return (await coded(part, 64, 64, { lossless: true, chromaSubsampling: '4:4:4' })).color
        }),
      ),
    )
    const items: AvifItem[] = [
      {
        id: 1,
        type: 'grid',
        bytes: grid(2, 3, width, height),
        properties: [ispe(width, height)],
        inIdat: true,
      },
      ...tiles.map((bytes, at) => ({ id: 2 + at, type: 'av01' as const, bytes, properties: [ispe(64, 64)] })),
    ]
    const bytes = makeAvif(items, [{ type: 'dimg', from: 1, to: [2, 3, 4, 5, 6, 7] }])
    const expected = await sharp(whole.data, { raw: whole })
      .extract({ left: 0, top: 0, width, height })
      .ensureAlpha()
      .raw()
      .toBuffer()
    expect(psnr((await decode(bytes)).data, expected)).toBeGreaterThan(45)

    for (const [rows, columns, to] of [
      [2, 2, [2, 3, 4, 5, 6, 7]],
      [2, 3, [2, 3, 4, 5, 6]],
      [6, 1, [2, 3, 4, 5, 6, 7]],
    ] as const) {
      const wrong = [{ ...items[0]!, bytes: grid(rows, columns, width, height) }, ...items.slice(1)]
      await expect(decode(makeAvif(wrong, [{ type: 'dimg', from: 1, to }]))).rejects.toMatchObject({
        code: 'CORRUPT_MEDIA',
      })
    }
  })

  test('alpha, multiplied in or not', async () => {
    const { data } = rawPicture({ width: WIDTH, height: HEIGHT, alpha: true })
    const { color, alpha = [] } = await coded(data, WIDTH, HEIGHT, {
      lossless: true,
      chromaSubsampling: '4:4:4',
    })
    const items: AvifItem[] = [
      { id: 1, type: 'av01', bytes: color, properties: [ispe(WIDTH, HEIGHT)] },
      { id: 2, type: 'av01', bytes: alpha, properties: [ispe(WIDTH, HEIGHT), alphaUrn] },
    ]
    const auxl = { type: 'auxl', from: 2, to: [1] } as const
    const plain = await decode(makeAvif(items, [auxl]))
    expect(readWholeInfo('avif', makeAvif(items, [auxl]))).toMatchObject({ hasAlpha: true })
    const divided = await decode(makeAvif(items, [auxl, { type: 'prem', from: 1, to: [2] }]))
    for (let at = 0; at < plain.data.length; at += 4) {
      const alphaHere = plain.data[at + 3] ?? 0
      expect(divided.data[at + 3]).toBe(alphaHere)
      const share = alphaHere === 0 ? 0 : Math.min(255, ((plain.data[at] ?? 0) * 255) / alphaHere)
      expect(Math.abs((divided.data[at] ?? 0) - share)).toBeLessThanOrEqual(1)
    }
  })

  test('what is kept, and how it is turned', async () => {
    const run = createImageWorker({ loadWasm, tick: () => {} })
    const [turned, plain] = await single([clap(40, 1, 30, 1, 2, 1, -1, 1), irot(1), imir(1)], {
      lossless: true,
    })
    expect(readWholeInfo('avif', turned)).toMatchObject({ width: 30, height: 40 })
    const { body } = await run({
      recipe: { kind: 'image', from: 'avif', orient: 7, to: 'png', width: 30, height: 40 },
      bytes: turned,
      pixels: 1e6,
      frames: 10,
    })
    const whole = await decode(plain)
    // Cut about a centre two to the right and one up; a quarter turn against the clock; then left becomes right.
    const cut = await sharp(whole.data, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
      .extract({ left: 14, top: 8, width: 40, height: 30 })
      .raw()
      .toBuffer()
    const expected = await sharp(
      await sharp(cut, { raw: { width: 40, height: 30, channels: 4 } })
        .rotate(270)
        .png()
        .toBuffer(),
    )
      .flop()
      .raw()
      .toBuffer()
    expect(psnr((await rgba(body)).data, expected)).toBe(Infinity)
  })

  test('colours that the container names overrule those of the picture', async () => {
    const [file, plain] = await single([nclx(1, 13, 1, true)], {
      chromaSubsampling: '4:4:4',
    })
    const [as709, as601] = [await decode(file), await decode(plain)]
    // From YCbCr of BT.601 and full range to that of BT.709: by the definitions of both.
    const at = (12 * WIDTH + 40) * 4
    const [r = 0, g = 0, b = 0] = as601.data.subarray(at, at + 3)
    const y = 0.299 * r + 0.587 * g + 0.114 * b
    const [cb, cr] = [(b - y) / 1.772, (r - y) / 1.402]
    const expected = [y + 1.5748 * cr, y - 0.1873 * cb - 0.4681 * cr, y + 1.8556 * cb]
    for (const i of [0, 1, 2])
      expect(Math.abs((as709.data[at + i] ?? 0) - (expected[i] ?? 0))).toBeLessThan(3)
    expect(psnr(as709.data, as601.data)).toBeLessThan(40)
  })

  test('its ICC profile counts', async () => {
    const run = createImageWorker({ loadWasm, tick: () => {} })
    const { data } = rawPicture({ width: WIDTH, height: HEIGHT })
    const jpeg = await sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .withIccProfile('p3')
      .jpeg()
      .toBuffer()
    const { icc = new Uint8Array() } = await sharp(jpeg).metadata()
    const [file, plain] = await single([profile(icc)], { lossless: true, chromaSubsampling: '4:4:4' })
    const make = async (bytes: Uint8Array) => {
      const recipe = {
        kind: 'image',
        from: 'avif',
        orient: 1,
        to: 'png',
        width: WIDTH,
        height: HEIGHT,
      } as const
      return rgba((await run({ recipe, bytes, pixels: 1e6, frames: 10 })).body)
    }
    const [wide, narrow] = [await make(file), await make(plain)]
    // The disc is a saturated red: in P3 it is more than sRGB can show.
    const at = (Math.round(0.35 * HEIGHT) * WIDTH + Math.round(0.3 * WIDTH)) * 4
    expect((wide.data[at] ?? 0) - (narrow.data[at] ?? 0)).toBeGreaterThan(5)
  })

  test.each([
    ['another size than announced', [ispe(WIDTH, HEIGHT + 8)]],
    ['no size', []],
  ])('%s is damage', async (_, properties) => {
    const { data } = rawPicture({ width: WIDTH, height: HEIGHT })
    const { color } = await coded(data, WIDTH, HEIGHT)
    const bytes = makeAvif([{ id: 1, type: 'av01', bytes: color, properties }])
    await expect(decode(bytes)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })
})

describe('what means harm', () => {
  const attempt = async (bytes: Uint8Array) => {
    try {
      await decode(bytes)
    } catch (error) {
      if (!isMediaError(error)) throw error
      expect(['CORRUPT_MEDIA', 'UNSUPPORTED_CODEC', 'LIMIT_EXCEEDED']).toContain(error.code)
    }
  }

  test('truncated anywhere, with bits flipped: a code, and the next picture is right', async () => {
    const bytes = await picture({ width: 96, height: 80, alpha: true }).avif({ effort: 0 }).toBuffer()
    const whole = await decode(bytes)
    for (let length = 0; length < bytes.length; length += 37) {
      await expect(decode(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    }
    let state = 11
    const random = (below: number) => (state = (state * 48271) % 2147483647) % below
    for (let round = 0; round < 500; round++) {
      const damaged = Uint8Array.from(bytes)
      for (let i = random(3); i >= 0; i--) damaged[random(damaged.length)]! ^= 1 << random(8)
      await attempt(damaged)
    }
    expect((await decode(bytes)).data).toEqual(whole.data)
  })

  test('is stopped between rows of superblocks', async () => {
    const bytes = await picture({ width: 700, height: 500 }).avif({ effort: 0 }).toBuffer()
    let left = Infinity
    const { decode: stoppable } = createAv1Decoder({
      loadWasm,
      tick() {
        if (left-- <= 0) throw new Stopped()
      },
    })
    const whole = await stoppable(bytes)
    for (const after of [0, 3, 7, 30]) {
      left = after
      await expect(stoppable(bytes)).rejects.toBeInstanceOf(Stopped)
    }
    left = Infinity
    expect((await stoppable(bytes)).data).toEqual(whole.data)
  })
})
