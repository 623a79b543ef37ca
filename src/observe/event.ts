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
  origin?: string
  derivative?: string
  /** `HIT`, `MISS`, … as in `X-Cache`. */
  cache?: string
  cacheKey?: string
  sourceType?: string
  engine?: string
  width?: number
  height?: number
  status?: number
  bytes?: number
  errorCode?: string
  /** For the log only: what an operator needs to mend it. */
  cause?: string
  clientAddress?: string
  readonly phases: Record<string, number>
}

export interface EventStart {
  readonly requestId: string
  readonly traceId: string
  readonly method: string
  readonly path: string
  readonly now: number
  readonly clientAddress?: string
}

export function createEvent({ now, ...start }: EventStart): RequestEvent {
  return { ...start, startedAt: now, phases: {} }
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
