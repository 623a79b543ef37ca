import { describe, expect, test } from 'vitest'
import { createIsolatedFlights, createLazy, createSharedFlights, sleep } from '../../src/lib/once.ts'

const never = new AbortController().signal
const pause = (ms: number) => sleep(ms, never)

for (const [name, create] of [
  ['shared', () => createSharedFlights<string>()],
  ['isolated', () => createIsolatedFlights<string>(2)],
] as const) {
  describe(`${name} flights`, () => {
    test('equal work runs once, other keys run beside it', async () => {
      const flights = create()
      let runs = 0
      const left = new Map<string, string>()
      const fly = (key: string) =>
        flights.run({
          key,
          signal: never,
          make: async () => {
            runs++
            await pause(20)
            left.set(key, `${key}!`)
            return `${key}!`
          },
          reread: async () => left.get(key),
        })
      const all = await Promise.all([fly('a'), fly('a'), fly('b'), fly('a')])
      expect(all.map((one) => one.value)).toEqual(['a!', 'a!', 'b!', 'a!'])
      expect(all.map((one) => one.joined)).toEqual([false, true, false, true])
      expect(runs).toBe(2)
    })

    test('a failure is not remembered', async () => {
      const flights = create()
      const fly = (make: () => Promise<string>) =>
        flights.run({ key: 'k', signal: never, make, reread: async () => undefined })
      await expect(fly(() => Promise.reject(new Error('first')))).rejects.toThrow('first')
      expect((await fly(async () => 'second')).value).toBe('second')
    })
  })
}

test('the work goes on while one waits, and is aborted when the last one leaves', async () => {
  const flights = createSharedFlights<string>()
  const [one, two] = [new AbortController(), new AbortController()]
  let aborted = false
  const make = async (signal: AbortSignal) => {
    signal.addEventListener('abort', () => (aborted = true))
    await sleep(1000, signal)
    return 'late'
  }
  const fly = (signal: AbortSignal) => flights.run({ key: 'k', signal, make, reread: async () => undefined })
  const runs = [fly(one.signal), fly(two.signal)].map((run) => run.catch((error: Error) => error.message))
  await pause(5)
  one.abort(new Error('one left'))
  expect(await runs[0]).toBe('one left')
  expect(aborted).toBe(false)
  two.abort(new Error('two left'))
  expect(await runs[1]).toBe('two left')
  expect(aborted).toBe(true)
  const again = await flights.run({
    key: 'k',
    signal: never,
    make: async () => 'new',
    reread: async () => undefined,
  })
  expect(again).toEqual({ value: 'new', joined: false })
})

test('a lazy value is built once, and again after a failure', async () => {
  let builds = 0
  const get = createLazy(async () => {
    builds++
    if (builds === 1) throw new Error('first')
    return builds
  }, true)
  await expect(get()).rejects.toThrow('first')
  expect(await Promise.all([get(), get()])).toEqual([2, 2])
})

test('an isolated flight whose holder was ended by the runtime does not ground the others', async () => {
  const flights = createIsolatedFlights<string>(2, 20)
  const lost = () => new Promise<string>(() => {})
  void flights.run({ key: 'k', signal: never, make: lost, reread: async () => undefined })
  const other = await flights.run({
    key: 'k',
    signal: never,
    make: async () => 'own',
    reread: async () => undefined,
  })
  expect(other).toEqual({ value: 'own', joined: false })
})
