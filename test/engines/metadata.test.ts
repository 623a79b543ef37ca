/** What goes along of an original's metadata, read back by sharp, and what the pixels are with it and without. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { embeddedProfile } from '../../src/media/color/embedded.ts'
import { readMetadata } from '../../src/media/metadata/read.ts'
import { readExif } from '../../src/media/exif/read.ts'
import { writeGifMetadata } from '../../src/media/metadata/containers/gif.ts'
import type { FormatName } from '../../src/media/format.ts'
import type { ImageInfo } from '../../src/media/info.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { makeGif } from '../support/animations.ts'
import { rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { RIGHTS_XMP, toldBy, toldPicture, xmpOf, type ToldFormat } from '../support/told.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const SIZE = { width: 64, height: 48 }
const make = async (
  bytes: Uint8Array,
  recipe: Partial<ImageRecipe> & { from: FormatName; to: FormatName },
) => {
  const whole: ImageRecipe = { kind: 'image', orient: 1, ...SIZE, ...recipe }
  return (await run({ recipe: whole, bytes, pixels: 1e6, frames: 100 })).body
}

const INPUTS = ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const
const OUTPUTS = ['jpeg', 'png', 'webp', 'avif'] as const
const pairs = INPUTS.flatMap((from) => OUTPUTS.map((to) => [from, to] as const))
const originals = new Map<ToldFormat, Uint8Array>()
const original = async (from: ToldFormat) => {
  const made = originals.get(from) ?? (await toldPicture(from))
  originals.set(from, made)
  return made
}

describe.each(pairs)('%s to %s', (from, to) => {
  test('none: nothing', async () => {
    const told = await toldBy(await make(await original(from), { from, to }))
    expect(told).toEqual({})
  })

  test('copyright: whose it is, and nothing else', async () => {
    const file = await make(await original(from), { from, to, metadata: 'copyright' })
    const { exif, xmp, icc, iptc, tiff } = await toldBy(file)
    expect(exif).toEqual({ copyright: '(c) Somebody', artist: 'Ada' })
    expect(tiff!.includes('Camera')).toBe(false)
    for (const word of ['(c) Somebody', 'Ada', RIGHTS_XMP.terms, RIGHTS_XMP.statement])
      expect(xmp).toContain(word)
    for (const word of ['secret', 'Rating', 'Orientation']) expect(xmp).not.toContain(word)
    expect([icc, iptc]).toEqual([undefined, undefined])
    expect(Buffer.from(file).includes('secret')).toBe(false)
  })

  test('keep: all of it, true of what was made; the pixels are the same', async () => {
    const bytes = await original(from)
    const recipe = { from, to, resize: { width: 32, height: 24 }, width: 32, height: 24 }
    const file = await make(bytes, { ...recipe, metadata: 'keep' })
    const { exif, xmp, orientation, tiff } = await toldBy(file)
    expect(exif).toMatchObject({
      copyright: '(c) Somebody',
      make: 'Camera',
      description: 'What is seen',
      fNumber: 2.8,
      gps: { latitude: 51.5, longitude: 7 },
    })
    expect(orientation ?? 1).toBe(1)
    expect(sizesIn(tiff!)).toEqual([32, 24])
    expect(xmp).toContain('xmp:Rating="4"')
    expect(xmp).toContain('secret place')
    const own = await readMetadata(to, file)
    expect([readExif(own.exif!, 'keep'), own.xmp]).toEqual([exif, xmp!.replace(/^\uFEFF/, '')])
    const [seen, bare] = [await rgba(file), await rgba(await make(bytes, recipe))]
    expect(Buffer.compare(seen.data, bare.data)).toBe(0)
  })
})

/** PixelXDimension and PixelYDimension of the little endian EXIF that sharp writes. */
function sizesIn(tiff: Buffer): number[] {
  const [x, y] = [0xa002, 0xa003].map((tag) => {
    const entry = tiff.findIndex(
      (_, at) => at + 12 <= tiff.length && tiff.readUInt16LE(at) === tag && tiff.readUInt32LE(at + 4) === 1,
    )
    return tiff.readUInt16LE(entry + 2) === 3 ? tiff.readUInt16LE(entry + 8) : tiff.readUInt32LE(entry + 8)
  })
  return [x!, y!]
}

