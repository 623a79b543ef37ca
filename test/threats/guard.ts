/** The guard over live servers on the loopback, with a resolver of the test's own. */
import { createPinnedFetch } from '../../runtimes/server/pinned-fetch.ts'
import { isMediaError } from '../../src/error.ts'
import { createSafeFetch, type SafeFetchOptions, type SafeFetchRules } from '../../src/lib/safe-fetch.ts'

export const RULES: SafeFetchRules = {
  allowHosts: ['*'],
  denyHosts: [],
  allowPrivate: [],
  ports: [80, 443],
  maxRedirects: 5,
  connectMs: 1000,
  idleMs: 300,
  totalMs: 1000,
}
export const LOOPBACK: Partial<SafeFetchRules> = { allowPrivate: ['127.0.0.0/8'] }

export type Resolve = (host: string) => Promise<readonly string[]>

/** Pinned; every name is on the loopback unless `resolve` says otherwise. */
export function guarded(rules: Partial<SafeFetchRules> = {}, resolve: Resolve = async () => ['127.0.0.1']) {
  const safeFetch = createSafeFetch({
    rules: { ...RULES, ...rules },
    instanceId: 'mm-test',
    createPinnedFetch: (outbound) => createPinnedFetch(outbound, { resolve }),
  })
  return (url: string, options: Partial<SafeFetchOptions> = {}) =>
    safeFetch(url, { signal: new AbortController().signal, ...options })
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isMediaError(error)) return error.code
    throw error
  }
  return 'no error'
}

export const whole = async (work: Promise<Response>) => new Uint8Array(await (await work).arrayBuffer())
