/** Classifiers of one's own on every runtime: a service, and a model where there are files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startService, type Service } from '../../scripts/stage/service.ts'
import { BLUE, markedPicture, RED, startNsfwService, type NsfwService } from '../support/nsfw-service.ts'
import { onnxModel } from '../support/onnx-model.ts'
import { build, commandOf, RUNTIMES, type Runtime } from './commands.ts'

let folder: string
let judge: NsfwService
const started: Service[] = []

beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-nsfw-'))
  judge = await startNsfwService()
  await writeFile(join(folder, 'red.png'), await markedPicture(RED))
  await writeFile(join(folder, 'blue.png'), await markedPicture(BLUE))
  // Porn is red less blue.
  const weights = [3, 2, 1].map((row) => [0, 0, 0, row === 3 ? 9 : row === 1 ? -9 : 0, 0])
  await writeFile(join(folder, 'red.onnx'), onnxModel({ weights, bias: [0, 0, 0, 0, 0] }))
})
afterAll(async () => {
  for (const service of started) await service.kill()
  await judge.close()
  await rm(folder, { recursive: true, force: true })
})

async function startWith(runtime: Runtime, nsfw: object): Promise<Service> {
  const place = join(folder, `${runtime}-${Math.random()}`)
  const source = { type: 'storage', mount: `fs:${folder}`, key: '${key}' }
  const document = {
    origins: [{ name: 'a', match: '^/(?<key>.+)$', access: 'public', nsfw: 'flag', sources: [source] }],
    storage: { cache: `fs:${place}/cache` },
    database: `sqlite:${place}/index.db`,
    nsfw: { threshold: 0.9, ...nsfw },
  }
  const path = `${place}.json`
  await writeFile(path, JSON.stringify(document))
  const service = await startService({ command: commandOf(runtime), env: { MEDIAMORPH_CONFIG: path } })
  started.push(service)
  return service
}

const stateOf = async ({ url }: Service, path: string) => {
  const response = await fetch(`${url}/${path}`)
  await response.arrayBuffer()
  return response.headers.get('x-nsfw')?.split(';')[0]
}

test.each(RUNTIMES)('a service, on %s', async (runtime) => {
  const service = await startWith(runtime, { classifier: 'http', http: { url: judge.url } })
  const before = judge.asked.length
  expect(await stateOf(service, 'red.png')).toBe('unsafe')
  expect(await stateOf(service, 'red.png?width=40')).toBe('unsafe')
  expect(await stateOf(service, 'blue.png?width=40')).toBe('safe')
  const asked = judge.asked.slice(before)
  expect(asked.map(({ headers, body }) => headers['content-length'] === String(body.length))).toEqual([
    true,
    true,
  ])
  expect(service.output()).toContain('judged by http, unsafe above 0.9')
})

test.each(RUNTIMES.filter((runtime) => runtime !== 'workers'))('a model in ONNX, on %s', async (runtime) => {
  const service = await startWith(runtime, { classifier: 'onnx', onnx: { path: join(folder, 'red.onnx') } })
  expect(await stateOf(service, 'red.png')).toBe('unsafe')
  expect(await stateOf(service, 'blue.png?width=40')).toBe('safe')
})

test.each([
  ['workers', 'red.onnx', 'nsfw.classifier: "onnx" does not exist on Workers: choose "builtin" or "http"'],
  ['node', 'none.onnx', 'nsfw.onnx: '],
] as const)('%s does not start with a model that it cannot have', async (runtime, file, message) => {
  const failure = await startWith(runtime, { classifier: 'onnx', onnx: { path: join(folder, file) } }).catch(
    String,
  )
  expect(failure).toContain(`Configuration refused: ${message}`)
})
