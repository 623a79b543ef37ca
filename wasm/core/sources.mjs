/** The sources of the core as one hash: every file that the Makefile compiles or includes, and what is changed in others', by name and content. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

const FOLDERS = ['src/', 'src/jpeg/', 'src/png/', 'src/animation/', 'src/gif/', 'patches/']

export const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex')

export function hashOfSources() {
  const home = new URL('./', import.meta.url)
  const names = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(folder, home))
      .filter((name) => /\.(c|h|patch)$/.test(name))
      .map((name) => folder + name),
  ).toSorted()
  const lines = names.map((name) => `${name} ${hashOf(readFileSync(new URL(name, home)))}\n`)
  return hashOf(lines.join('') + hashOf(readFileSync(new URL('Makefile', import.meta.url))))
}
