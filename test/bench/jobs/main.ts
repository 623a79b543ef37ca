/** What jobs cost without their work, and whether two workers are twice as fast. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { quantile, ROOT } from '../../../scripts/stage/service.ts'
import { hasPostgres, startPostgres, type PostgresServer } from '../../support/postgres.ts'
import { hasRedis, startRedis } from '../../support/redis-server.ts'
import { batchSeconds } from './pair.ts'

const JOBS = { sqlite: 6000, postgres: 1500 } as const
const WAITING = [1000, 100_000, 1_000_000] as const
const ROUNDS = 3
/** Of empty jobs a second, and of two workers' time against one's. */
const TARGETS = { perSecond: 2000, pair: 0.55 } as const

interface Row {
  readonly queue: keyof typeof QUEUE_NAMES
  readonly database: keyof typeof JOBS
  readonly runtime: 'node' | 'bun'
  readonly hasTarget: boolean
}

/** `bare` is the package alone, whose jobs stand in no database. */
const QUEUE_NAMES = { embedded: 'embedded', bullmq: 'through BullMQ', bare: 'BullMQ alone' } as const

/** Another queue is another row here, and in `child.ts`. */
const ROWS: readonly Row[] = [
  { queue: 'embedded', database: 'sqlite', runtime: 'node', hasTarget: true },
  { queue: 'embedded', database: 'sqlite', runtime: 'bun', hasTarget: true },
  { queue: 'bullmq', database: 'sqlite', runtime: 'node', hasTarget: false },
  { queue: 'bullmq', database: 'sqlite', runtime: 'bun', hasTarget: false },
  { queue: 'bare', database: 'sqlite', runtime: 'node', hasTarget: false },
  { queue: 'bare', database: 'sqlite', runtime: 'bun', hasTarget: false },
  { queue: 'embedded', database: 'postgres', runtime: 'node', hasTarget: false },
  { queue: 'embedded', database: 'postgres', runtime: 'bun', hasTarget: false },
]

const NAMES = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const
const PROGRAMS = { node: 'node', bun: `${ROOT}node_modules/bun/bin/bun.exe` } as const

export async function benchJobs(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-bench-jobs-'))
  const postgres = hasPostgres() ? await startPostgres() : undefined
  const redis = hasRedis() ? await startRedis() : undefined
  const bundle = await bundleChild()
  let places = 0
  const place = (database: Row['database']) =>
    database === 'sqlite' ? `sqlite:${join(folder, `${places++}.db`)}` : (postgres?.newPlace() ?? '')
  try {
    const rows = ROWS.filter(
      ({ database, queue }) => (database === 'sqlite' || postgres) && (queue === 'embedded' || redis),
    )
    const lines: string[] = []
    for (const row of rows) {
      const measure = async (what: string, count: number) =>
        (
          await runChild(bundle, row, [what, row.queue, place(row.database), String(count), redis?.url ?? ''])
        ).map(Number)
      const runs: number[][] = []
      for (let round = 0; round < ROUNDS; round++) runs.push(await measure('empty', JOBS[row.database]))
      const claims: number[] = []
      // Of others the package decides what is next.
      if (row.queue === 'embedded')
        for (const waiting of WAITING) claims.push(...(await measure('claim', waiting)))
      lines.push(line(row, runs, claims))
      console.log(lines.at(-1))
    }
    return `${table(lines)}\n\n${await pairs(postgres)}`
  } finally {
    await redis?.close()
    await postgres?.close()
    await rm(folder, { recursive: true, force: true })
    await rm(bundle, { force: true })
  }
}

function line(
  { queue, database, runtime, hasTarget }: Row,
  runs: readonly (readonly number[])[],
  claims: readonly number[],
): string {
  const middle = (at: 0 | 1) =>
    quantile(
      runs.map((run) => run[at] ?? 0),
      0.5,
    )
  const [speed, cpu] = [middle(0), middle(1)]
  const verdict = hasTarget
    ? ` ${TARGETS.perSecond} | ${speed >= TARGETS.perSecond ? 'met' : '**not met**'}`
    : ' | '
  const costs = WAITING.map((_, n) => (claims[n] === undefined ? '' : Math.round(claims[n]))).join(' | ')
  const where = queue === 'bare' ? 'none' : NAMES[database]
  return `| ${QUEUE_NAMES[queue]} | ${where} | ${runtime} | ${Math.round(speed)} |${verdict} | ${Math.round(cpu)} | ${costs} |`
}

function table(lines: readonly string[]): string {
  const waiting = WAITING.map((count) => `claim, µs, ${count.toLocaleString('en')} waiting`)
  return `| queue | database | runtime | empty jobs/s | target, at least | | CPU, µs a job | ${waiting.join(' | ')} |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}`
}

/** One and two take turns, so that whatever else the machine does meets both. */
async function pairs(postgres: PostgresServer | undefined): Promise<string> {
  const lines: string[] = []
  for (const database of ['sqlite', 'postgres'] as const) {
    if (database === 'postgres' && !postgres) continue
    const env = () =>
      database === 'postgres' && postgres
        ? { DATABASE_URL: postgres.newPlace() }
        : ({} as Record<string, string>)
    const [one, two]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      one.push(await batchSeconds('node', 1, env()))
      two.push(await batchSeconds('node', 2, env()))
    }
    const ratio = quantile(two, 0.5) / quantile(one, 0.5)
    const verdict = ratio <= TARGETS.pair ? 'met' : '**not met**'
    const seconds = [one, two].map((all) => quantile(all, 0.5).toFixed(2)).join(' | ')
    lines.push(`| ${NAMES[database]} | ${seconds} | ${ratio.toFixed(2)} | ${TARGETS.pair} | ${verdict} |`)
  }
  return `| 24 pictures, one at a time in each worker; ${availableParallelism()} cores | one worker, s | two workers, s | ratio | target, at most | |
| --- | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}`
}

/** Below the project, so that its packages are found: Node 20 runs no TypeScript. */
async function bundleChild(): Promise<string> {
  const outfile = `${ROOT}node_modules/.cache/mediamorph-bench-jobs-${process.pid}.mjs`
  const entry = new URL('./child.ts', import.meta.url).pathname
  const shape = { bundle: true, platform: 'node', format: 'esm', packages: 'external' } as const
  await build({ entryPoints: [entry], outfile, ...shape, logLevel: 'error' })
  return outfile
}

async function runChild(bundle: string, { runtime }: Row, words: readonly string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(PROGRAMS[runtime], [bundle, ...words], { timeout: 180_000 })
  return (stdout.trim().split('\n').at(-1) ?? '').split(' ')
}
