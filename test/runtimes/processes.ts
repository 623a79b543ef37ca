/** A command as a user runs it: what it prints, how it ends. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { ROOT } from './commands.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** The first line on stdout that is JSON and says `listening`. */
  listening(): Promise<{ readonly address: string; readonly line: Record<string, unknown> }>
  ended(): Promise<Ended>
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

/** Variables of the machine that must not change what a test sees. */
const CLEAN = {
  MEDIAMORPH_CONFIG: undefined,
  MEDIAMORPH_SECRET: undefined,
  REDIS_URL: undefined,
  DATABASE_URL: undefined,
  HOST: undefined,
  PORT: undefined,
}

export function start(
  command: readonly [string, ...string[]],
  { env = {}, cwd = ROOT }: RunOptions = {},
): Running {
  const [file, ...rest] = command
  const child = spawn(file, rest, {
    cwd,
    env: { ...process.env, ...CLEAN, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that nothing outlives a test that fails.
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exit = once(child, 'close')
  return {
    child,
    async listening() {
      const deadline = Date.now() + 30_000
      while (Date.now() < deadline) {
        const text = stdout.split('\n').find((line) => line.includes('"listening"'))
        if (text !== undefined) {
          const line = JSON.parse(text) as { address: string }
          return { address: line.address.replace(/\/$/, ''), line }
        }
        if (child.exitCode !== null) break
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      throw new Error(`it does not listen: ${stdout}${stderr}`)
    },
    async ended() {
      await exit
      return { code: child.exitCode, stdout, stderr }
    },
  }
}

export function run(command: readonly [string, ...string[]], options?: RunOptions): Promise<Ended> {
  return start(command, options).ended()
}

/** Ends whatever is left of a command and its children. */
export function killGroup({ child }: Running): void {
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // Nothing is left.
  }
}

/** True while any process of the command's group lives. */
export function groupLives({ child }: Running): boolean {
  try {
    process.kill(-child.pid!, 0)
    return true
  } catch {
    return false
  }
}
