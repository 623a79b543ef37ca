/** `format=json`: what is told of an original, by file and by header. */
import { decode as decodeBlurHash, isBlurhashValid } from 'blurhash'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash'
import { paletteOf } from '../../src/engines/image/describe/palette.ts'
import { placeholderOf, type Placeholder } from '../../src/engines/image/describe/placeholder.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import type { Bitmap } from '../../src/media/bitmap.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import { sniff } from '../../src/media/sniff.ts'
import type { Metadata } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { heicKind } from '../support/heic.ts'
import { picture, rawPicture } from '../support/pictures.ts'
import { asSequence } from '../support/avif-files.ts'
import { loadWasm } from '../support/platform.ts'
import { recipeOfPicture } from '../support/recipes.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const limits = { pixels: 1e8, frames: 1000, outputSide: 8192, outputPixels: 64e6, avifPixels: 2e6 }

type Told = Record<string, unknown> & { readonly placeholder: Placeholder }

async function tell(bytes: Uint8Array, metadata: Metadata = 'none', by = limits): Promise<Told> {
  const info = readWholeInfo(sniff(bytes)!, bytes)
  const ask = { format: 'json' as const, ...(metadata === 'none' ? {} : { metadata }) }
  const plan = { source: { origin: 'o', path: '/p', captures: {} }, ask, accepts: [], text: '' }
  const { body } = await run({
    recipe: recipeOfPicture(resolve(plan, info, by)),
    bytes,
    pixels: 1e8,
    frames: 1000,
  })
  return JSON.parse(new TextDecoder().decode(body)) as Told
}

const fromHex = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
const fromBase64 = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
const flat = (color: readonly number[], width = 8, height = 8): Bitmap => ({
  data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) => color[at % 4]!),
  width,
  height,
})
/** A picture whose left part has one colour and the rest another. */
const halves = (left: readonly number[], right: readonly number[], share = 0.5, width = 40): Bitmap => ({
  data: Uint8ClampedArray.from(
    { length: width * 30 * 4 },
    (_, at) => ((Math.floor(at / 4) % width) / width < share ? left : right)[at % 4]!,
  ),
  width,
  height: 30,
})
const opaque = { frames: 1, animated: false, hasAlpha: false, orientation: 1 }

