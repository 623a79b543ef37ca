/** Our JPEG against sharp's (libjpeg-turbo): the same pixels, however the bytes arrive; nothing hostile gets through. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import type { Orientation } from '../../src/media/info.ts'
import { createCore, type Core } from '../../src/engines/image/core/module.ts'
import { createPictureCore, type PictureCore } from '../../src/engines/image/core/picture.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { ORIENTATIONS, type View } from '../../src/engines/image/view.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const photo = (width: number, height: number) => picture({ width, height })
const jpegCore = (tick = () => {}): PictureCore => createPictureCore({ loadWasm, tick })
const upright = (width: number, height: number, to = { width, height }): View => ({
  rect: { x: 0, y: 0, width, height },
  size: to,
  walk: ORIENTATIONS[1],
})

const pixelsOf = (file: Uint8Array) =>
  sharp(file).toColourspace('srgb').ensureAlpha().raw().toBuffer({ resolveWithObject: true })

/** Peak signal-to-noise ratio of two pictures' bytes, in dB. */
function psnr(a: Uint8Array | Uint8ClampedArray, b: Uint8Array | Uint8ClampedArray): number {
  expect(a.length).toBe(b.length)
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += ((a[at] as number) - (b[at] as number)) ** 2
  return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * a.length) / sum)
}

const KINDS = [
  { name: 'baseline 4:4:4', options: { chromaSubsampling: '4:4:4' } },
  { name: 'progressive 4:4:4', options: { chromaSubsampling: '4:4:4', progressive: true } },
  { name: 'baseline 4:2:0', options: {} },
  { name: 'progressive 4:2:0', options: { progressive: true } },
  { name: 'optimal tables', options: { chromaSubsampling: '4:4:4', mozjpeg: true } },
] as const
const SIZES = [
  [640, 427],
  [333, 251],
  [17, 9],
  [8, 8],
  [1, 1],
] as const

describe.each(KINDS)('decodes $name', ({ name, options }) => {
  test.each(SIZES)('%i x %i', async (width, height) => {
    const source = photo(width, height)
    for (const picture of [source, source.clone().toColourspace('b-w')]) {
      const file = await picture
        .clone()
        .jpeg({ quality: 85, ...options })
        .toBuffer()
      const { data, info } = await pixelsOf(file)
      const ours = await jpegCore().decode({
        format: 'jpeg' as const,
        bytes: file,
        stored: info,
        view: upright(width, height),
      })
      // Halved chroma is scaled up by another filter than libjpeg's; everything else is the same to the bit.
      const isExact = !name.includes('4:2:0') || info.channels === 1
      expect(psnr(ours!.data, data)).toBeGreaterThan(isExact ? 99 : 30)
    }
  })
})

describe('input', () => {
  async function rgbaBy(core: Core, file: Uint8Array, step: number): Promise<Uint8Array> {
    const { exports } = core
    let at = 0
    const read = (turn: () => number) => {
      while (turn() === 0) {
        const end = Math.min(at + step, file.length)
        core.write(exports.input_reserve(end - at), file.subarray(at, end))
        exports.input_commit(end - at, end === file.length ? 1 : 0)
        at = end
      }
    }
    core.begin()
    exports.jpeg_begin()
    read(exports.jpeg_head)
    const [width, height] = [exports.jpeg_width(), exports.jpeg_height()]
    exports.view_set(0, 0, width, height, 150, 100)
    exports.jpeg_plan()
    read(exports.jpeg_rows)
    exports.picture_to_pixels()
    return core.copy(exports.pixels_at(), 150 * 100 * 4)
  }

  test.each(KINDS)('may come byte by byte: $name', async ({ options }) => {
    const core = createCore(await loadWasm('core'), { tick: () => {} })
    const file = await photo(300, 200)
      .jpeg({ quality: 90, ...options })
      .toBuffer()
    const whole = await rgbaBy(core, file, file.length)
    for (const step of [1, 7, 1000]) expect(psnr(await rgbaBy(core, file, step), whole)).toBe(Infinity)
  })

  test('does not make memory grow: 12 megapixels take less than 4 MB', async () => {
    const core = createCore(await loadWasm('core'), { tick: () => {} })
    const file = await photo(4000, 3000).jpeg({ quality: 85 }).toBuffer()
    await rgbaBy(core, file, 65_536)
    expect(core.exports.memory.buffer.byteLength).toBeLessThan(4_000_000)
  })
})

