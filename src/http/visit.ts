import type { Call } from '../context.ts'
import { createEvent } from '../observe/event.ts'
import { passedThrough } from '../lib/passed-on.ts'
import type { FetchContext } from '../platform.ts'
import { traceIdOf } from './identity.ts'

/** One request, whatever it is for, as the files that route and answer it see it. */
export interface Visit {
  readonly request: Request
  readonly url: URL
  readonly call: Call
  /** The client's address, as rate limits count it. */
  readonly client: string | undefined
  /** For the answer, errors included. */
  readonly headers: Headers
}

export type Handler = (visit: Visit) => Promise<Response> | Response

export interface EnterOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  newId(): string
}

export function enter(
  request: Request,
  context: FetchContext,
  client: string | undefined,
  { now, newId }: EnterOptions,
): Visit {
  const url = new URL(request.url)
  const requestId = newId()
  const event = createEvent({
    requestId,
    traceId: traceIdOf(request.headers, requestId),
    method: request.method,
    path: url.pathname.slice(0, 512),
    now,
    ...(client === undefined ? {} : { clientAddress: client }),
  })
  event.passed = passedThrough(request.headers)
  const waitUntil = (work: Promise<unknown>) => context.waitUntil?.(work)
  // Runtimes make the signal when it is first asked for, which what is stored already never does.
  const call: Call = {
    url,
    event,
    waitUntil,
    get signal() {
      return request.signal
    },
  }
  return {
    request,
    url,
    call,
    client,
    headers: new Headers(),
  }
}
