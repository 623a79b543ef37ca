/** Conditional and range requests: RFC 9110 sections 13 and 14, as pure decisions. */
import { parseRange, type Span } from '../lib/range.ts'

/** What a client may already hold a version of. */
export interface Representation {
  /** Quoted, as in the header. */
  readonly etag: string
  /** Milliseconds since the epoch. */
  readonly lastModified?: number
  /** Bytes; absent when unknown, and then there are no ranges. */
  readonly size?: number
}

export type Decision =
  | { readonly status: 200 }
  | { readonly status: 206; readonly span: Span }
  | { readonly status: 304 }
  | { readonly status: 416 }

/** Decides between the whole, a part, nothing new, and an impossible range. */
export function decide(method: string, headers: Headers, it: Representation): Decision {
  if (isUnchanged(headers, it)) return { status: 304 }
  if (method !== 'GET' || it.size === undefined || !rangeApplies(headers, it)) return { status: 200 }
  const span = parseRange(headers.get('range'), it.size)
  if (span === undefined) return { status: 200 }
  return span === 'unsatisfiable' ? { status: 416 } : { status: 206, span }
}

/** If-None-Match wins over If-Modified-Since (section 13.2.2); entity tags compare weakly here. */
function isUnchanged(headers: Headers, it: Representation): boolean {
  const tags = headers.get('if-none-match')
  if (tags !== null) {
    if (tags.trim() === '*') return true
    return (tags.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => opaque(tag) === opaque(it.etag))
  }
  const since = Date.parse(headers.get('if-modified-since') ?? '')
  return it.lastModified !== undefined && seconds(it.lastModified) <= seconds(since)
}

/** If-Range demands the strong comparison, or the exact date (section 13.1.5). */
function rangeApplies(headers: Headers, it: Representation): boolean {
  const condition = headers.get('if-range')?.trim()
  if (condition === undefined) return true
  if (condition.startsWith('"')) return condition === it.etag
  return it.lastModified !== undefined && seconds(Date.parse(condition)) === seconds(it.lastModified)
}

const opaque = (tag: string) => tag.replace(/^W\//, '')
const seconds = (ms: number) => Math.floor(ms / 1000)
