/** Originals of every kind that is only read, once through the whole line: from a Request to the pixels of the answer. */
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { buildBmp, buildDib, buildIcon } from '../support/bmp.ts'
import { psnr, rgba } from '../support/compare.ts'
import { heicKind, heicPixels } from '../support/heic.ts'
import { encodeJxlElsewhere, seeJxl } from '../support/jxl.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { picture, rawPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'
import { buildPages } from '../support/tiff.ts'

const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** The service with one file in it. */
function stage(
  file: Uint8Array<ArrayBuffer>,
  formats = {},
): (query: string, init?: RequestInit) => Promise<Response> {
  const mount = createMemoryMount()
  mount.put('original', file)
  const platform = createTestPlatform({ drivers: { 'memory:files': mount.driver } })
  const source = { type: 'storage', mount: 'memory:files', key: '${key}' }
  const origin = { name: 'files', match: '^/files/(?<key>.+)$', sources: [source] }
  const config = { origins: [origin], formats, storage: { cache: 'memory:' }, database: 'sqlite::memory:' }
  const media = createMediamorph(config as never, platform)
  open.push(media)
  return (query, init) => media.fetch(new Request(`http://media.test/files/original?${query}`, init))
}

const SIZE = { width: 64, height: 48 }

/** The picture's rows from the bottom up, blue first. */
function rows(alpha: boolean): Uint8Array {
  const { data, width, height, channels } = rawPicture({ ...SIZE, alpha })
  const stored = new Uint8Array(data.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const pixel = data.subarray((y * width + x) * channels, (y * width + x + 1) * channels)
      const [red = 0, green = 0, blue = 0, ...rest] = pixel
      stored.set([blue, green, red, ...rest], ((height - 1 - y) * width + x) * channels)
    }
  return stored
}

const FILES: Readonly<Record<string, () => Promise<{ file: Uint8Array<ArrayBuffer>; alpha: boolean }>>> = {
  bmp: async () => ({ file: buildBmp({ ...SIZE, bits: 24, rows: rows(false) }), alpha: false }),
  ico: async () => {
    const dib = buildDib({ ...SIZE, height: SIZE.height * 2, bits: 32, rows: rows(true) })
    return { file: buildIcon([{ ...SIZE, file: dib }]), alpha: true }
  },
  tiff: async () => {
    const image = picture({ ...SIZE, alpha: true }).tiff({ compression: 'lzw', predictor: 'horizontal' })
    return { file: Uint8Array.from(await image.toBuffer()), alpha: true }
  },
  jxl: async () => ({ file: await encodeJxlElsewhere(picture({ ...SIZE, alpha: true }), true), alpha: true }),
}

describe.each(Object.entries(FILES))('%s', (format, make) => {
  test('becomes a PNG, pixel for pixel', async () => {
    const { file, alpha } = await make()
    const answer = await stage(file)('format=png')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
    const seen = await rgba(new Uint8Array(await answer.arrayBuffer()))
    const expected = await rgba(
      await picture({ ...SIZE, alpha })
        .png()
        .toBuffer(),
    )
    expect([seen.width, seen.height]).toEqual([64, 48])
    expect(psnr(seen.data, expected.data)).toBe(Infinity)
  })

  test('is made smaller, in what a browser shows', async () => {
    const { file, alpha } = await make()
    const get = stage(file)
    const answer = await get('width=32', { headers: { accept: 'image/*' } })
    const body = new Uint8Array(await answer.arrayBuffer())
    expect(await sharp(body).metadata()).toMatchObject({
      width: 32,
      height: 24,
      format: alpha ? 'png' : 'jpeg',
    })
    const debug = await get('width=32&format=webp')
    expect(await sharp(new Uint8Array(await debug.arrayBuffer())).metadata()).toMatchObject({
      width: 32,
      format: 'webp',
    })
  })

  test('half of it is damaged, and says which format', async () => {
    const { file } = await make()
    const answer = await stage(file.slice(0, file.length / 2))('format=png')
    const { error } = (await answer.json()) as { error: { code: string; message: string } }
    expect([answer.status, error.code]).toEqual([422, 'CORRUPT_MEDIA'])
    expect(error.message.toLowerCase()).toContain(format === 'ico' ? 'bmp' : format)
  })
})

