import { toBase64Url } from '../lib/bytes.ts'
import { EXTERNAL, type Address } from './address.ts'

/** Where our own grammar has the same original: percent-encoded. Pure. */
export function plainPath({ origin, path }: Pick<Address, 'origin' | 'path'>): string {
  if (origin === EXTERNAL) return `/external/v3/${toBase64Url(new TextEncoder().encode(path))}`
  return path.split('/').map(encodeURIComponent).join('/')
}
