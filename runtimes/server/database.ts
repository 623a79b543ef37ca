/** The databases of servers, by the scheme of their address. */
import type { Sql } from '../../src/index.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

const OPENERS: Readonly<Record<string, (url: string) => Promise<Sql>>> = {
  sqlite: (url) => openSqlite(url.slice('sqlite:'.length)),
  postgres: (url) => openPostgres(url),
  postgresql: (url) => openPostgres(url),
}

/**
 * Opens `sqlite:PATH`, creating file and folder, or `postgres://…`, whether it can be reached now or not.
 * @throws Error naming the reason for other addresses, and for a PostgreSQL that refuses us
 */
export async function openServerSql(url: string): Promise<Sql | undefined> {
  const [, scheme = '', rest = ''] = /^([a-z0-9]+):(.*)$/s.exec(url) ?? []
  if (scheme === 'd1')
    throw new Error('database: D1 is reachable from Cloudflare Workers only, use sqlite:PATH or postgres://…')
  const open = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined
  if (!open || rest === '') throw new Error('database: expected sqlite:PATH or postgres://…')
  return open(url)
}
