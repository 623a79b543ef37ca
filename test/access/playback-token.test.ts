/** Playback tokens of both forms: who gets in, and every way in which nobody should. */
import { createHmac } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createKeySet } from '../../src/access/key-set.ts'
import { createPlaybackTokens, type PlaybackOptions } from '../../src/access/playback-token.ts'
import { playbackSchema } from '../../src/access/settings.ts'
import { isMediaError } from '../../src/error.ts'
import { serveHttp, type Loopback } from '../support/loopback.ts'
import { createTestFetch } from '../support/outbound.ts'

const SECRET = 'a secret of tokens, long enough'
const HASH = 'ab'.repeat(32)
const NOW = 1_800_000_000
const text = (value: string) => new TextEncoder().encode(value)

function tokens(settings: object = {}, more: Partial<PlaybackOptions> = { secret: SECRET }) {
  const made = createPlaybackTokens({
    settings: playbackSchema.parse(settings),
    safeFetch: createTestFetch(),
    now: () => NOW * 1000,
    ...more,
  })
  return async (token: string | undefined, hash = HASH) => {
    try {
      return (await made!.verify(token, hash)).expiresAt
    } catch (error) {
      if (isMediaError(error)) return error.code
      throw error
    }
  }
}

function vylux(claims: unknown, secret = SECRET): string {
  const payload = Buffer.from(typeof claims === 'string' ? claims : JSON.stringify(claims)).toString(
    'base64url',
  )
  return `${payload}.${createHmac('sha256', secret).update(payload).digest('base64url')}`
}

const jwt = (claims: object, header: object = {}) =>
  new SignJWT({ hash: HASH, exp: NOW + 60, ...claims }).setProtectedHeader({ alg: 'HS256', ...header })
const hs256 = (claims: object = {}, secret = SECRET, header: object = {}) =>
  jwt(claims, header).sign(text(secret))

describe('the Vylux form', () => {
  const verify = tokens()

  test('is for one hash, until it expires', async () => {
    expect(await verify(vylux({ hash: HASH, exp: NOW + 60 }))).toBe(NOW + 60)
    expect(await verify(vylux({ hash: HASH, exp: NOW + 60 }), 'another')).toBe('BAD_TOKEN')
    expect(await verify(vylux({ hash: HASH, exp: NOW }))).toBe('TOKEN_EXPIRED')
    expect(await verify(undefined)).toBe('UNAUTHORIZED')
    expect(await verify('')).toBe('UNAUTHORIZED')
  })

  test.each<[string, string]>([
    ['another secret', vylux({ hash: HASH, exp: NOW + 60 }, 'another secret, long enough')],
    ['no signature', vylux({ hash: HASH, exp: NOW + 60 }).split('.')[0]!],
    ['an empty signature', `${vylux({ hash: HASH, exp: NOW + 60 }).split('.')[0]}.`],
    [
      'the signature of another payload',
      `${vylux({ hash: HASH, exp: NOW + 600 }).split('.')[0]}.${vylux({ hash: HASH, exp: NOW + 60 }).split('.')[1]}`,
    ],
    [
      'a signature in hex',
      vylux({ hash: HASH, exp: NOW + 60 }).replace(
        /\.(.*)$/,
        (_, mac: string) => `.${Buffer.from(mac, 'base64url').toString('hex')}`,
      ),
    ],
    ['no expiry', vylux({ hash: HASH })],
    ['an expiry that is a text', vylux({ hash: HASH, exp: String(NOW + 60) })],
    ['an expiry without end', vylux('{"hash":"x","exp":1e999}')],
    ['no hash', vylux({ exp: NOW + 60 })],
    ['no JSON', vylux('nonsense')],
    ['JSON that is no object', vylux('null')],
    ['more than a token needs', vylux({ hash: HASH, exp: NOW + 60, more: 'x'.repeat(4000) })],
    ['no base64url', '!!!.???'],
    ['a lone dot', '.'],
  ])('is refused with %s', async (_, token) => {
    expect(await verify(token)).toBe('BAD_TOKEN')
  })

  test('a ring: each of its keys', async () => {
    const ring = tokens({}, { secret: 'k2:the-newer-secret,k1:the-older-secret' })
    for (const secret of ['the-newer-secret', 'the-older-secret'])
      expect(await ring(vylux({ hash: HASH, exp: NOW + 60 }, secret))).toBe(NOW + 60)
    expect(await ring(vylux({ hash: HASH, exp: NOW + 60 }))).toBe('BAD_TOKEN')
  })
})

