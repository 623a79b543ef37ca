/**
 * Schema changes, numbered within their room, each applied exactly once however many processes start together: a
 * step's row and its statements are one atomic batch, so of several that try, one succeeds and the others find it done.
 */
import type { Sql, Statement } from '../platform.ts'

export interface Migrations {
  /** Prefix of the ids in the table, for example `store`. */
  readonly room: string
  /** Statements of step 1, 2, …. Only ever appended to. */
  readonly steps: readonly (readonly string[])[]
}

const TABLE = 'create table if not exists migration (id text primary key)'

/** Brings the database up to date. @throws what the database throws when a step cannot be applied */
export async function migrate(sql: Sql, { room, steps }: Migrations): Promise<void> {
  await createTable(sql)
  const done = new Set((await sql.query('select id from migration')).map((row) => row['id']))
  for (const [index, statements] of steps.entries()) {
    const id = `${room}-${index + 1}`
    if (!done.has(id)) await applyStep(sql, id, statements)
  }
}

async function createTable(sql: Sql): Promise<void> {
  try {
    await sql.query(TABLE)
  } catch {
    // Two at once may collide even with `if not exists` (PostgreSQL); the second try finds the table.
    await sql.query(TABLE)
  }
}

async function applyStep(sql: Sql, id: string, statements: readonly string[]): Promise<void> {
  const batch: Statement[] = [['insert into migration (id) values (?)', id]]
  for (const statement of statements) batch.push([statement])
  try {
    await sql.batch(batch)
  } catch (error) {
    const [row] = await sql.query('select id from migration where id = ?', id)
    if (!row) throw error
  }
}
