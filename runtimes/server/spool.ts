/** A file for a program that wants one: what we read of an original, in a folder of its own. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { MediaError, type FfmpegFile, type FfmpegJob } from '../../src/index.ts'

export const isFile = (input: FfmpegJob['input']): input is FfmpegFile => 'size' in input

/** Who has the folder removes it. @returns `leftMs` of the job's time. @throws TRANSFORM_TIMEOUT, SOURCE_FAILED, the signal's reason, and what the source throws */
export async function spool(
  input: FfmpegFile,
  folder: string,
  { signal, deadlineMs }: Pick<FfmpegJob, 'signal' | 'deadlineMs'>,
): Promise<{ path: string; leftMs: number }> {
  const until = performance.now() + deadlineMs
  const path = join(folder, 'original')
  const late = AbortSignal.timeout(deadlineMs)
  const reader = input.stream().getReader()
  const stop = () => void reader.cancel().catch(() => undefined)
  const either = AbortSignal.any([signal, late])
  either.addEventListener('abort', stop, { once: true })
  const file = await open(path, 'wx', 0o600)
  try {
    let size = 0
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      size += step.value.length
      if (size > input.size) break
      await file.writeFile(step.value)
    }
    signal.throwIfAborted()
    if (late.aborted) throw new MediaError('TRANSFORM_TIMEOUT')
    if (size !== input.size)
      throw new MediaError('SOURCE_FAILED', 'Reading the original: it is not as long as it said')
  } finally {
    either.removeEventListener('abort', stop)
    stop()
    await file.close()
  }
  return { path, leftMs: Math.max(1, until - performance.now()) }
}
