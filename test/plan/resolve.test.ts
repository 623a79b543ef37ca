/** The plan meets the original: what is decided, and what is refused. */
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import type { FormatName } from '../../src/media/format.ts'
import type { ImageInfo, MediaInfo } from '../../src/media/info.ts'
import type { Ask, Plan } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { pictureRecipe } from '../support/recipes.ts'

const limits = { pixels: 1e8, frames: 1000, outputSide: 8192, outputPixels: 64e6, avifPixels: 2e6 }
const planOf = (ask: Ask, accepts: readonly FormatName[] = []): Plan => ({
  source: { origin: 'o', path: '/p', captures: {} },
  ask,
  accepts,
  text: '',
})
const jpeg: ImageInfo = {
  class: 'image',
  format: 'jpeg',
  width: 4000,
  height: 3000,
  orientation: 1,
  hasAlpha: false,
  frames: 1,
  animated: false,
  bitDepth: 8,
  colorModel: 'ycbcr',
}
const png: ImageInfo = { ...jpeg, format: 'png', hasAlpha: true, colorModel: 'rgb' }
const make = (ask: Ask, info: MediaInfo = jpeg, accepts: readonly FormatName[] = [], by = limits) =>
  pictureRecipe(resolve(planOf(ask, accepts), info, by))

function failure(act: () => unknown) {
  try {
    act()
  } catch (error) {
    if (isMediaError(error))
      return { status: error.status, code: error.code, details: error.details, message: error.message }
    throw error
  }
  return undefined
}

describe('a recipe', () => {
  test('holds every step that does something, and no other', () => {
    expect(make({})).toEqual({
      kind: 'image',
      from: 'jpeg',
      orient: 1,
      to: 'jpeg',
      quality: 80,
      width: 4000,
      height: 3000,
    })
    const all: Ask = {
      crop: { width: { px: 2000 }, height: { px: 1000 }, x: { px: 100 }, y: { px: 200 } },
      rotate: 90,
      flip: 'h',
      width: 100,
      height: 100,
      fit: 'cover',
      format: 'webp',
      quality: 33,
    }
    expect(make(all, { ...jpeg, orientation: 6 })).toEqual({
      kind: 'image',
      from: 'jpeg',
      orient: 6,
      crop: { x: 100, y: 200, width: 2000, height: 1000 },
      rotate: 90,
      flip: 'h',
      cut: { x: 0, y: 500, width: 1000, height: 1000 },
      resize: { width: 100, height: 100 },
      to: 'webp',
      quality: 33,
      width: 100,
      height: 100,
    })
  })
  test('leaves out words of video, versions, and a crop of everything', () => {
    const whole = { width: { fraction: 1 }, height: { fraction: 1 }, x: { px: 0 }, y: { px: 0 } }
    expect(make({ timed: { fps: '25' }, v: '9', crop: whole, width: 4000 })).toEqual(make({}))
  })
})

describe('metadata', () => {
  test('goes along where there can be any; else it makes no other rendition', () => {
    for (const metadata of ['copyright', 'keep'] as const) {
      expect(make({ metadata })).toEqual({ ...make({}), metadata })
      expect(make({ metadata, format: 'gif' })).toMatchObject({ metadata })
      const svg = { ...png, format: 'svg' } as const
      expect(make({ metadata }, svg)).toEqual(make({}, svg))
    }
    const bmp = { ...jpeg, format: 'bmp' } as const
    expect(make({ metadata: 'copyright' }, bmp)).toEqual(make({}, bmp))
    expect(make({ metadata: 'keep' }, bmp)).toMatchObject({ metadata: 'keep' })
    expect(make({ metadata: 'keep', format: 'gif' }, bmp)).toEqual(make({ format: 'gif' }, bmp))
  })
})

describe('format', () => {
  const gray16: ImageInfo = { ...png, hasAlpha: false }
  test.each<[string, Ask, ImageInfo, FormatName[], FormatName]>([
    ['auto keeps what browsers show', {}, jpeg, [], 'jpeg'],
    ['auto keeps png', {}, gray16, [], 'png'],
    ['auto prefers webp', {}, jpeg, ['webp'], 'webp'],
    ['avif only for small results', {}, jpeg, ['avif', 'webp'], 'webp'],
    ['avif for small results', { width: 1000 }, jpeg, ['avif', 'webp'], 'avif'],
    ['avif at exactly the limit', { width: 2000, height: 1000, fit: 'fill' }, jpeg, ['avif'], 'avif'],
    ['avif that is too large, and nothing else', {}, jpeg, ['avif'], 'jpeg'],
    ['avif originals become jpeg for others', {}, { ...jpeg, format: 'avif' }, [], 'jpeg'],
    ['or png with alpha', {}, { ...png, format: 'avif' }, [], 'png'],
    ['an explicit format wins', { format: 'png' }, jpeg, ['avif', 'webp'], 'png'],
  ])('%s', (_, ask, info, accepts, to) => expect(make(ask, info, accepts).to).toBe(to))

  test('auto chooses no format that cannot be so large', () => {
    const wide = { ...jpeg, width: 16_384, height: 100 }
    expect(make({}, wide, ['webp'], { ...limits, outputSide: 16_384 }).to).toBe('jpeg')
  })
})

