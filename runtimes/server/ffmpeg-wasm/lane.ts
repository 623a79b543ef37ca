/** One core in a thread of its own, and the one job it may have: the ways to give it work, to end that, and to let it go. */
import { MediaError, type FfmpegFile, type FfmpegJob } from '../../../src/index.ts'
import { isFile } from '../spool.ts'
import { createFeed, wake, type Feed } from './feed.ts'
import type { FfmpegClient, FfmpegPackages } from './packages.ts'
import { createShared, INPUT, NUMBER, ORIGINAL, RESULT, viewShared, WANTS_INPUT, WORD } from './shared.ts'
import { createStandIn, type StandIn } from './worker.ts'

export interface LaneOptions {
  readonly script: URL
  readonly packages: FfmpegPackages
  /** Milliseconds that a run may ignore a stop before its thread is given up. */
  readonly graceMs: number
  /** A thread had to be given up inside a run. */
  onStuck(): void
}

/** Most bytes that it may ask for at once. */
const MOST_ALLOC = 512 * 1_048_576
/** It has one thread, whatever a job says. */
const OPTIONS = ['-hide_banner', '-loglevel', 'error', '-max_alloc', String(MOST_ALLOC), '-threads', '1']
/** A thread that needs longer than this to start is given up. */
const START_MS = 20_000
/** An instance that has worked so often, or grown so large, has been of use. */
const MOST_RUNS = 500
const MOST_HEAP = 512 * 1_048_576
/** The core's own clock: never. */
const NEVER_MS = 0x7fffffff
/** Microseconds: a hundred years. */
const MOST_TIME = 3e15

export class Lane {
  readonly #options: LaneOptions
  readonly #shared
  readonly #client: FfmpegClient
  readonly #thread: StandIn
  #feed: Feed | undefined
  #stop: ((why: unknown) => void) | undefined
  #lines: string[] = []
  #onProgress: ((seconds: number) => void) | undefined
  #runs = 0
  #isBroken = false
  /** Settles, without an error, when the thread has left the last job. */
  settled: Promise<void> = Promise.resolve()

