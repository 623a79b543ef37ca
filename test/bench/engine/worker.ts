/** The engine in workerd: PUT an original, POST a recipe. As in runtimes/workers.ts, every picture gets instances of its own. */
import { avif } from '../../../runtimes/workers/avif.ts'
import { core } from '../../../runtimes/workers/core.ts'
import type { Modules } from '../../../runtimes/workers/bind.ts'
import { svg } from '../../../runtimes/workers/svg.ts'
import { createImageWorker } from '../../../src/engines/image/image-task.ts'
import type { ImageRecipe } from '../../../src/plan/recipe.ts'

export interface WorkerOrder {
  readonly recipe: ImageRecipe
  readonly calls: number
}

const MODULES: Modules = { ...core, ...avif, ...svg }

let bytes = new Uint8Array()

async function make({ recipe, calls }: WorkerOrder): Promise<number> {
  let length = 0
  for (let call = 0; call < calls; call++) {
    const run = createImageWorker({ loadWasm: (name) => MODULES[name]!, tick: () => {} })
    length = (await run({ recipe, bytes, pixels: 100_000_000, frames: 1000 })).body.length
  }
  return length
}

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'PUT') {
      bytes = new Uint8Array(await request.arrayBuffer())
      return new Response()
    }
    return Response.json(await make((await request.json()) as WorkerOrder))
  },
}
