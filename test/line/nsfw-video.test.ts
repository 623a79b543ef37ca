/** What origins do with unsafe videos, through the whole line, with a service on loopback that judges their frames. */
import sharp from 'sharp'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createMediamorph } from '../../src/index.ts'
import { lookTimes, sampleTimes } from '../../src/frames.ts'
import { createTestFfmpegs } from '../support/ffmpegs.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { sharpestEdge, startNsfwService } from '../support/nsfw-service.ts'
import { createTestPlatform } from '../support/platform.ts'
import { FFMPEG, ffmpeg, hasFfmpeg } from '../support/videos.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

const mount = createMemoryMount()
const INSIDE = 'secret-of-those-inside'

async function stage(policy: string, nsfw: object = {}, { without = false } = {}) {
  const service = await startNsfwService()
  open.push(service)
  const platform = {
    ...createTestPlatform({
      drivers: { 'memory:files': mount.driver },
      env: { MEDIAMORPH_INTERNAL_SECRET: INSIDE },
    }),
    createFfmpegs: (settings: Parameters<typeof createTestFfmpegs>[0]) =>
      without ? [] : createTestFfmpegs({ ...settings, wasm: false }),
  }
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    access: 'public',
    nsfw: policy,
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
  }
  const media = createMediamorph(
    {
      origins: [files],
      internal: { uploads: 'memory:files' },
      storage: { cache: 'memory:' },
      database: 'sqlite::memory:',
      nsfw: { classifier: 'http', http: { url: service.url }, ...nsfw },
    } as never,
    platform,
  )
  open.push(media)
  const get = (path: string, init?: RequestInit) =>
    media.fetch(new Request(`http://media.test/files/${path}`, init))
  const ask = async (path: string, body: object) => {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { 'x-internal-secret': INSIDE } }
    return (await media.fetch(new Request(`http://media.test${path}`, init))).json()
  }
  return { service, get, ask }
}

const told = (response: Response) => [response.status, response.headers.get('x-nsfw')]
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const UNSAFE = 'unsafe; probability=0.970'
const SAFE = 'safe; probability=0.020'
const BLOCKED = [403, 'NSFW_BLOCKED']

