/** Ours in as many threads as there are cores; each is the same script, started as a thread. */
import { availableParallelism } from 'node:os'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { parentPort, Worker } from 'node:worker_threads'
import { createOurs } from './ours.ts'
import { recipeOf, type EngineTask } from './tasks.ts'

export const CORES = availableParallelism()

interface Order {
  readonly task: EngineTask
  readonly calls: number
}

export interface Threads {
  /** `calls` pictures in each thread at the same time. */
  make(order: Order): Promise<void>
  close(): Promise<void>
}

export function startThreads(script: string, root: string, folder: string): Threads {
  const all = Array.from({ length: CORES }, () => new Worker(script, { argv: [root, folder] }))
  return {
    async make(order) {
      await Promise.all(
        all.map(async (thread) => {
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
          thread.postMessage(order)
          await once(thread, 'message')
        }),
      )
    },
    async close() {
      await Promise.all(all.map((thread) => thread.terminate()))
    },
  }
}

/** What such a thread does. Originals are read once. */
export function serveThread(root: string, folder: string): void {
  const ours = createOurs(root)
  const files = new Map<string, Promise<Uint8Array>>()
  const fileOf = (name: string) => {
    const file = files.get(name) ?? readFile(`${folder}/${name}`)
    files.set(name, file)
    return file
  }
  parentPort!.on('message', async ({ task, calls }: Order) => {
    const bytes = await fileOf(task.input)
    for (let call = 0; call < calls; call++) await ours(recipeOf(task), bytes)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort!.postMessage('done')
  })
}
