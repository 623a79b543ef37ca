import { expect, test } from 'vitest'
import { findingOf, joinJudgements, toPredictions, verdictOf, worstOf } from '../../src/media/nsfw.ts'

const none = { drawing: 0, hentai: 0, neutral: 0, porn: 0, sexy: 0 }

test.each([
  [{ porn: 0.5, sexy: 0.4 }, true, 0.9],
  [{ porn: 0.85 }, false, 0.85],
  [{ hentai: 1 }, false, 0],
  [{ porn: 0.8, sexy: 0.4 }, true, 1],
])('%o', (predictions, isUnsafe, probability) => {
  const verdict = verdictOf(findingOf({ ...none, ...predictions }))
  expect(verdict).toMatchObject({ isUnsafe, probability, predictions: { hentai: 0 } })
})

test('another threshold', () => expect(verdictOf(findingOf({ ...none, porn: 0.5 }), 0.4).isUnsafe).toBe(true))

test('scores are five probabilities in order, or nothing', () => {
  expect(toPredictions([0.1, 0.2, 0.3, 0.4, 0])).toEqual({
    drawing: 0.1,
    hentai: 0.2,
    neutral: 0.3,
    porn: 0.4,
    sexy: 0,
  })
  for (const wrong of [
    [],
    [1, 0, 0, 0],
    [0, 0, 0, 0, 0, 1],
    [NaN, 0, 0, 0, 1],
    [0, 0, 0, 0, 1.5],
    [-1, 0, 0, 0, 0],
  ])
    expect([wrong, toPredictions(wrong)]).toEqual([wrong, undefined])
})

test('the worst of several frames, and of several originals', () => {
  const findings = [0.1, 0.7, 0.3].map((porn) => findingOf({ ...none, porn }))
  expect(worstOf(findings)).toBe(findings[1])
  const safe = { state: 'safe', probability: 0.2 } as const
  const unsafe = { state: 'unsafe', probability: 0.9 } as const
  expect(joinJudgements([safe, unsafe])).toEqual(unsafe)
  expect(joinJudgements([{ state: 'unknown' }, safe])).toEqual({ state: 'unknown', probability: 0.2 })
  expect(joinJudgements([{ state: 'unknown' }])).toEqual({ state: 'unknown' })
})
