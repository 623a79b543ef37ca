/** The contract of sources, over every implementation and every way a server may describe its objects. */
import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import memoryDriver from 'unstorage/drivers/memory'
import { createFsDriver } from '../../runtimes/server/fs-driver.ts'
import { createHttpSource } from '../../src/sources/http.ts'
import { createS3Source } from '../../src/sources/s3.ts'
import { createStorageSource } from '../../src/sources/storage.ts'
import { encodePath } from '../../src/sources/template.ts'
import { describeSource, type SourceUnderTest } from '../contracts/source.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { startObjectServer, type ObjectServer, type ObjectServerOptions } from '../support/object-server.ts'
import { createTestFetch } from '../support/outbound.ts'
import { startS3Server } from '../support/s3-server.ts'

describeSource('storage over a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-source-'))
  const driver = createFsDriver(folder, { readonly: true })
  return {
    source: createStorageSource({ key: '${key}' }, async () => driver),
    async put(key, bytes) {
      await mkdir(dirname(join(folder, key)), { recursive: true })
      await writeFile(join(folder, key), bytes)
    },
    remove: (key) => rm(join(folder, key)),
    close: () => rm(folder, { recursive: true }),
  }
})

describeSource('storage over a driver with facts and ranges', async () => {
  const mount = createMemoryMount()
  let clock = 1_700_000_000_000
  return {
    source: createStorageSource({ key: '${key}' }, async () => mount.driver),
    put: async (key, bytes) => mount.put(key, bytes, clock++),
    remove: async (key) => void mount.files.delete(key),
    close: async () => {},
  }
})

describeSource('storage over a plain unstorage driver', async () => {
  const driver = memoryDriver()
  return {
    source: createStorageSource({ key: '${key}' }, async () => driver),
    put: async (key, bytes) => void (await driver.setItemRaw?.(key, bytes, {})),
    remove: async (key) => void (await driver.removeItem?.(key, {})),
    close: async () => {},
  }
})

const served = (server: ObjectServer, source: SourceUnderTest['source'], folder = ''): SourceUnderTest => ({
  source,
  put: async (key, bytes) => void server.objects.set(folder + encodePath(key), bytes),
  remove: async (key) => void server.objects.delete(folder + encodePath(key)),
  close: () => server.close(),
})

const overHttp = (options?: ObjectServerOptions) => async () => {
  const server = await startObjectServer(options)
  const settings = { url: `${server.url}/\${key}`, headers: {} }
  return served(server, createHttpSource(settings, createTestFetch()))
}

describeSource('http', overHttp())
describeSource('http with weak validators', overHttp({ validators: 'weak' }))
describeSource('http with dates', overHttp({ validators: 'date' }))
describeSource('http without ranges', overHttp({ ranges: false }))
describeSource('http of unknown length', overHttp({ length: false }), { knowsSize: false })
describeSource('http without validators', overHttp({ validators: 'none' }), { pins: false })

const CREDENTIALS = { accessKeyId: 'AKTEST', secretAccessKey: 'secret/with+signs', region: 'eu-test-1' }

describeSource('s3', async () => {
  const server = await startS3Server(CREDENTIALS)
  const settings = {
    ...CREDENTIALS,
    endpoint: server.url,
    bucket: 'media',
    key: '${key}',
    style: 'path',
  } as const
  return served(server, createS3Source(settings, createTestFetch()), 'media/')
})

describeSource('s3 with temporary keys, by virtual host', async () => {
  const temporary = { ...CREDENTIALS, sessionToken: 'token==' }
  const server = await startS3Server(temporary)
  const endpoint = `http://s3.test:${server.port}`
  const settings = { ...temporary, endpoint, bucket: 'media', key: '${key}', style: 'virtual' } as const
  const safeFetch = createTestFetch(
    {},
    { resolve: async (host) => (host === 'media.s3.test' ? ['127.0.0.1'] : []) },
  )
  return served(server, createS3Source(settings, safeFetch))
})
