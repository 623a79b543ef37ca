/** A thread whose tasks misbehave in every way that a codec may. */
import { parentPort, workerData } from 'node:worker_threads'
import { serveTasks } from '../../../runtimes/server/thread.ts'
import { MediaError } from '../../../src/error.ts'
import type { TaskResult, TaskRunnerOptions } from '../../../src/worker.ts'

type Op = (data: unknown, context: TaskRunnerOptions) => unknown

const kept: unknown[] = []

async function call(context: TaskRunnerOptions, module: string): Promise<void> {
  const tick = () => {
    if (context.shouldStop()) throw new MediaError('TRANSFORM_TIMEOUT')
  }
  const instance = await WebAssembly.instantiate(await context.loadWasm(module), { m: { tick } })
  ;(instance.exports as { run: () => void }).run()
}

const OPS: Record<string, Op> = {
  length: (data) => (data as ArrayBuffer).byteLength,
  back: (data) => data,
  environment: () => Object.keys(process.env),
  sleep: (data) => new Promise((resolve) => setTimeout(() => resolve(data), data as number)),
  wasm: async (data, context) => {
    await call(context, data as string)
    return 'finished'
  },
  exit: () => process.exit(3),
  exhaust: () => {
    for (;;) kept.push(Array.from({ length: 1000 }, (_, index) => ({ index })))
  },
  coded: () => {
    throw new MediaError('UNSUPPORTED_CODEC', 'no such thing', { details: { of: 'no such thing' } })
  },
  bug: () => {
    throw new TypeError('secret detail')
  },
}

if (parentPort) {
  serveTasks(parentPort, workerData, (context) => async (op, data): Promise<TaskResult> => {
    const value = await OPS[op]?.(data, context)
    return { value, transfer: value instanceof ArrayBuffer ? [value] : [] }
  })
}
