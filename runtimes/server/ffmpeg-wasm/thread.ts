/**
 * The script of a thread that holds one core: the thread's half of @ffmpeg/ffmpeg, in a place that looks to it like a
 * browser's worker. That half imports this same module again, for its default export.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { openCore, type Core, type CreateCore } from './core.ts'
import { viewShared, WANTS_INPUT, type CoreThreadData } from './shared.ts'

const { memory, module, coreUrl, workerUrl } = (workerData ?? {}) as CoreThreadData

export default async function createCore(options: object): Promise<Core> {
  const { default: create } = (await import(coreUrl)) as { default: CreateCore }
  const wantInput = () => parentPort?.postMessage({ type: WANTS_INPUT }, [])
  return openCore(create, options, module, viewShared(memory), wantInput)
}

/** Gives it the globals it looks for, takes away those by which it could reach out, and hands on what is said to it. */
function serve(port: NonNullable<typeof parentPort>): void {
  const scope = globalThis as unknown as { onmessage: ((event: { data: unknown }) => void) | null }
  const put = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
  put('self', globalThis)
  put('location', { href: import.meta.url })
  put('onmessage', null)
  put('postMessage', (message: unknown, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer))
  for (const name of ['WebSocket', 'fetch', 'XMLHttpRequest']) put(name, undefined)
  const ready = import(workerUrl)
  port.on('message', (data: unknown) => void ready.then(() => scope.onmessage?.({ data })))
}

if (parentPort && workerData) serve(parentPort)
