/**
 * The service under more work than it can do at once, hostile work included, for `SOAK_SECONDS` (60): /healthz answers
 * within 50 ms (p99), every answer is right or a documented failure, memory stays flat, SIGTERM ends it with 0.
 * `bun scripts/soak.ts [command…]`; without a command, `npm start`.
 */
import { Worker } from 'node:worker_threads'
import sharp from 'sharp'
import { faultOf, type Expected } from './stage/answer.ts'
import { hugePng, photograph, truncated } from './stage/media.ts'
import { quantile, sleep, startService, type Service } from './stage/service.ts'
import { createWorkspace } from './stage/workspace.ts'

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60)
const CLIENTS = 12
const P99_MS = 50
/**
 * Garbage comes and goes by hundreds of mebibytes: the middle of the last quarter may lie that much above the height of
 * the second.
 */
const GROWTH_BYTES = 64 * 1_048_576
const MOST_BYTES = 1536 * 1_048_576
const HOSTILE: readonly Expected[] = [
  { path: '/files/truncated.jpg?width=100', codes: ['CORRUPT_MEDIA'] },
  { path: '/files/huge.png?width=100', codes: ['LIMIT_EXCEEDED'] },
  { path: '/files/text.jpg?width=100', codes: ['UNSUPPORTED_MEDIA'] },
  { path: '/files/photo.jpg?width=none', codes: ['INVALID_PARAMETER'] },
  { path: '/files/%252e%252e/config.json', codes: ['INVALID_PATH'] },
  { path: '/files/gone.jpg?width=100', codes: ['NOT_FOUND'] },
]

interface Tally {
  /** Judged when the load is over: decoding them would take the service's share of the machine. */
  readonly answers: (readonly [Expected, Response])[]
  right: number
  refused: number
  busy: number
  readonly wrong: string[]
}

/** Distinct for some 40,000 requests; each tenth means harm. */
function requestNumber(n: number): Expected {
  if (n % 10 === 9) {
    const hostile = HOSTILE[Math.floor(n / 10) % HOSTILE.length]!
    // A path of its own each time, so that no answer is a remembered one.
    const { path } = hostile
    return { ...hostile, path: `${path}${path.includes('?') ? '&' : '?'}quality=${(n % 100) + 1}&v=${n}` }
  }
  const format = ['jpeg', 'webp'][n % 2]!
  const width = 100 + (n % 500)
  const quality = 60 + (Math.floor(n / 500) % 30)
  return { path: `/files/photo.jpg?width=${width}&format=${format}&quality=${quality}`, width, format }
}

async function client(service: Service, next: () => number, until: number, tally: Tally): Promise<void> {
  while (Date.now() < until) {
    const expected = requestNumber(next())
    try {
      const response = await fetch(service.url + expected.path, { signal: AbortSignal.timeout(60_000) })
      if (response.status === 503 && response.headers.has('retry-after')) {
        tally.busy++
        await response.arrayBuffer()
        await sleep(200)
        continue
      }
      const { status, headers } = response
      tally.answers.push([expected, new Response(await response.arrayBuffer(), { status, headers })])
    } catch (error) {
      tally.wrong.push(`${expected.path}: ${error instanceof Error ? error.message : 'no answer'}`)
    }
  }
}

async function watchMemory(service: Service, until: number): Promise<number[]> {
  const samples: number[] = []
  while (Date.now() < until) {
    samples.push(await service.memory())
    await sleep(500)
  }
  return samples
}

async function prober(url: string): Promise<() => Promise<{ times: number[]; failures: number }>> {
  const thread = new Worker(new URL('./stage/prober.ts', import.meta.url), { workerData: { url } })
  return () =>
    new Promise((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      thread.postMessage('stop')
    })
}

async function main(): Promise<string[]> {
  sharp.concurrency(1)
  const files = {
    'photo.jpg': await photograph(1600, 1200),
    'truncated.jpg': await truncated(),
    'huge.png': hugePng(),
    'text.jpg': new TextEncoder().encode('This is no picture. '.repeat(50)),
  }
  const workspace = await createWorkspace(files)
  const [file = 'npm', ...rest] = process.argv.slice(2)
  const command = process.argv.length > 2 ? ([file, ...rest] as const) : (['npm', 'start'] as const)
  const service = await startService({ command, env: workspace.env })
  try {
    return await soak(service)
  } finally {
    await service.kill()
    await workspace.remove()
  }
}

const mib = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`

async function soak(service: Service): Promise<string[]> {
  const until = Date.now() + SECONDS * 1000
  const tally: Tally = { answers: [], right: 0, refused: 0, busy: 0, wrong: [] }
  let count = 0
  const stop = await prober(service.url)
  const clients = Array.from({ length: CLIENTS }, () => client(service, () => count++, until, tally))
  const memory = await watchMemory(service, until)
  // What the probes say counts as long as all clients are there.
  const { times, failures } = await stop()
  await Promise.all(clients)
  const ended = await service.stop()
  for (const [expected, response] of tally.answers) {
    const fault = await faultOf(expected, response)
    if (fault !== undefined) tally.wrong.push(`${expected.path}: ${fault}`)
    else if (expected.codes) tally.refused++
    else tally.right++
  }

  const p99 = quantile(times, 0.99)
  const quarter = Math.floor(memory.length / 4)
  const early = quantile(memory.slice(quarter, 2 * quarter), 0.9)
  const late = quantile(memory.slice(-quarter), 0.5)
  console.log(
    `soak: ${tally.right} pictures, ${tally.refused} refusals, ${tally.busy} busy, ${tally.wrong.length} wrong in ${SECONDS} s`,
  )
  console.log(
    `soak: ${times.length} probes, p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, highest ${Math.max(0, ...times).toFixed(1)} ms, ${failures} failed`,
  )
  console.log(`soak: memory ${mib(early)} early, ${mib(late)} late, ${mib(Math.max(...memory))} at most`)

  const faults = [...new Set(tally.wrong)].slice(0, 10)
  if (tally.right < SECONDS) faults.push(`only ${tally.right} pictures`)
  if (tally.refused === 0) faults.push('no hostile request was judged')
  if (times.length < SECONDS * 25) faults.push(`only ${times.length} probes`)
  if (p99 >= P99_MS) faults.push(`/healthz took ${p99.toFixed(1)} ms (p99), ${P99_MS} are allowed`)
  if (failures > 0) faults.push(`/healthz failed ${failures} times`)
  if (late - early > GROWTH_BYTES) faults.push(`memory grew by ${mib(late - early)}`)
  if (Math.max(...memory) > MOST_BYTES) faults.push(`memory reached ${mib(Math.max(...memory))}`)
  if (ended !== 0) faults.push(`SIGTERM ended it with ${ended}: ${service.output()}`)
  return faults
}

const faults = await main()
for (const fault of faults) console.error(`soak: ${fault}`)
process.exitCode = faults.length === 0 ? 0 : 1
