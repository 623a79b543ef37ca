/** One answer that is read on for as long as it is wanted. */
import { cancelQuietly } from '../../../lib/stream.ts'
import type { ByteRange, Original } from '../../../media/original.ts'

export interface Run {
  /** Where it ends, exclusive. */
  readonly end: number
  /** Bytes `start` to `end`, none of which has been asked for before; what lies before them is passed over. Undefined where it ends early. */
  take(start: number, end: number): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

export function openRun(original: Original, range: ByteRange): Run {
  const reader = original.stream(range).getReader()
  /** What has come and was not wanted yet stands at `at`. */
  let chunk = new Uint8Array()
  let at = range.start
  return {
    end: range.end,
    async take(start, end) {
      const taken = new Uint8Array(end - start)
      let filled = 0
      while (start + filled < end) {
        const from = start + filled - at
        if (from >= chunk.length) {
          at += chunk.length
          const { value } = await reader.read()
          if (!value) return undefined
          chunk = value as Uint8Array<ArrayBuffer>
          continue
        }
        const part = chunk.subarray(from, end - at)
        taken.set(part, filled)
        filled += part.length
      }
      return taken
    },
    close: () => cancelQuietly(reader),
  }
}
