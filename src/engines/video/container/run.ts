/** One answer that is read on for as long as it is wanted. */
import { cancelQuietly } from '../../../lib/stream.ts'
import type { ByteRange, Original } from '../../../media/original.ts'

export interface Run {
  /** The next `length` bytes after `passed` that nobody wants. Undefined where it ends early. */
  take(length: number, passed?: number): Promise<Uint8Array | undefined>
  /** Something has come. */
  hasBegun(): boolean
  close(): Promise<void>
}

export function openRun(original: Original, range: ByteRange): Run {
  const reader = original.stream(range).getReader()
  /** What has come and was not wanted yet. */
  let rest: Uint8Array = new Uint8Array()
  let hasBegun = false
  return {
    async take(length, passed = 0) {
      const taken = new Uint8Array(length)
      for (let left = passed + length; left > 0;) {
        if (rest.length === 0) {
          const { value } = await reader.read()
          if (!value) return undefined
          rest = value
          hasBegun = true
        }
        const part = rest.subarray(0, left > length ? left - length : left)
        if (left <= length) taken.set(part, length - left)
        left -= part.length
        rest = rest.subarray(part.length)
      }
      return taken
    },
    hasBegun: () => hasBegun,
    close: () => cancelQuietly(reader),
  }
}
