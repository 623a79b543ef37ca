/** Sprite sheets through the whole line: which frames, how large, how finished, how little is read. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import sharp from 'sharp'
import { openVideoStage } from '../support/video-stage.ts'
import { FFMPEG, ffmpeg, frameOf, hasFfmpeg, makeVideo } from '../support/videos.ts'

const { mount, stage, whole, code, close } = openVideoStage()
afterAll(close)

const TIERS = { 'ffmpeg-native': { wasm: false }, 'ffmpeg-wasm': { native: 'off' } } as const
const tiers = new Map<string, ReturnType<typeof stage>>()

/** One service for each tier: starting takes the one in threads a second. */
function tier(name: keyof typeof TIERS) {
  const one = tiers.get(name) ?? stage({ ffmpeg: TIERS[name] })
  tiers.set(name, one)
  return one
}

/** Which frame each tile is; undefined: nothing is seen there. */
async function tilesOf(sheet: Uint8Array, width: number, height: number): Promise<(number | undefined)[]> {
  const { data, info } = await sharp(sheet).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  const tiles: (number | undefined)[] = []
  for (let y = height >> 1; y < info.height; y += height)
    for (let x = width >> 1; x < info.width; x += width) {
      const at = (y * info.width + x) * 4
      tiles.push(data[at + 3] === 0 ? undefined : Math.round(((data[at] ?? 0) * 219) / 255 / 2))
    }
  return tiles
}

const RATE = 25
/** Frames from key frame to key frame. */
const GROUP = 20

/** The frames of a clip's parts: of each the key frame before its middle or the last one after, where one lies in it, else that of its middle. */
function expected(count: number, start = 0, end = 3): number[] {
  const part = (end - start) / count
  return Array.from({ length: count }, (_, n) => {
    const middle = (start + (n + 0.5) * part) * RATE + 1e-6
    const [first, behind] = [middle - (part * RATE) / 2, middle + (part * RATE) / 2 - 0.01]
    const before = Math.floor(middle / GROUP) * GROUP
    const after = Math.floor(behind / GROUP) * GROUP
    if (before >= first - 1e-5) return before
    return after > middle ? after : Math.floor(middle)
  })
}

async function rawOf(picture: Uint8Array) {
  const { data, info } = await sharp(picture).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  // Of what is transparent the colour says nothing.
  for (let at = 0; at < data.length; at += 4) {
    const alpha = (data[at + 3] ?? 0) / 255
    for (let n = 0; n < 3; n++) data[at + n] = Math.round((data[at + n] ?? 0) * alpha)
  }
  return { data, size: [info.width, info.height] }
}

/** By how much samples differ: on average, and at most. */
async function apart(one: Uint8Array, other: Uint8Array) {
  const [a, b] = [await rawOf(one), await rawOf(other)]
  expect(a.size).toEqual(b.size)
  const all = a.data.map((value, at) => Math.abs(value - (b.data[at] ?? 0)))
  return {
    mean: all.reduce((sum, value) => sum + value, 0) / all.length,
    most: all.reduce((most, value) => Math.max(most, value), 0),
  }
}

const tierNames = Object.keys(TIERS) as (keyof typeof TIERS)[]

