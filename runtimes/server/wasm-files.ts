/** Compiled modules by name: found through wasm/manifest.json, compiled once for all threads. */
import { readFile } from 'node:fs/promises'
import { PACKAGE_ROOT } from './places.ts'

/** It lies with what it runs, and is no codec. */
const OF_CLASSIFIER = ['tfjs', 'nsfw/tfjs.wasm'] as const

interface Manifest {
  readonly modules: readonly { readonly name: string; readonly file: string }[]
}

export function createWasmLoader(): (name: string) => Promise<WebAssembly.Module> {
  const compiled = new Map<string, Promise<WebAssembly.Module>>()
  let files: Promise<ReadonlyMap<string, string>> | undefined

  async function compile(name: string): Promise<WebAssembly.Module> {
    files ??= readManifest()
    const file = (await files).get(name)
    if (file === undefined) throw new Error(`No module is called ${name}`)
    return WebAssembly.compile(await readFile(new URL(`wasm/${file}`, PACKAGE_ROOT)))
  }

  return (name) => {
    const known = compiled.get(name) ?? compile(name)
    compiled.set(name, known)
    // A failure is not kept: the next task may find the file.
    known.catch(() => compiled.delete(name))
    return known
  }
}

async function readManifest(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(new URL('wasm/manifest.json', PACKAGE_ROOT), 'utf8')
  const { modules } = JSON.parse(text) as Manifest
  return new Map([...modules.map(({ name, file }) => [name, file] as const), OF_CLASSIFIER])
}
