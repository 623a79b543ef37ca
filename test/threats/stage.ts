/** A whole service for hostile requests: everything in this process, originals in memory, loopback reachable where a test says so. */
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import type { Driver } from '../../src/platform.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { createTestPlatform, type TestPlatformOptions } from '../support/platform.ts'

const open: { close(): Promise<unknown> }[] = []

/** Closed by `closeAll`, the last one first. */
export function closing<T extends { close(): Promise<unknown> }>(it: T): T {
  open.push(it)
  return it
}

export async function closeAll(): Promise<void> {
  for (const it of open.splice(0).toReversed()) await it.close()
}

export interface StageOptions extends Pick<TestPlatformOptions, 'env' | 'workers'> {
  readonly drivers?: Readonly<Record<string, Driver>>
}

/** Origin `files` has `mount`; a document replaces what is the same in it. */
export function stage(document: Record<string, unknown> = {}, options: StageOptions = {}) {
  const mount = createMemoryMount()
  const platform = createTestPlatform({
    ...options,
    drivers: { 'memory:files': mount.driver, ...options.drivers },
  })
  const { outbound, ...rest } = document
  const config = {
    origins: [origin('files', { type: 'storage', mount: 'memory:files', key: '${key}' })],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    outbound: { connectMs: 500, idleMs: 500, totalMs: 2000, ...(outbound as object | undefined) },
    ...rest,
  }
  const media: Mediamorph = closing(createMediamorph(config as never, platform))
  const get = (path: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test'), init))
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    get(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { mount, media, get, post, lines: platform.lines }
}

export const origin = (name: string, ...sources: readonly Record<string, unknown>[]) => ({
  name,
  match: `^/${name}/(?<key>.+)$`,
  sources,
})

/** Status and code; of what has none, its type. */
export async function outcome(answer: Response | Promise<Response>): Promise<[number, string]> {
  const response = await answer
  const type = response.headers.get('content-type') ?? ''
  if (!type.includes('json')) {
    await response.body?.cancel()
    return [response.status, type]
  }
  const { error } = (await response.json()) as { error?: { code: string } }
  return [response.status, error?.code ?? 'json']
}

export const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())
