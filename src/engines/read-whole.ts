import { limitError } from '../error.ts'
import type { Original } from '../media/original.ts'

/** The whole file, bounded also where its size is unknown or a lie. In a buffer of its own. @throws SOURCE_TOO_LARGE */
export async function readWhole(original: Original, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = (size: number) => limitError('imageBytes', size, most, 'SOURCE_TOO_LARGE')
  if (original.size !== undefined && original.size > most) throw tooLarge(original.size)
  const bytes = await original.read({ start: 0, end: most + 1 })
  if (bytes.length > most) throw tooLarge(bytes.length)
  return bytes.byteLength === bytes.buffer.byteLength ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice()
}
