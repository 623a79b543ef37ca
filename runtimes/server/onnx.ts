/** A network in a file of ONNX, run by whichever of two optional packages is installed. */
import { readFile } from 'node:fs/promises'
import type { Net } from '../../src/index.ts'

/** The part of both packages that is used here. */
interface Onnx {
  readonly env: { readonly wasm?: { numThreads?: number } }
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<Session>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => unknown
}
interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(feeds: Readonly<Record<string, unknown>>): Promise<Record<string, { readonly data: ArrayLike<number> }>>
}

/** The first is several times faster, the second is smaller and runs wherever WebAssembly does. */
const PACKAGES = ['onnxruntime-node', 'onnxruntime-web']
const SIDE = 224
const CLASSES = 5

/** @throws Error that says what is wrong with the file, or that the package is missing */
export async function openOnnx(path: string): Promise<Net> {
  const { env, InferenceSession, Tensor } = await loadOnnx()
  if (env.wasm) env.wasm.numThreads = 1
  // Threads are ours to share out.
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 }
  const session = await orSay(path, async () =>
    InferenceSession.create(new Uint8Array(await readFile(path)), options),
  )
  const input = nameAmong(session.inputNames, 'input')
  const output = nameAmong(session.outputNames, 'prediction')
  const net = async (pixels: Float32Array) => {
    const found = await session.run({ [input]: new Tensor('float32', pixels, [1, SIDE, SIDE, 3]) })
    return found[output]?.data ?? []
  }
  const { length } = await orSay(path, () => net(new Float32Array(SIDE * SIDE * 3)))
  if (length !== CLASSES) throw new Error(`${path} gives ${length} numbers, expected ${CLASSES} classes`)
  return net
}

async function loadOnnx(): Promise<Onnx> {
  const failures: string[] = []
  for (const name of PACKAGES) {
    try {
      // A name that no compiler follows: without the package everything else must build and run.
      const module = (await import(name)) as Partial<Onnx> & { default?: Onnx }
      if (module.InferenceSession) return module as Onnx
      if (module.default) return module.default
    } catch (error) {
      if (!isMissing(error)) failures.push(`${name} cannot be loaded: ${reasonOf(error)}`)
    }
  }
  const missing = 'onnx needs the package onnxruntime-node or onnxruntime-web: install one of them'
  throw new Error(failures.length > 0 ? failures.join('; ') : missing)
}

function isMissing(error: unknown): boolean {
  return /^(?:ERR_)?MODULE_NOT_FOUND$/.test(String((error as { code?: unknown } | undefined)?.code))
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300)
}

/** That of our own models, else the first. */
function nameAmong(names: readonly string[], usual: string): string {
  return names.includes(usual) ? usual : (names[0] ?? usual)
}

async function orSay<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new Error(`${path} is no such network: ${reasonOf(cause)}`, { cause })
  }
}
