/** The administrator: token, session, and who is kept out. Asserted through the whole line. */
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { createSessions } from '../../src/access/session.ts'
import { adminPath } from '../../src/access/admin.ts'
import { holdsSecret } from '../../src/access/credentials.ts'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const TOKEN = 'an admin token'.replaceAll(' ', '-')
const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function stage(env: Record<string, string> = { MEDIAMORPH_ADMIN_TOKEN: TOKEN }, more: object = {}) {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  const source = { type: 'storage', mount: 'memory:files', key: '${key}' }
  const document = {
    origins: [{ name: 'files', match: '^/files/(?<key>.+)$', access: 'public', sources: [source] }],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    ...more,
  }
  const platform = createTestPlatform({ env, drivers: { 'memory:files': mount.driver } })
  const media = createMediamorph(document as never, platform)
  open.push(media)
  const ask = (
    method: string,
    headers: Record<string, string> = {},
    body?: BodyInit,
    path = '/admin/session',
  ) =>
    media.fetch(
      new Request(`http://media.test${path}`, {
        method,
        headers,
        body: body ?? null,
        duplex: 'half',
      } as RequestInit),
      { clientAddress: '198.51.100.1' },
    )
  return { ask, lines: platform.lines }
}

const JSON_TYPE = { 'content-type': 'application/json' }
const login = JSON.stringify({ token: TOKEN })
const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code
const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? ''

