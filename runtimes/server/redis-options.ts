/** How every connection of ours to a Redis behaves: it says soon that nobody answers, and comes back by itself. */
import type { RedisOptions } from 'ioredis'

const CONNECT_MS = 1000

/**
 * @param commandMs milliseconds that a command may take
 * @param longestPauseMs milliseconds between two tries to connect, at the most
 */
export function redisOptions(commandMs: number, longestPauseMs: number): RedisOptions {
  return {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: commandMs,
    // Without a connection a command fails at once instead of waiting for one.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempts) => Math.min(attempts * 100, longestPauseMs),
  }
}
