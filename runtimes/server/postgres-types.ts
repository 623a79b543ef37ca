/** How columns of a PostgreSQL become the values that `Sql` knows: text, numbers and bytes. */
import type { types } from 'pg'

const BOOL = 16
const BYTEA = 17
/** int8, int2, int4, oid, float4, float8, numeric. Integers beyond 53 bits are none of ours. */
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700])

/** Truth is 1 or 0, as in SQLite; what is neither number nor bytes is text. */
export function typeParserOf(given: typeof types): (oid: number) => (text: string) => unknown {
  const readBytes: (text: string) => Uint8Array = given.getTypeParser(BYTEA)
  // Buffers are views of a shared pool, which others may write to.
  const toBytes = (text: string) => new Uint8Array(readBytes(text))
  const toBit = (text: string) => (text === 't' ? 1 : 0)
  return (oid) => (NUMBERS.has(oid) ? Number : oid === BYTEA ? toBytes : oid === BOOL ? toBit : String)
}
