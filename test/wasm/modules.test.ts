/** The compiled codecs are what the manifest says, made of what npm installed, and compute what the originals compute. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createCodecs } from '../../src/engines/image/codecs/codecs.ts'
import { readFile } from 'node:fs/promises'
import { asBitmap } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { hashOfSources } from '../../wasm/sources.mjs'
import { meter, RUNAWAY } from '../../wasm/metered/meter.mjs'

interface Entry {
  readonly name: string
  readonly file: string
  readonly package: string
  readonly version: string
  readonly licence: string
  readonly source: { readonly file: string; readonly sha256: string }
  readonly sha256: string
}

/** Built from our own sources. */
interface OwnEntry {
  readonly name: string
  readonly file: string
  readonly licence: string
  readonly sources: { readonly folder: string; readonly sha256: string }
  readonly sha256: string
}

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const all = (JSON.parse(read('wasm/manifest.json').toString()) as { modules: (Entry | OwnEntry)[] }).modules
const isOwn = (entry: Entry | OwnEntry): entry is OwnEntry => 'sources' in entry
/** Those of npm packages. */
const modules = all.filter((entry): entry is Entry => !isOwn(entry))
const originalPath = (entry: Entry) => `node_modules/${entry.package}/${entry.source.file}`

describe('wasm/manifest.json', () => {
  test('lists every module, once', () => {
    expect(all).toHaveLength(9)
    expect(new Set(all.map(({ name }) => name)).size).toBe(9)
  })

  test.each(modules.map((entry) => [entry.name, entry] as const))('%s', (_, entry) => {
    expect(sha256(read(`wasm/${entry.file}`))).toBe(entry.sha256)
    expect(sha256(read(originalPath(entry)))).toBe(entry.source.sha256)
    const { version } = JSON.parse(read(`node_modules/${entry.package}/package.json`).toString()) as Entry
    expect(entry.version).toBe(version)
    expect(entry.licence).not.toBe('')
  })

  test.each(all.filter(isOwn).map((entry) => [entry.name, entry] as const))(
    '%s is made of the sources that are here, and can be stopped',
    (name, entry) => {
      expect(entry.file).toBe(`${name}/${name}.wasm`)
      expect(sha256(read(`wasm/${entry.file}`))).toBe(entry.sha256)
      expect(entry.sources.sha256, `wasm/${name}/build.sh was not run after a change`).toBe(
        hashOfSources(name),
      )
      const imports = WebAssembly.Module.imports(new WebAssembly.Module(read(`wasm/${entry.file}`)))
      // Nothing else: no file, no clock, no environment.
      expect(imports.map((it) => `${it.module}.${it.name}`).toSorted()).toEqual(['core.fail', 'core.tick'])
    },
  )

  test.each(modules.map((entry) => [entry.name, entry] as const))('%s can be stopped', (_, entry) => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(read(`wasm/${entry.file}`)))
    expect(imports).toContainEqual({ module: 'meter', name: 'tick', kind: 'function' })
    const exported = (path: string) =>
      WebAssembly.Module.exports(new WebAssembly.Module(read(path))).map(({ name }) => name)
    expect(exported(`wasm/${entry.file}`)).toEqual(exported(originalPath(entry)))
  })
})

/** The module as npm has it. */
async function loadOriginal(name: string): Promise<WebAssembly.Module> {
  const entry = modules.find((one) => one.name === name)
  if (!entry) return loadWasm(name)
  return WebAssembly.compile(await readFile(new URL(originalPath(entry), root)))
}

describe('metering changes no byte', () => {
  const never = () => {}
  const metered = { loadWasm, tick: never }
  const plain = { loadWasm: loadOriginal, tick: never }

  test.each([
    ['jxl', { quality: 70 }],
    ['jxl', { lossless: true, effort: 1 }],
    ['jpeg', { quality: 70 }],
  ] as const)('%s, %o', async (format, options) => {
    const { data, info } = await picture({ alpha: true }).raw().toBuffer({ resolveWithObject: true })
    const bitmap = { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
    const [ours, theirs] = [createCodecs(metered).get(format)!, createCodecs(plain).get(format)!]
    const [a, b] = [await ours.encode!(bitmap, options), await theirs.encode!(bitmap, options)]
    expect(Buffer.compare(a, b)).toBe(0)
    if (!ours.decode) return
    const [c, d] = [asBitmap(await ours.decode(a)), asBitmap(await theirs.decode!(b))]
    expect(Buffer.compare(new Uint8Array(c.data.buffer), new Uint8Array(d.data.buffer))).toBe(0)
  })

  test('a drawing, to the bit', async () => {
    const circle = '<circle cx="60" cy="40" r="34" fill="#06c" fill-opacity="0.6" transform="rotate(9)"/>'
    const bytes = new TextEncoder().encode(
      `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80">${circle}</svg>`,
    )
    const [ours, theirs] = [createCodecs(metered).get('svg')!, createCodecs(plain).get('svg')!]
    const [a, b] = [asBitmap(await ours.draw!(bytes, 3)), asBitmap(await theirs.draw!(bytes, 3))]
    expect(a.data.some((value) => value > 0)).toBe(true)
    expect(Buffer.compare(Buffer.from(a.data.buffer), Buffer.from(b.data.buffer))).toBe(0)
  })
})

describe('the recipe', () => {
  const body = (...lines: string[]) =>
    [
      '(module',
      '  (type $t0 (func))',
      '  (func $f0 (type $t0)',
      ...lines.map((line) => '    ' + line),
      '    nop)',
      '  (export "f" (func $f0)))',
    ].join('\n')

  test('the outer of two loops ticks, the inner one is bounded', () => {
    const text = meter(body('loop $L0', '  loop $L1', '    nop', '  end', 'end'))
    const lines = text.split('\n').map((line) => line.trim())
    expect(lines[lines.indexOf('loop $L0') + 1]).toContain('call $meter_tick')
    expect(lines[lines.indexOf('loop $L1') + 1]).toMatch(
      new RegExp(`i32.const ${RUNAWAY} i32.eq if unreachable`),
    )
    expect(lines[lines.indexOf('loop $L1') - 1]).toBe('i32.const 0 local.set $meter_turns')
  })

  test('an inner loop that calls something ticks', () => {
    const text = meter(body('loop $L0', '  call $f0', 'end'))
    expect(text).toContain('call $meter_tick')
    expect(text).not.toContain('unreachable')
  })

  test('refuses what is not a module', () => {
    expect(() => meter('hello')).toThrow('Not the text of a module')
  })
})
