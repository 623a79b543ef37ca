/** Storyboards through the whole line: cues that cover the clip, and an address of the sheet that works for who asked. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import sharp from 'sharp'
import { mediaUrl, signUrl } from '../../src/client.ts'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { createTestFfmpegs } from '../support/ffmpegs.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { createTestPlatform } from '../support/platform.ts'
import { FFMPEG, hasFfmpeg, makeVideo } from '../support/videos.ts'

const mount = createMemoryMount()
const open: Mediamorph[] = []
afterAll(async () => {
  for (const one of open) await one.close()
})

const SECRET = 'one:a-secret-of-the-addresses,two:another-secret-of-them'

function stage(document: Record<string, unknown> = {}, origin: Record<string, unknown> = {}) {
  const platform = {
    ...createTestPlatform({ drivers: { 'memory:files': mount.driver }, env: { MEDIAMORPH_SECRET: SECRET } }),
    createFfmpegs: createTestFfmpegs,
  }
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    access: 'public',
    ...origin,
  }
  const base = { origins: [files], storage: { cache: 'memory:' }, database: 'sqlite::memory:' }
  const media = createMediamorph({ ...base, ffmpeg: { wasm: false }, ...document } as never, platform)
  open.push(media)
  return (url: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(url, 'http://media.test'), init))
}

interface Cue {
  readonly start: number
  readonly end: number
  readonly url: string
  readonly box: readonly number[]
}

const seconds = (clock: string) => {
  expect(clock).toMatch(/^\d\d:\d\d:\d\d\.\d{3}$/)
  const [hours = 0, minutes = 0, rest = 0] = clock.split(':').map(Number)
  return hours * 3600 + minutes * 60 + rest
}

function readVtt(text: string): Cue[] {
  const [head, ...blocks] = text.trim().split(/\n\n+/)
  expect(head).toBe('WEBVTT')
  return blocks.map((block) => {
    const [times = '', payload = ''] = block.split('\n')
    const [start = '', end = ''] = times.split(' --> ')
    const [url = '', box = ''] = payload.split('#xywh=')
    return { start: seconds(start), end: seconds(end), url, box: box.split(',').map(Number) }
  })
}

async function cuesOf(response: Response): Promise<Cue[]> {
  const text = await response.text()
  expect([response.status, response.status === 200 ? '' : text]).toEqual([200, ''])
  expect(response.headers.get('content-type')).toBe('text/vtt; charset=utf-8')
  expect(response.headers.get('content-length')).toBe(String(new TextEncoder().encode(text).length))
  return readVtt(text)
}

/** Follows the address as a player does, and holds that all cues lie on what is there. */
async function follow(
  ask: (url: string) => Promise<Response>,
  asked: string,
  cues: readonly Cue[],
): Promise<string> {
  expect(new Set(cues.map((cue) => cue.url)).size).toBe(1)
  const { href } = new URL(cues[0]?.url ?? '', new URL(asked, 'http://media.test'))
  const response = await ask(href)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^image\//),
  ])
  const { width = 0, height = 0 } = await sharp(new Uint8Array(await response.arrayBuffer())).metadata()
  const right = Math.max(...cues.map(({ box: [x = 0, , w = 0] }) => x + w))
  const bottom = Math.max(...cues.map(({ box: [, y = 0, , h = 0] }) => y + h))
  expect([right, bottom]).toEqual([width, height])
  return href
}

