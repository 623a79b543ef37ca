/** BMP, pixel by pixel: what was put into the file is known. */
import { describe, expect, test } from 'vitest'
import { createBmpCodec } from '../../src/engines/image/codecs/bmp.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import type { ImageInfo } from '../../src/media/info.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import { sniff } from '../../src/media/sniff.ts'
import { buildBmp, type BmpParts } from '../support/bmp.ts'
import { asBitmap } from '../support/compare.ts'

const codec = createBmpCodec({ tick: () => {} })
const info = (bytes: Uint8Array) => readWholeInfo('bmp', bytes) as ImageInfo

/** Pixels as `rgba` in hexadecimal digits, row by row. */
async function pixels(bytes: Uint8Array): Promise<string[]> {
  const { data, width, height } = asBitmap(await codec.decode!(bytes))
  expect([info(bytes).width, info(bytes).height]).toEqual([width, height])
  const words = Array.from({ length: width * height }, (_, i) =>
    Buffer.from(data.subarray(i * 4, i * 4 + 4)).toString('hex'),
  )
  return Array.from({ length: height }, (_, y) => words.slice(y * width, (y + 1) * width).join(' '))
}

const RED = 'ff0000ff'
const GREEN = '00ff00ff'
const BLUE = '0000ffff'
const BLACK = '000000ff'
const NONE = '00000000'
/** Red, green, blue as they are stored. */
const PALETTE = [
  [0, 0, 255, 0],
  [0, 255, 0, 0],
  [255, 0, 0, 0],
]
const bytes = (...values: number[]) => Uint8Array.from(values)
const words16 = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer)
const words32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)

/** Two pixels and one row, red and green of 24 bits. */
const PLAIN: BmpParts = { width: 2, height: 1, bits: 24, rows: bytes(0, 0, 255, 0, 255, 0, 0, 0) }

describe('headers', () => {
  test.each([12, 40, 52, 56, 64, 108, 124])('of %i bytes', async (size) => {
    const file = buildBmp({ ...PLAIN, size })
    expect(sniff(file)).toBe('bmp')
    expect(await pixels(file)).toEqual([`${RED} ${GREEN}`])
    expect(info(file)).toEqual({
      class: 'image',
      format: 'bmp',
      width: 2,
      height: 1,
      orientation: 1,
      hasAlpha: false,
      frames: 1,
      animated: false,
      bitDepth: 8,
      colorModel: 'rgb',
    })
  })

  test('a palette of three bytes a colour in the oldest', async () => {
    const palette = PALETTE.map((color) => color.slice(0, 3)).concat([[0, 0, 0]])
    const parts = { width: 3, height: 1, bits: 2, size: 12, palette, rows: bytes(0b00011000, 0, 0, 0) }
    expect(await pixels(buildBmp(parts))).toEqual([`${RED} ${GREEN} ${BLUE}`])
  })

  test('rows from the bottom up, or from the top down', async () => {
    const rows = bytes(0, 0, 255, 0, 0, 255, 0, 0)
    const parts = { width: 1, bits: 24, rows }
    expect(await pixels(buildBmp({ ...parts, height: 2 }))).toEqual([GREEN, RED])
    expect(await pixels(buildBmp({ ...parts, height: -2 }))).toEqual([RED, GREEN])
  })

  test('pixels need not follow the palette', async () => {
    expect(await pixels(buildBmp(PLAIN, 100))).toEqual([`${RED} ${GREEN}`])
    const unsaid = buildBmp(PLAIN)
    unsaid.fill(0, 10, 14)
    expect(await pixels(unsaid)).toEqual([`${RED} ${GREEN}`])
  })

  test('a palette of fewer colours than announced, or than are used, is black beyond', async () => {
    const parts = { width: 4, height: 1, bits: 8, palette: PALETTE, rows: bytes(0, 2, 3, 255) }
    const expected = [`${RED} ${BLUE} ${BLACK} ${BLACK}`]
    expect(await pixels(buildBmp(parts))).toEqual(expected)
    expect(await pixels(buildBmp({ ...parts, colors: 0 }))).toEqual(expected)
    expect(await pixels(buildBmp({ ...parts, colors: 0xffff_ffff }))).toEqual(expected)
  })
})

