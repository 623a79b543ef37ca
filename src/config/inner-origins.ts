/** Origins that features bring along: what lies on other hosts, and what jobs made. */
import type { AccessRules } from '../access/authorize.ts'
import type { OriginPolicy } from '../context.ts'
import { ARTIFACTS, EXTERNAL } from '../request/address.ts'
import { KEYS_ORIGIN } from '../request/grammars/vylux.ts'
import type { OriginSources } from '../sources/origins.ts'
import type { Config } from './config.ts'

export type InnerOrigin = OriginPolicy & AccessRules & OriginSources

export function innerOrigins({ external, compat, storage, origins }: Config): InnerOrigin[] {
  const shared = { cacheTags: [], fallback: 'none', sizes: [] } as const
  const elsewhere: InnerOrigin = {
    ...shared,
    ...lifetimeOf(external),
    name: EXTERNAL,
    access: external.access,
    originals: 'media',
    transforms: 'images',
    sources: [{ type: 'address', capture: 'url' }],
  }
  const artifacts: InnerOrigin = {
    ...shared,
    ...lifetimeOf(origins.find(({ name }) => name === KEYS_ORIGIN) ?? external),
    name: ARTIFACTS,
    access: 'signed',
    originals: 'media',
    sources: [{ type: 'storage', mount: storage.artifacts, key: '${key}' }],
  }
  return [...(external.enabled ? [elsewhere] : []), ...(compat.grammars.includes('vylux') ? [artifacts] : [])]
}

type Lifetime = Pick<OriginPolicy, 'ttl' | 'cacheControl' | 'staleWhileRevalidate'>

function lifetimeOf({ ttl, cacheControl, staleWhileRevalidate }: Lifetime): Lifetime {
  return { ttl, cacheControl, staleWhileRevalidate }
}
