/** GIF, WebP and PNG that move: read as others read them, written so that others see what was meant. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { countFrames } from '../../src/media/frame-count.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import { sniff } from '../../src/media/sniff.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import {
  clean,
  makeApng,
  makeGif,
  pngChunks,
  readAnimation,
  type ApngFrame,
  type GifFrame,
} from '../support/animations.ts'
import { psnr, rgba } from '../support/compare.ts'
import { rawPicture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const animate = async (
  bytes: Uint8Array,
  change: Partial<ImageRecipe>,
  limits: { pixels?: number; frames?: number } = {},
  work = run,
) => {
  const from = sniff(bytes)
  if (!from) throw new Error('not media')
  const info = readWholeInfo(from, bytes)
  if (info.class !== 'image') throw new Error('not a picture')
  const { width, height } = info
  const isStill = change.page !== undefined
  const whole = { kind: 'image', from, orient: 1, to: 'webp', lossless: true, width, height } as const
  const recipe: ImageRecipe = { ...whole, ...(isStill ? {} : { animated: true as const }), ...change }
  return (await work({ recipe, bytes, pixels: 1e8, frames: 1000, ...limits })).body
}
const webpOf = (
  frames: Uint8Array[],
  width: number,
  height: number,
  options: { delay?: number[]; loop?: number } = {},
) =>
  Promise.all(
    frames.map((pixels) =>
      sharp(pixels, { raw: { width, height, channels: 4 } })
        .png()
        .toBuffer(),
    ),
  ).then((pictures) =>
    sharp(pictures, { join: { animated: true } })
      .webp({ lossless: true, effort: 0, ...options })
      .toBuffer(),
  )
const expectEqualFrames = (ours: readonly Uint8Array[], theirs: readonly Uint8Array[]) => {
  expect(ours.length).toBe(theirs.length)
  for (const [at, frame] of ours.entries()) expect(psnr(frame, theirs[at] ?? [])).toBe(Infinity)
}

/** A scene of photographic colours with a disc that wanders, or that drags the scene along. */
function scene(count: number, { width = 96, height = 64, pans = false, seed = 0, alpha = false } = {}) {
  const wide = rawPicture({ width: width + count * 4, height, seed })
  return Array.from({ length: count }, (_, n) => {
    const frame = new Uint8Array(width * height * 4)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const isDisc = (x - 10 - n * 5) ** 2 + (y - height / 2) ** 2 < 64
        const from = (y * wide.width + x + (pans ? n * 4 : 0)) * 3
        const color = isDisc ? [250, 250, 20] : wide.data.subarray(from, from + 3)
        frame.set([...color, alpha && !isDisc ? 0 : 255], (y * width + x) * 4)
      }
    return alpha ? clean(frame) : frame
  })
}

const COLORS = Array.from({ length: 16 }, (_, i) => [i * 17, 255 - i * 9, (i * 53) % 256])
const indices = (width: number, height: number, shift = 0) =>
  Array.from({ length: width * height }, (_, i) => (i * 5 + Math.floor(i / width) + shift) % 16)
const frame = (change: Partial<GifFrame> = {}): GifFrame => {
  const [width, height] = [change.width ?? 24, change.height ?? 19]
  return { width, height, pixels: indices(width, height), ...change }
}

