/** Jobs from a Request to a rendition, in one process: what was ordered, what was deferred, who may see it. */
import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { serveHttp } from '../support/loopback.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { jpegPicture } from '../support/pictures.ts'
import { TINY_VIDEO } from '../support/tiny-video.ts'
import { createTestPlatform, type TestPlatformOptions } from '../support/platform.ts'

const KEY = 'test-api-key'
const open: Mediamorph[] = []
const servers: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  for (const one of open.splice(0)) await one.close()
})

interface JobView {
  readonly job_id: string
  readonly status: string
  readonly progress: number
  readonly hash: string | null
  readonly error: string | null
  readonly error_code: string | null
  readonly events: string
  readonly retry_of_job_id: string | null
  readonly results: Record<string, unknown> | null
}

async function stage(document: Record<string, unknown> = {}, options: TestPlatformOptions = {}) {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  const platform = createTestPlatform({
    ...options,
    env: { MEDIAMORPH_API_KEY: KEY, ...options.env },
    drivers: { 'memory:files': mount.driver, ...options.drivers },
  })
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    access: 'public',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
  }
  const config = { origins: [files], storage: { cache: 'memory:' }, database: 'sqlite::memory:', ...document }
  const media = createMediamorph(config as never, platform)
  open.push(media)
  const get = (path: string, init: RequestInit = {}) =>
    media.fetch(new Request(`http://media.test${path}`, init))
  const api = (path: string, init: RequestInit = {}) => get(path, { headers: { 'x-api-key': KEY }, ...init })
  const post = (body: unknown, path = '/api/jobs') =>
    api(path, { method: 'POST', body: JSON.stringify(body) })
  const show = async (id: string) => (await (await api(`/api/jobs/${id}`)).json()) as JobView
  async function until(id: string, status: string): Promise<JobView> {
    for (let i = 0; i < 200; i++) {
      const job = await show(id)
      if (job.status === status) return job
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`still not ${status}: ${JSON.stringify(await show(id))}`)
  }
  return { media, mount, get, api, post, show, until, lines: platform.lines }
}

const json = async <T = JobView>(response: Response | Promise<Response>) =>
  (await (await response).json()) as T
const codeOf = async (response: Response) => (await json<{ error: { code: string } }>(response)).error.code
const ORDER = { type: 'render', source: '/files/a.jpg', options: { width: 100, format: 'webp' } }