test('effort counts where it changes something', () => {
  const effortOf = (format: 'jpeg' | 'png' | 'jxl' | 'gif', effort: number) => make({ format, effort }).effort
  expect([0, 7, 8, 9].map((effort) => effortOf('jpeg', effort))).toEqual([undefined, undefined, 8, 9])
  expect([0, 9].map((effort) => effortOf('png', effort))).toEqual([0, 9])
  expect([0, 9].map((effort) => effortOf('jxl', effort))).toEqual([0, 9])
  expect(effortOf('gif', 9)).toBeUndefined()
})

describe('quality', () => {
  test.each<[Ask, object]>([
    [{ format: 'jpeg' }, { quality: 80 }],
    [{ format: 'webp' }, { quality: 80 }],
    [{ format: 'avif' }, { quality: 50 }],
    [{ format: 'png' }, {}],
    [{ format: 'png', quality: 5 }, {}],
    [{ format: 'png', quality: 'lossless' }, {}],
    [{ format: 'jpeg', quality: 'low' }, { quality: 60 }],
    [{ format: 'webp', quality: 'medium' }, { quality: 75 }],
    [{ format: 'jpeg', quality: 'high' }, { quality: 90 }],
    [{ format: 'avif', quality: 'low' }, { quality: 40 }],
    [{ format: 'avif', quality: 'high' }, { quality: 63 }],
    [{ format: 'jpeg', quality: 'lossless' }, { quality: 100 }],
    [{ format: 'webp', quality: 'lossless' }, { lossless: true }],
    [{ format: 'avif', quality: 'lossless' }, { lossless: true }],
    [{ format: 'webp', quality: 1 }, { quality: 1 }],
    [{ format: 'webp', quality: 'auto' }, { perceptual: true }],
    [{ format: 'png', quality: 'auto' }, {}],
    [{ format: 'jxl' }, { quality: 80 }],
    [{ format: 'jxl', quality: 'lossless' }, { lossless: true }],
    [
      { format: 'jpeg', maxBytes: 9 },
      { quality: 100, maxBytes: 9 },
    ],
    [
      { format: 'avif', maxBytes: 9, quality: 'low' },
      { quality: 40, maxBytes: 9 },
    ],
    [
      { format: 'webp', maxBytes: 9, quality: 'lossless' },
      { lossless: true, maxBytes: 9 },
    ],
    [
      { format: 'webp', maxBytes: 9, quality: 'auto' },
      { perceptual: true, maxBytes: 9 },
    ],
    [{ format: 'png', maxBytes: 9 }, { maxBytes: 9 }],
  ])('%j is %j', (ask, expected) => {
    const { quality, lossless, perceptual, maxBytes } = make(ask)
    const seen = Object.entries({ quality, lossless, perceptual, maxBytes })
    expect(Object.fromEntries(seen.filter(([, value]) => value !== undefined))).toEqual(expected)
  })
})

describe('background', () => {
  const red = { r: 255, g: 0, b: 0, a: 1 }
  const white = { r: 255, g: 255, b: 255, a: 1 }
  const pad: Ask = { width: 100, height: 100, fit: 'pad' }
  test.each<[string, Ask, ImageInfo, object | undefined]>([
    ['none where nothing shows through', { background: red }, jpeg, undefined],
    ['white under alpha for jpeg', { format: 'jpeg' }, png, white],
    ['transparent stays transparent', { format: 'webp' }, png, undefined],
    ['asked', { format: 'webp', background: red }, png, red],
    [
      'half, over white, where there is no alpha',
      { format: 'jpeg', background: { ...red, a: 0.5 } },
      png,
      { r: 255, g: 128, b: 128, a: 1 },
    ],
    [
      'half, kept, where there is alpha',
      { format: 'png', background: { ...red, a: 0.5 } },
      png,
      { ...red, a: 0.5 },
    ],
    ['transparent on jpeg is white', { format: 'jpeg', background: { r: 0, g: 0, b: 0, a: 0 } }, png, white],
    ['padding of jpeg', { ...pad, format: 'jpeg' }, jpeg, white],
    ['padding of webp', { ...pad, format: 'webp' }, jpeg, undefined],
    ['padding, asked', { ...pad, format: 'webp', background: red }, jpeg, red],
  ])('%s', (_, ask, info, background) => expect(make(ask, info).background).toEqual(background))
})

