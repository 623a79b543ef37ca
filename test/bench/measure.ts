/** One burst of requests against one service. */
import type { Service } from '../../scripts/stage/service.ts'

export interface Burst {
  readonly perSecond: number
  /** Milliseconds of each request. */
  readonly times: readonly number[]
  /** Highest sum of resident bytes seen. */
  readonly memory: number
}

export interface BurstOptions {
  readonly clients: number
  readonly forMs: number
  /** Requests at the least, however long they take. */
  readonly least: number
  path(): string
  /** Fails when an answer says that it was stored already. */
  readonly fresh: boolean
}

export async function burst(service: Service, options: BurstOptions): Promise<Burst> {
  const { clients, forMs, least, path, fresh } = options
  const times: number[] = []
  const started = performance.now()
  let memory = 0
  const look = async () => {
    memory = Math.max(memory, await service.memory())
  }
  const watch = setInterval(() => void look(), 100)
  async function client(): Promise<void> {
    while (performance.now() - started < forMs || times.length < least) {
      const from = performance.now()
      const address = path()
      const response = await fetch(service.url + address)
      await response.arrayBuffer()
      if (response.status !== 200) throw new Error(`${address} answered ${response.status}`)
      if (fresh && response.headers.get('x-cache') === 'HIT') throw new Error(`${address} was stored already`)
      times.push(performance.now() - from)
    }
  }
  try {
    await Promise.all(Array.from({ length: clients }, client))
  } finally {
    clearInterval(watch)
  }
  const seconds = (performance.now() - started) / 1000
  await look()
  return { perSecond: times.length / seconds, times, memory }
}