describe.runIf(hasFfmpeg())(`a sprite sheet, with ${FFMPEG}`, () => {
  beforeAll(() => {
    const mp4 = makeVideo({ as: 'mp4', silent: true })
    mount.put('a.mp4', mp4)
    const copied = ['-f', 'mov', '-i', 'pipe:0', '-c', 'copy']
    mount.put('a.mkv', ffmpeg('mkv', copied, mp4))
    const open = ['-g', '12', '-bf', '3', '-pix_fmt', 'yuv420p', '-qp', '4', '-x264-params', 'open-gop=1']
    mount.put(
      'open.mp4',
      makeVideo({ as: 'mp4', codecs: ['-c:v', 'libx264', ...open], seconds: 4, silent: true }),
    )
    const vp9 = ['-c:v', 'libvpx-vp9', '-lossless', '1', '-cpu-used', '8', '-g', String(GROUP)]
    mount.put('vp9.webm', makeVideo({ as: 'webm', codecs: vp9, silent: true }))
    const testing = ffmpeg('mp4', ['-f', 'lavfi', '-i', 'testsrc=160x90:25:d=1', '-pix_fmt', 'yuv420p'])
    mount.put('test.mp4', testing)
    mount.put('turned.mp4', ffmpeg('mp4', [...copied, '-metadata:s:v', 'rotate=90'], testing))
    mount.put('odd.mp4', ffmpeg('mp4', ['-f', 'lavfi', '-i', 'testsrc=161x91:25:d=1', '-pix_fmt', 'yuv444p']))
    mount.put(
      'large.mp4',
      ffmpeg('mp4', ['-f', 'lavfi', '-i', 'testsrc=1280x720:25:d=1', '-pix_fmt', 'yuv420p']),
    )
    const wide = ['-vf', 'setsar=2/1', '-pix_fmt', 'yuv420p']
    mount.put('wide.mp4', ffmpeg('mp4', ['-f', 'lavfi', '-i', 'testsrc=96x64:25:d=1', ...wide]))
    const moving = 'testsrc=96x64:25:d=1,format=yuva420p,geq=lum=lum(X\\,Y):cb=cb(X\\,Y):cr=cr(X\\,Y):a=X*2'
    const alpha = ['-c:v', 'libvpx', '-auto-alt-ref', '0', '-b:v', '1M']
    mount.put('alpha.webm', ffmpeg('webm', ['-f', 'lavfi', '-i', moving, ...alpha]))
    mount.put('sound.m4a', makeVideo({ as: 'm4a', codecs: ['-vn', '-c:a', 'aac'] }))
  })

  describe.each(tierNames)('by %s', (by) => {
    test.each([
      ['a.mp4', 20, [160, 128]],
      ['a.mkv', 7, [96, 96]],
      ['vp9.webm', 12, [128, 96]],
      // More tiles than there are frames.
      ['a.mp4', 100, [320, 320]],
    ] as const)('of %s shows %i moments', async (name, count, [width, height]) => {
      const response = await tier(by)(`${name}?mode=spritesheet&format=png&w=32&h=32&imageCount=${count}`)
      const sheet = await whole(response)
      expect(await sharp(sheet).metadata()).toMatchObject({ width, height, format: 'png' })
      const tiles = await tilesOf(sheet, 32, 32)
      expect(tiles.slice(0, count)).toEqual(expected(count))
      expect(tiles.slice(count).every((tile) => tile === undefined)).toBe(true)
      expect(response.headers.get('x-transform-source')).toBe(by)
      expect(response.headers.get('x-resolved-width')).toBe(String(width))
    })

    test('keeps its order where key frames leave it open', async () => {
      const get = tier(by)
      const few = await whole(await get('open.mp4?mode=spritesheet&format=png&w=32&h=32&imageCount=4'))
      expect(await tilesOf(few, 32, 32)).toEqual([12, 36, 60, 84])
      const some = await whole(
        await get('open.mp4?mode=spritesheet&format=png&w=32&h=32&imageCount=9&time=1&duration=0.9'),
      )
      expect(await tilesOf(some, 32, 32)).toEqual([26, 28, 31, 33, 36, 38, 41, 43, 46])
    })
  })

  test.each(['test.mp4', 'turned.mp4', 'wide.mp4', 'odd.mp4', 'alpha.webm'])(
    'of %s has the same pixels whoever makes it',
    async (name) => {
      const path = `${name}?mode=spritesheet&format=png&width=48&imageCount=5&rotate=90`
      const [native, wasm] = [await tier('ffmpeg-native')(path), await tier('ffmpeg-wasm')(path)]
      expect((await apart(await whole(native), await whole(wasm))).most).toBe(0)
    },
  )

  test.each([
    ['test.mp4', 'width=80&height=45'],
    ['test.mp4', 'width=40&height=40&fit=cover&gravity=west'],
    ['test.mp4', 'width=60&height=60&fit=pad'],
    ['test.mp4', 'crop=71:41:13:7&width=35&height=20&fit=fill&flip=h'],
    ['turned.mp4', 'width=45&height=80'],
    ['large.mp4', 'width=40&height=22'],
    ['wide.mp4', 'width=96&height=32&rotate=180'],
    ['odd.mp4', 'width=81&height=46&rotate=90'],
    ['alpha.webm', 'width=48&height=32'],
  ])('each of %s with %s looks as the frame does', async (name, how) => {
    const get = tier('ffmpeg-native')
    const fit = how.includes('fit=') ? '' : '&fit=cover'
    const frame = await whole(await get(`${name}?mode=frame&format=png&time=0.5&${how}${fit}`))
    const tile = await whole(
      await get(`${name}?mode=spritesheet&format=png&imageCount=1&time=0.48&duration=0.04&${how}`),
    )
    const { mean, most } = await apart(frame, tile)
    expect(mean).toBeLessThan(1)
    expect(most).toBeLessThan(48)
  })

  test('is spread over the part that is asked for', async () => {
    const sheet = await whole(
      await tier('ffmpeg-native')(
        'a.mp4?mode=spritesheet&format=png&w=32&h=32&imageCount=5&time=1&duration=50%',
      ),
    )
    expect((await tilesOf(sheet, 32, 32)).slice(0, 5)).toEqual(expected(5, 1, 2.5))
  })

  test.each([
    ['', 96 * 5, 64 * 4],
    ['format=jpeg&imageCount=1&rotate=90', 64, 96],
    ['width=48', 48 * 5, 32 * 4],
    ['height=48&imageCount=3', 72 * 2, 48 * 2],
    ['width=31&height=17&imageCount=7&columns=7', 31 * 7, 17],
    ['width=200&height=10&imageCount=2&columns=9', 400, 10],
    ['width=10&rotate=90&imageCount=1', 10, 15],
    ['width=20&dpr=2&imageCount=1', 40, 27],
  ])('with "%s" measures %i by %i', async (how, width, height) => {
    const sheet = await whole(await tier('ffmpeg-native')(`a.mp4?mode=spritesheet&${how}`))
    expect(await sharp(sheet).metadata()).toMatchObject({ width, height, format: 'jpeg' })
  })

  test('is a picture as any other', async () => {
    const get = tier('ffmpeg-native')
    const path = 'a.mp4?mode=spritesheet&width=32&height=32&imageCount=3'
    for (const format of ['webp', 'avif', 'png', 'jpeg']) {
      const response = await get(`${path}&format=${format}`)
      expect(response.headers.get('content-type')).toBe(`image/${format}`)
      await whole(response)
    }
    // The cell that stays empty is as what lies under transparency.
    const at = async (sheet: Uint8Array) => {
      const { data } = await sharp(sheet)
        .ensureAlpha()
        .extract({ left: 48, top: 48, width: 1, height: 1 })
        .raw()
        .toBuffer({ resolveWithObject: true })
      return [...data]
    }
    expect(await at(await whole(await get(`${path}&format=jpeg`)))).toEqual([255, 255, 255, 255])
    expect((await at(await whole(await get(`${path}&format=png`))))[3]).toBe(0)
    expect(await at(await whole(await get(`${path}&format=png&background=ff0000`)))).toEqual([255, 0, 0, 255])
  })

  test.each([
    ['a.mp4?imageCount=0', 400, 'INVALID_PARAMETER'],
    ['a.mp4?imageCount=401', 400, 'INVALID_PARAMETER'],
    ['a.mp4?time=auto', 400, 'INVALID_PARAMETER'],
    ['a.mp4?time=5', 400, 'INVALID_PARAMETER'],
    ['a.mp4?format=mp4', 400, 'INVALID_PARAMETER'],
    ['a.mp4?rotate=45', 400, 'INVALID_PARAMETER'],
    ['a.mp4?width=800&height=450&imageCount=121', 422, 'LIMIT_EXCEEDED'],
    ['a.mp4?width=10&height=8000&columns=1&imageCount=2', 422, 'LIMIT_EXCEEDED'],
    ['sound.m4a?', 400, 'INVALID_PARAMETER'],
  ])('of %s is refused', async (path, status, expectedCode) => {
    const response = await tier('ffmpeg-native')(`${path.replace('?', '?mode=spritesheet&')}`)
    expect([response.status, await code(response)]).toEqual([status, expectedCode])
  })

  test('of a damaged film is refused where frames are missing', async () => {
    const bytes = new Uint8Array(mount.files.get('a.mp4')?.body ?? [])
    const data = Buffer.from(bytes).indexOf('mdat')
    bytes.fill(0xff, data + 3000, data + 9000)
    mount.put('damaged.mp4', bytes)
    const response = await tier('ffmpeg-native')('damaged.mp4?mode=spritesheet&time=0&duration=2')
    expect([response.status, await code(response)]).toEqual([422, 'CORRUPT_MEDIA'])
  })

  test('reads of a film what its tiles need', async () => {
    const film = ['-f', 'lavfi', '-i', 'testsrc2=320x240:25:d=40', '-c:v', 'libx264', '-preset', 'ultrafast']
    const long = ffmpeg('mp4', [...film, '-g', '25', '-pix_fmt', 'yuv420p', '-b:v', '3M', '-minrate', '3M'])
    mount.put('long.mp4', long)
    const { readRange } = mount.driver
    if (!readRange) throw new Error('The mount reads no ranges')
    let read = 0
    mount.driver.readRange = async (key, start, end) => {
      read += end - start
      return readRange(key, start, end)
    }
    await whole(await tier('ffmpeg-native')('long.mp4?mode=spritesheet&imageCount=8&width=32'))
    mount.driver.readRange = readRange
    expect(long.length).toBeGreaterThan(4_000_000)
    expect(read).toBeGreaterThan(50_000)
    expect(read).toBeLessThan(long.length / 4)
  })

  test('without an ffmpeg is refused with the reason', async () => {
    const response = await stage({ ffmpeg: { native: 'off', wasm: false } })('a.mp4?mode=spritesheet')
    expect([response.status, await code(response)]).toEqual([501, 'NOT_SUPPORTED_HERE'])
  })
})

