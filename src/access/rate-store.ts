/** Where allowances are kept: in this process, or in a Redis that several processes share. */
import { takeOne, type Rate, type Taken } from '../lib/gcra.ts'
import { createLru } from '../lib/lru.ts'
import type { Redis } from '../platform.ts'

export interface RateStore {
  /** Takes one from the allowance of `key`, atomically. @throws when the store cannot be asked */
  take(key: string, rate: Rate): Promise<Taken>
  /** Absent where it cannot be down. @throws when it cannot be asked */
  check?(): Promise<void>
  close(): Promise<void>
}

/** Allowances that are kept at once; the one that was not asked for longest is given back whole. */
const MAX_KEYS = 100_000

/** @param now milliseconds since the epoch */
export function createMemoryRates(now: () => number, maxKeys = MAX_KEYS): RateStore {
  const freeAt = createLru<number>(maxKeys)
  return {
    async take(key, rate) {
      const at = now()
      const taken = takeOne((freeAt.get(key) ?? at) - at, rate)
      if (taken.allowed) freeAt.set(key, at + taken.aheadMs, 1)
      return taken
    },
    close: async () => freeAt.clear(),
  }
}

/**
 * `takeOne` beside the data, by the clock of the Redis, in microseconds. A key expires when its allowance is whole again.
 * A script may return whole numbers only.
 */
const TAKE = `
local window, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local free = tonumber(redis.call('GET', KEYS[1]) or now)
local ahead = math.min(math.max(free - now, 0), window)
local following = ahead + interval
if following > window + 1 then return {0, ahead} end
redis.call('SET', KEYS[1], string.format('%.0f', now + following), 'PX', math.ceil(following / 1000))
return {1, math.floor(following)}
`

/** @param prefix of the keys, which others may share the Redis with */
export function createRedisRates(redis: Redis, prefix = 'mediamorph:rate:'): RateStore {
  return {
    async take(key, { limit, windowMs }) {
      const reply = await redis.script(
        TAKE,
        [prefix + key],
        [windowMs * 1000, Math.floor((windowMs * 1000) / limit)],
      )
      const [allowed, ahead] = Array.isArray(reply) ? reply.map(Number) : []
      if (allowed === undefined || ahead === undefined || !Number.isFinite(ahead))
        throw new Error('Redis gave another answer than the script has')
      return { allowed: allowed === 1, aheadMs: ahead / 1000 }
    },
    check: async () => void (await redis.script('return 1', [], [])),
    close: () => redis.close(),
  }
}
