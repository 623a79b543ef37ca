import { describe, expect, test } from 'vitest'
import { regexCost } from '../../src/lib/regex-cost.ts'

describe('the cost of a pattern', () => {
  test.each([
    '^/files/(?<key>.+)$',
    '^/demo/(?<key>.+)$',
    '^/(?<bucket>[^/]+)/(?<key>.+)$',
    '^/(?<a>[^/]+)/(?<b>[^/]+)/(?<c>[^/]+)/(?<d>.+)$',
    '^/(?<year>\\d{4})/(?<month>\\d{2})/(?<name>[\\w-]+)\\.(?:jpe?g|png|webp)$',
    '^/(?!api/)(?<key>.*)$',
    '^/u/(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$',
    '^/(?:images|pictures)/(.*)$',
    '\\.mp4$',
    '/video/',
    '.*',
    '^/[^\\]]+\\]$',
    '^(?:/[a-z]+)+$',
    '^/\\p{2}x(?<k>[\\s\\S]+)$',
  ])('%s is linear, or quadratic at most', (pattern) => {
    const cost = regexCost(pattern)
    expect(cost).toEqual({ power: expect.any(Number) })
    expect((cost as { power: number }).power).toBeLessThanOrEqual(2)
  })

  test.each([
    ['^/(.*)$', 1],
    ['^/(.*)/(.*)$', 2],
    ['(.*)\\.mp4$', 2],
    ['^/(.*)/(.*)/(.*)$', 3],
    ['.*/(.*)\\.mp4', 3],
    ['^\\d*\\d*\\d*\\d*$', 4],
    ['^(?=.*a)(?=.*b).*$', 1],
    ['^[a-m]+[n-z]+$', 1],
    ['^[a-n]+[m-z]+$', 2],
    ['^/.{1,200}/.{1,200}/.{1,200}$', 3],
  ])('%s has power %i', (pattern, power) => {
    expect(regexCost(pattern)).toEqual({ power })
  })

  test.each([
    '(a+)+$',
    '^(a+)+$',
    '^(a*)*$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '^(?:a|b|ab)*$',
    '^(\\w+\\s?)*$',
    '^([a-z]+)*\\.jpg$',
    '^(.*a){20}$',
    '^(a?){30}a{30}$',
    `^${'a?'.repeat(40)}${'a'.repeat(40)}$`,
    '^(?:(?:a+)?b?)+$',
    '^/(?<k>(?:[^/]+/?)+)\\.png$',
    '^(a)\\1$',
    '^(?<k>a)\\k<k>$',
    '(?<=a)b',
    '(?=(a+)+$)b',
    `^${'(?:'.repeat(60)}a${')'.repeat(60)}$`,
  ])('%s is refused', (pattern) => {
    expect(regexCost(pattern)).toEqual({ unbounded: expect.any(String) })
  })

  test('judging takes little time, whatever the pattern', () => {
    const started = performance.now()
    for (const pattern of [
      `^${'[^/]+/'.repeat(60)}(.+)$`,
      `^${'.*x'.repeat(60)}$`,
      `^(?:${'ab|'.repeat(80)}c)+$`,
    ])
      regexCost(pattern)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
