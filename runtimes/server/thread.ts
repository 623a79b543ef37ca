/** The thread's half of the pool, whatever the tasks are. */
import type { MessagePort, Transferable } from 'node:worker_threads'
import type { Failure, Order, Report, ThreadData } from './messages.ts'

export interface RunnerContext {
  loadWasm(name: string): Promise<WebAssembly.Module>
  /** True when the task in hand must stop: asked for by the pool, or out of time. */
  shouldStop(): boolean
}

export interface TaskAnswer {
  readonly value: unknown
  readonly transfer?: readonly ArrayBuffer[] | undefined
}

export type TaskRunner = (op: string, data: unknown) => Promise<TaskAnswer>

type TaskOrder = Extract<Order, { kind: 'task' }>

export function serveTasks(
  port: MessagePort,
  { stop }: ThreadData,
  createRunner: (context: RunnerContext) => TaskRunner,
): void {
  const flag = new Int32Array(stop)
  const wasm = createWasmDesk((name) => send({ kind: 'need', name }))
  let current = { id: 0, end: Infinity }
  const shouldStop = () => Atomics.load(flag, 0) === current.id || performance.now() > current.end
  const run = createRunner({ loadWasm: wasm.load, shouldStop })

  function send(report: Report, transfer: readonly ArrayBuffer[] = []): void {
    port.postMessage(report, transfer as Transferable[])
  }

  async function work({ id, op, data, deadlineMs }: TaskOrder): Promise<void> {
    current = { id, end: deadlineMs === undefined ? Infinity : performance.now() + deadlineMs }
    try {
      const { value, transfer } = await run(op, data)
      send({ kind: 'done', id, value }, transfer)
    } catch (error) {
      send({ kind: 'failed', id, failure: toFailure(error) })
    }
  }

  port.on('message', (order: Order) => {
    if (order.kind === 'task') void work(order)
    else wasm.receive(order)
  })
  send({ kind: 'ready' })
}

/** Modules that were asked for, by name, until they come; afterwards the module itself. */
function createWasmDesk(ask: (name: string) => void) {
  const asked = new Map<string, Promise<WebAssembly.Module>>()
  const waiting = new Map<
    string,
    { resolve: (module: WebAssembly.Module) => void; reject: (error: Error) => void }
  >()
  return {
    load(name: string): Promise<WebAssembly.Module> {
      const known = asked.get(name)
      if (known) return known
      const coming = new Promise<WebAssembly.Module>((resolve, reject) => {
        waiting.set(name, { resolve, reject })
        ask(name)
      })
      asked.set(name, coming)
      return coming
    },
    receive(order: Exclude<Order, TaskOrder>): void {
      const waiter = waiting.get(order.name)
      waiting.delete(order.name)
      if (order.kind === 'wasm') return waiter?.resolve(order.module)
      asked.delete(order.name)
      waiter?.reject(new Error(order.message))
    },
  }
}

function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) {
    return { code: undefined, name: 'Error', message: String(error) }
  }
  const { name, message, stack } = error
  const isCoded = name === 'MediaError' && 'code' in error && 'details' in error
  if (!isCoded) return { code: undefined, name, message, stack }
  return { code: error.code as NonNullable<Failure['code']>, name, message, details: error.details }
}
