/** What a response says of the original behind it. */
import { MediaError } from '../error.ts'
import type { Validator } from '../media/original.ts'

export interface RemoteFacts {
  /** Bytes of the whole original. */
  readonly size?: number
  readonly type?: string
  /** Absent when the source says nothing that tells versions apart. */
  readonly validator?: Validator
  /** The source has not said that it can't answer ranges. */
  readonly ranges: boolean
}

export function readFacts({ status, headers }: Response): RemoteFacts {
  const size = wholeSize(status, headers)
  const type = headers.get('content-type')
  const validator = readValidator(headers, size)
  return {
    ...(size === undefined ? {} : { size }),
    ...(type === null ? {} : { type }),
    ...(validator ? { validator } : {}),
    ranges: headers.get('accept-ranges')?.trim().toLowerCase() !== 'none',
  }
}

/** First byte of a 206, RFC 9110 section 14.4. */
export function rangeStart(headers: Headers): number | undefined {
  const first = /^bytes (\d{1,15})-\d{1,15}\/(?:\d{1,15}|\*)$/i.exec(
    headers.get('content-range')?.trim() ?? '',
  )?.[1]
  return first === undefined ? undefined : Number(first)
}

/** Headers by which a source answers a range only of the version we know (RFC 9110 section 13.1). */
export function pinTo(validator: Validator): Record<string, string> {
  const { text } = validator
  if (text.startsWith('"')) return { 'if-match': text, 'if-range': text }
  return isDated(validator) ? { 'if-range': new Date(validator.lastModified).toUTCString() } : {}
}

/** Headers by which a source answers 304 for the version that a validator's text names; undefined when none can. */
export function unlessSame(text: string): Record<string, string> | undefined {
  if (/^(W\/)?"/.test(text)) return { 'if-none-match': text }
  const ms = /^lm-(\d+)-/.exec(text)?.[1]
  return ms === undefined ? undefined : { 'if-modified-since': new Date(Number(ms)).toUTCString() }
}

/** What a status other than success means for us. */
export function statusError({ status, headers }: Response): MediaError {
  if (status === 404) return new MediaError('NOT_FOUND')
  if (status === 410) return new MediaError('GONE')
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  const wait =
    Number.isFinite(seconds) && seconds > 0 ? { retryAfter: Math.min(Math.ceil(seconds), 3600) } : {}
  return new MediaError('SOURCE_FAILED', `Fetching the original: the source answered ${status}`, wait)
}

function wholeSize(status: number, headers: Headers): number | undefined {
  const text = status === 206 ? headers.get('content-range')?.split('/')[1] : headers.get('content-length')
  return text && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function readValidator(headers: Headers, size: number | undefined): Validator | undefined {
  const ms = Date.parse(headers.get('last-modified') ?? '')
  const lastModified = Number.isFinite(ms) ? { lastModified: ms } : {}
  const etag = headers.get('etag')?.trim()
  if (etag && /^(W\/)?"[^"]*"$/.test(etag)) return { text: etag, ...lastModified }
  return Number.isFinite(ms) ? { text: `lm-${ms}-${size ?? ''}`, lastModified: ms } : undefined
}

function isDated(validator: Validator): validator is Validator & { readonly lastModified: number } {
  return validator.text.startsWith('lm-') && validator.lastModified !== undefined
}