describe('refusals', () => {
  test.each<[string, Ask, Partial<ImageInfo>, string, number, unknown]>([
    [
      'source pixels',
      {},
      { width: 20_000, height: 5001 },
      'LIMIT_EXCEEDED',
      422,
      { limit: 'pixels', value: 100_020_000, maximum: 1e8 },
    ],
    [
      'source pixels over frames',
      {},
      { width: 1000, height: 1001, frames: 100 },
      'LIMIT_EXCEEDED',
      422,
      { limit: 'pixels', value: 100_100_000, maximum: 1e8 },
    ],
    [
      'frames',
      {},
      { width: 1, height: 1, frames: 1001 },
      'LIMIT_EXCEEDED',
      422,
      { limit: 'frames', value: 1001, maximum: 1000 },
    ],
    [
      'output side',
      {},
      { width: 9000, height: 10 },
      'LIMIT_EXCEEDED',
      422,
      { limit: 'outputSide', value: 9000, maximum: 8192 },
    ],
    [
      'output side by enlarging',
      { height: 8192, enlarge: true },
      { width: 200, height: 100 },
      'LIMIT_EXCEEDED',
      422,
      { limit: 'outputSide', value: 16_384, maximum: 8192 },
    ],
    [
      'output pixels by padding',
      { width: 8192, height: 8000, fit: 'pad' },
      { width: 1, height: 1 },
      'LIMIT_EXCEEDED',
      422,
      { limit: 'outputPixels', value: 65_536_000, maximum: 64e6 },
    ],
    ['heic', {}, { format: 'heic' }, 'NOT_SUPPORTED_HERE', 501, undefined],
    [
      'a page of what has one',
      { page: 1 },
      {},
      'INVALID_PARAMETER',
      400,
      [{ parameter: 'page', value: '1', expected: '0' }],
    ],
    [
      'a video of a picture',
      { format: 'mp4' },
      {},
      'INVALID_PARAMETER',
      400,
      [{ parameter: 'format', value: 'mp4', expected: 'a picture format' }],
    ],
    [
      'sound of a picture',
      { format: 'mp3' },
      {},
      'INVALID_PARAMETER',
      400,
      [{ parameter: 'format', value: 'mp3', expected: 'a picture format' }],
    ],
    [
      'a skewed picture',
      { rotate: 45 },
      {},
      'INVALID_PARAMETER',
      400,
      [{ parameter: 'rotate', value: '45', expected: 'a multiple of 90' }],
    ],
  ])('%s', (_, ask, change, code, status, details) => {
    expect(failure(() => make(ask, { ...jpeg, ...change }))).toMatchObject({
      code,
      status,
      ...(details === undefined ? {} : { details }),
    })
  })

  test('video of which nothing is known', () => {
    expect(failure(() => make({ width: 5 }, { class: 'video', format: 'flv' }))).toMatchObject({
      status: 501,
      code: 'NOT_SUPPORTED_HERE',
      message: 'Cannot read flv: no engine here does',
    })
  })

  test('limits are met exactly', () => {
    expect(make({}, { ...jpeg, width: 8192, height: 7812 })).toMatchObject({ width: 8192, height: 7812 })
    expect(make({ width: 10 }, { ...jpeg, width: 10_000, height: 10_000 })).toMatchObject({
      width: 10,
      height: 10,
    })
  })
})

describe('animations', () => {
  const gif: ImageInfo = { ...jpeg, format: 'gif', width: 200, height: 100, hasAlpha: true, animated: true }
  test.each<[string, Ask, readonly FormatName[], object]>([
    ['stay', {}, [], { animated: true, to: 'gif' }],
    ['in another format that moves', { format: 'webp' }, [], { animated: true, to: 'webp' }],
    ['of the formats taken, one that moves', {}, ['avif', 'webp'], { animated: true, to: 'webp' }],
    ['not where it cannot', { format: 'jpeg' }, [], { page: 0, to: 'jpeg' }],
    ['not when told', { animated: false }, ['avif', 'webp'], { page: 0, to: 'avif' }],
    ['one page', { page: 4 }, [], { page: 4, to: 'gif' }],
  ])('%s', (_, ask, accepts, expected) => {
    const recipe = make(ask, gif, accepts)
    expect(recipe).toMatchObject(expected)
    expect(Object.keys(recipe).filter((key) => key === 'animated' || key === 'page').length).toBe(1)
  })

  test('what does not move knows nothing of it', () => {
    for (const ask of [{}, { page: 0 }, { animated: false }] as const)
      expect(make(ask, { ...gif, animated: false })).not.toMatchObject({ animated: true })
    expect(make({ page: 0 })).toEqual(make({}))
    expect(make({ animated: false })).toEqual(make({}))
  })

  test('frames that the header knows count', () => {
    expect(
      failure(() => make({}, { ...gif, format: 'png', frames: 1001, width: 2, height: 2 })),
    ).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'frames', value: 1001, maximum: 1000 },
    })
  })
})
