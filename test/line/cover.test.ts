/** The picture that a file of sound carries, through the whole line. No engine of video is needed for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createMediamorph } from '../../src/index.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { BLUE, markedPicture, RED, sharpestEdge, startNsfwService } from '../support/nsfw-service.ts'
import { createTestPlatform } from '../support/platform.ts'
import { pictureBlock, silentMp3, taggedMp3 } from '../support/songs.ts'
import { FFMPEG, ffmpeg, hasFfmpeg } from '../support/videos.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

const mount = createMemoryMount()
const INSIDE = 'secret-of-those-inside'

function stage(document: Record<string, unknown> = {}, origin: object = {}) {
  const platform = createTestPlatform({
    drivers: { 'memory:files': mount.driver },
    env: { MEDIAMORPH_INTERNAL_SECRET: INSIDE },
  })
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    access: 'public',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    ...origin,
  }
  const media = createMediamorph(
    {
      origins: [files],
      internal: { uploads: 'memory:files' },
      storage: { cache: 'memory:' },
      database: 'sqlite::memory:',
      ...document,
    } as never,
    platform,
  )
  open.push(media)
  const get = (path: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test/files/'), init))
  const ask = (path: string, name: string, more: object = {}) => {
    const body = JSON.stringify({ type: 'upload', upload_filename: name, ...more })
    return get(path, { method: 'POST', body, headers: { 'x-internal-secret': INSIDE } })
  }
  return { get, ask }
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())
async function whole(response: Response): Promise<Uint8Array> {
  const body = await bytesOf(response)
  expect([response.status, response.status === 200 ? '' : new TextDecoder().decode(body)]).toEqual([200, ''])
  return body
}
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  return [response.status, error.code]
}
const shape = async (file: Uint8Array) => {
  const { format, width, height } = await sharp(file).metadata()
  return { format, width, height }
}

beforeAll(async () => {
  const [red, blue] = [await markedPicture(RED), await markedPicture(BLUE)]
  mount.put('red.mp3', taggedMp3([{ picture: red }]))
  mount.put('blue.mp3', taggedMp3([{ picture: blue }]))
  mount.put('two.mp3', taggedMp3([{ picture: red, kind: 4 }, { picture: blue }]))
  mount.put('plain.mp3', silentMp3())
  mount.put('text.mp3', taggedMp3([{ picture: Buffer.from('no picture at all'), type: 'image/png' }]))
  mount.put('half.mp3', taggedMp3([{ picture: red.subarray(0, red.length >> 1) }]))
  mount.put('huge.mp3', taggedMp3([{ picture: padded(red, 17 * 1_048_576) }]))
})

const padded = (picture: Uint8Array, size: number) => new Uint8Array(Buffer.concat([picture], size))

describe('a picture of a song', () => {
  test.each([
    ['mode=frame&format=png', { format: 'png', width: 240, height: 160 }],
    ['format=webp', { format: 'webp', width: 240, height: 160 }],
    ['format=jpeg&width=60', { format: 'jpeg', width: 60, height: 40 }],
    ['mode=frame&width=50&height=50&fit=cover&format=gif', { format: 'gif', width: 50, height: 50 }],
    ['format=png&crop=20:10:0:0&rotate=90', { format: 'png', width: 10, height: 20 }],
  ])('%s', async (query, expected) => {
    const response = await stage().get(`red.mp3?${query}`)
    expect(await shape(await whole(response))).toEqual(expected)
  })

  test('has the pixels of the picture that is in it, and every parameter', async () => {
    const { get } = stage()
    const cover = await whole(await get('red.mp3?mode=frame&format=png'))
    const raw = (file: Uint8Array) => sharp(file).removeAlpha().raw().toBuffer()
    expect(await raw(cover)).toEqual(await raw(await markedPicture(RED)))
    const blurred = await whole(await get('red.mp3?mode=frame&format=png&blur=40'))
    expect(await sharpestEdge(blurred)).toBeLessThan((await sharpestEdge(cover)) / 2)
  })

  test('the front cover counts, wherever it stands', async () => {
    const file = await whole(await stage().get('two.mp3?format=png'))
    const { channels } = await sharp(file).stats()
    expect(channels[2]!.mean).toBeGreaterThan(channels[0]!.mean)
  })

  test('is stored, and changes with its file', async () => {
    const { get } = stage()
    const [first, second] = [await get('blue.mp3?format=png'), await get('blue.mp3?format=png')]
    expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT'])
    expect(first.headers.get('etag')).toBe(second.headers.get('etag'))
  })

  test('without one, or with none that is a picture, there is an error; the sound stays', async () => {
    const { get } = stage()
    for (const name of ['plain.mp3', 'text.mp3'])
      for (const query of ['mode=frame', 'format=jpeg', 'format=webp'])
        expect(await outcome(await get(`${name}?${query}`))).toEqual([400, 'INVALID_PARAMETER'])
    expect((await get('plain.mp3')).status).toBe(200)
    expect((await get('plain.mp3?mode=audio&duration=0.5')).status).toBe(200)
  })

  test('a damaged one, and one that is too large', async () => {
    const { get } = stage({}, { fallback: 'original' })
    const strict = stage()
    expect(await outcome(await strict.get('half.mp3?format=png'))).toEqual([422, 'CORRUPT_MEDIA'])
    expect(await outcome(await strict.get('huge.mp3?format=png'))).toEqual([422, 'LIMIT_EXCEEDED'])
    expect((await get('half.mp3?format=png')).headers.get('content-type')).toBe('audio/mpeg')
  })

  test('is told of in JSON', async () => {
    const { get } = stage()
    const tell = async (name: string) => JSON.parse(new TextDecoder().decode(await whole(await get(name))))
    expect(await tell('red.mp3?format=json')).toMatchObject({
      format: 'mp3',
      cover: { contentType: 'image/png', width: 240, height: 160 },
    })
    expect(await tell('plain.mp3?format=json')).toMatchObject({ format: 'mp3', cover: null })
    expect(await tell('huge.mp3?format=json')).toMatchObject({ format: 'mp3', cover: null })
  })

  test('is the thumbnail and the frame of an upload', async () => {
    const { ask } = stage()
    expect(await shape(await whole(await ask('/_thumbnail', 'red.mp3')))).toEqual({
      format: 'jpeg',
      width: 240,
      height: 160,
    })
    const picture = Buffer.from(await markedPicture(RED)).toString('base64')
    expect(await (await ask('/_frames', 'red.mp3')).json()).toEqual({
      frames: [{ timestamp: 0, mime_type: 'image/png', base64: picture }],
    })
    expect(await outcome(await ask('/_thumbnail', 'plain.mp3'))).toEqual([404, 'INVALID_PARAMETER'])
    expect(await (await ask('/_frames', 'plain.mp3')).json()).toEqual({ frames: [] })
  })
})

describe('a picture of a song that is unsafe', () => {
  async function judged(policy: string) {
    const service = await startNsfwService()
    open.push(service)
    return stage({ nsfw: { classifier: 'http', http: { url: service.url } } }, { nsfw: policy })
  }
  const SAFE = 'safe; probability=0.020'

  test('is refused, or blurred; the sound is not', async () => {
    const { get } = await judged('block')
    expect(await outcome(await get('red.mp3?format=png'))).toEqual([403, 'NSFW_BLOCKED'])
    expect((await get('blue.mp3?format=png')).headers.get('x-nsfw')).toBe(SAFE)
    expect((await get('red.mp3?mode=audio&duration=0.5')).status).toBe(200)
    const other = await judged('blur')
    expect(await sharpestEdge(await whole(await other.get('red.mp3?format=png')))).toBeLessThan(24)
  })

  test('is told of inside', async () => {
    const { ask } = await judged('allow')
    const tell = async (name: string) => (await ask('/_metadata', name, { isNSFWAllowed: false })).json()
    expect(await tell('red.mp3')).toMatchObject({ format: 'mp3', nsfw: true, nsfw_probability: 0.97 })
    expect(await tell('plain.mp3')).toMatchObject({ format: 'mp3', nsfw: false, nsfw_probability: 0 })
  })
})

describe.runIf(hasFfmpeg())(`files made by ${FFMPEG}`, () => {
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mediamorph-test-'))
    const cover = join(folder, 'cover.png')
    const picture = await markedPicture(RED)
    writeFileSync(cover, picture)
    const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=1']
    const attached = ['-i', cover, '-map', '0', '-map', '1', '-c:v', 'copy', '-disposition:v', 'attached_pic']
    for (const as of ['mp3', 'm4a', 'flac']) mount.put(`made.${as}`, ffmpeg(as, [...sound, ...attached]))
    const comment = Buffer.from(pictureBlock(picture)).toString('base64')
    for (const [as, codec] of [
      ['opus', 'libopus'],
      ['ogg', 'libvorbis'],
    ] as const)
      mount.put(
        `made.${as}`,
        ffmpeg(as, [...sound, '-c:a', codec, '-metadata', `METADATA_BLOCK_PICTURE=${comment}`]),
      )
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(['mp3', 'm4a', 'flac', 'opus', 'ogg'])('%s', async (as) => {
    const { get } = stage()
    const file = await whole(await get(`made.${as}?format=webp&width=120`))
    expect(await shape(file)).toEqual({ format: 'webp', width: 120, height: 80 })
    const facts = JSON.parse(new TextDecoder().decode(await whole(await get(`made.${as}?format=json`))))
    expect(facts).toMatchObject({ video: null, cover: { contentType: 'image/png', width: 240, height: 160 } })
  })
})
