/** Profiles that are tables or grey, as sharp (lcms2) converts them; and hostile ones, which cost no picture. */
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import type { FormatName } from '../../src/media/format.ts'
import { psnr, rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import {
  buildProfile,
  cmykProfile,
  grayProfile,
  jpegWithProfile,
  labTable,
  pngWithProfile,
  rgbTableProfile,
  rgbTableV4Profile,
} from '../support/profiles.ts'

const loaded: string[] = []
const run = createImageWorker({
  loadWasm: (name) => (loaded.push(name), loadWasm(name)),
  tick: () => {},
})
const size = { width: 96, height: 72 }
const show = async (from: FormatName, bytes: Uint8Array) => {
  const recipe = { kind: 'image', from, orient: 1, to: 'png', ...size } as const
  return (await rgba((await run({ recipe, bytes: Uint8Array.from(bytes), pixels: 1e6, frames: 1 })).body))
    .data
}
const jpegOf = (image: Sharp) => image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()
const pngOf = (image: Sharp) => image.png().toBuffer()

/** And it did need a conversion. */
async function expectAsSharp(from: FormatName, bytes: Uint8Array, decibels = 45): Promise<void> {
  const seen = await show(from, bytes)
  expect(psnr(seen, (await rgba(bytes)).data)).toBeGreaterThan(decibels)
  const bare = await sharp(bytes, { ignoreIcc: true }).toColourspace('srgb').ensureAlpha().raw().toBuffer()
  expect(psnr(seen, bare)).toBeLessThan(35)
}

const expectSame = async (jpeg: Uint8Array, other: Uint8Array) =>
  expect(Buffer.compare(await show('jpeg', jpeg), await show('jpeg', other))).toBe(0)

const PROFILES = [
  ['table of 8 bits', rgbTableProfile(8)],
  ['table of 16 bits', rgbTableProfile(16)],
  ['table of version 4', rgbTableV4Profile()],
  [
    'table under XYZ',
    buildProfile({
      space: 'RGB ',
      pcs: 'XYZ ',
      tags: { A2B0: labTable(16, 3, 5, (r, g, b) => [20 + 10 * r, 30 * g - 120, 40 * b - 128]) },
    }),
  ],
] as const

describe.each(PROFILES)('RGB by a %s', (_, profile) => {
  test('of a JPEG and of a PNG with alpha', async () => {
    await expectAsSharp('jpeg', jpegWithProfile(await jpegOf(picture(size)), profile))
    await expectAsSharp('png', pngWithProfile(await pngOf(picture({ ...size, alpha: true })), profile))
    expect(loaded).toContain('lcms2')
  })
})

describe('grey', () => {
  const gray = () => picture(size).toColourspace('b-w')

  test.each([
    ['darker', grayProfile(3)],
    ['lighter', grayProfile(1.2)],
    [
      'of a table',
      buildProfile({ space: 'GRAY', tags: { A2B0: labTable(16, 1, 17, (v) => [20 + 80 * v ** 2, 0, 0]) } }),
    ],
  ])('%s, of a JPEG and a PNG', async (_, profile) => {
    await expectAsSharp('jpeg', jpegWithProfile(await jpegOf(gray()), profile))
    await expectAsSharp('png', pngWithProfile(await pngOf(gray()), profile))
  })

  test('a profile that is sRGB within a step changes no byte', async () => {
    const curve = Buffer.alloc(12 + 2 * 256)
    curve.write('curv', 'latin1')
    curve.writeUInt32BE(256, 8)
    for (let i = 0; i < 256; i++) {
      const v = i / 255
      const light = v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
      curve.writeUInt16BE(Math.round(light * 65535), 12 + 2 * i)
    }
    const profile = buildProfile({ space: 'GRAY', pcs: 'XYZ ', tags: { kTRC: curve } })
    const bytes = await jpegOf(gray())
    await expectSame(jpegWithProfile(bytes, profile), bytes)
  })

  test('a grey profile in a picture of colours, or inks in one without, are none', async () => {
    for (const profile of [grayProfile(3), cmykProfile()]) {
      const bytes = await jpegOf(picture(size))
      await expectSame(jpegWithProfile(bytes, profile), bytes)
    }
    const bytes = await jpegOf(gray())
    await expectSame(jpegWithProfile(bytes, cmykProfile()), bytes)
  })
})

describe('16 bits', () => {
  const wide = (image = picture(size)) => image.toColourspace('rgb16')

  test('of a PNG and a TIFF without a profile: the higher half', async () => {
    for (const bytes of [
      await wide().png().toBuffer(),
      await wide(picture({ ...size, alpha: true }))
        .png()
        .toBuffer(),
    ])
      expect(psnr(await show('png', bytes), (await rgba(bytes)).data)).toBe(Infinity)
    const tiff = await wide().tiff({ compression: 'lzw' }).toBuffer()
    expect(psnr(await show('tiff', tiff), (await rgba(tiff)).data)).toBe(Infinity)
  })

  test('in Display P3, of a PNG and a TIFF', async () => {
    const image = () => wide(picture(size).withIccProfile('p3'))
    for (const [from, bytes] of [
      ['png', await image().png().toBuffer()],
      ['tiff', await image().tiff({ compression: 'deflate' }).toBuffer()],
    ] as const) {
      expect(await sharp(bytes).metadata()).toMatchObject({ depth: 'ushort', hasProfile: true })
      const wanted = await rgba(await picture(size).png().toBuffer())
      expect(psnr(await show(from, bytes), wanted.data)).toBeGreaterThan(45)
    }
  })

  test('by a table, of a PNG', async () => {
    // sharp goes by way of Display P3 there: what lies outside of sRGB is cut off elsewhere.
    await expectAsSharp('png', pngWithProfile(await wide().png().toBuffer(), rgbTableProfile()), 36)
  })
})
