/** Icons: which picture stands for one, and what it looks like. */
import { describe, expect, test } from 'vitest'
import { createIcoCodec } from '../../src/engines/image/codecs/ico.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { NeedsMore } from '../../src/media/headers/reader.ts'
import type { ImageInfo } from '../../src/media/info.ts'
import { readInfo, readWholeInfo } from '../../src/media/read-info.ts'
import { sniff } from '../../src/media/sniff.ts'
import { buildDib, buildIcon } from '../support/bmp.ts'
import { asBitmap, rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { exifOf, pngChunk } from '../support/png.ts'

const codec = createIcoCodec({ tick: () => {} })
const run = createImageWorker({ loadWasm, tick: () => {} })
const info = (bytes: Uint8Array) => readWholeInfo('ico', bytes) as ImageInfo

async function pixels(bytes: Uint8Array): Promise<string[]> {
  const { data, width, height } = asBitmap(await codec.decode!(bytes))
  expect([info(bytes).width, info(bytes).height]).toEqual([width, height])
  return Array.from({ length: width * height }, (_, i) =>
    Buffer.from(data.subarray(i * 4, i * 4 + 4)).toString('hex'),
  )
}

const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)
/** Two pixels, one below the other; the mask hides the upper one. */
const MASK = Uint8Array.of(0, 0, 0, 0, 0x80, 0, 0, 0)
const image = (bits: number, rows: Uint8Array, mask = MASK) => ({
  width: 1,
  height: 2,
  bits,
  file: buildDib({ width: 1, height: 4, bits, rows, tail: mask }),
})
const LOWER_RED_UPPER_GREEN = Uint8Array.of(0, 0, 255, 0, 0, 255, 0, 0)

