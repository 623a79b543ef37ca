/** Jobs that make files: what they make, where it lies, and what becomes of it when they are tried again. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import sharp from 'sharp'
import memoryDriver from 'unstorage/drivers/memory'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Driver, Ffmpeg } from '../../src/platform.ts'
import { codeOf, jsonOf, openJobStage, type JobView } from '../support/job-stage.ts'
import { jpegPicture } from '../support/pictures.ts'
import { FFMPEG, ffmpeg, ffprobe, hasFfmpeg, makeVideo } from '../support/videos.ts'

/** No faster than it is shown, on whatever machine. */
const asItIsShown = (all: readonly Ffmpeg[]): Ffmpeg[] =>
  all.map((one) => ({
    name: one.name,
    abilities: () => one.abilities(),
    run: (job) => one.run({ ...job, args: ['-re', ...job.args] }),
    close: () => one.close(),
  }))

const { stage, close } = openJobStage()
afterEach(close)

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const folderOf = (kind: string, hash: string) => `${kind}/${hash.slice(0, 2)}/${hash}`

let film: Uint8Array
let hash: string
beforeAll(() => {
  if (!hasFfmpeg()) throw new Error(`These tests need ${FFMPEG}`)
  film = makeVideo({ as: 'mp4', seconds: 5, size: '640x360' })
  hash = sha256(film)
})

async function filmStage(...given: Parameters<typeof stage>) {
  const one = await stage(...given)
  one.mount.put('film.mp4', film)
  return one
}

