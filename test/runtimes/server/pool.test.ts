import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createPool, type Pool, type PoolOptions } from '../../../runtimes/server/pool.ts'

// (module (import "m" "tick" (func)) (func (export "run") (loop (call 0) (br 0))))
const METERED =
  '0061736d010000000104016000000 20a01016d047469636b0000030201000707010372756e00010a0b0109000340100 00c000b0b'
// (module (func (export "run") (loop (br 0))))
const ENDLESS = '0061736d0100000001040160000003020100070701037 2756e00000a09010700034 00c000b0b'
// (module (func (export "run") unreachable))
const TRAP = '0061736d0100000001040160000003020100070701 0372756e00000a05010300000b'
const MODULES: Record<string, string> = { metered: METERED, endless: ENDLESS, trap: TRAP }

/** terminate() ends a thread that spins in WebAssembly in Node only. */
const terminateStops = process.versions['bun'] === undefined && !('Deno' in globalThis)

let folder: string
let script: URL
let pool: Pool
let compiled: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-pool-'))
  const outfile = join(folder, 'thread.mjs')
  const entry = new URL('./pool-thread.ts', import.meta.url).pathname
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node' })
  script = pathToFileURL(outfile)
})
afterAll(() => rm(folder, { recursive: true, force: true }))
afterEach(() => pool.close())

function open(options: Partial<PoolOptions> = {}): Pool {
  compiled = []
  const loadWasm = (name: string) => {
    compiled.push(name)
    const text = MODULES[name]?.replaceAll(' ', '')
    if (text === undefined) throw new Error(`No module is called ${name}`)
    return WebAssembly.compile(Buffer.from(text, 'hex'))
  }
  pool = createPool({ script, size: 2, loadWasm, terminateStops, ...options })
  return pool
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (value) => `value ${String(value)}`,
    (error: unknown) =>
      error instanceof Error ? String((error as { code?: unknown }).code ?? error.name) : 'other',
  )
}

const answers = () => pool.run({ op: 'length', data: new ArrayBuffer(7) })

describe('work', () => {
  test('starts threads only when there is work, and never more than its size', async () => {
    open()
    expect(pool.threads).toBe(0)
    await answers()
    expect(pool.threads).toBe(1)
    const many = Array.from({ length: 40 }, (_, n) => pool.run({ op: 'length', data: new ArrayBuffer(n) }))
    expect(await Promise.all(many)).toEqual(Array.from({ length: 40 }, (_, n) => n))
    expect(pool.threads).toBe(2)
  })

  test('moves what is to be transferred, both ways', async () => {
    open()
    const data = new ArrayBuffer(1 << 20)
    const back = await pool.run({ op: 'back', data, transfer: [data] })
    expect(data.byteLength).toBe(0)
    expect((back as ArrayBuffer).byteLength).toBe(1 << 20)
  })

  test('data that cannot be cloned fails its task only', async () => {
    open()
    expect(await codeOf(pool.run({ op: 'back', data: () => 1 }))).not.toContain('value')
    expect(await answers()).toBe(7)
  })

  test('threads see no environment variables', async () => {
    open()
    process.env['MEDIAMORPH_SECRET_OF_TEST'] = 'x'
    const names = await pool.run({ op: 'environment', data: null })
    delete process.env['MEDIAMORPH_SECRET_OF_TEST']
    expect(names).not.toContain('MEDIAMORPH_SECRET_OF_TEST')
  })

  test('a module is handed to each thread that needs it, and a missing one fails the task', async () => {
    open({ size: 1 })
    expect(await codeOf(pool.run({ op: 'wasm', data: 'trap' }))).toBe('INTERNAL')
    expect(await codeOf(pool.run({ op: 'wasm', data: 'trap' }))).toBe('INTERNAL')
    expect(compiled).toEqual(['trap'])
    expect(await codeOf(pool.run({ op: 'wasm', data: 'absent' }))).toBe('INTERNAL')
    expect(await answers()).toBe(7)
  })
})

describe('the real thread', () => {
  test('runs the engines’ tasks only, and behind the event loop', async () => {
    const outfile = join(folder, 'worker-thread.mjs')
    const entry = new URL('../../../runtimes/server/worker-thread.ts', import.meta.url).pathname
    await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node' })
    open({ size: 1, script: pathToFileURL(outfile) })
    await expect(pool.run({ op: 'constructor', data: null })).rejects.toMatchObject({ code: 'INTERNAL' })
    if (process.platform !== 'linux') return
    const threads = await readdir('/proc/self/task')
    const stats = threads.map((id) => readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => ''))
    // After the name in parentheses, the 17th field is the niceness.
    const niceness = (await Promise.all(stats)).map((stat) => stat.split(') ').at(-1)?.split(' ')[16])
    expect(niceness).toContain('5')
    expect(niceness).toContain('0')
  })
})

