import { Miniflare } from 'miniflare'
import r2Driver from 'unstorage/drivers/cloudflare-r2-binding'
import { afterAll, beforeAll } from 'vitest'
import { createD1Sql, type D1Like } from '../../src/database/d1.ts'
import { describeStore } from '../contracts/store.ts'

const TABLES = ['migration', 'store_blob', 'store_total', 'store_plan', 'store_tag']
let miniflare: Miniflare
let place = 0

beforeAll(async () => {
  miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch: () => new Response() }',
    cf: false,
    r2Buckets: ['BUCKET'],
    d1Databases: ['DB'],
  })
  await miniflare.ready
})
afterAll(() => miniflare.dispose())

describeStore('R2 and D1', async () => {
  const database: unknown = await miniflare.getD1Database('DB')
  const sql = createD1Sql(database as D1Like)
  await sql.batch(TABLES.map((table) => [`drop table if exists ${table}`]))
  const bucket: unknown = await miniflare.getR2Bucket('BUCKET')
  return { driver: r2Driver({ binding: bucket as string, base: `place${place++}` }), sql }
})
