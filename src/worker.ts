/** The second door: what a worker thread needs, and nothing of requests, stores or sources. */
import { isMediaError, MediaError, type ErrorCode } from './error.ts'
import { createImageWorker, type ImageTask } from './engines/image/image-task.ts'
import { Stopped } from './engines/image/slot.ts'
import { createClassifyWorker, type ClassifyTask } from './engines/nsfw/classify-task.ts'
import type { HeifFactory, NetLoaders, WasmName } from './platform.ts'

export interface TaskRunnerOptions {
  loadWasm(name: WasmName): WebAssembly.Module | Promise<WebAssembly.Module>
  /** Asked from inside running modules, about once a millisecond of work: true stops the task. */
  shouldStop(): boolean
  /** Told after each task how many bytes of it are garbage now, and need not wait to be collected. */
  leave?(bytes: number): void
  /** Loads the optional package that reads HEIC; rejects where it is not installed. */
  loadHeif?(): Promise<HeifFactory>
  /** Networks that judge pictures. */
  readonly nets?: NetLoaders
}

export interface TaskResult {
  readonly value: unknown
  /** Buffers of the value that may be handed over instead of copied. */
  readonly transfer: ArrayBuffer[]
}

/** Runs tasks one after another. @throws MediaError; TRANSFORM_TIMEOUT when it was stopped */
export type TaskRunner = (op: string, data: unknown) => Promise<TaskResult>

export function createTaskRunner(options: TaskRunnerOptions): TaskRunner {
  const { loadWasm, shouldStop, leave, loadHeif, nets } = options
  const tick = () => {
    if (shouldStop()) throw new Stopped()
  }
  const image = createImageWorker({
    loadWasm,
    tick,
    ...(leave ? { leave } : {}),
    ...(loadHeif ? { loadHeif } : {}),
  })
  const classify = createClassifyWorker(image.see, nets)
  const tasks: Readonly<Record<string, TaskRunner>> = {
    image: async (_, data) => {
      const value = await image(data as ImageTask)
      return { value, transfer: [value.body.buffer] }
    },
    classify: async (_, data) => ({ value: await classify(data as ClassifyTask), transfer: [] }),
  }
  return async (op, data) => {
    const task = Object.hasOwn(tasks, op) ? tasks[op] : undefined
    if (!task) throw new MediaError('INTERNAL', undefined, { cause: `no task "${op}"` })
    try {
      return await task(op, data)
    } catch (error) {
      throw error instanceof Stopped ? new MediaError('TRANSFORM_TIMEOUT') : error
    }
  }
}

/** An error as it crosses a thread: structured clone keeps no classes. */
export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: unknown
  /** For the log. */
  readonly cause?: string
}

export function toWireError(error: unknown): WireError {
  if (!isMediaError(error)) return { code: 'INTERNAL', message: 'A worker failed', cause: String(error) }
  const { code, message, details, cause } = error
  return {
    code,
    message,
    ...(details === undefined ? {} : { details }),
    ...(cause === undefined ? {} : { cause: String(cause) }),
  }
}

export function fromWireError({ code, message, details, cause }: WireError): MediaError {
  return new MediaError(code, message, { details, cause })
}
