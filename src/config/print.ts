/** The resolved configuration for people: `mediamorph check`. No secret is in it. */
import type { Config } from './config.ts'
import { SECRET_FIELD } from './issues.ts'
import { maskSecrets } from './secrets.ts'

const MASK = '***'

/** JSON-serialisable. Secrets, credentials in addresses, and whatever came from the environment are masked. */
export function describeConfig(config: Config): Record<string, unknown> {
  const { secrets, masked, notes, ...rest } = config
  const shown = mask(rest, masked) as Record<string, unknown>
  return { ...shown, secrets: maskSecrets(secrets), ...(notes.length > 0 && { notes }) }
}

function mask(value: unknown, masked: readonly string[]): unknown {
  if (typeof value === 'string') return maskText(value, masked)
  if (Array.isArray(value)) return value.map((item) => mask(item, masked))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [
      name,
      SECRET_FIELD.test(name) ? maskAll(item) : mask(item, masked),
    ]),
  )
}

/** Every string within; names of headers stay. */
function maskAll(value: unknown): unknown {
  if (typeof value === 'string') return MASK
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.keys(value).map((name) => [name, MASK]))
}

function maskText(text: string, masked: readonly string[]): string {
  const hidden = masked.reduce((result, secret) => result.replaceAll(secret, MASK), text)
  return hidden
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${MASK}@`)
    .replace(/([?&][^=&#]*(?:token|secret|key|sig(?:nature)?|password)[^=&#]*=)[^&#]*/gi, `$1${MASK}`)
}
