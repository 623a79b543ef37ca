/**
 * SQLite as `Sql` for Bun, Deno and Node: `node:sqlite` where the runtime has it, the `libsql` package elsewhere
 * (Node 20). Both are synchronous, so a batch is never interleaved with another call.
 *
 * WAL lets several processes read while one writes. A statement that finds the database locked waits a few
 * milliseconds inside SQLite and then outside of it, so that the event loop keeps running.
 */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Sql, SqlRow, SqlValue, Statement } from '../../src/index.ts'

/** What both libraries come down to. */
interface SyncDatabase {
  exec(sql: string): void
  all(sql: string, parameters: readonly SqlValue[]): unknown[]
  close(): void
}

const PRAGMAS = ['busy_timeout = 15', 'journal_mode = WAL', 'synchronous = NORMAL', 'foreign_keys = ON']
/** How long a locked database is asked again before the call fails. */
const PATIENCE_MS = 10_000
const LARGEST_PAUSE_MS = 50
const STATEMENTS_KEPT = 200

/** @param path of a file, or `:memory:` */
export async function openSqlite(path: string): Promise<Sql> {
  if (path !== ':memory:') await mkdir(dirname(path), { recursive: true })
  const database = (await openNodeSqlite(path)) ?? (await openLibsql(path))
  for (const pragma of PRAGMAS) await patiently(() => database.exec(`PRAGMA ${pragma}`))
  let isOpen = true
  const run = ([sql, ...parameters]: Statement) => {
    // The libraries go on with a statement that they prepared before closing.
    if (!isOpen) throw new Error('The database is closed')
    return database.all(sql, parameters).map(toRow)
  }
  return {
    dialect: 'sqlite',
    query: (...statement) => patiently(() => run(statement)),
    batch: (statements) => patiently(() => atomically(database, () => statements.map(run))),
    async close() {
      if (isOpen) database.close()
      isOpen = false
    },
  }
}

function atomically(database: SyncDatabase, work: () => SqlRow[][]): SqlRow[][] {
  database.exec('BEGIN IMMEDIATE')
  try {
    const answers = work()
    database.exec('COMMIT')
    return answers
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {
      // Some failures (a full disk) have rolled back already.
    }
    throw error
  }
}

async function patiently<T>(work: () => T): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS
  for (let attempt = 0; ; attempt++) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error
      await wait(Math.random() * Math.min(LARGEST_PAUSE_MS, 2 ** attempt))
    }
  }
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    /database (table )?is locked|SQLITE_BUSY/.test(`${error.message} ${String(Reflect.get(error, 'code'))}`)
  )
}

async function openNodeSqlite(path: string): Promise<SyncDatabase | undefined> {
  const library = await import('node:sqlite').catch(() => undefined)
  if (!library) return undefined
  const database = new library.DatabaseSync(path)
  const prepare = remember((sql) => database.prepare(sql))
  return {
    exec: (sql) => database.exec(sql),
    all: (sql, parameters) => prepare(sql).all(...parameters),
    close: () => database.close(),
  }
}

async function openLibsql(path: string): Promise<SyncDatabase> {
  const { default: Database } = await import('libsql')
  const database = new Database(path)
  const prepare = remember((sql) => {
    const statement = database.prepare(sql)
    // Asking it every time costs as much as a small statement.
    return { statement, isReader: statement.reader }
  })
  return {
    exec: (sql) => void database.exec(sql),
    all(sql, parameters) {
      const { statement, isReader } = prepare(sql)
      if (isReader) return statement.all(...parameters)
      statement.run(...parameters)
      return []
    },
    close: () => void database.close(),
  }
}

/** Blobs come as ArrayBuffers (libsql), or as views of who knows what. */
function toRow(raw: unknown): SqlRow {
  const row: SqlRow = {}
  for (const [name, value] of Object.entries(raw as Record<string, SqlValue | ArrayBuffer>)) {
    const isBytes = value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    row[name] = isBytes ? new Uint8Array(value) : value
  }
  return row
}

/** Prepared statements by text; the texts are ours, so they are few. */
function remember<T>(prepare: (sql: string) => T): (sql: string) => T {
  const known = new Map<string, T>()
  return (sql) => {
    const statement = known.get(sql) ?? prepare(sql)
    if (known.size >= STATEMENTS_KEPT) known.clear()
    known.set(sql, statement)
    return statement
  }
}