describe('GIF as sharp reads it', () => {
  const small = { x: 5, y: 3, width: 9, height: 11 }
  test.each<[string, GifFrame[]]>([
    [
      'frames that stay',
      [frame(), frame({ ...small, disposal: 1 }), frame({ x: 12, y: 9, width: 12, height: 10 })],
    ],
    [
      'to the background',
      [
        frame({ transparent: 2 }),
        frame({ ...small, disposal: 2, transparent: 2 }),
        frame({ x: 1, y: 1, width: 4, height: 4 }),
      ],
    ],
    [
      'to the previous',
      [frame(), frame({ ...small, disposal: 3 }), frame({ x: 1, y: 1, width: 4, height: 4 })],
    ],
    [
      'holes',
      [
        frame({ transparent: 3 }),
        frame({ ...small, transparent: 7, disposal: 2 }),
        frame({ transparent: 1 }),
      ],
    ],
    ['interlaced', [frame({ interlaced: true }), frame({ ...small, interlaced: true })]],
    [
      'one row, one column',
      [
        frame({ width: 24, height: 1, interlaced: true, transparent: 2 }),
        frame({ x: 3, width: 1, height: 19, transparent: 2 }),
      ],
    ],
    ['own colours', [frame(), frame({ ...small, colors: COLORS.toReversed() }), frame({ ...small, x: 0 })]],
  ])('%s', async (_, frames) => {
    const bytes = makeGif({ width: 24, height: 19, colors: COLORS, frames })
    const ours = await readAnimation(await animate(bytes, {}))
    const theirs = await readAnimation(bytes)
    expectEqualFrames(ours.frames, theirs.frames)
  })

  // Where no colour is transparent, sharp paints the file's background colour, and browsers nothing.
  test('what is cleared is transparent, as browsers have it', async () => {
    const [first, second] = [
      frame({ x: 5, y: 3, width: 9, height: 11, disposal: 2 }),
      frame({ x: 20, width: 2, height: 2 }),
    ]
    const bytes = makeGif({ width: 24, height: 19, colors: COLORS, frames: [first, second] })
    const { frames } = await readAnimation(await animate(bytes, {}))
    const opaque = frames.map((pixels) => pixels.filter((value, at) => at % 4 === 3 && value === 255).length)
    expect(opaque).toEqual([9 * 11, 2 * 2])
  })

  test('what sharp has written', async () => {
    for (const alpha of [false, true]) {
      const bytes = await sharp(await webpOf(scene(8, { alpha }), 96, 64), { animated: true })
        .gif()
        .toBuffer()
      expectEqualFrames(
        (await readAnimation(await animate(bytes, {}))).frames,
        (await readAnimation(bytes)).frames,
      )
    }
  })

  test('a first frame larger than the screen enlarges it; later ones are cut', async () => {
    const bytes = makeGif({
      width: 10,
      height: 10,
      colors: COLORS,
      frames: [frame(), frame({ x: 20, y: 15, width: 24, height: 19 })],
    })
    expect(readWholeInfo('gif', bytes)).toMatchObject({ width: 24, height: 19, animated: true })
    const { frames } = await readAnimation(await animate(bytes, {}))
    const second = frames[1] ?? []
    expect(Array.from(second.slice(0, 3))).toEqual(COLORS[0])
    expect(Array.from(second.slice((15 * 24 + 20) * 4, (15 * 24 + 20) * 4 + 3))).toEqual(COLORS[0])
  })

  test('what is behind the last whole frame does not matter', async () => {
    const bytes = makeGif({
      width: 24,
      height: 19,
      colors: COLORS,
      frames: [frame(), frame({ disposal: 1, pixels: indices(24, 19, 5) })],
    })
    const whole = await readAnimation(await animate(bytes, {}))
    const tails = [bytes.subarray(0, -1), Uint8Array.from([...bytes.subarray(0, -1), 0x77, 1, 2])]
    for (const tail of tails)
      expectEqualFrames((await readAnimation(await animate(tail, {}))).frames, whole.frames)
    const cutInSecond = bytes.subarray(0, -60)
    expect(await animate(cutInSecond, { page: 0, to: 'png' })).toEqual(
      await animate(bytes, { page: 0, to: 'png' }),
    )
  })
})

