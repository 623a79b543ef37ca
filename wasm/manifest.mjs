/** Notes a module that was built here in manifest.json: its own hash, and that of all it was made of. Called by its build.sh. */
import { readFileSync, writeFileSync } from 'node:fs'
import { hashOf, hashOfSources, OWN_MODULES } from './sources.mjs'

const [name, tools] = process.argv.slice(2)
const manifest = new URL('manifest.json', import.meta.url)
const { modules } = JSON.parse(readFileSync(manifest, 'utf8'))
const entry = {
  name,
  file: `${name}/${name}.wasm`,
  licence: OWN_MODULES[name].licence,
  sources: { folder: `${name}/src`, sha256: hashOfSources(name) },
  sha256: hashOf(readFileSync(new URL(`${name}/${name}.wasm`, import.meta.url))),
  made: `wasm/${name}/build.sh with ${tools}`,
}
const others = modules.filter((module) => module.name !== name)
const own = [...others.filter((module) => module.sources), entry]
const order = Object.keys(OWN_MODULES)
own.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
const all = { modules: [...own, ...others.filter((module) => !module.sources)] }
writeFileSync(manifest, JSON.stringify(all, undefined, 2) + '\n')
