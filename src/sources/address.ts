/** Originals at whatever address a request gives: nothing about it is trusted. */
import type { SafeFetch } from '../lib/safe-fetch.ts'
import { checkRemote, openRemote, type RemoteSend } from './remote-original.ts'
import type { OpenRequest, Source } from './source.ts'

export function createAddressSource({ capture }: { readonly capture: string }, safeFetch: SafeFetch): Source {
  const sender =
    ({ captures, signal }: OpenRequest): RemoteSend =>
    (headers) =>
      safeFetch(captures[capture] ?? '', { headers, signal })
  return {
    type: 'http',
    open: async (request) => openRemote('http', sender(request), pathOf(request.captures[capture])),
    check: async (request, validator) => checkRemote('http', sender(request), validator),
  }
}

const pathOf = (address = '') => (URL.canParse(address) ? new URL(address).pathname : '')
