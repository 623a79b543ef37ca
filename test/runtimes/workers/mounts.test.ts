import { describe, expect, it } from 'vitest'
import { createWorkersMounts, type Bindings } from '../../../runtimes/workers/mounts.ts'
import { ConfigError, loadConfig, type ConfigInput } from '../../../src/index.ts'

const R2 = { createMultipartUpload: () => undefined }
const D1 = { prepare: () => undefined }
const SERVICE = { fetch: async () => new Response() }

function configWith(mount: string, cache: string, database: string) {
  const document: ConfigInput = {
    origins: [
      {
        name: 'files',
        match: '^/(?<key>.+)$',
        access: 'public',
        sources: [{ type: 'storage', mount, key: '${key}' }],
      },
    ],
    storage: { cache },
    database,
  }
  return loadConfig({ document, env: {} })
}

function faultsOf(mount: string, cache: string, database: string, bindings: Bindings) {
  try {
    createWorkersMounts(bindings).check(configWith(mount, cache, database))
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path}: ${message}`)
    throw error
  }
}

describe('mounts of a Worker', () => {
  it('takes buckets, databases and services by the names of their bindings', () => {
    const bindings = { PHOTOS: R2, CACHE: R2, INDEX: D1, FILES: SERVICE }
    expect(faultsOf('r2:PHOTOS', 'r2:CACHE', 'd1:INDEX', bindings)).toEqual([])
    expect(faultsOf('service:FILES', 'r2:CACHE', 'd1:INDEX', bindings)).toEqual([])
  })

  it('takes a Queue by the name of its binding, and no Redis', () => {
    const checked = (queue: string, bindings: Bindings) => {
      const config = { ...configWith('r2:A', 'r2:A', 'd1:B'), queue }
      createWorkersMounts({ A: R2, B: D1, ...bindings }).check(config)
      return 'good'
    }
    expect(checked('cloudflare:JOBS', { JOBS: { sendBatch: () => undefined } })).toBe('good')
    expect(() => checked('cloudflare:JOBS', { JOBS: R2 })).toThrow(
      'queue: cloudflare:JOBS: there is no Queue bound as JOBS',
    )
    expect(() => checked('redis://cache', {})).toThrow(
      'queue: expected "embedded" or cloudflare:BINDING, because Workers have no way to a Redis',
    )
  })

  it('refuses folders and SQLite, naming each field', () => {
    expect(faultsOf('fs:./media', 'fs:./cache', 'sqlite:./x.db', {})).toEqual([
      'storage.cache: expected r2:BINDING, because fs: does not exist on Workers',
      'database: expected d1:BINDING, because sqlite: does not exist on Workers',
      'origins[0].sources[0].mount: expected r2:BINDING or service:BINDING, because fs: does not exist on Workers',
    ])
  })

  it('refuses PostgreSQL, naming the field', () => {
    expect(faultsOf('r2:A', 'r2:A', 'postgres://u:hidden@h/d', { A: R2 })).toEqual([
      'database: expected d1:BINDING, because postgres: does not exist on Workers',
    ])
  })

  it('refuses a folder of what jobs made, where the grammar of Vylux reads it', () => {
    const origins = [
      { name: 'source', match: '^/(.+)$', sources: [{ type: 'storage' as const, mount: 'r2:A', key: '$1' }] },
    ]
    const storage = { cache: 'r2:A', artifacts: 'fs:./media' }
    const document = { origins, storage, database: 'd1:B', compat: { grammars: ['vylux' as const] } }
    const config = loadConfig({ document, env: { MEDIAMORPH_VYLUX_SECRET: 'long enough' } })
    expect(() => createWorkersMounts({ A: R2, B: D1 }).check(config)).toThrow(
      'storage.artifacts: expected r2:BINDING or service:BINDING',
    )
  })

  it('names a binding that is missing or of another kind', () => {
    expect(faultsOf('r2:PHOTOS', 'r2:CACHE', 'd1:INDEX', { CACHE: D1, INDEX: D1 })).toEqual([
      'storage.cache: r2:CACHE: there is no R2 bucket bound as CACHE',
      'origins[0].sources[0].mount: r2:PHOTOS: there is no R2 bucket bound as PHOTOS',
    ])
  })

  it('uses what stands in for a folder on this machine', () => {
    const MEDIAMORPH_MOUNTS = JSON.stringify({
      'fs:./media': 'service:A',
      'fs:./cache': 'r2:B',
      'sqlite:./x.db': 'd1:C',
    })
    const bindings = { MEDIAMORPH_MOUNTS, A: SERVICE, B: R2, C: D1 }
    expect(faultsOf('fs:./media', 'fs:./cache', 'sqlite:./x.db', bindings)).toEqual([])
  })
})