describe('orientation', () => {
  test.each(['jpeg', 'png', 'webp', 'tiff'] as const)(
    'a %s that lay on its side stands, and says so',
    async (from) => {
      const bytes = await toldPicture(from, { orientation: 6 })
      for (const to of OUTPUTS) {
        const recipe = { from, to, orient: 6, width: 48, height: 64 } as const
        const file = await make(bytes, { ...recipe, metadata: 'keep' })
        const { orientation, xmp } = await toldBy(file)
        expect([to, orientation ?? 1]).toEqual([to, 1])
        expect(xmp).toContain('tiff:Orientation="1"')
        // Who turns it by what it says, and who does not, see the same.
        const turned = await rgba(await sharp(file).autoOrient().png().toBuffer())
        expect([turned.width, turned.height]).toEqual([48, 64])
        const upright = await rgba(await make(bytes, recipe))
        expect(Buffer.compare(turned.data, upright.data)).toBe(0)
      }
    },
  )
})

describe('profiles', () => {
  const lossless = {
    png: {},
    webp: { lossless: true },
    avif: { lossless: true },
    jpeg: { quality: 100 },
  } as const

  test.each(pairs)('Display P3 goes along from %s to %s, its numbers as they were', async (from, to) => {
    const bytes = await toldPicture(from, { profile: 'p3' })
    const file = await make(bytes, { from, to, metadata: 'keep', ...lossless[to] })
    const profile = (await embeddedProfile(from, bytes))!
    expect(Buffer.compare((await toldBy(file)).icc!, profile)).toBe(0)
    expect(await embeddedProfile(to, file)).toEqual(profile)
    const numbers = (file: Uint8Array) => sharp(file, { ignoreIcc: true }).removeAlpha().raw().toBuffer()
    const [before, after] = [await numbers(bytes), await numbers(file)]
    const converted = await numbers(await make(bytes, { from, to, ...lossless[to] }))
    const far = (a: Buffer, b: Buffer) =>
      a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length
    expect(far(before, after)).toBeLessThan(to === 'jpeg' ? 2.5 : 1)
    expect(far(before, converted)).toBeGreaterThan(4)
  })

  test('what cannot go along is converted: GIF, what is laid under it, grey', async () => {
    const bytes = await toldPicture('png', { profile: 'p3', alpha: true })
    const background = { r: 10, g: 200, b: 30, a: 1 }
    for (const recipe of [{ to: 'gif' }, { to: 'png', background }] as const) {
      const [kept, plain] = [
        await make(bytes, { from: 'png', ...recipe, metadata: 'keep' }),
        await make(bytes, { from: 'png', ...recipe }),
      ]
      expect((await toldBy(kept)).icc).toBeUndefined()
      expect(Buffer.compare((await rgba(kept)).data, (await rgba(plain)).data)).toBe(0)
    }
    const white = await make(bytes, {
      from: 'png',
      to: 'jpeg',
      metadata: 'keep',
      background: { ...background, r: 255, g: 255, b: 255 },
    })
    expect((await toldBy(white)).icc).toBeDefined()
    const { icc } = await sharp(bytes).metadata()
    const grey = await picture(SIZE).toColourspace('b-w').jpeg().toBuffer()
    const head = Buffer.from('\xff\xe2\0\0ICC_PROFILE\0\x01\x01', 'latin1')
    head.writeUInt16BE(head.length - 2 + icc!.length, 2)
    const tagged = Buffer.concat([grey.subarray(0, 2), head, icc!, grey.subarray(2)])
    expect(
      (await toldBy(await make(tagged, { from: 'jpeg', to: 'jpeg', metadata: 'keep' }))).icc,
    ).toBeUndefined()
  })
})

describe('sizes and qualities', () => {
  test('max_bytes counts what goes along', async () => {
    const bytes = await toldPicture('jpeg', { profile: 'p3', width: 256, height: 192 })
    const recipe = {
      from: 'jpeg',
      to: 'webp',
      quality: 100,
      maxBytes: 8000,
      width: 256,
      height: 192,
    } as const
    const [kept, bare] = [await make(bytes, { ...recipe, metadata: 'keep' }), await make(bytes, recipe)]
    expect((await toldBy(kept)).icc).toBeDefined()
    expect(kept.length).toBeLessThanOrEqual(8000)
    expect(kept.length).toBeGreaterThan(6000)
    expect(bare.length).toBeLessThanOrEqual(8000)
    await expect(make(bytes, { ...recipe, maxBytes: 1500, metadata: 'keep' })).rejects.toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })

  test.each(['jpeg', 'webp', 'avif'] as const)('quality=auto chooses for %s as without', async (to) => {
    const size = { width: 200, height: 150 }
    const told = await toldPicture('png', { profile: 'p3', ...size })
    const bare = await sharp(told, { ignoreIcc: true }).png().toBuffer()
    const recipe = { kind: 'image', from: 'png', orient: 1, to, perceptual: true, ...size } as const
    const task = (bytes: Uint8Array, metadata?: 'keep') =>
      run({ recipe: { ...recipe, ...(metadata ? { metadata } : {}) }, bytes, pixels: 1e6, frames: 1 })
    const [kept, plain] = [await task(told, 'keep'), await task(bare)]
    expect(kept.quality).toBe(plain.quality)
    expect((await toldBy(kept.body)).icc).toBeDefined()
  })
})

