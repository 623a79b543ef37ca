/** What every `Sql` must do. `open` gives an empty database each time. */
import { describe, expect, it } from 'vitest'
import { migrate } from '../../src/database/migrations.ts'
import type { Sql } from '../../src/platform.ts'

export function describeSql(name: string, open: () => Promise<Sql>): void {
  async function openWithTable(): Promise<Sql> {
    const sql = await open()
    const bytes = sql.dialect === 'postgres' ? 'bytea' : 'blob'
    await sql.batch([
      [`create table thing (id text primary key, size bigint not null default 0, body ${bytes})`],
      ['create index thing_size on thing (size)'],
    ])
    return sql
  }

  describe(`sql: ${name}`, () => {
    it('gives rows, and none for statements that return none', async () => {
      const sql = await openWithTable()
      expect(await sql.query('insert into thing (id) values (?)', 'a')).toEqual([])
      expect(await sql.query('select id, size, body from thing')).toEqual([{ id: 'a', size: 0, body: null }])
      await sql.close()
    })

    it('returns what was written', async () => {
      const sql = await openWithTable()
      const rows = await sql.query('insert into thing (id, size) values (?, ?) returning id, size', 'a', 7)
      expect(rows).toEqual([{ id: 'a', size: 7 }])
      await sql.close()
    })

    it('keeps blobs, integers of 53 bits, text of any script and null', async () => {
      const sql = await openWithTable()
      const body = Uint8Array.from({ length: 30_000 }, (_, index) => index & 255)
      const size = Number.MAX_SAFE_INTEGER
      await sql.query('insert into thing (id, size, body) values (?, ?, ?)', "猫'🐈", size, body)
      const [row] = await sql.query('select * from thing where id = ?', "猫'🐈")
      expect(row).toEqual({ id: "猫'🐈", size, body })
      expect(Object.getPrototypeOf(row?.['body'])).toBe(Uint8Array.prototype)
      await sql.close()
    })

    it('applies a batch wholly or not at all', async () => {
      const sql = await openWithTable()
      const insert = 'insert into thing (id) values (?)'
      await expect(
        sql.batch([
          [insert, 'a'],
          [insert, 'b'],
          [insert, 'a'],
        ]),
      ).rejects.toThrow()
      expect(await sql.query('select id from thing')).toEqual([])
      const answers = await sql.batch([
        [insert, 'a'],
        ['select count(*) as n from thing'],
        ['update thing set size = 5 where id = ? returning size', 'a'],
      ])
      expect(answers).toEqual([[], [{ n: 1 }], [{ size: 5 }]])
      await sql.close()
    })

    it('lets a conflict pass when asked to', async () => {
      const sql = await openWithTable()
      const insert = 'insert into thing (id) values (?) on conflict (id) do nothing returning id'
      expect(await sql.query(insert, 'a')).toHaveLength(1)
      expect(await sql.query(insert, 'a')).toHaveLength(0)
      await sql.close()
    })

    it('takes many calls at once', async () => {
      const sql = await openWithTable()
      const insert = 'insert into thing (id) values (?)'
      await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          n % 2
            ? sql.query(insert, `q${n}`)
            : sql.batch([
                [insert, `b${n}`],
                [insert, `c${n}`],
              ]),
        ),
      )
      expect(await sql.query('select count(*) as n from thing')).toEqual([{ n: 45 }])
      await sql.close()
    })

    it('throws on bad SQL', async () => {
      const sql = await open()
      await expect(sql.query('select from nowhere')).rejects.toThrow()
      await sql.close()
    })

    it('migrates once, also when several start together, and goes on where it stopped', async () => {
      const sql = await open()
      const first = ['create table one (n bigint)', 'insert into one values (1)']
      const second = ['insert into one values (2)']
      await Promise.all(Array.from({ length: 4 }, () => migrate(sql, { room: 'r', steps: [first] })))
      await migrate(sql, { room: 'r', steps: [first, second] })
      await migrate(sql, { room: 'other', steps: [['insert into one values (3)']] })
      expect(await sql.query('select n from one order by n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
      await expect(
        migrate(sql, { room: 'r', steps: [first, second, ['insert into one values (4)', 'nonsense']] }),
      ).rejects.toThrow()
      expect(await sql.query('select count(*) as n from one')).toEqual([{ n: 3 }])
      await sql.close()
    })
  })
}
