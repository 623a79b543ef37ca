/** What the pages say is true: documents load, links lead somewhere, scripts exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseDocument } from '../../src/config/jsonc.ts'
import { loadConfig } from '../../src/config/load.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'THIRD_PARTY_NOTICES.md',
  'src/README.md',
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
]
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

describe('documents in the pages', () => {
  const documents = pages.flatMap((page) =>
    [...read(page).matchAll(/```jsonc\n([^]*?)```/g)].map(
      (found, index) => [`${page} ${index + 1}`, found[1]!] as const,
    ),
  )
  const env = {
    MEDIAMORPH_SECRET: 'a long random text',
    CDN_TOKEN: 'token',
    S3_KEY: 'key',
    S3_SECRET: 'secret',
    S3_ENDPOINT: 'https://s3.example.com',
  }

  test('there are some', () => expect(documents.length).toBeGreaterThan(4))
  test.each(documents)('%s loads', (_, text) => {
    const { origins, assets, static: mount } = loadConfig({ document: parseDocument(text), env })
    expect(origins.length + assets.length + (mount === null ? 0 : 1)).toBeGreaterThan(0)
  })
})

test.each(pages)('links of %s lead somewhere', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((found) => found[1]!)
  const local = links.filter((link) => !/^[a-z]+:/.test(link))
  expect(local.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([])
})

test('every decision is in the index', () => {
  const index = read('docs/decisions/README.md')
  const names = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => name !== 'README.md')
  expect(names.filter((name) => !index.includes(`(${name})`))).toEqual([])
})

test('npm scripts that the pages name exist', () => {
  const { scripts = {} } = JSON.parse(read('package.json')) as { scripts?: Record<string, string> }
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/npm (?:run (?:--silent )?)?([a-z][a-z:]*)/g)].map((found) => found[1]!),
  )
  const builtIn = new Set(['ci', 'install', 'run', 'and', 'are'])
  expect([...new Set(named)].filter((name) => !builtIn.has(name) && !(name in scripts))).toEqual([])
})
