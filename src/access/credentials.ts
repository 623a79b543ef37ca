/** Who holds a shared secret. A secret that is not configured is held by nobody. */
import { isSameSecret } from '../lib/same-secret.ts'

/** `Authorization: Bearer …`, and the header that a kind of route has besides. */
const HEADERS = {
  admin: undefined,
  metrics: undefined,
  api: 'x-api-key',
  internal: 'x-internal-secret',
} as const
export type CredentialKind = keyof typeof HEADERS

/** The token of `Authorization: Bearer …`. */
export function bearerOf(headers: Headers): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
}

/** Whether the request carries the secret of its kind of route, in either of its headers. */
export async function holdsSecret(
  kind: CredentialKind,
  headers: Headers,
  secret: string | undefined,
): Promise<boolean> {
  if (secret === undefined || secret === '') return false
  const own = HEADERS[kind]
  const given = [bearerOf(headers), own === undefined ? undefined : (headers.get(own) ?? undefined)]
  const same = await Promise.all(given.map((one) => one !== undefined && isSameSecret(one, secret)))
  return same.includes(true)
}
