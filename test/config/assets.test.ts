/** `assets`, `static` and `internal` in a document: what is filled in, and what is refused. */
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { describeConfig } from '../../src/config/print.ts'

const S3 = {
  S3_ENDPOINT: 'https://s3.example.com',
  S3_ACCESS_KEY_ID: 'an id',
  S3_SECRET_ACCESS_KEY: 'a secret',
}
const row = {
  name: 'a',
  path: '/a/{id:digits}.{format}',
  key: 'a/${id}',
  mount: 'memory:',
  formats: ['webp'],
}
const origin = {
  name: 'o',
  match: '^/(?<key>.+)$',
  sources: [{ type: 'storage', mount: 'memory:', key: '${key}' }],
}
const fluxer = { preset: 'fluxer', mount: 'memory:' }
const load = (document: object, env = {}) => loadConfig({ document, env })

function faultsOf(document: object, env = {}) {
  try {
    load(document, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path}: ${message}`)
    throw error
  }
  return []
}

test('the preset is a table of rows, and nothing else needs to be there', () => {
  const { assets, origins } = load({ assets: [{ ...fluxer, mount: 's3:cdn', rounding: 'up' }] }, S3)
  expect(origins).toEqual([])
  expect(assets.map(({ paths, keys }) => `${paths.join(' ')} <- ${keys.join(' ')}`)).toEqual([
    ...['avatars', 'icons', 'banners', 'splashes', 'embed-splashes'].map(
      (name) =>
        `/${name}/{id:digits}/{hash:hash}.{format} <- ${name}/\${id}/\${hash} ${name}/\${id}/\${hash}.\${format}`,
    ),
    '/emojis/{id:digits}.{format} <- emojis/${id} emojis/${id}.${format}',
    '/stickers/{id:digits}.{format} /stickers/{id:digits} <- stickers/${id}',
    ...['avatars', 'banners'].map((name) => {
      const key = `guilds/\${guild}/users/\${user}/${name}/\${hash}`
      return `/guilds/{guild:digits}/users/{user:digits}/${name}/{hash:hash}.{format} <- ${key} ${key}.\${format}`
    }),
    '/attachments/{channel:digits}/{attachment:digits}/{filename:any} <- attachments/${channel}/${attachment}/${filename}',
    '/themes/{id:hex16}.css <- themes/${id}.css',
  ])
  const [avatars] = assets
  expect(avatars).toMatchObject({ access: 'public', mount: 's3:cdn', fallback: 'picture', fit: 'crop' })
  expect(avatars?.sizes).toMatchObject({ default: 128, rounding: 'up', least: 128, most: 1024 })
  expect(avatars?.sizes?.steps).toHaveLength(31)
})

test('keys of the object store are not printed', () => {
  const printed = JSON.stringify(describeConfig(load({ static: 's3:cdn' }, S3)))
  expect(printed).toContain('https://s3.example.com')
  expect(printed).not.toContain('an id')
  expect(printed).not.toContain('a secret')
})

describe('refused', () => {
  test.each<[string, object, Record<string, string>, string]>([
    [
      'nothing',
      {},
      {},
      'origins: expected 1 items or more, or assets, static or external.enabled, got nothing',
    ],
    [
      's3 without its variables',
      { assets: [{ ...fluxer, mount: 's3:cdn' }] },
      {},
      'assets[0].mount: s3: needs S3_ENDPOINT, which is not set',
    ],
    [
      's3 with half a key',
      { static: 's3:cdn' },
      { ...S3, S3_SECRET_ACCESS_KEY: '' },
      'static: s3: expected S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY together',
    ],
    ['no bucket', { static: 's3:' }, S3, 'static: expected s3:BUCKET'],
    ['a bucket with a path', { static: 's3:a/b' }, S3, 'static: expected s3:BUCKET'],
    [
      'no mount',
      { static: 'bucket' },
      {},
      'static: expected driver:location, for example fs:./media or s3:bucket, got "bucket"',
    ],
    [
      'static and origins',
      { static: 'memory:', origins: [origin] },
      {},
      'origins: expected nothing beside static, where every path is an object',
    ],
    [
      'an uploads bucket',
      { assets: [fluxer], internal: { uploads: 's3:up' } },
      {},
      'internal.uploads: s3: needs S3_ENDPOINT, which is not set',
    ],
    [
      'a reserved path',
      { assets: [{ ...row, path: '/api/{id:digits}', key: 'a/${id}' }] },
      {},
      'assets[0].path: /api/{id:digits} begins with a segment that is reserved',
    ],
    [
      'an unknown kind',
      { assets: [{ ...row, path: '/a/{id:number}' }] },
      {},
      'assets[0].path: expected {format} or one of the kinds digits, hex, word, hash, any in {id:number}',
    ],
    [
      'parts without text between',
      { assets: [{ ...row, path: '/a/{id:any}{b:any}' }] },
      {},
      'assets[0].path: expected text between two parts',
    ],
    [
      'a part twice',
      { assets: [{ ...row, path: '/a/{id:any}/{id:any}' }] },
      {},
      'assets[0].path: expected each part once',
    ],
    [
      'other characters',
      { assets: [{ ...row, path: '/a/(.*)+/{id:any}' }] },
      {},
      'assets[0].path: expected letters, digits, . _ ~ - and parts such as {id:digits} between slashes',
    ],
    [
      'no part for the key',
      { assets: [{ ...row, key: 'a/${user}' }] },
      {},
      'assets[0].key: "user" is not a part of every path',
    ],
    ['a name twice', { assets: [row, row] }, {}, 'assets[1].name: "a" is in assets[0] already'],
    [
      'the preset twice',
      { assets: [fluxer, fluxer] },
      {},
      'assets[1].preset: "avatars" is in assets[0] already',
    ],
    [
      'a wrong parameter',
      { assets: [{ ...row, defaults: { width: 0 } }] },
      {},
      'assets[0].defaults.width: expected a number from 1 to 8192',
    ],
    [
      'an unknown parameter',
      { assets: [{ ...row, set: { colour: 1 } }] },
      {},
      'assets[0].set.colour: unknown parameter',
    ],
    [
      'an unknown field',
      { assets: [{ ...row, size: 1 }] },
      {},
      'assets[0].size: unknown field, did you mean sizes?',
    ],
    [
      'an unknown field of the preset',
      { assets: [{ ...fluxer, sizes: [] }] },
      {},
      'assets[0].sizes: unknown field',
    ],
    [
      'an unknown preset',
      { assets: [{ ...fluxer, preset: 'flux' }] },
      {},
      'assets[0].preset: expected "none" or "fluxer", got "flux"',
    ],
    [
      'signed without a secret',
      { assets: [{ ...fluxer, access: 'signed' }] },
      {},
      'assets[0].access: signed addresses need MEDIAMORPH_SECRET, which is not set',
    ],
  ])('%s', (_, document, env, fault) => {
    expect(faultsOf(document, env)).toEqual(expect.arrayContaining([expect.stringContaining(fault)]))
  })
})