describe('the facts', () => {
  test.each([
    ['jpeg', picture().jpeg(), { ...opaque, contentType: 'image/jpeg', colorSpace: 'rgb' }],
    [
      'jpeg',
      picture().toColourspace('b-w').jpeg(),
      { ...opaque, contentType: 'image/jpeg', colorSpace: 'gray' },
    ],
    ['png', picture().png(), { ...opaque, contentType: 'image/png', colorSpace: 'rgb' }],
    ['png', picture({ alpha: true }).png(), { ...opaque, hasAlpha: true, colorSpace: 'rgb' }],
    ['png', picture().png({ palette: true }), { ...opaque, colorSpace: 'rgb' }],
    ['webp', picture({ alpha: true }).webp(), { ...opaque, hasAlpha: true, contentType: 'image/webp' }],
    ['avif', picture().avif({ effort: 0 }), { ...opaque, contentType: 'image/avif', colorSpace: 'rgb' }],
  ])('of a %s', async (format, image, facts) => {
    const bytes = await image.toBuffer()
    const told = await tell(bytes)
    expect(told).toMatchObject({ format, size: bytes.length, width: 320, height: 240, ...facts })
    expect(Object.keys(told)).toEqual(
      'format contentType size width height orientation frames animated hasAlpha colorSpace placeholder'.split(
        ' ',
      ),
    )
    expect(told.placeholder.palette.length).toBeGreaterThan(2)
  })

  test('sizes are those of the upright picture, and so is the placeholder', async () => {
    const upright = await tell(await picture().jpeg().toBuffer())
    const lying = await picture().rotate(270).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const told = await tell(lying)
    expect(told).toMatchObject({ width: 320, height: 240, orientation: 6 })
    const looks = [upright, told].map((it) => thumbHashToRGBA(fromBase64(it.placeholder.thumbhash)))
    expect([looks[1]!.w, looks[1]!.h]).toEqual([looks[0]!.w, looks[0]!.h])
    const apart = looks[0]!.rgba.reduce((sum, value, at) => sum + Math.abs(value - looks[1]!.rgba[at]!), 0)
    expect(apart / looks[0]!.rgba.length).toBeLessThan(3)
  })

  test('frames are counted where the header does not tell, and the first is what placeholders show', async () => {
    const frames = [0, 1, 2].map((seed) => rawPicture({ width: 40, height: 30, seed }).data)
    const strip = { raw: { width: 40, height: 90, channels: 3, pageHeight: 30 } } as const
    const film = sharp(Buffer.concat(frames), strip)
    const first = await tell(
      await sharp(frames[0]!, { raw: { width: 40, height: 30, channels: 3 } })
        .png()
        .toBuffer(),
    )
    const animation = { frames: 3, animated: true }
    for (const [format, bytes] of [
      ['gif', await film.clone().gif().toBuffer()],
      ['webp', await film.clone().webp().toBuffer()],
    ] as const) {
      const told = await tell(bytes)
      expect(told).toMatchObject({ format, width: 40, height: 30, ...animation })
      const [ours, theirs] = [told.placeholder, first.placeholder].map((it) => fromHex(it!.dominant!))
      for (const i of [0, 1, 2]) expect(Math.abs(ours![i]! - theirs![i]!)).toBeLessThan(24)
    }
    const still = await picture({ width: 40, height: 30 }).gif().toBuffer()
    expect(await tell(still)).toMatchObject({ frames: 1, animated: false })
    expect(await tell(still.subarray(0, -1))).toMatchObject({ frames: 1 })
  })

  test('AVIF that moves says how many pictures its track has', async () => {
    const still = await picture({ width: 40, height: 30 }).avif({ effort: 0 }).toBuffer()
    expect(await tell(still)).toMatchObject({ frames: 1, animated: false })
    const moving = asSequence(still, 7)
    const told = await tell(moving)
    expect(told).toMatchObject({ format: 'avif', width: 40, height: 30, frames: 7, animated: true })
    expect(told.placeholder).toEqual((await tell(still)).placeholder)
    // Sound is no picture, and damage behind the header is none of the header's.
    expect(await tell(asSequence(still, 7, 'soun'))).toMatchObject({ frames: 1, animated: false })
    expect(await tell(moving.subarray(0, -20))).toMatchObject({ width: 40, frames: 1 })
  })

  test('what cannot be decoded here has the facts of its header', async () => {
    expect(await tell(await heicKind('alpha'))).toMatchObject({
      format: 'heic',
      contentType: 'image/heic',
      width: 96,
      height: 64,
      hasAlpha: true,
      placeholder: null,
    })
  })

  test('pixels that are damaged or too many cost the placeholder alone; a damaged header is an error', async () => {
    const bytes = await picture().jpeg().toBuffer()
    const facts = { format: 'jpeg', width: 320, height: 240 }
    expect(await tell(bytes.subarray(0, bytes.length / 2))).toMatchObject({ ...facts, placeholder: null })
    expect(await tell(bytes, 'none', { ...limits, pixels: 1000 })).toMatchObject({
      ...facts,
      placeholder: null,
    })
    const cmyk = await picture().toColourspace('cmyk').jpeg().toBuffer()
    expect(await tell(cmyk)).toMatchObject({ ...facts, colorSpace: 'cmyk' })
    await expect(tell(bytes.subarray(0, 100))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('equal files have equal answers, whatever ran before', async () => {
    const bytes = await picture({ alpha: true }).webp().toBuffer()
    const first = await tell(bytes)
    await tell(await picture({ seed: 2 }).jpeg().toBuffer())
    expect(await tell(bytes)).toEqual(first)
  })
})

describe('the placeholder', () => {
  const mean = async (bytes: Uint8Array) =>
    (await sharp(bytes).stats()).channels.map((channel) => channel.mean)

  test.each([
    [400, 300],
    [100, 700],
    [33, 21],
    [5, 3],
    [1, 1],
  ])('of %ix%i, as its own decoders see it', async (width, height) => {
    const bytes = await picture({ width, height }).png().toBuffer()
    const { thumbhash, blurhash } = (await tell(bytes)).placeholder
    const wanted = await mean(bytes)
    const { r, g, b, a } = thumbHashToAverageRGBA(fromBase64(thumbhash))
    expect(a).toBe(1)
    // Six bits for each channel of its own colour space.
    for (const [at, value] of [r, g, b].entries()) expect(Math.abs(value * 255 - wanted[at]!)).toBeLessThan(8)
    const ratio = thumbHashToApproximateAspectRatio(fromBase64(thumbhash))
    if (width > 300) expect(Math.abs(ratio - width / height)).toBeLessThan(0.12)
    expect(isBlurhashValid(blurhash).result).toBe(true)
    expect(blurhash[0]).toBe('L') // 4 x 3 components: 3 + 2 * 9 = 21
    const seen = decodeBlurHash(blurhash, 32, 32)
    const [red] = [0].map((at) => seen.filter((_, i) => i % 4 === at).reduce((sum, v) => sum + v, 0) / 1024)
    expect(Math.abs(red! - wanted[0]!)).toBeLessThan(12)
  })

  test('what is transparent has no colour', () => {
    const { dominant, palette, blurhash } = placeholderOf(halves([0, 255, 0, 0], [200, 30, 40, 255], 0.8))
    expect([dominant, palette]).toEqual(['#c81e28', ['#c81e28']])
    const seen = decodeBlurHash(blurhash, 8, 8)
    for (let at = 0; at < seen.length; at += 4) expect(seen[at + 1]).toBeLessThan(40)
    const { thumbhash } = placeholderOf(halves([0, 255, 0, 0], [200, 30, 40, 255]))
    expect(thumbHashToAverageRGBA(fromBase64(thumbhash)).a).toBeCloseTo(0.5, 1)
  })

  test('a picture of nothing has no colours, and still a placeholder', () => {
    const { dominant, palette, thumbhash, blurhash } = placeholderOf(flat([9, 9, 9, 0]))
    expect([dominant, palette]).toEqual([null, []])
    expect(thumbHashToAverageRGBA(fromBase64(thumbhash)).a).toBe(0)
    expect(isBlurhashValid(blurhash).result).toBe(true)
  })

  test('colours are exact, and the commonest comes first', () => {
    expect(placeholderOf(flat([255, 255, 255, 255]))).toMatchObject({
      dominant: '#ffffff',
      palette: ['#ffffff'],
    })
    const { dominant, palette } = placeholderOf(halves([255, 0, 0, 255], [1, 2, 250, 255], 0.25))
    expect([dominant, palette]).toEqual(['#0102fa', ['#0102fa', '#ff0000']])
  })

  test('six colours are found among six, and no more than six among many', async () => {
    const colors = [
      [10, 10, 10],
      [250, 250, 250],
      [200, 20, 20],
      [20, 200, 20],
      [20, 20, 200],
      [230, 220, 20],
    ]
    const data = Uint8ClampedArray.from({ length: 60 * 10 * 4 }, (_, at) => {
      const column = Math.floor(at / 4) % 60
      return at % 4 === 3 ? 255 : colors[Math.floor(column / 10)]![at % 4]!
    })
    const found = paletteOf({ data, width: 60, height: 10 }, 6)
    expect(found.map(({ color }) => color.join()).toSorted()).toEqual(
      colors.map((one) => one.join()).toSorted(),
    )
    expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
    expect((await tell(await picture().png().toBuffer())).placeholder.palette).toHaveLength(6)
  })

  test('colours are sRGB: a wide profile is converted first', async () => {
    const wide = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#c04020' } })
      .withIccProfile('p3')
      .png()
      .toBuffer()
    const [r, g, b] = fromHex((await tell(wide)).placeholder.dominant!)
    for (const [seen, meant] of [
      [r, 0xc0],
      [g, 0x40],
      [b, 0x20],
    ])
      expect(Math.abs(seen! - meant!)).toBeLessThanOrEqual(2)
    const [stored] = await sharp(wide, { ignoreIcc: true }).raw().toBuffer()
    expect(Math.abs(stored! - 0xc0)).toBeGreaterThan(4)
  })
})

describe('EXIF', () => {
  const exif = {
    IFD0: { Copyright: '(C) Ada', Artist: 'Ada', Make: 'Maker', Model: 'Box 1', Software: 'S\n1' },
    IFD2: {
      DateTimeOriginal: '2024:05:01 12:30:59',
      OffsetTimeOriginal: '+02:00',
      ExposureTime: '1/250',
      FNumber: '28/10',
      ISOSpeedRatings: '200',
      FocalLength: '35/1',
      FocalLengthIn35mmFilm: '52',
      LensModel: 'Lens 35',
    },
    IFD3: {
      GPSLatitudeRef: 'S',
      GPSLatitude: '33/1 51/1 3540/100',
      GPSLongitudeRef: 'E',
      GPSLongitude: '151/1 12/1 3600/100',
      GPSAltitudeRef: '0',
      GPSAltitude: '155/10',
    },
  }
  const make = (format: 'jpeg' | 'png' | 'webp') => picture().withExif(exif).toFormat(format).toBuffer()

  test.each(['jpeg', 'png', 'webp'] as const)('of a %s is told as far as it is asked for', async (format) => {
    const bytes = await make(format)
    expect(await tell(bytes)).not.toHaveProperty('exif')
    expect((await tell(bytes, 'copyright'))['exif']).toEqual({ copyright: '(C) Ada', artist: 'Ada' })
    expect((await tell(bytes, 'keep'))['exif']).toEqual({
      copyright: '(C) Ada',
      artist: 'Ada',
      make: 'Maker',
      model: 'Box 1',
      software: 'S 1',
      lens: 'Lens 35',
      takenAt: '2024-05-01T12:30:59+02:00',
      exposureTime: 0.004,
      fNumber: 2.8,
      iso: 200,
      focalLength: 35,
      focalLengthIn35mm: 52,
      gps: { latitude: -33.859833, longitude: 151.21, altitude: 15.5 },
    })
  })

  test('text is UTF-8, whatever the book says', async () => {
    const bytes = await make('jpeg')
    bytes.set([0xc3, 0xbc, 0x21], bytes.indexOf('(C) Ada'))
    expect((await tell(bytes, 'copyright'))['exif']).toMatchObject({ copyright: 'ü! Ada' })
  })

  test('that is not there, or damaged, is left out', async () => {
    expect(await tell(await picture().jpeg().toBuffer(), 'keep')).not.toHaveProperty('exif')
    const bytes = await make('jpeg')
    const start = bytes.indexOf('Exif') + 6
    for (let at = start; at < start + 420; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = damaged[at]! ^ 0xff
      const { exif: told } = await tellFast(damaged)
      expect(told === undefined || typeof told === 'object').toBe(true)
    }
  }, 30_000)

  /** Without pixels. */
  const tellFast = (bytes: Uint8Array) => tell(bytes, 'keep', { ...limits, pixels: 1 })
})
