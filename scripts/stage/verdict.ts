/** What was measured, in words, and what of it may not be. */
import { quantile } from './service.ts'
import type { Answers } from './tally.ts'

export interface Measured {
  readonly seconds: number
  /** Healthy pictures a second, before. */
  readonly capacity: number
  readonly answers: Answers
  readonly open: { readonly most: number; readonly unsent: number }
  readonly health: { readonly times: readonly number[]; readonly failures: number }
  /** Resident bytes, evenly over the time. */
  readonly memory: readonly number[]
  /** Shares of the whole machine. */
  readonly cpu: { readonly own: number; readonly service: number }
  /** Exit code. */
  readonly ended: number | null
  readonly output: string
}

const P99_MS = 100
/** Of the capacity, that healthy requests get at least. */
const LEAST_SHARE = 0.4
/**
 * Garbage comes and goes by hundreds of mebibytes: the middle of the last quarter may lie that much above the height of
 * the second.
 */
const GROWTH_BYTES = 64 * 1_048_576
const MOST_BYTES = 1536 * 1_048_576
const mib = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`
const percent = (share: number) => `${Math.round(share * 100)} %`

/** Prints the figures. @returns faults */
export function judge(measured: Measured): string[] {
  const { seconds, capacity, answers, open, health, memory, cpu, ended, output } = measured
  const { served, busy, decoded, times, hostile, wrong } = answers
  const share = served / seconds / capacity
  const p99 = quantile(health.times, 0.99)
  const quarter = Math.floor(memory.length / 4)
  const early = quantile(memory.slice(quarter, 2 * quarter), 0.9)
  const late = quantile(memory.slice(-quarter), 0.5)
  const most = Math.max(...memory)
  const harm = Object.values(hostile).reduce((sum, count) => sum + count, 0)
  const tell = (line: string) => console.log(`soak: ${line}`)
  tell(
    `${served} pictures (${decoded} decoded), ${busy} busy, ${harm} hostile, ${wrong.length} wrong in ${seconds} s`,
  )
  tell(
    `healthy pictures: ${(served / seconds).toFixed(1)} a second, ${percent(share)} of the capacity; p50 ${Math.round(quantile(times, 0.5))} ms, p99 ${Math.round(quantile(times, 0.99))} ms`,
  )
  const sorted = Object.entries(hostile).toSorted(([a], [b]) => (a < b ? -1 : 1))
  tell(`hostile: ${sorted.map(([what, count]) => `${what} ${count}`).join(', ')}`)
  tell(
    `${health.times.length} probes, p50 ${quantile(health.times, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, highest ${Math.max(0, ...health.times).toFixed(1)} ms, ${health.failures} failed`,
  )
  tell(`memory ${mib(early)} early, ${mib(late)} late, ${mib(most)} at most`)
  tell(
    `of the machine: service ${percent(cpu.service)}, load ${percent(cpu.own)}; ${open.most} open at most, ${open.unsent} not sent`,
  )

  const faults = [...new Set(wrong)].slice(0, 20)
  const hold = (holds: boolean, fault: string) => void (holds || faults.push(fault))
  hold(share >= LEAST_SHARE, `healthy pictures got ${percent(share)} of the capacity`)
  hold(harm > 0, 'no hostile request was judged')
  hold(open.unsent === 0, `${open.unsent} requests were not sent`)
  hold(health.times.length >= seconds * 25, `only ${health.times.length} probes`)
  hold(p99 < P99_MS, `/healthz took ${p99.toFixed(1)} ms (p99), ${P99_MS} are allowed`)
  hold(health.failures === 0, `/healthz failed ${health.failures} times`)
  hold(late - early <= GROWTH_BYTES, `memory grew by ${mib(late - early)}`)
  hold(most <= MOST_BYTES, `memory reached ${mib(most)}`)
  hold(ended === 0, `SIGTERM ended it with ${ended}: ${output}`)
  return faults
}
