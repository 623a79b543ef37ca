/**
 * Servers and workers, separate processes over one database, are killed (SIGKILL) at random moments for `CRASH_SECONDS` (40) while
 * jobs are ordered, called off and told of by webhooks: half of the time over SQLite, half over a PostgreSQL that fails, too. Afterwards every
 * accepted job has ended once, what it made is whole, and nobody was told what is not true. `CRASH_SEED` repeats the choices of
 * an earlier run. `bun scripts/crash-jobs.ts [command…]`; without a command, `npm start`.
 */
import sharp from 'sharp'
import { createRandom, type Random } from '../test/support/mutate.ts'
import { hasPostgres, startPostgres, type PostgresServer } from '../test/support/postgres.ts'
import { startFleet } from './stage/fleet.ts'
import { API_KEY, createLedger, type Ledger } from './stage/ledger.ts'
import { photograph } from './stage/media.ts'
import { startReceiver } from './stage/receiver.ts'
import { reckon } from './stage/reckoning.ts'
import { sleep } from './stage/service.ts'
import { createWorkspace } from './stage/workspace.ts'

const SECONDS = Number(process.env['CRASH_SECONDS'] ?? 40)
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000)
const CLIENTS = 3
/** Of a run, however long it is. */
const MOST_ORDERS = 4000
const SECRET = 'a-secret-of-webhooks'
const ROLES = ['server', 'server', 'worker', 'worker'] as const
const DOCUMENT = {
  jobs: { leaseMs: 1500, concurrency: 2 },
  rateLimit: { jobs: { limit: 0 }, keys: { limit: 0 } },
  outbound: { allowPrivate: ['127.0.0.0/8'] },
}

async function client(
  step: Ledger['step'],
  fleet: Fleet,
  random: Random,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const server = fleet.server()
    if (server) await step(server)
    await sleep(30 + random(150))
  }
}
type Fleet = Awaited<ReturnType<typeof startFleet>>

/** Milliseconds between two failures of a database. */
const [FAILURE_MS, FAILURE_SPREAD_MS] = [4000, 5000]

/** The database itself fails now and then, and comes back. */
async function failUntil(until: number, postgres: PostgresServer, random: Random): Promise<number> {
  for (let failures = 0; ; failures++) {
    const pause = FAILURE_MS + random(FAILURE_SPREAD_MS)
    if (Date.now() + pause > until) return failures
    await sleep(pause)
    await postgres.crash()
    await sleep(random(1000))
    await postgres.restart()
  }
}

/** Over one database. @returns faults */
async function run(
  name: string,
  seconds: number,
  command: readonly [string, ...string[]],
  postgres?: PostgresServer,
): Promise<string[]> {
  const random = createRandom(SEED)
  const databaseEnv = postgres === undefined ? {} : { DATABASE_URL: postgres.newPlace() }
  const photo = await photograph(640, 480)
  const files = { 'photo.jpg': photo, 'broken.jpg': photo.subarray(0, 2000) }
  const receiver = await startReceiver(SECRET, random)
  const workspace = await createWorkspace(files, {
    document: DOCUMENT,
    env: { MEDIAMORPH_API_KEY: API_KEY, MEDIAMORPH_WEBHOOK_SECRET: SECRET, ...databaseEnv },
  })
  try {
    const fleet = await startFleet({ command, env: workspace.env, roles: ROLES, random })
    try {
      const ledger = createLedger(receiver.url, random)
      const until = Date.now() + seconds * 1000
      const isOver = () => Date.now() > until || ledger.accepted.length >= MOST_ORDERS
      const clients = Array.from({ length: CLIENTS }, () => client(ledger.step, fleet, random, isOver))
      const failing = postgres && failUntil(until, postgres, random)
      const kills = await fleet.killUntil(until)
      const failures = await failing
      await Promise.all(clients)
      const { faults, counts } = await reckon(ledger, receiver.heard, () => fleet.server()!)
      const told = Object.entries(counts).map(([what, count]) => `${count} ${what}`)
      console.log(
        `crash-jobs: ${name}: ${kills} kills, ${failures ?? 0} failures of the database, ${ledger.accepted.length} orders, ${told.join(', ')}`,
      )
      const idle = ledger.accepted.length < seconds ? [`only ${ledger.accepted.length} orders`] : []
      return [...faults, ...idle].map((fault) => `${name}: ${fault}`)
    } finally {
      await fleet.end()
    }
  } finally {
    await receiver.close()
    await workspace.remove()
  }
}

async function main(): Promise<string[]> {
  sharp.concurrency(1)
  const [file = 'npm', ...rest] = process.argv.slice(2)
  const command = process.argv.length > 2 ? ([file, ...rest] as const) : (['npm', 'start'] as const)
  console.log(`crash-jobs: seed ${SEED}`)
  if (!hasPostgres()) console.log('crash-jobs: PostgreSQL is not installed here, SQLite has all the time')
  const share = hasPostgres() ? SECONDS / 2 : SECONDS
  const faults = await run('SQLite', share, command)
  if (!hasPostgres()) return faults
  const postgres = await startPostgres()
  try {
    return [...faults, ...(await run('PostgreSQL', share, command, postgres))]
  } finally {
    await postgres.close()
  }
}

const faults = await main()
for (const fault of new Set(faults)) console.error(`crash-jobs: ${fault}`)
process.exit(faults.length === 0 ? 0 : 1)
