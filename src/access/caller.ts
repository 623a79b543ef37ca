/** Whose request it is: the one address that counts, decided by what the client cannot forge. Pure. */
import { normalizeAddress, parseAddress } from '../lib/cidr.ts'

export interface Caller {
  /** Of the client, IPv4 never written as IPv6; undefined when nobody says who the TCP peer is. */
  readonly address: string | undefined
  /** The request came through Cloudflare: by its own word for the TCP peer, or by that of trusted proxies alone. */
  readonly isThroughEdge: boolean
}

export interface CallerFacts {
  /** The TCP peer's address. */
  readonly peer: string | undefined
  readonly headers: Headers
  /** The platform is Cloudflare's edge itself. */
  readonly isAtEdge: boolean
}

export interface CallerRules {
  /** Whether a hop's word for the hop before it is believed. */
  isProxy(address: string): boolean
  /** Whether an address is Cloudflare's; false for all of them when the edge gate is off. */
  isEdge(address: string): boolean
}

/**
 * Hops are read from the right, where proxies of ours have written them: the first that is not one of ours is the client.
 * Where that one is Cloudflare's, the client is whom Cloudflare names, one hop further and no more: what a client of
 * Cloudflare wrote itself stands behind that.
 */
export function callerOf({ peer, headers, isAtEdge }: CallerFacts, rules: CallerRules): Caller {
  let last: string | undefined
  let isThroughEdge = isAtEdge
  for (const hop of hopsOf(peer, headers.get('x-forwarded-for'))) {
    if (isThroughEdge && !isAtEdge) return { address: hop, isThroughEdge }
    last = hop
    if (!isAtEdge && rules.isEdge(hop)) isThroughEdge = true
    else if (!rules.isProxy(hop)) break
  }
  return { address: last, isThroughEdge }
}

/** More than anybody has proxies in a row. */
const MOST_HOPS = 32

/** From the nearest hop outwards; ends at what is no address. */
function* hopsOf(peer: string | undefined, forwardedFor: string | null): Generator<string> {
  if (peer === undefined) return
  yield normalizeAddress(peer)
  for (const text of (forwardedFor ?? '').split(',').slice(-MOST_HOPS).toReversed()) {
    const hop = parseHop(text.trim())
    if (hop === undefined) return
    yield hop
  }
}

/** Some proxies write the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function parseHop(text: string): string | undefined {
  const bare = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(text)
  const address = normalizeAddress(bare?.[1] ?? bare?.[2] ?? text)
  return parseAddress(address) ? address : undefined
}
