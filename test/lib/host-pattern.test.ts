import { describe, expect, it } from 'vitest'
import { hostAndPort, matchesHost, parseHostPattern } from '../../src/lib/host-pattern.ts'

describe('threats row 7, row 15: hosts are matched by whole labels', () => {
  it.each([
    ['*', 'anything.test', true],
    ['*', '127.0.0.1', true],
    ['example.com', 'example.com', true],
    ['example.com', 'EXAMPLE.com', true],
    ['Example.COM', 'example.com', true],
    ['example.com', 'example.com.', true],
    ['example.com.', 'example.com', true],
    ['example.com', 'www.example.com', false],
    ['example.com', 'example.com.evil', false],
    ['example.com', 'evil-example.com', false],
    ['example.com', 'examplexcom', false],
    ['*.example.com', 'www.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'evilexample.com', false],
    ['*.example.com', 'www.example.com.evil', false],
    ['*.example.com', 'www.example.com.', true],
    ['*.example.com', '.example.com', false],
    ['bücher.test', 'xn--bcher-kva.test', true],
    ['*.bücher.test', 'www.xn--bcher-kva.test', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['2130706433', '127.0.0.1', true],
    ['[::1]', '[::1]', true],
  ])('%s and %s: %s', (text, host, matches) => {
    expect(matchesHost(parseHostPattern(text)!, host)).toBe(matches)
  })

  it.each([
    '',
    '*.',
    '**',
    '*.*',
    'a.*',
    '*a.test',
    'a b',
    'a/b',
    'http://a',
    'a:80',
    'u@a',
    'a?b',
    'a#b',
    'a\\b',
    '%41',
    '[::1',
  ])('%j is no pattern', (text) => expect(parseHostPattern(text)).toBeUndefined())
})

it.each([
  ['http://A.test/', 'a.test:80'],
  ['https://a.test./x', 'a.test:443'],
  ['https://a.test:80/', 'a.test:80'],
  ['http://[::1]:9000/', '[::1]:9000'],
])('%s is at %s', (url, wanted) => expect(hostAndPort(new URL(url))).toBe(wanted))