describe('JWT with the secret', () => {
  const verify = tokens()

  test('HS256, for the hash of `hash` or `sub`', async () => {
    expect(await verify(await hs256())).toBe(NOW + 60)
    expect(await verify(await hs256({ hash: undefined, sub: HASH }))).toBe(NOW + 60)
    expect(await verify(await hs256({ hash: 'another', sub: HASH }))).toBe('BAD_TOKEN')
    expect(await verify(await hs256({ hash: undefined }))).toBe('BAD_TOKEN')
    expect(await verify(await hs256({ hash: [HASH] }))).toBe('BAD_TOKEN')
  })

  test('expired, not yet valid, without end', async () => {
    expect(await verify(await hs256({ exp: NOW - 6 }))).toBe('TOKEN_EXPIRED')
    expect(await verify(await hs256({ exp: NOW - 4 }))).toBe(NOW - 4)
    expect(await verify(await hs256({ nbf: NOW + 60 }))).toBe('BAD_TOKEN')
    expect(await verify(await hs256({ nbf: NOW + 4 }))).toBe(NOW + 60)
    expect(await verify(await hs256({ exp: undefined }))).toBe('BAD_TOKEN')
    expect(await verify(await hs256({ exp: 'soon' }))).toBe('BAD_TOKEN')
  })

  test('a ring: kid names one', async () => {
    const ring = tokens({}, { secret: 'k2:the-newer-secret,k1:the-older-secret' })
    expect(await ring(await hs256({}, 'the-older-secret'))).toBe(NOW + 60)
    expect(await ring(await hs256({}, 'the-older-secret', { kid: 'k1' }))).toBe(NOW + 60)
    expect(await ring(await hs256({}, 'the-older-secret', { kid: 'k2' }))).toBe('BAD_TOKEN')
    expect(await ring(await hs256({}, 'the-older-secret', { kid: 'k3' }))).toBe('BAD_TOKEN')
  })

  test('alg none, in every spelling', async () => {
    const unsigned = new UnsecuredJWT({ hash: HASH, exp: NOW + 60 }).encode()
    expect(await verify(unsigned)).toBe('BAD_TOKEN')
    const [, payload] = unsigned.split('.')
    for (const alg of ['None', 'NONE', 'nOnE', '', null, 1, 'HS384', 'HS512', 'RS256', 'HS256']) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      for (const signature of ['', 'AAAA'])
        expect(await verify(`${header}.${payload}.${signature}`)).toBe('BAD_TOKEN')
    }
  })

  test('other nonsense', async () => {
    const good = await hs256()
    expect(await verify(`${good}x`)).toBe('BAD_TOKEN')
    expect(await verify(await hs256({ more: 'x'.repeat(4000) }))).toBe('BAD_TOKEN')
    expect(await verify(`${good}.more`)).toBe('BAD_TOKEN')
    for (const token of ['a.b.c', '..', 'e30.e30.e30', '!.!.!'])
      expect(await verify(token), token).toBe('BAD_TOKEN')
    expect(
      await verify(
        await jwt({}, { crit: ['b64'], b64: false })
          .sign(text(SECRET))
          .catch(() => 'a.b.c'),
      ),
    ).toBe('BAD_TOKEN')
    expect(await verify(await hs256({}, 'another secret, long enough'))).toBe('BAD_TOKEN')
  })

  test('issuer and audience, where they are configured', async () => {
    const strict = tokens({ issuer: 'https://id.test', audience: 'media' })
    expect(await strict(await hs256({ iss: 'https://id.test', aud: ['web', 'media'] }))).toBe(NOW + 60)
    expect(await strict(await hs256({ iss: 'https://id.test', aud: 'web' }))).toBe('BAD_TOKEN')
    expect(await strict(await hs256({ aud: 'media' }))).toBe('BAD_TOKEN')
  })
})

describe('JWT with public keys', () => {
  test('EdDSA; no key is used as a secret', async () => {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true })
    const other = await generateKeyPair('EdDSA', { extractable: true })
    const pem = await exportSPKI(publicKey)
    const verify = tokens({ publicKeys: [await exportSPKI(other.publicKey), pem] }, {})
    const signed = (key: CryptoKey) => jwt({}, { alg: 'EdDSA' }).sign(key)
    expect(await verify(await signed(privateKey))).toBe(NOW + 60)
    expect(await verify(await signed((await generateKeyPair('EdDSA')).privateKey))).toBe('BAD_TOKEN')
    // Algorithm confusion: the public key's text as the secret.
    for (const secret of [pem, pem.trim(), `${pem}\n`])
      expect(await verify(await hs256({}, secret))).toBe('BAD_TOKEN')
    expect(await verify(vylux({ hash: HASH, exp: NOW + 60 }, pem))).toBe('BAD_TOKEN')
    const both = tokens({ publicKeys: [pem] })
    expect(await both(await hs256({}, pem))).toBe('BAD_TOKEN')
    expect(await both(await hs256())).toBe(NOW + 60)
  })

  test('nothing configured: no tokens', () => {
    const none = createPlaybackTokens({
      settings: playbackSchema.parse({}),
      safeFetch: createTestFetch(),
      now: () => 0,
    })
    expect(none).toBeUndefined()
  })
})

