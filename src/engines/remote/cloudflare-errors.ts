/** What Cloudflare's Media Transformations say when they fail, in our words. */
import { MediaError, type ErrorCode } from '../../error.ts'

interface Row {
  readonly code: ErrorCode
  readonly what: string
}

/** By the number in `Cf-Resized: err=N`, or of the binding's errors. */
const FAILURES: Readonly<Record<number, Row>> = {
  9401: { code: 'NOT_SUPPORTED_HERE', what: 'it does not take these options' },
  9402: { code: 'SOURCE_TOO_LARGE', what: 'the original is too large' },
  9403: { code: 'REQUEST_LOOP', what: 'the request has passed through it before' },
  9404: { code: 'REMOTE_FAILED', what: 'it does not find the original' },
  9406: { code: 'NOT_SUPPORTED_HERE', what: 'it does not take that address' },
  9407: { code: 'REMOTE_FAILED', what: 'it does not find the host of the original' },
  9408: { code: 'REMOTE_FAILED', what: 'the original is refused to it' },
  9409: { code: 'REMOTE_TIMEOUT', what: 'it took too long' },
  9412: { code: 'UNSUPPORTED_CODEC', what: 'the original is no video to it' },
  9413: { code: 'SOURCE_TOO_LARGE', what: 'the original is too large' },
  9415: { code: 'UNSUPPORTED_CODEC', what: 'it does not read that kind of original' },
  9419: { code: 'NOT_SUPPORTED_HERE', what: 'it does not take that address' },
  9429: { code: 'BUSY', what: 'it has too much to do' },
  9500: { code: 'REMOTE_FAILED', what: 'it failed' },
  9503: { code: 'BUSY', what: 'it is not there' },
  9504: { code: 'REMOTE_TIMEOUT', what: 'it cannot reach the original' },
  9509: { code: 'REMOTE_FAILED', what: 'the source of the original fails it' },
  9517: { code: 'REMOTE_FAILED', what: 'it failed' },
  9523: { code: 'REMOTE_FAILED', what: 'it failed' },
}
/** Seconds, where it does not say. */
const WAIT = 5

/** @param retryAfter seconds that it says */
export function cloudflareError(number: number | undefined, cause: unknown, retryAfter = WAIT): MediaError {
  const { code, what } = FAILURES[number ?? 0] ?? { code: 'REMOTE_FAILED', what: 'it failed' }
  const told = number === undefined ? '' : ` (${number})`
  return new MediaError(code, `Cloudflare cannot make that: ${what}${told}`, {
    cause,
    details: { engine: 'cloudflare', ...(number === undefined ? {} : { number }) },
    ...(code === 'BUSY' ? { retryAfter } : {}),
  })
}

/** Of what a binding throws: its `code`, or a number of these in its words. */
export function numberOf(error: unknown): number | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  const texts = [code, message].map((one) => /\b9[45]\d\d\b/.exec(String(one))?.[0])
  const text = texts.find((one) => one !== undefined)
  return text === undefined ? undefined : Number(text)
}
