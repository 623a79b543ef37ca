import type { Original } from '../media/original.ts'
import { toStream } from '../lib/stream.ts'

/** Bytes that are here already, as an original. */
export function bytesOriginal(bytes: Uint8Array, sourceType: string): Original {
  const read = ({ start, end }: { start: number; end: number }) => bytes.slice(start, Math.max(start, end))
  return {
    size: bytes.length,
    validator: { text: `bytes-${bytes.length}` },
    sourceType,
    read: async (range) => read(range),
    stream(range = { start: 0, end: bytes.length }) {
      let isRead = false
      return toStream(async () => {
        if (isRead) return undefined
        isRead = true
        return read(range)
      })
    },
    close: async () => {},
  }
}
