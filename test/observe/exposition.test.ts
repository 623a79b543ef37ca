import { expect, test } from 'vitest'
import { createCounter, createHistogram, gaugeText } from '../../src/observe/exposition.ts'

test('a counter adds up by its labels, which are escaped', () => {
  const counter = createCounter('asked_total', 'What was asked')
  counter.add({ by: 'a' })
  counter.add({ by: 'a' }, 2)
  counter.add({ by: 'a "b"\\\n' })
  counter.add({})
  expect(counter.text()).toBe(
    [
      '# HELP asked_total What was asked',
      '# TYPE asked_total counter',
      'asked_total{by="a"} 3',
      String.raw`asked_total{by="a \"b\"\\\n"} 1`,
      'asked_total 1',
      '',
    ].join('\n'),
  )
})

test('buckets of a histogram hold all that is at most their bound', () => {
  const histogram = createHistogram('took_seconds', 'What it took', [0.5, 1])
  for (const value of [0.25, 0.5, 0.75, 8]) histogram.observe({ step: 'x' }, value)
  expect(histogram.text()).toBe(
    [
      '# HELP took_seconds What it took',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{step="x",le="0.5"} 2',
      'took_seconds_bucket{step="x",le="1"} 3',
      'took_seconds_bucket{step="x",le="+Inf"} 4',
      'took_seconds_sum{step="x"} 9.5',
      'took_seconds_count{step="x"} 4',
      '',
    ].join('\n'),
  )
})

test('a gauge says what is true now', () => {
  const samples = [
    { labels: { queue: 'large' }, value: 0 },
    { labels: {}, value: 7 },
  ]
  expect(gaugeText('jobs', 'Jobs', samples)).toBe(
    '# HELP jobs Jobs\n# TYPE jobs gauge\njobs{queue="large"} 0\njobs 7\n',
  )
})
