/** Calls that fail: how often, how far apart, and what stands of them in the end. */
import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { migrate } from '../../src/database/migrations.ts'
import { MediaError } from '../../src/error.ts'
import { createCallbacks } from '../../src/jobs/callbacks.ts'
import { JOB_MIGRATIONS } from '../../src/jobs/migrations.ts'
import { createJobRecords } from '../../src/jobs/records.ts'
import { webhookMessage } from '../../src/jobs/webhook.ts'
import { createWebhooks } from '../../src/jobs/webhooks.ts'
import { toBase64 } from '../../src/lib/bytes.ts'
import { macOf } from '../../src/lib/hmac.ts'
import type { SafeFetch } from '../../src/lib/safe-fetch.ts'
import { createLogger } from '../../src/observe/log.ts'
import type { Sql } from '../../src/platform.ts'
import { newJob } from '../contracts/queue.ts'

const open: Sql[] = []
afterEach(async () => {
  for (const sql of open.splice(0)) await sql.close()
})

async function stage(safeFetch: SafeFetch) {
  const sql = await openSqlite(':memory:')
  open.push(sql)
  await migrate(sql, JOB_MIGRATIONS)
  const clock = { now: 1_700_000_000_000 }
  const now = () => clock.now
  const records = createJobRecords(sql, now)
  const callbacks = createCallbacks(sql, now)
  const logger = createLogger({ level: 'silent', write: () => undefined, now })
  const webhooks = () =>
    createWebhooks({ callbacks, records, safeFetch, secret: 'secret-of-tests', logger, pollMs: 10, now })
  const job = newJob()
  await sql.batch([records.insert(job), callbacks.add(job.id, 'https://a.test/')])
  const end = () => sql.batch([records.cancel(job.id), callbacks.release(job.id)])
  const status = async () => (await records.find(job.id))?.callbackStatus
  return { sql, clock, records, callbacks, webhooks, job, end, status }
}

const answers =
  (status: number): SafeFetch =>
  async () =>
    new Response(null, { status })

describe('webhooks', () => {
  test('are called when the job is over, and not before', async () => {
    const called: number[] = []
    const { webhooks, end, status, clock } = await stage(async () => {
      called.push(clock.now)
      return new Response(null, { status: 204 })
    })
    await webhooks().runDue()
    expect([called.length, await status()]).toEqual([0, 'pending'])
    await end()
    await Promise.all([webhooks().runDue(), webhooks().runDue()])
    clock.now += 1_000_000
    await webhooks().runDue()
    expect([called.length, await status()]).toEqual([1, 'sent'])
  })

  test('are called five times, one, two, four and eight seconds apart', async () => {
    const called: number[] = []
    const { webhooks, end, status, clock } = await stage(async () => {
      called.push(clock.now)
      return answers(500)('', { signal: new AbortController().signal })
    })
    await end()
    for (let step = 0; step < 200; step++) {
      await webhooks().runDue()
      clock.now += 250
    }
    const gaps = called.slice(1).map((at, i) => at - called[i]!)
    expect([gaps, await status()]).toEqual([[1000, 2000, 4000, 8000], 'callback_failed'])
  })

  test('are not called again where they may not be called', async () => {
    const called: string[] = []
    const { webhooks, end, status, clock } = await stage(async (url) => {
      called.push(url)
      throw new MediaError('ADDRESS_REFUSED')
    })
    await end()
    await webhooks().runDue()
    clock.now += 100_000
    await webhooks().runDue()
    expect([called, await status()]).toEqual([['https://a.test/'], 'callback_failed'])
  })

  test('are another worker’s when theirs dies at it', async () => {
    const { callbacks, webhooks, end, status, clock } = await stage(answers(200))
    await end()
    expect(await callbacks.claim(60_000)).toMatchObject({ attempt: 1 })
    await webhooks().runDue()
    expect(await status()).toBe('pending')
    clock.now += 60_001
    await webhooks().runDue()
    expect(await status()).toBe('sent')
  })

  test('that are interrupted by the end of the process are due at once', async () => {
    const { webhooks, end, status, callbacks } = await stage(
      (_, { signal }) =>
        new Promise((__, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        ),
    )
    await end()
    const one = webhooks()
    one.start()
    await new Promise((resolve) => setTimeout(resolve, 40))
    await one.drain()
    expect(await status()).toBe('pending')
    expect(await callbacks.claim(1)).toMatchObject({ url: 'https://a.test/' })
  })

  test('go with their jobs', async () => {
    const { sql, records, end, clock } = await stage(answers(200))
    await end()
    expect(await records.prune(clock.now + 1)).toBe(1)
    expect(await sql.query('select * from job_callback')).toEqual([])
  })
})

describe('a secret of Standard Webhooks', () => {
  const SECRET = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

  test('signs as in their example', async () => {
    const text = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    const mac = await macOf(text, Uint8Array.from(Buffer.from(SECRET, 'base64')))
    expect(toBase64(mac)).toBe('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  test('is read from base64 for their form alone', async () => {
    const { records, job, end } = await stage(answers(200))
    await end()
    const { body, headers } = await webhookMessage(
      (await records.find(job.id))!,
      `whsec_${SECRET}`,
      1_614_265_330_999,
    )
    const text = Buffer.from(body).toString()
    const hmac = (key: Buffer | string, what: string) => createHmac('sha256', key).update(what)
    const theirs = hmac(Buffer.from(SECRET, 'base64'), `${job.id}.1614265330.${text}`).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${theirs}`)
    expect(headers['x-signature']).toBe(`sha256=${hmac(`whsec_${SECRET}`, text).digest('hex')}`)
  })
})
