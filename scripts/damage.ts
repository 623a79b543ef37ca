/**
 * Damaged files of every format through the engines for `DAMAGE_SECONDS` (60), from `DAMAGE_SEED` (1): the same ones each time. Each must
 * end with a picture or a code, in time; good files in between must be made as at first; memory must stay bounded.
 * `bun scripts/damage.ts`
 */
import { createDamage } from '../test/support/damage.ts'
import { READ } from '../test/support/every-format.ts'
import { createTimedDamage, TIMED } from '../test/support/timed-damage.ts'

const SECONDS = Number(process.env['DAMAGE_SECONDS'] ?? 60)
const SEED = Number(process.env['DAMAGE_SEED'] ?? 1)
/** Of the process, with every module loaded. */
const MOST_BYTES = 2 * 1024 ** 3
/** Rounds of every format between two looks at the good files. */
const BETWEEN = 25

const damage = await createDamage(SEED)
const timed = await createTimedDamage(SEED)
const counts = new Map<string, number>()
const end = performance.now() + SECONDS * 1000
let [rounds, files] = [0, 0]
const count = (outcome: string) => {
  files++
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
}
while (performance.now() < end) {
  for (const format of READ) count(await damage.round(format))
  // A container that is searched to the end of its time takes ten seconds.
  for (const format of TIMED) if (performance.now() < end) count(await timed.round(format))
  if (++rounds % BETWEEN !== 0) continue
  await damage.check()
  await timed.check()
  const { rss } = process.memoryUsage()
  if (rss > MOST_BYTES) throw new Error(`the process takes ${Math.round(rss / 2 ** 20)} MiB`)
}
await damage.check()
await timed.check()
const told = [...counts].map(([outcome, count]) => `${outcome} ${count}`).join(', ')
console.log(
  `damage: ${files} files, seed ${SEED}, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB: ${told}`,
)