describe('a session', () => {
  test('is opened with the token, holds a day, opens debug=view, and is ended', async () => {
    const { ask } = await stage()
    const response = await ask('POST', JSON_TYPE, login)
    const { expiresAt } = (await response.json()) as { expiresAt: number }
    expect(response.status).toBe(200)
    expect(expiresAt - Date.now() / 1000).toBeGreaterThan(86_390)
    expect(expiresAt - Date.now() / 1000).toBeLessThanOrEqual(86_400)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('set-cookie')).toMatch(
      /^mediamorph_session=\d+\.[\w-]+\.[\w-]{43}; Max-Age=86400; Path=\/admin; HttpOnly; Secure; SameSite=Strict$/,
    )
    const cookie = cookieOf(response)
    const found = await ask('GET', { cookie: `other=1; ${cookie}` })
    expect([found.status, await found.json()]).toEqual([200, { expiresAt }])
    const view = await ask('GET', { cookie }, undefined, '/files/a.jpg?width=20&debug=view')
    expect([view.status, view.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    const ended = await ask('DELETE', { cookie })
    expect([ended.status, ended.headers.get('set-cookie')]).toEqual([
      204,
      'mediamorph_session=; Max-Age=0; Path=/admin; HttpOnly; Secure; SameSite=Strict',
    ])
  })

  test('may be asked for by a form, or with a bearer token', async () => {
    const { ask } = await stage()
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    expect((await ask('POST', form, `token=${TOKEN}`)).status).toBe(200)
    expect((await ask('POST', { authorization: `Bearer ${TOKEN}` })).status).toBe(200)
  })

  test.each<[string, Record<string, string>, BodyInit | undefined, number, string]>([
    ['a wrong token', JSON_TYPE, '{"token":"wrong-token"}', 401, 'UNAUTHORIZED'],
    ['an empty one', JSON_TYPE, '{"token":""}', 401, 'UNAUTHORIZED'],
    ['a part of it', JSON_TYPE, JSON.stringify({ token: TOKEN.slice(0, -1) }), 401, 'UNAUTHORIZED'],
    ['a wrong bearer token', { authorization: 'Bearer wrong' }, undefined, 401, 'UNAUTHORIZED'],
    ['no token', JSON_TYPE, '{}', 400, 'INVALID_BODY'],
    ['a token that is no text', JSON_TYPE, '{"token":["x"]}', 400, 'INVALID_BODY'],
    ['no object', JSON_TYPE, '[1]', 400, 'INVALID_BODY'],
    ['no JSON', JSON_TYPE, '{', 400, 'INVALID_BODY'],
    ['nothing', {}, undefined, 400, 'INVALID_BODY'],
    [
      'a body that pages of other sites may send',
      { 'content-type': 'text/plain' },
      login,
      400,
      'INVALID_BODY',
    ],
  ])('is refused for %s', async (_, headers, body, status, code) => {
    const { ask, lines } = await stage()
    const response = await ask('POST', headers, body)
    expect([response.status, response.headers.get('set-cookie'), await codeOf(response)]).toEqual([
      status,
      null,
      code,
    ])
    if (status === 401) expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(lines.join()).not.toContain(TOKEN.slice(0, -1))
  })

  test('of another token, of the past, changed or planted is none', async () => {
    let now = 1_700_000_000_000
    const at = { path: '/admin', now: () => now, newId: () => 'id' }
    const sessions = createSessions({ token: TOKEN, ...at })
    const { cookie, expiresAt } = await sessions.issue()
    const [pair = ''] = cookie.split(';')
    const find = (value: string, of = sessions) => of.find(new Headers({ cookie: value }))
    expect(await find(pair)).toEqual({ expiresAt })
    expect(await find(`mediamorph_session=planted; ${pair}`)).toEqual({ expiresAt })
    expect(await find(`${'mediamorph_session=1; '.repeat(5)}${pair}`)).toBeUndefined()
    expect(await find(pair, createSessions({ token: 'another-token', ...at }))).toBeUndefined()
    const [name, value = ''] = pair.split('=')
    const [expires = '', id = '', mac = ''] = value.split('.')
    for (const changed of [
      `${Number(expires) + 1}.${id}.${mac}`,
      `${expires}.ie.${mac}`,
      `${expires}.${id}.${mac.slice(0, -1)}`,
      `${expires}.${id}.`,
      `${expires}.${id}`,
      '',
      `${expires}.${id}.${'A'.repeat(43)}`,
    ])
      expect(await find(`${name}=${changed}`), changed).toBeUndefined()
    now = expiresAt * 1000
    expect(await find(pair)).toBeUndefined()
  })

  test('lies under the prefix of the public address', async () => {
    expect([adminPath(undefined), adminPath('https://x.test/media/'), adminPath('https://x.test')]).toEqual([
      '/admin',
      '/media/admin',
      '/admin',
    ])
  })

  test('without a token there is no such route, nor any credential that opens something', async () => {
    const { ask } = await stage({})
    for (const method of ['GET', 'POST', 'DELETE', 'PUT'])
      expect((await ask(method, JSON_TYPE, method === 'GET' ? undefined : login)).status, method).toBe(404)
    for (const headers of [
      { authorization: 'Bearer undefined' },
      { authorization: 'Bearer ' },
      { cookie: 'mediamorph_session=' },
    ])
      expect((await ask('GET', headers, undefined, '/files/a.jpg?width=20&debug=view')).status).toBe(401)
  })

  test('other methods and other spellings of the path', async () => {
    const { ask } = await stage()
    const put = await ask('PUT', JSON_TYPE, login)
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, DELETE, OPTIONS'])
    for (const path of [
      '/admin/session/',
      '/admin/%73ession',
      '/admin',
      '/admin/sessions',
      '//admin/session',
    ])
      expect((await ask('POST', JSON_TYPE, login, path)).status, path).toBeGreaterThanOrEqual(404)
  })
})

describe('pages of other sites', () => {
  test.each<[string, Record<string, string>, number]>([
    ['a page of ours', { 'sec-fetch-site': 'same-origin', origin: 'https://media.test' }, 200],
    ['a page of ours, in an old browser behind TLS of a proxy', { origin: 'https://media.test' }, 200],
    ['the public address', { origin: 'https://cdn.example' }, 200],
    ['a program', {}, 200],
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }, 403],
    ['a sibling domain', { 'sec-fetch-site': 'same-site', origin: 'https://x.media.test' }, 403],
    ['another site, in an old browser', { origin: 'https://evil.test' }, 403],
    ['a name that begins like ours', { origin: 'https://media.test.evil' }, 403],
    ['a sandbox', { origin: 'null' }, 403],
  ])('%s', async (_, headers, status) => {
    const { ask } = await stage(undefined, { publicUrl: 'https://cdn.example' })
    const response = await ask('POST', { ...JSON_TYPE, ...headers }, login)
    expect([response.status, response.headers.has('set-cookie')]).toEqual([status, status === 200])
    expect((await ask('DELETE', headers)).status).toBe(status === 200 ? 204 : 403)
  })

  test('may not read either: no CORS under /admin', async () => {
    const { ask } = await stage()
    const origin = { origin: 'https://evil.test', 'access-control-request-method': 'POST' }
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      const { headers } = await ask(method, origin)
      expect(
        [...headers.keys()].filter((name) => name.startsWith('access-control')),
        method,
      ).toEqual([])
    }
  })
})