describe('animated WebP as sharp reads it', () => {
  test.each([
    ['lossy, still background', { pans: false }, { quality: 70 }],
    ['lossy, all moves', { pans: true }, { quality: 70 }],
    ['lossless', { pans: false }, { lossless: true }],
    ['with alpha', { alpha: true }, { quality: 80 }],
    ['mixed', { pans: true }, { mixed: true }],
    ['smallest', { pans: false }, { minSize: true }],
  ] as const)('%s', async (_, kind, options) => {
    const bytes = await sharp(await webpOf(scene(7, kind), 96, 64), { animated: true })
      .webp(options)
      .toBuffer()
    expectEqualFrames(
      (await readAnimation(await animate(bytes, {}))).frames,
      (await readAnimation(bytes)).frames,
    )
  })
})

describe('animated PNG', () => {
  const [width, height] = [20, 14]
  const patch = (x: number, y: number, w: number, h: number, seed: number) => {
    const pixels = new Uint8Array(w * h * 4)
    for (let i = 0; i < w * h; i++)
      pixels.set([(i * 7 + seed) % 256, (i * 3) % 256, seed, (i * 11 + seed) % 256], i * 4)
    return { x, y, width: w, height: h, pixels: clean(pixels) }
  }
  const FRAMES: ApngFrame[] = [
    { ...patch(0, 0, 20, 14, 200), disposal: 0, blend: 0, delay: [1, 10] },
    { ...patch(3, 2, 9, 8, 40), disposal: 2, blend: 1, delay: [50, 1000] },
    { ...patch(6, 5, 14, 9, 90), disposal: 1, blend: 0, delay: [7, 0] },
    { ...patch(0, 0, 20, 14, 130), disposal: 0, blend: 1, delay: [1, 4] },
  ]

  /** The specification's words, pixel by pixel. */
  function play(frames: readonly ApngFrame[]): Uint8Array[] {
    let canvas = new Uint8Array(width * height * 4)
    return frames.map((it) => {
      const before = Uint8Array.from(canvas)
      for (let y = 0; y < it.height; y++)
        for (let x = 0; x < it.width; x++) {
          const [to, from] = [((it.y + y) * width + it.x + x) * 4, (y * it.width + x) * 4]
          const over = it.pixels.subarray(from, from + 4)
          canvas.set(it.blend ? compose(canvas.subarray(to, to + 4), over) : over, to)
        }
      const shown = clean(canvas)
      if (it.disposal === 2) canvas = before
      if (it.disposal === 1)
        for (let y = 0; y < it.height; y++) {
          const at = ((it.y + y) * width + it.x) * 4
          canvas.fill(0, at, at + it.width * 4)
        }
      return shown
    })
  }
  function compose(under: Uint8Array, over: Uint8Array): number[] {
    const [a, b] = [(over[3] ?? 0) / 255, (under[3] ?? 0) / 255]
    const alpha = a + b * (1 - a)
    if (alpha === 0) return [0, 0, 0, 0]
    const mix = (i: number) => ((over[i] ?? 0) * a + (under[i] ?? 0) * b * (1 - a)) / alpha
    return [...[0, 1, 2].map((i) => Math.round(mix(i))), Math.round(alpha * 255)]
  }

  test.each([
    ['the first frame is the still', {}],
    ['a still of its own', { still: patch(0, 0, 20, 14, 1).pixels }],
    ['in small pieces', { split: 40 }],
  ])('is composed as the specification says: %s', async (_, options) => {
    const bytes = makeApng(width, height, FRAMES, { plays: 2, ...options })
    const ours = await readAnimation(await animate(bytes, {}))
    for (const [at, expected] of play(FRAMES).entries()) {
      const differences = Array.from(expected, (value, i) =>
        Math.abs(value - (ours.frames[at]?.[i] ?? -1000)),
      )
      expect(Math.max(...differences)).toBeLessThanOrEqual(1)
    }
    expect(ours.delays).toEqual([100, 50, 70, 250])
    expect(ours.plays).toBe(2)
  })

  test('is written with what has changed, and read again', async () => {
    for (const kind of [{ pans: false }, { pans: true }, { alpha: true }]) {
      const frames = scene(6, kind)
      const source = await webpOf(frames, 96, 64, { delay: [40, 50, 60, 70, 80, 90], loop: 4 })
      const bytes = await animate(source, { to: 'png' })
      const back = await readAnimation(await animate(bytes, {}))
      expectEqualFrames(back.frames, frames)
      expect(back).toMatchObject({ delays: [40, 50, 60, 70, 80, 90], plays: 4 })
      const chunks = pngChunks(bytes)
      const view = (data: Uint8Array) => new DataView(data.buffer, data.byteOffset)
      const announced = chunks.find(({ type }) => type === 'acTL')?.data ?? new Uint8Array(8)
      expect([view(announced).getUint32(0), view(announced).getUint32(4)]).toEqual([6, 4])
      const numbered = chunks.filter(({ type }) => type === 'fcTL' || type === 'fdAT')
      expect(numbered.map(({ data }) => view(data).getUint32(0))).toEqual(numbered.map((_, i) => i))
      expect(chunks.map(({ type }) => type).slice(0, 4)).toEqual(['IHDR', 'acTL', 'fcTL', 'IDAT'])
      // Those who know nothing of animations see the first frame.
      expect(psnr((await rgba(bytes)).data, frames[0] ?? [])).toBe(Infinity)
    }
  })

  test.each([
    ['a frame outside of the picture', (it: ApngFrame) => ({ ...it, x: 15 })],
    ['a frame without size', (it: ApngFrame) => ({ ...it, width: 0, pixels: new Uint8Array() })],
    ['an unknown disposal', (it: ApngFrame) => ({ ...it, disposal: 3 as 2 })],
  ])('%s is damage', async (_, change) => {
    const bytes = makeApng(
      width,
      height,
      FRAMES.map((it, at) => (at === 1 ? change(it) : it)),
    )
    await expect(animate(bytes, {})).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })
})

