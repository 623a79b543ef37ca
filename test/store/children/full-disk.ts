/**
 * Fills what it was given, then looks at what is left. Arguments: a folder, and how room comes back (`ballast`: a file
 * of that name is deleted; `limit`: the process's file size limit is raised). Prints one JSON object.
 */
import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFsDriver } from '../../../runtimes/server/fs-driver.ts'
import { openSqlite } from '../../../runtimes/server/sqlite.ts'
import { isMediaError } from '../../../src/error.ts'
import { createRenditionCache } from '../../../src/store/rendition-cache.ts'
import { FACTS, bytesOf, hexKey, isSealed, sealed } from '../../contracts/store.ts'

const [folder = '', method = ''] = process.argv.slice(2)
const ballast = join(folder, 'ballast')
const sql = await openSqlite(join(folder, 'index.db'))
const cache = createRenditionCache({
  driver: createFsDriver(join(folder, 'cache'), { separator: ':', trusted: true }),
  sql,
  maxBytes: 1e9,
  memoryMaxBytes: 0,
  now: Date.now,
})

async function keep(id: number, length: number): Promise<string> {
  try {
    await cache.keep(await hexKey(id), { type: 'image/webp', body: await sealed(id, length), facts: FACTS })
    return 'kept'
  } catch (error) {
    return isMediaError(error) ? error.code : String(error)
  }
}

async function readAll(ids: readonly number[]): Promise<{ whole: number; torn: number }> {
  let whole = 0
  let torn = 0
  for (const id of ids) {
    const found = await cache.get(await hexKey(id))
    if (!found) continue
    if (await isSealed(await bytesOf(await found.body()))) whole++
    else torn++
  }
  return { whole, torn }
}

const early = [await keep(0, 100_000), await keep(1, 300_000)]
if (method === 'ballast') await writeFile(ballast, new Uint8Array(1_500_000))
const late: string[] = []
for (let id = 2; id < 12; id++) late.push(await keep(id, 900_000))
// The disk has no room for a new version either; the old one stays.
const replaced = await keep(1, 3_000_000)
const whileFull = await readAll([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
if (method === 'ballast') await rm(ballast)
else execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
const recovered = await keep(20, 900_000)
await cache.sweep(-1)
await cache.settle()
const after = await readAll([0, 1, 20])
console.log(
  JSON.stringify({ early, late, replaced, whileFull, recovered, after, total: await cache.total() }),
)
await cache.close()
await sql.close()
