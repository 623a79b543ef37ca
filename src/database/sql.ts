/** What the adapters of `Sql` share: rows in one shape, whatever the engine says. */
import type { Sql, SqlRow, SqlValue } from '../platform.ts'

/**
 * One row in the shape of `SqlRow`: blobs become plain `Uint8Array`s, big integers numbers.
 * @throws TypeError for a value of another kind
 */
export function toRow(raw: unknown): SqlRow {
  const row: SqlRow = {}
  for (const [name, value] of Object.entries(raw as object)) row[name] = toSqlValue(value)
  return row
}

function toSqlValue(value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  // Buffers are views of a shared pool, which others may write to.
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
  // D1 gives blobs as arrays of numbers.
  if (Array.isArray(value)) return Uint8Array.from(value as number[])
  throw new TypeError(`A column holds a value of unknown kind: ${typeof value}`)
}

/**
 * What ends a `select` whose rows others must not change or take before the statement, or the batch around it, is done.
 * SQLite has one writer at a time; PostgreSQL has many, and a statement there sees what was committed when it began.
 */
const LOCKS = {
  sqlite: { take: '', change: '', hold: '' },
  postgres: { take: ' for update skip locked', change: ' for update', hold: ' for share' },
} as const

export interface Locks {
  /** The rows are ours; those that others are about to take are passed over and not waited for. */
  readonly take: string
  /** We change them next; waits for whoever does so now. */
  readonly change: string
  /** Nobody changes them until we are done; waits for whoever does so now. */
  readonly hold: string
}

export function locksOf({ dialect }: Pick<Sql, 'dialect'>): Locks {
  return LOCKS[dialect]
}

/** `?, ?, ?` for a list of `count` parameters. */
export function placeholders(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ')
}

/** A column as a number; 0 when it is missing or null. */
export function numberIn(row: SqlRow | undefined, name: string): number {
  return Number(row?.[name] ?? 0)
}

/** A column as text; empty when it is missing or null. */
export function textIn(row: SqlRow | undefined, name: string): string {
  return String(row?.[name] ?? '')
}
