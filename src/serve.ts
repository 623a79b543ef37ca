/**
 * The decide half of the line: authorize, plan, look up, make. Reads as a list of verbs; how an answer looks on the
 * wire is `http/`'s business.
 */
import { MediaError, isMediaError } from './error.ts'
import type { Call, Deferred, Grant, Made, OriginPolicy, Services, Ticket } from './context.ts'
import { chooseEngine } from './engines/choose.ts'
import { expenseOf } from './plan/expense.ts'
import { isNoPicture, isOfOtherClass, isUnchanged, prepare, render, type Prepared } from './render.ts'
import { sha256Hex } from './lib/hash.ts'
import type { Plan } from './plan/plan.ts'
import type { MediaRequest } from './request/request.ts'
import { serveOriginal, type OriginalManner, type OriginalOutcome } from './serve-original.ts'
import {
  isFallible,
  remembered,
  rememberFailure,
  rememberSuccess,
  type FoundRendition,
  type PlannedFlight,
} from './serve-remember.ts'
import type { StoredRendition, Subject } from './store/cache.ts'

export type CacheState = 'HIT' | 'MISS' | 'STALE' | 'COALESCED' | 'BYPASS'

export interface RenditionOutcome {
  readonly kind: 'rendition'
  readonly rendition: StoredRendition
  readonly cache: CacheState
  /** Since it was last known to be right. */
  readonly ageMs: number
  readonly grant: Grant
  readonly policy: OriginPolicy
}

/** A job makes it: the same address has it later. */
export interface QueuedOutcome {
  readonly kind: 'queued'
  readonly ticket: Ticket
  readonly policy: OriginPolicy
}

export type Outcome = RenditionOutcome | OriginalOutcome

interface AskedFlight extends PlannedFlight {
  /** What was asked, for people. */
  readonly options: unknown
}

/** Answers one parsed request. @throws MediaError for everything that has no bytes. */
export async function serve(
  request: MediaRequest,
  call: Call,
  services: Services,
): Promise<Outcome | QueuedOutcome> {
  const policy = policyOf(request, services)
  const grant = await services.authorize(call.url, request)
  const asIs = { grant, policy, passthrough: false }
  if (request.isBare)
    return (
      (await serveOriginal(request, asIs, call, services)) ??
      serveRendition(request, grant, policy, call, services)
    )
  try {
    return await serveRendition(request, grant, policy, call, services)
  } catch (error) {
    const instead = await serveInstead(request, error, asIs, call, services)
    if (instead) return instead
    throw error
  }
}

/** The original, where a rendition cannot be had. Undefined: the error stands. */
async function serveInstead(
  request: MediaRequest,
  error: unknown,
  asIs: OriginalManner,
  call: Call,
  services: Services,
): Promise<OriginalOutcome | undefined> {
  const { policy } = asIs
  if (policy.transforms === 'images' && isNoPicture(error))
    return serveOriginal(request, asIs, call, services)
  // The original without its overlay is another picture, perhaps one that is not to be seen.
  if (policy.fallback === 'none' || request.overlay || !isFallible(error)) return undefined
  // Who asked for a still of a video has no use for the video.
  if (policy.fallback === 'picture' && isOfOtherClass(error)) return undefined
  return serveOriginal(request, { ...asIs, passthrough: true }, call, services)
}

async function serveRendition(
  request: MediaRequest,
  grant: Grant,
  policy: OriginPolicy,
  call: Call,
  services: Services,
): Promise<RenditionOutcome | QueuedOutcome> {
  const plan = services.plan(request)
  const key = await keyOf(plan, call, services)
  call.event.cacheKey = key
  const subject = subjectOf(request, policy)
  const outcome = (rendition: StoredRendition, cache: CacheState, ageMs: number): RenditionOutcome => ({
    kind: 'rendition',
    rendition,
    cache,
    ageMs,
    grant,
    policy,
  })

  const found = await services.cache.find(key)
  if (found?.state === 'negative') throw remembered(found)
  if (found?.state === 'fresh') return outcome(found.rendition, 'HIT', found.ageMs)
  const flight = { plan, key, subject, policy, options: request.params }
  if (found) {
    call.waitUntil(revalidate(flight, found, call, services))
    return outcome(found.rendition, 'STALE', found.ageMs)
  }
  const { value, joined } = await fly(flight, call.signal, call, services)
  if ('ticket' in value) return { kind: 'queued', ticket: value.ticket, policy }
  return outcome(value.rendition, joined ? 'COALESCED' : value.stored ? 'MISS' : 'BYPASS', 0)
}