describe('image:thumbnail', () => {
  const ORDER = { type: 'image:thumbnail', source: '/files/a.jpg' }

  test('makes one of 300 pixels, under the hash of its original, which was not given', async () => {
    const { mount, run, file, files } = await stage()
    const photo = await jpegPicture({ width: 600, height: 400 })
    mount.put('a.jpg', photo)
    const done = await run(ORDER)
    const own = sha256(photo)
    const key = `${folderOf('images', own)}/thumb.webp`
    const bytes = await file(key)
    expect(done).toMatchObject({ status: 'completed', progress: 100, hash: own, error: null })
    expect(done.options).toEqual({ outputs: [{ variant: 'thumb', width: 300, height: 0, format: 'webp' }] })
    expect(done.results).toEqual({
      outputs: [
        {
          variant: 'thumb',
          key,
          url: `/api/media/${own}/thumb.webp`,
          content_type: 'image/webp',
          size: bytes.length,
          etag: `"${sha256(bytes).slice(0, 32)}"`,
          width: 300,
          height: 200,
        },
      ],
    })
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 300, height: 200 })
    expect(await files()).toEqual([key])
  })

  test('makes as many as are wanted; with both sides the picture fills them', async () => {
    const { mount, run, file } = await stage()
    mount.put('a.jpg', await jpegPicture({ width: 600, height: 400 }))
    const outputs = [
      { variant: 'square', width: 100, height: 100, format: 'jpg' },
      { variant: 'low', height: 40, format: 'png' },
      { variant: 'wide', width: 200, format: 'avif' },
    ]
    const done = await run({ ...ORDER, options: { outputs } })
    const made = (done.results as { outputs: { key: string; width: number; height: number }[] }).outputs
    expect(made.map(({ width, height }) => [width, height])).toEqual([
      [100, 100],
      [60, 40],
      [200, 133],
    ])
    const formats = await Promise.all(
      made.map(async ({ key }) => (await sharp(await file(key)).metadata()).format),
    )
    expect(formats).toEqual(['jpeg', 'png', 'heif'])
  })

  test('is one job for equal orders, and another when what it made is gone', async () => {
    const { mount, run, post, order, until, file, api } = await stage()
    mount.put('a.jpg', await jpegPicture())
    const first = await run(ORDER)
    const options = { outputs: [{ format: 'webp', width: 300, variant: 'thumb' }] }
    const same = await post({ ...ORDER, options })
    expect([same.status, same.headers.get('x-job-id')]).toEqual([200, first.job_id])
    expect(await jsonOf(same)).toMatchObject({ job_id: null, results: first.results })
    // Another one under the same name is another file.
    const [{ key }] = (first.results as { outputs: [{ key: string }] }).outputs
    await run({ ...ORDER, options: { outputs: [{ width: 50 }] } })
    expect(await sharp(await file(key)).metadata()).toMatchObject({ width: 50 })
    const again = await order(ORDER)
    await until(again.job_id, 'completed')
    expect(await sharp(await file(key)).metadata()).toMatchObject({ width: 300 })
    expect(await jsonOf<{ jobs: JobView[] }>(api('/api/jobs?type=image:thumbnail'))).toMatchObject({
      jobs: { length: 3 },
    })
  })

  test.each<[string, object, number, string]>([
    ['an unknown field', { options: { output: [] } }, 400, 'INVALID_BODY'],
    ['an unknown field of an output', { options: { outputs: [{ w: 3 }] } }, 400, 'INVALID_BODY'],
    ['none', { options: { outputs: [] } }, 400, 'INVALID_BODY'],
    ['a name that leads elsewhere', { options: { outputs: [{ variant: '../a' }] } }, 400, 'INVALID_BODY'],
    ['two of one name', { options: { outputs: [{}, { width: 3 }] } }, 400, 'INVALID_BODY'],
    ['a width beyond all', { options: { outputs: [{ width: 9000 }] } }, 400, 'INVALID_BODY'],
    ['a format that is none', { options: { outputs: [{ format: 'bmp' }] } }, 400, 'INVALID_BODY'],
    ['no size', { options: { outputs: [{ width: 0 }] } }, 400, 'INVALID_BODY'],
    ['no original', { source: '/files/none.jpg' }, 400, 'NOT_FOUND'],
    ['an original that is too large', { type: 'video:full' }, 413, 'SOURCE_TOO_LARGE'],
    ['encryption', { type: 'video:transcode', options: { encrypt: true } }, 501, 'NOT_SUPPORTED_HERE'],
    ['a preview of nothing', { type: 'video:preview', options: { duration: 0 } }, 400, 'INVALID_BODY'],
    [
      'a cover before the start',
      { type: 'video:cover', options: { timestamp_sec: -1 } },
      400,
      'INVALID_BODY',
    ],
    ['a cover of no time', { type: 'video:full', options: { cover: { time: 1 } } }, 400, 'INVALID_BODY'],
  ])('is refused with %s', async (_, body, status, code) => {
    const { mount, post, api } = await stage({ jobs: { sourceBytes: 10 } })
    mount.put('a.jpg', await jpegPicture())
    const answer = await post({ ...ORDER, ...body })
    expect([answer.status, await codeOf(answer)]).toEqual([status, code])
    expect((await jsonOf<{ jobs: unknown[] }>(api('/api/jobs'))).jobs).toEqual([])
  })

  test('says which step failed', async () => {
    const { mount, run, files } = await stage()
    mount.put('a.jpg', (await jpegPicture()).slice(0, 300))
    expect(await run(ORDER)).toMatchObject({
      status: 'failed',
      error_code: 'CORRUPT_MEDIA',
      error_details: { stage: 'generate_failed' },
    })
    mount.put('b.jpg', await jpegPicture())
    expect(await run({ ...ORDER, source: '/files/b.jpg', hash: '0'.repeat(64) })).toMatchObject({
      status: 'failed',
      error_code: 'HASH_MISMATCH',
      error_details: { stage: 'download_failed' },
    })
    expect(await files()).toEqual([])
  })
})

describe('video:cover and video:preview', () => {
  test('of an original that is not held have its hash too', async () => {
    const { run, file } = await filmStage({ limits: { imageBytes: 5000 } })
    const done = await run({ type: 'video:cover', source: '/files/film.mp4' })
    expect(done).toMatchObject({ status: 'completed', hash })
    expect(await sharp(await file(`${folderOf('videos', hash)}/cover.jpg`)).metadata()).toMatchObject({
      width: 640,
    })
  })

  test('make the frame and the moving picture that the addresses of the same make', async () => {
    const { run, file, get } = await filmStage()
    const cover = await run({ type: 'video:cover', source: '/files/film.mp4', options: { timestamp_sec: 2 } })
    const key = `${folderOf('videos', hash)}/cover.jpg`
    expect(cover).toMatchObject({ status: 'completed', hash, results: { key, width: 640, height: 360 } })
    const frame = await get('/files/film.mp4?mode=frame&time=2&format=jpeg&quality=high')
    expect(sha256(await file(key))).toBe(sha256(new Uint8Array(await frame.arrayBuffer())))

    const preview = await run({ type: 'video:preview', source: '/files/film.mp4', hash })
    expect(preview.options).toEqual({ start_sec: 2, duration: 3, width: 480, fps: 10, format: 'webp' })
    const bytes = await file(`${folderOf('videos', hash)}/preview.webp`)
    const { delay = [], ...shown } = await sharp(bytes, { animated: true }).metadata()
    expect(shown).toMatchObject({ format: 'webp', width: 480, pageHeight: 270, loop: 0 })
    expect(delay.reduce((sum, one) => sum + one, 0)).toBe(3000)
    const gif = { width: 100, duration: 1, fps: 5, format: 'gif' }
    const other = await run({ type: 'video:preview', source: '/files/film.mp4', options: gif })
    expect(other.results).toMatchObject({ content_type: 'image/gif', width: 100 })
    const moving = await sharp(await file(`${folderOf('videos', hash)}/preview.gif`), {
      animated: true,
    }).metadata()
    expect([moving.format, moving.width, moving.pages]).toEqual(['gif', 100, 5])
  })
})

