/** `GET /metrics` of a whole service: who may read it, and that it counts what happened. */
import { afterEach, describe, expect, test } from 'vitest'
import { openJobStage } from '../support/job-stage.ts'
import { jpegPicture } from '../support/pictures.ts'

const { stage, close } = openJobStage()
afterEach(close)

const TOKEN = 'a token for metrics'.replaceAll(' ', '-')
const env = { MEDIAMORPH_METRICS_TOKEN: TOKEN }
const shown = { headers: { authorization: `Bearer ${TOKEN}` } }

describe('metrics', () => {
  test('do not exist without their token, and are read with it alone', async () => {
    const none = await stage()
    expect((await none.get('/metrics')).status).toBe(404)
    expect((await none.get('/metrics', shown)).status).toBe(404)
    const { get } = await stage({}, { env })
    expect((await get('/metrics')).status).toBe(401)
    expect((await get('/metrics', { headers: { authorization: 'Bearer guessed-token' } })).status).toBe(401)
    const answer = await get('/metrics', shown)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ])
    expect((await get('/metrics', { ...shown, method: 'POST' })).status).toBe(404)
  })

  test('wrong tokens count as guesses', async () => {
    const { get } = await stage({ rateLimit: { keys: { limit: 2 } } }, { env })
    const guess = { headers: { authorization: 'Bearer guessed-token' } }
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await get('/metrics', guess)).status)
    expect(statuses).toEqual([401, 401, 429])
    expect((await get('/metrics', shown)).status).toBe(200)
  })

  test('count requests, renditions, errors and jobs', async () => {
    const { get, run, mount } = await stage({}, { env })
    mount.put('a.jpg', await jpegPicture())
    for (const path of ['a.jpg?width=20', 'a.jpg?width=20', 'gone.jpg'])
      await (await get(`/files/${path}`)).arrayBuffer()
    await run({ type: 'render', source: '/files/a.jpg', options: { width: 10, format: 'webp' } })
    const text = await (await get('/metrics', shown)).text()
    const lines = text.split('\n')
    expect(lines).toContain('mediamorph_http_requests_total{method="GET",status="200",origin="files"} 2')
    expect(lines).toContain('mediamorph_http_requests_total{method="GET",status="404",origin="files"} 1')
    expect(lines).toContain('mediamorph_http_request_duration_seconds_count{cache="HIT"} 1')
    expect(lines).toContain('mediamorph_renditions_total{engine="image"} 1')
    expect(lines).toContain('mediamorph_errors_total{code="NOT_FOUND"} 1')
    expect(lines).toContain('mediamorph_job_tries_total{type="render",result="completed"} 1')
    expect(lines).toContain('mediamorph_job_duration_seconds_count{type="render"} 1')
    expect(lines).toContain('mediamorph_jobs{queue="default",state="waiting"} 0')
    expect(lines).toContain('mediamorph_queue_paused{queue="large"} 0')
    for (const line of lines.filter((one) => one !== '' && !one.startsWith('#')))
      expect(line).toMatch(/^[a-z_]+(?:\{[^}]*\})? [\d.e+-]+$/)
  })

  test('are what a worker serves beside health', async () => {
    const { get } = await stage({}, { env: { ...env, MEDIAMORPH_ROLE: 'worker' } })
    expect((await get('/metrics', shown)).status).toBe(200)
    expect((await get('/files/a.jpg')).status).toBe(404)
  })
})
