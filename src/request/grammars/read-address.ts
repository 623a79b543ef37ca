/** Which grammar an address is written in, and what it says in our words. */
import { MediaError } from '../../error.ts'
import { STATIC, type Address, type AddressInput } from '../address.ts'
import { matchOrigin } from '../match.ts'
import { decodePath } from '../path.ts'
import type { RequestRules } from '../rules.ts'
import { translateAkamai } from './akamai.ts'
import { inManner, parseAsset } from './assets.ts'
import { applySlowQuality, parseCloudflare } from './cloudflare.ts'
import { externalAddress, parseExternal } from './external.ts'
import { parseVylux } from './vylux.ts'

type Reader = (input: AddressInput, rules: RequestRules) => Address | undefined

/** The first that knows the path; ours knows them all. */
const READERS: readonly Reader[] = [
  (input, rules) => (rules.isStatic ? readStatic(input) : undefined),
  readExternal,
  (input, rules) => (rules.vylux ? parseVylux(input, rules) : undefined),
  readCloudflare,
  parseAsset,
  (input, rules) => onOurOrigins(input.url.pathname, input.url.searchParams, rules),
]

/** @throws INVALID_URL, INVALID_PATH, INVALID_PARAMETER, NO_MATCHING_ORIGIN, ACCESS_DENIED */
export function readAddress(input: AddressInput, rules: RequestRules): Address {
  for (const read of READERS) {
    const address = read(input, rules)
    if (address) return address
  }
  throw new MediaError('NO_MATCHING_ORIGIN')
}

/** Query and all but the path say nothing there. */
function readStatic({ url }: AddressInput): Address {
  const path = decodePath(url.pathname)
  if (path === '/') throw new MediaError('NOT_FOUND')
  const named = { origin: STATIC, path, captures: { key: path.slice(1) }, query: new URLSearchParams() }
  const silent = { defaults: {}, hints: {}, warnings: [], consulted: [], responsive: 'off' } as const
  return { grammar: 'static', ...named, ...silent }
}

function readExternal(input: AddressInput, { external }: RequestRules): Address | undefined {
  const address = external && parseExternal(input, external)
  const isTheirs = address?.proof !== undefined && 'text' in address.proof
  return address && external?.manner && isTheirs ? inManner(address, external.manner) : address
}

function onOurOrigins(pathname: string, words: URLSearchParams, rules: RequestRules): Address {
  const path = decodePath(pathname)
  const { origin, captures } = matchOrigin(path, rules.origins)
  const { name, responsive, defaults } = origin
  const named = { origin: name, path, captures, responsive, defaults }
  return { grammar: 'native', ...named, ...translateAkamai(words), warnings: [], consulted: [] }
}

function readCloudflare({ url, headers }: AddressInput, rules: RequestRules): Address | undefined {
  const theirs = parseCloudflare(url, rules.cloudflarePrefix)
  if (!theirs) return undefined
  const { pathname, address: elsewhere, onError } = theirs
  const { query, consulted } = applySlowQuality(theirs, headers)
  const address =
    elsewhere === undefined ? onOurOrigins(pathname, query, rules) : onOtherHost(elsewhere, query, rules)
  return {
    ...address,
    grammar: 'cloudflare',
    warnings: [...theirs.warnings, ...address.warnings],
    consulted,
    ...(onError ? { onError } : {}),
  }
}

function onOtherHost(text: string, query: URLSearchParams, { external }: RequestRules): Address {
  if (external) return externalAddress('cloudflare', () => text, query, external)
  throw new MediaError('ACCESS_DENIED', 'Addresses on other hosts are not enabled here')
}
