/** Workers have no threads: tasks run where they are asked for, stopped from inside by their own ticks. */
import { MediaError, type NetLoaders, type Task, type Workers } from '../../src/index.ts'
import { createTaskRunner, type TaskRunner } from '../../src/worker.ts'

type LoadWasm = (name: string) => WebAssembly.Module

/** A runner with its instances, and what may stop its task. */
interface Place {
  readonly run: TaskRunner
  shouldStop(): boolean
}

/**
 * Each task has instances of its own while it runs: tasks of different requests may not wait for each other there. The next
 * one takes them over, since discarded memories would pile up. A deployed Worker sees no time pass while it computes; there
 * the platform's own CPU limit is the deadline.
 */
export function createWorkersInPlace(loadWasm: LoadWasm, size: number, nets: NetLoaders = {}): Workers {
  let idle: Place | undefined

  function open(): Place {
    const place: Place = {
      shouldStop: () => false,
      run: createTaskRunner({ loadWasm, nets, shouldStop: () => place.shouldStop() }),
    }
    return place
  }

  return {
    size,
    async run({ op, data, signal, deadlineMs }: Task) {
      signal?.throwIfAborted()
      const end = deadlineMs === undefined ? Infinity : Date.now() + deadlineMs
      const place = idle ?? open()
      idle = undefined
      place.shouldStop = () => signal?.aborted === true || Date.now() > end
      try {
        return (await place.run(op, data)).value
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        throw error instanceof MediaError ? error : new MediaError('INTERNAL', undefined, { cause: error })
      } finally {
        idle = place
      }
    },
    close: async () => undefined,
  }
}
