/** A Redis for Bun, Deno and Node, through ioredis, which is loaded when a configuration first names one. */
import { createHash } from 'node:crypto'
import type { Redis as Client } from 'ioredis'
import type { Redis } from '../../src/index.ts'
import { redisOptions } from './redis-options.ts'

/** Milliseconds: a request waits for the answer. */
const COMMAND_MS = 250
const LONGEST_PAUSE_MS = 2000

export async function openServerRedis(url: string): Promise<Redis> {
  const { Redis: Connection } = await import('ioredis').catch((cause: unknown) => {
    throw new Error('redis: needs the package ioredis, which is not installed', { cause })
  })
  const client = new Connection(url, redisOptions(COMMAND_MS, LONGEST_PAUSE_MS))
  // Every command that fails says so itself; without a listener the event would end the process.
  client.on('error', () => undefined)
  // Down now, it may be up later: whoever asks until then hears of it.
  await client.connect().catch(() => undefined)
  return {
    script: (text, keys, values) => runScript(client, text, [keys.length, ...keys, ...values]),
    close: async () => client.disconnect(),
  }
}

/** By its digest; sent whole where the Redis does not know it (any more). */
async function runScript(
  client: Client,
  text: string,
  args: readonly [keys: number, ...(string | number)[]],
): Promise<unknown> {
  const [keys, ...rest] = args
  try {
    return await client.evalsha(createHash('sha1').update(text).digest('hex'), keys, ...rest)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return client.eval(text, keys, ...rest)
  }
}