describe('depths', () => {
  test('1 bit: the first pixel is the highest', async () => {
    const parts = {
      width: 10,
      height: 1,
      bits: 1,
      palette: PALETTE.slice(0, 2),
      rows: bytes(0x55, 0x80, 0, 0),
    }
    const row = [0, 1, 0, 1, 0, 1, 0, 1, 1, 0].map((index) => (index ? GREEN : RED)).join(' ')
    expect(await pixels(buildBmp(parts))).toEqual([row])
  })

  test('4 bits', async () => {
    const parts = { width: 3, height: 1, bits: 4, palette: PALETTE, rows: bytes(0x20, 0x1f, 0, 0) }
    expect(await pixels(buildBmp(parts))).toEqual([`${BLUE} ${RED} ${GREEN}`])
    expect(info(buildBmp(parts))).toMatchObject({ bitDepth: 4, colorModel: 'palette', hasAlpha: false })
  })

  test('16 bits are five a channel', async () => {
    const parts = { width: 4, height: 1, bits: 16, rows: words16(0x7c00, 0x83e0, 0x0001, 0x4210) }
    expect(await pixels(buildBmp(parts))).toEqual([`${RED} ${GREEN} 000008ff 848484ff`])
  })

  test('16 bits by masks: 5, 6, 5', async () => {
    const masks = [0xf800, 0x07e0, 0x001f]
    const parts = { width: 2, height: 1, bits: 16, compression: 3, masks, rows: words16(0xf800, 0x0410) }
    expect(await pixels(buildBmp(parts))).toEqual([`${RED} 008284ff`])
  })

  test('32 bits: the fourth byte is nothing unless a mask says so', async () => {
    const rows = words32(0x80ff0000, 0x0000ff00)
    for (const size of [40, 52, 56, 108, 124])
      expect(await pixels(buildBmp({ width: 2, height: 1, bits: 32, size, rows }))).toEqual([
        `${RED} ${GREEN}`,
      ])
  })

  const masked = { width: 2, height: 1, bits: 32, compression: 3 } as const
  test('32 bits by masks of any place and width', async () => {
    const masks = [0x3ff, 0xffc00, 0x3ff0_0000]
    const parts = { ...masked, size: 52, masks, rows: words32(0x3ff, 0x2000_0000 | (0x200 << 10)) }
    expect(await pixels(buildBmp(parts))).toEqual([`${RED} 008080ff`])
  })

  test.each([56, 108, 124])('alpha by a mask in a header of %i bytes', async (size) => {
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000]
    const file = buildBmp({ ...masked, size, masks, rows: words32(0x80ff0000, 0x0000ff00) })
    expect(await pixels(file)).toEqual(['ff000080 00ff0000'])
    expect(info(file).hasAlpha).toBe(true)
  })

  test('alpha by the fourth mask behind a header of 40 bytes', async () => {
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000]
    const rows = words32(0x80ff0000, 0xff00ff00)
    const file = buildBmp({ ...masked, compression: 6, masks, rows })
    expect(await pixels(file)).toEqual([`ff000080 ${GREEN}`])
    // With three masks there is none, whatever stands behind them.
    expect(await pixels(buildBmp({ ...masked, masks: masks.slice(0, 3), rows }))).toEqual([`${RED} ${GREEN}`])
  })

  test('alpha that is zero everywhere was not meant', async () => {
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000]
    const parts = { ...masked, size: 108, masks, rows: words32(0xff0000, 0xff00) }
    expect(await pixels(buildBmp(parts))).toEqual([`${RED} ${GREEN}`])
  })
})

