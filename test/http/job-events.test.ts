import { describe, expect, test } from 'vitest'
import { eventStream, NAMED, UNNAMED } from '../../src/http/jobs/events.ts'
import type { Job, JobState } from '../../src/jobs/job.ts'

const jobOf = (version: number, status: JobState, progress: number, more: Partial<Job> = {}): Job => ({
  id: 'j',
  type: 'render',
  lane: 'default',
  source: '/a',
  hash: undefined,
  options: {},
  task: {},
  fingerprint: 'f',
  status,
  progress,
  retryOf: undefined,
  endsAt: undefined,
  error: undefined,
  results: undefined,
  callbackStatus: undefined,
  token: 't',
  version,
  createdAt: 0,
  updatedAt: 86_400_000,
  ...more,
})

/** A day in which every sleep takes no time: what is found is what `steps` say, one after the other. */
function watch(steps: ReadonlyArray<Job | undefined | Error>, ending?: AbortSignal) {
  let now = 0
  let step = 0
  return {
    now: () => now,
    ending,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted()
      now += ms
    },
    async find() {
      const found = steps[Math.min(step++, steps.length - 1)]
      if (found instanceof Error) throw found
      return found
    },
  }
}

const FIRST = jobOf(1, 'queued', 0)
const DONE = jobOf(4, 'completed', 100, { results: { size: 7 } })

describe('events of a job', () => {
  test('tell what it is, each change once, and end with it', async () => {
    const steps = [FIRST, jobOf(2, 'processing', 20), jobOf(2, 'processing', 20), DONE]
    const answer = eventStream('j', FIRST, NAMED, null, watch(steps))
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(answer.headers.get('x-accel-buffering')).toBe('no')
    expect(await answer.text()).toBe(
      [
        'retry: 2000',
        'id: 1\nevent: progress\ndata: {"job_id":"j","status":"queued","progress":0}',
        'id: 2\nevent: progress\ndata: {"job_id":"j","status":"processing","progress":20}',
        'id: 4\nevent: done\ndata: {"job_id":"j","status":"completed","progress":100,"results":{"size":7}}',
        '',
      ].join('\n\n'),
    )
  })

  test('say why it failed', async () => {
    const error = { code: 'CORRUPT_MEDIA', message: 'no' } as const
    const failed = jobOf(3, 'failed', 20, { error })
    const text = await eventStream('j', failed, NAMED, null, watch([])).text()
    expect(text).toContain('id: 3\nevent: failed\n')
    expect(text).toContain('"error":"no","error_code":"CORRUPT_MEDIA"')
  })

  test('go on where they were left, and send away who has seen the end', async () => {
    const resumed = await eventStream('j', jobOf(2, 'processing', 20), NAMED, '2', watch([DONE])).text()
    expect(resumed).not.toContain('id: 2')
    expect(resumed).toContain('id: 4\nevent: done')
    const missed = await eventStream('j', DONE, NAMED, '2', watch([])).text()
    expect(missed).toContain('event: done')
    expect(eventStream('j', DONE, NAMED, '4', watch([])).status).toBe(204)
  })

  test('beat every 15 seconds while nothing changes', async () => {
    const same = Array.from({ length: 46 }, () => FIRST)
    const text = await eventStream('j', FIRST, NAMED, null, watch([...same, DONE])).text()
    expect(text.match(/^: /gm)).toHaveLength(3)
  })

  test('outlive a database that is down', async () => {
    const text = await eventStream('j', FIRST, NAMED, null, watch([new Error('down'), DONE])).text()
    expect(text).toContain('event: done')
    const theirs = await eventStream('j', FIRST, UNNAMED, null, watch([new Error('down'), DONE])).text()
    expect(theirs).toContain('data: {"status":"error","message":"D1 query failed"}\n\n')
  })

  test('end with the service, and with the client', async () => {
    const service = new AbortController()
    const options = watch([FIRST], service.signal)
    const reader = eventStream('j', FIRST, NAMED, null, options).body!.getReader()
    await reader.read()
    service.abort()
    let reads = 0
    for (let step = await reader.read(); !step.done; step = await reader.read()) reads++
    expect(reads).toBeLessThan(3)
    let asked = 0
    const counted = { ...watch([FIRST]), find: async () => (asked++, FIRST) }
    const leaving = eventStream('j', FIRST, NAMED, null, counted).body!.getReader()
    await leaving.read()
    await leaving.cancel()
    const then = asked
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(asked).toBeLessThanOrEqual(then + 1)
  })

  test('have a form without names, in the words of video-resizer-2', async () => {
    const text = await eventStream('j', FIRST, UNNAMED, null, watch([DONE])).text()
    expect(text).toBe(
      [
        'retry: 2000',
        'data: {"status":"pending","percent":0,"error":null,"outputSize":null,"completedAt":null}',
        'data: {"status":"complete","percent":100,"error":null,"outputSize":7,"completedAt":"1970-01-02T00:00:00.000Z"}',
        '',
      ].join('\n\n'),
    )
    expect(await eventStream('x', undefined, UNNAMED, null, watch([])).text()).toContain(
      'data: {"status":"not_found","jobId":"x"}',
    )
  })
})