/** Six seconds of blue, with sound, and red from one second to another; the same mark stands in all of it. */
function marked(as: string, red?: readonly [number, number]): Uint8Array {
  const source = 'color=0x0a14dc:size=120x80:rate=10:duration=6'
  const turned = red ? [`drawbox=c=0xdc0a14:t=fill:enable='between(t,${red[0]},${red[1]})'`] : []
  const bars = [20, 40, 60, 80].map((x) => `drawbox=x=${x}:y=20:w=6:h=40:c=black:t=fill`)
  const picture = ['-f', 'lavfi', '-i', [source, ...turned, ...bars].join(',')]
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=6']
  const codecs = ['-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
  return ffmpeg(as, [...picture, ...sound, ...codecs])
}

test('frames that are looked at: the first, and evenly from near the start to near the end, more of what is long', () => {
  expect(lookTimes(6, 3)).toEqual([0, 1.1, 3.05, 5])
  expect(lookTimes(0.4, 3)).toEqual([0, 0.38])
  expect(lookTimes(0, 3)).toEqual([0])
  expect(lookTimes(6, 1)).toEqual([0, 3])
  expect(lookTimes(1300, 3)).toHaveLength(6)
  expect(lookTimes(1e6, 3)).toHaveLength(13)
  expect(lookTimes(1e6, 20)).toHaveLength(21)
  expect(Math.max(...lookTimes(1e6, 3))).toBe(1e6 - 1)
  expect(sampleTimes(6)).toEqual([1.1, 3, 5])
})

describe.runIf(hasFfmpeg())(`with ${FFMPEG}`, () => {
  beforeAll(() => {
    mount.put('blue.mp4', marked('mp4'))
    mount.put('red.mp4', marked('mp4', [0, 6]))
    mount.put('first.mp4', marked('mp4', [0, 0.25]))
    mount.put('late.mp4', marked('mp4', [4.75, 6]))
    mount.put('once.mp4', marked('mp4', [4.05, 4.35]))
    // A film that says it is a song.
    const song = marked('mp4', [0, 6])
    song.set(Buffer.from('M4A '), 8)
    mount.put('song.m4a', song)
    mount.put('sound.m4a', ffmpeg('m4a', ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=1']))
    mount.put('sound.mp3', ffmpeg('mp3', ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=1']))
    mount.put('half.mp4', marked('mp4').subarray(0, 5000))
  })

  test('allow: nobody looks', async () => {
    const { get, service } = await stage('allow')
    for (const query of ['', '?mode=frame']) expect(told(await get(`red.mp4${query}`))).toEqual([200, null])
    expect(service.asked).toEqual([])
  })

  test('a frame that is left to us is judged, and a sheet blurred', async () => {
    // Red only where no look falls, and black all around, so that it is chosen.
    const bars = [20, 40, 60, 80].map((x) => `drawbox=x=${x}:y=20:w=6:h=40:c=black:t=fill`)
    const red = "drawbox=c=0xdc0a14:t=fill:enable='between(t,2,2.8)'"
    const source = ['color=black:size=120x80:rate=10:duration=6', red, ...bars].join(',')
    const codecs = ['-c:v', 'libx264', '-g', '10', '-pix_fmt', 'yuv420p']
    mount.put('hidden.mp4', ffmpeg('mp4', ['-f', 'lavfi', '-i', source, ...codecs]))
    const { get } = await stage('block')
    expect(told(await get('hidden.mp4?mode=frame&time=1'))).toEqual([200, SAFE])
    expect(await outcome(await get('hidden.mp4?mode=frame&time=auto'))).toEqual(BLOCKED)
    expect(await outcome(await get('red.mp4?mode=spritesheet'))).toEqual(BLOCKED)
    expect(await outcome(await get('red.mp4?mode=storyboard'))).toEqual(BLOCKED)
    const blurring = await stage('blur')
    const sheet = async (name: string) => {
      const response = await blurring.get(`${name}?mode=spritesheet&imageCount=4&format=png&width=120`)
      expect(response.status).toBe(200)
      return sharpestEdge(await bytesOf(response))
    }
    expect(await sheet('blue.mp4')).toBeGreaterThan(3 * (await sheet('red.mp4')))
  })

  test('flag says what it is on every answer, and looks once', async () => {
    const { get, service } = await stage('flag')
    for (const query of ['', '?mode=frame', '?duration=1', '?mode=audio', '?format=json']) {
      expect([query, ...told(await get(`red.mp4${query}`))]).toEqual([query, 200, UNSAFE])
      expect([query, ...told(await get(`blue.mp4${query}`))]).toEqual([query, 200, SAFE])
    }
    expect(service.asked.length).toBe(8)
    expect(await (await get('red.mp4?format=json')).json()).toMatchObject({
      nsfw: { state: 'unsafe', probability: 0.97 },
    })
    const { width, height } = await sharp(service.asked[0]!.body).metadata()
    expect([width, height]).toEqual([120, 80])
  })

  test('block refuses all that can be made of it; parts and heads are no way around', async () => {
    const { get } = await stage('block')
    for (const query of [
      '',
      '?mode=frame&width=40',
      '?duration=1',
      '?mode=audio',
      '?format=json',
      '?width=60',
    ]) {
      expect([query, ...(await outcome(await get(`red.mp4${query}`)))]).toEqual([query, ...BLOCKED])
      expect([query, ...told(await get(`blue.mp4${query}`))]).toEqual([query, 200, SAFE])
    }
    for (const init of [{ headers: { range: 'bytes=0-99' } }, { method: 'HEAD' }] as RequestInit[])
      expect((await get('red.mp4', init)).status).toBe(403)
    expect((await get('blue.mp4', { headers: { range: 'bytes=0-99' } })).status).toBe(206)
  })

  test('its first frame counts, and its end', async () => {
    const { get } = await stage('block')
    for (const name of ['first.mp4', 'late.mp4']) expect(await outcome(await get(name))).toEqual(BLOCKED)
  })

  test('the frame that is asked for is judged too, wherever it stands', async () => {
    const { get, service } = await stage('block')
    expect(told(await get('once.mp4'))).toEqual([200, SAFE])
    expect(told(await get('once.mp4?mode=frame&time=2'))).toEqual([200, SAFE])
    expect(service.asked.length).toBe(5)
    for (const query of ['time=4.2', 'time=4.2&width=30', 'time=4.2&format=png'])
      expect(await outcome(await get(`once.mp4?mode=frame&${query}`))).toEqual(BLOCKED)
    expect(service.asked.length).toBe(6)
  })

  test('blur veils a frame, and refuses what moves or sounds', async () => {
    const { get } = await stage('blur')
    const frame = await get('red.mp4?mode=frame&format=png')
    expect(told(frame)).toEqual([200, UNSAFE])
    const file = await bytesOf(frame)
    expect(await sharp(file).metadata()).toMatchObject({ width: 120, height: 80 })
    expect(await sharpestEdge(file)).toBeLessThan(24)
    const plain = await bytesOf(await get('blue.mp4?mode=frame&format=png'))
    expect(await sharpestEdge(plain)).toBeGreaterThan(80)
    const one = await bytesOf(await get('once.mp4?mode=frame&time=4.2&format=png'))
    expect(await sharpestEdge(one)).toBeLessThan(24)
    for (const query of ['', '?duration=1', '?mode=audio', '?width=60'])
      expect([query, ...(await outcome(await get(`red.mp4${query}`)))]).toEqual([query, ...BLOCKED])
    expect(told(await get('blue.mp4?duration=1'))).toEqual([200, SAFE])
  })

  test('blur tells of a video what it tells of its veiled frame', async () => {
    const [veiled, plain] = [await stage('blur'), await stage('flag')]
    const tell = async ({ get }: typeof plain) =>
      (await (await get('red.mp4?format=json')).json()) as {
        duration: number
        placeholder: { thumbhash: string }
      }
    const [one, other] = [await tell(veiled), await tell(plain)]
    expect([one.duration, other.duration]).toEqual([6, 6])
    expect(one.placeholder.thumbhash).not.toBe(other.placeholder.thumbhash)
  })

  test('what says that it is sound is looked into; sound itself is safe', async () => {
    const { get, service } = await stage('block')
    expect(await outcome(await get('song.m4a'))).toEqual(BLOCKED)
    const asked = service.asked.length
    expect(told(await get('sound.m4a'))).toEqual([200, 'safe; probability=0.000'])
    expect(told(await get('sound.mp3'))).toEqual([200, null])
    expect(service.asked.length).toBe(asked)
  })

  test('the internal endpoint judges its frames too', async () => {
    const { ask } = await stage('allow')
    const tell = (upload_filename: string, isNSFWAllowed = false) =>
      ask('/_metadata', { type: 'upload', upload_filename, isNSFWAllowed })
    expect(await tell('red.mp4')).toMatchObject({ nsfw: true, nsfw_probability: 0.97 })
    expect(await tell('blue.mp4')).toMatchObject({ nsfw: false, nsfw_probability: 0.02, duration: 6 })
    expect(await tell('red.mp4', true)).toMatchObject({ nsfw: false, nsfw_probability: 0 })
  })

  describe('when it cannot be told', () => {
    test.each([
      ['block', 'closed', [422, 'CORRUPT_MEDIA']],
      ['blur', 'closed', [422, 'CORRUPT_MEDIA']],
      ['flag', 'closed', [200, 'unknown']],
      ['block', 'open', [200, 'unknown']],
    ] as const)('a damaged file under %s, %s', async (policy, onError, expected) => {
      const { get } = await stage(policy, { onError })
      const response = await get('half.mp4')
      expect(expected[0] === 200 ? told(response) : await outcome(response)).toEqual(expected)
    })

    test('without an ffmpeg nobody can look: closed refuses, open does not', async () => {
      const closed = await stage('block', {}, { without: true })
      for (const query of ['', '?duration=1', '?mode=audio'])
        expect(await outcome(await closed.get(`blue.mp4${query}`))).toEqual([501, 'NOT_SUPPORTED_HERE'])
      const veiled = await stage('blur', {}, { without: true })
      expect(await outcome(await veiled.get('blue.mp4'))).toEqual([501, 'NOT_SUPPORTED_HERE'])
      const facts = await veiled.get('blue.mp4?format=json')
      expect([...told(facts), await facts.json()]).toMatchObject([200, 'unknown', { placeholder: null }])
      const other = await stage('block', { onError: 'open' }, { without: true })
      expect(told(await other.get('blue.mp4?duration=1'))).toEqual([200, 'unknown'])
    })

    test('a classifier that is down', async () => {
      const { get, service } = await stage('block')
      service.instead = (response) => response.writeHead(500).end()
      expect(await outcome(await get('blue.mp4'))).toEqual([503, 'NSFW_UNJUDGED'])
    })
  })
})
