import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createParser } from '../../src/request/remembered.ts'
import { parseRequest } from '../../src/request/request.ts'
import { rulesOf } from './support.ts'

const rules = rulesOf()
const input = (path: string, headers: Record<string, string> = {}) => ({
  method: 'GET',
  url: new URL(`http://m.test${path}`),
  headers: new Headers(headers),
})

const PATHS = [
  '/files/a.jpg?width=100',
  '/files/a.jpg?quality=50',
  '/files/a.jpg?format=png&quality=50',
  '/files/a.jpg',
  '/files/b.jpg?width=100',
  '/always/a.jpg',
  '/off/a.jpg?quality=50',
  '/files/a.jpg?im-viewwidth=500&quality=50',
  '/files/a.jpg?im-viewwidth=500&im-density=2',
  '/cdn-cgi/image/width=100,format=auto/files/a.jpg',
  '/cdn-cgi/image/width=100,slow-connection-quality=20/files/a.jpg',
  '/files/a.jpg?width=none',
  '/elsewhere/a.jpg',
]
/** All that parsing may look at. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  accept: ['*/*', 'image/webp,*/*', 'image/avif,image/webp,*/*'],
  'sec-ch-viewport-width': ['300', '900'],
  'viewport-width': ['400', '1000'],
  width: ['500'],
  'sec-ch-dpr': ['1', '2'],
  dpr: ['3'],
  'cf-device-type': ['mobile', 'tablet', 'watch'],
  'save-data': ['on'],
  ect: ['2g', '4g'],
  rtt: ['50', '2000'],
  downlink: ['0.1', '10'],
}

const outcome = (parse: () => unknown) => {
  try {
    return parse()
  } catch (error) {
    return (error as Error).message
  }
}

describe('a remembered address', () => {
  test('means what it would mean read anew, whatever was asked before', () => {
    const headers = fc.record(
      Object.fromEntries(Object.entries(HEADERS).map(([name, values]) => [name, fc.constantFrom(...values)])),
      { requiredKeys: [] },
    )
    const asked = fc.array(fc.tuple(fc.constantFrom(...PATHS), headers), { minLength: 20, maxLength: 60 })
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 20 }), (list, most) => {
        const parse = createParser(rules, { most })
        for (const [path, values] of list) {
          const one = input(path, values as Record<string, string>)
          expect(outcome(() => parse(one))).toEqual(outcome(() => parseRequest(one, rules)))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('is the same object, so that what hangs on it is found', () => {
    const parse = createParser(rules)
    const first = parse(input('/files/a.jpg?width=9', { accept: 'image/webp', rtt: '5' }))
    expect(parse(input('/files/a.jpg?width=9', { accept: 'image/webp', rtt: '6' }))).toBe(first)
    expect(parse(input('/files/a.jpg?width=9', { accept: 'image/avif' }))).not.toBe(first)
    expect(parse(input('/files/a.jpg?width=8', { accept: 'image/webp' }))).not.toBe(first)
  })

  test('is forgotten when others are asked more, and when it is long', () => {
    const parse = createParser(rules, { most: 2 })
    const first = parse(input('/files/a.jpg?width=1'))
    for (const width of [2, 3]) parse(input(`/files/a.jpg?width=${width}`))
    expect(parse(input('/files/a.jpg?width=1'))).not.toBe(first)
    const long = `/files/${'a'.repeat(2000)}.jpg?width=1`
    expect(parse(input(long))).not.toBe(parse(input(long)))
  })
})
