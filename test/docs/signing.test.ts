/** docs/signing.md is true: its vectors by three ways of signing, its snippets by running them as they stand. */
import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { createAuthorizer } from '../../src/access/authorize.ts'
import { signUrl } from '../../src/client.ts'
import { parseKeyRing, signedText, verifyText } from '../../src/lib/hmac.ts'
import { ask, rulesOf } from '../request/support.ts'

interface Vector {
  readonly name: string
  readonly secret: string
  readonly path: string
  readonly query: string
  readonly text: string
  readonly sig: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(ROOT, 'docs/signing.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map((found) => found[1]!)
const [vectors, others] = blocks('json').map((text) => JSON.parse(text) as unknown) as [
  Vector[],
  { text: string; address: string }[],
]
const HOST = 'https://media.example.com'
/** The key that signs: of a ring the first, or the one that the query names. */
function keyOf({ secret, query }: Vector): string {
  const kid = new URLSearchParams(query).get('kid')
  const ring = parseKeyRing(secret)
  return ring.find(({ id }) => kid !== null && id === kid)?.secret ?? ring[0]!.secret
}

const folder = mkdtempSync(join(tmpdir(), 'mediamorph-signing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(command: readonly string[], name: string, text: string): string[] {
  const file = join(folder, name)
  writeFileSync(file, text)
  const [program = '', ...words] = command
  const { status, stdout, stderr, error } = spawnSync(program, [...words, file], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect([error, stderr, status]).toEqual([undefined, '', 0])
  return stdout.trimEnd().split('\n')
}
const isThere = (program: string, flag: string) => spawnSync(program, [flag]).status === 0
const needs = (program: string, flag: string) => {
  const missing = !isThere(program, flag)
  if (missing) console.warn(`${program} is not on this machine: its snippet is not run`)
  return { skip: missing }
}

describe('vectors', () => {
  test.each(vectors)('$name', async (vector) => {
    const { secret, path, query, text, sig } = vector
    const url = new URL(`${HOST}${path}?${query}`)
    expect(signedText(url.pathname, url.searchParams)).toBe(text)
    expect(createHmac('sha256', keyOf(vector)).update(text).digest('base64url')).toBe(sig)
    const kid = url.searchParams.get('kid') ?? undefined
    const signed = new URL(await signUrl(url, secret, kid === undefined ? {} : { kid }))
    expect(signed.searchParams.get('sig')).toBe(sig)
    const external = rulesOf({ external: { enabled: true, parameters: [] }, compat: { grammars: [] } })
    const authorizer = createAuthorizer({
      rules: new Map(['files', 'external'].map((name) => [name, { access: 'signed', sizes: [] }])),
      keys: parseKeyRing(secret),
      rings: { external: parseKeyRing(secret) },
      now: () => 0,
    })
    const request = ask(signed.pathname + signed.search, {}, external)
    expect(await authorizer.authorize(signed, request)).toMatchObject({ signed: true })
    expect(await verifyText(`${text}x`, sig, parseKeyRing(secret))).toBe(false)
  })

  test('there is one of each kind', () => {
    const all = vectors.map(({ query }) => query).join('&')
    for (const part of ['exp=', 'kid=', '%F0', '%23', 'tag=b&tag=a', 'tag=&']) expect(all).toContain(part)
  })

  test.each(others)('$address', async ({ text, address }) => {
    const rules = rulesOf({
      origins: [{ name: 'source', match: '^/source/(?<key>.+)$', responsive: 'hints', defaults: {} }],
      external: { enabled: true, parameters: ['width'] },
      compat: { grammars: ['vylux'] },
    })
    const request = ask(address, {}, rules)
    expect(request.proof).toMatchObject({ text })
    const ring = parseKeyRing(vectors[0]!.secret)
    const access = { access: 'signed', sizes: [] } as const
    const authorizer = createAuthorizer({
      rules: new Map([[request.origin, access]]),
      keys: undefined,
      rings: { external: ring, vylux: ring },
      now: () => 0,
    })
    expect(await authorizer.authorize(new URL(address, HOST), request)).toEqual({ signed: false })
  })
})

describe('snippets', () => {
  const query = 'exp=4102444800&format=webp&width=640'
  const secret = 'correct horse battery staple'
  const mac = createHmac('sha256', secret).update(`mediamorph-v1\n/files/a.jpg\n${query}`).digest('base64url')
  const sorted = (address: string) => {
    const url = new URL(address)
    url.searchParams.sort()
    return url.href
  }
  const wanted = sorted(`${HOST}/files/a.jpg?${query}&sig=${mac}`)
  const bun = [join(ROOT, 'node_modules/.bin/bun'), 'run']

  test('TypeScript, with the package and without', () => {
    const [withPackage = '', without = ''] = blocks('ts')
    const client = withPackage.replace("'mediamorph/client'", JSON.stringify(join(ROOT, 'src/client.ts')))
    expect(run(bun, 'client.ts', client).map(sorted)).toEqual([wanted])
    const more = vectors.map(
      (vector) =>
        `console.log(await sign(${JSON.stringify(`${HOST}${vector.path}?${vector.query}`)}, ${JSON.stringify(keyOf(vector))}))`,
    )
    const [first, ...rest] = run(bun, 'bare.ts', [without, ...more].join('\n'))
    expect(sorted(first!)).toBe(wanted)
    expect(rest.map((url) => new URL(url).searchParams.get('sig'))).toEqual(vectors.map(({ sig }) => sig))
  })

  test('Python', needs('python3', '--version'), () => {
    const [text = ''] = blocks('python')
    const more = vectors.map(
      (vector) =>
        `print(sign(${JSON.stringify(`${HOST}${vector.path}?${vector.query}`)}, ${JSON.stringify(keyOf(vector))}))`,
    )
    const [first, ...rest] = run(['python3'], 'snippet.py', [text, ...more].join('\n'))
    expect(sorted(first!)).toBe(wanted)
    expect(rest.map((url) => new URL(url).searchParams.get('sig'))).toEqual(vectors.map(({ sig }) => sig))
  })

  test('shell', needs('openssl', 'version'), () => {
    const text = blocks('sh').find((block) => block.includes('openssl')) ?? ''
    const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
    const more = vectors.map((vector) => {
      const [, path = '', canonical = ''] = vector.text.split('\n')
      return `echo "$(sign ${[path, canonical, keyOf(vector)].map(quoted).join(' ')})"`
    })
    const [first, ...rest] = run(['sh'], 'snippet.sh', [text, ...more].join('\n'))
    expect(sorted(first!)).toBe(wanted)
    expect(rest).toEqual(vectors.map(({ sig }) => sig))
  })
})
