/** How full the lanes of jobs are, and whether they deliver, as the routes tell it. */
import { MediaError } from '../../error.ts'
import { LANES, type Lane } from '../../jobs/job.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { LaneCounts } from '../../platform.ts'

/** All lanes, those without jobs too. */
export async function queuesView({ lanes }: Pick<Jobs, 'lanes'>) {
  const counts = new Map((await lanes.counts()).map((one) => [one.lane, one]))
  return {
    queues: (Object.keys(LANES) as Lane[]).map((name) => ({
      name,
      ...LANES[name],
      ...without(counts.get(name)),
    })),
  }
}

const EMPTY = { waiting: 0, delayed: 0, active: 0, paused: false }

function without(counts: LaneCounts | undefined): typeof EMPTY {
  if (!counts) return EMPTY
  const { waiting, delayed, active, paused } = counts
  return { waiting, delayed, active, paused }
}

/** @throws NO_MATCHING_ORIGIN when there is no such lane */
export function laneNamed(name: string): Lane {
  if (Object.hasOwn(LANES, name)) return name as Lane
  throw new MediaError(
    'NO_MATCHING_ORIGIN',
    `There is no queue of this name, but ${Object.keys(LANES).join(', ')}`,
  )
}
