/** Workers have no threads: tasks run where they are asked for, stopped from inside by their own ticks. */
import { MediaError, type Task, type Workers } from '../../src/index.ts'
import { createTaskRunner } from '../../src/worker.ts'

type LoadWasm = (name: string) => WebAssembly.Module

/**
 * Each task has instances of its own: tasks of different requests may not wait for each other there. A deployed Worker
 * sees no time pass while it computes; there the platform's own CPU limit is the deadline.
 */
export function createWorkersInPlace(loadWasm: LoadWasm, size: number): Workers {
  return {
    size,
    async run({ op, data, signal, deadlineMs }: Task) {
      signal?.throwIfAborted()
      const end = deadlineMs === undefined ? Infinity : Date.now() + deadlineMs
      const shouldStop = () => signal?.aborted === true || Date.now() > end
      try {
        return (await createTaskRunner({ loadWasm, shouldStop })(op, data)).value
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        throw error instanceof MediaError ? error : new MediaError('INTERNAL', undefined, { cause: error })
      }
    },
    close: async () => undefined,
  }
}
