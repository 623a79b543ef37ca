/** The files of the classifier that comes along are what their manifest says, and reach for nothing. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BUILTIN_VERSION } from '../../src/engines/nsfw/open-classifier.ts'
import { createNets } from '../../runtimes/server/nets.ts'
import { loadWasm } from '../support/platform.ts'

interface Entry {
  readonly file: string
  readonly of: readonly string[]
  readonly licence: string
  readonly sources?: readonly { readonly file: string; readonly sha256: string }[]
  readonly sha256: string
}

const root = new URL('../../wasm/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root))
const sha256 = (path: string) => createHash('sha256').update(read(path)).digest('hex')
const { files } = JSON.parse(read('nsfw/manifest.json').toString()) as { files: Entry[] }

test.each(files.map((entry) => [entry.file, entry] as const))(
  '%s',
  (file, { of, licence, sources = [], sha256: digest }) => {
    expect(sha256(file)).toBe(digest)
    for (const source of sources)
      expect([source.file, sha256(source.file)], 'wasm/nsfw/build.sh was not run after a change').toEqual([
        source.file,
        source.sha256,
      ])
    expect(of.every((name) => /^(nsfwjs|@tensorflow\/tfjs-[a-z-]+) \d+\.\d+\.\d+$/.test(name))).toBe(true)
    expect(licence).not.toBe('')
  },
)

test('nothing else lies there, and findings are kept under these weights', () => {
  const made = files.map(({ file }) => file.replace('nsfw/', ''))
  const own = ['README.md', 'build.mjs', 'build.sh', 'entry.mjs', 'manifest.json', 'tfjs.d.ts']
  expect(readdirSync(new URL('nsfw/', root)).toSorted()).toEqual([...made, ...own].toSorted())
  expect(files.find(({ file }) => file.endsWith('weights.bin'))?.sha256.slice(0, 16)).toBe(BUILTIN_VERSION)
})

test('it leaves no global and no listener behind, and gives the same every time', async () => {
  const names = () => Object.getOwnPropertyNames(globalThis).toSorted()
  const listeners = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)])
  const before = [names(), listeners()]
  const instantiate = WebAssembly.instantiate
  const net = await createNets(loadWasm).builtin!('')
  const pixels = Float32Array.from({ length: 224 * 224 * 3 }, (_, at) => ((at * 7) % 256) / 255)
  const first = Array.from(await net(pixels))
  expect(Array.from(await net(pixels))).toEqual(first)
  expect(first.reduce((sum, one) => sum + one)).toBeCloseTo(1, 5)
  expect([names(), listeners()]).toEqual(before)
  expect(WebAssembly.instantiate).toBe(instantiate)
})
