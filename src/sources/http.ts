/** Originals at an address. */
import { hostAndPort } from '../lib/host-pattern.ts'
import type { SafeFetch } from '../lib/safe-fetch.ts'
import { checkRemote, openRemote, type RemoteSend } from './remote-original.ts'
import type { HttpSourceSettings } from './settings.ts'
import type { OpenRequest, Source } from './source.ts'
import { fillUrl, literalAuthority } from './template.ts'

export function createHttpSource(
  settings: Pick<HttpSourceSettings, 'url' | 'headers'>,
  safeFetch: SafeFetch,
): Source {
  const authority = literalAuthority(settings.url)
  const trustedHost = authority && hostAndPort(authority)

  function sender({ captures, signal }: OpenRequest): RemoteSend {
    const url = fillUrl(settings.url, captures)
    return (headers) =>
      safeFetch(url.href, {
        headers: { ...settings.headers, ...headers },
        signal,
        trustedHost,
        mustBeNamed: trustedHost === undefined,
      })
  }

  return {
    type: 'http',
    open: async (request) =>
      openRemote('http', sender(request), fillUrl(settings.url, request.captures).pathname),
    check: async (request, validator) => checkRemote('http', sender(request), validator),
  }
}
