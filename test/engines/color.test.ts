/** Profiles: what a picture looks like is kept when its profile is dropped. */
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { embeddedProfile } from '../../src/media/color/embedded.ts'
import { readMatrixProfile } from '../../src/media/color/icc.ts'
import { readJxlProfile } from '../../src/media/jxl/profile.ts'
import { buildBmp } from '../support/bmp.ts'
import { rgba } from '../support/compare.ts'
import { jxlKind, KIND, kindPixels, seeJxl } from '../support/jxl.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const [width, height] = [320, 240]
const make = async (
  from: 'jpeg' | 'png' | 'webp' | 'bmp',
  bytes: Uint8Array,
  to: 'png' | 'jpeg' | 'webp' = 'png',
) =>
  (
    await run({
      recipe: { kind: 'image', from, orient: 1, to, width, height },
      bytes,
      pixels: 1e6,
      frames: 1000,
    })
  ).body

const FORMATS = {
  jpeg: (image: Sharp) => image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
  png: (image: Sharp) => image.png(),
  webp: (image: Sharp) => image.webp({ lossless: true }),
}
const NAMES = ['jpeg', 'png', 'webp'] as const

function greatestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length)
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0)
}

describe.each(NAMES)('a %s', (format) => {
  test('in Display P3 looks as it did', async () => {
    const bytes = await FORMATS[format](picture({ width, height }).withIccProfile('p3')).toBuffer()
    const [seen, wanted] = [
      await rgba(await make(format, bytes)),
      await rgba(await picture({ width, height }).png().toBuffer()),
    ]
    expect(greatestDifference(seen.data, wanted.data)).toBeLessThan(format === 'jpeg' ? 12 : 5)
    // And it did need a conversion.
    const bare = await sharp(bytes, { ignoreIcc: true }).ensureAlpha().raw().toBuffer()
    expect(greatestDifference(bare, wanted.data)).toBeGreaterThan(15)
  })

  test('in sRGB takes the short way: its profile changes no byte', async () => {
    const image = picture({ width, height })
    const [tagged, plain] = [
      await FORMATS[format](image.clone().withIccProfile('srgb')).toBuffer(),
      await FORMATS[format](image.clone()).toBuffer(),
    ]
    expect(await embeddedProfile(format, tagged)).toBeInstanceOf(Uint8Array)
    for (const to of ['jpeg', 'webp'] as const)
      expect(Buffer.compare(await make(format, tagged, to), await make(format, plain, to))).toBe(0)
  })

  test('with a damaged profile is a picture all the same', async () => {
    const bytes = Uint8Array.from(
      await FORMATS[format](picture({ width, height }).withIccProfile('p3')).toBuffer(),
    )
    const profile = await embeddedProfile(format, bytes)
    expect(readMatrixProfile(profile!)).toBeDefined()
    for (let end = 0; end < profile!.length; end += 9)
      expect(() => readMatrixProfile(profile!.subarray(0, end))).not.toThrow()
    for (let at = 0; at < profile!.length; at += 3) {
      const damaged = Uint8Array.from(profile!)
      damaged[at] = 255
      expect(() => readMatrixProfile(damaged)).not.toThrow()
    }
    for (let end = 0; end < 700; end += 7) await embeddedProfile(format, bytes.subarray(0, end))
  })
})

test('a profile in several pieces, in any order', async () => {
  const bytes = await FORMATS.jpeg(picture({ width, height }).withIccProfile('p3')).toBuffer()
  const profile = (await embeddedProfile('jpeg', bytes))!
  const piece = (number: number, of: number, data: Uint8Array) => {
    const head = Buffer.from(`\xff\xe2\0\0ICC_PROFILE\0${String.fromCharCode(number, of)}`, 'latin1')
    head.writeUInt16BE(head.length - 2 + data.length, 2)
    return Buffer.concat([head, data])
  }
  const plain = await FORMATS.jpeg(picture({ width, height })).toBuffer()
  const half = profile.length >> 1
  const [first, second] = [piece(1, 2, profile.subarray(0, half)), piece(2, 2, profile.subarray(half))]
  const file = Buffer.concat([plain.subarray(0, 2), second, first, plain.subarray(2)])
  expect(await embeddedProfile('jpeg', file)).toEqual(profile)
  const torn = Buffer.concat([plain.subarray(0, 2), second, plain.subarray(2)])
  expect(await embeddedProfile('jpeg', torn)).toBeUndefined()
})

test('the profile behind the pixels of a BMP', async () => {
  const [tagged, plain] = [picture({ width, height }).withIccProfile('p3'), picture({ width, height })]
  const profile = (await embeddedProfile('png', await tagged.png().toBuffer()))!
  const bare = await sharp(await tagged.png().toBuffer(), { ignoreIcc: true })
    .flip()
    .raw()
    .toBuffer()
  const rows = bare.map((_, i) => bare[i - (i % 3) + 2 - (i % 3)]!)
  const file = buildBmp({ width, height, bits: 24, size: 124, rows, tail: profile })
  const view = new DataView(file.buffer)
  view.setUint32(14 + 56, 0x4d424544, true)
  view.setUint32(14 + 112, 124 + rows.length, true)
  view.setUint32(14 + 116, profile.length, true)
  expect(await embeddedProfile('bmp', file)).toEqual(profile)
  const [seen, wanted] = [await rgba(await make('bmp', file)), await rgba(await plain.png().toBuffer())]
  expect(greatestDifference(seen.data, wanted.data)).toBeLessThan(5)
  view.setUint32(14 + 112, 2 ** 31, true)
  expect(await embeddedProfile('bmp', file)).toBeUndefined()
})

describe('JPEG XL', () => {
  const show = async (name: string) => {
    const bytes = await jxlKind(name)
    const task = { recipe: { kind: 'image', from: 'jxl', orient: 1, to: 'png', ...KIND }, bytes } as const
    return rgba((await run({ ...task, pixels: 1e6, frames: 1 })).body)
  }

  test('its compressed profile is the one that was put in', async () => {
    const raw = { ...KIND, channels: 4 } as const
    const tagged = sharp(kindPixels(), { raw }).removeAlpha().withIccProfile('p3')
    const profile = await embeddedProfile('png', await tagged.png().toBuffer())
    const file = await jxlKind('p3')
    expect(readJxlProfile(file)).toEqual(profile)
    expect(await embeddedProfile('jxl', file)).toEqual(profile)
    expect(readJxlProfile(await jxlKind('rgb'))).toBeUndefined()
  })

  test('with a profile it looks as it did', async () => {
    expect(greatestDifference((await show('p3')).data, kindPixels())).toBeLessThan(5)
  })

  test.each(['named-p3', 'gamma'])(
    '%s: colours that have a name become those of sRGB, as another decoder has them',
    async (name) => {
      const seen = await show(name)
      expect(greatestDifference(seen.data, (await seeJxl(await jxlKind(name))).data)).toBeLessThan(4)
      expect(greatestDifference(seen.data, kindPixels())).toBeGreaterThan(5)
    },
  )

  test('a damaged profile ends with a code or is none, and soon', async () => {
    const good = await jxlKind('p3')
    const start = performance.now()
    for (let at = 2; at < 420; at++)
      for (const bit of [1, 16]) {
        const bytes = good.slice()
        bytes[at]! ^= bit
        await embeddedProfile('jxl', bytes)
        if (at % 7 === 0) await embeddedProfile('jxl', good.subarray(0, at))
      }
    expect(performance.now() - start).toBeLessThan(8000)
  })
})
