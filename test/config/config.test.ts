import { describe, expect, test } from 'vitest'
import { defineConfig, type Config } from '../../src/config/config.ts'
import { checkExposure } from '../../src/config/exposure.ts'
import { ConfigError, type Fault } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { describeConfig } from '../../src/config/print.ts'

const source = { type: 'storage', mount: 'fs:./media', key: '${key}' } as const
const origin = { name: 'files', match: '^/files/(?<key>.+)$', sources: [source] }
type Env = Record<string, string>

function load(change: object = {}, env: Env = {}): Config {
  return loadConfig({ document: { origins: [origin], ...change }, env })
}
function faultsOf(change: object, env: Env = {}): readonly Fault[] {
  try {
    load(change, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}
const withOrigin = (change: object) => ({ origins: [{ ...origin, ...change }] })
const withSource = (change: object) => withOrigin({ sources: [change] })

describe('defaults', () => {
  test('a minimal document is filled in', () => {
    const config = load()
    expect(config.origins[0]).toMatchObject({
      access: 'public',
      accessIsExplicit: false,
      originals: 'media',
      responsive: 'hints',
      ttl: { ok: 86_400, redirects: 300, clientError: 60, serverError: 10 },
      staleWhileRevalidate: 86_400,
      fallback: 'none',
    })
    expect(config).toMatchObject({
      isDemo: false,
      host: '127.0.0.1',
      port: 3000,
      logLevel: 'info',
      role: 'all',
      limits: { sourceBytes: 524_288_000, pixels: 100_000_000, concurrency: 'cpus', urlBytes: 8192 },
      outbound: { allowHosts: ['*'], ports: [80, 443], maxRedirects: 5, totalMs: 30_000 },
      storage: { cache: 'fs:./.mediamorph/cache' },
      database: 'sqlite:./.mediamorph/mediamorph.db',
      parameters: { invalid: 'reject' },
      auto: { avifPixels: 2_000_000 },
      shutdown: { graceMs: 30_000 },
    })
  })

  test('without a document: the samples, public, for this machine only', () => {
    const config = loadConfig({ env: { MEDIAMORPH_SECRET: 'long enough' } })
    expect(config.isDemo).toBe(true)
    expect(config.origins).toMatchObject([
      { name: 'demo', access: 'public', sources: [{ type: 'storage', mount: 'samples:', key: '${key}' }] },
    ])
    expect(new RegExp(config.origins[0]!.match).exec('/demo/a/b.jpg')?.groups).toEqual({ key: 'a/b.jpg' })
    expect(loadConfig({ document: { origins: 'broken' }, hasDocument: false, env: {} }).isDemo).toBe(true)
    expect(() => checkExposure(config, '0.0.0.0')).toThrow(ConfigError)
    expect(() => checkExposure(config, '127.0.0.1')).not.toThrow()
  })

  test('a secret makes signed the default; what is written stays', () => {
    const env = { MEDIAMORPH_SECRET: 'long enough' }
    expect(load({}, env).origins[0]?.access).toBe('signed')
    expect(load(withOrigin({ access: 'public' }), env).origins[0]?.access).toBe('public')
    expect(load(withOrigin({ access: 'derivatives' })).origins[0]).toMatchObject({ accessIsExplicit: true })
  })

  test('defineConfig types and returns its argument', () => {
    const input = defineConfig({ origins: [origin] })
    expect(loadConfig({ document: input, env: {} }).origins).toHaveLength(1)
  })
})

describe('environment', () => {
  test('wins over the document', () => {
    const env = {
      PORT: '0',
      HOST: '::1',
      LOG_LEVEL: 'warn',
      MEDIAMORPH_ROLE: 'server',
      DATABASE_URL: 'sqlite:/x.db',
    }
    expect(load({ database: 'sqlite:/y.db' }, env)).toMatchObject({
      port: 0,
      host: '::1',
      logLevel: 'warn',
      role: 'server',
      database: 'sqlite:/x.db',
    })
    expect(load({ database: 'sqlite:/y.db' }).database).toBe('sqlite:/y.db')
    expect(load({}, { PORT: '', HOST: '' })).toMatchObject({ port: 3000, host: '127.0.0.1' })
  })

  test.each([
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['PORT', '-1'],
    ['LOG_LEVEL', 'loud'],
    ['MEDIAMORPH_ROLE', 'boss'],
    ['HOST', 'a b'],
    ['DATABASE_URL', 'mysql://u:hidden@h/d'],
    ['MEDIAMORPH_SECRET', 'short'],
    ['MEDIAMORPH_SECRET', ' spaces around '],
    ['MEDIAMORPH_SECRET', 'a:long-enough,a:long-enough'],
  ])('%s=%s is refused by its name', (name, value) => {
    const faults = faultsOf({}, { [name]: value })
    expect(faults.map((fault) => fault.path)).toEqual([name])
    expect(faults[0]!.message).not.toContain('hidden')
  })

  test('references are expanded, captures are not', () => {
    const document = withSource({
      type: 'http',
      url: 'https://${env:CDN}/${key}',
      headers: { Authorization: 'Bearer ${env:TOKEN}' },
    })
    const config = load(document, { CDN: 'cdn.example.com', TOKEN: 'very-private' })
    expect(config.origins[0]?.sources[0]).toMatchObject({
      url: 'https://cdn.example.com/${key}',
      headers: { Authorization: 'Bearer very-private' },
    })
    expect(faultsOf(document, { CDN: 'cdn.example.com' })).toEqual([
      {
        path: 'origins[0].sources[0].headers.Authorization',
        message: 'the environment variable TOKEN is not set',
      },
    ])
  })

  test('variables of features to come are named, not obeyed', () => {
    expect(load({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost' }).notes).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT is set and has no effect in this version',
    ])
  })
})

describe('faults', () => {
  test.each<[string, object, string, RegExp]>([
    ['no origins', { origins: [] }, 'origins', /^expected 1 items or more, .* got 0 items$/],
    ['wrong type', { limits: { pixels: '9' } }, 'limits.pixels', /^expected a number, got "9"$/],
    ['not whole', { limits: { pixels: 1.5 } }, 'limits.pixels', /^expected a whole number, got 1.5$/],
    ['too small', { limits: { pixels: 0 } }, 'limits.pixels', /^expected 1 or more, got 0$/],
    ['too large', { limits: { outputSide: 99_999 } }, 'limits.outputSide', /^expected 16384 or less/],
    [
      'choice',
      { parameters: { invalid: 'x' } },
      'parameters.invalid',
      /^expected "reject" or "warn", got "x"$/,
    ],
    [
      'either',
      { limits: { concurrency: 'all' } },
      'limits.concurrency',
      /^expected "cpus" or a whole .*got "all"$/,
    ],
    ['unknown at the root', { orgins: [] }, 'orgins', /^unknown field, did you mean origins\?$/],
    ['unknown within', { limits: { pixel: 1 } }, 'limits.pixel', /did you mean pixels\?$/],
    ['unknown, nothing near', { banana: 1 }, 'banana', /^unknown field$/],
    ['unknown in an origin', withOrigin({ acces: 'public' }), 'origins[0].acces', /did you mean access\?/],
    [
      'unknown in a source',
      withSource({ type: 's3', endpoint: 'https://h', bucket: 'b', key: 'k', regoin: 'x' }),
      'origins[0].sources[0].regoin',
      /did you mean region\?/,
    ],
    [
      'source type',
      withSource({ type: 'ftp' }),
      'origins[0].sources[0].type',
      /"storage" or "http" or "s3", got "ftp"/,
    ],
    [
      'missing field',
      withSource({ type: 'http' }),
      'origins[0].sources[0].url',
      /^expected a string, got nothing$/,
    ],
    [
      'bad url',
      withSource({ type: 'http', url: 'ftp://x' }),
      'origins[0].sources[0].url',
      /^expected .*, got "ftp/,
    ],
    [
      'bad mount',
      withSource({ ...source, mount: './media' }),
      'origins[0].sources[0].mount',
      /^expected driver:/,
    ],
    ['bad name', withOrigin({ name: 'a b' }), 'origins[0].name', /^expected 1 to 64/],
    [
      'header injection',
      withOrigin({ cacheControl: { ok: 'a\r\nb: c' } }),
      'origins[0].cacheControl.ok',
      /expected/,
    ],
    ['pattern syntax', withOrigin({ match: '^/(' }), 'origins[0].match', /does not compile/],
    [
      'pattern cost',
      withOrigin({ match: '^/(?<key>(a+)+)$' }),
      'origins[0].match',
      /backtrack without bound/,
    ],
    [
      'pattern cost, cubic',
      withOrigin({ match: '^/(?<key>.*)/(.*)/(.*)$' }),
      'origins[0].match',
      /\[\^\/\]\+/,
    ],
    [
      'capture',
      withSource({ ...source, key: '${kye}' }),
      'origins[0].sources[0].key',
      /"kye" is not captured.*key/,
    ],
    ['group', withSource({ ...source, key: '$2' }), 'origins[0].sources[0].key', /"2" is not captured/],
    ['signed without a secret', withOrigin({ access: 'signed' }), 'origins[0].access', /MEDIAMORPH_SECRET/],
    ['same name', { origins: [origin, { ...origin }] }, 'origins[1].name', /"files" is origins\[0\] already/],
    [
      'derivative that is none',
      { responsive: { breakpoints: [{ maxWidth: 1, derivative: 'gone' }] } },
      'responsive.breakpoints[0].derivative',
      /no derivative is named "gone"/,
    ],
    [
      'parameter',
      { derivatives: { small: { width: -1 } } },
      'derivatives.small.width',
      /^expected a number from 1/,
    ],
    [
      'no parameter',
      { derivatives: { small: { widht: 1 } } },
      'derivatives.small.widht',
      /did you mean width\?$/,
    ],
    ['default', withOrigin({ defaults: { quality: 'best' } }), 'origins[0].defaults.quality', /^expected /],
    ['public url', { publicUrl: 'https://h/?a' }, 'publicUrl', /without query/],
  ])('%s', (_, change, path, message) => {
    expect(faultsOf(change)).toEqual([{ path, message: expect.stringMatching(message) }])
  })

  test('all are reported at once', () => {
    const faults = faultsOf(
      {
        ...withOrigin({ match: '(', sources: [{ type: 'http', url: 7 }] }),
        limit: {},
        auto: { avifPixels: -1 },
        derivatives: { a: { fit: 'x' } },
      },
      { PORT: 'x' },
    )
    expect(faults.map((fault) => fault.path).toSorted()).toEqual([
      'PORT',
      'auto.avifPixels',
      'derivatives.a.fit',
      'limit',
      'origins[0].match',
      'origins[0].sources[0].url',
    ])
  })

  test.each([null, 7, 'text', []])('a document that is %j', (document) => {
    expect(() => loadConfig({ document, env: {} })).toThrow(/expected an object/)
  })

  test('secrets never appear in a fault', () => {
    const document = withSource({
      type: 'http',
      url: '${env:CDN}',
      headers: { Authorization: ['private-1'] },
    })
    const error = JSON.stringify(faultsOf(document, { CDN: 'ftp://private-2' }))
    expect(error).toContain('url')
    expect(error).not.toContain('private')
  })
})

describe('what this version does not have', () => {
  test.each<[string, object, string]>([
    ['playback', { playback: { jwksUrl: 'https://a.test' } }, 'playback'],
  ])('%s is refused, never dropped', (_, change, path) => {
    expect(faultsOf(change)).toEqual([
      { path, message: expect.stringContaining('not available in this version') },
    ])
  })

  test('"off" is accepted in every spelling of the contract', () => {
    const off = {
      assets: [],
      static: null,
      queue: 'embedded',
      jobs: { sourceBytes: 53_687_091_200, leaseMs: 15_000 },
      inline: { bytes: 268_435_456, seconds: 30 },
      external: { parameters: ['width', 'height', 'format', 'quality', 'animated'], enabled: false },
      trustedProxies: [],
      edge: { requireCloudflare: false },
      rateLimit: {
        media: { limit: 0 },
        jobs: { windowMs: 60_000, limit: 30 },
        keys: { limit: 120, windowMs: 60_000 },
      },
      compat: { grammars: [], headers: ['video-resizer-2'], statuses: [] },
      ffmpeg: { native: 'auto', wasm: true },
      nsfw: { classifier: 'off' },
    }
    expect(load({ ...off, ...withOrigin({ nsfw: 'allow' }) }).compat.headers).toEqual(['video-resizer-2'])
  })
})

describe('who judges pictures', () => {
  const onnx = { path: 'model.onnx' }
  const http = { url: 'https://nsfw.test/judge' }
  const off = (path: string, policy = 'block') => ({
    path,
    message: `"${policy}" needs somebody who judges pictures, and nsfw.classifier is "off"`,
  })

  test.each<[string, object, object]>([
    ['another classifier', { nsfw: { classifier: 'tfjs' } }, { path: 'nsfw.classifier' }],
    ['a policy without one', withOrigin({ nsfw: 'block' }), off('origins[0].nsfw')],
    ['a policy of all without one', { nsfw: { default: 'flag' } }, off('nsfw.default', 'flag')],
    ['of other hosts', { external: { nsfw: 'blur' } }, off('external.nsfw', 'blur')],
    ['another policy', withOrigin({ nsfw: 'hide' }), { path: 'origins[0].nsfw' }],
    ['http without an address', { nsfw: { classifier: 'http' } }, { path: 'nsfw.http' }],
    ['onnx without a file', { nsfw: { classifier: 'onnx' } }, { path: 'nsfw.onnx' }],
    ['what has no effect', { nsfw: { classifier: 'builtin', onnx } }, { path: 'nsfw.onnx' }],
    [
      'credentials in the address',
      { nsfw: { classifier: 'http', http: { url: 'https://a:b@nsfw.test/' } } },
      { path: 'nsfw.http.url' },
    ],
    [
      'another order of pixels',
      { nsfw: { classifier: 'onnx', onnx: { ...onnx, pixels: 'gbr' } } },
      { path: 'nsfw.onnx.pixels' },
    ],
    ['a threshold above 1', { nsfw: { classifier: 'builtin', threshold: 85 } }, { path: 'nsfw.threshold' }],
  ])('%s', (_, change, fault) => {
    expect(faultsOf(change)).toEqual([expect.objectContaining(fault)])
  })

  test('what is right, with secrets that nobody sees', () => {
    const headers = { authorization: 'Bearer ${env:NSFW_TOKEN}' }
    const document = {
      nsfw: { classifier: 'http', http: { ...http, headers } },
      ...withOrigin({ nsfw: 'blur' }),
    }
    const config = load(document, { NSFW_TOKEN: 'token-of-it' })
    expect(config.nsfw).toMatchObject({
      threshold: 0.85,
      frames: 3,
      onError: 'closed',
      default: 'allow',
      http: { timeoutMs: 5000, headers: { authorization: 'Bearer token-of-it' } },
    })
    expect(config.origins[0]?.nsfw).toBe('blur')
    expect(JSON.stringify(describeConfig(config))).not.toContain('token-of-it')
    expect(load({ nsfw: { classifier: 'builtin', default: 'flag' } }).origins[0]?.nsfw).toBe('flag')
  })
})

describe('features that need something', () => {
  const secret = { MEDIAMORPH_SECRET: 'long enough' }
  const named = (name: string) => withOrigin({ name })
  const external = { enabled: true }
  const vylux = { grammars: ['vylux'] }
  test.each<[string, object, Record<string, string>, string[]]>([
    ['other hosts without a secret', { external }, {}, ['external.enabled']],
    [
      'other hosts for all, any of them',
      { external: { ...external, access: 'public' } },
      {},
      ['external.access'],
    ],
    [
      'other hosts for all, named and any',
      { external: { ...external, access: 'public' }, outbound: { allowHosts: ['a.test', '*'] } },
      secret,
      ['external.access'],
    ],
    ['an origin of that name', { external, ...named('external') }, secret, ['origins[0].name']],
    ['an unknown parameter', { external: { parameters: ['widht'] } }, {}, ['external.parameters[0]']],
    ['vylux without a secret', { compat: vylux, ...named('source') }, {}, ['compat.grammars']],
    ['vylux without its origin', { compat: vylux }, secret, ['compat.grammars']],
    ['another grammar', { compat: { grammars: ['imgix'] } }, {}, ['compat.grammars[0]']],
    ['other statuses', { compat: { statuses: ['vylux'] } }, {}, ['compat.statuses[0]']],
  ])('%s is refused', (_, change, env, paths) => {
    expect(faultsOf(change, env).map(({ path }) => path)).toEqual(paths)
  })

  test.each<[string, object, Record<string, string>]>([
    ['other hosts', { external }, secret],
    ['other hosts by a secret of their own', { external }, { MEDIAMORPH_EXTERNAL_SECRET: 'long enough' }],
    [
      'named hosts for all',
      { external: { ...external, access: 'public' }, outbound: { allowHosts: ['a.test'] } },
      {},
    ],
    ['vylux', { compat: vylux, ...named('source') }, { MEDIAMORPH_VYLUX_SECRET: 'long enough' }],
    ['a name while its feature is off', named('external'), {}],
  ])('%s is accepted', (_, change, env) => {
    expect(() => load(change, env)).not.toThrow()
  })

  test('every key of a ring is long enough', () => {
    expect(faultsOf({}, { MEDIAMORPH_SECRET: 'k2:long enough,k1:short' })).toEqual([
      { path: 'MEDIAMORPH_SECRET', message: expect.stringContaining('every key of the ring') },
    ])
  })
})

describe('who may ask, and how often', () => {
  test('REDIS_URL says where allowances are counted, whatever else the section holds', () => {
    const change = { rateLimit: { media: { limit: 5 }, store: 'memory' } }
    const { rateLimit } = load(change, { REDIS_URL: 'redis://cache:6379' })
    expect(rateLimit).toEqual({
      media: { limit: 5, windowMs: 60_000 },
      jobs: { limit: 30, windowMs: 60_000 },
      keys: { limit: 120, windowMs: 60_000 },
      store: 'redis://cache:6379',
    })
    expect(load({}, { REDIS_URL: 'redis://cache:6379' }).rateLimit.store).toBe('redis://cache:6379')
    expect(load().rateLimit.store).toBe('memory')
    expect(faultsOf({}, { REDIS_URL: 'http://user:secret@cache' })).toEqual([
      { path: 'REDIS_URL', message: 'expected redis://…, got something else' },
    ])
    const queueOf = (document: object, env: Env = {}) => load(document, env).queue
    expect(queueOf({ queue: 'embedded' }, { REDIS_URL: 'redis://cache:6379' })).toBe('redis://cache:6379')
    expect([queueOf({}), queueOf({ queue: 'cloudflare:JOBS' })]).toEqual(['embedded', 'cloudflare:JOBS'])
    expect(faultsOf({ queue: 'amqp://cache' })).toEqual([
      {
        path: 'queue',
        message: expect.stringMatching(/^expected "embedded", redis:\/\/… or cloudflare:BINDING/),
      },
    ])
    const shown = JSON.stringify(describeConfig(load({}, { REDIS_URL: 'redis://:secret-word@cache' })))
    expect(shown).not.toContain('secret-word')
  })

  test.each<[string, object, string]>([
    ['no block', { trustedProxies: ['10.0.0.1/8'] }, 'trustedProxies[0]'],
    ['a name', { trustedProxies: ['proxy.example.com'] }, 'trustedProxies[0]'],
    ['threats row 16: IPv4 in IPv6 form', { trustedProxies: ['::ffff:10.0.0.0/104'] }, 'trustedProxies[0]'],
    ['a list that is no address', { edge: { cloudflareLists: ['ips-v4'] } }, 'edge.cloudflareLists[0]'],
    ['no list', { edge: { cloudflareLists: [] } }, 'edge.cloudflareLists'],
    ['a limit below 0', { rateLimit: { media: { limit: -1 } } }, 'rateLimit.media.limit'],
    ['a window of no time', { rateLimit: { keys: { windowMs: 0 } } }, 'rateLimit.keys.windowMs'],
    ['a store of another kind', { rateLimit: { store: 'memcached://x' } }, 'rateLimit.store'],
  ])('%s is refused', (_, change, path) => {
    expect(faultsOf(change).map((fault) => fault.path)).toEqual([path])
  })
})

describe('exposure', () => {
  test.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1'])(
    '%s is loopback',
    (host) => {
      expect(() => checkExposure(load(), host)).not.toThrow()
    },
  )
  test.each(['0.0.0.0', '::', '192.168.1.4', 'example.com', '127.0.0.1.example.com', ''])(
    '%j needs a secret or a stated access on every origin',
    (host) => {
      expect(() => checkExposure(load(), host)).toThrow('origins[0].access')
      expect(() => checkExposure(load({}, { MEDIAMORPH_SECRET: 'long enough' }), host)).not.toThrow()
      expect(() => checkExposure(load(withOrigin({ access: 'public' })), host)).not.toThrow()
      const half = {
        origins: [
          { ...origin, access: 'public' },
          { ...origin, name: 'other' },
        ],
      }
      expect(() => checkExposure(load(half), host)).toThrow('origins[1].access')
    },
  )
})

describe('secrets', () => {
  test('rings and their defaults', () => {
    const { secrets } = load(
      {},
      { MEDIAMORPH_SECRET: 'k2:new-secret,k1:old-secret', MEDIAMORPH_ADMIN_TOKEN: 'admin-token' },
    )
    expect(secrets.signing).toEqual([
      { id: 'k2', secret: 'new-secret' },
      { id: 'k1', secret: 'old-secret' },
    ])
    expect(secrets.external).toBe(secrets.signing)
    expect(secrets.adminToken).toBe('admin-token')
    expect(secrets.apiKey).toBeUndefined()
    const plain = load({}, { MEDIAMORPH_SECRET: 'one,two:three' }).secrets.signing
    expect(plain).toEqual([{ secret: 'one,two:three' }])
  })

  test('nothing secret is printed', () => {
    const env = {
      MEDIAMORPH_SECRET: 'k2:hidden-secret-1',
      MEDIAMORPH_API_KEY: 'hidden-secret-2',
      DATABASE_URL: 'postgres://user:hidden-secret-3@db/name',
      CDN_PATH: 'hidden-secret-4',
    }
    const sources = [
      {
        type: 'http',
        url: 'https://h/${env:CDN_PATH}/$1?token=hidden-secret-6&w=1',
        headers: { 'X-A': 'hidden-secret-7' },
      },
      {
        type: 's3',
        endpoint: 'https://h',
        bucket: 'b',
        key: '$1',
        accessKeyId: 'hidden-secret-8',
        secretAccessKey: 'hidden-secret-9',
      },
    ]
    const printed = describeConfig(load(withOrigin({ sources }), env))
    const text = JSON.stringify(printed)
    expect(text).not.toContain('hidden-secret')
    expect(printed).toMatchObject({ secrets: { signing: 'set, keys k2', apiKey: 'set' }, port: 3000 })
    expect(text).toContain('postgres://***@db/name')
    expect(text).toContain('"X-A":"***"')
    expect(text).toContain('&w=1')
  })
})
