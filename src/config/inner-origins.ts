/** Origins that features bring along: asset routes, what lies on other hosts, what jobs made, what internal routes read. */
import type { AccessRules } from '../access/authorize.ts'
import type { OriginPolicy } from '../context.ts'
import { ARTIFACTS, EXTERNAL, internalOrigin, STATIC } from '../request/address.ts'
import { STATIC_TYPES } from '../media/static-types.ts'
import { KEYS_ORIGIN } from '../request/grammars/vylux.ts'
import type { OriginSources } from '../sources/origins.ts'
import type { Config } from './config.ts'
import { bucketOf, mountedSource } from './mounted.ts'

export type InnerOrigin = OriginPolicy & AccessRules & OriginSources

const shared = { cacheTags: [], fallback: 'none', sizes: [] } as const

export function innerOrigins(config: Config): InnerOrigin[] {
  return [
    ...featureOrigins(config),
    ...assetOrigins(config),
    ...staticOrigins(config),
    ...internalOrigins(config),
  ]
}

function featureOrigins({ external, compat, storage, origins, nsfw }: Config): InnerOrigin[] {
  const keys = origins.find(({ name }) => name === KEYS_ORIGIN)
  const elsewhere: InnerOrigin = {
    ...shared,
    ...lifetimeOf(external),
    name: EXTERNAL,
    access: external.access,
    originals: 'media',
    transforms: 'images',
    nsfw: external.nsfw ?? nsfw.default,
    sources: [{ type: 'address', capture: 'url' }],
  }
  const artifacts: InnerOrigin = {
    ...shared,
    ...lifetimeOf(keys ?? external),
    name: ARTIFACTS,
    access: 'signed',
    originals: 'media',
    nsfw: keys?.nsfw ?? nsfw.default,
    sources: [{ type: 'storage', mount: storage.artifacts, key: '${key}' }],
  }
  return [...(external.enabled ? [elsewhere] : []), ...(compat.grammars.includes('vylux') ? [artifacts] : [])]
}

function assetOrigins({ assets, objectStore, nsfw }: Config): InnerOrigin[] {
  return assets.map((row) => ({
    ...lifetimeOf(row),
    name: row.origin,
    access: row.access,
    sizes: [],
    originals: row.originals,
    fallback: row.fallback,
    types: row.types,
    nsfw: row.nsfw ?? nsfw.default,
    codecs: row.codecs,
    cacheTags: row.cacheTags,
    sources: row.keys.map((key) => mountedSource(row.mount, key, objectStore)),
  }))
}

function staticOrigins({ static: mount, external, objectStore, nsfw }: Config): InnerOrigin[] {
  if (mount === null) return []
  const sources = [mountedSource(mount, '${key}', objectStore)]
  return [
    {
      ...shared,
      ...lifetimeOf(external),
      name: STATIC,
      access: 'public',
      originals: 'any',
      types: STATIC_TYPES,
      nsfw: nsfw.default,
      sources,
    },
  ]
}

/** Read by internal routes alone: no address leads there. */
function internalOrigins(config: Config): InnerOrigin[] {
  const { secrets, internal, external, objectStore } = config
  if (secrets.internalSecret === undefined || config.static !== null) return []
  const inner = { ...shared, ...lifetimeOf(external), access: 'signed', originals: 'none' } as const
  const mounted = [
    ...(internal.uploads === undefined ? [] : [[internalOrigin('upload'), internal.uploads] as const]),
    ...[...internalBuckets(config)].map(([name, mount]) => [internalOrigin('s3', name), mount] as const),
  ]
  return [
    { ...inner, name: internalOrigin('external'), sources: [{ type: 'address', capture: 'key' }] },
    ...mounted.map(([name, mount]) => ({
      ...inner,
      name,
      sources: [mountedSource(mount, '${key}', objectStore)],
    })),
  ]
}

/** Mounts by the names that internal routes know them by. */
export function internalBuckets({
  assets,
  internal,
}: Pick<Config, 'assets' | 'internal'>): ReadonlyMap<string, string> {
  const ofAssets = assets.flatMap(({ mount }) => {
    const bucket = bucketOf(mount)
    return bucket === undefined ? [] : [[bucket, mount] as const]
  })
  return new Map([...ofAssets, ...Object.entries(internal.buckets)])
}

type Lifetime = Pick<OriginPolicy, 'ttl' | 'cacheControl' | 'staleWhileRevalidate'>

function lifetimeOf({ ttl, cacheControl, staleWhileRevalidate }: Lifetime): Lifetime {
  return { ttl, cacheControl, staleWhileRevalidate }
}
