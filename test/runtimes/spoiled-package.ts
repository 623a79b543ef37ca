/**
 * The package as it is installed, but for faults put into its codecs: compiled modules are read from its `wasm` folder, the
 * optional HEIC decoder from its `node_modules`. Nothing else differs, so a real service is started from it.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { spoilModule, type Fault } from '../support/spoiled-module.ts'
import { commandOf, ROOT, type Runtime } from './commands.ts'

export interface SpoiledPackage {
  readonly folder: string
  command(runtime: Runtime): [string, ...string[]]
  remove(): Promise<void>
}

/** @param faults by file of the `wasm` folder */
export async function createSpoiledPackage(faults: Readonly<Record<string, Fault>>): Promise<SpoiledPackage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mediamorph-spoiled-')))
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'))
  await cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true })
  await cp(join(ROOT, 'wasm/manifest.json'), join(folder, 'wasm/manifest.json'))
  for (const path of await modulePaths()) {
    const bytes = await readFile(join(ROOT, 'wasm', path))
    const fault = faults[path]
    await mkdir(join(folder, 'wasm', dirname(path)), { recursive: true })
    await writeFile(join(folder, 'wasm', path), fault ? spoilModule(bytes, fault) : bytes)
  }
  await linkPackages(join(folder, 'node_modules'))
  return {
    folder,
    command(runtime) {
      const [program, ...rest] = commandOf(runtime)
      const door = runtime === 'workers' ? 'workers-launcher' : runtime
      return [program, ...rest.slice(0, -1), join(folder, `dist/${door}.js`)]
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function modulePaths(): Promise<string[]> {
  const { modules } = JSON.parse(await readFile(join(ROOT, 'wasm/manifest.json'), 'utf8')) as {
    modules: { file: string }[]
  }
  return modules.map(({ file }) => file)
}

async function linkPackages(folder: string): Promise<void> {
  const real = join(ROOT, 'node_modules')
  await mkdir(folder)
  for (const name of await readdir(real))
    if (name !== 'libheif-js') await symlink(join(real, name), join(folder, name))
  const place = join(folder, 'libheif-js')
  await mkdir(join(place, 'libheif-wasm'), { recursive: true })
  await cp(join(real, 'libheif-js/package.json'), join(place, 'package.json'))
  const path = 'libheif-wasm/libheif-bundle.mjs'
  await writeFile(join(place, path), spoiledHeif(pathToFileURL(join(real, 'libheif-js', path)).href))
}

/** A file that ends with one of these, in a box of its own, is not decoded. */
export type HeicHarm = 'EXIT' | 'THRO' | 'LOST' | 'HANG'

export function harmfulHeic(good: Uint8Array, harm: HeicHarm): Uint8Array {
  return Buffer.concat([good, Buffer.from(`\0\0\0\x0cfree${harm}`, 'latin1')])
}

const spoiledHeif = (real: string): string => `
import process from 'node:process'
import open from ${JSON.stringify(real)}

const never = () => new Promise(() => {})
const HARMS = {
  EXIT: () => process.exit(7),
  THRO: () => (setTimeout(() => { throw new Error('a fault of the decoder') }), never()),
  LOST: () => (void Promise.reject(new Error('a fault of the decoder')), never()),
  HANG: never,
}

export default async (options) => {
  const heif = await open(options)
  const { heif_context_read_from_memory: read, heif_js_decode_image2: decode } = heif
  let harm
  heif.heif_context_read_from_memory = (context, bytes) => {
    harm = HARMS[String.fromCharCode(...bytes.slice(-4))]
    return read.call(heif, context, bytes)
  }
  heif.heif_js_decode_image2 = (...all) => (harm ? harm() : decode.apply(heif, all))
  return heif
}
`
