/** The script of one thread: hears tasks, runs them one after another, answers. Knows the engines and nothing else. */
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { createTaskRunner } from '../../src/worker.ts'
import { loadHeif } from './heif.ts'
import { createNets } from './nets.ts'
import { serveTasks } from './thread.ts'

/** As `nice` has it: 0 is usual, 19 yields to everything. */
const NICENESS = 5

/**
 * The event loop goes first when every core is busy with pictures. Linux keeps the priority of each thread apart;
 * elsewhere this would be the whole process.
 */
function yieldToEventLoop(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(NICENESS)
  } catch {
    // Not permitted here: then all threads are equal.
  }
}

if (parentPort) {
  yieldToEventLoop()
  serveTasks(parentPort, workerData, (options) =>
    createTaskRunner({ ...options, loadHeif, nets: createNets(options.loadWasm) }),
  )
}
