/** A Worker as wrangler deploys it: one script, with the compiled modules that it imports beside it. */
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { Log, LogLevel, Miniflare } from 'miniflare'
import type { R2Like } from '../../runtimes/workers/r2-driver.ts'
import { ROOT } from './commands.ts'

export interface WorkerBundle {
  readonly script: string
  /** By the names under which the script imports them. */
  readonly modules: ReadonlyMap<string, Uint8Array>
}

export async function bundleWorker(entry: string): Promise<WorkerBundle> {
  const paths = new Map<string, string>()
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    plugins: [
      {
        name: 'wasm',
        setup({ onResolve }) {
          onResolve({ filter: /\.(?:wasm|bin)$/ }, ({ path, resolveDir }) => {
            const name = `${paths.size}${extname(path)}`
            paths.set(name, join(resolveDir, path))
            return { path: `./${name}`, external: true }
          })
        },
      },
    ],
  })
  const read = [...paths].map(async ([name, path]) => [name, await readFile(path)] as const)
  return { script: outputFiles[0]!.text, modules: new Map(await Promise.all(read)) }
}

/** Bytes that are sent to Cloudflare. */
export function deployedBytes({ script, modules }: WorkerBundle): number {
  return [script, ...modules.values()].reduce((sum, part) => sum + gzipSync(part).length, 0)
}

/** As miniflare is given it. */
export function modulesOf({ script, modules }: WorkerBundle) {
  return [
    { type: 'ESModule' as const, path: '/worker.js', contents: script },
    ...[...modules].map(([name, contents]) => ({
      type: name.endsWith('.wasm') ? ('CompiledWasm' as const) : ('Data' as const),
      path: `/${name}`,
      contents,
    })),
  ]
}

interface Settings {
  readonly compatibility_date: string
  readonly compatibility_flags: string[]
  readonly r2_buckets: readonly { binding: string }[]
  readonly d1_databases: readonly { binding: string }[]
  readonly queues: { readonly producers: readonly { binding: string; queue: string }[] }
}

/** With the bindings of `examples/workers/wrangler.jsonc`. */
export async function startWorker(
  { script, modules }: WorkerBundle,
  more: { readonly inspectorPort?: number } = {},
): Promise<Miniflare> {
  const text = await readFile(join(ROOT, 'examples/workers/wrangler.jsonc'), 'utf8')
  const settings = JSON.parse(
    text.replaceAll(/^\s*\/\/.*$/gm, '').replaceAll(/,(\s*[\]}])/g, '$1'),
  ) as Settings
  return new Miniflare({
    ...more,
    modulesRoot: '/',
    modules: modulesOf({ script, modules }),
    compatibilityDate: settings.compatibility_date,
    compatibilityFlags: settings.compatibility_flags,
    r2Buckets: settings.r2_buckets.map(({ binding }) => binding),
    d1Databases: settings.d1_databases.map(({ binding }) => binding),
    queueProducers: Object.fromEntries(
      settings.queues.producers.map(({ binding, queue }) => [binding, { queueName: queue }]),
    ),
    cf: false,
    log: new Log(LogLevel.ERROR),
  })
}

export async function bucketOf(miniflare: Miniflare, name: string): Promise<R2Like> {
  return (await miniflare.getR2Bucket(name)) as unknown as R2Like
}