describe('an ordered rendition', () => {
  test('is made, and is then had at its address without touching the original', async () => {
    const { post, until, get, mount } = await stage()
    const answer = await post(ORDER)
    const accepted = await json(answer)
    expect([answer.status, accepted.status, accepted.progress]).toEqual([202, 'queued', 0])
    expect(answer.headers.get('x-job-id')).toBe(accepted.job_id)
    const done = await until(accepted.job_id, 'completed')
    expect(done).toMatchObject({
      progress: 100,
      error: null,
      results: { content_type: 'image/webp', width: 100, height: 75 },
    })
    const touched = mount.touches
    const media = await get('/files/a.jpg?width=100&format=webp')
    expect([media.status, media.headers.get('x-cache')]).toEqual([200, 'HIT'])
    expect([media.headers.get('etag'), media.headers.get('x-cache-key')]).toEqual([
      done.results?.['etag'],
      done.results?.['cache_key'],
    ])
    const bytes = new Uint8Array(await media.arrayBuffer())
    expect(bytes).toHaveLength(done.results?.['size'] as number)
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 100, height: 75 })
    expect(mount.touches).toBe(touched)
  })

  test('is one job for equal orders, however they are put, and another when the original changes', async () => {
    const { post, until, mount, media } = await stage()
    const first = await json(post(ORDER))
    const same = await post({ ...ORDER, options: { format: 'webp', w: '100' } })
    expect([same.status, (await json(same)).job_id]).toEqual([200, first.job_id])
    await until(first.job_id, 'completed')
    const done = await post(ORDER)
    expect([done.status, done.headers.get('x-job-id')]).toEqual([200, first.job_id])
    expect(await json(done)).toMatchObject({ job_id: null, status: 'completed', results: { width: 100 } })
    mount.put('a.jpg', await jpegPicture({ width: 40, height: 40 }))
    const other = await post(ORDER)
    expect([other.status, (await json(other)).job_id === first.job_id]).toEqual([202, false])
    await media.purge({ everything: true })
  })

  test('is made again when it is no longer there', async () => {
    const { post, until, media } = await stage()
    const first = await json(post(ORDER))
    await until(first.job_id, 'completed')
    await media.purge({ everything: true })
    const again = await post(ORDER)
    expect(again.status).toBe(202)
    await until((await json(again)).job_id, 'completed')
  })

  test('has the hash of its original, and fails when that is another', async () => {
    const { post, until, get } = await stage()
    const { hash } = await until((await json(post(ORDER))).job_id, 'completed')
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    const options = { width: 90 }
    const right = await json(post({ ...ORDER, options, hash: hash?.toUpperCase() }))
    await until(right.job_id, 'completed')
    const wrong = await json(post({ ...ORDER, options: { width: 80 }, hash: hash?.replaceAll(/./g, '0') }))
    expect(await until(wrong.job_id, 'failed')).toMatchObject({ error_code: 'HASH_MISMATCH', results: null })
    expect((await get('/files/a.jpg?width=80')).status).toBe(200)
  })

  test('that cannot be made fails with the code of a request, and may be tried again by hand', async () => {
    const { post, until, mount, get } = await stage()
    const good = await jpegPicture()
    mount.put('bad.jpg', good.slice(0, 300))
    const order = { ...ORDER, source: '/files/bad.jpg' }
    const failed = await until((await json(post(order))).job_id, 'failed')
    expect(failed).toMatchObject({ error_code: 'CORRUPT_MEDIA' })
    expect(await codeOf(await get('/files/bad.jpg?width=100&format=webp'))).toBe('CORRUPT_MEDIA')
    mount.put('bad.jpg', good)
    const answer = await post({}, `/api/jobs/${failed.job_id}/retry`)
    const { jobs, ...rest } = await json<{ jobs: JobView[] }>(answer)
    expect([answer.status, rest]).toEqual([202, { source_job_id: failed.job_id, strategy: 'retry_job' }])
    const again = await until(jobs[0]!.job_id, 'completed')
    expect(again.retry_of_job_id).toBe(failed.job_id)
    const conflict = await post({}, `/api/jobs/${again.job_id}/retry`)
    expect([conflict.status, await codeOf(conflict)]).toEqual([409, 'JOB_CONFLICT'])
  })

  test.each<[string, object, number, string]>([
    ['an unknown field', { ...ORDER, callback: 'x' }, 400, 'INVALID_BODY'],
    ['an unknown type', { ...ORDER, type: 'audio:package' }, 400, 'INVALID_BODY'],
    ['no source', { type: 'render', options: { width: 1 } }, 400, 'INVALID_BODY'],
    ['a query in the source', { ...ORDER, source: '/files/a.jpg?width=2' }, 400, 'INVALID_BODY'],
    ['no such original', { ...ORDER, source: '/files/none.jpg' }, 400, 'NOT_FOUND'],
    ['no such origin', { ...ORDER, source: '/other/a.jpg' }, 400, 'NO_MATCHING_ORIGIN'],
    ['a key, without an origin for keys', { ...ORDER, source: 'a.jpg' }, 400, 'INVALID_BODY'],
    ['a wrong hash', { ...ORDER, hash: 'abc' }, 400, 'INVALID_BODY'],
    ['an unknown parameter', { ...ORDER, options: { widht: 1 } }, 400, 'INVALID_BODY'],
    ['a signature as a parameter', { ...ORDER, options: { width: 9, sig: 'x' } }, 400, 'INVALID_BODY'],
    ['a wrong value', { ...ORDER, options: { width: 0 } }, 400, 'INVALID_PARAMETER'],
    ['nothing to make', { ...ORDER, options: {} }, 400, 'INVALID_BODY'],
    ['an address elsewhere', { ...ORDER, source: '/external/x/https/a.test/b' }, 400, 'NO_MATCHING_ORIGIN'],
  ])('is refused with %s', async (_, body, status, code) => {
    const { post, api } = await stage()
    const answer = await post(body)
    expect([answer.status, await codeOf(answer)]).toEqual([status, code])
    expect((await json<{ jobs: unknown[] }>(api('/api/jobs'))).jobs).toEqual([])
  })

  test('may be ordered by a key of the origin "source"', async () => {
    const { post, until, get } = await stage({
      origins: [
        {
          name: 'source',
          match: '^/media/(?<key>.+)$',
          access: 'public',
          sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
        },
      ],
    })
    await until((await json(post({ ...ORDER, source: 'a.jpg' }))).job_id, 'completed')
    const media = await get('/media/a.jpg?width=100&format=webp')
    expect(media.headers.get('x-cache')).toBe('HIT')
  })
})