test('a page of a TIFF has a size of its own, and a number that says how many there are', async () => {
  const page = (width: number, value: number) => ({
    width,
    height: 2,
    samples: 1,
    blocks: [new Uint8Array(width * 2).fill(value)],
  })
  const get = stage(buildPages([page(4, 10), page(6, 20), page(8, 30)]))
  for (const [query, width, value] of [
    ['format=png', 4, 10],
    ['format=png&page=2', 8, 30],
    ['format=png&page=2&rotate=90', 2, 30],
  ] as const) {
    const seen = await rgba(new Uint8Array(await (await get(query)).arrayBuffer()))
    expect([seen.width, seen.data[0]]).toEqual([width, value])
  }
  expect(await (await get('format=json&page=2')).json()).toMatchObject({
    width: 4,
    frames: 3,
    animated: false,
  })
  const answer = await get('format=png&page=3')
  const { error } = (await answer.json()) as { error: { code: string } }
  expect([answer.status, error.code]).toEqual([400, 'INVALID_PARAMETER'])
})

describe('JPEG XL', () => {
  test('is written only where it is enabled, and never by choice of ours', async () => {
    const file = Uint8Array.from(await picture(SIZE).png().toBuffer())
    const off = await stage(file)('format=jxl')
    const { error } = (await off.json()) as { error: { code: string; details: Array<{ expected: string }> } }
    expect([off.status, error.code]).toEqual([400, 'INVALID_PARAMETER'])
    expect(error.details[0]?.expected).toMatch(/^one of auto, avif, .*wav$/)
    const get = stage(file, { jxl: true })
    const on = await get('format=jxl&quality=lossless&effort=1')
    expect([on.status, on.headers.get('content-type')]).toEqual([200, 'image/jxl'])
    const seen = await seeJxl(new Uint8Array(await on.arrayBuffer()))
    const expected = await rgba(file)
    expect([seen.width, seen.height, psnr(seen.data, expected.data)]).toEqual([64, 48, Infinity])
    const wrong = await get('format=jxx')
    expect(
      ((await wrong.json()) as typeof error & { error: typeof error }).error.details[0]?.expected,
    ).toMatch(/wav, jxl$/)
    const auto = await get('format=auto', { headers: { accept: 'image/jxl,image/*' } })
    expect(auto.headers.get('content-type')).toBe('image/png')
  })

  test('quality is looked for, and bytes are bounded', async () => {
    const file = Uint8Array.from(await picture({ width: 200, height: 150 }).png().toBuffer())
    const get = stage(file, { jxl: true })
    const auto = await get('format=jxl&quality=auto')
    expect([auto.status, Number(auto.headers.get('x-quality'))]).toEqual([200, expect.any(Number)])
    const small = await get('format=jxl&max_bytes=2000')
    expect((await small.arrayBuffer()).byteLength).toBeLessThanOrEqual(2000)
  })

  test('becomes every format', async () => {
    const get = stage(await encodeJxlElsewhere(picture(SIZE)))
    for (const [format, name] of [
      ['jpeg', 'jpeg'],
      ['webp', 'webp'],
      ['avif', 'heif'],
      ['gif', 'gif'],
      ['png', 'png'],
    ]) {
      const answer = await get(`format=${format}`)
      const body = new Uint8Array(await answer.arrayBuffer())
      expect(await sharp(body).metadata()).toMatchObject({ width: 64, height: 48, format: name })
      const expected = await rgba(await picture(SIZE).png().toBuffer())
      expect(psnr((await rgba(body)).data, expected.data), format).toBeGreaterThan(25)
    }
    const told = (await (await get('format=json')).json()) as object
    expect(told).toMatchObject({ format: 'jxl', width: 64, height: 48 })
  })
})

describe('HEIC', () => {
  test('is read where the setting says so, else it says what to do', async () => {
    const off = await stage(await heicKind('plain'))('format=jpeg')
    const { error } = (await off.json()) as { error: { code: string; message: string } }
    expect([off.status, error.code]).toEqual([501, 'NOT_SUPPORTED_HERE'])
    expect(error.message).toMatch(/libheif-js.*formats\.heic/)
    const told = await stage(await heicKind('plain'))('format=json')
    expect(await told.json()).toMatchObject({ format: 'heic', width: 96, height: 64, placeholder: null })
    const get = stage(await heicKind('alpha'), { heic: true })
    for (const [format, name] of [
      ['jpeg', 'jpeg'],
      ['webp', 'webp'],
      ['avif', 'heif'],
      ['png', 'png'],
    ]) {
      const answer = await get(`format=${format}&width=48`)
      expect(await sharp(new Uint8Array(await answer.arrayBuffer())).metadata()).toMatchObject({
        width: 48,
        height: 32,
        format: name,
      })
    }
    const whole = await get('format=png')
    expect(
      psnr((await rgba(new Uint8Array(await whole.arrayBuffer()))).data, heicPixels(true)),
    ).toBeGreaterThan(25)
  })
})
