import { expect, test } from 'vitest'
import { createEvent, serverTiming, timed } from '../../src/observe/event.ts'
import { checkReadiness } from '../../src/observe/health.ts'
import { createLogger, logRequest } from '../../src/observe/log.ts'

test('a request becomes one JSON line with its phases', async () => {
  const lines: string[] = []
  let clock = 1000
  const event = createEvent({ requestId: 'r1', traceId: 't1', method: 'GET', path: '/a.jpg', now: clock })
  await timed(
    event,
    'source',
    () => clock,
    async () => void (clock += 12.34),
  )
  await timed(
    event,
    'source',
    () => clock,
    async () => void (clock += 1),
  ).catch(() => {})
  event.status = 200
  const logger = createLogger({ level: 'info', write: (line) => lines.push(line), now: () => 0 })
  logRequest(logger, event, clock, false)
  logger.log('debug', 'not written')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0]!)).toMatchObject({
    time: '1970-01-01T00:00:00.000Z',
    level: 'info',
    message: 'request',
    requestId: 'r1',
    path: '/a.jpg',
    status: 200,
    durationMs: 13.3,
    phases: { source: 13.3 },
  })
  expect(serverTiming(event)).toBe('source;dur=13.3')
})

test('readiness names what is down and does not wait for it', async () => {
  const result = await checkReadiness(
    [
      { name: 'cache', check: async () => {} },
      { name: 'database', check: () => Promise.reject(new Error('refused')) },
      { name: 'queue', check: () => new Promise(() => {}) },
    ],
    20,
  )
  expect(result).toEqual({
    ready: false,
    checks: {
      cache: { ok: true },
      database: { ok: false, error: 'refused' },
      queue: { ok: false, error: 'no answer in 20 ms' },
    },
  })
})
