/** Secrets: from the environment only, apart from everything that may be printed. */
import { parseKeyRing, type KeyRing } from '../lib/hmac.ts'
import type { Env } from './expand.ts'
import type { Fault } from './fault.ts'

export interface Secrets {
  /** `MEDIAMORPH_SECRET`: signs addresses. */
  readonly signing?: KeyRing
  /** `MEDIAMORPH_EXTERNAL_SECRET`, else the signing ring. */
  readonly external?: KeyRing
  /** `MEDIAMORPH_VYLUX_SECRET`, else the signing ring. */
  readonly vylux?: KeyRing
  readonly adminToken?: string
  readonly apiKey?: string
  readonly internalSecret?: string
  readonly webhookSecret?: string
  readonly metricsToken?: string
  readonly keyEncryptionKey?: string
  readonly tokenSecret?: string
}

/** Variables and the fields they fill, for the reference page too. */
export const SECRET_VARIABLES = {
  signing: [
    'MEDIAMORPH_SECRET',
    'Signs addresses; a ring: `id:secret,id:secret`, the first signs, any verifies',
  ],
  external: ['MEDIAMORPH_EXTERNAL_SECRET', 'Signs addresses on other hosts; default `MEDIAMORPH_SECRET`'],
  vylux: ['MEDIAMORPH_VYLUX_SECRET', 'Signs Vylux addresses; default `MEDIAMORPH_SECRET`'],
  adminToken: ['MEDIAMORPH_ADMIN_TOKEN', 'Opens `debug=view` and `/admin`; without it they do not exist'],
  apiKey: ['MEDIAMORPH_API_KEY', 'Opens the jobs API'],
  internalSecret: [
    'MEDIAMORPH_INTERNAL_SECRET',
    'Opens `/_metadata`, `/_thumbnail` and `/_frames`; without it they do not exist',
  ],
  webhookSecret: ['MEDIAMORPH_WEBHOOK_SECRET', 'Signs webhooks'],
  metricsToken: ['MEDIAMORPH_METRICS_TOKEN', 'Opens `/metrics`; without it it does not exist'],
  keyEncryptionKey: ['MEDIAMORPH_KEY_ENCRYPTION_KEY', 'Encrypts stored keys: `version:hex`'],
  tokenSecret: ['MEDIAMORPH_TOKEN_SECRET', 'Signs playback tokens'],
} as const satisfies Record<keyof Secrets, readonly [variable: string, use: string]>

const SHORTEST = 8

/** Reads every secret; a ring is one when every part between commas begins with an id and a colon. */
export function loadSecrets(env: Env): { secrets: Secrets; faults: Fault[] } {
  const faults: Fault[] = []
  const text = (field: keyof Secrets): string | undefined => {
    const [name] = SECRET_VARIABLES[field]
    const value = env[name]
    if (value === undefined || value === '') return undefined
    const message = secretFault(value)
    if (message !== undefined) faults.push({ path: name, message })
    return value
  }
  const ring = (field: keyof Secrets): KeyRing | undefined => {
    const value = text(field)
    if (value === undefined) return undefined
    const keys = parseKeyRing(value)
    const [path] = SECRET_VARIABLES[field]
    if (new Set(keys.map((key) => key.id)).size < keys.length)
      faults.push({ path, message: 'two keys have the same id' })
    if (keys.some(({ id, secret }) => id !== undefined && secret.length < SHORTEST))
      faults.push({ path, message: `expected ${SHORTEST} characters or more in every key of the ring` })
    return keys
  }

  const signing = ring('signing')
  const rings = { signing, external: ring('external') ?? signing, vylux: ring('vylux') ?? signing }
  const plain = Object.fromEntries(PLAIN.map((field) => [field, text(field)]))
  const set = Object.entries({ ...rings, ...plain }).filter(([, value]) => value !== undefined)
  return { secrets: Object.fromEntries(set), faults }
}

const PLAIN = [
  'adminToken',
  'apiKey',
  'internalSecret',
  'webhookSecret',
  'metricsToken',
  'keyEncryptionKey',
  'tokenSecret',
] as const satisfies readonly (keyof Secrets)[]

function secretFault(value: string): string | undefined {
  if (value !== value.trim()) return 'begins or ends with white space'
  return value.length < SHORTEST ? `expected ${SHORTEST} characters or more` : undefined
}

/** For printing: that it is set, and the ids of a ring. */
export function maskSecrets(secrets: Secrets): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, value]: [string, string | KeyRing]) => {
      const ids = typeof value === 'string' ? [] : value.flatMap((key) => key.id ?? [])
      return [name, ids.length > 0 ? `set, keys ${ids.join(', ')}` : 'set']
    }),
  )
}
