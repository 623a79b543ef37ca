/** What was packed with zlib (RFC 1950); undefined when it is more than `most` bytes. Rejects what is damaged. */
import { concatBytes } from './bytes.ts'

export async function inflate(data: Uint8Array, most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const pieces: Uint8Array[] = []
  let length = 0
  const packed = new Blob([data.slice()]).stream()
  for await (const piece of packed.pipeThrough(new DecompressionStream('deflate'))) {
    length += piece.length
    if (length > most) return undefined
    pieces.push(piece)
  }
  return concatBytes(pieces)
}
