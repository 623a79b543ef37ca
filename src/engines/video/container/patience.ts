/** Keeps the package from looking for ever at a damaged file, which it does without a pause where the bytes are here already. */
import { CustomSource, type CustomSourceOptions } from 'mediabunny'
import { MediaError } from '../../../error.ts'
import { nextTurn } from '../../../lib/turn.ts'

/** Reads of one turn of the event loop: some ten milliseconds. */
const READS = 2_000
/** Reads in all of a file of no bytes: half a second. Each four bytes of it allow one more, which no whole file comes near. */
const MOST_READS = 100_000

/** The package's own way of reading, which all its parsers go through. Not of its public interface: the version is pinned, and a test holds it. */
const READ = '_read'
type Reading = Record<typeof READ, (...place: readonly number[]) => unknown>

/** The same source of `size` bytes; between reads others have their turn, the signal ends it, and so does reading without end. */
export function patientSource(options: CustomSourceOptions, size: number, signal: AbortSignal): CustomSource {
  const source = new CustomSource(options)
  const reading = source as unknown as Reading
  const read = reading[READ].bind(source)
  let reads = 0
  let left = MOST_READS + size / 4
  reading[READ] = (...place) => {
    if (++reads < READS) return read(...place)
    reads = 0
    left -= READS
    if (left < 0) throw new MediaError('CORRUPT_MEDIA', undefined, { cause: 'it is read again and again' })
    return nextTurn().then(() => {
      signal.throwIfAborted()
      return read(...place)
    })
  }
  return source
}
