/** Jobs on their way to their end: bars that move on a terminal, a line for each change elsewhere. */
import type { JobFacts, JobsApi } from './jobs-api.ts'
import { barOf, createBars, printable, type Terminal } from './progress.ts'

/** What an event tells. */
type Told = Pick<JobFacts, 'job_id' | 'status' | 'progress' | 'seconds_left' | 'error' | 'error_code'>

export interface WatchOptions {
  readonly api: Pick<JobsApi, 'events'>
  readonly out: Terminal
  /** Events as they come, one a line. */
  readonly asJson: boolean
  /** Milliseconds before a stream that broke off is asked for again. Default 2000. */
  readonly pauseMs?: number
}

const FINAL = new Set(['completed', 'failed', 'cancelled'])
/** How often in a row a stream may break off. */
const TRIES = 5

/** @returns whether all of them were completed */
export async function watchJobs(jobs: readonly JobFacts[], options: WatchOptions): Promise<boolean> {
  const known = new Map<string, Told>(jobs.map((job) => [job.job_id, job]))
  const said = new Map<string, string>()
  const bars = options.out.isTTY === true && !options.asJson ? createBars(options.out) : undefined
  function show(told: Told): void {
    known.set(told.job_id, told)
    if (bars) return bars.draw([...known.values()].map(barLine))
    const line = options.asJson ? JSON.stringify(told) : plainLine(told)
    if (said.get(told.job_id) !== line) options.out.write(`${line}\n`)
    said.set(told.job_id, line)
  }
  const ends = await Promise.all(jobs.map(({ job_id: id }) => follow(id, show, options)))
  return ends.every((status) => status === 'completed')
}

async function follow(id: string, show: (told: Told) => void, options: WatchOptions): Promise<string> {
  const { api, pauseMs = 2000 } = options
  let last: string | undefined
  let status = ''
  for (let tries = 0; !FINAL.has(status);) {
    try {
      const stream = await api.events(id, last)
      if (!stream) return status
      for await (const event of eventsIn(stream)) {
        tries = 0
        if (event.id !== undefined) last = event.id
        const told = { ...(JSON.parse(event.data) as Told), job_id: id }
        ;({ status } = told)
        show(told)
      }
    } catch (error) {
      if (++tries >= TRIES || isRefused(error)) throw error
    }
    if (!FINAL.has(status)) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return status
}

/** What is said of a job that there is none of, or of a wrong key, stays so. */
const isRefused = (error: unknown) =>
  error instanceof Error && /^(JOB_NOT_FOUND|UNAUTHORIZED|NO_MATCHING_ORIGIN)/.test(error.message)

interface ServerEvent {
  readonly id: string | undefined
  readonly data: string
}

async function* eventsIn(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
      const data = field('data')
      if (data !== undefined) yield { id: field('id'), data }
    }
  }
}

const SHORT = 8
/** The end of an id is what differs between jobs of one moment. */
const shortId = (id: string) => id.slice(-SHORT)

function barLine({ job_id: id, progress, ...told }: Told): string {
  return `${shortId(id)} ${barOf(progress / 100)} ${String(progress).padStart(3)}% ${sayingOf(told)}`
}

function plainLine({ job_id: id, progress, ...told }: Told): string {
  return `${id} ${progress}% ${sayingOf(told)}`
}

function sayingOf({
  status,
  seconds_left: left,
  error,
  error_code: code,
}: Omit<Told, 'job_id' | 'progress'>): string {
  const time = typeof left === 'number' ? `, ${timeOf(left)} left` : ''
  const why = error ? `: ${code ?? ''} ${error}` : ''
  return printable(`${status}${time}${why}`).replaceAll('\n', ' ')
}

function timeOf(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
