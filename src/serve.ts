/**
 * The decide half of the line: authorize, plan, look up, make. Reads as a list of verbs; how an answer looks on the
 * wire is `http/`'s business.
 */
import { ERRORS, MediaError, isMediaError, type ErrorCode } from './error.ts'
import type { Call, Grant, Made, OriginPolicy, Services } from './context.ts'
import type { Original } from './media/original.ts'
import { planKey } from './plan/key.ts'
import type { Plan } from './plan/plan.ts'
import { prepare, render } from './render.ts'
import type { MediaRequest } from './request/request.ts'
import { serveOriginal, type OriginalOutcome } from './serve-original.ts'
import type { Found, StoredRendition, Subject } from './store/cache.ts'

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

export type Outcome = RenditionOutcome | OriginalOutcome

/** Answers one parsed request. @throws MediaError for everything that has no bytes. */
export async function serve(request: MediaRequest, call: Call, services: Services): Promise<Outcome> {
  const policy = policyOf(request, services)
  const grant = await services.authorize(call.url, request)
  if (request.isBare) return serveOriginal(request, { grant, policy, passthrough: false }, call, services)
  try {
    return await serveRendition(request, grant, policy, call, services)
  } catch (error) {
    if (policy.fallback !== 'original' || !isFallible(error)) throw error
    return serveOriginal(request, { grant, policy, passthrough: true }, call, services)
  }
}

async function serveRendition(
  request: MediaRequest,
  grant: Grant,
  policy: OriginPolicy,
  call: Call,
  services: Services,
): Promise<RenditionOutcome> {
  const plan = services.plan(request)
  const key = await planKey(plan)
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
  const flight = { plan, key, subject, policy }
  if (found) {
    call.waitUntil(revalidate(flight, found, call, services))
    return outcome(found.rendition, 'STALE', found.ageMs)
  }
  const { value, joined } = await fly(flight, call.signal, call, services)
  return outcome(value.rendition, joined ? 'COALESCED' : value.stored ? 'MISS' : 'BYPASS', 0)
}

type FoundRendition = Exclude<Found, { state: 'negative' }>

interface PlannedFlight {
  readonly plan: Plan
  readonly key: string
  readonly subject: Subject
  readonly policy: OriginPolicy
}

/** The whole cold path, origin contact included, one flight per key. */
function fly(flight: PlannedFlight, signal: AbortSignal, call: Call, services: Services) {
  return services.flights.run({
    key: flight.key,
    signal,
    make: (shared) => services.admission.run(shared, () => make(flight, shared, call, services)),
    reread: async () => {
      const found = await services.cache.find(flight.key)
      if (found?.state === 'negative') throw remembered(found)
      return found && { rendition: found.rendition, stored: true }
    },
  })
}

async function make(
  flight: PlannedFlight,
  signal: AbortSignal,
  call: Call,
  services: Services,
): Promise<Made> {
  try {
    const { made, recipeKey, validator } = await makeTwice(flight.plan, signal, call, services)
    if (made.stored) await file(flight, recipeKey, validator, services)
    return made
  } catch (error) {
    await rememberFailure(flight, error, signal, services)
    throw error
  }
}

/** Writes down where a plan leads. */
function file(
  { key, subject, policy }: PlannedFlight,
  recipeKey: string,
  validator: string,
  services: Services,
): Promise<void> {
  const times = { ttlMs: policy.ttl.ok * 1000, staleMs: policy.staleWhileRevalidate * 1000 }
  return rememberQuietly(key, { subject, outcome: { recipeKey, validator }, ...times }, services)
}

/** A change underneath is one retry. */
async function makeTwice(plan: Plan, signal: AbortSignal, call: Call, services: Services) {
  try {
    return await makeOnce(plan, signal, call, services)
  } catch (error) {
    if (!isMediaError(error) || error.code !== 'SOURCE_CHANGED') throw error
    return makeOnce(plan, signal, call, services)
  }
}

async function makeOnce(plan: Plan, signal: AbortSignal, call: Call, services: Services) {
  const prepared = await prepare(plan, signal, call.event, services)
  try {
    const made = await render(prepared, signal, call.event, services)
    return { made, recipeKey: prepared.key, validator: prepared.original.validator.text }
  } finally {
    await prepared.original.close()
  }
}

/** In the background of a STALE answer: asks the origin, and files what it says. Its failure is not the client's. */
async function revalidate(
  flight: PlannedFlight,
  stale: FoundRendition,
  call: Call,
  services: Services,
): Promise<void> {
  const { key, plan, subject } = flight
  const refresh = async (signal: AbortSignal): Promise<Made> => {
    if (!(await services.origins.check(plan.source, stale.validator, signal)))
      return make(flight, signal, call, services)
    await file(flight, stale.rendition.key, stale.validator, services)
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

/** 4xx and source failures are remembered for the origin's ttl of their class; what may pass by itself is not. */
async function rememberFailure(
  flight: PlannedFlight,
  error: unknown,
  signal: AbortSignal,
  services: Services,
): Promise<void> {
  if (!isMediaError(error) || !isNegative(error.code) || signal.aborted) return
  const { ttl } = flight.policy
  const seconds = error.status < 500 ? ttl.clientError : ttl.serverError
  const stale = await services.cache.find(flight.key).catch(() => undefined)
  if (seconds <= 0 || (stale?.state === 'stale' && error.status >= 500)) return
  const failure = { code: error.code, message: error.message, details: error.details }
  await rememberQuietly(
    flight.key,
    { subject: flight.subject, outcome: { failure }, ttlMs: seconds * 1000, staleMs: 0 },
    services,
  )
}

async function rememberQuietly(
  ...[key, what, services]: [string, Parameters<Services['cache']['remember']>[1], Services]
): Promise<void> {
  try {
    await services.cache.remember(key, what)
  } catch (error) {
    services.logger.log('error', 'plan not filed', {
      key,
      cause: error instanceof Error ? error.message : 'unknown',
    })
  }
}

/** True for failures that the same request would meet again. */
export function isNegative(code: ErrorCode): boolean {
  return !('retry' in ERRORS[code]) && !NEVER_REMEMBERED.has(code)
}
const NEVER_REMEMBERED: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHORIZED',
  'BAD_SIGNATURE',
  'URL_EXPIRED',
  'ACCESS_DENIED',
  'METHOD_NOT_ALLOWED',
  'RANGE_NOT_SATISFIABLE',
  'REQUEST_LOOP',
])

/** Failures of transforming, as opposed to failures of finding or of asking. */
function isFallible(error: unknown): boolean {
  return isMediaError(error) && FALLIBLE.has(error.code)
}
const FALLIBLE: ReadonlySet<ErrorCode> = new Set([
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'TRANSFORM_TIMEOUT',
  'NOT_SUPPORTED_HERE',
  'LIMIT_EXCEEDED',
])

function remembered(found: Extract<Found, { state: 'negative' }>): MediaError {
  const { code, message, details } = found.failure
  return new MediaError(code, message, { details })
}

function subjectOf(request: MediaRequest, policy: OriginPolicy): Subject {
  const derivative = request.derivative === undefined ? [] : [`derivative:${request.derivative}`]
  return {
    origin: policy.name,
    path: request.path,
    tags: [`origin:${policy.name}`, ...derivative, ...policy.cacheTags],
  }
}

function policyOf(request: MediaRequest, services: Services): OriginPolicy {
  const policy = services.policies.get(request.origin)
  if (!policy) throw new MediaError('NO_MATCHING_ORIGIN')
  return policy
}

export type { Original }