describe('written', () => {
  test.each(['gif', 'webp', 'png'] as const)(
    '%s keeps what it can: pictures, times, repetitions',
    async (to) => {
      const gif = makeGif({
        width: 24,
        height: 19,
        colors: COLORS,
        loops: 4,
        frames: [
          frame({ delay: 7 }),
          frame({ x: 5, y: 3, width: 9, height: 11, disposal: 2, delay: 8, transparent: 3 }),
          frame({ x: 1, width: 7, height: 5, disposal: 3, delay: 300 }),
          frame({ delay: 0, transparent: 9, pixels: indices(24, 19, 4) }),
        ],
      })
      const theirs = await readAnimation(gif)
      const made = await animate(gif, { to })
      const ours = await readAnimation(to === 'png' ? await animate(made, {}) : made)
      expectEqualFrames(ours.frames, theirs.frames)
      expect(ours).toMatchObject({ delays: theirs.delays, plays: theirs.plays })
      expect(theirs.plays).toBe(5)
    },
  )

  test.each([
    ['for ever', 0, 0],
    ['once, as without the extension', undefined, 1],
    ['three times', 2, 3],
  ])('plays %s', async (_, loops, plays) => {
    const gif = makeGif({
      width: 24,
      height: 19,
      colors: COLORS,
      ...(loops === undefined ? {} : { loops }),
      frames: [frame(), frame({ pixels: indices(24, 19, 3) })],
    })
    const gifAgain = await animate(gif, { to: 'gif' })
    expect((await readAnimation(await animate(gifAgain, {}))).plays).toBe(plays)
    expect((await readAnimation(await animate(gif, {}))).plays).toBe(plays)
  })

  test('frames that are equal become one that stands longer', async () => {
    const [first, second] = scene(2) as [Uint8Array, Uint8Array]
    const source = await webpOf([first, second, second, second, first], 96, 64, {
      delay: [50, 60, 70, 80, 90],
    })
    for (const to of ['webp', 'gif', 'png'] as const) {
      const made = await animate(source, { to })
      expect(countFrames(to, made, 100)).toBeLessThanOrEqual(3)
      const delays = (await readAnimation(to === 'png' ? await animate(made, {}) : made)).delays
      expect(delays).toEqual([50, 210, 90])
    }
  })

  test('pixels that become transparent again', async () => {
    const frames = scene(9, { alpha: true })
    const source = await webpOf(frames, 96, 64)
    for (const to of ['webp', 'gif', 'png'] as const) {
      const made = await animate(source, { to })
      const back = await readAnimation(to === 'png' ? await animate(made, {}) : made)
      expectEqualFrames(back.frames, frames)
    }
  })

  test('GIF: no worse and no larger than sharp, with a scene that changes', async () => {
    const [width, height] = [192, 128]
    const frames = [...scene(4, { width, height, pans: true }), ...scene(4, { width, height, seed: 3 })]
    const source = await webpOf(frames, width, height)
    const theirs = await sharp(source, { animated: true }).gif({ dither: 0 }).toBuffer()
    const ours = await animate(source, { to: 'gif' })
    const quality = async (bytes: Uint8Array) =>
      psnr(Buffer.concat((await readAnimation(bytes)).frames), Buffer.concat(frames))
    expect(await quality(ours)).toBeGreaterThan((await quality(theirs)) - 0.5)
    expect(ours.length).toBeLessThan(theirs.length * 1.1)
  })

  test('WebP: about as good and as large as sharp', async () => {
    const [width, height] = [192, 128]
    for (const pans of [true, false]) {
      const frames = scene(8, { width, height, pans })
      const source = await webpOf(frames, width, height)
      const theirs = await sharp(source, { animated: true }).webp({ quality: 80 }).toBuffer()
      const ours = await animate(source, { to: 'webp', lossless: false, quality: 80 })
      const quality = async (bytes: Uint8Array) =>
        psnr(Buffer.concat((await readAnimation(bytes)).frames), Buffer.concat(frames))
      expect(await quality(ours)).toBeGreaterThan((await quality(theirs)) - 0.5)
      expect(ours.length).toBeLessThan(theirs.length * 1.1)
    }
  })

  test('a picture that does not move becomes a GIF of one frame', async () => {
    const { data, width, height } = rawPicture({ width: 61, height: 43 })
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toBuffer()
    const made = await run({
      recipe: { kind: 'image', from: 'jpeg', orient: 1, to: 'gif', width, height },
      bytes,
      pixels: 1e8,
      frames: 1000,
    })
    expect(countFrames('gif', made.body, 10)).toBe(1)
    expect(psnr((await rgba(made.body)).data, (await rgba(bytes)).data)).toBeGreaterThan(34)
  })
})

