import { describe, expect, it } from 'vitest'
import { createLru } from '../../src/lib/lru.ts'

describe('lru', () => {
  it('forgets what was not used for longest when it gets too heavy', () => {
    const lru = createLru<string>(10)
    lru.set('a', 'A', 4)
    lru.set('b', 'B', 4)
    expect(lru.get('a')).toBe('A')
    lru.set('c', 'C', 4)
    expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual(['A', undefined, 'C'])
    expect(lru.weight).toBe(8)
  })

  it('weighs a replaced value once, and keeps nothing heavier than the whole', () => {
    const lru = createLru<string>(10)
    lru.set('a', 'A', 4)
    lru.set('a', 'AA', 6)
    expect([lru.get('a'), lru.weight]).toEqual(['AA', 6])
    lru.set('a', 'AAA', 11)
    expect([lru.get('a'), lru.weight]).toEqual([undefined, 0])
    lru.set('b', 'B', 10)
    lru.delete('b')
    lru.delete('b')
    expect(lru.weight).toBe(0)
    lru.set('c', 'C', 1)
    lru.clear()
    expect([lru.get('c'), lru.weight]).toEqual([undefined, 0])
  })
})