describe('failure', () => {
  test('a coded error keeps its code, message and details; another shows nothing of itself', async () => {
    open()
    await expect(pool.run({ op: 'coded', data: null })).rejects.toMatchObject({
      name: 'MediaError',
      code: 'UNSUPPORTED_CODEC',
      message: 'no such thing',
      details: { of: 'no such thing' },
    })
    await expect(pool.run({ op: 'bug', data: null })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.not.stringContaining('secret'),
      cause: expect.stringContaining('secret detail'),
    })
  })

  test('a thread that dies fails its own task and is replaced', async () => {
    open()
    const other = pool.run({ op: 'sleep', data: 150 })
    expect(await codeOf(pool.run({ op: 'exit', data: null }))).toBe('INTERNAL')
    expect(await other).toBe(150)
    expect(await Promise.all([answers(), answers(), answers()])).toEqual([7, 7, 7])
    expect(pool.lost).toBe(0)
  })

  test('a script that cannot be loaded fails the task and does not hang', async () => {
    open({ script: new URL('./no-such-script.mjs', import.meta.url) })
    expect(await codeOf(answers())).toBe('INTERNAL')
  })

  test.runIf(terminateStops)('a thread that eats its heap is replaced', async () => {
    open({ size: 1, heapMb: 16 })
    expect(await codeOf(pool.run({ op: 'exhaust', data: null }))).toBe('INTERNAL')
    expect(await answers()).toBe(7)
  })
})

describe('stopping', () => {
  test('a deadline stops work that polls, and its thread goes on', async () => {
    open({ size: 1 })
    await answers()
    const begun = performance.now()
    expect(await codeOf(pool.run({ op: 'wasm', data: 'metered', deadlineMs: 150 }))).toBe('TRANSFORM_TIMEOUT')
    expect(performance.now() - begun).toBeLessThan(1500)
    expect(await answers()).toBe(7)
    expect(pool).toMatchObject({ threads: 1, lost: 0 })
  })

  test('the time a thread takes to start is no part of the deadline', async () => {
    open({ size: 1 })
    expect(await pool.run({ op: 'sleep', data: 1, deadlineMs: 20 })).toBe(1)
  })

  test('an abort stops work that polls, with the reason of the signal', async () => {
    open({ size: 1 })
    await answers()
    const controller = new AbortController()
    const running = pool.run({ op: 'wasm', data: 'metered', signal: controller.signal })
    setTimeout(() => controller.abort(new Error('client left')), 50)
    await expect(running).rejects.toThrow('client left')
    expect(await answers()).toBe(7)
    expect(pool.threads).toBe(1)
  })

  test('an abort before its turn rejects with the reason and runs nothing', async () => {
    open({ size: 1 })
    const controller = new AbortController()
    const first = pool.run({ op: 'sleep', data: 100 })
    const second = pool.run({ op: 'exit', data: null, signal: controller.signal })
    controller.abort(new Error('client left'))
    await expect(second).rejects.toThrow('client left')
    expect(await first).toBe(100)
    await expect(pool.run({ op: 'exit', data: null, signal: controller.signal })).rejects.toThrow(
      'client left',
    )
    expect(await answers()).toBe(7)
  })

  // Elsewhere the spinning thread would burn a core for the rest of the run.
  test.runIf(terminateStops)('work that ignores the stop is taken back within the grace', async () => {
    open({ size: 1, graceMs: 100 })
    await answers()
    const begun = performance.now()
    expect(await codeOf(pool.run({ op: 'wasm', data: 'endless', deadlineMs: 100 }))).toBe('TRANSFORM_TIMEOUT')
    expect(performance.now() - begun).toBeLessThan(2000)
    expect(await answers()).toBe(7)
    expect(pool).toMatchObject({ threads: 1, lost: 0 })
  })

  test('a task that says so may take longer to hear it, and its thread is kept', async () => {
    open({ size: 1, graceMs: 50, terminateStops: false })
    await answers()
    const task = { op: 'sleep', data: 400, deadlineMs: 50 }
    expect(await pool.run({ ...task, graceMs: 5000 })).toBe(400)
    expect(pool).toMatchObject({ threads: 1, lost: 0 })
  })

  test('a thread that terminate() does not stop counts as lost, and the pool keeps its size', async () => {
    const heard: number[] = []
    open({ size: 1, graceMs: 50, terminateStops: false, onLost: (total) => heard.push(total) })
    await answers()
    expect(await codeOf(pool.run({ op: 'sleep', data: 2000, deadlineMs: 50 }))).toBe('TRANSFORM_TIMEOUT')
    expect(await answers()).toBe(7)
    expect(pool).toMatchObject({ threads: 1, lost: 1 })
    expect(heard).toEqual([1])
  })
})

describe('closing', () => {
  test('finishes what was accepted, refuses what is new, and can be said twice', async () => {
    open({ size: 1 })
    const accepted = [1, 2, 3].map((data) => pool.run({ op: 'sleep', data }))
    const closed = pool.close()
    expect(await codeOf(answers())).toBe('BUSY')
    expect(await Promise.all(accepted)).toEqual([1, 2, 3])
    await closed
    await pool.close()
    expect(pool.threads).toBe(0)
  })

  test('a pool that never worked closes at once', async () => {
    await open().close()
  })
})