describe('pages and views', () => {
  const source = () => webpOf(scene(6), 96, 64)

  test('a page is what the animation shows at its time', async () => {
    const bytes = await source()
    const { frames } = await readAnimation(bytes)
    for (const page of [0, 3, 5]) {
      const made = await animate(bytes, { page, to: 'png' })
      expect(psnr((await rgba(made)).data, frames[page] ?? [])).toBe(Infinity)
    }
    await expect(animate(bytes, { page: 6, to: 'png' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      details: [{ parameter: 'page', expected: 'a number from 0 to 5' }],
    })
  })

  test.each<[string, Partial<ImageRecipe>]>([
    ['smaller', { resize: { width: 40, height: 27 }, width: 40, height: 27 }],
    ['larger', { resize: { width: 150, height: 100 }, width: 150, height: 100 }],
    [
      'cropped and turned',
      { crop: { x: 7, y: 5, width: 60, height: 40 }, rotate: 90, width: 40, height: 60 },
    ],
    ['mirrored', { flip: 'h' }],
    [
      'padded over a colour',
      {
        pad: { x: 2, y: 10, width: 96, height: 64, canvas: { width: 100, height: 90 } },
        background: { r: 9, g: 99, b: 199, a: 1 },
        width: 100,
        height: 90,
      },
    ],
    ['with effects', { effects: { grayscale: true, blur: 2 } }],
  ])('%s: each frame as that page alone', async (_, change) => {
    const bytes = await source()
    const moving = await readAnimation(await animate(bytes, change))
    for (const page of [0, 4]) {
      const still = await animate(bytes, { ...change, page, to: 'png' })
      expect(psnr(moving.frames[page] ?? [], (await rgba(still)).data)).toBe(Infinity)
    }
  })

  test('what was taken for an animation and has one frame is a still', async () => {
    const gif = makeGif({ width: 24, height: 19, colors: COLORS, loops: 0, frames: [frame()] })
    const made = await animate(gif, {})
    expect(readWholeInfo('webp', made)).toMatchObject({ animated: false })
  })
})

describe('limits', () => {
  const gif = makeGif({
    width: 24,
    height: 19,
    colors: COLORS,
    frames: Array.from({ length: 12 }, (_, i) => frame({ pixels: indices(24, 19, i) })),
  })

  test.each([
    [{ frames: 11 }, {}, { limit: 'frames', value: 12, maximum: 11 }],
    [{ pixels: 5000 }, {}, { limit: 'pixels', value: 12 * 24 * 19, maximum: 5000 }],
    [{ pixels: 1000 }, { page: 2 }, { limit: 'pixels', value: 3 * 24 * 19, maximum: 1000 }],
  ])('%o %o', async (limits, change, details) => {
    await expect(animate(gif, change, limits)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details })
  })

  test('a first page costs one frame', async () => {
    expect(await animate(gif, { page: 0, to: 'png' }, { pixels: 500 })).toBeDefined()
  })

  test('can be stopped between any two rows', async () => {
    let left = Infinity
    const stoppable = createImageWorker({
      loadWasm,
      tick() {
        if (left-- <= 0) throw new Stopped()
      },
    })
    const whole = await animate(gif, { to: 'gif' }, {}, stoppable)
    for (const after of [0, 10, 100, 400]) {
      left = after
      await expect(animate(gif, { to: 'gif' }, {}, stoppable)).rejects.toBeInstanceOf(Stopped)
    }
    left = Infinity
    expect(await animate(gif, { to: 'gif' }, {}, stoppable)).toEqual(whole)
  })
})

