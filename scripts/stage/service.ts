/** A whole service as its own group of processes: started, measured, stopped or killed as one. Linux only. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface ServiceOptions {
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 when the service is up. */
  readonly health?: string
}

export interface Service {
  readonly url: string
  /** Resident bytes of every process of the group; 0 once it is gone. */
  memory(): Promise<number>
  /** Milliseconds of CPU time of every process of the group so far. */
  cpuMs(): Promise<number>
  /** Names of the processes of the group, as the kernel has them. */
  processes(): Promise<string[]>
  /** Files and sockets that the first process of the group has open. */
  openFiles(): Promise<number>
  /** What it wrote, for a report; the last 4 kB. */
  output(): string
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL to the whole group: nothing gets to tidy up. */
  kill(): Promise<void>
}

export async function startService({ command, env, health = '/healthz' }: ServiceOptions): Promise<Service> {
  const port = await freePort()
  const [file, ...rest] = command
  const child = spawn(file, rest, {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOST: '127.0.0.1', PORT: String(port), ...env },
  })
  let output = ''
  const note = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4096)
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const url = `http://127.0.0.1:${port}`
  const signal = (name: NodeJS.Signals) => signalGroup(child, name)
  try {
    await untilHealthy(url + health, child)
  } catch (cause) {
    signal('SIGKILL')
    throw new Error(`the service did not start: ${output}`, { cause })
  }
  return {
    url,
    memory: () => groupMemory(child.pid!),
    cpuMs: () => groupCpuMs(child.pid!),
    processes: () => groupNames(child.pid!),
    openFiles: async () => (await readdir(`/proc/${child.pid!}/fd`)).length,
    output: () => output,
    async stop() {
      signal('SIGTERM')
      const code = await exitOf(child)
      signal('SIGKILL')
      return code
    },
    async kill() {
      signal('SIGKILL')
      await exitOf(child)
    },
  }
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, name)
  } catch {
    // The group is gone already.
  }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it exited')
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.ok) return
    await sleep(50)
  }
  throw new Error('no answer within a minute')
}

interface GroupProcess {
  readonly id: string
  /** Fields of /proc/ID/stat after the name in parentheses: state, parent, group, … */
  readonly stat: readonly string[]
}

async function processesOf(group: number): Promise<GroupProcess[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = ids.map(async (id): Promise<GroupProcess> => {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')
    return { id, stat: stat.slice(stat.lastIndexOf(')') + 2).split(' ') }
  })
  return (await Promise.all(all)).filter(({ stat }) => Number(stat[2]) === group)
}

/** Sum of `VmRSS` over the processes of a group, from /proc. */
async function groupMemory(group: number): Promise<number> {
  const sizes = (await processesOf(group)).map(async ({ id }) => {
    const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

async function groupNames(group: number): Promise<string[]> {
  const names = (await processesOf(group)).map(({ id }) =>
    readFile(`/proc/${id}/comm`, 'utf8').catch(() => ''),
  )
  return (await Promise.all(names)).map((name) => name.trim()).filter(Boolean)
}

/** Linux counts in hundredths of a second, user and system apart. */
async function groupCpuMs(group: number): Promise<number> {
  const all = await processesOf(group)
  return all.reduce((sum, { stat }) => sum + 10 * (Number(stat[11]) + Number(stat[12])), 0)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The value below which `share` of the values lie; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
