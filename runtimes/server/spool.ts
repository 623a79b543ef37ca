/** A file for a program that wants one: what we read of an original, in a folder of its own. */
import { mkdtemp, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { MediaError, type FfmpegFile, type FfmpegJob, type SpooledFile } from '../../src/index.ts'
import { pump, readAt } from './files.ts'

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

/** The file, for as long as it is read. */
export async function handOver(
  path: string,
  size: number,
  receive: NonNullable<FfmpegJob['receive']>,
): Promise<void> {
  const file = await open(path, 'r')
  try {
    await receive({
      size,
      read: (start, end) => readAt(file, start, end),
      stream: () => streamOf(file, 0, size),
    })
  } finally {
    await file.close()
  }
}

const CHUNK = 1_048_576

function streamOf(file: FileHandle, start: number, end: number): ReadableStream<Uint8Array> {
  let at = start
  return new ReadableStream(
    {
      async pull(controller) {
        const chunk = await readAt(file, at, Math.min(at + CHUNK, end))
        at += chunk.length
        if (chunk.length > 0) controller.enqueue(chunk)
        if (chunk.length === 0 || at >= end) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

const PREFIX = 'mediamorph-spool-'
/** What nobody wrote to for so long, and whose process is gone, was left by a crash. */
const ABANDONED_MS = 3_600_000
const life = { isSwept: false }

/** A copy in a folder of its own. */
export async function spoolCopy(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<SpooledFile> {
  if (!life.isSwept) {
    life.isSwept = true
    await sweep().catch(() => undefined)
  }
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const file = await open(join(folder, 'original'), 'wx+', 0o600)
  const remove = async () => {
    await file.close().catch(() => undefined)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await pump(body.pipeThrough(new TransformStream(), { signal }), file)
    const { size } = await file.stat()
    return {
      size,
      read: (start, end) => readAt(file, start, end),
      stream: (start = 0, end = size) => streamOf(file, start, end),
      remove,
    }
  } catch (error) {
    await remove()
    signal.throwIfAborted()
    throw error
  }
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    const path = join(tmpdir(), name)
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: string }).code !== 'ESRCH'
  }
}
