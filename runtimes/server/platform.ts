/** The platform that Bun, Deno and Node share: threads, files, SQLite and pinned connections through node: modules. */
import process from 'node:process'
import type { Platform } from '../../src/index.ts'
import { createFfmpegs } from './ffmpeg.ts'
import { hashFile } from './files.ts'
import { openServerDriver } from './mounts.ts'
import { createPinnedFetch } from './pinned-fetch.ts'
import { FFMPEG_SCRIPT, THREAD_SCRIPT } from './places.ts'
import { createPool } from './pool.ts'
import { openServerRedis } from './redis.ts'
import { spoolCopy } from './spool.ts'
import { openServerSql } from './sqlite.ts'
import { createWasmLoader } from './wasm-files.ts'

/** What differs from one server runtime to another. */
export interface ServerRuntime {
  readonly runtime: 'bun' | 'deno' | 'node'
  readonly version: string
  readonly cpus: number
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether terminate() ends a thread that spins in WebAssembly. */
  readonly terminateStops: boolean
}

export function createServerPlatform(native: ServerRuntime): Platform {
  const { runtime, version, cpus, env, terminateStops } = native
  const loadWasm = createWasmLoader()
  const log = (line: string) => void process.stdout.write(`${line}\n`)
  const complain = (message: string, facts: object = {}) =>
    log(JSON.stringify({ time: new Date().toISOString(), level: 'error', message, ...facts }))
  const onLost = (total: number) => complain('thread lost', { total })
  const onStuck = () => complain('ffmpeg ignored its stop: its thread was given up')
  return {
    runtime,
    version,
    cpus,
    env,
    notes: ['outbound addresses are pinned'],
    sharesPromises: true,
    runsBetweenRequests: true,
    loadWasm,
    createWorkers: (size) => createPool({ script: THREAD_SCRIPT, size, loadWasm, terminateStops, onLost }),
    hashFile,
    createPinnedFetch: (rules) => createPinnedFetch(rules),
    openDriver: (mount, use) => openServerDriver(mount, use, env),
    spool: spoolCopy,
    openSql: openServerSql,
    openRedis: openServerRedis,
    createFfmpegs: (settings) => createFfmpegs(settings, { cpus, script: FFMPEG_SCRIPT, onStuck }),
    log,
  }
}
