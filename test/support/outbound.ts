/** The way out that tests use: loopback is reached because the rules say so. */
import { createPinnedFetch, type PinnedFetchOptions } from '../../runtimes/server/pinned-fetch.ts'
import { createSafeFetch, type SafeFetch, type SafeFetchRules } from '../../src/lib/safe-fetch.ts'

export const OPEN_RULES: SafeFetchRules = {
  allowHosts: ['*'],
  denyHosts: [],
  allowPrivate: ['127.0.0.0/8'],
  ports: [80, 443],
  maxRedirects: 5,
  connectMs: 1000,
  idleMs: 1000,
  totalMs: 5000,
}

export function createTestFetch(
  rules: Partial<SafeFetchRules> = {},
  pinned: PinnedFetchOptions = {},
): SafeFetch {
  return createSafeFetch({
    rules: { ...OPEN_RULES, ...rules },
    instanceId: 'mm-test',
    createPinnedFetch: (outbound) => createPinnedFetch(outbound, pinned),
  })
}
