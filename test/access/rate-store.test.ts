/** Both stores of allowances, by one contract; and what happens when the Redis is not there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLimiter } from '../../src/access/rate-limit.ts'
import { createMemoryRates, createRedisRates } from '../../src/access/rate-store.ts'
import { openServerRedis } from '../../runtimes/server/redis.ts'
import { describeRates } from '../contracts/rates.ts'
import { freePort } from '../runtimes/ports.ts'
import { hasRedis, startRedis, type RedisServer } from '../support/redis-server.ts'

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describeRates('memory', async () => {
  let now = Date.now()
  const store = createMemoryRates(() => now)
  return { store, other: store, pass: async (ms) => void (now += ms) }
})

test('memory: the client that was quiet for longest is forgotten first, and no more are kept than are to be', async () => {
  const store = createMemoryRates(() => 0, 2)
  const rate = { limit: 1, windowMs: 1000 }
  const take = async (key: string) => (await store.take(key, rate)).allowed
  expect([await take('a'), await take('b'), await take('a')]).toEqual([true, true, false])
  expect([await take('c'), await take('a'), await take('b')]).toEqual([true, false, true])
})

// Debian's package of that name; .ci/run installs it.
const REDIS = hasRedis() ? 'a real redis-server' : 'a real redis-server, which is not installed here'
describe.runIf(hasRedis())(`with ${REDIS}`, () => {
  let server: RedisServer
  const closing: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    for (const one of closing.splice(0)) await one.close()
    await server.close()
  })
  const open = async (url = server.url) => {
    const store = createRedisRates(await openServerRedis(url))
    closing.push(store)
    return store
  }

  describeRates('Redis', async () => ({ store: await open(), other: await open(), pass: sleep }))

  test('nothing is left of an allowance that is whole again', async () => {
    const store = await open()
    const redis = await openServerRedis(server.url)
    closing.push(redis)
    const left = () => redis.script("return redis.call('EXISTS', KEYS[1])", ['mediamorph:rate:gone'], [])
    await store.take('gone', { limit: 10, windowMs: 1000 })
    expect(await left()).toBe(1)
    await expect.poll(left, { timeout: 1000 }).toBe(0)
  })

  test('scripts that the Redis has forgotten are sent again', async () => {
    const store = await open()
    const redis = await openServerRedis(server.url)
    closing.push(redis)
    const rate = { limit: 1, windowMs: 60_000 }
    await store.take('flushed', rate)
    await redis.script("return redis.call('SCRIPT', 'FLUSH')", [], []).catch(() => undefined)
    expect((await store.take('flushed', rate)).allowed).toBe(false)
  })

  test('down, frozen or not yet up, it lets everybody in at once, says so once, and counts again when it is back', async () => {
    const port = await freePort()
    const store = await open(`redis://127.0.0.1:${port}`)
    let now = 0
    const faults: string[] = []
    const rate = { limit: 1, windowMs: 60_000 }
    const limiter = createLimiter({
      rates: { media: rate, jobs: rate, keys: rate },
      store,
      now: () => now,
      onFault: (message) => faults.push(message),
    })
    const ask = async () => {
      const began = performance.now()
      const answer = await limiter.take('media', '198.51.100.1')
      return { allowed: answer?.allowed ?? 'open', ms: performance.now() - began }
    }
    const down = await ask()
    expect([down.allowed, down.ms < 400]).toEqual(['open', true])
    now += 100
    expect((await ask()).ms).toBeLessThan(50)
    now += 2000
    expect((await ask()).allowed).toBe('open')
    expect(faults).toEqual([expect.stringContaining('nobody is limited')])

    const late = await startRedis(port)
    const counted = async () => {
      now += 2000
      return (await ask()).allowed
    }
    await expect.poll(counted, { timeout: 5000 }).toBe(true)
    expect(await counted()).toBe(false)

    late.freeze()
    now += 60_000
    const frozen = await ask()
    expect([frozen.allowed, frozen.ms < 600]).toEqual(['open', true])
    expect(faults).toHaveLength(2)
    late.thaw()
    await expect.poll(counted, { timeout: 5000 }).toBe(false)
    await late.close()
  })
})
