/** GIF and WebP: canvases and frames. */
import { makeGif } from '../animations.ts'
import { type Bomb, LIMIT, CORRUPT, MADE, latin, le32, le24 } from './bomb.ts'

export function gifBombs(): Bomb[] {
  const colors = [
    [0, 0, 0],
    [255, 255, 255],
  ]
  const frame = { width: 1, height: 1, pixels: [0] }
  const gif = (width: number, height: number, count: number) =>
    makeGif({ width, height, colors, loops: 0, frames: Array.from({ length: count }, () => frame) })
  return [
    { name: 'GIF of 65535 x 65535', bytes: gif(65_535, 65_535, 1), codes: [LIMIT] },
    { name: 'GIF of 5,000 frames', bytes: gif(10, 10, 5000), codes: [LIMIT, MADE], moving: [LIMIT] },
    {
      name: 'GIF of 60 frames of 4 megapixels',
      bytes: gif(2000, 2000, 60),
      codes: [LIMIT, MADE],
      moving: [LIMIT],
    },
    {
      name: 'GIF whose frame lies at 65535',
      bytes: makeGif({ width: 1, height: 1, colors, frames: [{ ...frame, x: 65_535, y: 65_535 }] }),
      codes: [LIMIT],
    },
    {
      name: 'GIF of 1 MB of empty blocks',
      bytes: Buffer.concat([gif(2, 2, 1).subarray(0, -1), Buffer.alloc(1e6)]),
      codes: [MADE, CORRUPT],
    },
  ]
}

const chunk = (name: string, data: readonly number[]) => [
  ...latin(name),
  ...le32(data.length),
  ...data,
  ...(data.length % 2 ? [0] : []),
]

export function webpBombs(): Bomb[] {
  const riff = (chunks: number[]) =>
    Uint8Array.from([...latin('RIFF'), ...le32(chunks.length + 4), ...latin('WEBP'), ...chunks])
  const vp8l = (side: number) => chunk('VP8L', [0x2f, ...le32((side - 1) | ((side - 1) << 14)), 0, 0, 0, 0])
  const moving = (side: number, count: number) => {
    const one = chunk('ANMF', [...le24(0), ...le24(0), ...le24(0), ...le24(0), ...le24(10), 0, ...vp8l(1)])
    return riff([
      ...chunk('VP8X', [2, 0, 0, 0, ...le24(side - 1), ...le24(side - 1)]),
      ...chunk('ANIM', [0, 0, 0, 0, 0, 0]),
      ...Array.from({ length: count }, () => one).flat(),
    ])
  }
  return [
    { name: 'WebP of 16384 x 16384', bytes: riff(vp8l(16_384)), codes: [LIMIT] },
    { name: 'WebP with a canvas of 2^24', bytes: moving(2 ** 24, 2), codes: [LIMIT] },
    { name: 'WebP of 5,000 frames', bytes: moving(10, 5000), codes: [LIMIT, CORRUPT], moving: [LIMIT] },
    {
      name: 'WebP of 60 frames of 4 megapixels',
      bytes: moving(2000, 60),
      codes: [LIMIT, CORRUPT],
      moving: [LIMIT],
    },
  ]
}
