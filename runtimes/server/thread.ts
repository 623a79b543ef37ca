/** The thread's half of the pool, whatever the tasks are. */
import type { MessagePort, Transferable } from 'node:worker_threads'
import { toWireError, type TaskRunner, type TaskRunnerOptions } from '../../src/worker.ts'
import { createCollector } from './garbage.ts'
import type { Order, Report, ThreadData } from './messages.ts'

type TaskOrder = Extract<Order, { kind: 'task' }>

export function serveTasks(
  port: MessagePort,
  { stop }: ThreadData,
  createRunner: (options: TaskRunnerOptions) => TaskRunner,
): void {
  const flag = new Int32Array(stop)
  const wasm = createWasmDesk((name) => send({ kind: 'need', name }))
  let current = { id: 0, end: Infinity }
  const shouldStop = () => Atomics.load(flag, 0) === current.id || performance.now() > current.end
  const collector = createCollector()
  const run = createRunner({ loadWasm: wasm.load, shouldStop, leave: collector.leave })

  function send(report: Report, transfer: readonly ArrayBuffer[] = []): void {
    port.postMessage(report, transfer as Transferable[])
  }

  async function work({ id, op, data, deadlineMs }: TaskOrder): Promise<void> {
    current = { id, end: deadlineMs === undefined ? Infinity : performance.now() + deadlineMs }
    try {
      const { value, transfer } = await run(op, data)
      send({ kind: 'done', id, value }, transfer)
    } catch (error) {
      send({ kind: 'failed', id, error: toWireError(error) })
    }
    collector.collect()
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
