/**
 * The service at twice of what it can do, a fifth of it hostile, for `SOAK_SECONDS` (60): how much it can do is measured
 * first. Every answer is right or a documented refusal, healthy requests are served all the while, /healthz answers within
 * 100 ms (p99), memory stays flat, SIGTERM ends it with 0. `bun scripts/soak.ts [command…]`; without a command, `npm start`.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import sharp from 'sharp'
import { photograph } from './stage/media.ts'
import { healthyFiles, healthyRequest } from './stage/healthy.ts'
import { harmfulFiles } from './stage/harm-files.ts'
import { hostileKinds } from './stage/hostile.ts'
import { closedLoop, openLoop } from './stage/load.ts'
import { askRaw } from './stage/raw-client.ts'
import { startService, sleep, type Service } from './stage/service.ts'
import { createTally, type Tally } from './stage/tally.ts'
import { judge, type Measured } from './stage/verdict.ts'
import { createWorkspace } from './stage/workspace.ts'

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60)
/** Once before the measurement, so that every module is compiled and every path is warm. */
const [WARM_SECONDS, CAPACITY_SECONDS, CAPACITY_CLIENTS] = [3, 8, 8]
const OVERLOAD = 2
/** One of so many is hostile. */
const HOSTILE_EVERY = 5
/** Far more than the service lets in; what is more is not sent, and said. */
const MOST_OPEN = 2000
const LIMITS = { transformMs: 1000 }
const OUTBOUND = { allowPrivate: ['127.0.0.0/8'], connectMs: 1000, idleMs: 1000, totalMs: 3000 }

/** A thread, and the first thing that it says. */
async function startOrigin(photo: Uint8Array): Promise<{ readonly port: number; readonly thread: Worker }> {
  const thread = new Worker(new URL('./stage/harm-origin.ts', import.meta.url), { workerData: { photo } })
  const port = await new Promise<number>((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
  })
  return { port, thread }
}

async function startProber(url: string): Promise<() => Promise<Measured['health']>> {
  const thread = new Worker(new URL('./stage/prober.ts', import.meta.url), { workerData: { url } })
  return () =>
    new Promise((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      thread.postMessage('stop')
    })
}

async function watchMemory(service: Service, seconds: number): Promise<number[]> {
  const samples: number[] = []
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(500))
    samples.push(await service.memory())
  return samples
}

async function main(): Promise<string[]> {
  sharp.concurrency(1)
  const healthy = await healthyFiles()
  const harmful = await harmfulFiles(1)
  const bytes = Object.entries(harmful).map(([name, file]) => [name, file.bytes] as const)
  const origin = await startOrigin(await photograph(600, 450))
  const workspace = await createWorkspace(
    { ...healthy, ...Object.fromEntries(bytes), 'large.jpg': await photograph(5000, 4000) },
    {
      origins: [
        {
          name: 'web',
          match: '^/web/[0-9]+/(?<key>.+)$',
          access: 'public',
          sources: [{ type: 'http', url: `http://127.0.0.1:${origin.port}/\${key}` }],
        },
        {
          name: 'signed',
          match: '^/signed/(?<key>.+)$',
          access: 'signed',
          sources: [{ type: 'storage', mount: 'fs:MEDIA', key: '${key}' }],
        },
      ],
      document: { limits: LIMITS, outbound: OUTBOUND },
      env: { MEDIAMORPH_SECRET: 'a-secret-of-the-soak' },
    },
  )
  const [file = 'npm', ...rest] = process.argv.slice(2)
  const command = process.argv.length > 2 ? ([file, ...rest] as const) : (['npm', 'start'] as const)
  const service = await startService({ command, env: workspace.env })
  try {
    return await soak(service, hostileKinds(harmful))
  } finally {
    await service.kill()
    await origin.thread.terminate()
    await workspace.remove()
  }
}

async function soak(service: Service, kinds: ReturnType<typeof hostileKinds>): Promise<string[]> {
  const port = Number(new URL(service.url).port)
  let [count, hostiles] = [0, 0]

  async function askHealthy(tally?: Tally): Promise<void> {
    const expected = healthyRequest(count++)
    const answer = askRaw(port, { target: expected.path })
    await (tally ? tally.healthy(expected, answer) : answer)
  }
  async function askHostile(tally: Tally): Promise<void> {
    const { kind, request, expected } = kinds[hostiles % kinds.length]!(count + hostiles++)
    await tally.hostile(kind, expected, askRaw(port, request))
  }

  await closedLoop(CAPACITY_CLIENTS, WARM_SECONDS, () => askHealthy())
  const capacity = await closedLoop(CAPACITY_CLIENTS, CAPACITY_SECONDS, () => askHealthy())
  const rate = OVERLOAD * capacity
  console.log(`soak: capacity ${capacity.toFixed(1)} pictures a second, load ${rate.toFixed(1)}`)

  const tally = createTally(rate * SECONDS)
  const stopProber = await startProber(service.url)
  const [ownBefore, theirsBefore] = [process.cpuUsage(), await service.cpuMs()]
  let sent = 0
  const load = openLoop(rate, SECONDS, MOST_OPEN, () =>
    sent++ % HOSTILE_EVERY === 0 ? askHostile(tally) : askHealthy(tally),
  )
  const memory = await watchMemory(service, SECONDS)
  // What the probes say counts as long as the load is there.
  const health = await stopProber()
  const { user, system } = process.cpuUsage(ownBefore)
  const share = (ms: number) => ms / (SECONDS * 1000 * availableParallelism())
  const cpu = { own: share((user + system) / 1000), service: share((await service.cpuMs()) - theirsBefore) }
  const { most, unsent } = await load
  const ended = await service.stop()
  return judge({
    seconds: SECONDS,
    capacity,
    answers: await tally.close(),
    open: { most, unsent },
    health,
    memory,
    cpu,
    ended,
    output: service.output(),
  })
}

const faults = await main()
for (const fault of faults) console.error(`soak: ${fault}`)
process.exit(faults.length === 0 ? 0 : 1)
