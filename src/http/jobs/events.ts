/** Server-sent events of one job: what it is now, then whenever that changes, until it is over. */
import { FINAL_STATES, type Job } from '../../jobs/job.ts'
import { secondsLeft } from './view.ts'

export interface EventsOptions {
  find(id: string): Promise<Job | undefined>
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`, rejects when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Ends all streams: nobody is waited for. */
  readonly ending: AbortSignal | undefined
}

/** How a change is written, and what else a form says. */
interface Form {
  event(job: Job, now: number): string
  readonly missing: (id: string) => string
  readonly failed?: string
}

const POLL_MS = 1000
const HEARTBEAT_MS = 15_000
/** Between tries while the database is down. */
const PATIENT_MS = 4000

/** `id:`, `event:`, `data:` with status and progress. */
export const NAMED: Form = {
  event(job, now) {
    const { status, progress } = job
    const data = {
      job_id: job.id,
      status,
      progress,
      ...(job.endsAt === undefined ? {} : { seconds_left: secondsLeft(job, now) }),
      ...(job.error ? { error: job.error.message, error_code: job.error.code } : {}),
      ...(job.results === undefined ? {} : { results: job.results }),
    }
    return `id: ${job.version}\nevent: ${nameOf(status)}\ndata: ${JSON.stringify(data)}\n\n`
  },
  missing: () => '',
}

/** Without names and ids, in the words of video-resizer-2. */
export const UNNAMED: Form = {
  event({ status, progress, error, results, updatedAt }) {
    const outputSize = (results as { size?: number } | undefined)?.size ?? null
    const isDone = status === 'completed'
    return message({
      status: THEIR_WORDS[status],
      percent: progress,
      error: error?.message ?? null,
      outputSize,
      completedAt: isDone ? new Date(updatedAt).toISOString() : null,
    })
  },
  missing: (jobId) => message({ status: 'not_found', jobId }),
  failed: message({ status: 'error', message: 'D1 query failed' }),
}

const THEIR_WORDS: Readonly<Record<Job['status'], string>> = {
  queued: 'pending',
  processing: 'transcoding',
  completed: 'complete',
  failed: 'failed',
  cancelled: 'failed',
}

function message(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

function nameOf(status: Job['status']): string {
  if (status === 'completed') return 'done'
  return FINAL_STATES.has(status) ? 'failed' : 'progress'
}

/**
 * @param job as it is now; undefined: there is none
 * @param lastEventId what the client has seen already: it is told of what came after
 */
export function eventStream(
  id: string,
  job: Job | undefined,
  form: Form,
  lastEventId: string | null,
  options: EventsOptions,
): Response {
  // Who has seen the end, and comes back, is to stay away.
  if (job && FINAL_STATES.has(job.status) && lastEventId === String(job.version))
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
  const leaving = new AbortController()
  const steps = changes(id, job, form, lastEventId, leaving.signal, options)
  // Not AbortSignal.any: the end of the service outlives all streams, and would hold on to each.
  const { ending } = options
  const leave = () => leaving.abort()
  ending?.addEventListener('abort', leave, { once: true })
  if (ending?.aborted) leave()
  const ended = () => ending?.removeEventListener('abort', leave)
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const step = await steps.next().catch(() => ({ done: true as const, value: undefined }))
      if (!step.done) return controller.enqueue(encoder.encode(step.value))
      ended()
      controller.close()
    },
    cancel() {
      ended()
      leave()
    },
  })
  return new Response(body, { headers: HEADERS })
}

async function* changes(
  id: string,
  first: Job | undefined,
  form: Form,
  lastEventId: string | null,
  signal: AbortSignal,
  { find, now, sleep }: EventsOptions,
): AsyncGenerator<string, void> {
  let seen = lastEventId
  let saidAt = now()
  let job = first
  yield 'retry: 2000\n\n'
  for (;;) {
    if (!job) {
      yield form.missing(id)
      return
    }
    if (String(job.version) !== seen) {
      seen = String(job.version)
      saidAt = now()
      yield form.event(job, now())
    }
    if (FINAL_STATES.has(job.status)) return
    let isDown: boolean
    do {
      if (now() - saidAt >= HEARTBEAT_MS) {
        saidAt = now()
        yield ': still here\n\n'
      }
      await sleep(POLL_MS, signal)
      isDown = false
      try {
        job = await find(id)
      } catch {
        isDown = true
        if (form.failed !== undefined) yield form.failed
        await sleep(PATIENT_MS - POLL_MS, signal)
      }
    } while (isDown)
  }
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Proxies that gather answers before they pass them on.
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}
