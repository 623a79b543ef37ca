/**
 * `npm run bench`: first the engine against sharp, task by task (`engine/`), then this service and ipx (sharp) over HTTP, making
 * the same pictures, then video against the ffmpeg of the machine, then stored answers against bare handlers, each in one interleaved run. Takes under twenty-five
 * minutes. `npm run bench -- engine`, `-- http`, `-- video`, `-- jobs` and `-- hits` run one part, `--write` puts the figures into docs/performance.md, `--runtimes=bun,node,deno` chooses our services.
 */
import { availableParallelism, loadavg } from 'node:os'
import sharp from 'sharp'
import { photograph } from '../../scripts/stage/media.ts'
import type { Service } from '../../scripts/stage/service.ts'
import { createWorkspace, type Workspace } from '../../scripts/stage/workspace.ts'
import { contenders, type Contender, type Task } from './contenders.ts'
import { benchEngine } from './engine/main.ts'
import { benchHits } from './hits.ts'
import { benchJobs } from './jobs/main.ts'
import { burst, type Burst } from './measure.ts'
import { machine, memoryTable, table, writePage, type Cell, type Part } from './report.ts'
import { benchVideo } from './video/main.ts'

const ROUNDS = 3
const BURST_MS = 1000
const LEAST = 4
/** Clients at a time. */
const CLIENTS = availableParallelism()
/** Widths and qualities vary by as much around those of the task: 33 x 15 renditions that nobody asked for before. */
const SPREAD = { width: 16, quality: 7 }
/** After that no further round begins. */
const BUDGET_MS = 300_000

const PHOTOS = { 'photo-6mp.jpg': [2725, 2225], 'photo-12mp.jpg': [4000, 3000] } as const
const TASKS: readonly Task[] = Object.keys(PHOTOS).flatMap((photo) =>
  ([320, 720, 1280] as const).flatMap((width) =>
    (['jpeg', 'webp'] as const).map((format) => ({ photo, width, format, quality: 80 })),
  ),
)

const PARTS: readonly Part[] = ['engine', 'http', 'hits', 'video', 'jobs']

interface Running {
  readonly contender: Contender
  readonly workspace: Workspace
  readonly service: Service
  /** How many renditions of each task were asked for. */
  readonly counts: Map<Task, number>
}

async function main(): Promise<void> {
  const wants = (part: string) =>
    process.argv.includes(part) || !PARTS.some((one) => process.argv.includes(one))
  const facts = machine()
  if (wants('engine')) await report('engine', `${facts}\n\n${await benchEngine()}`)
  if (wants('http')) await benchHttp(facts)
  if (wants('video')) await report('video', `${facts}\n\n${await benchVideo(runtimes())}`)
  if (wants('jobs')) await report('jobs', `${facts}\n\n${await benchJobs()}`)
  if (wants('hits')) {
    const photo = await photograph(1600, 1200)
    await report('hits', `${facts}\n\n${await benchHits(photo, runtimes(), CLIENTS)}`)
  }
}

function runtimes(): string[] {
  const flag = process.argv.find((one) => one.startsWith('--runtimes='))
  return (flag?.slice('--runtimes='.length) ?? 'bun,node').split(',')
}

async function benchHttp(facts: string): Promise<void> {
  const all = contenders(runtimes())
  const files: Record<string, Uint8Array> = { 'small.jpg': await photograph(64, 48) }
  for (const [name, [width, height]] of Object.entries(PHOTOS)) files[name] = await photograph(width, height)
  const running: Running[] = []
  try {
    for (const contender of all) running.push(await begin(contender, files))
    const cells = await run(running)
    await report('http', `${facts}\n\n${table(cells, all.at(-1)!.name)}\n\n${memoryTable(cells)}`)
  } finally {
    for (const { service, workspace } of running) {
      await service.kill()
      await workspace.remove()
    }
  }
}

/** Started and warm; what it answers is checked once for each task. */
async function begin(contender: Contender, files: Readonly<Record<string, Uint8Array>>): Promise<Running> {
  // One store each: otherwise one finds what the other made.
  const workspace = await createWorkspace(files)
  const one = { contender, workspace, service: await contender.start(workspace), counts: new Map() }
  for (const task of TASKS) {
    const response = await fetch(one.service.url + contender.path(task))
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
  async function note(name: string, { contender, service }: Running, path: () => string, fresh: boolean) {
    const key = `${name}\t${contender.name}`
    const result = await burst(service, { clients: CLIENTS, forMs: BURST_MS, least: LEAST, path, fresh })
    bursts.set(key, [...(bursts.get(key) ?? []), result])
  }

  const started = Date.now()
  for (let round = 0; round < ROUNDS && Date.now() - started < BUDGET_MS; round++) {
    for (const task of TASKS) {
      const name = `${task.width} ${task.format} of ${task.photo}`
      // ipx keeps nothing: its answers are always fresh.
      for (const one of running) await note(name, one, uncached(one, task), true)
    }
    for (const one of running)
      await note('one address again and again', one, () => one.contender.path(TASKS[0]!), false)
  }
  return [...bursts].map(([key, list]) => {
    const [task, contender] = key.split('\t') as [string, string]
    return { task, contender, bursts: list }
  })
}

/** Never the same twice, and never that of the task itself, which was made while warming up. */
function uncached({ contender, counts }: Running, task: Task): () => string {
  const [widths, qualities] = [2 * SPREAD.width + 1, 2 * SPREAD.quality + 1]
  return () => {
    const n = counts.get(task) ?? 0
    counts.set(task, n + 1)
    const width = task.width - SPREAD.width + (n % widths)
    const quality = task.quality - SPREAD.quality + (Math.floor(n / widths) % qualities)
    return width === task.width && quality === task.quality
      ? contender.path({ ...task, width: width + SPREAD.width + 1 })
      : contender.path({ ...task, width, quality })
  }
}

async function report(part: Part, text: string): Promise<void> {
  const whole = `${text}\n\nLoad of the machine after the run: ${loadavg()[0]!.toFixed(1)}.`
  console.log(whole)
  if (process.argv.includes('--write')) await writePage(part, whole)
}

await main()
