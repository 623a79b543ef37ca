/** The two ways to ask: as fast as answers come, and at a rate that cares for no answer. */
import { sleep } from './service.ts'

/** Asks again and again, `clients` at a time. @returns answers a second */
export async function closedLoop(
  clients: number,
  seconds: number,
  ask: () => Promise<unknown>,
): Promise<number> {
  const end = performance.now() + seconds * 1000
  let count = 0
  const client = async () => {
    while (performance.now() < end) {
      await ask()
      if (performance.now() < end) count++
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return count / seconds
}

export interface OpenLoop {
  /** Most that were under way at a time. */
  readonly most: number
  /** Not sent, because `limit` were under way. */
  readonly unsent: number
}

const TICK_MS = 10

/** `rate` a second, evenly; waits for those that are under way at the end. */
export async function openLoop(
  rate: number,
  seconds: number,
  limit: number,
  ask: () => Promise<unknown>,
): Promise<OpenLoop> {
  const began = performance.now()
  const open = new Set<Promise<unknown>>()
  let [sent, most, unsent] = [0, 0, 0]
  for (let passed = 0; passed < seconds; passed = (performance.now() - began) / 1000) {
    for (; sent < passed * rate; sent++) {
      if (open.size >= limit) {
        unsent++
        continue
      }
      const one = ask().finally(() => open.delete(one))
      open.add(one)
      most = Math.max(most, open.size)
    }
    await sleep(TICK_MS)
  }
  await Promise.all(open)
  return { most, unsent }
}
