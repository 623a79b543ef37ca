/** The figures as a page. */
import { cpus, loadavg, totalmem } from 'node:os'
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { format, resolveConfig } from 'prettier'
import { quantile, ROOT } from '../../scripts/stage/service.ts'
import type { Burst } from './measure.ts'

export interface Cell {
  readonly task: string
  readonly contender: string
  readonly bursts: readonly Burst[]
}

const PAGE = `${ROOT}docs/performance.md`
export type Part = 'engine' | 'http' | 'hits' | 'video' | 'jobs'

/** How many times as fast as its rival a service should be. */
const TARGET = 1.3

/** `rival` is the contender that the ratios are against. */
export function table(cells: readonly Cell[], rival: string): string {
  const speed = (cell: Cell) =>
    quantile(
      cell.bursts.map((one) => one.perSecond),
      0.5,
    )
  const rows = cells.map((cell) => {
    const other = cells.find((one) => one.task === cell.task && one.contender === rival)
    const factor = other === undefined || other === cell ? undefined : speed(cell) / speed(other)
    const verdict =
      factor === undefined
        ? ' | | '
        : `${factor.toFixed(2)}x | ${TARGET}x | ${factor >= TARGET ? 'met' : '**not met**'}`
    const times = cell.bursts.flatMap((one) => one.times)
    const ms = (share: number) => quantile(times, share).toFixed(1)
    return `| ${cell.task} | ${cell.contender} | ${speed(cell).toFixed(1)} | ${verdict} | ${ms(0.5)} | ${ms(0.99)} |`
  })
  return `| task | service | requests/s | against ${rival} | target, at least | | p50 ms | p99 ms |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}`
}

export function memoryTable(cells: readonly Cell[]): string {
  const names = [...new Set(cells.map((cell) => cell.contender))]
  const peak = (name: string) =>
    Math.max(
      ...cells
        .filter((cell) => cell.contender === name)
        .flatMap((cell) => cell.bursts.map((one) => one.memory)),
    )
  const rows = names.map((name) => `| ${name} | ${Math.round(peak(name) / 1_048_576)} |`)
  return `| service | highest resident MiB, all processes |
| --- | ---: |
${rows.join('\n')}`
}

/** Ask before the run: its own load is no news. */
export function machine(): string {
  const require = createRequire(import.meta.url)
  const version = (name: string) =>
    (require(`${ROOT}node_modules/${name}/package.json`) as { version: string }).version
  const node = execFileSync('node', ['--version'], { encoding: 'utf8' }).trim()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${memory}; Node ${node}, Bun ${version('bun')}, ipx ${version('ipx')} with sharp ${version('sharp')}; ${new Date().toISOString().slice(0, 10)}; load of the machine before the run ${loadavg()[0]!.toFixed(1)}.`
}

export async function writePage(part: Part, text: string): Promise<void> {
  const page = await readFile(PAGE, 'utf8')
  const marks = [`<!-- bench-${part}:begin -->`, `<!-- bench-${part}:end -->`] as const
  const [begin, end] = [page.indexOf(marks[0]), page.indexOf(marks[1])]
  if (begin === -1 || end === -1) throw new Error(`docs/performance.md has no ${marks.join(' and ')}`)
  const options = { ...(await resolveConfig(PAGE)), parser: 'markdown' }
  const whole = `${page.slice(0, begin + marks[0].length)}\n\n${text}\n\n${page.slice(end)}`
  await writeFile(PAGE, await format(whole, options))
}
