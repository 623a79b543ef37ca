/** Originals in a bucket of S3 or of a service that speaks it, signed with Signature Version 4. */
import { AwsV4Signer } from 'aws4fetch'
import { hostAndPort } from '../lib/host-pattern.ts'
import type { SafeFetch } from '../lib/safe-fetch.ts'
import { checkRemote, openRemote, type RemoteSend } from './remote-original.ts'
import type { S3SourceSettings } from './settings.ts'
import type { OpenRequest, Source } from './source.ts'
import { encodePath, fillKey } from './template.ts'

type Settings = Omit<S3SourceSettings, 'type'>

export function createS3Source(settings: Settings, safeFetch: SafeFetch): Source {
  const sign = createSigner(settings)

  function sender({ captures, signal }: OpenRequest): RemoteSend {
    const url = objectUrl(settings, fillKey(settings.key, captures))
    const trustedHost = hostAndPort(url)
    return async (headers) => safeFetch(url.href, { signal, trustedHost, headers: await sign(url, headers) })
  }

  return {
    type: 's3',
    open: async (request) => openRemote('s3', sender(request), fillKey(settings.key, request.captures)),
    check: async (request, validator) => checkRemote('s3', sender(request), validator),
  }
}

function objectUrl({ endpoint, bucket, style }: Settings, key: string): URL {
  const base = new URL(endpoint)
  const folder = base.pathname.replace(/\/$/, '')
  if (style === 'virtual') base.hostname = `${bucket}.${base.hostname}`
  base.pathname =
    style === 'virtual' ? `${folder}/${encodePath(key)}` : `${folder}/${bucket}/${encodePath(key)}`
  return base
}

function createSigner(settings: Settings) {
  const { accessKeyId, secretAccessKey, sessionToken, region } = settings
  // The signing key of the day, by aws4fetch's own name for it.
  const cache = new Map<string, ArrayBuffer>()
  return async (url: URL, headers: Readonly<Record<string, string>>): Promise<HeadersInit> => {
    if (accessKeyId === undefined || secretAccessKey === undefined) return headers
    if (cache.size > 2) cache.clear()
    const signer = new AwsV4Signer({
      url: url.href,
      headers,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region,
      cache,
    })
    return (await signer.sign()).headers
  }
}
