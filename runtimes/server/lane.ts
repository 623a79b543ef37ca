/** One thread and the one task it may have: messages in, messages out, and the ways to stop it. */
import type { Transferable } from 'node:worker_threads'
import type { Worker } from 'node:worker_threads'
import { MediaError, type Task } from '../../src/index.ts'
import { fromWireError } from '../../src/worker.ts'
import type { Order, Report, ThreadData } from './messages.ts'

export interface LaneOptions {
  open(data: ThreadData): Worker
  readonly graceMs: number
  loadWasm(name: string): WebAssembly.Module | Promise<WebAssembly.Module>
  /** The thread has ended without being asked to. */
  onGone(): void
  /** The thread has ignored a stop for longer than the grace. */
  onStuck(): void
}

export interface Lane {
  /** One task at a time. */
  run(task: Task): Promise<unknown>
  terminate(): Promise<void>
}

/** A thread that needs longer than this to start is given up. */
const START_MS = 20_000

export function createLane(options: LaneOptions): Lane {
  return new ThreadLane(options)
}

interface Job {
  readonly id: number
  readonly task: Task
  resolve(value: unknown): void
  reject(error: unknown): void
  /** Why it was told to stop. */
  reason?: unknown
}

class ThreadLane implements Lane {
  readonly #options: LaneOptions
  readonly #worker: Worker
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  #ready = false
  #job: Job | undefined
  #lastId = 0
  #deadline: ReturnType<typeof setTimeout> | undefined
  #grace: ReturnType<typeof setTimeout> | undefined

  constructor(options: LaneOptions) {
    this.#options = options
    this.#worker = options.open({ stop: this.#stop.buffer as SharedArrayBuffer })
    this.#worker.on('message', (report: Report) => this.#hear(report))
    this.#worker.on('error', (error) => this.#die(error))
    this.#worker.on('exit', (code) => this.#die(new Error(`The thread ended with code ${code}`)))
    this.#worker.on('messageerror', (error) => this.#die(error))
    // Waiting threads must not keep a process alive that has nothing else to do.
    this.#worker.unref()
  }

  run(task: Task): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#job = { id, task, resolve, reject }
      this.#worker.ref()
      task.signal?.addEventListener('abort', this.#onAbort)
      this.#startClock(this.#ready ? 0 : START_MS)
      try {
        const { op, data, deadlineMs } = task
        this.#send({ kind: 'task', id, op, data, deadlineMs }, task.transfer)
      } catch (error) {
        this.#take()?.reject(error)
      }
    })
  }

  async terminate(): Promise<void> {
    // Bun never settles this promise for a thread inside WebAssembly: nobody may wait for it for long.
    const ended = this.#worker.terminate().catch(() => undefined)
    let clock: ReturnType<typeof setTimeout> | undefined
    const patience = new Promise<void>((resolve) => (clock = setTimeout(resolve, 1000)))
    await Promise.race([ended, patience])
    clearTimeout(clock)
  }

  readonly #onAbort = (): void => this.#halt(this.#job?.task.signal?.reason)

  #send(order: Order, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(order, transfer as Transferable[])
  }

  #hear(report: Report): void {
    if (report.kind === 'ready') {
      this.#ready = true
      this.#startClock(0)
    } else if (report.kind === 'need') {
      void this.#handWasm(report.name)
    } else if (report.id === this.#job?.id) {
      const job = this.#take()
      if (report.kind === 'done') job?.resolve(report.value)
      else job?.reject(job.reason ?? fromWireError(report.error))
    }
  }

  async #handWasm(name: string): Promise<void> {
    try {
      this.#send({ kind: 'wasm', name, module: await this.#options.loadWasm(name) })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#send({ kind: 'no-wasm', name, message })
    }
  }

  /** The deadline counts from the moment a running thread has the task. */
  #startClock(extraMs: number): void {
    clearTimeout(this.#deadline)
    const after = this.#job?.task.deadlineMs
    if (after === undefined) return
    this.#deadline = setTimeout(() => this.#halt(new MediaError('TRANSFORM_TIMEOUT')), after + extraMs)
  }

  #halt(reason: unknown): void {
    const job = this.#job
    if (!job) return
    job.reason ??= reason
    Atomics.store(this.#stop, 0, job.id)
    this.#grace ??= setTimeout(() => {
      const stuck = this.#take()
      this.#options.onStuck()
      stuck?.reject(stuck.reason)
    }, job.task.graceMs ?? this.#options.graceMs)
  }

  #die(error: unknown): void {
    const job = this.#take()
    this.#options.onGone()
    job?.reject(job.reason ?? new MediaError('INTERNAL', 'The worker stopped unexpectedly', { cause: error }))
  }

  /** Lets go of the task, its clocks and its listeners. */
  #take(): Job | undefined {
    const job = this.#job
    this.#job = undefined
    clearTimeout(this.#deadline)
    clearTimeout(this.#grace)
    this.#grace = undefined
    job?.task.signal?.removeEventListener('abort', this.#onAbort)
    this.#worker.unref()
    return job
  }
}
