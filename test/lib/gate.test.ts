import { expect, test } from 'vitest'
import { createGate } from '../../src/lib/gate.ts'

const never = new AbortController().signal
const tick = () => new Promise((resolve) => setTimeout(resolve, 5))

function held() {
  let open = () => {}
  const promise = new Promise<void>((resolve) => (open = resolve))
  return { promise, open }
}

test('runs so many at once, lets so many wait, refuses the rest with Retry-After', async () => {
  const gate = createGate({ capacity: 2, queue: 1, now: Date.now })
  const holds = [held(), held(), held()]
  const runs = holds.map((hold) => gate.run(never, () => hold.promise))
  await tick()
  expect([gate.active, gate.waiting]).toEqual([2, 1])
  await expect(gate.run(never, async () => {})).rejects.toMatchObject({ code: 'BUSY', retryAfter: 1 })
  holds.forEach((hold) => hold.open())
  await Promise.all(runs)
  expect([gate.active, gate.waiting]).toEqual([0, 0])
})

test('a caller that leaves while it waits frees its place', async () => {
  const gate = createGate({ capacity: 1, queue: 1, now: Date.now })
  const hold = held()
  const first = gate.run(never, () => hold.promise)
  const leaving = new AbortController()
  const second = gate.run(leaving.signal, async () => 'never')
  await tick()
  leaving.abort(new Error('left'))
  await expect(second).rejects.toThrow('left')
  const third = gate.run(never, async () => 'third')
  hold.open()
  await first
  expect(await third).toBe('third')
})

test('work that throws gives its place back', async () => {
  const gate = createGate({ capacity: 1, queue: 0, now: Date.now })
  await expect(gate.run(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate.run(never, async () => 1)).toBe(1)
})

test('weights: what does not fit waits, in order, and what is too heavy runs alone', async () => {
  const gate = createGate({ capacity: 10, queue: 9, now: Date.now })
  const [six, huge, one] = [held(), held(), held()]
  const order: string[] = []
  const run = (name: string, hold: ReturnType<typeof held>, weight: number) =>
    gate.run(never, async () => void (order.push(name), await hold.promise), weight)
  const runs = [run('six', six, 6), run('huge', huge, 99), run('one', one, 1)]
  await tick()
  expect(order).toEqual(['six'])
  six.open()
  await tick()
  expect([order, gate.active]).toEqual([['six', 'huge'], 10])
  huge.open()
  await tick()
  expect(order).toEqual(['six', 'huge', 'one'])
  one.open()
  await Promise.all(runs)
})
