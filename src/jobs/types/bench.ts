/** Where the files of a job are made: its original at hand, and the way to where they are kept. */
import type { Services } from '../../context.ts'
import { MediaError } from '../../error.ts'
import { toStream } from '../../lib/stream.ts'
import { formatRow } from '../../media/format.ts'
import { createEvent } from '../../observe/event.ts'
import type { Plan } from '../../plan/plan.ts'
import { prepare, type Prepared } from '../../render.ts'
import { transform } from '../../transform.ts'
import type { Artifact, ArtifactBody, Artifacts } from '../artifacts.ts'
import type { JobBudget } from '../attempt.ts'
import type { Job } from '../job.ts'
import { createPace } from '../pace.ts'
import type { Piece } from './pieces.ts'
import { during, type StageFailure } from './stage-error.ts'

export interface Bench {
  readonly job: Job
  readonly budget: JobBudget
  /** Hex SHA-256 of the original. */
  readonly hash: string
  /** Whose origins have the original at hand. */
  readonly services: Services
  readonly artifacts: Pick<Artifacts, 'put' | 'areThere'>
}

/** A picture or a video among the results. */
export interface MadeFile extends Artifact {
  readonly width?: number
  readonly height?: number
}

export interface Hears {
  /** Told of the part that is done, from 0 to 1. */
  onPart?(part: number): void
  /** It is made, and is about to be kept. */
  onMade?(): void
}

/** Opens and probes the original, and resolves the plan against it; what it is handed is let go of afterwards. */
export async function withPrepared<T>(
  plan: Plan,
  { job, budget, services }: Bench,
  stage: StageFailure,
  use: (prepared: Prepared, event: ReturnType<typeof createEvent>) => Promise<T>,
): Promise<T> {
  const { id: requestId, source: path } = job
  const traceId = requestId.replaceAll('-', '')
  const event = createEvent({ requestId, traceId, method: 'JOB', path, now: services.now() })
  const prepared = await during(stage, () => prepare(plan, budget.signal, event, services))
  try {
    return await use(prepared, event)
  } finally {
    await prepared.close()
  }
}

/** Where a file of an original lies. */
export function keyOf(hash: string, { folder, name }: Pick<Piece, 'folder' | 'name'>): string {
  return `${folder}/${hash.slice(0, 2)}/${hash}/${name}`
}

/** Makes one file and keeps it. @param stage what it is called when it cannot be made */
export function makeFile(
  plan: Plan,
  place: Pick<Piece, 'folder' | 'name'>,
  stage: StageFailure,
  bench: Bench,
  hears: Hears = {},
): Promise<MadeFile> {
  const { services, budget, artifacts, hash, job } = bench
  const { signal, lease } = budget
  const key = keyOf(hash, place)
  async function keep(body: ArtifactBody): Promise<Artifact> {
    hears.onMade?.()
    return during('upload_failed', () => artifacts.put(hash, key, body, { job: job.id, lease, signal }))
  }
  return withPrepared(plan, bench, stage, async (prepared, event) => {
    const { recipe } = prepared
    const onProgress = createPace(prepared, services.now, (part) => hears.onPart?.(part))
    let kept: Artifact | undefined
    const type = recipe.kind === 'clip' ? formatRow(recipe.to).mime : ''
    const receive: Parameters<typeof transform>[1]['receive'] = async (file) => {
      kept = await keep({ type, stream: () => file.stream() })
    }
    const how = { signal, event, services: withRoom(prepared, services), receive, onProgress }
    return during(stage, () =>
      transform(prepared, how, async ({ main, facts: { width, height } }) => {
        const made = kept ?? (await keep(bodyOf(main)))
        return {
          ...made,
          ...(width === undefined ? {} : { width }),
          ...(height === undefined ? {} : { height }),
        }
      }),
    )
  })
}

/** What is made anew goes to a file, and may be as large as what it is made of. */
function withRoom({ recipe }: Prepared, services: Services): Services {
  const { limits } = services
  const isFile = recipe.kind === 'clip' && recipe.encoding !== undefined
  return isFile ? { ...services, limits: { ...limits, outputBytes: limits.sourceBytes } } : services
}

function bodyOf({ type, body }: { readonly type: string; readonly body: Uint8Array }): ArtifactBody {
  if (body.length === 0) throw new MediaError('INTERNAL', undefined, { cause: 'nothing was made' })
  return {
    type,
    stream() {
      const left = [body]
      return toStream(async () => left.shift())
    },
  }
}
