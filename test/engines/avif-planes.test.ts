/** AVIF that never becomes a frame of RGBA: its planes go to the core, scaled and turned. */
import { describe, expect, test } from 'vitest'
import { createAv1Decoder } from '../../src/engines/image/codecs/av1.ts'
import { createPictureCore } from '../../src/engines/image/core/picture.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { FLIPS, ORIENTATIONS, ROTATIONS, type View } from '../../src/engines/image/view.ts'
import { grid, ispe, makeAvif, nclx, coded } from '../support/avif-files.ts'
import { psnr, rgba } from '../support/compare.ts'
import { picture, rawPicture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const context = { loadWasm, tick: () => {} }
const { decode, planes } = createAv1Decoder(context)
const core = createPictureCore(context)
const FULL = { isSubsampled: false, isLimited: false }
const [WIDTH, HEIGHT] = [301, 203]

const viewBy = (walk: View['walk'], rect = { x: 0, y: 0, width: WIDTH, height: HEIGHT }): View => ({
  rect,
  size: { width: 120, height: Math.round((120 * rect.height) / rect.width) },
  walk,
})

/** Through planes, and through a frame of pixels. */
async function both(bytes: Uint8Array, view: View) {
  const read = await planes(bytes, view, FULL)
  if (!read) throw new Error('it has no planes')
  return [await core.show(read), await core.see(await decode(bytes), view)] as const
}

describe('planes are what the pixels are', () => {
  test.each([
    ['4:2:0', picture({ width: WIDTH, height: HEIGHT }).avif({ effort: 0 })],
    ['4:4:4', picture({ width: WIDTH, height: HEIGHT }).avif({ effort: 0, chromaSubsampling: '4:4:4' })],
    ['grey', picture({ width: WIDTH, height: HEIGHT }).greyscale().avif({ effort: 0 })],
  ])('%s, in every direction', async (_, file) => {
    const bytes = await file.toBuffer()
    for (const walk of [
      ...Object.values(ORIENTATIONS),
      ...Object.values(ROTATIONS),
      ...Object.values(FLIPS),
    ]) {
      const [ours, other] = await both(bytes, viewBy(walk))
      expect([ours.width, ours.height]).toEqual([other.width, other.height])
      expect(psnr(ours.data, other.data)).toBeGreaterThan(36)
    }
  })

  test('a part of it, and enlarged', async () => {
    const bytes = await picture({ width: WIDTH, height: HEIGHT }).avif({ effort: 0 }).toBuffer()
    for (const rect of [
      { x: 31, y: 17, width: 200, height: 150 },
      { x: 250, y: 150, width: 51, height: 53 },
    ]) {
      const [ours, other] = await both(bytes, viewBy(ORIENTATIONS[1], rect))
      expect(psnr(ours.data, other.data)).toBeGreaterThan(33)
    }
  })

  test('limited range', async () => {
    const { data } = rawPicture({ width: 64, height: 48 })
    const { color } = await coded(data, 64, 48)
    const item = (isFull: boolean) =>
      makeAvif([{ id: 1, type: 'av01', bytes: color, properties: [ispe(64, 48), nclx(1, 13, 6, isFull)] }])
    const view = {
      rect: { x: 0, y: 0, width: 64, height: 48 },
      size: { width: 32, height: 24 },
      walk: ORIENTATIONS[1],
    }
    for (const isFull of [true, false]) {
      const [ours, other] = await both(item(isFull), view)
      expect(psnr(ours.data, other.data)).toBeGreaterThan(34)
    }
  })
})

test.each([
  ['alpha', () => picture({ width: 64, height: 48, alpha: true }).avif({ effort: 0 }).toBuffer()],
  ['other colours than BT.601', () => made([ispe(64, 48), nclx(1, 13, 1, true)])],
  ['a grid', gridFile],
])('what has no planes to give: %s', async (_, file) => {
  const view = {
    rect: { x: 0, y: 0, width: 64, height: 48 },
    size: { width: 32, height: 24 },
    walk: ORIENTATIONS[1],
  }
  expect(await planes(await file(), view, FULL)).toBeUndefined()
})

test('damage is a code, and the next picture is right', async () => {
  const bytes = await picture({ width: 64, height: 48 }).avif({ effort: 0 }).toBuffer()
  const view = {
    rect: { x: 0, y: 0, width: 64, height: 48 },
    size: { width: 32, height: 24 },
    walk: ORIENTATIONS[1],
  }
  const whole = await planes(bytes, view, FULL)
  await expect(planes(bytes.subarray(0, bytes.length - 40), view, FULL)).rejects.toMatchObject({
    code: 'CORRUPT_MEDIA',
  })
  expect(await planes(bytes, view, FULL)).toEqual(whole)
})

test.each(['jpeg', 'webp', 'png'] as const)('to %s, without a frame of pixels', async (to) => {
  const memories: WebAssembly.Memory[] = []
  const { Instance } = WebAssembly
  class Watched extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports)
      if ('picture_to_jpeg' in this.exports) memories.push(this.exports['memory'] as WebAssembly.Memory)
    }
  }
  WebAssembly.Instance = Watched
  try {
    const bytes = await picture({ width: 1600, height: 1200 }).avif({ effort: 0 }).toBuffer()
    const run = createImageWorker(context)
    const size = { width: 320, height: 240 }
    const recipe = { kind: 'image', from: 'avif', orient: 1, to, resize: size, ...size } as const
    const { body } = await run({ recipe, bytes, pixels: 1e8, frames: 1 })
    const reference = await picture({ width: 1600, height: 1200 }).resize(320, 240).png().toBuffer()
    expect(psnr((await rgba(body)).data, (await rgba(reference)).data)).toBeGreaterThan(30)
    // 1600 x 1200 of RGBA alone are 7.7 MB.
    expect(memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)).toBeLessThan(6e6)
  } finally {
    WebAssembly.Instance = Instance
  }
})

async function made(properties: readonly number[][]): Promise<Uint8Array> {
  const { color } = await coded(rawPicture({ width: 64, height: 48 }).data, 64, 48)
  return makeAvif([{ id: 1, type: 'av01', bytes: color, properties }])
}

async function gridFile(): Promise<Uint8Array> {
  const { color } = await coded(rawPicture({ width: 64, height: 48 }).data, 64, 48)
  const tile = (id: number) => ({ id, type: 'av01', bytes: color, properties: [ispe(64, 48)] }) as const
  const whole = { id: 1, type: 'grid', bytes: grid(1, 2, 128, 48), properties: [ispe(128, 48)] } as const
  return makeAvif([whole, tile(2), tile(3)], [{ type: 'dimg', from: 1, to: [2, 3] }])
}