  private constructor(options: LaneOptions) {
    this.#options = options
    const memory = createShared()
    this.#shared = viewShared(memory)
    const { Client, coreUrl, workerUrl, module } = options.packages
    this.#thread = createStandIn({
      script: options.script,
      data: { memory, module, coreUrl, workerUrl },
      hear: ({ type }) => {
        if (type !== WANTS_INPUT) return false
        this.#feed?.next().catch((error: unknown) => this.#stop?.(error))
        return true
      },
      onGone: () => this.#break(),
    })
    this.#client = new Client()
    this.#client.on('log', ({ message }) => this.#lines.push(message))
    this.#client.on('progress', ({ time }) => {
      // Before the first packet it is the number for "none".
      if (time >= 0 && time < MOST_TIME) this.#onProgress?.(time / 1e6)
    })
  }

  /** @throws Error where the core does not start */
  static async open(options: LaneOptions): Promise<Lane> {
    const lane = new Lane(options)
    const { script } = options
    const clock = setTimeout(() => lane.#break(), START_MS)
    try {
      const config = { classWorkerURL: script.href, coreURL: script.href, wasmURL: 'none' }
      await lane.#thread.within(() => lane.#client.load(config))
    } catch (error) {
      await lane.close()
      throw error instanceof Error ? error : new Error(String(error))
    } finally {
      clearTimeout(clock)
    }
    lane.#thread.setBusy(false)
    return lane
  }

  /** It should be closed rather than given another job. */
  get isSpent(): boolean {
    return this.#isBroken || this.#runs >= MOST_RUNS || (this.#shared.numbers[NUMBER.heap] ?? 0) > MOST_HEAP
  }

  /** What it answers to a question such as `-decoders`. */
  async ask(question: string): Promise<string> {
    this.#lines = []
    this.#reset(0)
    this.#thread.setBusy(true)
    try {
      await this.#client.exec(['-hide_banner', question])
    } finally {
      this.#thread.setBusy(false)
    }
    return this.#lines.join('\n')
  }

  /** One at a time. Rejects at once when it is ended; `settled` says when the thread is free. */
  run(job: FfmpegJob): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      let reason: { readonly why: unknown } | undefined
      let grace: ReturnType<typeof setTimeout> | undefined
      const stop = (why: unknown) => {
        if (reason) return
        reason = { why }
        reject(why)
        this.#halt()
        grace = setTimeout(() => this.#giveUp(), this.#options.graceMs)
      }
      const onAbort = () => stop(job.signal.reason)
      const deadline = setTimeout(() => stop(new MediaError('TRANSFORM_TIMEOUT')), job.deadlineMs)
      job.signal.addEventListener('abort', onAbort, { once: true })
      this.#stop = stop
      this.#thread.setBusy(true)
      const left = () => {
        clearTimeout(deadline)
        clearTimeout(grace)
        job.signal.removeEventListener('abort', onAbort)
        this.#stop = undefined
        this.#thread.setBusy(false)
      }
      const work = this.#work(job).finally(left)
      this.settled = work.then(
        () => undefined,
        () => undefined,
      )
      work.then(resolve, reject)
      if (job.signal.aborted) onAbort()
    })
  }

  /** Ends what runs, then the thread. */
  async close(reason?: unknown): Promise<void> {
    this.#stop?.(reason)
    await this.settled
    this.#client.terminate()
    await this.#thread.terminate()
  }

  async #work(job: FfmpegJob): Promise<Uint8Array<ArrayBuffer>> {
    this.#runs++
    this.#lines = []
    this.#reset(job.outputBytes)
    this.#onProgress = job.onProgress && ((seconds) => job.onProgress?.(seconds))
    this.#feed = createFeed(job.input, this.#shared)
    const code = await this.#client
      .exec([...OPTIONS, ...argumentsOf(job), RESULT], NEVER_MS)
      .catch((trap: unknown) => {
        // What has trapped once is in no state to work again.
        this.#break()
        this.#lines.push(String(trap))
        return 1
      })
    this.#onProgress = undefined
    this.#feed.cancel()
    this.#feed = undefined
    if (this.#isBroken) throw this.#corrupt()
    const result = await this.#take()
    const tooLarge = this.#shared.numbers[NUMBER.tooLarge] ?? 0
    if (tooLarge > 0) throw largerThan(tooLarge, job)
    if (code !== 0) throw this.#corrupt()
    if (job.receive) await job.receive(inMemory(result))
    else if (job.take) job.take(result)
    else return result
    return new Uint8Array(0)
  }

  /** The result leaves the core's memory, whatever it is worth. */
  async #take(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await this.#client.readFile(RESULT)
    } catch {
      // There is none.
      return new Uint8Array(0)
    } finally {
      await this.#client.deleteFile(RESULT).catch(() => undefined)
    }
  }

  #reset(outputBytes: number): void {
    const { words, numbers } = this.#shared
    Atomics.store(words, WORD.stop, 0)
    numbers[NUMBER.outputBytes] = outputBytes
    numbers[NUMBER.tooLarge] = 0
  }

  #corrupt(): MediaError {
    const cause = this.#lines.join('\n').trim() || 'it failed without a word'
    return new MediaError('CORRUPT_MEDIA', undefined, { cause })
  }

  #halt(): void {
    const { words } = this.#shared
    Atomics.store(words, WORD.stop, 1)
    wake(words, INPUT.ended)
    this.#feed?.cancel()
  }

  #giveUp(): void {
    this.#break()
    this.#options.onStuck()
  }

  /** Whatever waits for the thread is rejected. */
  #break(): void {
    this.#isBroken = true
    this.#client.terminate()
    void this.#thread.terminate()
  }
}

/** It reads what we hand it and nothing else, whatever a file names. */
function argumentsOf({ args, input }: FfmpegJob): string[] {
  if (!isFile(input)) return ['-protocol_whitelist', 'pipe', ...args]
  const named = args.map((word) => (word === 'pipe:0' ? `file:${ORIGINAL}` : word))
  return ['-protocol_whitelist', 'file', ...named]
}

function inMemory(bytes: Uint8Array): FfmpegFile {
  const left = [bytes]
  return {
    size: bytes.length,
    read: async (start, end) => bytes.slice(start, end),
    stream: () =>
      new ReadableStream({
        pull(controller) {
          const all = left.shift()
          if (all && all.length > 0) controller.enqueue(all)
          else controller.close()
        },
      }),
  }
}

const largerThan = (size: number, { outputBytes }: FfmpegJob) =>
  new MediaError('LIMIT_EXCEEDED', `outputBytes is ${size}, the maximum is ${outputBytes}`, {
    details: { limit: 'outputBytes', value: size, maximum: outputBytes },
  })