describe.runIf(hasFfmpeg())(`a frame that is left to us, with ${FFMPEG}`, () => {
  /** Four seconds, a key frame in each, of which the first show nothing: black, a flat colour, a blur, a test card. */
  const parts = [
    'color=black:96x64:25:d=1',
    'color=0x6080a0:96x64:25:d=1',
    'testsrc=96x64:25:d=1,gblur=sigma=40',
    'testsrc=96x64:25:d=1,negate',
  ]
  const film = (sources: readonly string[], options: readonly string[] = []) => {
    const graph = sources.map((one, n) => `${one},format=yuv420p[p${n}]`).join(';')
    const inputs = sources.map((_, n) => `[p${n}]`).join('')
    const joined = `${graph};${inputs}concat=n=${sources.length}`
    return ffmpeg('mp4', [
      '-filter_complex',
      joined,
      '-c:v',
      'libx264',
      '-g',
      '25',
      '-pix_fmt',
      'yuv420p',
      ...options,
    ])
  }

  test.each([[[]], [['-x264-params', 'open-gop=1']]])(
    'is the first that shows something (%j)',
    async (options) => {
      const name = `late-${options.length}.mp4`
      mount.put(name, film(parts, options))
      const [native, wasm] = [tier('ffmpeg-native'), tier('ffmpeg-wasm')]
      const chosen = await whole(await native(`${name}?mode=frame&time=auto&format=png`))
      const third = await whole(await native(`${name}?mode=frame&time=3&format=png`))
      expect(chosen).toEqual(third)
      expect(
        (await apart(await whole(await wasm(`${name}?mode=frame&time=auto&format=png`)), third)).most,
      ).toBe(0)
    },
  )

  test('is the best where none does', async () => {
    mount.put('dull.mp4', film(['color=black:96x64:25:d=1', 'color=0x6080a0:96x64:25:d=1', parts[2] ?? '']))
    const get = tier('ffmpeg-native')
    const chosen = await whole(await get('dull.mp4?mode=frame&time=auto&format=png'))
    expect(chosen).toEqual(await whole(await get('dull.mp4?mode=frame&time=2&format=png')))
    mount.put('grey.mp4', makeVideo({ as: 'mp4', silent: true }))
    expect(await frameOf(await whole(await get('grey.mp4?mode=frame&time=auto&format=png')))).toBe(0)
  })
})