/** What another service could not make has a key of its own: that it cannot be made here holds for that one alone. */
async function keyOf(plan: Plan, { event }: Call, services: Services): Promise<string> {
  const key = await services.planKey(plan)
  return event.passed ? sha256Hex(`passed on ${key}`) : key
}

/** The whole cold path, origin contact included, one flight per key. */
function fly(flight: AskedFlight, signal: AbortSignal, call: Call, services: Services) {
  return services.flights.run({
    key: flight.key,
    signal,
    make: (shared) => {
      const work = () => make(flight, shared, call, services)
      return services.admission.run(shared, work, 1, flight.plan.source.origin)
    },
    reread: async () => {
      const found = await services.cache.find(flight.key)
      if (found?.state === 'negative') throw remembered(found)
      return found && { rendition: found.rendition, stored: true }
    },
  })
}

async function make(
  flight: AskedFlight,
  signal: AbortSignal,
  call: Call,
  services: Services,
): Promise<Made | Deferred> {
  try {
    const outcome = await makeTwice(flight, signal, call, services)
    if ('ticket' in outcome) return outcome
    const { made, validator } = outcome
    if (made.stored) await rememberSuccess(flight, made.rendition, validator, services)
    return made
  } catch (error) {
    await rememberFailure(flight, error, signal, services)
    throw error
  }
}

/** A change underneath is one retry. */
async function makeTwice(flight: AskedFlight, signal: AbortSignal, call: Call, services: Services) {
  try {
    return await makeOnce(flight, signal, call, services)
  } catch (error) {
    if (!isMediaError(error) || error.code !== 'SOURCE_CHANGED') throw error
    return makeOnce(flight, signal, call, services)
  }
}

async function makeOnce(flight: AskedFlight, signal: AbortSignal, call: Call, services: Services) {
  const prepared = await prepare(flight.plan, signal, call.event, services)
  try {
    const deferred = await deferLarge(flight, prepared, call, services)
    if (deferred) return deferred
    const made = await render(prepared, signal, call.event, services)
    return { made, validator: prepared.validator }
  } finally {
    await prepared.close()
  }
}

/** What is too big or too slow to be waited for becomes a job, unless it is made already. Undefined: it is to be made now. */
async function deferLarge(
  { plan, subject, options }: AskedFlight,
  { recipe, info, original, validator, key }: Prepared,
  call: Call,
  { later, cache, engines }: Services,
): Promise<Deferred | undefined> {
  if (!later) return undefined
  const { size: bytes } = original
  const expense = expenseOf(recipe, info, bytes)
  if (expense.bytes < later.inline.bytes && expense.seconds < later.inline.seconds) return undefined
  if (await cache.get(key)) return undefined
  // What no engine can make is said now.
  await chooseEngine(engines, recipe, info, bytes)
  return { ticket: await later.defer({ plan, subject, validator, bytes, options }, call.waitUntil) }
}

/** In the background of a STALE answer: asks the origin, and files what it says. Its failure is not the client's. */
async function revalidate(
  flight: AskedFlight,
  stale: FoundRendition,
  call: Call,
  services: Services,
): Promise<void> {
  const { key, plan, subject } = flight
  const refresh = async (signal: AbortSignal): Promise<Made | Deferred> => {
    if (!(await isUnchanged(plan, stale.validator, signal, services)))
      return make(flight, signal, call, services)
    await rememberSuccess(flight, stale.rendition, stale.validator, services)
    return { rendition: stale.rendition, stored: true }
  }
  try {
    const signal = AbortSignal.timeout(BACKGROUND_MS)
    await services.flights.run({
      key,
      signal,
      make: refresh,
      reread: async () => ({ rendition: stale.rendition, stored: true }),
    })
  } catch (error) {
    const code = isMediaError(error) ? error.code : 'INTERNAL'
    services.logger.log('warn', 'revalidation failed', { path: subject.path, code })
  }
}
const BACKGROUND_MS = 60_000

/** What a rendition is filed under. */
export function subjectOf(request: MediaRequest, policy: OriginPolicy): Subject {
  const derivative = request.derivative === undefined ? [] : [`derivative:${request.derivative}`]
  const overlay = request.overlay === undefined ? [] : [`overlay:${request.overlay.path}`]
  return {
    origin: policy.name,
    path: request.path,
    tags: [`origin:${policy.name}`, ...derivative, ...overlay, ...policy.cacheTags],
  }
}

function policyOf(request: MediaRequest, services: Services): OriginPolicy {
  const policy = services.policies.get(request.origin)
  if (!policy) throw new MediaError('NO_MATCHING_ORIGIN')
  return policy
}
