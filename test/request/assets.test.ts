/** Asset routes without a service: patterns of paths, and ladders of sizes. */
import { describe, expect, test } from 'vitest'
import { FLUXER_SIZES } from '../../src/config/presets/fluxer.ts'
import { assetPathFault, compileAssetPath, matchAssetPath } from '../../src/request/assets/path.ts'
import type { SizeLadder } from '../../src/request/assets/rule.ts'
import { sizeOn } from '../../src/request/assets/size.ts'

const match = (pattern: string, path: string) => {
  expect(assetPathFault(pattern)).toBeUndefined()
  return matchAssetPath(path, compileAssetPath(pattern))
}

describe('patterns', () => {
  test.each<[string, string, Record<string, string> | 'wrong' | undefined]>([
    ['/a/{id:digits}', '/a/12', { id: '12' }],
    ['/a/{id:digits}', '/a/1x', 'wrong'],
    ['/a/{id:digits}', `/a/${'1'.repeat(21)}`, 'wrong'],
    ['/a/{id:digits}', '/a/١٢', 'wrong'],
    ['/a/{id:digits}', '/a/', 'wrong'],
    ['/a/{id:digits}', '/b/12', undefined],
    ['/a/{id:digits}', '/a/12/', undefined],
    ['/a/{id:digits3}', '/a/123', { id: '123' }],
    ['/a/{id:digits3}', '/a/1234', 'wrong'],
    ['/a/{id:hex4}.css', '/a/00ff.css', { id: '00ff' }],
    ['/a/{id:hex4}.css', '/a/00fF.css', 'wrong'],
    ['/a/{id:hex4}.css', '/a/00ffxcss', 'wrong'],
    ['/{h:hash}.{format}', '/a_b.webp', { h: 'b', format: 'webp' }],
    ['/{h:hash}.{format}', '/a_.webp', { h: 'a_', format: 'webp' }],
    ['/{h:hash}.{format}', '/a_a_b.webp', { h: 'a_b', format: 'webp' }],
    ['/{h:word}.{format}', '/a_b.webp', { h: 'a_b', format: 'webp' }],
    ['/{h:word}.{format}', '/a.b.webp', 'wrong'],
    ['/{name:any}.txt', '/ä b.txt.txt', { name: 'ä b.txt' }],
    ['/x-{a:digits}~{b:digits}_y', '/x-1~2_y', { a: '1', b: '2' }],
  ])('%s against %s', (pattern, path, expected) => {
    const found = match(pattern, path)
    if (expected === undefined) expect(found).toBeUndefined()
    else if (expected === 'wrong') expect(found).toHaveProperty('wrong')
    else expect(found).toEqual({ captures: expected })
  })

  test('the longest address costs no time', () => {
    const startedAt = performance.now()
    for (const path of ['/' + 'a'.repeat(8000), '/' + 'a.'.repeat(4000), '/'.repeat(8000)])
      match('/{a:any}.{b:any}.{c:any}x', path)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})

describe('ladders', () => {
  const ladder = (rounding: 'none' | 'up', least?: number, most?: number): SizeLadder => ({
    steps: FLUXER_SIZES,
    default: 128,
    rounding,
    least,
    most,
  })

  test('every step is itself, and nothing else is on it', () => {
    for (let side = 1; side <= 4200; side++) {
      const isStep = (FLUXER_SIZES as readonly number[]).includes(side)
      expect([side, sizeOn(ladder('none'), String(side))]).toEqual([side, isStep ? side : undefined])
    }
  })

  test('rounding goes up to the next step, within bounds', () => {
    const free = [1, 16, 17, 65, 4000, 4096, 5000, 100_000].map((side) => sizeOn(ladder('up'), String(side)))
    expect(free).toEqual([16, 16, 20, 80, 4096, 4096, 4096, 4096])
    const bound = [1, 128, 161, 1023, 1025].map((side) => sizeOn(ladder('up', 128, 1024), String(side)))
    expect(bound).toEqual([128, 128, 240, 1024, 1024])
    const banner = [300, 481, 2100, 4096].map((side) => sizeOn(ladder('up', 480, 2400), String(side)))
    expect(banner).toEqual([480, 512, 2400, 2400])
  })

  test('without a size there is the default, and what is no number is none', () => {
    for (const rounding of ['none', 'up'] as const) {
      expect(sizeOn(ladder(rounding), undefined)).toBe(128)
      for (const text of ['', '0', '-16', '16.0', '1e2', ' 16', '0x10', '100001', '١٦'])
        expect([text, sizeOn(ladder(rounding), text)]).toEqual([text, undefined])
    }
  })
})
