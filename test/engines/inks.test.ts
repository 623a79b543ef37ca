/** Pictures of inks: what they look like in print, by their profile or by the usual paper. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import type { FormatName } from '../../src/media/format.ts'
import { psnr, rgba, type Pixels } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { cmykProfile, jpegWithProfile, rgbTableProfile, withAdobe } from '../support/profiles.ts'
import { buildTiff, type TiffParts } from '../support/tiff.ts'

const loaded: string[] = []
const run = createImageWorker({
  loadWasm: (name) => (loaded.push(name), loadWasm(name)),
  tick: () => {},
})
const size = { width: 96, height: 72 }

async function show(from: FormatName, bytes: Uint8Array, to = size, stored = size): Promise<Pixels> {
  const resize = to.width === stored.width ? {} : { resize: to }
  const recipe = { kind: 'image', from, orient: 1, to: 'png', ...to, ...resize } as const
  return rgba((await run({ recipe, bytes: Uint8Array.from(bytes), pixels: 2e7, frames: 1 })).body)
}

async function expectAsSharp(from: FormatName, bytes: Uint8Array, decibels: number): Promise<void> {
  const [seen, wanted] = [await show(from, bytes), await rgba(bytes)]
  expect(psnr(seen.data, wanted.data)).toBeGreaterThan(decibels)
}

const cmyk = () => picture(size).toColourspace('cmyk')
const jpeg = await cmyk().jpeg({ quality: 95 }).toBuffer()
/** Adobe's segment with another transform: 0 are inks, 2 is YCCK. */
const transformed = (transform: number) => withAdobe(jpeg, (data) => (data.set([transform], 15), data))
const bare = withAdobe(jpeg, () => undefined)
const KINDS = [
  ['inks', transformed(0)],
  ['YCCK', transformed(2)],
  ['inks that no program of Adobe has written', bare],
] as const

describe('a JPEG of inks', () => {
  test.each(KINDS)('%s: by its profile', async (_, bytes) => {
    for (const bits of [8, 16] as const)
      await expectAsSharp('jpeg', jpegWithProfile(bytes, cmykProfile(bits)), 45)
  })

  test('by the profile of a press', async () => {
    const bytes = await cmyk().withIccProfile('cmyk').jpeg({ quality: 95 }).toBuffer()
    await expectAsSharp('jpeg', bytes, 60)
    expect(loaded).toContain('lcms2')
  })

  test.each(KINDS)('%s: without a profile much as with the one that sharp takes', async (_, bytes) => {
    await expectAsSharp('jpeg', bytes, 20)
  })

  test('that is damaged is refused', async () => {
    for (let end = 200; end < jpeg.length; end += 397)
      await expect(show('jpeg', jpeg.subarray(0, end))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('a profile of other colours is none', async () => {
    const tagged = jpegWithProfile(jpeg, rgbTableProfile())
    expect(psnr((await show('jpeg', tagged)).data, (await show('jpeg', jpeg)).data)).toBe(Infinity)
  })

  test.each([
    [48, 36],
    [25, 19],
    [12, 9],
  ])('is scaled while it is decoded: %i x %i', async (width, height) => {
    const bytes = jpegWithProfile(jpeg, cmykProfile())
    const wanted = await sharp(bytes)
      .toColourspace('srgb')
      .resize(width, height, { fit: 'fill' })
      .ensureAlpha()
      .raw()
      .toBuffer()
    expect(psnr((await show('jpeg', bytes, { width, height })).data, wanted)).toBeGreaterThan(31)
  })
})

/** Pixels of pure inks: cyan, magenta, yellow, black, none, and all but black. */
const PATCHES = [
  [255, 0, 0, 0],
  [0, 255, 0, 0],
  [0, 0, 255, 0],
  [0, 0, 0, 255],
  [0, 0, 0, 0],
  [255, 255, 255, 0],
]
const patches = (parts: Partial<TiffParts> = {}): TiffParts => ({
  width: 6,
  height: 1,
  samples: 4,
  photometric: 5,
  blocks: [Uint8Array.from(PATCHES.flat())],
  ...parts,
})
const colors = ({ data }: Pixels) => Array.from({ length: 6 }, (_, i) => [...data.subarray(4 * i, 4 * i + 4)])
const strip = { width: 6, height: 1 }
const showPatches = async (parts?: Partial<TiffParts>) =>
  colors(await show('tiff', buildTiff(patches(parts)), strip, strip))

/** ISO 12647-2, coated paper: what Fogra's data says of full tones, relative to the paper. */
const PRESS = [
  [0, 159, 227, 255],
  [230, 0, 126, 255],
  [255, 237, 0, 255],
  [31, 30, 29, 255],
  [255, 255, 255, 255],
  [51, 51, 49, 255],
]

describe('a TIFF of inks', () => {
  const tiles = { tile: true, tileWidth: 64, tileHeight: 48 }
  test.each([
    { compression: 'none' },
    { compression: 'packbits' },
    { compression: 'lzw', predictor: 'horizontal', ...tiles },
    { compression: 'deflate' },
    { compression: 'jpeg', quality: 95 },
    { compression: 'jpeg', quality: 95, ...tiles },
  ] as const)('%o', async (options) => {
    await expectAsSharp('tiff', await cmyk().withIccProfile('cmyk').tiff(options).toBuffer(), 60)
    await expectAsSharp('tiff', await cmyk().tiff(options).toBuffer(), 20)
  })

  test('without a profile: inks on coated paper', async () => {
    expect(await showPatches()).toEqual(PRESS)
  })

  test('in planes, of 16 bits, with alpha beside the inks', async () => {
    const planes = [0, 1, 2, 3].map((i) => Uint8Array.from(PATCHES.map((patch) => patch[i]!)))
    expect(await showPatches({ blocks: planes, fields: { 284: [2] } })).toEqual(PRESS)
    const wide = Uint8Array.from(PATCHES.flat().flatMap((value) => [value, value]))
    expect(await showPatches({ bits: 16, blocks: [wide] })).toEqual(PRESS)
    const alphas = [255, 200, 128, 1, 0, 77]
    const five = Uint8Array.from(PATCHES.flatMap((patch, i) => [...patch, alphas[i]!]))
    const seen = await showPatches({ samples: 5, blocks: [five], fields: { 338: [2] } })
    expect(seen.map((color) => color[3])).toEqual(alphas)
    expect(seen.slice(0, 3).map((color) => color.slice(0, 3))).toEqual(
      PRESS.slice(0, 3).map((color) => color.slice(0, 3)),
    )
  })

  test('a JPEG inside that has other colours than the file says is damage', async () => {
    const block = await sharp({ create: { ...strip, channels: 3, background: '#456' } })
      .jpeg()
      .toBuffer()
    const file = buildTiff(patches({ compression: 7, blocks: [block] }))
    await expect(show('tiff', file, strip, strip)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })
})
