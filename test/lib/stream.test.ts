import { expect, it } from 'vitest'
import { cancelQuietly, readAll, toStream } from '../../src/lib/stream.ts'

function counting(chunks: readonly Uint8Array[]) {
  const seen = { pulls: 0, closed: undefined as unknown }
  const stream = toStream(
    async () => chunks[seen.pulls++],
    (reason) => void (seen.closed = reason),
  )
  return { stream, seen }
}
const chunk = (value: number) => new Uint8Array(10).fill(value)

it('reads a stream to its end', async () => {
  const { stream } = counting([chunk(1), chunk(2)])
  expect([...(await readAll(stream))]).toEqual([...chunk(1), ...chunk(2)])
})

it('takes exactly the maximum, and cancels at one byte more', async () => {
  expect(await readAll(counting([chunk(1), chunk(2)]).stream, 20)).toHaveLength(20)
  const { stream, seen } = counting([chunk(1), chunk(2), chunk(3)])
  await expect(readAll(stream, 19)).rejects.toMatchObject({
    code: 'SOURCE_TOO_LARGE',
    details: { limit: 'sourceBytes', value: 20, maximum: 19 },
  })
  expect(seen.pulls).toBe(2)
})

it('asks for nothing ahead of its reader', async () => {
  const { stream, seen } = counting([chunk(1), chunk(2)])
  await Promise.resolve()
  expect(seen.pulls).toBe(0)
  const reader = stream.getReader()
  await reader.read()
  expect(seen.pulls).toBe(1)
  await reader.cancel('enough')
  expect(seen.closed).toBe('enough')
})

it('hands on what fails', async () => {
  const stream = toStream(() => Promise.reject(new Error('cut')))
  await expect(readAll(stream)).rejects.toThrow('cut')
  await cancelQuietly(stream)
})
