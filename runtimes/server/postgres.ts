/**
 * PostgreSQL as `Sql` for Bun, Deno and Node, through the package pg, which is loaded when a configuration first names one.
 *
 * A batch is a transaction at READ COMMITTED: each of its statements sees what others have committed by then. Statements
 * that must not be overtaken lock their rows (`locksOf` in src/database/sql.ts).
 *
 * What was certainly not done is tried again: a deadlock, a connection that could not be had or that was lost before
 * anything was made to last. Of a lost answer to a change nobody knows: that is an error, and its caller decides.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { PoolClient, PoolConfig } from 'pg'
import { MediaError, type Sql, type SqlRow, type Statement } from '../../src/index.ts'
import { faultKind, isAnswer } from './postgres-fault.ts'
import { typeParserOf } from './postgres-types.ts'

/** Connections of a process. The address may say otherwise: `?max=20`. */
const CONNECTIONS = 10
/** After that the server gives a statement up, and a little later we do not listen any more. */
const STATEMENT_MS = 10_000
const SILENCE_MS = 11_000
/** A transaction of a process that was stopped holds its locks for so long. */
const IDLE_TRANSACTION_MS = 15_000
const LARGEST_PAUSE_MS = 400
/** How often a deadlock is tried again. */
const CONFLICTS = 8
const TEXTS_KEPT = 500

interface Clocks {
  /** Milliseconds to get a connection, of a full pool too. */
  readonly connectMs: number
  /** For so long after it was seen going away a database is waited for; later calls fail at once until it is back. */
  readonly patienceMs: number
}
const CLOCKS: Clocks = { connectMs: 5000, patienceMs: 3000 }

/**
 * Everything of pg's own addresses holds, `?sslmode=`, `?options=` and `?host=/var/run/postgresql` too.
 * @throws Error when the address makes no sense, or the database is there and refuses us
 */
export async function openPostgres(url: string, clocks = CLOCKS): Promise<Sql> {
  const { Pool, Client, types } = await import('pg').catch((cause: unknown) => {
    throw new Error('database: needs the package pg, which is not installed', { cause })
  })
  const config = configOf(url, clocks, typeParserOf(types))
  // Reads the address and connects to nothing.
  const tryAddress = () => new Client(config)
  try {
    tryAddress()
  } catch {
    throw new Error('database: this address of a PostgreSQL cannot be read')
  }
  const pool = new Pool(config)
  // A connection that breaks while nobody uses it is replaced by the next one; one in use says so to its user.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => void client.on('error', () => undefined))
  const sql = createSql(
    () => pool.connect(),
    onceOnly(() => pool.end()),
    clocks,
  )
  const refusal = await refusalOf(sql)
  if (refusal === undefined) return sql
  await sql.close()
  throw new Error(`database: PostgreSQL refuses: ${refusal}`)
}

/** Down now, it may be up later; a wrong password stays wrong. */
async function refusalOf(sql: Sql): Promise<string | undefined> {
  try {
    await sql.query('select 1')
    return undefined
  } catch (error) {
    const cause = error instanceof MediaError ? error.cause : error
    return faultKind(cause) === 'refused' && cause instanceof Error ? cause.message : undefined
  }
}

function configOf(
  url: string,
  { connectMs }: Clocks,
  getTypeParser: (oid: number) => (text: string) => unknown,
): PoolConfig {
  const [, max] = /[?&]max=(\d{1,4})(?:&|$)/.exec(url) ?? []
  return {
    connectionString: url,
    max: Math.max(1, Number(max ?? CONNECTIONS)),
    fallback_application_name: 'mediamorph',
    connectionTimeoutMillis: connectMs,
    statement_timeout: STATEMENT_MS,
    query_timeout: SILENCE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser } as NonNullable<PoolConfig['types']>,
  }
}

/** What is known when something fails. */
interface Progress {
  /** Milliseconds since the epoch, of the first try. */
  readonly begunAt: number
  /** It may have been made to last. */
  mayBeDone: boolean
}

function createSql(
  connect: () => Promise<PoolClient>,
  close: () => Promise<void>,
  { patienceMs }: Clocks,
): Sql {
  const numbered = createNumbering()
  let downSince: number | undefined

  async function run(client: PoolClient, [text, ...values]: Statement): Promise<SqlRow[]> {
    const { rows } = await client.query<SqlRow>(numbered(text), values)
    return rows
  }

  async function transaction(
    client: PoolClient,
    statements: readonly Statement[],
    progress: Progress,
  ): Promise<SqlRow[][]> {
    await client.query('begin')
    try {
      const answers: SqlRow[][] = []
      for (const statement of statements) answers.push(await run(client, statement))
      progress.mayBeDone = true
      await client.query('commit')
      return answers
    } catch (error) {
      if (isAnswer(error)) await client.query('rollback')
      throw error
    }
  }

  async function attempt<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await connect()
    let isBroken = false
    try {
      return await work(client)
    } catch (error) {
      isBroken = !isAnswer(error)
      throw error
    } finally {
      client.release(isBroken)
    }
  }

  /** Whether it is to be tried again, after a while. @throws the error when it is not */
  async function mayTryAgain(error: unknown, { mayBeDone, begunAt }: Progress, tries: number): Promise<void> {
    const kind = faultKind(error)
    if (kind === 'other') throw error
    if (kind === 'conflict') {
      if (tries >= CONFLICTS) throw error
    } else {
      if (kind === 'lost') downSince ??= Date.now()
      const since = Math.min(downSince ?? 0, begunAt)
      const isOver = kind !== 'lost' || mayBeDone || Date.now() - since > patienceMs
      if (isOver) throw new MediaError('STORE_FAILED', 'The database does not answer', { cause: error })
    }
    await wait(Math.random() * Math.min(LARGEST_PAUSE_MS, 20 * 2 ** tries))
  }

  async function patiently<T>(work: (client: PoolClient, progress: Progress) => Promise<T>): Promise<T> {
    const begunAt = Date.now()
    for (let tries = 0; ; tries++) {
      const progress = { mayBeDone: false, begunAt }
      try {
        const answer = await attempt((client) => work(client, progress))
        downSince = undefined
        return answer
      } catch (error) {
        await mayTryAgain(error, progress, tries)
      }
    }
  }

  return {
    dialect: 'postgres',
    query: (...statement) =>
      patiently((client, progress) => {
        progress.mayBeDone = !/^\s*select\b/i.test(statement[0])
        return run(client, statement)
      }),
    async batch(statements) {
      if (statements.length === 0) return []
      return patiently((client, progress) => transaction(client, statements, progress))
    },
    close,
  }
}

/** `?` becomes `$1`, `$2`, …, but not in quotes. By text; the texts are ours, so they are few. */
function createNumbering(): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    let count = 0
    const numbered =
      known.get(text) ?? text.replace(/'[^']*'|\?/g, (found) => (found === '?' ? `$${++count}` : found))
    if (known.size >= TEXTS_KEPT) known.clear()
    known.set(text, numbered)
    return numbered
  }
}

function onceOnly(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= act())
}
