/** Services of jobs as their users run them: a configuration, processes of any runtime, orders. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { jpegPicture } from '../support/pictures.ts'
import { commandOf, type Runtime } from './commands.ts'
import { killGroup, start, type Running } from './processes.ts'

const KEY = 'key-of-tests'

export interface JobView {
  readonly job_id: string
  readonly status: string
  readonly events: string
}

export async function openJobStage() {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-jobs-'))
  const photo = await jpegPicture({ width: 200, height: 100 })
  const started: Running[] = []
  let places = 0

  async function configure(source: object, more: Record<string, unknown> = {}): Promise<string> {
    const place = join(folder, String(places++))
    await mkdir(join(place, 'media'), { recursive: true })
    await writeFile(join(place, 'media', 'a.jpg'), photo)
    const document = {
      origins: [
        {
          name: 'files',
          match: '^/files/(?<key>.+)$',
          access: 'public',
          sources: [{ type: 'storage', mount: `fs:${join(place, 'media')}`, key: '${key}', ...source }],
        },
      ],
      storage: { cache: `fs:${join(place, 'cache')}`, artifacts: `fs:${join(place, 'artifacts')}` },
      database: `sqlite:${join(place, 'index.db')}`,
      ...more,
    }
    await writeFile(join(place, 'config.json'), JSON.stringify(document))
    return join(place, 'config.json')
  }

  async function begin(runtime: Runtime, config: string, role?: string, more: Record<string, string> = {}) {
    const [program, ...words] = commandOf(runtime)
    const env = { MEDIAMORPH_CONFIG: config, MEDIAMORPH_API_KEY: KEY, PORT: '0', ...more }
    const running = start([program, ...words, ...(role === undefined ? [] : ['--role', role])], { env })
    started.push(running)
    return { running, ...(await running.listening()) }
  }

  return {
    photo,
    configure,
    begin,
    /** Ends what was begun. */
    kill() {
      for (const one of started.splice(0)) killGroup(one)
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
export type JobStage = Awaited<ReturnType<typeof openJobStage>>

export function ask(address: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${address}${path}`, { ...init, headers: { 'x-api-key': KEY, ...init.headers } })
}

export function order(address: string, width: number): Promise<JobView> {
  return begun(address, { type: 'render', source: '/files/a.jpg', options: { width, format: 'webp' } })
}

export async function begun(address: string, wanted: object): Promise<JobView> {
  const answer = await ask(address, '/api/jobs', { method: 'POST', body: JSON.stringify(wanted) })
  expect([answer.status, answer.headers.get('x-job-id')]).toEqual([202, expect.any(String)])
  return (await answer.json()) as JobView
}

export async function stateOf(address: string, { job_id: id }: JobView): Promise<string> {
  return ((await (await ask(address, `/api/jobs/${id}`)).json()) as JobView).status
}