describe('what is too much for a request', () => {
  const inline = { bytes: 100 }

  test('answers 202, is one job for all who ask, and answers 200 afterwards', async () => {
    const { get, until } = await stage({ inline })
    const path = '/files/a.jpg?width=120&format=png'
    const [first, second] = await Promise.all([get(path), get(path)])
    const body = await json<Record<string, string>>(first)
    expect([first.status, second.status]).toEqual([202, 202])
    expect(Object.keys(body).toSorted()).toEqual(['events', 'jobId', 'message', 'status'])
    expect(first.headers.get('x-job-id')).toBe(body['jobId'])
    expect(Number(first.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect((await json<Record<string, string>>(second))['jobId']).toBe(body['jobId'])
    await until(body['jobId']!, 'completed')
    const media = await get(path)
    expect([media.status, media.headers.get('x-cache')]).toEqual([200, 'HIT'])
    expect(await sharp(await media.arrayBuffer()).metadata()).toMatchObject({ format: 'png', width: 120 })
    // Another plan that comes to the same is there already.
    expect((await get(`${path}&fit=contain&enlarge=false`)).status).toBe(200)
  })

  test('is the same job that an order makes', async () => {
    const { get, post } = await stage({ inline })
    const { jobId } = await json<{ jobId: string }>(get('/files/a.jpg?width=100&format=webp'))
    const ordered = await post(ORDER)
    expect([ordered.status, ordered.headers.get('x-job-id')]).toEqual([200, jobId])
  })

  test('by its seconds, too; and nothing is, where there is no database', async () => {
    const slow = await stage({ inline: { seconds: 0.000_001 } })
    expect((await slow.get('/files/a.jpg?width=50')).status).toBe(202)
    const none = await stage({ inline, database: 'sqlite:none' })
    expect((await none.get('/files/a.jpg?width=50')).status).toBe(200)
    expect(await codeOf(await none.post(ORDER))).toBe('NOT_SUPPORTED_HERE')
  })

  test('has the time of a job, not that of a request', async () => {
    const limits = { transformMs: 1 }
    const large = await jpegPicture({ width: 1200, height: 900 })
    const path = '/files/large.jpg?width=900&format=webp'
    const inTime = await stage({ limits })
    inTime.mount.put('large.jpg', large)
    const late = await inTime.get(path)
    expect([late.status, await codeOf(late)]).toEqual([422, 'TRANSFORM_TIMEOUT'])
    const later = await stage({ limits, inline: { bytes: 100 } })
    later.mount.put('large.jpg', large)
    const { jobId } = await json<{ jobId: string }>(later.get(path))
    await later.until(jobId, 'completed')
    expect((await later.get(path)).status).toBe(200)
  })

  test('is what must be read of a video, up to what a job may read', async () => {
    const path = '/files/film.mkv?mode=video&format=mp4'
    const later = await stage({ inline: { bytes: 200 } })
    later.mount.put('film.mkv', TINY_VIDEO)
    // Told of without reading it: no job.
    expect((await later.get('/files/film.mkv?format=json')).status).toBe(200)
    const { jobId } = await json<{ jobId: string }>(later.get(path))
    await later.until(jobId, 'completed')
    expect((await later.get(path)).headers.get('content-type')).toBe('video/mp4')
    const bounded = await stage({ jobs: { sourceBytes: 200 } })
    bounded.mount.put('film.mkv', TINY_VIDEO)
    const tooMuch = await bounded.post({
      type: 'render',
      source: '/files/film.mkv',
      options: { format: 'mp4' },
    })
    expect([tooMuch.status, await codeOf(tooMuch)]).toEqual([413, 'SOURCE_TOO_LARGE'])
  })

  test('an original that is broken is said to be, later by the same address', async () => {
    const { get, until, mount } = await stage({ inline })
    mount.put('bad.jpg', (await jpegPicture()).slice(0, 300))
    const { jobId } = await json<{ jobId: string }>(get('/files/bad.jpg?width=10'))
    await until(jobId, 'failed')
    // What is remembered for the address is written after the end of the job.
    await expect.poll(async () => (await get('/files/bad.jpg?width=10')).status).toBe(422)
  })
})

describe('the jobs API', () => {
  test('does not exist without its key, and opens to it alone', async () => {
    const closed = await stage({}, { env: { MEDIAMORPH_API_KEY: '' } })
    for (const path of ['/api/jobs', '/api/jobs/x']) expect((await closed.get(path)).status).toBe(404)
    const { get } = await stage()
    expect((await get('/api/jobs')).status).toBe(401)
    expect((await get('/api/jobs', { headers: { 'x-api-key': 'wrong-api-key' } })).status).toBe(401)
    expect((await get('/api/jobs', { headers: { authorization: `Bearer ${KEY}` } })).status).toBe(200)
    expect((await get('/api/jobs', { method: 'POST', body: '{}' })).status).toBe(401)
  })

  test('lists the newest first, by page and by filter', async () => {
    const { post, api } = await stage({}, { env: { MEDIAMORPH_ROLE: 'server' } })
    const ids: string[] = []
    for (const width of [10, 20, 30]) {
      ids.unshift((await json(post({ ...ORDER, options: { width } }))).job_id)
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    const page = async (query: string) =>
      json<{ jobs: JobView[]; next: string | null }>(api(`/api/jobs${query}`))
    const first = await page('?limit=2')
    expect(first.jobs.map(({ job_id }) => job_id)).toEqual(ids.slice(0, 2))
    const second = await page(`?limit=2&after=${first.next}`)
    expect([second.jobs.map(({ job_id }) => job_id), second.next]).toEqual([ids.slice(2), null])
    expect((await page('?status=queued&type=render&source=/files/a.jpg')).jobs).toHaveLength(3)
    expect((await page('?status=failed')).jobs).toEqual([])
    const wrong = await api('/api/jobs?status=odd')
    expect([wrong.status, await codeOf(wrong)]).toEqual([400, 'INVALID_PARAMETER'])
    expect((await api('/api/jobs/01234567-0000-7000-8000-000000000000')).status).toBe(404)
  })

  test('cancels what is not over, and only that', async () => {
    const { post, show } = await stage({}, { env: { MEDIAMORPH_ROLE: 'server' } })
    const { job_id: id } = await json(post(ORDER))
    const cancelled = await post({}, `/api/jobs/${id}/cancel`)
    expect([cancelled.status, (await json(cancelled)).status]).toEqual([200, 'cancelled'])
    expect((await show(id)).status).toBe('cancelled')
    expect((await post({}, `/api/jobs/${id}/cancel`)).status).toBe(409)
    expect((await post({}, '/api/jobs/none/cancel')).status).toBe(404)
    expect((await post(ORDER)).status).toBe(202)
  })

  test('takes orders as often as is allowed', async () => {
    const { post, api } = await stage({ rateLimit: { jobs: { limit: 2 } } })
    const statuses = []
    for (const width of [1, 2, 3]) statuses.push((await post({ ...ORDER, options: { width } })).status)
    expect(statuses).toEqual([202, 202, 429])
    expect((await api('/api/jobs')).status).toBe(200)
  })
})

describe('who wants to hear of the end', () => {
  const SECRET = 'webhook-of-tests'
  const env = { MEDIAMORPH_WEBHOOK_SECRET: SECRET }
  const outbound = { allowPrivate: ['127.0.0.0/8'] }

  async function listener(statuses: number[] = []) {
    const heard: { path: string; headers: IncomingHttpHeaders; body: string; at: number }[] = []
    const server = await serveHttp(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { url: path = '', headers } = request
      heard.push({ path, headers, body: Buffer.concat(chunks).toString(), at: Date.now() })
      response.writeHead(statuses.shift() ?? 200, { location: '/elsewhere' }).end('ok')
    })
    servers.push(server)
    return { heard, url: (path: string) => server.origin + path }
  }

  test('is told once, in a way that can be verified, whoever else orders the same', async () => {
    const { post, until } = await stage({ outbound }, { env })
    const { heard, url } = await listener()
    const order = { ...ORDER, callback_url: url('/one') }
    const { job_id: id } = await json(post(order))
    await post(order)
    await post({ ...ORDER, callback_url: url('/two') })
    await until(id, 'completed')
    // Of one that is done, too.
    const late = await json<{ callback_status: string }>(post({ ...ORDER, callback_url: url('/three') }))
    expect(late.callback_status).toMatch(/^(pending|sent)$/)
    await expect
      .poll(() => heard.map(({ path }) => path).toSorted(), { timeout: 5000 })
      .toEqual(['/one', '/three', '/two'])
    await new Promise((resolve) => setTimeout(resolve, 30))
    const done = await until(id, 'completed')
    expect(done).toMatchObject({ callback_status: 'sent' })
    for (const { headers, body } of heard) {
      expect(JSON.parse(body)).toEqual({
        job_id: id,
        type: 'render',
        hash: done.hash,
        status: 'completed',
        results: done.results,
      })
      const mac = (text: string, as: 'hex' | 'base64') => createHmac('sha256', SECRET).update(text).digest(as)
      expect(headers['content-type']).toBe('application/json')
      expect(headers['x-signature']).toBe(`sha256=${mac(body, 'hex')}`)
      expect(headers['webhook-id']).toBe(id)
      const stamp = headers['webhook-timestamp'] as string
      expect(Math.abs(Number(stamp) - Date.now() / 1000)).toBeLessThan(60)
      expect(headers['webhook-signature']).toBe(`v1,${mac(`${id}.${stamp}.${body}`, 'base64')}`)
    }
  })

  test('is called again after a second, and not where it sends us', async () => {
    const { post, until } = await stage({ outbound }, { env })
    const { heard, url } = await listener([302])
    const { job_id: id } = await json(post({ ...ORDER, callback_url: url('/hook') }))
    await expect.poll(() => heard.length, { timeout: 8000 }).toBe(2)
    expect(heard.map(({ path }) => path)).toEqual(['/hook', '/hook'])
    expect(heard[1]!.at - heard[0]!.at).toBeGreaterThan(900)
    await expect
      .poll(async () => (await until(id, 'completed')) as object)
      .toMatchObject({ callback_status: 'sent' })
  })

  test('is called anew when it is asked for by hand, however the last calls ended', async () => {
    const { post, until } = await stage({ outbound }, { env })
    const { heard, url } = await listener()
    const { job_id: id } = await json(post({ ...ORDER, callback_url: url('/hook') }))
    await until(id, 'completed')
    await expect.poll(() => heard.length, { timeout: 5000 }).toBe(1)
    await expect
      .poll(() => until(id, 'completed') as Promise<object>)
      .toMatchObject({ callback_status: 'sent' })
    const again = await post({}, `/api/jobs/${id}/redeliver`)
    expect([again.status, ((await again.json()) as { callback_status: string }).callback_status]).toEqual([
      202,
      'pending',
    ])
    await expect.poll(() => heard.length, { timeout: 5000 }).toBe(2)
    expect(heard[1]!.body).toBe(heard[0]!.body)
    const nobody = await json(post({ ...ORDER, options: { width: 11, format: 'webp' } }))
    await until(nobody.job_id, 'completed')
    const refused = await post({}, `/api/jobs/${nobody.job_id}/redeliver`)
    expect([refused.status, await codeOf(refused)]).toEqual([409, 'JOB_CONFLICT'])
    expect(await codeOf(await post({}, '/api/jobs/none/redeliver'))).toBe('JOB_NOT_FOUND')
  })

  test('hears of what failed and of what was called off; a job that is tried again tells again', async () => {
    const { post, until, mount } = await stage({ outbound }, { env })
    const { heard, url } = await listener()
    mount.put('bad.jpg', (await jpegPicture()).slice(0, 300))
    const bad = { ...ORDER, source: '/files/bad.jpg', callback_url: url('/bad') }
    const { job_id: id } = await json(post(bad))
    await until(id, 'failed')
    await expect.poll(() => heard.length, { timeout: 5000 }).toBe(1)
    expect(JSON.parse(heard[0]!.body)).toMatchObject({ status: 'failed', error_code: 'CORRUPT_MEDIA' })
    mount.put('bad.jpg', await jpegPicture())
    await post({}, `/api/jobs/${id}/retry`)
    await expect.poll(() => heard.length, { timeout: 5000 }).toBe(2)
    expect(JSON.parse(heard[1]!.body)).toMatchObject({ status: 'completed' })
  })

  test.each([
    ['a private address', 'http://10.0.0.1/hook', 400, 'ADDRESS_REFUSED'],
    ['an address of the machine', 'http://[::ffff:127.0.0.1]/hook', 400, 'ADDRESS_REFUSED'],
    ['a port that is not allowed', 'https://203.0.113.9:22/', 400, 'ADDRESS_REFUSED'],
    ['user information', 'https://user:word@example.com/', 400, 'ADDRESS_REFUSED'],
    ['another scheme', 'ftp://example.com/', 400, 'INVALID_BODY'],
    ['no address', 'hook', 400, 'INVALID_BODY'],
  ])('is not called at %s', async (_, callback_url, status, code) => {
    const { post, api } = await stage({}, { env })
    const answer = await post({ ...ORDER, callback_url })
    expect([answer.status, await codeOf(answer)]).toEqual([status, code])
    expect((await json<{ jobs: unknown[] }>(api('/api/jobs'))).jobs).toEqual([])
  })

  test('is refused where nothing could be signed', async () => {
    const { post } = await stage()
    const answer = await post({ ...ORDER, callback_url: 'https://example.com/' })
    expect([answer.status, await codeOf(answer)]).toEqual([501, 'NOT_SUPPORTED_HERE'])
  })
})

describe('too many jobs', () => {
  test('are refused until some are done; equal ones are none', async () => {
    const { get, post } = await stage(
      { inline: { bytes: 100 }, jobs: { waiting: 2 } },
      { env: { MEDIAMORPH_ROLE: 'server' } },
    )
    expect([(await get('/files/a.jpg?width=10')).status, (await post(ORDER)).status]).toEqual([202, 202])
    const refused = await get('/files/a.jpg?width=11')
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'BUSY'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await get('/files/a.jpg?width=10')).status).toBe(202)
    const { job_id: id } = await json(post(ORDER))
    await post({}, `/api/jobs/${id}/cancel`)
    expect((await get('/files/a.jpg?width=11')).status).toBe(202)
  })
})