test('damaged EXIF and XMP never fail a picture', async () => {
  const whole = await toldPicture('jpeg', { width: 16, height: 16 })
  const segments = ['Exif\0\0', 'http://ns.adobe.com/xap/1.0/\0'].map((prefix) => {
    const at = Buffer.from(whole).indexOf(prefix)
    const start = at + prefix.length
    return { start, length: at - 2 + Buffer.from(whole).readUInt16BE(at - 2) - start }
  })
  for (let turn = 0; turn < 150; turn++) {
    const bytes = Uint8Array.from(whole)
    for (const { start, length } of segments)
      for (let hit = 0; hit < 3; hit++)
        bytes[start + ((turn * 7919 + hit * 104_729) % length)] = turn * 37 + hit
    const info = readWholeInfo('jpeg', bytes) as ImageInfo
    const recipe = { from: 'jpeg', to: 'webp', orient: info.orientation, width: 16, height: 16 } as const
    const file = await make(bytes, { ...recipe, metadata: turn % 2 ? 'keep' : 'copyright' })
    expect(await sharp(file).metadata()).toMatchObject({ width: 16, height: 16 })
  }
})

describe('GIF', () => {
  const colors = [
    [255, 0, 0],
    [0, 0, 255],
  ]
  const frame = (color: number) => ({ width: 8, height: 8, pixels: Array.from({ length: 64 }, () => color) })
  const still = () => makeGif({ width: 8, height: 8, colors, frames: [frame(0)] })
  const moving = () => makeGif({ width: 8, height: 8, colors, loops: 3, frames: [frame(0), frame(1)] })

  test('tells in XMP, and is told by whatever else it becomes', async () => {
    const told = writeGifMetadata(still(), { xmp: xmpOf(1) })
    expect(Buffer.compare((await rgba(told)).data, (await rgba(still())).data)).toBe(0)
    for (const to of OUTPUTS) {
      const file = await make(told, { from: 'gif', page: 0, to, width: 8, height: 8, metadata: 'keep' })
      expect((await toldBy(file)).xmp).toContain('secret place')
      const rights = await toldBy(
        await make(told, { from: 'gif', page: 0, to, width: 8, height: 8, metadata: 'copyright' }),
      )
      expect(rights.exif).toEqual({ copyright: RIGHTS_XMP.rights, artist: 'Ada' })
    }
  })

  test('says in XMP what others said in EXIF', async () => {
    const bytes = await picture(SIZE)
      .withExif({ IFD0: { Copyright: 'Mine', Make: 'Camera' } })
      .jpeg()
      .toBuffer()
    for (const metadata of ['copyright', 'keep'] as const) {
      const { xmp } = await readMetadata('gif', await make(bytes, { from: 'jpeg', to: 'gif', metadata }))
      expect(xmp).toContain('Mine')
      expect(xmp).not.toContain('Camera')
    }
  })

  test.each(['gif', 'webp', 'png'] as const)('moving, as %s: every frame is there', async (to) => {
    const told = writeGifMetadata(moving(), { xmp: xmpOf(1) })
    const recipe = { from: 'gif', to, animated: true, width: 8, height: 8 } as const
    const [file, bare] = [await make(told, { ...recipe, metadata: 'keep' }), await make(told, recipe)]
    expect((await readMetadata(to, file)).xmp).toContain('secret place')
    if (to === 'png') return expect(Buffer.from(file).includes('acTL')).toBe(true)
    const seen = await sharp(file, { animated: true }).metadata()
    const wanted = await sharp(bare, { animated: true }).metadata()
    expect([seen.pages, seen.loop, seen.delay]).toEqual([wanted.pages, wanted.loop, wanted.delay])
    const frames = (bytes: Uint8Array) => sharp(bytes, { animated: true }).raw().toBuffer()
    expect(Buffer.compare(await frames(file), await frames(bare))).toBe(0)
  })
})
