/** What requests and jobs of this process came to, counted for Prometheus. Labels take few values: none is a client's word. */
import type { RequestEvent } from './event.ts'
import { createCounter, createHistogram, gaugeText, type Sample } from './exposition.ts'

/** How one try of a job ended. `released`: the worker ends; `lost`: somebody else has the job. */
export type TryResult = 'completed' | 'retried' | 'failed' | 'released' | 'lost'

export interface Metrics {
  /** A request was answered. @param finishedAt milliseconds, of the same clock as its start */
  request(event: RequestEvent, finishedAt: number): void
  /** A try of a job ended after `ms`. */
  job(type: string, result: TryResult, ms: number): void
  /** All of it, with what is true now. */
  text(now: readonly Gauge[]): string
}

export interface Gauge {
  readonly name: string
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Seconds. */
const QUICK = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const
const SLOW = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600] as const

export function createMetrics(): Metrics {
  const requests = createCounter('mediamorph_http_requests_total', 'Requests that were answered')
  const durations = createHistogram(
    'mediamorph_http_request_duration_seconds',
    'Time until the head of an answer was ready, by what the cache said',
    QUICK,
  )
  const phases = createHistogram(
    'mediamorph_phase_duration_seconds',
    'Time of one step of a rendition',
    QUICK,
  )
  const made = createCounter('mediamorph_renditions_total', 'Renditions that were made, by who made them')
  const errors = createCounter('mediamorph_errors_total', 'Answers that were errors, by their code')
  const tries = createCounter('mediamorph_job_tries_total', 'Tries of jobs, by how they ended')
  const work = createHistogram('mediamorph_job_duration_seconds', 'Time of one try of a job', SLOW)

  return {
    request(event, finishedAt) {
      const { origin = '', status = 0, cache = '', engine, errorCode } = event
      requests.add({
        method: METHODS.has(event.method) ? event.method : 'other',
        status: String(status),
        origin,
      })
      durations.observe({ cache }, (finishedAt - event.startedAt) / 1000)
      if (engine !== undefined && cache === 'MISS') made.add({ engine })
      if (errorCode !== undefined) errors.add({ code: errorCode })
      for (const [phase, ms] of Object.entries(event.phases)) phases.observe({ phase }, ms / 1000)
    },
    job(type, result, ms) {
      tries.add({ type, result })
      work.observe({ type }, ms / 1000)
    },
    text: (now) =>
      [requests, durations, phases, made, errors, tries, work].map((family) => family.text()).join('') +
      now.map(({ name, help, samples }) => gaugeText(name, help, samples)).join(''),
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'])
