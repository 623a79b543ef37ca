/** The engine's figures as Markdown. */
import type { EngineResult, EngineRow } from './against.ts'
import type { Duel } from './duel.ts'
import type { QualityRow } from './quality.ts'
import { TASKS } from './tasks.ts'

/** Megabytes, as the targets count them. */
const mb = (bytes: number) => (bytes / 1_000_000).toFixed(1)
const signed = (share: number) => `${share >= 1 ? '+' : ''}${((share - 1) * 100).toFixed(2)} %`

function lines(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [head, rule, ...rows].map(line).join('\n')
}

const verdict = (isMet: boolean) => (isMet ? 'met' : '**not met**')

function timeVerdict({ task, single, bytes }: EngineRow): string {
  if (task.target === undefined) return ''
  return verdict(single.ratio <= task.target && !(task.noLarger && bytes.ours > bytes.theirs))
}

const between = ({ spread }: Duel) => spread.map((ratio) => ratio.toFixed(2)).join(' to ')

function timeTable(rows: readonly EngineRow[]): string {
  return lines(
    [
      'task',
      'ms',
      'sharp ms',
      'ratio',
      'middle half',
      'target',
      '',
      'all cores',
      'middle half',
      'bytes',
      'sharp bytes',
      'WASM MB',
    ],
    rows.map((row) => {
      const { task, single, cores, bytes, memory } = row
      const times = [
        single.ours.toFixed(1),
        single.theirs.toFixed(1),
        single.ratio.toFixed(3),
        between(single),
      ]
      const measure = [task.target ?? '', timeVerdict(row), cores.ratio.toFixed(3), between(cores)]
      return [task.name, ...times, ...measure, bytes.ours, bytes.theirs, mb(memory)]
    }),
  )
}

function memoryTable(rows: readonly EngineRow[]): string {
  return lines(
    ['task', 'WASM MB', 'original MB', 'both', 'target', ''],
    rows.flatMap(({ task, memory, bytes }) => {
      if (task.memory === undefined) return []
      const sum = memory + bytes.original
      const isMet = sum < task.memory * 1_000_000
      return [[task.name, mb(memory), mb(bytes.original), mb(sum), task.memory, verdict(isMet)]]
    }),
  )
}

function matchText({ task, matched }: EngineRow): string {
  if (!matched) return ''
  const { ours, nearest, atNearest } = matched
  return `${task.name}: at our quality of ${task.quality}, SSIM ${ours.ssim.toFixed(4)} in ${ours.bytes} bytes, sharp has at ${nearest} SSIM ${atNearest.ssim.toFixed(4)} in ${atNearest.bytes} bytes (both of one PNG of that size).`
}

/** More bytes than sharp at equal SSIM: 2 % on average, 3 % at worst. */
function qualityTables(rows: readonly QualityRow[]): string {
  const share = ({ result }: QualityRow) => result.ours.bytes / (result.equalBytes ?? NaN)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const formats = [...new Set(rows.map((row) => row.to))]
  const summary = formats.map((to) => {
    const all = rows.filter((row) => row.to === to)
    const [average, worst] = [mean(all.map(share)), Math.max(...all.map(share))]
    const isMet = average <= 1.02 && worst <= 1.03
    const likeness = ['ssim', 'psnr'] as const
    const means = likeness.flatMap((key) =>
      (['ours', 'same'] as const).map((side) =>
        mean(all.map(({ result }) => result[side][key])).toFixed(key === 'ssim' ? 4 : 2),
      ),
    )
    return [to, all.length, signed(average), signed(worst), verdict(isMet), ...means]
  })
  const each = rows.map((row) => {
    const { ours, same } = row.result
    const [likeness, ratios] = [
      [ours.ssim.toFixed(4), same.ssim.toFixed(4)],
      [ours.psnr.toFixed(2), same.psnr.toFixed(2)],
    ]
    return [row.picture, row.to, ours.bytes, same.bytes, ...likeness, ...ratios, signed(share(row))]
  })
  const head = ['SSIM', 'sharp SSIM', 'PSNR', 'sharp PSNR']
  return `${lines(['quality 80', 'pictures', 'bytes at equal SSIM, mean', 'worst', '+2 %, +3 %', ...head], summary)}

${provenance(rows)}

${lines(['picture', 'to', 'bytes', 'sharp bytes', ...head, 'bytes at equal SSIM'], each)}`
}

function provenance(rows: readonly QualityRow[]): string {
  const distinct = new Set(rows.map((row) => row.original)).size
  if (rows.every((row) => row.isPhotograph))
    return `${distinct} distinct photographs of Debian's packages (test/bench/engine/photographs.ts), 720 pixels wide.`
  const count = new Set(rows.map((row) => row.picture)).size
  return `${count} pictures of 720 pixels' width cut out of ${distinct} distinct ones in samples/, which are computed: none was photographed.`
}

export type Absolute = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Milliseconds by runtime, then task. */
function runtimeTable(absolute: Absolute): string {
  const names = Object.keys(absolute)
  return lines(
    ['ms of one picture', ...names],
    TASKS.map(({ name }) => [name, ...names.map((runtime) => absolute[runtime]![name]?.toFixed(1) ?? '')]),
  )
}

export function engineTables({ rows, quality }: EngineResult, absolute: Absolute): string {
  const matches = rows.map(matchText).filter((text) => text !== '')
  return [
    timeTable(rows),
    ...matches,
    memoryTable(rows),
    runtimeTable(absolute),
    qualityTables(quality),
  ].join('\n\n')
}
