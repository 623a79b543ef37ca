/** Video against the ffmpeg of the machine, which is given the same address: time, bytes read, memory. */
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { startService, type Service } from '../../../scripts/stage/service.ts'
import { createWorkspace } from '../../../scripts/stage/workspace.ts'
import { duel, type Duel } from '../engine/duel.ts'
import { makeFiles } from './files.ts'
import { startSource, type Source } from './source.ts'
import { VIDEO_TASKS, type VideoTask } from './tasks.ts'

const LATENCY_MS = 20
const execute = promisify(execFile)

interface Row {
  readonly task: VideoTask
  readonly runtime: string
  readonly duel: Duel
  /** Bytes read for one answer, the least of the rounds. */
  readonly read: { readonly ours: number; readonly theirs: number }
  readonly requests: number
  /** Resident bytes above those before, of all processes. */
  readonly memory: number
}

/** @param runtimes whose services are measured, one after another */
export async function benchVideo(runtimes: readonly string[]): Promise<string> {
  const workspace = await createWorkspace({})
  const folder = `${workspace.folder}/videos`
  const rows: Row[] = []
  let source: Source | undefined
  try {
    await mkdir(folder)
    makeFiles(folder)
    source = await startSource(folder, LATENCY_MS)
    for (const runtime of runtimes) rows.push(...(await against(runtime, source, workspace.folder)))
    return videoTable(rows)
  } finally {
    await source?.close()
    await workspace.remove()
  }
}

async function against(runtime: string, source: Source, folder: string): Promise<Row[]> {
  const films = {
    name: 'films',
    match: '^/films/(?<key>.+)$',
    access: 'public',
    sources: [{ type: 'http', url: `${source.url}/\${key}` }],
  }
  const { env, remove } = await createWorkspace({}, { origins: [films] })
  const command = ['npm', 'run', '--silent', `start:${runtime}`] as const
  const service = await startService({ command, env })
  const rows: Row[] = []
  try {
    for (const task of VIDEO_TASKS) {
      rows.push(await measure({ task, runtime, service, source, folder }))
      console.error(`${task.name}, ${runtime}: ${rows.at(-1)!.duel.ratio.toFixed(2)}`)
    }
  } finally {
    await service.kill()
    await remove()
  }
  return rows
}

interface Context {
  readonly task: VideoTask
  readonly runtime: string
  readonly service: Service
  readonly source: Source
  readonly folder: string
}

async function measure({ task, runtime, service, source, folder }: Context): Promise<Row> {
  let round = 0
  let requests = 0
  const read = { ours: Infinity, theirs: Infinity }

  const ours = async () => {
    source.take()
    round += 1
    // Each time another original: nothing of it is stored.
    const path = `/films/${task.name.length}-${round}/${task.file}?${task.ours(round)}`
    const response = await fetch(service.url + path)
    const body = await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`${path}: ${Buffer.from(body).toString()}`)
    const taken = source.take()
    requests = taken.requests
    read.ours = Math.min(read.ours, taken.bytes)
  }
  const theirs = async () => {
    source.take()
    const { before = [], after, as } = task.theirs(round)
    const input = [...before, '-i', `${source.url}/x/${task.file}`]
    if (task.program === 'ffprobe') await execute('ffprobe', ['-v', 'error', ...input, ...after])
    else await execute('ffmpeg', ['-v', 'error', '-y', ...input, ...after, `${folder}/theirs.${as}`])
    read.theirs = Math.min(read.theirs, source.take().bytes)
  }

  await ours()
  const before = await service.memory()
  let most = before
  const look = async () => {
    most = Math.max(most, await service.memory())
  }
  const watch = setInterval(() => void look(), 50)
  try {
    const result = await duel({ ours, theirs, least: 3, most: 9, budgetMs: 8000 })
    return { task, runtime, duel: result, read, requests, memory: most - before }
  } finally {
    clearInterval(watch)
  }
}

function videoTable(rows: readonly Row[]): string {
  const mb = (bytes: number) => (bytes / 1e6).toFixed(2)
  const lines = rows.map(({ task, runtime, duel, read, requests, memory }) => {
    const [low, high] = duel.spread
    const isMet = duel.ratio <= task.target && read.ours <= (task.reads ?? Infinity) * 1e6
    return [
      task.name,
      runtime,
      duel.ours.toFixed(0),
      duel.theirs.toFixed(0),
      duel.ratio.toFixed(2),
      `${low.toFixed(2)} to ${high.toFixed(2)}`,
      task.target,
      isMet ? 'met' : '**not met**',
      mb(read.ours),
      mb(read.theirs),
      requests,
      (memory / 1_048_576).toFixed(0),
    ].join(' | ')
  })
  return `| task | runtime | ms | ffmpeg ms | ratio | middle half | target | | MB read | ffmpeg MB | requests | MiB more |
| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |
${lines.map((line) => `| ${line} |`).join('\n')}`
}
