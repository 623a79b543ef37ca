/**
 * Damaged files of every format through the engine for `DAMAGE_SECONDS` (60), from `DAMAGE_SEED` (1): the same ones each time. Each must
 * end with a picture or a code, in time; good files in between must be made as at first; memory must stay bounded.
 * `bun scripts/damage.ts`
 */
import { createDamage } from '../test/support/damage.ts'
import { READ } from '../test/support/every-format.ts'

const SECONDS = Number(process.env['DAMAGE_SECONDS'] ?? 60)
const SEED = Number(process.env['DAMAGE_SEED'] ?? 1)
/** Of the process, with every module loaded. */
const MOST_BYTES = 2 * 1024 ** 3
/** Rounds of every format between two looks at the good files. */
const BETWEEN = 25

const damage = await createDamage(SEED)
const counts = new Map<string, number>()
const end = performance.now() + SECONDS * 1000
let rounds = 0
while (performance.now() < end) {
  for (const format of READ) {
    const outcome = await damage.round(format)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  if (++rounds % BETWEEN !== 0) continue
  await damage.check()
  const { rss } = process.memoryUsage()
  if (rss > MOST_BYTES) throw new Error(`the process takes ${Math.round(rss / 2 ** 20)} MiB`)
}
await damage.check()
const told = [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(', ')
console.log(
  `damage: ${rounds * READ.length} files, seed ${SEED}, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB: ${told}`,
)
