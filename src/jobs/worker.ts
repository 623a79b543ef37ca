/** Takes jobs from the queue and works on them: each pool so many at a time, its lanes by their weight. */
import { createWaker, type Waker } from '../lib/waker.ts'
import type { Lease } from '../platform.ts'
import { attempt, LOST, RELEASED, type AttemptOptions } from './attempt.ts'
import { lanesInTurn, type PoolName } from './job.ts'

export interface JobWorkerOptions extends AttemptOptions {
  /** Jobs at a time. */
  readonly sizes: Readonly<Record<PoolName, number>>
  /** Milliseconds after which an idle worker looks again whether there is a job. */
  readonly pollMs: number
  /** Milliseconds for which jobs that are over are remembered. */
  readonly keepMs: number
}

export interface JobWorker {
  /** Begins to take jobs. */
  start(): void
  /** There is a new one. */
  wake(): void
  /** Works on the next job now, where nothing runs beside requests. False: there is none. */
  runOne(): Promise<boolean>
  /** Somebody cancelled the job: if it is worked on here, that ends at once, for which is waited a moment. */
  abandon(job: string): Promise<void>
  /** Takes nothing new; what is not done within `graceMs` goes back to the queue. Safe to call twice. */
  drain(graceMs: number): Promise<void>
}

interface Running {
  readonly job: string
  readonly stop: AbortController
  readonly done: Promise<void>
}

const PRUNE_MS = 600_000
/** Milliseconds in which work that was told to stop has to. */
const LETTING_GO_MS = 2000

export function createJobWorker(options: JobWorkerOptions): JobWorker {
  const { queue, records, logger, sizes, pollMs, random } = options
  const pools = Object.entries(sizes) as [PoolName, number][]
  const wakers = new Map<PoolName, Waker>(pools.map(([name]) => [name, createWaker()]))
  const running = new Map<string, Running>()
  const loops: Promise<void>[] = []
  const life = { isEnding: false }
  let draining: Promise<void> | undefined
  let prunedAt = -Infinity

  async function claim(pool: PoolName): Promise<Lease | undefined> {
    try {
      return await queue.claim(lanesInTurn(pool, random()))
    } catch (error) {
      logger.log('error', 'no job could be had', { cause: String(error) })
      return undefined
    }
  }

  function begin(lease: Lease, ended: () => void): Promise<void> {
    const stop = new AbortController()
    const done = attempt(lease, stop, options).finally(() => {
      running.delete(lease.token)
      ended()
    })
    running.set(lease.token, { job: lease.job, stop, done })
    return done
  }

  async function feed(pool: PoolName, size: number, waker: Waker): Promise<void> {
    let busy = 0
    while (!life.isEnding) {
      const lease = busy < size ? await claim(pool) : undefined
      if (lease) {
        busy++
        void begin(lease, () => {
          busy--
          waker.wake()
        })
      } else {
        await prune()
        // Those that started together do not ask together for ever.
        if (!life.isEnding) await waker.wait(pollMs * (0.75 + random() / 2))
      }
    }
  }

  async function prune(): Promise<void> {
    if (options.now() - prunedAt < PRUNE_MS) return
    prunedAt = options.now()
    await records
      .prune(prunedAt - options.keepMs)
      .catch((error: unknown) => logger.log('warn', 'old jobs not removed', { cause: String(error) }))
  }

  const wake = () => {
    for (const waker of wakers.values()) waker.wake()
  }
  const settled = () => Promise.all([...running.values()].map(({ done }) => done))

  async function end(graceMs: number): Promise<void> {
    life.isEnding = true
    wake()
    await Promise.all(loops)
    await within(settled(), graceMs)
    for (const { stop } of running.values()) stop.abort(RELEASED)
    await within(settled(), LETTING_GO_MS)
  }

  return {
    start() {
      if (loops.length > 0 || life.isEnding) return
      for (const [name, size] of pools) if (size > 0) loops.push(feed(name, size, wakers.get(name) as Waker))
    },
    wake,
    async runOne() {
      for (const [name] of pools) {
        const lease = life.isEnding ? undefined : await claim(name)
        if (!lease) continue
        await begin(lease, () => undefined)
        return true
      }
      return false
    },
    async abandon(job) {
      const those = [...running.values()].filter((one) => one.job === job)
      for (const { stop } of those) stop.abort(LOST)
      await within(Promise.all(those.map(({ done }) => done)), LETTING_GO_MS)
    },
    drain: (graceMs) => (draining ??= end(graceMs)),
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
