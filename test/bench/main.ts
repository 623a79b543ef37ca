/**
 * `npm run bench`: this service and ipx (sharp) over HTTP, making the same pictures, in one interleaved run. Takes under
 * six minutes. `--write` puts the figures into docs/performance.md, `--runtimes=bun,node,deno` chooses ours.
 */
import { availableParallelism } from 'node:os'
import sharp from 'sharp'
import { photograph } from '../../scripts/stage/media.ts'
import type { Service } from '../../scripts/stage/service.ts'
import { createWorkspace, type Workspace } from '../../scripts/stage/workspace.ts'
import { contenders, type Contender, type Task } from './contenders.ts'
import { burst, type Burst } from './measure.ts'
import { machine, memoryTable, table, writePage, type Cell } from './report.ts'

const ROUNDS = 3
const BURST_MS = 1000
const LEAST = 4
/** Clients at a time. */
const CLIENTS = availableParallelism()
/** Widths vary by as much around that of the task. */
const SPREAD = 16
/** After that no further round begins. */
const BUDGET_MS = 300_000

const PHOTOS = { 'photo-6mp.jpg': [2725, 2225], 'photo-12mp.jpg': [4000, 3000] } as const
const TASKS: readonly Task[] = Object.keys(PHOTOS).flatMap((photo) =>
  ([320, 720, 1280] as const).flatMap((width) =>
    (['jpeg', 'webp'] as const).map((format) => ({ photo, width, format })),
  ),
)

interface Running {
  readonly contender: Contender
  readonly service: Service
  /** Counts up: a number never used twice is a rendition never made before. */
  count: number
}

async function main(): Promise<void> {
  const flag = process.argv.find((one) => one.startsWith('--runtimes='))
  const all = contenders((flag?.slice('--runtimes='.length) ?? 'bun,node').split(','))
  const files: Record<string, Uint8Array> = { 'small.jpg': await photograph(64, 48) }
  for (const [name, [width, height]] of Object.entries(PHOTOS)) files[name] = await photograph(width, height)
  const workspace = await createWorkspace(files)
  const running: Running[] = []
  try {
    for (const contender of all) running.push(await begin(contender, workspace))
    await report(await run(running), all.at(-1)!.name)
  } finally {
    for (const { service } of running) await service.kill()
    await workspace.remove()
  }
}

/** Started and warm; what it answers is checked once for each task. */
async function begin(contender: Contender, workspace: Workspace): Promise<Running> {
  const one = { contender, service: await contender.start(workspace), count: 0 }
  for (const task of TASKS) {
    const response = await fetch(one.service.url + contender.path(task, task.width, one.count++))
    const { width, format } = await sharp(await response.arrayBuffer()).metadata()
    if (width !== task.width || format !== task.format)
      throw new Error(
        `${contender.name} made ${format} of width ${width}, expected ${task.format} of ${task.width}`,
      )
  }
  return one
}

async function run(running: readonly Running[]): Promise<Cell[]> {
  const bursts = new Map<string, Burst[]>()
  const started = Date.now()
  for (let round = 0; round < ROUNDS && Date.now() - started < BUDGET_MS; round++) {
    for (const task of TASKS) {
      for (const one of running)
        await note(`${task.width} ${task.format} of ${task.photo}`, one, () => uncached(one, task))
    }
    for (const one of running) await note('one address again and again', one, () => cached(one))
  }

  async function note(
    task: string,
    { contender, service }: Running,
    path: () => () => string,
  ): Promise<void> {
    const key = `${task}\t${contender.name}`
    const result = await burst(service, { clients: CLIENTS, forMs: BURST_MS, least: LEAST, path: path() })
    bursts.set(key, [...(bursts.get(key) ?? []), result])
  }

  return [...bursts].map(([key, list]) => {
    const [task, contender] = key.split('\t') as [string, string]
    return { task, contender, bursts: list }
  })
}

function uncached(one: Running, task: Task): () => string {
  return () => {
    const n = one.count++
    return one.contender.path(task, task.width - SPREAD + (n % (2 * SPREAD)), n)
  }
}

/** Number 0 was made while warming up. */
function cached(one: Running): () => string {
  const [task] = TASKS
  return () => one.contender.path(task!, task!.width, 0)
}

async function report(cells: readonly Cell[], rival: string): Promise<void> {
  const text = `${machine()}\n\n${table(cells, rival)}\n\n${memoryTable(cells)}`
  console.log(text)
  if (process.argv.includes('--write')) await writePage(text)
}

await main()
