import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres } from '../../../runtimes/server/postgres.ts'
import { openServerSql } from '../../../runtimes/server/database.ts'
import { migrate } from '../../../src/database/migrations.ts'
import type { Sql } from '../../../src/platform.ts'
import { describeSql } from '../../contracts/sql.ts'
import { hasPostgres, startPostgres, type PostgresServer } from '../../support/postgres.ts'

const TABLE = 'create table thing (id text primary key, n bigint not null default 0)'

// Debian's package of that name; .ci/run installs it.
const POSTGRES = hasPostgres() ? 'a real PostgreSQL' : 'a real PostgreSQL, which is not installed here'
describe.runIf(hasPostgres())(`with ${POSTGRES}`, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())
  const open = async (place = server.newPlace()): Promise<Sql> => (await openServerSql(place)) as Sql

  describeSql('PostgreSQL', () => open())

  test('question marks in quotes are text, and truth is a number', async () => {
    const sql = await open()
    const [row] = await sql.query("select '?' || '''?' as text, cast(? as text) as given, 1 < 2 as yes", 'a')
    expect(row).toEqual({ text: "?'?", given: 'a', yes: 1 })
    await sql.close()
  })

  test('several processes that start together migrate once', async () => {
    const place = server.newPlace()
    const all = await Promise.all(Array.from({ length: 5 }, () => open(place)))
    const migrations = { room: 'r', steps: [[TABLE], ["insert into thing (id) values ('a')"]] }
    await Promise.all(all.map((sql) => migrate(sql, migrations)))
    expect(await all[0]!.query('select id from thing')).toEqual([{ id: 'a' }])
    for (const sql of all) await sql.close()
  })

  test('what deadlocks is done after all', async () => {
    const place = server.newPlace()
    const [a, b] = [await open(place), await open(place)]
    await a.batch([[TABLE], ["insert into thing (id) values ('x'), ('y')"]])
    const add = (id: string) => ['update thing set n = n + 1 where id = ?', id] as const
    const both = (sql: Sql, first: string, second: string) =>
      sql.batch([add(first), ['select pg_sleep(0.2)'], add(second)])
    await Promise.all([both(a, 'x', 'y'), both(b, 'y', 'x')])
    expect(await a.query('select n from thing')).toEqual([{ n: 2 }, { n: 2 }])
    await a.close()
    await b.close()
  })

  test('closing twice is closing once, and nothing is done afterwards', async () => {
    const sql = await open()
    await Promise.all([sql.close(), sql.close()])
    await sql.close()
    await expect(sql.query('select 1')).rejects.toThrow()
  })

  test('a database that does not know us is said at the start, without the password', async () => {
    const place = new URL(server.newPlace())
    place.password = 'hidden'
    place.pathname = '/elsewhere'
    await expect(openServerSql(place.href)).rejects.toThrow(/^database: .*"elsewhere" does not exist/)
    await expect(openServerSql(place.href)).rejects.not.toThrow('hidden')
  })

  test('one that will not talk as it is asked to is said at the start', async () => {
    const place = `${server.newPlace()}&sslmode=verify-full`
    await expect(openServerSql(place)).rejects.toThrow(/^database: .*does not support SSL/)
  })

  test('connections are as many as the address says, and those who wait for one get it', async () => {
    const sql = await open(`${server.newPlace()}&max=2&application_name=counted`)
    const busy = Array.from({ length: 8 }, () => sql.query('select pg_sleep(0.05)'))
    await Promise.all(busy)
    const count = "select count(*) as n from pg_stat_activity where application_name = 'counted'"
    expect(await sql.query(count)).toEqual([{ n: 2 }])
    await sql.close()
  })

  describe('that goes away', () => {
    test('idle connections that the server ends are replaced, and end no process', async () => {
      const [sql, other] = [await open(), await open()]
      await Promise.all([sql.query('select 1'), sql.query('select 1')])
      await other.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
      )
      expect(await sql.query('select 1 as one')).toEqual([{ one: 1 }])
      await sql.close()
      await other.close()
    })

    test('a batch whose connection breaks before its end is done again, once', async () => {
      const place = server.newPlace()
      const [sql, other] = [await open(place), await open()]
      await sql.query(TABLE)
      const writing = sql.batch([
        ["insert into thing (id) values ('a')"],
        ['select pg_sleep(0.3)'],
        ['update thing set n = n + 1'],
      ])
      await new Promise((resolve) => setTimeout(resolve, 100))
      await other.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'",
      )
      await writing
      expect(await sql.query('select * from thing')).toEqual([{ id: 'a', n: 1 }])
      await sql.close()
      await other.close()
    })

    test('a crash is waited for while it is short; then it is an error, until it is back', async () => {
      const sql = await openPostgres(server.newPlace(), { connectMs: 1000, patienceMs: 1000 })
      await sql.query(TABLE)
      await server.crash()
      const waiting = sql.batch([["insert into thing (id) values ('short')"]])
      await new Promise((resolve) => setTimeout(resolve, 100))
      await server.restart()
      await waiting
      await server.crash()
      const insert = () => sql.query("insert into thing (id) values ('long')")
      await expect(insert()).rejects.toMatchObject({ code: 'STORE_FAILED' })
      const begun = performance.now()
      await expect(insert()).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(performance.now() - begun).toBeLessThan(500)
      await server.restart()
      await insert()
      expect(await sql.query('select id from thing order by id')).toEqual([{ id: 'long' }, { id: 'short' }])
      await sql.close()
    })

    test('down at the start, it is used when it is there', async () => {
      const place = server.newPlace()
      await server.crash()
      const sql = await openPostgres(place, { connectMs: 1000, patienceMs: 200 })
      await expect(sql.query('select 1')).rejects.toMatchObject({ code: 'STORE_FAILED' })
      await server.restart()
      expect(await sql.query('select 1 as one')).toEqual([{ one: 1 }])
      await sql.close()
    })

    test('one that hangs is an error', async () => {
      const sql = await openPostgres(`${server.newPlace()}&query_timeout=300`, {
        connectMs: 300,
        patienceMs: 200,
      })
      server.freeze()
      await expect(sql.query('select 1')).rejects.toMatchObject({ code: 'STORE_FAILED' })
      server.thaw()
      expect(await sql.query('select 1 as one')).toEqual([{ one: 1 }])
      await sql.close()
    })
  })
})
