/**
 * One wide event per request: rooms write what they learn into it, and at the end it becomes a log line (and later a
 * metric and a trace), so that no room logs for itself.
 */

/** What is known of a request; grows while it is answered. Times in milliseconds. */
export interface RequestEvent {
  readonly requestId: string
  readonly traceId: string
  readonly method: string
  /** Path as Mediamorph sees it, without the query: signatures and keys stay out of the log. */
  readonly path: string
  readonly startedAt: number
  origin: string | undefined
  derivative: string | undefined
  /** `HIT`, `MISS`, … as in `X-Cache`. */
  cache: string | undefined
  cacheKey: string | undefined
  sourceType: string | undefined
  engine: string | undefined
  width: number | undefined
  height: number | undefined
  status: number | undefined
  bytes: number | undefined
  errorCode: string | undefined
  /** What the originals were judged to be: `safe`, `unsafe`, `unknown`. */
  nsfw: string | undefined
  nsfwProbability: number | undefined
  /** For the log only: what an operator needs to mend it. */
  cause: string | undefined
  clientAddress: string | undefined
  readonly phases: Record<string, number>
  /** Names of the services that could not answer it and passed it on; absent: nobody has. */
  passed: readonly string[] | undefined
}

export interface EventStart {
  readonly requestId: string
  readonly traceId: string
  readonly method: string
  readonly path: string
  readonly now: number
  readonly clientAddress?: string
}

/** Every field is there from the beginning: what changes its shape on the way is slow, for each request. */
export function createEvent({
  requestId,
  traceId,
  method,
  path,
  now,
  clientAddress,
}: EventStart): RequestEvent {
  return {
    requestId,
    traceId,
    method,
    path,
    startedAt: now,
    clientAddress,
    origin: undefined,
    derivative: undefined,
    cache: undefined,
    cacheKey: undefined,
    sourceType: undefined,
    engine: undefined,
    width: undefined,
    height: undefined,
    bytes: undefined,
    status: undefined,
    errorCode: undefined,
    nsfw: undefined,
    nsfwProbability: undefined,
    cause: undefined,
    phases: {},
    passed: undefined,
  }
}

/** Adds the time that `work` takes to a phase, also when it fails. */
export async function timed<T>(
  event: RequestEvent,
  phase: string,
  now: () => number,
  work: () => Promise<T>,
): Promise<T> {
  const begin = now()
  try {
    return await work()
  } finally {
    event.phases[phase] = (event.phases[phase] ?? 0) + now() - begin
  }
}

/** `Server-Timing` of W3C: `source;dur=12.3, transform;dur=45.6`. */
export function serverTiming(event: RequestEvent): string {
  return Object.entries(event.phases)
    .map(([phase, ms]) => `${phase};dur=${ms.toFixed(1)}`)
    .join(', ')
}
