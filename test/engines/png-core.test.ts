/** Our PNG against what the files were made of, and against sharp's. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { createCore } from '../../src/engines/image/core/module.ts'
import { createPictureCore } from '../../src/engines/image/core/picture.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { ORIENTATIONS } from '../../src/engines/image/view.ts'
import { chunk, everyKind, makePng, type PngKind } from '../support/png-kinds.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const core = createPictureCore({ loadWasm, tick: () => {} })
const decode = (bytes: Uint8Array, width: number, height: number, to = { width, height }) =>
  core.decode({
    format: 'png',
    bytes,
    stored: { width, height },
    view: { rect: { x: 0, y: 0, width, height }, size: to, walk: ORIENTATIONS[1] },
  })
const nameOf = ({ colorType, depth, interlaced, key }: Omit<PngKind, 'width' | 'height'>) =>
  `colour type ${colorType}, ${depth} bit${interlaced ? ', interlaced' : ''}${key ? ', with a key' : ''}`
const differences = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  let count = 0
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) count++
  return count
}
const SIZES = [
  [1, 1],
  [2, 3],
  [5, 8],
  [17, 33],
  [64, 9],
] as const

describe('every kind of PNG', () => {
  test.each(everyKind().map((kind) => [nameOf(kind), kind] as const))('%s', async (_, kind) => {
    for (const [width, height] of SIZES) {
      const { bytes, pixels } = makePng({ ...kind, width, height })
      expect(differences((await decode(bytes, width, height)).data, pixels)).toBe(0)
    }
    const { bytes, pixels } = makePng({ ...kind, width: 33, height: 17, split: 3 })
    const theirs = await sharp(bytes).toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer()
    if (kind.depth !== 16) expect(differences(theirs, pixels)).toBe(0)
    expect(differences((await decode(bytes, 33, 17)).data, pixels)).toBe(0)
  })

  test.each([0, 1, 2, 3, 4])('filter %i alone, of every kind', async (filter) => {
    for (const kind of everyKind()) {
      const { bytes, pixels } = makePng({ ...kind, filter, width: 41, height: 7 })
      expect(differences((await decode(bytes, 41, 7)).data, pixels), nameOf(kind)).toBe(0)
    }
  })

  test('there are no more kinds than these', async () => {
    const { bytes } = makePng({ colorType: 3, depth: 8, width: 16, height: 4 })
    const known = new Set(everyKind().map(({ colorType, depth }) => `${colorType} ${depth}`))
    expect(known.size).toBe(15)
    const withHeader = (change: (header: Buffer) => void) => {
      const header = Buffer.from(bytes.subarray(16, 29))
      change(header)
      return Buffer.concat([bytes.subarray(0, 8), chunk('IHDR', header), bytes.subarray(33)])
    }
    const refused = async (file: Uint8Array, why: string) =>
      expect(await decode(file, 16, 4).catch((error: { code: string }) => error.code), why).toMatch(
        /^(?:CORRUPT_MEDIA|UNSUPPORTED_CODEC)$/,
      )
    for (let colorType = 0; colorType < 8; colorType++)
      for (const depth of [0, 1, 2, 3, 4, 5, 8, 12, 16, 32, 99])
        if (!known.has(`${colorType} ${depth}`))
          await refused(
            withHeader((header) => header.set([depth, colorType], 8)),
            `${colorType} ${depth}`,
          )
    // Compression, filtering, interlacing.
    for (const at of [10, 11, 12])
      await refused(
        withHeader((header) => header.set([2], at)),
        `byte ${at}`,
      )
  })

  test.each([
    ['without a palette', 'PLTE', []],
    ['with a palette of no whole colours', 'PLTE', [chunk('PLTE', Buffer.alloc(10))]],
    ['with a palette of more than 256 colours', 'PLTE', [chunk('PLTE', Buffer.alloc(771))]],
    ['with an empty palette', 'PLTE', [chunk('PLTE', Buffer.alloc(0))]],
    ['without data', 'IDAT', []],
    ['with empty data', 'IDAT', [chunk('IDAT', Buffer.alloc(0))]],
  ] as const)('%s it is damaged', async (_, name, instead) => {
    const { bytes } = makePng({ colorType: 3, depth: 8, width: 16, height: 4 })
    const at = Buffer.from(bytes).indexOf(name) - 4
    const length = 12 + Buffer.from(bytes).readUInt32BE(at)
    const file = Buffer.concat([bytes.subarray(0, at), ...instead, bytes.subarray(at + length)])
    await expect(decode(file, 16, 4)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('with an unknown critical chunk it is of a kind that is not known', async () => {
    const { bytes } = makePng({ colorType: 2, depth: 8, width: 16, height: 4 })
    const file = Buffer.concat([bytes.subarray(0, 33), chunk('ABCD', Buffer.alloc(4)), bytes.subarray(33)])
    await expect(decode(file, 16, 4)).rejects.toMatchObject({ code: 'UNSUPPORTED_CODEC' })
  })

  test('as text it was transferred, it is none', async () => {
    const { bytes } = makePng({ colorType: 2, depth: 8, width: 16, height: 4 })
    for (const [at, value] of [
      [0, 0x09],
      [4, 0x0a],
      [7, 0x0d],
    ] as const) {
      const damaged = bytes.slice()
      damaged[at] = value
      await expect(decode(damaged, 16, 4)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    }
  })

  test.each([0, 1, 9])('compressed at level %i', async (level) => {
    const { bytes, pixels } = makePng({ colorType: 2, depth: 8, level, width: 301, height: 203 })
    expect(differences((await decode(bytes, 301, 203)).data, pixels)).toBe(0)
  })

  test('a photograph scaled as sharp scales it', async () => {
    for (const alpha of [false, true]) {
      const bytes = await picture({ width: 640, height: 427, alpha }).png().toBuffer()
      const theirs = await sharp(bytes).resize(211, 141, { fit: 'fill' }).ensureAlpha().raw().toBuffer()
      const { data } = await decode(bytes, 640, 427, { width: 211, height: 141 })
      let sum = 0
      // Colours under faint alpha are anybody's: what is seen is compared.
      for (let at = 0; at < data.length; at++) {
        const [ours, other] = [at | 3, at | 3].map((a, side) => (side ? theirs[a] : data[a])! / 255) as [
          number,
          number,
        ]
        sum += (at % 4 === 3 ? data[at]! - theirs[at]! : data[at]! * ours - theirs[at]! * other) ** 2
      }
      expect(10 * Math.log10((255 * 255 * data.length) / sum)).toBeGreaterThan(48)
    }
  })

  test('opaque pixels become the same, whether the file has an alpha or not', async () => {
    const [width, height] = [403, 301]
    const image = picture({ width, height }).linear(1.8, -90)
    const [plain, withAlpha] = [
      await image.clone().png().toBuffer(),
      await image.clone().ensureAlpha().png().toBuffer(),
    ]
    expect([plain[25], withAlpha[25]]).toEqual([2, 6])
    for (const to of [
      { width: 402, height: 300 },
      { width: 161, height: 37 },
      { width: 500, height: 100 },
      { width: 100, height: 400 },
      { width: 1, height: 1 },
    ]) {
      const one = await decode(plain, width, height, to)
      expect(differences(one.data, (await decode(withAlpha, width, height, to)).data), `${to.width}`).toBe(0)
    }
  })
})

describe('input', () => {
  test.each([true, false])('byte by byte, interlaced %s', async (interlaced) => {
    const { bytes, pixels } = makePng({
      colorType: 6,
      depth: 8,
      interlaced,
      width: 45,
      height: 31,
      split: 100,
    })
    const instance = createCore(await loadWasm('core'), { tick: () => {} })
    const { exports } = instance
    instance.begin()
    exports.png_begin()
    let at = 0
    const until = (turn: () => number) => {
      while (turn() === 0) {
        instance.write(exports.input_reserve(1), bytes.subarray(at, at + 1))
        exports.input_commit(1, ++at === bytes.length ? 1 : 0)
      }
    }
    until(exports.png_head)
    exports.view_set(0, 0, 45, 31, 45, 31)
    exports.png_plan()
    until(exports.png_rows)
    expect(differences(instance.copy(exports.pixels_at(), pixels.length), pixels)).toBe(0)
  })
})

describe('hostile files', () => {
  const kind = { colorType: 6, depth: 8, width: 40, height: 30 } as const

  test('one that ends too early is refused, wherever it ends', async () => {
    for (const interlaced of [false, true]) {
      const { bytes } = makePng({ ...kind, interlaced, split: 700 })
      for (let end = 0; end < bytes.length; end += 7)
        await expect(decode(bytes.subarray(0, end), 40, 30)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    }
  }, 60_000)

  test('every flipped bit of a critical chunk is found', async () => {
    const { bytes } = makePng({ colorType: 3, depth: 4, width: 12, height: 9 })
    const text = Buffer.from(bytes).indexOf('tEXt')
    for (let at = 0; at < bytes.length; at++) {
      if (at >= text && at < text + 4 + 12 + 4) continue
      const damaged = Uint8Array.from(bytes)
      damaged[at]! ^= 1 << (at % 8)
      const outcome = await decode(damaged, 12, 9).catch((error: unknown) => error)
      expect(isMediaError(outcome) && outcome.code, `byte ${at}`).toMatch(
        /CORRUPT_MEDIA|UNSUPPORTED_CODEC|LIMIT_EXCEEDED/,
      )
    }
  })

  test('damage with right checksums ends in an error or in a picture, and the next picture is right', async () => {
    const { bytes, pixels } = makePng(kind)
    let seed = 7
    const random = (below: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below
    const start = Buffer.from(bytes).indexOf('IDAT')
    const length = Buffer.from(bytes).readUInt32BE(start - 4)
    for (let round = 0; round < 1500; round++) {
      const data = Buffer.from(bytes.subarray(start + 4, start + 4 + length))
      for (let hit = 0; hit <= round % 4; hit++) data[random(round % 2 ? 40 : length)] = random(256)
      const file = Buffer.concat([
        bytes.subarray(0, start - 4),
        chunk('IDAT', data),
        chunk('IEND', Buffer.alloc(0)),
      ])
      const outcome = await decode(file, 40, 30).catch((error: unknown) => error)
      if (isMediaError(outcome)) expect(outcome.code).toBe('CORRUPT_MEDIA')
      else expect(outcome).toHaveProperty('width', 40)
    }
    expect(differences((await decode(bytes, 40, 30)).data, pixels)).toBe(0)
  }, 60_000)
})

describe('writes PNG', () => {
  let seed = 3
  const random = (below: number) =>
    (((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32) * below) | 0
  const target = { format: 'png', quality: 80, lossless: true } as const
  /** Pixels of so many colours at most. */
  function paint(width: number, height: number, colors: number, grey: boolean, alpha: boolean) {
    const palette = Array.from({ length: colors }, (_, at) => {
      const value = random(256)
      const rgb = grey ? [at & 255, at & 255, at & 255] : [value, random(256), random(256)]
      return [...rgb, alpha ? random(256) : 255]
    })
    const data = new Uint8ClampedArray(width * height * 4)
    for (let at = 0; at < data.length; at += 4) data.set(palette[random(colors)]!, at)
    return { data, width, height }
  }
  const kinds = [1, 2, 3, 4, 5, 16, 17, 200, 256, 257, 5000].flatMap((colors) =>
    [false, true].flatMap((grey) => [false, true].map((alpha) => ({ colors, grey, alpha }))),
  )

  test.each(kinds)(
    '$colors colours, grey $grey, alpha $alpha: nothing is lost',
    async ({ colors, grey, alpha }) => {
      for (const [width, height] of [
        [1, 1],
        [3, 2],
        [17, 33],
        [120, 90],
        [4000, 1],
        [1, 300],
      ] as const) {
        const bitmap = paint(width, height, colors, grey, alpha)
        const file = await core.encode(bitmap, target)
        expect(differences((await decode(file, width, height)).data, bitmap.data)).toBe(0)
        if (grey) continue
        const theirs = await sharp(file).toColourspace('srgb').ensureAlpha().raw().toBuffer()
        expect(differences(theirs, bitmap.data)).toBe(0)
      }
    },
  )

  test('takes the smallest kind there is', async () => {
    const kindOf = async (...args: Parameters<typeof paint>) => {
      const file = await core.encode(paint(...args), target)
      return [file[24], file[25]]
    }
    expect(await kindOf(90, 90, 2, false, false)).toEqual([1, 3])
    expect(await kindOf(90, 90, 4, false, true)).toEqual([2, 3])
    expect(await kindOf(90, 90, 16, false, false)).toEqual([4, 3])
    expect(await kindOf(90, 90, 200, false, false)).toEqual([8, 3])
    expect(await kindOf(90, 90, 200, true, false)).toEqual([8, 0])
    expect(await kindOf(90, 90, 5000, true, true)).toEqual([8, 4])
    expect(await kindOf(90, 90, 5000, false, false)).toEqual([8, 2])
    expect(await kindOf(90, 90, 5000, false, true)).toEqual([8, 6])
  })

  test('pictures of several segments, in no more bytes than sharp writes', async () => {
    for (const alpha of [false, true]) {
      const image = picture({ width: 1280, height: 853, alpha })
      const pixels = await image.clone().ensureAlpha().raw().toBuffer()
      const file = await core.encode(
        { data: new Uint8ClampedArray(pixels), width: 1280, height: 853 },
        target,
      )
      expect(differences(await sharp(file).ensureAlpha().raw().toBuffer(), pixels)).toBe(0)
      expect(file.length).toBeLessThan((await image.png().toBuffer()).length * 1.02)
    }
  })

  test('stops between rows', async () => {
    const bitmap = paint(300, 200, 5000, false, false)
    for (const most of [0, 150, 350]) {
      let left = most
      const stopped = createPictureCore({
        loadWasm,
        tick() {
          if (--left < 0) throw new Stopped('enough')
        },
      })
      await expect(stopped.encode(bitmap, target)).rejects.toThrow(Stopped)
    }
  })
})
