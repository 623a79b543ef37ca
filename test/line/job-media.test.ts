/** What jobs made of an original, read by its hash, and all of it gone. */
import { createHash, createHmac } from 'node:crypto'
import memoryDriver from 'unstorage/drivers/memory'
import { afterEach, describe, expect, test } from 'vitest'
import type { Driver } from '../../src/platform.ts'
import { codeOf, jsonOf, openJobStage, type JobView } from '../support/job-stage.ts'
import { serveHttp } from '../support/loopback.ts'
import { jpegPicture } from '../support/pictures.ts'

const { stage, close } = openJobStage()
afterEach(close)

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const THUMB = { type: 'image:thumbnail', source: '/files/a.jpg' }

const SOURCE = {
  name: 'source',
  match: '^/originals/(?<key>.+)$',
  access: 'public',
  sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
}

async function photoStage(...given: Parameters<typeof stage>) {
  const one = await stage(...given)
  const photo = await jpegPicture({ width: 500, height: 300 })
  one.mount.put('a.jpg', photo)
  return { ...one, hash: sha256(photo) }
}

/** The mount of artifacts, whose next writing waits, or fails. */
function controlled() {
  const memory: Driver = memoryDriver()
  const gate = { write: async () => {}, remove: async () => {} }
  const driver: Driver = {
    ...memory,
    async setItemRaw(key, value, options) {
      await gate.write()
      await memory.setItemRaw?.(key, value, options)
    },
    async removeItem(key, options) {
      await gate.remove()
      await memory.removeItem?.(key, options)
    },
  }
  return { driver, gate }
}

function promise() {
  let settle = () => {}
  const settled = new Promise<void>((resolve) => (settle = resolve))
  return { settle, settled }
}

