/** Every task by us and by sharp, in turns. */
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { duel, warmUp, type Duel } from './duel.ts'
import { match, type Match } from './match.ts'
import { createOurs, memoryOf, type Make } from './ours.ts'
import { measureQuality, type QualityRow } from './quality.ts'
import { makeByRival } from './rival.ts'
import { recipeOf, TASKS, type EngineTask } from './tasks.ts'
import { CORES, startThreads, type Threads } from './threads.ts'

export interface EngineRow {
  readonly task: EngineTask
  readonly single: Duel
  /** All cores at once; milliseconds are those of one picture. */
  readonly cores: Duel
  readonly bytes: { readonly ours: number; readonly theirs: number; readonly original: number }
  /** Bytes of WebAssembly memory. */
  readonly memory: number
  readonly matched?: Match
}
export interface EngineResult {
  readonly rows: readonly EngineRow[]
  readonly quality: readonly QualityRow[]
}

const WARM_MS = 600

export async function against(root: string, folder: string, script: string): Promise<EngineResult> {
  const make = createOurs(root)
  const threads = startThreads(script, root, folder)
  const rows: EngineRow[] = []
  try {
    for (const task of TASKS) {
      const bytes = await readFile(`${folder}/${task.input}`)
      rows.push(await measure({ root, make, threads, task, bytes }))
      console.error(`${task.name}: ${rows.at(-1)!.single.ratio.toFixed(2)}`)
    }
  } finally {
    await threads.close()
  }
  return { rows, quality: await measureQuality(root, make) }
}

interface Context {
  readonly root: string
  readonly make: Make
  readonly threads: Threads
  readonly task: EngineTask
  readonly bytes: Buffer
}

async function measure({ root, make, threads, task, bytes }: Context): Promise<EngineRow> {
  const recipe = recipeOf(task)
  const matched = task.isMatched ? await matchSettings(make, task, bytes) : undefined
  const ours = () => make(recipe, bytes)
  const theirs = () => makeByRival(task, bytes, matched?.nearest)
  await warmUp(ours, WARM_MS)
  const files = [await ours(), await theirs()] as const
  await assertAlike(...files)
  const single = await duel({ ours, theirs, least: 5, most: 15, budgetMs: 2000 })
  const cores = await onAllCores(threads, task, theirs, single)
  const memory = await memoryOf(() => createOurs(root)(recipe, bytes))
  return {
    task,
    single,
    cores,
    memory,
    ...(matched && { matched }),
    bytes: { ours: files[0].length, theirs: files[1].length, original: bytes.length },
  }
}

/** About 150 ms a round. */
async function onAllCores(
  threads: Threads,
  task: EngineTask,
  theirs: () => Promise<unknown>,
  single: Duel,
): Promise<Duel> {
  const calls = Math.max(1, Math.round(150 / single.theirs))
  const chain = async () => {
    for (let call = 0; call < calls; call++) await theirs()
  }
  await warmUp(() => threads.make({ task, calls }), WARM_MS, 2)
  const result = await duel({
    ours: () => threads.make({ task, calls }),
    theirs: () => Promise.all(Array.from({ length: CORES }, chain)),
    least: 3,
    most: 7,
    budgetMs: 1200,
  })
  const pictures = calls * CORES
  return { ...result, ours: result.ours / pictures, theirs: result.theirs / pictures }
}

/** Judged at the size of the result, from a PNG, so that no scaling is judged. */
async function matchSettings(make: Make, task: EngineTask, bytes: Buffer): Promise<Match> {
  const { width, height } = recipeOf(task)
  const png = await sharp(bytes).resize(width, height).png().toBuffer()
  const { quality = 50, rival } = task
  return match(make, { png, to: 'avif', quality, ...(rival && { rival }) })
}

/** The same format, size and number of frames: nobody wins by doing less. */
async function assertAlike(ours: Uint8Array, theirs: Uint8Array): Promise<void> {
  const facts = async (file: Uint8Array) => {
    const { format, width, height, pages = 1 } = await sharp(file).metadata()
    return `${format} ${width} x ${height}, ${pages} frames`
  }
  const [one, other] = await Promise.all([facts(ours), facts(theirs)])
  if (one !== other) throw new Error(`we made ${one}, sharp ${other}`)
}
