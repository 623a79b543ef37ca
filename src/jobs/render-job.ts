/** The type `render`: a plan that runs later, through the same two halves as a request. */
import type { OriginPolicy, Services } from '../context.ts'
import { isMediaError, MediaError } from '../error.ts'
import { sha256Hex } from '../lib/hash.ts'
import { createEvent } from '../observe/event.ts'
import { canonicalJson } from '../plan/canonical.ts'
import { planOf, type Plan } from '../plan/plan.ts'
import { prepare, render } from '../render.ts'
import { rememberFailure, rememberSuccess, type PlannedFlight } from '../serve-remember.ts'
import type { StoredRendition, Subject } from '../store/cache.ts'
import type { JobBudget, JobWork } from './attempt.ts'
import { createPace } from './pace.ts'
import { hashedOriginal } from './hashed-original.ts'
import type { Job } from './job.ts'

/** What is written down of the work. */
export interface RenderTask {
  /** `text` of the plan, which is all of it. */
  readonly plan: string
  readonly subject: Subject
}

/** As `GET /api/jobs/{id}` shows it. */
export interface RenderResults {
  /** `X-Cache-Key` of the rendition. */
  readonly cache_key: string
  readonly content_type: string
  readonly size: number
  readonly etag: string
  readonly width?: number
  readonly height?: number
}

export interface RenderWorkOptions {
  /** With the bounds of jobs. */
  readonly services: Services
  /** Told of the hash of an original that was read whole. */
  onHash(job: Job, hash: string): Promise<void>
}

/** Equal for equal work on the same version of the same original. */
export function renderFingerprint(plan: Plan, validator: string, hash: string | undefined): Promise<string> {
  return sha256Hex(canonicalJson({ type: 'render', plan: plan.text, validator, hash: hash ?? null }))
}

export function createRenderWork({ services, onHash }: RenderWorkOptions): JobWork {
  return {
    async run(job, budget) {
      const flight = await flightOf(job, services)
      const found: { hash?: string } = {}
      const seen = withHash(services, flight.plan, job.hash, (hash) => (found.hash ??= hash))
      const results = await renderOnce(job, flight, budget, seen)
      if (found.hash !== undefined && job.hash === undefined) await onHash(job, found.hash)
      return results
    },
    async failed(job, error) {
      // The hash was the orderer's: the address itself may be right.
      if (isMediaError(error) && error.code === 'HASH_MISMATCH') return
      const flight = await flightOf(job, services)
      await rememberFailure(flight, error, new AbortController().signal, services)
    },
  }
}

/** Whether what a completed job made is still to be had. */
export async function isStillThere(job: Job, { cache }: Pick<Services, 'cache'>): Promise<boolean> {
  const { cache_key: key = '' } = (job.results ?? {}) as Partial<RenderResults>
  const found = await cache.find(key)
  return found !== undefined && found.state !== 'negative'
}

async function renderOnce(
  job: Job,
  flight: PlannedFlight,
  { signal, report }: JobBudget,
  services: Services,
): Promise<RenderResults> {
  const { id: requestId } = job
  const traceId = requestId.replaceAll('-', '')
  const { path } = flight.subject
  const event = createEvent({ requestId, traceId, method: 'JOB', path, now: services.now() })
  report(5)
  const prepared = await prepare(flight.plan, signal, event, services)
  try {
    report(20)
    const tell = createPace(prepared, services.now, (part, left) => report(20 + 75 * part, left))
    const { rendition, stored } = await render(prepared, signal, event, services, tell)
    if (!stored) throw new MediaError('STORE_FAILED')
    report(95)
    await rememberSuccess(flight, rendition, prepared.validator, services)
    return resultsOf(flight.key, rendition)
  } finally {
    await prepared.close()
  }
}

function resultsOf(key: string, { type, size, etag, facts }: StoredRendition): RenderResults {
  const { width, height } = facts
  return {
    cache_key: key,
    content_type: type,
    size,
    etag,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  }
}

async function flightOf({ task }: Job, services: Services): Promise<PlannedFlight> {
  const { plan: text, subject } = task as RenderTask
  const plan = planOf(text)
  const policy: OriginPolicy | undefined = services.policies.get(plan.source.origin)
  if (!policy) throw new MediaError('NO_MATCHING_ORIGIN')
  return { plan, key: await services.planKey(plan), subject, policy }
}

function withHash(
  services: Services,
  { source }: Plan,
  expected: string | undefined,
  onHash: (hash: string) => void,
): Services {
  const { origins } = services
  return {
    ...services,
    origins: {
      check: (...given) => origins.check(...given),
      async open(ref, signal) {
        const original = await origins.open(ref, signal)
        return ref === source ? hashedOriginal(original, expected, onHash) : original
      },
    },
  }
}
