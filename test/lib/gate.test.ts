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

test('one party has its share and no more: others pass, its own waits and is refused', async () => {
  const gate = createGate({ capacity: 4, queue: 2, share: 3 / 4, now: Date.now })
  const holds = Array.from({ length: 6 }, held)
  const order: string[] = []
  const run = (name: string, n: number) =>
    gate.run(never, async () => void (order.push(name), await holds[n]!.promise), 1, name[0])
  const runs = ['a1', 'a2', 'a3', 'a4', 'b1'].map(run)
  await tick()
  expect([order, gate.waiting]).toEqual([['a1', 'a2', 'a3', 'b1'], 1])
  const last = run('b2', 5)
  await tick()
  await expect(gate.run(never, async () => {}, 1, 'a')).rejects.toMatchObject({ code: 'BUSY' })
  // A place that is free goes to who may have it, first come, first served.
  holds[4]!.open()
  await tick()
  expect(order.at(-1)).toBe('b2')
  holds[0]!.open()
  await tick()
  expect(order.at(-1)).toBe('a4')
  holds.forEach((hold) => hold.open())
  await Promise.all([...runs, last])
  expect([gate.active, gate.waiting]).toEqual([0, 0])
})

test('what is heavier than a share runs when its party has nothing else', async () => {
  const gate = createGate({ capacity: 8, queue: 9, share: 3 / 4, now: Date.now })
  const [light, heavy] = [held(), held()]
  const order: string[] = []
  const first = gate.run(never, async () => void (order.push('light'), await light.promise), 1, 'a')
  const second = gate.run(never, async () => void (order.push('heavy'), await heavy.promise), 99, 'a')
  await tick()
  expect(order).toEqual(['light'])
  light.open()
  await tick()
  expect([order, gate.active]).toEqual([['light', 'heavy'], 8])
  heavy.open()
  await Promise.all([first, second])
})
