import { textIn } from '../database/sql.ts'
import { migrated } from '../database/migrated.ts'
import type { Sql } from '../platform.ts'
import { JOB_MIGRATIONS } from './migrations.ts'

/** A name that the database has been given once, at random, and keeps. */
export async function houseName(database: Sql): Promise<string> {
  const sql = migrated(database, JOB_MIGRATIONS)
  const given = crypto.randomUUID().slice(0, 8)
  await sql.query('insert into job_house (only_row, name) values (1, ?) on conflict do nothing', given)
  const [row] = await sql.query('select name from job_house')
  return textIn(row, 'name')
}