describe('run-length coding', () => {
  const rle8 = { width: 4, height: 2, bits: 8, compression: 1, palette: PALETTE }
  const rle4 = { ...rle8, bits: 4, compression: 2 }
  const [r, g, b] = [RED, GREEN, BLUE]

  test('8 bits: runs, and pixels one by one, from the bottom up', async () => {
    const rows = bytes(3, 1, 1, 0, 0, 0, 0, 3, 2, 1, 0, 0, 1, 2, 0, 1)
    const file = buildBmp({ ...rle8, rows })
    expect(await pixels(file)).toEqual([`${b} ${g} ${r} ${b}`, `${g} ${g} ${g} ${r}`])
    expect(info(file)).toMatchObject({ hasAlpha: true, colorModel: 'palette' })
  })

  test('4 bits: a run is of two colours in turn', async () => {
    const rows = bytes(3, 0x12, 1, 0, 0, 0, 0, 3, 0x21, 0x00, 1, 0x20, 0, 1)
    expect(await pixels(buildBmp({ ...rle4, rows }))).toEqual([`${b} ${g} ${r} ${b}`, `${g} ${b} ${g} ${r}`])
  })

  test('what is passed over is transparent', async () => {
    const rows = bytes(1, 0, 0, 2, 1, 1, 1, 2, 0, 1)
    expect(await pixels(buildBmp({ ...rle8, rows }))).toEqual([
      `${NONE} ${NONE} ${b} ${NONE}`,
      `${r} ${NONE} ${NONE} ${NONE}`,
    ])
  })

  test('a run beyond its row is cut off; the end may be left out behind a complete last row', async () => {
    const rows = bytes(255, 0, 0, 0, 4, 1)
    expect(await pixels(buildBmp({ ...rle8, rows }))).toEqual([`${g} ${g} ${g} ${g}`, `${r} ${r} ${r} ${r}`])
  })

  test.each([
    ['ends in a run', bytes(4)],
    ['ends before its last row', bytes(4, 0, 0, 0)],
    ['ends in a row', bytes(4, 0, 0, 0, 2, 1)],
    ['ends in pixels', bytes(0, 4, 1, 1)],
    ['ends in a move', bytes(0, 2, 1)],
    ['moves beyond its right side', bytes(1, 0, 0, 2, 4, 0, 1, 0, 0, 1)],
    ['moves beyond its top', bytes(0, 2, 0, 3, 1, 0, 0, 1)],
  ])('one that %s is damaged', async (_, rows) => {
    await expect(codec.decode!(buildBmp({ ...rle8, rows }))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('runs without an end are stopped', async () => {
    let ticks = 0
    const stoppable = createBmpCodec({
      tick() {
        if (++ticks > 3) throw new Stopped()
      },
    })
    const file = buildBmp({ ...rle8, rows: new Uint8Array(20_000).fill(255) })
    await expect(stoppable.decode!(file)).rejects.toBeInstanceOf(Stopped)
  })
})

describe('damage', () => {
  const patched = (at: number, ...values: number[]) => {
    const file = buildBmp({ ...PLAIN, size: 124 })
    file.set(values, at)
    return file
  }
  const masks = (...given: number[]) =>
    buildBmp({ width: 1, height: 1, bits: 32, compression: 3, size: 108, masks: given, rows: words32(0) })

  test.each([
    ['a header of 13 bytes', patched(14, 13), 'CORRUPT_MEDIA'],
    ['40 bits a pixel', patched(28, 40), 'CORRUPT_MEDIA'],
    ['no bits a pixel', patched(28, 0), 'CORRUPT_MEDIA'],
    ['no width', patched(18, 0), 'CORRUPT_MEDIA'],
    ['a negative width', patched(18, 254, 255, 255, 255), 'CORRUPT_MEDIA'],
    ['no height', patched(22, 0), 'CORRUPT_MEDIA'],
    ['the lowest height there is', patched(22, 0, 0, 0, 128), 'CORRUPT_MEDIA'],
    ['pixels inside the header', patched(10, 20), 'CORRUPT_MEDIA'],
    ['runs of 24 bits', patched(30, 1), 'CORRUPT_MEDIA'],
    ['JPEG inside', patched(30, 4), 'UNSUPPORTED_CODEC'],
    ['PNG inside', patched(30, 5), 'UNSUPPORTED_CODEC'],
    ['a compression nobody knows', patched(30, 99), 'UNSUPPORTED_CODEC'],
    ['masks with a hole', masks(0xff, 0x5500, 0xff0000, 0), 'CORRUPT_MEDIA'],
    ['masks that overlap', masks(0xff, 0xff80, 0xff0000, 0), 'CORRUPT_MEDIA'],
  ])('%s', async (_, file, code) => {
    expect(() => info(file)).toThrow(expect.objectContaining({ code }))
    await expect(codec.decode!(file)).rejects.toMatchObject({ code })
  })

  test('cut anywhere, it is never made up', async () => {
    for (const parts of [
      PLAIN,
      { width: 2, height: 2, bits: 8, palette: PALETTE, rows: bytes(0, 1, 0, 0, 2, 1) },
    ]) {
      const file = buildBmp(parts)
      // What makes up the last row to four bytes may be missing.
      const last = parts === PLAIN ? file.length - 2 : file.length
      for (let length = 0; length < last; length++)
        await expect(codec.decode!(file.subarray(0, length))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
      expect((await codec.decode!(file.subarray(0, last))).width).toBe(2)
    }
  })

  test('a size far beyond its bytes costs nothing', async () => {
    const start = performance.now()
    for (const bits of [1, 24, 32]) {
      const file = buildBmp({ ...PLAIN, width: 0x7fff_ffff, height: 0x7fff_ffff, bits })
      await expect(codec.decode!(file)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    }
    expect(performance.now() - start).toBeLessThan(100)
  })
})
