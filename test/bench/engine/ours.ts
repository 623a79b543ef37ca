/** Our engine without a service around it: from file to file, as a worker of the pool runs it. */
import { readFile } from 'node:fs/promises'
import { createImageWorker } from '../../../src/engines/image/image-task.ts'
import type { ImageRecipe } from '../../../src/plan/recipe.ts'

export type Make = (recipe: ImageRecipe, bytes: Uint8Array) => Promise<Uint8Array>

const LIMITS = { pixels: 100_000_000, frames: 1000 }
const tick = () => {}

/** `root` is the checkout: the bundle lies elsewhere. */
export function createOurs(root: string): Make {
  const compiled = new Map<string, Promise<WebAssembly.Module>>()
  const loadWasm = (name: string) => {
    const module = compiled.get(name) ?? compile(root, name)
    compiled.set(name, module)
    return module
  }
  const run = createImageWorker({ loadWasm, tick })
  return async (recipe, bytes) => (await run({ recipe, bytes, ...LIMITS })).body
}

async function compile(root: string, name: string): Promise<WebAssembly.Module> {
  const manifest = JSON.parse(await readFile(`${root}wasm/manifest.json`, 'utf8')) as {
    modules: { name: string; file: string }[]
  }
  const file = manifest.modules.find((one) => one.name === name)?.file
  if (file === undefined) throw new Error(`No module is called ${name}`)
  return WebAssembly.compile(await readFile(`${root}wasm/${file}`))
}

/** Bytes of WebAssembly memory that `work` leaves behind: memory never shrinks, so that is its peak. All instances begun meanwhile. */
export async function memoryOf(work: () => Promise<unknown>): Promise<number> {
  const memories: WebAssembly.Memory[] = []
  const { Instance } = WebAssembly
  class Watched extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports)
      for (const value of Object.values(this.exports))
        if (value instanceof WebAssembly.Memory) memories.push(value)
    }
  }
  WebAssembly.Instance = Watched
  try {
    await work()
  } finally {
    WebAssembly.Instance = Instance
  }
  return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
}
