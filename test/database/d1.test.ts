import { Miniflare } from 'miniflare'
import { afterAll, beforeAll } from 'vitest'
import { createD1Sql, type D1Like } from '../../src/database/d1.ts'
import { describeSql } from '../contracts/sql.ts'

const NAMES = Array.from({ length: 10 }, (_, index) => `DB${index}`)
let miniflare: Miniflare
let next = 0

beforeAll(async () => {
  miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch: () => new Response() }',
    cf: false,
    d1Databases: NAMES,
  })
  await miniflare.ready
})
afterAll(() => miniflare.dispose())

describeSql('D1', async () => {
  const database: unknown = await miniflare.getD1Database(NAMES[next++] ?? '')
  return createD1Sql(database as D1Like)
})
