import { createLazy } from '../lib/once.ts'
import type { Sql } from '../platform.ts'
import { migrate, type Migrations } from './migrations.ts'

/**
 * The same database, whose tables are brought up to date before the first statement. Every request looks for itself:
 * none may wait for another's promise on Workers.
 */
export function migrated(sql: Sql, migrations: Migrations): Sql {
  const ready = createLazy(() => migrate(sql, migrations), false)
  return {
    dialect: sql.dialect,
    async query(text, ...parameters) {
      await ready()
      return sql.query(text, ...parameters)
    },
    async batch(statements) {
      await ready()
      return sql.batch(statements)
    },
    close: () => sql.close(),
  }
}
