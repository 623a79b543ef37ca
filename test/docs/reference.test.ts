/** The pages that scripts write are what the scripts would write now. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { errorsPage } from '../../scripts/errors-page.ts'
import { parametersPage } from '../../scripts/parameters-page.ts'
import { ERRORS } from '../../src/error.ts'
import { PARAMS } from '../../src/request/params.ts'

const read = (name: string) => readFile(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')

test('docs/parameters.md is what the table says, all of it', async () => {
  const page = await read('parameters')
  expect(page, 'run: npx bun scripts/parameters-page.ts').toBe(parametersPage())
  for (const [name, { aliases, doc }] of Object.entries(PARAMS))
    for (const part of [...[name, ...aliases].map((word) => `\`${word}\``), doc]) expect(page).toContain(part)
})

test('docs/errors.md is what the table says, all of it', async () => {
  const page = await read('errors')
  expect(page, 'run: npx bun scripts/errors-page.ts').toBe(errorsPage())
  for (const [code, { status, message }] of Object.entries(ERRORS))
    expect(page).toContain(`| ${status} | \`${code}\` | ${message} |`)
})
