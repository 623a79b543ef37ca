/** A platform for tests: everything in this process, stores in memory or where the test says. */
import { readFile } from 'node:fs/promises'
import { createTaskRunner } from '../../src/worker.ts'
import { hashFile } from '../../runtimes/server/files.ts'
import { loadHeif } from '../../runtimes/server/heif.ts'
import { createNets } from '../../runtimes/server/nets.ts'
import type { Driver, Platform, Sql, Task, Workers } from '../../src/platform.ts'
import { createPinnedFetch } from '../../runtimes/server/pinned-fetch.ts'
import { openServerDriver } from '../../runtimes/server/mounts.ts'
import { openServerRedis } from '../../runtimes/server/redis.ts'
import { spoolCopy } from '../../runtimes/server/spool.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'

export interface TestPlatformOptions {
  readonly env?: Record<string, string>
  /** Drivers by mount; others open as on a server. */
  readonly drivers?: Readonly<Record<string, Driver>>
  readonly sharesPromises?: boolean
  /** One database for several services. */
  readonly sql?: Sql
  /** Replaces the workers, for example by slow ones. */
  readonly workers?: Workers
}

export interface TestPlatform extends Platform {
  readonly lines: string[]
}

export function createTestPlatform(options: TestPlatformOptions = {}): TestPlatform {
  const lines: string[] = []
  return {
    runtime: 'node',
    version: process.versions.node,
    cpus: 2,
    env: options.env ?? {},
    notes: [],
    sharesPromises: options.sharesPromises ?? true,
    runsBetweenRequests: true,
    lines,
    loadWasm,
    hashFile,
    createWorkers: () => options.workers ?? createInlineWorkers(),
    createPinnedFetch: (rules) => createPinnedFetch(rules),
    openDriver: (mount, use) => options.drivers?.[mount] ?? openServerDriver(mount, use),
    spool: spoolCopy,
    openSql: async (url): Promise<Sql | undefined> =>
      url === 'sqlite:none' ? undefined : (options.sql ?? openSqlite(url.replace(/^sqlite:/, ''))),
    openRedis: openServerRedis,
    log: (line) => void lines.push(line),
  }
}

const nets = createNets(loadWasm)

const OWN: ReadonlySet<string> = new Set(['aom', 'core', 'dav1d', 'jpeg-turbo', 'lcms2'])

export async function loadWasm(name: string): Promise<WebAssembly.Module> {
  const folder = name === 'tfjs' ? 'nsfw' : OWN.has(name) ? name : 'metered'
  return WebAssembly.compile(await readFile(new URL(`../../wasm/${folder}/${name}.wasm`, import.meta.url)))
}

/** Runs tasks in this thread: deadline and cancellation through `tick` only. */
export function createInlineWorkers(): Workers {
  return {
    size: 1,
    async run(task: Task) {
      task.signal?.throwIfAborted()
      const end = task.deadlineMs === undefined ? Infinity : Date.now() + task.deadlineMs
      const run = createTaskRunner({ loadWasm, shouldStop: () => Date.now() > end, loadHeif, nets })
      return (await run(task.op, task.data)).value
    },
    close: async () => {},
  }
}