describe('JWT with a key set', () => {
  let issuer: Loopback
  let asked = 0
  const answer = { status: 200, body: '' }
  let keys: Record<'one' | 'two', { readonly private: CryptoKey; readonly jwk: JWK }>

  beforeAll(async () => {
    issuer = await serveHttp((_, response) => {
      asked++
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
    const make = async (alg: string, kid: string) => {
      const pair = await generateKeyPair(alg, { extractable: true })
      return { private: pair.privateKey, jwk: { ...(await exportJWK(pair.publicKey)), alg, kid } }
    }
    keys = { one: await make('EdDSA', 'one'), two: await make('ES256', 'two') }
  })
  afterAll(() => issuer.close())
  beforeEach(() => {
    asked = 0
    Object.assign(answer, { status: 200, body: JSON.stringify({ keys: [keys.one.jwk, keys.two.jwk] }) })
  })
  const verifier = (more: Partial<PlaybackOptions> = {}) =>
    tokens({ jwksUrl: `${issuer.origin}/jwks.json` }, more)
  const signed = (kid: 'one' | 'two', header: object = {}) =>
    jwt({}, { alg: kid === 'one' ? 'EdDSA' : 'ES256', kid, ...header }).sign(keys[kid].private)

  test('is fetched once for many tokens', async () => {
    const verify = verifier()
    const all = await Promise.all(
      [signed('one'), signed('two'), signed('one')].map(async (token) => verify(await token)),
    )
    expect([all, asked]).toEqual([[NOW + 60, NOW + 60, NOW + 60], 1])
    expect(await verify(await signed('two'))).toBe(NOW + 60)
    expect(asked).toBe(1)
  })

  test('a wrong kid is refused, and does not make us fetch again at will', async () => {
    const verify = verifier()
    expect(await verify(await signed('one'))).toBe(NOW + 60)
    for (const kid of ['two', 'three', 'four', ''])
      expect(await verify(await signed('one', { kid })), kid).toBe('BAD_TOKEN')
    expect(asked).toBe(1)
  })

  test('a key that was added is found once the cooldown is over', async () => {
    answer.body = JSON.stringify({ keys: [keys.one.jwk] })
    const keySet = createKeySet({
      url: `${issuer.origin}/jwks.json`,
      safeFetch: createTestFetch(),
      now: () => Date.now(),
      cooldownMs: 50,
    })
    const find = async (kid: string) => {
      try {
        return (await keySet({ alg: 'ES256', kid }, { payload: '', signature: '' })) && 'found'
      } catch (error) {
        return isMediaError(error) ? error.code : String(error)
      }
    }
    expect(await find('two')).toBe('BAD_TOKEN')
    answer.body = JSON.stringify({ keys: [keys.one.jwk, keys.two.jwk] })
    await expect.poll(() => find('two'), { timeout: 2000 }).toBe('found')
  })

  test('a symmetric key in the set, or a public key taken for one, opens nothing', async () => {
    const oct = {
      kty: 'oct',
      k: Buffer.from('known to everybody').toString('base64url'),
      kid: 'one',
      alg: 'HS256',
    }
    answer.body = JSON.stringify({ keys: [oct] })
    const verify = verifier()
    expect(await verify(await hs256({}, 'known to everybody', { kid: 'one' }))).toBe('BAD_TOKEN')
    expect(asked).toBe(0)
    answer.body = JSON.stringify({ keys: [keys.one.jwk] })
    expect(await verify(await hs256({}, JSON.stringify(keys.one.jwk), { kid: 'one' }))).toBe('BAD_TOKEN')
    // A key of the token's own is no key.
    const { private: key, jwk } = keys.two
    const own = await jwt({}, { alg: 'ES256', kid: 'one', jwk, jku: `${issuer.origin}/evil` }).sign(key)
    expect(await verify(own)).toBe('BAD_TOKEN')
  })

  test.each<[string, number, string]>([
    ['fails', 500, '{}'],
    ['is not JSON', 200, '<html>'],
    ['has no keys', 200, '{}'],
    ['is too long', 200, `{"keys":[],"x":"${'x'.repeat(300_000)}"}`],
  ])('an issuer that %s is our side’s fault, and asked once for a while', async (_, status, body) => {
    Object.assign(answer, { status, body })
    const verify = verifier()
    for (let i = 0; i < 3; i++) expect(await verify(await signed('one'))).toBe('SOURCE_FAILED')
    expect(asked).toBe(1)
  })

  test('goes through the guard: a redirect to a private address is refused', async () => {
    const hops = await serveHttp((_, response) =>
      response.writeHead(302, { location: `${issuer.origin}/jwks.json` }).end(),
    )
    const safeFetch = createTestFetch({ allowPrivate: [] })
    const verify = tokens({ jwksUrl: `${hops.origin}/jwks.json` }, { safeFetch })
    expect(await verify(await signed('one'))).toBe('SOURCE_FAILED')
    expect(asked).toBe(0)
    await hops.close()
  })
})