describe('a BMP inside', () => {
  test('24 bits: the mask makes pixels transparent', async () => {
    const icon = buildIcon([image(24, LOWER_RED_UPPER_GREEN)])
    expect(sniff(icon)).toBe('ico')
    expect(await pixels(icon)).toEqual(['00ff0000', 'ff0000ff'])
    expect(info(icon)).toMatchObject({ format: 'ico', width: 1, height: 2, hasAlpha: true })
  })

  test('32 bits: alpha counts and the mask does not', async () => {
    const icon = buildIcon([image(32, words(0x80ff0000, 0xff00ff00))])
    expect(await pixels(icon)).toEqual(['00ff00ff', 'ff000080'])
  })

  test('32 bits with alpha of zero everywhere: the mask counts', async () => {
    const icon = buildIcon([image(32, words(0x00ff0000, 0x0000ff00))])
    expect(await pixels(icon)).toEqual(['00ff0000', 'ff0000ff'])
  })

  test('a mask that is missing is missed only where it counts', async () => {
    const whole = buildIcon([image(32, words(0x80ff0000, 0xff00ff00), new Uint8Array())])
    expect(await pixels(whole)).toEqual(['00ff00ff', 'ff000080'])
    const short = buildIcon([image(24, LOWER_RED_UPPER_GREEN, MASK.subarray(0, 4))])
    await expect(codec.decode!(short)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('a palette', async () => {
    const palette = [
      [0, 0, 255, 0],
      [0, 255, 0, 0],
    ]
    const rows = Uint8Array.of(0, 0, 0, 0, 0x80, 0, 0, 0)
    const file = buildDib({ width: 1, height: 4, bits: 1, palette, rows, tail: MASK })
    expect(await pixels(buildIcon([{ width: 1, height: 2, file }]))).toEqual(['00ff0000', 'ff0000ff'])
  })
})

describe('the directory', () => {
  const small = image(24, LOWER_RED_UPPER_GREEN)
  test('the largest picture stands for the icon, and of equal ones that of most colours', async () => {
    const [a, b] = [
      {
        ...image(8, new Uint8Array(8)),
        file: buildDib({ width: 1, height: 4, bits: 8, rows: new Uint8Array(8) }),
      },
      image(32, words(0xff0000ff, 0xff0000ff)),
    ]
    expect(await pixels(buildIcon([a, b]))).toEqual(['0000ffff', '0000ffff'])
    expect(await pixels(buildIcon([b, a]))).toEqual(['0000ffff', '0000ffff'])
    const png = await picture({ width: 256, height: 256 }).png().toBuffer()
    const icon = buildIcon([small, { width: 0, height: 0, file: png }, b])
    expect(info(icon)).toMatchObject({ format: 'ico', width: 256, height: 256 })
  })

  test('of a cursor, the height of the hot spot is no number of colours', async () => {
    const other = { ...image(24, Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0), new Uint8Array(8)), bits: 9 }
    const cursor = buildIcon([{ ...small, bits: 1 }, other], 2)
    expect(sniff(cursor)).toBe('ico')
    expect(await pixels(cursor)).toEqual(['00ff0000', 'ff0000ff'])
  })

  test.each([
    ['no picture', Uint8Array.of(0, 0, 1, 0, 0, 0)],
    ['half a directory', buildIcon([small]).subarray(0, 20)],
    ['a picture inside the directory', buildIcon([small]).fill(7, 18, 19)],
    ['a picture behind the end', buildIcon([small]).fill(1, 20, 21)],
    ['a height that is odd', buildIcon([{ ...small, file: small.file.slice().fill(3, 8, 9) }])],
    ['half a picture', buildIcon([small]).subarray(0, 66)],
  ])('one with %s is damaged', async (_, bytes) => {
    await expect(codec.decode!(bytes)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('any beginning is enough, or asks for more bytes than it has', async () => {
    const png = await picture({ width: 40, height: 30 }).withMetadata({ orientation: 6 }).png().toBuffer()
    for (const images of [[small], [small, { width: 40, height: 30, file: png }]]) {
      const icon = buildIcon(images)
      const whole = info(icon)
      for (let length = 6; length < Math.min(icon.length, 1500); length++)
        try {
          expect(readInfo('ico', icon.subarray(0, length))).toEqual(whole)
        } catch (error) {
          expect(error).toBeInstanceOf(NeedsMore)
          expect((error as NeedsMore).bytes).toBeGreaterThan(length)
        }
    }
  })
})

describe('a PNG inside is read by the core', () => {
  const make = async (bytes: Uint8Array) => {
    const { width, height, orientation } = info(bytes)
    const recipe = { kind: 'image', from: 'ico', orient: orientation, to: 'png', width, height } as const
    return run({ recipe, bytes, pixels: 1e6, frames: 10 })
  }

  test('to the pixel, turned as it says', async () => {
    const png = await picture({ width: 48, height: 30, alpha: true }).png().toBuffer()
    const seen = await rgba((await make(buildIcon([{ width: 48, height: 30, file: png }]))).body)
    expect(seen).toEqual(await rgba(png))
    const turned = Buffer.concat([png.subarray(0, 33), exifChunk(), png.subarray(33)])
    expect(await make(buildIcon([{ width: 48, height: 30, file: turned }]))).toMatchObject({
      width: 30,
      height: 48,
    })
  })

  test('one that is cut by the end of its entry, or of the file, is damaged', async () => {
    const png = Uint8Array.from(await picture({ width: 48, height: 30 }).png().toBuffer())
    const icon = buildIcon([{ width: 48, height: 30, file: png }])
    const short = icon.slice()
    new DataView(short.buffer).setUint32(14, png.length - 40, true)
    for (const bytes of [short, icon.subarray(0, -1)])
      await expect(make(bytes)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    new DataView(short.buffer).setUint32(14, 30, true)
    expect(() => info(short)).toThrow(expect.objectContaining({ code: 'CORRUPT_MEDIA' }))
    expect(await make(icon)).toMatchObject({ width: 48, height: 30 })
  })
})

function exifChunk(): Uint8Array {
  return pngChunk('eXIf', exifOf(6))
}