describe('views', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8] as const)(
    'orientation %i, odd sides',
    async (orientation: Orientation) => {
      const file = await photo(401, 267).withMetadata({ orientation }).jpeg({ quality: 92 }).toBuffer()
      const swaps = orientation >= 5
      const [width, height] = swaps ? [67, 101] : [101, 67]
      const view = {
        rect: { x: 0, y: 0, width: 401, height: 267 },
        size: { width: 101, height: 67 },
        walk: ORIENTATIONS[orientation],
      }
      const source = { format: 'jpeg' as const, bytes: file, stored: { width: 401, height: 267 }, view }
      const theirs = await sharp(file)
        .autoOrient()
        .resize(width, height, { fit: 'fill' })
        .ensureAlpha()
        .raw()
        .toBuffer()
      const decoded = await jpegCore().decode(source)
      expect([decoded!.width, decoded!.height]).toEqual([width, height])
      expect(psnr(decoded!.data, theirs)).toBeGreaterThan(35)
      const { data, info } = await pixelsOf(
        (await jpegCore().transcode(source, { format: 'jpeg', quality: 95, lossless: false }))!,
      )
      expect([info.width, info.height]).toEqual([width, height])
      expect(psnr(data, decoded!.data)).toBeGreaterThan(33)
    },
  )

  test('a part, much smaller', async () => {
    const file = await photo(1600, 1200).jpeg({ quality: 92 }).toBuffer()
    const rect = { x: 400, y: 300, width: 800, height: 600 }
    const view = { rect, size: { width: 200, height: 150 }, walk: ORIENTATIONS[1] }
    const ours = await jpegCore().decode({
      format: 'jpeg' as const,
      bytes: file,
      stored: { width: 1600, height: 1200 },
      view,
    })
    const { x: left, y: top, width, height } = rect
    const theirs = await sharp(file)
      .extract({ left, top, width, height })
      .resize(200, 150)
      .ensureAlpha()
      .raw()
      .toBuffer()
    expect(psnr(ours!.data, theirs)).toBeGreaterThan(35)
  })

  test('one pixel is the mean of all', async () => {
    const file = await sharp({ create: { width: 3000, height: 20, channels: 3, background: '#3080c0' } })
      .jpeg()
      .toBuffer()
    const ours = await jpegCore().decode({
      format: 'jpeg',
      bytes: file,
      stored: { width: 3000, height: 20 },
      view: upright(3000, 20, { width: 1, height: 1 }),
    })
    const [r, g, b] = (await pixelsOf(file)).data
    expect([...ours!.data]).toEqual([r, g, b, 255])
  })
})

describe('encodes', () => {
  test.each([1, 40, 80, 100])('quality %i as libjpeg does', async (quality) => {
    for (const [width, height] of [...SIZES, [320, 240], [16, 16]] as const) {
      const { data } = await photo(width, height).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
      const ours = await jpegCore().encode(
        { data: new Uint8ClampedArray(data), width, height },
        { format: 'jpeg', quality, lossless: false },
      )
      const theirs = await sharp(data, { raw: { width, height, channels: 4 } })
        .jpeg({ quality, optimiseCoding: true })
        .toBuffer()
      const [a, b] = [await pixelsOf(ours), await pixelsOf(theirs)]
      expect([a.info.width, a.info.height]).toEqual([width, height])
      // Beyond the last whole unit of 16 x 16, what is invented differs; inside, nothing does.
      if (width % 16 === 0 && height % 16 === 0) expect(psnr(a.data, b.data)).toBe(Infinity)
      else expect(psnr(a.data, data)).toBeGreaterThan(psnr(b.data, data) - 0.5)
      // They put all tables into one segment.
      expect(ours.length).toBeLessThan(theirs.length * 1.005 + 24)
    }
  })

  test('grey stays grey', async () => {
    const file = await photo(300, 200).toColourspace('b-w').jpeg().toBuffer()
    const ours = await jpegCore().transcode(
      { format: 'jpeg', bytes: file, stored: { width: 300, height: 200 }, view: upright(300, 200) },
      { format: 'jpeg', quality: 80, lossless: false },
    )
    expect(await sharp(ours).metadata()).toMatchObject({ channels: 1, width: 300, height: 200, space: 'b-w' })
  })
})

