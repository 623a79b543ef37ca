/** Healthy work that goes on while others do harm: each picture must be, to the byte, what it was before. */
import { expect } from 'vitest'

export interface Load {
  /** Answers that were right. */
  readonly right: number
  /** Refusals with `Retry-After`. */
  readonly busy: number
  readonly faults: readonly string[]
  /** Names of the processes that answered. */
  readonly instances: ReadonlySet<string>
  /** Milliseconds that each /healthz took. */
  readonly health: readonly number[]
  stop(): Promise<void>
}

const CLIENTS = 2
const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

/** @param pictures by query and name: what must come */
export function startLoad({ get }: Pick<Asker, 'get'>, pictures: ReadonlyMap<string, Uint8Array>): Load {
  const load = {
    right: 0,
    busy: 0,
    faults: [] as string[],
    instances: new Set<string>(),
    health: [] as number[],
  }
  const names = [...pictures.keys()]
  const over = new AbortController()

  async function client(turn: number): Promise<void> {
    for (let n = turn; !over.signal.aborted; n++) {
      const name = names[n % names.length]!
      const { status, body, headers } = await get(name)
      load.instances.add(headers.get('via') ?? '')
      if (status === 503 && headers.has('retry-after')) load.busy++
      else if (status === 200 && Buffer.compare(body, pictures.get(name)!) === 0) load.right++
      else load.faults.push(`${name}: ${status} ${status === 200 ? 'another picture' : String(body)}`)
      await pause()
    }
  }
  async function probe(): Promise<void> {
    while (!over.signal.aborted) {
      const began = performance.now()
      const { status, headers } = await get('/healthz')
      load.health.push(performance.now() - began)
      load.instances.add(headers.get('via') ?? '')
      if (status !== 200) load.faults.push(`/healthz: ${status}`)
      await pause()
    }
  }
  const all = Promise.all([...Array.from({ length: CLIENTS }, (_, n) => client(n)), probe()])
  all.catch((error: unknown) => load.faults.push(String(error)))
  return Object.assign(load, {
    async stop() {
      over.abort()
      await all
    },
  })
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

export interface Asker {
  /** `name?query` of a file, by a path that nobody has asked for before; or another path as it is. */
  get(name: string, signal?: AbortSignal): Promise<Answer>
  /** `422 CORRUPT_MEDIA`. */
  outcome(name: string): Promise<string>
}

export function createAsker(url: string): Asker {
  let count = 0
  async function get(name: string, signal?: AbortSignal): Promise<Answer> {
    const path = name.startsWith('/') ? name : `/files/${count++}/${name}`
    const response = await fetch(url + path, signal ? { signal } : {})
    const { status, headers } = response
    return { status, headers, body: Buffer.from(await response.arrayBuffer()) }
  }
  return {
    get,
    async outcome(name) {
      const { status, body, headers } = await get(name)
      if (status === 200) return String(status)
      if (status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      return `${status} ${(JSON.parse(String(body)) as { error: { code: string } }).error.code}`
    },
  }
}
