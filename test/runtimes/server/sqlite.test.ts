import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openServerSql } from '../../../runtimes/server/database.ts'
import { openSqlite } from '../../../runtimes/server/sqlite.ts'
import { describeSql } from '../../contracts/sql.ts'

const folders: string[] = []
async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-sql-'))
  folders.push(folder)
  return join(folder, 'below', 'test.db')
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

describeSql('sqlite in a file', async () => openSqlite(await newPath()))
describeSql('sqlite in memory', () => openSqlite(':memory:'))

describe('a database address', () => {
  it('opens what it names, and keeps it', async () => {
    const path = await newPath()
    const first = await openServerSql(`sqlite:${path}`)
    await first?.batch([['create table t (n bigint)'], ['insert into t values (1)']])
    await first?.close()
    await first?.close()
    await expect(first?.query('select n from t')).rejects.toThrow('closed')
    const second = await openServerSql(`sqlite:${path}`)
    expect(await second?.query('select n from t')).toEqual([{ n: 1 }])
    expect(await second?.query('pragma journal_mode')).toEqual([{ journal_mode: 'wal' }])
    await second?.close()
  })

  it.each([
    ['postgres://u:p@[h/d', /address of a PostgreSQL cannot be read/],
    ['d1:DB', /Workers only/],
    ['mysql://h', /expected sqlite:PATH/],
    ['sqlite:', /expected sqlite:PATH/],
  ])('refuses %s by name and shows no password', async (url, message) => {
    await expect(openServerSql(url)).rejects.toThrow(message)
    await expect(openServerSql(url)).rejects.not.toThrow('u:p')
  })
})

describe('two connections to one file', () => {
  it('wait for each other without holding the event loop', async () => {
    const path = await newPath()
    const [a, b] = [await openSqlite(path), await openSqlite(path)]
    await a.query('create table t (n bigint)')
    await a.query('BEGIN IMMEDIATE')
    let longest = 0
    let last = performance.now()
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    const writing = b.batch([['insert into t values (1)']])
    await new Promise((resolve) => setTimeout(resolve, 400))
    await a.query('COMMIT')
    await writing
    clearInterval(watch)
    expect(await a.query('select count(*) as n from t')).toEqual([{ n: 1 }])
    expect(longest).toBeLessThan(200)
    await a.close()
    await b.close()
  })
})
