import { expect, test } from 'vitest'
import { verdictOf } from '../../src/media/nsfw.ts'

const none = { drawing: 0, hentai: 0, neutral: 0, porn: 0, sexy: 0 }

test.each([
  [{ porn: 0.5, sexy: 0.4 }, true, 0.9],
  [{ porn: 0.85 }, false, 0.85],
  [{ hentai: 1 }, false, 0],
  [{ porn: 0.8, sexy: 0.4 }, true, 1],
])('%o', (predictions, isUnsafe, probability) => {
  const verdict = verdictOf({ ...none, ...predictions })
  expect(verdict).toMatchObject({ isUnsafe, probability, predictions: { hentai: 0 } })
})

test('another threshold', () => expect(verdictOf({ ...none, porn: 0.5 }, 0.4).isUnsafe).toBe(true))
