/**
 * What came of each request. To decode pictures would take the service's share of the machine: a part of them is kept and
 * looked at when the load is over, of the others status, type and length are.
 */
import { faultOf, type Expected } from './answer.ts'
import type { Hostile } from './hostile.ts'
import type { RawAnswer } from './raw-client.ts'

export interface Answers {
  /** Healthy requests that were served, refused with `Retry-After`, and how many of the served were decoded. */
  readonly served: number
  readonly busy: number
  readonly decoded: number
  /** Milliseconds that those that were served took. */
  readonly times: readonly number[]
  /** Hostile requests by kind and what came of them. */
  readonly hostile: Readonly<Record<string, number>>
  /** What no contract allows. */
  readonly wrong: readonly string[]
}

export interface Tally {
  healthy(expected: Expected, answer: Promise<RawAnswer | undefined>): Promise<void>
  /** Without `expected`, whatever comes is right. */
  hostile(
    kind: Hostile['kind'],
    expected: Expected | undefined,
    answer: Promise<RawAnswer | undefined>,
  ): Promise<void>
  close(): Promise<Answers>
}

/** Pictures that are decoded. */
const MOST_KEPT = 1000

/** @param requests how many will come, about */
export function createTally(requests: number): Tally {
  const every = Math.max(1, Math.round(requests / MOST_KEPT))
  const kept: (readonly [Expected, Response])[] = []
  const hostile: Record<string, number> = {}
  const times: number[] = []
  const wrong: string[] = []
  let [served, busy, decoded] = [0, 0, 0]

  async function answered(path: string, answer: Promise<RawAnswer | undefined>) {
    try {
      return await answer
    } catch (error) {
      wrong.push(`${short(path)}: ${error instanceof Error ? error.message : 'no answer'}`)
      return undefined
    }
  }
  const isBusy = ({ status, headers }: RawAnswer) => status === 503 && Number(headers.get('retry-after')) >= 1

  return {
    async healthy(expected, coming) {
      const answer = await answered(expected.path, coming)
      if (!answer) return
      const { status, headers, body, ms } = answer
      if (isBusy(answer)) return void busy++
      const isPicture = status === 200 && headers.get('content-type') === `image/${expected.format}`
      if (isPicture) {
        times.push(ms)
        served++
      }
      if (!isPicture || served % every === 0) kept.push([expected, new Response(body, { status, headers })])
    },
    async hostile(kind, expected, coming) {
      const answer = await answered(expected?.path ?? kind, coming)
      const what = !expected
        ? 'left'
        : !answer
          ? 'no answer'
          : isBusy(answer)
            ? 'busy'
            : String(answer.status)
      hostile[`${kind} ${what}`] = (hostile[`${kind} ${what}`] ?? 0) + 1
      if (!expected || !answer || isBusy(answer)) return
      const { status, headers, body } = answer
      kept.push([expected, new Response(body, { status, headers })])
    },
    async close() {
      for (const [expected, response] of kept) {
        const fault = await faultOf(expected, response)
        if (fault !== undefined) wrong.push(`${short(expected.path)}: ${fault}`)
        else if (!expected.codes) decoded++
      }
      return { served, busy, decoded, times, hostile, wrong }
    },
  }
}

const short = (path: string) => (path.length > 100 ? `${path.slice(0, 100)}…` : path)
