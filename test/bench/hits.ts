/** Stored answers against a bare handler of the same runtime that returns the same bytes: what the whole line costs. */
import { writeFile } from 'node:fs/promises'
import { quantile, startService, type Service } from '../../scripts/stage/service.ts'
import { createWorkspace } from '../../scripts/stage/workspace.ts'
import { contenders, type Contender } from './contenders.ts'
import { burst } from './measure.ts'

const TARGET = 0.85
const ROUNDS = 15
const BURST_MS = 400
const BYTES = 20_000
const WIDTH = 720
const PHOTO = 'photo.jpg'

interface HitRow {
  readonly runtime: string
  readonly bytes: number
  readonly perSecond: number
  readonly barePerSecond: number
  /** Of the server's CPU time for one answer. */
  readonly microseconds: number
  readonly bareMicroseconds: number
  /** Of each round, which measures both. */
  readonly ratios: readonly number[]
}

/** @param clients that ask at a time */
export async function benchHits(
  photo: Uint8Array,
  runtimes: readonly string[],
  clients: number,
): Promise<string> {
  const rows: HitRow[] = []
  for (const [at, contender] of contenders(runtimes).slice(0, runtimes.length).entries())
    rows.push(await against(contender, runtimes[at]!, photo, clients))
  return hitTable(rows)
}

async function against(
  contender: Contender,
  runtime: string,
  photo: Uint8Array,
  clients: number,
): Promise<HitRow> {
  const workspace = await createWorkspace({ [PHOTO]: photo })
  const services: Service[] = []
  try {
    const ours = await contender.start(workspace)
    services.push(ours)
    const { path, bytes } = await pathFor(contender, ours.url)
    const file = `${workspace.folder}/bytes`
    await writeFile(file, bytes)
    const program = runtime === 'bun' ? 'node_modules/bun/bin/bun.exe' : 'node'
    const command = [program, 'test/bench/bare-server.mjs'] as const
    const bare = await startService({ command, env: { BYTES: file }, health: '/' })
    services.push(bare)
    const spent = new Map(services.map((service) => [service, { cpuMs: 0, answers: 0 }]))
    const measure = async (service: Service, forMs = BURST_MS) => {
      const before = await service.cpuMs()
      const { perSecond, times } = await burst(service, {
        clients,
        forMs,
        least: 100,
        path: () => path,
        fresh: false,
      })
      const sum = spent.get(service)!
      sum.cpuMs += (await service.cpuMs()) - before
      sum.answers += times.length
      return perSecond
    }
    const microseconds = (service: Service) => {
      const { cpuMs, answers } = spent.get(service)!
      return (1000 * cpuMs) / answers
    }
    for (const service of services) await measure(service, 4 * BURST_MS)
    for (const sum of spent.values()) Object.assign(sum, { cpuMs: 0, answers: 0 })
    const rounds: (readonly [own: number, other: number])[] = []
    // Who comes first is whoever came last.
    for (let round = 0; round < ROUNDS; round++) {
      const [first, second] = round % 2 === 0 ? [ours, bare] : [bare, ours]
      const [one, two] = [await measure(first), await measure(second)]
      rounds.push(first === ours ? [one, two] : [two, one])
    }
    return {
      runtime,
      bytes: bytes.length,
      perSecond: median(rounds.map(([own]) => own)),
      microseconds: microseconds(ours),
      bareMicroseconds: microseconds(bare),
      barePerSecond: median(rounds.map(([, other]) => other)),
      ratios: rounds.map(([own, other]) => own / other),
    }
  } finally {
    for (const service of services) await service.kill()
    await workspace.remove()
  }
}

/** The quality whose file is nearest to 20 kB. */
async function pathFor(contender: Contender, url: string): Promise<{ path: string; bytes: Uint8Array }> {
  let best: { path: string; bytes: Uint8Array } | undefined
  const distance = (bytes: Uint8Array) => Math.abs(bytes.length - BYTES)
  for (const quality of [40, 50, 60, 70, 80]) {
    const path = contender.path({ photo: PHOTO, width: WIDTH, format: 'jpeg', quality })
    const response = await fetch(url + path)
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}`)
    if (!best || distance(bytes) < distance(best.bytes)) best = { path, bytes }
  }
  return best!
}

const median = (values: readonly number[]) => quantile(values, 0.5)

function hitTable(rows: readonly HitRow[]): string {
  const lines = rows.map(({ runtime, bytes, perSecond, barePerSecond, ...row }) => {
    const { ratios, microseconds, bareMicroseconds } = row
    const ratio = median(ratios)
    const half = `${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}`
    const verdict = ratio >= TARGET ? 'met' : '**not met**'
    const facts = [runtime, bytes, perSecond.toFixed(0), barePerSecond.toFixed(0), ratio.toFixed(2), half]
    const times = [microseconds, bareMicroseconds].map((one) => one.toFixed(0))
    return `| ${[...facts, TARGET, verdict, ...times].join(' | ')} |`
  })
  return `| stored answers | bytes | requests/s | bare handler's requests/s | ratio | middle half | target, at least | | CPU µs | bare handler's CPU µs |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}`
}
