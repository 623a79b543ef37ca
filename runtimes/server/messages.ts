/** What the pool and its threads say to each other. Everything survives structured clone. */
import type { WireError } from '../../src/worker.ts'

/** Handed to a thread when it starts. */
export interface ThreadData {
  /** One Int32: the number of the task that must stop. */
  readonly stop: SharedArrayBuffer
}

/** Pool to thread. */
export type Order =
  | {
      readonly kind: 'task'
      readonly id: number
      readonly op: string
      readonly data: unknown
      readonly deadlineMs: number | undefined
    }
  | { readonly kind: 'wasm'; readonly name: string; readonly module: WebAssembly.Module }
  | { readonly kind: 'no-wasm'; readonly name: string; readonly message: string }

/** Thread to pool. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'need'; readonly name: string }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError }
