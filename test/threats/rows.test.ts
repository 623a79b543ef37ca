/** The list of what must be tried against us cannot rot: each of its rows is in the name of a test. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const ROWS = 39

/** Tests, and the tables that they take their names from. */
function* files(): Generator<string> {
  for (const path of readdirSync(ROOT, { recursive: true, encoding: 'utf8' }))
    if (/\.test\.ts$|^contracts\/|^support\/bombs\//.test(path) && !path.endsWith('rows.test.ts')) yield path
}

/** Rows in the texts of a file, which are names; comments do not count. */
function rowsIn(text: string): number[] {
  const code = text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  const names = code.match(/(['`])(?:(?!\1)[^\n])*\brow \d+(?:(?!\1)[^\n])*\1/g) ?? []
  return names.flatMap((name) => [...name.matchAll(/\brow (\d+)/g)].map(([, row]) => Number(row)))
}

test('every row of the table of threats is in the name of a test', () => {
  const found = new Map<number, string[]>()
  for (const path of files())
    for (const row of rowsIn(readFileSync(ROOT + path, 'utf8')))
      found.set(row, [...(found.get(row) ?? []), path])
  const all = Array.from({ length: ROWS }, (_, at) => at + 1)
  expect(all.filter((row) => !found.has(row))).toEqual([])
  expect([...found.keys()].filter((row) => row < 1 || row > ROWS)).toEqual([])
})
