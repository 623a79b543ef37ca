/**
 * Threads for CPU work, over node:worker_threads: the same behaviour on Node, Bun and Deno. Threads start when first
 * needed and can always be taken back: first by a shared word that their work polls, then, after a grace, by
 * terminate() and a new thread.
 */
import { Worker } from 'node:worker_threads'
import { MediaError, type Task, type Workers } from '../../src/index.ts'
import { createLane, type Lane } from './lane.ts'

export interface PoolOptions {
  /** The thread's module; it speaks the messages of `messages.ts`. */
  readonly script: URL
  /** Most threads at a time, at least 1. */
  readonly size: number
  /** Compiled modules, asked for by threads; each is compiled once here, so that all threads share its machine code. */
  loadWasm(name: string): WebAssembly.Module | Promise<WebAssembly.Module>
  /** Milliseconds that work may ignore a stop before its thread is given up. Default 250. */
  readonly graceMs?: number
  /** False where terminate() leaves a spinning thread running (Bun, Deno): then it counts as lost. */
  readonly terminateStops: boolean
  /** Heap of one thread in MB, beside the memory of WebAssembly. Default 512. */
  readonly heapMb?: number
  /** Hears of a thread that had to be given up. */
  onLost?(total: number): void
}

export interface Pool extends Workers {
  /** Threads alive in the pool. */
  readonly threads: number
  /** Threads that were given up and may still burn a core. */
  readonly lost: number
}

interface Waiting {
  readonly task: Task
  resolve(value: unknown): void
  reject(error: unknown): void
}

export function createPool(options: PoolOptions): Pool {
  return new ThreadPool(options)
}

class ThreadPool implements Pool {
  readonly size: number
  readonly #options: PoolOptions
  readonly #lanes = new Set<Lane>()
  readonly #idle: Lane[] = []
  readonly #queue: Waiting[] = []
  #lost = 0
  #closed: Promise<void> | undefined
  #drained: (() => void) | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.size = Math.max(1, options.size)
  }

  get threads(): number {
    return this.#lanes.size
  }

  get lost(): number {
    return this.#lost
  }

  run(task: Task): Promise<unknown> {
    if (this.#closed)
      return Promise.reject(new MediaError('BUSY', 'The service is shutting down', { retryAfter: 1 }))
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, resolve, reject })
      this.#advance()
    })
  }

  /** Everything accepted is finished first. */
  close(): Promise<void> {
    this.#closed ??= this.#drain()
    return this.#closed
  }

  async #drain(): Promise<void> {
    if (this.#queue.length > 0 || this.#idle.length < this.#lanes.size)
      await new Promise<void>((resolve) => (this.#drained = resolve))
    const lanes = [...this.#lanes]
    this.#lanes.clear()
    this.#idle.length = 0
    await Promise.all(lanes.map((lane) => lane.terminate()))
  }

  #advance(): void {
    while (this.#queue[0]) {
      const lane = this.#idle.pop() ?? (this.#lanes.size < this.size ? this.#start() : undefined)
      if (!lane) return
      const next = this.#queue.shift()
      if (next) this.#give(lane, next)
    }
    if (this.#idle.length === this.#lanes.size) this.#drained?.()
  }

  #start(): Lane {
    const { script, heapMb = 512, graceMs = 250, loadWasm } = this.#options
    const lane: Lane = createLane({
      open: (workerData) =>
        new Worker(script, { workerData, env: {}, resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
      graceMs,
      loadWasm,
      onGone: () => this.#forget(lane),
      onStuck: () => this.#giveUp(lane),
    })
    this.#lanes.add(lane)
    return lane
  }

  #give(lane: Lane, { task, resolve, reject }: Waiting): void {
    if (task.signal?.aborted) {
      reject(task.signal.reason)
      this.#idle.push(lane)
      return
    }
    const free = () => {
      if (this.#lanes.has(lane)) this.#idle.push(lane)
      this.#advance()
    }
    void lane.run(task).then(resolve, reject).finally(free)
  }

  /** A thread that ended by itself: its task has failed, the next task starts another. */
  #forget(lane: Lane): void {
    this.#lanes.delete(lane)
    const at = this.#idle.indexOf(lane)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** A thread that heard no stop. Its place is free at once; whether it burns on is a fact of the runtime. */
  #giveUp(lane: Lane): void {
    this.#forget(lane)
    const ended = lane.terminate()
    if (this.#options.terminateStops) return void ended
    this.#lost++
    this.#options.onLost?.(this.#lost)
  }
}