describe.runIf(hasFfmpeg())(`a storyboard, with ${FFMPEG}`, () => {
  beforeAll(() => {
    mount.put('a.mp4', makeVideo({ as: 'mp4', silent: true }))
    // The mount reads a colon as a slash.
    mount.put('one/ ä&b.mp4', makeVideo({ as: 'mp4', silent: true, seconds: 1 }))
    mount.put('sound.m4a', makeVideo({ as: 'm4a', codecs: ['-vn', '-c:a', 'aac'] }))
  })

  test('covers the presentation without gaps', async () => {
    const ask = stage()
    const path = '/files/a.mp4?mode=storyboard&imageCount=7&width=48'
    const cues = await cuesOf(await ask(path))
    expect(cues).toHaveLength(7)
    expect([cues[0]?.start, cues.at(-1)?.end]).toEqual([0, 3])
    for (const [n, cue] of cues.entries()) {
      expect(cue.end).toBeGreaterThan(cue.start)
      if (n > 0) expect(cue.start).toBe(cues[n - 1]?.end)
      expect(cue.box).toEqual([(n % 3) * 48, Math.floor(n / 3) * 32, 48, 32])
    }
    expect(cues[0]?.url).toMatch(/^a\.mp4\?/)
    await follow(ask, path, cues)
  })

  test('of a part tells the times of the original', async () => {
    const path = '/files/a.mp4?mode=storyboard&imageCount=4&time=1&duration=50%'
    const cues = await cuesOf(await stage()(path))
    expect(cues.map(({ start, end }) => [start, end])).toEqual([
      [1, 1.375],
      [1.375, 1.75],
      [1.75, 2.125],
      [2.125, 2.5],
    ])
  })

  test('as JSON tells the same', async () => {
    const ask = stage()
    const path = '/files/a.mp4?mode=storyboard&imageCount=5&width=48&columns=5'
    const response = await ask(`${path}&format=json`)
    expect(response.headers.get('content-type')).toBe('application/json')
    const told = (await response.json()) as { url: string; tiles: Record<string, number>[] }
    const cues = await cuesOf(await ask(path))
    expect(told).toMatchObject({
      width: 240,
      height: 32,
      columns: 5,
      rows: 1,
      tile: { width: 48, height: 32 },
    })
    expect(told.tiles).toEqual(
      cues.map(({ start, end, box: [x, y, width, height] }) => ({ start, end, x, y, width, height })),
    )
    expect(told.url).toBe(cues[0]?.url)
  })

  test('names a sheet that looks as was asked', async () => {
    const ask = stage()
    const how =
      'width=31&height=33&fit=contain&crop=50%25:40:3:10%25&background=rgba(255,0,0,0.5)&flip=h&quality=61&format=webp&tint=abc'
    const path = `/files/a.mp4?mode=storyboard&imageCount=4&${how}`
    const href = await follow(ask, path, await cuesOf(await ask(path)))
    const [named, direct] = [await ask(href), await ask(path.replace('storyboard', 'spritesheet'))]
    expect(new Uint8Array(await named.arrayBuffer())).toEqual(new Uint8Array(await direct.arrayBuffer()))
    expect(named.headers.get('content-type')).toBe('image/webp')
  })

  test('is stored once, and told for each address', async () => {
    const ask = stage()
    const path = '/files/a.mp4?mode=storyboard&imageCount=3'
    const first = await ask(path)
    const text = await first.text()
    const again = await ask(path)
    expect([again.headers.get('x-cache'), await again.text()]).toEqual(['HIT', text])
    const etag = first.headers.get('etag') ?? ''
    expect((await ask(path, { headers: { 'if-none-match': etag } })).status).toBe(304)
    const part = await ask(path, { headers: { range: 'bytes=0-5' } })
    expect([part.status, await part.text()]).toEqual([206, 'WEBVTT'])
    const head = await ask(path, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(String(text.length))
  })

  test('with a name that no address holds as it is', async () => {
    const ask = stage()
    for (const path of [
      mediaUrl('', '/files/one: ä&b.mp4', { mode: 'storyboard', imageCount: 2 }),
      '/files/one:%20%c3%a4&b.mp4?mode=storyboard&imageCount=3',
    ])
      await follow(ask, path, await cuesOf(await ask(path)))
  })

  test('with publicUrl names an absolute address', async () => {
    const ask = stage({ publicUrl: 'https://media.example.com' })
    const [cue] = await cuesOf(await ask('/files/a.mp4?mode=storyboard'))
    expect(cue?.url).toMatch(/^https:\/\/media\.example\.com\/files\/a\.mp4\?mode=spritesheet&/)
  })

  describe('of a signed origin', () => {
    const exp = 4_102_444_800
    test.each([
      ['for ever', {}],
      ['for a time', { exp }],
      ['with another key', { kid: 'two', exp }],
    ])('names a signed address: %s', async (_, options) => {
      const ask = stage({}, { access: 'signed' })
      const path = await signUrl('/files/a.mp4?mode=storyboard&imageCount=3', SECRET, options)
      const href = await follow(ask, path, await cuesOf(await ask(path)))
      const { searchParams } = new URL(href)
      expect(searchParams.get('exp')).toBe('exp' in options ? String(exp) : null)
      expect(searchParams.get('kid')).toBe('kid' in options ? 'two' : null)
      const spoiled = await ask(href.replace('imageCount=3', 'imageCount=4'))
      expect(spoiled.status).toBe(403)
      await spoiled.body?.cancel()
    })

    test('is refused unsigned', async () => {
      const response = await stage({}, { access: 'signed' })('/files/a.mp4?mode=storyboard')
      expect(response.status).toBe(403)
      await response.body?.cancel()
    })
  })

  test('by a derivative names a signed address, since its words are more than may be asked unsigned', async () => {
    const derivatives = { board: { mode: 'storyboard', imageCount: 3, width: 48 } }
    const ask = stage({ derivatives }, { access: 'derivatives' })
    const path = '/files/a.mp4?derivative=board'
    const cues = await cuesOf(await ask(path))
    expect(cues).toHaveLength(3)
    const href = await follow(ask, path, cues)
    const bare = new URL(href)
    bare.searchParams.delete('sig')
    const refused = await ask(bare.href)
    expect(refused.status).toBe(403)
    await refused.body?.cancel()
  })

  test("in Cloudflare's grammar names an address in our own", async () => {
    const ask = stage()
    const path = '/cdn-cgi/media/mode=storyboard,imageCount=4,width=48/files/a.mp4'
    const cues = await cuesOf(await ask(path))
    expect(cues[0]?.url).toMatch(/^\.\.\/\.\.\/\.\.\/\.\.\/files\/a\.mp4\?/)
    await follow(ask, path, cues)
  })

  test.each([
    ['a.mp4?imageCount=0', 400, 'INVALID_PARAMETER'],
    ['a.mp4?columns=1&imageCount=400&height=100', 422, 'LIMIT_EXCEEDED'],
    ['a.mp4?format=mp4', 400, 'INVALID_PARAMETER'],
    ['sound.m4a?', 400, 'INVALID_PARAMETER'],
  ])('of %s is refused as its sheet would be', async (path, status, code) => {
    const response = await stage()(`/files/${path.replace('?', '?mode=storyboard&')}`)
    const { error } = (await response.json()) as { error: { code: string } }
    expect([response.status, error.code]).toEqual([status, code])
  })
})
