import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { decodePath } from '../../src/request/path.ts'
import { ask } from './support.ts'

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return isMediaError(error) ? error.code : `not ours: ${String(error)}`
  }
}

describe('paths', () => {
  test.each([
    ['/files/a%20b.jpg', '/files/a b.jpg'],
    ['/files/%C3%BC.jpg', '/files/ü.jpg'],
    ['/files/a%2Fb.jpg', '/files/a/b.jpg'],
    ['/files/100%25.jpg', '/files/100%.jpg'],
    ['/files/100%2525.jpg', '/files/100%25.jpg'],
    ['/files/a..b/c.jpg', '/files/a..b/c.jpg'],
    ['/files/a%25E2%2580%2599.jpg', '/files/a%E2%80%99.jpg'],
  ])('%s is %s', (text, path) => expect(decodePath(text)).toBe(path))

  test.each([
    '/files/../a',
    '/files/..%2Fa',
    '/files/%2e%2e/a',
    '/files/.%2e/a',
    '/files/%2E%2E%2Fetc%2Fpasswd',
    '/files/%252e%252e/a',
    '/files/%25252e%25252e/a',
    '/files/%252e%252e/%25zz',
    '/files/%25%32%65%25%32%65/a',
    '/files/..%5cetc',
    '/files/a%5Cb',
    '/files/a%255cb',
    '/files/./a',
    '/files/%2e/a',
    '/files/.env',
    '/files/a/%2egit/config',
    '/files/a%2F.ssh',
    '/files/a%00.jpg',
    '/files/a%2500.jpg',
    '/files/a%0d%0ax',
    '/files/a%7f',
    '/files/a%C2%85',
    '/files/%c0%ae%c0%ae/a',
    '/files/%e0%80%ae',
    '/files/%ff',
    '/files/%',
    '/files/%zz',
    '/files/%ed%a0%80',
    `/files/%${'25'.repeat(4000)}2e`,
  ])('%s is refused', (text) => expect(codeOf(() => decodePath(text))).toBe('INVALID_PATH'))

  test('hostile nesting is refused in no time', () => {
    const started = performance.now()
    codeOf(() => decodePath(`/files/%${'25'.repeat(4000)}61`))
    expect(performance.now() - started).toBeLessThan(50)
  })

  test('what names the original may not be empty', () => {
    expect(codeOf(() => ask('/loose/'))).toBe('INVALID_PATH')
    expect(ask('/loose/a').captures).toEqual({ 1: 'a', key: 'a' })
  })

  test('no origin: 404, before anything else is judged', () => {
    expect(codeOf(() => ask('/nowhere/a.jpg?width=x'))).toBe('NO_MATCHING_ORIGIN')
  })
})
