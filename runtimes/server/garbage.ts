/** Memory of pictures goes when a task is done, not when the runtime comes to think of it. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What may wait where collecting takes as long as a small picture. */
const MOST_GARBAGE = 64 * 1_048_576

export interface Collector {
  /** After a task that left so many bytes behind. */
  leave(bytes: number): void
  collect(): void
}

/**
 * Bun counts the memory of pictures late, so that decoded pixels pile up for gigabytes before they are collected: it is
 * asked after each task. V8 collects by itself, but keeps the last hundreds of megabytes for as long as nothing follows.
 */
export function createCollector(): Collector {
  const { Bun } = globalThis as { Bun?: { gc(waits: boolean): void } }
  if (Bun) return { leave: () => undefined, collect: () => Bun.gc(true) }
  let garbage = 0
  let gc: (() => void) | undefined
  return {
    leave: (bytes) => void (garbage += bytes),
    collect() {
      if (garbage < MOST_GARBAGE) return
      garbage = 0
      gc ??= findGc()
      gc()
    },
  }
}

/** V8 shows it to contexts made after it was asked to. Where it does not, nothing happens. */
function findGc(): () => void {
  try {
    setFlagsFromString('--expose-gc')
    return runInNewContext('gc') as () => void
  } catch {
    return () => undefined
  }
}
