/** What went wrong with a PostgreSQL, by its SQLSTATE, or by what the connection says where there is none. */

/**
 * `conflict`: rolled back because of others, would work now. `lost`: no connection, and there may be one soon. `slow`: given
 * up by the server. `refused`: it does not know us, or our database. `other`: the statement's own.
 */
export type FaultKind = 'conflict' | 'lost' | 'slow' | 'refused' | 'other'

const KINDS: Readonly<Record<string, FaultKind>> = {
  // serialization_failure, deadlock_detected
  '40001': 'conflict',
  '40P01': 'conflict',
  // query_canceled, by statement_timeout
  '57014': 'slow',
  // admin_shutdown, crash_shutdown, cannot_connect_now, idle_in_transaction_session_timeout
  '57P01': 'lost',
  '57P02': 'lost',
  '57P03': 'lost',
  '25P03': 'lost',
  // too_many_connections
  '53300': 'lost',
  // database does not exist
  '3D000': 'refused',
}

/** By the first two signs: connection exceptions, invalid authorization. */
const CLASSES: Readonly<Record<string, FaultKind>> = { '08': 'lost', '28': 'refused' }

/** What pg says without a code when the connection is gone, or cannot be had in time. */
const GONE = /terminat|timeout|not queryable|connection/i

/** What it or Node says when the two cannot agree on how to talk: certificates, encryption, passwords. */
const DISAGREES = /CERT|SIGNED|ERR_TLS|VERIFY|support SSL|SASL/

/** The server has answered, and the connection is as good as before. */
export function isAnswer(error: unknown): boolean {
  const kind = faultKind(error)
  return factsOf(error).severity !== '' && kind !== 'lost' && kind !== 'refused'
}

export function faultKind(error: unknown): FaultKind {
  const { code, severity, message } = factsOf(error)
  if (severity !== '') return KINDS[code] ?? CLASSES[code.slice(0, 2)] ?? 'other'
  if (DISAGREES.test(`${code} ${message}`)) return 'refused'
  const isSystems = /^E[A-Z_]+$/.test(code)
  return isSystems || GONE.test(message) ? 'lost' : 'other'
}

function factsOf(error: unknown): {
  readonly code: string
  readonly severity: string
  readonly message: string
} {
  if (!(error instanceof Error)) return { code: '', severity: '', message: '' }
  const text = (name: string) => {
    const value: unknown = Reflect.get(error, name)
    return typeof value === 'string' ? value : ''
  }
  return { code: text('code'), severity: text('severity'), message: error.message }
}