describe('damaged files', () => {
  const files = async (): Promise<[string, Uint8Array][]> => {
    const webp = await webpOf(scene(4, { width: 40, height: 30 }), 40, 30)
    const lossy = await sharp(await webpOf(scene(4, { width: 40, height: 30, alpha: true }), 40, 30), {
      animated: true,
    })
      .webp({ quality: 60 })
      .toBuffer()
    return [
      ['gif', await animate(webp, { to: 'gif' })],
      ['webp', webp],
      ['lossy webp', lossy],
      ['png', await animate(webp, { to: 'png' })],
    ]
  }
  const attempt = async (bytes: Uint8Array) => {
    try {
      await animate(bytes, { to: 'gif' })
    } catch (error) {
      if (!isMediaError(error)) throw error
      expect(['CORRUPT_MEDIA', 'UNSUPPORTED_CODEC', 'LIMIT_EXCEEDED']).toContain(error.code)
    }
  }

  test('end with a code, and the next one is right', async () => {
    for (const [name, bytes] of await files()) {
      const whole = await animate(bytes, { to: 'gif' })
      for (let length = 40; length < bytes.length; length += Math.ceil(bytes.length / 60))
        await attempt(bytes.subarray(0, length))
      let state = 7
      const random = (below: number) => (state = (state * 48271) % 2147483647) % below
      for (let round = 0; round < 120; round++) {
        const damaged = Uint8Array.from(bytes)
        for (let i = random(4); i >= 0; i--) damaged[30 + random(damaged.length - 30)] = random(256)
        if (sniff(damaged)) await attempt(damaged)
      }
      expect(await animate(bytes, { to: 'gif' }), name).toEqual(whole)
    }
  }, 60_000)
})
