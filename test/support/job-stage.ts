/** A service that makes files by jobs, over originals in memory, with the ffmpegs of the machine. */
import memoryDriver from 'unstorage/drivers/memory'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import type { Driver, Ffmpeg, FfmpegSettings } from '../../src/platform.ts'
import { createTestFfmpegs } from './ffmpegs.ts'
import { createMemoryMount } from './memory-mount.ts'
import { createTestPlatform, type TestPlatformOptions } from './platform.ts'

export const KEY = 'test-api-key'

export interface JobView {
  readonly job_id: string
  readonly status: string
  readonly progress: number
  readonly seconds_left: number | null
  readonly hash: string | null
  readonly options: unknown
  readonly error: string | null
  readonly error_code: string | null
  readonly error_details: Record<string, unknown> | null
  readonly events: string
  readonly retry_of_job_id: string | null
  readonly results: Record<string, unknown> | null
}

export interface JobStageOptions extends TestPlatformOptions {
  /** Stands for the ffmpegs of the machine. */
  readonly ffmpegs?: (all: readonly Ffmpeg[]) => readonly Ffmpeg[]
  readonly artifacts?: Driver
}

export function openJobStage() {
  const open: Mediamorph[] = []

  async function stage(document: Record<string, unknown> = {}, options: JobStageOptions = {}) {
    const mount = createMemoryMount()
    const made: Driver = options.artifacts ?? memoryDriver()
    const { ffmpegs = (all) => all } = options
    const platform = {
      ...createTestPlatform({
        ...options,
        env: { MEDIAMORPH_API_KEY: KEY, ...options.env },
        drivers: { 'memory:files': mount.driver, 'memory:made': made, ...options.drivers },
      }),
      createFfmpegs: (settings: FfmpegSettings) => ffmpegs(createTestFfmpegs(settings)),
    }
    const source = { type: 'storage', mount: 'memory:files', key: '${key}' }
    const config = {
      origins: [{ name: 'files', match: '^/files/(?<key>.+)$', access: 'public', sources: [source] }],
      storage: { cache: 'memory:', artifacts: 'memory:made' },
      database: 'sqlite::memory:',
      ...document,
    }
    const media = createMediamorph(config as never, platform)
    open.push(media)
    const get = (path: string, init: RequestInit = {}) =>
      media.fetch(new Request(`http://media.test${path}`, init))
    const api = (path: string, init: RequestInit = {}) =>
      get(path, { ...init, headers: { 'x-api-key': KEY, ...(init.headers as object) } })
    const post = (body: unknown, path = '/api/jobs') =>
      api(path, { method: 'POST', body: JSON.stringify(body) })
    const show = async (id: string) => (await (await api(`/api/jobs/${id}`)).json()) as JobView
    async function until(id: string, ...statuses: string[]): Promise<JobView> {
      for (let i = 0; i < 800; i++) {
        const job = await show(id)
        if (statuses.includes(job.status)) return job
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      throw new Error(`still not ${statuses.join(', ')}: ${JSON.stringify(await show(id))}`)
    }
    async function order(body: unknown): Promise<JobView> {
      const answer = await post(body)
      const job = (await answer.json()) as JobView
      if (answer.status !== 202) throw new Error(`${answer.status}: ${JSON.stringify(job)}`)
      return job
    }
    /** Orders it and waits for its end. */
    async function run(body: unknown): Promise<JobView> {
      return until((await order(body)).job_id, 'completed', 'failed', 'cancelled')
    }
    /** A file as the mount has it. */
    async function file(key: string): Promise<Uint8Array> {
      const value: unknown = await made.getItemRaw?.(key, {})
      if (!(value instanceof Uint8Array)) throw new Error(`${key}: there is no such file`)
      return new Uint8Array(value)
    }
    const files = async () => (await made.getKeys('', {})).toSorted()
    return { media, mount, get, api, post, show, until, order, run, file, files, lines: platform.lines }
  }

  async function close(): Promise<void> {
    for (const one of open.splice(0)) await one.close()
  }
  return { stage, close }
}

export const jsonOf = async <T>(response: Response | Promise<Response>) =>
  (await (await response).json()) as T
export const codeOf = async (response: Response) =>
  (await jsonOf<{ error: { code: string } }>(response)).error.code
