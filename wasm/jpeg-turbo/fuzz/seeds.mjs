/** The kinds of JPEG that come here, each behind the two bytes that fuzz.c reads first. Usage: node seeds.mjs FOLDER */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const kinds = fileURLToPath(new URL('../../../test/support/jpeg-kinds/', import.meta.url))
const folder = process.argv[2]
mkdirSync(folder, { recursive: true })
for (const name of readdirSync(kinds).filter((one) => one.endsWith('.jpg')))
  for (const eighths of [8, 3]) {
    const job = Uint8Array.of(name.startsWith('twelve') ? 1 : 0, eighths)
    writeFileSync(join(folder, `${name}-${eighths}`), Buffer.concat([job, readFileSync(join(kinds, name))]))
  }
