/** Which step of a job failed, in the words of Vylux. */
import { isMediaError, MediaError } from '../../error.ts'

export type StageFailure =
  | 'download_failed'
  | 'extract_failed'
  | 'generate_failed'
  | 'prepare_failed'
  | 'transcode_failed'
  | 'upload_failed'

/** What it throws tells the step, in `details.stage`; the first that is told counts. */
export async function during<T>(stage: StageFailure, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw inStage(error, stage)
  }
}

function inStage(error: unknown, stage: StageFailure): MediaError {
  if (!isMediaError(error)) return new MediaError('INTERNAL', undefined, { cause: error, details: { stage } })
  const { code, message, details, cause = error, retryAfter } = error
  const known = typeof details === 'object' && !Array.isArray(details) ? details : details && { details }
  return new MediaError(code, message, {
    details: { stage, ...known },
    cause,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}

export function stageOf({ details }: MediaError): StageFailure | undefined {
  return (details as { stage?: StageFailure } | undefined)?.stage
}