describe('events', () => {
  test('are seen by whoever has their address, or the key, and nobody else', async () => {
    const { get, api, post } = await stage({ publicUrl: 'https://media.test/m' })
    const one = await json(post(ORDER))
    const other = await json(post({ ...ORDER, options: { width: 33 } }))
    expect(one.events).toMatch(/^https:\/\/media\.test\/m\/api\/jobs\/[^/]+\/events\?token=[0-9a-f]{32}$/)
    const path = one.events.replace('https://media.test/m', '')
    const stream = await get(path)
    const text = await stream.text()
    expect([stream.status, stream.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ])
    expect(text).toMatch(/event: done\ndata: .*"status":"completed","progress":100/)
    const last = /^id: (\d+)$/m.exec(text.slice(text.lastIndexOf('id: ')))?.[1]
    expect((await get(path, { headers: { 'last-event-id': last! } })).status).toBe(204)
    const token = /token=(.*)$/.exec(one.events)?.[1]
    expect((await get(`/api/jobs/${other.job_id}/events?token=${token}`)).status).toBe(401)
    expect((await get(`/api/jobs/${one.job_id}/events`)).status).toBe(401)
    expect((await get(`/sse/job/${one.job_id}`)).status).toBe(401)
    const theirs = await get(`/sse/job/${one.job_id}?token=${token}`)
    expect(await theirs.text()).toContain('data: {"status":"complete","percent":100')
    expect(await (await api(`/api/jobs/${other.job_id}/events`)).text()).toContain('event: done')
    expect((await api('/api/jobs/none/events')).status).toBe(404)
  })

  test('of a deferred rendition are open without any key', async () => {
    const { get } = await stage({ inline: { bytes: 100 } }, { env: { MEDIAMORPH_API_KEY: '' } })
    const { events } = await json(get('/files/a.jpg?width=31'))
    expect(await (await get(events)).text()).toContain('event: done')
    expect((await get(events.replace('api/jobs', 'sse/jobs'))).status).toBe(404)
  })

  test('end when the service does', async () => {
    const { get, post, media } = await stage({}, { env: { MEDIAMORPH_ROLE: 'server' } })
    const stream = await get((await json(post(ORDER))).events)
    const reader = stream.body!.getReader()
    await reader.read()
    await reader.read()
    await media.drain()
    for (let step = await reader.read(); !step.done; step = await reader.read());
  })
})

describe('roles', () => {
  test('a server takes in what a worker does; the worker serves health alone', async () => {
    const { openSqlite } = await import('../../runtimes/server/sqlite.ts')
    const sql = await openSqlite(':memory:')
    const shared = { ...sql, close: async () => undefined }
    const server = await stage(
      { inline: { bytes: 100 } },
      { env: { MEDIAMORPH_ROLE: 'server' }, sql: shared },
    )
    const accepted = await json(server.post(ORDER))
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect((await server.show(accepted.job_id)).status).toBe('queued')
    const worker = await stage({}, { env: { MEDIAMORPH_ROLE: 'worker' }, sql: shared })
    await worker.media.work()
    await server.until(accepted.job_id, 'completed')
    expect((await worker.get('/healthz')).status).toBe(200)
    expect((await worker.get('/readyz')).status).toBe(200)
    for (const path of ['/files/a.jpg', '/files/a.jpg?width=10', '/api/jobs', '/'])
      expect((await worker.get(path)).status).toBe(404)
    await sql.close()
  })
})
