/** Profiles of JPEG XL that no encoder at hand writes so: by asymmetric numeral systems. libjxl's decoder is the judge. */
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { embeddedProfile } from '../../src/media/color/embedded.ts'
import { createLookup } from '../../src/media/jxl/ans.ts'
import { restoreProfile } from '../../src/media/jxl/icc-bytes.ts'
import { readJxlProfile } from '../../src/media/jxl/profile.ts'
import { psnr } from '../support/compare.ts'
import {
  jxlKind,
  KIND,
  kindPixels,
  packBits,
  PLAIN_METADATA,
  seeJxl,
  SIGNATURE,
  SIZE,
  type Fields,
} from '../support/jxl.ts'

const sevens = (value: number) => {
  const bytes = []
  for (let left = value; ; left >>= 7) {
    bytes.push(left > 127 ? (left & 127) | 128 : left)
    if (left < 128) return bytes
  }
}

/** Without a list of tags, all in one piece. */
function commanded(icc: Uint8Array): number[] {
  const commands = [0, 1, ...sevens(icc.length - 128)]
  const start = [...sevens(icc.length), ...sevens(commands.length), ...commands]
  // What is left of the header after its prediction, byte by byte.
  const rest = Array.from(icc)
  const left = Array.from({ length: 128 }, () => 0)
  for (let at = 0; at < 128; at++) {
    const guess = restoreProfile(Uint8Array.from([...start, ...left, ...rest.slice(128)]))[at]!
    left[at] = (icc[at]! - guess) & 255
  }
  return [...start, ...left, ...rest.slice(128)]
}

/** 1216, fifteen times 64, 240 times 8: of 4096. The first is what is left over; the others are said by their logarithms. */
const UNEVEN = [1216, ...Array.from({ length: 15 }, () => 64), ...Array.from({ length: 240 }, () => 8)]
const byte = (value: number): Fields => {
  const bits = Math.floor(Math.log2(value))
  return [
    [1, 1],
    [bits, 3],
    [value - 2 ** bits, bits],
  ]
}
const log = (code: string): Fields => Array.from(code, (bit) => [Number(bit), 1] as const)
const DISTRIBUTIONS: ReadonlyArray<readonly [name: string, counts: readonly number[], fields: Fields]> = [
  ['flat', Array.from({ length: 256 }, () => 16), [[0, 1], [1, 1], ...byte(255)]],
  [
    'uneven',
    UNEVEN,
    [
      [0, 1],
      [0, 1],
      [0, 1],
      ...byte(253),
      ...UNEVEN.flatMap((count) => log(count === 1216 ? '100001' : count === 64 ? '010' : '1001')),
    ],
  ],
]

function coded(bytes: readonly number[], counts: readonly number[]): Fields {
  const lookup = createLookup(counts, 8)
  const places = new Map(
    Array.from({ length: 4096 }, (_, value) => {
      const [symbol, , offset] = lookup(value)
      return [`${symbol} ${offset}`, value] as const
    }),
  )
  const words: number[] = []
  let state = 0x130000
  for (const symbol of bytes.toReversed()) {
    const count = counts[symbol]!
    if (state >= count * 2 ** 20) {
      words.push(state % 65_536)
      state = Math.floor(state / 65_536)
    }
    state = Math.floor(state / count) * 4096 + places.get(`${symbol} ${state % count}`)!
  }
  return [[state, 32], ...words.toReversed().map((word) => [word, 16] as const)]
}

test.each(DISTRIBUTIONS)('%s distribution', async (_, counts, distribution) => {
  const raw = { ...KIND, channels: 4 } as const
  const tagged = await sharp(kindPixels(), { raw }).removeAlpha().withIccProfile('p3').png().toBuffer()
  const icc = (await embeddedProfile('png', tagged))!
  const bytes = commanded(icc)
  const header = (...colors: Fields) =>
    packBits([...SIGNATURE, ...SIZE, ...PLAIN_METADATA, [0, 2], [0, 1], ...colors])
  // As `rgb.jxl` has it: sRGB by its numbers, no extensions, no other transform.
  const own = header([0, 1], [0, 1], [0, 2], [1, 2], [1, 2], [0, 1], [2, 2], [11, 4], [0, 2], [0, 2], [1, 1])
  const plain = await jxlKind('rgb')
  expect(plain.slice(0, own.length)).toEqual(own)
  const length: Fields = [
    [3, 2],
    [bytes.length % 4096, 12],
    [0, 1],
  ]
  // No repetition, one cluster, no prefix code, 256 symbols, each a byte.
  const codes: Fields = [[0, 1], [1, 1], [0, 2], [0, 1], [3, 2], [8, 4], ...distribution]
  const profile = [...length, ...codes, ...coded(bytes, counts)]
  const other = header([0, 1], [1, 1], [0, 2], [0, 2], [1, 1], ...profile)
  const file = Uint8Array.from(Buffer.concat([other, plain.subarray(own.length)]))
  // The judge takes the samples for Display P3's: it has read the profile.
  const judged = await seeJxl(file)
  const named = await seeJxl(await jxlKind('named-p3'))
  expect(psnr(judged.data, named.data)).toBeGreaterThan(40)
  expect(psnr(judged.data, kindPixels())).toBeLessThan(35)
  expect(readJxlProfile(file)).toEqual(icc)
})