describe('guessing', () => {
  const more = { rateLimit: { keys: { limit: 3, windowMs: 60_000 } } }

  test('is counted by rateLimit.keys, right guesses included', async () => {
    const { ask } = await stage(undefined, more)
    const statuses = []
    for (const token of ['wrong-one', 'wrong-two', 'wrong-three', TOKEN])
      statuses.push((await ask('POST', JSON_TYPE, JSON.stringify({ token }))).status)
    expect(statuses).toEqual([401, 401, 401, 429])
  })

  test('with debug=view too', async () => {
    const { ask } = await stage(undefined, more)
    const path = '/files/a.jpg?width=20&debug=view'
    const statuses = []
    for (const token of ['wrong-one', 'wrong-two', 'wrong-three', TOKEN])
      statuses.push((await ask('GET', { authorization: `Bearer ${token}` }, undefined, path)).status)
    expect(statuses).toEqual([401, 401, 401, 429])
  })
})

describe('the body of a request', () => {
  test('is counted while it is read, whatever its length is said to be', async () => {
    const { ask } = await stage()
    const large = await ask('POST', JSON_TYPE, JSON.stringify({ token: 'x'.repeat(20_000) }))
    expect([large.status, await large.json()]).toMatchObject([
      413,
      { error: { code: 'BODY_TOO_LARGE', details: { limit: 'bodyBytes', maximum: 16_384 } } },
    ])
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => (pulled++, controller.enqueue(new Uint8Array(1024))),
    })
    expect((await ask('POST', JSON_TYPE, endless)).status).toBe(413)
    expect(pulled).toBeLessThan(30)
    const capped = await stage(undefined, { limits: { bodyBytes: 10 } })
    expect((await capped.ask('POST', JSON_TYPE, login)).status).toBe(413)
  })

  test('is not waited for without end', async () => {
    const { ask } = await stage(undefined, { limits: { requestMs: 200 } })
    let left = false
    const stalled = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"tok')),
      cancel: () => void (left = true),
    })
    const response = await ask('POST', JSON_TYPE, stalled)
    expect([response.status, await codeOf(response), left]).toEqual([408, 'REQUEST_TIMEOUT', true])
  })
})

describe('shared secrets', () => {
  const secret = 'shared-secret'
  test.each<['admin' | 'api' | 'internal', Record<string, string>, boolean]>([
    ['api', { authorization: `Bearer ${secret}` }, true],
    ['api', { 'x-api-key': secret }, true],
    ['api', { 'x-api-key': secret, authorization: 'Basic eDp5' }, true],
    ['api', { 'x-internal-secret': secret }, false],
    ['internal', { authorization: `bearer ${secret}` }, true],
    ['internal', { 'x-internal-secret': secret }, true],
    ['internal', { 'x-api-key': secret }, false],
    ['admin', { authorization: `Bearer ${secret}` }, true],
    ['admin', { 'x-api-key': secret }, false],
    ['admin', { authorization: `Basic ${secret}` }, false],
    ['admin', { authorization: `Bearer ${secret}x` }, false],
    ['admin', { authorization: `Bearer ${secret.slice(1)}` }, false],
    ['admin', { authorization: `Bearer ${secret} ${secret}` }, false],
    ['api', { 'x-api-key': '' }, false],
    ['api', {}, false],
  ])('%s: %j', async (kind, headers, holds) => {
    expect(await holdsSecret(kind, new Headers(headers), secret)).toBe(holds)
    for (const absent of [undefined, ''])
      expect(
        await holdsSecret(kind, new Headers({ 'x-api-key': '', authorization: 'Bearer ' }), absent),
      ).toBe(false)
  })

  test('threats row 36: secrets and signatures meet no operator that stops at the first difference', () => {
    const folder = new URL('../../src/', import.meta.url)
    for (const file of [
      'access/credentials.ts',
      'access/admin.ts',
      'access/session.ts',
      'access/authorize.ts',
      'lib/hmac.ts',
    ]) {
      const code = readFileSync(new URL(file, folder), 'utf8')
      const NAMES = 'secret|token|sig|signature|mac|given|expected'
      const compared = new RegExp(
        `\\b(?:${NAMES}) *[!=]==?(?!=) *(?!undefined|''|\\s)|[!=]==? *(?:${NAMES})\\b`,
      )
      expect(code, file).not.toMatch(compared)
    }
    expect(readFileSync(new URL('lib/hmac.ts', folder), 'utf8')).toContain('subtle.verify')
  })
})