describe('WebP', () => {
  test.each([
    [640, 426],
    [333, 251],
    [1, 1],
  ])('%i x %i, as sharp makes it of the same pixels', async (width, height) => {
    const file = await photo(1280, 852).jpeg({ quality: 95 }).toBuffer()
    const view = upright(1280, 852, { width, height })
    const source = { format: 'jpeg' as const, bytes: file, stored: { width: 1280, height: 852 }, view }
    const pixels = (await jpegCore().decode(source))!
    const raw = { raw: { width, height, channels: 4 as const } }
    const theirs = await sharp(pixels.data, raw).webp({ quality: 80 }).toBuffer()
    const direct = (await jpegCore().transcode(source, { format: 'webp', quality: 80, lossless: false }))!
    const fromPixels = await jpegCore().encode(pixels, { format: 'webp', quality: 80, lossless: false })
    const lossOf = async (webp: Uint8Array) => psnr((await pixelsOf(webp)).data, pixels.data)
    for (const ours of [direct, fromPixels]) {
      expect(await sharp(ours).metadata()).toMatchObject({ format: 'webp', width, height, hasAlpha: false })
      expect(await lossOf(ours)).toBeGreaterThan(Math.min(45, await lossOf(theirs)) - 0.7)
      expect(ours.length).toBeLessThan(theirs.length * 1.05 + 32)
    }
  })

  test('grey has no colour', async () => {
    const file = await photo(300, 200).toColourspace('b-w').jpeg().toBuffer()
    const source = {
      format: 'jpeg' as const,
      bytes: file,
      stored: { width: 300, height: 200 },
      view: upright(300, 200),
    }
    const { data } = await pixelsOf(
      (await jpegCore().transcode(source, { format: 'webp', quality: 80, lossless: false }))!,
    )
    for (let at = 0; at < data.length; at += 4) expect(Math.abs(data[at]! - data[at + 2]!)).toBeLessThan(3)
  })
})

describe('hostile files', () => {
  const stored = { width: 320, height: 240 }
  const view = upright(320, 240, { width: 160, height: 120 })

  test('a file that ends too early is refused, wherever it ends', async () => {
    const core = jpegCore()
    for (const progressive of [false, true]) {
      const file = await photo(320, 240).jpeg({ progressive }).toBuffer()
      for (let end = 0; end < file.length; end += 97) {
        const cut = core.decode({ format: 'jpeg', bytes: file.subarray(0, end), stored, view })
        await expect(cut).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
      }
    }
  })

  test('damage ends in an error or in a picture, and the next picture is right', async () => {
    const core = jpegCore()
    let seed = 1
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (const progressive of [false, true]) {
      const file = await photo(320, 240).jpeg({ progressive }).toBuffer()
      const right = await core.decode({ format: 'jpeg', bytes: file, stored, view })
      for (let round = 0; round < 1_000; round++) {
        const bytes = Uint8Array.from(file)
        for (let hit = 0; hit <= round % 4; hit++) bytes[random(round % 2 ? 700 : bytes.length)] = random(256)
        const outcome = await core
          .decode({ format: 'jpeg', bytes, stored, view })
          .catch((error: unknown) => error)
        if (isMediaError(outcome))
          expect(['CORRUPT_MEDIA', 'LIMIT_EXCEEDED', 'UNSUPPORTED_CODEC']).toContain(outcome.code)
        else expect('width' in (outcome as object)).toBe(true)
      }
      const again = await core.decode({ format: 'jpeg', bytes: file, stored, view })
      expect(psnr(again!.data, right!.data)).toBe(Infinity)
    }
  }, 60_000)

  test('RGB is left to the other decoder', async () => {
    const file = await photo(320, 240).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer()
    const adobe = Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 0])
    const rgb = Buffer.concat([file.subarray(0, 2), adobe, file.subarray(2)])
    await expect(jpegCore().decode({ format: 'jpeg', bytes: rgb, stored, view })).rejects.toMatchObject({
      code: 'UNSUPPORTED_CODEC',
    })
  })

  test('a size that was not announced is refused', async () => {
    const file = await photo(320, 240).jpeg().toBuffer()
    const lie = jpegCore().decode({ format: 'jpeg', bytes: file, stored: { width: 320, height: 241 }, view })
    await expect(lie).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('work can be stopped between two rows', async () => {
    let ticks = 0
    const core = jpegCore(() => {
      if (++ticks === 20) throw new Stopped()
    })
    const file = await photo(2000, 1500).jpeg().toBuffer()
    const large = { width: 2000, height: 1500 }
    const work = core.decode({ format: 'jpeg', bytes: file, stored: large, view: upright(2000, 1500) })
    await expect(work).rejects.toBeInstanceOf(Stopped)
    expect(ticks).toBe(20)
  })
})

