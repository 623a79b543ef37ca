/** `mediamorph jobs`: at a service, and over the database of one that is not there. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { watchJobs } from '../../runtimes/cli/watch.ts'
import { jpegPicture } from '../support/pictures.ts'
import { build, commandOf, ROOT } from './commands.ts'
import { killGroup, run, start, type Running } from './processes.ts'

const KEY = 'key-of-tests'
let folder: string
let config: string
const started: Running[] = []

beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-cli-jobs-'))
  await mkdir(join(folder, 'media'))
  await writeFile(join(folder, 'media', 'a.jpg'), await jpegPicture({ width: 200, height: 100 }))
  await writeFile(join(folder, 'media', 'bad.jpg'), (await jpegPicture()).slice(0, 300))
  config = join(folder, 'config.json')
  const document = {
    origins: [
      {
        name: 'files',
        match: '^/files/(?<key>.+)$',
        access: 'public',
        sources: [{ type: 'storage', mount: `fs:${join(folder, 'media')}`, key: '${key}' }],
      },
    ],
    storage: { cache: `fs:${join(folder, 'cache')}`, artifacts: `fs:${join(folder, 'artifacts')}` },
    database: `sqlite:${join(folder, 'index.db')}`,
  }
  await writeFile(config, JSON.stringify(document))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
afterEach(() => {
  for (const one of started.splice(0)) killGroup(one)
})

async function serve(role: string) {
  const [program, ...words] = commandOf('node')
  const env = { MEDIAMORPH_CONFIG: config, MEDIAMORPH_API_KEY: KEY, PORT: '0' }
  const running = start([program, ...words, '--role', role], { env })
  started.push(running)
  return (await running.listening()).address
}

const cli = (words: readonly string[], env: Record<string, string> = {}) =>
  run([process.execPath, join(ROOT, 'dist/cli.js'), 'jobs', ...words], { env, cwd: folder })

async function order(address: string, name: string, more: object = {}): Promise<string> {
  const body = JSON.stringify({ type: 'image:thumbnail', source: `/files/${name}`, ...more })
  const answer = await fetch(`${address}/api/jobs`, { method: 'POST', headers: { 'x-api-key': KEY }, body })
  expect(answer.status).toBe(202)
  return ((await answer.json()) as { job_id: string }).job_id
}

test('lists, shows, watches and tries again at a service', async () => {
  const address = await serve('all')
  const env = { MEDIAMORPH_API_KEY: KEY, MEDIAMORPH_URL: address }
  const [good, bad] = [await order(address, 'a.jpg'), await order(address, 'bad.jpg')]
  const watched = await cli(['watch', good], env)
  expect([watched.code, watched.stderr]).toEqual([0, ''])
  expect(watched.stdout.trimEnd().split('\n').at(-1)).toBe(`${good} 100% completed`)
  const both = await cli(['watch', good, bad, '--json', '--url', address], { MEDIAMORPH_API_KEY: KEY })
  expect(both.code).toBe(1)
  const events = both.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(events).toContainEqual(
    expect.objectContaining({ job_id: bad, status: 'failed', error_code: 'CORRUPT_MEDIA' }),
  )
  const list = await cli(['list'], env)
  expect(list.stdout).toMatch(new RegExp(`^${good}  image:thumbnail  completed   100%  .*/files/a.jpg$`, 'm'))
  const failed = await cli(['list', '--status', 'failed', '--json'], env)
  expect(JSON.parse(failed.stdout)).toMatchObject({ jobs: [{ job_id: bad }], next: null })
  const shown = await cli(['show', bad], env)
  expect(shown.stdout).toMatch(/^error_code +CORRUPT_MEDIA$/m)
  const again = await cli(['retry', bad], env)
  expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)])
  expect(await cli(['retry', good], env)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^JOB_CONFLICT: /),
  })
  expect(await cli(['redeliver', good], env)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^NOT_SUPPORTED_HERE: /),
  })
  expect(await cli(['show', 'none'], env)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^JOB_NOT_FOUND: /),
  })
  expect(await cli(['list'], { ...env, MEDIAMORPH_API_KEY: 'wrong-key-of-tests' })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^UNAUTHORIZED: /),
  })
}, 60_000)

test('calls off what waits in the configured database, without a service', async () => {
  const address = await serve('server')
  const id = await order(address, 'a.jpg', { options: { outputs: [{ width: 33 }] } })
  for (const one of started.splice(0)) killGroup(one)
  const env = { MEDIAMORPH_CONFIG: config }
  const waiting = await cli(['list', '--status=queued', '--json'], env)
  expect(JSON.parse(waiting.stdout)).toMatchObject({ jobs: [{ job_id: id, status: 'queued' }] })
  expect(await cli(['cancel', id, '--config', config])).toEqual({
    code: 0,
    stdout: `${id} cancelled\n`,
    stderr: '',
  })
  expect(await cli(['watch'], env)).toEqual({ code: 0, stdout: 'No jobs are under way\n', stderr: '' })
}, 30_000)

test.each<[string, string[], string]>([
  ['no action', [], 'expected list, show'],
  ['another action', ['wacth'], 'did you mean watch?'],
  ['no id', ['show'], 'expected the id of a job'],
  ['too many ids', ['cancel', 'a', 'b'], 'unexpected b'],
  ['a filter of another action', ['show', 'a', '--type', 'render'], '--type is for list'],
])('with %s is exit code 2', async (_, words, sentence) => {
  expect(await cli(words)).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) })
})

describe('watching', () => {
  const job = { job_id: 'job-00000001', type: 'render', source: '/a', status: 'queued', progress: 0 }
  const streamOf = (...events: object[]) =>
    new Blob(
      events.map((data, at) => `id: ${at + 1}\nevent: progress\ndata: ${JSON.stringify(data)}\n\n`),
    ).stream() as ReadableStream<Uint8Array>

  test('draws bars on a terminal, over themselves, and asks again where a stream breaks off', async () => {
    const asked: (string | undefined)[] = []
    const streams = [
      streamOf({ status: 'processing', progress: 50, seconds_left: 90 }),
      streamOf({ status: 'completed', progress: 100 }),
    ]
    let text = ''
    const out = { isTTY: true, columns: 60, write: (piece: string) => (text += piece) }
    const api = {
      async events(_: string, last: string | undefined) {
        asked.push(last)
        return streams.shift()
      },
    }
    expect(await watchJobs([job], { api, out, asJson: false, pauseMs: 1 })).toBe(true)
    expect(asked).toEqual([undefined, '1'])
    const half = `${'█'.repeat(15)}${'░'.repeat(15)}`
    expect(text).toBe(
      `\r\u001b[K00000001 ${half}  50% processing, 2 \n` +
        `\u001b[1A\r\u001b[K00000001 ${'█'.repeat(30)} 100% completed\n`,
    )
  })

  test('elsewhere writes a line for each change, and nothing that would move a cursor', async () => {
    let text = ''
    const out = { write: (piece: string) => (text += piece) }
    const api = {
      events: async () =>
        streamOf(
          { status: 'processing', progress: 5 },
          { status: 'processing', progress: 5 },
          { status: 'failed', progress: 5, error: 'a\u001b[2Jb', error_code: 'INTERNAL' },
        ),
    }
    expect(await watchJobs([job], { api, out, asJson: false })).toBe(false)
    expect(text).toBe('job-00000001 5% processing\njob-00000001 5% failed: INTERNAL a?[2Jb\n')
  })
})