interface Track {
  readonly id: string
  readonly key: string
  readonly width: number
  readonly height: number
}
interface Transcoded {
  readonly video_tracks: readonly Track[]
  readonly audio_tracks: readonly { readonly id: string }[]
  readonly skipped: readonly { readonly id: string; readonly reason: string }[]
}

const without =
  (encoders: readonly string[]) =>
  (all: readonly Ffmpeg[]): readonly Ffmpeg[] =>
    all.slice(0, 1).map((one) => ({
      ...one,
      async abilities() {
        const known = await one.abilities()
        return (
          known && {
            ...known,
            encoders: new Set([...known.encoders].filter((name) => !encoders.includes(name))),
          }
        )
      },
    }))

/** Times of the key frames of a file. */
function keyTimes(bytes: Uint8Array): string[] {
  const { packets = [] } = ffprobe(bytes, ['-select_streams', 'v', '-show_packets'])
  const keys = packets.filter(({ flags }) => flags.includes('K'))
  return keys.map(({ pts_time: time }) => Number(time).toFixed(2))
}

describe('video:transcode', () => {
  const ORDER = { type: 'video:transcode', source: '/files/film.mp4' }

  test('makes each rung up to the original, H.264 and AV1, with key frames at the same times', async () => {
    const { run, file } = await filmStage()
    const { status, results } = await run(ORDER)
    const { video_tracks: tracks, audio_tracks: sounds, skipped } = results as never as Transcoded
    expect([status, skipped]).toEqual(['completed', []])
    expect(tracks.map(({ id, width, height }) => [id, width, height])).toEqual([
      ['r360_h264', 640, 360],
      ['r240_h264', 426, 240],
      ['r360_av1', 640, 360],
      ['r240_av1', 426, 240],
    ])
    expect(sounds.map(({ id }) => id)).toEqual(['und_aac_1ch'])
    for (const { id, key, width, height } of tracks) {
      expect(key).toBe(`${folderOf('videos', hash)}/video/${id}.mp4`)
      const bytes = await file(key)
      const { streams, format } = ffprobe(bytes)
      const [video, audio] = streams
      expect(video).toMatchObject({
        codec_name: id.endsWith('av1') ? 'av1' : 'h264',
        width,
        height,
        pix_fmt: 'yuv420p',
        sample_aspect_ratio: '1:1',
      })
      expect(audio).toMatchObject({ codec_name: 'aac', channels: 1 })
      expect(Number(format.duration)).toBeCloseTo(5, 0)
      // Its index stands first: it plays while it is loaded.
      const text = Buffer.from(bytes).toString('latin1')
      expect(text.indexOf('moov')).toBeLessThan(text.indexOf('mdat'))
      expect(keyTimes(bytes)).toEqual(['0.00', '2.00', '4.00'])
    }
  }, 60_000)

  test('stands upright, and is as small as a small original', async () => {
    const { mount, run, file } = await stage({}, { ffmpegs: without(['libsvtav1', 'libaom-av1']) })
    const turned = ffmpeg('mp4', ['-i', 'pipe:0', '-c', 'copy', '-metadata:s:v', 'rotate=90'], film)
    mount.put('turned.mp4', turned)
    mount.put('small.mp4', makeVideo({ as: 'mp4', seconds: 1, size: '98x66', silent: true }))
    const upright = (await run({ ...ORDER, source: '/files/turned.mp4' })).results as never as Transcoded
    expect(upright.video_tracks.map(({ id, width, height }) => [id, width, height])).toEqual([
      ['r360_h264', 360, 640],
      ['r240_h264', 240, 426],
    ])
    expect(upright.skipped.map(({ id }) => id)).toEqual(['r360_av1', 'r240_av1'])
    expect(upright.skipped[0]?.reason).toContain('libsvtav1')
    expect(ffprobe(await file(upright.video_tracks[1]!.key)).streams[0]).toMatchObject({
      width: 240,
      height: 426,
    })
    const small = (await run({ ...ORDER, source: '/files/small.mp4' })).results as never as Transcoded
    expect(small.video_tracks.map(({ id, width, height }) => [id, width, height])).toEqual([
      ['r240_h264', 98, 66],
    ])
    expect(small.audio_tracks).toEqual([])
  }, 60_000)

  test('is made by the ffmpeg in WebAssembly, as far as that can', async () => {
    const { mount, run, file } = await stage({ ffmpeg: { native: 'off' } })
    mount.put('small.mp4', makeVideo({ as: 'mp4', seconds: 1, size: '98x66' }))
    const { status, results } = await run({ ...ORDER, source: '/files/small.mp4' })
    const { video_tracks: tracks, skipped } = results as never as Transcoded
    expect([status, tracks.length, skipped.map(({ id }) => id)]).toEqual(['completed', 1, ['r240_av1']])
    expect(ffprobe(await file(tracks[0]!.key)).streams[0]).toMatchObject({ codec_name: 'h264', width: 98 })
  }, 60_000)

  test('fails where no rung can be made, and of what is no video', async () => {
    const none = await filmStage({}, { ffmpegs: without(['libx264', 'libsvtav1', 'libaom-av1']) })
    expect(await none.run(ORDER)).toMatchObject({ status: 'failed', error_code: 'NOT_SUPPORTED_HERE' })
    none.mount.put('a.jpg', await jpegPicture())
    expect(await none.run({ ...ORDER, source: '/files/a.jpg' })).toMatchObject({
      status: 'failed',
      error_code: 'UNSUPPORTED_MEDIA',
    })
  })
})

