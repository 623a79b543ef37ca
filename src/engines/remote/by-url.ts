/** Media Transformations by address: Cloudflare fetches the original from where this service hands it out. */
import { MediaError } from '../../error.ts'
import { hostAndPort } from '../../lib/host-pattern.ts'
import type { SafeFetch } from '../../lib/safe-fetch.ts'
import { cancelQuietly } from '../../lib/stream.ts'
import type { SourceRef } from '../../plan/plan.ts'
import type { MediaWish } from '../../platform.ts'
import type { Transform } from './cloudflare.ts'
import { cloudflareError } from './cloudflare-errors.ts'

export interface ByUrlOptions {
  /** Of the zone, without a slash at the end. */
  readonly zone: string
  readonly safeFetch: SafeFetch
  /** Where others get that original; undefined: nowhere. */
  addressOf(source: SourceRef): Promise<string | undefined>
}

export function transformByUrl({ zone, safeFetch, addressOf }: ByUrlOptions): Transform {
  const trustedHost = hostAndPort(new URL(zone))
  return async (_, wish, { signal, asked }) => {
    const source = asked && (await addressOf(asked.source))
    if (source === undefined)
      throw new MediaError(
        'NOT_SUPPORTED_HERE',
        'Cloudflare cannot make that: the original has no address for it',
      )
    const url = `${zone}/cdn-cgi/media/${optionsOf(wish)}/${source}`
    const response = await safeFetch(url, { signal, trustedHost }).catch((cause: unknown) => {
      signal.throwIfAborted()
      throw cloudflareError(undefined, cause)
    })
    const { status, headers, body } = response
    const number = errorNumber(headers)
    if (status === 200 && number === undefined) return response
    await cancelQuietly(body)
    const seconds = Number(headers.get('retry-after') ?? Number.NaN)
    const wait = seconds > 0 ? Math.min(Math.ceil(seconds), 3600) : undefined
    throw cloudflareError(number ?? STATUSES[status], `status ${status}`, wait)
  }
}

/** What statuses without a number of their own are taken for. */
const STATUSES: Readonly<Record<number, number>> = { 413: 9413, 415: 9415, 429: 9429, 503: 9503, 504: 9504 }

function errorNumber(headers: Headers): number | undefined {
  const text = /\berr=(\d{4})\b/.exec(headers.get('cf-resized') ?? '')?.[1]
  return text === undefined ? undefined : Number(text)
}

function optionsOf({ size, output }: MediaWish): string {
  return Object.entries({ ...output, ...size })
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}
