/** HEIC by the optional package: its pixels, its absence, and files that mean harm. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { loadHeif } from '../../runtimes/server/heif.ts'
import { createHeicCodec } from '../../src/engines/image/codecs/heic.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { isMediaError } from '../../src/error.ts'
import { readHeic } from '../../src/media/headers/heif.ts'
import { grid, irot, ispe, makeAvif } from '../support/avif-files.ts'
import { psnr, rgba } from '../support/compare.ts'
import { codedHeic, HEIC, heicKind, heicPixels } from '../support/heic.ts'
import { loadWasm } from '../support/platform.ts'

const context = { loadWasm, tick: () => {}, loadHeif }
const codec = createHeicCodec(context)
const run = createImageWorker(context)
const { width, height } = HEIC

const show = async (bytes: Uint8Array, size: { width: number; height: number } = HEIC) => {
  const recipe = { kind: 'image', from: 'heic', orient: 1, to: 'png', ...size } as const
  return rgba((await run({ recipe, bytes, pixels: 1e6, frames: 1 })).body)
}

describe('shows', () => {
  test.each(['plain', 'p3', 'ten-bit'])('%s', async (name) => {
    const file = await heicKind(name)
    expect(readHeic(file)).toMatchObject({ format: 'heic', width, height, orientation: 1, hasAlpha: false })
    expect(psnr((await show(file)).data, heicPixels())).toBeGreaterThan(30)
  })

  test('alpha', async () => {
    const file = await heicKind('alpha')
    expect(readHeic(file)).toMatchObject({ hasAlpha: true })
    const seen = await show(file)
    const alphaOf = (data: Uint8Array) => data.filter((_, i) => i % 4 === 3)
    expect(psnr(alphaOf(seen.data), alphaOf(heicPixels(true)))).toBeGreaterThan(30)
  })

  test('a turned one, upright, once', async () => {
    const { bytes, hvcC } = await codedHeic()
    const file = makeAvif(
      [{ id: 1, type: 'hvc1', bytes, properties: [ispe(width, height), hvcC, irot(1)] }],
      [],
      'heic',
    )
    expect(readHeic(file)).toMatchObject({ width: height, height: width, orientation: 1 })
    const seen = await show(file, { width: height, height: width })
    const raw = { width, height, channels: 4 } as const
    const turned = await sharp(heicPixels(), { raw }).rotate(270).raw().toBuffer()
    expect(psnr(seen.data, turned)).toBeGreaterThan(30)
  })

  test('a grid, as phones write it', async () => {
    const { bytes, hvcC } = await codedHeic()
    const tile = (id: number) => ({
      id,
      type: 'hvc1' as const,
      bytes,
      properties: [ispe(width, height), hvcC],
    })
    const whole = {
      id: 1,
      type: 'grid' as const,
      bytes: grid(1, 2, 180, 60),
      properties: [ispe(180, 60)],
      inIdat: true,
    }
    const file = makeAvif([whole, tile(2), tile(3)], [{ type: 'dimg', from: 1, to: [2, 3] }], 'heic')
    expect(readHeic(file)).toMatchObject({ width: 180, height: 60 })
    const seen = await show(file, { width: 180, height: 60 })
    const raw = { width, height, channels: 4 } as const
    const expected = await sharp({ create: { width: 192, height, channels: 4, background: 'black' } })
      .composite([0, width].map((left) => ({ input: Buffer.from(heicPixels()), raw, left, top: 0 })))
      .png()
      .toBuffer()
    const cut = await sharp(expected).extract({ left: 0, top: 0, width: 180, height: 60 }).raw().toBuffer()
    expect(psnr(seen.data, cut)).toBeGreaterThan(30)
  })
})

describe('without the package', () => {
  test.each([
    ['nothing is handed in', { loadWasm, tick: () => {} }],
    [
      'it is not installed',
      { loadWasm, tick: () => {}, loadHeif: () => Promise.reject(new Error('not found')) },
    ],
  ])('%s: it says what to install', async (_, without) => {
    await expect(createHeicCodec(without).decode!(await heicKind('plain'))).rejects.toMatchObject({
      code: 'NOT_SUPPORTED_HERE',
      message: expect.stringContaining('npm install libheif-js'),
    })
  })
})

describe('files that mean harm', () => {
  test('a coded picture that is larger than its item says is not decoded', async () => {
    const { bytes, hvcC } = await codedHeic()
    const small = [ispe(16, 16), hvcC]
    const file = makeAvif([{ id: 1, type: 'hvc1', bytes, properties: small }], [], 'heic')
    await expect(codec.decode!(file)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('a size that takes too much memory is known by the header', async () => {
    const { bytes, hvcC } = await codedHeic()
    const file = makeAvif(
      [{ id: 1, type: 'hvc1', bytes, properties: [ispe(20_000, 20_000), hvcC] }],
      [],
      'heic',
    )
    await expect(codec.decode!(file)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test('cut or changed, they end with a code, and the next picture is right', async () => {
    const good = await heicKind('plain')
    const codes = new Set<string>()
    const attempt = async (bytes: Uint8Array) => {
      try {
        await codec.decode!(bytes)
        codes.add('decoded')
      } catch (error) {
        if (!isMediaError(error)) throw error
        codes.add(error.code)
      }
    }
    for (const length of [0, 20, 100, 300, 500, good.length - 200, good.length - 20]) {
      const cut = attempt(good.slice(0, length))
      await cut
    }
    for (let at = 30; at < good.length; at += 23) {
      const bytes = good.slice()
      bytes[at]! ^= 1 << (at % 8)
      await attempt(bytes)
    }
    expect(
      [...codes].filter(
        (code) => !['decoded', 'CORRUPT_MEDIA', 'UNSUPPORTED_CODEC', 'LIMIT_EXCEEDED'].includes(code),
      ),
    ).toEqual([])
    expect(codes).toContain('CORRUPT_MEDIA')
    expect(psnr((await show(good)).data, heicPixels())).toBeGreaterThan(30)
  })
})