describe('progress', () => {
  test('of an encoding comes from the encoder, with the seconds that are left, once a second at most', async () => {
    const busy = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=5']
    const { mount, get, order, run } = await stage({}, { ffmpegs: asItIsShown })
    mount.put('busy.mp4', ffmpeg('mp4', [...busy, '-c:v', 'libx264', '-preset', 'ultrafast']))
    const slow = { width: 600, format: 'h264', compression: 'high' }
    const begun = performance.now()
    const { events } = await order({ type: 'render', source: '/files/busy.mp4', options: slow })
    const text = await (await get(events)).text()
    const seconds = (performance.now() - begun) / 1000
    const told = [...text.matchAll(/^data: (.*)$/gm)].map(
      ([, data = '']) => JSON.parse(data) as { status: string; progress: number; seconds_left?: number },
    )
    expect(told.at(-1)).toMatchObject({ status: 'completed', progress: 100 })
    const between = told.filter(({ progress }) => progress > 20 && progress < 95)
    expect(between.length).toBeGreaterThan(0)
    expect(told.map(({ progress }) => progress)).toEqual(
      told.map(({ progress }) => progress).toSorted((a, b) => a - b),
    )
    for (const { seconds_left: left = -1 } of between) {
      expect(left).toBeGreaterThanOrEqual(0)
      expect(left).toBeLessThan(10 * seconds + 10)
    }
    expect(told.length).toBeLessThanOrEqual(seconds + 4)
    expect(await run({ type: 'video:cover', source: '/files/busy.mp4' })).toMatchObject({
      seconds_left: null,
    })
  }, 60_000)
})

