/** Every kind of harm that the soak does, one row each: what is asked for, and how it may be answered. */
import type { Expected } from './answer.ts'
import type { HarmfulFile } from './harm-files.ts'
import type { RawRequest } from './raw-client.ts'

export interface Hostile {
  /** What it is, for the report. */
  readonly kind: 'files' | 'work' | 'origins' | 'addresses' | 'clients'
  readonly request: RawRequest
  /** Absent: the client does not wait for an answer. */
  readonly expected?: Expected
}

/** Makes the nth of its kind: by a path of its own each time, so that no answer is a remembered one. */
type Make = (n: number) => Hostile

const ask = (kind: Hostile['kind'], target: string, expected: Omit<Expected, 'path'>): Hostile => ({
  kind,
  request: { target },
  expected: { path: target, ...expected },
})

/** Takes longer than it may, or more. */
const SLOW = ['TRANSFORM_TIMEOUT', 'LIMIT_EXCEEDED']

const WORK: readonly Make[] = [
  'format=avif&effort=9&width=1600',
  'format=avif&effort=9&width=1500&blur=80',
  'format=webp&quality=lossless&effort=9&width=3000',
  'format=png&width=8192&height=8192&fit=cover',
].map((query) => (n) => ask('work', `/files/~${n}/photo.jpg?${query}`, { codes: SLOW, mayBePicture: true }))

/** By the manner of `harm-origin.ts`. */
const ORIGINS: Readonly<Record<string, readonly string[]>> = {
  endless: ['SOURCE_TOO_LARGE', 'SOURCE_TIMEOUT'],
  gzip: ['SOURCE_TOO_LARGE', 'SOURCE_TIMEOUT'],
  long: ['SOURCE_FAILED'],
  short: ['CORRUPT_MEDIA', 'SOURCE_FAILED'],
  hanging: ['SOURCE_TIMEOUT'],
  drip: ['SOURCE_TIMEOUT'],
  head: ['SOURCE_TIMEOUT'],
  loop: ['SOURCE_FAILED'],
  inside: ['SOURCE_FAILED'],
  file: ['SOURCE_FAILED'],
  reset: ['SOURCE_FAILED'],
  html: ['UNSUPPORTED_MEDIA'],
  failing: ['SOURCE_FAILED'],
  empty: ['UNSUPPORTED_MEDIA', 'CORRUPT_MEDIA'],
  headers: ['SOURCE_FAILED'],
  coded: ['SOURCE_FAILED'],
  gone: ['NOT_FOUND'],
}

const ADDRESSES: readonly (readonly [target: string, code: string])[] = [
  ['/files/photo.jpg?width=none', 'INVALID_PARAMETER'],
  ['/files/photo.jpg?width=999999', 'INVALID_PARAMETER'],
  ['/files/photo.jpg?width=8000&height=9000', 'INVALID_PARAMETER'],
  ['/files/gone.jpg?width=100', 'NOT_FOUND'],
  ['/files/%252e%252e/config.json', 'INVALID_PATH'],
  ['/files/%2e%2e%2fconfig.json', 'INVALID_PATH'],
  ['/files/..%5cconfig.json', 'INVALID_PATH'],
  ['/files/a%00.jpg', 'INVALID_PATH'],
  ['/files/.env', 'INVALID_PATH'],
  ['/files/%c0%ae%c0%ae/config.json', 'INVALID_PATH'],
  [`/files/${'a'.repeat(9000)}`, 'URL_TOO_LONG'],
  ['/nowhere/photo.jpg', 'NO_MATCHING_ORIGIN'],
  ['/signed/photo.jpg?width=100', 'BAD_SIGNATURE'],
  [`/signed/photo.jpg?width=100&sig=${'A'.repeat(43)}`, 'BAD_SIGNATURE'],
  [`/signed/photo.jpg?exp=1&width=100&sig=${'A'.repeat(43)}`, 'BAD_SIGNATURE'],
]

const client = (request: RawRequest): Hostile => ({ kind: 'clients', request })
const cold = (n: number) => `/files/~${n}/photo.jpg?width=${200 + (n % 700)}&format=avif`

const CLIENTS: readonly Make[] = [
  ...[20, 150, 600].map(
    (leaveAfterMs): Make =>
      (n) =>
        client({ target: cold(n), leaveAfterMs }),
  ),
  (n) => client({ target: `/web/${n}/hanging`, leaveAfterMs: 300 }),
  (n) => client({ target: `/files/~${n}/photo.jpg`, isHalf: true, leaveAfterMs: 15_000 }),
  // More than the buffers of both sides hold.
  () => client({ target: '/files/large.jpg', isDeaf: true, leaveAfterMs: 5000 }),
  (n) => {
    const headers = Array.from({ length: 120 }, (_, i) => `X-${i}: ${n}`)
    const target = '/files/photo.jpg?width=10'
    return {
      kind: 'clients',
      request: { target, headers },
      expected: { path: target, codes: ['HEADERS_TOO_LARGE'] },
    }
  },
]

export function hostileKinds(files: Readonly<Record<string, HarmfulFile>>): readonly Make[] {
  return [
    ...Object.entries(files).map(
      ([name, { codes, mayBePicture = false }]): Make =>
        (n) =>
          ask('files', `/files/~${n}/${name}?width=${50 + (n % 100)}`, { codes, mayBePicture }),
    ),
    ...WORK,
    ...Object.entries(ORIGINS).map(
      ([manner, codes]): Make =>
        (n) =>
          ask('origins', `/web/${n}/${manner}?width=100`, { codes }),
    ),
    ...ADDRESSES.map(
      ([target, code]): Make =>
        () =>
          ask('addresses', target, { codes: [code] }),
    ),
    ...CLIENTS,
  ]
}
