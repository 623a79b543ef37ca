import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fillKey,
  fillUrl,
  literalAuthority,
  templateFault,
  templateNames,
  urlTemplateFault,
} from '../../src/sources/template.ts'

const urlOf = (template: string, captures: Record<string, string>) => fillUrl(template, captures).href
const codeOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

describe('keys', () => {
  it.each([
    ['${key}', 'a/b.jpg'],
    ['x/$1', 'x/one'],
    ['${1}-${2}', 'one-two'],
    ['$1$2', 'onetwo'],
    ['$$1', '$1'],
    ['a${none}b', 'ab'],
    ['.hidden/${key}', '.hidden/a/b.jpg'],
    ['${name}${dot}', 'photo.jpg'],
  ])('%j is %j', (template, wanted) => {
    const captures = { key: 'a/b.jpg', '1': 'one', '2': 'two', name: 'photo', dot: '.jpg' }
    expect(fillKey(template, captures)).toBe(wanted)
  })

  it('names its captures', () => {
    expect(templateNames('${key}/$1/${2}/$$x')).toEqual(['key', '1', '2'])
  })

  it.each([['${}'], ['$'], ['a$b'], ['${a-b}'], ['a\nb']])('%j is at fault', (template) => {
    expect(templateFault(template)).toBeDefined()
  })

  it.each([
    [{ a: '..', b: 'x' }],
    [{ a: '.', b: 'x' }],
    [{ a: 'x', b: '..' }],
    [{ a: 'x/..', b: 'y' }],
    [{ a: '', b: '.env' }],
    [{ a: 'x', b: 'y/.git' }],
    [{ a: 'x\0', b: 'y' }],
    [{ a: 'x\\..', b: 'y' }],
  ])('threats row 2: refuses captures %j', (captures) => {
    expect(codeOf(() => fillKey('${a}/${b}', captures))).toBe('INVALID_PATH')
  })

  it('threats row 2: refuses a dot-segment that two captures make together', () => {
    expect(codeOf(() => fillKey('${a}${b}/x', { a: '.', b: '.' }))).toBe('INVALID_PATH')
    expect(codeOf(() => fillKey('a/.${b}', { b: '.' }))).toBe('INVALID_PATH')
  })
})

describe('addresses', () => {
  it.each([
    ['a b', 'http://h.test/p/a%20b?v=1'],
    ['a/b', 'http://h.test/p/a/b?v=1'],
    ['a?b=c&d', 'http://h.test/p/a%3Fb%3Dc%26d?v=1'],
    ['a#b', 'http://h.test/p/a%23b?v=1'],
    ['%2e%2e/x', 'http://h.test/p/%252e%252e/x?v=1'],
    ['a%2Fb', 'http://h.test/p/a%252Fb?v=1'],
    ['a+b', 'http://h.test/p/a%2Bb?v=1'],
    ['ü', 'http://h.test/p/%C3%BC?v=1'],
    ['\ud800', 'http://h.test/p/%EF%BF%BD?v=1'],
    ['@evil.test', 'http://h.test/p/%40evil.test?v=1'],
    [':80', 'http://h.test/p/%3A80?v=1'],
  ])('the capture %j gives %s', (key, wanted) => {
    expect(urlOf('http://h.test/p/${key}?v=1', { key })).toBe(wanted)
  })

  it('encodes captures in the query whole', () => {
    expect(urlOf('http://h.test/?u=${key}', { key: 'a/b&c=d#e' })).toBe('http://h.test/?u=a%2Fb%26c%3Dd%23e')
  })

  it('a capture never changes host, folder or query', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        const href = codeOf(() => urlOf('https://h.test/folder/${key}?q=1', { key }))
        if (href === 'INVALID_PATH') return
        const url = new URL(String(href))
        expect([url.origin, url.search, url.hash]).toEqual(['https://h.test', '?q=1', ''])
        expect(url.pathname.startsWith('/folder/')).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('knows what the operator wrote and what a capture decides', () => {
    expect(literalAuthority('http://H.test:8080/${key}')?.host).toBe('h.test:8080')
    expect(literalAuthority('http://${host}/x')).toBeUndefined()
    expect(literalAuthority('http://cdn.${zone}.test/x')).toBeUndefined()
  })

  it.each(['a@b', 'a:80', 'a/b', 'a?b', 'a#b', '[::1]', 'a b', 'a..b', '-a', 'a.', '', 'ü', '%31', 'a\\b'])(
    'threats row 7: the host capture %j is refused',
    (host) => {
      expect(codeOf(() => urlOf('http://${host}/x', { host }))).toBe('INVALID_URL')
    },
  )

  it.each([
    ['ftp://h.test/'],
    ['//h.test/'],
    ['http://'],
    ['http://user@h.test/'],
    ['http://user:pw@h.test/${key}'],
    ['http://h.test:${port}/'],
    ['http://h.test/$'],
    ['http://h te/'],
    ['${scheme}://h.test/'],
  ])('%j is at fault', (template) => {
    expect(urlTemplateFault(template)).toBeDefined()
  })

  it.each([
    ['http://h.test/${key}'],
    ['https://h.test:8443/a/$1?x=${2}'],
    ['http://${host}/a'],
    ['http://[::1]:80/a'],
  ])('%j is sound', (template) => {
    expect(urlTemplateFault(template)).toBeUndefined()
  })
})
