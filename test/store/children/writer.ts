/**
 * Writes, overwrites, files, evicts and purges without end, until it is killed. Arguments: folder, seed. Every body
 * begins with its own SHA-256, so that whoever reads it can tell whether it is whole.
 */
import { join } from 'node:path'
import { createFsDriver } from '../../../runtimes/server/fs-driver.ts'
import { openSqlite } from '../../../runtimes/server/sqlite.ts'
import { createRenditionCache } from '../../../src/store/rendition-cache.ts'
import { CRASH_BYTES, FACTS, hexKey, sealed } from '../../contracts/store.ts'

const [folder = '', seed = '0'] = process.argv.slice(2)
const cache = createRenditionCache({
  driver: createFsDriver(join(folder, 'cache'), { separator: ':', trusted: true }),
  sql: await openSqlite(join(folder, 'index.db')),
  maxBytes: CRASH_BYTES,
  memoryMaxBytes: 0,
  now: Date.now,
})
const SIZES = [100, 30_000, 200_000, 1_400_000]
let step = Number(seed)

console.log('started')
for (;;) {
  step++
  await write(step).catch((error: unknown) => {
    // The other process may purge what this one is writing: then, and only then, it is refused.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    if (!cause.includes('was purged')) throw error
  })
}

async function write(turn: number): Promise<void> {
  const key = await hexKey(turn % 40)
  const body = await sealed(turn % 40, SIZES[turn % SIZES.length] ?? 0)
  await cache.keep(key, { type: 'image/webp', body, facts: FACTS })
  const subject = { origin: 'o', path: `/p/${turn % 7}`, tags: ['t'] }
  const outcome = { recipeKey: key, validator: 'v' }
  await cache.remember(await hexKey(`plan ${turn % 60}`), { subject, outcome, ttlMs: 1e9, staleMs: 0 })
  if (turn % 25 === 0) await cache.purge({ path: `/p/${turn % 7}` })
}
