/** Headers of JPEG XL: every way to write a size and a depth, boxes, and what is cut off or changed. */
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { readHeaderOfJxl, readJxl } from '../../src/media/headers/jxl.ts'
import { NeedsMore } from '../../src/media/headers/reader.ts'
import { findExif } from '../../src/media/exif/find.ts'
import {
  box,
  boxed,
  jxlKind,
  packBits,
  PLAIN_METADATA,
  SIGNATURE,
  SIZE,
  type Fields,
} from '../support/jxl.ts'

const USUAL: Fields = [[1, 1]]
const header = (...fields: Fields[]) => packBits([...SIGNATURE, ...fields.flat()])
const sizeOf = (size: Fields) => {
  const { width, height } = readHeaderOfJxl(header(size, USUAL))
  return [width, height]
}
/** A number of the kind `U32` of a side of the picture. */
const side = (value: number): Fields => {
  const kinds = [9, 13, 18, 30]
  const kind = kinds.findIndex((bits) => value <= 2 ** bits)
  return [
    [kind, 2],
    [value - 1, kinds[kind]!],
  ]
}

describe('size', () => {
  test.each([1, 2, 511, 512, 513, 8191, 8192, 8193, 262_144, 262_145, 2 ** 30])('a side of %i', (value) => {
    expect(sizeOf([[0, 1], ...side(value), [0, 3], ...side(7)])).toEqual([7, value])
    expect(sizeOf([[0, 1], ...side(7), [0, 3], ...side(value)])).toEqual([value, 7])
  })
  test.each([
    [1, 600],
    [2, 720],
    [3, 800],
    [4, 900],
    [5, 1066],
    [6, 750],
    [7, 1200],
  ])('ratio %i', (ratio, width) => {
    expect(sizeOf([[0, 1], ...side(600), [ratio, 3]])).toEqual([width, 600])
  })
  test('in eights', () => {
    expect(
      sizeOf([
        [1, 1],
        [31, 5],
        [0, 3],
        [0, 5],
      ]),
    ).toEqual([8, 256])
    expect(
      sizeOf([
        [1, 1],
        [1, 5],
        [5, 3],
      ]),
    ).toEqual([28, 16])
  })
})

/** The fields of everything that may stand before the depth. */
const more = (orientation: number, ...rest: Fields): Fields => [[0, 1], [1, 1], [orientation - 1, 3], ...rest]
const NOTHING_SHOWN: Fields = [
  [0, 1],
  [0, 1],
  [0, 1],
]
const DEPTH_8: Fields = [
  [0, 1],
  [0, 2],
  [1, 1],
]
const NO_EXTRA: Fields = [[0, 2]]
const END: Fields = [
  [1, 1],
  [1, 1],
]

describe('what pixels are', () => {
  test.each(Array.from({ length: 32 }, (_, i) => i + 1))('%i bits', (bits) => {
    const kind = [8, 10, 12].indexOf(bits)
    const depth: Fields =
      kind >= 0
        ? [
            [0, 1],
            [kind, 2],
          ]
        : [
            [0, 1],
            [3, 2],
            [bits - 1, 6],
          ]
    const made = header(
      SIZE,
      [
        [0, 1],
        [0, 1],
      ],
      depth,
      [[1, 1]],
      NO_EXTRA,
      END,
    )
    expect(readHeaderOfJxl(made)).toMatchObject({ bits, isFloat: false })
    expect(readJxl(made).bitDepth).toBe(bits)
  })
  test.each([
    [0, 32],
    [1, 16],
    [2, 24],
  ])('fractions of kind %i', (kind, bits) => {
    const made = header(
      SIZE,
      [
        [0, 1],
        [0, 1],
      ],
      [
        [1, 1],
        [kind, 2],
        [7, 4],
        [1, 1],
      ],
      NO_EXTRA,
      END,
    )
    expect(readHeaderOfJxl(made)).toMatchObject({ bits, isFloat: true })
  })
  test('more than 32 bits are damage', () => {
    const made = header(
      SIZE,
      [
        [0, 1],
        [0, 1],
      ],
      [
        [0, 1],
        [3, 2],
        [40, 6],
        [1, 1],
      ],
      NO_EXTRA,
      END,
    )
    expect(() => readJxl(made)).toThrow(expect.objectContaining({ code: 'CORRUPT_MEDIA' }))
  })
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i is applied by the decoder', (orientation) => {
    const made = header(SIZE, more(orientation, ...NOTHING_SHOWN), DEPTH_8, NO_EXTRA, END)
    const [width, height] = orientation < 5 ? [24, 16] : [16, 24]
    expect(readJxl(made)).toMatchObject({ width, height, orientation: 1, animated: false })
    expect(readHeaderOfJxl(made)).toMatchObject({ orientation })
  })
  test('the size it is shown at, a preview and an animation are passed over', () => {
    const shown: Fields = [[1, 1], ...SIZE, [1, 1], [0, 1], [2, 2], [10, 10], [0, 3], [0, 2], [9, 6]]
    const animation: Fields = [
      [1, 1],
      [2, 2],
      [29, 10],
      [0, 2],
      [2, 2],
      [5, 16],
      [0, 1],
    ]
    const made = header(
      SIZE,
      more(6, ...shown, ...animation),
      DEPTH_8,
      [
        [1, 2],
        [1, 1],
      ],
      END,
    )
    expect(readJxl(made)).toMatchObject({ width: 16, height: 24, animated: true, frames: 1, hasAlpha: true })
  })
  test('extra channels', () => {
    const named = (type: Fields, ...rest: Fields): Fields => [
      [0, 1],
      ...type,
      ...DEPTH_8.slice(0, 2),
      [0, 2],
      [1, 2],
      [3, 4],
      [0x616263, 24],
      ...rest,
    ]
    const alpha = named([[0, 2]], [1, 1])
    const spot = named(
      [
        [2, 2],
        [0, 4],
      ],
      [0, 32],
      [0, 32],
    )
    const black = named([
      [2, 2],
      [2, 4],
    ])
    const filter = named(
      [
        [2, 2],
        [3, 4],
      ],
      [2, 2],
      [3, 4],
    )
    const of = (...channels: Fields[]) =>
      header(
        SIZE,
        PLAIN_METADATA,
        [
          [2, 2],
          [channels.length - 2, 4],
        ],
        ...channels,
        END,
      )
    const made = of(spot, filter, alpha)
    expect(readHeaderOfJxl(made).extra).toEqual([
      { kind: 'other', isMultiplied: false },
      { kind: 'other', isMultiplied: false },
      { kind: 'alpha', isMultiplied: true },
    ])
    expect(readJxl(made)).toMatchObject({ hasAlpha: true, colorModel: 'rgb' })
    expect(readJxl(of(alpha, black))).toMatchObject({ colorModel: 'cmyk' })
    expect(() =>
      readJxl(
        header(SIZE, PLAIN_METADATA, [
          [3, 2],
          [4095, 12],
        ]),
      ),
    ).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_CODEC' }))
  })
})

