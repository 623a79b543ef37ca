/** A runtime's own arguments of `fetch` as ours. */
import type { ConfigInput, FetchContext, Mediamorph, Platform } from '../../src/index.ts'
import { createMediamorph } from '../../src/index.ts'

/** The service with a `fetch` that takes whatever the runtime, or a framework above it, hands on. */
export interface BoundMediamorph extends Omit<Mediamorph, 'fetch'> {
  fetch(request: Request, ...native: unknown[]): Promise<Response>
}

/** Finds the TCP peer's address in the runtime's own argument, when it is there. */
export type PeerOf = (argument: Readonly<Record<string, unknown>>, request: Request) => string | undefined

export function bindMediamorph(
  config: ConfigInput | undefined,
  platform: Platform,
  peerOf: PeerOf,
): BoundMediamorph {
  const media = createMediamorph(config, platform)
  return {
    ...media,
    fetch: (request, ...native) => media.fetch(request, toFetchContext(request, native, peerOf)),
  }
}

/**
 * Called by a server, the first argument is the runtime's; by `app.mount` of Hono, an environment and an execution
 * context, either of which may be missing; by an embedder, a `FetchContext`.
 */
export function toFetchContext(request: Request, native: readonly unknown[], peerOf: PeerOf): FetchContext {
  let context: FetchContext = {}
  for (const argument of native) {
    if (!isRecord(argument)) continue
    const { clientAddress, waitUntil } = argument
    const peer = typeof clientAddress === 'string' ? clientAddress : peerOf(argument, request)
    if (peer !== undefined) context = { clientAddress: peer, ...context }
    if (typeof waitUntil === 'function')
      context = { ...context, waitUntil: (work) => void waitUntil.call(argument, work) }
  }
  return context
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
