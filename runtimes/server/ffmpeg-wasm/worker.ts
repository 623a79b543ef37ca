/** The browser's `Worker` that @ffmpeg/ffmpeg wants, over node:worker_threads: the same on Bun, Deno and Node. */
import { Worker, type Transferable } from 'node:worker_threads'
import type { CoreThreadData } from './shared.ts'

export interface StandInOptions {
  readonly script: URL
  readonly data: CoreThreadData
  /** Hears what the thread says; true: it was not for @ffmpeg/ffmpeg. */
  hear(message: { readonly type?: unknown }): boolean
  /** The thread has ended by itself. */
  onGone(cause: unknown): void
}

export interface StandIn {
  /** Runs `act` where `new Worker` makes this thread. */
  within<T>(act: () => T): T
  /** A thread without work must not keep a process alive. */
  setBusy(isBusy: boolean): void
  /** Resolves when it has ended, after a second at the latest: Bun never settles for a thread inside WebAssembly. */
  terminate(): Promise<void>
}

const PATIENCE_MS = 1000

export function createStandIn({ script, data, hear, onGone }: StandInOptions): StandIn {
  const worker = new Worker(script, { workerData: data, env: {} })
  let isEnding = false
  const gone = (cause: unknown) => {
    if (!isEnding) onGone(cause)
  }
  worker.on('error', gone)
  worker.on('messageerror', gone)
  worker.on('exit', (code) => gone(`exit code ${code}`))

  async function terminate(): Promise<void> {
    isEnding = true
    let clock: ReturnType<typeof setTimeout> | undefined
    const patience = new Promise<void>((resolve) => (clock = setTimeout(resolve, PATIENCE_MS)))
    await Promise.race([worker.terminate().catch(() => undefined), patience])
    clearTimeout(clock)
    worker.unref()
  }

  class ThreadWorker {
    onmessage: ((event: { data: unknown }) => void) | null = null
    constructor() {
      worker.on('message', (message: { type?: unknown }) => {
        if (!hear(message)) this.onmessage?.({ data: message })
      })
    }
    postMessage(message: unknown, transfer: Transferable[] = []): void {
      worker.postMessage(message, transfer)
    }
    terminate(): void {
      void terminate()
    }
  }

  return {
    within(act) {
      const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker')
      Object.defineProperty(globalThis, 'Worker', { value: ThreadWorker, configurable: true, writable: true })
      try {
        return act()
      } finally {
        if (before) Object.defineProperty(globalThis, 'Worker', before)
        else Reflect.deleteProperty(globalThis, 'Worker')
      }
    },
    setBusy: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
    terminate,
  }
}
