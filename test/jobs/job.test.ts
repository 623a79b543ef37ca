import { describe, expect, test } from 'vitest'
import { attemptsOf, backoffMs, isTransient, laneOf, lanesInTurn } from '../../src/jobs/job.ts'

describe('a job', () => {
  test('waits with the large ones from a size on', () => {
    expect([undefined, 99, 100].map((bytes) => laneOf('render', bytes, 100))).toEqual([
      'default',
      'default',
      'large',
    ])
  })

  test('is tried as often as its type and its lane say', () => {
    expect(attemptsOf({ type: 'render', lane: 'default' })).toBe(4)
    expect(attemptsOf({ type: 'render', lane: 'large' })).toBe(3)
  })

  test('is tried again after what may pass, and only after that', () => {
    const passing = ['SOURCE_FAILED', 'SOURCE_TIMEOUT', 'STORE_FAILED', 'BUSY', 'INTERNAL', 'SOURCE_CHANGED']
    const lasting = ['CORRUPT_MEDIA', 'NOT_FOUND', 'INVALID_PARAMETER', 'NOT_SUPPORTED_HERE', 'REQUEST_LOOP']
    expect(passing.filter((code) => !isTransient(code as 'BUSY'))).toEqual([])
    expect(lasting.filter((code) => isTransient(code as 'BUSY'))).toEqual([])
  })

  test('waits twice as long each time, spread, and never without end', () => {
    expect([1, 2, 3, 4].map((attempt) => backoffMs(attempt, 0))).toEqual([1000, 2000, 4000, 8000])
    expect(backoffMs(1, 0.999)).toBe(1999)
    expect(backoffMs(50, 0.999)).toBeLessThanOrEqual(600_000)
  })
})

describe('lanes', () => {
  test('have their turn by weight, 6 to 3; the large ones have a pool of their own', () => {
    const first = Array.from({ length: 900 }, (_, i) => lanesInTurn('main', i / 900)[0])
    expect(first.filter((lane) => lane === 'critical')).toHaveLength(600)
    expect(lanesInTurn('main', 0.1)).toEqual(['critical', 'default'])
    expect(lanesInTurn('main', 0.9)).toEqual(['default', 'critical'])
    expect(lanesInTurn('large', 0.5)).toEqual(['large'])
  })
})