const KINDS: ReadonlyArray<readonly [name: string, expected: object]> = [
  ['rgb', { width: 24, height: 16, bitDepth: 8, hasAlpha: false, colorModel: 'rgb', animated: false }],
  ['boxed', { width: 24, height: 16, bitDepth: 8, hasAlpha: false, colorModel: 'rgb' }],
  ['alpha', { hasAlpha: true, colorModel: 'rgb' }],
  ['gray', { hasAlpha: false, colorModel: 'gray' }],
  ['gray-alpha', { hasAlpha: true, colorModel: 'gray' }],
  ['bits-1', { bitDepth: 1 }],
  ['bits-16', { bitDepth: 16, width: 24, height: 16 }],
  ['float', { bitDepth: 32 }],
  ['turned-6', { width: 16, height: 24, orientation: 1 }],
  ['animated', { animated: true, frames: 1, hasAlpha: true }],
  ['jpeg', { width: 24, height: 16, bitDepth: 8, colorModel: 'rgb' }],
  ['named-p3', { width: 24, height: 16, colorModel: 'rgb' }],
]

describe('files of libjxl', () => {
  test.each(KINDS)('%s', async (name, expected) => {
    expect(readJxl(await jxlKind(name))).toMatchObject({ class: 'image', format: 'jxl', ...expected })
  })

  test('cut anywhere, they ask for more or are complete; changed anywhere, they end with a code', async () => {
    for (const [name] of KINDS) {
      const file = await jxlKind(name)
      const whole = readJxl(file)
      for (let length = 2; length < file.length; length++) {
        const end = outcome(file.slice(0, length))
        if (end instanceof NeedsMore) expect(end.bytes).toBeGreaterThan(length)
        else expect(end).toEqual(whole)
      }
      for (let at = 2; at < Math.min(file.length, 64); at++)
        for (const bit of [1, 8, 128]) {
          const changed = file.slice()
          changed[at]! ^= bit
          outcome(changed)
        }
    }
  })
})

/** What was read, or the error that was meant. */
function outcome(file: Uint8Array): unknown {
  try {
    return readJxl(file)
  } catch (error) {
    if (error instanceof NeedsMore || isMediaError(error)) return error
    throw error
  }
}

describe('boxes', () => {
  test('a codestream in parts is one', async () => {
    const file = await jxlKind('gray-alpha')
    const parts = [file.subarray(0, 3), file.subarray(3, 7), file.subarray(7)]
    const boxes = parts.map((part, at) => box('jxlp', Uint8Array.of(at === 2 ? 0x80 : 0, 0, 0, at), part))
    expect(readJxl(boxed(...boxes))).toEqual(readJxl(file))
  })
  test('a box that lasts to the end of the file, and one with a long length', async () => {
    const file = await jxlKind('rgb')
    const last = box('jxlc', file)
    last.set([0, 0, 0, 0])
    expect(readJxl(boxed(last))).toEqual(readJxl(file))
    const long = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('free'),
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 20]),
      Buffer.alloc(4),
    ])
    expect(readJxl(boxed(long, last))).toEqual(readJxl(file))
  })
  test('one without a length is damage', () => {
    const short = Uint8Array.of(0, 0, 0, 3, 102, 114, 101, 101)
    expect(() => readJxl(boxed(short))).toThrow(expect.objectContaining({ code: 'CORRUPT_MEDIA' }))
  })
  test('EXIF in a box of its own is found; its orientation does not count', async () => {
    const tiff = Buffer.from('4d4d002a00000008000101120003000000010006000000000000', 'hex')
    const file = boxed(box('Exif', new Uint8Array(4), tiff), box('jxlc', await jxlKind('rgb')))
    expect(findExif('jxl', file)).toEqual(new Uint8Array(tiff))
    expect(readJxl(file)).toMatchObject({ width: 24, height: 16, orientation: 1 })
  })
})
