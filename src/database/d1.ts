/** Cloudflare D1 as `Sql`. Takes anything shaped like a D1Database, so that no Cloudflare types are needed. */
import type { Sql, SqlValue } from '../platform.ts'
import { toRow } from './sql.ts'

interface D1Statement {
  bind(...parameters: unknown[]): D1Statement
  all(): Promise<{ readonly results: readonly unknown[] }>
}

export interface D1Like {
  prepare(sql: string): D1Statement
  batch(statements: never[]): Promise<readonly { readonly results: readonly unknown[] }[]>
}

/** @param database the binding; it closes with the Worker, so `close` does nothing */
export function createD1Sql(database: D1Like): Sql {
  const prepare = (sql: string, parameters: readonly SqlValue[]) => database.prepare(sql).bind(...parameters)
  return {
    dialect: 'sqlite',
    async query(sql, ...parameters) {
      return (await prepare(sql, parameters).all()).results.map(toRow)
    },
    async batch(statements) {
      const prepared = statements.map(([sql, ...parameters]) => prepare(sql, parameters))
      const answers = await database.batch(prepared as never[])
      return answers.map(({ results }) => results.map(toRow))
    },
    close: async () => undefined,
  }
}
