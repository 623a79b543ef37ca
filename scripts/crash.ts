/**
 * The whole service is killed (SIGKILL) under load and started again on the same store, over and over for
 * `CRASH_SECONDS` (20): whatever it serves afterwards is whole, and equal to what it served before.
 * `bun scripts/crash.ts [command…]`; without a command, `npm start`.
 */
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { faultOf, type Expected } from './stage/answer.ts'
import { photograph } from './stage/media.ts'
import { sleep, startService, type Service } from './stage/service.ts'
import { createWorkspace, type Workspace } from './stage/workspace.ts'

const SECONDS = Number(process.env['CRASH_SECONDS'] ?? 20)
const CLIENTS = 6
/** Few enough that later rounds find what earlier ones stored. */
const REQUESTS: readonly Expected[] = Array.from({ length: 60 }, (_, n) => {
  const format = ['jpeg', 'webp', 'png'][n % 3]!
  const width = 60 + 9 * n
  return { path: `/files/photo.jpg?width=${width}&format=${format}`, width, format }
})

/** Digest of the first answer to each address. */
const digests = new Map<string, string>()
const wrong: string[] = []
let answers = 0
let hits = 0

async function ask(service: Service, expected: Expected): Promise<void> {
  const response = await fetch(service.url + expected.path, { signal: AbortSignal.timeout(30_000) })
  const copy = response.clone()
  const body = new Uint8Array(await copy.arrayBuffer())
  const fault = await faultOf(expected, response)
  const digest = createHash('sha256').update(body).digest('hex')
  const before = digests.get(expected.path)
  if (fault !== undefined) wrong.push(`${expected.path}: ${fault}`)
  else if (before !== undefined && before !== digest) wrong.push(`${expected.path}: other bytes than before`)
  else digests.set(expected.path, digest)
  answers++
  if (response.headers.get('x-cache') === 'HIT') hits++
}

/** Until the service is gone: then every request fails, and that is no fault. */
async function client(service: Service, gone: () => boolean): Promise<void> {
  while (!gone()) {
    const expected = REQUESTS[Math.floor(Math.random() * REQUESTS.length)]!
    await ask(service, expected).catch((error: unknown) => {
      if (!gone()) wrong.push(`${expected.path}: ${error instanceof Error ? error.message : 'no answer'}`)
    })
  }
}

async function round(command: readonly [string, ...string[]], { env }: Workspace): Promise<void> {
  const service = await startService({ command, env, health: '/readyz' })
  let gone = false
  const clients = Array.from({ length: CLIENTS }, () => client(service, () => gone))
  await sleep(300 + Math.random() * 1500)
  gone = true
  await service.kill()
  await Promise.all(clients)
}

async function main(): Promise<void> {
  sharp.concurrency(1)
  const workspace = await createWorkspace({ 'photo.jpg': await photograph(900, 700) })
  const [file = 'npm', ...rest] = process.argv.slice(2)
  const command = process.argv.length > 2 ? ([file, ...rest] as const) : (['npm', 'start'] as const)
  try {
    const until = Date.now() + SECONDS * 1000
    let rounds = 0
    for (; Date.now() < until || rounds < 3; rounds++) await round(command, workspace)
    const service = await startService({ command, env: workspace.env, health: '/readyz' })
    try {
      for (const expected of REQUESTS) await ask(service, expected)
    } finally {
      await service.kill()
    }
    console.log(`crash: ${rounds} kills, ${answers} answers, ${hits} from the store, ${wrong.length} wrong`)
    if (hits === 0) wrong.push('nothing was ever served from the store')
  } finally {
    await workspace.remove()
  }
}

await main()
for (const fault of new Set(wrong)) console.error(`crash: ${fault}`)
process.exitCode = wrong.length === 0 ? 0 : 1
