/** Every task in workerd, through miniflare. Clocks stand still inside, so the time is taken outside. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { quantile, ROOT } from '../../../scripts/stage/service.ts'
import { timeOf, warmUp } from './duel.ts'
import { recipeOf, TASKS } from './tasks.ts'
import type { WorkerOrder } from './worker.ts'

/** Pictures of one request. */
const CALLS = 3

/** Median milliseconds of one picture, by task. */
export async function inWorkerd(folder: string): Promise<Record<string, number>> {
  const { script, modules } = await bundle()
  const miniflare = new Miniflare({
    compatibilityDate: '2026-01-01',
    modules: [
      { type: 'ESModule', path: 'worker.js', contents: script },
      ...(await Promise.all(
        [...modules].map(async ([name, path]) => ({
          type: 'CompiledWasm' as const,
          path: name,
          contents: await readFile(path),
        })),
      )),
    ],
  })
  const ask = async (init: { method: string; body: string | Buffer }) => {
    const response = await miniflare.dispatchFetch('http://bench/', init)
    const text = await response.text()
    if (response.status !== 200) throw new Error(`workerd answered ${response.status}: ${text}`)
  }
  try {
    const result: Record<string, number> = {}
    for (const task of TASKS) {
      await ask({ method: 'PUT', body: await readFile(`${folder}/${task.input}`) })
      const order: WorkerOrder = { recipe: recipeOf(task), calls: CALLS }
      const run = () => ask({ method: 'POST', body: JSON.stringify(order) })
      await warmUp(run, 600, 1)
      const times: number[] = []
      for (const begun = performance.now(); times.length < 5 && performance.now() - begun < 800;)
        times.push(await timeOf(run))
      result[task.name] = quantile(times, 0.5) / CALLS
    }
    return result
  } finally {
    await miniflare.dispose()
  }
}

/** Modules stay imports, by their names. */
async function bundle(): Promise<{ script: string; modules: ReadonlyMap<string, string> }> {
  const modules = new Map<string, string>()
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/bench/engine/worker.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    logLevel: 'warning',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    plugins: [
      {
        name: 'modules-outside',
        setup({ onResolve }) {
          onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            const name = basename(path)
            modules.set(name, `${resolveDir}/${path}`)
            return { path: `./${name}`, external: true }
          })
        },
      },
    ],
  })
  return { script: outputFiles[0]!.text, modules }
}
