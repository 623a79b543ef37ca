/** The ffmpeg of @ffmpeg/core: a few threads with a core each, started with the first job and let go when nobody needs them. */
import { MediaError, type Ffmpeg, type FfmpegAbilities, type FfmpegJob } from '../../../src/index.ts'
import { isFile } from '../spool.ts'
import { Lane } from './lane.ts'
import { loadPackages, type FfmpegPackages } from './packages.ts'

export interface WasmFfmpegOptions {
  /** The thread's module, `thread.ts`. */
  readonly script: URL
  /** Most threads, at least 1. */
  readonly size: number
  /** Milliseconds after which a thread without work is let go. Default 30000. */
  readonly idleMs?: number
  /** Milliseconds that a run may ignore a stop. Default 500. */
  readonly graceMs?: number
  /** Hears that a thread was given up inside a run; on Bun and Deno it burns on until that step of it ends. */
  onStuck?(): void
}

/** It encodes for ever (its threads do not exist), and it decodes nothing (it wants a chip that does). */
const BROKEN = new Set(['libx265', 'av1'])

export function createWasmFfmpeg(options: WasmFfmpegOptions): Ffmpeg {
  return new WasmFfmpeg(options)
}

interface Waiting {
  readonly signal: AbortSignal | undefined
  resolve(lane: Lane): void
  reject(reason: unknown): void
}

class WasmFfmpeg implements Ffmpeg {
  readonly name = 'ffmpeg-wasm'
  readonly #options: WasmFfmpegOptions
  readonly #size: number
  readonly #idle: { readonly lane: Lane; readonly clock: ReturnType<typeof setTimeout> }[] = []
  readonly #lanes = new Set<Lane>()
  readonly #queue: Waiting[] = []
  /** Threads that live or start. */
  #count = 0
  #packages: Promise<FfmpegPackages> | undefined
  #abilities: Promise<FfmpegAbilities | undefined> | undefined
  #isClosed = false

  constructor(options: WasmFfmpegOptions) {
    this.#options = options
    this.#size = Math.max(1, options.size)
  }

  abilities(): Promise<FfmpegAbilities | undefined> {
    return (this.#abilities ??= this.#ask().catch(() => undefined))
  }

  async run(job: FfmpegJob): Promise<Uint8Array<ArrayBuffer>> {
    let lane: Lane
    try {
      lane = await this.#take(job.signal)
    } catch (error) {
      if (!isFile(job.input)) job.input.cancel().catch(() => undefined)
      throw error
    }
    const running = lane.run(job)
    void lane.settled.then(() => this.#give(lane))
    return running
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const waiting of this.#queue.splice(0)) waiting.reject(closing())
    for (const { clock } of this.#idle.splice(0)) clearTimeout(clock)
    await Promise.all([...this.#lanes].map((lane) => lane.close(closing())))
  }

  async #ask(): Promise<FfmpegAbilities> {
    const lane = await this.#take()
    try {
      const [version = ''] = (await lane.ask('-version')).split('\n')
      const decoders = namesIn(await lane.ask('-decoders'))
      return { version, decoders, encoders: namesIn(await lane.ask('-encoders')) }
    } finally {
      this.#give(lane)
    }
  }

  /** A thread that is free, a new one, or the first that comes free. */
  async #take(signal?: AbortSignal): Promise<Lane> {
    signal?.throwIfAborted()
    if (this.#isClosed) throw closing()
    for (let free = this.#idle.pop(); free; free = this.#idle.pop()) {
      clearTimeout(free.clock)
      if (!free.lane.isSpent) return free.lane
      // It has died while it waited.
      this.#drop(free.lane)
    }
    if (this.#count < this.#size) return this.#start(signal)
    return this.#wait(signal)
  }

  #wait(signal: AbortSignal | undefined): Promise<Lane> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        reject(signal?.reason)
      }
      const done = () => signal?.removeEventListener('abort', leave)
      const waiting: Waiting = {
        signal,
        resolve: (lane) => (done(), resolve(lane)),
        reject: (reason) => (done(), reject(reason)),
      }
      this.#queue.push(waiting)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  async #start(signal: AbortSignal | undefined): Promise<Lane> {
    this.#count++
    let lane: Lane
    try {
      lane = await this.#open()
    } catch (error) {
      this.#leave()
      throw error instanceof MediaError ? error : new MediaError('INTERNAL', undefined, { cause: error })
    }
    if (!signal?.aborted) return lane
    this.#give(lane)
    throw signal.reason
  }

  async #open(): Promise<Lane> {
    const { script, graceMs = 500, onStuck = () => undefined } = this.#options
    const packages = await (this.#packages ??= loadPackages())
    const lane = await Lane.open({ script, packages, graceMs, onStuck })
    if (this.#isClosed) {
      await lane.close()
      throw closing()
    }
    this.#lanes.add(lane)
    return lane
  }

  #give(lane: Lane): void {
    if (this.#isClosed) return
    if (lane.isSpent) return this.#drop(lane)
    const next = this.#queue.shift()
    if (next) return next.resolve(lane)
    const clock = setTimeout(() => {
      this.#idle.splice(
        this.#idle.findIndex((one) => one.lane === lane),
        1,
      )
      this.#drop(lane)
    }, this.#options.idleMs ?? 30_000)
    clock.unref()
    this.#idle.push({ lane, clock })
  }

  #drop(lane: Lane): void {
    this.#lanes.delete(lane)
    void lane.close()
    this.#leave()
  }

  /** A place is free: whoever waits starts another thread. With the last one the compiled core goes too. */
  #leave(): void {
    this.#count--
    const next = this.#queue.shift()
    if (next) this.#start(next.signal).then(next.resolve, next.reject)
    else if (this.#count === 0) this.#packages = undefined
  }
}

const closing = () => new MediaError('BUSY', 'The service is shutting down', { retryAfter: 1 })

/** Of a list: ` V....D h264                 H.264 / AVC …`. */
function namesIn(list: string): ReadonlySet<string> {
  const rows = list.split('\n').map((line) => /^ [VAS.][A-Z.]{5} (\S+)/.exec(line)?.[1])
  return new Set(rows.filter((name) => name !== undefined && !BROKEN.has(name)) as string[])
}
