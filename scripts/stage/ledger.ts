/** Orders of jobs, what was promised of them, and what was seen of them since. */
import type { Random } from '../../test/support/mutate.ts'
import type { Service } from './service.ts'

export const API_KEY = 'key-of-the-crash'

export interface JobView {
  readonly job_id: string
  readonly status: string
  readonly callback_status: string | null
  readonly error_code: string | null
  readonly results: { readonly cache_key: string; readonly etag: string; readonly size: number } | null
}

export interface Accepted {
  readonly job: string
  /** Path of the webhook; absent: nobody is to be told. */
  readonly hook: string | undefined
  /** Address of the rendition. */
  readonly path: string
  readonly width: number
  readonly format: string
  /** Its original is damaged. */
  readonly isBroken: boolean
}

export interface Ledger {
  readonly accepted: readonly Accepted[]
  /** Jobs whose cancelling was confirmed. */
  readonly cancelled: ReadonlySet<string>
  /** Final states as they were seen, by job: more than one kind is a fault. */
  readonly seen: ReadonlyMap<string, ReadonlySet<string>>
  /** One order, or a look at an earlier one. Does nothing where nobody answers: then nothing was promised. */
  step(service: Service): Promise<void>
}

const FINAL = new Set(['completed', 'failed', 'cancelled'])
const TIMEOUT_MS = 15_000

export function askApi(service: Service, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'x-api-key': API_KEY }
  return fetch(`${service.url}/api/jobs${path}`, {
    headers,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...init,
  })
}

/** @param hooks address of the receiver */
export function createLedger(hooks: string, random: Random): Ledger {
  const accepted: Accepted[] = []
  const cancelled = new Set<string>()
  const seen = new Map<string, Set<string>>()
  let orders = 0

  function see({ job_id: job, status, results }: JobView): void {
    if (!FINAL.has(status)) return
    const states = seen.get(job) ?? new Set()
    seen.set(job, states.add(`${status} ${results?.etag ?? ''}`))
  }

  async function order(service: Service): Promise<void> {
    const isBroken = random(15) === 0
    const source = isBroken ? '/files/broken.jpg' : '/files/photo.jpg'
    // Few enough that some are equal.
    const width = 40 + random(400)
    const format = (['jpeg', 'webp', 'png'] as const)[random(3)] ?? 'png'
    const hook = random(3) === 0 ? undefined : `/hook/${orders++}`
    const body = JSON.stringify({
      type: 'render',
      source,
      options: { width, format },
      ...(hook === undefined ? {} : { callback_url: hooks + hook }),
    })
    const answer = await askApi(service, '', { method: 'POST', body })
    const job = answer.headers.get('x-job-id')
    await answer.arrayBuffer()
    if (answer.status > 202 || job === null) return
    accepted.push({ job, hook, path: `${source}?width=${width}&format=${format}`, width, format, isBroken })
  }

  async function look(service: Service, job: string): Promise<void> {
    const answer = await askApi(service, `/${job}`)
    if (answer.status === 200) see((await answer.json()) as JobView)
  }

  async function cancel(service: Service, job: string): Promise<void> {
    const answer = await askApi(service, `/${job}/cancel`, { method: 'POST' })
    await answer.arrayBuffer()
    if (answer.status === 200) cancelled.add(job)
  }

  return {
    accepted,
    cancelled,
    seen,
    async step(service) {
      const earlier = accepted[random(Math.max(1, accepted.length))]
      const choice = random(20)
      try {
        if (!earlier || choice < 12) await order(service)
        else if (choice < 19) await look(service, earlier.job)
        else await cancel(service, (accepted.at(-1) ?? earlier).job)
      } catch {
        // Killed while it answered: nothing is known, and nothing was promised.
      }
    },
  }
}
