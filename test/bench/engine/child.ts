/**
 * Runs the engine's tasks in one runtime: `child.mjs ROOT FOLDER against|alone`. The last line it prints is JSON. As a thread of
 * itself it makes pictures and nothing else.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { timeOf, warmUp } from './duel.ts'
import { createOurs } from './ours.ts'
import { quantile } from '../../../scripts/stage/service.ts'
import { recipeOf, TASKS } from './tasks.ts'
import { serveThread } from './threads.ts'

const [root, folder, mode] = process.argv.slice(2) as [string, string, string]

/** Median milliseconds of each task. */
async function alone(): Promise<Record<string, number>> {
  const make = createOurs(root)
  const result: Record<string, number> = {}
  for (const task of TASKS) {
    const bytes = await readFile(`${folder}/${task.input}`)
    const run = () => make(recipeOf(task), bytes)
    await warmUp(run, 600)
    const times: number[] = []
    for (const begun = performance.now(); times.length < 9 && performance.now() - begun < 800;)
      times.push(await timeOf(run))
    result[task.name] = quantile(times, 0.5)
  }
  return result
}

if (!isMainThread) serveThread(root, folder)
else if (mode === 'alone') console.log(JSON.stringify(await alone()))
else {
  // sharp is there in Node only.
  const { against } = await import('./against.ts')
  console.log(JSON.stringify(await against(root, folder, fileURLToPath(import.meta.url))))
}
