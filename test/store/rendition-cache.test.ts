import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import memoryDriver from 'unstorage/drivers/memory'
import { afterAll } from 'vitest'
import { createFsDriver } from '../../runtimes/server/fs-driver.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { describeStore } from '../contracts/store.ts'

const undo: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const step of undo) await step()
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-store-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}
const fsDriver = async () => createFsDriver(await newFolder(), { separator: ':', trusted: true })

describeStore('memory, no database', async () => ({ driver: memoryDriver(), sql: undefined }))
describeStore('memory and SQLite', async () => ({
  driver: memoryDriver(),
  sql: await openSqlite(':memory:'),
}))
describeStore('files, no database', async () => ({ driver: await fsDriver(), sql: undefined }))
describeStore('files and SQLite', async () => ({
  driver: await fsDriver(),
  sql: await openSqlite(join(await newFolder(), 'index.db')),
}))
