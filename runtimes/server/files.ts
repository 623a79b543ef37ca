/** What `node:fs` lacks, in terms of open files: whole writes, whole reads, and failures sorted into absent and wrong. */
import type { FileHandle } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { link, mkdir, readFile } from 'node:fs/promises'

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'])

/** The folder of a file is made on demand; another process may remove it in between, which is one retry. */
export async function placeIn(folder: string, place: () => Promise<void>): Promise<void> {
  try {
    await place()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    await mkdir(folder, { recursive: true })
    await place()
  }
}

export async function linkIfFree(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

export async function writeAll(handle: FileHandle, value: Uint8Array | string): Promise<void> {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done)
    // A device that takes nothing and says nothing would otherwise hold us here for ever.
    if (bytesWritten === 0) throw new Error('The file system takes no more bytes')
    done += bytesWritten
  }
}

export async function pump(body: ReadableStream<Uint8Array>, handle: FileHandle): Promise<void> {
  const reader = body.getReader()
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read())
      await writeAll(handle, step.value)
  } catch (error) {
    await reader.cancel(error).catch(() => undefined)
    throw error
  }
}

export async function readAt(
  handle: FileHandle,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.max(0, end - start))
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

export async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise
  } catch (error) {
    if (ABSENT.has(String(codeOf(error)))) return null
    throw error
  }
}

/** Hex SHA-256. */
export async function hashFile(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