describe('GET /api/media/{hash}/{file}', () => {
  test('has the file, parts of it, and nothing for who has it already', async () => {
    const { run, file, get, api, hash } = await photoStage()
    const { results } = await run(THUMB)
    const [{ key, url, etag, size }] = (results as { outputs: [Record<string, string | number>] }).outputs
    const bytes = await file(String(key))
    const all = await api(String(url))
    expect(all.status).toBe(200)
    expect(Object.fromEntries(all.headers)).toMatchObject({
      etag,
      'content-type': 'image/webp',
      'content-length': String(size),
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
    })
    expect(Buffer.from(await all.arrayBuffer()).equals(bytes)).toBe(true)
    const part = await api(String(url), { headers: { range: 'bytes=10-19' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${size}`])
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true)
    const last = await api(String(url), { headers: { range: 'bytes=-5' } })
    expect(Buffer.from(await last.arrayBuffer()).equals(bytes.subarray(-5))).toBe(true)
    expect((await api(String(url), { headers: { range: `bytes=${size}-` } })).status).toBe(416)
    expect((await api(String(url), { headers: { 'if-none-match': String(etag) } })).status).toBe(304)
    const head = await api(String(url), { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), head.body]).toEqual([200, String(size), null])

    expect((await get(String(url))).status).toBe(401)
    for (const name of ['none.webp', '', '..%2Fthumb.webp', 'thumb.webp/'])
      expect((await api(`/api/media/${hash}/${name}`)).status, name).toBe(404)
    expect((await api(`/api/media/short/thumb.webp`)).status).toBe(400)
  })

  test('is the same file that Vylux has at /thumb', async () => {
    const secret = 'secret-of-vylux'
    const { run, file, get, hash } = await photoStage(
      { compat: { grammars: ['vylux'] }, origins: [SOURCE] },
      { env: { MEDIAMORPH_VYLUX_SECRET: secret } },
    )
    await run({ ...THUMB, source: 'a.jpg' })
    const key = `images/${hash.slice(0, 2)}/${hash}/thumb.webp`
    const signature = createHmac('sha256', secret).update(`thumb/${key}`).digest('hex')
    const answer = await get(`/thumb/${signature}/${encodeURIComponent(key)}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp'])
    expect(Buffer.from(await answer.arrayBuffer()).equals(await file(key))).toBe(true)
  })
})

describe('DELETE /api/media/{hash}', () => {
  test('takes away files, renditions and jobs, and again finds nothing to do', async () => {
    const { run, api, get, files, post, hash } = await photoStage()
    await run(THUMB)
    await run({ type: 'render', source: '/files/a.jpg', options: { width: 50 } })
    await get('/files/a.jpg?width=60')
    expect((await get('/files/a.jpg?width=50')).headers.get('x-cache')).toBe('HIT')
    const erase = () => api(`/api/media/${hash}`, { method: 'DELETE' })
    const gone = await erase()
    expect([gone.status, await gone.text()]).toEqual([204, ''])
    expect(await files()).toEqual([])
    expect((await jsonOf<{ jobs: unknown[] }>(api('/api/jobs'))).jobs).toEqual([])
    expect((await get('/files/a.jpg?width=50')).headers.get('x-cache')).toBe('MISS')
    expect((await get('/files/a.jpg?width=60')).headers.get('x-cache')).toBe('MISS')
    expect((await erase()).status).toBe(204)
    expect((await post(THUMB)).status).toBe(202)
  })

  test('is for who has the key, and names a hash', async () => {
    const { get, api, hash } = await photoStage()
    expect((await get(`/api/media/${hash}`, { method: 'DELETE' })).status).toBe(401)
    const wrong = await api('/api/media/abc', { method: 'DELETE' })
    expect([wrong.status, await codeOf(wrong)]).toEqual([400, 'INVALID_PARAMETER'])
    expect((await api(`/api/media/${'0'.repeat(64)}`, { method: 'DELETE' })).status).toBe(204)
  })

  test('takes what another service left under the same names', async () => {
    const driver: Driver = memoryDriver()
    const { api, files, hash } = await photoStage({}, { artifacts: driver })
    const other = `videos/${hash.slice(0, 2)}/${hash}/video/r240_av1/seg_1.m4s`
    await driver.setItemRaw?.(other, new Uint8Array([1]), {})
    await driver.setItemRaw?.('videos/00/other/cover.jpg', new Uint8Array([1]), {})
    expect((await api(`/api/media/${hash}`, { method: 'DELETE' })).status).toBe(204)
    expect(await files()).toEqual(['videos/00/other/cover.jpg'])
  })

  test('ends a job in the middle of its work, and tells who waits to hear of it', async () => {
    const { driver, gate } = controlled()
    const heard: string[] = []
    const server = await serveHttp(async (request, response) => {
      for await (const chunk of request) heard.push(String(chunk))
      response.end('ok')
    })
    const { order, until, api, files, show, hash } = await photoStage(
      { outbound: { allowPrivate: ['127.0.0.0/8'] } },
      { artifacts: driver, env: { MEDIAMORPH_WEBHOOK_SECRET: 'secret-of-webhooks' } },
    )
    const [begun, letGo] = [promise(), promise()]
    gate.write = async () => {
      begun.settle()
      await letGo.settled
    }
    const { job_id: id } = await order({ ...THUMB, hash, callback_url: `${server.origin}/hook` })
    await begun.settled
    expect((await until(id, 'processing')).status).toBe('processing')
    // The mount is still at it: not all is gone yet, and that is said.
    const early = await api(`/api/media/${hash}`, { method: 'DELETE' })
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await jsonOf(early)).toMatchObject({
      error: { code: 'STORE_FAILED' },
      retryable: true,
      failed_stages: ['jobs', 'artifacts'],
    })
    expect((await show(id)).status).toBe('cancelled')
    letGo.settle()
    await expect
      .poll(async () => (await api(`/api/media/${hash}`, { method: 'DELETE' })).status, { timeout: 8000 })
      .toBe(204)
    expect(await files()).toEqual([])
    await expect
      .poll(() => heard.map((text) => JSON.parse(text)), { timeout: 5000 })
      .toMatchObject([{ job_id: id, status: 'cancelled' }])
    await expect
      .poll(async () => (await api(`/api/media/${hash}`, { method: 'DELETE' })).status, { timeout: 8000 })
      .toBe(204)
    expect((await api(`/api/jobs/${id}`)).status).toBe(404)
    await server.close()
  }, 20_000)

  test('calls off what waits', async () => {
    const { order, api, hash } = await photoStage({}, { env: { MEDIAMORPH_ROLE: 'server' } })
    const { job_id: id } = await order({ ...THUMB, hash })
    expect((await api(`/api/media/${hash}`, { method: 'DELETE' })).status).toBe(204)
    expect((await api(`/api/jobs/${id}`)).status).toBe(404)
  })

  test('says what a store did not let go, and does the rest later', async () => {
    const { driver, gate } = controlled()
    const { run, api, files, hash } = await photoStage({}, { artifacts: driver })
    await run(THUMB)
    gate.remove = () => Promise.reject(new Error('down'))
    const refused = await api(`/api/media/${hash}`, { method: 'DELETE' })
    expect([refused.status, await jsonOf(refused)]).toMatchObject([503, { failed_stages: ['artifacts'] }])
    expect((await jsonOf<{ jobs: JobView[] }>(api('/api/jobs'))).jobs).toHaveLength(1)
    gate.remove = async () => {}
    expect((await api(`/api/media/${hash}`, { method: 'DELETE' })).status).toBe(204)
    expect(await files()).toEqual([])
  })
})
