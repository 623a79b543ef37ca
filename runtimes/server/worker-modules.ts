/** The Worker of this package as miniflare takes it: scripts and data under the names by which they import each other. */
import { readFile } from 'node:fs/promises'
import { PACKAGE_ROOT } from './places.ts'

type Kind = 'ESModule' | 'CompiledWasm' | 'Data'

interface WorkerModule {
  readonly type: Kind
  readonly path: string
  readonly contents: string | Uint8Array<ArrayBuffer>
}

/** As an application would put it together. */
const WITH_NETS = `
import { createMediamorph } from './workers.js'
import { nsfw } from './workers-nsfw.js'
const { fetch } = createMediamorph(undefined, { modules: nsfw })
export default { fetch }
`

/** The first is where it starts. @param hasNets with the classifier that comes along */
export async function workerModules(hasNets: boolean): Promise<WorkerModule[]> {
  const manifest = JSON.parse(await readFile(new URL('wasm/manifest.json', PACKAGE_ROOT), 'utf8')) as {
    modules: { file: string }[]
  }
  const codecs = manifest.modules.map(({ file }) => moduleAt('CompiledWasm', `wasm/${file}`))
  const service = await Promise.all([moduleAt('ESModule', 'dist/workers.js'), ...codecs])
  if (!hasNets) return service
  const start: WorkerModule = { type: 'ESModule', path: '/dist/workers-launched.js', contents: WITH_NETS }
  return [
    start,
    ...service,
    await moduleAt('ESModule', 'dist/workers-nsfw.js'),
    await moduleAt('CompiledWasm', 'wasm/nsfw/tfjs.wasm'),
    await moduleAt('Data', 'wasm/nsfw/weights.bin'),
  ]
}

async function moduleAt(type: Kind, path: string): Promise<WorkerModule> {
  const bytes = await readFile(new URL(path, PACKAGE_ROOT))
  const contents = type === 'ESModule' ? bytes.toString() : new Uint8Array(bytes)
  return { type, path: `/${path}`, contents }
}
