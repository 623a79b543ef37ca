import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { configurationPage } from '../../scripts/configuration-page.ts'

test('docs/configuration.md is what the schema says', async () => {
  const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  expect(page, 'run: npx bun scripts/configuration-page.ts').toBe(configurationPage())
})