describe('reads WebP', () => {
  const see = () =>
    photo(301, 203)
      .ensureAlpha()
      .composite([
        {
          input: Buffer.from([0, 0, 0, 60]),
          raw: { width: 1, height: 1, channels: 4 },
          tile: true,
          blend: 'dest-in',
        },
      ])
  const KINDS = [
    ['lossy', () => photo(301, 203).webp({ quality: 90 })],
    ['lossy with alpha', () => see().webp({ quality: 90 })],
    ['lossless', () => photo(301, 203).webp({ lossless: true })],
    ['lossless with alpha', () => see().webp({ lossless: true })],
  ] as const
  const stored = { width: 301, height: 203 }

  test.each(KINDS)('%s: every pixel as libwebp has it', async (_, make) => {
    const file = await make().toBuffer()
    const ours = await jpegCore().decode({ format: 'webp', bytes: file, stored, view: upright(301, 203) })
    expect(psnr(ours.data, (await pixelsOf(file)).data)).toBe(Infinity)
  })

  test.each(KINDS)('%s: scaled as sharp does it', async (_, make) => {
    const file = await make().toBuffer()
    const theirs = await sharp(file).resize(120, 81, { fit: 'fill' }).ensureAlpha().raw().toBuffer()
    const ours = await jpegCore().decode({
      format: 'webp',
      bytes: file,
      stored,
      view: upright(301, 203, { width: 120, height: 81 }),
    })
    expect(psnr(ours.data, theirs)).toBeGreaterThan(34)
  })

  test.each(KINDS)('%s: wherever it ends too early, it is refused', async (_, make) => {
    const file = await make().toBuffer()
    const core = jpegCore()
    for (let end = 0; end < file.length; end += 211) {
      const cut = core.decode({
        format: 'webp',
        bytes: file.subarray(0, end),
        stored,
        view: upright(301, 203),
      })
      await expect(cut).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    }
  })

  test.each(KINDS)('%s: from planes or pixels to JPEG and WebP', async (_, make) => {
    const file = await make().toBuffer()
    const view = upright(301, 203, { width: 150, height: 101 })
    const wanted = await sharp(file).resize(150, 101, { fit: 'fill' }).ensureAlpha().raw().toBuffer()
    for (const format of ['webp', 'jpeg'] as const) {
      const made = await jpegCore().transcode(
        { format: 'webp', bytes: file, stored, view },
        { format, quality: 95, lossless: false },
      )
      const { data } = await pixelsOf(made)
      if (format === 'jpeg') for (let at = 3; at < data.length; at += 4) wanted[at] = 255
      expect(psnr(data, wanted)).toBeGreaterThan(29)
    }
  })
})

test.each([
  ['lossy', false],
  ['lossless', true],
] as const)('WebP, %s: encoding and decoding can be stopped at any row', async (_, lossless) => {
  const [width, height] = [640, 480]
  const { data } = await pixelsOf(await photo(width, height).png().toBuffer())
  const bitmap = { data: new Uint8ClampedArray(data), width, height }
  const target = { format: 'webp', quality: 80, lossless } as const
  const counting = (most: number) => {
    let left = most
    const core = jpegCore(() => {
      if (--left < 0) throw new Stopped('enough')
    })
    return { core, used: () => most - left }
  }
  const whole = counting(1e9)
  const file = await whole.core.encode(bitmap, target)
  const rows = Math.ceil(height / 16)
  expect(whole.used()).toBeGreaterThan(rows)
  const source = {
    format: 'webp',
    bytes: file,
    stored: { width, height },
    view: upright(width, height),
  } as const
  for (const most of [0, 1, 7, rows - 1]) {
    await expect(counting(most).core.encode(bitmap, target)).rejects.toThrow(Stopped)
    await expect(counting(most).core.decode(source)).rejects.toThrow(Stopped)
  }
})