describe('video:full', () => {
  const ORDER = { type: 'video:full', source: '/files/film.mp4' }
  const h264 = without(['libsvtav1', 'libaom-av1'])

  const spooled = () =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`mediamorph-spool-${process.pid}-`))

  test.each([
    ['in memory', {}],
    ['in a file', { limits: { imageBytes: 5000 } }],
  ])(
    'makes all of one copy of the original, %s',
    async (_, document) => {
      const { mount, run, files } = await filmStage(document, { ffmpegs: h264 })
      const size = film.length
      let read = 0
      const { readRange } = mount.driver
      Object.assign(mount.driver, {
        async readRange(key: string, start: number, end: number) {
          const bytes = (await readRange?.(key, start, end)) ?? null
          read += bytes?.length ?? 0
          return bytes
        },
      })
      const done = await run(ORDER)
      expect(done).toMatchObject({
        status: 'completed',
        hash,
        results: {
          stages: {
            source: { status: 'ready' },
            cover: { status: 'ready' },
            preview: { status: 'ready' },
            transcode: { status: 'ready' },
          },
          artifacts: {
            cover: { content_type: 'image/jpeg' },
            preview: { content_type: 'image/webp' },
            transcode: { video_tracks: { length: 2 } },
          },
          retry_plan: { allowed: false },
        },
      })
      expect(read).toBe(size)
      expect(spooled()).toEqual([])
      const folder = folderOf('videos', hash)
      expect(await files()).toEqual(
        ['cover.jpg', 'preview.webp', 'video/r240_h264.mp4', 'video/r360_h264.mp4'].map(
          (name) => `${folder}/${name}`,
        ),
      )
    },
    60_000,
  )

  test('tells what failed, and does that alone again', async () => {
    const lacks = ['libx264', 'libsvtav1', 'libaom-av1']
    const one = await filmStage({}, { ffmpegs: without(lacks) })
    const failed = await one.run(ORDER)
    expect(failed).toMatchObject({
      status: 'failed',
      error_code: 'NOT_SUPPORTED_HERE',
      error_details: { stage: 'prepare_failed' },
      results: {
        stages: {
          source: { status: 'ready' },
          cover: { status: 'ready' },
          preview: { status: 'ready' },
          transcode: {
            status: 'failed',
            error_code: 'prepare_failed',
            reason: 'NOT_SUPPORTED_HERE',
            retryable: false,
          },
        },
        artifacts: { cover: { content_type: 'image/jpeg' } },
        retry_plan: { allowed: true, strategy: 'retry_tasks', stages: ['transcode'], reason: null },
      },
    })
    // What is ready is not made again: nobody could make a preview any more.
    lacks.splice(0, 1, 'libwebp_anim')
    const answer = await one.post({}, `/api/jobs/${failed.job_id}/retry`)
    const { jobs, strategy } = await jsonOf<{ jobs: [JobView]; strategy: string }>(answer)
    expect([answer.status, strategy]).toEqual([202, 'retry_tasks'])
    const done = await one.until(jobs[0].job_id, 'completed', 'failed')
    expect(done).toMatchObject({
      status: 'completed',
      retry_of_job_id: failed.job_id,
      results: {
        artifacts: { preview: { content_type: 'image/webp' }, transcode: { video_tracks: { length: 2 } } },
      },
    })
  }, 60_000)

  test('is tried again where a store fails for a moment, and what is ready stays', async () => {
    const memory: Driver = memoryDriver()
    const written: string[] = []
    const artifacts: Driver = {
      ...memory,
      async setItemRaw(key, value, options) {
        written.push(key.split('/').slice(3).join('/'))
        if (written.filter((name) => name === 'preview.webp').length === 1 && key.endsWith('preview.webp'))
          throw new Error('down')
        await memory.setItemRaw?.(key, value, options)
      },
    }
    const one = await filmStage({}, { ffmpegs: h264, artifacts })
    const { status, results } = await one.run(ORDER)
    expect([status, results]).toMatchObject(['completed', { stages: { preview: { status: 'ready' } } }])
    expect(written.toSorted()).toEqual([
      'cover.jpg',
      'preview.webp',
      'preview.webp',
      'video/r240_h264.mp4',
      'video/r360_h264.mp4',
    ])
  }, 60_000)

  test('whose original cannot be had says so, and all of it is to be done again', async () => {
    const one = await filmStage({ limits: { imageBytes: 5000 } })
    const failed = await one.run({ ...ORDER, hash: 'f'.repeat(64) })
    expect(failed).toMatchObject({
      status: 'failed',
      error_code: 'HASH_MISMATCH',
      results: {
        stages: { source: { status: 'failed', error_code: 'download_failed' }, cover: { status: 'pending' } },
        retry_plan: { strategy: 'retry_job', stages: ['source'] },
      },
    })
    expect(spooled()).toEqual([])
  })
})
