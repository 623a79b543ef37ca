/**
 * Which addresses are Cloudflare's edge. The published lists are fetched anew when a request finds them due, so there is
 * no timer to forget; the last good ones count until then, and before the first, those of the package.
 */
import { createAddressSet, parseCidr } from '../lib/cidr.ts'
import { hostAndPort } from '../lib/host-pattern.ts'
import type { SafeFetch } from '../lib/safe-fetch.ts'
import { CLOUDFLARE_RANGES } from './cloudflare-ranges.ts'

export interface EdgeRanges {
  contains(address: string): boolean
  /** Fetches the lists when they are due, in the background. */
  keepFresh(waitUntil: (work: Promise<unknown>) => void): void
}

export interface EdgeOptions {
  /** Addresses of lists, one block a line. */
  readonly lists: readonly string[]
  /** Milliseconds between fetches, give or take a tenth. */
  readonly refreshMs: number
  readonly safeFetch: SafeFetch
  /** Milliseconds since the epoch. */
  now(): number
  /** 0 to 1. */
  random(): number
  /** Hears of a fetch that failed. */
  onFault(message: string, cause: unknown): void
}

export function createEdgeRanges(options: EdgeOptions): EdgeRanges {
  const { lists, refreshMs, safeFetch, now, random, onFault } = options
  let contains = createAddressSet(CLOUDFLARE_RANGES)
  let dueAt = -Infinity
  const later = (ms: number) => now() + ms * (0.9 + 0.2 * random())

  async function refresh(): Promise<void> {
    try {
      const blocks = await Promise.all(lists.map((url) => fetchList(url, safeFetch)))
      contains = createAddressSet(blocks.flat())
      dueAt = later(refreshMs)
    } catch (error) {
      onFault('the address ranges of Cloudflare could not be fetched: the last ones stay', error)
    }
  }

  return {
    contains: (address) => contains(address),
    keepFresh(waitUntil) {
      if (now() < dueAt) return
      // Set before anything can fail, and only then: a runtime may end this work without a word.
      dueAt = later(Math.min(refreshMs, RETRY_MS))
      waitUntil(refresh())
    },
  }
}

const RETRY_MS = 60_000
/** The lists of today are half a kilobyte. */
const MAX_LIST_BYTES = 65_536

async function fetchList(url: string, safeFetch: SafeFetch): Promise<readonly string[]> {
  const response = await safeFetch(url, {
    signal: new AbortController().signal,
    // It stands in the configuration as it is.
    trustedHost: hostAndPort(new URL(url)),
    maxBytes: MAX_LIST_BYTES,
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}`)
  return parseRanges(text)
}

/** Widest blocks that a list may hold: a list that lets in half of the internet is none of Cloudflare's. */
const WIDEST = { 4: 8, 6: 16 } as const

/** One block a line. @throws Error when a line is anything else, a block is too wide, or there is none */
export function parseRanges(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim())
  const blocks = lines.filter((line) => line !== '')
  for (const line of blocks) {
    const block = parseCidr(line)
    if (!block) throw new Error(`Not a block of addresses: ${line.slice(0, 60)}`)
    if (block.bits < WIDEST[block.version]) throw new Error(`The block is too wide: ${line}`)
  }
  if (blocks.length === 0) throw new Error('The list is empty')
  return blocks
}
